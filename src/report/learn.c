/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/learn.h"

#include "policy/keys.h"
#include "policy/shadow.h"

/* What is the closest, of several. */
static enum ss_relation closest(unsigned int relations)
{
	static const enum ss_relation order[] = {
		SS_RELATION_SELF, SS_RELATION_THREAD, SS_RELATION_PARENT,
		SS_RELATION_CHILD, SS_RELATION_SIBLING, SS_RELATION_ANCESTOR,
		SS_RELATION_DESCENDANT, SS_RELATION_OTHER,
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(order); i++) {
		if (relations & 1u << order[i])
			return order[i];
	}
	return SS_RELATION_UNKNOWN;
}

void ss_learned_add(struct ss_learned *learned, int type,
		    const unsigned int relations[2])
{
	enum ss_relation a = closest(relations[0]);
	enum ss_relation b = closest(relations[1]);

	learned->calls++;
	learned->seen[ss_type_index(type)][a < b ? a : b][a < b ? b : a]++;
}

static void print_types(const struct ss_learned *learned, enum ss_relation a,
			enum ss_relation b, struct ss_text *text)
{
	const char *separator = "";
	unsigned int type;

	ss_text_add_string(text, "  - match: {type: [");
	for (type = 0; type <= SS_TYPE_INVALID; type++) {
		if (!learned->seen[type][a][b])
			continue;
		ss_text_printf(text, "%s%s", separator,
			       ss_type_index_name(type));
		separator = ", ";
	}
	ss_text_printf(text, "], relation: [%s", ss_relation_name(a));
	if (a != b)
		ss_text_printf(text, ", %s", ss_relation_name(b));
	ss_text_add_string(text, "]}\n    then: model\n");
}

/* One rule, with what it was learned from. */
static void print_rule(const struct ss_learned *learned, enum ss_relation a,
		       enum ss_relation b, struct ss_text *text)
{
	const char *separator = "  # ";
	unsigned int type;

	for (type = 0; type <= SS_TYPE_INVALID; type++) {
		uint64_t n = learned->seen[type][a][b];

		if (!n)
			continue;
		ss_text_printf(text, "%s%s %llu", separator,
			       ss_type_index_name(type),
			       (unsigned long long)n);
		separator = ", ";
	}
	/* Nothing was asked about such targets. */
	if (*separator == ' ')
		return;
	ss_text_add_string(text, "\n");
	print_types(learned, a, b, text);
}

void ss_learned_count(const struct ss_learned *learned, struct ss_text *text)
{
	ss_text_printf(text, "%llu call%s of kcmp by %llu process%s",
		       (unsigned long long)learned->calls,
		       learned->calls == 1 ? "" : "s",
		       (unsigned long long)learned->processes,
		       learned->processes == 1 ? "" : "es");
}

/* Does a rule for the targets a and b allow also c and d? */
static bool allows(unsigned int a, unsigned int b, unsigned int c,
		   unsigned int d)
{
	const struct ss_rule wide = {
		.given = 1u << SS_KEY_RELATION,
		.types = SS_TYPES_ALL,
		.relations = 1u << a | 1u << b,
	};
	const struct ss_rule narrow = {
		.given = 1u << SS_KEY_RELATION,
		.types = SS_TYPES_ALL,
		.relations = 1u << c | 1u << d,
	};

	return ss_rule_covers(&wide, &narrow, 0);
}

/* What another rule allows needs none of its own; it would never be reached,
   which is an error. */
static void fold(struct ss_learned *least, unsigned int type, unsigned int c,
		 unsigned int d)
{
	uint64_t *pair = &least->seen[type][c][d];
	unsigned int a, b;

	for (a = 0; a < SS_RELATION_COUNT; a++) {
		for (b = a; b < SS_RELATION_COUNT && *pair; b++) {
			uint64_t *other = &least->seen[type][a][b];

			if (other == pair || !*other || !allows(a, b, c, d))
				continue;
			*other += *pair;
			*pair = 0;
		}
	}
}

static void fold_all(struct ss_learned *least)
{
	unsigned int type, a, b;

	for (type = 0; type <= SS_TYPE_INVALID; type++) {
		for (a = 0; a < SS_RELATION_COUNT; a++) {
			for (b = a; b < SS_RELATION_COUNT; b++)
				fold(least, type, a, b);
		}
	}
}

void ss_learned_print(const struct ss_learned *learned, struct ss_text *text)
{
	struct ss_learned least = *learned;
	unsigned int a, b;

	ss_text_add_string(text, "# Learned from ");
	ss_learned_count(learned, text);
	ss_text_add_string(text, ".\n"
			   "selfsame: 1\n"
			   "default: {error: EPERM}\n");
	ss_text_add_string(text, learned->calls ? "rules:\n" : "rules: []\n");
	fold_all(&least);
	for (a = 0; a < SS_RELATION_COUNT; a++) {
		for (b = a; b < SS_RELATION_COUNT; b++)
			print_rule(&least, a, b, text);
	}
}
