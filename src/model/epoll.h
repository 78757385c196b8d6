/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What epolls watch.  An item is (epoll, number, target): number and target
 * are fixed when it is added, whatever becomes of the number later.
 *
 * The model knows from epoll_ctl's entry which target was meant; it never
 * sees whether the call succeeded, or when the kernel drops an item because
 * the last reference to its target went.  So an entry here is a candidate:
 * what exists, and in which order, is what the kernel lists in fdinfo when
 * somebody asks.
 */
#ifndef SS_MODEL_EPOLL_H
#define SS_MODEL_EPOLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/hash.h"
#include "model/openfile.h"

struct ss_epoll_item {
	struct ss_file *epoll;		/* borrowed: the epoll itself */
	int tfd;
	struct ss_file *target;		/* borrowed; stands in its .watchers */
	bool deleted;			/* EPOLL_CTL_DEL was seen to enter */
	bool sure;			/* it was there, alone of its number
					   and hint, and none was added to the
					   number since: a line like it is its
					   own, if there is one; */
	uint64_t sure_since;		/* when that was, by table's .doubts */
	struct ss_epoll_item *prev, *next;	/* of one number */
	struct ss_epoll_item *wprev, *wnext;	/* of one target */
};

struct ss_epoll_number {
	int tfd;
	struct ss_epoll_item *items;	/* owned list */
	UT_hash_handle hh;
};

struct ss_epoll {
	struct ss_epoll_number *numbers;	/* owned */
	uint64_t visited;	/* by the search for loops of this number */
};

/*
 * Notes that (tfd, target) is to be added to the epoll behind `file` (lines is
 * 0), or was seen there, as one of so many lines of its number and hint.
 * Adding it again is harmless (calls restart), adding what the kernel refuses
 * as a loop is ignored.  0, -ENOMEM.
 */
int ss_epoll_add(struct ss_file_table *table, struct ss_file *file, int tfd,
		 struct ss_file *target, unsigned int lines) ss_must_check;
/* Notes that it was deleted; harmless if it is not there. */
void ss_epoll_delete(struct ss_file *file, int tfd, struct ss_file *target);

/*
 * A guess at the target of the item with this number and hint: the only
 * candidate that was added and not deleted.  `lines` is how many lines of
 * fdinfo have that number and hint.  To be compared with the item: calls in
 * flight, and those that failed, are candidates too.  NULL: no guess.
 */
struct ss_file *ss_epoll_target(struct ss_file_table *table,
				struct ss_file *file, int tfd,
				const struct ss_hint *hint,
				unsigned int lines);

/* Forgets every item that names this file, which goes with the last of them if
   no slot holds it. */
void ss_epoll_forget(struct ss_file_table *table, struct ss_file *target);

/* One item as the kernel lists it. */
struct ss_epoll_line {
	int tfd;
	struct ss_hint hint;
};

/*
 * Drops candidates that the kernel does not list (any more): the files of
 * closed descriptors would stay for ever.  Sorts the lines.
 */
void ss_epoll_prune(struct ss_file_table *table, struct ss_file *file,
		    struct ss_epoll_line *lines, size_t n);

/* An item that is surely that of `file`, if there is one like it, in an epoll
   that some slot is known to hold, or NULL.  The way to a file that no slot is
   known to hold. */
const struct ss_epoll_item *ss_epoll_reach(const struct ss_file_table *table,
					   const struct ss_file *file);

/* In some epoll an item with this number may be added, or may have been, for
   another file than is known.  What is seen from now on is sure again. */
void ss_epoll_doubt(struct ss_file_table *table, int tfd);

/* The target of the item with this number that was added last, or NULL. */
struct ss_file *ss_epoll_newest(const struct ss_file *file, int tfd);

/* Frees the items; their targets may go with them.  NULL is fine. */
void ss_epoll_free(struct ss_file_table *table, struct ss_epoll *epoll);

#endif
