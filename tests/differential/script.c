/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps as lines of text.
 */
#include "chaos.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find_op(const char *name)
{
	int op;

	if (strcmp(name, "sync") == 0)
		return CH_SYNC;
	for (op = 0; op < CH_OPS; op++) {
		if (strcmp(name, ch_kinds[op].name) == 0)
			return op;
	}
	return -EINVAL;
}

static int parse_word(const char *word, int *n, struct ch_step *step)
{
	char *end;
	long long value;

	if (strcmp(word, "&") == 0) {
		step->flags |= CH_ASYNC;
		return 0;
	}
	if (strcmp(word, "~") == 0) {
		step->flags |= CH_LINGER;
		return 0;
	}
	errno = 0;
	value = strtoll(word, &end, 0);
	if (errno || *end || end == word || *n >= CH_ARGS)
		return -EINVAL;
	step->arg[(*n)++] = value;
	return 0;
}

int ch_step_parse(char *line, int *ret_worker, struct ch_step *ret)
{
	struct ch_step step = { 0 };
	char *save = NULL;
	char *word = strtok_r(line, " \t", &save);
	int worker = word ? (int)strtol(word, NULL, 10) : 0;
	int n = 0;

	word = strtok_r(NULL, " \t", &save);
	if (!word)
		return -EINVAL;
	step.op = find_op(word);
	if (step.op < 0 || worker < 0 || worker >= CH_SLOTS)
		return -EINVAL;
	while ((word = strtok_r(NULL, " \t", &save))) {
		int err = parse_word(word, &n, &step);

		if (err)
			return err;
	}
	*ret_worker = worker;
	*ret = step;
	return 0;
}

void ch_step_print(int fd, int worker, const struct ch_step *step)
{
	int last = CH_ARGS;
	int i;

	while (last > 0 && step->arg[last - 1] == 0)
		last--;
	dprintf(fd, "%d %s", worker,
		step->op == CH_SYNC ? "sync" : ch_kinds[step->op].name);
	for (i = 0; i < last; i++)
		dprintf(fd, step->op == CH_CLONE && i == 1 ? " %#llx" :
			" %lld", (long long)step->arg[i]);
	dprintf(fd, "%s%s\n", step->flags & CH_ASYNC ? " &" : "",
		step->flags & CH_LINGER ? " ~" : "");
}
