/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A supervisor that lies, for the harness to find: about one question in a
 * thousand.  With LIE=order it says "less" for "greater" or the other way
 * round, once in fifty; with LIE=cycle for half of all pairs of descriptors,
 * always the same ones; with LIE=epoll always of the targets of epolls.  The
 * linker puts this between the supervisor and the model (--wrap); the program
 * that is installed has nothing of the kind.
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
	if (q->type == SS_TYPE_FILE && (q->idx[0] + q->idx[1]) % 2)
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
	else if (strcmp(kind, "epoll"))
		abort();
	else if (q->type == SS_TYPE_EPOLL_TFD)
		turn(ret);
	return true;
}
