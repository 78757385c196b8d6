/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/guard.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "kernel/proc.h"

#define OPTIONS \
	(PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACEEXEC)

static long request(enum __ptrace_request what, pid_t tid, uintptr_t address,
		    uintptr_t data)
{
	return ptrace(what, tid, address, data);
}

bool ss_guard_is_possible(void)
{
	/* There is no task 0: anything but that comes from a filter. */
	return request(PTRACE_SEIZE, 0, 0, 0) < 0 && errno == ESRCH;
}

int ss_guard_seize(pid_t tid)
{
	return request(PTRACE_SEIZE, tid, 0, OPTIONS) < 0 ? -errno : 0;
}

int ss_guard_seize_alone(pid_t tid)
{
	return request(PTRACE_SEIZE, tid, 0, 0) < 0 ? -errno : 0;
}

void ss_guard_extend(pid_t tid)
{
	(void)request(PTRACE_SETOPTIONS, tid, 0, OPTIONS);
}

static enum ss_stop_kind kind_of(int number, int event)
{
	switch (event) {
	case 0:
		return SS_STOP_SIGNAL;
	case PTRACE_EVENT_EXEC:
		return SS_STOP_EXEC;
	case PTRACE_EVENT_STOP:
		return number == SIGTRAP ? SS_STOP_OTHER : SS_STOP_GROUP;
	default:
		return SS_STOP_OTHER;
	}
}

int ss_guard_take(struct ss_stop *ret)
{
	siginfo_t info = { 0 };

	/*
	 * Not __WALL: with __WCLONE the kernel looks at those whom we trace
	 * and at children without SIGCHLD, and those who come to us as orphans
	 * have it.  So nobody else's status is taken away.
	 */
	if (waitid(P_ALL, 0, &info,
		   WEXITED | WSTOPPED | WNOHANG | __WCLONE))
		return -errno;
	if (!info.si_pid)
		return 0;
	ret->tid = info.si_pid;
	switch (info.si_code) {
	case CLD_EXITED:
		ret->kind = SS_STOP_END;
		ret->number = info.si_status;
		break;
	case CLD_KILLED:
	case CLD_DUMPED:
		ret->kind = SS_STOP_END;
		ret->number = 128 + info.si_status;
		break;
	default:
		ret->number = info.si_status & 0x7f;
		ret->kind = kind_of(ret->number, info.si_status >> 8);
		break;
	}
	return 1;
}

bool ss_guard_is_traced(pid_t tid)
{
	siginfo_t info;

	return !waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG |
		       WNOWAIT | __WCLONE) || errno != ECHILD;
}

bool ss_guard_is_more(void)
{
	siginfo_t info = { 0 };

	return !waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG |
		       WNOWAIT | __WALL) && info.si_pid;
}

static uint32_t arch_of(pid_t tid)
{
	struct __ptrace_syscall_info info = { 0 };

	/* Valid in every stop (Linux 5.3). */
	if (request(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info),
		    (uintptr_t)&info) <= 0)
		return AUDIT_ARCH_X86_64;
	return info.arch;
}

bool ss_guard_registers(pid_t tid, struct user_regs_struct *ret)
{
	return request(PTRACE_GETREGS, tid, 0, (uintptr_t)ret) == 0;
}

bool ss_guard_is_interrupted(pid_t tid, struct ss_interrupted *ret)
{
	struct user_regs_struct regs;

	if (!ss_guard_registers(tid, &regs) || (int)regs.orig_rax < 0)
		return false;
	ret->error = -(int)regs.rax;
	if (ret->error != SS_GUARD_ERRNO_RESTART &&
	    ret->error != SS_GUARD_ERRNO_AGAIN && ret->error != EINTR)
		return false;
	ret->arch = arch_of(tid);
	ret->nr = (int)regs.orig_rax;
	if (ret->arch == AUDIT_ARCH_I386) {
		const uint64_t args[6] = {
			(uint32_t)regs.rbx, (uint32_t)regs.rcx,
			(uint32_t)regs.rdx, (uint32_t)regs.rsi,
			(uint32_t)regs.rdi, (uint32_t)regs.rbp,
		};

		memcpy(ret->args, args, sizeof(args));
	} else {
		const uint64_t args[6] = {
			regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8,
			regs.r9,
		};

		memcpy(ret->args, args, sizeof(args));
	}
	return true;
}

enum limit {
	LIMIT_NONE,		/* it has none */
	LIMIT_MILLISECONDS,	/* none if negative */
	LIMIT_ADDRESS,		/* none if NULL */
	LIMIT_IPC,		/* that of SEMTIMEDOP is an address */
};

/* Of ipc(2), below a version. */
#define IPC_SEMOP	1u
#define IPC_SEMTIMEDOP	4u

/* Calls that signal(7) names as interrupted also without a handler; numbers
   are those of asm/unistd_64.h and unistd_32.h. */
static const struct {
	uint32_t arch;
	int nr;
	enum limit limit;
	unsigned int argument;
} waits[] = {
	{ AUDIT_ARCH_X86_64, 65, LIMIT_NONE, 0 },		/* semop */
	{ AUDIT_ARCH_X86_64, 128, LIMIT_ADDRESS, 2 },	/* rt_sigtimedwait */
	{ AUDIT_ARCH_X86_64, 208, LIMIT_ADDRESS, 4 },	/* io_getevents */
	{ AUDIT_ARCH_X86_64, 220, LIMIT_ADDRESS, 3 },	/* semtimedop */
	{ AUDIT_ARCH_X86_64, 232, LIMIT_MILLISECONDS, 3 }, /* epoll_wait */
	{ AUDIT_ARCH_X86_64, 281, LIMIT_MILLISECONDS, 3 }, /* epoll_pwait */
	{ AUDIT_ARCH_X86_64, 333, LIMIT_ADDRESS, 4 },	/* io_pgetevents */
	{ AUDIT_ARCH_X86_64, 441, LIMIT_ADDRESS, 3 },	/* epoll_pwait2 */
	{ AUDIT_ARCH_I386, 117, LIMIT_IPC, 0 },		/* ipc */
	{ AUDIT_ARCH_I386, 177, LIMIT_ADDRESS, 2 },	/* rt_sigtimedwait */
	{ AUDIT_ARCH_I386, 247, LIMIT_ADDRESS, 4 },	/* io_getevents */
	{ AUDIT_ARCH_I386, 256, LIMIT_MILLISECONDS, 3 }, /* epoll_wait */
	{ AUDIT_ARCH_I386, 319, LIMIT_MILLISECONDS, 3 }, /* epoll_pwait */
	{ AUDIT_ARCH_I386, 385, LIMIT_ADDRESS, 4 },	/* io_pgetevents */
	/* with 64 bits of time: */
	{ AUDIT_ARCH_I386, 416, LIMIT_ADDRESS, 4 },	/* io_pgetevents */
	{ AUDIT_ARCH_I386, 420, LIMIT_ADDRESS, 3 },	/* semtimedop */
	{ AUDIT_ARCH_I386, 421, LIMIT_ADDRESS, 2 },	/* rt_sigtimedwait */
	{ AUDIT_ARCH_I386, 441, LIMIT_ADDRESS, 3 },	/* epoll_pwait2 */
};

bool ss_guard_is_wait(const struct ss_interrupted *interrupted)
{
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(waits); i++) {
		uint64_t argument = interrupted->args[waits[i].argument];

		if (waits[i].arch != interrupted->arch ||
		    waits[i].nr != interrupted->nr)
			continue;
		switch (waits[i].limit) {
		case LIMIT_NONE:
			return true;
		case LIMIT_MILLISECONDS:
			return (int)argument < 0;
		case LIMIT_ADDRESS:
			return !argument;
		case LIMIT_IPC:
			return (argument & 0xffff) == IPC_SEMOP ||
				((argument & 0xffff) == IPC_SEMTIMEDOP &&
				 !interrupted->args[5]);
		}
	}
	return false;
}

void ss_guard_end_with(pid_t tid, int error)
{
	(void)request(PTRACE_POKEUSER, tid,
		      offsetof(struct user_regs_struct, rax),
		      (uintptr_t)-(long)error);
}

bool ss_guard_is_ignored(pid_t tid, int number)
{
	struct ss_proc_signals signals;
	uint64_t bit = 1ull << (number - 1);

	if (ss_proc_signals(tid, &signals))
		return false;
	if (signals.ignored & bit)
		return true;
	return (number == SIGCHLD || number == SIGCONT ||
		number == SIGWINCH || number == SIGURG) &&
		!(signals.caught & bit);
}

void ss_guard_continue(pid_t tid, int number)
{
	(void)request(PTRACE_CONT, tid, 0, (uintptr_t)number);
}

void ss_guard_detach(pid_t tid, int number)
{
	(void)request(PTRACE_DETACH, tid, 0, (uintptr_t)number);
}

void ss_guard_listen(pid_t tid)
{
	(void)request(PTRACE_LISTEN, tid, 0, 0);
}

pid_t ss_guard_former_tid(pid_t tid)
{
	unsigned long message = 0;

	if (request(PTRACE_GETEVENTMSG, tid, 0, (uintptr_t)&message) < 0)
		return 0;
	return (pid_t)message;
}

void ss_guard_interrupt(pid_t tid)
{
	(void)request(PTRACE_INTERRUPT, tid, 0, 0);
}
