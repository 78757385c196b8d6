/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Closing fetched descriptors, where that may wait: for a FUSE server, or for
 * somebody who holds the epoll in which the file is.
 *
 * One thread closes them in turn, and another those of which no server is told:
 * pipes must not stay open because somebody serves files.  Whoever hands one
 * over waits until it is closed, but not behind one that is late already: then
 * it is closed when the late one is.
 */
#include "kernel/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "kernel/caution.h"
#include "kernel/linger.h"

/* All of it under its lock. */
struct closer {
	pthread_mutex_t lock;
	pthread_cond_t given;
	pthread_cond_t emptied;
	bool running;
	bool late;
	int *fds;		/* owned: fds[0] is being closed */
	size_t count;
	size_t room;
};

#define CLOSER	{ \
	.lock = PTHREAD_MUTEX_INITIALIZER, \
	.given = PTHREAD_COND_INITIALIZER, \
}

static struct closer of_files = CLOSER, of_others = CLOSER;

static void *closer_run(void *data)
{
	struct closer *closer = data;
	int fd;

	(void)pthread_mutex_lock(&closer->lock);
	for (;;) {
		while (closer->count == 0)
			(void)pthread_cond_wait(&closer->given, &closer->lock);
		fd = closer->fds[0];
		(void)pthread_mutex_unlock(&closer->lock);
		ss_linger_close(fd);
		(void)pthread_mutex_lock(&closer->lock);
		closer->count--;
		for (size_t i = 0; i < closer->count; i++)
			closer->fds[i] = closer->fds[i + 1];
		if (closer->count > 0)
			continue;
		closer->late = false;
		(void)pthread_cond_signal(&closer->emptied);
	}
	return NULL;
}

/* Lock held. */
static int closer_start(struct closer *closer)
{
	pthread_condattr_t attributes;
	int error;

	if (closer->running)
		return 0;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&closer->emptied, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	error = ss_caution_thread(closer_run, closer);
	closer->running = !error;
	return error;
}

/* Lock held. */
static int closer_push(struct closer *closer, int fd)
{
	size_t room;
	int *fds;

	if (closer->count == closer->room) {
		room = closer->room ? closer->room * 2 : 16;
		fds = reallocarray(closer->fds, room, sizeof(*fds));
		if (!fds)
			return -ENOMEM;
		closer->fds = fds;
		closer->room = room;
	}
	closer->fds[closer->count++] = fd;
	(void)pthread_cond_signal(&closer->given);
	return 0;
}

/* Lock held. */
static void closer_wait(struct closer *closer)
{
	struct timespec deadline = ss_caution_deadline(SS_CLOSE_PATIENCE_MS);
	int error = 0;

	while (closer->count > 0 && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&closer->emptied, &closer->lock,
					       &deadline);
	closer->late = closer->count > 0;
}

/* The type is known without a question to a server. */
static bool is_served(int fd)
{
	struct statx status;

	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE,
		     &status) < 0 ||
		S_ISREG(status.stx_mode) || S_ISDIR(status.stx_mode);
}

void ss_fetched_close(int fd)
{
	struct closer *closer;

	if (fd < 0)
		return;
	closer = ss_caution_has_begun() && is_served(fd) ? &of_files :
		ss_caution_of_epolls() ? &of_others : NULL;
	if (!closer) {
		ss_linger_close(fd);
		return;
	}
	(void)pthread_mutex_lock(&closer->lock);
	/* Without memory or threads it stays open: better than to wait for
	   ever, and our limit of descriptors ends it. */
	if (closer_start(closer) == 0 && closer_push(closer, fd) == 0 &&
	    !closer->late)
		closer_wait(closer);
	(void)pthread_mutex_unlock(&closer->lock);
}
