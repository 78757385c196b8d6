/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of kernel/filter and watch/calls: the program as it is loaded is
 * run by an interpreter of our own over (architecture, number, arguments).
 * The numbers below are written out, not taken from the table under test.
 */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "kernel/filter.h"
#include "watch/calls.h"

#define X32_BIT		0x40000000
#define NUMBERS		600	/* beyond every call of today */

#define ALLOW		SECCOMP_RET_ALLOW
#define NOTIFY		SECCOMP_RET_USER_NOTIF
#define REFUSE		(SECCOMP_RET_ERRNO | ENOSYS)

struct number {
	const char *name;
	int x86_64;	/* or -1 */
	int i386;	/* or -1 */
	int x32;	/* without the bit; or -1 */
};

/* Told to us whatever the arguments are. */
static const struct number always[] = {
	{ "kcmp", 312, 349, 312 },
	{ "clone", 56, 120, 56 },
	{ "clone3", 435, 435, 435 },
	{ "fork", 57, 2, 57 },
	{ "vfork", 58, 190, 58 },
	{ "execve", 59, 11, 520 },
	{ "execveat", 322, 358, 545 },
	{ "exit", 60, 1, 60 },
	{ "exit_group", 231, 252, 231 },
	{ "close", 3, 6, 3 },
	{ "dup2", 33, 63, 33 },
	{ "dup3", 292, 330, 292 },
	{ "close_range", 436, 436, 436 },
	{ "unshare", 272, 310, 272 },
	{ "setns", 308, 346, 308 },
	{ "semop", 65, -1, 65 },
	{ "semtimedop", 220, -1, 220 },
	{ "semtimedop_time64", -1, 420, -1 },
	{ "ioprio_set", 251, 289, 251 },
	{ "setuid", 105, 23, 105 },
	{ "setgid", 106, 46, 106 },
	{ "setreuid", 113, 70, 113 },
	{ "setregid", 114, 71, 114 },
	{ "setresuid", 117, 164, 117 },
	{ "setresgid", 119, 170, 119 },
	{ "setfsuid", 122, 138, 122 },
	{ "setfsgid", 123, 139, 123 },
	{ "setuid32", -1, 213, -1 },
	{ "setgid32", -1, 214, -1 },
	{ "setreuid32", -1, 203, -1 },
	{ "setregid32", -1, 204, -1 },
	{ "setresuid32", -1, 208, -1 },
	{ "setresgid32", -1, 210, -1 },
	{ "setfsuid32", -1, 215, -1 },
	{ "setfsgid32", -1, 216, -1 },
	{ "capset", 126, 185, 126 },
	{ "seccomp", 317, 354, 317 },
	{ "landlock_restrict_self", 446, 446, 446 },
	{ "io_uring_setup", 425, 425, 425 },
	{ "userfaultfd", 323, 374, 323 },
	{ "mount", 165, 21, 165 },
	{ "fsopen", 430, 430, 430 },
};

/* Told to us for some values of one argument. */
static const struct number sometimes[] = {
	{ "ioctl", 16, 54, 514 },
	{ "epoll_ctl", 233, 255, 233 },
	{ "ipc", -1, 117, -1 },
	{ "prctl", 157, 172, 157 },
	{ "rt_sigaction", 13, 174, 512 },
	{ "sigaction", -1, 67, -1 },
	{ "signal", -1, 48, -1 },
	{ "ptrace", 101, 26, 521 },
};

struct argument_case {
	uint32_t arch;
	int nr;
	int argument;
	uint64_t value;
	uint32_t action;
};

static const struct argument_case argument_cases[] = {
	/* EPOLL_CTL_ADD 1, DEL 2, MOD 3: an int to the kernel */
	{ AUDIT_ARCH_X86_64, 233, 1, 0, ALLOW },
	{ AUDIT_ARCH_X86_64, 233, 1, 1, NOTIFY },
	{ AUDIT_ARCH_X86_64, 233, 1, 2, NOTIFY },
	{ AUDIT_ARCH_X86_64, 233, 1, 3, ALLOW },
	{ AUDIT_ARCH_X86_64, 233, 1, 0x100000001, NOTIFY },
	{ AUDIT_ARCH_X86_64, 233, 1, 0xffffffff00000002, NOTIFY },
	{ AUDIT_ARCH_X86_64, 233, 1, 0x100000003, ALLOW },
	{ AUDIT_ARCH_X86_64, 233, 1, 0x10001, ALLOW },
	{ AUDIT_ARCH_I386, 255, 1, 0, ALLOW },
	{ AUDIT_ARCH_I386, 255, 1, 1, NOTIFY },
	{ AUDIT_ARCH_I386, 255, 1, 2, NOTIFY },
	{ AUDIT_ARCH_I386, 255, 1, 3, ALLOW },
	{ AUDIT_ARCH_I386, 255, 0, 1, ALLOW },
	{ AUDIT_ARCH_X86_64, 233 | X32_BIT, 1, 1, REFUSE },
	{ AUDIT_ARCH_X86_64, 233 | X32_BIT, 1, 3, ALLOW },
	/* USERFAULTFD_IOC_NEW */
	{ AUDIT_ARCH_X86_64, 16, 1, 0xaa00, NOTIFY },
	{ AUDIT_ARCH_X86_64, 16, 1, 0xffffffff0000aa00, NOTIFY },
	{ AUDIT_ARCH_X86_64, 16, 1, 0x5401, ALLOW },
	/* AUTOFS_DEV_IOCTL_CLOSEMOUNT */
	{ AUDIT_ARCH_X86_64, 16, 1, 0xc0189375, NOTIFY },
	{ AUDIT_ARCH_X86_64, 16, 1, 0x9375, NOTIFY },
	{ AUDIT_ARCH_X86_64, 16, 1, 0xc0189374, ALLOW },
	{ AUDIT_ARCH_I386, 54, 1, 0xc0189375, NOTIFY },
	{ AUDIT_ARCH_X86_64, 16, 0, 0xaa00, ALLOW },
	{ AUDIT_ARCH_I386, 54, 1, 0xaa00, NOTIFY },
	{ AUDIT_ARCH_I386, 54, 1, 0xaa01, ALLOW },
	{ AUDIT_ARCH_X86_64, 514 | X32_BIT, 1, 0xaa00, REFUSE },
	/* PR_SET_DUMPABLE */
	{ AUDIT_ARCH_X86_64, 157, 0, 4, NOTIFY },
	{ AUDIT_ARCH_X86_64, 157, 0, 0xabcd00000004, NOTIFY },
	{ AUDIT_ARCH_X86_64, 157, 0, 3, ALLOW },
	/* PR_SET_SECCOMP */
	{ AUDIT_ARCH_X86_64, 157, 0, 22, NOTIFY },
	{ AUDIT_ARCH_I386, 172, 0, 22, NOTIFY },
	{ AUDIT_ARCH_X86_64, 157, 0, 38, ALLOW },
	{ AUDIT_ARCH_X86_64, 157, 1, 4, ALLOW },
	{ AUDIT_ARCH_I386, 172, 0, 4, NOTIFY },
	{ AUDIT_ARCH_I386, 172, 0, 5, ALLOW },
	{ AUDIT_ARCH_X86_64, 157 | X32_BIT, 0, 4, REFUSE },
	{ AUDIT_ARCH_X86_64, 157 | X32_BIT, 0, 15, ALLOW },
	/* ipc: SEMOP 1 and SEMTIMEDOP 4 below 16 bits of version */
	{ AUDIT_ARCH_I386, 117, 0, 1, NOTIFY },
	{ AUDIT_ARCH_I386, 117, 0, 4, NOTIFY },
	{ AUDIT_ARCH_I386, 117, 0, 0x10001, NOTIFY },
	{ AUDIT_ARCH_I386, 117, 0, 0xffff0004, NOTIFY },
	{ AUDIT_ARCH_I386, 117, 0, 0, ALLOW },
	{ AUDIT_ARCH_I386, 117, 0, 2, ALLOW },
	{ AUDIT_ARCH_I386, 117, 0, 3, ALLOW },
	{ AUDIT_ARCH_I386, 117, 0, 0x10002, ALLOW },
	{ AUDIT_ARCH_I386, 117, 0, 21, ALLOW },
	/* what ipc is in i386 is another call in x86-64: setresuid */
	{ AUDIT_ARCH_X86_64, 117, 0, 2, NOTIFY },
	/* rt_sigaction and its like: a new action, at any address */
	{ AUDIT_ARCH_X86_64, 13, 1, 0, ALLOW },
	{ AUDIT_ARCH_X86_64, 13, 1, 0x7ffc12345678, NOTIFY },
	{ AUDIT_ARCH_X86_64, 13, 1, 0x7ffc00000000, NOTIFY },
	{ AUDIT_ARCH_X86_64, 13, 1, 0x1000, NOTIFY },
	{ AUDIT_ARCH_I386, 174, 1, 0, ALLOW },
	{ AUDIT_ARCH_I386, 174, 1, 0xffffd000, NOTIFY },
	{ AUDIT_ARCH_I386, 67, 1, 0, ALLOW },
	{ AUDIT_ARCH_I386, 67, 1, 0x8000, NOTIFY },
	{ AUDIT_ARCH_I386, 48, 1, 0, ALLOW },
	{ AUDIT_ARCH_I386, 48, 1, 1, NOTIFY },
	{ AUDIT_ARCH_X86_64, 512 | X32_BIT, 1, 0x1000, REFUSE },
	{ AUDIT_ARCH_X86_64, 512 | X32_BIT, 1, 0, ALLOW },
	/* PTRACE_TRACEME, ATTACH and SEIZE, but not PEEKTEXT */
	{ AUDIT_ARCH_X86_64, 101, 0, 0, NOTIFY },
	{ AUDIT_ARCH_X86_64, 101, 0, 16, NOTIFY },
	{ AUDIT_ARCH_X86_64, 101, 0, 0x4206, NOTIFY },
	{ AUDIT_ARCH_X86_64, 101, 0, 1, ALLOW },
	{ AUDIT_ARCH_X86_64, 101, 0, 0x4207, ALLOW },
	{ AUDIT_ARCH_I386, 26, 0, 0, NOTIFY },
	{ AUDIT_ARCH_I386, 26, 0, 24, ALLOW },
	{ AUDIT_ARCH_X86_64, 521 | X32_BIT, 0, 16, REFUSE },
};

static struct sock_fprog program;

static void setup(void)
{
	ck_assert_int_eq(ss_filter_build(ss_calls, ss_calls_count, NULL,
					 &program), 0);
}

static void setup_plan(const struct ss_filter_plan *plan)
{
	ck_assert_int_eq(ss_filter_build(ss_calls, ss_calls_count, plan,
					 &program), 0);
}

static void teardown(void)
{
	free(program.filter);
	program.filter = NULL;
}

static bool compare(unsigned int op, uint32_t accumulator, uint32_t operand)
{
	switch (op) {
	case BPF_JEQ:
		return accumulator == operand;
	case BPF_JGT:
		return accumulator > operand;
	case BPF_JGE:
		return accumulator >= operand;
	case BPF_JSET:
		return accumulator & operand;
	default:
		ck_abort_msg("unknown comparison %#x", op);
		return false;
	}
}

static uint32_t interpret(const struct seccomp_data *data)
{
	uint32_t accumulator = 0;
	unsigned int pc = 0;

	while (pc < program.len) {
		const struct sock_filter *i = &program.filter[pc++];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			ck_assert_uint_le(i->k, sizeof(*data) - 4);
			ck_assert_uint_eq(i->k % 4, 0);
			memcpy(&accumulator, (const char *)data + i->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += compare(BPF_OP(i->code), accumulator, i->k) ?
				i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			ck_abort_msg("unknown instruction %#x", i->code);
		}
	}
	ck_abort_msg("ran over the end");
	return 0;
}

static uint32_t action(uint32_t arch, int nr, int argument, uint64_t value)
{
	struct seccomp_data data = { .nr = nr, .arch = arch };

	/* Other arguments must not matter: they look like what is watched. */
	for (int i = 0; i < 6; i++)
		data.args[i] = 0x0101010100000000 + 9;
	if (argument >= 0)
		data.args[argument] = value;
	return interpret(&data);
}

static void expect(const char *name, uint32_t arch, int nr, uint32_t wanted)
{
	uint32_t got = action(arch, nr, -1, 0);

	ck_assert_msg(got == wanted, "%s (%d): %#x, not %#x", name, nr, got,
		      wanted);
}

START_TEST(watched_calls_are_told)
{
	for (size_t i = 0; i < SS_ARRAY_SIZE(always); i++) {
		const struct number *call = &always[i];

		if (call->x86_64 >= 0)
			expect(call->name, AUDIT_ARCH_X86_64, call->x86_64,
			       NOTIFY);
		if (call->i386 >= 0)
			expect(call->name, AUDIT_ARCH_I386, call->i386, NOTIFY);
	}
}
END_TEST

START_TEST(x32_is_refused)
{
	for (size_t i = 0; i < SS_ARRAY_SIZE(always); i++) {
		if (always[i].x32 >= 0)
			expect(always[i].name, AUDIT_ARCH_X86_64,
			       always[i].x32 | X32_BIT, REFUSE);
	}
}
END_TEST

static bool is_listed(const struct number *numbers, size_t n, uint32_t arch,
		      int nr)
{
	for (size_t i = 0; i < n; i++) {
		if (nr & X32_BIT ? numbers[i].x32 == (nr & ~X32_BIT) :
		    arch == AUDIT_ARCH_I386 ? numbers[i].i386 == nr :
		    numbers[i].x86_64 == nr)
			return true;
	}
	return false;
}

START_TEST(no_other_call_is_touched)
{
	static const uint32_t archs[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64,
	};
	int allowed = 0;

	for (size_t a = 0; a < SS_ARRAY_SIZE(archs); a++) {
		for (int nr = 0; nr < NUMBERS; nr++) {
			int called = a == 2 ? nr | X32_BIT : nr;

			if (is_listed(always, SS_ARRAY_SIZE(always), archs[a],
				      called) ||
			    is_listed(sometimes, SS_ARRAY_SIZE(sometimes),
				      archs[a], called))
				continue;
			expect("other", archs[a], called, ALLOW);
			allowed++;
		}
	}
	ck_assert_int_eq(allowed, 3 * NUMBERS - 38 - 48 - 38);
	/* What a tracer leaves of a call that is not to be made. */
	expect("skipped", AUDIT_ARCH_X86_64, -1, ALLOW);
	expect("skipped", AUDIT_ARCH_I386, -1, ALLOW);
}
END_TEST

START_TEST(arguments_decide)
{
	const struct argument_case *c = &argument_cases[_i];
	uint32_t got = action(c->arch, c->nr, c->argument, c->value);

	ck_assert_msg(got == c->action, "%#x %d arg %d = %#llx: %#x, not %#x",
		      c->arch, c->nr, c->argument,
		      (unsigned long long)c->value, got, c->action);
}
END_TEST

#define TELL	{ SS_KCMP_TELL, 0 }
#define LET	{ SS_KCMP_ALLOW, 0 }
#define EPERMED	{ SS_KCMP_REFUSE, EPERM }
#define EINVALED { SS_KCMP_REFUSE, EINVAL }

static const struct ss_filter_plan plans[] = {
	{ .kcmp = { TELL, TELL, TELL, TELL, TELL, TELL, TELL, TELL, TELL } },
	{ .kcmp = { LET, LET, LET, LET, LET, LET, LET, LET, LET } },
	{ .kcmp = { EPERMED, EPERMED, EPERMED, EPERMED, EPERMED, EPERMED,
		    EPERMED, EPERMED, EPERMED } },
	{ .kcmp = { TELL, EPERMED, EPERMED, EPERMED, EPERMED, EPERMED, EPERMED,
		    EPERMED, EINVALED } },
	{ .kcmp = { LET, EPERMED, TELL, LET, EINVALED, EPERMED, TELL, LET,
		    EPERMED } },
	{ .kcmp = { EPERMED, LET, LET, LET, LET, LET, LET, LET, TELL } },
	{ .kcmp = { EPERMED, TELL, TELL, TELL, TELL, TELL, TELL, TELL, LET } },
};

static uint32_t wanted_of(const struct ss_filter_verdict *verdict)
{
	return verdict->kind == SS_KCMP_TELL ? NOTIFY :
		verdict->kind == SS_KCMP_ALLOW ? ALLOW :
		SECCOMP_RET_ERRNO | (uint32_t)verdict->child_errno;
}

/* The type is an int to the kernel, whatever stands above it. */
static void check_type(const struct ss_filter_plan *plan, uint32_t type)
{
	static const uint64_t above[] = {
		0, 0x100000000, 0xffffffff00000000, 0x700000000,
	};
	uint32_t wanted = wanted_of(&plan->kcmp[type < 8 ? type : 8]);

	for (size_t i = 0; i < SS_ARRAY_SIZE(above); i++) {
		uint32_t got = action(AUDIT_ARCH_X86_64, 312, 2,
				      above[i] | type);

		ck_assert_msg(got == wanted, "type %#x: %#x, not %#x", type,
			      got, wanted);
	}
	ck_assert_uint_eq(action(AUDIT_ARCH_I386, 349, 2, type), wanted);
	ck_assert_uint_eq(action(AUDIT_ARCH_X86_64, 312 | X32_BIT, 2, type),
			  REFUSE);
}

START_TEST(kcmp_as_planned)
{
	const struct ss_filter_plan *plan = &plans[_i];

	setup_plan(plan);
	for (uint32_t type = 0; type < 70; type++)
		check_type(plan, type);
	for (uint32_t bit = 8; bit; bit <<= 1) {
		check_type(plan, bit);
		check_type(plan, bit | 7);
		check_type(plan, ~bit);
	}
	/* The rest is as without a plan. */
	expect("close", AUDIT_ARCH_X86_64, 3, NOTIFY);
	expect("close", AUDIT_ARCH_I386, 6, NOTIFY);
	expect("read", AUDIT_ARCH_X86_64, 0, ALLOW);
	teardown();
}
END_TEST

START_TEST(families_are_left_out)
{
	static const struct ss_filter_plan plan = {
		.unwatched = 1u << SS_FAMILY_DESCRIPTOR |
			1u << SS_FAMILY_EPOLL,
	};

	setup_plan(&plan);
	expect("close", AUDIT_ARCH_X86_64, 3, ALLOW);
	expect("close", AUDIT_ARCH_X86_64, 3 | X32_BIT, ALLOW);
	expect("dup2", AUDIT_ARCH_I386, 63, ALLOW);
	ck_assert_uint_eq(action(AUDIT_ARCH_X86_64, 233, 1, 1), ALLOW);
	expect("kcmp", AUDIT_ARCH_X86_64, 312, NOTIFY);
	expect("clone", AUDIT_ARCH_I386, 120, NOTIFY);
	expect("unshare", AUDIT_ARCH_X86_64, 272, NOTIFY);
	teardown();
}
END_TEST

START_TEST(unknown_architectures_are_killed)
{
	expect("aarch64", AUDIT_ARCH_AARCH64, 0, SECCOMP_RET_KILL_PROCESS);
	expect("mips", AUDIT_ARCH_MIPS, 312, SECCOMP_RET_KILL_PROCESS);
	expect("nothing", 0, 312, SECCOMP_RET_KILL_PROCESS);
	expect("x86-64 without its 64-bit mark",
	       AUDIT_ARCH_X86_64 & ~__AUDIT_ARCH_64BIT, 312,
	       SECCOMP_RET_KILL_PROCESS);
}
END_TEST

START_TEST(table_and_filter_agree)
{
	static struct ss_call_table table;
	static const uint32_t audit[SS_ARCH_COUNT] = {
		[SS_ARCH_X86_64] = AUDIT_ARCH_X86_64,
		[SS_ARCH_I386] = AUDIT_ARCH_I386,
	};
	enum ss_arch arch;

	ck_assert_int_eq(ss_filter_resolve(ss_calls, ss_calls_count, &table),
			 0);
	for (arch = 0; arch < SS_ARCH_COUNT; arch++) {
		for (int nr = 0; nr < NUMBERS; nr++) {
			const struct ss_call *call =
				ss_call_find(&table, arch, nr);
			uint32_t value = call && call->argument >= 0 &&
				!call->n_values ? 0x1000 :
				call ? call->values[0] : 0;
			uint32_t got = action(audit[arch], nr,
					      call ? call->argument : -1,
					      value);

			ck_assert_msg((call != NULL) == (got == NOTIFY),
				      "%d of %d: %#x", nr, arch, got);
		}
		ck_assert_ptr_null(ss_call_find(&table, arch, -1));
		ck_assert_ptr_null(ss_call_find(&table, arch, 1 << 20));
	}
	ck_assert_str_eq(ss_call_find(&table, SS_ARCH_I386, 349)->name,
			 "kcmp");
	ck_assert_ptr_null(ss_call_find(&table, SS_ARCH_COUNT, 312));
}
END_TEST

START_TEST(table_lists_each_call)
{
	size_t n = 0;

	for (size_t i = 0; i < ss_calls_count; i++) {
		const struct ss_call *call = &ss_calls[i];

		ck_assert_uint_lt(call->family, SS_FAMILY_COUNT);
		ck_assert_uint_ne(call->archs, 0);
		ck_assert_uint_le(call->n_values, SS_CALL_VALUES_MAX);
		ck_assert(call->argument >= 0 || call->n_values == 0);
		n++;
	}
	ck_assert_uint_eq(n, SS_ARRAY_SIZE(always) + SS_ARRAY_SIZE(sometimes));
}
END_TEST

/* What the guard asks is what the filter does. */
START_TEST(told_as_filtered)
{
	const struct argument_case *c = &argument_cases[_i];
	static struct ss_call_table table;
	const struct ss_call *call;
	uint64_t args[6] = { 0 };
	enum ss_arch arch;

	ck_assert_int_eq(ss_filter_resolve(ss_calls, ss_calls_count, &table),
			 0);
	ck_assert_int_eq(ss_arch_from_audit(c->arch, &arch), 0);
	call = ss_call_find(&table, arch, c->nr);
	if (!call)
		return;
	for (int i = 0; i < 6; i++)
		args[i] = 0x0101010100000000 + 9;
	args[c->argument] = c->value;
	ck_assert_int_eq(ss_call_is_told(call, args), c->action == NOTIFY);
}
END_TEST

START_TEST(guard_calls_are_last)
{
	size_t n = ss_calls_count_unguarded();

	ck_assert_uint_eq(n, ss_calls_count - 4);
	for (size_t i = 0; i < ss_calls_count; i++)
		ck_assert_int_eq(ss_calls[i].family == SS_FAMILY_SIGNAL,
				 i >= n);
}
END_TEST

START_TEST(architectures_of_notifications)
{
	enum ss_arch arch;

	ck_assert_int_eq(ss_arch_from_audit(AUDIT_ARCH_X86_64, &arch), 0);
	ck_assert_int_eq(arch, SS_ARCH_X86_64);
	ck_assert_int_eq(ss_arch_from_audit(AUDIT_ARCH_I386, &arch), 0);
	ck_assert_int_eq(arch, SS_ARCH_I386);
	ck_assert_int_eq(ss_arch_from_audit(AUDIT_ARCH_ARM, &arch), -ENOENT);
	ck_assert_int_eq(arch, SS_ARCH_I386);
}
END_TEST

START_TEST(unknown_names_are_refused)
{
	static const struct ss_call calls[] = {
		{ "no_such_call", SS_FAMILY_KCMP, 0, SS_CALL_ON_BOTH, -1, 0,
		  { 0 }, 0 },
	};
	static struct ss_call_table table;
	struct sock_fprog unused = { 0 };

	ck_assert_int_eq(ss_filter_resolve(calls, 1, &table), -ENOSYS);
	ck_assert_int_eq(ss_filter_build(calls, 1, NULL, &unused), -ENOSYS);
	ck_assert_ptr_null(unused.filter);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("filter");
	TCase *tcase = tcase_create("filter");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, watched_calls_are_told);
	tcase_add_test(tcase, x32_is_refused);
	tcase_add_test(tcase, no_other_call_is_touched);
	tcase_add_loop_test(tcase, arguments_decide, 0,
			    (int)SS_ARRAY_SIZE(argument_cases));
	tcase_add_loop_test(tcase, told_as_filtered, 0,
			    (int)SS_ARRAY_SIZE(argument_cases));
	tcase_add_test(tcase, guard_calls_are_last);
	tcase_add_test(tcase, unknown_architectures_are_killed);
	tcase_add_test(tcase, table_and_filter_agree);
	tcase_add_test(tcase, table_lists_each_call);
	tcase_add_test(tcase, architectures_of_notifications);
	tcase_add_test(tcase, unknown_names_are_refused);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("plans");
	tcase_add_loop_test(tcase, kcmp_as_planned, 0,
			    (int)SS_ARRAY_SIZE(plans));
	tcase_add_test(tcase, families_are_left_out);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
