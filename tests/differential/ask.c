/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions, and what holds of their answers whoever gives them: the range,
 * the order, and what other system calls say.
 */
#include "chaos.h"

#include <errno.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif

/* Slot numbers of nobody. */
static pid_t stranger(const struct ch_slot *me, int64_t index)
{
	static const pid_t never[] = { 0, -1, 0x7fffffff, -0x7fffffff - 1 };

	if (index == -2)
		return (pid_t)ch_sys(SYS_getpid, 0);
	if (index == -3)
		return me->self;
	return never[(uint64_t)-index % 4];
}

/*
 * A negative index is nobody's number, or the worker's own.  A worker of
 * another namespace is called by a number that the asker's may not have.
 */
pid_t ch_number(const struct ch_slot *me, int64_t index)
{
	const struct ch_slot *other;

	if (index < 0 || index >= CH_SLOTS)
		return stranger(me, index);
	other = &ch_arena->slot[index];
	if (me->pidns == other->pidns)
		return other->self;
	return me->pidns == ch_arena->pidns ? other->tid : 0x7ffffff0;
}

int32_t ch_outer_number(const struct ch_slot *me, int64_t index)
{
	if (index == -2)
		return me->tgid;
	if (index == -3)
		return me->tid;
	return index < 0 ? (int32_t)ch_number(me, index) :
		ch_arena->slot[index].tid;
}

void ch_note(const struct ch_slot *me, int kind, const struct ch_question *q)
{
	uint32_t at;

	__atomic_add_fetch(&ch_arena->faults[kind], 1, __ATOMIC_SEQ_CST);
	at = __atomic_fetch_add(&ch_arena->notes, 1, __ATOMIC_SEQ_CST);
	if (at >= CH_NOTES)
		return;
	ch_arena->note[at].asker = (int32_t)(me - ch_arena->slot);
	ch_arena->note[at].question = *q;
	__atomic_store_n(&ch_arena->note[at].kind, kind + 1, __ATOMIC_SEQ_CST);
}

const char *ch_fault_name(int fault)
{
	static const char *const name[CH_FAULTS] = {
		"impossible answer", "reverse answer differs",
		"not transitive", "the order has changed",
		"F_DUPFD_QUERY differs", "get_robust_list differs",
		"the kernel's kcmp differs", "KCMP_FILE orders differently",
	};

	return name[fault];
}

/* One side, as kcmp is asked about it. */
struct side {
	pid_t pid;
	long idx;
};

static long ask_pair(long type, struct side a, struct side b)
{
	__atomic_add_fetch(&ch_arena->questions, 1, __ATOMIC_SEQ_CST);
	return ch_sys(SYS_kcmp, a.pid, b.pid, type, a.idx, b.idx);
}

static struct side side_of(const struct ch_question *q, int side)
{
	return (struct side){ q->number[side], (long)q->idx[side] };
}

void ch_epoll_slot(const struct ch_question *q, struct kcmp_epoll_slot *ret)
{
	ret->efd = (uint32_t)(q->idx[1] & 0xffff);
	ret->tfd = (uint32_t)(q->idx[1] >> 16);
	ret->toff = (uint32_t)(q->toff % CH_TOFF_EDGE);
}

/* Where no slot can be read. */
static long bad_address(const struct ch_slot *me, int64_t toff)
{
	const char *edge = ch_edge(me);

	switch (CH_TOFF_FAULT - toff) {
	case 0:
		return 1;
	case 1:
		return 0;
	case 2:
		return CH_P(edge);
	case 3:		/* the last four bytes are missing */
		return CH_P(edge - sizeof(struct kcmp_epoll_slot) + 4);
	case 4:
		return CH_P(ch_beyond_file());
	case 5:
		return -4096;
	default:
		return LONG_MIN;
	}
}

static long ask_epoll(const struct ch_slot *me, const struct ch_question *q,
		      struct side first)
{
	struct kcmp_epoll_slot slot;
	struct kcmp_epoll_slot *at = &slot;
	struct side second = { q->number[1], 0 };

	if (q->toff >= CH_TOFF_EDGE)
		at = (struct kcmp_epoll_slot *)ch_edge(me) - 1;
	second.idx = CH_P(at);
	if (q->toff < 0)
		second.idx = bad_address(me, q->toff);
	else
		ch_epoll_slot(q, at);
	return ask_pair(KCMP_EPOLL_TFD, first, second);
}

static long ask(const struct ch_slot *me, const struct ch_question *q)
{
	if (q->type == KCMP_EPOLL_TFD)
		return ask_epoll(me, q, side_of(q, 0));
	return ask_pair(q->type, side_of(q, 0), side_of(q, 1));
}

/* May this task look at that one?  0, -EPERM or -ESRCH; by the same check. */
static int32_t may_look(pid_t pid)
{
	unsigned long head;
	unsigned long size;

	/* 0 is the caller itself here, and nobody for kcmp. */
	if (pid <= 0)
		return -ESRCH;
	return (int32_t)ch_sys(SYS_get_robust_list, pid, CH_P(&head),
			       CH_P(&size));
}

static int possible(const struct ch_question *q, long answer)
{
	int epoll = q->type == KCMP_EPOLL_TFD;

	switch (answer) {
	case 0:
	case 1:
	case 2:
	case -ESRCH:
	case -EPERM:
		return 1;
	case -EBADF:
		return q->type == KCMP_FILE || epoll;
	case -ENOENT:
	case -EFAULT:
		return epoll;
	case -EINVAL:
		return epoll || q->type < 0 || q->type >= KCMP_TYPES;
	default:
		return 0;
	}
}

/* The permissions of both sides, before and after: does the answer fit? */
static int fits(const struct ch_question *q, long answer)
{
	long right;

	if (q->look[0] != q->look_after[0] || q->look[1] != q->look_after[1])
		return 1;
	if (q->look[0] == -ESRCH || q->look[1] == -ESRCH)
		right = -ESRCH;
	else if (q->look[0] == -EPERM || q->look[1] == -EPERM)
		right = -EPERM;
	else
		return answer != -ESRCH && answer != -EPERM;
	return answer == right;
}

/* Two slots of the caller's own table, which nobody else changes now. */
static int same_file(const struct ch_question *q, pid_t self, long answer)
{
	long same;

	if (q->type != KCMP_FILE || q->number[0] != self ||
	    q->number[1] != self || answer < 0)
		return 1;
	same = ch_sys(SYS_fcntl, q->idx[0], F_DUPFD_QUERY, q->idx[1]);
	return same < 0 || (same == 1) == (answer == 0);
}

/* The order of an item's file is that of the same file in a slot. */
static int same_order(const struct ch_slot *me, const struct ch_question *q,
		      long answer)
{
	struct side registered = { q->number[1], (long)(q->idx[1] >> 16) };

	if (answer < 0 || ask_epoll(me, q, registered) != 0)
		return 1;
	return ask_pair(KCMP_FILE, side_of(q, 0), registered) == answer;
}

/* Things that nobody changes, as far as one can tell. */
static void check_quiet(const struct ch_slot *me, struct ch_question *q)
{
	if (!fits(q, q->answer))
		ch_note(me, CH_FAULT_RIGHT, q);
	if (q->type == KCMP_EPOLL_TFD) {
		if (!same_order(me, q, q->answer))
			ch_note(me, CH_FAULT_EPOLL, q);
		return;
	}
	q->back = (int32_t)ask_pair(q->type, side_of(q, 1), side_of(q, 0));
	if (!same_file(q, me->self, q->answer))
		ch_note(me, CH_FAULT_EQUAL, q);
}

void ch_answer(const struct ch_slot *me, struct ch_question *q)
{
	int32_t given;

	q->number[0] = ch_number(me, q->slot[0]);
	q->number[1] = ch_number(me, q->slot[1]);
	q->look[0] = may_look(q->number[0]);
	q->look[1] = may_look(q->number[1]);
	given = (int32_t)ask(me, q);
	q->look_after[0] = may_look(q->number[0]);
	q->look_after[1] = may_look(q->number[1]);
	q->back = CH_UNANSWERED;
	/* Last: who dies before has not answered. */
	__atomic_store_n(&q->answer, given, __ATOMIC_SEQ_CST);
	if (!possible(q, given))
		ch_note(me, CH_FAULT_RANGE, q);
}

/* The driver has laid out the questions and waits. */
long ch_do_sweep(struct ch_slot *me, const int64_t *arg)
{
	int i;

	for (i = 0; i < arg[1] && i < CH_BATCH; i++) {
		struct ch_question *q = &ch_arena->batch[i];

		ch_answer(me, q);
		if (!(q->flags & CH_UNSTEADY) && i % 4 == 0)
			check_quiet(me, q);
	}
	return 0;
}

/* arg[6]: the driver waits, and has laid out the question. */
long ch_do_ask(struct ch_slot *me, const int64_t *arg)
{
	static const int64_t one[CH_ARGS] = { 0, 1 };

	if (!arg[6])
		return ch_ask_in_storm(me, arg);
	ch_do_sweep(me, one);
	return ch_arena->batch[0].answer;
}

/* arg[6]: how many questions the driver has laid out. */
long ch_do_items(struct ch_slot *me, const int64_t *arg)
{
	const int64_t all[CH_ARGS] = { 0, arg[6] };

	return ch_do_sweep(me, all);
}

/* Three sides, each with each; the driver has laid out the questions. */
long ch_do_triple(struct ch_slot *me, const int64_t *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 3; i++)
		ch_answer(me, &ch_arena->batch[i]);
	return 0;
}

/* The first ring of all changes the order (of files, once): 1 afterwards, 0
   before, -1 if it may just be doing so. */
static int ring_age(void)
{
	int made = __atomic_load_n(&ch_arena->ring_made, __ATOMIC_SEQ_CST) != 0;

	return made || !__atomic_load_n(&ch_arena->ring_tried,
					__ATOMIC_SEQ_CST) ? made : -1;
}

/* The order of what nobody touches, as it was at the first time. */
void ch_ask_still(struct ch_slot *me)
{
	static signed char first[CH_STILL][CH_STILL];
	static int asked;	/* at what age, and one; 0: never */
	int age = ring_age();
	struct ch_question q = {
		.type = KCMP_FILE,
		.number = { me->self, me->self },
	};
	int i;

	for (i = 0; i < CH_STILL * CH_STILL; i++) {
		signed char *before = &first[i / CH_STILL][i % CH_STILL];

		q.idx[0] = CH_FD_STILL + i / CH_STILL;
		q.idx[1] = CH_FD_STILL + i % CH_STILL;
		q.answer = (int32_t)ask(me, &q);
		if (ring_age() != age || age < 0) {
			asked = 0;
			return;
		}
		if (asked != age + 1)
			*before = (signed char)q.answer;
		if (*before != q.answer)
			ch_note(me, CH_FAULT_STILL, &q);
	}
	asked = age + 1;
}
