/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces of a task: namespaces(7), ioctl_ns(2). */
#include "kernel/proc.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel/proc-read.h"

/* "NAME:[INODE]" */
static int parse_link(const char *link, size_t length, uint64_t *ret)
{
	const char *bracket = memchr(link, '[', length);
	struct ss_cursor rest;
	uint64_t ino;

	if (!bracket)
		return -EBADMSG;
	rest = ss_cursor_of(bracket + 1, length - (size_t)(bracket + 1 - link));
	if (ss_cursor_read_u64(&rest, &ino) != 0 || !ss_cursor_skip(&rest, "]"))
		return -EBADMSG;
	*ret = ino;
	return 0;
}

int ss_proc_namespace(pid_t tid, const char *name, uint64_t *ret)
{
	char path[SS_PROC_PATH_SIZE];
	char link[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", tid, name);
	n = ss_proc_link(tid, path, link, sizeof(link));
	if (n < 0)
		return ss_proc_error((int)n, tid, -ENODATA);
	return parse_link(link, (size_t)n, ret);
}

static int chain_push(struct ss_proc_ns_chain *chain, int fd, bool is_user)
{
	struct stat status;
	uid_t owner = (uid_t)-1;

	if (chain->count == SS_PROC_LEVELS_MAX)
		return -EOVERFLOW;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (is_user && ioctl(fd, NS_GET_OWNER_UID, &owner) < 0)
		return -errno;
	chain->ino[chain->count] = status.st_ino;
	chain->owner[chain->count] = owner;
	chain->count++;
	return 0;
}

/* Pushes the namespace behind fd (taken) and its visible ancestors. */
static int chain_climb(struct ss_proc_ns_chain *chain, int fd, bool is_user)
{
	int parent;
	int error;

	for (;;) {
		error = chain_push(chain, fd, is_user);
		parent = error ? -1 : ioctl(fd, NS_GET_PARENT);
		if (parent < 0 && !error && errno != EPERM && errno != EINVAL)
			error = -errno;
		(void)close(fd);
		/* EPERM: above ours; EINVAL: this kind has no parents. */
		if (parent < 0)
			return error;
		fd = parent;
	}
}

/* A descriptor, or why there is none. */
static int open_namespace(pid_t tid, const char *name)
{
	char path[SS_PROC_PATH_SIZE];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", tid, name);
	fd = ss_proc_open(tid, path);
	return fd < 0 ? ss_proc_error(fd, tid, -ENODATA) : fd;
}

int ss_proc_namespace_chain(pid_t tid, const char *name,
			    struct ss_proc_ns_chain *ret)
{
	struct ss_proc_ns_chain chain = { 0 };
	int fd = open_namespace(tid, name);
	int error = fd < 0 ? fd :
		chain_climb(&chain, fd, strcmp(name, "user") == 0);

	if (!error)
		*ret = chain;
	return error;
}

int ss_proc_namespace_owners(pid_t tid, const char *name,
			     struct ss_proc_ns_chain *ret)
{
	struct ss_proc_ns_chain chain = { 0 };
	ss_cleanup_fd int fd = open_namespace(tid, name);
	int owner;
	int error;

	if (fd < 0)
		return fd;
	owner = ioctl(fd, NS_GET_USERNS);
	error = owner < 0 ? -errno : chain_climb(&chain, owner, true);
	if (!error)
		*ret = chain;
	return error;
}

void ss_proc_userns_close(struct ss_proc_userns *chain)
{
	while (chain->count > 0)
		(void)close(chain->fds[--chain->count]);
}

int ss_proc_userns_open(pid_t tid, struct ss_proc_userns *ret)
{
	struct stat ours, status;
	int fd;

	ret->count = 0;
	if (stat("/proc/self/ns/user", &ours))
		return -errno;
	ret->ino[0] = ours.st_ino;
	fd = ss_proc_open_at_once(tid, "ns/user");
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	while (fd >= 0 && fstat(fd, &status) == 0 &&
	       status.st_ino != ours.st_ino &&
	       ret->count < SS_PROC_LEVELS_MAX) {
		ret->fds[ret->count] = fd;
		ret->ino[ret->count++] = status.st_ino;
		fd = ioctl(fd, NS_GET_PARENT);
	}
	ret->ino[ret->count] = ours.st_ino;
	/* The last is ours, or there is none: it is not below ours. */
	if (fd >= 0) {
		(void)close(fd);
		return 0;
	}
	ss_proc_userns_close(ret);
	return -EOPNOTSUPP;
}
