/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of children: well behaved, gone, and never answering. */
#include "kernel/memory.h"

#include <errno.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "child.h"
#include "kernel/caution.h"

#define PAGE		4096
#define PATTERN_SIZE	(3 * PAGE)

/* Three pages of a pattern, then one that cannot be read; the child inherits
   them at the same address. */
static unsigned char *pattern;

static void make_pattern(void)
{
	pattern = mmap(NULL, PATTERN_SIZE + PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(pattern, MAP_FAILED);
	for (int i = 0; i < PATTERN_SIZE; i++)
		pattern[i] = (unsigned char)(i * 31 + i / 256);
	ck_assert_int_eq(mprotect(pattern + PATTERN_SIZE, PAGE, PROT_NONE), 0);
}

static uint64_t address_of(size_t offset)
{
	return (uint64_t)(uintptr_t)pattern + offset;
}

static void run_until_told(const struct child *child)
{
	child_say(child, 0);
	(void)child_wait(child);
}

/* The two ways to read. */
static void choose(int careful)
{
	if (careful)
		ss_caution_begin();
}

START_TEST(all_or_nothing)
{
	static const size_t lengths[] = {
		1, 16, PAGE, PAGE + 1, PATTERN_SIZE
	};
	static unsigned char buffer[PATTERN_SIZE];
	struct child child;

	choose(_i);
	make_pattern();
	child = child_start(run_until_told);
	(void)child_hear(&child);
	for (size_t i = 0; i < SS_ARRAY_SIZE(lengths); i++) {
		size_t offset = PATTERN_SIZE - lengths[i];

		memset(buffer, 0, sizeof(buffer));
		ck_assert_int_eq(ss_memory_read(child.pid, address_of(offset),
						buffer, lengths[i]), 0);
		ck_assert_mem_eq(buffer, pattern + offset, lengths[i]);
		ck_assert_int_eq(ss_memory_read(child.pid,
						address_of(offset + 1), buffer,
						lengths[i]), -EFAULT);
	}
	ck_assert_int_eq(ss_memory_read(child.pid, address_of(0), buffer, 0),
			 0);
	ck_assert_int_eq(ss_memory_read(child.pid, 0, buffer, 1), -EFAULT);
	ck_assert_int_eq(ss_memory_read(child.pid, UINT64_MAX, buffer, 1),
			 -EFAULT);
	child_kill(&child);
	ck_assert_int_eq(ss_memory_read(child.pid, address_of(0), buffer, 1),
			 -ESRCH);
	child_reap(&child);
	ck_assert_int_eq(ss_memory_read(child.pid, address_of(0), buffer, 1),
			 -ESRCH);
}
END_TEST

/* What may be written the processor lets be read. */
START_TEST(arguments_by_protection)
{
	static const int protections[] = {
		PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE, PROT_NONE
	};
	uint64_t address = 0;
	struct child child;
	char buffer[2];

	choose(_i);
	make_pattern();
	for (size_t i = 0; i < SS_ARRAY_SIZE(protections); i++) {
		ck_assert_int_eq(mprotect(pattern + PAGE, PAGE,
					  protections[i]), 0);
		child = child_start(run_until_told);
		(void)child_hear(&child);
		address = address_of(PAGE - 1);
		ck_assert_int_eq(ss_memory_read_argument(child.pid, address,
							 buffer, 2),
				 protections[i] ? 0 : -EFAULT);
		ck_assert(!protections[i] ||
			  (unsigned char)buffer[0] == pattern[PAGE - 1]);
		child_kill(&child);
		child_reap(&child);
	}
	ck_assert_int_eq(ss_memory_read_argument(child.pid, address, buffer,
						 2), -ESRCH);
}
END_TEST

static int read_argument(struct child child, size_t offset, size_t length)
{
	char buffer[2 * PAGE];

	return ss_memory_read_argument(child.pid, address_of(offset), buffer,
				       length);
}

/* The kernel can read it for the child, and nobody else.  Behind it
   nobody can. */
START_TEST(secret_arguments)
{
	int fd = (int)syscall(SYS_memfd_secret, 0);
	struct child child;
	char byte;

	choose(_i);
	make_pattern();
	if (fd < 0) {
		puts("# memfd_secret is not there");
		return;
	}
	ck_assert_int_eq(ftruncate(fd, PAGE), 0);
	ck_assert_ptr_eq(mmap(pattern + PAGE, PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, fd, 0), pattern + PAGE);
	child = child_start(run_until_told);
	(void)child_hear(&child);
	ck_assert_int_eq(ss_memory_read(child.pid, address_of(PAGE), &byte,
					1), -EFAULT);
	ck_assert_int_eq(read_argument(child, PAGE, 8), -EACCES);
	ck_assert_int_eq(read_argument(child, PAGE - 1, 2), -EACCES);
	ck_assert_int_eq(read_argument(child, 2 * PAGE - 1, 2), -EACCES);
	ck_assert_int_eq(read_argument(child, PAGE - 1, 1), 0);
	ck_assert_int_eq(read_argument(child, 2 * PAGE, PAGE), 0);
	ck_assert_int_eq(read_argument(child, 3 * PAGE - 1, 2), -EFAULT);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

static int make_short_file(void)
{
	int fd = memfd_create("short", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, PAGE), 0);
	return fd;
}

/* What is mapped, and not there for anybody. */
START_TEST(beyond_the_end)
{
	struct child child;

	choose(_i);
	make_pattern();
	ck_assert_ptr_eq(mmap(pattern + PAGE, 2 * PAGE, PROT_READ, MAP_SHARED |
			      MAP_FIXED, make_short_file(), 0),
			 pattern + PAGE);
	child = child_start(run_until_told);
	(void)child_hear(&child);
	ck_assert_int_eq(read_argument(child, PAGE, PAGE), 0);
	ck_assert_int_eq(read_argument(child, 2 * PAGE, 1), -EFAULT);
	ck_assert_int_eq(read_argument(child, 2 * PAGE - 1, 2), -EFAULT);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

static void run_exec_of_cat(const struct child *child)
{
	child_say(child, 0);
	(void)child_wait(child);
	child_assert(dup2(child->to_read, STDIN_FILENO) == STDIN_FILENO);
	(void)execl("/bin/cat", "cat", (char *)NULL);
	_exit(99);
}

START_TEST(memory_ends_with_exec)
{
	struct child child;
	char byte;
	int fd;

	make_pattern();
	child = child_start(run_exec_of_cat);
	(void)child_hear(&child);
	fd = ss_memory_open(child.pid);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(ss_memory_is_alive(fd), 1);
	child_say(&child, 0);
	/* End of file: the pipe was closed by the exec. */
	ck_assert_int_eq(read(child.to_read, &byte, 1), 0);
	ck_assert_int_eq(ss_memory_is_alive(fd), 0);
	child_kill(&child);
	child_reap(&child);
	ck_assert_int_eq(ss_memory_is_alive(fd), 0);
	ck_assert_int_eq(ss_memory_open(child.pid), -ESRCH);
}
END_TEST

static void run_unreadable(const struct child *child)
{
	child_assert(prctl(PR_SET_DUMPABLE, 0) == 0);
	run_until_told(child);
}

START_TEST(no_access_is_eperm)
{
	struct child child;
	char byte;

	make_pattern();
	child = child_start(run_unreadable);
	(void)child_hear(&child);
	/* Root may read it, and then nothing is to be refused. */
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	ck_assert_int_eq(ss_memory_read(child.pid, address_of(0), &byte, 1),
			 -EPERM);
	ck_assert_int_eq(ss_memory_open(child.pid), -EPERM);
	/* It goes when its pipe does. */
}
END_TEST

/* A page of the child that nobody ever fills; 0, or why there is none. */
static int make_trap(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = address_of(PAGE), .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		return errno;
	child_assert(madvise(pattern + PAGE, PAGE, MADV_DONTNEED) == 0);
	child_assert(ioctl(fd, UFFDIO_API, &api) == 0);
	child_assert(ioctl(fd, UFFDIO_REGISTER, &range) == 0);
	return 0;
}

static void run_with_trap(const struct child *child)
{
	child_say(child, make_trap());
	(void)child_wait(child);
}

static long now_ms(void)
{
	struct timespec time;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &time), 0);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

START_TEST(a_page_that_never_comes)
{
	struct child child;
	char byte;
	long start;
	int refused;

	ss_caution_begin();
	make_pattern();
	child = child_start(run_with_trap);
	refused = (int)child_hear(&child);
	if (refused) {
		/* Without privileges there are no such pages here. */
		ck_assert_int_eq(refused, EPERM);
		ck_assert_int_ne(geteuid(), 0);
		return;
	}
	/* A call that is held comes back. */
	start = now_ms();
	ck_assert_int_eq(ss_memory_read_argument(child.pid, address_of(PAGE),
						 &byte, 1), -ETIMEDOUT);
	ck_assert_int_ge(now_ms() - start, SS_MEMORY_PATIENCE_MS - 1);
	ck_assert_int_lt(now_ms() - start, SS_CAUTION_PATIENCE_MS);
	for (int i = 1; i < SS_CAUTION_ABANDONED_MAX; i++) {
		ck_assert(!ss_careful_is_exhausted());
		start = now_ms();
		ck_assert_int_eq(ss_memory_read(child.pid,
						address_of(PAGE + i), &byte,
						1), -ETIMEDOUT);
		ck_assert_int_ge(now_ms() - start, SS_CAUTION_PATIENCE_MS - 1);
		/* A helper sleeps there. */
		start = now_ms();
		ck_assert_int_eq(ss_memory_read(child.pid,
						address_of(PAGE + i), &byte,
						1), -ETIMEDOUT);
		ck_assert_int_lt(now_ms() - start, SS_CAUTION_PATIENCE_MS);
		if (i + 1 == SS_CAUTION_ABANDONED_MAX)
			break;
		ck_assert_int_eq(ss_memory_read(child.pid, address_of(0),
						&byte, 1), 0);
	}
	/* Enough helpers sleep: nothing more is tried, and nothing waited. */
	ck_assert(ss_careful_is_exhausted());
	start = now_ms();
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(ss_memory_read(child.pid, address_of(0),
						&byte, 1), -ETIMEDOUT);
	ck_assert_int_lt(now_ms() - start, SS_CAUTION_PATIENCE_MS);
	/* With the child its userfaultfd goes, and the helpers wake. */
	child_kill(&child);
	while (ss_memory_read(child.pid, address_of(0), &byte, 1) ==
	       -ETIMEDOUT)
		(void)sched_yield();
	ck_assert_int_eq(ss_memory_read(child.pid, address_of(0), &byte, 1),
			 -ESRCH);
	child_reap(&child);
}
END_TEST

START_TEST(caution_is_not_slow)
{
	struct child child;
	char bytes[16];
	long start;

	choose(_i);
	make_pattern();
	child = child_start(run_until_told);
	(void)child_hear(&child);
	start = now_ms();
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(ss_memory_read(child.pid, address_of(100),
						bytes, sizeof(bytes)), 0);
	printf("# %s: 10000 reads in %ld ms\n", _i ? "careful" : "plain",
	       now_ms() - start);
	child_kill(&child);
	child_reap(&child);
}
END_TEST

static Suite *memory_suite(void)
{
	Suite *suite = suite_create("memory");
	TCase *plain = tcase_create("reading");

	tcase_set_timeout(plain, 60);
	tcase_add_loop_test(plain, all_or_nothing, 0, 2);
	tcase_add_loop_test(plain, arguments_by_protection, 0, 2);
	tcase_add_loop_test(plain, secret_arguments, 0, 2);
	tcase_add_loop_test(plain, beyond_the_end, 0, 2);
	tcase_add_test(plain, memory_ends_with_exec);
	tcase_add_test(plain, no_access_is_eperm);
	tcase_add_test(plain, a_page_that_never_comes);
	tcase_add_loop_test(plain, caution_is_not_slow, 0, 2);
	suite_add_tcase(suite, plain);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(memory_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
