/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A seccomp filter for a process of ours that digests what programs have made,
 * with libraries that were not written for enemies: if one takes it over, it
 * finds little that it can do.
 */
#ifndef SS_KERNEL_CONFINE_H
#define SS_KERNEL_CONFINE_H

#include "base/attributes.h"

/*
 * From now on the calling thread, and whom it makes, can open and read files,
 * have memory in which nothing is executed, change its file system ids, receive
 * and send on the socket, and signal SIGCHLD to the pidfd.  All else is EPERM;
 * no privileges come back by an exec, for there is none.  0 or -errno.
 */
int ss_confine_reader(int channel, int pidfd) ss_must_check;

#endif
