/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What selfsame does to its own process: descriptors and limits that it was
 * given and that are the command's.
 */
#ifndef SS_KERNEL_SELF_H
#define SS_KERNEL_SELF_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "kernel/proc.h"

/* The descriptors that are open now, to be closed later. */
struct ss_inherited {
	int *fds;		/* owned */
	size_t count;
	struct ss_tids children;	/* owned: that we had already */
};

/*
 * To be called first of all.  Also makes sure that 0, 1 and 2 are open in
 * selfsame, so that nothing of ours ever lands there: what was closed is
 * closed again for the command by ss_inherited_restore().
 */
int ss_inherited_note(struct ss_inherited *ret) ss_must_check;
/* In the command, before exec: 0 to 2 as they were. */
void ss_inherited_restore(void);
/* Closes our copies of all but stderr. */
void ss_inherited_close(struct ss_inherited *inherited);
void ss_inherited_release(struct ss_inherited *inherited);

/* Raises our descriptor limit to the hard limit; the command restores it. */
void ss_limits_raise(void);
void ss_limits_restore(void);

/* kernel.sem: how many operations one semop may have. */
unsigned int ss_semopm(void);

#endif
