/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A task and itself, the errors, and how tasks come into being plainly. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void demo(void)
{
	int shared = mw_null(NULL);
	int other = mw_null(NULL);
	struct mw_peer *thread = mw_pthread(NULL);
	struct mw_peer *child = mw_fork(NULL);
	int duplicate = dup(shared);
	int private = mw_null(child);

	mw_say("A parent opened the null device twice, made a thread and a");
	mw_say("child; then it duplicated the first file, and the child");
	mw_say("opened the null device once more.");
	mw_own("the first file and the second", shared, other);
	mw_own("the first file and its duplicate", shared, duplicate);
	mw_file(NULL, "the first file in parent and thread",
		MW_SLOT(NULL, shared), MW_SLOT(thread, shared));
	mw_file(NULL, "the first file in parent and child",
		MW_SLOT(NULL, shared), MW_SLOT(child, shared));
	mw_file(NULL, "the parent's duplicate and the child's own file",
		MW_SLOT(NULL, duplicate), MW_SLOT(child, private));
	mw_file(NULL, "a file that the child does not have",
		MW_SLOT(NULL, shared), MW_SLOT(child, private + 1));
	mw_ask_peers(NULL, "parent and thread", NULL, thread);
	mw_ask_peers(NULL, "parent and child", NULL, child);
	mw_ask_peers(NULL, "thread and child", thread, child);
	mw_did("exec in the child", mw_exec(child));
	mw_ask_peers(NULL, "parent and child", NULL, child);
	mw_file(NULL, "the first file in parent and child",
		MW_SLOT(NULL, shared), MW_SLOT(child, shared));
	mw_quit(child);
	mw_reap(NULL, child);
	mw_ask_peers(NULL, "parent and the child that is gone", NULL, child);
}

static void self(void)
{
	int one = mw_null(NULL);
	int two = mw_null(NULL);

	mw_ask_peers(NULL, "myself", NULL, NULL);
	mw_own("one file", one, one);
	mw_own("two files", one, two);
	mw_own("standard output and a file", 1, one);
	close(two);
	mw_own("a file and a closed one", one, two);
	mw_own("a closed file and itself", two, two);
	mw_own("minus one", one, -1);
	mw_own("a number that is too high", one, 0x7fffffff);
	mw_own("the highest number", one, INT_MIN);
	mw_ask_peers(NULL, "myself again", NULL, NULL);
}

static pid_t unused_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		mw_die("fork", -errno);
	return pid;
}

static void error_line(const char *what, const long arg[5])
{
	mw_say("%s: %s", what, mw_result(mw_compare(NULL, arg)));
}

#define ERROR(what, ...) error_line(what, (const long[5]){ __VA_ARGS__ })

static void errors(void)
{
	long me = mw_pid(NULL);
	long gone = unused_pid();
	int fd = mw_null(NULL);

	ERROR("pid 0", 0, me, KCMP_VM);
	ERROR("pid 0 twice", 0, 0, KCMP_VM);
	ERROR("negative pid", me, -1, KCMP_VM);
	ERROR("my group", me, -me, KCMP_VM);
	ERROR("lowest pid", me, INT_MIN, KCMP_VM);
	ERROR("highest pid", me, INT_MAX, KCMP_VM);
	ERROR("reaped pid", me, gone, KCMP_FS);
	ERROR("reaped pid twice", gone, gone, KCMP_FILE, fd, fd);
	ERROR("reaped pid and a bad type", me, gone, 99);
	ERROR("pid 0 and a bad type", 0, me, -1);
	ERROR("reaped pid and a bad file", me, gone, KCMP_FILE, -1, -1);
	ERROR("type 8", me, me, 8);
	ERROR("type 9", me, me, 9);
	ERROR("type -1", me, me, -1);
	ERROR("lowest type", me, me, INT_MIN);
	ERROR("highest type", me, me, INT_MAX);
	ERROR("bad type and bad files", me, me, 8, -1, -1);
	ERROR("bad first file", me, me, KCMP_FILE, -1, fd);
	ERROR("bad second file", me, me, KCMP_FILE, fd, -1);
	ERROR("bad files", me, me, KCMP_FILE, -1, -1);
	ERROR("ignored indices", me, me, KCMP_VM, -1, -1);
	ERROR("as a probe for the call", me, -1, -1, -1, -1);
}

static void wide(void)
{
	long me = mw_pid(NULL);
	int fd = mw_null(NULL);
	int copy = dup(fd);
	int other = mw_null(NULL);
	struct mw_peer *child = mw_fork(NULL);

	ERROR("wide pids", MW_WIDE(me), MW_WIDE(me), KCMP_VM);
	ERROR("wide pid of a child", me, MW_WIDE(child->pid), KCMP_VM);
	ERROR("wide type", me, me, MW_WIDE(KCMP_FS));
	ERROR("wide bad type", me, me, MW_WIDE(8));
	ERROR("wide files", me, me, KCMP_FILE, MW_WIDE(fd), MW_WIDE(copy));
	ERROR("wide other file", me, me, KCMP_FILE, fd, MW_WIDE(other));
	ERROR("wide closed file", me, me, KCMP_FILE, fd, MW_WIDE(0x7000));
	ERROR("wide pid 0", MW_WIDE(0), me, KCMP_VM);
	ERROR("all wide", MW_WIDE(me), MW_WIDE(child->pid),
	      MW_WIDE(KCMP_FILE), MW_WIDE(fd), MW_WIDE(copy));
	ERROR("all wide and ignored", MW_WIDE(me), MW_WIDE(child->pid),
	      MW_WIDE(KCMP_FILES), MW_WIDE(-1), MW_WIDE(-1));
}

static void fork_(void)
{
	int before = mw_null(NULL);
	struct mw_peer *child = mw_fork(NULL);
	int after = mw_null(NULL);
	int theirs = mw_null(child);

	mw_ask_peers(NULL, "parent and child, asked by the parent",
		     NULL, child);
	mw_ask(child, "parent and child, asked by the child",
	       mw_pid(NULL), child->pid);
	mw_ask(child, "the child and itself", child->pid, child->pid);
	mw_file(NULL, "inherited file", MW_SLOT(NULL, before),
		MW_SLOT(child, before));
	mw_file(child, "inherited file, asked by the child",
		MW_SLOT(NULL, before), MW_SLOT(child, before));
	mw_say("same number: %s", after == theirs ? "yes" : "no");
	mw_file(NULL, "files of the same number", MW_SLOT(NULL, after),
		MW_SLOT(child, theirs));
	close(before);
	mw_file(NULL, "inherited file, closed by the parent",
		MW_SLOT(NULL, before), MW_SLOT(child, before));
	mw_file(child, "inherited file, with itself",
		MW_SLOT(child, before), MW_SLOT(child, before));
	mw_quit(child);
	mw_reap(NULL, child);
	mw_ask_peers(NULL, "reaped", NULL, child);
}

static void fork_chain(void)
{
	int top = mw_null(NULL);
	struct mw_peer *one = mw_fork(NULL);
	int in_one = mw_null(one);
	struct mw_peer *two = mw_fork(one);
	struct mw_peer *sister = mw_fork(one);
	struct mw_peer *three = mw_fork(two);
	struct mw_peer *last = mw_fork(three);

	mw_ask_peers(NULL, "grandchild", NULL, two);
	mw_ask_peers(NULL, "siblings", two, sister);
	mw_ask_peers(three, "siblings, asked by a niece", two, sister);
	mw_ask_peers(last, "five generations", one, last);
	mw_file(NULL, "the file of all", MW_SLOT(NULL, top),
		MW_SLOT(last, top));
	mw_file(last, "the file of the family", MW_SLOT(one, in_one),
		MW_SLOT(last, in_one));
	mw_file(two, "the file of siblings", MW_SLOT(sister, in_one),
		MW_SLOT(two, in_one));
	mw_file(NULL, "the family's file outside", MW_SLOT(NULL, in_one),
		MW_SLOT(last, in_one));
	mw_call(two, SYS_close, top);
	mw_file(sister, "closed in one generation", MW_SLOT(two, top),
		MW_SLOT(last, top));
	mw_file(sister, "still open around it", MW_SLOT(sister, top),
		MW_SLOT(last, top));
}

static void threads(void)
{
	int fd = mw_null(NULL);
	struct mw_peer *one = mw_pthread(NULL);
	struct mw_peer *two = mw_pthread(one);
	struct mw_peer *raw = mw_thread(NULL);
	int late = mw_null(two);
	struct mw_peer *child = mw_fork(one);

	mw_ask_peers(NULL, "leader and thread", NULL, one);
	mw_ask_peers(one, "thread and thread, asked by one", one, two);
	mw_ask_peers(two, "leader and thread, asked by another", NULL, one);
	mw_ask_peers(NULL, "raw thread", raw, two);
	mw_ask_peers(raw, "raw thread and leader, asked by it", raw, NULL);
	mw_ask_peers(child, "thread and the thread's child", one, child);
	mw_ask_peers(NULL, "leader and the thread's child", NULL, child);
	mw_file(NULL, "file through thread numbers", MW_SLOT(one, fd),
		MW_SLOT(raw, fd));
	mw_file(raw, "file that a thread opened", MW_SLOT(NULL, late),
		MW_SLOT(one, late));
	mw_file(raw, "file of the thread's child", MW_SLOT(two, late),
		MW_SLOT(child, late));
	mw_quit(raw);
	mw_gone(mw_pid(NULL), raw->pid);
	mw_ask_peers(NULL, "a thread that is gone", NULL, raw);
	mw_ask_peers(one, "those that are left", NULL, two);
}

static void threads_twice(void)
{
	struct mw_peer *child = mw_fork(NULL);
	struct mw_peer *one = mw_thread(child);
	struct mw_peer *two = mw_thread(one);
	struct mw_peer *other = mw_fork(NULL);
	struct mw_peer *third = mw_thread(other);

	mw_ask_peers(NULL, "threads of one process", one, two);
	mw_ask_peers(one, "leader and thread", child, two);
	mw_ask_peers(NULL, "threads of two processes", one, third);
	mw_ask_peers(third, "leader and foreign thread", other, two);
	mw_ask_peers(NULL, "me and a foreign thread", NULL, two);
}

/* Runs in the child of vfork, on the parent's memory. */
static void vfork_child(pid_t parent, int fd)
{
	pid_t me = (pid_t)mw_sys(SYS_getpid, 0);

	mw_ask(NULL, "parent and vfork child", parent, me);
	mw_file(NULL, "file of both", (struct mw_slot){ parent, fd },
		(struct mw_slot){ me, fd });
	mw_sys(SYS_close, fd);
	mw_file(NULL, "closed in the child", (struct mw_slot){ parent, fd },
		(struct mw_slot){ me, fd });
}

static void vfork_(void)
{
	pid_t parent = mw_pid(NULL);
	int fd = mw_null(NULL);
	pid_t pid = vfork();

	if (pid == 0) {
		vfork_child(parent, fd);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		mw_die("vfork", -errno);
	mw_own("still open in the parent", fd, fd);
	mw_ask(NULL, "reaped", parent, pid);
}

static void vfork_third(void)
{
	struct mw_peer *parent = mw_fork(NULL);
	struct mw_peer *child = mw_vfork(parent, CLONE_VM | SIGCHLD);

	mw_ask_peers(NULL, "parent and vfork child, asked by a third",
		     parent, child);
	mw_ask(child, "asked by the child", parent->pid, child->self);
	mw_did("exec in the child", mw_exec(child));
	mw_vfork_back(parent);
	mw_ask_peers(parent, "asked by the parent after the exec",
		     parent, child);
	mw_ask_peers(child, "asked by the child after the exec",
		     parent, child);
	child = mw_vfork(parent, CLONE_VM | CLONE_FILES | SIGCHLD);
	mw_ask_peers(child, "sharing the table too", parent, child);
	mw_quit(child);
	mw_vfork_back(parent);
	mw_reap(parent, child);
	mw_ask_peers(NULL, "after its exit", parent, child);
}

enum { MANY_TASKS = 40, MANY_FILES = 400 };

static void many_tasks(void)
{
	struct mw_peer *peer[MANY_TASKS];
	int wrong = 0;
	int i;
	int j;

	for (i = 0; i < MANY_TASKS; i++)
		peer[i] = i % 4 == 3 ? mw_thread(peer[i - 1]) :
			  mw_fork(i % 4 == 0 ? NULL : peer[i - 1]);
	for (i = 0; i < MANY_TASKS; i++) {
		for (j = 0; j < MANY_TASKS; j++) {
			const long arg[5] = { mw_pid(peer[i]),
					      mw_pid(peer[j]), KCMP_VM };
			long same = i == j || (i / 4 == j / 4 &&
					       i % 4 >= 2 && j % 4 >= 2);

			wrong += mw_compare(NULL, arg) != !same;
		}
	}
	mw_say("%d tasks, each with each: %d wrong", MANY_TASKS, wrong);
}

static void many_files(void)
{
	struct rlimit limit;
	int fd[MANY_FILES];
	int wrong = 0;
	int i;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur < MW_FD + 10)
		mw_skip("too few descriptors are allowed", 0);
	for (i = 0; i < MANY_FILES; i++)
		fd[i] = mw_null(NULL);
	for (i = 1; i < MANY_FILES; i++) {
		const long arg[5] = { mw_pid(NULL), mw_pid(NULL), KCMP_FILE,
				      fd[i], fd[(i * 7 + 3) % i] };

		wrong += mw_compare(NULL, arg) != 1;
	}
	for (i = 0; i < MANY_FILES; i++) {
		int copy = dup(fd[i]);
		const long arg[5] = { mw_pid(NULL), mw_pid(NULL), KCMP_FILE,
				      fd[i], copy };

		wrong += mw_compare(NULL, arg) != 0;
		close(copy);
	}
	mw_say("%d files of one inode: %d wrong", MANY_FILES, wrong);
}

const struct mw_scenario mw_basic[] = {
	{ "demo", demo, "a short story: parent, thread, child, files" },
	{ "self", self, "a task and itself" },
	{ "errors", errors, "every errno, and which one wins" },
	{ "wide", wide, "rubbish in the ignored halves of arguments" },
	{ "fork", fork_, "parent and child" },
	{ "fork-chain", fork_chain, "five generations and siblings" },
	{ "threads", threads, "threads of libc's and of clone's making" },
	{ "threads-twice", threads_twice, "threads of two processes" },
	{ "vfork", vfork_, "the child of vfork asks" },
	{ "vfork-third", vfork_third, "a third task asks during a vfork" },
	{ "many-tasks", many_tasks, "forty tasks, each with each" },
	{ "many-files", many_files, "four hundred files of one inode" },
	{ NULL, NULL, NULL },
};
