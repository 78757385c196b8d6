/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/model.h"

#include <errno.h>
#include <utlist.h>

#include "model/event-apply.h"

struct ss_model *ss_model_new(const struct ss_limits *limits)
{
	struct ss_model *model = calloc(1, sizeof(*model));

	if (model)
		model->limits = *limits;
	return model;
}

void ss_model_free(struct ss_model *model)
{
	struct ss_userns *ns, *tmp;
	struct ss_task *task, *next;

	if (!model)
		return;
	while (model->pendings)
		ss_pending_free(model, model->pendings);
	for (task = ss_model_next(model, NULL); task; task = next) {
		next = ss_model_next(model, task);
		ss_task_free(model, task);
	}
	ss_numbers_release(&model->tasks);
	HASH_ITER(hh, model->userns, ns, tmp) {
		HASH_DEL(model->userns, ns);
		free(ns);
	}
	free(model);
}

struct ss_task *ss_model_task(const struct ss_model *model, pid_t tid)
{
	return (struct ss_task *)ss_numbers_find(&model->tasks, tid);
}

struct ss_task *ss_model_next(const struct ss_model *model,
			      const struct ss_task *task)
{
	return (struct ss_task *)ss_numbers_next(&model->tasks,
						 task ? &task->by_tid : NULL);
}

struct ss_task *ss_model_next_leader(const struct ss_model *model,
				     const struct ss_task *leader)
{
	struct ss_task *task = ss_model_next(model, leader);

	while (task && task->tid != task->group->tgid)
		task = ss_model_next(model, task);
	return task;
}

struct ss_group *ss_model_group(const struct ss_model *model, pid_t tgid)
{
	const struct ss_task *leader = ss_model_task(model, tgid);

	return leader && leader->group->tgid == tgid ? leader->group : NULL;
}

struct ss_group *ss_model_parent(const struct ss_model *model,
				 const struct ss_group *group)
{
	struct ss_group *parent = ss_model_group(model, group->parent);

	/* Another group may have got the number since. */
	return parent && parent->serial == group->parent_serial ? parent :
		NULL;
}

struct ss_pending *ss_model_pending(const struct ss_model *model,
				    uint32_t serial)
{
	struct ss_pending *pending;

	DL_FOREACH(model->pendings, pending) {
		if (pending->serial == serial)
			return pending;
	}
	return NULL;
}

struct ss_pidns *ss_model_pidns(const struct ss_model *model, uint64_t ino)
{
	struct ss_pidns *ns;

	HASH_FIND(hh, model->pidns, &ino, sizeof(ino), ns);
	return ns;
}

struct ss_task *ss_model_resolve(const struct ss_model *model,
				 const struct ss_task *caller, pid_t nr)
{
	const struct ss_pidns *ns = ss_task_pidns(caller);
	struct ss_number *number;

	if (!ns)
		return ss_model_task(model, nr);
	HASH_FIND_INT(ns->numbers, &nr, number);
	return number ? number->task : NULL;
}

/* How well a table is reached through this task: 0 is not at all. */
static int reach_quality(const struct ss_task *task)
{
	const struct ss_group *group = task->group;

	if (task->zombie || group->dead)
		return 0;
	/* It may have become another program, or be on its way out. */
	if (task->leaving || task->fading || group->execing || group->dying)
		return 1;
	return task->tid == group->tgid ? 3 : 2;
}

struct ss_task *ss_files_user(const struct ss_files *files)
{
	struct ss_task *task, *found = NULL;
	int best = 0;

	DL_FOREACH2(files->users, task, fnext) {
		int quality = reach_quality(task);

		if (quality > best) {
			best = quality;
			found = task;
		}
		if (best == 3)
			break;
	}
	return found;
}

static int apply_returned(ss_unused struct ss_model *model,
			  struct ss_task *task,
			  ss_unused const struct ss_event *event)
{
	ss_task_land(task);
	task->cloning = false;
	task->undo_new = false;
	if (task->leaving) {
		task->leaving = false;
		task->group->leaving--;
		task->group->dying = false;
	}
	if (task->pending) {
		ss_copy_end(&task->pending->copy);
		task->pending->returned = true;
	}
	return 0;
}

/* What an event needs to find before it is applied. */
enum subject {
	SUBJECT_NONE,
	SUBJECT_TASK,		/* .tid is a known task */
	SUBJECT_LIVING,		/* and not a zombie */
	SUBJECT_CALLER,		/* and has not begun to give up what it has */
};

static const struct {
	enum subject subject;
	ss_apply_fn *apply;
} table[SS_EVENT_COUNT] = {
	[SS_EVENT_START] = { SUBJECT_NONE, ss_apply_start },
	[SS_EVENT_CLONE] = { SUBJECT_CALLER, ss_apply_clone },
	[SS_EVENT_EXEC] = { SUBJECT_CALLER, ss_apply_exec },
	[SS_EVENT_EXIT] = { SUBJECT_CALLER, ss_apply_exit },
	[SS_EVENT_CLOSE] = { SUBJECT_CALLER, ss_apply_close },
	[SS_EVENT_UNSHARE] = { SUBJECT_CALLER, ss_apply_unshare },
	[SS_EVENT_UNDO] = { SUBJECT_CALLER, ss_apply_undo },
	[SS_EVENT_UNDO_DROP] = { SUBJECT_CALLER, ss_apply_undo_drop },
	[SS_EVENT_CREDS_CHANGE] = { SUBJECT_TASK, ss_apply_creds_change },
	[SS_EVENT_DUMPABLE] = { SUBJECT_TASK, ss_apply_dumpable },
	[SS_EVENT_SLOT_USE] = { SUBJECT_CALLER, ss_apply_slot_use },
	[SS_EVENT_LANDLOCK] = { SUBJECT_CALLER, ss_apply_landlock },
	[SS_EVENT_PIDNS_CHANGE] = { SUBJECT_TASK, ss_apply_pidns_change },
	[SS_EVENT_FILTER] = { SUBJECT_NONE, ss_apply_filter },
	[SS_EVENT_COMMITS_KEEP] = { SUBJECT_NONE, ss_apply_commits_keep },
	[SS_EVENT_HANDLER] = { SUBJECT_CALLER, ss_apply_handler },
	[SS_EVENT_RING] = { SUBJECT_NONE, ss_apply_ring },
	[SS_EVENT_RETURNED] = { SUBJECT_TASK, apply_returned },
	[SS_EVENT_CLONE_PASS] = { SUBJECT_LIVING, ss_apply_clone_pass },
	[SS_EVENT_CHILD] = { SUBJECT_NONE, ss_apply_child },
	[SS_EVENT_CLONE_END] = { SUBJECT_NONE, ss_apply_clone_end },
	[SS_EVENT_CLONE_FAILED] = { SUBJECT_LIVING, ss_apply_clone_failed },
	[SS_EVENT_CLONE_ORPHAN] = { SUBJECT_TASK, ss_apply_clone_orphan },
	[SS_EVENT_EXEC_DONE] = { SUBJECT_LIVING, ss_apply_exec_done },
	[SS_EVENT_EXEC_FAILED] = { SUBJECT_TASK, ss_apply_exec_failed },
	[SS_EVENT_FADING] = { SUBJECT_LIVING, ss_apply_fading },
	[SS_EVENT_THREAD_GONE] = { SUBJECT_TASK, ss_apply_thread_gone },
	[SS_EVENT_TASK_ZOMBIE] = { SUBJECT_TASK, ss_apply_task_zombie },
	[SS_EVENT_GROUP_DEAD] = { SUBJECT_NONE, ss_apply_group_dead },
	[SS_EVENT_GROUP_GONE] = { SUBJECT_NONE, ss_apply_group_gone },
	[SS_EVENT_WORKER] = { SUBJECT_LIVING, ss_apply_worker },
	[SS_EVENT_PARENT] = { SUBJECT_TASK, ss_apply_parent },
	[SS_EVENT_CREDS] = { SUBJECT_TASK, ss_apply_creds },
	[SS_EVENT_AT_RANDOM] = { SUBJECT_LIVING, ss_apply_at_random },
	[SS_EVENT_IO] = { SUBJECT_TASK, ss_apply_io },
	[SS_EVENT_SLOT] = { SUBJECT_LIVING, ss_apply_slot },
	[SS_EVENT_PLACE] = { SUBJECT_NONE, ss_apply_place },
	[SS_EVENT_LOST] = { SUBJECT_NONE, ss_apply_lost },
	[SS_EVENT_EPOLL_ADD] = { SUBJECT_NONE, ss_apply_epoll_add },
	[SS_EVENT_EPOLL_UNSEEN] = { SUBJECT_TASK, ss_apply_epoll_unseen },
	[SS_EVENT_EPOLL_LINES] = { SUBJECT_NONE, ss_apply_epoll_lines },
	[SS_EVENT_EPOLL_DELETE] = { SUBJECT_NONE, ss_apply_epoll_delete },
};

static bool is_subject(const struct ss_task *task, enum subject subject)
{
	switch (subject) {
	case SUBJECT_NONE:
		return true;
	case SUBJECT_TASK:
		return task;
	case SUBJECT_LIVING:
		return task && !task->zombie;
	case SUBJECT_CALLER:
		return task && !task->zombie && !task->fading;
	}
	return false;
}

int ss_model_apply(struct ss_model *model, const struct ss_event *event)
{
	enum subject subject = table[event->type].subject;
	struct ss_task *task = subject == SUBJECT_NONE ? NULL :
		ss_model_task(model, event->tid);

	if (!is_subject(task, subject))
		return -ESRCH;
	return table[event->type].apply(model, task, event);
}
