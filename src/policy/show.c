/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/show.h"

#include "policy/compile.h"
#include "policy/keys.h"
#include "policy/read.h"

static void show_choice(const char *key, const char *model,
			const struct ss_action *action, struct ss_text *text)
{
	char buffer[16];

	ss_text_printf(text, "%s: ", key);
	if (action->kind == SS_ACTION_ERROR)
		ss_text_printf(text, "{error: %s}\n",
			       ss_errno_name(action->value, buffer));
	else
		ss_text_printf(text, "%s\n",
			       action->kind == SS_ACTION_KERNEL ? "kernel" :
			       model);
}

static void show_order(const struct ss_order *order, struct ss_text *text)
{
	ss_text_add_string(text, "order: ");
	switch (order->kind) {
	case SS_ORDER_LABEL:
		ss_text_add_string(text, "label\n");
		break;
	case SS_ORDER_REVERSE:
		ss_text_add_string(text, "reverse\n");
		break;
	case SS_ORDER_NONE:
		ss_text_add_string(text, "none\n");
		break;
	case SS_ORDER_SHUFFLE:
		ss_text_printf(text, "{shuffle: %llu}\n",
			       (unsigned long long)order->seed);
		break;
	}
}

/* {KEY: VALUE, KEY: VALUE} of what is said at one place. */
static void show_keys(const struct ss_rule *rule, enum ss_key_place place,
		      struct ss_text *text)
{
	const char *separator = "{";
	size_t i;

	for (i = 0; i < SS_KEYS_COUNT; i++) {
		const struct ss_key *key = &ss_keys[i];

		if (key->place != place || !(rule->given & 1u << i))
			continue;
		ss_text_printf(text, "%s%s", separator, key->name);
		separator = ", ";
		if (key->shape == SS_SHAPE_BARE)
			continue;
		ss_text_add_string(text, ": ");
		key->print(rule, text);
	}
	ss_text_add_string(text, "}\n");
}

/* Each rule begins with the same indentation, whatever comes first. */
static void show_key(const char *name, bool *first, struct ss_text *text)
{
	ss_text_printf(text, "  %s %s: ", *first ? "-" : " ", name);
	*first = false;
}

static void show_rule_key(const struct ss_rule *rule, enum ss_key_id id,
			  bool *first, struct ss_text *text)
{
	if (!(rule->given & 1u << id))
		return;
	show_key(ss_keys[id].name, first, text);
	ss_keys[id].print(rule, text);
	ss_text_add_string(text, "\n");
}

static void show_types(unsigned int types, struct ss_text *text)
{
	unsigned int i;

	for (i = 0; i <= SS_TYPE_INVALID; i++) {
		if (types & 1u << i)
			ss_text_printf(text, " %s", ss_type_index_name(i));
	}
}

static void show_rule(const struct ss_rule *rule, const struct ss_plan *plan,
		      struct ss_text *text)
{
	const unsigned int match = (1u << SS_KEY_TYPE | SS_KEYS_BEYOND_TYPE);
	unsigned int filtered = ss_plan_types_of(plan, rule);
	bool first = true;
	enum ss_key_id id;

	if (filtered) {
		ss_text_printf(text, "  # rule %u, decided in the kernel:",
			       rule->index + 1);
		show_types(filtered, text);
		ss_text_add_string(text, "\n");
	} else {
		ss_text_printf(text, "  # rule %u\n", rule->index + 1);
	}
	show_rule_key(rule, SS_KEY_NAME, &first, text);
	if (rule->given & match) {
		show_key("match", &first, text);
		show_keys(rule, SS_PLACE_MATCH, text);
	}
	for (id = 0; id < SS_KEYS_COUNT; id++) {
		if (ss_keys[id].place == SS_PLACE_RULE && id != SS_KEY_NAME)
			show_rule_key(rule, id, &first, text);
	}
	show_key("then", &first, text);
	show_keys(rule, SS_PLACE_THEN, text);
}

void ss_policy_show(const struct ss_policy *policy, struct ss_text *text)
{
	unsigned int filtered;
	struct ss_plan plan;
	size_t i;

	ss_policy_compile(policy, false, &plan);
	filtered = ss_plan_types_of(&plan, NULL);
	ss_text_add_string(text, "selfsame: 1\n");
	if (filtered) {
		ss_text_add_string(text, "# decided in the kernel:");
		show_types(filtered, text);
		ss_text_add_string(text, "\n");
	}
	show_choice("default", "model", &policy->fallback, text);
	show_choice("outside", "hide", &policy->outside, text);
	show_order(&policy->order, text);
	if (policy->count)
		ss_text_add_string(text, "rules:\n");
	for (i = 0; i < policy->count; i++)
		show_rule(policy->rules[i], &plan, text);
}
