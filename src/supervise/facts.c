/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/facts.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "kernel/dumpable.h"
#include "kernel/self.h"

#define YIELDS_MAX	32
#define LOCK_TURNS	3

/* The user namespaces of a task; where they cannot be seen, ours: capabilities
   in them are then nobody's inside. */
static void read_userns(struct ss_session *session, pid_t tid,
			struct ss_event_creds *creds)
{
	struct ss_proc_ns_chain chain;
	unsigned int i;

	if (ss_proc_namespace_chain(tid, "user", &chain) &&
	    ss_proc_namespace_chain(session->self, "user", &chain)) {
		creds->namespaces = 0;
		return;
	}
	creds->namespaces = chain.count < SS_EVENT_NS_MAX ? chain.count :
		SS_EVENT_NS_MAX;
	for (i = 0; i < creds->namespaces; i++) {
		creds->ino[i] = chain.ino[i];
		creds->owner[i] = chain.owner[i];
	}
}

static int read_creds(struct ss_session *session, pid_t tid,
		      struct ss_event_creds *creds)
{
	struct ss_proc_status status;
	int r = ss_proc_status(tid, &status);

	if (r)
		return r;
	memset(creds, 0, sizeof(*creds));
	memcpy(creds->uid, status.uid, sizeof(creds->uid));
	memcpy(creds->gid, status.gid, sizeof(creds->gid));
	creds->permitted = status.cap_permitted;
	creds->effective = status.cap_effective;
	read_userns(session, tid, creds);
	return 0;
}

int ss_facts_creds(struct ss_session *session, const struct ss_task *task)
{
	struct ss_event_creds creds;
	struct ss_event event = {
		.type = SS_EVENT_CREDS,
		.tid = task->tid,
		.creds = &creds,
	};
	int r = read_creds(session, task->tid, &creds);

	if (r)
		return r;
	/* An exec may have changed them, of an image with other ids. */
	if (task->before)
		ss_facts_commit(session);
	ss_tell(session, &event);
	return 0;
}

/* The first of them, whose ancestors are the others: the model's own, where it
   has them. */
static struct ss_userns *find_userns(const struct ss_session *session,
				     unsigned int count, const uint64_t *ino,
				     const uid_t *owner, struct ss_userns *own)
{
	struct ss_userns *ns, *parent = NULL;
	unsigned int i;

	/* The outermost is the last. */
	for (i = count; i--; parent = ns) {
		HASH_FIND(hh, session->model->userns, &ino[i], sizeof(ino[i]),
			  ns);
		if (ns)
			continue;
		ns = &own[i];
		*ns = (struct ss_userns){
			.ino = ino[i],
			.parent = parent,
			.owner = owner[i],
			.level = parent ? parent->level + 1 : 0,
		};
	}
	return parent;
}

int ss_facts_outside(struct ss_session *session, pid_t tid,
		     struct ss_creds *ret, struct ss_userns *own)
{
	struct ss_event_creds creds;
	int r = read_creds(session, tid, &creds);

	if (r)
		return r;
	*ret = ss_creds_told(&creds);
	ret->userns = find_userns(session, creds.namespaces, creds.ino,
				  creds.owner, own);
	return 0;
}

int ss_facts_owner(struct ss_session *session, const struct ss_task *task,
		   const char *name, struct ss_userns *own,
		   const struct ss_userns **ret)
{
	struct ss_proc_ns_chain chain;
	int r = ss_proc_namespace_owners(task->tid, name, &chain);

	if (!r)
		*ret = find_userns(session, chain.count, chain.ino,
				   chain.owner, own);
	return r;
}

/*
 * Seen in a call, does it sleep there?  Or has it been woken, maybe by our
 * answer, and not run yet?
 *
 * Who has been answered takes the listener's lock before it goes on
 * (kernel/seccomp.c, seccomp_do_user_notification()), and sleeps if somebody
 * has it.  To ask about any notification takes the lock, too, behind those who
 * wait for it: at the third time at the latest, for a mutex that was taken away
 * from who waits longest is handed to it next.
 */
static bool is_asleep(const struct ss_session *session, pid_t tid)
{
	struct ss_proc_stat stat;
	unsigned int i;
	int r;

	for (i = 0;; i++) {
		r = ss_proc_stat(tid, &stat);
		if (r)
			return r != -ETIMEDOUT;
		if (stat.state != 'D' || i == LOCK_TURNS)
			return stat.state != 'R';
		(void)ss_listener_is_valid(&session->launched.listener, 0);
	}
}

bool ss_facts_call(const struct ss_session *session, pid_t tid,
		   struct ss_proc_call *ret)
{
	unsigned int i;
	int r;

	for (i = 0; i < YIELDS_MAX; i++) {
		r = ss_proc_call(tid, ret);
		if (r == -ETIMEDOUT)
			return false;
		/* Who has gone is in no call. */
		if (r)
			ret->where = SS_PROC_NO_CALL;
		if (ret->where == SS_PROC_NO_CALL ||
		    (ret->where == SS_PROC_IN_CALL && is_asleep(session, tid)))
			return true;
		(void)sched_yield();
	}
	return false;
}

enum ss_last_call ss_facts_last_call(const struct ss_session *session,
				     pid_t tid)
{
	struct ss_proc_call call;

	if (!ss_facts_call(session, tid, &call))
		return SS_LAST_CALL_RUNS;
	return call.where == SS_PROC_IN_CALL &&
		ss_call_is_watched(&session->calls, call.nr) ?
		SS_LAST_CALL_ASLEEP : SS_LAST_CALL_OVER;
}

bool ss_facts_call_is_over(const struct ss_session *session, pid_t tid)
{
	struct ss_proc_call call;

	return ss_facts_call(session, tid, &call);
}

bool ss_facts_creds_settle(struct ss_session *session)
{
	struct ss_event over = { .type = SS_EVENT_RETURNED };
	struct ss_task *task;
	bool settled = true;

	if (!session->creds_changed)
		return true;
	for (task = ss_model_next(session->model, NULL); task;
	     task = ss_model_next(session->model, task)) {
		if (task->flight.kind != SS_FLIGHT_CREDS)
			continue;
		over.tid = task->tid;
		if (ss_facts_call_is_over(session, over.tid))
			ss_tell(session, &over);
		else
			settled = false;
	}
	return settled;
}

void ss_facts_commit(struct ss_session *session)
{
	struct ss_event event = { .type = SS_EVENT_COMMITS_KEEP };

	if (!session->model->commits_keep && ss_suid_dumpable())
		ss_tell(session, &event);
}

bool ss_facts_set_id(struct ss_session *session, const struct ss_task *task)
{
	struct ss_event over = { .type = SS_EVENT_RETURNED };
	const struct ss_mm *mm = ss_task_mm(task);
	struct ss_task *other;
	bool settled = true;

	if (!mm || (!mm->set_id && !mm->setting))
		return true;
	for (other = ss_model_next(session->model, NULL); other;
	     other = ss_model_next(session->model, other)) {
		bool set_id = other->before != NULL;

		if ((!set_id && !other->flight.setting) ||
		    !ss_task_shares_mm(other, task))
			continue;
		over.tid = other->tid;
		if (other->flight.kind == SS_FLIGHT_CREDS ||
		    other->flight.setting) {
			if (ss_facts_call_is_over(session, over.tid))
				ss_tell(session, &over);
			else
				settled = false;
		}
		if (set_id)
			(void)!ss_facts_creds(session, other);
	}
	return settled;
}

/*
 * /proc's files belong to root if the memory is not dumpable; and if there is
 * none, because the task is on its way out.  Of root's own files that tells
 * nothing; nor in a nested user namespace, whose root may be the task's own id.
 * UNKNOWN then; or -errno.
 */
static int look_at_owner(const struct ss_task *task, enum ss_dumpable *ret)
{
	const struct ss_creds *creds = ss_task_creds(task);
	struct ss_proc_stat stat;
	uid_t uid;
	gid_t gid;
	int r;

	*ret = SS_DUMPABLE_UNKNOWN;
	if (ss_creds_nested(creds))
		return 0;
	r = ss_proc_owner(task->tid, &uid, &gid);
	if (r)
		return r;
	if (uid == creds->uid[1] && gid == creds->gid[1]) {
		if (uid || gid)
			*ret = SS_DUMPABLE_YES;
		return 0;
	}
	r = ss_proc_stat(task->tid, &stat);
	if (!r && !(stat.flags & SS_PROC_EXITING))
		*ret = SS_DUMPABLE_NO;
	return r;
}

static bool has_one_id(const struct ss_creds *creds)
{
	return creds->uid[0] == creds->uid[1] &&
		creds->uid[0] == creds->uid[2] &&
		creds->gid[0] == creds->gid[1] &&
		creds->gid[0] == creds->gid[2];
}

/* By the kernel's own check.  Where the ids differ it does not come so far as
   to the memory, and what that is does not matter: UNKNOWN. */
static int ask_kernel(struct ss_session *session, const struct ss_task *task,
		      struct ss_event *event)
{
	const struct ss_creds *creds = ss_task_creds(task);
	const struct ss_dumpable_target target = {
		.tid = task->tid,
		.uid = creds->uid[0],
		.gid = creds->gid[0],
		.permitted = creds->permitted,
		.nested = ss_creds_nested(creds),
		.dead = !ss_task_mm(task),
	};
	struct ss_dumpable_found found;
	int r;

	if (!target.nested && !has_one_id(creds))
		return 0;
	r = ss_dumpable_probe(&target, &found);
	if (r)
		return r;
	event->dumpable = found.dumpable ? SS_DUMPABLE_YES : SS_DUMPABLE_NO;
	event->userns = found.userns;
	/* Permitted for its capabilities: whether because the memory is theirs,
	   or because it is dumpable, matters only to others who have it. */
	if (!has_one_id(creds) && found.userns == creds->userns->ino &&
	    ss_task_mm(task) && ss_task_mm(task)->r.refs > 1)
		session->stats.dumpable_unsure++;
	return 0;
}

/*
 * Nobody tells.  Whoever else has the memory may; else it is as execve leaves
 * it.  Of a dead task it is what was believed last, if anything: older kernels
 * do not ask for it any more, and permit.
 */
static enum ss_dumpable guess(struct ss_session *session,
			      const struct ss_task *task)
{
	const struct ss_creds *creds = ss_task_creds(task);
	enum ss_dumpable found;
	struct ss_task *other;

	session->stats.dumpable_unsure++;
	if (!ss_task_mm(task))
		return task->likely ? task->likely : SS_DUMPABLE_YES;
	for (other = ss_model_next(session->model, NULL); other;
	     other = ss_model_next(session->model, other)) {
		if (other == task || ss_task_mm(other) != ss_task_mm(task) ||
		    (!other->creds_known && ss_facts_creds(session, other)))
			continue;
		if (!look_at_owner(other, &found) &&
		    found != SS_DUMPABLE_UNKNOWN)
			return found;
	}
	return creds->uid[0] == creds->uid[1] &&
		creds->gid[0] == creds->gid[1] ?
		SS_DUMPABLE_YES : SS_DUMPABLE_NO;
}

/* What a program can bring about (it kills whoever looks, or uses up
   processes and descriptors), and so must not make us guess. */
static bool is_passing(int error)
{
	return error == -EIO || error == -EAGAIN || error == -ENOMEM ||
		error == -EMFILE || error == -ENFILE;
}

int ss_facts_dumpable(struct ss_session *session, const struct ss_task *task)
{
	struct ss_event event = {
		.type = SS_EVENT_DUMPABLE,
		.tid = task->tid,
	};
	const struct ss_mm *mm = ss_task_mm(task);
	int r = 0;

	(void)ss_facts_set_id(session, task);
	event.dumpable = mm ? mm->dumpable : task->dumpable;
	if (event.dumpable == SS_DUMPABLE_UNKNOWN) {
		if (!task->creds_known)
			r = ss_facts_creds(session, task);
		if (!r)
			r = look_at_owner(task, &event.dumpable);
		if (!r && event.dumpable == SS_DUMPABLE_UNKNOWN)
			r = ask_kernel(session, task, &event);
		if (r == -ESRCH || r == -ETIMEDOUT || is_passing(r))
			return r;
		if (r)
			event.dumpable = guess(session, task);
	}
	/* Others may have the old program's memory. */
	r = ss_life_recheck(session, task);
	if (!r)
		ss_tell(session, &event);
	return r;
}

bool ss_facts_shares_outside(const struct ss_task *task)
{
	const struct ss_files *files = ss_task_files(task);
	const struct ss_task *other;
	unsigned int inside = 0;

	/* A group may have thousands of threads. */
	if (!files || !files->crosses)
		return false;
	DL_FOREACH(task->group->tasks, other)
		inside += ss_task_files(other) == files;
	return files->r.refs > inside;
}

bool ss_facts_dumps_core(const struct ss_task *task)
{
	struct ss_proc_stat stat;

	return !ss_proc_stat(task->tid, &stat) &&
		stat.flags & SS_PROC_DUMPCORE;
}

/* In which pid namespace its children are made, if in another than its own: 0
   if that has no init yet, and cannot be read. */
static bool find_elsewhere(const struct ss_task *task, uint64_t *ret)
{
	uint64_t own;

	if (!task->pidns_moved || ss_proc_namespace(task->tid, "pid", &own))
		return false;
	if (ss_proc_namespace(task->tid, "pid_for_children", ret))
		*ret = 0;
	return *ret != own;
}

bool ss_facts_children_elsewhere(const struct ss_task *task)
{
	uint64_t ino;

	return find_elsewhere(task, &ino);
}

bool ss_facts_makes_nobody(const struct ss_session *session,
			   const struct ss_task *task)
{
	const struct ss_pidns *ns;
	struct ss_number *number;
	pid_t first = 1;
	uint64_t ino;

	if (!find_elsewhere(task, &ino) || !ino)
		return false;
	ns = ss_model_pidns(session->model, ino);
	if (!ns)
		return true;
	HASH_FIND_INT(ns->numbers, &first, number);
	if (number)
		return !ss_group_has_living(number->task->group);
	/* Reaped, after all others; or it came into being without us. */
	for (number = ns->numbers; number; number = number->hh.next) {
		if (ss_group_has_living(number->task->group))
			return false;
	}
	return true;
}

int ss_deferred_add(struct ss_session *session, const struct ss_event *event,
		    const char *ns_name)
{
	struct ss_deferred *deferred;
	bool unborn;
	uint64_t ino;
	int r;

	/* A restarted call is told only once. */
	DL_FOREACH(session->deferred, deferred) {
		if (deferred->event.tid == event->tid)
			break;
	}
	r = ss_proc_namespace(event->tid, ns_name, &ino);
	if (r)
		ino = 0;
	unborn = r == -ENODATA && !strcmp(ns_name, "pid_for_children");
	if (!deferred) {
		deferred = calloc(1, sizeof(*deferred));
		if (!deferred)
			return -ENOMEM;
		DL_APPEND(session->deferred, deferred);
	}
	deferred->event = *event;
	ss_path_put(deferred->path);
	deferred->path = ss_path_get(
		ss_model_task(session->model, event->tid)->path);
	deferred->ns_name = ns_name;
	deferred->ino = ino;
	deferred->unborn = unborn;
	deferred->unsure = false;
	return 0;
}

/*
 * Has the call changed the namespace?  One for pids without an init yet cannot
 * be seen: if the old one could, it has; but who is at its end has none of them
 * any more.  Where nobody may look now, or might before, it is taken to have
 * failed.
 */
static bool has_changed(struct ss_session *session,
			struct ss_deferred *deferred)
{
	pid_t tid = deferred->event.tid;
	uint64_t ino;
	int r = ss_proc_namespace(tid, deferred->ns_name, &ino);

	if (r == -ESRCH)
		return false;
	if (r == -ENODATA)
		return deferred->ino &&
			!strcmp(deferred->ns_name, "pid_for_children") &&
			!ss_proc_namespace(tid, "uts", &ino);
	/* That one's init the task can only have made after the call. */
	if (!r && (deferred->ino || deferred->unborn))
		return ino != deferred->ino;
	if (!deferred->unsure)
		session->stats.namespaces_unsure++;
	deferred->unsure = true;
	return false;
}

/* Who was killed after that has no other namespaces any more, but this one. */
static void settle_dead(struct ss_session *session,
			struct ss_deferred *deferred)
{
	struct ss_event event = {
		.type = SS_EVENT_CREDS_CHANGE,
		.tid = deferred->event.tid,
	};

	if (!strcmp(deferred->ns_name, "user") &&
	    has_changed(session, deferred))
		ss_tell(session, &event);
}

/* NULL: it has gone, and its number may be somebody else's: that of a new task,
   or, if it was a leader, of a thread that has execed. */
static const struct ss_task *task_of(const struct ss_session *session,
				     const struct ss_deferred *deferred)
{
	const struct ss_task *task = ss_model_task(session->model,
						   deferred->event.tid);

	return task && task->path == deferred->path ? task : NULL;
}

static void drop_deferred(struct ss_session *session,
			  struct ss_deferred *deferred)
{
	DL_DELETE(session->deferred, deferred);
	ss_path_put(deferred->path);
	free(deferred);
}

void ss_deferred_settle(struct ss_session *session, pid_t tid)
{
	struct ss_deferred *deferred, *tmp;

	DL_FOREACH_SAFE(session->deferred, deferred, tmp) {
		const struct ss_task *task = task_of(session, deferred);
		bool lives = task && !task->zombie && !task->leaving;
		bool mine = deferred->event.tid == tid, changed = false;

		if (lives && (mine || !tid))
			changed = has_changed(session, deferred);
		if (changed)
			ss_tell(session, &deferred->event);
		else if (task && task->zombie)
			settle_dead(session, deferred);
		if (changed || mine || !lives)
			drop_deferred(session, deferred);
	}
}

bool ss_deferred_users_settle(struct ss_session *session)
{
	const struct ss_deferred *deferred;
	bool settled = true;

	/* The look comes after the call, or it is not the last one. */
	DL_FOREACH(session->deferred, deferred) {
		if (!strcmp(deferred->ns_name, "user") &&
		    ss_facts_last_call(session, deferred->event.tid) !=
		    SS_LAST_CALL_OVER)
			settled = false;
	}
	ss_deferred_settle(session, 0);
	return settled;
}

/* A task whose unshare may be copying this one's table, or 0. */
static pid_t find_copier(const struct ss_session *session,
			 const struct ss_task *task)
{
	const struct ss_files *files = ss_task_files(task);
	const struct ss_deferred *deferred;
	const struct ss_task *other;

	if (!files || files->r.refs < 2)
		return 0;
	DL_FOREACH(session->deferred, deferred) {
		if (deferred->event.type != SS_EVENT_UNSHARE ||
		    !(deferred->event.flags & CLONE_FILES))
			continue;
		other = task_of(session, deferred);
		if (other && ss_task_files(other) == files)
			return other->tid;
	}
	return 0;
}

bool ss_deferred_copies(struct ss_session *session, const struct ss_task *task)
{
	pid_t tid;

	/* Settled, it is none any more. */
	while ((tid = find_copier(session, task))) {
		if (ss_facts_last_call(session, tid) != SS_LAST_CALL_OVER)
			return true;
		ss_deferred_settle(session, tid);
	}
	return false;
}

void ss_deferred_release(struct ss_session *session)
{
	struct ss_deferred *deferred, *tmp;

	DL_FOREACH_SAFE(session->deferred, deferred, tmp)
		drop_deferred(session, deferred);
}
