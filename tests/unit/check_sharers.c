/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unit tests of supervise/sharers: real threads end while we look at them.
 */
#include "supervise/state.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "child.h"
#include "kernel/death.h"
#include "world.h"

/* A look at a thread that ends is torn in one of 400 to 1,000 (measured). */
#define ROUNDS	5000

static _Atomic int *may_end;	/* the number of the round */

struct ender {
	const struct child *child;
	int round;
};

static void *end_when_told(void *data)
{
	const struct ender *ender = data;

	child_say(ender->child, gettid());
	while (*may_end != ender->round)
		(void)sched_yield();
	return NULL;
}

static void make_threads(const struct child *c)
{
	int round;

	for (round = 1; round <= ROUNDS; round++) {
		struct ender ender = { .child = c, .round = round };
		pthread_t thread;

		(void)child_wait(c);
		child_assert(!pthread_create(&thread, NULL, end_when_told,
					     &ender));
		child_assert(!pthread_join(thread, NULL));
	}
	(void)child_wait(c);
}

/* How often is a thread that has called exit, and is waited for by nobody,
   taken for one that stays? */
static unsigned int end_one(struct ss_session *session, pid_t pid, pid_t tid,
			    int round)
{
	const struct ss_task *leader = task_of(session->model, pid);
	unsigned int wrong = 0;

	spawn(session->model, pid, tid, THREAD_FLAGS);
	tell_of(session->model, SS_EVENT_EXIT, tid);
	*may_end = round;
	while (ss_thread_exists(pid, tid))
		wrong += ss_sharers_are_settled(session, leader, CLONE_THREAD);
	tell_of(session->model, SS_EVENT_THREAD_GONE, tid);
	return wrong;
}

START_TEST(who_ends_does_not_stay)
{
	static const struct ss_limits limits = SS_LIMITS_DEFAULT;
	static struct ss_session session;
	struct child child;
	unsigned int wrong = 0;
	int round;

	may_end = mmap(NULL, sizeof(*may_end), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(may_end, MAP_FAILED);
	child = child_start(make_threads);
	session.model = ss_model_new(&limits);
	tell_of(session.model, SS_EVENT_START, child.pid);
	for (round = 1; round <= ROUNDS; round++) {
		child_say(&child, 0);
		wrong += end_one(&session, child.pid,
				 (pid_t)child_hear(&child), round);
	}
	ck_assert_uint_eq(wrong, 0);
	ck_assert(ss_sharers_are_settled(&session, task_of(session.model,
							   child.pid),
					 CLONE_THREAD));
	ss_model_free(session.model);
	child_kill(&child);
	child_reap(&child);
	ck_assert_int_eq(munmap(may_end, sizeof(*may_end)), 0);
}
END_TEST

int main(void)
{
	const TTest *tests[] = { who_ends_does_not_stay, NULL };

	return run_tests("supervise/sharers", tests);
}
