/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A supervisor that answers one question in a thousand wrongly: what the
 * harness must find.  The linker puts this between the supervisor and the
 * model (--wrap); the program that is installed has nothing of the kind.
 */
#include <errno.h>

#include "model/compare.h"

#define EVERY	1000

bool __real_ss_model_compare(const struct ss_model *model,
			     struct ss_question *q, struct ss_answer *ret,
			     struct ss_need *need);
bool __wrap_ss_model_compare(const struct ss_model *model,
			     struct ss_question *q, struct ss_answer *ret,
			     struct ss_need *need);

bool __wrap_ss_model_compare(const struct ss_model *model,
			     struct ss_question *q, struct ss_answer *ret,
			     struct ss_need *need)
{
	static unsigned long answers;
	bool answered = __real_ss_model_compare(model, q, ret, need);

	if (!answered || ++answers % EVERY)
		return answered;
	if (ret->child_errno)
		ret->child_errno = ret->child_errno == EBADF ? ENOENT : EBADF;
	else
		ret->result = ret->result ? 0 : 1;
	return answered;
}
