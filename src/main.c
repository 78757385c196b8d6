/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of subcommands, and what concerns all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "cmd/command.h"
#include "cmd/option.h"
#include "supervise/session.h"

static const struct ss_command commands[] = {
	{ "run", "run a command, and answer its kcmp calls from a model",
	  ss_cmd_run },
	{ "doctor", "say what this host offers to 'run', and what it lacks",
	  ss_cmd_doctor },
	{ "policy", "check, show and try out policy files", ss_cmd_policy },
};

static const struct ss_option options[] = {
	SS_OPTION_HELP,
	{ "version", 'V', NULL,
	  "print the version and the features built in, and exit" },
};

static const struct ss_usage usage = {
	.program = "selfsame",
	.synopsis = "[OPTION...] SUBCOMMAND [ARG...]",
	.purpose =
	"Run programs whose kcmp(2) is answered by selfsame.",
	.options = options,
	.n_options = SS_ARRAY_SIZE(options),
};

/*
 * A plus for each library that this build uses, a minus for the others.  That
 * jansson is installed (HAVE_JANSSON) does not mean that something uses it.
 */
static const char features[] =
	"+seccomp +unwind -json +yaml"
#ifdef SS_WITH_SANITIZERS
	" +sanitizers"
#endif
	;

static int print_version(void)
{
	(void)printf("selfsame %s\n%s\n", PACKAGE_VERSION, features);
	return ss_stdout_finish();
}

static int print_help(void)
{
	size_t i;

	ss_usage_print(&usage);
	(void)printf("\nSubcommands:\n");
	for (i = 0; i < SS_ARRAY_SIZE(commands); i++)
		(void)printf("  %-10s  %s\n", commands[i].name,
			     commands[i].summary);
	(void)printf("\nTry 'selfsame SUBCOMMAND --help'.\n");
	return ss_stdout_finish();
}

static int dispatch(int argc, char **argv)
{
	size_t i;

	if (argc < 1)
		return ss_usage_error(&usage, "no subcommand");
	for (i = 0; i < SS_ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	}
	return ss_usage_error(&usage, "unknown subcommand '%s'", argv[0]);
}

/*
 * A descriptor of ours must not become number 0, 1 or 2 because that one was
 * closed: messages would go there.  The placeholders are close-on-exec, so
 * that the command finds these numbers closed, as we were given them.
 */
static int occupy_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const char *argument = NULL;

	/* Nobody could be told of a failure. */
	if (occupy_standard_descriptors() < 0)
		return SS_EXIT_FAILURE;
	switch (ss_options_next(&usage, argc, argv, &argument)) {
	case SS_OPTIONS_END:
		return dispatch(argc - optind, argv + optind);
	case 'h':
		return print_help();
	case 'V':
		return print_version();
	default:
		return SS_EXIT_FAILURE;
	}
}
