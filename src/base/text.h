/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text: a growing buffer, text of others made safe for one line, and numbers
 * read strictly.
 */
#ifndef SS_BASE_TEXT_H
#define SS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/*
 * A buffer that grows.  Start with {0}.  Appending never fails at once: the
 * first failure is kept in error (-ENOMEM), from then on nothing is appended,
 * and the caller looks once, at the end.  What is there stays valid, and is
 * always followed by a NUL that length does not count.
 */
struct ss_text {
	char *data;		/* owned; NULL until something is appended */
	size_t length;
	size_t capacity;
	int error;		/* 0, or the first failure */
};

#define ss_cleanup_text	__attribute__((__cleanup__(ss_text_release)))

/* Frees the contents; the text is empty then, and may be used again. */
void ss_text_release(struct ss_text *text);
/* Empties it and forgets the error, but keeps the storage. */
void ss_text_clear(struct ss_text *text);
/* The contents, "" if nothing was appended; borrowed until the next call. */
const char *ss_text_string(const struct ss_text *text);

void ss_text_add(struct ss_text *text, const char *data, size_t length);
void ss_text_add_string(struct ss_text *text, const char *string);
void ss_text_printf(struct ss_text *text, const char *format, ...)
	ss_printf(2, 3);
/*
 * Appends text that came from a child so that it cannot end the line, move
 * the cursor or be taken for ours: printable ASCII stands for itself, but
 * backslash and double quote are preceded by a backslash; newline, tab and
 * carriage return become \n, \t, \r, every other byte \xNN.  At most limit
 * bytes are appended, and no escape is cut in two; if that is not all, the
 * last three of them are "...".  limit is 3 at least.
 */
void ss_text_add_escaped(struct ss_text *text, const char *data,
			 size_t length, size_t limit);

/*
 * What is left to read of some text, which need not end in a NUL.  Readers
 * move the cursor only when they succeed.
 */
struct ss_cursor {
	const char *at;		/* borrowed */
	size_t left;
};

static inline struct ss_cursor ss_cursor_of(const char *data, size_t length)
{
	return (struct ss_cursor){ .at = data, .left = length };
}

/*
 * Numbers: digits only, as many as there are, at least one; no white space,
 * no "0x", a minus sign only where the value is signed.  Return 0, -EINVAL if
 * there is no number, -ERANGE if it does not fit.
 */
int ss_cursor_read_u64(struct ss_cursor *cursor, uint64_t *ret) ss_must_check;
int ss_cursor_read_i64(struct ss_cursor *cursor, int64_t *ret) ss_must_check;
int ss_cursor_read_hex(struct ss_cursor *cursor, uint64_t *ret) ss_must_check;
int ss_cursor_read_octal(struct ss_cursor *cursor, uint64_t *ret)
	ss_must_check;
/* The same for a number that must lie in [0, 2^32) and [-2^31, 2^31). */
int ss_cursor_read_u32(struct ss_cursor *cursor, uint32_t *ret) ss_must_check;
int ss_cursor_read_i32(struct ss_cursor *cursor, int32_t *ret) ss_must_check;

/* If the string comes next, moves past it and returns true. */
bool ss_cursor_skip(struct ss_cursor *cursor, const char *string);
/* Moves past spaces and tabs, if any. */
void ss_cursor_skip_blanks(struct ss_cursor *cursor);
/*
 * Takes the next line, without its newline; the last one may lack it.
 * Returns false when nothing is left.
 */
bool ss_cursor_read_line(struct ss_cursor *cursor, struct ss_cursor *ret);

#endif
