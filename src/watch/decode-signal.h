/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rt_sigaction, i386's sigaction and signal: can what is installed here make
 * another call fail with EINTR?  A handler without SA_RESTART can.
 */
#ifndef SS_WATCH_DECODE_SIGNAL_H
#define SS_WATCH_DECODE_SIGNAL_H

#include "watch/decode.h"

/* How many there are: _NSIG of every architecture. */
#define SS_SIGNALS_MAX		64
/* SA_RESTART of every architecture. */
#define SS_SIGNAL_RESTART	0x10000000u

/* Not for SS_CALL_PTRACE.  0 and *ret_interrupts, or as ss_decode(). */
int ss_decode_signal(const struct ss_reader *reader,
		     const struct ss_call *call, enum ss_arch arch, pid_t tid,
		     const uint64_t args[6], bool *ret_interrupts)
	ss_must_check;

#endif
