/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Circumstances of this host that explain a missing feature; for `doctor`
 * alone, because a session cares only whether things work.
 */
#ifndef SS_KERNEL_HOST_H
#define SS_KERNEL_HOST_H

#include <stdbool.h>
#include <sys/types.h>

struct ss_host {
	uid_t uid;		/* real */
	bool in_user_namespace;	/* not the first one */
	bool is_filtered;	/* a seccomp filter is in force on ourselves */
	bool is_proc_hidden;	/* processes of others are not shown */
	int yama_scope;		/* or -1 without Yama */
	int kcmp_error;		/* errno of a kcmp of ourselves, or 0 */
};

/* What cannot be found out is as if it were not there. */
void ss_host_look(struct ss_host *ret);

#endif
