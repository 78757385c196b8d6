/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of base/hash: an add that finds no memory leaves the table as it
 * was, whichever of its allocations it is that fails.
 */
#include <check.h>
#include <stdlib.h>

/* Allocations until one fails; below zero: none does. */
static int countdown = -1;

static void *failing_malloc(size_t size)
{
	if (countdown == 0)
		return NULL;
	if (countdown > 0)
		countdown--;
	return malloc(size);
}

#define uthash_malloc(size)	failing_malloc(size)

#include "base/hash.h"

struct number {
	int value;
	UT_hash_handle hh;
};

static int add(struct number **table, int value)
{
	struct number *number = calloc(1, sizeof(*number));

	ck_assert_ptr_nonnull(number);
	number->value = value;
	HASH_ADD_INT(*table, value, number);
	if (ss_hash_failed(number)) {
		free(number);
		return -1;
	}
	return 0;
}

static void check_table(struct number *table, int count)
{
	struct number *found;
	int i;

	ck_assert_int_eq((int)HASH_COUNT(table), count);
	for (i = 0; i < count; i++) {
		HASH_FIND_INT(table, &i, found);
		ck_assert_ptr_nonnull(found);
		ck_assert_int_eq(found->value, i);
	}
	HASH_FIND_INT(table, &count, found);
	ck_assert_ptr_null(found);
}

START_TEST(failed_add_changes_nothing)
{
	struct number *table = NULL;
	struct number *number;
	struct number *next;
	int failures = 0;
	int i;

	for (i = 0; i < 2000; i++) {
		countdown = 0;
		if (add(&table, i) < 0) {
			failures++;
			check_table(table, i);
			if (i == 0) {
				/* The table, then its buckets. */
				countdown = 1;
				ck_assert_int_lt(add(&table, i), 0);
				check_table(table, 0);
			}
			countdown = -1;
			ck_assert_int_eq(add(&table, i), 0);
		}
	}
	countdown = -1;
	/* The first add, and some that doubled the buckets. */
	ck_assert_int_ge(failures, 3);
	check_table(table, 2000);
	HASH_ITER(hh, table, number, next) {
		HASH_DEL(table, number);
		free(number);
	}
	ck_assert_ptr_null(table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/hash");
	TCase *tests = tcase_create("hash");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, failed_add_changes_nothing);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
