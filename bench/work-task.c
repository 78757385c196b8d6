/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks that come and go.
 */
#include "bench/bench.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char **command;

static void run_command(unsigned long times)
{
	int status;
	pid_t pid;

	while (times--) {
		pid = bench_fork();
		if (pid == 0) {
			(void)execvp(command[0], command);
			bench_fail(command[0]);
		}
		errno = ENOEXEC;
		if (waitpid(pid, &status, 0) < 0 || status != 0)
			bench_fail(command[0]);
	}
}

void bench_spawn(int argc, char **argv)
{
	static char name[] = "/bin/true";
	static char *words[] = { name, NULL };

	(void)argc, (void)argv;
	command = words;
	bench_tell("ns", bench_measure(run_command, bench_budget()));
}

void bench_start(int argc, char **argv)
{
	(void)argc;
	command = argv + 1;
	bench_tell("ns", bench_measure(run_command, bench_budget()));
}

void bench_once(int argc, char **argv)
{
	double start = bench_now();

	(void)argc;
	command = argv + 1;
	run_command(1);
	bench_tell("ns", bench_now() - start);
}

/* Its SIGCHLD handler is without SA_RESTART: the signal guard is on. */
void bench_shell(int argc, char **argv)
{
	static char dash[] = "dash", option[] = "-c", script[128];
	static char *words[] = { dash, option, script, NULL };
	unsigned long times = bench_number(argv[1]);

	(void)argc;
	(void)snprintf(script, sizeof(script),
		       "i=0; while [ $i -lt %lu ]; do /bin/true; "
		       "i=$((i + 1)); done", times);
	command = words;
	bench_tell("ns", bench_measure(run_command, bench_budget()) /
		   (double)times);
}

static void *nothing(void *data)
{
	return data;
}

static void create_and_join(unsigned long times)
{
	pthread_t thread;

	while (times--) {
		errno = pthread_create(&thread, NULL, nothing, NULL);
		if (errno)
			bench_fail("pthread_create");
		(void)pthread_join(thread, NULL);
	}
}

void bench_thread(int argc, char **argv)
{
	(void)argc, (void)argv;
	bench_tell("ns", bench_measure(create_and_join, bench_budget()));
}
