/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts the command.  Between the load of the filter and the parent's
 * readiness the child makes no watched call but the one that the parent
 * waits for, because each of them sleeps until it is answered.
 */
#include "kernel/launch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/filter.h"
#include "kernel/passing.h"
#include "kernel/path-search.h"

/* What kcmp never returns: 0 to 3 are its values. */
#define TEST_ANSWER	0x73

/* What the child says with the listener; its failures are messages, too. */
struct handover {
	bool wait_killable;
};

static int send_failure(int channel, enum ss_launch_stage stage, int error)
{
	struct ss_launch_failure failure = { .stage = stage, .error = error };

	return send(channel, &failure, sizeof(failure), MSG_NOSIGNAL) < 0 ?
		-errno : 0;
}

static int send_listener(int channel, int listener, bool wait_killable)
{
	const struct handover handover = { .wait_killable = wait_killable };

	return ss_descriptor_send(channel, &handover, sizeof(handover),
				  listener, 0);
}

/*
 * Asks something harmless about ourselves.  Only our own parent gives this
 * answer: anything else came from a filter or a tracer outside.
 */
static int test_kcmp(int type)
{
	pid_t self = getpid();
	long r = syscall(SYS_kcmp, self, self, type, 0, 0);

	if (r == TEST_ANSWER)
		return 0;
	return r < 0 ? -errno : -ENOSYS;
}

/* Also says what failed. */
static int confine_child(const struct ss_launch *launch, int channel)
{
	bool wait_killable = false;
	int listener;
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		(void)send_failure(channel, SS_LAUNCH_NO_NEW_PRIVS, errno);
		return -1;
	}
	listener = ss_filter_load(launch->filter, launch->want_wait_killable,
				  &wait_killable);
	if (listener < 0) {
		(void)send_failure(channel, SS_LAUNCH_FILTER, -listener);
		return -1;
	}
	r = send_listener(channel, listener, wait_killable);
	if (r < 0) {
		(void)send_failure(channel, SS_LAUNCH_HANDOVER, -r);
		return -1;
	}
	r = launch->test_type < 0 ? 0 : test_kcmp(launch->test_type);
	if (r < 0) {
		(void)send_failure(channel, SS_LAUNCH_OUTER_FILTER, -r);
		return -1;
	}
	return 0;
}

/*
 * As execvp() does; but each entry of PATH would be a watched call, which waits
 * for the supervisor, so what is there is tried first.  If that fails, execvp()
 * makes of it what it makes: other entries, and the shell.
 */
static void execute(char *const argv[])
{
	char path[PATH_MAX];

	if (!ss_path_search(getenv("PATH"), argv[0], path, sizeof(path)))
		(void)execv(path, argv);
	(void)execvp(argv[0], argv);
}

static ss_noreturn void run_child(const struct ss_launch *launch, int channel)
{
	int error;

	if (launch->before_filter)
		launch->before_filter();
	if (confine_child(launch, channel) < 0)
		_exit(125);
	/* Last: until here the signals that we handle are blocked. */
	if (launch->before_exec)
		launch->before_exec();
	execute(launch->argv);
	error = errno;
	(void)send_failure(channel, SS_LAUNCH_EXEC, error);
	_exit(error == ENOENT ? 127 : 126);
}

/*
 * Receives one message: a handover with its descriptor in *ret_fd, or a
 * failure of the child, for which -1 and *failure.
 */
static int receive_handover(int channel, struct handover *ret, int *ret_fd,
			    struct ss_launch_failure *failure)
{
	union {
		struct handover handover;
		struct ss_launch_failure failure;
	} data;
	ssize_t n = ss_descriptor_receive(channel, &data, sizeof(data),
					  ret_fd);

	if (n == (ssize_t)sizeof(data.handover) && *ret_fd >= 0) {
		*ret = data.handover;
		return 0;
	}
	if (n == (ssize_t)sizeof(data.failure)) {
		*failure = data.failure;
		return -1;
	}
	failure->stage = SS_LAUNCH_HANDOVER;
	failure->error = n < 0 ? (int)-n : ECONNRESET;
	return -1;
}

/* Lets every call go on but the kcmp that is waited for: 1 after that one. */
static int answer_one(struct ss_listener *listener)
{
	struct ss_reply reply = { .kind = SS_REPLY_CONTINUE };
	struct ss_notification notification;
	int r;

	r = ss_listener_receive(listener, &notification);
	if (r == -EINTR || r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (notification.nr == SYS_kcmp) {
		reply.kind = SS_REPLY_VALUE;
		reply.value = TEST_ANSWER;
	}
	r = ss_listener_answer(listener, notification.id, &reply);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	return notification.nr == SYS_kcmp;
}

/*
 * The child makes its test call.  Either it comes to us, or the child says on
 * the channel that somebody else has answered, or was killed for asking.
 */
static int await_test(struct ss_listener *listener, int channel,
		      struct ss_launch_failure *failure)
{
	struct pollfd polled[2] = {
		{ .fd = listener->fd, .events = POLLIN },
		{ .fd = channel, .events = POLLIN },
	};
	struct handover handover;
	int fd;
	int r;

	for (;;) {
		if (poll(polled, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			failure->stage = SS_LAUNCH_HANDOVER;
			failure->error = errno;
			return -1;
		}
		if (polled[0].revents & POLLIN) {
			r = answer_one(listener);
			if (r > 0)
				return 0;
			if (r < 0) {
				failure->stage = SS_LAUNCH_HANDOVER;
				failure->error = -r;
				return -1;
			}
		} else if (polled[1].revents) {
			if (receive_handover(channel, &handover, &fd,
					     failure) < 0 &&
			    failure->stage != SS_LAUNCH_HANDOVER)
				return -1;
			/* Killed: nobody but an outer filter does that. */
			failure->stage = SS_LAUNCH_OUTER_FILTER;
			failure->error = EPERM;
			return -1;
		}
	}
}

static int attach_listener(const struct ss_launch *launch,
			   struct ss_launched *made,
			   struct ss_launch_failure *failure)
{
	struct handover handover = { 0 };
	int fd = -1;
	int r;

	if (receive_handover(made->channel, &handover, &fd, failure) < 0)
		return -1;
	made->wait_killable = handover.wait_killable;
	r = ss_listener_init(&made->listener, fd, launch->want_sync_wake_up);
	if (r < 0) {
		failure->stage = SS_LAUNCH_HANDOVER;
		failure->error = -r;
		return -1;
	}
	return launch->test_type < 0 ? 0 :
		await_test(&made->listener, made->channel, failure);
}

/* The child may sleep in a call that nobody will answer: only SIGKILL. */
static void discard(struct ss_launched *made)
{
	int status;

	(void)kill(made->pid, SIGKILL);
	while (waitpid(made->pid, &status, 0) < 0 && errno == EINTR)
		;
	ss_listener_release(&made->listener);
	ss_close_fd(&made->pidfd);
	ss_close_fd(&made->channel);
}

static int start_child(const struct ss_launch *launch,
		       struct ss_launched *made)
{
	int ends[2];
	int error;

	/* Daemons of the command stay our descendants. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	made->pid = fork();
	if (made->pid == 0) {
		(void)close(ends[0]);
		run_child(launch, ends[1]);
	}
	error = errno;
	(void)close(ends[1]);
	if (made->pid < 0) {
		(void)close(ends[0]);
		return -error;
	}
	made->channel = ends[0];
	return 0;
}

int ss_launch(const struct ss_launch *launch, struct ss_launched *ret,
	      struct ss_launch_failure *failure)
{
	struct ss_launched made = {
		.pidfd = -1,
		.channel = -1,
		.listener = SS_LISTENER_EMPTY,
	};
	int r;

	r = start_child(launch, &made);
	if (r < 0) {
		failure->stage = SS_LAUNCH_FORK;
		failure->error = -r;
		return -1;
	}
	made.pidfd = pidfd_open(made.pid, 0);
	if (made.pidfd < 0) {
		failure->stage = SS_LAUNCH_FORK;
		failure->error = errno;
		goto fail;
	}
	if (attach_listener(launch, &made, failure) < 0)
		goto fail;
	*ret = made;
	return 0;

fail:
	discard(&made);
	return -1;
}

int ss_launched_exec_failure(const struct ss_launched *launched,
			     struct ss_launch_failure *failure)
{
	struct ss_launch_failure received;
	ssize_t n;

	do {
		n = recv(launched->channel, &received, sizeof(received),
			 MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(received))
		return 0;
	*failure = received;
	return 1;
}
