/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/compare.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "model/epoll.h"

/* Each step of a question ends in one of these. */
enum step {
	STEP_ON,		/* passed: the next check */
	STEP_ANSWER,
	STEP_NEED,
};

struct asking {
	const struct ss_model *model;
	struct ss_question *q;
	struct ss_task *caller;
	struct ss_answer *answer;
	struct ss_need *need;
};

const char *ss_type_name(int type)
{
	switch (type) {
#define X(id, number) case number: return #id;
	SS_TYPES(X)
#undef X
	}
	return NULL;
}

static enum step fail(struct asking *a, int child_errno)
{
	a->answer->child_errno = child_errno;
	a->answer->result = 0;
	return STEP_ANSWER;
}

/* kcmp_ptr(): 0 equal, 1 less, 2 greater. */
static enum step verdict(struct asking *a, int order)
{
	a->answer->child_errno = 0;
	a->answer->result = order == 0 ? 0 : order < 0 ? 1 : 2;
	return STEP_ANSWER;
}

static enum step lack(struct asking *a, enum ss_need_kind kind,
		      unsigned int side, struct ss_task *task)
{
	a->need->kind = kind;
	a->need->side = side;
	a->need->task = task;
	a->need->fd = -1;
	return STEP_NEED;
}

static enum step find_task(struct asking *a, unsigned int i)
{
	struct ss_question *q = a->q;
	struct ss_task *task = NULL;

	/* pid 0 is nobody, not "self"; the numbers are 32 bits. */
	if (q->pid[i] > 0)
		task = ss_model_resolve(a->model, a->caller, q->pid[i]);
	if (!task) {
		if (q->pid[i] > 0 && !q->looked[i])
			return lack(a, SS_NEED_TASK, i, NULL);
		return fail(a, ESRCH);
	}
	q->task[i] = task;
	if (q->alive[i])
		return STEP_ON;
	/*
	 * Our own group lives: we are asking.  Others may be dying at this
	 * moment, and their parents may know it from the end of a pipe.
	 */
	if (task->group != a->caller->group || task->leaving || task->zombie ||
	    task->worker ||
	    (a->model->filters && task != a->caller))
		return lack(a, SS_NEED_LIFE, i, task);
	return STEP_ON;
}

/* A task of the same memory whose call may still change whether that is
   dumpable, or NULL. */
static struct ss_task *changing_memory(const struct asking *a,
				       const struct ss_task *target)
{
	const struct ss_mm *mm = ss_task_mm(target);
	struct ss_task *task = mm && (mm->set_id || mm->setting) ?
		ss_model_next(a->model, NULL) : NULL;

	for (; task; task = ss_model_next(a->model, task)) {
		if ((task->flight.kind == SS_FLIGHT_CREDS ||
		     task->flight.setting) && task != a->caller &&
		    ss_task_shares_mm(task, target))
			return task;
	}
	return NULL;
}

static enum step may_look(struct asking *a, unsigned int i)
{
	struct ss_task *task = a->q->task[i], *changing;

	if (task->flight.kind == SS_FLIGHT_CREDS && task != a->caller &&
	    !a->q->flight_asked[i])
		return lack(a, SS_NEED_FLIGHT, i, task);
	switch (a->q->dumpable_asked[i] ?
		ss_access_check_now(a->caller, task, a->model->init_userns) :
		ss_access_check(a->caller, task, a->model->init_userns)) {
	case SS_ACCESS_ALLOWED:
		return STEP_ON;
	case SS_ACCESS_DENIED:
		return fail(a, EPERM);
	case SS_ACCESS_NEED_CALLER:
		return lack(a, SS_NEED_CREDS, i, a->caller);
	case SS_ACCESS_NEED_TARGET:
		return lack(a, SS_NEED_CREDS, i, task);
	case SS_ACCESS_NEED_DUMPABLE:
		break;
	}
	changing = changing_memory(a, task);
	if (changing && !a->q->flight_asked[i])
		return lack(a, SS_NEED_FLIGHT, i, changing);
	return lack(a, SS_NEED_DUMPABLE, i, task);
}

/* The open file behind one side: EBADF, a label, or a need. */
static enum step find_file(struct asking *a, unsigned int i, unsigned int nr)
{
	struct ss_question *q = a->q;
	struct ss_side *side = &q->side[i];
	struct ss_files *files = ss_task_files(q->task[i]);
	struct ss_task *flyer;
	enum step step;

	if (!files || nr > INT_MAX || side->state == SS_SIDE_CLOSED)
		return fail(a, EBADF);
	if (side->state == SS_SIDE_VOLATILE) {
		q->file[i] = side->file;
		return STEP_ON;
	}
	if (!a->model->rings)
		q->file[i] = ss_slot_file(files, (int)nr);
	if (q->file[i])
		return STEP_ON;
	step = lack(a, SS_NEED_SLOT, i, q->task[i]);
	a->need->fd = (int)nr;
	flyer = ss_slot_flight(files, (int)nr, a->caller);
	if (flyer) {
		a->need->kind = SS_NEED_FLIGHT;
		a->need->task = flyer;
	}
	return step;
}

/* Where a file stands that has no label: as the one that it would get. */
static int order_unlabelled(const struct ss_question *q,
			    const struct ss_file *file[2],
			    const unsigned int nr[2])
{
	struct ss_file_label label[2];
	unsigned int i;
	int order;

	for (i = 0; i < 2; i++)
		ss_slot_label(ss_task_files(q->task[i]), (int)nr[i],
			      &label[i]);
	order = ss_file_label_compare(file[0] ? &file[0]->label : &label[0],
				      file[1] ? &file[1]->label : &label[1]);
	for (i = 0; i < 2; i++) {
		ss_origin_release(&label[i].origin);
		ss_path_put(label[i].seen);
	}
	/* Two files of one slot are two moments of it. */
	return order ? order : 1;
}

static enum step compare_files(struct asking *a, struct ss_file *other,
			       unsigned int nr1)
{
	struct ss_question *q = a->q;
	const struct ss_file *file[2] = { q->file[0], other };
	const unsigned int nr[2] = { (unsigned int)q->idx[0], nr1 };

	if (q->file[0] && other && !a->model->rings)
		return verdict(a, ss_file_compare(q->file[0], other));
	/*
	 * At least one is volatile, and was unlike every file that had a label
	 * when it was looked at; the other may have got its own since.
	 */
	if (!q->order_known)
		return lack(a, SS_NEED_ORDER, 0, NULL);
	if (q->order == 0 ||
	    (a->model->rings && q->order != SS_ORDER_UNKNOWN))
		return verdict(a, q->order);
	return verdict(a, order_unlabelled(q, file, nr));
}

static enum step ask_file(struct asking *a)
{
	struct ss_question *q = a->q;
	enum step step = find_file(a, 0, (unsigned int)q->idx[0]);

	if (step == STEP_ON)
		step = find_file(a, 1, (unsigned int)q->idx[1]);
	if (step != STEP_ON)
		return step;
	return compare_files(a, q->file[1], (unsigned int)q->idx[1]);
}

static enum step ask_epoll(struct asking *a)
{
	struct ss_question *q = a->q;
	enum step step;

	if (!q->slot_read)
		return lack(a, SS_NEED_EPOLL_SLOT, 1, a->caller);
	if (q->slot_fault)
		return fail(a, EFAULT);
	step = find_file(a, 0, (unsigned int)q->idx[0]);
	if (step == STEP_ON)
		step = find_file(a, 1, q->slot.efd);
	if (step != STEP_ON)
		return step;
	if (q->items == SS_ITEMS_ASK ||
	    (q->items == SS_ITEMS_FOUND && !q->item_known &&
	     !a->model->rings)) {
		step = lack(a, q->items == SS_ITEMS_ASK ? SS_NEED_ITEMS :
			    SS_NEED_ITEM, 1, q->task[1]);
		a->need->fd = (int)q->slot.efd;
		return step;
	}
	if (q->items == SS_ITEMS_NO_EPOLL)
		return fail(a, EINVAL);
	if (q->items == SS_ITEMS_MISSING)
		return fail(a, ENOENT);
	q->file[1] = q->item;
	return compare_files(a, q->item, q->slot.efd);
}

static const enum ss_kind kinds[SS_TYPE_COUNT] = {
	[SS_TYPE_VM] = SS_KIND_MM,
	[SS_TYPE_FILES] = SS_KIND_FILES,
	[SS_TYPE_FS] = SS_KIND_FS,
	[SS_TYPE_SIGHAND] = SS_KIND_SIGHAND,
	[SS_TYPE_IO] = SS_KIND_IO,
	[SS_TYPE_SYSVSEM] = SS_KIND_UNDO,
};

/* A call in flight changes what the task has when it runs, not when it enters;
   the model takes it for done from the beginning. */
static bool is_changing(const struct asking *a, const struct ss_task *task,
			enum ss_kind kind)
{
	return task != a->caller &&
		(task->flight.sharing & 1u << kind ||
		 (kind == SS_KIND_UNDO && task->undo_new));
}

static enum step ask(struct asking *a)
{
	struct ss_question *q = a->q;
	enum step step = STEP_ON;
	unsigned int i;

	for (i = 0; step == STEP_ON && i < 2; i++)
		step = find_task(a, i);
	for (i = 0; step == STEP_ON && i < 2; i++)
		step = may_look(a, i);
	if (step != STEP_ON)
		return step;
	if (q->type < 0 || q->type >= SS_TYPE_COUNT)
		return fail(a, EINVAL);
	if (q->type == SS_TYPE_FILE)
		return ask_file(a);
	if (q->type == SS_TYPE_EPOLL_TFD)
		return ask_epoll(a);
	for (i = 0; i < 2; i++) {
		if (is_changing(a, q->task[i], kinds[q->type]) &&
		    !q->flight_asked[i])
			return lack(a, SS_NEED_FLIGHT, i, q->task[i]);
	}
	return verdict(a, ss_resource_compare(
			q->task[0]->resources[kinds[q->type]],
			q->task[1]->resources[kinds[q->type]]));
}

/* Files may have gone with the tasks that died since they were found. */
static void forget_if_stale(const struct ss_model *model,
			    struct ss_question *q)
{
	const struct ss_side ask = { .state = SS_SIDE_ASK };

	if (ss_question_holds(q, model))
		return;
	q->generation = model->generation;
	q->side[0] = q->side[1] = ask;
	q->order_known = false;
	q->items = SS_ITEMS_ASK;
	q->item_known = false;
	q->item = NULL;
}

bool ss_model_compare(const struct ss_model *model, struct ss_question *q,
		      struct ss_answer *ret, struct ss_need *need)
{
	struct asking a = {
		.model = model,
		.q = q,
		.caller = ss_model_task(model, q->caller),
		.answer = ret,
		.need = need,
	};

	forget_if_stale(model, q);
	q->task[0] = q->task[1] = NULL;
	q->file[0] = q->file[1] = NULL;
	if (!a.caller) {
		fail(&a, ESRCH);
		return true;
	}
	return ask(&a) == STEP_ANSWER;
}

char *ss_question_label(const struct ss_question *q, unsigned int side,
			char *buffer, size_t size)
{
	const struct ss_task *task = q->task[side];

	if (!task || q->type < 0 || q->type >= SS_TYPE_COUNT)
		snprintf(buffer, size, "-");
	else if (q->type != SS_TYPE_FILE && q->type != SS_TYPE_EPOLL_TFD)
		ss_resource_print(task->resources[kinds[q->type]], buffer,
				  size);
	else if (q->file[side])
		ss_file_print(q->file[side], buffer, size);
	else
		snprintf(buffer, size, "-");
	return buffer;
}
