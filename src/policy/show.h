/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy as a file again: the rules in the order in which they are asked,
 * each value in one way of writing it, and in comments what the kernel
 * decides.  Read again, it is the same policy, if no rule of a file is shadowed
 * by a SPEC.
 */
#ifndef SS_POLICY_SHOW_H
#define SS_POLICY_SHOW_H

#include "policy/rule.h"

/* Of a policy that is finished and without problems. */
void ss_policy_show(const struct ss_policy *policy, struct ss_text *text);

#endif
