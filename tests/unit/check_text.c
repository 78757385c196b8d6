/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit tests of base/text. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static struct ss_cursor cursor_of(const char *string)
{
	return ss_cursor_of(string, strlen(string));
}

START_TEST(text_starts_empty)
{
	struct ss_text text = { 0 };

	ck_assert_str_eq(ss_text_string(&text), "");
	ss_text_add(&text, NULL, 0);
	ck_assert_str_eq(ss_text_string(&text), "");
	ck_assert_int_eq(text.error, 0);
	ss_text_release(&text);
	ss_text_release(&text);
	ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(text_grows)
{
	struct ss_text text = { 0 };
	int i;

	for (i = 0; i < 1000; i++)
		ss_text_printf(&text, "%03d,", i);
	ck_assert_int_eq(text.error, 0);
	ck_assert_uint_eq(text.length, 4000);
	ck_assert_uint_eq(strlen(ss_text_string(&text)), 4000);
	ck_assert_int_eq(memcmp(text.data + 4 * 517, "517,518,", 8), 0);

	ss_text_clear(&text);
	ck_assert_str_eq(ss_text_string(&text), "");
	ss_text_add_string(&text, "a");
	ss_text_add(&text, "b\0c", 3);
	ck_assert_uint_eq(text.length, 4);
	ck_assert_int_eq(memcmp(text.data, "ab\0c", 5), 0);
	ss_text_release(&text);
}
END_TEST

START_TEST(text_error_is_sticky)
{
	struct ss_text text = { 0 };

	ss_text_add_string(&text, "kept");
	ss_text_add(&text, "x", SIZE_MAX - 2);
	ck_assert_int_eq(text.error, -ENOMEM);
	ss_text_add_string(&text, "dropped");
	ss_text_printf(&text, "%d", 1);
	ss_text_add_escaped(&text, "dropped", 7, 100);
	ss_text_add_escaped(&text, "dropped", 7, 3);
	ck_assert_int_eq(text.error, -ENOMEM);
	ck_assert_str_eq(ss_text_string(&text), "kept");
	ss_text_clear(&text);
	ss_text_add_string(&text, "again");
	ck_assert_int_eq(text.error, 0);
	ck_assert_str_eq(ss_text_string(&text), "again");
	ss_text_release(&text);
}
END_TEST

static const struct {
	const char *data;
	size_t length;
	size_t limit;
	const char *want;
} escapes[] = {
	{ "", 0, 3, "" },
	{ "plain ~", 7, 7, "plain ~" },
	{ "a\nb\tc\rd", 7, 99, "a\\nb\\tc\\rd" },
	{ "\\\"'", 3, 99, "\\\\\\\"'" },
	{ "\0\x1b\x7f\x80\xff", 5, 99, "\\x00\\x1b\\x7f\\x80\\xff" },
	{ "abc", 3, 3, "abc" },
	{ "abcd", 4, 3, "..." },
	{ "abcdefgh", 8, 7, "abcd..." },
	{ "abcdefg", 7, 7, "abcdefg" },
	{ "ab\x01" "cd", 5, 8, "ab\\x01cd" },
	{ "ab\x01" "cde", 6, 8, "ab..." },
	{ "abcdef\n", 7, 7, "abcd..." },
	{ "\x01\x01", 2, 7, "\\x01..." },
};

START_TEST(text_escapes)
{
	struct ss_text text = { 0 };

	ss_text_add_string(&text, "<");
	ss_text_add_escaped(&text, escapes[_i].data, escapes[_i].length,
			    escapes[_i].limit);
	ss_text_add_string(&text, ">");
	ck_assert_int_eq(text.error, 0);
	ck_assert_uint_eq(text.length, strlen(escapes[_i].want) + 2);
	ck_assert_int_eq(memcmp(text.data + 1, escapes[_i].want,
				strlen(escapes[_i].want)), 0);
	ck_assert_uint_le(text.length - 2, escapes[_i].limit);
	ss_text_release(&text);
}
END_TEST

enum kind { U64, I64, HEX, OCT, U32, I32 };

static const struct {
	enum kind kind;
	const char *string;
	int want;
	uint64_t value;		/* as the bits of an int64_t where signed */
	size_t left;
} numbers[] = {
	{ U64, "0", 0, 0, 0 },
	{ U64, "007 ", 0, 7, 1 },
	{ U64, "18446744073709551615", 0, UINT64_MAX, 0 },
	{ U64, "18446744073709551616", -ERANGE, 0, 20 },
	{ U64, "99999999999999999999999", -ERANGE, 0, 23 },
	{ U64, "", -EINVAL, 0, 0 },
	{ U64, " 1", -EINVAL, 0, 2 },
	{ U64, "+1", -EINVAL, 0, 2 },
	{ U64, "-1", -EINVAL, 0, 2 },
	{ U64, "0x10", 0, 0, 3 },
	{ U64, "12a", 0, 12, 1 },
	{ HEX, "ff", 0, 255, 0 },
	{ HEX, "00FFg", 0, 255, 1 },
	{ HEX, "ffffffffffffffff", 0, UINT64_MAX, 0 },
	{ HEX, "10000000000000000", -ERANGE, 0, 17 },
	{ HEX, "0x1", 0, 0, 2 },
	{ HEX, "g", -EINVAL, 0, 1 },
	{ I64, "-1", 0, UINT64_MAX, 0 },
	{ I64, "-0", 0, 0, 0 },
	{ I64, "9223372036854775807", 0, INT64_MAX, 0 },
	{ I64, "9223372036854775808", -ERANGE, 0, 19 },
	{ OCT, "02100002", 0, 02100002, 0 },
	{ OCT, "78", 0, 7, 1 },
	{ OCT, "8", -EINVAL, 0, 1 },
	{ OCT, "1777777777777777777777", 0, UINT64_MAX, 0 },
	{ OCT, "2000000000000000000000", -ERANGE, 0, 22 },
	{ I64, "-9223372036854775808", 0, (uint64_t)INT64_MIN, 0 },
	{ I64, "-9223372036854775809", -ERANGE, 0, 20 },
	{ I64, "-", -EINVAL, 0, 1 },
	{ I64, "--1", -EINVAL, 0, 3 },
	{ U32, "4294967295", 0, UINT32_MAX, 0 },
	{ U32, "4294967296", -ERANGE, 0, 10 },
	{ I32, "2147483647", 0, INT32_MAX, 0 },
	{ I32, "2147483648", -ERANGE, 0, 10 },
	{ I32, "-2147483648", 0, (uint64_t)(int64_t)INT32_MIN, 0 },
	{ I32, "-2147483649", -ERANGE, 0, 11 },
};

#define UNTOUCHED	0x5a5a5a5a5a5a5a5aull

static int read_as(enum kind kind, struct ss_cursor *cursor, uint64_t *ret)
{
	uint32_t u32 = 0;
	int32_t i32 = 0;
	int64_t i64 = 0;
	int r = -ENOSYS;

	switch (kind) {
	case U64:
		return ss_cursor_read_u64(cursor, ret);
	case HEX:
		return ss_cursor_read_hex(cursor, ret);
	case OCT:
		return ss_cursor_read_octal(cursor, ret);
	case I64:
		r = ss_cursor_read_i64(cursor, &i64);
		if (r == 0)
			*ret = (uint64_t)i64;
		return r;
	case U32:
		r = ss_cursor_read_u32(cursor, &u32);
		if (r == 0)
			*ret = u32;
		return r;
	case I32:
		r = ss_cursor_read_i32(cursor, &i32);
		if (r == 0)
			*ret = (uint64_t)(int64_t)i32;
		return r;
	}
	return r;
}

START_TEST(cursor_reads_numbers)
{
	size_t length = strlen(numbers[_i].string);
	char *exact = malloc(length ? length : 1);
	struct ss_cursor cursor;
	uint64_t value = UNTOUCHED;
	int r;

	/* Without a NUL behind it: a read too far shows under a sanitizer. */
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, numbers[_i].string, length);
	cursor = ss_cursor_of(exact, length);
	r = read_as(numbers[_i].kind, &cursor, &value);
	ck_assert_int_eq(r, numbers[_i].want);
	ck_assert_uint_eq(cursor.left, numbers[_i].left);
	ck_assert_uint_eq(value, r == 0 ? numbers[_i].value : UNTOUCHED);
	ck_assert_ptr_eq(cursor.at, exact + length - numbers[_i].left);
	free(exact);
}
END_TEST

START_TEST(cursor_skips)
{
	struct ss_cursor cursor = cursor_of("Tgid:\t 12");
	uint64_t value;

	ck_assert(!ss_cursor_skip(&cursor, "Pid:"));
	ck_assert(!ss_cursor_skip(&cursor, "Tgid:\t 12 and more"));
	ck_assert_uint_eq(cursor.left, 9);
	ck_assert(ss_cursor_skip(&cursor, "Tgid:"));
	ss_cursor_skip_blanks(&cursor);
	ss_cursor_skip_blanks(&cursor);
	ck_assert_int_eq(ss_cursor_read_u64(&cursor, &value), 0);
	ck_assert_uint_eq(value, 12);
	ck_assert_uint_eq(cursor.left, 0);
	ck_assert(!ss_cursor_skip(&cursor, "x"));
	ck_assert(ss_cursor_skip(&cursor, ""));
	ss_cursor_skip_blanks(&cursor);
	ck_assert_uint_eq(cursor.left, 0);
}
END_TEST

START_TEST(cursor_reads_lines)
{
	struct ss_cursor cursor = cursor_of("one\n\nlast");
	struct ss_cursor line;

	ck_assert(ss_cursor_read_line(&cursor, &line));
	ck_assert_uint_eq(line.left, 3);
	ck_assert(ss_cursor_skip(&line, "one"));
	ck_assert(ss_cursor_read_line(&cursor, &line));
	ck_assert_uint_eq(line.left, 0);
	ck_assert(ss_cursor_read_line(&cursor, &line));
	ck_assert_uint_eq(line.left, 4);
	ck_assert(!ss_cursor_read_line(&cursor, &line));

	cursor = cursor_of("ended\n");
	ck_assert(ss_cursor_read_line(&cursor, &line));
	ck_assert_uint_eq(line.left, 5);
	ck_assert(!ss_cursor_read_line(&cursor, &line));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/text");
	TCase *tests = tcase_create("text");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, text_starts_empty);
	tcase_add_test(tests, text_grows);
	tcase_add_test(tests, text_error_is_sticky);
	tcase_add_loop_test(tests, text_escapes, 0,
			    SS_ARRAY_SIZE(escapes));
	tcase_add_loop_test(tests, cursor_reads_numbers, 0,
			    SS_ARRAY_SIZE(numbers));
	tcase_add_test(tests, cursor_skips);
	tcase_add_test(tests, cursor_reads_lines);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
