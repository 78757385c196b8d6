/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seccomp listener: its ioctls, and nothing about what calls mean.
 */
#include "kernel/notify.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.6; the flag is the argument itself, not behind a pointer. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	(1UL << 0)
#endif

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int allocate_buffers(struct ss_listener *listener)
{
	struct seccomp_notif_sizes sizes = { 0 };

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return -errno;
	listener->request_size =
		larger(sizes.seccomp_notif, sizeof(struct seccomp_notif));
	listener->response_size =
		larger(sizes.seccomp_notif_resp,
		       sizeof(struct seccomp_notif_resp));
	listener->request = calloc(1, listener->request_size);
	listener->response = calloc(1, listener->response_size);
	if (!listener->request || !listener->response)
		return -ENOMEM;
	return 0;
}

int ss_listener_init(struct ss_listener *listener, int fd, bool sync_wake_up)
{
	struct ss_listener made = SS_LISTENER_EMPTY;
	int r;

	made.fd = fd;
	r = allocate_buffers(&made);
	if (r < 0) {
		ss_listener_release(&made);
		return r;
	}
	made.sync_wake_up = sync_wake_up &&
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		      SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;
	*listener = made;
	return 0;
}

void ss_listener_release(struct ss_listener *listener)
{
	ss_close_fd(&listener->fd);
	free(listener->request);
	free(listener->response);
	*listener = SS_LISTENER_EMPTY;
}

/* The caller looks at what it was about after this, so one that comes meanwhile
   is not lost. */
static int was_interrupted(struct ss_listener *listener)
{
	listener->receiving = 0;
	listener->interrupted = 0;
	listener->turn = true;
	return -EINTR;
}

/* We are the only one who receives: if there is something, that cannot wait. */
static bool is_ready(const struct ss_listener *listener)
{
	struct pollfd pollfd = { .fd = listener->fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLIN);
}

int ss_listener_receive(struct ss_listener *listener,
			struct ss_notification *ret)
{
	struct seccomp_notif *request = listener->request;
	bool turn = listener->interrupted && listener->turn &&
		is_ready(listener);
	int r;

	memset(request, 0, listener->request_size);
	/* Without the mask, which would cost a system call each time. */
	if (sigsetjmp(listener->back, 0)) {
		r = was_interrupted(listener);
		(void)sigprocmask(SIG_SETMASK, &listener->mask, NULL);
		return r;
	}
	listener->receiving = !turn;
	if (listener->interrupted && !turn)
		return was_interrupted(listener);
	r = ioctl(listener->fd, SECCOMP_IOCTL_NOTIF_RECV, request) ?
		-errno : 0;
	listener->receiving = 0;
	listener->turn = false;
	if (r)
		return r;
	ret->id = request->id;
	ret->tid = (pid_t)request->pid;
	ret->arch = request->data.arch;
	ret->nr = request->data.nr;
	ret->address = request->data.instruction_pointer;
	memcpy(ret->args, request->data.args, sizeof(ret->args));
	return 0;
}

bool ss_listener_is_over(const struct ss_listener *listener)
{
	struct pollfd pollfd = { .fd = listener->fd };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLHUP);
}

int ss_listener_answer(struct ss_listener *listener, uint64_t id,
		       const struct ss_reply *reply)
{
	struct seccomp_notif_resp *response = listener->response;

	memset(response, 0, listener->response_size);
	response->id = id;
	switch (reply->kind) {
	case SS_REPLY_CONTINUE:
		response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		break;
	case SS_REPLY_VALUE:
		response->val = reply->value;
		break;
	case SS_REPLY_ERROR:
		response->error = -reply->child_errno;
		break;
	}
	while (ioctl(listener->fd, SECCOMP_IOCTL_NOTIF_SEND, response)) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

bool ss_notification_is_like(const struct ss_notification *a,
			     const struct ss_notification *b)
{
	return a->tid == b->tid && a->arch == b->arch && a->nr == b->nr &&
		!memcmp(a->args, b->args, sizeof(a->args));
}

bool ss_listener_is_valid(const struct ss_listener *listener, uint64_t id)
{
	return ioctl(listener->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void ss_listener_interrupt(struct ss_listener *listener, const sigset_t *mask)
{
	const struct seccomp_notif *request = listener->request;

	listener->interrupted = 1;
	/* No call is of architecture 0. */
	if (!listener->receiving || request->data.arch)
		return;
	listener->mask = *mask;
	siglongjmp(listener->back, 1);
}
