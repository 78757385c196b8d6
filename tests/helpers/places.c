/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that calls kcmp at known places, for tests of stacks: always from
 * place_inner(), called by place_outer().
 *
 *	places WAY [TIMES]
 *
 * prints how many of the calls were answered 0 and how many EPERM, and the
 * number of all others: "10 0 0".  The ways:
 *
 *	plain		in main
 *	thread		in a thread: in_thread()
 *	threads		in eight threads at once
 *	handler		in a signal handler: in_handler()
 *	alternate	the same, on a stack of its own
 *	processes	in eight processes at once
 *	together	the same, and in their parent
 *	exec		in a program that has executed itself before
 *	fifo		where the file of the program cannot be opened: its
 *			name is that of a FIFO
 *	sealed		by another user, who may not open the program's file
 *	kept		the same, but it has called before it became one
 *	alarms		under a flood of signals, the handler of which lacks
 *			SA_RESTART
 *	loops		the same, but the handler calls kcmp, too
 *	stopped		stopped and continued all the while
 *	traced		traced, from inside
 *	seized		in children that are traced, from inside, while they
 *			call: prints "failed N", too
 *	replaced	in children whose other thread executes something
 *			while they call
 *	killed		in children that are killed while they call
 *	watched		in a child whose stops are waited for: prints
 *			"stops N", too
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY		8
#define NOINLINE	__attribute__((__noinline__))

enum answer { SAME, REFUSED, OTHER, ANSWERS };

static atomic_int *answers;	/* shared with children */
static int times = 1;

static void check(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(99);
}

static NOINLINE long place_inner(void)
{
	pid_t self = getpid();
	long r = syscall(SYS_kcmp, self, self, KCMP_VM, 0, 0);

	/* So that it is no tail of its caller. */
	__asm__ volatile("" ::: "memory");
	return r;
}

static NOINLINE void place_outer(void)
{
	long r = place_inner();
	enum answer answer = r == 0 ? SAME :
		r < 0 && errno == EPERM ? REFUSED : OTHER;

	answers[answer]++;
}

static NOINLINE void call(void)
{
	for (int i = 0; i < times; i++)
		place_outer();
}

/* The same call, but from elsewhere. */
static NOINLINE void elsewhere(void)
{
	pid_t self = getpid();

	(void)syscall(SYS_kcmp, self, self, KCMP_VM, 0, 0);
	__asm__ volatile("" ::: "memory");
}

/* ---- threads and processes ---- */

static NOINLINE void *in_thread(void *unused)
{
	call();
	return unused;
}

static void run_threads(int n)
{
	pthread_t threads[MANY];

	for (int i = 0; i < n; i++)
		check(!pthread_create(&threads[i], NULL, in_thread, NULL),
		      "thread");
	for (int i = 0; i < n; i++)
		check(!pthread_join(threads[i], NULL), "join");
}

static pid_t start(void)
{
	pid_t pid = fork();

	check(pid >= 0, "fork");
	if (!pid) {
		call();
		_exit(0);
	}
	return pid;
}

static void run_processes(int together)
{
	for (int i = 0; i < MANY; i++)
		(void)start();
	if (together)
		call();
	while (wait(NULL) > 0)
		;
}

static void run_exec(const char *self)
{
	char number[16];

	/* Not from main, and counted by nobody. */
	elsewhere();
	(void)snprintf(number, sizeof(number), "%d", times);
	check(execl(self, self, "plain", number, NULL), "exec");
}

/* ---- signals ---- */

static NOINLINE void in_handler(int number)
{
	(void)number;
	call();
}

static NOINLINE void beside(int number)
{
	int saved = errno;

	(void)number;
	elsewhere();
	errno = saved;
}

static void nothing(int number)
{
	(void)number;
}

static void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = {
		.sa_handler = handler,
		.sa_flags = flags,
	};

	check(!sigaction(number, &action, NULL), "sigaction");
}

static void run_handler(int flags)
{
	stack_t stack = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };

	check(!sigaltstack(&stack, NULL), "sigaltstack");
	handle(SIGUSR1, in_handler, flags);
	(void)raise(SIGUSR1);
	free(stack.ss_sp);
}

static void run_alarms(void (*handler)(int))
{
	struct itimerval timer = {
		.it_interval.tv_usec = 1000,
		.it_value.tv_usec = 1000,
	};

	handle(SIGALRM, handler, 0);
	check(!setitimer(ITIMER_REAL, &timer, NULL), "setitimer");
	call();
	timer = (struct itimerval){ 0 };
	check(!setitimer(ITIMER_REAL, &timer, NULL), "setitimer");
}

static void run_stopped(void)
{
	pid_t pid = start();

	while (!waitpid(pid, NULL, WNOHANG)) {
		(void)kill(pid, SIGSTOP);
		(void)kill(pid, SIGCONT);
	}
}

static pid_t start_calling(void)
{
	pid_t pid = fork();

	check(pid >= 0, "fork");
	while (!pid)
		elsewhere();
	return pid;
}

static void run_killed(void)
{
	for (int i = 0; i < times; i++) {
		pid_t pid = start_calling();

		/* Somewhere in its calls. */
		for (int j = 0; j <= i % 10; j++)
			elsewhere();
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	times = 1;
	call();
}

static void run_seized(void)
{
	int failed = 0;

	for (int i = 0; i < times; i++) {
		pid_t pid = start_calling();

		for (int j = 0; j <= i % 10; j++)
			elsewhere();
		failed += !!ptrace(PTRACE_SEIZE, pid, NULL, NULL);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	printf("failed %d\n", failed);
	times = 1;
	call();
}

static const char *program;

static void *execute(void *unused)
{
	for (int i = 0; i < 10; i++)
		elsewhere();
	(void)execl(program, program, "nothing", NULL);
	return unused;
}

static void run_replaced(const char *self)
{
	pthread_t thread;

	program = self;
	for (int i = 0; i < times; i++) {
		pid_t pid = fork();

		check(pid >= 0, "fork");
		if (!pid)
			check(!pthread_create(&thread, NULL, execute, NULL),
			      "thread");
		while (!pid)
			elsewhere();
		(void)waitpid(pid, NULL, 0);
	}
	times = 1;
	call();
}

static void run_watched(void)
{
	pid_t pid = start();
	int status, stops = 0;

	while (waitpid(pid, &status, WUNTRACED | WCONTINUED) == pid &&
	       !WIFEXITED(status))
		stops++;
	printf("stops %d\n", stops);
}

/* ---- tracers, and files that cannot be read ---- */

static void run_traced(void)
{
	int ends[2];
	char go = 0;
	pid_t pid;

	check(!pipe(ends), "pipe");
	pid = fork();
	check(pid >= 0, "fork");
	if (!pid) {
		check(read(ends[0], &go, 1) == 1, "read");
		call();
		_exit(0);
	}
	check(!ptrace(PTRACE_SEIZE, pid, NULL, NULL), "seize");
	check(write(ends[1], &go, 1) == 1, "write");
	(void)waitpid(pid, NULL, 0);
}

static void run_sealed(const char *self)
{
	check(!chmod(self, 0700) && !setresuid(65534, 65534, 65534),
	      "setresuid");
	call();
}

static void run_kept(const char *self)
{
	call();
	run_sealed(self);
}

static void run_fifo(const char *self)
{
	char name[4096];

	/* What /proc/PID/maps says of it then. */
	(void)snprintf(name, sizeof(name), "%s (deleted)", self);
	check(!unlink(self) && !mkfifo(name, 0600), "mkfifo");
	call();
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	if (argc > 2)
		times = (int)strtol(argv[2], NULL, 10);
	answers = mmap(NULL, sizeof(*answers) * ANSWERS,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	check(answers != MAP_FAILED, "mmap");
	if (!strcmp(way, "plain"))
		call();
	else if (!strcmp(way, "thread"))
		run_threads(1);
	else if (!strcmp(way, "threads"))
		run_threads(MANY);
	else if (!strcmp(way, "handler"))
		run_handler(0);
	else if (!strcmp(way, "alternate"))
		run_handler(SA_ONSTACK);
	else if (!strcmp(way, "processes"))
		run_processes(0);
	else if (!strcmp(way, "together"))
		run_processes(1);
	else if (!strcmp(way, "exec"))
		run_exec(argv[0]);
	else if (!strcmp(way, "fifo"))
		run_fifo(argv[0]);
	else if (!strcmp(way, "sealed"))
		run_sealed(argv[0]);
	else if (!strcmp(way, "kept"))
		run_kept(argv[0]);
	else if (!strcmp(way, "alarms"))
		run_alarms(nothing);
	else if (!strcmp(way, "loops"))
		run_alarms(beside);
	else if (!strcmp(way, "stopped"))
		run_stopped();
	else if (!strcmp(way, "traced"))
		run_traced();
	else if (!strcmp(way, "seized"))
		run_seized();
	else if (!strcmp(way, "replaced"))
		run_replaced(argv[0]);
	else if (!strcmp(way, "nothing"))
		return 0;
	else if (!strcmp(way, "killed"))
		run_killed();
	else if (!strcmp(way, "watched"))
		run_watched();
	else
		return 2;
	printf("%d %d %d\n", answers[SAME], answers[REFUSED], answers[OTHER]);
	return 0;
}
