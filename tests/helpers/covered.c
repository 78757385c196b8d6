/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is every task with a handler that lacks SA_RESTART traced before it makes
 * its first watched call?  A signal in that call would interrupt it.
 *
 *	covered WAY COUNT	makes COUNT such tasks that way, and prints how
 *				many of them were not
 *
 * Every task looks at itself with calls that are not watched.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE	65536
#define LEADS		100
#define LEAD_STEP	4000

enum {
	COVERED,
	UNCOVERED,
	BROKEN,
};

/* Shared with threads and with children by CLONE_VM. */
static atomic_int go, turn, result;
/* How long who installs the handler lets the others go ahead. */
static long lead;

static void on_signal(int number)
{
	(void)number;
}

static void let_go(void)
{
	volatile long i;

	atomic_store(&go, 1);
	for (i = 0; i < lead; i++)
		;
}

static void handle(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	if (sigaction(SIGUSR1, &action, NULL))
		_exit(BROKEN);
}

/* Is the caller traced?  Its descriptor stays: close is watched. */
static int look(void)
{
	char text[4096];
	const char *found;
	ssize_t length;
	int fd = open("/proc/thread-self/status", O_RDONLY);

	if (fd < 0)
		return BROKEN;
	length = read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return BROKEN;
	text[length] = '\0';
	found = strstr(text, "\nTracerPid:\t");
	if (!found)
		return BROKEN;
	found += strlen("\nTracerPid:\t");
	return strtol(found, NULL, 10) ? COVERED : UNCOVERED;
}

static bool has_handler(void)
{
	struct sigaction action;

	return sigaction(SIGUSR1, NULL, &action) == 0 &&
		action.sa_handler == on_signal;
}

/* What a child says with its end. */
static int end_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0) {
		if (errno != EINTR)
			return BROKEN;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

static int by_fork(void)
{
	pid_t pid;

	handle();
	pid = fork();
	if (pid == 0)
		_exit(look());
	return end_of(pid);
}

static int by_vfork(void)
{
	pid_t pid;

	handle();
	pid = vfork();
	if (pid == 0)
		_exit(look());
	return end_of(pid);
}

static int child_looks(void *argument)
{
	(void)argument;
	return look();
}

static int by_clone(int flags)
{
	static char stack[STACK_SIZE];

	handle();
	return end_of(clone(child_looks, stack + sizeof(stack), flags, NULL));
}

/* With its parent's memory and a copy of its handlers. */
static int by_memory(void)
{
	return by_clone(CLONE_VM | CLONE_VFORK | SIGCHLD);
}

/* With its parent's handlers themselves. */
static int by_handlers(void)
{
	return by_clone(CLONE_VM | CLONE_VFORK | CLONE_SIGHAND | SIGCHLD);
}

static int by_silent(void)
{
	return by_clone(CLONE_VM | CLONE_VFORK);
}

static void *thread_looks(void *argument)
{
	while (!atomic_load(&turn))
		;
	atomic_store(&result, look());
	return argument;
}

static int by_thread(void)
{
	pthread_t thread;

	handle();
	atomic_store(&turn, 1);
	if (pthread_create(&thread, NULL, thread_looks, NULL) ||
	    pthread_join(thread, NULL))
		return BROKEN;
	return atomic_load(&result);
}

/* Who is there before the handler. */
static int by_older_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_looks, NULL))
		return BROKEN;
	handle();
	atomic_store(&turn, 1);
	if (pthread_join(thread, NULL))
		return BROKEN;
	return atomic_load(&result);
}

static int sharer_looks(void *argument)
{
	(void)argument;
	while (!atomic_load(&turn))
		;
	return look();
}

static int by_older_sharer(void)
{
	static char stack[STACK_SIZE];
	pid_t pid = clone(sharer_looks, stack + sizeof(stack),
			  CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);

	handle();
	atomic_store(&turn, 1);
	return end_of(pid);
}

static void *makes_thread(void *argument)
{
	pthread_t thread;

	while (!atomic_load(&go))
		;
	if (pthread_create(&thread, NULL, thread_looks, NULL) ||
	    pthread_join(thread, NULL))
		atomic_store(&result, BROKEN);
	return argument;
}

/* A thread is made while another one installs the handler. */
static int by_race_of_threads(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, makes_thread, NULL))
		return BROKEN;
	let_go();
	handle();
	atomic_store(&turn, 1);
	if (pthread_join(thread, NULL))
		return BROKEN;
	return atomic_load(&result);
}

static void *makes_sharer(void *argument)
{
	static char stack[STACK_SIZE];

	while (!atomic_load(&go))
		;
	atomic_store(&result, end_of(clone(sharer_looks, stack + sizeof(stack),
					   CLONE_VM | CLONE_SIGHAND | SIGCHLD,
					   NULL)));
	return argument;
}

static int by_race_of_sharers(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, makes_sharer, NULL))
		return BROKEN;
	let_go();
	handle();
	atomic_store(&turn, 1);
	if (pthread_join(thread, NULL))
		return BROKEN;
	return atomic_load(&result);
}

static void *makes_child(void *argument)
{
	pid_t pid;

	while (!atomic_load(&go))
		;
	pid = fork();
	/* It may have been made before. */
	if (pid == 0)
		_exit(has_handler() ? look() : COVERED);
	atomic_store(&result, end_of(pid));
	return argument;
}

static int by_race_of_forks(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, makes_child, NULL))
		return BROKEN;
	let_go();
	handle();
	if (pthread_join(thread, NULL))
		return BROKEN;
	return atomic_load(&result);
}

/*
 * A child that installs the handler while it is traced by its parent, and is
 * let go then: its next call tells the guard, and from there on it is covered.
 */
static int by_freed(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		handle();
		raise(SIGSTOP);
		/* Any watched call. */
		close(-1);
		_exit(look());
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_CONT, pid, NULL, NULL) ||
	    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_DETACH, pid, NULL, NULL)) {
		kill(pid, SIGKILL);
		return BROKEN;
	}
	return end_of(pid);
}

/* The same, with the handler from before. */
static int by_lent(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		handle();
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		close(-1);
		_exit(look());
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_DETACH, pid, NULL, NULL)) {
		kill(pid, SIGKILL);
		return BROKEN;
	}
	return end_of(pid);
}

/* A tracer that does not follow forks: the child of a child is nobody's. */
static int by_grandchild(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		handle();
		pid = fork();
		if (pid == 0) {
			close(-1);
			_exit(look());
		}
		_exit(end_of(pid));
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

static const struct {
	const char *name;
	int (*make)(void);
} ways[] = {
	{ "fork", by_fork },
	{ "vfork", by_vfork },
	{ "clone-memory", by_memory },
	{ "clone-handlers", by_handlers },
	{ "clone-silent", by_silent },
	{ "thread", by_thread },
	{ "older-thread", by_older_thread },
	{ "older-sharer", by_older_sharer },
	{ "race-thread", by_race_of_threads },
	{ "race-sharer", by_race_of_sharers },
	{ "race-fork", by_race_of_forks },
	{ "freed", by_freed },
	{ "lent", by_lent },
	{ "grandchild", by_grandchild },
};

/* Each in a process of its own, which has no handler yet. */
static int repeat(int (*make)(void), long count)
{
	long found[BROKEN + 1] = { 0 };
	long i;

	for (i = 0; i < count; i++) {
		pid_t pid;
		int end;

		lead = i % LEADS * LEAD_STEP;
		pid = fork();
		if (pid == 0)
			_exit(make());
		end = end_of(pid);
		found[end < BROKEN ? end : BROKEN]++;
	}
	printf("covered %ld, not %ld, broken %ld\n", found[COVERED],
	       found[UNCOVERED], found[BROKEN]);
	return found[COVERED] != count;
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 3 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!strcmp(argv[1], ways[i].name))
			return repeat(ways[i].make, strtol(argv[2], NULL, 10));
	}
	fprintf(stderr, "covered: bad usage\n");
	return 2;
}
