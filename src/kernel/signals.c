/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals of selfsame itself.  The only state of the whole program that is
 * not owned by a session: handlers have no argument.
 *
 * Which of the signals that we get are news to the command?
 *
 *   sender                              we
 *   the terminal (SI_KERNEL)            ignore it: the command is in our
 *                                       process group and got it, too; but the
 *                                       hang-up goes to the session's leader
 *                                       alone, so a leader passes it on
 *   a timer of ours from before our     pass it on: the alarm was set for
 *   exec (SI_KERNEL)                    the command
 *   a process of the command            ignore it: it meant its process group,
 *                                       or its parent, which is not us
 *   another process                     pass it on
 */
#include "kernel/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/self.h"

/* How many generations a sender's ancestors are followed. */
#define ANCESTORS_MAX	64

#define WATCH_MS	1
/* Nothing tells the watcher of a signal that waits for us: it looks more and
   more seldom. */
#define WATCH_MAX_MS	32
/* The others of a job stop with the command, and each stop that is ours to
   serve would wake us again. */
#define STOP_AFTER_NS	10000000u

enum timer {
	TIMER_RETRY,
	TIMER_WAKE,
	TIMER_STOP,
	TIMERS
};

enum treatment {
	UNTOUCHED,	/* as we were given it */
	IGNORED,	/* by us: its default would end or stop us */
	HANDLED,
};

static struct {
	bool prepared;
	sigset_t given_mask;
	struct sigaction given[_NSIG];

	struct ss_listener *listener;	/* borrowed; NULL: stopped */
	int command_pidfd;			/* borrowed */
	pid_t command;
	const struct ss_tids *earlier;		/* borrowed */
	pid_t self;
	bool is_session_leader;

	bool has_timer[TIMERS];
	timer_t timer[TIMERS];
	volatile sig_atomic_t child;
	volatile sig_atomic_t timer_expired;
	volatile sig_atomic_t continued;

	int stop;		/* what has stopped the command, or 0 */
	uint64_t stop_due;	/* when we are to follow it */
} state;

static enum treatment treatment_of(int number)
{
	switch (number) {
	case SIGKILL:
	case SIGSTOP:
	/* Faults, and limits of our own: they end us, and all fails closed. */
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
	case SIGSYS:
	case SIGXCPU:
		return UNTOUCHED;
	/* Writing is ours to handle; a handler would make tty writes loop. */
	case SIGPIPE:
	case SIGXFSZ:
	case SIGTTIN:
	case SIGTTOU:
		return IGNORED;
	default:
		/* Between the two are the C library's own. */
		return number < 32 || number >= SIGRTMIN ? HANDLED : UNTOUCHED;
	}
}

/* These are ours, whatever we were given. */
static bool is_needed(int number)
{
	return number == SIGCHLD || number == SIGALRM || number == SIGCONT ||
		number == SS_SIGNAL_NUDGE;
}

static bool was_ignored(int number)
{
	return state.given[number].sa_handler == SIG_IGN;
}

static void handled_set(sigset_t *set)
{
	int number;

	sigemptyset(set);
	for (number = 1; number <= SIGRTMAX; number++) {
		if (treatment_of(number) != HANDLED)
			continue;
		if (!was_ignored(number) || is_needed(number))
			sigaddset(set, number);
	}
}

int ss_signals_prepare(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t set;
	int number;

	for (number = 1; number <= SIGRTMAX; number++) {
		if (sigaction(number, NULL, &state.given[number]) < 0 &&
		    errno != EINVAL)
			return -errno;
	}
	handled_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, &state.given_mask) < 0)
		return -errno;
	/* While it is ignored, nobody can wait for a child. */
	if (was_ignored(SIGCHLD) && sigaction(SIGCHLD, &plain, NULL) < 0)
		return -errno;
	state.prepared = true;
	return 0;
}

void ss_signals_restore_actions(void)
{
	int number;

	if (!state.prepared)
		return;
	for (number = 1; number <= SIGRTMAX; number++) {
		if (treatment_of(number) != UNTOUCHED)
			(void)sigaction(number, &state.given[number], NULL);
	}
}

void ss_signals_restore_mask(void)
{
	if (state.prepared)
		(void)sigprocmask(SIG_SETMASK, &state.given_mask, NULL);
}

struct relative {
	char state;
	pid_t parent;
};

/*
 * A file of /proc/PID, or how it begins: safe in a signal handler, with no
 * allocation, no stdio, no formatting.  How much, or -errno.
 */
static ssize_t read_of(pid_t pid, const char *name, char *text, size_t size)
{
	char path[32] = "/proc/";
	char digits[12];
	size_t length = strlen(path);
	size_t n = 0;
	ssize_t got;
	int fd;

	for (; pid > 0; pid /= 10)
		digits[n++] = (char)('0' + pid % 10);
	while (n > 0)
		path[length++] = digits[--n];
	memcpy(path + length, name, strlen(name) + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, size - 1);
	(void)close(fd);
	if (got <= 0)
		return -ESRCH;
	text[got] = '\0';
	return got;
}

/* As ss_proc_stat(). */
static int read_relative(pid_t pid, struct relative *ret)
{
	char text[128];
	const char *end;
	ssize_t got = read_of(pid, "/stat", text, sizeof(text));

	if (got < 0)
		return (int)got;
	/* "PID (NAME) STATE PPID ...": the name may hold anything. */
	end = strrchr(text, ')');
	if (!end || end + 4 >= text + got)
		return -EBADMSG;
	ret->state = end[2];
	ret->parent = 0;
	for (end += 4; *end >= '0' && *end <= '9'; end++)
		ret->parent = ret->parent * 10 + (*end - '0');
	return 0;
}

/*
 * A sender that has ended meanwhile counts as a stranger; and so does what came
 * from a child that our caller had before it became us.
 */
static bool is_descendant(pid_t pid)
{
	struct relative relative;
	int i;

	for (i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		if (read_relative(pid, &relative) < 0)
			return false;
		if (relative.parent == state.self)
			return !ss_tids_has(state.earlier, pid);
		pid = relative.parent;
	}
	return false;
}

/* Also of a command that is traced: by us, or by somebody inside. */
static bool is_command_stopped(void)
{
	struct relative relative;

	return read_relative(state.command, &relative) == 0 &&
		(relative.state == 'T' || relative.state == 't');
}

static bool comes_from_terminal(int number)
{
	switch (number) {
	case SIGHUP:
	case SIGCONT:
		return !state.is_session_leader;
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGWINCH:
		return true;
	default:
		return false;
	}
}

static bool is_for_command(int number, const siginfo_t *info)
{
	/* The kernel's own tells of our children. */
	if (number == SIGCHLD && info->si_code > 0)
		return false;
	if (info->si_code == SI_KERNEL)
		return !comes_from_terminal(number);
	if (info->si_code != SI_USER && info->si_code != SI_TKILL &&
	    info->si_code != SI_QUEUE)
		return true;
	if (info->si_pid == state.self)
		return false;	/* abort(3) */
	/* The shell continues the whole process group. */
	if (number == SIGCONT && !is_command_stopped())
		return false;
	return !is_descendant(info->si_pid);
}

static void pass_on(int number, siginfo_t *info)
{
	/* The kernel lets us hand on only what sigqueue(3) made. */
	if (info->si_code != SI_QUEUE)
		info = NULL;
	if (!pidfd_send_signal(state.command_pidfd, number, info, 0) ||
	    errno != ESRCH)
		return;
	/* The command has ended and been reaped; we wait for what it left.
	   Then the signal means us. */
	if (signal(number, SIG_DFL) != SIG_ERR)
		(void)raise(number);
}

static void handle(int number, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;
	bool ours = number == SIGALRM && info->si_code == SI_TIMER;
	int saved = errno;

	/* In any thread. */
	if (number == SS_SIGNAL_NUDGE && info->si_code == SI_TIMER)
		return;
	if (ours && info->si_value.sival_int == TIMER_RETRY)
		state.timer_expired = 1;
	/*
	 * Whoever it is from: while one is pending, the kernel's own says no
	 * more than that (legacy_queue(), kernel/signal.c).
	 */
	if (number == SIGCHLD)
		state.child = 1;
	if (number == SIGCONT)
		state.continued = 1;
	if (!ours && is_for_command(number, info))
		pass_on(number, info);
	errno = saved;
	/* Does not return if we were receiving. */
	if (ours || number == SIGCHLD)
		ss_listener_interrupt(state.listener, &interrupted->uc_sigmask);
}

static int install(int number)
{
	struct sigaction action = { .sa_flags = SA_RESTART | SA_SIGINFO };
	enum treatment treatment = treatment_of(number);

	if (treatment == UNTOUCHED)
		return 0;
	if (treatment == IGNORED) {
		action.sa_flags = 0;
		action.sa_handler = SIG_IGN;
	} else if (was_ignored(number) && !is_needed(number)) {
		return 0;
	} else {
		action.sa_sigaction = handle;
	}
	sigfillset(&action.sa_mask);
	return sigaction(number, &action, NULL) < 0 ? -errno : 0;
}

int ss_signals_start(struct ss_listener *listener, int command_pidfd,
		     pid_t command, const struct ss_tids *earlier)
{
	sigset_t set;
	int number;
	int r;

	state.earlier = earlier;
	state.listener = listener;
	state.command_pidfd = command_pidfd;
	state.command = command;
	state.self = getpid();
	state.is_session_leader = getsid(0) == state.self;
	for (number = 1; number <= SIGRTMAX; number++) {
		r = install(number);
		if (r < 0)
			return r;
	}
	/* Also what was blocked when we were given it: the command has it
	   blocked, and is the one to let it wait. */
	handled_set(&set);
	return sigprocmask(SIG_UNBLOCK, &set, NULL) < 0 ? -errno : 0;
}

void ss_signals_stop(void)
{
	sigset_t set;
	int timer;

	if (!state.listener)
		return;
	handled_set(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	for (timer = 0; timer < TIMERS; timer++) {
		if (state.has_timer[timer])
			(void)timer_delete(state.timer[timer]);
		state.has_timer[timer] = false;
	}
	state.listener = NULL;
	state.command_pidfd = -1;
}

bool ss_signals_take_child(void)
{
	bool taken = state.child;

	if (taken)
		state.child = 0;
	return taken;
}

bool ss_signals_take_timer(void)
{
	bool taken = state.timer_expired;

	if (taken)
		state.timer_expired = 0;
	return taken;
}

static void mask_child(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	(void)sigprocmask(how, &set, NULL);
}

void ss_signals_hold_child(void)
{
	mask_child(SIG_BLOCK);
}

void ss_signals_free_child(void)
{
	mask_child(SIG_UNBLOCK);
}

void ss_signals_await_child(void)
{
	sigset_t set;

	if (sigprocmask(SIG_SETMASK, NULL, &set) < 0)
		return;
	sigdelset(&set, SIGCHLD);
	while (!state.child)
		(void)sigsuspend(&set);
	state.child = 0;
}

/* A value of 0 disarms it. */
static void set_timer(enum timer timer, int flags,
		      const struct itimerspec *spec)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGALRM,
		.sigev_value.sival_int = (int)timer,
	};

	if (!state.has_timer[timer]) {
		if ((!spec->it_value.tv_sec && !spec->it_value.tv_nsec) ||
		    timer_create(CLOCK_MONOTONIC, &event,
				 &state.timer[timer]) < 0)
			return;
		state.has_timer[timer] = true;
	}
	(void)timer_settime(state.timer[timer], flags, spec, NULL);
}

void ss_signals_retry_every(unsigned int microseconds)
{
	struct itimerspec spec = {
		.it_interval.tv_sec = microseconds / 1000000,
		.it_interval.tv_nsec = (long)(microseconds % 1000000) * 1000,
	};

	spec.it_value = spec.it_interval;
	set_timer(TIMER_RETRY, 0, &spec);
}

static void wake_at(enum timer timer, uint64_t when)
{
	const struct itimerspec spec = {
		.it_value.tv_sec = (time_t)(when / 1000000000),
		.it_value.tv_nsec = (long)(when % 1000000000),
	};

	set_timer(timer, TIMER_ABSTIME, &spec);
}

void ss_signals_wake_at(uint64_t when)
{
	wake_at(TIMER_WAKE, when);
}

/* Signals that wait for us, as in the status of a process. */
static bool is_pending(const char *text, const char *set)
{
	const uint64_t wanted = UINT64_C(1) << (SIGCHLD - 1) |
		UINT64_C(1) << (SIGALRM - 1);
	const char *at = strstr(text, set);
	uint64_t pending = 0;

	if (!at)
		return false;
	for (at += strlen(set); *at && *at != '\n'; at++) {
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, *at);

		if (digit)
			pending = pending << 4 | (uint64_t)(digit - digits);
	}
	return pending & wanted;
}

/*
 * Is there work that no call tells of: a ward has stopped, a child has ended,
 * a call is due?
 */
static bool has_work(void)
{
	char text[4096];

	/* That came just before we stopped. */
	if (state.listener->interrupted)
		return true;
	return read_of(state.self, "/status", text, sizeof(text)) > 0 &&
		(is_pending(text, "\nSigPnd:") ||
		 is_pending(text, "\nShdPnd:"));
}

/*
 * A process of its own, while we are stopped: somebody inside who is not may
 * need us, and may be the one to continue the command; or that is killed.  Who
 * is about to be stopped itself waits for no answer a moment later.
 */
static int watch(ss_unused void *argument)
{
	struct pollfd polled[] = {
		{ .fd = state.listener->fd, .events = POLLIN },
		{ .fd = state.command_pidfd, .events = POLLIN },
	};
	int wait = WATCH_MS;

	/* The shell is to find all of the job stopped. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == state.self) {
		if (poll(polled, SS_ARRAY_SIZE(polled), wait) > 0)
			(void)poll(NULL, 0, WATCH_MS);
		else if (wait < WATCH_MAX_MS)
			wait *= 2;
		/* Again and again: it may not have stopped yet. */
		if (poll(polled, SS_ARRAY_SIZE(polled), 0) > 0 || has_work())
			(void)kill(state.self, SIGCONT);
	}
	return 0;
}

static void stop_by(int number)
{
	struct sigaction stop = { .sa_handler = SIG_DFL };
	struct sigaction ours;
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, number);
	if (sigaction(number, &stop, &ours) < 0)
		return;
	(void)sigprocmask(SIG_UNBLOCK, &set, &before);
	(void)raise(number);	/* returns when we are continued */
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)sigaction(number, &ours, NULL);
}

static void follow_later(void)
{
	state.stop_due = ss_clock_ns() + STOP_AFTER_NS;
	wake_at(TIMER_STOP, state.stop_due);
}

void ss_signals_follow(int number)
{
	if (number != SIGTSTP && number != SIGTTIN && number != SIGTTOU)
		number = 0;
	state.stop = number;
	if (number)
		follow_later();
}

void ss_signals_look_at_command(void)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)state.command, &info,
		   WSTOPPED | WCONTINUED | WNOHANG) < 0 || info.si_pid == 0)
		return;
	ss_signals_follow(info.si_code == CLD_STOPPED ? info.si_status : 0);
}

void ss_signals_stop_with_command(void)
{
	sigset_t work, before;
	pid_t watcher;

	if (!state.stop || ss_clock_ns() < state.stop_due)
		return;
	/* It may have gone on meanwhile; nobody would wake us then. */
	if (!is_command_stopped()) {
		state.stop = 0;
		return;
	}
	/* From here on these are kept for the watcher to see. */
	sigemptyset(&work);
	sigaddset(&work, SIGCHLD);
	sigaddset(&work, SIGALRM);
	(void)sigprocmask(SIG_BLOCK, &work, &before);
	state.continued = 0;
	watcher = ss_begin_apart(CLONE_FILES, watch, NULL);
	if (watcher > 0)
		(void)setpgid(watcher, watcher);
	/* The handler of SIGCONT continues the command if nobody else does. */
	stop_by(state.stop);
	ss_end_apart(watcher);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	/* Of an orphaned process group nobody is stopped so. */
	if (state.continued)
		follow_later();
	else
		state.stop = 0;
}
