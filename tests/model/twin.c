/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "twin.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

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
	if (twin->mutation == TWIN_COPY_REOPENS && twin->tables[to][0])
		twin->tables[to][0] = new_id(twin);
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

static pid_t number_in(const struct twin_task *task, int ns)
{
	int i;

	for (i = 0; i < task->in.levels; i++) {
		if (task->in.ns[i] == ns)
			return task->nr[i];
	}
	return 0;
}

static int innermost(const struct twin_pidns *pidns)
{
	return pidns->levels ? pidns->ns[pidns->levels - 1] : -1;
}

pid_t twin_number(const struct twin_task *caller, const struct twin_task *task)
{
	int ns = innermost(&caller->in);

	return ns < 0 ? task->tid : number_in(task, ns);
}

struct twin_task *twin_resolve(struct twin *twin,
			       const struct twin_task *caller, pid_t nr)
{
	int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task = &twin->tasks[i];

		if (task->used && nr && twin_number(caller, task) == nr)
			return task;
	}
	return NULL;
}

bool twin_is_init(const struct twin_task *task)
{
	return task->in.levels && task->nr[task->in.levels - 1] == 1;
}

bool twin_is_inside(const struct twin_task *task, const struct twin_task *init)
{
	return number_in(task, innermost(&init->in)) != 0;
}

/* The first one there was has ended: nobody can follow. */
static bool has_ended(const struct twin *twin, int ns)
{
	int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		const struct twin_task *task = &twin->tasks[i];

		if (task->used && number_in(task, ns) == 1)
			return !twin_group_lives(twin, task->tgid);
	}
	return twin->last_nr[ns] > 0;
}

/* False: there are no numbers for it. */
static bool clone_numbers(struct twin *twin, const struct twin_task *creator,
			  struct twin_task *child, uint64_t flags)
{
	struct twin_pidns to = creator->kids;
	int i;

	if (flags & CLONE_NEWPID) {
		if (to.levels == TWIN_LEVELS || twin->pidns == TWIN_PIDNS)
			return false;
		to.ns[to.levels++] = twin->pidns++;
	}
	for (i = 0; i < to.levels; i++) {
		if (has_ended(twin, to.ns[i]))
			return false;
	}
	child->in = child->kids = to;
	for (i = 0; i < to.levels; i++)
		child->nr[i] = ++twin->last_nr[to.ns[i]];
	return true;
}

bool twin_refuses(struct twin *twin, const struct twin_task *creator,
		  uint64_t flags)
{
	bool moved = creator->in.levels != creator->kids.levels;
	const struct twin_task *leader = twin_find(twin, creator->tgid);

	/* A namespace's first process gets no siblings. */
	if ((flags & CLONE_PARENT) && leader && twin_is_init(leader))
		return true;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return true;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return true;
	return (flags & CLONE_THREAD) && (moved || (flags & CLONE_NEWPID));
}

static void clone_io(struct twin *twin, const struct twin_task *creator,
		     struct twin_task *child, uint64_t flags)
{
	child->io = 0;
	child->io_class = 0;
	if (!creator->io)
		return;
	if ((flags & CLONE_IO) || twin->mutation == TWIN_CLONE_SHARES_IO)
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
	if (!child || ((flags & CLONE_NEWPID) &&
		       creator->in.levels != creator->kids.levels))
		return NULL;
	*child = *creator;
	child->used = false;
	if (!clone_numbers(twin, creator, child, flags))
		return NULL;
	child->tid = tid;
	child->undo = 0;
	if (!(flags & CLONE_THREAD))
		child->tgid = tid;
	if (!(flags & CLONE_VM))
		child->mm = new_id(twin);
	if (!(flags & CLONE_FS) && twin->mutation != TWIN_CLONE_SHARES_FS)
		child->fs = new_id(twin);
	if (!(flags & CLONE_SIGHAND))
		child->sighand = new_id(twin);
	if (!(flags & CLONE_FILES))
		child->table = table_copy(twin, creator->table);
	if (flags & CLONE_SYSVSEM) {
		twin_undo(twin, creator);
		child->undo = twin->mutation == TWIN_CLONE_SPLITS_UNDO ?
			new_id(twin) : creator->undo;
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

	if (twin->mutation == TWIN_CLOSE_NEXT)
		last++;
	for (fd = first; fd <= last && fd < TWIN_FDS; fd++)
		twin->tables[task->table][fd] = 0;
}

void twin_unshare(struct twin *twin, struct twin_task *task, uint64_t flags)
{
	/* Shared or not makes no difference to who has the same. */
	if ((flags & (CLONE_FS | CLONE_NEWNS)) &&
	    twin->mutation != TWIN_UNSHARE_KEEPS)
		task->fs = new_id(twin);
	if (flags & CLONE_FILES)
		task->table = table_copy(twin, task->table);
	if (flags & CLONE_SYSVSEM)
		task->undo = 0;
	if (flags & CLONE_NEWPID)
		task->kids.ns[task->kids.levels++] = twin->pidns++;
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
	for (i = 0; i < TWIN_TASKS; i++) {
		const struct twin_task *t = &twin->tasks[i];

		if (t->tid == task->tgid && t->tgid == task->tgid)
			memcpy(task->nr, t->nr, sizeof(task->nr));
	}
	task->tid = task->tgid;
	if (twin->mutation != TWIN_EXEC_KEEPS_MM)
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
static void make_zombie(const struct twin *twin, struct twin_task *task)
{
	task->zombie = true;
	task->mm = task->io = task->undo = 0;
	if (twin->mutation != TWIN_EXIT_KEEPS_FS)
		task->fs = 0;
	task->table = -1;
}

static void end(const struct twin *twin, struct twin_task *task)
{
	if (task->tid == task->tgid)
		make_zombie(twin, task);
	else
		task->used = false;
}

/* With the first of a pid namespace everybody in there ends, and is reaped. */
static void end_pidns(struct twin *twin, const struct twin_task *init)
{
	int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task = &twin->tasks[i];

		if (task->used && task->tgid != init->tgid &&
		    twin_is_inside(task, init)) {
			end(twin, task);
			task->used = false;
		}
	}
}

void twin_exit(struct twin *twin, struct twin_task *task)
{
	const struct twin_task *leader = twin_find(twin, task->tgid);

	end(twin, task);
	if (leader && twin_is_init(leader) &&
	    !twin_group_lives(twin, leader->tgid))
		end_pidns(twin, leader);
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

/* Epolls.  What is gone is not taken out: numbers never come back. */

static bool file_is_there(const struct twin *twin, int file)
{
	int i, fd;

	for (i = 0; file && i <= TWIN_TASKS; i++) {
		if (!table_users(twin, i))
			continue;
		for (fd = 0; fd < TWIN_FDS; fd++) {
			if (twin->tables[i][fd] == file)
				return true;
		}
	}
	return false;
}

/* An item goes with the last reference to its epoll, or to its target. */
static bool item_is_there(const struct twin *twin,
			  const struct twin_item *item)
{
	return file_is_there(twin, item->epoll) &&
		file_is_there(twin, item->target);
}

bool twin_is_epoll(const struct twin *twin, int file)
{
	int i;

	for (i = 0; i < TWIN_EPOLLS; i++) {
		if (file && twin->epolls[i] == file)
			return true;
	}
	return false;
}

bool twin_open_epoll(struct twin *twin, struct twin_task *task, int fd)
{
	int i;

	for (i = 0; i < TWIN_EPOLLS; i++) {
		if (file_is_there(twin, twin->epolls[i]))
			continue;
		twin_open(twin, task, fd);
		twin->epolls[i] = twin_file(twin, task, fd);
		return true;
	}
	return false;
}

/* Does one file watch the other, by however many steps? */
static bool watches(const struct twin *twin, int epoll, int file)
{
	int i;

	if (epoll == file)
		return true;
	for (i = 0; i < TWIN_ITEMS; i++) {
		const struct twin_item *item = &twin->items[i];

		if (item->epoll == epoll && item_is_there(twin, item) &&
		    watches(twin, item->target, file))
			return true;
	}
	return false;
}

static int add_item(struct twin *twin, int epoll, int tfd, int target)
{
	int i;

	if (watches(twin, target, epoll))
		return -ELOOP;
	for (i = 0; i < TWIN_ITEMS; i++) {
		if (item_is_there(twin, &twin->items[i]))
			continue;
		twin->items[i] = (struct twin_item){
			.epoll = epoll, .tfd = tfd, .target = target };
		return 0;
	}
	return -ENOSPC;
}

int twin_epoll_ctl(struct twin *twin, const struct twin_task *task, int op,
		   int efd, int tfd)
{
	int epoll = twin_file(twin, task, efd);
	int target = twin_file(twin, task, tfd), i;

	if (!epoll || !target)
		return -EBADF;
	if (epoll == target || !twin_is_epoll(twin, epoll))
		return -EINVAL;
	for (i = 0; i < TWIN_ITEMS; i++) {
		struct twin_item *item = &twin->items[i];

		if (item->epoll != epoll || item->tfd != tfd ||
		    item->target != target)
			continue;
		if (op == EPOLL_CTL_ADD)
			return -EEXIST;
		if (op == EPOLL_CTL_DEL)
			item->epoll = 0;
		return 0;
	}
	return op == EPOLL_CTL_ADD ? add_item(twin, epoll, tfd, target) :
		-ENOENT;
}

/* Where an open file is in memory: anywhere, but always there. */
static uint32_t address(int file)
{
	return (uint32_t)file * 2654435761u;
}

static int item_order(const void *a, const void *b)
{
	const struct twin_item *x = a, *y = b;
	uint32_t at = address(x->target), other = address(y->target);

	if (at != other)
		return at < other ? -1 : 1;
	return x->tfd - y->tfd;
}

unsigned int twin_list(const struct twin *twin, int epoll,
		       struct twin_item *ret)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < TWIN_ITEMS; i++) {
		if (twin->items[i].epoll == epoll &&
		    item_is_there(twin, &twin->items[i]))
			ret[n++] = twin->items[i];
	}
	qsort(ret, n, sizeof(*ret), item_order);
	return n;
}

/* Those that are not there any more, too. */
static unsigned int list_all(const struct twin *twin, int epoll,
			     struct twin_item *ret)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < TWIN_ITEMS; i++) {
		if (twin->items[i].epoll == epoll)
			ret[n++] = twin->items[i];
	}
	return n;
}

int twin_target(const struct twin *twin, const struct twin_task *task, int efd,
		int tfd, unsigned int toff)
{
	struct twin_item list[TWIN_ITEMS];
	int epoll = twin_file(twin, task, efd);
	unsigned int i, n;

	if (!epoll)
		return -EBADF;
	if (!twin_is_epoll(twin, epoll))
		return -EINVAL;
	n = twin_list(twin, epoll, list);
	if (twin->mutation == TWIN_ITEM_OUTLIVES)
		n = list_all(twin, epoll, list);
	for (i = twin->mutation == TWIN_ITEM_SKIPS; i < n; i++) {
		if (list[i].tfd == tfd && toff-- == 0)
			return list[i].target;
	}
	return -ENOENT;
}
