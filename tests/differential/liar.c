/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A supervisor that answers one question in a thousand wrongly.  With LIE=order
 * it says "less" for "greater" or the other way round, once in fifty; with
 * LIE=cycle for half of all pairs, always the same ones; with LIE=epoll always
 * of the targets of epolls: what the harness must find.  The linker puts this between the supervisor and
 * the model (--wrap); the program that is installed has nothing of the kind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/compare.h"

#define EVERY		1000
#define ORDER_EVERY	50

bool __real_ss_model_compare(const struct ss_model *model,
			     struct ss_question *q, struct ss_answer *ret,
			     struct ss_need *need);
bool __wrap_ss_model_compare(const struct ss_model *model,
			     struct ss_question *q, struct ss_answer *ret,
			     struct ss_need *need);

static void lie(struct ss_answer *ret)
{
	static unsigned long answers;

	if (++answers % EVERY)
		return;
	if (ret->child_errno)
		ret->child_errno = ret->child_errno == EBADF ? ENOENT : EBADF;
	else
		ret->result = ret->result ? 0 : 1;
}

static void turn(struct ss_answer *ret)
{
	if (!ret->child_errno && ret->result)
		ret->result = 3 - ret->result;
}

static void lie_about_order(struct ss_answer *ret)
{
	static unsigned long orders;

	if (!ret->child_errno && ret->result && ++orders % ORDER_EVERY == 0)
		turn(ret);
}

/* The reverse is answered accordingly. */
static void lie_in_cycles(const struct ss_question *q, struct ss_answer *ret)
{
	uint64_t sum = (uint64_t)q->pid[0] + (uint64_t)q->pid[1] + q->idx[0];

	if (q->type != SS_TYPE_EPOLL_TFD)
		sum += q->idx[1];
	if (sum % 2)
		turn(ret);
}

bool __wrap_ss_model_compare(const struct ss_model *model,
			     struct ss_question *q, struct ss_answer *ret,
			     struct ss_need *need)
{
	const char *kind = getenv("LIE");

	if (!__real_ss_model_compare(model, q, ret, need))
		return false;
	if (!kind)
		lie(ret);
	else if (!strcmp(kind, "order"))
		lie_about_order(ret);
	else if (!strcmp(kind, "cycle"))
		lie_in_cycles(q, ret);
	else if (q->type == SS_TYPE_EPOLL_TFD)
		turn(ret);
	return true;
}
