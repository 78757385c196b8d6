/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The timed program.  What bench/rows calls "work NAME ARG...".
 *
 *	work NAME [ARG...]
 */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	bench_fn *run;
	int argc;		/* at least, with the name */
	const char *text;
} workloads[] = {
	{ "getppid", bench_getppid, 1, "" },
	{ "read", bench_read, 1, "of /dev/zero" },
	{ "write", bench_write, 1, "to /dev/null" },
	{ "open-close", bench_open_close, 1, "of /dev/null" },

	{ "own", bench_own, 1, "kcmp of two slots of its own" },
	{ "others", bench_others, 1, "kcmp of slots of two children" },
	{ "new", bench_new, 2, "kcmp of slots not asked about: one, two, dup" },
	{ "born", bench_born, 2, "the first kcmp after fork: parent, child" },
	{ "refused", bench_refused, 1, "kcmp that fails with EPERM" },

	{ "spawn", bench_spawn, 1, "fork, exec of /bin/true, wait" },
	{ "thread", bench_thread, 1, "pthread_create and join" },
	{ "shell", bench_shell, 2, "N times /bin/true from dash" },
	{ "start", bench_start, 2, "fork, exec of COMMAND, wait" },
	{ "once", bench_once, 2, "the same, only once" },

	{ "tasks", bench_tasks, 2, "kcmp of each type, N tasks alive" },
	{ "slots", bench_slots, 3, "the same, N slots of M files known" },
	{ "siblings", bench_siblings, 2, "fork of the first and Nth child" },
	{ "inode", bench_inode, 2, "kcmp of the first and the Nth file" },
	{ "memory", bench_memory_of, 3, "of N threads or processes" },

	{ "crowd", bench_crowd, 2, "N processes that ask kcmp" },
	{ "beside", bench_beside, 3, "N COMMANDs side by side" },
};

#define COUNT	(sizeof(workloads) / sizeof(workloads[0]))

int main(int argc, char **argv)
{
	size_t i;

	/* Whoever started us may have left descriptors open. */
	(void)close_range(3, ~0U, 0);
	for (i = 0; argc > 1 && i < COUNT; i++) {
		if (strcmp(argv[1], workloads[i].name) != 0 ||
		    argc - 1 < workloads[i].argc)
			continue;
		workloads[i].run(argc - 1, argv + 1);
		return 0;
	}
	(void)fputs("usage: work NAME [ARG...]\n", stderr);
	for (i = 0; i < COUNT; i++)
		(void)fprintf(stderr, "  %-12s%s\n", workloads[i].name,
			      workloads[i].text);
	return 2;
}
