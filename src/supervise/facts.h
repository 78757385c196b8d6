/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about a task that are read from /proc and told to the model.
 */
#ifndef SS_SUPERVISE_FACTS_H
#define SS_SUPERVISE_FACTS_H

#include "base/attributes.h"
#include "supervise/state.h"

/* Credentials are about to change: does memory stay dumpable then? */
void ss_facts_commit(struct ss_session *session);
/* Finds out what calls of those who share its memory, set*id and prctl, have
   made of that.  False if one is still in flight. */
bool ss_facts_set_id(struct ss_session *session, const struct ss_task *task);
/* In which call does the thread sleep, or in none?  False: it runs; then it is
   not known whether its last call is over. */
bool ss_facts_call(const struct ss_session *session, pid_t tid,
		   struct ss_proc_call *ret) ss_must_check;
enum ss_last_call {
	SS_LAST_CALL_OVER,
	SS_LAST_CALL_ASLEEP,	/* in a watched call: this one or the next */
	SS_LAST_CALL_RUNS,	/* unknown while it runs */
};
/* Is the thread's last call over? */
enum ss_last_call ss_facts_last_call(const struct ss_session *session,
				     pid_t tid);
/* Is the call of a thread over, if it is one that does not sleep?  While the
   thread runs that is not known; and it sleeps only in the next one. */
bool ss_facts_call_is_over(const struct ss_session *session, pid_t tid);
/* Ends the set*id calls that are over.  False if one is still in flight. */
bool ss_facts_creds_settle(struct ss_session *session);
/* Its credentials and user namespaces.  0, -ESRCH, -EPERM, ... */
int ss_facts_creds(struct ss_session *session, const struct ss_task *task)
	ss_must_check;
/* The same of a task that the model does not know: nothing is remembered.
   `own`: SS_PROC_LEVELS_MAX of them, for namespaces that it does not know. */
int ss_facts_outside(struct ss_session *session, pid_t tid,
		     struct ss_creds *ret, struct ss_userns *own)
	ss_must_check;
/* The user namespace that owns one of the task's ("ipc", ...), `own` as above.
   -EPERM: it is neither ours nor below. */
int ss_facts_owner(struct ss_session *session, const struct ss_task *task,
		   const char *name, struct ss_userns *own,
		   const struct ss_userns **ret) ss_must_check;
/* Whether its memory is dumpable: from the owner of its /proc files, where
   that tells, else by trying.  0; as ss_life_recheck(); or what kept us from
   trying, if that may pass: -EIO, -EAGAIN, ... */
int ss_facts_dumpable(struct ss_session *session, const struct ss_task *task)
	ss_must_check;

/* Does somebody share its descriptor table who is not in its group? */
bool ss_facts_shares_outside(const struct ss_task *task);
/* Does it dump core, or has it?  Then it may have left a table that it shares
   for a copy (fs/coredump.c, unshare_files()). */
bool ss_facts_dumps_core(const struct ss_task *task);

/* Does it make its children in another pid namespace than its own? */
bool ss_facts_children_elsewhere(const struct ss_task *task);
/* Has that one's first process begun to end?  Then nobody is made any more. */
bool ss_facts_makes_nobody(const struct ss_session *session,
			   const struct ss_task *task);

/*
 * An unshare or setns of which nobody can tell from outside whether it will
 * succeed.  Remembered with the inode of the namespace that it changes; when
 * that has changed, the event is told.
 */
int ss_deferred_add(struct ss_session *session, const struct ss_event *event,
		    const char *ns_name) ss_must_check;
/* Looks at those of one task (it has come back: they are over), or at all
   (0: somebody asks). */
void ss_deferred_settle(struct ss_session *session, pid_t tid);
/* Is it known of all that are to change a user namespace whether they have? */
bool ss_deferred_users_settle(struct ss_session *session);
/* Is one of them just copying the task's table?  Until it is over, what is in a
   slot of the one is not what is in the other. */
bool ss_deferred_copies(struct ss_session *session,
			const struct ss_task *task);
void ss_deferred_release(struct ss_session *session);

#endif
