/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Assertions, in every build.
 *
 * ss_assert() states what our own code guarantees.  If it does not hold, the
 * program is wrong and goes on no further: it says where, and aborts, so that
 * nothing is answered wrongly.  Nothing that a child does may ever reach one.
 */
#ifndef SS_BASE_CHECK_H
#define SS_BASE_CHECK_H

#include "base/attributes.h"

#define ss_assert(expression) \
	do { \
		if (__builtin_expect(!(expression), 0)) \
			ss_assert_failed(#expression, __FILE__, __LINE__); \
	} while (0)

/* Says "FILE:LINE: bug: EXPRESSION does not hold" on stderr, and aborts. */
ss_noreturn void ss_assert_failed(const char *expression, const char *file,
				  int line);

#endif
