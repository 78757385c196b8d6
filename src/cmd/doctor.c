/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * selfsame doctor: prints what a checkup found.
 */
#include "cmd/command.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/message.h"
#include "base/text.h"
#include "cmd/option.h"
#include "supervise/checkup.h"
#include "supervise/session.h"

static const struct ss_option options[] = {
	SS_OPTION_HELP,
};

static const struct ss_usage usage = {
	.program = "selfsame doctor",
	.synopsis = "[OPTION...]",
	.purpose =
	"Try out what this host offers to 'selfsame run', say what the "
	"absence\n"
	"of each feature costs, and exit 0 if 'run' will work here, 1 if not.",
	.options = options,
	.n_options = SS_ARRAY_SIZE(options),
};

static int examine(void)
{
	const char *without = getenv("SELFSAME_WITHOUT");
	ss_cleanup_text struct ss_text report = { 0 };
	const char *bad = NULL;
	bool can_run = false;
	int r;

	r = ss_checkup(without, &report, &can_run, &bad);
	if (r < 0 && bad)
		ss_error("unknown feature in SELFSAME_WITHOUT: '%.*s'; "
			 "selfsame(1) lists them",
			 (int)strcspn(bad, ","), bad);
	else if (r < 0)
		ss_error("cannot examine this host: %s", strerror(-r));
	if (r < 0)
		return SS_EXIT_FAILURE;
	(void)fputs(ss_text_string(&report), stdout);
	r = ss_stdout_finish();
	if (r != 0)
		return r;
	return can_run ? 0 : 1;
}

int ss_cmd_doctor(int argc, char **argv)
{
	const char *argument = NULL;
	int key;

	optind = 0;
	key = ss_options_next(&usage, argc, argv, &argument);
	if (key == 'h') {
		ss_usage_print(&usage);
		return ss_stdout_finish();
	}
	if (key != SS_OPTIONS_END)
		return SS_EXIT_FAILURE;
	if (optind < argc)
		return ss_usage_error(&usage, "unexpected argument '%s'",
				      argv[optind]);
	return examine();
}
