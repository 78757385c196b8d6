/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/read.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ERRNO_MAX	4095	/* MAX_ERRNO of the kernel */
#define SIGNALS		64

bool ss_read_before(struct ss_cursor *cursor, const char *separator,
		    struct ss_cursor *ret)
{
	size_t length = strlen(separator);
	const char *found = cursor->left ? memmem(cursor->at, cursor->left,
						  separator, length) : NULL;

	*ret = *cursor;
	if (!found)
		return false;
	ret->left = (size_t)(found - cursor->at);
	cursor->left -= ret->left + length;
	cursor->at = found + length;
	return true;
}

int ss_read_number(struct ss_cursor text, uint64_t min, uint64_t max,
		   uint64_t *ret)
{
	uint64_t value;
	int r = ss_cursor_read_u64(&text, &value);

	if (text.left && r != -ERANGE)
		return -EINVAL;
	if (r)
		return r;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int ss_read_type(struct ss_cursor text, unsigned int *ret)
{
	unsigned int i;

	(void)ss_cursor_skip(&text, "KCMP_");
	for (i = 0; i <= SS_TYPE_INVALID; i++) {
		if (ss_cursor_is(text, ss_type_index_name(i))) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

int ss_read_relation(struct ss_cursor text, enum ss_relation *ret)
{
	enum ss_relation i;

	for (i = 0; i < SS_RELATION_COUNT; i++) {
		if (ss_cursor_is(text, ss_relation_name(i))) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

int ss_read_label(struct ss_cursor text, unsigned int *ret_numbers,
		  unsigned int *ret_count)
{
	unsigned int numbers[SS_TASK_NUMBERS], count = 0;
	struct ss_cursor part;
	bool more;

	do {
		uint64_t number;
		int r;

		more = ss_read_before(&text, ".", &part);
		r = ss_read_number(part, 1, UINT32_MAX, &number);
		if (r)
			return r;
		/* The command is 1, and everybody descends from it. */
		if (count == SS_TASK_NUMBERS || (count == 0 && number != 1))
			return -ERANGE;
		numbers[count++] = (unsigned int)number;
	} while (more);
	memcpy(ret_numbers, numbers, count * sizeof(*numbers));
	*ret_count = count;
	return 0;
}

static int read_u32(struct ss_cursor text, uint32_t min, uint32_t *ret)
{
	uint64_t value;
	int r = ss_read_number(text, min, UINT32_MAX, &value);

	if (!r)
		*ret = (uint32_t)value;
	return r;
}

int ss_read_when(struct ss_cursor text, struct ss_when *ret)
{
	struct ss_when when = { .step = 1 };
	struct ss_cursor step = text, range, first;
	bool stepped = ss_read_before(&step, "+", &range);
	bool ranged = ss_read_before(&range, "..", &first);
	int r = read_u32(first, 1, &when.first);

	if (r)
		return r;
	when.last = stepped ? SS_WHEN_NO_END : when.first;
	if (ranged) {
		r = ss_read_number(range, 1, UINT32_MAX, &when.last);
		if (r)
			return r;
		if (when.last < when.first)
			return -ERANGE;
	}
	if (stepped && step.left) {
		r = read_u32(step, 1, &when.step);
		if (r)
			return r;
	}
	*ret = when;
	return 0;
}

void ss_print_when(const struct ss_when *when, struct ss_text *text)
{
	bool ends = when->last != SS_WHEN_NO_END;

	ss_text_printf(text, "%u", when->first);
	if (ends && when->last == when->first)
		return;
	if (ends)
		ss_text_printf(text, "..%llu", (unsigned long long)when->last);
	if (ends && when->step == 1)
		return;
	ss_text_add_string(text, "+");
	if (when->step != 1)
		ss_text_printf(text, "%u", when->step);
}

/*
 * A decimal number times 10^digits, exactly: further digits than these are
 * -ERANGE.
 */
static int read_decimal(struct ss_cursor *text, unsigned int digits,
			uint64_t *ret)
{
	uint64_t value, fraction = 0;
	int r = ss_cursor_read_u64(text, &value);
	unsigned int i;

	if (r)
		return r;
	if (ss_cursor_skip(text, ".")) {
		size_t before = text->left;

		r = ss_cursor_read_u64(text, &fraction);
		if (r)
			return r;
		if (before - text->left > digits)
			return -ERANGE;
		for (i = (unsigned int)(before - text->left); i < digits; i++)
			fraction *= 10;
	}
	for (i = 0; i < digits; i++) {
		if (value > UINT64_MAX / 20)
			return -ERANGE;
		value *= 10;
	}
	*ret = value + fraction;
	return 0;
}

/* Without the zeroes at the end. */
static void print_decimal(uint64_t value, unsigned int digits,
			  struct ss_text *text)
{
	uint64_t one = 1;
	unsigned int i;

	for (i = 0; i < digits; i++)
		one *= 10;
	ss_text_printf(text, "%llu", (unsigned long long)(value / one));
	value %= one;
	if (!value)
		return;
	for (; value % 10 == 0; digits--)
		value /= 10;
	ss_text_printf(text, ".%0*llu", (int)digits,
		       (unsigned long long)value);
}

int ss_read_chance(struct ss_cursor text, uint32_t *ret)
{
	bool percent = text.left && text.at[text.left - 1] == '%';
	uint64_t value = 0;
	int r;

	if (percent)
		text.left--;
	r = read_decimal(&text, percent ? 7 : 9, &value);
	if (r || text.left)
		return r ? r : -EINVAL;
	if (value == 0 || value > SS_CHANCE_ONE)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}

void ss_print_chance(uint32_t chance, struct ss_text *text)
{
	print_decimal(chance, 9, text);
}

/* The largest first; microseconds need not be said. */
static const struct {
	const char *name;
	unsigned int digits;
} units[] = {
	{ "s", 9 }, { "ms", 6 }, { "us", 3 }, { "ns", 0 }, { "", 3 },
};

int ss_read_time(struct ss_cursor text, uint64_t max, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(units); i++) {
		struct ss_cursor rest = text;
		uint64_t value = 0;
		int r = read_decimal(&rest, units[i].digits, &value);

		if (r == -EINVAL)
			return r;
		while (r && rest.left && strchr("0123456789.", rest.at[0])) {
			rest.at++;
			rest.left--;
		}
		if (!ss_cursor_is(rest, units[i].name))
			continue;
		if (!r && value > max)
			r = -ERANGE;
		if (!r)
			*ret = value;
		return r;
	}
	return -EINVAL;
}

void ss_print_time(uint64_t nanoseconds, struct ss_text *text)
{
	static const uint64_t sizes[] = { 1000000000, 1000000, 1000, 1 };
	size_t i = 0;

	while (nanoseconds && nanoseconds % sizes[i])
		i++;
	ss_text_printf(text, "%llu%s",
		       (unsigned long long)(nanoseconds / sizes[i]),
		       units[i].name);
}

int ss_read_errno(struct ss_cursor text, int *ret)
{
	static const struct {
		const char *name;
		int number;
	} second[] = {
		{ "EWOULDBLOCK", EWOULDBLOCK }, { "EDEADLOCK", EDEADLOCK },
		{ "ENOTSUP", ENOTSUP },
	};
	int number;
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(second); i++) {
		if (ss_cursor_is(text, second[i].name)) {
			*ret = second[i].number;
			return 0;
		}
	}
	for (number = 1; number <= ERRNO_MAX; number++) {
		const char *name = strerrorname_np(number);

		if (name && ss_cursor_is(text, name)) {
			*ret = number;
			return 0;
		}
	}
	return -EINVAL;
}

const char *ss_errno_name(int number, char buffer[16])
{
	const char *name = strerrorname_np(number);

	if (name)
		return name;
	(void)snprintf(buffer, 16, "%d", number);
	return buffer;
}

int ss_read_signal(struct ss_cursor text, int *ret)
{
	uint64_t number;
	int r = ss_read_number(text, 1, SIGNALS, &number);

	if (r == -EINVAL) {
		(void)ss_cursor_skip(&text, "SIG");
		for (number = 1; number <= SIGNALS; number++) {
			const char *name = sigabbrev_np((int)number);

			if (name && ss_cursor_is(text, name)) {
				r = 0;
				break;
			}
		}
	}
	if (!r)
		*ret = (int)number;
	return r;
}

void ss_print_signal(int number, struct ss_text *text)
{
	const char *name = sigabbrev_np(number);

	if (name)
		ss_text_printf(text, "SIG%s", name);
	else
		ss_text_printf(text, "%d", number);
}

/* The next character, of which `left` bytes more are to come; 0: none. */
static uint32_t first_byte(unsigned char byte, unsigned int *ret_left,
			   uint32_t *ret_least)
{
	static const struct {
		unsigned char mask, bits;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	unsigned int i;

	for (i = 0; i < SS_ARRAY_SIZE(forms); i++) {
		if ((byte & forms[i].mask) == forms[i].bits) {
			*ret_left = i;
			*ret_least = forms[i].least;
			return byte & (unsigned char)~forms[i].mask;
		}
	}
	*ret_left = 0;
	*ret_least = 1;
	return 0;
}

static bool is_character(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) &&
		c != 0x2028 && c != 0x2029 && c != 0xfeff &&
		!(c >= 0xd800 && c < 0xe000) && (c & 0xfffe) != 0xfffe &&
		c < 0x110000;
}

bool ss_is_printable(struct ss_cursor text)
{
	while (text.left) {
		unsigned int more;
		uint32_t least;
		uint32_t c = first_byte((unsigned char)*text.at, &more,
					&least);

		if (more >= text.left)
			return false;
		text.left -= more + 1;
		for (text.at++; more; more--, text.at++) {
			if ((*text.at & 0xc0) != 0x80)
				return false;
			c = c << 6 | ((unsigned char)*text.at & 0x3f);
		}
		if (c < least || !is_character(c))
			return false;
	}
	return true;
}

void ss_print_quoted(const char *string, struct ss_text *text)
{
	ss_text_add_string(text, "\"");
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			ss_text_add_string(text, "\\");
		ss_text_add(text, string, 1);
	}
	ss_text_add_string(text, "\"");
}
