/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signal guard.
 *
 * A watched call that a signal interrupts before we have received it fails
 * with EINTR if the signal's handler lacks SA_RESTART, and most watched calls
 * never do that natively.  So a process that installs such a handler is traced
 * until its exec: where the kernel stops it to deliver a signal, a watched
 * call that was interrupted is made to be called again.  Nothing else changes
 * for it: other calls are interrupted as ever, and stops, ends and their
 * statuses reach its parent, one look of ours later.
 *
 * A tracer inside the sandbox finds the task free: its call is held until we
 * have let go.
 *
 * A task whose stack is wanted (stack.h) is traced, too, from a call of it to
 * its next stop.
 */
#ifndef SS_SUPERVISE_GUARD_H
#define SS_SUPERVISE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/hash.h"
#include "watch/calls.h"

struct ss_group;
struct ss_session;
struct ss_stop;
struct ss_task;

/* A task that we trace. */
struct ss_ward {
	pid_t tid;
	pid_t tracer;		/* who wants it, or 0 */
	bool brief;		/* not guarded: let go at its next stop */
	bool looked_at;		/* its registers are wanted then */
	bool stopped;		/* it has been, in the call that it is in */
	bool mended;		/* its last watched call was interrupted before
				   we received it, and comes again */
	bool failed;		/* its last clone has, and comes again */
	bool woken;		/* that call was to end with EINTR because it
				   is traced, and begins again */
	UT_hash_handle hh;
};

/* A task that we have let go of, and who has still to attach to it. */
struct ss_released {
	pid_t tid;
	pid_t tracer;
	struct ss_released *prev, *next;
};

struct ss_guard {
	bool used;			/* somebody was traced: children of
					   wards may be, unknown to us */
	struct ss_ward *wards;		/* owned, by tid */
	struct ss_released *released;	/* owned list */
	struct ss_stop *stops;		/* owned: those that are being served */
	size_t room;
};

/* Does the guard trace this task, for its signals? */
bool ss_guard_has(const struct ss_session *session, pid_t tid);
/* The same of who may have ended in an exec that we were not told of: then it
   is forgotten. */
bool ss_guard_has_still(struct ss_session *session, pid_t tid);
/* All of a group that has ended, or begun another program. */
void ss_guard_forget(struct ss_session *session, const struct ss_group *group);
/* Do we trace it, if only until its next stop?  Then its stops are ours. */
bool ss_guard_traces(const struct ss_session *session, pid_t tid);
/*
 * Stops a task that waits for its answer, which is to be
 * SS_GUARD_ERRNO_AGAIN: then ss_stack_stopped() is told its registers, and it
 * makes its call again.  0; -EPERM: somebody else traces it, we may not, or
 * its group execs; -ESRCH, -ENOMEM.
 */
int ss_guard_stop(struct ss_session *session, pid_t tid) ss_must_check;
/* The caller installs a handler that interrupts. */
void ss_guard_protect(struct ss_session *session, const struct ss_task *task);
/* At each call: a task that should be guarded and is not, because it was made
   with CLONE_UNTRACED, or belonged to a tracer that may have gone? */
void ss_guard_look(struct ss_session *session, const struct ss_task *task,
		   const struct ss_call *call);
/* Has the last clone of the task that was let on failed for a signal?  (If the
   guard traces it, and has seen that.)  Until it is forgotten. */
bool ss_guard_saw_failure(const struct ss_session *session, pid_t tid);
void ss_guard_forget_failure(struct ss_session *session, pid_t tid);
/* Serves all stops and ends that are there now.  true: there were some, and
   nobody whom we do not trace, a child of ours, has stopped or ended. */
bool ss_guard_serve(struct ss_session *session);
/* Somebody wants to trace.  true: the task will be let go, come again. */
bool ss_guard_let_go(struct ss_session *session, pid_t tracer, pid_t tid)
	ss_must_check;
/* Frees; the kernel lets go of the tasks when we end. */
void ss_guard_release(struct ss_session *session);

#endif
