/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/relation.h"

/* The first process of the pid namespace that is `level` deep among those of
   the task, if it lives; level 0 is the supervisor's. */
static const struct ss_group *first_of(const struct ss_task *task,
				       unsigned int level)
{
	static const pid_t one = 1;
	const struct ss_pidns *ns;
	struct ss_number *number;

	if (!level)
		return NULL;
	ns = task->numbers[level - 1]->ns;
	HASH_FIND(hh, ns->numbers, &one, sizeof(one), number);
	if (!number || number->task->group->dead)
		return NULL;
	return number->task->group;
}

/*
 * find_new_reaper() of kernel/exit.c: the child_reaper of the namespace of who
 * has died.  That was the orphan's own, unless the orphan is the first in
 * there.
 */
static const struct ss_group *adopter(const struct ss_group *orphan)
{
	const struct ss_task *leader = orphan->tasks;
	unsigned int level = leader->levels;
	const struct ss_group *first;

	if (level && leader->numbers[level - 1]->nr == 1)
		level--;
	first = first_of(leader, level);
	return first == orphan ? NULL : first;
}

/* Has its parent ended, and was nobody told who has it now?  (A parent that is
   none of us has a number, but no serial.) */
static bool is_orphan(const struct ss_model *model,
		      const struct ss_group *group)
{
	const struct ss_group *parent = ss_model_parent(model, group);

	if (group->parent && !group->parent_serial)
		return false;
	return !parent || parent->dead;
}

const struct ss_group *ss_relation_parent(const struct ss_model *model,
					  const struct ss_group *group)
{
	return is_orphan(model, group) ? adopter(group) :
		ss_model_parent(model, group);
}

const struct ss_group *ss_relation_orphan(const struct ss_model *model,
					  const struct ss_group *group)
{
	while (group && !is_orphan(model, group))
		group = ss_model_parent(model, group);
	return group;
}

/*
 * Is `above` reached from `below` by going to parents?  These become older, so
 * the way has an end.
 */
static bool is_ancestor(const struct ss_model *model,
			const struct ss_group *above,
			const struct ss_group *below)
{
	const struct ss_group *group = ss_relation_parent(model, below);

	while (group && group->serial > above->serial) {
		const struct ss_group *next = ss_relation_parent(model, group);

		if (next && next->serial >= group->serial)
			return false;
		group = next;
	}
	return group == above;
}

#define BIT(id)	(1u << SS_RELATION_##id)

unsigned int ss_relations_between(const struct ss_model *model,
				  const struct ss_task *caller,
				  const struct ss_task *target)
{
	const struct ss_group *mine, *other, *parent;
	unsigned int relations = 0;

	if (!target)
		return BIT(UNKNOWN);
	if (target == caller)
		return BIT(SELF);
	mine = caller->group;
	other = target->group;
	if (mine == other)
		return BIT(THREAD);
	parent = ss_relation_parent(model, mine);
	if (parent == other)
		relations |= BIT(PARENT);
	if (ss_relation_parent(model, other) == mine)
		relations |= BIT(CHILD);
	if (parent && ss_relation_parent(model, other) == parent)
		relations |= BIT(SIBLING);
	if (is_ancestor(model, other, mine))
		relations |= BIT(ANCESTOR);
	if (is_ancestor(model, mine, other))
		relations |= BIT(DESCENDANT);
	return relations ? relations : BIT(OTHER);
}
