/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the target of a question stands to its caller, from the model alone.
 *
 *	self		it is the calling task itself
 *	thread		another task of the caller's process
 *	parent		a task of the process that is the parent of the caller's
 *	child		a task of a process whose parent is the caller's process
 *	ancestor	as parent, or of the parent's parent, and so on
 *	descendant	as child, or of a child's child, and so on
 *	sibling		a task of another process with the same parent inside
 *	same-user	any of these or of the next, whose real uid is the
 *			caller's
 *	other		inside, and none of the first seven
 *	unknown		no task inside has that number
 *
 * The parent is the kernel's real parent, whatever namespace it is in: the
 * process that made it, or, with CLONE_PARENT, that one's parent; and when that
 * process has ended, even if it is a zombie still, who has adopted the orphan:
 * the first process of its pid namespace, or nobody inside.  Who has made
 * itself a reaper (PR_SET_CHILD_SUBREAPER) adopts as well, and no watched call
 * tells: so before relations are asked for, the orphans among the two and their
 * ancestors should be looked at, and SS_EVENT_PARENT be told:
 *
 *	while ((orphan = ss_relation_orphan(model, task->group)))
 *		tell the parent of orphan->tgid, from /proc/TGID/status
 *
 * All this is as fresh as the model: deaths of which it was not told have not
 * happened.  (A target that the model does not know is unknown only after it
 * has been looked for, as SS_NEED_TASK asks.)
 *
 * Processes that belong to the command's user, but not to its tree, do not
 * exist.  A zombie stands in its relations until it is reaped.  An exec, and
 * whatever namespace a task is in, changes nothing.
 */
#ifndef SS_POLICY_RELATION_H
#define SS_POLICY_RELATION_H

#include "model/model.h"
#include "policy/rule.h"

/*
 * Bits 1 << enum ss_relation, without SAME_USER.  target NULL: unknown.  Takes
 * time in proportion to the generations between them.
 */
unsigned int ss_relations_between(const struct ss_model *model,
				  const struct ss_task *caller,
				  const struct ss_task *target);

/* The process that is the parent, or NULL: nobody inside. */
const struct ss_group *ss_relation_parent(const struct ss_model *model,
					  const struct ss_group *group);

/*
 * The first process, from this one on upwards, whose parent has ended and of
 * which nobody has told who its parent is now; or NULL.
 */
const struct ss_group *ss_relation_orphan(const struct ss_model *model,
					  const struct ss_group *group);

#endif
