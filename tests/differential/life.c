/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who lives, as far as the driver knows: births, execs and deaths.
 */
#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PATIENCE = 20000,	/* milliseconds for one step */
	SOON = 500,
	TICK = 5,
	GRACE = 200,
	LONG_GRACE = 5000,	/* for a transcript */
	LATE = 300,	/* a killed creator's child may still come */
};

struct ch_life ch_lives[CH_SLOTS];
int ch_stuck;

static void wait_a_moment(void)
{
	ch_futex_wait(&ch_arena->pulse, 0, 1);
}

static int is_there(int index)
{
	return ch_lives[index].state == CH_ALIVE ||
		ch_lives[index].state == CH_DYING;
}

/* ---- births, execs and deaths ---- */

/* An exec takes the number of the group's first thread and ends the rest. */
static void notice_exec(int index)
{
	const struct ch_slot *slot = ch_slot_of(index);
	uint32_t at = ch_load(&slot->exec_at);
	int i;

	ch_lives[index].exec_seen = at;
	for (i = 1; i < CH_SLOTS; i++) {
		const struct ch_slot *other = ch_slot_of(i);

		if (i == index || other->tgid != slot->tgid ||
		    other->born_at >= at || other->exec_at >= at)
			continue;
		if (is_there(i))
			ch_lives[i].state = CH_DEAD;
	}
}

/* Groups that end, until all is quiet: who is born into one ends with it. */
static pid_t doomed_group[CH_SLOTS];
static unsigned int doomed_groups;

static enum ch_state newborn_state(int index)
{
	unsigned int i;

	for (i = 0; i < doomed_groups; i++) {
		if (doomed_group[i] == ch_slot_of(index)->tgid)
			return CH_DYING;
	}
	return CH_ALIVE;
}

/* What can be told without a system call. */
void ch_refresh(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		struct ch_life *life = &ch_lives[i];

		if (life->state == CH_EMBRYO && ch_load(&ch_slot_of(i)->born))
			life->state = newborn_state(i);
		else if (life->state == CH_EMBRYO &&
			 ch_load(&ch_slot_of(i)->failed))
			life->state = CH_FREE;
		/* Who was to die in exit_group may be the one that stays. */
		if (is_there(i) &&
		    ch_load(&ch_slot_of(i)->exec_at) != life->exec_seen)
			notice_exec(i);
	}
}

/* The beginning of a file of /proc; empty if nobody has this number. */
static void read_of_task(pid_t tgid, pid_t tid, const char *name,
			 char text[512])
{
	char path[64];
	ssize_t len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", tgid, tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, text, 511);
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
}

/* R, S, Z, ... or 0: nobody has this number. */
char ch_task_state(pid_t tgid, pid_t tid)
{
	char text[512];
	char *end;

	read_of_task(tgid, tid, "stat", text);
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : 0;
}

/*
 * A zombie, but not at its end yet: it still has its io context; and if its
 * parent ignores SIGCHLD, it reaps itself.  Or somebody who does that has come
 * half way ('X').
 */
static int is_leaving(const struct ch_slot *slot)
{
	char state = ch_task_state(slot->tgid, slot->tid);
	char text[512];

	if (state != 'Z')
		return state == 'X';
	read_of_task(slot->tgid, slot->tid, "syscall", text);
	return strncmp(text, "running", 7) == 0;
}

/* Whoever has memory is not dead.  To close a file would be a watched call. */
static int task_has_memory(pid_t tgid, pid_t tid)
{
	char path[64];
	char link[8];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/exe", tgid, tid);
	return readlink(path, link, sizeof(link)) > 0;
}

static pid_t number_of(const struct ch_slot *slot)
{
	return __atomic_load_n(&slot->tid, __ATOMIC_SEQ_CST);
}

/*
 * A thread that execs has the number of its group's first thread before the
 * new program comes to say so.  As it may say so at any moment, TID is its
 * number from before one began to look.
 */
static int may_have_moved(const struct ch_slot *slot, pid_t tid)
{
	uint32_t done = ch_load(&slot->done);

	if (tid != slot->tgid && done != ch_load(&slot->asked) &&
	    slot->ring[done % CH_RING].op == CH_EXEC &&
	    task_has_memory(slot->tgid, slot->tgid))
		return 1;
	return number_of(slot) != tid;
}

/* At its end, which may take it for as long as others live. */
static int is_ending(const struct ch_slot *slot)
{
	pid_t tid = number_of(slot);

	return !task_has_memory(slot->tgid, tid) && !may_have_moved(slot, tid);
}

static unsigned int deaths;

/* The last one to go may take the first, who died before, with it. */
static void note_death(int index)
{
	int i;

	deaths++;
	ch_lives[index].state = CH_DEAD;
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_slot_of(i)->tgid == ch_slot_of(index)->tgid)
			ch_lives[i].rests = 0;
	}
}

/* True if it works on; otherwise it is known as dead afterwards. */
static int is_living(int index)
{
	const struct ch_slot *slot = ch_slot_of(index);
	pid_t tid = number_of(slot);
	char state = task_has_memory(slot->tgid, tid) ? 'R' :
		ch_task_state(slot->tgid, tid);

	ch_refresh();
	if (ch_lives[index].state == CH_DEAD ||
	    ch_lives[index].state == CH_FREE)
		return 0;
	if (state != 0 && state != 'Z' && state != 'X')
		return 1;
	/* A thread's number is there for a moment after its end. */
	if (state != 0 && (state == 'X' || tid != slot->tgid))
		return 1;
	if (may_have_moved(slot, tid))
		return 1;
	note_death(index);
	return 0;
}

/* Does it wait in clone for a child that goes on for us? */
int ch_is_suspended(int index)
{
	const struct ch_slot *slot = ch_slot_of(index);
	uint32_t done = ch_load(&slot->done);
	const struct ch_step *step = &slot->ring[done % CH_RING];
	int child = (int)step->arg[0];

	if (done == ch_load(&slot->asked) || step->op != CH_CLONE ||
	    !(step->arg[2] == CH_BY_VFORK || step->arg[1] & CLONE_VFORK))
		return 0;
	return is_there(child) && ch_load(&ch_slot_of(child)->born) &&
		!ch_load(&ch_slot_of(child)->exec_at);
}

static void report_stuck(int index)
{
	const struct ch_slot *slot = ch_slot_of(index);

	printf("stuck: line %lu, worker %d (%d), after %u of %u steps:\n",
	       ch_line, index, slot->tid, slot->done, slot->asked);
	fflush(stdout);
	ch_step_print(1, index, &slot->ring[slot->done % CH_RING]);
	ch_stuck++;
	ch_lives[index].state = CH_DYING;
	ch_sys(SYS_tgkill, slot->tgid, slot->tid, SIGKILL);
}

/* Who stopped it may have been killed before the rest; the supervisor traces
   some, which are shown differently then.  A thread that execs has its leader's
   number, and may be stopped before it says so. */
static void continue_stopped(const struct ch_slot *slot)
{
	char state = ch_task_state(slot->tgid, slot->tid);

	if (!state)
		state = ch_task_state(slot->tgid, slot->tgid);
	if (state == 'T' || state == 't')
		ch_sys(SYS_kill, slot->tgid, SIGCONT);
}

/* Until it has fewer than LEFT steps before it. */
void ch_await(int index, uint32_t left)
{
	struct ch_slot *slot = ch_slot_of(index);
	uint32_t seen = ch_load(&slot->done);
	int waited;

	for (waited = 0; waited < PATIENCE; waited += TICK) {
		uint32_t done = ch_load(&slot->done);
		uint32_t before = ch_load(&slot->asked) - done;

		if (before < left)
			return;
		/* It does what nobody told it. */
		if (before > CH_RING)
			break;
		if (done != seen)
			waited = 0;
		seen = done;
		ch_refresh();
		if (ch_lives[index].state != CH_ALIVE || ch_is_suspended(index))
			return;
		ch_futex_wait(&slot->done, done, TICK);
		if (ch_load(&slot->done) == done && !is_living(index))
			return;
		if (waited > SOON)
			continue_stopped(slot);
		/* Killed with its namespace, and waits for others to die. */
		if (waited > SOON && is_ending(slot)) {
			ch_lives[index].state = CH_DYING;
			return;
		}
	}
	report_stuck(index);
}

void ch_await_birth(int index, int patience)
{
	struct ch_slot *slot = ch_slot_of(index);
	int waited;

	for (waited = 0; waited < patience; waited += TICK) {
		ch_refresh();
		if (ch_lives[index].state != CH_EMBRYO)
			return;
		ch_futex_wait(&slot->born, 0, TICK);
	}
}

/* Will it still do what it was told? */
static int is_acting(int index)
{
	const struct ch_slot *slot = ch_slot_of(index);

	return ch_load(&slot->done) != ch_load(&slot->asked) &&
		!ch_is_suspended(index) && !is_ending(slot);
}

/* Somebody of its group, who is to die, may be about to end it. */
static int is_endangered(int index)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_DYING &&
		    ch_slot_of(i)->tgid == ch_slot_of(index)->tgid &&
		    is_acting(i))
			return 1;
	}
	return 0;
}

/*
 * Who was to die may live: a namespace's first process survives the signals
 * of its children, and who was to bring the end may have died before.  It says
 * so itself, when nothing is under way any more that could end it: CALL, 0 at
 * first, is what it has to reply to.  Who waits in clone cannot reply.
 */
static int is_spared(int index, uint32_t *call, int is_late)
{
	struct ch_slot *slot = ch_slot_of(index);
	uint32_t replied;

	if (ch_is_suspended(index))
		return is_late;
	if (!*call) {
		if (ch_load(&slot->done) != ch_load(&slot->asked) ||
		    is_endangered(index))
			return 0;
		*call = __atomic_add_fetch(&slot->called, 1, __ATOMIC_SEQ_CST);
	}
	replied = ch_load(&slot->replied);
	if (replied == *call)
		return 1;
	/* It may just be falling asleep: it is woken again, and again. */
	ch_futex_wake(&slot->asked);
	ch_futex_wait(&slot->replied, replied, 1);
	return ch_load(&slot->replied) == *call;
}

/* Whose creator died before will never be. */
static void await_late_birth(int index)
{
	if (ch_lives[index].missed++ == 0)
		ch_await_birth(index, GRACE / 4);
	else if (ch_lives[index].missed > LATE &&
		 ch_lives[index].state == CH_EMBRYO)
		ch_lives[index].state = CH_FREE;
}

/*
 * Who still has steps before it, and memory, is only slow: its slot is nobody
 * else's, and nothing is quiet.
 */
static void await_death(int index)
{
	int patience = ch_transcript < 0 ? GRACE : LONG_GRACE;
	uint32_t call = 0;
	int waited;

	for (waited = 0; waited < PATIENCE; waited++) {
		if (ch_lives[index].state != CH_DYING || !is_living(index))
			return;
		if (is_spared(index, &call, waited >= patience)) {
			ch_lives[index].state = CH_ALIVE;
			return;
		}
		if (waited >= patience && is_ending(ch_slot_of(index))) {
			note_death(index);
			return;
		}
		if (waited > SOON)
			continue_stopped(ch_slot_of(index));
		wait_a_moment();
	}
	report_stuck(index);
}

/* Who is to be reaped by nobody else has gone then, too. */
static void await_rest(int index)
{
	int waited;

	for (waited = 0; waited < LONG_GRACE; waited++) {
		if (!is_leaving(ch_slot_of(index)))
			break;
		wait_a_moment();
	}
	ch_lives[index].rests = 1;
}

void ch_settle(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_DYING)
			await_death(i);
	}
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state != CH_ALIVE || !is_living(i) ||
		    !is_ending(ch_slot_of(i)))
			continue;
		ch_lives[i].state = CH_DYING;
		await_death(i);
	}
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_DEAD && !ch_lives[i].rests)
			await_rest(i);
	}
}

void ch_come_to_rest(void)
{
	int i;

	ch_settle();
	/* Of a vfork the child may be another program now, or dead. */
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_ALIVE)
			ch_await(i, 1);
	}
	ch_settle();
}

/* Until nobody has anything to do.  Who waited for a death goes on then. */
static void sync_all(int again)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_ALIVE)
			ch_await(i, 1);
	}
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_EMBRYO &&
		    !ch_is_suspended(ch_lives[i].creator))
			await_late_birth(i);
	}
	ch_settle();
	if (again)
		sync_all(0);
}

/*
 * Whom a signal was sent to may still be on its way to its end, and so may
 * those who go with it; it may also have been sent in vain.  So everybody has
 * to say that it lives.  Who waits in clone cannot, and is given time.  True if
 * somebody died: who waited for that goes on now, and may kill others.
 */
static int await_killed(void)
{
	uint64_t killed = __atomic_load_n(&ch_arena->killed, __ATOMIC_SEQ_CST);
	unsigned int before = deaths;
	int i;

	if (!killed)
		return 0;
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_ALIVE &&
		    (!ch_is_suspended(i) || killed >> i & 1))
			ch_lives[i].state = CH_DYING;
	}
	ch_settle();
	return deaths != before;
}

static void end_guessed(void)
{
	uint64_t guessed = ch_guessed();
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		const struct ch_slot *slot = ch_slot_of(i);

		if (!(guessed >> i & 1) || ch_lives[i].state != CH_ALIVE)
			continue;
		ch_sys(SYS_tgkill, slot->tgid, slot->tid, SIGKILL);
		ch_doom_group(i);
	}
	ch_settle();
}

void ch_sync_all(void)
{
	int i;

	do
		sync_all(1);
	while (await_killed());
	end_guessed();
	/* All is quiet: who was to die is dead. */
	for (i = 1; i < CH_SLOTS; i++) {
		if (!ch_is_suspended(i))
			ch_change_end(ch_slot_of(i));
	}
	ch_release_ring();
	doomed_groups = 0;
	__atomic_store_n(&ch_arena->killed, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&ch_arena->doomed, 0, __ATOMIC_SEQ_CST);
}

void ch_doom_group(int index)
{
	int i;

	if (doomed_groups < CH_SLOTS)
		doomed_group[doomed_groups++] = ch_slot_of(index)->tgid;
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_ALIVE &&
		    ch_slot_of(i)->tgid == ch_slot_of(index)->tgid)
			ch_lives[i].state = CH_DYING;
	}
}

/* A dead worker's slot is free when nobody has its numbers any more. */
int ch_find_free(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		struct ch_slot *slot = ch_slot_of(i);

		if (ch_lives[i].state == CH_DEAD &&
		    ch_sys(SYS_tgkill, slot->tgid, slot->tid, 0) == -ESRCH)
			ch_lives[i].state = CH_FREE;
		if (ch_lives[i].state == CH_FREE)
			return i;
	}
	return -1;
}

int ch_begin_birth(int index, int creator)
{
	struct ch_slot *slot = ch_slot_of(index);

	if (index < 1 || index >= CH_SLOTS)
		return -EINVAL;
	if (ch_lives[index].state == CH_DEAD &&
	    ch_sys(SYS_tgkill, slot->tgid, slot->tid, 0) == -ESRCH)
		ch_lives[index].state = CH_FREE;
	if (ch_lives[index].state != CH_FREE)
		return -EBUSY;
	memset(slot, 0, sizeof(*slot));
	slot->table = index;
	ch_lives[index] = (struct ch_life){
		.state = CH_EMBRYO,
		.creator = creator,
	};
	return 0;
}

int ch_has_dying(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_DYING)
			return 1;
	}
	return 0;
}

/*
 * Nobody has its number any more.  That is asked about for a while, until
 * somebody else might have it; a namespace's own number comes back at once.
 */
static void notice_reaped(int index)
{
	struct ch_slot *slot = ch_slot_of(index);
	struct ch_life *life = &ch_lives[index];

	if (life->state != CH_DEAD ||
	    ch_sys(SYS_tgkill, slot->tgid, slot->tid, 0) != -ESRCH)
		return;
	if (slot->pidns != ch_arena->pidns)
		slot->pidns = -1;
	if (life->gone == 0)
		life->gone = ch_line + 1;
	if (ch_line - life->gone > 200)
		life->state = CH_FREE;
}

void ch_look(struct ch_view *view)
{
	int i;

	ch_refresh();
	for (i = 1; i < CH_SLOTS; i++)
		notice_reaped(i);
	view->n_alive = 0;
	view->n_known = 0;
	view->known[view->n_known++] = 0;
	for (i = 1; i < CH_SLOTS; i++) {
		if (ch_lives[i].state == CH_ALIVE && !ch_is_suspended(i))
			view->alive[view->n_alive++] = i;
		if (ch_lives[i].state >= CH_ALIVE)
			view->known[view->n_known++] = i;
	}
	view->free = ch_find_free();
}
