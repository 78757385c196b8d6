/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The subcommands: each returns the exit status for main().
 */
#ifndef SS_CMD_COMMAND_H
#define SS_CMD_COMMAND_H

struct ss_command {
	const char *name;
	const char *summary;	/* one line of `selfsame --help` */
	int (*run)(int argc, char **argv);	/* argv[0] is the name */
};

int ss_cmd_run(int argc, char **argv);
int ss_cmd_doctor(int argc, char **argv);
int ss_cmd_policy(int argc, char **argv);

#endif
