/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kcmp call described in a line, to be put to a policy without a program:
 *
 *	type=FILE relation=self,child fd=3,4 same=yes task=1.2 nth=3
 *
 *	type=TYPE		FILE, ..., invalid; must be there
 *	relation=A[,B]		of the first target, and of the second
 *	fd=N[,M]		the first descriptor, and the second
 *	caller=PATH		the executable
 *	same=yes|no|error	what the model answers
 *	at=FRAME[,FRAME]...	[OBJECT!]FUNCTION, the innermost first; or none
 *	uid=N
 *	task=LABEL		1 if it is not said
 *	nth=N			it is the N-th of its kind that the task makes
 *
 * A relation may be several at once: self+same-user.
 */
#ifndef SS_POLICY_SAMPLE_H
#define SS_POLICY_SAMPLE_H

#include "policy/match.h"

#define SS_SAMPLE_FRAMES	32
#define SS_SAMPLE_NTH_MAX	1000000

struct ss_sample {
	struct ss_asked call;		/* as the first time */
	uint64_t nth;
	struct ss_frame frames[SS_SAMPLE_FRAMES];
	struct ss_path *path;		/* owned */
	struct ss_text strings;		/* owned: what the frames point at */
};

/*
 * 0; -ENOMEM; or -EINVAL, and *message (of the caller's, `size` bytes) says
 * what was expected.  To be released in any case.
 */
int ss_sample_read(struct ss_sample *sample, const char *line, char *message,
		   size_t size) ss_must_check;
void ss_sample_release(struct ss_sample *sample);

/*
 * Puts it to the policy, nth times with the same counters, and gives the last
 * call: 1; 0: a fact is missing that the line does not tell (*ret_need), and
 * ret->next is the rule that needs it, unless one has fired already
 * (ret->decision.rule) or there are no more: then `outside` does; or -ENOMEM.
 * `reasons` as in struct ss_asked: those of the last call.
 */
int ss_sample_decide(const struct ss_sample *sample,
		     const struct ss_policy *policy,
		     struct ss_reason *reasons, struct ss_asked *ret,
		     enum ss_fact *ret_need) ss_must_check;

/* The key of a line that tells the fact. */
const char *ss_sample_key(enum ss_fact fact);

#endif
