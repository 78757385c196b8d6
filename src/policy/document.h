/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A YAML document as libyaml has it: a table of nodes, each with its place.
 * What is loaded here is one document, not too deep, in which no node contains
 * itself, and that does not grow beyond measure when its aliases are followed;
 * so libyaml, and whoever walks through it, come to an end, and soon.
 */
#ifndef SS_POLICY_DOCUMENT_H
#define SS_POLICY_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "policy/problem.h"

#define SS_DOCUMENT_BYTES	(256u << 10)	/* of text */
#define SS_DOCUMENT_NODES	50000		/* aliases followed */
#define SS_DOCUMENT_DEPTH	32		/* as it is written */
#define SS_DOCUMENT_ANCHORS	1000		/* and as many lines of %TAG */

/*
 * Loads it: then it has a root, and is the caller's, to be freed by
 * yaml_document_delete().  Else false, and the problems say why.
 */
bool ss_document_load(const char *file, const char *text, size_t length,
		      yaml_document_t *ret, struct ss_problems *problems)
	ss_must_check;

#endif
