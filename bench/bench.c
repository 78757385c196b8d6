/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time, samples, and what workloads have to make.
 */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES		15
#define SAMPLES_MAX	100000
#define SAMPLES_MIN	3

void bench_fail(const char *what)
{
	(void)fprintf(stderr, "work: %s: %s\n", what, strerror(errno));
	_exit(1);
}

double bench_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

unsigned long bench_number(const char *text)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || end == text || *end || number == 0) {
		errno = EINVAL;
		bench_fail(text);
	}
	return number;
}

double bench_budget(void)
{
	const char *text = getenv("BENCH_MS");

	return (double)bench_number(text ? text : "150") * 1e6;
}

/* Exactly so often, where operations are counted and not timed; or 0. */
static unsigned long counted(void)
{
	const char *text = getenv("BENCH_TIMES");

	return text ? bench_number(text) : 0;
}

void bench_tell(const char *metric, double value)
{
	printf("%s %.3f\n", metric, value);
	(void)fflush(stdout);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *samples, size_t n)
{
	qsort(samples, n, sizeof(*samples), compare);
	return n % 2 ? samples[n / 2] :
		(samples[n / 2 - 1] + samples[n / 2]) / 2;
}

static double time_of(void (*run)(unsigned long times), unsigned long times)
{
	double start = bench_now();

	run(times);
	return bench_now() - start;
}

double bench_measure(void (*run)(unsigned long times), double budget)
{
	double batches[BATCHES], spent = 0, last;
	unsigned long times = counted();
	size_t n = 0;

	if (times)
		return time_of(run, times) / (double)times;
	times = 1;
	/* Also makes everything warm. */
	while ((last = time_of(run, times)) < budget / (2 * BATCHES))
		times *= 2;
	while (n < BATCHES && (n < SAMPLES_MIN || spent < budget)) {
		last = time_of(run, times);
		spent += last;
		batches[n++] = last / (double)times;
	}
	return bench_median(batches, n);
}

double bench_sample(double (*once)(void))
{
	double *samples = calloc(SAMPLES_MAX, sizeof(*samples));
	double end = bench_now() + bench_budget(), median;
	size_t n = 0, times = counted();

	if (!samples)
		bench_fail("samples");
	if (!times)
		(void)once();
	while (n < SAMPLES_MAX &&
	       (times ? n < times : n < SAMPLES_MIN || bench_now() < end))
		samples[n++] = once();
	median = bench_median(samples, n);
	free(samples);
	return median;
}

pid_t bench_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_fail("fork");
	return pid;
}

pid_t bench_sleeper(void)
{
	pid_t pid = bench_fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	return pid;
}

void bench_end(const pid_t *pids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)kill(pids[i], SIGKILL);
	for (i = 0; i < n; i++)
		(void)waitpid(pids[i], NULL, 0);
}

int bench_kcmp(pid_t a, pid_t b, int type, unsigned long x, unsigned long y)
{
	long r = syscall(SYS_kcmp, a, b, type, x, y);

	if (r < 0)
		bench_fail("kcmp");
	return (int)r;
}

int bench_open(void)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0)
		bench_fail("/dev/null");
	return fd;
}

void *bench_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		bench_fail("mmap");
	return memory;
}

unsigned long bench_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		bench_fail("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		bench_fail("setrlimit");
	return limit.rlim_cur;
}

double bench_memory(pid_t pid)
{
	char name[64], line[256];
	unsigned long kib, sum = 0;
	int found = 0;
	FILE *file;

	(void)snprintf(name, sizeof(name), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(name, "re");
	if (!file)
		bench_fail(name);
	/* What it alone has: the pages of a program that is shared are not
	   what grows. */
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Private_Dirty: %lu kB", &kib) == 1 ||
		    sscanf(line, "Swap: %lu kB", &kib) == 1) {
			sum += kib;
			found = 1;
		}
	}
	(void)fclose(file);
	errno = ENODATA;
	if (!found)
		bench_fail(name);
	return (double)sum * 1024;
}

double bench_cpu_time(pid_t pid)
{
	unsigned long long running;
	char name[64];
	FILE *file;
	int n;

	(void)snprintf(name, sizeof(name), "/proc/%d/schedstat", (int)pid);
	file = fopen(name, "re");
	if (!file)
		return -1;
	n = fscanf(file, "%llu", &running);
	(void)fclose(file);
	return n == 1 ? (double)running : -1;
}
