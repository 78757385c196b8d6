/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever a policy file or a SPEC says: it is read or refused, and what is
 * read is the same when it is shown and read again.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "policy/compile.h"
#include "policy/file.h"
#include "policy/match.h"
#include "policy/show.h"
#include "policy/spec.h"

/* false: it was refused. */
static bool read_policy(struct ss_policy *policy, const char *text,
			size_t length)
{
	ss_cleanup_problems struct ss_problems problems = { 0 };
	ss_cleanup_text struct ss_text said = { 0 };
	bool good;

	ss_policy_init(policy);
	if (length >= 4 && memcmp(text, "kcmp", 4) == 0) {
		char *spec = strndup(text, length);

		ss_assert(spec);
		ss_policy_inject(policy, spec, "-e", &problems);
		free(spec);
	} else {
		ss_policy_read(policy, "f", text, length, &problems);
	}
	ss_policy_finish(policy, &problems);
	good = !ss_problems_any(&problems);
	ss_problems_print(&problems, &said);
	ss_assert(good == (said.length == 0));
	return good;
}

/* What the kernel would do instead is the same. */
static void compare_filter(const struct ss_policy *policy, int type,
			   const struct ss_decision *decision)
{
	const struct ss_filtered *filtered;
	struct ss_plan plan;

	ss_policy_compile(policy, false, &plan);
	filtered = &plan.types[ss_type_index(type)];
	if (filtered->what == SS_FILTER_NOTIFY)
		return;
	ss_assert(decision->rule == filtered->rule);
	ss_assert(!decision->log && !decision->action.delay &&
		  !decision->action.signal);
	if (filtered->what == SS_FILTER_ALLOW)
		ss_assert(decision->action.kind == SS_ACTION_KERNEL);
	else
		ss_assert(decision->action.kind == SS_ACTION_ERROR &&
			  decision->action.value == filtered->error);
}

/* With every fact there is, somebody decides. */
static void decide(const struct ss_policy *policy, int type)
{
	static const struct ss_frame frames[] = {
		{ .object = "/lib/libc.so.6", .function = "close" },
		{ .function = "main" },
	};
	static const struct ss_group process = { .tgid = 1, .serial = 1 };
	struct ss_counters *counters = ss_counters_new(policy);
	struct ss_path *path = ss_path_new(NULL, 1);
	struct ss_asked call = {
		.type = type,
		.fd = { 3, 4 },
		.path = path,
		.process = &process,
		.known = (1u << SS_FACT_COUNT) - 1,
		.relations = { 1u << SS_RELATION_SELF,
			       1u << SS_RELATION_UNKNOWN },
		.executable = "/usr/bin/chromium",
		.same = SS_SAME_NO,
		.stack.frames = frames,
		.stack.count = SS_ARRAY_SIZE(frames),
	};
	enum ss_fact need;

	ss_assert(counters && path);
	ss_assert(ss_policy_decide(policy, counters, &call, &need) == 1);
	ss_assert(call.decision.action.kind != SS_ACTION_NONE);
	compare_filter(policy, type, &call.decision);
	ss_counters_free(counters);
	ss_path_put(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ss_cleanup_text struct ss_text first = { 0 }, second = { 0 };
	struct ss_policy policy, again;
	bool good = read_policy(&policy, (const char *)data, size);
	int type;

	if (good) {
		for (type = -1; type <= SS_TYPE_COUNT; type++)
			decide(&policy, type);
		ss_policy_show(&policy, &first);
		/* What was small may be too large when aliases are followed
		   and everything is said. */
		if (first.length <= SS_POLICY_BYTES) {
			ss_assert(read_policy(&again, first.data,
					      first.length));
			ss_policy_show(&again, &second);
			ss_assert(strcmp(first.data, second.data) == 0);
			ss_policy_release(&again);
		}
	}
	ss_policy_release(&policy);
	return 0;
}
