/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/self.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/proc-read.h"

/* How often a process of ours may be stopped by others. */
#define STOPS_MAX	64

static struct rlimit given_limit;
static bool limit_raised;

/* Of a namespace around ours it would give us a number of that one; which may
   be the same by chance, but then it has the one of ours beside it. */
int ss_proc_is_ours(void)
{
	struct ss_proc_status status;
	char link[24] = "";
	pid_t self = getpid();
	int r;

	if (readlink("/proc/self", link, sizeof(link) - 1) < 0)
		return -errno;
	if (strtol(link, NULL, 10) != self)
		return -EXDEV;
	r = ss_proc_status(self, &status);
	if (!r && status.levels != 1)
		r = -EXDEV;
	return r;
}

static int fds_add(struct ss_inherited *inherited, size_t *room, int fd)
{
	if (inherited->count == *room) {
		size_t wider = *room ? *room * 2 : 16;
		int *fds = realloc(inherited->fds, wider * sizeof(*fds));

		if (!fds)
			return -ENOMEM;
		inherited->fds = fds;
		*room = wider;
	}
	inherited->fds[inherited->count++] = fd;
	return 0;
}

static bool is_ring(int directory, const char *name)
{
	static const char ring[] = "anon_inode:[io_uring]";
	char link[sizeof(ring)];

	return readlinkat(directory, name, link, sizeof(link)) ==
		(ssize_t)strlen(ring) && !memcmp(link, ring, strlen(ring));
}

static int fds_read(struct ss_inherited *inherited)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t room = 0;
	int r = 0;

	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir))) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (*end || end == entry->d_name || fd == dirfd(dir))
			continue;
		inherited->rings = inherited->rings ||
			is_ring(dirfd(dir), entry->d_name);
		r = fds_add(inherited, &room, (int)fd);
	}
	closedir(dir);
	return r;
}

int ss_inherited_note(struct ss_inherited *ret)
{
	struct ss_inherited inherited = { .since = ss_proc_time_now() };
	struct ss_proc_status status = { .filters = 0 };
	pid_t self = getpid();
	int r = fds_read(&inherited);

	if (!r)
		r = ss_proc_status(self, &status);
	if (!r) {
		/* The command has ours, and one more at least. */
		if (status.filters < UINT32_MAX)
			inherited.filters_inside = status.filters + 1;
		r = ss_proc_children_all(self, self, &inherited.children);
		if (r == -EOPNOTSUPP)
			r = ss_proc_children_by_parent(self,
						&inherited.children);
	}
	if (r) {
		ss_inherited_release(&inherited);
		return r;
	}
	*ret = inherited;
	return 0;
}

void ss_inherited_close(struct ss_inherited *inherited)
{
	size_t i;
	int null_fd;

	for (i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] > 2)
			(void)close(inherited->fds[i]);
	}
	inherited->count = 0;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		return;
	(void)dup2(null_fd, 0);
	(void)dup2(null_fd, 1);
	(void)close(null_fd);
}

int ss_inherited_add_child(struct ss_inherited *inherited, pid_t pid)
{
	return ss_tids_push(&inherited->children, pid);
}

bool ss_inherited_has(const struct ss_inherited *inherited, pid_t tid,
		      const struct ss_proc_status *status)
{
	struct ss_proc_stat stat;

	return ss_tids_has(&inherited->children, tid) ||
		status->filters < inherited->filters_inside ||
		(!ss_proc_stat(tid, &stat) &&
		 stat.start_time < inherited->since);
}

void ss_inherited_release(struct ss_inherited *inherited)
{
	free(inherited->fds);
	inherited->fds = NULL;
	inherited->count = 0;
	ss_tids_release(&inherited->children);
}

void ss_limits_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &given_limit))
		return;
	limit = given_limit;
	limit.rlim_cur = limit.rlim_max;
	limit_raised = !setrlimit(RLIMIT_NOFILE, &limit);
}

void ss_limits_restore(void)
{
	if (limit_raised)
		(void)setrlimit(RLIMIT_NOFILE, &given_limit);
}

unsigned long ss_task_nofile(pid_t tid)
{
	struct rlimit limit;

	return prlimit(tid, RLIMIT_NOFILE, NULL, &limit) ? ~0ul :
		(unsigned long)limit.rlim_cur;
}

int ss_task_io_class(pid_t tid)
{
	long priority = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, tid);

	return priority < 0 ? -errno : (int)IOPRIO_PRIO_CLASS(priority);
}

unsigned long ss_own_nofile(void)
{
	return ss_task_nofile(0);
}

bool ss_suid_dumpable(void)
{
	ss_cleanup_fd int fd = open("/proc/sys/fs/suid_dumpable",
				    O_RDONLY | O_CLOEXEC);
	char value;

	return fd >= 0 && read(fd, &value, 1) == 1 && value == '1';
}

/*
 * Its exit status, or -errno.  Who may send it signals (it may have the ids of
 * a task, kernel/dumpable.c) could stop it, and so us: it goes on, for a few
 * times.
 */
static int await_apart(pid_t pid)
{
	unsigned int stops = 0;
	int status = 0;

	for (;;) {
		if (waitpid(pid, &status, __WCLONE | WUNTRACED) < 0)
			return -errno;
		if (!WIFSTOPPED(status))
			return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
		(void)kill(pid, stops++ < STOPS_MAX ? SIGCONT : SIGKILL);
	}
}

/* With all signals blocked, as we are; -errno. */
static pid_t start_apart(unsigned long flags, int (*run)(void *argument),
			 void *argument)
{
	/* fork() without its handlers. */
	pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0UL);

	if (pid == 0)
		_exit(run(argument));
	return pid < 0 ? -errno : pid;
}

int ss_run_apart(unsigned long flags, int (*run)(void *argument),
		 void *argument)
{
	sigset_t all, old;
	pid_t pid;
	int r;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = start_apart(flags, run, argument);
	r = pid < 0 ? pid : await_apart(pid);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

/* semctl(2) leaves the layout of its argument to its caller. */
union semaphore_argument {
	int value;
	struct seminfo *info;
};

/* In our ipc namespace.  The kernel compares them as unsigned, too. */
static int fits_here(unsigned int operations)
{
	struct seminfo info;
	union semaphore_argument argument = { .info = &info };

	if (semctl(0, 0, IPC_INFO, argument) < 0)
		return -errno;
	return operations <= (unsigned int)info.semopm;
}

struct fitting {
	pid_t tid;
	unsigned int operations;
};

static bool enter(pid_t tid, const char *name, int type)
{
	int fd = ss_proc_open_at_once(tid, name);

	return fd >= 0 && !setns(fd, type);
}

#define CANNOT_ENTER	2

static int fits_there(void *argument)
{
	const struct fitting *fitting = argument;
	int r;

	/* Whose user namespace is ours to enter has it in its own. */
	if (!enter(fitting->tid, "ns/ipc", CLONE_NEWIPC) &&
	    !(enter(fitting->tid, "ns/user", CLONE_NEWUSER) &&
	      enter(fitting->tid, "ns/ipc", CLONE_NEWIPC)))
		return CANNOT_ENTER;
	r = fits_here(fitting->operations);
	return r < 0 ? CANNOT_ENTER : r;
}

int ss_semop_fits(pid_t tid, unsigned int operations)
{
	struct fitting fitting = { .tid = tid, .operations = operations };
	uint64_t theirs, ours;
	int r = ss_proc_namespace(tid, "ipc", &theirs);

	if (!r)
		r = ss_proc_namespace(getpid(), "ipc", &ours);
	if (r)
		return r;
	if (theirs == ours)
		return fits_here(operations);
	r = ss_run_apart(0, fits_there, &fitting);
	return r == CANNOT_ENTER ? -EPERM : r;
}

pid_t ss_begin_apart(unsigned long flags, int (*run)(void *argument),
		     void *argument)
{
	sigset_t all, old;
	pid_t pid;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = start_apart(flags, run, argument);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

void ss_end_apart(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
		;
}
