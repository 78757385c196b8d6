/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The texts of /proc, without a process and without a system call.
 *
 * Formats: proc_pid_status(5), proc_pid_stat(5), proc_pid_syscall(5),
 * proc_pid_fdinfo(5), getauxval(3).
 */
#include "kernel/proc.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "kernel/proc-read.h"

/* Blanks, then a number. */
static bool read_u64(struct ss_cursor *text, uint64_t *ret)
{
	ss_cursor_skip_blanks(text);
	return ss_cursor_read_u64(text, ret) == 0;
}

static bool read_i64(struct ss_cursor *text, int64_t *ret)
{
	ss_cursor_skip_blanks(text);
	return ss_cursor_read_i64(text, ret) == 0;
}

static bool read_int(struct ss_cursor *text, int *ret)
{
	ss_cursor_skip_blanks(text);
	return ss_cursor_read_i32(text, ret) == 0;
}

static bool read_u32(struct ss_cursor *text, uint32_t *ret)
{
	ss_cursor_skip_blanks(text);
	return ss_cursor_read_u32(text, ret) == 0;
}

static bool read_hex(struct ss_cursor *text, uint64_t *ret)
{
	ss_cursor_skip_blanks(text);
	return ss_cursor_read_hex(text, ret) == 0;
}

static bool read_ids(struct ss_cursor *text, uint32_t ids[4])
{
	for (int i = 0; i < 4; i++)
		if (!read_u32(text, &ids[i]))
			return false;
	return true;
}

/* Numbers up to the end of the line: one for each pid namespace. */
static bool read_levels(struct ss_cursor *text, pid_t *nr,
			unsigned int *levels)
{
	*levels = 0;
	for (;;) {
		ss_cursor_skip_blanks(text);
		if (text->left == 0)
			return *levels > 0;
		if (*levels == SS_PROC_LEVELS_MAX ||
		    !read_int(text, &nr[*levels]))
			return false;
		(*levels)++;
	}
}

static bool read_state(struct ss_cursor *text, char *ret)
{
	ss_cursor_skip_blanks(text);
	if (text->left == 0)
		return false;
	*ret = *text->at;
	text->at++;
	text->left--;
	return true;
}

/* Which lines of a status were seen. */
enum {
	SEEN_STATE = 1 << 0,
	SEEN_TGID = 1 << 1,
	SEEN_PPID = 1 << 2,
	SEEN_UID = 1 << 3,
	SEEN_GID = 1 << 4,
	SEEN_CAP_PERMITTED = 1 << 5,
	SEEN_CAP_EFFECTIVE = 1 << 6,
	SEEN_NEEDED = (1 << 7) - 1,
	SEEN_NSPID = 1 << 7,
	SEEN_PID = 1 << 8,
};

/* The line's bit, 0 if it is of no interest, -1 if it is wrong. */
static int parse_status_line(struct ss_cursor *line,
			     struct ss_proc_status *status,
			     pid_t *pid)
{
	uint32_t size;

	if (ss_cursor_skip(line, "State:"))
		return read_state(line, &status->state) ? SEEN_STATE : -1;
	if (ss_cursor_skip(line, "Tgid:"))
		return read_int(line, &status->tgid) ? SEEN_TGID : -1;
	if (ss_cursor_skip(line, "Pid:"))
		return read_int(line, pid) ? SEEN_PID : -1;
	if (ss_cursor_skip(line, "PPid:"))
		return read_int(line, &status->ppid) ? SEEN_PPID : -1;
	if (ss_cursor_skip(line, "Uid:"))
		return read_ids(line, status->uid) ? SEEN_UID : -1;
	if (ss_cursor_skip(line, "Gid:"))
		return read_ids(line, status->gid) ? SEEN_GID : -1;
	if (ss_cursor_skip(line, "NSpid:"))
		return read_levels(line, status->nspid, &status->levels) ?
		       SEEN_NSPID : -1;
	if (ss_cursor_skip(line, "Umask:"))
		status->has_fs = true;
	if (ss_cursor_skip(line, "VmSize:"))
		status->has_mm = true;
	if (ss_cursor_skip(line, "FDSize:")) {
		if (!read_u32(line, &size))
			return -1;
		status->has_files = size;
	}
	/* Before Linux 5.9 there is no more than the mode. */
	if (ss_cursor_skip(line, "Seccomp:")) {
		if (!read_u32(line, &size))
			return -1;
		status->filters = size ? UINT32_MAX : 0;
	}
	if (ss_cursor_skip(line, "Seccomp_filters:") &&
	    !read_u32(line, &status->filters))
		return -1;
	if (ss_cursor_skip(line, "CapPrm:"))
		return read_hex(line, &status->cap_permitted) ?
		       SEEN_CAP_PERMITTED : -1;
	if (ss_cursor_skip(line, "CapEff:"))
		return read_hex(line, &status->cap_effective) ?
		       SEEN_CAP_EFFECTIVE : -1;
	return 0;
}

int ss_proc_parse_status(const char *text, size_t length,
			 struct ss_proc_status *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	struct ss_proc_status status = { .filters = UINT32_MAX };
	struct ss_cursor line;
	pid_t pid = 0;
	int seen = 0;
	int bit;

	while (ss_cursor_read_line(&rest, &line)) {
		bit = parse_status_line(&line, &status, &pid);
		if (bit < 0)
			return -EBADMSG;
		seen |= bit;
	}
	if ((seen & SEEN_NEEDED) != SEEN_NEEDED)
		return -EBADMSG;
	if (!(seen & SEEN_NSPID)) {
		/* A kernel without pid namespaces: one level. */
		if (!(seen & SEEN_PID))
			return -EBADMSG;
		status.nspid[0] = pid;
		status.levels = 1;
	}
	*ret = status;
	return 0;
}

int ss_proc_parse_group(const char *text, size_t length,
			struct ss_proc_numbers *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	struct ss_proc_numbers numbers;
	struct ss_cursor line;

	while (ss_cursor_read_line(&rest, &line)) {
		if (!ss_cursor_skip(&line, "NSpgid:"))
			continue;
		if (!read_levels(&line, numbers.nr, &numbers.levels))
			return -EBADMSG;
		*ret = numbers;
		return 0;
	}
	return -EBADMSG;
}

int ss_proc_parse_signals(const char *text, size_t length,
			  struct ss_proc_signals *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	struct ss_proc_signals signals = { 0 };
	struct ss_cursor line;
	int seen = 0;

	while (ss_cursor_read_line(&rest, &line)) {
		uint64_t *set = NULL;

		if (ss_cursor_skip(&line, "SigIgn:"))
			set = &signals.ignored;
		else if (ss_cursor_skip(&line, "SigCgt:"))
			set = &signals.caught;
		if (!set)
			continue;
		if (!read_hex(&line, set))
			return -EBADMSG;
		seen |= set == &signals.caught ? 1 : 2;
	}
	if (seen != 3)
		return -EBADMSG;
	*ret = signals;
	return 0;
}

int ss_proc_parse_stat(const char *text, size_t length,
		       struct ss_proc_stat *ret)
{
	const char *name_end = memrchr(text, ')', length);
	struct ss_proc_stat stat = { 0 };
	struct ss_cursor rest;
	int64_t ignored;

	if (!name_end)
		return -EBADMSG;
	rest = ss_cursor_of(name_end + 1,
			    length - (size_t)(name_end + 1 - text));
	if (!read_state(&rest, &stat.state))
		return -EBADMSG;
	if (!read_int(&rest, &stat.ppid) || !read_int(&rest, &stat.pgrp))
		return -EBADMSG;
	/* session, tty_nr, tpgid */
	for (int i = 6; i <= 8; i++)
		if (!read_i64(&rest, &ignored))
			return -EBADMSG;
	if (!read_u32(&rest, &stat.flags))
		return -EBADMSG;
	/* minflt ... itrealvalue */
	for (int i = 10; i <= 21; i++)
		if (!read_i64(&rest, &ignored))
			return -EBADMSG;
	if (!read_u64(&rest, &stat.start_time))
		return -EBADMSG;
	*ret = stat;
	return 0;
}

int ss_proc_parse_call(const char *text, size_t length,
		       struct ss_proc_call *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	uint64_t value;
	int64_t nr;

	*ret = (struct ss_proc_call){ .where = SS_PROC_RUNNING, .nr = -1 };
	if (ss_cursor_skip(&rest, "running"))
		return 0;
	if (!read_i64(&rest, &nr) || nr < -1 || nr > INT_MAX ||
	    !ss_cursor_skip(&rest, " "))
		return -EBADMSG;
	ret->where = nr < 0 ? SS_PROC_NO_CALL : SS_PROC_IN_CALL;
	ret->nr = (long)nr;
	/* The last two, after the arguments. */
	while (ss_cursor_skip(&rest, "0x") &&
	       !ss_cursor_read_hex(&rest, &value)) {
		ret->sp = ret->pc;
		ret->pc = value;
		ss_cursor_skip_blanks(&rest);
	}
	return 0;
}

int ss_proc_parse_tids(const char *text, size_t length, struct ss_tids *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	struct ss_tids list = { 0 };
	int error = -EBADMSG;
	pid_t tid;

	for (;;) {
		ss_cursor_skip_blanks(&rest);
		if (rest.left == 0)
			break;
		if (!read_int(&rest, &tid) || tid <= 0)
			goto fail;
		error = ss_tids_push(&list, tid);
		if (error)
			goto fail;
		error = -EBADMSG;
	}
	*ret = list;
	return 0;

fail:
	ss_tids_release(&list);
	return error;
}

int ss_proc_parse_id_map(const char *text, size_t length, enum ss_id_way way,
			 uint32_t id, uint32_t *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length), line;
	uint32_t inside, outside, count, from, to;
	int error = -ENOENT;

	while (ss_cursor_read_line(&rest, &line)) {
		if (!read_u32(&line, &inside) || !read_u32(&line, &outside) ||
		    !read_u32(&line, &count))
			return -EBADMSG;
		from = way == SS_ID_OUTWARD ? inside : outside;
		to = way == SS_ID_OUTWARD ? outside : inside;
		if (from == UINT32_MAX || id < from || id - from >= count)
			continue;
		*ret = to == UINT32_MAX ? to : to + (id - from);
		error = 0;
	}
	return error;
}

void ss_proc_epoll_release(struct ss_proc_epoll *list)
{
	free(list->items);
	list->items = NULL;
	list->count = 0;
	list->room = 0;
}

static int epoll_push(struct ss_proc_epoll *list,
		      const struct ss_proc_epoll_item *item)
{
	struct ss_proc_epoll_item *items;
	size_t room;

	if (list->count == list->room) {
		room = list->room ? list->room * 2 : 8;
		items = reallocarray(list->items, room, sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *item;
	return 0;
}

/* "NUMBER events: HEX data: HEX  pos:NUMBER ino:HEX sdev:HEX" */
static bool parse_epoll_line(struct ss_cursor *line,
			     struct ss_proc_epoll_item *ret)
{
	struct ss_proc_epoll_item item;
	uint64_t ignored;
	int64_t pos;

	if (!read_int(line, &item.tfd) || !ss_cursor_skip(line, " events:") ||
	    !read_hex(line, &ignored) || !ss_cursor_skip(line, " data:") ||
	    !read_hex(line, &ignored))
		return false;
	ss_cursor_skip_blanks(line);
	if (!ss_cursor_skip(line, "pos:") || !read_i64(line, &pos) ||
	    !ss_cursor_skip(line, " ino:") || !read_hex(line, &item.ino) ||
	    !ss_cursor_skip(line, " sdev:") || !read_hex(line, &item.sdev))
		return false;
	item.pos = (uint64_t)pos;
	*ret = item;
	return true;
}

int ss_proc_parse_epoll(const char *text, size_t length,
			struct ss_proc_epoll *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	struct ss_proc_epoll list = { 0 };
	struct ss_proc_epoll_item item;
	struct ss_cursor line;
	int error = 0;

	while (!error && ss_cursor_read_line(&rest, &line)) {
		if (!ss_cursor_skip(&line, "tfd:"))
			continue;
		error = -EBADMSG;
		if (parse_epoll_line(&line, &item))
			error = epoll_push(&list, &item);
	}
	if (error) {
		ss_proc_epoll_release(&list);
		return error;
	}
	*ret = list;
	return 0;
}

int ss_proc_parse_fd_flags(const char *text, size_t length, uint64_t *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	struct ss_cursor line;
	uint64_t flags;

	while (ss_cursor_read_line(&rest, &line)) {
		if (!ss_cursor_skip(&line, "flags:"))
			continue;
		ss_cursor_skip_blanks(&line);
		if (ss_cursor_read_octal(&line, &flags) || line.left)
			return -EBADMSG;
		*ret = flags;
		return 0;
	}
	return -EBADMSG;
}

int ss_proc_parse_pidfd(const char *text, size_t length, pid_t *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);
	struct ss_cursor line;

	while (ss_cursor_read_line(&rest, &line)) {
		if (ss_cursor_skip(&line, "Pid:"))
			return read_int(&line, ret) ? 0 : -EBADMSG;
	}
	return -EBADMSG;
}

int ss_proc_parse_worker(const char *text, size_t length, pid_t *ret)
{
	struct ss_cursor rest = ss_cursor_of(text, length);

	if (!ss_cursor_skip(&rest, "iou-sqp-") &&
	    !ss_cursor_skip(&rest, "iou-wrk-"))
		return -ENODATA;
	return read_int(&rest, ret) ? 0 : -ENODATA;
}

uint64_t ss_proc_kernel_dev(dev_t dev)
{
	/* MKDEV() of the kernel: 12 bits of major above 20 of minor. */
	return (uint64_t)major(dev) << 20 | minor(dev);
}

/*
 * The types of an auxiliary vector are small numbers, but the values beside
 * them are not (the page size is among them): a 32-bit vector read as 64-bit
 * words has values in the upper halves of its types.
 */
bool ss_proc_auxv_is_32bit(const void *data, size_t length)
{
	const char *at = data;
	uint64_t type;

	for (; length >= 2 * sizeof(type); at += 2 * sizeof(type)) {
		memcpy(&type, at, sizeof(type));
		if (type == AT_NULL)
			return false;
		if (type > UINT32_MAX)
			return true;
		length -= 2 * sizeof(type);
	}
	return false;
}

/* One word of an auxiliary vector, of 4 or 8 bytes. */
static uint64_t auxv_word(const char *at, size_t width)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;

	if (width == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return narrow;
}

int ss_proc_parse_auxv(const void *data, size_t length, bool is_32bit,
		       uint64_t *ret)
{
	size_t width = is_32bit ? sizeof(uint32_t) : sizeof(uint64_t);
	const char *at = data;
	uint64_t type;

	for (; length >= 2 * width; at += 2 * width, length -= 2 * width) {
		type = auxv_word(at, width);
		if (type == AT_NULL)
			break;
		if (type == AT_RANDOM) {
			*ret = auxv_word(at + width, width);
			return 0;
		}
	}
	return -ENODATA;
}
