/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/credentials: who may look at whom, as a table.
 */
#include "model/credentials.h"

#include <check.h>
#include <stdlib.h>

#include "model/task.h"
#include "world.h"

#define PTRACE	(UINT64_C(1) << SS_CAP_SYS_PTRACE)
#define OTHER	(UINT64_C(1) << 0)

/*
 *	outer ---- mine (owned by 1000) ---- inner (owned by 1000)
 *	   \------ theirs (owned by 2000)
 */
static struct ss_userns outer = { .ino = 1 };
static struct ss_userns mine = { .ino = 2, .parent = &outer, .owner = 1000,
				 .level = 1 };
static struct ss_userns inner = { .ino = 3, .parent = &mine, .owner = 1000,
				  .level = 2 };
static struct ss_userns theirs = { .ino = 4, .parent = &outer, .owner = 2000,
				   .level = 1 };

#define IDS(r, e, s)	{ r, e, s, e }
#define SAME(id)	IDS(id, id, id)
#define USER(id, ns)	{ .uid = SAME(id), .gid = SAME(id), \
			  .userns = ns }
#define ROOT_IN(ns)	{ .userns = ns, \
			  .permitted = ALL_CAPS, .effective = ALL_CAPS }

START_TEST(capabilities_in_namespaces)
{
	static const struct {
		struct ss_creds creds;
		struct ss_userns *ns;
		bool capable;
	} cases[] = {
		/* Where it lives: what it holds. */
		{ ROOT_IN(&outer), &outer, true },
		{ USER(0, &outer), &outer, false },
		{ { .userns = &outer, .effective = OTHER },
		  &outer, false },
		/* Permitted is not effective. */
		{ { .userns = &outer, .permitted = PTRACE },
		  &outer, false },
		/* Below: the same. */
		{ ROOT_IN(&outer), &inner, true },
		{ ROOT_IN(&mine), &inner, true },
		/* Above and beside: nothing. */
		{ ROOT_IN(&mine), &outer, false },
		{ ROOT_IN(&inner), &mine, false },
		{ ROOT_IN(&mine), &theirs, false },
		/* The owner has all in it, if it lives right above. */
		{ USER(1000, &outer), &mine, true },
		{ USER(1000, &outer), &theirs, false },
		{ USER(1000, &mine), &inner, true },
		{ USER(2000, &mine), &inner, false },
		/* By its effective id, and in all that is below. */
		{ { .uid = IDS(1, 1000, 1),
		    .userns = &outer }, &mine, true },
		{ { .uid = IDS(1000, 1, 1000),
		    .userns = &outer }, &mine, false },
		{ USER(1000, &outer), &inner, true },
		/* Unknown namespaces give nothing. */
		{ ROOT_IN(NULL), &outer, false },
		{ ROOT_IN(&outer), NULL, false },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(cases); i++)
		ck_assert_msg(ss_creds_capable(&cases[i].creds, cases[i].ns,
					       SS_CAP_SYS_PTRACE) ==
			      cases[i].capable, "case %zu", i);
}
END_TEST

/* Two tasks of two groups, with an mm each. */
struct pair {
	struct ss_group groups[2];
	struct ss_shared_creds creds[2];
	struct ss_mm mm;
	struct ss_task caller, target;
};

static void pair_init(struct pair *pair, const struct ss_creds *caller,
		      const struct ss_creds *target, enum ss_dumpable dumpable)
{
	*pair = (struct pair){
		.creds = { { .creds = *caller }, { .creds = *target } },
		.mm = { .dumpable = dumpable },
		.caller = { .creds_known = true },
		.target = { .creds_known = true },
	};
	pair->caller.creds = &pair->creds[0];
	pair->target.creds = &pair->creds[1];
	pair->caller.group = &pair->groups[0];
	pair->target.group = &pair->groups[1];
	pair->target.resources[SS_KIND_MM] = &pair->mm.r;
}

static const struct access_case {
	struct ss_creds caller, target;
	enum ss_dumpable dumpable;
	enum ss_access access;
} access_cases[] = {
	/* Facts that are missing. */
	{ USER(1, &outer), USER(1, &outer), SS_DUMPABLE_UNKNOWN,
	  SS_ACCESS_NEED_DUMPABLE },
	/* The same user. */
	{ USER(1, &outer), USER(1, &outer), SS_DUMPABLE_YES,
	  SS_ACCESS_ALLOWED },
	{ USER(1, &outer), USER(1, &outer), SS_DUMPABLE_NO,
	  SS_ACCESS_DENIED },
	/* Another. */
	{ USER(1, &outer), USER(2, &outer), SS_DUMPABLE_YES,
	  SS_ACCESS_DENIED },
	{ USER(0, &outer), USER(2, &outer), SS_DUMPABLE_YES,
	  SS_ACCESS_DENIED },
	{ ROOT_IN(&outer), USER(2, &outer), SS_DUMPABLE_YES,
	  SS_ACCESS_ALLOWED },
	{ ROOT_IN(&outer), USER(2, &outer), SS_DUMPABLE_NO,
	  SS_ACCESS_ALLOWED },
	{ ROOT_IN(&outer), USER(2, &outer), SS_DUMPABLE_UNKNOWN,
	  SS_ACCESS_ALLOWED },
	/* Before the dumpable flag is looked at. */
	{ USER(1, &outer), USER(2, &outer), SS_DUMPABLE_UNKNOWN,
	  SS_ACCESS_DENIED },
	/* The caller's real ids against three of the target's. */
	{ { .uid = IDS(1, 9, 9), .gid = IDS(1, 9, 9),
	    .userns = &outer }, USER(1, &outer), SS_DUMPABLE_YES,
	  SS_ACCESS_ALLOWED },
	{ USER(1, &outer), { .uid = { 1, 1, 1, 9 },
			     .gid = { 1, 1, 1, 9 }, .userns = &outer },
	  SS_DUMPABLE_YES, SS_ACCESS_ALLOWED },
	{ USER(1, &outer), { .uid = IDS(9, 1, 1),
			     .gid = SAME(1), .userns = &outer },
	  SS_DUMPABLE_YES, SS_ACCESS_DENIED },
	{ USER(1, &outer), { .uid = IDS(1, 9, 1),
			     .gid = SAME(1), .userns = &outer },
	  SS_DUMPABLE_YES, SS_ACCESS_DENIED },
	{ USER(1, &outer), { .uid = IDS(1, 1, 9),
			     .gid = SAME(1), .userns = &outer },
	  SS_DUMPABLE_YES, SS_ACCESS_DENIED },
	{ USER(1, &outer), { .uid = SAME(1),
			     .gid = IDS(1, 9, 1), .userns = &outer },
	  SS_DUMPABLE_YES, SS_ACCESS_DENIED },
	/* Capabilities: the target's must be among the caller's. */
	{ USER(0, &outer), ROOT_IN(&outer), SS_DUMPABLE_YES,
	  SS_ACCESS_DENIED },
	{ { .permitted = OTHER, .userns = &outer },
	  { .permitted = OTHER, .userns = &outer },
	  SS_DUMPABLE_YES, SS_ACCESS_ALLOWED },
	{ { .permitted = OTHER, .userns = &outer },
	  { .permitted = PTRACE, .userns = &outer },
	  SS_DUMPABLE_YES, SS_ACCESS_DENIED },
	{ { .effective = PTRACE, .userns = &outer },
	  ROOT_IN(&outer), SS_DUMPABLE_YES, SS_ACCESS_ALLOWED },
	/* Another namespace, the same ids. */
	{ USER(1, &outer), USER(1, &mine), SS_DUMPABLE_YES,
	  SS_ACCESS_DENIED },
	{ USER(1, &mine), USER(1, &outer), SS_DUMPABLE_YES,
	  SS_ACCESS_DENIED },
	{ USER(1000, &outer), USER(1000, &mine), SS_DUMPABLE_YES,
	  SS_ACCESS_ALLOWED },
	{ ROOT_IN(&mine), USER(1, &inner), SS_DUMPABLE_YES,
	  SS_ACCESS_ALLOWED },
	{ ROOT_IN(&mine), USER(1, &theirs), SS_DUMPABLE_YES,
	  SS_ACCESS_DENIED },
};

/* Seen from a supervisor in the outer namespace. */
static enum ss_access access_of(const struct pair *pair)
{
	return ss_access_check(&pair->caller, &pair->target, &outer);
}

START_TEST(access_by_credentials)
{
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(access_cases); i++) {
		const struct access_case *c = &access_cases[i];
		struct pair pair;
		enum ss_access access;

		pair_init(&pair, &c->caller, &c->target, c->dumpable);
		access = access_of(&pair);
		ck_assert_msg(access == c->access, "case %zu: %u, not %u", i,
			      access, c->access);
	}
}
END_TEST

/* Those that are not known any more are asked for, the caller's first. */
START_TEST(unknown_credentials)
{
	static const struct ss_creds user = USER(1, &outer);
	struct pair pair;

	pair_init(&pair, &user, &user, SS_DUMPABLE_YES);
	pair.target.creds_known = false;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_NEED_TARGET);
	pair.caller.creds_known = false;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_NEED_CALLER);
}
END_TEST

/* Equal ones are the same, and go with their last user. */
START_TEST(shared_by_content)
{
	static const struct ss_creds user = USER(1, &outer);
	static const struct ss_creds other = USER(1, &mine);
	struct ss_shared_creds *all = NULL, *one, *two;

	one = ss_creds_share(&all, &user);
	two = ss_creds_share(&all, &other);
	ck_assert_ptr_ne(one, two);
	ck_assert_ptr_eq(ss_creds_share(&all, &user), one);
	ck_assert_ptr_eq(ss_creds_get(one), one);
	ck_assert_uint_eq(one->refs, 3);
	ck_assert_ptr_null(ss_creds_get(NULL));
	ss_creds_put(&all, NULL);
	ss_creds_put(&all, two);
	ck_assert_uint_eq(HASH_COUNT(all), 1);
	ss_creds_put(&all, one);
	ss_creds_put(&all, one);
	ck_assert_ptr_eq(all, one);
	ss_creds_put(&all, one);
	ck_assert_ptr_null(all);
}
END_TEST

/* One's own group is never asked for anything. */
START_TEST(own_group)
{
	struct pair pair;

	pair_init(&pair, &ss_creds_none, &ss_creds_none, SS_DUMPABLE_NO);
	pair.caller.creds_known = false;
	pair.target.creds_known = false;
	pair.target.group = pair.caller.group;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_ALLOWED);
}
END_TEST

/* A non-dumpable mm asks for the capability in its own namespace. */
START_TEST(namespace_of_the_mm)
{
	static const struct ss_creds root = ROOT_IN(&mine);
	static const struct ss_creds user = USER(1, &inner);
	struct pair pair;

	pair_init(&pair, &root, &user, SS_DUMPABLE_NO);
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_ALLOWED);
	pair.mm.userns = mine.ino;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_ALLOWED);
	/* Whose it is shows only when it is looked at. */
	pair.mm.dumpable = SS_DUMPABLE_UNKNOWN;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_NEED_DUMPABLE);
	pair.mm.dumpable = SS_DUMPABLE_NO;
	/* It did its exec outside. */
	pair.mm.userns = outer.ino;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_DENIED);
	pair.mm.dumpable = SS_DUMPABLE_YES;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_ALLOWED);
}
END_TEST

/* A zombie has the flag, but no mm: the first namespace of all counts. */
START_TEST(without_an_mm)
{
	static const struct ss_creds user = USER(1, &outer);
	static const struct ss_creds root = ROOT_IN(&outer);
	struct pair pair;

	pair_init(&pair, &user, &user, SS_DUMPABLE_YES);
	pair.target.resources[SS_KIND_MM] = NULL;
	pair.target.dumpable = SS_DUMPABLE_YES;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_ALLOWED);
	pair.target.dumpable = SS_DUMPABLE_NO;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_DENIED);
	pair.target.dumpable = SS_DUMPABLE_UNKNOWN;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_NEED_DUMPABLE);
	pair.target.dumpable = SS_DUMPABLE_NO;
	pair.creds[0].creds = root;
	ck_assert_uint_eq(access_of(&pair), SS_ACCESS_ALLOWED);
	/* The first one is not ours to see: then nobody has it. */
	ck_assert_uint_eq(ss_access_check(&pair.caller, &pair.target, NULL),
			  SS_ACCESS_DENIED);
}
END_TEST

/* Landlock: a domain sees itself and what is below. */
START_TEST(landlock_domains)
{
	static const struct ss_creds root = ROOT_IN(&outer);
	struct ss_domain *domains[5];
	static const struct {
		unsigned int caller, target;
		bool allowed;
	} cases[] = {
		{ 0, 0, true }, { 0, 1, true }, { 0, 3, true },
		{ 1, 0, false }, { 1, 1, true }, { 1, 2, true },
		{ 1, 3, true }, { 2, 1, false }, { 2, 3, true },
		{ 3, 2, false }, { 4, 1, false }, { 1, 4, false },
		{ 4, 2, false }, { 2, 4, false }, { 4, 4, true },
	};
	struct pair pair;
	size_t i;

	/* 1 holds 2 holds 3; 4 is beside. */
	domains[0] = NULL;
	domains[1] = ss_domain_new(NULL);
	domains[2] = ss_domain_new(domains[1]);
	domains[3] = ss_domain_new(domains[2]);
	domains[4] = ss_domain_new(NULL);
	for (i = 0; i < SS_ARRAY_SIZE(cases); i++) {
		pair_init(&pair, &root, &root, SS_DUMPABLE_YES);
		pair.caller.domain = domains[cases[i].caller];
		pair.target.domain = domains[cases[i].target];
		ck_assert_msg((ss_access_check(&pair.caller, &pair.target,
					       &outer) == SS_ACCESS_ALLOWED) ==
			      cases[i].allowed, "case %zu", i);
	}
	/* The innermost keeps those around it. */
	ss_domain_put(domains[1]);
	ss_domain_put(domains[2]);
	ck_assert_uint_eq(domains[3]->parent->parent->refs, 1);
	ck_assert_ptr_eq(ss_domain_get(domains[3]), domains[3]);
	ss_domain_put(domains[3]);
	ss_domain_put(domains[3]);
	ss_domain_put(domains[4]);
	ss_domain_put(NULL);
	ck_assert_ptr_null(ss_domain_get(NULL));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		capabilities_in_namespaces, access_by_credentials,
		unknown_credentials, shared_by_content, own_group,
		namespace_of_the_mm, without_an_mm, landlock_domains, NULL,
	};

	return run_tests("model/credentials", tests);
}
