/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of /proc that are read while others in them end.  Between the mortals
 * stand witnesses, who live all the time: no list may lack one of them.
 */
#include "kernel/proc.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>

#include "child.h"

#define PAIRS	50
#define ROUNDS	60

/* Shared with the child. */
static struct arena {
	sem_t gate[PAIRS];		/* of the mortals */
	pid_t witness[PAIRS];
} *arena;

static void make_arena(void)
{
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(arena, MAP_FAILED);
	for (int i = 0; i < PAIRS; i++)
		ck_assert_int_eq(sem_init(&arena->gate[i], 1, 0), 0);
}

static void *mortal_thread(void *data)
{
	(void)sem_wait(data);
	return NULL;
}

static void *witness_thread(void *data)
{
	*(pid_t *)data = gettid();
	for (;;)
		(void)pause();
	return NULL;
}

static void let_die(const struct child *child)
{
	child_say(child, 0);
	(void)child_wait(child);
	for (int i = 0; i < PAIRS; i++)
		(void)sem_post(&arena->gate[i]);
}

static void run_threads(const struct child *child)
{
	pthread_t mortal[PAIRS], witness;

	for (int i = 0; i < PAIRS; i++) {
		pid_t *tid = &arena->witness[i];

		child_assert(!pthread_create(&mortal[i], NULL, mortal_thread,
					     &arena->gate[i]));
		child_assert(!pthread_create(&witness, NULL, witness_thread,
					     tid));
		while (!__atomic_load_n(tid, __ATOMIC_ACQUIRE))
			(void)sched_yield();
	}
	let_die(child);
	for (int i = 0; i < PAIRS; i++)
		(void)pthread_join(mortal[i], NULL);
	child_say(child, 1);
	(void)child_wait(child);
}

static void run_processes(const struct child *child)
{
	/* Nobody has to wait for them. */
	child_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	for (int i = 0; i < PAIRS; i++) {
		pid_t mortal = fork(), witness;

		child_assert(mortal >= 0);
		if (!mortal) {
			(void)sem_wait(&arena->gate[i]);
			_exit(0);
		}
		witness = fork();
		child_assert(witness >= 0);
		if (!witness) {
			for (;;)
				(void)pause();
		}
		arena->witness[i] = witness;
	}
	let_die(child);
	/* A word when only witnesses are left. */
	for (;;) {
		struct ss_tids list = { 0 };
		size_t left;

		child_assert(!ss_proc_children(getpid(), getpid(), &list));
		left = list.count;
		ss_tids_release(&list);
		if (left <= PAIRS)
			break;
	}
	child_say(child, 1);
	(void)child_wait(child);
	for (int i = 0; i < PAIRS; i++)
		(void)kill(arena->witness[i], SIGKILL);
}

typedef int list_fn(pid_t pid, struct ss_tids *ret);

static int list_threads(pid_t pid, struct ss_tids *ret)
{
	return ss_proc_threads_all(pid, ret);
}

static int list_children(pid_t pid, struct ss_tids *ret)
{
	return ss_proc_children_all(pid, pid, ret);
}

/* Reads until the child says that the dying is over. */
static void watch_one_round(void (*run)(const struct child *child),
			    list_fn *read_list)
{
	struct child child;
	int flags;
	int64_t word;

	memset(arena->witness, 0, sizeof(arena->witness));
	child = child_start(run);
	(void)child_hear(&child);
	flags = fcntl(child.to_read, F_GETFL);
	ck_assert_int_eq(fcntl(child.to_read, F_SETFL, flags | O_NONBLOCK), 0);
	child_say(&child, 0);
	do {
		struct ss_tids list = { 0 };

		ck_assert_int_eq(read_list(child.pid, &list), 0);
		for (int i = 0; i < PAIRS; i++)
			ck_assert_msg(ss_tids_has(&list, arena->witness[i]),
				      "witness %d of %zu is missing", i,
				      list.count);
		ss_tids_release(&list);
	} while (read(child.to_read, &word, sizeof(word)) < 0 &&
		 errno == EAGAIN);
	ck_assert_int_eq(word, 1);
	child_say(&child, 0);
	(void)close(child.to_read);
	(void)close(child.to_write);
	child_reap(&child);
}

START_TEST(no_thread_is_missing)
{
	make_arena();
	for (int i = 0; i < ROUNDS; i++)
		watch_one_round(run_threads, list_threads);
}
END_TEST

START_TEST(no_child_is_missing)
{
	struct ss_tids list;
	int r = ss_proc_children(getpid(), getpid(), &list);

	if (r == -EOPNOTSUPP)
		return;		/* then there are no such lists */
	ck_assert_int_eq(r, 0);
	ss_tids_release(&list);
	make_arena();
	for (int i = 0; i < ROUNDS; i++)
		watch_one_round(run_processes, list_children);
}
END_TEST

static Suite *proc_lists_suite(void)
{
	Suite *suite = suite_create("proc_lists");
	TCase *tasks = tcase_create("tasks");

	/* Some thousand forks, which the sanitizers make slow. */
	tcase_set_timeout(tasks, 240);
	tcase_add_test(tasks, no_thread_is_missing);
	tcase_add_test(tasks, no_child_is_missing);
	suite_add_tcase(suite, tasks);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(proc_lists_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
