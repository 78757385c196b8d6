/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Landlock allows us, and so everybody inside: nothing in /proc tells in
 * how many domains we are already.
 */
#ifndef SS_KERNEL_LANDLOCK_H
#define SS_KERNEL_LANDLOCK_H

#include <stdbool.h>

struct ss_landlock {
	bool known;
	unsigned int layers;	/* that may be added to ours */
	unsigned int flags;	/* of landlock_restrict_self(2) that make no
				   difference, and are not refused */
};

/* Tries it in a process of its own.  What cannot be tried counts as on a host
   where nobody has restricted us. */
void ss_landlock_probe(struct ss_landlock *ret);

#endif
