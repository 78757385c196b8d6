/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How tasks become something else, and how they end: fs/exec.c
 * (begin_new_exec(), de_thread()), kernel/exit.c (do_exit(), its order).
 */
#include "model/event-apply.h"

#include <errno.h>
#include <utlist.h>

int ss_apply_exec(ss_unused struct ss_model *model, struct ss_task *task,
		  const struct ss_event *event)
{
	struct ss_files *files = ss_task_files(task);

	if (files)
		ss_files_keep(files, event->exec.kept, event->exec.count);
	task->group->execing = task;
	return 0;
}

int ss_apply_exec_failed(ss_unused struct ss_model *model,
			 struct ss_task *task,
			 ss_unused const struct ss_event *event)
{
	if (task->group->execing == task)
		task->group->execing = NULL;
	return 0;
}

/* How many references would this resource have if the group were only us? */
static unsigned int refs_outside(const struct ss_task *task, enum ss_kind kind)
{
	const struct ss_resource *r = task->resources[kind];
	const struct ss_task *t;
	unsigned int refs = r->refs;

	DL_FOREACH(task->group->tasks, t) {
		if (t->resources[kind] == r)
			refs--;
	}
	return refs;
}

struct exec_parts {
	struct ss_resource *mm, *sighand;
	struct ss_files *files;
};

static int exec_prepare(struct ss_task *task, struct exec_parts *parts)
{
	unsigned int *made = task->made;

	parts->mm = ss_resource_new(SS_KIND_MM, task->path,
				    made[SS_KIND_MM] + 1);
	if (!parts->mm)
		return -ENOMEM;
	if (refs_outside(task, SS_KIND_SIGHAND)) {
		parts->sighand = ss_resource_new(SS_KIND_SIGHAND, task->path,
						 made[SS_KIND_SIGHAND] + 1);
		if (!parts->sighand)
			goto fail;
	}
	if (ss_task_files(task) && refs_outside(task, SS_KIND_FILES)) {
		parts->files = ss_files_copy(ss_task_files(task), task->path,
					     made[SS_KIND_FILES] + 1);
		if (!parts->files)
			goto fail;
	}
	return 0;
fail:
	ss_resource_put(parts->mm);
	ss_resource_put(parts->sighand);
	return -ENOMEM;
}

/* exchange_tids(): the dead leader's names are the exec'ing thread's now. */
static void take_leadership(struct ss_model *model, struct ss_task *task)
{
	struct ss_group *group = task->group;
	struct ss_task *leader = group->tasks;
	pid_t tid = task->tid;
	unsigned int i;

	ss_numbers_remove(&model->tasks, &task->by_tid);
	ss_numbers_remove(&model->tasks, &leader->by_tid);
	task->tid = group->tgid;
	leader->tid = tid;
	ss_numbers_add(&model->tasks, &task->by_tid, task->tid);
	ss_numbers_add(&model->tasks, &leader->by_tid, leader->tid);
	for (i = 0; i < task->levels && i < leader->levels; i++) {
		struct ss_number *a = task->numbers[i];
		struct ss_number *b = leader->numbers[i];

		task->numbers[i] = b;
		leader->numbers[i] = a;
		b->task = task;
		a->task = leader;
	}
	/* The list keeps the leader first. */
	DL_DELETE(group->tasks, task);
	DL_PREPEND(group->tasks, task);
}

/*
 * begin_new_exec(): memory of a task whose effective ids are not its real ones
 * begins as not dumpable.  In a nested user namespace it may belong to an outer
 * one besides: so it is looked at there.  What exec itself makes of the
 * credentials counts as a set*id call does.
 */
static void exec_creds(struct ss_model *model, struct ss_task *task,
		       struct ss_mm *mm)
{
	const struct ss_creds *was = ss_task_creds(task);

	if (task->creds_known && !ss_creds_nested(was) &&
	    !model->commits_keep && ss_creds_differ(was))
		mm->dumpable = SS_DUMPABLE_NO;
	ss_creds_put(&model->creds, task->before);
	task->before = task->creds_known ? ss_creds_get(task->creds) : NULL;
	task->creds_known = false;
}

/* What the new program has of its own.  Whose end was told before the exec had
   given it up since. */
static void exec_own(struct ss_model *model, struct ss_task *task,
		     const struct exec_parts *parts)
{
	struct ss_files *files = ss_task_files(task);
	struct ss_mm *mm = (struct ss_mm *)parts->mm;
	bool over = !ss_task_mm(task);

	mm->userns = 0;
	task->made[SS_KIND_MM]++;
	ss_task_set(task, SS_KIND_MM, parts->mm);
	if (parts->sighand) {
		task->made[SS_KIND_SIGHAND]++;
		ss_task_set(task, SS_KIND_SIGHAND, parts->sighand);
	}
	ss_task_handlers(task)->interrupt = false;
	if (parts->files) {
		task->made[SS_KIND_FILES]++;
		ss_task_set(task, SS_KIND_FILES, &parts->files->r);
		files = parts->files;
	}
	if (files)
		ss_files_exec(files);
	exec_creds(model, task, mm);
	if (over)
		ss_task_give_up(task, 1u << SS_KIND_MM);
}

int ss_apply_exec_done(struct ss_model *model, struct ss_task *task,
		       ss_unused const struct ss_event *event)
{
	struct ss_group *group = task->group;
	struct exec_parts parts = { 0 };
	struct ss_task *t, *tmp;
	int r = exec_prepare(task, &parts);

	if (r)
		return r;
	model->generation++;
	ss_task_land(task);
	ss_pending_drop_threads(model, group->tgid);
	group->execing = NULL;
	group->dying = false;
	if (task->tid != group->tgid)
		take_leadership(model, task);
	DL_FOREACH_SAFE(group->tasks, t, tmp) {
		if (t != task)
			ss_task_free(model, t);
	}
	exec_own(model, task, &parts);
	task->execed = true;
	if (task->leaving)
		group->leaving--;
	task->leaving = false;
	return 0;
}

int ss_apply_exit(ss_unused struct ss_model *model, struct ss_task *task,
		  const struct ss_event *event)
{
	struct ss_group *group = task->group;

	if (!task->leaving)
		group->leaving++;
	task->leaving = true;
	if (event->exit.group)
		group->dying = true;
	/* Those who leave stand at the end, behind a living leader. */
	if (task->tid != group->tgid) {
		DL_DELETE(group->tasks, task);
		DL_APPEND(group->tasks, task);
	}
	return 0;
}

int ss_apply_fading(struct ss_model *model, struct ss_task *task,
		    const struct ss_event *event)
{
	model->generation++;
	task->fading = true;
	ss_task_give_up(task, event->gone & ~(1u << SS_KIND_SIGHAND));
	return 0;
}

int ss_apply_thread_gone(struct ss_model *model, struct ss_task *task,
			 ss_unused const struct ss_event *event)
{
	/* A leader is reaped last. */
	if (task->tid == task->group->tgid && task->next)
		return -EINVAL;
	ss_task_free(model, task);
	return 0;
}

int ss_apply_task_zombie(struct ss_model *model,
			   struct ss_task *task,
			   ss_unused const struct ss_event *event)
{
	if (task->group->execing == task)
		task->group->execing = NULL;
	model->generation++;
	ss_pending_orphan(model, task);
	ss_task_release_resources(task);
	task->zombie = true;
	return 0;
}

int ss_apply_group_dead(struct ss_model *model, ss_unused struct ss_task *t,
			const struct ss_event *event)
{
	struct ss_group *group = ss_model_group(model, event->tid);
	struct ss_task *task, *tmp;

	if (!group)
		return -ESRCH;
	if (!ss_model_task(model, group->tgid))
		return -EINVAL;
	ss_pending_drop_threads(model, group->tgid);
	model->generation++;
	group->dead = true;
	group->execing = NULL;
	DL_FOREACH_SAFE(group->tasks, task, tmp) {
		if (task->tid != group->tgid) {
			ss_task_free(model, task);
			continue;
		}
		ss_pending_orphan(model, task);
		ss_task_release_resources(task);
		task->zombie = true;
	}
	return 0;
}

int ss_apply_group_gone(struct ss_model *model, ss_unused struct ss_task *t,
			const struct ss_event *event)
{
	struct ss_group *group = ss_model_group(model, event->tid);
	struct ss_pending *pending;

	if (!group)
		return -ESRCH;
	ss_pending_drop_threads(model, group->tgid);
	/* Another group may get the number, and be no parent of these. */
	DL_FOREACH(model->pendings, pending) {
		if (pending->parent == group->tgid)
			pending->parent = 0;
	}
	/* The group goes with its last task. */
	while (group->tasks->next)
		ss_task_free(model, group->tasks->next);
	ss_task_free(model, group->tasks);
	return 0;
}
