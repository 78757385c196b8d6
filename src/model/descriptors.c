/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/*
 * A holder is the address of a row, plus which of its slots: the lowest bits of
 * what malloc returns are zero.
 */
#define INDEX_MASK	((uintptr_t)SS_ROW_SLOTS - 1)

_Static_assert(_Alignof(max_align_t) >= SS_ROW_SLOTS, "no room for the index");

static uintptr_t holder_of(const struct ss_row *row, unsigned int i)
{
	return (uintptr_t)row | i;
}

static struct ss_row *holder_row(uintptr_t holder)
{
	return (struct ss_row *)(holder & ~INDEX_MASK);
}

static struct ss_slot *holder_slot(uintptr_t holder)
{
	return &holder_row(holder)->slots[holder & INDEX_MASK];
}

uintptr_t ss_holder_next(uintptr_t holder)
{
	return holder_slot(holder)->next;
}

struct ss_files *ss_holder_table(uintptr_t holder)
{
	return holder_row(holder)->table;
}

static int row_fd(const struct ss_row *row, unsigned int i)
{
	return (int)(row->number * SS_ROW_SLOTS + i);
}

int ss_holder_fd(uintptr_t holder)
{
	return row_fd(holder_row(holder), (unsigned int)(holder & INDEX_MASK));
}

/* As in utlist: the first one's .prev is the last one. */
static void hold(struct ss_file *file, struct ss_row *row, unsigned int i)
{
	struct ss_slot *slot = &row->slots[i], *first;
	uintptr_t holder = holder_of(row, i);

	slot->file = file;
	slot->next = 0;
	slot->prev = holder;
	if (!file->holders) {
		file->holders = holder;
		return;
	}
	first = holder_slot(file->holders);
	slot->prev = first->prev;
	holder_slot(first->prev)->next = holder;
	first->prev = holder;
}

static void let_go(struct ss_row *row, unsigned int i)
{
	struct ss_slot *slot = &row->slots[i];
	struct ss_file *file = slot->file;

	if (file->holders == holder_of(row, i))
		file->holders = slot->next;
	else
		holder_slot(slot->prev)->next = slot->next;
	if (slot->next)
		holder_slot(slot->next)->prev = slot->prev;
	else if (file->holders)
		holder_slot(file->holders)->prev = slot->prev;
	memset(slot, 0, sizeof(*slot));
}

struct ss_files *ss_files_new(struct ss_file_table *open, struct ss_path *path,
			      unsigned int serial)
{
	struct ss_files *files = (struct ss_files *)
		ss_resource_new(SS_KIND_FILES, path, serial);

	if (!files)
		return NULL;
	files->open = open;
	files->base = ss_path_get(path);
	files->base_serial = serial;
	return files;
}

/* Where the row of that number stands, or would. */
static unsigned int row_place(const struct ss_files *files, unsigned int number)
{
	unsigned int low = 0, high = files->row_count;

	/* Where none before it is left out, that is its own number. */
	if (number < high && files->rows[number]->number == number)
		return number;
	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (files->rows[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct ss_row *row_find(const struct ss_files *files, int fd)
{
	unsigned int number = (unsigned int)fd / SS_ROW_SLOTS;
	unsigned int at = row_place(files, number);

	return at < files->row_count && files->rows[at]->number == number ?
		files->rows[at] : NULL;
}

static unsigned int index_of(int fd)
{
	return (unsigned int)fd % SS_ROW_SLOTS;
}

static bool has_record(const struct ss_slot *slot)
{
	return slot->file || slot->origin.path;
}

static int rows_grow(struct ss_files *files, unsigned int room)
{
	struct ss_row **rows = realloc(files->rows, room * sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	files->rows = rows;
	return 0;
}

static struct ss_row *row_add(struct ss_files *files, unsigned int number)
{
	unsigned int count = files->row_count, at = row_place(files, number);
	struct ss_row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	/* It is full at each power of two. */
	if (!(count & (count - 1)) && rows_grow(files, count ? 2 * count : 1)) {
		free(row);
		return NULL;
	}
	row->table = files;
	row->number = number;
	memmove(files->rows + at + 1, files->rows + at,
		(count - at) * sizeof(struct ss_row *));
	files->rows[at] = row;
	files->row_count++;
	return row;
}

/* Origins. */

static bool same_origin(const struct ss_origin *a, const struct ss_origin *b)
{
	return a->path == b->path && a->serial == b->serial &&
		a->count == b->count;
}

static struct ss_origin base_of(const struct ss_files *files)
{
	return (struct ss_origin){
		.path = files->base,
		.serial = files->base_serial,
		.count = 1,
	};
}

/* Of what the slot holds, or will; its reference is not the caller's. */
static struct ss_origin origin_of(const struct ss_row *row, unsigned int i)
{
	const struct ss_slot *slot = &row->slots[i];

	if (!slot->file && slot->origin.path)
		return slot->origin;
	if (slot->file && row->first_seen & 1u << i)
		return slot->file->label.origin;
	if (slot->file && row->origins && row->origins[i].path)
		return row->origins[i];
	return base_of(row->table);
}

static int origins_need(struct ss_row *row)
{
	if (!row->origins)
		row->origins = calloc(SS_ROW_SLOTS, sizeof(*row->origins));
	return row->origins ? 0 : -ENOMEM;
}

/* Slots. */

/* Of a file that it has held ss_file_drop() must be told. */
static void slot_clear(struct ss_row *row, unsigned int i)
{
	const uint16_t others = (uint16_t)~(1u << i);

	if (row->slots[i].file)
		let_go(row, i);
	else
		ss_origin_release(&row->slots[i].origin);
	row->kept &= others;
	row->first_seen &= others;
	if (row->origins)
		ss_origin_release(&row->origins[i]);
}

/* The record goes on: it remembers that one more file has gone. */
static void slot_forget(struct ss_row *row, unsigned int i)
{
	struct ss_file *file = row->slots[i].file;
	struct ss_origin own = {
		.path = row->table->r.path,
		.serial = row->table->r.serial,
		.count = origin_of(row, i).count + 1,
	};

	slot_clear(row, i);
	ss_file_drop(row->table->open, file);
	ss_origin_copy(&row->slots[i].origin, &own);
}

static void row_free(struct ss_row *row)
{
	unsigned int i;

	for (i = 0; i < SS_ROW_SLOTS; i++) {
		struct ss_file *file = row->slots[i].file;

		slot_clear(row, i);
		if (file)
			ss_file_drop(row->table->open, file);
	}
	free(row->origins);
	free(row);
}

static int row_copy(struct ss_files *to, const struct ss_row *from)
{
	struct ss_row *row = row_add(to, from->number);
	unsigned int i;

	if (!row || (from->origins && origins_need(row)))
		return -ENOMEM;
	row->first_seen = from->first_seen;
	for (i = 0; i < SS_ROW_SLOTS; i++) {
		if (!from->slots[i].file) {
			ss_origin_copy(&row->slots[i].origin,
				       &from->slots[i].origin);
			continue;
		}
		hold(from->slots[i].file, row, i);
		if (from->origins)
			ss_origin_copy(&row->origins[i], &from->origins[i]);
	}
	return 0;
}

struct ss_files *ss_files_copy(struct ss_files *from, struct ss_path *path,
			       unsigned int serial)
{
	struct ss_files *to = ss_files_new(from->open, path, serial);
	unsigned int at;

	if (!to)
		return NULL;
	ss_path_put(to->base);
	to->base = ss_path_get(from->base);
	to->base_serial = from->base_serial;
	for (at = 0; at < from->row_count; at++) {
		if (row_copy(to, from->rows[at])) {
			ss_resource_put(&to->r);
			return NULL;
		}
	}
	return to;
}

void ss_files_release(struct ss_files *files)
{
	while (files->copies)
		ss_copy_end(files->copies);
	while (files->row_count)
		row_free(files->rows[--files->row_count]);
	free(files->rows);
	ss_path_put(files->base);
}

void ss_copy_start(struct ss_copy *copy, struct ss_files *from,
		   struct ss_files *to)
{
	ss_copy_end(copy);
	copy->from = from;
	copy->to = to;
	DL_APPEND(from->copies, copy);
}

void ss_copy_end(struct ss_copy *copy)
{
	if (!copy->from)
		return;
	DL_DELETE(copy->from->copies, copy);
	copy->from = NULL;
	copy->to = NULL;
}

struct ss_file *ss_slot_file(const struct ss_files *files, int fd)
{
	const struct ss_row *row = row_find(files, fd);

	return row ? row->slots[index_of(fd)].file : NULL;
}

int ss_slot_next(const struct ss_files *files, int fd)
{
	unsigned int next = (unsigned int)fd + 1, i;
	unsigned int at = row_place(files, next / SS_ROW_SLOTS);

	for (; at < files->row_count; at++) {
		const struct ss_row *row = files->rows[at];

		for (i = 0; i < SS_ROW_SLOTS; i++) {
			if ((unsigned int)row_fd(row, i) >= next &&
			    has_record(&row->slots[i]))
				return row_fd(row, i);
		}
	}
	return -1;
}

unsigned int ss_slot_count(const struct ss_files *files, int fd)
{
	const struct ss_row *row = row_find(files, fd);

	return row ? origin_of(row, index_of(fd)).count : 1;
}

int ss_slot_set(struct ss_files *files, int fd, struct ss_file *file)
{
	struct ss_row *row = row_find(files, fd);
	struct ss_origin base = base_of(files), origin = { 0 };
	unsigned int i = index_of(fd);
	struct ss_file *old;

	if (!row)
		row = row_add(files, (unsigned int)fd / SS_ROW_SLOTS);
	if (!row)
		return -ENOMEM;
	old = row->slots[i].file;
	if (old == file)
		return 0;
	origin = origin_of(row, i);
	if (!same_origin(&origin, &base) &&
	    !same_origin(&origin, &file->label.origin) && origins_need(row))
		return -ENOMEM;
	ss_path_get(origin.path);
	slot_clear(row, i);
	hold(file, row, i);
	if (same_origin(&origin, &file->label.origin))
		row->first_seen |= (uint16_t)(1u << i);
	else if (!same_origin(&origin, &base))
		ss_origin_copy(&row->origins[i], &origin);
	ss_path_put(origin.path);
	/* Not earlier: the old one may be an epoll that watches the new one. */
	if (old)
		ss_file_drop(files->open, old);
	ss_file_drop(files->open, file);
	return 0;
}

void ss_slot_label(const struct ss_files *files, int fd,
		   struct ss_file_label *ret)
{
	const struct ss_row *row = row_find(files, fd);
	struct ss_origin origin = row ? origin_of(row, index_of(fd)) :
		base_of(files);
	struct ss_file_label label = {
		.fd = fd,
		.seen = ss_path_get(files->r.path),
		.seen_serial = files->r.serial,
	};

	ss_origin_copy(&label.origin, &origin);
	*ret = label;
}

static void forget_here(struct ss_files *files, unsigned int first,
			unsigned int last)
{
	unsigned int at = row_place(files, first / SS_ROW_SLOTS), i;

	for (; at < files->row_count; at++) {
		struct ss_row *row = files->rows[at];

		if (row->number > last / SS_ROW_SLOTS)
			return;
		for (i = 0; i < SS_ROW_SLOTS; i++) {
			unsigned int fd = (unsigned int)row_fd(row, i);

			if (fd >= first && fd <= last && row->slots[i].file)
				slot_forget(row, i);
		}
	}
}

void ss_files_forget(struct ss_files *files, unsigned int first,
		     unsigned int last, const struct ss_copy *mine)
{
	struct ss_copy *copy;

	if (first > last)
		return;
	forget_here(files, first, last);
	DL_FOREACH(files->copies, copy) {
		if (copy != mine)
			ss_files_forget(copy->to, first, last, mine);
	}
}

void ss_files_keep(struct ss_files *files, const int *fds, size_t count)
{
	unsigned int at;
	size_t i;

	for (at = 0; at < files->row_count; at++)
		files->rows[at]->kept = 0;
	for (i = 0; i < count; i++) {
		struct ss_row *row = row_find(files, fds[i]);

		if (row && row->slots[index_of(fds[i])].file)
			row->kept |= (uint16_t)(1u << index_of(fds[i]));
	}
}

void ss_files_exec(struct ss_files *files)
{
	unsigned int at, i;

	for (at = 0; at < files->row_count; at++) {
		struct ss_row *row = files->rows[at];

		for (i = 0; i < SS_ROW_SLOTS; i++) {
			if (row->slots[i].file && !(row->kept & 1u << i))
				slot_forget(row, i);
		}
		row->kept = 0;
	}
}
