/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stops itself by SIGTSTP until another of its processes continues it, for
 * which a supervisor that is stopped as well has to do something first.
 *
 *	stopped signal		the command has a handler, and only the signal
 *				that continues it tells the supervisor
 *	stopped handler		who continues it does so in a handler, for a
 *				signal that it gets while all are stopped
 *	stopped end		... when a child with a handler has ended
 *	stopped orphan		... when an orphan's number names nobody
 *	stopped late		... when it has the answer to a kcmp: to be run
 *				with an answer that is delayed
 *	stopped held		... when a ptrace has returned whose target
 *				waits in vfork
 *	stopped again		... when a supervisor that was needed for a call
 *				has stopped again
 *
 * Says when it goes on.
 */
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stops.h"

/* Whoever is left by a test that failed does not stay for ever. */
#define LIFETIME	100

static struct {
	pid_t other;
	pid_t child;		/* of the other one, in vfork */
	bool ready;
} volatile *shared;

static pid_t command, supervisor;

/* Traced ones are shown differently.  No call is watched here, nor in what else
   waits while all are stopped. */
static void await_stop(pid_t pid)
{
	await_state(pid, "Tt");
}

static void await_stops(void)
{
	await_stop(command);
	if (supervisor)
		await_stop(supervisor);
}

static bool is_in_call(pid_t pid, long nr)
{
	char path[32];
	long found = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%ld", &found) != 1)
		found = -1;
	fclose(file);
	return found == nr;
}

static void handle(int number)
{
	if (number == SIGUSR2)
		kill(command, SIGCONT);
}

static void catch(int number)
{
	struct sigaction action = { .sa_handler = handle };

	sigaction(number, &action, NULL);
}

static _Noreturn void stay(void)
{
	alarm(LIFETIME);
	for (;;)
		pause();
}

static void become_ready(void)
{
	shared->ready = true;
}

/* Of whoever calls this. */
static void make_ward(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		catch(SIGUSR1);
		shared->other = getpid();
		stay();
	}
	while (!shared->other)
		sched_yield();
}

static void make_orphan(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			stay();
		shared->other = pid;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void make_waiter(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		catch(SIGUSR1);
		shared->other = getpid();
		if (vfork() == 0) {
			shared->child = (pid_t)syscall(SYS_getpid);
			stay();
		}
		_exit(0);
	}
	while (!shared->child || !is_in_call(pid, SYS_vfork))
		sched_yield();
}

static void go_on_after_end(bool orphan)
{
	pid_t pid;

	if (orphan)
		make_orphan();
	else
		make_ward();
	pid = shared->other;
	become_ready();
	await_stops();
	kill(pid, SIGKILL);
	if (!orphan)
		waitpid(pid, NULL, 0);
	while (orphan && !kill(pid, 0))
		sched_yield();
	kill(command, SIGCONT);
}

static void go_on_after_call(bool held)
{
	if (held)
		ptrace(PTRACE_SEIZE, shared->other, NULL, NULL);
	else
		syscall(SYS_kcmp, getpid(), getpid(), KCMP_VM, 0, 0);
	become_ready();
	await_stop(command);
	kill(command, SIGCONT);
}

/* In another process than the command. */
static _Noreturn void make_it_go_on(const char *how)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!strcmp(how, "end") || !strcmp(how, "orphan")) {
		go_on_after_end(*how == 'o');
	} else if (!strcmp(how, "late") || !strcmp(how, "held")) {
		go_on_after_call(*how == 'h');
	} else if (!strcmp(how, "handler")) {
		catch(SIGUSR2);
		become_ready();
		await_stops();
		kill(getpid(), SIGUSR2);
	} else {
		become_ready();
		await_stops();
		if (!strcmp(how, "again")) {
			close(-1);
			await_stops();
		}
		kill(command, SIGCONT);
	}
	stay();
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	pid_t child;

	command = getpid();
	supervisor = is_supervised() ? getppid() : 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	if (!strcmp(how, "signal"))
		catch(SIGUSR1);
	if (!strcmp(how, "held"))
		make_waiter();
	child = fork();
	if (child == 0)
		make_it_go_on(how);
	/* Natively such a call may be over at once. */
	while (!shared->ready &&
	       !(!strcmp(how, "late") && is_in_call(child, SYS_kcmp)) &&
	       !(!strcmp(how, "held") && is_in_call(child, SYS_ptrace)))
		sched_yield();
	raise(SIGTSTP);
	puts("went on");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (shared->child) {
		kill(shared->child, SIGKILL);
		waitpid(shared->other, NULL, 0);
	}
	return 0;
}
