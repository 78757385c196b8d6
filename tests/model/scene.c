/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <stdlib.h>
#include <utlist.h>

#define ALL_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
			 CLONE_THREAD | CLONE_SYSVSEM | CLONE_IO | \
			 CLONE_PARENT)

struct scene scene;

unsigned int scene_pick(unsigned int n)
{
	return scramble(&scene.seed) % n;
}

struct call *scene_call(const struct twin_task *task)
{
	return &scene.calls[task - scene.twin.tasks];
}

/* Settling: what a supervisor finds out when it needs it. */

static void settle_clone(struct call *call)
{
	struct ss_pending *pending;

	if (!call->unsettled)
		return;
	call->unsettled = false;
	pending = ss_model_pending(scene.model, call->serial);
	if (!pending)
		return;
	if (call->child && twin_find(&scene.twin, call->child))
		tell_child(scene.model, call->serial, call->child);
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

/* A place of the twin is free again: its clone has lost its creator. */
static void abandon(struct call *call)
{
	if (call->unsettled && call->stage == STAGE_ENTERED)
		call->child = 0;
	if (call->unsettled)
		scene.orphans[scene.n_orphans++] = *call;
	*call = (struct call){ 0 };
}

static void abandon_the_gone(void)
{
	unsigned int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		if (!scene.twin.tasks[i].used || scene.twin.tasks[i].zombie)
			abandon(&scene.calls[i]);
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
static bool see_through(const struct ss_slot *slot, bool execing, int *ret)
{
	const struct ss_task *user;
	struct twin_task *task;

	DL_FOREACH2(slot->table->users, user, fnext) {
		task = twin_find(&scene.twin, user->tid);
		if (!task || task->zombie ||
		    (user->group->execing && !execing))
			continue;
		*ret = twin_file(&scene.twin, task, slot->fd);
		return true;
	}
	return false;
}

enum sight {
	SIGHT_OTHER,
	SIGHT_SAME,
	SIGHT_HIDDEN,		/* no holder could be looked at */
};

static enum sight is_file(const struct ss_file *file, bool execing, int id)
{
	const struct ss_slot *slot;
	int seen;

	DL_FOREACH(file->holders, slot) {
		if (see_through(slot, execing, &seen))
			return seen == id ? SIGHT_SAME : SIGHT_OTHER;
	}
	return SIGHT_HIDDEN;
}

/* The labelled file that this is, or NULL, among those that can be seen;
   `execing`: also through tasks of groups in an exec. */
static struct ss_file *search(int id, bool execing, bool *hidden)
{
	struct ss_hint hint = { .dev = 8, .ino = (uint64_t)(id % HINTS) };
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
	for (task = scene.model->tasks; task; task = task->hh.next)
		tids[n++] = task->tid;
	for (i = 0; i < n; i++)
		scene_look_at(tids[i]);
}

/*
 * A file that is hidden is behind an exec, or a death, or a clone that nobody
 * has told yet; or behind an exec that has not happened.  Then the whole table
 * is forgotten when it does, but until then it is what it was.
 */
static struct ss_file *identify(int id)
{
	bool hidden;
	struct ss_file *file = search(id, false, &hidden);

	if (file || !hidden)
		return file;
	scene_look_everywhere();
	return search(id, true, &hidden);
}

static void serve_slot(struct ss_question *q, const struct ss_need *need,
		       bool remember)
{
	const struct twin_task *task = twin_find(&scene.twin, need->task->tid);
	struct ss_side *side = &q->side[need->side];
	pid_t tid = need->task->tid;
	int id = task ? twin_file(&scene.twin, task, need->fd) : 0;
	struct ss_file *file;

	if (!id) {
		side->state = SS_SIDE_CLOSED;
		return;
	}
	file = identify(id);
	if (!ss_model_task(scene.model, tid))
		return;
	if (remember) {
		tell(scene.model, (struct ss_event){
			.type = SS_EVENT_SLOT, .tid = tid,
			.slot = { .fd = need->fd, .file = file,
				  .hint = { .dev = 8,
					    .ino = (uint64_t)(id % HINTS) } },
		});
		return;
	}
	side->state = SS_SIDE_VOLATILE;
	side->file = file;
}

/* Is the call that changes the slot over?  Then the model may be told, or it
   may have to do without. */
static void serve_flight(struct ss_question *q, const struct ss_need *need)
{
	struct twin_task *flyer = twin_find(&scene.twin, need->task->tid);
	struct ss_need slot = *need;

	/* Credentials, or an undo list: see is_being_changed(). */
	if (need->fd < 0)
		q->flight_asked[need->side] = true;
	if (!flyer || flyer->zombie) {
		scene_look_at(need->task->tid);
		return;
	}
	if (scene_call(flyer)->stage != STAGE_ENTERED && scene_pick(2)) {
		tell_of(scene.model, SS_EVENT_RETURNED, need->task->tid);
		return;
	}
	slot.task = q->task[need->side];
	if (need->fd >= 0)
		serve_slot(q, &slot, false);
}

/* What one side of a question is about at this moment. */
static int file_now(const struct ss_question *q, unsigned int side)
{
	const struct twin_task *task = twin_find(&scene.twin, q->pid[side]);

	return twin_file(&scene.twin, task, (int)q->idx[side]);
}

void scene_serve(struct ss_question *q, const struct ss_need *need)
{
	switch (need->kind) {
	case SS_NEED_TASK:
		settle_child(q->pid[need->side]);
		q->looked[need->side] = true;
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
		serve_slot(q, need, true);
		return;
	case SS_NEED_SAME:
		q->same_known = true;
		q->same = file_now(q, 0) == file_now(q, 1);
		return;
	case SS_NEED_DUMPABLE:
	case SS_NEED_VERIFY:
	case SS_NEED_EPOLL_SLOT:
	case SS_NEED_ITEMS:
	case SS_NEED_ITEM:
	case SS_NEED_COUNT:
		break;
	}
	ck_abort_msg("need %d cannot be", need->kind);
}

struct twin_task *scene_some_caller(void)
{
	unsigned int start = scene_pick(TWIN_TASKS), i;

	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task =
			&scene.twin.tasks[(start + i) % TWIN_TASKS];

		if (task->used && !task->zombie &&
		    scene_call(task)->stage == STAGE_IDLE)
			return task;
	}
	return NULL;
}

struct twin_task *scene_some_task(void)
{
	struct twin_task *task;

	do {
		task = &scene.twin.tasks[scene_pick(TWIN_TASKS)];
	} while (!task->used);
	return task;
}

void scene_enter(struct twin_task *caller)
{
	scene_look_at(caller->tid);
	settle_clone(scene_call(caller));
	tell_of(scene.model, SS_EVENT_RETURNED, caller->tid);
}

/* Calls. */

/* What can be known of an exec: of a table that has one user. */
static size_t kept_slots(const struct twin_task *task,
			 const struct call *call, int kept[TWIN_FDS])
{
	const struct ss_files *files =
		ss_task_files(task_of(scene.model, task->tid));
	size_t n = 0;
	int fd;

	for (fd = 0; files->r.refs == 1 && fd < TWIN_FDS; fd++) {
		if (ss_slot_file(files, fd) && !(call->cloexec >> fd & 1))
			kept[n++] = fd;
	}
	return n;
}

/* What a supervisor would tell of this call; it stays true while kept does. */
static struct ss_event event_of(const struct twin_task *task,
				struct call *call, int kept[TWIN_FDS])
{
	struct ss_event event = { .tid = task->tid };

	event.range.first = (unsigned int)call->first;
	event.range.last = (unsigned int)call->first;
	switch (call->op) {
	case OP_CLOSE_RANGE:
		if (call->last < call->first)
			call->last = call->first;
		event.range.last = (unsigned int)call->last;
		event.range.unshare = call->flags & CLONE_FILES;
		event.type = SS_EVENT_CLOSE;
		break;
	case OP_CLOSE:
	case OP_DUP2:
		event.type = SS_EVENT_CLOSE;
		break;
	case OP_CLONE:
		event.type = SS_EVENT_CLONE;
		event.clone.flags = call->flags;
		break;
	case OP_UNSHARE:
		event.type = SS_EVENT_UNSHARE;
		call->flags &= CLONE_FS | CLONE_FILES | CLONE_SYSVSEM;
		event.flags = call->flags;
		break;
	case OP_EXEC:
		event.type = SS_EVENT_EXEC;
		event.exec.kept = kept;
		event.exec.count = kept_slots(task, call, kept);
		break;
	case OP_UNDO:
		event.type = SS_EVENT_UNDO;
		break;
	case OP_EXIT:
	case OP_EXIT_GROUP:
		event.type = SS_EVENT_EXIT;
		event.exit.group = call->op == OP_EXIT_GROUP;
		break;
	case OP_OPEN:
	case OP_DUP:
	case OP_PASS:
	case OP_IO:
	case OP_REAP:
	case OP_COUNT:
		break;
	}
	return event;
}

void scene_begin(struct twin_task *task, struct call *call, enum op op)
{
	int kept[TWIN_FDS];

	*call = (struct call){
		.stage = STAGE_ENTERED, .op = op, .tid = task->tid,
		.flags = scramble(&scene.seed) & ALL_FLAGS,
		.cloexec = scramble(&scene.seed),
	};
	call->first = (int)scene_pick(TWIN_FDS);
	call->last = (int)scene_pick(TWIN_FDS);
	/* Threads, half of the time: much is shared then. */
	if (scene_pick(2))
		call->flags |= CLONE_VM | CLONE_SIGHAND | CLONE_THREAD |
			CLONE_FILES;
	tell(scene.model, event_of(task, call, kept));
	if (op == OP_CLONE && task_of(scene.model, task->tid)->pending) {
		call->unsettled = true;
		call->serial = task_of(scene.model, task->tid)->pending->serial;
	}
}

static void execute_clone(struct twin_task *task, struct call *call)
{
	struct twin_task *child;

	if (ss_clone_is_refused(call->flags))
		return;
	/* It may fail, but not before it made an undo list. */
	if (call->flags & CLONE_SYSVSEM)
		twin_undo(&scene.twin, task);
	if (scene_pick(8) == 0)
		return;
	child = twin_clone(&scene.twin, task, scene.last_tid + 1, call->flags);
	if (child) {
		*scene_call(child) = (struct call){ 0 };
		call->child = child->tid;
		scene.last_tid++;
	}
}

void scene_execute(struct twin_task *task, struct call *call)
{
	struct twin *twin = &scene.twin;

	call->stage = STAGE_EXECUTED;
	switch (call->op) {
	case OP_CLOSE_RANGE:
		if (call->flags & CLONE_FILES)
			twin_unshare(twin, task, CLONE_FILES);
		twin_close(twin, task, call->first, call->last);
		break;
	case OP_CLOSE:
		twin_close(twin, task, call->first, call->first);
		break;
	case OP_DUP2:
		twin_dup(twin, task, call->last, task, call->first);
		break;
	case OP_CLONE:
		execute_clone(task, call);
		break;
	case OP_UNSHARE:
		twin_unshare(twin, task, call->flags);
		break;
	case OP_EXEC:
		twin_exec(twin, task, call->cloexec);
		break;
	case OP_UNDO:
		twin_undo(twin, task);
		break;
	case OP_EXIT:
		twin_exit(twin, task);
		break;
	case OP_EXIT_GROUP:
		twin_exit_group(twin, task->tgid);
		break;
	case OP_OPEN:
	case OP_DUP:
	case OP_PASS:
	case OP_IO:
	case OP_REAP:
	case OP_COUNT:
		break;
	}
	abandon_the_gone();
}

void scene_do_at_once(struct twin_task *task, enum op op)
{
	struct twin_task *other = scene_some_task();
	int fd = (int)scene_pick(TWIN_FDS), io_class = 1 + (int)scene_pick(3);

	if (op == OP_REAP && other->zombie &&
	    !twin_group_lives(&scene.twin, other->tid)) {
		twin_reap(&scene.twin, other->tid);
		return;
	}
	if (op == OP_IO) {
		scene_enter(task);
		twin_io(&scene.twin, task, io_class);
		tell_io(scene.model, task->tid, io_class);
		return;
	}
	if (op == OP_REAP || twin_file(&scene.twin, task, fd))
		return;
	if (op == OP_OPEN)
		twin_open(&scene.twin, task, fd);
	else
		twin_dup(&scene.twin, op == OP_DUP ? task : other,
			 (int)scene_pick(TWIN_FDS), task, fd);
}

static unsigned int living(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < TWIN_TASKS; i++)
		n += scene.twin.tasks[i].used && !scene.twin.tasks[i].zombie;
	return n;
}

/* One exec in a group at a time, and somebody must be left to ask. */
bool scene_is_possible(const struct twin_task *task, enum op op)
{
	const struct ss_task *known = task_of(scene.model, task->tid);

	if (op == OP_EXEC || op == OP_UNSHARE)
		return !known->group->execing;
	if (op == OP_EXIT || op == OP_EXIT_GROUP)
		return living() > 4;
	return true;
}

void scene_finish(void)
{
	unsigned int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task = &scene.twin.tasks[i];

		if (scene.calls[i].stage == STAGE_ENTERED)
			scene_execute(task, &scene.calls[i]);
	}
	scene_look_everywhere();
	for (i = 0; i < TWIN_TASKS; i++) {
		if (scene.calls[i].stage == STAGE_IDLE)
			continue;
		scene.calls[i].stage = STAGE_IDLE;
		tell_of(scene.model, SS_EVENT_RETURNED,
			scene.twin.tasks[i].tid);
	}
}

void scene_start(uint32_t seed)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;

	memset(&scene, 0, sizeof(scene));
	scene.seed = seed * 2654435761u + 1;
	scene.last_tid = ROOT;
	scene.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(scene.model);
	twin_init(&scene.twin, ROOT);
	tell_of(scene.model, SS_EVENT_START, ROOT);
	tell_user(scene.model, ROOT, 0);
}
