/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of unequal things, as `order` of a policy has it.
 */
#ifndef SS_POLICY_ORDER_H
#define SS_POLICY_ORDER_H

#include "policy/rule.h"

/*
 * What to answer where the model answers `result` (0 equal, 1 less, 2 greater)
 * about two things of these labels, as ss_question_label() has them: equal
 * stays equal; none makes 3 of everything else.  Each is a total order as long
 * as the model's is one; shuffle falls back to that where labels are the same
 * text ("-").
 */
int ss_order_apply(const struct ss_order *order, int result,
		   const char *label1, const char *label2);

#endif
