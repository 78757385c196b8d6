/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack/stack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

void ss_stack_init(struct ss_stack *stack, uint64_t number)
{
	stack->number = number;
	stack->why_none = 0;
	stack->count = 0;
	stack->length = 1;
	stack->text[0] = '\0';
}

uint32_t ss_stack_add(struct ss_stack *stack, const char *string)
{
	size_t size = strlen(string) + 1;
	uint32_t where = stack->length;

	if (size > SS_STACK_TEXT_MAX - stack->length)
		return 0;
	memcpy(stack->text + where, string, size);
	stack->length += (uint32_t)size;
	return where;
}

void ss_stack_fail(struct ss_stack *stack, const char *why)
{
	ss_stack_init(stack, stack->number);
	stack->why_none = ss_stack_add(stack, why);
}

size_t ss_stack_size(const struct ss_stack *stack)
{
	return offsetof(struct ss_stack, text) + stack->length;
}

static bool is_inside(const struct ss_stack *stack, uint32_t where)
{
	return where < stack->length;
}

int ss_stack_check(const struct ss_stack *stack, size_t size)
{
	uint32_t i;

	if (size < offsetof(struct ss_stack, text) || !stack->length ||
	    stack->length > SS_STACK_TEXT_MAX ||
	    size != ss_stack_size(stack) ||
	    stack->text[stack->length - 1] != '\0' ||
	    stack->count > SS_STACK_FRAMES_MAX ||
	    !is_inside(stack, stack->why_none))
		return -EBADMSG;
	for (i = 0; i < stack->count; i++) {
		if (!is_inside(stack, stack->frames[i].object) ||
		    !is_inside(stack, stack->frames[i].function))
			return -EBADMSG;
	}
	return 0;
}

const char *ss_stack_string(const struct ss_stack *stack, uint32_t where)
{
	return where ? stack->text + where : NULL;
}
