/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What --stats counts and prints: one line "KEY VALUE" for each counter.
 *
 * The counters are plain members: whoever notices something adds one.  Keys
 * are part of the manual (selfsame-run(1)) and do not change.
 */
#ifndef SS_REPORT_STATS_H
#define SS_REPORT_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/text.h"
#include "model/compare.h"

/* X(member, key, what it counts): printed in this order, zeros too. */
#define SS_STATS_COUNTERS(X) \
	X(from_memory, "answers.from-memory", \
	  "answers made with no system call between reception and answer") \
	X(refused, "policy.refused", \
	  "kcmp calls that a policy refused, or would have refused") \
	X(passed, "policy.kernel", \
	  "kcmp calls that a policy gave to the kernel") \
	X(delayed, "policy.delayed", \
	  "answers that a policy delayed") \
	X(signalled, "policy.signals", \
	  "signals that a policy sent") \
	X(killed, "policy.killed", \
	  "processes that a policy killed") \
	X(stacks_read, "stacks.read", \
	  "stacks of callers that were read") \
	X(stacks_none, "stacks.none", \
	  "calls whose stack was wanted and could not be read") \
	X(volatile_answers, "answers.volatile", \
	  "answers about a slot that a call in flight was changing") \
	X(held, "notifications.held", \
	  "notifications that had to wait until another call was settled") \
	X(clones_at_once, "clones.at-once", \
	  "clones whose child was found at the first look") \
	X(clones_late, "clones.late", \
	  "clones whose child was found later") \
	X(clones_on_demand, "clones.on-demand", \
	  "clones settled because somebody asked about an unknown task") \
	X(clones_ambiguous, "clones.ambiguous", \
	  "clones that could not be told apart by themselves") \
	X(clones_again, "clones.again", \
	  "clones that a signal made fail, and that were made again") \
	X(again_unsure, "clones.again-unsure", \
	  "clones that were made again, after which nothing tells of a child") \
	X(undo_unsure, "clones.undo-unsure", \
	  "failed clones that may or may not have made an undo list") \
	X(execs, "execs.settled", \
	  "execs that were seen to have succeeded") \
	X(exec_unsure, "execs.unsure", \
	  "labels forgotten because an exec might have closed the descriptor") \
	X(exec_guessed, "execs.guessed", \
	  "execs of the dead of which nothing tells whether they succeeded") \
	X(dumpable_unsure, "dumpable.unsure", \
	  "times that nobody told whether some memory is dumpable") \
	X(ioprio_unsure, "ioprio.unsure", \
	  "ioprio_set calls of which nothing tells whom they reached") \
	X(namespaces_unsure, "namespaces.unsure", \
	  "calls of which nothing tells whether they changed a namespace") \
	X(slots, "slots.discovered", \
	  "descriptors whose open file was looked at") \
	X(probes, "slots.probes", \
	  "system calls made to compare two open files") \
	X(doubtful, "files.doubtful", \
	  "labels forgotten because nobody could tell whose item they name") \
	X(order_unsure, "order.unsure", \
	  "unequal files with io_uring and without kcmp(2) of the host") \
	X(unfetchable, "slots.unfetchable", \
	  "facts that could not be had") \
	X(linear, "slots.searched-linearly", \
	  "searches among open files of one inode that had to try each") \
	X(unwatched, "processes.unwatched", \
	  "processes for which there was no room for a pidfd") \
	X(guard_processes, "guard.processes", \
	  "processes whose signal handlers can interrupt calls") \
	X(guard_tasks, "guard.tasks", \
	  "tasks that were traced because of that") \
	X(guard_mended, "guard.mended", \
	  "calls that would have failed with EINTR") \
	X(guard_refused, "guard.refused", \
	  "processes that could not be traced") \
	X(guard_released, "guard.released", \
	  "tasks that were let go for a tracer inside") \
	X(lost, "notifications.lost", \
	  "callers that could not be told from any task") \
	X(limits, "limits.hit", \
	  "times that a limit was reached") \
	X(tasks_peak, "tasks.peak", \
	  "tasks at the peak") \
	X(files_peak, "files.peak", \
	  "labelled open files at the peak") \
	X(end_tasks, "end.tasks", \
	  "tasks, when the command called exit_group") \
	X(end_processes, "end.processes", \
	  "processes then") \
	X(end_clones, "end.clones", \
	  "clones whose child had not been found then") \
	X(end_tables, "end.tables", \
	  "tables of descriptors then") \
	X(end_slots, "end.slots", \
	  "records of descriptors then") \
	X(end_files, "end.files", \
	  "labelled open files then") \
	X(end_items, "end.epoll-items", \
	  "records of epoll items then") \
	X(end_wards, "end.guarded", \
	  "tasks that were traced then") \
	X(max_rss, "memory.max-kib", \
	  "largest resident set of selfsame, in KiB")

/* X(errno): the errors that kcmp gives, counted one by one. */
#define SS_STATS_ERRORS(X) \
	X(ESRCH) X(EPERM) X(EINVAL) X(EBADF) X(EFAULT) X(ENOENT)

enum ss_stats_result {
	SS_RESULT_EQUAL,
	SS_RESULT_LESS,
	SS_RESULT_GREATER,
#define X(error) SS_RESULT_##error,
	SS_STATS_ERRORS(X)
#undef X
	SS_RESULT_OTHER,
	SS_RESULT_COUNT
};

/* Times, in buckets of 1/16 of their power of two. */
#define SS_TIMES_BITS		4
#define SS_TIMES_BUCKETS	((65 - SS_TIMES_BITS) << SS_TIMES_BITS)

struct ss_times {
	uint64_t count;
	uint64_t buckets[SS_TIMES_BUCKETS];
};

#define SS_STATS_CALLS	64

struct ss_stats {
	/* notifications, by the caller's own numbering of its calls, below
	   SS_STATS_CALLS; call_name gives the names, NULL after the last */
	uint64_t calls[SS_STATS_CALLS];
	const char *(*call_name)(size_t call);
	/* answers; the last type is "no type" */
	uint64_t answers[SS_TYPE_COUNT + 1][SS_RESULT_COUNT];
	struct ss_times times;		/* from reception to answer, in ns */
#define X(member, key, what) uint64_t member;
	SS_STATS_COUNTERS(X)
#undef X
};

/* Counts an answer to a question of this type (any number). */
void ss_stats_answer(struct ss_stats *stats, int type,
		     const struct ss_answer *answer);

void ss_times_add(struct ss_times *times, uint64_t ns);
/*
 * The time that `permille` thousandths of the times do not exceed: 500 is the
 * median, 990 the 99th percentile.  Too large by at most 1/16.  0: no times.
 */
uint64_t ss_times_quantile(const struct ss_times *times,
			   unsigned int permille);

/*
 * Appends the lines.  notifications.NAME and answers.TYPE.RESULT are left out
 * where they are zero.  0, -ENOMEM.
 */
int ss_stats_print(const struct ss_stats *stats, struct ss_text *text)
	ss_must_check;

#endif
