/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notification -> what it means.
 *
 * Arguments are read as the kernel reads them: descriptors, pids and most
 * flags are the low 32 bits of a register.  What the kernel will refuse for
 * its arguments alone is SS_ACT_NOTHING: the call goes on and changes nothing.
 * Memory is read through an interface, each thing once.
 */
#ifndef SS_WATCH_DECODE_H
#define SS_WATCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "watch/calls.h"

/* How the memory of the caller is read: 0; -EFAULT; -EACCES if the kernel can
   read it, and we cannot; or another -errno when the caller has gone. */
struct ss_reader {
	int (*read)(const struct ss_reader *reader, pid_t tid,
		    uint64_t address, void *buffer, size_t length);
	/* May one semop of the caller have so many operations? */
	bool (*fits)(const struct ss_reader *reader, pid_t tid,
		     unsigned int operations);
};

/* What the supervisor has to do about a call. */
enum ss_act {
	SS_ACT_NOTHING,
	SS_ACT_KCMP,
	SS_ACT_CLONE,		/* .flags */
	SS_ACT_EXEC,
	SS_ACT_EXIT,		/* .group */
	SS_ACT_CLOSE,		/* .range */
	SS_ACT_UNSHARE,		/* .flags */
	SS_ACT_SETNS,		/* .setns */
	SS_ACT_EPOLL,		/* .epoll */
	SS_ACT_UNDO,
	SS_ACT_IOPRIO,		/* .ioprio */
	SS_ACT_SETID,		/* set*id, capset */
	SS_ACT_DUMPABLE,	/* .dumpable */
	SS_ACT_LANDLOCK,	/* .landlock */
	SS_ACT_FILTER,		/* threads may end without exit from now on */
	SS_ACT_RING,
	SS_ACT_CAUTION,		/* page faults or files may be served from
				   inside now */
	SS_ACT_GUARD,		/* calls can be interrupted from now on */
	SS_ACT_TRACE,		/* .tracee */
	SS_ACT_COUNT
};

/* Who is meant by ioprio_set (linux/ioprio.h). */
#define SS_IOPRIO_WHO_PROCESS	1
#define SS_IOPRIO_WHO_PGRP	2
#define SS_IOPRIO_WHO_USER	3
#define SS_IOPRIO_CLASS_RT	1

struct ss_decoded {
	enum ss_act act;
	union {
		struct {
			int type;
			pid_t pid[2];
			uint64_t idx[2];
		} kcmp;
		struct {
			uint64_t flags;
			bool chosen;	/* clone3: the caller chooses the
					   child's number */
			uint64_t stack_last;	/* clone3: its last byte; 0:
						   the caller's is used */
			uint64_t tls;	/* with CLONE_NEWUSER: the thread
					   pointer of CLONE_SETTLS; UINT64_MAX:
					   none (i386); or 0 */
		};
		bool group;
		struct {
			unsigned int first, last;
			bool unshare, keep;
			int from;	/* dup2, dup3: the other one; or -1 */
		} range;
		struct {
			int fd;
			unsigned int type;
		} setns;
		struct {
			bool add;
			int efd;
			int fd;
		} epoll;
		struct {
			int which;
			int who;
			int io_class;
		} ioprio;
		bool dumpable;
		struct {
			int fd;
			unsigned int flags;
		} landlock;
		pid_t tracee;	/* 0: the caller */
	};
};

/* 0; -ETIMEDOUT if the caller's memory does not come; -EACCES if it is not for
   us to read; -E2BIG if it is more than we read for one call; another -errno if
   the caller has gone.  (Not -EFAULT, which the kernel will meet too:
   SS_ACT_NOTHING.) */
int ss_decode(const struct ss_reader *reader, const struct ss_call *call,
	      enum ss_arch arch, pid_t tid, const uint64_t args[6],
	      struct ss_decoded *ret) ss_must_check;

#endif
