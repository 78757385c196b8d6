/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/caution.h"
#include "kernel/epoll-probe.h"
#include "kernel/linger.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD	O_EXCL
#endif
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY	(1024 + 3)	/* F_LINUX_SPECIFIC_BASE + 3 */
#endif

/* No table can be that long: sysctl_nr_open_max is below it. */
#define IMPOSSIBLE_NUMBER	0x7fffffff

int ss_pidfd_open(pid_t tid, bool thread)
{
	long fd = syscall(SYS_pidfd_open, tid, thread ? PIDFD_THREAD : 0);

	return fd < 0 ? -errno : (int)fd;
}

static int fetch_directly(int pidfd, int number)
{
	long fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);

	return fd < 0 ? -errno : (int)fd;
}

struct fetching {
	struct ss_careful careful;
	int number;
	int result;		/* owned, if it is a descriptor */
};

static void fetching_run(struct ss_careful *careful)
{
	struct fetching *fetching = (struct fetching *)careful;

	fetching->result = fetch_directly((int)careful->which,
					  fetching->number);
}

static void fetching_release(struct ss_careful *careful)
{
	const struct fetching *fetching = (const struct fetching *)careful;

	if (fetching->result >= 0)
		ss_linger_close(fetching->result);
	free(careful);
}

int ss_pidfd_fetch(int pidfd, int number)
{
	struct fetching *fetching;
	int r;

	if (!ss_caution_of_execs())
		return fetch_directly(pidfd, number);
	fetching = malloc(sizeof(*fetching));
	if (!fetching)
		return -ENOMEM;
	*fetching = (struct fetching){
		.careful = {
			.run = fetching_run,
			.release = fetching_release,
			.lock = SS_CAREFUL_TABLE,
			.which = (uint64_t)pidfd,
		},
		.number = number,
		.result = -EBADF,
	};
	r = ss_careful_do(&fetching->careful);
	if (r)
		return r;
	r = fetching->result;
	free(fetching);
	return r;
}

/*
 * Does this kernel's pidfd_getfd say ESRCH for a task that is exiting?  Since
 * Linux 6.9 it does; before, it says EBADF, as for a closed number of a living
 * task, and only the pidfd's readiness tells a zombie from it.  Learned from
 * a dead task, never from a version; until then both are asked.
 */
static bool fetch_tells_exiting;

static bool pidfd_has_ended(int pidfd)
{
	struct pollfd event = { .fd = pidfd, .events = POLLIN };

	return poll(&event, 1, 0) > 0 && (event.revents & POLLIN);
}

bool ss_pidfd_is_reaped(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0 &&
	       errno == ESRCH;
}

enum ss_life ss_pidfd_life(int pidfd)
{
	int error = ss_pidfd_fetch(pidfd, IMPOSSIBLE_NUMBER);

	if (error != -ESRCH) {
		if (error == -EBADF && fetch_tells_exiting)
			return SS_LIFE_ALIVE;
		if (!pidfd_has_ended(pidfd))
			return SS_LIFE_ALIVE;
	}
	if (ss_pidfd_is_reaped(pidfd))
		return SS_LIFE_GONE;
	if (error == -ESRCH)
		fetch_tells_exiting = true;
	return SS_LIFE_DYING;
}

void ss_pidfd_learn(void)
{
	ss_cleanup_fd int pidfd = -1;
	/* Not a fork: to copy our memory for it would take longer than it. */
	pid_t pid = vfork();
	struct pollfd event = { .events = POLLIN };

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return;
	/* Where SIGCHLD is ignored it may have gone: then another one's death
	   tells. */
	pidfd = ss_pidfd_open(pid, false);
	if (pidfd >= 0) {
		event.fd = pidfd;
		while (poll(&event, 1, -1) < 0 && errno == EINTR)
			;
		(void)ss_pidfd_life(pidfd);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The kernel's kcmp of our own descriptors, as -1, 0 or 1. */
static int compare_own(pid_t self, int type, int fd, unsigned long idx2,
		       int *ret)
{
	long order = syscall(SYS_kcmp, self, self, type, (long)fd, idx2);

	switch (order) {
	case 0:
		*ret = 0;
		return 0;
	case 1:
		*ret = -1;
		return 0;
	case 2:
		*ret = 1;
		return 0;
	}
	/* The kernel never refuses a task its own files: if anybody does, it
	   is a filter, and kcmp is not to be had. */
	if (order > 0 || errno == ENOSYS || errno == EPERM || errno == EACCES)
		return -EOPNOTSUPP;
	return -errno;
}

int ss_file_same(const struct ss_features *features, int fd_a, int fd_b)
{
	int order;
	int same;
	int error;

	if (features->has[SS_FEATURE_DUPFD_QUERY]) {
		same = fcntl(fd_a, F_DUPFD_QUERY, fd_b);
		return same < 0 ? -errno : same;
	}
	error = ss_file_order(features, fd_a, fd_b, &order);
	return error ? error : order == 0;
}

int ss_file_order(const struct ss_features *features, int fd_a, int fd_b,
		  int *ret)
{
	if (!features->has[SS_FEATURE_KCMP])
		return -EOPNOTSUPP;
	return compare_own(features->self, KCMP_FILE, fd_a,
			   (unsigned long)fd_b, ret);
}

struct ordering {
	struct ss_careful careful;
	int fd;
	struct kcmp_epoll_slot slot;
	pid_t self;
	int order;
	int result;
};

static void ordering_run(struct ss_careful *careful)
{
	struct ordering *ordering = (struct ordering *)careful;

	ordering->result = compare_own(ordering->self, KCMP_EPOLL_TFD,
				       ordering->fd,
				       (unsigned long)&ordering->slot,
				       &ordering->order);
}

/* The kernel's order, whoever holds the epoll. */
static int order_item_carefully(pid_t self, int fd,
				const struct kcmp_epoll_slot *slot, int *ret)
{
	struct ordering *ordering = malloc(sizeof(*ordering));
	int r;

	if (!ordering)
		return -ENOMEM;
	*ordering = (struct ordering){
		.careful = {
			.run = ordering_run,
			.lock = SS_CAREFUL_ITEM,
			.which = slot->efd,
		},
		.fd = fd,
		.slot = *slot,
		.self = self,
	};
	r = ss_careful_do(&ordering->careful);
	if (r)
		return r;
	r = ordering->result;
	if (!r)
		*ret = ordering->order;
	free(ordering);
	return r;
}

int ss_file_order_item(const struct ss_features *features, int fd, int epoll,
		       int tfd, unsigned int toff, int *ret)
{
	struct kcmp_epoll_slot slot = {
		.efd = (unsigned int)epoll,
		.tfd = (unsigned int)tfd,
		.toff = toff,
	};

	int r;

	if (features->has[SS_FEATURE_KCMP])
		return ss_caution_has_begun() ?
			order_item_carefully(features->self, fd, &slot, ret) :
			compare_own(features->self, KCMP_EPOLL_TFD, fd,
				    (unsigned long)&slot, ret);
	r = ss_epoll_probe(fd, epoll, tfd, ret);
	/* An epoll is no item of itself, and is not tried as one. */
	if (r == -EINVAL && ss_file_is_epoll(epoll) == 1) {
		*ret = 1;
		return 0;
	}
	return r;
}

int ss_file_is_epoll(int fd)
{
	static const char name[] = "anon_inode:[eventpoll]";
	char path[64];
	char link[sizeof(name)];
	ssize_t n;

	n = fcntl(fd, F_GETFL);
	if (n < 0)
		return -errno;
	/* Such a one has the name, but none of the operations. */
	if (n & O_PATH)
		return 0;
	/* Only the kernel's own names lack the slash at the beginning. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link));
	if (n < 0)
		return errno == ENOENT ? -EBADF : -errno;
	return (size_t)n == sizeof(name) - 1 &&
	       memcmp(link, name, sizeof(name) - 1) == 0;
}

int ss_file_hint(int fd, struct ss_file_hint *ret)
{
	struct statx status;

	/* DONT_SYNC: a file system may live in the sandbox (FUSE), and asking
	   it while it waits for us would be waiting for ever. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO,
		  &status) < 0)
		return -errno;
	ret->dev = makedev(status.stx_dev_major, status.stx_dev_minor);
	ret->ino = status.stx_ino;
	return 0;
}

int ss_file_namespace(int fd, uint64_t *ret_flag, uint64_t *ret_ino)
{
	struct ss_file_hint hint;
	struct stat ours;
	int r;

	/* No other file is asked for it. */
	if (stat("/proc/self/ns/user", &ours) < 0)
		return -errno;
	r = ss_file_hint(fd, &hint);
	if (r)
		return r;
	if (hint.dev != ours.st_dev)
		return -ENOTTY;
	r = ioctl(fd, NS_GET_NSTYPE);
	if (r < 0)
		return -errno;
	*ret_flag = (uint32_t)r;
	*ret_ino = hint.ino;
	return 0;
}
