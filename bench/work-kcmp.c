/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kcmp of files: known ones, new ones, inherited ones.
 */
#include "bench/bench.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Slots that are looked at in one batch of new ones. */
#define FRESH	256

static pid_t self, left, right;
static int a, b;

static void ask(unsigned long times)
{
	while (times--)
		(void)bench_kcmp(left, right, KCMP_FILE, (unsigned long)a,
				 (unsigned long)b);
}

/* Two open files, each asked about before. */
static void prepare(void)
{
	self = left = right = getpid();
	a = bench_open();
	b = bench_open();
	ask(1);
}

void bench_own(int argc, char **argv)
{
	(void)argc, (void)argv;
	prepare();
	bench_tell("ns", bench_measure(ask, bench_budget()));
}

void bench_others(int argc, char **argv)
{
	pid_t pids[2];

	(void)argc, (void)argv;
	prepare();
	left = pids[0] = bench_sleeper();
	right = pids[1] = bench_sleeper();
	ask(1);
	bench_tell("ns", bench_measure(ask, bench_budget()));
	bench_end(pids, 2);
}

/* Each of an inode of its own, so that none has to be told from others. */
static int fresh(void)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	if (fd < 0)
		bench_fail("memfd_create");
	return fd;
}

static int fresh_copy(void)
{
	int fd = dup(a);

	if (fd < 0)
		bench_fail("dup");
	return fd;
}

static int known(void)
{
	return a;
}

static int (*first)(void), (*second)(void);

/* One batch, so that the clock is read twice and not 512 times. */
static double new_slots(void)
{
	int x[FRESH], y[FRESH];
	double start;
	int i;

	for (i = 0; i < FRESH; i++) {
		x[i] = first();
		y[i] = second();
	}
	start = bench_now();
	for (i = 0; i < FRESH; i++)
		(void)bench_kcmp(self, self, KCMP_FILE, (unsigned long)x[i],
				 (unsigned long)y[i]);
	start = (bench_now() - start) / FRESH;
	if (close_range((unsigned int)b + 1, ~0U, 0) < 0)
		bench_fail("close_range");
	return start;
}

void bench_new(int argc, char **argv)
{
	(void)argc;
	prepare();
	first = strcmp(argv[1], "two") == 0 ? fresh : known;
	second = strcmp(argv[1], "dup") == 0 ? fresh_copy : fresh;
	bench_tell("ns", bench_sample(new_slots));
}

static double timed_ask(void)
{
	double start = bench_now();

	ask(1);
	return bench_now() - start;
}

/* What the parent asks about its new child. */
static double born_parent(void)
{
	pid_t pid = bench_sleeper();
	double taken;

	right = pid;
	taken = timed_ask();
	bench_end(&pid, 1);
	return taken;
}

static double *shared;

/* What the new child asks about itself. */
static double born_child(void)
{
	pid_t pid = bench_fork();

	if (pid == 0) {
		left = right = getpid();
		*shared = timed_ask();
		_exit(0);
	}
	if (waitpid(pid, NULL, 0) < 0)
		bench_fail("waitpid");
	return *shared;
}

void bench_born(int argc, char **argv)
{
	(void)argc;
	prepare();
	shared = bench_shared(sizeof(*shared));
	bench_tell("ns", bench_sample(strcmp(argv[1], "child") == 0 ?
				      born_child : born_parent));
}

static void ask_in_vain(unsigned long times)
{
	while (times--) {
		if (syscall(SYS_kcmp, self, self, KCMP_FILE, a, b) != -1 ||
		    errno != EPERM)
			bench_fail("kcmp was not refused");
	}
}

void bench_refused(int argc, char **argv)
{
	(void)argc, (void)argv;
	self = getpid();
	a = bench_open();
	b = bench_open();
	bench_tell("ns", bench_measure(ask_in_vain, bench_budget()));
}
