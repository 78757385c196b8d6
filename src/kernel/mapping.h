/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mapped at an address of a task: by PROCMAP_QUERY (Linux 6.11), else
 * from the text of /proc/TID/maps.  For whoever may wait for the task's memory
 * (caution.h), as that is locked meanwhile.
 */
#ifndef SS_KERNEL_MAPPING_H
#define SS_KERNEL_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct ss_mapping {
	uint64_t start, end;	/* addresses; end is the first behind it */
	bool read, write, execute;
	bool opaque;		/* the kernel reads it for its own task, and
				   for nobody else: of memfd_secret(2), and
				   the data of the vDSO */
};

/* `maps`: /proc/TID/maps.  0, -ENOENT if nothing is there, or -errno. */
int ss_mapping_at(int maps, uint64_t address, struct ss_mapping *ret)
	ss_must_check;
/* The same without PROCMAP_QUERY. */
int ss_mapping_at_slowly(int maps, uint64_t address, struct ss_mapping *ret)
	ss_must_check;

#endif
