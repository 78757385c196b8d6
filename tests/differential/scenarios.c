/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that were answered wrongly once, at their shortest.
 */
#include "chaos.h"

#include <stddef.h>

const struct ch_scenario ch_scenarios[] = {
	{ "failed-exec-of-thread",
	  "a failed exec does not delay that of another thread",
	  "1 clone 4 0x50f00\n"
	  "1 exec-fail\n"
	  "4 exec-fail\n"
	  "4 ask 1 4 0 3 3\n" },
	{ "exec-of-half-root",
	  "memory is not dumpable if the ids differed before the exec",
	  "1 setid 1 12345\n"
	  "1 clone 11 0 2 17\n"
	  "11 clone 12 0 2 17\n"
	  "11 capset 2\n"
	  "11 exec 1\n"
	  "12 ask 12 11 3\n" },
	{ NULL, NULL, NULL },
};
