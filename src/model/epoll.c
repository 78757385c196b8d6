/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/epoll.h"

#include <errno.h>
#include <utlist.h>

/* The kernel refuses deeper nesting (EP_MAX_NESTS) and loops. */
#define MAX_NESTS	5

static bool watches(const struct ss_file *epoll, const struct ss_file *file,
		    unsigned int depth, uint64_t visit)
{
	const struct ss_epoll_number *number;
	const struct ss_epoll_item *item;

	if (epoll == file || depth == 0)
		return true;
	/* Each once, however many ways lead there. */
	if (!epoll->epoll || epoll->epoll->visited == visit)
		return false;
	epoll->epoll->visited = visit;
	for (number = epoll->epoll->numbers; number; number = number->hh.next) {
		DL_FOREACH(number->items, item) {
			if (item->target == file ||
			    (item->target->epoll &&
			     watches(item->target, file, depth - 1, visit)))
				return true;
		}
	}
	return false;
}

static struct ss_epoll_number *number_find(const struct ss_file *file, int tfd)
{
	struct ss_epoll_number *number = NULL;

	if (file->epoll)
		HASH_FIND_INT(file->epoll->numbers, &tfd, number);
	return number;
}

static struct ss_epoll_item *item_find(const struct ss_file *file, int tfd,
				       const struct ss_file *target)
{
	struct ss_epoll_number *number = number_find(file, tfd);
	struct ss_epoll_item *item;

	if (!number)
		return NULL;
	DL_FOREACH(number->items, item) {
		if (item->target == target)
			return item;
	}
	return NULL;
}

static struct ss_epoll_number *number_new(struct ss_epoll *epoll, int tfd)
{
	struct ss_epoll_number *number = calloc(1, sizeof(*number));

	if (!number)
		return NULL;
	number->tfd = tfd;
	HASH_ADD_INT(epoll->numbers, tfd, number);
	if (ss_hash_failed(number)) {
		free(number);
		return NULL;
	}
	return number;
}

static struct ss_epoll_number *number_get(struct ss_file *file, int tfd)
{
	struct ss_epoll_number *number = number_find(file, tfd);
	struct ss_epoll *epoll = file->epoll;

	if (number)
		return number;
	if (!epoll)
		epoll = calloc(1, sizeof(*epoll));
	if (!epoll)
		return NULL;
	number = number_new(epoll, tfd);
	if (number)
		file->epoll = epoll;
	else if (!file->epoll)
		free(epoll);
	return number;
}

/* Its target may go with it.  The number's record is the caller's to look
   after. */
static void item_free(struct ss_file_table *table,
		      struct ss_epoll_number *number,
		      struct ss_epoll_item *item)
{
	struct ss_file *target = item->target;

	DL_DELETE(number->items, item);
	DL_DELETE2(target->watchers, item, wprev, wnext);
	free(item);
	ss_file_drop(table, target);
}

/* The number may get an item now that is not the one that was meant. */
static void doubt(struct ss_epoll_number *number)
{
	struct ss_epoll_item *item;

	if (!number)
		return;
	DL_FOREACH(number->items, item)
		item->sure = false;
}

void ss_epoll_doubt(struct ss_file_table *table, int tfd)
{
	table->doubted[(unsigned int)tfd % SS_DOUBT_NUMBERS] = ++table->doubts;
}

static bool is_sure(const struct ss_file_table *table,
		    const struct ss_epoll_item *item)
{
	unsigned int number = (unsigned int)item->tfd % SS_DOUBT_NUMBERS;

	return item->sure && !item->deleted &&
		table->doubted[number] <= item->sure_since;
}

int ss_epoll_add(struct ss_file_table *table, struct ss_file *file, int tfd,
		 struct ss_file *target, unsigned int lines)
{
	struct ss_epoll_item *item = item_find(file, tfd, target);
	struct ss_epoll_number *number;
	bool sure = lines == 1 && !table->adding;

	if (!lines)
		doubt(number_find(file, tfd));
	if (item) {
		item->deleted = false;
		item->sure = item->sure || sure;
		if (sure)
			item->sure_since = table->doubts;
		return 0;
	}
	if (watches(target, file, MAX_NESTS, ++table->visits))
		return 0;
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	number = number_get(file, tfd);
	if (!number) {
		free(item);
		return -ENOMEM;
	}
	item->epoll = file;
	item->tfd = tfd;
	item->target = target;
	item->sure = sure;
	item->sure_since = table->doubts;
	DL_APPEND(number->items, item);
	DL_APPEND2(target->watchers, item, wprev, wnext);
	return 0;
}

void ss_epoll_delete(struct ss_file *file, int tfd, struct ss_file *target)
{
	struct ss_epoll_item *item = item_find(file, tfd, target);

	if (item)
		item->deleted = true;
}

static bool hint_is(const struct ss_file *file, const struct ss_hint *hint)
{
	return file->set->hint.dev == hint->dev &&
	       file->set->hint.ino == hint->ino;
}

struct ss_file *ss_epoll_target(struct ss_file_table *table,
				struct ss_file *file, int tfd,
				const struct ss_hint *hint,
				unsigned int lines)
{
	struct ss_epoll_number *number = number_find(file, tfd);
	struct ss_epoll_item *item, *tmp, *found = NULL;
	unsigned int live = 0, dead = 0;

	if (!number)
		return NULL;
	DL_FOREACH(number->items, item) {
		if (!hint_is(item->target, hint))
			continue;
		if (item->deleted) {
			dead++;
		} else {
			live++;
			found = item;
		}
	}
	/* If nobody holds it any more, the line may be another's. */
	if (lines != 1 || live != 1 || !found->target->holders)
		return NULL;
	if (dead) {
		DL_FOREACH_SAFE(number->items, item, tmp) {
			if (item->deleted && hint_is(item->target, hint))
				item_free(table, number, item);
		}
	}
	return found->target;
}

void ss_epoll_forget(struct ss_file_table *table, struct ss_file *target)
{
	struct ss_epoll_item *item = target->watchers, *next;

	for (; item; item = next) {
		struct ss_file *epoll = item->epoll;
		struct ss_epoll_number *number = number_find(epoll,
							     item->tfd);

		next = item->wnext;
		item_free(table, number, item);
		if (!number->items) {
			HASH_DEL(epoll->epoll->numbers, number);
			free(number);
		}
	}
}

static int line_compare(const void *a, const void *b)
{
	const struct ss_epoll_line *x = a, *y = b;
	int order = SS_ORDER(x->tfd, y->tfd);

	if (!order)
		order = SS_ORDER(x->hint.dev, y->hint.dev);
	return order ? order : SS_ORDER(x->hint.ino, y->hint.ino);
}

/* How many of the sorted lines are like this item? */
static size_t count_lines(const struct ss_epoll_item *item,
			  const struct ss_epoll_line *lines, size_t n)
{
	struct ss_epoll_line key = {
		.tfd = item->tfd,
		.hint = item->target->set->hint,
	};
	const struct ss_epoll_line *found =
		n ? bsearch(&key, lines, n, sizeof(*lines), line_compare) :
		NULL;
	const struct ss_epoll_line *end = found;

	if (!found)
		return 0;
	while (found > lines && !line_compare(found - 1, &key))
		found--;
	while (end < lines + n && !line_compare(end, &key))
		end++;
	return (size_t)(end - found);
}

/* Candidates of the same hint that somebody holds, and nobody deleted. */
static size_t count_held(const struct ss_epoll_number *number,
			 const struct ss_hint *hint)
{
	const struct ss_epoll_item *item;
	size_t n = 0;

	DL_FOREACH(number->items, item) {
		if (!item->deleted && item->target->holders &&
		    hint_is(item->target, hint))
			n++;
	}
	return n;
}

static bool is_stale(const struct ss_file_table *table,
		     const struct ss_epoll_number *number,
		     const struct ss_epoll_item *item,
		     const struct ss_epoll_line *lines, size_t n)
{
	size_t there = count_lines(item, lines, n);

	if (!there)
		return true;
	if (is_sure(table, item))
		return false;
	return (item->deleted || !item->target->holders) &&
		there <= count_held(number, &item->target->set->hint);
}

void ss_epoll_prune(struct ss_file_table *table, struct ss_file *file,
		    struct ss_epoll_line *lines, size_t n)
{
	struct ss_epoll_number *number, *tmp;
	struct ss_epoll_item *item, *next;

	if (!file->epoll)
		return;
	if (n)
		qsort(lines, n, sizeof(*lines), line_compare);
	HASH_ITER(hh, file->epoll->numbers, number, tmp) {
		DL_FOREACH_SAFE(number->items, item, next) {
			if (is_stale(table, number, item, lines, n))
				item_free(table, number, item);
		}
		if (!number->items) {
			HASH_DEL(file->epoll->numbers, number);
			free(number);
		}
	}
}

const struct ss_epoll_item *ss_epoll_reach(const struct ss_file_table *table,
					   const struct ss_file *file)
{
	const struct ss_epoll_item *item;

	DL_FOREACH2(file->watchers, item, wnext) {
		if (item->epoll->holders && is_sure(table, item))
			return item;
	}
	return NULL;
}

struct ss_file *ss_epoll_newest(const struct ss_file *file, int tfd)
{
	struct ss_epoll_number *number = number_find(file, tfd);

	return number && number->items ? number->items->prev->target : NULL;
}

void ss_epoll_free(struct ss_file_table *table, struct ss_epoll *epoll)
{
	struct ss_epoll_number *number, *tmp;

	if (!epoll)
		return;
	HASH_ITER(hh, epoll->numbers, number, tmp) {
		HASH_DEL(epoll->numbers, number);
		while (number->items)
			item_free(table, number, number->items);
		free(number);
	}
	free(epoll);
}
