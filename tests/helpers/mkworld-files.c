/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors: copies, replacements, ranges, kinds of files, and the order. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/auto_dev-ioctl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers that no scenario gets by chance. */
enum { A = 60, B = 61, C = 62, D = 63, E = 64, SLOTS = 5 };

static void place(int number)
{
	int fd = mw_null(NULL);

	if (dup2(fd, number) != number)
		mw_die("dup2", -errno);
	close(fd);
}

static void classes_of(const char *what, struct mw_peer *peer)
{
	struct mw_slot slot[SLOTS];
	int i;

	for (i = 0; i < SLOTS; i++)
		slot[i] = MW_SLOT(peer, A + i);
	mw_classes(NULL, what, slot, SLOTS);
}

static void now(const char *what)
{
	classes_of(what, NULL);
}

static void dup_(void)
{
	int one;
	int two;

	place(A);
	place(B);
	now("two files");
	mw_did("dup2 to a free number", mw_sys(SYS_dup2, A, C));
	now("then");
	mw_did("dup2 to an open number", mw_sys(SYS_dup2, B, C));
	now("then");
	mw_did("dup3 to an open number", mw_sys(SYS_dup3, A, C, O_CLOEXEC));
	now("then");
	mw_did("dup2 of a closed number", mw_sys(SYS_dup2, D, C));
	now("then");
	mw_did("dup3 of a closed number", mw_sys(SYS_dup3, D, C, 0));
	mw_did("dup3 with a bad flag", mw_sys(SYS_dup3, B, C, 1));
	mw_did("dup3 of the same", mw_sys(SYS_dup3, C, C, 0));
	mw_did("dup2 of the same", mw_sys(SYS_dup2, C, C));
	mw_did("dup2 of the same, closed", mw_sys(SYS_dup2, D, D));
	mw_did("dup2 to a number too high", mw_sys(SYS_dup2, A, 0x7ffffff));
	mw_did("dup2 to a negative number", mw_sys(SYS_dup2, A, -1));
	now("nothing of that changed it");
	mw_did("dup2 with wide numbers",
	       mw_sys(SYS_dup2, MW_WIDE(B), MW_WIDE(D)));
	now("then");
	one = fcntl(D, F_DUPFD, 80);
	two = fcntl(D, F_DUPFD_CLOEXEC, 80);
	mw_own("F_DUPFD", one, B);
	mw_own("F_DUPFD_CLOEXEC", two, one);
	mw_own("dup", dup(two), D);
	mw_own("and not the other", two, A);
}

static void reuse(void)
{
	struct mw_peer *child;

	place(A);
	place(B);
	mw_did("dup2", mw_sys(SYS_dup2, A, C));
	now("one, another, a copy of one");
	child = mw_fork(NULL);
	close(A);
	now("one closed");
	place(A);
	now("the number used again");
	classes_of("the child has the old file", child);
	mw_file(child, "old and new", MW_SLOT(NULL, A), MW_SLOT(child, A));
	mw_file(child, "old and its copy", MW_SLOT(NULL, C),
		MW_SLOT(child, A));
	mw_did("close with a wide number", mw_sys(SYS_close, MW_WIDE(C)));
	mw_did("close of a closed number", mw_sys(SYS_close, C));
	mw_did("close of -1", mw_sys(SYS_close, -1));
	now("the copy closed");
	mw_call(child, SYS_close, C);
	mw_file(child, "old file, in one place only", MW_SLOT(child, A),
		MW_SLOT(child, A));
	mw_file(child, "closed in both", MW_SLOT(NULL, C), MW_SLOT(child, C));
	place(C);
	mw_call(child, SYS_dup2, B, A);
	mw_file(NULL, "after dup2 in the child", MW_SLOT(NULL, B),
		MW_SLOT(child, A));
	now("at the end");
	classes_of("and in the child", child);
}

static void reuse_often(void)
{
	int wrong = 0;
	int i;

	place(B);
	for (i = 0; i < 200; i++) {
		const long arg[5] = { mw_pid(NULL), mw_pid(NULL), KCMP_FILE,
				      A, B };

		place(A);
		wrong += mw_compare(NULL, arg) != 1;
		dup2(B, A);
		wrong += mw_compare(NULL, arg) != 0;
		close(A);
		wrong += mw_compare(NULL, arg) != -EBADF;
	}
	mw_say("a number used two hundred times: %d wrong", wrong);
}

static void fill(void)
{
	place(A);
	place(B);
	place(C);
	dup2(A, D);
	dup2(B, E);
}

static long range(struct mw_peer *peer, long first, long last, long flags)
{
	return mw_call(peer, SYS_close_range, first, last, flags);
}

static void close_range_(void)
{
	if (range(NULL, 10000, 9999, 0) == -ENOSYS)
		mw_skip("no close_range", -ENOSYS);
	fill();
	now("before");
	mw_did("first above last", range(NULL, C, A, 0));
	mw_did("an unknown flag", range(NULL, A, E, 64));
	mw_did("flags that are all wrong", range(NULL, A, E, -1));
	now("nothing happened");
	mw_did("close-on-exec", range(NULL, A, B, CLOSE_RANGE_CLOEXEC));
	now("nothing is closed");
	mw_did("closing two", range(NULL, B, C, 0));
	now("after");
	mw_did("closing them again", range(NULL, B, C, 0));
	fill();
	mw_did("closing with wide numbers",
	       range(NULL, MW_WIDE(D), MW_WIDE(E), 0));
	now("after");
	fill();
	mw_did("closing one", range(NULL, C, C, 0));
	now("after");
}

static void close_range_unshare(void)
{
	static const int flags[] = {
		CLOSE_RANGE_UNSHARE,
		CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC,
	};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct mw_peer *one;
		struct mw_peer *two;
		int fd;

		fill();
		one = mw_spawn(NULL, CLONE_FILES | SIGCHLD);
		two = mw_spawn(one, CLONE_FILES | SIGCHLD);
		now("before");
		mw_did("close_range in a partner",
		       range(one, B, D, flags[i]));
		now("mine");
		classes_of("the partner's", one);
		mw_ask_peers(NULL, "the partner", NULL, one);
		mw_ask_peers(two, "the partners", one, two);
		mw_file(NULL, "a file of both", MW_SLOT(NULL, A),
			MW_SLOT(one, A));
		fd = mw_null(NULL);
		mw_file(two, "a new file", MW_SLOT(NULL, fd),
			MW_SLOT(two, fd));
		mw_file(two, "in the split table", MW_SLOT(one, fd),
			MW_SLOT(one, fd));
		mw_did("alone now, once more", range(one, A, A, flags[i]));
		classes_of("the partner's", one);
		mw_ask_peers(NULL, "and I", two, NULL);
		mw_did("exec", mw_exec(one));
		classes_of("the partner's", one);
		close(fd);
	}
}

static void thread_range(void)
{
	struct mw_peer *thread = mw_pthread(NULL);
	struct mw_peer *other = mw_pthread(NULL);

	fill();
	now("before");
	mw_did("close_range UNSHARE in a thread",
	       range(thread, C, E, CLOSE_RANGE_UNSHARE));
	now("mine");
	classes_of("the thread's", thread);
	classes_of("the other thread's", other);
	mw_ask_peers(other, "thread and I", NULL, thread);
	mw_file(thread, "kept", MW_SLOT(NULL, A), MW_SLOT(thread, A));
	mw_call(thread, SYS_close, A);
	mw_file(thread, "closed there", MW_SLOT(thread, A),
		MW_SLOT(thread, A));
	mw_file(thread, "open here", MW_SLOT(other, A), MW_SLOT(NULL, A));
	mw_call(thread, SYS_dup2, B, E);
	mw_file(NULL, "put there", MW_SLOT(thread, E), MW_SLOT(NULL, E));
}

static void opath(void)
{
	char path[64];
	int path_fd = open("/dev/null", O_PATH);
	int copy = dup(path_fd);
	int other = open("/dev/null", O_PATH);
	int plain = mw_null(NULL);
	int reopened;

	mw_own("O_PATH and its copy", path_fd, copy);
	mw_own("O_PATH twice", path_fd, other);
	mw_own("O_PATH and a plain file", path_fd, plain);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", plain);
	reopened = open(path, O_RDWR);
	mw_own("opened again through /proc", plain, reopened);
	mw_own("and a copy of that", dup(reopened), reopened);
	mw_own("a directory", open("/", O_RDONLY), plain);
	mw_own("O_PATH of a directory", open("/", O_PATH), path_fd);
}

enum { KINDS = 20, OBJECTS = 30 };

/* Two of each kind, and then a copy of every third. */
static int objects(int *fd)
{
	int count = 0;
	sigset_t set;
	int i;

	sigemptyset(&set);
	for (i = 0; i < 2; i++) {
		if (pipe(fd + count) != 0)
			mw_die("pipe", -errno);
		count += 2;
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd + count) != 0)
			mw_die("socketpair", -errno);
		count += 2;
		fd[count++] = eventfd(0, 0);
		fd[count++] = memfd_create("object", 0);
		fd[count++] = epoll_create1(0);
		fd[count++] = timerfd_create(CLOCK_MONOTONIC, 0);
		fd[count++] = signalfd(-1, &set, 0);
		fd[count++] = inotify_init1(0);
	}
	for (i = 0; i < KINDS / 3; i++)
		fd[count++] = dup(fd[3 * i]);
	return count;
}

static void kinds(void)
{
	struct mw_slot mine[OBJECTS];
	struct mw_slot both[OBJECTS];
	struct mw_peer *child;
	int fd[OBJECTS];
	int count = objects(fd);
	int i;

	child = mw_fork(NULL);
	for (i = 0; i < count; i++) {
		mine[i] = MW_SLOT(NULL, fd[i]);
		both[i] = MW_SLOT(i % 2 != 0 ? child : NULL, fd[i]);
	}
	mw_classes(NULL, "pipes, sockets, events, ...", mine, count);
	mw_classes(child, "half of them in a child", both, count);
	for (i = 0; i < count; i++)
		mw_call(child, SYS_close, fd[i]);
	mw_classes(NULL, "after the child closed all", both, count);
	mw_exec(child);
	mw_classes(child, "after its exec", mine, count);
}

static void same_inode(void)
{
	struct mw_slot slot[26];
	struct mw_peer *child;
	int fd[26];
	int i;

	for (i = 0; i < 20; i++)
		fd[i] = i % 2 != 0 ? mw_null(NULL) : epoll_create1(0);
	for (; i < 26; i++)
		fd[i] = dup(fd[i - 11]);
	child = mw_fork(NULL);
	for (i = 0; i < 26; i++)
		slot[i] = MW_SLOT(i % 3 != 0 ? NULL : child, fd[i]);
	mw_classes(NULL, "many files of two inodes", slot, 26);
	mw_classes(child, "asked by a child", slot, 26);
}

/* What stays in the kernel's hands when the last number is gone. */
static void revived(void)
{
	struct mw_peer *child;

	place(A);
	place(B);
	child = mw_fork(NULL);
	mw_file(NULL, "one file", MW_SLOT(NULL, A), MW_SLOT(child, A));
	close(A);
	close(B);
	mw_quit(child);
	mw_reap(NULL, child);
	place(A);
	place(B);
	dup2(A, C);
	now("new files where old ones were");
}

/* Only children that have not made a call yet hold the first two. */
static void held_unseen(void)
{
	struct mw_slot slot[10];
	pid_t child[2];
	int lost;
	int i;

	for (i = 0; i < 2; i++) {
		lost = mw_null(NULL);
		mw_own("a file of the null device", lost, lost);
		child[i] = fork();
		while (child[i] == 0)
			pause();
		close(lost);
	}
	for (i = 0; i < 10; i++)
		slot[i] = MW_SLOT(NULL, i % 3 != 2 ? mw_null(NULL) :
				  fcntl(slot[i - 2].fd, F_DUPFD, 300 - i));
	mw_classes(NULL, "other files of it", slot, 10);
	for (i = 0; i < 2; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
	}
}

/* An ioctl that closes a descriptor. */
static void closed_by_ioctl(void)
{
	struct autofs_dev_ioctl args;
	int fd, copy, autofs;

	mw_need_root();
	fd = mw_null(NULL);
	copy = dup(fd);
	autofs = open("/dev/autofs", O_RDONLY | O_CLOEXEC);
	if (autofs < 0)
		mw_skip("no autofs", -errno);
	mw_own("a copy", fd, copy);
	init_autofs_dev_ioctl(&args);
	args.ioctlfd = copy;
	mw_did("CLOSEMOUNT", mw_sys(SYS_ioctl, autofs,
				    AUTOFS_DEV_IOCTL_CLOSEMOUNT, MW_P(&args)));
	mw_own("closed", fd, copy);
	mw_say("the same number: %s", mw_null(NULL) == copy ? "yes" : "no");
	mw_own("another file", fd, copy);
}

const struct mw_scenario mw_files[] = {
	{ "dup", dup_, "the dup family, and its failures" },
	{ "closed-by-ioctl", closed_by_ioctl, "an ioctl that closes" },
	{ "reuse", reuse, "numbers used again" },
	{ "reuse-often", reuse_often, "one number, many files" },
	{ "close-range", close_range_, "close_range" },
	{ "close-range-unshare", close_range_unshare, "it splits tables" },
	{ "thread-range", thread_range, "it splits a thread's table" },
	{ "opath", opath, "O_PATH and opening again" },
	{ "kinds", kinds, "pipes, sockets, events, and copies" },
	{ "same-inode", same_inode, "many files of two inodes" },
	{ "revived", revived, "numbers whose files are gone" },
	{ "held-unseen", held_unseen, "files that unseen children hold" },
	{ NULL, NULL, NULL },
};
