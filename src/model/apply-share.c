/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How sharing changes within a life: unshare (kernel/fork.c), semop
 * (ipc/sem.c), ioprio (block/blk-ioc.c), credentials.
 */
#include "model/event-apply.h"

#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#define UNSHARE_VALID	(CLONE_THREAD | CLONE_FS | CLONE_NEWNS | \
			 CLONE_SIGHAND | CLONE_VM | CLONE_FILES | \
			 CLONE_SYSVSEM | CLONE_NEWUTS | CLONE_NEWIPC | \
			 CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWPID | \
			 CLONE_NEWCGROUP | CLONE_NEWTIME)

/* Namespaces: whether they changed can be seen. */
#define UNSHARE_SHOWS	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | \
			 CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWPID | \
			 CLONE_NEWCGROUP | CLONE_NEWTIME)

/* ksys_unshare(): what one flag implies. */
static uint64_t unshare_implied(uint64_t flags)
{
	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	return flags;
}

/* check_unshare_flags() */
bool ss_unshare_is_refused(const struct ss_task *task, uint64_t flags)
{
	const struct ss_task *t = task->group->tasks;

	flags = unshare_implied(flags);
	if (flags & ~(uint64_t)UNSHARE_VALID)
		return true;
	/* Then a link of /proc tells better than what we believe. */
	if (flags & UNSHARE_SHOWS)
		return false;
	if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) {
		/* A thread that is leaving has not left for certain. */
		if (t->next)
			return true;
	}
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) &&
	    task->resources[SS_KIND_SIGHAND]->refs > 1)
		return true;
	return (flags & CLONE_VM) && task->resources[SS_KIND_MM]->refs > 1;
}

int ss_apply_unshare(ss_unused struct ss_model *model, struct ss_task *task,
		     const struct ss_event *event)
{
	uint64_t flags = unshare_implied(event->flags);
	struct ss_resource *fs = NULL;
	unsigned int changed = 0;
	int r = 0;

	/* A mount namespace comes with an fs of its own, shared or not. */
	if ((flags & CLONE_NEWNS) ||
	    ((flags & CLONE_FS) && task->resources[SS_KIND_FS]->refs > 1)) {
		fs = ss_resource_new(SS_KIND_FS, task->path,
				     task->made[SS_KIND_FS] + 1);
		if (!fs)
			return -ENOMEM;
	}
	if ((flags & CLONE_FILES) && ss_task_files(task)->r.refs > 1)
		r = ss_task_split_files(task);
	if (r) {
		ss_resource_put(fs);
		return r;
	}
	if (fs) {
		task->made[SS_KIND_FS]++;
		ss_task_set(task, SS_KIND_FS, fs);
		changed |= 1u << SS_KIND_FS;
	}
	if ((flags & (CLONE_NEWIPC | CLONE_SYSVSEM)) &&
	    task->resources[SS_KIND_UNDO]) {
		ss_task_set(task, SS_KIND_UNDO, NULL);
		changed |= 1u << SS_KIND_UNDO;
	}
	if (changed)
		ss_task_fly_sharing(task, changed);
	if (flags & CLONE_NEWPID)
		task->pidns_moved = true;
	if (flags & CLONE_NEWUSER) {
		ss_task_pin_userns(task);
		task->creds_known = false;
	}
	return 0;
}

int ss_apply_undo(ss_unused struct ss_model *model, struct ss_task *task,
		  ss_unused const struct ss_event *event)
{
	struct ss_resource *undo;

	if (task->resources[SS_KIND_UNDO])
		return 0;
	undo = ss_task_make(task, SS_KIND_UNDO);
	if (!undo)
		return -ENOMEM;
	ss_task_set(task, SS_KIND_UNDO, undo);
	ss_task_fly_sharing(task, 1u << SS_KIND_UNDO);
	return 0;
}

int ss_apply_undo_drop(ss_unused struct ss_model *model, struct ss_task *task,
		       ss_unused const struct ss_event *event)
{
	ss_task_set(task, SS_KIND_UNDO, NULL);
	ss_task_fly_sharing(task, 1u << SS_KIND_UNDO);
	return 0;
}

int ss_apply_at_random(ss_unused struct ss_model *model,
		       struct ss_task *task, const struct ss_event *event)
{
	if (ss_task_mm(task))
		ss_task_mm(task)->at_random = event->address;
	return 0;
}

int ss_apply_io(ss_unused struct ss_model *model, struct ss_task *task,
		const struct ss_event *event)
{
	struct ss_resource *io = task->resources[SS_KIND_IO];

	/* None is made for a task that exits. */
	if (task->zombie || (task->fading && !io))
		return 0;
	if (!io) {
		/* PF_EXITING: it gets none any more. */
		if (task->fading)
			return 0;
		io = ss_task_make(task, SS_KIND_IO);
		if (!io)
			return -ENOMEM;
		ss_task_set(task, SS_KIND_IO, io);
	}
	((struct ss_ioc *)io)->io_class = event->io_class;
	return 0;
}

/* Who ends now keeps what the memory was before, or what it will be. */
static void contest(struct ss_mm *mm)
{
	if (mm->r.refs > 1)
		mm->contested = true;
}

int ss_apply_creds_change(struct ss_model *model, struct ss_task *task,
			  const struct ss_event *event)
{
	if (event->set_id && task->creds_known) {
		ss_creds_put(&model->creds, task->before);
		task->before = ss_creds_get(task->creds);
		if (ss_task_mm(task)) {
			ss_task_mm(task)->set_id = true;
			contest(ss_task_mm(task));
		}
	}
	ss_task_pin_userns(task);
	task->creds_known = false;
	ss_task_land(task);
	task->flight.kind = SS_FLIGHT_CREDS;
	return 0;
}

/* cred_cap_issubset(): the owner of a namespace, in its parent, has all the
   capabilities there are in it and below. */
static bool has_more(const struct ss_creds *was, const struct ss_creds *now)
{
	const struct ss_userns *ns = now->userns;

	if (ns == was->userns || !was->userns)
		return now->permitted & ~was->permitted;
	while (ns && !(ns->parent == was->userns && ns->owner == was->uid[1]))
		ns = ns->parent;
	return !ns;
}

/* commit_creds(): new effective or file system ids, or more capabilities. */
static bool is_commit(const struct ss_creds *was, const struct ss_creds *now)
{
	return was->uid[1] != now->uid[1] || was->gid[1] != now->gid[1] ||
		was->uid[3] != now->uid[3] || was->gid[3] != now->gid[3] ||
		has_more(was, now);
}

/*
 * Of memory in a nested user namespace shows which one it belongs to only if it
 * is not dumpable; and if the ids of the task differ, not whether it is, where
 * that makes no difference for those ids.  So it is looked at, not inferred.
 */
static enum ss_dumpable not_dumpable(const struct ss_creds *creds)
{
	return ss_creds_nested(creds) ? SS_DUMPABLE_UNKNOWN : SS_DUMPABLE_NO;
}

static void forget_before(struct ss_model *model, struct ss_task *task)
{
	ss_creds_put(&model->creds, task->before);
	task->before = NULL;
}

int ss_apply_commits_keep(struct ss_model *model,
			  ss_unused struct ss_task *task,
			  ss_unused const struct ss_event *event)
{
	model->commits_keep = true;
	return 0;
}

/*
 * A commit makes the memory what fs.suid_dumpable says: not dumpable, as good
 * as always.  Once that was something else, it is looked at.  A call in flight
 * that has not changed anything yet may do so still.
 */
static void creds_committed(struct ss_model *model, struct ss_task *task,
			    const struct ss_creds *now)
{
	struct ss_mm *mm = ss_task_mm(task);
	enum ss_dumpable *dumpable = mm ? &mm->dumpable : &task->dumpable;
	bool commit = task->before && is_commit(&task->before->creds, now);

	if (!task->before ||
	    (!commit && task->flight.kind == SS_FLIGHT_CREDS))
		return;
	forget_before(model, task);
	if (commit || *dumpable == SS_DUMPABLE_NO)
		*dumpable = model->commits_keep ? SS_DUMPABLE_UNKNOWN :
			not_dumpable(now);
}

/*
 * What set*id calls and execs did before is overruled, or was looked at: by all
 * who share the memory.  Not what those in flight will do.
 */
static void forget_set_id(struct ss_model *model, struct ss_task *task)
{
	struct ss_mm *mm = ss_task_mm(task);
	struct ss_task *t = mm && (mm->set_id || mm->r.refs > 1) ?
		ss_model_next(model, NULL) : NULL;

	if (task->flight.kind != SS_FLIGHT_CREDS)
		forget_before(model, task);
	if (mm)
		mm->set_id = false;
	for (; t; t = ss_model_next(model, t)) {
		if (ss_task_mm(t) != mm)
			continue;
		if (t->flight.kind != SS_FLIGHT_CREDS)
			forget_before(model, t);
		else if (t->before)
			mm->set_id = true;
	}
}

int ss_apply_dumpable(struct ss_model *model, struct ss_task *task,
		      const struct ss_event *event)
{
	enum ss_dumpable dumpable = event->dumpable;
	struct ss_mm *mm = ss_task_mm(task);

	if (event->setting && dumpable == SS_DUMPABLE_NO)
		dumpable = not_dumpable(ss_task_creds(task));
	if (mm)
		mm->dumpable = dumpable;
	else
		task->dumpable = dumpable;
	/* would_dump(): of an image that is foreign there, an outer one. */
	if (mm && event->userns)
		mm->userns = event->userns;
	forget_set_id(model, task);
	if (mm && event->setting) {
		ss_task_land(task);
		ss_task_fly_setting(task);
		contest(mm);
	}
	return 0;
}

int ss_apply_slot_use(ss_unused struct ss_model *model, struct ss_task *task,
		      const struct ss_event *event)
{
	ss_task_land(task);
	if (ss_task_files(task)) {
		ss_task_fly(task, event->range.first, event->range.last);
		task->flight.uses = true;
	}
	return 0;
}

int ss_apply_landlock(struct ss_model *model, struct ss_task *task,
		      const struct ss_event *event)
{
	struct ss_domain *domain = ss_domain_new(task->domain);

	if (!domain)
		return -ENOMEM;
	ss_domain_put(task->domain);
	task->domain = domain;
	return ss_apply_slot_use(model, task, event);
}

int ss_apply_handler(ss_unused struct ss_model *model, struct ss_task *task,
		     ss_unused const struct ss_event *event)
{
	ss_task_handlers(task)->interrupt = true;
	return 0;
}

int ss_apply_pidns_change(ss_unused struct ss_model *model,
			  struct ss_task *task,
			  ss_unused const struct ss_event *event)
{
	task->pidns_moved = true;
	return 0;
}

/* The host's first user namespace has a fixed inode (linux/proc_ns.h). */
#define INIT_USERNS_INO	0xeffffffdu

static struct ss_userns *userns_find(const struct ss_model *model,
				     uint64_t ino)
{
	struct ss_userns *ns;

	HASH_FIND(hh, model->userns, &ino, sizeof(ino), ns);
	return ns;
}

static struct ss_userns *userns_new(struct ss_model *model, uint64_t ino)
{
	struct ss_userns *ns = calloc(1, sizeof(*ns));

	if (!ns)
		return NULL;
	ns->ino = ino;
	HASH_ADD(hh, model->userns, ino, sizeof(ns->ino), ns);
	if (ss_hash_failed(ns)) {
		free(ns);
		return NULL;
	}
	return ns;
}

/* Those that an event has made known. */
struct added {
	struct ss_userns *ns[SS_EVENT_NS_MAX];
	unsigned int count;
};

static int userns_add(struct ss_model *model,
		      const struct ss_event_creds *from, struct added *added)
{
	unsigned int i;

	for (i = 0; i < from->namespaces; i++) {
		struct ss_userns *ns;

		if (userns_find(model, from->ino[i]))
			continue;
		ns = userns_new(model, from->ino[i]);
		if (!ns)
			return -ENOMEM;
		added->ns[added->count++] = ns;
	}
	return 0;
}

static void userns_remove(struct ss_model *model, struct added *added)
{
	while (added->count--) {
		HASH_DEL(model->userns, added->ns[added->count]);
		free(added->ns[added->count]);
	}
}

/* Numbers of namespaces come back: what was known may be of another. */
static struct ss_userns *userns_set(struct ss_model *model, uint64_t ino,
				    uid_t owner, struct ss_userns *parent)
{
	struct ss_userns *ns = userns_find(model, ino);

	ns->owner = owner;
	ns->parent = parent;
	ns->level = parent ? parent->level + 1 : 0;
	if (ino == INIT_USERNS_INO)
		model->init_userns = ns;
	return ns;
}

int ss_apply_creds(struct ss_model *model, struct ss_task *task,
		   const struct ss_event *event)
{
	const struct ss_event_creds *from = event->creds;
	struct ss_creds creds = ss_creds_told(from);
	struct ss_shared_creds *shared = NULL;
	struct ss_userns *parent = NULL;
	struct added added = { .count = 0 };
	unsigned int i = from->namespaces;

	if (!userns_add(model, from, &added)) {
		if (i)
			creds.userns = userns_find(model, from->ino[0]);
		shared = ss_creds_share(&model->creds, &creds);
	}
	if (!shared) {
		userns_remove(model, &added);
		return -ENOMEM;
	}
	while (i--)
		parent = userns_set(model, from->ino[i], from->owner[i],
				    parent);
	creds_committed(model, task, &creds);
	ss_creds_put(&model->creds, task->creds);
	task->creds = shared;
	task->creds_known = true;
	return 0;
}
