/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policy files: selfsame-policy(5).
 *
 * Opening them is for others: the text comes in one piece.
 */
#ifndef SS_POLICY_FILE_H
#define SS_POLICY_FILE_H

#include "policy/document.h"
#include "policy/rule.h"

/* A text of more bytes than this is refused; so who reads may stop there. */
#define SS_POLICY_BYTES	SS_DOCUMENT_BYTES

/*
 * Adds the rules of a file behind those that are there, and its settings.
 * Everything that is wrong is told, with the place; then what was added is
 * good for nothing but further checks.  A setting that an earlier file has
 * set differently is a problem, too.
 */
void ss_policy_read(struct ss_policy *policy, const char *name,
		    const char *text, size_t length,
		    struct ss_problems *problems);

#endif
