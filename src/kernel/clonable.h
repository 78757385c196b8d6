/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands in the way of a clone, as far as it shows from outside.
 */
#ifndef SS_KERNEL_CLONABLE_H
#define SS_KERNEL_CLONABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/* Has it a deadline that its children do not lose?  Then it may have none
   (sched_fork()). */
bool ss_has_deadline(pid_t tid);
/* Is its root not that of its mount namespace (current_chrooted())?  false:
   also if it does not show. */
bool ss_is_chrooted(pid_t tid);
/* Can a user's memory be at this address of a 64-bit program (TASK_SIZE_MAX)?
   true: also if we cannot tell. */
bool ss_address_is_users(uint64_t address);
/*
 * Of these kinds of namespaces (CLONE_NEW*), those of which the task's user
 * namespace, or an ancestor of it that is ours or below ours, allows none at
 * all: /proc/sys/user.  Costs a fork if it is a nested one.  What we cannot
 * learn counts as allowed.
 */
uint64_t ss_namespaces_forbidden(pid_t tid, uint64_t flags);

#endif
