/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns of names: "*" stands for any characters, "?" for one, everything
 * else for itself.  Not fnmatch(3): a program chooses the names, and with
 * several asterisks that can take for ever.  Here it takes at most the product
 * of the lengths.
 */
#ifndef SS_POLICY_GLOB_H
#define SS_POLICY_GLOB_H

#include <stdbool.h>

/* Bytes are compared: a "?" is one byte. */
bool ss_glob_matches(const char *pattern, const char *name);

/* The same for paths: a pattern without a slash is that of the last part. */
bool ss_glob_matches_path(const char *pattern, const char *path);

#endif
