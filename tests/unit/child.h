/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Children for unit tests: a process, and a pipe each way to keep in step
 * with it.  A child that fails ends with status 99; what it says then is
 * nothing, and child_hear() fails the test.
 */
#ifndef SS_TESTS_UNIT_CHILD_H
#define SS_TESTS_UNIT_CHILD_H

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attributes.h"

struct child {
	pid_t pid;
	int to_read;		/* what the other side says */
	int to_write;
};

#define child_assert(expression) \
	do { \
		if (!(expression)) \
			_exit(99); \
	} while (0)

/* Both sides: one number to the other. */
static inline void child_say(const struct child *child, int64_t value)
{
	if (write(child->to_write, &value, sizeof(value)) != sizeof(value))
		abort();
}

/* In the parent. */
static inline int64_t child_hear(const struct child *child)
{
	int64_t value = 0;

	ck_assert_int_eq(read(child->to_read, &value, sizeof(value)),
			 sizeof(value));
	return value;
}

/* In the child: waits for a word of the parent; ends if it is gone. */
static inline int64_t child_wait(const struct child *child)
{
	int64_t value = 0;

	if (read(child->to_read, &value, sizeof(value)) != sizeof(value))
		_exit(0);
	return value;
}

/* A thread of the child: says its number and waits for a word; with it the
   process ends. */
static inline void *child_thread(void *data)
{
	const struct child *child = data;

	child_say(child, gettid());
	(void)child_wait(child);
	_exit(0);
}

static inline struct child child_start(void (*run)(const struct child *child))
{
	struct child child;
	int up[2];
	int down[2];

	ck_assert_int_eq(pipe2(up, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(down, O_CLOEXEC), 0);
	child.pid = fork();
	ck_assert_int_ge(child.pid, 0);
	if (child.pid == 0) {
		(void)close(up[0]);
		(void)close(down[1]);
		child.to_read = down[0];
		child.to_write = up[1];
		run(&child);
		_exit(0);
	}
	(void)close(up[1]);
	(void)close(down[0]);
	child.to_read = up[0];
	child.to_write = down[1];
	return child;
}

/* The child is a zombie when this returns, and its pipes are closed. */
static inline void child_kill(const struct child *child)
{
	siginfo_t info;

	ck_assert_int_eq(kill(child->pid, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)child->pid, &info,
				WEXITED | WNOWAIT), 0);
	(void)close(child->to_read);
	(void)close(child->to_write);
}

static inline void child_reap(const struct child *child)
{
	ck_assert_int_eq(waitpid(child->pid, NULL, 0), child->pid);
}

#endif
