/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose child is this task?
 *
 * A clone that was let go on is pending until its child is known.  Each
 * thread has at most one: it cannot clone again before we hear of it.  The
 * child is found in one of three ways:
 *
 *	at once		it calls us, and only one clone is pending
 *	by its parent	/proc/TID/status names its group and parent
 *	by the lists	/proc/TGID/task/TID/children is exact per creator
 *
 * Clones that could be confused are not let go on together: see
 * ss_settle_must_wait().
 */
#include "supervise/state.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <utlist.h>

#include "kernel/descriptor.h"
#include "supervise/facts.h"

#define PARENTS_MAX	8	/* one after the other */
#define YIELDS_MAX	64
#define NUMBERS_MAX	16	/* so many are looked at instead of a list */
#define PENDING_FEW	16	/* so many may be looked at each time */

int ss_settle_read_numbers(pid_t tid, struct ss_event_numbers *ret)
{
	struct ss_proc_status status;
	struct ss_proc_ns_chain chain;
	unsigned int i;
	int r = ss_proc_status(tid, &status);

	if (!r)
		r = ss_proc_namespace_chain(tid, "pid", &chain);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	/* NSpid goes from our namespace in, the chain from its own out. */
	for (i = 1; i < status.levels && i <= SS_PIDNS_LEVELS; i++) {
		unsigned int at = status.levels - 1 - i;

		if (at >= chain.count)
			return -ESRCH;
		ret->nr[i - 1] = status.nspid[i];
		ret->ino[i - 1] = chain.ino[at];
		ret->levels = i;
	}
	return 0;
}

/* What the io context of a new child tells about when it was made. */
static void look_at_io(const struct ss_session *session,
		       const struct ss_pending *pending,
		       struct ss_event *event)
{
	pid_t creator = pending->creator ? pending->creator_tid : 0;
	int io_class;

	if (!session->io_contexts)
		return;
	io_class = ss_task_io_class(event->child.tid);
	event->child.io_known = io_class >= 0;
	event->child.io_class = event->child.io_known ? io_class : 0;
	/* One that was shared would be the same. */
	event->child.io_apart = !io_class && creator &&
		ss_task_io_class(creator) > 0 &&
		!ss_task_io_class(event->child.tid);
}

struct ss_task *ss_settle_adopt(struct ss_session *session,
				struct ss_pending *pending, pid_t tid)
{
	struct ss_event_numbers numbers;
	struct ss_event event = {
		.type = SS_EVENT_CHILD,
		.child = {
			.pending = pending->serial,
			.tid = tid,
			.born_by = ss_proc_time_now(),
		},
	};
	bool thread = pending->flags & CLONE_THREAD;
	struct ss_task *old = ss_model_task(session->model, tid);

	if (old) {
		/* A number that came back: its first owner must be gone. */
		struct ss_event gone = {
			.type = old->tid == old->group->tgid ?
				SS_EVENT_GROUP_GONE : SS_EVENT_THREAD_GONE,
			.tid = tid,
		};
		struct ss_process *process = ss_process_find(session, tid);

		if (process)
			ss_process_free(session, process);
		ss_tell(session, &gone);
	}
	if (pending->nested) {
		if (ss_settle_read_numbers(tid, &numbers))
			return NULL;
		event.child.numbers = &numbers;
	}
	look_at_io(session, pending, &event);
	ss_tell(session, &event);
	if (session->failure)
		return NULL;
	ss_again_number(session, tid);
	if (!thread && ss_process_add(session, tid))
		session->stats.unwatched++;
	return ss_model_task(session->model, tid);
}

/* Has nobody but its creator children in that group?  Then who their parent is
   says as much as the list does. */
static bool makes_all(const struct ss_session *session,
		      const struct ss_pending *pending)
{
	return !session->model->orphan_count &&
		!pending->creator->group->tasks->next;
}

/* Did this very thread make it?  (Or become its parent, as a reaper.) */
static bool made_by(const struct ss_session *session,
		    const struct ss_pending *pending, pid_t tid,
		    const struct ss_proc_status *status)
{
	struct ss_tids list = { 0 };
	bool found;

	if (!pending->creator)
		return false;
	if (makes_all(session, pending))
		return status->ppid == pending->tgid;
	if (ss_proc_children_all(pending->tgid, pending->creator_tid, &list))
		return false;
	found = ss_tids_has(&list, tid);
	ss_tids_release(&list);
	return found;
}

bool ss_settle_is_dying(const struct ss_task *task)
{
	struct ss_proc_stat stat;
	int r = ss_proc_stat(task->tid, &stat);

	return r ? r != -ETIMEDOUT : stat.flags & SS_PROC_EXITING;
}

bool ss_settle_is_child(struct ss_session *session,
			const struct ss_pending *pending, pid_t tid,
			const struct ss_proc_status *status)
{
	return made_by(session, pending, tid, status) &&
		ss_settle_find(session, pending) == tid;
}

/* With CLONE_NEWPID the first of a pid namespace is made, and nobody else; and
   who has no other namespace for its children makes none inside. */
static bool fits_pidns(const struct ss_pending *pending,
		       const struct ss_proc_status *status)
{
	unsigned int inner = status->levels - 1;

	if (pending->flags & CLONE_NEWPID)
		return inner && status->nspid[inner] == 1;
	return pending->nested || !inner;
}

bool ss_settle_may_be_child(const struct ss_session *session,
			    const struct ss_pending *pending, pid_t tid,
			    const struct ss_proc_status *status)
{
	if (pending->flags & CLONE_THREAD)
		return status->tgid == pending->tgid && tid != status->tgid;
	if (status->tgid != tid || !fits_pidns(pending, status))
		return false;
	if (pending->parent == status->ppid)
		return true;
	if (pending->parent == session->self)
		return false;
	/* Orphaned: its parent is whoever reaps for us, from the moment on when
	   nobody in the group is left who has not begun to exit. */
	return ss_group_is_ending(session, pending->parent);
}

/* Numbers are given out in turn, and begin again at the end. */
bool ss_settle_is_later(const struct ss_pending *pending, pid_t tid)
{
	pid_t now = pending->last ? ss_proc_last_number() : 0;

	if (!now)
		return true;
	return now < pending->last ? tid > pending->last || tid <= now :
		tid > pending->last && tid <= now;
}

/* The same as match(), of the clones of its parent alone: who has one of them
   as its child in its list is told from all others. */
static struct ss_pending *match_parent(struct ss_session *session, pid_t tid,
				       const struct ss_proc_status *status)
{
	const struct ss_group *group = ss_model_group(session->model,
						      status->ppid);
	const struct ss_task *task = group ? group->tasks : NULL;

	for (; task; task = task->next) {
		struct ss_pending *pending = task->pending;

		if (pending && pending->parent == status->ppid &&
		    ss_settle_may_be_child(session, pending, tid, status) &&
		    ss_settle_is_later(pending, tid) &&
		    made_by(session, pending, tid, status))
			return pending;
	}
	return NULL;
}

/* The clone that made the task, or NULL: none, or not to be told from others
   in this way. */
static struct ss_pending *match(struct ss_session *session, pid_t tid,
				const struct ss_proc_status *status)
{
	struct ss_pending *pending, *found = NULL;
	unsigned int n = 0;
	bool orphans = false;

	if (session->model->pending_count > PENDING_FEW) {
		found = match_parent(session, tid, status);
		if (found)
			return found;
	}
	DL_FOREACH(session->model->pendings, pending) {
		if (!ss_settle_may_be_child(session, pending, tid, status))
			continue;
		if (!found || (!found->creator && pending->creator))
			found = pending;
		n++;
	}
	if (n <= 1 || (found->flags & CLONE_THREAD))
		return found;
	DL_FOREACH(session->model->pendings, pending) {
		if (!ss_settle_may_be_child(session, pending, tid, status))
			continue;
		if (!ss_settle_is_later(pending, tid))
			continue;
		if (made_by(session, pending, tid, status))
			return pending;
		found = pending;
		orphans |= !pending->creator ||
			ss_settle_is_dying(pending->creator);
	}
	if (orphans)
		return NULL;
	if (!ss_proc_last_number())
		session->stats.clones_ambiguous++;
	return found;
}

/*
 * Its creator may have been killed a moment ago: then the child has another
 * parent by now, and it is the orphans that must be told apart.
 */
static struct ss_task *settle_orphan(struct ss_session *session, pid_t tid)
{
	struct ss_proc_status status;
	struct ss_pending *pending;
	struct ss_task *task;

	ss_orphans_find(session);
	task = ss_model_task(session->model, tid);
	if (task || ss_proc_status(tid, &status))
		return task;
	/* Or a child made for a parent that has died. */
	pending = match(session, tid, &status);
	return pending && (pending->flags & CLONE_PARENT) ?
		ss_settle_adopt(session, pending, tid) : NULL;
}

static struct ss_task *settle_unknown(struct ss_session *session, pid_t tid)
{
	struct ss_model *model = session->model;
	struct ss_proc_status status;
	struct ss_pending *pending = NULL;

	if (model->pending_count == 1) {
		session->stats.clones_at_once++;
		return ss_settle_adopt(session, model->pendings, tid);
	}
	if (!ss_proc_status(tid, &status))
		pending = match(session, tid, &status);
	/* That a dead creator's clone fits says little: others may be dying. */
	if (!pending || (!pending->creator && !(pending->flags & CLONE_THREAD)))
		return settle_orphan(session, tid);
	session->stats.clones_late++;
	return ss_settle_adopt(session, pending, tid);
}

struct ss_task *ss_settle_caller(struct ss_session *session, pid_t tid)
{
	struct ss_task *task = ss_model_task(session->model, tid);
	unsigned int others = session->model->pending_count;
	struct ss_proc_status status;

	if (task && task->pending)
		others--;
	if (!task)
		return settle_unknown(session, tid);
	/*
	 * A number can come back only for a child that is pending; and its
	 * first owner's end was told before.
	 */
	if (!others || (task->seen && !task->leaving && !task->zombie &&
			session->deaths_drained == session->clones))
		return task;
	ss_deaths_drain(session);
	session->deaths_drained = session->clones;
	task = ss_model_task(session->model, tid);
	/* The leader may have been seen dead on behalf of a thread's exec. */
	if (task && task->group->execing) {
		ss_exec_settle(session, task->group, tid);
		task = ss_model_task(session->model, tid);
	}
	if (task && !task->zombie && !task->leaving)
		return task;
	/* Killed since it called?  Then nobody else has its number. */
	if (ss_proc_status(tid, &status) || !status.has_fs)
		return task;
	/* Its exit may be made again after a signal. */
	if (task && task->leaving && !task->group->dead &&
	    !ss_number_is_new(session, task))
		return task;
	return settle_unknown(session, tid);
}

/* Somebody whom the model does not know? */
static bool is_unknown(struct ss_session *session, pid_t tid)
{
	const struct ss_task *known = ss_model_task(session->model, tid);

	return (!known || ss_number_is_new(session, known)) &&
		!ss_tids_has(&session->inherited.children, tid);
}

/*
 * The one in the list that the model does not know, and that this clone may
 * have made: the last one.  To a reaper come children of the dead, too, and of
 * those behind it as many may be of `younger` clones.
 */
static pid_t unknown_in(struct ss_session *session,
			const struct ss_pending *pending,
			const struct ss_tids *list, unsigned int younger)
{
	size_t i = list->count;
	pid_t found = 0;

	while (i--) {
		pid_t tid = list->tids[i];
		struct ss_proc_stat stat;

		if (!is_unknown(session, tid))
			continue;
		if (session->model->rings && !ss_proc_stat(tid, &stat) &&
		    (stat.flags & SS_PROC_USER_WORKER))
			continue;
		/* Those of several creators may be taken in any order. */
		if (!(pending->flags & (CLONE_THREAD | CLONE_PARENT)) &&
		    !ss_settle_is_later(pending, tid))
			continue;
		if (pending->flags & CLONE_PARENT &&
		    ss_orphan_is_foreign(session, tid))
			continue;
		found = tid;
		if (!younger--)
			break;
	}
	return found;
}

/* Clones of the dead that began after this one. */
static unsigned int younger_orphans(const struct ss_pending *pending)
{
	unsigned int n = 0;

	for (pending = pending->next; pending; pending = pending->next)
		n += !pending->creator && !(pending->flags & CLONE_THREAD);
	return n;
}

/*
 * Where CLONE_PARENT puts it: among the children of the parent's threads.  What
 * a thread leaves behind goes to the first of the others: last ones first.
 */
static pid_t find_sibling(struct ss_session *session,
			  const struct ss_pending *pending, pid_t parent)
{
	struct ss_tids threads = { 0 }, list = { 0 };
	pid_t found = 0;
	size_t i;

	if (ss_proc_threads_all(parent, &threads))
		return 0;
	i = threads.count;
	while (!found && i--) {
		if (ss_proc_children_all(parent, threads.tids[i], &list))
			continue;
		found = unknown_in(session, pending, &list, 0);
		ss_tids_release(&list);
	}
	ss_tids_release(&threads);
	return found;
}

/* The same, although the parent may die meanwhile: the children of one parent
   all get the same new one. */
static pid_t find_sibling_anywhere(struct ss_session *session,
				   const struct ss_pending *pending)
{
	struct ss_proc_status status;
	pid_t parent = pending->parent, found = 0;
	unsigned int i;

	for (i = 0; i < PARENTS_MAX; i++) {
		found = find_sibling(session, pending, parent);
		if (found || !pending->creator ||
		    ss_proc_status(pending->creator_tid, &status) ||
		    status.ppid == parent)
			break;
		parent = status.ppid;
	}
	return found;
}

/*
 * To read a list takes the longer the more are in it.  Where they are many: the
 * only one who fits among those whose numbers were given out since the clone
 * was let on.  0: none, or the list has to tell.
 */
static pid_t find_numbered(struct ss_session *session,
			   const struct ss_pending *pending)
{
	const struct ss_process *process = ss_process_find(session,
							   pending->tgid);
	bool thread = pending->flags & CLONE_THREAD;
	pid_t since = pending->creator ? pending->creator->clone_since : 0;
	pid_t last, tid, found = 0;

	if (!process || !process->crowded || session->model->rings ||
	    (!thread && !makes_all(session, pending)))
		return 0;
	last = ss_proc_last_number_since(since, NUMBERS_MAX);
	for (tid = since + 1; tid <= last; tid++) {
		struct ss_proc_status status;

		if (!is_unknown(session, tid) || ss_proc_status(tid, &status) ||
		    (thread ? status.tgid : status.ppid) != pending->tgid ||
		    (status.tgid == tid) == thread)
			continue;
		if (found)
			return 0;
		found = tid;
	}
	return found;
}

/* Found in a glance at the list, mostly; that nobody is there takes a look that
   misses none. */
static pid_t find_listed(struct ss_session *session,
			 const struct ss_pending *pending, bool all)
{
	struct ss_process *process = ss_process_find(session, pending->tgid);
	struct ss_tids list = { 0 };
	pid_t found;
	int r;

	if (pending->flags & CLONE_THREAD)
		r = all ? ss_proc_threads_all(pending->tgid, &list) :
			ss_proc_threads(pending->tgid, &list);
	else if (all)
		r = ss_proc_children_all(pending->tgid, pending->creator_tid,
					 &list);
	else
		r = ss_proc_children(pending->tgid, pending->creator_tid,
				     &list);
	if (r == -EOPNOTSUPP)
		r = ss_proc_children_by_parent(pending->tgid, &list);
	if (r)
		return 0;
	if (process)
		process->crowded = list.count > NUMBERS_MAX;
	found = unknown_in(session, pending, &list,
			   pending->flags & CLONE_THREAD ? 0 :
			   younger_orphans(pending));
	ss_tids_release(&list);
	return found;
}

pid_t ss_settle_find(struct ss_session *session,
		     const struct ss_pending *pending)
{
	pid_t found = 0;

	if ((pending->flags & (CLONE_THREAD | CLONE_PARENT)) == CLONE_PARENT)
		return find_sibling_anywhere(session, pending);
	/* Among orphans it is told by its place, and all have to be there. */
	if (!session->model->orphan_count) {
		found = find_numbered(session, pending);
		if (!found)
			found = find_listed(session, pending, false);
	}
	return found ? found : find_listed(session, pending, true);
}

/*
 * Two threads clone at the same time, alike: the first child that calls may
 * have been taken for that of the second, whose own one is not there yet.
 * Then what is still pending is the second's.
 */
static bool pass_on(struct ss_session *session,
		    const struct ss_pending *pending)
{
	struct ss_event event = {
		.type = SS_EVENT_CLONE_PASS,
		.child.pending = pending->serial,
	};
	struct ss_task *task;

	if (!(pending->flags & CLONE_THREAD) || !pending->creator)
		return false;
	DL_FOREACH(pending->creator->group->tasks, task) {
		if (!task->cloning || task->pending ||
		    task == pending->creator ||
		    task->clone_flags != pending->flags)
			continue;
		event.tid = task->tid;
		ss_tell(session, &event);
		return true;
	}
	return false;
}

void ss_settle_creator(struct ss_session *session, struct ss_task *task)
{
	struct ss_pending *pending = task->pending;
	struct ss_event end = { .type = SS_EVENT_CLONE_END };
	bool failed;
	pid_t tid;

	if (!pending)
		return;
	failed = ss_guard_saw_failure(session, task->tid);
	tid = failed ? 0 : ss_settle_find(session, pending);
	if (tid) {
		session->stats.clones_late++;
		if (ss_settle_adopt(session, pending, tid) || session->failure)
			return;
	}
	if (!failed && pass_on(session, pending))
		return;
	/* Killed while we look: then the child has another parent by now. */
	if (ss_settle_is_dying(task))
		return;
	/* It failed; or its child is gone, and nobody can ask about it. */
	if (pending->undo_made)
		ss_undo_guess(session, pending);
	end.child.pending = pending->serial;
	ss_tell(session, &end);
}

struct ss_pending *ss_settle_next(const struct ss_session *session,
				  struct ss_walk *walk)
{
	const struct ss_model *model = session->model;
	struct ss_pending *pending = model->pendings;

	if (walk->at && walk->changes == model->pending_changes) {
		pending = walk->at->next;
	} else {
		while (pending && pending->serial <= walk->serial)
			pending = pending->next;
	}
	walk->at = pending;
	walk->changes = model->pending_changes;
	if (pending)
		walk->serial = pending->serial;
	return pending;
}

void ss_settle_all(struct ss_session *session)
{
	struct ss_pending *pending;
	struct ss_walk walk = { 0 };

	while ((pending = ss_settle_next(session, &walk))) {
		pid_t tid = pending->creator ?
			ss_settle_find(session, pending) : 0;

		if (tid && ss_settle_adopt(session, pending, tid))
			session->stats.clones_on_demand++;
	}
}

/*
 * One thread of a group may end without the others, when one of them execs, and
 * then its children are in another's list: the creator of this clone?  If so,
 * it is known to be dead afterwards, and the clone an orphan's.
 */
static bool creator_dies(struct ss_session *session,
			 const struct ss_pending *pending)
{
	pid_t tid = pending->creator->tid;
	struct ss_task *task = pending->creator;
	unsigned int i;

	for (i = 0; i < YIELDS_MAX && task && task->pending; i++) {
		if (!ss_settle_is_dying(task) || ss_life_check(session, task))
			break;
		(void)sched_yield();
		task = ss_model_task(session->model, tid);
	}
	return i > 0;
}

void ss_settle_number(struct ss_session *session, const struct ss_task *caller,
		      pid_t nr)
{
	struct ss_proc_status status;
	struct ss_pending *pending;

	/* In a nested namespace a number says nothing to us. */
	if (ss_task_pidns(caller)) {
		ss_orphans_find(session);
		ss_settle_all(session);
		ss_workers_look_everywhere(session);
		return;
	}
	if (!session->model->pendings && !session->model->rings)
		return;
	if (ss_proc_status(nr, &status) ||
	    ss_worker_adopt(session, nr, status.tgid))
		return;
	pending = match(session, nr, &status);
	/* A parent alone does not make it ours: its creator must list it. */
	if (pending && pending->creator &&
	    !(pending->flags & (CLONE_THREAD | CLONE_PARENT)) &&
	    session->features.has[SS_FEATURE_PROC_CHILDREN] &&
	    !made_by(session, pending, nr, &status)) {
		if (!creator_dies(session, pending) ||
		    ss_proc_status(nr, &status))
			return;
		pending = match(session, nr, &status);
	}
	if (!pending || !pending->creator) {
		(void)settle_orphan(session, nr);
		return;
	}
	if (status.ppid == session->self &&
	    ss_inherited_has(&session->inherited, nr, &status))
		return;
	if (ss_settle_adopt(session, pending, nr))
		session->stats.clones_on_demand++;
}

struct ss_task *ss_settle_resolve(struct ss_session *session,
				  const struct ss_task *caller, pid_t nr)
{
	const struct ss_model *model = session->model;
	struct ss_task *task = ss_model_resolve(model, caller, nr);
	pid_t tid = caller->tid;

	if (task)
		return task;
	ss_settle_number(session, caller, nr);
	/* Deaths were learned. */
	caller = ss_model_task(model, tid);
	return caller ? ss_model_resolve(model, caller, nr) : NULL;
}
