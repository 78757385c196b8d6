/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The requests of ptrace(2) that the signal guard makes (supervise/guard.h):
 * tasks are seized, never stopped by us but to be let go or for a look at
 * their registers, and else only looked at where the kernel stops them anyway.
 * All requests ignore a task that has died meanwhile; its end is told by
 * ss_guard_take().
 */
#ifndef SS_KERNEL_GUARD_H
#define SS_KERNEL_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "base/attributes.h"

/* Does this host let us trace at all?  Asked without a child. */
bool ss_guard_is_possible(void);

/*
 * Traces the task, and every task that it makes from now on, but not with
 * CLONE_UNTRACED.  0, -EPERM if somebody else traces it or we may not,
 * -ESRCH.
 */
int ss_guard_seize(pid_t tid) ss_must_check;
/* The same, but nobody that it makes. */
int ss_guard_seize_alone(pid_t tid) ss_must_check;
/* Who was seized alone, and is stopped: everybody whom it makes from now on. */
void ss_guard_extend(pid_t tid);

enum ss_stop_kind {
	SS_STOP_SIGNAL,		/* .number is about to be delivered */
	SS_STOP_GROUP,		/* the process has been stopped by .number */
	SS_STOP_EXEC,		/* an exec has succeeded */
	SS_STOP_OTHER,
	SS_STOP_END,		/* it has ended, .number is the status that a
				   shell would give, and is reaped: its real
				   parent, if that is not us, can reap it now */
};

struct ss_stop {
	pid_t tid;
	enum ss_stop_kind kind;
	int number;
};

/*
 * The next stop or end of a task that we trace; nobody else is waited for.
 * 1 and *ret; 0: none now; -ECHILD: nobody is traced.
 */
int ss_guard_take(struct ss_stop *ret) ss_must_check;
/*
 * Do we trace it?  Of a task that loses its number in the exec of another
 * thread we are told nothing, nor of the number that a thread had before its
 * exec if it is killed in the middle of that (kernel/exec.c, de_thread()).
 */
bool ss_guard_is_traced(pid_t tid);
/* Has anybody else stopped or ended and not been waited for, whom we trace or
   who is a child of ours?  (Everything of which SIGCHLD tells.) */
bool ss_guard_is_more(void);

/*
 * How a call ends that a signal interrupts.  The first two never leave the
 * kernel: the call fails with EINTR if a handler without SA_RESTART runs, and
 * else is made again; or it is made again whatever happens.
 */
#define SS_GUARD_ERRNO_RESTART	512	/* ERESTARTSYS */
#define SS_GUARD_ERRNO_AGAIN	513	/* ERESTARTNOINTR */

struct ss_interrupted {
	uint32_t arch;		/* AUDIT_ARCH_* */
	int nr;
	uint64_t args[6];
	int error;		/* one of these two, or EINTR */
};

/* Is the stopped task on its way out of such a call? */
bool ss_guard_is_interrupted(pid_t tid, struct ss_interrupted *ret)
	ss_must_check;
/* Does that call wait without a limit, and end with EINTR for no more than
   being woken?  Then it can be made again. */
bool ss_guard_is_wait(const struct ss_interrupted *interrupted) ss_must_check;
/* What a stopped x86-64 task has in its registers.  false: it has none. */
bool ss_guard_registers(pid_t tid, struct user_regs_struct *ret) ss_must_check;
/* It is to end with this error instead. */
void ss_guard_end_with(pid_t tid, int error);
/* Does this signal mean nothing to the task?  It is told to us all the same,
   and wakes the task for that. */
bool ss_guard_is_ignored(pid_t tid, int number) ss_must_check;

/* The ways on from a stop, with a signal or 0. */
void ss_guard_continue(pid_t tid, int number);
void ss_guard_detach(pid_t tid, int number);
/* From SS_STOP_GROUP: stays stopped until a SIGCONT. */
void ss_guard_listen(pid_t tid);
/* At SS_STOP_EXEC: the number that the thread had before, or 0. */
pid_t ss_guard_former_tid(pid_t tid);

/* Stops it, soon: SS_STOP_OTHER or whatever comes first. */
void ss_guard_interrupt(pid_t tid);

#endif
