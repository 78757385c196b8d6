/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the seccomp program does for a policy: which kcmp it decides itself, and
 * which calls need not be watched because nothing that is asked about depends
 * on them.
 */
#ifndef SS_SUPERVISE_PLAN_H
#define SS_SUPERVISE_PLAN_H

#include "kernel/filter.h"
#include "supervise/session.h"

/* Everything is told if there is no policy. */
void ss_plan_filter(const struct ss_session_options *options,
		    struct ss_filter_plan *ret);

/* A number whose kcmp is told to us, for a trial; -1: there is none. */
int ss_plan_told_type(const struct ss_filter_plan *plan);

#endif
