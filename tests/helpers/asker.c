/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small program that asks a little and tells what happens to it: what tests
 * of running a command need besides mkworld.
 *
 *	asker same N		asks N times about the same two descriptors
 *	asker many N		asks about each of N files of one inode
 *	asker family		asks about parent and child
 *	asker find PID		asks about any task, prints the answer
 *	asker loses FILE	asks about a child, whose number it writes to
 *				FILE, and that somebody else may kill
 *	asker signals		prints the signals that it gets; TERM ends it
 *	asker orphan		kills its parent, then makes watched calls
 *	asker stops HOW FILE	stops itself by TSTP; when FILE is there a child
 *				continues or kills it (HOW)
 *	asker forks N		N children that fork for ever
 *	asker dying N		asks about N children that take long to die
 *	asker daemon FILE	leaves a daemon that writes FILE when fd 0 ends
 *	asker namespace		leaves a pid namespace, which ends after it;
 *				status 77: it cannot make one
 *	asker among COMMAND...	while COMMAND runs, asks about all tasks that it
 *				finds in /proc, again and again
 *	asker hold COMMAND...	holds threads and files while COMMAND runs,
 *				with its own number in ASKER
 *	asker then COMMAND...	asks about itself twice, whatever the answers,
 *				then executes COMMAND
 */
#include <dirent.h>
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
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stops.h"

static long ask(pid_t a, pid_t b, int type, unsigned long i, unsigned long j)
{
	return syscall(SYS_kcmp, a, b, type, i, j);
}

static const char *answer_name(long answer)
{
	if (answer < 0)
		return strerrorname_np(errno);
	return answer == 0 ? "equal" : answer <= 2 ? "differ" : "not an answer";
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int same(long count)
{
	int fd = open("/dev/null", O_RDONLY);
	int copy = dup(fd);
	pid_t self = getpid();
	long i;

	if (copy < 0)
		return fail("dup");
	for (i = 0; i < count; i++) {
		if (ask(self, self, KCMP_FILE, (unsigned long)fd,
			(unsigned long)copy) != 0)
			return fail("kcmp");
	}
	return 0;
}

/* Files of one process: as many as it may have, then the next goes on. */
static int many_here(long count)
{
	pid_t self = getpid();
	int first = -1, last = -1;
	long i;

	for (i = 0; i < count; i++) {
		last = open("/dev/null", O_RDONLY);
		if (last < 0)
			return fail("open");
		if (i == 0)
			first = last;
	}
	for (i = first; i < last; i++) {
		if (ask(self, self, KCMP_FILE, (unsigned long)i,
			(unsigned long)i + 1) < 1)
			return fail("kcmp");
	}
	/* And each is still the one that it was. */
	for (i = first; i < last; i++) {
		if (ask(self, self, KCMP_FILE, (unsigned long)i,
			(unsigned long)i) != 0)
			return fail("kcmp");
	}
	return 0;
}

static int many(long count)
{
	struct rlimit limit;
	long here;
	int status = 0;
	pid_t child;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 64)
		return fail("setrlimit");
	here = count;
	if (limit.rlim_cur - 32 < (rlim_t)count)
		here = (long)limit.rlim_cur - 32;
	if (many_here(here) != 0)
		return 1;
	if (here == count)
		return 0;
	child = fork();
	if (child < 0)
		return fail("fork");
	if (child == 0) {
		close_range(3, ~0u, 0);
		_exit(many(count - here));
	}
	if (waitpid(child, &status, 0) != child)
		return fail("waitpid");
	return status != 0;
}

static int family(void)
{
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		return fail("fork");
	if (child == 0) {
		pause();
		_exit(0);
	}
	printf("VM %s\n", answer_name(ask(getpid(), child, KCMP_VM, 0, 0)));
	printf("FILE %s\n", answer_name(ask(getpid(), child, KCMP_FILE, 0, 0)));
	if (fflush(stdout) != 0)
		return 1;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return !WIFSIGNALED(status);
}

static int find(pid_t pid)
{
	printf("%s\n", answer_name(ask(getpid(), pid, KCMP_VM, 0, 0)));
	return 0;
}

/* Who dies is reaped at once. */
static int loses(const char *name)
{
	FILE *file = fopen(name, "we");
	pid_t child;

	signal(SIGCHLD, SIG_IGN);
	child = fork();
	if (child < 0 || !file)
		return fail(child < 0 ? "fork" : name);
	if (child == 0) {
		pause();
		_exit(0);
	}
	fprintf(file, "%d\n", (int)child);
	if (fclose(file) != 0)
		return fail(name);
	find(child);
	kill(child, SIGKILL);
	return 0;
}

/*
 * A question after each signal: whoever supervises us has dealt with its own
 * copy of that signal before it answers.
 */
static int signals(void)
{
	sigset_t set;
	int number;

	sigfillset(&set);
	sigdelset(&set, SIGTSTP);
	sigdelset(&set, SIGTTIN);
	sigdelset(&set, SIGTTOU);
	sigprocmask(SIG_SETMASK, &set, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (;;) {
		siginfo_t info;

		number = sigwaitinfo(&set, &info);
		if (number < 0)
			continue;
		ask(getpid(), getpid(), KCMP_VM, 0, 0);
		ask(getpid(), getpid(), KCMP_VM, 0, 0);
		if (number >= SIGRTMIN)
			printf("got RTMIN+%d", number - SIGRTMIN);
		else
			printf("got %s", sigabbrev_np(number));
		if (info.si_code == SI_QUEUE)
			printf(" with %d", info.si_value.sival_int);
		putchar('\n');
		if (number == SIGTERM)
			return 9;
	}
}

static void say_call(const char *name, long ret)
{
	dprintf(1, "%s: %s\n", name, ret < 0 ? strerrorname_np(errno) : "ok");
}

/* Ends by a signal: exit_group is a watched call, too. */
static int orphan(void)
{
	struct pollfd parent = { .events = POLLIN };
	int fd = open("/dev/null", O_RDONLY);

	parent.fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
	if (parent.fd < 0 || fd < 0)
		return fail("pidfd_open");
	say_call("kcmp before", ask(getpid(), getpid(), KCMP_VM, 0, 0));
	kill(getppid(), SIGKILL);
	while (poll(&parent, 1, -1) < 0)
		;
	say_call("kcmp", ask(getpid(), getpid(), KCMP_VM, 0, 0));
	say_call("close", syscall(SYS_close, fd));
	say_call("dup2", syscall(SYS_dup2, 1, fd));
	say_call("fork", syscall(SYS_fork));
	say_call("execve", syscall(SYS_execve, "/bin/true", NULL, NULL));
	say_call("getpid", syscall(SYS_getpid));
	say_call("open", open("/dev/null", O_RDONLY));
	raise(SIGKILL);
	return 1;
}

static void end_stop(bool kill_it, pid_t pid, pid_t supervisor,
		     const char *file)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	await_state(pid, "T");
	if (supervisor)
		await_state(supervisor, "T");
	while (access(file, F_OK) < 0)
		sched_yield();
	/* This one is: the supervisor has to go on. */
	if (!kill_it)
		close(-1);
	kill(pid, kill_it ? SIGKILL : SIGCONT);
	for (;;)
		pause();
}

static int stops(const char *how, const char *file)
{
	pid_t self = getpid(), supervisor = is_supervised() ? getppid() : 0;
	pid_t child = fork();

	if (child == 0)
		end_stop(!strcmp(how, "kill"), self, supervisor, file);
	raise(SIGTSTP);
	puts("went on");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 9;
}

/* As many tasks as at the start, but always others. */
static int forks(long count)
{
	long i;

	for (i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			return fail("fork");
		while (child == 0) {
			child = fork();
			if (child > 0)
				_exit(0);
			child = child < 0;
		}
	}
	return 3;
}

enum {
	WINDOWS = 8000,
	WINDOW = 1 << 20,
	SKIPPED = 77,
};

/* Memory of many pages that costs little to have, and long to give up. */
static int map_much(void)
{
	int fd = memfd_create("windows", MFD_CLOEXEC);
	int i;

	if (fd < 0 || ftruncate(fd, WINDOW) < 0)
		return -1;
	for (i = 0; i < WINDOWS; i++) {
		if (mmap(NULL, WINDOW, PROT_READ, MAP_SHARED | MAP_POPULATE,
			 fd, 0) == MAP_FAILED)
			return -1;
	}
	return close(fd);
}

/* From the signal to the end: what has it still, what not any more? */
static int watch_death(void)
{
	int ready[2], still[2];
	pid_t self = getpid(), child;
	char byte;
	int type;

	if (pipe(ready) < 0 || pipe(still) < 0)
		return fail("pipe");
	child = fork();
	if (child == 0) {
		if (map_much() < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	if (child < 0 || read(ready[0], &byte, 1) != 1)
		return fail("the child does not come up");
	ask(self, child, KCMP_FILE, (unsigned long)still[0],
	    (unsigned long)still[0]);
	kill(child, SIGKILL);
	/* Nobody has looked at this one before. */
	ask(self, child, KCMP_FILE, (unsigned long)still[1],
	    (unsigned long)still[1]);
	do {
		for (type = KCMP_VM; type <= KCMP_SIGHAND; type++)
			ask(self, child, type, 0, 0);
		ask(child, child, KCMP_VM, 0, 0);
	} while (ask(self, child, KCMP_FILE, (unsigned long)still[0],
		     (unsigned long)still[0]) == 0);
	close(ready[0]);
	close(still[0]);
	close(still[1]);
	return waitpid(child, NULL, 0) == child ? 0 : fail("waitpid");
}

static int deaths(long count)
{
	while (count-- > 0) {
		if (watch_death() != 0)
			return 1;
	}
	return 0;
}

static int leave_daemon(const char *file)
{
	char byte;
	int fd;

	if (fork() != 0)
		return 0;
	setsid();
	if (fork() != 0)
		_exit(0);
	if (chdir("/") < 0)
		_exit(1);
	close(1);
	close(2);
	while (read(0, &byte, 1) > 0)
		;
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, "late\n", 5) != 5)
		_exit(1);
	_exit(0);
}

/* The answers do not matter here: whoever compares them does so elsewhere. */
static void ask_about(pid_t a, pid_t b, unsigned long fd)
{
	static const int types[] = {
		KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO,
		KCMP_SYSVSEM,
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		ask(a, b, types[i], 0, 0);
	ask(a, b, KCMP_FILE, fd % 8, fd % 5);
}

/* With itself, with the one before, and with us. */
static void ask_threads(pid_t process, unsigned long turn)
{
	static pid_t last;
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)process);
	dir = opendir(path);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0)
			continue;
		ask_about(tid, tid, turn);
		ask_about(tid, getpid(), turn + 1);
		if (last > 0)
			ask_about(last, tid, turn + 2);
		last = tid;
	}
	closedir(dir);
}

/* Numbers below ours belong to tasks that are older than we. */
static void ask_all(unsigned long turn)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		/* Those that do not exist for us need no more questions. */
		if (pid >= getpid() && ask(pid, pid, KCMP_VM, 0, 0) == 0)
			ask_threads(pid, turn);
	}
	closedir(dir);
}

/* Not all the time: others want the processors, too. */
enum { TURN_MS = 3 };

static int among(char **command)
{
	struct pollfd end = { .events = POLLIN };
	unsigned long turn = 0;
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		return fail("fork");
	if (child == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	end.fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (end.fd < 0)
		return fail("pidfd_open");
	do {
		ask_all(turn++);
	} while (poll(&end, 1, TURN_MS) == 0);
	if (waitpid(child, &status, 0) != child)
		return fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
		128 + WTERMSIG(status);
}

static pthread_barrier_t barrier;

/* The odd ones have a table of their own, with a file more in it. */
static void *hold_files(void *number)
{
	if ((long)number % 2 != 0 && unshare(CLONE_FILES) == 0)
		(void)!eventfd(0, EFD_CLOEXEC);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

enum { HOLDERS = 4 };

static int hold(char **command)
{
	pthread_t thread[HOLDERS];
	char number[24];
	int status = 0;
	pid_t child;
	long i;

	pthread_barrier_init(&barrier, NULL, HOLDERS + 1);
	for (i = 0; i < HOLDERS; i++) {
		if (pthread_create(&thread[i], NULL, hold_files, (void *)i))
			return fail("pthread_create");
	}
	pthread_barrier_wait(&barrier);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("ASKER", number, 1);
	child = fork();
	if (child == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(child, &status, 0);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < HOLDERS; i++)
		pthread_join(thread[i], NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void nothing(int number)
{
	(void)number;
}

/* The first process of a pid namespace, with a handler that can interrupt
   calls: it waits for the end of whom PIDFD is for, and then, in the kernel,
   until the others are reaped. */
static int go_first(int ready, int pidfd)
{
	const struct sigaction action = { .sa_handler = nothing };
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (sigaction(SIGALRM, &action, NULL) || write(ready, "", 1) != 1)
		return 1;
	(void)poll(&ended, 1, -1);
	return 0;
}

static int go_slowly(int ready)
{
	if (map_much() || write(ready, "", 1) != 1)
		return 1;
	for (;;)
		pause();
	return 0;
}

static int leave_namespace(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int fd[2], status;
	pid_t child;
	char byte;

	if (pidfd < 0 || pipe(fd))
		return fail("pidfd_open");
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWPID) &&
		    unshare(CLONE_NEWUSER | CLONE_NEWPID))
			_exit(SKIPPED);
		if (fork() == 0)
			_exit(go_first(fd[1], pidfd));
		if (fork() == 0)
			_exit(go_slowly(fd[1]));
		_exit(read(fd[0], &byte, 1) != 1 ||
		      read(fd[0], &byte, 1) != 1);
	}
	if (waitpid(child, &status, 0) != child)
		return fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int then(char **command)
{
	(void)ask(getpid(), getpid(), KCMP_VM, 0, 0);
	(void)ask(getpid(), getpid(), KCMP_VM, 0, 0);
	(void)execv(command[0], command);
	return 2;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	long number = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (argc == 3 && strcmp(mode, "same") == 0)
		return same(number);
	if (argc == 3 && strcmp(mode, "many") == 0)
		return many(number);
	if (argc == 2 && strcmp(mode, "family") == 0)
		return family();
	if (argc == 3 && strcmp(mode, "find") == 0)
		return find((pid_t)number);
	if (argc == 3 && strcmp(mode, "loses") == 0)
		return loses(argv[2]);
	if (argc == 2 && strcmp(mode, "signals") == 0)
		return signals();
	if (argc == 2 && strcmp(mode, "orphan") == 0)
		return orphan();
	if (argc == 4 && strcmp(mode, "stops") == 0)
		return stops(argv[2], argv[3]);
	if (argc == 3 && strcmp(mode, "forks") == 0)
		return forks(number);
	if (argc == 3 && strcmp(mode, "dying") == 0)
		return deaths(number);
	if (argc == 3 && strcmp(mode, "daemon") == 0)
		return leave_daemon(argv[2]);
	if (argc == 2 && strcmp(mode, "namespace") == 0)
		return leave_namespace();
	if (argc > 2 && strcmp(mode, "among") == 0)
		return among(argv + 2);
	if (argc > 2 && strcmp(mode, "hold") == 0)
		return hold(argv + 2);
	if (argc > 2 && strcmp(mode, "then") == 0)
		return then(argv + 2);
	fputs("usage: see the first comment of asker.c\n", stderr);
	return 2;
}
