/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/numbers.h"

#include <stdlib.h>

static unsigned int size_of(const struct ss_numbers *table)
{
	return table->many ? table->size : SS_NUMBERS_FEW;
}

/* Numbers are given out in turn: their lowest bits differ most. */
static unsigned int bucket_of(const struct ss_numbers *table, int number)
{
	return (unsigned int)number & (size_of(table) - 1);
}

static struct ss_numbered **bucket(struct ss_numbers *table, unsigned int i)
{
	return table->many ? &table->many[i] : &table->few[i];
}

static struct ss_numbered *first_in(const struct ss_numbers *table,
				    unsigned int i)
{
	return table->many ? table->many[i] : table->few[i];
}

static void put_in(struct ss_numbers *table, struct ss_numbered *element)
{
	struct ss_numbered **head =
		bucket(table, bucket_of(table, element->number));

	element->next = *head;
	*head = element;
}

/* Twice as many buckets, if there is memory for them. */
static void grow(struct ss_numbers *table)
{
	struct ss_numbers larger = {
		.size = 2 * size_of(table),
		.count = table->count,
	};
	struct ss_numbered *element, *next;
	unsigned int i;

	larger.many = calloc(larger.size, sizeof(struct ss_numbered *));
	if (!larger.many)
		return;
	for (i = 0; i < size_of(table); i++) {
		for (element = first_in(table, i); element; element = next) {
			next = element->next;
			put_in(&larger, element);
		}
	}
	free(table->many);
	*table = larger;
}

void ss_numbers_add(struct ss_numbers *table, struct ss_numbered *element,
		    int number)
{
	if (table->count >= size_of(table))
		grow(table);
	element->number = number;
	put_in(table, element);
	table->count++;
}

void ss_numbers_remove(struct ss_numbers *table, struct ss_numbered *element)
{
	struct ss_numbered **link =
		bucket(table, bucket_of(table, element->number));

	while (*link != element)
		link = &(*link)->next;
	*link = element->next;
	table->count--;
}

struct ss_numbered *ss_numbers_find(const struct ss_numbers *table, int number)
{
	struct ss_numbered *element = first_in(table,
					       bucket_of(table, number));

	while (element && element->number != number)
		element = element->next;
	return element;
}

struct ss_numbered *ss_numbers_next(const struct ss_numbers *table,
				    const struct ss_numbered *element)
{
	struct ss_numbered *next = NULL;
	unsigned int i = 0;

	if (element) {
		next = element->next;
		i = bucket_of(table, element->number) + 1;
	}
	for (; !next && i < size_of(table); i++)
		next = first_in(table, i);
	return next;
}

void ss_numbers_release(struct ss_numbers *table)
{
	free(table->many);
	table->many = NULL;
}
