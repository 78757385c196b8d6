/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Did the exec succeed?
 *
 * Every exec gives the new program 16 fresh random bytes at AT_RANDOM.  What
 * stood there when exec entered is remembered, and the *old* address is read
 * again when the thread group matters next:
 *
 *	EFAULT, or other bytes	it happened
 *	not readable, but was	it happened: the image may not be read
 *	readable, but was not	it happened too
 *	the same bytes		it has not happened (yet)
 *	zero before and after	the program had wiped them: then PF_FORKNOEXEC
 *				tells for a task's first exec, and for later
 *				ones whether the old memory still has users
 */
#include "supervise/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/caution.h"
#include "kernel/death.h"
#include "kernel/descriptor.h"
#include "kernel/memory.h"

/* Slots whose flags are read for one exec: a program that has many labelled
   ones, and starts many others, must not pay for all of them each time. */
#define KEPT_MAX	1024

/* Execs of threads that are looked at at once. */
#define TAKEOVERS_MAX	64

static bool all_zero(const uint8_t *bytes)
{
	static const uint8_t zero[SS_RANDOM_BYTES];

	return !memcmp(bytes, zero, SS_RANDOM_BYTES);
}

static const struct ss_evidence no_evidence = { .memory = -1, .thread = -1 };

void ss_evidence_free(struct ss_evidence *evidence)
{
	if (!evidence)
		return;
	if (evidence->memory >= 0)
		(void)close(evidence->memory);
	if (evidence->thread >= 0)
		(void)close(evidence->thread);
	free(evidence);
}

/* A new one in place of that of an exec before.  NULL: the session fails. */
static struct ss_evidence *evidence_new(struct ss_session *session,
					struct ss_process *process)
{
	ss_evidence_free(process->evidence);
	process->evidence = malloc(sizeof(no_evidence));
	if (process->evidence)
		*process->evidence = no_evidence;
	else
		session->failure = -ENOMEM;
	return process->evidence;
}

/* The address is looked up once for each memory. */
static int find_random(struct ss_session *session, const struct ss_task *task,
		       uint64_t *ret)
{
	struct ss_event event = {
		.type = SS_EVENT_AT_RANDOM,
		.tid = task->tid,
	};
	int r;

	*ret = ss_task_mm(task)->at_random;
	if (*ret)
		return 0;
	r = ss_proc_at_random(task->tid, &event.address);
	if (r)
		return r;
	ss_tell(session, &event);
	*ret = event.address;
	return 0;
}

/*
 * A child has a copy of the memory, and the address with it: known before there
 * is the first, it is not looked up for each of those that exec.
 */
void ss_exec_await_copies(struct ss_session *session,
			  const struct ss_task *task,
			  const struct ss_notification *notification)
{
	struct ss_event event = {
		.type = SS_EVENT_AT_RANDOM,
		.tid = task->tid,
	};
	const struct ss_mm *mm = ss_task_mm(task);

	if (!mm || mm->at_random ||
	    ss_proc_at_random(task->tid, &event.address))
		return;
	/* Still there, the number was its own all the time. */
	if (ss_listener_is_valid(&session->launched.listener, notification->id))
		ss_tell(session, &event);
}

static void evidence_collect(struct ss_session *session,
			     struct ss_evidence *evidence,
			     const struct ss_task *task)
{
	int r;

	r = find_random(session, task, &evidence->address);
	if (!r)
		r = ss_memory_read(task->tid, evidence->address,
				   evidence->bytes, SS_RANDOM_BYTES);
	evidence->readable = !r;
	evidence->denied = r == -EPERM || r == -EACCES;
	evidence->wiped = evidence->readable && all_zero(evidence->bytes);
	if ((evidence->wiped || !evidence->readable) && task->execed) {
		int fd = ss_memory_open(task->tid);

		evidence->memory = fd < 0 ? -1 : fd;
	}
	if (task != task->group->tasks && task->group->tasks->execed) {
		int fd = ss_pidfd_open(task->tid, true);

		evidence->thread = fd < 0 ? -1 : fd;
	}
}

/*
 * Which labelled slots will survive?  The flags can be read, and believed: the
 * only user of the table waits for us.  Where others use it, too, or a ring
 * may, they could change them until the exec happens; then none is believed.
 */
static size_t kept_slots(struct ss_session *session,
			 const struct ss_task *task, int kept[KEPT_MAX])
{
	const struct ss_files *files = ss_task_files(task);
	bool alone = files && files->r.refs == 1 && !session->model->rings;
	size_t n = 0, labelled = 0;
	bool cloexec;
	int fd;

	for (fd = files ? ss_slot_next(files, -1) : -1; fd >= 0;
	     fd = ss_slot_next(files, fd)) {
		if (!ss_slot_file(files, fd))
			continue;
		labelled++;
		if (!alone || labelled > KEPT_MAX)
			session->stats.exec_unsure++;
		else if (!ss_proc_fd_cloexec(task->tid, fd, &cloexec) &&
			 !cloexec)
			kept[n++] = fd;
	}
	return n;
}

void ss_exec_enter(struct ss_session *session, struct ss_task *task)
{
	struct ss_process *process = ss_process_find(session,
						     task->group->tgid);
	struct ss_event event = { .type = SS_EVENT_EXEC, .tid = task->tid };
	struct ss_evidence *evidence = NULL;
	int kept[KEPT_MAX];

	event.exec.kept = kept;
	event.exec.count = kept_slots(session, task, kept);
	ss_caution_set_execs(true);
	if (process) {
		session->execs += !process->execs;
		process->execs = true;
		evidence = evidence_new(session, process);
	}
	if (evidence)
		evidence_collect(session, evidence, task);
	ss_tell(session, &event);
}

void ss_exec_over(struct ss_session *session, struct ss_process *process)
{
	if (!process || !process->execs)
		return;
	process->execs = false;
	if (!--session->execs)
		ss_caution_set_execs(false);
}

void ss_exec_not_let_on(struct ss_session *session, pid_t tid)
{
	struct ss_event event = { .type = SS_EVENT_EXEC_FAILED, .tid = tid };

	ss_tell(session, &event);
}

/*
 * Has a thread taken the place of a leader that has execed before?  Then who
 * had the thread's number when that was given back is the old leader, which an
 * exec ends without a signal (do_group_exit()), and not the thread, killed.
 */
static bool has_taken_over(struct ss_session *session,
			   const struct ss_evidence *evidence,
			   const struct ss_task *task)
{
	int code;

	if (task->group->tasks == task || !task->group->tasks->execed)
		return true;
	/* exit_group ends the thread in the same way. */
	if (evidence->thread < 0 || task->group->dying ||
	    ss_pidfd_exit_code(evidence->thread, &code)) {
		session->stats.exec_guessed++;
		return true;
	}
	return !WTERMSIG(code);
}

/*
 * Of a task that died after its exec had entered, and has execed before,
 * nothing tells any more whether it came to the new program.  All that is left
 * of it are its handlers; it matters if processes beside its own have them.
 */
static void count_if_it_matters(struct ss_session *session,
				const struct ss_task *task)
{
	if (task->execed && ss_task_shares_handlers(task))
		session->stats.exec_guessed++;
}

/* Of who has done so never before since it was forked. */
static bool has_execed(struct ss_session *session,
		       const struct ss_evidence *evidence,
		       const struct ss_task *task, pid_t tid)
{
	struct ss_proc_stat stat;

	return !task->execed && !ss_proc_stat(tid, &stat) &&
		!(stat.flags & SS_PROC_FORKNOEXEC) &&
		has_taken_over(session, evidence, task);
}

/* For a program that wipes its random bytes, and for one without any. */
static bool happened_otherwise(struct ss_session *session,
			       const struct ss_evidence *evidence,
			       const struct ss_task *task, pid_t tid)
{
	uint64_t address;

	if (evidence->denied && !ss_proc_at_random(tid, &address))
		return true;
	if (evidence->memory >= 0)
		return !ss_memory_is_alive(evidence->memory);
	return has_execed(session, evidence, task, tid);
}

static bool happened(struct ss_session *session,
		     const struct ss_evidence *evidence,
		     const struct ss_task *task, pid_t tid)
{
	uint8_t now[SS_RANDOM_BYTES];
	int r;

	/* A thread that execs becomes the leader, and its own number goes. */
	if (task->tid != task->group->tgid &&
	    ss_thread_exists(task->group->tgid, task->tid))
		return false;
	if (!evidence->address || !evidence->readable)
		return happened_otherwise(session, evidence, task, tid);
	r = ss_memory_read(tid, evidence->address, now, SS_RANDOM_BYTES);
	if (r == -ETIMEDOUT)
		return happened_otherwise(session, evidence, task, tid);
	if (r == -EFAULT || r == -EPERM || r == -EACCES)
		return true;
	/* The dead have no memory, but their flags. */
	if (r) {
		count_if_it_matters(session, task);
		return has_execed(session, evidence, task, tid);
	}
	if (memcmp(now, evidence->bytes, SS_RANDOM_BYTES))
		return true;
	return evidence->wiped &&
		happened_otherwise(session, evidence, task, tid);
}

/* The memory is reached by the group's number, unless its leader is dead and
   no thread has taken its place. */
static pid_t reach(const struct ss_session *session,
		   const struct ss_group *group, pid_t caller)
{
	const struct ss_task *leader = ss_model_task(session->model,
						     group->tgid);

	if (caller && caller != group->tgid)
		return caller;
	if (!caller && leader && (leader->leaving || leader->zombie) &&
	    ss_thread_exists(group->tgid, group->execing->tid))
		return group->execing->tid;
	return group->tgid;
}

/*
 * The number of a thread that execs names nobody any more, and who has the
 * leader's is on its way out: either the thread has come so far, or it has been
 * killed before.  The first process of a pid namespace stays in that state for
 * as long as somebody is left in there.
 */
static bool is_ending(const struct ss_group *group)
{
	struct ss_proc_stat stat;

	return group->execing->tid != group->tgid &&
		!ss_thread_exists(group->tgid, group->execing->tid) &&
		!ss_proc_stat(group->tgid, &stat) &&
		stat.flags & SS_PROC_EXITING;
}

void ss_exec_look(struct ss_session *session, struct ss_group *group)
{
	const struct ss_task *task = group->execing;
	struct ss_proc_call call;

	if (!task)
		return;
	if (!ss_thread_exists(group->tgid, task->tid)) {
		ss_exec_settle(session, group, 0);
		return;
	}
	if (ss_proc_call(task->tid, &call))
		return;
	/* Whether in the old program or already in the new one. */
	if (call.where == SS_PROC_IN_CALL &&
	    !ss_call_is_watched(&session->calls, call.nr))
		ss_exec_settle(session, group, task->tid);
}

bool ss_exec_takeovers_settle(struct ss_session *session)
{
	pid_t tgids[TAKEOVERS_MAX];
	const struct ss_task *leader = NULL;
	size_t i, n = 0;
	bool settled = true;

	/* Tasks go when one is settled. */
	while ((leader = ss_model_next_leader(session->model, leader))) {
		const struct ss_task *task = leader->group->execing;

		if (!task || task == leader)
			continue;
		if (n < TAKEOVERS_MAX)
			tgids[n++] = leader->tid;
		else
			settled = false;
	}
	for (i = 0; i < n; i++) {
		struct ss_group *group = ss_model_group(session->model,
							tgids[i]);

		if (group)
			ss_exec_look(session, group);
		group = ss_model_group(session->model, tgids[i]);
		settled = settled && !(group && group->execing);
	}
	return settled;
}

void ss_exec_settle(struct ss_session *session, struct ss_group *group,
		    pid_t caller)
{
	struct ss_task *task = group->execing;
	struct ss_process *process = ss_process_find(session, group->tgid);
	const struct ss_evidence *evidence = &no_evidence;
	struct ss_event event = { .type = SS_EVENT_EXEC_FAILED };
	bool ending;

	if (!task || !process)
		return;
	event.tid = task->tid;
	if (process->evidence)
		evidence = process->evidence;
	/* Looked at first: what has not happened then does not any more. */
	ending = is_ending(group);
	if (happened(session, evidence, task,
		     reach(session, group, caller))) {
		event.type = SS_EVENT_EXEC_DONE;
		session->stats.execs++;
	} else if (caller != task->tid && !ending) {
		/* Another thread calls: it may still happen. */
		return;
	}
	ss_evidence_free(process->evidence);
	process->evidence = NULL;
	if (event.type == SS_EVENT_EXEC_DONE)
		ss_guard_forget(session, group);
	ss_tell(session, &event);
	if (!ending || event.type == SS_EVENT_EXEC_DONE)
		return;
	event.type = SS_EVENT_THREAD_GONE;
	ss_tell(session, &event);
}
