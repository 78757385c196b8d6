/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is an open file an item of an epoll, without kcmp(2)?  For descriptor.c.
 */
#ifndef SS_KERNEL_EPOLL_PROBE_H
#define SS_KERNEL_EPOLL_PROBE_H

#include "base/attributes.h"

/*
 * Is the open file fd an item of epoll under the number tfd?  *ret: 0 if so,
 * 1 if not.  -EBUSY if the file is in error or hung up, so that trying would
 * wake those who wait on the epoll, or if it might make us wait (after
 * ss_caution_begin()); -EBADF if tfd is beyond our own limit of descriptors;
 * -errno.
 *
 * Costs a fork.  The kernel tells an item by the pair of file and number, so
 * the file must sit at that very number while EPOLL_CTL_ADD is tried; a
 * short-lived process does it in its own copy of our table, and no descriptor
 * of ours has to move.  What it adds it takes back at once.
 */
int ss_epoll_probe(int fd, int epoll, int tfd, int *ret) ss_must_check;

#endif
