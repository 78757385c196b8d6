/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes children while signals come in.  The kernel makes such a clone again,
 * and what supervises it hears of it again.  Each child asks kcmp once, so it
 * shows in a log.
 *
 *	forker restart COUNT	the handler has SA_RESTART
 *	forker interrupt COUNT	it has not
 *	forker handler COUNT	it has not, and makes watched calls itself
 *	forker default COUNT	there is none: somebody stops us and continues
 *	forker unseen COUNT	no signals, but all children except for the last
 *				are killed before they make a watched call
 *
 * One signal comes for each child, at a time that goes through the first
 * microseconds of its clone.  It ends with status 0 when COUNT children have
 * asked (or died).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define DELAYS	120		/* one microsecond apart */

static void on_signal(int number)
{
	(void)number;
}

static void close_something(int number)
{
	(void)number;
	(void)close(-1);
}

static void handle(void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler };

	action.sa_flags = flags;
	sigaction(SIGALRM, &action, NULL);
}

/* Once. */
static void signal_after(int microseconds)
{
	struct itimerval once = { 0 };

	once.it_value.tv_usec = microseconds;
	setitimer(ITIMER_REAL, &once, NULL);
}

static void ask(void)
{
	pid_t self = getpid();

	_exit(syscall(SYS_kcmp, self, self, KCMP_FILE, 0, 0) != 0);
}

/* Has it ended as it should? */
static bool wait_for(pid_t child, int wanted)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return status == wanted;
}

/* Stops its parent for a moment, again and again. */
static pid_t stopper(void)
{
	const struct itimerspec period = {
		.it_interval.tv_nsec = 500 * 1000,
		.it_value.tv_nsec = 500 * 1000,
	};
	pid_t target = getpid(), child = fork();
	unsigned long long expired;
	int timer;

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(timer, 0, &period, NULL);
	while (getppid() == target) {
		kill(target, SIGSTOP);
		kill(target, SIGCONT);
		if (read(timer, &expired, sizeof(expired)) < 0)
			break;
	}
	_exit(0);
}

static int make_children(long count, bool signals)
{
	long i;

	for (i = 0; i < count; i++) {
		pid_t child;

		if (signals)
			signal_after(1 + (int)(i % DELAYS));
		child = fork();
		if (child == 0)
			ask();
		if (child < 0) {
			printf("fork %ld: %s\n", i, strerror(errno));
			return 1;
		}
		if (!wait_for(child, 0)) {
			printf("child %ld failed\n", i);
			return 1;
		}
	}
	return 0;
}

static int kill_unseen(long count)
{
	long i;

	for (i = 1; i < count; i++) {
		pid_t child = fork();

		if (child == 0) {
			for (;;)
				pause();
		}
		kill(child, SIGKILL);
		if (!wait_for(child, SIGKILL))
			return 1;
	}
	return make_children(1, false);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 1;

	if (!strcmp(way, "unseen"))
		return kill_unseen(count);
	if (!strcmp(way, "default")) {
		if (stopper() < 0)
			return 2;
		return make_children(count, false);
	}
	if (!strcmp(way, "restart"))
		handle(on_signal, SA_RESTART);
	else if (!strcmp(way, "interrupt"))
		handle(on_signal, 0);
	else if (!strcmp(way, "handler"))
		handle(close_something, 0);
	else
		return 2;
	return make_children(count, true);
}
