/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes calls under a flood of signals whose handler lacks SA_RESTART.
 *
 *	flood list		the names of the calls, each "light" or "heavy"
 *	flood calls NAME COUNT [BY]
 *				the call, COUNT times, then what went wrong;
 *				signals by timer (also without BY), kill or stop
 *	flood threads COUNT	kcmp in four threads
 *	flood child COUNT	kcmp in a child that inherited the handler
 *	flood beside COUNT	kcmp, while many threads of another process
 *				signal themselves as fast as they can
 *	flood waits		calls that such a signal does interrupt
 *	flood stops		what a parent learns of a child with a handler
 *	flood exec NAME COUNT	the call after an exec of itself
 *	flood execs COUNT	execs itself COUNT times, one after the other
 *
 * A flood is a timer of this process that fires every 200 microseconds, or
 * another process that signals it as often.
 */
#include "flood.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD_US	200
#define THREADS		4
#define CROWD		20
#define PATIENCE	1000

static volatile sig_atomic_t signals;
static long wanted;

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

static bool do_kcmp(void)
{
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, 0, 0) == 0;
}

static const struct flood_call *find(const char *name)
{
	const struct flood_call *call;

	for (call = flood_calls; call->name; call++) {
		if (!strcmp(call->name, name))
			return call;
	}
	fprintf(stderr, "flood: no call '%s'\n", name);
	exit(2);
}

static void run_list(void)
{
	const struct flood_call *call;

	for (call = flood_calls; call->name; call++)
		printf("%s %s\n", call->name, call->heavy ? "heavy" : "light");
}

/* What sends the signals: a timer of this process, or another process. */
enum kind {
	BY_TIMER,
	BY_KILL,		/* to this thread alone */
	BY_STOP,		/* stops, and continues that are handled */
	KINDS
};

static const char *const kind_names[KINDS] = {
	[BY_TIMER] = "timer", [BY_KILL] = "kill", [BY_STOP] = "stop",
};

static enum kind find_kind(const char *name)
{
	enum kind kind;

	for (kind = 0; kind < KINDS; kind++) {
		if (!strcmp(kind_names[kind], name))
			return kind;
	}
	fprintf(stderr, "flood: no signals by '%s'\n", name);
	exit(2);
}

/* Shared with the sender.  Not a kill: between its stop and its continue that
   would leave us stopped for ever. */
static atomic_bool *enough;

/* Until its parent has had enough, or has gone. */
static void send(enum kind kind, pid_t target)
{
	const struct itimerspec period = {
		.it_interval.tv_nsec = PERIOD_US * 1000,
		.it_value.tv_nsec = PERIOD_US * 1000,
	};
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t expired;

	timerfd_settime(timer, 0, &period, NULL);
	while (!atomic_load(enough) && getppid() == target) {
		if (kind == BY_KILL) {
			syscall(SYS_tgkill, target, target, SIGUSR1);
		} else {
			kill(target, SIGSTOP);
			kill(target, SIGCONT);
		}
		if (read(timer, &expired, sizeof(expired)) < 0)
			_exit(1);
	}
	_exit(0);
}

static pid_t flood_by(enum kind kind)
{
	pid_t target = getpid(), sender;

	if (kind == BY_TIMER) {
		flood(PERIOD_US);
		return 0;
	}
	enough = mmap(NULL, sizeof(*enough), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (enough == MAP_FAILED)
		exit(2);
	sender = fork();
	if (sender == 0)
		send(kind, target);
	return sender;
}

static void end_flood(pid_t sender)
{
	flood(0);
	if (!sender)
		return;
	atomic_store(enough, true);
	while (waitpid(sender, NULL, 0) < 0)
		;
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

static int run_calls(const struct flood_call *call, long count,
		     enum kind kind)
{
	long i, expected, r, failed = 0, interrupted = 0;
	const char *leftover;
	pid_t sender;
	int open;

	flood_prepare();
	handle(SIGALRM, 0);
	handle(SIGUSR1, 0);
	handle(SIGCONT, 0);
	expected = call->call();
	open = count_open();
	sender = flood_by(kind);
	/* Longer, if the signals are late. */
	for (i = 0; i < count || (!signals && i < PATIENCE * count); i++) {
		r = call->call();
		if (r == expected)
			continue;
		interrupted += r == -EINTR;
		if (!failed++)
			printf("%s %ld: %s, not %s\n", call->name, i,
			       r < 0 ? strerror((int)-r) : "done",
			       expected < 0 ? strerror((int)-expected) :
			       "done");
	}
	end_flood(sender);
	leftover = flood_leftover();
	printf("%s by %s: %ld calls, %ld interrupted, %ld wrong, "
	       "%d left open, %s, %s\n", call->name, kind_names[kind], i,
	       interrupted, failed, count_open() - open,
	       leftover ? leftover : "nothing else",
	       signals ? "signals came" : "no signal");
	return failed || !signals || count_open() != open || leftover;
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

static void *signal_itself(void *argument)
{
	pid_t self = getpid(), thread = gettid();

	while (!syscall(SYS_tgkill, self, thread, SIGUSR1))
		;
	return argument;
}

static void be_a_crowd(int ready)
{
	pthread_t threads[CROWD];
	int i;

	handle(SIGUSR1, 0);
	for (i = 0; i < CROWD; i++)
		pthread_create(&threads[i], NULL, signal_itself, NULL);
	while (!signals)
		sched_yield();
	if (write(ready, "", 1) != 1)
		_exit(2);
	for (;;)
		pause();
}

static int run_beside(long count)
{
	int ready[2], failed;
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		return 2;
	pid = fork();
	if (pid == 0)
		be_a_crowd(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return 2;
	failed = repeat(do_kcmp, count) != 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return failed;
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

/* As often as they can be sent. */
static pid_t send_always(int number)
{
	pid_t target = getpid(), sender = fork();

	if (sender == 0) {
		while (getppid() == target)
			kill(target, number);
		_exit(0);
	}
	return sender;
}

/* Each exec takes the handler of this signal away, which is ignored then.
   DONE and SENDER: of the images before. */
static int run_execs(char *self, char *count, long done, pid_t sender)
{
	char mode[] = "execs", number[2][24];
	char *const argv[] = {
		self, mode, count, number[0], number[1], NULL
	};
	int error = 0;

	handle(SIGURG, 0);
	if (!sender)
		sender = send_always(SIGURG);
	if (done < strtol(count, NULL, 10)) {
		snprintf(number[0], sizeof(number[0]), "%ld", done + 1);
		snprintf(number[1], sizeof(number[1]), "%d", (int)sender);
		execv("/proc/self/exe", argv);
		error = errno;
		printf("execs %ld: %s\n", done, strerror(error));
	}
	kill(sender, SIGKILL);
	while (waitpid(sender, NULL, 0) < 0 && errno == EINTR)
		;
	printf("execs by kill: %ld calls, %d interrupted, %d wrong\n", done,
	       error == EINTR, error != 0);
	return error != 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(mode, "list")) {
		run_list();
		return 0;
	}
	if (!strcmp(mode, "calls") && (argc == 4 || argc == 5))
		return run_calls(find(argv[2]), strtol(argv[3], NULL, 10),
				 argc == 5 ? find_kind(argv[4]) : BY_TIMER);
	if (!strcmp(mode, "threads") && argc == 3)
		return run_threads(strtol(argv[2], NULL, 10));
	if (!strcmp(mode, "child") && argc == 3)
		return run_child(strtol(argv[2], NULL, 10));
	if (!strcmp(mode, "beside") && argc == 3)
		return run_beside(strtol(argv[2], NULL, 10));
	if (!strcmp(mode, "waits"))
		return run_waits();
	if (!strcmp(mode, "stops"))
		return run_stops();
	if (!strcmp(mode, "exec") && argc == 4)
		return run_exec(argv[0], argv[2], argv[3]);
	if (!strcmp(mode, "execs") && argc == 3)
		return run_execs(argv[0], argv[2], 0, 0);
	if (!strcmp(mode, "execs") && argc == 5)
		return run_execs(argv[0], argv[2], strtol(argv[3], NULL, 10),
				 (pid_t)strtol(argv[4], NULL, 10));
	fprintf(stderr, "flood: bad usage\n");
	return 2;
}
