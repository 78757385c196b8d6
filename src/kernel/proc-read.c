/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/proc-read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/caution.h"

/*
 * The kernel fills a buffer with whole records until the next one does not
 * fit, so a read that leaves more room than the longest record of a list
 * (a task id and a space) has met the end, and needs no second read to know
 * it.  But its own buffer is a page, and a read gives no more records than fit
 * that one, however much room there is.  Files of one record are read up to
 * their end anyway.
 */
#define LONGEST_RECORD	64
#define RECORDS_SIZE	4096

static bool is_end(size_t got, size_t room)
{
	return got + LONGEST_RECORD <= (room < RECORDS_SIZE ?
					room : RECORDS_SIZE);
}

static int text_grow(struct ss_proc_text *text, size_t *room)
{
	size_t wanted = *room * 4;
	char *data;

	if (*room >= SS_PROC_TEXT_MAX)
		return -EFBIG;
	if (text->data == text->short_text) {
		data = malloc(wanted);
		if (data)
			memcpy(data, text->data, text->length);
	} else {
		data = realloc(text->data, wanted);
	}
	if (!data)
		return -ENOMEM;
	text->data = data;
	*room = wanted;
	return 0;
}

static int text_fill(struct ss_proc_text *text, int fd)
{
	size_t room = sizeof(text->short_text);
	ssize_t n;
	int error;

	for (;;) {
		size_t left = room - text->length;

		n = read(fd, text->data + text->length, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text->length += (size_t)n;
		if (n == 0 || is_end((size_t)n, left))
			return 0;
		if (room - text->length >= LONGEST_RECORD)
			continue;
		error = text_grow(text, &room);
		if (error)
			return error;
	}
}

static int text_begin(struct ss_proc_text *text, int fd, size_t most)
{
	ssize_t n = read(fd, text->data, most);

	if (n < 0)
		return -errno;
	text->length = (size_t)n;
	return 0;
}

/*
 * The kernel looks for the task of a number, and takes the task's number then
 * (fs/proc/base.c, proc_pid_lookup() and proc_pid_make_inode()).  If a thread
 * that execs takes the number of a dead leader over in between, what is found
 * is of the number that the leader has got, which goes: nobody seems to be
 * there.  The next look finds the thread.
 */
static bool may_be_there(int error)
{
	return error == -ESRCH || error == -ENOENT;
}

static int open_once(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	return fd < 0 ? -errno : fd;
}

static int open_path(const char *path)
{
	int fd = open_once(path, 0);

	return may_be_there(fd) ? open_once(path, 0) : fd;
}

static int text_read_once(struct ss_proc_text *text, const char *path,
			  size_t most)
{
	ss_cleanup_fd int fd = open_once(path, 0);
	int error;

	text->data = text->short_text;
	text->length = 0;
	if (fd < 0)
		return fd;
	error = most ? text_begin(text, fd, most) : text_fill(text, fd);
	if (error) {
		ss_proc_text_release(text);
		return error;
	}
	return 0;
}

/* most: at most what fits the structure. */
static int text_read(struct ss_proc_text *text, const char *path, size_t most)
{
	int error = text_read_once(text, path, most);

	return may_be_there(error) ? text_read_once(text, path, most) : error;
}

int ss_proc_text_read(struct ss_proc_text *text, const char *path)
{
	return text_read(text, path, 0);
}

/* A file of a task, to be read, opened, or followed. */
struct looking {
	struct ss_careful careful;
	char path[SS_PROC_PATH_SIZE];
	size_t most;
	struct ss_proc_text text;
	int fd;			/* owned, or -1 */
	int error;
};

static void look_read(struct ss_careful *careful)
{
	struct looking *looking = (struct looking *)careful;

	looking->error = text_read(&looking->text, looking->path,
				   looking->most);
}

static void look_open(struct ss_careful *careful)
{
	struct looking *looking = (struct looking *)careful;

	looking->fd = open_path(looking->path);
	looking->error = looking->fd < 0 ? looking->fd : 0;
}

static ssize_t follow_once(const char *path, char *buffer, size_t size)
{
	ssize_t n = readlink(path, buffer, size);

	return n < 0 ? -errno : n;
}

static ssize_t follow(const char *path, char *buffer, size_t size)
{
	ssize_t n = follow_once(path, buffer, size);

	return may_be_there((int)n) ? follow_once(path, buffer, size) : n;
}

static void look_follow(struct ss_careful *careful)
{
	struct looking *looking = (struct looking *)careful;
	ssize_t n = follow(looking->path, looking->text.short_text,
			   sizeof(looking->text.short_text));

	looking->error = n < 0 ? (int)n : 0;
	looking->text.length = n < 0 ? 0 : (size_t)n;
}

static void looking_release(struct ss_careful *careful)
{
	struct looking *looking = (struct looking *)careful;

	ss_close_fd(&looking->fd);
	ss_proc_text_release(&looking->text);
	free(looking);
}

/* Has it done; *ret to be released then. */
static int look(void (*run)(struct ss_careful *), enum ss_careful_lock lock,
		pid_t tid, uint64_t which, const char *path, size_t most,
		struct looking **ret)
{
	struct looking *looking = malloc(sizeof(*looking));
	int error;

	if (!looking)
		return -ENOMEM;
	looking->careful = (struct ss_careful){
		.run = run,
		.release = looking_release,
		.lock = lock,
		.task = tid,
		.which = which,
	};
	(void)snprintf(looking->path, sizeof(looking->path), "%s", path);
	looking->most = most;
	looking->text.data = NULL;
	looking->fd = -1;
	error = ss_careful_do(&looking->careful);
	if (error)
		return error;
	error = looking->error;
	if (error)
		looking_release(&looking->careful);
	else
		*ret = looking;
	return error;
}

/* What was read goes to another structure. */
static void text_take(struct ss_proc_text *text, struct ss_proc_text *from)
{
	text->length = from->length;
	if (from->data == from->short_text) {
		memcpy(text->short_text, from->short_text, from->length);
		text->data = text->short_text;
	} else {
		text->data = from->data;
	}
	from->data = NULL;
}

static int read_carefully(struct ss_proc_text *text, enum ss_careful_lock lock,
			  pid_t tid, uint64_t which, const char *path,
			  size_t most)
{
	struct looking *looking;
	int error;

	if (!ss_caution_has_begun() ||
	    (lock == SS_CAREFUL_EXEC && !ss_caution_of_execs()))
		return text_read(text, path, most);
	text->data = NULL;
	error = look(look_read, lock, tid, which, path, most, &looking);
	if (error)
		return error;
	text_take(text, &looking->text);
	looking_release(&looking->careful);
	return 0;
}

int ss_proc_text_of(struct ss_proc_text *text, pid_t tid, const char *path)
{
	return read_carefully(text, SS_CAREFUL_EXEC, tid, 0, path, 0);
}

int ss_proc_text_of_fd(struct ss_proc_text *text, pid_t tid, int fd,
		       size_t most)
{
	char path[SS_PROC_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", tid, fd);
	return read_carefully(text, SS_CAREFUL_FILE, tid, (uint64_t)fd, path,
			      most);
}

int ss_proc_open_at_once(pid_t tid, const char *name)
{
	char path[SS_PROC_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", tid, name);
	return open_path(path);
}

int ss_proc_open(pid_t tid, const char *path)
{
	struct looking *looking;
	int fd, error;

	if (!ss_caution_of_execs())
		return open_path(path);
	error = look(look_open, SS_CAREFUL_EXEC, tid, 0, path, 0, &looking);
	if (error)
		return error;
	fd = looking->fd;
	looking->fd = -1;
	looking_release(&looking->careful);
	return fd;
}

ssize_t ss_proc_link(pid_t tid, const char *path, char *buffer, size_t size)
{
	struct looking *looking;
	int error;

	if (!ss_caution_of_execs())
		return follow(path, buffer, size);
	error = look(look_follow, SS_CAREFUL_EXEC, tid, 0, path, 0, &looking);
	if (error)
		return error;
	if (size > looking->text.length)
		size = looking->text.length;
	memcpy(buffer, looking->text.short_text, size);
	looking_release(&looking->careful);
	return (ssize_t)size;
}

void ss_proc_text_release(struct ss_proc_text *text)
{
	if (text->data != text->short_text)
		free(text->data);
	text->data = NULL;
	text->length = 0;
}

void ss_tids_release(struct ss_tids *list)
{
	free(list->tids);
	list->tids = NULL;
	list->count = 0;
	list->room = 0;
}

bool ss_tids_has(const struct ss_tids *list, pid_t tid)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->tids[i] == tid)
			return true;
	}
	return false;
}

int ss_tids_push(struct ss_tids *list, pid_t tid)
{
	pid_t *tids;
	size_t room;

	if (list->count == list->room) {
		room = list->room ? list->room * 2 : 16;
		tids = reallocarray(list->tids, room, sizeof(*tids));
		if (!tids)
			return -ENOMEM;
		list->tids = tids;
		list->room = room;
	}
	list->tids[list->count++] = tid;
	return 0;
}

/* The name as a task id, or 0 if it is none. */
static pid_t name_to_tid(const char *name)
{
	long value = 0;

	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return 0;
		value = value * 10 + (*name - '0');
		if (value > INT_MAX)
			return 0;
	}
	return (pid_t)value;
}

static int push_entries(struct ss_tids *list, const char *buffer, size_t length)
{
	const struct dirent64 *entry;
	size_t at = 0;
	pid_t tid;
	int error;

	while (at < length) {
		entry = (const void *)(buffer + at);
		at += entry->d_reclen;
		tid = name_to_tid(entry->d_name);
		if (tid <= 0)
			continue;
		error = ss_tids_push(list, tid);
		if (error)
			return error;
	}
	return 0;
}

static int read_numbers_once(const char *path, struct ss_tids *ret)
{
	_Alignas(struct dirent64) char buffer[SS_PROC_INLINE_SIZE];
	struct ss_tids list = { 0 };
	ss_cleanup_fd int fd = -1;
	ssize_t n;
	int error;

	fd = open_once(path, O_DIRECTORY);
	if (fd < 0)
		return fd;
	for (;;) {
		n = getdents64(fd, buffer, sizeof(buffer));
		if (n <= 0) {
			error = n < 0 ? -errno : 0;
			break;
		}
		error = push_entries(&list, buffer, (size_t)n);
		if (error)
			break;
	}
	if (error) {
		ss_tids_release(&list);
		return error;
	}
	*ret = list;
	return 0;
}

int ss_proc_read_numbers(const char *path, struct ss_tids *ret)
{
	int error = read_numbers_once(path, ret);

	return may_be_there(error) ? read_numbers_once(path, ret) : error;
}

static int stat_once(const char *path, struct stat *ret)
{
	return stat(path, ret) < 0 ? -errno : 0;
}

int ss_proc_look_at(const char *path, struct stat *ret)
{
	int error = stat_once(path, ret);

	return may_be_there(error) ? stat_once(path, ret) : error;
}

bool ss_proc_exists(pid_t tid)
{
	char path[SS_PROC_PATH_SIZE];
	struct stat status;

	(void)snprintf(path, sizeof(path), "/proc/%d", tid);
	return !ss_proc_look_at(path, &status);
}

int ss_proc_error(int error, pid_t tid, int absent)
{
	if (error != -ENOENT)
		return error;
	return ss_proc_exists(tid) ? absent : -ESRCH;
}
