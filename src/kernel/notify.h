/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seccomp listener: receive notifications, send answers.
 *
 * One blocking receive and one send per call of a child: nothing else may
 * be added to this path.  The structures' sizes are asked of the kernel
 * (SECCOMP_GET_NOTIF_SIZES), because it may know longer ones than our
 * headers, and the receive buffer is zeroed before every use, because the
 * kernel answers EINVAL if it is not.  See seccomp_unotify(2).
 */
#ifndef SS_KERNEL_NOTIFY_H
#define SS_KERNEL_NOTIFY_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/* One call of a child that waits for its answer. */
struct ss_notification {
	uint64_t id;		/* names the call for the answer */
	pid_t tid;		/* the caller, in our pid namespace */
	uint32_t arch;		/* AUDIT_ARCH_* */
	int nr;			/* call number in that architecture */
	uint64_t address;	/* where it is made: the instruction after it */
	uint64_t args[6];	/* registers as they were: cast to the width
				   that the kernel reads */
};

/* The same call of the same task, in the same words?  So a call that was
   interrupted, and is made again, can look. */
bool ss_notification_is_like(const struct ss_notification *a,
			     const struct ss_notification *b);

enum ss_reply_kind {
	SS_REPLY_CONTINUE,	/* let the call go on into the kernel */
	SS_REPLY_VALUE,		/* return .value */
	SS_REPLY_ERROR,		/* fail with .child_errno (positive) */
};

struct ss_reply {
	enum ss_reply_kind kind;
	int64_t value;
	int child_errno;
};

struct ss_listener {
	int fd;			/* owned: the listener; send, ID_VALID, poll */
	void *request;		/* owned, request_size bytes */
	void *response;		/* owned, response_size bytes */
	size_t request_size;
	size_t response_size;
	bool sync_wake_up;	/* asked for, and the kernel knows it */
	/* see ss_listener_interrupt() */
	volatile sig_atomic_t interrupted;	/* and nobody was told so far */
	volatile sig_atomic_t receiving;	/* .back can be jumped to */
	bool turn;		/* somebody was told: now it is a caller's */
	sigjmp_buf back;
	sigset_t mask;		/* where the signal came in */
};

/* A listener that owns nothing. */
#define SS_LISTENER_EMPTY	((struct ss_listener){ .fd = -1 })

/*
 * Takes fd (also on failure, where it is closed).  Sets
 * SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP if sync_wake_up, a failure of which is
 * no failure.  0, or -errno.
 */
int ss_listener_init(struct ss_listener *listener, int fd, bool sync_wake_up)
	ss_must_check;
/* Safe on SS_LISTENER_EMPTY, and twice. */
void ss_listener_release(struct ss_listener *listener);

/*
 * Blocks for the next notification.  0; -EINTR if a signal or
 * ss_listener_interrupt() came in: look at what it was about, then call
 * again; -ENOENT if this caller died meanwhile, or if nobody is left:
 * ss_listener_is_over() tells which.  Anything else is a failure of ours.
 *
 * Signals can come in as fast as they are looked at.  So after an -EINTR a
 * notification that is there has its turn before the next one.
 */
int ss_listener_receive(struct ss_listener *listener,
			struct ss_notification *ret) ss_must_check;

/* Everybody under the filter has ended (POLLHUP).  One poll(2), no wait. */
bool ss_listener_is_over(const struct ss_listener *listener);

/*
 * 0, or -ENOENT if the caller no longer waits (killed, or its call was
 * interrupted and will be made again under a new id), or -errno of ours.
 * Repeats by itself on EINTR.
 */
int ss_listener_answer(struct ss_listener *listener, uint64_t id,
		       const struct ss_reply *reply) ss_must_check;

/* Does this call still wait?  To be asked after reading its memory. */
bool ss_listener_is_valid(const struct ss_listener *listener, uint64_t id);

/*
 * For signal handlers, as the last thing that they do, in the thread that
 * receives: makes the receive that runs now, or the next one, return -EINTR.
 * `mask` is what the handler has got (uc_sigmask).
 *
 * A plain flag would be lost between the test of the flag and the ioctl; so out
 * of a receive that has received nothing yet the handler jumps, and does not
 * return.
 */
void ss_listener_interrupt(struct ss_listener *listener, const sigset_t *mask);

#endif
