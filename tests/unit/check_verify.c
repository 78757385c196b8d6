/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of model/verify and model/dump: each kind of damage is found,
 * and a model without any prints what it is.
 */
#include "model/verify.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "model/epoll.h"
#include "world.h"

#define CHILD	200
#define THREAD	101

static struct ss_model *model;

static void setup(void)
{
	struct ss_file *epoll;

	model = world_new();
	tell_user(model, ROOT, 0);
	spawn(model, ROOT, THREAD, THREAD_FLAGS);
	tell_file(model, ROOT, 4, tell_new_file(model, ROOT, 3, 1));
	tell_new_file(model, ROOT, 5, 2);
	epoll = tell_new_file(model, ROOT, 6, 1);
	tell(model, (struct ss_event){
		.type = SS_EVENT_EPOLL_ADD, .tid = ROOT,
		.epoll = { .file = epoll, .tfd = 3,
			   .target = slot_of(model, ROOT, 3) } });
	spawn(model, ROOT, CHILD, 0);
	tell_clone(model, ROOT, 0);
	tell_close(model, THREAD, 9, 9);
	tell_of(model, SS_EVENT_EXEC, CHILD);
}

/* A value that is wrong for a moment is found, and only while it is. */
#define damaged(place, wrong, what) \
	do { \
		__typeof__((place) + 0) right = (place); \
		verify(model); \
		(place) = (wrong); \
		found(what); \
		(place) = right; \
		verify(model); \
	} while (0)

static void found(const char *what)
{
	char why[128] = "";

	ck_assert_msg(ss_model_verify(model, why, sizeof(why)) == -EINVAL,
		      "not found: %s", what);
	ck_assert_msg(strstr(why, what) != NULL, "found \"%s\", not \"%s\"",
		      why, what);
}

START_TEST(damaged_tasks)
{
	struct ss_task *root, *child, *thread;

	setup();
	root = task_of(model, ROOT);
	child = task_of(model, CHILD);
	thread = task_of(model, THREAD);
	damaged(thread->tid, 5, "not found by its number");
	damaged(root->resources[SS_KIND_MM]->refs, 77, "references");
	damaged(root->resources[SS_KIND_FS]->refs, 0, "references");
	damaged(root->resources[SS_KIND_FS], NULL, "lacks resource");
	damaged(root->resources[SS_KIND_FS]->kind, SS_KIND_IO,
		"bad resource");
	damaged(child->group, root->group, "groups, not");
	damaged(child->group->execing, root, "a stranger's exec");
	damaged(root->group->tasks->next, NULL, "broken list");
	damaged(root->pending, NULL, "not its creator's");
	damaged(child->pending, root->pending, "is another's");
	damaged(child->zombie, true, "has resource");
	damaged(thread->flight.kind, SS_FLIGHT_NONE, "a stranger's call");
	damaged(root->flight.sharing, 1, "without a call");
	damaged(root->flight.adding, true, "calls add items");
	damaged(child->creds, NULL, "what credentials");
	damaged(child->before, child->creds, "references to credentials");
	damaged(child->creds->creds.uid[0], 7, "are not found");
	damaged(thread->leaving, true, "are leaving, not");
	damaged(model->peak, 1, "more than the peak");
	damaged(model->pending_count, 7, "pending clones, not");
	damaged(model->orphan_count, 7, "orphaned clones, not");
	damaged(root->group->tgid, 9, "has no group");
	ss_model_free(model);
}
END_TEST

START_TEST(damaged_files)
{
	struct ss_files *files;
	struct ss_file *file, *other, *epoll;
	struct ss_slot *slot;
	struct ss_row *row;

	setup();
	/* A record without a file, and a second row. */
	tell_new_file(model, CHILD, 8, 3);
	tell_close(model, CHILD, 8, 8);
	tell_new_file(model, CHILD, 40, 3);
	row = ss_task_files(task_of(model, CHILD))->rows[0];
	files = ss_task_files(task_of(model, ROOT));
	slot = &files->rows[0]->slots[3];
	file = slot->file;
	other = slot_of(model, ROOT, 5);
	epoll = slot_of(model, ROOT, 6);
	damaged(slot->file, other, "holds another");
	damaged(slot->file, NULL, "holds another");
	damaged(row->number, 77, "holds another");
	damaged(row->table, files, "wrong place");
	damaged(row->slots[8].origin.count, 0, "has no origin");
	damaged(row->kept, 1u << 8, "keeps nothing");
	damaged(row->first_seen, 1u << 8, "an origin of nothing");
	damaged(file->holders, 0, "orphan or not?");
	damaged(other->holders, 0, "no holder");
	damaged(file->watchers, NULL, "items, but");
	damaged(epoll->epoll->numbers->items->target, other,
		"watches another");
	damaged(epoll->epoll->numbers->items->tfd, 9, "wrong list");
	damaged(epoll->label.fd, file->label.fd, "two files are called 1/3#1");
	damaged(file->set, other->set, "wrong tree or list");
	damaged(file->placed, !file->placed, "wrong tree or list");
	damaged(file->set->count, 9, "a set has");
	damaged(model->open.count, 2, "more open files than counted");
	damaged(model->open.count, 9, "open files, not");
	damaged(model->open.peak, 1, "more than the peak");
	damaged(model->open.orphans, 1, "orphans, not 1");
	damaged(file->orphan, true, "orphan or not?");
	damaged(files->users, NULL, "have no table");
	damaged(files->flights, NULL, "have no table");
	damaged(files->copies, NULL, "have no table");
	ss_model_free(model);
}
END_TEST

/* A tree of three, whose root is its smallest priority. */
START_TEST(damaged_trees)
{
	struct ss_place place = { .known = true };
	struct ss_file *root;
	int fd;

	model = world_new();
	for (fd = 0; fd < 8; fd++) {
		tell(model, (struct ss_event){
			.type = SS_EVENT_SLOT, .tid = ROOT,
			.slot = { .fd = fd, .hint = { .dev = 8, .ino = 1 },
				  .place = place } });
		/* Behind the last one. */
		place.parent = slot_of(model, ROOT, fd);
	}
	root = place.parent->set->root;
	damaged(root->priority, 0xffffffff, "no heap");
	damaged(root->up, place.parent, "two roots");
	if (root->left)
		damaged(root->left->up, NULL, "two roots");
	if (root->right)
		damaged(root->right->up, root->right, "broken branch");
	damaged(root->label.seen->refs, 0, "has no path");
	ss_model_free(model);
}
END_TEST

START_TEST(damaged_numbers)
{
	static const struct ss_event_numbers numbers = {
		.levels = 1, .nr = { 1 }, .ino = { 70 } };
	struct ss_task *task;

	model = world_new();
	tell_clone(model, ROOT, CLONE_NEWPID);
	tell(model, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = model->pendings->serial, .tid = CHILD,
			   .numbers = &numbers } });
	task = task_of(model, CHILD);
	damaged(task->numbers[0]->task, task_of(model, ROOT), "not its own");
	damaged(task->numbers[0]->nr, 9, "cannot be found");
	damaged(task->numbers[0]->ns->level, 2, "of level 2");
	damaged(task->numbers[0]->ns->refs, 2, "references");
	damaged(task->levels, 0, "numbers, but");
	ss_model_free(model);
}
END_TEST

START_TEST(a_dump)
{
	ss_cleanup_text struct ss_text text = { 0 };

	setup();
	ss_model_dump(model, &text);
	ck_assert_str_eq(ss_text_string(&text),
		"task 1 tid 100 tgid 100 mm 1 files 1 fs 1 sighand 1 io - "
		"undo 1 uid 0 gid 0 cloning\n"
		"task 1.1 tid 101 tgid 100 mm 1 files 1 fs 1 sighand 1 io - "
		"undo 1 uid 0 gid 0 changes 9-9\n"
		"task 1.2 tid 200 tgid 200 mm 1.2 files 1.2 fs 1.2 "
		"sighand 1.2 io - undo - uid 0 gid 0 execing\n"
		"pending 1.3 of 100 in 100 flags 0 mm - files 1.3 fs - "
		"sighand - io - undo -\n"
		"table 1 refs 2 3=1/3#1 4=1/3#1 5=1/5#1 6=1/6#1\n"
		"table 1.2 refs 1 3=1/3#1 4=1/3#1 5=1/5#1 6=1/6#1\n"
		"table 1.3 refs 1 3=1/3#1 4=1/3#1 5=1/5#1 6=1/6#1\n"
		"file 1/3#1 hint 8:1 in 1:3 in 1:4 in 1.2:3 in 1.2:4 in 1.3:3 "
		"in 1.3:4 watched\n"
		"file 1/5#1 hint 8:2 in 1:5 in 1.2:5 in 1.3:5\n"
		"file 1/6#1 hint 8:1 in 1:6 in 1.2:6 in 1.3:6 "
		"watches 3=1/3#1\n");
	ss_model_free(model);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		damaged_tasks, damaged_files, damaged_trees, damaged_numbers,
		a_dump, NULL,
	};

	return run_tests("model/verify", tests);
}
