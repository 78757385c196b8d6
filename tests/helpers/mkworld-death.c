/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zombies, the killed, threads that end alone, orphans. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void zombie(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *two = mw_fork(NULL);
	struct mw_peer *handlers = mw_spawn(NULL, CLONE_VM | CLONE_SIGHAND |
					    CLONE_FILES | SIGCHLD);

	mw_file(NULL, "file before", MW_SLOT(NULL, fd), MW_SLOT(one, fd));
	mw_quit(one);
	mw_zombie(NULL, one);
	mw_ask_peers(NULL, "zombie and I", NULL, one);
	mw_ask_peers(NULL, "zombie and itself", one, one);
	mw_ask_peers(two, "zombie, asked by a sibling", one, two);
	mw_file(NULL, "file of a zombie", MW_SLOT(NULL, fd),
		MW_SLOT(one, fd));
	mw_say("a bad type: %s",
	       mw_result(mw_compare(NULL, (const long[5]){
					    one->pid, one->pid, 77 })));
	mw_quit(two);
	mw_zombie(NULL, two);
	mw_ask_peers(NULL, "two zombies", one, two);
	mw_quit(handlers);
	mw_zombie(NULL, handlers);
	mw_ask_peers(NULL, "a zombie that shared my handlers", NULL,
		     handlers);
	mw_ask_peers(NULL, "and another zombie", one, handlers);
	mw_file(NULL, "my table is still there", MW_SLOT(NULL, fd),
		MW_SLOT(NULL, fd));
	mw_reap(NULL, one);
	mw_ask_peers(NULL, "reaped", NULL, one);
	mw_ask_peers(NULL, "reaped and zombie", one, two);
	mw_file(NULL, "file of a reaped task", MW_SLOT(NULL, fd),
		MW_SLOT(one, fd));
}

static void zombie_leader(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *leader = mw_fork(NULL);
	struct mw_peer *one = mw_thread(leader);
	struct mw_peer *two = mw_thread(one);
	struct mw_peer *child;
	int late;

	mw_quit(leader);
	/* No wait tells of it; the fs is the last thing that goes. */
	while (mw_kcmp(NULL, (const long[5]){ leader->pid, one->pid,
					      KCMP_FS }) == 0)
		mw_sys(SYS_sched_yield, 0);
	mw_ask_peers(one, "dead leader and thread", leader, one);
	mw_ask_peers(NULL, "thread and thread", one, two);
	mw_ask_peers(NULL, "dead leader and I", NULL, leader);
	mw_ask_peers(two, "dead leader and itself", leader, leader);
	mw_file(NULL, "file through the leader", MW_SLOT(NULL, fd),
		MW_SLOT(leader, fd));
	mw_file(NULL, "file through a thread", MW_SLOT(NULL, fd),
		MW_SLOT(one, fd));
	late = mw_null(two);
	mw_file(one, "file opened by a thread", MW_SLOT(two, late),
		MW_SLOT(one, late));
	child = mw_fork(two);
	mw_ask_peers(child, "child of the thread", one, child);
	mw_file(child, "and its file", MW_SLOT(one, late),
		MW_SLOT(child, late));
	mw_quit(one);
	mw_gone(leader->pid, one->pid);
	mw_ask_peers(NULL, "a thread that is gone", one, two);
	mw_quit(two);
	mw_zombie(NULL, leader);
	mw_ask_peers(NULL, "all threads dead", NULL, leader);
	mw_ask_peers(NULL, "the last thread", NULL, two);
	mw_ask_peers(child, "the orphan and I", NULL, child);
}

static void killed(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *thread = mw_thread(one);
	struct mw_peer *child = mw_fork(thread);

	mw_file(NULL, "file before", MW_SLOT(NULL, fd), MW_SLOT(thread, fd));
	mw_ask_peers(thread, "before", one, thread);
	mw_did("kill", mw_sys(SYS_kill, one->pid, SIGKILL));
	mw_zombie(NULL, one);
	mw_ask_peers(NULL, "killed", NULL, one);
	mw_ask_peers(NULL, "its thread", NULL, thread);
	mw_file(NULL, "its file", MW_SLOT(NULL, fd), MW_SLOT(one, fd));
	mw_file(NULL, "its child's file", MW_SLOT(NULL, fd),
		MW_SLOT(child, fd));
	mw_ask_peers(child, "its child", NULL, child);
	mw_reap(NULL, one);
	mw_ask_peers(child, "reaped", child, one);
}

/* A parent that sees the end of a pipe asks at once, before any wait. */
static int end_of_file_round(int by_signal)
{
	struct mw_peer *child;
	int wrong = 0;
	int pipes[2];
	char byte;

	if (pipe(pipes) != 0)
		mw_die("pipe", -errno);
	child = mw_fork(NULL);
	close(pipes[1]);
	{
		const long arg[5] = { mw_pid(NULL), child->pid, KCMP_FILE,
				      pipes[0], pipes[0] };

		wrong += mw_compare(NULL, arg) != 0;
		if (by_signal)
			kill(child->pid, SIGKILL);
		else
			mw_send(child, SYS_exit_group, 0);
		while (read(pipes[0], &byte, 1) != 0)
			;
		wrong += mw_compare(NULL, arg) != -EBADF;
	}
	mw_reap(NULL, child);
	close(pipes[0]);
	return wrong;
}

static void end_of_file(void)
{
	int wrong = 0;
	int round;

	for (round = 0; round < MW_PEERS; round++)
		wrong += end_of_file_round(round % 2);
	mw_say("after the end of a pipe: %d wrong", wrong);
}

static void exit_thread(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *thread = mw_thread(one);
	struct mw_peer *other = mw_thread(one);
	pid_t tid = thread->pid;

	mw_ask_peers(NULL, "before", one, thread);
	mw_quit(thread);
	mw_gone(one->pid, tid);
	mw_ask_peers(other, "gone", one, thread);
	thread = mw_thread(other);
	mw_ask_peers(other, "a new one", one, thread);
	mw_send(thread, SYS_exit_group, 3);
	mw_zombie(NULL, one);
	mw_ask_peers(NULL, "exit_group by a thread", NULL, one);
	mw_ask_peers(NULL, "the others", NULL, other);
}

/* Two forks and an exit between: the daemon is asked by the first. */
static void daemon_(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *daemon;
	struct mw_peer *servant;

	mw_did("setsid", mw_call(one, SYS_setsid, 0));
	daemon = mw_fork(one);
	mw_ask_peers(NULL, "before", one, daemon);
	mw_quit(one);
	mw_reap(NULL, one);
	mw_ask_peers(NULL, "daemon and I", NULL, daemon);
	mw_file(daemon, "file of both", MW_SLOT(NULL, fd),
		MW_SLOT(daemon, fd));
	mw_did("exec", mw_exec(daemon));
	servant = mw_thread(daemon);
	mw_ask_peers(NULL, "its thread", servant, daemon);
	mw_file(NULL, "its file", MW_SLOT(NULL, fd), MW_SLOT(servant, fd));
	servant = mw_fork(daemon);
	mw_ask_peers(servant, "its child", servant, daemon);
}

/* The creator dies at once; nobody asked about the child before. */
static void orphans(void)
{
	struct mw_peer *last = NULL;
	int fd = mw_null(NULL);
	int i;

	for (i = 0; i < 10; i++) {
		struct mw_peer *one = mw_fork(last);
		struct mw_peer *two = mw_spawn(one, i % 2 != 0 ? SIGCHLD :
					       SIGCHLD | CLONE_FILES |
					       CLONE_FS);

		mw_quit(one);
		mw_reap(last, one);
		mw_file(two, "file", MW_SLOT(NULL, fd), MW_SLOT(two, fd));
		mw_ask_peers(NULL, "orphan and I", NULL, two);
		last = two;
	}
}

/*
 * A child whose creator was killed before anybody heard of either again;
 * nothing but its own number tells of it.  In a namespace, or not.
 */
static void orphan_of_killed(struct mw_peer *asker, unsigned long flags,
			     int reap)
{
	struct mw_peer *one = mw_spawn(asker, CLONE_FS | CLONE_FILES |
				       SIGCHLD);
	struct mw_peer *two = mw_spawn(one, flags | SIGCHLD);

	mw_must("kill", mw_call(asker, SYS_kill, one->self, SIGKILL));
	mw_zombie(asker, one);
	if (reap)
		mw_reap(asker, one);
	mw_ask(asker, "orphan and its creator's partner",
	       asker ? asker->self : mw_pid(NULL), two->self);
	mw_ask(two, "asked by the orphan", two->self,
	       asker ? asker->self : mw_pid(NULL));
}

/* Two at the same time, not alike. */
static void two_orphans(struct mw_peer *asker)
{
	struct mw_peer *one[2], *two[2];
	pid_t me = asker ? asker->self : mw_pid(NULL);
	int i;

	for (i = 0; i < 2; i++) {
		one[i] = mw_spawn(asker, CLONE_FS | CLONE_FILES | SIGCHLD);
		two[i] = mw_spawn(one[i], SIGCHLD |
				  (i ? CLONE_FS : CLONE_FILES));
	}
	for (i = 0; i < 2; i++)
		mw_must("kill", mw_call(asker, SYS_kill, one[i]->self,
					SIGKILL));
	for (i = 0; i < 2; i++)
		mw_reap(asker, one[i]);
	for (i = 0; i < 2; i++)
		mw_ask(asker, "one of two orphans", me, two[i]->self);
}

static void orphans_of_killed(struct mw_peer *asker)
{
	int i;

	for (i = 0; i < 4; i++)
		orphan_of_killed(asker, i / 2 ? CLONE_FS : CLONE_FILES, i % 2);
	two_orphans(asker);
}

static void orphans_killed(void)
{
	orphans_of_killed(NULL);
}

static void orphans_killed_inside(void)
{
	struct mw_peer *init;
	long ret;

	mw_need_root();
	ret = mw_try_spawn(NULL, CLONE_NEWPID | SIGCHLD, &init);
	if (ret < 0)
		mw_skip("cannot make a namespace", ret);
	orphans_of_killed(mw_fork(init));
}

enum {
	LOCKS = 2000,		/* fewer than ROBUST_LIST_LIMIT */
	TABLE = 9000,
	MEMORY = 64 << 20,
};

/* Much memory, in small pages, takes long to give up ... */
static long fill_memory(struct mw_peer *peer, long length)
{
	void *at = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)peer;
	if (at == MAP_FAILED)
		return -ENOMEM;
	(void)madvise(at, (size_t)length, MADV_NOHUGEPAGE);
	memset(at, 1, (size_t)length);
	return 0;
}

/* ... and who has many locks does not even begin to give it up at once. */
static long fill_locks(struct mw_peer *peer, long count)
{
	static struct robust_list_head head;
	static struct lock {
		struct robust_list list;
		int owner;
	} lock[LOCKS];
	struct robust_list **link = &head.list.next;
	long i;

	head.futex_offset = offsetof(struct lock, owner);
	for (i = 0; i < count && i < LOCKS; i++) {
		lock[i].owner = peer->pid | (int)FUTEX_WAITERS;
		*link = &lock[i].list;
		link = &lock[i].list.next;
	}
	*link = &head.list;
	return mw_sys(SYS_set_robust_list, MW_P(&head), sizeof(head));
}

/* A table of its own, which takes long to give up, too. */
static long fill_table(struct mw_peer *peer, long count)
{
	long fd = mw_sys(SYS_unshare, CLONE_FILES);

	(void)peer;
	while (fd >= 0 && count--)
		fd = mw_sys(SYS_eventfd2, 0, 0);
	return fd == -EMFILE || fd > 0 ? 0 : fd;
}

static long await_parent(struct mw_peer *peer, long parent)
{
	(void)peer;
	while (mw_sys(SYS_getppid, 0) == parent)
		mw_sys(SYS_sched_yield, 0);
	return 0;
}

/*
 * A thread's child is somebody else's as soon as the whole group has begun to
 * exit; one of the others may still have its memory then.  (`known`: somebody
 * has asked about the dead thread.)
 */
static void orphan_of_dying(int known)
{
	struct mw_peer *one = mw_spawn(NULL, CLONE_FS | SIGCHLD);
	struct mw_peer *other = mw_fork(NULL);
	struct mw_peer *thread = mw_thread(one);
	struct mw_peer *child;
	long parent;

	mw_must("locks", mw_run(one, fill_locks, LOCKS));
	mw_must("table", mw_run(thread, fill_table, TABLE));
	child = mw_spawn(thread, CLONE_FS | SIGCHLD);
	(void)mw_spawn(other, CLONE_FILES | SIGCHLD);
	mw_must("memory", mw_run(one, fill_memory, MEMORY));
	parent = mw_call(child, SYS_getppid, 0);
	mw_must("kill", mw_sys(SYS_kill, one->pid, SIGKILL));
	mw_must("wait", mw_run(child, await_parent, parent));
	if (known) {
		mw_gone(one->pid, thread->pid);
		mw_ask(NULL, "the thread", mw_pid(NULL), thread->self);
	}
	mw_ask(child, "its child", child->self, mw_pid(NULL));
	mw_ask(NULL, "the same", child->self, mw_pid(NULL));
	mw_reap(NULL, one);
	mw_quit(child);
}

static void orphans_of_dying(void)
{
	int i;

	for (i = 0; i < 8; i++)
		orphan_of_dying(i % 2);
}

const struct mw_scenario mw_death[] = {
	{ "zombie", zombie, "zombies, reaped or not" },
	{ "zombie-leader", zombie_leader, "a dead leader's threads" },
	{ "killed", killed, "a process killed with its threads" },
	{ "end-of-file", end_of_file, "asked when its pipe has ended" },
	{ "exit-thread", exit_thread, "threads that end" },
	{ "daemon", daemon_, "two forks and an exit" },
	{ "orphans", orphans, "creators that die at once" },
	{ "orphans-killed", orphans_killed, "creators that are killed" },
	{ "orphans-inside", orphans_killed_inside,
		"creators that are killed in a pid namespace" },
	{ "orphans-of-dying", orphans_of_dying,
		"threads that are dead while their group gives up memory" },
	{ NULL, NULL, NULL },
};
