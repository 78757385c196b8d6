/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/descriptors.h"

#include <errno.h>
#include <utlist.h>

static void slot_detach(struct ss_slot *slot)
{
	struct ss_file *file = slot->file;

	slot->kept = false;
	if (!file)
		return;
	slot->file = NULL;
	DL_DELETE(file->holders, slot);
	ss_file_drop(slot->table->open, file);
}

static void slot_attach(struct ss_slot *slot, struct ss_file *file)
{
	struct ss_file *old = slot->file;

	if (old == file)
		return;
	if (old)
		DL_DELETE(old->holders, slot);
	slot->file = file;
	slot->kept = false;
	if (file)
		DL_APPEND(file->holders, slot);
	if (old)
		ss_file_drop(slot->table->open, old);
	if (file)
		ss_file_drop(slot->table->open, file);
}

/* The record goes on: it remembers that one more file has gone. */
static void slot_forget(struct ss_slot *slot)
{
	struct ss_origin own = {
		.path = slot->table->r.path,
		.serial = slot->table->r.serial,
		.count = slot->origin.count + 1,
	};

	if (!slot->file)
		return;
	slot_detach(slot);
	ss_origin_copy(&slot->origin, &own);
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

static struct ss_slot *slot_add(struct ss_files *files, int fd,
				const struct ss_origin *origin)
{
	struct ss_slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	slot->fd = fd;
	slot->table = files;
	HASH_ADD_INT(files->slots, fd, slot);
	if (ss_hash_failed(slot)) {
		free(slot);
		return NULL;
	}
	ss_origin_copy(&slot->origin, origin);
	return slot;
}

struct ss_files *ss_files_copy(struct ss_files *from, struct ss_path *path,
			       unsigned int serial)
{
	struct ss_files *to = ss_files_new(from->open, path, serial);
	struct ss_slot *slot, *tmp;

	if (!to)
		return NULL;
	ss_path_put(to->base);
	to->base = ss_path_get(from->base);
	to->base_serial = from->base_serial;
	HASH_ITER(hh, from->slots, slot, tmp) {
		struct ss_slot *copy = slot_add(to, slot->fd, &slot->origin);

		if (!copy) {
			ss_resource_put(&to->r);
			return NULL;
		}
		slot_attach(copy, slot->file);
	}
	return to;
}

void ss_files_release(struct ss_files *files)
{
	struct ss_slot *slot, *tmp;

	while (files->copies)
		ss_copy_end(files->copies);
	HASH_ITER(hh, files->slots, slot, tmp) {
		slot_detach(slot);
		HASH_DEL(files->slots, slot);
		ss_origin_release(&slot->origin);
		free(slot);
	}
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

struct ss_slot *ss_slot_find(const struct ss_files *files, int fd)
{
	struct ss_slot *slot;

	HASH_FIND_INT(files->slots, &fd, slot);
	return slot;
}

struct ss_file *ss_slot_file(const struct ss_files *files, int fd)
{
	struct ss_slot *slot = ss_slot_find(files, fd);

	return slot ? slot->file : NULL;
}

int ss_slot_set(struct ss_files *files, int fd, struct ss_file *file)
{
	struct ss_origin base = {
		.path = files->base,
		.serial = files->base_serial,
		.count = 1,
	};
	struct ss_slot *slot = ss_slot_find(files, fd);

	if (!slot)
		slot = slot_add(files, fd, &base);
	if (!slot)
		return -ENOMEM;
	slot_attach(slot, file);
	return 0;
}

void ss_slot_label(const struct ss_files *files, int fd,
		   struct ss_file_label *ret)
{
	struct ss_slot *slot = ss_slot_find(files, fd);
	struct ss_file_label label = {
		.fd = fd,
		.seen = ss_path_get(files->r.path),
		.seen_serial = files->r.serial,
	};
	struct ss_origin base = {
		.path = files->base,
		.serial = files->base_serial,
		.count = 1,
	};

	ss_origin_copy(&label.origin, slot ? &slot->origin : &base);
	*ret = label;
}

static void forget_here(struct ss_files *files, unsigned int first,
			unsigned int last)
{
	struct ss_slot *slot, *tmp;

	/* Whichever is shorter: the range, or the table. */
	if (last - first < HASH_COUNT(files->slots)) {
		unsigned int fd = first;

		do {
			slot = ss_slot_find(files, (int)fd);
			if (slot)
				slot_forget(slot);
		} while (fd++ != last);
		return;
	}
	HASH_ITER(hh, files->slots, slot, tmp) {
		if ((unsigned int)slot->fd >= first &&
		    (unsigned int)slot->fd <= last)
			slot_forget(slot);
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
	struct ss_slot *slot;
	size_t i;

	for (slot = files->slots; slot; slot = slot->hh.next)
		slot->kept = false;
	for (i = 0; i < count; i++) {
		slot = ss_slot_find(files, fds[i]);
		if (slot)
			slot->kept = slot->file;
	}
}

void ss_files_exec(struct ss_files *files)
{
	struct ss_slot *slot;

	for (slot = files->slots; slot; slot = slot->hh.next) {
		if (!slot->kept)
			slot_forget(slot);
		slot->kept = false;
	}
}
