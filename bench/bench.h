/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the timed program share.
 *
 * A workload does one thing again and again for about as long as BENCH_MS
 * says, and prints one line for each figure: "METRIC VALUE".  "ns" is what one
 * operation takes.  With BENCH_TIMES it does so many operations, for those who
 * count what is done for each.  It knows nothing of who supervises it; what it
 * asks, it asks of whoever answers.  A failure of what it needs ends it with
 * status 1 and a message: a figure that means something else is worse than
 * none.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints why, with errno, and exits. */
void bench_fail(const char *what) __attribute__((noreturn));

/* Nanoseconds that only go on. */
double bench_now(void);

/* How long a measurement may take, in nanoseconds. */
double bench_budget(void);

/* A number among the arguments: exits if it is none. */
unsigned long bench_number(const char *text);

/* Prints "METRIC VALUE". */
void bench_tell(const char *metric, double value);

/* Reorders the samples. */
double bench_median(double *samples, size_t n);

/*
 * For what is short and can be repeated: `run` does it so many times.  The
 * median of several batches, in nanoseconds for one; in about `budget`.
 */
double bench_measure(void (*run)(unsigned long times), double budget);

/*
 * For what needs something made before it: `once` does everything and returns
 * the nanoseconds that count.  The median.
 */
double bench_sample(double (*once)(void));

/* fork() that works, or an end. */
pid_t bench_fork(void);

/* A child that only waits to be killed; it dies with its parent. */
pid_t bench_sleeper(void);

/* Kills and reaps them. */
void bench_end(const pid_t *pids, size_t n);

/* An answer: ends the program if there is none. */
int bench_kcmp(pid_t a, pid_t b, int type, unsigned long x, unsigned long y);

/* open() of /dev/null that works, or an end. */
int bench_open(void);

/* Memory that children share with us. */
void *bench_shared(size_t size);

/* As many descriptors as we may have. */
unsigned long bench_descriptors(void);

/* What somebody holds in memory of its own, in bytes. */
double bench_memory(pid_t pid);

/* Nanoseconds that somebody has been running; negative if nobody tells. */
double bench_cpu_time(pid_t pid);

/* A workload: argv[0] is its name. */
typedef void bench_fn(int argc, char **argv);

/* work-call.c */
bench_fn bench_getppid, bench_read, bench_write, bench_open_close;
/* work-kcmp.c */
bench_fn bench_own, bench_others, bench_new, bench_born, bench_refused;
/* work-task.c */
bench_fn bench_spawn, bench_thread, bench_shell, bench_start, bench_once;
/* work-scale.c */
bench_fn bench_tasks, bench_slots, bench_siblings, bench_inode,
	 bench_memory_of;
/* work-crowd.c */
bench_fn bench_crowd, bench_beside;

#endif
