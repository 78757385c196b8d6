/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of supervise/process, on real tasks: does a number still name who
 * it did, and who is on its way out?
 */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "kernel/death.h"
#include "kernel/descriptor.h"
#include "kernel/proc.h"
#include "kernel/signals.h"
#include "supervise/state.h"
#include "world.h"

static struct ss_session session;

static void make_thread(const struct child *c)
{
	pthread_t thread;

	child_assert(pthread_create(&thread, NULL, child_thread,
				    (void *)c) == 0);
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

static void live(const struct child *c)
{
	(void)child_wait(c);
}

/* A child, a clone that is let on, and another child. */
START_TEST(numbers_come_in_turn)
{
	struct ss_pending pending = { .flags = 0 };
	struct child before, after;

	ck_assert(ss_settle_is_later(&pending, 1));
	if (access("/proc/sys/kernel/ns_last_pid", R_OK) < 0)
		return;
	ck_assert_int_gt(ss_proc_last_number(), 0);
	before = child_start(live);
	pending.last = ss_proc_last_number();
	after = child_start(live);
	ck_assert(!ss_settle_is_later(&pending, before.pid));
	ck_assert(!ss_settle_is_later(&pending, pending.last));
	ck_assert(ss_settle_is_later(&pending, after.pid));
	child_kill(&before);
	child_reap(&before);
	child_kill(&after);
	child_reap(&after);
	/* They have come round since. */
	pending.last = INT_MAX - 1;
	ck_assert(ss_settle_is_later(&pending, INT_MAX));
	ck_assert(ss_settle_is_later(&pending, 1));
	ck_assert(!ss_settle_is_later(&pending, INT_MAX - 2));
}
END_TEST

/* The first process of a pid namespace dies as long as nobody has reaped the
   second. */
static void linger(const struct child *c)
{
	pid_t first, second;

	child_assert(geteuid() == 0 || unshare(CLONE_NEWUSER) == 0);
	child_assert(unshare(CLONE_NEWPID) == 0);
	first = fork();
	if (first == 0)
		for (;;)
			(void)pause();
	child_assert(first > 0);
	second = fork();
	if (second == 0)
		for (;;)
			(void)pause();
	child_assert(second > 0 && kill(first, SIGKILL) == 0);
	child_say(c, first);
	(void)child_wait(c);
}

static void await_sleep(pid_t pid)
{
	struct ss_proc_status status;
	struct ss_proc_stat stat;

	do {
		ck_assert_int_eq(ss_proc_status(pid, &status), 0);
		ck_assert_int_eq(ss_proc_stat(pid, &stat), 0);
	} while (status.has_fs || stat.state != 'S');
}

/* Its children may be others' before it is dead. */
START_TEST(who_has_begun_to_exit_leaves_orphans)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	struct child child = child_start(linger);
	pid_t first = (pid_t)child_hear(&child);

	session.self = getpid();
	session.nofile = 1024;
	session.deaths = ss_deaths_open();
	session.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(session.model);
	tell_of(session.model, SS_EVENT_START, child.pid);
	tell_clone(session.model, child.pid, 0);
	tell_child(session.model, session.model->pendings->serial, first);
	tell_clone(session.model, first, 0);
	ck_assert_int_eq(ss_process_add(&session, child.pid), 0);
	ck_assert_int_eq(ss_process_add(&session, first), 0);
	await_sleep(first);
	ck_assert(!ss_group_is_ending(&session, child.pid));
	ck_assert(ss_group_is_ending(&session, first));
	ss_orphans_notice(&session);
	ck_assert_ptr_null(session.model->pendings->creator);
	ck_assert(!task_of(session.model, first)->zombie);
	ss_process_free(&session, ss_process_find(&session, first));
	ss_process_free(&session, ss_process_find(&session, child.pid));
	ss_model_free(session.model);
	ck_assert_int_eq(close(session.deaths), 0);
	child_say(&child, 0);
	child_reap(&child);
}
END_TEST

START_TEST(whose_end_is_nobodys_is_not_waited_for)
{
	struct child child = child_start(live);

	ck_assert_int_eq(ss_child_reap(getppid()), -ECHILD);
	ck_assert_int_eq(ss_child_reap(child.pid), 0);
	child_kill(&child);
	ck_assert_int_eq(ss_child_reap(child.pid), 1);
	ck_assert_int_eq(ss_child_reap(child.pid), -ECHILD);
}
END_TEST

/* While one SIGCHLD is pending, another one adds nothing to it. */
START_TEST(a_signal_of_somebody_hides_no_end)
{
	struct ss_listener listener = SS_LISTENER_EMPTY;
	struct child child = child_start(live);
	struct ss_tids none = { 0 };

	ck_assert_int_eq(ss_signals_prepare(), 0);
	ck_assert_int_eq(ss_signals_start(&listener, -1, child.pid, &none), 0);
	ss_signals_hold_child();
	ck_assert_int_eq(kill(getpid(), SIGCHLD), 0);
	child_kill(&child);
	ss_signals_await_child();
	ss_signals_free_child();
	ss_signals_stop();
	child_reap(&child);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		late_leavers_are_themselves, who_began_later_is_another,
		numbers_come_in_turn,
		who_has_begun_to_exit_leaves_orphans,
		whose_end_is_nobodys_is_not_waited_for,
		a_signal_of_somebody_hides_no_end, NULL,
	};

	return run_tests("supervise/process", tests);
}
