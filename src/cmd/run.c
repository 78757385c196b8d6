/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * selfsame run: from the command line to a session.
 */
#include "cmd/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/message.h"
#include "cmd/option.h"
#include "cmd/policy-load.h"
#include "policy/spec.h"
#include "supervise/session.h"

enum {
	KEY_AUDIT = 256,
	KEY_KILL_ON_EXIT,
	KEY_INJECT,
	KEY_LEARN,
	KEY_LOG,
	KEY_POLICY,
	KEY_STATS,
	KEY_WOULD_DENY,
};

static const struct ss_option options[] = {
	{ "audit", KEY_AUDIT, NULL,
	  "compare every answer with the kernel's kcmp, and\n"
	  "exit 123 if one differs or nothing was compared" },
	{ NULL, 'e', "EXPRESSION", "inject=SPEC: the same as --inject=SPEC" },
	{ "inject", KEY_INJECT, "SPEC",
	  "a rule that is asked before those of files; see\n"
	  "selfsame-policy(5)" },
	{ "kill-on-exit", KEY_KILL_ON_EXIT, NULL,
	  "when COMMAND ends, kill the descendants that are\n"
	  "left instead of waiting for them" },
	{ "learn", KEY_LEARN, "FILE",
	  "at the end, write the least policy that allows what\n"
	  "was seen to FILE, which must be new" },
	{ "log", KEY_LOG, "[FILE]",
	  "write one line for each kcmp to FILE, or to\n"
	  "standard error" },
	{ NULL, 'o', "FILE", "the same as --log=FILE" },
	{ "policy", KEY_POLICY, "FILE",
	  "the rules of FILE, or of an installed policy of\n"
	  "that name, decide" },
	{ "stack-trace", 'k', NULL,
	  "write the stack of each call that is logged, too" },
	{ "stats", KEY_STATS, NULL,
	  "at the end, write counters to standard error" },
	{ "would-deny", KEY_WOULD_DENY, NULL,
	  "only tell, at the end, what the rules would have\n"
	  "refused" },
	SS_OPTION_HELP,
};

static const struct ss_usage usage = {
	.program = "selfsame run",
	.synopsis = "[OPTION...] [--] COMMAND [ARG...]",
	.purpose =
	"Run COMMAND and answer every kcmp(2) of it and of its descendants\n"
	"from a model of what they share.  Options end at COMMAND.",
	.options = options,
	.n_options = SS_ARRAY_SIZE(options),
};

enum outcome {
	GO_ON,
	HELP,
	MISUSE,
};

/* What --policy and --inject say. */
struct rules {
	struct ss_policy policy;
	struct ss_problems problems;
	bool given;
};

static void inject(struct rules *rules, const char *spec)
{
	rules->given = true;
	ss_policy_inject(&rules->policy, spec, "--inject", &rules->problems);
}

/* As strace has it. */
static bool express(struct rules *rules, const char *expression)
{
	static const char prefix[] = "inject=";

	if (strncmp(expression, prefix, sizeof(prefix) - 1) != 0) {
		(void)ss_usage_error(&usage, "'-e %s': only -e inject=SPEC is "
				     "known", expression);
		return false;
	}
	inject(rules, expression + sizeof(prefix) - 1);
	return true;
}

static enum outcome parse(int argc, char **argv,
			  struct ss_session_options *session,
			  struct rules *rules)
{
	const char *argument = NULL;
	int key;

	optind = 0;
	while ((key = ss_options_next(&usage, argc, argv, &argument)) !=
	       SS_OPTIONS_END) {
		switch (key) {
		case KEY_AUDIT:
			session->audit = true;
			break;
		case KEY_INJECT:
			inject(rules, argument);
			break;
		case 'e':
			if (!express(rules, argument))
				return MISUSE;
			break;
		case KEY_POLICY:
			rules->given = true;
			ss_policy_load(&rules->policy, argument,
				       &rules->problems);
			break;
		case KEY_WOULD_DENY:
			session->would_deny = true;
			break;
		case KEY_KILL_ON_EXIT:
			session->kill_on_exit = true;
			break;
		case KEY_LEARN:
			session->learn_file = argument;
			break;
		case KEY_LOG:
		case 'o':
			session->log = true;
			session->log_file = argument;
			break;
		case 'k':
			session->stacks = true;
			break;
		case KEY_STATS:
			session->stats = true;
			break;
		case 'h':
			return HELP;
		default:
			return MISUSE;
		}
	}
	return GO_ON;
}

/* Nothing runs with rules that have a problem. */
static bool finish_rules(struct rules *rules,
			 struct ss_session_options *session)
{
	ss_cleanup_text struct ss_text text = { 0 };

	if (!rules->given)
		return true;
	ss_policy_finish(&rules->policy, &rules->problems);
	session->policy = &rules->policy;
	if (!ss_problems_any(&rules->problems))
		return true;
	ss_problems_print(&rules->problems, &text);
	if (rules->problems.error || text.error)
		ss_error("cannot read the rules: %s", strerror(ENOMEM));
	(void)fputs(ss_text_string(&text), stderr);
	return false;
}

static int run(int argc, char **argv, struct rules *rules)
{
	struct ss_session_options session = { 0 };

	switch (parse(argc, argv, &session, rules)) {
	case HELP:
		ss_usage_print(&usage);
		return ss_stdout_finish();
	case MISUSE:
		return SS_EXIT_FAILURE;
	case GO_ON:
		break;
	}
	if (optind >= argc)
		return ss_usage_error(&usage, "no command to run");
	if (session.log_file && session.log_file[0] == '\0')
		return ss_usage_error(&usage, "the log file has no name");
	if (session.would_deny && !rules->given)
		return ss_usage_error(&usage, "--would-deny needs --policy or "
				      "--inject");
	if (!finish_rules(rules, &session))
		return SS_EXIT_FAILURE;
	if (session.stacks && !session.log && !rules->policy.logs)
		return ss_usage_error(&usage, "-k needs --log, or a rule that "
				      "logs");
	session.argv = argv + optind;
	return ss_session_run(&session);
}

int ss_cmd_run(int argc, char **argv)
{
	struct rules rules = { 0 };
	int status;

	ss_policy_init(&rules.policy);
	status = run(argc, argv, &rules);
	ss_policy_release(&rules.policy);
	ss_problems_release(&rules.problems);
	return status;
}
