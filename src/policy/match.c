/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/match.h"

#include <string.h>

#include "base/check.h"
#include "policy/glob.h"

enum verdict {
	NO,
	YES,
	NEED,			/* the predicate's fact is not known */
	NEED_USERS,
};

static bool knows(const struct ss_asked *call, enum ss_fact fact)
{
	return call->known & 1u << fact;
}

static enum verdict match_type(const struct ss_rule *rule,
			       const struct ss_asked *call)
{
	return rule->types & 1u << ss_type_index(call->type) ? YES : NO;
}

static enum verdict match_fd(const struct ss_rule *rule,
			     const struct ss_asked *call)
{
	unsigned int i, slots = call->type == SS_TYPE_FILE ? 2 :
		call->type == SS_TYPE_EPOLL_TFD ? 1 : 0;

	for (i = 0; i < slots; i++) {
		if (call->fd[i] >= rule->fd_first &&
		    call->fd[i] <= rule->fd_last)
			return YES;
	}
	return NO;
}

static enum verdict match_task(const struct ss_rule *rule,
			       const struct ss_asked *call)
{
	const struct ss_path *p = call->path;
	unsigned int i = rule->task_numbers;

	/* One that had ancestors left out is deeper than any label here. */
	if (!p || p->depth + 1 != i)
		return NO;
	for (; p && p->own == rule->task[i - 1]; p = p->parent)
		i--;
	return !p ? YES : NO;
}

static enum verdict match_uid(const struct ss_rule *rule,
			      const struct ss_asked *call)
{
	return call->uid == rule->uid ? YES : NO;
}

static enum verdict match_relation(const struct ss_rule *rule,
				   const struct ss_asked *call)
{
	const unsigned int unknown = 1u << SS_RELATION_UNKNOWN;
	enum verdict verdict = YES;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (rule->relations & call->relations[i])
			continue;
		if (!(rule->relations & 1u << SS_RELATION_SAME_USER) ||
		    call->relations[i] & unknown)
			return NO;
		if (!knows(call, SS_FACT_USERS))
			verdict = NEED_USERS;
		else if (!call->same_user[i])
			return NO;
	}
	return verdict;
}

static enum verdict match_caller(const struct ss_rule *rule,
				 const struct ss_asked *call)
{
	return call->executable &&
		ss_glob_matches_path(rule->caller, call->executable) ?
		YES : NO;
}

static enum verdict match_same(const struct ss_rule *rule,
			       const struct ss_asked *call)
{
	return call->same == (rule->same ? SS_SAME_YES : SS_SAME_NO) ?
		YES : NO;
}

static enum verdict match_at(const struct ss_rule *rule,
			     const struct ss_asked *call)
{
	size_t i;

	if (call->stack.why_none)
		return NO;
	for (i = 0; i < call->stack.count; i++) {
		const struct ss_frame *frame = &call->stack.frames[i];

		if (!frame->function ||
		    !ss_glob_matches(rule->function, frame->function))
			continue;
		if (!rule->object ||
		    (frame->object &&
		     ss_glob_matches_path(rule->object, frame->object)))
			return YES;
	}
	return NO;
}

#define NO_FACT	SS_FACT_COUNT

/* In the order in which they are looked at: the cheap ones first. */
static const struct {
	enum ss_key_id key;
	enum ss_fact fact;
	enum verdict (*match)(const struct ss_rule *rule,
			      const struct ss_asked *call);
} predicates[] = {
	{ SS_KEY_TYPE, NO_FACT, match_type },
	{ SS_KEY_FD, NO_FACT, match_fd },
	{ SS_KEY_TASK, NO_FACT, match_task },
	{ SS_KEY_RELATION, SS_FACT_RELATIONS, match_relation },
	{ SS_KEY_UID, SS_FACT_UID, match_uid },
	{ SS_KEY_CALLER, SS_FACT_EXECUTABLE, match_caller },
	{ SS_KEY_SAME, SS_FACT_SAME, match_same },
	{ SS_KEY_AT, SS_FACT_STACK, match_at },
};

static enum verdict match_rule(const struct ss_rule *rule,
			       const struct ss_asked *call,
			       enum ss_key_id *ret_key, enum ss_fact *ret_need)
{
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(predicates); i++) {
		enum verdict verdict;

		if (!(rule->given & 1u << predicates[i].key))
			continue;
		*ret_key = predicates[i].key;
		*ret_need = predicates[i].fact;
		if (predicates[i].fact != NO_FACT &&
		    !knows(call, predicates[i].fact))
			return NEED;
		verdict = predicates[i].match(rule, call);
		if (verdict == NEED_USERS)
			*ret_need = SS_FACT_USERS;
		if (verdict != YES)
			return verdict;
	}
	return YES;
}

/* The rule matches: does it fire? */
static int fire(const struct ss_rule *rule, struct ss_counters *counters,
		const struct ss_asked *call, struct ss_reason *ret)
{
	int r;

	ret->outcome = SS_OUTCOME_FIRED;
	if (!ss_rule_counts(rule))
		return 0;
	ss_assert(counters);
	r = ss_counters_count(counters, rule, call->path, call->process,
			      &ret->count);
	if (r)
		return r;
	if (!ss_when_fires(&rule->when, ret->count))
		ret->outcome = SS_OUTCOME_WHEN;
	else if (!ss_chance_fires(rule, call->path, ret->count))
		ret->outcome = SS_OUTCOME_CHANCE;
	return 0;
}

/* What the model is to answer about a task outside is `outside`'s to say.
   false: it is not known whether there is one. */
static bool settle_outside(const struct ss_policy *policy,
			   struct ss_asked *call, enum ss_fact *ret_need)
{
	struct ss_action action = policy->outside;

	if (call->decision.action.kind != SS_ACTION_MODEL ||
	    action.kind == SS_ACTION_MODEL)
		return true;
	if (!knows(call, SS_FACT_RELATIONS)) {
		*ret_need = SS_FACT_RELATIONS;
		return false;
	}
	if (!((call->relations[0] | call->relations[1]) &
	      1u << SS_RELATION_UNKNOWN))
		return true;
	action.delay = call->decision.action.delay;
	action.signal = call->decision.action.signal;
	call->decision.action = action;
	call->decision.by = SS_BY_OUTSIDE;
	return true;
}

int ss_policy_decide(const struct ss_policy *policy,
		     struct ss_counters *counters, struct ss_asked *call,
		     enum ss_fact *ret_need)
{
	for (; call->next < policy->count && !call->decision.rule;
	     call->next++) {
		const struct ss_rule *rule = policy->rules[call->next];
		struct ss_reason reason = { 0 };
		enum verdict verdict = match_rule(rule, call, &reason.key,
						  ret_need);
		int r = 0;

		if (verdict == NEED || verdict == NEED_USERS)
			return 0;
		if (verdict == YES)
			r = fire(rule, counters, call, &reason);
		else if (reason.key == SS_KEY_AT && call->stack.why_none)
			reason.outcome = SS_OUTCOME_NO_STACK;
		else
			reason.outcome = SS_OUTCOME_MISMATCH;
		if (r)
			return r;
		if (call->reasons)
			call->reasons[call->next] = reason;
		if (reason.outcome == SS_OUTCOME_FIRED)
			call->decision = (struct ss_decision){
				.by = SS_BY_RULE, .rule = rule,
				.action = rule->action, .log = rule->log };
	}
	if (!call->decision.rule && !call->done)
		call->decision = (struct ss_decision){
			.by = SS_BY_DEFAULT, .action = policy->fallback };
	if (!call->done && !settle_outside(policy, call, ret_need))
		return 0;
	call->done = true;
	return 1;
}

const char *ss_fact_question(enum ss_fact fact)
{
	static const char *const questions[SS_FACT_COUNT] = {
#define X(id, what) what,
		SS_FACTS(X)
#undef X
	};

	return questions[fact];
}

/* What the call has where the rule has something else. */
static void print_value(const struct ss_asked *call, enum ss_key_id key,
			struct ss_text *text)
{
	char label[64];

	if (key == SS_KEY_TYPE) {
		ss_text_add_string(text, ss_type_index_name(
					   ss_type_index(call->type)));
	} else if (key == SS_KEY_FD && call->type == SS_TYPE_FILE) {
		ss_text_printf(text, "%u and %u", call->fd[0], call->fd[1]);
	} else if (key == SS_KEY_FD && call->type == SS_TYPE_EPOLL_TFD) {
		ss_text_printf(text, "%u", call->fd[0]);
	} else if (key == SS_KEY_TASK && call->path) {
		ss_text_add_string(text, ss_path_print(call->path, label,
						       sizeof(label)));
	} else if (key == SS_KEY_UID) {
		ss_text_printf(text, "%u", call->uid);
	} else if (key == SS_KEY_SAME) {
		ss_text_add_string(text, call->same == SS_SAME_YES ? "yes" :
				   call->same == SS_SAME_NO ? "no" :
				   "an error");
	} else if (key == SS_KEY_CALLER && call->executable) {
		ss_text_add_escaped(text, call->executable,
				    strlen(call->executable), 200);
	} else {
		ss_text_add_string(text, "another");
	}
}

static void print_relations(const struct ss_asked *call, struct ss_text *text)
{
	unsigned int side, i;

	for (side = 0; side < 2; side++) {
		const char *separator = side ? " and " : "";

		for (i = 0; i < SS_RELATION_COUNT; i++) {
			if (!(call->relations[side] & 1u << i))
				continue;
			ss_text_printf(text, "%s%s", separator,
				       ss_relation_name(i));
			separator = "+";
		}
	}
}

void ss_decided_by_print(const struct ss_decision *decision,
			 struct ss_text *text)
{
	switch (decision->by) {
	case SS_BY_RULE:
		ss_rule_print_name(decision->rule, text);
		break;
	case SS_BY_DEFAULT:
		ss_text_add_string(text, "default");
		break;
	case SS_BY_OUTSIDE:
		ss_text_add_string(text, "outside");
		break;
	}
}

void ss_reason_print(const struct ss_rule *rule,
		     const struct ss_reason *reason,
		     const struct ss_asked *call, struct ss_text *text)
{
	static const char *const outcomes[SS_OUTCOME_COUNT] = {
#define X(id, what) what,
		SS_OUTCOMES(X)
#undef X
	};

	ss_rule_print_name(rule, text);
	ss_text_printf(text, " %s", outcomes[reason->outcome]);
	if (reason->count)
		ss_text_printf(text, " (call %llu of those that match)",
			       (unsigned long long)reason->count);
	if (reason->outcome == SS_OUTCOME_NO_STACK)
		ss_text_printf(text, ": %s", call->stack.why_none);
	if (reason->outcome != SS_OUTCOME_MISMATCH)
		return;
	ss_text_printf(text, ": %s is ", ss_keys[reason->key].name);
	if (reason->key == SS_KEY_RELATION)
		print_relations(call, text);
	else
		print_value(call, reason->key, text);
	ss_text_add_string(text, ", not ");
	ss_keys[reason->key].print(rule, text);
}
