/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that reads stacks.
 *
 * It is not the supervisor's own, because unwinding opens files that a
 * hostile program names (a FIFO would make it wait) and digests what is in
 * them.  It has nothing of the supervisor but a socket; where it is root, it
 * opens files as the user of the task; and a filter lets it do little else
 * (kernel/confine.h).  Each stack has SS_STACK_PATIENCE_S
 * seconds; who takes longer, or crashes, is replaced.
 *
 * Two processes: the keeper, a child of ours, whose only child reads.  They
 * end with us.
 */
#ifndef SS_STACK_READER_H
#define SS_STACK_READER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "stack/stack.h"

#define SS_STACK_PATIENCE_S	1

struct ss_stack_reader {
	pid_t keeper;		/* owned; 0: there is none */
	int channel;		/* owned, or -1 */
};
#define SS_STACK_READER_NONE	((struct ss_stack_reader){ .channel = -1 })

/* Before there are threads.  0 or -errno. */
int ss_stack_reader_start(struct ss_stack_reader *ret) ss_must_check;
/* NONE is fine. */
void ss_stack_reader_stop(struct ss_stack_reader *reader);

/*
 * Asks for a stack; we get a SIGCHLD when it is there.  The task must not run
 * until then, or what comes means nothing.  0, -ESRCH, -EPERM, -EMFILE; -EPIPE:
 * there is no reader any more.
 */
int ss_stack_reader_ask(struct ss_stack_reader *reader,
			const struct ss_stack_request *request) ss_must_check;
/* 1: *ret has come.  0: nothing yet.  -EPIPE as above. */
int ss_stack_reader_take(struct ss_stack_reader *reader, struct ss_stack *ret)
	ss_must_check;

#endif
