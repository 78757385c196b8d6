/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this host offers to a session, found out by trying: the features of
 * kernel/features.h, and a launch of a command that cannot be executed, which
 * goes through everything that `selfsame run` needs.
 */
#ifndef SS_SUPERVISE_CHECKUP_H
#define SS_SUPERVISE_CHECKUP_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/text.h"

/*
 * Appends the findings to report, a line each; *ret_can_run: will `run` work?
 * `without` is the value of SELFSAME_WITHOUT, or NULL.  0; -EINVAL if it names
 * an unknown feature, with *ret_bad at the name; -errno if nothing could be
 * tried.
 */
int ss_checkup(const char *without, struct ss_text *report, bool *ret_can_run,
	       const char **ret_bad) ss_must_check;

#endif
