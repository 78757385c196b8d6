/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of policy/relation: every relation, and what exec, threads, death,
 * numbers that come back and pid namespaces make of it.
 */
#include "policy/relation.h"

#include <check.h>

#include "world.h"

#define BIT(id)	(1u << SS_RELATION_##id)

static unsigned int between(const struct ss_model *model, pid_t caller,
			    pid_t target)
{
	return ss_relations_between(model, task_of(model, caller),
				    ss_model_task(model, target));
}

static void check_pair(const struct ss_model *model, pid_t caller,
		       pid_t target, unsigned int expected)
{
	unsigned int got = between(model, caller, target);

	ck_assert_msg(got == expected, "%d to %d: %#x, not %#x", target,
		      caller, got, expected);
}

static void tell_parent(struct ss_model *model, pid_t tid, pid_t parent)
{
	tell(model, (struct ss_event){ .type = SS_EVENT_PARENT, .tid = tid,
				       .parent = parent });
}

/* ROOT - 101 (thread 102) - 103 - 104; ROOT - 105 - 106 */
static struct ss_model *family(void)
{
	struct ss_model *model = world_new();

	/* The supervisor. */
	tell_parent(model, ROOT, 99);
	spawn(model, ROOT, 101, 0);
	spawn(model, 101, 102, THREAD_FLAGS);
	spawn(model, 102, 103, 0);
	spawn(model, 103, 104, 0);
	spawn(model, ROOT, 105, 0);
	spawn(model, 105, 106, 0);
	return model;
}

START_TEST(a_family)
{
	struct ss_model *model = family();

	check_pair(model, 101, 101, BIT(SELF));
	check_pair(model, 101, 102, BIT(THREAD));
	check_pair(model, 102, 101, BIT(THREAD));
	check_pair(model, 101, ROOT, BIT(PARENT) | BIT(ANCESTOR));
	check_pair(model, 102, ROOT, BIT(PARENT) | BIT(ANCESTOR));
	check_pair(model, ROOT, 102, BIT(CHILD) | BIT(DESCENDANT));
	check_pair(model, 101, 103, BIT(CHILD) | BIT(DESCENDANT));
	check_pair(model, 103, 101, BIT(PARENT) | BIT(ANCESTOR));
	check_pair(model, 104, 102, BIT(ANCESTOR));
	check_pair(model, 104, ROOT, BIT(ANCESTOR));
	check_pair(model, ROOT, 104, BIT(DESCENDANT));
	check_pair(model, 102, 105, BIT(SIBLING));
	check_pair(model, 105, 101, BIT(SIBLING));
	check_pair(model, 103, 105, BIT(OTHER));
	check_pair(model, 104, 106, BIT(OTHER));
	check_pair(model, ROOT, 999, BIT(UNKNOWN));
	ss_model_free(model);
}
END_TEST

START_TEST(an_exec_changes_nothing)
{
	struct ss_model *model = family();

	tell_exec(model, 102);
	/* 102 is now called 101. */
	ck_assert_ptr_null(ss_model_task(model, 102));
	check_pair(model, 101, 103, BIT(CHILD) | BIT(DESCENDANT));
	check_pair(model, 104, 101, BIT(ANCESTOR));
	check_pair(model, 101, 105, BIT(SIBLING));
	ss_model_free(model);
}
END_TEST

static void die(struct ss_model *model, pid_t tgid)
{
	tell_of(model, SS_EVENT_GROUP_DEAD, tgid);
}

START_TEST(a_zombie_has_lost_its_children)
{
	struct ss_model *model = family();

	die(model, 103);
	check_pair(model, 101, 103, BIT(CHILD) | BIT(DESCENDANT));
	check_pair(model, ROOT, 104, BIT(OTHER));
	check_pair(model, 104, 103, BIT(OTHER));
	check_pair(model, 104, 101, BIT(OTHER));
	ss_model_free(model);
}
END_TEST

START_TEST(an_orphan_is_nobodys)
{
	struct ss_model *model = family();

	die(model, 103);
	tell_of(model, SS_EVENT_GROUP_GONE, 103);
	check_pair(model, 101, 104, BIT(OTHER));
	check_pair(model, 104, ROOT, BIT(OTHER));
	/* Another one gets the number: it is no parent of that orphan. */
	spawn(model, 105, 103, 0);
	check_pair(model, 103, 104, BIT(OTHER));
	check_pair(model, 104, 103, BIT(OTHER));
	check_pair(model, 104, 105, BIT(OTHER));
	/* Two without a parent are no siblings. */
	die(model, 105);
	check_pair(model, 104, 106, BIT(OTHER));
	ss_model_free(model);
}
END_TEST

START_TEST(clone_parent_makes_a_sibling)
{
	struct ss_model *model = family();

	spawn(model, 101, 110, CLONE_PARENT);
	check_pair(model, 101, 110, BIT(SIBLING));
	check_pair(model, ROOT, 110, BIT(CHILD) | BIT(DESCENDANT));
	/* The command's parent is outside. */
	spawn(model, ROOT, 111, CLONE_PARENT);
	check_pair(model, ROOT, 111, BIT(OTHER));
	ss_model_free(model);
}
END_TEST

static void spawn_in(struct ss_model *model, pid_t creator, pid_t child,
		     uint64_t flags, const struct ss_event_numbers *numbers)
{
	tell_clone(model, creator, flags);
	tell_of(model, SS_EVENT_RETURNED, creator);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = task_of(model, creator)->pending->serial,
			   .tid = child, .numbers = numbers } });
}

/* ROOT - 200, first of namespace 70 - 201 - 202 - 203, first of 71 - 204 */
START_TEST(a_namespace_has_a_reaper)
{
	static const struct ss_event_numbers n[] = {
		{ .levels = 1, .nr = { 1 }, .ino = { 70 } },
		{ .levels = 1, .nr = { 2 }, .ino = { 70 } },
		{ .levels = 1, .nr = { 3 }, .ino = { 70 } },
		{ .levels = 2, .nr = { 4, 1 }, .ino = { 70, 71 } },
		{ .levels = 2, .nr = { 5, 2 }, .ino = { 70, 71 } },
	};
	struct ss_model *model = world_new();

	spawn_in(model, ROOT, 200, CLONE_NEWPID, &n[0]);
	spawn_in(model, 200, 201, 0, &n[1]);
	spawn_in(model, 201, 202, 0, &n[2]);
	spawn_in(model, 202, 203, CLONE_NEWPID, &n[3]);
	spawn_in(model, 203, 204, 0, &n[4]);
	check_pair(model, 200, ROOT, BIT(PARENT) | BIT(ANCESTOR));
	check_pair(model, 204, ROOT, BIT(ANCESTOR));
	check_pair(model, 202, 200, BIT(ANCESTOR));
	/* The orphan goes to the first of its namespace. */
	die(model, 201);
	check_pair(model, 202, 200, BIT(PARENT) | BIT(ANCESTOR));
	check_pair(model, 200, 202, BIT(CHILD) | BIT(DESCENDANT));
	/* The first of the inner one goes to that of the outer one. */
	die(model, 202);
	tell_of(model, SS_EVENT_GROUP_GONE, 202);
	check_pair(model, 203, 200, BIT(PARENT) | BIT(ANCESTOR));
	check_pair(model, 204, 200, BIT(ANCESTOR));
	check_pair(model, 204, 203, BIT(PARENT) | BIT(ANCESTOR));
	/* And where nobody inside is there to adopt: */
	die(model, ROOT);
	check_pair(model, 200, ROOT, BIT(OTHER));
	check_pair(model, 200, 204, BIT(DESCENDANT));
	ss_model_free(model);
}
END_TEST

static pid_t orphan_of(const struct ss_model *model, pid_t tid)
{
	const struct ss_group *orphan =
		ss_relation_orphan(model, task_of(model, tid)->group);

	return orphan ? orphan->tgid : 0;
}

/* The kernel is asked who has adopted. */
START_TEST(a_reaper_adopts)
{
	struct ss_model *model = family();

	ck_assert_int_eq(orphan_of(model, 104), 0);
	ck_assert_int_eq(orphan_of(model, ROOT), 0);
	die(model, 103);
	ck_assert_int_eq(orphan_of(model, 104), 104);
	/* ROOT has made itself a reaper, for example. */
	tell_parent(model, 104, ROOT);
	ck_assert_int_eq(orphan_of(model, 104), 0);
	check_pair(model, ROOT, 104, BIT(CHILD) | BIT(DESCENDANT));
	check_pair(model, 101, 104, BIT(SIBLING));
	/* Then it ends, too, and somebody outside has them all. */
	die(model, ROOT);
	ck_assert_int_eq(orphan_of(model, 102), 101);
	ck_assert_int_eq(orphan_of(model, 106), 105);
	tell_parent(model, 102, 99);
	tell_parent(model, 104, 0);
	ck_assert_int_eq(orphan_of(model, 102), 0);
	check_pair(model, 101, 104, BIT(OTHER));
	check_pair(model, ROOT, 104, BIT(OTHER));
	ss_model_free(model);
}
END_TEST

/* Its creator had gone before the child was seen. */
START_TEST(a_child_that_comes_late)
{
	struct ss_model *model = family();
	uint32_t serial;

	tell_clone(model, 106, 0);
	serial = task_of(model, 106)->pending->serial;
	die(model, 106);
	tell_of(model, SS_EVENT_GROUP_GONE, 106);
	tell_child(model, serial, 110);
	ck_assert_int_eq(orphan_of(model, 110), 110);
	check_pair(model, 105, 110, BIT(OTHER));
	tell_parent(model, 110, 105);
	check_pair(model, 105, 110, BIT(CHILD) | BIT(DESCENDANT));
	ss_model_free(model);
}
END_TEST

START_TEST(a_long_line)
{
	struct ss_model *model = world_new();
	pid_t tid;

	for (tid = ROOT + 1; tid < ROOT + 300; tid++)
		spawn(model, tid - 1, tid, 0);
	check_pair(model, ROOT, ROOT + 299, BIT(DESCENDANT));
	check_pair(model, ROOT + 299, ROOT, BIT(ANCESTOR));
	die(model, ROOT + 150);
	check_pair(model, ROOT, ROOT + 299, BIT(OTHER));
	check_pair(model, ROOT + 151, ROOT + 299, BIT(DESCENDANT));
	ss_model_free(model);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_family, an_exec_changes_nothing,
		a_zombie_has_lost_its_children, an_orphan_is_nobodys,
		clone_parent_makes_a_sibling, a_namespace_has_a_reaper,
		a_reaper_adopts, a_child_that_comes_late, a_long_line, NULL,
	};

	return run_tests("relations", tests);
}
