/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/shadow.h"

#include <string.h>

#include "policy/keys.h"

/* Relations that include others. */
static unsigned int widened(unsigned int relations)
{
	if (relations & 1u << SS_RELATION_ANCESTOR)
		relations |= 1u << SS_RELATION_PARENT;
	if (relations & 1u << SS_RELATION_DESCENDANT)
		relations |= 1u << SS_RELATION_CHILD;
	/* A task stands in one of the others, too, or is unknown. */
	if ((relations | 1u << SS_RELATION_SAME_USER) == SS_RELATIONS_ALL)
		relations = SS_RELATIONS_ALL;
	return relations;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool says(const struct ss_rule *rule, enum ss_key_id id)
{
	return rule->given & 1u << id;
}

/* One predicate: `a` does not have it, or both have the same, or a wider
   one. */
static bool covers_key(const struct ss_rule *a, const struct ss_rule *b,
		       enum ss_key_id id)
{
	if (!says(a, id))
		return true;
	if (id == SS_KEY_RELATION)
		return !(b->relations & ~widened(a->relations));
	if (!says(b, id))
		return false;
	if (id == SS_KEY_CALLER)
		return same_text(a->caller, b->caller);
	if (id == SS_KEY_FD)
		return a->fd_first <= b->fd_first && a->fd_last >= b->fd_last;
	if (id == SS_KEY_SAME)
		return a->same == b->same;
	if (id == SS_KEY_AT)
		return (!a->object || same_text(a->object, b->object)) &&
			same_text(a->function, b->function);
	if (id == SS_KEY_UID)
		return a->uid == b->uid;
	return a->task_numbers == b->task_numbers &&
		memcmp(a->task, b->task,
		       a->task_numbers * sizeof(*a->task)) == 0;
}

bool ss_rule_covers(const struct ss_rule *a, const struct ss_rule *b,
		    unsigned int type_index)
{
	static const enum ss_key_id keys[] = {
		SS_KEY_RELATION, SS_KEY_CALLER, SS_KEY_FD, SS_KEY_SAME,
		SS_KEY_AT, SS_KEY_UID, SS_KEY_TASK,
	};
	size_t i;

	if (!(a->types & 1u << type_index))
		return false;
	for (i = 0; i < SS_ARRAY_SIZE(keys); i++) {
		if (!covers_key(a, b, keys[i]))
			return false;
	}
	return true;
}

/* The first rule that takes from `rule` all calls of this type, or NULL. */
static const struct ss_rule *shadow_of(const struct ss_policy *policy,
				       size_t from,
				       const struct ss_rule *rule,
				       unsigned int type_index)
{
	size_t i;

	for (i = from; i < rule->index; i++) {
		const struct ss_rule *earlier = policy->rules[i];

		if (!earlier->broken && !ss_rule_counts(earlier) &&
		    ss_rule_covers(earlier, rule, type_index))
			return earlier;
	}
	return NULL;
}

/* Of which types a call can match at all. */
static unsigned int possible_types(const struct ss_rule *rule)
{
	unsigned int types = rule->types;

	if (says(rule, SS_KEY_FD))
		types &= 1u << SS_TYPE_FILE | 1u << SS_TYPE_EPOLL_TFD;
	if (says(rule, SS_KEY_SAME))
		types &= ~(1u << SS_TYPE_INVALID);
	return types;
}

static bool is_among(const struct ss_rule *const *rules, unsigned int n,
		     const struct ss_rule *rule)
{
	while (n--) {
		if (rules[n] == rule)
			return true;
	}
	return false;
}

static void check(const struct ss_policy *policy, struct ss_rule *rule,
		  struct ss_problems *problems)
{
	ss_cleanup_text struct ss_text text = { 0 };
	size_t from = rule->index < policy->injected ? 0 : policy->injected;
	unsigned int i, n = 0, types = possible_types(rule);
	const struct ss_rule *shadows[SS_TYPE_INVALID + 1];

	if (!types || rule->broken)
		return;
	for (i = 0; i <= SS_TYPE_INVALID; i++) {
		if (!(types & 1u << i))
			continue;
		shadows[n] = shadow_of(policy, from, rule, i);
		if (!shadows[n])
			return;
		n += !is_among(shadows, n, shadows[n]);
	}
	for (i = 0; i < n; i++) {
		ss_text_add_string(&text, i ? ", and by " : "by ");
		ss_rule_print_name(shadows[i], &text);
		ss_text_add_string(&text, " (");
		ss_where_print(&shadows[i]->where, &text);
		ss_text_add_string(&text, ")");
	}
	if (text.error)
		problems->error = text.error;
	ss_problem_add(problems, rule->where,
		       "this rule is never reached: all that it matches is "
		       "decided %s", ss_text_string(&text));
}

void ss_shadow_check(const struct ss_policy *policy,
		     struct ss_problems *problems)
{
	size_t i;

	for (i = 0; i < policy->count; i++)
		check(policy, policy->rules[i], problems);
}
