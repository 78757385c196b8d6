/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a supervisor finds out: as src/supervise does, but of the twin. */
#include "scene.h"

#include <errno.h>
#include <utlist.h>

/* Settling: what a supervisor finds out when it needs it. */

static void tell_child_of(const struct call *call,
			  const struct twin_task *child)
{
	struct ss_event_numbers numbers = {
		.levels = (unsigned int)child->in.levels,
	};
	int i;

	for (i = 0; i < child->in.levels; i++) {
		numbers.nr[i] = child->nr[i];
		numbers.ino[i] = 7000 + (uint64_t)child->in.ns[i];
	}
	tell(scene.model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = call->serial, .tid = call->child,
			   .numbers = numbers.levels ? &numbers : NULL } });
}

static void settle_clone(struct call *call)
{
	const struct twin_task *child;
	struct ss_pending *pending;

	if (!call->unsettled)
		return;
	call->unsettled = false;
	pending = ss_model_pending(scene.model, call->serial);
	if (!pending)
		return;
	child = call->child ? twin_find(&scene.twin, call->child) : NULL;
	if (child)
		tell_child_of(call, child);
	/* A signal shows that it has failed, or only that it is over. */
	else if (!call->child && pending->creator && call->serial % 2)
		tell_of(scene.model, SS_EVENT_CLONE_FAILED,
			pending->creator_tid);
	else
		tell(scene.model, (struct ss_event){
			.type = SS_EVENT_CLONE_END,
			.child = { .pending = call->serial } });
}

/* The clone that made this task is told to its end. */
static void settle_child(pid_t tid)
{
	unsigned int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		if (scene.calls[i].unsettled && scene.calls[i].child == tid)
			settle_clone(&scene.calls[i]);
	}
	for (i = 0; i < scene.n_orphans; i++) {
		if (scene.orphans[i].unsettled && scene.orphans[i].child == tid)
			settle_clone(&scene.orphans[i]);
	}
}

/* An exec that has happened is told, before the group is looked at. */
void scene_settle_exec(pid_t tgid)
{
	struct twin_task *task = twin_find(&scene.twin, tgid);
	struct call *call = task ? scene_call(task) : NULL;

	if (!call || call->stage != STAGE_EXECUTED || call->op != OP_EXEC)
		return;
	call->stage = STAGE_IDLE;
	settle_child(call->tid);
	tell_of(scene.model, SS_EVENT_EXEC_DONE, call->tid);
	ck_assert_ptr_nonnull(ss_model_task(scene.model, tgid));
}

static void tell_if_there(enum ss_event_type type, pid_t tid)
{
	if (ss_model_task(scene.model, tid))
		tell_of(scene.model, type, tid);
}

void scene_look_at(pid_t tid)
{
	struct ss_task *known = ss_model_task(scene.model, tid);
	struct twin_task *task;

	if (known)
		scene_settle_exec(known->group->tgid);
	scene_settle_exec(tid);
	settle_child(tid);
	known = ss_model_task(scene.model, tid);
	task = twin_find(&scene.twin, tid);
	if (!known)
		return;
	if (!task && known->tid != known->group->tgid) {
		tell_of(scene.model, SS_EVENT_THREAD_GONE, tid);
	} else if (!task) {
		if (!known->group->dead)
			tell_of(scene.model, SS_EVENT_GROUP_DEAD, tid);
		tell_of(scene.model, SS_EVENT_GROUP_GONE, tid);
	} else if (task->zombie && !twin_group_lives(&scene.twin, tid)) {
		if (!known->group->dead)
			tell_of(scene.model, SS_EVENT_GROUP_DEAD, tid);
	} else if (task->zombie && !known->zombie) {
		tell_if_there(SS_EVENT_TASK_ZOMBIE, tid);
	}
}

/* Which open files are which. */

/* The twin's number of the file in a slot, seen through a task that uses the
   table.  False: nobody can be looked through at this moment. */
static bool see_through(const struct ss_files *files, int fd, bool execing,
			int *ret)
{
	const struct ss_task *user;
	struct twin_task *task;

	DL_FOREACH2(files->users, user, fnext) {
		task = twin_find(&scene.twin, user->tid);
		if (!task || task->zombie ||
		    (user->group->execing && !execing))
			continue;
		*ret = twin_file(&scene.twin, task, fd);
		return true;
	}
	return false;
}

static bool see_holder(uintptr_t holder, bool execing, int *ret)
{
	return see_through(ss_holder_table(holder), ss_holder_fd(holder),
			   execing, ret);
}

enum sight {
	SIGHT_OTHER,
	SIGHT_SAME,
	SIGHT_HIDDEN,		/* no holder could be looked at */
};

static struct ss_hint hint_of(int id)
{
	return (struct ss_hint){ .dev = 8, .ino = (uint64_t)(id % HINTS) };
}

static bool is_line(const struct twin_item *line, int tfd,
		    const struct ss_hint *hint)
{
	struct ss_hint own = hint_of(line->target);

	return line->tfd == tfd && own.ino == hint->ino;
}

/* Nobody is known to hold it, but an epoll watches it. */
static bool see_item(const struct ss_file *file, bool execing, int *ret)
{
	const struct ss_epoll_item *item =
		ss_epoll_reach(&scene.model->open, file);
	struct twin_item list[TWIN_ITEMS];
	unsigned int i, n, like = 0;
	uintptr_t holder;
	int epoll = 0;

	if (!item)
		return false;
	for (holder = item->epoll->holders; holder;
	     holder = ss_holder_next(holder)) {
		if (see_holder(holder, execing, &epoll))
			break;
	}
	n = twin_list(&scene.twin, epoll, list);
	for (i = 0; i < n; i++) {
		if (is_line(&list[i], item->tfd, &file->set->hint) && !like++)
			*ret = list[i].target;
	}
	return like == 1;
}

static enum sight is_file(const struct ss_file *file, bool execing, int id)
{
	uintptr_t holder;
	int seen;

	for (holder = file->holders; holder; holder = ss_holder_next(holder)) {
		if (see_holder(holder, execing, &seen))
			return seen == id ? SIGHT_SAME : SIGHT_OTHER;
	}
	if (see_item(file, execing, &seen))
		return seen == id ? SIGHT_SAME : SIGHT_OTHER;
	return SIGHT_HIDDEN;
}

/* The labelled file that this is, or NULL, among those that can be seen;
   `execing`: also through tasks of groups in an exec. */
static struct ss_file *search(int id, bool execing, bool *hidden)
{
	struct ss_hint hint = hint_of(id);
	struct ss_file_set *set = ss_file_set_find(&scene.model->open, &hint);
	struct ss_file *file;

	*hidden = false;
	if (!set)
		return NULL;
	DL_FOREACH(set->unplaced, file) {
		enum sight sight = is_file(file, execing, id);

		if (sight == SIGHT_SAME)
			return file;
		if (sight == SIGHT_HIDDEN)
			*hidden = true;
	}
	return NULL;
}

void scene_look_everywhere(void)
{
	const struct ss_task *task;
	pid_t tids[CALLS_MAX];
	unsigned int i, n = 0;

	for (i = 0; i < TWIN_TASKS; i++) {
		if (scene.calls[i].unsettled &&
		    scene.calls[i].stage != STAGE_ENTERED)
			settle_clone(&scene.calls[i]);
	}
	for (i = 0; i < scene.n_orphans; i++)
		settle_clone(&scene.orphans[i]);
	for (task = ss_model_next(scene.model, NULL); task;
	     task = ss_model_next(scene.model, task))
		tids[n++] = task->tid;
	for (i = 0; i < n; i++)
		scene_look_at(tids[i]);
}

/*
 * A file that is hidden is behind an exec, or a death, or a clone that nobody
 * has told yet; or behind an exec that has not happened.  Then the whole table
 * is forgotten when it does, but until then it is what it was.
 */
static struct ss_file *identify(int id, bool *uncertain)
{
	struct ss_file *file = search(id, false, uncertain);

	if (file || !*uncertain)
		return file;
	scene_look_everywhere();
	return search(id, true, uncertain);
}

/* Lets the slot have its label; -EBADF: it is closed, -ENOSPC: some labelled
   file that could be this one cannot be looked at. */
static int label_slot(pid_t tid, int fd)
{
	const struct twin_task *task = twin_find(&scene.twin, tid);
	int id = task ? twin_file(&scene.twin, task, fd) : 0;
	struct ss_file *file;
	bool uncertain;

	if (ss_slot_flight(ss_task_files(task_of(scene.model, tid)), fd, NULL))
		return -ENOSPC;
	if (!id)
		return -EBADF;
	file = identify(id, &uncertain);
	if (!ss_model_task(scene.model, tid))
		return -ESRCH;
	if (!file && uncertain)
		return -ENOSPC;
	tell(scene.model, (struct ss_event){
		.type = SS_EVENT_SLOT, .tid = tid,
		.slot = { .fd = fd, .file = file, .hint = hint_of(id) } });
	return 0;
}

int scene_label_slot(pid_t tid, int fd, struct ss_file **ret)
{
	int r = 0;

	*ret = slot_of(scene.model, tid, fd);
	if (!*ret)
		r = label_slot(tid, fd);
	if (!*ret && !r)
		*ret = slot_of(scene.model, tid, fd);
	return r;
}

/* What is in the slot at this moment, not remembered. */
static void look_only(struct ss_question *q, unsigned int i, int fd)
{
	pid_t tid = q->task[i]->tid;
	const struct twin_task *task = twin_find(&scene.twin, tid);
	int id = task ? twin_file(&scene.twin, task, fd) : 0;
	struct ss_side *side = &q->side[i];
	struct ss_file *file;
	bool uncertain;

	if (!id) {
		side->state = SS_SIDE_CLOSED;
		return;
	}
	file = identify(id, &uncertain);
	if (!ss_model_task(scene.model, tid))
		return;
	side->state = SS_SIDE_VOLATILE;
	side->file = file;
}

static void serve_slot(struct ss_question *q, const struct ss_need *need)
{
	int r = label_slot(need->task->tid, need->fd);

	if (r == -EBADF)
		q->side[need->side].state = SS_SIDE_CLOSED;
	else if (r == -ENOSPC)
		look_only(q, need->side, need->fd);
}

/* Is the call that changes the slot over?  Then the model may be told, or it
   may have to do without. */
static void serve_flight(struct ss_question *q, const struct ss_need *need)
{
	struct twin_task *flyer = twin_find(&scene.twin, need->task->tid);

	/* Credentials, or an undo list: see is_being_changed(). */
	if (need->fd < 0)
		q->flight_asked[need->side] = true;
	if (!flyer || flyer->zombie) {
		scene_look_at(need->task->tid);
		return;
	}
	if (scene_call(flyer)->stage != STAGE_ENTERED && !scene.lazy &&
	    scene_pick(2)) {
		tell_of(scene.model, SS_EVENT_RETURNED, need->task->tid);
		return;
	}
	if (need->fd >= 0)
		look_only(q, need->side, need->fd);
}

/* The target of the item in question, or 0. */
static int item_now(const struct ss_question *q, pid_t tid)
{
	const struct twin_task *task = twin_find(&scene.twin, tid);
	int epoll = twin_file(&scene.twin, task, (int)q->slot.efd);
	struct twin_item list[TWIN_ITEMS];
	unsigned int i, n = twin_list(&scene.twin, epoll, list), toff = 0;

	for (i = 0; i < n; i++) {
		if (list[i].tfd == (int)q->slot.tfd && toff++ == q->slot.toff)
			return list[i].target;
	}
	return 0;
}

/* Are the two files of a question the same at this moment? */
static bool same_now(const struct ss_question *q)
{
	const struct twin *twin = &scene.twin;
	const struct twin_task *a = twin_find(&scene.twin, q->task[0]->tid);
	const struct twin_task *b = twin_find(&scene.twin, q->task[1]->tid);
	int first = twin_file(twin, a, (int)q->idx[0]);

	if (q->type == SS_TYPE_EPOLL_TFD)
		return first == item_now(q, b->tid);
	return first == twin_file(twin, b, (int)q->idx[1]);
}

static void serve_items(struct ss_question *q, const struct ss_need *need)
{
	const struct twin_task *task = twin_find(&scene.twin, need->task->tid);
	int epoll = twin_file(&scene.twin, task, need->fd);
	struct twin_item list[TWIN_ITEMS];
	unsigned int i, n = twin_list(&scene.twin, epoll, list), toff = 0;

	q->item_lines = 0;
	q->items = twin_is_epoll(&scene.twin, epoll) ? SS_ITEMS_MISSING :
		SS_ITEMS_NO_EPOLL;
	for (i = 0; i < n && q->items == SS_ITEMS_MISSING; i++) {
		if (list[i].tfd == (int)q->slot.tfd && toff++ == q->slot.toff) {
			q->items = SS_ITEMS_FOUND;
			q->item_hint = hint_of(list[i].target);
		}
	}
	for (i = 0; i < n && q->items == SS_ITEMS_FOUND; i++)
		q->item_lines += is_line(&list[i], (int)q->slot.tfd,
					 &q->item_hint);
}

static void tell_item(const struct ss_question *q, struct ss_file *epoll,
		      struct ss_file *target, int id)
{
	tell(scene.model, (struct ss_event){
		.type = SS_EVENT_EPOLL_ADD,
		.epoll = { .file = epoll, .tfd = (int)q->slot.tfd,
			   .lines = q->item_lines,
			   .target = target, .hint = hint_of(id) } });
}

/* By comparing with each: then the model is told what it did not know. */
static struct ss_file *identify_item(const struct ss_question *q,
				     const struct ss_need *need, int id)
{
	const struct ss_side *side = &q->side[1];
	struct ss_file *file, *epoll = side->state == SS_SIDE_ASK ?
		slot_of(scene.model, need->task->tid, need->fd) : side->file;
	uint64_t generation = scene.model->generation;
	bool uncertain;

	file = identify(id, &uncertain);
	if (!epoll || (!file && uncertain) ||
	    scene.model->generation != generation)
		return file;
	tell_item(q, epoll, file, id);
	return file ? file : ss_epoll_newest(epoll, (int)q->slot.tfd);
}

static void serve_item(struct ss_question *q, const struct ss_need *need)
{
	struct ss_file *file = NULL;
	int id = item_now(q, need->task->tid);

	if (q->file[1])
		file = ss_epoll_target(&scene.model->open, q->file[1],
				       (int)q->slot.tfd, &q->item_hint,
				       q->item_lines);
	/* What the model guesses is compared first. */
	if (!file || is_file(file, false, id) != SIGHT_SAME)
		file = identify_item(q, need, id);
	else
		tell_item(q, q->file[1], file, id);
	q->item = file;
	q->item_known = true;
}

/* The kernel's list of what an epoll watches, told to the model. */
static void tell_lines(const struct ss_files *files, int fd)
{
	struct ss_epoll_line lines[TWIN_ITEMS];
	struct twin_item list[TWIN_ITEMS];
	unsigned int i, n;
	int epoll;

	if (!see_through(files, fd, false, &epoll))
		return;
	n = twin_list(&scene.twin, epoll, list);
	for (i = 0; i < n; i++) {
		lines[i].tfd = list[i].tfd;
		lines[i].hint = hint_of(list[i].target);
	}
	tell(scene.model, (struct ss_event){
		.type = SS_EVENT_EPOLL_LINES,
		.lines = { .file = ss_slot_file(files, fd), .lines = lines,
			   .count = n } });
}

void scene_prune(void)
{
	struct ss_task *task;
	int fd;

	for (task = ss_model_next(scene.model, NULL); task;
	     task = ss_model_next(scene.model, task)) {
		struct ss_files *files = ss_task_files(task);

		if (!files || ss_files_user(files) != task)
			continue;
		for (fd = ss_slot_next(files, -1); fd >= 0;
		     fd = ss_slot_next(files, fd)) {
			const struct ss_file *file = ss_slot_file(files, fd);

			if (file && file->epoll)
				tell_lines(files, fd);
		}
	}
}

/* The task that a number means may not be known yet. */
static void serve_task(struct ss_question *q, unsigned int i)
{
	struct twin_task *caller = twin_find(&scene.twin, q->caller);
	const struct twin_task *task = twin_resolve(&scene.twin, caller,
						    q->pid[i]);

	if (task)
		settle_child(task->tid);
	q->looked[i] = true;
}

static void serve_epoll_slot(struct ss_question *q)
{
	q->slot_read = true;
	q->slot_fault = q->idx[1] != (uintptr_t)&scene.memory;
	if (!q->slot_fault)
		q->slot = scene.memory;
}

void scene_serve(struct ss_question *q, const struct ss_need *need)
{
	switch (need->kind) {
	case SS_NEED_TASK:
		serve_task(q, need->side);
		return;
	case SS_NEED_LIFE:
		scene_look_at(need->task->tid);
		q->alive[need->side] = true;
		return;
	case SS_NEED_CREDS:
		tell_user(scene.model, need->task->tid, 0);
		return;
	case SS_NEED_FLIGHT:
		serve_flight(q, need);
		return;
	case SS_NEED_SLOT:
		serve_slot(q, need);
		return;
	case SS_NEED_ORDER:
		q->order_known = true;
		q->order = same_now(q) ? 0 : SS_ORDER_UNKNOWN;
		return;
	case SS_NEED_EPOLL_SLOT:
		serve_epoll_slot(q);
		return;
	case SS_NEED_ITEMS:
		serve_items(q, need);
		return;
	case SS_NEED_ITEM:
		serve_item(q, need);
		return;
	case SS_NEED_DUMPABLE:
	case SS_NEED_COUNT:
		break;
	}
	ck_abort_msg("need %d cannot be", need->kind);
}

/* The caller is calling: its own last call is over. */
void scene_enter(struct twin_task *caller)
{
	scene_look_at(caller->tid);
	settle_clone(scene_call(caller));
	tell_of(scene.model, SS_EVENT_RETURNED, caller->tid);
}
