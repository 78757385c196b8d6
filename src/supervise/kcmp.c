/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/kcmp.h"

#include <errno.h>

#include "kernel/guard.h"
#include "supervise/act.h"
#include "supervise/facts.h"
#include "supervise/privilege.h"
#include "supervise/ruling.h"
#include "supervise/stack.h"

/* A question has at most a dozen facts; a child that changes them as fast as
   we fetch them must not keep us. */
#define ROUNDS_MAX	64

static void learn(struct ss_session *session, const struct ss_question *q)
{
	const struct ss_task *caller;
	struct ss_process *process;
	unsigned int relations[2];

	if (ss_ruling_relations(session, q, relations))
		return;
	ss_learned_add(&session->learned, q->type, relations);
	caller = ss_model_task(session->model, q->caller);
	process = ss_process_find(session, caller->group->tgid);
	if (process && !process->asked) {
		process->asked = true;
		session->learned.processes++;
	}
}

static bool is_logged(const struct ss_session *session,
		      const struct ss_decision *decision)
{
	return session->log && (session->options.log ||
				(decision && decision->log));
}

int ss_kcmp_look(struct ss_session *session, const struct ss_task *caller,
		 const struct ss_notification *notification,
		 const struct ss_decision *decision)
{
	struct ss_backtrace stack;

	if (!session->options.stacks || !is_logged(session, decision))
		return 0;
	return ss_stack_find(session, caller, notification, &stack);
}

void ss_kcmp_report(struct ss_session *session, const struct ss_question *q,
		    const struct ss_answer *answer,
		    const struct ss_decision *decision)
{
	if (is_logged(session, decision))
		ss_log_answer(session->log, session->model, q, answer,
			      decision, ss_stack_of(session, q->caller));
	if (answer)
		ss_stats_answer(&session->stats, q->type, answer);
	if (session->learn_fd >= 0)
		learn(session, q);
}

/* Was it about what is in a table? */
static bool is_about_files(const struct ss_need *need)
{
	switch (need->kind) {
	case SS_NEED_FLIGHT:
		return need->fd >= 0;
	case SS_NEED_SLOT:
	case SS_NEED_ORDER:
	case SS_NEED_ITEMS:
	case SS_NEED_ITEM:
		return true;
	case SS_NEED_TASK:
	case SS_NEED_LIFE:
	case SS_NEED_CREDS:
	case SS_NEED_DUMPABLE:
	case SS_NEED_EPOLL_SLOT:
	case SS_NEED_COUNT:
		break;
	}
	return false;
}

/*
 * As if the caller were not permitted to ask.  But what another thread closes,
 * or takes out of an epoll, between two looks was closed, or was not there; of
 * that know only questions about files, when they have come so far.
 */
int ss_kcmp_unanswered(int type, const struct ss_need *need, int r)
{
	bool epoll = type == SS_TYPE_EPOLL_TFD;

	if (r == -ESRCH)
		return ESRCH;
	if (!is_about_files(need))
		return EPERM;
	if (r == -EBADF && (epoll || type == SS_TYPE_FILE))
		return EBADF;
	return r == -ENOENT && epoll ? ENOENT : EPERM;
}

/* A fact cannot be had. */
static int give_up(struct ss_session *session, struct ss_question *q,
		   const struct ss_need *need, int r,
		   struct ss_answer *answer)
{
	struct ss_need next;

	/* For the reports: whom it is about, as of now. */
	(void)!ss_model_compare(session->model, q, answer, &next);
	session->stats.unfetchable++;
	answer->result = 0;
	answer->child_errno = ss_kcmp_unanswered(q->type, need, r);
	return 0;
}

/*
 * A task dies while we look at it: has anything changed by that?  A task that
 * is dying, but still has its table, shows us nothing that is in it.
 */
static bool life_has_changed(struct ss_session *session, const pid_t tid[2])
{
	uint64_t generation = session->model->generation;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct ss_task *task = ss_model_task(session->model, tid[i]);

		if (task)
			(void)!ss_life_check(session, task);
	}
	return generation != session->model->generation;
}

/* Whom the need is about; by number, because looking may end them. */
static void note_subjects(const struct ss_question *q,
			  const struct ss_need *need, pid_t ret[2])
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const struct ss_task *task = need->task ? need->task :
			q->task[i];

		ret[i] = task ? task->tid : 0;
	}
}

/* 0; -ESRCH: the caller has gone; -EBUSY: it has to be waited for what one of
   the tasks will have, because a call of it is in flight, or still has, because
   it is dying. */
static int find_answer(struct ss_session *session, struct ss_question *q,
		       const struct ss_notification *notification,
		       struct ss_answer *answer)
{
	struct ss_need need = { 0 };
	unsigned int rounds;
	pid_t subjects[2];
	bool answered;
	int r = 0;

	for (rounds = 0; rounds < ROUNDS_MAX; rounds++) {
		answered = ss_model_compare(session->model, q, answer, &need);
		if (session->audit)
			ss_audit_before(session->audit, session->model, q);
		if (answered) {
			if (!rounds)
				session->stats.from_memory++;
			return 0;
		}
		note_subjects(q, &need, subjects);
		r = ss_supply(session, q, &need, notification);
		if (r == -ESRCH && need.kind == SS_NEED_EPOLL_SLOT)
			return -ESRCH;
		/* The model has changed under the search. */
		if (r == -EAGAIN)
			continue;
		if (r == -EBUSY)
			return r;
		/* The kernel's kcmp would wait for it, too. */
		if (r == -ETIMEDOUT &&
		    !(need.kind == SS_NEED_EPOLL_SLOT ?
		      ss_hold_for_page_is_over(session, notification) :
		      ss_hold_is_over(session, notification)))
			return -EBUSY;
		if (r == -ESRCH) {
			q->alive[0] = q->alive[1] = false;
			if (life_has_changed(session, subjects))
				continue;
			if (!ss_hold_is_over(session, notification))
				return -EBUSY;
		}
		if (r)
			return give_up(session, q, &need, r, answer);
	}
	return give_up(session, q, &need, r, answer);
}

int ss_kcmp_find(struct ss_session *session, struct ss_question *q,
		 const struct ss_notification *notification,
		 struct ss_answer *ret)
{
	int r;

	if (session->deferred)
		ss_deferred_settle(session, 0);
	/* Which tasks it reaches shows nowhere. */
	if (q->type == SS_TYPE_IO && !ss_ioprio_await(session, notification))
		r = -EBUSY;
	else
		r = find_answer(session, q, notification, ret);
	if (r == -EBUSY && ss_hold(session, notification))
		r = give_up(session, q, &(struct ss_need){ 0 }, -ESRCH, ret);
	if (r && session->audit)
		ss_audit_cancel(session->audit);
	return r;
}

bool ss_kcmp_put_off(struct ss_session *session, int r, struct ss_reply *ret)
{
	if (r == -ENOMEM)
		session->failure = r;
	if (r != -ERESTART)
		return false;
	ret->kind = SS_REPLY_ERROR;
	ret->child_errno = SS_GUARD_ERRNO_AGAIN;
	return true;
}

bool ss_kcmp_is_again(const struct ss_reply *reply)
{
	return reply->kind == SS_REPLY_ERROR &&
		reply->child_errno == SS_GUARD_ERRNO_AGAIN;
}

void ss_kcmp_close(struct ss_session *session, pid_t tid)
{
	ss_ruling_close(session, tid);
	ss_stack_close(session, tid);
}

void ss_kcmp_reply(const struct ss_answer *answer, struct ss_reply *ret)
{
	if (answer->child_errno) {
		ret->kind = SS_REPLY_ERROR;
		ret->child_errno = answer->child_errno;
	} else {
		ret->kind = SS_REPLY_VALUE;
		ret->value = answer->result;
	}
}

bool ss_kcmp_answer(struct ss_session *session, struct ss_task *caller,
		    const struct ss_notification *notification,
		    const struct ss_decoded *call, struct ss_reply *ret)
{
	struct ss_question q = {
		.caller = caller->tid,
		.type = call->kcmp.type,
		.pid = { call->kcmp.pid[0], call->kcmp.pid[1] },
		.idx = { call->kcmp.idx[0], call->kcmp.idx[1] },
	};
	struct ss_answer answer = { 0 };

	int r;

	if (session->rulings.policy)
		return ss_act(session, caller, notification, &q, ret);
	r = ss_kcmp_look(session, caller, notification, NULL);
	if (r)
		return ss_kcmp_put_off(session, r, ret);
	if (ss_kcmp_find(session, &q, notification, &answer))
		return false;
	if (session->audit)
		ss_audit_after(session->audit, session->model, &q, &answer);
	ss_kcmp_report(session, &q, &answer, NULL);
	ss_kcmp_reply(&answer, ret);
	return true;
}
