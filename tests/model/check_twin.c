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
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "scene.h"

#define RUNS		120
#define DAMAGED_RUNS	60
#define STEPS		700
#define IDS		1024

static struct {
	uint32_t seed;
	unsigned int answers, wrong;
	bool damaged;
	/* order of two things when it was answered first */
	int8_t order[IDS][IDS];
	/* labels when they were answered about last */
	char names[IDS][32];
} run;

static void run_start(uint32_t seed)
{
	memset(&run, 0, sizeof(run));
	run.seed = seed;
	scene_start(seed);
}

static void must(bool right, const char *what)
{
	if (!right)
		run.wrong++;
	ck_assert_msg(right || run.damaged, "seed %u: %s", run.seed, what);
}

/* Asking. */

static int ask_model(struct ss_question *q)
{
	struct ss_answer a = { 0 };
	struct ss_need need = { 0 };
	unsigned int rounds = 0;

	if (scene_pick(4) == 0)
		scene_look_everywhere();
	while (!ss_model_compare(scene.model, q, &a, &need)) {
		scene_serve(q, &need);
		ck_assert_uint_lt(rounds++, 50);
	}
	run.answers++;
	return a.child_errno ? -a.child_errno : a.result;
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
	must(!*known || *known == result, "the order has changed");
	must(run.order[b][a] != result, "the order is not antisymmetric");
	*known = (int8_t)result;
}

static void check_file(struct twin_task *caller, struct twin_task *a, int fd1,
		       struct twin_task *b, int fd2)
{
	struct ss_question q = file_question(caller->tid, a->tid, fd1, b->tid,
					     fd2);
	int id1 = twin_file(&scene.twin, a, fd1);
	int id2 = twin_file(&scene.twin, b, fd2);
	int result = ask_model(&q);

	if (!id1 || !id2) {
		must(result == -EBADF, "a closed slot");
		return;
	}
	must(result >= 0 && (result == 0) == (id1 == id2),
	     "open files: equal or not");
	/* What has no label has no place in the order yet. */
	if (result > 0 && q.file[0] && q.file[1])
		check_order(&q, id1, id2, result);
}

/* The model takes these as done from the beginning. */
static bool is_being_changed(const struct twin_task *task, int type)
{
	const struct call *call = scene_call(task);

	if (call->stage != STAGE_ENTERED)
		return false;
	switch (call->op) {
	case OP_UNSHARE:
	case OP_CLOSE_RANGE:
		return type == SS_TYPE_FS || type == SS_TYPE_FILES ||
			type == SS_TYPE_SYSVSEM;
	case OP_CLONE:
	case OP_UNDO:
		return type == SS_TYPE_SYSVSEM;
	case OP_CLOSE:
	case OP_DUP2:
	case OP_EXEC:
	case OP_EXIT:
	case OP_EXIT_GROUP:
	case OP_OPEN:
	case OP_DUP:
	case OP_PASS:
	case OP_IO:
	case OP_REAP:
	case OP_COUNT:
		break;
	}
	return false;
}

static void check_type(struct twin_task *caller, int type,
		       struct twin_task *a, struct twin_task *b)
{
	struct ss_question q = question(caller->tid, type, a->tid, b->tid);
	int id1 = twin_resource(&scene.twin, a, type);
	int id2 = twin_resource(&scene.twin, b, type);
	int result;

	if (is_being_changed(a, type) || is_being_changed(b, type))
		return;
	result = ask_model(&q);
	must(result >= 0 && (result == 0) == (id1 == id2),
	     ss_type_name(type));
	if (!id1 || !id2)
		must(result == (id1 == id2 ? 0 : id1 ? 2 : 1),
		     "nothing is smaller than all");
	else if (result > 0)
		check_order(&q, id1, id2, result);
}

static void ask_something(struct twin_task *caller)
{
	struct twin_task *a = scene_some_task(), *b = scene_some_task();
	int type = (int)scene_pick(SS_TYPE_EPOLL_TFD);
	int fd1 = (int)scene_pick(TWIN_FDS), fd2 = (int)scene_pick(TWIN_FDS);

	scene_enter(caller);
	if (type == SS_TYPE_FILE || scene_pick(2))
		check_file(caller, a, fd1, b, fd2);
	else
		check_type(caller, type, a, b);
}

/* Every descriptor, so that labels are everywhere and stale ones are seen. */
static void ask_slots(struct twin_task *caller)
{
	unsigned int i;
	int fd;

	scene_enter(caller);
	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task = &scene.twin.tasks[i];

		for (fd = 0; task->used && fd < TWIN_FDS; fd++)
			check_file(caller, task, fd, task, fd);
	}
}

/* Every pair of everything. */
static void ask_everything(struct twin_task *caller)
{
	unsigned int i, j, n;
	int type;

	scene_enter(caller);
	for (i = 0; i < TWIN_TASKS; i++) {
		for (j = 0; j < TWIN_TASKS; j++) {
			struct twin_task *a = &scene.twin.tasks[i];
			struct twin_task *b = &scene.twin.tasks[j];

			if (!a->used || !b->used)
				continue;
			for (type = SS_TYPE_VM; type <= SS_TYPE_SYSVSEM;
			     type++)
				check_type(caller, type, a, b);
			for (n = 0; n < TWIN_FDS * TWIN_FDS; n++)
				check_file(caller, a, (int)(n / TWIN_FDS), b,
					   (int)(n % TWIN_FDS));
		}
	}
}

static void step(void)
{
	struct twin_task *task = scene_some_task();
	struct call *call = scene_call(task);
	enum op op = (enum op)scene_pick(OP_COUNT);

	/* These come more often: clones fail, and closing is what matters. */
	if (scene_pick(2))
		op = scene_pick(2) ? OP_CLONE : OP_CLOSE;
	if (task->zombie)
		return;
	if (call->stage == STAGE_ENTERED) {
		/* Others may act before it does. */
		if (scene_pick(3) == 0)
			scene_execute(task, call);
	} else if (call->stage == STAGE_EXECUTED && call->op == OP_EXEC) {
		scene_settle_exec(task->tgid);
	} else if (call->stage == STAGE_EXECUTED) {
		call->stage = STAGE_IDLE;
		scene_look_at(task->tid);
		tell_of(scene.model, SS_EVENT_RETURNED, task->tid);
	} else if (scene_pick(10) == 0) {
		ask_slots(task);
	} else if (scene_pick(3) == 0) {
		ask_something(task);
	} else if (op >= OP_OPEN) {
		scene_do_at_once(task, op);
	} else {
		scene_enter(task);
		if (scene_is_possible(task, op))
			scene_begin(task, call, op);
	}
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
			ask_everything(scene_some_caller());
		answers += run.answers;
		ss_model_free(scene.model);
	}
	printf("# %d runs, %lu answers\n", RUNS, answers);
	ck_assert_uint_gt(answers, 100000);
}
END_TEST

/* A descriptor becomes another file, and nobody is told. */
static bool damage_file(void)
{
	const struct ss_slot *slot;
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
			slot = file->holders;
			/* Two slots, or there is nothing to compare. */
			if (!slot || !slot->next || !slot->table->users)
				continue;
			task = twin_find(&scene.twin, slot->table->users->tid);
			twin_open(&scene.twin, task, slot->fd);
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
	if (!scene_some_caller())
		return false;
	ask_everything(scene_some_caller());
	ck_assert_uint_eq(run.wrong, 0);
	if (kind == 5 ? !damage_file() : !damage_task(kind))
		return false;
	run.damaged = true;
	ask_everything(scene_some_caller());
	ck_assert_msg(run.wrong, "seed %u: not found", run.seed);
	return true;
}

/* The test of the test. */
START_TEST(damage_is_found)
{
	unsigned int damages[6] = { 0 }, kind;
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
