/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What parents and tracers learn of a process, and what signals do to calls
 * that nobody watches: a table that is to be the same with and without
 * supervision.
 *
 *	statuses PARENT CHILD	each is "plain", or "handler": it has a signal
 *				handler without SA_RESTART
 *
 * One line for each thing that happens.  Nothing depends on time.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD	3
#endif

static bool child_has_handler;
static volatile sig_atomic_t came;

static void on_signal(int number)
{
	came = number;
}

static void handle(int number, int flags)
{
	struct sigaction action = { .sa_handler = on_signal };

	action.sa_flags = flags;
	sigaction(number, &action, NULL);
}

static const char *code_name(int code)
{
	static const char *const names[] = {
		[CLD_EXITED] = "exited", [CLD_KILLED] = "killed",
		[CLD_DUMPED] = "dumped", [CLD_TRAPPED] = "trapped",
		[CLD_STOPPED] = "stopped", [CLD_CONTINUED] = "continued",
	};

	return code > 0 && code <= CLD_CONTINUED ? names[code] : "nothing";
}

/* What waitid says now, or when there is something to say. */
static void look_at(const char *what, idtype_t type, id_t id, int options)
{
	siginfo_t info = { 0 };

	if (waitid(type, id, &info, options) < 0)
		printf("%s: %s\n", what, strerror(errno));
	else if (!info.si_pid)
		printf("%s: nothing\n", what);
	else
		printf("%s: %s %#x, signal %d\n", what,
		       code_name(info.si_code), info.si_status,
		       info.si_signo);
}

static void look(const char *what, pid_t pid, int options)
{
	look_at(what, P_PID, (id_t)pid, options);
}

/* A stop was looked at with WNOWAIT.  Else who waits may take its number away
   before the kernel writes it into the signal. */
static bool peeked;

/* The SIGCHLD that is pending, if one is; a continue is told by wait before
   the signal about it is sent. */
static void take_within(const char *what, time_t seconds)
{
	const struct timespec limit = { .tv_sec = seconds };
	siginfo_t info = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigtimedwait(&set, &info, &limit) < 0)
		printf("%s: no SIGCHLD\n", what);
	else if (!peeked && (info.si_code == CLD_STOPPED ||
			     info.si_code == CLD_TRAPPED))
		printf("%s: SIGCHLD %s\n", what, code_name(info.si_code));
	else
		printf("%s: SIGCHLD %s %#x\n", what, code_name(info.si_code),
		       info.si_status);
}

static void hold_back(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void child_pauses(void)
{
	for (;;)
		pause();
}

static void take(const char *what)
{
	take_within(what, 0);
}

static void child_exits(void)
{
	_exit(3);
}

static void child_aborts(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void *thread_pauses(void *argument)
{
	child_pauses();
	return argument;
}

/* The leader is a zombie, its thread lives. */
static void child_leaves_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_pauses, NULL);
	syscall(SYS_exit, 0);
}

static void child_works(void)
{
	struct rusage usage;

	do {
		getrusage(RUSAGE_SELF, &usage);
	} while (!usage.ru_utime.tv_sec && !usage.ru_stime.tv_sec &&
		 usage.ru_utime.tv_usec + usage.ru_stime.tv_usec < 30000);
	_exit(4);
}

static void child_wants_tracer(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	raise(SIGUSR2);
	raise(SIGTSTP);
	_exit(5);
}

/* A signal is pending over an exec, which resets its handler. */
static void child_execs(void)
{
	sigset_t set;

	handle(SIGUSR1, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	execl("/proc/self/exe", "statuses", "unblock", "now", NULL);
	_exit(9);
}

/* Starts a child, and waits until it is ready. */
static pid_t start(void (*job)(void))
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	fflush(stdout);
	if (pipe(ready) < 0)
		exit(2);
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		signal(SIGCHLD, SIG_DFL);
		signal(SIGUSR1, SIG_DFL);
		if (child_has_handler)
			handle(SIGUSR1, 0);
		handle(SIGUSR2, SA_RESTART);
		if (write(ready[1], &byte, 1) != 1)
			_exit(9);
		sigprocmask(SIG_SETMASK, &none, NULL);
		job();
		_exit(9);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		exit(2);
	close(ready[0]);
	return pid;
}

/* A leader whose threads live does not say when it has died. */
static void await_zombie(pid_t pid)
{
	char path[64], text[256] = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (!strstr(text, ") Z ")) {
		FILE *file = fopen(path, "r");

		if (!file || !fgets(text, sizeof(text), file))
			exit(2);
		fclose(file);
		sched_yield();
	}
}

static void deaths(void)
{
	static const int by[] = { SIGTERM, SIGKILL, SIGALRM, 64 };
	size_t i;
	pid_t pid = start(child_exits);

	look("exit, peeked at", pid, WEXITED | WNOWAIT);
	look("exit, peeked at again", pid, WEXITED | WNOWAIT | WNOHANG);
	take("exit");
	look("exit, of a stop only", pid, WSTOPPED | WNOHANG);
	look("exit", pid, WEXITED);
	look("exit, once more", pid, WEXITED);
	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		pid = start(child_pauses);
		look("before a kill", pid, WEXITED | WNOHANG);
		kill(pid, by[i]);
		look("kill", pid, WEXITED);
		take("kill");
	}
	look("abort", start(child_aborts), WEXITED);
	take("abort");
	look("exec with a signal pending", start(child_execs), WEXITED);
	take("exec");
	pid = start(child_leaves_thread);
	/* Killed on its way out it would tell of its own end. */
	await_zombie(pid);
	look("a dead leader", pid, WEXITED | WNOHANG);
	kill(pid, SIGKILL);
	look("a dead leader, killed", pid, WEXITED);
	take("a dead leader");
}

static void stops(int nocldstop)
{
	static const int by[] = { SIGSTOP, SIGTSTP, SIGTTIN };
	size_t i;
	pid_t pid = start(child_pauses);

	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		kill(pid, by[i]);
		look("stop, peeked at", pid, WSTOPPED | WNOWAIT);
		peeked = true;
		take("stop");
		peeked = false;
		look("stop", pid, WSTOPPED | WEXITED);
		look("stop, once more", pid,
		     WSTOPPED | WCONTINUED | WEXITED | WNOHANG);
		kill(pid, SIGCONT);
		look("continue, peeked at", pid, WCONTINUED | WNOWAIT);
		take_within("continue", nocldstop ? 0 : 10);
		look("continue", pid, WCONTINUED | WEXITED);
		look("continue, once more", pid,
		     WSTOPPED | WCONTINUED | WEXITED | WNOHANG);
	}
	kill(pid, SIGSTOP);
	look("stop", pid, WSTOPPED);
	kill(pid, SIGSTOP);
	kill(pid, SIGUSR2);
	look("a signal while stopped", pid, WSTOPPED | WCONTINUED | WNOHANG);
	kill(pid, SIGKILL);
	look("a kill while stopped", pid, WEXITED);
	printf("with SA_NOCLDSTOP: %d\n", nocldstop);
	take("after all");
}

static void old_wait(void)
{
	struct rusage usage, sum;
	int status = 0;
	pid_t pid = start(child_pauses);

	kill(pid, SIGSTOP);
	printf("wait4: %d", wait4(pid, &status, WUNTRACED, NULL) == pid);
	printf(" %#x\n", status);
	kill(pid, SIGCONT);
	printf("wait4: %d", wait4(pid, &status, WCONTINUED, NULL) == pid);
	printf(" %#x\n", status);
	kill(pid, SIGTERM);
	printf("wait4: %d", wait4(-1, &status, 0, NULL) == pid);
	printf(" %#x\n", status);
	take("wait4");
	pid = start(child_works);
	getrusage(RUSAGE_CHILDREN, &sum);
	printf("before it is waited for, its time counts: %d\n",
	       sum.ru_utime.tv_usec + sum.ru_stime.tv_usec > 30000);
	printf("wait4: %d", wait4(pid, &status, 0, &usage) == pid);
	printf(" %#x, time: %d\n", status,
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= 30000);
	getrusage(RUSAGE_CHILDREN, &sum);
	printf("afterwards: %d\n",
	       sum.ru_utime.tv_usec + sum.ru_stime.tv_usec >= 30000);
	take("wait4");
}

static void ways_to_wait(void)
{
	pid_t pid = start(child_exits);
	int fd = pidfd_open(pid, 0);

	look_at("by pidfd", P_PIDFD, (id_t)fd, WEXITED | WNOWAIT);
	look_at("any", P_ALL, 0, WEXITED | WNOWAIT);
	look_at("by process group", P_PGID, (id_t)getpgrp(), WEXITED);
	look_at("by pidfd, gone", P_PIDFD, (id_t)fd, WEXITED);
	close(fd);
	take("wait");
}

/* Children that nobody has to wait for. */
static void unwaited(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	pid_t pid;

	action.sa_flags = SA_NOCLDWAIT;
	sigaction(SIGCHLD, &action, NULL);
	look("SA_NOCLDWAIT", start(child_exits), WEXITED);
	take("SA_NOCLDWAIT");
	pid = start(child_pauses);
	kill(pid, SIGSTOP);
	look("SA_NOCLDWAIT, stop", pid, WSTOPPED);
	kill(pid, SIGKILL);
	look("SA_NOCLDWAIT, kill", pid, WEXITED);
	take("SA_NOCLDWAIT");
	action.sa_flags = 0;
	action.sa_handler = SIG_IGN;
	sigaction(SIGCHLD, &action, NULL);
	look("SIGCHLD ignored", start(child_exits), WEXITED);
	/* Nobody waits for it; the kernel takes the number back by itself. */
	while (kill(pid, 0) == 0)
		sched_yield();
	printf("no number is left\n");
	action.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &action, NULL);
}

static void go_on(pid_t pid, int number)
{
	if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)number))
		printf("cannot continue: %s\n", strerror(errno));
}

/* Natively a tracee's stops are trapped ones. */
static void traced_children(void)
{
	pid_t pid = start(child_wants_tracer);
	int status = 0;

	look("TRACEME, SIGSTOP", pid, WSTOPPED | WEXITED);
	take("TRACEME");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACEEXIT);
	go_on(pid, 0);
	look("SIGUSR2", pid, WSTOPPED | WEXITED);
	go_on(pid, SIGUSR2);
	look("SIGTSTP", pid, WSTOPPED | WEXITED);
	go_on(pid, 0);
	look("before its end", pid, WSTOPPED | WEXITED);
	take("before its end");
	go_on(pid, 0);
	look("its end", pid, WEXITED);
	take("its end");

	pid = start(child_pauses);
	printf("attach: %ld\n", ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	printf("waitpid: %d", waitpid(pid, &status, 0) == pid);
	printf(" %#x\n", status);
	take("attach");
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	look("detached", pid, WSTOPPED | WCONTINUED | WEXITED | WNOHANG);
	kill(pid, SIGTERM);
	look("killed", pid, WEXITED);
	take("killed");

	pid = start(child_pauses);
	printf("seize: %ld\n", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	printf("interrupt: %ld\n", ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	look("interrupted", pid, WSTOPPED | WEXITED);
	go_on(pid, 0);
	kill(pid, SIGSTOP);
	look("SIGSTOP", pid, WSTOPPED | WEXITED);
	go_on(pid, SIGSTOP);
	look("group stop", pid, WSTOPPED | WEXITED);
	ptrace(PTRACE_LISTEN, pid, NULL, NULL);
	kill(pid, SIGCONT);
	look("SIGCONT", pid, WSTOPPED | WEXITED);
	go_on(pid, 0);
	kill(pid, SIGKILL);
	look("killed", pid, WEXITED);
}

static void child_waits_for_nothing(void)
{
	struct timespec wait = { .tv_nsec = 50000000 };

	/* Long enough to be stopped and continued meanwhile. */
	_exit(clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL));
}

/* What the waits wait for: a byte, SIGALRM, and that the semaphore is up. */
static int ends[2], semaphore;

static int wait_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &event);
	return epoll_wait(fd, &event, 1, -1) == 1 ? 0 : errno;
}

static int wait_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	return sigwaitinfo(&set, NULL) == SIGALRM ? 0 : errno;
}

static int wait_semaphore(void)
{
	struct sembuf down = { .sem_op = -1 };

	return semop(semaphore, &down, 1) == 0 ? 0 : errno;
}

/* The calls by which a C library does it end with 0. */
static const struct wait {
	const char *name;
	int (*wait)(void);
	long calls[4];
} waits[] = {
	{ "epoll_wait", wait_epoll, { SYS_epoll_wait, SYS_epoll_pwait } },
#ifdef SYS_ipc
	{ "sigwaitinfo", wait_signal,
	  { SYS_rt_sigtimedwait, SYS_rt_sigtimedwait_time64 } },
	{ "semop", wait_semaphore, { SYS_ipc, SYS_semtimedop_time64 } },
#else
	{ "sigwaitinfo", wait_signal, { SYS_rt_sigtimedwait } },
	{ "semop", wait_semaphore, { SYS_semop, SYS_semtimedop } },
#endif
};

static const struct wait *waiting;

static void child_waits(void)
{
	hold_back(SIGALRM);
	signal(SIGHUP, SIG_IGN);
	if (!child_has_handler)
		signal(SIGUSR1, SIG_IGN);
	_exit(waiting->wait());
}

/* semop is watched: it may have entered, and not sleep yet. */
static bool sleeps(void)
{
	return waiting->wait != wait_semaphore ||
		semctl(semaphore, 0, GETNCNT) == 1;
}

/* Until the child is in the call in which it waits, or has ended. */
static void await_call(pid_t pid, const long *calls)
{
	char path[64], text[64];
	siginfo_t info = { 0 };

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	for (;;) {
		FILE *file = fopen(path, "r");
		char *end;
		long nr;
		int i;

		if (!file || !fgets(text, sizeof(text), file))
			exit(2);
		fclose(file);
		nr = strtol(text, &end, 10);
		for (i = 0; end != text && calls[i]; i++) {
			if (calls[i] == nr && sleeps())
				return;
		}
		if (waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) || info.si_pid)
			return;
		sched_yield();
	}
}

enum ends_by_it {
	NO,
	IF_HANDLED,
	YES,
};

/* Signals, and whether they end the wait. */
static const struct disturbance {
	const char *name;
	int numbers[4];
	enum ends_by_it ends;
} disturbances[] = {
	{ "nothing", { 0 }, NO },
	{ "SIGCHLD", { SIGCHLD, SIGCHLD }, NO },
	{ "SIGWINCH", { SIGWINCH }, NO },
	{ "SIGURG", { SIGURG }, NO },
	{ "SIGCONT", { SIGCONT }, NO },
	{ "SIGHUP, ignored", { SIGHUP }, NO },
	{ "SIGCHLD and a stop", { SIGCHLD, SIGSTOP }, YES },
	{ "SIGUSR1, ignored or handled", { SIGUSR1 }, IF_HANDLED },
	{ "SIGUSR2, restarting", { SIGUSR2 }, YES },
};

/* Signals the waiting child, and ends its wait if they have not. */
static void disturb(const struct disturbance *disturbance,
		    const struct wait *wait)
{
	const int *numbers = disturbance->numbers;
	struct sembuf up = { .sem_op = 1 };
	siginfo_t info = { 0 };
	pid_t pid;

	if (pipe(ends) < 0)
		exit(2);
	semaphore = semget(IPC_PRIVATE, 1, 0600);
	waiting = wait;
	pid = start(child_waits);
	for (; *numbers; numbers++) {
		await_call(pid, wait->calls);
		kill(pid, *numbers);
		if (*numbers != SIGSTOP)
			continue;
		waitid(P_PID, (id_t)pid, &info, WSTOPPED);
		kill(pid, SIGCONT);
	}
	if (disturbance->ends == NO ||
	    (disturbance->ends == IF_HANDLED && !child_has_handler)) {
		await_call(pid, wait->calls);
		kill(pid, SIGALRM);
		if (write(ends[1], "", 1) != 1)
			exit(2);
		semop(semaphore, &up, 1);
	}
	waitid(P_PID, (id_t)pid, &info, WEXITED);
	printf("%s, %#x\n", strerror(info.si_status), info.si_status);
	close(ends[0]);
	close(ends[1]);
	semctl(semaphore, 0, IPC_RMID);
}

/* A signal that means nothing to a process interrupts nothing. */
static void disturbed_waits(void)
{
	size_t i, j;

	for (i = 0; i < sizeof(disturbances) / sizeof(disturbances[0]); i++) {
		for (j = 0; j < sizeof(waits) / sizeof(waits[0]); j++) {
			printf("%s and %s: ", disturbances[i].name,
			       waits[j].name);
			disturb(&disturbances[i], &waits[j]);
		}
	}
}

/* Stopped and continued, a call without a handler goes on. */
static void stopped_sleep(void)
{
	pid_t pid = start(child_waits_for_nothing);

	kill(pid, SIGSTOP);
	look("asleep", pid, WSTOPPED | WEXITED);
	kill(pid, SIGCONT);
	look("asleep", pid, WCONTINUED | WEXITED);
	look("awake", pid, WEXITED);
	take("awake");
}

static void table(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;

	hold_back(SIGCHLD);
	deaths();
	stops(0);
	action.sa_flags = SA_NOCLDSTOP;
	sigaction(SIGCHLD, &action, NULL);
	stops(1);
	action.sa_flags = 0;
	sigaction(SIGCHLD, &action, NULL);
	old_wait();
	ways_to_wait();
	unwaited();
	stopped_sleep();
	traced_children();
	take("at the end");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	disturbed_waits();
}

int main(int argc, char **argv)
{
	sigset_t none;

	sigemptyset(&none);
	if (argc != 3)
		return 2;
	if (!strcmp(argv[1], "unblock")) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		return 8;
	}
	signal(SIGUSR1, SIG_IGN);
	if (!strcmp(argv[1], "handler"))
		handle(SIGUSR1, 0);
	handle(SIGUSR2, SA_RESTART);
	child_has_handler = !strcmp(argv[2], "handler");
	table();
	return 0;
}
