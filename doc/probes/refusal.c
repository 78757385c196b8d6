/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a refused kcmp costs, in nanoseconds: as it is, and with "-s" under a
 * plain seccomp filter of its own that refuses it.
 *
 *	cc -D_GNU_SOURCE -O2 -o /tmp/refusal refusal.c
 *	/tmp/refusal -s
 *	selfsame run --inject=kcmp:error=EPERM -- /tmp/refusal
 *	selfsame run --inject=kcmp:error=EPERM:fd=0 -- /tmp/refusal
 *	selfsame run -- /tmp/refusal
 *
 * The second is decided in the kernel, the third outside, the last is an
 * answer.  Each figure is the median of ROUNDS rounds.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	21
#define CALLS	20000

static int refuse(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static double one_round(void)
{
	struct timespec before, after;
	pid_t self = getpid();
	int i;

	clock_gettime(CLOCK_MONOTONIC, &before);
	for (i = 0; i < CALLS; i++)
		(void)syscall(SYS_kcmp, self, self, KCMP_FILE, 0, 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	return ((double)(after.tv_sec - before.tv_sec) * 1e9 +
		(double)(after.tv_nsec - before.tv_nsec)) / CALLS;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	double rounds[ROUNDS];
	int i;

	if (argc > 1 && strcmp(argv[1], "-s") == 0 && refuse()) {
		perror("refusal: seccomp");
		return 1;
	}
	for (i = 0; i < ROUNDS; i++)
		rounds[i] = one_round();
	qsort(rounds, ROUNDS, sizeof(rounds[0]), by_size);
	printf("%.0f ns\n", rounds[ROUNDS / 2]);
	return 0;
}
