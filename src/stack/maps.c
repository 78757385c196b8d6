/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack/maps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the executable lines: a hundred bytes for each mapping that there may be
   by default, and more. */
#define LINES_MAX	(16u << 20)

static const char deleted[] = " (deleted)";

static int add(struct ss_maps *maps, const struct ss_map *map)
{
	if (maps->count == maps->room) {
		size_t wider = maps->room ? 2 * maps->room : 16;
		struct ss_map *more = reallocarray(maps->maps, wider,
						   sizeof(*more));

		if (!more)
			return -ENOMEM;
		maps->maps = more;
		maps->room = wider;
	}
	maps->maps[maps->count++] = *map;
	return 0;
}

static size_t add_name(struct ss_maps *maps, struct ss_cursor name)
{
	const size_t suffix = sizeof(deleted) - 1;
	size_t where;

	if (!name.left)
		return 0;
	if (name.left > suffix &&
	    !memcmp(name.at + name.left - suffix, deleted, suffix))
		name.left -= suffix;
	if (!maps->names.length)
		ss_text_add(&maps->names, "", 1);
	where = maps->names.length;
	ss_text_add(&maps->names, name.at, name.left);
	ss_text_add(&maps->names, "", 1);
	return where;
}

/* "7f1c-7f1d r-xp 00028000 fe:00 1234    /usr/lib/libc.so.6" */
int ss_maps_parse(struct ss_maps *maps, const char *line, size_t length)
{
	struct ss_cursor cursor = ss_cursor_of(line, length);
	struct ss_map map = { 0 };
	uint64_t number;
	bool executable;
	int r;

	if (ss_cursor_read_hex(&cursor, &map.start) ||
	    !ss_cursor_skip(&cursor, "-") ||
	    ss_cursor_read_hex(&cursor, &map.end) ||
	    !ss_cursor_skip(&cursor, " ") || cursor.left < 5)
		return -EINVAL;
	executable = cursor.at[2] == 'x';
	cursor.at += 4;
	cursor.left -= 4;
	if (!ss_cursor_skip(&cursor, " ") ||
	    ss_cursor_read_hex(&cursor, &map.offset) ||
	    !ss_cursor_skip(&cursor, " ") ||
	    ss_cursor_read_hex(&cursor, &number) ||
	    !ss_cursor_skip(&cursor, ":") ||
	    ss_cursor_read_hex(&cursor, &number) ||
	    !ss_cursor_skip(&cursor, " ") ||
	    ss_cursor_read_u64(&cursor, &number))
		return -EINVAL;
	if (!executable)
		return 0;
	if (maps->lines.length + length > LINES_MAX)
		return -EFBIG;
	ss_cursor_skip_blanks(&cursor);
	map.name = add_name(maps, cursor);
	ss_text_add(&maps->lines, line, length);
	ss_text_add_string(&maps->lines, "\n");
	r = maps->names.error ? maps->names.error : maps->lines.error;
	if (!r)
		r = add(maps, &map);
	return r ? r : 1;
}

int ss_maps_read(struct ss_maps *ret, pid_t tid)
{
	ss_cleanup_free char *line = NULL;
	char path[32];
	size_t size = 0;
	ssize_t length;
	FILE *file;
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", tid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH :
			errno == EACCES ? -EPERM : -errno;
	while (r >= 0 && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			length--;
		r = ss_maps_parse(ret, line, (size_t)length);
	}
	/* A task that dies has none, or says so in the middle. */
	if (r >= 0 && ferror(file))
		r = -ESRCH;
	(void)fclose(file);
	return r < 0 ? r : 0;
}

void ss_maps_release(struct ss_maps *maps)
{
	free(maps->maps);
	ss_text_release(&maps->names);
	ss_text_release(&maps->lines);
	*maps = (struct ss_maps){ 0 };
}

bool ss_maps_are_same(const struct ss_maps *a, const struct ss_maps *b)
{
	return a->lines.length == b->lines.length &&
		(!a->lines.length ||
		 !memcmp(a->lines.data, b->lines.data, a->lines.length));
}

const struct ss_map *ss_maps_find(const struct ss_maps *maps, uint64_t address)
{
	size_t low = 0, high = maps->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ss_map *map = &maps->maps[middle];

		if (address < map->start)
			high = middle;
		else if (address >= map->end)
			low = middle + 1;
		else
			return map;
	}
	return NULL;
}

const char *ss_map_name(const struct ss_maps *maps, const struct ss_map *map)
{
	return map->name ? maps->names.data + map->name : NULL;
}
