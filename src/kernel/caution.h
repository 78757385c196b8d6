/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of ours that only a program can end.
 *
 * The holder of a userfaultfd(2) fills pages of memory, and a FUSE server
 * answers for files.  Whoever reads such a page, or closes such a file (the
 * server is told of it), waits for that program in the kernel, and keeps others
 * waiting with the locks that it holds there: epoll_wait(2) those of the epoll
 * while it writes to a page, execve(2) those of the task while it closes files.
 * A signal does not end the wait, with FUSE not even SIGKILL does.  If the
 * program is in the sandbox it may in turn wait for us: at each of its own
 * watched calls it does.  No check beforehand helps: a child with threads takes
 * the page away after it.
 *
 * So ss_caution_begin() is to be called as soon as anybody in the sandbox
 * sets out to become such a program (at entry of userfaultfd, of ioctl
 * USERFAULTFD_IOC_NEW, mount and fsopen).  From then on helper threads make
 * such calls, and are waited for with a limit, which costs some microseconds
 * each.  Before, they cost nothing more.
 */
#ifndef SS_KERNEL_CAUTION_H
#define SS_KERNEL_CAUTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/attributes.h"

/* For good. */
void ss_caution_begin(void);
bool ss_caution_has_begun(void);
/*
 * The same for what waits only for an exec, or for an epoll: as long as there
 * is none, no helper is needed.  True until it is said that there are none.
 */
bool ss_caution_of_execs(void);
bool ss_caution_of_epolls(void);
void ss_caution_set_execs(bool under_way);
void ss_caution_set_epolls(bool any);

/*
 * A call for a helper: the beginning of an allocated structure with what the
 * call needs and what it finds.  Everything in it is its own: it stays behind
 * with a helper that does not come back.
 */
struct ss_careful {
	void (*run)(struct ss_careful *careful);
	/* Frees it, and what it has found; NULL: there is only itself. */
	void (*release)(struct ss_careful *careful);
	/* What it may wait for: with two that are alike it is the same. */
	enum ss_careful_lock {
		SS_CAREFUL_PAGE,	/* of a task's memory, by address */
		SS_CAREFUL_TABLE,	/* a task's table, by our pidfd */
		SS_CAREFUL_EXEC,	/* a task that execs */
		SS_CAREFUL_FILE,	/* an epoll of a task, by number */
		SS_CAREFUL_ITEM,	/* an epoll of ours, by number */
		SS_CAREFUL_KCMP,	/* two tasks, and the type */
	} lock;
	pid_t task;
	uint64_t which;
	/* Who can come back later need not wait so long; 0: the usual time. */
	long patience_ms;
};

/*
 * Has a helper make the call.  0: it has been made, whatever came of it.  Else
 * it is not the caller's any more: -ETIMEDOUT, -ENOMEM, -EAGAIN.
 *
 * What takes longer than SS_CAUTION_PATIENCE_MS is given up, and the helper is
 * left to its fate.  As long as it sleeps, what would wait for the same is
 * -ETIMEDOUT at once; and so is everything with SS_CAUTION_ABANDONED_MAX of
 * them asleep.
 */
#define SS_CAUTION_PATIENCE_MS		1000
#define SS_CAUTION_ABANDONED_MAX	8
int ss_careful_do(struct ss_careful *careful) ss_must_check;
/* Are so many asleep that nothing is tried any more? */
bool ss_careful_is_exhausted(void);

/* For closer.c: a detached thread that has all signals blocked, ... */
int ss_caution_thread(void *(*run)(void *), void *data) ss_must_check;
/* ... and a point of CLOCK_MONOTONIC. */
struct timespec ss_caution_deadline(long ms);

#endif
