/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/message.h"
#include "kernel/caution.h"
#include "kernel/death.h"
#include "kernel/descriptor.h"
#include "kernel/filter.h"
#include "kernel/memory.h"
#include "kernel/signals.h"
#include "supervise/facts.h"
#include "supervise/plan.h"
#include "supervise/privilege.h"
#include "supervise/ruling.h"
#include "supervise/stack.h"
#include "supervise/state.h"

static int reader_read(ss_unused const struct ss_reader *reader, pid_t tid,
		       uint64_t address, void *buffer, size_t length)
{
	return ss_memory_read_argument(tid, address, buffer, length);
}

#define SEMOPM_DEFAULT	500	/* of a new ipc namespace */

/* Who has an undo list keeps it, and gets no other. */
static bool reader_fits(const struct ss_reader *reader, pid_t tid,
			unsigned int operations)
{
	struct ss_session *session = (struct ss_session *)
		((uintptr_t)reader - offsetof(struct ss_session, reader));
	const struct ss_task *task = ss_model_task(session->model, tid);
	int r;

	if (!task || task->resources[SS_KIND_UNDO])
		return false;
	r = ss_semop_fits(tid, operations);
	if (r >= 0)
		return r;
	session->stats.namespaces_unsure++;
	return operations <= SEMOPM_DEFAULT;
}

static const char *call_name(size_t call)
{
	return call < ss_calls_count ? ss_calls[call].name : NULL;
}

static void before_exec(void)
{
	ss_limits_restore();
	ss_signals_restore_mask();
}

static int fail(const char *what, int r)
{
	ss_error("%s: %s", what, strerror(-r));
	return SS_EXIT_FAILURE;
}

/* What a failed launch means to the user, and what to do. */
static int explain_launch(const struct ss_session *session,
			  const struct ss_launch_failure *failure)
{
	const char *command = session->options.argv[0];
	const char *error = strerror(failure->error);

	switch (failure->stage) {
	case SS_LAUNCH_EXEC:
		ss_error("cannot execute '%s': %s", command, error);
		return failure->error == ENOENT ? SS_EXIT_NOT_FOUND :
			SS_EXIT_CANNOT_EXECUTE;
	case SS_LAUNCH_FILTER:
		if (failure->error == EBUSY)
			ss_error("cannot load the filter: another supervisor "
				 "listens already (a filter with a listener is "
				 "in force), and the kernel allows only one; "
				 "start selfsame outside of it");
		else
			ss_error("cannot load the filter: %s; the kernel "
				 "lacks user notification, or a filter around "
				 "selfsame (a container's profile) refuses "
				 "seccomp(2): 'selfsame doctor' tells which",
				 error);
		break;
	case SS_LAUNCH_OUTER_FILTER:
		ss_error("kcmp is refused (%s) before it reaches selfsame, by "
			 "a seccomp filter around it; only the profile of the "
			 "container can change that", error);
		break;
	case SS_LAUNCH_FORK:
	case SS_LAUNCH_NO_NEW_PRIVS:
	case SS_LAUNCH_HANDOVER:
	case SS_LAUNCH_STAGE_COUNT:
		ss_error("cannot start '%s': %s", command, error);
		break;
	}
	return SS_EXIT_FAILURE;
}

static int open_learned(struct ss_session *session)
{
	const char *file = session->options.learn_file;

	if (!file)
		return 0;
	session->learn_fd = ss_file_create_new(file);
	if (session->learn_fd >= 0)
		return 0;
	ss_error("cannot make '%s' for what is learned: %s%s", file,
		 strerror(-session->learn_fd),
		 session->learn_fd == -EEXIST ?
		 "; choose a new name, nothing is overwritten" : "");
	return SS_EXIT_FAILURE;
}

static int open_reports(struct ss_session *session)
{
	const struct ss_policy *policy = session->options.policy;
	bool refusals = policy &&
		(session->options.stats || session->options.would_deny);
	int r;

	if (refusals) {
		session->refusals = ss_refusals_new();
		if (!session->refusals)
			return fail("cannot start", -ENOMEM);
	}
	r = open_learned(session);
	if (r)
		return r;

	if (session->options.audit) {
		r = ss_audit_new(&session->features,
				 &session->inherited.children,
				 &session->audit);
		if (r == -EOPNOTSUPP) {
			ss_error("cannot audit: this host refuses kcmp to "
				 "selfsame itself; run without --audit");
			return SS_EXIT_FAILURE;
		}
		if (r)
			return fail("cannot audit", r);
	}
	/* Without --log rules log to standard error. */
	if (session->options.log || (policy && policy->logs)) {
		r = ss_log_open(session->options.log_file,
				session->options.stacks, &session->log);
		if (r) {
			ss_error("cannot open log file '%s': %s",
				 session->options.log_file, strerror(-r));
			return SS_EXIT_FAILURE;
		}
	}
	return 0;
}

/* Without these nothing works: say which, and stop. */
static int require_features(const struct ss_features *features)
{
	unsigned int i;

	for (i = 0; i < SS_FEATURE_COUNT; i++) {
		const struct ss_feature_info *info = &ss_feature_infos[i];

		if (features->has[i] || !info->required)
			continue;
		ss_error("this host lacks %s, %s: %s; 'selfsame doctor' tells "
			 "more", info->name, info->what, info->cost);
		return SS_EXIT_FAILURE;
	}
	if (!features->has[SS_FEATURE_DUPFD_QUERY] &&
	    !features->has[SS_FEATURE_KCMP]) {
		ss_error("this host lacks both fcntl(F_DUPFD_QUERY) and kcmp "
			 "for selfsame itself: open files cannot be compared; "
			 "a kernel from 6.10 on has the first");
		return SS_EXIT_FAILURE;
	}
	return 0;
}

static int prepare(struct ss_session *session)
{
	const struct ss_limits limits = SS_LIMITS_DEFAULT;
	const char *without = getenv("SELFSAME_WITHOUT"), *bad = "";
	int r;

	r = ss_proc_is_ours();
	if (r == -EXDEV) {
		ss_error("/proc is that of another pid namespace: mount one "
			 "for this namespace ('unshare --mount-proc'), or "
			 "start selfsame outside of it");
		return SS_EXIT_FAILURE;
	}
	if (!r)
		r = ss_inherited_note(&session->inherited);
	if (r)
		return fail("cannot list open descriptors in /proc", r);
	r = ss_stacks_start(session);
	if (r)
		return fail("cannot start the reader of stacks", r);
	r = ss_features_probe(without, &session->features, &bad);
	if (r == -EINVAL) {
		ss_error("unknown feature in SELFSAME_WITHOUT: '%s'", bad);
		return SS_EXIT_FAILURE;
	}
	if (r)
		return fail("cannot probe this host", r);
	r = require_features(&session->features);
	if (!r)
		r = open_reports(session);
	if (r)
		return r;
	ss_pidfd_learn();
	ss_caution_set_epolls(false);
	session->deaths = ss_deaths_open();
	if (session->deaths < 0)
		return fail("cannot watch processes", session->deaths);
	session->model = ss_model_new(&limits);
	if (!session->model)
		return fail("cannot start", -ENOMEM);
	r = ss_rulings_init(&session->rulings, session->options.policy);
	if (r)
		return fail("cannot start", r);
	session->reader.read = reader_read;
	session->reader.fits = reader_fits;
	session->stats.call_name = call_name;
	session->self = getpid();
	return 0;
}

static int launch(struct ss_session *session)
{
	struct sock_fprog program = { 0 };
	struct ss_launch_failure failure;
	struct ss_filter_plan plan;
	const bool *has = session->features.has;
	struct ss_launch how = {
		.argv = session->options.argv,
		.filter = &program,
		.want_wait_killable = has[SS_FEATURE_WAIT_KILLABLE],
		.want_sync_wake_up = has[SS_FEATURE_SYNC_WAKE_UP],
		.before_filter = ss_signals_restore_actions,
		.before_exec = before_exec,
	};
	size_t n = has[SS_FEATURE_SIGNAL_GUARD] ? ss_calls_count :
		ss_calls_count_unguarded();
	int r = ss_filter_resolve(ss_calls, n, &session->calls);

	ss_plan_filter(&session->options, &plan);
	how.test_type = ss_plan_told_type(&plan);
	if (!r)
		r = ss_filter_build(ss_calls, n, &plan, &program);
	if (!r)
		r = ss_signals_prepare();
	if (r)
		return fail("cannot build the filter", r);
	ss_limits_raise();
	session->nofile = ss_own_nofile();
	r = ss_launch(&how, &session->launched, &failure);
	free(program.filter);
	if (r)
		return explain_launch(session, &failure);
	session->started = true;
	return 0;
}

static int start_model(struct ss_session *session)
{
	struct ss_event start = {
		.type = SS_EVENT_START,
		.tid = session->launched.pid,
		.start.parent = session->self,
	};
	int r;

	ss_tell(session, &start);
	if (session->inherited.rings) {
		struct ss_event ring = { .type = SS_EVENT_RING };

		ss_caution_set_epolls(true);
		ss_tell(session, &ring);
	}
	if (session->failure)
		return SS_EXIT_FAILURE;
	session->last_number = session->launched.pid;
	r = ss_process_add(session, session->launched.pid);
	if (!r)
		r = ss_signals_start(&session->launched.listener,
				     session->launched.pidfd,
				     session->launched.pid,
				     &session->inherited.children);
	if (r)
		return fail("cannot watch the command", r);
	ss_inherited_close(&session->inherited);
	return 0;
}

static void print_stats(struct ss_session *session)
{
	struct ss_text text = { 0 };
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage))
		session->stats.max_rss = (uint64_t)usage.ru_maxrss;
	session->stats.tasks_peak = session->model->peak;
	session->stats.files_peak = session->model->open.peak;
	if (!ss_stats_print(&session->stats, &text))
		(void)!ss_file_write(STDERR_FILENO, text.data, text.length);
	ss_text_release(&text);
}

static void print_refusals(struct ss_session *session)
{
	struct ss_text text = { 0 };

	ss_refusals_print(session->refusals, &text);
	if (!text.error && text.length)
		(void)!ss_file_write(STDERR_FILENO, text.data, text.length);
	ss_text_release(&text);
}

/* Nothing was learned: the same command line may be tried again. */
static void discard_learned(struct ss_session *session)
{
	if (session->learn_fd < 0)
		return;
	(void)unlink(session->options.learn_file);
	ss_close_fd(&session->learn_fd);
	session->learn_fd = -1;
}

/* 0, or the exit status. */
static int write_learned(struct ss_session *session)
{
	ss_cleanup_text struct ss_text text = { 0 };
	ss_cleanup_text struct ss_text count = { 0 };
	int r;

	if (session->learn_fd < 0)
		return 0;
	ss_learned_print(&session->learned, &text);
	r = text.error;
	if (!r)
		r = ss_file_write(session->learn_fd, text.data, text.length);
	if (r)
		return fail("cannot write what was learned", r);
	ss_close_fd(&session->learn_fd);
	session->learn_fd = -1;
	ss_learned_count(&session->learned, &count);
	ss_error("learned from %s: %s", ss_text_string(&count),
		 session->options.learn_file);
	return 0;
}

static int finish(struct ss_session *session)
{
	struct ss_launch_failure failure;
	int status = session->command_status, r;

	if (session->failure) {
		ss_error("stopped supervising: %s; what is left of the "
			 "command gets ENOSYS from watched calls",
			 strerror(-session->failure));
		return SS_EXIT_FAILURE;
	}
	ss_deaths_drain(session);
	ss_children_await(session);
	status = session->command_status;
	if (ss_launched_exec_failure(&session->launched, &failure)) {
		status = explain_launch(session, &failure);
		discard_learned(session);
	}
	if (session->options.stats)
		print_stats(session);
	if (session->refusals)
		print_refusals(session);
	r = write_learned(session);
	if (r)
		return r;
	if (session->log) {
		r = ss_log_close(session->log);
		session->log = NULL;
		if (r)
			return fail("cannot write the log", r);
	}
	if (session->audit && ss_audit_finish(session->audit))
		return SS_EXIT_DIFFER;
	return status;
}

static void release(struct ss_session *session)
{
	struct ss_process *process, *next;

	ss_hold_release(session);
	ss_delays_release(session);
	ss_rulings_release(&session->rulings);
	ss_stacks_release(session);
	ss_guard_release(session);
	ss_deferred_release(session);
	ss_unsharing_over(session, 0);
	ss_ioprio_release(session);
	for (process = ss_process_next(session, NULL); process;
	     process = next) {
		next = ss_process_next(session, process);
		ss_process_free(session, process);
	}
	ss_numbers_release(&session->processes);
	ss_model_free(session->model);
	if (session->log)
		(void)ss_log_close(session->log);
	ss_audit_free(session->audit);
	ss_refusals_free(session->refusals);
	discard_learned(session);
	ss_inherited_release(&session->inherited);
	ss_close_fd(&session->deaths);
	if (session->started) {
		ss_signals_stop();
		ss_listener_release(&session->launched.listener);
		ss_close_fd(&session->launched.pidfd);
		ss_close_fd(&session->launched.channel);
	}
}

int ss_session_run(const struct ss_session_options *options)
{
	struct ss_session session = {
		.options = *options,
		.deaths = -1,
		.learn_fd = -1,
		.stacks.reader = SS_STACK_READER_NONE,
	};
	int status = prepare(&session);

	if (!status)
		status = launch(&session);
	if (!status) {
		status = start_model(&session);
		if (!status) {
			ss_loop_run(&session);
			status = finish(&session);
		}
	}
	release(&session);
	return status;
}
