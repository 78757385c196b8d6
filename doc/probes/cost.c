/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a few calls cost, in microseconds: run it bare and under supervision.
 *
 *	cc -D_GNU_SOURCE -O2 -pthread -o /tmp/cost cost.c
 *	/tmp/cost; selfsame run -- /tmp/cost
 *
 * Each figure is the median of ROUNDS rounds.
 */
#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	9

extern char **environ;

static pid_t self, child;
static int null_fd;

static void unwatched(void)
{
	(void)syscall(SYS_getppid);
}

static void kcmp_own(void)
{
	(void)syscall(SYS_kcmp, self, self, KCMP_FILE, null_fd, null_fd);
}

static void kcmp_child(void)
{
	(void)syscall(SYS_kcmp, self, child, KCMP_FILE, null_fd, null_fd);
}

static void kcmp_new_file(void)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)syscall(SYS_kcmp, self, self, KCMP_FILE, null_fd, fd);
	close(fd);
}

static void open_close(void)
{
	close(open("/dev/null", O_RDONLY));
}

static void *nothing(void *data)
{
	return data;
}

static void thread(void)
{
	pthread_t made;

	if (pthread_create(&made, NULL, nothing, NULL) == 0)
		pthread_join(made, NULL);
}

static void fork_wait(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void spawn_wait(void)
{
	char name[] = "/bin/true";
	char *const argv[] = { name, NULL };
	pid_t pid;

	if (posix_spawn(&pid, name, NULL, NULL, argv, environ) == 0)
		waitpid(pid, NULL, 0);
}

static const struct {
	const char *what;
	void (*run)(void);
	int times;
} costs[] = {
	{ "a call that is not watched", unwatched, 100000 },
	{ "kcmp of own files", kcmp_own, 20000 },
	{ "kcmp of own and a child's file", kcmp_child, 20000 },
	{ "open, kcmp of the new file, close", kcmp_new_file, 5000 },
	{ "open and close", open_close, 20000 },
	{ "thread made and joined", thread, 2000 },
	{ "fork, exit, wait", fork_wait, 500 },
	{ "posix_spawn of true, wait", spawn_wait, 300 },
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(size_t i)
{
	double rounds[ROUNDS], start;
	int round, n;

	for (round = 0; round < ROUNDS; round++) {
		start = now();
		for (n = 0; n < costs[i].times; n++)
			costs[i].run();
		rounds[round] = (now() - start) / costs[i].times;
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), compare);
	return rounds[ROUNDS / 2];
}

int main(void)
{
	size_t i;

	self = getpid();
	null_fd = open("/dev/null", O_RDONLY);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	for (i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
		printf("%-36s %8.2f\n", costs[i].what, median(i));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}
