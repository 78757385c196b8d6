/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks, a few at a time, all of which have ended when a round is over.
 */
#include "soak.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK	(64 * 1024)

static const int types[] = {
	KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM,
};

#define TYPES	(sizeof(types) / sizeof(types[0]))

/* What clone shares for each of them. */
static const unsigned long sharing[TYPES] = {
	CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_SIGHAND, CLONE_IO,
	CLONE_SYSVSEM,
};

static pid_t first;		/* the task that does all this */
static unsigned char *stack;	/* of tasks that share its memory */

static pid_t self(void)
{
	return (pid_t)syscall(SYS_gettid);
}

/* One question about two tasks that share what the flags say. */
static void ask_one(pid_t a, pid_t b, unsigned long flags)
{
	unsigned int i = soak_draw(TYPES + 3);

	if (i < TYPES && (sharing[i] & flags))
		soak_expect_same(a, b, types[i], 0, 0);
	else if (i < TYPES)
		soak_expect_other(a, b, types[i], 0, 0);
	else if (i == TYPES)
		soak_expect_same(a, b, KCMP_FILE, SOAK_FILE,
				 SOAK_COPY);
	else if (i == TYPES + 1)
		soak_expect_other(a, b, KCMP_FILE, SOAK_FILE,
				  SOAK_OTHER);
	else
		soak_expect_error(a, b, KCMP_FILE, SOAK_FILE, 999, EBADF);
}

/* Two that both got nothing that only the first task has. */
static void ask_siblings(pid_t a, pid_t b)
{
	soak_expect_other(a, b, KCMP_VM, 0, 0);
	soak_expect_same(a, b, KCMP_FILE, SOAK_COPY, SOAK_FILE);
}

static void reap(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, __WALL) != pid)
		soak_die("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		soak_wrong("soak: task %d has status %#x\n", (int)pid, status);
	atomic_fetch_add(&soak_tally->processes, 1);
	soak_expect_error(first, pid, KCMP_VM, 0, 0, ESRCH);
}

static pid_t checked(pid_t pid)
{
	if (pid < 0)
		soak_die("a new task");
	soak_born(pid);
	return pid;
}

/* A private file, for a table that goes with its task. */
static void ask_private(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	soak_expect_other(self(), first, KCMP_FILE, fd, SOAK_FILE);
	soak_expect_same(self(), self(), KCMP_FILE, fd, fd);
}

static void round_forks(unsigned int n)
{
	int gate = soak_gate();
	pid_t pid[SOAK_BATCH];
	unsigned int i, talks;

	for (i = 0; i < n; i++) {
		talks = soak_draw(3);
		pid[i] = checked(fork());
		if (pid[i] == 0) {
			if (talks > 0)
				ask_one(self(), first, 0);
			if (talks > 1)
				ask_private();
			soak_wait_at(gate);
			_exit(0);
		}
	}
	soak_await_ready((int)n);
	for (i = 0; i < n; i++) {
		ask_one(first, pid[i], 0);
		if (i > 0)
			ask_siblings(pid[i - 1], pid[i]);
	}
	soak_open_gate();
	for (i = 0; i < n; i++)
		reap(pid[i]);
}

/* Killed before they have done anything, or hardly anything. */
static void round_killed(unsigned int n)
{
	pid_t pid[SOAK_BATCH];
	unsigned int i;
	int status;

	for (i = 0; i < n; i++) {
		unsigned int what = soak_draw(3);

		pid[i] = checked(fork());
		while (pid[i] == 0) {
			if (what == 0)
				pause();
			else if (what == 1)
				soak_ask(first, first, KCMP_VM, 0, 0);
			else
				close(dup(SOAK_FILE));
		}
		if (soak_draw(2))
			ask_one(first, pid[i], 0);
		if (kill(pid[i], SIGKILL) < 0)
			soak_die("kill");
	}
	for (i = 0; i < n; i++) {
		if (waitpid(pid[i], &status, 0) != pid[i])
			soak_die("waitpid");
		soak_expect_error(pid[i], first, KCMP_FILES, 0, 0, ESRCH);
		atomic_fetch_add(&soak_tally->processes, 1);
	}
}

/* A zombie has no files, and is not what it was. */
static void round_zombies(unsigned int n)
{
	pid_t pid[SOAK_BATCH];
	siginfo_t info;
	unsigned int i;

	for (i = 0; i < n; i++) {
		pid[i] = checked(fork());
		if (pid[i] == 0)
			_exit(0);
	}
	for (i = 0; i < n; i++) {
		if (waitid(P_PID, (id_t)pid[i], &info, WEXITED | WNOWAIT) < 0)
			soak_die("waitid");
		soak_expect_error(first, pid[i], KCMP_FILE, SOAK_FILE,
				  SOAK_FILE, EBADF);
		soak_expect_other(first, pid[i], KCMP_FILES, 0, 0);
	}
	for (i = 0; i < n; i++)
		reap(pid[i]);
}

struct flags_child {
	unsigned long flags;
	int gate;
};

static int flags_child(void *data)
{
	const struct flags_child *child = data;

	ask_one(self(), first, child->flags);
	soak_wait_at(child->gate);
	_exit(0);
}

/* They share this and that with us.  One after the other: each may share our
   memory, and then has our errno. */
static void round_flags(unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		struct flags_child child = { .gate = soak_gate() };
		pid_t pid;

		for (j = 0; j < TYPES; j++)
			child.flags |= soak_draw(2) ? sharing[j] : 0;
		if (child.flags & CLONE_SIGHAND)
			child.flags |= CLONE_VM;
		pid = checked(clone(flags_child, stack + STACK,
				    (int)child.flags | SIGCHLD, &child));
		soak_await_ready(1);
		ask_one(first, pid, child.flags);
		soak_open_gate();
		reap(pid);
	}
}

/* Closes all before it says that it is done: its files are ours. */
static void orphan(int gate, unsigned int index)
{
	atomic_store(&soak_tally->orphans[index], (int)self());
	soak_wait_at(gate);
	ask_one(self(), first, 0);
	if (close_range(3, ~0u, 0) < 0)
		soak_die("close_range");
	soak_add(&soak_tally->done);
	_exit(0);
}

/* Until who has adopted it has reaped it: what the next round, or the end of
   all, finds is only what was forgotten. */
static void await_gone(int pidfd)
{
	while (!syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0))
		(void)sched_yield();
	(void)close(pidfd);
}

/* Their parents end before them. */
static void round_orphans(unsigned int n)
{
	int gate = soak_gate(), done = atomic_load(&soak_tally->done);
	int pidfd[SOAK_BATCH];
	unsigned int i;

	for (i = 0; i < n; i++) {
		pid_t pid = checked(fork());

		if (pid == 0) {
			pid = fork();
			if (pid == 0)
				orphan(gate, i);
			_exit(pid < 0);
		}
		reap(pid);
	}
	soak_await_ready((int)n);
	for (i = 0; i < n; i++) {
		pid_t pid = atomic_load(&soak_tally->orphans[i]);

		soak_born(pid);
		ask_one(first, pid, 0);
		pidfd[i] = (int)syscall(SYS_pidfd_open, pid, 0);
		if (pidfd[i] < 0)
			soak_die("pidfd_open");
	}
	soak_open_gate();
	soak_await(&soak_tally->done, done + (int)n);
	for (i = 0; i < n; i++)
		await_gone(pidfd[i]);
	atomic_fetch_add(&soak_tally->processes, n);
}

struct thread {
	pthread_t thread;
	int gate;
	bool apart;		/* with a table of its own */
	atomic_int tid;
};

static void *thread(void *data)
{
	struct thread *me = data;

	atomic_store(&me->tid, (int)self());
	if (me->apart && unshare(CLONE_FILES) < 0)
		soak_die("unshare");
	if (me->apart)
		ask_private();
	else
		soak_expect_same(self(), first, KCMP_FILES, 0, 0);
	soak_wait_at(me->gate);
	return NULL;
}

#define THREAD_SHARES	(CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_SYSVSEM)

static void round_threads(unsigned int n)
{
	struct thread threads[SOAK_BATCH];
	unsigned int i;

	for (i = 0; i < n; i++) {
		threads[i].gate = soak_gate();
		threads[i].apart = soak_draw(3) == 0;
		if (pthread_create(&threads[i].thread, NULL, thread,
				   &threads[i]) != 0)
			soak_die("pthread_create");
	}
	soak_await_ready((int)n);
	for (i = 0; i < n; i++) {
		pid_t tid = atomic_load(&threads[i].tid);

		soak_born(tid);
		ask_one(first, tid, THREAD_SHARES |
			(threads[i].apart ? 0 : CLONE_FILES));
	}
	soak_open_gate();
	for (i = 0; i < n; i++) {
		pid_t tid = atomic_load(&threads[i].tid);

		pthread_join(threads[i].thread, NULL);
		/* It is still there for a moment. */
		while (tgkill(first, tid, 0) == 0)
			sched_yield();
		soak_expect_error(tid, first, KCMP_VM, 0, 0, ESRCH);
		atomic_fetch_add(&soak_tally->threads, 1);
	}
}

static void become_image(const char *parent)
{
	execl("/proc/self/exe", "soak", "image", parent, (char *)NULL);
	_exit(127);
}

int soak_image(pid_t parent)
{
	static struct soak_tally own;
	pid_t me = self();
	char byte;

	soak_tally = &own;
	soak_expect_other(me, parent, KCMP_VM, 0, 0);
	soak_expect_other(parent, me, KCMP_FILES, 0, 0);
	soak_expect_same(me, parent, KCMP_FILE, SOAK_FILE, SOAK_COPY);
	soak_expect_other(me, parent, KCMP_FILE, SOAK_OTHER, SOAK_COPY);
	soak_expect_error(me, parent, KCMP_FILE, SOAK_PRIVATE, SOAK_FILE,
			  EBADF);
	if (read(SOAK_READ, &byte, 1) != 1)
		soak_die("read");
	return atomic_load(&own.wrong) != 0;
}

static void reap_images(const pid_t *pid, unsigned int n)
{
	static const char bytes[SOAK_BATCH];
	unsigned int i;

	if (write(SOAK_WRITE, bytes, n) != (ssize_t)n)
		soak_die("write");
	for (i = 0; i < n; i++)
		reap(pid[i]);
	atomic_fetch_add(&soak_tally->programs, n);
}

/* After vfork the exec has happened, or failed. */
static void round_programs(unsigned int n)
{
	pid_t pid[SOAK_BATCH];
	char parent[16];
	unsigned int i;

	snprintf(parent, sizeof(parent), "%d", (int)first);
	for (i = 0; i < n; i++) {
		pid[i] = checked(vfork());
		if (pid[i] == 0)
			become_image(parent);
		ask_one(first, pid[i], 0);
	}
	reap_images(pid, n);
}

static void *exec_thread(void *parent)
{
	become_image(parent);
	return NULL;
}

/* Not the leader calls exec, and becomes it. */
static void round_thread_programs(unsigned int n)
{
	pid_t pid[SOAK_BATCH];
	pthread_t other;
	char parent[16];
	unsigned int i;

	snprintf(parent, sizeof(parent), "%d", (int)first);
	for (i = 0; i < n; i++) {
		pid[i] = checked(fork());
		if (pid[i] == 0) {
			if (pthread_create(&other, NULL, exec_thread, parent))
				_exit(126);
			for (;;)
				pause();
		}
	}
	reap_images(pid, n);
	atomic_fetch_add(&soak_tally->threads, n);
}

static const struct {
	void (*round)(unsigned int n);
	unsigned int weight;
} rounds[] = {
	{ round_forks, 30 },
	{ round_threads, 30 },
	{ round_killed, 10 },
	{ round_zombies, 10 },
	{ round_flags, 10 },
	{ round_orphans, 10 },
	{ round_programs, 3 },
	{ round_thread_programs, 2 },
};

#define WEIGHTS	105

void soak_tasks_round(void)
{
	unsigned int draw = soak_draw(WEIGHTS), i = 0;

	if (!stack) {
		stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
		if (stack == MAP_FAILED)
			soak_die("a stack");
		first = getpid();
	}
	if (soak_draw(2))
		soak_rewind();
	while (draw >= rounds[i].weight)
		draw -= rounds[i++].weight;
	rounds[i].round(1 + soak_draw(SOAK_BATCH));
}
