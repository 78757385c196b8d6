/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of kernel/launch and kernel/notify, on real children: each is
 * served by a loop that lets everything go on.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/attributes.h"
#include "kernel/filter.h"
#include "kernel/launch.h"
#include "kernel/notify.h"
#include "watch/calls.h"

static struct sock_fprog program;

static void setup(void)
{
	ck_assert_int_eq(ss_filter_build(ss_calls, ss_calls_count, NULL,
					 &program), 0);
}

static void teardown(void)
{
	free(program.filter);
	program.filter = NULL;
}

static int launch(const char *const *argv, struct ss_launched *ret,
		  struct ss_launch_failure *failure)
{
	struct ss_launch request = {
		.argv = (char *const *)argv,
		.filter = &program,
		.want_wait_killable = true,
		.want_sync_wake_up = true,
		.test_type = SS_TYPE_VM,
	};

	return ss_launch(&request, ret, failure);
}

/* Answers everything: kcmp with `kcmp`, the rest by letting it go on. */
static void serve(struct ss_launched *launched, const struct ss_reply *kcmp)
{
	const struct ss_reply go_on = { .kind = SS_REPLY_CONTINUE };
	struct pollfd pollfd = {
		.fd = launched->listener.fd,
		.events = POLLIN,
	};
	struct ss_notification notification;
	int r;

	while (poll(&pollfd, 1, -1) == 1 && (pollfd.revents & POLLIN)) {
		r = ss_listener_receive(&launched->listener, &notification);
		if (r == -ENOENT)
			continue;
		ck_assert_int_eq(r, 0);
		ck_assert(ss_listener_is_valid(&launched->listener,
					       notification.id));
		r = ss_listener_answer(&launched->listener, notification.id,
				       notification.nr == SYS_kcmp ? kcmp :
				       &go_on);
		ck_assert(r == 0 || r == -ENOENT);
	}
	ck_assert(ss_listener_is_over(&launched->listener));
}

/* Waits for the child, releases everything, returns the wait status. */
static int finish(struct ss_launched *launched)
{
	int status = -1;

	ss_listener_release(&launched->listener);
	ss_listener_release(&launched->listener);
	ck_assert_int_eq(waitpid(launched->pid, &status, 0), launched->pid);
	ss_close_fd(&launched->pidfd);
	ss_close_fd(&launched->channel);
	return status;
}

static int lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	return fd;
}

START_TEST(command_runs)
{
	const struct ss_reply unused = { .kind = SS_REPLY_VALUE };
	const char *argv[] = { "sh", "-c", "sh -c 'exit 3'; exit $(($? + 4))",
		NULL };
	struct ss_launch_failure failure;
	struct ss_launched launched;
	int before = lowest_free();
	int status;

	ck_assert_int_eq(launch(argv, &launched, &failure), 0);
	serve(&launched, &unused);
	ck_assert_int_eq(ss_launched_exec_failure(&launched, &failure), 0);
	status = finish(&launched);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	ck_assert_int_eq(lowest_free(), before);
}
END_TEST

/* A shell that was given three descriptors has three. */
START_TEST(nothing_leaks)
{
	const struct ss_reply unused = { .kind = SS_REPLY_VALUE };
	const char *argv[] = { "sh", "-c",
		"for fd in 3 4 5 6 7 8 9 10 11 12; do"
		"  ! [ -e /proc/$$/fd/$fd ] || exit 1; done; "
		"grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status",
		NULL };
	struct ss_launch_failure failure;
	struct ss_launched launched;

	ck_assert_int_eq(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), 0);
	ck_assert_int_eq(launch(argv, &launched, &failure), 0);
	serve(&launched, &unused);
	ck_assert_int_eq(finish(&launched), 0);
}
END_TEST

struct exec_failure {
	const char *command;
	int error;
	int status;
};

static const struct exec_failure exec_failures[] = {
	{ "/no/such/command", ENOENT, 127 },
	{ "no-such-command-anywhere", ENOENT, 127 },
	{ "/", EACCES, 126 },
	{ "/dev/null", EACCES, 126 },
};

START_TEST(exec_failures_are_told)
{
	const struct exec_failure *wanted = &exec_failures[_i];
	const struct ss_reply unused = { .kind = SS_REPLY_VALUE };
	const char *argv[] = { wanted->command, NULL };
	struct ss_launch_failure failure;
	struct ss_launched launched;
	int status;

	ck_assert_int_eq(launch(argv, &launched, &failure), 0);
	serve(&launched, &unused);
	ck_assert_int_eq(ss_launched_exec_failure(&launched, &failure), 1);
	ck_assert_int_eq(failure.stage, SS_LAUNCH_EXEC);
	ck_assert_int_eq(failure.error, wanted->error);
	status = finish(&launched);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), wanted->status);
}
END_TEST

/* Becomes a process that is refused kcmp, as in some containers. */
static void refuse_kcmp(uint32_t action)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog outer = {
		.len = SS_ARRAY_SIZE(filter),
		.filter = filter,
	};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
				 &outer), 0);
}

static const uint32_t refusals[] = {
	SECCOMP_RET_ERRNO | EPERM,
	SECCOMP_RET_ERRNO | ENOSYS,
	SECCOMP_RET_ERRNO | 0,		/* "success" is no answer of ours */
	SECCOMP_RET_TRAP,
	SECCOMP_RET_KILL_PROCESS,
};

START_TEST(outer_filter_is_noticed)
{
	const char *argv[] = { "true", NULL };
	struct ss_launch_failure failure;
	struct ss_launched launched;
	int before = lowest_free();

	refuse_kcmp(refusals[_i]);
	ck_assert_int_eq(launch(argv, &launched, &failure), -1);
	ck_assert_int_eq(failure.stage, SS_LAUNCH_OUTER_FILTER);
	ck_assert_int_eq(failure.error,
			 refusals[_i] == (SECCOMP_RET_ERRNO | EPERM) ? EPERM :
			 refusals[_i] >> 16 == SECCOMP_RET_ERRNO >> 16 ?
			 ENOSYS : EPERM);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(lowest_free(), before);
}
END_TEST

START_TEST(second_listener_is_refused)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog harmless = { .len = 1, .filter = filter };
	const char *argv[] = { "true", NULL };
	struct ss_launch_failure failure;
	struct ss_launched launched;
	bool wait_killable;
	int fd;

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	fd = ss_filter_load(&harmless, true, &wait_killable);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(launch(argv, &launched, &failure), -1);
	ck_assert_int_eq(failure.stage, SS_LAUNCH_FILTER);
	ck_assert_int_eq(failure.error, EBUSY);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	(void)close(fd);
}
END_TEST

START_TEST(interrupt_is_not_lost)
{
	const struct ss_reply unused = { .kind = SS_REPLY_VALUE };
	const char *argv[] = { "true", NULL };
	struct ss_notification notification;
	struct ss_launch_failure failure;
	struct ss_launched launched;

	ck_assert_int_eq(launch(argv, &launched, &failure), 0);
	/* Before the receive, and twice: one EINTR, then business as usual. */
	ss_listener_interrupt(&launched.listener, NULL);
	ss_listener_interrupt(&launched.listener, NULL);
	ck_assert_int_eq(ss_listener_receive(&launched.listener,
					     &notification), -EINTR);
	serve(&launched, &unused);
	ck_assert_int_eq(finish(&launched), 0);
}
END_TEST

static struct ss_listener *flooded;

static void flood_handler(ss_unused int number, ss_unused siginfo_t *info,
			  void *context)
{
	const ucontext_t *interrupted = context;

	ss_listener_interrupt(flooded, &interrupted->uc_sigmask);
}

/* They come in at any moment: each call is received, and only once. */
START_TEST(interrupts_lose_nothing)
{
	const struct ss_reply go_on = { .kind = SS_REPLY_CONTINUE };
	const char *argv[] = { "sh", "-c", "i=0; while [ $i -lt 2000 ]; do "
		"exec 9<&0 9<&-; i=$((i + 1)); done", NULL };
	struct sigaction action = {
		.sa_sigaction = flood_handler,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};
	const struct itimerval often = { { 0, 300 }, { 0, 300 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct ss_notification notification;
	struct ss_launch_failure failure;
	struct ss_launched launched;
	unsigned int interrupts = 0;
	uint64_t last = 0;
	int r;

	ck_assert_int_eq(launch(argv, &launched, &failure), 0);
	flooded = &launched.listener;
	(void)sigfillset(&action.sa_mask);
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (;;) {
		r = ss_listener_receive(flooded, &notification);
		if (r == -ENOENT && ss_listener_is_over(flooded))
			break;
		interrupts += r == -EINTR;
		if (r)
			continue;
		/* The ids are given out in turn. */
		ck_assert(!last || notification.id == last + 1);
		last = notification.id;
		ck_assert_int_eq(ss_listener_answer(flooded, last, &go_on), 0);
	}
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	ck_assert_uint_gt(interrupts, 0);
	ck_assert_int_eq(finish(&launched), 0);
}
END_TEST

START_TEST(answers_to_nobody_are_noticed)
{
	const struct ss_reply reply = { .kind = SS_REPLY_CONTINUE };
	const char *argv[] = { "true", NULL };
	struct ss_notification notification;
	struct ss_launch_failure failure;
	struct ss_launched launched;
	int status;

	ck_assert_int_eq(launch(argv, &launched, &failure), 0);
	ck_assert_int_eq(ss_listener_receive(&launched.listener,
					     &notification), 0);
	ck_assert_int_eq(notification.tid, launched.pid);
	ck_assert_int_eq(notification.nr, SYS_execve);
	ck_assert_uint_eq(notification.arch, AUDIT_ARCH_X86_64);
	ck_assert_int_eq(ss_listener_answer(&launched.listener,
					    notification.id + 1, &reply),
			 -ENOENT);
	ck_assert(!ss_listener_is_over(&launched.listener));
	ck_assert_int_eq(kill(launched.pid, SIGKILL), 0);
	status = finish(&launched);
	ck_assert(WIFSIGNALED(status));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel/launch");
	TCase *tests = tcase_create("launch");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, command_runs);
	tcase_add_test(tests, nothing_leaks);
	tcase_add_loop_test(tests, exec_failures_are_told, 0,
			    SS_ARRAY_SIZE(exec_failures));
	tcase_add_loop_test(tests, outer_filter_is_noticed, 0,
			    SS_ARRAY_SIZE(refusals));
	tcase_add_test(tests, second_listener_is_refused);
	tcase_add_test(tests, interrupt_is_not_lost);
	tcase_add_test(tests, interrupts_lose_nothing);
	tcase_add_test(tests, answers_to_nobody_are_noticed);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
