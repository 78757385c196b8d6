/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unshare and setns: what they split, and what they refuse. */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL_FLAGS (CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND | \
		   CLONE_IO | CLONE_SYSVSEM)

static const struct {
	const char *name;
	unsigned long flags;
	int root;
} kinds[] = {
	{ "unshare nothing", 0, 0 },
	{ "unshare FS", CLONE_FS, 0 },
	{ "unshare FILES", CLONE_FILES, 0 },
	{ "unshare SYSVSEM", CLONE_SYSVSEM, 0 },
	{ "unshare FS|FILES", CLONE_FS | CLONE_FILES, 0 },
	{ "unshare VM", CLONE_VM, 0 },
	{ "unshare SIGHAND", CLONE_SIGHAND, 0 },
	{ "unshare THREAD", CLONE_THREAD, 0 },
	{ "unshare IO", CLONE_IO, 0 },
	{ "unshare PIDFD", CLONE_PIDFD, 0 },
	{ "unshare FILES and a bad flag", CLONE_FILES | CLONE_VFORK, 0 },
	{ "unshare FILES and VM", CLONE_FILES | CLONE_VM, 0 },
	{ "unshare NEWNS", CLONE_NEWNS, 1 },
	{ "unshare NEWUTS", CLONE_NEWUTS, 1 },
	{ "unshare NEWIPC", CLONE_NEWIPC, 1 },
	{ "unshare NEWNET", CLONE_NEWNET, 1 },
	{ "unshare NEWNS|FILES", CLONE_NEWNS | CLONE_FILES, 1 },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void unshare_kind(int i, struct mw_peer *one, struct mw_peer *two)
{
	int fd = mw_null(NULL);
	int after;

	mw_file(NULL, "  file before", MW_SLOT(NULL, fd), MW_SLOT(one, fd));
	mw_did(kinds[i].name, mw_call(one, SYS_unshare,
				    (long)kinds[i].flags));
	mw_ask_peers(NULL, "  creator and partner", NULL, one);
	mw_ask_peers(one, "  the partners", one, two);
	mw_ask_peers(two, "  creator and the other", NULL, two);
	mw_file(two, "  file after", MW_SLOT(NULL, fd), MW_SLOT(one, fd));
	after = mw_null(two);
	mw_file(NULL, "  a new file", MW_SLOT(NULL, after),
		MW_SLOT(one, after));
	mw_call(two, SYS_close, fd);
	mw_file(one, "  a file closed by another", MW_SLOT(one, fd),
		MW_SLOT(one, fd));
	close(after);
}

static void unshare_kinds(int root)
{
	int i;

	for (i = 0; i < KINDS; i++) {
		struct mw_peer *one;

		if (kinds[i].root != root)
			continue;
		one = mw_spawn(NULL, ALL_FLAGS | SIGCHLD);
		unshare_kind(i, one, mw_spawn(one, ALL_FLAGS | SIGCHLD));
	}
}

static void unshare_(void)
{
	unshare_kinds(0);
}

static void unshare_root(void)
{
	mw_need_root();
	unshare_kinds(1);
}

/* Alone, FS and FILES have nothing to split; NEWNS copies FS always. */
static void unshare_alone(void)
{
	struct mw_peer *one = mw_fork(NULL);
	struct mw_peer *fs = mw_spawn(one, CLONE_FS | SIGCHLD);
	int fd = mw_null(one);

	mw_ask_peers(NULL, "before", one, fs);
	mw_file(NULL, "file before", MW_SLOT(one, fd), MW_SLOT(one, fd));
	mw_did("unshare FILES", mw_call(one, SYS_unshare, CLONE_FILES));
	mw_file(NULL, "file after", MW_SLOT(one, fd), MW_SLOT(one, fd));
#if defined(__LP64__)
	mw_did("unshare FS with wide flags",
	       mw_call(one, SYS_unshare, MW_WIDE(CLONE_FS)));
	mw_ask_peers(NULL, "still", one, fs);
#endif
	mw_did("unshare FS", mw_call(one, SYS_unshare, CLONE_FS));
	mw_ask_peers(NULL, "after", one, fs);
	mw_did("once more", mw_call(one, SYS_unshare, CLONE_FS));
	mw_ask_peers(NULL, "itself", one, one);
	mw_did("unshare VM alone", mw_call(one, SYS_unshare, CLONE_VM));
	mw_did("unshare SIGHAND alone",
	       mw_call(one, SYS_unshare, CLONE_SIGHAND));
}

static void unshare_thread(void)
{
	struct mw_peer *one = mw_pthread(NULL);
	struct mw_peer *two = mw_pthread(NULL);
	struct mw_peer *raw = mw_thread(NULL);
	int fd = mw_null(NULL);
	int late;

	mw_ask_peers(NULL, "before", one, two);
	mw_did("unshare FS", mw_call(one, SYS_unshare, CLONE_FS));
	mw_did("unshare FILES", mw_call(two, SYS_unshare, CLONE_FILES));
	mw_did("unshare SYSVSEM", mw_call(raw, SYS_unshare, CLONE_SYSVSEM));
	mw_did("unshare VM", mw_call(raw, SYS_unshare, CLONE_VM));
	mw_did("unshare THREAD", mw_call(raw, SYS_unshare, CLONE_THREAD));
	mw_did("unshare NEWUSER", mw_call(raw, SYS_unshare, CLONE_NEWUSER));
	mw_ask_peers(NULL, "own FS, own FILES", one, two);
	mw_ask_peers(one, "own FILES, own undo list", two, raw);
	mw_ask_peers(two, "leader and own FS", NULL, one);
	mw_ask_peers(raw, "leader and own FILES", NULL, two);
	mw_ask_peers(NULL, "leader and own undo list", NULL, raw);
	late = mw_null(two);
	mw_file(NULL, "file of all", MW_SLOT(NULL, fd), MW_SLOT(two, fd));
	mw_file(two, "file of one, asked by it", MW_SLOT(two, late),
		MW_SLOT(two, late));
	mw_file(two, "file of one, elsewhere", MW_SLOT(two, late),
		MW_SLOT(one, late));
	mw_call(NULL, SYS_close, fd);
	mw_file(NULL, "closed by the leader", MW_SLOT(two, fd),
		MW_SLOT(two, fd));
	mw_file(NULL, "closed for the others", MW_SLOT(one, fd),
		MW_SLOT(two, fd));
	two = mw_fork(two);
	mw_file(two, "inherited from the split table",
		MW_SLOT(two, fd), MW_SLOT(two, late));
	mw_ask_peers(two, "a child of the thread", NULL, two);
}

/* What nobody may look at does not show whether a call has succeeded. */
static void unshare_secret(void)
{
	struct mw_peer *one = mw_thread(NULL);
	struct mw_peer *two = mw_thread(NULL);

	mw_call(NULL, SYS_prctl, PR_SET_DUMPABLE, 1);
	mw_did("unshare NEWPID|FS",
	       mw_call(one, SYS_unshare, CLONE_NEWPID | CLONE_FS));
	mw_call(NULL, SYS_prctl, PR_SET_DUMPABLE, 0);
	mw_ask_peers(NULL, "not to be looked at any more", NULL, one);
	mw_did("unshare NEWUSER", mw_call(two, SYS_unshare, CLONE_NEWUSER));
	mw_call(NULL, SYS_prctl, PR_SET_DUMPABLE, 1);
	mw_ask_peers(NULL, "to be looked at again", NULL, two);
}

static long open_path(struct mw_peer *peer, const char *text)
{
	char *path = mw_alloc(strlen(text) + 1);

	memcpy(path, text, strlen(text) + 1);
	return mw_call(peer, SYS_openat, AT_FDCWD, MW_P(path), O_RDONLY);
}

static void setns_(void)
{
	struct mw_peer *one;
	struct mw_peer *two;
	long ipc = open_path(NULL, "/proc/self/ns/ipc");
	long mount = open_path(NULL, "/proc/self/ns/mnt");
	int file = mw_null(NULL);

	mw_need_root();
	one = mw_spawn(NULL, CLONE_FS | CLONE_SYSVSEM | SIGCHLD);
	two = mw_spawn(NULL, CLONE_SYSVSEM | SIGCHLD);
	mw_ask_peers(NULL, "before", one, two);
	mw_did("setns of no namespace", mw_call(one, SYS_setns, file, 0));
	mw_did("setns of a closed number", mw_call(one, SYS_setns, 500, 0));
	mw_did("setns of the wrong kind",
	       mw_call(one, SYS_setns, ipc, CLONE_NEWUTS));
	mw_ask_peers(NULL, "still", one, two);
	mw_did("setns to the same ipc", mw_call(one, SYS_setns, ipc,
					       CLONE_NEWIPC));
	mw_ask_peers(NULL, "no undo list any more", one, two);
	mw_did("setns with a shared FS",
	       mw_call(one, SYS_setns, mount, CLONE_NEWNS));
	mw_did("setns to the same mounts",
	       mw_call(two, SYS_setns, mount, CLONE_NEWNS));
	mw_ask_peers(two, "the same FS", NULL, one);
	mw_ask_peers(two, "and undo list", NULL, two);
	mw_did("setns of kind 0", mw_call(two, SYS_setns, ipc, 0));
	mw_ask_peers(two, "that was the ipc", NULL, two);
}

enum { ROUNDS = 200, WAITERS = 1000 };

static void await_sleep(long pid)
{
	char path[64], text[64] = "";
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/syscall", pid);
	do {
		sched_yield();
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			mw_die(path, -errno);
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	} while (n > 0 && !strncmp(text, "running", 7));
}

/* Somebody with the same descriptor table; with a pidfd it waits for that in
   many places, all of which the kernel serves while the thread is a zombie. */
static long partner_of(int pidfd)
{
	long pid = mw_sys(SYS_clone, CLONE_FILES | SIGCHLD);

	if (pid == 0) {
		static struct pollfd all[WAITERS];
		int i;

		for (i = 0; i < WAITERS; i++)
			all[i] = (struct pollfd){ pidfd, POLLIN, 0 };
		if (pidfd >= 0)
			(void)poll(all, WAITERS, -1);
		for (;;)
			mw_sys(SYS_pause, 0);
	}
	if (pid < 0)
		mw_die("clone", (int)pid);
	await_sleep(pid);
	return pid;
}

struct race {
	int clone_flags;	/* with which the other was made */
	long flags;		/* of unshare */
	bool watched;
};

/* Who may be in the way goes while the call is made: nobody knows whether it
   is refused, but what it did is what kcmp says. */
static void race_with_unshare(const struct race *race)
{
	bool thread = race->clone_flags & CLONE_THREAD;
	char *stack = mw_alloc(MW_LEAVER_STACK);
	int wrong = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		long arg[5] = { mw_pid(NULL), 0, KCMP_FILES };
		int pidfd = -1, tid;
		long ret, answer;

		tid = mw_start_leaver(race->clone_flags, stack);
		/* A kernel before 6.9 has no pidfd of a thread. */
		if (race->watched)
			pidfd = (int)syscall(SYS_pidfd_open, tid,
					     thread ? O_EXCL : 0);
		arg[1] = partner_of(pidfd);
		mw_let_leave();
		ret = mw_sys(SYS_unshare, race->flags | CLONE_FILES);
		answer = mw_kcmp(NULL, arg);
		if (answer < 0 || (ret == 0) != (answer != 0)) {
			mw_say("round %d: %ld, answer %ld", i, ret, answer);
			wrong++;
		}
		mw_gone(thread ? (pid_t)mw_pid(NULL) : tid, tid);
		kill((pid_t)arg[1], SIGKILL);
		waitpid((pid_t)arg[1], NULL, 0);
		if (pidfd >= 0)
			close(pidfd);
	}
	mw_say("wrong: %d of %d", wrong, ROUNDS);
}

static void race_with_thread(bool watched)
{
	const struct race race = {
		.clone_flags = CLONE_VM | CLONE_FS | CLONE_FILES |
			CLONE_SIGHAND | CLONE_THREAD,
		.flags = CLONE_THREAD,
		.watched = watched,
	};

	race_with_unshare(&race);
}

/* A process that nobody has to wait for goes by itself, as threads do. */
static void race_with_sharer(bool watched)
{
	const struct race race = {
		.clone_flags = CLONE_VM | CLONE_SIGHAND | SIGCHLD,
		.flags = CLONE_SIGHAND,
		.watched = watched,
	};

	(void)signal(SIGCHLD, SIG_IGN);
	race_with_unshare(&race);
}

static void unshare_racing(void)
{
	race_with_thread(false);
}

static void unshare_racing_watched(void)
{
	race_with_thread(true);
}

static void unshare_reaping(void)
{
	race_with_sharer(false);
}

static void unshare_reaping_watched(void)
{
	race_with_sharer(true);
}

static void unshare_reaping_memory(void)
{
	const struct race race = {
		.clone_flags = CLONE_VM | SIGCHLD,
		.flags = CLONE_VM,
		.watched = true,
	};

	(void)signal(SIGCHLD, SIG_IGN);
	race_with_unshare(&race);
}

/* A tracer keeps the last other thread, dead, until it waits for it. */
static void unshare_traced(void)
{
	struct mw_peer *thread = mw_thread(NULL);
	struct mw_peer *tracer = mw_fork(NULL);
	struct mw_peer *partner = mw_spawn(NULL, CLONE_FILES | SIGCHLD);
	const pid_t tid = thread->self;
	long ret;

	ret = mw_call(tracer, SYS_ptrace, PTRACE_SEIZE, tid, 0, 0);
	if (ret < 0)
		mw_skip("nobody may be traced", ret);
	mw_quit(thread);
	mw_must("waitid", mw_call(tracer, SYS_waitid, P_PID, tid, 0,
				  WEXITED | WNOWAIT | __WALL));
	mw_did("beside the dead",
	       mw_sys(SYS_unshare, CLONE_THREAD | CLONE_FILES));
	mw_ask_peers(NULL, "refused", NULL, partner);
	mw_must("wait4", mw_call(tracer, SYS_wait4, tid, 0, __WALL));
	mw_did("alone", mw_sys(SYS_unshare, CLONE_THREAD | CLONE_FILES));
	mw_ask_peers(NULL, "done", NULL, partner);
}

/* By a pidfd; the dead have no namespaces, so nothing is entered then. */
static void setns_pidfd(void)
{
	struct mw_peer *one;
	struct mw_peer *two;
	long pidfd;

	mw_need_root();
	one = mw_spawn(NULL, CLONE_SYSVSEM | SIGCHLD);
	two = mw_fork(NULL);
	pidfd = mw_call(one, SYS_pidfd_open, two->pid, 0);
	if (pidfd < 0)
		mw_skip("no pidfd", pidfd);
	mw_ask_peers(NULL, "before", NULL, one);
	mw_quit(two);
	mw_zombie(NULL, two);
	mw_did("setns to those of a zombie",
	       mw_call(one, SYS_setns, pidfd, CLONE_NEWIPC));
	mw_ask_peers(NULL, "still", NULL, one);
	mw_reap(NULL, two);
	mw_did("setns to those of somebody reaped",
	       mw_call(one, SYS_setns, pidfd, CLONE_NEWIPC));
	mw_ask_peers(NULL, "still", NULL, one);
	two = mw_fork(NULL);
	pidfd = mw_call(one, SYS_pidfd_open, two->pid, 0);
	mw_did("setns to those of the living",
	       mw_call(one, SYS_setns, pidfd, CLONE_NEWIPC));
	mw_ask_peers(NULL, "no undo list any more", NULL, one);
}

/* A namespace's file may be mounted anywhere, and be opened with O_PATH, which
   setns does not take. */
static long open_namespace(struct mw_peer *peer, const char *path, int flags)
{
	return mw_must("open", mw_call(peer, SYS_openat, AT_FDCWD, MW_P(path),
				       flags | O_CLOEXEC));
}

static void setns_mounted(void)
{
	char *from = mw_alloc(64), *to = mw_alloc(64);
	struct mw_peer *one, *init, *entered;
	long fd;

	mw_need_root();
	mw_must("unshare", mw_sys(SYS_unshare, CLONE_NEWNS));
	mw_must("mount", mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	mw_must("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	(void)snprintf(to, 64, "/tmp/namespace");
	(void)close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	one = mw_spawn(NULL, CLONE_SYSVSEM | SIGCHLD);
	mw_ask_peers(NULL, "one undo list", NULL, one);
	(void)snprintf(from, 64, "/proc/self/ns/ipc");
	fd = open_namespace(one, from, O_PATH);
	mw_did("by O_PATH", mw_call(one, SYS_setns, fd, 0));
	mw_ask_peers(NULL, "still one", NULL, one);
	fd = mw_must("pidfd_open",
		     mw_call(one, SYS_pidfd_open, mw_pid(one), 0));
	(void)snprintf(from, 64, "/proc/self/fd/%ld", fd);
	fd = open_namespace(one, from, O_PATH);
	mw_did("by O_PATH of a pidfd",
	       mw_call(one, SYS_setns, fd, CLONE_NEWIPC));
	mw_ask_peers(NULL, "still one", NULL, one);
	(void)snprintf(from, 64, "/proc/self/ns/ipc");
	mw_must("mount", mount(from, to, NULL, MS_BIND, NULL));
	fd = open_namespace(one, to, O_RDONLY);
	mw_did("another type", mw_call(one, SYS_setns, fd, CLONE_NEWPID));
	mw_ask_peers(NULL, "still one", NULL, one);
	mw_did("mounted", mw_call(one, SYS_setns, fd, CLONE_NEWIPC));
	mw_ask_peers(NULL, "no undo list any more", NULL, one);
	init = mw_spawn(NULL, CLONE_NEWPID | SIGCHLD);
	(void)snprintf(from, 64, "/proc/%d/ns/pid", init->pid);
	mw_must("mount", mount(from, to, NULL, MS_BIND, NULL));
	fd = open_namespace(one, to, O_RDONLY);
	mw_did("of pids", mw_call(one, SYS_setns, fd, 0));
	entered = mw_fork(one);
	mw_ask(entered, "inside", 1, entered->self);
}

/* The same of setns to a user namespace; what its credentials are by then shows
   in whom it may ask about. */
static int race_with_setns(int ns, int clone_flags, char *stack)
{
	bool thread = clone_flags & CLONE_THREAD;
	long arg[5] = { mw_pid(NULL), getppid(), KCMP_VM };
	int tid, wrong = mw_kcmp(NULL, arg) < 0;
	long ret;

	tid = mw_start_leaver(clone_flags, stack);
	mw_let_leave();
	ret = mw_sys(SYS_setns, ns, CLONE_NEWUSER);
	wrong += (ret == 0) != (mw_kcmp(NULL, arg) < 0);
	mw_gone(thread ? (pid_t)mw_pid(NULL) : tid, tid);
	return wrong;
}

static void setns_racing(void)
{
	const int flags[] = {
		CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD,
		CLONE_VM | CLONE_FS | SIGCHLD,
	};
	char *stack = mw_alloc(MW_LEAVER_STACK);
	struct mw_peer *one = mw_fork(NULL);
	char path[64];
	int ns, i, status, wrong = 0;
	long ret = mw_call(one, SYS_unshare, CLONE_NEWUSER);

	if (ret < 0)
		mw_skip("cannot make a namespace", ret);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", one->pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		mw_die(path, -errno);
	for (i = 0; i < ROUNDS; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)signal(SIGCHLD, SIG_IGN);
			_exit(race_with_setns(ns, flags[i % 2], stack));
		}
		status = -1;
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			mw_die("fork", -errno);
		wrong += status != 0;
	}
	mw_say("wrong: %d of %d", wrong, ROUNDS);
}

const struct mw_scenario mw_unshare[] = {
	{ "unshare", unshare_, "unshare by a partner of everything" },
	{ "unshare-root", unshare_root, "unshare of namespaces" },
	{ "unshare-alone", unshare_alone, "where there is little to split" },
	{ "unshare-thread", unshare_thread, "unshare by threads" },
	{ "unshare-secret", unshare_secret, "unshare that cannot be watched" },
	{ "unshare-racing", unshare_racing, "while a thread ends" },
	{ "unshare-racing-watched", unshare_racing_watched,
	  "while a thread ends that others wait for" },
	{ "unshare-reaping", unshare_reaping,
	  "while a process ends that is not waited for" },
	{ "unshare-reaping-watched", unshare_reaping_watched,
	  "while such a process ends and others wait for it" },
	{ "unshare-reaping-memory", unshare_reaping_memory,
	  "while one ends that shares memory" },
	{ "unshare-traced", unshare_traced,
	  "while a tracer keeps a dead thread" },
	{ "setns", setns_, "setns to where one is" },
	{ "setns-pidfd", setns_pidfd, "setns to where somebody is" },
	{ "setns-mounted", setns_mounted, "by files anywhere" },
	{ "setns-racing", setns_racing, "setns while somebody ends" },
	{ NULL, NULL, NULL },
};
