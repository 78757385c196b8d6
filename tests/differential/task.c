/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arena, bare system calls, and how workers come to life.
 */
#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Not where libraries go, in programs of either width. */
#define ARENA_ADDRESS	0x20000000UL
#define STACKS_ADDRESS	0x28000000UL
#define EDGES_ADDRESS	0x2f000000UL

struct ch_arena *ch_arena;

enum {
	IDLE_SECONDS = 30,	/* more than one step may take */
	PAGE = 4096,
	ARENA_END = 1 << 26,	/* of its file: behind it */
};

/*
 * ---- system calls ----
 *
 * ch_birth() makes the call NR with up to three arguments.  The child goes on
 * in ch_live(INDEX) on STACK, whether or not the call has set it up: after
 * fork that is a page of its own, after vfork the parent's frame stays whole.
 */
#if defined(__x86_64__)
long ch_sys6(long nr, const long arg[6])
{
	register long a3 __asm__("r10") = arg[3];
	register long a4 __asm__("r8") = arg[4];
	register long a5 __asm__("r9") = arg[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a" (ret)
			 : "a" (nr), "D" (arg[0]), "S" (arg[1]), "d" (arg[2]),
			   "r" (a3), "r" (a4), "r" (a5)
			 : "rcx", "r11", "memory");
	return ret;
}

static long ch_birth(long nr, const long arg[3], long stack, long index)
{
	register long zero __asm__("r10") = 0;
	register long where __asm__("r12") = stack;
	register long who __asm__("r13") = index;
	register long what __asm__("r14") = CH_P(ch_live);
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %%r12, %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r14\n\t"
			 "hlt\n"
			 "1:"
			 : "=a" (ret)
			 : "a" (nr), "D" (arg[0]), "S" (arg[1]), "d" (arg[2]),
			   "r" (zero), "r" (where), "r" (who), "r" (what)
			 : "rcx", "r8", "r9", "r11", "memory");
	return ret;
}
#elif defined(__i386__)
long ch_sys6(long nr, const long arg[6])
{
	const long *six = arg;
	long ret;

	/* The sixth goes where frames are kept. */
	__asm__ volatile("push %%ebp\n\t"
			 "mov 20(%%edi), %%ebp\n\t"
			 "mov 16(%%edi), %%edi\n\t"
			 "int $0x80\n\t"
			 "pop %%ebp"
			 : "=a" (ret), "+D" (six)
			 : "a" (nr), "b" (arg[0]), "c" (arg[1]), "d" (arg[2]),
			   "S" (arg[3])
			 : "memory");
	return ret;
}

static long ch_birth(long nr, const long arg[3], long stack, long index)
{
	long *top = (long *)stack;
	long ret;

	*--top = index;
	*--top = CH_P(ch_live);
	/* The fourth argument of clone would be the thread area: unused. */
	__asm__ volatile("int $0x80\n\t"
			 "test %%eax, %%eax\n\t"
			 "jnz 1f\n\t"
			 "mov %%esi, %%esp\n\t"
			 "pop %%eax\n\t"
			 "call *%%eax\n\t"
			 "hlt\n"
			 "1:"
			 : "=a" (ret)
			 : "a" (nr), "b" (arg[0]), "c" (arg[1]), "d" (arg[2]),
			   "S" (top), "D" (0)
			 : "memory");
	return ret;
}
#else
#error "chaos speaks x86-64 and i386 only, as the supervisor does"
#endif

/* ---- the arena ---- */

static int map(unsigned long address, size_t size, int flags, int fd)
{
	void *at = mmap((void *)address, size, PROT_READ | PROT_WRITE,
			flags | MAP_FIXED_NOREPLACE, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	return (unsigned long)at == address ? 0 : -EEXIST;
}

static int arena_map(void)
{
	int ret = map(ARENA_ADDRESS, sizeof(*ch_arena), MAP_SHARED,
		      CH_FD_ARENA);

	if (!ret)
		ch_arena = (struct ch_arena *)ARENA_ADDRESS;
	return ret;
}

/* A page for each worker, and one behind each that nobody can read; then one
   of a file that has none there. */
static int edges_map(void)
{
	int ret = map(EDGES_ADDRESS, 2 * CH_SLOTS * PAGE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned long at;
	void *page;

	for (at = PAGE; !ret && at < 2 * CH_SLOTS * PAGE; at += 2 * PAGE)
		ret = mprotect((void *)(EDGES_ADDRESS + at), PAGE,
			       PROT_NONE) ? -errno : 0;
	if (ret)
		return ret;
	page = mmap((void *)(EDGES_ADDRESS + 2 * CH_SLOTS * PAGE), PAGE,
		    PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, CH_FD_ARENA,
		    ARENA_END);
	return page == MAP_FAILED ? -errno : 0;
}

void *ch_edge(const struct ch_slot *me)
{
	return (void *)(EDGES_ADDRESS +
			(unsigned long)(me - ch_arena->slot) * 2 * PAGE +
			PAGE);
}

void *ch_beyond_file(void)
{
	return (void *)(EDGES_ADDRESS + 2 * CH_SLOTS * PAGE);
}

int ch_arena_find(void)
{
	int ret = arena_map();

	/* Private: a worker's stack is copied when it forks. */
	if (!ret)
		ret = map(STACKS_ADDRESS, (size_t)CH_SLOTS * CH_STACK,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if (!ret)
		ret = edges_map();
	return ret ? ret : ch_prepare_spawns();
}

int ch_arena_make(void)
{
	int fd = memfd_create("chaos", 0);

	if (fd < 0 || ftruncate(fd, sizeof(struct ch_arena)) ||
	    dup2(fd, CH_FD_ARENA) < 0)
		return -errno;
	close(fd);
	return arena_map();
}

void ch_futex_wait(uint32_t *word, uint32_t value, int milliseconds)
{
	struct {
		long sec;
		long nsec;
	} limit = { milliseconds / 1000, milliseconds % 1000 * 1000000L };

	ch_sys(SYS_futex, CH_P(word), FUTEX_WAIT, value, CH_P(&limit));
}

int64_t ch_milliseconds(void)
{
	struct {
		long sec;
		long nsec;
	} now;

	ch_sys(SYS_clock_gettime, CLOCK_MONOTONIC, CH_P(&now));
	return (int64_t)now.sec * 1000 + now.nsec / 1000000;
}

void ch_futex_wake(uint32_t *word)
{
	ch_sys(SYS_futex, CH_P(word), FUTEX_WAKE, 1 << 30);
}

/* ---- a worker's life ---- */

/* "TGID/task/TID", as the driver's /proc numbers tasks. */
static void find_numbers(struct ch_slot *me)
{
	char link[64] = "";
	long len = ch_sys(SYS_readlink, CH_P("/proc/thread-self"), CH_P(link),
			  sizeof(link) - 1);
	char *at = link;
	int number[2] = { 0, 0 };

	if (len <= 0)
		return;
	while (*at >= '0' && *at <= '9')
		number[0] = 10 * number[0] + *at++ - '0';
	at += strncmp(at, "/task/", 6) == 0 ? 6 : 0;
	while (*at >= '0' && *at <= '9')
		number[1] = 10 * number[1] + *at++ - '0';
	me->tgid = number[0];
	me->tid = number[1];
}

/* "pid:[4026531836]" */
int64_t ch_pid_namespace(void)
{
	char link[64] = "";
	int64_t ino = 0;
	char *at = link + 5;

	if (ch_sys(SYS_readlink, CH_P("/proc/thread-self/ns/pid"),
		   CH_P(link), sizeof(link) - 1) <= 5)
		return 0;
	while (*at >= '0' && *at <= '9')
		ino = 10 * ino + *at++ - '0';
	return ino;
}

/* As it, and those who ask about it, call it now. */
static void find_names(struct ch_slot *me)
{
	ch_change_numbers(me);
	find_numbers(me);
	me->pidns = ch_pid_namespace();
	me->self = (int32_t)ch_sys(SYS_gettid, 0);
	me->self_tgid = (int32_t)ch_sys(SYS_getpid, 0);
	ch_change_numbers(me);
}

/* Who has been killed does not come back from a system call. */
static void reply(struct ch_slot *me)
{
	uint32_t called = __atomic_load_n(&me->called, __ATOMIC_SEQ_CST);

	if (called == me->replied)
		return;
	ch_sys(SYS_gettid, 0);
	__atomic_store_n(&me->replied, called, __ATOMIC_SEQ_CST);
	ch_futex_wake(&me->replied);
}

void ch_live(int index)
{
	struct ch_slot *me = &ch_arena->slot[index];
	const struct ch_step *step;
	int64_t idle_since = 0;
	uint32_t given = 0;

	find_names(me);
	if (me->born_at == 0)
		me->born_at = __atomic_add_fetch(&ch_arena->clock, 1,
						 __ATOMIC_SEQ_CST);
	__atomic_store_n(&me->born, 1, __ATOMIC_SEQ_CST);
	ch_futex_wake(&me->born);
	/* Nobody stays behind when the driver has gone. */
	while (!ch_arena->over) {
		uint32_t done = __atomic_load_n(&me->done, __ATOMIC_SEQ_CST);

		reply(me);
		if (done == __atomic_load_n(&me->asked, __ATOMIC_SEQ_CST)) {
			int64_t now = ch_milliseconds();

			if (!idle_since || given != ch_arena->given)
				idle_since = now;
			given = ch_arena->given;
			if (now - idle_since > IDLE_SECONDS * 1000)
				break;
			ch_futex_wait(&me->asked, done, 1000);
			continue;
		}
		idle_since = 0;
		step = &me->ring[done % CH_RING];
		ch_change_begin(me, step);
		me->ret = ch_kinds[step->op].run(me, step->arg);
		ch_change_end(me);
		__atomic_add_fetch(&ch_arena->done[step->op][me->ret >= 0], 1,
				   __ATOMIC_RELAXED);
		__atomic_store_n(&me->done, done + 1, __ATOMIC_SEQ_CST);
		ch_futex_wake(&me->done);
	}
	/* Where the supervisor was killed even exit_group is refused. */
	ch_sys(SYS_exit_group, 0);
	__builtin_trap();
}

void ch_resume(int index)
{
	struct ch_slot *me = &ch_arena->slot[index];

	find_names(me);
	ch_change_end(me);
	me->timer = 0;
	me->ret = 0;
	__atomic_add_fetch(&ch_arena->done[CH_EXEC][1], 1, __ATOMIC_RELAXED);
	__atomic_store_n(&me->exec_at,
			 __atomic_add_fetch(&ch_arena->clock, 1,
					    __ATOMIC_SEQ_CST),
			 __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&me->done, 1, __ATOMIC_SEQ_CST);
	ch_futex_wake(&me->done);
	ch_live(index);
}

void ch_begin_spawned(int index)
{
	struct ch_slot *me = &ch_arena->slot[index];

	/* Whose step made it is not over yet. */
	ch_change_end(me);
	ch_live(index);
}

static long stack_of(int64_t slot)
{
	return (long)(STACKS_ADDRESS + (unsigned long)(slot + 1) * CH_STACK -
		      64);
}

static long birth_by_clone3(const int64_t *arg, long stack)
{
	int64_t slot = arg[0];
	int pidfd = -1;
	struct clone_args args = {
		.flags = (uint64_t)arg[1],
		.exit_signal = (uint64_t)arg[3],
		.stack = STACKS_ADDRESS + (uint64_t)slot * CH_STACK,
		.stack_size = CH_STACK - 64,
		.pidfd = (uintptr_t)&pidfd,
	};

	return ch_birth(SYS_clone3,
			(const long[3]){ CH_P(&args), sizeof(args) }, stack,
			(long)slot);
}

static long birth(const int64_t *arg)
{
	long stack = stack_of(arg[0]);
	int pidfd = -1;
	const long args[3] = {
		(long)(arg[1] | arg[3]),
		arg[2] == CH_BY_CLONE ? stack : 0,
		CH_P(&pidfd),
	};
	const long none[3] = { 0, 0, 0 };

	switch (arg[2]) {
	case CH_BY_CLONE3:
		return birth_by_clone3(arg, stack);
	case CH_BY_FORK:
		return ch_birth(SYS_fork, none, stack, (long)arg[0]);
	case CH_BY_VFORK:
		return ch_birth(SYS_vfork, none, stack, (long)arg[0]);
	default:
		return ch_birth(SYS_clone, args, stack, (long)arg[0]);
	}
}

long ch_do_clone(struct ch_slot *me, const int64_t *arg)
{
	long ret = birth(arg);

	(void)me;
	if (ret < 0)
		__atomic_store_n(&ch_arena->slot[arg[0]].failed, 1,
				 __ATOMIC_SEQ_CST);
	return ret;
}

/* ---- exec ---- */

void ch_print_number(char *text, int number)
{
	if (number >= 10)
		*text++ = (char)('0' + number / 10 % 10);
	*text++ = (char)('0' + number % 10);
	*text = '\0';
}

long ch_do_exec(struct ch_slot *me, const int64_t *arg)
{
	char index[4];
	char pause[4];
	const char *const argv[] = {
		"chaos", "--worker", index, arg[1] ? pause : NULL, NULL
	};
	const char *const env[] = { NULL };
	int fd = arg[0] == CH_EXEC_OTHER ? CH_FD_OTHER : CH_FD_SELF;

	if (arg[0] >= CH_EXEC_IMAGE && arg[0] < CH_EXECS)
		fd = CH_FD_IMAGE + (int)arg[0] - CH_EXEC_IMAGE;

	ch_print_number(index, (int)(me - ch_arena->slot));
	ch_print_number(pause, (int)(arg[1] % 100));
	if (arg[0] == CH_EXEC_PATH)
		return ch_sys(SYS_execve, CH_P("/proc/self/exe"), CH_P(argv),
			      CH_P(env));
	return ch_sys(SYS_execveat, fd, CH_P(""), CH_P(argv), CH_P(env),
		      AT_EMPTY_PATH);
}

long ch_do_exec_fail(struct ch_slot *me, const int64_t *arg)
{
	const char *const argv[] = { "chaos", NULL };
	static const char *const path[] = {
		"/nonexistent", "/", "/dev/null", "/proc/self/maps", "",
	};

	(void)me;
	return ch_sys(SYS_execve,
		      CH_P(path[(size_t)arg[0] %
				(sizeof(path) / sizeof(path[0]))]),
		      CH_P(argv), arg[0] % 2 != 0 ? 1 : 0);
}
