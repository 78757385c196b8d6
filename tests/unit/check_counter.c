/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of policy/counter and order: who is counted with whom, when a
 * rule fires, and that chance is the same each time.
 */
#include "policy/counter.h"

#include <check.h>
#include <sched.h>

#include "policy.h"
#include "policy/order.h"
#include "world.h"

static uint64_t count(struct ss_counters *counters, const struct ss_rule *rule,
		      const struct ss_task *task)
{
	uint64_t n = 0;

	ck_assert_int_eq(ss_counters_count(counters, rule, task->path,
					   task->group, &n), 0);
	return n;
}

static void end_process(struct ss_model *model, pid_t tgid)
{
	tell_of(model, SS_EVENT_GROUP_DEAD, tgid);
	tell_of(model, SS_EVENT_GROUP_GONE, tgid);
}

#define THREAD	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define SPECS	"kcmp:when=9:model kcmp:type=VM:error=EPERM " \
		"kcmp:when=9:count=process:model " \
		"kcmp:when=9:count=sandbox:model kcmp:when=8:model"

START_TEST(scopes)
{
	struct ss_model *model = world_new();
	struct ss_task *one = task_of(model, ROOT);
	struct ss_task *two = spawn(model, ROOT, ROOT + 1, THREAD);
	struct ss_task *three = spawn(model, ROOT, ROOT + 2, 0);
	struct ss_policy policy;
	struct ss_counters *c;
	struct ss_rule **r;

	from_specs(&policy, SPECS);
	ck_assert_uint_eq(policy.counters, 4);
	c = ss_counters_new(&policy);
	r = policy.rules;
	/* Two tasks of one process, and another process. */
	ck_assert_uint_eq(count(c, r[0], one), 1);
	ck_assert_uint_eq(count(c, r[0], one), 2);
	ck_assert_uint_eq(count(c, r[0], two), 1);
	ck_assert_uint_eq(count(c, r[4], one), 1);
	ck_assert_uint_eq(count(c, r[2], one), 1);
	ck_assert_uint_eq(count(c, r[2], two), 2);
	ck_assert_uint_eq(count(c, r[2], three), 1);
	ck_assert_uint_eq(count(c, r[3], one), 1);
	ck_assert_uint_eq(count(c, r[3], three), 2);
	/* An exec changes nothing. */
	tell_exec(model, ROOT + 2);
	ck_assert_uint_eq(count(c, r[2], task_of(model, ROOT + 2)), 2);
	/* Somebody else gets the number of who has ended. */
	end_process(model, ROOT + 2);
	three = spawn(model, ROOT, ROOT + 2, 0);
	ck_assert_uint_eq(count(c, r[0], three), 1);
	ck_assert_uint_eq(count(c, r[2], three), 1);
	ck_assert_uint_eq(count(c, r[3], three), 3);
	ss_counters_free(c);
	ss_counters_free(NULL);
	ss_policy_release(&policy);
	ss_model_free(model);
}
END_TEST

#define MANY	1000

/* Of those that have ended few are kept, of the living all. */
START_TEST(the_dead_are_swept)
{
	struct ss_model *model = world_new();
	struct ss_policy policy;
	struct ss_counters *c;
	unsigned int i;

	from_specs(&policy, SPECS);
	c = ss_counters_new(&policy);
	for (i = 1; i <= MANY; i++) {
		const struct ss_task *task = spawn(model, ROOT, ROOT + 1, 0);

		ck_assert_uint_eq(count(c, policy.rules[0], task), 1);
		ck_assert_uint_eq(count(c, policy.rules[2], task), 1);
		ck_assert_uint_eq(count(c, policy.rules[0],
					task_of(model, ROOT)), i);
		ck_assert_uint_eq(count(c, policy.rules[2],
					task_of(model, ROOT)), i);
		end_process(model, ROOT + 1);
		ss_counters_sweep(c, model);
		ck_assert_uint_lt(ss_counters_owners(c), 100);
	}
	ss_counters_free(c);
	ss_policy_release(&policy);
	ss_model_free(model);
}
END_TEST

/* Which of the first twelve calls. */
START_TEST(when)
{
	static const struct {
		const char *when;
		unsigned int fires;	/* bit n: call n */
	} rows[] = {
		{ "1", 1 << 1 },
		{ "3", 1 << 3 },
		{ "3+", 0x1ff8 },
		{ "3+3", 1 << 3 | 1 << 6 | 1 << 9 | 1 << 12 },
		{ "2..4", 1 << 2 | 1 << 3 | 1 << 4 },
		{ "2..7+2", 1 << 2 | 1 << 4 | 1 << 6 },
		{ "5+20", 1 << 5 },
		{ "13+", 0 },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(rows); i++) {
		ss_cleanup_text struct ss_text spec = { 0 };
		struct ss_policy policy;
		unsigned int n, fires = 0;

		ss_text_printf(&spec, "kcmp:model:when=%s", rows[i].when);
		from_specs(&policy, spec.data);
		for (n = 1; n <= 12; n++) {
			if (ss_when_fires(&policy.rules[0]->when, n))
				fires |= 1u << n;
		}
		ck_assert_msg(fires == rows[i].fires, "%s: %#x", rows[i].when,
			      fires);
		ss_policy_release(&policy);
	}
	/* A count beyond 32 bits. */
	ck_assert(ss_when_fires(&(struct ss_when){ .first = 1, .step = 2,
						   .last = SS_WHEN_NO_END },
				UINT64_C(0x100000001)));
	ck_assert(!ss_when_fires(&(struct ss_when){ .first = 1, .step = 2,
						    .last = UINT32_MAX },
				 UINT64_C(0x100000001)));
}
END_TEST

#define CALLS	100000

static unsigned int hits(const struct ss_rule *rule,
			 const struct ss_path *task)
{
	unsigned int n, hit = 0;

	for (n = 1; n <= CALLS; n++)
		hit += ss_chance_fires(rule, task, n);
	return hit;
}

/* How many of the first 1000 calls two rules or tasks have in common. */
static unsigned int agreements(const struct ss_rule *a,
			       const struct ss_path *task_a,
			       const struct ss_rule *b,
			       const struct ss_path *task_b)
{
	unsigned int n, same = 0;

	for (n = 1; n <= 1000; n++)
		same += ss_chance_fires(a, task_a, n) ==
			ss_chance_fires(b, task_b, n);
	return same;
}

START_TEST(chance)
{
	struct ss_path *one = ss_path_new(NULL, 1);
	struct ss_path *two = ss_path_new(one, 1);
	struct ss_path *again = ss_path_new(NULL, 1);
	struct ss_policy policy;
	struct ss_rule **r;
	unsigned int hit;

	from_specs(&policy, "kcmp:chance=0.5:model kcmp:chance=0.1:model "
		   "kcmp:chance=0.5:seed=1:model kcmp:chance=1:when=1:model "
		   "kcmp:chance=0.000000001:model kcmp:chance=0.5:model");
	r = policy.rules;
	hit = hits(r[0], one);
	ck_assert(hit > CALLS * 0.49 && hit < CALLS * 0.51);
	hit = hits(r[1], two);
	ck_assert(hit > CALLS * 0.095 && hit < CALLS * 0.105);
	ck_assert_uint_eq(hits(r[3], one), CALLS);
	ck_assert_uint_eq(hits(r[4], one), 0);
	/* The same task of another run; another task, seed, place. */
	ck_assert_uint_eq(agreements(r[0], one, r[0], again), 1000);
	ck_assert_uint_lt(agreements(r[0], one, r[0], two), 600);
	ck_assert_uint_lt(agreements(r[0], one, r[2], one), 600);
	ck_assert_uint_lt(agreements(r[0], one, r[5], one), 600);
	ck_assert_uint_gt(agreements(r[0], one, r[5], one), 400);
	ss_policy_release(&policy);
	ss_path_put(again);
	ss_path_put(two);
	ss_path_put(one);
}
END_TEST

/* A chain whose links die, or live: the choices of its end are the same. */
START_TEST(chance_of_a_deep_task)
{
	struct ss_path *lone = ss_path_new(NULL, 1), *kept[100];
	struct ss_policy policy;
	char a[1024], b[1024];
	size_t i;

	from_specs(&policy, "kcmp:chance=0.5:model");
	kept[0] = ss_path_new(NULL, 1);
	for (i = 1; i < SS_ARRAY_SIZE(kept); i++) {
		struct ss_path *next = ss_path_new(lone, 1 + i % 3);

		ss_path_put(lone);
		lone = next;
		kept[i] = ss_path_new(kept[i - 1], 1 + i % 3);
	}
	/* Not the same to look at: */
	ck_assert_str_ne(ss_path_print(lone, a, sizeof(a)),
			 ss_path_print(kept[99], b, sizeof(b)));
	ck_assert_uint_eq(agreements(policy.rules[0], lone, policy.rules[0],
				     kept[99]), 1000);
	for (i = SS_ARRAY_SIZE(kept); i--; )
		ss_path_put(kept[i]);
	ss_path_put(lone);
	ss_policy_release(&policy);
}
END_TEST

/* These choices are part of what users rely on: a release that changed them
   would change all their runs. */
START_TEST(chance_is_forever)
{
	struct ss_path *one = ss_path_new(NULL, 1);
	struct ss_policy policy;
	uint64_t fires = 0;
	unsigned int n;

	from_specs(&policy, "kcmp:chance=0.5:seed=42:model");
	for (n = 1; n <= 32; n++)
		fires = fires << 1 | ss_chance_fires(policy.rules[0], one, n);
	ck_assert_uint_eq(fires, 0xdb099801);
	ss_policy_release(&policy);
	ss_path_put(one);
}
END_TEST

#define LABELS	40

/* Labels in their order, as the model has it. */
static int ordered(const struct ss_order *order, char (*labels)[16],
		   unsigned int a, unsigned int b)
{
	return ss_order_apply(order, a == b ? 0 : a < b ? 1 : 2, labels[a],
			      labels[b]);
}

START_TEST(orders_are_total)
{
	static const struct ss_order orders[] = {
		{ .kind = SS_ORDER_LABEL }, { .kind = SS_ORDER_REVERSE },
		{ .kind = SS_ORDER_SHUFFLE, .seed = 1 },
		{ .kind = SS_ORDER_SHUFFLE, .seed = 2 },
	};
	char labels[LABELS][16];
	unsigned int o, a, b, c, moved[SS_ARRAY_SIZE(orders)] = { 0 };

	/* Some have the same name, as what has no label. */
	for (a = 0; a < LABELS; a++)
		snprintf(labels[a], sizeof(labels[a]), "1.%u", a & ~1u);
	for (o = 0; o < SS_ARRAY_SIZE(orders); o++) {
		const struct ss_order *order = &orders[o];

		for (a = 0; a < LABELS; a++) {
			for (b = 0; b < LABELS; b++) {
				int ab = ordered(order, labels, a, b);

				ck_assert_int_eq(ab == 0, a == b);
				if (a != b)
					ck_assert_int_eq(ab + ordered(
						order, labels, b, a), 3);
				moved[o] += a < b && ab == 2;
				for (c = 0; ab == 1 && c < LABELS; c++)
					if (ordered(order, labels, b, c) == 1)
						ck_assert_int_eq(ordered(
							order, labels, a, c),
							1);
			}
		}
	}
	ck_assert_uint_eq(moved[0], 0);
	ck_assert_uint_eq(moved[1], LABELS * (LABELS - 1) / 2);
	ck_assert(moved[2] > 200 && moved[3] > 200 && moved[2] != moved[3]);
	ck_assert_int_eq(ss_order_apply(&(struct ss_order){
		.kind = SS_ORDER_NONE }, 1, "a", "b"), 3);
	ck_assert_int_eq(ss_order_apply(&(struct ss_order){
		.kind = SS_ORDER_NONE }, 0, "a", "a"), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		scopes, the_dead_are_swept, when, chance, chance_of_a_deep_task,
		chance_is_forever, orders_are_total, NULL,
	};

	return run_tests("counters", tests);
}
