/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/epoll: which candidates leave no doubt.
 */
#include "model/epoll.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "world.h"

#define EPOLL		3
#define EPOLL_INO	50

static const struct ss_hint hint = { .dev = 8, .ino = 1 };
static const struct ss_hint other_hint = { .dev = 8, .ino = 2 };

static struct ss_model *model;
static struct ss_file *epoll;

static void setup(void)
{
	model = world_new();
	epoll = tell_new_file(model, ROOT, EPOLL, EPOLL_INO);
}

static void teardown(void)
{
	ss_model_free(model);
}

static void tell_add(struct ss_file *file, int tfd, struct ss_file *target)
{
	tell(model, (struct ss_event){
		.type = SS_EVENT_EPOLL_ADD, .tid = ROOT,
		.epoll = { .file = file, .tfd = tfd, .target = target } });
}

/* It is there, as one of so many that are alike. */
static void tell_seen(struct ss_file *file, int tfd, struct ss_file *target,
		      unsigned int lines)
{
	tell(model, (struct ss_event){
		.type = SS_EVENT_EPOLL_ADD,
		.epoll = { .file = file, .tfd = tfd, .target = target,
			   .lines = lines } });
}

static void tell_delete(int tfd, struct ss_file *target)
{
	tell(model, (struct ss_event){
		.type = SS_EVENT_EPOLL_DELETE, .tid = ROOT,
		.epoll = { .file = epoll, .tfd = tfd, .target = target } });
}

static struct ss_file *target(int tfd, unsigned int lines)
{
	struct ss_file *found = ss_epoll_target(&model->open, epoll, tfd,
						&hint, lines);

	verify(model);
	return found;
}

START_TEST(one_item_is_no_doubt)
{
	struct ss_file *file;

	setup();
	ck_assert_ptr_null(target(5, 1));
	file = tell_new_file(model, ROOT, 5, hint.ino);
	tell_add(epoll, 5, file);
	ck_assert_ptr_eq(target(5, 1), file);
	/* The number is that of the ADD. */
	ck_assert_ptr_null(target(6, 1));
	/* The kernel lists another file of this number as well. */
	ck_assert_ptr_null(target(5, 2));
	ck_assert_ptr_null(target(5, 0));
	ck_assert_ptr_null(ss_epoll_target(&model->open, epoll, 5,
					   &other_hint, 1));
	/* Calls restart. */
	tell_add(epoll, 5, file);
	ck_assert_ptr_eq(target(5, 1), file);
	ck_assert_ptr_eq(ss_epoll_newest(epoll, 5), file);
	ck_assert_ptr_null(ss_epoll_newest(epoll, 6));
	teardown();
}
END_TEST

START_TEST(items_outlive_their_numbers)
{
	struct ss_file *file;

	setup();
	file = tell_new_file(model, ROOT, 5, hint.ino);
	tell_file(model, ROOT, 7, file);
	tell_add(epoll, 5, file);
	tell_close(model, ROOT, 5, 5);
	ck_assert_ptr_eq(target(5, 1), file);
	/* Now only the item names it. */
	tell_close(model, ROOT, 7, 7);
	ck_assert(!file->holders);
	ck_assert_ptr_eq(ss_epoll_newest(epoll, 5), file);
	/* If it has gone, what is listed is another. */
	ck_assert_ptr_null(target(5, 1));
	ck_assert_uint_eq(model->open.count, 2);
	/* With the epoll it goes. */
	tell_close(model, ROOT, EPOLL, EPOLL);
	ck_assert_uint_eq(model->open.count, 0);
	teardown();
}
END_TEST

START_TEST(two_files_of_one_number)
{
	struct ss_file *first, *second;

	setup();
	first = tell_new_file(model, ROOT, 5, hint.ino);
	tell_add(epoll, 5, first);
	tell_file(model, ROOT, 6, first);
	tell_close(model, ROOT, 5, 5);
	second = tell_new_file(model, ROOT, 5, hint.ino);
	tell_add(epoll, 5, second);
	ck_assert_ptr_eq(ss_epoll_newest(epoll, 5), second);
	/* Which of them it is has to be found out. */
	ck_assert_ptr_null(target(5, 2));
	ck_assert_ptr_null(target(5, 1));
	tell_delete(5, first);
	ck_assert_ptr_eq(target(5, 1), second);
	/* Added again. */
	tell_add(epoll, 5, first);
	ck_assert_ptr_null(target(5, 1));
	teardown();
}
END_TEST

START_TEST(deleted_items)
{
	struct ss_file *file;

	setup();
	file = tell_new_file(model, ROOT, 5, hint.ino);
	tell_delete(5, file);
	tell_add(epoll, 5, file);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	tell_seen(epoll, 5, file, 1);
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, file));
	tell_delete(5, file);
	ck_assert_ptr_null(target(5, 1));
	ck_assert_ptr_null(ss_epoll_reach(&model->open, file));
	tell_add(epoll, 5, file);
	ck_assert_ptr_eq(target(5, 1), file);
	teardown();
}
END_TEST

/* What was to be added may not be there; and then a line that is like it is
   somebody else's. */
START_TEST(only_what_was_seen_leads_to_a_file)
{
	struct ss_file *file, *other;

	setup();
	file = tell_new_file(model, ROOT, 5, hint.ino);
	other = tell_new_file(model, ROOT, 6, hint.ino);
	tell_add(epoll, 5, file);
	ck_assert_ptr_null(ss_epoll_reach(&model->open, file));
	/* Somebody is still adding something, maybe this. */
	tell_seen(epoll, 5, file, 1);
	ck_assert_ptr_null(ss_epoll_reach(&model->open, file));
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	ck_assert_ptr_null(ss_epoll_reach(&model->open, file));
	/* Two that are alike: if one of them goes, it may be this one. */
	tell_seen(epoll, 5, file, 2);
	ck_assert_ptr_null(ss_epoll_reach(&model->open, file));
	tell_seen(epoll, 5, file, 1);
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, file));
	tell_seen(epoll, 5, file, 2);
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, file));
	tell_add(epoll, 6, other);
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, file));
	tell_add(epoll, 5, other);
	ck_assert_ptr_null(ss_epoll_reach(&model->open, file));
	teardown();
}
END_TEST

/* Between a call and what it adds another one replaced the descriptor. */
START_TEST(races_with_adding)
{
	struct ss_file *file;

	setup();
	spawn(model, ROOT, ROOT + 1, THREAD_FLAGS);
	file = tell_new_file(model, ROOT, 5, hint.ino);
	tell_add(epoll, 5, file);
	ck_assert_uint_eq(model->open.adding, 1);
	tell_close(model, ROOT + 1, 6, 6);
	ck_assert_uint_eq(model->open.doubts, 0);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	ck_assert_uint_eq(model->open.adding, 0);
	tell_add(epoll, 5, file);
	tell_close(model, ROOT, 5, 5);
	ck_assert_uint_eq(model->open.doubts, 0);
	file = tell_new_file(model, ROOT, 5, hint.ino);
	tell_add(epoll, 5, file);
	tell_close(model, ROOT + 1, 3, 5);
	ck_assert_uint_eq(model->open.doubts, 1);
	teardown();
}
END_TEST

/* Of one number, and only of what was seen before. */
START_TEST(doubts)
{
	struct ss_event unseen = {
		.type = SS_EVENT_EPOLL_UNSEEN, .tid = ROOT,
		.epoll = { .efd = EPOLL, .tfd = 5 },
	};
	struct ss_file *five, *six;

	setup();
	five = tell_new_file(model, ROOT, 5, hint.ino);
	six = tell_new_file(model, ROOT, 6, hint.ino);
	tell_seen(epoll, 5, five, 1);
	tell_seen(epoll, 6, six, 1);
	tell(model, unseen);
	ck_assert_ptr_null(ss_epoll_reach(&model->open, five));
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, six));
	/* It may be added only now. */
	tell_seen(epoll, 5, five, 1);
	ck_assert_ptr_null(ss_epoll_reach(&model->open, five));
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	tell_seen(epoll, 5, five, 1);
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, five));
	teardown();
}
END_TEST

START_TEST(no_way_through_an_epoll_that_nobody_holds)
{
	struct ss_file *inner, *file;

	setup();
	inner = tell_new_file(model, ROOT, 4, EPOLL_INO);
	file = tell_new_file(model, ROOT, 5, hint.ino);
	tell_seen(inner, 5, file, 1);
	tell_seen(epoll, 4, inner, 1);
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, file));
	tell_close(model, ROOT, 4, 5);
	ck_assert_ptr_nonnull(ss_epoll_reach(&model->open, inner));
	ck_assert_ptr_null(ss_epoll_reach(&model->open, file));
	ck_assert_uint_eq(model->open.count, 3);
	tell_close(model, ROOT, EPOLL, EPOLL);
	ck_assert_uint_eq(model->open.count, 0);
	teardown();
}
END_TEST

/* The kernel refuses loops; here they would keep files for ever. */
/* A file of several items goes with all of them, and only they. */
START_TEST(lost_files)
{
	struct ss_file *lost, *other;

	setup();
	lost = tell_new_file(model, ROOT, 5, hint.ino);
	tell_add(epoll, 5, lost);
	tell_add(epoll, 6, lost);
	other = tell_new_file(model, ROOT, 7, hint.ino);
	tell_add(epoll, 5, other);
	tell_close(model, ROOT, 5, 5);
	ck_assert(lost->orphan);
	ck_assert_uint_eq(model->open.count, 3);
	tell(model, (struct ss_event){ .type = SS_EVENT_LOST,
				       .slot = { .file = lost } });
	ck_assert_uint_eq(model->open.count, 2);
	ck_assert_uint_eq(model->open.orphans, 0);
	ck_assert_ptr_eq(target(5, 1), other);
	ck_assert_ptr_null(ss_epoll_newest(epoll, 6));
	/* What a slot holds only loses its items. */
	tell(model, (struct ss_event){ .type = SS_EVENT_LOST,
				       .slot = { .file = other } });
	ck_assert_ptr_null(target(5, 1));
	ck_assert_ptr_eq(slot_of(model, ROOT, 7), other);
	teardown();
}
END_TEST

START_TEST(loops_are_refused)
{
	struct ss_file *inner, *innermost;

	setup();
	inner = tell_new_file(model, ROOT, 4, EPOLL_INO);
	innermost = tell_new_file(model, ROOT, 5, EPOLL_INO);
	tell_add(epoll, EPOLL, epoll);
	ck_assert_ptr_null(ss_epoll_newest(epoll, EPOLL));
	tell_add(epoll, 4, inner);
	tell_add(inner, 5, innermost);
	tell_add(innermost, EPOLL, epoll);
	tell_add(innermost, 4, inner);
	ck_assert_ptr_null(ss_epoll_newest(innermost, EPOLL));
	ck_assert_ptr_null(ss_epoll_newest(innermost, 4));
	tell_close(model, ROOT, 0, 10);
	ck_assert_uint_eq(model->open.count, 0);
	teardown();
}
END_TEST

/* An item whose target nobody has asked about: known from fdinfo alone. */
START_TEST(targets_first_seen_in_an_epoll)
{
	struct ss_event add = {
		.type = SS_EVENT_EPOLL_ADD, .tid = ROOT,
		.epoll = { .tfd = 9, .hint = { .dev = 8, .ino = 1 } },
	};
	struct ss_file *a, *b;

	setup();
	add.epoll.file = epoll;
	tell(model, add);
	a = ss_epoll_newest(epoll, 9);
	ck_assert_ptr_nonnull(a);
	ck_assert(!a->holders);
	add.epoll.tfd = 10;
	tell(model, add);
	b = ss_epoll_newest(epoll, 10);
	ck_assert_ptr_ne(a, b);
	ck_assert_int_ne(ss_file_compare(a, b), 0);
	/* A slot that is found to hold it takes its label. */
	tell_file(model, ROOT, 9, a);
	ck_assert_ptr_eq(target(9, 1), a);
	tell_close(model, ROOT, EPOLL, EPOLL);
	ck_assert_uint_eq(model->open.count, 1);
	ck_assert_ptr_eq(slot_of(model, ROOT, 9), a);
	teardown();
}
END_TEST

START_TEST(limits_on_open_files)
{
	static const struct ss_limits limits = { .files = 2 };
	struct ss_event event = {
		.type = SS_EVENT_SLOT, .tid = ROOT,
		.slot = { .fd = 8, .hint = { .dev = 8, .ino = 1 } },
	};

	setup();
	model->limits = limits;
	tell_new_file(model, ROOT, 4, hint.ino);
	ck_assert_int_eq(apply(model, &event), -ENOSPC);
	event = (struct ss_event){
		.type = SS_EVENT_EPOLL_ADD, .tid = ROOT,
		.epoll = { .file = epoll, .tfd = 9,
			   .hint = { .dev = 8, .ino = 1 } },
	};
	ck_assert_int_eq(apply(model, &event), -ENOSPC);
	tell_close(model, ROOT, 4, 4);
	ck_assert_int_eq(apply(model, &event), 0);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_item_is_no_doubt, items_outlive_their_numbers,
		two_files_of_one_number, deleted_items,
		only_what_was_seen_leads_to_a_file, races_with_adding, doubts,
		no_way_through_an_epoll_that_nobody_holds, lost_files,
		loops_are_refused,
		targets_first_seen_in_an_epoll, limits_on_open_files, NULL,
	};

	return run_tests("model/epoll", tests);
}
