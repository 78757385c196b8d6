/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/openfile.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "model/epoll.h"

void ss_origin_release(struct ss_origin *origin)
{
	ss_path_put(origin->path);
	origin->path = NULL;
}

void ss_origin_copy(struct ss_origin *to, const struct ss_origin *from)
{
	struct ss_path *old = to->path;

	*to = *from;
	if (to->path)
		ss_path_get(to->path);
	ss_path_put(old);
}

struct ss_file_set *ss_file_set_find(const struct ss_file_table *table,
				     const struct ss_hint *hint)
{
	struct ss_file_set *set;

	HASH_FIND(hh, table->sets, hint, sizeof(*hint), set);
	return set;
}

static struct ss_file *leftmost(struct ss_file *file)
{
	while (file && file->left)
		file = file->left;
	return file;
}

struct ss_file *ss_file_set_first(const struct ss_file_set *set)
{
	return leftmost(set->root);
}

struct ss_file *ss_file_next(const struct ss_file *file)
{
	if (file->right)
		return leftmost(file->right);
	while (file->up && file->up->right == file)
		file = file->up;
	return file->up;
}

/* Puts `to` where `from` hangs: below its parent, or at the root. */
static void replace_child(struct ss_file *from, struct ss_file *to)
{
	struct ss_file *up = from->up;

	if (!up)
		from->set->root = to;
	else if (up->left == from)
		up->left = to;
	else
		up->right = to;
	if (to)
		to->up = up;
}

/* Lifts a file above its parent, keeping the order. */
static void rotate_up(struct ss_file *file)
{
	struct ss_file *up = file->up, *inner;

	replace_child(up, file);
	if (up->left == file) {
		inner = file->right;
		up->left = inner;
		file->right = up;
	} else {
		inner = file->left;
		up->right = inner;
		file->left = up;
	}
	if (inner)
		inner->up = up;
	up->up = file;
}

static void tree_insert(struct ss_file *file, struct ss_file *parent, bool left)
{
	file->up = parent;
	if (!parent)
		file->set->root = file;
	else if (left)
		parent->left = file;
	else
		parent->right = file;
	while (file->up && file->up->priority > file->priority)
		rotate_up(file);
}

static void tree_remove(struct ss_file *file)
{
	while (file->left || file->right) {
		struct ss_file *l = file->left, *r = file->right;

		if (!r || (l && l->priority < r->priority))
			rotate_up(l);
		else
			rotate_up(r);
	}
	replace_child(file, NULL);
	file->up = NULL;
}

static void put_in(struct ss_file *file, const struct ss_place *place)
{
	file->placed = place->known;
	if (place->known)
		tree_insert(file, place->parent, place->left);
	else
		DL_APPEND(file->set->unplaced, file);
}

static void take_out(struct ss_file *file)
{
	if (file->placed)
		tree_remove(file);
	else
		DL_DELETE(file->set->unplaced, file);
}

void ss_file_place(struct ss_file *file, const struct ss_place *place)
{
	take_out(file);
	put_in(file, place);
}

static struct ss_file_set *set_get(struct ss_file_table *table,
				   const struct ss_hint *hint)
{
	struct ss_file_set *set = ss_file_set_find(table, hint);

	if (set)
		return set;
	set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	set->hint = *hint;
	HASH_ADD(hh, table->sets, hint, sizeof(set->hint), set);
	if (ss_hash_failed(set)) {
		free(set);
		return NULL;
	}
	return set;
}

/* A counter, scattered: what a treap needs of randomness. */
static uint32_t scatter(uint32_t x)
{
	x = (x ^ (x >> 16)) * 0x7feb352du;
	x = (x ^ (x >> 15)) * 0x846ca68bu;
	return x ^ (x >> 16);
}

struct ss_file *ss_file_new(struct ss_file_table *table,
			    const struct ss_hint *hint,
			    struct ss_file_label *label,
			    const struct ss_place *place)
{
	struct ss_file *file = calloc(1, sizeof(*file));
	struct ss_file_set *set;

	if (!file)
		return NULL;
	set = set_get(table, hint);
	if (!set) {
		free(file);
		return NULL;
	}
	file->set = set;
	file->priority = scatter(++table->serial);
	file->label = *label;
	memset(label, 0, sizeof(*label));
	put_in(file, place);
	set->count++;
	table->count++;
	if (table->count > table->peak)
		table->peak = table->count;
	return file;
}

void ss_file_drop(struct ss_file_table *table, struct ss_file *file)
{
	struct ss_file_set *set = file->set;

	if (file->orphan)
		table->orphans--;
	file->orphan = !file->holders && file->watchers;
	if (file->orphan)
		table->orphans++;
	if (file->holders || file->watchers)
		return;
	take_out(file);
	table->count--;
	if (--set->count == 0) {
		HASH_DELETE(hh, table->sets, set);
		free(set);
	}
	/*
	 * Its items may be the last to name other files, and those may be
	 * epolls again: a list, because such a chain may be very long.
	 */
	if (table->dropped) {
		file->up = table->dropped->up;
		table->dropped->up = file;
		return;
	}
	file->up = NULL;
	table->dropped = file;
	while (table->dropped) {
		file = table->dropped;
		ss_epoll_free(table, file->epoll);
		table->dropped = file->up;
		ss_origin_release(&file->label.origin);
		ss_path_put(file->label.seen);
		free(file);
	}
}

int ss_file_label_compare(const struct ss_file_label *a,
			  const struct ss_file_label *b)
{
	int order = ss_path_compare(a->origin.path, b->origin.path);

	if (!order)
		order = SS_ORDER(a->origin.serial, b->origin.serial);
	if (!order)
		order = SS_ORDER(a->fd, b->fd);
	if (!order)
		order = SS_ORDER(a->origin.count, b->origin.count);
	if (!order)
		order = ss_path_compare(a->seen, b->seen);
	if (!order)
		order = SS_ORDER(a->seen_serial, b->seen_serial);
	return order;
}

int ss_file_compare(const struct ss_file *a, const struct ss_file *b)
{
	return a == b ? 0 : ss_file_label_compare(&a->label, &b->label);
}

char *ss_file_print(const struct ss_file *file, char *buffer, size_t size)
{
	const struct ss_file_label *label = &file->label;
	char path[64];

	ss_path_print(label->seen, path, sizeof(path));
	if (label->seen_serial > 1)
		snprintf(buffer, size, "%s~%u/%d#%u", path, label->seen_serial,
			 label->fd, label->origin.count);
	else
		snprintf(buffer, size, "%s/%d#%u", path, label->fd,
			 label->origin.count);
	return buffer;
}
