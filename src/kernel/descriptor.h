/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes and their open files, held for a moment.
 *
 * Comparators look at descriptors that we hold ourselves; none of them ever
 * puts a child's question to the kernel.  Everything is close-on-exec.
 */
#ifndef SS_KERNEL_DESCRIPTOR_H
#define SS_KERNEL_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "kernel/features.h"

/* pidfd_open; thread: PIDFD_THREAD (Linux 6.9).  Descriptor, or -errno. */
int ss_pidfd_open(pid_t tid, bool thread) ss_must_check;
/*
 * pidfd_getfd: a descriptor, -EBADF if the number is closed, -ESRCH if the
 * task is dying or gone, -EPERM, -EMFILE.  The pidfd of a process reaches the
 * table of its leader: once the leader has ended and other threads have not,
 * that is -ESRCH, and only pidfds of those threads help.  After
 * ss_caution_begin() (caution.h) also -ETIMEDOUT: its exec does not come on.
 */
int ss_pidfd_fetch(int pidfd, int number) ss_must_check;
/*
 * Closes what ss_pidfd_fetch() gave; -1 is ignored.  To be used for nothing
 * else, and nothing else is to be used: closing a file may wait for the
 * sandbox.  A socket's peer is not waited for (linger.h).  After
 * ss_caution_begin() it is left to a helper, and waited for no longer than
 * this.
 */
#define SS_CLOSE_PATIENCE_MS	100
void ss_fetched_close(int fd);

enum ss_life {
	SS_LIFE_ALIVE,
	SS_LIFE_DYING,		/* gives up what it holds, or a zombie */
	SS_LIFE_GONE,		/* reaped */
};

/*
 * One or two calls, no wait (pidfd_getfd of a number that cannot be, then
 * pidfd_send_signal 0).  A task is DYING from the moment it has begun to
 * exit, before it closes its first file: whoever saw it close one never gets
 * ALIVE.  Like kcmp(2), this is about the one task: a leader that has ended
 * is DYING although its threads live on.
 *
 * Before Linux 6.9, and where we may not fetch (-EPERM), a dying task is
 * noticed only when its end can be waited for; ss_proc_stat() tells sooner
 * (SS_PROC_EXITING).  It costs one call more until a dead task has shown which
 * kernel this is.
 */
enum ss_life ss_pidfd_life(int pidfd);
/* Lets a process of our own die to see that. */
void ss_pidfd_learn(void);
/* Has a process that has ended been reaped?  One call. */
bool ss_pidfd_is_reaped(int pidfd);

/* The same open file?  1, 0 or -errno; F_DUPFD_QUERY, else kcmp of our own
   two descriptors, else -EOPNOTSUPP. */
int ss_file_same(const struct ss_features *features, int fd_a, int fd_b)
	ss_must_check;
/* The kernel's order of two open files that we hold: -1, 0, 1 in *ret; or
   -EOPNOTSUPP without kcmp. */
int ss_file_order(const struct ss_features *features, int fd_a, int fd_b,
		  int *ret) ss_must_check;

/*
 * Is fd the target of the toff-th item with the number tfd of epoll (both
 * descriptors are ours)?  *ret as ss_file_order(), with kcmp.  Without:
 * equal to any item with that number (0) or not (1) only, by trying
 * EPOLL_CTL_ADD of the file under that number in a short-lived process with a
 * copy of our table (EEXIST: equal), taken back at once if it was not there;
 * toff is then ignored.  -ENOENT: no such item (only with kcmp); -EINVAL: not
 * an epoll; -EBUSY (only without kcmp): the file is in error or hung up, and
 * trying would wake those who wait on the epoll, or might wait for the
 * sandbox (after ss_caution_begin()); -EBADF (only without kcmp):
 * the number is beyond our own limit.
 */
int ss_file_order_item(const struct ss_features *features, int fd, int epoll,
		       int tfd, unsigned int toff, int *ret) ss_must_check;
/* Is this descriptor an epoll?  1, 0 or -errno. */
int ss_file_is_epoll(int fd) ss_must_check;

/*
 * The namespace that a descriptor of ours stands for, wherever its file is
 * mounted: its CLONE_NEW* flag and its inode.  -ENOTTY, or -EBADF of one that
 * was opened with O_PATH: none.
 */
int ss_file_namespace(int fd, uint64_t *ret_flag, uint64_t *ret_ino)
	ss_must_check;

/* The file's hint: equal for one open file, mostly different for two.  Never
   asks a file system that would have to ask somebody else. */
struct ss_file_hint {
	uint64_t dev;
	uint64_t ino;
};
int ss_file_hint(int fd, struct ss_file_hint *ret) ss_must_check;

#endif
