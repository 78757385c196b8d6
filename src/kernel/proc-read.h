/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading whole files and directories of /proc: for the other files of this
 * room only.
 *
 * Most texts fit the buffer inside the structure, so that a reader costs
 * open, read and close and no allocation.  Errors are those of the calls,
 * except that a task that is gone is always -ESRCH.  Before nobody is there, or
 * not this file, it is looked twice: see proc-read.c.
 */
#ifndef SS_KERNEL_PROC_READ_H
#define SS_KERNEL_PROC_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "kernel/proc.h"

struct stat;

/* Long enough for every path that is made here. */
#define SS_PROC_PATH_SIZE	96
#define SS_PROC_INLINE_SIZE	4096
/* A child may have a million items in one epoll; more than this of one text
   is -EFBIG. */
#define SS_PROC_TEXT_MAX	(64u << 20)

struct ss_proc_text {
	char *data;		/* short_text, or owned */
	size_t length;		/* not NUL-terminated */
	char short_text[SS_PROC_INLINE_SIZE];
};

#define ss_cleanup_proc_text \
	__attribute__((__cleanup__(ss_proc_text_release)))

/* The whole file.  Safe to release only after success, or if zeroed in
   .data; reads begin by setting it. */
int ss_proc_text_read(struct ss_proc_text *text, const char *path)
	ss_must_check;
/*
 * The next three do the same carefully (caution.h), once that has begun: also
 * -ETIMEDOUT then.  Many files of a task are not shown while it execs, and an
 * exec lasts as long as the program wants that serves a file which it closes.
 */
int ss_proc_text_of(struct ss_proc_text *text, pid_t tid, const char *path)
	ss_must_check;
/* `most`: so many bytes of its beginning are enough, or 0: all of it. */
int ss_proc_text_of_fd(struct ss_proc_text *text, pid_t tid, int fd,
		       size_t most) ss_must_check;
/* A descriptor, or -errno. */
int ss_proc_open(pid_t tid, const char *path) ss_must_check;
/* Of /proc/TID/NAME, without care: for a helper, for a process of ours that can
   be waited for with a limit, and as long as nobody has to be careful. */
int ss_proc_open_at_once(pid_t tid, const char *name) ss_must_check;
/* The target of a link, without a NUL: its length, or -errno; at most
   SS_PROC_INLINE_SIZE. */
ssize_t ss_proc_link(pid_t tid, const char *path, char *buffer, size_t size)
	ss_must_check;
void ss_proc_text_release(struct ss_proc_text *text);

/* All entries of a directory that are numbers. */
int ss_proc_read_numbers(const char *path, struct ss_tids *ret) ss_must_check;
/* Appends; 0 or -ENOMEM. */
int ss_tids_push(struct ss_tids *list, pid_t tid) ss_must_check;

/* stat(2): 0 or -errno. */
int ss_proc_look_at(const char *path, struct stat *ret) ss_must_check;
/* Is there a task of this id, alive or not? */
bool ss_proc_exists(pid_t tid);
/*
 * What does the errno of a call on a file below /proc/TID mean?  ENOENT is
 * -ESRCH if the task itself is gone, else `absent` (a negative errno): the
 * one file is not there.
 */
int ss_proc_error(int error, pid_t tid, int absent) ss_must_check;

#endif
