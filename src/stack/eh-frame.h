/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which entry of .eh_frame is about which address, of programs that have no
 * index of their own: gcc -static makes no .eh_frame_hdr, by which libunwind
 * looks entries up.  The format is that of the Linux Standard Base, "Exception
 * Frames", after DWARF 2.
 */
#ifndef SS_STACK_EH_FRAME_H
#define SS_STACK_EH_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/* As in .eh_frame_hdr: both relative to .base of the index. */
struct ss_eh_entry {
	int32_t start;		/* of the code */
	int32_t entry;		/* that describes it */
};

struct ss_eh_index {
	uint64_t base;		/* where .eh_frame is in memory */
	uint64_t first, end;	/* the code that is described lies there */
	struct ss_eh_entry *entries;	/* owned, by .start */
	size_t count, room;
};

/* Of a section with this content.  Entries that are not understood are left
   out.  0, -ENOMEM. */
int ss_eh_index_make(struct ss_eh_index *ret, const uint8_t *section,
		     size_t size, uint64_t address) ss_must_check;
/* Of the executable of a task, if it is not relocatable.  0; -ENOENT: there is
   none; -EINVAL, -ENOMEM, -errno. */
int ss_eh_index_read(struct ss_eh_index *ret, pid_t tid) ss_must_check;
void ss_eh_index_release(struct ss_eh_index *index);

#endif
