/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other ways into the kernel: int 0x80, x32 numbers, io_uring. */
#include "mkworld.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/io_uring.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- i386 system calls from a 64-bit program ---- */

#if defined(__LP64__)
enum { I386_FORK = 2, I386_CLOSE = 6, I386_DUP2 = 63, I386_KCMP = 349 };

static long int80(long nr, const long arg[5])
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (nr), "b" (arg[0]), "c" (arg[1]), "d" (arg[2]),
			   "S" (arg[3]), "D" (arg[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

#define INT80(nr, ...) int80(nr, (const long[5]){ __VA_ARGS__ })

/* A kernel without it kills with SIGSEGV. */
static void int80_need(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(INT80(I386_CLOSE, -1) == -EBADF ? 0 : 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		mw_die("fork", -errno);
	if (status != 0)
		mw_skip("no int 0x80", 0);
}

static void int80_line(const char *what, const long arg[5])
{
	const long back[5] = { arg[1], arg[0], arg[2], arg[4], arg[3] };
	long there = int80(I386_KCMP, arg);
	long here = int80(I386_KCMP, back);
	long same = mw_sys5(SYS_kcmp, arg);

	mw_say("%s: %s, %s", what, mw_result(there > 1 ? 1 : there),
	       same == there && (there <= 0 ? here == there :
				 here == 3 - there) ?
	       "as by the other entry" : "CONTRADICTION");
}

#define ASK80(what, ...) int80_line(what, (const long[5]){ __VA_ARGS__ })

static void int80_(void)
{
	struct kcmp_epoll_slot *slot = mw_alloc(sizeof(*slot));
	long me = mw_pid(NULL);
	int fd = mw_null(NULL);
	int other = mw_null(NULL);
	struct mw_peer *child;
	long pid;

	int80_need();
	child = mw_fork(NULL);
	ASK80("myself", me, me, KCMP_VM);
	ASK80("a child", me, child->pid, KCMP_FILES);
	ASK80("its file", me, child->pid, KCMP_FILE, fd, fd);
	ASK80("two files", me, me, KCMP_FILE, fd, other);
	ASK80("a closed file", me, me, KCMP_FILE, fd, 500);
	ASK80("pid 0", 0, me, KCMP_VM);
	ASK80("type 8", me, me, 8);
	ASK80("a slot at the number 1", me, me, KCMP_EPOLL_TFD, fd, 1);
	slot->efd = (unsigned int)other;
	mw_say("no epoll: %s", mw_errno_name(
		       INT80(I386_KCMP, me, me, KCMP_EPOLL_TFD, fd,
			     MW_P(slot))));
	mw_did("dup2", INT80(I386_DUP2, fd, other));
	mw_own("then", fd, other);
	mw_did("close", INT80(I386_CLOSE, other));
	mw_own("then", fd, other);
	pid = INT80(I386_FORK, 0);
	if (pid == 0)
		for (;;)
			mw_sys(SYS_pause, 0);
	mw_did("fork", pid);
	mw_ask(NULL, "the child", (pid_t)me, (pid_t)pid);
	mw_file(child, "its file", MW_SLOT(child, fd),
		(struct mw_slot){ (pid_t)pid, fd });
	mw_sys(SYS_kill, pid, SIGKILL);
}

static void x32(void)
{
	long bit = 0x40000000;
	long me = mw_pid(NULL);
	int fd = mw_null(NULL);

	mw_did("x32 kcmp", mw_sys(bit | SYS_kcmp, me, me, KCMP_VM));
	mw_did("x32 close", mw_sys(bit | SYS_close, fd));
	mw_own("then", fd, fd);
	mw_did("x32 dup2", mw_sys(bit | SYS_dup2, fd, 90));
	mw_own("then", fd, 90);
}
#endif

/* ---- io_uring ---- */

struct ring {
	int fd;
	struct io_uring_params params;
	char *queue;
	struct io_uring_sqe *entry;
};

/* For who inherits it: what it is like. */
enum { RING = 950, PARAMS = 951 };

static void ring_map(struct ring *ring)
{
	size_t size = ring->params.sq_off.array +
		ring->params.sq_entries * sizeof(unsigned int) +
		ring->params.cq_off.cqes +
		ring->params.cq_entries * sizeof(struct io_uring_cqe);

	ring->queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			   ring->fd, IORING_OFF_SQ_RING);
	ring->entry = mmap(NULL, 4 * sizeof(*ring->entry),
			   PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			   IORING_OFF_SQES);
	if (ring->queue == MAP_FAILED || ring->entry == MAP_FAILED ||
	    (ring->params.features & IORING_FEAT_SINGLE_MMAP) == 0)
		mw_skip("cannot map the ring", -errno);
}

static void ring_setup(struct ring *ring)
{
	long ret;

	memset(ring, 0, sizeof(*ring));
	ret = mw_sys(SYS_io_uring_setup, 4, MW_P(&ring->params));
	if (ret < 0)
		mw_skip("no io_uring", ret);
	ring->fd = (int)ret;
	ring_map(ring);
}

static unsigned int *ring_word(struct ring *ring, unsigned int offset)
{
	return (unsigned int *)(void *)(ring->queue + offset);
}

/* One entry in, one completion out. */
static int ring_do(struct ring *ring, const struct io_uring_sqe *entry)
{
	unsigned int *tail = ring_word(ring, ring->params.sq_off.tail);
	unsigned int *head = ring_word(ring, ring->params.cq_off.head);
	unsigned int mask = *ring_word(ring, ring->params.sq_off.ring_mask);
	unsigned int place = *tail & mask;
	const struct io_uring_cqe *done;
	int result;

	ring->entry[place] = *entry;
	ring_word(ring, ring->params.sq_off.array)[place] = place;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	mw_must("io_uring_enter",
		mw_sys(SYS_io_uring_enter, ring->fd, 1, 1,
		       IORING_ENTER_GETEVENTS));
	mask = *ring_word(ring, ring->params.cq_off.ring_mask);
	done = (const struct io_uring_cqe *)(const void *)
	       (ring->queue + ring->params.cq_off.cqes);
	result = done[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static int ring_open(struct ring *ring)
{
	struct io_uring_sqe entry = {
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (unsigned long)"/dev/null",
		.open_flags = O_RDWR,
	};

	return ring_do(ring, &entry);
}

static int ring_close(struct ring *ring, int fd)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_CLOSE, .fd = fd };

	return ring_do(ring, &entry);
}

static void ring_(void)
{
	struct ring ring;
	struct mw_peer *thread;
	int fd = mw_null(NULL);
	int copy = dup(fd);
	int number;
	int round;
	int wrong = 0;

	ring_setup(&ring);
	mw_own("the ring", ring.fd, fd);
	mw_own("a file and its copy", fd, copy);
	mw_did("close through the ring", ring_close(&ring, copy));
	mw_own("then", fd, copy);
	number = ring_open(&ring);
	mw_did("open through the ring", number);
	mw_say("the same number: %s", number == copy ? "yes" : "no");
	mw_own("a new file", fd, number);
	thread = mw_pthread(NULL);
	mw_file(thread, "in a thread", MW_SLOT(NULL, number),
		MW_SLOT(thread, number));
	mw_did("close of a closed number", ring_close(&ring, 500));
	for (round = 0; round < 50; round++) {
		const long arg[5] = { mw_pid(NULL), mw_pid(NULL), KCMP_FILE,
				      fd, number };

		wrong += mw_compare(NULL, arg) != 1;
		wrong += ring_close(&ring, number) != 0;
		wrong += mw_compare(NULL, arg) != -EBADF;
		wrong += dup(fd) != number;
		wrong += mw_compare(NULL, arg) != 0;
		wrong += ring_close(&ring, number) != 0;
		wrong += ring_open(&ring) != number;
	}
	mw_say("fifty times: %d wrong", wrong);
}

int mw_with_ring(char **command)
{
	struct ring ring;
	int file = memfd_create("ring", 0);

	ring_setup(&ring);
	if (file < 0 || write(file, &ring.params, sizeof(ring.params)) < 0 ||
	    dup2(ring.fd, RING) < 0 || dup2(file, PARAMS) < 0)
		mw_die("the ring", -errno);
	(void)fcntl(RING, F_SETFD, 0);
	execv(command[0], command);
	return 1;
}

/* With one that was there before. */
static void ring_inherited(void)
{
	struct ring ring = { .fd = RING };
	int fd, copy;

	if (pread(PARAMS, &ring.params, sizeof(ring.params), 0) !=
	    (ssize_t)sizeof(ring.params))
		mw_skip("no ring was inherited", -EBADF);
	ring_map(&ring);
	fd = mw_null(NULL);
	copy = dup(fd);
	mw_own("a copy", fd, copy);
	mw_did("close through the ring", ring_close(&ring, copy));
	mw_own("closed", fd, copy);
}

static void ring_shared(void)
{
	struct ring ring;
	struct mw_peer *partner;
	struct mw_peer *child;
	int fd = mw_null(NULL);

	ring_setup(&ring);
	partner = mw_spawn(NULL, CLONE_FILES | SIGCHLD);
	child = mw_fork(NULL);
	mw_file(child, "the ring of all", MW_SLOT(partner, ring.fd),
		MW_SLOT(child, ring.fd));
	mw_file(child, "a file of all", MW_SLOT(partner, fd),
		MW_SLOT(child, fd));
	mw_did("close through the ring", ring_close(&ring, fd));
	mw_file(child, "closed for the partner", MW_SLOT(partner, fd),
		MW_SLOT(child, fd));
	mw_file(partner, "open for the child", MW_SLOT(child, fd),
		MW_SLOT(child, fd));
	mw_say("the same number: %s", ring_open(&ring) == fd ? "yes" : "no");
	mw_file(child, "a new file for the partner", MW_SLOT(partner, fd),
		MW_SLOT(NULL, fd));
	mw_file(NULL, "another than the child's", MW_SLOT(partner, fd),
		MW_SLOT(child, fd));
}

/* The thread that the kernel makes for such a ring: the only other one, or of
   the peer's number. */
static long new_worker(struct mw_peer *peer, long not)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SQPOLL,
		.sq_thread_idle = 60000,
	};
	struct dirent *entry;
	DIR *threads;
	long found = 0, fd;

	(void)peer;
	fd = mw_sys(SYS_io_uring_setup, 4, MW_P(&params));
	if (fd < 0)
		return fd;
	threads = opendir("/proc/self/task");
	while (threads && (entry = readdir(threads))) {
		long tid = strtol(entry->d_name, NULL, 10);

		if (tid && tid != not && tid != mw_sys(SYS_getpid, 0) &&
		    tid != mw_sys(SYS_gettid, 0))
			found = tid;
	}
	if (threads)
		closedir(threads);
	return found ? found : -ESRCH;
}

static pid_t worker_of(struct mw_peer *peer)
{
	long tid = mw_run(peer, new_worker, 0);

	if (tid < 0)
		mw_skip("no thread for a ring", tid);
	return (pid_t)tid;
}

/* What it has stays with it, whether or not anybody has seen it before. */
static void worker_shares(void)
{
	static const struct {
		const char *name;
		long nr, arg[5];
		int root;
	} calls[] = {
		{ "nothing", SYS_getpid, { 0 }, 0 },
		{ "unshare FILES|FS", SYS_unshare,
		  { CLONE_FILES | CLONE_FS }, 0 },
		{ "unshare NEWNS", SYS_unshare, { CLONE_NEWNS }, 1 },
		{ "close_range UNSHARE", SYS_close_range,
		  { 500, 600, CLOSE_RANGE_UNSHARE }, 0 },
		{ "ioprio_set", SYS_ioprio_set,
		  { IOPRIO_WHO_PROCESS, 0,
		    IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4) }, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct mw_peer *one;
		pid_t worker;

		if (calls[i].root && !mw_root())
			continue;
		one = mw_fork(NULL);
		worker = worker_of(one);
		mw_did(calls[i].name,
		       mw_call5(one, calls[i].nr, calls[i].arg));
		mw_ask(one, "the worker", one->pid, worker);
		mw_ask(NULL, "from outside", one->pid, worker);
	}
}

static void worker_ends(void)
{
	struct mw_peer *partner;
	struct mw_peer *thread;
	pid_t worker;
	int fd = (int)mw_call(NULL, SYS_dup, 0);

	close(fd);
	worker = worker_of(NULL);
	mw_ask(NULL, "it lives", mw_pid(NULL), worker);
	mw_did("close", mw_sys(SYS_close, fd));
	mw_gone((pid_t)mw_pid(NULL), worker);
	mw_ask(NULL, "it has gone", mw_pid(NULL), worker);
	partner = mw_spawn(NULL, CLONE_FILES | SIGCHLD);
	mw_did("unshare, alone again",
	       mw_sys(SYS_unshare, CLONE_THREAD | CLONE_FILES));
	mw_ask_peers(NULL, "done", NULL, partner);
	/* A thread that has its own table, and so has its worker. */
	thread = mw_spawn(NULL, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD);
	thread->pid = thread->self;
	worker = worker_of(thread);
	mw_ask(NULL, "a thread's, and the thread", thread->self, worker);
	mw_ask(NULL, "a thread's, and the leader", mw_pid(NULL), worker);
}

const struct mw_scenario mw_entry[] = {
#if defined(__LP64__)
	{ "int80", int80_, "i386 system calls of a 64-bit program" },
	{ "x32", x32, "x32 numbers" },
#endif
	{ "ring", ring_, "files that a ring opens and closes" },
	{ "ring-inherited", ring_inherited, "a ring from before" },
	{ "ring-shared", ring_shared, "a ring on a shared table" },
	{ "ring-worker", worker_shares, "what a ring's thread shares" },
	{ "ring-worker-ends", worker_ends, "a ring's thread that ends" },
	{ NULL, NULL, NULL },
};
