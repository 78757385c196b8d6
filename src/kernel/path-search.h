/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where execvp(3) would find a command, found without a call that is watched.
 */
#ifndef SS_KERNEL_PATH_SEARCH_H
#define SS_KERNEL_PATH_SEARCH_H

#include <stddef.h>

#include "base/attributes.h"

/*
 * The first of what execvp() tries in `path` that does not fail for want of a
 * file.  0, or -ENOENT: only execvp() can tell; also of a name with a slash, or
 * without a path.
 */
int ss_path_search(const char *path, const char *name, char *buffer,
		   size_t size) ss_must_check;

#endif
