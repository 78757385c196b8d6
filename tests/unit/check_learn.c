/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of report/learn: whatever two kinds of questions are seen, what
 * is written can be loaded, and allows them.
 */
#include "report/learn.h"

#include <check.h>

#include "policy.h"
#include "policy/match.h"
#include "world.h"

#define BIT(id)	(1u << SS_RELATION_##id)

/* As ss_relations_between() has them. */
static const unsigned int kinds[] = {
	BIT(SELF), BIT(THREAD), BIT(PARENT) | BIT(ANCESTOR),
	BIT(CHILD) | BIT(DESCENDANT), BIT(ANCESTOR), BIT(DESCENDANT),
	BIT(SIBLING), BIT(OTHER), BIT(UNKNOWN),
};

#define KINDS	SS_ARRAY_SIZE(kinds)

struct seen {
	int type;
	unsigned int relations[2];
};

static struct seen seen_of(int type, size_t pair)
{
	return (struct seen){ type, { kinds[pair / KINDS],
				      kinds[pair % KINDS] } };
}

/* What the policy makes of the question. */
static enum ss_action_kind decided(const struct ss_policy *policy,
				   const struct seen *seen)
{
	struct ss_asked call = {
		.type = seen->type,
		.known = (1u << SS_FACT_COUNT) - 1,
		.relations = { seen->relations[0], seen->relations[1] },
	};
	enum ss_fact need;

	ck_assert_int_eq(ss_policy_decide(policy, NULL, &call, &need), 1);
	return call.decision.action.kind;
}

static void learn_both(const struct seen *a, const struct seen *b)
{
	ss_cleanup_text struct ss_text text = { 0 };
	struct ss_learned learned = { .processes = 1 };
	struct ss_policy policy;

	ss_learned_add(&learned, a->type, a->relations);
	ss_learned_add(&learned, b->type, b->relations);
	ss_learned_print(&learned, &text);
	from_text(&policy, ss_text_string(&text));
	ck_assert_int_eq(decided(&policy, a), SS_ACTION_MODEL);
	ck_assert_int_eq(decided(&policy, b), SS_ACTION_MODEL);
	ss_policy_release(&policy);
}

START_TEST(any_two_kinds)
{
	size_t i, j;

	for (i = 0; i < KINDS * KINDS; i++) {
		for (j = 0; j < KINDS * KINDS; j++) {
			const struct seen a = seen_of(SS_TYPE_VM, i);
			const struct seen b = seen_of(SS_TYPE_VM, j);

			learn_both(&a, &b);
		}
	}
}
END_TEST

START_TEST(of_two_types)
{
	size_t i;

	for (i = 0; i < KINDS * KINDS; i++) {
		const struct seen a = seen_of(SS_TYPE_VM, i);
		const struct seen b = seen_of(4711, KINDS * KINDS - 1 - i);

		learn_both(&a, &b);
	}
}
END_TEST

/* Nothing else is allowed, and what was not asked is not. */
START_TEST(nothing_else)
{
	const struct seen a = seen_of(SS_TYPE_VM, 3);	/* self, child */
	const struct seen other_type = seen_of(SS_TYPE_FS, 3);
	const struct seen grandchild = seen_of(SS_TYPE_VM, 5);
	ss_cleanup_text struct ss_text text = { 0 };
	struct ss_learned learned = { .processes = 1 };
	struct ss_policy policy;

	ss_learned_print(&learned, &text);
	from_text(&policy, ss_text_string(&text));
	ck_assert_int_eq(decided(&policy, &a), SS_ACTION_ERROR);
	ss_policy_release(&policy);
	ss_text_clear(&text);
	ss_learned_add(&learned, a.type, a.relations);
	ss_learned_print(&learned, &text);
	ck_assert_str_eq(ss_text_string(&text),
			 "# Learned from 1 call of kcmp by 1 process.\n"
			 "selfsame: 1\n"
			 "default: {error: EPERM}\n"
			 "rules:\n"
			 "  # VM 1\n"
			 "  - match: {type: [VM], relation: [self, child]}\n"
			 "    then: model\n");
	from_text(&policy, ss_text_string(&text));
	ck_assert_int_eq(decided(&policy, &a), SS_ACTION_MODEL);
	ck_assert_int_eq(decided(&policy, &other_type), SS_ACTION_ERROR);
	ck_assert_int_eq(decided(&policy, &grandchild), SS_ACTION_ERROR);
	ss_policy_release(&policy);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		any_two_kinds, of_two_types, nothing_else, NULL,
	};

	return run_tests("report/learn", tests);
}
