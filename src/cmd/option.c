/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * getopt_long from a table, and the table as text.
 */
#include "cmd/option.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/message.h"
#include "supervise/session.h"

#define COLUMN	24	/* where help begins */

static int argument_kind(const struct ss_option *option)
{
	if (!option->argument)
		return no_argument;
	return option->argument[0] == '[' ? optional_argument :
		required_argument;
}

/* "+:" stops at the first operand and tells missing arguments apart. */
static void make_tables(const struct ss_usage *usage, char *shorts,
			struct option *longs)
{
	size_t i, n = 0;

	*shorts++ = '+';
	*shorts++ = ':';
	for (i = 0; i < usage->n_options; i++) {
		const struct ss_option *option = &usage->options[i];
		int kind = argument_kind(option);

		if (option->name) {
			longs[n++] = (struct option){
				.name = option->name,
				.has_arg = kind,
				.val = option->key,
			};
		}
		if (option->key > 255)
			continue;
		*shorts++ = (char)option->key;
		if (kind != no_argument)
			*shorts++ = ':';
		if (kind == optional_argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[n] = (struct option){ 0 };
}

int ss_options_next(const struct ss_usage *usage, int argc, char **argv,
		    const char **ret_argument)
{
	struct option longs[SS_OPTIONS_MAX + 1];
	char shorts[3 * SS_OPTIONS_MAX + 3];
	int at = optind > 0 ? optind : 1;
	const char *word = at < argc ? argv[at] : "";
	int key;

	ss_assert(usage->n_options <= SS_OPTIONS_MAX);
	make_tables(usage, shorts, longs);
	opterr = 0;
	key = getopt_long(argc, argv, shorts, longs, NULL);
	if (key == -1)
		return SS_OPTIONS_END;
	if (key == ':') {
		(void)ss_usage_error(usage, "option '%s' needs an argument",
				     word);
		return SS_OPTIONS_BAD;
	}
	if (key == '?') {
		if (word[0] == '-' && word[1] == '-')
			(void)ss_usage_error(usage, "%s '%s'",
					     optopt ? "no argument allowed in" :
					     "unknown option", word);
		else
			(void)ss_usage_error(usage, "unknown option '-%c'",
					     optopt);
		return SS_OPTIONS_BAD;
	}
	*ret_argument = optarg;
	return key;
}

int ss_usage_error(const struct ss_usage *usage, const char *format, ...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	ss_error("%s", message);
	(void)fprintf(stderr, "Try '%s --help'\n", usage->program);
	return SS_EXIT_FAILURE;
}

static void print_option(const struct ss_option *option)
{
	const char *line = option->help;
	int width = 0;

	width += option->key > 255 ? printf("      ") :
		option->name ? printf("  -%c, ", option->key) :
		printf("  -%c", option->key);
	if (option->name)
		width += printf("--%s", option->name);
	if (option->argument && option->argument[0] == '[')
		width += printf("[=%s", option->argument + 1);
	else if (option->argument)
		width += printf(option->name ? "=%s" : " %s",
				option->argument);
	while (line) {
		const char *end = strchr(line, '\n');
		int length = end ? (int)(end - line) : (int)strlen(line);

		(void)printf("%*s%.*s\n", COLUMN - width, "", length, line);
		width = 0;
		line = end ? end + 1 : NULL;
	}
}

void ss_usage_print(const struct ss_usage *usage)
{
	size_t i;

	(void)printf("Usage: %s %s\n\n%s\n\nOptions:\n", usage->program,
		     usage->synopsis, usage->purpose);
	for (i = 0; i < usage->n_options; i++)
		print_option(&usage->options[i]);
}

int ss_stdout_finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	ss_error("cannot write to standard output: %s", strerror(errno));
	return SS_EXIT_FAILURE;
}
