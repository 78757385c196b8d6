/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is wrong with a policy: every problem with its place, all of them at
 * once, in the order of the places.
 *
 *	FILE:LINE:COLUMN: unknown key 'tpye': expected type, relation, ...
 *	ORIGIN: column COLUMN: ...		(of a SPEC, which has no lines)
 *
 * Text from the file is escaped (base/text.h), and cut where it is long.
 */
#ifndef SS_POLICY_PROBLEM_H
#define SS_POLICY_PROBLEM_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/text.h"

/* Lines and columns count from 1; line 0: of a SPEC; column 0: the whole. */
struct ss_where {
	const char *file;	/* borrowed: the policy's, see ss_policy */
	unsigned int line, column;
};

struct ss_problem {
	struct ss_where where;
	char *text;		/* owned */
};

#define SS_PROBLEMS_MAX	100	/* what is kept; the rest is counted */

/* Start with {0}. */
struct ss_problems {
	struct ss_problem *list;	/* owned */
	size_t count, capacity;
	size_t left_out;
	int error;		/* 0, or -ENOMEM: one of them is lost */
};

#define ss_cleanup_problems \
	__attribute__((__cleanup__(ss_problems_release)))

void ss_problem_add(struct ss_problems *problems, struct ss_where where,
		    const char *format, ...) ss_printf(3, 4);

/* Is there anything that forbids to use the policy? */
static inline int ss_problems_any(const struct ss_problems *problems)
{
	return problems->count > 0 || problems->left_out > 0 ||
		problems->error;
}

/* "FILE:LINE:COLUMN", or as above. */
void ss_where_print(const struct ss_where *where, struct ss_text *text);

/* Sorts them by place and prints one in a line. */
void ss_problems_print(struct ss_problems *problems, struct ss_text *text);

/* Empties it; it may be used again. */
void ss_problems_release(struct ss_problems *problems);

/* A piece of foreign text for a message, in quotes, escaped and cut. */
struct ss_quoted {
	char text[64];
};

struct ss_quoted ss_quote(const char *data, size_t length);

#endif
