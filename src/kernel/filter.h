/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seccomp program: which calls are told to us.
 *
 * Built by libseccomp for x86-64, i386 and x32 in one program (binary tree),
 * exported, and loaded by ourselves with seccomp(2), because libseccomp 2.5
 * knows neither WAIT_KILLABLE_RECV nor several listeners.  A watched call
 * made through x32 fails with ENOSYS, as on a kernel without x32; an
 * architecture that the filter does not know kills the process.
 */
#ifndef SS_KERNEL_FILTER_H
#define SS_KERNEL_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "model/compare.h"
#include "watch/calls.h"

/*
 * Finds the calls' numbers by their names.  0, or -ENOSYS if libseccomp does
 * not know one (it is older than 2.5.2).
 */
int ss_filter_resolve(const struct ss_call *calls, size_t n,
		      struct ss_call_table *ret) ss_must_check;

/* What the program itself does with a kcmp: costs no notification. */
enum ss_kcmp_in_filter {
	SS_KCMP_TELL,		/* nothing: we are told */
	SS_KCMP_ALLOW,	/* the kernel answers */
	SS_KCMP_REFUSE,	/* with .child_errno */
};

struct ss_filter_verdict {
	enum ss_kcmp_in_filter kind;
	int child_errno;
};

/* All zero, or NULL: everything is told. */
struct ss_filter_plan {
	/* by enum ss_type; the last is for every other number */
	struct ss_filter_verdict kcmp[SS_TYPE_COUNT + 1];
	unsigned int unwatched;		/* 1 << enum ss_family, not KCMP */
};

/*
 * Builds the program for the n calls, without those of families that the plan
 * leaves out.  kcmp made through x32 fails with ENOSYS whatever the plan says.
 * The caller frees ret->filter.
 */
int ss_filter_build(const struct ss_call *calls, size_t n,
		    const struct ss_filter_plan *plan, struct sock_fprog *ret)
	ss_must_check;

/*
 * Loads it into the calling thread with a new listener; no_new_privs must
 * be set.  wait_killable: ask for SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
 * (Linux 5.19) and do without it where the kernel says EINVAL.  Returns the
 * listener (close-on-exec) or -errno: -EBUSY if a filter with a listener is
 * there already.
 */
int ss_filter_load(const struct sock_fprog *program, bool wait_killable,
		   bool *ret_wait_killable) ss_must_check;

#endif
