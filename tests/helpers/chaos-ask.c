/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions.  Nothing is expected of an answer but what holds whoever gives
 * it: the range, the order, and what other system calls say.
 */
#include "chaos.h"

#include <errno.h>
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

static void note(const struct ch_slot *me, int kind, const int64_t *value)
{
	uint32_t at;
	int i;

	__atomic_add_fetch(&ch_arena->faults[kind], 1, __ATOMIC_SEQ_CST);
	at = __atomic_fetch_add(&ch_arena->notes, 1, __ATOMIC_SEQ_CST);
	if (at >= CH_NOTES)
		return;
	ch_arena->note[at].asker = (int32_t)(me - ch_arena->slot);
	for (i = 0; i < 9; i++)
		ch_arena->note[at].value[i] = value[i];
	ch_arena->note[at].kind = kind;
}

const char *ch_fault_name(int fault)
{
	static const char *const name[CH_FAULTS] = {
		"impossible", "reverse", "not transitive", "not stable",
		"F_DUPFD_QUERY differs", "get_robust_list differs",
	};

	return name[fault];
}

struct query {
	pid_t pid[2];
	long type;
	long idx[2];
	long toff;
};

static long ask(const struct query *q, int reverse)
{
	struct kcmp_epoll_slot slot = {
		.efd = (uint32_t)(q->idx[1] & 0xffff),
		.tfd = (uint32_t)(q->idx[1] >> 16),
		.toff = (uint32_t)q->toff,
	};

	__atomic_add_fetch(&ch_arena->questions, 1, __ATOMIC_SEQ_CST);
	if (q->type == KCMP_EPOLL_TFD)
		return ch_sys(SYS_kcmp, q->pid[0], q->pid[1], q->type,
			      q->idx[0], CH_P(&slot));
	return ch_sys(SYS_kcmp, q->pid[reverse], q->pid[!reverse], q->type,
		      q->idx[reverse], q->idx[!reverse]);
}

/* May this task look at that one?  0, -EPERM or -ESRCH; by the same check. */
static long may_look(pid_t pid)
{
	unsigned long head;
	unsigned long size;

	/* 0 is the caller itself here, and nobody for kcmp. */
	if (pid <= 0)
		return -ESRCH;
	return ch_sys(SYS_get_robust_list, pid, CH_P(&head), CH_P(&size));
}

static int possible(const struct query *q, long answer)
{
	switch (answer) {
	case 0:
	case 1:
	case 2:
	case -ESRCH:
	case -EPERM:
		return 1;
	case -EBADF:
		return q->type == KCMP_FILE || q->type == KCMP_EPOLL_TFD;
	case -ENOENT:
		return q->type == KCMP_EPOLL_TFD;
	case -EINVAL:
		return q->type == KCMP_EPOLL_TFD || q->type < 0 ||
			q->type >= KCMP_TYPES;
	default:
		return 0;
	}
}

/* The permissions of both sides, before and after: does the answer fit? */
static int fits(const long before[2], const long after[2], long answer)
{
	long right;

	if (before[0] != after[0] || before[1] != after[1])
		return 1;
	if (before[0] == -ESRCH || before[1] == -ESRCH)
		right = -ESRCH;
	else if (before[0] == -EPERM || before[1] == -EPERM)
		right = -EPERM;
	else
		return answer != -ESRCH && answer != -EPERM;
	return answer == right;
}

/* Two slots of the caller's own table, which nobody else changes now. */
static int same_file(const struct query *q, pid_t self, long answer)
{
	long same;

	if (q->type != KCMP_FILE || q->pid[0] != self || q->pid[1] != self ||
	    answer < 0)
		return 1;
	same = ch_sys(SYS_fcntl, q->idx[0], F_DUPFD_QUERY, q->idx[1]);
	return same < 0 || (same == 1) == (answer == 0);
}

static void check_quiet(const struct ch_slot *me, const struct query *q,
			const int64_t *value, long answer)
{
	long back = answer;

	if (q->type != KCMP_EPOLL_TFD)
		back = ask(q, 1);
	if (q->type != KCMP_EPOLL_TFD &&
	    (answer < 0 || back < 0 ? answer != back :
	     answer + back != (answer == 0 ? 0 : 3)))
		note(me, CH_FAULT_ORDER, value);
	if (!same_file(q, me->self, answer))
		note(me, CH_FAULT_EQUAL, value);
}

long ch_do_ask(struct ch_slot *me, const int64_t *arg)
{
	struct query q = {
		.pid = { ch_number(me, arg[0]), ch_number(me, arg[1]) },
		.type = (long)arg[2],
		.idx = { (long)arg[3], (long)arg[4] },
		.toff = (long)arg[5],
	};
	int64_t value[9] = { q.pid[0], q.pid[1], arg[2], arg[3], arg[4],
		arg[5], 0, arg[0], arg[1] };
	long before[2] = { may_look(q.pid[0]), may_look(q.pid[1]) };
	long answer = ask(&q, 0);
	long after[2] = { may_look(q.pid[0]), may_look(q.pid[1]) };

	value[6] = answer;
	if (!possible(&q, answer))
		note(me, CH_FAULT_RANGE, value);
	if (arg[6] && !fits(before, after, answer))
		note(me, CH_FAULT_RIGHT, value);
	if (arg[6])
		check_quiet(me, &q, value, answer);
	return answer;
}

/* Three sides: the answers must be those of an order. */
long ch_do_triple(struct ch_slot *me, const int64_t *arg)
{
	static const int pair[3][2] = { { 0, 1 }, { 1, 2 }, { 0, 2 } };
	int64_t value[9] = { arg[0], arg[1], arg[2], arg[3], arg[4], arg[5] };
	long answer[3];
	int i;

	for (i = 0; i < 3; i++) {
		const struct query q = {
			.pid = { ch_number(me, arg[pair[i][0]]),
				 ch_number(me, arg[pair[i][1]]) },
			.type = (long)arg[3],
			.idx = { (long)arg[4 + pair[i][0]],
				 (long)arg[4 + pair[i][1]] },
		};

		answer[i] = ask(&q, 0);
		value[6 + i] = answer[i];
		if (answer[i] < 0 || answer[i] > 2)
			return answer[i];
	}
	/* With one of the two equal, the third is the other. */
	if ((answer[0] == answer[1] && answer[2] != answer[0]) ||
	    (answer[0] == 0 && answer[2] != answer[1]) ||
	    (answer[1] == 0 && answer[2] != answer[0]))
		note(me, CH_FAULT_TRIPLE, value);
	return 0;
}

/* The order of what nobody touches, as it was at the first time. */
void ch_ask_still(struct ch_slot *me)
{
	static signed char first[CH_STILL][CH_STILL];
	static int asked;
	int64_t value[9] = { 0 };
	int i;
	int j;

	for (i = 0; i < CH_STILL; i++) {
		for (j = 0; j < CH_STILL; j++) {
			const struct query q = {
				.pid = { me->self, me->self },
				.type = KCMP_FILE,
				.idx = { CH_FD_STILL + i, CH_FD_STILL + j },
			};
			long answer = ask(&q, 0);

			if (!asked)
				first[i][j] = (signed char)answer;
			value[3] = i;
			value[4] = j;
			value[6] = answer;
			if (first[i][j] != answer)
				note(me, CH_FAULT_STILL, value);
		}
	}
	asked = 1;
}
