/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attributes, and clean-up of locals that own something.
 *
 * A local declared with one of the cleanup_ macros is released when it goes
 * out of scope; ss_take_fd() and ss_take_ptr() move ownership out of it.
 * Constructors that build several things use goto instead: never both in
 * one function.
 */
#ifndef SS_BASE_ATTRIBUTES_H
#define SS_BASE_ATTRIBUTES_H

#include <stdlib.h>
#include <unistd.h>

#define ss_must_check	__attribute__((__warn_unused_result__))
#define ss_printf(f, a)	__attribute__((__format__(__printf__, f, a)))
#define ss_unused	__attribute__((__unused__))
#define ss_noreturn	__attribute__((__noreturn__))

#define SS_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline void ss_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void ss_free_ptr(void *ptr)
{
	free(*(void **)ptr);
}

#define ss_cleanup_fd	__attribute__((__cleanup__(ss_close_fd)))
#define ss_cleanup_free	__attribute__((__cleanup__(ss_free_ptr)))

/* Moves a descriptor out of a local: the local is left empty (-1). */
static inline int ss_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
