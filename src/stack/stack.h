/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stack, as it is told from the process that reads it (reader.h) to the
 * supervisor: one message without pointers.
 *
 * The reader digests files that a hostile program has made, so the receiver
 * trusts nothing: ss_stack_check() first.
 */
#ifndef SS_STACK_STACK_H
#define SS_STACK_STACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "base/attributes.h"

/* The innermost ones of deeper stacks. */
#define SS_STACK_FRAMES_MAX	64u
/* Names that find no room any more are left out. */
#define SS_STACK_TEXT_MAX	16384u
/* Longer names of functions are cut (C++). */
#define SS_STACK_FUNCTION_MAX	512u

/* A task that has just been in a call, and is about to make it again. */
struct ss_stack_request {
	uint64_t number;	/* comes back with the stack */
	pid_t tid;
	struct user_regs_struct registers;	/* x86-64 */
};

struct ss_stack_frame {
	uint32_t object;	/* where in .text; 0: not known */
	uint32_t function;
	uint64_t offset;	/* in the function, or in the object, or an
				   address, as far as they are known */
};

struct ss_stack {
	uint64_t number;	/* of the request; 0: whichever is in hand */
	uint32_t why_none;	/* where in .text; 0: there is a stack */
	uint32_t count;
	uint32_t length;	/* of .text, with the last NUL */
	struct ss_stack_frame frames[SS_STACK_FRAMES_MAX];
	char text[SS_STACK_TEXT_MAX];	/* strings; the first is empty */
};

/* No frame, no reason. */
void ss_stack_init(struct ss_stack *stack, uint64_t number);
/* Appends a string: where it is, or 0 if there is no room. */
uint32_t ss_stack_add(struct ss_stack *stack, const char *string);
/* The same of a stack that has no frames: for this reason. */
void ss_stack_fail(struct ss_stack *stack, const char *why);
/* How many bytes of it are to be sent. */
size_t ss_stack_size(const struct ss_stack *stack);
/* Is what was received, that many bytes, sound?  0 or -EBADMSG. */
int ss_stack_check(const struct ss_stack *stack, size_t size) ss_must_check;
/* The string there, or NULL; of a sound stack. */
const char *ss_stack_string(const struct ss_stack *stack, uint32_t where);

#endif
