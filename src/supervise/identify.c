/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which open file is in a slot?
 *
 * The file is fetched (pidfd_getfd), its inode taken as a hint, and it is
 * compared with the labelled open files that share the hint, each fetched
 * through a slot that holds it.  With kcmp of our own two descriptors the
 * kernel's order leads down a search tree; without, each is looked at in
 * turn.  Everything fetched is closed at once: nothing may stay open because
 * we looked.
 */
#include "supervise/state.h"

#include <errno.h>
#include <unistd.h>
#include <utlist.h>

#include "kernel/descriptor.h"
#include "supervise/facts.h"

#define RESTARTS_MAX	64

/* What is being identified. */
struct subject {
	int fd;			/* a file that we hold; or, if -1, ... */
	int epoll;		/* ... the target of this item */
	int tfd;
	unsigned int toff;
};

void ss_found_release(struct ss_found *found)
{
	if (found->fd >= 0)
		ss_fetched_close(found->fd);
	found->fd = -1;
}

/* A file that a task has, or -errno: of the program that the model knows. */
static int fetch(struct ss_session *session, const struct ss_task *task,
		 int fd)
{
	bool own;
	int r, changed, pidfd = ss_table_pidfd(session, task, &own);

	if (pidfd < 0)
		return pidfd;
	r = ss_pidfd_fetch(pidfd, fd);
	if (own)
		(void)close(pidfd);
	session->stats.probes++;
	changed = ss_life_recheck(session, task);
	if (changed && r >= 0)
		ss_fetched_close(r);
	return changed ? changed : r;
}

/* What a dead task held is forgotten, and what a dying one gives up: true if
   the tree may have changed under our feet. */
static bool died(struct ss_session *session, pid_t tid)
{
	struct ss_task *task = ss_model_task(session->model, tid);
	uint64_t generation = session->model->generation;

	if (task)
		(void)!ss_life_check(session, task);
	return session->model->generation != generation;
}

struct ss_task *ss_identify_user(const struct ss_files *files)
{
	struct ss_task *best = ss_files_user(files), *other;

	if (!best || !ss_facts_shares_outside(best) ||
	    !ss_facts_dumps_core(best))
		return best;
	DL_FOREACH2(files->users, other, fnext) {
		if (other->group != best->group && !other->zombie &&
		    !ss_facts_dumps_core(other))
			return other;
	}
	return NULL;
}

/* Any slot that holds the file: a descriptor of ours, or -errno. */
static int fetch_file(struct ss_session *session, const struct ss_file *file)
{
	uintptr_t holder;
	int fd, r = -ENOENT;

	for (holder = file->holders; holder; holder = ss_holder_next(holder)) {
		struct ss_task *user =
			ss_identify_user(ss_holder_table(holder));

		if (!user)
			continue;
		fd = fetch(session, user, ss_holder_fd(holder));
		if (fd >= 0 || fd == -EAGAIN)
			return fd;
		r = fd;
		if (fd == -ESRCH && died(session, user->tid))
			return -EAGAIN;
	}
	return r;
}

static int order_files(struct ss_session *session, int a, int b, int *ret)
{
	int r = ss_file_order(&session->features, a, b, ret);

	if (r != -EOPNOTSUPP)
		return r;
	r = ss_file_same(&session->features, a, b);
	if (r < 0)
		return r;
	*ret = r ? 0 : SS_ORDER_UNKNOWN;
	return 0;
}

/* A file against the target of an item. */
static int order_item(struct ss_session *session, int fd, int epoll,
		      int tfd, unsigned int toff, int *ret)
{
	int r = ss_file_order_item(&session->features, fd, epoll, tfd, toff,
				   ret);

	if (!r && *ret && !session->features.has[SS_FEATURE_KCMP])
		*ret = SS_ORDER_UNKNOWN;
	return r;
}

/*
 * Which of the epoll's items with this number is the one for the file?  False:
 * there is none, or nobody can tell.
 */
static bool item_toff(const struct ss_file *file, const struct ss_task *user,
		      int efd, int tfd, unsigned int *ret)
{
	struct ss_proc_epoll list = { 0 };
	unsigned int toff = 0, like = 0;
	size_t i;

	if (ss_proc_epoll(user->tid, efd, &list))
		return false;
	for (i = 0; i < list.count; i++) {
		const struct ss_proc_epoll_item *item = &list.items[i];

		if (item->tfd != tfd)
			continue;
		if (item->ino == file->set->hint.ino &&
		    item->sdev == file->set->hint.dev && !like++)
			*ret = toff;
		toff++;
	}
	ss_proc_epoll_release(&list);
	return like == 1;
}

/* The subject against a file that only an epoll item is known to hold. */
static int order_orphan(struct ss_session *session,
			const struct subject *subject,
			const struct ss_file *file, int *ret)
{
	const struct ss_epoll_item *item =
		ss_epoll_reach(&session->model->open, file);
	struct ss_task *user = NULL;
	uintptr_t holder;
	unsigned int toff;
	int efd, epoll, r;

	if (!item || subject->fd < 0)
		return -ENOENT;
	for (holder = item->epoll->holders; holder;
	     holder = ss_holder_next(holder)) {
		user = ss_identify_user(ss_holder_table(holder));
		if (user)
			break;
	}
	if (!user)
		return -ENOENT;
	efd = ss_holder_fd(holder);
	if (!item_toff(file, user, efd, item->tfd, &toff)) {
		r = ss_life_recheck(session, user);
		return r ? r : -ENOENT;
	}
	epoll = fetch(session, user, efd);
	if (epoll < 0)
		return epoll;
	r = order_item(session, subject->fd, epoll, item->tfd, toff, ret);
	ss_fetched_close(epoll);
	/* No epoll, or it has no such item: the subject is something else. */
	if (r == -EINVAL || r == -ENOENT) {
		*ret = SS_ORDER_UNKNOWN;
		return 0;
	}
	return r;
}

/* Subject against a labelled file: -1, 0, 1 or SS_ORDER_UNKNOWN in *ret. */
static int order_with(struct ss_session *session,
		      const struct subject *subject,
		      const struct ss_file *file, int *ret)
{
	int r, fd = fetch_file(session, file);

	if (fd == -EAGAIN)
		return fd;
	if (fd < 0 && !file->orphan)
		return fd;
	if (fd < 0)
		return order_orphan(session, subject, file, ret);
	if (subject->fd >= 0) {
		r = order_files(session, subject->fd, fd, ret);
	} else {
		/* If there is no such item (any more), with no candidate. */
		r = order_item(session, fd, subject->epoll, subject->tfd,
			       subject->toff, ret) ? -ESTALE : 0;
		if (!r && *ret != SS_ORDER_UNKNOWN)
			*ret = -*ret;
	}
	ss_fetched_close(fd);
	return r;
}

static void tell_place(struct ss_session *session, struct ss_file *file,
		       const struct ss_place *place)
{
	struct ss_event event = {
		.type = SS_EVENT_PLACE,
		.slot = { .file = file, .place = *place },
	};

	ss_tell(session, &event);
}

/*
 * Down the tree.  0, with the file or the place; -EAGAIN if the tree has
 * changed: a file that cannot be compared now stands in nobody's way, it goes
 * into the list.
 */
static int search_tree(struct ss_session *session,
		       const struct subject *subject,
		       struct ss_file_set *set, struct ss_found *found)
{
	struct ss_file *file = set->root;
	int order, r;

	while (file) {
		r = order_with(session, subject, file, &order);
		if (r == -EAGAIN || r == -ESTALE)
			return r;
		if (r || order == SS_ORDER_UNKNOWN) {
			struct ss_place nowhere = { .known = false };

			tell_place(session, file, &nowhere);
			return -EAGAIN;
		}
		if (order == 0) {
			found->file = file;
			return 0;
		}
		found->place.parent = file;
		found->place.left = order < 0;
		file = order < 0 ? file->left : file->right;
	}
	return 0;
}

/* The files without a place get one, as far as they can be had now. */
static int place_all(struct ss_session *session, struct ss_file_set *set)
{
	struct ss_file *file, *tmp;

	if (!session->features.has[SS_FEATURE_KCMP])
		return 0;
	DL_FOREACH_SAFE(set->unplaced, file, tmp) {
		struct subject subject = { .epoll = -1 };
		struct ss_found found = SS_FOUND_EMPTY;
		int r;

		subject.fd = fetch_file(session, file);
		if (subject.fd == -EAGAIN)
			return -EAGAIN;
		if (subject.fd < 0)
			continue;
		found.place.known = true;
		r = search_tree(session, &subject, set, &found);
		ss_fetched_close(subject.fd);
		if (r)
			return r;
		if (!found.file)
			tell_place(session, file, &found.place);
	}
	return 0;
}

/* Each in turn: those whose order is not known. */
static int search_list(struct ss_session *session,
		       const struct subject *subject,
		       struct ss_file_set *set, struct ss_found *found)
{
	struct ss_file *file;
	int order, r;

	if (set->unplaced)
		session->stats.linear++;
	DL_FOREACH(set->unplaced, file) {
		r = order_with(session, subject, file, &order);
		if (r == -EAGAIN || r == -ESTALE || r == -EOPNOTSUPP)
			return r;
		/* Nobody can show it to us now: it may be the one. */
		found->uncertain = found->uncertain || r;
		found->dying = found->dying || r == -ESRCH;
		if (!r && order == 0) {
			found->file = file;
			return 0;
		}
	}
	return 0;
}

static int search_once(struct ss_session *session,
		       const struct subject *subject, struct ss_found *found)
{
	struct ss_file_set *set = ss_file_set_find(&session->model->open,
						   &found->hint);
	struct ss_place empty = {
		.known = session->features.has[SS_FEATURE_KCMP],
	};
	int r;

	found->file = NULL;
	found->place = empty;
	found->uncertain = false;
	found->dying = false;
	if (!set)
		return 0;
	r = search_tree(session, subject, set, found);
	if (!r && !found->file)
		r = search_list(session, subject, set, found);
	return r;
}

/*
 * Each restart has taken a file out of the tree, or a process out of the
 * model, so they end; a child that makes new ones all the time does not keep
 * us.
 */
static int search(struct ss_session *session, const struct subject *subject,
		  struct ss_found *found)
{
	struct ss_file_set *set = ss_file_set_find(&session->model->open,
						   &found->hint);
	unsigned int left = RESTARTS_MAX + (set ? set->count : 0);
	int r = set ? place_all(session, set) : 0;

	if (r && r != -EAGAIN)
		return r;
	do {
		r = search_once(session, subject, found);
	} while (r == -EAGAIN && left-- && !session->failure);
	return r;
}

/*
 * Files that only items are known to hold, where nobody can tell which of the
 * items it is: the subject may be one of them.  They are forgotten; whoever
 * asks about such an item again finds the subject, or a new name.
 */
static void forget_doubtful(struct ss_session *session,
			    const struct subject *subject,
			    const struct ss_hint *hint)
{
	struct ss_file_table *open = &session->model->open;
	struct ss_file_set *set = ss_file_set_find(open, hint);
	struct ss_file *file = set ? set->unplaced : NULL, *next;
	struct ss_event event = { .type = SS_EVENT_LOST };
	unsigned int before, restarts = 0;
	int order, r;

	for (; file; file = next) {
		next = file->next;
		if (!file->orphan)
			continue;
		r = order_with(session, subject, file, &order);
		/* The model has changed: all begins anew. */
		if (r == -EAGAIN)
			return;
		if (!r)
			continue;
		session->stats.doubtful++;
		event.slot.file = file;
		before = open->count;
		ss_tell(session, &event);
		if (before - open->count <= 1)
			continue;
		/* An epoll, whose items were the last to know other files. */
		set = ss_file_set_find(open, hint);
		next = set && restarts++ < RESTARTS_MAX ? set->unplaced : NULL;
	}
}

/*
 * The search, and what can be done if it ends in doubt: children that nobody
 * has seen yet may hold the file, and show it; clones that made none keep a
 * table that nobody has.  -EAGAIN: the model has changed; -ESRCH: a task that
 * is dying holds it.
 */
static int search_surely(struct ss_session *session,
			 const struct subject *subject,
			 struct ss_found *found)
{
	uint64_t generation = session->model->generation;
	int r = search(session, subject, found);

	if (!r && found->uncertain && !found->file &&
	    session->model->pendings) {
		(void)ss_settle_surely(session);
		r = search(session, subject, found);
	}
	/* What the dying hold is looked at again when they are dead. */
	if (!r && found->uncertain && !found->file && !found->dying) {
		forget_doubtful(session, subject, &found->hint);
		r = search(session, subject, found);
	}
	if (session->model->generation != generation)
		return -EAGAIN;
	if (!r && found->uncertain && !found->file && found->dying)
		r = -ESRCH;
	return r;
}

int ss_identify(struct ss_session *session, const struct ss_task *task,
		int fd, struct ss_found *ret)
{
	struct ss_found found = SS_FOUND_EMPTY;
	struct ss_file_hint hint;
	struct subject subject = { .epoll = -1 };
	int r;

	found.fd = fetch(session, task, fd);
	if (found.fd < 0)
		return found.fd;
	r = ss_file_hint(found.fd, &hint);
	if (!r) {
		found.hint.dev = ss_proc_kernel_dev((dev_t)hint.dev);
		found.hint.ino = hint.ino;
		subject.fd = found.fd;
		r = search_surely(session, &subject, &found);
	}
	if (r) {
		ss_found_release(&found);
		return r;
	}
	*ret = found;
	return 0;
}

int ss_identify_slot(struct ss_session *session, struct ss_task *task, int fd,
		     struct ss_file **ret)
{
	struct ss_files *files = ss_task_files(task);
	struct ss_found found = SS_FOUND_EMPTY;
	struct ss_event event = { .type = SS_EVENT_SLOT, .tid = task->tid };
	int r;

	if (!files || fd < 0)
		return -EBADF;
	*ret = ss_slot_file(files, fd);
	if (*ret)
		return 0;
	/* What is there now may be gone before anybody tells. */
	if (ss_slot_flight(files, fd, NULL))
		return -ENOSPC;
	r = ss_identify(session, task, fd, &found);
	if (r)
		return r;
	if (found.uncertain && !found.file) {
		ss_found_release(&found);
		return -ENOSPC;
	}
	event.slot.fd = fd;
	event.slot.hint = found.hint;
	event.slot.file = found.file;
	event.slot.place = found.place;
	r = ss_model_apply(session->model, &event);
	ss_found_release(&found);
	if (r == -ENOSPC)
		session->stats.limits++;
	if (r)
		return r;
	session->stats.slots++;
	*ret = ss_slot_file(files, fd);
	return 0;
}

int ss_identify_order(struct ss_session *session, const struct ss_question *q,
		      int *ret)
{
	bool is_item = q->type == SS_TYPE_EPOLL_TFD;
	int other_fd = is_item ? (int)q->slot.efd : (int)q->idx[1];
	int held, other, r;

	held = fetch(session, q->task[0], (int)q->idx[0]);
	if (held < 0)
		return held;
	other = fetch(session, q->task[1], other_fd);
	if (other < 0) {
		ss_fetched_close(held);
		return other;
	}
	r = is_item ? order_item(session, held, other, (int)q->slot.tfd,
				  q->slot.toff, ret) :
		order_files(session, held, other, ret);
	ss_fetched_close(held);
	ss_fetched_close(other);
	return r;
}

int ss_identify_is_open(struct ss_session *session, const struct ss_task *task,
			int fd)
{
	int held = fetch(session, task, fd);

	if (held >= 0)
		ss_fetched_close(held);
	return held < 0 ? held : 0;
}

int ss_identify_is_epoll(struct ss_session *session,
			 const struct ss_task *task, int fd)
{
	int r, held = fetch(session, task, fd);

	if (held < 0)
		return held;
	r = ss_file_is_epoll(held);
	ss_fetched_close(held);
	return r;
}

/*
 * Is it what the model guesses?  An epoll_ctl in flight, or one that failed,
 * is known only by its entry.  -ENOENT: no; -EAGAIN: the model has changed.
 */
static int guess_item(struct ss_session *session,
		      const struct subject *subject,
		      const struct ss_question *q, struct ss_file **ret)
{
	struct ss_file *file = NULL;
	int order, r;

	if (q->file[1])
		file = ss_epoll_target(&session->model->open, q->file[1],
				       subject->tfd, &q->item_hint,
				       q->item_lines);
	if (!file)
		return -ENOENT;
	r = order_with(session, subject, file, &order);
	if (r || order)
		return r == -EAGAIN ? r : -ENOENT;
	*ret = file;
	return 0;
}

/*
 * Does the number still hold the item's file?  Then that is named after its
 * slot from the beginning: a name that only items know is lost when somebody
 * asks about the slot, and the new one may have another place in the order.
 * -ENOENT: no, or nobody can tell; -EAGAIN: the model has changed.
 */
static int behind_number(struct ss_session *session, struct ss_task *task,
			 const struct subject *subject, unsigned int lines,
			 struct ss_file **ret)
{
	int order, r, fd;

	/* Without kcmp one like item is as good as the other. */
	if ((lines > 1 && !session->features.has[SS_FEATURE_KCMP]) ||
	    ss_deferred_copies(session, task))
		return -ENOENT;
	fd = fetch(session, task, subject->tfd);
	if (fd < 0)
		return fd == -EAGAIN ? fd : -ENOENT;
	r = order_item(session, fd, subject->epoll, subject->tfd,
		       subject->toff, &order);
	ss_fetched_close(fd);
	if (r || order)
		return -ENOENT;
	r = ss_identify_slot(session, task, subject->tfd, ret);
	return r && r != -EAGAIN ? -ENOENT : r;
}

int ss_identify_item(struct ss_session *session, struct ss_task *task,
		     const struct ss_question *q, struct ss_file **ret)
{
	struct ss_file *epoll = q->side[1].state == SS_SIDE_ASK ?
		ss_slot_file(ss_task_files(task), (int)q->slot.efd) :
		q->side[1].file;
	struct ss_found found = SS_FOUND_EMPTY;
	struct subject subject = {
		.fd = -1,
		.tfd = (int)q->slot.tfd,
		.toff = q->slot.toff,
	};
	struct ss_event event = {
		.type = SS_EVENT_EPOLL_ADD,
		.epoll = {
			.file = epoll,
			.tfd = subject.tfd,
			.lines = q->item_lines,
		},
	};
	int r;

	subject.epoll = fetch(session, task, (int)q->slot.efd);
	if (subject.epoll < 0)
		return subject.epoll;
	r = guess_item(session, &subject, q, ret);
	if (r == -ENOENT)
		r = behind_number(session, task, &subject, q->item_lines, ret);
	if (!r || r == -EAGAIN) {
		ss_fetched_close(subject.epoll);
		if (r)
			return r;
		event.epoll.target = *ret;
		if (epoll)
			ss_tell(session, &event);
		return 0;
	}
	found.hint = q->item_hint;
	r = search_surely(session, &subject, &found);
	ss_fetched_close(subject.epoll);
	/* The epoll itself may have gone with somebody who died. */
	if (r)
		return r;
	*ret = found.file;
	if (!epoll || (found.uncertain && !found.file))
		return 0;
	event.epoll.target = found.file;
	event.epoll.hint = found.hint;
	event.epoll.place = found.place;
	r = ss_model_apply(session->model, &event);
	if (!r && !*ret)
		*ret = ss_epoll_newest(epoll, subject.tfd);
	return r;
}

int ss_identify_namespace(struct ss_session *session,
			  const struct ss_task *task, int fd,
			  uint64_t *ret_flag, uint64_t *ret_ino)
{
	int r, held = fetch(session, task, fd);

	if (held < 0)
		return held;
	r = ss_file_namespace(held, ret_flag, ret_ino);
	ss_fetched_close(held);
	return r;
}
