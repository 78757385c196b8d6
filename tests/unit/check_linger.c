/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets whose last close would wait for a peer. */
#include "kernel/linger.h"

#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../helpers/queued.h"
#include "kernel/caution.h"
#include "kernel/descriptor.h"
#include "kernel/signals.h"

#define LINGER_S	100000

static void nothing(int number)
{
	(void)number;
}

/* As ss_signals_start() leaves it for the nudges, or blocked. */
static void prepare(bool blocked)
{
	const struct sigaction action = { .sa_handler = nothing,
					  .sa_flags = SA_RESTART };
	sigset_t set;

	ck_assert_int_eq(sigaction(SS_SIGNAL_NUDGE, &action, NULL), 0);
	sigemptyset(&set);
	sigaddset(&set, SS_SIGNAL_NUDGE);
	ck_assert_int_eq(sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set,
				     NULL), 0);
}

static bool is_blocked(void)
{
	sigset_t set;

	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	return sigismember(&set, SS_SIGNAL_NUDGE);
}

/* Sent more than its peer takes, which stays open. */
static int full_socket(void)
{
	static const char bytes[65536];
	const struct linger linger = { .l_onoff = 1, .l_linger = LINGER_S };
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(listening, (void *)&address, length), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
	ck_assert_int_eq(getsockname(listening, (void *)&address, &length), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger,
				    sizeof(linger)), 0);
	ck_assert_int_eq(connect(fd, (void *)&address, length), 0);
	ck_assert_int_ge(accept(listening, NULL, NULL), 0);
	(void)close(listening);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	return fd;
}

static int passed(int type, int fd)
{
	int local = queue_alone(type, fd);

	ck_assert_int_ge(local, 0);
	return local;
}

static void check_closed(int fd)
{
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}

/* A test that waits for the peer is killed. */
START_TEST(last_close_of_a_full_socket)
{
	bool blocked = _i;
	int fd;

	prepare(blocked);
	fd = full_socket();
	ss_linger_close(fd);
	check_closed(fd);
	ck_assert(is_blocked() == blocked);
}
END_TEST

START_TEST(last_close_of_what_holds_it)
{
	int fd;

	prepare(false);
	fd = passed(SOCK_STREAM, full_socket());
	ss_linger_close(fd);
	check_closed(fd);
	fd = passed(SOCK_DGRAM, full_socket());
	ss_linger_close(fd);
	check_closed(fd);
	/* Farther in. */
	fd = passed(SOCK_STREAM, passed(SOCK_DGRAM, full_socket()));
	ss_linger_close(fd);
	check_closed(fd);
}
END_TEST

START_TEST(option_is_left_alone)
{
	struct linger linger = { 0 };
	socklen_t length = sizeof(linger);
	int fd, other;

	prepare(false);
	fd = full_socket();
	other = dup(fd);
	ss_linger_close(fd);
	check_closed(fd);
	ck_assert_int_eq(getsockopt(other, SOL_SOCKET, SO_LINGER, &linger,
				    &length), 0);
	ck_assert_int_eq(linger.l_onoff, 1);
	ck_assert_int_eq(linger.l_linger, LINGER_S);
	ss_linger_close(other);
}
END_TEST

START_TEST(no_file_waits_behind_it)
{
	int ends[2], fd;

	prepare(true);
	ss_caution_begin();
	for (int i = 0; i < 10; i++) {
		fd = full_socket();
		ss_fetched_close(fd);
		check_closed(fd);
		ck_assert_int_eq(pipe(ends), 0);
		ss_fetched_close(ends[1]);
		check_closed(ends[1]);
		ss_fetched_close(ends[0]);
		check_closed(ends[0]);
	}
}
END_TEST

static Suite *linger_suite(void)
{
	Suite *suite = suite_create("linger");
	TCase *tcase = tcase_create("linger");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, last_close_of_a_full_socket, 0, 2);
	tcase_add_test(tcase, last_close_of_what_holds_it);
	tcase_add_test(tcase, option_is_left_alone);
	tcase_add_test(tcase, no_file_waits_behind_it);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(linger_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
