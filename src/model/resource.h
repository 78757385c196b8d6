/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tasks share: one structure for each kernel object that kcmp compares
 * by address, counted by reference exactly as in the kernel (one reference
 * per task that points at it, and one per pending clone that will).
 */
#ifndef SS_MODEL_RESOURCE_H
#define SS_MODEL_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "model/label.h"

/* In the kernel's names: mm_struct, files_struct, fs_struct,
   sighand_struct, io_context, sem_undo_list. */
enum ss_kind {
	SS_KIND_MM,
	SS_KIND_FILES,
	SS_KIND_FS,
	SS_KIND_SIGHAND,
	SS_KIND_IO,
	SS_KIND_UNDO,
	SS_KIND_COUNT
};

struct ss_resource {
	struct ss_path *path;	/* owned reference: for whom it was made */
	unsigned int serial;	/* the how-manieth of its kind there, from 1 */
	unsigned int kind : 4;	/* enum ss_kind */
	unsigned int refs : 28;	/* tasks are fewer than 1 << 22 */
};

/* get_dumpable(mm) == SUID_DUMP_USER?  Unknown: to be asked of /proc. */
enum ss_dumpable {
	SS_DUMPABLE_UNKNOWN,
	SS_DUMPABLE_YES,
	SS_DUMPABLE_NO,
};

struct ss_mm {
	struct ss_resource r;
	uint64_t at_random;	/* address of AT_RANDOM's bytes; 0: not read */
	uint64_t userns;	/* mm->user_ns; 0: that of the task */
	enum ss_dumpable dumpable;
	unsigned int setting : 30;	/* calls in flight that set .dumpable */
	bool set_id : 1;	/* set*id calls of its tasks may have made it
				   non-dumpable: their credentials tell */
	bool contested : 1;	/* one of several users has called prctl or
				   set*id: before or after another's end? */
};

/* sighand_struct: */
struct ss_handlers {
	struct ss_resource r;
	bool interrupt;		/* one of them may lack SA_RESTART */
};

struct ss_ioc {
	struct ss_resource r;
	int io_class;		/* IOPRIO_CLASS_*: NONE is not inherited */
};

/*
 * A new resource with one reference, or NULL.  For SS_KIND_FILES use
 * ss_files_new() of descriptors.h.
 */
struct ss_resource *ss_resource_new(enum ss_kind kind, struct ss_path *path,
				    unsigned int serial) ss_must_check;
/* NULL is fine in all of these. */
struct ss_resource *ss_resource_get(struct ss_resource *resource);
void ss_resource_put(struct ss_resource *resource);

/* kcmp's answer for two pointers: -1, 0, 1; NULL is smaller than all. */
int ss_resource_compare(const struct ss_resource *a,
			const struct ss_resource *b);

/* "1.2" for the first of its kind of task 1.2, "1.2~3" for its third, "-"
   for NULL.  Returns buffer. */
char *ss_resource_print(const struct ss_resource *resource, char *buffer,
			size_t size);

#endif
