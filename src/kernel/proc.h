/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /proc says of a task.  Its text is trusted as the kernel's, but parts
 * of it are chosen by children (names): parsers take what they know and
 * refuse the rest with -EBADMSG.  Parsing is apart from reading
 * (ss_proc_parse_*), so that tests and fuzzers need no process.
 *
 * All functions return 0 or -errno; a task that is gone is -ESRCH (never
 * -ENOENT); what is hidden from us is -EACCES or -EPERM (of a zombie, to all
 * but root: its auxv, syscall and fd); a text of more than 64 MiB is -EFBIG.
 * Results are written only on success, over whatever was there: a list that
 * is used again must be released first.  A list of nothing owns nothing.
 */
#ifndef SS_KERNEL_PROC_H
#define SS_KERNEL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/* A list of task ids in the order that the kernel gives. */
struct ss_tids {
	pid_t *tids;		/* owned */
	size_t count;
	size_t room;
};

void ss_tids_release(struct ss_tids *list);
bool ss_tids_has(const struct ss_tids *list, pid_t tid);

/* /proc/TGID/task/TID/children: the children that this thread made (and
   still has), oldest first; of a dead or just dying thread it may be empty.
   -EOPNOTSUPP without CONFIG_PROC_CHILDREN. */
int ss_proc_children(pid_t tgid, pid_t tid, struct ss_tids *ret) ss_must_check;
/* Task ids separated by blanks. */
int ss_proc_parse_tids(const char *text, size_t length, struct ss_tids *ret)
	ss_must_check;
/* /proc/TGID/task: the threads of a group, the dead leader included. */
int ss_proc_threads(pid_t tgid, struct ss_tids *ret) ss_must_check;
/*
 * The kernel walks these two lists without holding them.  If the task that it
 * gave last ends, it breaks off, or goes on by position, and leaves somebody
 * out (first_tid() and next_tid() of fs/proc/base.c, get_children_pid() of
 * fs/proc/array.c).  Where it matters who is *not* there: the same lists, read
 * again until all who were in one are in the next; then that one is whole.  A
 * program that makes them end faster than that gets the last of SS_PROC_READS.
 */
#define SS_PROC_READS	64
int ss_proc_children_all(pid_t tgid, pid_t tid, struct ss_tids *ret)
	ss_must_check;
int ss_proc_threads_all(pid_t tgid, struct ss_tids *ret) ss_must_check;
/* Every process of /proc, by ascending number: none that is there all the time
   is left out. */
int ss_proc_processes(struct ss_tids *ret) ss_must_check;
/* Every process of /proc whose parent is ppid.  Slow: the fallback of
   ss_proc_children(). */
int ss_proc_children_by_parent(pid_t ppid, struct ss_tids *ret) ss_must_check;

#define SS_PROC_LEVELS_MAX	33	/* the kernel's 32 pid namespace levels,
					   and the first */

struct ss_proc_status {
	pid_t tgid;
	pid_t ppid;
	char state;			/* R S D T t Z X ... */
	uid_t uid[4];			/* real, effective, saved, fs */
	gid_t gid[4];
	uint64_t cap_permitted;
	uint64_t cap_effective;
	/* what a dying task gives up, in this order: do_exit() */
	bool has_mm;			/* there are Vm lines */
	bool has_files;			/* FDSize is not 0 */
	bool has_fs;			/* there is an Umask */
	uint32_t filters;		/* of seccomp; UINT32_MAX: it is not
					   told how many */
	pid_t nspid[SS_PROC_LEVELS_MAX]; /* NSpid: from our namespace in */
	unsigned int levels;
};

/* /proc/TID/status (any thread id). */
int ss_proc_status(pid_t tid, struct ss_proc_status *ret) ss_must_check;
int ss_proc_parse_status(const char *text, size_t length,
			 struct ss_proc_status *ret) ss_must_check;

/* Bit n - 1 is for signal n. */
struct ss_proc_signals {
	uint64_t ignored;
	uint64_t caught;
};

/* From /proc/TID/status, too. */
int ss_proc_signals(pid_t tid, struct ss_proc_signals *ret) ss_must_check;
int ss_proc_parse_signals(const char *text, size_t length,
			  struct ss_proc_signals *ret) ss_must_check;

/* The numbers of one thing, from our pid namespace in; 0: none there. */
struct ss_proc_numbers {
	pid_t nr[SS_PROC_LEVELS_MAX];
	unsigned int levels;
};

/* Those of its process group, in the namespaces in which the task itself has a
   number; from /proc/TID/status, too. */
int ss_proc_group(pid_t tid, struct ss_proc_numbers *ret) ss_must_check;
int ss_proc_parse_group(const char *text, size_t length,
			struct ss_proc_numbers *ret) ss_must_check;

#define SS_PROC_FORKNOEXEC	0x40u	/* PF_FORKNOEXEC: no exec since fork */
#define SS_PROC_EXITING		0x4u	/* PF_EXITING */
#define SS_PROC_DUMPCORE	0x200u	/* PF_DUMPCORE: dumps core */
#define SS_PROC_USER_WORKER	0x4000u	/* PF_USER_WORKER: io_uring's, made by
					   the kernel */
#define SS_PROC_NOFREEZE	0x8000u	/* PF_NOFREEZE: nothing is left to do
					   for a task that exits */

struct ss_proc_stat {
	char state;
	pid_t ppid;
	pid_t pgrp;
	uint32_t flags;			/* PF_* */
	uint64_t start_time;		/* clock ticks since boot */
};

/* /proc/TID/stat.  The name in parentheses is the child's own choice and may
   hold anything: the last ')' ends it. */
int ss_proc_stat(pid_t tid, struct ss_proc_stat *ret) ss_must_check;
int ss_proc_parse_stat(const char *text, size_t length,
		       struct ss_proc_stat *ret) ss_must_check;
/* The task, by its number in the first pid namespace, for which the kernel has
   made a thread of an io_uring: of its name.  -ENODATA: it has another name. */
int ss_proc_worker(pid_t tid, pid_t *ret) ss_must_check;
int ss_proc_parse_worker(const char *text, size_t length, pid_t *ret)
	ss_must_check;
/* The start_time of a task that would start now. */
uint64_t ss_proc_time_now(void);
/* The number that was given out last in our pid namespace; 0: the kernel does
   not tell. */
pid_t ss_proc_last_number(void);
/* The same, if at most `most` numbers were given out after `since` (0: not
   known); or else 0. */
pid_t ss_proc_last_number_since(pid_t since, pid_t most);

enum ss_proc_where {
	SS_PROC_RUNNING,	/* on a processor or about to be: unknown */
	SS_PROC_IN_CALL,	/* asleep in call .nr */
	SS_PROC_NO_CALL,	/* asleep, but not in a call */
};

struct ss_proc_call {
	enum ss_proc_where where;
	long nr;
	uint64_t sp, pc;	/* its stack and its code; 0: not known */
};

/*
 * /proc/TID/syscall: in which call does the thread sleep?  The number is of
 * the task's own architecture.  A zombie is in no call.  Needs more access
 * than the rest of this file (PTRACE_MODE_ATTACH: Yama).
 */
int ss_proc_call(pid_t tid, struct ss_proc_call *ret) ss_must_check;
int ss_proc_parse_call(const char *text, size_t length,
		       struct ss_proc_call *ret) ss_must_check;

/* One "tfd:" line of /proc/PID/fdinfo/EFD, in the kernel's order. */
struct ss_proc_epoll_item {
	int tfd;
	uint64_t ino;
	uint64_t sdev;		/* as the kernel prints it (its own dev_t) */
	uint64_t pos;
};

struct ss_proc_epoll {
	struct ss_proc_epoll_item *items;	/* owned */
	size_t count;
	size_t room;
};

void ss_proc_epoll_release(struct ss_proc_epoll *list);
/* By thread id, so that a thread's own table is meant.  An open file that is
   no epoll gives an empty list; a closed number, also of a zombie, is
   -EBADF. */
int ss_proc_epoll(pid_t tid, int efd, struct ss_proc_epoll *ret) ss_must_check;
int ss_proc_parse_epoll(const char *text, size_t length,
			struct ss_proc_epoll *ret) ss_must_check;
/* Is descriptor fd of the task close-on-exec?  Of one line of fdinfo, however
   long the rest is.  -EBADF as above. */
int ss_proc_fd_cloexec(pid_t tid, int fd, bool *ret) ss_must_check;
/* Was it opened with O_PATH, so that most calls refuse it? */
int ss_proc_fd_is_path(pid_t tid, int fd, bool *ret) ss_must_check;
/* The "flags:" line, octal: O_CLOEXEC stands for the descriptor's flag. */
int ss_proc_parse_fd_flags(const char *text, size_t length, uint64_t *ret)
	ss_must_check;

/* Whose pidfd is this descriptor?  -1: of somebody who has been reaped; 0: of
   somebody who has no number here. */
int ss_proc_pidfd(pid_t tid, int fd, pid_t *ret) ss_must_check;

int ss_proc_parse_pidfd(const char *text, size_t length, pid_t *ret)
	ss_must_check;
/*
 * st_dev as fstat(2) gives it -> the number that fdinfo prints.  The two may
 * still differ where fstat(2) does not tell the device of the superblock (a
 * FIFO or device on btrfs or overlayfs): equal means likely, no more.
 */
uint64_t ss_proc_kernel_dev(dev_t dev);

/* The address of AT_RANDOM's bytes in /proc/TID/auxv (32-bit programs have a
   32-bit auxv); -ENODATA if there is none; a zombie is -ESRCH or, on
   older kernels, -ENODATA. */
int ss_proc_at_random(pid_t tid, uint64_t *ret) ss_must_check;
/* Is the vector made of 32-bit words? */
bool ss_proc_auxv_is_32bit(const void *data, size_t length);
int ss_proc_parse_auxv(const void *data, size_t length, bool is_32bit,
		       uint64_t *ret) ss_must_check;

/* Inode of /proc/TID/ns/NAME ("pid", "user", "mnt", "ipc",
   "pid_for_children", ...).  -ENODATA if the task has none: a zombie (which
   keeps pid and user), or pid_for_children before its first process. */
int ss_proc_namespace(pid_t tid, const char *name, uint64_t *ret) ss_must_check;

/* A namespace and its ancestors, itself first, as far as they are visible
   to us (ioctl_ns(2), NS_GET_PARENT); owner is NS_GET_OWNER_UID and only set
   for user namespaces. */
struct ss_proc_ns_chain {
	uint64_t ino[SS_PROC_LEVELS_MAX];
	uid_t owner[SS_PROC_LEVELS_MAX];
	unsigned int count;
};
int ss_proc_namespace_chain(pid_t tid, const char *name,
			    struct ss_proc_ns_chain *ret) ss_must_check;
/* The user namespace that owns /proc/TID/ns/NAME, and its ancestors; -EPERM if
   it is neither ours nor below. */
int ss_proc_namespace_owners(pid_t tid, const char *name,
			     struct ss_proc_ns_chain *ret) ss_must_check;

/* The user namespace of a task and its ancestors below ours, to be entered. */
struct ss_proc_userns {
	int fds[SS_PROC_LEVELS_MAX];	/* owned; its own first */
	uint64_t ino[SS_PROC_LEVELS_MAX + 1];	/* ours behind them */
	unsigned int count;		/* without ours */
};

/* 0; -EOPNOTSUPP if it is not below ours; -ESRCH; -EACCES (.ino[0] is ours
   then), ... */
int ss_proc_userns_open(pid_t tid, struct ss_proc_userns *ret) ss_must_check;
void ss_proc_userns_close(struct ss_proc_userns *chain);

/*
 * /proc/TID/MAP ("uid_map" or "gid_map", user_namespaces(7)): SS_ID_OUTWARD,
 * whom does this id of the task's user namespace mean?  0 and the id in ours,
 * if that is another one ((uid_t)-1: it has none there), else in the parent.
 * SS_ID_INWARD, what does it call this id of ours (or of the parent)?  -ENOENT:
 * nobody, nothing.
 */
enum ss_id_way {
	SS_ID_OUTWARD,
	SS_ID_INWARD,
};
int ss_proc_id_map(pid_t tid, const char *map, enum ss_id_way way, uint32_t id,
		   uint32_t *ret) ss_must_check;
int ss_proc_parse_id_map(const char *text, size_t length, enum ss_id_way way,
			 uint32_t id, uint32_t *ret) ss_must_check;

/* Who owns /proc/TID/status: the task's effective ids if it is dumpable, root
   of its user namespace (or the global root) if not.  proc(5). */
int ss_proc_owner(pid_t tid, uid_t *ret_uid, gid_t *ret_gid) ss_must_check;

/* readlink of /proc/TID/fd/N, for what only the name tells
   ("anon_inode:[eventpoll]", "ipc:[4026531839]").  NUL-terminated, cut at
   size; -EBADF if the number is closed. */
int ss_proc_fd_link(pid_t tid, int fd, char *buffer, size_t size)
	ss_must_check;
/* The same of /proc/TID/exe: the path of the program, as we see it; if the file
   has no name any more, the one that it had.  -ENOENT: the task is dead. */
int ss_proc_exe(pid_t tid, char *buffer, size_t size) ss_must_check;

#endif
