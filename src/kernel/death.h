/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ends of processes: told by pidfds, without a wait of their parents'.
 *
 * A pidfd is readable when the whole group has ended, before the parent's
 * wait can return.  One epoll watches them all; asking it costs one system
 * call however many there are.
 */
#ifndef SS_KERNEL_DEATH_H
#define SS_KERNEL_DEATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attributes.h"

/* The epoll: a descriptor, or -errno. */
int ss_deaths_open(void) ss_must_check;
/* Watches a pidfd on behalf of a process id, until its end is reported, or it
   is closed.  0 or -errno. */
int ss_deaths_watch(int deaths, int pidfd, pid_t tgid) ss_must_check;
/* The same for one that was reported, and has not ended after all. */
int ss_deaths_watch_again(int deaths, int pidfd, pid_t tgid) ss_must_check;
/* Up to `room` processes that have ended; never waits.  Their number or
   -errno.  Each is reported once. */
int ss_deaths_take(int deaths, pid_t *ret, int room) ss_must_check;

/* Has the whole group ended?  One poll(2), no wait. */
bool ss_pidfd_is_over(int pidfd);
/* SIGKILL to the process; one that has ended is no failure. */
void ss_pidfd_kill(int pidfd);

/*
 * With which wait status did the thread end whose number this pidfd (of a
 * thread) was for, when that was given back?  -EAGAIN: it was not yet;
 * -EOPNOTSUPP: the kernel keeps it not (it does since Linux 6.15).
 */
int ss_pidfd_exit_code(int pidfd, int *ret_code) ss_must_check;
/*
 * Reaps the process if it is our child and has ended.  1: reaped, *ret_status
 * as an exit status of main() (128 + N for a signal); 0: not yet; -ECHILD: not
 * our child (any more).
 */
int ss_pidfd_reap(int pidfd, int *ret_status) ss_must_check;
/*
 * The same for a child known by its number only.  -ECHILD is also who died
 * beside a parent that ignored SIGCHLD: when that one dies, too, the dead may
 * be among our children for a moment, but nobody can wait for them, and no
 * signal tells when they go (EXIT_DEAD in reparent_leader(), kernel/exit.c).
 */
int ss_child_reap(pid_t pid) ss_must_check;

/* The same by number: of a process that waits in a call, and so keeps it. */
void ss_process_kill(pid_t tgid);
/* A signal to a thread that waits in a call. */
void ss_thread_signal(pid_t tgid, pid_t tid, int number);

/* Is there a thread of this id in this group (also as a zombie)? */
bool ss_thread_exists(pid_t tgid, pid_t tid);

/*
 * Returns when whose number was seen to be free is out of its thread group, and
 * has given up its signal handlers: the kernel takes the number away first, and
 * only then the rest, but all of it under one lock (kernel/exit.c,
 * release_task(), tasklist_lock), for which this waits.
 */
void ss_await_release(void);

#endif
