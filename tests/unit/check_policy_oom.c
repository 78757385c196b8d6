/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation of the policy fails once: then it is told that there is no
 * memory, and nothing is taken for right that is not.  (Whether something is
 * lost, a build with sanitizers tells.)  Linked with --wrap, so libyaml's own
 * allocations do not fail.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "policy.h"
#include "policy/match.h"
#include "policy/sample.h"
#include "world.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

/* Allocations until one fails; below zero: none does. */
static long countdown = -1;

static bool fails(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, n, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails() ? NULL : __real_strndup(text, size);
}

static const char good[] =
	"selfsame: 1\n"
	"default: {error: EPERM}\n"
	"rules:\n"
	"- {name: a, match: {type: [FILE], caller: '*', at: x!y}, when: 2,\n"
	"   then: {error: EIO}}\n"
	"- {match: {relation: self, task: 1.2}, chance: 1%, then: kill}\n"
	"- {match: {uid: 1}, then: {model, delay: 1s, signal: HUP}}\n"
	"- {match: {uid: 2}, then: model}\n"
	"- {match: {uid: 3}, then: model}\n"
	"- {match: {uid: 4}, then: model}\n"
	"- {match: {uid: 5}, then: model}\n"
	"- {match: {uid: 6}, then: model}\n";

static const char bad[] =
	"selfsame: 1\n"
	"rules:\n"
	"- {name: a, match: {tpye: [FILE]}, then: {error: EIOX}}\n"
	"- {match: {type: VM}, then: model}\n"
	"- {match: {type: VM}, then: model}\n"
	"- {match: {type: VM}, then: model}\n"
	"- {match: {type: VM}, then: model, walk: 1}\n"
	"- {match: {type: VM}, then: model, walk: 1}\n"
	"- {match: {type: VM}, then: model, walk: 1}\n"
	"- {match: {type: VM}, then: model, walk: 1}\n";

/* A policy from beginning to end; how it went is in *ret. */
static int read_policy(const char *text, const char *spec,
		       struct ss_text *ret)
{
	struct ss_problems problems = { 0 };
	struct ss_policy policy;
	int r;

	ss_policy_init(&policy);
	ss_policy_inject(&policy, spec, "-e", &problems);
	ss_policy_read(&policy, "f", text, strlen(text), &problems);
	ss_policy_finish(&policy, &problems);
	if (ss_problems_any(&problems))
		ss_problems_print(&problems, ret);
	else
		ss_policy_show(&policy, ret);
	r = problems.error ? problems.error : ret->error;
	ss_problems_release(&problems);
	ss_policy_release(&policy);
	return r;
}

static void fail_each(const char *text, const char *spec, long least)
{
	ss_cleanup_text struct ss_text expected = { 0 };
	long n;

	ck_assert_int_eq(read_policy(text, spec, &expected), 0);
	for (n = 0; ; n++) {
		ss_cleanup_text struct ss_text got = { 0 };
		int r;

		countdown = n;
		r = read_policy(text, spec, &got);
		if (countdown >= 0) {
			countdown = -1;
			ck_assert_int_eq(r, 0);
			ck_assert_str_eq(got.data, expected.data);
			break;
		}
		if (r != -ENOMEM)
			ck_abort_msg("allocation %ld: %d: %s", n, r,
				     ss_text_string(&got));
	}
	ck_assert_int_gt(n, least);
}

START_TEST(every_allocation)
{
	fail_each(good, "kcmp:type=VM:at=a!b:caller=x:model", 20);
	fail_each(bad, "kcmp:type=VM:model", 20);
	fail_each("selfsame: 1\n", "kcmp:type=FOO:mode", 5);
}
END_TEST

/* One call, described and decided. */
static int decide(const struct ss_policy *policy)
{
	struct ss_reason reasons[8] = { 0 };
	enum ss_fact need = SS_FACT_COUNT;
	struct ss_sample sample = { 0 };
	char message[512] = "";
	struct ss_asked call;
	int r = ss_sample_read(&sample, "type=FILE nth=3 task=1.2.3 caller=x "
			       "at=a!b,c", message, sizeof(message));

	if (!r)
		r = ss_sample_decide(&sample, policy, reasons, &call, &need);
	ss_sample_release(&sample);
	return r;
}

START_TEST(every_decision)
{
	struct ss_policy policy;
	long n = 0;
	int r;

	from_specs(&policy, "kcmp:caller=x:when=2:kill kcmp:when=9:kill "
		   "kcmp:count=process:chance=0.000000001:kill "
		   "kcmp:count=sandbox:when=7:kill");
	do {
		countdown = n++;
		r = decide(&policy);
		if (countdown < 0 && r != -ENOMEM)
			ck_abort_msg("allocation %ld: %d", n - 1, r);
	} while (countdown < 0);
	countdown = -1;
	ck_assert_int_eq(r, 1);
	ck_assert_int_gt(n, 8);
	ss_policy_release(&policy);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_allocation, every_decision, NULL,
	};

	return run_tests("policy without memory", tests);
}
