/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct scene scene;

unsigned int scene_pick(unsigned int n)
{
	return scramble(&scene.seed) % n;
}

struct call *scene_call(const struct twin_task *task)
{
	return &scene.calls[task - scene.twin.tasks];
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

/* Calls. */

/* What can be known of an exec: of a table that has one user. */
static size_t kept_slots(const struct call *call, int kept[TWIN_FDS])
{
	const struct ss_files *files =
		ss_task_files(task_of(scene.model, call->tid));
	size_t n = 0;
	int fd;

	for (fd = 0; files->r.refs == 1 && fd < TWIN_FDS; fd++) {
		if (ss_slot_file(files, fd) && !(call->flags >> fd & 1))
			kept[n++] = fd;
	}
	return n;
}

/* What a supervisor would tell of this call; it stays true while kept does. */
static struct ss_event entry_event(const struct call *call, int kept[TWIN_FDS])
{
	struct ss_event event = { .tid = call->tid };

	switch ((int)call->op) {
	case OP_CLOSE_RANGE:
		event.type = SS_EVENT_CLOSE;
		event.range.first = (unsigned int)call->first;
		event.range.last = (unsigned int)call->last;
		event.range.unshare = call->flags & CLONE_FILES;
		break;
	case OP_CLOSE:
	case OP_DUP2:
		event.type = SS_EVENT_CLOSE;
		event.range.first = (unsigned int)call->first;
		event.range.last = (unsigned int)call->first;
		break;
	case OP_CLONE:
		event.type = SS_EVENT_CLONE;
		event.clone.flags = call->flags;
		break;
	case OP_UNSHARE:
		event.type = SS_EVENT_UNSHARE;
		event.flags = call->flags;
		break;
	case OP_EXEC:
		event.type = SS_EVENT_EXEC;
		event.exec.kept = kept;
		event.exec.count = kept_slots(call, kept);
		break;
	case OP_UNDO:
		event.type = SS_EVENT_UNDO;
		break;
	default:
		event.type = SS_EVENT_EXIT;
		event.exit.group = call->op == OP_EXIT_GROUP;
	}
	return event;
}

/* As the supervisor notes epoll_ctl: both slots must show what they hold. */
static void enter_epoll(const struct call *call)
{
	struct ss_event event = {
		.type = call->op == OP_EPOLL_ADD ? SS_EVENT_EPOLL_ADD :
			SS_EVENT_EPOLL_DELETE,
		.tid = call->tid,
		.epoll = { .efd = call->first, .tfd = call->last },
	};

	int r = scene_label_slot(call->tid, call->first, &event.epoll.file);

	if (!r)
		r = scene_label_slot(call->tid, call->last,
				     &event.epoll.target);
	if (r && call->op == OP_EPOLL_ADD) {
		event.type = SS_EVENT_EPOLL_UNSEEN;
		tell(scene.model, event);
	}
	if (!r && event.epoll.file != event.epoll.target)
		tell(scene.model, event);
}

void scene_begin(struct twin_task *task, const struct call *wanted)
{
	struct call *call = scene_call(task);
	struct ss_pending *pending;
	int kept[TWIN_FDS];

	*call = *wanted;
	call->stage = STAGE_ENTERED;
	call->tid = task->tid;
	if (call->op == OP_EPOLL_ADD || call->op == OP_EPOLL_DELETE) {
		enter_epoll(call);
		return;
	}
	/* The links of its pid namespaces tell that this will fail. */
	if (call->op == OP_CLONE && (call->flags & CLONE_THREAD) &&
	    task->in.levels != task->kids.levels)
		return;
	tell(scene.model, entry_event(call, kept));
	pending = task_of(scene.model, task->tid)->pending;
	if (call->op == OP_CLONE && pending) {
		call->unsettled = true;
		call->serial = pending->serial;
	}
}

static void execute_clone(struct twin_task *task, struct call *call)
{
	struct twin_task *child;

	if (twin_refuses(&scene.twin, task, call->flags))
		return;
	/* It may fail, but not before it made an undo list. */
	if (call->flags & CLONE_SYSVSEM)
		twin_undo(&scene.twin, task);
	if (call->fails)
		return;
	child = twin_clone(&scene.twin, task, scene.last_tid + 1, call->flags);
	if (child) {
		*scene_call(child) = (struct call){ 0 };
		call->child = child->tid;
		scene.last_tid++;
	}
}

static void execute_epoll(struct twin_task *task, const struct call *call)
{
	int op = call->op == OP_EPOLL_ADD ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;

	/* Too many items, or no memory for one. */
	if (!call->fails || op == EPOLL_CTL_DEL)
		(void)twin_epoll_ctl(&scene.twin, task, op, call->first,
				     call->last);
}

void scene_execute(struct twin_task *task)
{
	struct call *call = scene_call(task);
	struct twin *twin = &scene.twin;

	call->stage = STAGE_EXECUTED;
	switch ((int)call->op) {
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
		twin_exec(twin, task, (unsigned int)call->flags);
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
	case OP_EPOLL_ADD:
	case OP_EPOLL_DELETE:
		execute_epoll(task, call);
		break;
	default:
		ck_abort_msg("operation %d is not a call", call->op);
	}
	abandon_the_gone();
}

void scene_return(struct twin_task *task)
{
	struct call *call = scene_call(task);

	if (call->op == OP_EXEC) {
		scene_settle_exec(task->tgid);
		return;
	}
	call->stage = STAGE_IDLE;
	scene_look_at(task->tid);
	tell_of(scene.model, SS_EVENT_RETURNED, task->tid);
}

bool scene_do_at_once(struct twin_task *task, const struct call *call,
		      struct twin_task *other)
{
	struct twin *twin = &scene.twin;

	if (call->op == OP_REAP) {
		if (!other->zombie || twin_group_lives(twin, other->tid))
			return false;
		twin_reap(twin, other->tid);
		return true;
	}
	if (call->op == OP_IO) {
		scene_enter(task);
		twin_io(twin, task, call->first);
		tell_io(scene.model, task->tid, call->first);
		return true;
	}
	if (call->op == OP_EPOLL_MODIFY)
		return !twin_epoll_ctl(twin, task, EPOLL_CTL_MOD, call->first,
				       call->last);
	if (twin_file(twin, task, call->first))
		return false;
	if (call->op == OP_EPOLL)
		return twin_open_epoll(twin, task, call->first);
	if (call->op == OP_OPEN)
		twin_open(twin, task, call->first);
	else
		twin_dup(twin, call->op == OP_DUP ? task : other, call->last,
			 task, call->first);
	return true;
}

/* Who can still ask when this one, or its group, has ended? */
static unsigned int living_without(const struct twin_task *task, bool group)
{
	bool init = twin_is_init(task);
	unsigned int i, n = 0;

	for (i = 0; i < TWIN_TASKS; i++) {
		const struct twin_task *t = &scene.twin.tasks[i];

		n += t->used && !t->zombie && t != task &&
			!(group && t->tgid == task->tgid) &&
			!(init && twin_is_inside(t, task));
	}
	return n;
}

/* One exec in a group at a time, and somebody must be left to ask. */
bool scene_is_possible(const struct twin_task *task, const struct call *call)
{
	const struct ss_task *known = task_of(scene.model, task->tid);

	if (call->op == OP_UNSHARE && (call->flags & CLONE_NEWPID) &&
	    (task->in.levels != task->kids.levels ||
	     task->in.levels == TWIN_LEVELS ||
	     scene.twin.pidns == TWIN_PIDNS))
		return false;
	if (call->op == OP_EXEC || call->op == OP_UNSHARE)
		return !known->group->execing;
	if (call->op == OP_EXIT || call->op == OP_EXIT_GROUP)
		return living_without(task, call->op == OP_EXIT_GROUP) >=
			scene.least;
	return true;
}

void scene_finish(void)
{
	unsigned int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		if (scene.calls[i].stage == STAGE_ENTERED)
			scene_execute(&scene.twin.tasks[i]);
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

	memset(&scene, 0, offsetof(struct scene, orphans));
	scene.seed = seed * 2654435761u + 1;
	scene.last_tid = ROOT;
	scene.least = 3;
	scene.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(scene.model);
	twin_init(&scene.twin, ROOT);
	tell_of(scene.model, SS_EVENT_START, ROOT);
	tell_user(scene.model, ROOT, 0);
}
