/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/death.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAKE_MAX	64

/* struct pidfd_info and its ioctl, newer than many headers (linux/pidfd.h). */
#define INFO_EXIT	(1u << 3)
struct info {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t ids[11];
	int32_t exit_code;
};
#define GET_INFO	_IOWR(0xff, 11, struct info)

int ss_deaths_open(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int watch(int deaths, int op, int pidfd, pid_t tgid)
{
	/* Once: nothing has to be taken out, and who keeps a duplicate of the
	   pidfd brings nobody back. */
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLONESHOT,
		.data.u64 = (uint64_t)tgid,
	};

	return epoll_ctl(deaths, op, pidfd, &event) ? -errno : 0;
}

int ss_deaths_watch(int deaths, int pidfd, pid_t tgid)
{
	return watch(deaths, EPOLL_CTL_ADD, pidfd, tgid);
}

int ss_deaths_watch_again(int deaths, int pidfd, pid_t tgid)
{
	return watch(deaths, EPOLL_CTL_MOD, pidfd, tgid);
}

int ss_deaths_take(int deaths, pid_t *ret, int room)
{
	struct epoll_event events[TAKE_MAX];
	int i, n = epoll_wait(deaths, events,
			      room < TAKE_MAX ? room : TAKE_MAX, 0);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < n; i++)
		ret[i] = (pid_t)events[i].data.u64;
	return n;
}

/*
 * pidfd_poll() takes the task of the number, and then looks whether that has
 * ended.  If it is a leader whose number a thread takes over in between, for an
 * exec, that seems to have ended with its whole group.  The next look finds the
 * thread.
 */
bool ss_pidfd_is_over(int pidfd)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) > 0 && poll(&poll_fd, 1, 0) > 0;
}

void ss_pidfd_kill(int pidfd)
{
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

void ss_process_kill(pid_t tgid)
{
	(void)kill(tgid, SIGKILL);
}

void ss_thread_signal(pid_t tgid, pid_t tid, int number)
{
	(void)syscall(SYS_tgkill, tgid, tid, number);
}

int ss_pidfd_exit_code(int pidfd, int *ret_code)
{
	struct info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_INFO, &info))
		return -EOPNOTSUPP;
	if (!(info.mask & INFO_EXIT))
		return -EAGAIN;
	*ret_code = info.exit_code;
	return 0;
}

/*
 * As waitid(2), for ends alone: 1, 0 or -errno.  First a look, because of a
 * task that we trace the kernel gives us the next stop too, whatever is asked
 * for (wait_task_stopped()), and nobody would let it go on.
 */
static int wait_for_end(idtype_t type, id_t id, siginfo_t *ret)
{
	int r, how = WEXITED | WNOHANG | WNOWAIT;

	for (;;) {
		memset(ret, 0, sizeof(*ret));
		r = waitid(type, id, ret, how);
		if (r && errno == EINTR)
			continue;
		if (r)
			return -errno;
		if (ret->si_code != CLD_EXITED && ret->si_code != CLD_KILLED &&
		    ret->si_code != CLD_DUMPED)
			return 0;
		if (!(how & WNOWAIT))
			return 1;
		how &= ~WNOWAIT;
	}
}

int ss_pidfd_reap(int pidfd, int *ret_status)
{
	siginfo_t info;
	int r = wait_for_end(P_PIDFD, (id_t)pidfd, &info);

	if (r <= 0)
		return r;
	*ret_status = info.si_code == CLD_EXITED ? info.si_status :
		128 + info.si_status;
	return 1;
}

int ss_child_reap(pid_t pid)
{
	siginfo_t info;

	return wait_for_end(P_PID, (id_t)pid, &info);
}

bool ss_thread_exists(pid_t tgid, pid_t tid)
{
	return !syscall(SYS_tgkill, tgid, tid, 0) || errno == EPERM;
}

void ss_await_release(void)
{
	siginfo_t info;

	/* We are no child of ours, but the kernel looks with the lock held. */
	(void)waitid(P_PID, (id_t)getpid(), &info, WEXITED | WNOHANG);
}
