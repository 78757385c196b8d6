/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One handler for each kind of call.  A handler says what the model is to be
 * told once the call has been let on, and returns the reply; nothing here sends
 * it.  (Only exec is told before: who is killed in it takes along all for whom
 * that matters.)
 */
#include "supervise/handle.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "kernel/caution.h"
#include "kernel/guard.h"
#include "supervise/facts.h"
#include "supervise/kcmp.h"
#include "supervise/privilege.h"

#define LINK_MAX_LENGTH		64
#define ROUNDS_MAX		64

void ss_call_tells(const struct ss_handling *h, enum ss_event_type type)
{
	struct ss_event event = { .type = type, .tid = h->task->tid };

	ss_tell_when_let_on(h->session, &event);
}

static bool refuse(struct ss_handling *h, int child_errno)
{
	h->reply->kind = SS_REPLY_ERROR;
	h->reply->child_errno = child_errno;
	return true;
}

/* Aside with it, or, if there is no room or it waited too long, on. */
static bool put_aside(struct ss_handling *h)
{
	if (ss_hold_is_over(h->session, h->notification)) {
		h->session->stats.clones_ambiguous++;
		return false;
	}
	return ss_hold(h->session, h->notification) == 0;
}

static bool handle_nothing(ss_unused struct ss_handling *h)
{
	return true;
}

/* Deaths were learned meanwhile: was the caller's among them? */
bool ss_call_is_there(struct ss_handling *h)
{
	h->task = ss_model_task(h->session->model, h->notification->tid);
	return h->task && !h->task->zombie;
}

/* CLONE_PARENT: who is the caller's parent by now?  0: not asked for. */
static pid_t sibling_parent(const struct ss_task *task, uint64_t flags)
{
	struct ss_proc_status status;

	if (!(flags & CLONE_PARENT) || (flags & CLONE_THREAD) ||
	    ss_proc_status(task->tid, &status))
		return 0;
	return status.ppid;
}

/* A thread is not made while children go to another pid namespace, and this is
   found out before the undo list is made. */
static bool thread_is_refused(const struct ss_task *task, uint64_t flags)
{
	return (flags & CLONE_THREAD) && ss_facts_children_elsewhere(task);
}

bool ss_call_waits(struct ss_handling *h)
{
	return !ss_hold_is_over(h->session, h->notification) &&
		!ss_hold(h->session, h->notification);
}

/*
 * A set*id call of another thread may make the memory not dumpable, or its
 * prctl set whether it is, before what this call does with it, or after: one
 * after the other.
 */
static bool waits_for_set_id(struct ss_handling *h)
{
	return !ss_facts_set_id(h->session, h->task) && ss_call_waits(h);
}

/* The same for what set*id does: two of them may come in any order; but a copy
   (fork) is made before or after. */
static bool waits_for_memory(struct ss_handling *h)
{
	const struct ss_mm *mm = ss_task_mm(h->task);

	if (mm && mm->setting && !ss_facts_set_id(h->session, h->task) &&
	    mm->setting && ss_call_waits(h))
		return true;
	return ss_settle_makes_copy(h->session, h->task) && ss_call_waits(h);
}

bool ss_call_waits_for_ioprio(struct ss_handling *h)
{
	return !ss_ioprio_await(h->session, h->notification) &&
		!ss_hold(h->session, h->notification);
}

/* Another thread's exec is in flight.  It may have ended the caller: look. */
static bool is_beside_exec(struct ss_handling *h)
{
	const struct ss_task *execing = h->task->group->execing;

	if (execing && execing != h->task)
		ss_exec_look(h->session, h->task->group);
	if (!ss_call_is_there(h))
		return false;
	execing = h->task->group->execing;
	return execing && execing != h->task;
}

/*
 * An exec, or exit_group, ends the other threads of its group, and then nothing
 * tells which of them made a child, or none, or came to a new program.  So it
 * comes before their clones and execs are let on, or after their children are
 * known.
 */
static bool waits_for_end(struct ss_handling *h)
{
	bool beside_exec = is_beside_exec(h);

	return !ss_call_is_there(h) ||
		((beside_exec || h->task->group->dying) && put_aside(h));
}

/*
 * exit_group beside a thread's exec: of the dead nothing shows which of the two
 * ended the others.  It matters if another process has the handlers.  So one
 * comes after the other; and an exec that has failed long ago is known to.
 */
static bool waits_for_exec(struct ss_handling *h)
{
	bool beside_exec = is_beside_exec(h);

	return !ss_call_is_there(h) ||
		(beside_exec && ss_task_shares_handlers(h->task) &&
		 ss_call_waits(h));
}

static bool waits_for_children(struct ss_handling *h)
{
	return h->task->group->tasks->next && h->session->model->pendings &&
		ss_settle_makes_child(h->session, h->task) && put_aside(h);
}

static bool handle_clone(struct ss_handling *h)
{
	struct ss_session *session = h->session;
	struct ss_event event = {
		.type = SS_EVENT_CLONE,
		.tid = h->task->tid,
		.clone.flags = h->call->flags,
	};

	/* The command has ended, and nobody may outlive it. */
	if (session->command_ended && session->options.kill_on_exit)
		return refuse(h, EPERM);
	ss_settle_creator(session, h->task);
	ss_again_look(session, h->task, h->notification);
	ss_leavers_sweep(session, h->task->group);
	ss_deaths_drain(session);
	/* They may stand among its children: a thread that execs has those of
	   the threads that it ended, and who reaps has everybody's. */
	ss_orphans_settle_new(session);
	if (!ss_call_is_there(h))
		return false;
	/* It has been killed. */
	if (h->task->pending || waits_for_end(h))
		return false;
	event.clone.parent = sibling_parent(h->task, event.clone.flags);
	if (ss_settle_must_wait(session, h->task, event.clone.flags,
				event.clone.parent) && put_aside(h))
		return false;
	if (!ss_call_is_there(h))
		return false;
	if (thread_is_refused(h->task, event.clone.flags))
		return true;
	if (waits_for_set_id(h) || ss_call_waits_for_ioprio(h))
		return false;
	if ((event.clone.flags & CLONE_NEWUSER) && !h->task->creds_known &&
	    ss_facts_creds(session, h->task))
		return false;
	if (!(event.clone.flags & CLONE_VM))
		ss_exec_await_copies(session, h->task, h->notification);
	/* If there will be a choice, its child's number tells. */
	if (h->call->chosen)
		ss_again_chosen(session);
	else if (session->model->pendings ||
		 (event.clone.flags & CLONE_NEWUSER))
		event.clone.last = ss_proc_last_number();
	event.clone.fate = ss_undo_foresee(session, h->task, h->call);
	ss_again_note(session, h->notification, &event);
	ss_tell_when_let_on(session, &event);
	session->clones++;
	return true;
}

/* Whether another's unshare is refused depends on this task. */
static bool waits_for_unsharing(struct ss_handling *h)
{
	return h->session->unsharing &&
		ss_unsharing_beside(h->session, h->task) && ss_call_waits(h);
}

static bool handle_exec(struct ss_handling *h)
{
	ss_settle_creator(h->session, h->task);
	/* The children of the threads that it ends will be somebody else's. */
	if (h->task->group->tasks->next && h->session->model->pendings)
		(void)ss_settle_surely(h->session);
	if (!ss_call_is_there(h) || waits_for_unsharing(h) ||
	    waits_for_children(h))
		return false;
	/* Whom has it found, if a thread takes the leader's number; and what
	   was that one allowed to do? */
	if (ss_call_waits_for_ioprio(h))
		return false;
	if (waits_for_end(h))
		return false;
	/* What they were decides whether the new memory is dumpable. */
	if (h->session->creds_changed && !h->task->creds_known)
		(void)!ss_facts_creds(h->session, h->task);
	if (ss_creds_differ(ss_task_creds(h->task)))
		ss_facts_commit(h->session);
	ss_exec_enter(h->session, h->task);
	return true;
}

/* Another's ioprio_set is refused because of this one, if it comes first. */
static bool waits_to_refuse(struct ss_handling *h)
{
	return h->session->io_flights &&
		ss_ioprio_beside(h->session, h->task) && ss_call_waits(h);
}

static bool handle_exit(struct ss_handling *h)
{
	struct ss_event event = {
		.type = SS_EVENT_EXIT,
		.tid = h->task->tid,
		.exit.group = h->call->group,
	};

	ss_settle_creator(h->session, h->task);
	if (waits_for_unsharing(h) || waits_to_refuse(h) ||
	    (h->call->group && (waits_for_exec(h) || waits_for_children(h))))
		return false;
	/* What its ids have become will not show any more, but others may have
	   the memory. */
	if (waits_for_set_id(h))
		return false;
	if (h->call->group && h->session->options.stats &&
	    h->task->group->tgid == h->session->launched.pid) {
		ss_deaths_drain(h->session);
		if (!ss_call_is_there(h))
			return false;
		ss_census_take(h->session);
	}
	ss_tell_when_let_on(h->session, &event);
	return true;
}

/*
 * dup2 fails if the descriptor to copy is closed, or the other one beyond the
 * limit; then that one keeps its file.  It matters only if that has a label.
 */
static bool dup_fails(struct ss_handling *h)
{
	const struct ss_files *files = ss_task_files(h->task);
	int from = h->call->range.from;

	if (from < 0 || !files ||
	    !ss_slot_file(files, (int)h->call->range.first))
		return false;
	if (h->call->range.first >= ss_task_nofile(h->task->tid))
		return true;
	return !ss_slot_file(files, from) &&
		ss_identify_is_open(h->session, h->task, from) == -EBADF;
}

bool ss_call_waits_for_slots(struct ss_handling *h, unsigned int first,
			     unsigned int last, bool uses)
{
	const struct ss_files *files = ss_task_files(h->task);
	struct ss_event over = { .type = SS_EVENT_RETURNED };
	const struct ss_task *other;

	while (files && (other = uses ?
			 ss_slots_user(files, first, last, h->task) :
			 ss_slot_flight(files, (int)first, h->task))) {
		if (!ss_facts_call_is_over(h->session, other->tid))
			return ss_call_waits(h);
		over.tid = other->tid;
		ss_tell(h->session, &over);
	}
	return false;
}

/* An unshare that makes a namespace, too, shows only when it is over; the table
   was copied long before: from then on it stays as it is. */
static bool waits_for_copy(struct ss_handling *h)
{
	return ss_deferred_copies(h->session, h->task) && ss_call_waits(h);
}

/* Has it added its item?  Asleep in such a call it may be in the next one. */
static bool has_added(const struct ss_session *session, pid_t tid)
{
	struct ss_proc_call call;

	return ss_facts_call(session, tid, &call) &&
		!(call.where == SS_PROC_IN_CALL &&
		  ss_call_is_epoll(&session->calls, call.nr));
}

/* Others who add what these slots hold to an epoll, or to the epoll that they
   hold: as a rule that is over. */
static void settle_adding(struct ss_handling *h)
{
	struct ss_event over = { .type = SS_EVENT_RETURNED };
	const struct ss_files *files = ss_task_files(h->task);
	const struct ss_task *other;

	if (!h->session->model->open.adding || !files)
		return;
	while ((other = ss_adding_flight(files, h->call->range.first,
					 h->call->range.last, h->task)) &&
	       has_added(h->session, other->tid)) {
		over.tid = other->tid;
		ss_tell(h->session, &over);
	}
}

static bool handle_close(struct ss_handling *h)
{
	struct ss_event event = {
		.type = SS_EVENT_CLOSE,
		.tid = h->task->tid,
		.range = {
			.first = h->call->range.first,
			.last = h->call->range.last,
			.unshare = h->call->range.unshare,
			.keep = h->call->range.keep,
		},
	};

	/* It fails now, as seen: whoever shares the table may be opening the
	   other one, and a call that goes on might find it. */
	if (dup_fails(h))
		return refuse(h, EBADF);
	if (event.range.unshare)
		ss_workers_look(h->session, h->task->group->tgid);
	/* Another thread's exec may have been seen. */
	if (!ss_call_is_there(h) || waits_for_copy(h))
		return false;
	if (ss_call_waits_for_slots(h, event.range.first, event.range.last,
				    true))
		return false;
	settle_adding(h);
	ss_tell_when_let_on(h->session, &event);
	return true;
}

static bool handle_epoll(struct ss_handling *h)
{
	struct ss_event event = {
		.type = h->call->epoll.add ? SS_EVENT_EPOLL_ADD :
			SS_EVENT_EPOLL_DELETE,
		.tid = h->task->tid,
	};
	struct ss_file *epoll, *target;
	unsigned int rounds = 0;
	int r;

	if (waits_for_copy(h))
		return false;
	ss_caution_set_epolls(true);
	ss_epolls_prune(h->session);
	do {
		r = ss_identify_slot(h->session, h->task, h->call->epoll.efd,
				     &epoll);
		if (!r)
			r = ss_identify_slot(h->session, h->task,
					     h->call->epoll.fd, &target);
		/* Somebody has died meanwhile: the search begins again. */
		if (r == -EAGAIN && !ss_call_is_there(h))
			return false;
	} while (r == -EAGAIN && rounds++ < ROUNDS_MAX);
	event.epoll.tfd = h->call->epoll.fd;
	event.epoll.efd = h->call->epoll.efd;
	/* Closed: the call fails, if nobody opens it meanwhile.  Not ours to
	   see: found out when asked. */
	if (r && h->call->epoll.add) {
		event.type = SS_EVENT_EPOLL_UNSEEN;
		ss_tell_when_let_on(h->session, &event);
	}
	if (r || epoll == target)
		return true;
	event.epoll.file = epoll;
	event.epoll.target = target;
	ss_tell_when_let_on(h->session, &event);
	return true;
}

static bool handle_undo(struct ss_handling *h)
{
	ss_call_tells(h, SS_EVENT_UNDO);
	return true;
}

/* Whom it finds, and what children inherit, depends on which call comes first:
   one after the other. */
static bool handle_ioprio(struct ss_handling *h)
{
	struct ss_session *session = h->session;

	if (ss_call_waits_for_ioprio(h))
		return false;
	ss_deaths_drain(session);
	ss_workers_look_everywhere(session);
	if ((!ss_settle_surely(session) || !ss_facts_creds_settle(session) ||
	     !ss_deferred_users_settle(session) ||
	     !ss_exec_takeovers_settle(session)) && put_aside(h))
		return false;
	if (!ss_call_is_there(h))
		return false;
	if (!ss_ioprio_set(session, h->task, h->call,
			   !ss_hold_is_over(session, h->notification)) &&
	    ss_call_waits(h))
		return false;
	session->io_contexts = true;
	return true;
}

bool ss_call_changes_creds(struct ss_handling *h)
{
	struct ss_event event = {
		.type = SS_EVENT_CREDS_CHANGE,
		.tid = h->task->tid,
	};

	if (ss_call_waits_for_ioprio(h))
		return false;
	/* The memory of who has died before stays what it was. */
	ss_sharers_settle(h->session, h->task->tid);
	if (!ss_call_is_there(h) || waits_for_memory(h))
		return false;
	ss_facts_commit(h->session);
	/* What they were is what tells later whether they changed. */
	event.set_id = !ss_facts_creds(h->session, h->task);
	if (event.set_id && ss_task_mm(h->task) &&
	    !ss_creds_nested(ss_task_creds(h->task)) &&
	    ss_task_mm(h->task)->dumpable == SS_DUMPABLE_UNKNOWN)
		(void)!ss_facts_dumpable(h->session, h->task);
	if (!ss_call_is_there(h))
		return false;
	ss_tell_when_let_on(h->session, &event);
	h->session->creds_changed = true;
	return true;
}

static bool handle_dumpable(struct ss_handling *h)
{
	struct ss_event event = {
		.type = SS_EVENT_DUMPABLE,
		.tid = h->task->tid,
		.dumpable = h->call->dumpable ? SS_DUMPABLE_YES :
			SS_DUMPABLE_NO,
		.setting = true,
	};

	if (waits_for_set_id(h))
		return false;
	if (ss_settle_makes_copy(h->session, h->task) && ss_call_waits(h))
		return false;
	/* The memory of who has died before stays what it was. */
	ss_sharers_settle(h->session, h->task->tid);
	if (!ss_call_is_there(h))
		return false;
	/* In a nested user namespace nothing follows from it. */
	if (!h->task->creds_known)
		(void)!ss_facts_creds(h->session, h->task);
	ss_tell_when_let_on(h->session, &event);
	return true;
}

/* Not every file of that name is one. */
static bool is_ruleset(const struct ss_task *task, int fd)
{
	char link[LINK_MAX_LENGTH];
	bool is_path;

	return !ss_proc_fd_link(task->tid, fd, link, sizeof(link)) &&
		!strcmp(link, "anon_inode:[landlock-ruleset]") &&
		!ss_proc_fd_is_path(task->tid, fd, &is_path) && !is_path;
}

/* Before it looks at the ruleset; and there are only so many layers, with those
   around us. */
static bool restriction_is_refused(struct ss_session *session,
				   const struct ss_task *task,
				   unsigned int flags)
{
	struct ss_landlock *landlock = &session->landlock;
	unsigned int layers = task->domain ? task->domain->depth + 1 : 0;

	if (!landlock->known)
		ss_landlock_probe(landlock);
	return (flags & ~landlock->flags) || layers >= landlock->layers;
}

static bool handle_landlock(struct ss_handling *h)
{
	struct ss_event event = {
		.type = SS_EVENT_LANDLOCK,
		.tid = h->task->tid,
		.range = {
			.first = (unsigned int)h->call->landlock.fd,
			.last = (unsigned int)h->call->landlock.fd,
		},
	};

	if (ss_call_waits_for_slots(h, event.range.first, event.range.last,
				    false))
		return false;
	/* no_new_privs is set, so a ruleset is all that it takes. */
	if (restriction_is_refused(h->session, h->task,
				   h->call->landlock.flags) ||
	    !is_ruleset(h->task, h->call->landlock.fd))
		return true;
	/* It restricts the caller alone. */
	ss_workers_look(h->session, h->task->group->tgid);
	if (!ss_call_is_there(h))
		return false;
	ss_tell_when_let_on(h->session, &event);
	return true;
}

static bool handle_filter(struct ss_handling *h)
{
	ss_call_tells(h, SS_EVENT_FILTER);
	return true;
}

static bool handle_ring(struct ss_handling *h)
{
	ss_caution_set_epolls(true);
	ss_call_tells(h, SS_EVENT_RING);
	return true;
}

static bool handle_caution(ss_unused struct ss_handling *h)
{
	ss_caution_begin();
	return true;
}

static bool handle_guard(struct ss_handling *h)
{
	/* Whose exec is under way is not to be traced before that is over. */
	if (is_beside_exec(h) && ss_call_waits(h))
		return false;
	if (!ss_call_is_there(h))
		return false;
	/* A clone that has begun already is not traced from its birth. */
	if (ss_settle_makes_sharer(h->session, h->task) && ss_call_waits(h))
		return false;
	ss_call_tells(h, SS_EVENT_HANDLER);
	ss_guard_protect(h->session, h->task);
	return true;
}

/* A task has one tracer: if that is the guard, it makes room. */
static bool handle_trace(struct ss_handling *h)
{
	const struct ss_task *tracee = h->task;

	/* Nobody is traced by us, and nobody is going to be. */
	if (!h->session->guard.wards && !h->session->stacks.reader.keeper)
		return true;
	if (h->call->tracee)
		tracee = ss_settle_resolve(h->session, h->task,
					   h->call->tracee);
	if (!tracee ||
	    !ss_guard_let_go(h->session, h->task->tid, tracee->tid))
		return true;
	/* It stops only after this call, which it makes again then. */
	if (tracee == h->task)
		return refuse(h, SS_GUARD_ERRNO_AGAIN);
	return ss_hold_is_over(h->session, h->notification) ||
		ss_hold(h->session, h->notification) < 0;
}

static bool handle_kcmp(struct ss_handling *h)
{
	return ss_kcmp_answer(h->session, h->task, h->notification, h->call,
			      h->reply);
}

static ss_handle_fn *const handlers[SS_ACT_COUNT] = {
	[SS_ACT_NOTHING] = handle_nothing,
	[SS_ACT_KCMP] = handle_kcmp,
	[SS_ACT_CLONE] = handle_clone,
	[SS_ACT_EXEC] = handle_exec,
	[SS_ACT_EXIT] = handle_exit,
	[SS_ACT_CLOSE] = handle_close,
	[SS_ACT_UNSHARE] = ss_handle_unshare,
	[SS_ACT_SETNS] = ss_handle_setns,
	[SS_ACT_EPOLL] = handle_epoll,
	[SS_ACT_UNDO] = handle_undo,
	[SS_ACT_IOPRIO] = handle_ioprio,
	[SS_ACT_SETID] = ss_call_changes_creds,
	[SS_ACT_DUMPABLE] = handle_dumpable,
	[SS_ACT_LANDLOCK] = handle_landlock,
	[SS_ACT_FILTER] = handle_filter,
	[SS_ACT_RING] = handle_ring,
	[SS_ACT_CAUTION] = handle_caution,
	[SS_ACT_GUARD] = handle_guard,
	[SS_ACT_TRACE] = handle_trace,
};

static bool waits_for_page(struct ss_handling *h)
{
	return !ss_hold_for_page_is_over(h->session, h->notification) &&
		!ss_hold(h->session, h->notification);
}

/* Its memory is not ours to read, or served by somebody who does not answer.
   Without clone3 libc uses clone; and for what a program brings about itself
   nothing goes unseen: for an undo list there may be no memory, and more
   operations than we read at once no host need allow. */
static bool handle_unread(struct ss_handling *h, enum ss_family family, int r)
{
	h->session->stats.unfetchable++;
	if (family == SS_FAMILY_CLONE)
		return refuse(h, ENOSYS);
	if (family == SS_FAMILY_SEM && r == -E2BIG)
		return refuse(h, E2BIG);
	return family == SS_FAMILY_SEM && (r == -ETIMEDOUT || r == -EACCES) ?
		refuse(h, ENOMEM) : true;
}

bool ss_handle(struct ss_session *session, struct ss_task *task,
	       const struct ss_call *call,
	       const struct ss_notification *notification,
	       struct ss_reply *ret)
{
	struct ss_decoded decoded;
	struct ss_handling h = {
		.session = session,
		.task = task,
		.notification = notification,
		.call = &decoded,
		.reply = ret,
	};
	enum ss_arch arch;
	int r;

	ret->kind = SS_REPLY_CONTINUE;
	if (ss_arch_from_audit(notification->arch, &arch))
		return false;
	r = ss_decode(&session->reader, call, arch, notification->tid,
		      notification->args, &decoded);
	if (r == -ESRCH)
		return false;
	if (r == -ETIMEDOUT && waits_for_page(&h))
		return false;
	if (r)
		return handle_unread(&h, call->family, r);
	return handlers[decoded.act](&h);
}
