/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/document.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct input {
	const char *file;
	const char *text;
	size_t length;
};

static struct ss_where where_of(const char *file, yaml_mark_t mark)
{
	return (struct ss_where){
		.file = file,
		.line = (unsigned int)mark.line + 1,
		.column = (unsigned int)mark.column + 1,
	};
}

/* Of bytes that are no text, libyaml knows the offset only. */
static struct ss_where where_at(const struct input *input, size_t offset)
{
	struct ss_where where = { .file = input->file, .line = 1,
				  .column = 1 };
	size_t i;

	for (i = 0; i < offset && i < input->length; i++) {
		char byte = input->text[i];

		/* A character may have several bytes, a line's end two. */
		where.column += (byte & 0xc0) != 0x80;
		if (byte == '\n' || (byte == '\r' &&
				     (i + 1 == input->length ||
				      input->text[i + 1] != '\n'))) {
			where.line++;
			where.column = 1;
		}
	}
	return where;
}

static void tell(const struct input *input, const yaml_parser_t *parser,
		 struct ss_problems *problems)
{
	struct ss_where where = where_of(input->file, parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR) {
		problems->error = -ENOMEM;
		return;
	}
	if (parser->error == YAML_READER_ERROR)
		ss_problem_add(problems,
			       where_at(input, parser->problem_offset),
			       "no text in YAML's sense: %s; expected UTF-8",
			       parser->problem);
	else if (parser->context)
		ss_problem_add(problems, where, "no YAML: %s %s",
			       parser->context, parser->problem);
	else
		ss_problem_add(problems, where, "no YAML: %s",
			       parser->problem);
}

static int children_of(const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return (int)(node->data.sequence.items.top -
			     node->data.sequence.items.start);
	if (node->type == YAML_MAPPING_NODE)
		return 2 * (int)(node->data.mapping.pairs.top -
				 node->data.mapping.pairs.start);
	return 0;
}

/* Nodes have numbers from 1. */
static int child_of(const yaml_node_t *node, int i)
{
	const yaml_node_pair_t *pair;

	if (node->type == YAML_SEQUENCE_NODE)
		return node->data.sequence.items.start[i];
	pair = &node->data.mapping.pairs.start[i / 2];
	return i % 2 ? pair->value : pair->key;
}

/* What is known of a node while the walk goes on. */
struct visit {
	int next;		/* the child to go to */
	int up;			/* where the walk came from; 0: nowhere */
	bool open, done;
	uint64_t size;		/* of the tree below, aliases followed */
};

/*
 * From the root, each node once: a child that is open contains itself.  No
 * recursion, because the file says how deep it goes.
 */
static bool is_finite(const char *file, yaml_document_t *document,
		      struct visit *visits, struct ss_problems *problems)
{
	int at = 1;

	visits[at] = (struct visit){ .open = true, .size = 1 };
	while (at) {
		const yaml_node_t *node = yaml_document_get_node(document, at);
		struct visit *visit = &visits[at];
		int child;

		if (visit->next == children_of(node)) {
			visit->open = false;
			visit->done = true;
			at = visit->up;
			continue;
		}
		child = child_of(node, visit->next);
		if (visits[child].open) {
			ss_problem_add(problems,
				       where_of(file, node->start_mark),
				       "an alias in here stands for what it "
				       "is in: expected an end");
			return false;
		}
		if (!visits[child].done) {
			visits[child] = (struct visit){
				.up = at, .open = true, .size = 1 };
			at = child;
			continue;
		}
		visit->size += visits[child].size;
		visit->next++;
		if (visit->size > SS_DOCUMENT_NODES) {
			ss_problem_add(problems,
				       where_of(file, node->start_mark),
				       "too much in here, or too many "
				       "aliases: expected %d values at most",
				       SS_DOCUMENT_NODES);
			return false;
		}
	}
	return true;
}

static bool check(const char *file, yaml_document_t *document,
		  struct ss_problems *problems)
{
	size_t nodes = (size_t)(document->nodes.top - document->nodes.start);
	struct visit *visits = calloc(nodes + 1, sizeof(*visits));
	bool finite;

	if (!visits) {
		problems->error = -ENOMEM;
		return false;
	}
	finite = is_finite(file, document, visits, problems);
	free(visits);
	return finite;
}

/* Is there nothing after it? */
static bool check_rest(const struct input *input, yaml_parser_t *parser,
		       struct ss_problems *problems)
{
	yaml_document_t second;
	bool only;

	if (!yaml_parser_load(parser, &second)) {
		tell(input, parser, problems);
		return false;
	}
	only = !yaml_document_get_root_node(&second);
	if (!only)
		ss_problem_add(problems,
			       where_of(input->file, second.start_mark),
			       "a second document: expected one");
	yaml_document_delete(&second);
	return only;
}

static bool load(const struct input *input, yaml_parser_t *parser,
		 yaml_document_t *ret, struct ss_problems *problems)
{
	bool good;

	if (!yaml_parser_load(parser, ret)) {
		tell(input, parser, problems);
		return false;
	}
	good = yaml_document_get_root_node(ret);
	if (!good)
		ss_problem_add(problems,
			       where_at(input, 0),
			       "nothing in it: expected 'selfsame: 1' and "
			       "rules");
	good = good && check(input->file, ret, problems) &&
		check_rest(input, parser, problems);
	if (!good)
		yaml_document_delete(ret);
	return good;
}

static bool start(yaml_parser_t *parser, const struct input *input,
		  struct ss_problems *problems)
{
	if (!yaml_parser_initialize(parser)) {
		problems->error = -ENOMEM;
		return false;
	}
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser,
				     (const unsigned char *)input->text,
				     input->length);
	return true;
}

/* Each that is declared is compared with all before it. */
static bool has_few_tags(const struct input *input,
			 struct ss_problems *problems)
{
	static const char word[] = "%TAG";
	const char *at = input->text, *end = at + input->length;
	unsigned int count;

	for (count = 0; count <= SS_DOCUMENT_ANCHORS; count++) {
		at = memmem(at, (size_t)(end - at), word, strlen(word));
		if (!at)
			return true;
		at += strlen(word);
	}
	ss_problem_add(problems,
		       where_at(input, (size_t)(at - input->text) -
				strlen(word)),
		       "too many %%TAG: expected %d at most",
		       SS_DOCUMENT_ANCHORS);
	return false;
}

static bool is_anchored(const yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		return event->data.scalar.anchor;
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return event->data.sequence_start.anchor;
	return event->type == YAML_MAPPING_START_EVENT &&
		event->data.mapping_start.anchor;
}

/* How deep it goes there, and how many anchors there were. */
struct measure {
	unsigned int depth, anchors;
};

/* false: it is too much. */
static bool add_event(const struct input *input, const yaml_event_t *event,
		      struct measure *measure, struct ss_problems *problems)
{
	struct ss_where where = where_of(input->file, event->start_mark);

	measure->anchors += is_anchored(event);
	measure->depth += event->type == YAML_SEQUENCE_START_EVENT ||
		event->type == YAML_MAPPING_START_EVENT;
	measure->depth -= event->type == YAML_SEQUENCE_END_EVENT ||
		event->type == YAML_MAPPING_END_EVENT;
	if (measure->depth > SS_DOCUMENT_DEPTH)
		ss_problem_add(problems, where,
			       "too deep: expected %d lists and mappings "
			       "within each other at most", SS_DOCUMENT_DEPTH);
	else if (measure->anchors > SS_DOCUMENT_ANCHORS)
		ss_problem_add(problems, where,
			       "too many anchors: expected %d at most",
			       SS_DOCUMENT_ANCHORS);
	else
		return true;
	return false;
}

/*
 * libyaml takes time in proportion to the depth for each word, and looks each
 * anchor up among all others: minutes for a file of brackets, seconds for one
 * of anchors.  So these are looked at first, as far as they are allowed.  What
 * is no YAML at all is told when it is loaded.
 */
static bool is_affordable(const struct input *input,
			  struct ss_problems *problems)
{
	struct measure measure = { 0 };
	bool good, more = true;
	yaml_parser_t parser;

	good = has_few_tags(input, problems);
	if (!good || !start(&parser, input, problems))
		return false;
	while (more && good) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event))
			break;
		good = add_event(input, &event, &measure, problems);
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return good;
}

bool ss_document_load(const char *file, const char *text, size_t length,
		      yaml_document_t *ret, struct ss_problems *problems)
{
	const struct input input = {
		.file = file, .text = text, .length = length };
	yaml_parser_t parser;
	bool good;

	if (length > SS_DOCUMENT_BYTES) {
		ss_problem_add(problems, (struct ss_where){ .file = file },
			       "too large: expected %u bytes at most",
			       SS_DOCUMENT_BYTES);
		return false;
	}
	if (!is_affordable(&input, problems) ||
	    !start(&parser, &input, problems))
		return false;
	good = load(&input, &parser, ret, problems);
	yaml_parser_delete(&parser);
	return good;
}
