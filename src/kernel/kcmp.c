/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/kcmp.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int ss_kcmp(pid_t pid1, pid_t pid2, int type, unsigned long idx1,
	    unsigned long idx2)
{
	long r = syscall(SYS_kcmp, pid1, pid2, type, idx1, idx2);

	return r < 0 ? -errno : (int)r;
}
