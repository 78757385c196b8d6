/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads stacks with libunwind, of programs of our own architecture.
 *
 * libunwind opens the files that a program has mapped, and digests what is in
 * them.  Both are the program's to choose: it can make us wait, or worse.  So
 * only the process of reader.h does this.
 *
 * What libunwind has found out about some code is kept as long as the same
 * code is mapped at the same places: SS_UNWINDER_SPACES such programs at a
 * time, and less of those that take much memory.
 */
#ifndef SS_STACK_UNWIND_H
#define SS_STACK_UNWIND_H

#include "stack/stack.h"

#define SS_UNWINDER_SPACES	16

struct ss_unwinder;

struct ss_unwinder *ss_unwinder_new(void);
void ss_unwinder_free(struct ss_unwinder *unwinder);

/*
 * The stack of a task that does not run, as far as it can be followed; or why
 * there is none.  memory: its /proc/TID/mem, borrowed.
 */
void ss_unwind(struct ss_unwinder *unwinder,
	       const struct ss_stack_request *request, int memory,
	       struct ss_stack *ret);

#endif
