/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <errno.h>
#include <stdlib.h>

struct judge judge;

/* How many items of one number are asked for. */
#define TOFFS	2

void judge_must(bool right, const char *what)
{
	ss_cleanup_text struct ss_text text = { 0 };

	if (right)
		return;
	judge.wrong++;
	if (judge.damaged)
		return;
	ss_model_dump(scene.model, &text);
	ck_abort_msg("%s: %s\n%s", judge.story(), what, ss_text_string(&text));
}

static int ask_model(struct ss_question *q)
{
	struct ss_answer a = { 0 };
	struct ss_need need = { 0 };
	unsigned int rounds = 0;

	if (judge.before)
		judge.before();
	while (!ss_model_compare(scene.model, q, &a, &need)) {
		scene_serve(q, &need);
		if (rounds++ > 50)
			ck_abort_msg("%s: no end", judge.story());
	}
	judge.answers++;
	return a.child_errno ? -a.child_errno : a.result;
}

/*
 * Puts the two into a question, by their numbers in the caller's pid
 * namespace.  False: the caller cannot mean one of them, and was told so.
 */
static bool names(const struct twin_task *caller, const struct twin_task *a,
		  const struct twin_task *b, struct ss_question *q)
{
	q->caller = caller->tid;
	q->pid[0] = twin_number(caller, a);
	q->pid[1] = twin_number(caller, b);
	if (q->pid[0] && q->pid[1])
		return true;
	judge_must(ask_model(q) == -ESRCH, "who is out of sight is nobody");
	return false;
}

void judge_file(struct twin_task *caller, struct twin_task *a, int fd1,
		struct twin_task *b, int fd2)
{
	struct ss_question q = { .type = SS_TYPE_FILE,
				 .idx = { (unsigned int)fd1,
					  (unsigned int)fd2 } };
	int id1 = twin_file(&scene.twin, a, fd1);
	int id2 = twin_file(&scene.twin, b, fd2);
	int result;

	if (!names(caller, a, b, &q))
		return;
	result = ask_model(&q);
	if (!id1 || !id2) {
		judge_must(result == -EBADF, "a closed slot");
		return;
	}
	judge_must(result >= 0 && (result == 0) == (id1 == id2),
		   "open files: equal or not");
	/* What has no label has no place in the order yet. */
	if (result > 0 && q.file[0] && q.file[1])
		judge.order(&q, id1, id2, result);
}

void judge_item(struct twin_task *caller, struct twin_task *a, int fd,
		struct twin_task *b, struct ss_epoll_slot slot)
{
	struct ss_question q = { .type = SS_TYPE_EPOLL_TFD,
				 .idx = { (unsigned int)fd,
					  (uintptr_t)&scene.memory } };
	int id1 = twin_file(&scene.twin, a, fd);
	int id2 = twin_target(&scene.twin, b, (int)slot.efd, (int)slot.tfd,
			      slot.toff);
	int result;

	scene.memory = slot;
	if (!names(caller, a, b, &q))
		return;
	result = ask_model(&q);
	if (!id1 || id2 < 0) {
		judge_must(result == (id1 ? id2 : -EBADF),
			   "items: which error");
		return;
	}
	judge_must(result >= 0 && (result == 0) == (id1 == id2),
		   "items: equal or not");
	if (result > 0 && q.file[0] && q.file[1])
		judge.order(&q, id1, id2, result);
}

/* The model takes these as done from the beginning. */
static bool is_being_changed(const struct twin_task *task, int type)
{
	const struct call *call = scene_call(task);

	if (call->stage != STAGE_ENTERED)
		return false;
	switch ((int)call->op) {
	case OP_UNSHARE:
	case OP_CLOSE_RANGE:
		return type == SS_TYPE_FS || type == SS_TYPE_FILES ||
			type == SS_TYPE_SYSVSEM;
	case OP_CLONE:
	case OP_UNDO:
		return type == SS_TYPE_SYSVSEM;
	default:
		return false;
	}
}

void judge_type(struct twin_task *caller, int type, struct twin_task *a,
		struct twin_task *b)
{
	struct ss_question q = { .type = type };
	int id1 = twin_resource(&scene.twin, a, type);
	int id2 = twin_resource(&scene.twin, b, type);
	int result;

	if (is_being_changed(a, type) || is_being_changed(b, type) ||
	    !names(caller, a, b, &q))
		return;
	result = ask_model(&q);
	judge_must(result >= 0 && (result == 0) == (id1 == id2),
		   ss_type_name(type));
	if (!id1 || !id2)
		judge_must(result == (id1 == id2 ? 0 : id1 ? 2 : 1),
			   "nothing is less than something");
	else if (result > 0)
		judge.order(&q, id1, id2, result);
}

void judge_errors(struct twin_task *caller, struct twin_task *a)
{
	const pid_t nobody[] = { 0, -1, scene.last_tid + 1 };
	struct ss_question q = { .caller = caller->tid };
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(nobody); i++) {
		q = question(caller->tid, SS_TYPE_VM, nobody[i], nobody[i]);
		judge_must(ask_model(&q) == -ESRCH, "nobody");
	}
	q = question(caller->tid, SS_TYPE_COUNT, 0, 0);
	if (names(caller, a, caller, &q))
		judge_must(ask_model(&q) == -EINVAL, "no such type");
	q = question(caller->tid, SS_TYPE_EPOLL_TFD, 0, 0);
	/* Before it is seen that the descriptor is closed. */
	q.idx[0] = TWIN_FDS;
	if (names(caller, a, caller, &q))
		judge_must(ask_model(&q) == -EFAULT, "no memory there");
}

void judge_slots(struct twin_task *caller)
{
	unsigned int i;
	int fd;

	scene_enter(caller);
	for (i = 0; i < TWIN_TASKS; i++) {
		struct twin_task *task = &scene.twin.tasks[i];

		for (fd = 0; task->used && fd < TWIN_FDS; fd++)
			judge_file(caller, task, fd, task, fd);
	}
}

/* Every file of a, and every item of b; an item that is not there once. */
static void judge_items(struct twin_task *caller, struct twin_task *a,
			struct twin_task *b)
{
	unsigned int n;
	int fd;

	for (n = 0; n < TWIN_FDS * TWIN_FDS * TOFFS; n++) {
		struct ss_epoll_slot slot = {
			.efd = n % TWIN_FDS,
			.tfd = n / TWIN_FDS % TWIN_FDS,
			.toff = n / (TWIN_FDS * TWIN_FDS),
		};
		int there = twin_target(&scene.twin, b, (int)slot.efd,
					(int)slot.tfd, slot.toff) > 0;

		for (fd = 0; fd < (there ? TWIN_FDS : 1); fd++)
			judge_item(caller, a, fd, b, slot);
	}
}

static void judge_pair(struct twin_task *caller, struct twin_task *a,
		       struct twin_task *b)
{
	unsigned int n;
	int type;

	for (type = SS_TYPE_VM; type <= SS_TYPE_SYSVSEM; type++)
		judge_type(caller, type, a, b);
	for (n = 0; n < TWIN_FDS * TWIN_FDS; n++)
		judge_file(caller, a, (int)(n / TWIN_FDS), b,
			   (int)(n % TWIN_FDS));
}

void judge_everything(struct twin_task *caller, bool all)
{
	struct twin_task *tasks = scene.twin.tasks;
	unsigned int i, j;

	scene_enter(caller);
	judge_errors(caller, caller);
	for (i = 0; i < TWIN_TASKS; i++) {
		for (j = 0; j < TWIN_TASKS; j++) {
			if (!tasks[i].used || !tasks[j].used)
				continue;
			judge_pair(caller, &tasks[i], &tasks[j]);
			if (all || i == j || &tasks[i] == caller)
				judge_items(caller, &tasks[i], &tasks[j]);
		}
	}
}
