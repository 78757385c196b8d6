/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/label: the order is total, and paths live as long as
 * somebody names them.
 */
#include "model/label.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define PATHS	60
#define DEEP	200000

static struct ss_path *paths[PATHS];

/* A tree in which each path hangs below an earlier one; calls are counted
   per parent, as the model does. */
static void make_tree(uint32_t seed)
{
	unsigned int children[PATHS] = { 0 };
	size_t i;

	paths[0] = ss_path_new(NULL, 1);
	for (i = 1; i < PATHS; i++) {
		size_t parent = scramble(&seed) % i;

		paths[i] = ss_path_new(paths[parent], ++children[parent]);
		ck_assert_ptr_nonnull(paths[i]);
		ck_assert_uint_eq(paths[i]->depth, paths[parent]->depth + 1);
	}
}

static void free_tree(void)
{
	size_t i;

	for (i = 0; i < PATHS; i++) {
		ss_path_put(paths[i]);
		paths[i] = NULL;
	}
}

static const struct ss_path *any_path(uint32_t *seed)
{
	return paths[scramble(seed) % PATHS];
}

START_TEST(order_is_total)
{
	uint32_t tree, seed = 1;
	size_t i, j, k;

	for (tree = 1; tree < 20; tree++) {
		make_tree(tree);
		for (i = 0; i < PATHS; i++) {
			for (j = 0; j < PATHS; j++) {
				int order = ss_path_compare(paths[i],
							    paths[j]);

				ck_assert_int_eq(order == 0, i == j);
				ck_assert_int_eq(order, -ss_path_compare(
						paths[j], paths[i]));
			}
		}
		for (i = 0; i < PATHS * PATHS * 10; i++) {
			const struct ss_path *a = any_path(&seed);
			const struct ss_path *b = any_path(&seed);
			const struct ss_path *c = any_path(&seed);

			if (ss_path_compare(a, b) < 0 &&
			    ss_path_compare(b, c) < 0)
				ck_assert_int_lt(ss_path_compare(a, c), 0);
		}
		for (k = 1; k < PATHS; k++)
			ck_assert_int_lt(ss_path_compare(paths[k]->parent,
							 paths[k]), 0);
		free_tree();
	}
}
END_TEST

START_TEST(numbers_are_compared_as_numbers)
{
	struct ss_path *root = ss_path_new(NULL, 1);
	struct ss_path *two = ss_path_new(root, 2);
	struct ss_path *ten = ss_path_new(root, 10);
	struct ss_path *below = ss_path_new(two, 99);

	ck_assert_int_eq(ss_path_compare(two, ten), -1);
	ck_assert_int_eq(ss_path_compare(below, ten), -1);
	ck_assert_int_eq(ss_path_compare(ten, below), 1);
	ck_assert_int_eq(ss_path_compare(two, below), -1);
	ss_path_put(below);
	ss_path_put(ten);
	ss_path_put(two);
	ss_path_put(root);
}
END_TEST

/* Nobody holds the middle of the chain but its end. */
START_TEST(a_chain_lives_by_its_end)
{
	struct ss_path *path = ss_path_new(NULL, 1);
	char buffer[64];
	size_t i;

	for (i = 1; i < DEEP; i++) {
		struct ss_path *next = ss_path_new(path, 1);

		ck_assert_ptr_nonnull(next);
		ss_path_put(path);
		path = next;
	}
	ck_assert_uint_eq(path->depth, DEEP - 1);
	ck_assert_uint_eq(path->parent->refs, 1);
	ss_path_print(path, buffer, sizeof(buffer));
	ck_assert_uint_lt(strlen(buffer), sizeof(buffer));
	/* Everything at once: no recursion. */
	ss_path_put(path);
}
END_TEST

START_TEST(references_are_counted)
{
	struct ss_path *root = ss_path_new(NULL, 1);
	struct ss_path *child = ss_path_new(root, 3);

	ck_assert_uint_eq(root->refs, 2);
	ck_assert_ptr_eq(ss_path_get(child), child);
	ss_path_put(child);
	ck_assert_uint_eq(child->refs, 1);
	ss_path_put(child);
	ck_assert_uint_eq(root->refs, 1);
	ss_path_put(root);
	ss_path_put(NULL);
}
END_TEST

START_TEST(printing)
{
	struct ss_path *root = ss_path_new(NULL, 1);
	struct ss_path *a = ss_path_new(root, 2);
	struct ss_path *b = ss_path_new(a, 4294967295u);
	char buffer[64];
	char small[12];

	ck_assert_str_eq(ss_path_print(root, buffer, sizeof(buffer)), "1");
	ck_assert_str_eq(ss_path_print(a, buffer, sizeof(buffer)), "1.2");
	ck_assert_str_eq(ss_path_print(b, buffer, sizeof(buffer)),
			 "1.2.4294967295");
	/* The end of a name is what tells it from its relatives. */
	ck_assert_str_eq(ss_path_print(a, small, sizeof(small)), "1.2");
	ss_path_print(b, small, sizeof(small));
	ck_assert_uint_lt(strlen(small), sizeof(small));
	ss_path_put(b);
	ss_path_put(a);
	ss_path_put(root);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		order_is_total, numbers_are_compared_as_numbers,
		a_chain_lives_by_its_end, references_are_counted, printing,
		NULL,
	};

	return run_tests("model/label", tests);
}
