/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The judge: starts the driver, supervised or not, and answers its questions
 * with the kernel's own kcmp.  It knows nothing of the supervisor.
 */
#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORDS = 24,
	LATE = 5000,	/* milliseconds for a verdict */
};

/* ---- for those inside ---- */

static int request(const struct ch_request *request)
{
	long sent = ch_sys(SYS_write, CH_FD_JUDGE, CH_P(request),
			   sizeof(*request));

	return sent == (long)sizeof(*request) ? 0 : -EPIPE;
}

int ch_request_batch(int count, int after)
{
	const struct ch_request batch = {
		.slot = -1,
		.count = count,
		.after = after,
	};
	char reply;
	int ret = request(&batch);

	if (ret)
		return ret;
	return read(CH_FD_JUDGE, &reply, 1) == 1 ? 0 : -EPIPE;
}

/*
 * Requests of who had the slot before and was killed may still be on their
 * way, and so may one's own that was given up: a verdict has its request's
 * ticket.
 */
int ch_request_own(struct ch_slot *me, int after)
{
	const struct ch_request own = {
		.slot = (int)(me - ch_arena->slot),
		.ticket = __atomic_add_fetch(&ch_arena->tickets, 1,
					     __ATOMIC_SEQ_CST),
	};
	int ret = request(&own);
	int64_t end = ch_milliseconds() + LATE;
	uint32_t judged;

	while (!ret && ch_milliseconds() < end) {
		judged = __atomic_load_n(&me->judged, __ATOMIC_SEQ_CST);
		if (judged == own.ticket) {
			me->question.verdict[after] = me->verdict;
			me->question.gone[after] = (uint8_t)me->gone;
			return 0;
		}
		ch_futex_wait(&me->judged, judged, 100);
	}
	return ret ? ret : -ETIMEDOUT;
}

/* ---- outside ---- */

static int32_t ask_kernel(const struct ch_question *q)
{
	struct kcmp_epoll_slot slot;
	long second = (long)q->idx[1];

	ch_epoll_slot(q, &slot);
	if (q->type == KCMP_EPOLL_TFD)
		second = q->toff < 0 ? 1 : CH_P(&slot);
	return (int32_t)ch_sys(SYS_kcmp, q->outer[0], q->outer[1], q->type,
			       q->idx[0], second);
}

/* A zombie: what it shared is gone, in the kernel's order, too. */
static pid_t nobody;

static int make_nobody(void)
{
	siginfo_t info;

	nobody = fork();
	if (nobody == 0)
		_exit(0);
	if (nobody < 0 || waitid(P_PID, (id_t)nobody, &info,
				 WEXITED | WNOWAIT))
		return -errno;
	return 0;
}

static uint8_t ask_who_is_gone(const struct ch_question *q)
{
	int gone = 0;
	int i;

	if (q->type < KCMP_VM || q->type > KCMP_SYSVSEM)
		return 0;
	for (i = 0; i < 2; i++) {
		if (ch_sys(SYS_kcmp, q->outer[i], nobody, q->type, 0, 0) == 0)
			gone |= 1 << i;
	}
	return (uint8_t)gone;
}

static void judge_batch(const struct ch_request *request)
{
	int after = request->after & 1;
	int i;

	for (i = 0; i < request->count && i < CH_BATCH; i++) {
		struct ch_question *q = &ch_arena->batch[i];

		q->verdict[after] = ask_kernel(q);
		q->gone[after] = ask_who_is_gone(q);
	}
}

static void judge_own(const struct ch_request *request)
{
	struct ch_slot *slot;

	if (request->slot < 0 || request->slot >= CH_SLOTS)
		return;
	slot = &ch_arena->slot[request->slot];
	slot->verdict = ask_kernel(&slot->question);
	slot->gone = ask_who_is_gone(&slot->question);
	__atomic_store_n(&slot->judged, request->ticket, __ATOMIC_SEQ_CST);
	ch_futex_wake(&slot->judged);
}

/* True if there may be more. */
static int serve(int fd)
{
	struct ch_request request;
	ssize_t len = read(fd, &request, sizeof(request));

	if (len != (ssize_t)sizeof(request))
		return len > 0;
	if (request.slot >= 0) {
		judge_own(&request);
		return 1;
	}
	judge_batch(&request);
	return write(fd, "", 1) == 1;
}

static int finish(pid_t child, const char *program)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* If the supervisor: all answers are ENOSYS from then on. */
	fprintf(stderr, "chaos: %s was killed by signal %d\n", program,
		WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

/* Until the command has ended, or SECONDS without a question have gone by. */
static int preside(pid_t child, const char *program, int fd, int seconds)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = (int)ch_sys(SYS_pidfd_open, child, 0),
		  .events = POLLIN },
	};
	int ready;

	for (;;) {
		ready = poll(fds, 2, seconds * 1000);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			break;
		if (fds[0].revents && !serve(fd))
			fds[0].fd = -1;
		if (fds[1].revents)
			return finish(child, program);
	}
	fprintf(stderr, "chaos: no question for %d seconds\n", seconds);
	kill(child, SIGKILL);
	finish(child, program);
	return 124;
}

static void drop_output(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

static void __attribute__((noreturn)) become(const struct ch_judged *judged)
{
	const char *word[WORDS];
	const char *const *part[2] = { judged->wrapper, judged->driver };
	int n = 0;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (judged->quiet)
		drop_output();
	for (i = 0; i < 2; i++) {
		const char *const *from;

		for (from = part[i]; *from && n < WORDS - 1; from++)
			word[n++] = *from;
	}
	word[n] = NULL;
	execv(word[0], (char *const *)(uintptr_t)word);
	fprintf(stderr, "chaos: cannot execute %s: %s\n", word[0],
		strerror(errno));
	_exit(127);
}

const char *ch_program(void)
{
	static char path[4096];

	return readlink("/proc/self/exe", path, sizeof(path) - 1) < 0 ?
		"chaos" : path;
}

int ch_judge(const struct ch_judged *judged)
{
	int err = ch_arena_make();
	int pair[2];
	pid_t child;

	if (!err)
		err = make_nobody();
	if (!err && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			       pair))
		err = -errno;
	child = err ? -1 : fork();
	if (child == 0) {
		if (dup2(pair[1], CH_FD_JUDGE) != CH_FD_JUDGE)
			_exit(1);
		become(judged);
	}
	if (child < 0) {
		fprintf(stderr, "chaos: cannot begin: %s\n",
			strerror(err ? -err : errno));
		return 1;
	}
	close(pair[1]);
	return preside(child, judged->wrapper[0] ? judged->wrapper[0] :
		       judged->driver[0], pair[0], judged->patience);
}
