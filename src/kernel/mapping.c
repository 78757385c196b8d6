/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

/* PROCMAP_QUERY of linux/fs.h, since Linux 6.11. */
struct map_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_address;
	uint64_t start, end;
	uint64_t flags;
	uint64_t page_size;
	uint64_t offset;
	uint64_t inode;
	uint32_t major, minor;
	uint32_t name_size, build_id_size;
	uint64_t name, build_id;
};

#define MAP_QUERY		_IOWR('f', 17, struct map_query)
#define MAP_READABLE		0x01u
#define MAP_WRITABLE		0x02u
#define MAP_EXECUTABLE		0x04u

#define NAME_SIZE		64	/* and longer ones are none of these */

/* Neither is on a device (mm/secretmem.c). */
static bool is_opaque(const char *name, uint64_t major)
{
	return !major && (!strcmp(name, "/secretmem (deleted)") ||
			  !strncmp(name, "[vvar", sizeof("[vvar") - 1));
}

static int query_at(int maps, uint64_t address, struct ss_mapping *ret)
{
	char name[NAME_SIZE] = "";
	struct map_query query = {
		.size = sizeof(query),
		.query_address = address,
		.name = (uint64_t)(uintptr_t)name,
		.name_size = sizeof(name),
	};

	if (ioctl(maps, MAP_QUERY, &query) < 0) {
		if (errno != ENAMETOOLONG)
			return -errno;
		query.name = 0;
		query.name_size = 0;
		if (ioctl(maps, MAP_QUERY, &query) < 0)
			return -errno;
	}
	*ret = (struct ss_mapping){
		.start = query.start,
		.end = query.end,
		.read = query.flags & MAP_READABLE,
		.write = query.flags & MAP_WRITABLE,
		.execute = query.flags & MAP_EXECUTABLE,
		.opaque = is_opaque(name, query.major),
	};
	return 0;
}

/* "7f1c-7f1d rw-s 00000000 00:0b 1234    /secretmem (deleted)" */
static int parse_line(struct ss_cursor line, struct ss_mapping *ret)
{
	struct ss_mapping mapping = { 0 };
	uint64_t offset, major, minor, inode;
	char name[NAME_SIZE] = "";

	if (ss_cursor_read_hex(&line, &mapping.start) ||
	    !ss_cursor_skip(&line, "-") ||
	    ss_cursor_read_hex(&line, &mapping.end) ||
	    !ss_cursor_skip(&line, " ") || line.left < 5)
		return -EBADMSG;
	mapping.read = line.at[0] == 'r';
	mapping.write = line.at[1] == 'w';
	mapping.execute = line.at[2] == 'x';
	line.at += 4;
	line.left -= 4;
	if (!ss_cursor_skip(&line, " ") ||
	    ss_cursor_read_hex(&line, &offset) ||
	    !ss_cursor_skip(&line, " ") ||
	    ss_cursor_read_hex(&line, &major) ||
	    !ss_cursor_skip(&line, ":") ||
	    ss_cursor_read_hex(&line, &minor) ||
	    !ss_cursor_skip(&line, " ") || ss_cursor_read_u64(&line, &inode))
		return -EBADMSG;
	ss_cursor_skip_blanks(&line);
	if (line.left < sizeof(name)) {
		memcpy(name, line.at, line.left);
		mapping.opaque = is_opaque(name, major);
	}
	*ret = mapping;
	return 0;
}

static int search_lines(FILE *file, uint64_t address, struct ss_mapping *ret)
{
	ss_cleanup_free char *line = NULL;
	struct ss_mapping mapping;
	size_t size = 0;
	ssize_t length;
	int r;

	while ((length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			length--;
		r = parse_line(ss_cursor_of(line, (size_t)length), &mapping);
		if (r)
			return r;
		if (address >= mapping.end)
			continue;
		if (address < mapping.start)
			break;
		*ret = mapping;
		return 0;
	}
	return ferror(file) ? -EIO : -ENOENT;
}

int ss_mapping_at_slowly(int maps, uint64_t address, struct ss_mapping *ret)
{
	int fd = fcntl(maps, F_DUPFD_CLOEXEC, 0);
	FILE *file;
	int r;

	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_SET) < 0 || !(file = fdopen(fd, "r"))) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	r = search_lines(file, address, ret);
	(void)fclose(file);
	return r;
}

int ss_mapping_at(int maps, uint64_t address, struct ss_mapping *ret)
{
	int r = query_at(maps, address, ret);

	return r == -ENOTTY ? ss_mapping_at_slowly(maps, address, ret) : r;
}
