/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/credentials.h"

#include <string.h>

#include "model/task.h"

const struct ss_creds ss_creds_none;

_Static_assert(sizeof(struct ss_creds) ==
	       sizeof(((struct ss_creds *)NULL)->uid) +
	       sizeof(((struct ss_creds *)NULL)->gid) +
	       2 * sizeof(uint64_t) + sizeof(struct ss_userns *),
	       "a key has no gaps");

struct ss_shared_creds *ss_creds_share(struct ss_shared_creds **all,
				       const struct ss_creds *creds)
{
	struct ss_shared_creds *shared;

	HASH_FIND(hh, *all, creds, sizeof(*creds), shared);
	if (shared)
		return ss_creds_get(shared);
	shared = calloc(1, sizeof(*shared));
	if (!shared)
		return NULL;
	shared->creds = *creds;
	shared->refs = 1;
	HASH_ADD(hh, *all, creds, sizeof(shared->creds), shared);
	if (ss_hash_failed(shared)) {
		free(shared);
		return NULL;
	}
	return shared;
}

struct ss_shared_creds *ss_creds_get(struct ss_shared_creds *shared)
{
	if (shared)
		shared->refs++;
	return shared;
}

void ss_creds_put(struct ss_shared_creds **all, struct ss_shared_creds *shared)
{
	if (!shared || --shared->refs)
		return;
	HASH_DEL(*all, shared);
	free(shared);
}

struct ss_domain *ss_domain_new(struct ss_domain *parent)
{
	struct ss_domain *domain = calloc(1, sizeof(*domain));

	if (!domain)
		return NULL;
	domain->refs = 1;
	domain->parent = ss_domain_get(parent);
	domain->depth = parent ? parent->depth + 1 : 0;
	return domain;
}

struct ss_domain *ss_domain_get(struct ss_domain *domain)
{
	if (domain)
		domain->refs++;
	return domain;
}

void ss_domain_put(struct ss_domain *domain)
{
	while (domain && --domain->refs == 0) {
		struct ss_domain *parent = domain->parent;

		free(domain);
		domain = parent;
	}
}

/* security/commoncap.c, cap_capable() */
bool ss_creds_capable(const struct ss_creds *creds,
		      const struct ss_userns *ns, unsigned int capability)
{
	const struct ss_userns *mine = creds->userns;

	for (; ns; ns = ns->parent) {
		if (ns == mine)
			return creds->effective >> capability & 1;
		if (!mine || ns->level <= mine->level)
			return false;
		/* The owner of a namespace, in its parent, has them all. */
		if (ns->parent == mine && ns->owner == creds->uid[1])
			return true;
	}
	return false;
}

static bool same_ids(const struct ss_creds *caller,
		     const struct ss_creds *target)
{
	unsigned int i;

	/* The caller's real ids; the target's real, effective, saved ones. */
	for (i = 0; i < 3; i++) {
		if (target->uid[i] != caller->uid[0] ||
		    target->gid[i] != caller->gid[0])
			return false;
	}
	return true;
}

/* landlock: the target's domain must be the caller's or below it. */
static bool domain_allows(const struct ss_domain *caller,
			  const struct ss_domain *target)
{
	if (!caller)
		return true;
	while (target && target->depth > caller->depth)
		target = target->parent;
	return target == caller;
}

static enum ss_access dumpable_check(const struct ss_task *caller,
				     const struct ss_task *target,
				     const struct ss_userns *init_userns,
				     bool changing)
{
	const struct ss_mm *mm = ss_task_mm(target);
	enum ss_dumpable dumpable = mm ? mm->dumpable : target->dumpable;
	const struct ss_userns *own = ss_task_creds(target)->userns;
	const struct ss_userns *ns = mm ? own : init_userns;

	/* The mm keeps the user namespace of its exec: an ancestor.  Or it was
	   found by somebody below who shares it, whose ids differ so that more
	   did not show: who is capable here is there, too. */
	while (mm && mm->userns && ns && ns->ino != mm->userns)
		ns = ns->parent;
	if (mm && !ns)
		ns = own;
	/* An image that is foreign to it made it an outer one's: that shows
	   only when it is looked at. */
	if (dumpable == SS_DUMPABLE_UNKNOWN && ns && ns->parent)
		ns = init_userns;
	if (dumpable == SS_DUMPABLE_YES && !changing)
		return SS_ACCESS_ALLOWED;
	if (ns &&
	    ss_creds_capable(ss_task_creds(caller), ns, SS_CAP_SYS_PTRACE))
		return SS_ACCESS_ALLOWED;
	if (changing || dumpable == SS_DUMPABLE_UNKNOWN)
		return SS_ACCESS_NEED_DUMPABLE;
	return SS_ACCESS_DENIED;
}

static enum ss_access check(const struct ss_task *caller,
			    const struct ss_task *target,
			    const struct ss_userns *init_userns, bool changing)
{
	const struct ss_creds *c = ss_task_creds(caller);
	const struct ss_creds *t = ss_task_creds(target);
	enum ss_access access;
	bool capable;

	if (caller->group == target->group)
		return SS_ACCESS_ALLOWED;
	if (!caller->creds_known)
		return SS_ACCESS_NEED_CALLER;
	if (!target->creds_known)
		return SS_ACCESS_NEED_TARGET;
	capable = ss_creds_capable(c, t->userns, SS_CAP_SYS_PTRACE);
	if (!same_ids(c, t) && !capable)
		return SS_ACCESS_DENIED;
	access = dumpable_check(caller, target, init_userns, changing);
	if (access != SS_ACCESS_ALLOWED)
		return access;
	/* cap_ptrace_access_check() */
	if (!capable &&
	    (c->userns != t->userns || (t->permitted & ~c->permitted)))
		return SS_ACCESS_DENIED;
	return domain_allows(caller->domain, target->domain) ?
		SS_ACCESS_ALLOWED : SS_ACCESS_DENIED;
}

enum ss_access ss_access_check(const struct ss_task *caller,
			       const struct ss_task *target,
			       const struct ss_userns *init_userns)
{
	const struct ss_mm *mm = ss_task_mm(target);

	return check(caller, target, init_userns,
		     mm && (mm->set_id || mm->setting));
}

enum ss_access ss_access_check_now(const struct ss_task *caller,
				   const struct ss_task *target,
				   const struct ss_userns *init_userns)
{
	return check(caller, target, init_userns, false);
}
