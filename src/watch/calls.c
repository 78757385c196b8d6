/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of watched calls, made from syscalls.def, and the way from a
 * notification's numbers to a line of it.
 */
#include "watch/calls.h"

#include <errno.h>
#include <linux/audit.h>

#define ALWAYS			-1, 0, { 0 }, 0
#define ONE(arg, mask, a)	(arg), (mask), { (a) }, 1
#define TWO(arg, mask, a, b)	(arg), (mask), { (a), (b) }, 2
#define THREE(arg, mask, a, b, c) \
	(arg), (mask), { (a), (b), (c) }, 3
#define ADDRESS(arg)		(arg), 0, { 0 }, 0

/* The two steps expand `args` into the members behind archs. */
#define SS_WATCH(name, family, which, archs, args) \
	SS_WATCH_EXPANDED(name, family, which, archs, args)
#define SS_WATCH_EXPANDED(name, family, which, archs, ...) \
	{ (name), SS_FAMILY_##family, (which), SS_CALL_ON_##archs, \
	  __VA_ARGS__ },

const struct ss_call ss_calls[] = {
#include "watch/syscalls.def"
};

const size_t ss_calls_count = SS_ARRAY_SIZE(ss_calls);

size_t ss_calls_count_unguarded(void)
{
	size_t n = ss_calls_count;

	while (n > 0 && ss_calls[n - 1].family == SS_FAMILY_SIGNAL)
		n--;
	return n;
}

int ss_arch_from_audit(uint32_t audit_arch, enum ss_arch *ret)
{
	if (audit_arch == AUDIT_ARCH_X86_64)
		*ret = SS_ARCH_X86_64;
	else if (audit_arch == AUDIT_ARCH_I386)
		*ret = SS_ARCH_I386;
	else
		return -ENOENT;
	return 0;
}

const struct ss_call *ss_call_find(const struct ss_call_table *table,
				   enum ss_arch arch, int nr)
{
	if (nr < 0 || nr >= SS_CALL_NUMBERS || arch >= SS_ARCH_COUNT)
		return NULL;
	return table->by_nr[arch][nr];
}

bool ss_call_is_told(const struct ss_call *call, const uint64_t args[6])
{
	unsigned int i;

	if (call->argument < 0)
		return true;
	if (!call->n_values)
		return args[call->argument] != 0;
	for (i = 0; i < call->n_values; i++) {
		if (((uint32_t)args[call->argument] & call->mask) ==
		    call->values[i])
			return true;
	}
	return false;
}

static bool any_arch(const struct ss_call_table *table, long nr,
		     bool (*is)(const struct ss_call *call))
{
	enum ss_arch arch;

	if (nr < 0 || nr >= SS_CALL_NUMBERS)
		return false;
	for (arch = 0; arch < SS_ARCH_COUNT; arch++) {
		const struct ss_call *call = table->by_nr[arch][nr];

		if (call && is(call))
			return true;
	}
	return false;
}

static bool is_any(ss_unused const struct ss_call *call)
{
	return true;
}

static bool is_clone(const struct ss_call *call)
{
	return call->family == SS_FAMILY_CLONE;
}

static bool is_epoll(const struct ss_call *call)
{
	return call->family == SS_FAMILY_EPOLL;
}

bool ss_call_is_watched(const struct ss_call_table *table, long nr)
{
	return any_arch(table, nr, is_any);
}

bool ss_call_is_clone(const struct ss_call_table *table, long nr)
{
	return any_arch(table, nr, is_clone);
}

bool ss_call_is_epoll(const struct ss_call_table *table, long nr)
{
	return any_arch(table, nr, is_epoll);
}
