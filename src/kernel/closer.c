/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Closing fetched descriptors, where that may wait: for a FUSE server, or for
 * somebody who holds the epoll in which the file is.
 *
 * One thread closes them in turn.  Whoever hands one over waits until it is
 * closed, but not behind one that is late already: then it is closed when the
 * late one is.
 */
#include "kernel/descriptor.h"

#include <errno.h>
#include <pthread.h>

#include "kernel/caution.h"

/* All of it under the lock. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t given;
	pthread_cond_t emptied;
	bool running;
	bool late;
	int *fds;		/* owned: fds[0] is being closed */
	size_t count;
	size_t room;
} closer = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.given = PTHREAD_COND_INITIALIZER,
};

static void *closer_run(void *unused)
{
	int fd;

	(void)unused;
	(void)pthread_mutex_lock(&closer.lock);
	for (;;) {
		while (closer.count == 0)
			(void)pthread_cond_wait(&closer.given, &closer.lock);
		fd = closer.fds[0];
		(void)pthread_mutex_unlock(&closer.lock);
		(void)close(fd);
		(void)pthread_mutex_lock(&closer.lock);
		closer.count--;
		for (size_t i = 0; i < closer.count; i++)
			closer.fds[i] = closer.fds[i + 1];
		if (closer.count > 0)
			continue;
		closer.late = false;
		(void)pthread_cond_signal(&closer.emptied);
	}
	return NULL;
}

/* Lock held. */
static int closer_start(void)
{
	pthread_condattr_t attributes;
	int error;

	if (closer.running)
		return 0;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&closer.emptied, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	error = ss_caution_thread(closer_run, NULL);
	closer.running = !error;
	return error;
}

/* Lock held. */
static int closer_push(int fd)
{
	size_t room;
	int *fds;

	if (closer.count == closer.room) {
		room = closer.room ? closer.room * 2 : 16;
		fds = reallocarray(closer.fds, room, sizeof(*fds));
		if (!fds)
			return -ENOMEM;
		closer.fds = fds;
		closer.room = room;
	}
	closer.fds[closer.count++] = fd;
	(void)pthread_cond_signal(&closer.given);
	return 0;
}

/* Lock held. */
static void closer_wait(void)
{
	struct timespec deadline = ss_caution_deadline(SS_CLOSE_PATIENCE_MS);
	int error = 0;

	while (closer.count > 0 && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&closer.emptied, &closer.lock,
					       &deadline);
	closer.late = closer.count > 0;
}

void ss_fetched_close(int fd)
{
	if (fd < 0)
		return;
	if (!ss_caution_has_begun()) {
		(void)close(fd);
		return;
	}
	(void)pthread_mutex_lock(&closer.lock);
	/* Without memory or threads it stays open: better than to wait for
	   ever, and our limit of descriptors ends it. */
	if (closer_start() == 0 && closer_push(fd) == 0 && !closer.late)
		closer_wait();
	(void)pthread_mutex_unlock(&closer.lock);
}
