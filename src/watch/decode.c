/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/epoll.h>

#include "watch/decode-sem.h"
#include "watch/decode-signal.h"

/* What a decoder gets: all the same, and each takes what it needs. */
struct input {
	const struct ss_reader *reader;
	const struct ss_call *call;
	enum ss_arch arch;
	pid_t tid;
	const uint64_t *args;
};

typedef int decode_fn(const struct input *in, struct ss_decoded *ret);

static int decode_kcmp(const struct input *in, struct ss_decoded *ret)
{
	ret->act = SS_ACT_KCMP;
	ret->kcmp.pid[0] = (pid_t)in->args[0];
	ret->kcmp.pid[1] = (pid_t)in->args[1];
	ret->kcmp.type = (int)in->args[2];
	ret->kcmp.idx[0] = in->args[3];
	ret->kcmp.idx[1] = in->args[4];
	return 0;
}

#define CLONE_ARGS_MAX	4096	/* a page: E2BIG */
#define PID_NS_LEVELS_MAX	32	/* MAX_PID_NS_LEVEL */
#define GDT_TLS_MIN	6	/* GDT_ENTRY_TLS_MIN of 32-bit kernels */
#define GDT_TLS_MAX	14	/* GDT_ENTRY_TLS_MAX of 64-bit kernels */
#define CLONE_KNOWN	(UINT32_MAX | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP)

/* struct clone_args as of its third version (linux/sched.h). */
struct clone3_args {
	uint64_t flags;
	uint64_t pidfd, child_tid, parent_tid;
	uint64_t exit_signal;
	uint64_t stack, stack_size;
	uint64_t tls;
	uint64_t set_tid, set_tid_size;	/* since VER1 */
	uint64_t cgroup;		/* since VER2 */
};

/* clone3_stack_valid(), as far as every kernel agrees. */
static bool stack_is_refused(const struct clone3_args *args)
{
	uint64_t end = args->stack + args->stack_size;

	if (!args->stack != !args->stack_size)
		return true;
	return end < args->stack || end > INT64_MAX;
}

/* copy_clone_args_from_user(), clone3_args_valid(), and the beginning of
   kernel_clone(): what is refused before anything is copied. */
static bool clone3_is_refused(const struct clone3_args *args, uint64_t size)
{
	const uint64_t both = CLONE_PIDFD | CLONE_PARENT_SETTID;

	if (args->set_tid_size > PID_NS_LEVELS_MAX ||
	    !args->set_tid != !args->set_tid_size)
		return true;
	if (args->exit_signal > SS_SIGNALS_MAX)
		return true;
	if ((args->flags & CLONE_INTO_CGROUP) &&
	    (args->cgroup > INT_MAX || size < CLONE_ARGS_SIZE_VER2))
		return true;
	if (args->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return true;
	if ((args->flags & (CLONE_THREAD | CLONE_PARENT)) &&
	    args->exit_signal)
		return true;
	if ((args->flags & both) == both && args->pidfd == args->parent_tid)
		return true;
	return stack_is_refused(args);
}

/* 0; 1 if there is something behind what we know of the arguments; -errno. */
static int has_more(const struct input *in, uint64_t size)
{
	uint8_t rest[CLONE_ARGS_MAX - sizeof(struct clone3_args)];
	uint64_t known = sizeof(struct clone3_args), i;
	int r;

	if (size <= known)
		return 0;
	r = in->reader->read(in->reader, in->tid, in->args[0] + known, rest,
			     size - known);
	for (i = 0; !r && i < size - known; i++)
		r = rest[i] != 0;
	return r;
}

/*
 * Where the thread pointer is refused, that comes late (copy_thread()); it
 * matters where something else may have been refused earlier.  On i386 it is
 * the address of a descriptor, of which this much has to be right on every
 * kernel.
 */
static void note_tls(const struct input *in, uint64_t tls,
		     struct ss_decoded *ret)
{
	const uint64_t both = CLONE_NEWUSER | CLONE_SETTLS;
	struct {
		uint32_t entry, base, limit, flags;
	} segment;
	int r;

	if ((ret->flags & both) != both)
		return;
	if (in->arch == SS_ARCH_X86_64) {
		ret->tls = tls;
		return;
	}
	r = in->reader->read(in->reader, in->tid, tls, &segment,
			     sizeof(segment));
	if (r == -EFAULT || (!r && (segment.entry < GDT_TLS_MIN ||
				    segment.entry > GDT_TLS_MAX)))
		ret->tls = UINT64_MAX;
}

static int decode_clone3(const struct input *in, struct ss_decoded *ret)
{
	uint64_t size = in->args[1];
	uint32_t numbers[PID_NS_LEVELS_MAX];
	struct clone3_args args = { 0 };
	int r;

	if (size < CLONE_ARGS_SIZE_VER0 || size > CLONE_ARGS_MAX)
		return 0;
	r = in->reader->read(in->reader, in->tid, in->args[0], &args,
			     size < sizeof(args) ? size : sizeof(args));
	if (!r && clone3_is_refused(&args, size))
		return 0;
	if (!r && args.set_tid)
		r = in->reader->read(in->reader, in->tid, args.set_tid,
				     numbers, args.set_tid_size *
				     sizeof(numbers[0]));
	if (!r)
		r = has_more(in, size);
	if (r < 0)
		return r == -EFAULT ? 0 : r;
	/* Of what we do not know a later kernel may make a child; the others
	   refuse it before there is an undo list. */
	if (r || (args.flags & ~(uint64_t)CLONE_KNOWN))
		args.flags &= ~(uint64_t)CLONE_SYSVSEM;
	ret->act = SS_ACT_CLONE;
	ret->flags = args.flags;
	ret->chosen = args.set_tid_size;
	if (args.stack)
		ret->stack_last = args.stack + args.stack_size - 1;
	note_tls(in, args.tls, ret);
	return 0;
}

/* kernel_clone(), copy_process(): the first address is for both. */
static bool clone_is_refused(uint64_t flags)
{
	return (flags & CLONE_PIDFD) &&
		(flags & (CLONE_PARENT_SETTID | CLONE_DETACHED));
}

static int decode_clone(const struct input *in, struct ss_decoded *ret)
{
	switch ((enum ss_call_clone)in->call->which) {
	case SS_CALL_CLONE3:
		return decode_clone3(in, ret);
	case SS_CALL_CLONE:
		ret->flags = (uint32_t)in->args[0] & ~(uint64_t)CSIGNAL;
		if (clone_is_refused(ret->flags))
			return 0;
		note_tls(in, in->args[in->arch == SS_ARCH_I386 ? 3 : 4], ret);
		break;
	case SS_CALL_FORK:
		ret->flags = 0;
		break;
	case SS_CALL_VFORK:
		ret->flags = CLONE_VM | CLONE_VFORK;
		break;
	}
	ret->act = SS_ACT_CLONE;
	return 0;
}

static int decode_exec(ss_unused const struct input *in,
		       struct ss_decoded *ret)
{
	ret->act = SS_ACT_EXEC;
	return 0;
}

static int decode_exit(const struct input *in, struct ss_decoded *ret)
{
	ret->act = SS_ACT_EXIT;
	ret->group = in->call->which == SS_CALL_EXIT_GROUP;
	return 0;
}

/* One slot loses its file; numbers beyond INT_MAX are nobody's. */
static void one_slot(struct ss_decoded *ret, uint32_t fd, int from)
{
	if (fd > INT_MAX)
		return;
	ret->act = SS_ACT_CLOSE;
	ret->range.first = fd;
	ret->range.last = fd;
	ret->range.unshare = false;
	ret->range.keep = false;
	ret->range.from = from;
}

static int decode_close_range(const struct input *in, struct ss_decoded *ret)
{
	uint32_t first = (uint32_t)in->args[0], last = (uint32_t)in->args[1];
	uint32_t flags = (uint32_t)in->args[2];

	if (first > last ||
	    (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
		return 0;
	ret->range.unshare = flags & CLOSE_RANGE_UNSHARE;
	ret->range.keep = flags & CLOSE_RANGE_CLOEXEC;
	ret->range.first = first;
	ret->range.last = last;
	ret->range.from = -1;
	if (ret->range.unshare || !ret->range.keep)
		ret->act = SS_ACT_CLOSE;
	return 0;
}

static int decode_descriptor(const struct input *in, struct ss_decoded *ret)
{
	uint32_t first = (uint32_t)in->args[0], second = (uint32_t)in->args[1];

	switch ((enum ss_call_descriptor)in->call->which) {
	case SS_CALL_CLOSE:
		one_slot(ret, first, -1);
		break;
	case SS_CALL_DUP3:
		if ((uint32_t)in->args[2] & ~(uint32_t)O_CLOEXEC)
			break;
		/* fall through */
	case SS_CALL_DUP2:
		/* dup2(n, n) changes nothing, dup3(n, n) is refused. */
		if (first != second && first <= INT_MAX)
			one_slot(ret, second, (int)first);
		break;
	case SS_CALL_CLOSE_RANGE:
		return decode_close_range(in, ret);
	}
	return 0;
}

static int decode_namespace(const struct input *in, struct ss_decoded *ret)
{
	if (in->call->which == SS_CALL_SETNS) {
		ret->act = SS_ACT_SETNS;
		ret->setns.fd = (int)in->args[0];
		ret->setns.type = (unsigned int)in->args[1];
		return 0;
	}
	ret->act = SS_ACT_UNSHARE;
	ret->flags = in->args[0];
	return 0;
}

static int decode_epoll(const struct input *in, struct ss_decoded *ret)
{
	ret->act = SS_ACT_EPOLL;
	ret->epoll.efd = (int)in->args[0];
	ret->epoll.add = (int)in->args[1] == EPOLL_CTL_ADD;
	ret->epoll.fd = (int)in->args[2];
	return 0;
}

static int decode_sem(const struct input *in, struct ss_decoded *ret)
{
	bool undo = false;
	int r = ss_decode_sem(in->reader, in->call, in->arch, in->tid,
			      in->args, &undo);

	if (undo)
		ret->act = SS_ACT_UNDO;
	return r;
}

/* ioprio_check_cap(), as far as the arguments tell. */
static int decode_ioprio(const struct input *in, struct ss_decoded *ret)
{
	int which = (int)in->args[0], ioprio = (int)in->args[2];
	int io_class = (ioprio & 0xffff) >> 13, level = ioprio & 7;

	if (which < SS_IOPRIO_WHO_PROCESS || which > SS_IOPRIO_WHO_USER ||
	    io_class > 3 || (io_class == 0 && level))
		return 0;
	ret->act = SS_ACT_IOPRIO;
	ret->ioprio.which = which;
	ret->ioprio.who = (int)in->args[1];
	ret->ioprio.io_class = io_class;
	return 0;
}

static int decode_cred(const struct input *in, struct ss_decoded *ret)
{
	switch ((enum ss_call_cred)in->call->which) {
	case SS_CALL_SETID:
	case SS_CALL_CAPSET:
		ret->act = SS_ACT_SETID;
		break;
	case SS_CALL_SECCOMP:
		ret->act = SS_ACT_FILTER;
		break;
	case SS_CALL_PRCTL:
		if ((uint32_t)in->args[0] == PR_SET_SECCOMP) {
			ret->act = SS_ACT_FILTER;
			break;
		}
		/* SUID_DUMP_DISABLE, SUID_DUMP_USER; all else is refused. */
		if (in->args[1] > 1)
			break;
		ret->act = SS_ACT_DUMPABLE;
		ret->dumpable = in->args[1] == 1;
		break;
	case SS_CALL_LANDLOCK:
		ret->act = SS_ACT_LANDLOCK;
		ret->landlock.fd = (int)in->args[0];
		ret->landlock.flags = (unsigned int)in->args[1];
		break;
	}
	return 0;
}

static int decode_ring(ss_unused const struct input *in,
		       struct ss_decoded *ret)
{
	ret->act = SS_ACT_RING;
	return 0;
}

/* The beginning of struct autofs_dev_ioctl. */
struct autofs_args {
	uint32_t major, minor, size;
	uint32_t closed;
};

#define IOCTL_CLOSEMOUNT	0x9375u	/* its type and number */

/* If the other descriptor is not autofs's, the slot is forgotten in vain. */
static int decode_closemount(const struct input *in, struct ss_decoded *ret)
{
	struct autofs_args args;
	int r = in->reader->read(in->reader, in->tid, in->args[2], &args,
				 sizeof(args));

	if (r)
		return r == -EFAULT ? 0 : r;
	one_slot(ret, args.closed, -1);
	return 0;
}

static int decode_caution(const struct input *in, struct ss_decoded *ret)
{
	if (in->call->which == SS_CALL_IOCTL &&
	    (in->args[1] & UINT16_MAX) == IOCTL_CLOSEMOUNT)
		return decode_closemount(in, ret);
	ret->act = SS_ACT_CAUTION;
	return 0;
}

static int decode_signal(const struct input *in, struct ss_decoded *ret)
{
	bool interrupts = false;
	int r;

	if (in->call->which == SS_CALL_PTRACE) {
		ret->act = SS_ACT_TRACE;
		ret->tracee = (uint32_t)in->args[0] == PTRACE_TRACEME ? 0 :
			(pid_t)in->args[1];
		return 0;
	}
	r = ss_decode_signal(in->reader, in->call, in->arch, in->tid, in->args,
			     &interrupts);
	if (interrupts)
		ret->act = SS_ACT_GUARD;
	return r;
}

static decode_fn *const decoders[SS_FAMILY_COUNT] = {
	[SS_FAMILY_KCMP] = decode_kcmp,
	[SS_FAMILY_CLONE] = decode_clone,
	[SS_FAMILY_EXEC] = decode_exec,
	[SS_FAMILY_EXIT] = decode_exit,
	[SS_FAMILY_DESCRIPTOR] = decode_descriptor,
	[SS_FAMILY_NAMESPACE] = decode_namespace,
	[SS_FAMILY_EPOLL] = decode_epoll,
	[SS_FAMILY_SEM] = decode_sem,
	[SS_FAMILY_IOPRIO] = decode_ioprio,
	[SS_FAMILY_CRED] = decode_cred,
	[SS_FAMILY_RING] = decode_ring,
	[SS_FAMILY_CAUTION] = decode_caution,
	[SS_FAMILY_SIGNAL] = decode_signal,
};

int ss_decode(const struct ss_reader *reader, const struct ss_call *call,
	      enum ss_arch arch, pid_t tid, const uint64_t args[6],
	      struct ss_decoded *ret)
{
	struct input in = {
		.reader = reader,
		.call = call,
		.arch = arch,
		.tid = tid,
		.args = args,
	};
	struct ss_decoded decoded = { .act = SS_ACT_NOTHING };
	int r = decoders[call->family](&in, &decoded);

	if (!r)
		*ret = decoded;
	return r;
}
