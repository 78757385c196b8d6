/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model's naive twin: what a kernel does to a handful of tasks, told in
 * the plainest way.  Resources are numbers that are never used again, tables
 * are arrays, nothing has a label, and nothing is known by halves: a call
 * changes the twin at the moment at which it is executed.
 */
#ifndef SS_TESTS_MODEL_TWIN_H
#define SS_TESTS_MODEL_TWIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TWIN_TASKS	14
#define TWIN_FDS	5

struct twin_task {
	bool used;
	bool zombie;
	pid_t tid, tgid;
	int mm, fs, sighand, io, undo;	/* 0: none */
	int io_class;
	int table;			/* index of tables[], or -1 */
};

struct twin {
	struct twin_task tasks[TWIN_TASKS];
	/* open files by descriptor; 0: closed */
	int tables[TWIN_TASKS + 1][TWIN_FDS];
	int table_ids[TWIN_TASKS + 1];	/* 0: unused */
	int last_id;
};

void twin_init(struct twin *twin, pid_t tid);
/* NULL if there is none: it never was, or it was reaped. */
struct twin_task *twin_find(struct twin *twin, pid_t tid);
/* The group has a thread that is no zombie. */
bool twin_group_lives(const struct twin *twin, pid_t tgid);

/* What calls do when they are executed; flags are clone's. */
struct twin_task *twin_clone(struct twin *twin, struct twin_task *creator,
			     pid_t tid, uint64_t flags);	/* NULL: full */
void twin_open(struct twin *twin, struct twin_task *task, int fd);
/* A descriptor that is the same open file as another, of whomever. */
void twin_dup(struct twin *twin, const struct twin_task *from, int from_fd,
	      struct twin_task *to, int fd);
void twin_close(struct twin *twin, struct twin_task *task, int first,
		int last);
void twin_unshare(struct twin *twin, struct twin_task *task, uint64_t flags);
void twin_undo(struct twin *twin, struct twin_task *task);
void twin_io(struct twin *twin, struct twin_task *task, int io_class);
/* Bit n of cloexec: descriptor n is closed. */
void twin_exec(struct twin *twin, struct twin_task *task,
	       unsigned int cloexec);
void twin_exit(struct twin *twin, struct twin_task *task);
void twin_exit_group(struct twin *twin, pid_t tgid);
void twin_reap(struct twin *twin, pid_t tgid);

/* The number of what a task has of a kcmp type (not FILE, EPOLL_TFD). */
int twin_resource(const struct twin *twin, const struct twin_task *task,
		  int type);
/* The open file behind a descriptor, or 0. */
int twin_file(const struct twin *twin, const struct twin_task *task, int fd);

#endif
