/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model against its naive twin.
 *
 * What the model lacks for an answer it is given as a supervisor would: from
 * what is visible of the twin at that moment.  Then every answer must be what
 * the twin says, and the order must be an order, and stay.
 *
 * To be sure that this comparison bites, the twin is damaged at the end, and
 * the damage must be found.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <utlist.h>

#include "judge.h"

#define RUNS		120
#define DAMAGED_RUNS	60
#define STEPS		700
#define IDS		1024
#define ALL_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
			 CLONE_THREAD | CLONE_SYSVSEM | CLONE_IO | \
			 CLONE_PARENT)

static struct {
	uint32_t seed;
	/* order of two things when it was answered first */
	int8_t order[IDS][IDS];
	/* labels when they were answered about last */
	char names[IDS][32];
} run;

static const char *story(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "seed %u", run.seed);
	return text;
}

static void before(void)
{
	if (scene_pick(4) == 0)
		scene_look_everywhere();
	if (scene_pick(50) == 0)
		scene_prune();
}

/*
 * What has another name now has another place in the order: a file that nobody
 * was known to hold for a while (its only table went through an exec, and had
 * other users when that began), or what two execs at the same time did not
 * share any more, whichever was first.
 */
static void check_name(int id, const struct ss_question *q, unsigned int side)
{
	char name[sizeof(run.names[0])];
	int i;

	if (id >= IDS)
		return;
	ss_question_label(q, side, name, sizeof(name));
	if (!strcmp(name, run.names[id]))
		return;
	memcpy(run.names[id], name, sizeof(run.names[id]));
	for (i = 0; i < IDS; i++)
		run.order[id][i] = run.order[i][id] = 0;
}

static void check_order(const struct ss_question *q, int a, int b, int result)
{
	int8_t *known;

	if (a >= IDS || b >= IDS)
		return;
	check_name(a, q, 0);
	check_name(b, q, 1);
	known = &run.order[a][b];
	judge_must(!*known || *known == result, "the order has changed");
	judge_must(run.order[b][a] != result, "the order is not antisymmetric");
	*known = (int8_t)result;
}

/* a < b and b < c means a < c: among all that was ever put in order. */
static void check_transitive(void)
{
	int i, j, k;

	for (i = 0; i < IDS; i++) {
		for (j = 0; j < IDS; j++) {
			if (run.order[i][j] != 1)
				continue;
			for (k = 0; k < IDS; k++)
				judge_must(run.order[j][k] != 1 ||
					   run.order[i][k] != 2,
					   "the order is not transitive");
		}
	}
}

static void run_start(uint32_t seed)
{
	memset(&run, 0, sizeof(run));
	run.seed = seed;
	judge = (struct judge){ .story = story, .before = before,
				.order = check_order };
	scene_start(seed);
}

static struct ss_epoll_slot some_item(void)
{
	return (struct ss_epoll_slot){
		.efd = scene_pick(TWIN_FDS), .tfd = scene_pick(TWIN_FDS),
		.toff = scene_pick(4) / 2 };
}

static void ask_something(struct twin_task *caller)
{
	struct twin_task *a = scene_some_task(), *b = scene_some_task();
	int type = (int)scene_pick(SS_TYPE_COUNT);
	int fd1 = (int)scene_pick(TWIN_FDS), fd2 = (int)scene_pick(TWIN_FDS);

	scene_enter(caller);
	if (type == SS_TYPE_EPOLL_TFD)
		judge_item(caller, a, fd1, b, some_item());
	else if (type == SS_TYPE_FILE || scene_pick(2))
		judge_file(caller, a, fd1, b, fd2);
	else
		judge_type(caller, type, a, b);
	judge_errors(caller, a);
}

/* What a task does next. */
static struct call some_call(enum op op)
{
	struct call call = {
		.op = op,
		.first = (int)scene_pick(TWIN_FDS),
		.last = (int)scene_pick(TWIN_FDS),
		.flags = scramble(&scene.seed),
		.fails = scene_pick(8) == 0,
	};

	if (op == OP_CLOSE_RANGE && call.last < call.first)
		call.last = call.first;
	if (op == OP_UNSHARE)
		call.flags &= CLONE_FS | CLONE_FILES | CLONE_SYSVSEM |
			(scene_pick(4) ? 0 : CLONE_NEWPID);
	if (op == OP_IO)
		call.first = 1 + (int)scene_pick(3);
	if (op != OP_CLONE)
		return call;
	call.flags &= ALL_FLAGS | (scene_pick(4) ? 0 : CLONE_NEWPID);
	/* Threads, half of the time: much is shared then. */
	if (scene_pick(2))
		call.flags |= CLONE_VM | CLONE_SIGHAND | CLONE_THREAD |
			CLONE_FILES;
	return call;
}

/* Clones come more often, because they fail, and closing, because that is
   what matters; items, or there would be none. */
static enum op some_op(void)
{
	static const enum op often[] = {
		OP_CLONE, OP_CLOSE, OP_EPOLL, OP_EPOLL_ADD,
	};

	if (scene_pick(2))
		return often[scene_pick(SS_ARRAY_SIZE(often))];
	return (enum op)scene_pick(OP_COUNT);
}

static void act(struct twin_task *task)
{
	struct call call = some_call(some_op());

	if (call.op >= OP_OPEN) {
		(void)scene_do_at_once(task, &call, scene_some_task());
		return;
	}
	scene_enter(task);
	if (scene_is_possible(task, &call))
		scene_begin(task, &call);
}

static void step(void)
{
	struct twin_task *task = scene_some_task();
	struct call *call = scene_call(task);

	if (task->zombie)
		return;
	if (call->stage == STAGE_ENTERED) {
		/* Others may act before it does. */
		if (scene_pick(3) == 0)
			scene_execute(task);
	} else if (call->stage == STAGE_EXECUTED) {
		scene_return(task);
	} else if (scene_pick(10) == 0) {
		judge_slots(task);
	} else if (scene_pick(3) == 0) {
		ask_something(task);
	} else {
		act(task);
	}
}

/* One that can ask, and sees everybody. */
static struct twin_task *some_seer(void)
{
	unsigned int i;

	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task = scene_some_caller();

		if (task && !task->in.levels)
			return task;
	}
	return NULL;
}

START_TEST(model_and_twin_agree)
{
	unsigned long answers = 0;
	uint32_t seed;
	int i;

	for (seed = 1; seed <= RUNS; seed++) {
		run_start(seed);
		for (i = 0; i < STEPS; i++)
			step();
		if (scene_some_caller())
			judge_everything(scene_some_caller(), false);
		check_transitive();
		answers += judge.answers;
		ss_model_free(scene.model);
	}
	printf("# %d runs, %lu answers\n", RUNS, answers);
	ck_assert_uint_gt(answers, 100000);
}
END_TEST

/* A descriptor becomes another file, and nobody is told. */
static bool damage_file(void)
{
	const struct ss_files *files;
	struct ss_file *file;
	struct twin_task *task;
	uint64_t ino;

	for (ino = 0; ino < HINTS; ino++) {
		struct ss_hint hint = { .dev = 8, .ino = ino };
		struct ss_file_set *set = ss_file_set_find(&scene.model->open,
							   &hint);

		if (!set)
			continue;
		DL_FOREACH(set->unplaced, file) {
			/* Two slots, or there is nothing to compare. */
			if (!file->holders || !ss_holder_next(file->holders))
				continue;
			files = ss_holder_table(file->holders);
			if (!files->users)
				continue;
			task = twin_find(&scene.twin, files->users->tid);
			twin_open(&scene.twin, task,
				  ss_holder_fd(file->holders));
			return true;
		}
	}
	return false;
}

/* A task gets something of its own, or loses what it has. */
static bool damage_task(unsigned int kind)
{
	struct twin_task *task = scene_some_caller();
	int *resources[] = { &task->mm, &task->fs, &task->sighand, &task->io,
			     &task->undo };
	unsigned int i, n = 0;

	/* Somebody else must have the same, or nobody can tell. */
	for (i = 0; i < TWIN_TASKS; i++) {
		const struct twin_task *t = &scene.twin.tasks[i];
		const int *others[] = { &t->mm, &t->fs, &t->sighand, &t->io,
					&t->undo };

		n += t->used && t != task &&
			*others[kind] == *resources[kind];
	}
	if (!n)
		return false;
	*resources[kind] = ++scene.twin.last_id;
	return true;
}

/* True: there was something to damage.  All may have ended by now. */
static bool try_damage(unsigned int kind)
{
	struct twin_task *caller = some_seer();

	if (!caller)
		return false;
	judge_everything(caller, false);
	ck_assert_uint_eq(judge.wrong, 0);
	if (kind == 6)
		scene.twin.mutation = TWIN_ITEM_SKIPS;
	else if (kind == 5 ? !damage_file() : !damage_task(kind))
		return false;
	judge.damaged = true;
	judge_everything(caller, false);
	/* There may be no item. */
	ck_assert_msg(judge.wrong || kind == 6, "seed %u: not found", run.seed);
	return judge.wrong;
}

/* The test of the test. */
START_TEST(damage_is_found)
{
	unsigned int damages[7] = { 0 }, kind;
	uint32_t seed;
	int i;

	for (seed = 1; seed <= DAMAGED_RUNS; seed++) {
		kind = seed % SS_ARRAY_SIZE(damages);
		run_start(seed);
		for (i = 0; i < STEPS / 2; i++)
			step();
		scene_finish();
		damages[kind] += try_damage(kind);
		ss_model_free(scene.model);
	}
	for (kind = 0; kind < SS_ARRAY_SIZE(damages); kind++)
		ck_assert_msg(damages[kind], "kind %u was not tried", kind);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		model_and_twin_agree, damage_is_found, NULL,
	};

	return run_tests("model and twin", tests);
}
