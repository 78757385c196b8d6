/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clone that was to make an undo list has failed: before copy_semundo() or
 * after?  copy_process() looks, in this order, at
 *
 *	signals			seen by the guard, else unknown
 *	CLONE_NEWUSER		the limits on user namespaces, whether the
 *				caller is chrooted, its ids, policy
 *	processes		their limits, which nobody shows
 *	the scheduler		a deadline cannot be inherited
 *	CLONE_SYSVSEM		the list is made
 *	all the rest		other namespaces, the thread pointer, numbers
 *
 * Who has got a number has come past all that, also if it was for nothing; but
 * not all that comes after the list gets that far.
 */
#include "supervise/state.h"

#include <errno.h>
#include <linux/sched.h>

#include "kernel/clonable.h"
#include "supervise/facts.h"
#include "supervise/guard.h"

static enum ss_clone_fate foresee(const struct ss_task *task,
				  const struct ss_decoded *call)
{
	/* Refused in clone3 itself. */
	if (call->stack_last && !ss_address_is_users(call->stack_last))
		return SS_FATE_EARLY;
	if ((call->flags & CLONE_NEWUSER) && ss_is_chrooted(task->tid))
		return SS_FATE_EARLY;
	if (ss_has_deadline(task->tid))
		return SS_FATE_EARLY;
	if (call->tls && !ss_address_is_users(call->tls))
		return SS_FATE_LATE;
	return SS_FATE_OPEN;
}

enum ss_clone_fate ss_undo_foresee(struct ss_session *session,
				   const struct ss_task *task,
				   const struct ss_decoded *call)
{
	enum ss_clone_fate fate;

	if (!(call->flags & CLONE_SYSVSEM) ||
	    task->resources[SS_KIND_UNDO] || ss_clone_is_refused(call->flags))
		return SS_FATE_OPEN;
	fate = foresee(task, call);
	/* This one is refused in any case, and the model knows (apply-clone.c):
	   its list is a guess, too. */
	if ((call->flags & CLONE_NEWIPC) && !(call->flags & CLONE_NEWUSER) &&
	    fate != SS_FATE_EARLY)
		session->stats.undo_unsure++;
	return fate;
}

/* create_user_ns() needs names for the creator's ids in its own one. */
static bool may_nest(const struct ss_task *task)
{
	const struct ss_creds *creds = ss_task_creds(task);
	uint32_t id;

	return !task->creds_known ||
		(ss_proc_id_map(task->tid, "uid_map", SS_ID_INWARD,
				creds->uid[1], &id) != -ENOENT &&
		 ss_proc_id_map(task->tid, "gid_map", SS_ID_INWARD,
				creds->gid[1], &id) != -ENOENT);
}

/* Was there a reason for the clone to fail that is looked at after the user
   namespace was made? */
static bool fails_late(const struct ss_session *session,
		       const struct ss_pending *pending)
{
	if (pending->fate == SS_FATE_LATE)
		return true;
	/* It may not be new where the list is shared. */
	if (pending->flags & CLONE_NEWIPC)
		return true;
	/* Another pid namespace on the way to one is refused. */
	if (pending->flags & CLONE_NEWPID)
		return ss_facts_children_elsewhere(pending->creator);
	return ss_facts_makes_nobody(session, pending->creator);
}

/* Of one that makes a user namespace. */
static bool fails_early(const struct ss_session *session,
			const struct ss_pending *pending)
{
	uint64_t forbidden;

	if (!may_nest(pending->creator))
		return true;
	forbidden = ss_namespaces_forbidden(pending->creator->tid,
					    pending->flags);
	if (forbidden & CLONE_NEWUSER)
		return true;
	/* Where one can be made it is refused for limits or by policy, if there
	   is no other reason; or its child was killed and reaped unseen. */
	return !forbidden && !fails_late(session, pending) &&
		ss_again_made_nobody(session, pending->creator);
}

void ss_undo_guess(struct ss_session *session,
		   const struct ss_pending *pending)
{
	struct ss_event none = {
		.type = SS_EVENT_UNDO_DROP,
		.tid = pending->creator->tid,
	};

	/* That is the first thing that it looks at. */
	if (ss_guard_saw_failure(session, none.tid) ||
	    pending->fate == SS_FATE_EARLY) {
		ss_tell(session, &none);
		return;
	}
	session->stats.undo_unsure++;
	if ((pending->flags & CLONE_NEWUSER) && fails_early(session, pending))
		ss_tell(session, &none);
}
