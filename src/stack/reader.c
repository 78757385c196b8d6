/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/confine.h"
#include "kernel/memory.h"
#include "kernel/passing.h"
#include "kernel/proc.h"
#include "stack/unwind.h"

/* What files that are made for it can make it ask for. */
#define MEMORY_MAX	(256ul << 20)

/* How long the end of a busy one is waited for: it has no more time itself. */
#define GOODBYE_MS	1500

/* What both processes have. */
struct reader {
	int channel;
	int supervisor;		/* pidfd */
};

/* ---- the process that reads ---- */

/* false: at the end. */
static bool receive(int channel, struct ss_stack_request *ret, int *ret_memory)
{
	return ss_descriptor_receive(channel, ret, sizeof(*ret), ret_memory) ==
		sizeof(*ret) && *ret_memory >= 0;
}

static void reply(const struct reader *reader, const struct ss_stack *stack)
{
	if (send(reader->channel, stack, ss_stack_size(stack),
		 MSG_NOSIGNAL) < 0)
		_exit(0);
	(void)pidfd_send_signal(reader->supervisor, SIGCHLD, NULL, 0);
}

/* If it hangs, it dies of it. */
static void limit_time(time_t seconds)
{
	const struct itimerval limit = { .it_value.tv_sec = seconds };

	(void)setitimer(ITIMER_REAL, &limit, NULL);
}

/* What the task may not open we do not open for it.  false: it has gone, and
   who has its number, if anybody, is somebody else. */
static bool become(pid_t tid)
{
	struct ss_proc_status status;

	if (ss_proc_status(tid, &status))
		return false;
	(void)setfsgid(status.gid[3]);
	(void)setfsuid(status.uid[3]);
	return true;
}

/* To be said again after each change of ids, which makes it forgotten. */
static bool die_with(pid_t parent)
{
	return !prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent;
}

static bool confine(const struct reader *reader)
{
#ifdef SS_WITH_SANITIZERS
	(void)reader;
	return true;
#else
	return !ss_confine_reader(reader->channel, reader->supervisor);
#endif
}

static ss_noreturn void read_stacks(const struct reader *reader, pid_t keeper)
{
	static struct ss_stack stack;
	struct ss_unwinder *unwinder;
	struct ss_stack_request request;
	int memory = -1;

	unwinder = die_with(keeper) && confine(reader) ?
		ss_unwinder_new() : NULL;
	while (unwinder && receive(reader->channel, &request, &memory)) {
		bool there;

		limit_time(SS_STACK_PATIENCE_S);
		there = become(request.tid);
		if (!die_with(keeper))
			break;
		ss_stack_init(&stack, request.number);
		if (there)
			ss_unwind(unwinder, &request, memory, &stack);
		else
			ss_stack_fail(&stack, "it has gone");
		limit_time(0);
		(void)close(memory);
		reply(reader, &stack);
	}
	_exit(0);
}

/* ---- the keeper ---- */

static void limit_harm(void)
{
	/* Not 0: a program that is given cores would get them all the same
	   (core(5)). */
	const struct rlimit none = { 1, 1 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef SS_WITH_SANITIZERS
	(void)setrlimit(RLIMIT_DATA, &(struct rlimit){ MEMORY_MAX,
						       MEMORY_MAX });
#endif
}

/* Signals of the terminal are not meant for us, and nothing of what the
   supervisor was given is ours. */
static int stand_apart(struct reader *reader)
{
	const struct sigaction plain = { .sa_handler = SIG_DFL };
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	if (null_fd < 0 || setpgid(0, 0) < 0)
		return -errno;
	(void)dup2(null_fd, 0);
	(void)dup2(null_fd, 1);
#ifndef SS_WITH_SANITIZERS
	(void)dup2(null_fd, 2);
#endif
	reader->channel = fcntl(reader->channel, F_DUPFD_CLOEXEC, 5);
	reader->supervisor = fcntl(reader->supervisor, F_DUPFD_CLOEXEC, 5);
	if (reader->channel < 0 || reader->supervisor < 0 ||
	    dup2(reader->channel, 3) < 0 || dup2(reader->supervisor, 4) < 0 ||
	    close_range(5, ~0u, 0) < 0)
		return -errno;
	reader->channel = 3;
	reader->supervisor = 4;
	/* Others of our user neither look into it nor lead it. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return -errno;
	sigemptyset(&none);
	if (sigaction(SIGALRM, &plain, NULL) < 0 ||
	    sigaction(SIGCHLD, &plain, NULL) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return -errno;
	(void)setgroups(0, NULL);
	(void)prctl(PR_SET_NAME, "selfsame-stack");
	limit_harm();
	return 0;
}

static ss_noreturn void keep(struct reader *reader, pid_t supervisor)
{
	static struct ss_stack failure;
	pid_t keeper = getpid();

	if (stand_apart(reader) || !die_with(supervisor))
		_exit(1);
	for (;;) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			read_stacks(reader, keeper);
		if (pid < 0 || waitpid(pid, &status, 0) != pid ||
		    WIFEXITED(status))
			_exit(0);
		ss_stack_init(&failure, 0);
		ss_stack_fail(&failure, WTERMSIG(status) == SIGALRM ?
			      "it took too long" :
			      "what it has mapped cannot be digested");
		reply(reader, &failure);
	}
}

/* ---- the supervisor's side ---- */

int ss_stack_reader_start(struct ss_stack_reader *ret)
{
	pid_t self = getpid();
	ss_cleanup_fd int supervisor = pidfd_open(self, 0);
	int ends[2];
	pid_t pid;

	if (supervisor < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		struct reader reader = {
			.channel = ends[1],
			.supervisor = supervisor,
		};

		keep(&reader, self);
	}
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return -EAGAIN;
	}
	*ret = (struct ss_stack_reader){ .keeper = pid, .channel = ends[0] };
	return 0;
}

/* Without work both end by themselves. */
static void await_end(pid_t keeper)
{
	ss_cleanup_fd int fd = pidfd_open(keeper, 0);
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	if (fd >= 0)
		(void)poll(&polled, 1, GOODBYE_MS);
}

void ss_stack_reader_stop(struct ss_stack_reader *reader)
{
	ss_close_fd(&reader->channel);
	if (reader->keeper) {
		await_end(reader->keeper);
		(void)kill(reader->keeper, SIGKILL);
		while (waitpid(reader->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*reader = SS_STACK_READER_NONE;
}

int ss_stack_reader_ask(struct ss_stack_reader *reader,
			const struct ss_stack_request *request)
{
	ss_cleanup_fd int memory = ss_memory_open(request->tid);
	static struct ss_stack unasked;

	if (memory < 0)
		return memory;
	/* One that was replaced before it was asked has failed nobody. */
	while (recv(reader->channel, &unasked, sizeof(unasked),
		    MSG_DONTWAIT) > 0)
		;
	return ss_descriptor_send(reader->channel, request, sizeof(*request),
				  memory, MSG_DONTWAIT) ? -EPIPE : 0;
}

int ss_stack_reader_take(struct ss_stack_reader *reader, struct ss_stack *ret)
{
	ssize_t size = recv(reader->channel, ret, sizeof(*ret), MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size <= 0)
		return -EPIPE;
	if (ss_stack_check(ret, (size_t)size)) {
		ss_stack_init(ret, 0);
		ss_stack_fail(ret, "the reader is confused");
	}
	return 1;
}
