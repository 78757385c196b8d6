/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* The user namespaces of a task; where they cannot be seen (a zombie's, say),
   ours: capabilities in them are then nobody's inside. */
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

int ss_facts_creds(struct ss_session *session, const struct ss_task *task)
{
	struct ss_proc_status status;
	struct ss_event_creds creds;
	struct ss_event event = {
		.type = SS_EVENT_CREDS,
		.tid = task->tid,
		.creds = &creds,
	};
	int r = ss_proc_status(task->tid, &status);

	if (r)
		return r;
	memset(&creds, 0, sizeof(creds));
	memcpy(creds.uid, status.uid, sizeof(creds.uid));
	memcpy(creds.gid, status.gid, sizeof(creds.gid));
	creds.permitted = status.cap_permitted;
	creds.effective = status.cap_effective;
	read_userns(session, task->tid, &creds);
	ss_tell(session, &event);
	return 0;
}

/* What set*id calls have done to its memory: the credentials of those who made
   them tell. */
static void settle_set_id(struct ss_session *session,
			  const struct ss_task *task)
{
	struct ss_task *other, *tmp;

	if (!task->group->set_id)
		return;
	HASH_ITER(hh, session->model->tasks, other, tmp) {
		if (other->before.known && ss_task_shares_mm(other, task))
			(void)!ss_facts_creds(session, other);
	}
}

/*
 * /proc's files belong to root if the memory is not dumpable; and if there is
 * none, because the task is on its way out: UNKNOWN then.  -errno.
 */
static int look_at_owner(const struct ss_task *task, enum ss_dumpable *ret)
{
	const struct ss_creds *creds = &task->creds;
	struct ss_proc_stat stat;
	uid_t uid;
	gid_t gid;
	int r;

	/*
	 * For root that tells nothing; nor in a nested user namespace, whose
	 * root may be the task's own id.  Then: as execve leaves it.
	 */
	if (creds->uid[1] == 0 || !creds->userns || creds->userns->parent) {
		*ret = creds->uid[0] == creds->uid[1] &&
			creds->gid[0] == creds->gid[1] ?
			SS_DUMPABLE_YES : SS_DUMPABLE_NO;
		return 0;
	}
	r = ss_proc_owner(task->tid, &uid, &gid);
	if (!r && uid == creds->uid[1]) {
		*ret = SS_DUMPABLE_YES;
		return 0;
	}
	if (!r)
		r = ss_proc_stat(task->tid, &stat);
	if (!r)
		*ret = stat.flags & SS_PROC_EXITING ? SS_DUMPABLE_UNKNOWN :
			SS_DUMPABLE_NO;
	return r;
}

/* Whoever still has the memory tells.  Nobody: then the kernel does not ask
   for it any more, and permits. */
static enum ss_dumpable look_at_others(struct ss_session *session,
				       const struct ss_task *task)
{
	enum ss_dumpable found;
	struct ss_task *other, *tmp;

	HASH_ITER(hh, session->model->tasks, other, tmp) {
		if (other == task || ss_task_mm(other) != ss_task_mm(task) ||
		    (!other->creds.known && ss_facts_creds(session, other)))
			continue;
		if (!look_at_owner(other, &found) &&
		    found != SS_DUMPABLE_UNKNOWN)
			return found;
	}
	return SS_DUMPABLE_YES;
}

int ss_facts_dumpable(struct ss_session *session, const struct ss_task *task)
{
	struct ss_event event = {
		.type = SS_EVENT_DUMPABLE,
		.tid = task->tid,
	};
	const struct ss_mm *mm = ss_task_mm(task);
	int r;

	settle_set_id(session, task);
	event.dumpable = mm ? mm->dumpable : task->dumpable;
	if (mm && event.dumpable == SS_DUMPABLE_UNKNOWN) {
		r = look_at_owner(task, &event.dumpable);
		if (r)
			return r;
		if (event.dumpable == SS_DUMPABLE_UNKNOWN)
			event.dumpable = look_at_others(session, task);
	}
	ss_tell(session, &event);
	return 0;
}

int ss_deferred_add(struct ss_session *session, const struct ss_event *event,
		    const char *ns_name)
{
	struct ss_deferred *deferred;
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
	if (!deferred) {
		deferred = calloc(1, sizeof(*deferred));
		if (!deferred)
			return -ENOMEM;
		DL_APPEND(session->deferred, deferred);
	}
	deferred->event = *event;
	deferred->ns_name = ns_name;
	deferred->ino = ino;
	return 0;
}

/* Has the call changed the namespace?  One for pids without an init yet cannot
   be seen: if the old one could, it has. */
static bool has_changed(const struct ss_deferred *deferred)
{
	uint64_t ino;

	if (ss_proc_namespace(deferred->event.tid, deferred->ns_name, &ino))
		return deferred->ino &&
			!strcmp(deferred->ns_name, "pid_for_children");
	return ino != deferred->ino;
}

void ss_deferred_settle(struct ss_session *session, pid_t tid)
{
	struct ss_deferred *deferred, *tmp;

	DL_FOREACH_SAFE(session->deferred, deferred, tmp) {
		const struct ss_task *task =
			ss_model_task(session->model, deferred->event.tid);
		bool lives = task && !task->zombie && !task->leaving;
		bool mine = deferred->event.tid == tid, changed = false;

		if (lives && (mine || !tid))
			changed = has_changed(deferred);
		if (changed)
			ss_tell(session, &deferred->event);
		if (changed || mine || !lives) {
			DL_DELETE(session->deferred, deferred);
			free(deferred);
		}
	}
}

void ss_deferred_release(struct ss_session *session)
{
	struct ss_deferred *deferred, *tmp;

	DL_FOREACH_SAFE(session->deferred, deferred, tmp) {
		DL_DELETE(session->deferred, deferred);
		free(deferred);
	}
}
