/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/dumpable.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "kernel/caution.h"
#include "kernel/proc.h"
#include "kernel/self.h"

/* Exit statuses of the process that looks: one of these, or the level of the
   namespace that the memory belongs to, the target's own being 0. */
enum {
	STATUS_DUMPABLE = SS_PROC_LEVELS_MAX,
	STATUS_ERRNO,
};

struct caps {
	struct __user_cap_data_struct data[2];
};

static long caps_call(long call, struct caps *caps)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(call, &header, caps->data);
}

/* 0, -EPERM, -ESRCH or another -errno: of the calling thread as it is. */
static int look(pid_t tid)
{
	void *head;
	size_t size;

	return syscall(SYS_get_robust_list, tid, &head, &size) < 0 ?
		-errno : 0;
}

static int without_ptrace(pid_t tid)
{
	struct caps old, caps;
	int r;

	if (caps_call(SYS_capget, &old) < 0)
		return -errno;
	caps = old;
	caps.data[0].effective &= ~(1u << CAP_SYS_PTRACE);
	if (caps_call(SYS_capset, &caps) < 0)
		return -errno;
	r = look(tid);
	/* What is permitted can be had again. */
	ss_assert(caps_call(SYS_capset, &old) == 0);
	return r;
}

static bool has_all(uint64_t permitted)
{
	struct caps caps;
	uint64_t own;

	if (caps_call(SYS_capget, &caps) < 0)
		return false;
	own = caps.data[1].permitted;
	own = own << 32 | caps.data[0].permitted;
	return !(permitted & ~own);
}

/* ---- by a process of its own ---- */

static int become(const struct ss_dumpable_target *target)
{
	/* Who has our memory may not be looked at from inside. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;
	if (target->gid != getgid() &&
	    syscall(SYS_setresgid, target->gid, -1, -1))
		return -errno;
	/* The effective one stays, and with it the capabilities. */
	if (target->uid != getuid() &&
	    syscall(SYS_setresuid, target->uid, -1, -1))
		return -errno;
	return 0;
}

/* It has our table, and must not keep that when we have gone.  The kernel
   forgets this when ids or capabilities change. */
static void end_with_us(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

struct probing {
	const struct ss_dumpable_target *target;
	struct ss_proc_userns chain;
};

/*
 * Down from our own namespace, with all capabilities in each: the last in
 * which they suffice is that of the memory.
 */
static int probe(void *argument)
{
	const struct probing *probing = argument;
	const struct ss_proc_userns *chain = &probing->chain;
	unsigned int level, last = chain->count;
	pid_t tid = probing->target->tid;
	int r = become(probing->target);

	end_with_us();
	for (level = chain->count; !r && level-- > 0;) {
		if (setns(chain->fds[level], CLONE_NEWUSER))
			return STATUS_ERRNO + errno;
		end_with_us();
		r = look(tid);
		if (!r)
			last = level;
		else if (r == -EPERM)
			r = 0;
	}
	/* Of the dead, capabilities in the first namespace count alone. */
	if (!r && probing->target->dead && chain->count)
		return last == 0 ? STATUS_DUMPABLE : (int)last;
	if (!r)
		r = without_ptrace(tid);
	if (r && r != -EPERM)
		return STATUS_ERRNO - r;
	return r ? (int)last : STATUS_DUMPABLE;
}

static int probe_apart(const struct ss_dumpable_target *target,
		       struct ss_dumpable_found *ret)
{
	struct probing probing = { .target = target };
	int r = target->nested ?
		ss_proc_userns_open(target->tid, &probing.chain) : 0;

	/* Refused to its equals, who are only short of capabilities here. */
	if (r == -EACCES && target->uid == getuid() &&
	    target->gid == getgid()) {
		ret->dumpable = false;
		ret->userns = probing.chain.ino[0];
		return 0;
	}
	if (r)
		return r == -EACCES ? -EOPNOTSUPP : r;
	/* With our table itself: the end of a copy would close files. */
	r = ss_run_apart(CLONE_FILES, probe, &probing);
	if (r >= STATUS_ERRNO) {
		r = -(r - STATUS_ERRNO);
	} else if (r >= 0) {
		ret->dumpable = r == STATUS_DUMPABLE;
		ret->userns = target->nested && !ret->dumpable ?
			probing.chain.ino[r] : 0;
		r = 0;
	}
	ss_proc_userns_close(&probing.chain);
	return r;
}

static int probe_directly(const struct ss_dumpable_target *target,
			  struct ss_dumpable_found *ret)
{
	int r;

	/* Something around us may refuse the call itself. */
	if (look(0) || (!target->nested && !has_all(target->permitted)))
		return -EOPNOTSUPP;
	if (target->nested || target->uid != getuid() ||
	    target->gid != getgid()) {
		r = probe_apart(target, ret);
		return r == -EPERM ? -EOPNOTSUPP : r;
	}
	r = without_ptrace(target->tid);
	if (r && r != -EPERM)
		return r;
	ret->dumpable = !r;
	ret->userns = 0;
	return 0;
}

struct looking {
	struct ss_careful careful;
	struct ss_dumpable_target target;
	struct ss_dumpable_found found;
	int result;
};

static void looking_run(struct ss_careful *careful)
{
	struct looking *looking = (struct looking *)careful;

	looking->result = probe_directly(&looking->target, &looking->found);
}

int ss_dumpable_probe(const struct ss_dumpable_target *target,
		      struct ss_dumpable_found *ret)
{
	struct looking *looking;
	int r;

	if (!ss_caution_of_execs())
		return probe_directly(target, ret);
	looking = malloc(sizeof(*looking));
	if (!looking)
		return -ENOMEM;
	looking->careful = (struct ss_careful){
		.run = looking_run,
		.lock = SS_CAREFUL_EXEC,
		.task = target->tid,
	};
	looking->target = *target;
	r = ss_careful_do(&looking->careful);
	if (r)
		return r;
	r = looking->result;
	if (!r)
		*ret = looking->found;
	free(looking);
	return r;
}
