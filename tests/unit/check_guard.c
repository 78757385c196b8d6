/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of supervise/guard: what it remembers of tasks that it has let go
 * of for a tracer.
 */
#include <check.h>

#include "supervise/guard.h"
#include "supervise/state.h"
#include "world.h"

#define TRACER	200
#define TRACEE	201
#define OTHER	202

static struct ss_session session;

static void begin(void)
{
	session = (struct ss_session){ .model = world_new() };
	spawn(session.model, ROOT, TRACER, 0);
	spawn(session.model, ROOT, TRACEE, 0);
	spawn(session.model, ROOT, OTHER, 0);
	ck_assert(!ss_guard_let_go(&session, TRACER, TRACEE));
	ck_assert_ptr_nonnull(session.guard.released);
}

static void end(void)
{
	ck_assert_ptr_null(session.guard.released);
	ss_guard_release(&session);
	ss_model_free(session.model);
}

static void look(pid_t tid, enum ss_family family)
{
	const struct ss_call call = { .family = family };

	ss_guard_look(&session, task_of(session.model, tid), &call);
}

static void go(pid_t tid)
{
	tell_of(session.model, SS_EVENT_GROUP_DEAD, tid);
	tell_of(session.model, SS_EVENT_GROUP_GONE, tid);
}

START_TEST(until_the_tracer_is_seen)
{
	begin();
	look(OTHER, SS_FAMILY_DESCRIPTOR);
	look(TRACER, SS_FAMILY_SIGNAL);
	ck_assert_ptr_nonnull(session.guard.released);
	look(TRACER, SS_FAMILY_DESCRIPTOR);
	end();
}
END_TEST

START_TEST(until_the_tracer_has_gone)
{
	begin();
	go(TRACER);
	look(OTHER, SS_FAMILY_DESCRIPTOR);
	end();
}
END_TEST

/* Its number may come back; and who only traces would make us grow. */
START_TEST(until_the_task_has_gone)
{
	begin();
	go(TRACEE);
	look(TRACER, SS_FAMILY_SIGNAL);
	end();
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		until_the_tracer_is_seen, until_the_tracer_has_gone,
		until_the_task_has_gone, NULL,
	};

	return run_tests("supervise/guard", tests);
}
