/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting the command: fork, no_new_privs, filter, execvp.
 *
 * The child keeps everything that selfsame was given: descriptors, working
 * directory, environment, process group, terminal, signal dispositions and
 * mask, resource limits.  All descriptors of ours are close-on-exec.
 *
 * The child hands its listener over a socket pair, makes one kcmp of which
 * the answer is known (an outer filter that refuses kcmp outranks our
 * notification, and this is the only way to notice), and execs.  What fails
 * on the way is written to the socket as a struct ss_launch_failure.
 */
#ifndef SS_KERNEL_LAUNCH_H
#define SS_KERNEL_LAUNCH_H

#include <linux/filter.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "kernel/notify.h"

enum ss_launch_stage {
	SS_LAUNCH_FORK,
	SS_LAUNCH_NO_NEW_PRIVS,
	SS_LAUNCH_FILTER,	/* -EBUSY: another listener; -EINVAL, -ENOSYS */
	SS_LAUNCH_HANDOVER,
	SS_LAUNCH_OUTER_FILTER,	/* kcmp refused before it reached us */
	SS_LAUNCH_EXEC,
	SS_LAUNCH_STAGE_COUNT
};

struct ss_launch_failure {
	enum ss_launch_stage stage;
	int error;		/* positive errno */
};

struct ss_launched {
	pid_t pid;
	int pidfd;		/* owned */
	int channel;		/* owned: end of file after a good exec, or one
				   struct ss_launch_failure */
	struct ss_listener listener;	/* owned */
	bool wait_killable;
};

struct ss_launch {
	char *const *argv;	/* borrowed; argv[0] is searched in PATH */
	const struct sock_fprog *filter;	/* borrowed */
	bool want_wait_killable;
	bool want_sync_wake_up;
	int test_type;		/* of a kcmp that the filter tells us of, for a
				   trial; -1: there is none */
	/* Restore what the command is to have; or NULL. */
	void (*before_filter)(void);
	void (*before_exec)(void);
};

/*
 * 0, with the command about to call execvp under the filter (its calls now
 * wait for us); or -1 with *failure filled in and no child left.
 */
int ss_launch(const struct ss_launch *launch, struct ss_launched *ret,
	      struct ss_launch_failure *failure) ss_must_check;

/*
 * After the run: did execvp fail?  1 and *failure if so, 0 if it worked.
 * Never blocks.
 */
int ss_launched_exec_failure(const struct ss_launched *launched,
			     struct ss_launch_failure *failure) ss_must_check;

#endif
