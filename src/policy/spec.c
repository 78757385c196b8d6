/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/keys.h"
#include "policy/read.h"

struct parser {
	const char *spec;
	const char *source;	/* the policy's */
	struct ss_rule *rule;
	struct ss_problems *problems;
};

static struct ss_where where_of(const struct parser *p, const char *at)
{
	return (struct ss_where){ .file = p->source,
				  .column = (unsigned int)(at - p->spec) + 1 };
}

static void unknown_key(struct parser *p, struct ss_cursor name)
{
	ss_cleanup_text struct ss_text text = { 0 };
	enum ss_key_id id;

	for (id = 0; id < SS_KEYS_COUNT; id++) {
		if (id != SS_KEY_NAME)
			ss_text_printf(&text, "%s%s",
				       text.length ? ", " : "",
				       ss_keys[id].name);
	}
	if (text.error)
		p->problems->error = text.error;
	ss_problem_add(p->problems, where_of(p, name.at),
		       "unknown key %s: expected %s",
		       ss_quote(name.at, name.left).text,
		       ss_text_string(&text));
}

static void read_list(struct parser *p, enum ss_key_id id,
		      struct ss_cursor value)
{
	struct ss_cursor element;
	bool more;

	do {
		more = ss_read_before(&value, ",", &element);
		ss_key_read(p->rule, id, element, where_of(p, element.at),
			    p->problems);
	} while (more);
}

/* KEY or KEY=VALUE */
static void read_pair(struct parser *p, struct ss_cursor pair)
{
	struct ss_cursor name, value = pair;
	bool valued = ss_read_before(&value, "=", &name);
	struct ss_where where = where_of(p, pair.at);
	enum ss_key_id id = ss_key_find_in_spec(name);
	const struct ss_key *key;
	bool bare;

	if (id == SS_KEYS_COUNT) {
		unknown_key(p, name);
		return;
	}
	key = &ss_keys[id];
	bare = key->shape == SS_SHAPE_BARE || key->shape == SS_SHAPE_SWITCH;
	if (bare && !valued)
		value = ss_cursor_of("true", 4);
	if (p->rule->given & 1u << id)
		ss_problem_add(p->problems, where,
			       "'%s' a second time: expected it once",
			       key->name);
	else if (bare && valued)
		ss_problem_add(p->problems, where,
			       "'%s' takes no value: expected '%s' alone",
			       key->name, key->name);
	else if (!bare && !valued)
		ss_problem_add(p->problems, where,
			       "'%s' lacks its value: expected '%s=' and %s",
			       key->name, key->name, key->expects);
	else if (key->shape == SS_SHAPE_LIST)
		read_list(p, id, value);
	else
		ss_key_read(p->rule, id, value,
			    bare ? where : where_of(p, value.at),
			    p->problems);
}

static void parse(struct parser *p)
{
	struct ss_cursor rest = ss_cursor_of(p->spec, strlen(p->spec)), pair;
	bool more = ss_read_before(&rest, ":", &pair);

	if (!ss_cursor_is(pair, "kcmp"))
		ss_problem_add(p->problems, where_of(p, p->spec),
			       "unknown call %s: expected kcmp",
			       ss_quote(pair.at, pair.left).text);
	while (more) {
		more = ss_read_before(&rest, ":", &pair);
		read_pair(p, pair);
	}
	ss_rule_complete(p->rule, p->problems);
}

/* "OPTION=SPEC", as the user has written it. */
static const char *make_source(struct ss_policy *policy, const char *spec,
			       const char *option)
{
	ss_cleanup_text struct ss_text text = { 0 };

	ss_text_printf(&text, "%s=%s", option, spec);
	return text.error ? NULL :
		ss_policy_source(policy, ss_text_string(&text));
}

void ss_policy_inject(struct ss_policy *policy, const char *spec,
		      const char *option, struct ss_problems *problems)
{
	struct ss_problems mine = { 0 };
	struct parser p = { .spec = spec, .problems = &mine };
	int r = -ENOMEM;
	size_t i;

	p.source = make_source(policy, spec, option);
	if (p.source)
		p.rule = ss_rule_new((struct ss_where){ .file = p.source });
	if (p.rule) {
		parse(&p);
		r = mine.error;
	}
	if (r || mine.count)
		ss_rule_free(p.rule);
	else
		r = ss_policy_add(policy, p.rule, true);
	if (r == -E2BIG)
		ss_problem_add(problems, (struct ss_where){ .file = p.source },
			       "too many rules: expected %d at most",
			       SS_RULES_MAX);
	else if (r)
		problems->error = r;
	for (i = 0; i < mine.count; i++)
		ss_problem_add(problems, mine.list[i].where, "%s",
			       mine.list[i].text);
	problems->left_out += mine.left_out;
	ss_problems_release(&mine);
}
