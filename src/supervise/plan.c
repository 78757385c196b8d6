/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/plan.h"

#include "policy/compile.h"
#include "policy/match.h"

#define TYPE(id)	(1u << SS_TYPE_##id)

/* Families that only questions of some types depend on. */
static const struct {
	enum ss_family family;
	unsigned int types;
} dependent[] = {
	{ SS_FAMILY_DESCRIPTOR, TYPE(FILE) | TYPE(EPOLL_TFD) },
	{ SS_FAMILY_EPOLL, TYPE(FILE) | TYPE(EPOLL_TFD) },
	{ SS_FAMILY_RING, TYPE(FILE) | TYPE(EPOLL_TFD) },
	{ SS_FAMILY_SEM, TYPE(SYSVSEM) },
	{ SS_FAMILY_IOPRIO, TYPE(IO) },
};

static struct ss_filter_verdict verdict(const struct ss_filtered *filtered)
{
	struct ss_filter_verdict verdict = { .kind = SS_KCMP_TELL };

	switch (filtered->what) {
	case SS_FILTER_NOTIFY:
		break;
	case SS_FILTER_ALLOW:
		verdict.kind = SS_KCMP_ALLOW;
		break;
	case SS_FILTER_ERRNO:
		verdict.kind = SS_KCMP_REFUSE;
		verdict.child_errno = filtered->error;
		break;
	}
	return verdict;
}

/* Where every kcmp is decided in the filter, nothing need be known. */
static unsigned int all_but_kcmp(const struct ss_session_options *options)
{
	unsigned int families = (1u << SS_FAMILY_COUNT) - 1;

	families &= ~(1u << SS_FAMILY_KCMP);
	/* Refused when the command has ended. */
	if (options->kill_on_exit)
		families &= ~(1u << SS_FAMILY_CLONE | 1u << SS_FAMILY_EXEC |
			      1u << SS_FAMILY_EXIT |
			      1u << SS_FAMILY_NAMESPACE);
	return families;
}

void ss_plan_filter(const struct ss_session_options *options,
		    struct ss_filter_plan *ret)
{
	bool observed = options->log || options->stats || options->audit ||
		options->would_deny || options->learn_file;
	struct ss_plan plan;
	bool told = false;
	unsigned int i;

	*ret = (struct ss_filter_plan){ 0 };
	if (!options->policy)
		return;
	ss_policy_compile(options->policy, observed, &plan);
	for (i = 0; i < SS_ARRAY_SIZE(ret->kcmp); i++) {
		ret->kcmp[i] = verdict(&plan.types[i]);
		told = told || ret->kcmp[i].kind == SS_KCMP_TELL;
	}
	/* There the model answers whatever the rules say. */
	if (options->would_deny)
		return;
	for (i = 0; i < SS_ARRAY_SIZE(dependent); i++) {
		if (!(plan.model_types & dependent[i].types))
			ret->unwatched |= 1u << dependent[i].family;
	}
	if (!told)
		ret->unwatched |= all_but_kcmp(options);
}

int ss_plan_told_type(const struct ss_filter_plan *plan)
{
	/* What most filters around us would refuse comes first. */
	static const int types[] = {
		SS_TYPE_VM, SS_TYPE_FILES, SS_TYPE_FS, SS_TYPE_SIGHAND,
		SS_TYPE_IO, SS_TYPE_SYSVSEM, SS_TYPE_FILE, SS_TYPE_EPOLL_TFD,
		SS_TYPE_COUNT,
	};
	unsigned int i;

	for (i = 0; i < SS_ARRAY_SIZE(types); i++) {
		if (plan->kcmp[types[i]].kind == SS_KCMP_TELL)
			return types[i];
	}
	return -1;
}
