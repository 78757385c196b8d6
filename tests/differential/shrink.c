/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a script that fails to a short one that fails: parts are left out, at
 * first half of it, at last single lines.
 */
#include "chaos.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 30 };	/* seconds without a question */

struct line {
	char *text;
	int out;
};

struct shrink {
	const char *const *wrapper;
	const char *path;	/* where the candidates go */
	int trials;		/* of each candidate: not all fail always */
	time_t end;
	struct line *line;
	int lines;
	int runs;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Without those whose .out is set. */
static int write_lines(const struct shrink *shrink)
{
	FILE *file = fopen(shrink->path, "we");
	int i;

	if (!file)
		return -errno;
	for (i = 0; i < shrink->lines; i++) {
		if (!shrink->line[i].out)
			fprintf(file, "%s\n", shrink->line[i].text);
	}
	return fclose(file) ? -errno : 0;
}

static int run(const struct shrink *shrink)
{
	const char *const driver[] = {
		ch_program(), "-d", "-r", shrink->path, NULL,
	};
	const struct ch_judged judged = {
		.wrapper = shrink->wrapper,
		.driver = driver,
		.quiet = 1,
		.patience = PATIENCE,
	};
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(ch_judge(&judged));
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int still_fails(struct shrink *shrink)
{
	int i;

	if (write_lines(shrink))
		return 0;
	for (i = 0; i < shrink->trials && now() < shrink->end; i++) {
		shrink->runs++;
		if (run(shrink) == 1)
			return 1;
	}
	return 0;
}

/* Drops the lines that are marked if it fails without them, too. */
static int try_to_drop(struct shrink *shrink)
{
	int fails = still_fails(shrink);
	int left = 0;
	int i;

	for (i = 0; i < shrink->lines; i++) {
		struct line *line = &shrink->line[i];

		if (!line->out || !fails)
			shrink->line[left++] = *line;
	}
	shrink->lines = left;
	for (i = 0; i < left; i++)
		shrink->line[i].out = 0;
	return fails;
}

/* One pass with parts of SIZE lines, from the end; true if any was dropped. */
static int pass(struct shrink *shrink, int size)
{
	int dropped = 0;
	int to;
	int i;

	for (to = shrink->lines; to > 0 && now() < shrink->end;) {
		int from = to > size ? to - size : 0;

		for (i = from; i < to; i++)
			shrink->line[i].out = 1;
		dropped |= try_to_drop(shrink);
		to = from;
	}
	return dropped;
}

/* "#?" and a question: what a sweep before it failed with. */
static void single_out(struct shrink *shrink)
{
	int at;

	for (at = 1; at < shrink->lines; at++) {
		if (strncmp(shrink->line[at].text, "#?", 2) == 0)
			break;
	}
	if (at >= shrink->lines)
		return;
	shrink->lines = at + 1;
	shrink->line[at].text += 2;
	/* With it alone, or else with the sweep alone. */
	shrink->line[at - 1].out = 1;
	if (!try_to_drop(shrink))
		shrink->lines = at;
}

/* All questions but the last line's may be in vain. */
static void drop_questions(struct shrink *shrink)
{
	static const char *const words[] = {
		" ask ", " triple ", " sweep ", " items ",
	};
	int i;
	int j;

	for (j = 0; j < 4; j++) {
		for (i = 0; i < shrink->lines - 1; i++)
			shrink->line[i].out = strstr(shrink->line[i].text,
						     words[j]) != NULL;
		try_to_drop(shrink);
	}
}

static int load(struct shrink *shrink, const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	if (!file)
		return -errno;
	while ((len = getline(&text, &size, file)) > 0) {
		struct line *more = reallocarray(shrink->line,
						 (size_t)shrink->lines + 1,
						 sizeof(*more));

		if (!more)
			break;
		shrink->line = more;
		text[len - 1] = '\0';
		shrink->line[shrink->lines].text = strdup(text);
		shrink->line[shrink->lines].out = 0;
		if (!shrink->line[shrink->lines].text)
			break;
		shrink->lines++;
	}
	free(text);
	fclose(file);
	return 0;
}

void ch_shrink(const char *path, const char *const *wrapper, int trials,
	       int seconds)
{
	struct shrink shrink = {
		.wrapper = wrapper,
		.trials = trials,
		.end = now() + seconds,
	};
	char candidate[4096];
	int size;
	int i;

	snprintf(candidate, sizeof(candidate), "%s.shorter", path);
	shrink.path = candidate;
	if (load(&shrink, path))
		return;
	printf("shrinking %d steps\n", shrink.lines);
	fflush(stdout);
	single_out(&shrink);
	drop_questions(&shrink);
	for (size = shrink.lines / 2; size > 0; size /= 2) {
		while (pass(&shrink, size) && size == 1)
			continue;
	}
	printf("%d steps left after %d runs; they %s:\n", shrink.lines,
	       shrink.runs, still_fails(&shrink) ?
	       "fail" : "do not fail every time");
	for (i = 0; i < shrink.lines; i++)
		printf("\t%s\n", shrink.line[i].text);
	fflush(stdout);
	unlink(candidate);
}
