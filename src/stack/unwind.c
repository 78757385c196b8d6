/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack/unwind.h"

#include <errno.h>
#include <libunwind-ptrace.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/hash.h"
#include "stack/eh-frame.h"
#include "stack/maps.h"

/* More addresses than that in one program: they are found out anew. */
#define PLACES_MAX	4096u

/* What all that is kept may take, and so what programs can make us keep: there
   has to be room for others (reader.c limits us as a whole). */
#define KEPT_MAX	(64ul << 20)

/* Where nobody has memory we show libunwind an index of ours. */
#define INDEX_ADDRESS	(1ull << 63)

/* What perf and others use, too, but no header declares. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip,
				       unw_dyn_info_t *table,
				       unw_proc_info_t *info, int need,
				       void *upt);

/* What is at one address of code. */
struct place {
	uint64_t address;
	const char *object;	/* borrowed of .maps, or NULL */
	char *function;		/* owned, or NULL */
	uint64_t offset;
	UT_hash_handle hh;
};

/* One arrangement of code in memory. */
struct space {
	unw_addr_space_t space;	/* owned */
	struct ss_maps maps;	/* owned */
	struct place *places;	/* owned */
	bool indexed;		/* it was tried to make an index */
	struct ss_eh_index index;	/* owned; may be empty */
	struct space *prev, *next;
};

struct ss_unwinder {
	struct space *spaces;	/* owned; who was asked for last comes first */
	unsigned int count;
};

/* One look at one task.  All of libunwind's callbacks get `upt`, also from
   inside of libunwind-ptrace, and so cannot be told of this. */
static struct {
	const struct ss_stack_request *request;
	struct space *space;
	int memory;
} looking;

/* ---- what libunwind asks for ---- */

/* In an executable that has no index of its own. */
static int search_index(unw_addr_space_t space, unw_word_t ip,
			unw_proc_info_t *info, int need, void *upt)
{
	struct ss_eh_index *index = &looking.space->index;
	unw_dyn_info_t table = { 0 };

	if (!looking.space->indexed)
		(void)!ss_eh_index_read(index, looking.request->tid);
	looking.space->indexed = true;
	if (ip < index->first || ip >= index->end)
		return -UNW_ENOINFO;
	table.start_ip = index->first;
	table.end_ip = index->end;
	table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
	table.u.rti.segbase = index->base;
	table.u.rti.table_data = INDEX_ADDRESS;
	table.u.rti.table_len = index->count;
	return UNW_OBJ(dwarf_search_unwind_table)(space, ip, &table, info,
						  need, upt);
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip,
			  unw_proc_info_t *info, int need, void *upt)
{
	int r = _UPT_find_proc_info(space, ip, info, need, upt);

	return r < 0 ? search_index(space, ip, info, need, upt) : r;
}

static int get_dyn_info(unw_addr_space_t space ss_unused,
			unw_word_t *address ss_unused, void *upt ss_unused)
{
	return -UNW_ENOINFO;
}

static int access_memory(unw_addr_space_t space ss_unused, unw_word_t address,
			 unw_word_t *value, int write, void *upt ss_unused)
{
	const struct ss_eh_index *index = &looking.space->index;
	uint64_t number = (address - INDEX_ADDRESS) / sizeof(*value);

	_Static_assert(sizeof(*value) == sizeof(*index->entries),
		       "libunwind reads one entry at a time");
	if (write)
		return -UNW_EINVAL;
	if (address >= INDEX_ADDRESS && number < index->count) {
		memcpy(value, &index->entries[number], sizeof(*value));
		return 0;
	}
	return pread(looking.memory, value, sizeof(*value), (off_t)address) ==
		(ssize_t)sizeof(*value) ? 0 : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t space ss_unused,
			   unw_regnum_t number, unw_word_t *value, int write,
			   void *upt ss_unused)
{
	const struct user_regs_struct *r = &looking.request->registers;
	const unsigned long long *const registers[] = {
		[UNW_X86_64_RAX] = &r->rax,
		[UNW_X86_64_RDX] = &r->rdx,
		[UNW_X86_64_RCX] = &r->rcx,
		[UNW_X86_64_RBX] = &r->rbx,
		[UNW_X86_64_RSI] = &r->rsi,
		[UNW_X86_64_RDI] = &r->rdi,
		[UNW_X86_64_RBP] = &r->rbp,
		[UNW_X86_64_RSP] = &r->rsp,
		[UNW_X86_64_R8] = &r->r8,
		[UNW_X86_64_R9] = &r->r9,
		[UNW_X86_64_R10] = &r->r10,
		[UNW_X86_64_R11] = &r->r11,
		[UNW_X86_64_R12] = &r->r12,
		[UNW_X86_64_R13] = &r->r13,
		[UNW_X86_64_R14] = &r->r14,
		[UNW_X86_64_R15] = &r->r15,
		[UNW_X86_64_RIP] = &r->rip,
	};

	if (write || number < 0 ||
	    (size_t)number >= SS_ARRAY_SIZE(registers) || !registers[number])
		return -UNW_EBADREG;
	*value = *registers[number];
	return 0;
}

static int access_float(unw_addr_space_t space ss_unused,
			unw_regnum_t number ss_unused,
			unw_fpreg_t *value ss_unused, int write ss_unused,
			void *upt ss_unused)
{
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space ss_unused,
		  unw_cursor_t *cursor ss_unused, void *upt ss_unused)
{
	return -UNW_EINVAL;
}

static unw_accessors_t accessors = {
	.find_proc_info = find_proc_info,
	.put_unwind_info = _UPT_put_unwind_info,
	.get_dyn_info_list_addr = get_dyn_info,
	.access_mem = access_memory,
	.access_reg = access_register,
	.access_fpreg = access_float,
	.resume = resume,
	.get_proc_name = _UPT_get_proc_name,
};

/* ---- spaces ---- */

static void forget_places(struct space *space)
{
	struct place *place, *tmp;

	HASH_ITER(hh, space->places, place, tmp) {
		HASH_DEL(space->places, place);
		free(place->function);
		free(place);
	}
}

static void drop(struct ss_unwinder *unwinder, struct space *space)
{
	DL_DELETE(unwinder->spaces, space);
	unwinder->count--;
	forget_places(space);
	if (space->space)
		unw_destroy_addr_space(space->space);
	ss_maps_release(&space->maps);
	ss_eh_index_release(&space->index);
	free(space);
}

/* What is kept for it, in bytes; what libunwind has is little beside it. */
static size_t weight(const struct space *space)
{
	return space->maps.lines.capacity + space->maps.names.capacity +
		space->maps.room * sizeof(*space->maps.maps) +
		space->index.room * sizeof(*space->index.entries) +
		HASH_COUNT(space->places) *
		(sizeof(struct place) + SS_STACK_FUNCTION_MAX);
}

static void drop_excess(struct ss_unwinder *unwinder)
{
	struct space *space, *tmp;
	size_t kept = 0;

	/* Who was asked for last comes first. */
	DL_FOREACH_SAFE(unwinder->spaces, space, tmp) {
		kept += weight(space);
		if (kept > KEPT_MAX)
			drop(unwinder, space);
	}
}

/* Takes the maps over. */
static struct space *make(struct ss_unwinder *unwinder, struct ss_maps *maps)
{
	struct space *space = calloc(1, sizeof(*space));

	if (!space)
		return NULL;
	space->space = unw_create_addr_space(&accessors, 0);
	if (!space->space) {
		free(space);
		return NULL;
	}
	unw_set_caching_policy(space->space, UNW_CACHE_GLOBAL);
	space->maps = *maps;
	*maps = (struct ss_maps){ 0 };
	if (unwinder->count == SS_UNWINDER_SPACES)
		drop(unwinder, unwinder->spaces->prev);
	DL_PREPEND(unwinder->spaces, space);
	unwinder->count++;
	return space;
}

static struct space *find_space(struct ss_unwinder *unwinder,
				struct ss_maps *maps)
{
	struct space *space;

	DL_FOREACH(unwinder->spaces, space) {
		if (!ss_maps_are_same(&space->maps, maps))
			continue;
		DL_DELETE(unwinder->spaces, space);
		DL_PREPEND(unwinder->spaces, space);
		return space;
	}
	return make(unwinder, maps);
}

struct ss_unwinder *ss_unwinder_new(void)
{
	return calloc(1, sizeof(struct ss_unwinder));
}

void ss_unwinder_free(struct ss_unwinder *unwinder)
{
	if (!unwinder)
		return;
	while (unwinder->spaces)
		drop(unwinder, unwinder->spaces);
	free(unwinder);
}

/* ---- frames ---- */

static void name(struct space *space, struct place *place, void *upt)
{
	const struct ss_map *map = ss_maps_find(&space->maps, place->address);
	char function[SS_STACK_FUNCTION_MAX];
	unw_word_t offset = 0;
	int r;

	place->offset = place->address;
	if (!map)
		return;
	place->object = ss_map_name(&space->maps, map);
	place->offset = place->address - map->start + map->offset;
	/* Nothing but a file has names. */
	if (!place->object || place->object[0] != '/')
		return;
	function[0] = '\0';
	r = _UPT_get_proc_name(space->space, place->address, function,
			       sizeof(function), &offset, upt);
	if ((r && r != -UNW_ENOMEM) || !function[0])
		return;
	function[sizeof(function) - 1] = '\0';
	place->function = strdup(function);
	if (place->function)
		place->offset = offset;
}

static const struct place *find_place(struct space *space, uint64_t address,
				      void *upt)
{
	struct place *place;

	HASH_FIND(hh, space->places, &address, sizeof(address), place);
	if (place)
		return place;
	if (HASH_COUNT(space->places) >= PLACES_MAX)
		forget_places(space);
	place = calloc(1, sizeof(*place));
	if (!place)
		return NULL;
	place->address = address;
	name(space, place, upt);
	HASH_ADD(hh, space->places, address, sizeof(place->address), place);
	if (ss_hash_failed(place)) {
		free(place->function);
		free(place);
		return NULL;
	}
	return place;
}

/* Most frames of a stack are in few objects. */
static uint32_t add_object(struct ss_stack *stack, const char *object)
{
	uint32_t i;

	for (i = 0; i < stack->count; i++) {
		const char *other =
			ss_stack_string(stack, stack->frames[i].object);

		if (other && !strcmp(other, object))
			return stack->frames[i].object;
	}
	return ss_stack_add(stack, object);
}

/* after: the address is that of the instruction after a call, which may be in
   another function. */
static bool add_frame(struct space *space, uint64_t address, bool after,
		      void *upt, struct ss_stack *stack)
{
	const struct place *place = find_place(space, address - after, upt);
	struct ss_stack_frame *frame = &stack->frames[stack->count];

	if (!place)
		return false;
	*frame = (struct ss_stack_frame){ .offset = place->offset + after };
	if (place->object)
		frame->object = add_object(stack, place->object);
	if (place->function)
		frame->function = ss_stack_add(stack, place->function);
	stack->count++;
	return true;
}

static void walk(struct space *space, void *upt, struct ss_stack *stack)
{
	unw_cursor_t cursor;
	bool after = false;
	unw_word_t ip;

	if (unw_init_remote(&cursor, space->space, upt))
		return;
	while (stack->count < SS_STACK_FRAMES_MAX &&
	       !unw_get_reg(&cursor, UNW_REG_IP, &ip) && ip &&
	       add_frame(space, ip, after, upt, stack)) {
		/* Who was interrupted by a signal had called nobody. */
		after = unw_is_signal_frame(&cursor) <= 0;
		if (unw_step(&cursor) <= 0)
			break;
	}
}

void ss_unwind(struct ss_unwinder *unwinder,
	       const struct ss_stack_request *request, int memory,
	       struct ss_stack *ret)
{
	struct ss_maps maps = { 0 };
	struct space *space = NULL;
	void *upt = NULL;

	ss_stack_init(ret, request->number);
	switch (ss_maps_read(&maps, request->tid)) {
	case 0:
		space = find_space(unwinder, &maps);
		upt = _UPT_create(request->tid);
		break;
	case -EPERM:
		ss_stack_fail(ret, "its memory must not be looked at");
		goto out;
	case -ESRCH:
		ss_stack_fail(ret, "it has gone");
		goto out;
	default:
		break;
	}
	if (space && upt) {
		looking.request = request;
		looking.space = space;
		looking.memory = memory;
		walk(space, upt, ret);
	}
	drop_excess(unwinder);
	if (!ret->count)
		ss_stack_fail(ret, "it cannot be followed");

out:
	if (upt)
		_UPT_destroy(upt);
	ss_maps_release(&maps);
}
