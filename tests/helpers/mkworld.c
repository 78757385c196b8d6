/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of mkworld, the table of scenarios, and the few modes that
 * show what a supervised program was given (descriptors, environment, state).
 */
#include "mkworld.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct mw_scenario *const tables[] = {
	mw_basic, mw_clone, mw_exec_table, mw_files, mw_passing, mw_unshare,
	mw_entered, mw_context, mw_epoll, mw_death, mw_namespace, mw_cred,
	mw_storm, mw_entry, mw_flight, mw_unseen, mw_slow, mw_stale,
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static const struct mw_scenario *scenario_find(const char *name)
{
	const struct mw_scenario *s;
	size_t i;

	for (i = 0; i < TABLES; i++)
		for (s = tables[i]; s->name != NULL; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

static void scenario_play(const struct mw_scenario *scenario)
{
	mw_begin(-1);
	scenario->run();
	mw_end();
}

/* Plays one scenario in a child; 0 if it came to its end. */
static int scenario_fork(const struct mw_scenario *scenario)
{
	siginfo_t info;
	pid_t pid;

	mw_say("scenario %s", scenario->name);
	pid = fork();
	if (pid < 0)
		mw_die("fork", -errno);
	if (pid == 0) {
		setpgid(0, 0);
		scenario_play(scenario);
		_exit(0);
	}
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0)
		mw_die("waitid", -errno);
	/* What a broken scenario left; the zombie keeps the number ours. */
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	if (info.si_code != CLD_EXITED)
		mw_say("died of signal %d", info.si_status);
	return info.si_code != CLD_EXITED || info.si_status != 0;
}

static int scenario_all(void)
{
	const struct mw_scenario *s;
	int failed = 0;
	size_t i;

	for (i = 0; i < TABLES; i++)
		for (s = tables[i]; s->name != NULL; s++)
			failed |= scenario_fork(s);
	return failed;
}

static int scenario_list(int with_purpose)
{
	const struct mw_scenario *s;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		for (s = tables[i]; s->name != NULL; s++) {
			if (with_purpose)
				printf("%-20s %s\n", s->name, s->purpose);
			else
				printf("%s\n", s->name);
		}
	}
	return 0;
}

static int scenarios(char **names)
{
	int failed = 0;

	/* So that what a scenario orphaned is waited for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (; *names != NULL; names++) {
		const struct mw_scenario *s = scenario_find(*names);

		if (strcmp(*names, "all") == 0) {
			failed |= scenario_all();
		} else if (s != NULL) {
			failed |= scenario_fork(s);
		} else {
			fprintf(stderr, "mkworld: no scenario %s\n", *names);
			return 2;
		}
	}
	if (!failed)
		mw_say("DONE");
	return failed;
}

/* In the first process itself, without a fork before. */
static int scenario_first(const char *name)
{
	const struct mw_scenario *scenario = scenario_find(name);

	if (scenario == NULL) {
		fprintf(stderr, "mkworld: no scenario %s\n", name);
		return 2;
	}
	mw_say("scenario %s", name);
	scenario_play(scenario);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	mw_say("DONE");
	return 0;
}

/* The first process execs itself COUNT times, then plays the scenario. */
static int scenario_after_exec(const char *count, char **argv)
{
	long left = strtol(count, NULL, 10);
	char number[32];

	if (left <= 0)
		return scenario_first(argv[3]);
	snprintf(number, sizeof(number), "%ld", left - 1);
	argv[2] = number;
	execv("/proc/self/exe", argv);
	fprintf(stderr, "mkworld: cannot exec: %s\n", strerror(errno));
	return 1;
}

static int ask(char **word)
{
	long arg[5];
	long ret;
	int i;

	for (i = 0; i < 5; i++)
		arg[i] = (long)strtoul(word[i], NULL, 0);
	ret = mw_sys5(SYS_kcmp, arg);
	if (ret < 0)
		printf("%s\n", mw_errno_name(ret));
	else
		printf("%s\n", ret == 0 ? "equal" :
			       ret <= 2 ? "differ" : "not an answer");
	return 0;
}

/* One line for each open descriptor: number, target, close-on-exec or not. */
static int show_fds(void)
{
	char target[PATH_MAX];
	char path[64];
	int fd;

	for (fd = 0; fd < 4096; fd++) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		printf("%d %s\n", fd, target);
	}
	return 0;
}

static int show_env(void)
{
	char **entry;

	for (entry = environ; *entry != NULL; entry++)
		printf("%s\n", *entry);
	return 0;
}

static void show_signals(void)
{
	int signal;

	printf("ignored:");
	for (signal = 1; signal < 65; signal++) {
		struct sigaction action;

		if (sigaction(signal, NULL, &action) == 0 &&
		    action.sa_handler == SIG_IGN)
			printf(" %d", signal);
	}
	printf("\nblocked:");
	for (signal = 1; signal < 65; signal++) {
		sigset_t set;

		if (sigprocmask(SIG_SETMASK, NULL, &set) == 0 &&
		    sigismember(&set, signal) == 1)
			printf(" %d", signal);
	}
	printf("\n");
}

/* What a command inherits besides descriptors and environment. */
static int show_state(void)
{
	static const struct {
		int resource;
		const char *name;
	} limits[] = {
		{ RLIMIT_NOFILE, "nofile" }, { RLIMIT_CORE, "core" },
		{ RLIMIT_STACK, "stack" }, { RLIMIT_NPROC, "nproc" },
	};
	char directory[PATH_MAX];
	struct rlimit limit;
	mode_t mask = umask(0);
	size_t i;

	umask(mask);
	if (getcwd(directory, sizeof(directory)) != NULL)
		printf("directory: %s\n", directory);
	printf("umask: %03o\n", (unsigned int)mask);
	printf("ids: %u %u %u %u\n", getuid(), geteuid(), getgid(), getegid());
	printf("group: %d\nsession: %d\n", (int)getpgrp(), (int)getsid(0));
	printf("no_new_privs: %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	printf("nice: %d\n", getpriority(PRIO_PROCESS, 0));
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (getrlimit((__rlimit_resource_t)limits[i].resource,
			      &limit) == 0)
			printf("limit %s: %llu %llu\n", limits[i].name,
			       (unsigned long long)limit.rlim_cur,
			       (unsigned long long)limit.rlim_max);
	show_signals();
	return 0;
}

static int usage(void)
{
	fputs("usage: mkworld SCENARIO...|all    play scenarios\n"
	      "       mkworld -l|-L              list them (with purpose)\n"
	      "       mkworld -1 SCENARIO        in the first process\n"
	      "       mkworld -x N SCENARIO      the same after N execs\n"
	      "       mkworld ask PID1 PID2 TYPE IDX1 IDX2\n"
	      "       mkworld with-ring COMMAND  ring-inherited plays there\n"
	      "       mkworld fds|env|state      what was inherited\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage();
	if (argc == 3 && strcmp(argv[1], "--peer") == 0)
		mw_peer_main((int)strtol(argv[2], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "-1") == 0)
		return scenario_first(argv[2]);
	if (argc == 4 && strcmp(argv[1], "-x") == 0)
		return scenario_after_exec(argv[2], argv);
	if (argc == 7 && strcmp(argv[1], "ask") == 0)
		return ask(argv + 2);
	if (argc == 2 && strcmp(argv[1], "-l") == 0)
		return scenario_list(0);
	if (argc == 2 && strcmp(argv[1], "-L") == 0)
		return scenario_list(1);
	if (argc == 2 && strcmp(argv[1], "fds") == 0)
		return show_fds();
	if (argc == 2 && strcmp(argv[1], "env") == 0)
		return show_env();
	if (argc == 2 && strcmp(argv[1], "state") == 0)
		return show_state();
	if (argc > 2 && strcmp(argv[1], "with-ring") == 0)
		return mw_with_ring(argv + 2);
	if (argv[1][0] == '-')
		return usage();
	return scenarios(argv + 1);
}
