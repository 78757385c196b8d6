/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is when the command ends, for --stats: whatever its tasks made in
 * their time has to be gone again by then.
 */
#include "supervise/state.h"

#include <utlist.h>

static uint64_t items_of(const struct ss_file *file)
{
	const struct ss_epoll_number *number, *tmp;
	const struct ss_epoll_item *item;
	uint64_t n = 0;

	if (!file->epoll)
		return 0;
	HASH_ITER(hh, file->epoll->numbers, number, tmp) {
		DL_FOREACH(number->items, item)
			n++;
	}
	return n;
}

static uint64_t count_items(const struct ss_file_table *open)
{
	const struct ss_file_set *set, *tmp;
	const struct ss_file *file;
	uint64_t n = 0;

	HASH_ITER(hh, open->sets, set, tmp) {
		for (file = ss_file_set_first(set); file;
		     file = ss_file_next(file))
			n += items_of(file);
		DL_FOREACH(set->unplaced, file)
			n += items_of(file);
	}
	return n;
}

static uint64_t count_slots(const struct ss_files *files)
{
	uint64_t n = 0;
	int fd;

	for (fd = ss_slot_next(files, -1); fd >= 0;
	     fd = ss_slot_next(files, fd))
		n++;
	return n;
}

void ss_census_take(struct ss_session *session)
{
	const struct ss_model *model = session->model;
	struct ss_stats *stats = &session->stats;
	const struct ss_task *task;

	stats->end_tables = 0;
	stats->end_slots = 0;
	for (task = ss_model_next(model, NULL); task;
	     task = ss_model_next(model, task)) {
		const struct ss_files *files = ss_task_files(task);

		if (!files || files->users != task)
			continue;
		stats->end_tables++;
		stats->end_slots += count_slots(files);
	}
	stats->end_tasks = model->tasks.count;
	stats->end_processes = session->processes.count;
	stats->end_clones = model->pending_count;
	stats->end_files = model->open.count;
	stats->end_items = count_items(&model->open);
	stats->end_wards = HASH_COUNT(session->guard.wards);
}
