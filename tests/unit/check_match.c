/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of policy/match, sample and compile: a table of calls, rules,
 * what is to be done and who decides that, in tests/data/policy/decisions.
 * Each row is decided three times: at once; with one fact after the other, as
 * they are asked for; and by what the filter would do, where it does.
 */
#include "policy/match.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy.h"
#include "policy/compile.h"
#include "policy/sample.h"
#include "world.h"

#define ROWS_MIN	150

/* One line of the table: four columns with a bar between. */
struct row {
	char line[1024];
	unsigned int number;
	const char *call, *rules, *action, *decider;
};

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (*text == ' ')
		text++;
	while (end > text && end[-1] == ' ')
		*--end = '\0';
	return text;
}

static void split(struct row *row)
{
	const char **columns[] = { &row->call, &row->rules, &row->action,
				   &row->decider };
	char *at = row->line, *bar;
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(columns); i++) {
		ck_assert_msg(at, "line %u is short", row->number);
		bar = strchr(at, '|');
		if (bar)
			*bar = '\0';
		*columns[i] = trim(at);
		at = bar ? bar + 1 : NULL;
	}
	ck_assert_msg(!at, "line %u is long", row->number);
}

/* "SPEC SPEC" or "default=X outside=X SPEC": the settings are a file's. */
static void make_policy(struct ss_policy *policy, const char *rules)
{
	struct ss_problems problems = { 0 };
	ss_cleanup_text struct ss_text file = { 0 };
	char *copy = strdup(rules), *save = NULL, *word;

	ss_policy_init(policy);
	ss_text_add_string(&file, "selfsame: 1\n");
	for (word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');

		if (strncmp(word, "kcmp", 4) == 0) {
			ss_policy_inject(policy, word, "-e", &problems);
		} else if (strcmp(word, "-")) {
			*value++ = '\0';
			ss_text_printf(&file, *value == 'E' ?
				       "%s: {error: %s}\n" : "%s: %s\n", word,
				       value);
		}
	}
	free(copy);
	read_text(policy, "f", ss_text_string(&file), &problems);
	ss_policy_finish(policy, &problems);
	no_problems(&problems);
}

static void print_decision(const struct ss_decision *decision,
			   struct ss_text *action, struct ss_text *decider)
{
	ss_action_print(&decision->action, action);
	if (decision->by == SS_BY_RULE)
		ss_text_printf(decider, "%u", decision->rule->index + 1);
	else
		ss_text_add_string(decider, decision->by == SS_BY_DEFAULT ?
				   "default" : "outside");
}

static void check_decision(const struct row *row,
			   const struct ss_decision *decision)
{
	ss_cleanup_text struct ss_text action = { 0 }, decider = { 0 };

	print_decision(decision, &action, &decider);
	ck_assert_msg(!strcmp(ss_text_string(&action), row->action) &&
		      !strcmp(ss_text_string(&decider), row->decider),
		      "line %u: %s by %s, not %s by %s", row->number,
		      ss_text_string(&action), ss_text_string(&decider),
		      row->action, row->decider);
}

/* Nothing is known but what was asked for; the facts so far in bits. */
static unsigned int decide_slowly(const struct row *row,
				  const struct ss_policy *policy,
				  const struct ss_sample *sample)
{
	struct ss_counters *counters = ss_counters_new(policy);
	unsigned int asked = 0;
	struct ss_asked call;
	uint64_t n;

	for (n = 0; n < sample->nth; n++) {
		enum ss_fact need = SS_FACT_COUNT;

		call = sample->call;
		call.stack.frames = sample->frames;
		call.known = 0;
		while (!ss_policy_decide(policy, counters, &call, &need)) {
			if (!(sample->call.known & ~call.known & 1u << need))
				ck_abort_msg("line %u does not tell: %s",
					     row->number,
					     ss_fact_question(need));
			call.known |= 1u << need;
			asked |= 1u << need;
		}
		/* Asked again, it says the same, and counts no more. */
		if (ss_policy_decide(policy, NULL, &call, &need) != 1)
			ck_abort_msg("line %u is asked again", row->number);
	}
	check_decision(row, &call.decision);
	ss_counters_free(counters);
	return asked;
}

/* What the filter does is what we would do; and what was asked is planned. */
static void check_plan(const struct row *row, const struct ss_policy *policy,
		       const struct ss_asked *call, unsigned int asked)
{
	const struct ss_decision *decision = &call->decision;
	unsigned int type = ss_type_index(call->type);
	const struct ss_filtered *filtered;
	struct ss_plan plan;

	ss_policy_compile(policy, true, &plan);
	ck_assert_int_eq(plan.types[type].what, SS_FILTER_NOTIFY);
	ss_policy_compile(policy, false, &plan);
	ck_assert_msg(!(asked & ~plan.facts), "line %u: %#x is not planned",
		      row->number, asked & ~plan.facts);
	if (decision->action.kind == SS_ACTION_MODEL ||
	    asked & 1u << SS_FACT_SAME)
		ck_assert_msg(plan.model_types & 1u << type,
			      "line %u: the model is not expected",
			      row->number);
	filtered = &plan.types[type];
	if (filtered->what == SS_FILTER_NOTIFY)
		return;
	ck_assert_msg(filtered->rule == decision->rule && !asked,
		      "line %u: the filter obeys another", row->number);
	ck_assert_int_eq(decision->action.kind,
			 filtered->what == SS_FILTER_ERRNO ? SS_ACTION_ERROR :
			 SS_ACTION_KERNEL);
	ck_assert_int_eq(decision->action.value, filtered->error);
}

static void check_row(const struct row *row)
{
	struct ss_sample sample = { 0 };
	enum ss_fact need = SS_FACT_COUNT;
	struct ss_policy policy;
	char message[512] = "";
	struct ss_asked call;

	make_policy(&policy, row->rules);
	ck_assert_msg(!ss_sample_read(&sample, row->call, message,
				      sizeof(message)), "line %u: %s",
		      row->number, message);
	ck_assert_msg(ss_sample_decide(&sample, &policy, NULL, &call,
				       &need) == 1, "line %u does not tell: "
		      "%s", row->number, need < SS_FACT_COUNT ?
		      ss_fact_question(need) : "");
	check_decision(row, &call.decision);
	check_plan(row, &policy, &call, decide_slowly(row, &policy, &sample));
	ss_sample_release(&sample);
	ss_policy_release(&policy);
}

START_TEST(table)
{
	ss_cleanup_text struct ss_text path = { 0 };
	const char *srcdir = getenv("srcdir");
	unsigned int rows = 0;
	struct row row = { 0 };
	FILE *file;

	ss_text_printf(&path, "%s/tests/data/policy/decisions",
		       srcdir ? srcdir : ".");
	file = fopen(path.data, "re");
	ck_assert_msg(file, "cannot open %s", path.data);
	while (fgets(row.line, sizeof(row.line), file)) {
		row.number++;
		row.line[strcspn(row.line, "\n")] = '\0';
		if (!row.line[0] || row.line[0] == '#')
			continue;
		split(&row);
		check_row(&row);
		rows++;
	}
	(void)fclose(file);
	ck_assert_uint_ge(rows, ROWS_MIN);
}
END_TEST

/* Facts are asked for only if nothing cheaper decides. */
START_TEST(dear_facts_come_last)
{
	static const struct {
		const char *specs, *call;
		enum ss_fact need;	/* SS_FACT_COUNT: none */
	} rows[] = {
		{ "kcmp:at=main:type=VM:model", "type=FS", SS_FACT_COUNT },
		{ "kcmp:at=main:model", "type=FS", SS_FACT_STACK },
		{ "kcmp:at=main:same=yes:model", "type=FS", SS_FACT_SAME },
		{ "kcmp:at=main:same=yes:model", "type=FS same=no",
		  SS_FACT_COUNT },
		{ "kcmp:at=main:same=yes:model", "type=FS same=yes",
		  SS_FACT_STACK },
		{ "kcmp:same=yes:caller=a:model", "type=FS",
		  SS_FACT_EXECUTABLE },
		{ "kcmp:uid=1:caller=a:model", "type=FS", SS_FACT_UID },
		{ "kcmp:uid=1:relation=self:model", "type=FS",
		  SS_FACT_RELATIONS },
		{ "kcmp:uid=1:task=1.2:model", "type=FS", SS_FACT_COUNT },
		{ "kcmp:type=FS:error=EIO kcmp:at=main:model", "type=FS",
		  SS_FACT_COUNT },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(rows); i++) {
		enum ss_fact need = SS_FACT_COUNT;
		struct ss_sample sample = { 0 };
		struct ss_policy policy;
		char message[512];
		struct ss_asked call;
		int r;

		from_specs(&policy, rows[i].specs);
		ck_assert_int_eq(ss_sample_read(&sample, rows[i].call, message,
						sizeof(message)), 0);
		r = ss_sample_decide(&sample, &policy, NULL, &call, &need);
		ck_assert_int_eq(r, rows[i].need == SS_FACT_COUNT);
		if (!r)
			ck_assert_msg(need == rows[i].need, "row %zu: %s", i,
				      ss_fact_question(need));
		ss_sample_release(&sample);
		ss_policy_release(&policy);
	}
}
END_TEST

/* Who has the same user is asked only where nothing else is left. */
START_TEST(users_are_asked_for_apart)
{
	struct ss_asked call = {
		.type = SS_TYPE_VM,
		.known = 1u << SS_FACT_RELATIONS,
		.relations = { 1u << SS_RELATION_SELF,
			       1u << SS_RELATION_OTHER },
	};
	enum ss_fact need = SS_FACT_COUNT;
	struct ss_policy policy;

	from_specs(&policy, "kcmp:relation=self,same-user:error=EIO");
	ck_assert_int_eq(ss_policy_decide(&policy, NULL, &call, &need), 0);
	ck_assert_int_eq(need, SS_FACT_USERS);
	call.known |= 1u << SS_FACT_USERS;
	call.same_user[1] = true;
	ck_assert_int_eq(ss_policy_decide(&policy, NULL, &call, &need), 1);
	ck_assert_int_eq(call.decision.action.value, EIO);
	/* Nobody knows whose an unknown task is. */
	call = (struct ss_asked){ .known = 1u << SS_FACT_RELATIONS,
				 .relations = { 1u << SS_RELATION_SELF,
						1u << SS_RELATION_UNKNOWN } };
	ck_assert_int_eq(ss_policy_decide(&policy, NULL, &call, &need), 1);
	ck_assert_int_eq(call.decision.by, SS_BY_DEFAULT);
	ss_policy_release(&policy);
}
END_TEST

/* A rule that needs a fact after another has counted: nothing counts twice. */
START_TEST(what_was_counted_stays_counted)
{
	struct ss_path *one = ss_path_new(NULL, 1);
	struct ss_counters *counters;
	enum ss_fact need = SS_FACT_COUNT;
	struct ss_policy policy;
	unsigned int n;

	from_specs(&policy, "kcmp:when=3:error=EIO kcmp:at=main:error=EPERM");
	counters = ss_counters_new(&policy);
	for (n = 1; n <= 3; n++) {
		struct ss_asked call = { .path = one };
		int r = ss_policy_decide(&policy, counters, &call, &need);

		ck_assert_int_eq(r, n == 3);
		if (r) {
			ck_assert_int_eq(call.decision.action.value, EIO);
			continue;
		}
		ck_assert_int_eq(need, SS_FACT_STACK);
		call.known = 1u << SS_FACT_STACK;
		call.stack.why_none = "it is traced";
		ck_assert_int_eq(ss_policy_decide(&policy, counters, &call,
						  &need), 1);
		ck_assert_int_eq(call.decision.by, SS_BY_DEFAULT);
	}
	ss_counters_free(counters);
	ss_policy_release(&policy);
	ss_path_put(one);
}
END_TEST

/* The reasons, as people see them. */
START_TEST(reasons)
{
	static const char specs[] =
		"kcmp:type=VM,FS:error=EPERM kcmp:fd=7..9:error=EPERM "
		"kcmp:task=1.2:error=EPERM kcmp:relation=child:error=EPERM "
		"kcmp:uid=0:error=EPERM kcmp:caller=sh:error=EPERM "
		"kcmp:same=yes:error=EPERM kcmp:at=main:error=EPERM "
		"kcmp:when=2+:error=EPERM kcmp:chance=0.000001:error=EPERM "
		"kcmp:type=FILE,FS:kernel kcmp:uid=9:kill";
	struct ss_reason found[12] = { 0 };
	ss_cleanup_text struct ss_text text = { 0 };
	enum ss_fact need = SS_FACT_COUNT;
	struct ss_sample sample = { 0 };
	struct ss_policy policy;
	struct ss_asked call;
	char message[512];
	size_t i;

	ss_policy_init(&policy);
	make_policy(&policy, specs);
	ck_assert_int_eq(ss_sample_read(&sample, "type=FILE fd=3,4 uid=5 "
		"relation=self,other caller=/bin/bash same=error at=none",
		message, sizeof(message)), 0);
	ck_assert_int_eq(ss_sample_decide(&sample, &policy, found, &call,
					  &need), 1);
	for (i = 0; i < SS_ARRAY_SIZE(found); i++) {
		ss_reason_print(policy.rules[i], &found[i], &call, &text);
		ss_text_add_string(&text, "\n");
	}
	ck_assert_str_eq(ss_text_string(&text),
		"rule 1 does not match: type is FILE, not [VM, FS]\n"
		"rule 2 does not match: fd is 3 and 4, not 7..9\n"
		"rule 3 does not match: task is 1, not 1.2\n"
		"rule 4 does not match: relation is self and other, not "
		"[child]\n"
		"rule 5 does not match: uid is 5, not 0\n"
		"rule 6 does not match: caller is /bin/bash, not \"sh\"\n"
		"rule 7 does not match: same is an error, not yes\n"
		"rule 8 cannot tell where the caller is: the call has no "
		"stack\n"
		"rule 9 does not fire at this count (call 1 of those that "
		"match)\n"
		"rule 10 does not fire by chance (call 1 of those that "
		"match)\n"
		"rule 11 decides\n"
		"rule 12 was not asked\n");
	ss_sample_release(&sample);
	ss_policy_release(&policy);
}
END_TEST

START_TEST(bad_calls)
{
	static const char *const bad[] = {
		"", "relation=self", "type", "type=FOO", "type=VM type=VM",
		"type=VM relation=me", "type=VM fd=x", "type=VM same=maybe",
		"type=VM at=", "type=VM at=a!", "type=VM uid=-1",
		"type=VM task=2", "type=VM nth=0", "type=VM caller=",
		"type=VM walk=1",
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(bad); i++) {
		struct ss_sample sample = { 0 };
		char message[512] = "";

		ck_assert_msg(ss_sample_read(&sample, bad[i], message,
					     sizeof(message)) == -EINVAL,
			      "%s", bad[i]);
		ck_assert_ptr_nonnull(strstr(message, "expected"));
		ss_sample_release(&sample);
	}
}
END_TEST

/* What is needed of a policy, and of which types the model. */
START_TEST(plans)
{
	static const struct {
		const char *rules;
		unsigned int model_types, facts, notified;
	} rows[] = {
#define T(id)	(1u << SS_TYPE_##id)
#define F(id)	(1u << SS_FACT_##id)
		{ "-", SS_TYPES_ALL, 0, SS_TYPES_ALL },
		{ "default=kernel", 0, 0, 0 },
		{ "default=EPERM kcmp:type=FILE:model", T(FILE), 0, T(FILE) },
		{ "kcmp:type=FILE,EPOLL_TFD:error=EPERM",
		  SS_TYPES_ALL & ~(T(FILE) | T(EPOLL_TFD)), 0,
		  SS_TYPES_ALL & ~(T(FILE) | T(EPOLL_TFD)) },
		{ "default=EPERM kcmp:type=VM:same=yes:error=EIO", T(VM),
		  F(SAME), T(VM) },
		{ "default=EPERM kcmp:type=VM:at=f:relation=same-user:"
		  "error=EIO", 0, F(STACK) | F(RELATIONS) | F(USERS), T(VM) },
		{ "default=EPERM kcmp:type=VM:error=EIO:log", 0, 0, T(VM) },
		{ "default=EPERM kcmp:type=VM:error=EIO:delay=1", 0, 0,
		  T(VM) },
		{ "default=EPERM kcmp:type=VM:error=EIO:signal=1", 0, 0,
		  T(VM) },
		{ "default=EPERM kcmp:type=VM:error=EIO:when=1", 0, 0, T(VM) },
		{ "default=EPERM kcmp:type=VM:kernel:chance=0.5", 0, 0,
		  T(VM) },
		{ "default=EPERM kcmp:type=VM:retval=0", 0, 0, T(VM) },
		{ "default=EPERM kcmp:type=VM:kill", 0, 0, T(VM) },
		/* Behind one that needs us, nothing is the kernel's. */
		{ "default=EPERM kcmp:type=VM:uid=1:error=EIO kcmp:kernel", 0,
		  F(UID), T(VM) },
		/* Behind one that always decides, nothing is needed. */
		{ "default=model kcmp:error=EIO", 0, 0, 0 },
		{ "outside=kernel default=EPERM kcmp:type=VM:model", T(VM),
		  F(RELATIONS), T(VM) },
		{ "outside=kernel default=EPERM", 0, 0, 0 },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(rows); i++) {
		unsigned int type, notified = 0;
		struct ss_policy policy;
		struct ss_plan plan;

		make_policy(&policy, rows[i].rules);
		ss_policy_compile(&policy, false, &plan);
		for (type = 0; type <= SS_TYPE_INVALID; type++)
			notified |= plan.types[type].what == SS_FILTER_NOTIFY ?
				1u << type : 0;
		ck_assert_msg(plan.model_types == rows[i].model_types &&
			      plan.facts == rows[i].facts &&
			      notified == rows[i].notified,
			      "row %zu: model %#x, facts %#x, notified %#x", i,
			      plan.model_types, plan.facts, notified);
		ss_policy_release(&policy);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		table, dear_facts_come_last, users_are_asked_for_apart,
		what_was_counted_stays_counted, reasons, bad_calls, plans,
		NULL,
	};

	return run_tests("decisions", tests);
}
