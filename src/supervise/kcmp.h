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

#endif
