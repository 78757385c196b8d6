/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/label.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct ss_path *ss_path_new(struct ss_path *parent, unsigned int index)
{
	struct ss_path *path = calloc(1, sizeof(*path));

	if (!path)
		return NULL;
	path->index = index;
	path->own = index;
	path->refs = 1;
	if (parent) {
		path->parent = ss_path_get(parent);
		path->depth = parent->depth + 1;
		parent->children++;
		parent->only_child ^= (uintptr_t)path;
	}
	return path;
}

struct ss_path *ss_path_get(struct ss_path *path)
{
	path->refs++;
	return path;
}

/* Only one child needs this node, and nobody will ever stand beside that. */
static bool can_be_left_out(const struct ss_path *path)
{
	return path->refs == 1 && path->children == 1 &&
		path->depth > SS_PATH_KEPT;
}

static void leave_out(struct ss_path *path)
{
	struct ss_path *child = (struct ss_path *)path->only_child;

	/* The reference on the parent goes over to the child. */
	child->parent = path->parent;
	child->index = path->index;
	path->parent->only_child ^= (uintptr_t)path ^ (uintptr_t)child;
	free(path);
}

void ss_path_put(struct ss_path *path)
{
	/* A loop, not recursion: a chain of forks may be very deep. */
	while (path && --path->refs == 0) {
		struct ss_path *parent = path->parent;

		if (parent) {
			parent->children--;
			parent->only_child ^= (uintptr_t)path;
		}
		free(path);
		path = parent;
	}
	if (path && can_be_left_out(path))
		leave_out(path);
}

int ss_path_compare(const struct ss_path *a, const struct ss_path *b)
{
	const struct ss_path *below_a = NULL, *below_b = NULL;

	/* Up to the first common ancestor; depths may have gaps. */
	while (a != b) {
		if (a->depth >= b->depth) {
			below_a = a;
			a = a->parent;
		} else {
			below_b = b;
			b = b->parent;
		}
	}
	if (!below_a || !below_b)
		return below_b ? -1 : below_a ? 1 : 0;
	return SS_ORDER(below_a->index, below_b->index);
}

char *ss_path_print(const struct ss_path *path, char *buffer, size_t size)
{
	char number[16];
	size_t at = size;
	const struct ss_path *p;

	/* From the end to the front; what does not fit is left out there. */
	buffer[--at] = '\0';
	for (p = path; p; p = p->parent) {
		bool gap = p->parent && p->depth > p->parent->depth + 1;
		int n = snprintf(number, sizeof(number), "%s%u",
				 gap ? "..." : p->parent ? "." : "", p->own);

		if ((size_t)n + 3 > at) {
			memcpy(buffer + at - 3, "...", 3);
			at -= 3;
			break;
		}
		at -= (size_t)n;
		memcpy(buffer + at, number, (size_t)n);
	}
	memmove(buffer, buffer + at, size - at);
	return buffer;
}
