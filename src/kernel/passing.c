/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/passing.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* One message with room for one descriptor.  It points into itself. */
struct parcel {
	struct msghdr message;
	struct iovec iov;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
};

static void parcel_init(struct parcel *parcel, void *data, size_t size)
{
	*parcel = (struct parcel){
		.message = {
			.msg_iov = &parcel->iov,
			.msg_iovlen = 1,
			.msg_control = &parcel->control,
			.msg_controllen = sizeof(parcel->control),
		},
		.iov = { .iov_base = data, .iov_len = size },
	};
}

int ss_descriptor_send(int channel, const void *data, size_t size, int fd,
		       int flags)
{
	struct parcel parcel;
	struct cmsghdr *header = &parcel.control.header;

	parcel_init(&parcel, (void *)(uintptr_t)data, size);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(channel, &parcel.message, flags | MSG_NOSIGNAL) < 0 ?
		-errno : 0;
}

ssize_t ss_descriptor_receive(int channel, void *data, size_t size,
			      int *ret_fd)
{
	struct parcel parcel;
	const struct cmsghdr *header;
	ssize_t n;

	*ret_fd = -1;
	parcel_init(&parcel, data, size);
	do {
		n = recvmsg(channel, &parcel.message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&parcel.message);
	if (header && header->cmsg_level == SOL_SOCKET &&
	    header->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(header), sizeof(*ret_fd));
	return n;
}
