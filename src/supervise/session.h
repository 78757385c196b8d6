/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session: one sandbox, from the start of its command to the end of its
 * last task.  Owns everything of it.
 */
#ifndef SS_SUPERVISE_SESSION_H
#define SS_SUPERVISE_SESSION_H

#include <stdbool.h>

#include "base/attributes.h"

/* Exit statuses of selfsame; the command's own come through unchanged. */
enum ss_exit {
	SS_EXIT_DIFFER = 123,	/* --audit found a difference, or nothing to
				   compare */
	SS_EXIT_FAILURE = 125,	/* selfsame itself failed */
	SS_EXIT_CANNOT_EXECUTE = 126,
	SS_EXIT_NOT_FOUND = 127,
	SS_EXIT_SIGNAL = 128,	/* plus the number of the signal */
};

struct ss_policy;

struct ss_session_options {
	char *const *argv;	/* borrowed: the command, NULL-terminated */
	bool kill_on_exit;
	bool audit;
	bool stats;
	bool log;		/* one line for each kcmp ... */
	const char *log_file;	/* ... to this file, or NULL for stderr */
	bool stacks;		/* with it, of what is logged: the stack */
	const struct ss_policy *policy;	/* borrowed, finished; or NULL */
	bool would_deny;	/* only tell what the policy would refuse */
	const char *learn_file;	/* write the least policy there, or NULL */
};

/*
 * Runs the command under supervision until it and all its descendants have
 * ended.  Returns the exit status for main().  Says on stderr what failed.
 */
int ss_session_run(const struct ss_session_options *options) ss_must_check;

#endif
