/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What has a number, found by it: a hash table for tasks and processes, of
 * which there are many.  A place in a uthash takes 56 bytes, one in here 16 and
 * its share of the buckets, 8 to 16 bytes.
 *
 * An element has its place as its first member, so that a pointer to one is a
 * pointer to the other:
 *
 *	struct thing {
 *		struct ss_numbered place;
 *		...
 *	};
 *
 * To add one cannot fail: where there is no memory for more buckets, those that
 * there are get longer.  No number may be in a table twice.
 */
#ifndef SS_BASE_NUMBERS_H
#define SS_BASE_NUMBERS_H

#include "base/attributes.h"

struct ss_numbered {
	struct ss_numbered *next;	/* in the same bucket */
	int number;
};

#define SS_NUMBERS_FEW	8

/* Start with {0}. */
struct ss_numbers {
	struct ss_numbered **many;	/* owned: buckets; NULL: there are */
	struct ss_numbered *few[SS_NUMBERS_FEW];
	unsigned int size;		/* of .many: a power of two */
	unsigned int count;		/* of the elements */
};

void ss_numbers_add(struct ss_numbers *table, struct ss_numbered *element,
		    int number);
/* It is there. */
void ss_numbers_remove(struct ss_numbers *table, struct ss_numbered *element);
/* NULL: there is none. */
struct ss_numbered *ss_numbers_find(const struct ss_numbers *table,
				    int number);
/*
 * The one after `element` (NULL: the first one), in no order that means
 * anything, or NULL.  On the way none may be added, and none removed but those
 * that were passed.
 */
struct ss_numbered *ss_numbers_next(const struct ss_numbers *table,
				    const struct ss_numbered *element);
/* Frees what the table has itself; it is empty. */
void ss_numbers_release(struct ss_numbers *table);

#endif
