/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is the memory of a task dumpable, where the owner of its files in /proc does
 * not tell?
 *
 * get_robust_list(2) makes the check that kcmp(2) makes (ptrace(2),
 * PTRACE_MODE_READ_REALCREDS), of whoever calls it.  So it is called by
 * somebody who has the target's ids and all capabilities but CAP_SYS_PTRACE:
 * it is refused if and only if the memory is not dumpable.
 */
#ifndef SS_KERNEL_DUMPABLE_H
#define SS_KERNEL_DUMPABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

struct ss_dumpable_target {
	pid_t tid;
	uid_t uid;		/* real, effective and saved: all the same */
	gid_t gid;
	uint64_t permitted;	/* capabilities */
	bool nested;		/* in a user namespace below ours */
	bool dead;		/* its memory has gone */
};

struct ss_dumpable_found {
	bool dumpable;
	uint64_t userns;	/* of nested: inode of the user namespace that
				   the memory belongs to */
};

/*
 * 0; -EOPNOTSUPP if we lack the rights, or the kernel the call; -ESRCH; -EIO:
 * whoever was to look has been killed; after ss_caution_begin() (caution.h)
 * also -ETIMEDOUT: its exec does not come on.  Costs a fork, unless the target
 * has our own ids and user namespace.
 */
int ss_dumpable_probe(const struct ss_dumpable_target *target,
		      struct ss_dumpable_found *ret) ss_must_check;

#endif
