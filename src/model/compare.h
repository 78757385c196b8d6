/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answering a kcmp from the model.
 *
 * ss_model_compare() returns a verdict, or one fact that it lacks.  The
 * supervisor fetches the fact, tells it by an event or by the question's own
 * fields, and asks again.  Facts that are true only at this moment (a slot
 * that a call in flight is changing) live in the question and die with it.
 *
 * The order of checks is the kernel's (kernel/kcmp.c): ESRCH, EPERM, EINVAL;
 * for FILE then EBADF; for EPOLL_TFD then EFAULT, EBADF, EINVAL, ENOENT.
 *
 * An io_uring opens, closes and replaces descriptors, and nobody tells.  From
 * the first ring on no slot is taken to hold what it held: files are looked at
 * for each question, and have the kernel's order; where that is unknown, the
 * order of the labels that they would get now.
 */
#ifndef SS_MODEL_COMPARE_H
#define SS_MODEL_COMPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "model/model.h"

/* X(ENUM, number): enum kcmp_type of linux/kcmp.h; a name for each. */
#define SS_TYPES(X) \
	X(FILE, 0) X(VM, 1) X(FILES, 2) X(FS, 3) X(SIGHAND, 4) X(IO, 5) \
	X(SYSVSEM, 6) X(EPOLL_TFD, 7)

enum ss_type {
#define X(id, number) SS_TYPE_##id = number,
	SS_TYPES(X)
#undef X
	SS_TYPE_COUNT
};

/* "FILE", ... or NULL for a number that is no type. */
const char *ss_type_name(int type);

/* struct kcmp_epoll_slot: twelve bytes of the caller's memory. */
struct ss_epoll_slot {
	uint32_t efd;
	uint32_t tfd;
	uint32_t toff;
};

enum ss_side_state {
	SS_SIDE_ASK,		/* see what the table says */
	SS_SIDE_CLOSED,
	SS_SIDE_VOLATILE,	/* open now; .file, or unlike all labelled, or
				   there are rings */
};

/* One of the two open files of a question. */
struct ss_side {
	enum ss_side_state state;
	bool in_flight;			/* seen while a call may change it */
	struct ss_file *file;		/* borrowed */
};

/* Two files are not the same, and nobody knows which comes first. */
#define SS_ORDER_UNKNOWN	2

enum ss_items_state {
	SS_ITEMS_ASK,
	SS_ITEMS_NO_EPOLL,
	SS_ITEMS_MISSING,		/* no such number, or not so many */
	SS_ITEMS_FOUND,
};

struct ss_question {
	/* as asked */
	pid_t caller;
	int type;
	pid_t pid[2];			/* in the caller's pid namespace */
	uint64_t idx[2];
	uint64_t generation;		/* the model's, when the facts below
					   were found */
	/* what was found out for it; the supervisor fills these in */
	bool looked[2];			/* NEED_TASK was served */
	bool alive[2];			/* NEED_LIFE was served */
	bool flight_asked[2];		/* NEED_FLIGHT was, for no slot */
	bool dumpable_asked[2];		/* NEED_DUMPABLE was served */
	bool slot_read, slot_fault;	/* NEED_EPOLL_SLOT */
	struct ss_epoll_slot slot;
	struct ss_side side[2];		/* NEED_SLOT */
	bool order_known;		/* NEED_ORDER was served: */
	int order;			/* -1, 0, 1 or SS_ORDER_UNKNOWN */
	enum ss_items_state items;	/* NEED_ITEMS */
	struct ss_hint item_hint;
	unsigned int item_lines;
	bool item_known;		/* NEED_ITEM: .item is it, or NULL: */
	struct ss_file *item;		/* unlike all labelled; borrowed */
	/* for reports: whom the question turned out to be about */
	struct ss_task *task[2];	/* borrowed */
	struct ss_file *file[2];	/* borrowed */
};

struct ss_answer {
	int child_errno;	/* 0: the result counts */
	int result;		/* 0 equal, 1 less, 2 greater */
};

/* X(ENUM, what it asks) */
#define SS_NEEDS(X) \
	X(TASK, "who is the task of that number?") \
	X(LIFE, "does it still live?") \
	X(CREDS, "what are the credentials of .task?") \
	X(DUMPABLE, "is the memory of .task dumpable?") \
	X(FLIGHT, "is the last call of .task over?") \
	X(SLOT, "what is in slot .fd of .task?") \
	X(ORDER, "how do the two files, held now, compare?") \
	X(EPOLL_SLOT, "what is in the caller's memory?") \
	X(ITEMS, "which items has the epoll in .fd of .task?") \
	X(ITEM, "which file does the item watch?")

enum ss_need_kind {
#define X(id, what) SS_NEED_##id,
	SS_NEEDS(X)
#undef X
	SS_NEED_COUNT
};

struct ss_need {
	enum ss_need_kind kind;
	unsigned int side;	/* which of the two, where that matters */
	struct ss_task *task;	/* borrowed */
	int fd;
};

/* true: *ret is the answer.  false: *need is what is missing. */
bool ss_model_compare(const struct ss_model *model, struct ss_question *q,
		      struct ss_answer *ret, struct ss_need *need)
	ss_must_check;

/* Is what was found out for it as it was?  Nobody has gone, or died, since the
   last look: what it borrows is there. */
static inline bool ss_question_holds(const struct ss_question *q,
				     const struct ss_model *model)
{
	return q->generation == model->generation;
}

/* The label of one side as the question found it ("1.2", "1.2/5#1", "-").
   Returns buffer. */
char *ss_question_label(const struct ss_question *q, unsigned int side,
			char *buffer, size_t size);

#endif
