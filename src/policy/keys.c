/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/keys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"

#define NAME_MAX_CHARS	100
#define TEXT_MAX	4095	/* of a pattern: PATH_MAX */

static int copy_text(struct ss_cursor value, size_t max, char **ret)
{
	char *copy;

	if (value.left == 0 || !ss_is_printable(value))
		return -EINVAL;
	if (value.left > max)
		return -ERANGE;
	copy = strndup(value.at, value.left);
	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int read_name(struct ss_rule *rule, struct ss_cursor value)
{
	size_t max = NAME_MAX_CHARS, i;

	/* What continues a character of UTF-8 is none of its own. */
	for (i = 0; i < value.left; i++)
		max += (value.at[i] & 0xc0) == 0x80;
	return copy_text(value, max, &rule->name);
}

static void print_name(const struct ss_rule *rule, struct ss_text *text)
{
	ss_print_quoted(rule->name, text);
}

static int add_bit(unsigned int bit, unsigned int *set)
{
	if (*set & 1u << bit)
		return -EEXIST;
	*set |= 1u << bit;
	return 0;
}

static int read_type(struct ss_rule *rule, struct ss_cursor value)
{
	unsigned int index;
	int r = ss_read_type(value, &index);

	return r ? r : add_bit(index, &rule->types);
}

static void print_type(const struct ss_rule *rule, struct ss_text *text)
{
	const char *separator = "[";
	unsigned int i;

	for (i = 0; i <= SS_TYPE_INVALID; i++) {
		if (rule->types & 1u << i) {
			ss_text_printf(text, "%s%s", separator,
				       ss_type_index_name(i));
			separator = ", ";
		}
	}
	ss_text_add_string(text, "]");
}

static int read_relation(struct ss_rule *rule, struct ss_cursor value)
{
	enum ss_relation relation;
	int r = ss_read_relation(value, &relation);

	return r ? r : add_bit(relation, &rule->relations);
}

static void print_relation(const struct ss_rule *rule, struct ss_text *text)
{
	const char *separator = "[";
	unsigned int i;

	for (i = 0; i < SS_RELATION_COUNT; i++) {
		if (rule->relations & 1u << i) {
			ss_text_printf(text, "%s%s", separator,
				       ss_relation_name(i));
			separator = ", ";
		}
	}
	ss_text_add_string(text, "]");
}

static int read_caller(struct ss_rule *rule, struct ss_cursor value)
{
	return copy_text(value, TEXT_MAX, &rule->caller);
}

static void print_caller(const struct ss_rule *rule, struct ss_text *text)
{
	ss_print_quoted(rule->caller, text);
}

static int read_fd(struct ss_rule *rule, struct ss_cursor value)
{
	struct ss_cursor first;
	bool range = ss_read_before(&value, "..", &first);
	uint64_t low, high;
	int r = ss_read_number(first, 0, INT_MAX, &low);

	high = low;
	if (!r && range)
		r = ss_read_number(value, 0, INT_MAX, &high);
	if (r)
		return r;
	if (low > high)
		return -ERANGE;
	rule->fd_first = (unsigned int)low;
	rule->fd_last = (unsigned int)high;
	return 0;
}

static void print_fd(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_printf(text, "%u", rule->fd_first);
	if (rule->fd_last != rule->fd_first)
		ss_text_printf(text, "..%u", rule->fd_last);
}

/* Both spellings of YAML. */
static int read_bool(struct ss_cursor value, bool *ret)
{
	*ret = ss_cursor_is(value, "yes") || ss_cursor_is(value, "true");
	return *ret || ss_cursor_is(value, "no") ||
		ss_cursor_is(value, "false") ? 0 : -EINVAL;
}

static int read_same(struct ss_rule *rule, struct ss_cursor value)
{
	return read_bool(value, &rule->same);
}

static void print_same(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_add_string(text, rule->same ? "yes" : "no");
}

static int read_at(struct ss_rule *rule, struct ss_cursor value)
{
	struct ss_cursor object;
	int r;

	if (ss_read_before(&value, "!", &object)) {
		r = copy_text(object, TEXT_MAX, &rule->object);
		if (r)
			return r;
	}
	return copy_text(value, TEXT_MAX, &rule->function);
}

static void print_at(const struct ss_rule *rule, struct ss_text *text)
{
	ss_cleanup_text struct ss_text at = { 0 };

	if (rule->object)
		ss_text_printf(&at, "%s!", rule->object);
	ss_text_add_string(&at, rule->function);
	if (at.error)
		text->error = at.error;
	ss_print_quoted(ss_text_string(&at), text);
}

static int read_uid(struct ss_rule *rule, struct ss_cursor value)
{
	uint64_t uid;
	int r = ss_read_number(value, 0, UINT32_MAX - 1, &uid);

	if (!r)
		rule->uid = (uid_t)uid;
	return r;
}

static void print_uid(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_printf(text, "%u", rule->uid);
}

static int read_task(struct ss_rule *rule, struct ss_cursor value)
{
	return ss_read_label(value, rule->task, &rule->task_numbers);
}

static void print_task(const struct ss_rule *rule, struct ss_text *text)
{
	unsigned int i;

	for (i = 0; i < rule->task_numbers; i++)
		ss_text_printf(text, "%s%u", i ? "." : "", rule->task[i]);
}

static int read_when(struct ss_rule *rule, struct ss_cursor value)
{
	return ss_read_when(value, &rule->when);
}

static void print_when(const struct ss_rule *rule, struct ss_text *text)
{
	ss_print_when(&rule->when, text);
}

static const char *const scopes[SS_SCOPE_COUNT] = {
	"task", "process", "sandbox",
};

static int read_count(struct ss_rule *rule, struct ss_cursor value)
{
	unsigned int i;

	for (i = 0; i < SS_SCOPE_COUNT; i++) {
		if (ss_cursor_is(value, scopes[i])) {
			rule->scope = i;
			return 0;
		}
	}
	return -EINVAL;
}

static void print_count(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_add_string(text, scopes[rule->scope]);
}

static int read_chance(struct ss_rule *rule, struct ss_cursor value)
{
	return ss_read_chance(value, &rule->chance);
}

static void print_chance(const struct ss_rule *rule, struct ss_text *text)
{
	ss_print_chance(rule->chance, text);
}

static int read_seed(struct ss_rule *rule, struct ss_cursor value)
{
	return ss_read_number(value, 0, UINT64_MAX, &rule->seed);
}

static void print_seed(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_printf(text, "%llu", (unsigned long long)rule->seed);
}

static int read_log(struct ss_rule *rule, struct ss_cursor value)
{
	return read_bool(value, &rule->log);
}

static void print_log(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_add_string(text, rule->log ? "true" : "false");
}

static int read_error(struct ss_rule *rule, struct ss_cursor value)
{
	int r = ss_read_errno(value, &rule->action.value);

	if (!r)
		rule->action.kind = SS_ACTION_ERROR;
	return r;
}

static void print_error(const struct ss_rule *rule, struct ss_text *text)
{
	char buffer[16];

	ss_text_add_string(text, ss_errno_name(rule->action.value, buffer));
}

static int read_retval(struct ss_rule *rule, struct ss_cursor value)
{
	uint64_t result;
	int r = ss_read_number(value, 0, 3, &result);

	if (r)
		return r;
	rule->action.kind = SS_ACTION_RETVAL;
	rule->action.value = (int)result;
	return 0;
}

static void print_retval(const struct ss_rule *rule, struct ss_text *text)
{
	ss_text_printf(text, "%d", rule->action.value);
}

static int read_model(struct ss_rule *rule, ss_unused struct ss_cursor value)
{
	rule->action.kind = SS_ACTION_MODEL;
	return 0;
}

static int read_kernel(struct ss_rule *rule, ss_unused struct ss_cursor value)
{
	rule->action.kind = SS_ACTION_KERNEL;
	return 0;
}

static int read_kill(struct ss_rule *rule, ss_unused struct ss_cursor value)
{
	rule->action.kind = SS_ACTION_KILL;
	return 0;
}

static void print_nothing(ss_unused const struct ss_rule *rule,
			  ss_unused struct ss_text *text)
{
}

#define print_model	print_nothing
#define print_kernel	print_nothing
#define print_kill	print_nothing

static int read_delay(struct ss_rule *rule, struct ss_cursor value)
{
	return ss_read_time(value, SS_DELAY_MAX, &rule->action.delay);
}

static void print_delay(const struct ss_rule *rule, struct ss_text *text)
{
	ss_print_time(rule->action.delay, text);
}

static int read_signal(struct ss_rule *rule, struct ss_cursor value)
{
	return ss_read_signal(value, &rule->action.signal);
}

static void print_signal(const struct ss_rule *rule, struct ss_text *text)
{
	ss_print_signal(rule->action.signal, text);
}

const struct ss_key ss_keys[SS_KEYS_COUNT] = {
#define X(id, key, where, form, expected) \
	[SS_KEY_##id] = { .name = #key, .place = SS_PLACE_##where, \
			  .shape = SS_SHAPE_##form, .expects = expected, \
			  .read = read_##key, .print = print_##key },
	SS_KEYS(X)
#undef X
};

enum ss_key_id ss_key_find(struct ss_cursor name, enum ss_key_place place)
{
	enum ss_key_id id;

	for (id = 0; id < SS_KEYS_COUNT; id++) {
		if (ss_keys[id].place == place &&
		    ss_cursor_is(name, ss_keys[id].name))
			break;
	}
	return id;
}

enum ss_key_id ss_key_find_in_spec(struct ss_cursor name)
{
	enum ss_key_id id;

	for (id = 0; id < SS_KEYS_COUNT; id++) {
		if (id != SS_KEY_NAME && ss_cursor_is(name, ss_keys[id].name))
			break;
	}
	return id;
}

void ss_keys_list(enum ss_key_place place, struct ss_text *text)
{
	const char *separator = "";
	size_t i;

	for (i = 0; i < SS_KEYS_COUNT; i++) {
		if (ss_keys[i].place != place)
			continue;
		ss_text_printf(text, "%s%s", separator, ss_keys[i].name);
		separator = ", ";
	}
}

void ss_key_read(struct ss_rule *rule, enum ss_key_id id,
		 struct ss_cursor value, struct ss_where where,
		 struct ss_problems *problems)
{
	const struct ss_key *key = &ss_keys[id];
	struct ss_quoted quoted = ss_quote(value.at, value.left);
	int r;

	if (1u << id & SS_KEYS_ACTION & ~rule->given &&
	    rule->given & SS_KEYS_ACTION) {
		ss_problem_add(problems, where,
			       "a second action, '%s': expected one of error, "
			       "retval, model, kernel and kill", key->name);
		return;
	}
	/* The first element of a list ends "everything". */
	if (!(rule->given & 1u << id)) {
		rule->types = id == SS_KEY_TYPE ? 0 : rule->types;
		rule->relations = id == SS_KEY_RELATION ? 0 : rule->relations;
	}
	rule->given |= 1u << id;
	r = key->read(rule, value);
	if (r == -EINVAL)
		ss_problem_add(problems, where,
			       "%s is no value of '%s': expected %s",
			       quoted.text, key->name, key->expects);
	else if (r == -ERANGE)
		ss_problem_add(problems, where,
			       "%s is out of range for '%s': expected %s",
			       quoted.text, key->name, key->expects);
	else if (r == -EEXIST)
		ss_problem_add(problems, where,
			       "%s is listed twice in '%s': expected it once",
			       quoted.text, key->name);
	else if (r)
		problems->error = r;
}

static bool says(const struct ss_rule *rule, enum ss_key_id id)
{
	return rule->given & 1u << id;
}

void ss_rule_complete(struct ss_rule *rule, struct ss_problems *problems)
{
	const struct ss_where where = rule->where;
	const unsigned int files = 1u << SS_TYPE_FILE | 1u << SS_TYPE_EPOLL_TFD;

	if (!(rule->given & SS_KEYS_ACTION))
		ss_problem_add(problems, where,
			       "no action: expected one of error, retval, "
			       "model, kernel and kill");
	if (says(rule, SS_KEY_SEED) && !says(rule, SS_KEY_CHANCE))
		ss_problem_add(problems, where,
			       "'seed' without 'chance': nothing is left to "
			       "chance");
	if (says(rule, SS_KEY_COUNT) && !says(rule, SS_KEY_CHANCE) &&
	    !says(rule, SS_KEY_WHEN))
		ss_problem_add(problems, where,
			       "'count' without 'when' or 'chance': nothing is "
			       "counted");
	if (says(rule, SS_KEY_KILL) && says(rule, SS_KEY_SIGNAL))
		ss_problem_add(problems, where,
			       "'signal' beside 'kill': the caller would not "
			       "live to get it");
	if (says(rule, SS_KEY_FD) && rule->types && !(rule->types & files))
		ss_problem_add(problems, where,
			       "'fd' can never match: of these types no call "
			       "names a descriptor; expected FILE or EPOLL_TFD "
			       "in 'type'");
	if (says(rule, SS_KEY_SAME) &&
	    rule->types == 1u << SS_TYPE_INVALID)
		ss_problem_add(problems, where,
			       "'same' can never match: the model answers an "
			       "error to type invalid");
	if (says(rule, SS_KEY_SAME) &&
	    rule->relations == 1u << SS_RELATION_UNKNOWN)
		ss_problem_add(problems, where,
			       "'same' can never match: the model answers an "
			       "error about tasks that are unknown");
}
