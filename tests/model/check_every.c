/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every sequence of events up to a depth, in a tiny world: at most three
 * tasks, three slots and two epolls.  After each event the model is asked for
 * every pair of everything.
 *
 * An event is a call that enters, a thing that no notification tells, or a
 * task that asks for everything; calls that have entered are executed at any
 * moment after it, in any order, and that does not count for the depth.  They
 * return when their task does the next thing.
 *
 * A sequence that leads to a state that was seen before is not continued: what
 * follows was, or will be, looked at from there.  Two states are one if the
 * model's dump, the twin and the calls under way are the same; the names that
 * the twin gives to things do not count.
 *
 * SELFSAME_MODEL_DEPTH makes all sequences longer (or shorter) by that much.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "judge.h"

#define TASKS		3
#define DEPTH_MAX	8
#define IDS		256
#define STATES_MAX	(1u << 20)

#define THREAD		(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
			 CLONE_THREAD | CLONE_SYSVSEM)
#define E1		3
#define E2		4

/* What tasks can do; .flags of OP_PASS and OP_REAP: the other's place. */
static const struct call of_files[] = {
	{ .op = OP_CLOSE, .first = 0 },
	{ .op = OP_DUP2, .first = 0, .last = 1 },
	{ .op = OP_DUP2, .first = 1, .last = 0 },
	{ .op = OP_CLOSE_RANGE, .first = 0, .last = 1 },
	{ .op = OP_CLOSE_RANGE, .first = 1, .last = 2, .flags = CLONE_FILES },
	{ .op = OP_CLONE },
	{ .op = OP_CLONE, .flags = THREAD },
	{ .op = OP_CLONE, .flags = CLONE_FILES },
	{ .op = OP_CLONE, .fails = true },
	{ .op = OP_UNSHARE, .flags = CLONE_FILES },
	{ .op = OP_EXEC, .flags = 1 },
	{ .op = OP_EXIT },
	{ .op = OP_OPEN, .first = 0 },
	{ .op = OP_OPEN, .first = 2 },
	{ .op = OP_DUP, .first = 2, .last = 0 },
	{ .op = OP_PASS, .first = 2, .last = 1, .flags = 0 },
	{ .op = OP_REAP, .flags = 1 },
};

static const struct call of_epolls[] = {
	{ .op = OP_EPOLL_ADD, .first = E1, .last = 0 },
	{ .op = OP_EPOLL_ADD, .first = E1, .last = 0, .fails = true },
	{ .op = OP_EPOLL_ADD, .first = E1, .last = 1 },
	{ .op = OP_EPOLL_ADD, .first = E2, .last = 0 },
	{ .op = OP_EPOLL_ADD, .first = E1, .last = E2 },
	{ .op = OP_EPOLL_ADD, .first = E2, .last = E1 },
	{ .op = OP_EPOLL_DELETE, .first = E1, .last = 0 },
	{ .op = OP_EPOLL_DELETE, .first = E1, .last = E2 },
	{ .op = OP_EPOLL_MODIFY, .first = E1, .last = 0 },
	{ .op = OP_CLOSE, .first = 0 },
	{ .op = OP_CLOSE, .first = E1 },
	{ .op = OP_DUP2, .first = 0, .last = 1 },
	{ .op = OP_DUP2, .first = 1, .last = 0 },
	{ .op = OP_DUP2, .first = E1, .last = E2 },
	{ .op = OP_OPEN, .first = 0 },
	{ .op = OP_DUP, .first = 2, .last = 0 },
	{ .op = OP_EPOLL, .first = E1 },
	{ .op = OP_CLONE },
	{ .op = OP_EXEC, .flags = 1 << E1 | 1 },
};

static const struct call of_tasks[] = {
	{ .op = OP_CLONE },
	{ .op = OP_CLONE, .flags = THREAD },
	{ .op = OP_CLONE, .flags = CLONE_VM | CLONE_SYSVSEM },
	{ .op = OP_CLONE, .flags = CLONE_FS | CLONE_IO },
	{ .op = OP_CLONE, .flags = CLONE_VM | CLONE_SIGHAND | CLONE_FILES },
	{ .op = OP_CLONE, .flags = CLONE_SYSVSEM, .fails = true },
	{ .op = OP_CLONE, .flags = CLONE_NEWPID },
	{ .op = OP_UNSHARE, .flags = CLONE_FS },
	{ .op = OP_UNSHARE, .flags = CLONE_FILES | CLONE_SYSVSEM },
	{ .op = OP_UNSHARE, .flags = CLONE_NEWPID },
	{ .op = OP_UNDO },
	{ .op = OP_EXEC },
	{ .op = OP_EXIT },
	{ .op = OP_EXIT_GROUP },
	{ .op = OP_IO, .first = 0 },
	{ .op = OP_IO, .first = 2 },
	{ .op = OP_REAP, .flags = 0 },
	{ .op = OP_REAP, .flags = 1 },
	{ .op = OP_REAP, .flags = 2 },
};

/* A world to begin with, and what happens there. */
struct setting {
	const char *name;
	const struct call *calls;
	unsigned int n_calls;
	bool second;		/* there are two tasks: */
	uint64_t flags;		/* the first one's child */
	bool epolls;		/* slots E1 and E2 are epolls, and the first
				   watches slot 1 */
	unsigned int depth;
};

#define CALLS(array)	array, SS_ARRAY_SIZE(array)

static const struct setting settings[] = {
	{ "files of a process", CALLS(of_files), false, 0, false, 2 },
	{ "files of two threads", CALLS(of_files), true, THREAD, false, 2 },
	{ "files of two processes", CALLS(of_files), true, 0, false, 2 },
	{ "epolls of two threads", CALLS(of_epolls), true, THREAD, true, 2 },
	{ "epolls of two processes", CALLS(of_epolls), true, 0, true, 2 },
	{ "tasks from one", CALLS(of_tasks), false, 0, false, 2 },
	{ "tasks from two threads", CALLS(of_tasks), true, THREAD, false, 2 },
	{ "tasks from two processes", CALLS(of_tasks), true, 0, false, 2 },
	{ "tasks with one memory", CALLS(of_tasks), true,
	  CLONE_VM | CLONE_SYSVSEM, false, 2 },
};

/* An event: whose, and which of the calls, or one of these. */
#define EVENT_CALLS	60
#define EVENT_EXECUTE	60
#define EVENT_ASK	61	/* ends of calls are told if they matter */
#define EVENT_ASK_LAZY	62	/* they are not */
#define EVENTS		(TASKS * 64)

struct state {
	uint64_t key;
	uint8_t path[2 * DEPTH_MAX];
	uint8_t length;
	uint8_t depth;		/* of the path, or of a shorter one */
	bool explored;
	uint32_t first, end;	/* what its events lead to: successors[] */
};

/* States to be explored, all of one depth. */
struct level {
	uint32_t *states;	/* owned */
	size_t n, room;
};

static struct {
	const struct setting *setting;
	enum twin_mutation mutation;
	struct state *states;		/* owned */
	uint32_t n_states;
	struct level levels[DEPTH_MAX + 2];
	struct level successors;	/* the highest bit: not for free */
	uint32_t *index;		/* owned: states by key */
	const struct state *at;		/* for messages */
	int event;
	int8_t order[IDS][IDS];
} every;

static const char *event_name(unsigned int event, char *text, size_t size)
{
	unsigned int what = event % 64;
	const struct call *call = &every.setting->calls[what];

	if (what == EVENT_EXECUTE)
		snprintf(text, size, "%u executes", event / 64);
	else if (what >= EVENT_ASK)
		snprintf(text, size, "%u asks", event / 64);
	else
		snprintf(text, size, "%u: operation %d of %d, %d, %#llx%s",
			 event / 64, call->op, call->first, call->last,
			 (unsigned long long)call->flags,
			 call->fails ? " (fails)" : "");
	return text;
}

static const char *story(void)
{
	static char text[2048];
	char name[96];
	size_t n;
	unsigned int i;

	n = (size_t)snprintf(text, sizeof(text), "%s", every.setting->name);
	for (i = 0; every.at && i < every.at->length; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "; %s",
				      event_name(every.at->path[i], name,
						 sizeof(name)));
	if (every.event >= 0)
		snprintf(text + n, sizeof(text) - n, "; %s",
			 event_name((unsigned int)every.event, name,
				    sizeof(name)));
	return text;
}

static void note_order(ss_unused const struct ss_question *q, int a, int b,
		       int result)
{
	if (a >= IDS || b >= IDS)
		return;
	judge_must(!every.order[a][b] || every.order[a][b] == result,
		   "the order has changed");
	judge_must(every.order[b][a] != result,
		   "the order is not antisymmetric");
	every.order[a][b] = (int8_t)result;
}

static void check_transitive(void)
{
	int i, j, k, n = scene.twin.last_id;

	for (i = 0; i <= n && i < IDS; i++) {
		for (j = 0; j <= n && j < IDS; j++) {
			for (k = 0; every.order[i][j] == 1 && k <= n &&
			     k < IDS; k++)
				judge_must(every.order[j][k] != 1 ||
					   every.order[i][k] != 2,
					   "the order is not transitive");
		}
	}
}

static void ask_everything(struct twin_task *caller, bool lazy)
{
	memset(every.order, 0, sizeof(every.order));
	scene.lazy = lazy;
	judge_everything(caller, true);
	check_transitive();
}

/* Applying events. */

static unsigned int tasks_now(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < TWIN_TASKS; i++) {
		const struct call *call = &scene.calls[i];

		n += scene.twin.tasks[i].used;
		n += call->stage == STAGE_ENTERED && call->op == OP_CLONE;
	}
	return n;
}

static bool begin(struct twin_task *task, const struct call *call)
{
	if (call->op == OP_CLONE && !call->fails && tasks_now() >= TASKS)
		return false;
	/* The group's end may be known to nobody yet. */
	scene_enter(task);
	if (!scene_is_possible(task, call))
		return false;
	scene_begin(task, call);
	return true;
}

/* False: this cannot happen now. */
static bool apply_event(unsigned int event)
{
	struct twin_task *task = &scene.twin.tasks[event / 64];
	struct call *doing = scene_call(task);
	const struct call *call;
	unsigned int what = event % 64;

	if (!task->used || task->zombie)
		return false;
	if (what == EVENT_EXECUTE) {
		if (doing->stage != STAGE_ENTERED)
			return false;
		scene_execute(task);
		return true;
	}
	if (doing->stage == STAGE_ENTERED)
		return false;
	if (what >= EVENT_ASK) {
		if (doing->stage == STAGE_EXECUTED)
			scene_return(task);
		ask_everything(task, what == EVENT_ASK_LAZY);
		return true;
	}
	if (what >= every.setting->n_calls)
		return false;
	call = &every.setting->calls[what];
	if (call->op >= OP_OPEN)
		return scene_do_at_once(task, call,
					&scene.twin.tasks[call->flags]);
	if (doing->stage == STAGE_EXECUTED)
		scene_return(task);
	return begin(task, call);
}

static void world_start(void)
{
	const struct setting *setting = every.setting;
	struct twin_task *root;
	struct call clone = { .op = OP_CLONE, .flags = setting->flags };

	scene_start(1);
	scene.least = 1;
	scene.twin.mutation = every.mutation;
	root = &scene.twin.tasks[0];
	twin_open(&scene.twin, root, 0);
	twin_open(&scene.twin, root, 1);
	if (setting->epolls) {
		(void)twin_open_epoll(&scene.twin, root, E1);
		(void)twin_open_epoll(&scene.twin, root, E2);
		(void)twin_epoll_ctl(&scene.twin, root, EPOLL_CTL_ADD, E1, 1);
	}
	if (!setting->second)
		return;
	scene_enter(root);
	scene_begin(root, &clone);
	scene_execute(root);
	scene_look_everywhere();
	scene_enter(root);
	scene_call(root)->stage = STAGE_IDLE;
}

static void replay(const struct state *state)
{
	unsigned int i;

	every.at = state;
	every.event = -1;
	world_start();
	for (i = 0; i < state->length; i++)
		if (!apply_event(state->path[i]))
			ck_abort_msg("%s: not the same again", story());
}

/* Telling states apart. */

struct names {
	int of[64];
	int n;
};

/* Things by the order in which they are met. */
static int name_of(struct names *names, int id)
{
	int i;

	if (!id)
		return 0;
	for (i = 0; i < names->n; i++) {
		if (names->of[i] == id)
			return i + 1;
	}
	if (names->n == (int)SS_ARRAY_SIZE(names->of))
		ck_abort_msg("too many things");
	names->of[names->n++] = id;
	return names->n;
}

static void print_call(const struct call *call, struct ss_text *text)
{
	ss_text_printf(text, "call %d %d %d %d %llx %d %d %d\n", call->stage,
		       call->op, call->first, call->last,
		       (unsigned long long)call->flags, call->fails,
		       call->child, call->unsettled);
}

static void print_task(const struct twin_task *t, struct names *names,
		       struct ss_text *text)
{
	const struct twin *twin = &scene.twin;
	int fd;

	ss_text_printf(text, "%d %d %d %d: %d %d %d %d %d %d %d %d %d:",
		       t->used, t->zombie, t->tid, t->tgid,
		       name_of(names, t->mm), name_of(names, t->fs),
		       name_of(names, t->sighand), name_of(names, t->io),
		       name_of(names, t->undo), t->io_class,
		       name_of(names, twin_resource(twin, t, SS_TYPE_FILES)),
		       t->in.levels, t->kids.levels);
	for (fd = 0; t->used && fd < TWIN_FDS; fd++) {
		int id = twin_file(twin, t, fd);

		ss_text_printf(text, " %d/%d%d", name_of(names, id),
			       id % HINTS, twin_is_epoll(twin, id));
	}
	ss_text_add_string(text, "\n");
}

/* Items in the order of addresses; they may say how two files lie. */
static void print_items(struct names *names, struct ss_text *text)
{
	struct twin_item list[TWIN_ITEMS];
	unsigned int i, n;
	int e;

	for (e = 0; e < TWIN_EPOLLS; e++) {
		n = twin_list(&scene.twin, scene.twin.epolls[e], list);
		for (i = 0; i < n; i++)
			ss_text_printf(text, "item %d %d %d\n",
				       name_of(names, list[i].epoll),
				       list[i].tfd,
				       name_of(names, list[i].target));
	}
}

/* What the dump leaves out, and answers may depend on. */
static void print_flights(struct ss_text *text)
{
	const struct ss_task *task;

	for (task = ss_model_next(scene.model, NULL); task;
	     task = ss_model_next(scene.model, task))
		ss_text_printf(text, "model %d %d %d %d %d\n", task->tid,
			       task->cloning, task->undo_new,
			       task->flight.kind,
			       task->pending && task->pending->copy.from);
}

static uint64_t key_now(void)
{
	ss_cleanup_text struct ss_text text = { 0 };
	struct names names = { .n = 0 };
	uint64_t key = 14695981039346656037u;
	unsigned int i;
	const char *c;

	ss_model_dump(scene.model, &text);
	for (i = 0; i < TWIN_TASKS; i++) {
		if (!scene.twin.tasks[i].used)
			continue;
		print_task(&scene.twin.tasks[i], &names, &text);
		print_call(&scene.calls[i], &text);
	}
	for (i = 0; i < scene.n_orphans; i++) {
		if (scene.orphans[i].unsettled)
			print_call(&scene.orphans[i], &text);
	}
	print_items(&names, &text);
	print_flights(&text);
	for (c = ss_text_string(&text); *c; c++)
		key = (key ^ (unsigned char)*c) * 1099511628211u;
	return key ^ key >> 29;
}

/* The state's number; *is_new: it was not seen before. */
static uint32_t state_get(uint64_t key, bool *is_new)
{
	size_t i = key % (2 * STATES_MAX);

	while (every.index[i] && every.states[every.index[i] - 1].key != key)
		i = (i + 1) % (2 * STATES_MAX);
	*is_new = !every.index[i];
	if (*is_new) {
		if (every.n_states == STATES_MAX)
			ck_abort_msg("too many states");
		every.states[every.n_states] = (struct state){ .key = key };
		every.index[i] = ++every.n_states;
	}
	return every.index[i] - 1;
}

static void level_add(struct level *level, uint32_t state)
{
	if (level->n == level->room) {
		level->room = level->room ? 2 * level->room : 1024;
		level->states = realloc(level->states, level->room *
					sizeof(*level->states));
		if (!level->states)
			ck_abort_msg("no memory");
	}
	level->states[level->n++] = state;
}

/* Somebody asks for everything, if anybody can; not always the same, because
   one's own calls are over for oneself.  The others see that it was right. */
static void judge_state(uint64_t key)
{
	bool asked = false;
	unsigned int i;

	for (i = 0; i < TASKS; i++) {
		struct twin_task *task = &scene.twin.tasks[(key + i) % TASKS];

		if (!task->used || task->zombie ||
		    scene_call(task)->stage == STAGE_ENTERED)
			continue;
		if (asked)
			judge_slots(task);
		else
			ask_everything(task, true);
		asked = true;
	}
}

/* A state was reached in this way, which may be shorter than another. */
static void reach(uint32_t to, uint32_t from, unsigned int event,
		  unsigned int depth)
{
	const struct state *before = &every.states[from];
	struct state *state = &every.states[to];

	memcpy(state->path, before->path, sizeof(state->path));
	state->length = before->length;
	state->path[state->length++] = (uint8_t)event;
	state->depth = (uint8_t)depth;
	level_add(&every.levels[depth], to);
}

static void try_event(uint32_t from, unsigned int event)
{
	unsigned int cost = event % 64 != EVENT_EXECUTE;
	unsigned int depth = every.states[from].depth + cost;
	uint32_t to;
	bool is_new;

	replay(&every.states[from]);
	every.event = (int)event;
	if (apply_event(event)) {
		to = state_get(key_now(), &is_new);
		level_add(&every.successors, to | cost << 31);
		if (is_new || depth < every.states[to].depth)
			reach(to, from, event, depth);
		if (is_new)
			judge_state(every.states[to].key);
	}
	ss_model_free(scene.model);
}

/* Could it happen in this state?  Saves most of the trying. */
static bool is_likely(unsigned int event)
{
	const struct twin_task *task = &scene.twin.tasks[event / 64];
	enum stage stage = scene_call(task)->stage;
	unsigned int what = event % 64;

	if (!task->used || task->zombie)
		return false;
	if (what < EVENT_CALLS)
		return what < every.setting->n_calls && stage != STAGE_ENTERED;
	return what == EVENT_EXECUTE ? stage == STAGE_ENTERED :
		what <= EVENT_ASK_LAZY && stage != STAGE_ENTERED;
}

static void explore(uint32_t state, bool only_execute)
{
	bool likely[EVENTS];
	unsigned int event;

	replay(&every.states[state]);
	for (event = 0; event < EVENTS; event++)
		likely[event] = is_likely(event) &&
			(!only_execute || event % 64 == EVENT_EXECUTE);
	ss_model_free(scene.model);
	every.states[state].explored = true;
	every.states[state].first = (uint32_t)every.successors.n;
	for (event = 0; event < EVENTS; event++) {
		if (likely[event])
			try_event(state, event);
	}
	every.states[state].end = (uint32_t)every.successors.n;
}

/* One event more: from each state, at each depth. */
static double count_step(const double *now, double *next, unsigned int depth)
{
	uint32_t s, i, n = every.n_states, w, to;
	double total = 0;

	memset(next, 0, (size_t)n * (depth + 1) * sizeof(*next));
	for (s = 0; s < n * (depth + 1); s++) {
		for (i = every.states[s % n].first;
		     now[s] > 0 && i < every.states[s % n].end; i++) {
			to = every.successors.states[i] & ~(1u << 31);
			w = s / n + (every.successors.states[i] >> 31);
			if (w > depth)
				continue;
			next[w * n + to] += now[s];
			total += now[s];
		}
	}
	return total;
}

/* How many sequences there are. */
static double count_sequences(unsigned int depth)
{
	size_t n = (size_t)every.n_states * (depth + 1);
	double *now = calloc(n, sizeof(*now));
	double *next = calloc(n, sizeof(*next));
	double total = 0, *swap;
	unsigned int length;

	ck_assert(now && next);
	now[0] = 1;
	for (length = 0; length < 2 * depth; length++) {
		total += count_step(now, next, depth);
		swap = now;
		now = next;
		next = swap;
	}
	free(now);
	free(next);
	return total;
}

static void every_start(const struct setting *setting,
			enum twin_mutation mutation)
{
	bool is_new;

	memset(&every, 0, sizeof(every));
	every.setting = setting;
	every.mutation = mutation;
	every.states = calloc(STATES_MAX, sizeof(*every.states));
	every.index = calloc(2 * (size_t)STATES_MAX, sizeof(*every.index));
	ck_assert(every.states && every.index);
	judge = (struct judge){ .story = story, .order = note_order,
				.damaged = mutation != TWIN_SOUND };
	every.event = -1;
	world_start();
	level_add(&every.levels[0], state_get(key_now(), &is_new));
	judge_state(0);
	ss_model_free(scene.model);
}

static void every_end(void)
{
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(every.levels); i++)
		free(every.levels[i].states);
	free(every.successors.states);
	free(every.states);
	free(every.index);
}

/* All states up to a depth.  A damaged twin: until it is found out. */
static void explore_all(unsigned int depth)
{
	unsigned int d;
	size_t i;

	for (d = 0; d <= depth; d++) {
		/* Gets longer by what is executed. */
		for (i = 0; i < every.levels[d].n && !judge.wrong; i++) {
			uint32_t state = every.levels[d].states[i];

			if (!every.states[state].explored)
				explore(state, d == depth);
		}
	}
}

static unsigned int depth_of(const struct setting *setting)
{
	const char *more = getenv("SELFSAME_MODEL_DEPTH");
	long depth = (long)setting->depth;

	if (more)
		depth += strtol(more, NULL, 10);
	return depth < 1 ? 1 : depth > DEPTH_MAX ? DEPTH_MAX :
		(unsigned int)depth;
}

START_TEST(every_sequence)
{
	const struct setting *setting = &settings[_i];

	every_start(setting, TWIN_SOUND);
	explore_all(depth_of(setting));
	printf("# %s: %.0f sequences of up to %u events, %u states, "
	       "%zu events tried, %lu answers\n", setting->name,
	       count_sequences(depth_of(setting)), depth_of(setting),
	       every.n_states, every.successors.n, judge.answers);
	ck_assert_uint_gt(every.n_states, 10);
	every_end();
}
END_TEST

static bool is_found(enum twin_mutation mutation, unsigned int depth)
{
	bool found = false;
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(settings) && !found; i++) {
		every_start(&settings[i], mutation);
		explore_all(depth);
		found = judge.wrong;
		if (found)
			printf("# mutation %d: %s\n", mutation, story());
		every_end();
	}
	return found;
}

/* The test of the test: what the twin does wrongly is found. */
START_TEST(every_mutation_is_found)
{
	unsigned int depth = 1;

	while (!is_found((enum twin_mutation)_i, depth))
		ck_assert_msg(++depth < 3, "mutation %d was not found", _i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("every sequence");
	TCase *tcase = tcase_create("tests");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, getenv("SELFSAME_MODEL_DEPTH") ? 36000 : 600);
	tcase_add_loop_test(tcase, every_sequence, 0,
			    SS_ARRAY_SIZE(settings));
	tcase_add_loop_test(tcase, every_mutation_is_found, TWIN_SOUND + 1,
			    TWIN_MUTATIONS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
