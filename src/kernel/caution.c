/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	      give               made in time
 *	idle ------> busy ---------------------> idle
 *	               |  too late
 *	               +---------> abandoned --> freed by its own thread
 *
 * Threads and no processes: where Yama restricts ptrace only ancestors of a
 * task may look at it.
 */
#include "kernel/caution.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define STACK_SIZE	(256 * 1024)

enum helper_state {
	HELPER_IDLE,
	HELPER_BUSY,
	HELPER_ABANDONED,
};

struct helper {
	enum helper_state state;
	pthread_cond_t given;
	pthread_cond_t done;
	struct ss_careful *careful;	/* its own once it is abandoned */
};

/* All of it under the lock. */
static struct {
	pthread_mutex_t lock;
	struct helper *helper;	/* owned, or NULL: made when needed */
	struct helper *abandoned[SS_CAUTION_ABANDONED_MAX];
	unsigned int count;	/* of those */
} helpers = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Used by one thread only: the helpers need not know. */
static bool begun;
static bool execs = true, epolls = true;

void ss_caution_begin(void)
{
	begun = true;
}

bool ss_caution_has_begun(void)
{
	return begun;
}

bool ss_caution_of_execs(void)
{
	return begun && execs;
}

bool ss_caution_of_epolls(void)
{
	return begun && epolls;
}

void ss_caution_set_execs(bool under_way)
{
	execs = under_way;
}

void ss_caution_set_epolls(bool any)
{
	epolls = any;
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

static void careful_free(struct ss_careful *careful)
{
	if (careful->release)
		careful->release(careful);
	else
		free(careful);
}

static void helper_free(struct helper *helper)
{
	(void)pthread_cond_destroy(&helper->given);
	(void)pthread_cond_destroy(&helper->done);
	free(helper);
}

/* Lock held. */
static void forget_abandoned(const struct helper *helper)
{
	unsigned int i = 0;

	while (helpers.abandoned[i] != helper)
		i++;
	helpers.abandoned[i] = helpers.abandoned[--helpers.count];
}

static void *helper_run(void *data)
{
	struct helper *helper = data;

	(void)pthread_mutex_lock(&helpers.lock);
	for (;;) {
		while (helper->state == HELPER_IDLE)
			(void)pthread_cond_wait(&helper->given, &helpers.lock);
		(void)pthread_mutex_unlock(&helpers.lock);
		helper->careful->run(helper->careful);
		(void)pthread_mutex_lock(&helpers.lock);
		if (helper->state == HELPER_ABANDONED)
			break;
		helper->state = HELPER_IDLE;
		(void)pthread_cond_signal(&helper->done);
	}
	forget_abandoned(helper);
	(void)pthread_mutex_unlock(&helpers.lock);
	careful_free(helper->careful);
	helper_free(helper);
	return NULL;
}

/* Lock held. */
static int helper_new(void)
{
	struct helper *helper = calloc(1, sizeof(*helper));
	pthread_condattr_t attributes;
	int error;

	if (!helper)
		return -ENOMEM;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&helper->given, NULL);
	(void)pthread_cond_init(&helper->done, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	error = ss_caution_thread(helper_run, helper);
	if (error) {
		helper_free(helper);
		return error;
	}
	helpers.helper = helper;
	return 0;
}

/* Lock held. */
static bool would_be_late(const struct ss_careful *careful)
{
	unsigned int i;

	for (i = 0; i < helpers.count; i++) {
		const struct ss_careful *late = helpers.abandoned[i]->careful;

		if (late->lock == careful->lock &&
		    late->task == careful->task &&
		    late->which == careful->which)
			return true;
	}
	return helpers.count == SS_CAUTION_ABANDONED_MAX;
}

/* Lock held. */
static int helper_wait(struct helper *helper)
{
	long patience = helper->careful->patience_ms;
	struct timespec deadline = ss_caution_deadline(patience ? patience :
						       SS_CAUTION_PATIENCE_MS);
	int error = 0;

	while (helper->state == HELPER_BUSY && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&helper->done, &helpers.lock,
					       &deadline);
	if (helper->state == HELPER_IDLE)
		return 0;
	helper->state = HELPER_ABANDONED;
	helpers.helper = NULL;
	helpers.abandoned[helpers.count++] = helper;
	return -ETIMEDOUT;
}

int ss_careful_do(struct ss_careful *careful)
{
	int error;

	(void)pthread_mutex_lock(&helpers.lock);
	error = would_be_late(careful) ? -ETIMEDOUT :
		helpers.helper ? 0 : helper_new();
	if (error) {
		careful_free(careful);
	} else {
		helpers.helper->careful = careful;
		helpers.helper->state = HELPER_BUSY;
		(void)pthread_cond_signal(&helpers.helper->given);
		error = helper_wait(helpers.helper);
	}
	(void)pthread_mutex_unlock(&helpers.lock);
	return error;
}

bool ss_careful_is_exhausted(void)
{
	bool exhausted;

	(void)pthread_mutex_lock(&helpers.lock);
	exhausted = helpers.count == SS_CAUTION_ABANDONED_MAX;
	(void)pthread_mutex_unlock(&helpers.lock);
	return exhausted;
}
