/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/openfile: the search trees keep the order in which a
 * comparator built them, labels are ordered, long chains are let go.
 */
#include "model/openfile.h"

#include <check.h>
#include <stdlib.h>

#include "model/epoll.h"
#include "world.h"

#define FILES	2000
#define CHAIN	100000

static struct ss_path *path;
static struct ss_file_table table;

static struct ss_file_label label_of(int fd, unsigned int count)
{
	return (struct ss_file_label){
		.origin = { .path = ss_path_get(path), .serial = 1,
			    .count = count },
		.fd = fd,
		.seen = ss_path_get(path),
		.seen_serial = 1,
	};
}

static struct ss_file *add(uint64_t ino, int fd, struct ss_place place)
{
	struct ss_file_label label = label_of(fd, 1);
	struct ss_hint hint = { .dev = 1, .ino = ino };
	struct ss_file *file = ss_file_new(&table, &hint, &label, &place);

	ck_assert_ptr_nonnull(file);
	/* The references were taken over. */
	ck_assert_ptr_null(label.seen);
	ck_assert_ptr_null(label.origin.path);
	return file;
}

static struct ss_file_set *set_of(uint64_t ino)
{
	struct ss_hint hint = { .dev = 1, .ino = ino };

	return ss_file_set_find(&table, &hint);
}

/* The descriptor stands for the address that a comparator would see. */
static struct ss_place search(uint64_t ino, int fd)
{
	struct ss_place place = { .known = true };
	struct ss_file_set *set = set_of(ino);
	struct ss_file *at = set ? set->root : NULL;

	while (at) {
		place.parent = at;
		place.left = fd < at->label.fd;
		at = place.left ? at->left : at->right;
	}
	return place;
}

static struct ss_file *add_by_search(uint64_t ino, int fd)
{
	return add(ino, fd, search(ino, fd));
}

static unsigned int depth_of(const struct ss_file *file)
{
	unsigned int depth = 0;

	while (file->up) {
		ck_assert_uint_le(file->up->priority, file->priority);
		file = file->up;
		depth++;
	}
	return depth;
}

/* Returns the depth of the deepest. */
static unsigned int check_order(uint64_t ino, unsigned int expected)
{
	const struct ss_file_set *set = set_of(ino);
	const struct ss_file *file, *last = NULL;
	unsigned int deepest = 0, count = 0;

	for (file = ss_file_set_first(set); file; file = ss_file_next(file)) {
		unsigned int depth = depth_of(file);

		if (last)
			ck_assert_int_lt(last->label.fd, file->label.fd);
		last = file;
		deepest = depth > deepest ? depth : deepest;
		count++;
	}
	ck_assert_uint_eq(count, expected);
	ck_assert_uint_eq(set->count, expected);
	return deepest;
}

static void setup(void)
{
	path = ss_path_new(NULL, 1);
	table = (struct ss_file_table){ 0 };
}

static void teardown(void)
{
	ck_assert_uint_eq(table.count, 0);
	ck_assert_ptr_null(table.sets);
	ck_assert_uint_eq(path->refs, 1);
	ss_path_put(path);
}

START_TEST(tree_keeps_the_order)
{
	static struct ss_file *files[FILES];
	uint32_t seed = 7;
	unsigned int i;

	setup();
	/* In ascending order: a plain tree would be a list. */
	for (i = 0; i < FILES; i++)
		files[i] = add_by_search(1, (int)i);
	ck_assert_uint_lt(check_order(1, FILES), 60);
	/* Every second goes, in no order. */
	for (i = 0; i < FILES; i += 2)
		ss_file_drop(&table, files[(i * 7919 + 1) % FILES]);
	ck_assert_uint_lt(check_order(1, FILES / 2), 60);
	for (i = 0; i < FILES / 2; i++) {
		const struct ss_file_set *set = set_of(1);
		struct ss_file *file = set->root;

		while (scramble(&seed) % 3 && (file->left || file->right))
			file = file->left ? file->left : file->right;
		ss_file_drop(&table, file);
	}
	ck_assert_ptr_null(set_of(1));
	ck_assert_uint_eq(table.peak, FILES);
	teardown();
}
END_TEST

/* Comparators that know equality only name no place; later one does. */
START_TEST(files_without_a_place)
{
	static const struct ss_place nowhere = { 0 };
	struct ss_file *a, *b, *c, *d;
	struct ss_place place;

	setup();
	a = add(1, 3, nowhere);
	ck_assert_ptr_null(ss_file_set_first(set_of(1)));
	ck_assert_ptr_eq(set_of(1)->unplaced, a);
	b = add(1, 2, nowhere);
	c = add_by_search(1, 1);
	d = add(1, 4, nowhere);
	ck_assert_uint_eq(set_of(1)->count, 4);
	ck_assert_ptr_eq(ss_file_set_first(set_of(1)), c);
	place = search(1, 2);
	ss_file_place(b, &place);
	place = search(1, 3);
	ss_file_place(a, &place);
	ck_assert_ptr_eq(set_of(1)->unplaced, d);
	ck_assert_ptr_null(d->next);
	ck_assert_ptr_eq(ss_file_next(c), b);
	ck_assert_ptr_eq(ss_file_next(b), a);
	ck_assert_ptr_null(ss_file_next(a));
	/* And back. */
	ss_file_place(b, &nowhere);
	ck_assert_ptr_eq(ss_file_next(c), a);
	ck_assert_ptr_eq(d->next, b);
	ss_file_drop(&table, c);
	ss_file_drop(&table, a);
	ck_assert_ptr_null(set_of(1)->root);
	ss_file_drop(&table, d);
	ck_assert_ptr_eq(set_of(1)->unplaced, b);
	ss_file_drop(&table, b);
	ck_assert_ptr_null(set_of(1));
	teardown();
}
END_TEST

START_TEST(sets_are_apart)
{
	struct ss_file *a, *b;

	setup();
	a = add_by_search(1, 1);
	b = add_by_search(2, 1);
	ck_assert_ptr_ne(a->set, b->set);
	ck_assert_ptr_null(set_of(3));
	ss_file_drop(&table, a);
	ck_assert_ptr_null(set_of(1));
	ck_assert_ptr_eq(set_of(2)->root, b);
	ss_file_drop(&table, b);
	teardown();
}
END_TEST

/* Field by field, the first that differs decides. */
START_TEST(labels_are_ordered)
{
	struct ss_path *later;
	struct ss_file files[7];
	size_t i, j;

	setup();
	later = ss_path_new(path, 1);
	for (i = 0; i < SS_ARRAY_SIZE(files); i++) {
		files[i].label = label_of(5, 1);
		files[i].label.seen_serial = 2;
	}
	files[0].label.seen_serial = 1;
	files[2].label.seen = later;
	files[2].label.seen_serial = 1;
	files[3].label.origin.count = 2;
	files[4].label.fd = 10;
	files[5].label.origin.serial = 2;
	files[6].label.origin.path = later;
	for (i = 0; i < SS_ARRAY_SIZE(files); i++) {
		for (j = 0; j < SS_ARRAY_SIZE(files); j++)
			ck_assert_int_eq(ss_file_compare(&files[i], &files[j]),
					 SS_ORDER(i, j));
	}
	ss_path_put(later);
	for (i = 0; i < SS_ARRAY_SIZE(files) * 2; i++)
		ss_path_put(path);
	ck_assert_uint_eq(path->refs, 1);
	teardown();
}
END_TEST

START_TEST(printing)
{
	struct ss_file *file;
	char buffer[96];

	setup();
	file = add_by_search(1, 5);
	ck_assert_str_eq(ss_file_print(file, buffer, sizeof(buffer)), "1/5#1");
	file->label.origin.count = 3;
	file->label.seen_serial = 2;
	ck_assert_str_eq(ss_file_print(file, buffer, sizeof(buffer)),
			 "1~2/5#3");
	ss_file_drop(&table, file);
	teardown();
}
END_TEST

/* Each epoll is known only to the one before; the first one goes. */
START_TEST(a_long_chain_of_epolls)
{
	struct ss_file *first, *last;
	int i;

	setup();
	first = last = add_by_search(1, 0);
	for (i = 1; i < CHAIN; i++) {
		struct ss_file *next = add_by_search((uint64_t)i + 1, i);

		ck_assert_int_eq(ss_epoll_add(&table, last, i, next,
					      0), 0);
		ck_assert_ptr_nonnull(next->watchers);
		last = next;
	}
	ck_assert_uint_eq(table.count, CHAIN);
	ss_file_drop(&table, last);
	ck_assert_uint_eq(table.count, CHAIN);
	ss_file_drop(&table, first);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		tree_keeps_the_order, files_without_a_place, sets_are_apart,
		labels_are_ordered, printing, a_long_chain_of_epolls, NULL,
	};

	return run_tests("model/openfile", tests);
}
