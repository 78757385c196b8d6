/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks, thread groups, and the clones whose child is not known yet.
 *
 *	CLONE enters --> pending --CHILD--> task --EXIT--> leaving --> gone
 *	                    |                 \--group dead--> zombie --> gone
 *	                    \--CLONE_END (it failed, or nobody can ask)
 *	                     \-CLONE_FAILED (for sure: its index is free)
 *
 * Numbers.  A tid is that of the supervisor's pid namespace and names a task
 * only as long as the model believes that the task is there: the supervisor
 * must tell of deaths before a number can come back.  Numbers in nested pid
 * namespaces are kept per namespace.
 */
#ifndef SS_MODEL_TASK_H
#define SS_MODEL_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "model/credentials.h"
#include "model/descriptors.h"
#include "model/label.h"
#include "model/resource.h"

struct ss_task;

/* A nested pid namespace; the supervisor's own is NULL. */
struct ss_pidns {
	uint64_t ino;
	unsigned int level;		/* 1: child of the supervisor's */
	unsigned int refs;		/* numbers in it */
	struct ss_number *numbers;	/* borrowed, by number */
	UT_hash_handle hh;
};

/* The name that a task has in one nested pid namespace. */
struct ss_number {
	pid_t nr;
	struct ss_pidns *ns;		/* counted reference */
	struct ss_task *task;		/* borrowed */
	UT_hash_handle hh;
};

#define SS_PIDNS_LEVELS		32	/* MAX_PID_NS_LEVEL */

/* It has a leader for as long as it is there, by whose number it is found. */
struct ss_group {
	pid_t tgid;
	pid_t parent;			/* tgid of the real parent as far as
					   known, or 0; it may be gone: see
					   ss_model_parent() */
	uint64_t serial;		/* younger ones have greater ones */
	uint64_t parent_serial;		/* of who had the number .parent when
					   that was told; 0: nobody inside */
	struct ss_task *tasks;		/* list, the leader first */
	struct ss_task *execing;	/* borrowed: a task of it whose exec is
					   in flight */
	unsigned int leaving;		/* how many of its tasks are */
	bool dying;			/* exit_group was seen to enter */
	bool dead;			/* a zombie: only the leader is left */
};

/* What a thread's last continued call may still be doing. */
enum ss_flight_kind {
	SS_FLIGHT_NONE,
	SS_FLIGHT_SLOTS,	/* changes slots .first to .last of its table */
	SS_FLIGHT_CREDS,	/* changes its credentials */
	SS_FLIGHT_OTHER,	/* something else */
};

/* Tables and memory are the task's own: to change those, it lands first. */
struct ss_flight {
	uint8_t kind;			/* enum ss_flight_kind */
	uint8_t sharing;		/* kinds (1 << ss_kind) of resources
					   that it makes, leaves or splits */
	bool uses;			/* it needs what is in the slots, and
					   changes nothing */
	bool setting;			/* it sets .dumpable of the memory */
	bool adding;			/* it adds an epoll item */
	union {
		struct {
			unsigned int first, last;	/* for SLOTS */
		};
		int added[2];		/* for .adding: to and of which
					   descriptors */
	};
	struct ss_copy *copy;		/* owned: by which it got its table, or
					   NULL */
	struct ss_task *prev, *next;	/* among the table's flights */
};

/* If a clone fails: before it makes an undo list, or after? */
enum ss_clone_fate {
	SS_FATE_OPEN,		/* nothing tells */
	SS_FATE_EARLY,
	SS_FATE_LATE,
};

/* A clone that was let go on and whose child is not known yet. */
struct ss_pending {
	uint32_t serial;		/* its name in events */
	struct ss_task *creator;	/* borrowed; NULL when it has gone */
	pid_t creator_tid;
	pid_t tgid;			/* the creator's group */
	pid_t parent;			/* who will be the child's parent */
	uint64_t flags;
	pid_t last;			/* the child's number was given out
					   after this one; 0: not known */
	bool returned;			/* the creator was seen again, or has
					   gone: the call is over */
	struct ss_path *path;		/* owned reference: the child's */
	/* owned references: what the child shares, or its copy; NULL: new */
	struct ss_resource *resources[SS_KIND_COUNT];
	bool nested;			/* the child may live in a pid namespace
					   other than ours: ask */
	bool undo_made;			/* the call makes the creator's undo
					   list, unless it fails too soon */
	enum ss_clone_fate fate;	/* kept for the supervisor */
	bool io_new;			/* it gets an io context of its own */
	int io_class;
	struct ss_mm mm;		/* what a copy of the mm takes over */
	bool interrupt;			/* as of the handlers */
	struct ss_copy copy;
	struct ss_shared_creds *creds, *before;	/* owned references */
	bool creds_known;
	struct ss_domain *domain;	/* owned reference */
	struct ss_pending *prev, *next;
};

struct ss_task {
	struct ss_numbered by_tid;	/* in the model */
	pid_t tid;
	unsigned int clones;		/* clone calls that entered */
	uint64_t born_by;		/* it was there at this time, in the
					   unit of ss_proc_stat.start_time: who
					   began later has its number only */
	struct ss_group *group;
	struct ss_task *prev, *next;	/* in the group */
	struct ss_path *path;		/* owned reference */
	unsigned int made[SS_KIND_COUNT];	/* resources named after it */
	struct ss_resource *resources[SS_KIND_COUNT];	/* owned references */
	struct ss_task *fprev, *fnext;	/* among the users of its table */
	/* its life */
	bool leaving;			/* exit was seen to enter */
	bool zombie;			/* a dead leader of living threads */
	bool fading;			/* dying, and has given up something */
	bool execed;			/* since it was forked */
	bool seen;			/* it has made a watched call */
	bool worker;			/* the kernel's own: no call tells when
					   it ends */
	/* its last clone call */
	bool cloning;			/* it was not seen again since */
	bool unborn;			/* it has made no child so far: the
					   index is nobody's */
	bool undo_new;			/* it makes its undo list, but has made
					   no child yet */
	pid_t clone_since;		/* a number that was given out before;
					   0: not known */
	uint64_t clone_call;		/* which call it was */
	uint64_t clone_flags;
	struct ss_pending *pending;	/* borrowed, or NULL */
	struct ss_flight flight;
	/* who may look at whom */
	struct ss_shared_creds *creds;	/* owned reference, or NULL: the last
					   that were seen */
	struct ss_shared_creds *before;	/* owned reference, or NULL: at its last
					   set*id call: a change of some of them
					   resets dumpable */
	struct ss_domain *domain;	/* owned reference: Landlock */
	enum ss_dumpable dumpable;	/* as it was when the mm went */
	enum ss_dumpable likely;	/* where that is not known for sure */
	bool creds_known;		/* they have not changed since */
	/* pid namespaces */
	bool pidns_moved;		/* its children may be in another one */
	uint8_t levels;			/* how many numbers it has */
	struct ss_number **numbers;	/* owned */
};

static inline struct ss_files *ss_task_files(const struct ss_task *task)
{
	return (struct ss_files *)task->resources[SS_KIND_FILES];
}

static inline struct ss_mm *ss_task_mm(const struct ss_task *task)
{
	return (struct ss_mm *)task->resources[SS_KIND_MM];
}

static inline struct ss_handlers *ss_task_handlers(const struct ss_task *task)
{
	return (struct ss_handlers *)task->resources[SS_KIND_SIGHAND];
}

/* As they were last seen; all zero if they never were. */
static inline const struct ss_creds *ss_task_creds(const struct ss_task *task)
{
	return task->creds ? &task->creds->creds : &ss_creds_none;
}

/* Of one group, or of one memory. */
static inline bool ss_task_shares_mm(const struct ss_task *a,
				     const struct ss_task *b)
{
	return a->group == b->group ||
		(ss_task_mm(a) && ss_task_mm(a) == ss_task_mm(b));
}

/* Do processes beside its own have its signal handlers (CLONE_SIGHAND)? */
bool ss_task_shares_handlers(const struct ss_task *task);

/* The innermost nested pid namespace, or NULL: the supervisor's. */
static inline struct ss_pidns *ss_task_pidns(const struct ss_task *task)
{
	return task->levels ? task->numbers[task->levels - 1]->ns : NULL;
}

/* Replaces a resource; takes over the new reference (may be NULL). */
void ss_task_set(struct ss_task *task, enum ss_kind kind,
		 struct ss_resource *resource);
/* Drops these (bits 1 << kind), as exit does; the task stays. */
void ss_task_give_up(struct ss_task *task, unsigned int kinds);
/* Drops all but sighand. */
void ss_task_release_resources(struct ss_task *task);
/* mm->user_ns is that of the exec, wherever its tasks go later: to be called
   before they go. */
void ss_task_pin_userns(struct ss_task *task);
/* Ends a call in flight. */
void ss_task_land(struct ss_task *task);
/* Starts one that changes which resources of these kinds (bits) the task has;
   .kind may be set already, by a call that copies the table, too. */
void ss_task_fly_sharing(struct ss_task *task, unsigned int kinds);
/* Starts one that changes slots of its table; the one before must have
   ended. */
void ss_task_fly(struct ss_task *task, unsigned int first, unsigned int last);
/* Starts one that sets .dumpable of its memory; as above. */
void ss_task_fly_setting(struct ss_task *task);
/* Starts one that adds an item to the epoll in a slot of its table; as
   above. */
void ss_task_fly_adding(struct ss_task *task, int efd, int tfd);
/* Another task whose call in flight needs what is in one of the slots. */
struct ss_task *ss_slots_user(const struct ss_files *files, unsigned int first,
			      unsigned int last, const struct ss_task *except);
/* A task, other than `except`, whose call in flight changes the slot, or
   NULL: then what it holds may be remembered. */
struct ss_task *ss_slot_flight(const struct ss_files *files, int fd,
			       const struct ss_task *except);
/* Does its call in flight add an item to an epoll, of which one or the other
   stands in these slots? */
bool ss_adds_from(const struct ss_task *task, unsigned int first,
		  unsigned int last);
/* A task, other than `except`, whose call in flight adds an item to an epoll,
   of which one or the other stands in these slots, or NULL. */
struct ss_task *ss_adding_flight(const struct ss_files *files,
				 unsigned int first, unsigned int last,
				 const struct ss_task *except);

#endif
