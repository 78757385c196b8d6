/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors held for a moment, on the real kernel. */
#include "kernel/descriptor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "child.h"
#include "kernel/proc.h"

#define F_DUPFD_QUERY_NUMBER	1027

/* What descriptor.c is told, tried by the test itself. */
static struct ss_features probe(void)
{
	struct ss_features features = { .self = getpid() };
	long pid = features.self;

	features.has[SS_FEATURE_KCMP] = syscall(SYS_kcmp, pid, pid, 0, 0L,
						0L) == 0;
	features.has[SS_FEATURE_DUPFD_QUERY] = fcntl(0, F_DUPFD_QUERY_NUMBER,
						     0) == 1;
	return features;
}

static struct ss_features only(enum ss_feature feature)
{
	struct ss_features features = probe();

	for (int i = 0; i < SS_FEATURE_COUNT; i++)
		features.has[i] = features.has[i] && i == (int)feature;
	return features;
}

static const struct ss_features none;

static void run_until_told(const struct child *child)
{
	child_say(child, child->to_write);
	(void)child_wait(child);
}

static bool is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

START_TEST(fetch_from_a_child)
{
	struct child child = child_start(run_until_told);
	int number = (int)child_hear(&child);
	int pidfd = ss_pidfd_open(child.pid, false);
	int fd;

	ck_assert_int_ge(pidfd, 0);
	ck_assert(is_cloexec(pidfd));
	fd = ss_pidfd_fetch(pidfd, number);
	ck_assert_int_ge(fd, 0);
	ck_assert(is_cloexec(fd));
	/* It is the other end of our pipe. */
	ck_assert_int_eq(write(fd, "\7\0\0\0\0\0\0\0", 8), 8);
	ck_assert_int_eq(child_hear(&child), 7);
	ck_assert_int_eq(ss_pidfd_fetch(pidfd, 4000), -EBADF);
	ck_assert_int_eq(ss_pidfd_fetch(pidfd, -1), -EBADF);
	ck_assert_int_eq(ss_pidfd_life(pidfd), SS_LIFE_ALIVE);
	child_kill(&child);
	ck_assert(!ss_pidfd_is_reaped(pidfd));
	ck_assert_int_eq(ss_pidfd_life(pidfd), SS_LIFE_DYING);
	ck_assert(!ss_pidfd_is_reaped(pidfd));
	child_reap(&child);
	ck_assert(ss_pidfd_is_reaped(pidfd));
	ck_assert_int_eq(ss_pidfd_life(pidfd), SS_LIFE_GONE);
	ck_assert_int_eq(ss_pidfd_fetch(pidfd, number), -ESRCH);
	ck_assert_int_eq(ss_pidfd_open(child.pid, false), -ESRCH);
}
END_TEST

/* Does pidfd_getfd() tell an exiting task from a closed number? */
static bool kernel_tells_exiting(void)
{
	struct child child = child_start(run_until_told);
	int pidfd = ss_pidfd_open(child.pid, false);
	bool tells;

	(void)child_hear(&child);
	child_kill(&child);
	tells = ss_pidfd_fetch(pidfd, 0) == -ESRCH;
	child_reap(&child);
	(void)close(pidfd);
	return tells;
}

#define RACES	3000

/* What dies closes its end of a pipe: whoever reads the end of file must
   never be told that it lives. */
START_TEST(death_is_seen_with_end_of_file)
{
	bool immediate = kernel_tells_exiting();
	struct pollfd ended;
	int not_yet_ready = 0;
	enum ss_life life;
	int64_t value;

	for (int i = 0; i < RACES; i++) {
		struct child child = child_start(run_until_told);
		int pidfd = ss_pidfd_open(child.pid, false);

		ck_assert_int_ge(pidfd, 0);
		(void)child_hear(&child);
		ck_assert_int_eq(ss_pidfd_life(pidfd), SS_LIFE_ALIVE);
		child_say(&child, 0);
		ck_assert_int_eq(read(child.to_read, &value, sizeof(value)),
				 0);
		life = ss_pidfd_life(pidfd);
		ended = (struct pollfd){ .fd = pidfd, .events = POLLIN };
		not_yet_ready += poll(&ended, 1, 0) == 0;
		if (immediate)
			ck_assert_int_eq(life, SS_LIFE_DYING);
		child_reap(&child);
		ck_assert_int_eq(ss_pidfd_life(pidfd), SS_LIFE_GONE);
		(void)close(pidfd);
		(void)close(child.to_read);
		(void)close(child.to_write);
	}
	printf("# pidfd not ready at end of file: %d of %d\n", not_yet_ready,
	       RACES);
}
END_TEST

static void *thread_waits(void *data)
{
	const struct child *child = data;

	child_say(child, gettid());
	(void)child_wait(child);
	_exit(0);
}

static void run_thread_and_lose_leader(const struct child *child)
{
	pthread_t thread;

	child_assert(pthread_create(&thread, NULL, thread_waits,
				    (void *)(uintptr_t)child) == 0);
	(void)syscall(SYS_exit, 0);
}

static void wait_for_zombie(pid_t tid)
{
	struct ss_proc_stat stat;

	do {
		(void)sched_yield();
		ck_assert_int_eq(ss_proc_stat(tid, &stat), 0);
	} while (stat.state != 'Z');
}

START_TEST(leader_that_left_its_threads)
{
	bool immediate = kernel_tells_exiting();
	struct child child = child_start(run_thread_and_lose_leader);
	pid_t tid = (pid_t)child_hear(&child);
	int process = ss_pidfd_open(child.pid, false);
	int thread = ss_pidfd_open(tid, true);
	int fd;

	wait_for_zombie(child.pid);
	ck_assert_int_ge(process, 0);
	if (immediate) {
		ck_assert_int_eq(ss_pidfd_life(process), SS_LIFE_DYING);
		ck_assert_int_eq(ss_pidfd_fetch(process, 0), -ESRCH);
	}
	if (thread != -EINVAL) {	/* Linux 6.9 */
		ck_assert_int_ge(thread, 0);
		ck_assert_int_eq(ss_pidfd_life(thread), SS_LIFE_ALIVE);
		fd = ss_pidfd_fetch(thread, 0);
		ck_assert_int_ge(fd, 0);
	}
	child_say(&child, 0);
	child_reap(&child);
	ck_assert_int_eq(ss_pidfd_life(process), SS_LIFE_GONE);
}
END_TEST

START_TEST(same_and_not_the_same)
{
	const struct ss_features ways[] = {
		probe(),
		only(SS_FEATURE_DUPFD_QUERY),
		only(SS_FEATURE_KCMP),
	};
	int a = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int b = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int path = open("/dev/null", O_PATH | O_CLOEXEC);
	int c = fcntl(a, F_DUPFD_CLOEXEC, 0);
	int closed = fcntl(a, F_DUPFD_CLOEXEC, 0);

	ck_assert_int_eq(close(closed), 0);
	for (size_t i = 0; i < SS_ARRAY_SIZE(ways); i++) {
		if (!ways[i].has[SS_FEATURE_DUPFD_QUERY] &&
		    !ways[i].has[SS_FEATURE_KCMP])
			continue;	/* the last assertion is about this */
		ck_assert_int_eq(ss_file_same(&ways[i], a, c), 1);
		ck_assert_int_eq(ss_file_same(&ways[i], a, a), 1);
		ck_assert_int_eq(ss_file_same(&ways[i], a, b), 0);
		ck_assert_int_eq(ss_file_same(&ways[i], path, path), 1);
		ck_assert_int_eq(ss_file_same(&ways[i], path, a), 0);
		ck_assert_int_eq(ss_file_same(&ways[i], closed, a), -EBADF);
	}
	ck_assert_int_eq(ss_file_same(&none, a, c), -EOPNOTSUPP);
}
END_TEST

#define FILES	20

/* Without kcmp the answer is that there is none. */
static bool has_kcmp(const struct ss_features *features)
{
	int order;

	if (features->has[SS_FEATURE_KCMP])
		return true;
	ck_assert_int_eq(ss_file_order(features, 0, 0, &order), -EOPNOTSUPP);
	return false;
}

START_TEST(order_is_total)
{
	const struct ss_features features = probe();
	int order[FILES][FILES];
	int fds[FILES];

	if (!has_kcmp(&features))
		return;
	for (int i = 0; i < FILES; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < FILES; i++)
		for (int j = 0; j < FILES; j++)
			ck_assert_int_eq(ss_file_order(&features, fds[i],
						       fds[j], &order[i][j]),
					 0);
	for (int i = 0; i < FILES; i++) {
		for (int j = 0; j < FILES; j++) {
			ck_assert_int_eq(order[i][j], -order[j][i]);
			ck_assert_int_eq(order[i][j] == 0, i == j);
			for (int k = 0; k < FILES; k++)
				if (order[i][j] < 0 && order[j][k] < 0)
					ck_assert_int_eq(order[i][k], -1);
		}
	}
	ck_assert_int_eq(ss_file_order(&features, fds[0], 4000, &order[0][0]),
			 -EBADF);
	ck_assert_int_eq(ss_file_order(&none, fds[0], fds[1], &order[0][0]),
			 -EOPNOTSUPP);
}
END_TEST

static void add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
}

/* Registers a new eventfd under the number and gives the file back elsewhere;
   the number is closed. */
static int add_at(int epoll, int number)
{
	int low = eventfd(0, EFD_CLOEXEC);
	int fd = fcntl(low, F_DUPFD_CLOEXEC, 200);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(low), 0);
	ck_assert_int_eq(dup2(fd, number), number);
	add(epoll, number);
	ck_assert_int_eq(close(number), 0);
	return fd;
}

START_TEST(order_of_items_is_that_of_files)
{
	const struct ss_features features = probe();
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int items[2];
	int toff;
	int order;
	int of_item;

	if (!has_kcmp(&features))
		return;
	items[0] = add_at(epoll, 70);
	items[1] = add_at(epoll, 70);
	/* toff 0 is the one at the lower address: found out by asking. */
	ck_assert_int_eq(ss_file_order_item(&features, items[0], epoll, 70, 0,
					    &order), 0);
	toff = order == 0 ? 0 : 1;
	ck_assert_int_eq(ss_file_order_item(&features, items[0], epoll, 70,
					    (unsigned int)toff, &order), 0);
	ck_assert_int_eq(order, 0);
	ck_assert_int_eq(ss_file_order_item(&features, items[0], epoll, 70,
					    (unsigned int)!toff, &of_item), 0);
	ck_assert_int_eq(ss_file_order(&features, items[0], items[1], &order),
			 0);
	ck_assert_int_ne(order, 0);
	ck_assert_int_eq(of_item, order);
	ck_assert_int_eq(ss_file_order_item(&features, items[0], epoll, 70, 2,
					    &order), -ENOENT);
	ck_assert_int_eq(ss_file_order_item(&features, items[0], epoll, 71, 0,
					    &order), -ENOENT);
	ck_assert_int_eq(ss_file_order_item(&features, items[0], items[1], 70,
					    0, &order), -EINVAL);
}
END_TEST

/* Without kcmp: 0 or 1, or the error. */
static int probe_item(int fd, int epoll, int tfd)
{
	int order = -2;
	int error = ss_file_order_item(&none, fd, epoll, tfd, 0, &order);

	return error ? error : order;
}

static size_t count_items(int epoll)
{
	struct ss_proc_epoll list;
	size_t count;

	ck_assert_int_eq(ss_proc_epoll(getpid(), epoll, &list), 0);
	count = list.count;
	ss_proc_epoll_release(&list);
	return count;
}

START_TEST(items_without_kcmp)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int outer = epoll_create1(EPOLL_CLOEXEC);
	int item = add_at(epoll, 70);
	int twin = add_at(epoll, 70);
	int other = eventfd(0, EFD_CLOEXEC);
	int file = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_eq(probe_item(item, epoll, 70), 0);
	ck_assert_int_eq(probe_item(twin, epoll, 70), 0);
	ck_assert_int_eq(probe_item(other, epoll, 70), 1);
	ck_assert_int_eq(probe_item(item, epoll, 71), 1);
	ck_assert_int_eq(probe_item(file, epoll, 70), 1);
	ck_assert_int_eq(probe_item(item, other, 70), -EINVAL);
	ck_assert_int_eq(probe_item(other, other, 70), -EINVAL);
	/* What cannot be an item is none. */
	ck_assert_int_eq(probe_item(epoll, epoll, 70), 1);
	add(outer, epoll);
	ck_assert_int_eq(probe_item(outer, epoll, 70), 1);
	/* All that was added has been taken back. */
	ck_assert_uint_eq(count_items(epoll), 2);
	/* Nothing of ours has come to the number. */
	ck_assert_int_eq(fcntl(70, F_GETFD), -1);
}
END_TEST

START_TEST(items_without_kcmp_at_our_own_numbers)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int spare = fcntl(epoll, F_DUPFD_CLOEXEC, 100);
	int ours = eventfd(0, EFD_CLOEXEC);
	int other = eventfd(0, EFD_CLOEXEC);
	struct ss_file_hint before;
	struct ss_file_hint after;
	int at_epoll;
	int at_ours;

	/* Registered under numbers at which other files of ours sit later. */
	ck_assert_int_eq(close(epoll), 0);
	at_epoll = add_at(spare, epoll);
	ck_assert_int_eq(dup2(spare, epoll), epoll);
	ck_assert_int_eq(close(ours), 0);
	at_ours = add_at(spare, ours);
	/* The lowest free number. */
	ck_assert_int_eq(memfd_create("ours", MFD_CLOEXEC), ours);
	ck_assert_int_eq(ss_file_hint(ours, &before), 0);

	ck_assert_int_eq(probe_item(at_epoll, epoll, epoll), 0);
	ck_assert_int_eq(probe_item(other, epoll, epoll), 1);
	ck_assert_int_eq(probe_item(at_ours, epoll, ours), 0);
	ck_assert_int_eq(probe_item(other, epoll, ours), 1);
	ck_assert_int_eq(probe_item(other, epoll, other), 1);
	ck_assert_int_eq(ss_file_hint(ours, &after), 0);
	ck_assert_uint_eq(before.ino, after.ino);
	ck_assert_uint_eq(count_items(spare), 2);
}
END_TEST

START_TEST(items_without_kcmp_wake_nobody)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	struct rlimit limit;
	int ends[2];

	/* A file that has hung up would be an event at once. */
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert_int_eq(probe_item(ends[0], epoll, 70), -EBUSY);
	ck_assert_int_eq(epoll_wait(epoll, &event, 1, 0), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(probe_item(epoll_create1(0), epoll,
				    (int)limit.rlim_cur), -EBADF);
}
END_TEST

START_TEST(probe_leaves_children_and_signals_alone)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int item = add_at(epoll, 70);
	sigset_t before;
	sigset_t after;

	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	ck_assert_int_eq(probe_item(item, epoll, 70), 0);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	for (int i = 1; i < SIGRTMAX; i++)
		ck_assert_int_eq(sigismember(&before, i),
				 sigismember(&after, i));
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(epolls_are_known)
{
	int ends[2];
	int closed;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    ends), 0);
	ck_assert_int_eq(ss_file_is_epoll(epoll_create1(0)), 1);
	ck_assert_int_eq(ss_file_is_epoll(eventfd(0, 0)), 0);
	ck_assert_int_eq(ss_file_is_epoll(ends[0]), 0);
	ck_assert_int_eq(ss_file_is_epoll(memfd_create("anon_inode:[eventpoll]",
						       0)), 0);
	closed = dup(ends[0]);
	ck_assert_int_eq(close(closed), 0);
	ck_assert_int_eq(ss_file_is_epoll(closed), -EBADF);
}
END_TEST

START_TEST(hints_are_those_of_fstat)
{
	int fds[] = {
		open("/dev/null", O_RDONLY), open("/", O_PATH),
		eventfd(0, 0), memfd_create("x", 0),
		socket(AF_UNIX, SOCK_STREAM, 0),
		open("/proc/self/stat", O_RDONLY),
	};
	struct ss_file_hint hint;
	struct stat status;

	for (size_t i = 0; i < SS_ARRAY_SIZE(fds); i++) {
		ck_assert_int_eq(fstat(fds[i], &status), 0);
		ck_assert_int_eq(ss_file_hint(fds[i], &hint), 0);
		ck_assert_uint_eq(hint.dev, status.st_dev);
		ck_assert_uint_eq(hint.ino, status.st_ino);
	}
	ck_assert_int_eq(ss_file_hint(-1, &hint), -EBADF);
}
END_TEST

static Suite *descriptor_suite(void)
{
	Suite *suite = suite_create("descriptor");
	TCase *tasks = tcase_create("tasks");
	TCase *files = tcase_create("files");

	tcase_set_timeout(tasks, 120);
	tcase_add_test(tasks, fetch_from_a_child);
	tcase_add_test(tasks, death_is_seen_with_end_of_file);
	tcase_add_test(tasks, leader_that_left_its_threads);
	suite_add_tcase(suite, tasks);
	tcase_set_timeout(files, 60);
	tcase_add_test(files, same_and_not_the_same);
	tcase_add_test(files, order_is_total);
	tcase_add_test(files, order_of_items_is_that_of_files);
	tcase_add_test(files, items_without_kcmp);
	tcase_add_test(files, items_without_kcmp_at_our_own_numbers);
	tcase_add_test(files, items_without_kcmp_wake_nobody);
	tcase_add_test(files, probe_leaves_children_and_signals_alone);
	tcase_add_test(files, epolls_are_known);
	tcase_add_test(files, hints_are_those_of_fstat);
	suite_add_tcase(suite, files);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(descriptor_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
