/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/clonable.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/proc-read.h"
#include "kernel/proc.h"
#include "kernel/self.h"

bool ss_has_deadline(pid_t tid)
{
	/* With SCHED_RESET_ON_FORK it is another value. */
	return syscall(SYS_sched_getscheduler, tid) == SCHED_DEADLINE;
}

/* Are we in a directory that nothing is mounted on?  (A link says the same for
   our root and for that of the namespace.) */
static bool is_below_root(void)
{
	struct statx status;

	return !statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, STATX_TYPE,
		      &status) &&
		(status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
		!(status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

bool ss_is_chrooted(pid_t tid)
{
	char path[SS_PROC_PATH_SIZE], root[2];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/root", tid);
	length = ss_proc_link(tid, path, root, sizeof(root));
	if (length <= 0)
		return false;
	return length > 1 || is_below_root();
}

#if defined(__x86_64__)
/* A page is mapped there, if there is room, and taken away again.  By the call
   itself: what stands between may want to choose another place. */
bool ss_address_is_users(uint64_t address)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t start = address & ~(page - 1);
	long mapped = syscall(SYS_mmap, start, page, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			      MAP_FIXED_NOREPLACE, -1, 0L);

	if (mapped == -1)
		return errno != ENOMEM;
	(void)syscall(SYS_munmap, mapped, page);
	return true;
}
#else
bool ss_address_is_users(ss_unused uint64_t address)
{
	return true;
}
#endif

/* ---- limits ---- */

/* The n-th is bit n of an exit status. */
static const struct {
	uint64_t flag;
	const char *path;
} limits[] = {
	{ CLONE_NEWUSER, "/proc/sys/user/max_user_namespaces" },
	{ CLONE_NEWPID, "/proc/sys/user/max_pid_namespaces" },
	{ CLONE_NEWUTS, "/proc/sys/user/max_uts_namespaces" },
	{ CLONE_NEWIPC, "/proc/sys/user/max_ipc_namespaces" },
	{ CLONE_NEWNET, "/proc/sys/user/max_net_namespaces" },
	{ CLONE_NEWNS, "/proc/sys/user/max_mnt_namespaces" },
	{ CLONE_NEWCGROUP, "/proc/sys/user/max_cgroup_namespaces" },
	{ CLONE_NEWTIME, "/proc/sys/user/max_time_namespaces" },
};

/* In the user namespace that we are in: that of the reader is shown. */
static int find_forbidden(uint64_t flags)
{
	int found = 0;
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(limits); i++) {
		char text[2];
		int fd;

		if (!(flags & limits[i].flag))
			continue;
		fd = open(limits[i].path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof(text)) == sizeof(text) &&
		    !memcmp(text, "0\n", sizeof(text)))
			found |= 1 << i;
		(void)close(fd);
	}
	return found;
}

struct entering {
	struct ss_proc_userns chain;
	uint64_t flags;
};

/* Down from ours, for it is not possible to come up again. */
static int find_in_all(void *argument)
{
	const struct entering *entering = argument;
	unsigned int level = entering->chain.count;
	int found = 0;

	while (level-- > 0 &&
	       !setns(entering->chain.fds[level], CLONE_NEWUSER))
		found |= find_forbidden(entering->flags);
	return found;
}

uint64_t ss_namespaces_forbidden(pid_t tid, uint64_t flags)
{
	struct entering entering = { .flags = flags };
	int found = find_forbidden(flags), r;
	uint64_t ret = 0;
	size_t i;

	if (!ss_proc_userns_open(tid, &entering.chain)) {
		/* With our table itself: the end of a copy would close
		   files. */
		r = entering.chain.count ?
			ss_run_apart(CLONE_FILES, find_in_all, &entering) : 0;
		found |= r > 0 ? r : 0;
		ss_proc_userns_close(&entering.chain);
	}
	for (i = 0; i < SS_ARRAY_SIZE(limits); i++) {
		if (found & 1 << i)
			ret |= limits[i].flag;
	}
	return ret;
}
