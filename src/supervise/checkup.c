/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The trial launch, and the words for what it and the probes found.
 */
#include "supervise/checkup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/descriptor.h"
#include "kernel/features.h"
#include "kernel/filter.h"
#include "kernel/host.h"
#include "kernel/launch.h"
#include "kernel/memory.h"
#include "kernel/notify.h"
#include "kernel/proc.h"
#include "watch/calls.h"

#define ROW	"%-20s %-9s %s\n"

/* How each part of the trial ended: 0 or -errno. */
struct trial {
	int filter;		/* building it */
	int launch;		/* -1: see failure */
	struct ss_launch_failure failure;
	bool inspected;		/* the three below have been tried */
	int fetch;
	int read;
	int status;
};

/* In the child at the same address, because it is our fork. */
static const char landmark[] = "selfsame";

static void inspect(const struct ss_launched *launched, pid_t tid,
		    struct trial *trial)
{
	struct ss_proc_status status;
	char copy[sizeof(landmark)];
	int fd;

	trial->inspected = true;
	/* That the number is closed is as good as a descriptor. */
	fd = ss_pidfd_fetch(launched->pidfd, STDIN_FILENO);
	if (fd >= 0)
		ss_close_fd(&fd);
	else if (fd != -EBADF)
		trial->fetch = fd;
	trial->read = ss_memory_read(tid, (uint64_t)(uintptr_t)landmark, copy,
				     sizeof(copy));
	trial->status = ss_proc_status(tid, &status);
}

/* Lets everything go on until the child has ended. */
static void serve(struct ss_launched *launched, struct trial *trial)
{
	const struct ss_reply reply = { .kind = SS_REPLY_CONTINUE };
	struct ss_notification notification;
	struct pollfd pollfd = {
		.fd = launched->listener.fd,
		.events = POLLIN,
	};

	for (;;) {
		if (poll(&pollfd, 1, -1) < 0 && errno != EINTR)
			return;
		if (!(pollfd.revents & POLLIN)) {
			if (pollfd.revents)
				return;
			continue;
		}
		if (ss_listener_receive(&launched->listener,
					&notification) < 0)
			continue;
		if (!trial->inspected)
			inspect(launched, notification.tid, trial);
		(void)!ss_listener_answer(&launched->listener, notification.id,
					  &reply);
	}
}

static void run_trial(struct ss_features *features, struct trial *trial)
{
	/* A directory: the child does everything but become a program. */
	char directory[] = "/";
	char *const argv[] = { directory, NULL };
	struct sock_fprog filter;
	struct ss_launch launch = {
		.argv = argv,
		.filter = &filter,
		.want_wait_killable = features->has[SS_FEATURE_WAIT_KILLABLE],
		.want_sync_wake_up = features->has[SS_FEATURE_SYNC_WAKE_UP],
		.test_type = SS_TYPE_VM,
	};
	struct ss_launched launched;

	trial->filter = ss_filter_build(ss_calls, ss_calls_count, NULL,
					&filter);
	if (trial->filter < 0)
		return;
	trial->launch = ss_launch(&launch, &launched, &trial->failure);
	free(filter.filter);
	if (trial->launch < 0)
		return;
	features->has[SS_FEATURE_WAIT_KILLABLE] = launched.wait_killable;
	features->has[SS_FEATURE_SYNC_WAKE_UP] =
		launched.listener.sync_wake_up;
	serve(&launched, trial);
	/* What still waits must not wait for us. */
	ss_listener_release(&launched.listener);
	while (waitpid(launched.pid, NULL, 0) < 0 && errno == EINTR)
		;
	ss_close_fd(&launched.pidfd);
	ss_close_fd(&launched.channel);
}

/* What the child showed stands over what we could try on ourselves. */
static void correct(struct ss_features *features, const struct trial *trial)
{
	if (trial->fetch < 0)
		features->has[SS_FEATURE_PIDFD_GETFD] = false;
	if (trial->read < 0)
		features->has[SS_FEATURE_VM_READV] = false;
}

static bool report_features(const struct ss_features *features,
			    struct ss_text *report)
{
	bool complete = true;
	enum ss_feature i;

	for (i = 0; i < SS_FEATURE_COUNT; i++) {
		const struct ss_feature_info *info = &ss_feature_infos[i];

		ss_text_printf(report, ROW, info->name,
			       features->has[i] ? "present" : "absent",
			       info->what);
		if (features->has[i])
			continue;
		ss_text_printf(report, ROW, "", "", info->cost);
		if (info->required)
			complete = false;
	}
	return complete;
}

static const char *explain_failure(const struct ss_launch_failure *failure)
{
	switch (failure->stage) {
	case SS_LAUNCH_FORK:
		return "a process cannot be started";
	case SS_LAUNCH_NO_NEW_PRIVS:
		return "no_new_privs cannot be set";
	case SS_LAUNCH_FILTER:
		if (failure->error == EBUSY)
			return "another supervisor's filter is in force; "
				"Linux allows one listener: start selfsame "
				"outside of it";
		return "the filter cannot be loaded";
	case SS_LAUNCH_HANDOVER:
		return "the listener cannot be taken over";
	case SS_LAUNCH_OUTER_FILTER:
		return "a seccomp profile or a tracer around this shell "
			"answers kcmp before selfsame; only that profile "
			"(of the container, for example) can change it";
	case SS_LAUNCH_EXEC:
	case SS_LAUNCH_STAGE_COUNT:
		break;
	}
	return "unexpected";
}

static bool report_trial(const struct trial *trial, struct ss_text *report)
{
	bool good = true;

	if (trial->filter < 0) {
		ss_text_printf(report, ROW, "trial", "failed",
			       "libseccomp cannot build the filter");
		ss_text_printf(report, ROW, "", "", strerror(-trial->filter));
		return false;
	}
	if (trial->launch < 0) {
		ss_text_printf(report, ROW, "trial", "failed",
			       explain_failure(&trial->failure));
		ss_text_printf(report, ROW, "", "",
			       strerror(trial->failure.error));
		return false;
	}
	ss_text_printf(report, ROW, "trial", "passed",
		       "no other listener; kcmp of a child reaches selfsame");
	if (trial->fetch < 0 || trial->read < 0) {
		ss_text_printf(report, ROW, "access", "refused",
			       "a child cannot be inspected: Yama, a Landlock "
			       "domain or a seccomp profile around this shell");
		good = false;
	}
	if (!trial->inspected || trial->status < 0) {
		ss_text_printf(report, ROW, "/proc", "missing",
			       "/proc shows nothing of a child: mount it "
			       "for this pid namespace");
		good = false;
	}
	return good;
}

static void report_kcmp(const struct ss_host *host, struct ss_text *report)
{
	const char *cause = "it works";

	if (host->kcmp_error == ENOSYS && host->is_filtered)
		cause = "CONFIG_KCMP is off, or the seccomp filter in force "
			"refuses it";
	else if (host->kcmp_error == ENOSYS)
		cause = "the kernel was built without CONFIG_KCMP";
	else if (host->kcmp_error)
		cause = "a filter or a tracer around this shell refuses it";
	ss_text_printf(report, ROW, "own kcmp",
		       host->kcmp_error ? "refused" : "allowed", cause);
}

static void report_host(const struct ss_host *host, struct ss_text *report)
{
	static const char *const scopes[] = {
		"every process of the same user may be inspected",
		"only descendants may be inspected: that is what selfsame does",
		"inspection needs CAP_SYS_PTRACE",
		"nobody may inspect anything",
	};
	char state[24] = "absent";
	const char *what = "Yama is not active";

	if (host->yama_scope >= 0 &&
	    (size_t)host->yama_scope < SS_ARRAY_SIZE(scopes)) {
		snprintf(state, sizeof(state), "scope %d", host->yama_scope);
		what = scopes[host->yama_scope];
	}
	ss_text_printf(report, ROW, "yama", state, what);
	ss_text_printf(report, ROW, "/proc of others",
		       host->is_proc_hidden ? "hidden" : "visible",
		       host->is_proc_hidden ?
		       "mounted with hidepid; our own user's tasks are seen" :
		       "all processes are seen");
	ss_text_printf(report, ROW, "seccomp filter",
		       host->is_filtered ? "outside" : "none",
		       host->is_filtered ?
		       "a filter is already in force; its refusals come first" :
		       "no filter around this shell");
	snprintf(state, sizeof(state), "uid %u", host->uid);
	ss_text_printf(report, ROW, "user", state,
		       host->in_user_namespace ?
		       "in a user namespace of its own" :
		       "in the first user namespace");
}

int ss_checkup(const char *without, struct ss_text *report, bool *ret_can_run,
	       const char **ret_bad)
{
	struct ss_features features;
	struct trial trial = { 0 };
	struct ss_host host;
	bool can_run;
	int r;

	r = ss_features_probe(without, &features, ret_bad);
	if (r < 0)
		return r;
	ss_host_look(&host);
	run_trial(&features, &trial);
	correct(&features, &trial);
	can_run = report_features(&features, report);
	can_run = report_trial(&trial, report) && can_run;
	report_kcmp(&host, report);
	report_host(&host, report);
	if (!can_run)
		ss_text_printf(report,
			       "\n'selfsame run' will not work here.\n");
	else if (!features.has[SS_FEATURE_KCMP])
		ss_text_printf(report, "\n'selfsame run' will work here, "
			       "without --audit.\n");
	else
		ss_text_printf(report, "\n'selfsame run' will work here.\n");
	*ret_can_run = can_run;
	return report->error;
}
