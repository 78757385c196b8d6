/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation of the model fails once: the event then has changed
 * nothing, can be told again, and nothing is lost.  Linked with --wrap, so
 * that it is the model's own allocations that fail.
 */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "model/epoll.h"
#include "world.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *ptr);

/* Allocations until one fails; below zero: none does. */
static long countdown = -1;

/*
 * The blocks that were allocated while `ours` was set, and are not freed.
 * The Check library may be linked with the same wrappers.
 */
#define BLOCKS	(1u << 18)

static bool ours;
static void *blocks[BLOCKS];
static long live;

static bool fails(void)
{
	return ours && countdown >= 0 && countdown-- == 0;
}

/* Where a block stands, or where it would. */
static size_t place_of(const void *ptr)
{
	size_t i = ((uintptr_t)ptr >> 4) * 2654435761u % BLOCKS;

	while (blocks[i] && blocks[i] != ptr)
		i = (i + 1) % BLOCKS;
	return i;
}

static void *counted(void *ptr)
{
	if (ptr && ours) {
		blocks[place_of(ptr)] = ptr;
		live++;
	}
	return ptr;
}

static void forget(void *ptr)
{
	size_t i = place_of(ptr);

	if (!ptr || !blocks[i])
		return;
	live--;
	blocks[i] = NULL;
	/* What came after it may have wanted its place. */
	for (i = (i + 1) % BLOCKS; blocks[i]; i = (i + 1) % BLOCKS) {
		void *moved = blocks[i];

		blocks[i] = NULL;
		blocks[place_of(moved)] = moved;
	}
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	void *ptr;

	if (fails())
		return NULL;
	ptr = __real_realloc(old, size);
	if (ptr && ptr != old)
		forget(old);
	return ptr && ptr != old ? counted(ptr) : ptr;
}

void __wrap_free(void *ptr)
{
	forget(ptr);
	__real_free(ptr);
}

/* Applies an event, with its n-th allocation failing. */
static int apply_failing(struct ss_model *model, const struct ss_event *event,
			 long n)
{
	int r;

	ours = true;
	countdown = n;
	r = ss_model_apply(model, event);
	ours = false;
	return r;
}

/* One run of the story below. */
struct story {
	struct ss_model *model;
	bool failing;		/* each allocation of each event, once */
	unsigned int failures;
	/* for each type: events, and allocations that failed in them */
	unsigned int told[SS_EVENT_COUNT], failed[SS_EVENT_COUNT];
};

static void fail_each(struct story *s, const struct ss_event *event)
{
	ss_cleanup_text struct ss_text before = { 0 }, after = { 0 };
	long n;

	ss_model_dump(s->model, &before);
	for (n = 0; ; n++) {
		long before_it = live;
		int r = apply_failing(s->model, event, n);

		if (countdown >= 0 || r == 0) {
			/* None was left to fail. */
			countdown = -1;
			ck_assert_int_eq(r, 0);
			return;
		}
		ck_assert_int_eq(r, -ENOMEM);
		s->failures++;
		s->failed[event->type]++;
		verify(s->model);
		ss_text_clear(&after);
		ss_model_dump(s->model, &after);
		ck_assert_msg(!strcmp(ss_text_string(&before),
				      ss_text_string(&after)),
			      "event %d, allocation %ld: changed",
			      event->type, n);
		ck_assert_msg(live == before_it,
			      "event %d, allocation %ld: %ld blocks left",
			      event->type, n, live - before_it);
	}
}

static void step(struct story *s, struct ss_event event)
{
	s->told[event.type]++;
	if (s->failing)
		fail_each(s, &event);
	else
		ck_assert_int_eq(apply_failing(s->model, &event, -1), 0);
	verify(s->model);
}

static void step_of(struct story *s, enum ss_event_type type, pid_t tid)
{
	step(s, (struct ss_event){ .type = type, .tid = tid });
}

static void step_spawn(struct story *s, pid_t creator, pid_t child,
		       uint64_t flags,
		       const struct ss_event_numbers *numbers)
{
	step(s, (struct ss_event){ .type = SS_EVENT_CLONE, .tid = creator,
				   .clone = { .flags = flags } });
	step_of(s, SS_EVENT_RETURNED, creator);
	step(s, (struct ss_event){
		.type = SS_EVENT_CHILD,
		.child = { .pending = task_of(s->model, creator)->pending
				->serial,
			   .tid = child, .numbers = numbers } });
}

static struct ss_file *step_file(struct story *s, pid_t tid, int fd,
				 uint64_t ino)
{
	step(s, (struct ss_event){
		.type = SS_EVENT_SLOT, .tid = tid,
		.slot = { .fd = fd, .hint = { .dev = 8, .ino = ino } } });
	return slot_of(s->model, tid, fd);
}

static void step_epoll(struct story *s, struct ss_file *epoll, int tfd,
		       struct ss_file *target)
{
	step(s, (struct ss_event){
		.type = SS_EVENT_EPOLL_ADD, .tid = ROOT,
		.epoll = { .file = epoll, .tfd = tfd, .target = target,
			   .hint = { .dev = 8, .ino = 900 } } });
}

/* Everything that a life can bring, and enough of it that tables grow. */
static void tell_files(struct story *s)
{
	struct ss_file *epoll, *file;
	int fd;

	for (fd = 3; fd < 200; fd++)
		step_file(s, ROOT, fd, (uint64_t)fd / 2);
	epoll = step_file(s, ROOT, 500, 500);
	for (fd = 3; fd < 40; fd++)
		step_epoll(s, epoll, fd, slot_of(s->model, ROOT, fd));
	/* Targets that only the kernel listed. */
	step_epoll(s, epoll, 600, NULL);
	file = step_file(s, ROOT, 501, 501);
	step(s, (struct ss_event){ .type = SS_EVENT_SLOT, .tid = ROOT,
				   .slot = { .fd = 502, .file = file } });
	step(s, (struct ss_event){ .type = SS_EVENT_CLOSE, .tid = ROOT,
				   .range = { .first = 3, .last = 90 } });
	step_epoll(s, epoll, 601, NULL);
}

static void tell_tasks(struct story *s)
{
	static const struct ss_event_numbers numbers = {
		.levels = 2, .nr = { 7, 1 }, .ino = { 70, 71 } };
	static const struct ss_event_creds creds = {
		.namespaces = 3, .ino = { 13, 12, 11 } };
	pid_t tid;

	step_of(s, SS_EVENT_UNDO, ROOT);
	step(s, (struct ss_event){ .type = SS_EVENT_IO, .tid = ROOT,
				   .io_class = 2 });
	step(s, (struct ss_event){ .type = SS_EVENT_CREDS, .tid = ROOT,
				   .creds = &creds });
	step_of(s, SS_EVENT_SLOT_USE, ROOT);
	step_of(s, SS_EVENT_LANDLOCK, ROOT);
	for (tid = 101; tid < 160; tid++)
		step_spawn(s, ROOT, tid, THREAD_FLAGS, NULL);
	step_spawn(s, ROOT, 200, 0, NULL);
	step_spawn(s, 200, 201, CLONE_NEWPID, &numbers);
	step_spawn(s, 200, 202, CLONE_SYSVSEM | CLONE_VM, NULL);
	step_spawn(s, ROOT, 203, CLONE_FILES | CLONE_FS | CLONE_SIGHAND |
		   CLONE_VM | CLONE_IO, NULL);
	step(s, (struct ss_event){ .type = SS_EVENT_WORKER, .tid = 203,
				   .child = { .tid = 204 } });
	step(s, (struct ss_event){
		.type = SS_EVENT_UNSHARE, .tid = 150,
		.flags = CLONE_FILES | CLONE_FS | CLONE_SYSVSEM });
	step(s, (struct ss_event){
		.type = SS_EVENT_CLOSE, .tid = 151,
		.range = { .first = 100, .last = INT_MAX, .unshare = true } });
	step_of(s, SS_EVENT_EXEC, 140);
	step_of(s, SS_EVENT_EXEC_DONE, 140);
	step_of(s, SS_EVENT_EXEC_DONE, 203);
	step_of(s, SS_EVENT_GROUP_DEAD, 201);
	step_of(s, SS_EVENT_GROUP_GONE, 201);
	step_spawn(s, ROOT, 201, 0, NULL);
}

static uint32_t step_clone(struct story *s, pid_t creator, uint64_t flags)
{
	step(s, (struct ss_event){ .type = SS_EVENT_CLONE, .tid = creator,
				   .clone = { .flags = flags } });
	return task_of(s->model, creator)->pending->serial;
}

static void step_pending(struct story *s, enum ss_event_type type, pid_t tid,
			 uint32_t serial, pid_t child)
{
	step(s, (struct ss_event){
		.type = type, .tid = tid,
		.child = { .pending = serial, .tid = child } });
}

/* Calls that overlap, and copies that are under way meanwhile. */
static void tell_flights(struct story *s)
{
	uint32_t first, second;

	step_file(s, ROOT, 700, 700);
	step_spawn(s, ROOT, 301, THREAD_FLAGS, NULL);
	step_spawn(s, ROOT, 302, THREAD_FLAGS, NULL);
	/* Two clones whose children could be confused, and a split. */
	first = step_clone(s, ROOT, CLONE_SYSVSEM);
	second = step_clone(s, 301, CLONE_VM);
	step(s, (struct ss_event){ .type = SS_EVENT_CLOSE, .tid = 302,
				   .range = { .first = 90, .last = 701,
					      .unshare = true } });
	step_pending(s, SS_EVENT_CLONE_END, 0, second, 0);
	step_pending(s, SS_EVENT_CLONE_PASS, 301, first, 0);
	step_pending(s, SS_EVENT_CHILD, 0, first, 303);
	(void)step_clone(s, 301, CLONE_SYSVSEM);
	step_of(s, SS_EVENT_CLONE_FAILED, 301);
	step_of(s, SS_EVENT_RETURNED, 302);
	step(s, (struct ss_event){ .type = SS_EVENT_CLOSE, .tid = 302,
				   .range = { .unshare = true,
					      .keep = true } });
	first = step_clone(s, 303, CLONE_IO | CLONE_FILES);
	step_of(s, SS_EVENT_CLONE_ORPHAN, 303);
	step_of(s, SS_EVENT_GROUP_DEAD, 303);
	step_pending(s, SS_EVENT_CHILD, 0, first, 304);
	step_of(s, SS_EVENT_GROUP_GONE, 303);
	step_of(s, SS_EVENT_EXEC, 304);
	step_of(s, SS_EVENT_EXEC_FAILED, 304);
	step_of(s, SS_EVENT_UNDO, 304);
	step_of(s, SS_EVENT_UNDO_DROP, 304);
}

/* Ends of threads and leaders. */
static void tell_ends(struct story *s)
{
	step_spawn(s, 304, 305, THREAD_FLAGS, NULL);
	step_spawn(s, 304, 306, THREAD_FLAGS, NULL);
	step_of(s, SS_EVENT_EXIT, 305);
	step_of(s, SS_EVENT_THREAD_GONE, 305);
	step_of(s, SS_EVENT_EXIT, 304);
	step(s, (struct ss_event){ .type = SS_EVENT_FADING, .tid = 304,
				   .gone = 1u << SS_KIND_MM });
	step_of(s, SS_EVENT_TASK_ZOMBIE, 304);
	step_of(s, SS_EVENT_UNDO, 306);
	step_spawn(s, 306, 307, CLONE_VM, NULL);
	step_of(s, SS_EVENT_EXEC, 306);
	step_of(s, SS_EVENT_EXEC_DONE, 306);
}

/* What happens to files without being a close, and what is found out. */
static void tell_facts(struct story *s)
{
	struct ss_file *epoll = step_file(s, ROOT, 800, 800);
	struct ss_file *file = step_file(s, ROOT, 801, 801);
	struct ss_epoll_line line = { .tfd = 801,
				      .hint = { .dev = 8, .ino = 801 } };
	struct ss_event of_item = {
		.type = SS_EVENT_EPOLL_DELETE,
		.epoll = { .file = epoll, .tfd = 801, .target = file },
	};

	step(s, (struct ss_event){
		.type = SS_EVENT_PLACE,
		.slot = { .file = file, .place = { .known = true } } });
	/* Again, as calls that restart; and deleted, and again. */
	step_epoll(s, epoll, 801, file);
	step_epoll(s, epoll, 801, file);
	step(s, of_item);
	step_epoll(s, epoll, 801, file);
	step_epoll(s, epoll, 802, NULL);
	step(s, (struct ss_event){
		.type = SS_EVENT_LOST,
		.slot.file = ss_epoll_newest(epoll, 802) });
	step(s, (struct ss_event){
		.type = SS_EVENT_EPOLL_UNSEEN, .tid = ROOT,
		.epoll = { .efd = 3, .tfd = 801 } });
	step_of(s, SS_EVENT_RETURNED, ROOT);
	step(s, (struct ss_event){
		.type = SS_EVENT_EPOLL_LINES,
		.lines = { .file = epoll, .lines = &line, .count = 1 } });
	step_file(s, ROOT, 802, 802);
	step(s, (struct ss_event){ .type = SS_EVENT_AT_RANDOM, .tid = ROOT,
				   .address = 4096 });
	step_of(s, SS_EVENT_RING, ROOT);
	step_of(s, SS_EVENT_FILTER, ROOT);
	step_of(s, SS_EVENT_COMMITS_KEEP, ROOT);
	step_of(s, SS_EVENT_HANDLER, ROOT);
	step(s, (struct ss_event){ .type = SS_EVENT_PARENT, .tid = ROOT,
				   .parent = 1 });
	step_of(s, SS_EVENT_PIDNS_CHANGE, ROOT);
	step(s, (struct ss_event){ .type = SS_EVENT_DUMPABLE, .tid = ROOT,
				   .dumpable = SS_DUMPABLE_NO });
	step(s, (struct ss_event){ .type = SS_EVENT_CREDS_CHANGE, .tid = ROOT,
				   .set_id = true });
}

static void tell_story(struct story *s, struct ss_text *end)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;

	ours = true;
	s->model = ss_model_new(&limits);
	ours = false;
	ck_assert_ptr_nonnull(s->model);
	step_of(s, SS_EVENT_START, ROOT);
	tell_files(s);
	tell_tasks(s);
	tell_flights(s);
	tell_ends(s);
	tell_facts(s);
	ss_model_dump(s->model, end);
	ck_assert_int_eq(end->error, 0);
	ss_model_free(s->model);
}

/* Every type was told; and those that make something failed. */
static void check_coverage(const struct story *s)
{
	static const enum ss_event_type making[] = {
		SS_EVENT_START, SS_EVENT_CLONE, SS_EVENT_CLOSE,
		SS_EVENT_UNSHARE, SS_EVENT_UNDO, SS_EVENT_LANDLOCK,
		SS_EVENT_CHILD, SS_EVENT_EXEC_DONE, SS_EVENT_WORKER,
		SS_EVENT_CREDS, SS_EVENT_IO, SS_EVENT_SLOT,
		SS_EVENT_EPOLL_ADD,
	};
	size_t i;

	for (i = 0; i < SS_EVENT_COUNT; i++)
		ck_assert_msg(s->told[i], "event %zu was not told", i);
	for (i = 0; i < SS_ARRAY_SIZE(making); i++)
		ck_assert_msg(s->failed[making[i]], "event %d did not fail",
			      making[i]);
}

START_TEST(every_allocation_of_every_event)
{
	struct ss_text expected = { 0 }, got = { 0 };
	struct story quiet = { .failing = false };
	struct story failing = { .failing = true };

	tell_story(&quiet, &expected);
	tell_story(&failing, &got);
	/* What had to be told again has left no trace, not even in names. */
	ck_assert_msg(!strcmp(ss_text_string(&got),
			      ss_text_string(&expected)),
		      "failures changed what came later");
	ck_assert_uint_gt(failing.failures, 800);
	check_coverage(&failing);
	ss_text_release(&expected);
	ss_text_release(&got);
	ck_assert_int_eq(live, 0);
}
END_TEST

START_TEST(nothing_to_begin_with)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	struct ss_model *model;

	countdown = 0;
	ours = true;
	model = ss_model_new(&limits);
	ours = false;
	ck_assert_ptr_null(model);
	ck_assert_int_eq(live, 0);
}
END_TEST

START_TEST(no_memory_to_look)
{
	ss_cleanup_text struct ss_text text = { 0 };
	struct ss_model *model = world_new();
	char why[64];
	int i, r;

	tell_new_file(model, ROOT, 3, 1);
	for (i = 0; i < 2; i++) {
		countdown = i;
		ours = true;
		r = ss_model_verify(model, why, sizeof(why));
		ours = false;
		ck_assert_int_eq(r, -ENOMEM);
	}
	for (i = 0; i < 5; i++) {
		ss_text_release(&text);
		countdown = i;
		ours = true;
		ss_model_dump(model, &text);
		ours = false;
		ck_assert_int_eq(text.error, -ENOMEM);
	}
	ss_model_free(model);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_allocation_of_every_event, nothing_to_begin_with,
		no_memory_to_look, NULL,
	};

	return run_tests("model without memory", tests);
}
