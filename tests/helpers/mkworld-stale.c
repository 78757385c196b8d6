/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls whose fate depends on others who have changed, or gone, without a word;
 * or who are just changing what it depends on.
 */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define IPC_TIME	(CLONE_NEWIPC | CLONE_NEWTIME)

enum { SILENT = 70, ROUNDS = 20, USER = 12345 };

/* A leader's unshare shows in a link; its number is another's since. */
static void leader_unshared(void)
{
	struct mw_peer *leader, *thread;

	mw_need_root();
	leader = mw_spawn(NULL, CLONE_FS | SIGCHLD);
	thread = mw_thread(leader);
	mw_did("the thread's uts",
	       mw_call(thread, SYS_unshare, CLONE_NEWUTS));
	mw_did("the leader's uts and fs",
	       mw_call(leader, SYS_unshare, CLONE_NEWUTS | CLONE_FS));
	mw_did("the thread's exec", mw_exec(thread));
	/* It has the leader's number. */
	mw_ask_peers(NULL, "its fs is still ours", NULL, leader);
}

/* It shares our memory, was made by who is dead, and has called nobody. */
static struct mw_peer *orphan_of(struct mw_peer *reaper)
{
	struct mw_peer *maker, *orphan;

	mw_must("subreaper",
		mw_call(reaper, SYS_prctl, PR_SET_CHILD_SUBREAPER, 1));
	maker = mw_spawn(reaper, CLONE_VM | SIGCHLD);
	orphan = mw_spawn(maker, CLONE_VM | SIGCHLD);
	mw_must("kill", kill(mw_pid(maker), SIGKILL));
	mw_reap(reaper, maker);
	return orphan;
}

static void orphan_dead(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two = mw_spawn(one, CLONE_FILES | SIGCHLD);
	struct mw_peer *orphan = orphan_of(one);

	mw_must("kill", kill(mw_pid(orphan), SIGKILL));
	mw_reap(one, orphan);
	mw_did("memory that nobody else has any more",
	       mw_call(one, SYS_unshare, CLONE_VM | CLONE_FILES));
	mw_ask_peers(NULL, "a table of its own", one, two);
}

static long enter(struct mw_peer *one, struct mw_peer *whose)
{
	long pidfd = mw_call(one, SYS_pidfd_open, mw_pid(whose), 0);

	if (pidfd < 0)
		mw_skip("no pidfd", pidfd);
	return mw_call(one, SYS_setns, pidfd, IPC_TIME);
}

static void orphan_lives(void)
{
	struct mw_peer *one, *two;

	mw_need_root();
	one = mw_spawn(NULL, CLONE_SYSVSEM | SIGCHLD);
	two = mw_spawn(one, CLONE_SYSVSEM | SIGCHLD);
	(void)orphan_of(one);
	mw_did("time, with memory that another has", enter(one, two));
	mw_ask_peers(NULL, "still its undo list", one, two);
}

/* They leave the memory, and stop before the first instruction of their new
   program. */
static long make_silent(struct mw_peer *peer, long arg)
{
	pid_t *pids = (pid_t *)arg;
	char *argv[] = { (char *)"silent", NULL };
	int i;

	(void)peer;
	for (i = 0; i < SILENT; i++) {
		pids[i] = vfork();
		if (pids[i] < 0)
			return -errno;
		if (pids[i] == 0) {
			(void)ptrace(PTRACE_TRACEME);
			(void)execve("/proc/self/exe", argv, environ);
			_exit(1);
		}
	}
	return 0;
}

static long end_silent(struct mw_peer *peer, long arg)
{
	const pid_t *pids = (const pid_t *)arg;
	siginfo_t info;
	int i;

	(void)peer;
	for (i = 0; i < SILENT; i++) {
		(void)kill(pids[i], SIGKILL);
		(void)waitid(P_PID, (id_t)pids[i], &info, WEXITED);
	}
	return 0;
}

static void silent_gone(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two = mw_spawn(one, CLONE_FILES | SIGCHLD);
	pid_t *pids = mw_alloc(SILENT * sizeof(*pids));

	mw_must("vfork", mw_run(one, make_silent, MW_P(pids)));
	mw_did("memory that many had",
	       mw_call(one, SYS_unshare, CLONE_VM | CLONE_FILES));
	mw_ask_peers(NULL, "a table of its own", one, two);
	mw_must("waitid", mw_run(one, end_silent, MW_P(pids)));
}

/* ---- setns, and who takes its descriptor away ---- */

struct race {
	atomic_int going, done;
	long nr, arg[2];
};

static long take_away(struct mw_peer *peer, long arg)
{
	struct race *race = (struct race *)arg;

	(void)peer;
	atomic_store(&race->going, 1);
	(void)mw_sys(race->nr, race->arg[0], race->arg[1]);
	atomic_store(&race->done, 1);
	return 0;
}

static long set_namespace(struct mw_peer *peer, long fd)
{
	(void)peer;
	return mw_sys(SYS_setns, fd, CLONE_NEWIPC);
}

static long open_own(struct mw_peer *peer)
{
	return mw_must("open", mw_call(peer, SYS_openat, AT_FDCWD,
				       MW_P("/proc/self/ns/ipc"), O_RDONLY));
}

/* Whether it had the namespace shows in the undo list. */
static int one_race(int i)
{
	struct race *race = mw_alloc(sizeof(*race));
	struct mw_peer *one = mw_spawn(NULL, CLONE_SYSVSEM | SIGCHLD);
	struct mw_peer *thread = mw_thread(one);
	const long arg[5] = { mw_pid(NULL), mw_pid(one), KCMP_SYSVSEM };
	long fd = open_own(one), ret;

	race->nr = SYS_close;
	race->arg[0] = fd;
	if (i % 2) {
		race->nr = SYS_dup2;
		race->arg[1] = mw_null(one);
		fd = race->arg[1];
	}
	mw_start(thread, take_away, MW_P(race));
	while (!atomic_load(&race->going))
		mw_sys(SYS_sched_yield);
	ret = mw_run(one, set_namespace, fd);
	while (!atomic_load(&race->done))
		mw_sys(SYS_sched_yield);
	return (ret == 0) != (mw_kcmp(NULL, arg) != 0);
}

static void racing_descriptor(void)
{
	int i, wrong = 0;

	mw_need_root();
	for (i = 0; i < ROUNDS; i++)
		wrong += one_race(i);
	mw_say("wrong: %d of %d", wrong, ROUNDS);
}

/* ---- a setns that makes memory private, and who copies that ---- */

enum { COPIED = 48 << 20 };

struct copy {
	atomic_int going;
	atomic_long child;
	long fd;		/* of another's user namespace */
	int wait;
};

static long get_memory(struct mw_peer *peer, long arg)
{
	char *memory = mmap(NULL, COPIED, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)peer;
	(void)arg;
	if (memory == MAP_FAILED)
		return -errno;
	memset(memory, 1, COPIED);
	return mw_sys(SYS_prctl, PR_SET_DUMPABLE, 1);
}

static long copy_memory(struct mw_peer *peer, long arg)
{
	struct copy *copy = (struct copy *)arg;
	long child;

	(void)peer;
	atomic_store(&copy->going, 1);
	child = mw_sys(SYS_clone, SIGCHLD);
	while (child == 0)
		mw_sys(SYS_pause);
	atomic_store(&copy->child, child);
	return 0;
}

static long enter_beside(struct mw_peer *peer, long arg)
{
	struct copy *copy = (struct copy *)arg;
	int i;

	(void)peer;
	while (!atomic_load(&copy->going))
		;
	for (i = 0; i < copy->wait; i++)
		(void)atomic_load(&copy->going);
	return mw_sys(SYS_setns, copy->fd, CLONE_NEWUSER);
}

/* The kernel makes the same check for another call. */
static int one_copy(long fd, int i)
{
	struct copy *copy = mw_alloc(sizeof(*copy));
	struct mw_peer *one = mw_fork(NULL), *two;
	long arg[5] = { 0, 0, KCMP_VM };
	size_t length;
	void *head;
	long ret;

	copy->fd = fd;
	copy->wait = i * 3000;
	mw_must("memory", mw_run(one, get_memory, 0));
	two = mw_spawn(one, CLONE_VM | SIGCHLD);
	mw_start(two, copy_memory, MW_P(copy));
	mw_must("setns", mw_run(one, enter_beside, MW_P(copy)));
	while (!atomic_load(&copy->child))
		mw_sys(SYS_sched_yield);
	arg[0] = arg[1] = atomic_load(&copy->child);
	ret = mw_sys(SYS_get_robust_list, arg[0], MW_P(&head), MW_P(&length));
	ret = (ret < 0) != (mw_kcmp(NULL, arg) < 0);
	kill((pid_t)arg[0], SIGKILL);
	kill(mw_pid(two), SIGKILL);
	kill(mw_pid(one), SIGKILL);
	mw_reap(NULL, one);
	return (int)ret;
}

static void racing_copy(void)
{
	struct mw_peer *owner;
	char path[64];
	int i, wrong = 0;
	long fd;

	mw_need_root();
	owner = mw_fork(NULL);
	mw_must("setresgid", mw_call(owner, SYS_setresgid, USER, USER, USER));
	mw_must("setresuid", mw_call(owner, SYS_setresuid, USER, USER, USER));
	mw_must("unshare", mw_call(owner, SYS_unshare, CLONE_NEWUSER));
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", mw_pid(owner));
	fd = mw_must("open", open(path, O_RDONLY | O_CLOEXEC));
	mw_must("capset", mw_keep_caps(NULL, ~(1U << CAP_SYS_PTRACE),
				       ~(1U << CAP_SYS_PTRACE)));
	for (i = 0; i < ROUNDS; i++)
		wrong += one_copy(fd, i);
	mw_say("wrong: %d of %d", wrong, ROUNDS);
}

const struct mw_scenario mw_stale[] = {
	{ "stale-leader", leader_unshared, "who has its number did not" },
	{ "stale-orphan", orphan_dead, "an orphan that nobody knew has died" },
	{ "stale-living", orphan_lives, "one that nobody knows lives" },
	{ "stale-many", silent_gone, "many are in a new program" },
	{ "setns-closing", racing_descriptor, "its descriptor is taken away" },
	{ "setns-copying", racing_copy, "its memory is copied meanwhile" },
	{ NULL, NULL, NULL },
};
