/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/proc-read.h"

enum shown {
	SHOWN_ALWAYS,
	SHOWN_BETWEEN_EXECS,	/* not while the task execs */
};

/* Reads /proc/TID/NAME; absent: what its ENOENT means if the task is there. */
static int read_of_task(struct ss_proc_text *text, pid_t tid, const char *name,
			enum shown shown, int absent)
{
	char path[SS_PROC_PATH_SIZE];
	int error;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", tid, name);
	error = shown == SHOWN_BETWEEN_EXECS ?
		ss_proc_text_of(text, tid, path) :
		ss_proc_text_read(text, path);
	return error ? ss_proc_error(error, tid, absent) : 0;
}

int ss_proc_children(pid_t tgid, pid_t tid, struct ss_tids *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	char path[SS_PROC_PATH_SIZE];
	struct stat status;
	int error;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", tgid,
		       tid);
	error = ss_proc_text_read(&text, path);
	if (error == -ENOENT) {
		/* Is it the file that is missing, or the thread? */
		*strrchr(path, '/') = '\0';
		return ss_proc_look_at(path, &status) ? -ESRCH : -EOPNOTSUPP;
	}
	if (error)
		return error;
	return ss_proc_parse_tids(text.data, text.length, ret);
}

int ss_proc_threads(pid_t tgid, struct ss_tids *ret)
{
	char path[SS_PROC_PATH_SIZE];
	int error;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", tgid);
	error = ss_proc_read_numbers(path, ret);
	return error == -ENOENT ? -ESRCH : error;
}

/* Are all of a in b, too?  Both are in the order of the kernel's list. */
static bool is_part_of(const struct ss_tids *a, const struct ss_tids *b)
{
	size_t i, at = 0;

	for (i = 0; i < a->count; i++) {
		while (at < b->count && b->tids[at] != a->tids[i])
			at++;
		if (at++ >= b->count)
			return false;
	}
	return true;
}

typedef int read_fn(pid_t tgid, pid_t tid, struct ss_tids *ret);

static int read_threads(pid_t tgid, ss_unused pid_t tid, struct ss_tids *ret)
{
	return ss_proc_threads(tgid, ret);
}

static int read_whole(read_fn *read_list, pid_t tgid, pid_t tid,
		      struct ss_tids *ret)
{
	struct ss_tids before = { 0 }, now;
	bool whole = false;
	unsigned int i;
	int error;

	error = read_list(tgid, tid, &before);
	for (i = 1; i < SS_PROC_READS && !error && !whole; i++) {
		error = read_list(tgid, tid, &now);
		if (error)
			break;
		whole = is_part_of(&before, &now);
		ss_tids_release(&before);
		before = now;
	}
	if (error)
		ss_tids_release(&before);
	else
		*ret = before;
	return error;
}

int ss_proc_children_all(pid_t tgid, pid_t tid, struct ss_tids *ret)
{
	return read_whole(ss_proc_children, tgid, tid, ret);
}

int ss_proc_threads_all(pid_t tgid, struct ss_tids *ret)
{
	return read_whole(read_threads, tgid, 0, ret);
}

/* Leaves in the list the processes that ppid is the parent of. */
static int keep_children_of(struct ss_tids *list, pid_t ppid)
{
	struct ss_proc_stat stat;
	size_t kept = 0;
	int error;

	for (size_t i = 0; i < list->count; i++) {
		error = ss_proc_stat(list->tids[i], &stat);
		/* It may have ended since, or be hidden from us. */
		if (error == -ESRCH || error == -EACCES || error == -EPERM)
			continue;
		if (error)
			return error;
		if (stat.ppid == ppid)
			list->tids[kept++] = list->tids[i];
	}
	list->count = kept;
	return 0;
}

int ss_proc_processes(struct ss_tids *ret)
{
	return ss_proc_read_numbers("/proc", ret);
}

int ss_proc_children_by_parent(pid_t ppid, struct ss_tids *ret)
{
	struct ss_tids list = { 0 };
	int error;

	error = ss_proc_processes(&list);
	if (!error)
		error = keep_children_of(&list, ppid);
	if (error) {
		ss_tids_release(&list);
		return error;
	}
	*ret = list;
	return 0;
}

int ss_proc_status(pid_t tid, struct ss_proc_status *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error;

	error = read_of_task(&text, tid, "status", SHOWN_ALWAYS, -ESRCH);
	if (error)
		return error;
	return ss_proc_parse_status(text.data, text.length, ret);
}

int ss_proc_signals(pid_t tid, struct ss_proc_signals *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error;

	error = read_of_task(&text, tid, "status", SHOWN_ALWAYS, -ESRCH);
	if (error)
		return error;
	return ss_proc_parse_signals(text.data, text.length, ret);
}

int ss_proc_group(pid_t tid, struct ss_proc_numbers *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error;

	error = read_of_task(&text, tid, "status", SHOWN_ALWAYS, -ESRCH);
	if (error)
		return error;
	return ss_proc_parse_group(text.data, text.length, ret);
}

int ss_proc_stat(pid_t tid, struct ss_proc_stat *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error;

	error = read_of_task(&text, tid, "stat", SHOWN_BETWEEN_EXECS,
			     -ESRCH);
	if (error)
		return error;
	return ss_proc_parse_stat(text.data, text.length, ret);
}

#define TICKS_PER_SECOND	100	/* the kernel's USER_HZ */

uint64_t ss_proc_time_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * TICKS_PER_SECOND +
		(uint64_t)now.tv_nsec / (1000000000 / TICKS_PER_SECOND);
}

pid_t ss_proc_last_number(void)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	struct ss_tids list = { 0 };
	pid_t last = 0;

	if (ss_proc_text_read(&text, "/proc/sys/kernel/ns_last_pid"))
		return 0;
	/* All but the end of the line. */
	if (text.length && !ss_proc_parse_tids(text.data, text.length - 1,
					       &list) && list.count)
		last = list.tids[0];
	ss_tids_release(&list);
	return last;
}

pid_t ss_proc_last_number_since(pid_t since, pid_t most)
{
	pid_t last = since ? ss_proc_last_number() : 0;

	/* They may have begun again. */
	return last >= since && last - since <= most ? last : 0;
}

int ss_proc_call(pid_t tid, struct ss_proc_call *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error;

	error = read_of_task(&text, tid, "syscall", SHOWN_BETWEEN_EXECS,
			     -EOPNOTSUPP);
	if (error)
		return error;
	return ss_proc_parse_call(text.data, text.length, ret);
}

int ss_proc_epoll(pid_t tid, int efd, struct ss_proc_epoll *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error;

	error = ss_proc_text_of_fd(&text, tid, efd, 0);
	if (error)
		return ss_proc_error(error, tid, -EBADF);
	return ss_proc_parse_epoll(text.data, text.length, ret);
}

/* What is asked for comes early, and fits. */
#define FD_INFO_BYTES	256

static int fd_has_flag(pid_t tid, int fd, uint64_t flag, bool *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	uint64_t flags;
	int r;

	r = ss_proc_text_of_fd(&text, tid, fd, FD_INFO_BYTES);
	if (r)
		r = ss_proc_error(r, tid, -EBADF);
	else
		r = ss_proc_parse_fd_flags(text.data, text.length, &flags);
	if (!r)
		*ret = flags & flag;
	return r;
}

int ss_proc_fd_cloexec(pid_t tid, int fd, bool *ret)
{
	return fd_has_flag(tid, fd, O_CLOEXEC, ret);
}

int ss_proc_fd_is_path(pid_t tid, int fd, bool *ret)
{
	return fd_has_flag(tid, fd, O_PATH, ret);
}

int ss_proc_pidfd(pid_t tid, int fd, pid_t *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int r = ss_proc_text_of_fd(&text, tid, fd, FD_INFO_BYTES);

	return r ? ss_proc_error(r, tid, -EBADF) :
		ss_proc_parse_pidfd(text.data, text.length, ret);
}

int ss_proc_at_random(pid_t tid, uint64_t *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	bool is_32bit;
	int error;

	error = read_of_task(&text, tid, "auxv", SHOWN_BETWEEN_EXECS,
			     -ESRCH);
	if (error)
		return error;
	is_32bit = ss_proc_auxv_is_32bit(text.data, text.length);
	return ss_proc_parse_auxv(text.data, text.length, is_32bit, ret);
}

int ss_proc_worker(pid_t tid, pid_t *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error = read_of_task(&text, tid, "comm", SHOWN_ALWAYS, -ESRCH);

	return error ? error :
		ss_proc_parse_worker(text.data, text.length, ret);
}

int ss_proc_id_map(pid_t tid, const char *map, enum ss_id_way way, uint32_t id,
		   uint32_t *ret)
{
	ss_cleanup_proc_text struct ss_proc_text text;
	int error = read_of_task(&text, tid, map, SHOWN_ALWAYS,
				 -ESRCH);

	return error ? error :
		ss_proc_parse_id_map(text.data, text.length, way, id, ret);
}

int ss_proc_owner(pid_t tid, uid_t *ret_uid, gid_t *ret_gid)
{
	char path[SS_PROC_PATH_SIZE];
	struct stat status;
	int error;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", tid);
	error = ss_proc_look_at(path, &status);
	if (error)
		return error == -ENOENT ? -ESRCH : error;
	*ret_uid = status.st_uid;
	*ret_gid = status.st_gid;
	return 0;
}

/* `missing`: what ENOENT means if the task is there. */
static int read_link(pid_t tid, const char *path, int missing, char *buffer,
		     size_t size)
{
	ssize_t n;

	if (size == 0)
		return -EINVAL;
	n = ss_proc_link(tid, path, buffer, size - 1);
	if (n < 0)
		return ss_proc_error((int)n, tid, missing);
	buffer[n] = '\0';
	return 0;
}

int ss_proc_fd_link(pid_t tid, int fd, char *buffer, size_t size)
{
	char path[SS_PROC_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", tid, fd);
	return read_link(tid, path, -EBADF, buffer, size);
}

/* The kernel says so behind the name, but a name may end like that, too.  No
   file system is asked that might not answer. */
static void strip_deleted(const char *link, char *name)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(name), left = length - strlen(mark);
	struct statx status;

	if (length <= strlen(mark) || strcmp(name + left, mark) != 0)
		return;
	if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_NLINK, &status) ||
	    status.stx_nlink > 0)
		return;
	name[left] = '\0';
}

int ss_proc_exe(pid_t tid, char *buffer, size_t size)
{
	char path[SS_PROC_PATH_SIZE];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", tid);
	r = read_link(tid, path, -ENOENT, buffer, size);
	if (!r)
		strip_deleted(path, buffer);
	return r;
}
