/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/decode-signal.h"

#include <errno.h>

#define HANDLER_DEFAULT	0u
#define HANDLER_IGNORE	1u
#define SET_SIZE	8	/* of the kernel's signal set */

/* struct sigaction of the kernel: handler, flags, and more. */
struct action64 {
	uint64_t handler, flags;
};

struct action32 {
	uint32_t handler, flags;
};

/* i386's first one has the mask between the two. */
struct action_old {
	uint32_t handler, mask, flags;
};

struct action {
	uint64_t handler, flags;
};

static int read64(const struct ss_reader *reader, pid_t tid, uint64_t address,
		  struct action *ret)
{
	struct action64 wide;
	int r = reader->read(reader, tid, address, &wide, sizeof(wide));

	if (r)
		return r;
	ret->handler = wide.handler;
	ret->flags = wide.flags;
	return 0;
}

static int read32(const struct ss_reader *reader, pid_t tid, uint64_t address,
		  struct action *ret)
{
	struct action32 narrow;
	int r = reader->read(reader, tid, address, &narrow, sizeof(narrow));

	if (r)
		return r;
	ret->handler = narrow.handler;
	ret->flags = narrow.flags;
	return 0;
}

static int read_old(const struct ss_reader *reader, pid_t tid,
		    uint64_t address, struct action *ret)
{
	struct action_old old;
	int r = reader->read(reader, tid, address, &old, sizeof(old));

	if (r)
		return r;
	ret->handler = old.handler;
	ret->flags = old.flags;
	return 0;
}

int ss_decode_signal(const struct ss_reader *reader,
		     const struct ss_call *call, enum ss_arch arch, pid_t tid,
		     const uint64_t args[6], bool *ret_interrupts)
{
	/* The default: as SIG_DFL, which interrupts nothing. */
	struct action action = { 0 };
	int r = 0;

	*ret_interrupts = false;
	if ((uint32_t)args[0] < 1 || (uint32_t)args[0] > SS_SIGNALS_MAX)
		return 0;
	switch ((enum ss_call_signal)call->which) {
	case SS_CALL_RT_SIGACTION:
		if (args[3] != SET_SIZE)
			return 0;
		r = arch == SS_ARCH_I386 ?
			read32(reader, tid, args[1], &action) :
			read64(reader, tid, args[1], &action);
		break;
	case SS_CALL_SIGACTION:
		r = read_old(reader, tid, args[1], &action);
		break;
	case SS_CALL_SIGNAL:
		/* SA_ONESHOT | SA_NOMASK, and no more. */
		action.handler = (uint32_t)args[1];
		break;
	case SS_CALL_PTRACE:
		break;
	}
	if (r == -ESRCH)
		return r;
	/* What cannot be read by us may be readable for the kernel. */
	*ret_interrupts = r || (action.handler != HANDLER_DEFAULT &&
		action.handler != HANDLER_IGNORE &&
		!(action.flags & SS_SIGNAL_RESTART));
	return 0;
}
