/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scene: tasks that make calls at random, in the twin and in the model.  The
 * model is told when a call enters and, some time later, how it ended; the
 * twin executes it at some moment in between, and other tasks go on meanwhile.
 */
#ifndef SS_TESTS_MODEL_SCENE_H
#define SS_TESTS_MODEL_SCENE_H

#include "twin.h"
#include "../unit/world.h"
#include "model/epoll.h"

#define HINTS		2
#define CALLS_MAX	4000

enum stage {
	STAGE_IDLE,
	STAGE_ENTERED,		/* the model knows, nothing has happened */
	STAGE_EXECUTED,		/* it has happened, the model does not know */
};

enum op {
	OP_CLOSE, OP_DUP2, OP_CLOSE_RANGE, OP_CLONE, OP_UNSHARE, OP_EXEC,
	OP_EXIT, OP_EXIT_GROUP, OP_UNDO, OP_EPOLL_ADD, OP_EPOLL_DELETE,
	/* at once, and nobody tells */
	OP_OPEN, OP_DUP, OP_PASS, OP_IO, OP_REAP, OP_EPOLL, OP_EPOLL_MODIFY,
	OP_COUNT
};

/* What a task is doing; stands beside its place in the twin. */
struct call {
	enum stage stage;
	enum op op;
	pid_t tid;		/* as the model knows the caller */
	int first, last;	/* slots: a range; new and old; those of an
				   epoll and of a target; or an io class */
	uint64_t flags;		/* CLONE_*; of exec: the slots it closes */
	bool fails;		/* clone, or adding to an epoll */
	uint32_t serial;	/* of a pending clone */
	pid_t child;		/* or 0: it failed */
	bool unsettled;		/* the clone is not told to its end */
};

struct scene {
	uint32_t seed;
	struct ss_model *model;
	struct twin twin;
	struct call calls[TWIN_TASKS];
	unsigned int n_orphans;
	pid_t last_tid;
	unsigned int least;	/* how many must be left to ask */
	bool lazy;		/* ends of calls are not told for a question */
	struct ss_epoll_slot memory;	/* what questions about items name */
	/* clones whose creators are gone; the last, to be left alone at the
	   start */
	struct call orphans[CALLS_MAX];
};

extern struct scene scene;

void scene_start(uint32_t seed);

/* Below n, by chance. */
unsigned int scene_pick(unsigned int n);
struct call *scene_call(const struct twin_task *task);
/* A task that can ask: it is in no call.  NULL: none. */
struct twin_task *scene_some_caller(void);
struct twin_task *scene_some_task(void);

/* What a supervisor finds out when it needs it (scene-serve.c). */
void scene_settle_exec(pid_t tgid);
/* Brings the model up to date about a task's existence and life. */
void scene_look_at(pid_t tid);
/* Everything that could hide a file is told. */
void scene_look_everywhere(void);
/* The model is told which items there are. */
void scene_prune(void);
/* Gives the model what it lacks. */
void scene_serve(struct ss_question *q, const struct ss_need *need);
/* The label of what a slot holds; -EBADF; -ENOSPC: it cannot have one now. */
int scene_label_slot(pid_t tid, int fd, struct ss_file **ret);

/* The caller is calling: its own last call is over. */
void scene_enter(struct twin_task *caller);
/* Could the task make this call now? */
bool scene_is_possible(const struct twin_task *task, const struct call *call);
/* The task, which has entered, makes the call; what it does is up to .op,
   .first, .last, .flags and .fails. */
void scene_begin(struct twin_task *task, const struct call *call);
void scene_execute(struct twin_task *task);
/* An executed call returns. */
void scene_return(struct twin_task *task);
/* What happens in one moment, and no notification tells; `other`: who is
   reaped, or has the file that is passed.  False: nothing happened. */
bool scene_do_at_once(struct twin_task *task, const struct call *call,
		      struct twin_task *other);
/* Every call comes to its end, and the model is told. */
void scene_finish(void);

#endif
