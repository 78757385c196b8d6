/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc as it is: real processes, and what the kernel says of them. */
#include "kernel/proc.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "child.h"

static void run_until_told(const struct child *child)
{
	child_say(child, 0);
	(void)child_wait(child);
}

static struct child start_quiet(void)
{
	struct child child = child_start(run_until_told);

	(void)child_hear(&child);
	return child;
}

START_TEST(status_of_ourselves)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];
	struct ss_proc_status status;
	uid_t uid[3];
	gid_t gid[3];

	ck_assert_int_eq(ss_proc_status(getpid(), &status), 0);
	ck_assert_int_eq(status.tgid, getpid());
	ck_assert_int_eq(status.ppid, getppid());
	ck_assert_int_eq(status.state, 'R');
	ck_assert_int_eq(getresuid(&uid[0], &uid[1], &uid[2]), 0);
	ck_assert_int_eq(getresgid(&gid[0], &gid[1], &gid[2]), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(status.uid[i], uid[i]);
		ck_assert_uint_eq(status.gid[i], gid[i]);
	}
	ck_assert_int_eq(syscall(SYS_capget, &header, caps), 0);
	ck_assert_uint_eq(status.cap_permitted,
			  caps[0].permitted |
			  (uint64_t)caps[1].permitted << 32);
	ck_assert_uint_eq(status.cap_effective,
			  caps[0].effective |
			  (uint64_t)caps[1].effective << 32);
	ck_assert_uint_ge(status.levels, 1);
	ck_assert_int_eq(status.nspid[0], getpid());
}
END_TEST

static void run_thread_and_lose_leader(const struct child *child)
{
	pthread_t thread;

	child_assert(pthread_create(&thread, NULL, child_thread,
				    (void *)(uintptr_t)child) == 0);
	/* Not _exit: that would be the end of the group. */
	(void)syscall(SYS_exit, 0);
}

/* Spins until the task is a zombie. */
static void wait_for_zombie(pid_t tid)
{
	struct ss_proc_stat stat;

	do {
		(void)sched_yield();
		ck_assert_int_eq(ss_proc_stat(tid, &stat), 0);
	} while (stat.state != 'Z');
}

START_TEST(threads_have_status_too)
{
	struct child child = child_start(run_thread_and_lose_leader);
	pid_t tid = (pid_t)child_hear(&child);
	struct ss_proc_status status;
	struct ss_tids list;

	wait_for_zombie(child.pid);
	ck_assert_int_eq(ss_proc_status(tid, &status), 0);
	ck_assert_int_eq(status.tgid, child.pid);
	ck_assert_int_eq(status.nspid[0], tid);
	ck_assert_int_eq(ss_proc_threads(child.pid, &list), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_int_eq(list.tids[0], child.pid);
	ck_assert_int_eq(list.tids[1], tid);
	ss_tids_release(&list);
	child_say(&child, 0);
	child_reap(&child);
	ck_assert_int_eq(ss_proc_threads(child.pid, &list), -ESRCH);
}
END_TEST

static void run_with_a_nasty_name(const struct child *child)
{
	/* 15 bytes is all that the kernel keeps. */
	child_assert(prctl(PR_SET_NAME, ") Z 1 (a\n) \\b)") == 0);
	run_until_told(child);
}

START_TEST(stat_survives_any_name)
{
	struct child child = child_start(run_with_a_nasty_name);
	struct ss_proc_stat stat;
	struct ss_proc_status status;
	uint64_t start, now;

	(void)child_hear(&child);
	now = ss_proc_time_now();
	ck_assert_int_eq(ss_proc_stat(child.pid, &stat), 0);
	ck_assert(stat.state == 'S' || stat.state == 'R');
	ck_assert_int_eq(stat.ppid, getpid());
	ck_assert_int_eq(stat.pgrp, getpgrp());
	ck_assert_uint_ne(stat.flags & SS_PROC_FORKNOEXEC, 0);
	ck_assert_uint_eq(stat.flags & SS_PROC_EXITING, 0);
	start = stat.start_time;
	ck_assert_uint_le(start, now);
	/* A minute is long; other units would be far off. */
	ck_assert_uint_lt(now - start, 60 * 100);
	ck_assert_int_eq(ss_proc_status(child.pid, &status), 0);
	ck_assert_int_eq(status.ppid, getpid());
	child_kill(&child);
	ck_assert_int_eq(ss_proc_stat(child.pid, &stat), 0);
	ck_assert_int_eq(stat.state, 'Z');
	ck_assert_uint_ne(stat.flags & SS_PROC_EXITING, 0);
	ck_assert_uint_eq(stat.start_time, start);
	child_reap(&child);
	ck_assert_int_eq(ss_proc_stat(child.pid, &stat), -ESRCH);
}
END_TEST

static void run_cat(const struct child *child)
{
	child_assert(dup2(child->to_read, STDIN_FILENO) == STDIN_FILENO);
	(void)execl("/bin/cat", "cat", (char *)NULL);
	_exit(99);
}

START_TEST(exec_clears_forknoexec)
{
	struct child child = child_start(run_cat);
	struct ss_proc_stat stat;
	char byte;

	/* The other end of this pipe is close-on-exec. */
	ck_assert_int_eq(read(child.to_read, &byte, 1), 0);
	ck_assert_int_eq(ss_proc_stat(child.pid, &stat), 0);
	ck_assert_uint_eq(stat.flags & SS_PROC_FORKNOEXEC, 0);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

START_TEST(zombies_and_the_gone)
{
	struct child child = start_quiet();
	struct ss_proc_status status;
	struct ss_proc_epoll epoll;
	struct ss_proc_ns_chain chain;
	struct ss_proc_call call;
	struct ss_tids list;
	uint64_t value;
	uid_t uid;
	gid_t gid;
	char link[8];
	int error;

	child_kill(&child);
	ck_assert_int_eq(ss_proc_status(child.pid, &status), 0);
	ck_assert_int_eq(status.state, 'Z');
	ck_assert(!status.has_mm && !status.has_files && !status.has_fs);
	ck_assert_int_eq(ss_proc_status(getpid(), &status), 0);
	ck_assert(status.has_mm && status.has_files && status.has_fs);
	ck_assert_int_eq(ss_proc_epoll(child.pid, 0, &epoll), -EBADF);
	ck_assert_int_eq(ss_proc_namespace(child.pid, "mnt", &value),
			 -ENODATA);
	ck_assert_int_eq(ss_proc_namespace(child.pid, "pid", &value), 0);
	/* Some of a zombie's files belong to root. */
	ck_assert_int_eq(ss_proc_fd_link(child.pid, 0, link, sizeof(link)),
			 geteuid() == 0 ? -EBADF : -EACCES);
	error = ss_proc_at_random(child.pid, &value);
	ck_assert(error == -ESRCH || error == -ENODATA ||
		  (geteuid() != 0 && error == -EACCES));
	error = ss_proc_call(child.pid, &call);
	if (geteuid() == 0) {
		ck_assert_int_eq(error, 0);
		ck_assert_int_eq(call.where, SS_PROC_NO_CALL);
	} else {
		ck_assert_int_eq(error, -EACCES);
	}
	child_reap(&child);
	ck_assert_int_eq(ss_proc_status(child.pid, &status), -ESRCH);
	ck_assert_int_eq(ss_proc_epoll(child.pid, 0, &epoll), -ESRCH);
	ck_assert_int_eq(ss_proc_namespace(child.pid, "pid", &value), -ESRCH);
	ck_assert_int_eq(ss_proc_namespace_chain(child.pid, "user", &chain),
			 -ESRCH);
	ck_assert_int_eq(ss_proc_fd_link(child.pid, 0, link, sizeof(link)),
			 -ESRCH);
	ck_assert_int_eq(ss_proc_at_random(child.pid, &value), -ESRCH);
	ck_assert_int_eq(ss_proc_call(child.pid, &call), -ESRCH);
	ck_assert_int_eq(ss_proc_owner(child.pid, &uid, &gid), -ESRCH);
	ck_assert_int_eq(ss_proc_children(child.pid, child.pid, &list),
			 -ESRCH);
}
END_TEST

/* More than fit the first buffer, and several of the kernel's pages. */
#define MANY_CHILDREN	3000

START_TEST(children_in_order)
{
	struct ss_tids list;
	pid_t pids[MANY_CHILDREN];
	int error;

	error = ss_proc_children(getpid(), gettid(), &list);
	if (error == -EOPNOTSUPP)
		return;		/* then children_by_parent() is the test */
	ck_assert_int_eq(error, 0);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_ptr_null(list.tids);
	for (int i = 0; i < MANY_CHILDREN; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0)
			_exit(0);
	}
	ck_assert_int_eq(ss_proc_children(getpid(), gettid(), &list), 0);
	ck_assert_uint_eq(list.count, MANY_CHILDREN);
	ck_assert_mem_eq(list.tids, pids, sizeof(pids));
	ss_tids_release(&list);
	for (int i = 0; i < MANY_CHILDREN; i++)
		ck_assert_int_eq(waitpid(pids[i], NULL, 0), pids[i]);
	ck_assert_int_eq(ss_proc_children(getpid(), gettid(), &list), 0);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(children_wants_a_thread_of_the_group)
{
	struct child child = start_quiet();
	struct ss_tids list;

	ck_assert_int_eq(ss_proc_children(child.pid, getpid(), &list), -ESRCH);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

START_TEST(children_by_parent)
{
	struct child first = start_quiet();
	struct child second = start_quiet();
	struct ss_tids list;

	child_kill(&second);
	ck_assert_int_eq(ss_proc_children_by_parent(getpid(), &list), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert((list.tids[0] == first.pid && list.tids[1] == second.pid) ||
		  (list.tids[1] == first.pid && list.tids[0] == second.pid));
	ss_tids_release(&list);
	child_kill(&first);
	child_reap(&first);
	child_reap(&second);
	ck_assert_int_eq(ss_proc_children_by_parent(getpid(), &list), 0);
	ck_assert_uint_eq(list.count, 0);
	ss_tids_release(&list);
}
END_TEST

static void run_round_and_round(const struct child *child)
{
	child_say(child, 0);
	for (;;)
		(void)sched_yield();
}

START_TEST(call_of_a_busy_task)
{
	struct child child = child_start(run_round_and_round);
	struct ss_proc_call call;

	(void)child_hear(&child);
	ck_assert_int_eq(ss_proc_call(child.pid, &call), 0);
	ck_assert_int_eq(call.where, SS_PROC_RUNNING);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

START_TEST(call_of_a_sleeper)
{
	struct child child = start_quiet();
	struct ss_proc_call call;

	do {
		(void)sched_yield();
		ck_assert_int_eq(ss_proc_call(child.pid, &call), 0);
	} while (call.where != SS_PROC_IN_CALL || call.nr != SYS_read);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

static void add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = ~0ull };

	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
}

static const struct ss_proc_epoll_item *
find_item(const struct ss_proc_epoll *list, int tfd)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].tfd == tfd)
			return &list->items[i];
	return NULL;
}

START_TEST(epoll_items_have_the_hint_of_their_file)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct ss_proc_epoll list;
	const struct ss_proc_epoll_item *item;
	struct stat status;
	int pair[4];
	int fds[8];
	int count = 0;

	ck_assert_int_eq(pipe(pair), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair + 2), 0);
	for (int i = 0; i < 4; i++)
		fds[count++] = pair[i];
	fds[count++] = eventfd(0, 0);
	fds[count++] = epoll_create1(0);
	fds[count++] = open("/dev/random", O_RDONLY);
	ck_assert_int_eq(ss_proc_epoll(getpid(), epoll, &list), 0);
	ck_assert_uint_eq(list.count, 0);
	for (int i = 0; i < count; i++)
		add(epoll, fds[i]);
	ck_assert_int_eq(ss_proc_epoll(getpid(), epoll, &list), 0);
	ck_assert_uint_eq(list.count, (size_t)count);
	for (int i = 0; i < count; i++) {
		item = find_item(&list, fds[i]);
		ck_assert_ptr_nonnull(item);
		ck_assert_int_eq(fstat(fds[i], &status), 0);
		ck_assert_uint_eq(item->ino, status.st_ino);
		ck_assert_uint_eq(item->sdev,
				  ss_proc_kernel_dev(status.st_dev));
		ck_assert_uint_eq(item->pos, 0);
	}
	ss_proc_epoll_release(&list);
}
END_TEST

START_TEST(kernel_dev_of_large_numbers)
{
	/* What makedev() spreads over the number, the kernel has in a row. */
	ck_assert_uint_eq(ss_proc_kernel_dev(makedev(1, 3)), 0x100003);
	ck_assert_uint_eq(ss_proc_kernel_dev(makedev(0, 0x12345)), 0x12345);
	ck_assert_uint_eq(ss_proc_kernel_dev(makedev(0xabc, 0xfedcb)),
			  0xabcfedcb);
}
END_TEST

START_TEST(epoll_of_other_descriptors)
{
	int fd = eventfd(0, 0);
	struct ss_proc_epoll list;

	ck_assert_int_eq(ss_proc_epoll(getpid(), fd, &list), 0);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_ptr_null(list.items);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(ss_proc_epoll(getpid(), fd, &list), -EBADF);
	ck_assert_int_eq(ss_proc_epoll(getpid(), -1, &list), -EBADF);
}
END_TEST

/* More than fit the first buffer, and two of one number. */
#define MANY_ITEMS	300

START_TEST(epoll_of_many_items)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct ss_proc_epoll list;
	size_t found = 0;
	int keep;
	int fd = -1;

	for (int i = 0; i < MANY_ITEMS; i++) {
		fd = eventfd(0, 0);
		add(epoll, fd);
	}
	/* The item stays because its file does, and the number is free. */
	keep = dup(fd);
	ck_assert_int_ge(keep, 0);
	ck_assert_int_eq(dup2(eventfd(0, 0), fd), fd);
	add(epoll, fd);
	ck_assert_int_eq(ss_proc_epoll(getpid(), epoll, &list), 0);
	ck_assert_uint_eq(list.count, MANY_ITEMS + 1);
	for (size_t i = 0; i < list.count; i++)
		found += list.items[i].tfd == fd;
	ck_assert_uint_eq(found, 2);
	ss_proc_epoll_release(&list);
}
END_TEST

static void *thread_with_own_table(void *data)
{
	const struct child *child = data;
	struct epoll_event event = { 0 };
	int epoll;
	int fd;

	child_assert(unshare(CLONE_FILES) == 0);
	epoll = epoll_create1(0);
	fd = eventfd(0, 0);
	child_assert(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	child_say(child, gettid());
	child_say(child, epoll);
	(void)child_wait(child);
	_exit(0);
}

static void run_thread_with_own_table(const struct child *child)
{
	pthread_t thread;

	child_assert(pthread_create(&thread, NULL, thread_with_own_table,
				    (void *)(uintptr_t)child) == 0);
	(void)pthread_join(thread, NULL);
}

START_TEST(epoll_in_the_table_of_a_thread)
{
	struct child child = child_start(run_thread_with_own_table);
	pid_t tid = (pid_t)child_hear(&child);
	int epoll = (int)child_hear(&child);
	struct ss_proc_epoll list;

	ck_assert_int_eq(ss_proc_epoll(tid, epoll, &list), 0);
	ck_assert_uint_eq(list.count, 1);
	ss_proc_epoll_release(&list);
	ck_assert_int_eq(ss_proc_epoll(child.pid, epoll, &list), -EBADF);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

START_TEST(at_random_of_ourselves)
{
	uint64_t address;

	ck_assert_int_eq(ss_proc_at_random(getpid(), &address), 0);
	ck_assert_uint_eq(address, getauxval(AT_RANDOM));
}
END_TEST

START_TEST(namespaces_of_ourselves)
{
	static const char *const names[] = {
		"pid", "pid_for_children", "user", "mnt", "ipc",
	};
	struct ss_proc_ns_chain chain;
	struct stat status;
	char path[64];
	uint64_t ino;

	for (size_t i = 0; i < SS_ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s",
			       names[i]);
		ck_assert_int_eq(stat(path, &status), 0);
		ck_assert_int_eq(ss_proc_namespace(getpid(), names[i], &ino),
				 0);
		ck_assert_uint_eq(ino, status.st_ino);
		ck_assert_int_eq(ss_proc_namespace_chain(getpid(), names[i],
							 &chain), 0);
		ck_assert_uint_ge(chain.count, 1);
		ck_assert_uint_eq(chain.ino[0], ino);
	}
	ck_assert_int_eq(ss_proc_namespace(getpid(), "nosuch", &ino),
			 -ENODATA);
}
END_TEST

static void run_in_new_namespaces(const struct child *child)
{
	child_say(child, unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0 ?
			 0 : errno);
	(void)child_wait(child);
}

START_TEST(namespaces_of_a_child)
{
	struct child child = child_start(run_in_new_namespaces);
	int refused = (int)child_hear(&child);
	struct ss_proc_ns_chain ours;
	struct ss_proc_ns_chain chain;
	uint64_t ino;

	ck_assert_int_eq(ss_proc_namespace_chain(getpid(), "user", &ours), 0);
	ck_assert_int_eq(ss_proc_namespace_chain(child.pid, "user", &chain),
			 0);
	if (refused) {
		/* No new ones are to be had here: then it is in ours. */
		ck_assert_uint_eq(chain.ino[0], ours.ino[0]);
	} else {
		ck_assert_uint_eq(chain.count, ours.count + 1);
		ck_assert_uint_eq(chain.ino[1], ours.ino[0]);
		ck_assert_uint_eq(chain.owner[0], geteuid());
		/* It has made no process there. */
		ck_assert_int_eq(ss_proc_namespace(child.pid,
						   "pid_for_children", &ino),
				 -ENODATA);
	}
	child_kill(&child);
	child_reap(&child);
}
END_TEST

#define OTHER_UID	1234

static void run_dumpable_or_not(const struct child *child)
{
	if (geteuid() == 0)
		child_assert(setresuid(OTHER_UID, OTHER_UID, OTHER_UID) == 0);
	child_assert(prctl(PR_SET_DUMPABLE, 1) == 0);
	child_say(child, geteuid());
	(void)child_wait(child);
	child_assert(prctl(PR_SET_DUMPABLE, 0) == 0);
	child_say(child, 0);
	(void)child_wait(child);
}

START_TEST(owner_follows_dumpable)
{
	struct child child = child_start(run_dumpable_or_not);
	uid_t effective = (uid_t)child_hear(&child);
	uid_t uid;
	gid_t gid;

	ck_assert_int_eq(ss_proc_owner(child.pid, &uid, &gid), 0);
	ck_assert_uint_eq(uid, effective);
	ck_assert_uint_eq(gid, getegid());
	child_say(&child, 0);
	(void)child_hear(&child);
	ck_assert_int_eq(ss_proc_owner(child.pid, &uid, &gid), 0);
	ck_assert_uint_ne(uid, effective);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

START_TEST(links_of_descriptors)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char link[64];

	ck_assert_int_eq(ss_proc_fd_link(getpid(), epoll, link, sizeof(link)),
			 0);
	ck_assert_str_eq(link, "anon_inode:[eventpoll]");
	ck_assert_int_eq(ss_proc_fd_link(getpid(), epoll, link, 5), 0);
	ck_assert_str_eq(link, "anon");
	ck_assert_int_eq(ss_proc_fd_link(getpid(), epoll, link, 0), -EINVAL);
	ck_assert_int_eq(close(epoll), 0);
	ck_assert_int_eq(ss_proc_fd_link(getpid(), epoll, link, sizeof(link)),
			 -EBADF);
}
END_TEST

START_TEST(executable)
{
	struct child child = child_start(run_until_told);
	char path[PATH_MAX], own[PATH_MAX];

	ck_assert_int_eq(ss_proc_exe(child.pid, path, sizeof(path)), 0);
	ck_assert_ptr_nonnull(realpath("/proc/self/exe", own));
	ck_assert_str_eq(path, own);
	ck_assert_int_eq(ss_proc_exe(child.pid, path, 0), -EINVAL);
	child_kill(&child);
	if (geteuid() == 0)
		ck_assert_int_eq(ss_proc_exe(child.pid, path, sizeof(path)),
				 -ENOENT);
	child_reap(&child);
	ck_assert_int_eq(ss_proc_exe(child.pid, path, sizeof(path)), -ESRCH);
}
END_TEST

START_TEST(close_on_exec_or_not)
{
	int marked = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int plain = open("/dev/null", O_RDONLY);
	bool cloexec = false;

	ck_assert_int_eq(ss_proc_fd_cloexec(getpid(), marked, &cloexec), 0);
	ck_assert(cloexec);
	ck_assert_int_eq(ss_proc_fd_cloexec(getpid(), plain, &cloexec), 0);
	ck_assert(!cloexec);
	ck_assert_int_eq(fcntl(plain, F_SETFD, FD_CLOEXEC), 0);
	ck_assert_int_eq(ss_proc_fd_cloexec(getpid(), plain, &cloexec), 0);
	ck_assert(cloexec);
	ck_assert_int_eq(close(marked), 0);
	ck_assert_int_eq(close(plain), 0);
	ck_assert_int_eq(ss_proc_fd_cloexec(getpid(), plain, &cloexec),
			 -EBADF);
}
END_TEST

START_TEST(nothing_stays_open)
{
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct ss_proc_ns_chain chain;
	struct ss_proc_epoll epoll;
	struct ss_tids list;
	bool cloexec;
	int after;

	ck_assert_int_eq(close(before), 0);
	ck_assert_int_eq(ss_proc_namespace_chain(getpid(), "user", &chain), 0);
	ck_assert_int_eq(ss_proc_threads(getpid(), &list), 0);
	ss_tids_release(&list);
	ck_assert_int_eq(ss_proc_epoll(getpid(), 0, &epoll), 0);
	ss_proc_epoll_release(&epoll);
	ck_assert_int_eq(ss_proc_fd_cloexec(getpid(), 0, &cloexec), 0);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(after, before);
}
END_TEST

static Suite *proc_suite(void)
{
	Suite *suite = suite_create("proc");
	TCase *tasks = tcase_create("tasks");
	TCase *files = tcase_create("files");

	tcase_set_timeout(tasks, 60);
	tcase_add_test(tasks, status_of_ourselves);
	tcase_add_test(tasks, threads_have_status_too);
	tcase_add_test(tasks, stat_survives_any_name);
	tcase_add_test(tasks, exec_clears_forknoexec);
	tcase_add_test(tasks, zombies_and_the_gone);
	tcase_add_test(tasks, children_in_order);
	tcase_add_test(tasks, children_wants_a_thread_of_the_group);
	tcase_add_test(tasks, children_by_parent);
	tcase_add_test(tasks, call_of_a_busy_task);
	tcase_add_test(tasks, call_of_a_sleeper);
	tcase_add_test(tasks, at_random_of_ourselves);
	tcase_add_test(tasks, namespaces_of_ourselves);
	tcase_add_test(tasks, namespaces_of_a_child);
	tcase_add_test(tasks, owner_follows_dumpable);
	suite_add_tcase(suite, tasks);
	tcase_add_test(files, epoll_items_have_the_hint_of_their_file);
	tcase_add_test(files, kernel_dev_of_large_numbers);
	tcase_add_test(files, epoll_of_other_descriptors);
	tcase_add_test(files, epoll_of_many_items);
	tcase_add_test(files, epoll_in_the_table_of_a_thread);
	tcase_add_test(files, links_of_descriptors);
	tcase_add_test(files, executable);
	tcase_add_test(files, close_on_exec_or_not);
	tcase_add_test(files, nothing_stays_open);
	suite_add_tcase(suite, files);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(proc_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
