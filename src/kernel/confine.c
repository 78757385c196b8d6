/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* What the C library, libunwind and liblzma need besides. */
static const int harmless[] = {
	SCMP_SYS(access), SCMP_SYS(brk), SCMP_SYS(clock_gettime),
	SCMP_SYS(close), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(faccessat), SCMP_SYS(fstat), SCMP_SYS(futex),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getrandom),
	SCMP_SYS(gettid), SCMP_SYS(lseek), SCMP_SYS(lstat), SCMP_SYS(madvise),
	SCMP_SYS(mremap), SCMP_SYS(munmap), SCMP_SYS(newfstatat),
	SCMP_SYS(pread64), SCMP_SYS(read), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield), SCMP_SYS(setfsgid), SCMP_SYS(setfsuid),
	SCMP_SYS(setitimer), SCMP_SYS(stat), SCMP_SYS(statx),
	SCMP_SYS(sysinfo), SCMP_SYS(uname),
};

#define NO_WRITING	(O_ACCMODE | O_CREAT | O_TRUNC)

/* All these arguments have 32 bits. */
static struct scmp_arg_cmp has(unsigned int argument, uint32_t mask,
			       uint32_t value)
{
	return (struct scmp_arg_cmp){
		.arg = argument,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value,
	};
}

static struct scmp_arg_cmp is(unsigned int argument, uint32_t value)
{
	return has(argument, UINT32_MAX, value);
}

static int allow(scmp_filter_ctx filter, int channel, int pidfd)
{
	const struct scmp_arg_cmp on_channel = is(0, (uint32_t)channel);
	const struct scmp_arg_cmp reading[] = {
		has(1, NO_WRITING, O_RDONLY), has(2, NO_WRITING, O_RDONLY),
	};
	const struct scmp_arg_cmp no_code = has(2, PROT_EXEC, 0);
	const struct scmp_arg_cmp of_parent = is(0, PR_SET_PDEATHSIG);
	const struct scmp_arg_cmp to_pidfd = is(0, (uint32_t)pidfd);
	const struct scmp_arg_cmp of_child = is(1, SIGCHLD);
	const struct {
		int nr;
		unsigned int n;
		struct scmp_arg_cmp only[2];
	} limited[] = {
		{ SCMP_SYS(open), 1, { reading[0] } },
		{ SCMP_SYS(openat), 1, { reading[1] } },
		{ SCMP_SYS(mmap), 1, { no_code } },
		{ SCMP_SYS(mprotect), 1, { no_code } },
		{ SCMP_SYS(prctl), 1, { of_parent } },
		{ SCMP_SYS(recvmsg), 1, { on_channel } },
		{ SCMP_SYS(sendto), 1, { on_channel } },
		{ SCMP_SYS(pidfd_send_signal), 2, { to_pidfd, of_child } },
	};
	size_t i;
	int r = 0;

	for (i = 0; i < SS_ARRAY_SIZE(harmless) && r >= 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, harmless[i], 0);
	for (i = 0; i < SS_ARRAY_SIZE(limited) && r >= 0; i++)
		r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
					   limited[i].nr, limited[i].n,
					   limited[i].only);
	return r;
}

int ss_confine_reader(int channel, int pidfd)
{
	scmp_filter_ctx filter;
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	r = allow(filter, channel, pidfd);
	if (r >= 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r < 0 ? r : 0;
}
