/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that selfsame writes for the user.
 */
#ifndef SS_BASE_FILE_H
#define SS_BASE_FILE_H

#include <stddef.h>

#include "base/attributes.h"

/* A new file: a descriptor, -EEXIST or another -errno of open(2). */
int ss_file_create_new(const char *path) ss_must_check;
/* All of it, whatever signals come in, and also where the program has set
   O_NONBLOCK.  0 or -errno of write(2). */
int ss_file_write(int fd, const char *data, size_t length) ss_must_check;

#endif
