/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policies from files.
 *
 * What is called by a word alone ("self-only": no slash, no ".yaml" at its
 * end) is one of those that are installed, or of the directory that
 * SELFSAME_POLICIES names; everything else is a path.
 */
#ifndef SS_CMD_POLICY_LOAD_H
#define SS_CMD_POLICY_LOAD_H

#include "policy/rule.h"

/* As ss_policy_read(); that it cannot be read is a problem, too. */
void ss_policy_load(struct ss_policy *policy, const char *name,
		    struct ss_problems *problems);

#endif
