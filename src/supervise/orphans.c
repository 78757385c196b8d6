/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clones whose creators died before their children were seen.
 *
 * The child, if there is one, has gone to whoever reaps for its creator, and
 * nothing tells any more who made it.  But numbers are given out in turn, and
 * so are clones: one after the other, as long as it matters which is which
 * (ss_settle_must_wait()).  So the child is that of the youngest clone that was
 * let on before its number was given out.  Where the kernel does not tell which
 * number was the last (ss_proc_last_number()), the youngest clone has the child
 * of the highest number.  That is a guess where several may have made a child,
 * or the reaper waits for one of its own, and counted as ambiguous: some clones
 * are killed with their creators, and others are not, or overtake each other.
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
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };

	while ((pending = ss_settle_next(session, &walk))) {
		pid_t tid;

		if (pending->creator || !(pending->flags & CLONE_THREAD))
			continue;
		tid = ss_settle_find(session, pending);
		if (!tid || !ss_settle_adopt(session, pending, tid))
			end(session, pending);
	}
}

/* Its child is in its list, or has another parent already; or the clone has
   failed. */
void ss_orphans_leave(struct ss_session *session, struct ss_pending *pending)
{
	struct ss_event event = {
		.type = SS_EVENT_CLONE_ORPHAN,
		.tid = pending->creator->tid,
	};
	pid_t tid = ss_settle_find(session, pending);

	if (tid && ss_settle_adopt(session, pending, tid))
		session->stats.clones_late++;
	else if (!session->failure)
		ss_tell(session, &event);
}

/* How long they take to die nobody knows: much memory, many files. */
static void look_at_creators(struct ss_session *session)
{
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };

	/* By serial, as they stand: looking at one may end others. */
	while ((pending = ss_settle_next(session, &walk)) &&
	       !session->failure) {
		if (pending->creator && ss_settle_is_dying(pending->creator))
			ss_orphans_leave(session, pending);
	}
}

void ss_orphans_notice(struct ss_session *session)
{
	ss_deaths_drain(session);
	look_at_creators(session);
}

bool ss_orphan_is_foreign(const struct ss_session *session, pid_t tid)
{
	const struct ss_process *process = ss_process_find(session, tid);
	struct ss_proc_status status;

	/* Its number has not gone to anybody else. */
	if (process && process->pidfd >= 0 && !process->zombie)
		return false;
	return !ss_proc_status(tid, &status) && status.state != 'Z' &&
		ss_inherited_has(&session->inherited, tid, &status);
}

/* Somebody in the sandbox whom the model does not know? */
static bool is_unknown(struct ss_session *session, pid_t tid,
		       struct ss_proc_status *ret)
{
	const struct ss_task *known = ss_model_task(session->model, tid);

	if ((known && !ss_number_is_new(session, known)) ||
	    ss_proc_status(tid, ret))
		return false;
	return ret->ppid == session->self ?
		!ss_inherited_has(&session->inherited, tid, ret) :
		ss_model_group(session->model, ret->ppid) != NULL;
}

/* What keeps us from saying that an orphan has no child. */
struct doubt {
	bool living;		/* a child may be that of a living creator, and
				   no numbers tell */
	bool dying;		/* a creator has begun to exit meanwhile */
	bool guess;		/* or that it is this one: others may fit */
};

/* Among the children of its creator, if that lives, it would be found. */
static bool is_listed(const struct ss_session *session,
		      const struct ss_pending *pending)
{
	return pending->creator && !(pending->flags & CLONE_PARENT) &&
		session->features.has[SS_FEATURE_PROC_CHILDREN];
}

/*
 * The clone that has made the task: that of a living creator that lists it, or
 * the youngest of the others that was let on before.  NULL: none, or there is
 * doubt.
 */
static struct ss_pending *youngest(struct ss_session *session, pid_t tid,
				   const struct ss_proc_status *status,
				   struct doubt *doubt)
{
	struct ss_pending *pending, *found = NULL;
	bool living = false, guess = false;

	DL_FOREACH(session->model->pendings, pending) {
		if (!ss_settle_may_be_child(session, pending, tid, status))
			continue;
		if (!is_listed(session, pending)) {
			living |= pending->creator != NULL;
			guess |= found && !(found->last && pending->last);
			if (!found || ss_settle_is_later(pending, tid))
				found = pending;
		} else if (ss_settle_is_child(session, pending, tid, status)) {
			return pending;
		} else if (ss_settle_is_dying(pending->creator)) {
			doubt->dying = true;
		}
	}
	living = living && !ss_proc_last_number();
	doubt->living |= living;
	doubt->guess |= guess;
	return living || doubt->dying ? NULL : found;
}

/* From the highest number down. */
static struct doubt settle_processes(struct ss_session *session,
				     const struct ss_tids *all)
{
	struct doubt doubt = { .dying = false };
	bool found = false;
	size_t i = all->count;

	while (i-- && !doubt.dying && !session->failure) {
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
		found |= orphan;
	}
	if (found && (doubt.living || doubt.guess))
		session->stats.clones_ambiguous++;
	return doubt;
}

/* Those for whom no child is left among all processes have none. */
static void end_childless(struct ss_session *session)
{
	struct ss_pending *pending, *tmp;

	DL_FOREACH_SAFE(session->model->pendings, pending, tmp) {
		if (!pending->creator)
			end(session, pending);
	}
}

void ss_orphans_settle(struct ss_session *session)
{
	struct doubt doubt = { .dying = true };
	struct ss_tids all = { 0 };

	if (!session->model->orphan_count)
		return;
	session->orphans_looked = session->clones;
	/* Each time one creator at least has left. */
	while (doubt.dying && !session->failure) {
		look_at_creators(session);
		session->orphans_settled = session->model->orphaned;
		settle_threads(session);
		if (!session->model->orphan_count || ss_proc_processes(&all))
			return;
		doubt = settle_processes(session, &all);
		ss_tids_release(&all);
	}
	if (!doubt.living && !doubt.dying)
		end_childless(session);
}

void ss_orphans_find(struct ss_session *session)
{
	ss_orphans_notice(session);
	ss_orphans_settle(session);
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
		CLONES_PER_GROUP * (uint64_t)model->groups;
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
