/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a child's memory.  What is read is the child's word, and the child
 * may change it at once: read each thing exactly once, then ask whether the
 * call still waits (ss_listener_is_valid()).
 */
#ifndef SS_KERNEL_MEMORY_H
#define SS_KERNEL_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/*
 * All of it or nothing.  0; -EFAULT; -ESRCH, also of a zombie; -EPERM if the
 * image may not be read by us; after ss_caution_begin() (caution.h) also
 * -ETIMEDOUT: the page does not come.
 *
 * -EFAULT is what the child itself would meet, with these exceptions, where
 * the child can read and nobody else can: memory of memfd_secret(2) and of
 * devices; and what it may write or execute, but not read.  The other way
 * round, a protection key that is closed to the child does not stop us.
 */
int ss_memory_read(pid_t tid, uint64_t address, void *buffer, size_t length)
	ss_must_check;
/*
 * What the kernel will read for the child's call.  Of the exceptions the last
 * does not hold; memory of memfd_secret(2) and the data of the vDSO are
 * -EACCES (of a device nothing tells whether the kernel can read it); -EFAULT
 * costs a little more.  As the call itself will wait for a page that does not
 * come, it can be held, and -ETIMEDOUT comes after SS_MEMORY_PATIENCE_MS.
 */
#define SS_MEMORY_PATIENCE_MS	20
int ss_memory_read_argument(pid_t tid, uint64_t address, void *buffer,
			    size_t length) ss_must_check;

/*
 * /proc/TID/mem, which names the memory that the task has *now*, whatever it
 * execs later.  Returns a descriptor or -errno; a zombie is -ESRCH, or, on
 * older kernels, memory without users.  -ETIMEDOUT as above.
 */
int ss_memory_open(pid_t tid) ss_must_check;
/* 1 if the memory behind it still has users, 0 if its last user has gone.  No
   page is touched. */
int ss_memory_is_alive(int fd) ss_must_check;

#endif
