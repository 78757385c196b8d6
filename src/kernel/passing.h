/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A message and a descriptor over a socket: SCM_RIGHTS of unix(7).
 */
#ifndef SS_KERNEL_PASSING_H
#define SS_KERNEL_PASSING_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/* Both as one message; flags as of sendmsg(2), which does not signal.  0 or
   -errno. */
int ss_descriptor_send(int channel, const void *data, size_t size, int fd,
		       int flags) ss_must_check;
/*
 * One message of at most that size: its length, 0 at the end, or -errno.
 * *ret_fd is the descriptor that came with it (owned, close-on-exec), or -1.
 */
ssize_t ss_descriptor_receive(int channel, void *data, size_t size,
			      int *ret_fd) ss_must_check;

#endif
