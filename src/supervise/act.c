/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/act.h"

#include <errno.h>
#include <signal.h>

#include "kernel/death.h"
#include "kernel/proc.h"
#include "policy/order.h"
#include "supervise/kcmp.h"
#include "supervise/ruling.h"

#define LABEL_MAX_BYTES	96

/* Also under --would-deny. */
static bool is_refusal(const struct ss_action *action)
{
	return action->kind == SS_ACTION_ERROR ||
		action->kind == SS_ACTION_KILL;
}

/*
 * What a process runs, as it was named when its first call was refused: who is
 * refused mostly asks again at once.  Another exec, of anybody, and it is read
 * anew; NULL if it cannot be.
 */
static const char *program_of(struct ss_session *session,
			      const struct ss_ruling *ruling)
{
	struct ss_refused *last = &session->refused;
	uint64_t group = ruling->asked.process->serial;

	if (last->group == group && last->execs == session->stats.execs)
		return last->program;
	last->group = 0;
	if (ss_proc_exe(ruling->tid, last->program, sizeof(last->program)))
		return NULL;
	last->group = group;
	last->execs = session->stats.execs;
	return last->program;
}

/* Who was refused, for the summary. */
static void note_refusal(struct ss_session *session,
			 const struct ss_ruling *ruling)
{
	session->stats.refused++;
	if (session->refusals)
		ss_refusals_add(session->refusals, &ruling->asked.decision,
				ruling->question.type,
				program_of(session, ruling));
}

/* 0, or as ss_kcmp_find(). */
static int answer_from_model(struct ss_session *session,
			     struct ss_ruling *ruling,
			     const struct ss_notification *notification,
			     struct ss_reply *ret)
{
	struct ss_question *q = &ruling->question;
	struct ss_answer *answer = &ruling->answer;
	char label[2][LABEL_MAX_BYTES];
	/* Who dies while later facts are found takes the answer along. */
	bool answered = ruling->answered &&
		ss_question_holds(q, session->model);
	int r = answered ? 0 : ss_kcmp_find(session, q, notification, answer);

	if (r)
		return r;
	if (session->audit)
		ss_audit_after(session->audit, session->model, q, answer);
	if (!answer->child_errno && answer->result &&
	    !session->options.would_deny)
		answer->result = ss_order_apply(
			&session->rulings.policy->order, answer->result,
			ss_question_label(q, 0, label[0], sizeof(label[0])),
			ss_question_label(q, 1, label[1], sizeof(label[1])));
	ss_kcmp_report(session, q, answer, &ruling->asked.decision);
	ss_kcmp_reply(answer, ret);
	return 0;
}

static void answer_by_rule(struct ss_session *session,
			   struct ss_ruling *ruling, struct ss_reply *ret)
{
	const struct ss_action *action = &ruling->asked.decision.action;
	struct ss_answer answer = { 0 };

	if (action->kind == SS_ACTION_ERROR)
		answer.child_errno = action->value;
	else
		answer.result = action->value;
	ss_kcmp_report(session, &ruling->question, &answer,
		       &ruling->asked.decision);
	ss_kcmp_reply(&answer, ret);
}

/* The signal comes before the reply: nothing of the program runs any more.  The
   report comes before the signal: who is dead cannot be looked at. */
static void kill_caller(struct ss_session *session, struct ss_ruling *ruling,
			pid_t tgid, struct ss_reply *ret)
{
	const struct ss_process *process;

	ss_kcmp_report(session, &ruling->question, NULL,
		       &ruling->asked.decision);
	process = ss_process_find(session, tgid);
	if (process && process->pidfd >= 0)
		ss_pidfd_kill(process->pidfd);
	else if (ss_model_task(session->model, ruling->tid))
		ss_process_kill(tgid);
	session->stats.killed++;
	ret->kind = SS_REPLY_ERROR;
	ret->child_errno = EPERM;
}

/* True: the reply comes later. */
static bool decorate(struct ss_session *session, struct ss_ruling *ruling,
		     pid_t tgid, const struct ss_notification *notification,
		     const struct ss_reply *reply)
{
	const struct ss_action *action = &ruling->asked.decision.action;

	/* Once: it may interrupt the call, which is made again then. */
	if (action->signal && !ruling->signalled) {
		ruling->signalled = true;
		session->stats.signalled++;
		ss_thread_signal(tgid, ruling->tid, action->signal);
	}
	if (!action->delay)
		return false;
	session->stats.delayed++;
	if (ss_delay(session, notification, reply, action->delay)) {
		session->failure = -ENOMEM;
		return true;
	}
	ss_kcmp_close(session, ruling->tid);
	return true;
}

/* What happens to the call; --would-deny changes nothing. */
static enum ss_action_kind kind_of(struct ss_session *session,
				   struct ss_ruling *ruling)
{
	struct ss_action *action = &ruling->asked.decision.action;

	if (is_refusal(action))
		note_refusal(session, ruling);
	if (session->options.would_deny && action->kind != SS_ACTION_KERNEL)
		*action = (struct ss_action){ .kind = SS_ACTION_MODEL };
	return action->kind;
}

bool ss_act(struct ss_session *session, const struct ss_task *caller,
	    const struct ss_notification *notification,
	    const struct ss_question *question, struct ss_reply *ret)
{
	pid_t tgid = caller->group->tgid;
	struct ss_ruling *ruling;
	int r;

	if (session->delayed && ss_delay_resume(session, notification))
		return false;
	/* What a rule asked the model before may have become no answer. */
	if (session->audit)
		ss_audit_cancel(session->audit);
	r = ss_ruling_make(session, caller, notification, question, &ruling);
	if (!r)
		r = ss_kcmp_look(session, caller, notification,
				 &ruling->asked.decision);
	if (r)
		return ss_kcmp_put_off(session, r, ret);
	switch (kind_of(session, ruling)) {
	case SS_ACTION_NONE:
	case SS_ACTION_MODEL:
		if (answer_from_model(session, ruling, notification, ret))
			return false;
		break;
	case SS_ACTION_KERNEL:
		session->stats.passed++;
		ss_kcmp_report(session, &ruling->question, NULL,
			       &ruling->asked.decision);
		ret->kind = SS_REPLY_CONTINUE;
		break;
	case SS_ACTION_ERROR:
	case SS_ACTION_RETVAL:
		answer_by_rule(session, ruling, ret);
		break;
	case SS_ACTION_KILL:
		kill_caller(session, ruling, tgid, ret);
		return true;
	}
	return !decorate(session, ruling, tgid, notification, ret);
}
