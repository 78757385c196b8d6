/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of a process while a thread of it that execs takes the
 * leader's number over: it is there all the time.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "child.h"
#include "kernel/death.h"
#include "kernel/descriptor.h"
#include "kernel/proc.h"
#include "world.h"

/* poll of a pidfd looks at the old leader in one of 25 to 1,400 of them; a
   number that is looked up in /proc is nobody's in one look of 50 to 400 (both
   measured). */
#define TAKEOVERS	1000
#define LOOKS		400
#define SPINS		400	/* longer than an exec takes to come so far */

static const char *program;

static void exec_with(const char *mode, int number)
{
	char text[16], name[] = "check_takeover", word[16];
	char *args[] = { name, word, text, NULL };

	(void)snprintf(text, sizeof(text), "%d", number);
	(void)snprintf(word, sizeof(word), "%s", mode);
	(void)execv(program, args);
	_exit(99);
}

static void *exec_again(void *data)
{
	exec_with("again", *(int *)data - 1);
	return NULL;
}

/* The leader ends, and the thread that replaces it does the same again. */
static void take_over(int left)
{
	pthread_t thread;

	if (!left)
		_exit(0);
	child_assert(!pthread_create(&thread, NULL, exec_again, &left));
	syscall(SYS_exit, 0);
}

static void take_over_often(ss_unused const struct child *c)
{
	exec_with("again", TAKEOVERS - 1);
}

START_TEST(it_has_not_ended)
{
	struct child child = child_start(take_over_often);
	int pidfd = ss_pidfd_open(child.pid, false);
	int status = -1;

	ck_assert_int_ge(pidfd, 0);
	while (!ss_pidfd_is_over(pidfd))
		continue;
	ck_assert_int_eq(ss_pidfd_reap(pidfd, &status), 1);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(close(pidfd), 0);
	ck_assert_int_eq(close(child.to_read), 0);
	ck_assert_int_eq(close(child.to_write), 0);
}
END_TEST

/* Shared with the children: the round that may exec. */
static _Atomic int *may_exec;
static int the_round;

static void *exec_when_told(ss_unused void *data)
{
	while (*may_exec != the_round)
		continue;
	exec_with("rest", 0);
	return NULL;
}

static void take_over_when_told(const struct child *c)
{
	pthread_t thread;

	child_assert(!pthread_create(&thread, NULL, exec_when_told, NULL));
	child_say(c, 0);
	for (;;)
		(void)pause();
}

static int look_at_status(pid_t tgid)
{
	struct ss_proc_status status;

	return ss_proc_status(tgid, &status);
}

static int look_at_stat(pid_t tgid)
{
	struct ss_proc_stat stat;

	return ss_proc_stat(tgid, &stat);
}

static int look_at_owner(pid_t tgid)
{
	uid_t uid;
	gid_t gid;

	return ss_proc_owner(tgid, &uid, &gid);
}

static int look_at_threads(pid_t tgid)
{
	struct ss_tids list = { 0 };
	int r = ss_proc_threads(tgid, &list);

	ss_tids_release(&list);
	return r;
}

static int look_at_children(pid_t tgid)
{
	struct ss_tids list = { 0 };
	int r = ss_proc_children(tgid, tgid, &list);

	ss_tids_release(&list);
	return r == -EOPNOTSUPP ? 0 : r;
}

/* What the first look at the number finds: later ones find what was found. */
static int look_once(int (*look)(pid_t tgid), int round)
{
	struct child child;
	int i, r, pidfd;
	char byte;

	the_round = round;
	child = child_start(take_over_when_told);
	(void)child_hear(&child);
	pidfd = ss_pidfd_open(child.pid, false);
	*may_exec = round;
	/* The old leader begins to exit. */
	for (i = 0; i < SPINS && ss_pidfd_fetch(pidfd, 0x7fffffff) != -ESRCH;
	     i++)
		continue;
	r = look(child.pid);
	/* Its pipes go with the exec, and it lives on. */
	ck_assert_int_eq(read(child.to_read, &byte, 1), 0);
	ck_assert(!ss_pidfd_is_over(pidfd));
	(void)close(pidfd);
	child_kill(&child);
	child_reap(&child);
	return r;
}

static void look_often(int (*look)(pid_t tgid))
{
	unsigned int gone = 0;
	int round;

	may_exec = mmap(NULL, sizeof(*may_exec), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(may_exec, MAP_FAILED);
	for (round = 1; round <= LOOKS; round++)
		gone += look_once(look, round) != 0;
	ck_assert_uint_eq(gone, 0);
	ck_assert_int_eq(munmap(may_exec, sizeof(*may_exec)), 0);
}

START_TEST(it_has_a_status)
{
	look_often(look_at_status);
}
END_TEST

START_TEST(it_has_a_stat)
{
	look_often(look_at_stat);
}
END_TEST

START_TEST(it_has_an_owner)
{
	look_often(look_at_owner);
}
END_TEST

START_TEST(it_has_threads)
{
	look_often(look_at_threads);
}
END_TEST

START_TEST(it_has_children)
{
	look_often(look_at_children);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *tests[] = {
		it_has_not_ended, it_has_a_status, it_has_a_stat,
		it_has_an_owner, it_has_threads, it_has_children, NULL,
	};

	/* Where the leader has ended, /proc/self/exe leads nowhere. */
	program = realpath("/proc/self/exe", NULL);
	if (!program)
		return EXIT_FAILURE;
	if (argc == 3 && !strcmp(argv[1], "again"))
		take_over((int)strtol(argv[2], NULL, 10));
	while (argc == 3 && !strcmp(argv[1], "rest"))
		(void)pause();
	return run_tests("kernel, during a takeover", tests);
}
