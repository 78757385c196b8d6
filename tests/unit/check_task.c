/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of how tasks begin and end: what every combination of clone's
 * flags shares, whose child appears where, what the dead keep.
 */
#include "model/task.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "world.h"

#define CHILD	200
#define IO_BE	2

/* Does the kernel make the child?  copy_process(), said again. */
static bool is_valid(uint64_t flags)
{
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return false;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return false;
	if ((flags & (CLONE_NEWNS | CLONE_NEWUSER)) && (flags & CLONE_FS))
		return false;
	if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
		return false;
	return true;
}

static void check_child(struct ss_model *model, uint64_t flags, bool had_io)
{
	static const struct {
		enum ss_kind kind;
		uint64_t flag;
	} kinds[] = {
		{ SS_KIND_MM, CLONE_VM }, { SS_KIND_FILES, CLONE_FILES },
		{ SS_KIND_FS, CLONE_FS }, { SS_KIND_SIGHAND, CLONE_SIGHAND },
	};
	const struct ss_task *root = task_of(model, ROOT);
	const struct ss_task *child = task_of(model, CHILD);
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(kinds); i++) {
		bool same = root->resources[kinds[i].kind] ==
			child->resources[kinds[i].kind];

		ck_assert_ptr_nonnull(child->resources[kinds[i].kind]);
		ck_assert_msg(same == !!(flags & kinds[i].flag),
			      "flags %#llx, kind %d",
			      (unsigned long long)flags, kinds[i].kind);
	}
	/* The undo list is made to be shared, or the child has none. */
	if (flags & CLONE_SYSVSEM)
		ck_assert_ptr_nonnull(root->resources[SS_KIND_UNDO]);
	ck_assert_ptr_eq(child->resources[SS_KIND_UNDO],
			 flags & CLONE_SYSVSEM ?
			 root->resources[SS_KIND_UNDO] : NULL);
	if (!had_io)
		ck_assert_ptr_null(child->resources[SS_KIND_IO]);
	else
		ck_assert_int_eq(child->resources[SS_KIND_IO] ==
				 root->resources[SS_KIND_IO],
				 !!(flags & CLONE_IO));
	ck_assert_int_eq(child->group == root->group,
			 !!(flags & CLONE_THREAD));
	if (!(flags & CLONE_THREAD))
		ck_assert_int_eq(child->group->parent, flags & CLONE_PARENT ?
				 root->group->parent : ROOT);
}

START_TEST(every_combination_of_flags)
{
	static const uint64_t all[] = {
		CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_SIGHAND, CLONE_THREAD,
		CLONE_SYSVSEM, CLONE_IO, CLONE_PARENT, CLONE_NEWNS,
		CLONE_NEWUSER, CLONE_NEWPID, CLONE_VFORK,
	};
	unsigned int bits, valid = 0, refused = 0, had_io;
	size_t i;

	for (bits = 0; bits < 2u << SS_ARRAY_SIZE(all); bits++) {
		struct ss_model *model = world_new();
		uint64_t flags = 0;

		had_io = bits & 1;
		for (i = 0; i < SS_ARRAY_SIZE(all); i++) {
			if (bits >> (i + 1) & 1)
				flags |= all[i];
		}
		if (had_io)
			tell_io(model, ROOT, IO_BE);
		ck_assert_int_eq(ss_clone_is_refused(flags), !is_valid(flags));
		if (is_valid(flags)) {
			spawn(model, ROOT, CHILD, flags);
			check_child(model, flags, had_io);
			valid++;
		} else {
			tell_clone(model, ROOT, flags);
			ck_assert_ptr_null(model->pendings);
			ck_assert_ptr_null(has(model, ROOT, SS_KIND_UNDO));
			ck_assert_uint_eq(task_of(model, ROOT)->clones, 0);
			refused++;
		}
		ss_model_free(model);
	}
	ck_assert_uint_gt(valid, 1000);
	ck_assert_uint_gt(refused, 1000);
}
END_TEST

/* CLONE_IO shares only what is there, and only some classes are inherited. */
START_TEST(io_contexts)
{
	static const bool inherited[] = { false, true, true, true, false };
	int io_class;

	for (io_class = 0; io_class < 5; io_class++) {
		struct ss_model *model = world_new();
		struct ss_ioc *io;

		tell_io(model, ROOT, io_class);
		io = (struct ss_ioc *)spawn(model, ROOT, CHILD, 0)->resources[
			SS_KIND_IO];
		ck_assert_int_eq(io != NULL, inherited[io_class]);
		if (io) {
			ck_assert_int_eq(io->io_class, io_class);
			ck_assert_ptr_ne(&io->r, has(model, ROOT, SS_KIND_IO));
		}
		/* Once made, it stays the same one. */
		io = (struct ss_ioc *)has(model, ROOT, SS_KIND_IO);
		tell_io(model, ROOT, 0);
		ck_assert_ptr_eq(has(model, ROOT, SS_KIND_IO), &io->r);
		ss_model_free(model);
	}
}
END_TEST

/* Refused after the undo list was made: the list stays. */
START_TEST(clone_that_fails_late)
{
	struct ss_model *model = world_new();

	tell_clone(model, ROOT, CLONE_NEWIPC | CLONE_SYSVSEM);
	ck_assert_ptr_null(model->pendings);
	ck_assert_ptr_nonnull(has(model, ROOT, SS_KIND_UNDO));
	ck_assert_uint_eq(has(model, ROOT, SS_KIND_UNDO)->refs, 1);
	ss_model_free(model);
}
END_TEST

static void tell_end(struct ss_model *model)
{
	tell(model, (struct ss_event){
		.type = SS_EVENT_CLONE_END,
		.child = { .pending = model->pendings->serial } });
}

/* Refused in any case, but before that: no list, and no index either. */
START_TEST(clone_that_fails_early)
{
	struct ss_model *model = world_new();
	struct ss_event event = {
		.type = SS_EVENT_CLONE, .tid = ROOT,
		.clone = { .flags = CLONE_NEWIPC | CLONE_SYSVSEM,
			   .fate = SS_FATE_EARLY } };

	tell(model, event);
	ck_assert_ptr_null(model->pendings);
	ck_assert_ptr_null(has(model, ROOT, SS_KIND_UNDO));
	ck_assert_uint_eq(task_of(model, ROOT)->clones, 0);
	/* One that may succeed after all keeps what it is told. */
	event.clone.flags = CLONE_SYSVSEM;
	tell(model, event);
	ck_assert_int_eq(model->pendings->fate, SS_FATE_EARLY);
	ck_assert(model->pendings->undo_made);
	tell_end(model);
	ss_model_free(model);
}
END_TEST

START_TEST(names_count_calls)
{
	struct ss_model *model = world_new();
	char buffer[64];

	tell_clone(model, ROOT, 0);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CLONE_END,
		.child = { .pending = model->pendings->serial } });
	ck_assert_ptr_null(task_of(model, ROOT)->pending);
	spawn(model, ROOT, 201, 0);
	spawn(model, 201, 202, THREAD_FLAGS);
	spawn(model, ROOT, 203, 0);
	ck_assert_str_eq(ss_path_print(task_of(model, 201)->path, buffer,
				       sizeof(buffer)), "1.2");
	ck_assert_str_eq(ss_path_print(task_of(model, 202)->path, buffer,
				       sizeof(buffer)), "1.2.1");
	ck_assert_str_eq(ss_path_print(task_of(model, 203)->path, buffer,
				       sizeof(buffer)), "1.3");
	ck_assert_uint_eq(model->peak, 4);
	ss_model_free(model);
}
END_TEST

static void is_named(const struct ss_model *model, pid_t tid,
		     const char *name)
{
	char buffer[64];

	ck_assert_str_eq(ss_path_print(task_of(model, tid)->path, buffer,
				       sizeof(buffer)), name);
}

/* A clone that has failed for sure: its index is the next one's. */
START_TEST(names_leave_out_who_failed)
{
	struct ss_model *model = world_new();
	struct ss_task *root = task_of(model, ROOT);

	tell(model, (struct ss_event){
		.type = SS_EVENT_CLONE, .tid = ROOT,
		.clone = { .call = 77, .since = 5 } });
	ck_assert(root->unborn);
	ck_assert_uint_eq(root->clone_call, 77);
	ck_assert_int_eq(root->clone_since, 5);
	tell_of(model, SS_EVENT_CLONE_FAILED, ROOT);
	ck_assert_ptr_null(model->pendings);
	ck_assert(!root->cloning);
	spawn(model, ROOT, 201, 0);
	is_named(model, 201, "1.1");
	/* Or it is known to be over before it is known to have failed. */
	tell_clone(model, ROOT, 0);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	tell_end(model);
	tell_of(model, SS_EVENT_CLONE_FAILED, ROOT);
	spawn(model, ROOT, 202, 0);
	is_named(model, 202, "1.2");
	is_named(model, 201, "1.1");
	ss_model_free(model);
}
END_TEST

/* What somebody has, or may have, is never given out again. */
START_TEST(names_are_given_once)
{
	struct ss_event failed = {
		.type = SS_EVENT_CLONE_FAILED, .tid = ROOT,
	};
	struct ss_model *model = world_new();
	uint32_t serial;

	ck_assert_int_eq(apply(model, &failed), -EINVAL);
	spawn(model, ROOT, 201, 0);
	ck_assert_int_eq(apply(model, &failed), -EINVAL);
	/* Of two that have failed only the last. */
	tell_clone(model, ROOT, 0);
	tell_end(model);
	tell_clone(model, ROOT, 0);
	tell_of(model, SS_EVENT_CLONE_FAILED, ROOT);
	ck_assert_int_eq(apply(model, &failed), -EINVAL);
	/* The kernel's own are named in the same row. */
	tell_clone(model, ROOT, 0);
	tell_end(model);
	tell(model, (struct ss_event){ .type = SS_EVENT_WORKER, .tid = ROOT,
				       .child = { .tid = 301 } });
	is_named(model, 301, "1.4");
	ck_assert_int_eq(apply(model, &failed), -EINVAL);
	/* Taken for another thread's; and then neither's. */
	spawn(model, ROOT, 202, THREAD_FLAGS);
	is_named(model, 202, "1.5");
	tell_clone(model, 202, THREAD_FLAGS);
	tell_end(model);
	tell_clone(model, ROOT, THREAD_FLAGS);
	serial = model->pendings->serial;
	tell(model, (struct ss_event){
		.type = SS_EVENT_CLONE_PASS, .tid = 202,
		.child = { .pending = serial } });
	ck_assert_int_eq(apply(model, &failed), -EINVAL);
	failed.tid = 202;
	ck_assert_int_eq(apply(model, &failed), -EINVAL);
	tell_child(model, serial, 203);
	is_named(model, 203, "1.6");
	/* The child may be elsewhere. */
	tell_clone(model, 201, 0);
	serial = model->pendings->serial;
	tell_of(model, SS_EVENT_CLONE_ORPHAN, 201);
	failed.tid = 201;
	ck_assert_int_eq(apply(model, &failed), -EINVAL);
	tell_child(model, serial, 204);
	is_named(model, 204, "1.1.1");
	ss_model_free(model);
}
END_TEST

/* The child gets what its parent had when the call entered. */
START_TEST(what_a_pending_clone_keeps)
{
	struct ss_model *model = world_new();
	struct ss_file *kept = tell_new_file(model, ROOT, 3, 1);
	struct ss_file *closed = tell_new_file(model, ROOT, 4, 2);
	struct ss_resource *fs;

	spawn(model, ROOT, 150, THREAD_FLAGS);
	fs = has(model, ROOT, SS_KIND_FS);
	tell_clone(model, ROOT, CLONE_FS);
	/* Meanwhile another thread: nobody knows which came first. */
	tell_close(model, 150, 4, 4);
	tell_new_file(model, ROOT, 6, 6);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	/* The call is over: this is the parent's alone. */
	tell_close(model, ROOT, 3, 3);
	tell_unshare(model, ROOT, CLONE_FS);
	tell_child(model, model->pendings->serial, CHILD);
	ck_assert_ptr_eq(slot_of(model, CHILD, 3), kept);
	ck_assert_ptr_null(slot_of(model, CHILD, 4));
	ck_assert_ptr_null(slot_of(model, CHILD, 6));
	ck_assert_ptr_eq(has(model, CHILD, SS_KIND_FS), fs);
	ck_assert_ptr_ne(has(model, ROOT, SS_KIND_FS), fs);
	(void)closed;
	ss_model_free(model);
}
END_TEST

START_TEST(events_that_cannot_be)
{
	struct ss_model *model = world_new();
	static const struct ss_event_numbers numbers = { 0 };
	struct ss_event event = { .type = SS_EVENT_START, .tid = 5 };

	ck_assert_int_eq(apply(model, &event), -EINVAL);
	event = (struct ss_event){ .type = SS_EVENT_CHILD,
				   .child = { .pending = 77, .tid = 5 } };
	ck_assert_int_eq(apply(model, &event), -EINVAL);
	event.type = SS_EVENT_CLONE_END;
	ck_assert_int_eq(apply(model, &event), -EINVAL);
	event = (struct ss_event){ .type = SS_EVENT_EXEC, .tid = 5 };
	ck_assert_int_eq(apply(model, &event), -ESRCH);
	event.type = SS_EVENT_GROUP_DEAD;
	ck_assert_int_eq(apply(model, &event), -ESRCH);
	tell_clone(model, ROOT, 0);
	event = (struct ss_event){ .type = SS_EVENT_CLONE, .tid = ROOT };
	ck_assert_int_eq(apply(model, &event), -EINVAL);
	/* A number that is taken. */
	event = (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = ROOT,
			   .numbers = &numbers } };
	ck_assert_int_eq(apply(model, &event), -EINVAL);
	event = (struct ss_event){ .type = SS_EVENT_WORKER, .tid = ROOT,
				   .child = { .tid = ROOT } };
	ck_assert_int_eq(apply(model, &event), -EINVAL);
	ss_model_free(model);
}
END_TEST

/* Nor do the threads of a namespace's first process get one. */
START_TEST(no_sibling_of_init)
{
	static const struct ss_event_numbers first = {
		.levels = 1, .nr = { 1 }, .ino = { 70 } };
	static const struct ss_event_numbers second = {
		.levels = 1, .nr = { 2 }, .ino = { 70 } };
	struct ss_model *model = world_new();

	tell_clone(model, ROOT, CLONE_NEWPID);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = 201,
			   .numbers = &first } });
	tell_clone(model, 201, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = 202,
			   .numbers = &second } });
	tell_clone(model, 201, CLONE_PARENT | CLONE_SYSVSEM);
	tell_clone(model, 202, CLONE_PARENT | CLONE_SYSVSEM);
	ck_assert_ptr_null(model->pendings);
	ck_assert_ptr_null(has(model, 201, SS_KIND_UNDO));
	ck_assert_ptr_null(has(model, 202, SS_KIND_UNDO));
	tell_clone(model, 202, CLONE_SYSVSEM);
	ck_assert_ptr_nonnull(has(model, 202, SS_KIND_UNDO));
	ss_model_free(model);
}
END_TEST

/* Number 7 in a namespace, 1 in the one inside that. */
START_TEST(numbers_in_namespaces)
{
	static const struct ss_event_numbers outer = {
		.levels = 1, .nr = { 1 }, .ino = { 70 } };
	static const struct ss_event_numbers inner = {
		.levels = 2, .nr = { 2, 1 }, .ino = { 70, 71 } };
	struct ss_model *model = world_new();
	struct ss_task *a, *b;

	tell_clone(model, ROOT, CLONE_NEWPID);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = 201,
			   .numbers = &outer } });
	tell_clone(model, 201, CLONE_NEWPID);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = 202,
			   .numbers = &inner } });
	a = task_of(model, 201);
	b = task_of(model, 202);
	ck_assert_ptr_eq(ss_model_resolve(model, task_of(model, ROOT), 202),
			 b);
	ck_assert_ptr_eq(ss_model_resolve(model, a, 1), a);
	ck_assert_ptr_eq(ss_model_resolve(model, a, 2), b);
	ck_assert_ptr_eq(ss_model_resolve(model, b, 1), b);
	/* Nobody sees out of its namespace. */
	ck_assert_ptr_null(ss_model_resolve(model, a, 201));
	ck_assert_ptr_null(ss_model_resolve(model, b, 2));
	ck_assert_ptr_null(ss_model_resolve(model, a, ROOT));
	ck_assert_uint_eq(HASH_COUNT(model->pidns), 2);
	tell_of(model, SS_EVENT_GROUP_DEAD, 202);
	tell_of(model, SS_EVENT_GROUP_GONE, 202);
	ck_assert_ptr_null(ss_model_resolve(model, a, 2));
	ck_assert_uint_eq(HASH_COUNT(model->pidns), 1);
	ss_model_free(model);
}
END_TEST

START_TEST(zombies)
{
	struct ss_model *model = world_new();
	struct ss_task *task;
	struct ss_resource *sighand;

	spawn(model, ROOT, CHILD, 0);
	spawn(model, CHILD, CHILD + 1, THREAD_FLAGS);
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE,
				       .tid = CHILD,
				       .dumpable = SS_DUMPABLE_NO });
	sighand = has(model, CHILD, SS_KIND_SIGHAND);
	tell(model, (struct ss_event){ .type = SS_EVENT_EXIT, .tid = CHILD,
				       .exit = { .group = true } });
	ck_assert(task_of(model, CHILD)->group->dying);
	tell_of(model, SS_EVENT_GROUP_DEAD, CHILD);
	ck_assert_ptr_null(ss_model_task(model, CHILD + 1));
	task = task_of(model, CHILD);
	ck_assert(task->zombie);
	ck_assert_ptr_eq(task->resources[SS_KIND_SIGHAND], sighand);
	ck_assert_ptr_null(task->resources[SS_KIND_MM]);
	ck_assert_ptr_null(task->resources[SS_KIND_FILES]);
	ck_assert_uint_eq(task->dumpable, SS_DUMPABLE_NO);
	ck_assert_int_eq(apply(model, &(struct ss_event){
		.type = SS_EVENT_CLOSE, .tid = CHILD }), -ESRCH);
	tell_io(model, CHILD, IO_BE);
	ck_assert_ptr_null(has(model, CHILD, SS_KIND_IO));
	tell_of(model, SS_EVENT_GROUP_GONE, CHILD);
	ck_assert_ptr_null(ss_model_group(model, CHILD));
	ss_model_free(model);
}
END_TEST

/* What a dead child has that shares its memory, and whose creator makes that
   not dumpable. */
static enum ss_dumpable dies_beside(uint64_t flags, struct ss_event change)
{
	struct ss_model *model = world_new();
	enum ss_dumpable found;

	spawn(model, ROOT, CHILD, flags);
	tell_user(model, ROOT, 0);
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE,
				       .tid = CHILD,
				       .dumpable = SS_DUMPABLE_YES });
	tell(model, change);
	tell_of(model, SS_EVENT_RETURNED, ROOT);
	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE,
				       .tid = ROOT,
				       .dumpable = SS_DUMPABLE_NO });
	tell_of(model, SS_EVENT_GROUP_DEAD, CHILD);
	found = task_of(model, CHILD)->dumpable;
	if (flags & CLONE_VM)
		ck_assert_uint_eq(task_of(model, CHILD)->likely,
				  SS_DUMPABLE_NO);
	ss_model_free(model);
	return found;
}

/* Which came first, the end or the change, the kernel has to tell. */
START_TEST(ends_beside_changes)
{
	const struct ss_event set = {
		.type = SS_EVENT_DUMPABLE,
		.tid = ROOT,
		.dumpable = SS_DUMPABLE_NO,
		.setting = true,
	};
	const struct ss_event set_id = {
		.type = SS_EVENT_CREDS_CHANGE,
		.tid = ROOT,
		.set_id = true,
	};

	ck_assert_uint_eq(dies_beside(CLONE_VM, set), SS_DUMPABLE_UNKNOWN);
	ck_assert_uint_eq(dies_beside(CLONE_VM, set_id), SS_DUMPABLE_UNKNOWN);
	ck_assert_uint_eq(dies_beside(0, set), SS_DUMPABLE_YES);
	ck_assert_uint_eq(dies_beside(0, set_id), SS_DUMPABLE_YES);
}
END_TEST

START_TEST(threads_end_alone)
{
	struct ss_model *model = world_new();
	struct ss_files *files;
	struct ss_event gone = { .type = SS_EVENT_THREAD_GONE, .tid = ROOT };

	spawn(model, ROOT, 101, THREAD_FLAGS);
	spawn(model, ROOT, 102, THREAD_FLAGS);
	files = ss_task_files(task_of(model, ROOT));
	ck_assert_ptr_eq(ss_files_user(files), task_of(model, ROOT));
	tell(model, (struct ss_event){ .type = SS_EVENT_EXIT, .tid = ROOT });
	/* Not the leader any more, it is on its way out. */
	ck_assert_ptr_ne(ss_files_user(files), task_of(model, ROOT));
	tell_of(model, SS_EVENT_TASK_ZOMBIE, ROOT);
	ck_assert_ptr_null(ss_task_files(task_of(model, ROOT)));
	/* It keeps its number until all have ended. */
	ck_assert_int_eq(apply(model, &gone), -EINVAL);
	tell_of(model, SS_EVENT_THREAD_GONE, 101);
	ck_assert_ptr_eq(ss_files_user(files), task_of(model, 102));
	/* The last resort: somebody in an exec. */
	tell_of(model, SS_EVENT_EXEC, 102);
	ck_assert_ptr_eq(ss_files_user(files), task_of(model, 102));
	tell_of(model, SS_EVENT_EXEC_FAILED, 102);
	ck_assert_ptr_eq(ss_files_user(files), task_of(model, 102));
	tell_of(model, SS_EVENT_THREAD_GONE, 102);
	tell_of(model, SS_EVENT_GROUP_DEAD, ROOT);
	tell_of(model, SS_EVENT_GROUP_GONE, ROOT);
	ck_assert_uint_eq(model->tasks.count, 0);
	ss_model_free(model);
}
END_TEST

/* A task gives up one thing after the other. */
START_TEST(fading)
{
	const unsigned int mm = 1u << SS_KIND_MM;
	const unsigned int files = 1u << SS_KIND_FILES;
	struct ss_model *model = world_new();
	struct ss_event event = { .type = SS_EVENT_FADING, .tid = CHILD };
	struct ss_task *task = spawn(model, ROOT, CHILD, CLONE_FILES);

	tell(model, (struct ss_event){ .type = SS_EVENT_DUMPABLE,
				       .tid = CHILD,
				       .dumpable = SS_DUMPABLE_NO });
	event.gone = mm | 1u << SS_KIND_SIGHAND;
	tell(model, event);
	ck_assert(task->fading && !task->zombie);
	ck_assert_ptr_null(has(model, CHILD, SS_KIND_MM));
	ck_assert_uint_eq(task->dumpable, SS_DUMPABLE_NO);
	ck_assert_ptr_eq(has(model, CHILD, SS_KIND_FILES),
			 has(model, ROOT, SS_KIND_FILES));
	ck_assert_ptr_nonnull(has(model, CHILD, SS_KIND_SIGHAND));
	event.gone = mm | files;
	tell(model, event);
	ck_assert_ptr_null(has(model, CHILD, SS_KIND_FILES));
	ck_assert_ptr_nonnull(has(model, CHILD, SS_KIND_FS));
	ck_assert_uint_eq(task->dumpable, SS_DUMPABLE_NO);
	/* Too late for an io context. */
	tell_io(model, CHILD, IO_BE);
	ck_assert_ptr_null(has(model, CHILD, SS_KIND_IO));
	tell_of(model, SS_EVENT_TASK_ZOMBIE, CHILD);
	ck_assert_int_eq(apply(model, &event), -ESRCH);
	ck_assert_ptr_nonnull(has(model, CHILD, SS_KIND_SIGHAND));
	ss_model_free(model);
}
END_TEST

/* The creator has gone before its child was found. */
START_TEST(orphaned_clones)
{
	struct ss_model *model = world_new();
	uint32_t serial;

	spawn(model, ROOT, CHILD, 0);
	tell_clone(model, CHILD, CLONE_FILES);
	serial = model->pendings->serial;
	tell_of(model, SS_EVENT_GROUP_DEAD, CHILD);
	ck_assert_ptr_null(ss_model_pending(model, serial)->creator);
	tell_of(model, SS_EVENT_GROUP_GONE, CHILD);
	tell_child(model, serial, 300);
	ck_assert_ptr_nonnull(ss_task_files(task_of(model, 300)));
	/* Who has that number by now is not its parent. */
	ck_assert_int_eq(task_of(model, 300)->group->parent, 0);
	/* A thread of a group that is no more. */
	tell_clone(model, 300, THREAD_FLAGS);
	serial = model->pendings->serial;
	tell_of(model, SS_EVENT_GROUP_DEAD, 300);
	ck_assert_ptr_null(ss_model_pending(model, serial));
	tell_of(model, SS_EVENT_GROUP_GONE, 300);
	ss_model_free(model);
}
END_TEST

/* Its creator gives up one thing after the other, but has no child any more. */
START_TEST(orphaned_before_the_end)
{
	struct ss_model *model = world_new();
	struct ss_event event = {
		.type = SS_EVENT_CLONE_ORPHAN,
		.tid = CHILD,
	};
	uint32_t serial;

	spawn(model, ROOT, CHILD, 0);
	ck_assert_int_eq(apply(model, &event), -EINVAL);
	tell_clone(model, CHILD, CLONE_FILES);
	serial = model->pendings->serial;
	tell(model, event);
	ck_assert_ptr_null(task_of(model, CHILD)->pending);
	ck_assert_ptr_null(ss_model_pending(model, serial)->creator);
	ck_assert_uint_eq(model->orphan_count, 1);
	tell_child(model, serial, 300);
	ck_assert_ptr_eq(has(model, 300, SS_KIND_FILES),
			 has(model, CHILD, SS_KIND_FILES));
	ss_model_free(model);
}
END_TEST

START_TEST(workers_of_rings)
{
	struct ss_model *model = world_new();
	struct ss_task *worker;
	enum ss_kind kind;

	tell_of(model, SS_EVENT_UNDO, ROOT);
	tell_io(model, ROOT, IO_BE);
	tell_of(model, SS_EVENT_RING, ROOT);
	ck_assert(model->rings);
	tell(model, (struct ss_event){ .type = SS_EVENT_WORKER, .tid = ROOT,
				       .child = { .tid = 130 } });
	worker = task_of(model, 130);
	for (kind = 0; kind < SS_KIND_UNDO; kind++)
		ck_assert_ptr_eq(worker->resources[kind],
				 has(model, ROOT, kind));
	ck_assert_ptr_null(worker->resources[SS_KIND_UNDO]);
	ck_assert_ptr_eq(worker->group, task_of(model, ROOT)->group);
	ss_model_free(model);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_combination_of_flags, io_contexts, clone_that_fails_late,
		clone_that_fails_early,
		names_count_calls, names_leave_out_who_failed,
		names_are_given_once, what_a_pending_clone_keeps,
		events_that_cannot_be, numbers_in_namespaces,
		no_sibling_of_init, zombies, ends_beside_changes,
		threads_end_alone, fading,
		orphaned_clones, orphaned_before_the_end, workers_of_rings,
		NULL,
	};

	return run_tests("model/task", tests);
}
