/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/glob.h"

#include <stddef.h>
#include <string.h>

bool ss_glob_matches(const char *pattern, const char *name)
{
	/* Where to go on when it does not fit: only the last asterisk needs to
	   take more, whatever the ones before it took. */
	const char *after_star = NULL, *tried = NULL;

	while (*name) {
		if (*pattern == '*') {
			after_star = ++pattern;
			tried = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (after_star) {
			pattern = after_star;
			name = ++tried;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool ss_glob_matches_path(const char *pattern, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash && !strchr(pattern, '/'))
		path = slash + 1;
	return ss_glob_matches(pattern, path);
}
