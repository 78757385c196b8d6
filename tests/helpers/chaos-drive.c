/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver: who lives, who can be given a step, and what came of it.
 */
#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PATIENCE = 20000,	/* milliseconds for one step */
	TICK = 5,
	BIRTH = 2000,
	GRACE = 200,
	LATE = 5,
	FIRST_WORKERS = 3,
	CH_FD_WRITE = 905,
};

enum state {
	FREE,
	EMBRYO,		/* somebody is to give birth to it */
	ALIVE,
	DYING,		/* it will be dead */
	DEAD,
};

struct life {
	enum state state;
	int creator;
	int missed;	/* how often everybody was waited for in vain */
	uint32_t exec_seen;
};

static struct life lives[CH_SLOTS];
static int stuck;
static int writing = -1;
static uint32_t noted;
static unsigned long at_line;

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static struct ch_slot *slot_of(int index)
{
	return &ch_arena->slot[index];
}

static void wait_a_moment(void)
{
	ch_futex_wait(&ch_arena->pulse, 0, 1);
}

/* ---- births, execs and deaths ---- */

/* An exec takes the number of the group's first thread and ends the rest. */
static void notice_exec(int index)
{
	const struct ch_slot *slot = slot_of(index);
	uint32_t at = load(&slot->exec_at);
	int i;

	lives[index].exec_seen = at;
	for (i = 1; i < CH_SLOTS; i++) {
		const struct ch_slot *other = slot_of(i);

		if (i == index || other->tgid != slot->tgid ||
		    other->born_at >= at || other->exec_at >= at)
			continue;
		if (lives[i].state == ALIVE || lives[i].state == DYING)
			lives[i].state = DEAD;
	}
}

/* What can be told without a system call. */
static void refresh(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		struct life *life = &lives[i];

		if (life->state == EMBRYO && load(&slot_of(i)->born))
			life->state = ALIVE;
		else if (life->state == EMBRYO && load(&slot_of(i)->failed))
			life->state = FREE;
		if (life->state == ALIVE &&
		    load(&slot_of(i)->exec_at) != life->exec_seen)
			notice_exec(i);
	}
}

/* R, S, Z, ... or 0: nobody has this number. */
static char task_state(pid_t tgid, pid_t tid)
{
	char path[64];
	char text[512];
	ssize_t len;
	char *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tgid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : 0;
}

/* True if it works on; otherwise it is known as dead afterwards. */
static int is_living(int index)
{
	char state = task_state(slot_of(index)->tgid, slot_of(index)->tid);

	refresh();
	if (lives[index].state == DEAD || lives[index].state == FREE)
		return 0;
	if (state != 0 && state != 'Z' && state != 'X')
		return 1;
	/* It may have moved to another number meanwhile. */
	if (load(&slot_of(index)->exec_at) == lives[index].exec_seen)
		lives[index].state = DEAD;
	return lives[index].state != DEAD;
}

/* Does it wait in clone for a child that goes on for us? */
static int suspended(int index)
{
	const struct ch_slot *slot = slot_of(index);
	uint32_t done = load(&slot->done);
	const struct ch_step *step = &slot->ring[done % CH_RING];
	int child = (int)step->arg[0];

	if (done == load(&slot->asked) || step->op != CH_CLONE ||
	    !(step->arg[2] == CH_BY_VFORK || step->arg[1] & CLONE_VFORK))
		return 0;
	return (lives[child].state == ALIVE || lives[child].state == DYING) &&
		load(&slot_of(child)->born) && !load(&slot_of(child)->exec_at);
}

static void report_stuck(int index)
{
	const struct ch_slot *slot = slot_of(index);

	printf("stuck: line %lu, worker %d (%d):\n", at_line, index,
	       slot->tid);
	fflush(stdout);
	ch_step_print(1, index, &slot->ring[slot->done % CH_RING]);
	stuck++;
	lives[index].state = DYING;
	ch_sys(SYS_tgkill, slot->tgid, slot->tid, SIGKILL);
}

/* Until it has fewer than LEFT steps before it. */
static void await(int index, uint32_t left)
{
	struct ch_slot *slot = slot_of(index);
	int waited;

	for (waited = 0; waited < PATIENCE; waited += TICK) {
		uint32_t done = load(&slot->done);

		if (load(&slot->asked) - done < left)
			return;
		refresh();
		if (lives[index].state != ALIVE || suspended(index))
			return;
		ch_futex_wait(&slot->done, done, TICK);
		if (load(&slot->done) == done && !is_living(index))
			return;
	}
	report_stuck(index);
}

static void await_birth(int index, int patience)
{
	struct ch_slot *slot = slot_of(index);
	int waited;

	for (waited = 0; waited < patience; waited += TICK) {
		refresh();
		if (lives[index].state != EMBRYO)
			return;
		ch_futex_wait(&slot->born, 0, TICK);
	}
}

/*
 * Who was to die may live: a namespace's first process survives the signals
 * of its children, and who was to bring the end may have died before.  And
 * such a first process stays for as long as nobody reaps its zombies.
 */
static int is_spared(int index)
{
	const struct ch_slot *slot = slot_of(index);

	return load(&slot->done) == load(&slot->asked) || suspended(index);
}

/* Whose creator died before will never be. */
static void await_late_birth(int index)
{
	if (lives[index].missed++ == 0)
		await_birth(index, GRACE / 4);
	else if (lives[index].missed > LATE && lives[index].state == EMBRYO)
		lives[index].state = FREE;
}

static void await_death(int index)
{
	int waited;

	for (waited = 0; waited < GRACE; waited++) {
		if (lives[index].state != DYING || !is_living(index))
			return;
		wait_a_moment();
	}
	lives[index].state = is_spared(index) ? ALIVE : DEAD;
}

static void settle(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == DYING)
			await_death(i);
	}
	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == ALIVE)
			is_living(i);
	}
}

/* Until nobody has anything to do.  Who waited for a death goes on then. */
static void sync_all(int again)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == ALIVE)
			await(i, 1);
	}
	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == EMBRYO && !suspended(lives[i].creator))
			await_late_birth(i);
	}
	settle();
	if (again)
		sync_all(0);
}

static void doom_group(int index)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == ALIVE &&
		    slot_of(i)->tgid == slot_of(index)->tgid)
			lives[i].state = DYING;
	}
}

/* A dead worker's slot is free when nobody has its numbers any more. */
static int find_free(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		struct ch_slot *slot = slot_of(i);

		if (lives[i].state == DEAD &&
		    ch_sys(SYS_tgkill, slot->tgid, slot->tid, 0) == -ESRCH)
			lives[i].state = FREE;
		if (lives[i].state == FREE)
			return i;
	}
	return -1;
}

/* ---- steps ---- */

static int begin_birth(int index, int creator)
{
	struct ch_slot *slot = slot_of(index);

	if (index < 1 || index >= CH_SLOTS)
		return -EINVAL;
	if (lives[index].state == DEAD &&
	    ch_sys(SYS_tgkill, slot->tgid, slot->tid, 0) == -ESRCH)
		lives[index].state = FREE;
	if (lives[index].state != FREE)
		return -EBUSY;
	memset(slot, 0, sizeof(*slot));
	lives[index] = (struct life){
		.state = EMBRYO,
		.creator = creator,
	};
	return 0;
}

static void print_notes(void)
{
	uint32_t notes = load(&ch_arena->notes);
	int i;

	for (; noted < notes && noted < CH_NOTES; noted++) {
		const struct ch_note *note = &ch_arena->note[noted];

		printf("line %lu, worker %d: %s:", at_line, note->asker,
		       ch_fault_name(note->kind));
		for (i = 0; i < 9; i++)
			printf(" %lld", (long long)note->value[i]);
		printf("\n");
	}
	fflush(stdout);
}

/* What is known to follow from a step. */
static void follow(int worker, const struct ch_step *step)
{
	switch (step->op) {
	case CH_CLONE:
		await_birth((int)step->arg[0], BIRTH);
		break;
	case CH_EXIT:
		if (lives[worker].state == ALIVE)
			lives[worker].state = DYING;
		break;
	case CH_EXIT_GROUP:
		doom_group(worker);
		break;
	case CH_KILL:
		if (lives[worker].state == ALIVE ? slot_of(worker)->ret == 0 :
		    slot_of(worker)->tgid ==
		    slot_of((int)step->arg[0])->tgid)
			doom_group((int)step->arg[0]);
		break;
	default:
		return;
	}
	if (step->op != CH_CLONE && !(step->flags & CH_LINGER))
		settle();
}

/* Leaving: there is no reply to wait for. */
static int is_last(const struct ch_step *step)
{
	return step->op == CH_EXIT || step->op == CH_EXIT_GROUP;
}

static void give(int worker, const struct ch_step *step)
{
	struct ch_slot *slot = slot_of(worker);

	if (lives[worker].state != ALIVE)
		return;
	await(worker, CH_RING);
	if (lives[worker].state != ALIVE || suspended(worker))
		return;
	if (step->op == CH_CLONE &&
	    begin_birth((int)step->arg[0], worker))
		return;
	if (step->op == CH_KILL && (step->arg[0] < 1 ||
				    step->arg[0] >= CH_SLOTS))
		return;
	slot->ring[slot->asked % CH_RING] = *step;
	__atomic_add_fetch(&slot->asked, 1, __ATOMIC_SEQ_CST);
	ch_futex_wake(&slot->asked);
	if (step->flags & CH_ASYNC) {
		if (step->op == CH_EXIT)
			lives[worker].state = DYING;
		if (step->op == CH_EXIT_GROUP)
			doom_group(worker);
		return;
	}
	if (!is_last(step))
		await(worker, 1);
	follow(worker, step);
}

static int has_dying(void)
{
	int i;

	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == DYING)
			return 1;
	}
	return 0;
}

static void play(int worker, struct ch_step *step)
{
	refresh();
	/* Who dies meanwhile makes answers change. */
	if (step->op == CH_ASK && has_dying())
		step->arg[6] = 0;
	if (step->op == CH_TRIPLE && has_dying())
		return;
	at_line++;
	if (writing >= 0)
		ch_step_print(writing, worker, step);
	if (step->op == CH_SYNC) {
		sync_all(1);
		print_notes();
		return;
	}
	if (step->op >= 0 && step->op < CH_OPS)
		give(worker, step);
	print_notes();
}

/* ---- random runs ---- */

static void look(struct ch_view *view)
{
	int i;

	refresh();
	view->n_alive = 0;
	view->n_known = 0;
	view->known[view->n_known++] = 0;
	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == ALIVE && !suspended(i))
			view->alive[view->n_alive++] = i;
		if (lives[i].state >= ALIVE)
			view->known[view->n_known++] = i;
	}
	view->free = find_free();
}

static void question(struct ch_random *random, struct ch_view *view,
		     int flags)
{
	struct ch_step step;
	int worker;

	look(view);
	if (view->n_alive == 0)
		return;
	worker = ch_draw_question(random, view, &step);
	step.flags = flags;
	if (step.op == CH_ASK && !(flags & CH_ASYNC))
		step.arg[6] = 1;
	play(worker, &step);
}

static void operation(struct ch_random *random, struct ch_view *view,
		      int flags)
{
	struct ch_step step;
	int worker;

	look(view);
	if (view->n_alive == 0)
		return;
	worker = ch_draw_step(random, view, &step);
	step.flags = flags;
	if (!(flags & CH_ASYNC) && ch_draw(random, 4) == 0)
		step.flags |= CH_LINGER;
	play(worker, &step);
}

static void everybody(void)
{
	struct ch_step step = { .op = CH_SYNC };

	play(0, &step);
}

/* One operation, and what is true after it. */
static void one_step(struct ch_random *random, struct ch_view *view)
{
	uint32_t i;

	operation(random, view, 0);
	for (i = ch_draw(random, 6); i > 0; i--)
		question(random, view, 0);
	if (has_dying() && ch_draw(random, 2) == 0)
		everybody();
}

/* Several at the same moment, and what is true after them. */
static void burst(struct ch_random *random, struct ch_view *view)
{
	uint32_t i;

	for (i = 2 + ch_draw(random, 8); i > 0; i--)
		operation(random, view, CH_ASYNC);
	everybody();
	for (i = ch_draw(random, 12); i > 0; i--)
		question(random, view, 0);
}

/* Operations and questions all at once. */
static void storm(struct ch_random *random, struct ch_view *view)
{
	uint32_t i;

	for (i = 0; i < 24; i++) {
		if (ch_draw(random, 2) == 0)
			operation(random, view, CH_ASYNC);
		else
			question(random, view, CH_ASYNC);
	}
	if (ch_draw(random, 3) == 0)
		everybody();
}

/* ---- the frame ---- */

static int open_still(void)
{
	int i;

	for (i = 0; i < CH_STILL; i++) {
		/* The second is the same file as the first. */
		int fd = i == 1 ? CH_FD_STILL : open("/dev/null", O_RDWR);

		if (fd < 0 || dup2(fd, CH_FD_STILL + i) < 0)
			return -errno;
		if (i != 1)
			close(fd);
	}
	return 0;
}

/* The other width of this program, if it lies beside it. */
static void open_programs(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 3);
	int fd = open("/proc/self/exe", O_PATH);

	if (fd >= 0 && dup2(fd, CH_FD_SELF) >= 0)
		close(fd);
	if (len <= 2)
		return;
	path[len] = '\0';
	if (strcmp(path + len - 2, "32") == 0)
		path[len - 2] = '\0';
	else
		memcpy(path + len, "32", 3);
	fd = open(path, O_PATH);
	if (fd >= 0 && dup2(fd, CH_FD_OTHER) >= 0)
		close(fd);
}

static int open_all(void)
{
	int pair[2];

	/* ioprio_set of a process group is about ours. */
	setpgid(0, 0);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	    dup2(pair[0], CH_FD_SEND) < 0 || dup2(pair[1], CH_FD_RECV) < 0)
		return -errno;
	close(pair[0]);
	close(pair[1]);
	open_programs();
	ch_arena->semid = semget(IPC_PRIVATE, 1, 0666);
	return open_still();
}

static void name_driver(void)
{
	struct ch_slot *slot = slot_of(0);

	slot->tid = slot->tgid = slot->self = slot->self_tgid = getpid();
	ch_arena->pidns = slot->pidns = ch_pid_namespace();
	lives[0].state = ALIVE;
}

static void first_workers(void)
{
	static const int64_t flags[FIRST_WORKERS] = {
		0, CLONE_FS | CLONE_IO | CLONE_SYSVSEM, 0,
	};
	int i;

	for (i = 1; i <= FIRST_WORKERS; i++) {
		const int64_t arg[CH_ARGS] = { i, flags[i - 1], CH_BY_CLONE,
			SIGCHLD };

		if (begin_birth(i, 0))
			continue;
		ch_do_clone(slot_of(0), arg);
		await_birth(i, BIRTH);
	}
}

static int begin(const char *path)
{
	int err = ch_arena_make();

	if (!err)
		err = open_all();
	if (err) {
		fprintf(stderr, "chaos: cannot begin: %s\n", strerror(-err));
		return 1;
	}
	if (path) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

		writing = fd < 0 ? -1 :
			fcntl(fd, F_DUPFD_CLOEXEC, CH_FD_WRITE);
		if (writing < 0) {
			fprintf(stderr, "chaos: cannot write %s: %s\n", path,
				strerror(errno));
			return 1;
		}
		close(fd);
	}
	name_driver();
	first_workers();
	return 0;
}

/*
 * The kernel's own threads of an io_uring outlive those of a group that ended
 * one by one: the dead leader's number still reaches them.
 */
static void kill_remains(int index)
{
	const struct ch_slot *slot = slot_of(index);

	if (slot->tgid > 0 && ch_sys(SYS_tgkill, slot->tgid, slot->tgid, 0)
	    == 0 && task_state(slot->tgid, slot->tgid) == 'Z')
		kill(slot->tgid, SIGKILL);
}

static void kill_all(void)
{
	int i;

	__atomic_store_n(&ch_arena->over, 1, __ATOMIC_SEQ_CST);
	for (i = 1; i < CH_SLOTS; i++) {
		if (lives[i].state == ALIVE || lives[i].state == DYING)
			ch_sys(SYS_tgkill, slot_of(i)->tgid, slot_of(i)->tid,
			       SIGKILL);
		if (lives[i].state == DEAD)
			kill_remains(i);
	}
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		continue;
}

static int end(void)
{
	const uint32_t *faults = ch_arena->faults;
	uint32_t order = faults[CH_FAULT_ORDER] + faults[CH_FAULT_TRIPLE] +
		faults[CH_FAULT_STILL];
	uint32_t refuted = faults[CH_FAULT_EQUAL] + faults[CH_FAULT_RIGHT];

	everybody();
	ch_ask_still(slot_of(0));
	print_notes();
	kill_all();
	semctl(ch_arena->semid, 0, IPC_RMID);
	printf("questions: %u\nimpossible answers: %u\n"
	       "order violations: %u\nrefuted answers: %u\n"
	       "stuck workers: %d\n", ch_arena->questions,
	       faults[CH_FAULT_RANGE], order, refuted, stuck);
	return faults[CH_FAULT_RANGE] || order || refuted || stuck;
}

int ch_drive_random(const struct ch_run *run)
{
	struct ch_view view = { .tempo = run->tempo };
	struct ch_random random;
	unsigned long i;

	if (begin(run->write))
		return 1;
	ch_seed(&random, run->seed, 0);
	view.profile = ch_draw(&random, 32);
	/* Questions of the unprivileged cannot all be judged. */
	if (ch_draw(&random, 2) == 0)
		view.profile &= ~(uint32_t)CH_WITH_IDS;
	if (run->profile >= 0)
		view.profile = (uint32_t)run->profile;
	if (run->seed % 2)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (i = 1; i <= run->steps; i++) {
		ch_seed(&random, run->seed, i);
		if (run->tempo == 1)
			one_step(&random, &view);
		else if (run->tempo == 2)
			burst(&random, &view);
		else
			storm(&random, &view);
		if (i % 50 == 0)
			ch_ask_still(slot_of(0));
		if (run->seed % 4 == 1)
			waitpid(-1, NULL, WNOHANG | __WALL);
		/* Everybody may have died. */
		if (view.n_alive == 0) {
			everybody();
			first_workers();
		}
	}
	return end();
}

int ch_drive_script(char *text)
{
	char *save = NULL;
	char *line;

	if (begin(NULL))
		return 1;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct ch_step step;
		int worker;

		if (*line == '#' || *line == '\0')
			continue;
		if (ch_step_parse(line, &worker, &step)) {
			fprintf(stderr, "chaos: not a step: %s\n", line);
			kill_all();
			return 1;
		}
		play(worker, &step);
	}
	return end();
}
