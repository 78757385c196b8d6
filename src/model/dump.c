/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/dump.h"

#include <errno.h>
#include <utlist.h>

#include "model/epoll.h"

#define NAME_MAX_BYTES	96

static const char *const kind_names[SS_KIND_COUNT] = {
	[SS_KIND_MM] = "mm",
	[SS_KIND_FILES] = "files",
	[SS_KIND_FS] = "fs",
	[SS_KIND_SIGHAND] = "sighand",
	[SS_KIND_IO] = "io",
	[SS_KIND_UNDO] = "undo",
};

/* Pointers to things of one sort, to be put in order. */
struct array {
	const void **at;	/* owned */
	size_t count;
	size_t room;
};

static int array_init(struct array *array, size_t room)
{
	array->count = 0;
	array->room = room;
	array->at = calloc(room + 1, sizeof(*array->at));
	return array->at ? 0 : -ENOMEM;
}

static void array_add(struct array *array, const void *item)
{
	if (array->count < array->room)
		array->at[array->count++] = item;
}

static void array_sort(struct array *array,
		       int (*order)(const void *, const void *))
{
	if (array->count > 1)
		qsort(array->at, array->count, sizeof(*array->at), order);
}

static int task_order(const void *a, const void *b)
{
	const struct ss_task *x = *(const struct ss_task *const *)a;
	const struct ss_task *y = *(const struct ss_task *const *)b;

	return ss_path_compare(x->path, y->path);
}

static int table_order(const void *a, const void *b)
{
	return ss_resource_compare(*(const struct ss_resource *const *)a,
				   *(const struct ss_resource *const *)b);
}

static int file_order(const void *a, const void *b)
{
	return ss_file_compare(*(const struct ss_file *const *)a,
			       *(const struct ss_file *const *)b);
}

/* Of holders, as they are found in an array. */
static int holder_order(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)*(const void *const *)a;
	uintptr_t y = (uintptr_t)*(const void *const *)b;
	int order = ss_resource_compare(&ss_holder_table(x)->r,
					&ss_holder_table(y)->r);

	return order ? order : SS_ORDER(ss_holder_fd(x), ss_holder_fd(y));
}

static void dump_resources(struct ss_resource *const *resources,
			   struct ss_text *text)
{
	char name[NAME_MAX_BYTES];
	enum ss_kind kind;

	for (kind = 0; kind < SS_KIND_COUNT; kind++)
		ss_text_printf(text, " %s %s", kind_names[kind],
			       ss_resource_print(resources[kind], name,
						 sizeof(name)));
}

static void dump_flight(const struct ss_flight *flight, struct ss_text *text)
{
	char name[NAME_MAX_BYTES];

	if (flight->kind == SS_FLIGHT_SLOTS)
		ss_text_printf(text, " changes %u-%u", flight->first,
			       flight->last);
	if (flight->sharing)
		ss_text_printf(text, " shares anew %#x", flight->sharing);
	if (flight->copy && flight->copy->from)
		ss_text_printf(text, " copies %s",
			       ss_resource_print(&flight->copy->from->r, name,
						 sizeof(name)));
}

void ss_task_dump(const struct ss_task *task, struct ss_text *text)
{
	const struct ss_group *group = task->group;
	char name[NAME_MAX_BYTES];
	unsigned int i;

	ss_text_printf(text, "task %s tid %d tgid %d",
		       ss_path_print(task->path, name, sizeof(name)),
		       task->tid, group->tgid);
	for (i = 0; i < task->levels; i++)
		ss_text_printf(text, "/%d", task->numbers[i]->nr);
	dump_resources(task->resources, text);
	if (task->creds_known)
		ss_text_printf(text, " uid %u gid %u",
			       ss_task_creds(task)->uid[0],
			       ss_task_creds(task)->gid[0]);
	if (task->domain)
		ss_text_printf(text, " landlock %u", task->domain->depth + 1);
	if (task->pending)
		ss_text_add_string(text, " cloning");
	dump_flight(&task->flight, text);
	if (group->execing == task)
		ss_text_add_string(text, " execing");
	if (task->leaving)
		ss_text_add_string(text, " leaving");
	if (group->dying)
		ss_text_add_string(text, " dying");
	if (task->fading)
		ss_text_add_string(text, " fading");
	if (task->zombie)
		ss_text_add_string(text, " zombie");
}

static void dump_pending(const struct ss_pending *pending,
			 struct ss_text *text)
{
	char name[NAME_MAX_BYTES];

	ss_text_printf(text, "pending %s of %d in %d flags %#llx",
		       ss_path_print(pending->path, name, sizeof(name)),
		       pending->creator_tid, pending->tgid,
		       (unsigned long long)pending->flags);
	dump_resources(pending->resources, text);
	ss_text_add_string(text, pending->returned ? " returned\n" : "\n");
}

static void dump_table(const struct ss_files *files, struct ss_text *text)
{
	char name[NAME_MAX_BYTES];
	int fd;

	ss_text_printf(text, "table %s refs %u",
		       ss_resource_print(&files->r, name, sizeof(name)),
		       files->r.refs);
	for (fd = ss_slot_next(files, -1); fd >= 0;
	     fd = ss_slot_next(files, fd)) {
		const struct ss_file *file = ss_slot_file(files, fd);

		if (file)
			ss_text_printf(text, " %d=%s", fd,
				       ss_file_print(file, name,
						     sizeof(name)));
		else
			ss_text_printf(text, " %d=?#%u", fd,
				       ss_slot_count(files, fd));
	}
	ss_text_add_string(text, "\n");
}

static void dump_items(const struct ss_epoll *epoll, struct ss_text *text)
{
	const struct ss_epoll_number *number;
	const struct ss_epoll_item *item;
	char name[NAME_MAX_BYTES];

	for (number = epoll->numbers; number; number = number->hh.next) {
		DL_FOREACH(number->items, item)
			ss_text_printf(text, " watches %d=%s%s", item->tfd,
				       ss_file_print(item->target, name,
						     sizeof(name)),
				       item->deleted ? "(deleted)" : "");
	}
}

static void dump_file(const struct ss_file *file, struct ss_text *text)
{
	char name[NAME_MAX_BYTES];
	struct array holders;
	uintptr_t holder;
	size_t i = 0;

	for (holder = file->holders; holder; holder = ss_holder_next(holder))
		i++;
	if (array_init(&holders, i)) {
		text->error = -ENOMEM;
		return;
	}
	for (holder = file->holders; holder; holder = ss_holder_next(holder))
		array_add(&holders, (const void *)holder);
	array_sort(&holders, holder_order);
	ss_text_printf(text, "file %s hint %llx:%llu",
		       ss_file_print(file, name, sizeof(name)),
		       (unsigned long long)file->set->hint.dev,
		       (unsigned long long)file->set->hint.ino);
	for (i = 0; i < holders.count; i++) {
		holder = (uintptr_t)holders.at[i];
		ss_text_printf(text, " in %s:%d",
			       ss_resource_print(&ss_holder_table(holder)->r,
						 name, sizeof(name)),
			       ss_holder_fd(holder));
	}
	if (file->watchers)
		ss_text_add_string(text, " watched");
	if (file->epoll)
		dump_items(file->epoll, text);
	ss_text_add_string(text, "\n");
	free(holders.at);
}

static void dump_tasks(const struct ss_model *model, struct ss_text *text)
{
	const struct ss_pending *pending;
	const struct ss_task *task;
	struct array tasks;
	size_t i;

	if (array_init(&tasks, model->tasks.count)) {
		text->error = -ENOMEM;
		return;
	}
	for (task = ss_model_next(model, NULL); task;
	     task = ss_model_next(model, task))
		array_add(&tasks, task);
	array_sort(&tasks, task_order);
	for (i = 0; i < tasks.count; i++) {
		ss_task_dump(tasks.at[i], text);
		ss_text_add_string(text, "\n");
	}
	free(tasks.at);
	DL_FOREACH(model->pendings, pending)
		dump_pending(pending, text);
}

static void dump_tables(const struct ss_model *model, struct ss_text *text)
{
	const struct ss_pending *pending;
	const struct ss_task *task;
	struct array tables;
	size_t i;

	if (array_init(&tables,
		       model->tasks.count + model->pending_count)) {
		text->error = -ENOMEM;
		return;
	}
	for (task = ss_model_next(model, NULL); task;
	     task = ss_model_next(model, task)) {
		if (ss_task_files(task))
			array_add(&tables, ss_task_files(task));
	}
	DL_FOREACH(model->pendings, pending) {
		if (pending->resources[SS_KIND_FILES])
			array_add(&tables, pending->resources[SS_KIND_FILES]);
	}
	array_sort(&tables, table_order);
	for (i = 0; i < tables.count; i++) {
		if (i == 0 || tables.at[i] != tables.at[i - 1])
			dump_table(tables.at[i], text);
	}
	free(tables.at);
}

static void dump_files(const struct ss_model *model, struct ss_text *text)
{
	const struct ss_file_set *set;
	const struct ss_file *file;
	struct array files;
	size_t i;

	if (array_init(&files, model->open.count)) {
		text->error = -ENOMEM;
		return;
	}
	for (set = model->open.sets; set; set = set->hh.next) {
		for (file = ss_file_set_first(set); file;
		     file = ss_file_next(file))
			array_add(&files, file);
		DL_FOREACH(set->unplaced, file)
			array_add(&files, file);
	}
	array_sort(&files, file_order);
	for (i = 0; i < files.count; i++)
		dump_file(files.at[i], text);
	free(files.at);
}

void ss_model_dump(const struct ss_model *model, struct ss_text *text)
{
	dump_tasks(model, text);
	dump_tables(model, text);
	dump_files(model, text);
}
