/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pending signal ends the wait, and nobody knows when it begins: so signals
 * keep coming until it is over.  The timer costs more than the close, so only
 * those that may wait get one.
 */
#include "kernel/linger.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/signals.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id	_sigev_un._tid
#endif

#define NUDGE_NS	1000000

/* May it have other files in its queue, or sockets that have some? */
static bool may_hold_files(int fd)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	int domain = AF_UNSPEC;
	socklen_t length = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
		domain == AF_UNIX && poll(&event, 1, 0) != 0;
}

static bool may_linger(int fd)
{
	struct linger linger = { 0 };
	socklen_t length = sizeof(linger);

	/* Most are no sockets. */
	if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) < 0)
		return false;
	return (linger.l_onoff && linger.l_linger) || may_hold_files(fd);
}

static void close_nudged(int fd)
{
	const struct itimerspec often = {
		.it_value.tv_nsec = NUDGE_NS,
		.it_interval.tv_nsec = NUDGE_NS,
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SS_SIGNAL_NUDGE,
	};
	sigset_t nudge, before;
	timer_t timer;
	bool nudged;

	event.sigev_notify_thread_id = gettid();
	sigemptyset(&nudge);
	sigaddset(&nudge, SS_SIGNAL_NUDGE);
	nudged = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	/* Helper threads have all blocked. */
	(void)pthread_sigmask(SIG_UNBLOCK, &nudge, &before);
	if (nudged)
		(void)timer_settime(timer, 0, &often, NULL);
	/* Closed also if it says EINTR. */
	(void)close(fd);
	if (nudged)
		(void)timer_delete(timer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void ss_linger_close(int fd)
{
	if (may_linger(fd))
		close_nudged(fd);
	else
		(void)close(fd);
}
