/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of base/numbers.
 */
#include "base/numbers.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>

#include "world.h"

#define MANY	1000

/* How many there are, each of which is found. */
static unsigned int walk(const struct ss_numbers *table)
{
	const struct ss_numbered *element = NULL;
	unsigned int n = 0;

	while ((element = ss_numbers_next(table, element))) {
		ck_assert_ptr_eq(ss_numbers_find(table, element->number),
				 element);
		n++;
	}
	ck_assert_uint_eq(n, table->count);
	return n;
}

START_TEST(an_empty_table)
{
	struct ss_numbers table = { 0 };

	ck_assert_ptr_null(ss_numbers_find(&table, 0));
	ck_assert_ptr_null(ss_numbers_next(&table, NULL));
	ss_numbers_release(&table);
}
END_TEST

START_TEST(many_come_and_go)
{
	static struct ss_numbered elements[MANY];
	struct ss_numbers table = { 0 };
	int i;

	for (i = 0; i < MANY; i++) {
		ss_numbers_add(&table, &elements[i], i * 7);
		ck_assert_uint_eq(walk(&table), (unsigned int)i + 1);
	}
	ck_assert_ptr_null(ss_numbers_find(&table, 1));
	ck_assert_ptr_null(ss_numbers_find(&table, MANY * 7));
	ck_assert_uint_ge(table.size, MANY);
	for (i = 0; i < MANY; i += 2)
		ss_numbers_remove(&table, &elements[i]);
	ck_assert_uint_eq(walk(&table), MANY / 2);
	ck_assert_ptr_null(ss_numbers_find(&table, 0));
	ck_assert_ptr_eq(ss_numbers_find(&table, 7), &elements[1]);
	/* Under another number. */
	ss_numbers_add(&table, &elements[0], INT_MAX);
	ck_assert_ptr_eq(ss_numbers_find(&table, INT_MAX), &elements[0]);
	ck_assert_uint_eq(walk(&table), MANY / 2 + 1);
	ss_numbers_release(&table);
}
END_TEST

/* All in one bucket, where they are told apart. */
START_TEST(alike_in_their_lowest_bits)
{
	static struct ss_numbered elements[64];
	struct ss_numbers table = { 0 };
	int i;

	for (i = 0; i < 64; i++)
		ss_numbers_add(&table, &elements[i], i << 20);
	ck_assert_uint_eq(walk(&table), 64);
	for (i = 63; i >= 0; i -= 3)
		ss_numbers_remove(&table, &elements[i]);
	ck_assert_uint_eq(walk(&table), 42);
	ss_numbers_release(&table);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_empty_table, many_come_and_go, alike_in_their_lowest_bits,
		NULL,
	};

	return run_tests("base/numbers", tests);
}
