/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks: what the process that reads them says, and what it is made from. */
#include "stack/stack.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "kernel/proc.h"
#include "stack/eh-frame.h"
#include "stack/maps.h"
#include "stack/reader.h"
#include "stack/unwind.h"

#define SOMEBODY	65534

/* ---- messages ---- */

static struct ss_stack stack;

static void make_stack(void)
{
	memset(&stack, 0, sizeof(stack));
	ss_stack_init(&stack, 7);
	stack.frames[0].object = ss_stack_add(&stack, "/lib/libc.so.6");
	stack.frames[0].function = ss_stack_add(&stack, "syscall");
	stack.frames[0].offset = 25;
	stack.frames[1].offset = 0x401000;
	stack.count = 2;
}

START_TEST(message_is_sound)
{
	make_stack();
	ck_assert_int_eq(ss_stack_check(&stack, ss_stack_size(&stack)), 0);
	ck_assert_str_eq(ss_stack_string(&stack, stack.frames[0].object),
			 "/lib/libc.so.6");
	ck_assert_str_eq(ss_stack_string(&stack, stack.frames[0].function),
			 "syscall");
	ck_assert_ptr_null(ss_stack_string(&stack, stack.frames[1].object));
	ss_stack_fail(&stack, "because");
	ck_assert_int_eq(ss_stack_check(&stack, ss_stack_size(&stack)), 0);
	ck_assert_uint_eq(stack.count, 0);
	ck_assert_str_eq(ss_stack_string(&stack, stack.why_none), "because");
}
END_TEST

START_TEST(message_has_limits)
{
	char name[100];
	uint32_t added = 0;

	make_stack();
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	while (ss_stack_add(&stack, name))
		added++;
	ck_assert_uint_eq(added, (SS_STACK_TEXT_MAX - 24) / sizeof(name));
	ck_assert_int_eq(ss_stack_check(&stack, ss_stack_size(&stack)), 0);
}
END_TEST

START_TEST(message_is_not_trusted)
{
	size_t size;

	make_stack();
	size = ss_stack_size(&stack);
	ck_assert_int_eq(ss_stack_check(&stack, size - 1), -EBADMSG);
	ck_assert_int_eq(ss_stack_check(&stack, size + 1), -EBADMSG);
	ck_assert_int_eq(ss_stack_check(&stack, 0), -EBADMSG);
	stack.frames[1].function = stack.length;
	ck_assert_int_eq(ss_stack_check(&stack, size), -EBADMSG);
	make_stack();
	stack.frames[0].object = UINT32_MAX;
	ck_assert_int_eq(ss_stack_check(&stack, size), -EBADMSG);
	make_stack();
	stack.why_none = stack.length + 1;
	ck_assert_int_eq(ss_stack_check(&stack, size), -EBADMSG);
	make_stack();
	stack.count = SS_STACK_FRAMES_MAX + 1;
	ck_assert_int_eq(ss_stack_check(&stack, size), -EBADMSG);
	make_stack();
	stack.text[stack.length - 1] = 'x';
	ck_assert_int_eq(ss_stack_check(&stack, size), -EBADMSG);
	make_stack();
	stack.length = 0;
	ck_assert_int_eq(ss_stack_check(&stack, ss_stack_size(&stack)),
			 -EBADMSG);
	stack.length = SS_STACK_TEXT_MAX + 1;
	ck_assert_int_eq(ss_stack_check(&stack, ss_stack_size(&stack)),
			 -EBADMSG);
}
END_TEST

/* ---- maps ---- */

static int parse(struct ss_maps *maps, const char *line)
{
	return ss_maps_parse(maps, line, strlen(line));
}

START_TEST(maps_are_read)
{
	struct ss_maps maps = { 0 }, other = { 0 };
	const struct ss_map *map;

	ck_assert_int_eq(parse(&maps, "400000-401000 r--p 00000000 fe:00 12"
			       "                 /bin/a"), 0);
	ck_assert_int_eq(parse(&maps, "401000-402000 r-xp 00001000 fe:00 12"
			       "                 /bin/a b"), 1);
	ck_assert_int_eq(parse(&maps, "500000-502000 rwxp 00000000 00:00 0 "),
			 1);
	ck_assert_int_eq(parse(&maps, "7f00-8000 r-xp 0 fe:00 12 "
			       "/tmp/x (deleted)"), 1);
	ck_assert_uint_eq(maps.count, 3);
	map = ss_maps_find(&maps, 0x401fff);
	ck_assert_ptr_nonnull(map);
	ck_assert_str_eq(ss_map_name(&maps, map), "/bin/a b");
	ck_assert_uint_eq(map->offset, 0x1000);
	ck_assert_ptr_null(ss_maps_find(&maps, 0x402000));
	ck_assert_ptr_null(ss_map_name(&maps, &maps.maps[1]));
	ck_assert_str_eq(ss_map_name(&maps, &maps.maps[2]), "/tmp/x");

	ck_assert(!ss_maps_are_same(&maps, &other));
	ck_assert_int_eq(ss_maps_read(&other, getpid()), 0);
	ck_assert(ss_maps_are_same(&other, &other));
	map = ss_maps_find(&other, (uint64_t)(uintptr_t)ss_maps_read);
	ck_assert_ptr_nonnull(map);
	ck_assert_ptr_nonnull(strstr(ss_map_name(&other, map),
				     "check_stack"));
	ss_maps_release(&other);
	ss_maps_release(&maps);
	ck_assert_int_eq(ss_maps_read(&maps, 0x7fffffff), -ESRCH);
}
END_TEST

START_TEST(maps_have_limits)
{
	static char line[4096] = "401000-402000 r-xp 0 fe:00 12 /";
	struct ss_maps maps = { 0 };
	unsigned int added = 0;
	int r;

	memset(line + strlen(line), 'x', sizeof(line) - 1 - strlen(line));
	while ((r = parse(&maps, line)) == 1 && added < 10000)
		added++;
	ck_assert_int_eq(r, -EFBIG);
	ck_assert_uint_gt(added, 1000);
	ss_maps_release(&maps);
}
END_TEST

START_TEST(maps_are_not_trusted)
{
	static const char *const wrong[] = {
		"", "-", "1000", "1000-", "1000-2000", "1000-2000 r-xp",
		"1000-2000 r-xp x fe:00 1", "1000-2000 r-xp 0 fe00 1",
		"1000-2000 r-xp 0 fe:00 ", "1000-2000 r-xpp 0 fe:00 1",
		"x-2000 r-xp 0 fe:00 1", "1000-2000r-xp 0 fe:00 1",
	};
	struct ss_maps maps = { 0 };

	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(parse(&maps, wrong[i]), -EINVAL);
	ck_assert_uint_eq(maps.count, 0);
	ss_maps_release(&maps);
}
END_TEST

/* ---- .eh_frame ---- */

#define ADDRESS	0x480000u

/* Two common entries, and of each one that is about some code. */
static const uint8_t section[] = {
	/* 0x00: augmentation "zR", addresses relative, 4 bytes */
	0x14, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 0x10, 1, 0x1b,
	0, 0, 0, 0, 0, 0, 0,
	/* 0x18: 0x401000, 0x20 bytes: 0x401000 - 0x480020 */
	0x10, 0, 0, 0, 0x1c, 0, 0, 0, 0xe0, 0x0f, 0xf8, 0xff, 0x20, 0, 0, 0,
	0, 0, 0, 0,
	/* 0x2c: no augmentation, addresses as they are */
	0x0c, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0x78, 0x10, 0, 0, 0,
	/* 0x3c: 0x400800, 0x10 bytes */
	0x18, 0, 0, 0, 0x14, 0, 0, 0, 0x00, 0x08, 0x40, 0, 0, 0, 0, 0,
	0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* the end */
	0, 0, 0, 0,
};

START_TEST(entries_are_found)
{
	struct ss_eh_index index;

	ck_assert_int_eq(ss_eh_index_make(&index, section, sizeof(section),
					  ADDRESS), 0);
	ck_assert_uint_eq(index.count, 2);
	ck_assert_uint_eq(index.base, ADDRESS);
	ck_assert_uint_eq(index.first, 0x400800);
	ck_assert_uint_eq(index.end, 0x401020);
	ck_assert_int_eq(index.entries[0].start, 0x400800 - (int)ADDRESS);
	ck_assert_int_eq(index.entries[0].entry, 0x3c);
	ck_assert_int_eq(index.entries[1].start, 0x401000 - (int)ADDRESS);
	ck_assert_int_eq(index.entries[1].entry, 0x18);
	ss_eh_index_release(&index);
}
END_TEST

/* In a buffer of just that size, so that sanitizers see what is beyond. */
static void try_section(const uint8_t *from, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct ss_eh_index index;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, from, size);
	ck_assert_int_eq(ss_eh_index_make(&index, copy, size, ADDRESS), 0);
	ck_assert_uint_le(index.count, size / 4);
	ss_eh_index_release(&index);
	free(copy);
}

START_TEST(entries_are_not_trusted)
{
	uint8_t changed[sizeof(section)];

	for (size_t size = 0; size <= sizeof(section); size++)
		try_section(section, size);
	for (size_t i = 0; i < sizeof(section); i++) {
		for (unsigned int value = 0; value < 256; value++) {
			memcpy(changed, section, sizeof(section));
			changed[i] = (uint8_t)value;
			try_section(changed, sizeof(changed));
		}
	}
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		memcpy(changed, section, sizeof(section));
		for (int j = 0; j < 4; j++)
			changed[random() % (long)sizeof(changed)] =
				(uint8_t)random();
		try_section(changed, sizeof(changed));
	}
}
END_TEST

START_TEST(programs_without_one)
{
	struct ss_eh_index index = { 0 };
	int r = ss_eh_index_read(&index, getpid());

	/* It depends on the compiler whether this one is relocatable. */
	if (r)
		ck_assert_int_eq(r, -ENOENT);
	else
		ck_assert_uint_gt(index.count, 0);
	ss_eh_index_release(&index);
	ck_assert_int_eq(ss_eh_index_read(&index, 0x7fffffff), -ENOENT);
}
END_TEST

/* ---- what is kept ---- */

/* A file whose path is as long as a path can be: its descriptor. */
static int long_name(void)
{
	char top[] = "/tmp/check_stack.XXXXXX", name[NAME_MAX + 1] = "";
	int i, fd;

	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	memset(name, 'n', NAME_MAX);
	for (i = 0; i < 14; i++) {
		ck_assert_int_eq(mkdir(name, 0700), 0);
		ck_assert_int_eq(chdir(name), 0);
	}
	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0700);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink("file"), 0);
	for (i = 0; i < 14; i++) {
		ck_assert_int_eq(chdir(".."), 0);
		ck_assert_int_eq(rmdir(name), 0);
	}
	ck_assert_int_eq(rmdir(top), 0);
	return fd;
}

/* Whatever a program maps, others find room. */
START_TEST(little_is_kept)
{
	const size_t page = 4096, pages = 2500, most = 100ul << 20;
	const struct ss_stack_request request = { .tid = getpid() };
	struct ss_unwinder *unwinder = ss_unwinder_new();
	int fd = long_name(), memory = open("/proc/self/mem", O_RDONLY);
	char *place = mmap(NULL, pages * page, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mallinfo2 info;
	size_t i, n;

	ck_assert_ptr_ne(place, MAP_FAILED);
	for (n = 0; n < 6; n++) {
		for (i = 0; i < pages; i++)
			ck_assert_ptr_ne(mmap(place + i * page, page,
					      PROT_READ | PROT_EXEC,
					      MAP_PRIVATE | MAP_FIXED, fd,
					      (off_t)(n * page)), MAP_FAILED);
		ss_unwind(unwinder, &request, memory, &stack);
		info = mallinfo2();
		ck_assert_uint_lt(info.uordblks + info.hblkhd, most);
	}
	ss_unwinder_free(unwinder);
	(void)close(memory);
	(void)close(fd);
}
END_TEST

/* ---- the reader ---- */

START_TEST(reader_begins_and_ends)
{
	struct ss_stack_reader reader = SS_STACK_READER_NONE;
	struct ss_stack_request request = { .number = 1 };

	ss_stack_reader_stop(&reader);
	ck_assert_int_eq(ss_stack_reader_start(&reader), 0);
	ck_assert_int_eq(ss_stack_reader_take(&reader, &stack), 0);
	/* Nobody has this number. */
	request.tid = 0x7fffffff;
	ck_assert_int_eq(ss_stack_reader_ask(&reader, &request), -ESRCH);
	ss_stack_reader_stop(&reader);
	ck_assert_int_eq(reader.channel, -1);
}
END_TEST

static int await(struct ss_stack_reader *reader)
{
	struct pollfd polled = { .fd = reader->channel, .events = POLLIN };

	while (poll(&polled, 1, -1) < 0)
		ck_assert_int_eq(errno, EINTR);
	return ss_stack_reader_take(reader, &stack);
}

static volatile sig_atomic_t told;

static void on_child(int number ss_unused)
{
	told = 1;
}

static pid_t child_of(pid_t pid)
{
	struct ss_tids list = { 0 };
	pid_t child;

	ck_assert_int_eq(ss_proc_children_by_parent(pid, &list), 0);
	ck_assert_uint_eq(list.count, 1);
	child = list.tids[0];
	ss_tids_release(&list);
	return child;
}

START_TEST(reader_answers)
{
	struct ss_stack_reader reader;
	struct ss_stack_request request = { .number = 9, .tid = getpid() };
	struct sigaction action = { .sa_handler = on_child };
	struct pollfd polled = { .events = POLLIN };
	sigset_t child, old;

	ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &child, &old), 0);
	ck_assert_int_eq(ss_stack_reader_start(&reader), 0);
	polled.fd = reader.channel;
	/* A stack that goes nowhere: no registers. */
	ck_assert_int_eq(ss_stack_reader_ask(&reader, &request), 0);
	ck_assert_int_eq(await(&reader), 1);
	while (!told)
		(void)sigsuspend(&old);
	ck_assert_uint_eq(stack.number, 9);
	ck_assert_str_eq(ss_stack_string(&stack, stack.why_none),
			 "it cannot be followed");
	/* Somebody kills who reads, and it is replaced: nobody has asked. */
	ck_assert_int_eq(kill(child_of(reader.keeper), SIGKILL), 0);
	while (poll(&polled, 1, -1) < 0)
		ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(ss_stack_reader_ask(&reader, &request), 0);
	ck_assert_int_eq(await(&reader), 1);
	ck_assert_uint_eq(stack.number, 9);
	/* The keeper is killed: everybody goes. */
	ck_assert_int_eq(kill(reader.keeper, SIGKILL), 0);
	ck_assert_int_eq(await(&reader), -EPIPE);
	ck_assert_int_eq(ss_stack_reader_ask(&reader, &request), -EPIPE);
	ss_stack_reader_stop(&reader);
}
END_TEST

#ifndef SS_WITH_SANITIZERS
/* Whatever a file makes it do. */
START_TEST(reader_is_confined)
{
	struct ss_stack_request request = { .number = 1, .tid = getpid() };
	struct ss_stack_reader reader;
	char path[32], line[256];
	bool filtered = false;
	FILE *status;

	ck_assert_int_eq(ss_stack_reader_start(&reader), 0);
	ck_assert_int_eq(ss_stack_reader_ask(&reader, &request), 0);
	ck_assert_int_eq(await(&reader), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/status",
		       child_of(reader.keeper));
	status = fopen(path, "r");
	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof(line), status))
		filtered |= !strcmp(line, "Seccomp:\t2\n");
	(void)fclose(status);
	ck_assert(filtered);
	ss_stack_reader_stop(&reader);
}
END_TEST
#endif

/* By others of our user. */
START_TEST(reader_is_not_looked_into)
{
	struct ss_stack_request request = { .number = 1, .tid = getpid() };
	struct ss_stack_reader reader;
	char path[32];

	if (getuid() == 0)
		ck_assert_int_eq(setresuid(SOMEBODY, SOMEBODY, SOMEBODY), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
	ck_assert_int_eq(ss_stack_reader_start(&reader), 0);
	ck_assert_int_eq(ss_stack_reader_ask(&reader, &request), 0);
	ck_assert_int_eq(await(&reader), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", reader.keeper);
	ck_assert_int_lt(open(path, O_RDONLY), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem",
		       child_of(reader.keeper));
	ck_assert_int_lt(open(path, O_RDONLY), 0);
	ck_assert_int_eq(errno, EACCES);
	ss_stack_reader_stop(&reader);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stack");
	TCase *tcase = tcase_create("stack");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, message_is_sound);
	tcase_add_test(tcase, message_has_limits);
	tcase_add_test(tcase, message_is_not_trusted);
	tcase_add_test(tcase, maps_are_read);
	tcase_add_test(tcase, maps_have_limits);
	tcase_add_test(tcase, maps_are_not_trusted);
	tcase_add_test(tcase, entries_are_found);
	tcase_add_test(tcase, entries_are_not_trusted);
	tcase_add_test(tcase, programs_without_one);
	tcase_add_test(tcase, little_is_kept);
	tcase_add_test(tcase, reader_begins_and_ends);
	tcase_add_test(tcase, reader_answers);
	tcase_add_test(tcase, reader_is_not_looked_into);
#ifndef SS_WITH_SANITIZERS
	tcase_add_test(tcase, reader_is_confined);
#endif
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
