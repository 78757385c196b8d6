/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes as the kernel shows them: one pidfd each, and what it tells of
 * their ends.
 */
#include "supervise/state.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "kernel/death.h"
#include "kernel/descriptor.h"
#include "kernel/signals.h"
#include "supervise/facts.h"

#define DEATHS_AT_ONCE	64
#define ZOMBIES_AT_ONCE	2
#define YIELDS_MAX	64
#define ENDING_YIELDS	10000
#define SHARERS_MAX	64

struct ss_process *ss_process_find(const struct ss_session *session,
				   pid_t tgid)
{
	return (struct ss_process *)ss_numbers_find(&session->processes, tgid);
}

struct ss_process *ss_process_next(const struct ss_session *session,
				   const struct ss_process *process)
{
	return (struct ss_process *)ss_numbers_next(
		&session->processes, process ? &process->by_tgid : NULL);
}

/* Numbers that pidfds of processes do not take: for all that we open for a
   moment. */
#define NUMBERS_RESERVED	64

/* A pidfd to keep, or -EMFILE when the numbers run out. */
static int pidfd_within(const struct ss_session *session, pid_t tgid)
{
	unsigned long reserved = session->nofile / 4 < NUMBERS_RESERVED ?
		session->nofile / 4 : NUMBERS_RESERVED;
	int fd = ss_pidfd_open(tgid, false);

	if (fd < 0 || (unsigned long)fd + reserved < session->nofile)
		return fd;
	(void)close(fd);
	return -EMFILE;
}

int ss_process_add(struct ss_session *session, pid_t tgid)
{
	struct ss_process *process = calloc(1, sizeof(*process));
	int r;

	if (!process)
		return -ENOMEM;
	process->tgid = tgid;
	process->pidfd = pidfd_within(session, tgid);
	ss_numbers_add(&session->processes, &process->by_tgid, tgid);
	if (process->pidfd < 0) {
		r = process->pidfd;
		process->pidfd = -1;
		return r;
	}
	return ss_deaths_watch(session->deaths, process->pidfd, tgid);
}

void ss_process_free(struct ss_session *session, struct ss_process *process)
{
	ss_numbers_remove(&session->processes, &process->by_tgid);
	ss_exec_over(session, process);
	if (process->zombie) {
		DL_DELETE(session->zombies, process);
		session->zombie_count--;
	}
	if (process->pidfd >= 0)
		(void)close(process->pidfd);
	ss_evidence_free(process->evidence);
	free(process);
}

static void process_gone(struct ss_session *session,
			 struct ss_process *process)
{
	struct ss_event event = {
		.type = SS_EVENT_GROUP_GONE,
		.tid = process->tgid,
	};

	ss_process_free(session, process);
	if (ss_model_group(session->model, event.tid))
		ss_tell(session, &event);
}

/* If it is our child, reaps it: as ss_pidfd_reap(). */
static int reap(struct ss_session *session, struct ss_process *process)
{
	int status, r;

	if (process->pidfd < 0)
		return -ECHILD;

	/* Its real parent is still to reap what the guard lets go of. */
	(void)ss_guard_serve(session);
	if (ss_guard_has_still(session, process->tgid))
		return 0;
	r = ss_pidfd_reap(process->pidfd, &status);
	if (r > 0 && process->tgid == session->launched.pid) {
		session->command_ended = true;
		session->command_status = status;
	}
	return r;
}

/*
 * Only after all others have had their turn does a number come back, and that
 * takes more than a hundredth of a second, the unit of these times.
 */
static bool is_another(const struct ss_proc_stat *stat,
		       const struct ss_task *task)
{
	return stat->start_time > task->born_by;
}

/*
 * A zombie can be seen before its io context has gone, which takes no longer
 * than it takes to get a processor.
 */
static void await_end(const struct ss_task *task)
{
	struct ss_proc_stat stat;
	unsigned int i;

	for (i = 0; task->resources[SS_KIND_IO] && i < ENDING_YIELDS; i++) {
		if (ss_proc_stat(task->tid, &stat) ||
		    stat.flags & SS_PROC_NOFREEZE || is_another(&stat, task))
			return;
		(void)sched_yield();
	}
}

/* The group has ended: a zombie, until its parent reaps it. */
static void process_dead(struct ss_session *session,
			 struct ss_process *process)
{
	struct ss_group *group = ss_model_group(session->model,
						process->tgid);
	struct ss_event event = {
		.type = SS_EVENT_GROUP_DEAD,
		.tid = process->tgid,
	};

	if (group && group->execing)
		ss_exec_settle(session, group, 0);
	if (group)
		ss_guard_forget(session, group);
	if (group && !group->dead) {
		await_end(group->tasks);
		ss_tell(session, &event);
	}
	/* Only the command, and what was orphaned, are ours to reap. */
	if ((!group || !ss_model_group(session->model, group->parent)) &&
	    reap(session, process) > 0) {
		process_gone(session, process);
		return;
	}
	if (process->zombie || process->pidfd < 0)
		return;
	process->zombie = true;
	session->zombie_count++;
	DL_APPEND(session->zombies, process);
}

/* A few of the zombies: have their parents reaped them?  The list turns, so
   that each clone pays for as many as it makes. */
static void zombies_sweep(struct ss_session *session, unsigned int n)
{
	while (n-- && session->zombies) {
		struct ss_process *process = session->zombies;

		DL_DELETE(session->zombies, process);
		DL_APPEND(session->zombies, process);
		if (ss_pidfd_is_reaped(process->pidfd) ||
		    reap(session, process) > 0)
			process_gone(session, process);
	}
}

/* A thread that takes the leader's number over can make it look ended for a
   moment (ss_pidfd_is_over()), when we are told that the leader has. */
static bool has_ended(struct ss_session *session,
		      const struct ss_process *process)
{
	const struct ss_group *group = ss_model_group(session->model,
						      process->tgid);

	if (!group || !group->tasks->next || process->pidfd < 0 ||
	    ss_pidfd_is_over(process->pidfd))
		return true;
	if (ss_deaths_watch_again(session->deaths, process->pidfd,
				  process->tgid))
		session->stats.unwatched++;
	return false;
}

void ss_deaths_drain(struct ss_session *session)
{
	pid_t ended[DEATHS_AT_ONCE];
	int i, n;

	do {
		n = ss_deaths_take(session->deaths, ended, DEATHS_AT_ONCE);
		for (i = 0; i < n; i++) {
			struct ss_process *process =
				ss_process_find(session, ended[i]);

			if (process && has_ended(session, process))
				process_dead(session, process);
		}
	} while (n == DEATHS_AT_ONCE);
	zombies_sweep(session, ZOMBIES_AT_ONCE);
	ss_orphans_prune(session);
}

/* Our children, but for those that we had before the command, and theirs. */
static int own_children(const struct ss_session *session,
			struct ss_tids *ret)
{
	const struct ss_tids *earlier = &session->inherited.children;
	size_t i, kept = 0;
	int r = ss_proc_children(session->self, session->self, ret);

	if (r == -EOPNOTSUPP)
		r = ss_proc_children_by_parent(session->self, ret);
	if (r)
		return r;
	for (i = 0; i < ret->count; i++) {
		if (!ss_tids_has(earlier, ret->tids[i]) &&
		    !ss_orphan_is_foreign(session, ret->tids[i]))
			ret->tids[kept++] = ret->tids[i];
	}
	ret->count = kept;
	return 0;
}

void ss_orphans_reap(struct ss_session *session)
{
	struct ss_tids list = { 0 };
	size_t i;

	zombies_sweep(session, session->zombie_count);

	if (own_children(session, &list))
		return;
	for (i = 0; i < list.count; i++) {
		struct ss_process *process =
			ss_process_find(session, list.tids[i]);

		/* Of who has no pidfd nobody else tells us. */
		if ((process && (process->pidfd >= 0 ||
				 list.tids[i] == session->launched.pid)) ||
		    ss_guard_has_still(session, list.tids[i]))
			continue;
		if (ss_child_reap(list.tids[i]) > 0 && process)
			process_gone(session, process);
	}
	ss_tids_release(&list);
}

/* How many of our children have been reaped; *ret_live: others live. */
static size_t reap_children(struct ss_session *session, bool *ret_live)
{
	struct ss_tids list = { 0 };
	size_t i, reaped = 0;

	*ret_live = false;
	if (own_children(session, &list))
		return 0;
	for (i = 0; i < list.count; i++) {
		struct ss_process *process = NULL;
		int r;

		/* First the guard learns of its end. */
		if (ss_guard_has_still(session, list.tids[i])) {
			*ret_live = true;
			continue;
		}
		if (list.tids[i] == session->launched.pid)
			process = ss_process_find(session, list.tids[i]);
		/* Whoever else reaped the command would lose its status. */
		r = process && process->pidfd >= 0 ?
			reap(session, process) : ss_child_reap(list.tids[i]);
		reaped += r > 0;
		*ret_live = *ret_live || r == 0;
	}
	ss_tids_release(&list);
	return reaped;
}

/*
 * Whose parents end come to us: until there are no more, in whatever order: the
 * first process of a pid namespace waits until the others are reaped, and
 * some of them may have come to us.  So do those whom the guard traces, whoever
 * their parents are.
 */
void ss_children_await(struct ss_session *session)
{
	size_t reaped;
	bool live;

	ss_signals_hold_child();
	do {
		(void)ss_guard_serve(session);
		reaped = reap_children(session, &live);
		live = live || session->guard.wards;
		if (!reaped && live)
			ss_signals_await_child();
	} while (reaped || live);
	ss_signals_free_child();
}

bool ss_group_has_living(const struct ss_group *group)
{
	struct ss_tids list = { 0 };
	struct ss_proc_stat stat;
	bool living = false;
	size_t i;
	int r;

	if (ss_proc_threads_all(group->tgid, &list))
		return false;
	for (i = 0; i < list.count && !living; i++) {
		r = ss_proc_stat(list.tids[i], &stat);
		living = r ? r == -ETIMEDOUT : !(stat.flags & SS_PROC_EXITING);
	}
	ss_tids_release(&list);
	return living;
}

bool ss_group_is_ending(const struct ss_session *session, pid_t tgid)
{
	const struct ss_group *group = ss_model_group(session->model, tgid);
	const struct ss_process *process = ss_process_find(session, tgid);

	if (!group || group->dead)
		return true;
	/* Leaders outlive the others, mostly. */
	if (process && process->pidfd >= 0 &&
	    ss_pidfd_life(process->pidfd) == SS_LIFE_ALIVE)
		return false;
	return !ss_group_has_living(group);
}

static void tell_about(struct ss_session *session, enum ss_event_type type,
		       pid_t tid)
{
	struct ss_event event = { .type = type, .tid = tid };

	ss_tell(session, &event);
}

/* What a task with this status has given up since, as bits 1 << kind. */
static unsigned int given_up(const struct ss_task *task,
			     const struct ss_proc_status *status)
{
	/* The undo list goes between memory and files. */
	const bool has[SS_KIND_COUNT] = {
		[SS_KIND_MM] = status->has_mm,
		[SS_KIND_FILES] = status->has_files,
		[SS_KIND_FS] = status->has_fs,
		[SS_KIND_SIGHAND] = true,
		[SS_KIND_IO] = true,
		[SS_KIND_UNDO] = status->has_files,
	};
	unsigned int gone = 0;
	enum ss_kind kind;

	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		if (!has[kind] && task->resources[kind])
			gone |= 1u << kind;
	}
	return gone;
}

/* Or gone. */
static bool is_zombie(pid_t tid)
{
	struct ss_proc_stat stat;
	int r = ss_proc_stat(tid, &stat);

	return r ? r != -ETIMEDOUT : stat.state == 'Z' || stat.state == 'X';
}

/*
 * A dying task gives up one thing after the other, and each of them can take
 * long (much memory, a slow file system).  What it still has at this moment is
 * what the answer is about.
 *
 * The io context goes after the others have learned of the death.  Who ends a
 * pid namespace waits for everybody in it before that, with nothing else left.
 *
 * false: it has gone meanwhile.
 */
static bool fade(struct ss_session *session, const struct ss_task *task)
{
	struct ss_event event = { .type = SS_EVENT_FADING, .tid = task->tid };
	struct ss_proc_status status;
	int r;

	if (task->zombie)
		return true;
	r = ss_proc_status(task->tid, &status);
	if (r)
		return r != -ESRCH;
	event.gone = given_up(task, &status);
	if (!status.has_mm && !status.has_files && !status.has_fs &&
	    (!task->resources[SS_KIND_IO] || is_zombie(task->tid))) {
		await_end(task);
		event.type = SS_EVENT_TASK_ZOMBIE;
	} else if (!event.gone) {
		return true;
	}
	/* Its memory is what the calls of others have made of it. */
	(void)ss_facts_set_id(session, task);
	ss_tell(session, &event);
	return true;
}

/* A leader that is no more what it was: alone, or with its whole group? */
static void leader_check(struct ss_session *session, struct ss_task *task,
			 struct ss_process *process)
{
	switch (ss_pidfd_life(process->pidfd)) {
	case SS_LIFE_ALIVE:
		return;
	case SS_LIFE_GONE:
		process_gone(session, process);
		return;
	case SS_LIFE_DYING:
		break;
	}
	if (task->group->dead)
		return;
	if (ss_pidfd_is_over(process->pidfd)) {
		await_end(task);
		tell_about(session, SS_EVENT_GROUP_DEAD, task->tid);
	} else if (!fade(session, task)) {
		process_gone(session, process);
	}
}

enum leaving {
	LEAVING_GONE,		/* the number names nobody */
	LEAVING_ZOMBIE,		/* dead, but kept by a tracer */
	LEAVING_STILL,		/* gives up what it holds */
	LEAVING_NOT_YET,	/* has not begun: a tracer has stopped it */
	LEAVING_OTHER,		/* the number names somebody else */
};

/*
 * A thread that has called exit goes within microseconds, unless a tracer
 * keeps it, or others have the processors; then its number may come back.
 */
static enum leaving look_at_leaving(struct ss_session *session,
				    const struct ss_task *task)
{
	enum leaving seen = LEAVING_NOT_YET;
	struct ss_proc_stat stat;
	unsigned int i;
	int r;

	for (i = 0; i < YIELDS_MAX; i++) {
		r = ss_thread_exists(task->group->tgid, task->tid) ?
			ss_proc_stat(task->tid, &stat) : -ESRCH;
		if (r)
			return r == -ETIMEDOUT ? LEAVING_NOT_YET :
				LEAVING_GONE;
		if (is_another(&stat, task))
			return LEAVING_OTHER;
		if ((stat.state == 'Z' || stat.state == 't') &&
		    ss_guard_has(session, task->tid)) {
			/* Kept by us. */
			(void)ss_guard_serve(session);
			continue;
		}
		if (stat.state == 'Z' || stat.state == 'X')
			return LEAVING_ZOMBIE;
		if (stat.state == 't' || stat.state == 'T')
			return LEAVING_NOT_YET;
		seen = stat.flags & SS_PROC_EXITING ? LEAVING_STILL :
			LEAVING_NOT_YET;
		(void)sched_yield();
	}
	return seen;
}

bool ss_number_is_new(struct ss_session *session,
		      const struct ss_task *task)
{
	const struct ss_process *process = NULL;
	struct ss_proc_stat stat;

	if (!task->leaving && !task->zombie)
		return false;
	if (task->tid == task->group->tgid)
		process = ss_process_find(session, task->tid);
	/* Who was in a list may have gone since: then the number is free. */
	if (process && process->pidfd >= 0)
		return ss_pidfd_life(process->pidfd) == SS_LIFE_GONE &&
			!ss_proc_stat(task->tid, &stat);
	return !ss_proc_stat(task->tid, &stat) && is_another(&stat, task);
}

/* Who called exit, or may have been killed, and may still have the memory of
   this task, as far as there is room. */
static size_t leavers_beside(const struct ss_session *session,
			     const struct ss_task *one,
			     pid_t tids[SHARERS_MAX])
{
	const struct ss_task *task;
	size_t n = 0;

	for (task = ss_model_next(session->model, NULL);
	     task && n < SHARERS_MAX;
	     task = ss_model_next(session->model, task)) {
		if ((task->leaving || task->group != one->group) &&
		    ss_task_mm(task) == ss_task_mm(one))
			tids[n++] = task->tid;
	}
	return n;
}

void ss_sharers_settle(struct ss_session *session, pid_t tid)
{
	const struct ss_task *task;
	const struct ss_mm *mm;
	pid_t tids[SHARERS_MAX];
	size_t i, n;

	ss_deaths_drain(session);
	task = ss_model_task(session->model, tid);
	mm = task ? ss_task_mm(task) : NULL;
	n = mm && mm->r.refs > 1 ? leavers_beside(session, task, tids) : 0;
	for (i = 0; i < n; i++) {
		struct ss_task *leaver = ss_model_task(session->model, tids[i]);

		if (leaver)
			(void)!ss_life_check(session, leaver);
	}
}

/* A thread's number names nobody: it has ended, or become the leader. */
static void number_gone(struct ss_session *session, const struct ss_task *task)
{
	if (task->group->execing != task)
		tell_about(session, SS_EVENT_THREAD_GONE, task->tid);
}

void ss_leavers_sweep(struct ss_session *session, struct ss_group *group)
{
	/* A filter of the program kills who has not called exit. */
	bool all = session->model->filters;
	struct ss_task *task, *before;

	if (!(group->leaving || all) || !group->tasks)
		return;
	/* Those who have stand at the end of the list. */
	for (task = group->tasks->prev; task->leaving || all; task = before) {
		before = task->prev;
		if (task->tid == group->tgid)
			break;
		if (!ss_thread_exists(group->tgid, task->tid))
			number_gone(session, task);
	}
}

static void thread_leaving(struct ss_session *session, struct ss_task *task)
{
	switch (look_at_leaving(session, task)) {
	case LEAVING_NOT_YET:
		break;
	case LEAVING_GONE:
	case LEAVING_OTHER:
		tell_about(session, SS_EVENT_THREAD_GONE, task->tid);
		break;
	case LEAVING_ZOMBIE:
	case LEAVING_STILL:
		if (!fade(session, task))
			tell_about(session, SS_EVENT_THREAD_GONE, task->tid);
		break;
	}
}

/* Has the number of a thread gone to the dead leader, whose own one the thread
   has got?  In a moment it names nobody. */
static bool is_exchanged(const struct ss_task *task)
{
	struct ss_proc_stat stat;

	return !ss_proc_stat(task->tid, &stat) && stat.state == 'X';
}

/*
 * A thread that execs takes the leader's number before it gets its new memory:
 * for a moment its own number names nobody, and the leader's names somebody
 * who is not the dead leader, and not the new program yet.
 */
static bool is_taking_over(const struct ss_group *group,
			   const struct ss_process *process)
{
	const struct ss_task *task = group->execing;

	return task && task->tid != group->tgid &&
		(!ss_thread_exists(group->tgid, task->tid) ||
		 is_exchanged(task)) &&
		!(process->pidfd >= 0 && ss_pidfd_is_over(process->pidfd));
}

/* A thread that is not known to end. */
static void thread_check(struct ss_session *session, struct ss_task *task,
			 struct ss_process *process)
{
	struct ss_proc_stat stat;
	enum ss_life life = ss_pidfd_life(process->pidfd);
	int r;

	if (life == SS_LIFE_GONE || ss_pidfd_is_over(process->pidfd)) {
		process_dead(session, process);
		return;
	}
	if (!ss_thread_exists(task->group->tgid, task->tid)) {
		number_gone(session, task);
		return;
	}
	/*
	 * The living leader says nothing about it: those of a process that is
	 * killed begin to exit one after the other, the leader maybe last; and
	 * a filter of the program can kill one of them alone.
	 */
	r = ss_proc_stat(task->tid, &stat);
	if (r == -ETIMEDOUT || (!r && !(stat.flags & SS_PROC_EXITING)))
		return;
	/* That was the dead leader, maybe, and the thread lives on. */
	if (is_taking_over(task->group, process))
		return;
	if (r || !fade(session, task))
		number_gone(session, task);
}

static void look_at_life(struct ss_session *session, struct ss_task *task,
			 struct ss_process *process)
{
	if (task->tid == task->group->tgid)
		leader_check(session, task, process);
	else if (task->leaving && !task->group->dying)
		thread_leaving(session, task);
	else
		thread_check(session, task, process);
}

/* There was no number for a pidfd to keep: one for a moment. */
static void life_of_unwatched(struct ss_session *session,
			      struct ss_task *task,
			      struct ss_process *process)
{
	pid_t tgid = process->tgid;
	int fd = ss_pidfd_open(tgid, false);

	if (fd == -ESRCH)
		process_gone(session, process);
	if (fd < 0)
		return;
	process->pidfd = fd;
	look_at_life(session, task, process);
	process = ss_process_find(session, tgid);
	if (!process)
		return;
	process->pidfd = -1;
	(void)close(fd);
}

int ss_life_check(struct ss_session *session, struct ss_task *task)
{
	pid_t tid = task->tid;
	struct ss_process *process = ss_process_find(session,
						     task->group->tgid);

	if (!process)
		return 0;
	if (task->group->execing) {
		ss_exec_settle(session, task->group, 0);
		task = ss_model_task(session->model, tid);
		if (!task)
			return 0;
		if (is_taking_over(task->group, process))
			return -ESRCH;
	}
	session->stats.probes++;
	if (process->pidfd < 0)
		life_of_unwatched(session, task, process);
	else
		look_at_life(session, task, process);
	return 0;
}

int ss_life_recheck(struct ss_session *session, const struct ss_task *task)
{
	uint64_t generation = session->model->generation;
	int r;

	if (!task->group->execing)
		return 0;
	r = ss_life_check(session, ss_model_task(session->model, task->tid));
	if (r)
		return r;
	return session->model->generation == generation ? 0 : -EAGAIN;
}

void ss_kill_all(struct ss_session *session)
{
	struct ss_process *process = NULL;
	struct ss_tids list = { 0 };
	size_t i;

	while ((process = ss_process_next(session, process))) {
		if (process->pidfd < 0 || process->killed)
			continue;
		ss_pidfd_kill(process->pidfd);
		process->killed = true;
	}
	/* Those whom nobody has seen yet come to us when their parents die, or
	   call us: then they are killed too. */
	if (own_children(session, &list))
		return;
	for (i = 0; i < list.count; i++) {
		int pidfd;

		process = ss_process_find(session, list.tids[i]);
		if (process && process->killed)
			continue;
		pidfd = ss_pidfd_open(list.tids[i], false);
		if (pidfd < 0)
			continue;
		ss_pidfd_kill(pidfd);
		(void)close(pidfd);
	}
	ss_tids_release(&list);
}

void ss_kill_stranger(struct ss_session *session,
		      const struct ss_notification *notification)
{
	struct ss_proc_status status;
	int pidfd;

	if (ss_proc_status(notification->tid, &status))
		return;
	pidfd = ss_pidfd_open(status.tgid, false);
	if (pidfd < 0)
		return;
	/* If it still waits for us, the number was its own all the time. */
	if (ss_listener_is_valid(&session->launched.listener,
				 notification->id))
		ss_pidfd_kill(pidfd);
	(void)close(pidfd);
}

int ss_table_pidfd(struct ss_session *session, const struct ss_task *task,
		   bool *ret_own)
{
	const struct ss_task *leader = ss_model_task(session->model,
						     task->group->tgid);
	struct ss_process *process = ss_process_find(session,
						     task->group->tgid);
	int fd;

	*ret_own = false;
	if (leader && !leader->leaving && !leader->zombie && process &&
	    process->pidfd >= 0 &&
	    ss_task_files(leader) == ss_task_files(task))
		return process->pidfd;
	*ret_own = true;
	if (leader == task)
		return ss_pidfd_open(task->tid, false);
	if (!session->features.has[SS_FEATURE_THREAD_PIDFD]) {
		session->stats.unfetchable++;
		return -EOPNOTSUPP;
	}
	fd = ss_pidfd_open(task->tid, true);
	return fd;
}
