/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/label.h"

#include <stdio.h>
#include <string.h>

struct ss_path *ss_path_new(struct ss_path *parent, unsigned int index)
{
	struct ss_path *path = calloc(1, sizeof(*path));

	if (!path)
		return NULL;
	path->index = index;
	path->refs = 1;
	if (parent) {
		path->parent = ss_path_get(parent);
		path->depth = parent->depth + 1;
	}
	return path;
}

struct ss_path *ss_path_get(struct ss_path *path)
{
	path->refs++;
	return path;
}

void ss_path_put(struct ss_path *path)
{
	/* A loop, not recursion: a chain of forks may be very deep. */
	while (path && --path->refs == 0) {
		struct ss_path *parent = path->parent;

		free(path);
		path = parent;
	}
}

int ss_path_compare(const struct ss_path *a, const struct ss_path *b)
{
	int shorter = SS_ORDER(a->depth, b->depth);

	while (a->depth > b->depth)
		a = a->parent;
	while (b->depth > a->depth)
		b = b->parent;
	if (a == b)
		return shorter;
	while (a->parent != b->parent) {
		a = a->parent;
		b = b->parent;
	}
	/* Two nodes may name one call: a clone that was made again. */
	return a->index != b->index ? SS_ORDER(a->index, b->index) : shorter;
}

char *ss_path_print(const struct ss_path *path, char *buffer, size_t size)
{
	char number[16];
	size_t at = size;
	const struct ss_path *p;

	/* From the end to the front; what does not fit is left out there. */
	buffer[--at] = '\0';
	for (p = path; p; p = p->parent) {
		int n = snprintf(number, sizeof(number), "%s%u",
				 p->parent ? "." : "", p->index);

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
