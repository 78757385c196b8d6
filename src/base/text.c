/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define TEXT_FIRST	64

void ss_text_release(struct ss_text *text)
{
	free(text->data);
	*text = (struct ss_text){ 0 };
}

void ss_text_clear(struct ss_text *text)
{
	if (text->data)
		text->data[0] = '\0';
	text->length = 0;
	text->error = 0;
}

const char *ss_text_string(const struct ss_text *text)
{
	return text->data ? text->data : "";
}

/* Makes room for so many bytes more, and a NUL. */
static bool reserve(struct ss_text *text, size_t more)
{
	size_t capacity = text->capacity ? text->capacity : TEXT_FIRST;
	char *data;

	if (text->error)
		return false;
	if (more >= SIZE_MAX / 2 - text->length)
		goto fail;
	while (capacity <= text->length + more)
		capacity *= 2;
	if (capacity == text->capacity)
		return true;
	data = realloc(text->data, capacity);
	if (!data)
		goto fail;
	text->data = data;
	text->capacity = capacity;
	return true;
fail:
	text->error = -ENOMEM;
	return false;
}

void ss_text_add(struct ss_text *text, const char *data, size_t length)
{
	if (!reserve(text, length))
		return;
	if (length > 0)
		memcpy(text->data + text->length, data, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void ss_text_add_string(struct ss_text *text, const char *string)
{
	ss_text_add(text, string, strlen(string));
}

void ss_text_printf(struct ss_text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	/* Twice: the first time to learn the length. */
	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || !reserve(text, (size_t)length)) {
		text->error = -ENOMEM;
		return;
	}
	va_start(arguments, format);
	(void)vsnprintf(text->data + text->length, (size_t)length + 1, format,
			arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

/* One byte as ss_text_add_escaped() shows it; returns how many it takes. */
static size_t escape_byte(unsigned char byte, char ret[4])
{
	static const char digits[] = "0123456789abcdef";
	static const char named[] = "\nn\tt\rr\\\\\"\"";
	const char *pair;

	for (pair = named; *pair; pair += 2) {
		if ((unsigned char)pair[0] == byte) {
			ret[0] = '\\';
			ret[1] = pair[1];
			return 2;
		}
	}
	if (byte >= 0x20 && byte < 0x7f) {
		ret[0] = (char)byte;
		return 1;
	}
	ret[0] = '\\';
	ret[1] = 'x';
	ret[2] = digits[byte >> 4];
	ret[3] = digits[byte & 15];
	return 4;
}

void ss_text_add_escaped(struct ss_text *text, const char *data,
			 size_t length, size_t limit)
{
	static const char cut[] = "...";
	size_t start = text->length;
	size_t fits = start;	/* where "..." can still stand */
	size_t i;

	ss_assert(limit >= strlen(cut));
	for (i = 0; i < length; i++) {
		char escaped[4];
		size_t size = escape_byte((unsigned char)data[i], escaped);

		if (text->length - start + size > limit) {
			if (text->error)
				return;
			text->length = fits;
			ss_text_add_string(text, cut);
			return;
		}
		ss_text_add(text, escaped, size);
		if (text->length - start + strlen(cut) <= limit)
			fits = text->length;
	}
}

/* The value of a digit in any base up to 16, or 16. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

static int read_number(struct ss_cursor *cursor, unsigned int base,
		       uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < cursor->left; i++) {
		unsigned int digit = digit_value(cursor->at[i]);

		if (digit >= base)
			break;
		if (value > (max - digit) / base)
			return -ERANGE;
		value = value * base + digit;
	}
	if (i == 0)
		return -EINVAL;
	cursor->at += i;
	cursor->left -= i;
	*ret = value;
	return 0;
}

int ss_cursor_read_u64(struct ss_cursor *cursor, uint64_t *ret)
{
	return read_number(cursor, 10, UINT64_MAX, ret);
}

int ss_cursor_read_hex(struct ss_cursor *cursor, uint64_t *ret)
{
	return read_number(cursor, 16, UINT64_MAX, ret);
}

int ss_cursor_read_octal(struct ss_cursor *cursor, uint64_t *ret)
{
	return read_number(cursor, 8, UINT64_MAX, ret);
}

int ss_cursor_read_u32(struct ss_cursor *cursor, uint32_t *ret)
{
	uint64_t value;
	int r = read_number(cursor, 10, UINT32_MAX, &value);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

/* max: the greatest value; the least is -max - 1. */
static int read_signed(struct ss_cursor *cursor, int64_t max, int64_t *ret)
{
	struct ss_cursor rest = *cursor;
	bool negative = ss_cursor_skip(&rest, "-");
	uint64_t value;
	int r;

	r = read_number(&rest, 10, (uint64_t)max + negative, &value);
	if (r < 0)
		return r;
	*cursor = rest;
	/* Not -(int64_t)value: that of the least value does not exist. */
	*ret = negative && value > 0 ? -(int64_t)(value - 1) - 1
				     : (int64_t)value;
	return 0;
}

int ss_cursor_read_i64(struct ss_cursor *cursor, int64_t *ret)
{
	return read_signed(cursor, INT64_MAX, ret);
}

int ss_cursor_read_i32(struct ss_cursor *cursor, int32_t *ret)
{
	int64_t value;
	int r = read_signed(cursor, INT32_MAX, &value);

	if (r == 0)
		*ret = (int32_t)value;
	return r;
}

bool ss_cursor_skip(struct ss_cursor *cursor, const char *string)
{
	size_t length = strlen(string);

	if (length > cursor->left)
		return false;
	if (length > 0 && memcmp(cursor->at, string, length) != 0)
		return false;
	cursor->at += length;
	cursor->left -= length;
	return true;
}

void ss_cursor_skip_blanks(struct ss_cursor *cursor)
{
	while (cursor->left > 0 &&
	       (cursor->at[0] == ' ' || cursor->at[0] == '\t')) {
		cursor->at++;
		cursor->left--;
	}
}

bool ss_cursor_read_line(struct ss_cursor *cursor, struct ss_cursor *ret)
{
	const char *newline;
	size_t length;

	if (cursor->left == 0)
		return false;
	newline = memchr(cursor->at, '\n', cursor->left);
	length = newline ? (size_t)(newline - cursor->at) : cursor->left;
	*ret = ss_cursor_of(cursor->at, length);
	if (newline)
		length++;
	cursor->at += length;
	cursor->left -= length;
	return true;
}
