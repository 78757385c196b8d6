/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clones whose creators died before their children were seen.
 *
 * The child, if there is one, has gone to whoever reaps for its creator, and
 * nothing tells any more who made it.  But numbers are given out in turn, and
 * so are clones: the youngest clone has the child of the highest number.  That
 * leaves doubt where some clones were killed with their creators and others
 * were not, where numbers have come round, and where the reaper waits for a
 * child of its own; such clones are counted as ambiguous.
 */
#include "supervise/state.h"

#include <linux/sched.h>
#include <utlist.h>

#define ORPHANS_MAX	64
/* As many clones may pass before all processes are looked at ... */
#define CLONES_BETWEEN	256
/* ... and so many for each process. */
#define CLONES_PER_GROUP	4

static void end(struct ss_session *session, const struct ss_pending *pending)
{
	struct ss_event event = {
		.type = SS_EVENT_CLONE_END,
		.child.pending = pending->serial,
	};

	ss_tell(session, &event);
}

/* Threads stay in their group, whoever made them. */
static void settle_threads(struct ss_session *session)
{
	struct ss_pending *pending, *tmp;

	DL_FOREACH_SAFE(session->model->pendings, pending, tmp) {
		pid_t tid;

		if (pending->creator || !(pending->flags & CLONE_THREAD))
			continue;
		tid = ss_settle_find(session, pending);
		if (!tid || !ss_settle_adopt(session, pending, tid))
			end(session, pending);
	}
}

/* Somebody in the sandbox whom the model does not know? */
static bool is_unknown(struct ss_session *session, pid_t tid,
		       struct ss_proc_status *ret)
{
	const struct ss_task *known = ss_model_task(session->model, tid);

	if ((known && !ss_number_is_new(session, known)) ||
	    ss_tids_has(&session->inherited.children, tid) ||
	    ss_proc_status(tid, ret))
		return false;
	return ret->ppid == session->self ||
		ss_model_group(session->model, ret->ppid);
}

/*
 * The youngest orphan that may have made the task, or the clone of a living
 * creator that has; *ret_doubt is set if another one may, too.
 */
static struct ss_pending *youngest(struct ss_session *session, pid_t tid,
				   const struct ss_proc_status *status,
				   bool *ret_doubt)
{
	bool lists = session->features.has[SS_FEATURE_PROC_CHILDREN];
	struct ss_pending *pending, *found = NULL;
	bool living = false;

	DL_FOREACH(session->model->pendings, pending) {
		if (!ss_settle_may_be_child(session, pending, tid, status))
			continue;
		if (!pending->creator)
			found = pending;
		else if (!lists || (pending->flags & CLONE_PARENT))
			living = true;
		else if (ss_settle_is_child(session, pending, tid))
			return pending;
	}
	*ret_doubt = *ret_doubt || living;
	return living ? NULL : found;
}

/* From the highest number down.  true: nobody is left who may be a child. */
static bool settle_processes(struct ss_session *session,
			     const struct ss_tids *all)
{
	unsigned int before = session->model->orphan_count, found = 0;
	bool doubt = false;
	size_t i = all->count;

	while (i-- && !session->failure) {
		struct ss_proc_status status;
		struct ss_pending *pending;
		bool orphan;

		if (!is_unknown(session, all->tids[i], &status))
			continue;
		pending = youngest(session, all->tids[i], &status, &doubt);
		orphan = pending && !pending->creator;
		if (!pending ||
		    !ss_settle_adopt(session, pending, all->tids[i]))
			continue;
		session->stats.clones_late++;
		found += orphan;
	}
	if (found && (doubt || found < before))
		session->stats.clones_ambiguous++;
	return !doubt;
}

void ss_orphans_settle(struct ss_session *session)
{
	struct ss_pending *pending, *tmp;
	struct ss_tids all = { 0 };

	if (!session->model->orphan_count)
		return;
	session->orphans_looked = session->clones;
	session->orphans_settled = session->model->orphaned;
	settle_threads(session);
	if (!session->model->orphan_count || ss_proc_processes(&all))
		return;
	if (settle_processes(session, &all)) {
		DL_FOREACH_SAFE(session->model->pendings, pending, tmp) {
			if (!pending->creator)
				end(session, pending);
		}
	}
	ss_tids_release(&all);
}

void ss_orphans_settle_new(struct ss_session *session)
{
	if (session->orphans_settled != session->model->orphaned)
		ss_orphans_settle(session);
}

void ss_orphans_prune(struct ss_session *session)
{
	const struct ss_model *model = session->model;
	uint64_t patience = CLONES_BETWEEN +
		CLONES_PER_GROUP * (uint64_t)HASH_COUNT(model->groups);
	struct ss_pending *pending, *tmp;

	if (!model->orphan_count ||
	    (model->orphan_count <= ORPHANS_MAX &&
	     session->clones - session->orphans_looked < patience))
		return;
	ss_orphans_settle(session);
	/* A program that makes too many of them loses the oldest. */
	DL_FOREACH_SAFE(model->pendings, pending, tmp) {
		if (pending->creator || model->orphan_count <= ORPHANS_MAX)
			continue;
		session->stats.clones_ambiguous++;
		end(session, pending);
	}
}
