/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least that a supervisor can do: what no supervisor on notifications can
 * be faster than.
 *
 *	limit answer COMMAND...		is told of kcmp alone and says 0
 *	limit continue COMMAND...	is told of what selfsame is told of, and
 *					lets everything go on
 *	limit allow COMMAND...		supervises nothing: the least of all
 *					filters allows everything
 *
 * The first two are started as selfsame starts its command, by the same
 * filter's builder, with the same flags.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/filter.h"
#include "kernel/launch.h"
#include "watch/calls.h"

/* The ten lines. */
static void serve(struct ss_listener *listener, bool answers)
{
	struct seccomp_notif *request = listener->request;
	struct seccomp_notif_resp *response = listener->response;

	for (;;) {
		memset(request, 0, listener->request_size);
		if (ioctl(listener->fd, SECCOMP_IOCTL_NOTIF_RECV, request)) {
			if (ss_listener_is_over(listener))
				return;
			continue;
		}
		response->id = request->id;
		response->flags = answers ? 0 :
			SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		(void)ioctl(listener->fd, SECCOMP_IOCTL_NOTIF_SEND, response);
	}
}

/* The status of the command, of all that end here. */
static int reap(pid_t command)
{
	int status, result = 125;
	pid_t pid;

	while ((pid = wait(&status)) > 0 || errno == EINTR) {
		if (pid == command)
			result = WIFEXITED(status) ? WEXITSTATUS(status) :
				128 + WTERMSIG(status);
	}
	return result;
}

static int run_allowed(char **command)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K,
					    SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
		perror("limit: no filter");
		return 125;
	}
	(void)execvp(command[0], command);
	perror("limit");
	return 127;
}

int main(int argc, char **argv)
{
	bool answers = argc > 2 && strcmp(argv[1], "answer") == 0;
	struct ss_launch launch = {
		.argv = argv + 2,
		.want_wait_killable = true,
		.want_sync_wake_up = true,
		.test_type = -1,
	};
	struct ss_launch_failure failure;
	struct ss_launched launched;
	struct sock_fprog program;
	int status;

	if (argc > 2 && strcmp(argv[1], "allow") == 0)
		return run_allowed(argv + 2);
	if (!answers && (argc < 3 || strcmp(argv[1], "continue") != 0)) {
		(void)fputs("usage: limit answer|continue|allow COMMAND...\n",
			    stderr);
		return 125;
	}
	/* kcmp is the first in the table. */
	if (ss_filter_build(ss_calls, answers ? 1 : ss_calls_count, NULL,
			    &program) < 0) {
		(void)fputs("limit: no filter\n", stderr);
		return 125;
	}
	launch.filter = &program;
	if (ss_launch(&launch, &launched, &failure) < 0) {
		(void)fprintf(stderr, "limit: stage %d: %s\n",
			      (int)failure.stage, strerror(failure.error));
		return 125;
	}
	serve(&launched.listener, answers);
	status = reap(launched.pid);
	ss_listener_release(&launched.listener);
	free(program.filter);
	return status;
}
