/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often rules have matched: what `when` and `chance` go by.
 *
 * Each rule that counts (ss_rule_counts()) has a counter for each task, for
 * each process, or one for all.  A task is known by its path, which an exec
 * leaves alone, a process by its number; so whoever tells the model that one
 * of them has ended must say so here, too, before that name can come back:
 *
 *	ss_counters_task_ended(counters, task->path);
 *	ss_counters_process_ended(counters, group->tgid);
 *
 * The path itself is not looked at there: it may have been freed.
 */
#ifndef SS_POLICY_COUNTER_H
#define SS_POLICY_COUNTER_H

#include "policy/rule.h"

struct ss_counters;

/* For this policy, which must stay as it is; NULL: no memory. */
struct ss_counters *ss_counters_new(const struct ss_policy *policy)
	ss_must_check;
void ss_counters_free(struct ss_counters *counters);	/* NULL is fine */

/*
 * One call more, which the rule matches: how many it makes, from 1; or
 * -ENOMEM, and it is not counted.
 */
int ss_counters_count(struct ss_counters *counters, const struct ss_rule *rule,
		      const struct ss_path *task, pid_t tgid, uint64_t *ret)
	ss_must_check;

/* Nothing happens if there is no counter. */
void ss_counters_task_ended(struct ss_counters *counters,
			    const struct ss_path *task);
void ss_counters_process_ended(struct ss_counters *counters, pid_t tgid);

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
