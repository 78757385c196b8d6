/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One step: given to its worker, waited for, and what it asked is judged.
 */
#include "drive.h"

#include <linux/kcmp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

unsigned long ch_line;
int ch_writing = -1;
static uint32_t noted;

/* ---- contradictions ---- */

static void print_side(const char *who, int32_t answer)
{
	if (answer < -4096)
		printf("%s nothing", who);
	else if (answer < 0)
		printf("%s %s", who, strerrorname_np(-answer));
	else
		printf("%s %d", who, answer);
}

static void print_note(const struct ch_note *note)
{
	const struct ch_question *q = &note->question;

	printf("line %lu, worker %d: %s\n\t%d ask %d %d %d %lld %lld %lld:",
	       ch_line, note->asker, ch_fault_name(note->kind - 1),
	       note->asker, q->slot[0], q->slot[1], q->type,
	       (long long)q->idx[0], (long long)q->idx[1],
	       (long long)q->toff);
	print_side(" answer", q->answer);
	if (note->kind - 1 == CH_FAULT_ORDER)
		print_side(", reversed:", q->back);
	if (note->kind - 1 == CH_FAULT_JUDGE ||
	    note->kind - 1 == CH_FAULT_RIGHT) {
		print_side("; the kernel:", q->verdict[0]);
		print_side(" to the judge, looks", q->look[0]);
		print_side("", q->look[1]);
	}
	printf(" (tasks %d %d, for the judge %d %d)\n", q->number[0],
	       q->number[1], q->outer[0], q->outer[1]);
}

/* For who makes the script shorter: the one question that matters. */
static void write_note(const struct ch_note *note)
{
	const struct ch_question *q = &note->question;
	const struct ch_step step = { .op = CH_ASK, .arg = {
		q->slot[0], q->slot[1], q->type, q->idx[0], q->idx[1],
		q->toff } };

	if (ch_writing < 0 || q->answer == CH_UNANSWERED)
		return;
	dprintf(ch_writing, "#?");
	ch_step_print(ch_writing, note->asker, &step);
}

void ch_print_notes(void)
{
	uint32_t notes = ch_load(&ch_arena->notes);

	for (; noted < notes && noted < CH_NOTES; noted++) {
		if (!ch_arena->note[noted].kind)
			continue;
		print_note(&ch_arena->note[noted]);
		write_note(&ch_arena->note[noted]);
	}
	fflush(stdout);
}

int ch_is_wrong(void)
{
	return ch_load(&ch_arena->notes) || ch_stuck;
}

/* ---- questions ---- */

static int is_unsteady(int asker, int index)
{
	if (index < 0)
		index = index == -2 || index == -3 ? asker : 0;
	return ch_lives[index].state == CH_DYING ||
		(ch_lives[index].state == CH_DEAD && ch_has_dying());
}

/*
 * Who had execed before died after it had called exec again.  Nothing tells
 * whether it came to the new program, and so whether it has the handlers that
 * another process shared with it; selfsame counts that (execs.guessed).
 */
static int is_guess(int type, int index)
{
	const struct ch_slot *slot = ch_slot_of(index < 0 ? 0 : index);
	uint32_t done = ch_load(&slot->done);

	return type == KCMP_SIGHAND && index > 0 &&
		ch_lives[index].state == CH_DEAD &&
		done != ch_load(&slot->asked) && ch_load(&slot->exec_at) &&
		slot->ring[done % CH_RING].op == CH_EXEC;
}

static void lay_out(int asker, const struct ch_step *step,
		    struct ch_question *ret)
{
	const int64_t *arg = step->arg;
	struct ch_question q = {
		.slot = { (int32_t)arg[0], (int32_t)arg[1] },
		.type = (int32_t)arg[2],
		.idx = { arg[3], arg[4] },
		.toff = arg[5],
		.answer = CH_UNANSWERED,
		.back = CH_UNANSWERED,
	};
	int i;

	if (ch_lives[asker].state != CH_ALIVE ||
	    (q.type == KCMP_EPOLL_TFD && ch_has_dying()))
		q.flags = CH_UNSTEADY;
	for (i = 0; i < 2; i++) {
		if (q.slot[i] >= CH_SLOTS)
			q.slot[i] = -1;
		q.outer[i] = ch_outer_number(ch_slot_of(asker), q.slot[i]);
		if (is_unsteady(asker, q.slot[i]) ||
		    is_guess(q.type, q.slot[i]))
			q.flags = CH_UNSTEADY;
	}
	*ret = q;
}

/* The same with toff 0, 1, 2, ... */
static int prepare_items(int worker, struct ch_step *step)
{
	struct ch_step ask = { .op = CH_ASK, .arg = {
		step->arg[0], step->arg[1], KCMP_EPOLL_TFD, step->arg[2],
		step->arg[3] } };

	for (; ask.arg[5] < CH_TOFFS; ask.arg[5]++)
		lay_out(worker, &ask, &ch_arena->batch[ask.arg[5]]);
	step->arg[6] = CH_TOFFS;
	return CH_TOFFS;
}

/* Each with each of three sides. */
static int prepare_triple(int worker, const struct ch_step *step)
{
	static const int pair[3][2] = { { 0, 1 }, { 1, 2 }, { 0, 2 } };
	int i;

	for (i = 0; i < 3; i++) {
		const int64_t *arg = step->arg;
		int a = pair[i][0];
		int b = pair[i][1];
		const struct ch_step ask = { .op = CH_ASK, .arg = {
			arg[a], arg[b], arg[3], arg[4 + a], arg[4 + b] } };

		lay_out(worker, &ask, &ch_arena->batch[i]);
	}
	return 3;
}

/* How many questions the step asks; they are in the batch then. */
static int prepare(int worker, struct ch_step *step)
{
	struct ch_random random;
	struct ch_view view = { .profile = (uint32_t)step->arg[2] };
	struct ch_step ask = { .op = CH_ASK };
	int i;

	if (step->op == CH_ASK) {
		step->arg[6] = 1;
		lay_out(worker, step, &ch_arena->batch[0]);
		return 1;
	}
	if (step->op == CH_ITEMS)
		return prepare_items(worker, step);
	if (step->op == CH_TRIPLE)
		return prepare_triple(worker, step);
	if (step->op != CH_SWEEP)
		return 0;
	ch_look(&view);
	ch_seed(&random, (uint64_t)step->arg[0], 0);
	for (i = 0; i < step->arg[1] && i < CH_BATCH; i++) {
		ch_draw_ask(&random, &view, worker, &ask);
		lay_out(worker, &ask, &ch_arena->batch[i]);
	}
	return i;
}

static void judge(const struct ch_slot *me, int count)
{
	int i;

	ch_request_batch(count, 1);
	for (i = 0; i < count; i++) {
		struct ch_question *q = &ch_arena->batch[i];

		/* An exec has moved somebody to another number. */
		if (q->outer[0] != ch_outer_number(me, q->slot[0]) ||
		    q->outer[1] != ch_outer_number(me, q->slot[1]))
			q->flags |= CH_UNSTEADY;
		ch_compare(me, q);
	}
}

static int is_birth(const struct ch_step *step)
{
	return step->op == CH_CLONE || step->op == CH_SPAWN;
}

/* What is known to follow from a step. */
static void follow(int worker, const struct ch_step *step)
{
	switch (step->op) {
	case CH_CLONE:
	case CH_SPAWN:
		ch_await_birth((int)step->arg[0], ch_transcript < 0 ?
			       CH_BIRTH : CH_LONG_BIRTH);
		break;
	case CH_EXIT:
		if (ch_lives[worker].state == CH_ALIVE)
			ch_lives[worker].state = CH_DYING;
		break;
	case CH_EXIT_GROUP:
		ch_doom_group(worker);
		break;
	case CH_KILL:
		if (ch_lives[worker].state == CH_ALIVE ?
		    ch_slot_of(worker)->ret == 0 :
		    ch_slot_of(worker)->tgid ==
		    ch_slot_of((int)step->arg[0])->tgid)
			ch_doom_group((int)step->arg[0]);
		break;
	default:
		return;
	}
	if (!is_birth(step) && !(step->flags & CH_LINGER))
		ch_settle();
}

/* Leaving: there is no reply to wait for. */
static int is_last(const struct ch_step *step)
{
	return step->op == CH_EXIT || step->op == CH_EXIT_GROUP;
}

/* Whose number stands for the table: too many are better than too few. */
static int32_t table_of_child(const struct ch_slot *creator,
			      const struct ch_step *step)
{
	if (step->op == CH_CLONE && step->arg[1] & CLONE_FILES &&
	    step->arg[2] != CH_BY_FORK && step->arg[2] != CH_BY_VFORK)
		return creator->table;
	return (int32_t)step->arg[0];
}

static void give(int worker, struct ch_step *step)
{
	struct ch_slot *slot = ch_slot_of(worker);
	int questions = 0;

	if (ch_lives[worker].state != CH_ALIVE)
		return;
	ch_await(worker, CH_RING);
	if (ch_lives[worker].state != CH_ALIVE || ch_is_suspended(worker))
		return;
	if (is_birth(step) && ch_begin_birth((int)step->arg[0], worker))
		return;
	if (is_birth(step))
		ch_slot_of((int)step->arg[0])->table =
			table_of_child(slot, step);
	if (step->op == CH_KILL && (step->arg[0] < 1 ||
				    step->arg[0] >= CH_SLOTS))
		return;
	if (!(step->flags & CH_ASYNC))
		questions = prepare(worker, step);
	if (questions && ch_request_batch(questions, 0))
		return;
	slot->ring[slot->asked % CH_RING] = *step;
	ch_arena->given++;
	__atomic_add_fetch(&slot->asked, 1, __ATOMIC_SEQ_CST);
	ch_futex_wake(&slot->asked);
	if (step->flags & CH_ASYNC) {
		if (step->op == CH_EXIT)
			ch_lives[worker].state = CH_DYING;
		if (step->op == CH_EXIT_GROUP)
			ch_doom_group(worker);
		return;
	}
	if (!is_last(step))
		ch_await(worker, 1);
	if (questions)
		judge(slot, questions);
	if (questions && step->op == CH_TRIPLE)
		ch_compare_triple(slot, ch_arena->batch);
	follow(worker, step);
	if (ch_transcript >= 0)
		ch_come_to_rest();
	ch_transcribe(worker, step, questions);
}

static int is_question(const struct ch_step *step)
{
	return step->op == CH_ASK || step->op == CH_TRIPLE ||
		step->op == CH_SWEEP || step->op == CH_ITEMS;
}

/* A shortened script may lack the steps that waited for everybody. */
static void calm_down(const struct ch_step *step)
{
	static int busy;

	if (step->flags & CH_ASYNC) {
		busy = 1;
	} else if (busy && (is_question(step) || step->op == CH_SYNC)) {
		ch_sync_all();
		busy = 0;
	}
}

void ch_play(int worker, struct ch_step *step)
{
	if (ch_transcript >= 0)
		step->flags = 0;
	/* Three answers hang together only if they are waited for. */
	if (step->op == CH_TRIPLE)
		step->flags &= ~CH_ASYNC;
	calm_down(step);
	ch_refresh();
	ch_line++;
	if (is_question(step) && step->flags & CH_ASYNC)
		step->arg[6] = 0;
	if (ch_writing >= 0)
		ch_step_print(ch_writing, worker, step);
	if (step->op == CH_SYNC) {
		ch_sync_all();
		ch_print_notes();
		return;
	}
	if (step->op >= 0 && step->op < CH_OPS)
		give(worker, step);
	ch_print_notes();
}
