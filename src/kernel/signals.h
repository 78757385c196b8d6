/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals that selfsame itself gets.
 *
 * From the terminal (si_code SI_KERNEL) the command got the same signal by
 * itself, because it is in our process group: we ignore ours.  Sent by a
 * process (SI_USER, SI_QUEUE, SI_TKILL): passed on to the command.  Stop
 * signals of the terminal do not stop us: when the command stops by one of
 * them, we stop too, so that the shell sees it, and go on with it.
 *
 * The handlers only pass the signal on with pidfd_send_signal, or set a flag
 * and interrupt the receive (ss_listener_interrupt): one process, one
 * thread, one place that blocks.
 */
#ifndef SS_KERNEL_SIGNALS_H
#define SS_KERNEL_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "kernel/notify.h"
#include "kernel/proc.h"

/*
 * Before the fork: blocks the signals that are to be handled and remembers
 * the mask and the dispositions that we were given.
 */
int ss_signals_prepare(void) ss_must_check;
/* In the child, before it has a filter (each of these calls would be told of):
   dispositions as selfsame was given them; ... */
void ss_signals_restore_actions(void);
/* ... and at last, the mask. */
void ss_signals_restore_mask(void);
/*
 * In the parent, after the fork.  EARLIER are children that we have and that
 * are none of the command's.  The listener, the pidfd and they are borrowed,
 * and must outlive ss_signals_stop() as they are.
 */
int ss_signals_start(struct ss_listener *listener, int command_pidfd,
		     pid_t command, const struct ss_tids *earlier)
	ss_must_check;
/* Before the command's pid is reaped and the listener released. */
void ss_signals_stop(void);

/*
 * A timer may send this to any thread, to interrupt what it waits for: nothing
 * else comes of it.  Not SIGALRM, which also interrupts the receive, and may do
 * so in its own thread only.
 */
#define SS_SIGNAL_NUDGE	SIGURG

/* Has a child of ours changed state since the last call?  Clears it. */
bool ss_signals_take_child(void);
/*
 * Until ss_signals_free_child() SIGCHLD comes only while we wait for it: what
 * is looked at in between cannot have changed unnoticed.
 */
void ss_signals_hold_child(void);
void ss_signals_await_child(void);
void ss_signals_free_child(void);

/* Has the retry timer run out since the last call?  Clears it. */
bool ss_signals_take_timer(void);
/*
 * Interrupts the receive every `microseconds` (0: no more): for work that
 * must be tried again because no event tells of its end.
 */
void ss_signals_retry_every(unsigned int microseconds);
/*
 * Interrupts the receive once, at this time of CLOCK_MONOTONIC in nanoseconds
 * (or now, if that has gone by); 0: not any more.
 */
void ss_signals_wake_at(uint64_t when);
/*
 * Is the command stopped by SIGTSTP, SIGTTIN or SIGTTOU, or does it go on?  To
 * be called after ss_signals_take_child(), if we do not trace it.
 */
void ss_signals_look_at_command(void);
/* It is stopped by this signal, or by none that we follow (0, another), as
   somebody else has been told. */
void ss_signals_follow(int number);
/*
 * If the command has been stopped like this for a moment: stops ourselves,
 * returns when continued, also when there is work for us: a call, a signal of a
 * child or of a timer, the command's end.  To be called again and again, as
 * long as the command is stopped, after whatever there was to do; a timer
 * interrupts the receive when that is due.
 */
void ss_signals_stop_with_command(void);

#endif
