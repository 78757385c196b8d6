/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of watched calls: one line per call in syscalls.def, read by the
 * filter (which numbers, which arguments), by the dispatcher (which family
 * handles it), by --stats and by the tests.
 */
#ifndef SS_WATCH_CALLS_H
#define SS_WATCH_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* Which file of watch/ decodes the call. */
enum ss_family {
	SS_FAMILY_KCMP,
	SS_FAMILY_CLONE,
	SS_FAMILY_EXEC,
	SS_FAMILY_EXIT,
	SS_FAMILY_DESCRIPTOR,
	SS_FAMILY_NAMESPACE,
	SS_FAMILY_EPOLL,
	SS_FAMILY_SEM,
	SS_FAMILY_IOPRIO,
	SS_FAMILY_CRED,
	SS_FAMILY_RING,
	SS_FAMILY_CAUTION,
	SS_FAMILY_SIGNAL,
	SS_FAMILY_COUNT
};

/*
 * The member `which` of a call: its number inside its family.  Families of
 * one call (kcmp, epoll_ctl, ioprio_set, io_uring_setup) have 0.
 */
enum ss_call_clone {
	SS_CALL_CLONE,
	SS_CALL_CLONE3,
	SS_CALL_FORK,
	SS_CALL_VFORK,
};

enum ss_call_exec {
	SS_CALL_EXECVE,
	SS_CALL_EXECVEAT,
};

enum ss_call_exit {
	SS_CALL_EXIT,
	SS_CALL_EXIT_GROUP,
};

enum ss_call_descriptor {
	SS_CALL_CLOSE,
	SS_CALL_DUP2,
	SS_CALL_DUP3,
	SS_CALL_CLOSE_RANGE,
};

enum ss_call_namespace {
	SS_CALL_UNSHARE,
	SS_CALL_SETNS,
};

enum ss_call_sem {
	SS_CALL_SEMOP,
	SS_CALL_SEMTIMEDOP,
	SS_CALL_SEMTIMEDOP_TIME64,
	SS_CALL_IPC,
};

enum ss_call_cred {
	SS_CALL_SETID,			/* every set*id, also 16 bits wide */
	SS_CALL_CAPSET,
	SS_CALL_PRCTL,			/* PR_SET_DUMPABLE, PR_SET_SECCOMP */
	SS_CALL_SECCOMP,
	SS_CALL_LANDLOCK,
};

enum ss_call_caution {
	SS_CALL_USERFAULTFD,
	SS_CALL_IOCTL,			/* one that makes a userfaultfd, and
					   one that closes a descriptor */
	SS_CALL_MOUNT,
	SS_CALL_FSOPEN,
};

enum ss_call_signal {
	SS_CALL_RT_SIGACTION,
	SS_CALL_SIGACTION,
	SS_CALL_SIGNAL,
	SS_CALL_PTRACE,			/* TRACEME, ATTACH, SEIZE */
};

enum ss_arch {
	SS_ARCH_X86_64,
	SS_ARCH_I386,
	SS_ARCH_COUNT
};

/* Bits of struct ss_call.archs. */
#define SS_CALL_ON_X86_64	(1u << SS_ARCH_X86_64)
#define SS_CALL_ON_I386		(1u << SS_ARCH_I386)
#define SS_CALL_ON_BOTH		(SS_CALL_ON_X86_64 | SS_CALL_ON_I386)

#define SS_CALL_VALUES_MAX	4

/*
 * A call is told to us always (argument < 0), or only if the low 32 bits of
 * one argument, masked, are one of the values.  64-bit comparisons would let a
 * caller hide by setting bits that the kernel does not read.  Without values:
 * if the argument, an address, is not 0.
 */
struct ss_call {
	const char *name;	/* the kernel's, and libseccomp's */
	enum ss_family family;
	unsigned int which;		/* the family's own number for it */
	unsigned int archs;		/* bit per enum ss_arch */
	int argument;			/* or -1 */
	uint32_t mask;
	uint32_t values[SS_CALL_VALUES_MAX];
	unsigned int n_values;
};

extern const struct ss_call ss_calls[];
extern const size_t ss_calls_count;
/* How many there are without those that only the signal guard needs, which
   are the last. */
size_t ss_calls_count_unguarded(void) ss_must_check;

/* Numbers below this cover every call of the table, and some to spare. */
#define SS_CALL_NUMBERS		512

/*
 * Call numbers -> calls.  Filled by ss_filter_resolve() (kernel/filter.h):
 * the numbers are libseccomp's.
 */
struct ss_call_table {
	const struct ss_call *by_nr[SS_ARCH_COUNT][SS_CALL_NUMBERS];
};

/* AUDIT_ARCH_* of a notification -> 0 and *ret, or -ENOENT for another. */
int ss_arch_from_audit(uint32_t audit_arch, enum ss_arch *ret) ss_must_check;

/* The watched call, or NULL.  O(1). */
const struct ss_call *ss_call_find(const struct ss_call_table *table,
				   enum ss_arch arch, int nr) ss_must_check;

/* Is a call with these arguments told to us? */
bool ss_call_is_told(const struct ss_call *call, const uint64_t args[6])
	ss_must_check;

/* Is this the number of a watched call (of a clone, of epoll_ctl) in any
   architecture?  For /proc/TID/syscall, which does not say which one it
   means. */
bool ss_call_is_watched(const struct ss_call_table *table, long nr)
	ss_must_check;
bool ss_call_is_clone(const struct ss_call_table *table, long nr)
	ss_must_check;
bool ss_call_is_epoll(const struct ss_call_table *table, long nr)
	ss_must_check;

#endif
