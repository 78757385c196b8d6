/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policies from text, and what is said about them.
 */
#ifndef SS_TESTS_UNIT_POLICY_H
#define SS_TESTS_UNIT_POLICY_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/file.h"
#include "policy/problem.h"
#include "policy/rule.h"
#include "policy/show.h"
#include "policy/spec.h"

/* All problems, one in a line; the caller frees it. */
static inline char *problems_text(struct ss_problems *problems)
{
	struct ss_text text = { 0 };
	char *copy;

	ck_assert_int_eq(problems->error, 0);
	ss_problems_print(problems, &text);
	copy = strdup(ss_text_string(&text));
	ck_assert_ptr_nonnull(copy);
	ss_text_release(&text);
	return copy;
}

static inline void no_problems(struct ss_problems *problems)
{
	char *text = problems_text(problems);

	ck_assert_str_eq(text, "");
	free(text);
	ss_problems_release(problems);
}

/* A policy of SPECs that are separated by spaces. */
static inline void from_specs(struct ss_policy *policy, const char *specs)
{
	struct ss_problems problems = { 0 };
	char *copy = strdup(specs), *save = NULL, *spec;

	ss_policy_init(policy);
	for (spec = strtok_r(copy, " ", &save); spec;
	     spec = strtok_r(NULL, " ", &save))
		ss_policy_inject(policy, spec, "-e", &problems);
	free(copy);
	ss_policy_finish(policy, &problems);
	no_problems(&problems);
}

static inline void read_text(struct ss_policy *policy, const char *name,
			     const char *text, struct ss_problems *problems)
{
	ss_policy_read(policy, name, text, strlen(text), problems);
}

/* A policy of one file, "f". */
static inline void from_text(struct ss_policy *policy, const char *text)
{
	struct ss_problems problems = { 0 };

	ss_policy_init(policy);
	read_text(policy, "f", text, &problems);
	ss_policy_finish(policy, &problems);
	no_problems(&problems);
}

/* What is said about a file, "f"; the caller frees it. */
static inline char *complaints(const char *text, size_t length)
{
	struct ss_problems problems = { 0 };
	struct ss_policy policy;
	char *said;

	ss_policy_init(&policy);
	ss_policy_read(&policy, "f", text, length, &problems);
	ss_policy_finish(&policy, &problems);
	said = problems_text(&problems);
	ss_problems_release(&problems);
	ss_policy_release(&policy);
	return said;
}

#endif
