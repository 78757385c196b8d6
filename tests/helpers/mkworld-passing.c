/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that come from elsewhere: sockets and pidfd_getfd. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SOCKET_A = 70, SOCKET_B = 71, MOST = 4 };

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(MOST * sizeof(int))];
};

struct parcel {
	int socket;
	int count;
	int fd[MOST];
};

/* Runs in the peer that sends. */
static long run_send(struct mw_peer *peer, long arg)
{
	struct parcel *parcel = (struct parcel *)arg;
	size_t size = (size_t)parcel->count * sizeof(int);
	union control control = { 0 };
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(size),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	(void)peer;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), parcel->fd, size);
	return sendmsg(parcel->socket, &message, 0) < 0 ? -errno : 0;
}

/* Runs in the peer that receives; fills in the numbers. */
static long run_receive(struct mw_peer *peer, long arg)
{
	struct parcel *parcel = (struct parcel *)arg;
	union control control = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	(void)peer;
	if (recvmsg(parcel->socket, &message, 0) < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_type != SCM_RIGHTS)
		return -ENOMSG;
	memcpy(parcel->fd, CMSG_DATA(header),
	       (size_t)parcel->count * sizeof(int));
	return 0;
}

static void sockets(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		mw_die("socketpair", -errno);
	if (dup2(pair[0], SOCKET_A) < 0 || dup2(pair[1], SOCKET_B) < 0)
		mw_die("dup2", -errno);
	close(pair[0]);
	close(pair[1]);
}

static struct parcel *pass(struct mw_peer *from, struct mw_peer *to, int count,
			   const int *fd)
{
	struct parcel *sent = mw_alloc(sizeof(*sent));
	struct parcel *got = mw_alloc(sizeof(*got));

	sent->socket = SOCKET_A;
	got->socket = SOCKET_B;
	sent->count = got->count = count;
	memcpy(sent->fd, fd, (size_t)count * sizeof(*fd));
	mw_must("sendmsg", mw_run(from, run_send, MW_P(sent)));
	mw_must("recvmsg", mw_run(to, run_receive, MW_P(got)));
	return got;
}

static void rights(void)
{
	struct mw_peer *child;
	struct parcel *got;
	struct parcel *again;
	int fd[3];

	sockets();
	child = mw_fork(NULL);
	fd[0] = mw_null(NULL);
	fd[1] = mw_null(NULL);
	fd[2] = fd[0];
	got = pass(NULL, child, 3, fd);
	mw_file(NULL, "sent and received", MW_SLOT(NULL, fd[0]),
		MW_SLOT(child, got->fd[0]));
	mw_file(child, "the second", MW_SLOT(NULL, fd[1]),
		MW_SLOT(child, got->fd[1]));
	mw_file(NULL, "the first, sent twice", MW_SLOT(child, got->fd[0]),
		MW_SLOT(child, got->fd[2]));
	mw_file(NULL, "not each other", MW_SLOT(NULL, fd[0]),
		MW_SLOT(child, got->fd[1]));
	again = pass(child, NULL, 1, got->fd + 1);
	mw_own("sent back", again->fd[0], fd[1]);
	mw_own("sent back, not the other", again->fd[0], fd[0]);
	close(fd[1]);
	mw_file(child, "the sender closed his", MW_SLOT(NULL, again->fd[0]),
		MW_SLOT(child, got->fd[1]));
	again = pass(NULL, NULL, 1, fd);
	mw_own("sent to myself", fd[0], again->fd[0]);
}

/* A file that lives in a socket only, and then somewhere else. */
static void rights_in_flight(void)
{
	struct parcel *sent = mw_alloc(sizeof(*sent));
	struct parcel *got = mw_alloc(sizeof(*got));
	struct mw_peer *child;
	struct mw_peer *other;
	int number;

	sockets();
	child = mw_fork(NULL);
	other = mw_fork(child);
	sent->socket = SOCKET_A;
	got->socket = SOCKET_B;
	sent->count = got->count = 2;
	sent->fd[0] = number = mw_null(NULL);
	sent->fd[1] = mw_null(NULL);
	mw_own("before", sent->fd[0], sent->fd[1]);
	mw_did("sendmsg", mw_run(NULL, run_send, MW_P(sent)));
	close(sent->fd[0]);
	mw_own("in flight", sent->fd[0], sent->fd[1]);
	number = mw_null(NULL);
	mw_own("the number used again", number, sent->fd[1]);
	mw_did("recvmsg", mw_run(other, run_receive, MW_P(got)));
	mw_file(NULL, "a new file of the old number", MW_SLOT(NULL, number),
		MW_SLOT(other, got->fd[0]));
	mw_file(NULL, "the other one", MW_SLOT(NULL, sent->fd[1]),
		MW_SLOT(other, got->fd[1]));
	mw_file(child, "the old file and itself", MW_SLOT(other, got->fd[0]),
		MW_SLOT(other, got->fd[0]));
}

static void rights_tables(void)
{
	struct mw_peer *partner;
	struct mw_peer *child;
	struct parcel *got;
	int fd;

	sockets();
	partner = mw_spawn(NULL, CLONE_FILES | SIGCHLD);
	child = mw_fork(partner);
	fd = mw_null(partner);
	got = pass(partner, child, 1, &fd);
	mw_file(NULL, "from a shared table", MW_SLOT(NULL, fd),
		MW_SLOT(child, got->fd[0]));
	fd = mw_null(child);
	got = pass(child, partner, 1, &fd);
	mw_file(child, "into a shared table", MW_SLOT(NULL, got->fd[0]),
		MW_SLOT(child, fd));
	mw_must("exec", mw_exec(child));
	mw_file(child, "after an exec", MW_SLOT(partner, got->fd[0]),
		MW_SLOT(child, fd));
	got = pass(child, NULL, 1, &fd);
	mw_file(child, "sent by the new program", MW_SLOT(NULL, got->fd[0]),
		MW_SLOT(child, fd));
}

static long steal(struct mw_peer *thief, pid_t pid, int fd)
{
	long pidfd = mw_call(thief, SYS_pidfd_open, pid, 0);
	long ret;

	if (pidfd < 0)
		return pidfd;
	ret = mw_call(thief, SYS_pidfd_getfd, pidfd, fd, 0);
	mw_call(thief, SYS_close, pidfd);
	return ret;
}

static void getfd(void)
{
	struct mw_peer *child = mw_fork(NULL);
	struct mw_peer *other = mw_fork(NULL);
	int theirs = mw_null(child);
	int mine = mw_null(NULL);
	long got = steal(NULL, child->pid, theirs);
	long twice;

	if (got < 0)
		mw_skip("pidfd_getfd", got);
	mw_file(NULL, "fetched from a child", MW_SLOT(NULL, (int)got),
		MW_SLOT(child, theirs));
	mw_own("and mine", (int)got, mine);
	twice = steal(other, mw_pid(NULL), (int)got);
	if (twice < 0)
		mw_did("fetched by a sibling", twice);
	else
		mw_file(child, "fetched by a sibling",
			MW_SLOT(other, (int)twice), MW_SLOT(child, theirs));
	got = steal(NULL, mw_pid(NULL), mine);
	mw_own("fetched from myself", (int)got, mine);
	mw_did("a closed number", steal(NULL, child->pid, 500));
	mw_call(child, SYS_close, theirs);
	theirs = mw_null(child);
	mw_file(NULL, "after a new one took the number",
		MW_SLOT(NULL, (int)got), MW_SLOT(child, theirs));
}

const struct mw_scenario mw_passing[] = {
	{ "rights", rights, "files sent over a socket" },
	{ "rights-in-flight", rights_in_flight, "a file in no table" },
	{ "rights-tables", rights_tables, "sent from and to shared tables" },
	{ "getfd", getfd, "pidfd_getfd" },
	{ NULL, NULL, NULL },
};
