/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * selfsame policy: what policy files say, without running anything.
 */
#include "cmd/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/message.h"
#include "base/text.h"
#include "cmd/option.h"
#include "cmd/policy-load.h"
#include "policy/sample.h"
#include "policy/show.h"
#include "policy/spec.h"
#include "supervise/session.h"

enum {
	KEY_INJECT = 256,
};

static const struct ss_option options[] = {
	{ "inject", KEY_INJECT, "SPEC",
	  "a rule that is asked before those of the files" },
	SS_OPTION_HELP,
};

static const struct ss_usage usage = {
	.program = "selfsame policy",
	.synopsis = "check|show|test [OPTION...] [FILE...] [CALL]",
	.purpose =
	"check: say everything that is wrong with policy files.\n"
	"show: print their rules as one file, and which the kernel decides.\n"
	"test: say which rule decides a CALL ('type=FILE relation=self'), and\n"
	"why not the earlier ones.",
	.options = options,
	.n_options = SS_ARRAY_SIZE(options),
};

#define EXIT_WRONG	1	/* the policy has problems, or a fact lacks */

static int no_memory(void)
{
	ss_error("cannot go on: %s", strerror(ENOMEM));
	return SS_EXIT_FAILURE;
}

/* 0, or the exit status: the user has been told. */
static int report(struct ss_problems *problems)
{
	ss_cleanup_text struct ss_text text = { 0 };

	if (!ss_problems_any(problems))
		return 0;
	ss_problems_print(problems, &text);
	if (problems->error || text.error)
		return no_memory();
	(void)fputs(ss_text_string(&text), stderr);
	return EXIT_WRONG;
}

static int print_text(const struct ss_text *text)
{
	if (text->error)
		return no_memory();
	(void)fputs(ss_text_string(text), stdout);
	return ss_stdout_finish();
}

static int check(ss_unused const struct ss_policy *policy,
		 ss_unused const char *call)
{
	return 0;
}

static int show(const struct ss_policy *policy, ss_unused const char *call)
{
	ss_cleanup_text struct ss_text text = { 0 };

	ss_policy_show(policy, &text);
	return print_text(&text);
}

/* "policy.yaml:3:5", or what else has decided. */
static void print_decider(const struct ss_policy *policy,
			  const struct ss_decision *decision,
			  struct ss_text *text)
{
	const struct ss_where *where = NULL;

	switch (decision->by) {
	case SS_BY_RULE:
		ss_rule_print_name(decision->rule, text);
		where = &decision->rule->where;
		break;
	case SS_BY_DEFAULT:
		ss_text_add_string(text, "default");
		where = &policy->set[SS_SETTING_DEFAULT];
		break;
	case SS_BY_OUTSIDE:
		ss_text_add_string(text, "outside");
		where = &policy->set[SS_SETTING_OUTSIDE];
		break;
	}
	if (where->file) {
		ss_text_add_string(text, " (");
		ss_where_print(where, text);
		ss_text_add_string(text, ")");
	}
}

static int put_sample(const struct ss_policy *policy,
		      const struct ss_sample *sample,
		      struct ss_reason *reasons)
{
	ss_cleanup_text struct ss_text text = { 0 };
	enum ss_fact need = SS_FACT_COUNT;
	struct ss_asked call;
	size_t i;
	int r = ss_sample_decide(sample, policy, reasons, &call, &need);

	if (r < 0)
		return no_memory();
	for (i = 0; i < policy->count; i++) {
		if (reasons[i].outcome == SS_OUTCOME_UNASKED ||
		    reasons[i].outcome == SS_OUTCOME_FIRED)
			continue;
		ss_reason_print(policy->rules[i], &reasons[i], &call, &text);
		ss_text_add_string(&text, "\n");
	}
	if (r == 1) {
		ss_action_print(&call.decision.action, &text);
		ss_text_add_string(&text, ": decided by ");
		print_decider(policy, &call.decision, &text);
	} else {
		ss_text_add_string(&text, "not decided: ");
		if (call.next < policy->count && !call.decision.rule)
			ss_rule_print_name(policy->rules[call.next], &text);
		else
			ss_text_add_string(&text, "outside");
		ss_text_printf(&text, " asks: %s  Add %s= to the call.",
			       ss_fact_question(need), ss_sample_key(need));
	}
	ss_text_add_string(&text, "\n");
	i = (size_t)print_text(&text);
	return i ? (int)i : r == 1 ? 0 : EXIT_WRONG;
}

static int test(const struct ss_policy *policy, const char *line)
{
	/* One more: there may be no rules. */
	ss_cleanup_free struct ss_reason *reasons =
		calloc(policy->count + 1, sizeof(*reasons));
	struct ss_sample sample = { 0 };
	char message[512];
	int r = -ENOMEM;

	if (reasons)
		r = ss_sample_read(&sample, line, message, sizeof(message));
	if (r == -EINVAL)
		r = ss_usage_error(&usage, "%s", message);
	else if (r)
		r = no_memory();
	else
		r = put_sample(policy, &sample, reasons);
	ss_sample_release(&sample);
	return r;
}

static const struct verb {
	const char *name;
	int (*run)(const struct ss_policy *policy, const char *call);
	bool calls;		/* the last operand is a call */
} verbs[] = {
	{ "check", check, false },
	{ "show", show, false },
	{ "test", test, true },
};

/* Files and rules in *policy; 0, or the exit status. */
static int run_verb(const struct verb *verb, int argc, char **argv,
		    struct ss_policy *policy, struct ss_problems *problems)
{
	const char *argument = NULL, *call = NULL;
	bool injected = false;
	int key, r;

	optind = 0;
	while ((key = ss_options_next(&usage, argc, argv, &argument)) ==
	       KEY_INJECT) {
		ss_policy_inject(policy, argument, "--inject", problems);
		injected = true;
	}
	if (key == 'h') {
		ss_usage_print(&usage);
		return ss_stdout_finish();
	}
	if (key != SS_OPTIONS_END)
		return SS_EXIT_FAILURE;
	if (verb->calls) {
		if (optind >= argc)
			return ss_usage_error(&usage, "no call to test");
		call = argv[--argc];
	}
	if (optind >= argc && !injected)
		return ss_usage_error(&usage, "no policy to %s", verb->name);
	for (; optind < argc; optind++)
		ss_policy_load(policy, argv[optind], problems);
	ss_policy_finish(policy, problems);
	r = report(problems);
	return r ? r : verb->run(policy, call);
}

int ss_cmd_policy(int argc, char **argv)
{
	struct ss_problems problems = { 0 };
	const char *argument = NULL;
	struct ss_policy policy;
	size_t i;
	int key, r;

	optind = 0;
	key = ss_options_next(&usage, argc, argv, &argument);
	if (key == 'h') {
		ss_usage_print(&usage);
		return ss_stdout_finish();
	}
	if (key == KEY_INJECT)
		return ss_usage_error(&usage, "an option before check, show "
				      "or test");
	if (key != SS_OPTIONS_END)
		return SS_EXIT_FAILURE;
	if (optind >= argc)
		return ss_usage_error(&usage, "neither check, show nor test");
	for (i = 0; i < SS_ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[optind], verbs[i].name) == 0)
			break;
	}
	if (i == SS_ARRAY_SIZE(verbs))
		return ss_usage_error(&usage, "'%s' is neither check, show "
				      "nor test", argv[optind]);
	ss_policy_init(&policy);
	r = run_verb(&verbs[i], argc - optind, argv + optind, &policy,
		     &problems);
	ss_problems_release(&problems);
	ss_policy_release(&policy);
	return r;
}
