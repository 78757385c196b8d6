/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Undo lists and io contexts: what makes them, who inherits them. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- undo lists ---- */

static int sem_new(void)
{
	int id = semget(IPC_PRIVATE, 2, 0600);

	if (id < 0)
		mw_skip("no semaphores", -errno);
	return id;
}

/* Prints what an operation of the peer said and whether it got a list. */
static void sem_line(const char *what, struct mw_peer *peer,
		     struct mw_peer *fresh, long ret)
{
	const long arg[5] = { peer->pid, fresh->pid, KCMP_SYSVSEM };

	mw_say("%s: %s, list: %s", what,
	       ret < 0 ? mw_errno_name(ret) : "ok",
	       mw_compare(NULL, arg) == 0 ? "none" : "made");
}

static struct sembuf *op(int number, int operation, int flags)
{
	struct sembuf *buffer = mw_alloc(2 * sizeof(*buffer));

	buffer->sem_num = (unsigned short)number;
	buffer->sem_op = (short)operation;
	buffer->sem_flg = (short)flags;
	return buffer;
}

static void sem_cases(struct mw_peer *fresh, int id)
{
	const struct {
		const char *what;
		int id;
		struct sembuf *ops;
		unsigned int count;
	} cases[] = {
		{ "without UNDO", id, op(0, 1, 0), 1 },
		{ "with UNDO", id, op(0, 1, SEM_UNDO), 1 },
		{ "with UNDO, no such set", 0x7ffffff0, op(0, 1, SEM_UNDO),
		  1 },
		{ "with UNDO, negative set", -1, op(0, 1, SEM_UNDO), 1 },
		{ "with UNDO, would block", id,
		  op(1, -1, SEM_UNDO | IPC_NOWAIT), 1 },
		{ "without UNDO, would block", id, op(1, -1, IPC_NOWAIT), 1 },
		{ "with UNDO, no such semaphore", id, op(9, 1, SEM_UNDO), 1 },
		{ "with UNDO, no operations", id, op(0, 1, SEM_UNDO), 0 },
		{ "with UNDO, too many operations", id, op(0, 1, SEM_UNDO),
		  100000 },
		{ "no memory", id, NULL, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mw_peer *peer = mw_fork(NULL);

		sem_line(cases[i].what, peer, fresh,
			 mw_semop(peer, cases[i].id, cases[i].ops,
				  cases[i].count));
		mw_quit(peer);
		mw_reap(NULL, peer);
	}
}

/* How many operations one call may have its ipc namespace says. */
static long limit_operations(struct mw_peer *peer, long most)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "32000 1024000000 %ld 32000",
			      most);
	long fd = mw_sys(SYS_open, MW_P("/proc/sys/kernel/sem"), O_WRONLY);
	long ret;

	(void)peer;
	if (fd < 0)
		return fd;
	ret = mw_sys(SYS_write, fd, MW_P(text), length);
	mw_sys(SYS_close, fd);
	return ret;
}

static void sem_limit(void)
{
	enum { MANY = 600 };
	static const struct {
		const char *what;
		long most;
		unsigned int count;
	} cases[] = {
		{ "ten of ten", 10, 10 },
		{ "eleven of ten", 10, 11 },
		{ "many of ten", 10, MANY },
		{ "many of a thousand", 1000, MANY },
		{ "one of none", 0, 1 },
	};
	struct sembuf *ops;
	struct mw_peer *fresh;
	unsigned int i;

	mw_need_root();
	ops = mw_alloc(MANY * sizeof(*ops));
	for (i = 0; i < MANY; i++)
		ops[i] = (struct sembuf){ 0, 1, SEM_UNDO };
	fresh = mw_fork(NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mw_peer *peer = mw_fork(NULL);
		long ret = mw_call(peer, SYS_unshare, CLONE_NEWIPC);

		if (ret < 0)
			mw_skip("cannot make a namespace", ret);
		mw_must("kernel.sem",
			mw_run(peer, limit_operations, cases[i].most));
		sem_line(cases[i].what, peer, fresh,
			 mw_semop(peer, 0x7ffffff0, ops, cases[i].count));
		mw_quit(peer);
		mw_reap(NULL, peer);
	}
}

/* With a 64-bit timespec in programs of either width. */
#ifdef SYS_semtimedop
enum { TIMED_CALL = SYS_semtimedop };
#else
enum { TIMED_CALL = SYS_semtimedop_time64 };
#endif

static long timed(struct mw_peer *peer, int id, struct sembuf *ops)
{
	long long *zero = mw_alloc(2 * sizeof(*zero));

	return mw_call(peer, TIMED_CALL, id, MW_P(ops), 1, MW_P(zero));
}

static void sem_undo(void)
{
	struct mw_peer *fresh = mw_fork(NULL);
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two;
	int id = sem_new();
	struct sembuf *pair = op(0, 1, 0);

	sem_cases(fresh, id);
	pair[1] = (struct sembuf){ 1, 1, SEM_UNDO };
	sem_line("the second operation has UNDO", one, fresh,
		 mw_semop(one, id, pair, 2));
	two = mw_fork(one);
	sem_line("a fork of it", two, fresh, 0);
	sem_line("a timed operation", two, fresh,
		 timed(two, id, op(0, 1, SEM_UNDO)));
	mw_ask_peers(NULL, "two lists", one, two);
	mw_did("exec", mw_exec(one));
	sem_line("after exec", one, fresh, 0);
	mw_did("unshare", mw_call(one, SYS_unshare, CLONE_SYSVSEM));
	sem_line("after unshare", one, fresh, 0);
	sem_line("again", one, fresh, mw_semop(one, id, op(0, 1, SEM_UNDO),
					      1));
	two = mw_spawn(one, CLONE_SYSVSEM | SIGCHLD);
	mw_ask_peers(NULL, "shared", one, two);
	mw_did("in the child", mw_semop(two, id, op(0, 1, SEM_UNDO), 1));
	mw_ask_peers(two, "still shared", one, two);
	semctl(id, 0, IPC_RMID);
	mw_ask_peers(two, "without the set", one, two);
}

static void sem_threads(void)
{
	struct mw_peer *fresh = mw_fork(NULL);
	struct mw_peer *leader = mw_fork(NULL);
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		    CLONE_THREAD;
	struct mw_peer *one = mw_spawn(leader, (unsigned long)flags);
	struct mw_peer *two = mw_spawn(leader, (unsigned long)flags);
	int id = sem_new();

	mw_ask_peers(NULL, "threads without lists", one, two);
	mw_did("semop in one", mw_semop(one, id, op(0, 1, SEM_UNDO), 1));
	mw_ask_peers(NULL, "one has a list", one, two);
	mw_ask_peers(NULL, "and the leader none", leader, fresh);
	mw_did("semop in the other", mw_semop(two, id, op(0, 1, SEM_UNDO),
					     1));
	mw_ask_peers(one, "both have lists", one, two);
	mw_thread(leader);
	mw_ask_peers(NULL, "the leader has one for its new thread", leader,
		     fresh);
	mw_did("exec from one", mw_exec(one));
	one->pid = leader->pid;
	mw_ask_peers(one, "it kept its list", leader, fresh);
	semctl(id, 0, IPC_RMID);
}

/* ---- io contexts ---- */

#define BE IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)
#define IDLE IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)
#define NONE IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0)

static void io_line(const char *what, struct mw_peer *a, struct mw_peer *b)
{
	const long arg[5] = { mw_pid(a), mw_pid(b), KCMP_IO };

	mw_say("%s: %s", what, mw_result(mw_compare(NULL, arg)));
}

static long io_self(struct mw_peer *peer, int value)
{
	return mw_ioprio(peer, IOPRIO_WHO_PROCESS, 0, value);
}

static void io_fork(const char *name, int value, struct mw_peer *fresh)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two;

	mw_did(name, io_self(one, value));
	io_line("  a context", one, fresh);
	two = mw_fork(one);
	io_line("  of a fork", two, fresh);
	io_line("  parent and fork", one, two);
	two = mw_spawn(one, CLONE_IO | SIGCHLD);
	io_line("  parent and CLONE_IO child", one, two);
	mw_did("  exec", mw_exec(two));
	io_line("  after its exec", one, two);
	two = mw_fork(two);
	io_line("  the child's fork", one, two);
	two = mw_thread(one);
	io_line("  parent and thread", one, two);
}

static void io_contexts(void)
{
	struct mw_peer *fresh = mw_fork(NULL);
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two = mw_spawn(one, CLONE_IO | SIGCHLD);

	io_line("CLONE_IO without a context", one, two);
	mw_did("ioprio_set in the child", io_self(two, BE));
	io_line("then", one, two);
	mw_did("ioprio_set in the parent", io_self(one, BE));
	io_line("two contexts", one, two);
	two = mw_spawn(one, CLONE_IO | SIGCHLD);
	io_line("CLONE_IO with a context", one, two);
	mw_did("ioprio_set again", io_self(two, IDLE));
	io_line("still one", one, two);
	io_fork("best effort", BE, fresh);
	io_fork("idle", IDLE, fresh);
	io_fork("none", NONE, fresh);
}

static void io_failing(void)
{
	struct mw_peer *fresh = mw_fork(NULL);
	struct mw_peer *one = mw_fork(NULL);

	mw_did("an unknown class", io_self(one, IOPRIO_PRIO_VALUE(5, 0)));
	io_line("then", one, fresh);
	mw_did("NONE with data", io_self(one, IOPRIO_PRIO_VALUE(0, 3)));
	io_line("then", one, fresh);
	mw_did("an unknown kind of target", mw_ioprio(one, 9, 0, BE));
	io_line("then", one, fresh);
	mw_did("a task that is not there",
	       mw_ioprio(one, IOPRIO_WHO_PROCESS, 0x7fffffff, BE));
	io_line("then", one, fresh);
	mw_did("a group that is not there",
	       mw_ioprio(one, IOPRIO_WHO_PGRP, 0x7fffffff, BE));
	io_line("then", one, fresh);
	mw_did("wide arguments",
	       mw_call(one, SYS_ioprio_set, MW_WIDE(IOPRIO_WHO_PROCESS),
		       MW_WIDE(one->pid), MW_WIDE(BE)));
	io_line("then", one, fresh);
}

static void io_targets(void)
{
	struct mw_peer *fresh = mw_fork(NULL);
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *thread = mw_thread(one);
	struct mw_peer *child = mw_fork(one);
	struct mw_peer *other = mw_fork(one);
	struct mw_peer *born;

	mw_did("for a thread", mw_ioprio(NULL, IOPRIO_WHO_PROCESS,
					 thread->pid, BE));
	io_line("its leader", one, fresh);
	io_line("the thread", thread, fresh);
	mw_did("for a process", mw_ioprio(thread, IOPRIO_WHO_PROCESS,
					  child->pid, BE));
	io_line("it", child, fresh);
	io_line("it and the thread", child, thread);
	mw_did("setpgid", mw_call(other, SYS_setpgid, 0, 0));
	mw_did("setpgid", mw_call(one, SYS_setpgid, 0, other->pid));
	mw_did("for a group", mw_ioprio(NULL, IOPRIO_WHO_PGRP, other->pid,
					NONE));
	io_line("one of the group", one, fresh);
	io_line("another", other, fresh);
	io_line("one and another", one, other);
	io_line("not of the group", fresh, NULL);
	born = mw_fork(other);
	io_line("a fork, after class none", born, fresh);
	mw_did("for one's own group", mw_ioprio(one, IOPRIO_WHO_PGRP, 0, BE));
	born = mw_fork(other);
	io_line("a fork, after best effort", born, fresh);
	io_line("and not its parent's", born, other);
}

/* A number of a process group, in a pid namespace: it is there for as long as
   somebody is in the group, and means another one elsewhere. */
static void io_group_pids(void)
{
	struct mw_peer *init, *leader, *member, *fresh;
	int number[2];

	mw_need_root();
	mw_must("setpgid", mw_sys(SYS_setpgid, 0, 0));
	if (mw_try_spawn(NULL, CLONE_NEWPID | SIGCHLD, &init) < 0)
		mw_skip("cannot make a namespace", -EPERM);
	leader = mw_fork(init);
	mw_did("setpgid", mw_call(leader, SYS_setpgid, 0, 0));
	member = mw_fork(leader);
	fresh = mw_fork(init);
	number[0] = member->self;
	number[1] = fresh->self;
	mw_quit(leader);
	mw_reap(init, leader);
	mw_did("a group whose leader has gone",
	       mw_ioprio(init, IOPRIO_WHO_PGRP, leader->self, BE));
	mw_ask(init, "one of it", number[0], number[1]);
	mw_ask(init, "who is not in it", 1, number[1]);
	mw_did("who leads none", mw_ioprio(init, IOPRIO_WHO_PGRP, number[1],
					   BE));
	mw_ask(init, "nobody", 1, number[1]);
	if (mw_pid(NULL) > 60)
		mw_did("a number outside",
		       mw_ioprio(init, IOPRIO_WHO_PGRP, mw_pid(NULL), BE));
	mw_ask(init, "nobody", 1, number[1]);
	mw_did("one's own", mw_ioprio(init, IOPRIO_WHO_PGRP, 0, BE));
	mw_ask(init, "it", 1, number[1]);
	fresh = mw_fork(NULL);
	mw_must("setpgid", mw_call(fresh, SYS_setpgid, 0, 0));
	io_line("outside, too", fresh, NULL);
}

/* ---- ioprio_set for a user ---- */

/* Nobody else's, also of those who play this at the same time. */
static int user(int n)
{
	return 100000 + 4 * mw_pid(NULL) + n;
}

#ifdef SYS_setresuid32
enum { SETRESUID = SYS_setresuid32 };
#else
enum { SETRESUID = SYS_setresuid };
#endif

static void become(struct mw_peer *peer, int uid, int with_caps)
{
	long ret;

	mw_must("PR_SET_KEEPCAPS", mw_call(peer, SYS_prctl, PR_SET_KEEPCAPS,
					   with_caps));
	ret = mw_call(peer, SETRESUID, uid, uid, uid);
	if (ret == -EINVAL)
		mw_skip("there is no such user", ret);
	mw_must("setresuid", ret);
}

static struct mw_peer *of_user(int uid, int with_caps)
{
	struct mw_peer *peer = mw_fork(NULL);

	become(peer, uid, with_caps);
	return peer;
}

static void io_user(void)
{
	struct mw_peer *fresh;
	struct mw_peer *one;
	struct mw_peer *two;
	struct mw_peer *three;
	struct mw_peer *thread;

	mw_need_root();
	fresh = mw_fork(NULL);
	one = of_user(user(0), 0);
	two = of_user(user(0), 1);
	three = of_user(user(0), 0);
	mw_did("user 0", mw_ioprio(one, IOPRIO_WHO_USER, 0, BE));
	io_line("is not the caller's", one, fresh);
	mw_did("a user who has no task",
	       mw_ioprio(one, IOPRIO_WHO_USER, user(1), BE));
	io_line("then", one, fresh);
	mw_did("a user of whom one may not be changed",
	       mw_ioprio(three, IOPRIO_WHO_USER, user(0), BE));
	io_line("before that one", one, fresh);
	io_line("that one", two, fresh);
	io_line("behind it", three, fresh);
	thread = mw_thread(fresh);
	become(thread, user(1), 0);
	mw_did("a user of one thread",
	       mw_ioprio(NULL, IOPRIO_WHO_USER, user(1), BE));
	io_line("it", thread, three);
	io_line("its leader", fresh, three);
	one = of_user(user(2), 1);
	two = of_user(user(2), 0);
	mw_quit(one);
	mw_zombie(NULL, one);
	mw_did("the dead may not be changed either",
	       mw_ioprio(two, IOPRIO_WHO_USER, user(2), BE));
	io_line("then", two, three);
	mw_reap(NULL, one);
	mw_did("unless they are gone",
	       mw_ioprio(two, IOPRIO_WHO_USER, user(2), BE));
	io_line("then", two, three);
}

static void io_user_pids(void)
{
	struct mw_peer *fresh;
	struct mw_peer *init;
	struct mw_peer *one;
	long ret;

	mw_need_root();
	fresh = mw_fork(NULL);
	ret = mw_try_spawn(NULL, CLONE_NEWPID | SIGCHLD, &init);
	if (ret < 0)
		mw_skip("cannot make a namespace", ret);
	one = mw_fork(init);
	mw_did("a user", mw_ioprio(one, IOPRIO_WHO_USER, 0, BE));
	io_line("outside", fresh, mw_fork(NULL));
	io_line("inside", init, fresh);
	mw_ask(one, "each its own", 1, one->self);
}

static void io_user_ids(void)
{
	struct mw_peer *fresh;
	struct mw_peer *one;
	struct mw_peer *two;
	char text[64];
	long ret;
	int fd;

	mw_need_root();
	fresh = mw_fork(NULL);
	one = of_user(user(0), 0);
	two = of_user(user(0), 0);
	ret = mw_call(two, SYS_unshare, CLONE_NEWUSER);
	if (ret < 0)
		mw_skip("cannot make a namespace", ret);
	mw_did("no number", mw_ioprio(two, IOPRIO_WHO_USER, user(0), BE));
	io_line("then", two, fresh);
	snprintf(text, sizeof(text), "/proc/%d/uid_map", mw_pid(two));
	fd = (int)mw_must("uid_map", open(text, O_WRONLY | O_CLOEXEC));
	ret = snprintf(text, sizeof(text), "7 %d 1\n", user(0));
	if (write(fd, text, (size_t)ret) != ret)
		mw_skip("cannot map users", -errno);
	close(fd);
	mw_did("the number outside",
	       mw_ioprio(two, IOPRIO_WHO_USER, user(0), BE));
	io_line("then", two, fresh);
	mw_did("root, who is nobody there",
	       mw_ioprio(two, IOPRIO_WHO_USER, 0, BE));
	io_line("then", two, fresh);
	mw_did("by the owner, outside",
	       mw_ioprio(one, IOPRIO_WHO_USER, user(0), BE));
	io_line("the owner", one, fresh);
	io_line("the namespace's", two, fresh);
	one = of_user(user(0), 0);
	mw_did("the number inside", mw_ioprio(two, IOPRIO_WHO_USER, 7, BE));
	io_line("then", one, fresh);
}

/* Whom one may not change ends, and who comes behind him is set, or not. */
struct race {
	atomic_int ready, going, leaving, done;
	long ret;
};

enum { RACES = 100 };

static void await(const atomic_int *number, int least)
{
	while (atomic_load(number) < least)
		mw_sys(SYS_sched_yield, 0);
}

/* Of two that were made in one tick of the clock of /proc/PID/stat nobody can
   tell who is the older. */
static void await_tick(void)
{
	struct timespec now;
	long long first = 0, tick;

	do {
		mw_sys(SYS_sched_yield, 0);
		(void)clock_gettime(CLOCK_BOOTTIME, &now);
		tick = now.tv_sec * 100LL + now.tv_nsec / 10000000;
		if (!first)
			first = tick;
	} while (tick == first);
}

static pid_t race_as(struct race *race, int uid, int with_caps)
{
	pid_t pid = fork();

	if (pid < 0)
		mw_die("fork", -errno);
	if (pid > 0) {
		await(&race->ready, with_caps ? 1 : 2);
		return pid;
	}
	mw_must("PR_SET_KEEPCAPS", mw_sys(SYS_prctl, PR_SET_KEEPCAPS,
					  with_caps));
	mw_must("setresuid", mw_sys(SETRESUID, uid, uid, uid));
	atomic_fetch_add(&race->ready, 1);
	if (with_caps) {
		await(&race->going, 1);
		atomic_store(&race->leaving, 1);
		_exit(0);
	}
	await(&race->leaving, 1);
	race->ret = mw_sys(SYS_ioprio_set, IOPRIO_WHO_USER, uid, BE);
	atomic_store(&race->done, 1);
	for (;;)
		mw_sys(SYS_pause, 0);
}

static void io_racing(void)
{
	struct race *race = mw_alloc(sizeof(*race));
	long arg[5] = { 0, 0, KCMP_IO };
	int i, wrong = 0;

	mw_need_root();
	arg[0] = mw_pid(mw_fork(NULL));
	(void)of_user(user(0), 0);
	/* Nobody has to wait for them: they go by themselves. */
	(void)signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < RACES; i++) {
		pid_t first;

		memset(race, 0, sizeof(*race));
		first = race_as(race, user(0), 1);
		await_tick();
		arg[1] = race_as(race, user(0), 0);
		atomic_store(&race->going, 1);
		await(&race->done, 1);
		wrong += (race->ret == 0) != (mw_kcmp(NULL, arg) != 0);
		kill((pid_t)arg[1], SIGKILL);
		mw_gone((pid_t)arg[1], (pid_t)arg[1]);
		mw_gone(first, first);
	}
	mw_say("wrong: %d of %d", wrong, RACES);
}

/* It keeps what it may do until then, and stops before the first instruction of
   its new program. */
static pid_t exec_traced(struct race *race, int uid)
{
	char *argv[] = { (char *)"self", NULL };
	pid_t pid = fork();

	if (pid < 0)
		mw_die("fork", -errno);
	if (pid) {
		await(&race->ready, 1);
		return pid;
	}
	mw_must("PR_SET_KEEPCAPS", mw_sys(SYS_prctl, PR_SET_KEEPCAPS, 1));
	mw_must("setresuid", mw_sys(SETRESUID, uid, uid, uid));
	atomic_store(&race->ready, 1);
	await(&race->going, 1);
	mw_must("ptrace", mw_sys(SYS_ptrace, PTRACE_TRACEME));
	mw_must("execve", mw_sys(SYS_execve, MW_P("/proc/self/exe"), MW_P(argv),
				 MW_P(environ)));
	_exit(1);
}

static void io_execed(void)
{
	struct race *race = mw_alloc(sizeof(*race));
	long arg[5] = { 0, 0, KCMP_IO };
	struct mw_peer *one;
	siginfo_t info;
	pid_t pid;

	mw_need_root();
	one = of_user(user(3), 0);
	arg[0] = mw_pid(mw_fork(NULL));
	arg[1] = pid = exec_traced(race, user(3));
	mw_did("for one who has capabilities",
	       mw_ioprio(one, IOPRIO_WHO_PROCESS, pid, BE));
	mw_say("then: %s", mw_result(mw_compare(NULL, arg)));
	atomic_store(&race->going, 1);
	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED) < 0 ||
	    info.si_code != CLD_TRAPPED)
		mw_die("no exec", -errno);
	mw_did("for one whose exec has taken them",
	       mw_ioprio(one, IOPRIO_WHO_PROCESS, pid, BE));
	mw_say("then: %s", mw_result(mw_compare(NULL, arg)));
	kill(pid, SIGKILL);
	mw_must("waitid", waitid(P_PID, (id_t)pid, &info, WEXITED));
}

const struct mw_scenario mw_context[] = {
	{ "sem-undo", sem_undo, "what makes an undo list" },
	{ "sem-limit", sem_limit, "how many operations there may be" },
	{ "sem-threads", sem_threads, "undo lists of threads" },
	{ "io-contexts", io_contexts, "io contexts and CLONE_IO" },
	{ "io-failing", io_failing, "ioprio_set that fails" },
	{ "io-targets", io_targets, "ioprio_set for other tasks" },
	{ "io-group-pids", io_group_pids, "for a group in a pid namespace" },
	{ "io-user", io_user, "ioprio_set for a user" },
	{ "io-user-pids", io_user_pids, "in a pid namespace" },
	{ "io-racing", io_racing, "for a user one of whom ends" },
	{ "io-execed", io_execed, "for one who is just in a new program" },
	{ "io-user-ids", io_user_ids, "in a user namespace" },
	{ NULL, NULL, NULL },
};
