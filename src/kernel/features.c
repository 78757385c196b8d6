/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probes of what the kernel offers.  Those of ss_features_probe() try each
 * call on ourselves and need no child, because every run pays for them.
 */
#include "kernel/features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/guard.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)
#endif
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY	(1024 + 3)	/* F_LINUX_SPECIFIC_BASE */
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD	O_EXCL
#endif

const struct ss_feature_info ss_feature_infos[SS_FEATURE_COUNT] = {
#define X(id, name, required, what, cost) \
	[SS_FEATURE_##id] = { (name), (required), (what), (cost) },
	SS_FEATURES(X)
#undef X
};

/*
 * seccomp(2) looks at the flags before it reads the program: known ones get
 * as far as the bad address.
 */
static bool knows_filter_flags(unsigned long flags)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 &&
		errno == EFAULT;
}

static bool has_user_notif(void)
{
	struct seccomp_notif_sizes sizes = { 0 };
	unsigned int action = SECCOMP_RET_USER_NOTIF;

	return syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 &&
		syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
			&action) == 0 &&
		knows_filter_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static bool has_pidfd_getfd(int fd)
{
	ss_cleanup_fd int pidfd = pidfd_open(getpid(), 0);
	ss_cleanup_fd int fetched = -1;

	if (pidfd < 0)
		return false;
	fetched = pidfd_getfd(pidfd, fd, 0);
	return fetched >= 0;
}

static bool has_vm_readv(void)
{
	char from = 1, to = 0;
	struct iovec local = { .iov_base = &to, .iov_len = sizeof(to) };
	struct iovec remote = { .iov_base = &from, .iov_len = sizeof(from) };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1 &&
		to == 1;
}

static bool has_thread_pidfd(void)
{
	ss_cleanup_fd int pidfd = pidfd_open(gettid(), PIDFD_THREAD);

	return pidfd >= 0;
}

static bool has_kcmp(int fd)
{
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, fd, fd) == 0;
}

/* "NAME[,NAME...]": the feature of the first name, and how long that is. */
static int parse_name(const char *text, enum ss_feature *ret,
		      size_t *ret_length)
{
	size_t length = strcspn(text, ",");
	enum ss_feature i;

	for (i = 0; i < SS_FEATURE_COUNT; i++) {
		if (strlen(ss_feature_infos[i].name) == length &&
		    memcmp(ss_feature_infos[i].name, text, length) == 0) {
			*ret = i;
			*ret_length = length;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_away(const char *without, struct ss_features *features,
		     const char **ret_bad)
{
	enum ss_feature feature;
	size_t length;

	while (without && *without) {
		if (parse_name(without, &feature, &length) < 0) {
			*ret_bad = without;
			return -EINVAL;
		}
		features->has[feature] = false;
		without += length;
		if (*without == ',')
			without++;
	}
	return 0;
}

int ss_features_probe(const char *without, struct ss_features *ret,
		      const char **ret_bad)
{
	ss_cleanup_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct ss_features features = { .self = getpid() };
	int r;

	if (fd < 0)
		return -errno;
	features.has[SS_FEATURE_USER_NOTIF] = has_user_notif();
	features.has[SS_FEATURE_WAIT_KILLABLE] =
		knows_filter_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER |
				   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	/* Tried on the listener when there is one. */
	features.has[SS_FEATURE_SYNC_WAKE_UP] =
		features.has[SS_FEATURE_USER_NOTIF];
	features.has[SS_FEATURE_PIDFD_GETFD] = has_pidfd_getfd(fd);
	features.has[SS_FEATURE_VM_READV] = has_vm_readv();
	features.has[SS_FEATURE_DUPFD_QUERY] =
		fcntl(fd, F_DUPFD_QUERY, fd) == 1;
	features.has[SS_FEATURE_KCMP] = has_kcmp(fd);
	features.has[SS_FEATURE_THREAD_PIDFD] = has_thread_pidfd();
	features.has[SS_FEATURE_PROC_CHILDREN] =
		access("/proc/thread-self/children", R_OK) == 0;
	features.has[SS_FEATURE_SIGNAL_GUARD] = ss_guard_is_possible();
	r = take_away(without, &features, ret_bad);
	if (r < 0)
		return r;
	*ret = features;
	return 0;
}
