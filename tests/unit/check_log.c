/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of report/log: each form of a line, and one write(2) for each.
 */
#include "report/log.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

#define CHILD	4711

static struct ss_model *model;

static void setup(void)
{
	model = world_new();
	tell_user(model, ROOT, 0);
	spawn(model, ROOT, CHILD, 0);
}

static void teardown(void)
{
	ss_model_free(model);
}

static void looks_like(const struct ss_question *q,
		       const struct ss_answer *a, const char *line)
{
	ss_cleanup_text struct ss_text text = { 0 };

	ss_log_format(model, q, a, NULL, &text);
	ck_assert_int_eq(text.error, 0);
	ck_assert_str_eq(ss_text_string(&text), line);
}

/* The line of a question that the model answers itself. */
static void answered(struct ss_question q, const char *line)
{
	struct ss_answer a = { 0 };
	struct ss_need need;

	q.alive[0] = q.alive[1] = true;
	ck_assert(ss_model_compare(model, &q, &a, &need));
	looks_like(&q, &a, line);
}

START_TEST(each_type)
{
	setup();
	answered(question(ROOT, SS_TYPE_VM, ROOT, ROOT),
		 "[1 pid 100] kcmp(100, 100, KCMP_VM) = 0 (1)");
	answered(question(CHILD, SS_TYPE_FS, CHILD, ROOT),
		 "[1.1 pid 4711] kcmp(4711, 100, KCMP_FS) = 2 (1.1, 1)");
	answered(question(ROOT, SS_TYPE_FILES, ROOT, CHILD),
		 "[1 pid 100] kcmp(100, 4711, KCMP_FILES) = 1 (1, 1.1)");
	answered(question(ROOT, SS_TYPE_SIGHAND, ROOT, CHILD),
		 "[1 pid 100] kcmp(100, 4711, KCMP_SIGHAND) = 1 (1, 1.1)");
	/* Nothing compared with nothing. */
	answered(question(ROOT, SS_TYPE_IO, ROOT, CHILD),
		 "[1 pid 100] kcmp(100, 4711, KCMP_IO) = 0 (-)");
	tell_of(model, SS_EVENT_UNDO, CHILD);
	tell_of(model, SS_EVENT_RETURNED, CHILD);
	answered(question(ROOT, SS_TYPE_SYSVSEM, ROOT, CHILD),
		 "[1 pid 100] kcmp(100, 4711, KCMP_SYSVSEM) = 1 (-, 1.1)");
	teardown();
}
END_TEST

START_TEST(files)
{
	setup();
	tell_file(model, ROOT, 7, tell_new_file(model, ROOT, 5, 1));
	tell_new_file(model, ROOT, 8, 1);
	answered(file_question(ROOT, ROOT, 5, ROOT, 7),
		 "[1 pid 100] kcmp(100, 100, KCMP_FILE, 5, 7) = 0 (1/5#1)");
	answered(file_question(ROOT, ROOT, 8, ROOT, 5),
		 "[1 pid 100] kcmp(100, 100, KCMP_FILE, 8, 5) = 2 "
		 "(1/8#1, 1/5#1)");
	answered(file_question(ROOT, ROOT, -1, ROOT, 5),
		 "[1 pid 100] kcmp(100, 100, KCMP_FILE, -1, 5) = "
		 "-1 EBADF (Bad file descriptor)");
	teardown();
}
END_TEST

START_TEST(epoll_slots)
{
	struct ss_question q;

	setup();
	q = question(ROOT, SS_TYPE_EPOLL_TFD, ROOT, ROOT);
	tell_new_file(model, ROOT, 3, 1);
	q.idx[0] = 5;
	q.idx[1] = 0x7ffc1230;
	looks_like(&q, &(struct ss_answer){ .child_errno = EPERM },
		   "[1 pid 100] kcmp(100, 100, KCMP_EPOLL_TFD, 5, "
		   "0x7ffc1230) = -1 EPERM (Operation not permitted)");
	q.slot_read = q.slot_fault = true;
	looks_like(&q, &(struct ss_answer){ .child_errno = EFAULT },
		   "[1 pid 100] kcmp(100, 100, KCMP_EPOLL_TFD, 5, "
		   "0x7ffc1230) = -1 EFAULT (Bad address)");
	q.slot_fault = false;
	q.slot = (struct ss_epoll_slot){ .efd = 3, .tfd = 5, .toff = 1 };
	looks_like(&q, &(struct ss_answer){ .child_errno = ENOENT },
		   "[1 pid 100] kcmp(100, 100, KCMP_EPOLL_TFD, 5, "
		   "{efd=3, tfd=5, toff=1}) = -1 ENOENT "
		   "(No such file or directory)");
	teardown();
}
END_TEST

START_TEST(what_is_no_type_or_no_task)
{
	struct ss_question q;

	setup();
	q = question(ROOT, 99, 0, -7);
	q.idx[0] = 1;
	q.idx[1] = UINT64_MAX;
	looks_like(&q, &(struct ss_answer){ .child_errno = ESRCH },
		   "[1 pid 100] kcmp(0, -7, 99, 0x1, 0xffffffffffffffff) = "
		   "-1 ESRCH (No such process)");
	q = question(55, SS_TYPE_VM, 1, 2);
	looks_like(&q, &(struct ss_answer){ .child_errno = 4095 },
		   "[- pid 55] kcmp(1, 2, KCMP_VM) = -1 (errno 4095)");
	teardown();
}
END_TEST

/* A socket of packets tells how often write was called. */
START_TEST(one_write_for_a_line)
{
	struct ss_question q;
	struct ss_answer a = { .result = 1 };
	struct ss_log *log;
	char line[256], expected[256];
	int pair[2], old;
	ssize_t n, i;

	setup();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    pair), 0);
	old = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	ck_assert_int_ge(dup2(pair[1], STDERR_FILENO), 0);
	ck_assert_int_eq(ss_log_open(NULL, false, &log), 0);
	for (i = 0; i < 3; i++) {
		q = question(ROOT, SS_TYPE_VM, ROOT, (pid_t)i);
		ss_log_answer(log, model, &q, &a, NULL, NULL);
	}
	ck_assert_int_eq(ss_log_close(log), 0);
	/* stderr is not the log's to close. */
	ck_assert_int_ge(fcntl(STDERR_FILENO, F_GETFD), 0);
	ck_assert_int_ge(dup2(old, STDERR_FILENO), 0);
	for (i = 0; i < 3; i++) {
		n = read(pair[0], line, sizeof(line) - 1);
		ck_assert_int_gt(n, 0);
		line[n] = '\0';
		snprintf(expected, sizeof(expected),
			 "[1 pid 100] kcmp(100, %zd, KCMP_VM) = 1 (-)\n", i);
		ck_assert_str_eq(line, expected);
	}
	close(pair[0]);
	close(pair[1]);
	close(old);
	teardown();
}
END_TEST

START_TEST(to_a_file)
{
	char name[] = "check_log.XXXXXX";
	struct ss_answer a = { .result = 0 };
	struct ss_question q;
	struct ss_log *log;
	struct stat st;
	int fd = mkstemp(name);

	setup();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "old\n", 4), 4);
	q = question(ROOT, SS_TYPE_VM, ROOT, ROOT);
	ck_assert_int_eq(ss_log_open(name, false, &log), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ss_log_answer(log, model, &q, &a, NULL, NULL);
	ck_assert_int_eq(ss_log_close(log), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_gt(st.st_size, 20);
	close(fd);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(ss_log_open("no/such/directory", false, &log),
			 -ENOENT);
	ck_assert_int_eq(ss_log_close(NULL), 0);
	/* Nobody waits for a log, but it does not fail in silence. */
	ck_assert_int_eq(ss_log_open("/dev/full", false, &log), 0);
	ss_log_answer(log, model, &q, &a, NULL, NULL);
	ss_log_answer(log, model, &q, &a, NULL, NULL);
	ck_assert_int_eq(ss_log_close(log), -ENOSPC);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_type, files, epoll_slots, what_is_no_type_or_no_task,
		one_write_for_a_line, to_a_file, NULL,
	};

	return run_tests("report/log", tests);
}
