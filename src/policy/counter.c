/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/counter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

/* How many there may be beside those of the living. */
#define SPARE	64u

/* Everything that one task, or one process, or the sandbox counts. */
struct owner {
	struct owner_key {
		uint64_t name;		/* address of a path, serial, or 0 */
		uint64_t scope;
	} key;
	struct ss_path *path;		/* owned reference; of a task */
	pid_t tgid;			/* of a process */
	UT_hash_handle hh;
	uint64_t counts[];		/* by ss_rule.counter */
};

struct ss_counters {
	unsigned int size;		/* counters of each owner */
	struct owner *owners;		/* owned */
};

struct ss_counters *ss_counters_new(const struct ss_policy *policy)
{
	struct ss_counters *counters = calloc(1, sizeof(*counters));

	if (counters)
		counters->size = policy->counters;
	return counters;
}

void ss_counters_free(struct ss_counters *counters)
{
	struct owner *owner, *tmp;

	if (!counters)
		return;
	HASH_ITER(hh, counters->owners, owner, tmp) {
		HASH_DEL(counters->owners, owner);
		ss_path_put(owner->path);
		free(owner);
	}
	free(counters);
}

static struct owner *find(const struct ss_counters *counters,
			  struct owner_key key)
{
	struct owner *owner;

	HASH_FIND(hh, counters->owners, &key, sizeof(key), owner);
	return owner;
}

static struct owner *make(struct ss_counters *counters, struct owner_key key)
{
	struct owner *owner = calloc(1, sizeof(*owner) + counters->size *
				     sizeof(*owner->counts));

	if (!owner)
		return NULL;
	owner->key = key;
	HASH_ADD(hh, counters->owners, key, sizeof(owner->key), owner);
	if (ss_hash_failed(owner)) {
		free(owner);
		return NULL;
	}
	return owner;
}

int ss_counters_count(struct ss_counters *counters, const struct ss_rule *rule,
		      struct ss_path *task, const struct ss_group *process,
		      uint64_t *ret)
{
	struct owner_key key = { .scope = rule->scope };
	struct owner *owner;

	if (rule->scope == SS_SCOPE_TASK)
		key.name = (uintptr_t)task;
	else if (rule->scope == SS_SCOPE_PROCESS)
		key.name = process->serial;
	owner = find(counters, key);
	if (!owner) {
		owner = make(counters, key);
		if (!owner)
			return -ENOMEM;
		if (rule->scope == SS_SCOPE_TASK)
			owner->path = ss_path_get(task);
		else if (rule->scope == SS_SCOPE_PROCESS)
			owner->tgid = process->tgid;
	}
	*ret = ++owner->counts[rule->counter];
	return 0;
}

static void drop(struct ss_counters *counters, struct owner *owner)
{
	HASH_DEL(counters->owners, owner);
	ss_path_put(owner->path);
	free(owner);
}

/* Nobody else has the path any more: neither the task nor a child of it. */
static bool has_ended(const struct owner *owner, const struct ss_model *model)
{
	const struct ss_group *group;

	switch (owner->key.scope) {
	case SS_SCOPE_TASK:
		return owner->path->refs == 1;
	case SS_SCOPE_PROCESS:
		group = ss_model_group(model, owner->tgid);
		return !group || group->serial != owner->key.name;
	default:
		return false;
	}
}

void ss_counters_sweep(struct ss_counters *counters,
		       const struct ss_model *model)
{
	struct owner *owner, *tmp;

	if (HASH_COUNT(counters->owners) <
	    2 * model->tasks.count + SPARE)
		return;
	HASH_ITER(hh, counters->owners, owner, tmp) {
		if (has_ended(owner, model))
			drop(counters, owner);
	}
}

size_t ss_counters_owners(const struct ss_counters *counters)
{
	return HASH_COUNT(counters->owners);
}

bool ss_when_fires(const struct ss_when *when, uint64_t count)
{
	return count >= when->first && count <= when->last &&
		(count - when->first) % when->step == 0;
}

/* The finalizer of splitmix64: every bit of the input changes half of those
   of the output. */
static uint64_t mix(uint64_t state, uint64_t value)
{
	uint64_t z = (state ^ value) + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

bool ss_chance_fires(const struct ss_rule *rule, const struct ss_path *task,
		     uint64_t count)
{
	uint64_t hash = mix(mix(0, rule->seed), rule->index);
	const struct ss_path *p = task;

	if (rule->chance == SS_CHANCE_ONE)
		return true;
	hash = mix(mix(hash, task->depth), task->own);
	/* Deeper ones may be left out, and nobody knows when. */
	while (p && p->depth > SS_PATH_KEPT)
		p = p->parent;
	for (; p; p = p->parent)
		hash = mix(hash, p->own);
	hash = mix(hash, count);
	return (hash >> 32) * SS_CHANCE_ONE >> 32 < rule->chance;
}

uint64_t ss_scramble_text(uint64_t seed, const char *text)
{
	uint64_t hash = mix(0, seed);

	for (; *text; text++)
		hash = mix(hash, (unsigned char)*text);
	return hash;
}
