/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/stats.h"

#include <errno.h>

#define SUB	(1u << SS_TIMES_BITS)

static const char *const result_names[SS_RESULT_COUNT] = {
	[SS_RESULT_EQUAL] = "0",
	[SS_RESULT_LESS] = "1",
	[SS_RESULT_GREATER] = "2",
#define X(error) [SS_RESULT_##error] = #error,
	SS_STATS_ERRORS(X)
#undef X
	[SS_RESULT_OTHER] = "other",
};

static enum ss_stats_result result_of(const struct ss_answer *answer)
{
	switch (answer->child_errno) {
	case 0:
		return answer->result >= 0 && answer->result <= 2 ?
			(enum ss_stats_result)answer->result : SS_RESULT_OTHER;
#define X(error) case error: return SS_RESULT_##error;
	SS_STATS_ERRORS(X)
#undef X
	}
	return SS_RESULT_OTHER;
}

void ss_stats_answer(struct ss_stats *stats, int type,
		     const struct ss_answer *answer)
{
	if (type < 0 || type > SS_TYPE_COUNT)
		type = SS_TYPE_COUNT;
	stats->answers[type][result_of(answer)]++;
}

/*
 * Times below 2 * SUB have a bucket each; above, each power of two is divided
 * into SUB buckets.
 */
static unsigned int bucket_of(uint64_t ns)
{
	unsigned int shift = 0;

	if (ns >= 2 * SUB)
		shift = 63 - (unsigned int)__builtin_clzll(ns) - SS_TIMES_BITS;
	return shift * SUB + (unsigned int)(ns >> shift);
}

/* The largest time of a bucket. */
static uint64_t bucket_end(unsigned int bucket)
{
	unsigned int shift = bucket < 2 * SUB ? 0 : bucket / SUB - 1;
	uint64_t first = (uint64_t)(bucket - shift * SUB) << shift;

	return first + ((uint64_t)1 << shift) - 1;
}

void ss_times_add(struct ss_times *times, uint64_t ns)
{
	times->buckets[bucket_of(ns)]++;
	times->count++;
}

uint64_t ss_times_quantile(const struct ss_times *times, unsigned int permille)
{
	/* As many as have to be at or below it: rounded up, one at least. */
	uint64_t rank = times->count / 1000 * permille +
		(times->count % 1000 * permille + 999) / 1000;
	uint64_t seen = 0;
	unsigned int i;

	for (i = 0; i < SS_TIMES_BUCKETS; i++) {
		seen += times->buckets[i];
		if (seen && seen >= rank)
			return bucket_end(i);
	}
	return 0;
}

static void print(struct ss_text *text, const char *key, uint64_t value)
{
	ss_text_printf(text, "%s %llu\n", key, (unsigned long long)value);
}

static void print_calls(const struct ss_stats *stats, struct ss_text *text)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < SS_STATS_CALLS; i++)
		sum += stats->calls[i];
	print(text, "notifications", sum);
	for (i = 0; i < SS_STATS_CALLS && stats->call_name; i++) {
		const char *name = stats->call_name(i);

		if (!name)
			break;
		if (stats->calls[i])
			ss_text_printf(text, "notifications.%s %llu\n", name,
				       (unsigned long long)stats->calls[i]);
	}
}

static void print_answers(const struct ss_stats *stats, struct ss_text *text)
{
	uint64_t sum = 0;
	int type, result;

	for (type = 0; type <= SS_TYPE_COUNT; type++) {
		for (result = 0; result < SS_RESULT_COUNT; result++)
			sum += stats->answers[type][result];
	}
	print(text, "answers", sum);
	for (type = 0; type <= SS_TYPE_COUNT; type++) {
		const char *name = ss_type_name(type);

		for (result = 0; result < SS_RESULT_COUNT; result++) {
			uint64_t n = stats->answers[type][result];

			if (n)
				ss_text_printf(text, "answers.%s.%s %llu\n",
					       name ? name : "no-type",
					       result_names[result],
					       (unsigned long long)n);
		}
	}
}

int ss_stats_print(const struct ss_stats *stats, struct ss_text *text)
{
	print_calls(stats, text);
	print_answers(stats, text);
#define X(member, key, what) print(text, key, stats->member);
	SS_STATS_COUNTERS(X)
#undef X
	print(text, "answers.median-ns", ss_times_quantile(&stats->times, 500));
	print(text, "answers.p99-ns", ss_times_quantile(&stats->times, 990));
	return text->error;
}
