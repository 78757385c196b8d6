/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of supervise/audit: a model of this process and a child of it is
 * compared with the kernel itself; wrong answers are found, and what cannot
 * be compared is counted apart.
 */
#include "supervise/audit.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "child.h"
#include "kernel/kcmp.h"
#include "kernel/proc.h"
#include "supervise/session.h"
#include "world.h"

#define SAID_MAX	2048

static struct ss_features features = { .has = { [SS_FEATURE_KCMP] = true } };

static struct ss_model *model;
static struct ss_audit *audit;
static pid_t self;
static struct child child;
static struct ss_tids earlier;

static void wait_here(const struct child *c)
{
	(void)child_wait(c);
}

static void setup(void)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;

	self = getpid();
	child = child_start(wait_here);
	model = ss_model_new(&limits);
	tell_of(model, SS_EVENT_START, self);
	spawn(model, self, child.pid, 0);
	ck_assert_int_eq(ss_audit_new(&features, NULL, &audit), 0);
}

static void teardown(void)
{
	ss_audit_free(audit);
	ss_model_free(model);
	child_kill(&child);
	child_reap(&child);
}

/* Answered or not: it knows the tasks now. */
static void compare_now(struct ss_question *q)
{
	struct ss_answer a;
	struct ss_need need;

	q->alive[0] = q->alive[1] = true;
	q->looked[0] = q->looked[1] = true;
	(void)!ss_model_compare(model, q, &a, &need);
}

/* Like the supervisor, but with an answer of our own choice. */
static void put(struct ss_question q, int child_errno, int result)
{
	struct ss_answer ours = { .child_errno = child_errno,
				  .result = result };

	compare_now(&q);
	ss_audit_before(audit, model, &q);
	ss_audit_after(audit, model, &q, &ours);
}

static void counts(enum ss_audit_class class, unsigned int expected)
{
	ck_assert_uint_eq(ss_audit_count(audit, class), expected);
}

/* What is said on stderr between begin and end. */
static int saved_stderr, hearing;

static void hear_begin(void)
{
	int pair[2];

	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	ck_assert_int_ge(dup2(pair[1], STDERR_FILENO), 0);
	ck_assert_int_eq(close(pair[1]), 0);
	hearing = pair[0];
}

static void hear_end(char said[SAID_MAX])
{
	ssize_t n;

	ck_assert_int_ge(dup2(saved_stderr, STDERR_FILENO), 0);
	ck_assert_int_eq(close(saved_stderr), 0);
	n = read(hearing, said, SAID_MAX - 1);
	ck_assert_int_ge(n, 0);
	said[n] = '\0';
	ck_assert_int_eq(close(hearing), 0);
}

START_TEST(right_answers)
{
	char said[SAID_MAX];

	setup();
	hear_begin();
	put(question(self, SS_TYPE_VM, self, self), 0, 0);
	/* Not equal: the order is ours. */
	put(question(self, SS_TYPE_VM, self, child.pid), 0, 1);
	put(question(self, SS_TYPE_VM, self, child.pid), 0, 2);
	put(question(self, SS_TYPE_SYSVSEM, self, child.pid), 0, 0);
	put(question(self, 8, self, child.pid), EINVAL, 0);
	put(question(self, SS_TYPE_VM, 0, self), ESRCH, 0);
	put(question(self, SS_TYPE_VM, 0, 77), ESRCH, 0);
	put(file_question(self, self, child.to_read, self, child.to_read),
	    0, 0);
	put(file_question(self, self, child.to_read, self, child.to_write),
	    0, 1);
	put(file_question(self, self, 1 << 20, self, 0), EBADF, 0);
	counts(SS_AUDIT_AGREES, 10);
	ck_assert_int_eq(ss_audit_finish(audit), 0);
	hear_end(said);
	ck_assert_str_eq(said, "selfsame: audit: 10 answers compared with "
			 "the kernel, 0 differ\n");
	teardown();
}
END_TEST

START_TEST(wrong_answers)
{
	char said[SAID_MAX], begin[128];

	setup();
	hear_begin();
	put(question(self, SS_TYPE_VM, self, child.pid), 0, 0);
	put(question(self, SS_TYPE_VM, self, self), 0, 1);
	put(question(self, SS_TYPE_FS, self, self), EINVAL, 0);
	put(question(self, 8, self, self), 0, 0);
	counts(SS_AUDIT_DIFFERS, 4);
	counts(SS_AUDIT_AGREES, 0);
	ck_assert_int_eq(ss_audit_finish(audit), SS_EXIT_DIFFER);
	hear_end(said);
	/* Caller, arguments, both answers, what is believed of both. */
	snprintf(begin, sizeof(begin), "selfsame: audit: [1 pid %d] "
		 "kcmp(%d, %d, KCMP_VM) = 0 (1, 1.1), but the kernel says ",
		 self, self, child.pid);
	ck_assert_msg(!strncmp(said, begin, strlen(begin)), "said: %s", said);
	ck_assert_ptr_nonnull(strstr(said, "side 1: 1 of task 1 tid "));
	ck_assert_ptr_nonnull(strstr(said, "side 2: 1.1 of task 1.1 tid "));
	ck_assert_ptr_nonnull(strstr(said, "selfsame: audit: 4 answers "
				     "compared with the kernel, 4 differ\n"));
	teardown();
}
END_TEST

START_TEST(epoll_questions)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct ss_question q;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	setup();
	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, child.to_read,
				   &event), 0);
	q = question(self, SS_TYPE_EPOLL_TFD, self, self);
	q.idx[0] = (unsigned int)child.to_read;
	/* The caller's address means nothing here. */
	q.idx[1] = 1;
	q.slot_read = true;
	q.slot = (struct ss_epoll_slot){ .efd = (unsigned int)epoll,
					 .tfd = (unsigned int)child.to_read };
	put(q, 0, 0);
	q.slot.toff = 1;
	put(q, ENOENT, 0);
	counts(SS_AUDIT_AGREES, 2);
	q.slot_fault = true;
	put(q, EFAULT, 0);
	counts(SS_AUDIT_MEMORY, 1);
	/* Failed before its slot was looked at. */
	q.slot_fault = q.slot_read = false;
	q.pid[0] = -1;
	put(q, ESRCH, 0);
	counts(SS_AUDIT_AGREES, 3);
	ck_assert_int_eq(close(epoll), 0);
	teardown();
}
END_TEST

/* What the program itself changes meanwhile is nobody's mistake. */
START_TEST(races)
{
	struct ss_question q;
	struct ss_answer ours = { .result = 1 }, a;
	struct ss_need need;
	int fd;

	setup();
	fd = fcntl(child.to_read, F_DUPFD_CLOEXEC, 3);
	q = file_question(self, self, child.to_read, self, fd);
	ck_assert(!ss_model_compare(model, &q, &a, &need));
	ss_audit_before(audit, model, &q);
	ck_assert_int_ge(dup3(child.to_write, fd, O_CLOEXEC), 0);
	/* Only the first time counts as before. */
	ss_audit_before(audit, model, &q);
	ss_audit_after(audit, model, &q, &ours);
	counts(SS_AUDIT_RACED, 1);
	/* Nothing is left over for the next one. */
	put(file_question(self, self, child.to_read, self, fd), 0, 1);
	counts(SS_AUDIT_AGREES, 1);
	/* A question that gets no answer. */
	ss_audit_before(audit, model, &q);
	ss_audit_cancel(audit);
	put(question(self, SS_TYPE_VM, self, self), 0, 0);
	counts(SS_AUDIT_AGREES, 2);
	/* When exactly a thread exits nobody tells. */
	tell(model, (struct ss_event){ .type = SS_EVENT_EXIT,
				       .tid = child.pid });
	put(question(self, SS_TYPE_VM, self, child.pid), ESRCH, 0);
	counts(SS_AUDIT_RACED, 2);
	counts(SS_AUDIT_DIFFERS, 0);
	ck_assert_int_eq(close(fd), 0);
	teardown();
}
END_TEST

/* A number that calls in flight close and open: open for the kernel before and
   after, closed at the moment of the answer. */
START_TEST(races_of_a_slot)
{
	struct ss_question q;

	setup();
	q = file_question(self, self, child.to_read, self, child.to_read);
	q.generation = model->generation;
	q.side[0].state = q.side[1].state = SS_SIDE_CLOSED;
	put(q, EBADF, 0);
	counts(SS_AUDIT_DIFFERS, 1);
	q.side[1].in_flight = true;
	put(q, EBADF, 0);
	counts(SS_AUDIT_RACED, 1);
	counts(SS_AUDIT_DIFFERS, 1);
	/* Where both say the same, that is still compared. */
	q.side[0].state = q.side[1].state = SS_SIDE_ASK;
	put(q, 0, 0);
	counts(SS_AUDIT_AGREES, 1);
	teardown();
}
END_TEST

/* The same, where the first of them was over when the slot was looked at, and
   the second came before the kernel was asked again. */
START_TEST(races_before_the_look)
{
	struct ss_answer ours = { .child_errno = EBADF };
	struct ss_question q;
	unsigned int i;

	setup();
	spawn(model, self, 1, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD |
	      CLONE_FILES);
	for (i = 0; i < 2; i++) {
		/* A question about a slot that no call is about is none. */
		int fd = i ? child.to_read : child.to_write;

		tell(model, (struct ss_event){
			.type = SS_EVENT_CLOSE, .tid = 1,
			.range = { .first = (unsigned int)child.to_read,
				   .last = (unsigned int)child.to_read },
		});
		q = file_question(child.pid, self, fd, self, fd);
		compare_now(&q);
		ss_audit_before(audit, model, &q);
		tell_of(model, SS_EVENT_RETURNED, 1);
		q.side[0].state = SS_SIDE_CLOSED;
		ss_audit_after(audit, model, &q, &ours);
		counts(SS_AUDIT_DIFFERS, 1);
		counts(SS_AUDIT_RACED, i);
	}
	teardown();
}
END_TEST

START_TEST(tasks_outside)
{
	char said[SAID_MAX];

	setup();
	hear_begin();
	put(question(self, SS_TYPE_VM, self, getppid()), ESRCH, 0);
	counts(SS_AUDIT_OUTSIDE, 1);
	/* Nothing was compared: that is no success. */
	ck_assert_int_eq(ss_audit_finish(audit), SS_EXIT_DIFFER);
	hear_end(said);
	ck_assert_str_eq(said,
		"selfsame: audit: 0 answers compared with the kernel, "
		"0 differ\n"
		"selfsame: audit: not compared: 1 about tasks outside\n");
	teardown();
}
END_TEST

/* A task of the program's that the model does not know. */
START_TEST(lost_tasks)
{
	struct child lost;
	char said[SAID_MAX];

	setup();
	lost = child_start(wait_here);
	hear_begin();
	put(question(self, SS_TYPE_VM, self, lost.pid), ESRCH, 0);
	counts(SS_AUDIT_DIFFERS, 1);
	ss_audit_lost(audit, lost.pid);
	counts(SS_AUDIT_DIFFERS, 2);
	ss_audit_free(audit);
	/* Unless it was our child before there was a program. */
	earlier.tids = &lost.pid;
	earlier.count = 1;
	ck_assert_int_eq(ss_audit_new(&features, &earlier, &audit), 0);
	put(question(self, SS_TYPE_VM, self, lost.pid), ESRCH, 0);
	counts(SS_AUDIT_OUTSIDE, 1);
	counts(SS_AUDIT_DIFFERS, 0);
	hear_end(said);
	ck_assert_ptr_nonnull(strstr(said, "= -1 ESRCH"));
	ck_assert_ptr_nonnull(strstr(said, "side 2: - of nobody\n"));
	child_kill(&lost);
	child_reap(&lost);
	teardown();
}
END_TEST

/* The caller's credentials, as they are. */
static void tell_own_creds(pid_t tid)
{
	struct ss_event_creds creds = { .namespaces = 1 };
	struct ss_proc_status status;

	ck_assert_int_eq(ss_proc_status(self, &status), 0);
	ck_assert_int_eq(ss_proc_namespace(self, "user", &creds.ino[0]), 0);
	memcpy(creds.uid, status.uid, sizeof(creds.uid));
	memcpy(creds.gid, status.gid, sizeof(creds.gid));
	creds.permitted = status.cap_permitted;
	creds.effective = status.cap_effective;
	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS, .tid = tid,
				       .creds = &creds });
}

/* EPERM is comparable only where the kernel judges the caller like us. */
START_TEST(permissions)
{
	struct ss_question q;
	char said[SAID_MAX];

	setup();
	hear_begin();
	q = question(self, SS_TYPE_VM, child.pid, child.pid);
	put(q, EPERM, 0);
	counts(SS_AUDIT_PERMISSION, 1);
	tell_own_creds(self);
	put(q, EPERM, 0);
	counts(SS_AUDIT_DIFFERS, 1);
	/* About itself: nobody else is always allowed that. */
	put(question(self, SS_TYPE_VM, self, child.pid), EPERM, 0);
	counts(SS_AUDIT_PERMISSION, 2);
	tell_of(model, SS_EVENT_LANDLOCK, self);
	put(q, EPERM, 0);
	counts(SS_AUDIT_PERMISSION, 3);
	tell_user(model, self, 4711);
	put(q, EPERM, 0);
	counts(SS_AUDIT_PERMISSION, 4);
	counts(SS_AUDIT_DIFFERS, 1);
	(void)ss_audit_finish(audit);
	hear_end(said);
	ck_assert_ptr_nonnull(strstr(said, "not compared: 4 about "
				     "permissions\n"));
	teardown();
}
END_TEST

START_TEST(without_kcmp)
{
	static const struct ss_features none = { .has = { false } };
	struct ss_audit *got = NULL;

	ck_assert_int_eq(ss_audit_new(&none, NULL, &got), -EOPNOTSUPP);
	ck_assert_ptr_null(got);
	ss_audit_free(NULL);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		without_kcmp, right_answers, wrong_answers, epoll_questions,
		races, races_of_a_slot, races_before_the_look,
		tasks_outside, lost_tasks, permissions, NULL,
	};

	if (ss_kcmp(getpid(), getpid(), SS_TYPE_VM, 0, 0) < 0) {
		printf("# this host has no kcmp: only its absence is "
		       "tested\n");
		tests[1] = NULL;
	}
	return run_tests("supervise/audit", tests);
}
