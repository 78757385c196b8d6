/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: everything that the model is ever told.
 *
 * A watched call is told when it *enters*; how it ends is told by a later
 * event, or never.  Calls restart by themselves, so every one of these may
 * come twice.  Facts that were fetched from the kernel are events too.
 */
#ifndef SS_MODEL_EVENT_H
#define SS_MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "model/credentials.h"
#include "model/epoll.h"
#include "model/openfile.h"
#include "model/task.h"

enum ss_event_type {
	/* calls that enter; .tid is the caller */
	SS_EVENT_START,		/* the first task; tid becomes "1" */
	SS_EVENT_CLONE,		/* .clone */
	SS_EVENT_EXEC,		/* execve, execveat; .exec */
	SS_EVENT_EXIT,		/* .exit */
	SS_EVENT_CLOSE,		/* .range: these slots lose their files */
	SS_EVENT_UNSHARE,	/* .flags: it will succeed, as far as files,
				   fs and the undo list go */
	SS_EVENT_UNDO,		/* semop with SEM_UNDO: has an undo list now */
	SS_EVENT_UNDO_DROP,	/* setns to an ipc namespace: has none now */
	SS_EVENT_CREDS_CHANGE,	/* what is known of them is void; .set_id: by
				   a set*id call, so they must be known */
	SS_EVENT_DUMPABLE,	/* .dumpable of its mm; .setting: a call of
				   its own has entered that makes it so */
	SS_EVENT_SLOT_USE,	/* .range: a call needs what is in the slot */
	SS_EVENT_LANDLOCK,	/* enters a domain of its own, with the ruleset
				   in the slot .range */
	SS_EVENT_PIDNS_CHANGE,	/* its children may live elsewhere */
	SS_EVENT_RING,		/* io_uring: descriptors change unseen */
	SS_EVENT_FILTER,	/* seccomp: threads may end unseen */
	SS_EVENT_COMMITS_KEEP,	/* fs.suid_dumpable: what changes credentials
				   may leave memory dumpable */
	SS_EVENT_HANDLER,	/* installs a handler that interrupts calls */
	/* how calls end */
	SS_EVENT_RETURNED,	/* its last call is over */
	SS_EVENT_CLONE_PASS,	/* .child.pending is the clone of .tid, whose
				   own one was taken for another's */
	SS_EVENT_CHILD,		/* .child: a pending clone's child is known */
	SS_EVENT_CLONE_END,	/* .child.pending has no child, or none left */
	SS_EVENT_CLONE_FAILED,	/* the last clone of .tid has made no child, for
				   sure: its index is used again */
	SS_EVENT_CLONE_ORPHAN,	/* the task with a pending clone is on its way
				   out; the child may be elsewhere */
	SS_EVENT_EXEC_DONE,	/* the exec of .tid succeeded */
	SS_EVENT_EXEC_FAILED,
	SS_EVENT_FADING,	/* a task on its way out has given up .gone */
	SS_EVENT_THREAD_GONE,	/* one thread has ended and been reaped */
	SS_EVENT_TASK_ZOMBIE,	/* a dead leader whose threads live on, or a
				   dead thread that a tracer keeps */
	SS_EVENT_GROUP_DEAD,	/* the process is a zombie */
	SS_EVENT_GROUP_GONE,	/* and it has been reaped */
	/* facts */
	SS_EVENT_WORKER,	/* .child.tid: a task that the kernel made for
				   the group of .tid (io_uring) */
	SS_EVENT_PARENT,	/* .parent: who is the real parent of its group
				   by now, inside or not */
	SS_EVENT_CREDS,		/* .creds */
	SS_EVENT_AT_RANDOM,	/* .address of its mm's random bytes */
	SS_EVENT_IO,		/* .io_class: it has an io context, with this
				   class */
	SS_EVENT_SLOT,		/* .slot holds this open file */
	SS_EVENT_PLACE,		/* .slot: the file's place among its kind */
	SS_EVENT_LOST,		/* .slot.file: it is not known any more which
				   items it is behind */
	SS_EVENT_EPOLL_ADD,	/* .epoll: the target is known, or new with
				   this hint at this place; by a call, or as it
				   was seen */
	SS_EVENT_EPOLL_UNSEEN,	/* .epoll: for what is not known */
	SS_EVENT_EPOLL_DELETE,
	SS_EVENT_EPOLL_LINES,	/* .lines: all the items that .lines.file has
				   now */
	SS_EVENT_COUNT
};

/* The numbers of a task in nested pid namespaces, outermost first. */
struct ss_event_numbers {
	unsigned int levels;
	pid_t nr[SS_PIDNS_LEVELS];
	uint64_t ino[SS_PIDNS_LEVELS];
};

#define SS_EVENT_NS_MAX	33

struct ss_event_creds {
	uid_t uid[4];
	gid_t gid[4];
	uint64_t permitted;
	uint64_t effective;
	/* its user namespace and the ancestors of that, itself first */
	unsigned int namespaces;
	uint64_t ino[SS_EVENT_NS_MAX];
	uid_t owner[SS_EVENT_NS_MAX];
};

/* The same without namespaces. */
static inline struct ss_creds ss_creds_told(const struct ss_event_creds *from)
{
	struct ss_creds creds = {
		.permitted = from->permitted,
		.effective = from->effective,
	};

	memcpy(creds.uid, from->uid, sizeof(creds.uid));
	memcpy(creds.gid, from->gid, sizeof(creds.gid));
	return creds;
}

struct ss_event {
	enum ss_event_type type;
	pid_t tid;		/* for GROUP_*: the group's tgid */
	union {
		struct {
			uint64_t flags;		/* CLONE_* */
			pid_t parent;	/* for CLONE_PARENT: tgid of the
					   caller's parent now, or 0 */
			pid_t last;	/* the number given out last, or 0 */
			enum ss_clone_fate fate;
			/* kept for the supervisor, in the task: */
			uint64_t call;	/* which call it is */
			pid_t since;	/* a number given out before, or 0 */
		} clone;
		struct {
			pid_t parent;		/* tgid of the supervisor */
		} start;
		struct {
			bool group;		/* exit_group */
		} exit;
		struct {
			const int *kept;	/* labelled slots of a table
						   that nobody else uses, and
						   that are not close-on-exec */
			size_t count;
		} exec;
		struct {
			uint32_t pending;	/* its serial */
			pid_t tid;
			uint64_t born_by;	/* struct ss_task */
			const struct ss_event_numbers *numbers;	/* or NULL:
						   in our own pid namespace */
			bool io_known;	/* the class of its io context was */
			int io_class;	/* seen: 0 NONE, or no context */
			bool io_apart;	/* and not its creator's, for sure */
		} child;
		struct {
			unsigned int first, last;
			bool unshare;	/* the table is split first */
			bool keep;	/* and nothing is closed */
		} range;
		uint64_t flags;
		pid_t parent;		/* a tgid */
		unsigned int gone;	/* bits 1 << enum ss_kind */
		bool set_id;
		struct {
			enum ss_dumpable dumpable;
			uint64_t userns;	/* the memory's, or 0 */
			bool setting;
		};
		uint64_t address;
		int io_class;
		const struct ss_event_creds *creds;
		struct {
			int fd;
			struct ss_file *file;	/* known already, or NULL: */
			struct ss_hint hint;	/* new, with this hint, */
			struct ss_place place;	/* at this place of its set */
		} slot;
		struct {
			struct ss_file *file;
			int tfd;
			int efd;	/* of a call: by which number */
			unsigned int lines;	/* 0: a call; else seen, as one
						   of so many like it */
			struct ss_file *target;
			struct ss_hint hint;
			struct ss_place place;
		} epoll;
		struct {
			struct ss_file *file;
			struct ss_epoll_line *lines;	/* gets sorted */
			size_t count;
		} lines;
	};
};

#endif
