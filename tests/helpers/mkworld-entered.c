/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * setns to namespaces that the caller has already: nothing shows whether it was
 * refused, but the undo list.
 */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<linux/kvm.h>)
#include <linux/kvm.h>
#endif
#endif

#define IPC_UTS		(CLONE_NEWIPC | CLONE_NEWUTS)
#define IPC_TIME	(CLONE_NEWIPC | CLONE_NEWTIME)

enum { USER = 12345 };

/* A peer that shares the undo list of the one that makes it, or, if others do,
   of none of them. */
static struct mw_peer *with_list(struct mw_peer *by)
{
	return mw_spawn(by, CLONE_SYSVSEM | SIGCHLD);
}

static long pidfd_of(struct mw_peer *by, struct mw_peer *whose)
{
	long pidfd = mw_call(by, SYS_pidfd_open, mw_pid(whose), 0);

	if (pidfd < 0)
		mw_skip("no pidfd", pidfd);
	return pidfd;
}

/* Where all that are asked for are one's own, nothing shows whether it was
   refused, but that the undo list is still there. */
static void setns_pidfd_refused(void)
{
	struct mw_peer *one, *two, *three, *thread;
	long pidfd;
	pid_t tid;

	mw_need_root();
	two = mw_fork(NULL);
	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	mw_must("capset", mw_keep_caps(one, ~(1U << CAP_SYS_PTRACE), ~0U));
	mw_must("prctl", mw_call(two, SYS_prctl, PR_SET_DUMPABLE, 0));
	mw_did("whose memory is private",
	       mw_call(one, SYS_setns, pidfd, IPC_UTS));
	mw_ask_peers(NULL, "still", NULL, one);
	mw_must("prctl", mw_call(two, SYS_prctl, PR_SET_DUMPABLE, 1));
	mw_did("is not", mw_call(one, SYS_setns, pidfd, IPC_UTS));
	mw_ask_peers(NULL, "no undo list any more", NULL, one);

	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	thread = mw_thread(one);
	tid = mw_pid(thread);
	mw_did("time, with a thread", mw_call(one, SYS_setns, pidfd, IPC_TIME));
	mw_ask_peers(NULL, "still", NULL, one);
	mw_quit(thread);
	mw_gone(mw_pid(one), tid);
	mw_did("alone", mw_call(one, SYS_setns, pidfd, IPC_TIME));
	mw_ask_peers(NULL, "no undo list any more", NULL, one);

	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	mw_must("unshare", mw_call(two, SYS_unshare, CLONE_NEWUTS));
	mw_did("another uts", mw_call(one, SYS_setns, pidfd, IPC_UTS));
	mw_ask_peers(NULL, "no undo list any more", NULL, one);

	one = mw_fork(NULL);
	mw_must("unshare", mw_call(one, SYS_unshare,
				   CLONE_NEWUSER | CLONE_NEWIPC));
	three = with_list(one);
	pidfd = pidfd_of(one, three);
	mw_did("the uts of others", mw_call(one, SYS_setns, pidfd, IPC_UTS));
	mw_ask_peers(NULL, "still", one, three);
	mw_did("the ipc of its own",
	       mw_call(one, SYS_setns, pidfd, CLONE_NEWIPC));
	mw_ask_peers(NULL, "no undo list any more", one, three);
}

/* A file of one of its namespaces. */
static long namespace_of(struct mw_peer *by, const struct mw_peer *whose,
			 const char *name)
{
	char *path = mw_alloc(64);

	(void)snprintf(path, 64, "/proc/%d/ns/%s", mw_pid(whose), name);
	return mw_must("open", mw_call(by, SYS_openat, AT_FDCWD, MW_P(path),
				       O_RDONLY | O_CLOEXEC));
}

static long raise_caps(struct mw_peer *peer, long arg)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	long ret = mw_sys(SYS_capget, MW_P(&header), MW_P(data));

	(void)peer;
	(void)arg;
	if (ret < 0)
		return ret;
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	return mw_sys(SYS_capset, MW_P(&header), MW_P(data));
}

/* Root without that capability, with an effective id that owns nothing. */
static struct mw_peer *reduced(int euid)
{
	const unsigned int left = ~(1U << CAP_SYS_PTRACE);
	struct mw_peer *peer = with_list(NULL);

	mw_must("capset", mw_keep_caps(peer, left, left));
	mw_must("setresuid", mw_call(peer, SYS_setresuid, -1, euid, -1));
	mw_must("capset", mw_run(peer, raise_caps, 0));
	return peer;
}

/* Whoever is in another user namespace since may not be looked at any more. */
static void setns_unshared(void)
{
	struct mw_peer *whose, *one, *two;

	mw_need_root();
	whose = reduced(0);
	one = reduced(USER);
	two = reduced(USER);
	mw_did("the uts of one who may do no more",
	       mw_call(one, SYS_setns, pidfd_of(one, whose), IPC_UTS));
	mw_ask_peers(NULL, "no undo list any more", NULL, one);
	mw_did("his user namespace",
	       mw_call(whose, SYS_unshare, CLONE_NEWUSER));
	mw_did("the uts of one who may",
	       mw_call(two, SYS_setns, pidfd_of(two, whose), IPC_UTS));
	mw_ask_peers(NULL, "still its undo list", NULL, two);
}

/* It takes the capability over who owns the namespace, and in one's own user
   namespace, too. */
static void setns_owner(void)
{
	const unsigned int admin = 1U << CAP_SYS_ADMIN;
	struct mw_peer *below, *one, *two, *partner;
	long own;

	mw_need_root();
	below = mw_fork(NULL);
	mw_must("unshare", mw_call(below, SYS_unshare,
				   CLONE_NEWUSER | CLONE_NEWIPC));
	one = mw_fork(NULL);
	own = namespace_of(one, below, "ipc");
	mw_did("into one of below", mw_call(one, SYS_setns, own, CLONE_NEWIPC));
	partner = with_list(one);
	two = mw_fork(one);
	mw_ask_peers(NULL, "one undo list", one, partner);
	mw_must("capset", mw_keep_caps(one, ~admin, ~0U));
	mw_did("the owner, with nothing here",
	       mw_call(one, SYS_setns, own, CLONE_NEWIPC));
	mw_ask_peers(NULL, "still", one, partner);
	mw_must("capset", mw_run(one, raise_caps, 0));
	mw_did("with all", mw_call(one, SYS_setns, own, CLONE_NEWIPC));
	mw_ask_peers(NULL, "no undo list any more", one, partner);

	partner = with_list(two);
	mw_must("unshare", mw_call(two, SYS_unshare, CLONE_NEWUSER));
	mw_did("from beside", mw_call(two, SYS_setns, own, CLONE_NEWIPC));
	mw_ask_peers(NULL, "still", two, partner);
}

static void enter(const char *what, struct mw_peer *one, long pidfd,
		  long flags)
{
	mw_did(what, mw_call(one, SYS_setns, pidfd, flags));
	mw_ask_peers(NULL, "  the undo list", NULL, one);
}

/* Who shares memory, or is in the group: the living count. */
static void setns_time(void)
{
	struct mw_peer *two, *one, *sharer;
	long pidfd;

	mw_need_root();
	two = mw_fork(NULL);
	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	sharer = mw_spawn(one, CLONE_VM | CLONE_SIGHAND | SIGCHLD);
	enter("memory is shared", one, pidfd, IPC_TIME);
	mw_quit(sharer);
	mw_zombie(one, sharer);
	enter("with a zombie", one, pidfd, IPC_TIME);

	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	sharer = mw_vfork(one, CLONE_VM | SIGCHLD);
	mw_exec(sharer);
	mw_vfork_back(one);
	enter("with who has execed", one, pidfd, IPC_TIME);
}

static void setns_time_leader(void)
{
	struct mw_peer *two, *leader, *one, *partner;
	long pidfd;

	mw_need_root();
	two = mw_fork(NULL);
	leader = mw_fork(NULL);
	one = mw_thread(leader);
	partner = with_list(one);
	pidfd = pidfd_of(one, two);
	mw_did("beside the leader",
	       mw_call(one, SYS_setns, pidfd, IPC_TIME));
	mw_ask_peers(NULL, "still", one, partner);
	mw_quit(leader);
	/* No wait tells of it; the fs is the last thing that goes. */
	while (mw_kcmp(NULL, (const long[5]){ leader->pid, one->pid,
					      KCMP_FS }) == 0)
		mw_sys(SYS_sched_yield, 0);
	mw_did("beside a dead one", mw_call(one, SYS_setns, pidfd, IPC_TIME));
	mw_ask_peers(NULL, "no undo list any more", one, partner);
}

/* A thread of the kernel's. */
static void setns_time_ring(void)
{
	struct io_uring_params *params = mw_alloc(sizeof(*params));
	struct mw_peer *two, *one;
	long pidfd, ret;

	mw_need_root();
	two = mw_fork(NULL);
	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	*params = (struct io_uring_params){
		.flags = IORING_SETUP_SQPOLL,
		.sq_thread_idle = 100000,
	};
	ret = mw_call(one, SYS_io_uring_setup, 4, MW_P(params));
	if (ret < 0)
		mw_skip("no io_uring", ret);
	enter("beside a ring's thread", one, pidfd, IPC_TIME);
}

/* Of a clone that has failed nobody has heard before the next call. */
static void setns_time_failed(void)
{
	const unsigned long flags[] = {
		CLONE_VM | CLONE_SIGHAND | CLONE_PIDFD | SIGCHLD,
		CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_PIDFD,
	};
	struct mw_peer *two;
	size_t i;

	mw_need_root();
	two = mw_fork(NULL);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct mw_peer *one = with_list(NULL);
		long pidfd = pidfd_of(one, two);

		/* The pidfd would go to this address. */
		mw_did("clone", mw_call(one, SYS_clone, (long)flags[i], 0, 16));
		enter("after a clone that failed", one, pidfd, IPC_TIME);
	}
}

enum { ROUNDS = 100 };

/* Was it the same for the undo list as for the caller? */
static bool race(int pidfd, int clone_flags, char *stack)
{
	bool thread = clone_flags & CLONE_THREAD;
	long arg[5] = { mw_pid(NULL), 0, KCMP_SYSVSEM };
	long ret, answer;
	int tid = mw_start_leaver(clone_flags, stack);

	arg[1] = mw_must("clone", mw_sys(SYS_clone, CLONE_SYSVSEM | SIGCHLD));
	if (arg[1] == 0)
		for (;;)
			mw_sys(SYS_pause, 0);
	mw_let_leave();
	ret = mw_sys(SYS_setns, pidfd, IPC_TIME | CLONE_NEWPID);
	answer = mw_kcmp(NULL, arg);
	mw_gone(thread ? (pid_t)mw_pid(NULL) : tid, tid);
	kill((pid_t)arg[1], SIGKILL);
	waitpid((pid_t)arg[1], NULL, 0);
	return answer >= 0 && (ret == 0) == (answer != 0);
}

/* While who is in the way ends. */
static void setns_time_racing(void)
{
	const int flags[] = {
		CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD,
		CLONE_VM | SIGCHLD,
	};
	char *stack = mw_alloc(MW_LEAVER_STACK);
	int i, wrong = 0;
	long pidfd;

	mw_need_root();
	pidfd = pidfd_of(NULL, mw_fork(NULL));
	(void)signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < ROUNDS; i++)
		wrong += !race((int)pidfd, flags[i % 2], stack);
	mw_say("wrong: %d of %d", wrong, ROUNDS);
}

/* The one of mounts alone is for who has an fs of its own; beside others it is
   not asked about. */
static void setns_mounts(void)
{
	const long ipc_mounts = CLONE_NEWIPC | CLONE_NEWNS;
	struct mw_peer *two, *one, *sharer;
	long pidfd;

	mw_need_root();
	two = mw_fork(NULL);
	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	sharer = mw_spawn(one, CLONE_FS | SIGCHLD);
	enter("a child has the fs", one, pidfd, ipc_mounts);
	mw_quit(sharer);
	mw_zombie(one, sharer);
	enter("a zombie had it", one, pidfd, ipc_mounts);

	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	sharer = mw_thread(one);
	enter("a thread has it", one, pidfd, ipc_mounts);
	mw_did("unshare", mw_call(sharer, SYS_unshare, CLONE_FS));
	enter("a thread has another", one, pidfd, ipc_mounts);

	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	mw_must("capset", mw_keep_caps(one, ~(1U << CAP_SYS_CHROOT), ~0U));
	enter("without CAP_SYS_CHROOT", one, pidfd, ipc_mounts);
}

/* One for pids that has no init yet does not show, but is another one. */
static void setns_unborn(void)
{
	struct mw_peer *two, *one;
	long pidfd;

	mw_need_root();
	two = mw_fork(NULL);
	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	mw_did("unshare", mw_call(one, SYS_unshare, CLONE_NEWPID));
	enter("back again", one, pidfd, CLONE_NEWIPC | CLONE_NEWPID);
	one = with_list(NULL);
	pidfd = pidfd_of(one, two);
	mw_did("unshare", mw_call(one, SYS_unshare, CLONE_NEWPID));
	mw_must("capset", mw_keep_caps(one, ~(1U << CAP_SYS_ADMIN), ~0U));
	enter("not back", one, pidfd, CLONE_NEWIPC | CLONE_NEWPID);
}

static long restrict_self(struct mw_peer *peer, long arg)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	long ret, fd;

	(void)peer;
	(void)arg;
	fd = mw_sys(SYS_landlock_create_ruleset, MW_P(&attr), sizeof(attr), 0);
	if (fd < 0)
		return fd;
	mw_sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);
	ret = mw_sys(SYS_landlock_restrict_self, fd, 0);
	mw_sys(SYS_close, fd);
	return ret;
}

/* A child that has made no call so far. */
static void setns_newborn(void)
{
	struct mw_peer *one, *maker, *two;
	long pidfd, ret;

	mw_need_root();
	one = with_list(NULL);
	maker = mw_fork(NULL);
	ret = mw_run(one, restrict_self, 0);
	if (ret < 0)
		mw_skip("no Landlock", ret);
	two = mw_fork(one);
	pidfd = pidfd_of(one, two);
	enter("to a child in one's domain", one, pidfd, CLONE_NEWIPC);

	one = with_list(NULL);
	mw_must("prctl", mw_call(one, SYS_prctl, PR_SET_KEEPCAPS, 1));
	mw_must("setresgid", mw_call(one, SYS_setresgid, 1000, 1000, 1000));
	mw_must("setresuid", mw_call(one, SYS_setresuid, 1000, 1000, 1000));
	mw_must("capset", mw_keep_caps(one, 0, 1U << CAP_SYS_ADMIN));
	mw_must("capset", mw_run(one, raise_caps, 0));
	two = mw_fork(maker);
	pidfd = pidfd_of(one, two);
	enter("to somebody else's", one, pidfd, CLONE_NEWIPC);
}

#if defined(KVM_CREATE_VM)
/* To run a machine makes a thread of the kernel's. */
static long run_machine(struct mw_peer *peer, long arg)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int machine = ioctl(kvm, KVM_CREATE_VM, 0);
	int cpu = ioctl(machine, KVM_CREATE_VCPU, 0);
	struct kvm_run *run;

	(void)peer;
	(void)arg;
	if (cpu < 0)
		return -1;
	run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED, cpu,
		   0);
	if (run == MAP_FAILED)
		return -1;
	run->immediate_exit = 1;
	(void)ioctl(cpu, KVM_RUN, 0);
	return 0;
}

static void unshare_machine(void)
{
	struct mw_peer *two, *one;
	long pidfd;

	mw_need_root();
	two = mw_fork(NULL);
	one = mw_spawn(NULL, CLONE_SYSVSEM | CLONE_FILES | SIGCHLD);
	pidfd = pidfd_of(one, two);
	mw_ask_peers(NULL, "before", NULL, one);
	if (mw_run(one, run_machine, 0) < 0)
		mw_skip("no KVM", 0);
	mw_did("unshare", mw_call(one, SYS_unshare,
				  CLONE_THREAD | CLONE_FILES));
	mw_ask_peers(NULL, "after", NULL, one);
	enter("time", one, pidfd, IPC_TIME);
}
#else
static void unshare_machine(void)
{
	mw_skip("built without KVM", 0);
}
#endif

const struct mw_scenario mw_entered[] = {
	{ "setns-pidfd-refused", setns_pidfd_refused,
	  "setns to where one is, and may not look" },
	{ "setns-unshared", setns_unshared, "to those of one who went away" },
	{ "setns-owner", setns_owner, "to one of another user namespace" },
	{ "setns-time", setns_time, "to the one of time, not alone" },
	{ "setns-time-leader", setns_time_leader, "beside a dead leader" },
	{ "setns-time-ring", setns_time_ring, "beside an io_uring's thread" },
	{ "setns-time-failed", setns_time_failed, "after clones that failed" },
	{ "setns-time-racing", setns_time_racing, "while somebody ends" },
	{ "setns-mounts", setns_mounts, "to the one of mounts" },
	{ "setns-unborn", setns_unborn, "out of one that has no init yet" },
	{ "setns-newborn", setns_newborn, "to those of somebody just made" },
	{ "unshare-machine", unshare_machine, "beside a thread of KVM's" },
	{ NULL, NULL, NULL },
};
