/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fetches what the model lacks for an answer: one function for each need.
 * Facts that stay true are told as events; those of this moment go into the
 * question.
 */
#include "supervise/state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "kernel/descriptor.h"
#include "kernel/memory.h"
#include "supervise/facts.h"

/* A dump of core has got to its file by then, mostly. */
#define DUMP_TRIES	100	/* a millisecond each */

typedef int supply_fn(struct ss_session *session, struct ss_question *q,
		      const struct ss_need *need,
		      const struct ss_notification *notification);

static int supply_task(struct ss_session *session, struct ss_question *q,
		       const struct ss_need *need,
		       ss_unused const struct ss_notification *notification)
{
	struct ss_task *caller;

	/* Whose creator was killed has moved to another parent. */
	if (session->model->pendings)
		ss_deaths_drain(session);
	caller = ss_model_task(session->model, q->caller);
	if (caller)
		ss_settle_number(session, caller, q->pid[need->side]);
	q->looked[need->side] = true;
	return 0;
}

/*
 * What is asked about may be gone already, and nothing shows that.
 *
 * Who dies gives up its undo list between its memory and its files, and undoes
 * after that what is in there, which can take long (ipc/sem.c, exit_sem()).
 *
 * Who execs leaves a shared table when there are no other threads any more, and
 * gives up the locks of its old memory before it has the new one, by which we
 * know (fs/exec.c, begin_new_exec()).  If one of its threads asks, it has not
 * come so far.
 */
static bool is_in_between(struct ss_session *session,
			  const struct ss_question *q, pid_t tid)
{
	const struct ss_task *task = ss_model_task(session->model, tid);
	const struct ss_task *caller = ss_model_task(session->model, q->caller);

	if (!task || q->pid[0] == q->pid[1])
		return false;
	switch (q->type) {
	case SS_TYPE_SYSVSEM:
		return task->resources[SS_KIND_UNDO] &&
			!task->resources[SS_KIND_MM];
	case SS_TYPE_FILE:
	case SS_TYPE_FILES:
	case SS_TYPE_EPOLL_TFD:
		if (task->group->execing != task || !caller ||
		    caller->group == task->group ||
		    !ss_facts_shares_outside(task))
			return false;
		ss_exec_look(session, task->group);
		task = ss_model_task(session->model, tid);
		return task && task->group->execing == task;
	default:
		return false;
	}
}

/* Does it matter whether this task has a table of its own by now? */
static bool parting_matters(const struct ss_session *session,
			    const struct ss_question *q, unsigned int side,
			    const struct ss_task *caller,
			    const struct ss_task *task)
{
	const struct ss_files *files = ss_task_files(task);
	const struct ss_task *other;

	switch (q->type) {
	case SS_TYPE_FILES:
		other = ss_model_resolve(session->model, caller,
					 q->pid[!side]);
		/* Nobody yet: a child that has just been made, maybe. */
		return other != task && files && files->r.refs > 1 &&
			(!other || ss_task_files(other) == files);
	case SS_TYPE_FILE:
	case SS_TYPE_EPOLL_TFD:
		/* Of its own process nobody else runs any more. */
		return ss_facts_shares_outside(task);
	default:
		return false;
	}
}

/*
 * Who dumps core leaves a table that it shares for a copy before it writes
 * (fs/coredump.c, unshare_files()), and nothing shows when: after its threads
 * have come to an end, and after the file is open or the helper runs.  As long
 * as that takes as a rule it is waited for; from then on it has left.  What was
 * in the table at that moment is looked up.  0; -EAGAIN: it has left; -EBUSY.
 */
static int settle_dump(struct ss_session *session, const struct ss_question *q,
		       unsigned int side, pid_t tid,
		       const struct ss_notification *notification)
{
	const struct ss_task *caller = ss_model_task(session->model, q->caller);
	const struct ss_task *task = ss_model_task(session->model, tid);
	struct ss_event event = {
		.type = SS_EVENT_CLOSE,
		.tid = tid,
		.range = { .last = UINT32_MAX, .unshare = true },
	};
	bool fading;

	if (!task || !caller || caller->group == task->group ||
	    !parting_matters(session, q, side, caller, task) ||
	    !ss_facts_dumps_core(task))
		return 0;
	/* That is over: what it had is about to go. */
	fading = !ss_task_mm(task);
	if (!(fading ? ss_hold_is_over(session, notification) :
	      ss_hold_has_lasted(session, notification, DUMP_TRIES)))
		return -EBUSY;
	session->stats.volatile_answers++;
	if (fading)
		return 0;
	ss_tell(session, &event);
	event.type = SS_EVENT_RETURNED;
	ss_tell(session, &event);
	return -EAGAIN;
}

static int supply_life(struct ss_session *session, struct ss_question *q,
		       const struct ss_need *need,
		       const struct ss_notification *notification)
{
	pid_t tid = need->task->tid;
	int r = ss_life_check(session, need->task);

	if (r)
		return r;
	if (is_in_between(session, q, tid)) {
		if (!ss_hold_is_over(session, notification))
			return -EBUSY;
		session->stats.volatile_answers++;
	}
	r = settle_dump(session, q, need->side, tid, notification);
	if (r)
		return r;
	q->alive[need->side] = true;
	/* Two sides of one group die together. */
	if (q->task[0] && q->task[1] == q->task[0])
		q->alive[0] = q->alive[1] = true;
	return 0;
}

/* Those of another program by now are forgotten with the old one. */
static int learn_creds(struct ss_session *session, const struct ss_task *task)
{
	int r = ss_facts_creds(session, task);
	int changed = ss_life_recheck(session, task);

	return changed ? changed : r;
}

static int supply_creds(struct ss_session *session,
			ss_unused struct ss_question *q,
			const struct ss_need *need,
			ss_unused const struct ss_notification *notification)
{
	return learn_creds(session, need->task);
}

static int supply_dumpable(struct ss_session *session,
			   struct ss_question *q,
			   const struct ss_need *need,
			   ss_unused const struct ss_notification *n)
{
	const struct ss_mm *mm = ss_task_mm(need->task);
	int r;

	/* Who was alive before that call was over may have died before it. */
	if (mm && (mm->set_id || mm->setting))
		q->alive[need->side] = false;
	r = ss_facts_dumpable(session, need->task);
	q->dumpable_asked[need->side] = !r;
	return r;
}

/* What is in the slot at this moment, not remembered.  With rings only whether
   anything is. */
static int look_only(struct ss_session *session, struct ss_question *q,
		     unsigned int side, int fd)
{
	struct ss_found found = SS_FOUND_EMPTY;
	int r = session->model->rings ?
		ss_identify_is_open(session, q->task[side], fd) :
		ss_identify(session, q->task[side], fd, &found);

	if (r == -EBADF) {
		q->side[side].state = SS_SIDE_CLOSED;
		return 0;
	}
	if (r)
		return r;
	q->side[side].state = SS_SIDE_VOLATILE;
	q->side[side].file = found.file;
	ss_found_release(&found);
	return 0;
}

static void tell_returned(struct ss_session *session, struct ss_task *task)
{
	struct ss_event over = {
		.type = SS_EVENT_RETURNED,
		.tid = task->tid,
	};

	ss_tell(session, &over);
	/* A clone that has failed may have made no list. */
	if (task->pending && task->pending->undo_made)
		ss_settle_creator(session, task);
}

/*
 * Which resources has it by now?  That decides the answer, and the kernel must
 * say no other: it waits until the call has come so far.  A clone has when it
 * has a child; the others do not sleep before they have (semop sleeps later).
 */
static int supply_sharing(struct ss_session *session, struct ss_question *q,
			  const struct ss_need *need, enum ss_last_call end,
			  const struct ss_notification *notification)
{
	struct ss_pending *pending = need->task->pending;
	pid_t child;

	if (!need->task->undo_new && end == SS_LAST_CALL_ASLEEP) {
		tell_returned(session, need->task);
		return 0;
	}
	if (need->task->undo_new && pending) {
		child = ss_settle_find(session, pending);
		if (child && ss_settle_adopt(session, pending, child)) {
			session->stats.clones_on_demand++;
			return 0;
		}
	}
	if (!ss_hold_is_over(session, notification))
		return -EBUSY;
	session->stats.volatile_answers++;
	q->flight_asked[need->side] = true;
	return 0;
}

static int supply_flight(struct ss_session *session, struct ss_question *q,
			 const struct ss_need *need,
			 const struct ss_notification *notification)
{
	enum ss_last_call end = ss_facts_last_call(session, need->task->tid);
	bool creds = need->task->flight.kind == SS_FLIGHT_CREDS ||
		need->task->flight.setting;

	/* A call that changes credentials, or sets whether memory is dumpable,
	   does not sleep. */
	if (end == SS_LAST_CALL_OVER || (creds && end == SS_LAST_CALL_ASLEEP)) {
		tell_returned(session, need->task);
		/* Who was alive before may have died before that. */
		if (creds)
			q->alive[need->side] = false;
		return 0;
	}
	/* They are new in one place after the other: memory comes first.  And
	   what prctl sets may not be set yet. */
	if (creds && !ss_hold_is_over(session, notification))
		return -EBUSY;
	if (need->fd < 0 && !creds)
		return supply_sharing(session, q, need, end, notification);
	session->stats.volatile_answers++;
	if (need->fd < 0) {
		q->flight_asked[need->side] = true;
		return learn_creds(session, need->task);
	}
	q->side[need->side].in_flight = true;
	return look_only(session, q, need->side, need->fd);
}

static int supply_slot(struct ss_session *session, struct ss_question *q,
		       const struct ss_need *need,
		       const struct ss_notification *notification)
{
	struct ss_file *file;
	int r;

	if (session->model->rings)
		return look_only(session, q, need->side, need->fd);
	/* What is remembered now may not be in the copy. */
	if (ss_deferred_copies(session, need->task)) {
		if (!ss_hold_is_over(session, notification))
			return -EBUSY;
		session->stats.volatile_answers++;
		return look_only(session, q, need->side, need->fd);
	}
	r = ss_identify_slot(session, need->task, need->fd, &file);
	if (r == -EBADF) {
		q->side[need->side].state = SS_SIDE_CLOSED;
		return 0;
	}
	/* At the limit of labels, or uncertain: seen, but not remembered. */
	if (r == -ENOSPC || r == -ENOMEM)
		return look_only(session, q, need->side, need->fd);
	return r;
}

static int supply_order(struct ss_session *session, struct ss_question *q,
			ss_unused const struct ss_need *need,
			ss_unused const struct ss_notification *notification)
{
	int r = ss_identify_order(session, q, &q->order);

	/* The item has gone meanwhile: which are there? */
	if (q->type == SS_TYPE_EPOLL_TFD && (r == -ENOENT || r == -EINVAL)) {
		q->items = SS_ITEMS_ASK;
		q->item_known = false;
		return 0;
	}
	if (r < 0)
		return r;
	q->order_known = true;
	if (session->model->rings && q->order == SS_ORDER_UNKNOWN)
		session->stats.order_unsure++;
	return 0;
}

static int supply_epoll_slot(struct ss_session *session,
			     struct ss_question *q,
			     ss_unused const struct ss_need *need,
			     const struct ss_notification *notification)
{
	int r = ss_memory_read_argument(notification->tid, q->idx[1], &q->slot,
					sizeof(q->slot));

	if (r && r != -EFAULT)
		return r;
	if (!ss_listener_is_valid(&session->launched.listener,
				  notification->id))
		return -ESRCH;
	q->slot_read = true;
	q->slot_fault = r;
	return 0;
}

static void count_lines(const struct ss_proc_epoll *list,
			struct ss_question *q)
{
	const struct ss_proc_epoll_item *found = NULL;
	uint32_t toff = 0;
	size_t i;

	for (i = 0; i < list->count && !found; i++) {
		if (list->items[i].tfd == (int)q->slot.tfd &&
		    toff++ == q->slot.toff)
			found = &list->items[i];
	}
	q->items = found ? SS_ITEMS_FOUND : SS_ITEMS_MISSING;
	if (!found)
		return;
	q->item_hint.ino = found->ino;
	q->item_hint.dev = found->sdev;
	for (i = 0; i < list->count; i++) {
		if (list->items[i].tfd == found->tfd &&
		    list->items[i].ino == found->ino &&
		    list->items[i].sdev == found->sdev)
			q->item_lines++;
	}
}

static int supply_items(struct ss_session *session, struct ss_question *q,
			const struct ss_need *need,
			ss_unused const struct ss_notification *notification)
{
	struct ss_proc_epoll list = { 0 };
	int r = ss_proc_epoll(need->task->tid, need->fd, &list);
	int changed = ss_life_recheck(session, need->task);

	if (changed)
		ss_proc_epoll_release(&list);
	if (r || changed)
		return changed ? changed : r;
	session->stats.probes++;
	q->item_lines = 0;
	count_lines(&list, q);
	/* No line at all: an empty epoll, or something else. */
	if (!list.count) {
		r = ss_identify_is_epoll(session, need->task, need->fd);
		if (!r)
			q->items = SS_ITEMS_NO_EPOLL;
	}
	ss_proc_epoll_release(&list);
	return r < 0 ? r : 0;
}

static int supply_item(struct ss_session *session, struct ss_question *q,
		       const struct ss_need *need,
		       ss_unused const struct ss_notification *notification)
{
	struct ss_file *file;
	int r = ss_identify_item(session, need->task, q, &file);

	if (r == -ESTALE) {
		/* The item has gone meanwhile: which are there? */
		q->items = SS_ITEMS_ASK;
		return 0;
	}
	if (r)
		return r;
	q->item = file;
	q->item_known = true;
	return 0;
}

static supply_fn *const supplies[SS_NEED_COUNT] = {
	[SS_NEED_TASK] = supply_task,
	[SS_NEED_LIFE] = supply_life,
	[SS_NEED_CREDS] = supply_creds,
	[SS_NEED_DUMPABLE] = supply_dumpable,
	[SS_NEED_FLIGHT] = supply_flight,
	[SS_NEED_SLOT] = supply_slot,
	[SS_NEED_ORDER] = supply_order,
	[SS_NEED_EPOLL_SLOT] = supply_epoll_slot,
	[SS_NEED_ITEMS] = supply_items,
	[SS_NEED_ITEM] = supply_item,
};

int ss_supply(struct ss_session *session, struct ss_question *q,
	      const struct ss_need *need,
	      const struct ss_notification *notification)
{
	return supplies[need->kind](session, q, need, notification);
}
