/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what the host says of itself.
 */
#include "kernel/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"

/* The first namespace's, the same on every machine: PROC_USER_INIT_INO. */
#define FIRST_USER_NAMESPACE	0xEFFFFFFDu

static int read_yama_scope(void)
{
	ss_cleanup_fd int fd = open("/proc/sys/kernel/yama/ptrace_scope",
				    O_RDONLY | O_CLOEXEC);
	char digit;

	if (fd < 0 || read(fd, &digit, 1) != 1 || digit < '0' || digit > '9')
		return -1;
	return digit - '0';
}

static int try_kcmp(void)
{
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_VM, 0, 0) < 0 ? errno : 0;
}

void ss_host_look(struct ss_host *ret)
{
	struct stat stat_of_namespace;

	ret->uid = getuid();
	ret->in_user_namespace =
		stat("/proc/self/ns/user", &stat_of_namespace) == 0 &&
		stat_of_namespace.st_ino != FIRST_USER_NAMESPACE;
	ret->is_filtered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
	/* Process 1 exists in every pid namespace. */
	ret->is_proc_hidden = access("/proc/1/stat", R_OK) < 0;
	ret->yama_scope = read_yama_scope();
	ret->kcmp_error = try_kcmp();
}
