/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes calls under a flood of signals whose handler lacks SA_RESTART.
 *
 *	flood calls NAME COUNT	the call, COUNT times, then what went wrong
 *	flood threads COUNT	kcmp in four threads
 *	flood child COUNT	kcmp in a child that inherited the handler
 *	flood waits		calls that such a signal does interrupt
 *	flood stops		what a parent learns of a child with a handler
 *	flood exec NAME COUNT	the call after an exec of itself
 *
 * A flood is a timer of this process that fires every 200 microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD_US	200
#define THREADS		4

static volatile sig_atomic_t signals;
static long wanted;
static int epoll_fd;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static void handle(int number, int flags)
{
	struct sigaction action = { .sa_handler = on_signal };

	action.sa_flags = flags;
	sigaction(number, &action, NULL);
}

static void flood(int microseconds)
{
	struct itimerval every = { 0 };

	every.it_interval.tv_usec = microseconds;
	every.it_value.tv_usec = microseconds;
	setitimer(ITIMER_REAL, &every, NULL);
}

/* Each returns whether the call did what it does in peace, with errno. */
static bool do_kcmp(void)
{
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, 0, 0) == 0;
}

static bool do_close(void)
{
	int fd = dup(0);

	return close(fd) == 0 && fcntl(fd, F_GETFD) < 0 && errno == EBADF;
}

static bool do_dup2(void)
{
	return dup2(0, 100) == 100 && close_range(100, 100, 0) == 0;
}

static bool do_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	static int ends[2] = { -1, -1 };

	if (ends[0] < 0 && pipe(ends) < 0)
		return false;
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ends[0], &event) == 0 &&
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, ends[0], NULL) == 0;
}

static bool do_unshare(void)
{
	return unshare(CLONE_FS | CLONE_FILES) == 0;
}

static bool do_prctl(void)
{
	return prctl(PR_SET_DUMPABLE, 1) == 0;
}

static bool do_setfsuid(void)
{
	return syscall(SYS_setgid, getgid()) == 0;
}

/* wait is one of the calls that are interrupted. */
static bool do_fork(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(7);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static bool do_vfork(void)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0)
		_exit(7);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void *do_nothing(void *argument)
{
	return argument;
}

static bool do_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, do_nothing, NULL) == 0 &&
		pthread_join(thread, NULL) == 0;
}

static const struct {
	const char *name;
	bool (*call)(void);
} calls[] = {
	{ "kcmp", do_kcmp },
	{ "close", do_close },
	{ "dup2", do_dup2 },
	{ "epoll_ctl", do_epoll },
	{ "unshare", do_unshare },
	{ "prctl", do_prctl },
	{ "setgid", do_setfsuid },
	{ "fork", do_fork },
	{ "vfork", do_vfork },
	{ "thread", do_thread },
};

static int find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!strcmp(calls[i].name, name))
			return (int)i;
	}
	fprintf(stderr, "flood: no call '%s'\n", name);
	exit(2);
}

static int count_open(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static long repeat(bool (*call)(void), long count)
{
	long i, failed = 0;

	for (i = 0; i < count; i++) {
		if (call())
			continue;
		if (!failed++)
			printf("call %ld: %s\n", i, strerror(errno));
	}
	return failed;
}

static int run_calls(int call, long count)
{
	long failed;
	int open;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	(void)calls[call].call();
	open = count_open();
	handle(SIGALRM, 0);
	flood(PERIOD_US);
	failed = repeat(calls[call].call, count);
	flood(0);
	printf("%s: %ld failed, %d left open, %s\n", calls[call].name, failed,
	       count_open() - open, signals ? "signals came" : "no signal");
	return failed || !signals || count_open() != open;
}

static void *in_thread(void *argument)
{
	(void)argument;
	return (void *)repeat(do_kcmp, wanted);
}

static int run_threads(long count)
{
	pthread_t threads[THREADS];
	long failed = 0;
	int i;

	wanted = count;
	/* One is there before the handler. */
	pthread_create(&threads[0], NULL, in_thread, NULL);
	handle(SIGALRM, 0);
	flood(PERIOD_US);
	for (i = 1; i < THREADS; i++)
		pthread_create(&threads[i], NULL, in_thread, NULL);
	for (i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		failed += (long)result;
	}
	flood(0);
	printf("threads: %ld failed, %s\n", failed,
	       signals ? "signals came" : "no signal");
	return failed || !signals;
}

static int run_child(long count)
{
	int status;
	pid_t pid;

	handle(SIGALRM, 0);
	pid = fork();
	if (pid == 0) {
		flood(PERIOD_US);
		status = repeat(do_kcmp, count) || !signals;
		flood(0);
		fflush(stdout);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	printf("child: status %d\n", WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

static void result(const char *name, long value)
{
	printf("%s: %s\n", name, value < 0 ? strerror(errno) : "done");
}

/* What a signal interrupts it goes on to interrupt. */
static int run_waits(void)
{
	struct pollfd pollfd = { .events = POLLIN };
	int ends[2], status;
	char byte;
	pid_t pid;

	if (pipe(ends) < 0)
		return 2;
	pollfd.fd = ends[0];
	handle(SIGALRM, 0);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	flood(20000);
	result("read", read(ends[0], &byte, 1));
	result("poll", poll(&pollfd, 1, -1));
	result("pause", pause());
	result("wait", waitpid(pid, &status, 0));
	result("open", open("/dev/null", O_RDONLY));
	handle(SIGALRM, SA_RESTART);
	flood(20000);
	result("poll, with SA_RESTART", poll(&pollfd, 1, 100));
	flood(0);
	kill(pid, SIGKILL);
	return 0;
}

static const char *code_name(int code)
{
	switch (code) {
	case CLD_EXITED:
		return "exited";
	case CLD_KILLED:
		return "killed";
	case CLD_DUMPED:
		return "dumped";
	case CLD_STOPPED:
		return "stopped";
	case CLD_CONTINUED:
		return "continued";
	case CLD_TRAPPED:
		return "trapped";
	}
	return "?";
}

/* Waits for the next change, and for the signal about it. */
static void show(const char *what, pid_t pid, int changes)
{
	siginfo_t info = { 0 }, last = { 0 };
	sigset_t set;

	while (waitid(P_PID, (id_t)pid, &info, changes))
		;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigwaitinfo(&set, &last);
	printf("%s: %s %d; signal %s %d%s\n", what, code_name(info.si_code),
	       info.si_status, code_name(last.si_code), last.si_status,
	       last.si_pid == pid ? "" : ", of another");
}

/* A child with a handler that interrupts; it says when it is ready. */
static pid_t start(int ready[2], void (*job)(void))
{
	char byte = 0;
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t blocked;

		/* The signal is let in only where it is waited for. */
		sigemptyset(&blocked);
		sigaddset(&blocked, SIGUSR1);
		sigprocmask(SIG_SETMASK, &blocked, NULL);
		handle(SIGUSR1, 0);
		if (write(ready[1], &byte, 1) == 1)
			job();
		_exit(9);
	}
	if (read(ready[0], &byte, 1) != 1)
		exit(2);
	return pid;
}

static void job_wait(void)
{
	sigset_t none;

	sigemptyset(&none);
	while (!signals)
		sigsuspend(&none);
	_exit(3);
}

static void job_abort(void)
{
	abort();
}

static void *end_alone(void *argument)
{
	syscall(SYS_exit, 0);
	return argument;
}

static void job_threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, end_alone, NULL);
	pthread_join(thread, NULL);
	syscall(SYS_exit_group, 5);
}

static int run_stops(void)
{
	int ready[2];
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (pipe(ready) < 0)
		return 2;
	pid = start(ready, job_wait);
	kill(pid, SIGSTOP);
	show("SIGSTOP", pid, WSTOPPED | WEXITED);
	kill(pid, SIGCONT);
	show("SIGCONT", pid, WCONTINUED | WEXITED);
	kill(pid, SIGTSTP);
	show("SIGTSTP", pid, WSTOPPED | WEXITED);
	kill(pid, SIGCONT);
	show("SIGCONT", pid, WCONTINUED | WEXITED);
	kill(pid, SIGUSR1);
	show("SIGUSR1, handled", pid, WEXITED);
	pid = start(ready, job_wait);
	kill(pid, SIGSTOP);
	show("SIGSTOP", pid, WSTOPPED | WEXITED);
	kill(pid, SIGKILL);
	show("SIGKILL", pid, WEXITED);
	pid = start(ready, job_wait);
	kill(pid, SIGTERM);
	show("SIGTERM", pid, WEXITED);
	show("abort", start(ready, job_abort), WEXITED);
	show("threads", start(ready, job_threads), WEXITED);
	return 0;
}

/* The handlers go, what was ignored stays. */
static int run_exec(char *self, char *name, char *count)
{
	char mode[] = "calls";
	char *const argv[] = { self, mode, name, count, NULL };

	handle(SIGALRM, 0);
	handle(SIGUSR1, 0);
	execv("/proc/self/exe", argv);
	return 2;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(mode, "calls") && argc == 4)
		return run_calls(find(argv[2]), strtol(argv[3], NULL, 10));
	if (!strcmp(mode, "threads") && argc == 3)
		return run_threads(strtol(argv[2], NULL, 10));
	if (!strcmp(mode, "child") && argc == 3)
		return run_child(strtol(argv[2], NULL, 10));
	if (!strcmp(mode, "waits"))
		return run_waits();
	if (!strcmp(mode, "stops"))
		return run_stops();
	if (!strcmp(mode, "exec") && argc == 4)
		return run_exec(argv[0], argv[2], argv[3]);
	fprintf(stderr, "flood: bad usage\n");
	return 2;
}
