/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/stack.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "supervise/guard.h"

/* A call that is interrupted by signals again and again has no stack. */
#define TRIES_MAX	8u
/* How many there may be before those of the dead are looked for. */
#define SPARE		64u

static const char no_reader[] = "the reader of stacks does not answer";

/* How long it may take: its own limit comes first. */
#define STUCK_NS	(SS_STACK_PATIENCE_S * 1500000000ull)

enum stage {
	STAGE_WANTED,
	STAGE_STOPPING,		/* told to call again */
	STAGE_STOPPED,		/* .registers are known */
	STAGE_ASKED,		/* the reader has it in hand */
	STAGE_DONE,		/* .stack is known */
};

/* The stack of one call. */
struct ss_stack_read {
	pid_t tid;
	struct ss_path *caller;		/* owned reference */
	struct ss_notification notification;	/* as it was told last */
	enum stage stage;
	unsigned int tries;
	uint64_t number;		/* of the request, if ASKED */
	struct user_regs_struct registers;
	struct ss_stack *message;	/* owned, or NULL */
	struct ss_frame *frames;	/* owned, or NULL */
	struct ss_backtrace stack;
	UT_hash_handle hh;
};

static struct ss_stack_read *find(const struct ss_session *session, pid_t tid)
{
	struct ss_stack_read *read;

	HASH_FIND_INT(session->stacks.by_tid, &tid, read);
	return read;
}

static void forget_stack(struct ss_stack_read *read)
{
	free(read->message);
	free(read->frames);
	read->message = NULL;
	read->frames = NULL;
	read->stack = (struct ss_backtrace){ 0 };
}

static void clear(struct ss_stack_read *read)
{
	forget_stack(read);
	ss_path_put(read->caller);
	read->caller = NULL;
}

static void drop(struct ss_session *session, struct ss_stack_read *read)
{
	HASH_DEL(session->stacks.by_tid, read);
	clear(read);
	free(read);
}

/* Who died in the call. */
static void sweep(struct ss_session *session)
{
	struct ss_stack_read *read, *tmp;

	if (HASH_COUNT(session->stacks.by_tid) <
	    2 * session->model->tasks.count + SPARE)
		return;
	HASH_ITER(hh, session->stacks.by_tid, read, tmp) {
		if (!ss_model_task(session->model, read->tid))
			drop(session, read);
	}
}

static struct ss_stack_read *make(struct ss_session *session, pid_t tid)
{
	struct ss_stack_read *read;

	sweep(session);
	read = calloc(1, sizeof(*read));
	if (!read)
		return NULL;
	read->tid = tid;
	HASH_ADD_INT(session->stacks.by_tid, tid, read);
	if (ss_hash_failed(read)) {
		free(read);
		return NULL;
	}
	return read;
}

static void begin(struct ss_stack_read *read, const struct ss_task *caller)
{
	clear(read);
	read->caller = ss_path_get(caller->path);
	read->stage = STAGE_WANTED;
	read->tries = 0;
}

static void end_without(struct ss_session *session,
			struct ss_stack_read *read, const char *why)
{
	read->stack.why_none = why;
	read->stage = STAGE_DONE;
	session->stats.stacks_none++;
}

/* -ERESTART, or 0 if there is nothing to be had. */
static int stop(struct ss_session *session, struct ss_stack_read *read)
{
	int r;

	if (read->tries++ == TRIES_MAX) {
		end_without(session, read, "it is interrupted all the time");
		return 0;
	}
	r = ss_guard_stop(session, read->tid);
	switch (r) {
	case 0:
		read->stage = STAGE_STOPPING;
		return -ERESTART;
	case -EPERM:
		end_without(session, read,
			    "it is traced already, or must not be traced");
		return 0;
	case -ESRCH:
		end_without(session, read, "it has gone");
		return 0;
	default:
		return r;
	}
}

void ss_stack_stopped(struct ss_session *session, pid_t tid,
		      const struct user_regs_struct *registers)
{
	struct ss_stack_read *read = find(session, tid);

	if (!read || read->stage != STAGE_STOPPING ||
	    (int)registers->orig_rax != SYS_kcmp)
		return;
	read->registers = *registers;
	read->stage = STAGE_STOPPED;
}

/* Does it wait at the place where it was stopped?  -EBUSY: it is about to wait
   somewhere. */
static int is_there(const struct ss_stack_read *read)
{
	struct ss_proc_call call;

	if (ss_proc_call(read->tid, &call))
		return 0;
	if (call.where == SS_PROC_RUNNING)
		return -EBUSY;
	return call.nr == SYS_kcmp && call.sp == read->registers.rsp &&
		call.pc == read->registers.rip;
}

/* The reader takes one at a time.  -EBUSY, or 0 if there is nothing to be
   had. */
static int ask(struct ss_session *session, struct ss_stack_read *read)
{
	struct ss_stacks *stacks = &session->stacks;
	const struct ss_stack_request request = {
		.number = stacks->number + 1,
		.tid = read->tid,
		.registers = read->registers,
	};
	int r;

	if (stacks->in_hand && stacks->stuck) {
		end_without(session, read, no_reader);
		return 0;
	}
	r = stacks->in_hand ? -EBUSY : is_there(read);
	if (!r)
		return stop(session, read);
	if (r < 0)
		return r;
	r = ss_stack_reader_ask(&stacks->reader, &request);
	if (r) {
		end_without(session, read, r == -EPIPE ?
			    "there is no reader of stacks any more" :
			    "its memory cannot be read");
		return 0;
	}
	read->number = ++stacks->number;
	read->stage = STAGE_ASKED;
	stacks->in_hand = read->tid;
	stacks->since = ss_clock_ns();
	return -EBUSY;
}

/* One step.  0: done, or try the next one; -EBUSY, -ERESTART, -ENOMEM. */
static int step(struct ss_session *session, struct ss_stack_read *read)
{
	switch (read->stage) {
	case STAGE_WANTED:
		return stop(session, read);
	case STAGE_STOPPING:
		/* It did not stop in this call, but before or after. */
		read->stage = STAGE_WANTED;
		return 0;
	case STAGE_STOPPED:
		return ask(session, read);
	case STAGE_ASKED:
		return -EBUSY;
	case STAGE_DONE:
		break;
	}
	return 0;
}

/* The call that the read is about, as told now. */
static void note(struct ss_stack_read *read, const struct ss_task *caller,
		 const struct ss_notification *notification)
{
	const struct ss_notification *before = &read->notification;

	if (read->caller != caller->path ||
	    !ss_notification_is_like(before, notification))
		begin(read, caller);
	/* It has been elsewhere in between: in a signal handler. */
	else if (before->id != notification->id &&
		 (read->stage == STAGE_ASKED || read->message)) {
		forget_stack(read);
		read->stage = STAGE_STOPPED;
	}
	read->notification = *notification;
}

static int wait_for(struct ss_session *session, struct ss_stack_read *read)
{
	struct ss_stacks *stacks = &session->stacks;

	if (!ss_hold_is_over(session, &read->notification))
		return ss_hold(session, &read->notification) ? -ENOMEM :
			-EBUSY;
	stacks->stuck = stacks->in_hand &&
		ss_clock_ns() - stacks->since > STUCK_NS;
	end_without(session, read, stacks->stuck ? no_reader :
		    "the reader of stacks has too much to do");
	return 0;
}

int ss_stack_find(struct ss_session *session, const struct ss_task *caller,
		  const struct ss_notification *notification,
		  struct ss_backtrace *ret)
{
	struct ss_stack_read *read = find(session, caller->tid);
	int r = 0;

	if (!read)
		read = make(session, caller->tid);
	if (!read)
		return -ENOMEM;
	note(read, caller, notification);
	if (notification->arch != AUDIT_ARCH_X86_64 &&
	    read->stage == STAGE_WANTED)
		end_without(session, read, "it is an i386 program");
	while (!r && read->stage != STAGE_DONE) {
		r = step(session, read);
		if (r == -EBUSY)
			r = wait_for(session, read);
	}
	*ret = read->stack;
	return r;
}

const struct ss_backtrace *ss_stack_of(const struct ss_session *session,
				       pid_t tid)
{
	const struct ss_stack_read *read = session->stacks.by_tid ?
		find(session, tid) : NULL;

	return read && read->stage == STAGE_DONE ? &read->stack : NULL;
}

void ss_stack_close(struct ss_session *session, pid_t tid)
{
	struct ss_stack_read *read = session->stacks.by_tid ?
		find(session, tid) : NULL;

	if (read)
		drop(session, read);
}

/* ---- the reader ---- */

static int take_over(struct ss_stack_read *read, const struct ss_stack *stack)
{
	uint32_t i;

	read->message = malloc(ss_stack_size(stack));
	read->frames = calloc(stack->count + 1, sizeof(*read->frames));
	if (!read->message || !read->frames)
		return -ENOMEM;
	memcpy(read->message, stack, ss_stack_size(stack));
	for (i = 0; i < stack->count; i++) {
		const struct ss_stack_frame *frame = &stack->frames[i];

		read->frames[i] = (struct ss_frame){
			.object = ss_stack_string(read->message,
						  frame->object),
			.function = ss_stack_string(read->message,
						    frame->function),
			.offset = frame->offset,
		};
	}
	read->stack = (struct ss_backtrace){
		.frames = read->frames,
		.count = stack->count,
		.why_none = ss_stack_string(read->message, stack->why_none),
	};
	read->stage = STAGE_DONE;
	return 0;
}

static void take(struct ss_session *session, const struct ss_stack *stack)
{
	struct ss_stacks *stacks = &session->stacks;
	struct ss_stack_read *read = find(session, stacks->in_hand);

	/* An answer that nobody waited for any more. */
	if (stack->number && stack->number != stacks->number)
		return;
	stacks->in_hand = 0;
	stacks->stuck = false;
	stacks->taken++;
	if (!read || read->stage != STAGE_ASKED ||
	    read->number != stacks->number)
		return;
	if (take_over(read, stack))
		session->failure = -ENOMEM;
	else if (read->stack.why_none)
		session->stats.stacks_none++;
	else
		session->stats.stacks_read++;
}

void ss_stacks_serve(struct ss_session *session)
{
	struct ss_stacks *stacks = &session->stacks;
	/* One for all: it is taken over where it is longed for. */
	static struct ss_stack stack;
	int r;

	while (stacks->in_hand &&
	       (r = ss_stack_reader_take(&stacks->reader, &stack))) {
		if (r < 0) {
			ss_stack_init(&stack, 0);
			ss_stack_fail(&stack, "its reader has gone");
		}
		take(session, &stack);
	}
}

int ss_stacks_start(struct ss_session *session)
{
	struct ss_stack_reader *reader = &session->stacks.reader;
	const struct ss_policy *policy = session->options.policy;
	int r;

	if (!session->options.stacks && !(policy && policy->stacks))
		return 0;
	r = ss_stack_reader_start(reader);
	return r ? r : ss_inherited_add_child(&session->inherited,
					      reader->keeper);
}

void ss_stacks_release(struct ss_session *session)
{
	struct ss_stack_read *read, *tmp;

	HASH_ITER(hh, session->stacks.by_tid, read, tmp)
		drop(session, read);
	ss_stack_reader_stop(&session->stacks.reader);
}
