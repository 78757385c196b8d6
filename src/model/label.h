/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels: names that never change, and that decide kcmp's order.
 *
 * A task is named by its path: "1" is the command, "1.2" the child of its
 * second clone call, "1.2.1" that one's first.  Calls are counted, not the
 * children that were seen, so the name does not depend on what the scheduler
 * did.  (A call that has failed for sure, and is made again, counts once:
 * SS_EVENT_CLONE_FAILED.)  A resource is named after the task for which it
 * was made, and counted there.  An open file is named after the slot in which
 * it was first seen: see openfile.h.
 *
 * Paths share their ends: each is a node that points at its parent's, counted
 * by reference, so a task costs one node however deep it is.  In a long chain
 * of forks whose links have died, nothing can come between a node that only
 * its one child still needs and that child: beyond SS_PATH_KEPT such nodes are
 * left out, the child takes their place in the order, and its name says so:
 * "1.2...7".
 */
#ifndef SS_MODEL_LABEL_H
#define SS_MODEL_LABEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define SS_PATH_KEPT	32	/* depth down to which no node is left out */

struct ss_path {
	struct ss_path *parent;	/* owned reference; NULL: the first task */
	unsigned int index;	/* its place among the parent's children */
	unsigned int own;	/* which clone call made it; as index, unless
				   ancestors were left out */
	unsigned int depth;	/* number of ancestors, those left out too */
	unsigned int refs;	/* of users and children */
	unsigned int children;
	uintptr_t only_child;	/* all its children, by exclusive or: the child
				   if there is one */
};

/* A new node with one reference, or NULL.  Takes its own on parent. */
struct ss_path *ss_path_new(struct ss_path *parent, unsigned int index)
	ss_must_check;
struct ss_path *ss_path_get(struct ss_path *path);
/* NULL is fine. */
void ss_path_put(struct ss_path *path);

/* -1, 0, 1: lexicographic, an ancestor before its descendants. */
int ss_path_compare(const struct ss_path *a, const struct ss_path *b);

/* "1.2.1".  Cut in the middle ("1.2...7.1") where it does not fit: 64 bytes
   always hold a useful name.  Returns buffer. */
char *ss_path_print(const struct ss_path *path, char *buffer, size_t size);

/* -1, 0, 1 for plain numbers, as all the label comparisons need it. */
#define SS_ORDER(a, b)	(((a) > (b)) - ((a) < (b)))

#endif
