/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often rules have matched: what `when` and `chance` go by.
 *
 * Each rule that counts (ss_rule_counts()) has a counter for each task, for
 * each process, or one for all.  A task is known by its path, which an exec
 * leaves alone, a process by its number and serial.  Those of the ended are
 * kept until a sweep finds them.
 */
#ifndef SS_POLICY_COUNTER_H
#define SS_POLICY_COUNTER_H

#include "model/model.h"
#include "policy/rule.h"

struct ss_counters;

/* For this policy, which must stay as it is; NULL: no memory. */
struct ss_counters *ss_counters_new(const struct ss_policy *policy)
	ss_must_check;
void ss_counters_free(struct ss_counters *counters);	/* NULL is fine */

/*
 * One call more, which the rule matches: how many it makes, from 1; or
 * -ENOMEM, and it is not counted.  Takes a reference on the path.
 */
int ss_counters_count(struct ss_counters *counters, const struct ss_rule *rule,
		      struct ss_path *task, const struct ss_group *process,
		      uint64_t *ret) ss_must_check;

/* Drops the counters of tasks and processes that have ended, if there are more
   than twice as many as tasks: so they cost as much as the tasks at most. */
void ss_counters_sweep(struct ss_counters *counters,
		       const struct ss_model *model);

/* How many tasks and processes have counters. */
size_t ss_counters_owners(const struct ss_counters *counters);

/* Does the rule fire at this count?  And then: does chance let it? */
bool ss_when_fires(const struct ss_when *when, uint64_t count);
/*
 * Depends on the rule's seed and place, on the task's label and on the count,
 * and on nothing else.  (Of a label over SS_PATH_KEPT numbers deep, those
 * count that are never left out.)
 */
bool ss_chance_fires(const struct ss_rule *rule, const struct ss_path *task,
		     uint64_t count);

/* 64 bits of a text under a seed; for order.h. */
uint64_t ss_scramble_text(uint64_t seed, const char *text);

#endif
