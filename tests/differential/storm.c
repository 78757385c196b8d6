/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Storms: everybody acts and asks at once.  An answer can be judged if
 * nothing that it depends on was done between the judge's two looks.  So
 * everybody says what he is about to change before he does it, and counts it;
 * who asks looks at what is being done, and at the counters, before and after.
 *
 * Too much may be named, never too little.  What follows late from a step (the
 * death of who was killed) is named until the driver finds that all is quiet.
 */
#include "chaos.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <sched.h>

enum {
	MISC_CREDS = 1,		/* anybody's */
	MISC_FILES = 2,		/* some file may be closed by its last user */
	MISC_EPOLL = 4,
	MISCS = 3,
	ALL = -1,
};

static uint64_t bit(int64_t index)
{
	return index >= 0 && index < CH_SLOTS ? 1ULL << index : 0;
}

/* Everybody of that thread group. */
static uint64_t group_of(const struct ch_slot *slot)
{
	uint64_t group = 0;
	int i;

	for (i = 0; i < CH_SLOTS; i++) {
		if (ch_arena->slot[i].tgid == slot->tgid)
			group |= bit(i);
	}
	return group;
}

/* Who may die with it: a namespace goes with its first process. */
static uint64_t doomed_with(const struct ch_slot *slot)
{
	uint64_t doomed = group_of(slot);
	int i;

	if (slot->pidns == ch_arena->pidns)
		return doomed;
	for (i = 0; i < CH_SLOTS; i++) {
		if (ch_arena->slot[i].pidns != ch_arena->pidns)
			doomed |= bit(i);
	}
	return doomed;
}

enum what {
	NOTHING,
	TABLE,		/* its own descriptors */
	SELF,		/* what it shares */
	BOTH,
	CREDS,
	EPOLL,
	ITEMS,		/* of an epoll, and its own descriptors */
	ANYTHING,
	GROUP,		/* everything of its group, which may die */
	LEAVES,		/* the same, but it is sure to die */
	KILLS,
	PRIORITY,
};

static const unsigned char changes[CH_OPS] = {
	[CH_CLONE] = BOTH,
	[CH_SPAWN] = ANYTHING,
	[CH_EXEC] = GROUP,
	[CH_EXIT] = LEAVES,
	[CH_EXIT_GROUP] = LEAVES,
	[CH_KILL] = KILLS,
	[CH_OPEN] = TABLE,
	[CH_PIPE] = TABLE,
	[CH_SOCKETPAIR] = TABLE,
	[CH_EVENTFD] = TABLE,
	[CH_EPOLL] = TABLE,
	[CH_MEMFD] = TABLE,
	[CH_DUP] = TABLE,
	[CH_DUP2] = TABLE,
	[CH_DUP3] = TABLE,
	[CH_DUPFD] = TABLE,
	[CH_CLOSE] = TABLE,
	[CH_RANGE] = BOTH,
	[CH_SEND] = TABLE,
	[CH_RECV] = TABLE,
	[CH_GETFD] = TABLE,
	[CH_REOPEN] = TABLE,
	[CH_EPOLL_ADD] = EPOLL,
	[CH_EPOLL_MOD] = EPOLL,
	[CH_EPOLL_DEL] = EPOLL,
	[CH_EPOLL_PILE] = ITEMS,
	[CH_UNSHARE] = BOTH,
	[CH_SETNS] = BOTH,
	[CH_SEMOP] = SELF,
	[CH_IOPRIO] = PRIORITY,
	[CH_SETID] = CREDS,
	[CH_CAPSET] = CREDS,
	[CH_DUMPABLE] = CREDS,
	[CH_LANDLOCK] = CREDS,
	[CH_RING_SETUP] = BOTH,
	[CH_RING_DO] = ANYTHING,
	[CH_CHURN] = TABLE,
};

static int changes_user(const struct ch_step *step)
{
	return (step->op == CH_UNSHARE && step->arg[0] & CLONE_NEWUSER) ||
		(step->op == CH_SETNS && step->arg[0] >= CH_SETNS_OTHER);
}

static struct ch_causes causes_of(const struct ch_slot *me,
				  const struct ch_step *step)
{
	const struct ch_slot *target = &ch_arena->slot[(uint64_t)step->arg[0] %
						       CH_SLOTS];
	struct ch_causes c = { 0 };
	uint64_t self = bit(me - ch_arena->slot);

	switch ((enum what)changes[step->op]) {
	case NOTHING:
		break;
	case SELF:
		c.owns = self;
		break;
	case BOTH:
		c.owns = self;
		c.misc = changes_user(step) ? MISC_CREDS : 0;
		/* fall through */
	case TABLE:
		c.tables = bit(me->table);
		c.misc |= MISC_FILES;
		break;
	case CREDS:
		c.misc = MISC_CREDS;
		break;
	case EPOLL:
		c.misc = MISC_EPOLL;
		break;
	case ITEMS:
		c.tables = bit(me->table);
		c.misc = MISC_FILES | MISC_EPOLL;
		break;
	case ANYTHING:
		c.owns = self;
		c.tables = (uint64_t)ALL;
		c.misc = MISC_CREDS | MISC_FILES | MISC_EPOLL;
		break;
	case GROUP:
	case LEAVES:
		c.owns = doomed_with(me);
		c.tables = bit(me->table);
		c.misc = MISC_FILES | MISC_EPOLL;
		break;
	case KILLS:
		c.owns = doomed_with(target);
		c.misc = MISC_FILES | MISC_EPOLL;
		break;
	case PRIORITY:
		c.owns = step->arg[0] == IOPRIO_WHO_PROCESS ?
			self | bit(step->arg[1]) : (uint64_t)ALL;
		break;
	}
	return c;
}

static void count_all(const struct ch_causes *c)
{
	int i;

	for (i = 0; i < CH_SLOTS; i++) {
		if (c->tables & bit(i))
			__atomic_add_fetch(&ch_arena->table_changes[i], 1,
					   __ATOMIC_SEQ_CST);
		if (c->owns & bit(i))
			__atomic_add_fetch(&ch_arena->own_changes[i], 1,
					   __ATOMIC_SEQ_CST);
	}
	for (i = 0; i < MISCS; i++) {
		if (c->misc >> i & 1)
			__atomic_add_fetch(&ch_arena->misc_changes[i], 1,
					   __ATOMIC_SEQ_CST);
	}
}

void ch_change_begin(struct ch_slot *me, const struct ch_step *step)
{
	struct ch_causes c = causes_of(me, step);

	if (changes[step->op] == NOTHING)
		return;
	me->causes = c;
	if (changes[step->op] == LEAVES || changes[step->op] == KILLS)
		__atomic_or_fetch(&ch_arena->doomed, c.owns,
				  __ATOMIC_SEQ_CST);
	if (changes[step->op] == KILLS)
		__atomic_or_fetch(&ch_arena->killed, c.owns,
				  __ATOMIC_SEQ_CST);
	count_all(&c);
}

void ch_change_end(struct ch_slot *me)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	me->causes = (struct ch_causes){ 0 };
}

void ch_change_numbers(const struct ch_slot *me)
{
	const struct ch_causes c = {
		.owns = bit(me - ch_arena->slot),
	};

	count_all(&c);
}

/* Whom the worker was just about to make, or has made last: bits. */
static uint64_t children_of(const struct ch_slot *slot)
{
	uint32_t done = __atomic_load_n(&slot->done, __ATOMIC_SEQ_CST);
	uint64_t children = 0;
	uint32_t at;

	for (at = done == 0 ? 0 : done - 1; at <= done; at++) {
		const struct ch_step *step = &slot->ring[at % CH_RING];

		if (at != slot->asked &&
		    (step->op == CH_CLONE || step->op == CH_SPAWN))
			children |= bit(step->arg[0]);
	}
	return children;
}

/*
 * Where the kernel does not say which number it gave out last, nothing tells
 * whose child is whose if their makers, in several processes, were killed
 * before they called anybody again: selfsame guesses, and counts that
 * (clones.ambiguous).
 */
uint64_t ch_guessed(void)
{
	uint64_t doomed = __atomic_load_n(&ch_arena->doomed, __ATOMIC_SEQ_CST);
	uint64_t all = 0;
	int several = 0;
	int tgid = 0;
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		const struct ch_slot *slot = &ch_arena->slot[i];
		uint64_t children = doomed & bit(i) ? children_of(slot) : 0;

		if (!children)
			continue;
		all |= children;
		several |= tgid && tgid != slot->tgid;
		tgid = slot->tgid;
	}
	return several && !ch_arena->numbers_tell ? all : 0;
}

/* ---- who asks ---- */

static struct ch_causes depends_on(const struct ch_slot *me,
				   const struct ch_question *q)
{
	struct ch_causes c = {
		.owns = group_of(me),
		.misc = MISC_CREDS,
	};
	int i;

	for (i = 0; i < 2; i++) {
		const struct ch_slot *slot = q->slot[i] >= 0 ?
			&ch_arena->slot[q->slot[i]] : me;

		c.owns |= bit(slot - ch_arena->slot);
		if (q->type == KCMP_FILE || q->type == KCMP_EPOLL_TFD)
			c.tables |= bit(slot->table);
	}
	if (q->type == KCMP_EPOLL_TFD)
		c.misc |= MISC_FILES | MISC_EPOLL;
	/* Others of the group act for themselves. */
	if (q->slot[0] != -2 && q->slot[1] != -2)
		c.owns &= bit(q->slot[0]) | bit(q->slot[1]) |
			bit(me - ch_arena->slot);
	return c;
}

/* Counters that only grow: their sum is the same if each is. */
static uint64_t changes_of(const struct ch_causes *c)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < CH_SLOTS; i++) {
		if (c->tables & bit(i))
			sum += ch_arena->table_changes[i];
		if (c->owns & bit(i))
			sum += ch_arena->own_changes[i];
	}
	for (i = 0; i < MISCS; i++) {
		if (c->misc >> i & 1)
			sum += ch_arena->misc_changes[i];
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return sum;
}

static int is_calm(const struct ch_causes *c)
{
	int i;

	if (__atomic_load_n(&ch_arena->doomed, __ATOMIC_SEQ_CST) & c->owns ||
	    ch_guessed() & c->owns)
		return 0;
	for (i = 0; i < CH_SLOTS; i++) {
		const struct ch_causes *other = &ch_arena->slot[i].causes;

		if (other->tables & c->tables || other->owns & c->owns ||
		    other->misc & c->misc)
			return 0;
	}
	return 1;
}

long ch_ask_in_storm(struct ch_slot *me, const int64_t *arg)
{
	struct ch_question *q = &me->question;
	struct ch_causes c;
	uint64_t before;
	int calm;

	*q = (struct ch_question){
		.slot = { (int32_t)arg[0], (int32_t)arg[1] },
		.type = (int32_t)arg[2],
		.flags = CH_IN_STORM,
		.idx = { arg[3], arg[4] },
		.toff = arg[5],
		.answer = CH_UNANSWERED,
		.back = CH_UNANSWERED,
	};
	c = depends_on(me, q);
	before = changes_of(&c);
	calm = is_calm(&c);
	q->outer[0] = ch_outer_number(me, q->slot[0]);
	q->outer[1] = ch_outer_number(me, q->slot[1]);
	/* Where the judge does not answer in time, nobody can judge. */
	if (ch_request_own(me, 0)) {
		calm = 0;
	} else {
		ch_answer(me, q);
		calm = !ch_request_own(me, 1) && calm;
	}
	if (!calm || before != changes_of(&c))
		q->flags |= CH_UNSTEADY;
	ch_compare(me, q);
	return q->answer;
}
