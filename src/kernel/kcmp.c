/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/kcmp.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/caution.h"

struct comparing {
	struct ss_careful careful;
	pid_t pid1, pid2;
	int type;
	unsigned long idx1, idx2;
	struct kcmp_epoll_slot slot;
	int result;
};

static int ask(pid_t pid1, pid_t pid2, int type, unsigned long idx1,
	       unsigned long idx2)
{
	long r = syscall(SYS_kcmp, pid1, pid2, type, idx1, idx2);

	return r < 0 ? -errno : (int)r;
}

static void compare(struct ss_careful *careful)
{
	struct comparing *c = (struct comparing *)careful;

	c->result = ask(c->pid1, c->pid2, c->type, c->idx1,
			c->type == KCMP_EPOLL_TFD ?
			(unsigned long)&c->slot : c->idx2);
}

int ss_kcmp(pid_t pid1, pid_t pid2, int type, unsigned long idx1,
	    unsigned long idx2)
{
	struct comparing *comparing;
	int r;

	if (!ss_caution_has_begun())
		return ask(pid1, pid2, type, idx1, idx2);
	comparing = malloc(sizeof(*comparing));
	if (!comparing)
		return -ENOMEM;
	*comparing = (struct comparing){
		.careful = {
			.run = compare,
			.lock = SS_CAREFUL_KCMP,
			.task = pid1,
			.which = (uint64_t)pid2 << 32 | (unsigned int)type,
		},
		.pid1 = pid1,
		.pid2 = pid2,
		.type = type,
		.idx1 = idx1,
		.idx2 = idx2,
	};
	if (type == KCMP_EPOLL_TFD)
		comparing->slot = *(const struct kcmp_epoll_slot *)idx2;
	r = ss_careful_do(&comparing->careful);
	if (r)
		return r;
	r = comparing->result;
	free(comparing);
	return r;
}
