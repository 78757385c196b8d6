/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process and user namespaces: whose numbers, and who may ask whom. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_THREAD	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | \
			 CLONE_SYSVSEM)

static int owned;	/* a pipe that every peer inherits */

static void namespace_world(void)
{
	int fd[2];

	if (pipe(fd) != 0)
		mw_die("pipe", -errno);
	owned = fd[0];
}

/* The peer's number as the origin sees it, whatever lies between. */
static pid_t outside(struct mw_peer *peer)
{
	mw_must("F_SETOWN", mw_call(peer, SYS_fcntl, owned, F_SETOWN,
				    peer->self));
	return (pid_t)mw_must("F_GETOWN", fcntl(owned, F_GETOWN));
}

static void ask_numbers(struct mw_peer *asker, const char *what, int a, int b)
{
	const long arg[5] = { a, b, KCMP_FS };

	mw_say("%s: %s", what, mw_result(mw_compare(asker, arg)));
}

static struct mw_peer *new_namespace(struct mw_peer *by, unsigned long flags)
{
	struct mw_peer *peer;
	long ret = mw_try_spawn(by, flags | SIGCHLD, &peer);

	if (ret < 0)
		mw_skip("cannot make a namespace", ret);
	return peer;
}

/* A number that is nobody's in a young namespace. */
static int foreign(void)
{
	return mw_pid(NULL) > 60 ? mw_pid(NULL) : 4000;
}

static void pid_inside(struct mw_peer *init)
{
	struct mw_peer *one = mw_fork(init);
	struct mw_peer *two = mw_spawn(one, CLONE_FS | SIGCHLD);
	struct mw_peer *thread = mw_thread(two);
	pid_t number;

	mw_say("numbers inside: %d %d %d %d", init->self, one->self,
	       two->self, thread->self);
	mw_ask(one, "inside, of 1 and 2", 1, 2);
	mw_ask(two, "inside, of partners", one->self, two->self);
	mw_ask(thread, "inside, of a thread", one->self, thread->self);
	ask_numbers(one, "inside, of a number outside", 1, foreign());
	ask_numbers(one, "inside, of 0", 0, 1);
	ask_numbers(one, "inside, of a free number", 1, 30000);
	mw_ask(NULL, "outside, of 1", mw_pid(NULL), init->pid);
	number = outside(two);
	mw_ask(NULL, "outside, of 1 and a partner", init->pid, number);
	mw_ask(NULL, "outside, of partners", outside(one), number);
	mw_file(NULL, "outside, of files",
		(struct mw_slot){ number, owned }, MW_SLOT(NULL, owned));
	mw_did("exec inside", mw_exec(one));
	mw_ask(two, "inside, after exec", one->self, two->self);
	mw_ask(NULL, "outside, after exec", outside(one), number);
}

static void pid_namespace(void)
{
	struct mw_peer *init;
	pid_t number;

	namespace_world();
	mw_need_root();
	init = new_namespace(NULL, CLONE_NEWPID);
	pid_inside(init);
	number = outside(mw_fork(init));
	mw_did("exec of 1", mw_exec(init));
	mw_ask(NULL, "outside, of 1 after its exec", mw_pid(NULL), init->pid);
	ask_numbers(init, "inside, of 1 and 2", 1, 2);
	mw_quit(init);
	mw_zombie(NULL, init);
	mw_ask(NULL, "the end of 1", mw_pid(NULL), init->pid);
	ask_numbers(NULL, "is the end of all", mw_pid(NULL), number);
}

static void pid_nested(void)
{
	struct mw_peer *one;
	struct mw_peer *two;
	struct mw_peer *three;
	struct mw_peer *last;

	namespace_world();
	mw_need_root();
	one = new_namespace(NULL, CLONE_NEWPID);
	two = new_namespace(one, CLONE_NEWPID);
	three = mw_fork(two);
	last = new_namespace(three, CLONE_NEWPID | CLONE_FILES);
	mw_say("numbers, each in its own: %d %d %d %d", one->self, two->self,
	       three->self, last->self);
	mw_say("as their creators see them: %d %d %d", two->pid, three->pid,
	       last->pid);
	mw_ask(one, "from the first, of 1 and 2", 1, two->pid);
	mw_ask(two, "from the second, of 1 and 2", 1, three->pid);
	mw_ask(three, "from the second, of the third's 1", three->pid,
	       last->pid);
	mw_ask(last, "from the third, of 1", 1, 1);
	ask_numbers(last, "from the third, of 2", 1, 2);
	ask_numbers(last, "from the third, of outside", 1, foreign());
	mw_ask(NULL, "from outside, of two 1s", outside(two), outside(last));
	mw_ask(NULL, "from outside, of partners", outside(three),
	       outside(last));
	mw_file(last, "from the third, its file", (struct mw_slot){ 1, owned },
		(struct mw_slot){ 1, owned });
	last = mw_fork(last);
	mw_ask(last, "from the third, of 1 and 2", 1, last->self);
}

static void pid_unshare(void)
{
	struct mw_peer *one;
	struct mw_peer *init;
	struct mw_peer *two;
	struct mw_peer *entered;
	char *path = mw_alloc(64);
	long fd;

	namespace_world();
	mw_need_root();
	one = mw_fork(NULL);
	mw_did("unshare", mw_call(one, SYS_unshare, CLONE_NEWPID));
	ask_numbers(one, "it keeps its own numbers", one->pid, mw_pid(NULL));
	/* Refused before there is an undo list. */
	mw_did("no thread then", mw_call(one, SYS_clone, NO_THREAD, 0));
	mw_ask(NULL, "after that", one->pid, mw_pid(NULL));
	init = mw_fork(one);
	two = mw_fork(one);
	mw_say("numbers inside: %d %d", init->self, two->self);
	mw_ask(init, "inside, of 1 and 2", 1, 2);
	mw_ask(one, "by the creator, of both", init->pid, two->pid);
	mw_ask(NULL, "by me, of both", init->pid, two->pid);
	ask_numbers(two, "inside, of a number outside", 1, foreign());
	snprintf(path, 64, "/proc/%d/ns/pid", init->pid);
	entered = mw_fork(NULL);
	fd = mw_must("open", mw_call(entered, SYS_openat, AT_FDCWD,
				     MW_P(path), O_RDONLY));
	mw_did("setns", mw_call(entered, SYS_setns, fd, CLONE_NEWPID));
	ask_numbers(entered, "it keeps its numbers", entered->pid, init->pid);
	two = mw_fork(entered);
	mw_say("number inside: %d", two->self);
	mw_ask(init, "inside, of the newcomer", 1, two->self);
	mw_ask(NULL, "outside, of the newcomer", two->pid, init->pid);
}

/* Without a map nobody inside could make a further namespace. */
static void map_user(struct mw_peer *peer)
{
	char text[64];
	int length;
	int fd;

	snprintf(text, sizeof(text), "/proc/%d/uid_map", peer->pid);
	fd = open(text, O_WRONLY | O_CLOEXEC);
	length = snprintf(text, sizeof(text), "0 %u 1\n", geteuid());
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		mw_skip("cannot map users", -errno);
	close(fd);
	snprintf(text, sizeof(text), "/proc/%d/setgroups", peer->pid);
	fd = open(text, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "deny", 4) != 4)
		mw_skip("cannot deny setgroups", -errno);
	close(fd);
	snprintf(text, sizeof(text), "/proc/%d/gid_map", peer->pid);
	fd = open(text, O_WRONLY | O_CLOEXEC);
	length = snprintf(text, sizeof(text), "0 %u 1\n", getegid());
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		mw_skip("cannot map groups", -errno);
	close(fd);
}

static void user_namespace(void)
{
	struct mw_peer *fresh = mw_fork(NULL);
	struct mw_peer *one;
	struct mw_peer *two;

	namespace_world();
	one = new_namespace(NULL, CLONE_NEWUSER);
	map_user(one);
	two = mw_fork(one);
	mw_ask_peers(NULL, "from outside", NULL, one);
	mw_ask_peers(one, "from inside, of itself", one, one);
	mw_ask_peers(one, "from inside, of its child", one, two);
	mw_ask_peers(two, "from inside, of its parent", one, two);
	mw_ask_peers(one, "from inside, of me", NULL, one);
	mw_ask_peers(two, "from inside, of another", fresh, two);
	ask_numbers(two, "from inside, of nobody", two->pid, 0);
	mw_say("from inside, a bad type: %s",
	       mw_result(mw_compare(two, (const long[5]){
					    fresh->pid, two->pid, 99 })));
	mw_file(fresh, "by a sibling, of a file", MW_SLOT(one, owned),
		MW_SLOT(fresh, owned));
	one = new_namespace(two, CLONE_NEWUSER | CLONE_NEWPID);
	mw_ask(one, "deeper, of itself", 1, 1);
	two = mw_fork(one);
	mw_ask(two, "deeper, of 1", 1, two->self);
	mw_ask(NULL, "from outside, of the deep", outside(one), outside(two));
}

/* setns of one into another's user namespace, which makes memory not dumpable
   unless the caller owns that.  Who asks is in there, too. */
static void enter_owned(struct mw_peer *owner, const char *what)
{
	char *path = mw_alloc(64);
	struct mw_peer *one = mw_fork(NULL), *two = mw_fork(NULL);
	long fd;

	(void)snprintf(path, 64, "/proc/%d/ns/user", owner->pid);
	mw_must("prctl", mw_call(one, SYS_prctl, PR_SET_DUMPABLE, 1));
	mw_ask(two, "before that", one->pid, two->pid);
	fd = mw_must("open", mw_call(one, SYS_openat, AT_FDCWD, MW_P(path),
				     O_RDONLY));
	mw_did(what, mw_call(one, SYS_setns, fd, CLONE_NEWUSER));
	mw_ask(NULL, "from outside", one->pid, two->pid);
	fd = mw_must("open", mw_call(two, SYS_openat, AT_FDCWD, MW_P(path),
				     O_RDONLY));
	mw_did(what, mw_call(two, SYS_setns, fd, 0));
	mw_ask(two, "from inside", one->pid, two->pid);
	mw_ask(two, "of its first one", owner->pid, two->pid);
	mw_must("prctl", mw_call(one, SYS_prctl, PR_SET_DUMPABLE, 1));
	mw_ask(two, "dumpable again", one->pid, two->pid);
}

static void user_entered(void)
{
	struct mw_peer *mine, *others;
	long ret;

	mw_need_root();
	mine = mw_fork(NULL);
	others = mw_fork(NULL);
	mw_must("setresgid", mw_call(others, SYS_setresgid, 1000, 1000, 1000));
	mw_must("setresuid", mw_call(others, SYS_setresuid, 1000, 1000, 1000));
	ret = mw_call(mine, SYS_unshare, CLONE_NEWUSER);
	if (ret >= 0)
		ret = mw_call(others, SYS_unshare, CLONE_NEWUSER);
	if (ret < 0)
		mw_skip("cannot make a namespace", ret);
	enter_owned(mine, "into one's own");
	enter_owned(others, "into another's");
}

static void user_unshare(void)
{
	struct mw_peer *one = mw_spawn(NULL, CLONE_FS | CLONE_FILES |
				       CLONE_SYSVSEM | SIGCHLD);
	struct mw_peer *two = mw_spawn(one, CLONE_FS | SIGCHLD);
	long ret;

	ret = mw_call(one, SYS_unshare, CLONE_NEWUSER);
	if (ret == -EPERM || ret == -ENOSPC)
		mw_skip("cannot make a namespace", ret);
	mw_did("unshare", ret);
	mw_ask_peers(NULL, "from outside", NULL, one);
	mw_ask_peers(two, "by its partner", one, two);
	mw_ask_peers(one, "from inside", one, two);
	mw_did("unshare of mounts", mw_call(one, SYS_unshare, CLONE_NEWNS));
	mw_ask_peers(NULL, "from outside", NULL, one);
	mw_did("unshare of ipc", mw_call(one, SYS_unshare, CLONE_NEWIPC));
	mw_ask_peers(NULL, "from outside", NULL, one);
	mw_did("unshare of both", mw_call(two, SYS_unshare, CLONE_NEWUSER |
					 CLONE_NEWIPC));
	mw_ask_peers(NULL, "from outside", two, NULL);
	mw_ask_peers(two, "from one to the other", one, two);
}

const struct mw_scenario mw_namespace[] = {
	{ "pid-namespace", pid_namespace, "numbers inside and outside" },
	{ "pid-nested", pid_nested, "namespaces in namespaces" },
	{ "pid-unshare", pid_unshare, "unshare and setns, then fork" },
	{ "user-namespace", user_namespace, "who may ask whom" },
	{ "user-entered", user_entered, "setns to user namespaces" },
	{ "user-unshare", user_unshare, "unshare of the user namespace" },
	{ NULL, NULL, NULL },
};
