/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules: which kcmp calls they match, when they fire, and what they do then.
 *
 * A policy is made in three steps:
 *
 *	ss_policy_init(&policy);
 *	ss_policy_inject(&policy, spec, origin, &problems);	(spec.h)
 *	ss_policy_read(&policy, name, text, length, &problems);	(file.h)
 *	ss_policy_finish(&policy, &problems);
 *	if (ss_problems_any(&problems)) ... nothing may run with it
 *
 * the middle one as often as there are options.  It is constant from then on:
 * what counts lives in struct ss_counters (counter.h).  match.h decides,
 * compile.h says what the kernel can decide alone, show.h prints.
 *
 * What a rule can say is one table, keys.h.
 */
#ifndef SS_POLICY_RULE_H
#define SS_POLICY_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "model/compare.h"
#include "model/label.h"
#include "policy/problem.h"

/*
 * Bits of a set of types: 1 << enum ss_type, and one for every other number.
 */
#define SS_TYPE_INVALID	SS_TYPE_COUNT
#define SS_TYPES_ALL	((1u << (SS_TYPE_INVALID + 1)) - 1)

/* In which bit a number that a program passes as type is. */
static inline unsigned int ss_type_index(int type)
{
	return type >= 0 && type < SS_TYPE_COUNT ? (unsigned int)type :
		(unsigned int)SS_TYPE_INVALID;
}

/* "FILE", ..., "invalid". */
const char *ss_type_index_name(unsigned int index);

/*
 * X(ENUM, name): how a target stands to the caller; relation.h defines each.
 */
#define SS_RELATIONS(X) \
	X(SELF, "self") X(THREAD, "thread") X(PARENT, "parent") \
	X(CHILD, "child") X(ANCESTOR, "ancestor") \
	X(DESCENDANT, "descendant") X(SIBLING, "sibling") \
	X(SAME_USER, "same-user") X(OTHER, "other") X(UNKNOWN, "unknown")

enum ss_relation {
#define X(id, name) SS_RELATION_##id,
	SS_RELATIONS(X)
#undef X
	SS_RELATION_COUNT
};

#define SS_RELATIONS_ALL	((1u << SS_RELATION_COUNT) - 1)

const char *ss_relation_name(enum ss_relation relation);

enum ss_action_kind {
	SS_ACTION_NONE,		/* not said yet */
	SS_ACTION_MODEL,	/* the model answers */
	SS_ACTION_KERNEL,	/* the kernel does: the call goes on */
	SS_ACTION_ERROR,	/* fails with .value, an errno */
	SS_ACTION_RETVAL,	/* returns .value: 0 to 3 */
	SS_ACTION_KILL,		/* SIGKILL to the caller's process */
};

struct ss_action {
	enum ss_action_kind kind;
	int value;
	uint64_t delay;		/* nanoseconds before the answer; 0: none */
	int signal;		/* to the caller, with the answer; 0: none */
};

#define SS_DELAY_MAX	(UINT64_C(86400) * 1000000000)	/* a day */

/* "error EPERM", "retval 2", "model, delay 5ms, signal SIGUSR1". */
void ss_action_print(const struct ss_action *action, struct ss_text *text);

/* Which of the counted calls: first, first + step, ... up to last. */
struct ss_when {
	uint32_t first, step;
	uint64_t last;		/* SS_WHEN_NO_END, or as large as first */
};

#define SS_WHEN_NO_END	UINT64_MAX

/* Among whose calls they are counted. */
enum ss_scope {
	SS_SCOPE_TASK,
	SS_SCOPE_PROCESS,
	SS_SCOPE_SANDBOX,
	SS_SCOPE_COUNT
};

#define SS_CHANCE_ONE	1000000000u	/* chance is in parts of this */

#define SS_TASK_NUMBERS	(SS_PATH_KEPT + 1)

struct ss_rule {
	char *name;		/* owned; or NULL */
	struct ss_where where;
	unsigned int given;	/* bits 1 << enum ss_key_id: what is said */
	/* what it matches; where nothing is said, everything */
	unsigned int types;
	unsigned int relations;
	char *caller;		/* owned; a glob (glob.h) */
	unsigned int fd_first, fd_last;
	bool same;
	char *object, *function;	/* owned; globs; object may be NULL */
	uid_t uid;
	unsigned int task[SS_TASK_NUMBERS];
	unsigned int task_numbers;
	/* when it fires; where nothing is said, always */
	struct ss_when when;
	enum ss_scope scope;
	uint32_t chance;
	uint64_t seed;
	/* what it does */
	struct ss_action action;
	bool log;
	bool broken;		/* something about it was a problem: it may
				   be meant otherwise */
	/* filled in by ss_policy_finish() */
	unsigned int index;	/* its place, from 0 */
	unsigned int counter;	/* its counter, if ss_rule_counts() */
};

/* A rule that says nothing yet, or NULL. */
struct ss_rule *ss_rule_new(struct ss_where where) ss_must_check;
void ss_rule_free(struct ss_rule *rule);	/* NULL is fine */

/* Does it need a counter?  If not, it fires whenever it matches. */
bool ss_rule_counts(const struct ss_rule *rule);

/* "rule 2 'name'": as messages call it. */
void ss_rule_print_name(const struct ss_rule *rule, struct ss_text *text);

/* What holds for the whole policy, and where it was set (file NULL: not). */
enum ss_setting {
	SS_SETTING_DEFAULT,
	SS_SETTING_OUTSIDE,
	SS_SETTING_ORDER,
	SS_SETTING_COUNT
};

enum ss_order_kind {
	SS_ORDER_LABEL,
	SS_ORDER_REVERSE,
	SS_ORDER_SHUFFLE,
	SS_ORDER_NONE,
};

struct ss_order {
	enum ss_order_kind kind;
	uint64_t seed;
};

#define SS_RULES_MAX	1000

struct ss_policy {
	struct ss_rule **rules;	/* owned, in the order in which they are
				   asked: those of SPECs first */
	size_t count, capacity;
	size_t injected;	/* how many come from SPECs */
	struct ss_action fallback;	/* `default`: MODEL, KERNEL, ERROR */
	struct ss_action outside;	/* what the model answers about tasks
					   outside: MODEL is "hide" (ESRCH) */
	struct ss_order order;
	struct ss_where set[SS_SETTING_COUNT];
	/* known when it is finished: */
	unsigned int counters;	/* how many rules count */
	bool logs;		/* some rule does */
	bool stacks;		/* some rule asks where the caller is */
	struct ss_source *sources;	/* owned: names of files */
};

void ss_policy_init(struct ss_policy *policy);
void ss_policy_release(struct ss_policy *policy);

/* The policy's own copy of a name, or NULL. */
const char *ss_policy_source(struct ss_policy *policy, const char *name)
	ss_must_check;

/* Takes the rule over, at the end or after the injected ones; -ENOMEM,
   -E2BIG: it has been freed. */
int ss_policy_add(struct ss_policy *policy, struct ss_rule *rule,
		  bool injected) ss_must_check;

/*
 * Numbers the rules and looks for those that can never decide: shadowed by
 * earlier ones, or without anything that they could match.  A rule of a file
 * may be shadowed by a SPEC: that is what SPECs are for.
 */
void ss_policy_finish(struct ss_policy *policy, struct ss_problems *problems);

#endif
