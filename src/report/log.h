/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What --log writes: one line for each kcmp, like strace's.
 *
 *	[1.2 pid 4711] kcmp(4711, 4712, KCMP_FILE, 5, 7) = 0 (1.2/5#1)
 *	[1.2 pid 4711] kcmp(4711, 4712, KCMP_VM) = 1 (1.2, 1.3)
 *	[1 pid 4700] kcmp(4700, 1, KCMP_FS) = -1 ESRCH (No such process)
 *
 * In brackets: the caller's label, and its number as selfsame sees it.  The
 * numbers in the call are the caller's.  After the answer: what was compared,
 * both labels where they differ.  Arguments that the type ignores are left
 * out.  Where a policy decides, its rule follows:
 *
 *	[1 pid 4700] kcmp(4700, 4700, KCMP_VM) = -1 EPERM (Operation not
 *	permitted) [rule 2 'no memory']
 *	[1 pid 4700] kcmp(4700, 4700, KCMP_FS) = ? [default: kernel]
 *
 * Where its stack was looked at, and there is none, the reason follows; where
 * stacks are to be written, lines with the frames, the innermost first:
 *
 *	[1 pid 4700] kcmp(4700, 4700, KCMP_VM) = 0 (1, 1)
 *	 > /usr/lib/libc.so.6!syscall+0x1d
 *	 > /usr/bin/asker!main+0x20
 */
#ifndef SS_REPORT_LOG_H
#define SS_REPORT_LOG_H

#include "base/attributes.h"
#include "base/text.h"
#include "model/compare.h"
#include "model/model.h"
#include "policy/match.h"

struct ss_log;

/* To a file, which is emptied or made; NULL: to our stderr.  stacks: with the
   frames of each call.  0, -ENOMEM,
   -errno of open(2). */
int ss_log_open(const char *file, bool stacks, struct ss_log **ret)
	ss_must_check;
/* NULL is fine.  0, or the first -errno of write(2) or close(2) since it was
   opened; the log is gone in any case. */
int ss_log_close(struct ss_log *log);

/*
 * One line, or with its stack some, with one write(2).  stack: if it was looked
 * at, or NULL.  A failed write is kept for ss_log_close():
 * nobody waits for a log.
 */
void ss_log_answer(struct ss_log *log, const struct ss_model *model,
		   const struct ss_question *question,
		   const struct ss_answer *answer,
		   const struct ss_decision *decision,
		   const struct ss_backtrace *stack);

/* The line itself, without a newline.  answer NULL: it is not ours.  decision:
   of the policy, or NULL; the rule that decided stands at the end. */
void ss_log_format(const struct ss_model *model,
		   const struct ss_question *question,
		   const struct ss_answer *answer,
		   const struct ss_decision *decision, struct ss_text *text);

/* "0", "1", "2" or "-1 EBADF (Bad file descriptor)". */
void ss_answer_format(const struct ss_answer *answer, struct ss_text *text);

#endif
