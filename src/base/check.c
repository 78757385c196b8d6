/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/check.h"

#include <stdlib.h>

#include "base/message.h"

void ss_assert_failed(const char *expression, const char *file, int line)
{
	ss_error("%s:%d: bug: %s does not hold", file, line, expression);
	abort();
}
