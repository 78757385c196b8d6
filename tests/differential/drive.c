/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver: a run from its first worker to its last.
 */
#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FIRST_WORKERS = 3,
	SWEEP = 48,
	FD_WRITE = 905,
};

/* ---- random runs ---- */

static void question(struct ch_random *random, struct ch_view *view,
		     int flags)
{
	struct ch_step step;
	int worker;

	ch_look(view);
	if (view->n_alive == 0)
		return;
	worker = ch_draw_question(random, view, &step);
	step.flags = flags;
	ch_play(worker, &step);
}

/* Many questions of one worker. */
static void sweep(struct ch_random *random, struct ch_view *view)
{
	struct ch_step step = { .op = CH_SWEEP };

	ch_look(view);
	if (view->n_alive == 0)
		return;
	step.arg[0] = (int64_t)ch_draw(random, 1U << 30);
	step.arg[1] = 1 + (int64_t)ch_draw(random, CH_BATCH);
	step.arg[2] = (int64_t)view->profile;
	ch_play(view->alive[ch_draw(random, (uint32_t)view->n_alive)], &step);
}

/*
 * What is true now.  Seldom asked is as important as often asked: what was not
 * asked about is not known to who answers.
 */
static void questions(struct ch_random *random, struct ch_view *view)
{
	uint32_t i;

	for (i = ch_draw(random, 4); i > 0; i--)
		question(random, view, 0);
	if (ch_draw(random, 100) < view->sweeps)
		sweep(random, view);
}

static void operation(struct ch_random *random, struct ch_view *view,
		      int flags)
{
	struct ch_step step;
	int worker;

	ch_look(view);
	if (view->n_alive == 0)
		return;
	worker = ch_draw_step(random, view, &step);
	step.flags = flags;
	if (!(flags & CH_ASYNC) && ch_draw(random, 4) == 0)
		step.flags |= CH_LINGER;
	ch_play(worker, &step);
}

static void everybody(void)
{
	struct ch_step step = { .op = CH_SYNC };

	ch_play(0, &step);
}

/* One operation, and what is true after it. */
static void one_step(struct ch_random *random, struct ch_view *view)
{
	operation(random, view, 0);
	questions(random, view);
	if (ch_has_dying() && ch_draw(random, 2) == 0)
		everybody();
}

/* Several at the same moment, and what is true after them. */
static void burst(struct ch_random *random, struct ch_view *view)
{
	uint32_t i;

	for (i = 2 + ch_draw(random, 8); i > 0; i--)
		operation(random, view, CH_ASYNC);
	everybody();
	questions(random, view);
	questions(random, view);
}

/* Operations and questions all at once, and what is true after them. */
static void storm(struct ch_random *random, struct ch_view *view)
{
	uint32_t i;

	for (i = 0; i < 48; i++) {
		if (ch_draw(random, 6) == 0)
			operation(random, view, CH_ASYNC);
		else
			question(random, view, CH_ASYNC);
	}
	everybody();
	questions(random, view);
	questions(random, view);
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
	if (ch_open_images())
		return -errno;
	ch_arena->numbers_tell = access("/proc/sys/kernel/ns_last_pid",
					R_OK) == 0;
	ch_arena->semid = semget(IPC_PRIVATE, 1, 0666);
	return open_still();
}

static void name_driver(void)
{
	struct ch_slot *slot = ch_slot_of(0);

	slot->tid = slot->tgid = slot->self = slot->self_tgid = getpid();
	ch_arena->pidns = slot->pidns = ch_pid_namespace();
	ch_lives[0].state = CH_ALIVE;
}

static void first_workers(void)
{
	static const int64_t flags[FIRST_WORKERS] = {
		0, CLONE_FS | CLONE_IO | CLONE_SYSVSEM, 0,
	};
	int i;

	for (i = 1; i <= FIRST_WORKERS; i++) {
		int slot = ch_lives[i].state == CH_FREE ? i : ch_find_free();
		const int64_t arg[CH_ARGS] = { slot, flags[i - 1],
			CH_BY_CLONE, SIGCHLD };

		if (slot < 0 || ch_begin_birth(slot, 0))
			continue;
		ch_do_clone(ch_slot_of(0), arg);
		ch_await_birth(slot, CH_BIRTH);
	}
}

/* Not even for a program that would take them: 1 says so (core(5)). */
static int forbid_cores(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit))
		return -errno;
	limit.rlim_cur = limit.rlim_max > 0;
	return setrlimit(RLIMIT_CORE, &limit) ? -errno : 0;
}

static int begin(const struct ch_run *run)
{
	const char *path = run->write;
	int err = ch_arena_find();

	if (!err)
		err = forbid_cores();
	if (!err)
		err = open_all();
	if (!err && run->transcript)
		err = ch_transcript_open(run->transcript);
	if (err) {
		fprintf(stderr, "chaos: cannot begin: %s\n", strerror(-err));
		return 1;
	}
	if (path) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

		ch_writing = fd < 0 ? -1 :
			fcntl(fd, F_DUPFD_CLOEXEC, FD_WRITE);
		if (ch_writing < 0) {
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
	const struct ch_slot *slot = ch_slot_of(index);

	if (slot->tgid > 0 && ch_sys(SYS_tgkill, slot->tgid, slot->tgid, 0)
	    == 0 && ch_task_state(slot->tgid, slot->tgid) == 'Z')
		kill(slot->tgid, SIGKILL);
}

static void reap_all(void)
{
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		continue;
}

static void kill_all(void)
{
	int i;

	__atomic_store_n(&ch_arena->over, 1, __ATOMIC_SEQ_CST);
	for (i = 1; i < CH_SLOTS; i++) {
		const struct ch_slot *slot = ch_slot_of(i);

		if (ch_lives[i].state == CH_ALIVE ||
		    ch_lives[i].state == CH_DYING)
			ch_sys(SYS_tgkill, slot->tgid, slot->tid, SIGKILL);
		if (ch_lives[i].state == CH_DEAD)
			kill_remains(i);
	}
	reap_all();
}

/* "NAME of KEY..." lines, so that scripts can add them up. */
static void print_coverage(void)
{
	int i;
	int j;

	for (i = 0; i < CH_TYPES; i++) {
		for (j = 0; j < CH_RESULTS; j++) {
			if (ch_arena->seen[i][j])
				printf("seen %s %s %u\n", ch_type_name(i),
				       ch_result_name(j),
				       ch_arena->seen[i][j]);
		}
	}
	for (i = 0; i < CH_OPS; i++) {
		const uint32_t *done = ch_arena->done[i];

		if (done[0] || done[1])
			printf("done %s %u %u\n", ch_kinds[i].name, done[1],
			       done[0]);
	}
}

static int end(void)
{
	const uint32_t *faults = ch_arena->faults;
	uint32_t wrong = 0;
	int i;

	everybody();
	ch_ask_still(ch_slot_of(0));
	ch_print_notes();
	kill_all();
	semctl(ch_arena->semid, 0, IPC_RMID);
	print_coverage();
	for (i = 0; i < CH_FAULTS; i++) {
		wrong += faults[i];
		if (faults[i])
			printf("wrong: %s: %u\n", ch_fault_name(i), faults[i]);
	}
	printf("questions %u\ncompared %u\nunjudged %u\n"
	       "storm-compared %u\nstorm-unjudged %u\n"
	       "wrong %u\nstuck %d\n", ch_arena->questions,
	       ch_arena->compared, ch_arena->unjudged,
	       ch_arena->storm_compared, ch_arena->storm_unjudged, wrong,
	       ch_stuck);
	return wrong || ch_stuck;
}

/* Who adopts the orphans, and whether it reaps: scripts say it, too. */
static uint64_t nature;

static void be(uint64_t seed)
{
	nature = seed;
	if (ch_writing >= 0)
		dprintf(ch_writing, "#seed %llu\n", (unsigned long long)seed);
	/* Who would adopt them otherwise is another one without supervisor. */
	if (seed % 2 || ch_transcript >= 0)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void reap(void)
{
	if (ch_transcript >= 0 && (nature % 4 == 1 || ch_line % 64 == 0))
		reap_all();
	else if (nature % 4 == 1)
		waitpid(-1, NULL, WNOHANG | __WALL);
}

int ch_drive_random(const struct ch_run *run)
{
	static const uint32_t sweeps[] = { 3, 25, 70 };
	struct ch_view view = { .tempo = run->tempo };
	struct ch_random random;
	unsigned long i;

	if (begin(run))
		return 1;
	ch_seed(&random, run->seed, 0);
	view.profile = ch_draw(&random, 32);
	view.sweeps = sweeps[ch_draw(&random, 3)];
	/* Questions of the unprivileged cannot all be judged. */
	if (ch_draw(&random, 2) == 0)
		view.profile &= ~(uint32_t)CH_WITH_IDS;
	/* Where several things go on at once. */
	if (run->tempo > 1 && ch_draw(&random, 3) == 0)
		view.profile |= CH_WITH_SLOW;
	if (ch_draw(&random, 4) == 0)
		view.profile |= CH_WITH_SIGNALS;
	if (run->profile >= 0)
		view.profile = (uint32_t)run->profile;
	view.determined = ch_transcript >= 0;
	/* Rings let go of files when they like, namespaces of processes. */
	if (view.determined && run->profile < 0)
		view.profile &= ~(uint32_t)(CH_WITH_RINGS | CH_WITH_PIDNS |
					    CH_WITH_SIGNALS);
	view.profile &= ~run->without;
	be(run->seed);
	for (i = 1; i <= run->steps; i++) {
		ch_seed(&random, run->seed, i);
		if (run->tempo == 1)
			one_step(&random, &view);
		else if (run->tempo == 2)
			burst(&random, &view);
		else
			storm(&random, &view);
		if (i % 50 == 0)
			ch_ask_still(ch_slot_of(0));
		reap();
		if (ch_is_wrong())
			break;
		/* Everybody may have died. */
		if (view.n_alive == 0) {
			everybody();
			reap_all();
			first_workers();
		}
	}
	return end();
}

int ch_drive_script(const struct ch_run *run, char *text)
{
	char *save = NULL;
	char *line;

	if (begin(run))
		return 1;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct ch_step step;
		int worker;

		if (strncmp(line, "#seed ", 6) == 0)
			be(strtoull(line + 6, NULL, 10));
		if (*line == '#' || *line == '\0')
			continue;
		if (ch_step_parse(line, &worker, &step)) {
			fprintf(stderr, "chaos: not a step: %s\n", line);
			kill_all();
			return 1;
		}
		ch_play(worker, &step);
		reap();
		if (ch_is_wrong())
			break;
	}
	return end();
}

