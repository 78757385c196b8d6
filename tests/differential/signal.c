/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals that come while everything else happens.  Their handlers do nothing;
 * one without SA_RESTART makes calls that sleep fail with EINTR, or would.
 */
#include "chaos.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

enum { STOPPED_FOR = 20 };	/* sched_yield() */

#if defined(__x86_64__)
/* Where a handler returns to: the kernel has none of its own there. */
void ch_restorer(void);
__asm__(".text\n"
	".type ch_restorer, @function\n"
	"ch_restorer:\n\t"
	"mov $15, %eax\n\t"	/* rt_sigreturn */
	"syscall\n");
#define RESTORER	CH_P(ch_restorer)
enum { RESTORER_FLAG = 0x04000000 };
#else
#define RESTORER	0
enum { RESTORER_FLAG = 0 };
#endif

static void nothing(int number)
{
	(void)number;
}

static long handle(int64_t how)
{
	const struct ch_sigaction action = {
		.handler = CH_P(nothing),
		.flags = RESTORER_FLAG |
			(how == CH_SIGNALS_RESTART ? SA_RESTART : 0),
		.restorer = RESTORER,
	};

	return ch_sys(SYS_rt_sigaction, SIGALRM, CH_P(&action), 0, 8);
}

/* A timer that is not inherited, and does not outlive an exec, where nobody
   would handle its signal. */
long ch_do_signals(struct ch_slot *me, const int64_t *arg)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGALRM,
	};
	const long every = (long)(arg[1] % 1000000) * 1000;
	const long when[4] = { 0, every, 0, every };
	int timer = 0;
	long ret;

	if (me->timer)
		ch_sys(SYS_timer_delete, me->timer - 1);
	me->timer = 0;
	if (arg[0] == CH_SIGNALS_OFF)
		return 0;
	ret = handle(arg[0]);
	if (!ret)
		ret = ch_sys(SYS_timer_create, CLOCK_MONOTONIC, CH_P(&event),
			     CH_P(&timer));
	if (ret)
		return ret;
	me->timer = timer + 1;
	return ch_sys(SYS_timer_settime, timer, 0, CH_P(when), 0);
}

long ch_do_stop(struct ch_slot *me, const int64_t *arg)
{
	long ret;
	int i;

	/* Who stops itself would not continue. */
	if (ch_arena->slot[arg[0]].tgid == me->tgid)
		return -ESRCH;
	ret = ch_signal(me, arg[0], SIGSTOP);
	for (i = 0; !ret && i < STOPPED_FOR; i++)
		ch_sys(SYS_sched_yield, 0);
	ch_signal(me, arg[0], SIGCONT);
	return ret;
}
