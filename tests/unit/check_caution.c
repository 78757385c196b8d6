/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A FUSE server that stops answering, and calls of ours on its file.
 *
 * The server has one file, "f".  Requests of the stalled kind are read and
 * forgotten; those who wait for them wait until the server is killed.
 */
#include "kernel/caution.h"

#include <errno.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "child.h"
#include "kernel/descriptor.h"
#include "kernel/memory.h"
#include "kernel/proc.h"

#define FILE_SIZE	65536
#define REQUEST_SIZE	(FUSE_MIN_READ_BUFFER + 65536)

/* Shared with the server: the kind, and how many requests. */
static volatile uint32_t *stalled;
static char directory[] = "/tmp/selfsame-caution-XXXXXX";

static void answer(int device, uint64_t unique, int error, const void *data,
		   size_t length)
{
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + length),
		.error = -error,
		.unique = unique,
	};
	struct iovec parts[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = length },
	};

	(void)!writev(device, parts, length ? 2 : 1);
}

static struct fuse_attr attributes_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644,
		.nlink = 1,
		.size = node == FUSE_ROOT_ID ? 0 : FILE_SIZE,
		.blksize = 4096,
	};
}

static void serve_lookup(int device, const struct fuse_in_header *in)
{
	struct fuse_entry_out entry = { .nodeid = 2, .entry_valid = 1000 };

	entry.attr = attributes_of(entry.nodeid);
	if (strcmp((const char *)(in + 1), "f") == 0)
		answer(device, in->unique, 0, &entry, sizeof(entry));
	else
		answer(device, in->unique, ENOENT, NULL, 0);
}

static void serve(int device, const struct fuse_in_header *in)
{
	static const char page[FILE_SIZE] = "text";
	struct fuse_init_out init = { .major = 7, .minor = 31 };
	struct fuse_attr_out attr = { .attr = attributes_of(in->nodeid) };
	struct fuse_open_out opened = { .fh = 1 };
	const struct fuse_read_in *wanted;

	switch (in->opcode) {
	case FUSE_INIT:
		answer(device, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		serve_lookup(device, in);
		break;
	case FUSE_GETATTR:
		answer(device, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(device, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		wanted = (const void *)(in + 1);
		answer(device, in->unique, 0, page,
		       wanted->size < FILE_SIZE ? wanted->size : FILE_SIZE);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		answer(device, in->unique, 0, NULL, 0);
		break;
	default:
		answer(device, in->unique, ENOSYS, NULL, 0);
	}
}

static void run_server(const struct child *child)
{
	static _Alignas(8) char request[REQUEST_SIZE];
	const struct fuse_in_header *in = (const void *)request;
	char options[128];
	ssize_t n;
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		       device);
	if (device < 0 ||
	    mount("selfsame", directory, "fuse", MS_NOSUID, options) < 0) {
		child_say(child, errno);
		_exit(0);
	}
	child_say(child, 0);
	for (;;) {
		n = read(device, request, sizeof(request));
		if (n < 0 && errno != EINTR && errno != ENOENT)
			_exit(0);
		if (n > 0 && in->opcode == *stalled)
			stalled[1]++;
		else if (n > 0)
			serve(device, in);
	}
}

/* In a mount namespace of our own, so that nothing is left behind.  False if
   there can be no such server here, which is so without privileges. */
static bool start_server(struct child *ret)
{
	int refused;

	if (unshare(CLONE_NEWNS) < 0) {
		ck_assert_int_eq(errno, EPERM);
		ck_assert_int_ne(geteuid(), 0);
		return false;
	}
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	stalled = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne((void *)(uintptr_t)stalled, MAP_FAILED);
	stalled[0] = stalled[1] = 0;
	ck_assert_ptr_nonnull(mkdtemp(directory));
	*ret = child_start(run_server);
	refused = (int)child_hear(ret);
	if (!refused)
		return true;
	printf("# no FUSE here: %s\n", strerror(refused));
	child_reap(ret);
	(void)rmdir(directory);
	return false;
}

static void stop_server(const struct child *server)
{
	child_kill(server);
	child_reap(server);
	(void)umount2(directory, MNT_DETACH);
	ck_assert_int_eq(rmdir(directory), 0);
}

static int open_served(void)
{
	char path[sizeof(directory) + 2];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/f", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static long now_ms(void)
{
	struct timespec time;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &time), 0);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

#define CLOSES	20

START_TEST(a_server_that_never_hears_of_the_close)
{
	int fds[CLOSES], ends[2];
	struct child server;
	long start;

	if (!start_server(&server))
		return;
	ss_caution_begin();
	for (int i = 0; i < CLOSES; i++)
		fds[i] = open_served();
	ss_fetched_close(fds[0]);
	/* The server answered, so it is done. */
	ck_assert_int_eq(fcntl(fds[0], F_GETFD), -1);
	*stalled = FUSE_FLUSH;
	start = now_ms();
	for (int i = 1; i < CLOSES; i++)
		ss_fetched_close(fds[i]);
	/* Only the first is waited for. */
	ck_assert_int_ge(now_ms() - start, SS_CLOSE_PATIENCE_MS - 1);
	ck_assert_int_lt(now_ms() - start, 5 * SS_CLOSE_PATIENCE_MS);
	ck_assert_int_eq(fcntl(fds[1], F_GETFD), -1);
	/* A pipe does not wait behind them. */
	ck_assert_int_eq(pipe(ends), 0);
	ss_fetched_close(ends[1]);
	ck_assert_int_eq(fcntl(ends[1], F_GETFD), -1);
	stop_server(&server);
	/* All of them are closed when nobody is waited for any more. */
	while (fcntl(fds[CLOSES - 1], F_GETFD) >= 0)
		(void)sched_yield();
}
END_TEST

START_TEST(hints_need_no_server)
{
	struct ss_file_hint before;
	struct ss_file_hint after;
	struct child server;
	int fd;

	if (!start_server(&server))
		return;
	fd = open_served();
	ck_assert_int_eq(ss_file_hint(fd, &before), 0);
	/* A plain fstat(2) would wait here. */
	*stalled = FUSE_GETATTR;
	ck_assert_int_eq(ss_file_hint(fd, &after), 0);
	ck_assert_uint_eq(before.dev, after.dev);
	ck_assert_uint_eq(before.ino, after.ino);
	ck_assert_int_eq(ss_file_is_epoll(fd), 0);
	stop_server(&server);
}
END_TEST

static void run_until_told(const struct child *child)
{
	child_say(child, 0);
	(void)child_wait(child);
}

START_TEST(memory_of_a_server)
{
	struct child server;
	struct child reader;
	char bytes[5] = "";
	char *map;
	int fd;

	if (!start_server(&server))
		return;
	ss_caution_begin();
	fd = open_served();
	map = mmap(NULL, FILE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	reader = child_start(run_until_told);
	(void)child_hear(&reader);
	ck_assert_int_eq(ss_memory_read(reader.pid, (uint64_t)(uintptr_t)map,
					bytes, sizeof(bytes)), 0);
	ck_assert_mem_eq(bytes, "text", sizeof(bytes));
	*stalled = FUSE_READ;
	ck_assert_int_eq(ss_memory_read(reader.pid,
					(uint64_t)(uintptr_t)map + FILE_SIZE -
					4096, bytes, sizeof(bytes)),
			 -ETIMEDOUT);
	child_kill(&reader);
	stop_server(&server);
	child_reap(&reader);
}
END_TEST

/* Somebody makes a request that is not answered. */
static void await_stalled(void)
{
	while (!stalled[1])
		(void)sched_yield();
}

static void *wait_for_events(void *data)
{
	const int *epoll = data;
	void *map = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			 open_served(), 0);

	child_assert(map != MAP_FAILED);
	*stalled = FUSE_READ;
	(void)epoll_wait(*epoll, map, 1, -1);
	return NULL;
}

/* Its thread holds the epoll as long as the page does not come. */
static void run_with_epoll(const struct child *child)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	pthread_t thread;
	int ends[2];

	child_assert(pipe(ends) == 0 && write(ends[1], "", 1) == 1);
	child_assert(!epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event));
	child_assert(!pthread_create(&thread, NULL, wait_for_events, &epoll));
	child_say(child, epoll);
	child_say(child, ends[0]);
	(void)child_wait(child);
}

START_TEST(an_epoll_that_somebody_holds)
{
	struct ss_features features = { .self = getpid() };
	struct ss_proc_epoll list;
	struct child server, holder;
	int epoll, number, fd, order;
	bool cloexec;
	long start;

	if (!start_server(&server))
		return;
	ss_caution_begin();
	holder = child_start(run_with_epoll);
	epoll = (int)child_hear(&holder);
	number = (int)child_hear(&holder);
	await_stalled();
	start = now_ms();
	ck_assert_int_eq(ss_proc_epoll(holder.pid, epoll, &list), -ETIMEDOUT);
	ck_assert_int_ge(now_ms() - start, SS_CAUTION_PATIENCE_MS - 1);
	/* It is known by now. */
	start = now_ms();
	ck_assert_int_eq(ss_proc_fd_cloexec(holder.pid, epoll, &cloexec),
			 -ETIMEDOUT);
	ck_assert_int_lt(now_ms() - start, SS_CAUTION_PATIENCE_MS);
	fd = ss_pidfd_open(holder.pid, false);
	epoll = ss_pidfd_fetch(fd, epoll);
	ck_assert_int_ge(epoll, 0);
	features.has[SS_FEATURE_KCMP] = true;
	ck_assert_int_eq(ss_file_order_item(&features, fd, epoll, number, 0,
					    &order), -ETIMEDOUT);
	stop_server(&server);
	/* Now the holder lets go. */
	while (ss_file_order_item(&features, fd, epoll, number, 0, &order) ==
	       -ETIMEDOUT)
		(void)sched_yield();
	child_kill(&holder);
	child_reap(&holder);
}
END_TEST

static void run_exec(const struct child *child)
{
	(void)open_served();
	child_say(child, 0);
	(void)child_wait(child);
	(void)execl("/bin/true", "true", NULL);
}

START_TEST(an_exec_that_closes_a_file)
{
	struct child server, execing;
	struct ss_proc_call call;
	int pidfd;

	if (!start_server(&server))
		return;
	ss_caution_begin();
	execing = child_start(run_exec);
	(void)child_hear(&execing);
	*stalled = FUSE_FLUSH;
	child_say(&execing, 0);
	await_stalled();
	pidfd = ss_pidfd_open(execing.pid, false);
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(ss_pidfd_fetch(pidfd, 0), -ETIMEDOUT);
	ck_assert_int_eq(ss_pidfd_life(pidfd), SS_LIFE_ALIVE);
	ck_assert_int_eq(ss_proc_call(execing.pid, &call), -ETIMEDOUT);
	ck_assert_int_eq(ss_memory_open(execing.pid), -ETIMEDOUT);
	stop_server(&server);
	while (ss_pidfd_fetch(pidfd, 0) == -ETIMEDOUT)
		(void)sched_yield();
	child_reap(&execing);
}
END_TEST

START_TEST(with_caution_files_are_closed)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int root = open("/", O_RDONLY | O_CLOEXEC);

	ck_assert(!ss_caution_has_begun());
	ss_fetched_close(null);
	ck_assert_int_eq(fcntl(null, F_GETFD), -1);
	ss_caution_begin();
	ck_assert(ss_caution_has_begun());
	ss_fetched_close(root);
	ck_assert_int_eq(fcntl(root, F_GETFD), -1);
	ss_fetched_close(-1);
}
END_TEST

static Suite *caution_suite(void)
{
	Suite *suite = suite_create("caution");
	TCase *servers = tcase_create("servers");

	tcase_set_timeout(servers, 30);
	tcase_add_test(servers, with_caution_files_are_closed);
	tcase_add_test(servers, an_epoll_that_somebody_holds);
	tcase_add_test(servers, an_exec_that_closes_a_file);
	tcase_add_test(servers, hints_need_no_server);
	tcase_add_test(servers, a_server_that_never_hears_of_the_close);
	tcase_add_test(servers, memory_of_a_server);
	suite_add_tcase(suite, servers);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(caution_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
