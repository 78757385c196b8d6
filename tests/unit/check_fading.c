/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of tasks that are on their way out, and have given up some of what
 * they had: what may still be told of them, in which order.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "world.h"

#define CHILD	200

/* Memory, table, fs, undo list: each subset of these. */
#define GIVEN_UP_MAX	16

static unsigned int given_up(unsigned int subset)
{
	return (subset & 1 ? 1u << SS_KIND_MM : 0) |
		(subset & 2 ? 1u << SS_KIND_FILES : 0) |
		(subset & 4 ? 1u << SS_KIND_FS : 0) |
		(subset & 8 ? 1u << SS_KIND_UNDO : 0);
}

static void tell_fading(struct ss_model *model, pid_t tid, unsigned int subset)
{
	tell(model, (struct ss_event){ .type = SS_EVENT_FADING, .tid = tid,
				       .gone = given_up(subset) });
}

/* A task in the middle of an exec, that shares what flags say. */
static struct ss_model *world_with_exec(uint64_t flags)
{
	struct ss_model *model = world_new();

	tell_user(model, ROOT, 0);
	tell_of(model, SS_EVENT_UNDO, ROOT);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	spawn(model, ROOT, CHILD, flags);
	tell_new_file(model, CHILD, 3, 7);
	tell_of(model, SS_EVENT_EXEC, CHILD);
	return model;
}

static int meet(unsigned int subset, enum ss_event_type type)
{
	struct ss_model *model = world_with_exec(0);
	struct ss_event event = { .type = type, .tid = CHILD };
	int r;

	tell_fading(model, CHILD, subset);
	r = apply(model, &event);
	ss_model_free(model);
	return r;
}

/* Calls enter no more, and the rest finds what is left. */
START_TEST(events_of_the_fading)
{
	const enum ss_event_type entries[] = {
		SS_EVENT_CLONE, SS_EVENT_EXEC, SS_EVENT_EXIT, SS_EVENT_CLOSE,
		SS_EVENT_UNSHARE, SS_EVENT_UNDO, SS_EVENT_UNDO_DROP,
		SS_EVENT_SLOT_USE, SS_EVENT_LANDLOCK, SS_EVENT_HANDLER,
	};
	const enum ss_event_type others[] = {
		SS_EVENT_CREDS_CHANGE, SS_EVENT_DUMPABLE,
		SS_EVENT_PIDNS_CHANGE, SS_EVENT_RETURNED,
		SS_EVENT_CLONE_PASS, SS_EVENT_CLONE_FAILED,
		SS_EVENT_CLONE_ORPHAN, SS_EVENT_EXEC_DONE,
		SS_EVENT_EXEC_FAILED, SS_EVENT_FADING, SS_EVENT_TASK_ZOMBIE,
		SS_EVENT_PARENT, SS_EVENT_AT_RANDOM, SS_EVENT_IO,
		SS_EVENT_SLOT, SS_EVENT_EPOLL_UNSEEN, SS_EVENT_THREAD_GONE,
		SS_EVENT_GROUP_DEAD, SS_EVENT_GROUP_GONE,
	};
	unsigned int subset, i;

	for (subset = 0; subset < GIVEN_UP_MAX; subset++) {
		for (i = 0; i < SS_ARRAY_SIZE(entries); i++)
			ck_assert_int_eq(meet(subset, entries[i]), -ESRCH);
		for (i = 0; i < SS_ARRAY_SIZE(others); i++)
			(void)meet(subset, others[i]);
	}
}
END_TEST

/* What is left at the end, and what is known of it, where the exec is told
   before the end begins, or after that. */
static char *exec_and_fading(uint64_t flags, unsigned int subset, bool late)
{
	struct ss_model *model = world_with_exec(flags);
	const pid_t tid = flags & CLONE_THREAD ? ROOT : CHILD;
	struct ss_text text = { 0 };

	if (late)
		tell_fading(model, CHILD, subset);
	tell_of(model, SS_EVENT_EXEC_DONE, CHILD);
	if (!late)
		tell_fading(model, tid, subset);
	ck_assert(task_of(model, tid)->fading);
	ss_model_dump(model, &text);
	ss_text_printf(&text, "%d %d %d", task_of(model, tid)->dumpable,
		       task_of(model, tid)->likely,
		       task_of(model, tid)->creds_known);
	ck_assert_int_eq(text.error, 0);
	ss_model_free(model);
	return text.data;
}

START_TEST(exec_told_late)
{
	const uint64_t shared[] = {
		0, CLONE_FILES, CLONE_VM, CLONE_VM | CLONE_SIGHAND,
		CLONE_FILES | CLONE_FS | CLONE_SYSVSEM, THREAD_FLAGS,
	};
	unsigned int subset, i;

	for (i = 0; i < SS_ARRAY_SIZE(shared) * GIVEN_UP_MAX; i++) {
		uint64_t flags = shared[i / GIVEN_UP_MAX];
		char *early, *late;

		subset = i % GIVEN_UP_MAX;
		early = exec_and_fading(flags, subset, false);
		late = exec_and_fading(flags, subset, true);
		ck_assert_str_eq(early, late);
		free(early);
		free(late);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		events_of_the_fading, exec_told_late, NULL,
	};

	return run_tests("model/fading", tests);
}
