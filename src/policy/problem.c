/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct ss_problems *problems)
{
	size_t capacity = problems->capacity ? 2 * problems->capacity : 8;
	struct ss_problem *list;

	if (problems->count < problems->capacity)
		return 0;
	list = reallocarray(problems->list, capacity, sizeof(*list));
	if (!list)
		return -ENOMEM;
	problems->list = list;
	problems->capacity = capacity;
	return 0;
}

void ss_problem_add(struct ss_problems *problems, struct ss_where where,
		    const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	if (problems->count == SS_PROBLEMS_MAX) {
		problems->left_out++;
		return;
	}
	/* Twice: the first time to learn the length. */
	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length >= 0)
		text = malloc((size_t)length + 1);
	if (!text || make_room(problems)) {
		free(text);
		problems->error = -ENOMEM;
		return;
	}
	va_start(arguments, format);
	(void)vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	problems->list[problems->count++] = (struct ss_problem){
		.where = where, .text = text };
}

void ss_where_print(const struct ss_where *where, struct ss_text *text)
{
	ss_text_add_escaped(text, where->file, strlen(where->file), 200);
	if (where->line)
		ss_text_printf(text, ":%u:%u", where->line, where->column);
	else if (where->column)
		ss_text_printf(text, ": column %u", where->column);
}

static int by_place(const struct ss_where *a, const struct ss_where *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

/* By insertion: what was found first stays first, and they are few.  Files
   stay in the order in which they were read. */
static void sort(struct ss_problems *problems)
{
	size_t i, j;

	for (i = 1; i < problems->count; i++) {
		struct ss_problem moved = problems->list[i];

		for (j = i; j > 0; j--) {
			const struct ss_problem *before =
				&problems->list[j - 1];

			if (strcmp(before->where.file, moved.where.file) ||
			    by_place(&before->where, &moved.where) <= 0)
				break;
			problems->list[j] = *before;
		}
		problems->list[j] = moved;
	}
}

void ss_problems_print(struct ss_problems *problems, struct ss_text *text)
{
	size_t i;

	sort(problems);
	for (i = 0; i < problems->count; i++) {
		ss_where_print(&problems->list[i].where, text);
		ss_text_printf(text, ": %s\n", problems->list[i].text);
	}
	if (problems->left_out)
		ss_text_printf(text, "and %zu more\n", problems->left_out);
}

void ss_problems_release(struct ss_problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count; i++)
		free(problems->list[i].text);
	free(problems->list);
	*problems = (struct ss_problems){ 0 };
}

struct ss_quoted ss_quote(const char *data, size_t length)
{
	struct ss_quoted quoted = { .text = "'" };
	/* Room enough, so that nothing is allocated, and nothing can fail. */
	struct ss_text text = { .data = quoted.text, .length = 1,
				.capacity = sizeof(quoted.text) };

	ss_text_add_escaped(&text, data, length, sizeof(quoted.text) - 3);
	ss_text_add(&text, "'", 1);
	return quoted;
}
