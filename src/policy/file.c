/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/file.h"

#include <errno.h>
#include <string.h>

#include "policy/keys.h"
#include "policy/read.h"

#define PAIRS_MAX	100	/* of one mapping */

struct reader {
	yaml_document_t document;
	struct ss_policy *policy;
	struct ss_problems *problems;
	const char *file;		/* the policy's */
	struct ss_rule *rule;		/* that is being read */
	bool version;			/* it has one */
};

/* What one pair of a mapping is for. */
typedef void read_pair_fn(struct reader *r, const yaml_node_t *key,
			  const yaml_node_t *value);

static struct ss_where where_of(const struct reader *r,
				const yaml_node_t *node)
{
	return (struct ss_where){
		.file = r->file,
		.line = (unsigned int)node->start_mark.line + 1,
		.column = (unsigned int)node->start_mark.column + 1,
	};
}

static yaml_node_t *node_of(struct reader *r, int number)
{
	return yaml_document_get_node(&r->document, number);
}

static struct ss_cursor text_of(const yaml_node_t *node)
{
	return ss_cursor_of((const char *)node->data.scalar.value,
			    node->data.scalar.length);
}

static bool is_null(const yaml_node_t *node)
{
	struct ss_cursor text = text_of(node);

	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		(text.left == 0 || ss_cursor_is(text, "~") ||
		 ss_cursor_is(text, "null"));
}

static const char *type_name(const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return "a list";
	if (node->type == YAML_MAPPING_NODE)
		return "a mapping";
	return is_null(node) ? "nothing" : "a value";
}

/* No tag is needed, so one that says something else is a mistake. */
static bool is_tagged(struct reader *r, const yaml_node_t *node)
{
	static const char *const plain[] = {
		[YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
		[YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
		[YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG,
	};
	const char *tag = (const char *)node->tag;

	if (!tag || strcmp(tag, plain[node->type]) == 0)
		return false;
	ss_problem_add(r->problems, where_of(r, node),
		       "a tag, %s: expected none",
		       ss_quote(tag, strlen(tag)).text);
	return true;
}

/* The same of what is in a mapping, too. */
static bool any_is_tagged(struct reader *r, const yaml_node_t *node)
{
	bool tagged = is_tagged(r, node);
	const yaml_node_pair_t *pair;

	if (node->type != YAML_MAPPING_NODE)
		return tagged;
	for (pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		tagged |= is_tagged(r, node_of(r, pair->key));
		tagged |= is_tagged(r, node_of(r, pair->value));
	}
	return tagged;
}

/* Is it of that type?  If not, it is told what was expected. */
static bool expect(struct reader *r, const yaml_node_t *node,
		   yaml_node_type_t type, const char *what,
		   const char *expected)
{
	if (is_tagged(r, node))
		return false;
	if (node->type == type && (type != YAML_SCALAR_NODE || !is_null(node)))
		return true;
	ss_problem_add(r->problems, where_of(r, node),
		       "'%s' is %s: expected %s", what, type_name(node),
		       expected);
	return false;
}

/* Has one of the pairs before this the same key? */
static bool is_second(struct reader *r, const yaml_node_t *node,
		      const yaml_node_pair_t *pair)
{
	struct ss_cursor key = text_of(node_of(r, pair->key));
	const yaml_node_pair_t *p;

	for (p = node->data.mapping.pairs.start; p < pair; p++) {
		const yaml_node_t *other = node_of(r, p->key);
		struct ss_cursor text;

		if (other->type != YAML_SCALAR_NODE)
			continue;
		text = text_of(other);
		if (text.left == key.left &&
		    memcmp(text.at, key.at, key.left) == 0) {
			ss_problem_add(r->problems,
				       where_of(r, node_of(r, pair->key)),
				       "%s a second time: expected it once, "
				       "and it is in line %zu",
				       ss_quote(key.at, key.left).text,
				       other->start_mark.line + 1);
			return true;
		}
	}
	return false;
}

/* Calls fn for each pair whose key is text and comes the first time. */
static void each_pair(struct reader *r, const yaml_node_t *node,
		      read_pair_fn *fn)
{
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;

	for (; pair < end; pair++) {
		const yaml_node_t *key = node_of(r, pair->key);

		if (pair - node->data.mapping.pairs.start == PAIRS_MAX) {
			ss_problem_add(r->problems, where_of(r, key),
				       "too many keys: expected %d at most",
				       PAIRS_MAX);
			return;
		}
		if (is_tagged(r, key))
			continue;
		if (key->type != YAML_SCALAR_NODE)
			ss_problem_add(r->problems, where_of(r, key),
				       "a key that is %s: expected a word",
				       type_name(key));
		else if (!is_second(r, node, pair))
			fn(r, key, node_of(r, pair->value));
	}
}

static void unknown_key(struct reader *r, const yaml_node_t *key,
			const char *in, const char *more,
			enum ss_key_place place)
{
	ss_cleanup_text struct ss_text text = { 0 };
	struct ss_cursor name = text_of(key);

	ss_text_add_string(&text, more);
	ss_keys_list(place, &text);
	if (text.error)
		r->problems->error = text.error;
	ss_problem_add(r->problems, where_of(r, key),
		       "unknown key %s in %s: expected %s",
		       ss_quote(name.at, name.left).text, in,
		       ss_text_string(&text));
}

/* The value of a key that the table of keys knows. */
static void read_value(struct reader *r, enum ss_key_id id,
		       const yaml_node_t *name, const yaml_node_t *value)
{
	const struct ss_key *key = &ss_keys[id];
	const yaml_node_item_t *item;

	if (key->shape == SS_SHAPE_BARE) {
		if (is_tagged(r, value)) {
			r->rule->given |= 1u << id;
			return;
		}
		if (value->type == YAML_SCALAR_NODE && is_null(value)) {
			ss_key_read(r->rule, id, text_of(value),
				    where_of(r, name), r->problems);
			return;
		}
		ss_problem_add(r->problems, where_of(r, value),
			       "'%s' takes no value: expected '%s' alone",
			       key->name, key->name);
		r->rule->given |= 1u << id;
		return;
	}
	if (key->shape != SS_SHAPE_LIST || value->type != YAML_SEQUENCE_NODE) {
		if (expect(r, value, YAML_SCALAR_NODE, key->name,
			   key->expects))
			ss_key_read(r->rule, id, text_of(value),
				    where_of(r, value), r->problems);
		else
			r->rule->given |= 1u << id;
		return;
	}
	item = value->data.sequence.items.start;
	if (is_tagged(r, value))
		return;
	if (item == value->data.sequence.items.top)
		ss_problem_add(r->problems, where_of(r, value),
			       "'%s' is an empty list: expected %s",
			       key->name, key->expects);
	for (; item < value->data.sequence.items.top; item++) {
		const yaml_node_t *element = node_of(r, *item);

		if (expect(r, element, YAML_SCALAR_NODE, key->name,
			   key->expects))
			ss_key_read(r->rule, id, text_of(element),
				    where_of(r, element), r->problems);
	}
}

static void read_match_pair(struct reader *r, const yaml_node_t *key,
			    const yaml_node_t *value)
{
	enum ss_key_id id = ss_key_find(text_of(key), SS_PLACE_MATCH);

	if (id == SS_KEYS_COUNT)
		unknown_key(r, key, "'match'", "", SS_PLACE_MATCH);
	else
		read_value(r, id, key, value);
}

static void read_then_pair(struct reader *r, const yaml_node_t *key,
			   const yaml_node_t *value)
{
	enum ss_key_id id = ss_key_find(text_of(key), SS_PLACE_THEN);

	if (id == SS_KEYS_COUNT)
		unknown_key(r, key, "'then'", "", SS_PLACE_THEN);
	else
		read_value(r, id, key, value);
}

/* `then: model`, or a mapping. */
static void read_then(struct reader *r, const yaml_node_t *value)
{
	static const char expected[] =
		"model, kernel, kill, or a mapping as {error: EPERM}";
	enum ss_key_id id;

	if (value->type == YAML_MAPPING_NODE) {
		if (!is_tagged(r, value))
			each_pair(r, value, read_then_pair);
		return;
	}
	if (!expect(r, value, YAML_SCALAR_NODE, "then", expected))
		goto bad;
	id = ss_key_find(text_of(value), SS_PLACE_THEN);
	if (id != SS_KEYS_COUNT && ss_keys[id].shape == SS_SHAPE_BARE) {
		ss_key_read(r->rule, id, text_of(value), where_of(r, value),
			    r->problems);
		return;
	}
	ss_problem_add(r->problems, where_of(r, value),
		       "%s is no action: expected %s",
		       ss_quote(text_of(value).at, text_of(value).left).text,
		       expected);
bad:
	/* That there is none need not be told, too. */
	r->rule->given |= 1u << SS_KEY_MODEL;
}

static void read_rule_pair(struct reader *r, const yaml_node_t *key,
			   const yaml_node_t *value)
{
	struct ss_cursor name = text_of(key);
	enum ss_key_id id = ss_key_find(name, SS_PLACE_RULE);

	if (id != SS_KEYS_COUNT) {
		read_value(r, id, key, value);
	} else if (ss_cursor_is(name, "match")) {
		if (expect(r, value, YAML_MAPPING_NODE, "match", "a mapping"))
			each_pair(r, value, read_match_pair);
	} else if (ss_cursor_is(name, "then")) {
		read_then(r, value);
	} else {
		unknown_key(r, key, "a rule", "match, then, ", SS_PLACE_RULE);
	}
}

/* Names are what reports call rules by, of whichever file. */
static void check_name(struct reader *r, const struct ss_rule *rule)
{
	ss_cleanup_text struct ss_text first = { 0 };
	const struct ss_rule *other = NULL;
	size_t i;

	for (i = r->policy->injected; rule->name && i < r->policy->count;
	     i++) {
		other = r->policy->rules[i];
		if (other->name && strcmp(other->name, rule->name) == 0)
			break;
		other = NULL;
	}
	if (!other)
		return;
	if (other->where.file == rule->where.file)
		ss_text_printf(&first, "in line %u", other->where.line);
	else
		ss_where_print(&other->where, &first);
	if (first.error)
		r->problems->error = first.error;
	ss_problem_add(r->problems, rule->where,
		       "a second rule named %s: expected another name, and "
		       "the first is %s",
		       ss_quote(rule->name, strlen(rule->name)).text,
		       ss_text_string(&first));
}

/* false: enough of them. */
static bool read_rule(struct reader *r, const yaml_node_t *node)
{
	size_t before = r->problems->count + r->problems->left_out;
	struct ss_where where = where_of(r, node);
	int result;

	if (!expect(r, node, YAML_MAPPING_NODE, "rules",
		    "a list of mappings"))
		return true;
	r->rule = ss_rule_new(where);
	if (!r->rule) {
		r->problems->error = -ENOMEM;
		return false;
	}
	each_pair(r, node, read_rule_pair);
	ss_rule_complete(r->rule, r->problems);
	check_name(r, r->rule);
	r->rule->broken = r->problems->count + r->problems->left_out > before;
	result = ss_policy_add(r->policy, r->rule, false);
	r->rule = NULL;
	if (result == -E2BIG)
		ss_problem_add(r->problems, where,
			       "too many rules: expected %d at most",
			       SS_RULES_MAX);
	else if (result)
		r->problems->error = result;
	return !result;
}

static void read_rules(struct reader *r, const yaml_node_t *value)
{
	const yaml_node_item_t *item;

	if (!expect(r, value, YAML_SEQUENCE_NODE, "rules", "a list of rules"))
		return;
	for (item = value->data.sequence.items.start;
	     item < value->data.sequence.items.top; item++) {
		if (!read_rule(r, node_of(r, *item)))
			return;
	}
}

/* The one pair of {error: EPERM} or {shuffle: 7}, or NULL. */
static const yaml_node_t *only_value(struct reader *r,
				     const yaml_node_t *node,
				     const char *name)
{
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	const yaml_node_t *key, *value;

	if (node->type != YAML_MAPPING_NODE ||
	    node->data.mapping.pairs.top - pair != 1)
		return NULL;
	key = node_of(r, pair->key);
	value = node_of(r, pair->value);
	if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE ||
	    !ss_cursor_is(text_of(key), name))
		return NULL;
	return value;
}

static bool is_word(const yaml_node_t *node, const char *word)
{
	return node->type == YAML_SCALAR_NODE &&
		ss_cursor_is(text_of(node), word);
}

/* `default` and `outside`: the model's word is "model" and "hide". */
static void read_choice(struct reader *r, const yaml_node_t *value,
			const char *key, const char *model,
			struct ss_action *ret)
{
	const yaml_node_t *error = only_value(r, value, "error");
	struct ss_action action = { .kind = SS_ACTION_NONE };

	if (any_is_tagged(r, value))
		return;
	if (is_word(value, model))
		action.kind = SS_ACTION_MODEL;
	else if (is_word(value, "kernel"))
		action.kind = SS_ACTION_KERNEL;
	else if (error && !ss_read_errno(text_of(error), &action.value))
		action.kind = SS_ACTION_ERROR;
	if (action.kind != SS_ACTION_NONE)
		*ret = action;
	else if (error)
		ss_problem_add(r->problems, where_of(r, error),
			       "%s is no value of 'error': expected %s",
			       ss_quote(text_of(error).at,
					text_of(error).left).text,
			       ss_keys[SS_KEY_ERROR].expects);
	else
		ss_problem_add(r->problems, where_of(r, value),
			       "bad value of '%s': expected %s, kernel or "
			       "{error: NAME}", key, model);
}

static void read_default(struct reader *r, const yaml_node_t *value,
			 struct ss_policy *ret)
{
	read_choice(r, value, "default", "model", &ret->fallback);
}

static void read_outside(struct reader *r, const yaml_node_t *value,
			 struct ss_policy *ret)
{
	read_choice(r, value, "outside", "hide", &ret->outside);
}

static void read_order(struct reader *r, const yaml_node_t *value,
		       struct ss_policy *ret)
{
	const yaml_node_t *seed = only_value(r, value, "shuffle");
	struct ss_order order = { .kind = SS_ORDER_LABEL };

	if (any_is_tagged(r, value))
		return;
	if (is_word(value, "reverse"))
		order.kind = SS_ORDER_REVERSE;
	else if (is_word(value, "none"))
		order.kind = SS_ORDER_NONE;
	else if (seed && !ss_read_number(text_of(seed), 0, UINT64_MAX,
					 &order.seed))
		order.kind = SS_ORDER_SHUFFLE;
	else if (!is_word(value, "label"))
		ss_problem_add(r->problems, where_of(r, value),
			       "bad value of 'order': expected label, "
			       "reverse, none or {shuffle: SEED}, SEED %s",
			       ss_keys[SS_KEY_SEED].expects);
	ret->order = order;
}

static const struct {
	const char *name;
	void (*read)(struct reader *r, const yaml_node_t *value,
		     struct ss_policy *ret);
} settings[SS_SETTING_COUNT] = {
	[SS_SETTING_DEFAULT] = { "default", read_default },
	[SS_SETTING_OUTSIDE] = { "outside", read_outside },
	[SS_SETTING_ORDER] = { "order", read_order },
};

static bool same_settings(const struct ss_policy *a, const struct ss_policy *b)
{
	return a->fallback.kind == b->fallback.kind &&
		a->fallback.value == b->fallback.value &&
		a->outside.kind == b->outside.kind &&
		a->outside.value == b->outside.value &&
		a->order.kind == b->order.kind &&
		a->order.seed == b->order.seed;
}

static void read_setting(struct reader *r, enum ss_setting i,
			 const yaml_node_t *key, const yaml_node_t *value)
{
	struct ss_policy *policy = r->policy;
	struct ss_where where = where_of(r, key);
	struct ss_policy set = {
		.fallback = policy->fallback,
		.outside = policy->outside,
		.order = policy->order,
	};
	ss_cleanup_text struct ss_text other = { 0 };

	settings[i].read(r, value, &set);
	if (!policy->set[i].file) {
		policy->set[i] = where;
		policy->fallback = set.fallback;
		policy->outside = set.outside;
		policy->order = set.order;
	} else if (!same_settings(policy, &set)) {
		ss_where_print(&policy->set[i], &other);
		if (other.error)
			r->problems->error = other.error;
		ss_problem_add(r->problems, where,
			       "'%s' differs from that of %s: expected the "
			       "same", settings[i].name,
			       ss_text_string(&other));
	}
}

static void read_version(struct reader *r, const yaml_node_t *value)
{
	if (!is_tagged(r, value) && !is_word(value, "1"))
		ss_problem_add(r->problems, where_of(r, value),
			       "a version that is not known: expected "
			       "'selfsame: 1'");
}

static void read_top_pair(struct reader *r, const yaml_node_t *key,
			  const yaml_node_t *value)
{
	struct ss_cursor name = text_of(key);
	enum ss_setting i;

	if (ss_cursor_is(name, "selfsame")) {
		r->version = true;
		read_version(r, value);
		return;
	}
	if (ss_cursor_is(name, "rules")) {
		read_rules(r, value);
		return;
	}
	for (i = 0; i < SS_SETTING_COUNT; i++) {
		if (ss_cursor_is(name, settings[i].name)) {
			read_setting(r, i, key, value);
			return;
		}
	}
	ss_problem_add(r->problems, where_of(r, key),
		       "unknown key %s: expected selfsame, default, outside, "
		       "order, rules", ss_quote(name.at, name.left).text);
}

void ss_policy_read(struct ss_policy *policy, const char *name,
		    const char *text, size_t length,
		    struct ss_problems *problems)
{
	struct reader r = { .policy = policy, .problems = problems };
	const yaml_node_t *root;

	r.file = ss_policy_source(policy, name);
	if (!r.file) {
		problems->error = -ENOMEM;
		return;
	}
	if (!ss_document_load(r.file, text, length, &r.document, problems))
		return;
	root = yaml_document_get_root_node(&r.document);
	if (expect(&r, root, YAML_MAPPING_NODE, "the file", "a mapping")) {
		each_pair(&r, root, read_top_pair);
		if (!r.version)
			ss_problem_add(problems, where_of(&r, root),
				       "no version: expected 'selfsame: 1'");
	}
	yaml_document_delete(&r.document);
}
