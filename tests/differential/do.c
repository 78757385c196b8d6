/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations: each is one system call, or a few, with bare errors.
 */
#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OP(name) \
	static long name(struct ch_slot *me, const int64_t *arg)
#define UNUSED(x) ((void)(x))

enum { PILE = 19 };	/* the first number of those that only hold files */

/* ---- life and death ---- */

OP(do_exit)
{
	UNUSED(me);
	UNUSED(arg);
	return ch_sys(SYS_exit, 0);
}

/* The first process of a pid namespace does not die of its own signal. */
OP(do_exit_group)
{
	if (arg[0])
		ch_sys(SYS_tgkill, me->self_tgid, me->self, SIGABRT);
	return ch_sys(SYS_exit_group, 0);
}

long ch_signal(const struct ch_slot *me, int64_t slot, int number)
{
	const struct ch_slot *other = &ch_arena->slot[slot];
	pid_t tid = ch_number(me, slot);
	pid_t tgid = me->pidns == other->pidns ? other->self_tgid :
		other->tgid;

	if (tid <= 0 || tid == 0x7ffffff0)
		return -ESRCH;
	return ch_sys(SYS_tgkill, tgid, tid, number);
}

OP(do_kill)
{
	return ch_signal(me, arg[0], SIGKILL);
}

OP(do_wait)
{
	pid_t pid = arg[0] < 0 ? -1 : ch_number(me, arg[0]);

	return ch_sys(SYS_wait4, pid, 0, WNOHANG | __WALL, 0);
}

OP(do_sigchld)
{
	struct ch_sigaction action = {
		.handler = arg[0] ? CH_P(SIG_IGN) : CH_P(SIG_DFL),
	};

	UNUSED(me);
	return ch_sys(SYS_rt_sigaction, SIGCHLD, CH_P(&action), 0, 8);
}

/* ---- descriptors ---- */

OP(do_open)
{
	UNUSED(me);
	return ch_sys(SYS_openat, AT_FDCWD, CH_P("/dev/null"), arg[0]);
}

OP(do_pipe)
{
	int fd[2];

	UNUSED(me);
	return ch_sys(SYS_pipe2, CH_P(fd), arg[0]);
}

OP(do_socketpair)
{
	int fd[2];

	UNUSED(me);
	return ch_sys(SYS_socketpair, AF_UNIX, SOCK_STREAM | arg[0], 0,
		      CH_P(fd));
}

OP(do_eventfd)
{
	UNUSED(me);
	return ch_sys(SYS_eventfd2, 0, arg[0]);
}

OP(do_epoll)
{
	long fd = ch_sys(SYS_epoll_create1, 0);
	long ret;

	UNUSED(me);
	if (fd < 0 || arg[0] < 0 || fd == arg[0])
		return fd;
	ret = ch_sys(SYS_dup2, fd, arg[0]);
	ch_sys(SYS_close, fd);
	return ret;
}

OP(do_memfd)
{
	UNUSED(me);
	return ch_sys(SYS_memfd_create, CH_P("chaos"), arg[0]);
}

OP(do_dup)
{
	UNUSED(me);
	return ch_sys(SYS_dup, arg[0]);
}

OP(do_dup2)
{
	UNUSED(me);
	return ch_sys(SYS_dup2, arg[0], arg[1]);
}

OP(do_dup3)
{
	UNUSED(me);
	return ch_sys(SYS_dup3, arg[0], arg[1], arg[2]);
}

OP(do_dupfd)
{
	UNUSED(me);
	return ch_sys(SYS_fcntl, arg[0], arg[2] ? F_DUPFD_CLOEXEC : F_DUPFD,
		      arg[1]);
}

OP(do_close)
{
	UNUSED(me);
	return ch_sys(SYS_close, arg[0]);
}

OP(do_range)
{
	UNUSED(me);
	return ch_sys(SYS_close_range, arg[0], arg[1], arg[2]);
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(4 * sizeof(int))];
};

static void message(struct msghdr *msg, struct iovec *vector,
		    union control *control, size_t size)
{
	*msg = (struct msghdr){
		.msg_iov = vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = size,
	};
}

OP(do_send)
{
	char byte = 'x';
	struct iovec vector = { &byte, 1 };
	union control control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	} };
	int fd = (int)arg[0];
	struct msghdr msg;

	UNUSED(me);
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	message(&msg, &vector, &control, CMSG_SPACE(sizeof(int)));
	return ch_sys(SYS_sendmsg, CH_FD_SEND, CH_P(&msg),
		      MSG_DONTWAIT | MSG_NOSIGNAL);
}

OP(do_recv)
{
	char byte[4];
	struct iovec vector = { byte, 1 };
	union control control;
	struct msghdr msg;

	UNUSED(me);
	message(&msg, &vector, &control, sizeof(control));
	return ch_sys(SYS_recvmsg, CH_FD_RECV, CH_P(&msg),
		      MSG_DONTWAIT | arg[0]);
}

OP(do_getfd)
{
	long pidfd = ch_sys(SYS_pidfd_open, ch_number(me, arg[0]), 0);
	long ret;

	if (pidfd < 0)
		return pidfd;
	ret = ch_sys(SYS_pidfd_getfd, pidfd, arg[1], 0);
	ch_sys(SYS_close, pidfd);
	return ret;
}

/* There is room. */
static char *put(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	*at = '\0';
	return at;
}

char *ch_number_path(char *path, const char *prefix, int64_t number)
{
	int64_t unit = 1;

	path = put(path, prefix);
	while (number / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		*path++ = (char)('0' + number / unit % 10);
	*path = '\0';
	return path;
}

OP(do_reopen)
{
	char path[64];

	UNUSED(me);
	ch_number_path(path, "/proc/thread-self/fd/", arg[0]);
	return ch_sys(SYS_openat, AT_FDCWD, CH_P(path),
		      arg[1] | O_NONBLOCK | O_NOCTTY);
}

OP(do_cloexec)
{
	UNUSED(me);
	if (arg[1] > 1)
		return ch_sys(SYS_ioctl, arg[0], FIOCLEX, 0);
	return ch_sys(SYS_fcntl, arg[0], F_SETFD, arg[1] ? FD_CLOEXEC : 0);
}

static long epoll(int op, const int64_t *arg)
{
	struct epoll_event event = { .events = EPOLLIN };

	return ch_sys(SYS_epoll_ctl, arg[0], op, arg[1], CH_P(&event));
}

OP(do_epoll_add)
{
	UNUSED(me);
	return epoll(EPOLL_CTL_ADD, arg);
}

OP(do_epoll_mod)
{
	UNUSED(me);
	return epoll(EPOLL_CTL_MOD, arg);
}

OP(do_epoll_del)
{
	UNUSED(me);
	return epoll(EPOLL_CTL_DEL, arg);
}

/*
 * Several items with one number: each file gets the number, is added, and
 * lives on under another number while the next one gets this one.
 */
OP(do_epoll_pile)
{
	const int64_t add[] = { arg[0], arg[1] };
	long added = 0;
	int64_t i;

	UNUSED(me);
	for (i = 0; i < arg[2] && i < CH_TOFFS; i++) {
		long fd = ch_sys(SYS_eventfd2, 0, 0);

		if (fd < 0)
			return fd;
		if (fd != arg[1]) {
			ch_sys(SYS_dup2, fd, arg[1]);
			ch_sys(SYS_close, fd);
		}
		added += epoll(EPOLL_CTL_ADD, add) == 0;
		ch_sys(SYS_fcntl, arg[1], F_DUPFD, PILE);
	}
	ch_sys(SYS_close, arg[1]);
	return added;
}

/* ---- namespaces and contexts ---- */

OP(do_unshare)
{
	UNUSED(me);
	return ch_sys(SYS_unshare, arg[0]);
}

/* "/proc/TID/ns/NAME", as the driver's /proc numbers tasks. */
static long open_namespace(int64_t slot, const char *name)
{
	char path[64];

	put(put(ch_number_path(path, "/proc/", ch_arena->slot[slot].tid),
		"/ns/"), name);
	return ch_sys(SYS_openat, AT_FDCWD, CH_P(path), O_RDONLY);
}

OP(do_setns)
{
	static const struct {
		const char *path;
		int type;
	} which[] = {
		{ "/proc/thread-self/ns/ipc", CLONE_NEWIPC },
		{ "/proc/thread-self/ns/ipc", 0 },
		{ "/proc/thread-self/ns/pid", CLONE_NEWPID },
		{ "/proc/thread-self/ns/mnt", CLONE_NEWNS },
		{ "/proc/thread-self/ns/uts", 0 },
		{ "/proc/thread-self/ns/uts", CLONE_NEWIPC },
		{ "/dev/null", CLONE_NEWIPC },
	}, others[CH_SETNS_OTHERS] = {
		{ "ipc", CLONE_NEWIPC },
		{ "uts", 0 },
		{ "pid", CLONE_NEWPID },
		{ NULL, CLONE_NEWIPC | CLONE_NEWUTS },
		{ "user", CLONE_NEWUSER },
	};
	const size_t own = sizeof(which) / sizeof(which[0]);
	int64_t slot = arg[1] > 0 && arg[1] < CH_SLOTS ? arg[1] : 0;
	size_t i = (size_t)arg[0] % own;
	int type = which[i].type;
	long ret, fd;

	if (arg[0] >= CH_SETNS_OTHER) {
		i = (size_t)(arg[0] - CH_SETNS_OTHER) % CH_SETNS_OTHERS;
		type = others[i].type;
		fd = others[i].path ? open_namespace(slot, others[i].path) :
			ch_sys(SYS_pidfd_open, ch_number(me, slot), 0);
	} else {
		fd = ch_sys(SYS_openat, AT_FDCWD, CH_P(which[i].path),
			    O_RDONLY);
	}
	if (fd < 0)
		return fd;
	ret = ch_sys(SYS_setns, fd, type);
	ch_sys(SYS_close, fd);
	return ret;
}

static long semop_call(long id, const void *ops, long count)
{
#if defined(SYS_semop)
	return ch_sys(SYS_semop, id, CH_P(ops), count);
#else
	/* ipc(SEMOP, id, count, unused, ops) */
	return ch_sys(SYS_ipc, 1, id, count, 0, CH_P(ops));
#endif
}

/* Waits for what nobody brings, for five milliseconds. */
static long semop_in_vain(void)
{
	const struct sembuf much = { .sem_op = -32000, .sem_flg = SEM_UNDO };
	const int64_t limit[2] = { 0, 5000000 };
#if defined(SYS_semtimedop)
	const long nr = SYS_semtimedop;
#else
	const long nr = SYS_semtimedop_time64;
#endif

	return ch_sys(nr, ch_arena->semid, CH_P(&much), 1, CH_P(limit));
}

OP(do_semop)
{
	struct sembuf undo = { .sem_op = 1, .sem_flg = SEM_UNDO };
	struct sembuf plain = { .sem_op = 1 };
	struct sembuf back = { .sem_op = -1, .sem_flg = SEM_UNDO | IPC_NOWAIT };

	UNUSED(me);
	switch (arg[0]) {
	case 0:
		return semop_call(ch_arena->semid, &undo, 1);
	case 1:
		return semop_call(ch_arena->semid, &plain, 1);
	case 2:		/* makes the list and fails */
		return semop_call(0x7fffffff, &undo, 1);
	case 3:		/* these do not come so far */
		return semop_call(ch_arena->semid, &undo, 0);
	case 4:
		return semop_call(ch_arena->semid, (void *)1, 1);
	case 5:
		return semop_call(ch_arena->semid, &back, 1);
	case 6:
		return semop_in_vain();
	default:
		return semop_call(-1, &undo, 1);
	}
}

OP(do_ioprio)
{
	long who = arg[1] == -9 ? 0 : ch_number(me, arg[1]);

	return ch_sys(SYS_ioprio_set, arg[0], who, arg[2]);
}

/* ---- credentials ---- */

OP(do_setid)
{
	long id = (long)arg[1];

	UNUSED(me);
	switch (arg[0]) {
	case 0:
		return ch_sys(SYS_setresuid, id, id, id);
	case 1:
		return ch_sys(SYS_setresuid, -1, id, -1);
	case 2:
		return ch_sys(SYS_setresuid, id, -1, -1);
	case 3:
		return ch_sys(SYS_setresgid, id, id, id);
	case 4:
		return ch_sys(SYS_setreuid, -1, id);
	case 5:
		return ch_sys(SYS_setfsuid, id);
	case 6:
		return ch_sys(SYS_setgid, id);
	default:
		return ch_sys(SYS_setuid, id);
	}
}

OP(do_capset)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	long ret = ch_sys(SYS_capget, CH_P(&header), CH_P(data));

	UNUSED(me);
	if (ret < 0)
		return ret;
	if (arg[0] == 0)	/* CAP_SYS_PTRACE, for now */
		data[0].effective &= ~(1U << CAP_SYS_PTRACE);
	else if (arg[0] == 1)	/* back, if it is permitted */
		data[0].effective = data[0].permitted;
	else if (arg[0] == 2)	/* for ever */
		data[0].effective = data[0].permitted &=
			~(1U << CAP_SYS_PTRACE);
	else if (arg[0] == 4)	/* files can be unreadable now */
		data[0].effective = data[0].permitted &=
			~(1U << CAP_SYS_PTRACE | 1U << CAP_DAC_OVERRIDE |
			  1U << CAP_DAC_READ_SEARCH);
	else			/* something else */
		data[0].effective = data[0].permitted &= ~(1U << CAP_CHOWN);
	return ch_sys(SYS_capset, CH_P(&header), CH_P(data));
}

OP(do_dumpable)
{
	UNUSED(me);
	return ch_sys(SYS_prctl, PR_SET_DUMPABLE, arg[0], 0, 0, 0);
}

OP(do_landlock)
{
	uint64_t handled = 1ULL << 9;	/* to make sockets by name */
	long fd = ch_sys(SYS_landlock_create_ruleset, CH_P(&handled),
			 sizeof(handled), 0);
	long ret;

	UNUSED(me);
	UNUSED(arg);
	if (fd < 0)
		return fd;
	ret = ch_sys(SYS_landlock_restrict_self, fd, 0);
	ch_sys(SYS_close, fd);
	return ret;
}

/* Numbers FIRST to LAST are opened, copied and closed. */
OP(do_churn)
{
	uint64_t state = (uint64_t)arg[0];
	int64_t i;

	UNUSED(me);
	for (i = 0; i < arg[1] && i < 1000; i++) {
		long a;
		long b;

		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		a = 3 + (long)(state >> 40 & 15);
		b = 3 + (long)(state >> 50 & 15);
		switch (state >> 60 & 3) {
		case 0:
			ch_sys(SYS_close, a);
			break;
		case 1:
			ch_sys(SYS_dup2, a, b);
			break;
		case 2:
			ch_sys(SYS_dup, a);
			break;
		default:
			ch_sys(SYS_openat, AT_FDCWD, CH_P("/dev/null"),
			       O_RDWR);
			break;
		}
	}
	return 0;
}

const struct ch_kind ch_kinds[CH_OPS] = {
	[CH_ASK] = { "ask", ch_do_ask },
	[CH_TRIPLE] = { "triple", ch_do_triple },
	[CH_SWEEP] = { "sweep", ch_do_sweep },
	[CH_ITEMS] = { "items", ch_do_items },
	[CH_CLONE] = { "clone", ch_do_clone },
	[CH_SPAWN] = { "spawn", ch_do_spawn },
	[CH_EXEC] = { "exec", ch_do_exec },
	[CH_EXEC_FAIL] = { "exec-fail", ch_do_exec_fail },
	[CH_EXIT] = { "exit", do_exit },
	[CH_EXIT_GROUP] = { "exit-group", do_exit_group },
	[CH_KILL] = { "kill", do_kill },
	[CH_WAIT] = { "wait", do_wait },
	[CH_SIGCHLD] = { "sigchld", do_sigchld },
	[CH_SIGNALS] = { "signals", ch_do_signals },
	[CH_STOP] = { "stop", ch_do_stop },
	[CH_OPEN] = { "open", do_open },
	[CH_PIPE] = { "pipe", do_pipe },
	[CH_SOCKETPAIR] = { "socketpair", do_socketpair },
	[CH_EVENTFD] = { "eventfd", do_eventfd },
	[CH_EPOLL] = { "epoll", do_epoll },
	[CH_MEMFD] = { "memfd", do_memfd },
	[CH_DUP] = { "dup", do_dup },
	[CH_DUP2] = { "dup2", do_dup2 },
	[CH_DUP3] = { "dup3", do_dup3 },
	[CH_DUPFD] = { "dupfd", do_dupfd },
	[CH_CLOSE] = { "close", do_close },
	[CH_RANGE] = { "range", do_range },
	[CH_SEND] = { "send", do_send },
	[CH_RECV] = { "recv", do_recv },
	[CH_GETFD] = { "getfd", do_getfd },
	[CH_REOPEN] = { "reopen", do_reopen },
	[CH_CLOEXEC] = { "cloexec", do_cloexec },
	[CH_EPOLL_ADD] = { "epoll-add", do_epoll_add },
	[CH_EPOLL_MOD] = { "epoll-mod", do_epoll_mod },
	[CH_EPOLL_DEL] = { "epoll-del", do_epoll_del },
	[CH_EPOLL_PILE] = { "epoll-pile", do_epoll_pile },
	[CH_UNSHARE] = { "unshare", do_unshare },
	[CH_SETNS] = { "setns", do_setns },
	[CH_SEMOP] = { "semop", do_semop },
	[CH_IOPRIO] = { "ioprio", do_ioprio },
	[CH_SETID] = { "setid", do_setid },
	[CH_CAPSET] = { "capset", do_capset },
	[CH_DUMPABLE] = { "dumpable", do_dumpable },
	[CH_LANDLOCK] = { "landlock", do_landlock },
	[CH_RING_SETUP] = { "ring", ch_do_ring },
	[CH_RING_DO] = { "ring-do", ch_do_ring_call },
	[CH_CHURN] = { "churn", do_churn },
	[CH_SLOW] = { "slow", ch_do_slow },
};
