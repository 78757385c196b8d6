/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "twin.h"

#include <linux/sched.h>
#include <string.h>

#include "model/compare.h"

static int new_id(struct twin *twin)
{
	return ++twin->last_id;
}

static int table_users(const struct twin *twin, int table)
{
	int i, n = 0;

	for (i = 0; i < TWIN_TASKS; i++)
		n += twin->tasks[i].used && twin->tasks[i].table == table;
	return n;
}

/* A free table; there is always one more than tasks. */
static int table_new(struct twin *twin)
{
	int i = 0;

	while (table_users(twin, i))
		i++;
	twin->table_ids[i] = new_id(twin);
	memset(twin->tables[i], 0, sizeof(twin->tables[i]));
	return i;
}

static int table_copy(struct twin *twin, int from)
{
	int to = table_new(twin);

	memcpy(twin->tables[to], twin->tables[from],
	       sizeof(twin->tables[to]));
	return to;
}

void twin_init(struct twin *twin, pid_t tid)
{
	struct twin_task *task = &twin->tasks[0];

	memset(twin, 0, sizeof(*twin));
	task->table = table_new(twin);
	task->used = true;
	task->tid = task->tgid = tid;
	task->mm = new_id(twin);
	task->fs = new_id(twin);
	task->sighand = new_id(twin);
}

struct twin_task *twin_find(struct twin *twin, pid_t tid)
{
	int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		if (twin->tasks[i].used && twin->tasks[i].tid == tid)
			return &twin->tasks[i];
	}
	return NULL;
}

bool twin_group_lives(const struct twin *twin, pid_t tgid)
{
	int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		if (twin->tasks[i].used && twin->tasks[i].tgid == tgid &&
		    !twin->tasks[i].zombie)
			return true;
	}
	return false;
}

static void clone_io(struct twin *twin, const struct twin_task *creator,
		     struct twin_task *child, uint64_t flags)
{
	child->io = 0;
	child->io_class = 0;
	if (!creator->io)
		return;
	if (flags & CLONE_IO)
		child->io = creator->io;
	else if (creator->io_class)
		child->io = new_id(twin);
	if (child->io)
		child->io_class = creator->io_class;
}

struct twin_task *twin_clone(struct twin *twin, struct twin_task *creator,
			     pid_t tid, uint64_t flags)
{
	struct twin_task *child = NULL;
	int i;

	for (i = 0; i < TWIN_TASKS && !child; i++) {
		if (!twin->tasks[i].used)
			child = &twin->tasks[i];
	}
	if (!child)
		return NULL;
	*child = *creator;
	child->used = false;
	child->tid = tid;
	child->undo = 0;
	if (!(flags & CLONE_THREAD))
		child->tgid = tid;
	if (!(flags & CLONE_VM))
		child->mm = new_id(twin);
	if (!(flags & CLONE_FS))
		child->fs = new_id(twin);
	if (!(flags & CLONE_SIGHAND))
		child->sighand = new_id(twin);
	if (!(flags & CLONE_FILES))
		child->table = table_copy(twin, creator->table);
	if (flags & CLONE_SYSVSEM) {
		twin_undo(twin, creator);
		child->undo = creator->undo;
	}
	clone_io(twin, creator, child, flags);
	child->used = true;
	return child;
}

void twin_open(struct twin *twin, struct twin_task *task, int fd)
{
	twin->tables[task->table][fd] = new_id(twin);
}

void twin_dup(struct twin *twin, const struct twin_task *from, int from_fd,
	      struct twin_task *to, int fd)
{
	if (twin_file(twin, from, from_fd))
		twin->tables[to->table][fd] = twin_file(twin, from, from_fd);
}

void twin_close(struct twin *twin, struct twin_task *task, int first, int last)
{
	int fd;

	for (fd = first; fd <= last && fd < TWIN_FDS; fd++)
		twin->tables[task->table][fd] = 0;
}

void twin_unshare(struct twin *twin, struct twin_task *task, uint64_t flags)
{
	/* Shared or not makes no difference to who has the same. */
	if (flags & (CLONE_FS | CLONE_NEWNS))
		task->fs = new_id(twin);
	if (flags & CLONE_FILES)
		task->table = table_copy(twin, task->table);
	if (flags & CLONE_SYSVSEM)
		task->undo = 0;
}

void twin_undo(struct twin *twin, struct twin_task *task)
{
	if (!task->undo)
		task->undo = new_id(twin);
}

void twin_io(struct twin *twin, struct twin_task *task, int io_class)
{
	int i;

	if (!task->io)
		task->io = new_id(twin);
	for (i = 0; i < TWIN_TASKS; i++) {
		if (twin->tasks[i].io == task->io)
			twin->tasks[i].io_class = io_class;
	}
}

void twin_exec(struct twin *twin, struct twin_task *task, unsigned int cloexec)
{
	int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *t = &twin->tasks[i];

		if (t->tgid == task->tgid && t != task)
			t->used = false;
	}
	task->tid = task->tgid;
	task->mm = new_id(twin);
	for (i = 0; i < TWIN_TASKS; i++) {
		const struct twin_task *t = &twin->tasks[i];

		if (t->used && t != task && t->sighand == task->sighand)
			break;
	}
	if (i < TWIN_TASKS)
		task->sighand = new_id(twin);
	if (table_users(twin, task->table) > 1)
		task->table = table_copy(twin, task->table);
	for (i = 0; i < TWIN_FDS; i++) {
		if (cloexec >> i & 1)
			twin->tables[task->table][i] = 0;
	}
}

/* Keeps its number, and what it does with signals. */
static void make_zombie(struct twin_task *task)
{
	task->zombie = true;
	task->mm = task->fs = task->io = task->undo = 0;
	task->table = -1;
}

void twin_exit(struct twin *twin, struct twin_task *task)
{
	(void)twin;
	if (task->tid == task->tgid)
		make_zombie(task);
	else
		task->used = false;
}

void twin_exit_group(struct twin *twin, pid_t tgid)
{
	int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task = &twin->tasks[i];

		if (task->used && task->tgid == tgid && !task->zombie)
			twin_exit(twin, task);
	}
}

void twin_reap(struct twin *twin, pid_t tgid)
{
	twin_find(twin, tgid)->used = false;
}

int twin_resource(const struct twin *twin, const struct twin_task *task,
		  int type)
{
	switch (type) {
	case SS_TYPE_VM:
		return task->mm;
	case SS_TYPE_FILES:
		return task->table < 0 ? 0 : twin->table_ids[task->table];
	case SS_TYPE_FS:
		return task->fs;
	case SS_TYPE_SIGHAND:
		return task->sighand;
	case SS_TYPE_IO:
		return task->io;
	case SS_TYPE_SYSVSEM:
		return task->undo;
	}
	return -1;
}

int twin_file(const struct twin *twin, const struct twin_task *task, int fd)
{
	return task->table < 0 ? 0 : twin->tables[task->table][fd];
}
