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

static const struct {
	uint64_t flag;
	const char *name;	/* the link of who has changed it */
	const char *given;	/* and of whom setns by pidfd has it from */
} kinds[] = {
	{ CLONE_NEWUSER, "user", "user" },
	{ CLONE_NEWNS, "mnt", "mnt" },
	{ CLONE_NEWUTS, "uts", "uts" },
	{ CLONE_NEWIPC, "ipc", "ipc" },
	{ CLONE_NEWNET, "net", "net" },
	{ CLONE_NEWCGROUP, "cgroup", "cgroup" },
	{ CLONE_NEWPID, "pid_for_children", "pid" },
	{ CLONE_NEWTIME, "time_for_children", "time" },
};

/* A namespace that a call with these flags changes, or NULL. */
static const char *changed_namespace(uint64_t flags)
{
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(kinds); i++) {
		if (flags & kinds[i].flag)
			return kinds[i].name;
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

/* The kernel's own threads, of an io_uring or a virtual machine, are in the
   group, too. */
static bool has_other_threads(const struct ss_handling *h)
{
	struct ss_tids list = { 0 };
	bool others;

	if (ss_proc_threads_all(h->task->group->tgid, &list))
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
	/* What the clones of the dead have made may have ended, unseen. */
	if (!name && (h->call->flags & (CLONE_THREAD | CLONE_SIGHAND |
					CLONE_VM))) {
		ss_orphans_find(h->session);
		if (!ss_call_is_there(h))
			return false;
	}
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
	/* It decides whether that one's priority may be set. */
	if ((event.flags & CLONE_NEWUSER) && ss_call_waits_for_ioprio(h))
		return false;
	if (ss_deferred_add(h->session, &event, name))
		h->session->failure = -ENOMEM;
	return true;
}

#define SETNS_VALID	((uint64_t)CLONE_NEWNS | CLONE_NEWCGROUP | \
			 CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
			 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

/* Where a setns goes to. */
struct entered {
	uint64_t flags;		/* CLONE_NEW*; 0: nowhere */
	uint64_t ino;		/* the file's, which keeps its namespace */
	bool by_pidfd;		/* those of somebody, who may end */
	pid_t tid;		/* that one, if his number is known, or 0 */
};

/* By pidfd: the flags say which of its namespaces.  The dead have none, and
   then the call fails whatever the flags are. */
static void find_entered_of(struct ss_handling *h, struct entered *ret)
{
	pid_t tid = 0;
	uint64_t ino;
	int r;

	ret->by_pidfd = true;
	r = ss_proc_pidfd(h->task->tid, h->call->setns.fd, &tid);
	/* None, or one that was opened again with O_PATH. */
	if (r == -EBADMSG || r == -EBADF || tid < 0)
		return;
	r = r || !tid ? 0 : ss_proc_namespace(tid, "ipc", &ino);
	if (r == -ENODATA || r == -ESRCH)
		return;
	ret->flags = h->call->setns.type;
	ret->tid = tid;
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

static void find_entered(struct ss_handling *h, struct entered *ret)
{
	uint64_t flag = 0, type = h->call->setns.type;
	int r = ss_identify_namespace(h->session, h->task, h->call->setns.fd,
				      &flag, &ret->ino);

	if (r == -EBADF || !ss_call_is_there(h))
		return;
	if (r && r != -ENOTTY)
		flag = flags_by_name(h, &ret->ino);
	if (!flag)
		find_entered_of(h, ret);
	else if (!type || type == flag)
		ret->flags = flag;
}

/* 0: it does not show, for it has no init yet, so nobody else is in it. */
static int find_own(const struct ss_task *task, const char *name,
		    uint64_t *ret)
{
	int r = ss_proc_namespace(task->tid, name, ret);

	if (r != -ENODATA || strcmp(name, "pid_for_children"))
		return r;
	*ret = 0;
	return 0;
}

/* The link that will show it, or NULL: the caller is there already.  (Nobody
   enters his own user namespace.) */
static const char *shown_by(const struct ss_task *task,
			    const struct entered *entered)
{
	uint64_t own, other;
	size_t i;

	if (entered->flags & CLONE_NEWUSER)
		return "user";
	if (entered->ino && !ss_proc_namespace(task->tid, "ipc", &own))
		return entered->ino != own ? "ipc" : NULL;
	for (i = 0; entered->tid && i < SS_ARRAY_SIZE(kinds); i++) {
		if ((entered->flags & kinds[i].flag) &&
		    !find_own(task, kinds[i].name, &own) &&
		    !ss_proc_namespace(entered->tid, kinds[i].given, &other) &&
		    own != other)
			return kinds[i].name;
	}
	return NULL;
}

/* Does the caller have the capability in the user namespace that owns this one
   of its own?  That one may be above its own, below, or neither. */
static bool may_enter_own(const struct ss_handling *h, const char *name)
{
	struct ss_userns own[SS_PROC_LEVELS_MAX];
	const struct ss_userns *owner;

	return !ss_facts_owner(h->session, h->task, name, own, &owner) &&
		ss_creds_capable(ss_task_creds(h->task), owner,
				 SS_CAP_SYS_ADMIN);
}

/* The same of all of them; and always in its own user namespace, too
   (ipcns_install() and the like). */
static bool may_enter_all_own(const struct ss_handling *h, uint64_t flags)
{
	const struct ss_creds *creds = ss_task_creds(h->task);
	size_t i;

	if (!(creds->effective >> SS_CAP_SYS_ADMIN & 1))
		return false;
	if ((flags & CLONE_NEWNS) &&
	    !(creds->effective >> SS_CAP_SYS_CHROOT & 1))
		return false;
	for (i = 0; i < SS_ARRAY_SIZE(kinds); i++) {
		if ((flags & kinds[i].flag) && !may_enter_own(h, kinds[i].name))
			return false;
	}
	return true;
}

/* Who has that number of ours, if he is inside; it may be of a clone that was
   not heard of so far. */
static struct ss_task *find_target(struct ss_handling *h, pid_t tid)
{
	const struct ss_model *model = h->session->model;
	struct ss_task *task = ss_model_task(model, tid);

	ss_deferred_settle(h->session, 0);
	if (task && task != h->task)
		(void)!ss_life_check(h->session, task);
	if (ss_call_is_there(h) && !ss_model_task(model, tid))
		ss_settle_number(h->session, h->task, tid);
	return ss_call_is_there(h) ? ss_model_task(model, tid) : NULL;
}

/*
 * By pidfd only who may look at that task enters its namespaces
 * (kernel/nsproxy.c).  Where we cannot tell, it may.
 */
static bool may_look_at(struct ss_handling *h, pid_t tid)
{
	const struct ss_model *model = h->session->model;
	struct ss_task *task = find_target(h, tid);
	bool asked = false;
	int r = 0;

	for (; !r && ss_call_is_there(h); task = ss_model_task(model, tid)) {
		/* Who is not inside is in no Landlock domain from here. */
		if (!task)
			return !h->task->domain;
		switch (asked ? ss_access_check_now(h->task, task,
						    model->init_userns) :
			ss_access_check(h->task, task, model->init_userns)) {
		case SS_ACCESS_ALLOWED:
			return true;
		case SS_ACCESS_DENIED:
			return false;
		case SS_ACCESS_NEED_CALLER:
			r = ss_facts_creds(h->session, h->task);
			break;
		case SS_ACCESS_NEED_TARGET:
			r = ss_facts_creds(h->session, task);
			break;
		case SS_ACCESS_NEED_DUMPABLE:
			r = asked ? -ENODATA :
				ss_facts_dumpable(h->session, task);
			asked = true;
			break;
		}
	}
	return true;
}

/* timens_install() takes who is alone.  false: it waits, or has gone. */
static bool find_whether_alone(struct ss_handling *h, bool *ret)
{
	enum ss_company company;

	/* Those of clones that were not heard of so far share with it, too. */
	ss_orphans_find(h->session);
	ss_settle_all(h->session);
	if (!ss_call_is_there(h))
		return false;
	company = ss_sharers_company(h->session, h->task);
	if (!ss_call_is_there(h) ||
	    (company == SS_COMPANY_ENDING && ss_call_waits(h)))
		return false;
	*ret = company == SS_COMPANY_NONE;
	/* It is refused, and they must not be gone before it is. */
	if (!*ret)
		ss_unsharing_note(h->session, h->task);
	return true;
}

/* May it?  false: it waits, or has gone. */
static bool enter_own(struct ss_handling *h, const struct entered *entered,
		      bool *ret)
{
	bool may = true;

	/* A clone that has failed has made nobody, but maybe an undo list. */
	ss_settle_creator(h->session, h->task);
	ss_leavers_sweep(h->session, h->task->group);
	ss_deaths_drain(h->session);
	if (!ss_call_is_there(h))
		return false;
	if ((entered->flags & CLONE_NEWTIME) && !find_whether_alone(h, &may))
		return false;
	if (may && entered->tid)
		may = may_look_at(h, entered->tid);
	if (!ss_call_is_there(h))
		return false;
	/* Whose namespaces they are may end before it comes so far, or get
	   other ids. */
	if (entered->by_pidfd && h->task->resources[SS_KIND_UNDO])
		h->session->stats.namespaces_unsure++;
	*ret = may && may_enter_all_own(h, entered->flags);
	return true;
}

/* Does it drop the undo list, as far as that shows already? */
static bool enter_ipc(struct ss_handling *h, const struct entered *entered,
		      bool *ret)
{
	const struct ss_event event = {
		.type = SS_EVENT_UNDO_DROP,
		.tid = h->task->tid,
	};
	const char *name;

	/* Another one shows in a link.  Entering one's own drops the undo list
	   too, and shows nowhere.  (A user namespace is refused to who has
	   other threads, or shares the fs; they may be on their way out, so it
	   is looked at afterwards.) */
	name = shown_by(h->task, entered);
	if (!name)
		return enter_own(h, entered, ret);
	if (ss_deferred_add(h->session, &event, name))
		h->session->failure = -ENOMEM;
	return true;
}

/* Which namespace it enters is in a slot: who takes that away waits. */
static void tell_use(struct ss_handling *h)
{
	const unsigned int fd = (unsigned int)h->call->setns.fd;
	const struct ss_event use = {
		.type = SS_EVENT_SLOT_USE,
		.tid = h->task->tid,
		.range = { .first = fd, .last = fd },
	};

	ss_tell_when_let_on(h->session, &use);
}

bool ss_handle_setns(struct ss_handling *h)
{
	const unsigned int fd = (unsigned int)h->call->setns.fd;
	struct entered entered = { 0 };
	bool drops = false;
	uint64_t flags;

	/* Whoever shares the table may be closing or replacing it. */
	if (ss_call_waits_for_slots(h, fd, fd, false))
		return false;
	find_entered(h, &entered);
	if (!ss_call_is_there(h))
		return false;
	/* What it refuses because others share something with the caller need
	   not be known: those may be about to end. */
	flags = entered.flags & ~SETNS_VALID ? 0 : entered.flags;
	if ((flags & (CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID)) &&
	    !h->task->creds_known && ss_facts_creds(h->session, h->task))
		return false;
	/* In a user namespace that is not its own it has more capabilities than
	   before, which counts as a set*id call does. */
	if ((flags & CLONE_NEWUSER) && !ss_call_changes_creds(h))
		return false;
	if ((flags & CLONE_NEWIPC) && !enter_ipc(h, &entered, &drops))
		return false;
	/* One call is in flight for one thing: here for the credentials. */
	if (!(flags & CLONE_NEWUSER))
		tell_use(h);
	if (drops)
		ss_call_tells(h, SS_EVENT_UNDO_DROP);
	if (flags & CLONE_NEWPID)
		ss_call_tells(h, SS_EVENT_PIDNS_CHANGE);
	return true;
}
