/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules of the command line, in strace's spelling:
 *
 *	kcmp[:KEY[=VALUE]]...		kcmp:type=FILE,VM:error=EPERM:when=3+
 */
#ifndef SS_POLICY_SPEC_H
#define SS_POLICY_SPEC_H

#include "policy/rule.h"

/*
 * Adds the rule behind those that were injected before it, and before those of
 * files.  `option` is how messages call where it comes from: "--inject".  What
 * is wrong is told with the column in the SPEC, and nothing is added.
 */
void ss_policy_inject(struct ss_policy *policy, const char *spec,
		      const char *option, struct ss_problems *problems);

#endif
