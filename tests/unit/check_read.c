/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of policy/read and policy/glob: values, and the same printed.
 */
#include "policy/read.h"

#include <check.h>
#include <errno.h>
#include <signal.h>

#include "policy/glob.h"
#include "world.h"

static struct ss_cursor cursor(const char *text)
{
	return ss_cursor_of(text, strlen(text));
}

START_TEST(plain_numbers)
{
	uint64_t n = 99;

	ck_assert_int_eq(ss_read_number(cursor("0"), 0, 5, &n), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(ss_read_number(cursor("5"), 0, 5, &n), 0);
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(ss_read_number(cursor("6"), 0, 5, &n), -ERANGE);
	ck_assert_int_eq(ss_read_number(cursor("0"), 1, 5, &n), -ERANGE);
	ck_assert_int_eq(ss_read_number(cursor("18446744073709551616"), 0,
					UINT64_MAX, &n), -ERANGE);
	ck_assert_int_eq(ss_read_number(cursor(""), 0, 5, &n), -EINVAL);
	ck_assert_int_eq(ss_read_number(cursor("-1"), 0, 5, &n), -EINVAL);
	ck_assert_int_eq(ss_read_number(cursor("1 "), 0, 5, &n), -EINVAL);
	ck_assert_int_eq(ss_read_number(cursor("0x1"), 0, 5, &n), -EINVAL);
	ck_assert_uint_eq(n, 5);
}
END_TEST

START_TEST(types_and_relations)
{
	enum ss_relation relation = SS_RELATION_COUNT;
	unsigned int i, index = 99;

	for (i = 0; i <= SS_TYPE_INVALID; i++) {
		ck_assert_int_eq(ss_read_type(cursor(ss_type_index_name(i)),
					      &index), 0);
		ck_assert_uint_eq(index, i);
	}
	ck_assert_int_eq(ss_read_type(cursor("KCMP_EPOLL_TFD"), &index), 0);
	ck_assert_uint_eq(index, SS_TYPE_EPOLL_TFD);
	ck_assert_int_eq(ss_read_type(cursor("file"), &index), -EINVAL);
	ck_assert_int_eq(ss_read_type(cursor("FILESX"), &index), -EINVAL);
	ck_assert_int_eq(ss_read_type(cursor(""), &index), -EINVAL);
	for (i = 0; i < SS_RELATION_COUNT; i++) {
		ck_assert_int_eq(ss_read_relation(
				cursor(ss_relation_name(i)), &relation), 0);
		ck_assert_uint_eq(relation, i);
	}
	ck_assert_int_eq(ss_read_relation(cursor("Self"), &relation),
			 -EINVAL);
	ck_assert_uint_eq(ss_type_index(-1), SS_TYPE_INVALID);
	ck_assert_uint_eq(ss_type_index(8), SS_TYPE_INVALID);
	ck_assert_uint_eq(ss_type_index(7), SS_TYPE_EPOLL_TFD);
}
END_TEST

START_TEST(labels)
{
	unsigned int numbers[SS_TASK_NUMBERS] = { 0 }, count = 0, i;
	ss_cleanup_text struct ss_text deep = { 0 };

	ck_assert_int_eq(ss_read_label(cursor("1"), numbers, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(ss_read_label(cursor("1.2.4294967295"), numbers,
				       &count), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(numbers[1], 2);
	ck_assert_uint_eq(numbers[2], UINT32_MAX);
	ck_assert_int_eq(ss_read_label(cursor("2"), numbers, &count),
			 -ERANGE);
	ck_assert_int_eq(ss_read_label(cursor("1.0"), numbers, &count),
			 -ERANGE);
	ck_assert_int_eq(ss_read_label(cursor("1."), numbers, &count),
			 -EINVAL);
	ck_assert_int_eq(ss_read_label(cursor("1.2...7"), numbers, &count),
			 -EINVAL);
	ss_text_add_string(&deep, "1");
	for (i = 1; i < SS_TASK_NUMBERS; i++)
		ss_text_add_string(&deep, ".2");
	ck_assert_int_eq(ss_read_label(cursor(deep.data), numbers, &count), 0);
	ck_assert_uint_eq(count, SS_TASK_NUMBERS);
	ss_text_add_string(&deep, ".2");
	ck_assert_int_eq(ss_read_label(cursor(deep.data), numbers, &count),
			 -ERANGE);
}
END_TEST

/* A text, the same printed, and what it means. */
START_TEST(when)
{
	static const struct {
		const char *text, *printed;
		uint64_t first, last, step;
	} good[] = {
		{ "1", "1", 1, 1, 1 },
		{ "3", "3", 3, 3, 1 },
		{ "1+", "1+", 1, SS_WHEN_NO_END, 1 },
		{ "3+", "3+", 3, SS_WHEN_NO_END, 1 },
		{ "3+1", "3+", 3, SS_WHEN_NO_END, 1 },
		{ "3+3", "3+3", 3, SS_WHEN_NO_END, 3 },
		{ "2..5", "2..5", 2, 5, 1 },
		{ "2..5+", "2..5", 2, 5, 1 },
		{ "2..9+3", "2..9+3", 2, 9, 3 },
		{ "2..2", "2", 2, 2, 1 },
		{ "2..2+4", "2", 2, 2, 4 },
		{ "2..4294967295", "2..4294967295", 2, UINT32_MAX, 1 },
		{ "4294967295", "4294967295", UINT32_MAX, UINT32_MAX, 1 },
		{ "4294967295+", "4294967295+", UINT32_MAX, SS_WHEN_NO_END,
		  1 },
	};
	static const char *const bad[] = {
		"", "x", "+", "+3", "1..", "..3", "1..2..3", "1+2+3", "-1",
		"1 + 2", "1+2..3", "1...3",
	};
	static const char *const outside[] = {
		"0", "0+", "3..2", "1+0", "4294967296", "1..4294967296",
	};
	struct ss_when w = { 0 };
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(good); i++) {
		ss_cleanup_text struct ss_text text = { 0 };

		ck_assert_int_eq(ss_read_when(cursor(good[i].text), &w), 0);
		ck_assert_uint_eq(w.first, good[i].first);
		ck_assert_uint_eq(w.last, good[i].last);
		ck_assert_uint_eq(w.step, good[i].step);
		ss_print_when(&w, &text);
		ck_assert_str_eq(ss_text_string(&text), good[i].printed);
	}
	for (i = 0; i < SS_ARRAY_SIZE(bad); i++)
		ck_assert_msg(ss_read_when(cursor(bad[i]), &w) == -EINVAL,
			      "%s", bad[i]);
	for (i = 0; i < SS_ARRAY_SIZE(outside); i++)
		ck_assert_msg(ss_read_when(cursor(outside[i]), &w) == -ERANGE,
			      "%s", outside[i]);
}
END_TEST

START_TEST(chance)
{
	static const struct {
		const char *text, *printed;
		int result;
		uint32_t chance;
	} rows[] = {
		{ "1", "1", 0, SS_CHANCE_ONE },
		{ "1.0", "1", 0, SS_CHANCE_ONE },
		{ "100%", "1", 0, SS_CHANCE_ONE },
		{ "0.25", "0.25", 0, 250000000 },
		{ "25%", "0.25", 0, 250000000 },
		{ "0.5%", "0.005", 0, 5000000 },
		{ "0.000000001", "0.000000001", 0, 1 },
		{ "0.0000001%", "0.000000001", 0, 1 },
		{ "0", NULL, -ERANGE, 0 },
		{ "0%", NULL, -ERANGE, 0 },
		{ "1.1", NULL, -ERANGE, 0 },
		{ "101%", NULL, -ERANGE, 0 },
		{ "0.0000000001", NULL, -ERANGE, 0 },
		{ "18446744073709551615", NULL, -ERANGE, 0 },
		{ ".5", NULL, -EINVAL, 0 },
		{ "0.", NULL, -EINVAL, 0 },
		{ "%", NULL, -EINVAL, 0 },
		{ "", NULL, -EINVAL, 0 },
		{ "0.5x", NULL, -EINVAL, 0 },
		{ "-0.5", NULL, -EINVAL, 0 },
		{ "1e-3", NULL, -EINVAL, 0 },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(rows); i++) {
		ss_cleanup_text struct ss_text text = { 0 };
		uint32_t got = 7;
		int r = ss_read_chance(cursor(rows[i].text), &got);

		ck_assert_msg(r == rows[i].result, "%s: %d", rows[i].text, r);
		if (r) {
			ck_assert_uint_eq(got, 7);
			continue;
		}
		ck_assert_uint_eq(got, rows[i].chance);
		ss_print_chance(got, &text);
		ck_assert_str_eq(ss_text_string(&text), rows[i].printed);
	}
}
END_TEST

START_TEST(times)
{
	static const struct {
		const char *text, *printed;
		int result;
		uint64_t ns;
	} rows[] = {
		{ "0", "0s", 0, 0 },
		{ "1", "1us", 0, 1000 },
		{ "1500", "1500us", 0, 1500000 },
		{ "2000", "2ms", 0, 2000000 },
		{ "1.5", "1500ns", 0, 1500 },
		{ "10us", "10us", 0, 10000 },
		{ "5ms", "5ms", 0, 5000000 },
		{ "1.5s", "1500ms", 0, 1500000000 },
		{ "7ns", "7ns", 0, 7 },
		{ "86400s", "86400s", 0, SS_DELAY_MAX },
		{ "86401s", NULL, -ERANGE, 0 },
		{ "1.5ns", NULL, -ERANGE, 0 },
		{ "99999999999999999999s", NULL, -ERANGE, 0 },
		{ "", NULL, -EINVAL, 0 },
		{ "s", NULL, -EINVAL, 0 },
		{ "1m", NULL, -EINVAL, 0 },
		{ "1 s", NULL, -EINVAL, 0 },
		{ "1.s", NULL, -EINVAL, 0 },
		{ "-1s", NULL, -EINVAL, 0 },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(rows); i++) {
		ss_cleanup_text struct ss_text text = { 0 };
		uint64_t got = 7;
		int r = ss_read_time(cursor(rows[i].text), SS_DELAY_MAX, &got);

		ck_assert_msg(r == rows[i].result, "%s: %d", rows[i].text, r);
		if (r) {
			ck_assert_uint_eq(got, 7);
			continue;
		}
		ck_assert_uint_eq(got, rows[i].ns);
		ss_print_time(got, &text);
		ck_assert_str_eq(ss_text_string(&text), rows[i].printed);
	}
}
END_TEST

START_TEST(errors_and_signals)
{
	ss_cleanup_text struct ss_text text = { 0 };
	char buffer[16];
	int n = 0;

	ck_assert_int_eq(ss_read_errno(cursor("EPERM"), &n), 0);
	ck_assert_int_eq(n, EPERM);
	ck_assert_int_eq(ss_read_errno(cursor("EWOULDBLOCK"), &n), 0);
	ck_assert_int_eq(n, EAGAIN);
	ck_assert_int_eq(ss_read_errno(cursor("ENOTSUP"), &n), 0);
	ck_assert_int_eq(n, EOPNOTSUPP);
	ck_assert_int_eq(ss_read_errno(cursor("EDEADLOCK"), &n), 0);
	ck_assert_int_eq(n, EDEADLK);
	ck_assert_int_eq(ss_read_errno(cursor("ENOTHING"), &n), -EINVAL);
	ck_assert_int_eq(ss_read_errno(cursor("1"), &n), -EINVAL);
	ck_assert_int_eq(ss_read_errno(cursor(""), &n), -EINVAL);
	ck_assert_int_eq(ss_read_errno(cursor("EPERMX"), &n), -EINVAL);
	ck_assert_str_eq(ss_errno_name(ENOMEM, buffer), "ENOMEM");
	ck_assert_str_eq(ss_errno_name(4000, buffer), "4000");

	ck_assert_int_eq(ss_read_signal(cursor("SIGUSR1"), &n), 0);
	ck_assert_int_eq(n, SIGUSR1);
	ck_assert_int_eq(ss_read_signal(cursor("KILL"), &n), 0);
	ck_assert_int_eq(n, SIGKILL);
	ck_assert_int_eq(ss_read_signal(cursor("40"), &n), 0);
	ck_assert_int_eq(n, 40);
	ss_print_signal(n, &text);
	ss_print_signal(SIGTERM, &text);
	ck_assert_str_eq(ss_text_string(&text), "40SIGTERM");
	ck_assert_int_eq(ss_read_signal(cursor("0"), &n), -ERANGE);
	ck_assert_int_eq(ss_read_signal(cursor("65"), &n), -ERANGE);
	ck_assert_int_eq(ss_read_signal(cursor("SIG"), &n), -EINVAL);
	ck_assert_int_eq(ss_read_signal(cursor("usr1"), &n), -EINVAL);
}
END_TEST

START_TEST(printable)
{
	static const char *const bad[] = {
		"\n", "a\tb", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xff",
		"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xef\xbf\xbe",
		"\xf4\x90\x80\x80", "\xc3", "\xe2\x82", "\x80", "a\xef\xbb\xbf",
	};
	ss_cleanup_text struct ss_text text = { 0 };
	size_t i;

	ck_assert(ss_is_printable(cursor("")));
	ck_assert(ss_is_printable(cursor("plain \"text\" \\")));
	ck_assert(ss_is_printable(cursor("\xc3\xa9\xe2\x82\xac"
					 "\xf0\x9f\x98\x80")));
	for (i = 0; i < SS_ARRAY_SIZE(bad); i++)
		ck_assert_msg(!ss_is_printable(cursor(bad[i])), "%zu", i);
	ck_assert(!ss_is_printable(ss_cursor_of("\0", 1)));
	ss_print_quoted("a \"b\" \\ c", &text);
	ck_assert_str_eq(ss_text_string(&text), "\"a \\\"b\\\" \\\\ c\"");
}
END_TEST

START_TEST(globs)
{
	static char pattern[2048], name[4096];
	size_t i;

	ck_assert(ss_glob_matches("", ""));
	ck_assert(!ss_glob_matches("", "a"));
	ck_assert(ss_glob_matches("*", ""));
	ck_assert(ss_glob_matches("*", "abc"));
	ck_assert(ss_glob_matches("a*c", "abbc"));
	ck_assert(!ss_glob_matches("a*c", "abbcd"));
	ck_assert(ss_glob_matches("a*b*c", "a.b.b.c"));
	ck_assert(ss_glob_matches("*ab", "aab"));
	ck_assert(ss_glob_matches("a?c", "abc"));
	ck_assert(!ss_glob_matches("a?c", "ac"));
	ck_assert(!ss_glob_matches("?", ""));
	ck_assert(ss_glob_matches("a***", "a"));
	ck_assert(ss_glob_matches("[a]", "[a]"));
	ck_assert(ss_glob_matches_path("chrom*", "/usr/bin/chromium"));
	ck_assert(!ss_glob_matches_path("bin", "/usr/bin/chromium"));
	ck_assert(ss_glob_matches_path("/usr/*", "/usr/bin/chromium"));
	ck_assert(ss_glob_matches_path("*/chromium", "/usr/bin/chromium"));
	ck_assert(!ss_glob_matches_path("bin/*", "/usr/bin/chromium"));
	ck_assert(ss_glob_matches_path("x", "x"));
	/* No program makes it take for ever. */
	for (i = 0; i + 2 < sizeof(pattern); i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	pattern[i] = 'b';
	memset(name, 'a', sizeof(name) - 1);
	ck_assert(!ss_glob_matches(pattern, name));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		plain_numbers, types_and_relations, labels, when, chance, times,
		errors_and_signals, printable, globs, NULL,
	};

	return run_tests("policy values", tests);
}
