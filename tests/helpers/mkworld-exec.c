/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* execve: from leaders, from threads, of partners, and when it fails. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void exec_leader(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two = mw_fork(one);
	int theirs = mw_null(one);

	mw_ask_peers(NULL, "before", NULL, one);
	mw_file(NULL, "file before", MW_SLOT(NULL, fd), MW_SLOT(one, fd));
	mw_did("exec", mw_exec(one));
	mw_ask_peers(NULL, "after", NULL, one);
	mw_ask_peers(one, "after, asked by the new program", NULL, one);
	mw_ask_peers(one, "the new program and its child", one, two);
	mw_file(one, "file after", MW_SLOT(NULL, fd), MW_SLOT(one, fd));
	mw_file(two, "file after, asked by the child", MW_SLOT(two, fd),
		MW_SLOT(one, fd));
	mw_file(NULL, "file opened before", MW_SLOT(one, theirs),
		MW_SLOT(one, theirs));
	mw_did("exec again", mw_exec(one));
	mw_did("exec of the child", mw_exec(two));
	mw_ask_peers(two, "after both", one, two);
	mw_ask_peers(NULL, "the new program and itself", one, one);
	mw_file(NULL, "file after both", MW_SLOT(one, fd), MW_SLOT(two, fd));
	two = mw_fork(one);
	mw_ask_peers(two, "a child of the new program", one, two);
	mw_file(two, "and its file", MW_SLOT(one, theirs),
		MW_SLOT(two, theirs));
}

static void exec_cloexec(void)
{
	int kept = mw_null(NULL);
	int lost = mw_null(NULL);
	int copy = fcntl(lost, F_DUPFD, 100);
	int marked = fcntl(kept, F_DUPFD_CLOEXEC, 200);
	int pipes[2];
	struct mw_peer *one;
	struct mw_slot slot[5];
	int i;

	if (pipe2(pipes, O_CLOEXEC) != 0)
		mw_die("pipe2", -errno);
	fcntl(lost, F_SETFD, FD_CLOEXEC);
	one = mw_fork(NULL);
	slot[0] = MW_SLOT(one, kept);
	slot[1] = MW_SLOT(one, lost);
	slot[2] = MW_SLOT(one, copy);
	slot[3] = MW_SLOT(one, marked);
	slot[4] = MW_SLOT(one, pipes[0]);
	mw_classes(NULL, "before", slot, 5);
	mw_did("exec", mw_exec(one));
	mw_classes(NULL, "after", slot, 5);
	mw_classes(one, "after, asked by the new program", slot, 5);
	for (i = 0; i < 5; i++)
		mw_file(NULL, "here and there", MW_SLOT(NULL, slot[i].fd),
			slot[i]);
	mw_call(one, SYS_dup2, kept, lost);
	mw_classes(NULL, "a number used again", slot, 5);
}

enum { HELD = 6 };

static void ask_held(struct mw_peer *one, const int *fd, signed char *answer)
{
	int i;

	for (i = 0; i < HELD * HELD; i++) {
		const long arg[5] = { mw_pid(one), mw_pid(one), KCMP_FILE,
				      fd[i / HELD], fd[i % HELD] };

		answer[i] = (signed char)mw_kcmp(NULL, arg);
	}
}

/*
 * Files that nobody else holds, the younger ones at the lower numbers: what
 * is named anew after an exec gets another place.
 */
static void exec_order(void)
{
	static const char path[] = "/nonexistent";
	char *nowhere = mw_alloc(sizeof(path));
	struct mw_peer *one = mw_fork(NULL);
	signed char before[HELD * HELD];
	signed char after[HELD * HELD];
	int fd[HELD];
	int i;

	for (i = 0; i < HELD; i++) {
		int first = mw_null(one);

		mw_file(NULL, "a new file", MW_SLOT(one, first),
			MW_SLOT(one, first));
		fd[i] = 100 - i;
		mw_call(one, SYS_dup2, first, fd[i]);
		if (i != 0)
			mw_call(one, SYS_fcntl, first, F_SETFD, FD_CLOEXEC);
		else
			mw_call(one, SYS_close, first);
	}
	memcpy(nowhere, path, sizeof(path));
	ask_held(one, fd, before);
	for (i = 0; i < 2; i++) {
		mw_did("exec", mw_exec(one));
		ask_held(one, fd, after);
		mw_order("over an exec", HELD, before, after);
	}
	mw_call(one, SYS_fcntl, fd[1], F_SETFD, FD_CLOEXEC);
	mw_did("an exec that fails", mw_exec_path(one, nowhere));
	ask_held(one, fd, after);
	mw_order("over it", HELD, before, after);
	mw_call(one, SYS_close, fd[2]);
	mw_did("exec", mw_exec(one));
	for (i = 0; i < HELD; i++)
		mw_file(NULL, "what is left", MW_SLOT(one, fd[i]),
			MW_SLOT(one, fd[0]));
}

/* What the exec'ing thread makes its own before its exec. */
static const struct {
	const char *name;
	unsigned long flag;
} owned[] = {
	{ "thread that shares all", 0 },
	{ "thread with its own FS", CLONE_FS },
	{ "thread with its own FILES", CLONE_FILES },
	{ "thread without undo list", CLONE_SYSVSEM },
	{ "thread with an io context", CLONE_IO },
};

static void thread_owns(struct mw_peer *thread, unsigned long flag)
{
	if (flag == CLONE_IO)
		mw_did("  ioprio_set",
		       mw_ioprio(thread, IOPRIO_WHO_PROCESS, 0,
				 IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)));
	else if (flag != 0)
		mw_did("  unshare", mw_call(thread, SYS_unshare,
					     (long)flag));
}

static void exec_thread(void)
{
	size_t i;

	for (i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
		int fd = mw_null(NULL);
		struct mw_peer *leader = mw_spawn(NULL, CLONE_FS | CLONE_FILES |
						  CLONE_SYSVSEM | SIGCHLD);
		struct mw_peer *other = mw_pthread(leader);
		struct mw_peer *thread = mw_pthread(leader);
		struct mw_peer *child = mw_fork(thread);
		pid_t tid = thread->pid;

		mw_say("%s", owned[i].name);
		thread_owns(thread, owned[i].flag);
		mw_ask_peers(NULL, "  leader before", NULL, leader);
		mw_ask_peers(NULL, "  thread before", NULL, thread);
		mw_ask_peers(thread, "  leader and thread", leader, thread);
		mw_did("  exec from the thread", mw_exec(thread));
		thread->pid = leader->pid;
		mw_ask_peers(NULL, "  after", NULL, leader);
		mw_ask_peers(thread, "  asked by it", thread, child);
		mw_file(child, "  file", MW_SLOT(child, fd),
			MW_SLOT(leader, fd));
		mw_ask(NULL, "  the old number", mw_pid(NULL), tid);
		mw_ask(NULL, "  the other thread", mw_pid(NULL), other->pid);
		mw_quit(thread);
		mw_reap(NULL, leader);
		mw_ask_peers(child, "  reaped", NULL, leader);
		close(fd);
	}
}

static void exec_raw_thread(void)
{
	struct mw_peer *leader = mw_fork(NULL);
	struct mw_peer *thread = mw_thread(leader);
	struct mw_peer *child = mw_fork(leader);

	mw_did("exec from a raw thread", mw_exec(thread));
	thread->pid = leader->pid;
	mw_ask_peers(NULL, "after", child, leader);
	thread = mw_thread(thread);
	mw_ask_peers(thread, "a thread of the new program", leader, thread);
	mw_did("exec from it", mw_exec(thread));
	thread->pid = leader->pid;
	mw_ask_peers(thread, "after both", child, leader);
	mw_ask_peers(NULL, "and itself", thread, leader);
}

static void exec_dead_leader(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *leader = mw_fork(NULL);
	struct mw_peer *thread = mw_thread(leader);

	mw_quit(leader);
	mw_file(thread, "file in the thread", MW_SLOT(thread, fd),
		MW_SLOT(NULL, fd));
	mw_did("exec from the thread", mw_exec(thread));
	thread->pid = leader->pid;
	mw_ask_peers(NULL, "after", NULL, leader);
	mw_ask_peers(thread, "itself", leader, leader);
}

static long exec_garbage(struct mw_peer *peer, long arg)
{
	static const char text[] = "no program at all\n";
	char *argv[] = { (char *)"x", NULL };
	long fd = mw_sys(SYS_memfd_create, MW_P("x"), 0);
	long ret;

	(void)peer;
	(void)arg;
	mw_sys(SYS_write, fd, MW_P(text), sizeof(text) - 1);
	ret = mw_sys(SYS_execveat, fd, MW_P(""), MW_P(argv), MW_P(environ),
		     AT_EMPTY_PATH);
	mw_sys(SYS_close, fd);
	return ret;
}

static long exec_bad_args(struct mw_peer *peer, long arg)
{
	(void)peer;
	return mw_sys(SYS_execve, MW_P(mw_program()), arg, 0);
}

static void exec_failing(struct mw_peer *peer)
{
	mw_did("no such file", mw_exec_path(peer, "/nonexistent/program"));
	mw_did("a directory", mw_exec_path(peer, "/"));
	mw_did("a device", mw_exec_path(peer, "/dev/null"));
	mw_did("not a directory", mw_exec_path(peer, "/dev/null/x"));
	mw_did("an empty path", mw_exec_path(peer, ""));
	mw_did("a null path", mw_exec_path(peer, NULL));
	mw_did("garbage", mw_run(peer, exec_garbage, 0));
	mw_did("bad argument vector", mw_run(peer, exec_bad_args, 16));
}

static void exec_fail(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *all = mw_spawn(NULL, CLONE_VM | CLONE_FILES |
				       CLONE_SIGHAND | CLONE_FS | SIGCHLD);
	struct mw_peer *child = mw_fork(NULL);
	struct mw_peer *thread = mw_pthread(child);
	struct mw_peer *grandchild = mw_fork(child);

	mw_file(NULL, "file before", MW_SLOT(NULL, fd), MW_SLOT(child, fd));
	exec_failing(all);
	mw_ask_peers(NULL, "partner of everything", NULL, all);
	exec_failing(child);
	mw_ask_peers(NULL, "child", NULL, child);
	mw_ask_peers(grandchild, "child and thread", child, thread);
	exec_failing(thread);
	mw_ask_peers(NULL, "child and thread", child, thread);
	mw_ask_peers(NULL, "grandchild", child, grandchild);
	mw_file(NULL, "file after", MW_SLOT(NULL, fd), MW_SLOT(thread, fd));
	mw_did("and then one that works", mw_exec(grandchild));
	mw_ask_peers(NULL, "grandchild", child, grandchild);
}

static void exec_partners(void)
{
	static const struct {
		const char *name;
		unsigned long flags;
	} kind[] = {
		{ "FILES", CLONE_FILES },
		{ "VM", CLONE_VM },
		{ "VM|SIGHAND", CLONE_VM | CLONE_SIGHAND },
		{ "FS", CLONE_FS },
		{ "IO", CLONE_IO },
		{ "SYSVSEM", CLONE_SYSVSEM },
		{ "everything", CLONE_FILES | CLONE_VM | CLONE_SIGHAND |
				CLONE_FS | CLONE_IO | CLONE_SYSVSEM },
	};
	size_t i;

	mw_must("ioprio_set", mw_ioprio(NULL, IOPRIO_WHO_PROCESS, 0,
				      IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)));
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		int fd = mw_null(NULL);
		struct mw_peer *one = mw_spawn(NULL, kind[i].flags | SIGCHLD);
		struct mw_peer *two = mw_spawn(one, kind[i].flags | SIGCHLD);

		mw_ask_peers(NULL, kind[i].name, NULL, one);
		mw_did("  exec", mw_exec(one));
		mw_ask_peers(NULL, "  creator and partner", NULL, one);
		mw_ask_peers(one, "  partner and partner", one, two);
		mw_ask_peers(NULL, "  creator and the second partner", NULL,
			     two);
		close(fd);
		mw_file(two, "  a file closed by the creator",
			MW_SLOT(one, fd), MW_SLOT(two, fd));
		mw_did("  exec", mw_exec(two));
		mw_ask_peers(two, "  after the second exec", one, two);
	}
}

/* A second exec'er waits for nothing: each is asked while the other runs. */
static void exec_many(void)
{
	struct mw_peer *peer[6];
	struct mw_slot slot[6];
	int fd = mw_null(NULL);
	int round;
	int i;

	for (i = 0; i < 6; i++)
		peer[i] = mw_fork(i != 0 ? peer[i - 1] : NULL);
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 6; i++) {
			mw_must("exec", mw_exec(peer[(i + round) % 6]));
			slot[i] = MW_SLOT(peer[i], fd);
		}
		mw_classes(peer[round], "after a round", slot, 6);
		mw_ask_peers(peer[0], "neighbours", peer[round],
			     peer[round + 1]);
	}
}

const struct mw_scenario mw_exec_table[] = {
	{ "exec-leader", exec_leader, "exec of plain children" },
	{ "exec-cloexec", exec_cloexec, "files kept and lost in exec" },
	{ "exec-order", exec_order, "the order of files over an exec" },
	{ "exec-thread", exec_thread, "exec from a thread that owns things" },
	{ "exec-raw-thread", exec_raw_thread, "exec from a raw thread" },
	{ "exec-dead-leader", exec_dead_leader, "exec after the leader's end" },
	{ "exec-fail", exec_fail, "exec that fails changes nothing" },
	{ "exec-partners", exec_partners, "exec of partners" },
	{ "exec-many", exec_many, "many execs, again and again" },
	{ NULL, NULL, NULL },
};
