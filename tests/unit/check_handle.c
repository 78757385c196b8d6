/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of supervise/handle, on a real task below a real filter: a call
 * does something when it was let on, and nothing before.  Who was killed or
 * interrupted while it waited has not made it.
 */
#include <check.h>
#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "kernel/death.h"
#include "kernel/descriptor.h"
#include "kernel/filter.h"
#include "kernel/memory.h"
#include "kernel/self.h"
#include "supervise/facts.h"
#include "supervise/privilege.h"
#include "supervise/state.h"
#include "world.h"

#define EPOLL	100
#define TARGET	101
#define OTHER	102		/* is an item of the epoll */

#define CLOSE_RANGE_UNSHARE	(1U << 1)

static struct ss_session session;
static struct child child;
static struct sock_fprog program;
static void (*make_call)(void);

static void on_signal(ss_unused int number)
{
}

static void install(const struct child *c)
{
	struct sigaction action = { .sa_handler = on_signal };
	bool killable;
	int fd;

	child_assert(sigaction(SIGUSR1, &action, NULL) == 0);
	child_assert(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	fd = ss_filter_load(&program, false, &killable);
	child_assert(fd >= 0);
	child_say(c, fd);
	(void)child_wait(c);
}

static void place(int fd, int at)
{
	child_assert(fd >= 0 && dup2(fd, at) == at && close(fd) == 0);
}

/* Makes the same call again and again. */
static void live(const struct child *c)
{
	struct epoll_event event = { .events = EPOLLIN };

	place(epoll_create1(0), EPOLL);
	place(eventfd(0, 0), TARGET);
	place(eventfd(0, 0), OTHER);
	child_assert(epoll_ctl(EPOLL, EPOLL_CTL_ADD, OTHER, &event) == 0);
	install(c);
	for (;;) {
		make_call();
		child_say(c, 0);
		(void)child_wait(c);
	}
}

static void label(int fd)
{
	struct ss_file *file;

	ck_assert_int_eq(ss_identify_slot(&session,
					  task_of(session.model, child.pid),
					  fd, &file), 0);
}

/* What was there before the filter, and somebody who shares it all. */
static void know(void)
{
	struct ss_event add = { .type = SS_EVENT_EPOLL_ADD };
	struct ss_files *files;

	tell_of(session.model, SS_EVENT_START, child.pid);
	spawn(session.model, child.pid, getpid(),
	      CLONE_VM | CLONE_FILES | CLONE_FS);
	ck_assert_int_eq(ss_process_add(&session, child.pid), 0);
	label(EPOLL);
	label(TARGET);
	label(OTHER);
	files = ss_task_files(task_of(session.model, child.pid));
	add.epoll.file = ss_slot_file(files, EPOLL);
	add.epoll.tfd = OTHER;
	add.epoll.target = ss_slot_file(files, OTHER);
	tell(session.model, add);
	ck_assert_int_eq(ss_facts_creds(&session, task_of(session.model,
							  child.pid)), 0);
}

static int read_memory(ss_unused const struct ss_reader *reader, pid_t tid,
		       uint64_t address, void *buffer, size_t length)
{
	return ss_memory_read(tid, address, buffer, length);
}

static bool fits(ss_unused const struct ss_reader *reader, pid_t tid,
		 unsigned int operations)
{
	return ss_semop_fits(tid, operations) == 1;
}

static void setup(void (*call)(void))
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	const char *bad;
	int fd;

	make_call = call;
	ck_assert_int_eq(ss_filter_resolve(ss_calls, ss_calls_count,
					   &session.calls), 0);
	ck_assert_int_eq(ss_filter_build(ss_calls, ss_calls_count, NULL,
					 &program), 0);
	ck_assert_int_eq(ss_features_probe(NULL, &session.features, &bad), 0);
	session.reader.read = read_memory;
	session.reader.fits = fits;
	child = child_start(live);
	fd = (int)child_hear(&child);
	session.self = getpid();
	session.nofile = 1024;
	session.deaths = ss_deaths_open();
	session.model = ss_model_new(&limits);
	ck_assert_ptr_nonnull(session.model);
	know();
	fd = ss_pidfd_fetch(ss_process_find(&session, child.pid)->pidfd, fd);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ss_listener_init(&session.launched.listener, fd,
					  false), 0);
	child_say(&child, 0);
}

static void teardown(void)
{
	child_kill(&child);
	child_reap(&child);
	ss_ioprio_release(&session);
	ss_process_free(&session, ss_process_find(&session, child.pid));
	ss_model_free(session.model);
	ss_listener_release(&session.launched.listener);
	ck_assert_int_eq(close(session.deaths), 0);
	free(program.filter);
}

static struct ss_text dump(void)
{
	struct ss_text text = { 0 };

	ss_model_dump(session.model, &text);
	ck_assert_int_eq(text.error, 0);
	return text;
}

/* Receives its call; if it is to be interrupted, that comes before anything is
   done about it.  Has the model changed? */
static bool changes(bool interrupted)
{
	struct ss_text before = dump(), after;
	struct ss_notification notification;
	bool changed;

	ck_assert_int_eq(ss_listener_receive(&session.launched.listener,
					     &notification), 0);
	if (interrupted) {
		ck_assert_int_eq(kill(child.pid, SIGUSR1), 0);
		while (ss_listener_is_valid(&session.launched.listener,
					    notification.id))
			(void)sched_yield();
	}
	ck_assert(ss_loop_serve(&session, &notification));
	ck_assert_int_eq(session.failure, 0);
	after = dump();
	changed = strcmp(before.data, after.data);
	ss_text_release(&before);
	ss_text_release(&after);
	return changed;
}

static void check_call(void (*call)(void), bool returns)
{
	setup(call);
	ck_assert(!changes(true));
	(void)child_hear(&child);
	child_say(&child, 0);
	ck_assert(changes(false));
	if (returns)
		(void)child_hear(&child);
	teardown();
}

static void add_item(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	(void)epoll_ctl(EPOLL, EPOLL_CTL_ADD, TARGET, &event);
}

static void delete_item(void)
{
	(void)epoll_ctl(EPOLL, EPOLL_CTL_DEL, OTHER, NULL);
}

static void close_target(void)
{
	(void)close(TARGET);
}

static void split_table(void)
{
	(void)syscall(SYS_close_range, TARGET, TARGET, CLOSE_RANGE_UNSHARE);
}

static void unshare_table(void)
{
	(void)unshare(CLONE_FILES | CLONE_FS);
}

static void make_undo_list(void)
{
	struct sembuf operation = { .sem_op = 1, .sem_flg = SEM_UNDO };

	(void)semop(0x7fffffff, &operation, 1);
}

static void set_priority(void)
{
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
}

static void set_id(void)
{
	(void)syscall(SYS_setuid, getuid());
}

static void make_child(void)
{
	if (syscall(SYS_fork) == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			(void)pause();
	}
}

static void leave(void)
{
	syscall(SYS_exit, 0);
}

static const struct {
	void (*call)(void);
	bool returns;
} calls[] = {
	{ add_item, true },
	{ delete_item, true },
	{ close_target, true },
	{ split_table, true },
	{ unshare_table, true },
	{ make_undo_list, true },
	{ set_priority, true },
	{ set_id, true },
	{ make_child, true },
	{ leave, false },
};

START_TEST(only_what_was_let_on_happens)
{
	check_call(calls[_i].call, calls[_i].returns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("supervise/handle");
	TCase *tcase = tcase_create("tests");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, only_what_was_let_on_happens, 0,
			    (int)SS_ARRAY_SIZE(calls));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
