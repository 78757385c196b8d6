/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clones that are made again.
 *
 * A clone that finds a signal pending fails before it has made anything
 * (copy_process(): ERESTARTNOINTR), and the kernel makes it again after the
 * handler.  Nobody notices but us: we hear of it twice.  The labels of the
 * creator's later children, and with them order and chance, must not tell how
 * often that happened, so the index of the first one is used again.  But a
 * child that was killed and reaped before we saw it has had an index, too,
 * and with every run it may or may not have been seen; so only what is sure
 * counts:
 *
 *	the guard	has stopped the creator for that signal, with the
 *			call's error in its register
 *	the numbers	none was given out since the clone was let on, or
 *			each to somebody who is there, and is not its child
 *
 * The second is looked at only where the very same call comes again and its
 * child was never seen: other clones cost nothing.
 */
#include "supervise/state.h"

#include <linux/sched.h>

#include "base/attributes.h"

#define NUMBERS_MAX	64
#define FNV_PRIME	0x100000001b3u

static uint64_t mix(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * FNV_PRIME;
}

/* The same for the same call from the same place; others may share it: it is
   not what makes sure. */
static uint64_t identity(const struct ss_notification *notification)
{
	uint64_t hash = mix(notification->arch, (uint64_t)notification->nr);
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(notification->args); i++)
		hash = mix(hash, notification->args[i]);
	return mix(hash, notification->address);
}

void ss_again_note(struct ss_session *session,
		   const struct ss_notification *notification,
		   struct ss_event *event)
{
	/* What was read just now, or the number of the last child that we know:
	   it is not worth a look at each clone. */
	if (event->clone.last)
		ss_again_number(session, event->clone.last);
	event->clone.since = session->last_number;
	event->clone.call = identity(notification);
}

void ss_again_number(struct ss_session *session, pid_t number)
{
	if (session->last_number)
		session->last_number = number;
}

void ss_again_chosen(struct ss_session *session)
{
	session->last_number = 0;
}

/* Somebody who is there, and whom this task has not made. */
static bool is_elses(const struct ss_session *session,
		     const struct ss_task *task, pid_t tid)
{
	struct ss_proc_status status;

	if (ss_model_task(session->model, tid))
		return true;
	return !(task->clone_flags & CLONE_PARENT) &&
		!ss_proc_status(tid, &status) &&
		status.tgid != task->group->tgid &&
		status.ppid != task->group->tgid;
}

bool ss_again_made_nobody(const struct ss_session *session,
			  const struct ss_task *task)
{
	pid_t since = task->clone_since;
	pid_t last = ss_proc_last_number_since(since, NUMBERS_MAX);
	pid_t tid;

	if (!last)
		return false;
	for (tid = last; tid > since; tid--) {
		if (!is_elses(session, task, tid))
			return false;
	}
	return true;
}

void ss_again_look(struct ss_session *session, const struct ss_task *task,
		   const struct ss_notification *notification)
{
	struct ss_event failed = {
		.type = SS_EVENT_CLONE_FAILED,
		.tid = task->tid,
	};
	bool sure = ss_guard_saw_failure(session, task->tid);

	/* Once: what is held is looked at again and again. */
	if (ss_hold_is_held(session, notification))
		return;
	ss_guard_forget_failure(session, task->tid);
	if (task->pending || !task->unborn ||
	    (!sure && task->clone_call != identity(notification)))
		return;
	if (sure || ss_again_made_nobody(session, task)) {
		session->stats.clones_again++;
		ss_tell(session, &failed);
	} else {
		session->stats.again_unsure++;
	}
}
