/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the model: the functions that apply one kind of event each, and
 * what they share.  All obey the contract of ss_model_apply().
 */
#ifndef SS_MODEL_EVENT_APPLY_H
#define SS_MODEL_EVENT_APPLY_H

#include "model/model.h"

typedef int ss_apply_fn(struct ss_model *model, struct ss_task *task,
			const struct ss_event *event);

/* apply-clone.c */
ss_apply_fn ss_apply_start, ss_apply_clone, ss_apply_clone_pass,
	ss_apply_child, ss_apply_clone_end, ss_apply_clone_failed,
	ss_apply_clone_orphan,
	ss_apply_parent, ss_apply_worker;
/* apply-exec.c */
ss_apply_fn ss_apply_exec, ss_apply_exec_done, ss_apply_exec_failed,
	ss_apply_exit, ss_apply_fading,
	ss_apply_thread_gone, ss_apply_task_zombie,
	ss_apply_group_dead, ss_apply_group_gone;
/* apply-share.c */
ss_apply_fn ss_apply_unshare, ss_apply_undo, ss_apply_undo_drop,
	ss_apply_creds_change, ss_apply_dumpable, ss_apply_slot_use,
	ss_apply_landlock, ss_apply_pidns_change, ss_apply_creds,
	ss_apply_at_random, ss_apply_io, ss_apply_handler,
	ss_apply_commits_keep;
/* apply-file.c */
ss_apply_fn ss_apply_close, ss_apply_ring, ss_apply_filter,
	ss_apply_slot, ss_apply_place, ss_apply_lost, ss_apply_epoll_lines,
	ss_apply_epoll_add, ss_apply_epoll_unseen, ss_apply_epoll_delete;

/* Everything of a pending clone, and the record itself. */
void ss_pending_free(struct ss_model *model, struct ss_pending *pending);
/* The threads that were about to appear in this group will not. */
void ss_pending_drop_threads(struct ss_model *model, pid_t tgid);
/* Takes a task out of the model; its pending clone is orphaned.  The last
   task takes its group along. */
void ss_task_free(struct ss_model *model, struct ss_task *task);
/* The creator of a pending clone will not be seen again. */
void ss_pending_orphan(struct ss_model *model, struct ss_task *task);
/* A resource named after this task, the next of its kind. */
struct ss_resource *ss_task_make(struct ss_task *task, enum ss_kind kind)
	ss_must_check;
/* Splits the task's table: it gets a copy of its own, in flight. */
int ss_task_split_files(struct ss_task *task) ss_must_check;

#endif
