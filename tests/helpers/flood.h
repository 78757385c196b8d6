/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The watched calls that flood can repeat. */
#ifndef FLOOD_H
#define FLOOD_H

#include <stdbool.h>

/* One round: a call, or a few.  What it returns, or -errno; each round gives
   the same. */
typedef long flood_fn(void);

struct flood_call {
	const char *name;	/* of the watched call, mostly */
	flood_fn *call;
	bool heavy;		/* makes tasks */
};

/* Ends with a NULL name. */
extern const struct flood_call flood_calls[];

/* Fetches what the calls need: descriptors, a semaphore. */
void flood_prepare(void);
/* What was left behind that should not be, as a word; NULL: nothing. */
const char *flood_leftover(void);

#endif
