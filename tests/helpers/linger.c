/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that are killed while somebody asks about their sockets.  These
 * would wait for a peer that never reads, if it were not the end of a process
 * that closes them.
 *
 *	linger held ROUNDS	the processes hold the socket itself
 *	linger passed ROUNDS	or a local one, in whose queue it is
 *	linger careful ROUNDS	held, while closing may wait for a server; and
 *				after each a pipe that is asked about must end
 *
 * Says how many rounds there were.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queued.h"

/* Each number is looked at when it is asked about for the first time. */
#define FIRST		100
#define LAST		899
#define PATIENCE_MS	5000

static struct sockaddr_in address;
static int listening;

static void must(bool done, const char *what)
{
	if (done)
		return;
	perror(what);
	_exit(1);
}

static void start_listening(void)
{
	socklen_t length = sizeof(address);
	int size = 4096;

	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM, 0);
	(void)setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	must(!bind(listening, (void *)&address, sizeof(address)) &&
	     !listen(listening, 8) &&
	     !getsockname(listening, (void *)&address, &length), "listen");
}

/* With more in it than anybody takes. */
static int full_socket(void)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 100000 };
	static const char bytes[65536];
	int size = 4096, fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	must(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) &&
	     !connect(fd, (void *)&address, sizeof(address)), "connect");
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	return fd;
}

static void be_victim(bool pass, int turn, int ready)
{
	const struct itimerval soon = {
		.it_value.tv_usec = 3000 + turn * 97 % 1000,
	};
	int number, fd = full_socket();

	if (pass)
		fd = queue_alone(SOCK_STREAM, fd);
	must(fd >= 0, "sendmsg");
	for (number = FIRST; number <= LAST; number++)
		must(dup2(fd, number) == number, "dup2");
	(void)close(fd);
	must(signal(SIGALRM, SIG_DFL) != SIG_ERR &&
	     !setitimer(ITIMER_REAL, &soon, NULL) &&
	     write(ready, "", 1) == 1, "setitimer");
	for (;;)
		(void)pause();
}

static int play(bool pass, int turn)
{
	int number = FIRST, ready[2], peer;
	pid_t victim;
	char byte;

	must(!pipe(ready), "pipe");
	victim = fork();
	if (victim == 0)
		be_victim(pass, turn, ready[1]);
	(void)close(ready[1]);
	must(read(ready[0], &byte, 1) == 1, "read");
	(void)close(ready[0]);
	peer = accept(listening, NULL, NULL);
	must(peer >= 0, "accept");
	while (syscall(SYS_kcmp, victim, victim, KCMP_FILE, number,
		       number + 1) == 0) {
		number += 2;
		if (number >= LAST)
			number = FIRST;
	}
	must(errno == ESRCH || errno == EBADF, "kcmp");
	(void)waitpid(victim, NULL, 0);
	return peer;
}

/* To be called while the peer still does not read. */
static void end_pipe(void)
{
	struct pollfd ended = { .events = POLLIN };
	int ends[2];

	must(!pipe(ends), "pipe");
	ended.fd = ends[0];
	(void)syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, ends[0],
		      ends[1]);
	(void)close(ends[1]);
	if (poll(&ended, 1, PATIENCE_MS) != 1) {
		puts("a pipe that has no writers does not end");
		exit(1);
	}
	(void)close(ends[0]);
}

/* A mount, even one that fails, and an epoll make selfsame careful. */
static void frighten(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ends[2], epoll = epoll_create1(EPOLL_CLOEXEC);

	(void)mount("none", "/nonexistent", "none", 0, NULL);
	must(!pipe(ends) &&
	     !epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), "epoll_ctl");
}

int main(int argc, char **argv)
{
	bool careful = argc == 3 && !strcmp(argv[1], "careful");
	bool pass = argc == 3 && !strcmp(argv[1], "passed");
	long turn, turns = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	int peer;

	if (turns <= 0)
		return 2;
	(void)signal(SIGCHLD, SIG_DFL);
	start_listening();
	if (careful)
		frighten();
	for (turn = 0; turn < turns; turn++) {
		peer = play(pass, (int)turn);
		if (careful)
			end_pipe();
		(void)close(peer);
	}
	printf("%ld rounds\n", turn);
	return 0;
}
