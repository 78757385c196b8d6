/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the handlers of calls have in common: handle.c, and handle-namespace.c.
 */
#ifndef SS_SUPERVISE_HANDLE_H
#define SS_SUPERVISE_HANDLE_H

#include "supervise/state.h"

struct ss_handling {
	struct ss_session *session;
	struct ss_task *task;
	const struct ss_notification *notification;
	const struct ss_decoded *call;
	struct ss_reply *reply;
};

/* true: h->reply is to be sent. */
typedef bool ss_handle_fn(struct ss_handling *h);

/* What the model is told of it once it has been let on. */
void ss_call_tells(const struct ss_handling *h, enum ss_event_type type);
/* Puts it aside, if it has not waited too long. */
bool ss_call_waits(struct ss_handling *h);
/*
 * The same where this call needs what is in a slot, and another thread's takes
 * it away, or the other way round: one after the other.  `uses`: those that
 * need it are waited for, else all.
 */
bool ss_call_waits_for_slots(struct ss_handling *h, unsigned int first,
			     unsigned int last, bool uses);
/* The same, as long as an ioprio_set is in flight: nothing shows yet to whom it
   has come. */
bool ss_call_waits_for_ioprio(struct ss_handling *h);
/* All that set*id is about: it may change the caller's ids and capabilities. */
ss_handle_fn ss_call_changes_creds;
/* Deaths were learned meanwhile: was the caller's among them? */
bool ss_call_is_there(struct ss_handling *h);

/* handle-namespace.c */
ss_handle_fn ss_handle_unshare, ss_handle_setns;

#endif
