/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit tests of base/message and base/check: what arrives on stderr. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/message.h"

/* Keeps messages apart, so that what is read is what one write wrote. */
static int capture[2];
static int saved_stderr;

static void begin(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    capture), 0);
	saved_stderr = dup(STDERR_FILENO);
	ck_assert_int_ge(saved_stderr, 0);
	ck_assert_int_ge(dup2(capture[1], STDERR_FILENO), 0);
}

static void end(void)
{
	ck_assert_int_ge(dup2(saved_stderr, STDERR_FILENO), 0);
	ck_assert_int_eq(close(saved_stderr), 0);
	ck_assert_int_eq(close(capture[0]), 0);
	ck_assert_int_eq(close(capture[1]), 0);
}

/* One write's worth, as a string. */
static size_t receive(char *buffer, size_t size)
{
	ssize_t length = recv(capture[0], buffer, size - 1, MSG_DONTWAIT);

	ck_assert_int_ge(length, 0);
	buffer[length] = '\0';
	return (size_t)length;
}

START_TEST(one_line_one_write)
{
	char buffer[4096];

	errno = ENOTTY;
	ss_error("cannot open '%s': %d", "x", 7);
	ck_assert_int_eq(errno, ENOTTY);
	receive(buffer, sizeof(buffer));
	ck_assert_str_eq(buffer, "selfsame: cannot open 'x': 7\n");
	ss_warning("no %s, ignoring", "y");
	receive(buffer, sizeof(buffer));
	ck_assert_str_eq(buffer, "selfsame: warning: no y, ignoring\n");
}
END_TEST

START_TEST(long_lines_are_cut)
{
	static const char prefix[] = "selfsame: ";
	char text[4096];
	char buffer[8192];
	size_t length;

	for (length = SS_MESSAGE_MAX - 40; length < sizeof(text); length++) {
		size_t want = strlen(prefix) + length + 1;

		memset(text, 'm', length);
		text[length] = '\0';
		ss_error("%s", text);
		if (want > SS_MESSAGE_MAX)
			want = SS_MESSAGE_MAX;
		ck_assert_uint_eq(receive(buffer, sizeof(buffer)), want);
		ck_assert_int_eq(buffer[want - 1], '\n');
		ck_assert_int_eq(buffer[want - 5], 'm');
		ck_assert_int_eq(memcmp(buffer + want - 4, "...\n", 4) == 0,
				 strlen(prefix) + length + 1 > SS_MESSAGE_MAX);
		if (length > SS_MESSAGE_MAX + 40)
			length += 500;
	}
}
END_TEST

static void drain(int number)
{
	char byte;

	(void)number;
	while (recv(capture[0], &byte, 1, MSG_DONTWAIT) > 0)
		;
}

/* Programs set that, and have our standard error. */
START_TEST(nothing_is_lost_without_blocking)
{
	struct sigaction action = { .sa_handler = drain };
	const struct itimerval soon = { .it_value = { .tv_usec = 50000 } };
	char buffer[4096];

	ck_assert_int_eq(fcntl(capture[1], F_SETFL, O_NONBLOCK), 0);
	while (write(capture[1], "x", 1) == 1)
		;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
	ss_error("late");
	receive(buffer, sizeof(buffer));
	ck_assert_str_eq(buffer, "selfsame: late\n");
}
END_TEST

START_TEST(true_assertion_says_nothing)
{
	char buffer[16];

	ss_assert(capture[0] >= 0);
	ck_assert_int_lt(recv(capture[0], buffer, sizeof(buffer),
			      MSG_DONTWAIT), 0);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(false_assertion_aborts)
{
	char buffer[4096];
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		ss_assert(capture[0] < 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	receive(buffer, sizeof(buffer));
	ck_assert_ptr_nonnull(strstr(buffer, "check_message.c:"));
	ck_assert_ptr_nonnull(strstr(buffer,
				     "bug: capture[0] < 0 does not hold\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/message");
	TCase *tests = tcase_create("message");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, one_line_one_write);
	tcase_add_test(tests, long_lines_are_cut);
	tcase_add_test(tests, nothing_is_lost_without_blocking);
	tcase_add_test(tests, true_assertion_says_nothing);
	tcase_add_test(tests, false_assertion_aborts);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
