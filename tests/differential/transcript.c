/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What came of each step, as text that is the same in every run of one seed:
 * workers by their slots, no process numbers, and of two different objects not
 * which is the less.
 *
 * Which of several items with one number is number toff of an epoll is a
 * matter of addresses; so all of them are asked about, and the answers sorted.
 */
#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SHOWN = 10 };	/* differences */

int ch_transcript = -1;

/* ---- writing ---- */

int ch_transcript_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	/* So is everything below a supervisor. */
	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	ch_transcript = fcntl(fd, F_DUPFD_CLOEXEC, CH_FD_TRANSCRIPT);
	close(fd);
	return ch_transcript < 0 ? -errno : 0;
}

static const char *outcome(int32_t answer)
{
	if (answer < -4096)
		return "nothing";
	if (answer < 0)
		return strerrorname_np(-answer);
	return answer == 0 ? "equal" : "different";
}

/* Numbers of descriptors are the same in every run, those of tasks are not. */
static void print_result(int worker, const struct ch_step *step)
{
	const struct ch_slot *slot = ch_slot_of(worker);

	if (ch_lives[worker].state != CH_ALIVE ||
	    ch_load(&slot->done) != ch_load(&slot->asked))
		dprintf(ch_transcript, "-");
	else if (slot->ret < 0)
		dprintf(ch_transcript, "%s", strerrorname_np((int)-slot->ret));
	else if (step->op == CH_CLONE || step->op == CH_SPAWN ||
		 step->op == CH_WAIT)
		dprintf(ch_transcript, "done");
	else
		dprintf(ch_transcript, "%lld", (long long)slot->ret);
}

static void print_question(int worker, const struct ch_question *q)
{
	const struct ch_step ask = { .op = CH_ASK, .arg = {
		q->slot[0], q->slot[1], q->type, q->idx[0], q->idx[1],
		q->toff } };
	const char *answer = outcome(q->answer);

	if (q->flags & CH_UNSTEADY)
		return;
	/* An item, but which?  CH_ITEMS tells. */
	if (q->type == KCMP_EPOLL_TFD && q->answer >= 0)
		answer = "an item";
	dprintf(ch_transcript, "%lu: %s: ", ch_line, answer);
	ch_step_print(ch_transcript, worker, &ask);
}

static int by_answer(const void *a, const void *b)
{
	const struct ch_question *const *q[2] = { a, b };

	return strcmp(outcome((*q[0])->answer), outcome((*q[1])->answer));
}

static void print_items(void)
{
	const struct ch_question *sorted[CH_TOFFS];
	int i;

	for (i = 0; i < CH_TOFFS; i++)
		sorted[i] = &ch_arena->batch[i];
	qsort(sorted, CH_TOFFS, sizeof(sorted[0]), by_answer);
	dprintf(ch_transcript, "%lu:", ch_line);
	for (i = 0; i < CH_TOFFS; i++)
		dprintf(ch_transcript, " %s", outcome(sorted[i]->answer));
	dprintf(ch_transcript, "\n");
}

void ch_transcribe(int worker, const struct ch_step *step, int questions)
{
	int i;

	if (ch_transcript < 0)
		return;
	dprintf(ch_transcript, "%lu: ", ch_line);
	if (!questions)
		print_result(worker, step);
	dprintf(ch_transcript, ": ");
	ch_step_print(ch_transcript, worker, step);
	if (step->op == CH_ITEMS) {
		print_items();
		return;
	}
	for (i = 0; i < questions; i++)
		print_question(worker, &ch_arena->batch[i]);
}

/* ---- comparing ---- */

struct reader {
	FILE *file;
	char *line;
	size_t size;
	int over;
};

static const char *next_line(struct reader *reader)
{
	ssize_t len = -1;

	if (!reader->over)
		len = getline(&reader->line, &reader->size, reader->file);
	reader->over = len < 0;
	return reader->over ? "(no more)\n" : reader->line;
}

/* The lines of both, side by side. */
static unsigned long compare(struct reader *native, struct reader *inside)
{
	unsigned long lines = 0;
	unsigned long differ = 0;

	for (;; lines++) {
		const char *a = next_line(native);
		const char *b = next_line(inside);

		if (native->over && inside->over)
			break;
		if (strcmp(a, b) == 0)
			continue;
		if (differ++ < SHOWN)
			printf("differs:\n\tthe kernel:     %s"
			       "\tthe supervisor: %s", a, b);
	}
	printf("transcript %lu\ntranscript-differs %lu\n", lines, differ);
	return differ;
}

int ch_transcripts_compare(const char *native, const char *inside)
{
	struct reader reader[2] = {
		{ .file = fopen(native, "re") },
		{ .file = fopen(inside, "re") },
	};
	unsigned long differ = 1;
	int i;

	if (reader[0].file && reader[1].file)
		differ = compare(&reader[0], &reader[1]);
	for (i = 0; i < 2; i++) {
		if (reader[i].file)
			fclose(reader[i].file);
		free(reader[i].line);
	}
	return differ != 0;
}
