/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of what happens in the course of a life: exec, unshare, what is
 * in flight, undo lists, credentials.
 */
#include "model/event.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "world.h"

#define THREAD	101
#define OTHER	300
#define IO_BE	2

/* A thread that shares no more than it must. */
#define BARE_THREAD	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

struct before {
	struct ss_resource *resources[SS_KIND_COUNT];
};

static struct before note(const struct ss_model *model, pid_t tid)
{
	struct before before;

	memcpy(before.resources, task_of(model, tid)->resources,
	       sizeof(before.resources));
	return before;
}

/* Fails unless exactly these kinds are what they were. */
static void same_kinds(const struct ss_model *model, pid_t tid,
		       const struct before *before, unsigned int kinds)
{
	enum ss_kind kind;

	for (kind = 0; kind < SS_KIND_COUNT; kind++)
		ck_assert_msg((has(model, tid, kind) ==
			       before->resources[kind]) ==
			      (bool)(kinds >> kind & 1), "kind %d", kind);
}

#define KEPT(kind)	(1u << SS_KIND_##kind)
#define KEPT_BY_EXEC	(KEPT(FS) | KEPT(IO) | KEPT(UNDO))

static bool interrupts(const struct ss_model *model, pid_t tid)
{
	return ss_task_handlers(task_of(model, tid))->interrupt;
}

/* A handler without SA_RESTART goes where the kernel's table of them goes. */
START_TEST(handlers_are_inherited)
{
	struct ss_model *model = world_new();
	uint32_t serial;

	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	spawn(model, ROOT, OTHER, 0);
	tell_of(model, SS_EVENT_HANDLER, THREAD);
	ck_assert(interrupts(model, ROOT));
	ck_assert(!interrupts(model, OTHER));
	spawn(model, ROOT, 301, 0);
	spawn(model, ROOT, 302, CLONE_VM | CLONE_SIGHAND);
	spawn(model, ROOT, 303, CLONE_CLEAR_SIGHAND);
	spawn(model, ROOT, 304, CLONE_VM | CLONE_VFORK);
	ck_assert(interrupts(model, 301));
	ck_assert(interrupts(model, 302));
	ck_assert(!interrupts(model, 303));
	ck_assert(interrupts(model, 304));
	tell_exec(model, 301);
	tell_exec(model, 302);
	tell_exec(model, 304);
	ck_assert(!interrupts(model, 301));
	ck_assert(!interrupts(model, 302));
	ck_assert(!interrupts(model, 304));
	ck_assert(interrupts(model, ROOT));
	/* As they were when the clone entered. */
	tell_clone(model, ROOT, 0);
	serial = task_of(model, ROOT)->pending->serial;
	tell_exec(model, ROOT);
	ck_assert(!interrupts(model, ROOT));
	tell_child(model, serial, 305);
	ck_assert(interrupts(model, 305));
	ss_model_free(model);
}
END_TEST

START_TEST(exec_of_a_process_alone)
{
	struct ss_model *model = world_new();
	struct before before;
	char buffer[64];

	tell_of(model, SS_EVENT_UNDO, ROOT);
	tell_io(model, ROOT, IO_BE);
	tell_new_file(model, ROOT, 3, 1);
	tell_user(model, ROOT, 0);
	before = note(model, ROOT);
	tell_of(model, SS_EVENT_EXEC, ROOT);
	ck_assert_ptr_nonnull(task_of(model, ROOT)->group->execing);
	same_kinds(model, ROOT, &before, ~0u);
	tell_of(model, SS_EVENT_EXEC_DONE, ROOT);
	ck_assert_ptr_null(task_of(model, ROOT)->group->execing);
	same_kinds(model, ROOT, &before,
		   KEPT_BY_EXEC | KEPT(FILES) | KEPT(SIGHAND));
	/* Which slots were close-on-exec nobody told. */
	ck_assert_ptr_null(slot_of(model, ROOT, 3));
	ck_assert(!task_of(model, ROOT)->creds_known);
	ck_assert_uint_eq(((struct ss_mm *)has(model, ROOT, SS_KIND_MM))
			  ->dumpable, SS_DUMPABLE_UNKNOWN);
	ck_assert_str_eq(ss_resource_print(has(model, ROOT, SS_KIND_MM),
					   buffer, sizeof(buffer)), "1~2");
	/* Twice the same name would be two things of one name. */
	tell_exec(model, ROOT);
	ck_assert_str_eq(ss_resource_print(has(model, ROOT, SS_KIND_MM),
					   buffer, sizeof(buffer)), "1~3");
	ss_model_free(model);
}
END_TEST

START_TEST(exec_keeps_what_it_was_told_to)
{
	static const int kept[] = { 3, 5, 6, 7 };
	struct ss_model *model = world_new();
	struct ss_file *file, *other;

	tell_new_file(model, ROOT, 3, 1);
	tell_new_file(model, ROOT, 4, 2);
	tell_new_file(model, ROOT, 5, 3);
	tell_new_file(model, ROOT, 7, 4);
	file = slot_of(model, ROOT, 3);
	other = slot_of(model, ROOT, 7);
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	tell(model, (struct ss_event){
		.type = SS_EVENT_EXEC, .tid = ROOT,
		.exec = { .kept = kept, .count = SS_ARRAY_SIZE(kept) } });
	/* Another file meanwhile: nothing is known of this one. */
	tell_close(model, THREAD, 5, 5);
	tell_of(model, SS_EVENT_RETURNED, THREAD);
	tell_new_file(model, ROOT, 5, 5);
	/* It was not known that there is one. */
	tell_new_file(model, ROOT, 6, 6);
	tell_of(model, SS_EVENT_EXEC_DONE, ROOT);
	ck_assert_ptr_eq(slot_of(model, ROOT, 3), file);
	ck_assert_ptr_null(slot_of(model, ROOT, 4));
	ck_assert_ptr_null(slot_of(model, ROOT, 5));
	ck_assert_ptr_null(slot_of(model, ROOT, 6));
	ck_assert_ptr_eq(slot_of(model, ROOT, 7), other);
	/* Of the next exec nothing is known yet. */
	tell_exec(model, ROOT);
	ck_assert_ptr_null(slot_of(model, ROOT, 3));
	ss_model_free(model);
}
END_TEST

START_TEST(random_bytes_move_with_the_memory)
{
	struct ss_model *model = world_new();

	tell(model, (struct ss_event){ .type = SS_EVENT_AT_RANDOM,
				       .tid = ROOT, .address = 0x7ffc1239 });
	spawn(model, ROOT, OTHER, 0);
	ck_assert_uint_eq(ss_task_mm(task_of(model, OTHER))->at_random,
			  0x7ffc1239);
	tell_exec(model, OTHER);
	ck_assert_uint_eq(ss_task_mm(task_of(model, OTHER))->at_random, 0);
	ck_assert_uint_eq(ss_task_mm(task_of(model, ROOT))->at_random,
			  0x7ffc1239);
	ss_model_free(model);
}
END_TEST

START_TEST(exec_that_fails)
{
	struct ss_model *model = world_new();
	struct before before = note(model, ROOT);

	tell_new_file(model, ROOT, 3, 1);
	tell_of(model, SS_EVENT_EXEC, ROOT);
	tell_of(model, SS_EVENT_EXEC_FAILED, ROOT);
	ck_assert_ptr_null(task_of(model, ROOT)->group->execing);
	same_kinds(model, ROOT, &before, ~0u);
	ck_assert_ptr_nonnull(slot_of(model, ROOT, 3));
	ss_model_free(model);
}
END_TEST

/* What is shared outside of the group is left to the others. */
START_TEST(exec_of_one_that_shares)
{
	struct ss_model *model = world_new();
	struct before before = note(model, ROOT);
	struct ss_file *file = tell_new_file(model, ROOT, 3, 1);

	spawn(model, ROOT, OTHER, CLONE_VM | CLONE_FILES | CLONE_FS |
	      CLONE_SIGHAND);
	tell_exec(model, OTHER);
	same_kinds(model, ROOT, &before, ~0u);
	same_kinds(model, OTHER, &before, KEPT_BY_EXEC);
	ck_assert_ptr_eq(slot_of(model, ROOT, 3), file);
	ck_assert_ptr_null(slot_of(model, OTHER, 3));
	/* Found there again, it keeps its label. */
	tell_file(model, OTHER, 3, file);
	ss_model_free(model);
}
END_TEST

/* Threads of the group do not count as sharers: they go. */
START_TEST(exec_of_a_leader_with_threads)
{
	struct ss_model *model = world_new();
	struct before before;

	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	before = note(model, ROOT);
	tell_exec(model, ROOT);
	same_kinds(model, ROOT, &before,
		   KEPT_BY_EXEC | KEPT(FILES) | KEPT(SIGHAND));
	ck_assert_ptr_null(ss_model_task(model, THREAD));
	ss_model_free(model);
}
END_TEST

/* The leader's number is the thread's now, with what the thread had. */
START_TEST(exec_of_a_thread)
{
	static const struct ss_event_numbers leader = {
		.levels = 1, .nr = { 1 }, .ino = { 70 } };
	static const struct ss_event_numbers thread = {
		.levels = 1, .nr = { 2 }, .ino = { 70 } };
	struct ss_model *model = world_new();
	struct before before;
	struct ss_task *task;

	tell_clone(model, ROOT, CLONE_NEWPID);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = 200,
			   .numbers = &leader } });
	tell_clone(model, 200, BARE_THREAD);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = 201,
			   .numbers = &thread } });
	tell_of(model, SS_EVENT_UNDO, 201);
	tell_io(model, 201, IO_BE);
	task = task_of(model, 201);
	before = note(model, 201);
	tell_exec(model, 201);
	ck_assert_ptr_null(ss_model_task(model, 201));
	ck_assert_ptr_eq(task_of(model, 200), task);
	same_kinds(model, 200, &before,
		   KEPT_BY_EXEC | KEPT(FILES) | KEPT(SIGHAND));
	ck_assert_ptr_eq(ss_model_resolve(model, task, 1), task);
	ck_assert_ptr_null(ss_model_resolve(model, task, 2));
	ck_assert_int_eq(task->group->tgid, 200);
	/* It can go on. */
	spawn(model, 200, 201, THREAD_FLAGS);
	tell_exec(model, 201);
	ss_model_free(model);
}
END_TEST

START_TEST(exec_of_a_thread_of_a_dead_leader)
{
	struct ss_model *model = world_new();
	struct ss_task *task;

	task = spawn(model, ROOT, THREAD, BARE_THREAD);
	tell_of(model, SS_EVENT_TASK_ZOMBIE, ROOT);
	tell_exec(model, THREAD);
	ck_assert_ptr_eq(task_of(model, ROOT), task);
	ck_assert(!task->zombie);
	ss_model_free(model);
}
END_TEST

START_TEST(unshare)
{
	static const struct {
		uint64_t flags;
		bool shared;		/* with another process */
		unsigned int kept;
	} cases[] = {
		{ 0, true, ~0u },
		{ CLONE_FILES, true, ~KEPT(FILES) },
		{ CLONE_FILES, false, ~0u },
		{ CLONE_FS, true, ~KEPT(FS) },
		{ CLONE_FS, false, ~0u },
		/* A mount namespace needs an fs of its own in any case. */
		{ CLONE_NEWNS, false, ~KEPT(FS) },
		{ CLONE_NEWNS, true, ~KEPT(FS) },
		{ CLONE_NEWUSER, true, ~KEPT(FS) },
		{ CLONE_NEWUSER, false, ~0u },
		{ CLONE_SYSVSEM, true, ~KEPT(UNDO) },
		{ CLONE_SYSVSEM, false, ~KEPT(UNDO) },
		{ CLONE_NEWIPC, false, ~KEPT(UNDO) },
		{ CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS, true, ~0u },
		{ CLONE_FS | CLONE_FILES | CLONE_SYSVSEM, true,
		  KEPT(MM) | KEPT(SIGHAND) | KEPT(IO) },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(cases); i++) {
		struct ss_model *model = world_new();
		struct before before;

		tell_of(model, SS_EVENT_UNDO, ROOT);
		tell_io(model, ROOT, IO_BE);
		if (cases[i].shared)
			spawn(model, ROOT, OTHER, CLONE_FILES | CLONE_FS |
			      CLONE_VM | CLONE_SYSVSEM | CLONE_IO);
		before = note(model, ROOT);
		tell_unshare(model, ROOT, cases[i].flags);
		same_kinds(model, ROOT, &before, cases[i].kept);
		if (cases[i].shared)
			same_kinds(model, OTHER, &before, ~KEPT(SIGHAND));
		/* It restarts: done once more it is no other. */
		before = note(model, ROOT);
		tell_unshare(model, ROOT, cases[i].flags & ~CLONE_NEWNS);
		same_kinds(model, ROOT, &before, ~0u);
		ss_model_free(model);
	}
}
END_TEST

/* Somebody's ioprio_set was on its way to the creator at the same time. */
START_TEST(io_context_of_a_child)
{
	static const struct {
		uint64_t flags;
		bool before, after;	/* has the creator one? */
		int io_class;		/* that is seen in the child */
		bool apart, has, shares;
	} cases[] = {
		{ 0, true, true, IO_BE, false, true, false },
		{ 0, true, true, 0, false, false, false },
		{ 0, false, true, IO_BE, false, true, false },
		{ 0, false, true, 0, false, false, false },
		{ CLONE_IO, true, true, IO_BE, false, true, true },
		{ CLONE_IO, true, true, 0, false, true, true },
		{ CLONE_IO, false, true, IO_BE, false, true, true },
		{ CLONE_IO, true, true, 0, true, false, false },
		{ CLONE_IO, false, false, 0, false, false, false },
	};
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(cases); i++) {
		struct ss_model *model = world_new();
		const struct ss_resource *own, *its;

		if (cases[i].before)
			tell_io(model, ROOT, IO_BE);
		tell_clone(model, ROOT, cases[i].flags);
		if (cases[i].after && !cases[i].before)
			tell_io(model, ROOT, IO_BE);
		tell(model, (struct ss_event){
			.type = SS_EVENT_CHILD,
			.child = { .pending = model->pendings->serial,
				   .tid = OTHER, .io_known = true,
				   .io_class = cases[i].io_class,
				   .io_apart = cases[i].apart } });
		own = task_of(model, ROOT)->resources[SS_KIND_IO];
		its = task_of(model, OTHER)->resources[SS_KIND_IO];
		ck_assert_int_eq(its != NULL, cases[i].has);
		ck_assert_int_eq(its && its == own, cases[i].shares);
		ss_model_free(model);
	}
}
END_TEST

START_TEST(sibling_of_a_new_parent)
{
	struct ss_model *model = world_new();

	spawn(model, ROOT, OTHER, 0);
	/* Its parent has died, and somebody else has it. */
	tell(model, (struct ss_event){
		.type = SS_EVENT_CLONE,
		.tid = OTHER,
		.clone = { .flags = CLONE_PARENT, .parent = 300 } });
	ck_assert_int_eq(model->pendings->parent, 300);
	ck_assert_int_eq(task_of(model, OTHER)->group->parent, 300);
	ss_model_free(model);
}
END_TEST

START_TEST(unshare_that_is_refused)
{
	struct ss_model *model = world_new();
	const struct ss_task *root = task_of(model, ROOT);

	ck_assert(!ss_unshare_is_refused(root, CLONE_FILES | CLONE_THREAD |
					 CLONE_VM | CLONE_NEWUSER));
	ck_assert(ss_unshare_is_refused(root, CLONE_IO));
	ck_assert(ss_unshare_is_refused(root, CLONE_PARENT));
	spawn(model, ROOT, OTHER, CLONE_VM);
	ck_assert(ss_unshare_is_refused(root, CLONE_VM));
	ck_assert(!ss_unshare_is_refused(root, CLONE_SIGHAND));
	ck_assert(!ss_unshare_is_refused(root, CLONE_THREAD));
	tell_exec(model, OTHER);
	spawn(model, ROOT, OTHER + 1, CLONE_VM | CLONE_SIGHAND);
	ck_assert(ss_unshare_is_refused(root, CLONE_SIGHAND));
	ck_assert(!ss_unshare_is_refused(root, CLONE_THREAD));
	tell_exec(model, OTHER + 1);
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	ck_assert(ss_unshare_is_refused(root, CLONE_THREAD));
	/* Whether namespaces change is seen elsewhere. */
	ck_assert(!ss_unshare_is_refused(root, CLONE_NEWUSER));
	ck_assert(!ss_unshare_is_refused(root, CLONE_FILES | CLONE_NEWNS));
	ss_model_free(model);
}
END_TEST

/* A close in flight makes its slots volatile, until it is over. */
START_TEST(calls_in_flight)
{
	struct ss_model *model = world_new();
	struct ss_task *root = task_of(model, ROOT);

	tell_new_file(model, ROOT, 3, 1);
	tell_close(model, ROOT, 3, 3);
	ck_assert_uint_eq(root->flight.kind, SS_FLIGHT_SLOTS);
	ck_assert_ptr_eq(ss_task_files(root)->flights, root);
	/* The next one takes its place. */
	tell_close(model, ROOT, 7, 9);
	ck_assert_uint_eq(root->flight.first, 7);
	ck_assert_ptr_eq(ss_task_files(root)->flights, root);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	ck_assert_uint_eq(root->flight.kind, SS_FLIGHT_NONE);
	ck_assert_ptr_null(ss_task_files(root)->flights);
	/* An exec, and a death, end it as well. */
	tell_close(model, ROOT, 7, 9);
	tell_exec(model, ROOT);
	ck_assert_ptr_null(ss_task_files(root)->flights);
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	tell_close(model, THREAD, 7, 9);
	tell_of(model, SS_EVENT_THREAD_GONE, THREAD);
	ck_assert_ptr_null(ss_task_files(root)->flights);
	ss_model_free(model);
}
END_TEST

START_TEST(splitting_a_table)
{
	struct ss_event event = {
		.type = SS_EVENT_CLOSE, .tid = ROOT,
		.range = { .first = 4, .last = INT_MAX, .unshare = true },
	};
	struct ss_model *model = world_new();
	struct ss_file *file = tell_new_file(model, ROOT, 3, 1);

	tell_new_file(model, ROOT, 4, 2);
	/* Alone: nothing to split. */
	tell(model, event);
	ck_assert_uint_eq(task_of(model, ROOT)->made[SS_KIND_FILES], 1);
	tell_new_file(model, ROOT, 4, 2);
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	tell(model, event);
	ck_assert_ptr_ne(has(model, ROOT, SS_KIND_FILES),
			 has(model, THREAD, SS_KIND_FILES));
	ck_assert_ptr_eq(slot_of(model, ROOT, 3), file);
	ck_assert_ptr_null(slot_of(model, ROOT, 4));
	ck_assert_ptr_nonnull(slot_of(model, THREAD, 4));
	/* Copied and closed at the same time. */
	ck_assert_ptr_nonnull(ss_task_files(task_of(model, ROOT))->flights);
	tell_close(model, THREAD, 3, 3);
	ck_assert_ptr_null(slot_of(model, ROOT, 3));
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	ck_assert_ptr_null(ss_task_files(task_of(model, ROOT))->flights);
	tell_close(model, THREAD, 4, 4);
	/* CLOSE_RANGE_CLOEXEC: split, but nothing is closed. */
	spawn(model, ROOT, THREAD + 1, THREAD_FLAGS);
	tell_new_file(model, ROOT, 4, 2);
	event.range.keep = true;
	tell(model, event);
	ck_assert_ptr_ne(has(model, ROOT, SS_KIND_FILES),
			 has(model, THREAD + 1, SS_KIND_FILES));
	ck_assert_ptr_nonnull(slot_of(model, ROOT, 4));
	ss_model_free(model);
}
END_TEST

/* A slot that has a label gets no new one before it was forgotten. */
START_TEST(labels_are_forgotten_first)
{
	struct ss_model *model = world_new();
	struct ss_event event = {
		.type = SS_EVENT_SLOT, .tid = ROOT,
		.slot = { .fd = 3, .hint = { .dev = 8, .ino = 2 } },
	};

	tell_new_file(model, ROOT, 3, 1);
	ck_assert_int_eq(apply(model, &event), -EINVAL);
	tell_close(model, ROOT, 3, 3);
	tell(model, event);
	ss_model_free(model);
}
END_TEST

START_TEST(undo_lists)
{
	struct ss_model *model = world_new();
	struct ss_resource *undo;

	ck_assert_ptr_null(has(model, ROOT, SS_KIND_UNDO));
	tell_of(model, SS_EVENT_UNDO, ROOT);
	undo = has(model, ROOT, SS_KIND_UNDO);
	tell_of(model, SS_EVENT_UNDO, ROOT);
	ck_assert_ptr_eq(has(model, ROOT, SS_KIND_UNDO), undo);
	spawn(model, ROOT, OTHER, CLONE_SYSVSEM);
	tell_of(model, SS_EVENT_UNDO_DROP, ROOT);
	ck_assert_ptr_null(has(model, ROOT, SS_KIND_UNDO));
	ck_assert_ptr_eq(has(model, OTHER, SS_KIND_UNDO), undo);
	tell_of(model, SS_EVENT_UNDO_DROP, ROOT);
	tell_of(model, SS_EVENT_UNDO, ROOT);
	ck_assert_int_gt(ss_resource_compare(has(model, ROOT, SS_KIND_UNDO),
					     undo), 0);
	ss_model_free(model);
}
END_TEST

START_TEST(credentials)
{
	struct ss_event_creds creds = {
		.uid = { 1, 2, 3, 4 }, .gid = { 5, 6, 7, 8 },
		.permitted = 9, .effective = 10,
		.namespaces = 2, .ino = { 12, 11 }, .owner = { 1000, 0 },
	};
	struct ss_model *model = world_new();
	struct ss_task *root = task_of(model, ROOT);
	struct ss_userns *ns;

	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS, .tid = ROOT,
				       .creds = &creds });
	ck_assert(root->creds_known);
	ck_assert_uint_eq(ss_task_creds(root)->uid[3], 4);
	ck_assert_uint_eq(ss_task_creds(root)->gid[0], 5);
	ck_assert_uint_eq(ss_task_creds(root)->effective, 10);
	ns = ss_task_creds(root)->userns;
	ck_assert_uint_eq(ns->ino, 12);
	ck_assert_uint_eq(ns->owner, 1000);
	ck_assert_uint_eq(ns->level, 1);
	ck_assert_uint_eq(ns->parent->ino, 11);
	/* Inherited, but by the first task of a user namespace. */
	ck_assert(spawn(model, ROOT, OTHER, 0)->creds_known);
	ck_assert(!spawn(model, ROOT, OTHER + 1, CLONE_NEWUSER)->creds_known);
	tell_of(model, SS_EVENT_CREDS_CHANGE, ROOT);
	ck_assert(!root->creds_known);
	/* The number belongs to another namespace now. */
	creds.owner[0] = 2000;
	creds.namespaces = 1;
	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS, .tid = ROOT,
				       .creds = &creds });
	ck_assert_ptr_eq(ss_task_creds(root)->userns, ns);
	ck_assert_uint_eq(ns->owner, 2000);
	ck_assert_ptr_null(ns->parent);
	ss_model_free(model);
}
END_TEST

/* What is a set*id call, or one of setns, and what it makes of the memory. */
static const struct {
	uid_t euid, owner;	/* before; of the namespace behind */
	bool inside;		/* and that is where it is then */
	uid_t then;
	bool keep;		/* fs.suid_dumpable */
	enum ss_dumpable dumpable;
} commits[] = {
	{ 0, 0, false, 0, false, SS_DUMPABLE_YES },
	{ 0, 0, false, 1000, false, SS_DUMPABLE_NO },
	{ 0, 0, false, 1000, true, SS_DUMPABLE_UNKNOWN },
	{ 0, 0, true, 0, false, SS_DUMPABLE_YES },
	{ 0, 1000, true, 0, false, SS_DUMPABLE_UNKNOWN },
	{ 1000, 1000, true, 1000, false, SS_DUMPABLE_YES },
};

static void commit(size_t i)
{
	struct ss_event_creds creds = {
		.uid = { 0, commits[i].euid, 0, commits[i].euid },
		.permitted = 10, .effective = 10,
		.namespaces = 1, .ino = { 11 },
	};
	struct ss_model *model = world_new();
	const struct ss_mm *mm = ss_task_mm(task_of(model, ROOT));

	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS, .tid = ROOT,
				       .creds = &creds });
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE, .tid = ROOT,
				       .dumpable = SS_DUMPABLE_YES });
	if (commits[i].keep)
		tell_of(model, SS_EVENT_COMMITS_KEEP, ROOT);
	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS_CHANGE,
				       .tid = ROOT, .set_id = true });
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	creds.uid[1] = creds.uid[3] = commits[i].then;
	if (commits[i].inside) {
		creds.permitted = creds.effective = 15;
		creds.namespaces = 2;
		creds.ino[0] = 12;
		creds.ino[1] = 11;
		creds.owner[0] = commits[i].owner;
	}
	tell(model, (struct ss_event){ .type = SS_EVENT_CREDS, .tid = ROOT,
				       .creds = &creds });
	ck_assert_uint_eq(mm->dumpable, commits[i].dumpable);
	ss_model_free(model);
}

START_TEST(memory_after_commits)
{
	for (size_t i = 0; i < SS_ARRAY_SIZE(commits); i++)
		commit(i);
}
END_TEST

/* Domains nest, and children begin in their parent's. */
START_TEST(landlock)
{
	struct ss_model *model = world_new();
	const struct ss_domain *domain;

	spawn(model, ROOT, OTHER, 0);
	tell_of(model, SS_EVENT_LANDLOCK, ROOT);
	domain = task_of(model, ROOT)->domain;
	ck_assert_ptr_nonnull(domain);
	ck_assert_ptr_null(task_of(model, OTHER)->domain);
	ck_assert_ptr_eq(spawn(model, ROOT, OTHER + 1, 0)->domain, domain);
	tell_of(model, SS_EVENT_LANDLOCK, OTHER + 1);
	ck_assert_ptr_eq(task_of(model, OTHER + 1)->domain->parent, domain);
	ss_model_free(model);
}
END_TEST

/* Whoever takes the file away in between waits for it. */
START_TEST(slot_in_use)
{
	struct ss_model *model = world_new();
	const struct ss_event use = {
		.type = SS_EVENT_SLOT_USE,
		.tid = ROOT,
		.range = { .first = 3, .last = 3 },
	};

	tell(model, use);
	ck_assert(task_of(model, ROOT)->flight.uses);
	ck_assert_uint_eq(task_of(model, ROOT)->flight.first, 3);
	ck_assert_uint_eq(task_of(model, ROOT)->flight.last, 3);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	ck_assert_int_eq(task_of(model, ROOT)->flight.kind, SS_FLIGHT_NONE);
	ck_assert(!task_of(model, ROOT)->flight.uses);
	ss_model_free(model);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		handlers_are_inherited, slot_in_use,
		exec_of_a_process_alone, exec_keeps_what_it_was_told_to,
		random_bytes_move_with_the_memory, exec_that_fails,
		exec_of_one_that_shares, exec_of_a_leader_with_threads,
		exec_of_a_thread, exec_of_a_thread_of_a_dead_leader, unshare,
		io_context_of_a_child, sibling_of_a_new_parent,
		unshare_that_is_refused, calls_in_flight, splitting_a_table,
		labels_are_forgotten_first, undo_lists, credentials,
		memory_after_commits, landlock,
		NULL,
	};

	return run_tests("model/event", tests);
}
