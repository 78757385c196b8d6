/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carries out what a policy decides about a kcmp.
 */
#ifndef SS_SUPERVISE_ACT_H
#define SS_SUPERVISE_ACT_H

#include "supervise/state.h"

/* As ss_kcmp_answer(), of a session with a policy.  False also if the reply is
   delayed (delay.c). */
bool ss_act(struct ss_session *session, const struct ss_task *caller,
	    const struct ss_notification *notification,
	    const struct ss_question *question, struct ss_reply *ret)
	ss_must_check;

#endif
