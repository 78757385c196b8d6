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
#define TWIN_EPOLLS	16
#define TWIN_ITEMS	256
#define TWIN_LEVELS	3
#define TWIN_PIDNS	64

/* Pid namespaces below the outermost, from the outside in. */
struct twin_pidns {
	int levels;
	int ns[TWIN_LEVELS];
};

struct twin_task {
	bool used;
	bool zombie;
	pid_t tid, tgid;
	int mm, fs, sighand, io, undo;	/* 0: none */
	int io_class;
	int table;			/* index of tables[], or -1 */
	struct twin_pidns in, kids;	/* its own, its next children's */
	pid_t nr[TWIN_LEVELS];		/* its numbers in its own */
};

/* What an epoll watches. */
struct twin_item {
	int epoll;			/* open file; 0: unused */
	int tfd;
	int target;			/* open file */
};

/* Ways to be wrong, each in one place: tests of the tests. */
enum twin_mutation {
	TWIN_SOUND,
	TWIN_CLONE_SHARES_FS,
	TWIN_CLONE_SPLITS_UNDO,
	TWIN_CLONE_SHARES_IO,
	TWIN_COPY_REOPENS,	/* a copied table has another file in slot 0 */
	TWIN_CLOSE_NEXT,	/* close empties the next slot too */
	TWIN_UNSHARE_KEEPS,	/* unshare leaves fs as it is */
	TWIN_EXEC_KEEPS_MM,
	TWIN_EXIT_KEEPS_FS,	/* zombies have it still */
	TWIN_ITEM_SKIPS,	/* the first item is not there */
	TWIN_ITEM_OUTLIVES,	/* items do not go with their targets */
	TWIN_MUTATIONS
};

struct twin {
	enum twin_mutation mutation;
	struct twin_task tasks[TWIN_TASKS];
	/* open files by descriptor; 0: closed */
	int tables[TWIN_TASKS + 1][TWIN_FDS];
	int table_ids[TWIN_TASKS + 1];	/* 0: unused */
	int epolls[TWIN_EPOLLS];	/* the open files that are epolls */
	struct twin_item items[TWIN_ITEMS];
	pid_t last_nr[TWIN_PIDNS];	/* in each pid namespace */
	int pidns;			/* how many there were */
	int last_id;
};

void twin_init(struct twin *twin, pid_t tid);
/* NULL if there is none: it never was, or it was reaped. */
struct twin_task *twin_find(struct twin *twin, pid_t tid);
/* Whom the caller means by a number, in its own pid namespace; or NULL. */
struct twin_task *twin_resolve(struct twin *twin,
			       const struct twin_task *caller, pid_t nr);
/* The number by which it can mean a task; 0: there is none. */
pid_t twin_number(const struct twin_task *caller,
		  const struct twin_task *task);
/* The first in its pid namespace, which ends with it. */
bool twin_is_init(const struct twin_task *task);
bool twin_is_inside(const struct twin_task *task,
		    const struct twin_task *init);
/* The group has a thread that is no zombie. */
bool twin_group_lives(const struct twin *twin, pid_t tgid);

/* Does the kernel refuse this clone before it makes an undo list? */
bool twin_refuses(struct twin *twin, const struct twin_task *creator,
		  uint64_t flags);
/* What calls do when they are executed; flags are clone's. */
struct twin_task *twin_clone(struct twin *twin, struct twin_task *creator,
			     pid_t tid, uint64_t flags);	/* NULL: not */
void twin_open(struct twin *twin, struct twin_task *task, int fd);
/* A descriptor that is the same open file as another, of whomever. */
void twin_dup(struct twin *twin, const struct twin_task *from, int from_fd,
	      struct twin_task *to, int fd);
void twin_close(struct twin *twin, struct twin_task *task, int first,
		int last);
/* False: there are too many. */
bool twin_open_epoll(struct twin *twin, struct twin_task *task, int fd);
/* op is epoll_ctl's.  0, or -errno as epoll_ctl would. */
int twin_epoll_ctl(struct twin *twin, const struct twin_task *task, int op,
		   int efd, int tfd);
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
bool twin_is_epoll(const struct twin *twin, int file);
/* All the items of an epoll, in the order of the kernel's tree, which is that
   of addresses: how many.  Room for TWIN_ITEMS. */
unsigned int twin_list(const struct twin *twin, int epoll,
		       struct twin_item *ret);
/* The target of an item, or -errno as KCMP_EPOLL_TFD finds them: what is
   right, never used to tell the model. */
int twin_target(const struct twin *twin, const struct twin_task *task, int efd,
		int tfd, unsigned int toff);

#endif
