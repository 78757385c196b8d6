/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/privilege.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "supervise/facts.h"

/* capable(): in the first user namespace, which a nested one is never. */
static bool capable(const struct ss_session *session,
		    const struct ss_creds *creds, unsigned int capability)
{
	return session->model->init_userns &&
		ss_creds_capable(creds, session->model->init_userns,
				 capability);
}

/* set_task_ioprio() */
static bool may_set(struct ss_session *session, const struct ss_task *caller,
		    const struct ss_task *target)
{
	if (caller == target)
		return true;
	if (!target->creds.known && ss_facts_creds(session, target))
		return false;
	if (target->creds.uid[0] != caller->creds.uid[1] &&
	    target->creds.uid[0] != caller->creds.uid[0] &&
	    !capable(session, &caller->creds, SS_CAP_SYS_NICE))
		return false;
	/* cap_safe_nice() */
	return !(target->creds.permitted & ~caller->creds.permitted) ||
		ss_creds_capable(&caller->creds, target->creds.userns,
				 SS_CAP_SYS_NICE);
}

/* false: the kernel would have stopped here with EPERM. */
static bool set_one(struct ss_session *session, const struct ss_task *caller,
		    const struct ss_task *target, int io_class)
{
	struct ss_event event = {
		.type = SS_EVENT_IO,
		.tid = target->tid,
		.io_class = io_class,
	};

	if (!may_set(session, caller, target))
		return false;
	ss_tell_when_let_on(session, &event);
	return true;
}

static struct ss_task *named_task(struct ss_session *session,
				  struct ss_task *caller, pid_t who)
{
	struct ss_task *task;

	if (who == 0)
		return caller;
	task = ss_model_resolve(session->model, caller, who);
	if (task)
		return task;
	ss_settle_number(session, caller, who);
	return ss_model_resolve(session->model, caller, who);
}

/* The number of a process group leader in our namespace. */
static pid_t named_group(struct ss_session *session, struct ss_task *caller,
			 pid_t who)
{
	struct ss_proc_stat stat;
	struct ss_task *task;

	if (who == 0)
		return ss_proc_stat(caller->tid, &stat) ? 0 : stat.pgrp;
	task = ss_model_resolve(session->model, caller, who);
	return task ? task->tid : who;
}

/* A process of the group, and what tells when it was made. */
struct member {
	struct ss_group *group;
	uint64_t start;
};

/* The newest first: so stand processes in the list of their group. */
static int by_age(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return SS_ORDER(y->start, x->start) ? SS_ORDER(y->start, x->start) :
		SS_ORDER(y->group->tgid, x->group->tgid);
}

static bool set_threads(struct ss_session *session,
			const struct ss_task *caller,
			const struct ss_group *group, int io_class)
{
	struct ss_task *task;

	DL_FOREACH(group->tasks, task) {
		if (!set_one(session, caller, task, io_class))
			return false;
	}
	return true;
}

/* The kernel goes through them, also the dead, until one is refused. */
static void set_process_group(struct ss_session *session,
			      struct ss_task *caller, pid_t who, int io_class)
{
	pid_t pgrp = named_group(session, caller, who);
	struct ss_group *group, *tmp;
	struct ss_proc_stat stat;
	struct member *member;
	size_t i, n = 0;

	member = calloc(HASH_COUNT(session->model->groups), sizeof(*member));
	if (!member) {
		session->failure = -ENOMEM;
		return;
	}
	HASH_ITER(hh, session->model->groups, group, tmp) {
		if (ss_proc_stat(group->tgid, &stat) ||
		    stat.pgrp != pgrp)
			continue;
		member[n].group = group;
		member[n++].start = stat.start_time;
	}
	qsort(member, n, sizeof(*member), by_age);
	for (i = 0; i < n; i++) {
		if (!set_threads(session, caller, member[i].group, io_class))
			break;
	}
	free(member);
}

static void set_user(struct ss_session *session, struct ss_task *caller,
		     uid_t uid, int io_class)
{
	struct ss_task *task, *tmp;

	HASH_ITER(hh, session->model->tasks, task, tmp) {
		if (task->zombie || (!task->creds.known &&
				     ss_facts_creds(session, task)) ||
		    task->creds.uid[0] != uid)
			continue;
		if (!set_one(session, caller, task, io_class))
			return;
	}
}

bool ss_ioprio_is_over(struct ss_session *session)
{
	struct ss_io_flight *flight, *tmp;

	DL_FOREACH_SAFE(session->io_flights, flight, tmp) {
		if (!ss_facts_call_is_over(flight->tid))
			continue;
		DL_DELETE(session->io_flights, flight);
		free(flight);
	}
	return !session->io_flights;
}

void ss_ioprio_land(struct ss_session *session, pid_t tid)
{
	struct ss_io_flight *flight, *tmp;

	DL_FOREACH_SAFE(session->io_flights, flight, tmp) {
		if (flight->tid != tid)
			continue;
		DL_DELETE(session->io_flights, flight);
		free(flight);
	}
}

void ss_ioprio_release(struct ss_session *session)
{
	struct ss_io_flight *flight, *tmp;

	DL_FOREACH_SAFE(session->io_flights, flight, tmp)
		free(flight);
	session->io_flights = NULL;
}

bool ss_ioprio_await(struct ss_session *session,
		     const struct ss_notification *notification)
{
	if (ss_ioprio_is_over(session))
		return true;
	if (!ss_hold_is_over(session, notification))
		return false;
	/* It does not sleep, so it is over; but that is not certain. */
	session->stats.volatile_answers++;
	ss_ioprio_release(session);
	return true;
}

static void fly(struct ss_session *session, pid_t tid)
{
	struct ss_io_flight *flight = malloc(sizeof(*flight));

	if (!flight) {
		session->failure = -ENOMEM;
		return;
	}
	flight->tid = tid;
	DL_APPEND(session->io_flights, flight);
}

void ss_ioprio_set(struct ss_session *session, struct ss_task *caller,
		   const struct ss_decoded *call)
{
	struct ss_task *task;
	int who = call->ioprio.who, io_class = call->ioprio.io_class;

	if (!caller->creds.known && ss_facts_creds(session, caller))
		return;
	/* ioprio_check_cap() */
	if (io_class == SS_IOPRIO_CLASS_RT &&
	    !capable(session, &caller->creds, SS_CAP_SYS_NICE) &&
	    !capable(session, &caller->creds, SS_CAP_SYS_ADMIN))
		return;
	fly(session, caller->tid);
	switch (call->ioprio.which) {
	case SS_IOPRIO_WHO_PROCESS:
		task = named_task(session, caller, who);
		if (task)
			set_one(session, caller, task, io_class);
		break;
	case SS_IOPRIO_WHO_PGRP:
		set_process_group(session, caller, who, io_class);
		break;
	case SS_IOPRIO_WHO_USER:
		set_user(session, caller, who ? (uid_t)who :
			 caller->creds.uid[0], io_class);
		break;
	}
}
