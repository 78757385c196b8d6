/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is unshare refused because of others?  CLONE_THREAD, CLONE_SIGHAND and
 * CLONE_VM demand that nobody shares that with the caller (kernel/fork.c,
 * check_unshare_flags()); nothing shows afterwards whether somebody did, and
 * those who do may be on their way out.  So who ends, or execs, and such a call
 * come one after the other.  setns to a namespace of time asks the same about
 * those who live (lib/is_single_threaded.c).
 */
#include "supervise/state.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <utlist.h>

#include "kernel/death.h"
#include "kernel/descriptor.h"
#include "supervise/facts.h"

enum presence {
	PRESENCE_GONE,
	PRESENCE_THERE,
	PRESENCE_ENDING,	/* it may be gone in a moment */
};

/*
 * A tracer keeps it, stopped, for as long as it likes.  Who is dead and does
 * not run any more stays until somebody reaps it.  But a look takes its time,
 * too: who reaps itself under it shows the state of before and the flags of
 * after; then the number is nobody's by now.
 */
static bool stays(const struct ss_task *task, const struct ss_proc_stat *stat)
{
	struct ss_proc_stat again;

	if (stat->state == 't' || stat->state == 'T')
		return true;
	return stat->flags & SS_PROC_NOFREEZE &&
		!ss_proc_stat(task->tid, &again);
}

/*
 * Who has called exit, or may have been killed.  It may reap itself, and is a
 * zombie for a moment before that (kernel/exit.c, exit_notify()).
 */
static enum presence presence_of(struct ss_session *session,
				 const struct ss_task *task,
				 const struct ss_proc_stat *stat)
{
	bool ending = task->leaving || stat->flags & SS_PROC_EXITING;

	if (ss_guard_has(session, task->tid)) {
		(void)ss_guard_serve(session);
		return ending ? PRESENCE_ENDING : PRESENCE_THERE;
	}
	if (stays(task, stat))
		return PRESENCE_THERE;
	return ending || task->group->dying ? PRESENCE_ENDING : PRESENCE_THERE;
}

static enum presence look_at_thread(struct ss_session *session,
				    const struct ss_task *task)
{
	struct ss_proc_stat stat;

	if (!ss_thread_exists(task->group->tgid, task->tid) ||
	    ss_proc_stat(task->tid, &stat))
		return PRESENCE_GONE;
	return presence_of(session, task, &stat);
}

/* false: it depends on a thread that is about to go. */
static bool threads_are_settled(struct ss_session *session,
				const struct ss_task *one)
{
	const struct ss_task *task;
	bool ending = false;

	/* The leader stays to the last. */
	if (one->tid != one->group->tgid)
		return true;
	DL_FOREACH(one->group->tasks, task) {
		if (task == one)
			continue;
		if ((!task->leaving && !session->model->filters) ||
		    look_at_thread(session, task) == PRESENCE_THERE)
			return true;
		ending = true;
	}
	return !ending;
}

static bool shares(const struct ss_task *a, const struct ss_task *b,
		   enum ss_kind kind)
{
	return a->resources[kind] && a->resources[kind] == b->resources[kind];
}

bool ss_sharer_is_going(struct ss_session *session, const struct ss_task *task)
{
	struct ss_proc_stat stat;

	return ss_proc_stat(task->tid, &stat) ||
		presence_of(session, task, &stat) == PRESENCE_ENDING;
}

/* Somebody of another process who shares it: handlers are given up when it is
   reaped, memory before it is dead. */
static enum presence look_at_sharer(struct ss_session *session, pid_t tid,
				    const struct ss_task *one,
				    enum ss_kind kind)
{
	struct ss_task *task = ss_model_task(session->model, tid);

	if (task && task->group->execing)
		ss_exec_look(session, task->group);
	task = ss_model_task(session->model, tid);
	if (task && ss_life_check(session, task))
		return PRESENCE_ENDING;
	task = ss_model_task(session->model, tid);
	if (!task || !shares(task, one, kind))
		return PRESENCE_GONE;
	return task->group->execing || ss_sharer_is_going(session, task) ?
		PRESENCE_ENDING : PRESENCE_THERE;
}

static size_t others_with(const struct ss_session *session,
			  const struct ss_task *one, enum ss_kind kind,
			  pid_t *tids, size_t room)
{
	const struct ss_task *task;
	size_t n = 0;

	for (task = ss_model_next(session->model, NULL);
	     task && n < room;
	     task = ss_model_next(session->model, task)) {
		if (task->group != one->group && shares(task, one, kind))
			tids[n++] = task->tid;
	}
	return n;
}

/* The one among them who is farthest from gone. */
static enum presence look_at_sharers(struct ss_session *session,
				     const struct ss_task *one,
				     enum ss_kind kind)
{
	size_t room = one->resources[kind] ? one->resources[kind]->refs : 0;
	ss_cleanup_free pid_t *tids = calloc(room + 1, sizeof(*tids));
	enum presence all = PRESENCE_GONE;
	size_t i, n;

	if (!tids) {
		session->failure = -ENOMEM;
		return PRESENCE_THERE;
	}
	n = others_with(session, one, kind, tids, room);
	for (i = 0; i < n; i++) {
		switch (look_at_sharer(session, tids[i], one, kind)) {
		case PRESENCE_GONE:
			break;
		case PRESENCE_THERE:
			return PRESENCE_THERE;
		case PRESENCE_ENDING:
			all = PRESENCE_ENDING;
			break;
		}
	}
	return all;
}

static bool are_settled(struct ss_session *session, const struct ss_task *one,
			enum ss_kind kind)
{
	return look_at_sharers(session, one, kind) != PRESENCE_ENDING;
}

static bool all_are_settled(struct ss_session *session,
			    const struct ss_task *task, uint64_t flags)
{
	if (!threads_are_settled(session, task))
		return false;
	/* Each of them implies those before. */
	if (!(flags & (CLONE_SIGHAND | CLONE_VM)))
		return true;
	if (!are_settled(session, task, SS_KIND_SIGHAND))
		return false;
	return !(flags & CLONE_VM) || are_settled(session, task, SS_KIND_MM);
}

bool ss_sharers_are_settled(struct ss_session *session,
			    const struct ss_task *task, uint64_t flags)
{
	bool settled;

	if (!(flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)))
		return true;
	settled = all_are_settled(session, task, flags);
	/* Those that were found to be gone do not count any more. */
	ss_await_release();
	return settled;
}

/* As signal->live counts them: the kernel's own, too, but nobody who has begun
   to exit. */
static enum ss_company look_at_threads(struct ss_session *session,
				       const struct ss_task *one)
{
	enum ss_company company = SS_COMPANY_NONE;
	struct ss_tids list = { 0 };
	size_t i;

	if (ss_proc_threads_all(one->group->tgid, &list))
		return one->group->tasks->next ? SS_COMPANY_THERE :
			SS_COMPANY_NONE;
	for (i = 0; i < list.count && company != SS_COMPANY_THERE; i++) {
		const struct ss_task *task =
			ss_model_task(session->model, list.tids[i]);
		struct ss_proc_stat stat;

		if (task == one || ss_proc_stat(list.tids[i], &stat) ||
		    stat.flags & SS_PROC_EXITING)
			continue;
		company = task && task->leaving ? SS_COMPANY_ENDING :
			SS_COMPANY_THERE;
	}
	ss_tids_release(&list);
	return company;
}

enum ss_company ss_sharers_company(struct ss_session *session,
				   const struct ss_task *task)
{
	enum ss_company company = look_at_threads(session, task);
	enum presence sharers;

	if (company == SS_COMPANY_THERE)
		return company;
	sharers = look_at_sharers(session, task, SS_KIND_MM);
	if (sharers == PRESENCE_GONE)
		return company;
	return sharers == PRESENCE_THERE ? SS_COMPANY_THERE :
		SS_COMPANY_ENDING;
}

void ss_unsharing_note(struct ss_session *session, const struct ss_task *task)
{
	struct ss_unsharing *unsharing;

	if (!task->group->tasks->next &&
	    task->resources[SS_KIND_SIGHAND]->refs < 2 &&
	    task->resources[SS_KIND_MM]->refs < 2)
		return;
	DL_FOREACH(session->unsharing, unsharing) {
		if (unsharing->tid == task->tid)
			return;
	}
	unsharing = calloc(1, sizeof(*unsharing));
	if (!unsharing) {
		session->failure = -ENOMEM;
		return;
	}
	unsharing->tid = task->tid;
	DL_APPEND(session->unsharing, unsharing);
}

static void drop(struct ss_session *session, struct ss_unsharing *unsharing)
{
	DL_DELETE(session->unsharing, unsharing);
	free(unsharing);
}

void ss_unsharing_over(struct ss_session *session, pid_t tid)
{
	struct ss_unsharing *unsharing, *tmp;

	DL_FOREACH_SAFE(session->unsharing, unsharing, tmp) {
		if (!tid || unsharing->tid == tid)
			drop(session, unsharing);
	}
}

bool ss_unsharing_beside(struct ss_session *session,
			 const struct ss_task *task)
{
	struct ss_unsharing *unsharing, *tmp;
	bool beside = false;

	DL_FOREACH_SAFE(session->unsharing, unsharing, tmp) {
		const struct ss_task *other = ss_model_task(session->model,
							    unsharing->tid);

		if (other == task)
			continue;
		if (!other || other->zombie ||
		    ss_facts_call_is_over(session, unsharing->tid))
			drop(session, unsharing);
		else if (other->group == task->group ||
			 shares(other, task, SS_KIND_SIGHAND) ||
			 shares(other, task, SS_KIND_MM))
			beside = true;
	}
	return beside;
}
