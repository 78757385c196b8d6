/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of ours that only a program can end.
 *
 * The holder of a userfaultfd(2) fills pages of memory, and a FUSE server
 * answers for files.  Reading such a page, or closing such a file (the server
 * is told of it), waits for that program in the kernel; a signal does not end
 * the wait, with FUSE not even SIGKILL does.  If the program is in the sandbox
 * it may in turn wait for us: at each of its own watched calls it does.  No
 * check beforehand helps for memory: a child with threads takes the page away
 * after it.
 *
 * So ss_caution_begin() is to be called as soon as anybody in the sandbox
 * sets out to become such a program (at entry of userfaultfd, of ioctl
 * USERFAULTFD_IOC_NEW, mount and fsopen).  From then on ss_memory_read() and
 * ss_fetched_close() let helper threads do it and wait with a limit, which
 * costs some microseconds each.  Before, they cost nothing more.
 */
#ifndef SS_KERNEL_CAUTION_H
#define SS_KERNEL_CAUTION_H

#include <stdbool.h>
#include <time.h>

#include "base/attributes.h"

/* For good. */
void ss_caution_begin(void);
bool ss_caution_has_begun(void);

/*
 * Might a call on this file (ours) wait for a server?  Says so of regular
 * files and directories, whatever file system they are on: it cannot be asked
 * without waiting for it.
 */
bool ss_caution_about(int fd);

/* For memory.c and closer.c: a detached thread to which no signal is ever
   delivered, ... */
int ss_caution_thread(void *(*run)(void *), void *data) ss_must_check;
/* ... and a point of CLOCK_MONOTONIC. */
struct timespec ss_caution_deadline(long ms);

#endif
