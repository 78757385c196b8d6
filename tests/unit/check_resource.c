/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/resource: counting, order, names.
 */
#include "model/resource.h"

#include <check.h>
#include <stdlib.h>

#include "world.h"

static struct ss_path *root, *child;

static void make_paths(void)
{
	root = ss_path_new(NULL, 1);
	child = ss_path_new(root, 2);
	ck_assert(root && child);
}

static void put_paths(void)
{
	ss_path_put(child);
	/* The last one: nobody forgot a reference. */
	ck_assert_uint_eq(root->refs, 1);
	ss_path_put(root);
}

START_TEST(references_are_counted)
{
	enum ss_kind kind;

	make_paths();
	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		struct ss_resource *r;

		if (kind == SS_KIND_FILES)
			continue;
		r = ss_resource_new(kind, child, 1);
		ck_assert_ptr_nonnull(r);
		ck_assert_uint_eq(r->kind, kind);
		ck_assert_uint_eq(r->refs, 1);
		ck_assert_uint_eq(child->refs, 2);
		ck_assert_ptr_eq(ss_resource_get(r), r);
		ss_resource_put(r);
		ck_assert_uint_eq(r->refs, 1);
		ss_resource_put(r);
		ck_assert_uint_eq(child->refs, 1);
	}
	ck_assert_ptr_null(ss_resource_get(NULL));
	ss_resource_put(NULL);
	put_paths();
}
END_TEST

START_TEST(what_is_larger_is_empty_at_first)
{
	struct ss_mm *mm;
	struct ss_ioc *ioc;

	make_paths();
	mm = (struct ss_mm *)ss_resource_new(SS_KIND_MM, root, 1);
	ioc = (struct ss_ioc *)ss_resource_new(SS_KIND_IO, root, 1);
	ck_assert_uint_eq(mm->at_random, 0);
	ck_assert_uint_eq(mm->dumpable, SS_DUMPABLE_UNKNOWN);
	ck_assert_int_eq(ioc->io_class, 0);
	mm->userns = 1;
	ioc->io_class = 3;
	ss_resource_put(&mm->r);
	ss_resource_put(&ioc->r);
	put_paths();
}
END_TEST

START_TEST(nothing_is_smaller_than_all)
{
	struct ss_resource *r;

	make_paths();
	r = ss_resource_new(SS_KIND_IO, root, 1);
	ck_assert_int_eq(ss_resource_compare(NULL, NULL), 0);
	ck_assert_int_eq(ss_resource_compare(NULL, r), -1);
	ck_assert_int_eq(ss_resource_compare(r, NULL), 1);
	ck_assert_int_eq(ss_resource_compare(r, r), 0);
	ss_resource_put(r);
	put_paths();
}
END_TEST

START_TEST(order_is_by_path_then_serial)
{
	struct ss_resource *r[4];
	size_t i, j;

	make_paths();
	r[0] = ss_resource_new(SS_KIND_FS, root, 1);
	r[1] = ss_resource_new(SS_KIND_FS, root, 2);
	r[2] = ss_resource_new(SS_KIND_FS, root, 10);
	r[3] = ss_resource_new(SS_KIND_FS, child, 1);
	for (i = 0; i < SS_ARRAY_SIZE(r); i++) {
		for (j = 0; j < SS_ARRAY_SIZE(r); j++)
			ck_assert_int_eq(ss_resource_compare(r[i], r[j]),
					 SS_ORDER(i, j));
	}
	for (i = 0; i < SS_ARRAY_SIZE(r); i++)
		ss_resource_put(r[i]);
	put_paths();
}
END_TEST

START_TEST(printing)
{
	struct ss_resource *first, *third;
	char buffer[64];

	make_paths();
	first = ss_resource_new(SS_KIND_FS, child, 1);
	third = ss_resource_new(SS_KIND_FS, child, 3);
	ck_assert_str_eq(ss_resource_print(NULL, buffer, sizeof(buffer)), "-");
	ck_assert_str_eq(ss_resource_print(first, buffer, sizeof(buffer)),
			 "1.2");
	ck_assert_str_eq(ss_resource_print(third, buffer, sizeof(buffer)),
			 "1.2~3");
	ss_resource_put(first);
	ss_resource_put(third);
	put_paths();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		references_are_counted, what_is_larger_is_empty_at_first,
		nothing_is_smaller_than_all, order_is_by_path_then_serial,
		printing, NULL,
	};

	return run_tests("model/resource", tests);
}
