/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of report/stats: what is counted where, and quantiles against a
 * plain sort.
 */
#include "report/stats.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "world.h"

static struct ss_stats stats;

static void count(int type, int child_errno, int result)
{
	struct ss_answer a = { .child_errno = child_errno, .result = result };

	ss_stats_answer(&stats, type, &a);
}

static const char *print(struct ss_text *text)
{
	ss_text_clear(text);
	ck_assert_int_eq(ss_stats_print(&stats, text), 0);
	return ss_text_string(text);
}

/* The value of a key, or -1. */
static long long value_of(const char *lines, const char *key)
{
	size_t length = strlen(key);
	const char *at;

	for (at = lines; *at; at = strchr(at, '\n') + 1) {
		if (!strncmp(at, key, length) && at[length] == ' ')
			return strtoll(at + length + 1, NULL, 10);
	}
	return -1;
}

START_TEST(answers_by_type_and_result)
{
	ss_cleanup_text struct ss_text text = { 0 };
	const char *lines;

	stats = (struct ss_stats){ 0 };
	count(SS_TYPE_FILE, 0, 0);
	count(SS_TYPE_FILE, 0, 0);
	count(SS_TYPE_FILE, 0, 1);
	count(SS_TYPE_FILE, EBADF, 0);
	count(SS_TYPE_EPOLL_TFD, ENOENT, 0);
	count(SS_TYPE_VM, 0, 2);
	count(SS_TYPE_VM, EIO, 0);
	count(SS_TYPE_VM, 0, 3);
	count(8, EINVAL, 0);
	count(-1, EINVAL, 0);
	count(2147483647, ESRCH, 0);
	lines = print(&text);
	ck_assert_int_eq(value_of(lines, "answers"), 11);
	ck_assert_int_eq(value_of(lines, "answers.FILE.0"), 2);
	ck_assert_int_eq(value_of(lines, "answers.FILE.1"), 1);
	ck_assert_int_eq(value_of(lines, "answers.FILE.2"), -1);
	ck_assert_int_eq(value_of(lines, "answers.FILE.EBADF"), 1);
	ck_assert_int_eq(value_of(lines, "answers.EPOLL_TFD.ENOENT"), 1);
	ck_assert_int_eq(value_of(lines, "answers.VM.2"), 1);
	ck_assert_int_eq(value_of(lines, "answers.VM.other"), 2);
	ck_assert_int_eq(value_of(lines, "answers.no-type.EINVAL"), 2);
	ck_assert_int_eq(value_of(lines, "answers.no-type.ESRCH"), 1);
}
END_TEST

static const char *call_name(size_t call)
{
	static const char *const names[] = { "kcmp", "clone", "close" };

	return call < SS_ARRAY_SIZE(names) ? names[call] : NULL;
}

START_TEST(notifications_by_call)
{
	ss_cleanup_text struct ss_text text = { 0 };
	const char *lines;

	stats = (struct ss_stats){ .call_name = call_name };
	stats.calls[0] = 3;
	stats.calls[2] = 4;
	lines = print(&text);
	ck_assert_int_eq(value_of(lines, "notifications"), 7);
	ck_assert_int_eq(value_of(lines, "notifications.kcmp"), 3);
	ck_assert_int_eq(value_of(lines, "notifications.clone"), -1);
	ck_assert_int_eq(value_of(lines, "notifications.close"), 4);
}
END_TEST

/* Every counter is printed, zero too, under a key of its own. */
START_TEST(every_counter_has_a_line)
{
	static const char *const keys[] = {
#define X(member, key, what) key,
		SS_STATS_COUNTERS(X)
#undef X
	};
	ss_cleanup_text struct ss_text text = { 0 };
	const char *lines;
	uint64_t n = 100;
	size_t i;

	stats = (struct ss_stats){ 0 };
	lines = print(&text);
	for (i = 0; i < SS_ARRAY_SIZE(keys); i++)
		ck_assert_int_eq(value_of(lines, keys[i]), 0);
#define X(member, key, what) stats.member = n++;
	SS_STATS_COUNTERS(X)
#undef X
	lines = print(&text);
	for (i = 0; i < SS_ARRAY_SIZE(keys); i++)
		ck_assert_int_eq(value_of(lines, keys[i]), 100 + (int)i);
	ck_assert_int_eq(value_of(lines, "answers.median-ns"), 0);
}
END_TEST

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

START_TEST(quantiles)
{
	static uint64_t values[5000];
	static const unsigned int permilles[] = { 1, 10, 500, 900, 990, 1000 };
	struct ss_times *times = &stats.times;
	uint32_t seed = 3;
	size_t i, n;

	for (n = 1; n <= SS_ARRAY_SIZE(values); n = n * 3 + 1) {
		stats = (struct ss_stats){ 0 };
		for (i = 0; i < n; i++) {
			values[i] = (uint64_t)scramble(&seed) <<
				scramble(&seed) % 33 >> scramble(&seed) % 40;
			ss_times_add(times, values[i]);
		}
		qsort(values, n, sizeof(*values), by_value);
		for (i = 0; i < SS_ARRAY_SIZE(permilles); i++) {
			size_t rank = (n * permilles[i] + 999) / 1000;
			uint64_t exact = values[rank - 1];
			uint64_t got = ss_times_quantile(times, permilles[i]);

			ck_assert_uint_ge(got, exact);
			ck_assert_uint_le(got - exact, exact / 16);
		}
	}
}
END_TEST

START_TEST(extreme_times)
{
	struct ss_times *times = &stats.times;

	stats = (struct ss_stats){ 0 };
	ck_assert_uint_eq(ss_times_quantile(times, 500), 0);
	ss_times_add(times, 0);
	ck_assert_uint_eq(ss_times_quantile(times, 500), 0);
	ss_times_add(times, UINT64_MAX);
	ck_assert_uint_eq(ss_times_quantile(times, 500), 0);
	ck_assert_uint_eq(ss_times_quantile(times, 990), UINT64_MAX);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		answers_by_type_and_result, notifications_by_call,
		every_counter_has_a_line, quantiles, extreme_times, NULL,
	};

	return run_tests("report/stats", tests);
}
