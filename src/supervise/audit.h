/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --audit: every answer compared with the kernel's own.
 *
 * The kernel is asked before and after our answer is made, while the caller
 * sleeps.  Only where it says the same both times can a difference count;
 * otherwise the program itself changed something meanwhile.  "Equal or not"
 * and the errno are compared, not the order.
 *
 *	do {
 *		answered = ss_model_compare(model, &q, &answer, &need);
 *		ss_audit_before(audit, model, &q);
 *		...fetch what is needed...
 *	} while (!answered);
 *	ss_audit_after(audit, model, &q, &answer);
 *	...send the answer...
 *
 * A number that the model does not know, of a task that descends from us, is
 * compared like any other: the model has lost it.
 *
 * Not compared, and counted apart: tasks outside the sandbox, unreadable
 * memory of the caller, and permissions where the caller's differ from ours.
 */
#ifndef SS_SUPERVISE_AUDIT_H
#define SS_SUPERVISE_AUDIT_H

#include <stdint.h>

#include "base/attributes.h"
#include "kernel/features.h"
#include "kernel/proc.h"
#include "model/compare.h"
#include "model/model.h"

/* What becomes of an answer. */
enum ss_audit_class {
	SS_AUDIT_AGREES,
	SS_AUDIT_DIFFERS,
	SS_AUDIT_OUTSIDE,	/* apart: a task that is not ours */
	SS_AUDIT_PERMISSION,	/* apart: the kernel judges us, not it */
	SS_AUDIT_MEMORY,	/* apart: the caller's memory */
	SS_AUDIT_RACED,		/* apart: it changed while we asked */
	SS_AUDIT_CLASS_COUNT
};

struct ss_audit;

/*
 * earlier (borrowed; NULL: none): our children that are none of the program's.
 * 0, -ENOMEM; -EOPNOTSUPP if this host has no kcmp for us.
 */
int ss_audit_new(const struct ss_features *features,
		 const struct ss_tids *earlier, struct ss_audit **ret)
	ss_must_check;
void ss_audit_free(struct ss_audit *audit);	/* NULL is fine */

/*
 * To be called after each ss_model_compare() for a question: asks the kernel
 * once, as soon as the question is known well enough.
 */
void ss_audit_before(struct ss_audit *audit, const struct ss_model *model,
		     const struct ss_question *question);
/* Asks again, compares, says on stderr what differs, and is ready for the
   next question.  To be called for each question that gets an answer. */
void ss_audit_after(struct ss_audit *audit, const struct ss_model *model,
		    const struct ss_question *question,
		    const struct ss_answer *answer);
/* A caller was not recognised, and got no answer from the model: a difference,
   whatever it asked. */
void ss_audit_lost(struct ss_audit *audit, pid_t caller);
/* Forgets a question that gets no answer (its caller was killed). */
void ss_audit_cancel(struct ss_audit *audit);

/*
 * Says on stderr how many were compared and how many differ.  Returns the
 * exit status: 0, or SS_EXIT_DIFFER if any does, or if nothing was compared.
 */
int ss_audit_finish(const struct ss_audit *audit);

uint64_t ss_audit_count(const struct ss_audit *audit,
			enum ss_audit_class which);

#endif
