/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Epoll items outlive, in the model, the descriptors that they were made of:
 * nobody tells when the last reference to a file goes.  When such files get
 * many, each epoll is asked which items it still has.
 */
#include "supervise/state.h"

#include <stdlib.h>
#include <utlist.h>

#define ORPHANS_ALLOWED	16

static void tell_lines(struct ss_session *session, struct ss_file *file,
		       const struct ss_proc_epoll *list)
{
	struct ss_event event = {
		.type = SS_EVENT_EPOLL_LINES,
		.lines = { .file = file, .count = list->count },
	};
	size_t i;

	event.lines.lines = calloc(list->count + 1,
				   sizeof(*event.lines.lines));
	if (!event.lines.lines)
		return;
	for (i = 0; i < list->count; i++) {
		event.lines.lines[i].tfd = list->items[i].tfd;
		event.lines.lines[i].hint.dev = list->items[i].sdev;
		event.lines.lines[i].hint.ino = list->items[i].ino;
	}
	ss_tell(session, &event);
	free(event.lines.lines);
}

static void prune_one(struct ss_session *session, const struct ss_task *task,
		      const struct ss_slot *slot)
{
	struct ss_proc_epoll list = { 0 };

	if (ss_proc_epoll(task->tid, slot->fd, &list))
		return;
	tell_lines(session, slot->file, &list);
	ss_proc_epoll_release(&list);
}

/* Every epoll that some task holds.  Pruning frees files that nobody holds,
   so the slots that we walk stay. */
void ss_epolls_prune(struct ss_session *session)
{
	struct ss_file_table *open = &session->model->open;
	struct ss_group *group, *tmp;
	struct ss_slot *slot, *next;
	struct ss_task *task;

	/* Not before there are twice as many as were right the last time. */
	if (open->orphans <= ORPHANS_ALLOWED + open->count / 8 +
	    2 * session->orphans_kept)
		return;
	HASH_ITER(hh, session->model->groups, group, tmp) {
		/* It may be another program, with other epolls. */
		if (group->execing)
			continue;
		DL_FOREACH(group->tasks, task) {
			struct ss_files *files = ss_task_files(task);

			if (!files || ss_files_user(files) != task)
				continue;
			HASH_ITER(hh, files->slots, slot, next) {
				if (slot->file && slot->file->epoll)
					prune_one(session, task, slot);
			}
		}
	}
	session->orphans_kept = open->orphans;
}
