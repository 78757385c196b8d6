/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a session, shared by the files of this room.
 *
 *	loop.c		receives, finds the caller, lets handle.c decide, sends
 *	handle.c	one handler for each kind of call
 *	settle.c	pending clones: whose child is this task?
 *	settle-wait.c	pending clones: who has to wait for them?
 *	orphans.c	pending clones whose creators have died
 *	again.c		clones that a signal made fail, and that are made again
 *	exec.c		execs in flight: did they succeed?
 *	process.c	pidfds, deaths, life
 *	supply.c	fetches what the model lacks for an answer
 *	identify.c	which open file is in this slot?
 *	prune.c		epoll items that the kernel has dropped
 *	hold.c		notifications that must wait for others
 *	delay.c		answers that are given later
 *	census.c	what there is when the command ends
 *	guard.c		calls that no signal may interrupt: guard.h
 *	stack.c		where a caller is in its code: stack.h
 */
#ifndef SS_SUPERVISE_STATE_H
#define SS_SUPERVISE_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/hash.h"
#include "base/numbers.h"
#include "kernel/features.h"
#include "kernel/landlock.h"
#include "kernel/launch.h"
#include "kernel/notify.h"
#include "kernel/proc.h"
#include "kernel/self.h"
#include "model/compare.h"
#include "model/epoll.h"
#include "model/model.h"
#include "policy/match.h"
#include "report/learn.h"
#include "report/log.h"
#include "report/refusals.h"
#include "report/stats.h"
#include "stack/reader.h"
#include "supervise/audit.h"
#include "supervise/guard.h"
#include "supervise/session.h"
#include "watch/calls.h"
#include "watch/decode.h"

#define SS_RANDOM_BYTES	16

/* What tells whether an exec in flight has happened. */
struct ss_evidence {
	uint64_t address;	/* of AT_RANDOM's bytes; 0: not known */
	uint8_t bytes[SS_RANDOM_BYTES];
	bool readable;		/* the bytes could be read */
	bool denied;		/* or not by us: not dumpable */
	bool wiped;		/* they were all zero: they prove nothing */
	int memory;		/* owned: /proc/TID/mem, or -1 */
	int thread;		/* owned: pidfd of a thread whose leader has
				   execed before, or -1 */
};

/* The supervisor's side of a thread group. */
struct ss_process {
	struct ss_numbered by_tgid;	/* in the session */
	pid_t tgid;
	int pidfd;		/* owned, or -1 when there was no room */
	struct ss_evidence *evidence;	/* owned; NULL: no exec in flight */
	struct ss_process *prev, *next;	/* among the zombies */
	bool zombie;		/* stands in that list */
	bool unguarded;		/* counted as refused to the guard */
	bool asked;		/* has called kcmp; noted for --learn */
	bool crowded;		/* it has many children, or threads: settle.c */
	bool execs;		/* it has, and was not seen since */
	bool killed;		/* by us: nobody may outlive the command */
};

/* A notification whose answer waits for something else. */
struct ss_held {
	struct ss_notification notification;
	unsigned int tries;
	struct ss_held *prev, *next;
};

/* An answer that is given later. */
struct ss_delayed {
	struct ss_notification notification;
	struct ss_reply reply;
	uint64_t due;		/* of CLOCK_MONOTONIC, in nanoseconds */
	struct ss_delayed *prev, *next;
};

/* What a policy makes of the call of one task: ruling.h. */
struct ss_ruling {
	pid_t tid;
	struct ss_notification notification;	/* the call it is about */
	struct ss_path *caller;		/* owned reference: whose */
	bool open;			/* the call has no answer yet */
	bool signalled;			/* it has had the rule's signal */
	struct ss_asked asked;
	/* what the model says, where that was looked at */
	bool answered;
	struct ss_question question;
	struct ss_answer answer;
	UT_hash_handle hh;
};

/* Everything that a session needs for its policy; start with {0}. */
struct ss_rulings {
	const struct ss_policy *policy;	/* borrowed; NULL: there is none */
	struct ss_counters *counters;	/* owned */
	struct ss_ruling *by_tid;	/* owned */
};

/* Stacks that are wanted: stack.h. */
struct ss_stacks {
	struct ss_stack_reader reader;	/* owned */
	struct ss_stack_read *by_tid;	/* owned */
	uint64_t number;	/* of the last request */
	pid_t in_hand;		/* whose stack is being read, or 0 */
	uint64_t since;		/* when it was asked, of CLOCK_MONOTONIC */
	bool stuck;		/* it had more than its time for that */
	uint64_t taken;		/* how many have come */
};

/* A call whose success shows in a namespace link: facts.h. */
struct ss_deferred {
	struct ss_event event;
	struct ss_path *path;	/* owned: whose; numbers change hands */
	const char *ns_name;
	uint64_t ino;		/* before the call; 0: not seen */
	bool unborn;		/* for pids, without an init then: not shown */
	bool unsure;		/* counted as such */
	struct ss_deferred *prev, *next;
};

/* What a call will do, told when it has been let on. */
struct ss_sequel {
	struct ss_event event;
	struct ss_sequel *prev, *next;
};

/* A thread whose ioprio_set may not have come to its end. */
struct ss_io_flight {
	pid_t tid;
	pid_t refuser;		/* the process that refuses it, or 0 */
	struct ss_io_flight *prev, *next;
};

/* A task whose unshare was let on, and is refused because of others. */
struct ss_unsharing {
	pid_t tid;
	struct ss_unsharing *prev, *next;
};

/* Whose program's name is known (act.c). */
struct ss_refused {
	uint64_t group;		/* its serial; 0: not known */
	uint64_t execs;		/* how many had happened then */
	char program[PATH_MAX];
};

struct ss_session {
	struct ss_session_options options;
	struct ss_features features;
	struct ss_inherited inherited;
	struct ss_call_table calls;
	struct ss_reader reader;
	struct ss_launched launched;
	struct ss_model *model;
	struct ss_numbers processes;	/* owned: struct ss_process, by tgid */
	struct ss_process *zombies;	/* list: not reaped by their parents */
	unsigned int zombie_count;
	unsigned long nofile;		/* our limit of descriptors */
	struct ss_landlock landlock;	/* once somebody restricts itself */
	int deaths;			/* owned: epoll of pidfds */
	pid_t last_number;		/* one that was given out, the last that
					   we know; 0: they are chosen, too */
	unsigned int execs;		/* processes that may be in an exec */
	uint64_t clones;		/* let go on so far ... */
	uint64_t orphans_looked;	/* ... when orphans were settled last */
	uint64_t orphans_settled;	/* model->orphaned at that time */
	uint64_t deaths_drained;	/* ... when deaths were drained last */
	struct ss_guard guard;
	struct ss_held *held;		/* owned list */
	uint64_t held_since;		/* state of things at the last retry */
	struct ss_delayed *delayed;	/* owned list, by .due */
	unsigned int delayed_count;
	struct ss_rulings rulings;
	struct ss_stacks stacks;
	struct ss_deferred *deferred;	/* owned list */
	struct ss_unsharing *unsharing;	/* owned list */
	struct ss_sequel *sequels;	/* owned list: of this call */
	struct ss_io_flight *io_flights;	/* owned list */
	struct ss_stats stats;
	struct ss_log *log;		/* owned, or NULL */
	struct ss_refusals *refusals;	/* owned, or NULL */
	struct ss_refused refused;
	struct ss_learned learned;	/* for --learn */
	int learn_fd;			/* owned, or -1 */
	struct ss_audit *audit;		/* owned, or NULL */
	unsigned int orphans_kept;	/* by the last pruning */
	pid_t self;
	bool started;			/* .launched is to be released */
	bool creds_changed;		/* by set*id or capset, of anybody */
	bool io_contexts;		/* somebody has one, by ioprio_set */
	bool command_ended;
	bool killed_all;		/* because of that */
	int command_status;
	int failure;			/* -errno that ended the loop */
};

/* loop.c */
/* Tells the model a fact; a failure ends the session (counted limits
   excepted). */
void ss_tell(struct ss_session *session, const struct ss_event *event);
/*
 * The same once the call that is being handled was let on.  Who is killed or
 * interrupted before has not made it.
 */
void ss_tell_when_let_on(struct ss_session *session,
			 const struct ss_event *event);
/* Sends a reply, and tells the model what the call does.  false: the call has
   not been let on: its caller was killed, or interrupted. */
bool ss_loop_answer(struct ss_session *session,
		    const struct ss_notification *notification,
		    const struct ss_reply *reply);
/* Handles one notification and answers it.  false: it was put aside. */
bool ss_loop_serve(struct ss_session *session,
		   const struct ss_notification *notification);
/* Until the last task has ended, or session->failure. */
void ss_loop_run(struct ss_session *session);

/* handle.c: what to do about a call.  true: *ret is the reply; false: it was
   put aside (hold.c), or the caller has gone. */
bool ss_handle(struct ss_session *session, struct ss_task *task,
	       const struct ss_call *call,
	       const struct ss_notification *notification,
	       struct ss_reply *ret) ss_must_check;

/* settle.c */
/* The task behind a number that is calling us: known, or adopted now. */
struct ss_task *ss_settle_caller(struct ss_session *session, pid_t tid);
/* Tries to find the child of this task's pending clone, which is over.  It
   stays pending if the task is dying. */
void ss_settle_creator(struct ss_session *session, struct ss_task *task);
/* Somebody asks for a number that the model does not know. */
void ss_settle_number(struct ss_session *session, const struct ss_task *caller,
		      pid_t nr);
/* Who has that number for the caller; looked for if the model does not know.
   NULL: nobody, or the caller itself has gone meanwhile. */
struct ss_task *ss_settle_resolve(struct ss_session *session,
				  const struct ss_task *caller, pid_t nr);
/* The task that this pending clone has made and nobody knows yet, or 0. */
pid_t ss_settle_find(struct ss_session *session,
		     const struct ss_pending *pending);
/* May the task be the child of this clone, as far as its status tells? */
bool ss_settle_may_be_child(const struct ss_session *session,
			    const struct ss_pending *pending, pid_t tid,
			    const struct ss_proc_status *status);
/* The same where the creator lives: is it?  (Not one that it only reaps.) */
bool ss_settle_is_child(struct ss_session *session,
			const struct ss_pending *pending, pid_t tid,
			const struct ss_proc_status *status);
/* Was the number given out after the clone was let on? */
bool ss_settle_is_later(const struct ss_pending *pending, pid_t tid);
/* Has the task begun to exit?  Its children get another parent after this
   shows, and it makes none any more. */
bool ss_settle_is_dying(const struct ss_task *task);
/* The numbers of a task that may live in a nested pid namespace. */
int ss_settle_read_numbers(pid_t tid, struct ss_event_numbers *ret)
	ss_must_check;
/* Tells the model whose child the task is.  NULL: it has gone. */
struct ss_task *ss_settle_adopt(struct ss_session *session,
				struct ss_pending *pending, pid_t tid);
/* A walk along the pending clones, as they stand by now: looking at one may end
   others.  Start with {0}; NULL: that was the last. */
struct ss_walk {
	const struct ss_pending *at;	/* borrowed; gone if one has ended */
	uint64_t changes;		/* how many had at that time */
	uint32_t serial;
};
struct ss_pending *ss_settle_next(const struct ss_session *session,
				  struct ss_walk *walk);
/* Of all pending clones: those that are over have children that are known
   afterwards, or are none.  False: one is still under way. */
bool ss_settle_surely(struct ss_session *session);
/* Looks for the children of all pending clones. */
void ss_settle_all(struct ss_session *session);
/* Would this clone be confused with one that is still pending?  `parent`: the
   caller's, if CLONE_PARENT makes it the child's, or 0. */
bool ss_settle_must_wait(struct ss_session *session,
			 const struct ss_task *task, uint64_t flags,
			 pid_t parent);
/* Is another thread of the group about to make a child? */
bool ss_settle_makes_child(struct ss_session *session,
			   const struct ss_task *task);
/* Is anybody about to make a task that shares or copies this one's signal
   handlers?  Afterwards the model knows those who are there. */
bool ss_settle_makes_sharer(struct ss_session *session,
			    const struct ss_task *task);
/* Is anybody else about to copy this one's memory (fork)? */
bool ss_settle_makes_copy(struct ss_session *session,
			  const struct ss_task *task);

/* orphans.c */
/* The creator of this clone has begun to exit: its child is known afterwards,
   or the clone is an orphan. */
void ss_orphans_leave(struct ss_session *session, struct ss_pending *pending);
/* Learns whose creators have died, or begun to exit. */
void ss_orphans_notice(struct ss_session *session);
/* Finds the children of clones whose creators have died, and ends the clones
   that left none. */
void ss_orphans_settle(struct ss_session *session);
/* Both. */
void ss_orphans_find(struct ss_session *session);
/* The same, if there are any that it was not tried for. */
void ss_orphans_settle_new(struct ss_session *session);
/* The same, if there are many, or they are old. */
void ss_orphans_prune(struct ss_session *session);
/*
 * Is this child of ours one that those left behind which we had before the
 * command?  Not waited for, and not killed; but a zombie is never said to be
 * one: it is ours to reap, nobody else would.
 */
bool ss_orphan_is_foreign(const struct ss_session *session, pid_t tid);

/* again.c */
/* Completes the event of a clone: what tells later whether it came twice. */
void ss_again_note(struct ss_session *session,
		   const struct ss_notification *notification,
		   struct ss_event *event);
/* A number that was given out in its turn. */
void ss_again_number(struct ss_session *session, pid_t number);
/* A program chooses the numbers of its children: from now on they tell
   nothing. */
void ss_again_chosen(struct ss_session *session);
/* The task calls clone, and its last one is over.  Is it the same call again,
   because that has failed? */
void ss_again_look(struct ss_session *session, const struct ss_task *task,
		   const struct ss_notification *notification);

/* The task's last clone is over, and has no child.  Did it never have one?
   That is sure if none of the numbers given out since can be its child's. */
bool ss_again_made_nobody(const struct ss_session *session,
			  const struct ss_task *task);

/* undo.c */
/* The task is about to clone: if that fails, has it made an undo list? */
enum ss_clone_fate ss_undo_foresee(struct ss_session *session,
				   const struct ss_task *task,
				   const struct ss_decoded *call);
/* This clone, which was to make one, has failed: the list goes, or stays. */
void ss_undo_guess(struct ss_session *session,
		   const struct ss_pending *pending);

/* exec.c */
/* Frees it, with what it owns; NULL is fine. */
void ss_evidence_free(struct ss_evidence *evidence);
/* The caller is about to make a child with a copy of its memory. */
void ss_exec_await_copies(struct ss_session *session,
			  const struct ss_task *task,
			  const struct ss_notification *notification);
void ss_exec_enter(struct ss_session *session, struct ss_task *task);
/* The process has called, or gone: no exec of it is under way any more. */
void ss_exec_over(struct ss_session *session, struct ss_process *process);
/* The caller was killed, or interrupted, before that: nothing happens. */
void ss_exec_not_let_on(struct ss_session *session, pid_t tid);
/* Finds out whether the group's exec in flight has happened; `caller` is the
   task that has just called us, or 0. */
void ss_exec_settle(struct ss_session *session, struct ss_group *group,
		    pid_t caller);
/* The same, if the thread sleeps in some other call by now. */
void ss_exec_look(struct ss_session *session, struct ss_group *group);
/* The same for all execs that take the number of their leader; false: some are
   still on their way. */
bool ss_exec_takeovers_settle(struct ss_session *session);

/* process.c */
int ss_process_add(struct ss_session *session, pid_t tgid) ss_must_check;
struct ss_process *ss_process_find(const struct ss_session *session,
				   pid_t tgid);
/* All, in no order: the one after `process`, NULL: the first; while none comes
   or goes. */
struct ss_process *ss_process_next(const struct ss_session *session,
				   const struct ss_process *process);
void ss_process_free(struct ss_session *session, struct ss_process *process);
/* Tells the model of every process that has ended. */
void ss_deaths_drain(struct ss_session *session);
/* Reaps orphans that the model never saw. */
void ss_orphans_reap(struct ss_session *session);
/* Has this task gone, and its number come back?  (Of tasks that are on their
   way out.) */
bool ss_number_is_new(struct ss_session *session,
		      const struct ss_task *task);
/* Waits for the last tasks, which have left the filter but may not be dead
   yet, and reaps those that are ours to reap. */
void ss_children_await(struct ss_session *session);
/* Brings the model up to date about one task's life.  0; -ESRCH: a thread of
   its group is just taking the leader's place, for an exec. */
int ss_life_check(struct ss_session *session, struct ss_task *task)
	ss_must_check;
/*
 * To be asked after something of a task, or behind its number, was looked at:
 * was that the program that the model knows?  An exec in flight happens unseen,
 * and what stands in its slots then may be anything: nothing tells of what is
 * opened.  0; -EAGAIN: no, and the model has changed; -ESRCH: as above.
 */
int ss_life_recheck(struct ss_session *session, const struct ss_task *task)
	ss_must_check;
/* Learns who of those that share the task's memory has died: what the memory
   was stays with them. */
void ss_sharers_settle(struct ss_session *session, pid_t tid);
/* Is it certain whether an unshare with these flags is refused because others
   share with the task?  It may be known afterwards that they have gone. */
bool ss_sharers_are_settled(struct ss_session *session,
			    const struct ss_task *task, uint64_t flags);
/*
 * Does nobody else run in its group, or have its memory?  The dead do not
 * count, reaped or not (lib/is_single_threaded.c).
 */
enum ss_company {
	SS_COMPANY_NONE,
	SS_COMPANY_ENDING,	/* who may be out of the way in a moment */
	SS_COMPANY_THERE,
};
enum ss_company ss_sharers_company(struct ss_session *session,
				   const struct ss_task *task);
/* Has it called exit, or died, and will be gone from the list of all tasks
   without anybody waiting for it? */
bool ss_sharer_is_going(struct ss_session *session,
			const struct ss_task *task);
/* An unshare that is refused, maybe for that, begins; it is over (0: all). */
void ss_unsharing_note(struct ss_session *session, const struct ss_task *task);
void ss_unsharing_over(struct ss_session *session, pid_t tid);
/* Is such a call in flight, and would be granted if the task were gone, or
   another program? */
bool ss_unsharing_beside(struct ss_session *session,
			 const struct ss_task *task);
/* Takes the threads that have ended out of a group. */
void ss_leavers_sweep(struct ss_session *session, struct ss_group *group);
/* Anybody in the group who has not begun to exit? */
bool ss_group_has_living(const struct ss_group *group);
/* Have all its threads begun to exit?  Then its children are not, or will not
   be for long, its own. */
bool ss_group_is_ending(const struct ss_session *session, pid_t tgid);
/* Kills a caller who could not be told from any task. */
void ss_kill_stranger(struct ss_session *session,
		      const struct ss_notification *notification);
/* Kills everybody who is left and has not been killed so. */
void ss_kill_all(struct ss_session *session);
/* A pidfd through which this task's descriptor table can be reached; *ret_own
   is set if the caller has to close it.  Descriptor or -errno. */
int ss_table_pidfd(struct ss_session *session, const struct ss_task *task,
		   bool *ret_own) ss_must_check;

/* workers.c */
/* Is this thread of the group one of the kernel's own, and new?  Then the model
   knows it now. */
bool ss_worker_adopt(struct ss_session *session, pid_t tid, pid_t tgid);
/* Those of a group that have come, and those that have gone. */
void ss_workers_look(struct ss_session *session, pid_t tgid);
void ss_workers_look_everywhere(struct ss_session *session);

/* supply.c */
/* Fetches a fact.  0, or -errno if it cannot be had (the question then gets
   the answer that the manual documents). */
int ss_supply(struct ss_session *session, struct ss_question *q,
	      const struct ss_need *need,
	      const struct ss_notification *notification) ss_must_check;

/* identify.c */
/* Through whom is the table reached?  Not through who dumps core, and may have
   a copy of it.  NULL: through nobody. */
struct ss_task *ss_identify_user(const struct ss_files *files);
/*
 * What is in this slot now?  0 and *ret_fd (owned by the caller) if open,
 * .file the labelled file that it is, or NULL, with the place for a new one.
 */
struct ss_found {
	int fd;			/* owned */
	struct ss_hint hint;
	struct ss_file *file;	/* borrowed, or NULL: unlike all */
	struct ss_place place;
	bool dying;		/* because a task is dying that holds it */
	bool uncertain;		/* .file is NULL, but some labelled file could
				   not be compared: it may be that one */
};
#define SS_FOUND_EMPTY	((struct ss_found){ .fd = -1 })
int ss_identify(struct ss_session *session, const struct ss_task *task,
		int fd, struct ss_found *ret) ss_must_check;
/* The same, and remembered: the slot has a label afterwards.  -ENOSPC if it
   cannot be remembered: at a limit, or because it is uncertain. */
int ss_identify_slot(struct ss_session *session, struct ss_task *task, int fd,
		     struct ss_file **ret) ss_must_check;
/* Which file does an item watch?  Found, or made. */
int ss_identify_item(struct ss_session *session, struct ss_task *task,
		     const struct ss_question *q, struct ss_file **ret)
	ss_must_check;
void ss_found_release(struct ss_found *found);
/* The two files of a question, held at one moment: *ret is -1, 0, 1 or
   SS_ORDER_UNKNOWN.  0 or -errno. */
int ss_identify_order(struct ss_session *session, const struct ss_question *q,
		      int *ret) ss_must_check;
/* Is there anything in this slot?  0, -EBADF or another -errno. */
int ss_identify_is_open(struct ss_session *session, const struct ss_task *task,
			int fd) ss_must_check;
/* Which namespace: see ss_file_namespace(); else as ss_pidfd_fetch(). */
int ss_identify_namespace(struct ss_session *session,
			  const struct ss_task *task, int fd,
			  uint64_t *ret_flag, uint64_t *ret_ino) ss_must_check;
/* Is an epoll in this slot?  1, 0 or -errno. */
int ss_identify_is_epoll(struct ss_session *session,
			 const struct ss_task *task, int fd) ss_must_check;

/* prune.c */
void ss_epolls_prune(struct ss_session *session);

/* census.c */
/* Counts what there is now, for --stats. */
void ss_census_take(struct ss_session *session);

/* hold.c */
#define SS_HOLD_TRIES	2000	/* a millisecond each */
/* Puts a notification aside; it is handled again later. */
int ss_hold(struct ss_session *session,
	    const struct ss_notification *notification) ss_must_check;
bool ss_hold_is_held(const struct ss_session *session,
		     const struct ss_notification *notification);
/* Has this notification been tried again so many times? */
bool ss_hold_has_lasted(const struct ss_session *session,
			const struct ss_notification *notification,
			unsigned int tries);
/* Has it waited long enough? */
bool ss_hold_is_over(const struct ss_session *session,
		     const struct ss_notification *notification);
/*
 * The same of one whose argument lies in a page that does not come.  The call
 * would wait for that page, too; but if we wait for so many that no other can
 * be tried, it is maybe not its own that does not come.
 */
bool ss_hold_for_page_is_over(const struct ss_session *session,
			      const struct ss_notification *notification);
/* Handles the held ones again. */
void ss_hold_retry(struct ss_session *session);
void ss_hold_release(struct ss_session *session);

/* delay.c */
/* Gives this reply `ns` nanoseconds from now, while all others go on.  0 or
   -ENOMEM. */
int ss_delay(struct ss_session *session,
	     const struct ss_notification *notification,
	     const struct ss_reply *reply, uint64_t ns) ss_must_check;
/* A call that a signal has interrupted while its answer was delayed, and that
   is made again: its answer comes when it was to come.  False: it is none. */
bool ss_delay_resume(struct ss_session *session,
		     const struct ss_notification *notification);
bool ss_delay_is_delayed(const struct ss_session *session,
			 const struct ss_notification *notification);
/* Gives those whose time has come. */
void ss_delays_serve(struct ss_session *session);
void ss_delays_release(struct ss_session *session);

#endif
