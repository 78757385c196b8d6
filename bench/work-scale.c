/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does it matter how much is known?  The same process measures with little and
 * with much, so nothing but that is another.
 *
 * "TYPE.few" and "TYPE.many" are questions about one and the same pair while
 * there are few and many; "TYPE.any-few" and "TYPE.any-many" about pairs drawn
 * at random from all there are, which also shows what memory that is not in the
 * caches costs, the kernel's own included.
 */
#include "bench/bench.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define FEW_TASKS	10
#define FAMILY		100
#define FEW_FILES	100
#define SIBLINGS	50	/* forks, of which the median is taken */
#define FIRST_FILES	9
#define LAST_FILES	99
#define SPARE		64	/* descriptors for other purposes */

static const struct {
	const char *name;
	int type;
} types[] = {
	{ "FILE", KCMP_FILE },
	{ "VM", KCMP_VM },
	{ "FILES", KCMP_FILES },
	{ "FS", KCMP_FS },
	{ "SIGHAND", KCMP_SIGHAND },
	{ "IO", KCMP_IO },
	{ "SYSVSEM", KCMP_SYSVSEM },
	{ "EPOLL_TFD", KCMP_EPOLL_TFD },
};

#define TYPES	(sizeof(types) / sizeof(types[0]))

/* Who and what is drawn from. */
static const pid_t *pids;
static unsigned long n_pids;
static int first_fd;
static unsigned long n_fds;
static struct kcmp_epoll_slot slot;
static int type;

/* xorshift64: the same pairs in each run. */
static unsigned long draw(unsigned long below)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned long)((state >> 11) % below);
}

static unsigned long draw_fd(void)
{
	return (unsigned long)first_fd + draw(n_fds);
}

static void ask(pid_t left, pid_t right, unsigned long fd)
{
	if (type == KCMP_EPOLL_TFD)
		(void)bench_kcmp(left, right, type, fd,
				 (unsigned long)(uintptr_t)&slot);
	else
		(void)bench_kcmp(left, right, type, fd, draw_fd());
}

static void ask_about_any(unsigned long times)
{
	while (times--)
		ask(pids[draw(n_pids)], pids[draw(n_pids)], draw_fd());
}

static void ask_about_one(unsigned long times)
{
	while (times--)
		(void)bench_kcmp(pids[0], pids[1], type,
				 (unsigned long)first_fd,
				 type != KCMP_EPOLL_TFD ?
				 (unsigned long)first_fd + 1 :
				 (unsigned long)(uintptr_t)&slot);
}

static void measure_types_by(const char *how, void (*run)(unsigned long times),
			     size_t n)
{
	char metric[64];
	size_t i;

	for (i = 0; i < n; i++) {
		type = types[i].type;
		(void)snprintf(metric, sizeof(metric), "%s.%s", types[i].name,
			       how);
		bench_tell(metric, bench_measure(run, bench_budget() / 4));
	}
}

static void measure_types(const char *one, const char *any)
{
	measure_types_by(one, ask_about_one, TYPES);
	/* The first is enough to tell about caches. */
	measure_types_by(any, ask_about_any, 1);
}

/* What is asked first about a task is not what is measured here. */
static void ask_about_each(void)
{
	unsigned long i;

	type = KCMP_FILE;
	for (i = 0; i < n_pids; i++)
		ask(pids[i], pids[n_pids - 1 - i], draw_fd());
	type = KCMP_VM;
	for (i = 0; i < n_pids; i++)
		ask(pids[i], pids[n_pids - 1 - i], 0);
}

/* An epoll with one item, in everybody who is made afterwards. */
static void make_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int pipes[2];

	slot.efd = (unsigned int)epoll_create1(0);
	if ((int)slot.efd < 0 || pipe(pipes) < 0)
		bench_fail("epoll");
	slot.tfd = (unsigned int)pipes[0];
	if (epoll_ctl((int)slot.efd, EPOLL_CTL_ADD, pipes[0], &event) < 0)
		bench_fail("epoll_ctl");
}

/* Opens files until there are n in a row, and asks about each. */
static void know_files(unsigned long n)
{
	int fd;

	while (n_fds < n) {
		fd = bench_open();
		if (n_fds == 0)
			first_fd = fd;
		errno = EBADF;
		if ((unsigned long)fd != (unsigned long)first_fd + n_fds)
			bench_fail("descriptors are not in a row");
		(void)bench_kcmp(getpid(), getpid(), KCMP_FILE,
				 (unsigned long)first_fd, (unsigned long)fd);
		n_fds++;
	}
}

static void begin(unsigned long files)
{
	make_epoll();
	know_files(files);
}

static sem_t *family_made;

/* One who makes all the others. */
static void make_family(pid_t *all, unsigned long n)
{
	pid_t pid = bench_fork();
	unsigned long i;

	if (pid == 0) {
		all[0] = getpid();
		for (i = 1; i < n; i++)
			all[i] = bench_sleeper();
		(void)sem_post(family_made);
		for (;;)
			(void)pause();
	}
	while (sem_wait(family_made) < 0)
		;
}

/* Families, because few programs have 10,000 processes of one parent; `all` is
   shared. */
static void make_sleepers(pid_t *all, unsigned long n)
{
	unsigned long done;

	if (!family_made) {
		family_made = bench_shared(sizeof(*family_made));
		if (sem_init(family_made, 1, 0))
			bench_fail("sem_init");
	}
	for (done = 0; done < n; done += FAMILY)
		make_family(all + done, n - done < FAMILY ? n - done : FAMILY);
}

void bench_tasks(int argc, char **argv)
{
	unsigned long n = bench_number(argv[1]);
	pid_t *all = bench_shared(n * sizeof(*all));
	double before, start;

	(void)argc;
	errno = EINVAL;
	if (n <= FEW_TASKS)
		bench_fail(argv[1]);
	begin(2);
	pids = all;
	n_pids = FEW_TASKS;
	make_sleepers(all, FEW_TASKS);
	ask_about_each();
	measure_types("few", "any-few");

	before = bench_memory(getppid());
	start = bench_now();
	make_sleepers(all + FEW_TASKS, n - FEW_TASKS);
	bench_tell("make", (bench_now() - start) / (double)(n - FEW_TASKS));
	n_pids = n;
	start = bench_now();
	ask_about_each();
	bench_tell("first-asked", (bench_now() - start) / (double)(2 * n));
	bench_tell("task-bytes", (bench_memory(getppid()) - before) /
		   (double)(n - FEW_TASKS));
	measure_types("many", "any-many");
	bench_end(all, n);
}

void bench_slots(int argc, char **argv)
{
	unsigned long files = bench_number(argv[2]);
	unsigned long n = bench_number(argv[1]) / files;
	pid_t *few = bench_shared(FEW_TASKS * sizeof(*few));
	pid_t *many = bench_shared((n + 1) * sizeof(*many));
	double before;

	(void)argc;
	errno = EINVAL;
	if (n < 2 || files <= FEW_FILES ||
	    files + SPARE > bench_descriptors())
		bench_fail("too few processes or descriptors");
	begin(FEW_FILES);
	make_sleepers(few, FEW_TASKS);
	pids = few;
	n_pids = FEW_TASKS;
	ask_about_each();
	measure_types("few", "any-few");

	before = bench_memory(getppid());
	know_files(files);
	bench_tell("file-bytes", (bench_memory(getppid()) - before) /
		   (double)(files - FEW_FILES));
	before = bench_memory(getppid());
	make_sleepers(many, n);
	pids = many;
	n_pids = n;
	ask_about_each();
	bench_tell("slot-bytes", (bench_memory(getppid()) - before) /
		   (double)(n * files));
	measure_types("many", "any-many");
	bench_end(few, FEW_TASKS);
	bench_end(many, n);
}

/* One file more, and what it takes to be told from all others. */
static double discover(int known)
{
	unsigned long fd = (unsigned long)bench_open();
	double start = bench_now();

	(void)bench_kcmp(getpid(), getpid(), KCMP_FILE, (unsigned long)known,
			 fd);
	return bench_now() - start;
}

/* As many as this process may have; a child has the rest. */
static void discover_all(int known, unsigned long n, unsigned long here,
			 double *ret)
{
	double last[LAST_FILES];
	unsigned long i;
	pid_t pid;

	for (i = 0; i < n && i < here; i++)
		last[i % LAST_FILES] = discover(known);
	if (n <= here) {
		*ret = bench_median(last, i < LAST_FILES ? i : LAST_FILES);
		return;
	}
	pid = bench_fork();
	if (pid == 0) {
		if (close_range((unsigned int)known + 1, ~0U, 0) < 0)
			bench_fail("close_range");
		discover_all(known, n - here, here, ret);
		_exit(0);
	}
	if (waitpid(pid, NULL, 0) < 0)
		bench_fail("waitpid");
}

/* The first few stand for the very first, which there is only once. */
void bench_inode(int argc, char **argv)
{
	unsigned long n = bench_number(argv[1]);
	unsigned long here = bench_descriptors() - SPARE;
	double first[FIRST_FILES], *last = bench_shared(sizeof(*last));
	int known = bench_open(), i;

	(void)argc;
	for (i = 0; i < FIRST_FILES; i++)
		first[i] = discover(known);
	bench_tell("first", bench_median(first, FIRST_FILES));
	discover_all(known, n, here, last);
	errno = ECHILD;
	if (*last <= 0)
		bench_fail("a child");
	bench_tell("last", *last);
}

/* What a fork costs who has many children that have not been heard of. */
void bench_siblings(int argc, char **argv)
{
	unsigned long n = bench_number(argv[1]), i;
	pid_t *all = calloc(n, sizeof(*all));
	double *taken = calloc(n, sizeof(*taken)), start;

	(void)argc;
	errno = EINVAL;
	if (!all || !taken || n < 2 * SIBLINGS)
		bench_fail("siblings");
	for (i = 0; i < n; i++) {
		start = bench_now();
		all[i] = bench_sleeper();
		taken[i] = bench_now() - start;
	}
	bench_tell("first", bench_median(taken, SIBLINGS));
	bench_tell("last", bench_median(taken + n - SIBLINGS, SIBLINGS));
	bench_end(all, n);
	free(taken);
	free(all);
}

static sem_t made, over;

static void *wait_for_the_end(void *data)
{
	*(pid_t *)data = gettid();
	(void)sem_post(&made);
	(void)sem_wait(&over);
	return NULL;
}

static void make_threads(pid_t *tids, unsigned long n)
{
	pthread_attr_t attributes;
	pthread_t thread;
	unsigned long i;

	if (pthread_attr_init(&attributes) ||
	    pthread_attr_setstacksize(&attributes, 65536) ||
	    sem_init(&made, 0, 0) || sem_init(&over, 0, 0))
		bench_fail("threads");
	for (i = 0; i < n; i++) {
		errno = pthread_create(&thread, &attributes, wait_for_the_end,
				       &tids[i]);
		if (errno)
			bench_fail("pthread_create");
		while (sem_wait(&made) < 0)
			;
	}
}

/* What tasks cost that have no slot that anybody asks about. */
void bench_memory_of(int argc, char **argv)
{
	unsigned long n = bench_number(argv[2]), i;
	pid_t *all = bench_shared(n * sizeof(*all));
	double before = bench_memory(getppid());

	(void)argc;
	if (strcmp(argv[1], "threads") == 0)
		make_threads(all, n);
	else
		make_sleepers(all, n);
	for (i = 0; i < n; i++)
		(void)bench_kcmp(getpid(), all[i], KCMP_VM, 0, 0);
	bench_tell("bytes", (bench_memory(getppid()) - before) / (double)n);
	/* Threads go with us. */
	if (strcmp(argv[1], "threads") != 0)
		bench_end(all, n);
	_exit(0);
}
