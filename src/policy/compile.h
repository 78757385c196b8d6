/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel can decide alone, and what need not be watched.
 *
 * A rule that needs the type only can be a part of the seccomp filter: a
 * refusal then costs no notification, and a call for the kernel neither.  That
 * is so if no earlier rule for the type needs us, if it has no `log`, `delay`,
 * `signal`, `when` or `chance`, and if its action is an error or `kernel`.
 */
#ifndef SS_POLICY_COMPILE_H
#define SS_POLICY_COMPILE_H

#include "policy/rule.h"

enum ss_in_filter {
	SS_FILTER_NOTIFY,
	SS_FILTER_ERRNO,
	SS_FILTER_ALLOW,
};

struct ss_filtered {
	enum ss_in_filter what;
	int error;			/* of ERRNO */
	const struct ss_rule *rule;	/* which says so; NULL: the default */
};

struct ss_plan {
	/* What the filter does with a kcmp of each type, and of any other: by
	   ss_type_index() of the low 32 bits, which are what the kernel
	   reads. */
	struct ss_filtered types[SS_TYPE_INVALID + 1];
	/* For which types, in bits, the model may have to answer, or to say
	   what is the same: for the others nothing need be known. */
	unsigned int model_types;
	/* Which facts may be asked for: bits 1 << enum ss_fact. */
	unsigned int facts;
};

/*
 * observed: somebody wants to see every call (--log, --stats, --audit,
 * --learn, --would-deny): then all are notified, and the rest of the plan is
 * the same.
 */
void ss_policy_compile(const struct ss_policy *policy, bool observed,
		       struct ss_plan *ret);

/* The types, in bits, of which this rule decides in the filter. */
unsigned int ss_plan_types_of(const struct ss_plan *plan,
			      const struct ss_rule *rule);

#endif
