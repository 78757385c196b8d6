/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One round of each watched call that can be repeated.  A call that was made
 * twice, or half, gives another result, or leaves something behind.
 */
#include "flood.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define FREE_SLOT	100
#define NOBODY		0x3fffffff	/* a number that no task has */
#define UFFD_NEW	0xaa00
#define IOPRIO_BE	(2 << 13 | 4)	/* the default: best effort, 4 */

static int epoll_fd = -1, uts_fd = -1, semaphore = -1, ends[2];

/* What a C library's function, or syscall(), returned. */
static long result(long r)
{
	return r < 0 ? -errno : r;
}

static long do_kcmp(void)
{
	pid_t self = getpid();

	return result(syscall(SYS_kcmp, self, self, KCMP_FILE, 0, 0));
}

/* A close that was made, or not made, twice: the slot tells. */
static long do_close(void)
{
	int fd = fcntl(0, F_DUPFD, FREE_SLOT);
	long r = result(close(fd));

	if (fd != FREE_SLOT)
		return fd;
	return r ? r : fcntl(fd, F_GETFD) < 0 ? 0 : 1;
}

static long close_free_slot(long made)
{
	long r = result(syscall(SYS_close_range, FREE_SLOT, FREE_SLOT, 0));

	if (made != FREE_SLOT || r)
		return made < 0 ? made : r;
	return fcntl(FREE_SLOT, F_GETFD) < 0 ? 0 : 1;
}

static long do_dup2(void)
{
	return close_free_slot(result(dup2(0, FREE_SLOT)));
}

static long do_dup3(void)
{
	return close_free_slot(result(dup3(0, FREE_SLOT, O_CLOEXEC)));
}

static long do_close_range(void)
{
	long made = result(fcntl(0, F_DUPFD, FREE_SLOT));

	return close_free_slot(made);
}

static long do_add(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	long r = result(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ends[0], &event));

	if (r)
		return r;
	return result(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, ends[0], NULL));
}

static long do_unshare(void)
{
	return result(unshare(CLONE_FS | CLONE_FILES));
}

static long do_setns(void)
{
	return result(setns(uts_fd, CLONE_NEWUTS));
}

/* The child's status; wait itself may be interrupted. */
static long end_of(long pid)
{
	int status;

	if (pid < 0)
		return -errno;
	while (waitpid((pid_t)pid, &status, __WALL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return status;
}

static long do_fork(void)
{
	long pid = fork();

	if (pid == 0)
		_exit(7);
	return end_of(pid);
}

static long do_raw_fork(void)
{
	long pid = syscall(SYS_fork);

	if (pid == 0)
		_exit(7);
	return end_of(pid);
}

static long do_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(7);
	return end_of(pid);
}

static volatile long of_child;

/* The child's one call, in its parent's memory, under a timer of its own. */
static long do_call_after_vfork(void)
{
	static long rounds;
	const struct itimerval soon = {
		.it_value.tv_usec = 1 + rounds++ % 60,
		.it_interval.tv_usec = 2000,
	};
	pid_t pid;
	long r;

	of_child = 1;
	pid = vfork();
	if (pid == 0) {
		setitimer(ITIMER_REAL, &soon, NULL);
		r = syscall(SYS_dup2, 0, FREE_SLOT);
		of_child = r == FREE_SLOT ? 0 : -errno;
		_exit(0);
	}
	r = end_of(pid);
	return r ? r : of_child;
}

static long do_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(7);
	/* Where it is refused, libc does without, too. */
	return pid < 0 ? -errno : end_of(pid);
}

static void *do_nothing(void *argument)
{
	return argument;
}

static long do_thread(void)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, do_nothing, NULL);

	return r ? -r : -pthread_join(thread, NULL);
}

static long do_exec(void)
{
	char name[] = "/nowhere/to/be/found";
	char *const argv[] = { name, NULL };

	return result(execve(name, argv, argv + 1));
}

static long do_execveat(void)
{
	char name[] = "nowhere/to/be/found";
	char *const argv[] = { name, NULL };

	return result(syscall(SYS_execveat, AT_FDCWD, name, argv, argv + 1, 0));
}

/* An exec that succeeds, in a child. */
static long do_execed(void)
{
	char name[] = "/bin/true";
	char *const argv[] = { name, NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execve(name, argv, argv + 1);
		_exit(9);
	}
	return end_of(pid);
}

/* Up and down again: its value each time, as two digits. */
static long value_after(long r)
{
	return r ? r : result(semctl(semaphore, 0, GETVAL));
}

static long do_semop(void)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	struct sembuf down = { .sem_op = -1, .sem_flg = SEM_UNDO };
	long above = value_after(result(semop(semaphore, &up, 1)));
	long below = value_after(result(semop(semaphore, &down, 1)));

	return above < 0 ? above : below < 0 ? below : 10 * above + below;
}

static long do_semtimedop(void)
{
	const struct timespec limit = { .tv_sec = 1 };
	struct sembuf up = { .sem_op = 1 }, down = { .sem_op = -1 };
	long above = value_after(result(semtimedop(semaphore, &up, 1,
						   &limit)));
	long below = value_after(result(semtimedop(semaphore, &down, 1,
						   &limit)));

	return above < 0 ? above : below < 0 ? below : 10 * above + below;
}

static long do_ioprio(void)
{
	return result(syscall(SYS_ioprio_set, 1, 0, IOPRIO_BE));
}

#define SETTER(name, ...) \
	static long do_##name(void) \
	{ \
		return result(syscall(SYS_##name, __VA_ARGS__)); \
	}

SETTER(setuid, getuid())
SETTER(setgid, getgid())
SETTER(setreuid, -1, geteuid())
SETTER(setregid, -1, getegid())
SETTER(setresuid, -1, -1, geteuid())
SETTER(setresgid, -1, -1, getegid())
SETTER(setfsuid, geteuid())
SETTER(setfsgid, getegid())
#ifdef SYS_setuid32
SETTER(setuid32, getuid())
SETTER(setgid32, getgid())
SETTER(setreuid32, -1, geteuid())
SETTER(setregid32, -1, getegid())
SETTER(setresuid32, -1, -1, geteuid())
SETTER(setresgid32, -1, -1, getegid())
SETTER(setfsuid32, geteuid())
SETTER(setfsgid32, getegid())
#endif

static long do_capset(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	long r = result(syscall(SYS_capget, &header, data));

	return r ? r : result(syscall(SYS_capset, &header, data));
}

static long do_prctl(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1));
}

static long do_seccomp(void)
{
	uint32_t action = SECCOMP_RET_ALLOW;

	return result(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
			      &action));
}

/* These are refused for their arguments. */
SETTER(landlock_restrict_self, -1, 0)
SETTER(io_uring_setup, 0, NULL)
SETTER(userfaultfd, -1)
SETTER(ioctl, 0, UFFD_NEW, 0)
SETTER(mount, NULL, NULL, NULL, 0, NULL)
SETTER(fsopen, NULL, 0)
SETTER(ptrace, PTRACE_ATTACH, NOBODY, 0, 0)

static void on_winch(int number)
{
	(void)number;
}

static long do_sigaction(void)
{
	struct sigaction action = { .sa_handler = on_winch };

	return result(sigaction(SIGWINCH, &action, NULL));
}

#ifdef SYS_setuid32
/* What it returns is the handler that was there. */
static long do_signal(void)
{
	return syscall(SYS_signal, SIGWINCH, on_winch) == -1 ? -errno : 0;
}

static long do_old_sigaction(void)
{
	struct {
		unsigned long handler, mask, flags, restorer;
	} action = { .handler = (unsigned long)on_winch };

	return result(syscall(SYS_sigaction, SIGWINCH, &action, NULL));
}
#endif

const struct flood_call flood_calls[] = {
	{ "kcmp", do_kcmp, false },
	{ "close", do_close, false },
	{ "dup2", do_dup2, false },
	{ "dup3", do_dup3, false },
	{ "close_range", do_close_range, false },
	{ "epoll_ctl", do_add, false },
	{ "unshare", do_unshare, false },
	{ "setns", do_setns, false },
	{ "execve", do_exec, false },
	{ "execveat", do_execveat, false },
	{ "semop", do_semop, false },
	{ "semtimedop", do_semtimedop, false },
	{ "ioprio_set", do_ioprio, false },
	{ "setuid", do_setuid, false },
	{ "setgid", do_setgid, false },
	{ "setreuid", do_setreuid, false },
	{ "setregid", do_setregid, false },
	{ "setresuid", do_setresuid, false },
	{ "setresgid", do_setresgid, false },
	{ "setfsuid", do_setfsuid, false },
	{ "setfsgid", do_setfsgid, false },
#ifdef SYS_setuid32
	{ "setuid32", do_setuid32, false },
	{ "setgid32", do_setgid32, false },
	{ "setreuid32", do_setreuid32, false },
	{ "setregid32", do_setregid32, false },
	{ "setresuid32", do_setresuid32, false },
	{ "setresgid32", do_setresgid32, false },
	{ "setfsuid32", do_setfsuid32, false },
	{ "setfsgid32", do_setfsgid32, false },
#endif
	{ "capset", do_capset, false },
	{ "prctl", do_prctl, false },
	{ "seccomp", do_seccomp, false },
	{ "landlock_restrict_self", do_landlock_restrict_self, false },
	{ "rt_sigaction", do_sigaction, false },
#ifdef SYS_setuid32
	{ "sigaction", do_old_sigaction, false },
	{ "signal", do_signal, false },
#endif
	{ "ptrace", do_ptrace, false },
	{ "ioctl", do_ioctl, false },
	{ "userfaultfd", do_userfaultfd, false },
	{ "mount", do_mount, false },
	{ "fsopen", do_fsopen, false },
	{ "io_uring_setup", do_io_uring_setup, false },
	{ "clone", do_fork, true },
	{ "clone3", do_clone3, true },
	{ "fork", do_raw_fork, true },
	{ "vfork", do_vfork, true },
	{ "after-vfork", do_call_after_vfork, true },
	{ "thread", do_thread, true },
	{ "exec", do_execed, true },
	{ NULL, NULL, false },
};

static void remove_semaphore(void)
{
	(void)semctl(semaphore, 0, IPC_RMID);
}

void flood_prepare(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	uts_fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	semaphore = semget(IPC_PRIVATE, 1, 0600);
	if (epoll_fd < 0 || uts_fd < 0 || semaphore < 0 || pipe(ends) < 0) {
		perror("flood: cannot prepare");
		exit(2);
	}
	atexit(remove_semaphore);
}

const char *flood_leftover(void)
{
	if (waitpid(-1, NULL, WNOHANG | __WALL) >= 0 || errno != ECHILD)
		return "a child";
	if (semctl(semaphore, 0, GETVAL))
		return "a semaphore that is up";
	return NULL;
}
