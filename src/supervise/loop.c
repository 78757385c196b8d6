/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop: one place that blocks (ss_listener_receive()), one that answers.
 */
#include "supervise/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/message.h"
#include "kernel/signals.h"
#include "model/verify.h"
#include "supervise/facts.h"
#include "supervise/kcmp.h"
#include "supervise/privilege.h"
#include "supervise/stack.h"

void ss_tell(struct ss_session *session, const struct ss_event *event)
{
	int r = ss_model_apply(session->model, event);

	/* It died, and we learned it a moment ago. */
	if (r == -ESRCH)
		return;
	if (r && !session->failure) {
		ss_error("the model refuses event %d about task %d: %s",
			 (int)event->type, (int)event->tid, strerror(-r));
		session->failure = r;
	}
#ifdef SS_VERIFY
	{
		char why[256];

		if (ss_model_verify(session->model, why, sizeof(why))) {
			ss_error("after event %d about task %d: %s",
				 (int)event->type, (int)event->tid, why);
			session->failure = -EINVAL;
		}
	}
#endif
}

void ss_tell_when_let_on(struct ss_session *session,
			 const struct ss_event *event)
{
	struct ss_sequel *sequel = malloc(sizeof(*sequel));

	if (!sequel) {
		session->failure = -ENOMEM;
		return;
	}
	sequel->event = *event;
	DL_APPEND(session->sequels, sequel);
}

/* What the call will do, if it has been let on. */
static void tell_sequels(struct ss_session *session, bool let_on)
{
	struct ss_sequel *sequel;

	while ((sequel = session->sequels)) {
		DL_DELETE(session->sequels, sequel);
		if (let_on && !session->failure)
			ss_tell(session, &sequel->event);
		free(sequel);
	}
}

static bool is_valid(const struct ss_session *session,
		     const struct ss_notification *notification)
{
	return ss_listener_is_valid(&session->launched.listener,
				    notification->id);
}

/* What is known before the call itself is looked at: who it is, what became
   of its exec, and that its last call is over. */
static struct ss_task *find_caller(struct ss_session *session,
				   const struct ss_notification *notification)
{
	pid_t tid = notification->tid;
	struct ss_event over = { .type = SS_EVENT_RETURNED, .tid = tid };
	struct ss_task *task;

	/* Killed while it was held, and forgotten, it is nobody's new child.
	   Who has just called was there when that was received, and nobody was
	   forgotten since. */
	if (!ss_model_task(session->model, tid) &&
	    ss_hold_is_held(session, notification) &&
	    !is_valid(session, notification))
		return NULL;
	task = ss_settle_caller(session, tid);
	if (!task)
		return NULL;
	if (task->group->execing) {
		ss_exec_settle(session, task->group, tid);
		/* Another thread may have taken the number. */
		task = ss_model_task(session->model, tid);
		if (!task)
			return NULL;
	}
	if (task->zombie)
		return NULL;
	if (session->execs && !task->group->execing)
		ss_exec_over(session, ss_process_find(session,
						      task->group->tgid));
	if (session->deferred)
		ss_deferred_settle(session, tid);
	if (session->unsharing)
		ss_unsharing_over(session, tid);
	task->seen = true;
	ss_ioprio_land(session, tid);
	if (task->leaving || task->cloning ||
	    task->flight.kind != SS_FLIGHT_NONE ||
	    (task->pending && !task->pending->returned))
		ss_tell(session, &over);
	/* Before this call makes or drops an undo list itself. */
	if (task->pending && task->pending->undo_made)
		ss_settle_creator(session, task);
	return task;
}

bool ss_loop_answer(struct ss_session *session,
		    const struct ss_notification *notification,
		    const struct ss_reply *reply)
{
	int r = ss_listener_answer(&session->launched.listener,
				   notification->id, reply);

	tell_sequels(session, !r);
	/* Killed, or interrupted: it will call again if it lives. */
	if (r && r != -ENOENT && !session->failure) {
		ss_error("cannot answer a call: %s", strerror(-r));
		session->failure = r;
	}
	return !r;
}

/* The caller has gone; or a fact that cannot be had kept us from handling its
   call, and it must not wait for ever. */
static struct ss_reply unhandled(struct ss_session *session,
				 const struct ss_call *call)
{
	struct ss_reply reply = { .kind = SS_REPLY_CONTINUE };

	session->stats.unfetchable++;
	if (call->family == SS_FAMILY_KCMP) {
		reply.kind = SS_REPLY_ERROR;
		reply.child_errno = EPERM;
	}
	return reply;
}

/* Nobody we know, if it is still there: nothing it asks is answered. */
static void serve_stranger(struct ss_session *session,
			   const struct ss_notification *notification,
			   const struct ss_call *call)
{
	struct ss_reply reply = { .kind = SS_REPLY_CONTINUE };

	if (!is_valid(session, notification))
		return;
	session->stats.lost++;
	if (session->killed_all)
		ss_kill_stranger(session, notification);
	if (session->audit && call && call->family == SS_FAMILY_KCMP)
		ss_audit_lost(session->audit, notification->tid);
	if (!call || call->family == SS_FAMILY_KCMP) {
		reply.kind = SS_REPLY_ERROR;
		reply.child_errno = ENOSYS;
	}
	(void)ss_loop_answer(session, notification, &reply);
}

bool ss_loop_serve(struct ss_session *session,
		   const struct ss_notification *notification)
{
	struct ss_reply reply = { .kind = SS_REPLY_CONTINUE };
	const struct ss_call *call = NULL;
	struct ss_task *task;
	enum ss_arch arch;
	bool timed = session->options.stats, answered;
	uint64_t start = timed ? ss_clock_ns() : 0;

	if (!ss_arch_from_audit(notification->arch, &arch))
		call = ss_call_find(&session->calls, arch, notification->nr);
	/* A shell installs handlers at every fork: nothing is new in that. */
	if (call && call->family == SS_FAMILY_SIGNAL &&
	    call->which != SS_CALL_PTRACE &&
	    ss_guard_has(session, notification->tid)) {
		(void)ss_loop_answer(session, notification, &reply);
		return true;
	}
	task = call ? find_caller(session, notification) : NULL;
	if (!task) {
		serve_stranger(session, notification, call);
		return true;
	}
	ss_guard_look(session, task, call);
	/* The command has ended, and nobody may outlive it. */
	if (session->killed_all)
		ss_kill_all(session);
	if (!ss_handle(session, task, call, notification, &reply)) {
		if (ss_delay_is_delayed(session, notification))
			return true;
		if (ss_hold_is_held(session, notification)) {
			ss_assert(!session->sequels);
			return session->failure || !is_valid(session,
							     notification);
		}
		reply = unhandled(session, call);
	}
	if (session->failure) {
		tell_sequels(session, false);
		return true;
	}
	answered = ss_loop_answer(session, notification, &reply);
	if (!answered && call->family == SS_FAMILY_EXEC)
		ss_exec_not_let_on(session, notification->tid);
	if (call->family != SS_FAMILY_KCMP || ss_kcmp_is_again(&reply))
		return true;
	if (answered)
		ss_kcmp_close(session, notification->tid);
	if (timed)
		ss_times_add(&session->stats.times, ss_clock_ns() - start);
	return true;
}

static void count(struct ss_session *session,
		  const struct ss_notification *notification)
{
	const struct ss_call *call = NULL;
	enum ss_arch arch;

	if (!ss_arch_from_audit(notification->arch, &arch))
		call = ss_call_find(&session->calls, arch, notification->nr);
	if (call && call - ss_calls < SS_STATS_CALLS)
		session->stats.calls[call - ss_calls]++;
}

/* A signal came in: a child has changed, or a held call is due. */
static void serve_interrupt(struct ss_session *session)
{
	if (!ss_signals_take_child())
		return;
	/* Mostly a ward has stopped, and that is all. */
	if (!ss_guard_serve(session)) {
		/* A ward's stops are not to be taken for the user's. */
		if (!ss_guard_traces(session, session->launched.pid))
			ss_signals_look_at_command();
		ss_deaths_drain(session);
		ss_orphans_reap(session);
	}
	/* Whoever loses his parent by that comes to us, and was not known. */
	if (session->options.kill_on_exit && session->command_ended) {
		session->killed_all = true;
		ss_kill_all(session);
	}
}

void ss_loop_run(struct ss_session *session)
{
	struct ss_listener *listener = &session->launched.listener;
	struct ss_notification notification;
	int r;

	while (!session->failure) {
		r = ss_listener_receive(listener, &notification);
		if (r == -ENOENT && ss_listener_is_over(listener))
			return;
		if (r == -EINTR)
			serve_interrupt(session);
		else if (r && r != -ENOENT)
			session->failure = r;
		if (!r) {
			count(session, &notification);
			(void)ss_loop_serve(session, &notification);
		}
		if (session->stacks.in_hand)
			ss_stacks_serve(session);
		if (session->held)
			ss_hold_retry(session);
		ss_delays_serve(session);
		/* With nothing half done. */
		ss_signals_stop_with_command();
	}
}
