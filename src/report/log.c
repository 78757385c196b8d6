/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define NAME_MAX_BYTES	96
#define FRAME_NAME_MAX_BYTES	1024

struct ss_log {
	int fd;			/* owned, unless it is stderr */
	int error;		/* 0, or the first -errno */
	bool stacks;
	struct ss_text line;	/* kept between lines: no allocation */
};

int ss_log_open(const char *file, bool stacks, struct ss_log **ret)
{
	struct ss_log *log = calloc(1, sizeof(*log));
	int r;

	if (!log)
		return -ENOMEM;
	log->stacks = stacks;
	log->fd = STDERR_FILENO;
	if (file)
		log->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			       0666);
	if (log->fd < 0) {
		r = -errno;
		free(log);
		return r;
	}
	*ret = log;
	return 0;
}

int ss_log_close(struct ss_log *log)
{
	int error;

	if (!log)
		return 0;
	error = log->error;
	if (log->fd != STDERR_FILENO && close(log->fd) < 0 && !error)
		error = -errno;
	ss_text_release(&log->line);
	free(log);
	return error;
}

static void print_arguments(const struct ss_question *q, struct ss_text *text)
{
	const char *name = ss_type_name(q->type);

	ss_text_printf(text, "kcmp(%d, %d, ", q->pid[0], q->pid[1]);
	if (!name) {
		ss_text_printf(text, "%d, %#llx, %#llx)", q->type,
			       (unsigned long long)q->idx[0],
			       (unsigned long long)q->idx[1]);
		return;
	}
	ss_text_printf(text, "KCMP_%s", name);
	/* The kernel reads 32 bits of a number. */
	if (q->type == SS_TYPE_FILE || q->type == SS_TYPE_EPOLL_TFD)
		ss_text_printf(text, ", %d", (int)q->idx[0]);
	if (q->type == SS_TYPE_FILE)
		ss_text_printf(text, ", %d", (int)q->idx[1]);
	if (q->type == SS_TYPE_EPOLL_TFD) {
		if (q->slot_read && !q->slot_fault)
			ss_text_printf(text, ", {efd=%d, tfd=%d, toff=%u}",
				       (int)q->slot.efd, (int)q->slot.tfd,
				       q->slot.toff);
		else
			ss_text_printf(text, ", %#llx",
				       (unsigned long long)q->idx[1]);
	}
	ss_text_add_string(text, ")");
}

void ss_answer_format(const struct ss_answer *answer, struct ss_text *text)
{
	int error = answer->child_errno;
	const char *name = strerrorname_np(error);

	if (!error)
		ss_text_printf(text, "%d", answer->result);
	else if (name)
		ss_text_printf(text, "-1 %s (%s)", name,
			       strerrordesc_np(error));
	else
		ss_text_printf(text, "-1 (errno %d)", error);
}

static void print_labels(const struct ss_question *question,
			 struct ss_text *text)
{
	char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES];

	ss_question_label(question, 0, a, sizeof(a));
	ss_question_label(question, 1, b, sizeof(b));
	if (strcmp(a, b) == 0)
		ss_text_printf(text, " (%s)", a);
	else
		ss_text_printf(text, " (%s, %s)", a, b);
}

/* By the answer alone? */
static bool is_shown(const struct ss_action *action)
{
	return (action->kind == SS_ACTION_ERROR ||
		action->kind == SS_ACTION_RETVAL) && !action->delay &&
		!action->signal;
}

/* Nothing if all is as it would be without a policy. */
static void print_decision(const struct ss_decision *decision,
			   struct ss_text *text)
{
	const struct ss_action *action = &decision->action;
	bool plain = action->kind == SS_ACTION_MODEL && !action->delay &&
		!action->signal;

	if (plain && decision->by != SS_BY_RULE)
		return;
	ss_text_add_string(text, " [");
	ss_decided_by_print(decision, text);
	if (!plain && !is_shown(action)) {
		ss_text_add_string(text, ": ");
		ss_action_print(action, text);
	}
	ss_text_add_string(text, "]");
}

void ss_log_format(const struct ss_model *model,
		   const struct ss_question *question,
		   const struct ss_answer *answer,
		   const struct ss_decision *decision, struct ss_text *text)
{
	const struct ss_task *caller = ss_model_task(model, question->caller);
	char a[NAME_MAX_BYTES];

	ss_text_printf(text, "[%s pid %d] ",
		       caller ? ss_path_print(caller->path, a, sizeof(a)) :
		       "-", question->caller);
	print_arguments(question, text);
	ss_text_add_string(text, " = ");
	if (answer)
		ss_answer_format(answer, text);
	else
		ss_text_add_string(text, "?");
	if (answer && !answer->child_errno &&
	    (!decision || decision->action.kind == SS_ACTION_MODEL))
		print_labels(question, text);
	if (decision)
		print_decision(decision, text);
}

/* Names are the program's own choice. */
static void print_name(const char *name, struct ss_text *text)
{
	ss_text_add_escaped(text, name, strlen(name), FRAME_NAME_MAX_BYTES);
}

static void print_frames(const struct ss_backtrace *stack,
			 struct ss_text *text)
{
	size_t i;

	for (i = 0; i < stack->count; i++) {
		const struct ss_frame *frame = &stack->frames[i];

		ss_text_add_string(text, " > ");
		if (frame->object)
			print_name(frame->object, text);
		if (frame->function) {
			ss_text_add_string(text, "!");
			print_name(frame->function, text);
		}
		ss_text_printf(text, "+%#llx\n",
			       (unsigned long long)frame->offset);
	}
}

void ss_log_answer(struct ss_log *log, const struct ss_model *model,
		   const struct ss_question *question,
		   const struct ss_answer *answer,
		   const struct ss_decision *decision,
		   const struct ss_backtrace *stack)
{
	int r;

	ss_text_clear(&log->line);
	ss_log_format(model, question, answer, decision, &log->line);
	if (stack && stack->why_none) {
		ss_text_add_string(&log->line, " [no stack: ");
		print_name(stack->why_none, &log->line);
		ss_text_add_string(&log->line, "]");
	}
	ss_text_add_string(&log->line, "\n");
	if (stack && log->stacks)
		print_frames(stack, &log->line);
	r = log->line.error;
	if (!r)
		r = ss_file_write(log->fd, log->line.data, log->line.length);
	if (r && !log->error)
		log->error = r;
}
