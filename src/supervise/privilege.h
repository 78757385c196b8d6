/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls on other tasks whose success depends on the caller's privileges.
 */
#ifndef SS_SUPERVISE_PRIVILEGE_H
#define SS_SUPERVISE_PRIVILEGE_H

#include "supervise/state.h"

#define SS_CAP_SYS_CHROOT	18
#define SS_CAP_SYS_ADMIN	21
#define SS_CAP_SYS_NICE		23

/*
 * ioprio_set gives an io context to each of its targets that has none
 * (block/ioprio.c): a task, a process group, or all tasks of a user, up to the
 * first that refuses it.  false: that one may be gone in a moment, and nothing
 * was done (only if it `may_wait`).
 */
bool ss_ioprio_set(struct ss_session *session, struct ss_task *caller,
		   const struct ss_decoded *call, bool may_wait) ss_must_check;
/* Is one in flight that is refused because of this task's process? */
bool ss_ioprio_beside(struct ss_session *session, const struct ss_task *task);
/*
 * Are those that were let on over?  Nothing shows whether one in flight has
 * come to a task yet: clones, which inherit, set*id calls, and questions wait.
 */
bool ss_ioprio_is_over(struct ss_session *session);
/* The same, or it has been waited long enough: then they are forgotten. */
bool ss_ioprio_await(struct ss_session *session,
		     const struct ss_notification *notification);
/* The thread has come to its next call. */
void ss_ioprio_land(struct ss_session *session, pid_t tid);
void ss_ioprio_release(struct ss_session *session);

#endif
