/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/caution.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#define STACK_SIZE	(256 * 1024)

/* Used by one thread only: the helpers need not know. */
static bool begun;

void ss_caution_begin(void)
{
	begun = true;
}

bool ss_caution_has_begun(void)
{
	return begun;
}

bool ss_caution_about(int fd)
{
	struct statx status;

	if (!begun)
		return false;
	/* The type is known without a question to the server. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE,
		  &status) < 0)
		return true;
	return S_ISREG(status.stx_mode) || S_ISDIR(status.stx_mode);
}

int ss_caution_thread(void *(*run)(void *), void *data)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t old;
	int error;

	error = pthread_attr_init(&attributes);
	if (error)
		return -error;
	(void)pthread_attr_setdetachstate(&attributes,
					  PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, &attributes, run, data);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attributes);
	return -error;
}

struct timespec ss_caution_deadline(long ms)
{
	struct timespec time = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += ms / 1000;
	time.tv_nsec += ms % 1000 * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_sec++;
		time.tv_nsec -= 1000000000;
	}
	return time;
}
