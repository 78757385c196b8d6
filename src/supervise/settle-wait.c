/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which clones are still under way, and which calls have to wait for them:
 * whose children could be taken for one another, or who would copy what the
 * call changes, before it or after.
 */
#include "supervise/state.h"

#include <linux/sched.h>
#include <sched.h>

#include "supervise/facts.h"

/* Is the creator out of the call? */
static bool has_returned(const struct ss_session *session,
			 const struct ss_pending *pending)
{
	struct ss_proc_call call;

	if (pending->returned)
		return true;
	if (ss_proc_call(pending->creator->tid, &call))
		return false;
	return call.where == SS_PROC_NO_CALL ||
		(call.where == SS_PROC_IN_CALL &&
		 !ss_call_is_clone(&session->calls, call.nr));
}

/* Is the clone still on its way, its child not made yet?  Else it is settled,
   and the record of it gone; but not if its creator is dying. */
static bool is_under_way(struct ss_session *session,
			 struct ss_pending *pending)
{
	struct ss_task *creator = pending->creator;
	pid_t tid = ss_settle_find(session, pending);

	if (tid && ss_settle_adopt(session, pending, tid)) {
		session->stats.clones_on_demand++;
		return false;
	}
	if (ss_settle_is_dying(creator)) {
		ss_orphans_leave(session, pending);
		return false;
	}
	if (!has_returned(session, pending))
		return true;
	ss_settle_creator(session, creator);
	return false;
}

/*
 * The same before another thread's clone: whose creator is dying by a signal or
 * by an exec has a child, or has not, and the other thread dies, too.
 */
static bool is_unsettled(struct ss_session *session,
			 struct ss_pending *pending,
			 const struct ss_group *group)
{
	const struct ss_task *creator = pending->creator;
	uint32_t serial = pending->serial;
	bool mine = creator->group == group;

	if (is_under_way(session, pending))
		return true;
	pending = ss_model_pending(session->model, serial);
	return mine && pending && pending->creator == creator;
}

bool ss_settle_surely(struct ss_session *session)
{
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };
	bool surely = true;

	while ((pending = ss_settle_next(session, &walk))) {
		if (pending->creator && is_under_way(session, pending))
			surely = false;
	}
	ss_orphans_find(session);
	return surely;
}

/* Would it matter which of the two clones a child belongs to? */
static bool alike(const struct ss_pending *pending,
		  const struct ss_task *task, uint64_t flags)
{
	enum ss_kind kind;

	if (pending->flags != flags || pending->domain != task->domain ||
	    pending->interrupt != ss_task_handlers(task)->interrupt ||
	    pending->creds != task->creds ||
	    pending->creds_known != task->creds_known)
		return false;
	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		if (pending->resources[kind] &&
		    pending->resources[kind] != task->resources[kind])
			return false;
	}
	/* Copies are each creator's own. */
	return (flags & CLONE_FILES) && !pending->io_new &&
		!task->resources[SS_KIND_IO];
}

/*
 * May the children of both be taken for one another?  Threads stay in their
 * group; and any two processes may have one parent, when their creators have
 * been killed.  Then the order of their numbers tells, if only one is made at
 * a time.
 */
static bool same_list(const struct ss_pending *pending,
		      const struct ss_task *task, uint64_t flags)
{
	if ((pending->flags ^ flags) & CLONE_THREAD)
		return false;
	return !(flags & CLONE_THREAD) || pending->tgid == task->group->tgid;
}

bool ss_settle_must_wait(struct ss_session *session,
			 const struct ss_task *task, uint64_t flags,
			 pid_t parent)
{
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };

	while ((pending = ss_settle_next(session, &walk))) {
		if (pending->creator && pending->creator != task &&
		    same_list(pending, task, flags) &&
		    !alike(pending, task, flags) &&
		    is_unsettled(session, pending, task->group))
			return true;
	}
	/* Who was made by the dead will not be taken for its child. */
	if (parent)
		ss_orphans_settle(session);
	return false;
}

bool ss_settle_makes_child(struct ss_session *session,
			   const struct ss_task *task)
{
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };

	while ((pending = ss_settle_next(session, &walk))) {
		if (pending->creator && pending->creator != task &&
		    pending->creator->group == task->group &&
		    is_under_way(session, pending))
			return true;
	}
	return false;
}

bool ss_settle_makes_sharer(struct ss_session *session,
			    const struct ss_task *task)
{
	const struct ss_handlers *handlers = ss_task_handlers(task);
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };

	while ((pending = ss_settle_next(session, &walk))) {
		if (pending->creator &&
		    ss_task_handlers(pending->creator) == handlers &&
		    is_under_way(session, pending))
			return true;
	}
	ss_orphans_settle(session);
	return false;
}

bool ss_settle_makes_copy(struct ss_session *session,
			  const struct ss_task *task)
{
	const struct ss_mm *mm = ss_task_mm(task);
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };

	if (!mm || mm->r.refs < 2)
		return false;
	while ((pending = ss_settle_next(session, &walk))) {
		if (pending->creator && pending->creator != task &&
		    !(pending->flags & CLONE_VM) &&
		    ss_task_mm(pending->creator) == mm &&
		    is_under_way(session, pending))
			return true;
	}
	return false;
}
