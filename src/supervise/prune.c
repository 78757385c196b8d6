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
		      int fd, struct ss_file *epoll)
{
	struct ss_proc_epoll list = { 0 };

	if (ss_proc_epoll(task->tid, fd, &list))
		return;
	tell_lines(session, epoll, &list);
	ss_proc_epoll_release(&list);
}

/* Of every table once, through this task.  Pruning frees files that nobody
   holds, so the slots that we walk stay. */
static void prune_table(struct ss_session *session, const struct ss_task *task)
{
	const struct ss_files *files = ss_task_files(task);
	int fd;

	if (!files || ss_identify_user(files) != task)
		return;
	for (fd = ss_slot_next(files, -1); fd >= 0;
	     fd = ss_slot_next(files, fd)) {
		struct ss_file *file = ss_slot_file(files, fd);

		if (file && file->epoll)
			prune_one(session, task, fd, file);
	}
}

/* Every epoll that some task holds. */
void ss_epolls_prune(struct ss_session *session)
{
	struct ss_file_table *open = &session->model->open;
	const struct ss_task *leader, *task;

	/* Not before there are twice as many as were right the last time. */
	if (open->orphans <= ORPHANS_ALLOWED + open->count / 8 +
	    2 * session->orphans_kept)
		return;
	for (leader = ss_model_next_leader(session->model, NULL); leader;
	     leader = ss_model_next_leader(session->model, leader)) {
		/* It may be another program, with other epolls. */
		if (leader->group->execing)
			continue;
		DL_FOREACH(leader, task)
			prune_table(session, task);
	}
	session->orphans_kept = open->orphans;
}
