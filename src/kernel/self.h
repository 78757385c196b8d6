/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What selfsame does to its own process: descriptors and limits that it was
 * given and that are the command's; and what the kernel tells of such limits
 * of others.
 */
#ifndef SS_KERNEL_SELF_H
#define SS_KERNEL_SELF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "kernel/proc.h"

/* Is /proc that of our own pid namespace?  0; -EXDEV: its numbers are those of
   another one; -errno: it does not know us. */
int ss_proc_is_ours(void) ss_must_check;

/* What we had at our start: descriptors, to be closed later, and children. */
struct ss_inherited {
	int *fds;		/* owned */
	size_t count;
	bool rings;		/* one of them is an io_uring */
	struct ss_tids children;	/* owned: that we had already */
	uint32_t filters_inside;	/* everybody inside has as many */
	uint64_t since;		/* nobody inside has started before */
};

/* To be called before we open anything of our own.  0 or -errno. */
int ss_inherited_note(struct ss_inherited *ret) ss_must_check;
/* Closes our copies of all but stderr. */
void ss_inherited_close(struct ss_inherited *inherited);
/* A child of our own that we have made since: none of the command's. */
int ss_inherited_add_child(struct ss_inherited *inherited, pid_t pid)
	ss_must_check;
/*
 * Is this child of ours, with this status, none of the command's?  We had it,
 * or it came to us from one that we had: then it has not inherited our filter.
 * One that has filters of its own, and has started since, is taken for ours.
 */
bool ss_inherited_has(const struct ss_inherited *inherited, pid_t tid,
		      const struct ss_proc_status *status);
void ss_inherited_release(struct ss_inherited *inherited);

/*
 * Runs RUN in a process of its own and waits for it: its exit status, -EIO if
 * it was killed, or stopped again and again; -errno.  FLAGS are clone(2)'s.
 * Nobody who waits for other children can take this one away, for it has no
 * signal at its end; and no signal handler of ours runs twice.
 */
int ss_run_apart(unsigned long flags, int (*run)(void *argument),
		 void *argument) ss_must_check;

/* The same, but it goes on until ss_end_apart(): its number, or -errno. */
pid_t ss_begin_apart(unsigned long flags, int (*run)(void *argument),
		     void *argument) ss_must_check;
/* Kills it.  What was no number is fine. */
void ss_end_apart(pid_t pid);

/* Raises our descriptor limit to the hard limit; the command restores it. */
void ss_limits_raise(void);
void ss_limits_restore(void);

/* RLIMIT_NOFILE of a task: numbers from there on are refused to it. */
unsigned long ss_task_nofile(pid_t tid);
/* The class in a task's io context: 0 if it has none, or one of class NONE.
   -errno. */
int ss_task_io_class(pid_t tid) ss_must_check;
/* Our own, after ss_limits_raise(). */
unsigned long ss_own_nofile(void);

/*
 * May one semop(2) of the task have so many operations?  1, 0, or -errno: that
 * is a matter of its ipc namespace, which may not be ours to enter.
 */
int ss_semop_fits(pid_t tid, unsigned int operations) ss_must_check;
/* May a process whose credentials change stay dumpable (fs.suid_dumpable is
   1)? */
bool ss_suid_dumpable(void);

#endif
