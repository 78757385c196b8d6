/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of kernel/confine: what such a process can do, and what it cannot. */
#include "kernel/confine.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

static int ends[2], pidfd;

static bool is_refused(long r)
{
	return r == -1 && errno == EPERM;
}

static void *map(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
}

/* The first that is not as it should be, or 0. */
static int what_it_can(void)
{
	char byte = 0;
	int fd;

	fd = open("/dev/null", O_RDONLY);
	if (fd < 0 || read(fd, &byte, 1) != 0)
		return 1;
	if (map(PROT_READ | PROT_WRITE) == MAP_FAILED)
		return 2;
	if (send(ends[1], &byte, 1, MSG_NOSIGNAL) != 1)
		return 3;
	if (pidfd_send_signal(pidfd, SIGCHLD, NULL, 0) < 0)
		return 4;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return 5;
	free(malloc(1 << 20));
	return 0;
}

static int what_it_cannot(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };
	char byte = 0;

	if (!is_refused(open("/dev/null", O_WRONLY)) ||
	    !is_refused(open("/dev/null", O_RDWR)) ||
	    !is_refused(open("/tmp/check_confine", O_RDONLY | O_CREAT, 0600)))
		return 11;
	if (map(PROT_READ | PROT_EXEC) != MAP_FAILED)
		return 12;
	if (!is_refused(execve("/bin/true", argv, argv)) ||
	    !is_refused(syscall(SYS_fork)))
		return 13;
	if (!is_refused(send(ends[0], &byte, 1, MSG_NOSIGNAL)) ||
	    !is_refused(socket(AF_UNIX, SOCK_STREAM, 0)))
		return 14;
	if (!is_refused(pidfd_send_signal(pidfd, SIGTERM, NULL, 0)) ||
	    !is_refused(kill(getppid(), SIGCHLD)))
		return 15;
	if (!is_refused(prctl(PR_SET_DUMPABLE, 1)) ||
	    !is_refused(setuid(getuid())) ||
	    !is_refused(write(ends[1], &byte, 1)))
		return 16;
	return 0;
}

static int status_of(int (*what)(void))
{
	int status;
	pid_t pid;

#ifdef SS_WITH_SANITIZERS
	/* They make calls of their own, and end who may not. */
	return 0;
#endif
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	pidfd = pidfd_open(getpid(), 0);
	ck_assert_int_ge(pidfd, 0);
	pid = fork();
	if (pid == 0)
		_exit(ss_confine_reader(ends[1], pidfd) ? 99 : what());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(can)
{
	ck_assert_int_eq(status_of(what_it_can), 0);
}
END_TEST

START_TEST(cannot)
{
	ck_assert_int_eq(status_of(what_it_cannot), 0);
}
END_TEST

int main(void)
{
	const TTest *tests[] = { can, cannot, NULL };

	return run_tests("kernel/confine", tests);
}
