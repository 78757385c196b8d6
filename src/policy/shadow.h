/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that can never decide, because earlier ones always do.
 */
#ifndef SS_POLICY_SHADOW_H
#define SS_POLICY_SHADOW_H

#include "policy/rule.h"

/*
 * A rule is shadowed if for each type that it matches there is an earlier rule
 * that fires whenever it matches, and that matches whatever this one does.
 * Each such rule is a problem.  Rules of files are not compared with those of
 * SPECs.
 */
void ss_shadow_check(const struct ss_policy *policy,
		     struct ss_problems *problems);

/* Does `a` match, of this type, whatever `b` matches? */
bool ss_rule_covers(const struct ss_rule *a, const struct ss_rule *b,
		    unsigned int type_index);

#endif
