/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls whose arguments the kernel reads, and a supervisor cannot, or not in
 * time.  Prints how each call ended, and what kcmp says of it.
 *
 *	withheld semop|timeout		in memory of memfd_secret
 *	withheld clone3|numbers		the same
 *	withheld question		the same, of kcmp(KCMP_EPOLL_TFD)
 *	withheld faults			where nobody can read
 *	withheld operations N		a semop of N operations, where
 *					kernel.sem allows them
 *
 * Status 77: there is no such memory, or no such namespace, here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096
#define NO_SET		0x7ffffff	/* of semaphores */
#define CANNOT		77

static const char *name_of(long ret)
{
	return ret < 0 ? strerrorname_np(errno) : "ok";
}

static const char *compare(pid_t one, pid_t other, int type,
			   unsigned long a, unsigned long b)
{
	long ret = syscall(SYS_kcmp, one, other, type, a, b);

	return ret < 0 ? strerrorname_np(errno) : ret ? "unequal" : "equal";
}

static void *secret(void)
{
	int fd = (int)syscall(SYS_memfd_secret, 0);
	void *page;

	if (fd < 0 || ftruncate(fd, PAGE) < 0)
		exit(CANNOT);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		exit(CANNOT);
	return page;
}

/* A page of a file that ends before it. */
static void *beyond(void)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  0);

	if (page == MAP_FAILED)
		exit(CANNOT);
	return page;
}

static void *closed(void)
{
	void *page = mmap(NULL, PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		exit(CANNOT);
	return page;
}

/* Somebody without an undo list. */
static pid_t start_other(void)
{
	pid_t pid = fork();

	while (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		pause();
	}
	return pid;
}

static void undo(const char *what, void *operations, unsigned int count,
		 const void *timeout)
{
	pid_t other = start_other();
	long ret = syscall(SYS_semtimedop, NO_SET, operations, count, timeout);

	printf("%s: %s", what, name_of(ret));
	printf(", undo list %s\n", compare(getpid(), other, KCMP_SYSVSEM, 0,
					   0));
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void semop_here(const char *what, struct sembuf *operation)
{
	*operation = (struct sembuf){ 0, 1, SEM_UNDO | IPC_NOWAIT };
	undo(what, operation, 1, NULL);
}

static void semop_timed(struct timespec *timeout)
{
	struct sembuf operation = { 0, 1, SEM_UNDO };

	timeout->tv_sec = 1;
	undo("timeout", &operation, 1, timeout);
}

static void clone_by(const char *what, struct clone_args *args)
{
	long pid = syscall(SYS_clone3, args, sizeof(*args));

	if (pid == 0)
		_exit(strcmp(compare(getpid(), getppid(), KCMP_FILES, 0, 0),
			     "equal") != 0);
	printf("%s: %s\n", what, name_of(pid));
	if (pid > 0) {
		int status;

		waitpid((pid_t)pid, &status, 0);
		printf("the child shares: %s\n", status ? "no" : "yes");
	}
}

static void clone_here(struct clone_args *args)
{
	args->flags = CLONE_FILES | CLONE_FS;
	args->exit_signal = SIGCHLD;
	clone_by("clone3", args);
}

/* There is no such number, but the kernel reads it. */
static void clone_numbers(pid_t *numbers)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)numbers,
		.set_tid_size = 1,
	};

	*numbers = -1;
	clone_by("numbers", &args);
}

static void question(struct kcmp_epoll_slot *slot)
{
	int efd = epoll_create1(EPOLL_CLOEXEC);
	int pipes[2] = { -1, -1 };
	struct epoll_event event = { .events = EPOLLIN };

	if (efd < 0 || pipe(pipes) < 0 ||
	    epoll_ctl(efd, EPOLL_CTL_ADD, pipes[0], &event) < 0)
		exit(CANNOT);
	slot->efd = (uint32_t)efd;
	slot->tfd = (uint32_t)pipes[0];
	slot->toff = 0;
	printf("question: %s\n", compare(getpid(), getpid(), KCMP_EPOLL_TFD,
					 (unsigned long)pipes[0],
					 (unsigned long)slot));
}

/* Only the last of them is not there. */
static void last_fault(void)
{
	enum { COUNT = 500 };
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sembuf *list;

	if (pages == MAP_FAILED || munmap(pages + PAGE, PAGE) < 0)
		exit(CANNOT);
	list = (struct sembuf *)(void *)(pages + PAGE) - (COUNT - 1);
	list[0].sem_flg = SEM_UNDO;
	undo("last of many", list, COUNT, NULL);
}

static void faults(void)
{
	char *page = secret();

	undo("nothing there", NULL, 1, NULL);
	undo("closed", closed(), 1, NULL);
	undo("beyond the end", beyond(), 1, NULL);
	if (munmap(page, PAGE) == 0)
		undo("no longer there", page, 1, NULL);
	clone_by("clone3: closed", closed());
	clone_by("clone3: beyond the end", beyond());
	page = secret();
	if (mprotect(page, PAGE, PROT_NONE) == 0)
		undo("secret and closed", page, 1, NULL);
	last_fault();
}

static void operations(unsigned int count)
{
	static const char limits[] = "32000 1024000000 2000000000 32000";
	struct sembuf *list = calloc(count, sizeof(*list));
	int fd;

	if (!list || unshare(CLONE_NEWIPC) < 0)
		exit(CANNOT);
	fd = open("/proc/sys/kernel/sem", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, limits, sizeof(limits) - 1) < 0)
		exit(CANNOT);
	close(fd);
	list[0].sem_flg = SEM_UNDO;
	undo("operations", list, count, NULL);
	free(list);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "semop") == 0)
		semop_here("semop", secret());
	else if (strcmp(what, "timeout") == 0)
		semop_timed(secret());
	else if (strcmp(what, "clone3") == 0)
		clone_here(secret());
	else if (strcmp(what, "numbers") == 0)
		clone_numbers(secret());
	else if (strcmp(what, "question") == 0)
		question(secret());
	else if (strcmp(what, "faults") == 0)
		faults();
	else if (strcmp(what, "operations") == 0 && argc > 2)
		operations((unsigned int)strtoul(argv[2], NULL, 10));
	else
		return 2;
	return 0;
}
