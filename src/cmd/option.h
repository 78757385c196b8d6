/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options from tables: one table for each subcommand makes getopt_long's
 * arrays and the text of --help, so neither can forget the other.
 *
 * Options end at the first word that is none, or after "--".
 */
#ifndef SS_CMD_OPTION_H
#define SS_CMD_OPTION_H

#include <stddef.h>

#include "base/attributes.h"

struct ss_option {
	const char *name;	/* the long one, or NULL */
	int key;		/* the short one, or a number above 255 */
	const char *argument;	/* NULL; "FILE"; "[FILE]" if optional */
	const char *help;	/* lines are broken by hand with \n */
};

struct ss_usage {
	const char *program;	/* "selfsame run": for "Try '... --help'" */
	const char *synopsis;	/* what follows it in the usage line */
	const char *purpose;	/* a sentence or two */
	const struct ss_option *options;
	size_t n_options;	/* SS_OPTIONS_MAX at most */
};

#define SS_OPTIONS_MAX	16

/* Every table has this one. */
#define SS_OPTION_HELP	{ "help", 'h', NULL, "print this help and exit" }

#define SS_OPTIONS_END	(-1)
#define SS_OPTIONS_BAD	(-2)

/*
 * The key of the next option and its argument (borrowed, or NULL);
 * SS_OPTIONS_END: *ret_argument untouched, optind is at the first operand;
 * SS_OPTIONS_BAD: misuse, of which the user has been told.  Set optind to 0
 * before the first call.
 */
int ss_options_next(const struct ss_usage *usage, int argc, char **argv,
		    const char **ret_argument) ss_must_check;

/* Tells the user of misuse and returns the exit status for it. */
int ss_usage_error(const struct ss_usage *usage, const char *format, ...)
	ss_printf(2, 3);

/* Prints usage, purpose and options on stdout. */
void ss_usage_print(const struct ss_usage *usage);

/* The exit status after output on stdout: 0, or ours if it was lost. */
int ss_stdout_finish(void) ss_must_check;

#endif
