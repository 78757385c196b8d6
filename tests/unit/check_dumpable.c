/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of kernel/dumpable, on processes with our ids, with somebody
 * else's, in a user namespace of their own, and on zombies.
 */
#include "kernel/dumpable.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "child.h"
#include "kernel/caution.h"
#include "world.h"

#define SOMEBODY	65534
/* Nobody else's. */
#define ENEMY		61234

/* Says when it is what it is to be, and stays. */
static void wait_dumpable(const struct child *c)
{
	child_assert(prctl(PR_SET_DUMPABLE, child_wait(c), 0, 0, 0) == 0);
	child_say(c, 0);
	(void)child_wait(c);
}

static void as_we_are(const struct child *c)
{
	wait_dumpable(c);
}

static void as_somebody(const struct child *c)
{
	child_assert(setresgid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
	child_assert(setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
	wait_dumpable(c);
}

static void in_namespace(const struct child *c)
{
	/* Its memory stays ours. */
	child_assert(unshare(CLONE_NEWUSER) == 0);
	wait_dumpable(c);
}

static struct ss_dumpable_found probe(void (*run)(const struct child *c),
				      int64_t dumpable, bool dead,
				      const struct ss_dumpable_target *as)
{
	struct ss_dumpable_target target = *as;
	struct ss_dumpable_found found = { .userns = 1 };
	struct child child = child_start(run);

	child_say(&child, dumpable);
	(void)child_hear(&child);
	if (dead)
		child_kill(&child);
	target.tid = child.pid;
	target.dead = dead;
	ck_assert_int_eq(ss_dumpable_probe(&target, &found), 0);
	if (!dead)
		child_kill(&child);
	child_reap(&child);
	return found;
}

static void look(void (*run)(const struct child *c),
		 const struct ss_dumpable_target *as)
{
	ck_assert(probe(run, 1, false, as).dumpable);
	ck_assert(!probe(run, 0, false, as).dumpable);
	ck_assert(probe(run, 1, true, as).dumpable);
	ck_assert(!probe(run, 0, true, as).dumpable);
}

START_TEST(of_ours)
{
	const struct ss_dumpable_target as = {
		.uid = getuid(), .gid = getgid(),
	};

	look(as_we_are, &as);
}
END_TEST

/* In a thread that has capabilities of its own. */
START_TEST(by_a_helper)
{
	const struct ss_dumpable_target us = {
		.uid = getuid(), .gid = getgid(),
	};
	const struct ss_dumpable_target nested = {
		.uid = getuid(), .gid = getgid(), .nested = true,
	};

	ss_caution_begin();
	look(as_we_are, &us);
	ck_assert(probe(in_namespace, 1, false, &nested).dumpable);
	ck_assert(!probe(in_namespace, 0, false, &nested).dumpable);
}
END_TEST

START_TEST(of_somebody)
{
	const struct ss_dumpable_target as = {
		.uid = SOMEBODY, .gid = SOMEBODY,
	};

	if (getuid() == 0)
		look(as_somebody, &as);
}
END_TEST

/* Stops and kills whoever has its ids; but not itself. */
static void as_an_enemy(const struct child *c)
{
	int number = (int)child_wait(c);

	child_assert(setresgid(ENEMY, ENEMY, ENEMY) == 0);
	child_assert(setresuid(ENEMY, ENEMY, ENEMY) == 0);
	child_assert(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	child_say(c, 0);
	for (;;)
		(void)kill(-1, number);
}

static void look_at_enemy(int number)
{
	struct ss_dumpable_target target = { .uid = ENEMY, .gid = ENEMY };
	struct ss_dumpable_found found;
	struct child child;
	int i, r;

	if (getuid() != 0)
		return;
	child = child_start(as_an_enemy);
	child_say(&child, number);
	(void)child_hear(&child);
	target.tid = child.pid;
	for (i = 0; i < 100; i++) {
		r = ss_dumpable_probe(&target, &found);
		ck_assert(r == -EIO || (r == 0 && !found.dumpable));
	}
	child_kill(&child);
	child_reap(&child);
}

/* Who looks has its ids, and can be stopped by it: we go on all the same. */
START_TEST(of_who_stops_us)
{
	look_at_enemy(SIGSTOP);
}
END_TEST

START_TEST(of_who_kills_us)
{
	look_at_enemy(SIGKILL);
}
END_TEST

START_TEST(of_a_namespace)
{
	const struct ss_dumpable_target as = {
		.uid = getuid(), .gid = getgid(), .nested = true,
	};
	struct ss_dumpable_found found;
	struct stat ours;

	ck_assert_int_eq(stat("/proc/self/ns/user", &ours), 0);
	ck_assert(probe(in_namespace, 1, false, &as).dumpable);
	found = probe(in_namespace, 0, false, &as);
	ck_assert(!found.dumpable);
	ck_assert_uint_eq(found.userns, ours.st_ino);
	ck_assert(probe(in_namespace, 1, true, &as).dumpable);
	ck_assert(!probe(in_namespace, 0, true, &as).dumpable);
}
END_TEST

START_TEST(of_nobody)
{
	const struct ss_dumpable_target target = {
		.tid = 0x7ffffff0, .uid = getuid(), .gid = getgid(),
	};
	struct ss_dumpable_found found;

	ck_assert_int_eq(ss_dumpable_probe(&target, &found), -ESRCH);
}
END_TEST

/* More than we have: the refusal would not be for the memory. */
START_TEST(of_the_mighty)
{
	const struct ss_dumpable_target target = {
		.tid = getppid(), .uid = getuid(), .gid = getgid(),
		.permitted = UINT64_MAX,
	};
	struct ss_dumpable_found found;

	ck_assert_int_eq(ss_dumpable_probe(&target, &found), -EOPNOTSUPP);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		of_ours, by_a_helper, of_somebody, of_who_stops_us,
		of_who_kills_us, of_a_namespace,
		of_nobody, of_the_mighty, NULL,
	};

	return run_tests("kernel/dumpable", tests);
}
