/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that the kernel makes for an io_uring.  No call tells when they come
 * and go.  They share what the task had that made the ring, at that time; so
 * they are looked for before a call changes what its caller has, and whenever
 * somebody asks for a number that nobody knows.
 */
#include "supervise/state.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <utlist.h>

#include "kernel/death.h"

#define YIELDS_MAX	1024

/* It takes its name when it runs for the first time; until then it has not
   slept. */
static int read_name(pid_t tid, pid_t *ret)
{
	struct ss_proc_stat stat;
	unsigned int i;
	int r = ss_proc_worker(tid, ret);

	for (i = 0; i < YIELDS_MAX && r == -ENODATA; i++) {
		bool ready = !ss_proc_stat(tid, &stat) && stat.state == 'R';

		if (ready)
			(void)sched_yield();
		r = ss_proc_worker(tid, ret);
		if (!ready)
			break;
	}
	return r;
}

/* Whose is it?  Its name tells, unless the program has given it another one
   (or lives in a pid namespace that is not the first): then the leader's. */
static struct ss_task *creator_of(struct ss_session *session, pid_t tid,
				  struct ss_task *leader)
{
	struct ss_task *task;
	pid_t creator;

	if (read_name(tid, &creator))
		return leader;
	task = ss_model_task(session->model, creator);
	return task && task->group == leader->group && !task->zombie ?
		task : leader;
}

static void adopt(struct ss_session *session, pid_t tid,
		  struct ss_task *leader)
{
	struct ss_task *creator = creator_of(session, tid, leader);
	struct ss_event_numbers numbers;
	struct ss_event event = {
		.type = SS_EVENT_WORKER,
		.tid = creator->tid,
		.child = { .tid = tid, .born_by = ss_proc_time_now() },
	};

	if (creator->zombie)
		return;
	if (creator->levels) {
		if (ss_settle_read_numbers(tid, &numbers))
			return;
		event.child.numbers = &numbers;
	}
	ss_tell(session, &event);
}

bool ss_worker_adopt(struct ss_session *session, pid_t tid, pid_t tgid)
{
	struct ss_task *leader = ss_model_task(session->model, tgid);
	struct ss_proc_stat stat;

	if (!session->model->rings || !leader || tid == tgid ||
	    ss_model_task(session->model, tid) ||
	    ss_proc_stat(tid, &stat) || !(stat.flags & SS_PROC_USER_WORKER))
		return false;
	adopt(session, tid, leader);
	return ss_model_task(session->model, tid);
}

static void forget_gone(struct ss_session *session, pid_t tgid)
{
	const struct ss_group *group = ss_model_group(session->model, tgid);
	struct ss_event gone = { .type = SS_EVENT_THREAD_GONE };
	struct ss_task *task, *next;

	if (!group)
		return;
	DL_FOREACH_SAFE(group->tasks, task, next) {
		gone.tid = task->tid;
		if (task->worker && task->tid != tgid &&
		    !ss_thread_exists(tgid, task->tid))
			ss_tell(session, &gone);
	}
}

void ss_workers_look(struct ss_session *session, pid_t tgid)
{
	struct ss_tids list = { 0 };
	size_t i;

	if (!session->model->rings)
		return;
	forget_gone(session, tgid);
	if (ss_proc_threads_all(tgid, &list))
		return;
	for (i = 0; i < list.count; i++)
		(void)ss_worker_adopt(session, list.tids[i], tgid);
	ss_tids_release(&list);
}

void ss_workers_look_everywhere(struct ss_session *session)
{
	size_t room = session->model->groups, n = 0, i;
	const struct ss_task *leader = NULL;
	ss_cleanup_free pid_t *tgids = NULL;

	if (!session->model->rings || !room)
		return;
	tgids = calloc(room, sizeof(*tgids));
	if (!tgids) {
		session->failure = -ENOMEM;
		return;
	}
	/* First all the numbers: on the way through tasks none may be added. */
	while (n < room &&
	       (leader = ss_model_next_leader(session->model, leader)))
		tgids[n++] = leader->tid;
	for (i = 0; i < n; i++)
		ss_workers_look(session, tgids[i]);
}
