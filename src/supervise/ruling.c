/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/ruling.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "kernel/proc.h"
#include "policy/relation.h"
#include "supervise/facts.h"
#include "supervise/kcmp.h"
#include "supervise/stack.h"

/* How many there may be before those of the dead are looked for. */
#define SPARE	64u

/* What a user namespace calls ids that it has no number for. */
#define OVERFLOW_ID	65534u

int ss_rulings_init(struct ss_rulings *rulings, const struct ss_policy *policy)
{
	rulings->policy = policy;
	rulings->counters = policy ? ss_counters_new(policy) : NULL;
	return policy && !rulings->counters ? -ENOMEM : 0;
}

static void drop(struct ss_rulings *rulings, struct ss_ruling *ruling)
{
	HASH_DEL(rulings->by_tid, ruling);
	ss_path_put(ruling->caller);
	free(ruling);
}

void ss_rulings_release(struct ss_rulings *rulings)
{
	struct ss_ruling *ruling, *tmp;

	HASH_ITER(hh, rulings->by_tid, ruling, tmp)
		drop(rulings, ruling);
	ss_counters_free(rulings->counters);
	*rulings = (struct ss_rulings){ 0 };
}

/* Tasks come and go; what they leave must not grow. */
static void sweep(struct ss_session *session)
{
	struct ss_rulings *rulings = &session->rulings;
	struct ss_ruling *ruling, *tmp;

	if (HASH_COUNT(rulings->by_tid) >=
	    2 * session->model->tasks.count + SPARE) {
		HASH_ITER(hh, rulings->by_tid, ruling, tmp) {
			if (!ss_model_task(session->model, ruling->tid))
				drop(rulings, ruling);
		}
	}
	ss_counters_sweep(rulings->counters, session->model);
}

static struct ss_ruling *find(struct ss_session *session, pid_t tid)
{
	struct ss_ruling *ruling;

	HASH_FIND_INT(session->rulings.by_tid, &tid, ruling);
	return ruling;
}

static struct ss_ruling *make(struct ss_session *session,
			      const struct ss_task *caller)
{
	struct ss_ruling *ruling;

	sweep(session);
	ruling = calloc(1, sizeof(*ruling));
	if (!ruling)
		return NULL;
	ruling->tid = caller->tid;
	HASH_ADD_INT(session->rulings.by_tid, tid, ruling);
	if (ss_hash_failed(ruling)) {
		free(ruling);
		return NULL;
	}
	return ruling;
}

/* The call that it is about, put aside before or made again? */
static bool is_about(const struct ss_session *session,
		     const struct ss_ruling *ruling,
		     const struct ss_task *caller,
		     const struct ss_notification *n)
{
	const struct ss_notification *before = &ruling->notification;

	if (!ruling->open || ruling->caller != caller->path)
		return false;
	if (before->id == n->id)
		return true;
	return ss_notification_is_like(before, n) &&
		!ss_listener_is_valid(&session->launched.listener, before->id);
}

static void begin(struct ss_ruling *ruling, const struct ss_task *caller,
		  const struct ss_question *q)
{
	ss_path_put(ruling->caller);
	ruling->caller = ss_path_get(caller->path);
	ruling->open = true;
	ruling->signalled = false;
	ruling->asked = (struct ss_asked){
		.type = q->type,
		.fd = { (uint32_t)q->idx[0], (uint32_t)q->idx[1] },
		.path = ruling->caller,
	};
}

/* ---- facts ---- */

struct finding {
	struct ss_session *session;
	struct ss_ruling *ruling;
	const struct ss_task *caller;	/* looked up anew after each look */
	const struct ss_notification *notification;
};

/* 0; -ESRCH: the caller has gone. */
static int look_up_caller(struct finding *f)
{
	f->caller = ss_model_task(f->session->model, f->ruling->tid);
	return f->caller ? 0 : -ESRCH;
}

/* Who has that number, and lives; NULL: nobody inside. */
static struct ss_task *target(struct finding *f, unsigned int i)
{
	pid_t nr = f->ruling->question.pid[i];
	struct ss_task *task = nr > 0 ?
		ss_settle_resolve(f->session, f->caller, nr) : NULL;

	if (look_up_caller(f) || !task || task == f->caller)
		return f->caller ? task : NULL;
	(void)!ss_life_check(f->session, task);
	return look_up_caller(f) ? NULL :
		ss_model_resolve(f->session->model, f->caller, nr);
}

/* Who adopts an orphan no watched call tells: its parent does. */
static void find_adopters(struct finding *f, const struct ss_task *task)
{
	const struct ss_model *model = f->session->model;
	const struct ss_group *orphan = NULL, *before;
	struct ss_proc_status status;

	for (;;) {
		struct ss_event event = { .type = SS_EVENT_PARENT };

		before = orphan;
		orphan = ss_relation_orphan(model, task->group);
		/* It is dying, or its parent is. */
		if (!orphan || orphan == before ||
		    ss_proc_status(orphan->tgid, &status))
			return;
		event.tid = orphan->tgid;
		event.parent = status.ppid;
		ss_tell(f->session, &event);
	}
}

static unsigned int relations_of(struct finding *f, const struct ss_task *task)
{
	find_adopters(f, f->caller);
	if (task)
		find_adopters(f, task);
	return ss_relations_between(f->session->model, f->caller, task);
}

static int find_relations(struct finding *f)
{
	struct ss_asked *asked = &f->ruling->asked;
	struct ss_task *task;
	unsigned int i;

	ss_deaths_drain(f->session);
	for (i = 0; i < 2 && !look_up_caller(f); i++) {
		task = target(f, i);
		if (!f->caller)
			return -ESRCH;
		asked->relations[i] = relations_of(f, task);
	}
	return f->caller ? 0 : -ESRCH;
}

int ss_ruling_relations(struct ss_session *session,
			const struct ss_question *question,
			unsigned int ret[2])
{
	struct ss_ruling ruling = {
		.tid = question->caller,
		.question = *question,
	};
	struct finding f = { .session = session, .ruling = &ruling };
	pid_t answered[2] = { 0, 0 };
	unsigned int i;

	/* By number: to look for one may end another. */
	for (i = 0; i < 2 && ss_question_holds(question, session->model); i++)
		answered[i] = question->task[i] ? question->task[i]->tid : 0;
	for (i = 0; i < 2 && !look_up_caller(&f); i++) {
		const struct ss_task *task = answered[i] ?
			ss_model_task(session->model, answered[i]) : NULL;

		if (!task)
			task = target(&f, i);
		if (f.caller)
			ret[i] = relations_of(&f, task);
	}
	return f.caller ? 0 : -ESRCH;
}

static int find_creds(struct finding *f, const struct ss_task *task)
{
	return task->creds_known ? 0 : ss_facts_creds(f->session, task);
}

/* Who cannot be looked at is no other user's. */
static int find_users(struct finding *f)
{
	struct ss_asked *asked = &f->ruling->asked;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const struct ss_task *task = target(f, i);

		if (!f->caller)
			return -ESRCH;
		asked->same_user[i] = task && !find_creds(f, f->caller) &&
			!find_creds(f, task) &&
			ss_task_creds(task)->uid[0] ==
			ss_task_creds(f->caller)->uid[0];
	}
	return 0;
}

static int find_uid(struct finding *f)
{
	struct ss_asked *asked = &f->ruling->asked;
	int r = find_creds(f, f->caller);

	if (r == -ESRCH)
		return r;
	asked->uid = ss_task_creds(f->caller)->uid[0];
	if (r || (ss_creds_nested(ss_task_creds(f->caller)) &&
		  ss_proc_id_map(f->caller->tid, "uid_map", SS_ID_INWARD,
				 asked->uid, &asked->uid)))
		asked->uid = OVERFLOW_ID;
	return 0;
}

static int find_executable(struct finding *f)
{
	/* One for all: it is read anew for each call. */
	static char path[PATH_MAX];

	f->ruling->asked.executable =
		ss_proc_exe(f->ruling->tid, path, sizeof(path)) ? NULL : path;
	return 0;
}

static int find_same(struct finding *f)
{
	struct ss_ruling *ruling = f->ruling;
	int r = ss_kcmp_find(f->session, &ruling->question, f->notification,
			     &ruling->answer);

	if (r)
		return r;
	ruling->answered = true;
	ruling->asked.same = ruling->answer.child_errno ? SS_SAME_ERROR :
		ruling->answer.result ? SS_SAME_NO : SS_SAME_YES;
	return 0;
}

static int find_stack(struct finding *f)
{
	return ss_stack_find(f->session, f->caller, f->notification,
			     &f->ruling->asked.stack);
}

typedef int find_fn(struct finding *f);

static find_fn *const finders[SS_FACT_COUNT] = {
	[SS_FACT_UID] = find_uid,
	[SS_FACT_RELATIONS] = find_relations,
	[SS_FACT_USERS] = find_users,
	[SS_FACT_EXECUTABLE] = find_executable,
	[SS_FACT_SAME] = find_same,
	[SS_FACT_STACK] = find_stack,
};

int ss_ruling_make(struct ss_session *session, const struct ss_task *caller,
		   const struct ss_notification *notification,
		   const struct ss_question *question, struct ss_ruling **ret)
{
	struct ss_ruling *ruling = find(session, caller->tid);
	struct finding f = {
		.session = session,
		.caller = caller,
		.notification = notification,
	};
	enum ss_fact need;
	int r;

	if (!ruling)
		ruling = make(session, caller);
	if (!ruling)
		return -ENOMEM;
	if (!is_about(session, ruling, caller, notification))
		begin(ruling, caller, question);
	f.ruling = *ret = ruling;
	ruling->notification = *notification;
	ruling->question = *question;
	ruling->answered = false;
	ruling->asked.process = caller->group;
	/* What was found out when it was put aside may not hold any more. */
	ruling->asked.known = 0;
	while (!(r = ss_policy_decide(session->rulings.policy,
				      session->rulings.counters,
				      &ruling->asked, &need))) {
		r = finders[need](&f);
		if (!r)
			r = look_up_caller(&f);
		if (r)
			return r;
		ruling->asked.known |= 1u << need;
	}
	return r < 0 ? r : 0;
}

void ss_ruling_close(struct ss_session *session, pid_t tid)
{
	struct ss_ruling *ruling = find(session, tid);

	if (ruling)
		ruling->open = false;
}
