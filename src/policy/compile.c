/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/compile.h"

#include "policy/keys.h"
#include "policy/match.h"

static bool needs_type_only(const struct ss_rule *rule)
{
	return !(rule->given & SS_KEYS_BEYOND_TYPE) && !ss_rule_counts(rule);
}

static struct ss_filtered filtered(const struct ss_action *action,
				   const struct ss_rule *rule)
{
	struct ss_filtered result = { .what = SS_FILTER_NOTIFY };

	if (action->delay || action->signal)
		return result;
	if (action->kind == SS_ACTION_ERROR) {
		result.what = SS_FILTER_ERRNO;
		result.error = action->value;
		result.rule = rule;
	} else if (action->kind == SS_ACTION_KERNEL) {
		result.what = SS_FILTER_ALLOW;
		result.rule = rule;
	}
	return result;
}

/* The first rule for the type decides what the filter can do. */
static struct ss_filtered in_filter(const struct ss_policy *policy,
				    unsigned int type)
{
	const struct ss_filtered notify = { .what = SS_FILTER_NOTIFY };
	size_t i;

	for (i = 0; i < policy->count; i++) {
		const struct ss_rule *rule = policy->rules[i];

		if (!(rule->types & 1u << type))
			continue;
		return needs_type_only(rule) && !rule->log ?
			filtered(&rule->action, rule) : notify;
	}
	return filtered(&policy->fallback, NULL);
}

static unsigned int facts_of(const struct ss_rule *rule)
{
	static const struct {
		enum ss_key_id key;
		enum ss_fact fact;
	} needs[] = {
		{ SS_KEY_UID, SS_FACT_UID },
		{ SS_KEY_RELATION, SS_FACT_RELATIONS },
		{ SS_KEY_CALLER, SS_FACT_EXECUTABLE },
		{ SS_KEY_SAME, SS_FACT_SAME },
		{ SS_KEY_AT, SS_FACT_STACK },
	};
	unsigned int facts = 0;
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(needs); i++) {
		if (rule->given & 1u << needs[i].key)
			facts |= 1u << needs[i].fact;
	}
	if (rule->given & 1u << SS_KEY_RELATION &&
	    rule->relations & 1u << SS_RELATION_SAME_USER)
		facts |= 1u << SS_FACT_USERS;
	return facts;
}

/* What a call of this type may need. */
static void add_needs(const struct ss_policy *policy, unsigned int type,
		      struct ss_plan *plan)
{
	const struct ss_action *last = &policy->fallback;
	bool model = false;
	size_t i;

	for (i = 0; i < policy->count; i++) {
		const struct ss_rule *rule = policy->rules[i];

		if (!(rule->types & 1u << type))
			continue;
		plan->facts |= facts_of(rule);
		model = model || rule->action.kind == SS_ACTION_MODEL ||
			rule->given & 1u << SS_KEY_SAME;
		if (needs_type_only(rule)) {
			/* No later one is asked. */
			last = &rule->action;
			break;
		}
	}
	model = model || last->kind == SS_ACTION_MODEL;
	if (!model)
		return;
	plan->model_types |= 1u << type;
	if (policy->outside.kind != SS_ACTION_MODEL)
		plan->facts |= 1u << SS_FACT_RELATIONS;
}

void ss_policy_compile(const struct ss_policy *policy, bool observed,
		       struct ss_plan *ret)
{
	unsigned int i;

	*ret = (struct ss_plan){ 0 };
	for (i = 0; i <= SS_TYPE_INVALID; i++) {
		if (!observed)
			ret->types[i] = in_filter(policy, i);
		add_needs(policy, i, ret);
	}
}

unsigned int ss_plan_types_of(const struct ss_plan *plan,
			      const struct ss_rule *rule)
{
	unsigned int i, types = 0;

	for (i = 0; i <= SS_TYPE_INVALID; i++) {
		if (plan->types[i].what != SS_FILTER_NOTIFY &&
		    plan->types[i].rule == rule)
			types |= 1u << i;
	}
	return types;
}
