/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/proc-read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

int ss_proc_text_read(struct ss_proc_text *text, const char *path)
{
	ss_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	text->data = text->short_text;
	text->length = 0;
	if (fd < 0)
		return -errno;
	error = text_fill(text, fd);
	if (error) {
		ss_proc_text_release(text);
		return error;
	}
	return 0;
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

int ss_proc_read_numbers(const char *path, struct ss_tids *ret)
{
	_Alignas(struct dirent64) char buffer[SS_PROC_INLINE_SIZE];
	struct ss_tids list = { 0 };
	ss_cleanup_fd int fd = -1;
	ssize_t n;
	int error;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
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

bool ss_proc_exists(pid_t tid)
{
	char path[SS_PROC_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d", tid);
	return access(path, F_OK) == 0;
}

int ss_proc_error(int error, pid_t tid, int absent)
{
	if (error != -ENOENT)
		return error;
	return ss_proc_exists(tid) ? absent : -ESRCH;
}
