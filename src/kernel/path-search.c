/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/path-search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int ss_path_search(const char *path, const char *name, char *buffer,
		   size_t size)
{
	const char *entry = path;
	struct stat status;

	if (!path || !*name || strchr(name, '/'))
		return -ENOENT;
	for (;;) {
		size_t length = strcspn(entry, ":");
		/* An empty entry is the working directory. */
		int n = snprintf(buffer, size, "%.*s%s%s", (int)length, entry,
				 length ? "/" : "", name);

		if (n < 0 || (size_t)n >= size)
			return -ENOENT;
		if (!stat(buffer, &status))
			return 0;
		if ((errno != ENOENT && errno != ENOTDIR) || !entry[length])
			return -ENOENT;
		entry += length + 1;
	}
}
