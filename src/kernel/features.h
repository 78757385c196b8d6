/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this kernel offers: each feature probed by trying it, never derived
 * from a version.  SS_FEATURES lists them with the name that doctor,
 * --version and the environment variable SELFSAME_WITHOUT use, and with what
 * its absence costs the user.
 *
 * SELFSAME_WITHOUT=NAME[,NAME...] makes the program behave as if the features
 * were absent: the degraded test runs use it.  An unknown name is an error.
 */
#ifndef SS_KERNEL_FEATURES_H
#define SS_KERNEL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/* X(ENUM, name, required, what it is, what its absence costs) */
#define SS_FEATURES(X) \
	X(USER_NOTIF, "user-notification", true, \
	  "seccomp user notification (Linux 5.0)", \
	  "selfsame cannot run") \
	X(WAIT_KILLABLE, "wait-killable", false, \
	  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux 5.19)", \
	  "a signal makes watched calls be made again (or fail: signal-guard)") \
	X(SYNC_WAKE_UP, "sync-wake-up", false, \
	  "SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (Linux 6.6)", \
	  "watched calls take longer on several processors") \
	X(PIDFD_GETFD, "pidfd-getfd", true, \
	  "pidfd_getfd(2) on a child (Linux 5.6)", \
	  "open files cannot be compared") \
	X(VM_READV, "process-vm-readv", true, \
	  "process_vm_readv(2) on a child", \
	  "an exec cannot be recognised") \
	X(DUPFD_QUERY, "dupfd-query", false, \
	  "fcntl(F_DUPFD_QUERY) (Linux 6.10)", \
	  "two open files are told apart with kcmp(2) of our own descriptors") \
	X(KCMP, "kcmp", false, \
	  "kcmp(2) for selfsame itself", \
	  "no --audit; finding an open file among many of one inode is linear") \
	X(THREAD_PIDFD, "thread-pidfd", false, \
	  "pidfd_open(PIDFD_THREAD) (Linux 6.9)", \
	  "descriptors of a thread with a table of its own, or with a dead " \
	  "leader, cannot be fetched") \
	X(PROC_CHILDREN, "proc-children", false, \
	  "/proc/PID/task/TID/children (CONFIG_PROC_CHILDREN)", \
	  "new tasks are matched with their creators by parent process only") \
	X(SIGNAL_GUARD, "signal-guard", false, \
	  "ptrace(PTRACE_SEIZE) of a child", \
	  "a handler without SA_RESTART can interrupt a watched call (EINTR)")

enum ss_feature {
#define X(id, name, required, what, cost) SS_FEATURE_##id,
	SS_FEATURES(X)
#undef X
	SS_FEATURE_COUNT
};

struct ss_feature_info {
	const char *name;
	bool required;
	const char *what;
	const char *cost;
};

extern const struct ss_feature_info ss_feature_infos[SS_FEATURE_COUNT];

struct ss_features {
	bool has[SS_FEATURE_COUNT];
	pid_t self;		/* who asks the kernel about its own files: not
				   a fork of it */
};

/*
 * Probes all of them on ourselves (no child: every run pays for this), then
 * takes away what `without` (the variable's value, or NULL) names.
 * SYNC_WAKE_UP can be tried only on a listener: here it means that trying is
 * allowed, and struct ss_listener says how it went.  0, or -EINVAL with
 * *ret_bad pointing at the unknown name inside `without`, or -errno of
 * open(2), *ret_bad untouched.
 */
int ss_features_probe(const char *without, struct ss_features *ret,
		      const char **ret_bad) ss_must_check;

#endif
