/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of a rule: one table for the parser of SPECs, the parser of files,
 * the text of `policy show`, and the messages.
 */
#ifndef SS_POLICY_KEYS_H
#define SS_POLICY_KEYS_H

#include "base/text.h"
#include "policy/rule.h"

/* Where in a file it stands.  A SPEC has them all beside each other. */
enum ss_key_place {
	SS_PLACE_RULE,
	SS_PLACE_MATCH,
	SS_PLACE_THEN,
};

enum ss_key_shape {
	SS_SHAPE_VALUE,
	SS_SHAPE_LIST,		/* A,B in a SPEC, A or [A, B] in a file */
	SS_SHAPE_BARE,		/* it takes no value */
	SS_SHAPE_SWITCH,	/* bare in a SPEC, true or false in a file */
};

/* X(ENUM, name, place, shape, what is expected) */
#define SS_KEYS(X) \
	X(NAME, name, RULE, VALUE, \
	  "up to 100 printable characters") \
	X(TYPE, type, MATCH, LIST, \
	  "FILE, VM, FILES, FS, SIGHAND, IO, SYSVSEM, EPOLL_TFD or invalid") \
	X(RELATION, relation, MATCH, LIST, \
	  "self, thread, parent, child, ancestor, descendant, sibling, " \
	  "same-user, other or unknown") \
	X(CALLER, caller, MATCH, VALUE, \
	  "a pattern of the path of an executable") \
	X(FD, fd, MATCH, VALUE, "N or N..M, from 0 to 2147483647") \
	X(SAME, same, MATCH, VALUE, "yes or no") \
	X(AT, at, MATCH, VALUE, "FUNCTION or OBJECT!FUNCTION") \
	X(UID, uid, MATCH, VALUE, "a number from 0 to 4294967294") \
	X(TASK, task, MATCH, VALUE, \
	  "a label: 1, or 1.2 and so on, of up to 33 numbers") \
	X(WHEN, when, RULE, VALUE, \
	  "FIRST, FIRST..LAST, FIRST+ or FIRST+STEP, numbers from 1 to " \
	  "4294967295") \
	X(COUNT, count, RULE, VALUE, "task, process or sandbox") \
	X(CHANCE, chance, RULE, VALUE, \
	  "above 0 up to 1, as 0.25 or 25%, with up to nine decimals") \
	X(SEED, seed, RULE, VALUE, \
	  "a number from 0 to 18446744073709551615") \
	X(LOG, log, RULE, SWITCH, "true or false") \
	X(ERROR, error, THEN, VALUE, "the name of an error, as EPERM") \
	X(RETVAL, retval, THEN, VALUE, "0, 1, 2 or 3") \
	X(MODEL, model, THEN, BARE, "no value") \
	X(KERNEL, kernel, THEN, BARE, "no value") \
	X(KILL, kill, THEN, BARE, "no value") \
	X(DELAY, delay, THEN, VALUE, \
	  "a time up to a day: a number, of microseconds or with s, ms, us " \
	  "or ns") \
	X(SIGNAL, signal, THEN, VALUE, \
	  "the name of a signal, as SIGUSR1, or a number from 1 to 64")

enum ss_key_id {
#define X(id, name, place, shape, expects) SS_KEY_##id,
	SS_KEYS(X)
#undef X
	SS_KEYS_COUNT
};

/* Keys that choose the action: one of them must be said. */
#define SS_KEYS_ACTION \
	(1u << SS_KEY_ERROR | 1u << SS_KEY_RETVAL | 1u << SS_KEY_MODEL | \
	 1u << SS_KEY_KERNEL | 1u << SS_KEY_KILL)

/* Keys of which none must be said for a rule that needs the type only. */
#define SS_KEYS_BEYOND_TYPE \
	(1u << SS_KEY_RELATION | 1u << SS_KEY_CALLER | 1u << SS_KEY_FD | \
	 1u << SS_KEY_SAME | 1u << SS_KEY_AT | 1u << SS_KEY_UID | \
	 1u << SS_KEY_TASK)

struct ss_key {
	const char *name;
	enum ss_key_place place;
	enum ss_key_shape shape;
	const char *expects;
	/*
	 * Reads one value, or one element of a list, into the rule.  -EINVAL
	 * if it is none, -ERANGE if it is too small or too large, -EEXIST if
	 * the list has it already, -ENOMEM.  Unused for what takes no value.
	 */
	int (*read)(struct ss_rule *rule, struct ss_cursor value);
	/* Prints the value as read() takes it; with quotes if it is text. */
	void (*print)(const struct ss_rule *rule, struct ss_text *text);
};

extern const struct ss_key ss_keys[SS_KEYS_COUNT];

/* The key of that name at that place, or SS_KEYS_COUNT. */
enum ss_key_id ss_key_find(struct ss_cursor name, enum ss_key_place place);
/* The key of that name in a SPEC, or SS_KEYS_COUNT. */
enum ss_key_id ss_key_find_in_spec(struct ss_cursor name);

/* Appends ", "-separated names of the keys of a place. */
void ss_keys_list(enum ss_key_place place, struct ss_text *text);

/*
 * Reads a value as ss_keys[id].read() does, notes that it was said, and tells
 * of what is wrong with it.
 */
void ss_key_read(struct ss_rule *rule, enum ss_key_id id,
		 struct ss_cursor value, struct ss_where where,
		 struct ss_problems *problems);

/* What has to be looked at when all keys of a rule have been read: no action,
   or two; a seed without chance; and the like. */
void ss_rule_complete(struct ss_rule *rule, struct ss_problems *problems);

#endif
