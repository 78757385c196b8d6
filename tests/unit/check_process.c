/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of supervise/process, on real tasks: does a number still name who
 * it did?
 */
#include <check.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "kernel/proc.h"
#include "supervise/state.h"
#include "world.h"

static struct ss_session session;

static void *stay(void *data)
{
	const struct child *c = data;

	child_say(c, syscall(SYS_gettid));
	(void)child_wait(c);
	_exit(0);
}

static void make_thread(const struct child *c)
{
	pthread_t thread;

	child_assert(pthread_create(&thread, NULL, stay, (void *)c) == 0);
	(void)pthread_join(thread, NULL);
}

/* A thread that has called exit, and has not come far: others have the
   processors.  Another thread is on its way. */
static struct ss_task *leaver(struct child *child, uint64_t born_by)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	struct ss_event event = { .type = SS_EVENT_CHILD };

	*child = child_start(make_thread);
	event.child.tid = (pid_t)child_hear(child);
	event.child.born_by = born_by ? born_by : ss_proc_time_now();
	session.self = getpid();
	session.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(session.model);
	tell_of(session.model, SS_EVENT_START, child->pid);
	tell_clone(session.model, child->pid, THREAD_FLAGS);
	event.child.pending =
		task_of(session.model, child->pid)->pending->serial;
	tell(session.model, event);
	tell_of(session.model, SS_EVENT_EXIT, event.child.tid);
	tell_of(session.model, SS_EVENT_RETURNED, child->pid);
	tell_clone(session.model, child->pid, THREAD_FLAGS);
	return task_of(session.model, event.child.tid);
}

static void teardown(const struct child *child)
{
	ss_model_free(session.model);
	child_say(child, 0);
	child_reap(child);
}

START_TEST(late_leavers_are_themselves)
{
	struct child child;
	struct ss_task *task = leaver(&child, 0);

	ck_assert(!ss_number_is_new(&session, task));
	ck_assert_int_eq(ss_settle_find(&session, session.model->pendings), 0);
	teardown(&child);
}
END_TEST

START_TEST(who_began_later_is_another)
{
	struct child child;
	struct ss_task *task = leaver(&child, 1);

	ck_assert(ss_number_is_new(&session, task));
	ck_assert_int_eq(ss_settle_find(&session, session.model->pendings),
			 task->tid);
	teardown(&child);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		late_leavers_are_themselves, who_began_later_is_another, NULL,
	};

	return run_tests("supervise/process", tests);
}
