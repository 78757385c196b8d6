/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where in its code is the caller?
 *
 * A task that waits for its answer cannot be stopped, and only a stop shows
 * its registers.  So a call whose stack is wanted is made twice: seized and
 * interrupted, and answered with SS_GUARD_ERRNO_AGAIN, the task stops for a
 * moment on its way out (guard.h) and calls again.  While it waits there, at
 * the same place, its memory is read by another process (stack/reader.h), and
 * everybody else is served.
 *
 * A program can forge its stack: places in the code are for tests and
 * reports, not for keeping anybody out.
 */
#ifndef SS_SUPERVISE_STACK_H
#define SS_SUPERVISE_STACK_H

#include "supervise/state.h"

/* The reader, if the options need it.  0 or -errno. */
int ss_stacks_start(struct ss_session *session) ss_must_check;
void ss_stacks_release(struct ss_session *session);

/*
 * The stack of the caller of this call, or why there is none; valid until
 * ss_stack_close().  0; -ERESTART: the answer has to be
 * SS_GUARD_ERRNO_AGAIN; -EBUSY: it has to wait (hold.c); -ENOMEM.
 */
int ss_stack_find(struct ss_session *session, const struct ss_task *caller,
		  const struct ss_notification *notification,
		  struct ss_backtrace *ret) ss_must_check;
/* What is known of the stack of the task's present call, or NULL. */
const struct ss_backtrace *ss_stack_of(const struct ss_session *session,
				       pid_t tid);
/* The call of this task has its answer. */
void ss_stack_close(struct ss_session *session, pid_t tid);

/* From the guard: the task has stopped on its way out of a call. */
void ss_stack_stopped(struct ss_session *session, pid_t tid,
		      const struct user_regs_struct *registers);
/* A stack may have come. */
void ss_stacks_serve(struct ss_session *session);

#endif
