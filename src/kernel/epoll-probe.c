/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/epoll-probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kernel/caution.h"
#include "kernel/self.h"

/* The exit status of the process: one of these, or an errno above them. */
enum {
	STATUS_EQUAL,
	STATUS_DIFFERS,
	STATUS_ERRNO,
};

/* The kernel adds these two to what every item waits for. */
static bool would_wake(int fd)
{
	struct pollfd event = { .fd = fd };

	return poll(&event, 1, 0) > 0;
}

struct probing {
	int fd;
	int epoll;
	int tfd;
};

/* Looks the item up; adds nothing that stays. */
static int probe(void *argument)
{
	const struct probing *probing = argument;
	int fd = probing->fd;
	int epoll = probing->epoll;
	int tfd = probing->tfd;
	struct epoll_event event = { 0 };

	if (epoll == tfd)
		epoll = fcntl(epoll, F_DUPFD_CLOEXEC, 0);
	if (epoll < 0)
		return STATUS_ERRNO + errno;
	if (fd != tfd && dup3(fd, tfd, O_CLOEXEC) < 0)
		return STATUS_ERRNO + errno;
	if (would_wake(tfd))
		return STATUS_ERRNO + EBUSY;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, tfd, &event) == 0) {
		(void)epoll_ctl(epoll, EPOLL_CTL_DEL, tfd, &event);
		return STATUS_DIFFERS;
	}
	switch (errno) {
	case EEXIST:
		return STATUS_EQUAL;
	case EPERM:	/* a file that no epoll takes */
	case ELOOP:	/* or not this one, which would be its own item */
	case ENOSPC:	/* looked for, not found, and no room to add it */
	case ENOMEM:
		return STATUS_DIFFERS;
	}
	return STATUS_ERRNO + errno;
}

int ss_epoll_probe(int fd, int epoll, int tfd, int *ret)
{
	struct probing probing = { fd, epoll, tfd };
	int status;

	/* The end of the process closes its copy of each file of ours. */
	if (ss_caution_has_begun())
		return -EBUSY;
	status = ss_run_apart(0, probe, &probing);
	if (status < 0)
		return status;
	if (status >= STATUS_ERRNO)
		return -(status - STATUS_ERRNO);
	*ret = status == STATUS_EQUAL ? 0 : 1;
	return 0;
}
