/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open files (struct file; "open file description" in POSIX) that have been
 * given a label, because somebody asked about a slot that holds them.
 *
 * An open file lives here as long as a slot is known to hold it, or an epoll
 * item is known to watch it.  Its label is where it was first seen: the
 * origin of that slot (oldest table from which it may have been inherited,
 * number, how many labelled files the slot had had), and, to break ties, the
 * table in which it was seen.  A label takes part in an answer at once, so
 * it is never merged or renamed.
 *
 * Files that share a hint (device and inode) stand in one search tree, in the
 * kernel's own order of struct file addresses.  Those whose order nobody could
 * tell (no kcmp; nobody to fetch them from at that moment) stand in a list
 * beside it.  The tree is a treap whose priorities are derived from a counter:
 * no randomness in the model.
 */
#ifndef SS_MODEL_OPENFILE_H
#define SS_MODEL_OPENFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/hash.h"
#include "model/label.h"

struct ss_epoll;
struct ss_epoll_item;

struct ss_hint {
	uint64_t dev;		/* as the kernel prints it */
	uint64_t ino;
};

/* Where a file may come from: a table, and how many files the slot had. */
struct ss_origin {
	struct ss_path *path;	/* owned reference */
	unsigned int serial;	/* of the table */
	unsigned int count;	/* from 1 */
};

struct ss_file_label {
	struct ss_origin origin;
	int fd;
	struct ss_path *seen;	/* owned reference: path of the table ... */
	unsigned int seen_serial;	/* ... in which it was first seen */
};

struct ss_file_set {
	struct ss_hint hint;
	struct ss_file *root;		/* those in order, */
	struct ss_file *unplaced;	/* and a list of the others */
	unsigned int count;
	UT_hash_handle hh;
};

struct ss_file {
	struct ss_file_label label;
	uintptr_t holders;		/* the first of the slots that hold it,
					   or 0: ss_holder_next() */
	struct ss_epoll_item *watchers;	/* list: epoll items that name it,
					   borrowed */
	bool orphan;			/* no holder, but watchers */
	struct ss_epoll *epoll;		/* owned: its items, if an epoll */
	struct ss_file_set *set;	/* borrowed */
	bool placed;			/* in the tree, not in the list */
	struct ss_file *up, *left, *right;
	struct ss_file *prev, *next;	/* in the list */
	uint32_t priority;
};

#define SS_DOUBT_NUMBERS	64

/* All the open files of a model, by hint. */
struct ss_file_table {
	struct ss_file_set *sets;	/* owned */
	unsigned int count;
	unsigned int orphans;		/* of them: only items know them */
	unsigned int peak;
	uint32_t serial;		/* for priorities */
	uint32_t items;			/* named after an epoll item */
	struct ss_file *dropped;	/* by .up: while some are being freed */
	uint64_t visits;		/* searches for loops of epolls */
	unsigned int adding;		/* calls in flight that add items */
	/* When was it last in doubt which files items of these numbers (modulo)
	   have been added for?  Counted. */
	uint64_t doubts;
	uint64_t doubted[SS_DOUBT_NUMBERS];
};

void ss_origin_release(struct ss_origin *origin);
void ss_origin_copy(struct ss_origin *to, const struct ss_origin *from);

/* The set of a hint, or NULL: the candidates to compare with. */
struct ss_file_set *ss_file_set_find(const struct ss_file_table *table,
				     const struct ss_hint *hint);
/* The files of a set in the tree's order; NULL at the end. */
struct ss_file *ss_file_set_first(const struct ss_file_set *set);
struct ss_file *ss_file_next(const struct ss_file *file);

/* Where a search in a set's tree ended. */
struct ss_place {
	bool known;		/* false: into the list */
	struct ss_file *parent;	/* NULL: the tree is empty */
	bool left;
};

/*
 * A new open file with this label, whose references are taken over on
 * success.  NULL on failure, with nothing changed.
 */
struct ss_file *ss_file_new(struct ss_file_table *table,
			    const struct ss_hint *hint,
			    struct ss_file_label *label,
			    const struct ss_place *place) ss_must_check;
/* Moves a file between tree and list, or within the tree. */
void ss_file_place(struct ss_file *file, const struct ss_place *place);
/* To be called whenever a holder or watcher comes or goes: frees the file if
   there is none left. */
void ss_file_drop(struct ss_file_table *table, struct ss_file *file);

/* -1, 0, 1. */
int ss_file_compare(const struct ss_file *a, const struct ss_file *b);
int ss_file_label_compare(const struct ss_file_label *a,
			  const struct ss_file_label *b);
/* "1.2/5#1".  Returns buffer. */
char *ss_file_print(const struct ss_file *file, char *buffer, size_t size);

#endif
