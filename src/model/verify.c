/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists and hashes that mirror each other are checked in one direction, entry
 * by entry, and by number in the other.
 */
#include "model/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <utlist.h>

#include "model/epoll.h"

struct checking {
	const struct ss_model *model;
	char *why;
	size_t size;
	/* every reference to a resource, by address */
	const struct ss_resource **resources;	/* owned */
	size_t n_resources;
	/* every open file, by address (by label at first) */
	const struct ss_file **files;		/* owned */
	size_t n_files;
	/* what was seen from one side; the other side must come to the same */
	size_t users, flights, copies, adding;
	size_t creds;
	size_t holders, watchers, items, held_slots, orphans;
	size_t numbers;
};

static int ss_printf(2, 3) bad(struct checking *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->why, c->size, format, args);
	va_end(args);
	return -EINVAL;
}

static int by_address(const void *a, const void *b)
{
	const void *x = *(const void *const *)a, *y = *(const void *const *)b;

	return SS_ORDER(x, y);
}

static int by_label(const void *a, const void *b)
{
	const struct ss_file *x = *(const struct ss_file *const *)a;
	const struct ss_file *y = *(const struct ss_file *const *)b;

	return ss_file_compare(x, y);
}

static bool known_file(const struct checking *c, const struct ss_file *file)
{
	return c->n_files && bsearch(&file, c->files, c->n_files,
				     sizeof(*c->files), by_address);
}

static bool known_task(const struct checking *c, const struct ss_task *task)
{
	const struct ss_task *t;

	for (t = ss_model_next(c->model, NULL); t && t != task;
	     t = ss_model_next(c->model, t))
		;
	return t != NULL;
}

/* Tasks and groups. */

static int check_resources(struct checking *c, const struct ss_task *task)
{
	enum ss_kind kind;

	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		const struct ss_resource *r = task->resources[kind];
		bool always = kind <= SS_KIND_SIGHAND;

		if (task->zombie)
			always = kind == SS_KIND_SIGHAND;
		if (!r && always && !task->fading)
			return bad(c, "task %d lacks resource %d", task->tid,
				   kind);
		if (r && task->zombie && !always)
			return bad(c, "zombie %d has resource %d", task->tid,
				   kind);
		if (r && (r->kind != kind || !r->path || !r->path->refs ||
			  !r->serial))
			return bad(c, "task %d has a bad resource %d",
				   task->tid, kind);
	}
	return 0;
}

static int check_flight(struct checking *c, const struct ss_task *task)
{
	const struct ss_flight *flight = &task->flight;

	if (flight->sharing && flight->kind == SS_FLIGHT_NONE)
		return bad(c, "task %d: shares anew without a call", task->tid);
	if ((flight->kind == SS_FLIGHT_SLOTS || flight->adding) &&
	    !ss_task_files(task))
		return bad(c, "task %d: its flight lacks a table", task->tid);
	if (flight->setting && !ss_task_mm(task))
		return bad(c, "task %d: its flight lacks a memory", task->tid);
	c->flights += flight->kind == SS_FLIGHT_SLOTS;
	c->adding += flight->adding;
	if (!flight->copy || !flight->copy->from)
		return 0;
	if (flight->copy->to != ss_task_files(task))
		return bad(c, "task %d: its copy is not its own", task->tid);
	c->copies++;
	return 0;
}

static int check_numbers(struct checking *c, const struct ss_task *task)
{
	unsigned int i;

	if (task->levels > SS_PIDNS_LEVELS)
		return bad(c, "task %d has too many numbers", task->tid);
	for (i = 0; i < task->levels; i++) {
		const struct ss_number *number = task->numbers[i];
		struct ss_number *found;

		if (!number || number->task != task)
			return bad(c, "task %d: number %u is not its own",
				   task->tid, i);
		if (number->ns->level != i + 1)
			return bad(c, "task %d: number %u is of level %u",
				   task->tid, i, number->ns->level);
		HASH_FIND_INT(number->ns->numbers, &number->nr, found);
		if (found != number)
			return bad(c, "task %d: number %u cannot be found",
				   task->tid, i);
	}
	c->numbers += task->levels;
	return 0;
}

static int check_creds(struct checking *c, const struct ss_task *task)
{
	const struct ss_domain *domain = task->domain;
	struct ss_userns *ns = ss_task_creds(task)->userns;

	if (task->creds_known && ns) {
		struct ss_userns *found;

		HASH_FIND(hh, c->model->userns, &ns->ino, sizeof(ns->ino),
			  found);
		if (found != ns)
			return bad(c, "task %d: unknown user namespace",
				   task->tid);
	}
	if (task->creds_known && !task->creds)
		return bad(c, "task %d: what credentials?", task->tid);
	c->creds += (task->creds != NULL) + (task->before != NULL);
	for (; domain; domain = domain->parent) {
		unsigned int depth = domain->parent ?
			domain->parent->depth + 1 : 0;

		if (!domain->refs || domain->depth != depth)
			return bad(c, "task %d: bad domain", task->tid);
	}
	return 0;
}

static int check_task(struct checking *c, const struct ss_task *task)
{
	int r = 0;

	if (ss_model_task(c->model, task->tid) != task)
		return bad(c, "task %d is not found by its number", task->tid);
	if (!task->path || !task->path->refs)
		return bad(c, "task %d has no path", task->tid);
	if (!task->group ||
	    ss_model_group(c->model, task->group->tgid) != task->group)
		return bad(c, "task %d has no group", task->tid);
	if (task->pending && task->pending->creator != task)
		return bad(c, "task %d: its pending clone is another's",
			   task->tid);
	r = check_resources(c, task);
	if (!r)
		r = check_flight(c, task);
	if (!r)
		r = check_numbers(c, task);
	if (!r)
		r = check_creds(c, task);
	return r;
}

static int check_group(struct checking *c, const struct ss_group *group,
		       size_t *members)
{
	const struct ss_task *task, *last = NULL;
	bool execing = !group->execing;
	unsigned int leaving = 0;

	if (ss_model_group(c->model, group->tgid) != group)
		return bad(c, "group %d is not found", group->tgid);
	if (!group->tasks)
		return bad(c, "group %d is empty", group->tgid);
	if (group->tasks->tid != group->tgid)
		return bad(c, "group %d: the leader is not first",
			   group->tgid);
	if (group->dead && (group->tasks->next || !group->tasks->zombie))
		return bad(c, "group %d is dead, but not all of it",
			   group->tgid);
	DL_FOREACH(group->tasks, task) {
		if (task->group != group || (last && task->prev != last))
			return bad(c, "group %d: broken list", group->tgid);
		execing = execing || task == group->execing;
		leaving += task->leaving;
		last = task;
		++*members;
	}
	if (group->tasks->prev != last)
		return bad(c, "group %d: broken list", group->tgid);
	if (!execing)
		return bad(c, "group %d: a stranger's exec", group->tgid);
	if (leaving != group->leaving)
		return bad(c, "group %d: %u are leaving, not %u", group->tgid,
			   leaving, group->leaving);
	return 0;
}

static int check_tasks(struct checking *c)
{
	const struct ss_model *model = c->model;
	const struct ss_task *task;
	size_t members = 0, groups = 0;
	int r = 0;

	for (task = ss_model_next(model, NULL); task && !r;
	     task = ss_model_next(model, task))
		r = check_task(c, task);
	for (task = ss_model_next_leader(model, NULL); task && !r;
	     task = ss_model_next_leader(model, task)) {
		r = check_group(c, task->group, &members);
		groups++;
	}
	if (r)
		return r;
	if (groups != model->groups)
		return bad(c, "%zu groups, not %u", groups, model->groups);
	if (members != model->tasks.count)
		return bad(c, "%zu tasks in groups, %u in all", members,
			   model->tasks.count);
	if (model->peak < members)
		return bad(c, "%zu tasks are more than the peak", members);
	return 0;
}

static int check_pending(struct checking *c, const struct ss_pending *pending)
{
	enum ss_kind kind;

	if (!pending->path || !pending->path->refs)
		return bad(c, "pending clone %u has no path", pending->serial);
	if (!pending->creator && !pending->returned)
		return bad(c, "pending clone %u: nobody is in the call",
			   pending->serial);
	if (pending->creator && (!known_task(c, pending->creator) ||
				 pending->creator->pending != pending))
		return bad(c, "pending clone %u is not its creator's",
			   pending->serial);
	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		const struct ss_resource *r = pending->resources[kind];

		if (r && r->kind != kind)
			return bad(c, "pending clone %u: bad resource %d",
				   pending->serial, kind);
	}
	if (pending->copy.from && pending->copy.to !=
	    (const void *)pending->resources[SS_KIND_FILES])
		return bad(c, "pending clone %u: its copy is not its own",
			   pending->serial);
	if (pending->copy.from && pending->returned)
		return bad(c, "pending clone %u: copies after its return",
			   pending->serial);
	c->copies += pending->copy.from != NULL;
	c->creds += (pending->creds != NULL) + (pending->before != NULL);
	return 0;
}

static int check_pendings(struct checking *c)
{
	const struct ss_pending *pending, *last = NULL;
	unsigned int count = 0, orphans = 0;

	DL_FOREACH(c->model->pendings, pending) {
		int r = check_pending(c, pending);

		if (r)
			return r;
		if (last && (pending->prev != last ||
			     pending->serial <= last->serial))
			return bad(c, "pending clone %u is out of order",
				   pending->serial);
		last = pending;
		count++;
		orphans += !pending->creator;
	}
	if (count != c->model->pending_count)
		return bad(c, "%u pending clones, not %u", count,
			   c->model->pending_count);
	if (orphans != c->model->orphan_count)
		return bad(c, "%u orphaned clones, not %u", orphans,
			   c->model->orphan_count);
	return 0;
}

/* After the tasks and the pending clones. */
static int check_shared_creds(struct checking *c)
{
	const struct ss_shared_creds *creds, *found;

	for (creds = c->model->creds; creds; creds = creds->hh.next) {
		HASH_FIND(hh, c->model->creds, &creds->creds,
			  sizeof(creds->creds), found);
		if (found != creds || !creds->refs)
			return bad(c, "credentials of uid %u are not found",
				   creds->creds.uid[0]);
		c->creds -= creds->refs;
	}
	if (c->creds)
		return bad(c, "%zd references to credentials are not counted",
			   c->creds);
	return 0;
}

static int check_pidns(struct checking *c)
{
	const struct ss_pidns *ns;
	const struct ss_number *number;
	size_t numbers = 0;

	for (ns = c->model->pidns; ns; ns = ns->hh.next) {
		if (!ns->refs || ns->refs != HASH_COUNT(ns->numbers))
			return bad(c, "pid namespace %llu: %u references",
				   (unsigned long long)ns->ino, ns->refs);
		for (number = ns->numbers; number; number = number->hh.next) {
			if (number->ns != ns)
				return bad(c, "number %d is of another pid "
					   "namespace", number->nr);
		}
		numbers += ns->refs;
	}
	if (numbers != c->numbers)
		return bad(c, "%zu numbers, but tasks have %zu", numbers,
			   c->numbers);
	return 0;
}

/* Open files and epolls. */

static int check_items(struct checking *c, const struct ss_file *file)
{
	const struct ss_epoll_number *number;
	const struct ss_epoll_item *item;

	for (number = file->epoll->numbers; number; number = number->hh.next) {
		DL_FOREACH(number->items, item) {
			if (item->epoll != file || item->tfd != number->tfd)
				return bad(c, "an item of number %d stands "
					   "in the wrong list", number->tfd);
			if (!known_file(c, item->target))
				return bad(c, "an item of number %d dangles",
					   number->tfd);
			c->items++;
		}
	}
	return 0;
}

static int check_file(struct checking *c, const struct ss_file *file)
{
	const struct ss_epoll_item *item;
	uintptr_t holder;
	char name[96];

	ss_file_print(file, name, sizeof(name));
	if (!file->holders && !file->watchers)
		return bad(c, "file %s has no holder", name);
	if (file->orphan != !file->holders)
		return bad(c, "file %s: orphan or not?", name);
	c->orphans += file->orphan;
	for (holder = file->holders; holder; holder = ss_holder_next(holder)) {
		int fd = ss_holder_fd(holder);

		if (ss_slot_file(ss_holder_table(holder), fd) != file)
			return bad(c, "file %s: slot %d holds another", name,
				   fd);
		c->holders++;
	}
	DL_FOREACH2(file->watchers, item, wnext) {
		if (item->target != file || !known_file(c, item->epoll))
			return bad(c, "file %s: item %d watches another", name,
				   item->tfd);
		c->watchers++;
	}
	return file->epoll ? check_items(c, file) : 0;
}

static int check_place(struct checking *c, const struct ss_file_set *set,
		       const struct ss_file *file)
{
	const struct ss_file *children[2] = { file->left, file->right };
	unsigned int i;

	if ((file == set->root) != (file->up == NULL))
		return bad(c, "a tree has two roots");
	for (i = 0; i < 2; i++) {
		if (children[i] && children[i]->up != file)
			return bad(c, "a tree has a broken branch");
		if (children[i] && children[i]->priority < file->priority)
			return bad(c, "a tree is no heap");
	}
	return 0;
}

static int gather_file(struct checking *c, const struct ss_file_set *set,
		       const struct ss_file *file, bool placed)
{
	if (c->n_files == c->model->open.count)
		return bad(c, "there are more open files than counted");
	c->files[c->n_files++] = file;
	if (file->set != set || file->placed != placed)
		return bad(c, "a file stands in the wrong tree or list");
	if (!file->label.origin.path || !file->label.origin.path->refs ||
	    !file->label.seen || !file->label.seen->refs)
		return bad(c, "a file has no label");
	return 0;
}

/* Also gathers the files. */
static int check_set(struct checking *c, const struct ss_file_set *set)
{
	const struct ss_file *file;
	size_t before = c->n_files;
	int r = 0;

	if (ss_file_set_find(&c->model->open, &set->hint) != set)
		return bad(c, "a set is not found by its hint");
	for (file = ss_file_set_first(set); file && !r;
	     file = ss_file_next(file)) {
		r = check_place(c, set, file);
		if (!r)
			r = gather_file(c, set, file, true);
	}
	for (file = set->unplaced; file && !r; file = file->next)
		r = gather_file(c, set, file, false);
	if (!r && (!set->count || c->n_files - before != set->count))
		r = bad(c, "a set has %zu files, not %u", c->n_files - before,
			set->count);
	return r;
}

static int check_labels(struct checking *c)
{
	char name[96];
	size_t i;

	if (c->n_files < 2)
		return 0;
	qsort(c->files, c->n_files, sizeof(*c->files), by_label);
	for (i = 1; i < c->n_files; i++) {
		if (ss_file_compare(c->files[i - 1], c->files[i]) < 0)
			continue;
		ss_file_print(c->files[i], name, sizeof(name));
		return bad(c, "two files are called %s", name);
	}
	qsort(c->files, c->n_files, sizeof(*c->files), by_address);
	return 0;
}

static int check_files(struct checking *c)
{
	const struct ss_file_table *open = &c->model->open;
	const struct ss_file_set *set;
	size_t i;
	int r = 0;

	c->files = calloc(open->count + 1, sizeof(*c->files));
	if (!c->files)
		return -ENOMEM;
	for (set = open->sets; set && !r; set = set->hh.next)
		r = check_set(c, set);
	if (!r && c->n_files != open->count)
		r = bad(c, "%zu open files, not %u", c->n_files, open->count);
	if (!r && open->peak < open->count)
		r = bad(c, "%u open files are more than the peak",
			open->count);
	if (!r)
		r = check_labels(c);
	for (i = 0; i < c->n_files && !r; i++)
		r = check_file(c, c->files[i]);
	if (!r && c->items != c->watchers)
		r = bad(c, "%zu items, but %zu watchers", c->items,
			c->watchers);
	if (!r && c->orphans != open->orphans)
		r = bad(c, "%zu orphans, not %u", c->orphans, open->orphans);
	return r;
}

/* Tables, and everything else that is counted. */

static int check_slot(struct checking *c, const struct ss_row *row,
		      unsigned int i)
{
	const struct ss_slot *slot = &row->slots[i];
	const struct ss_origin *origin = slot->file ?
		row->origins ? &row->origins[i] : NULL : &slot->origin;
	unsigned int fd = row->number * SS_ROW_SLOTS + i;

	if (origin && origin->path && (!origin->path->refs || !origin->count))
		return bad(c, "slot %u has no origin", fd);
	if (slot->file && !known_file(c, slot->file))
		return bad(c, "slot %u dangles", fd);
	c->held_slots += slot->file != NULL;
	if (!slot->file && (row->kept & 1u << i))
		return bad(c, "slot %u keeps nothing", fd);
	if (!slot->file && ((row->first_seen & 1u << i) ||
			    (row->origins && row->origins[i].path)))
		return bad(c, "slot %u: an origin of nothing", fd);
	return 0;
}

static int check_slots(struct checking *c, const struct ss_files *files)
{
	unsigned int at, i;
	int r = 0;

	for (at = 0; at < files->row_count; at++) {
		const struct ss_row *row = files->rows[at];

		if (row->table != files ||
		    (at && row->number <= files->rows[at - 1]->number))
			return bad(c, "row %u stands in the wrong place",
				   row->number);
		for (i = 0; i < SS_ROW_SLOTS && !r; i++)
			r = check_slot(c, row, i);
		if (r)
			return r;
	}
	return 0;
}

static int check_table(struct checking *c, const struct ss_files *files)
{
	const struct ss_task *task;
	const struct ss_copy *copy;

	if (files->open != &c->model->open || !files->base)
		return bad(c, "a table is of another model");
	DL_FOREACH2(files->users, task, fnext) {
		if (ss_task_files(task) != files)
			return bad(c, "a table counts a stranger as its user");
		if (task->group != files->users->group && !files->crosses)
			return bad(c, "a table is of two groups unknowingly");
		c->users--;
	}
	DL_FOREACH2(files->flights, task, flight.next) {
		if (task->flight.kind != SS_FLIGHT_SLOTS ||
		    ss_task_files(task) != files)
			return bad(c, "a table waits for a stranger's call");
		c->flights--;
	}
	DL_FOREACH(files->copies, copy) {
		if (copy->from != files || !copy->to)
			return bad(c, "a table's copy is another's");
		c->copies--;
	}
	return check_slots(c, files);
}

static int check_references(struct checking *c)
{
	size_t i, run;

	for (i = 0; i < c->n_resources; i += run) {
		const struct ss_resource *resource = c->resources[i];
		int r = 0;

		for (run = 1; i + run < c->n_resources &&
		     c->resources[i + run] == resource; run++)
			;
		if (resource->refs != run)
			return bad(c, "a resource of kind %d has %u "
				   "references, not %zu", resource->kind,
				   resource->refs, run);
		if (resource->kind == SS_KIND_FILES)
			r = check_table(c, (const struct ss_files *)resource);
		if (r)
			return r;
	}
	if (c->users || c->flights || c->copies)
		return bad(c, "%zd users, %zd flights, %zd copies have no "
			   "table", c->users, c->flights, c->copies);
	if (c->adding != c->model->open.adding)
		return bad(c, "%zu calls add items, not %u", c->adding,
			   c->model->open.adding);
	if (c->holders != c->held_slots)
		return bad(c, "%zu holders, but %zu slots with a file",
			   c->holders, c->held_slots);
	return 0;
}

static void gather(struct checking *c, struct ss_resource *const *resources)
{
	enum ss_kind kind;

	for (kind = 0; kind < SS_KIND_COUNT; kind++) {
		if (resources[kind])
			c->resources[c->n_resources++] = resources[kind];
	}
}

static int gather_all(struct checking *c)
{
	const struct ss_model *model = c->model;
	const struct ss_pending *pending;
	const struct ss_task *task;
	size_t most = model->tasks.count + model->pending_count;

	c->resources = calloc(most * SS_KIND_COUNT + 1, sizeof(*c->resources));
	if (!c->resources)
		return -ENOMEM;
	for (task = ss_model_next(model, NULL); task;
	     task = ss_model_next(model, task)) {
		gather(c, task->resources);
		c->users += ss_task_files(task) != NULL;
	}
	DL_FOREACH(model->pendings, pending)
		gather(c, pending->resources);
	if (c->n_resources)
		qsort(c->resources, c->n_resources, sizeof(*c->resources),
		      by_address);
	return 0;
}

static int check_userns(struct checking *c)
{
	const struct ss_userns *ns, *found;

	for (ns = c->model->userns; ns; ns = ns->hh.next) {
		if (!ns->parent)
			continue;
		HASH_FIND(hh, c->model->userns, &ns->parent->ino,
			  sizeof(ns->parent->ino), found);
		if (found != ns->parent)
			return bad(c, "user namespace %llu: lost parent",
				   (unsigned long long)ns->ino);
	}
	return 0;
}

int ss_model_verify(const struct ss_model *model, char *why, size_t size)
{
	static int (*const checks[])(struct checking *) = {
		/* Each may rely on those before it. */
		check_userns, check_tasks, check_pendings, check_shared_creds,
		check_pidns,
		check_files, gather_all, check_references,
	};
	struct checking c = { .model = model, .why = why, .size = size };
	size_t i;
	int r = 0;

	for (i = 0; i < SS_ARRAY_SIZE(checks) && !r; i++)
		r = checks[i](&c);
	free(c.resources);
	free(c.files);
	return r;
}
