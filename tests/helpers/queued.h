/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are nowhere but in the queue of a socket. */
#ifndef QUEUED_H
#define QUEUED_H

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* FD, which is taken, is in the queue of the local socket that is returned.
   TYPE: of that one; a datagram is empty but for the file.  -1: errno. */
static inline int queue_alone(int type, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	} };
	char byte = 0;
	struct iovec part = { &byte, type == SOCK_STREAM };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int pair[2];

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (socketpair(AF_UNIX, type, 0, pair) ||
	    sendmsg(pair[1], &message, 0) < 0)
		return -1;
	(void)close(fd);
	(void)close(pair[1]);
	return pair[0];
}

#endif
