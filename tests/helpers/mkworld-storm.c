/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many at once.  Nobody knows the order of what happens here, so only what
 * holds in every order is counted, and only the number of faults is printed.
 */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORKERS = 4,
	ROUNDS = 150,
	FORKS = 12,
	CROWD = 60,
	KEPT_A = 300,	/* never touched */
	KEPT_B = 301,	/* a duplicate of it, never touched */
	OTHER = 302,	/* another file, never touched */
	SHIFTING = 303,	/* now the one file, now the other */
	PRIVATE = 310,	/* ten numbers for each worker, above all others */
};

static atomic_int faults;
static atomic_int finished;

static long question(int a, int b)
{
	long me = mw_sys(SYS_getpid, 0);

	return mw_sys(SYS_kcmp, me, me, KCMP_FILE, a, b);
}

static void expect(int right)
{
	if (!right)
		atomic_fetch_add(&faults, 1);
}

static void is_equal(int a, int b)
{
	expect(question(a, b) == 0);
}

static void is_different(int a, int b)
{
	long there = question(a, b);
	long here = question(b, a);

	expect(there + here == 3 && (there == 1 || there == 2));
}

static void place(int number)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	expect(fd >= 0 && fd < KEPT_A);
	expect(dup2(fd, number) == number);
	close(fd);
}

static void storm_begin(void)
{
	place(KEPT_A);
	place(OTHER);
	expect(dup2(KEPT_A, KEPT_B) == KEPT_B);
	expect(dup2(KEPT_A, SHIFTING) == SHIFTING);
}

static void storm_end(const char *what)
{
	is_equal(KEPT_A, KEPT_B);
	is_different(KEPT_A, OTHER);
	mw_say("%s: %d wrong", what, atomic_load(&faults));
}

static void start(pthread_t *thread, void *(*run)(void *), int index)
{
	int ret = pthread_create(thread, NULL, run, (void *)(long)index);

	if (ret != 0)
		mw_die("pthread_create", -ret);
}

/* Works on numbers that no other worker touches. */
static void *file_worker(void *data)
{
	int base = PRIVATE + 10 * (int)(long)data;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		place(base);
		is_different(base, KEPT_A);
		expect(dup2(base, base + 1) == base + 1);
		is_equal(base, base + 1);
		expect(dup2(KEPT_A, base) == base);
		is_equal(base, KEPT_B);
		is_different(base, base + 1);
		close(base + 1);
		expect(question(base, base + 1) == -EBADF);
		is_equal(KEPT_A, KEPT_B);
		is_different(KEPT_B, OTHER);
		close(base);
		expect(question(base, base) == -EBADF);
	}
	return NULL;
}

static void storm_files(void)
{
	pthread_t thread[WORKERS];
	int i;

	storm_begin();
	for (i = 0; i < WORKERS; i++)
		start(&thread[i], file_worker, i);
	for (i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	storm_end("threads that open and close");
}

/* dup2 replaces at once: at no moment is the number closed. */
static void *shifter(void *data)
{
	int round;

	(void)data;
	for (round = 0; round < 4 * ROUNDS; round++) {
		expect(dup2(OTHER, SHIFTING) == SHIFTING);
		is_equal(OTHER, SHIFTING);
		expect(dup2(KEPT_A, SHIFTING) == SHIFTING);
		is_equal(KEPT_B, SHIFTING);
	}
	atomic_store(&finished, 1);
	return NULL;
}

static void *watcher(void *data)
{
	(void)data;
	while (!atomic_load(&finished)) {
		long ret = question(SHIFTING, OTHER);

		expect(ret >= 0 && ret <= 2);
		is_equal(KEPT_A, KEPT_B);
	}
	return NULL;
}

static void storm_dup2(void)
{
	pthread_t thread[3];
	int i;

	storm_begin();
	for (i = 0; i < 3; i++)
		start(&thread[i], i == 0 ? shifter : watcher, i);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	storm_end("a number that is replaced while others ask");
}

/* The child of a fork among threads asks and tells by its status. */
static int fork_child(pid_t parent, int base)
{
	long me = mw_sys(SYS_getpid, 0);

	expect(mw_sys(SYS_kcmp, me, parent, KCMP_VM) > 0);
	expect(mw_sys(SYS_kcmp, me, parent, KCMP_FILES) > 0);
	expect(mw_sys(SYS_kcmp, me, parent, KCMP_FILE, KEPT_A, KEPT_B) == 0);
	expect(mw_sys(SYS_kcmp, me, parent, KCMP_FILE, base, base) == 0);
	close(base);
	expect(mw_sys(SYS_kcmp, parent, me, KCMP_FILE, base, base) ==
	       -EBADF);
	place(base);
	expect(mw_sys(SYS_kcmp, parent, me, KCMP_FILE, base, base) > 0);
	return atomic_load(&faults) == 0 ? 0 : 1;
}

static void *fork_worker(void *data)
{
	int base = PRIVATE + 10 * (int)(long)data;
	pid_t parent = getpid();
	int round;

	for (round = 0; round < FORKS; round++) {
		int status = -1;
		pid_t pid;

		place(base);
		pid = fork();
		if (pid == 0) {
			atomic_store(&faults, 0);
			_exit(fork_child(parent, base));
		}
		expect(pid > 0 && waitpid(pid, &status, 0) == pid);
		expect(status == 0);
		expect(mw_sys(SYS_kcmp, parent, pid, KCMP_VM) == -ESRCH);
	}
	return NULL;
}

static void storm_fork(void)
{
	pthread_t thread[WORKERS];
	int i;

	storm_begin();
	for (i = 0; i < WORKERS; i++)
		start(&thread[i], fork_worker, i);
	for (i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	storm_end("threads that fork");
}

static long same_slot(pid_t one, pid_t two, int fd)
{
	return mw_sys(SYS_kcmp, one, two, KCMP_FILE, fd, fd);
}

static void end_child(pid_t pid)
{
	expect(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
}

/* Many children of whom nobody hears anything, each with a file of its own:
   asked about at once, or at the end, or killed before.  Who is taken for
   another has another's file. */
static void make_crowd(int base)
{
	pid_t me = getpid(), all[CROWD];
	int i;

	for (i = 0; i < CROWD; i++) {
		place(base);
		all[i] = fork();
		while (all[i] == 0)
			pause();
		if (i % 3 == 0)
			expect(same_slot(me, all[i], base) == 0);
		if (i % 3 == 2)
			end_child(all[i]);
	}
	place(base);
	for (i = 0; i < CROWD; i += 3) {
		expect(same_slot(me, all[i], base) > 0);
		expect(same_slot(me, all[i + 1], base) > 0);
		expect(same_slot(all[i], all[i + 1], base) > 0);
		expect(same_slot(me, all[i + 1], KEPT_A) == 0);
		expect(same_slot(me, all[i + 2], base) == -ESRCH);
	}
	for (i = 0; i < CROWD; i += 3) {
		end_child(all[i]);
		end_child(all[i + 1]);
	}
}

static void storm_crowd(void)
{
	pid_t pid[WORKERS];
	int i, status;

	storm_begin();
	for (i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			make_crowd(PRIVATE);
			_exit(atomic_load(&faults) == 0 ? 0 : 1);
		}
	}
	for (i = 0; i < WORKERS; i++) {
		status = -1;
		expect(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
	}
	storm_end("processes with many children that are silent");
}

static void *mixed_worker(void *data)
{
	return (long)data % 2 != 0 ? fork_worker(data) : file_worker(data);
}

static void storm_mixed(void)
{
	pthread_t thread[WORKERS];
	int i;

	storm_begin();
	for (i = 0; i < WORKERS; i++)
		start(&thread[i], mixed_worker, i);
	for (i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	storm_end("threads that fork while others open and close");
}

static void *born_thread(void *data)
{
	long me = mw_sys(SYS_gettid, 0);
	long leader = mw_sys(SYS_getpid, 0);

	(void)data;
	expect(mw_sys(SYS_kcmp, me, leader, KCMP_VM) == 0);
	expect(mw_sys(SYS_kcmp, leader, me, KCMP_FILES) == 0);
	expect(mw_sys(SYS_kcmp, leader, me, KCMP_SIGHAND) == 0);
	expect(mw_sys(SYS_kcmp, me, leader, KCMP_FILE, KEPT_A, KEPT_B) == 0);
	expect(unshare(CLONE_FS) == 0);
	expect(mw_sys(SYS_kcmp, me, leader, KCMP_FS) > 0);
	return NULL;
}

static void *thread_worker(void *data)
{
	pthread_t thread;
	int round;

	(void)data;
	for (round = 0; round < ROUNDS / 3; round++) {
		start(&thread, born_thread, round);
		pthread_join(thread, NULL);
	}
	return NULL;
}

static void storm_threads(void)
{
	pthread_t thread[WORKERS];
	int i;

	storm_begin();
	for (i = 0; i < WORKERS; i++)
		start(&thread[i], thread_worker, i);
	for (i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	storm_end("threads that make threads");
}

/* A child per round that execs this program to ask the same questions. */
static void storm_exec(void)
{
	struct mw_peer *peer[WORKERS];
	int round;
	int i;

	storm_begin();
	for (i = 0; i < WORKERS; i++)
		peer[i] = mw_fork(NULL);
	for (round = 0; round < 10 * WORKERS; round++) {
		struct mw_peer *one = peer[round % WORKERS];
		struct mw_peer *two = peer[(round + 1) % WORKERS];
		long me = mw_pid(NULL);

		expect(mw_exec(one) == 0);
		expect(mw_call(two, SYS_kcmp, one->pid, me, KCMP_FILE, KEPT_B,
			       KEPT_A) == 0);
		expect(mw_call(one, SYS_kcmp, two->pid, me, KCMP_VM) > 0);
		expect(mw_call(one, SYS_dup2, OTHER, SHIFTING) == SHIFTING);
		expect(mw_call(two, SYS_kcmp, one->pid, me, KCMP_FILE,
			       SHIFTING, OTHER) == 0);
	}
	storm_end("programs that exec in turn");
}

const struct mw_scenario mw_storm[] = {
	{ "storm-files", storm_files, "threads that open and close" },
	{ "storm-dup2", storm_dup2, "a number replaced while others ask" },
	{ "storm-fork", storm_fork, "threads that fork" },
	{ "storm-crowd", storm_crowd, "many children that are silent" },
	{ "storm-mixed", storm_mixed, "both together" },
	{ "storm-threads", storm_threads, "threads that make threads" },
	{ "storm-exec", storm_exec, "programs that exec in turn" },
	{ NULL, NULL, NULL },
};
