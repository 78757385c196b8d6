/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/task.h"

#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#include <utlist.h>

#include "model/event-apply.h"

void ss_task_set(struct ss_task *task, enum ss_kind kind,
		 struct ss_resource *resource)
{
	struct ss_resource *old = task->resources[kind];

	if (kind == SS_KIND_FILES) {
		struct ss_files *was = (struct ss_files *)old;
		struct ss_files *now = (struct ss_files *)resource;

		if (was)
			DL_DELETE2(was->users, task, fprev, fnext);
		if (now)
			DL_APPEND2(now->users, task, fprev, fnext);
	}
	/* What its set*id call has done to the memory of others was to be
	   learned from its credentials. */
	if (kind == SS_KIND_MM && old && task->before)
		((struct ss_mm *)old)->dumpable = SS_DUMPABLE_UNKNOWN;
	task->resources[kind] = resource;
	ss_resource_put(old);
}

/*
 * What the memory of a task that dies was.  In a nested user namespace it may
 * have been taken for not dumpable where that made no difference for the
 * living: the dead are looked at again.
 */
static enum ss_dumpable last_dumpable(const struct ss_task *task)
{
	const struct ss_mm *mm = ss_task_mm(task);

	/* Nor does anybody know whether an exec in flight came to its end, or
	   which came first, this end or a change by somebody else. */
	return mm->set_id || mm->contested ||
		ss_creds_nested(ss_task_creds(task)) ||
		task->group->execing == task ? SS_DUMPABLE_UNKNOWN :
		mm->dumpable;
}

void ss_task_give_up(struct ss_task *task, unsigned int kinds)
{
	enum ss_kind kind;

	/* Killed in prctl: maybe before that did anything. */
	if (task->flight.setting)
		ss_task_mm(task)->dumpable = SS_DUMPABLE_UNKNOWN;
	ss_task_land(task);
	if (ss_task_mm(task) && kinds & 1u << SS_KIND_MM) {
		task->dumpable = last_dumpable(task);
		task->likely = ss_task_mm(task)->dumpable;
	}
	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		if (kinds & 1u << kind)
			ss_task_set(task, kind, NULL);
	}
}

void ss_task_release_resources(struct ss_task *task)
{
	ss_task_give_up(task, ~(1u << SS_KIND_SIGHAND));
}

bool ss_task_shares_handlers(const struct ss_task *task)
{
	const struct ss_resource *handlers = task->resources[SS_KIND_SIGHAND];
	const struct ss_task *other;
	unsigned int own = 0;

	DL_FOREACH(task->group->tasks, other)
		own += other->resources[SS_KIND_SIGHAND] == handlers;
	return handlers && handlers->refs > own;
}

void ss_task_pin_userns(struct ss_task *task)
{
	const struct ss_userns *ns = ss_task_creds(task)->userns;
	struct ss_mm *mm = ss_task_mm(task);

	if (mm && !mm->userns && task->creds_known && ns)
		mm->userns = ns->ino;
}

void ss_task_land(struct ss_task *task)
{
	struct ss_flight *flight = &task->flight;

	if (flight->copy)
		ss_copy_end(flight->copy);
	free(flight->copy);
	if (flight->kind == SS_FLIGHT_SLOTS)
		DL_DELETE2(ss_task_files(task)->flights, task, flight.prev,
			   flight.next);
	if (flight->setting)
		ss_task_mm(task)->setting--;
	if (flight->adding)
		ss_task_files(task)->open->adding--;
	/* What was read meanwhile may be what they were before. */
	if (flight->kind == SS_FLIGHT_CREDS)
		task->creds_known = false;
	memset(flight, 0, sizeof(*flight));
}

void ss_task_fly_sharing(struct ss_task *task, unsigned int kinds)
{
	if (task->flight.kind == SS_FLIGHT_NONE)
		task->flight.kind = SS_FLIGHT_OTHER;
	task->flight.sharing |= (uint8_t)kinds;
}

void ss_task_fly(struct ss_task *task, unsigned int first, unsigned int last)
{
	struct ss_flight *flight = &task->flight;

	flight->kind = SS_FLIGHT_SLOTS;
	flight->first = first;
	flight->last = last;
	DL_APPEND2(ss_task_files(task)->flights, task, flight.prev,
		   flight.next);
}

void ss_task_fly_setting(struct ss_task *task)
{
	task->flight.kind = SS_FLIGHT_OTHER;
	task->flight.setting = true;
	ss_task_mm(task)->setting++;
}

void ss_task_fly_adding(struct ss_task *task, int efd, int tfd)
{
	task->flight.kind = SS_FLIGHT_OTHER;
	task->flight.adding = true;
	task->flight.added[0] = efd;
	task->flight.added[1] = tfd;
	ss_task_files(task)->open->adding++;
}

struct ss_task *ss_slots_user(const struct ss_files *files, unsigned int first,
			      unsigned int last, const struct ss_task *except)
{
	struct ss_task *task;

	DL_FOREACH2(files->flights, task, flight.next) {
		if (task->flight.uses && task != except &&
		    task->flight.first <= last && first <= task->flight.last)
			return task;
	}
	return NULL;
}

struct ss_task *ss_slot_flight(const struct ss_files *files, int fd,
			       const struct ss_task *except)
{
	struct ss_task *task;

	DL_FOREACH2(files->flights, task, flight.next) {
		if (task != except &&
		    (unsigned int)fd >= task->flight.first &&
		    (unsigned int)fd <= task->flight.last)
			return task;
	}
	/* Split off and not copied yet: what happens to the original counts. */
	DL_FOREACH2(files->users, task, fnext) {
		const struct ss_copy *copy = task->flight.copy;

		if (copy && copy->from && copy->to == files)
			return ss_slot_flight(copy->from, fd, except);
	}
	return NULL;
}

bool ss_adds_from(const struct ss_task *task, unsigned int first,
		  unsigned int last)
{
	unsigned int i;

	for (i = 0; task->flight.adding && i < 2; i++) {
		unsigned int fd = (unsigned int)task->flight.added[i];

		if (fd >= first && fd <= last)
			return true;
	}
	return false;
}

struct ss_task *ss_adding_flight(const struct ss_files *files,
				 unsigned int first, unsigned int last,
				 const struct ss_task *except)
{
	struct ss_task *task;

	DL_FOREACH2(files->users, task, fnext) {
		if (task != except && ss_adds_from(task, first, last))
			return task;
	}
	return NULL;
}

struct ss_resource *ss_task_make(struct ss_task *task, enum ss_kind kind)
{
	struct ss_resource *resource =
		ss_resource_new(kind, task->path, task->made[kind] + 1);

	if (resource)
		task->made[kind]++;
	return resource;
}

int ss_task_split_files(struct ss_task *task)
{
	struct ss_files *old = ss_task_files(task);
	struct ss_files *split = ss_files_copy(old, task->path,
					       task->made[SS_KIND_FILES] + 1);
	struct ss_copy *copy = calloc(1, sizeof(*copy));

	if (!split || !copy) {
		if (split)
			ss_resource_put(&split->r);
		free(copy);
		return -ENOMEM;
	}
	task->made[SS_KIND_FILES]++;
	ss_task_land(task);
	ss_task_set(task, SS_KIND_FILES, &split->r);
	/* Others still use the old one, or it would not be split. */
	ss_copy_start(copy, old, split);
	task->flight.copy = copy;
	ss_task_fly_sharing(task, 1u << SS_KIND_FILES);
	return 0;
}

void ss_pending_orphan(struct ss_model *model, struct ss_task *task)
{
	struct ss_pending *pending = task->pending;

	if (!pending)
		return;
	ss_copy_end(&pending->copy);
	pending->returned = true;
	pending->creator = NULL;
	task->pending = NULL;
	task->unborn = false;
	model->orphan_count++;
	model->orphaned++;
}

void ss_pending_free(struct ss_model *model, struct ss_pending *pending)
{
	enum ss_kind kind;

	if (pending->creator)
		pending->creator->pending = NULL;
	else if (pending->returned)
		model->orphan_count--;
	DL_DELETE(model->pendings, pending);
	model->pending_count--;
	model->pending_changes++;
	ss_copy_end(&pending->copy);
	for (kind = 0; kind < SS_KIND_COUNT; kind++)
		ss_resource_put(pending->resources[kind]);
	ss_creds_put(&model->creds, pending->creds);
	ss_creds_put(&model->creds, pending->before);
	ss_domain_put(pending->domain);
	ss_path_put(pending->path);
	free(pending);
}

void ss_pending_drop_threads(struct ss_model *model, pid_t tgid)
{
	struct ss_pending *pending, *tmp;

	DL_FOREACH_SAFE(model->pendings, pending, tmp) {
		if (pending->tgid == tgid && (pending->flags & CLONE_THREAD))
			ss_pending_free(model, pending);
	}
}

static void numbers_free(struct ss_model *model, struct ss_task *task)
{
	while (task->levels) {
		struct ss_number *number = task->numbers[--task->levels];
		struct ss_pidns *ns = number->ns;

		HASH_DEL(ns->numbers, number);
		free(number);
		if (--ns->refs == 0) {
			HASH_DEL(model->pidns, ns);
			free(ns);
		}
	}
	free(task->numbers);
}

void ss_task_free(struct ss_model *model, struct ss_task *task)
{
	struct ss_group *group = task->group;

	model->generation++;
	ss_pending_orphan(model, task);
	ss_task_release_resources(task);
	ss_task_set(task, SS_KIND_SIGHAND, NULL);
	ss_creds_put(&model->creds, task->creds);
	ss_creds_put(&model->creds, task->before);
	ss_domain_put(task->domain);
	numbers_free(model, task);
	if (task->leaving)
		group->leaving--;
	ss_numbers_remove(&model->tasks, &task->by_tid);
	DL_DELETE(group->tasks, task);
	if (group->execing == task)
		group->execing = NULL;
	if (!group->tasks) {
		model->groups--;
		free(group);
	}
	ss_path_put(task->path);
	free(task);
}
