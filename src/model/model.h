/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model: what selfsame believes about the tasks of one sandbox.
 *
 * A pure function of the events it is told (event.h): no system call, no
 * clock, no global, no randomness.  ss_model_apply() is all or nothing: when
 * it fails nothing has changed.  ss_model_compare() (compare.h) answers a
 * kcmp from it, or says which fact is missing.
 *
 * Others may look at the structures, and change them only by events.
 */
#ifndef SS_MODEL_MODEL_H
#define SS_MODEL_MODEL_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/numbers.h"
#include "model/event.h"

/* What a child can make grow, and where it ends. */
struct ss_limits {
	unsigned int files;	/* labelled open files; then SLOT is -ENOSPC */
};

#define SS_LIMITS_DEFAULT	{ .files = 4u << 20 }

struct ss_model {
	struct ss_numbers tasks;	/* owned: struct ss_task, by tid */
	unsigned int groups;		/* how many, of one task or more */
	struct ss_pending *pendings;	/* owned list, oldest first */
	unsigned int pending_count;
	unsigned int orphan_count;	/* those whose creators have gone */
	uint64_t orphaned;		/* how many that has happened to */
	uint64_t pending_changes;	/* how many have been settled */
	uint32_t pending_serial;
	uint64_t group_serial;
	struct ss_pidns *pidns;		/* owned, by inode */
	struct ss_userns *userns;	/* owned, by inode */
	struct ss_userns *init_userns;	/* borrowed: see ss_access_check() */
	struct ss_shared_creds *creds;	/* owned by their users */
	struct ss_file_table open;
	bool rings;			/* somebody has an io_uring */
	bool commits_keep;		/* fs.suid_dumpable was not as always:
					   nothing follows from a commit */
	bool filters;			/* somebody has filters of their own:
					   threads may end without exit */
	uint64_t generation;		/* how many tasks have gone, or died,
					   and files been forgotten */
	unsigned int peak;		/* tasks at the peak */
	struct ss_limits limits;
};

struct ss_model *ss_model_new(const struct ss_limits *limits) ss_must_check;
void ss_model_free(struct ss_model *model);	/* NULL is fine */

/*
 * 0; -ENOMEM; -ENOSPC at a limit; -ESRCH if the event is about a task that
 * the model does not know, or that is a zombie already; -EINVAL if the event
 * cannot be true in this state (a bug of the caller).  On failure nothing has
 * changed.
 */
int ss_model_apply(struct ss_model *model, const struct ss_event *event)
	ss_must_check;

/* Lookups: borrowed pointers, NULL if unknown. */
struct ss_task *ss_model_task(const struct ss_model *model, pid_t tid);
/* All tasks, in no order: the one after `task`, NULL: the first; while none
   comes or goes. */
struct ss_task *ss_model_next(const struct ss_model *model,
			      const struct ss_task *task);
/* The same of groups, as their leaders. */
struct ss_task *ss_model_next_leader(const struct ss_model *model,
				     const struct ss_task *leader);
struct ss_group *ss_model_group(const struct ss_model *model, pid_t tgid);
struct ss_pending *ss_model_pending(const struct ss_model *model,
				    uint32_t serial);
/* Who was told to be the group's real parent, dead or not; NULL if that one has
   been reaped, or is none of us. */
struct ss_group *ss_model_parent(const struct ss_model *model,
				 const struct ss_group *group);
/* A nested pid namespace in which somebody is, dead or not. */
struct ss_pidns *ss_model_pidns(const struct ss_model *model, uint64_t ino);
/* The task that `caller` means by a number. */
struct ss_task *ss_model_resolve(const struct ss_model *model,
				 const struct ss_task *caller, pid_t nr);

/*
 * A task through which a table can be reached from outside: leaders first,
 * because they need no thread pidfd; those in an exec, or on their way out,
 * last.  NULL: none now.
 */
struct ss_task *ss_files_user(const struct ss_files *files);

/* Are the flags of clone refused before anything is copied?  (Then the
   creator does not even get an undo list.  So it is with a sibling of a pid
   namespace's first process, whatever the other flags.) */
bool ss_clone_is_refused(uint64_t flags);
/* Will unshare of a task with these flags fail?  (As far as flags and sharing
   tell; privileges are for the caller to look at.) */
bool ss_unshare_is_refused(const struct ss_task *task, uint64_t flags);

#endif
