/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arena, the peers and the orders that they carry out.
 *
 * Peers that share memory without being threads of libc share its errno as
 * well, so whatever may run beside another task uses mw_sys() alone.
 */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OP_CALL, OP_RUN, OP_QUIT };
enum { STACK_SIZE = 65536, HEAP_SIZE = 262144, WATCHDOG = 120 };

struct arena {
	int peers;
	size_t used;
	char program[4096];
	struct mw_peer peer[MW_PEERS];
	char heap[HEAP_SIZE] __attribute__((aligned(16)));
};

/* Not where libraries go, in programs of either width. */
#define ARENA_ADDRESS ((void *)0x20000000)

static struct arena *arena;
static char stacks[MW_PEERS][STACK_SIZE] __attribute__((aligned(16)));

/* ---- system calls ---- */

#if defined(__x86_64__)
long mw_sys5(long nr, const long arg[5])
{
	register long a3 __asm__("r10") = arg[3];
	register long a4 __asm__("r8") = arg[4];
	register long a5 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a" (ret)
			 : "a" (nr), "D" (arg[0]), "S" (arg[1]), "d" (arg[2]),
			   "r" (a3), "r" (a4), "r" (a5)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__i386__)
long mw_sys5(long nr, const long arg[5])
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (nr), "b" (arg[0]), "c" (arg[1]), "d" (arg[2]),
			   "S" (arg[3]), "D" (arg[4])
			 : "memory");
	return ret;
}
#else
#error "mkworld speaks x86-64 and i386 only, as the supervisor does"
#endif

/* ---- the life of a scenario ---- */

void mw_say(const char *format, ...)
{
	char line[1024];
	va_list args;
	int length;
	int done;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (length < 0)
		return;
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	for (done = 0; done < length;) {
		long ret = mw_sys(SYS_write, 1, MW_P(line + done),
				  length - done);

		if (ret == -EINTR)
			continue;
		if (ret <= 0)
			return;
		done += ret;
	}
}

void mw_die(const char *what, long error)
{
	mw_say("cannot go on: %s: %s", what, mw_errno_name(error));
	mw_end();
	mw_sys(SYS_exit_group, 1);
	abort();
}

void mw_skip(const char *reason, long error)
{
	if (error != 0)
		mw_say("SKIP %s: %s", reason, mw_errno_name(error));
	else
		mw_say("SKIP %s", reason);
	mw_end();
	mw_sys(SYS_exit_group, 0);
	abort();
}

long mw_must(const char *what, long ret)
{
	if (ret < 0)
		mw_die(what, ret);
	return ret;
}

void mw_begin(int index)
{
	int flags = MAP_SHARED | MAP_FIXED_NOREPLACE;

	if (index < 0) {
		int fd = memfd_create("mkworld", 0);

		if (fd < 0 || ftruncate(fd, sizeof(*arena)) != 0)
			mw_die("memfd_create", -errno);
		if (dup2(fd, MW_FD) != MW_FD)
			mw_die("dup2 of the arena", -errno);
		close(fd);
	}
	arena = mmap(ARENA_ADDRESS, sizeof(*arena), PROT_READ | PROT_WRITE,
		     flags, MW_FD, 0);
	if (arena == MAP_FAILED)
		mw_die("mmap of the arena", -errno);
	if (index < 0 && readlink("/proc/self/exe", arena->program,
				  sizeof(arena->program) - 1) < 0)
		mw_die("readlink /proc/self/exe", -errno);
	mw_sys(SYS_alarm, WATCHDOG);
}

const char *mw_program(void)
{
	return arena->program;
}

void mw_end(void)
{
	int i;

	for (i = 0; arena != NULL && i < arena->peers; i++)
		mw_quit(&arena->peer[i]);
}

void *mw_alloc(size_t size)
{
	size_t start = arena->used;

	size = (size + 15) & ~(size_t)15;
	if (size > HEAP_SIZE - start)
		mw_die("mw_alloc", -ENOMEM);
	arena->used = start + size;
	return arena->heap + start;
}

/* ---- orders ---- */

static void futex_wait(unsigned int *word, unsigned int value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		mw_sys(SYS_futex, MW_P(word), FUTEX_WAIT, value, 0);
}

static void futex_post(unsigned int *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
	mw_sys(SYS_futex, MW_P(word), FUTEX_WAKE, 1);
}

static int peer_index(const struct mw_peer *peer)
{
	return (int)(peer - arena->peer);
}

/*
 * A peer that has exec'ed runs the same program at other addresses, so a
 * function travels as its distance from a landmark.
 */
static long distance_of(mw_function *run)
{
	return (long)run - (long)mw_begin;
}

static mw_function *function_of(const struct mw_peer *peer)
{
	return (mw_function *)((long)mw_begin + peer->nr);
}

static int peer_loop(void *data)
{
	struct mw_peer *peer = data;
	unsigned int seen = peer->request;

	peer->self = (pid_t)mw_sys(SYS_gettid, 0);
	mw_sys(SYS_alarm, WATCHDOG);
	futex_post(&peer->reply);
	for (;;) {
		futex_wait(&peer->request, seen);
		seen++;
		if (peer->op == OP_QUIT)
			break;
		if (peer->op == OP_CALL)
			peer->ret = mw_sys5(peer->nr, peer->arg);
		else
			peer->ret = function_of(peer)(peer, peer->arg[0]);
		futex_post(&peer->reply);
	}
	mw_sys(SYS_exit, 0);
	return 0;
}

void mw_peer_main(int index)
{
	struct mw_peer *peer;

	mw_begin(index);
	peer = &arena->peer[index];
	peer->ret = 0;
	peer_loop(peer);
	abort();
}

long mw_call5(struct mw_peer *peer, long nr, const long arg[5])
{
	unsigned int before;

	if (peer == NULL)
		return mw_sys5(nr, arg);
	before = peer->reply;
	peer->op = OP_CALL;
	peer->nr = nr;
	memcpy(peer->arg, arg, sizeof(peer->arg));
	futex_post(&peer->request);
	futex_wait(&peer->reply, before);
	return peer->ret;
}

void mw_start(struct mw_peer *peer, mw_function *run, long arg)
{
	peer->op = OP_RUN;
	peer->nr = distance_of(run);
	peer->arg[0] = arg;
	futex_post(&peer->request);
}

long mw_run(struct mw_peer *peer, mw_function *run, long arg)
{
	unsigned int before;

	if (peer == NULL)
		return run(NULL, arg);
	before = peer->reply;
	mw_start(peer, run, arg);
	futex_wait(&peer->reply, before);
	return peer->ret;
}

void mw_send(struct mw_peer *peer, long nr, long arg)
{
	peer->op = OP_CALL;
	peer->nr = nr;
	memset(peer->arg, 0, sizeof(peer->arg));
	peer->arg[0] = arg;
	futex_post(&peer->request);
}

void mw_quit(struct mw_peer *peer)
{
	peer->op = OP_QUIT;
	futex_post(&peer->request);
}

/* ---- births ---- */

struct birth {
	struct mw_peer *child;
	unsigned long long flags;
};

static struct birth *birth_new(unsigned long long flags)
{
	struct birth *birth = mw_alloc(sizeof(*birth));

	if (arena->peers == MW_PEERS)
		mw_die("another peer", -ENOSPC);
	birth->child = &arena->peer[arena->peers++];
	birth->flags = flags;
	return birth;
}

/* Ends a birth: knows the child's number, waits for its first word. */
static long birth_end(struct birth *birth, long pid, struct mw_peer **ret)
{
	if (pid < 0) {
		arena->peers--;
		return pid;
	}
	birth->child->pid = (pid_t)pid;
	futex_wait(&birth->child->reply, 0);
	*ret = birth->child;
	return 0;
}

static long run_clone(struct mw_peer *peer, long arg)
{
	struct birth *birth = (struct birth *)arg;
	char *top = stacks[peer_index(birth->child)] + STACK_SIZE;
	int pid;

	(void)peer;
	pid = clone(peer_loop, top, (int)birth->flags, birth->child);
	return pid < 0 ? -errno : pid;
}

long mw_try_spawn(struct mw_peer *by, unsigned long flags,
		  struct mw_peer **ret)
{
	struct birth *birth = birth_new(flags);

	return birth_end(birth, mw_run(by, run_clone, MW_P(birth)), ret);
}

struct mw_peer *mw_spawn(struct mw_peer *by, unsigned long flags)
{
	struct mw_peer *child = NULL;

	mw_must("clone", mw_try_spawn(by, flags, &child));
	return child;
}

struct mw_peer *mw_fork(struct mw_peer *by)
{
	return mw_spawn(by, SIGCHLD);
}

struct mw_peer *mw_thread(struct mw_peer *by)
{
	return mw_spawn(by, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			    CLONE_THREAD | CLONE_SYSVSEM);
}

static void *pthread_main(void *data)
{
	peer_loop(data);
	return NULL;
}

static long run_pthread(struct mw_peer *peer, long arg)
{
	struct birth *birth = (struct birth *)arg;
	pthread_t thread;

	(void)peer;
	return -pthread_create(&thread, NULL, pthread_main, birth->child);
}

struct mw_peer *mw_pthread(struct mw_peer *by)
{
	struct birth *birth = birth_new(0);
	struct mw_peer *child = NULL;

	mw_must("pthread_create",
		birth_end(birth, mw_run(by, run_pthread, MW_P(birth)),
			  &child));
	child->pid = child->self;
	return child;
}

static long run_clone3(struct mw_peer *peer, long arg)
{
	struct birth *birth = (struct birth *)arg;
	struct clone_args args = {
		.flags = birth->flags,
		.exit_signal = SIGCHLD,
	};
	long pid;

	(void)peer;
	pid = mw_sys(SYS_clone3, MW_P(&args), sizeof(args));
	if (pid == 0)
		peer_loop(birth->child);
	return pid;
}

long mw_try_clone3(struct mw_peer *by, unsigned long long flags,
		   struct mw_peer **ret)
{
	struct birth *birth = birth_new(flags);

	return birth_end(birth, mw_run(by, run_clone3, MW_P(birth)), ret);
}

static void program_args(int index, char *number, size_t size)
{
	snprintf(number, size, "%d", index);
}

static long run_posix_spawn(struct mw_peer *peer, long arg)
{
	struct birth *birth = (struct birth *)arg;
	char number[16];
	char *argv[] = { arena->program, (char *)"--peer", number, NULL };
	pid_t pid;
	int ret;

	(void)peer;
	program_args(peer_index(birth->child), number, sizeof(number));
	ret = posix_spawn(&pid, arena->program, NULL, NULL, argv, environ);
	return ret != 0 ? -ret : pid;
}

struct mw_peer *mw_posix_spawn(struct mw_peer *by)
{
	struct birth *birth = birth_new(0);
	struct mw_peer *child = NULL;

	mw_must("posix_spawn",
		birth_end(birth, mw_run(by, run_posix_spawn, MW_P(birth)),
			  &child));
	return child;
}

struct mw_peer *mw_vfork(struct mw_peer *by, unsigned long flags)
{
	struct birth *birth = birth_new(flags | CLONE_VFORK);

	by->before = by->reply;
	mw_start(by, run_clone, MW_P(birth));
	futex_wait(&birth->child->reply, 0);
	birth->child->pid = birth->child->self;
	return birth->child;
}

void mw_vfork_back(struct mw_peer *by)
{
	futex_wait(&by->reply, by->before);
}

static long run_exec(struct mw_peer *peer, long arg)
{
	char number[16];
	char *argv[] = { arena->program, (char *)"--peer", number, NULL };

	program_args(peer_index(peer), number, sizeof(number));
	return mw_sys(SYS_execve, arg, MW_P(argv), MW_P(environ));
}

long mw_exec_path(struct mw_peer *peer, const char *path)
{
	return mw_run(peer, run_exec, MW_P(path));
}

long mw_exec(struct mw_peer *peer)
{
	return mw_exec_path(peer, arena->program);
}

/* ---- deaths ---- */

void mw_zombie(struct mw_peer *by, struct mw_peer *peer)
{
	siginfo_t *info = mw_alloc(sizeof(*info));

	mw_must("waitid", mw_call(by, SYS_waitid, P_PID, peer->pid,
				  MW_P(info), WEXITED | WNOWAIT | __WALL));
}

void mw_reap(struct mw_peer *by, struct mw_peer *peer)
{
	siginfo_t *info = mw_alloc(sizeof(*info));

	mw_must("waitid", mw_call(by, SYS_waitid, P_PID, peer->pid,
				  MW_P(info), WEXITED | __WALL));
}

void mw_gone(pid_t tgid, pid_t tid)
{
	/* Nothing wakes a waiter when a thread is unhashed: look again. */
	while (mw_sys(SYS_tgkill, tgid, tid, 0) == 0)
		mw_sys(SYS_sched_yield, 0);
}

static atomic_int going, leaving;

static int leave(void *unused)
{
	(void)unused;
	while (!atomic_load(&going))
		sched_yield();
	atomic_store(&leaving, 1);
	return (int)mw_sys(SYS_exit, 0);
}

int mw_start_leaver(int clone_flags, char stack[MW_LEAVER_STACK])
{
	int tid;

	atomic_store(&going, 0);
	atomic_store(&leaving, 0);
	tid = clone(leave, stack + MW_LEAVER_STACK, clone_flags, NULL);
	if (tid < 0)
		mw_die("clone", -errno);
	return tid;
}

void mw_let_leave(void)
{
	atomic_store(&going, 1);
	while (!atomic_load(&leaving))
		sched_yield();
}

pid_t mw_pid(const struct mw_peer *peer)
{
	return peer != NULL ? peer->pid : (pid_t)mw_sys(SYS_getpid, 0);
}
