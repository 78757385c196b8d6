/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own kcmp(2).  No answer is ever made with it: only the audit
 * asks the kernel about tasks, to compare.
 */
#ifndef SS_KERNEL_KCMP_H
#define SS_KERNEL_KCMP_H

#include <sys/types.h>

#include "base/attributes.h"

/* 0 equal, 1 less, 2 greater, 3 no order; or -errno, after ss_caution_begin()
   (caution.h) also -ETIMEDOUT: it waits for an epoll, or for an exec. */
int ss_kcmp(pid_t pid1, pid_t pid2, int type, unsigned long idx1,
	    unsigned long idx2) ss_must_check;

#endif
