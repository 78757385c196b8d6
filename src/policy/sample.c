/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/sample.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "policy/read.h"

/* Reads one value: 0, -EINVAL, -ERANGE, -ENOMEM. */
typedef int read_fn(struct ss_sample *sample, struct ss_cursor value);

static int read_type(struct ss_sample *sample, struct ss_cursor value)
{
	unsigned int index = 0;
	int r = ss_read_type(value, &index);

	sample->call.type = (int)index;
	return r;
}

static int read_relations(struct ss_cursor value, unsigned int *ret,
			  bool *ret_same_user)
{
	struct ss_cursor part;
	unsigned int set = 0;
	bool more;

	do {
		enum ss_relation relation;
		int r;

		more = ss_read_before(&value, "+", &part);
		r = ss_read_relation(part, &relation);
		if (r)
			return r;
		set |= 1u << relation;
	} while (more);
	*ret_same_user = set & 1u << SS_RELATION_SAME_USER;
	set &= ~(1u << SS_RELATION_SAME_USER);
	/* Who is a child is a descendant. */
	if (set & 1u << SS_RELATION_CHILD)
		set |= 1u << SS_RELATION_DESCENDANT;
	if (set & 1u << SS_RELATION_PARENT)
		set |= 1u << SS_RELATION_ANCESTOR;
	*ret = set ? set : 1u << SS_RELATION_OTHER;
	return 0;
}

static int read_relation(struct ss_sample *sample, struct ss_cursor value)
{
	struct ss_asked *call = &sample->call;
	struct ss_cursor first;
	bool two = ss_read_before(&value, ",", &first);
	int r = read_relations(first, &call->relations[0],
			       &call->same_user[0]);

	call->relations[1] = call->relations[0];
	call->same_user[1] = call->same_user[0];
	if (!r && two)
		r = read_relations(value, &call->relations[1],
				   &call->same_user[1]);
	call->known |= 1u << SS_FACT_RELATIONS | 1u << SS_FACT_USERS;
	return r;
}

static int read_fd(struct ss_sample *sample, struct ss_cursor value)
{
	struct ss_cursor first;
	bool two = ss_read_before(&value, ",", &first);
	uint64_t fd = 0;
	int r = ss_read_number(first, 0, UINT32_MAX, &fd);

	sample->call.fd[0] = sample->call.fd[1] = (uint32_t)fd;
	if (!r && two)
		r = ss_read_number(value, 0, UINT32_MAX, &fd);
	sample->call.fd[1] = (uint32_t)fd;
	return r;
}

/* The text is made longer while pieces of it are pointed at: so these are
   offsets, plus one, until the line has been read. */
static const char *keep(struct ss_sample *sample, struct ss_cursor value)
{
	size_t at = sample->strings.length + 1;

	ss_text_add(&sample->strings, value.at, value.left);
	ss_text_add(&sample->strings, "", 1);
	return (const char *)(uintptr_t)at;
}

static const char *kept(const struct ss_sample *sample, const char *offset)
{
	return offset ? sample->strings.data + ((uintptr_t)offset - 1) : NULL;
}

static int read_caller(struct ss_sample *sample, struct ss_cursor value)
{
	if (!value.left)
		return -EINVAL;
	sample->call.executable = keep(sample, value);
	sample->call.known |= 1u << SS_FACT_EXECUTABLE;
	return 0;
}

static int read_same(struct ss_sample *sample, struct ss_cursor value)
{
	sample->call.known |= 1u << SS_FACT_SAME;
	if (ss_cursor_is(value, "yes"))
		sample->call.same = SS_SAME_YES;
	else if (ss_cursor_is(value, "no"))
		sample->call.same = SS_SAME_NO;
	else if (!ss_cursor_is(value, "error"))
		return -EINVAL;
	return 0;
}

static int read_at(struct ss_sample *sample, struct ss_cursor value)
{
	struct ss_asked *call = &sample->call;
	bool more = true;

	call->known |= 1u << SS_FACT_STACK;
	if (ss_cursor_is(value, "none")) {
		call->stack.why_none = "the call has no stack";
		return 0;
	}
	while (more) {
		struct ss_frame *frame = &sample->frames[call->stack.count];
		struct ss_cursor part, object;

		if (call->stack.count++ == SS_SAMPLE_FRAMES)
			return -ERANGE;
		more = ss_read_before(&value, ",", &part);
		if (ss_read_before(&part, "!", &object))
			frame->object = keep(sample, object);
		if (!part.left)
			return -EINVAL;
		frame->function = keep(sample, part);
	}
	return 0;
}

static int read_uid(struct ss_sample *sample, struct ss_cursor value)
{
	uint64_t uid = 0;
	int r = ss_read_number(value, 0, UINT32_MAX - 1, &uid);

	sample->call.uid = (uid_t)uid;
	sample->call.known |= 1u << SS_FACT_UID;
	return r;
}

static int read_task(struct ss_sample *sample, struct ss_cursor value)
{
	unsigned int numbers[SS_TASK_NUMBERS], count = 0, i;
	int r = ss_read_label(value, numbers, &count);

	for (i = 0; !r && i < count; i++) {
		struct ss_path *path = ss_path_new(sample->path, numbers[i]);

		if (!path)
			return -ENOMEM;
		ss_path_put(sample->path);
		sample->path = path;
	}
	return r;
}

static int read_nth(struct ss_sample *sample, struct ss_cursor value)
{
	return ss_read_number(value, 1, SS_SAMPLE_NTH_MAX, &sample->nth);
}

static const struct sample_key {
	const char *name;
	read_fn *read;
	const char *expects;
} sample_keys[] = {
	{ "type", read_type,
	  "FILE, VM, FILES, FS, SIGHAND, IO, SYSVSEM, EPOLL_TFD or invalid" },
	{ "relation", read_relation,
	  "one relation, or two with a comma, as self,child" },
	{ "fd", read_fd, "one number, or two with a comma" },
	{ "caller", read_caller, "a path" },
	{ "same", read_same, "yes, no or error" },
	{ "at", read_at,
	  "none, or up to 32 frames with commas, as main or libc.so.6!close" },
	{ "uid", read_uid, "a number" },
	{ "task", read_task, "a label, as 1.2" },
	{ "nth", read_nth, "a number from 1 to 1000000" },
};

static int read_pair(struct ss_sample *sample, struct ss_cursor pair,
		     unsigned int *said, char *message, size_t size)
{
	struct ss_cursor name, value = pair;
	bool valued = ss_read_before(&value, "=", &name);
	const struct sample_key *key = NULL;
	size_t i;
	int r;

	for (i = 0; i < SS_ARRAY_SIZE(sample_keys) && !key; i++) {
		if (ss_cursor_is(name, sample_keys[i].name))
			key = &sample_keys[i];
	}
	if (!key || !valued) {
		(void)snprintf(message, size, "%s in a call: expected type=, "
			       "relation=, fd=, caller=, same=, at=, uid=, "
			       "task= or nth=",
			       ss_quote(pair.at, pair.left).text);
		return -EINVAL;
	}
	if (*said & 1u << (key - sample_keys)) {
		(void)snprintf(message, size, "'%s' a second time: expected "
			       "it once", key->name);
		return -EINVAL;
	}
	*said |= 1u << (key - sample_keys);
	r = key->read(sample, value);
	if (!r || r == -ENOMEM)
		return r;
	(void)snprintf(message, size, "%s is no value of '%s': expected %s",
		       ss_quote(value.at, value.left).text, key->name,
		       key->expects);
	return -EINVAL;
}

/* Offsets become addresses, and what was not said gets its value. */
static int complete(struct ss_sample *sample)
{
	static struct ss_group process = { .tgid = 1, .serial = 1 };
	struct ss_asked *call = &sample->call;
	size_t i;

	if (!sample->path)
		sample->path = ss_path_new(NULL, 1);
	if (!sample->path || sample->strings.error)
		return -ENOMEM;
	call->path = sample->path;
	call->process = &process;
	call->executable = kept(sample, call->executable);
	for (i = 0; i < call->stack.count; i++) {
		struct ss_frame *frame = &sample->frames[i];

		frame->object = kept(sample, frame->object);
		frame->function = kept(sample, frame->function);
	}
	call->stack.frames = sample->frames;
	return 0;
}

int ss_sample_read(struct ss_sample *sample, const char *line, char *message,
		   size_t size)
{
	struct ss_cursor rest = ss_cursor_of(line, strlen(line)), word;
	unsigned int said = 0;
	int r = 0;

	*sample = (struct ss_sample){ .nth = 1 };
	while (!r) {
		ss_cursor_skip_blanks(&rest);
		if (!rest.left)
			break;
		(void)ss_read_before(&rest, " ", &word);
		if (word.left == rest.left && word.at == rest.at)
			rest.left = 0;
		r = read_pair(sample, word, &said, message, size);
	}
	if (!r && !(said & 1u)) {
		(void)snprintf(message, size, "no type in the call: expected "
			       "'type=%s'", "FILE' or another of them");
		r = -EINVAL;
	}
	return r ? r : complete(sample);
}

void ss_sample_release(struct ss_sample *sample)
{
	ss_path_put(sample->path);
	ss_text_release(&sample->strings);
	*sample = (struct ss_sample){ 0 };
}

int ss_sample_decide(const struct ss_sample *sample,
		     const struct ss_policy *policy,
		     struct ss_reason *reasons, struct ss_asked *ret,
		     enum ss_fact *ret_need)
{
	struct ss_counters *counters = ss_counters_new(policy);
	size_t asked = 0;
	uint64_t n;
	int r = counters ? 1 : -ENOMEM;

	for (n = 0; r == 1 && n < sample->nth; n++) {
		while (reasons && asked)
			reasons[--asked] = (struct ss_reason){ 0 };
		*ret = sample->call;
		ret->stack.frames = sample->frames;
		ret->reasons = reasons;
		r = ss_policy_decide(policy, counters, ret, ret_need);
		asked = ret->next;
	}
	ss_counters_free(counters);
	return r;
}

const char *ss_sample_key(enum ss_fact fact)
{
	static const char *const keys[SS_FACT_COUNT] = {
		[SS_FACT_UID] = "uid",
		[SS_FACT_RELATIONS] = "relation",
		[SS_FACT_USERS] = "relation",
		[SS_FACT_EXECUTABLE] = "caller",
		[SS_FACT_SAME] = "same",
		[SS_FACT_STACK] = "at",
	};

	return keys[fact];
}
