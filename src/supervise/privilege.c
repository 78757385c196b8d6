/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/privilege.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "supervise/facts.h"

#define OVERFLOW_ID	65534	/* from_kuid_munged() */

/* capable(): in the first user namespace, which a nested one is never. */
static bool capable(const struct ss_session *session,
		    const struct ss_creds *creds, unsigned int capability)
{
	return session->model->init_userns &&
		ss_creds_capable(creds, session->model->init_userns,
				 capability);
}

/* What one call does. */
struct setting {
	struct ss_session *session;
	struct ss_task *caller;
	int io_class;
	bool mighty;		/* nobody refuses it */
	bool of_group;		/* for all of .pgrp, or for those of .uid */
	pid_t pgrp;
	uid_t uid;
	bool looking;		/* nothing is set yet */
	bool ending;		/* who refuses it, or would get a context, may
				   be on its way out in a moment, or to another
				   program and without its rights */
	pid_t refuser;		/* the group of who does, if he is inside */
};

/* set_task_ioprio() */
static bool may_set(const struct setting *set, const struct ss_creds *target)
{
	const struct ss_creds *mine = ss_task_creds(set->caller);

	if (set->mighty)
		return true;
	if (target->uid[0] != mine->uid[1] && target->uid[0] != mine->uid[0])
		return false;
	/* cap_safe_nice() */
	return !(target->permitted & ~mine->permitted) ||
		ss_creds_capable(mine, target->userns, SS_CAP_SYS_NICE);
}

/* Who has begun to exit gets none any more, and may take long to become a
   zombie: the first process of a pid namespace waits for the others. */
static bool gets_none(struct setting *set, const struct ss_task *target)
{
	struct ss_proc_stat stat;

	if (target == set->caller || target->resources[SS_KIND_IO])
		return false;
	if (ss_proc_stat(target->tid, &stat) || stat.flags & SS_PROC_EXITING)
		return true;
	/* Its exit was let on, and has not come so far. */
	if (target->leaving || target->group->dying)
		set->ending = true;
	return false;
}

/* (Of a thread that is to take its leader's number it has been waited for.) */
static bool is_execing(const struct ss_task *task)
{
	return task->group->execing == task && task->tid == task->group->tgid;
}

/* false: the kernel would have stopped here with EPERM. */
static bool set_one(struct setting *set, const struct ss_task *target)
{
	struct ss_event event = {
		.type = SS_EVENT_IO,
		.tid = target->tid,
		.io_class = set->io_class,
	};

	/* It may have come to its new program, and called nobody there. */
	if (is_execing(target) && set->looking)
		ss_exec_settle(set->session, target->group, 0);
	/* Who has gone is not there. */
	if (!target->creds_known && ss_facts_creds(set->session, target))
		return true;
	if (target != set->caller && !may_set(set, ss_task_creds(target))) {
		set->refuser = target->group->tgid;
		set->ending = set->ending ||
			(set->looking &&
			 (is_execing(target) ||
			  ss_sharer_is_going(set->session, target)));
		return false;
	}
	if (!gets_none(set, target) && !set->looking)
		ss_tell_when_let_on(set->session, &event);
	return true;
}

static struct ss_task *named_task(struct ss_session *session,
				  struct ss_task *caller, pid_t who)
{
	return who == 0 ? caller : ss_settle_resolve(session, caller, who);
}

/* Is this task's process group the one that is called `who` in the namespace
   `ns`? */
static bool is_of_group(const struct ss_task *task, const struct ss_pidns *ns,
			pid_t who)
{
	struct ss_proc_numbers group;
	unsigned int i;

	for (i = 0; i < task->levels && task->numbers[i]->ns != ns; i++)
		;
	/* The first number is that of our own namespace. */
	return i < task->levels &&
		!ss_proc_group(task->group->tgid, &group) &&
		i + 1 < group.levels && group.nr[i + 1] == who;
}

/* By those who are in it: who lives in this namespace, or below, shows both
   numbers. */
static pid_t group_by_members(const struct setting *set,
			      const struct ss_pidns *ns, pid_t who)
{
	struct ss_session *session = set->session;
	struct ss_tids all = { 0 };
	struct ss_proc_stat stat;
	pid_t found = 0;
	size_t i;
	int r = ss_proc_processes(&all);

	if (r == -ENOMEM)
		session->failure = r;
	else if (r && !set->looking)
		session->stats.ioprio_unsure++;
	for (i = 0; !r && i < all.count && !found; i++) {
		const struct ss_group *group =
			ss_model_group(session->model, all.tids[i]);

		if (group && group->tasks &&
		    is_of_group(group->tasks, ns, who) &&
		    !ss_proc_stat(group->tgid, &stat))
			found = stat.pgrp;
	}
	ss_tids_release(&all);
	return found;
}

/*
 * The number in our namespace of the process group that the caller means; 0:
 * there is none.  Its leader may have gone, and then the number is nobody's but
 * the group's; or have left it to others, who live outside.
 */
static pid_t named_group(const struct setting *set, pid_t who)
{
	const struct ss_task *caller = set->caller, *leader;
	const struct ss_pidns *ns = ss_task_pidns(caller);
	struct ss_proc_stat stat;

	if (who == 0)
		return ss_proc_stat(caller->tid, &stat) ? 0 : stat.pgrp;
	if (!ns)
		return who;
	leader = ss_model_resolve(set->session->model, caller, who);
	return leader ? leader->tid : group_by_members(set, ns, who);
}

/* make_kuid(): false if the caller's namespace has nobody of this number, or
   ours has no number for who that is. */
static bool named_user(const struct setting *set, int who, uid_t *ret)
{
	struct ss_session *session = set->session;
	const struct ss_task *caller = set->caller;
	uid_t uid;

	if (ss_proc_id_map(caller->tid, "uid_map", SS_ID_OUTWARD,
			   (uint32_t)who, &uid))
		return false;
	if (!ss_creds_nested(ss_task_creds(caller)))
		uid = (uid_t)who;
	/* All who have no number in ours look like this one. */
	if (!set->looking &&
	    (uid == (uid_t)-1 ||
	     (uid == OVERFLOW_ID && !session->model->init_userns)))
		session->stats.ioprio_unsure++;
	*ret = uid;
	return uid != (uid_t)-1;
}

/* task_pid_vnr(): has the task a number where the caller lives? */
static bool is_visible(const struct ss_task *caller,
		       const struct ss_task *task)
{
	const struct ss_pidns *ns = ss_task_pidns(caller);
	unsigned int i;

	for (i = 0; ns && i < task->levels; i++) {
		if (task->numbers[i]->ns == ns)
			return true;
	}
	return !ns;
}

/* The same of somebody outside. */
static bool is_outsider_visible(const struct ss_task *caller, pid_t tid)
{
	const struct ss_pidns *ns = ss_task_pidns(caller);
	struct ss_proc_ns_chain chain;
	unsigned int i;

	if (!ns)
		return true;
	if (ss_proc_namespace_chain(tid, "pid", &chain))
		return false;
	for (i = 0; i < chain.count; i++) {
		if (chain.ino[i] == ns->ino)
			return true;
	}
	return false;
}

/* Somebody outside: nobody asks what he gets, but it may end with him. */
static bool set_outsider(const struct setting *set, pid_t tid)
{
	struct ss_userns own[SS_PROC_LEVELS_MAX];
	struct ss_creds creds;

	if (set->mighty ||
	    ss_facts_outside(set->session, tid, &creds, own))
		return true;
	if (!set->of_group && (creds.uid[0] != set->uid ||
			       !is_outsider_visible(set->caller, tid)))
		return true;
	return may_set(set, &creds);
}

static bool set_insider(struct setting *set, const struct ss_task *task)
{
	if (!task->creds_known && ss_facts_creds(set->session, task))
		return true;
	if (!set->of_group && (ss_task_creds(task)->uid[0] != set->uid ||
			       !is_visible(set->caller, task)))
		return true;
	return set_one(set, task);
}

/* In the kernel's order of the threads, the dead included. */
static bool set_threads(struct setting *set, pid_t tgid)
{
	struct ss_tids threads = { 0 };
	bool go_on = true;
	size_t i;

	if (ss_proc_threads_all(tgid, &threads))
		return true;
	for (i = 0; i < threads.count && go_on; i++) {
		const struct ss_task *task =
			ss_model_task(set->session->model, threads.tids[i]);

		go_on = task ? set_insider(set, task) :
			set_outsider(set, threads.tids[i]);
	}
	ss_tids_release(&threads);
	return go_on;
}

/* A process that is addressed, and what tells when it was made. */
struct member {
	pid_t tgid;
	uint64_t start;
};

static int by_age(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return SS_ORDER(x->start, y->start) ? SS_ORDER(x->start, y->start) :
		SS_ORDER(x->tgid, y->tgid);
}

static int list_members(const struct setting *set, struct member **ret,
			size_t *ret_n)
{
	struct ss_tids all = { 0 };
	struct ss_proc_stat stat;
	struct member *member;
	size_t i, n = 0;
	int r = ss_proc_processes(&all);

	if (r)
		return r;
	member = calloc(all.count + 1, sizeof(*member));
	for (i = 0; member && i < all.count; i++) {
		/* Nobody outside stands in its way then; and to look at them
		   may take as long as they like (an exec that hangs). */
		if (set->mighty && !ss_model_group(set->session->model,
						   all.tids[i]))
			continue;
		if (ss_proc_stat(all.tids[i], &stat) ||
		    (set->of_group && stat.pgrp != set->pgrp))
			continue;
		member[n].tgid = all.tids[i];
		member[n++].start = stat.start_time;
	}
	ss_tids_release(&all);
	if (!member)
		return -ENOMEM;
	qsort(member, n, sizeof(*member), by_age);
	*ret = member;
	*ret_n = n;
	return 0;
}

/*
 * It has ended at this one: who comes before it?  Who joined a group when shows
 * nowhere; nor who began first at one tick of the clock, or who is hidden.
 */
static bool is_unsure(const struct setting *set, const struct member *member,
		      size_t n, size_t at)
{
	const struct ss_model *model = set->session->model;
	size_t i;

	if (set->of_group)
		return n > 1;
	for (i = 0; i < n; i++) {
		if (i != at && member[i].start == member[at].start &&
		    ss_model_group(model, member[i].tgid))
			return true;
	}
	return false;
}

static bool is_proc_hidden(void)
{
	struct ss_proc_stat stat;

	return ss_proc_stat(1, &stat);
}

/* Processes stand in the list of all the oldest first, in that of their group
   the newest.  The kernel goes through them until one is refused. */
static void set_many(struct setting *set)
{
	struct member *member;
	size_t i, n, at = 0;
	bool go_on = true, unsure;
	int r = list_members(set, &member, &n);

	if (r == -ENOMEM)
		set->session->failure = r;
	else if (r && !set->looking)
		set->session->stats.ioprio_unsure++;
	if (r)
		return;
	for (i = 0; i < n && go_on; i++) {
		at = set->of_group ? n - 1 - i : i;
		go_on = set_threads(set, member[at].tgid);
	}
	unsure = !go_on && is_unsure(set, member, n, at);
	if (!set->looking &&
	    (unsure || (!set->mighty && !ss_task_pidns(set->caller) &&
			is_proc_hidden())))
		set->session->stats.ioprio_unsure++;
	free(member);
}

bool ss_ioprio_is_over(struct ss_session *session)
{
	struct ss_io_flight *flight, *tmp;

	DL_FOREACH_SAFE(session->io_flights, flight, tmp) {
		if (!ss_facts_call_is_over(session, flight->tid))
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

bool ss_ioprio_beside(struct ss_session *session, const struct ss_task *task)
{
	const struct ss_io_flight *flight;

	if (ss_ioprio_is_over(session))
		return false;
	DL_FOREACH(session->io_flights, flight) {
		if (flight->refuser == task->group->tgid)
			return true;
	}
	return false;
}

static void fly(struct ss_session *session, const struct setting *set)
{
	struct ss_io_flight *flight = malloc(sizeof(*flight));

	if (!flight) {
		session->failure = -ENOMEM;
		return;
	}
	flight->tid = set->caller->tid;
	flight->refuser = set->refuser;
	DL_APPEND(session->io_flights, flight);
}

static void set_all(struct setting *set, const struct ss_decoded *call)
{
	int who = call->ioprio.who;
	struct ss_task *task;

	switch (call->ioprio.which) {
	case SS_IOPRIO_WHO_PROCESS:
		task = named_task(set->session, set->caller, who);
		if (task)
			set_one(set, task);
		break;
	case SS_IOPRIO_WHO_PGRP:
		set->of_group = true;
		set->pgrp = named_group(set, who);
		if (set->pgrp || who == 0)
			set_many(set);
		break;
	case SS_IOPRIO_WHO_USER:
		if (named_user(set, who, &set->uid))
			set_many(set);
		break;
	}
}

bool ss_ioprio_set(struct ss_session *session, struct ss_task *caller,
		   const struct ss_decoded *call, bool may_wait)
{
	struct setting set = {
		.session = session,
		.caller = caller,
		.io_class = call->ioprio.io_class,
	};

	if (!caller->creds_known && ss_facts_creds(session, caller))
		return true;
	set.mighty = capable(session, ss_task_creds(caller), SS_CAP_SYS_NICE);
	/* ioprio_check_cap() */
	if (set.io_class == SS_IOPRIO_CLASS_RT && !set.mighty &&
	    !capable(session, ss_task_creds(caller), SS_CAP_SYS_ADMIN))
		return true;
	/* If one of them is about to go, then wait. */
	set.looking = true;
	set_all(&set, call);
	if (set.ending && may_wait)
		return false;
	if (set.ending)
		session->stats.ioprio_unsure++;
	set.looking = false;
	set_all(&set, call);
	fly(session, &set);
	return true;
}
