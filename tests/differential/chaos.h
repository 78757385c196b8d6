/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * chaos: random operations on everything that tasks can share, and random
 * kcmp(2) questions about it.
 *
 * A *driver* gives *steps* to *workers*: tasks of every kind (processes,
 * threads, and what clone(2) makes between the two) that live in the slots of
 * an arena of shared memory.  A step is one operation of one worker with
 * numbers as arguments, so a run can be written down as lines of text, cut
 * shorter and played again.
 *
 * A *judge* is the parent of the supervisor: outside the sandbox, where kcmp is
 * the kernel's own, it answers the same questions about the same tasks.  It
 * asks with its own rights, so whether the asker may look at a task at all is
 * taken from get_robust_list(2), which makes the same check for the same
 * reason and which nobody intercepts.
 *
 * Workers share memory without being threads of libc, so they make bare
 * system calls and keep out of errno.
 */
#ifndef CHAOS_H
#define CHAOS_H

#include <stdint.h>
#include <sys/types.h>

enum {
	CH_SLOTS = 64,
	CH_RING = 16,		/* steps that may wait for one worker */
	CH_ARGS = 7,
	CH_STACK = 65536,
	CH_FD_ARENA = 900,	/* kept over exec, as all of these */
	CH_FD_SEND = 901,	/* two ends of a socket that carries files */
	CH_FD_RECV = 902,
	CH_FD_SELF = 903,	/* this program */
	CH_FD_OTHER = 904,	/* this program in the other width, or closed */
	CH_FD_JUDGE = 906,	/* a socket to the judge */
	CH_FD_TRANSCRIPT = 909,
	CH_FD_STILL = 910,	/* files that nobody touches */
	CH_STILL = 8,
	CH_FD_IMAGE = 920,	/* this program, in files of other modes */
	CH_IMAGES = 3,
	CH_FD_BUSY = 950,	/* from here on: numbers of a moment */
	CH_NOTES = 32,
	CH_BATCH = 64,		/* questions of one step */
	CH_TYPES = 9,		/* of kcmp, and what is none */
	CH_RESULTS = 10,	/* 0, 1, 2, the errnos, and what else */
};

/* What a worker can do; ch_kinds[] has the names. */
enum ch_op {
	CH_ASK,		/* slot a, slot b, type, idx1, idx2, toff */
	CH_TRIPLE,	/* slot a, b, c, type, idx1, idx2, idx3 */
	CH_SWEEP,	/* seed, number of questions, profile */
	CH_ITEMS,	/* slot a, slot b, idx1, idx2: toff 0, 1, 2, ... */
	CH_CLONE,	/* child's slot, flags, enum ch_method, exit signal */
	CH_SPAWN,	/* its slot, enum ch_image, how, number, reset ids? */
	CH_EXEC,	/* enum ch_exec, hundredths of a second it hides for */
	CH_EXEC_FAIL,	/* which failure */
	CH_EXIT,
	CH_EXIT_GROUP,	/* 0, or 1: by SIGABRT */
	CH_KILL,	/* slot */
	CH_WAIT,	/* slot, or -1 */
	CH_SIGCHLD,	/* ignore it? */
	CH_SIGNALS,	/* enum ch_signals, microseconds between two */
	CH_STOP,	/* slot: stopped, and continued */
	CH_OPEN,	/* flags */
	CH_PIPE,	/* flags */
	CH_SOCKETPAIR,	/* flags */
	CH_EVENTFD,	/* flags */
	CH_EPOLL,	/* number to move it to, or -1 */
	CH_MEMFD,	/* flags */
	CH_DUP,		/* number */
	CH_DUP2,	/* number, number */
	CH_DUP3,	/* number, number, flags */
	CH_DUPFD,	/* number, least, close on exec? */
	CH_CLOSE,	/* number */
	CH_RANGE,	/* first, last, flags */
	CH_SEND,	/* number */
	CH_RECV,	/* flags */
	CH_GETFD,	/* slot, number */
	CH_REOPEN,	/* number, flags */
	CH_CLOEXEC,	/* number, on? */
	CH_EPOLL_ADD,	/* epoll, number */
	CH_EPOLL_MOD,	/* epoll, number */
	CH_EPOLL_DEL,	/* epoll, number */
	CH_EPOLL_PILE,	/* epoll, number, how many files with that number */
	CH_UNSHARE,	/* flags */
	CH_SETNS,	/* which, slot */
	CH_SEMOP,	/* which */
	CH_IOPRIO,	/* which, slot, value */
	CH_SETID,	/* which, id */
	CH_CAPSET,	/* which */
	CH_DUMPABLE,	/* value */
	CH_LANDLOCK,
	CH_RING_SETUP,	/* flags, number to move it to, or 0 */
	CH_RING_DO,	/* ring, enum ch_ring_call, number, number */
	CH_CHURN,	/* seed, how often: descriptors come and go */
	CH_SLOW,	/* enum ch_slow: it copies, execs and ends slowly */
	CH_OPS,
	CH_SYNC = CH_OPS,	/* of the driver: everybody is waited for */
};

enum ch_method {
	CH_BY_CLONE,		/* on a stack of its own */
	CH_BY_CLONE3,
	CH_BY_FORK,
	CH_BY_VFORK,
	CH_BY_BARE_CLONE,	/* no stack: goes on on a copy */
	CH_METHODS
};

enum ch_exec {
	CH_EXEC_PATH,		/* execve of /proc/self/exe */
	CH_EXEC_FD,		/* execveat of a descriptor */
	CH_EXEC_OTHER,		/* the other width */
	CH_EXEC_IMAGE,		/* and the others of CH_FD_IMAGE */
	CH_EXECS = CH_EXEC_IMAGE + CH_IMAGES
};

/* What posix_spawn(3) is to start, and with what. */
enum ch_image {
	CH_IMAGE_SELF,
	CH_IMAGE_OTHER,
	CH_IMAGE_UNREADABLE,
	CH_IMAGE_NONE,		/* the exec fails */
	CH_IMAGE_NO_PROGRAM,
	CH_SPAWN_IMAGES
};

/* What else the child does, with one of CH_SPAWN_NUMBERS. */
enum ch_spawn_how {
	CH_SPAWN_PLAIN,
	CH_SPAWN_CLOSE,
	CH_SPAWN_DUP2,
	CH_SPAWN_OPEN,
	CH_SPAWN_HOWS,
	CH_SPAWN_NUMBERS = 19
};

/* What there is to give up. */
enum ch_slow {
	CH_SLOW_MEMORY,
	CH_SLOW_MAPS,
	CH_SLOW_LOCKS,
	CH_SLOWS
};

/* From here on a setns is to another worker's namespace: one by its pidfd; the
   last is the user namespace. */
enum {
	CH_SETNS_OTHER = 8,
	CH_SETNS_PIDFD = CH_SETNS_OTHER + 3,
	CH_SETNS_OTHERS = 5
};

/* What a worker's timer does to its process. */
enum ch_signals {
	CH_SIGNALS_OFF,
	CH_SIGNALS_RESTART,
	CH_SIGNALS_INTERRUPT,	/* a handler without SA_RESTART */
	CH_SIGNALS_HOW
};

/* What is done through a ring. */
enum ch_ring_call {
	CH_RING_OPEN,
	CH_RING_CLOSE,
	CH_RING_REGISTER,	/* the ring holds the number's file, too */
	CH_RING_UNREGISTER,
	CH_RING_INSTALL,	/* what it holds gets a number */
	CH_RING_OPEN_FIXED,	/* it holds a file that never had one */
	CH_RING_EPOLL_ADD,	/* epoll, number */
	CH_RING_CALLS
};

struct ch_step {
	int32_t op;
	int32_t flags;		/* CH_ASYNC */
	int64_t arg[CH_ARGS] __attribute__((aligned(8)));
};

enum {
	CH_ASYNC = 1,	/* the driver does not wait for its end */
	CH_LINGER = 2,	/* nor for the deaths that it brings */
};

/* Of kcmp; both widths of the program lay this out in the same way. */
struct ch_question {
	int32_t slot[2];	/* as in CH_ASK */
	int32_t type;
	int32_t flags;		/* CH_UNSTEADY, CH_IN_STORM */
	int64_t idx[2] __attribute__((aligned(8)));	/* as in CH_ASK */
	int64_t toff;		/* and CH_TOFF_EDGE, or: CH_TOFF_FAULT */
	int32_t outer[2];	/* whom the judge is to ask about */
	int32_t number[2];	/* as the asker calls them */
	int32_t look[2];	/* the asker's right to look, before */
	int32_t look_after[2];
	int32_t answer;
	int32_t verdict[2];	/* the kernel's answer, before and after */
	uint8_t gone[2];	/* bit n: side n has none of it any more */
	uint8_t pad[2];
	int32_t back;		/* the answer to the reverse, if asked */
};

enum {
	CH_UNSTEADY = 1,	/* what it is about may be changing */
	CH_IN_STORM = 2,
	CH_TOFFS = 6,		/* of CH_ITEMS */
	CH_TOFF_EDGE = 256,	/* nothing can be read behind the slot */
	CH_TOFF_FAULT = -1,	/* no slot at all; and less: in other ways */
	CH_TOFF_FAULTS = 7,
	CH_UNANSWERED = -0x7fffffff,
};

/* What the judge is asked to judge. */
struct ch_request {
	int32_t slot;		/* this worker's question, or -1: the batch */
	int32_t count;		/* of the batch */
	int32_t after;		/* which verdict */
	uint32_t ticket;	/* of a worker's */
};

/* What a step may change; see storm.c. */
struct ch_causes {
	uint64_t tables __attribute__((aligned(8)));	/* of descriptors */
	uint64_t owns;		/* workers: what they share, and their lives */
	uint32_t misc;
	uint32_t pad;
};

struct ch_slot {
	uint32_t asked;		/* futex: steps given */
	uint32_t done;		/* futex: steps carried out */
	uint32_t born;		/* futex: the worker has started to work */
	uint32_t failed;	/* the clone that was to make it has failed */
	uint32_t born_at;	/* on the arena's clock */
	uint32_t exec_at;	/* its last exec, or 0 */
	uint32_t called;	/* how often the driver asked: do you live? */
	uint32_t replied;	/* futex: which of that it has answered */
	int32_t tid;		/* in the driver's pid namespace */
	int32_t tgid;
	int32_t self;		/* in its own */
	int32_t self_tgid;
	int64_t pidns __attribute__((aligned(8)));
	int64_t ret;
	uint32_t judged;	/* futex: the ticket of the last verdict ... */
	int32_t verdict;	/* ... on .question, ... */
	uint32_t gone;		/* ... and who has nothing of the kind */
	int32_t table;		/* who share a table have the same here */
	int32_t timer;		/* its number, and 1; or 0 */
	int32_t pad;
	struct ch_causes causes;	/* of its step, while that runs */
	struct ch_question question;	/* in a storm */
	struct ch_step ring[CH_RING];
};

/* A contradiction that a worker saw. */
struct ch_note {
	int32_t asker;
	int32_t kind;		/* enum ch_fault */
	struct ch_question question;
};

enum ch_fault {
	CH_FAULT_RANGE,		/* neither 0, 1, 2 nor an errno of kcmp's */
	CH_FAULT_ORDER,		/* the answer and its reverse disagree */
	CH_FAULT_TRIPLE,	/* not transitive */
	CH_FAULT_STILL,		/* the order changed */
	CH_FAULT_EQUAL,		/* F_DUPFD_QUERY says otherwise */
	CH_FAULT_RIGHT,		/* get_robust_list says otherwise */
	CH_FAULT_JUDGE,		/* the judge says otherwise */
	CH_FAULT_EPOLL,		/* not the order of KCMP_FILE */
	CH_FAULTS
};

struct ch_arena {
	int64_t seed __attribute__((aligned(8)));
	int64_t pidns;		/* the driver's */
	int32_t semid;
	int32_t numbers_tell;	/* ns_last_pid can be read */
	uint32_t pulse;		/* nobody wakes it: a futex to wait a moment */
	uint32_t clock;		/* counts births and execs */
	uint32_t over;
	uint32_t given;		/* steps, to whomever */
	uint32_t tickets;	/* the last of a worker's requests */
	uint32_t questions;
	uint32_t compared;	/* answers that the judge could judge */
	uint32_t unjudged;
	uint32_t storm_compared;
	uint32_t storm_unjudged;
	uint32_t seen[CH_TYPES][CH_RESULTS];	/* compared answers */
	uint32_t done[CH_OPS][2];	/* operations: failed, succeeded */
	uint32_t faults[CH_FAULTS];
	uint32_t notes;
	struct ch_note note[CH_NOTES];
	struct ch_question batch[CH_BATCH];
	uint64_t doomed;	/* workers that may be dying */
	uint64_t killed;	/* those of them who may have been killed */
	uint32_t table_changes[CH_SLOTS];
	uint32_t own_changes[CH_SLOTS];
	uint32_t misc_changes[4];
	uint32_t ring_tried;	/* somebody has asked for a ring, ... */
	uint32_t ring_made;	/* ... and got it */
	uint32_t ring_busy;	/* somebody is about to use a ring */
	uint32_t ring_params[30];	/* the same for all */
	struct ch_slot slot[CH_SLOTS];
};

extern struct ch_arena *ch_arena;

/* ---- chaos-task.c: the arena, bare system calls, births ---- */

long ch_sys6(long nr, const long arg[6]);
#define ch_sys(nr, ...) ch_sys6(nr, (const long[6]){ __VA_ARGS__ })
#define CH_P(pointer) ((long)(uintptr_t)(pointer))

/* Makes the arena, or finds the one that an exec inherited, with room for the
   stacks of workers; 0 or -errno. */
int ch_arena_make(void);
int ch_arena_find(void);
/* Or until a signal comes. */
void ch_futex_wait(uint32_t *word, uint32_t value, int milliseconds);
int64_t ch_milliseconds(void);
void ch_futex_wake(uint32_t *word);
/* The worker's life: never returns. */
void ch_live(int index) __attribute__((noreturn));
/* The same after its exec, and after that of who made it. */
void ch_resume(int index) __attribute__((noreturn));
void ch_begin_spawned(int index) __attribute__((noreturn));
/* Where its memory ends: nothing can be read there.  And where a mapped file
   does. */
void *ch_edge(const struct ch_slot *me);
void *ch_beyond_file(void);
/* "PREFIXn", n not below 0; returns its end. */
char *ch_number_path(char *path, const char *prefix, int64_t number);
/* Below 100, as text. */
void ch_print_number(char *text, int number);
/* The caller's pid namespace: its inode. */
int64_t ch_pid_namespace(void);
/* Births and execs; what the kernel returned. */
long ch_do_clone(struct ch_slot *me, const int64_t *arg);
long ch_do_exec(struct ch_slot *me, const int64_t *arg);
long ch_do_exec_fail(struct ch_slot *me, const int64_t *arg);

/* ---- image.c, ring.c, signal.c, slow.c: operations that take more ---- */

/* Makes the files of CH_FD_IMAGE; 0 or -errno. */
int ch_open_images(void);
/* Of every image, before it works; 0 or -errno. */
int ch_prepare_spawns(void);
long ch_do_spawn(struct ch_slot *me, const int64_t *arg);
long ch_do_ring(struct ch_slot *me, const int64_t *arg);
long ch_do_ring_call(struct ch_slot *me, const int64_t *arg);
long ch_do_slow(struct ch_slot *me, const int64_t *arg);
/* Sends a signal to a worker; by both numbers, so that one that came back hits
   nobody. */
long ch_signal(const struct ch_slot *me, int64_t slot, int number);
/* As the kernel has it; the C library's is another one. */
struct ch_sigaction {
	unsigned long handler;
	unsigned long flags;
	unsigned long restorer;
	uint64_t mask;
};
long ch_do_signals(struct ch_slot *me, const int64_t *arg);
long ch_do_stop(struct ch_slot *me, const int64_t *arg);
/* Who used a ring may have died meanwhile. */
void ch_release_ring(void);

/* ---- chaos-do.c, chaos-ask.c: operations ---- */

struct ch_kind {
	const char *name;
	long (*run)(struct ch_slot *me, const int64_t *arg);
};

extern const struct ch_kind ch_kinds[CH_OPS];

long ch_do_ask(struct ch_slot *me, const int64_t *arg);
long ch_do_sweep(struct ch_slot *me, const int64_t *arg);
long ch_do_triple(struct ch_slot *me, const int64_t *arg);
long ch_do_items(struct ch_slot *me, const int64_t *arg);
/* Slot INDEX as the worker's pid namespace numbers it; see chaos-ask.c. */
pid_t ch_number(const struct ch_slot *me, int64_t index);
/* The number by which the judge knows whom the asker means. */
int32_t ch_outer_number(const struct ch_slot *me, int64_t index);
/* The slot of an epoll question. */
struct kcmp_epoll_slot;
void ch_epoll_slot(const struct ch_question *q, struct kcmp_epoll_slot *ret);
/* Asks; what the asker learns is in Q. */
void ch_answer(const struct ch_slot *me, struct ch_question *q);

/* ---- storm.c ---- */

/* Around each step. */
void ch_change_begin(struct ch_slot *me, const struct ch_step *step);
void ch_change_end(struct ch_slot *me);
/* Its numbers are about to be others, or are now. */
void ch_change_numbers(const struct ch_slot *me);
/* Workers of which nobody can know who has made them, as bits. */
uint64_t ch_guessed(void);
/* Asks the judge, kcmp, and the judge again. */
long ch_ask_in_storm(struct ch_slot *me, const int64_t *arg);

/* Compares the untouched files of the caller each with each. */
void ch_ask_still(struct ch_slot *me);
const char *ch_fault_name(int fault);
/* Notes a contradiction. */
void ch_note(const struct ch_slot *me, int kind, const struct ch_question *q);

/* ---- judge.c: the kernel's view ---- */

struct ch_judged {
	const char *const *wrapper;	/* what the driver runs under */
	const char *const *driver;	/* its arguments */
	int quiet;			/* its output is dropped */
	int patience;			/* seconds between two questions */
};

/* The path of this program. */
const char *ch_program(void);
/* Runs the driver and judges for it; its exit status. */
int ch_judge(const struct ch_judged *judged);
/* Asks the judge about the batch, or one's own question, and waits for the
   verdicts, which are in there then: 0 or -errno. */
int ch_request_batch(int count, int after);
int ch_request_own(struct ch_slot *me, int after);

/* ---- shrink.c ---- */

/* Plays the script at PATH again, shorter and shorter, as long as it still
   fails, and prints what is left. */
void ch_shrink(const char *path, const char *const *wrapper, int trials,
	       int seconds);

/* ---- verdict.c ---- */

/* True if the kernel's answer is known for sure; it is in *ret. */
int ch_right(const struct ch_question *q, int32_t *ret);
const char *ch_result_name(int result);
const char *ch_type_name(int type);
/* Compares an answer with both verdicts, and counts it. */
void ch_compare(const struct ch_slot *me, const struct ch_question *q);
/* Each with each of three sides: are the answers those of an order? */
void ch_compare_triple(const struct ch_slot *me, const struct ch_question *q);

/* ---- chaos-draw.c: random steps ---- */

struct ch_view {
	int tempo;
	int determined;		/* no two runs of it differ */
	int alive[CH_SLOTS];	/* slots that can be given steps */
	int n_alive;
	int known[CH_SLOTS];	/* alive, dying or dead: can be asked about */
	int n_known;
	int free;		/* a slot for a child, or -1 */
	uint32_t profile;	/* enum ch_profile, from the seed */
	uint32_t sweeps;	/* in 100 steps */
};

enum ch_profile {
	CH_WITH_IDS = 1,	/* credentials change */
	CH_WITH_PIDNS = 2,
	CH_WITH_RINGS = 4,
	CH_WITH_THREADS = 8,	/* more threads than processes */
	CH_WITH_EPOLL = 16,	/* mostly epoll */
	CH_WITH_SLOW = 32,	/* ends take long */
	CH_WITH_SIGNALS = 64,	/* timers, handlers, stops */
};

struct ch_random {
	uint64_t state;
};

void ch_seed(struct ch_random *random, uint64_t seed, uint64_t step);
uint32_t ch_draw(struct ch_random *random, uint32_t below);
/* A random operation, or question, of a random worker, whose slot is
   returned. */
int ch_draw_step(struct ch_random *random, const struct ch_view *view,
		 struct ch_step *ret);
int ch_draw_question(struct ch_random *random, const struct ch_view *view,
		     struct ch_step *ret);
/* One for ASKER. */
void ch_draw_ask(struct ch_random *random, const struct ch_view *view,
		 int64_t asker, struct ch_step *ret);

/* ---- chaos-drive.c: the driver ---- */

struct ch_run {
	uint64_t seed;
	unsigned long steps;
	int tempo;
	int profile;		/* enum ch_profile, or -1: from the seed */
	uint32_t without;	/* enum ch_profile: not these, whatever it is */
	const char *write;	/* where to write the steps down, or NULL */
	const char *transcript;	/* and what came of them */
};

/* The exit status of the program. */
int ch_drive_random(const struct ch_run *run);
/* Plays the lines of TEXT, which is torn apart. */
int ch_drive_script(const struct ch_run *run, char *text);

/* ---- transcript.c ---- */

/* Prints where two transcripts differ; 0 if nowhere, else 1. */
int ch_transcripts_compare(const char *native, const char *inside);

/* ---- chaos-script.c: steps as text ---- */

/* "WORKER NAME ARG... [&][~]"; 0 or -EINVAL. */
int ch_step_parse(char *line, int *ret_worker, struct ch_step *ret);
void ch_step_print(int fd, int worker, const struct ch_step *step);

/* ---- scenarios-SUBJECT.c ---- */

/* Steps that were answered wrongly once. */
struct ch_scenario {
	const char *name;
	const char *purpose;
	const char *text;
};

/* Each ends with a NULL name. */
extern const struct ch_scenario ch_scenarios_of_files[];
extern const struct ch_scenario ch_scenarios_of_lives[];
extern const struct ch_scenario ch_scenarios_of_rights[];

#endif /* CHAOS_H */
