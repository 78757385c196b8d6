/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command below a seccomp filter, or in Landlock domains, as containers
 * and other supervisors do.
 *
 *	confine kcmp ERRNO COMMAND...	kcmp fails with this number
 *	confine load ERRNO COMMAND...	seccomp(2) does
 *	confine listen - COMMAND...	there is a listener (for a call that
 *					nobody makes)
 *	confine inside - COMMAND...	like listen, but prints what the
 *					attempt gives, and runs COMMAND anyway
 *	confine landlock N COMMAND...	there are N domains, one in another
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No call has this number. */
#define NO_CALL	0x7ff0

/* Returns the listener, or 0; -1 on failure. */
static long filter_call(unsigned int nr, unsigned int action,
			unsigned int flags)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {
		.len = sizeof(program) / sizeof(program[0]),
		.filter = program,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

static long listen_first(void)
{
	long fd = filter_call(NO_CALL, SECCOMP_RET_USER_NOTIF,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER);

	/* It must outlive the exec: without it there is no listener. */
	if (fd >= 0)
		fcntl((int)fd, F_SETFD, 0);
	return fd;
}

static long restrict_files(unsigned int layers)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	long ret = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	while (ret == 0 && layers--)
		ret = syscall(SYS_landlock_restrict_self, fd, 0);
	close((int)fd);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned int error;
	long ret = -1;

	if (argc < 4) {
		fputs("usage: confine kcmp|load|listen|inside|landlock ERRNO|- "
		      "COMMAND...\n", stderr);
		return 2;
	}
	error = (unsigned int)strtoul(argv[2], NULL, 10);
	if (strcmp(argv[1], "kcmp") == 0) {
		ret = filter_call(SYS_kcmp, SECCOMP_RET_ERRNO | error, 0);
	} else if (strcmp(argv[1], "load") == 0) {
		ret = filter_call(SYS_seccomp, SECCOMP_RET_ERRNO | error, 0);
	} else if (strcmp(argv[1], "landlock") == 0) {
		ret = restrict_files(error);
	} else if (strcmp(argv[1], "listen") == 0) {
		ret = listen_first();
	} else if (strcmp(argv[1], "inside") == 0) {
		ret = listen_first();
		dprintf(1, "%s\n", ret < 0 ? strerrorname_np(errno) : "ok");
		ret = 0;
	}
	if (ret < 0) {
		perror("confine");
		return 2;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 2;
}
