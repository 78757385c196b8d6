/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An answer against the kernel's: errno, and equal or not.  The two orders
 * have nothing to do with each other.
 */
#include "chaos.h"

#include <errno.h>
#include <limits.h>
#include <linux/kcmp.h>

static const int errnos[] = {
	EINVAL, EPERM, ESRCH, EBADF, EFAULT, ENOENT,
};

enum {
	ERRNOS = sizeof(errnos) / sizeof(errnos[0]),
	OTHER = 3 + ERRNOS,
};

static int column(int32_t answer)
{
	int i;

	if (answer >= 0)
		return answer <= 2 ? answer : OTHER;
	for (i = 0; i < ERRNOS; i++) {
		if (answer == -errnos[i])
			return 3 + i;
	}
	return OTHER;
}

const char *ch_result_name(int result)
{
	static const char *const name[CH_RESULTS] = {
		"0", "1", "2", "EINVAL", "EPERM", "ESRCH", "EBADF", "EFAULT",
		"ENOENT", "other",
	};

	return name[result];
}

const char *ch_type_name(int type)
{
	static const char *const name[CH_TYPES] = {
		"FILE", "VM", "FILES", "FS", "SIGHAND", "IO", "SYSVSEM",
		"EPOLL_TFD", "no-type",
	};

	return name[type];
}

/* Equal, different, or an errno. */
static int32_t kind(int32_t answer)
{
	return answer > 0 ? 1 : answer;
}

/* The judge may look at everybody; the asker may not. */
static int32_t right(const int32_t look[2], int32_t verdict)
{
	if (look[0] == -ESRCH || look[1] == -ESRCH)
		return -ESRCH;
	if (look[0] == -EPERM || look[1] == -EPERM)
		return -EPERM;
	return verdict;
}

int ch_right(const struct ch_question *q, int32_t *ret)
{
	int32_t before = right(q->look, q->verdict[0]);
	int32_t after = right(q->look_after, q->verdict[1]);

	*ret = before;
	if (q->answer == CH_UNANSWERED || kind(before) != kind(after))
		return 0;
	/* The judge is not who may look at everybody. */
	return !(q->verdict[0] == -EPERM && q->look[0] == 0 &&
		 q->look[1] == 0);
}

static void count(uint32_t *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/*
 * Was there one order from the first answer to the last?  Not if somebody died
 * whom nobody awaited: nothing is less than something, and as unlike.
 */
static int has_order(const struct ch_question *q)
{
	return q->gone[0] == q->gone[1];
}

/* Is the answer to the reverse question what it has to be? */
static int fits_reverse(const struct ch_question *q)
{
	if (q->back == CH_UNANSWERED || !has_order(q))
		return 1;
	/* Who dies, unawaited, after the answer is nobody for the judge, too;
	   whoever could not look at him has no look that says so. */
	if (q->back == -ESRCH && q->verdict[1] == -ESRCH)
		return 1;
	if (q->answer < 0 || q->back < 0)
		return q->answer == q->back;
	return q->answer + q->back == (q->answer == 0 ? 0 : 3);
}

void ch_compare(const struct ch_slot *me, const struct ch_question *q)
{
	int row = q->type >= 0 && q->type < KCMP_TYPES ? q->type : KCMP_TYPES;
	int32_t wanted;

	int storm = q->flags & CH_IN_STORM;

	if (q->flags & CH_UNSTEADY || !ch_right(q, &wanted)) {
		count(storm ? &ch_arena->storm_unjudged : &ch_arena->unjudged);
		return;
	}
	if (storm)
		count(&ch_arena->storm_compared);
	count(&ch_arena->compared);
	count(&ch_arena->seen[row][column(q->answer)]);
	if (kind(q->answer) != kind(wanted))
		ch_note(me, CH_FAULT_JUDGE, q);
	/* The kernel said the same all the time. */
	if (!fits_reverse(q))
		ch_note(me, CH_FAULT_ORDER, q);
}

/* Of the pairs 0 1, 1 2 and 0 2. */
void ch_compare_triple(const struct ch_slot *me, const struct ch_question *q)
{
	int32_t first = q[0].answer;
	int32_t second = q[1].answer;
	int32_t both = q[2].answer;
	int32_t wanted;
	int i;

	for (i = 0; i < 3; i++) {
		if (q[i].flags & CH_UNSTEADY || !ch_right(&q[i], &wanted) ||
		    !has_order(&q[i]) || q[i].answer < 0)
			return;
	}
	/* With one of the two equal, the third is the other. */
	if ((first == second && both != first) ||
	    (first == 0 && both != second) ||
	    (second == 0 && both != first))
		ch_note(me, CH_FAULT_TRIPLE, &q[2]);
}
