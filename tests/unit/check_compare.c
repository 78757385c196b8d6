/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/compare: every type, the order of the checks, every
 * need.
 */
#include "model/compare.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "world.h"

#define CHILD	200
#define THREAD	101
#define NOBODY	999
#define FLAG_EACH	(CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND | \
			 CLONE_SYSVSEM | CLONE_IO)

static struct ss_model *model;

static void setup(void)
{
	model = world_new();
	tell_user(model, ROOT, 0);
	spawn(model, ROOT, CHILD, 0);
}

static void teardown(void)
{
	ss_model_free(model);
}

START_TEST(every_type)
{
	static const int types[] = {
		SS_TYPE_VM, SS_TYPE_FILES, SS_TYPE_FS, SS_TYPE_SIGHAND,
	};
	size_t i;

	setup();
	spawn(model, ROOT, CHILD + 1, FLAG_EACH);
	for (i = 0; i < SS_ARRAY_SIZE(types); i++) {
		int type = types[i];

		ck_assert_int_eq(ask_type(model, ROOT, type, ROOT, ROOT), 0);
		ck_assert_int_eq(ask_type(model, ROOT, type, ROOT, CHILD + 1),
				 0);
		/* Parents come before their children. */
		ck_assert_int_eq(ask_type(model, ROOT, type, ROOT, CHILD), 1);
		ck_assert_int_eq(ask_type(model, ROOT, type, CHILD, ROOT), 2);
		ck_assert_int_eq(ask_type(model, CHILD, type, CHILD,
					  CHILD + 1), 2);
	}
	/* Nothing is equal to nothing, and smaller than anything. */
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_IO, ROOT, CHILD), 0);
	tell_io(model, CHILD, 2);
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_IO, ROOT, CHILD), 1);
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_IO, CHILD, ROOT), 2);
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_SYSVSEM, ROOT,
				  CHILD + 1), 0);
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_SYSVSEM, ROOT, CHILD),
			 2);
	teardown();
}
END_TEST

START_TEST(type_names)
{
	ck_assert_str_eq(ss_type_name(0), "FILE");
	ck_assert_str_eq(ss_type_name(7), "EPOLL_TFD");
	ck_assert_ptr_null(ss_type_name(8));
	ck_assert_ptr_null(ss_type_name(-1));
}
END_TEST

/* ESRCH, EPERM, EINVAL, then what is the type's own. */
START_TEST(order_of_checks)
{
	struct ss_question q;
	int i;

	setup();
	for (i = 0; i < 2; i++) {
		/* Zero is nobody, not oneself. */
		q = question(ROOT, 99, i ? ROOT : 0, i ? -1 : ROOT);
		ck_assert_int_eq(answer(model, &q), -ESRCH);
		q = question(ROOT, 99, i ? ROOT : NOBODY, i ? NOBODY : ROOT);
		ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_TASK);
		ck_assert_uint_eq(lacks(model, &q).side, i);
		q.looked[i] = true;
		ck_assert_int_eq(answer(model, &q), -ESRCH);
	}
	tell_user(model, CHILD, 0);
	tell_user(model, ROOT, 1000);
	q = question(ROOT, 99, ROOT, CHILD);
	q.alive[1] = true;
	ck_assert_int_eq(answer(model, &q), -EPERM);
	q.pid[1] = ROOT;
	ck_assert_int_eq(answer(model, &q), -EINVAL);
	q.type = -1;
	ck_assert_int_eq(answer(model, &q), -EINVAL);
	q = question(NOBODY, 0, ROOT, ROOT);
	ck_assert_int_eq(answer(model, &q), -ESRCH);
	teardown();
}
END_TEST

START_TEST(needs_about_tasks)
{
	struct ss_question q;
	struct ss_need need;

	setup();
	tell_of(model, SS_EVENT_CREDS_CHANGE, ROOT);
	tell_of(model, SS_EVENT_CREDS_CHANGE, CHILD);
	q = question(ROOT, SS_TYPE_VM, ROOT, CHILD);
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_LIFE);
	ck_assert_uint_eq(need.side, 1);
	ck_assert_ptr_eq(need.task, task_of(model, CHILD));
	q.alive[1] = true;
	/* What the call that may change them has done by now. */
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_FLIGHT);
	ck_assert_ptr_eq(need.task, task_of(model, CHILD));
	ck_assert_int_lt(need.fd, 0);
	q.flight_asked[1] = true;
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_CREDS);
	ck_assert_ptr_eq(need.task, task_of(model, ROOT));
	tell_user(model, ROOT, 5);
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_CREDS);
	ck_assert_ptr_eq(need.task, task_of(model, CHILD));
	tell_user(model, CHILD, 5);
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_DUMPABLE);
	ck_assert_ptr_eq(need.task, task_of(model, CHILD));
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE,
				       .tid = CHILD,
				       .dumpable = SS_DUMPABLE_YES });
	ck_assert_int_eq(answer(model, &q), 1);
	/* For reports: who it was. */
	ck_assert_ptr_eq(q.task[1], task_of(model, CHILD));
	teardown();
}
END_TEST

static void tell_dumpable(pid_t tid, enum ss_dumpable dumpable)
{
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE, .tid = tid,
				       .dumpable = dumpable });
}

/* Until prctl has returned the memory may still be what it was; the caller's
   own has. */
START_TEST(dumpable_in_flight)
{
	const pid_t thread = 300;
	struct ss_question q;

	setup();
	tell_user(model, ROOT, 1000);
	tell_user(model, CHILD, 1000);
	spawn(model, CHILD, thread, THREAD_FLAGS);
	tell_user(model, thread, 1000);
	tell_dumpable(ROOT, SS_DUMPABLE_YES);
	tell_dumpable(CHILD, SS_DUMPABLE_NO);
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE,
				       .tid = thread, .setting = true,
				       .dumpable = SS_DUMPABLE_YES });
	q = question(ROOT, SS_TYPE_VM, ROOT, CHILD);
	q.alive[1] = true;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_FLIGHT);
	ck_assert_int_eq(lacks(model, &q).task->tid, thread);
	tell_of(model, SS_EVENT_RETURNED, thread);
	ck_assert_int_eq(answer(model, &q), 1);
	/* Whose call it was may die in it. */
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE,
				       .tid = thread, .setting = true,
				       .dumpable = SS_DUMPABLE_NO });
	tell_of(model, SS_EVENT_THREAD_GONE, thread);
	q = question(ROOT, SS_TYPE_VM, ROOT, CHILD);
	q.alive[1] = true;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_DUMPABLE);
	teardown();
}
END_TEST

/* Looked at while a set*id call was in flight: that may change it still, for
   all who share the memory, also who came after it entered. */
START_TEST(set_id_in_flight)
{
	const pid_t thread = 300, late = 301;
	struct ss_question q;

	setup();
	tell_user(model, ROOT, 1000);
	tell_user(model, CHILD, 1000);
	spawn(model, CHILD, thread, THREAD_FLAGS);
	tell_dumpable(CHILD, SS_DUMPABLE_YES);
	tell_clone(model, CHILD, CLONE_VM);
	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS_CHANGE,
				       .tid = thread, .set_id = true });
	tell_child(model, model->pendings->serial, late);
	q = question(ROOT, SS_TYPE_VM, ROOT, late);
	q.alive[1] = true;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_FLIGHT);
	q.flight_asked[1] = true;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_DUMPABLE);
	tell_dumpable(late, SS_DUMPABLE_YES);
	q.dumpable_asked[1] = true;
	ck_assert_int_eq(answer(model, &q), 1);
	tell_of(model, SS_EVENT_RETURNED, thread);
	tell_user(model, thread, 2000);
	q = question(ROOT, SS_TYPE_VM, ROOT, CHILD);
	q.alive[1] = true;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_DUMPABLE);
	ck_assert_uint_eq(ss_task_mm(task_of(model, CHILD))->dumpable,
			  SS_DUMPABLE_NO);
	tell_dumpable(CHILD, SS_DUMPABLE_NO);
	ck_assert_int_eq(answer(model, &q), -EPERM);
	q = question(ROOT, SS_TYPE_VM, ROOT, late);
	q.alive[1] = true;
	ck_assert_int_eq(answer(model, &q), -EPERM);
	/* What is overruled, is for all of them. */
	tell_dumpable(late, SS_DUMPABLE_YES);
	q = question(ROOT, SS_TYPE_VM, ROOT, CHILD);
	q.alive[1] = true;
	ck_assert_int_eq(answer(model, &q), 1);
	teardown();
}
END_TEST

/* An undo list that a clone in flight makes is there when it runs. */
START_TEST(undo_lists_in_flight)
{
	struct ss_question q;
	struct ss_need need;

	setup();
	tell_clone(model, CHILD, CLONE_SYSVSEM);
	q = question(ROOT, SS_TYPE_SYSVSEM, ROOT, CHILD);
	q.alive[1] = true;
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_FLIGHT);
	ck_assert_ptr_eq(need.task, task_of(model, CHILD));
	q.flight_asked[1] = true;
	ck_assert_int_eq(answer(model, &q), 1);
	q.flight_asked[1] = false;
	tell_of(model, SS_EVENT_RETURNED, CHILD);
	ck_assert_int_eq(answer(model, &q), 1);
	teardown();
}
END_TEST

/* With its child the list is there, whether or not the call has returned. */
START_TEST(undo_lists_of_born_children)
{
	struct ss_question q;

	setup();
	tell_clone(model, CHILD, CLONE_SYSVSEM);
	tell_child(model, task_of(model, CHILD)->pending->serial, CHILD + 1);
	q = question(ROOT, SS_TYPE_SYSVSEM, ROOT, CHILD);
	q.alive[1] = true;
	ck_assert_int_eq(answer(model, &q), 1);
	teardown();
}
END_TEST

/* What a call in flight leaves, it has when it runs. */
START_TEST(sharing_in_flight)
{
	static const struct {
		uint64_t flag;
		enum ss_type type;
	} cases[] = {
		{ CLONE_FS, SS_TYPE_FS },
		{ CLONE_FILES, SS_TYPE_FILES },
		{ CLONE_SYSVSEM, SS_TYPE_SYSVSEM },
	};
	struct ss_question q;
	struct ss_need need;
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(cases); i++) {
		setup();
		tell_of(model, SS_EVENT_UNDO, ROOT);
		spawn(model, ROOT, THREAD, THREAD_FLAGS);
		tell(model, (struct ss_event){ .type = SS_EVENT_UNSHARE,
					       .tid = THREAD,
					       .flags = cases[i].flag });
		q = question(ROOT, cases[i].type, ROOT, THREAD);
		need = lacks(model, &q);
		ck_assert_uint_eq(need.kind, SS_NEED_FLIGHT);
		ck_assert_uint_eq(need.side, 1);
		ck_assert_int_lt(need.fd, 0);
		/* Other kinds are as they were; and the caller is here. */
		q = question(ROOT, SS_TYPE_VM, ROOT, THREAD);
		ck_assert_int_eq(answer(model, &q), 0);
		q = question(THREAD, cases[i].type, ROOT, THREAD);
		ck_assert_int_ne(answer(model, &q), 0);
		tell_of(model, SS_EVENT_RETURNED, THREAD);
		q = question(ROOT, cases[i].type, ROOT, THREAD);
		ck_assert_int_ne(answer(model, &q), 0);
		teardown();
	}
}
END_TEST

/* Our own group lives, but for a thread that is about to end. */
START_TEST(life_of_threads)
{
	struct ss_question q;

	setup();
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	q = question(ROOT, SS_TYPE_VM, ROOT, THREAD);
	ck_assert_int_eq(answer(model, &q), 0);
	tell(model, (struct ss_event){ .type = SS_EVENT_EXIT,
				       .tid = THREAD });
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_LIFE);
	q.alive[1] = true;
	ck_assert_int_eq(answer(model, &q), 0);
	teardown();
}
END_TEST

START_TEST(zombies)
{
	struct ss_question q;

	setup();
	spawn(model, ROOT, CHILD + 1, 0);
	tell_of(model, SS_EVENT_GROUP_DEAD, CHILD);
	tell_of(model, SS_EVENT_GROUP_DEAD, CHILD + 1);
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_VM, CHILD, CHILD + 1),
			 0);
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_VM, CHILD, ROOT), 1);
	ck_assert_int_eq(ask_type(model, ROOT, SS_TYPE_SIGHAND, CHILD,
				  CHILD + 1), 1);
	ck_assert_int_eq(ask_type(model, ROOT, 8, CHILD, ROOT), -EINVAL);
	q = file_question(ROOT, CHILD, 0, ROOT, 0);
	q.alive[0] = true;
	ck_assert_int_eq(ask(model, q), -EBADF);
	teardown();
}
END_TEST

START_TEST(files)
{
	struct ss_question q;
	struct ss_need need;
	char label[64];

	setup();
	tell_file(model, ROOT, 4, tell_new_file(model, ROOT, 3, 1));
	tell_new_file(model, ROOT, 5, 1);
	ck_assert_int_eq(ask(model, file_question(ROOT, ROOT, 3, ROOT, 4)), 0);
	ck_assert_int_eq(ask(model, file_question(ROOT, ROOT, 3, ROOT, 5)), 1);
	ck_assert_int_eq(ask(model, file_question(ROOT, ROOT, 5, ROOT, 4)), 2);
	q = file_question(ROOT, ROOT, 3, ROOT, 6);
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_SLOT);
	ck_assert_uint_eq(need.side, 1);
	ck_assert_int_eq(need.fd, 6);
	ck_assert_ptr_eq(need.task, task_of(model, ROOT));
	q.side[1].state = SS_SIDE_CLOSED;
	ck_assert_int_eq(answer(model, &q), -EBADF);
	/* The kernel reads 32 bits, and there are no numbers below zero. */
	q = file_question(ROOT, ROOT, 3, ROOT, 4);
	q.idx[0] |= UINT64_C(0xdead) << 32;
	ck_assert_int_eq(answer(model, &q), 0);
	ck_assert_str_eq(ss_question_label(&q, 0, label, sizeof(label)),
			 "1/3#1");
	q = file_question(ROOT, ROOT, 3, ROOT, -1);
	ck_assert_int_eq(answer(model, &q), -EBADF);
	teardown();
}
END_TEST

/* What another thread's call is changing is asked for, not remembered. */
START_TEST(volatile_slots)
{
	struct ss_question q;
	struct ss_need need;

	setup();
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	tell_new_file(model, ROOT, 3, 1);
	tell_close(model, THREAD, 4, 6);
	q = file_question(ROOT, ROOT, 3, ROOT, 7);
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_SLOT);
	q = file_question(ROOT, ROOT, 3, ROOT, 6);
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_FLIGHT);
	ck_assert_ptr_eq(need.task, task_of(model, THREAD));
	/* The asker's own last call is over. */
	q.caller = THREAD;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_SLOT);
	q.caller = ROOT;
	/* Open now, and one of those known. */
	q.side[1] = (struct ss_side){ .state = SS_SIDE_VOLATILE,
				      .file = slot_of(model, ROOT, 3) };
	ck_assert_int_eq(answer(model, &q), 0);
	/* Or unlike all of them, when it was looked at. */
	q.side[1].file = NULL;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_ORDER);
	q.order_known = true;
	q.order = SS_ORDER_UNKNOWN;
	ck_assert_int_eq(answer(model, &q), 1);
	/* Both sides so: they have to be held side by side. */
	q = file_question(ROOT, ROOT, 5, ROOT, 6);
	q.side[0].state = q.side[1].state = SS_SIDE_VOLATILE;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_ORDER);
	q.order_known = true;
	q.order = SS_ORDER_UNKNOWN;
	ck_assert_int_eq(answer(model, &q), 1);
	q.order = 0;
	ck_assert_int_eq(answer(model, &q), 0);
	teardown();
}
END_TEST

/* What is being copied is changed by what changes the original. */
START_TEST(volatile_copies)
{
	struct ss_question q;
	struct ss_need need;

	setup();
	tell_file(model, CHILD, 3, tell_new_file(model, ROOT, 3, 1));
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	tell_unshare(model, ROOT, CLONE_FILES);
	tell_close(model, THREAD, 3, 3);
	q = file_question(CHILD, CHILD, 3, ROOT, 3);
	q.alive[1] = true;
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_FLIGHT);
	ck_assert_ptr_eq(need.task, task_of(model, THREAD));
	ck_assert_int_eq(need.fd, 3);
	/* The copy was made: now it is its own. */
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_SLOT);
	teardown();
}
END_TEST

/* Users of io_uring: no slot is taken to hold what it held. */
START_TEST(rings)
{
	struct ss_question q;

	setup();
	tell_new_file(model, ROOT, 3, 1);
	tell_new_file(model, ROOT, 4, 1);
	tell_of(model, SS_EVENT_RING, ROOT);
	q = file_question(ROOT, ROOT, 3, ROOT, 4);
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_SLOT);
	q.side[0].state = SS_SIDE_VOLATILE;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_SLOT);
	q.side[1].state = SS_SIDE_CLOSED;
	ck_assert_int_eq(answer(model, &q), -EBADF);
	q.side[1].state = SS_SIDE_VOLATILE;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_ORDER);
	q.order_known = true;
	ck_assert_int_eq(answer(model, &q), 0);
	q.order = 1;
	ck_assert_int_eq(answer(model, &q), 2);
	q.order = -1;
	ck_assert_int_eq(answer(model, &q), 1);
	/* Where the host has no kcmp: as the labels would be. */
	q.order = SS_ORDER_UNKNOWN;
	ck_assert_int_eq(answer(model, &q), 1);
	q = file_question(ROOT, ROOT, 4, ROOT, 3);
	q.side[0].state = q.side[1].state = SS_SIDE_VOLATILE;
	q.order_known = true;
	q.order = SS_ORDER_UNKNOWN;
	ck_assert_int_eq(answer(model, &q), 2);
	teardown();
}
END_TEST

START_TEST(epoll_items)
{
	struct ss_question q;
	struct ss_need need;
	struct ss_file *target;
	char label[64];

	setup();
	tell_new_file(model, ROOT, 3, 50);
	target = tell_new_file(model, ROOT, 5, 1);
	tell_new_file(model, ROOT, 6, 1);
	q = question(ROOT, SS_TYPE_EPOLL_TFD, ROOT, ROOT);
	q.idx[0] = 5;
	q.idx[1] = 0x1234;
	ck_assert_uint_eq(lacks(model, &q).kind, SS_NEED_EPOLL_SLOT);
	q.slot_read = q.slot_fault = true;
	ck_assert_int_eq(answer(model, &q), -EFAULT);
	q.slot_fault = false;
	q.slot = (struct ss_epoll_slot){ .efd = 3, .tfd = 5 };
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_ITEMS);
	ck_assert_int_eq(need.fd, 3);
	q.items = SS_ITEMS_NO_EPOLL;
	ck_assert_int_eq(answer(model, &q), -EINVAL);
	q.items = SS_ITEMS_MISSING;
	ck_assert_int_eq(answer(model, &q), -ENOENT);
	q.items = SS_ITEMS_FOUND;
	need = lacks(model, &q);
	ck_assert_uint_eq(need.kind, SS_NEED_ITEM);
	ck_assert_int_eq(need.fd, 3);
	q.item = target;
	q.item_known = true;
	ck_assert_int_eq(answer(model, &q), 0);
	ck_assert_str_eq(ss_question_label(&q, 1, label, sizeof(label)),
			 "1/5#1");
	/* The order of files. */
	q.idx[0] = 6;
	ck_assert_int_eq(answer(model, &q), 2);
	/* Bad numbers on either side, before the epoll is looked at. */
	q.idx[0] = UINT_MAX;
	ck_assert_int_eq(answer(model, &q), -EBADF);
	q.idx[0] = 5;
	q.slot.efd = UINT_MAX;
	q.items = SS_ITEMS_NO_EPOLL;
	ck_assert_int_eq(answer(model, &q), -EBADF);
	teardown();
}
END_TEST

START_TEST(labels_for_reports)
{
	struct ss_question q;
	char label[64];

	setup();
	q = question(ROOT, SS_TYPE_VM, ROOT, ROOT);
	ck_assert_int_eq(answer(model, &q), 0);
	ck_assert_str_eq(ss_question_label(&q, 0, label, sizeof(label)), "1");
	q.type = SS_TYPE_IO;
	ck_assert_int_eq(answer(model, &q), 0);
	ck_assert_str_eq(ss_question_label(&q, 0, label, sizeof(label)), "-");
	q.type = 77;
	ck_assert_str_eq(ss_question_label(&q, 0, label, sizeof(label)), "-");
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_type, type_names, order_of_checks, needs_about_tasks,
		dumpable_in_flight, set_id_in_flight,
		undo_lists_in_flight, undo_lists_of_born_children,
		sharing_in_flight, life_of_threads, zombies,
		files, volatile_slots,
		volatile_copies, rings, epoll_items, labels_for_reports, NULL,
	};

	return run_tests("model/compare", tests);
}
