/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to slots and epoll items.
 */
#include "model/event-apply.h"

#include <errno.h>
#include <utlist.h>

#include "model/epoll.h"

#define ITEM_COUNT_BASE	0x80000000u

/* Who is adding what these slots held may find something else. */
static void doubt_adding(struct ss_model *model, const struct ss_files *files,
			 const struct ss_event *event,
			 const struct ss_task *except)
{
	struct ss_task *task;

	if (!model->open.adding)
		return;
	DL_FOREACH2(files->users, task, fnext) {
		if (task != except &&
		    ss_adds_from(task, event->range.first, event->range.last))
			ss_epoll_doubt(&model->open, task->flight.added[1]);
	}
}

int ss_apply_close(struct ss_model *model, struct ss_task *task,
		   const struct ss_event *event)
{
	struct ss_files *files = ss_task_files(task);

	if (!files)
		return 0;
	if (event->range.unshare && files->r.refs > 1) {
		int r = ss_task_split_files(task);

		if (r)
			return r;
		files = ss_task_files(task);
	} else {
		ss_task_land(task);
	}
	if (event->range.keep)
		return 0;
	doubt_adding(model, files, event, task);
	ss_files_forget(files, event->range.first, event->range.last, NULL);
	/* A table that was split is being copied at the same time. */
	ss_task_fly(task, event->range.first, event->range.last);
	return 0;
}

int ss_apply_filter(struct ss_model *model, ss_unused struct ss_task *task,
		    ss_unused const struct ss_event *event)
{
	model->filters = true;
	return 0;
}

int ss_apply_ring(struct ss_model *model, ss_unused struct ss_task *task,
		  ss_unused const struct ss_event *event)
{
	model->rings = true;
	return 0;
}

int ss_apply_place(ss_unused struct ss_model *model,
		   ss_unused struct ss_task *task,
		   const struct ss_event *event)
{
	ss_file_place(event->slot.file, &event->slot.place);
	return 0;
}

int ss_apply_lost(struct ss_model *model, ss_unused struct ss_task *task,
		  const struct ss_event *event)
{
	/* It is freed; a question may have found it in a slot before. */
	model->generation++;
	ss_epoll_forget(&model->open, event->slot.file);
	return 0;
}

static struct ss_file *file_new(struct ss_model *model, struct ss_files *files,
				const struct ss_event *event)
{
	struct ss_file_label label;
	struct ss_file *file;

	ss_slot_label(files, event->slot.fd, &label);
	file = ss_file_new(&model->open, &event->slot.hint, &label,
			   &event->slot.place);
	ss_origin_release(&label.origin);
	ss_path_put(label.seen);
	return file;
}

int ss_apply_slot(struct ss_model *model, struct ss_task *task,
		  const struct ss_event *event)
{
	struct ss_files *files = ss_task_files(task);
	struct ss_file *file = event->slot.file;
	int r;

	if (!files)
		return -EINVAL;
	if (!file) {
		/* A slot must be forgotten first, or two share a label. */
		if (ss_slot_file(files, event->slot.fd))
			return -EINVAL;
		if (model->open.count >= model->limits.files)
			return -ENOSPC;
		file = file_new(model, files, event);
		if (!file)
			return -ENOMEM;
	}
	r = ss_slot_set(files, event->slot.fd, file);
	if (r)
		ss_file_drop(&model->open, file);
	return r;
}

/*
 * A target that no slot is known to hold is named after its epoll, with a
 * count that no slot reaches.
 */
static struct ss_file *item_file_new(struct ss_model *model,
				     const struct ss_event *event)
{
	const struct ss_file_label *from = &event->epoll.file->label;
	struct ss_file_label label = {
		.fd = event->epoll.tfd,
		.seen = ss_path_get(from->seen),
		.seen_serial = from->seen_serial,
	};
	struct ss_file *file;

	ss_origin_copy(&label.origin, &from->origin);
	label.origin.count = ITEM_COUNT_BASE + model->open.items;
	file = ss_file_new(&model->open, &event->epoll.hint, &label,
			   &event->epoll.place);
	ss_origin_release(&label.origin);
	ss_path_put(label.seen);
	return file;
}

/* What it finds behind the numbers may be something else by then. */
static void fly_adding(struct ss_model *model, const struct ss_event *event)
{
	struct ss_task *task = ss_model_task(model, event->tid);

	if (!task || event->epoll.lines)
		return;
	ss_task_land(task);
	if (ss_task_files(task))
		ss_task_fly_adding(task, event->epoll.efd, event->epoll.tfd);
}

int ss_apply_epoll_add(struct ss_model *model, ss_unused struct ss_task *task,
		       const struct ss_event *event)
{
	struct ss_file *target = event->epoll.target;
	int r;

	if (!target) {
		if (model->open.count >= model->limits.files)
			return -ENOSPC;
		target = item_file_new(model, event);
		if (!target)
			return -ENOMEM;
	}
	r = ss_epoll_add(&model->open, event->epoll.file,
			 event->epoll.tfd, target, event->epoll.lines);
	if (!r && !event->epoll.target)
		model->open.items++;
	ss_file_drop(&model->open, target);
	if (!r)
		fly_adding(model, event);
	return r;
}

int ss_apply_epoll_unseen(struct ss_model *model,
			  ss_unused struct ss_task *task,
			  const struct ss_event *event)
{
	ss_epoll_doubt(&model->open, event->epoll.tfd);
	fly_adding(model, event);
	return 0;
}

int ss_apply_epoll_delete(ss_unused struct ss_model *model,
			  ss_unused struct ss_task *task,
			  const struct ss_event *event)
{
	ss_epoll_delete(event->epoll.file, event->epoll.tfd,
			event->epoll.target);
	return 0;
}

int ss_apply_epoll_lines(struct ss_model *model,
			 ss_unused struct ss_task *task,
			 const struct ss_event *event)
{
	ss_epoll_prune(&model->open, event->lines.file, event->lines.lines,
		       event->lines.count);
	return 0;
}
