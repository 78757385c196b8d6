/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of policy/file, document, shadow and show: what a file means, and
 * every mistake with its place.
 */
#include "policy/file.h"

#include <check.h>
#include <errno.h>

#include "policy.h"
#include "policy/keys.h"
#include "world.h"

START_TEST(the_least)
{
	struct ss_policy policy;

	from_text(&policy, "selfsame: 1\n");
	ck_assert_uint_eq(policy.count, 0);
	ck_assert_int_eq(policy.fallback.kind, SS_ACTION_MODEL);
	ck_assert_int_eq(policy.outside.kind, SS_ACTION_MODEL);
	ck_assert_int_eq(policy.order.kind, SS_ORDER_LABEL);
	ck_assert_ptr_null(policy.set[SS_SETTING_DEFAULT].file);
	ss_policy_release(&policy);
}
END_TEST

START_TEST(every_key)
{
	struct ss_policy policy;
	const struct ss_rule *rule;

	from_text(&policy,
		  "selfsame: 1\n"
		  "default: {error: EPERM}\n"
		  "outside: kernel\n"
		  "order: {shuffle: 9}\n"
		  "rules:\n"
		  "  - name: \"all \\\"of\\\" it\"\n"
		  "    match:\n"
		  "      type: [FILE, VM]\n"
		  "      relation: self\n"
		  "      caller: '*'\n"
		  "      fd: 0\n"
		  "      same: yes\n"
		  "      at: main\n"
		  "      uid: 0\n"
		  "      task: 1.10\n"
		  "    when: 2+\n"
		  "    count: sandbox\n"
		  "    chance: 1%\n"
		  "    seed: 3\n"
		  "    log: false\n"
		  "    then: {kernel, delay: 1, signal: HUP}\n"
		  "  - then: kill\n");
	ck_assert_int_eq(policy.fallback.kind, SS_ACTION_ERROR);
	ck_assert_int_eq(policy.fallback.value, EPERM);
	ck_assert_int_eq(policy.outside.kind, SS_ACTION_KERNEL);
	ck_assert_int_eq(policy.order.kind, SS_ORDER_SHUFFLE);
	ck_assert_uint_eq(policy.order.seed, 9);
	ck_assert_uint_eq(policy.set[SS_SETTING_ORDER].line, 4);
	ck_assert_uint_eq(policy.count, 2);
	rule = policy.rules[0];
	ck_assert_str_eq(rule->name, "all \"of\" it");
	ck_assert_uint_eq(rule->where.line, 6);
	ck_assert_uint_eq(rule->where.column, 5);
	ck_assert_uint_eq(rule->types, 3);
	ck_assert_uint_eq(rule->task[1], 10);
	ck_assert(rule->same);
	ck_assert(!rule->log);
	ck_assert_int_eq(rule->action.kind, SS_ACTION_KERNEL);
	ck_assert_uint_eq(rule->action.delay, 1000);
	ck_assert_int_eq(policy.rules[1]->action.kind, SS_ACTION_KILL);
	ck_assert_ptr_null(policy.rules[1]->name);
	ss_policy_release(&policy);
}
END_TEST

START_TEST(aliases)
{
	struct ss_policy policy;

	from_text(&policy,
		  "selfsame: 1\n"
		  "rules:\n"
		  "  - match: {type: &t [VM, FS], uid: 7}\n"
		  "    then: &no {error: EPERM}\n"
		  "  - match: {type: *t, uid: 8}\n"
		  "    then: *no\n"
		  "  - {when: 1, match: {type: *t}, then: kill}\n");
	ck_assert_uint_eq(policy.rules[2]->types, policy.rules[0]->types);
	ck_assert_int_eq(policy.rules[1]->action.kind, SS_ACTION_ERROR);
	ss_policy_release(&policy);
}
END_TEST

#define RULES	"selfsame: 1\nrules:\n"

/* Fifty characters. */
#define TEN	"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4" \
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
#define UMLAUTS	TEN TEN TEN TEN TEN

/* A text and all that is said about it. */
static const struct {
	const char *text, *said;
} mistaken[] = {
	{ "", "f:1:1: nothing in it: expected 'selfsame: 1' and rules\n" },
	{ "# only this\n",
	  "f:1:1: nothing in it: expected 'selfsame: 1' and rules\n" },
	{ "default: model\n", "f:1:1: no version: expected 'selfsame: 1'\n" },
	{ "selfsame: 2\n", "f:1:11: a version that is not known: expected "
	  "'selfsame: 1'\n" },
	{ "- selfsame\n", "f:1:1: 'the file' is a list: expected a mapping\n" },
	{ "selfsame: 1\nruls: []\n", "f:2:1: unknown key 'ruls': expected "
	  "selfsame, default, outside, order, rules\n" },
	{ "selfsame: 1\nselfsame: 1\n", "f:2:1: 'selfsame' a second time: "
	  "expected it once, and it is in line 1\n" },
	{ "selfsame: 1\n[a]: 1\n",
	  "f:2:1: a key that is a list: expected a word\n" },
	{ "selfsame: 1\ndefault: hide\n", "f:2:10: bad value of 'default': "
	  "expected model, kernel or {error: NAME}\n" },
	{ "selfsame: 1\noutside: model\n", "f:2:10: bad value of 'outside': "
	  "expected hide, kernel or {error: NAME}\n" },
	{ "selfsame: 1\noutside: {error: X}\n", "f:2:18: 'X' is no value of "
	  "'error': expected the name of an error, as EPERM\n" },
	{ "selfsame: 1\norder: {shuffle: x}\n", "f:2:8: bad value of 'order': "
	  "expected label, reverse, none or {shuffle: SEED}, SEED a number "
	  "from 0 to 18446744073709551615\n" },
	{ "selfsame: 1\nrules: 3\n",
	  "f:2:8: 'rules' is a value: expected a list of rules\n" },
	{ "selfsame: 1\nrules:\n",
	  "f:2:7: 'rules' is nothing: expected a list of rules\n" },
	{ RULES "  - model\n",
	  "f:3:5: 'rules' is a value: expected a list of mappings\n" },
	{ RULES "  - name: x\n", "f:3:5: no action: expected one of error, "
	  "retval, model, kernel and kill\n" },
	{ RULES "  - nam: x\n    then: model\n", "f:3:5: unknown key 'nam' in "
	  "a rule: expected match, then, name, when, count, chance, seed, "
	  "log\n" },
	{ RULES "  - match: {typ: FILE}\n    then: model\n",
	  "f:3:13: unknown key 'typ' in 'match': expected type, relation, "
	  "caller, fd, same, at, uid, task\n" },
	{ RULES "  - then: {eror: EPERM}\n", "f:3:5: no action: expected one "
	  "of error, retval, model, kernel and kill\n"
	  "f:3:12: unknown key 'eror' in 'then': expected error, retval, "
	  "model, kernel, kill, delay, signal\n" },
	{ RULES "  - then: allow\n", "f:3:11: 'allow' is no action: expected "
	  "model, kernel, kill, or a mapping as {error: EPERM}\n" },
	{ RULES "  - then: [model]\n", "f:3:11: 'then' is a list: expected "
	  "model, kernel, kill, or a mapping as {error: EPERM}\n" },
	{ RULES "  - then: {model, kernel}\n", "f:3:19: a second action, "
	  "'kernel': expected one of error, retval, model, kernel and kill\n" },
	{ RULES "  - then: {model: 1}\n",
	  "f:3:19: 'model' takes no value: expected 'model' alone\n" },
	{ RULES "  - match: x\n    then: model\n",
	  "f:3:12: 'match' is a value: expected a mapping\n" },
	{ RULES "  - match: {type: []}\n    then: model\n",
	  "f:3:19: 'type' is an empty list: expected FILE, VM, FILES, FS, "
	  "SIGHAND, IO, SYSVSEM, EPOLL_TFD or invalid\n" },
	{ RULES "  - match: {type: [FOO, VM]}\n    then: model\n",
	  "f:3:20: 'FOO' is no value of 'type': expected FILE, VM, FILES, FS, "
	  "SIGHAND, IO, SYSVSEM, EPOLL_TFD or invalid\n" },
	{ RULES "  - match: {fd: [3]}\n    then: model\n",
	  "f:3:17: 'fd' is a list: expected N or N..M, from 0 to "
	  "2147483647\n" },
	{ RULES "  - match: {fd: }\n    then: model\n",
	  "f:3:17: 'fd' is nothing: expected N or N..M, from 0 to "
	  "2147483647\n" },
	{ RULES "  - {log: 1, then: model}\n",
	  "f:3:11: '1' is no value of 'log': expected true or false\n" },
	{ RULES "  - {name: !!str x, then: model}\n",
	  "" },
	{ RULES "  - {name: !!int 3, then: model}\n",
	  "f:3:12: a tag, 'tag:yaml.org,2002:int': expected none\n" },
	{ RULES "  - {name: \"a\\tb\", then: model}\n",
	  "f:3:12: 'a\\tb' is no value of 'name': expected up to 100 printable "
	  "characters\n" },
	{ RULES "  - {name: a, match: {uid: 1}, then: model}\n"
	  "  - {name: a, match: {uid: 2}, then: model}\n",
	  "f:4:5: a second rule named 'a': expected another name, and the "
	  "first is in line 3\n" },
	/* Characters are counted, not bytes. */
	{ RULES "  - {name: " UMLAUTS UMLAUTS ", then: model}\n", "" },
	{ RULES "  - {name: " UMLAUTS UMLAUTS "x, then: model}\n",
	  "f:3:12: '\\xc3\\xa4\\xc3\\xa4\\xc3\\xa4\\xc3\\xa4\\xc3\\xa4"
	  "\\xc3\\xa4\\xc3\\xa4...' is out of range for 'name': expected up to "
	  "100 printable characters\n" },
	{ RULES "  - {then: {model: !x }}\n",
	  "f:3:20: a tag, '!x': expected none\n" },
	{ "selfsame: 1\ndefault: {error: !x EPERM}\n",
	  "f:2:18: a tag, '!x': expected none\n" },
	{ "selfsame: 1\noutside: {!x error: EPERM}\n",
	  "f:2:11: a tag, '!x': expected none\n" },
	{ "selfsame: 1\norder: {!x shuffle: !y 7}\n",
	  "f:2:9: a tag, '!x': expected none\n"
	  "f:2:21: a tag, '!y': expected none\n" },
	{ "selfsame: [1\n", "f:2:1: no YAML: while parsing a flow sequence did "
	  "not find expected ',' or ']'\n" },
	{ "selfsame: 1\n---\nselfsame: 1\n",
	  "f:2:1: a second document: expected one\n" },
	{ "selfsame: *x\n", "f:1:11: no YAML: found undefined alias\n" },
	{ "selfsame: 1\nrules: &r [*r]\n", "f:2:8: an alias in here stands for "
	  "what it is in: expected an end\n" },
	{ "selfsame: 1\nx: &r {a: [{b: *r}]}\n", "f:2:12: an alias in here "
	  "stands for what it is in: expected an end\n" },
	{ "selfsame: 1\n\xff: 2\n", "f:2:1: no text in YAML's sense: invalid "
	  "leading UTF-8 octet; expected UTF-8\n" },
	{ "selfsame: 1\r\n# \xc3\xa4\xc3\xa4\xff\r\n", "f:2:5: no text in "
	  "YAML's sense: invalid leading UTF-8 octet; expected UTF-8\n" },
	{ "selfsame: 1\rrules: []\r# \x01\r", "f:3:3: no text in YAML's "
	  "sense: control characters are not allowed; expected UTF-8\n" },
};

START_TEST(mistakes)
{
	char *said = complaints(mistaken[_i].text, strlen(mistaken[_i].text));

	ck_assert_msg(!strcmp(said, mistaken[_i].said), "%s\nsaid: %s\n"
		      "not:  %s", mistaken[_i].text, said, mistaken[_i].said);
	free(said);
}
END_TEST

/* Rules, and what of them is never reached. */
static const struct {
	const char *rules, *said;
} shadows[] = {
	{ "- {then: model}\n- {match: {type: VM}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {type: VM}, then: model}\n- {then: kill}\n", "" },
	{ "- {match: {type: [VM, FS]}, then: model}\n"
	  "- {match: {type: FS}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {name: a, match: {type: VM}, then: model}\n"
	  "- {name: b, match: {type: FS}, then: model}\n"
	  "- {match: {type: [VM, FS]}, then: kill}\n",
	  "f:5:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 'a' (f:3:3), and by rule 2 'b' (f:4:3)\n" },
	{ "- {when: 1, then: model}\n- {then: kill}\n", "" },
	{ "- {when: 1+, then: model}\n- {then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {chance: 0.5, then: model}\n- {then: kill}\n", "" },
	{ "- {chance: 1, then: model}\n- {then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {relation: [self, thread]}, then: model}\n"
	  "- {match: {relation: self, uid: 3}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {relation: [self, thread]}, then: model}\n"
	  "- {match: {relation: [self, child]}, then: kill}\n", "" },
	{ "- {match: {relation: descendant}, then: model}\n"
	  "- {match: {relation: child}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {relation: child}, then: model}\n"
	  "- {match: {relation: descendant}, then: kill}\n", "" },
	{ "- {match: {relation: [self, thread, parent, child, ancestor, "
	  "descendant, sibling, other, unknown]}, then: model}\n"
	  "- {then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {fd: 3..9}, then: model}\n"
	  "- {match: {fd: 4}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {fd: 3..9}, then: model}\n"
	  "- {match: {fd: 4..10}, then: kill}\n", "" },
	{ "- {match: {type: [FILE, EPOLL_TFD]}, then: model}\n"
	  "- {match: {fd: 4}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {same: yes}, then: model}\n"
	  "- {match: {same: no}, then: kill}\n", "" },
	{ "- {match: {at: main}, then: model}\n"
	  "- {match: {at: x!main}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {at: x!main}, then: model}\n"
	  "- {match: {at: main}, then: kill}\n", "" },
	{ "- {match: {task: 1.2}, then: model}\n"
	  "- {match: {task: 1.2}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	{ "- {match: {task: 1.2}, then: model}\n"
	  "- {match: {task: 1.2.1}, then: kill}\n", "" },
	{ "- {match: {caller: a}, then: model}\n"
	  "- {match: {caller: b}, then: kill}\n", "" },
	{ "- {match: {uid: 1}, then: model}\n"
	  "- {match: {uid: 1, caller: b}, then: kill}\n",
	  "f:4:3: this rule is never reached: all that it matches is decided "
	  "by rule 1 (f:3:3)\n" },
	/* What is wrong in itself says nothing about others. */
	{ "- {match: {tpye: VM}, then: model}\n- {then: kill}\n",
	  "f:3:12: unknown key 'tpye' in 'match': expected type, relation, "
	  "caller, fd, same, at, uid, task\n" },
};

START_TEST(shadowed)
{
	ss_cleanup_text struct ss_text text = { 0 };
	char *said;

	ss_text_printf(&text, "%s%s", RULES, shadows[_i].rules);
	said = complaints(text.data, text.length);
	ck_assert_msg(!strcmp(said, shadows[_i].said), "%s\nsaid: %s\n"
		      "not:  %s", shadows[_i].rules, said, shadows[_i].said);
	free(said);
}
END_TEST

START_TEST(several_files)
{
	struct ss_problems problems = { 0 };
	struct ss_policy policy;
	char *said;

	ss_policy_init(&policy);
	ss_policy_inject(&policy, "kcmp:type=FS:error=EIO", "-e", &problems);
	read_text(&policy, "a", "selfsame: 1\ndefault: kernel\n"
		  "rules: [{match: {type: FILE}, then: model}]\n", &problems);
	read_text(&policy, "b", "selfsame: 1\norder: none\ndefault: kernel\n"
		  "rules: [{match: {type: VM}, then: model}]\n", &problems);
	ss_policy_inject(&policy, "kcmp:type=VM:error=EIO", "-e", &problems);
	ss_policy_finish(&policy, &problems);
	no_problems(&problems);
	ck_assert_uint_eq(policy.count, 4);
	ck_assert_uint_eq(policy.rules[0]->types, 1 << SS_TYPE_FS);
	ck_assert_uint_eq(policy.rules[1]->types, 1 << SS_TYPE_VM);
	ck_assert_uint_eq(policy.rules[2]->types, 1 << SS_TYPE_FILE);
	ck_assert_uint_eq(policy.rules[3]->types, 1 << SS_TYPE_VM);
	ck_assert_str_eq(policy.rules[3]->where.file, "b");
	read_text(&policy, "c", "selfsame: 1\ndefault: model\norder: label\n"
		  "outside: hide\n", &problems);
	said = problems_text(&problems);
	ck_assert_str_eq(said, "c:2:1: 'default' differs from that of a:2:1: "
			 "expected the same\n"
			 "c:3:1: 'order' differs from that of b:2:1: expected "
			 "the same\n");
	free(said);
	ss_problems_release(&problems);
	ss_policy_release(&policy);
}
END_TEST

/* Files that are one policy have no name twice: it is shown as one file. */
START_TEST(names_of_several_files)
{
	struct ss_problems problems = { 0 };
	struct ss_policy policy;
	char *said;

	ss_policy_init(&policy);
	read_text(&policy, "a", "selfsame: 1\n"
		  "rules: [{name: x, match: {type: VM}, then: model}]\n",
		  &problems);
	read_text(&policy, "b", "selfsame: 1\n"
		  "rules: [{name: x, match: {type: FS}, then: model}]\n",
		  &problems);
	said = problems_text(&problems);
	ck_assert_str_eq(said, "b:2:9: a second rule named 'x': expected "
			 "another name, and the first is a:2:9\n");
	free(said);
	ss_problems_release(&problems);
	ss_policy_release(&policy);
}
END_TEST

/* What is said is not cut. */
START_TEST(many_shadows)
{
	static const char *const types[] = {
		"FILE", "VM", "FILES", "FS", "SIGHAND", "IO", "SYSVSEM",
		"EPOLL_TFD", "invalid",
	};
	ss_cleanup_text struct ss_text text = { 0 };
	char *said;
	size_t i;

	ss_text_add_string(&text, RULES);
	for (i = 0; i < SS_ARRAY_SIZE(types); i++)
		ss_text_printf(&text, "- {name: " UMLAUTS "%zu, "
			       "match: {type: %s}, then: model}\n", i,
			       types[i]);
	ss_text_add_string(&text, "- {then: kill}\n");
	said = complaints(text.data, text.length);
	ck_assert_ptr_nonnull(strstr(said, "' (f:11:3)\n"));
	free(said);
}
END_TEST

/* Lists of lists of aliases: a few lines that mean billions. */
START_TEST(huge_expansions)
{
	ss_cleanup_text struct ss_text text = { 0 };
	char *said;
	int i;

	ss_text_add_string(&text, "selfsame: 1\na0: &a0 [x]\n");
	for (i = 1; i < 40; i++)
		ss_text_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i,
			       i - 1, i - 1, i - 1);
	said = complaints(text.data, text.length);
	ck_assert_ptr_nonnull(strstr(said, ": too much in here, or too many "
				     "aliases: expected 50000 values at "
				     "most\n"));
	free(said);
}
END_TEST

START_TEST(large_files)
{
	ss_cleanup_text struct ss_text text = { 0 };
	char *said;

	ss_text_add_string(&text, "selfsame: 1\n");
	while (text.length < SS_POLICY_BYTES)
		ss_text_add_string(&text, "#");
	said = complaints(text.data, text.length);
	ck_assert_str_eq(said, "");
	free(said);
	said = complaints(text.data, text.length + 1);
	ck_assert_str_eq(said, "f: too large: expected 262144 bytes at most\n");
	free(said);
}
END_TEST

/* Minutes, if libyaml were left alone with it. */
START_TEST(deep_files)
{
	ss_cleanup_text struct ss_text text = { 0 };
	char *said;
	int i;

	ss_text_add_string(&text, "selfsame: 1\nx: ");
	while (text.length < SS_POLICY_BYTES)
		ss_text_add_string(&text, "[");
	said = complaints(text.data, text.length);
	ck_assert_str_eq(said, "f:2:35: too deep: expected 32 lists and "
			 "mappings within each other at most\n");
	free(said);
	/* Beside each other, and as deep as it may be. */
	ss_text_clear(&text);
	ss_text_add_string(&text, "selfsame: 1\nx:\n");
	for (i = 0; i < 100; i++)
		ss_text_add_string(&text, "- [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]"
				   "]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
	said = complaints(text.data, text.length);
	ck_assert_str_eq(said, "f:2:1: unknown key 'x': expected selfsame, "
			 "default, outside, order, rules\n");
	free(said);
}
END_TEST

/* libyaml looks each of them up among all the others: seconds. */
START_TEST(many_anchors)
{
	ss_cleanup_text struct ss_text text = { 0 };
	char *said;
	int i;

	ss_text_add_string(&text, "selfsame: 1\nx: [");
	for (i = 0; i < 1000; i++)
		ss_text_printf(&text, "&%d a,", i);
	ss_text_add_string(&text, "*1,\n");
	i = (int)text.length;
	ss_text_add_string(&text, "]\n");
	said = complaints(text.data, text.length);
	ck_assert_str_eq(said, "f:2:1: unknown key 'x': expected selfsame, "
			 "default, outside, order, rules\n");
	free(said);
	text.length = (size_t)i;
	while (text.length < SS_POLICY_BYTES - 100)
		ss_text_printf(&text, "&%d a,", ++i);
	ss_text_add_string(&text, "]\n");
	said = complaints(text.data, text.length);
	ck_assert_str_eq(said, "f:3:1: too many anchors: expected 1000 at "
			 "most\n");
	free(said);
	ss_text_clear(&text);
	ss_text_add_string(&text, "# \n");
	for (i = 0; text.length < SS_POLICY_BYTES - 100; i++)
		ss_text_printf(&text, "%%TAG !%d! a\n", i);
	ss_text_add_string(&text, "---\nselfsame: 1\n");
	said = complaints(text.data, text.length);
	ck_assert_str_eq(said, "f:1002:1: too many %TAG: expected 1000 at "
			 "most\n");
	free(said);
}
END_TEST

START_TEST(many_mistakes)
{
	ss_cleanup_text struct ss_text text = { 0 };
	char *said, *end;
	int i, lines = 0;

	ss_text_add_string(&text, RULES);
	for (i = 0; i < 150; i++)
		ss_text_add_string(&text, "- {match: {fd: x}, then: model}\n");
	said = complaints(text.data, text.length);
	for (end = said; (end = strchr(end, '\n')); end++)
		lines++;
	ck_assert_int_eq(lines, SS_PROBLEMS_MAX + 1);
	ck_assert_ptr_nonnull(strstr(said, "\nand 50 more\n"));
	free(said);
}
END_TEST

/* What show prints is a file of the same policy. */
static void show_again(const char *text)
{
	ss_cleanup_text struct ss_text first = { 0 }, second = { 0 };
	struct ss_policy policy;

	from_text(&policy, text);
	ss_policy_show(&policy, &first);
	ss_policy_release(&policy);
	from_text(&policy, ss_text_string(&first));
	ss_policy_show(&policy, &second);
	ss_policy_release(&policy);
	ck_assert_str_eq(ss_text_string(&first), ss_text_string(&second));
}

START_TEST(shown)
{
	ss_cleanup_text struct ss_text text = { 0 };
	struct ss_policy policy;

	from_text(&policy, "selfsame: 1\noutside: {error: EIO}\nrules:\n"
		  "- {match: {type: VM}, then: {error: EWOULDBLOCK}}\n"
		  "- {then: {delay: 2000, retval: 3}, when: 1+3, log: true,\n"
		  "   match: {relation: [other, self], at: 'a!b', fd: 3..3}}\n"
		  "- {match: {type: invalid}, then: kernel, name: 'it''s'}\n");
	ss_policy_show(&policy, &text);
	ck_assert_str_eq(ss_text_string(&text),
		"selfsame: 1\n"
		"default: model\n"
		"outside: {error: EIO}\n"
		"order: label\n"
		"rules:\n"
		"  # rule 1, decided in the kernel: VM\n"
		"  - match: {type: [VM]}\n"
		"    then: {error: EAGAIN}\n"
		"  # rule 2\n"
		"  - match: {relation: [self, other], fd: 3, at: \"a!b\"}\n"
		"    when: 1+3\n"
		"    log: true\n"
		"    then: {retval: 3, delay: 2ms}\n"
		"  # rule 3\n"
		"  - name: \"it's\"\n"
		"    match: {type: [invalid]}\n"
		"    then: {kernel}\n");
	ss_policy_release(&policy);
	show_again(ss_text_string(&text));
	show_again("selfsame: 1\n");
	show_again("{selfsame: 1, default: kernel, order: {shuffle: 7}}\n");
	show_again("{selfsame: 1, default: {error: EIO}, order: none}\n");
	show_again("{selfsame: 1, outside: kernel, order: reverse}\n");
	show_again(RULES "- {match: {caller: '\\\"*', uid: 4294967294,\n"
		   "  task: 1.2.3, same: no, type: [EPOLL_TFD, FILE]},\n"
		   "  name: \"\\\"\\\\ \xc3\xa9\", chance: 33.3%, seed: 1,\n"
		   "  count: process, when: 2..9+3,\n"
		   "  then: {kernel, signal: 60,"
		   " delay: 1.5}}\n- {then: {kill, delay: 1}}\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy files");
	TCase *tcase = tcase_create("tests");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, the_least);
	tcase_add_test(tcase, every_key);
	tcase_add_test(tcase, aliases);
	tcase_add_loop_test(tcase, mistakes, 0, SS_ARRAY_SIZE(mistaken));
	tcase_add_loop_test(tcase, shadowed, 0, SS_ARRAY_SIZE(shadows));
	tcase_add_test(tcase, several_files);
	tcase_add_test(tcase, names_of_several_files);
	tcase_add_test(tcase, many_shadows);
	tcase_add_test(tcase, many_anchors);
	tcase_add_test(tcase, huge_expansions);
	tcase_add_test(tcase, large_files);
	tcase_add_test(tcase, deep_files);
	tcase_add_test(tcase, many_mistakes);
	tcase_add_test(tcase, shown);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
