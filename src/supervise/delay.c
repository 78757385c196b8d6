/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers that are given later, while everybody else goes on.
 */
#include "supervise/state.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "kernel/signals.h"

/* How many may be there before it is looked who has died meanwhile: each task
   waits for one answer at most. */
#define SPARE	64u

static bool is_waiting(const struct ss_session *session,
		       const struct ss_delayed *delayed)
{
	return ss_listener_is_valid(&session->launched.listener,
				    delayed->notification.id);
}

static void drop(struct ss_session *session, struct ss_delayed *delayed)
{
	DL_DELETE(session->delayed, delayed);
	session->delayed_count--;
	free(delayed);
}

/* Programs that are killed while they wait must not make us grow. */
static void prune(struct ss_session *session)
{
	struct ss_delayed *delayed, *tmp;

	if (session->delayed_count <
	    2 * session->model->tasks.count + SPARE)
		return;
	DL_FOREACH_SAFE(session->delayed, delayed, tmp) {
		if (!is_waiting(session, delayed))
			drop(session, delayed);
	}
}

/* The last one before this, or NULL: who comes first.  (In a list of utlist.h
   the first one's .prev is the last.) */
static struct ss_delayed *before(const struct ss_session *session,
				 const struct ss_delayed *delayed)
{
	return delayed == session->delayed ? NULL : delayed->prev;
}

static struct ss_delayed *last(const struct ss_session *session)
{
	return session->delayed ? session->delayed->prev : NULL;
}

/* From the end: most delays are alike. */
static void insert(struct ss_session *session, struct ss_delayed *delayed)
{
	struct ss_delayed *at = last(session);

	while (at && at->due > delayed->due)
		at = before(session, at);
	if (at)
		DL_APPEND_ELEM(session->delayed, at, delayed);
	else
		DL_PREPEND(session->delayed, delayed);
	session->delayed_count++;
}

int ss_delay(struct ss_session *session,
	     const struct ss_notification *notification,
	     const struct ss_reply *reply, uint64_t ns)
{
	struct ss_delayed *delayed;

	prune(session);
	delayed = malloc(sizeof(*delayed));
	if (!delayed)
		return -ENOMEM;
	delayed->notification = *notification;
	delayed->reply = *reply;
	delayed->due = ss_clock_ns() + ns;
	insert(session, delayed);
	ss_signals_wake_at(session->delayed->due);
	return 0;
}

bool ss_delay_is_delayed(const struct ss_session *session,
			 const struct ss_notification *notification)
{
	const struct ss_delayed *at = last(session);

	while (at && at->notification.id != notification->id)
		at = before(session, at);
	return at;
}

bool ss_delay_resume(struct ss_session *session,
		     const struct ss_notification *notification)
{
	struct ss_delayed *delayed;

	if (session->launched.wait_killable)
		return false;
	DL_FOREACH(session->delayed, delayed) {
		if (!ss_notification_is_like(&delayed->notification,
					     notification) ||
		    is_waiting(session, delayed))
			continue;
		delayed->notification.id = notification->id;
		return true;
	}
	return false;
}

void ss_delays_serve(struct ss_session *session)
{
	struct ss_delayed *delayed;
	uint64_t now;

	if (!session->delayed)
		return;
	now = ss_clock_ns();
	while ((delayed = session->delayed) && delayed->due <= now) {
		(void)ss_loop_answer(session, &delayed->notification,
				     &delayed->reply);
		drop(session, delayed);
	}
	ss_signals_wake_at(delayed ? delayed->due : 0);
}

void ss_delays_release(struct ss_session *session)
{
	while (session->delayed)
		drop(session, session->delayed);
}
