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

#define HINTS		2
#define CALLS_MAX	4000

enum stage {
	STAGE_IDLE,
	STAGE_ENTERED,		/* the model knows, nothing has happened */
	STAGE_EXECUTED,		/* it has happened, the model does not know */
};

enum op {
	OP_CLOSE, OP_DUP2, OP_CLOSE_RANGE, OP_CLONE, OP_UNSHARE, OP_EXEC,
	OP_EXIT, OP_EXIT_GROUP, OP_UNDO,
	/* at once, and nobody tells */
	OP_OPEN, OP_DUP, OP_PASS, OP_IO, OP_REAP,
	OP_COUNT
};

/* What a task is doing; stands beside its place in the twin. */
struct call {
	enum stage stage;
	enum op op;
	pid_t tid;		/* as the model knows the caller */
	int first, last;
	uint64_t flags;
	unsigned int cloexec;	/* bit n: exec closes descriptor n */
	uint32_t serial;	/* of a pending clone */
	pid_t child;		/* or 0: it failed */
	bool unsettled;		/* the clone is not told to its end */
};

struct scene {
	uint32_t seed;
	struct ss_model *model;
	struct twin twin;
	struct call calls[TWIN_TASKS];
	/* clones whose creators are gone */
	struct call orphans[CALLS_MAX];
	unsigned int n_orphans;
	pid_t last_tid;
};

extern struct scene scene;

void scene_start(uint32_t seed);

/* Below n, by chance. */
unsigned int scene_pick(unsigned int n);
struct call *scene_call(const struct twin_task *task);
/* A task that can ask: it is in no call.  NULL: none. */
struct twin_task *scene_some_caller(void);
struct twin_task *scene_some_task(void);

/* What a supervisor finds out when it needs it. */
void scene_settle_exec(pid_t tgid);
/* Brings the model up to date about a task's existence and life. */
void scene_look_at(pid_t tid);
/* Everything that could hide a file is told. */
void scene_look_everywhere(void);
/* Gives the model what it lacks. */
void scene_serve(struct ss_question *q, const struct ss_need *need);

/* The caller is calling: its own last call is over. */
void scene_enter(struct twin_task *caller);
/* Could the task make this call now? */
bool scene_is_possible(const struct twin_task *task, enum op op);
void scene_begin(struct twin_task *task, struct call *call, enum op op);
void scene_execute(struct twin_task *task, struct call *call);
/* What happens in one moment, and no notification tells. */
void scene_do_at_once(struct twin_task *task, enum op op);
/* Every call comes to its end, and the model is told. */
void scene_finish(void);

#endif
