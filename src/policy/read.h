/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single values as rules have them, read from text and printed as text that
 * reads the same.  Readers take the whole of their text; they return 0,
 * -EINVAL if it is no such value, -ERANGE if it is too small or too large, and
 * write their results on success only.
 */
#ifndef SS_POLICY_READ_H
#define SS_POLICY_READ_H

#include "base/text.h"
#include "policy/rule.h"

static inline bool ss_cursor_is(struct ss_cursor cursor, const char *string)
{
	return ss_cursor_skip(&cursor, string) && cursor.left == 0;
}

/*
 * Is there a separator?  Then *ret is what comes before it, and the cursor is
 * moved behind it.  Else *ret is everything.
 */
bool ss_read_before(struct ss_cursor *cursor, const char *separator,
		    struct ss_cursor *ret);

int ss_read_number(struct ss_cursor text, uint64_t min, uint64_t max,
		   uint64_t *ret) ss_must_check;

/* "FILE", "KCMP_FILE", "invalid": an index as of ss_type_index(). */
int ss_read_type(struct ss_cursor text, unsigned int *ret) ss_must_check;
int ss_read_relation(struct ss_cursor text, enum ss_relation *ret)
	ss_must_check;

/* "1.2.3": room for SS_TASK_NUMBERS. */
int ss_read_label(struct ss_cursor text, unsigned int *ret_numbers,
		  unsigned int *ret_count) ss_must_check;

/* FIRST[..LAST][+[STEP]], as in strace. */
int ss_read_when(struct ss_cursor text, struct ss_when *ret) ss_must_check;
void ss_print_when(const struct ss_when *when, struct ss_text *text);

/* "0.25" or "25%"; in parts of SS_CHANCE_ONE. */
int ss_read_chance(struct ss_cursor text, uint32_t *ret) ss_must_check;
void ss_print_chance(uint32_t chance, struct ss_text *text);

/* A number of microseconds, or with s, ms, us or ns; in nanoseconds. */
int ss_read_time(struct ss_cursor text, uint64_t max, uint64_t *ret)
	ss_must_check;
void ss_print_time(uint64_t nanoseconds, struct ss_text *text);

/* "EPERM"; what has two names has both. */
int ss_read_errno(struct ss_cursor text, int *ret) ss_must_check;
/* The buffer is for numbers without a name. */
const char *ss_errno_name(int number, char buffer[16]);

/* "SIGUSR1", "USR1" or a number up to 64. */
int ss_read_signal(struct ss_cursor text, int *ret) ss_must_check;
void ss_print_signal(int number, struct ss_text *text);

/*
 * May the text stand in messages and in files as it is?  UTF-8 without control
 * characters, line separators, and what is no character.
 */
bool ss_is_printable(struct ss_cursor text);
/* Printable text in double quotes, as YAML has it. */
void ss_print_quoted(const char *string, struct ss_text *text);

#endif
