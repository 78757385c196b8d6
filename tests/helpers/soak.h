/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * soak: makes and ends tasks and descriptors, as many as told, and asks about
 * all of them.  It knows what must come out, natively too.
 *
 *	soak.c		the command line, the tally, the supervisor's figures
 *	soak-tasks.c	processes, threads and programs, a few at a time
 *	soak-files.c	descriptors and epoll items, a hundred at a time
 */
#ifndef SOAK_H
#define SOAK_H

#include <linux/kcmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How many tasks live at the same time, beside the first. */
#define SOAK_BATCH	12
/* How many descriptors, about. */
#define SOAK_FILES	100

/* In memory that all processes share. */
struct soak_tally {
	atomic_ulong processes, threads, programs;	/* that have ended */
	atomic_ulong descriptors;			/* that were made */
	atomic_ulong questions, wrong;
	atomic_ulong reused;	/* numbers that another task has had */
	atomic_int ready;	/* tasks of this batch that wait ... */
	atomic_int gate;	/* ... for the number of the next batch */
	atomic_int done;	/* orphans that are about to end */
	atomic_int orphans[SOAK_BATCH];		/* their numbers */
};

extern struct soak_tally *soak_tally;

/* Descriptors that no round touches: a file, its duplicate, another file, one
   that programs do not inherit, the two ends of a pipe from which they read
   before they end, and an epoll.  All others are below. */
enum {
	SOAK_FILE = 240,
	SOAK_COPY,
	SOAK_OTHER,
	SOAK_PRIVATE,
	SOAK_READ,
	SOAK_WRITE,
	SOAK_EPOLL,
};

/* Below n, from the seed. */
unsigned int soak_draw(unsigned int n);

/* Ends everything: the test itself is broken. */
void soak_die(const char *what) __attribute__((noreturn));

/* The next task gets the lowest free number, if that can be had. */
void soak_rewind(void);
/* Notes the number of a task that was made. */
void soak_born(pid_t tid);

/* The answer, or a negative errno. */
long soak_ask(pid_t a, pid_t b, int type, unsigned long i, unsigned long j);
/* Both ways round. */
void soak_expect_same(pid_t a, pid_t b, int type, int i, int j);
void soak_expect_other(pid_t a, pid_t b, int type, int i, int j);
void soak_expect_error(pid_t a, pid_t b, int type, int i, int j, int error);
/* Something that was to hold did not. */
void soak_wrong(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* A batch: the others say that they are ready, and wait; the first task waits
   for n of them; and lets them go. */
int soak_gate(void);
void soak_wait_at(int gate);
void soak_await_ready(int n);
void soak_open_gate(void);
/* The same for any word of the tally: until it has this value, or more. */
void soak_await(atomic_int *word, int value);
void soak_add(atomic_int *word);

/* soak-tasks.c: a batch of one kind, drawn. */
void soak_tasks_round(void);
/* What the programs do that it starts. */
int soak_image(pid_t parent);

/* soak-files.c: some steps. */
void soak_files_round(void);
/* Closes all. */
void soak_files_end(void);

#endif
