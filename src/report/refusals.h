/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which kcmp calls a policy refused: how many by each rule, of each type, and
 * of each program.  Printed by --stats and --would-deny, the most frequent
 * first:
 *
 *	refused 12 FILE rule 2 'nobody learns about memory' /usr/bin/python3
 *
 * A program that execs many images cannot make it grow: from
 * SS_REFUSALS_MAX on others count as of "(other programs)".
 */
#ifndef SS_REPORT_REFUSALS_H
#define SS_REPORT_REFUSALS_H

#include "base/attributes.h"
#include "base/text.h"
#include "policy/match.h"

#define SS_REFUSALS_MAX	1000

struct ss_refusals;

/* NULL: no memory. */
struct ss_refusals *ss_refusals_new(void) ss_must_check;
void ss_refusals_free(struct ss_refusals *refusals);	/* NULL is fine */

/* program: a path of the child's choice, or NULL: not known. */
void ss_refusals_add(struct ss_refusals *refusals,
		     const struct ss_decision *decision, int type,
		     const char *program);

/* The lines; nothing if there was none. */
void ss_refusals_print(struct ss_refusals *refusals, struct ss_text *text);

#endif
