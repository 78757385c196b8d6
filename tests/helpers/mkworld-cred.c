/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Permission: users, capabilities, dumpability, Landlock. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_setresuid32
enum { UID_CALL = SYS_setresuid32, GID_CALL = SYS_setresgid32 };
#else
enum { UID_CALL = SYS_setresuid, GID_CALL = SYS_setresgid };
#endif

static void permit(const char *what, struct mw_peer *asker,
		   const struct mw_peer *target)
{
	const long arg[5] = { mw_pid(target), mw_pid(target), KCMP_VM };

	mw_say("%s: %s", what, mw_result(mw_compare(asker, arg)));
}

static void become(struct mw_peer *peer, int id)
{
	mw_must("setresgid", mw_call(peer, GID_CALL, id, id, id));
	mw_must("setresuid", mw_call(peer, UID_CALL, id, id, id));
}

static void dumpable(struct mw_peer *peer, int value)
{
	mw_must("prctl", mw_call(peer, SYS_prctl, PR_SET_DUMPABLE, value));
}

static struct mw_peer *user(int id, int can_be_dumped)
{
	struct mw_peer *peer = mw_fork(NULL);

	become(peer, id);
	if (can_be_dumped)
		dumpable(peer, 1);
	return peer;
}

static void users(void)
{
	struct mw_peer *one;
	struct mw_peer *same;
	struct mw_peer *secret;
	struct mw_peer *other;
	struct mw_peer *child;

	mw_need_root();
	one = user(1000, 1);
	same = user(1000, 1);
	secret = user(1000, 0);
	other = user(2000, 1);
	child = mw_fork(secret);
	mw_ask_peers(NULL, "by root", one, other);
	mw_ask_peers(one, "of itself", one, one);
	mw_ask_peers(one, "of the same user", one, same);
	mw_ask_peers(one, "of another user", one, other);
	mw_ask_peers(one, "of root", one, NULL);
	permit("of one that cannot be dumped", one, secret);
	permit("by that one, of itself", secret, secret);
	permit("by that one, of the same user", secret, one);
	permit("by that one, of its child", secret, child);
	dumpable(child, 1);
	permit("which can be dumped now", secret, child);
	mw_say("a bad type: %s", mw_result(mw_compare(one, (const long[5]){
		       one->pid, other->pid, 99 })));
	mw_say("nobody: %s", mw_result(mw_compare(one, (const long[5]){
		       0, other->pid, 99 })));
	mw_file(one, "a file of another user", MW_SLOT(one, 1),
		MW_SLOT(other, 1));
	mw_file(one, "a closed file of another user", MW_SLOT(one, 500),
		MW_SLOT(other, 500));
	mw_file(one, "a file of the same user", MW_SLOT(one, 1),
		MW_SLOT(same, 1));
	mw_did("exec", mw_exec_path(secret, "/proc/self/exe"));
	permit("after exec it can be dumped", one, secret);
	dumpable(same, 0);
	permit("another cannot any more", one, same);
	dumpable(same, 1);
	permit("and now again", one, same);
}

static void dump(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two = mw_fork(NULL);
	struct mw_peer *thread = mw_thread(two);

	permit("a sibling", one, two);
	dumpable(two, 0);
	permit("that cannot be dumped", one, two);
	permit("its thread", one, thread);
	permit("by its thread", thread, two);
	permit("by me", NULL, two);
	permit("the other way", two, one);
	mw_quit(one);
	mw_zombie(NULL, one);
	mw_ask_peers(NULL, "a zombie", NULL, one);
	mw_send(two, SYS_exit_group, 0);
	mw_zombie(NULL, two);
	mw_ask_peers(NULL, "a zombie that could not be dumped", NULL, two);
}

static void dump_zombie(void)
{
	struct mw_peer *asker;
	struct mw_peer *open;
	struct mw_peer *secret;

	mw_need_root();
	asker = user(1000, 1);
	open = mw_fork(asker);
	secret = mw_fork(asker);
	dumpable(secret, 0);
	permit("a child", asker, open);
	permit("a child that cannot be dumped", asker, secret);
	mw_quit(open);
	mw_zombie(asker, open);
	mw_quit(secret);
	mw_zombie(asker, secret);
	permit("its zombie", asker, open);
	permit("the zombie of the other", asker, secret);
	mw_reap(asker, secret);
	permit("reaped", asker, secret);
}

/* Every asker about every target: real, effective and saved user. */
static void identities(void)
{
	static const int ids[][3] = {
		{ 0, 0, 0 }, { 0, 1000, 0 }, { 1000, 0, 0 },
		{ 1000, 1000, 0 }, { 0, 0, 1000 }, { 1000, 1000, 1000 },
		{ 1000, 2000, 1000 }, { 2000, 1000, 1000 },
	};
	enum { COUNT = sizeof(ids) / sizeof(ids[0]) };
	struct mw_peer *peer[COUNT];
	int i;
	int j;

	mw_need_root();
	for (i = 0; i < COUNT; i++) {
		peer[i] = mw_fork(NULL);
		mw_must("setresuid", mw_call(peer[i], UID_CALL, ids[i][0],
					     ids[i][1], ids[i][2]));
		dumpable(peer[i], 1);
	}
	for (i = 0; i < COUNT; i++) {
		char line[256] = "";
		size_t used = 0;

		for (j = 0; j < COUNT; j++) {
			const long arg[5] = { peer[j]->pid, peer[j]->pid,
					      KCMP_VM };
			long ret = mw_compare(peer[i], arg);

			used += (size_t)snprintf(line + used,
						 sizeof(line) - used, " %s",
						 mw_result(ret));
		}
		mw_say("%d %d %d asks all:%s", ids[i][0], ids[i][1],
		       ids[i][2], line);
	}
}

/* Leaves the identity and takes it again, with a question each time. */
static void round_trip(void)
{
	static const int step[][3] = {
		{ 1000, 1000, 0 }, { 0, 0, 0 }, { -1, 1000, -1 },
		{ -1, 0, -1 }, { 1000, -1, -1 }, { 0, 1000, 0 },
		{ -1, 0, -1 }, { 1000, 1000, 1000 }, { 0, 0, 0 },
	};
	struct mw_peer *one;
	struct mw_peer *root;
	struct mw_peer *plain;
	char what[64];
	size_t i;

	mw_need_root();
	one = mw_fork(NULL);
	root = mw_fork(NULL);
	plain = user(1000, 1);
	permit("before, of root", one, root);
	permit("before, of 1000", one, plain);
	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		snprintf(what, sizeof(what), "setresuid %d %d %d",
			 step[i][0], step[i][1], step[i][2]);
		mw_did(what, mw_call(one, UID_CALL, step[i][0], step[i][1],
				     step[i][2]));
		permit("  of root", one, root);
		permit("  of 1000", one, plain);
		permit("  by root", root, one);
		permit("  by 1000", plain, one);
		dumpable(one, 1);
		permit("  by 1000, dumpable", plain, one);
	}
}

static void capabilities(void)
{
	unsigned int trace = 1U << CAP_SYS_PTRACE;
	struct mw_peer *none;
	struct mw_peer *full;
	struct mw_peer *some;
	struct mw_peer *child;
	struct mw_peer *plain;

	mw_need_root();
	none = mw_fork(NULL);
	full = mw_fork(NULL);
	some = mw_fork(NULL);
	plain = user(1000, 1);
	mw_did("drop all", mw_keep_caps(none, 0, 0));
	mw_did("keep some, without effect", mw_keep_caps(some, ~trace, ~0U));
	child = mw_fork(none);
	permit("none asks full", none, full);
	permit("none asks some", none, some);
	permit("none asks itself", none, none);
	permit("none asks its child", none, child);
	permit("its child asks none", child, none);
	permit("none asks 1000", none, plain);
	permit("some asks full", some, full);
	permit("some asks none", some, none);
	permit("some asks 1000", some, plain);
	permit("full asks none", full, none);
	permit("1000 asks none", plain, none);
	dumpable(none, 1);
	dumpable(child, 1);
	permit("dumpable, its child asks none", child, none);
	mw_did("keep only one", mw_keep_caps(some, trace, trace));
	permit("one asks full", some, full);
	permit("one asks 1000", some, plain);
	mw_did("then drop it", mw_keep_caps(some, 0, 0));
	permit("dropped, asks full", some, full);
	permit("dropped, asks 1000", some, plain);
	dumpable(some, 1);
	permit("dropped, asked by none", none, some);
}

/* Credentials belong to threads; one group may always ask about itself. */
static void cred_threads(void)
{
	struct mw_peer *leader;
	struct mw_peer *thread;
	struct mw_peer *root;
	struct mw_peer *plain;

	mw_need_root();
	leader = mw_fork(NULL);
	thread = mw_thread(leader);
	root = mw_fork(NULL);
	plain = user(1000, 1);
	become(thread, 1000);
	dumpable(leader, 1);
	permit("thread asks its leader", thread, leader);
	permit("thread asks root", thread, root);
	permit("thread asks 1000", thread, plain);
	permit("leader asks root", leader, root);
	permit("1000 asks the thread", plain, thread);
	permit("1000 asks the leader", plain, leader);
	permit("root asks the thread", root, thread);
	mw_ask_peers(leader, "leader asks both", leader, thread);
	mw_did("exec from the thread", mw_exec_path(thread,
						   "/proc/self/exe"));
	thread->pid = leader->pid;
	permit("1000 asks it", plain, thread);
	permit("it asks 1000", thread, plain);
	permit("it asks root", thread, root);
}

static long run_landlock(struct mw_peer *peer, long flags)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	long ret;
	long fd;

	(void)peer;
	fd = mw_sys(SYS_landlock_create_ruleset, MW_P(&attr), sizeof(attr),
		    0);
	if (fd < 0)
		return fd;
	mw_sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);
	ret = mw_sys(SYS_landlock_restrict_self, fd, flags);
	mw_sys(SYS_close, fd);
	return ret;
}

/* What has the name of a ruleset, and none of which one can be made. */
static long run_lookalike(struct mw_peer *peer, long again)
{
	static const char name[] = "landlock-ruleset";
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	char path[64];
	long fd, ret;

	(void)peer;
	fd = again ? mw_sys(SYS_landlock_create_ruleset, MW_P(&attr),
			    sizeof(attr), 0) :
		memfd_create(name, MFD_CLOEXEC);
	if (again) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	mw_sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);
	ret = mw_sys(SYS_landlock_restrict_self, fd, 0);
	mw_sys(SYS_close, fd);
	return ret;
}

static void landlock(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *other = mw_fork(NULL);
	struct mw_peer *before = mw_fork(one);
	struct mw_peer *thread = mw_thread(other);
	struct mw_peer *child;
	struct mw_peer *deeper;
	long ret = mw_run(one, run_landlock, 0);

	if (ret < 0)
		mw_skip("no Landlock", ret);
	child = mw_fork(one);
	deeper = mw_fork(child);
	permit("of itself", one, one);
	permit("of a sibling", one, other);
	permit("of me", one, NULL);
	permit("of a child from before", one, before);
	permit("of a child", one, child);
	permit("by the child", child, one);
	permit("by me", NULL, one);
	permit("by a sibling", other, child);
	mw_ask_peers(one, "all about the child", one, child);
	mw_say("a bad type: %s", mw_result(mw_compare(one, (const long[5]){
		       one->pid, other->pid, 99 })));
	mw_say("nobody: %s", mw_result(mw_compare(one, (const long[5]){
		       other->pid, 0, 99 })));
	mw_did("restrict a grandchild", mw_run(deeper, run_landlock, 0));
	permit("of the grandchild", one, deeper);
	permit("by the grandchild", deeper, one);
	permit("by the grandchild, of itself", deeper, deeper);
	mw_did("restrict a thread", mw_run(thread, run_landlock, 0));
	permit("the thread, of its leader", thread, other);
	permit("the thread, of me", thread, NULL);
	permit("its leader, of me", other, NULL);
	mw_did("exec", mw_exec(child));
	permit("after exec, of itself", child, child);
	permit("after exec, of its parent", child, one);
	permit("after exec, of another", child, other);
	mw_did("restrict by a file", mw_run(other, run_lookalike, 0));
	permit("of me, after that", other, NULL);
	mw_did("restrict by O_PATH", mw_run(other, run_lookalike, 1));
	permit("of me, after that", other, NULL);
}

/* As many as there may be: how many that is depends on where we are. */
static void landlock_deep(void)
{
	enum { MANY = 64, FLAGS = 8 };
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *child;
	unsigned int layers = 0;
	long ret, flags;

	while ((ret = mw_run(one, run_landlock, 0)) >= 0 && layers < MANY) {
		if (layers % 5 == 0)
			permit("of me, by who is restricted", one, NULL);
		layers++;
	}
	mw_say("%u layers, then %s", layers, mw_result(ret));
	child = mw_fork(one);
	mw_did("restrict its child", mw_run(child, run_landlock, 0));
	permit("by the child", child, one);
	permit("of the child", one, child);
	for (flags = 1; flags < FLAGS; flags++) {
		child = mw_fork(NULL);
		mw_did("restrict with flags", mw_run(child, run_landlock,
						     flags));
		permit("of me, after that", child, NULL);
	}
}

const struct mw_scenario mw_cred[] = {
	{ "users", users, "root and two other users" },
	{ "dumpable", dump, "one that cannot be dumped" },
	{ "dumpable-zombie", dump_zombie, "its zombie remembers" },
	{ "identities", identities, "real, effective and saved users" },
	{ "round-trip", round_trip, "an identity left and taken again" },
	{ "capabilities", capabilities, "capset" },
	{ "cred-threads", cred_threads, "credentials of a thread" },
	{ "landlock", landlock, "Landlock domains" },
	{ "landlock-deep", landlock_deep, "as many as there may be" },
	{ NULL, NULL, NULL },
};
