/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the probes of this directory share.  A probe is a stand-alone program
 * that states claims about the running kernel and checks each of them;
 * nothing of the project uses it.  KCMP.md and KERNEL-NOTES.md say "measured"
 * only for claims that stand in one.
 *
 *	cc -D_GNU_SOURCE -O2 -o sharing sharing.c && ./sharing
 */
#ifndef PROBE_H
#define PROBE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD	O_EXCL
#endif

#define DIFFERENT	-100000	/* expected: 1 or 2 */
#define SUCCESS		-100001	/* expected: not negative */

static int probe_failed, probe_passed;

static inline const char *probe_word(long r)
{
	static char text[4][32];
	static unsigned int next;
	char *t = text[next++ % 4];

	if (r == DIFFERENT)
		(void)snprintf(t, 32, "1 or 2");
	else if (r == SUCCESS)
		(void)snprintf(t, 32, "success");
	else if (r < 0 && strerrorname_np((int)-r))
		(void)snprintf(t, 32, "%s", strerrorname_np((int)-r));
	else
		(void)snprintf(t, 32, "%ld", r);
	return t;
}

static inline void claim(const char *what, long got, long expected)
{
	bool right = got == expected;

	if (expected == DIFFERENT)
		right = got == 1 || got == 2;
	if (expected == SUCCESS)
		right = got >= 0;
	printf("%-8s %-58s %s", right ? "ok" : "NOT SO", what,
	       probe_word(expected == SUCCESS && right ? SUCCESS : got));
	if (!right)
		printf(" instead of %s", probe_word(expected));
	printf("\n");
	if (right)
		probe_passed++;
	else
		probe_failed++;
	(void)fflush(stdout);
}

/* For main()'s end; children that claim use it for _exit(). */
static inline int probe_end(void)
{
	if (probe_failed)
		printf("%d claims do not hold here\n", probe_failed);
	return probe_failed ? 1 : 0;
}

static inline void must(long r, const char *what)
{
	if (r < 0) {
		perror(what);
		exit(2);
	}
}

/* The result of a raw system call as a number or -errno. */
static inline long ret(long r)
{
	return r < 0 ? -errno : r;
}

static inline int kcmp(pid_t a, pid_t b, int type, unsigned long x,
		       unsigned long y)
{
	return (int)ret(syscall(SYS_kcmp, a, b, type, x, y));
}

/* kcmp of a type without indices. */
static inline int same(pid_t a, pid_t b, int type)
{
	return kcmp(a, b, type, 0, 0);
}

/*
 * An actor is a task that does what it is told: it takes a function over a
 * pipe (it is a copy of us, so the address means the same) and sends back
 * what the function returned.
 */
struct actor {
	pid_t pid;
	int to, from;
	int in, out;
};

typedef int actor_fn(void);

static int actor_out;	/* for a function that execs */

static inline int actor_loop(void *arg)
{
	struct actor *a = arg;
	actor_fn *fn;
	int r;

	while (read(a->in, &fn, sizeof(fn)) == sizeof(fn)) {
		actor_out = a->out;
		r = fn();
		if (write(a->out, &r, sizeof(r)) != sizeof(r))
			break;
	}
	_exit(0);
}

static inline struct actor *actor_new(unsigned long flags)
{
	struct actor *a = calloc(1, sizeof(*a));
	char *stack = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int p[2], q[2];

	if (!a || stack == MAP_FAILED || pipe(p) || pipe(q)) {
		perror("actor");
		exit(2);
	}
	a->in = p[0];
	a->to = p[1];
	a->from = q[0];
	a->out = q[1];
	a->pid = clone(actor_loop, stack + (1 << 16), (int)flags | SIGCHLD, a);
	must(a->pid, "clone");
	return a;
}

static inline int tell(struct actor *a, actor_fn *fn)
{
	int r;

	must(write(a->to, &fn, sizeof(fn)), "write to actor");
	if (read(a->from, &r, sizeof(r)) != sizeof(r)) {
		(void)fprintf(stderr, "actor %d is gone\n", a->pid);
		exit(2);
	}
	return r;
}

/* Kills it; it stays a zombie. */
static inline void actor_kill(struct actor *a)
{
	siginfo_t info;

	(void)kill(a->pid, SIGKILL);
	must(waitid(P_PID, (id_t)a->pid, &info,
		    WEXITED | WNOWAIT | __WALL), "waitid");
}

static inline void actor_end(struct actor *a)
{
	(void)kill(a->pid, SIGKILL);
	must(waitpid(a->pid, NULL, __WALL), "waitpid");
	(void)close(a->to);
	(void)close(a->from);
	(void)close(a->in);
	(void)close(a->out);
	free(a);
}

#endif
