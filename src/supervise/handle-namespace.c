/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handlers of unshare and setns.  Of many of these nothing tells at entry
 * whether the kernel will refuse them: they are deferred (facts.h).
 */
#include "supervise/handle.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/facts.h"
#include "supervise/privilege.h"

#define LINK_MAX_LENGTH		64

/* A namespace that a call with these flags changes, or NULL. */
static const char *changed_namespace(uint64_t flags)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{ CLONE_NEWUSER, "user" },
		{ CLONE_NEWNS, "mnt" },
		{ CLONE_NEWUTS, "uts" },
		{ CLONE_NEWIPC, "ipc" },
		{ CLONE_NEWNET, "net" },
		{ CLONE_NEWCGROUP, "cgroup" },
		{ CLONE_NEWPID, "pid_for_children" },
		{ CLONE_NEWTIME, "time_for_children" },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(names); i++) {
		if (flags & names[i].flag)
			return names[i].name;
	}
	return NULL;
}

/*
 * With a pid namespace for its children that has no init yet the caller is
 * refused another; and that one cannot be seen, so no link would tell.
 */
static bool pidns_is_refused(const struct ss_task *task, uint64_t flags)
{
	uint64_t ino;

	return (flags & CLONE_NEWPID) && task->pidns_moved &&
		ss_proc_namespace(task->tid, "pid_for_children", &ino);
}

/* What a new namespace takes, if no user namespace comes with it, in which the
   caller would have that. */
static bool lacks_rights(const struct ss_task *task, uint64_t flags)
{
	return !(flags & CLONE_NEWUSER) &&
		!(ss_task_creds(task)->effective >> SS_CAP_SYS_ADMIN & 1);
}

/* The kernel's own threads, of an io_uring, are in the group, too. */
static bool has_other_threads(const struct ss_handling *h)
{
	struct ss_tids list = { 0 };
	bool others;

	if (!h->session->model->rings ||
	    ss_proc_threads_all(h->task->group->tgid, &list))
		return false;
	others = list.count > 1;
	ss_tids_release(&list);
	return others;
}

bool ss_handle_unshare(struct ss_handling *h)
{
	struct ss_event event = {
		.type = SS_EVENT_UNSHARE,
		.tid = h->task->tid,
		.flags = h->call->flags,
	};
	const char *name = changed_namespace(h->call->flags);

	/* The thread that it made last may not be in the model yet, and those
	   that were joined may not have gone. */
	ss_settle_creator(h->session, h->task);
	ss_leavers_sweep(h->session, h->task->group);
	ss_workers_look(h->session, h->task->group->tgid);
	ss_deaths_drain(h->session);
	if (!name &&
	    !ss_sharers_are_settled(h->session, h->task, h->call->flags) &&
	    ss_call_waits(h))
		return false;
	if (!ss_call_is_there(h))
		return false;
	if (ss_unshare_is_refused(h->task, h->call->flags) ||
	    pidns_is_refused(h->task, h->call->flags)) {
		ss_unsharing_note(h->session, h->task);
		return true;
	}
	if (!name) {
		if (!(event.flags & (CLONE_THREAD | CLONE_SIGHAND |
				     CLONE_VM)) || !has_other_threads(h))
			ss_tell_when_let_on(h->session, &event);
		return true;
	}
	if (!h->task->creds_known && ss_facts_creds(h->session, h->task))
		return false;
	if (lacks_rights(h->task, event.flags))
		return true;
	if (ss_deferred_add(h->session, &event, name))
		h->session->failure = -ENOMEM;
	return true;
}

#define SETNS_VALID	((uint64_t)CLONE_NEWNS | CLONE_NEWCGROUP | \
			 CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
			 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

/* By pidfd: the flags say which of its namespaces.  The dead have none, and
   then the call fails whatever the flags are. */
static uint64_t setns_pidfd_flags(struct ss_handling *h, uint64_t *ret_ino)
{
	uint64_t type = h->call->setns.type;
	pid_t tid = 0;
	int r;

	r = ss_proc_pidfd(h->task->tid, h->call->setns.fd, &tid);
	/* None, or one that was opened again with O_PATH. */
	if (r == -EBADMSG || r == -EBADF)
		return 0;
	if (r || !tid)
		return type;
	if (tid < 0)
		return 0;
	r = ss_proc_namespace(tid, "ipc", ret_ino);
	return r == -ENODATA || r == -ESRCH ? 0 : type;
}

/* Where the descriptor cannot be had: by its name, if nobody has mounted that
   elsewhere. */
static uint64_t flags_by_name(struct ss_handling *h, uint64_t *ret_ino)
{
	static const struct {
		const char *prefix;
		uint64_t flag;
	} links[] = {
		{ "ipc:[", CLONE_NEWIPC },
		{ "user:[", CLONE_NEWUSER },
		{ "pid:[", CLONE_NEWPID },
	};
	char link[LINK_MAX_LENGTH];
	size_t i;

	if (ss_proc_fd_link(h->task->tid, h->call->setns.fd, link,
			    sizeof(link)))
		return 0;
	for (i = 0; i < SS_ARRAY_SIZE(links); i++) {
		if (strncmp(link, links[i].prefix, strlen(links[i].prefix)))
			continue;
		*ret_ino = strtoull(link + strlen(links[i].prefix), NULL, 10);
		return links[i].flag;
	}
	return 0;
}

/* Which namespaces setns will enter, as CLONE_NEW* flags (0: none), and the
   inode where one is named.  by_pidfd: they are somebody's, who may end; not
   those of a file, which keeps its namespace. */
static uint64_t setns_flags(struct ss_handling *h, uint64_t *ret_ino,
			    bool *ret_by_pidfd)
{
	uint64_t flag = 0, type = h->call->setns.type;
	int r = ss_identify_namespace(h->session, h->task, h->call->setns.fd,
				      &flag, ret_ino);

	if (r == -EBADF || !ss_call_is_there(h))
		return 0;
	if (r && r != -ENOTTY)
		flag = flags_by_name(h, ret_ino);
	*ret_by_pidfd = !flag;
	if (!flag)
		return setns_pidfd_flags(h, ret_ino);
	return !type || type == flag ? flag : 0;
}

/* Does the caller have the capability in the namespace that owns its own ipc
   namespace?  (One below its user namespace it would own.) */
static bool may_enter_own_ipc(const struct ss_task *task)
{
	const struct ss_userns *mine = ss_task_creds(task)->userns, *ns;
	uint64_t owner;

	if (ss_proc_namespace_owner(task->tid, "ipc", &owner))
		return false;
	for (ns = mine; ns; ns = ns->parent) {
		if (ns->ino == owner)
			return ss_creds_capable(ss_task_creds(task), ns,
						SS_CAP_SYS_ADMIN);
	}
	return true;
}

/* In a user namespace that is not its own the caller has more capabilities than
   before, which counts as a set*id call does.  false: it has gone. */
static bool changes_creds(struct ss_handling *h)
{
	const struct ss_mm *mm = ss_task_mm(h->task);
	struct ss_event event = {
		.type = SS_EVENT_CREDS_CHANGE,
		.tid = h->task->tid,
		.set_id = true,
	};

	ss_facts_commit(h->session);
	if (mm && mm->dumpable == SS_DUMPABLE_UNKNOWN &&
	    !ss_creds_nested(ss_task_creds(h->task)))
		(void)!ss_facts_dumpable(h->session, h->task);
	if (!ss_call_is_there(h))
		return false;
	ss_tell_when_let_on(h->session, &event);
	h->session->creds_changed = true;
	return true;
}

bool ss_handle_setns(struct ss_handling *h)
{
	struct ss_event event = {
		.type = SS_EVENT_UNDO_DROP,
		.tid = h->task->tid,
	};
	uint64_t flags, target = 0, own = 0;
	const char *name = NULL;
	bool by_pidfd = false;

	flags = setns_flags(h, &target, &by_pidfd);
	if (!ss_call_is_there(h))
		return false;
	/* What it refuses because others share something with the caller need
	   not be known: those may be about to end. */
	if (!(flags & (CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID)) ||
	    (flags & ~SETNS_VALID))
		return true;
	if (!h->task->creds_known && ss_facts_creds(h->session, h->task))
		return false;
	if ((flags & CLONE_NEWUSER) && !changes_creds(h))
		return false;
	if (flags & CLONE_NEWPID)
		ss_call_tells(h, SS_EVENT_PIDNS_CHANGE);
	if (!(flags & CLONE_NEWIPC))
		return true;
	/* Another one shows in the link.  Entering one's own drops the undo
	   list too, and shows nowhere; but nobody enters his own user
	   namespace.  (That is refused to who has other threads, or shares the
	   fs; they may be on their way out, so it is looked at afterwards.) */
	if (flags & CLONE_NEWUSER)
		name = "user";
	else if (target && !ss_proc_namespace(h->task->tid, "ipc", &own) &&
		 target != own)
		name = "ipc";
	if (name) {
		if (ss_deferred_add(h->session, &event, name))
			h->session->failure = -ENOMEM;
	} else if (may_enter_own_ipc(h->task)) {
		/* Whose namespaces they are may end before it comes so far. */
		if (by_pidfd && h->task->resources[SS_KIND_UNDO])
			h->session->stats.namespaces_unsure++;
		ss_tell_when_let_on(h->session, &event);
	}
	return true;
}
