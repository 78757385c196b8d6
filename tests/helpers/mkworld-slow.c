/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The phases of an end and of an exec, made long by what there is to give up.
 * Something else shows each time that one of them has begun, and what kcmp says
 * from then on.
 */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	ROUNDS = 8,
	SETS = 3000,		/* of semaphores */
	TABLE = 4000,		/* descriptors */
	LOCKS = 2000,		/* the kernel follows no more than 2048 */
	ENOUGH = 128,		/* gigabytes that take a while to go through */
};

static long how(struct mw_peer *asker, pid_t one, pid_t two, int type)
{
	const long arg[5] = { one, two, type };

	return mw_kcmp(asker, arg);
}

/* ---- semaphores that are put back ---- */

struct sets {
	int id[SETS];
	int count;
};

#ifdef SYS_semtimedop
enum { CHANGE = SYS_semtimedop };
#else
enum { CHANGE = SYS_semtimedop_time64 };
#endif

static long change_all(struct mw_peer *peer, long address)
{
	const struct sets *sets = (const struct sets *)address;
	struct sembuf op = { 0, 1, SEM_UNDO };
	long r = 0;
	int i;

	(void)peer;
	for (i = 0; i < sets->count && !r; i++)
		r = mw_sys(CHANGE, sets->id[i], MW_P(&op), 1, 0);
	return r;
}

/* The list of what is to be undone goes before any of it is. */
static void slow_undo(void)
{
	struct sets *sets = mw_alloc(sizeof(*sets));
	struct mw_peer *other = mw_fork(NULL);
	int wrong = 0;
	int i;

	while (sets->count < SETS) {
		int id = semget(IPC_PRIVATE, 1, 0600);

		if (id < 0)
			break;
		sets->id[sets->count++] = id;
	}
	for (i = 0; i < ROUNDS && sets->count; i++) {
		struct mw_peer *one = mw_fork(NULL);
		/* The youngest is undone first. */
		int first = sets->id[sets->count - 1];

		mw_must("semop", mw_run(one, change_all, MW_P(sets)));
		wrong += how(NULL, one->pid, other->pid, KCMP_SYSVSEM) <= 0;
		kill(one->pid, SIGKILL);
		while (semctl(first, 0, GETVAL) > 0)
			mw_sys(SYS_sched_yield, 0);
		wrong += how(NULL, one->pid, other->pid, KCMP_SYSVSEM) != 0;
		mw_reap(NULL, one);
	}
	while (sets->count)
		(void)semctl(sets->id[--sets->count], 0, IPC_RMID);
	mw_say("wrong: %d", wrong);
}

/* ---- a thread that ends alone, and nobody tells ---- */

static long fill_table(struct mw_peer *peer, long keep)
{
	long fd = mw_sys(SYS_unshare, CLONE_FILES);
	long count = TABLE;

	(void)peer;
	(void)keep;
	while (fd >= 0 && count--)
		fd = mw_sys(SYS_eventfd2, 0, 0);
	return fd == -EMFILE || fd > 0 ? 0 : fd;
}

static long die_alone(struct mw_peer *peer, long unused)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, filter };
	long r;

	(void)peer;
	(void)unused;
	r = mw_sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);
	if (!r)
		r = mw_sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
			   MW_P(&program));
	return r ? r : mw_sys(SYS_getppid, 0);
}

/* The end of a pipe that only the thread had open shows that it has no files
   any more, and so no memory. */
static int kill_thread_round(void)
{
	struct mw_peer *one;
	struct mw_peer *thread;
	int wrong = 0;
	int pipes[2];
	char byte;

	if (pipe(pipes) != 0)
		mw_die("pipe", -errno);
	one = mw_fork(NULL);
	close(pipes[1]);
	thread = mw_thread(one);
	mw_must("table", mw_run(thread, fill_table, 0));
	mw_must("close", mw_call(one, SYS_close, pipes[1]));
	wrong += how(NULL, one->pid, thread->self, KCMP_VM) != 0;
	mw_start(thread, die_alone, 0);
	while (read(pipes[0], &byte, 1) != 0)
		;
	wrong += how(NULL, one->pid, thread->self, KCMP_VM) == 0;
	close(pipes[0]);
	mw_gone(one->pid, thread->self);
	wrong += how(NULL, one->pid, thread->self, KCMP_VM) != -ESRCH;
	kill(one->pid, SIGKILL);
	mw_reap(NULL, one);
	return wrong;
}

static void killed_thread(void)
{
	int wrong = 0;
	int i;

	for (i = 0; i < ROUNDS; i++)
		wrong += kill_thread_round();
	mw_say("wrong: %d", wrong);
}

/* Whom nobody shares a group with any more may ask for what that forbids. */
static void killed_thread_unshare(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *partner = mw_spawn(one, CLONE_FILES | SIGCHLD);
	struct mw_peer *thread = mw_thread(one);

	mw_did("with a thread", mw_call(one, SYS_unshare,
					CLONE_THREAD | CLONE_FILES));
	mw_ask_peers(partner, "refused", one, partner);
	mw_start(thread, die_alone, 0);
	mw_gone(one->pid, thread->self);
	mw_did("without", mw_call(one, SYS_unshare,
				  CLONE_THREAD | CLONE_FILES));
	mw_ask_peers(partner, "done", one, partner);
}

/* ---- an exec that has locks to give up ---- */

struct locks {
	struct robust_list_head head;
	struct lock {
		struct robust_list list;
		atomic_uint owner;
	} lock[LOCKS];
};

static long take_locks(struct mw_peer *peer, long address)
{
	struct locks *locks = (struct locks *)address;
	struct robust_list **link = &locks->head.list.next;
	int i;

	locks->head.futex_offset = offsetof(struct lock, owner);
	for (i = 0; i < LOCKS; i++) {
		locks->lock[i].owner = (unsigned int)mw_pid(peer) |
			FUTEX_WAITERS;
		*link = &locks->lock[i].list;
		link = &locks->lock[i].list.next;
	}
	*link = &locks->head.list;
	return mw_sys(SYS_set_robust_list, MW_P(&locks->head),
		      sizeof(locks->head));
}

static long run_other(struct mw_peer *peer, long unused)
{
	static const char *const args[] = { "sleep", "60", NULL };
	static const char *const env[] = { NULL };

	(void)peer;
	(void)unused;
	return mw_sys(SYS_execve, MW_P("/bin/sleep"), MW_P(args), MW_P(env));
}

/* What is closed here is not closed there. */
static bool keeps(pid_t pid, int fd)
{
	const long arg[5] = { pid, pid, KCMP_FILE, fd, fd };

	close(fd);
	return mw_kcmp(NULL, arg) == 0;
}

/* The table is its own before the old memory's locks are given up. */
static void slow_exec(void)
{
	struct locks *locks = mw_alloc(sizeof(*locks));
	int wrong = 0;
	int i;

	for (i = 0; i < 4 * ROUNDS; i++) {
		struct mw_peer *one = mw_spawn(NULL, CLONE_FILES | SIGCHLD);
		int fd = mw_null(NULL);

		mw_must("locks", mw_run(one, take_locks, MW_P(locks)));
		wrong += how(NULL, mw_pid(NULL), one->pid, KCMP_FILES) != 0;
		mw_start(one, run_other, 0);
		while (!(locks->lock[0].owner & FUTEX_OWNER_DIED))
			;
		/* By turns, for the answer to one settles the other. */
		if (i % 2)
			wrong += !keeps(one->pid, fd);
		else
			close(fd);
		wrong += how(NULL, mw_pid(NULL), one->pid, KCMP_FILES) <= 0;
		kill(one->pid, SIGKILL);
		mw_reap(NULL, one);
	}
	mw_say("wrong: %d", wrong);
}

/* In the end it has a table of its own, but not before it is the leader. */
static bool comes_apart(pid_t pid)
{
	int tries = TABLE;

	while (tries-- && how(NULL, mw_pid(NULL), pid, KCMP_FILES) == 0)
		mw_sys(SYS_sched_yield, 0);
	return tries >= 0;
}

/* Its number is the dead leader's for a moment, then nobody's. */
static void thread_exec(void)
{
	int wrong = 0;
	int i;

	for (i = 0; i < 2 * ROUNDS; i++) {
		struct mw_peer *one = mw_spawn(NULL, CLONE_FILES | SIGCHLD);
		struct mw_peer *thread = mw_thread(one);
		pid_t tid = thread->self;

		wrong += how(NULL, mw_pid(NULL), tid, KCMP_FILES) != 0;
		mw_start(thread, run_other, 0);
		while (how(NULL, mw_pid(NULL), tid, KCMP_VM) >= 0)
			;
		wrong += how(NULL, mw_pid(NULL), tid, KCMP_VM) != -ESRCH;
		wrong += !comes_apart(one->pid);
		kill(one->pid, SIGKILL);
		mw_reap(NULL, one);
	}
	mw_say("wrong: %d", wrong);
}

#ifdef __LP64__
/* ---- a dump of core ---- */

/* What nobody has written to costs the dump time, and no room on the disk; but
   it is left out altogether where nobody has written to any of it. */
static long map_much(struct mw_peer *peer, long gigabytes)
{
	char *all = mmap(NULL, (size_t)gigabytes << 30, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)peer;
	if (all == MAP_FAILED)
		return -errno;
	all[0] = 1;
	return 0;
}

/* Where it goes; false: to where we cannot see it. */
static bool core_name(char *name, size_t size, const char *where, pid_t pid)
{
	char pattern[8] = "", with_pid = '0';
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	bool plain = read(fd, pattern, sizeof(pattern) - 1) == 5 &&
		!strcmp(pattern, "core\n");

	close(fd);
	fd = open("/proc/sys/kernel/core_uses_pid", O_RDONLY | O_CLOEXEC);
	plain = plain && read(fd, &with_pid, 1) == 1;
	close(fd);
	(void)snprintf(name, size, with_pid == '1' ? "%s/core.%d" : "%s/core",
		       where, pid);
	return plain;
}

struct dumper {
	struct mw_peer *one, *two;	/* two is a child of one's */
	struct mw_peer *dumps, *stays;	/* one is this, and one that */
	int fd, other;			/* open in the table of both */
	char where[32];
	char core[64];
};

static void dumper_make(struct dumper *d, bool parent_dumps, long gigabytes)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	long r;

	(void)snprintf(d->where, sizeof(d->where), "/tmp/mkworld.XXXXXX");
	if (!mkdtemp(d->where))
		mw_die("mkdtemp", -errno);
	d->one = mw_fork(NULL);
	r = mw_run(d->one, map_much, gigabytes);
	d->two = mw_spawn(d->one, CLONE_VM | CLONE_FILES | SIGCHLD);
	d->dumps = parent_dumps ? d->one : d->two;
	d->stays = parent_dumps ? d->two : d->one;
	d->fd = mw_null(d->one);
	d->other = mw_null(d->one);
	mw_must("chdir", mw_call(d->dumps, SYS_chdir, MW_P(d->where)));
	if (!r)
		r = mw_call(d->dumps, SYS_prlimit64, 0, RLIMIT_CORE,
			    MW_P(&all), 0);
	if (!core_name(d->core, sizeof(d->core), d->where, d->dumps->pid) ||
	    r) {
		(void)rmdir(d->where);
		mw_skip("no core is dumped into a file", r);
	}
}

static void dumper_drop(struct dumper *d)
{
	kill(d->dumps->pid, SIGKILL);
	if (d->dumps == d->two)
		mw_reap(d->one, d->two);
	else
		mw_reap(NULL, d->one);
	mw_quit(d->stays);
	if (d->stays == d->one)
		mw_reap(NULL, d->one);
	(void)unlink(d->core);
	(void)rmdir(d->where);
}

/* Who dumps has its memory until it is done. */
static bool dumps(const struct dumper *d)
{
	return how(NULL, d->one->pid, d->two->pid, KCMP_VM) == 0;
}

/* The kernel has made it a table of its own before it writes. */
static void await_core(const struct dumper *d)
{
	struct stat core;

	while (dumps(d) && (stat(d->core, &core) != 0 || core.st_size == 0))
		mw_sys(SYS_sched_yield, 0);
}

static void await_parting(const struct dumper *d)
{
	while (dumps(d) &&
	       how(NULL, d->one->pid, d->two->pid, KCMP_FILES) == 0)
		mw_sys(SYS_sched_yield, 0);
}

static long of(const struct mw_peer *peer, int a, int b)
{
	const long arg[5] = { peer->pid, peer->pid, KCMP_FILE, a, b };

	return mw_kcmp(NULL, arg);
}

/* What changes in the table of who stays, changes not in that of who dumps. */
static int ask_both(const struct dumper *d)
{
	int fresh = mw_null(d->stays);
	int wrong = 0;

	mw_must("dup2", mw_call(d->stays, SYS_dup2, fresh, d->other));
	wrong += of(d->stays, d->other, d->fd) <= 0;
	wrong += of(d->stays, fresh, d->other) != 0;
	mw_must("close", mw_call(d->stays, SYS_close, d->fd));
	wrong += of(d->dumps, d->fd, d->fd) != 0;
	wrong += of(d->stays, d->fd, d->fd) != -EBADF;
	wrong += how(NULL, d->one->pid, d->two->pid, KCMP_FILES) <= 0;
	return wrong;
}

struct dump {
	bool parent_dumps;
	void (*await)(const struct dumper *d);
};

/* false: the dump was over too early. */
static bool dump_round(const struct dump *dump, long gigabytes, int *wrong)
{
	struct dumper d;
	int found;
	bool judged;

	dumper_make(&d, dump->parent_dumps, gigabytes);
	*wrong += of(d.stays, d.fd, d.other) <= 0;
	kill(d.dumps->pid, SIGABRT);
	dump->await(&d);
	found = ask_both(&d);
	judged = dumps(&d);
	if (judged)
		*wrong += found;
	dumper_drop(&d);
	return judged;
}

static void core_dump(void)
{
	const struct dump dump[] = {
		{ false, await_core }, { false, await_parting },
		{ true, await_core }, { true, await_parting },
	};
	int wrong = 0;
	size_t i;

	for (i = 0; i < sizeof(dump) / sizeof(dump[0]); i++) {
		long gigabytes = 16;

		/* As long as it takes; a fast machine needs more. */
		while (gigabytes < ENOUGH &&
		       !dump_round(&dump[i], gigabytes, &wrong))
			gigabytes *= 2;
		mw_say("judged: %s", gigabytes < ENOUGH ? "yes" : "no");
	}
	mw_say("wrong: %d", wrong);
}
#endif

const struct mw_scenario mw_slow[] = {
	{ "slow-undo", slow_undo, "an end that puts semaphores back" },
	{ "killed-thread", killed_thread, "a thread that a filter kills" },
	{ "killed-thread-unshare", killed_thread_unshare,
		"and what its group may do then" },
	{ "slow-exec", slow_exec, "an exec that gives up locks" },
	{ "thread-exec", thread_exec, "a thread that becomes the leader" },
#ifdef __LP64__
	{ "core-dump", core_dump, "a dump of core that takes its time" },
#endif
	{ NULL, NULL, NULL },
};
