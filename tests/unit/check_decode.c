/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls as they arrive -> what they mean.  The memory of the caller is an
 * array here; address 0 is unmapped.
 */
#include <check.h>
#include <errno.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>

#include "watch/decode-sem.h"
#include "watch/decode.h"

#define SEMOPM	500

static uint8_t memory[256];

static int read_memory(ss_unused const struct ss_reader *reader,
		       ss_unused pid_t tid, uint64_t address, void *buffer,
		       size_t length)
{
	if (!address || address + length > sizeof(memory))
		return -EFAULT;
	memcpy(buffer, memory + address, length);
	return 0;
}

static bool fits(ss_unused const struct ss_reader *from,
		 ss_unused pid_t tid, unsigned int operations)
{
	return operations <= SEMOPM;
}

static const struct ss_reader reader = {
	.read = read_memory,
	.fits = fits,
};

static const struct ss_call *call_named(const char *name)
{
	for (size_t i = 0; i < ss_calls_count; i++) {
		if (!strcmp(ss_calls[i].name, name))
			return &ss_calls[i];
	}
	ck_abort_msg("no watched call %s", name);
	return NULL;
}

static struct ss_decoded decode(const char *name, uint64_t a, uint64_t b,
				uint64_t c)
{
	const uint64_t args[6] = { a, b, c, 0, 0, 0 };
	struct ss_decoded decoded = { .act = SS_ACT_COUNT };

	ck_assert_int_eq(ss_decode(&reader, call_named(name), SS_ARCH_X86_64,
				   1, args, &decoded), 0);
	return decoded;
}

#define HIGH	0xdead00000000u

START_TEST(kcmp_takes_32_bits)
{
	const uint64_t args[6] = { HIGH | 7, HIGH | 8, HIGH | 2, 3, 4, 0 };
	struct ss_decoded d;

	ck_assert_int_eq(ss_decode(&reader, call_named("kcmp"),
				   SS_ARCH_X86_64, 1, args, &d), 0);
	ck_assert_int_eq(d.act, SS_ACT_KCMP);
	ck_assert_int_eq(d.kcmp.pid[0], 7);
	ck_assert_int_eq(d.kcmp.pid[1], 8);
	ck_assert_int_eq(d.kcmp.type, 2);
	ck_assert_uint_eq(d.kcmp.idx[0], 3);
	ck_assert_uint_eq(d.kcmp.idx[1], 4);
}
END_TEST

START_TEST(slots_that_lose_their_files)
{
	struct ss_decoded d = decode("close", HIGH | 5, 0, 0);

	ck_assert_int_eq(d.act, SS_ACT_CLOSE);
	ck_assert_uint_eq(d.range.first, 5);
	ck_assert_uint_eq(d.range.last, 5);
	ck_assert_int_eq(decode("close", 0xffffffff, 0, 0).act,
			 SS_ACT_NOTHING);
	d = decode("dup2", 3, HIGH | 6, 0);
	ck_assert_int_eq(d.act, SS_ACT_CLOSE);
	ck_assert_uint_eq(d.range.first, 6);
	ck_assert_int_eq(d.range.from, 3);
	ck_assert_int_eq(decode("dup2", 6, 6, 0).act, SS_ACT_NOTHING);
	ck_assert_int_eq(decode("dup3", 3, 6, 0xdead).act, SS_ACT_NOTHING);
	ck_assert_int_eq(decode("close_range", 9, 8, 0).act, SS_ACT_NOTHING);
	ck_assert_int_eq(decode("close_range", 1, 8, 0x100).act,
			 SS_ACT_NOTHING);
	ck_assert_int_eq(decode("close_range", 1, 8,
				CLOSE_RANGE_CLOEXEC).act, SS_ACT_NOTHING);
	d = decode("close_range", 1, 8,
		   CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE);
	ck_assert_int_eq(d.act, SS_ACT_CLOSE);
	ck_assert(d.range.unshare && d.range.keep);
}
END_TEST

START_TEST(slot_closed_by_an_ioctl)
{
	const uint32_t args[4] = { 1, 1, 24, 7 };
	struct ss_decoded d;

	memcpy(memory + 8, args, sizeof(args));
	d = decode("ioctl", 3, HIGH | 0xc0189375, 8);
	ck_assert_int_eq(d.act, SS_ACT_CLOSE);
	ck_assert_uint_eq(d.range.first, 7);
	ck_assert_uint_eq(d.range.last, 7);
	ck_assert_int_eq(decode("ioctl", 3, 0xc0189375, 0).act,
			 SS_ACT_NOTHING);
	ck_assert_int_eq(decode("ioctl", 3, 0xaa00, 8).act, SS_ACT_CAUTION);
}
END_TEST

/* flags, exit signal, stack, its size -> is there a clone? */
static const struct {
	uint64_t flags, exit_signal, stack, stack_size;
	bool is_clone;
} clones[] = {
	{ 0, 17, 0, 0, true },
	{ CLONE_VM | CLONE_SYSVSEM, 17, 0x1000, 0x1000, true },
	{ CLONE_PARENT | CLONE_SYSVSEM, 17, 0, 0, false },
	{ CLONE_PARENT | CLONE_SYSVSEM, 0, 0, 0, true },
	{ 0, 0x100, 0, 0, false },
	{ CLONE_DETACHED, 0, 0, 0, false },
	{ 1, 0, 0, 0, false },
	{ CLONE_VM, 17, 0x1000, 0, false },
	{ CLONE_VM, 17, 0, 0x1000, false },
};

START_TEST(clone3_is_read_from_memory)
{
	uint64_t args[8] = { 0 };

	args[0] = clones[_i].flags;
	args[4] = clones[_i].exit_signal;
	args[5] = clones[_i].stack;
	args[6] = clones[_i].stack_size;
	memcpy(memory + 8, args, sizeof(args));
	ck_assert_int_eq(decode("clone3", 8, sizeof(args), 0).act,
			 clones[_i].is_clone ? SS_ACT_CLONE : SS_ACT_NOTHING);
	ck_assert_int_eq(decode("clone3", 0, sizeof(args), 0).act,
			 SS_ACT_NOTHING);
	ck_assert_int_eq(decode("clone3", 8, 63, 0).act, SS_ACT_NOTHING);
}
END_TEST

/* The words of struct clone_args; the last one is of no version so far.  What
   is refused before there is an undo list makes none. */
#define WORDS	12

static const struct {
	uint64_t words[WORDS], size;
	bool is_clone, undo;
} refused[] = {
	{ { CLONE_SYSVSEM, [4] = 17 }, 96, true, true },
	{ { CLONE_SYSVSEM | 1ull << 40, [4] = 17 }, 88, true, false },
	{ { CLONE_SYSVSEM, [4] = 17, [11] = 1 }, 96, true, false },
	{ { CLONE_SYSVSEM, [4] = 17, [11] = 1 }, 88, true, true },
	{ { CLONE_SYSVSEM, [4] = 65 }, 88, false, false },
	{ { CLONE_SYSVSEM, [4] = 64 }, 88, true, true },
	{ { CLONE_SYSVSEM, [4] = 17, [8] = 8, [9] = 33 }, 88, false, false },
	{ { CLONE_SYSVSEM, [4] = 17, [9] = 1 }, 88, false, false },
	{ { CLONE_SYSVSEM, [4] = 17, [8] = 8 }, 88, false, false },
	{ { CLONE_SYSVSEM, [4] = 17, [8] = 8, [9] = 1 }, 88, true, true },
	{ { CLONE_SYSVSEM, [4] = 17, [8] = 255, [9] = 1 }, 88, false, false },
	{ { CLONE_SYSVSEM | CLONE_INTO_CGROUP, [10] = 3 }, 88, true, true },
	{ { CLONE_SYSVSEM | CLONE_INTO_CGROUP, [10] = 3 }, 80, false, false },
	{ { CLONE_SYSVSEM | CLONE_INTO_CGROUP, [10] = 1u << 31 }, 88,
	  false, false },
	{ { CLONE_SYSVSEM | CLONE_PIDFD | CLONE_PARENT_SETTID, 8, 0, 8 }, 88,
	  false, false },
	{ { CLONE_SYSVSEM | CLONE_PIDFD | CLONE_PARENT_SETTID, 8, 0, 12 }, 88,
	  true, true },
	{ { CLONE_SYSVSEM, [5] = 1ull << 63, [6] = 4096 }, 88, false, false },
	{ { CLONE_SYSVSEM, [5] = ~0ull - 8, [6] = 4096 }, 88, false, false },
};

START_TEST(clone3_refused_early)
{
	struct ss_decoded d;

	memset(memory, 0, sizeof(memory));
	memcpy(memory + 8, refused[_i].words, sizeof(refused[_i].words));
	d = decode("clone3", 8, refused[_i].size, 0);
	ck_assert_int_eq(d.act, refused[_i].is_clone ? SS_ACT_CLONE :
			 SS_ACT_NOTHING);
	ck_assert(refused[_i].undo == (d.act == SS_ACT_CLONE &&
				       d.flags & CLONE_SYSVSEM));
}
END_TEST

/* One address cannot be for both. */
START_TEST(clone_refused_early)
{
	ck_assert_int_eq(decode("clone", CLONE_PIDFD | CLONE_PARENT_SETTID,
				0, 0).act, SS_ACT_NOTHING);
	ck_assert_int_eq(decode("clone", CLONE_PIDFD | CLONE_DETACHED,
				0, 0).act, SS_ACT_NOTHING);
	ck_assert_int_eq(decode("clone", CLONE_PIDFD, 0, 0).act,
			 SS_ACT_CLONE);
	ck_assert_int_eq(decode("clone", CLONE_PARENT_SETTID | CLONE_DETACHED,
				0, 0).act, SS_ACT_CLONE);
}
END_TEST

/* CLONE_ARGS_SIZE_VER1 */
START_TEST(clone3_may_choose_numbers)
{
	uint64_t args[10] = { [8] = 8, [9] = 1 };

	memcpy(memory + 8, args, sizeof(args));
	ck_assert(decode("clone3", 8, sizeof(args), 0).chosen);
	ck_assert(!decode("clone3", 8, 64, 0).chosen);
	args[8] = 0;
	args[9] = 0;
	memcpy(memory + 8, args, sizeof(args));
	ck_assert(!decode("clone3", 8, sizeof(args), 0).chosen);
}
END_TEST

/* Words of struct clone_args -> the stack's last byte, the thread pointer. */
static const struct {
	uint64_t flags, stack, stack_size, tls, last, pointer;
} addresses[] = {
	{ 0, 0, 0, 0x5000, 0, 0 },
	{ CLONE_VM, 0x1000, 0x1000, 0, 0x1fff, 0 },
	{ CLONE_VM, 1, 1, 0, 1, 0 },
	{ CLONE_SETTLS, 0, 0, 0x5000, 0, 0 },
	{ CLONE_NEWUSER, 0, 0, 0x5000, 0, 0 },
	{ CLONE_NEWUSER | CLONE_SETTLS, 0, 0, 1ull << 63, 0, 1ull << 63 },
};

START_TEST(clone3_addresses)
{
	uint64_t args[8] = { 0 };
	struct ss_decoded d;

	args[0] = addresses[_i].flags;
	args[5] = addresses[_i].stack;
	args[6] = addresses[_i].stack_size;
	args[7] = addresses[_i].tls;
	memcpy(memory + 8, args, sizeof(args));
	d = decode("clone3", 8, sizeof(args), 0);
	ck_assert_int_eq(d.act, SS_ACT_CLONE);
	ck_assert_uint_eq(d.stack_last, addresses[_i].last);
	ck_assert_uint_eq(d.tls, addresses[_i].pointer);
}
END_TEST

/* In a register of clone; on i386 it is a descriptor's address. */
START_TEST(clone_addresses)
{
	static const uint32_t entries[] = { 5, 6, 14, 15, UINT32_MAX };
	uint64_t args[6] = { CLONE_NEWUSER | CLONE_SETTLS, 0, 0, 8, 0x5000, 0 };
	struct ss_decoded d;
	size_t i;

	ck_assert_int_eq(ss_decode(&reader, call_named("clone"),
				   SS_ARCH_X86_64, 1, args, &d), 0);
	ck_assert_uint_eq(d.tls, 0x5000);
	memset(memory, 0, sizeof(memory));
	for (i = 0; i < SS_ARRAY_SIZE(entries); i++) {
		memcpy(memory + 8, &entries[i], sizeof(entries[i]));
		ck_assert_int_eq(ss_decode(&reader, call_named("clone"),
					   SS_ARCH_I386, 1, args, &d), 0);
		ck_assert_uint_eq(d.tls, i == 1 || i == 2 ? 0 : UINT64_MAX);
	}
	args[3] = 0;
	ck_assert_int_eq(ss_decode(&reader, call_named("clone"),
				   SS_ARCH_I386, 1, args, &d), 0);
	ck_assert_int_eq(d.act, SS_ACT_CLONE);
	ck_assert_uint_eq(d.tls, UINT64_MAX);
}
END_TEST

START_TEST(clones_by_register)
{
	ck_assert_uint_eq(decode("clone", HIGH | CLONE_FILES | 17, 0, 0).flags,
			  CLONE_FILES);
	ck_assert_uint_eq(decode("fork", 0, 0, 0).flags, 0);
	ck_assert_uint_eq(decode("vfork", 0, 0, 0).flags,
			  CLONE_VM | CLONE_VFORK);
}
END_TEST

/* The two words that matter, by architecture, and what they mean. */
static const struct {
	const char *name;
	enum ss_arch arch;
	uint64_t handler;
	uint32_t flags;
	bool guard;
} handlers[] = {
	{ "rt_sigaction", SS_ARCH_X86_64, 0x1000, 0, true },
	{ "rt_sigaction", SS_ARCH_X86_64, 0x100000000, 0x4000000, true },
	{ "rt_sigaction", SS_ARCH_X86_64, 0x1000, 0x14000000, false },
	{ "rt_sigaction", SS_ARCH_X86_64, 0, 0, false },
	{ "rt_sigaction", SS_ARCH_X86_64, 1, 0, false },
	{ "rt_sigaction", SS_ARCH_I386, 0x1000, 0, true },
	{ "rt_sigaction", SS_ARCH_I386, 0x1000, 0x10000000, false },
	{ "sigaction", SS_ARCH_I386, 0x1000, 0, true },
	{ "sigaction", SS_ARCH_I386, 0x1000, 0x10000000, false },
	{ "sigaction", SS_ARCH_I386, 1, 0, false },
};

static enum ss_act signal_act(const char *name, enum ss_arch arch,
			      const uint64_t args[6])
{
	struct ss_decoded decoded = { .act = SS_ACT_COUNT };

	ck_assert_int_eq(ss_decode(&reader, call_named(name), arch, 1, args,
				   &decoded), 0);
	return decoded.act;
}

START_TEST(handlers_are_read_from_memory)
{
	uint64_t args[6] = { 10, 8, 0, 8, 0, 0 };
	bool wide = handlers[_i].arch == SS_ARCH_X86_64;
	size_t at = wide ? 8 : 4;

	if (!strcmp(handlers[_i].name, "sigaction"))
		at = 8;
	memset(memory, 0xff, sizeof(memory));
	memcpy(memory + 8, &handlers[_i].handler, wide ? 8 : 4);
	memset(memory + 8 + at, 0, 8);
	memcpy(memory + 8 + at, &handlers[_i].flags, 4);
	ck_assert_int_eq(signal_act(handlers[_i].name, handlers[_i].arch,
				    args),
			 handlers[_i].guard ? SS_ACT_GUARD : SS_ACT_NOTHING);
	/* No signal has this number. */
	args[0] = 65;
	ck_assert_int_eq(signal_act(handlers[_i].name, handlers[_i].arch,
				    args), SS_ACT_NOTHING);
	/* What cannot be read may be anything. */
	args[0] = HIGH | 10;
	args[1] = sizeof(memory);
	ck_assert_int_eq(signal_act(handlers[_i].name, handlers[_i].arch,
				    args), SS_ACT_GUARD);
}
END_TEST

START_TEST(handler_by_register)
{
	const uint64_t installs[6] = { 10, 0x1000 }, ignores[6] = { 10, 1 };

	ck_assert_int_eq(signal_act("signal", SS_ARCH_I386, installs),
			 SS_ACT_GUARD);
	ck_assert_int_eq(signal_act("signal", SS_ARCH_I386, ignores),
			 SS_ACT_NOTHING);
}
END_TEST

static enum ss_act sem_act(int flags, uint64_t count, uint64_t id)
{
	const struct sembuf op = { .sem_flg = (short)flags };

	memcpy(memory + 8, &op, sizeof(op));
	return decode("semop", id, 8, count).act;
}

START_TEST(undo_lists)
{
	ck_assert_int_eq(sem_act(SEM_UNDO, 1, 3), SS_ACT_UNDO);
	ck_assert_int_eq(sem_act(0, 1, 3), SS_ACT_NOTHING);
	ck_assert_int_eq(sem_act(SEM_UNDO, 0, 3), SS_ACT_NOTHING);
	ck_assert_int_eq(sem_act(SEM_UNDO, SEMOPM + 1, 3), SS_ACT_NOTHING);
	ck_assert_int_eq(sem_act(SEM_UNDO, 1, 0xffffffff), SS_ACT_NOTHING);
}
END_TEST

static bool any_number_fits(ss_unused const struct ss_reader *from,
			    ss_unused pid_t tid,
			    ss_unused unsigned int operations)
{
	return true;
}

static uint64_t bytes_read;

/* Zeros everywhere, and SEM_UNDO in the very first operation. */
static int read_zeros(ss_unused const struct ss_reader *from,
		      ss_unused pid_t tid, uint64_t address, void *buffer,
		      size_t length)
{
	const struct sembuf op = { .sem_flg = SEM_UNDO };

	memset(buffer, 0, length);
	if (address == 8)
		memcpy(buffer, &op, sizeof(op));
	bytes_read += length;
	return 0;
}

/* However many are allowed, others wait while we read them. */
START_TEST(as_many_operations_as_we_read)
{
	const struct ss_reader patient = {
		.read = read_zeros,
		.fits = any_number_fits,
	};
	uint64_t args[6] = { 3, 8, SS_SEM_OPERATIONS_MAX };
	struct ss_decoded d = { .act = SS_ACT_COUNT };

	ck_assert_int_eq(ss_decode(&patient, call_named("semop"),
				   SS_ARCH_X86_64, 1, args, &d), 0);
	ck_assert_int_eq(d.act, SS_ACT_UNDO);
	ck_assert_uint_eq(bytes_read, args[2] * sizeof(struct sembuf));
	bytes_read = 0;
	args[2]++;
	ck_assert_int_eq(ss_decode(&patient, call_named("semop"),
				   SS_ARCH_X86_64, 1, args, &d), -E2BIG);
	ck_assert_uint_eq(bytes_read, 0);
}
END_TEST

static int read_nothing(ss_unused const struct ss_reader *from,
			ss_unused pid_t tid, ss_unused uint64_t address,
			ss_unused void *buffer, ss_unused size_t length)
{
	return -EACCES;
}

/* What the kernel can read, and we cannot, is not taken for a fault. */
START_TEST(withheld_arguments)
{
	const struct ss_reader blind = {
		.read = read_nothing,
		.fits = any_number_fits,
	};
	const uint64_t args[6] = { 8, CLONE_ARGS_SIZE_VER0, 1, 16 };
	struct ss_decoded d = { .act = SS_ACT_COUNT };

	ck_assert_int_eq(ss_decode(&blind, call_named("clone3"),
				   SS_ARCH_X86_64, 1, args, &d), -EACCES);
	ck_assert_int_eq(ss_decode(&blind, call_named("semop"),
				   SS_ARCH_X86_64, 1, args, &d), -EACCES);
	ck_assert_int_eq(ss_decode(&blind, call_named("semtimedop"),
				   SS_ARCH_X86_64, 1, args, &d), -EACCES);
	ck_assert_int_eq(d.act, SS_ACT_COUNT);
}
END_TEST

/* The upper half of tv_nsec is padding where longs have 32 bits. */
START_TEST(timeout_with_padding)
{
	const struct sembuf op = { .sem_flg = SEM_UNDO };
	const uint64_t args[6] = { 3, 8, 1, 16 };
	uint64_t timeout[2] = { 1, HIGH | 5 };
	struct ss_decoded d = { .act = SS_ACT_COUNT };

	memcpy(memory + 8, &op, sizeof(op));
	memcpy(memory + 16, timeout, sizeof(timeout));
	ck_assert_int_eq(ss_decode(&reader, call_named("semtimedop_time64"),
				   SS_ARCH_I386, 1, args, &d), 0);
	ck_assert_int_eq(d.act, SS_ACT_UNDO);
	ck_assert_int_eq(ss_decode(&reader, call_named("semtimedop"),
				   SS_ARCH_X86_64, 1, args, &d), 0);
	ck_assert_int_eq(d.act, SS_ACT_NOTHING);
	timeout[1] = 1000000000;
	memcpy(memory + 16, timeout, sizeof(timeout));
	ck_assert_int_eq(ss_decode(&reader, call_named("semtimedop_time64"),
				   SS_ARCH_I386, 1, args, &d), 0);
	ck_assert_int_eq(d.act, SS_ACT_NOTHING);
}
END_TEST

START_TEST(classes_of_io)
{
	struct ss_decoded d = decode("ioprio_set", 1, 7, 2 << 13 | 4);

	ck_assert_int_eq(d.act, SS_ACT_IOPRIO);
	ck_assert_int_eq(d.ioprio.who, 7);
	ck_assert_int_eq(d.ioprio.io_class, 2);
	ck_assert_int_eq(decode("ioprio_set", 4, 0, 0).act, SS_ACT_NOTHING);
	ck_assert_int_eq(decode("ioprio_set", 1, 0, 3).act, SS_ACT_NOTHING);
	ck_assert_int_eq(decode("ioprio_set", 1, 0, 5 << 13).act,
			 SS_ACT_NOTHING);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch/decode");
	TCase *tcase = tcase_create("decode");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, kcmp_takes_32_bits);
	tcase_add_test(tcase, slots_that_lose_their_files);
	tcase_add_test(tcase, slot_closed_by_an_ioctl);
	tcase_add_loop_test(tcase, clone3_is_read_from_memory, 0,
			    (int)SS_ARRAY_SIZE(clones));
	tcase_add_loop_test(tcase, clone3_refused_early, 0,
			    SS_ARRAY_SIZE(refused));
	tcase_add_test(tcase, clone_refused_early);
	tcase_add_test(tcase, clone3_may_choose_numbers);
	tcase_add_loop_test(tcase, clone3_addresses, 0,
			    SS_ARRAY_SIZE(addresses));
	tcase_add_test(tcase, clone_addresses);
	tcase_add_test(tcase, clones_by_register);
	tcase_add_loop_test(tcase, handlers_are_read_from_memory, 0,
			    SS_ARRAY_SIZE(handlers));
	tcase_add_test(tcase, handler_by_register);
	tcase_add_test(tcase, undo_lists);
	tcase_add_test(tcase, as_many_operations_as_we_read);
	tcase_add_test(tcase, withheld_arguments);
	tcase_add_test(tcase, timeout_with_padding);
	tcase_add_test(tcase, classes_of_io);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
