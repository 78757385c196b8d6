/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of policy/spec and policy/keys: every key, and every mistake with
 * its column.
 */
#include "policy/spec.h"

#include <check.h>
#include <errno.h>
#include <signal.h>

#include "policy.h"
#include "policy/keys.h"
#include "world.h"

START_TEST(every_key_is_read)
{
	struct ss_policy policy;
	const struct ss_rule *rule;

	from_specs(&policy, "kcmp:type=FILE,EPOLL_TFD:relation=self,child:"
		   "caller=/usr/*:fd=3..5:same=no:at=libc.so.6!close:uid=1000:"
		   "task=1.2.3:when=2..8+2:count=process:chance=0.5:seed=7:log:"
		   "error=ENOMEM:delay=5ms:signal=USR1");
	ck_assert_uint_eq(policy.count, 1);
	ck_assert_uint_eq(policy.injected, 1);
	rule = policy.rules[0];
	ck_assert_uint_eq(rule->types, 1 << SS_TYPE_FILE |
			  1 << SS_TYPE_EPOLL_TFD);
	ck_assert_uint_eq(rule->relations, 1 << SS_RELATION_SELF |
			  1 << SS_RELATION_CHILD);
	ck_assert_str_eq(rule->caller, "/usr/*");
	ck_assert_uint_eq(rule->fd_first, 3);
	ck_assert_uint_eq(rule->fd_last, 5);
	ck_assert(!rule->same);
	ck_assert_str_eq(rule->object, "libc.so.6");
	ck_assert_str_eq(rule->function, "close");
	ck_assert_uint_eq(rule->uid, 1000);
	ck_assert_uint_eq(rule->task_numbers, 3);
	ck_assert_uint_eq(rule->task[2], 3);
	ck_assert_uint_eq(rule->when.first, 2);
	ck_assert_uint_eq(rule->when.last, 8);
	ck_assert_uint_eq(rule->when.step, 2);
	ck_assert_uint_eq(rule->scope, SS_SCOPE_PROCESS);
	ck_assert_uint_eq(rule->chance, SS_CHANCE_ONE / 2);
	ck_assert_uint_eq(rule->seed, 7);
	ck_assert(rule->log);
	ck_assert_int_eq(rule->action.kind, SS_ACTION_ERROR);
	ck_assert_int_eq(rule->action.value, ENOMEM);
	ck_assert_uint_eq(rule->action.delay, 5000000);
	ck_assert_int_eq(rule->action.signal, SIGUSR1);
	/* All but the name and the other actions. */
	ck_assert_uint_eq(rule->given | 1u << SS_KEY_NAME | SS_KEYS_ACTION,
			  (1u << SS_KEYS_COUNT) - 1);
	ss_policy_release(&policy);
}
END_TEST

START_TEST(every_action)
{
	static const struct {
		const char *spec, *printed;
	} rows[] = {
		{ "kcmp:model", "model" },
		{ "kcmp:kernel", "kernel" },
		{ "kcmp:kill", "kill" },
		{ "kcmp:error=EPERM", "error EPERM" },
		{ "kcmp:retval=0", "retval 0" },
		{ "kcmp:retval=3", "retval 3" },
		{ "kcmp:model:delay=100", "model, delay 100us" },
		{ "kcmp:kernel:signal=2", "kernel, signal SIGINT" },
		{ "kcmp:retval=1:delay=1s:signal=50",
		  "retval 1, delay 1s, signal 50" },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(rows); i++) {
		ss_cleanup_text struct ss_text text = { 0 };
		struct ss_policy policy;

		from_specs(&policy, rows[i].spec);
		ss_action_print(&policy.rules[0]->action, &text);
		ck_assert_str_eq(ss_text_string(&text), rows[i].printed);
		ss_policy_release(&policy);
	}
}
END_TEST

START_TEST(rules_stay_in_order)
{
	struct ss_policy policy;

	from_specs(&policy, "kcmp:type=VM:error=EPERM kcmp:type=FS:error=EIO");
	ck_assert_uint_eq(policy.rules[0]->types, 1 << SS_TYPE_VM);
	ck_assert_uint_eq(policy.rules[1]->types, 1 << SS_TYPE_FS);
	ck_assert_uint_eq(policy.rules[1]->index, 1);
	ss_policy_release(&policy);
}
END_TEST

/* What is said begins with "-e=SPEC: column N: ". */
static const struct {
	const char *spec;
	unsigned int column;
	const char *begins;
} mistaken[] = {
	{ "", 1, "unknown call ''" },
	{ "close:model", 1, "unknown call 'close': expected kcmp" },
	{ "kcmp", 0, "no action: expected one of error" },
	{ "kcmp:", 6, "unknown key ''" },
	{ "kcmp:typ=FILE:model", 6, "unknown key 'typ': expected type" },
	{ "kcmp:name=x:model", 6, "unknown key 'name'" },
	{ "kcmp:model:type=FILE,X", 22, "'X' is no value of 'type': "
	  "expected FILE, VM" },
	{ "kcmp:model:type=FILE,FILE", 22, "'FILE' is listed twice" },
	{ "kcmp:model:type=", 17, "'' is no value of 'type'" },
	{ "kcmp:model:type", 12, "'type' lacks its value" },
	{ "kcmp:model:type=VM:type=FS", 20, "'type' a second time" },
	{ "kcmp:model=1", 6, "'model' takes no value" },
	{ "kcmp:model:log=true", 12, "'log' takes no value" },
	{ "kcmp:model:kernel", 12, "a second action, 'kernel'" },
	{ "kcmp:error=EFOO", 12, "'EFOO' is no value of 'error'" },
	{ "kcmp:retval=4", 13, "'4' is out of range for 'retval': "
	  "expected 0, 1, 2 or 3" },
	{ "kcmp:model:relation=me", 21, "'me' is no value of "
	  "'relation': expected self" },
	{ "kcmp:model:fd=5..3", 15, "'5..3' is out of range" },
	{ "kcmp:model:fd=2147483648", 15, "'2147483648' is out of" },
	{ "kcmp:model:fd=3:type=VM", 0, "'fd' can never match" },
	{ "kcmp:model:same=maybe", 17, "'maybe' is no value" },
	{ "kcmp:model:same=yes:type=invalid", 0,
	  "'same' can never match" },
	{ "kcmp:model:same=no:relation=unknown", 0,
	  "'same' can never match" },
	{ "kcmp:model:at=", 15, "'' is no value of 'at'" },
	{ "kcmp:model:at=libc!", 15, "'libc!' is no value of 'at'" },
	{ "kcmp:model:uid=4294967295", 16, "'4294967295' is out of" },
	{ "kcmp:model:task=2", 17, "'2' is out of range for 'task'" },
	{ "kcmp:model:when=0", 17, "'0' is out of range for 'when'" },
	{ "kcmp:model:when=1:count=all", 25, "'all' is no value" },
	{ "kcmp:model:count=task", 0, "'count' without 'when'" },
	{ "kcmp:model:chance=2", 19, "'2' is out of range" },
	{ "kcmp:model:seed=1", 0, "'seed' without 'chance'" },
	{ "kcmp:model:delay=2m", 18, "'2m' is no value of 'delay'" },
	{ "kcmp:model:signal=SIGFOO", 19, "'SIGFOO' is no value" },
	{ "kcmp:kill:signal=USR1", 0, "'signal' beside 'kill'" },
	{ "kcmp:model:caller=a\x01", 19, "'a\\x01' is no value" },
};

START_TEST(mistakes)
{
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(mistaken); i++) {
		struct ss_problems problems = { 0 };
		const struct ss_problem *first;
		struct ss_policy policy;

		ss_policy_init(&policy);
		ss_policy_inject(&policy, mistaken[i].spec, "-e", &problems);
		ck_assert_msg(problems.count >= 1, "%s", mistaken[i].spec);
		first = &problems.list[0];
		ck_assert_msg(first->where.column == mistaken[i].column,
			      "%s: column %u", mistaken[i].spec,
			      first->where.column);
		ck_assert_msg(!strncmp(first->text, mistaken[i].begins,
				       strlen(mistaken[i].begins)),
			      "%s: %s", mistaken[i].spec, first->text);
		ck_assert_uint_eq(policy.count, 0);
		ss_problems_release(&problems);
		ss_policy_release(&policy);
	}
}
END_TEST

START_TEST(all_mistakes_at_once)
{
	struct ss_problems problems = { 0 };
	struct ss_policy policy;
	char *text;

	ss_policy_init(&policy);
	ss_policy_inject(&policy, "kcmp:fd=x:retval=9:uid=y", "--inject",
			 &problems);
	text = problems_text(&problems);
	ck_assert_str_eq(text,
		"--inject=kcmp:fd=x:retval=9:uid=y: column 9: 'x' is no value "
		"of 'fd': expected N or N..M, from 0 to 2147483647\n"
		"--inject=kcmp:fd=x:retval=9:uid=y: column 18: '9' is out of "
		"range for 'retval': expected 0, 1, 2 or 3\n"
		"--inject=kcmp:fd=x:retval=9:uid=y: column 24: 'y' is no "
		"value of 'uid': expected a number from 0 to 4294967294\n");
	free(text);
	ss_problems_release(&problems);
	ss_policy_release(&policy);
}
END_TEST

START_TEST(not_too_many)
{
	struct ss_problems problems = { 0 };
	struct ss_policy policy;
	size_t i;

	ss_policy_init(&policy);
	for (i = 0; i <= SS_RULES_MAX; i++)
		ss_policy_inject(&policy, "kcmp:model:uid=1", "-e", &problems);
	ck_assert_uint_eq(policy.count, SS_RULES_MAX);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.list[0].text,
			 "too many rules: expected 1000 at most");
	ss_problems_release(&problems);
	ss_policy_release(&policy);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_key_is_read, every_action, rules_stay_in_order, mistakes,
		all_mistakes_at_once, not_too_many, NULL,
	};

	return run_tests("rules of the command line", tests);
}
