/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * selfsame run: from the command line to a session.
 */
#include "cmd/command.h"

#include <getopt.h>
#include <stdbool.h>

#include "base/attributes.h"
#include "cmd/option.h"
#include "supervise/session.h"

enum {
	KEY_AUDIT = 256,
	KEY_KILL_ON_EXIT,
	KEY_LOG,
	KEY_STATS,
};

static const struct ss_option options[] = {
	{ "audit", KEY_AUDIT, NULL,
	  "compare every answer with the kernel's kcmp, and\n"
	  "exit 123 if one differs or nothing was compared" },
	{ "kill-on-exit", KEY_KILL_ON_EXIT, NULL,
	  "when COMMAND ends, kill the descendants that are\n"
	  "left instead of waiting for them" },
	{ "log", KEY_LOG, "[FILE]",
	  "write one line for each kcmp to FILE, or to\n"
	  "standard error" },
	{ NULL, 'o', "FILE", "the same as --log=FILE" },
	{ "stats", KEY_STATS, NULL,
	  "at the end, write counters to standard error" },
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

static enum outcome parse(int argc, char **argv,
			  struct ss_session_options *session)
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
		case KEY_KILL_ON_EXIT:
			session->kill_on_exit = true;
			break;
		case KEY_LOG:
		case 'o':
			session->log = true;
			session->log_file = argument;
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

int ss_cmd_run(int argc, char **argv)
{
	struct ss_session_options session = { 0 };

	switch (parse(argc, argv, &session)) {
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
	session.argv = argv + optind;
	return ss_session_run(&session);
}
