/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy at work: what it makes of one kcmp, and the facts that it asks for.
 *
 * Each task that calls has one ruling, which lasts until its call has its
 * answer: a call that was put aside, or that a signal has interrupted and that
 * is made again, is not counted twice.
 */
#ifndef SS_SUPERVISE_RULING_H
#define SS_SUPERVISE_RULING_H

#include "supervise/state.h"

/* 0 or -ENOMEM. */
int ss_rulings_init(struct ss_rulings *rulings,
		    const struct ss_policy *policy) ss_must_check;
void ss_rulings_release(struct ss_rulings *rulings);

/*
 * What is to become of this call: (*ret)->asked.decision.  0; -EBUSY: it has to
 * wait (hold.c); -ERESTART: it has to be made again (stack.h); -ESRCH: the
 * caller has gone; -ENOMEM.
 */
int ss_ruling_make(struct ss_session *session, const struct ss_task *caller,
		   const struct ss_notification *notification,
		   const struct ss_question *question,
		   struct ss_ruling **ret) ss_must_check;

/*
 * For a report: how the targets of a question that has its answer stand to the
 * caller, as a rule would see it; the model may have been asked about both, one
 * or none of them.  0; -ESRCH: the caller has gone.
 */
int ss_ruling_relations(struct ss_session *session,
			const struct ss_question *question,
			unsigned int ret[2]) ss_must_check;

/* The call of this task has its answer. */
void ss_ruling_close(struct ss_session *session, pid_t tid);

#endif
