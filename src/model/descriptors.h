/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptor tables (files_struct).
 *
 * A slot has a record here only once its file was given a label; all other
 * slots are unknown: closed, or holding a file that nobody asked about.  A
 * labelled slot stays true until a watched call takes its file away, and that
 * call forgets it when it is let on.  A record outlives its file, to count how
 * many labelled files the slot has had.
 *
 *	unknown --asked--> labelled --close, dup2, exec...--> unknown (count+1)
 *
 * Records are what there is most of, so they are small.  They stand in rows of
 * neighbouring numbers, and a table has its rows in order, without those of
 * which nothing is known.  Where the file of a slot comes from is written down
 * only where nothing else tells it.
 *
 * An exec closes what is close-on-exec, and no call tells what that is; so it
 * is told with the exec, when it enters, which labelled slots will be kept.
 *
 * Calls in flight.  Between the entry of a close and its execution another
 * thread may still ask for the slot.  While a call is in flight, the slots
 * that it changes are volatile: discovered for the question at hand, never
 * remembered.  And while a table is being copied by a call in flight (clone,
 * unshare, CLOSE_RANGE_UNSHARE), what another thread empties in the original
 * is emptied in the copy too: nobody knows which came first.
 */
#ifndef SS_MODEL_DESCRIPTORS_H
#define SS_MODEL_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "model/openfile.h"
#include "model/resource.h"

struct ss_task;

/* At most what malloc aligns to: see ss_file.holders. */
#define SS_ROW_SLOTS	16

struct ss_slot {
	struct ss_file *file;		/* borrowed, or NULL: unknown */
	union {
		/* with a file: the neighbours among its holders */
		struct {
			uintptr_t prev, next;
		};
		/* without: that of the next one, if there was one before */
		struct ss_origin origin;
	};
};

/* The slots from .number * SS_ROW_SLOTS on; in a set each has a bit. */
struct ss_row {
	struct ss_files *table;		/* borrowed */
	unsigned int number;
	uint16_t kept;		/* the exec in flight leaves them as they are */
	/* Where files come from: from the table's base, as the first, unless */
	uint16_t first_seen;	/* they were seen here: as their labels say; */
	struct ss_origin *origins;	/* owned, or NULL: or else it is here */
	struct ss_slot slots[SS_ROW_SLOTS];
};

/* A copy that a call in flight is making. */
struct ss_copy {
	struct ss_files *from;		/* borrowed; NULL: not in flight */
	struct ss_files *to;		/* borrowed */
	struct ss_copy *prev, *next;	/* among the original's copies */
};

struct ss_files {
	struct ss_resource r;
	struct ss_file_table *open;	/* borrowed: the model's open files */
	struct ss_row **rows;		/* owned, by number */
	unsigned int row_count : 31;	/* there is room for the next power of
					   two */
	unsigned int crosses : 1;	/* somebody who is no thread was made to
					   share it: tasks of several groups
					   may use it */
	unsigned int base_serial;	/* number and path ... */
	struct ss_path *base;		/* owned: ... of the oldest table that
					   it is from */
	struct ss_copy *copies;		/* borrowed: copies in flight of it */
	struct ss_task *flights;	/* borrowed: tasks with calls in flight
					   that change it */
	struct ss_task *users;		/* borrowed: the tasks that use it */
};

/* An empty table (of the first task), or NULL. */
struct ss_files *ss_files_new(struct ss_file_table *open, struct ss_path *path,
			      unsigned int serial) ss_must_check;
/* A copy for another task, labels and origins included, or NULL. */
struct ss_files *ss_files_copy(struct ss_files *from, struct ss_path *path,
			       unsigned int serial) ss_must_check;
/* For ss_resource_put(): empties it. */
void ss_files_release(struct ss_files *files);

/* Starts and ends a copy in flight; the end is harmless if there is none. */
void ss_copy_start(struct ss_copy *copy, struct ss_files *from,
		   struct ss_files *to);
void ss_copy_end(struct ss_copy *copy);

/* The open file that a slot is known to hold, or NULL: unknown. */
struct ss_file *ss_slot_file(const struct ss_files *files, int fd);
/* The next slot after fd (-1: the first) of which there is a record, or -1:
   there are no more. */
int ss_slot_next(const struct ss_files *files, int fd);
/* The how-manieth labelled file of the slot the one in it is, or the next one
   will be. */
unsigned int ss_slot_count(const struct ss_files *files, int fd);
/* Lets a slot hold a labelled file.  0, -ENOMEM. */
int ss_slot_set(struct ss_files *files, int fd, struct ss_file *file)
	ss_must_check;
/* The label that a file first seen in this slot now gets (references are the
   caller's to release). */
void ss_slot_label(const struct ss_files *files, int fd,
		   struct ss_file_label *ret);

/* The slots that hold a file, from file->holders on, the oldest first: the next
   one, or 0; its table, its number. */
uintptr_t ss_holder_next(uintptr_t holder);
struct ss_files *ss_holder_table(uintptr_t holder);
int ss_holder_fd(uintptr_t holder);

/*
 * Forgets first..last, in copies in flight too, except the copy `mine` (the
 * caller's own, which was made before or after by its own doing).
 */
void ss_files_forget(struct ss_files *files, unsigned int first,
		     unsigned int last, const struct ss_copy *mine);

/*
 * These labelled slots, and no others, are known to survive the exec that is
 * in flight: ss_files_exec() forgets all but them.
 */
void ss_files_keep(struct ss_files *files, const int *fds, size_t count);
void ss_files_exec(struct ss_files *files);

#endif
