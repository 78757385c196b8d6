/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builds the seccomp program with libseccomp and loads it ourselves.
 *
 * One context for each architecture, merged at the end, because the rules
 * differ (x32 refuses what the others tell us).  libseccomp takes a call's
 * number as the native one and translates it; names that the native
 * architecture lacks have negative stand-ins, which it translates as well.
 */
#include "kernel/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)
#endif

static const uint32_t scmp_archs[SS_ARCH_COUNT] = {
	[SS_ARCH_X86_64] = SCMP_ARCH_X86_64,
	[SS_ARCH_I386] = SCMP_ARCH_X86,
};

int ss_filter_resolve(const struct ss_call *calls, size_t n,
		      struct ss_call_table *ret)
{
	struct ss_call_table table = { 0 };
	enum ss_arch arch;
	size_t i;
	int nr;

	for (arch = 0; arch < SS_ARCH_COUNT; arch++) {
		for (i = 0; i < n; i++) {
			if (!(calls[i].archs & (1u << arch)))
				continue;
			nr = seccomp_syscall_resolve_name_arch(
				scmp_archs[arch], calls[i].name);
			if (nr < 0 || nr >= SS_CALL_NUMBERS)
				return -ENOSYS;
			table.by_nr[arch][nr] = &calls[i];
		}
	}
	*ret = table;
	return 0;
}

/*
 * The comparison is of 32 bits, whatever the caller put above them: so does
 * the kernel compare.
 */
static int add_conditional(scmp_filter_ctx context, uint32_t action, int nr,
			   const struct ss_call *call)
{
	const struct scmp_arg_cmp not_null = {
		.arg = (unsigned int)call->argument,
		.op = SCMP_CMP_NE,
	};
	unsigned int i;
	int r;

	if (!call->n_values)
		return seccomp_rule_add_exact_array(context, action, nr, 1,
						    &not_null);
	for (i = 0; i < call->n_values; i++) {
		struct scmp_arg_cmp comparison = {
			.arg = (unsigned int)call->argument,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = call->mask,
			.datum_b = call->values[i],
		};

		r = seccomp_rule_add_exact_array(context, action, nr, 1,
						 &comparison);
		if (r < 0)
			return r;
	}
	return 0;
}

#define KCMP_TYPE	2u	/* the argument that is the type, an int */

static uint32_t action_of(const struct ss_filter_verdict *verdict)
{
	switch (verdict->kind) {
	case SS_KCMP_TELL:
		break;
	case SS_KCMP_ALLOW:
		return SCMP_ACT_ALLOW;
	case SS_KCMP_REFUSE:
		return SCMP_ACT_ERRNO((uint16_t)verdict->child_errno);
	}
	return SCMP_ACT_NOTIFY;
}

static int add_kcmp_if(scmp_filter_ctx context, uint32_t action, int nr,
		       uint32_t mask, uint32_t value)
{
	const struct scmp_arg_cmp comparison = {
		.arg = KCMP_TYPE,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value,
	};

	return seccomp_rule_add_exact_array(context, action, nr, 1,
					    &comparison);
}

/* A number that is no type has one of these bits: of 32, as in the kernel. */
static int add_kcmp_of_no_type(scmp_filter_ctx context, uint32_t action,
			       int nr)
{
	uint32_t bit;
	int r = 0;

	for (bit = SS_TYPE_COUNT; bit && r >= 0; bit <<= 1)
		r = add_kcmp_if(context, action, nr, bit, bit);
	return r;
}

/* What is allowed needs no rule: that is the context's default. */
static int add_kcmp(scmp_filter_ctx context, int nr,
		    const struct ss_filter_verdict *verdicts)
{
	uint32_t action = action_of(&verdicts[0]);
	unsigned int type;
	bool alike = true;
	int r = 0;

	_Static_assert(!(SS_TYPE_COUNT & (SS_TYPE_COUNT - 1)),
		       "types fill their bits");
	for (type = 1; type <= SS_TYPE_COUNT; type++)
		alike = alike && action_of(&verdicts[type]) == action;
	if (alike)
		return action == SCMP_ACT_ALLOW ? 0 :
			seccomp_rule_add_exact_array(context, action, nr, 0,
						     NULL);
	for (type = 0; type <= SS_TYPE_COUNT && r >= 0; type++) {
		action = action_of(&verdicts[type]);
		if (action == SCMP_ACT_ALLOW)
			continue;
		r = type < SS_TYPE_COUNT ?
			add_kcmp_if(context, action, nr, UINT32_MAX, type) :
			add_kcmp_of_no_type(context, action, nr);
	}
	return r;
}

static int add_call(scmp_filter_ctx context, uint32_t action,
		    const struct ss_call *call,
		    const struct ss_filter_plan *plan)
{
	int nr = seccomp_syscall_resolve_name(call->name);

	if (nr == __NR_SCMP_ERROR)
		return -ENOSYS;
	if (call->family == SS_FAMILY_KCMP && action == SCMP_ACT_NOTIFY)
		return add_kcmp(context, nr, plan->kcmp);
	if (call->argument >= 0)
		return add_conditional(context, action, nr, call);
	return seccomp_rule_add_exact_array(context, action, nr, 0, NULL);
}

/*
 * Creates the context of one architecture with the action for the calls of
 * `archs`.  NULL, and *ret_error, on failure.
 */
static scmp_filter_ctx new_context(uint32_t scmp_arch, int *ret_error)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!context) {
		*ret_error = -ENOMEM;
		return NULL;
	}
	r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH,
			     SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0 && scmp_arch != seccomp_arch_native()) {
		r = seccomp_arch_add(context, scmp_arch);
		if (r == 0)
			r = seccomp_arch_remove(context,
						seccomp_arch_native());
	}
	if (r == 0)
		return context;
	seccomp_release(context);
	*ret_error = r;
	return NULL;
}

struct part {
	uint32_t scmp_arch;
	enum ss_arch like;	/* whose calls */
	uint32_t action;
};

/* x32 has the calls of x86-64 under numbers of its own. */
static const struct part parts[] = {
	{ SCMP_ARCH_X86_64, SS_ARCH_X86_64, SCMP_ACT_NOTIFY },
	{ SCMP_ARCH_X86, SS_ARCH_I386, SCMP_ACT_NOTIFY },
	{ SCMP_ARCH_X32, SS_ARCH_X86_64, SCMP_ACT_ERRNO(ENOSYS) },
};

static scmp_filter_ctx build_part(const struct part *part,
				  const struct ss_call *calls, size_t n,
				  const struct ss_filter_plan *plan,
				  int *ret_error)
{
	scmp_filter_ctx context = new_context(part->scmp_arch, ret_error);
	size_t i;
	int r;

	if (!context)
		return NULL;
	for (i = 0; i < n; i++) {
		if (!(calls[i].archs & (1u << part->like)) ||
		    plan->unwatched & 1u << calls[i].family)
			continue;
		r = add_call(context, part->action, &calls[i], plan);
		if (r < 0) {
			seccomp_release(context);
			*ret_error = r;
			return NULL;
		}
	}
	return context;
}

static int read_all(int fd, void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)buffer + done, size - done,
				  (off_t)done);

		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* Into memory by way of a file: libseccomp 2.5 exports to nothing else. */
static int export(scmp_filter_ctx context, struct sock_fprog *ret)
{
	ss_cleanup_free struct sock_filter *filter = NULL;
	ss_cleanup_fd int fd = -1;
	struct stat stat;
	int r;

	fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(context, fd);
	if (r < 0)
		return r;
	if (fstat(fd, &stat) < 0)
		return -errno;
	if (stat.st_size <= 0 || stat.st_size % (off_t)sizeof(*filter) ||
	    stat.st_size / (off_t)sizeof(*filter) > BPF_MAXINSNS)
		return -E2BIG;
	filter = malloc((size_t)stat.st_size);
	if (!filter)
		return -ENOMEM;
	r = read_all(fd, filter, (size_t)stat.st_size);
	if (r < 0)
		return r;
	ret->len = (unsigned short)((size_t)stat.st_size / sizeof(*filter));
	ret->filter = filter;
	filter = NULL;
	return 0;
}

#define API_WITH_NOTIFY	5	/* seccomp_api_get(3) */

int ss_filter_build(const struct ss_call *calls, size_t n,
		    const struct ss_filter_plan *plan, struct sock_fprog *ret)
{
	static const struct ss_filter_plan everything;
	scmp_filter_ctx all = NULL;
	size_t i;
	int r = 0;

	/*
	 * Left alone the library asks the kernel what it may use, and builds
	 * nothing where a filter refuses seccomp(2) to us.  That is for the
	 * load to find out, which can say so.
	 */
	(void)seccomp_api_set(API_WITH_NOTIFY);
	for (i = 0; i < SS_ARRAY_SIZE(parts); i++) {
		scmp_filter_ctx part =
			build_part(&parts[i], calls, n,
				   plan ? plan : &everything, &r);

		if (!part)
			goto out;
		if (!all) {
			all = part;
			continue;
		}
		r = seccomp_merge(all, part);	/* takes part if it works */
		if (r < 0) {
			seccomp_release(part);
			goto out;
		}
	}
	r = export(all, ret);
out:
	if (all)
		seccomp_release(all);
	return r;
}

int ss_filter_load(const struct sock_fprog *program, bool wait_killable,
		   bool *ret_wait_killable)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	long fd = -1;

	if (wait_killable) {
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			     flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			     program);
		if (fd < 0 && errno == EINVAL)
			wait_killable = false;
	}
	if (!wait_killable)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			     program);
	if (fd < 0)
		return -errno;
	*ret_wait_killable = wait_killable;
	return (int)fd;
}
