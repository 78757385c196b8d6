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

bool ss_call_is_watched(const struct ss_call_table *table, long nr)
{
	return any_arch(table, nr, is_any);
}

bool ss_call_is_clone(const struct ss_call_table *table, long nr)
{
	return any_arch(table, nr, is_clone);
}
