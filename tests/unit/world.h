/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Models built by hand: one function for each event, and ss_model_verify()
 * after each.  The first task is ROOT.
 *
 * What is done a million times does not use ck_assert: each one is a write.
 */
#ifndef SS_TESTS_UNIT_WORLD_H
#define SS_TESTS_UNIT_WORLD_H

#include <check.h>
#include <linux/sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "base/text.h"
#include "model/compare.h"
#include "model/dump.h"
#include "model/model.h"
#include "model/verify.h"

#define ROOT		100
#define ROOT_USERNS	4026531837u
#define ALL_CAPS	((UINT64_C(1) << 41) - 1)

#define THREAD_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
			 CLONE_THREAD | CLONE_SYSVSEM)

static inline void verify(const struct ss_model *model)
{
	char why[256] = "";
	int r = ss_model_verify(model, why, sizeof(why));

	if (r)
		ck_abort_msg("the model is wrong: %s", why);
}

/* The result is the caller's to look at; the model must be right anyway. */
static inline int apply(struct ss_model *model, const struct ss_event *event)
{
	int r = ss_model_apply(model, event);

	verify(model);
	return r;
}

static inline void tell(struct ss_model *model, struct ss_event event)
{
	int r = apply(model, &event);

	if (r)
		ck_abort_msg("event %d: %s", event.type, strerror(-r));
}

/* An event that is no more than its type and its task. */
static inline void tell_of(struct ss_model *model, enum ss_event_type type,
			   pid_t tid)
{
	tell(model, (struct ss_event){ .type = type, .tid = tid });
}

static inline struct ss_task *task_of(const struct ss_model *model, pid_t tid)
{
	struct ss_task *task = ss_model_task(model, tid);

	if (!task)
		ck_abort_msg("there is no task %d", tid);
	return task;
}

static inline struct ss_resource *has(const struct ss_model *model, pid_t tid,
				      enum ss_kind kind)
{
	return task_of(model, tid)->resources[kind];
}

static inline struct ss_model *world_new(void)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	struct ss_model *model = ss_model_new(&limits);

	ck_assert_ptr_nonnull(model);
	verify(model);
	tell_of(model, SS_EVENT_START, ROOT);
	return model;
}

static inline void tell_clone(struct ss_model *model, pid_t tid,
			      uint64_t flags)
{
	tell(model, (struct ss_event){ .type = SS_EVENT_CLONE, .tid = tid,
				       .clone = { .flags = flags } });
}

/* The child of the clone that is pending. */
static inline void tell_child(struct ss_model *model, uint32_t serial,
			      pid_t child)
{
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = serial, .tid = child } });
}

/* A clone from beginning to end. */
static inline struct ss_task *spawn(struct ss_model *model, pid_t creator,
				    pid_t child, uint64_t flags)
{
	struct ss_pending *pending;

	tell_clone(model, creator, flags);
	pending = task_of(model, creator)->pending;
	ck_assert_ptr_nonnull(pending);
	tell_of(model, SS_EVENT_RETURNED, creator);
	tell_child(model, pending->serial, child);
	return task_of(model, child);
}

static inline void tell_exec(struct ss_model *model, pid_t tid)
{
	tell_of(model, SS_EVENT_EXEC, tid);
	tell_of(model, SS_EVENT_EXEC_DONE, tid);
}

static inline void tell_unshare(struct ss_model *model, pid_t tid,
				uint64_t flags)
{
	tell(model, (struct ss_event){ .type = SS_EVENT_UNSHARE, .tid = tid,
				       .flags = flags });
}

static inline void tell_io(struct ss_model *model, pid_t tid, int io_class)
{
	tell(model, (struct ss_event){ .type = SS_EVENT_IO, .tid = tid,
				       .io_class = io_class });
}

/* close_range() that stays in flight until RETURNED. */
static inline void tell_close(struct ss_model *model, pid_t tid,
			      unsigned int first, unsigned int last)
{
	tell(model, (struct ss_event){
		.type = SS_EVENT_CLOSE, .tid = tid,
		.range = { .first = first, .last = last } });
}

/* The slot holds an open file that was never seen, of this inode. */
static inline struct ss_file *tell_new_file(struct ss_model *model, pid_t tid,
					    int fd, uint64_t ino)
{
	tell(model, (struct ss_event){
		.type = SS_EVENT_SLOT, .tid = tid,
		.slot = { .fd = fd, .hint = { .dev = 8, .ino = ino } } });
	return ss_slot_file(ss_task_files(task_of(model, tid)), fd);
}

/* The slot holds this one. */
static inline void tell_file(struct ss_model *model, pid_t tid, int fd,
			     struct ss_file *file)
{
	tell(model, (struct ss_event){ .type = SS_EVENT_SLOT, .tid = tid,
				       .slot = { .fd = fd, .file = file } });
}

/* What the slot is known to hold, or NULL. */
static inline struct ss_file *slot_of(const struct ss_model *model, pid_t tid,
				      int fd)
{
	return ss_slot_file(ss_task_files(task_of(model, tid)), fd);
}

/* Credentials like those of a user, or of root with all capabilities, in the
   outermost user namespace. */
static inline void tell_user(struct ss_model *model, pid_t tid, uid_t uid)
{
	struct ss_event_creds creds = {
		.uid = { uid, uid, uid, uid },
		.gid = { uid, uid, uid, uid },
		.permitted = uid ? 0 : ALL_CAPS,
		.effective = uid ? 0 : ALL_CAPS,
		.namespaces = 1,
		.ino = { ROOT_USERNS },
	};

	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS, .tid = tid,
				       .creds = &creds });
}

static inline struct ss_question question(pid_t caller, int type, pid_t pid1,
					  pid_t pid2)
{
	return (struct ss_question){
		.caller = caller, .type = type, .pid = { pid1, pid2 },
	};
}

static inline struct ss_question file_question(pid_t caller, pid_t pid1,
					       int fd1, pid_t pid2, int fd2)
{
	struct ss_question q = question(caller, SS_TYPE_FILE, pid1, pid2);

	q.idx[0] = (unsigned int)fd1;
	q.idx[1] = (unsigned int)fd2;
	return q;
}

/* The answer: 0, 1, 2, or -errno.  It is a failure if a fact is missing. */
static inline int answer(const struct ss_model *model, struct ss_question *q)
{
	struct ss_answer a = { 0 };
	struct ss_need need = { 0 };

	ck_assert_msg(ss_model_compare(model, q, &a, &need),
		      "need %d is not met", need.kind);
	return a.child_errno ? -a.child_errno : a.result;
}

/* The fact that is missing.  It is a failure if none is. */
static inline struct ss_need lacks(const struct ss_model *model,
				   struct ss_question *q)
{
	struct ss_answer a = { 0 };
	struct ss_need need = { 0 };

	ck_assert_msg(!ss_model_compare(model, q, &a, &need),
		      "answered %d, errno %d", a.result, a.child_errno);
	return need;
}

/* An answer where everybody is root, alive and dumpable. */
static inline int ask(struct ss_model *model, struct ss_question q)
{
	struct ss_answer a = { 0 };
	struct ss_need need = { 0 };

	while (!ss_model_compare(model, &q, &a, &need)) {
		struct ss_event dumpable = {
			.type = SS_EVENT_DUMPABLE,
			.dumpable = SS_DUMPABLE_YES,
		};

		if (need.kind == SS_NEED_LIFE) {
			q.alive[need.side] = true;
		} else if (need.kind == SS_NEED_TASK) {
			q.looked[need.side] = true;
		} else if (need.kind == SS_NEED_CREDS) {
			tell_user(model, need.task->tid, 0);
		} else if (need.kind == SS_NEED_DUMPABLE) {
			dumpable.tid = need.task->tid;
			tell(model, dumpable);
		} else {
			ck_abort_msg("need %d is not met", need.kind);
		}
	}
	return a.child_errno ? -a.child_errno : a.result;
}

static inline int ask_type(struct ss_model *model, pid_t caller, int type,
			   pid_t pid1, pid_t pid2)
{
	return ask(model, question(caller, type, pid1, pid2));
}

/* A suite of one case, from the tests of a NULL-terminated list. */
static inline int run_tests(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create("tests");
	SRunner *runner = srunner_create(suite);
	int failed;

	for (; *tests; tests++)
		tcase_add_test(tcase, *tests);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A sequence that looks random and is the same each time. */
static inline uint32_t scramble(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

#endif
