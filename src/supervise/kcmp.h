/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer to one kcmp: asks the model, fetches what it lacks, reports.
 */
#ifndef SS_SUPERVISE_KCMP_H
#define SS_SUPERVISE_KCMP_H

#include "supervise/state.h"

/* true: *ret is the reply; false: the caller has gone, or was put aside. */
bool ss_kcmp_answer(struct ss_session *session, struct ss_task *caller,
		    const struct ss_notification *notification,
		    const struct ss_decoded *call, struct ss_reply *ret)
	ss_must_check;
/*
 * What the model answers, with the facts that it asks for.  0; -ESRCH: the
 * caller has gone; -EBUSY: it was put aside (hold.c).
 */
int ss_kcmp_find(struct ss_session *session, struct ss_question *q,
		 const struct ss_notification *notification,
		 struct ss_answer *ret) ss_must_check;
/*
 * If it is logged with its stack: looks at that.  0, or as ss_stack_find();
 * decision NULL: there is no policy.
 */
int ss_kcmp_look(struct ss_session *session, const struct ss_task *caller,
		 const struct ss_notification *notification,
		 const struct ss_decision *decision) ss_must_check;
/* What becomes of a call for which that, or a ruling, was not 0: as
   ss_kcmp_answer(). */
bool ss_kcmp_put_off(struct ss_session *session, int r, struct ss_reply *ret);
/* Is this no answer, but makes the caller call again? */
bool ss_kcmp_is_again(const struct ss_reply *reply);
/* The call of this task has its answer, or will have it. */
void ss_kcmp_close(struct ss_session *session, pid_t tid);
/* Logs and counts it.  answer NULL: the kernel answers; decision NULL: there is
   no policy. */
void ss_kcmp_report(struct ss_session *session, const struct ss_question *q,
		    const struct ss_answer *answer,
		    const struct ss_decision *decision);
void ss_kcmp_reply(const struct ss_answer *answer, struct ss_reply *ret);
/* What is answered where this fact could not be had for a question of this type
   (r: why, -errno). */
int ss_kcmp_unanswered(int type, const struct ss_need *need, int r);

#endif
