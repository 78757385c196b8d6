/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes forks, execs and ends slow: each of them has to copy it, or give
 * it up.  Each is there once in a memory, for good.
 */
#include "chaos.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Behind what task.c maps. */
#define MEMORY_ADDRESS	0x30000000UL
#define MAPS_ADDRESS	0x31000000UL
#define LOCKS_ADDRESS	0x34000000UL

enum {
	PAGE = 4096,
	MEMORY = 8 << 20,
	MAPS = 3000,
	LOCKS = 2000,		/* the kernel follows no more than 2048 */
	LOCKS_SIZE = 1 << 17,	/* of one worker */
};

struct lock {
	struct robust_list list;
	uint32_t owner;
};

static void *map(unsigned long address, size_t size, int protection)
{
	void *at = mmap((void *)address, size, protection,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			MAP_FIXED_NOREPLACE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static long fill_memory(void)
{
	char *at = map(MEMORY_ADDRESS, MEMORY, PROT_READ | PROT_WRITE);
	size_t i;

	if (!at)
		return -EEXIST;
	ch_sys(SYS_madvise, CH_P(at), MEMORY, MADV_NOHUGEPAGE);
	for (i = 0; i < MEMORY; i += PAGE)
		at[i] = 1;
	return 0;
}

/* Every other page is a mapping of its own. */
static long make_maps(void)
{
	char *at = map(MAPS_ADDRESS, 2 * MAPS * PAGE, PROT_NONE);
	size_t i;

	for (i = 0; at && i < MAPS; i++)
		ch_sys(SYS_mprotect, CH_P(at + i * 2 * PAGE), PAGE, PROT_READ);
	return at ? 0 : -EEXIST;
}

/* Locks that it holds, and that are taken from it when its memory goes. */
static long take_locks(const struct ch_slot *me)
{
	unsigned long address = LOCKS_ADDRESS +
		(unsigned long)(me - ch_arena->slot) * LOCKS_SIZE;
	struct robust_list_head *head = map(address, LOCKS_SIZE,
					    PROT_READ | PROT_WRITE);
	struct robust_list **link;
	struct lock *lock;
	int i;

	if (!head)
		return -EEXIST;
	head->futex_offset = offsetof(struct lock, owner);
	lock = (struct lock *)(head + 1);
	link = &head->list.next;
	for (i = 0; i < LOCKS; i++) {
		lock[i].owner = (uint32_t)me->self | FUTEX_WAITERS;
		*link = &lock[i].list;
		link = &lock[i].list.next;
	}
	*link = &head->list;
	return ch_sys(SYS_set_robust_list, CH_P(head), sizeof(*head));
}

long ch_do_slow(struct ch_slot *me, const int64_t *arg)
{
	switch (arg[0]) {
	case CH_SLOW_MEMORY:
		return fill_memory();
	case CH_SLOW_MAPS:
		return make_maps();
	case CH_SLOW_LOCKS:
		return take_locks(me);
	default:
		return -EINVAL;
	}
}
