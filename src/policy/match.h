/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which rule decides a call.
 *
 * As with the model: ss_policy_decide() has an answer, or lacks one fact; the
 * caller finds that out, fills it in, and asks again, with the same struct:
 *
 *	struct ss_asked call = { .type = ..., .path = ..., ... };
 *
 *	while (!(r = ss_policy_decide(policy, counters, &call, &need)))
 *		fill in what `need` names, call.known |= 1u << need;
 *	r < 0: no memory; else call.decision
 *
 * What needs no fact is looked at first, in each rule, so that what is
 * expensive is asked for only where it decides.
 *
 * The struct remembers which rules have been asked and counted.  A call that
 * is made again before it had its answer (after the look at its stack; after a
 * signal) is the same call: ask with the same struct, or take the decision
 * that is in it; a new one would count again.  What it borrows must live until
 * then; .known is a set of bits, and what may have changed can be taken out.
 * The decision is good for the policy's life; so what waits for a delay needs
 * to keep nothing else.
 */
#ifndef SS_POLICY_MATCH_H
#define SS_POLICY_MATCH_H

#include "policy/counter.h"
#include "policy/keys.h"
#include "policy/rule.h"

/* X(ENUM, what it asks) */
#define SS_FACTS(X) \
	X(UID, "what is the caller's real uid, as the caller sees it?") \
	X(RELATIONS, "how do the two targets stand to the caller?") \
	X(USERS, "whose real uid is that of the caller?") \
	X(EXECUTABLE, "what is the caller's executable?") \
	X(SAME, "what would the model answer?") \
	X(STACK, "where is the caller?")

enum ss_fact {
#define X(id, what) SS_FACT_##id,
	SS_FACTS(X)
#undef X
	SS_FACT_COUNT
};

enum ss_same {
	SS_SAME_ERROR,		/* the model answers an error */
	SS_SAME_YES,
	SS_SAME_NO,
};

struct ss_frame {
	const char *object;	/* path, or NULL */
	const char *function;	/* symbol, or NULL */
	uint64_t offset;	/* in the function, or else in the object, or
				   the address */
};

struct ss_backtrace {
	const struct ss_frame *frames;	/* borrowed, the innermost first */
	size_t count;
	const char *why_none;	/* borrowed: why there is none, or NULL */
};

enum ss_decided_by {
	SS_BY_RULE,
	SS_BY_DEFAULT,
	SS_BY_OUTSIDE,		/* the model was to answer, but a target is
				   unknown, and `outside` says what then */
};

struct ss_decision {
	enum ss_decided_by by;
	const struct ss_rule *rule;	/* the one that fired, or NULL */
	struct ss_action action;
	bool log;
};

/* X(ENUM, what): what became of a rule. */
#define SS_OUTCOMES(X) \
	X(UNASKED, "was not asked") \
	X(MISMATCH, "does not match") \
	X(NO_STACK, "cannot tell where the caller is") \
	X(WHEN, "does not fire at this count") \
	X(CHANCE, "does not fire by chance") \
	X(FIRED, "decides")

enum ss_outcome {
#define X(id, what) SS_OUTCOME_##id,
	SS_OUTCOMES(X)
#undef X
	SS_OUTCOME_COUNT
};

struct ss_reason {
	enum ss_outcome outcome;
	enum ss_key_id key;	/* of MISMATCH: the first that did not fit */
	uint64_t count;		/* of WHEN, CHANCE, FIRED: the how-manieth
				   matching call, or 0 if nobody counts */
};

struct ss_asked {
	/* as made; .fd: the low 32 bits of idx1 and idx2, looked at if the type
	   has descriptors there (FILE: both; EPOLL_TFD: the first) */
	int type;
	uint32_t fd[2];
	struct ss_path *path;		/* the caller's label; borrowed */
	const struct ss_group *process;	/* the caller's; borrowed */
	/* facts; valid if their bits are in .known */
	unsigned int known;		/* 1 << enum ss_fact */
	uid_t uid;
	unsigned int relations[2];	/* as of ss_relations_between() */
	bool same_user[2];		/* USERS; if the target is known */
	const char *executable;		/* borrowed; NULL: cannot be read */
	enum ss_same same;
	struct ss_backtrace stack;
	/* what has been found out */
	size_t next;			/* the rule to ask next */
	bool done;
	struct ss_decision decision;	/* if done */
	struct ss_reason *reasons;	/* borrowed: one for each rule of the
					   policy, zeroed; or NULL */
};

/* 1: call->decision counts.  0: *need is missing.  -ENOMEM: a rule could not
   count; then asking again goes on there.  counters may be NULL if no rule
   counts (policy->counters). */
int ss_policy_decide(const struct ss_policy *policy,
		     struct ss_counters *counters, struct ss_asked *call,
		     enum ss_fact *ret_need) ss_must_check;

/* "rule 1 'name' does not match: type is VM, not [FILE]", for logs and people;
   untold facts of the call are left out. */
void ss_reason_print(const struct ss_rule *rule,
		     const struct ss_reason *reason,
		     const struct ss_asked *call, struct ss_text *text);

/* "rule 2 'name'", "default" or "outside". */
void ss_decided_by_print(const struct ss_decision *decision,
			 struct ss_text *text);

/* "where is the caller?": for messages. */
const char *ss_fact_question(enum ss_fact fact);

#endif
