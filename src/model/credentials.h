/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may look at whom: the parts of ptrace_may_access() with
 * PTRACE_MODE_READ_REALCREDS that decide kcmp's EPERM (kernel/ptrace.c,
 * security/commoncap.c, security/landlock/task.c).
 *
 * Credentials are a fact, read from /proc when somebody asks, kept until a
 * watched call may change them.  User namespaces are known by inode, with
 * their parents and owners, as read with the credentials.
 */
#ifndef SS_MODEL_CREDENTIALS_H
#define SS_MODEL_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "base/hash.h"

struct ss_task;

/* A user namespace; parent NULL: the first one that we can see. */
struct ss_userns {
	uint64_t ino;
	struct ss_userns *parent;	/* borrowed: lives as the model does */
	uid_t owner;
	unsigned int level;
	UT_hash_handle hh;
};

/* Without gaps: a key of bytes. */
struct ss_creds {
	uid_t uid[4];		/* real, effective, saved, file system */
	gid_t gid[4];
	uint64_t permitted;
	uint64_t effective;
	struct ss_userns *userns;	/* borrowed */
};

extern const struct ss_creds ss_creds_none;	/* all zero */

/* The same for all tasks that have them, as in the kernel (struct cred): they
   do not change, a task gets others. */
struct ss_shared_creds {
	struct ss_creds creds;
	unsigned int refs;
	UT_hash_handle hh;
};

/* A new reference on those of `all` that are equal, made if there are none; or
   NULL. */
struct ss_shared_creds *ss_creds_share(struct ss_shared_creds **all,
				       const struct ss_creds *creds)
	ss_must_check;
/* NULL: NULL, nothing. */
struct ss_shared_creds *ss_creds_get(struct ss_shared_creds *shared);
void ss_creds_put(struct ss_shared_creds **all,
		  struct ss_shared_creds *shared);

/* A Landlock domain: what its tasks may look at is itself and below. */
struct ss_domain {
	struct ss_domain *parent;	/* owned reference */
	unsigned int refs;
	unsigned int depth;
};

struct ss_domain *ss_domain_new(struct ss_domain *parent) ss_must_check;
struct ss_domain *ss_domain_get(struct ss_domain *domain);	/* NULL: NULL */
void ss_domain_put(struct ss_domain *domain);

/* Is their holder in a user namespace within another that we can see? */
static inline bool ss_creds_nested(const struct ss_creds *creds)
{
	return creds->userns && creds->userns->parent;
}

/* Are the effective ids not the real ones? */
static inline bool ss_creds_differ(const struct ss_creds *creds)
{
	return creds->uid[0] != creds->uid[1] || creds->gid[0] != creds->gid[1];
}

/* ns_capable(): has the holder of these credentials the capability in ns? */
bool ss_creds_capable(const struct ss_creds *creds,
		      const struct ss_userns *ns, unsigned int capability);

#define SS_CAP_SYS_PTRACE	19

enum ss_access {
	SS_ACCESS_DENIED,
	SS_ACCESS_ALLOWED,
	SS_ACCESS_NEED_CALLER,		/* the caller's credentials */
	SS_ACCESS_NEED_TARGET,		/* the target's */
	SS_ACCESS_NEED_DUMPABLE,	/* is the target's mm dumpable? */
};

/*
 * May caller look at target?  init_userns: the user namespace that counts for
 * tasks without an mm, or NULL if it is not ours to see (then nobody inside
 * has capabilities there).  The second one does not wait for set*id calls in
 * flight: what is known of the memory counts.
 */
enum ss_access ss_access_check(const struct ss_task *caller,
			       const struct ss_task *target,
			       const struct ss_userns *init_userns);
enum ss_access ss_access_check_now(const struct ss_task *caller,
				   const struct ss_task *target,
				   const struct ss_userns *init_userns);

#endif
