/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clone, clone3 and posix_spawn with each flag that shares something. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL_FLAGS (CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND | \
		   CLONE_IO | CLONE_SYSVSEM)

static const struct {
	const char *name;
	unsigned long flags;
} kinds[] = {
	{ "nothing", 0 },
	{ "FILES", CLONE_FILES },
	{ "FS", CLONE_FS },
	{ "VM", CLONE_VM },
	{ "VM|SIGHAND", CLONE_VM | CLONE_SIGHAND },
	{ "IO", CLONE_IO },
	{ "SYSVSEM", CLONE_SYSVSEM },
	{ "FILES|FS", CLONE_FILES | CLONE_FS },
	{ "FILES|IO|SYSVSEM", CLONE_FILES | CLONE_IO | CLONE_SYSVSEM },
	{ "everything", ALL_FLAGS },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Everything about one partner, who is then told to exit. */
static void partner(const char *name, struct mw_peer *by, struct mw_peer *peer)
{
	int before = mw_null(by);
	int theirs = mw_null(peer);

	mw_ask_peers(NULL, name, by, peer);
	mw_ask_peers(peer, "  asked by it", peer, by);
	mw_file(NULL, "  file opened by the creator", MW_SLOT(by, before),
		MW_SLOT(peer, before));
	mw_file(NULL, "  file opened by the partner", MW_SLOT(by, theirs),
		MW_SLOT(peer, theirs));
	mw_call(by, SYS_close, before);
	mw_file(NULL, "  closed by the creator", MW_SLOT(peer, before),
		MW_SLOT(peer, before));
	mw_quit(peer);
	mw_zombie(by, peer);
	mw_file(NULL, "  after its exit", MW_SLOT(by, theirs),
		MW_SLOT(by, theirs));
	mw_reap(by, peer);
}

static void clone_flags(void)
{
	int i;

	for (i = 0; i < KINDS; i++)
		partner(kinds[i].name, NULL,
			mw_spawn(NULL, kinds[i].flags | SIGCHLD));
}

static void clone_pairs(void)
{
	struct mw_peer *peer[KINDS];
	int i;

	for (i = 0; i < KINDS; i++)
		peer[i] = mw_spawn(NULL, kinds[i].flags | SIGCHLD);
	for (i = 0; i + 1 < KINDS; i++)
		mw_ask_peers(NULL, kinds[i].name, peer[i], peer[i + 1]);
	for (i = 0; i < KINDS; i++)
		mw_ask_peers(peer[i], kinds[i].name, peer[i],
			     peer[KINDS - 1]);
}

/* A chain in which each link shares something else with the one before. */
static void clone_chain(void)
{
	struct mw_peer *last = NULL;
	struct mw_peer *first = NULL;
	int i;

	for (i = 0; i < KINDS; i++) {
		struct mw_peer *peer = mw_spawn(last,
						kinds[i].flags | SIGCHLD);

		mw_ask_peers(NULL, kinds[i].name, last, peer);
		if (first == NULL)
			first = peer;
		mw_ask_peers(peer, "  and the first", first, peer);
		last = peer;
	}
}

static void clone_parent(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two = mw_spawn(one, CLONE_PARENT | SIGCHLD);
	struct mw_peer *three = mw_spawn(one, CLONE_PARENT | CLONE_FILES |
					      SIGCHLD);
	struct mw_peer *four = mw_spawn(two, CLONE_PARENT | CLONE_FS |
					     CLONE_SYSVSEM | SIGCHLD);

	mw_ask_peers(NULL, "a sister of my child", one, two);
	mw_ask_peers(NULL, "sharing the table", one, three);
	mw_ask_peers(four, "a sister's sister", two, four);
	mw_ask_peers(four, "the first and the last", one, four);
	mw_quit(one);
	mw_reap(NULL, one);
	mw_ask_peers(NULL, "after the creator's death", two, three);
	mw_quit(two);
	mw_reap(NULL, two);
	mw_ask_peers(three, "the last two", three, four);
}

static void clone_vfork(void)
{
	static const unsigned long flags[] = {
		0, CLONE_VM, CLONE_VM | CLONE_FILES, CLONE_FS,
		CLONE_VM | CLONE_SIGHAND, ALL_FLAGS,
	};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct mw_peer *parent = mw_fork(NULL);
		struct mw_peer *child = mw_vfork(parent, flags[i] | SIGCHLD);

		mw_ask_peers(child, "the child asks", parent, child);
		mw_ask_peers(NULL, "a third asks", child, parent);
		mw_quit(child);
		mw_vfork_back(parent);
		mw_reap(parent, child);
		mw_ask_peers(parent, "the parent is back", NULL, parent);
		mw_quit(parent);
		mw_reap(NULL, parent);
	}
}

/* Flags that clone refuses; what they leave behind is asked as well. */
static void clone_invalid(void)
{
	static const struct {
		const char *name;
		unsigned long flags;
	} bad[] = {
		{ "SIGHAND without VM", CLONE_SIGHAND },
		{ "THREAD without SIGHAND", CLONE_THREAD | CLONE_VM },
		{ "NEWNS with FS", CLONE_NEWNS | CLONE_FS },
		{ "NEWUSER with FS", CLONE_NEWUSER | CLONE_FS },
	};
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *fresh = mw_fork(NULL);
	struct mw_peer *none;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		mw_did(bad[i].name, mw_try_spawn(one, bad[i].flags | SIGCHLD,
						 &none));
	mw_ask_peers(NULL, "nothing happened", one, fresh);
	mw_did("clone3 SIGHAND with CLEAR_SIGHAND",
	       mw_try_clone3(one, CLONE_SIGHAND | CLONE_VM |
				  CLONE_CLEAR_SIGHAND, &none));
	mw_ask_peers(NULL, "nothing happened", one, fresh);
	if (mw_root()) {
		/* Refused only after the creator got an undo list. */
		mw_did("NEWIPC with SYSVSEM",
		       mw_try_spawn(one, CLONE_NEWIPC | CLONE_SYSVSEM |
					 SIGCHLD, &none));
		mw_ask_peers(NULL, "an undo list was left", one, fresh);
	}
	mw_fork(one);
	mw_ask_peers(NULL, "a clone that works", one, fresh);
}

static void clone3_(void)
{
	static const struct {
		const char *name;
		unsigned long long flags;
	} kind[] = {
		{ "clone3 of nothing", 0 },
		{ "clone3 FILES", CLONE_FILES },
		{ "clone3 FS", CLONE_FS },
		{ "clone3 SYSVSEM", CLONE_SYSVSEM },
		{ "clone3 IO", CLONE_IO },
		{ "clone3 FILES|FS|SYSVSEM",
		  CLONE_FILES | CLONE_FS | CLONE_SYSVSEM },
	};
	struct mw_peer *peer;
	size_t i;
	long ret;

	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		ret = mw_try_clone3(NULL, kind[i].flags, &peer);
		if (ret == -ENOSYS)
			mw_skip("no clone3", ret);
		partner(kind[i].name, NULL, peer);
	}
	mw_did("clone3 CLEAR_SIGHAND",
	       mw_try_clone3(NULL, CLONE_CLEAR_SIGHAND, &peer));
	partner("with handlers cleared", NULL, peer);
	mw_did("clone3 in a child",
	       mw_try_clone3(peer = mw_fork(NULL), CLONE_FS, &peer));
	mw_ask_peers(peer, "the grandchild and I", NULL, peer);
}

static long run_clone3_raw(struct mw_peer *peer, long arg)
{
	(void)peer;
	return mw_sys(SYS_clone3, arg, sizeof(struct clone_args));
}

static void clone3_pidfd(void)
{
	int *pidfd = mw_alloc(sizeof(*pidfd));
	struct clone_args *args = mw_alloc(sizeof(*args));
	int fd = mw_null(NULL);
	long pid;

	args->flags = CLONE_PIDFD;
	args->pidfd = (uintptr_t)pidfd;
	args->exit_signal = SIGCHLD;
	pid = mw_sys(SYS_clone3, MW_P(args), sizeof(*args));
	if (pid == 0)
		for (;;)
			mw_sys(SYS_pause, 0);
	if (pid < 0)
		mw_skip("no CLONE_PIDFD", pid);
	mw_own("pidfd and file", *pidfd, fd);
	mw_own("pidfd and itself", *pidfd, *pidfd);
	mw_file(NULL, "pidfd in the child", MW_SLOT(NULL, *pidfd),
		(struct mw_slot){ (pid_t)pid, *pidfd });
	mw_file(NULL, "file in the child", MW_SLOT(NULL, fd),
		(struct mw_slot){ (pid_t)pid, fd });
	mw_ask(NULL, "the child", mw_pid(NULL), (pid_t)pid);
	mw_did("pidfd_send_signal",
	       mw_sys(SYS_pidfd_send_signal, *pidfd, SIGKILL, 0, 0));
	args->flags = CLONE_SIGHAND;
	mw_did("clone3 with bad flags",
	       mw_run(NULL, run_clone3_raw, MW_P(args)));
	args->flags = 1ULL << 63;
	mw_did("clone3 with unknown flags",
	       mw_run(NULL, run_clone3_raw, MW_P(args)));
	mw_did("clone3 without arguments", mw_run(NULL, run_clone3_raw, 0));
}

static long run_clone_raw(struct mw_peer *peer, long flags)
{
	static long numbers[2];

	(void)peer;
	return mw_sys(SYS_clone, flags, 0, MW_P(&numbers[0]),
		      MW_P(&numbers[1]), 0);
}

/* Refused before the caller gets an undo list for both; the last one after. */
static void clone_early(void)
{
	static const struct {
		const char *name;
		struct clone_args args;
		size_t size;
	} bad[] = {
		{ "a bad signal", { .exit_signal = 100 }, 0 },
		{ "an unknown flag", { .flags = 1ULL << 40 }, 0 },
		{ "33 numbers", { .set_tid = 8, .set_tid_size = 33 }, 0 },
		{ "no numbers", { .set_tid_size = 1 }, 0 },
		{ "none of the numbers", { .set_tid = 8 }, 0 },
		{ "bad numbers", { .set_tid = 8, .set_tid_size = 1 }, 0 },
		{ "a big cgroup", { .flags = CLONE_INTO_CGROUP,
				    .cgroup = 1ULL << 31 }, 0 },
		{ "no room for a cgroup", { .flags = CLONE_INTO_CGROUP },
		  CLONE_ARGS_SIZE_VER1 },
		{ "one address for two", { .flags = CLONE_PIDFD |
					   CLONE_PARENT_SETTID }, 0 },
		{ "a bad address", { .flags = CLONE_PIDFD, .pidfd = 8 }, 0 },
	};
	struct clone_args *args = mw_alloc(2 * sizeof(*args));
	struct mw_peer *one = mw_fork(NULL), *fresh = mw_fork(NULL);
	size_t i;

	mw_did("CLONE_PIDFD with PARENT_SETTID",
	       mw_run(one, run_clone_raw, CLONE_SYSVSEM | CLONE_PIDFD |
		      CLONE_PARENT_SETTID | SIGCHLD));
	mw_did("CLONE_PIDFD with DETACHED",
	       mw_run(one, run_clone_raw, CLONE_SYSVSEM | CLONE_PIDFD |
		      CLONE_DETACHED | SIGCHLD));
	mw_ask_peers(NULL, "nothing happened", one, fresh);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*args = bad[i].args;
		args->flags |= CLONE_SYSVSEM;
		mw_did(bad[i].name,
		       mw_call(one, SYS_clone3, MW_P(args), bad[i].size ?
			       (long)bad[i].size : (long)sizeof(*args)));
		mw_ask_peers(NULL, "after that", one, fresh);
	}
}

/* A clone with five arguments that is to fail. */
static long run_clone_of(struct mw_peer *peer, long arg)
{
	long pid = mw_sys5(SYS_clone, (const long *)arg);

	(void)peer;
	if (pid == 0)
		mw_sys(SYS_exit_group, 0);
	return pid;
}

/* Has the clone left an undo list behind? */
static void undo_after(const char *what, struct mw_peer *one,
		       unsigned long flags, unsigned long tls)
{
	long *arg = mw_alloc(5 * sizeof(*arg));
	struct mw_peer *fresh = mw_fork(NULL);

	arg[0] = (long)(flags | CLONE_SYSVSEM | SIGCHLD);
#if defined(__x86_64__)
	arg[4] = (long)tls;
#else
	arg[3] = (long)tls;
#endif
	mw_did(what, mw_run(one, run_clone_of, MW_P(arg)));
	mw_ask_peers(NULL, "  an undo list", one, fresh);
	mw_quit(fresh);
	mw_reap(NULL, fresh);
}

/* What the kernel looks at in the caller's stack and thread pointer. */
static void clone_addresses(void)
{
	struct clone_args *args = mw_alloc(2 * sizeof(*args));
	struct mw_peer *one = mw_fork(NULL), *fresh = mw_fork(NULL);
#if !defined(__x86_64__)
	unsigned int *segment = mw_alloc(4 * sizeof(*segment));
#endif

	args->flags = CLONE_SYSVSEM | CLONE_VM;
	args->exit_signal = SIGCHLD;
	args->stack = 0x00f0000000000000;
	args->stack_size = 4096;
	if (mw_call(one, SYS_clone3, MW_P(args), sizeof(*args)) >= 0)
		mw_skip("a kernel that takes any stack", 0);
	mw_ask_peers(NULL, "a stack of nobody's", one, fresh);
#if defined(__x86_64__)
	undo_after("a thread pointer of the kernel's", mw_fork(NULL),
		   CLONE_SETTLS, 0xffff800000000000);
	undo_after("of nobody's", mw_fork(NULL), CLONE_SETTLS,
		   0x00f0000000000000);
	undo_after("in a user namespace", mw_fork(NULL),
		   CLONE_NEWUSER | CLONE_SETTLS, 0xffff800000000000);
	undo_after("of nobody's, in a user namespace", mw_fork(NULL),
		   CLONE_NEWUSER | CLONE_SETTLS, 0x00f0000000000000);
#else
	undo_after("a bad segment", mw_fork(NULL), CLONE_SETTLS, 8);
	undo_after("in a user namespace", mw_fork(NULL),
		   CLONE_NEWUSER | CLONE_SETTLS, 8);
	undo_after("no segment, in a user namespace", mw_fork(NULL),
		   CLONE_NEWUSER | CLONE_SETTLS, (unsigned long)segment);
#endif
}

/* Whom the scheduler lets make no children. */
static void clone_deadline(void)
{
	struct {
		unsigned int size, policy;
		unsigned long long flags;
		int nice;
		unsigned int priority;
		unsigned long long runtime, deadline, period;
	} *attr = mw_alloc(2 * sizeof(*attr));
	static const unsigned long flags[] = {
		0, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWUSER | CLONE_NEWIPC,
	};
	struct mw_peer *one;
	size_t i;
	long ret;

	mw_need_root();
	attr->size = sizeof(*attr);
	attr->policy = 6;	/* SCHED_DEADLINE */
	attr->runtime = 1000000;
	attr->deadline = 10000000;
	attr->period = 100000000;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		one = mw_fork(NULL);
		ret = mw_call(one, SYS_sched_setattr, 0, MW_P(attr), 0);
		if (ret < 0)
			mw_skip("no deadlines", ret);
		undo_after("with a deadline", one, flags[i], 0);
		attr->flags = 1;	/* SCHED_FLAG_RESET_ON_FORK */
		mw_did("reset", mw_call(one, SYS_sched_setattr, 0, MW_P(attr),
					0));
		attr->flags = 0;
		undo_after("its children with none", one, CLONE_NEWIPC, 0);
		mw_quit(one);
		mw_reap(NULL, one);
	}
}

/* Which of the refusals comes first?  That of a user namespace. */
static void clone_chrooted(void)
{
	static const unsigned long flags[] = {
		CLONE_NEWUSER, CLONE_NEWUSER | CLONE_NEWIPC,
		CLONE_NEWIPC,
	};
	struct mw_peer *one;
	size_t i;

	mw_need_root();
	undo_after("both namespaces", mw_fork(NULL),
		   CLONE_NEWUSER | CLONE_NEWIPC, 0);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		one = mw_fork(NULL);
		mw_did("chroot", mw_call(one, SYS_chroot, MW_P("/usr")));
		undo_after("in there", one, flags[i], 0);
	}
	one = mw_fork(NULL);
	mw_did("chroot to a file system", mw_call(one, SYS_chroot,
						  MW_P("/proc")));
	undo_after("in there", one, CLONE_NEWUSER | CLONE_NEWIPC, 0);
}

static long run_write(struct mw_peer *peer, long arg)
{
	const char *const *file = (const char *const *)arg;
	long fd = mw_sys(SYS_openat, AT_FDCWD, MW_P(file[0]), O_WRONLY);

	(void)peer;
	if (fd >= 0)
		fd = mw_sys(SYS_write, fd, MW_P(file[1]), strlen(file[1]));
	return fd < 0 ? fd : 0;
}

/* No more namespaces of one kind, in a user namespace of its own. */
static void clone_limits(void)
{
	static const char *const maps[][2] = {
		{ "/proc/self/setgroups", "deny" },
		{ "/proc/self/uid_map", "0 0 1" },
		{ "/proc/self/gid_map", "0 0 1" },
	};
	static const struct {
		const char *file[2];
		unsigned long flags;
	} limit[] = {
		{ { "/proc/sys/user/max_net_namespaces", "0" },
		  CLONE_NEWNET },
		{ { "/proc/sys/user/max_uts_namespaces", "0" },
		  CLONE_NEWUTS | CLONE_NEWNS },
		{ { "/proc/sys/user/max_net_namespaces", "0" }, 0 },
		{ { "/proc/sys/user/max_user_namespaces", "0" },
		  CLONE_NEWNET },
		{ { "/proc/sys/user/max_user_namespaces", "0" },
		  CLONE_NEWIPC },
	};
	struct mw_peer *one;
	size_t i, j;
	long ret;

	mw_need_root();
	for (i = 0; i < sizeof(limit) / sizeof(limit[0]); i++) {
		one = mw_fork(NULL);
		ret = mw_call(one, SYS_unshare, CLONE_NEWUSER);
		for (j = 0; ret >= 0 && j < sizeof(maps) / sizeof(maps[0]); j++)
			ret = mw_run(one, run_write, MW_P(maps[j]));
		if (ret >= 0)
			ret = mw_run(one, run_write, MW_P(limit[i].file));
		if (ret < 0)
			mw_skip("no limits of one's own", ret);
		undo_after(limit[i].file[0], one,
			   CLONE_NEWUSER | limit[i].flags, 0);
		if (i > 0)
			continue;
		/* One below is bound by it as well. */
		one = mw_fork(one);
		mw_must("unshare", mw_call(one, SYS_unshare, CLONE_NEWUSER));
		for (j = 0; j < sizeof(maps) / sizeof(maps[0]); j++)
			mw_must("maps", mw_run(one, run_write, MW_P(maps[j])));
		undo_after("  one below", one, CLONE_NEWUSER | limit[i].flags,
			   0);
	}
}

static void posix_spawn_(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *one = mw_posix_spawn(NULL);
	struct mw_peer *two = mw_posix_spawn(one);
	struct mw_peer *fork = mw_fork(two);

	mw_ask_peers(NULL, "spawned child", NULL, one);
	mw_ask_peers(two, "spawned by the spawned", one, two);
	mw_ask_peers(fork, "forked by the spawned", two, fork);
	mw_file(NULL, "inherited twice", MW_SLOT(NULL, fd), MW_SLOT(two, fd));
	mw_file(fork, "inherited three times", MW_SLOT(NULL, fd),
		MW_SLOT(fork, fd));
	mw_call(one, SYS_close, fd);
	mw_file(two, "closed in the middle", MW_SLOT(one, fd),
		MW_SLOT(two, fd));
}

#if defined(__LP64__)
/* Legacy clone looks at the low half of its flags. */
static void clone_wide(void)
{
	long pid = mw_sys(SYS_clone, MW_WIDE(CLONE_FS | SIGCHLD), 0, 0, 0, 0);

	if (pid == 0)
		for (;;)
			mw_sys(SYS_pause, 0);
	mw_ask(NULL, "wide flags", mw_pid(NULL), (pid_t)pid);
	mw_sys(SYS_kill, pid, SIGKILL);
}
#endif

const struct mw_scenario mw_clone[] = {
	{ "clone-flags", clone_flags, "one partner for each flag" },
	{ "clone-pairs", clone_pairs, "the partners among themselves" },
	{ "clone-chain", clone_chain, "a chain of different partners" },
	{ "clone-parent", clone_parent, "CLONE_PARENT" },
	{ "clone-vfork", clone_vfork, "CLONE_VFORK with each flag" },
	{ "clone-invalid", clone_invalid, "clones that are refused" },
#if defined(__LP64__)
	{ "clone-wide", clone_wide, "rubbish above the flags of clone" },
#endif
	{ "clone3", clone3_, "clone3 with each flag" },
	{ "clone-early", clone_early, "clones that are refused at once" },
	{ "clone-addresses", clone_addresses, "stacks and thread pointers" },
	{ "clone-deadline", clone_deadline, "of who has a deadline" },
	{ "clone-chrooted", clone_chrooted, "of who is in a chroot" },
	{ "clone-limits", clone_limits, "limits on namespaces" },
	{ "clone3-pidfd", clone3_pidfd, "CLONE_PIDFD and bad arguments" },
	{ "posix-spawn", posix_spawn_, "posix_spawn, twice" },
	{ NULL, NULL, NULL },
};
