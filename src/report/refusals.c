/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/refusals.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define PROGRAM_MAX_BYTES	400	/* of its escaped path */

struct refusal {
	uint64_t count;
	size_t length;
	UT_hash_handle hh;
	char what[];		/* type, rule and program, as printed */
};

struct ss_refusals {
	struct refusal *list;	/* owned */
	uint64_t lost;		/* for want of memory */
};

struct ss_refusals *ss_refusals_new(void)
{
	return calloc(1, sizeof(struct ss_refusals));
}

void ss_refusals_free(struct ss_refusals *refusals)
{
	struct refusal *refusal, *tmp;

	if (!refusals)
		return;
	HASH_ITER(hh, refusals->list, refusal, tmp) {
		HASH_DEL(refusals->list, refusal);
		free(refusal);
	}
	free(refusals);
}

static struct refusal *find(const struct ss_refusals *refusals,
			    const struct ss_text *what)
{
	struct refusal *refusal;

	HASH_FIND(hh, refusals->list, what->data, what->length, refusal);
	return refusal;
}

static struct refusal *make(struct ss_refusals *refusals,
			    const struct ss_text *what)
{
	struct refusal *refusal = calloc(1, sizeof(*refusal) + what->length +
					 1);

	if (!refusal)
		return NULL;
	memcpy(refusal->what, what->data, what->length);
	refusal->length = what->length;
	HASH_ADD(hh, refusals->list, what[0], what->length, refusal);
	if (ss_hash_failed(refusal)) {
		free(refusal);
		return NULL;
	}
	return refusal;
}

static void describe(const struct ss_decision *decision, int type,
		     const char *program, struct ss_text *text)
{
	ss_text_clear(text);
	ss_text_printf(text, "%s ", ss_type_index_name(ss_type_index(type)));
	ss_decided_by_print(decision, text);
	ss_text_add_string(text, " ");
	if (program)
		ss_text_add_escaped(text, program, strlen(program),
				    PROGRAM_MAX_BYTES);
	else
		ss_text_add_string(text, "(unknown program)");
}

void ss_refusals_add(struct ss_refusals *refusals,
		     const struct ss_decision *decision, int type,
		     const char *program)
{
	ss_cleanup_text struct ss_text text = { 0 };
	struct refusal *refusal = NULL;

	describe(decision, type, program, &text);
	if (!text.error)
		refusal = find(refusals, &text);
	if (!refusal && !text.error &&
	    HASH_COUNT(refusals->list) >= SS_REFUSALS_MAX) {
		describe(decision, type, "(other programs)", &text);
		refusal = text.error ? NULL : find(refusals, &text);
	}
	if (!refusal && !text.error)
		refusal = make(refusals, &text);
	if (refusal)
		refusal->count++;
	else
		refusals->lost++;
}

static int by_count(const struct refusal *a, const struct refusal *b)
{
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return strcmp(a->what, b->what);
}

void ss_refusals_print(struct ss_refusals *refusals, struct ss_text *text)
{
	const struct refusal *refusal;

	HASH_SORT(refusals->list, by_count);
	for (refusal = refusals->list; refusal; refusal = refusal->hh.next)
		ss_text_printf(text, "refused %llu %s\n",
			       (unsigned long long)refusal->count,
			       refusal->what);
	if (refusals->lost)
		ss_text_printf(text, "refused %llu (no memory to say what)\n",
			       (unsigned long long)refusals->lost);
}
