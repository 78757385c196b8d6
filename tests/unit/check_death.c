/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of kernel/death: which ends are told, and how they came about.
 */
#include "kernel/death.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "child.h"
#include "kernel/descriptor.h"
#include "world.h"

static void live(const struct child *c)
{
	(void)child_wait(c);
}

/* Its end is that of a thread alone, with this status. */
static void *end_with_7(void *data)
{
	const struct child *c = data;

	child_say(c, gettid());
	(void)child_wait(c);
	syscall(SYS_exit, 7);
	return NULL;
}

static void live_and_join(const struct child *c)
{
	union { const struct child *in; void *out; } argument = { .in = c };
	pthread_t thread;

	child_assert(!pthread_create(&thread, NULL, end_with_7, argument.out));
	child_assert(!pthread_join(thread, NULL));
	child_say(c, 0);
	(void)child_wait(c);
}

static void await(int pidfd)
{
	while (!ss_pidfd_is_over(pidfd))
		continue;
}

/* A pidfd of this thread that keeps how it ends, or -1 on an old kernel. */
static int keeper(pid_t tid)
{
	int pidfd = ss_pidfd_open(tid, true);
	int code;

	if (pidfd >= 0 && ss_pidfd_exit_code(pidfd, &code) == -EAGAIN)
		return pidfd;
	printf("# this kernel does not keep how threads end\n");
	if (pidfd >= 0)
		ck_assert_int_eq(close(pidfd), 0);
	return -1;
}

START_TEST(how_a_thread_ended)
{
	struct child child = child_start(live_and_join);
	pid_t tid = (pid_t)child_hear(&child);
	int pidfd = keeper(tid);
	int code = -1;

	ck_assert(ss_thread_exists(child.pid, tid));
	child_say(&child, 0);
	ck_assert_int_eq(child_hear(&child), 0);
	/* Joined is not yet gone. */
	while (ss_thread_exists(child.pid, tid))
		continue;
	if (pidfd >= 0) {
		ck_assert_int_eq(ss_pidfd_exit_code(pidfd, &code), 0);
		ck_assert(WIFEXITED(code));
		ck_assert_int_eq(WEXITSTATUS(code), 7);
		ck_assert_int_eq(close(pidfd), 0);
	}
	child_kill(&child);
	child_reap(&child);
}
END_TEST

START_TEST(how_a_killed_thread_ended)
{
	struct child child = child_start(live_and_join);
	int pidfd = keeper((pid_t)child_hear(&child));
	int code = -1;

	child_kill(&child);
	child_reap(&child);
	if (pidfd >= 0) {
		ck_assert_int_eq(ss_pidfd_exit_code(pidfd, &code), 0);
		ck_assert(WIFSIGNALED(code));
		ck_assert_int_eq(WTERMSIG(code), SIGKILL);
		ck_assert_int_eq(close(pidfd), 0);
	}
}
END_TEST

/* What is no pidfd. */
START_TEST(what_keeps_no_end)
{
	int pair[2];
	int code;

	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	ck_assert_int_eq(ss_pidfd_exit_code(pair[0], &code), -EOPNOTSUPP);
	ck_assert_int_eq(close(pair[0]), 0);
	ck_assert_int_eq(close(pair[1]), 0);
}
END_TEST

/* As main() would have returned it. */
START_TEST(reaped_with_a_status)
{
	struct child child = child_start(live);
	int pidfd = ss_pidfd_open(child.pid, false);
	int status = -1;

	ck_assert_int_ge(pidfd, 0);
	ck_assert(!ss_pidfd_is_over(pidfd));
	ck_assert_int_eq(ss_pidfd_reap(pidfd, &status), 0);
	ss_pidfd_kill(pidfd);
	await(pidfd);
	ck_assert_int_eq(ss_pidfd_reap(pidfd, &status), 1);
	ck_assert_int_eq(status, 128 + SIGKILL);
	ck_assert_int_eq(ss_pidfd_reap(pidfd, &status), -ECHILD);
	/* Who has ended already is no failure. */
	ss_pidfd_kill(pidfd);
	ck_assert_int_eq(close(pidfd), 0);

	child = child_start(live);
	pidfd = ss_pidfd_open(child.pid, false);
	ck_assert_int_eq(close(child.to_write), 0);
	await(pidfd);
	ck_assert_int_eq(ss_pidfd_reap(pidfd, &status), 1);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(close(pidfd), 0);
}
END_TEST

/* Whoever waits for the end of a traced child is given its stops, too. */
START_TEST(a_stop_is_left_alone)
{
	struct child child = child_start(live);
	int pidfd = ss_pidfd_open(child.pid, false);
	siginfo_t info = { 0 };
	int status;

	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(ptrace(PTRACE_SEIZE, child.pid, NULL, NULL), 0);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, child.pid, NULL, NULL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)child.pid, &info,
				WSTOPPED | WNOWAIT), 0);
	ck_assert_int_eq(ss_child_reap(child.pid), 0);
	ck_assert_int_eq(ss_pidfd_reap(pidfd, &status), 0);
	info.si_pid = 0;
	ck_assert_int_eq(waitid(P_PID, (id_t)child.pid, &info,
				WSTOPPED | WNOHANG), 0);
	ck_assert_int_eq(info.si_pid, child.pid);
	child_kill(&child);
	child_reap(&child);
	ck_assert_int_eq(close(pidfd), 0);
}
END_TEST

START_TEST(ends_are_told_once)
{
	struct child first = child_start(live), second = child_start(live);
	int pidfd[2] = {
		ss_pidfd_open(first.pid, false),
		ss_pidfd_open(second.pid, false),
	};
	int deaths = ss_deaths_open();
	pid_t ended[2];
	int kept;

	ck_assert_int_ge(deaths, 0);
	ck_assert_int_eq(ss_deaths_watch(deaths, pidfd[0], first.pid), 0);
	ck_assert_int_eq(ss_deaths_watch(deaths, pidfd[1], second.pid), 0);
	ck_assert_int_eq(ss_deaths_watch(deaths, pidfd[1], second.pid),
			 -EEXIST);
	ck_assert_int_eq(ss_deaths_take(deaths, ended, 2), 0);
	child_kill(&second);
	ck_assert_int_eq(ss_deaths_take(deaths, ended, 2), 1);
	ck_assert_int_eq(ended[0], second.pid);
	ck_assert_int_eq(ss_deaths_take(deaths, ended, 2), 0);
	ck_assert_int_eq(ss_deaths_watch_again(deaths, pidfd[1], second.pid),
			 0);
	ck_assert_int_eq(ss_deaths_take(deaths, ended, 2), 1);
	ck_assert_int_eq(ss_deaths_take(deaths, ended, 2), 0);
	/* The epoll has it until the duplicate is closed, too. */
	kept = fcntl(pidfd[1], F_DUPFD_CLOEXEC, 0);
	ck_assert_int_ge(kept, 0);
	ck_assert_int_eq(close(pidfd[1]), 0);
	ck_assert_int_eq(ss_deaths_take(deaths, ended, 2), 0);
	child_kill(&first);
	child_reap(&second);
	ck_assert_int_eq(ss_deaths_take(deaths, ended, 2), 1);
	ck_assert_int_eq(ended[0], first.pid);
	child_reap(&first);
	ck_assert_int_eq(close(pidfd[0]), 0);
	ck_assert_int_eq(close(kept), 0);
	ck_assert_int_eq(close(deaths), 0);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		how_a_thread_ended, how_a_killed_thread_ended,
		what_keeps_no_end, reaped_with_a_status,
		a_stop_is_left_alone, ends_are_told_once, NULL,
	};

	return run_tests("kernel/death", tests);
}
