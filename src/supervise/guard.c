/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <utlist.h>

#include "kernel/guard.h"
#include "kernel/signals.h"
#include "supervise/stack.h"
#include "supervise/state.h"

/* Mostly one thread stops at a time. */
#define STOPS_FIRST	16

static struct ss_ward *find(const struct ss_session *session, pid_t tid)
{
	struct ss_ward *ward;

	HASH_FIND_INT(session->guard.wards, &tid, ward);
	return ward;
}

/* Guarded, or about to be: not only traced for a moment. */
static struct ss_ward *find_guarded(const struct ss_session *session,
				    pid_t tid)
{
	struct ss_ward *ward = find(session, tid);

	return ward && !ward->brief ? ward : NULL;
}

bool ss_guard_has(const struct ss_session *session, pid_t tid)
{
	return session->guard.wards && find_guarded(session, tid);
}

bool ss_guard_traces(const struct ss_session *session, pid_t tid)
{
	return session->guard.wards && find(session, tid);
}

static struct ss_ward *add(struct ss_session *session, pid_t tid)
{
	struct ss_ward *ward = calloc(1, sizeof(*ward));

	if (!ward)
		goto fail;
	ward->tid = tid;
	HASH_ADD_INT(session->guard.wards, tid, ward);
	if (ss_hash_failed(ward))
		goto fail;
	session->guard.used = true;
	return ward;

fail:
	free(ward);
	session->failure = -ENOMEM;
	return NULL;
}

static void drop(struct ss_session *session, struct ss_ward *ward)
{
	if (!ward)
		return;
	HASH_DEL(session->guard.wards, ward);
	free(ward);
}

static void forget_stale(struct ss_session *session, pid_t tid)
{
	struct ss_ward *ward = session->guard.wards ? find(session, tid) :
		NULL;

	if (ward && !ss_guard_is_traced(tid))
		drop(session, ward);
}

bool ss_guard_has_still(struct ss_session *session, pid_t tid)
{
	forget_stale(session, tid);
	return ss_guard_has(session, tid);
}

void ss_guard_forget(struct ss_session *session, const struct ss_group *group)
{
	const struct ss_task *task;

	for (task = group->tasks; task; task = task->next)
		forget_stale(session, task->tid);
}

static void drop_all(struct ss_session *session)
{
	struct ss_ward *ward, *tmp;

	HASH_ITER(hh, session->guard.wards, ward, tmp)
		drop(session, ward);
}

static bool is_released(const struct ss_session *session, pid_t tid)
{
	const struct ss_released *released;

	DL_FOREACH(session->guard.released, released) {
		if (released->tid == tid)
			return true;
	}
	return false;
}

static void forget_released(struct ss_session *session,
			    struct ss_released *released)
{
	DL_DELETE(session->guard.released, released);
	free(released);
}

static struct ss_ward *add_guarded(struct ss_session *session, pid_t tid)
{
	struct ss_ward *ward = add(session, tid);

	if (ward)
		session->stats.guard_tasks++;
	return ward;
}

/*
 * PTRACE_SEIZE waits until the exec of any thread in the group is over, which
 * may wait for the sandbox: for the server of the file, or for a thread that a
 * tracer has stopped at its end.  If the exec fails, the task is seized at its
 * next watched call.
 */
static bool execs(const struct ss_session *session, pid_t tgid)
{
	const struct ss_group *group = ss_model_group(session->model, tgid);

	return group && group->execing;
}

static int seize(struct ss_session *session, pid_t tgid, pid_t tid)
{
	struct ss_ward *ward = find(session, tid);
	int r;

	/* Who is traced for a moment stays so, from its stop on. */
	if (ward && ward->brief) {
		ward->brief = false;
		session->stats.guard_tasks++;
	}
	if (ward)
		return 0;
	if (is_released(session, tid))
		return -EPERM;
	if (execs(session, tgid))
		return -EBUSY;
	r = ss_guard_seize(tid);
	if (!r && !add_guarded(session, tid))
		r = -ENOMEM;
	return r;
}

int ss_guard_stop(struct ss_session *session, pid_t tid)
{
	const struct ss_task *task = ss_model_task(session->model, tid);
	struct ss_ward *ward = find(session, tid);
	int r;

	if (!ward) {
		if (is_released(session, tid) ||
		    (task && task->group->execing))
			return -EPERM;
		r = ss_guard_seize_alone(tid);
		if (r)
			return r;
		ward = add(session, tid);
		if (!ward)
			return -ENOMEM;
		ward->brief = true;
	}
	ward->looked_at = true;
	ss_guard_interrupt(tid);
	return 0;
}

/* Until a look at the list finds nobody new: they may be making threads. */
static void seize_group(struct ss_session *session, pid_t tgid)
{
	struct ss_tids list = { 0 };
	bool found;
	size_t i;

	do {
		found = false;
		if (ss_proc_threads_all(tgid, &list))
			return;
		for (i = 0; i < list.count; i++) {
			if (!find_guarded(session, list.tids[i]) &&
			    !seize(session, tgid, list.tids[i]))
				found = true;
		}
		ss_tids_release(&list);
	} while (found);
}

/* Processes can share their handlers (CLONE_SIGHAND) without being threads. */
static void seize_sharers(struct ss_session *session,
			  const struct ss_task *task)
{
	const struct ss_resource *handlers =
		task->resources[SS_KIND_SIGHAND];
	const struct ss_task *leader;

	if (!ss_task_shares_handlers(task))
		return;
	for (leader = ss_model_next_leader(session->model, NULL); leader;
	     leader = ss_model_next_leader(session->model, leader)) {
		if (leader->group != task->group &&
		    leader->resources[SS_KIND_SIGHAND] == handlers)
			seize_group(session, leader->tid);
	}
}

/* The caller, and with it everybody who has its handlers.  -errno if it is
   not to be had itself. */
static int seize_all(struct ss_session *session, const struct ss_task *task)
{
	pid_t tgid = task->group->tgid;
	struct ss_process *process = ss_process_find(session, tgid);
	int r = seize(session, tgid, task->tid);

	if (r == -EPERM && process && !process->unguarded) {
		process->unguarded = true;
		session->stats.guard_refused++;
	}
	if (r)
		return r;
	seize_group(session, tgid);
	seize_sharers(session, task);
	return 0;
}

void ss_guard_protect(struct ss_session *session, const struct ss_task *task)
{
	if (!find_guarded(session, task->tid) && !seize_all(session, task))
		session->stats.guard_processes++;
}

void ss_guard_look(struct ss_session *session, const struct ss_task *task,
		   const struct ss_call *call)
{
	struct ss_released *released, *tmp;
	struct ss_ward *ward = find(session, task->tid);

	/* It has not stopped, and yet calls: an exec has given another thread
	   its number. */
	if (ward && ward->brief)
		drop(session, ward);
	else if (ward)
		ward->mended = false;
	DL_FOREACH_SAFE(session->guard.released, released, tmp) {
		if ((released->tracer == task->tid &&
		     call->family != SS_FAMILY_SIGNAL) ||
		    !ss_model_task(session->model, released->tracer) ||
		    !ss_model_task(session->model, released->tid))
			forget_released(session, released);
	}
	if (ss_task_handlers(task)->interrupt &&
	    call->family != SS_FAMILY_EXEC &&
	    call->family != SS_FAMILY_EXIT &&
	    !find_guarded(session, task->tid))
		(void)!seize_all(session, task);
}

/* The watched call that was interrupted, or NULL: it is none. */
static const struct ss_call *watched(const struct ss_session *session,
				     const struct ss_interrupted *interrupted)
{
	const struct ss_call *call;
	enum ss_arch arch;

	if (ss_arch_from_audit(interrupted->arch, &arch))
		return NULL;
	call = ss_call_find(&session->calls, arch, interrupted->nr);
	return call && ss_call_is_told(call, interrupted->args) ? call : NULL;
}

/* A call that would fail with EINTR only because it is watched. */
static void mend_watched(struct ss_session *session, struct ss_ward *ward,
			 const struct ss_interrupted *interrupted)
{
	if (!watched(session, interrupted))
		return;
	ss_guard_end_with(ward->tid, SS_GUARD_ERRNO_AGAIN);
	ward->mended = true;
	session->stats.guard_mended++;
}

/*
 * A clone that was let on, and fails for a signal: it has made nothing.  (One
 * that we have mended was not let on.)  The model hears of it when the call
 * comes again: whoever has us look at the stops may be in the middle of it.
 */
static void note_clone(struct ss_session *session, struct ss_ward *ward,
		       const struct ss_interrupted *interrupted)
{
	const struct ss_task *task = ss_model_task(session->model, ward->tid);
	const struct ss_call *call;

	if (!task || !task->cloning || ward->mended ||
	    interrupted->error != SS_GUARD_ERRNO_AGAIN)
		return;
	call = watched(session, interrupted);
	if (call && call->family == SS_FAMILY_CLONE)
		ward->failed = true;
}

bool ss_guard_saw_failure(const struct ss_session *session, pid_t tid)
{
	const struct ss_ward *ward = session->guard.wards ?
		find(session, tid) : NULL;

	return ward && ward->failed;
}

void ss_guard_forget_failure(struct ss_session *session, pid_t tid)
{
	struct ss_ward *ward = session->guard.wards ? find(session, tid) :
		NULL;

	if (ward)
		ward->failed = false;
}

/*
 * A signal that means nothing to a task does not wake it, but it does if the
 * task is traced; then some waits end with EINTR.  They begin again, unless
 * another signal comes with it that does mean something.  One that stops the
 * task does interrupt them natively.
 */
static void mend_wait(struct ss_ward *ward,
		      const struct ss_interrupted *interrupted, int number)
{
	bool ignored;

	if (!number || !ss_guard_is_wait(interrupted))
		return;
	ignored = ss_guard_is_ignored(ward->tid, number);
	if (!ignored && ward->woken) {
		ss_guard_end_with(ward->tid, EINTR);
		ward->woken = false;
	} else if (ignored && interrupted->error == EINTR && !ward->stopped) {
		ss_guard_end_with(ward->tid, SS_GUARD_ERRNO_AGAIN);
		ward->woken = true;
	}
	if (number == SIGCONT)
		ward->stopped = false;
}

static void mend(struct ss_session *session, struct ss_ward *ward, int number)
{
	struct ss_interrupted interrupted;
	bool in_call = ss_guard_is_interrupted(ward->tid, &interrupted);

	if (in_call)
		note_clone(session, ward, &interrupted);
	else
		ward->stopped = false;
	if (!in_call || interrupted.error != SS_GUARD_ERRNO_AGAIN)
		ward->woken = false;
	if (in_call && interrupted.error == SS_GUARD_ERRNO_RESTART)
		mend_watched(session, ward, &interrupted);
	else if (in_call)
		mend_wait(ward, &interrupted, number);
}

/* Nobody is to be in the way of that tracer, until it is seen again. */
static void keep_clear(struct ss_session *session, pid_t tracer, pid_t tid)
{
	struct ss_released *released;

	if (is_released(session, tid))
		return;
	released = calloc(1, sizeof(*released));
	if (!released)
		return;
	released->tid = tid;
	released->tracer = tracer;
	DL_APPEND(session->guard.released, released);
}

/* Somebody inside wants this task: it is free, and stays so until that one is
   seen again.  Then it is tried again at each of its calls. */
static void hand_over(struct ss_session *session, struct ss_ward *ward,
		      int number)
{
	struct ss_event event = { .type = SS_EVENT_HANDLER, .tid = ward->tid };

	/* Who is guarded from birth has not been asked. */
	if (!ward->brief) {
		ss_tell(session, &event);
		session->stats.guard_released++;
	}
	mend(session, ward, number);
	ss_guard_detach(ward->tid, number);
	keep_clear(session, ward->tracer, ward->tid);
	drop(session, ward);
}

/* The stop that was wanted, or one that came before it.  true: the task has
   been let go. */
static bool look_at(struct ss_session *session, struct ss_ward *ward,
		    const struct ss_stop *stop)
{
	int number = stop->kind == SS_STOP_SIGNAL ? stop->number : 0;
	struct user_regs_struct registers;
	struct ss_interrupted interrupted;

	if (ss_guard_is_interrupted(ward->tid, &interrupted) &&
	    ss_guard_registers(ward->tid, &registers))
		ss_stack_stopped(session, ward->tid, &registers);
	if (ward->brief && !ward->tracer) {
		mend(session, ward, number);
		ss_guard_detach(ward->tid, number);
		drop(session, ward);
		return true;
	}
	ward->looked_at = false;
	ss_guard_extend(ward->tid);
	return false;
}

static void serve(struct ss_session *session, struct ss_ward *ward,
		  const struct ss_stop *stop)
{
	struct ss_interrupted interrupted;
	pid_t tid = stop->tid, former;

	switch (stop->kind) {
	case SS_STOP_SIGNAL:
		mend(session, ward, stop->number);
		ss_guard_continue(tid, stop->number);
		break;
	case SS_STOP_GROUP:
		if (ss_guard_is_interrupted(tid, &interrupted))
			note_clone(session, ward, &interrupted);
		ward->stopped = true;
		ss_guard_listen(tid);
		break;
	case SS_STOP_EXEC:
		/* Its handlers are gone. */
		former = ss_guard_former_tid(tid);
		if (former != tid)
			drop(session, find(session, former));
		drop(session, ward);
		ss_guard_detach(tid, 0);
		break;
	case SS_STOP_OTHER:
		ss_guard_continue(tid, 0);
		break;
	case SS_STOP_END:
		break;
	}
}

static void end(struct ss_session *session, const struct ss_stop *stop)
{
	drop(session, find(session, stop->tid));
	if (stop->tid != session->launched.pid)
		return;
	session->command_ended = true;
	session->command_status = stop->number;
}

static void serve_one(struct ss_session *session, const struct ss_stop *stop)
{
	struct ss_ward *ward;

	if (stop->kind == SS_STOP_END) {
		end(session, stop);
		return;
	}
	/* Made by a ward, and traced since. */
	ward = find(session, stop->tid);
	if (!ward)
		ward = add_guarded(session, stop->tid);
	if (!ward)
		return;
	/* Whatever else it stops for, it was running. */
	if (stop->tid == session->launched.pid)
		ss_signals_follow(stop->kind == SS_STOP_GROUP ?
				  stop->number : 0);
	if (ward->looked_at && look_at(session, ward, stop))
		return;
	if (ward->tracer && stop->kind != SS_STOP_EXEC)
		hand_over(session, ward, stop->kind == SS_STOP_SIGNAL ?
			  stop->number : 0);
	else
		serve(session, ward, stop);
}

/* For one more than n. */
static bool make_room(struct ss_session *session, size_t n)
{
	struct ss_guard *guard = &session->guard;
	struct ss_stop *wider;

	if (n < guard->room)
		return true;
	wider = reallocarray(guard->stops, 2 * n + STOPS_FIRST,
			     sizeof(*wider));
	if (!wider) {
		session->failure = -ENOMEM;
		return false;
	}
	guard->stops = wider;
	guard->room = 2 * n + STOPS_FIRST;
	return true;
}

/*
 * First all of them, then one after the other: who goes on may stop again
 * before we have looked at the next one, and with a few such threads there
 * would be no end of it, nor a turn for those behind them.
 */
bool ss_guard_serve(struct ss_session *session)
{
	struct ss_guard *guard = &session->guard;
	bool is_all = false;
	size_t i, n = 0;
	int r = 1;

	while (!is_all && guard->used && make_room(session, n)) {
		r = ss_guard_take(&guard->stops[n]);
		if (r != 1)
			break;
		n++;
		is_all = !ss_guard_is_more();
	}
	/* Nobody is traced: those that are left here ended in an exec. */
	if (r == -ECHILD && !n)
		drop_all(session);
	for (i = 0; i < n; i++)
		serve_one(session, &guard->stops[i]);
	return is_all;
}

bool ss_guard_let_go(struct ss_session *session, pid_t tracer, pid_t tid)
{
	struct ss_ward *ward = find(session, tid);

	if (!ward) {
		keep_clear(session, tracer, tid);
		return false;
	}
	if (!ward->tracer) {
		ward->tracer = tracer;
		ss_guard_interrupt(tid);
	}
	return true;
}

void ss_guard_release(struct ss_session *session)
{
	drop_all(session);
	while (session->guard.released)
		forget_released(session, session->guard.released);
	free(session->guard.stops);
}
