/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mkworld: makes every kind of sharing between tasks and asks kcmp(2) about
 * it.  What it prints depends neither on process numbers nor on addresses nor
 * on the order that the answerer chose, so that the transcript of a run on the
 * bare kernel is the expected transcript of a supervised run.
 *
 * A scenario runs in the "origin", a process of its own.  It makes *peers*:
 * tasks that wait for orders in an arena of shared memory and carry out one
 * system call (or one function) for each.  A NULL peer is the origin itself,
 * in every function below.  At most one task works at any moment, so nothing
 * depends on the scheduler.
 */
#ifndef MKWORLD_H
#define MKWORLD_H

#include <linux/kcmp.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	MW_PEERS = 48,
	MW_FD = 900,		/* the arena's descriptor, kept over exec */
	MW_TYPES = 6,		/* the types that compare a whole resource */
};

struct mw_peer {
	unsigned int request;	/* futex: orders given */
	unsigned int reply;	/* futex: orders carried out, and births */
	pid_t pid;		/* as its creator sees it */
	pid_t self;		/* as it sees itself */
	int op;
	long nr;
	long arg[5];
	long ret;
	unsigned int before;	/* reply, when mw_vfork() stopped the peer */
};

/* What mw_run() makes a peer do; PEER is NULL in the origin. */
typedef long mw_function(struct mw_peer *peer, long arg);

struct mw_scenario {
	const char *name;
	void (*run)(void);
	const char *purpose;
};

/* The scenarios of one subject; each table ends with a NULL name. */
extern const struct mw_scenario mw_basic[];
extern const struct mw_scenario mw_clone[];
extern const struct mw_scenario mw_exec_table[];
extern const struct mw_scenario mw_files[];
extern const struct mw_scenario mw_passing[];
extern const struct mw_scenario mw_unshare[];
extern const struct mw_scenario mw_entered[];
extern const struct mw_scenario mw_stale[];
extern const struct mw_scenario mw_context[];
extern const struct mw_scenario mw_epoll[];
extern const struct mw_scenario mw_death[];
extern const struct mw_scenario mw_namespace[];
extern const struct mw_scenario mw_cred[];
extern const struct mw_scenario mw_storm[];
extern const struct mw_scenario mw_entry[];
extern const struct mw_scenario mw_flight[];
extern const struct mw_scenario mw_unseen[];
extern const struct mw_scenario mw_slow[];

/* ---- system calls that leave errno (shared by CLONE_VM tasks) alone ---- */

#define MW_P(pointer) ((long)(pointer))

/* A 32-bit argument with rubbish in the half that the kernel ignores. */
#if defined(__LP64__)
#define MW_WIDE(x) ((long)(0xdead00000000UL | (unsigned int)(x)))
#else
#define MW_WIDE(x) ((long)(x))
#endif

/* Returns what the kernel returned: a value or -errno. */
long mw_sys5(long nr, const long arg[5]);
#define mw_sys(nr, ...) mw_sys5(nr, (const long[5]){ __VA_ARGS__ })

/* ---- the life of a scenario ---- */

/* Makes the arena, or (index >= 0) finds it again after an exec. */
void mw_begin(int index);
/* Tells every peer to exit. */
void mw_end(void);
/* Prints one line in one write. */
void mw_say(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/* The scenario cannot go on: says so and leaves with status 1. */
void mw_die(const char *what, long error) __attribute__((noreturn));
/* Dies if RET is negative, otherwise hands it back. */
long mw_must(const char *what, long ret);
/* The scenario cannot be played here: prints SKIP, leaves with status 0. */
void mw_skip(const char *reason, long error) __attribute__((noreturn));
/* Memory that all peers see at the same address; never freed. */
void *mw_alloc(size_t size);
/* How a peer starts after an exec; never returns. */
void mw_peer_main(int index) __attribute__((noreturn));
/* This program's own path. */
const char *mw_program(void);

/* ---- peers ---- */

/* clone(2) with FLAGS, exit signal included, carried out by BY. */
struct mw_peer *mw_spawn(struct mw_peer *by, unsigned long flags);
/* The same, for clones that may fail; -errno, *RET only on success. */
long mw_try_spawn(struct mw_peer *by, unsigned long flags,
		  struct mw_peer **ret);
struct mw_peer *mw_fork(struct mw_peer *by);
/* A thread of libc's making. */
struct mw_peer *mw_pthread(struct mw_peer *by);
/* A thread of clone's making, sharing all that threads share. */
struct mw_peer *mw_thread(struct mw_peer *by);
/* A clone3(2) without a stack of its own. */
long mw_try_clone3(struct mw_peer *by, unsigned long long flags,
		   struct mw_peer **ret);
/* posix_spawn(3) of this program. */
struct mw_peer *mw_posix_spawn(struct mw_peer *by);
/* CLONE_VFORK: BY stays in clone until the peer execs or exits. */
struct mw_peer *mw_vfork(struct mw_peer *by, unsigned long flags);
/* Waits until BY, which mw_vfork() stopped, is back. */
void mw_vfork_back(struct mw_peer *by);

/* Carries out a system call or a function in the peer. */
long mw_call5(struct mw_peer *peer, long nr, const long arg[5]);
#define mw_call(peer, nr, ...) \
	mw_call5(peer, nr, (const long[5]){ __VA_ARGS__ })
long mw_run(struct mw_peer *peer, mw_function *run, long arg);
/* A function that does not come back, or that is not waited for. */
void mw_start(struct mw_peer *peer, mw_function *run, long arg);
/* A system call that does not come back, such as exit_group. */
void mw_send(struct mw_peer *peer, long nr, long arg);
/* execve(2) of this program; the peer goes on in the new image. */
long mw_exec(struct mw_peer *peer);
/* Any exec that is expected to fail. */
long mw_exec_path(struct mw_peer *peer, const char *path);

/* Tells a peer to exit; the others wait for it as they like. */
void mw_quit(struct mw_peer *peer);
/* BY waits until its child is a zombie, and leaves it so. */
void mw_zombie(struct mw_peer *by, struct mw_peer *peer);
/* BY waits for its child and reaps it. */
void mw_reap(struct mw_peer *by, struct mw_peer *peer);
/* Waits until a thread of process TGID is gone altogether. */
void mw_gone(pid_t tgid, pid_t tid);

/*
 * A task that ends when it is let: no peer, made by clone(2) with these flags,
 * CLONE_VM among them, by whoever calls.  Its number.
 */
enum { MW_LEAVER_STACK = 65536 };
int mw_start_leaver(int clone_flags, char stack[MW_LEAVER_STACK]);
/* Returns when it is about to make its last call. */
void mw_let_leave(void);

pid_t mw_pid(const struct mw_peer *peer);

/* ---- questions ---- */

/* The bare question; 0, 1, 2 or whatever came back. */
long mw_kcmp(struct mw_peer *asker, const long arg[5]);
/*
 * The question, its reverse, and the question again: 0 if equal, 1 if not,
 * -errno, or -1000 and below when the answers contradict each other.
 */
long mw_compare(struct mw_peer *asker, const long arg[5]);
/* equal, differ, an errno's name, or the contradiction. */
const char *mw_result(long result);
const char *mw_errno_name(long error);

/* Prints "what: VM equal, FILES differ, ..." for tasks A and B. */
void mw_ask(struct mw_peer *asker, const char *what, pid_t a, pid_t b);
/* The same for peers whose numbers the asker knows by creation. */
void mw_ask_peers(struct mw_peer *asker, const char *what,
		  const struct mw_peer *a, const struct mw_peer *b);

struct mw_slot {
	pid_t pid;
	int fd;
};

/* Prints "what: equal" for two slots. */
void mw_file(struct mw_peer *asker, const char *what,
	     struct mw_slot a, struct mw_slot b);
#define MW_SLOT(peer, fd) ((struct mw_slot){ mw_pid(peer), fd })
/* Two slots of the origin, asked by it. */
void mw_own(const char *what, int a, int b);
/* Prints one result of a system call: ok or the errno's name. */
void mw_did(const char *what, long ret);

/*
 * Compares COUNT slots each with each.  Prints the classes (for each slot the
 * first one that is equal to it, x for a closed one) and the order's
 * properties.
 */
void mw_classes(struct mw_peer *asker, const char *what,
		const struct mw_slot *slot, int count);
/*
 * Checks a matrix of answers: only 0, 1, 2; antisymmetric, transitive, and
 * equal to the second matrix, asked later.  Prints one line.
 */
void mw_order(const char *what, int count, const signed char *answer,
	      const signed char *again);

/* Execs a command that inherits an io_uring (scenario ring-inherited). */
int mw_with_ring(char **command);

/* ---- what many scenarios need ---- */

int mw_null(struct mw_peer *peer);	/* opens the null device */
int mw_root(void);			/* effective uid 0 */
long mw_ioprio(struct mw_peer *peer, int which, int who, int value);
long mw_semop(struct mw_peer *peer, int id, void *ops, unsigned int count);
void mw_need_root(void);
/* capset: of the first 32, these are left. */
long mw_keep_caps(struct mw_peer *peer, unsigned int effective,
		  unsigned int permitted);

#endif /* MKWORLD_H */
