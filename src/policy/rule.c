/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/keys.h"
#include "policy/read.h"
#include "policy/shadow.h"

/* A name of a file that problems and rules point at. */
struct ss_source {
	struct ss_source *next;
	char name[];
};

const char *ss_type_index_name(unsigned int index)
{
	return index < SS_TYPE_COUNT ? ss_type_name((int)index) : "invalid";
}

const char *ss_relation_name(enum ss_relation relation)
{
	static const char *const names[SS_RELATION_COUNT] = {
#define X(id, name) name,
		SS_RELATIONS(X)
#undef X
	};

	return names[relation];
}

void ss_action_print(const struct ss_action *action, struct ss_text *text)
{
	char buffer[16];

	switch (action->kind) {
	case SS_ACTION_NONE:
		ss_text_add_string(text, "nothing");
		break;
	case SS_ACTION_MODEL:
		ss_text_add_string(text, "model");
		break;
	case SS_ACTION_KERNEL:
		ss_text_add_string(text, "kernel");
		break;
	case SS_ACTION_ERROR:
		ss_text_printf(text, "error %s",
			       ss_errno_name(action->value, buffer));
		break;
	case SS_ACTION_RETVAL:
		ss_text_printf(text, "retval %d", action->value);
		break;
	case SS_ACTION_KILL:
		ss_text_add_string(text, "kill");
		break;
	}
	if (action->delay) {
		struct ss_rule rule = { .action = *action };

		ss_text_add_string(text, ", delay ");
		ss_keys[SS_KEY_DELAY].print(&rule, text);
	}
	if (action->signal) {
		struct ss_rule rule = { .action = *action };

		ss_text_add_string(text, ", signal ");
		ss_keys[SS_KEY_SIGNAL].print(&rule, text);
	}
}

struct ss_rule *ss_rule_new(struct ss_where where)
{
	struct ss_rule *rule = calloc(1, sizeof(*rule));

	if (!rule)
		return NULL;
	rule->where = where;
	rule->types = SS_TYPES_ALL;
	rule->relations = SS_RELATIONS_ALL;
	rule->when = (struct ss_when){ .first = 1, .last = SS_WHEN_NO_END,
				       .step = 1 };
	rule->chance = SS_CHANCE_ONE;
	return rule;
}

void ss_rule_free(struct ss_rule *rule)
{
	if (!rule)
		return;
	free(rule->name);
	free(rule->caller);
	free(rule->object);
	free(rule->function);
	free(rule);
}

bool ss_rule_counts(const struct ss_rule *rule)
{
	return rule->when.first != 1 || rule->when.last != SS_WHEN_NO_END ||
		rule->when.step != 1 || rule->chance != SS_CHANCE_ONE;
}

void ss_rule_print_name(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_printf(text, "rule %u", rule->index + 1);
	if (rule->name)
		ss_text_printf(text, " '%s'", rule->name);
}

void ss_policy_init(struct ss_policy *policy)
{
	*policy = (struct ss_policy){
		.fallback = { .kind = SS_ACTION_MODEL },
		.outside = { .kind = SS_ACTION_MODEL },
	};
}

void ss_policy_release(struct ss_policy *policy)
{
	size_t i;

	for (i = 0; i < policy->count; i++)
		ss_rule_free(policy->rules[i]);
	free(policy->rules);
	while (policy->sources) {
		struct ss_source *source = policy->sources;

		policy->sources = source->next;
		free(source);
	}
	ss_policy_init(policy);
}

const char *ss_policy_source(struct ss_policy *policy, const char *name)
{
	size_t size = strlen(name) + 1;
	struct ss_source *source;

	for (source = policy->sources; source; source = source->next) {
		if (strcmp(source->name, name) == 0)
			return source->name;
	}
	source = malloc(sizeof(*source) + size);
	if (!source)
		return NULL;
	memcpy(source->name, name, size);
	source->next = policy->sources;
	policy->sources = source;
	return source->name;
}

int ss_policy_add(struct ss_policy *policy, struct ss_rule *rule,
		  bool injected)
{
	size_t at = injected ? policy->injected : policy->count;
	int r = -E2BIG;

	if (policy->count == SS_RULES_MAX)
		goto fail;
	r = -ENOMEM;
	if (policy->count == policy->capacity) {
		size_t capacity = policy->capacity ? 2 * policy->capacity : 8;
		struct ss_rule **rules = reallocarray(
			policy->rules, capacity, sizeof(struct ss_rule *));

		if (!rules)
			goto fail;
		policy->rules = rules;
		policy->capacity = capacity;
	}
	memmove(policy->rules + at + 1, policy->rules + at,
		(policy->count - at) * sizeof(*policy->rules));
	policy->rules[at] = rule;
	policy->count++;
	policy->injected += injected;
	return 0;
fail:
	ss_rule_free(rule);
	return r;
}

void ss_policy_finish(struct ss_policy *policy, struct ss_problems *problems)
{
	size_t i;

	policy->counters = 0;
	policy->logs = policy->stacks = false;
	for (i = 0; i < policy->count; i++) {
		struct ss_rule *rule = policy->rules[i];

		rule->index = (unsigned int)i;
		if (ss_rule_counts(rule))
			rule->counter = policy->counters++;
		policy->logs |= rule->log;
		policy->stacks |= rule->given & 1u << SS_KEY_AT;
	}
	ss_shadow_check(policy, problems);
}
