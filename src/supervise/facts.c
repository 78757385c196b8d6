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

/* What set*id calls have done to it: their tasks' credentials tell. */
static void settle_set_id(struct ss_session *session,
			  const struct ss_group *group)
{
	struct ss_task *task;

	DL_FOREACH(group->tasks, task) {
		if (task->before.known)
			(void)!ss_facts_creds(session, task);
	}
}

static enum ss_dumpable look_at_owner(const struct ss_task *task, uid_t owner)
{
	const struct ss_creds *creds = &task->creds;
	bool yes;

	/*
	 * /proc's files belong to root if the memory is not dumpable, so for
	 * root they tell nothing; nor in a nested user namespace, whose root
	 * may be the task's own id.  Then: as execve leaves it.
	 */
	if (creds->uid[1] == 0 || !creds->userns || creds->userns->parent)
		yes = creds->uid[0] == creds->uid[1] &&
			creds->gid[0] == creds->gid[1];
	else
		yes = owner == creds->uid[1];
	return yes ? SS_DUMPABLE_YES : SS_DUMPABLE_NO;
}

int ss_facts_dumpable(struct ss_session *session, const struct ss_task *task)
{
	struct ss_event event = {
		.type = SS_EVENT_DUMPABLE,
		.tid = task->tid,
	};
	const struct ss_mm *mm = ss_task_mm(task);
	uid_t uid;
	gid_t gid;
	int r;

	settle_set_id(session, task->group);
	event.dumpable = mm ? mm->dumpable : task->dumpable;
	if (mm && event.dumpable == SS_DUMPABLE_UNKNOWN) {
		r = ss_proc_owner(task->tid, &uid, &gid);
		if (r)
			return r;
		event.dumpable = look_at_owner(task, uid);
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
