/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How tasks begin.  What a child gets is decided when clone enters
 * (kernel/fork.c, copy_process() and the copy_*() functions) and kept with
 * the pending clone until the child is known.
 */
#include "model/event-apply.h"

#include <errno.h>
#include <linux/sched.h>
#include <utlist.h>

#include "base/check.h"

#define IO_CLASS_NONE	0	/* IOPRIO_CLASS_NONE */
#define IO_CLASS_IDLE	3

bool ss_clone_is_refused(uint64_t flags)
{
	/* all of the first without some of the second: copy_process() */
	static const struct {
		uint64_t all, none;
	} refused[] = {
		{ CLONE_NEWNS | CLONE_FS, 0 },
		{ CLONE_NEWUSER | CLONE_FS, 0 },
		{ CLONE_THREAD, CLONE_SIGHAND },
		{ CLONE_SIGHAND, CLONE_VM },
		{ CLONE_THREAD | CLONE_NEWUSER, 0 },
		{ CLONE_THREAD | CLONE_NEWPID, 0 },
		{ CLONE_SIGHAND | CLONE_CLEAR_SIGHAND, 0 },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(refused); i++) {
		if ((flags & refused[i].all) == refused[i].all &&
		    !(refused[i].none && (flags & refused[i].none)))
			return true;
	}
	return false;
}

/* SIGNAL_UNKILLABLE: the first process of its pid namespace. */
static bool is_init(const struct ss_group *group)
{
	const struct ss_task *leader = group->tasks;

	return leader->levels && leader->numbers[leader->levels - 1]->nr == 1;
}

/* The task's undo list, made if it has none: copy_semundo(). */
static int undo_get(struct ss_task *task, struct ss_pending *pending)
{
	if (!task->resources[SS_KIND_UNDO]) {
		struct ss_resource *undo = ss_task_make(task, SS_KIND_UNDO);

		if (!undo)
			return -ENOMEM;
		task->resources[SS_KIND_UNDO] = undo;
		task->undo_new = true;
		pending->undo_made = true;
	}
	pending->resources[SS_KIND_UNDO] =
		ss_resource_get(task->resources[SS_KIND_UNDO]);
	return 0;
}

static int pending_files(struct ss_pending *pending, struct ss_task *task)
{
	struct ss_files *files = ss_task_files(task), *copy;

	if (!files)
		return 0;
	if (pending->flags & CLONE_FILES) {
		if (!(pending->flags & CLONE_THREAD))
			files->crosses = true;
		pending->resources[SS_KIND_FILES] = ss_resource_get(&files->r);
		return 0;
	}
	copy = ss_files_copy(files, pending->path, 1);
	if (!copy)
		return -ENOMEM;
	pending->resources[SS_KIND_FILES] = &copy->r;
	ss_copy_start(&pending->copy, files, copy);
	return 0;
}

/* copy_io(): NULL gives NULL; a class that says something is inherited. */
static void pending_io(struct ss_pending *pending, struct ss_task *task)
{
	struct ss_ioc *ioc = (struct ss_ioc *)task->resources[SS_KIND_IO];

	if (!ioc)
		return;
	if (pending->flags & CLONE_IO) {
		pending->resources[SS_KIND_IO] = ss_resource_get(&ioc->r);
	} else if (ioc->io_class > IO_CLASS_NONE &&
		   ioc->io_class <= IO_CLASS_IDLE) {
		pending->io_new = true;
		pending->io_class = ioc->io_class;
	}
}

static int pending_fill(struct ss_pending *pending, struct ss_task *task)
{
	static const struct {
		uint64_t flag;
		enum ss_kind kind;
	} shared[] = {
		{ CLONE_VM, SS_KIND_MM },
		{ CLONE_FS, SS_KIND_FS },
		{ CLONE_SIGHAND, SS_KIND_SIGHAND },
	};
	size_t i;
	int r;

	pending->path = ss_path_new(task->path, task->clones + 1);
	if (!pending->path)
		return -ENOMEM;
	r = pending_files(pending, task);
	if (r)
		return r;
	for (i = 0; i < SS_ARRAY_SIZE(shared); i++) {
		if (pending->flags & shared[i].flag)
			pending->resources[shared[i].kind] = ss_resource_get(
				task->resources[shared[i].kind]);
	}
	/* Shared or copied, the memory keeps the namespace of its exec. */
	if (pending->flags & CLONE_NEWUSER)
		ss_task_pin_userns(task);
	if (ss_task_mm(task))
		pending->mm = *ss_task_mm(task);
	/* A copy is what set*id calls have made of it, or will have. */
	if (pending->mm.set_id)
		pending->mm.dumpable = SS_DUMPABLE_UNKNOWN;
	pending->interrupt = ss_task_handlers(task)->interrupt &&
		!(pending->flags & CLONE_CLEAR_SIGHAND);
	pending_io(pending, task);
	if (pending->flags & CLONE_SYSVSEM)
		r = undo_get(task, pending);
	return r;
}

static void set_parent(const struct ss_model *model, struct ss_group *group,
		       pid_t tgid)
{
	const struct ss_group *parent = ss_model_group(model, tgid);

	group->parent = tgid;
	group->parent_serial = parent ? parent->serial : 0;
}

int ss_apply_parent(struct ss_model *model, struct ss_task *task,
		    const struct ss_event *event)
{
	/* 0 would say that it is not known. */
	set_parent(model, task->group, event->parent ? event->parent : -1);
	return 0;
}

int ss_apply_clone(struct ss_model *model, struct ss_task *task,
		   const struct ss_event *event)
{
	uint64_t flags = event->clone.flags;
	struct ss_pending *pending;
	int r;

	if (task->pending)
		return -EINVAL;
	if (ss_clone_is_refused(flags) ||
	    ((flags & CLONE_PARENT) && is_init(task->group)))
		return 0;
	/* They are refused together: here before there is a list. */
	if ((flags & CLONE_NEWIPC) && (flags & CLONE_SYSVSEM) &&
	    event->clone.fate == SS_FATE_EARLY)
		return 0;
	pending = calloc(1, sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	pending->flags = flags;
	pending->last = event->clone.last;
	pending->fate = event->clone.fate;
	pending->creator_tid = task->tid;
	pending->tgid = task->group->tgid;
	pending->parent = event->clone.parent ? event->clone.parent :
		flags & (CLONE_PARENT | CLONE_THREAD) ?
		task->group->parent : task->group->tgid;
	pending->nested = task->levels || task->pidns_moved ||
		(flags & CLONE_NEWPID);
	pending->creds = ss_creds_get(task->creds);
	pending->creds_known = task->creds_known && !(flags & CLONE_NEWUSER);
	/* Of memory that both have, it tells what became of that. */
	if (!(flags & CLONE_VM))
		pending->before = ss_creds_get(task->before);
	pending->domain = ss_domain_get(task->domain);
	pending->serial = ++model->pending_serial;
	DL_APPEND(model->pendings, pending);
	model->pending_count++;
	r = pending_fill(pending, task);
	if (r) {
		ss_pending_free(model, pending);
		return r;
	}
	/* Who had it before has died. */
	if (event->clone.parent)
		set_parent(model, task->group, event->clone.parent);
	pending->creator = task;
	task->pending = pending;
	task->cloning = true;
	task->clone_flags = flags;
	task->clone_call = event->clone.call;
	task->clone_since = event->clone.since;
	task->clones++;
	task->unborn = true;
	/* copy_namespaces() refuses this one last: the list stays.  (If it
	   comes so far: a user namespace is made before the list.) */
	if ((flags & CLONE_NEWIPC) && (flags & CLONE_SYSVSEM) &&
	    !(flags & CLONE_NEWUSER))
		ss_pending_free(model, pending);
	return 0;
}

int ss_apply_clone_pass(struct ss_model *model, struct ss_task *task,
			const struct ss_event *event)
{
	struct ss_pending *pending = ss_model_pending(model,
						      event->child.pending);

	if (!pending || task->pending)
		return -EINVAL;
	if (pending->creator) {
		pending->creator->pending = NULL;
		pending->creator->unborn = false;
	} else {
		model->orphan_count--;
	}
	ss_copy_end(&pending->copy);
	/* From now on it has the index of another's call. */
	task->unborn = false;
	pending->creator = task;
	pending->creator_tid = task->tid;
	pending->returned = !task->cloning;
	task->pending = pending;
	return 0;
}

static struct ss_pidns *pidns_get(struct ss_model *model, uint64_t ino,
				  unsigned int level)
{
	struct ss_pidns *ns = ss_model_pidns(model, ino);

	if (ns)
		return ns;
	ns = calloc(1, sizeof(*ns));
	if (!ns)
		return NULL;
	ns->ino = ino;
	ns->level = level;
	HASH_ADD(hh, model->pidns, ino, sizeof(ns->ino), ns);
	if (ss_hash_failed(ns)) {
		free(ns);
		return NULL;
	}
	return ns;
}

static int number_add(struct ss_model *model, struct ss_task *task,
		      uint64_t ino, pid_t nr)
{
	struct ss_number *number = calloc(1, sizeof(*number));
	struct ss_pidns *ns;

	if (!number)
		return -ENOMEM;
	ns = pidns_get(model, ino, task->levels + 1);
	if (!ns) {
		free(number);
		return -ENOMEM;
	}
	number->nr = nr;
	number->ns = ns;
	number->task = task;
	HASH_ADD_INT(ns->numbers, nr, number);
	if (ss_hash_failed(number)) {
		free(number);
		if (!ns->refs) {
			HASH_DEL(model->pidns, ns);
			free(ns);
		}
		return -ENOMEM;
	}
	ns->refs++;
	task->numbers[task->levels++] = number;
	return 0;
}

static struct ss_group *group_new(struct ss_model *model, pid_t tgid,
				  pid_t parent)
{
	struct ss_group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->tgid = tgid;
	set_parent(model, group, parent);
	group->serial = ++model->group_serial;
	model->groups++;
	return group;
}

/*
 * A task without resources, in `group` or in a new one (NULL) whose parent is
 * `parent`.  Takes a reference on path.
 */
static struct ss_task *task_new(struct ss_model *model, pid_t tid,
				struct ss_path *path, struct ss_group *group,
				pid_t parent)
{
	struct ss_task *task;

	if (ss_model_task(model, tid))
		return NULL;
	task = calloc(1, sizeof(*task));
	if (!task)
		return NULL;
	if (!group)
		group = group_new(model, tid, parent);
	if (!group) {
		free(task);
		return NULL;
	}
	task->tid = tid;
	ss_numbers_add(&model->tasks, &task->by_tid, tid);
	task->path = ss_path_get(path);
	task->group = group;
	DL_APPEND(group->tasks, task);
	if (model->tasks.count > model->peak)
		model->peak = model->tasks.count;
	return task;
}

/*
 * An ioprio_set waits until clones are settled, but not for ever: where it came
 * before, the class that is seen in the child tells.  Only NONE does not; then
 * as it was when clone entered.
 */
static int child_io(struct ss_task *task, const struct ss_pending *pending,
		    const struct ss_event *event)
{
	const struct ss_task *creator = pending->creator;
	struct ss_resource *r = pending->resources[SS_KIND_IO];
	bool known = event->child.io_known;
	int io_class = known ? event->child.io_class :
		pending->io_new ? pending->io_class : IO_CLASS_NONE;

	if ((pending->flags & CLONE_IO) && !r && io_class && creator)
		r = creator->resources[SS_KIND_IO];
	if (event->child.io_apart)
		r = NULL;
	if (r) {
		ss_task_set(task, SS_KIND_IO, ss_resource_get(r));
		return 0;
	}
	if (!io_class)
		return 0;
	r = ss_task_make(task, SS_KIND_IO);
	if (!r)
		return -ENOMEM;
	((struct ss_ioc *)r)->io_class = io_class;
	ss_task_set(task, SS_KIND_IO, r);
	return 0;
}

/* What the pending clone does not share is made now, named after the child. */
static int child_resources(struct ss_task *task, struct ss_pending *pending,
			   const struct ss_event *event)
{
	enum ss_kind kind;

	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		struct ss_resource *r = pending->resources[kind];

		if (kind == SS_KIND_IO)
			continue;
		if (r) {
			ss_task_set(task, kind, ss_resource_get(r));
			if (r->path == task->path)
				task->made[kind] = 1;
			continue;
		}
		if (kind == SS_KIND_UNDO || kind == SS_KIND_FILES)
			continue;
		r = ss_task_make(task, kind);
		if (!r)
			return -ENOMEM;
		ss_task_set(task, kind, r);
	}
	if (!(pending->flags & CLONE_VM)) {
		struct ss_mm *mm = ss_task_mm(task);

		mm->at_random = pending->mm.at_random;
		mm->dumpable = pending->mm.dumpable;
		mm->userns = pending->mm.userns;
	}
	if (!(pending->flags & CLONE_SIGHAND))
		ss_task_handlers(task)->interrupt = pending->interrupt;
	return child_io(task, pending, event);
}

static int child_numbers(struct ss_model *model, struct ss_task *task,
			 const struct ss_event_numbers *numbers)
{
	unsigned int i;
	int r = 0;

	if (!numbers || !numbers->levels)
		return 0;
	task->numbers = calloc(SS_PIDNS_LEVELS < numbers->levels ?
			       SS_PIDNS_LEVELS : numbers->levels,
			       sizeof(struct ss_number *));
	if (!task->numbers)
		return -ENOMEM;
	for (i = 0; !r && i < numbers->levels && i < SS_PIDNS_LEVELS; i++)
		r = number_add(model, task, numbers->ino[i], numbers->nr[i]);
	return r;
}

int ss_apply_child(struct ss_model *model, ss_unused struct ss_task *creator,
		   const struct ss_event *event)
{
	struct ss_pending *pending = ss_model_pending(model,
						      event->child.pending);
	struct ss_group *group = NULL;
	struct ss_task *task;
	int r;

	if (!pending)
		return -EINVAL;
	if (pending->flags & CLONE_THREAD) {
		group = ss_model_group(model, pending->tgid);
		if (!group)
			return -ESRCH;
	}
	if (ss_model_task(model, event->child.tid))
		return -EINVAL;
	task = task_new(model, event->child.tid, pending->path, group,
			pending->parent);
	if (!task)
		return -ENOMEM;
	r = child_resources(task, pending, event);
	if (!r)
		r = child_numbers(model, task, event->child.numbers);
	if (r) {
		ss_task_free(model, task);
		return r;
	}
	if (pending->creator) {
		pending->creator->unborn = false;
		if (pending->undo_made)
			pending->creator->undo_new = false;
	}
	task->born_by = event->child.born_by;
	task->creds = ss_creds_get(pending->creds);
	task->creds_known = pending->creds_known;
	task->before = ss_creds_get(pending->before);
	task->domain = ss_domain_get(pending->domain);
	ss_pending_free(model, pending);
	return 0;
}

int ss_apply_clone_end(struct ss_model *model,
		       ss_unused struct ss_task *creator,
		       const struct ss_event *event)
{
	struct ss_pending *pending = ss_model_pending(model,
						      event->child.pending);

	if (!pending)
		return -EINVAL;
	ss_pending_free(model, pending);
	return 0;
}

int ss_apply_clone_failed(struct ss_model *model, struct ss_task *task,
			  ss_unused const struct ss_event *event)
{
	/* What has the index, or may have, keeps it. */
	if (!task->unborn)
		return -EINVAL;
	if (task->pending)
		ss_pending_free(model, task->pending);
	task->unborn = false;
	task->clones--;
	task->cloning = false;
	task->undo_new = false;
	return 0;
}

int ss_apply_clone_orphan(struct ss_model *model, struct ss_task *creator,
			  ss_unused const struct ss_event *event)
{
	if (!creator->pending)
		return -EINVAL;
	ss_pending_orphan(model, creator);
	return 0;
}

/* The first task: everything is its own, and its table is unknown. */
int ss_apply_start(struct ss_model *model, ss_unused struct ss_task *nobody,
		   const struct ss_event *event)
{
	struct ss_path *path;
	struct ss_task *task;
	struct ss_files *files;
	enum ss_kind kind;

	if (model->tasks.count)
		return -EINVAL;
	path = ss_path_new(NULL, 1);
	if (!path)
		return -ENOMEM;
	task = task_new(model, event->tid, path, NULL, event->start.parent);
	ss_path_put(path);
	if (!task)
		return -ENOMEM;
	files = ss_files_new(&model->open, task->path, 1);
	if (!files)
		goto fail;
	task->made[SS_KIND_FILES] = 1;
	ss_task_set(task, SS_KIND_FILES, &files->r);
	for (kind = 0; kind <= SS_KIND_SIGHAND; kind++) {
		struct ss_resource *r;

		if (kind == SS_KIND_FILES)
			continue;
		r = ss_task_make(task, kind);
		if (!r)
			goto fail;
		ss_task_set(task, kind, r);
	}
	return 0;
fail:
	ss_task_free(model, task);
	return -ENOMEM;
}

/*
 * io_uring's workers share everything with the task that made the ring, but
 * not the undo list (create_io_thread()).  What its credentials were then,
 * their own tell.
 */
int ss_apply_worker(struct ss_model *model, struct ss_task *task,
		    const struct ss_event *event)
{
	struct ss_path *path;
	struct ss_task *worker;
	enum ss_kind kind;

	if (ss_model_task(model, event->child.tid))
		return -EINVAL;
	path = ss_path_new(task->path, task->clones + 1);
	if (!path)
		return -ENOMEM;
	worker = task_new(model, event->child.tid, path, task->group, 0);
	ss_path_put(path);
	if (!worker)
		return -ENOMEM;
	if (child_numbers(model, worker, event->child.numbers)) {
		ss_task_free(model, worker);
		return -ENOMEM;
	}
	task->clones++;
	task->unborn = false;
	for (kind = 0; kind < SS_KIND_UNDO; kind++)
		ss_task_set(worker, kind,
			    ss_resource_get(task->resources[kind]));
	worker->worker = true;
	worker->born_by = event->child.born_by;
	worker->creds = ss_creds_get(task->creds);
	worker->domain = ss_domain_get(task->domain);
	return 0;
}
