/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of supervise/facts, on real tasks: whether memory is dumpable,
 * asked of a process whose leader has none any more, or that has become another
 * program; and whether an unshare has made a pid namespace.
 */
#include "supervise/facts.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "kernel/death.h"
#include "kernel/proc.h"
#include "supervise/state.h"
#include "world.h"

#define SOMEBODY	65534

static struct ss_session session;
static struct child child;

static void become_somebody(void)
{
	if (getuid() == 0) {
		child_assert(setresgid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
		child_assert(setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
	}
}

/* Its leader ends, a thread stays. */
static void leave(const struct child *c)
{
	/* The main thread ends before the other one says who it is. */
	static struct child copy;
	pthread_t thread;

	copy = *c;
	become_somebody();
	child_assert(prctl(PR_SET_DUMPABLE, child_wait(c), 0, 0, 0) == 0);
	child_assert(pthread_create(&thread, NULL, child_thread, &copy) == 0);
	syscall(SYS_exit, 0);
}

/* Its memory goes some time after it is seen to exit. */
static void await_zombie(pid_t pid)
{
	struct ss_proc_stat stat;

	do {
		ck_assert_int_eq(ss_proc_stat(pid, &stat), 0);
	} while (stat.state != 'Z');
}

/* From now on no process can be made to look for us, as where a program has
   used up all that there may be. */
static void use_up_processes(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	const struct scmp_arg_cmp flags = {
		.op = SCMP_CMP_EQ,
		.datum_a = CLONE_FILES,
	};

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EAGAIN),
						SCMP_SYS(clone), 1, &flags), 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	seccomp_release(filter);
}

/* What the model knows then; the leader's end it does not know yet. */
static enum ss_dumpable look_at(int dumpable, void (*before)(void),
				int expected)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	struct ss_task *leader;
	enum ss_dumpable found;
	pid_t tid;

	child = child_start(leave);
	child_say(&child, dumpable);
	tid = (pid_t)child_hear(&child);
	await_zombie(child.pid);
	session.self = getpid();
	session.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(session.model);
	tell_of(session.model, SS_EVENT_START, child.pid);
	spawn(session.model, child.pid, tid,
	      CLONE_VM | CLONE_SIGHAND | CLONE_THREAD);
	leader = task_of(session.model, child.pid);
	ck_assert_int_eq(ss_facts_creds(&session, leader), 0);
	if (before)
		before();
	ck_assert_int_eq(ss_facts_dumpable(&session, leader), expected);
	ck_assert_int_eq(session.failure, 0);
	found = ss_task_mm(leader)->dumpable;
	ss_model_free(session.model);
	child_say(&child, 0);
	child_reap(&child);
	return found;
}

START_TEST(dead_leader)
{
	ck_assert_int_eq(look_at(1, NULL, 0), SS_DUMPABLE_YES);
}
END_TEST

START_TEST(dead_leader_of_secrets)
{
	ck_assert_int_eq(look_at(0, NULL, 0), SS_DUMPABLE_NO);
}
END_TEST

/* Nothing is guessed then. */
START_TEST(nobody_to_look)
{
	if (getuid() == 0)
		ck_assert_int_eq(look_at(0, use_up_processes, -EAGAIN),
				 SS_DUMPABLE_UNKNOWN);
	ck_assert_uint_eq(session.stats.dumpable_unsure, 0);
}
END_TEST

/* A program that nobody may read, and that waits: a descriptor. */
static int unreadable_program(void)
{
	int from = open("/bin/sleep", O_RDONLY | O_CLOEXEC), again;
	int fd = memfd_create("unreadable", MFD_CLOEXEC);
	char path[32];
	struct stat stat;

	ck_assert(from >= 0 && fd >= 0);
	ck_assert_int_eq(fstat(from, &stat), 0);
	ck_assert_int_eq(sendfile(fd, from, NULL, (size_t)stat.st_size),
			 stat.st_size);
	ck_assert_int_eq(fchmod(fd, 0111), 0);
	/* What is open for writing is not executed. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_PATH);
	ck_assert_int_ge(again, 0);
	(void)close(from);
	(void)close(fd);
	return again;
}

static int program;

static void exec_later(const struct child *c)
{
	char *argv[] = { (char[]){ "sleep" }, (char[]){ "60" }, NULL };

	become_somebody();
	child_assert(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	child_say(c, 0);
	(void)child_wait(c);
	(void)execveat(program, "", argv, environ, AT_EMPTY_PATH);
}

/* The pipe is close-on-exec. */
static void await_exec(void)
{
	int64_t value;

	child_say(&child, 0);
	ck_assert_int_eq(read(child.to_read, &value, sizeof(value)), 0);
}

/* What is seen of the new program says nothing of the old one's memory, which
   somebody else still has. */
START_TEST(memory_of_another_program)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	const pid_t partner = INT_MAX;
	struct ss_task *task;

	program = unreadable_program();
	child = child_start(exec_later);
	(void)child_hear(&child);
	session.self = getpid();
	session.nofile = 1024;
	session.deaths = ss_deaths_open();
	session.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(session.model);
	tell_of(session.model, SS_EVENT_START, child.pid);
	spawn(session.model, child.pid, partner, CLONE_VM);
	ck_assert_int_eq(ss_process_add(&session, child.pid), 0);
	task = task_of(session.model, child.pid);
	ck_assert_int_eq(ss_facts_creds(&session, task), 0);
	ss_exec_enter(&session, task);
	ck_assert_ptr_eq(task->group->execing, task);
	await_exec();
	ck_assert_int_eq(ss_facts_dumpable(&session, task), -EAGAIN);
	ck_assert_int_eq(session.failure, 0);
	ck_assert_ptr_ne(ss_task_mm(task),
			 ss_task_mm(task_of(session.model, partner)));
	ck_assert_int_eq(ss_task_mm(task_of(session.model,
					    partner))->dumpable,
			 SS_DUMPABLE_UNKNOWN);
	ss_process_free(&session, ss_process_find(&session, child.pid));
	ss_model_free(session.model);
	ck_assert_int_eq(close(session.deaths), 0);
	ck_assert_int_eq(close(program), 0);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

static void unshare_later(const struct child *c)
{
	(void)child_wait(c);
	child_say(c, unshare(CLONE_NEWPID) == 0 ? 0 : errno);
	(void)child_wait(c);
}

/* Somebody whose unshare has been let on. */
static void defer(void)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	struct ss_event event = {
		.type = SS_EVENT_UNSHARE,
		.flags = CLONE_NEWPID,
	};

	child = child_start(unshare_later);
	session.self = getpid();
	session.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(session.model);
	tell_of(session.model, SS_EVENT_START, child.pid);
	event.tid = child.pid;
	ck_assert_int_eq(ss_deferred_add(&session, &event,
					 "pid_for_children"), 0);
}

static bool has_moved(void)
{
	ss_deferred_settle(&session, 0);
	ck_assert_int_eq(session.failure, 0);
	return task_of(session.model, child.pid)->pidns_moved;
}

static void forget(void)
{
	ss_deferred_release(&session);
	ss_model_free(session.model);
}

/* A namespace without its first process is the new one. */
START_TEST(new_pid_namespace)
{
	int refused;

	defer();
	ck_assert(!has_moved());
	child_say(&child, 0);
	refused = (int)child_hear(&child);
	ck_assert_int_eq(has_moved(), refused == 0);
	child_kill(&child);
	child_reap(&child);
	forget();
}
END_TEST

/* The dead have none, whatever their last call did. */
START_TEST(no_namespace_of_the_dead)
{
	defer();
	child_kill(&child);
	ck_assert(!has_moved());
	child_reap(&child);
	ck_assert(!has_moved());
	ck_assert_uint_eq(session.stats.namespaces_unsure, 0);
	forget();
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		dead_leader, dead_leader_of_secrets, nobody_to_look,
		memory_of_another_program, new_pid_namespace,
		no_namespace_of_the_dead, NULL,
	};

	return run_tests("supervise/facts", tests);
}
