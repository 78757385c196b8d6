/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random steps.  Every step has a generator of its own, from the seed and its
 * number.
 */
#include "chaos.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

enum {
	FIRST = 3,	/* the numbers in play; epolls come first */
	EPOLLS = 3,
	LAST = 18,
	CROWD = 10,	/* so many workers are enough */
};

static uint64_t next(struct ch_random *random)
{
	uint64_t x = random->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

void ch_seed(struct ch_random *random, uint64_t seed, uint64_t step)
{
	random->state = seed * 0x2545f4914f6cdd1dULL;
	random->state = next(random) ^ step;
	next(random);
}

uint32_t ch_draw(struct ch_random *random, uint32_t below)
{
	return (uint32_t)(next(random) >> 33) % below;
}

static int chance(struct ch_random *random, uint32_t percent)
{
	return ch_draw(random, 100) < percent;
}

#define PICK(random, table) \
	((table)[ch_draw(random, sizeof(table) / sizeof((table)[0]))])

static int64_t number(struct ch_random *random)
{
	if (chance(random, 4))
		return CH_FD_STILL + ch_draw(random, CH_STILL);
	if (chance(random, 2))
		return 1000 + ch_draw(random, 2);
	return FIRST + ch_draw(random, LAST - FIRST + 1);
}

/* A number that may be emptied or filled. */
static int64_t own_number(struct ch_random *random)
{
	return FIRST + ch_draw(random, LAST - FIRST + 1);
}

static int64_t epoll_number(struct ch_random *random)
{
	return chance(random, 90) ? FIRST + ch_draw(random, EPOLLS) :
		number(random);
}

static int64_t ring_number(struct ch_random *random)
{
	return LAST - (int64_t)ch_draw(random, 2);
}

/* One of those that are likely in an epoll. */
static int64_t member_number(struct ch_random *random)
{
	return chance(random, 90) ?
		FIRST + EPOLLS + ch_draw(random, 6) : number(random);
}

static int64_t alive(struct ch_random *random, const struct ch_view *view)
{
	return view->alive[ch_draw(random, (uint32_t)view->n_alive)];
}

static int64_t anybody(struct ch_random *random, const struct ch_view *view)
{
	if (chance(random, 3))
		return -1 - (int64_t)ch_draw(random, 8);
	if (chance(random, 75))
		return alive(random, view);
	return view->known[ch_draw(random, (uint32_t)view->n_known)];
}

/* ---- births ---- */

static uint64_t share(struct ch_random *random)
{
	static const uint64_t sharing[] = {
		CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_IO, CLONE_SYSVSEM,
	};
	uint64_t flags = 0;
	size_t i;

	for (i = 0; i < sizeof(sharing) / sizeof(sharing[0]); i++) {
		if (chance(random, 40))
			flags |= sharing[i];
	}
	if (flags & CLONE_VM && chance(random, 50))
		flags |= CLONE_SIGHAND;
	return flags;
}

static uint64_t strange(struct ch_random *random)
{
	static const uint64_t rare[] = {
		CLONE_PARENT, CLONE_PARENT, CLONE_PIDFD, CLONE_PIDFD,
		CLONE_VFORK, CLONE_VFORK, CLONE_UNTRACED, CLONE_NEWIPC,
		CLONE_NEWNS, CLONE_NEWUTS, CLONE_SIGHAND, CLONE_NEWCGROUP,
		CLONE_PTRACE, CLONE_PARENT_SETTID, CLONE_CHILD_SETTID,
		CLONE_CHILD_CLEARTID,
	};

	return PICK(random, rare);
}

static void fill_clone(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	uint64_t flags = share(random);
	uint32_t percent = view->profile & CH_WITH_THREADS ? 60 : 30;
	int64_t method = ch_draw(random, CH_METHODS);
	int64_t signal = chance(random, 85) ? SIGCHLD : 0;

	if (chance(random, percent)) {
		flags |= CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
		method = ch_draw(random, 2);
		signal = 0;
	}
	while (chance(random, 20))
		flags |= strange(random);
	if (view->profile & CH_WITH_PIDNS && chance(random, 15))
		flags |= CLONE_NEWPID;
	if (view->profile & CH_WITH_IDS && chance(random, 5))
		flags |= CLONE_NEWUSER;
	if (method == CH_BY_CLONE3 && chance(random, 10))
		flags |= CLONE_CLEAR_SIGHAND;
	/* Who shares memory must have a stack of its own. */
	if (method == CH_BY_BARE_CLONE && !(flags & CLONE_VFORK))
		flags &= ~(uint64_t)(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD);
	/* A signal can come before its first watched call is seen (signal
	   guard, selfsame-run(1)). */
	if (view->profile & CH_WITH_SIGNALS)
		flags &= ~(uint64_t)CLONE_UNTRACED;
	/* A thread that its creator waits for would bring us nothing. */
	if (flags & CLONE_THREAD)
		flags &= ~(uint64_t)CLONE_VFORK;
	if (method == CH_BY_FORK)
		flags = 0;
	if (method == CH_BY_VFORK)
		flags = CLONE_VM | CLONE_VFORK;
	step->arg[0] = view->free;
	step->arg[1] = (int64_t)flags;
	step->arg[2] = method;
	step->arg[3] = signal;
}

static void fill_spawn(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	step->arg[0] = view->free;
	step->arg[1] = ch_draw(random, CH_SPAWN_IMAGES);
	step->arg[2] = ch_draw(random, CH_SPAWN_HOWS);
	step->arg[3] = FIRST + (int64_t)ch_draw(random, LAST - FIRST + 1);
	step->arg[4] = chance(random, 30);
}

static void fill_exec(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	step->arg[0] = ch_draw(random, CH_EXECS);
	/* Others go on before anybody hears of the new program. */
	if (view->tempo > 1 && chance(random, 15))
		step->arg[1] = 1 + ch_draw(random, 4);
}

static void fill_exec_fail(struct ch_random *random,
			   const struct ch_view *view, struct ch_step *step)
{
	(void)view;
	step->arg[0] = ch_draw(random, 6);
}

static void fill_nothing(struct ch_random *random, const struct ch_view *view,
			 struct ch_step *step)
{
	(void)random;
	(void)view;
	(void)step;
}

static void fill_exit(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 40);
}

static void fill_signals(struct ch_random *random, const struct ch_view *view,
			 struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 60) ? CH_SIGNALS_INTERRUPT :
		ch_draw(random, CH_SIGNALS_HOW);
	step->arg[1] = 300 << ch_draw(random, 6);
}

static void fill_setns(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	int all = CH_SETNS_OTHER + CH_SETNS_OTHERS;

	/* The last one needs what those without ids do not change.  The last
	   but one fails if that worker ends before, and nothing tells whether
	   it has (doc/ARCHITECTURE.md). */
	if (!(view->profile & CH_WITH_IDS))
		all--;
	do
		step->arg[0] = ch_draw(random, (uint32_t)all);
	while (view->tempo > 1 && step->arg[0] == CH_SETNS_PIDFD);
	step->arg[1] = alive(random, view);
}

static void fill_kill(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	step->arg[0] = alive(random, view);
}

static void fill_wait(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	/* Of several dead ones any may be the first. */
	step->arg[0] = chance(random, 60) && !view->determined ? -1 :
		view->known[ch_draw(random, (uint32_t)view->n_known)];
}

static void fill_sigchld(struct ch_random *random, const struct ch_view *view,
			 struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 25);
}

/* ---- descriptors ---- */

static void fill_open(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	static const int flags[] = {
		O_RDWR, O_RDONLY, O_RDWR | O_CLOEXEC, O_PATH, O_PATH,
		O_WRONLY,
	};

	(void)view;
	step->arg[0] = PICK(random, flags);
}

/* O_CLOEXEC is SOCK_CLOEXEC and all the others of that kind. */
static void fill_cloexec(struct ch_random *random, const struct ch_view *view,
			 struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 25) ? O_CLOEXEC : 0;
}

static void fill_memfd(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 25);	/* MFD_CLOEXEC */
}

static void fill_recv(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 25) ? 0x40000000 : 0;
}

static void fill_epoll(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 10) ? -1 :
		FIRST + (int64_t)ch_draw(random, EPOLLS);
}

static void fill_number(struct ch_random *random, const struct ch_view *view,
			struct ch_step *step)
{
	(void)view;
	step->arg[0] = number(random);
}

static void fill_own(struct ch_random *random, const struct ch_view *view,
		     struct ch_step *step)
{
	(void)view;
	step->arg[0] = own_number(random);
}

static void fill_dup(struct ch_random *random, const struct ch_view *view,
		     struct ch_step *step)
{
	(void)view;
	step->arg[0] = number(random);
	step->arg[1] = chance(random, 95) ? own_number(random) : 2000;
	step->arg[2] = chance(random, 30) ? O_CLOEXEC : 0;
}

static void fill_range(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	static const int flags[] = {
		0, 0, CLOSE_RANGE_UNSHARE, CLOSE_RANGE_UNSHARE,
		CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC,
		0x40000000,
	};

	(void)view;
	step->arg[0] = own_number(random);
	step->arg[1] = step->arg[0] + ch_draw(random, 5);
	if (chance(random, 10)) {	/* what opens without end leaves */
		step->arg[0] = LAST + 1;
		step->arg[1] = CH_FD_ARENA - 1;
	}
	if (chance(random, 5))
		step->arg[0] = step->arg[1] + 1;
	step->arg[2] = PICK(random, flags);
}

static void fill_getfd(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	step->arg[0] = anybody(random, view);
	step->arg[1] = number(random);
}

static void fill_reopen(struct ch_random *random, const struct ch_view *view,
			struct ch_step *step)
{
	static const int flags[] = {
		O_RDWR, O_RDONLY, O_PATH, O_PATH | O_NOFOLLOW | O_CLOEXEC,
	};

	(void)view;
	step->arg[0] = own_number(random);
	step->arg[1] = PICK(random, flags);
}

static void fill_set_cloexec(struct ch_random *random,
			     const struct ch_view *view, struct ch_step *step)
{
	(void)view;
	step->arg[0] = own_number(random);
	step->arg[1] = ch_draw(random, 3);
}

static void fill_member(struct ch_random *random, const struct ch_view *view,
			struct ch_step *step)
{
	(void)view;
	step->arg[0] = epoll_number(random);
	step->arg[1] = member_number(random);
}

static void fill_pile(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	(void)view;
	step->arg[0] = epoll_number(random);
	step->arg[1] = FIRST + EPOLLS + ch_draw(random, 6);
	step->arg[2] = 1 + ch_draw(random, 4);
}

/* ---- namespaces, contexts, credentials ---- */

static void fill_unshare(struct ch_random *random, const struct ch_view *view,
			 struct ch_step *step)
{
	static const int flags[] = {
		CLONE_FILES, CLONE_FILES, CLONE_FILES, CLONE_FS, CLONE_FS,
		CLONE_SYSVSEM, CLONE_SYSVSEM, CLONE_FILES | CLONE_FS,
		CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWIPC | CLONE_FILES,
		CLONE_NEWUTS, CLONE_THREAD, CLONE_SIGHAND, CLONE_VM,
		CLONE_IO, CLONE_FILES | CLONE_IO, 0,
		CLONE_FILES | CLONE_THREAD, CLONE_FS | CLONE_VM,
		CLONE_SYSVSEM | CLONE_SIGHAND, CLONE_NEWCGROUP,
	};

	step->arg[0] = PICK(random, flags);
	if (view->profile & CH_WITH_PIDNS && chance(random, 20))
		step->arg[0] = CLONE_NEWPID;
	if (view->profile & CH_WITH_IDS && chance(random, 15))
		step->arg[0] = CLONE_NEWUSER |
			(chance(random, 50) ? CLONE_FILES : 0);
}

static void fill_small(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	(void)view;
	step->arg[0] = ch_draw(random, 8);
}

static void fill_dumpable(struct ch_random *random,
			  const struct ch_view *view, struct ch_step *step)
{
	(void)view;
	step->arg[0] = ch_draw(random, 3);
}

static void fill_ioprio(struct ch_random *random, const struct ch_view *view,
			struct ch_step *step)
{
	static const int64_t value[] = {
		0, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4),
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0),
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 2),
		IOPRIO_PRIO_VALUE(7, 0),
	};

	step->arg[0] = IOPRIO_WHO_PROCESS;
	step->arg[1] = chance(random, 60) ? -9 : anybody(random, view);
	step->arg[2] = PICK(random, value);
	if (chance(random, 3)) {
		step->arg[0] = IOPRIO_WHO_PGRP;
		step->arg[1] = -9;
	}
}

static void fill_setid(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	static const int64_t ids[] = { 0, 12345, 12345, 12346 };

	(void)view;
	step->arg[0] = ch_draw(random, 8);
	step->arg[1] = PICK(random, ids);
}

static void fill_ring(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	(void)view;
	step->arg[0] = chance(random, 40) ? 2 : 0;	/* SQPOLL */
	step->arg[1] = chance(random, 10) ? 0 : ring_number(random);
}

static void fill_ring_call(struct ch_random *random,
			   const struct ch_view *view, struct ch_step *step)
{
	(void)view;
	step->arg[0] = ring_number(random);
	step->arg[1] = ch_draw(random, CH_RING_CALLS);
	step->arg[2] = own_number(random);
	if (step->arg[1] == CH_RING_EPOLL_ADD) {
		step->arg[2] = epoll_number(random);
		step->arg[3] = member_number(random);
	}
}

static void fill_churn(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	(void)view;
	step->arg[0] = (int64_t)ch_draw(random, 1U << 30);
	step->arg[1] = 1 + (int64_t)ch_draw(random, 40);
}

static void fill_slow(struct ch_random *random, const struct ch_view *view,
		      struct ch_step *step)
{
	(void)view;
	step->arg[0] = ch_draw(random, CH_SLOWS);
}

/* ---- which ---- */

static const struct {
	enum ch_op op;
	int weight;
	uint32_t profile;	/* only then */
	void (*fill)(struct ch_random *random, const struct ch_view *view,
		     struct ch_step *step);
} table[] = {
	{ CH_EXEC, 4, 0, fill_exec },
	{ CH_EXEC_FAIL, 2, 0, fill_exec_fail },
	{ CH_WAIT, 8, 0, fill_wait },
	{ CH_SIGCHLD, 1, 0, fill_sigchld },
	{ CH_SIGNALS, 12, CH_WITH_SIGNALS, fill_signals },
	{ CH_STOP, 6, CH_WITH_SIGNALS, fill_kill },
	{ CH_OPEN, 8, 0, fill_open },
	{ CH_PIPE, 4, 0, fill_cloexec },
	{ CH_SOCKETPAIR, 2, 0, fill_cloexec },
	{ CH_EVENTFD, 4, 0, fill_cloexec },
	{ CH_EPOLL, 4, 0, fill_epoll },
	{ CH_MEMFD, 2, 0, fill_memfd },
	{ CH_DUP, 4, 0, fill_number },
	{ CH_DUP2, 12, 0, fill_dup },
	{ CH_DUP3, 4, 0, fill_dup },
	{ CH_DUPFD, 4, 0, fill_dup },
	{ CH_CLOSE, 12, 0, fill_own },
	{ CH_RANGE, 6, 0, fill_range },
	{ CH_SEND, 5, 0, fill_number },
	{ CH_RECV, 7, 0, fill_recv },
	{ CH_GETFD, 5, 0, fill_getfd },
	{ CH_REOPEN, 3, 0, fill_reopen },
	{ CH_CLOEXEC, 4, 0, fill_set_cloexec },
	{ CH_EPOLL_ADD, 12, 0, fill_member },
	{ CH_EPOLL_MOD, 1, 0, fill_member },
	{ CH_EPOLL_DEL, 3, 0, fill_member },
	{ CH_EPOLL_ADD, 60, CH_WITH_EPOLL, fill_member },
	{ CH_EPOLL_DEL, 15, CH_WITH_EPOLL, fill_member },
	{ CH_EPOLL, 10, CH_WITH_EPOLL, fill_epoll },
	{ CH_EPOLL_PILE, 3, 0, fill_pile },
	{ CH_EPOLL_PILE, 12, CH_WITH_EPOLL, fill_pile },
	{ CH_UNSHARE, 10, 0, fill_unshare },
	{ CH_SETNS, 3, 0, fill_setns },
	{ CH_SEMOP, 5, 0, fill_small },
	{ CH_IOPRIO, 6, 0, fill_ioprio },
	{ CH_IOPRIO, 8, CH_WITH_IDS, fill_ioprio },
	{ CH_DUMPABLE, 1, 0, fill_dumpable },
	{ CH_SETID, 6, CH_WITH_IDS, fill_setid },
	{ CH_CAPSET, 4, CH_WITH_IDS, fill_small },
	{ CH_DUMPABLE, 3, CH_WITH_IDS, fill_dumpable },
	{ CH_LANDLOCK, 1, CH_WITH_IDS, fill_nothing },
	{ CH_RING_SETUP, 6, CH_WITH_RINGS, fill_ring },
	{ CH_RING_DO, 25, CH_WITH_RINGS, fill_ring_call },
	{ CH_CHURN, 2, 0, fill_churn },
	{ CH_SLOW, 8, CH_WITH_SLOW, fill_slow },
};

enum { TABLE = sizeof(table) / sizeof(table[0]) };

static void draw_common(struct ch_random *random, const struct ch_view *view,
			struct ch_step *step)
{
	int total = 0;
	int at;
	size_t i;

	for (i = 0; i < TABLE; i++) {
		if (!table[i].profile || table[i].profile & view->profile)
			total += table[i].weight;
	}
	at = (int)ch_draw(random, (uint32_t)total);
	for (i = 0; i < TABLE; i++) {
		if (table[i].profile && !(table[i].profile & view->profile))
			continue;
		at -= table[i].weight;
		if (at < 0)
			break;
	}
	step->op = table[i].op;
	table[i].fill(random, view, step);
}

int ch_draw_step(struct ch_random *random, const struct ch_view *view,
		 struct ch_step *ret)
{
	/* As many die as are born when there are CROWD of them. */
	uint32_t births = view->n_alive < CROWD ? 20 : 5;
	uint32_t deaths = view->n_alive > CROWD ? 15 :
		view->n_alive > 3 ? 6 : 0;
	uint32_t at = ch_draw(random, 100);

	memset(ret, 0, sizeof(*ret));
	if (at < births && view->free >= 0) {
		ret->op = chance(random, 15) ? CH_SPAWN : CH_CLONE;
		if (ret->op == CH_SPAWN)
			fill_spawn(random, view, ret);
		else
			fill_clone(random, view, ret);
	} else if (at >= births && at < births + deaths) {
		static const enum ch_op ways[] = {
			CH_EXIT, CH_EXIT, CH_EXIT_GROUP, CH_KILL,
		};

		ret->op = PICK(random, ways);
		if (ret->op == CH_KILL)
			fill_kill(random, view, ret);
		else if (ret->op == CH_EXIT_GROUP)
			fill_exit(random, view, ret);
	} else {
		draw_common(random, view, ret);
	}
	return (int)alive(random, view);
}

static int64_t type(struct ch_random *random, const struct ch_view *view)
{
	/* In a storm an epoll depends on too much to be judged often. */
	if (chance(random, view->tempo == 3 ? 8 :
		   view->profile & CH_WITH_EPOLL ? 60 : 15))
		return KCMP_EPOLL_TFD;
	if (chance(random, 50))
		return KCMP_FILE;
	if (chance(random, 2))
		return chance(random, 50) ? KCMP_TYPES : -1;
	return ch_draw(random, KCMP_EPOLL_TFD);
}

static void draw_triple(struct ch_random *random, const struct ch_view *view,
			struct ch_step *step)
{
	int i;

	step->op = CH_TRIPLE;
	for (i = 0; i < 3; i++) {
		step->arg[i] = alive(random, view);
		step->arg[4 + i] = own_number(random);
	}
	step->arg[3] = chance(random, 60) ? KCMP_FILE :
		ch_draw(random, KCMP_EPOLL_TFD);
}

void ch_draw_ask(struct ch_random *random, const struct ch_view *view,
		 int64_t asker, struct ch_step *ret)
{
	ret->op = CH_ASK;
	ret->arg[0] = chance(random, 25) ? asker : anybody(random, view);
	ret->arg[1] = chance(random, 15) ? ret->arg[0] :
		anybody(random, view);
	ret->arg[2] = type(random, view);
	ret->arg[3] = number(random);
	ret->arg[4] = chance(random, 40) ? ret->arg[3] : number(random);
	ret->arg[5] = 0;
	if (ret->arg[2] != KCMP_EPOLL_TFD)
		return;
	ret->arg[3] = member_number(random);
	ret->arg[4] = epoll_number(random) |
		(chance(random, 60) ? ret->arg[3] :
		 member_number(random)) << 16;
	ret->arg[5] = chance(random, 70) ? 0 :
		chance(random, 85) ? (int64_t)ch_draw(random, 4) :
		CH_TOFF_FAULT - (int64_t)ch_draw(random, CH_TOFF_FAULTS);
	if (ret->arg[5] >= 0 && chance(random, 20))
		ret->arg[5] += CH_TOFF_EDGE;
}

/* Which of several items with one number is which file? */
static void draw_items(struct ch_random *random, const struct ch_view *view,
		       struct ch_step *step)
{
	step->op = CH_ITEMS;
	step->arg[0] = alive(random, view);
	step->arg[1] = chance(random, 60) ? step->arg[0] :
		anybody(random, view);
	/* One of those that lost the number, or who has it now. */
	step->arg[2] = chance(random, 70) ? LAST + 1 + ch_draw(random, 8) :
		member_number(random);
	step->arg[3] = epoll_number(random) | member_number(random) << 16;
}

int ch_draw_question(struct ch_random *random, const struct ch_view *view,
		     struct ch_step *ret)
{
	int64_t asker = alive(random, view);

	memset(ret, 0, sizeof(*ret));
	if (view->tempo < 3 && chance(random, 5))
		draw_triple(random, view, ret);
	else if (view->tempo < 3 &&
		 chance(random, view->profile & CH_WITH_EPOLL ? 30 : 5))
		draw_items(random, view, ret);
	else
		ch_draw_ask(random, view, asker, ret);
	return (int)asker;
}
