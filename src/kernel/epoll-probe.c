/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/epoll-probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/caution.h"

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

/* Looks the item up; adds nothing that stays. */
static int probe(int fd, int epoll, int tfd)
{
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
	case ENOSPC:	/* looked for, not found, and no room to add it */
	case ENOMEM:
		return STATUS_DIFFERS;
	}
	return STATUS_ERRNO + errno;
}

/*
 * fork() without its handlers and without a signal at the end: so nobody who
 * waits for other children can take this one away, and no signal handler of
 * ours runs twice, because all signals are blocked.
 */
static pid_t fork_silently(void)
{
	return (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
}

int ss_epoll_probe(int fd, int epoll, int tfd, int *ret)
{
	sigset_t all;
	sigset_t old;
	int status = 0;
	int error;
	pid_t pid;

	/* The end of the process closes its copy of each file of ours. */
	if (ss_caution_has_begun())
		return -EBUSY;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork_silently();
	if (pid == 0)
		_exit(probe(fd, epoll, tfd));
	error = pid < 0 ? -errno : 0;
	if (!error && waitpid(pid, &status, __WCLONE) < 0)
		error = -errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (error)
		return error;
	if (!WIFEXITED(status))
		return -EIO;
	if (WEXITSTATUS(status) >= STATUS_ERRNO)
		return -(WEXITSTATUS(status) - STATUS_ERRNO);
	*ret = WEXITSTATUS(status) == STATUS_EQUAL ? 0 : 1;
	return 0;
}
