/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/descriptors: slots and the files they hold, names of
 * files first seen, copies in flight.
 */
#include "model/descriptors.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>

#include "world.h"

static struct ss_path *parent, *child;
static struct ss_file_table table;

static void setup(void)
{
	parent = ss_path_new(NULL, 1);
	child = ss_path_new(parent, 1);
	table = (struct ss_file_table){ 0 };
}

static void teardown(void)
{
	ck_assert_uint_eq(table.count, 0);
	ck_assert_uint_eq(child->refs, 1);
	ss_path_put(child);
	ck_assert_uint_eq(parent->refs, 1);
	ss_path_put(parent);
}

/* A file first seen in this slot. */
static struct ss_file *discover(struct ss_files *files, int fd)
{
	static const struct ss_place nowhere = { 0 };
	struct ss_hint hint = { .dev = 1, .ino = 1 };
	struct ss_file_label label;
	struct ss_file *file;

	ss_slot_label(files, fd, &label);
	file = ss_file_new(&table, &hint, &label, &nowhere);
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(ss_slot_set(files, fd, file), 0);
	return file;
}

static void is_called(const struct ss_file *file, const char *name)
{
	char buffer[96];

	ck_assert_str_eq(ss_file_print(file, buffer, sizeof(buffer)), name);
}

static size_t holders(const struct ss_file *file)
{
	uintptr_t holder;
	size_t n = 0;

	for (holder = file->holders; holder; holder = ss_holder_next(holder))
		n++;
	return n;
}

START_TEST(slots_hold_files)
{
	struct ss_files *files;
	struct ss_file *file, *other;

	setup();
	files = ss_files_new(&table, parent, 1);
	ck_assert_int_eq(ss_slot_next(files, -1), -1);
	ck_assert_ptr_null(ss_slot_file(files, 3));
	file = discover(files, 3);
	ck_assert_ptr_eq(ss_slot_file(files, 3), file);
	/* dup */
	ck_assert_int_eq(ss_slot_set(files, INT_MAX, file), 0);
	ck_assert_uint_eq(holders(file), 2);
	/* The same again changes nothing. */
	ck_assert_int_eq(ss_slot_set(files, 3, file), 0);
	ck_assert_uint_eq(holders(file), 2);
	/* dup2 over it: known at once to hold another */
	other = discover(files, 4);
	ck_assert_int_eq(ss_slot_set(files, 3, other), 0);
	ck_assert_uint_eq(holders(file), 1);
	ck_assert_uint_eq(holders(other), 2);
	ss_resource_put(&files->r);
	teardown();
}
END_TEST

START_TEST(files_go_with_their_last_slot)
{
	struct ss_files *files;
	struct ss_file *file;

	setup();
	files = ss_files_new(&table, parent, 1);
	file = discover(files, 3);
	ck_assert_int_eq(ss_slot_set(files, 7, file), 0);
	ss_files_forget(files, 3, 3, NULL);
	ck_assert_uint_eq(table.count, 1);
	ck_assert_ptr_null(ss_slot_file(files, 3));
	/* The record stays, and counts. */
	ck_assert_uint_eq(ss_slot_count(files, 3), 2);
	ss_files_forget(files, 7, 7, NULL);
	ck_assert_uint_eq(table.count, 0);
	/* Unknown before: nothing is counted. */
	ss_files_forget(files, 7, 7, NULL);
	ck_assert_uint_eq(ss_slot_count(files, 7), 2);
	ss_resource_put(&files->r);
	teardown();
}
END_TEST

START_TEST(names_count_the_files_of_a_slot)
{
	struct ss_files *files;

	setup();
	files = ss_files_new(&table, parent, 1);
	is_called(discover(files, 3), "1/3#1");
	ss_files_forget(files, 3, 3, NULL);
	is_called(discover(files, 3), "1/3#2");
	is_called(discover(files, 4), "1/4#1");
	ss_resource_put(&files->r);
	teardown();
}
END_TEST

/* A record says how many files there were, and where the slot is from, whatever
   it holds. */
START_TEST(slots_remember_their_origin)
{
	struct ss_files *a, *b;
	struct ss_file *file;

	setup();
	a = ss_files_new(&table, parent, 1);
	file = discover(a, 3);
	discover(a, 5);
	/* Not the first of its number: with a file of its own, ... */
	ss_files_forget(a, 5, 5, NULL);
	discover(a, 5);
	ck_assert_uint_eq(ss_slot_count(a, 5), 2);
	/* ... another's over that, ... */
	ck_assert_int_eq(ss_slot_set(a, 5, file), 0);
	ck_assert_uint_eq(ss_slot_count(a, 5), 2);
	/* ... in a copy, ... */
	b = ss_files_copy(a, child, 1);
	ck_assert_uint_eq(ss_slot_count(b, 5), 2);
	ss_files_forget(b, 5, 5, NULL);
	ck_assert_uint_eq(ss_slot_count(b, 5), 3);
	ck_assert_uint_eq(ss_slot_count(a, 5), 2);
	/* ... and another's after it was forgotten. */
	ck_assert_int_eq(ss_slot_set(b, 5, file), 0);
	ck_assert_uint_eq(ss_slot_count(b, 5), 3);
	ss_files_forget(b, 5, 5, NULL);
	is_called(discover(b, 5), "1.1/5#4");
	ck_assert_ptr_eq(ss_slot_file(b, 5)->label.origin.path, child);
	/* What was never labelled is from the oldest table. */
	ck_assert_uint_eq(ss_slot_count(b, 6), 1);
	ss_resource_put(&a->r);
	ss_resource_put(&b->r);
	teardown();
}
END_TEST

START_TEST(holders_come_and_go_anywhere)
{
	static const int order[] = { 2, 0, 4, 1, 3 };
	struct ss_files *files;
	struct ss_file *file;
	size_t i;

	setup();
	files = ss_files_new(&table, parent, 1);
	file = discover(files, 0);
	for (i = 1; i < SS_ARRAY_SIZE(order); i++)
		ck_assert_int_eq(ss_slot_set(files, (int)i * 10, file), 0);
	for (i = 0; i < SS_ARRAY_SIZE(order); i++) {
		unsigned int fd = (unsigned int)order[i] * 10;

		ck_assert_uint_eq(holders(file), SS_ARRAY_SIZE(order) - i);
		ss_files_forget(files, fd, fd, NULL);
		if (i == 1)
			ck_assert_int_eq(ss_holder_fd(file->holders), 10);
	}
	ck_assert_uint_eq(table.count, 0);
	ss_resource_put(&files->r);
	teardown();
}
END_TEST

/* In whatever order they become known. */
START_TEST(records_are_found_by_number)
{
	static const int fds[] = { 500, INT_MAX, 3, 16, 70000, 0, 15, 17, 48 };
	static const int sorted[] = {
		0, 3, 15, 16, 17, 48, 500, 70000, INT_MAX, -1 };
	struct ss_files *files;
	struct ss_file *file[SS_ARRAY_SIZE(fds)];
	size_t i;
	int fd;

	setup();
	files = ss_files_new(&table, parent, 1);
	for (i = 0; i < SS_ARRAY_SIZE(fds); i++)
		file[i] = discover(files, fds[i]);
	for (i = 0; i < SS_ARRAY_SIZE(fds); i++)
		ck_assert_ptr_eq(ss_slot_file(files, fds[i]), file[i]);
	ck_assert_ptr_null(ss_slot_file(files, 1));
	ck_assert_ptr_null(ss_slot_file(files, 32));
	ck_assert_ptr_null(ss_slot_file(files, INT_MAX - 16));
	fd = -1;
	for (i = 0; i < SS_ARRAY_SIZE(sorted); i++) {
		fd = ss_slot_next(files, fd);
		ck_assert_int_eq(fd, sorted[i]);
	}
	ss_resource_put(&files->r);
	teardown();
}
END_TEST

/* Whichever of several heirs is asked first: the origin is the same, the
   place where it was seen breaks the tie. */
START_TEST(copies_keep_the_origin)
{
	struct ss_files *a, *b, *grandchild;
	struct ss_file *in_a, *in_b, *in_g;

	setup();
	a = ss_files_new(&table, parent, 1);
	b = ss_files_copy(a, child, 1);
	grandchild = ss_files_copy(b, child, 2);
	in_g = discover(grandchild, 5);
	in_b = discover(b, 5);
	in_a = discover(a, 5);
	is_called(in_a, "1/5#1");
	is_called(in_b, "1.1/5#1");
	is_called(in_g, "1.1~2/5#1");
	ck_assert_ptr_eq(in_g->label.origin.path, parent);
	ck_assert_int_eq(ss_file_compare(in_a, in_b), -1);
	ck_assert_int_eq(ss_file_compare(in_b, in_g), -1);
	/* A later inherited slot still comes after all of them. */
	ck_assert_int_eq(ss_file_compare(in_g, discover(a, 6)), -1);
	/* What a copy gets anew is its own. */
	ss_files_forget(b, 5, 5, NULL);
	ck_assert_ptr_eq(discover(b, 5)->label.origin.path, child);
	ss_resource_put(&grandchild->r);
	ss_resource_put(&a->r);
	ss_resource_put(&b->r);
	teardown();
}
END_TEST

START_TEST(copies_hold_the_same_files)
{
	struct ss_files *a, *b;
	struct ss_file *file;

	setup();
	a = ss_files_new(&table, parent, 1);
	file = discover(a, 3);
	discover(a, 4);
	ss_files_forget(a, 4, 4, NULL);
	b = ss_files_copy(a, child, 1);
	ck_assert_ptr_eq(ss_slot_file(b, 3), file);
	ck_assert_uint_eq(holders(file), 2);
	ck_assert_ptr_null(ss_slot_file(b, 4));
	/* The slot had one file before it was copied. */
	is_called(discover(b, 4), "1.1/4#2");
	ss_resource_put(&a->r);
	ck_assert_ptr_eq(ss_slot_file(b, 3), file);
	ck_assert_uint_eq(holders(file), 1);
	ss_resource_put(&b->r);
	teardown();
}
END_TEST

/* Ranges, short and long, and their limits. */
START_TEST(forgetting_ranges)
{
	static const struct {
		unsigned int first, last;
		int left[6];	/* of 0, 1, 5, 900, INT_MAX; -1 ends */
	} cases[] = {
		{ 1, 1, { 0, 5, 900, INT_MAX, -1 } },
		{ 2, 4, { 0, 1, 5, 900, INT_MAX, -1 } },
		{ 0, UINT_MAX, { -1 } },
		{ 5, UINT_MAX, { 0, 1, -1 } },
		{ INT_MAX, UINT_MAX, { 0, 1, 5, 900, -1 } },
		{ 1, 899, { 0, 900, INT_MAX, -1 } },
		{ 900, 900, { 0, 1, 5, INT_MAX, -1 } },
		{ 7, 6, { 0, 1, 5, 900, INT_MAX, -1 } },
		{ UINT_MAX, UINT_MAX, { 0, 1, 5, 900, INT_MAX, -1 } },
		{ (unsigned int)INT_MAX + 1, UINT_MAX,
		  { 0, 1, 5, 900, INT_MAX, -1 } },
	};
	static const int fds[] = { 0, 1, 5, 900, INT_MAX };
	size_t i, j;

	for (i = 0; i < SS_ARRAY_SIZE(cases); i++) {
		const int *left = cases[i].left;
		struct ss_files *files;

		setup();
		files = ss_files_new(&table, parent, 1);
		for (j = 0; j < SS_ARRAY_SIZE(fds); j++)
			discover(files, fds[j]);
		ss_files_forget(files, cases[i].first, cases[i].last, NULL);
		for (j = 0; j < SS_ARRAY_SIZE(fds); j++) {
			bool stays = *left == fds[j];

			ck_assert_msg(!!ss_slot_file(files, fds[j]) == stays,
				      "case %zu, slot %d", i, fds[j]);
			left += stays;
		}
		ss_resource_put(&files->r);
		teardown();
	}
}
END_TEST

START_TEST(copies_in_flight_are_emptied_too)
{
	struct ss_files *from, *to, *beyond;
	struct ss_copy one = { 0 }, two = { 0 };

	setup();
	from = ss_files_new(&table, parent, 1);
	discover(from, 3);
	discover(from, 4);
	discover(from, 5);
	to = ss_files_copy(from, child, 1);
	ss_copy_start(&one, from, to);
	beyond = ss_files_copy(to, child, 2);
	ss_copy_start(&two, to, beyond);
	ss_files_forget(from, 3, 3, NULL);
	ck_assert_ptr_null(ss_slot_file(from, 3));
	ck_assert_ptr_null(ss_slot_file(to, 3));
	ck_assert_ptr_null(ss_slot_file(beyond, 3));
	/* The caller's own copy was made before or after, not meanwhile. */
	ss_files_forget(from, 4, 4, &one);
	ck_assert_ptr_null(ss_slot_file(from, 4));
	ck_assert_ptr_nonnull(ss_slot_file(to, 4));
	ck_assert_ptr_nonnull(ss_slot_file(beyond, 4));
	/* Landed. */
	ss_copy_end(&one);
	ss_files_forget(from, 5, 5, NULL);
	ck_assert_ptr_nonnull(ss_slot_file(to, 5));
	ss_copy_end(&one);
	/* The copy is never emptied into its original. */
	ss_files_forget(beyond, 5, 5, NULL);
	ck_assert_ptr_nonnull(ss_slot_file(to, 5));
	/* An original that goes ends its copies. */
	ss_resource_put(&to->r);
	ck_assert_ptr_null(two.from);
	ss_resource_put(&beyond->r);
	ss_resource_put(&from->r);
	teardown();
}
END_TEST

/* The parent's copies one after the other; a second start moves it. */
START_TEST(a_copy_can_start_again)
{
	struct ss_files *a, *b, *to;
	struct ss_copy copy = { 0 };

	setup();
	a = ss_files_new(&table, parent, 1);
	b = ss_files_new(&table, parent, 2);
	to = ss_files_copy(a, child, 1);
	discover(a, 3);
	discover(to, 3);
	ss_copy_start(&copy, a, to);
	ss_copy_start(&copy, b, to);
	ck_assert_ptr_null(a->copies);
	ck_assert_ptr_eq(b->copies, &copy);
	ss_files_forget(a, 3, 3, NULL);
	ck_assert_ptr_nonnull(ss_slot_file(to, 3));
	ss_copy_end(&copy);
	ck_assert_ptr_null(b->copies);
	ss_resource_put(&a->r);
	ss_resource_put(&b->r);
	ss_resource_put(&to->r);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		slots_hold_files, files_go_with_their_last_slot,
		names_count_the_files_of_a_slot, slots_remember_their_origin,
		holders_come_and_go_anywhere, records_are_found_by_number,
		copies_keep_the_origin,
		copies_hold_the_same_files, forgetting_ranges,
		copies_in_flight_are_emptied_too, a_copy_can_start_again, NULL,
	};

	return run_tests("model/descriptors", tests);
}
