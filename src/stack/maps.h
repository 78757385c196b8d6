/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which code is where in a program's memory: the executable lines of
 * /proc/TID/maps (proc_pid_maps(5)).
 */
#ifndef SS_STACK_MAPS_H
#define SS_STACK_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "base/text.h"

struct ss_map {
	uint64_t start, end;	/* addresses; end is the first behind it */
	uint64_t offset;	/* in the file */
	size_t name;		/* where in .names; 0: it has none */
};

struct ss_maps {
	struct ss_map *maps;	/* owned; by address */
	size_t count, room;
	struct ss_text names;	/* NUL after each, the first is empty */
	struct ss_text lines;	/* as the kernel wrote them */
};

/* Of one line; 1: it was added; 0: nobody executes there; -EINVAL, -ENOMEM;
   -EFBIG: there are more than any honest program has. */
int ss_maps_parse(struct ss_maps *maps, const char *line, size_t length)
	ss_must_check;
/* Start with {0}.  0, -ESRCH, -EPERM, or as above. */
int ss_maps_read(struct ss_maps *ret, pid_t tid) ss_must_check;
void ss_maps_release(struct ss_maps *maps);
/* The same code at the same places? */
bool ss_maps_are_same(const struct ss_maps *a, const struct ss_maps *b);
/* What is there, or NULL. */
const struct ss_map *ss_maps_find(const struct ss_maps *maps,
				  uint64_t address);
/* The path of a file, without " (deleted)", or "[vdso]"; NULL: memory of no
   name. */
const char *ss_map_name(const struct ss_maps *maps, const struct ss_map *map);

#endif
