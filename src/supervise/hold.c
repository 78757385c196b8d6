/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notifications that must wait: a clone or exec that could be confused with
 * one that is still in flight, a kcmp whose caller's stack is being read, a
 * call whose argument lies in a page that does not come.  No event tells of the
 * end of most of these, so the held ones are tried again whenever something
 * happens, and every millisecond.  After SS_HOLD_TRIES of those (a question
 * about who dumps core after fewer) they go on all the same, and are counted;
 * but for the last, who wait for that page with us or without.
 */
#include "supervise/state.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "kernel/caution.h"
#include "kernel/signals.h"

#define RETRY_MICROSECONDS	1000

static struct ss_held *find(const struct ss_session *session, uint64_t id)
{
	struct ss_held *held;

	DL_FOREACH(session->held, held) {
		if (held->notification.id == id)
			return held;
	}
	return NULL;
}

int ss_hold(struct ss_session *session,
	    const struct ss_notification *notification)
{
	struct ss_held *held = find(session, notification->id);

	if (held)
		return 0;
	held = calloc(1, sizeof(*held));
	if (!held)
		return -ENOMEM;
	held->notification = *notification;
	if (!session->held)
		ss_signals_retry_every(RETRY_MICROSECONDS);
	DL_APPEND(session->held, held);
	session->stats.held++;
	return 0;
}

bool ss_hold_is_held(const struct ss_session *session,
		     const struct ss_notification *notification)
{
	return find(session, notification->id);
}

bool ss_hold_has_lasted(const struct ss_session *session,
			const struct ss_notification *notification,
			unsigned int tries)
{
	const struct ss_held *held = find(session, notification->id);

	return held && held->tries >= tries;
}

bool ss_hold_is_over(const struct ss_session *session,
		     const struct ss_notification *notification)
{
	return ss_hold_has_lasted(session, notification, SS_HOLD_TRIES);
}

bool ss_hold_for_page_is_over(const struct ss_session *session,
			      const struct ss_notification *notification)
{
	return ss_careful_is_exhausted() &&
		ss_hold_is_over(session, notification);
}

static void drop(struct ss_session *session, struct ss_held *held)
{
	DL_DELETE(session->held, held);
	free(held);
	if (!session->held)
		ss_signals_retry_every(0);
}

/* What they wait for: that a pending clone or exec is settled, or a stack has
   been read. */
static uint64_t changes(const struct ss_session *session)
{
	return session->stats.execs + session->model->pending_changes +
		session->stacks.taken;
}

void ss_hold_retry(struct ss_session *session)
{
	struct ss_held *held, *tmp;
	bool tick = ss_signals_take_timer();

	if (!tick && session->held_since == changes(session))
		return;
	session->held_since = changes(session);
	DL_FOREACH_SAFE(session->held, held, tmp) {
		struct ss_notification notification = held->notification;

		held->tries += tick;
		/* Who was killed, or interrupted, may be somebody else now. */
		if (!ss_listener_is_valid(&session->launched.listener,
					  notification.id)) {
			drop(session, held);
			continue;
		}
		if (ss_loop_serve(session, &notification) && !session->failure)
			drop(session, held);
	}
	/* However long that took, new calls have their turn before the next. */
	if (tick && session->held) {
		(void)ss_signals_take_timer();
		ss_signals_retry_every(RETRY_MICROSECONDS);
	}
}

void ss_hold_release(struct ss_session *session)
{
	while (session->held)
		drop(session, session->held);
}
