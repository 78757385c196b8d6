/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many at once: processes below one supervisor, and supervisors side by side.
 */
#include "bench/bench.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Times are counted by power of two, and each of these in parts. */
#define PARTS_LOG	4
#define PARTS		(1UL << PARTS_LOG)
#define BUCKETS		(64 * PARTS)

/* Long enough that one wait of many would be seen, and that who is not served
   as long as all ask has waited for more than a second. */
#define LONGER		5
#define CROWD_NS	2e9

struct member {
	unsigned long count;
	double longest;
	unsigned int buckets[BUCKETS];
};

struct crowd {
	sem_t ready, go;
	double end;
	struct member members[];
};

static unsigned int bucket_of(unsigned long ns)
{
	unsigned int log = 0;

	while (ns >> log >= 2 * PARTS)
		log++;
	return (unsigned int)(log * PARTS + (ns >> log));
}

/* The largest time of a bucket. */
static double time_of(unsigned int bucket)
{
	unsigned int log = bucket < 2 * PARTS ? 0 :
		(unsigned int)(bucket / PARTS - 1);

	return (double)(((uint64_t)(bucket - log * PARTS) + 1) << log);
}

static void ask_until_the_end(struct crowd *crowd, struct member *member,
			      int a, int b)
{
	pid_t self = getpid();
	double start, taken;

	(void)bench_kcmp(self, self, KCMP_FILE, (unsigned long)a,
			 (unsigned long)b);
	(void)sem_post(&crowd->ready);
	(void)sem_wait(&crowd->go);
	while ((start = bench_now()) < crowd->end) {
		(void)bench_kcmp(self, self, KCMP_FILE, (unsigned long)a,
				 (unsigned long)b);
		taken = bench_now() - start;
		member->count++;
		member->buckets[bucket_of((unsigned long)taken)]++;
		if (taken > member->longest)
			member->longest = taken;
	}
}

/* Below which so many of all are. */
static double quantile(const struct crowd *crowd, unsigned long n,
		       double which, unsigned long total)
{
	unsigned long i, sum = 0;
	unsigned int bucket;

	for (bucket = 0; bucket < BUCKETS; bucket++) {
		for (i = 0; i < n; i++)
			sum += crowd->members[i].buckets[bucket];
		if ((double)sum >= which * (double)total)
			break;
	}
	return time_of(bucket);
}

static void tell(const struct crowd *crowd, unsigned long n, double duration,
		 double busy)
{
	unsigned long i, total = 0, least = ~0UL;
	double longest = 0;

	for (i = 0; i < n; i++) {
		const struct member *member = &crowd->members[i];

		total += member->count;
		if (member->count < least)
			least = member->count;
		if (member->longest > longest)
			longest = member->longest;
	}
	errno = EIO;
	if (!total)
		bench_fail("nobody asked");
	bench_tell("ns", duration / (double)total);
	bench_tell("per-second", (double)total / duration * 1e9);
	bench_tell("p50", quantile(crowd, n, 0.5, total));
	bench_tell("p999", quantile(crowd, n, 0.999, total));
	bench_tell("max", longest);
	/* Of what it would have if all had the same. */
	bench_tell("least-served", (double)least * (double)n / (double)total);
	if (busy >= 0) {
		bench_tell("busy", busy / (double)total);
		bench_tell("busy-share", busy / duration);
	}
}

void bench_crowd(int argc, char **argv)
{
	unsigned long n = bench_number(argv[1]), i;
	struct crowd *crowd = bench_shared(sizeof(*crowd) +
					   n * sizeof(crowd->members[0]));
	pid_t *pids = calloc(n, sizeof(*pids));
	int a = bench_open(), b = bench_open();
	double duration = LONGER * bench_budget();
	double start, busy;

	(void)argc;
	if (!pids || sem_init(&crowd->ready, 1, 0) ||
	    sem_init(&crowd->go, 1, 0))
		bench_fail("crowd");
	for (i = 0; i < n; i++) {
		pids[i] = bench_fork();
		if (pids[i] == 0) {
			ask_until_the_end(crowd, &crowd->members[i], a, b);
			_exit(0);
		}
	}
	for (i = 0; i < n; i++)
		(void)sem_wait(&crowd->ready);
	busy = bench_cpu_time(getppid());
	if (n > 1 && duration < CROWD_NS)
		duration = CROWD_NS;
	start = bench_now();
	crowd->end = start + duration;
	for (i = 0; i < n; i++)
		(void)sem_post(&crowd->go);
	for (i = 0; i < n; i++)
		(void)waitpid(pids[i], NULL, 0);
	if (busy >= 0)
		busy = bench_cpu_time(getppid()) - busy;
	tell(crowd, n, bench_now() - start, busy);
	free(pids);
}

/* Starts it with its standard output in a pipe. */
static pid_t start_beside(char **command, FILE **ret)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		bench_fail("pipe");
	pid = bench_fork();
	if (pid == 0) {
		if (dup2(ends[1], STDOUT_FILENO) < 0)
			bench_fail("dup2");
		(void)close_range(3, ~0U, 0);
		(void)execvp(command[0], command);
		bench_fail(command[0]);
	}
	(void)close(ends[1]);
	*ret = fdopen(ends[0], "r");
	if (!*ret)
		bench_fail("fdopen");
	return pid;
}

void bench_beside(int argc, char **argv)
{
	unsigned long n = bench_number(argv[1]), i;
	FILE **files = calloc(n, sizeof(FILE *));
	double ns, sum = 0, slowest = 0;
	pid_t *pids = calloc(n, sizeof(*pids));

	(void)argc;
	if (!files || !pids)
		bench_fail("beside");
	for (i = 0; i < n; i++)
		pids[i] = start_beside(argv + 2, &files[i]);
	for (i = 0; i < n; i++) {
		errno = EPROTO;
		if (fscanf(files[i], "ns %lf", &ns) != 1)
			bench_fail("one of the commands");
		sum += 1e9 / ns;
		if (ns > slowest)
			slowest = ns;
		(void)fclose(files[i]);
		(void)waitpid(pids[i], NULL, 0);
	}
	bench_tell("ns", 1e9 / sum);
	bench_tell("per-second", sum);
	bench_tell("slowest", slowest);
	free(files);
	free(pids);
}
