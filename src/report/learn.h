/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least policy that allows what a program asked: what --learn writes.
 *
 * Remembered is only of which type each kcmp was, and how its two targets stood
 * to the caller: neither numbers nor pids.  Types that were asked about the
 * same kinds of targets become one rule; the order of rules depends on nothing
 * else than what was seen.
 */
#ifndef SS_REPORT_LEARN_H
#define SS_REPORT_LEARN_H

#include "base/attributes.h"
#include "base/text.h"
#include "policy/rule.h"

/* Start with {0}. */
struct ss_learned {
	uint64_t calls;
	uint64_t processes;	/* that have made calls; counted by others */
	/* by ss_type_index(), and the relations of both targets, the lower one
	   first */
	uint64_t seen[SS_TYPE_INVALID + 1][SS_RELATION_COUNT]
		     [SS_RELATION_COUNT];
};

/* One call; the relations as of ss_relations_between(), of which the closest
   counts. */
void ss_learned_add(struct ss_learned *learned, int type,
		    const unsigned int relations[2]);

/* "2 calls of kcmp by 1 process". */
void ss_learned_count(const struct ss_learned *learned, struct ss_text *text);
/* The policy file. */
void ss_learned_print(const struct ss_learned *learned, struct ss_text *text);

#endif
