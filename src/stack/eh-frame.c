/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack/eh-frame.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More of a file than any honest one has. */
#define SECTIONS_MAX	4096u
#define NAMES_MAX	(1u << 20)
#define SECTION_MAX	(64u << 20)

/* How an address is written: DW_EH_PE_*. */
#define FORM		0x0f
#define FORM_ADDRESS	0x00
#define FORM_UDATA4	0x03
#define FORM_SDATA4	0x0b
#define FORM_SDATA8	0x0c
#define RELATIVE	0x70
#define RELATIVE_NOT	0x00
#define RELATIVE_PLACE	0x10	/* to where it is written */
#define NOT_UNDERSTOOD	0xff

/* ---- the section ---- */

struct bytes {
	const uint8_t *data;	/* borrowed: the section */
	size_t size;
	uint64_t address;	/* of .data in memory */
};

static bool read_at(const struct bytes *bytes, size_t at, void *ret,
		    size_t size)
{
	if (at > bytes->size || size > bytes->size - at)
		return false;
	memcpy(ret, bytes->data + at, size);
	return true;
}

/* Of either sign: seven bits a byte. */
static bool skip_leb128(const struct bytes *bytes, size_t *at)
{
	while (*at < bytes->size) {
		if (!(bytes->data[(*at)++] & 0x80))
			return true;
	}
	return false;
}

/* Size of an address in this form, or 0. */
static size_t form_size(uint8_t form)
{
	switch (form & FORM) {
	case FORM_UDATA4:
	case FORM_SDATA4:
		return 4;
	case FORM_ADDRESS:
	case FORM_SDATA8:
		return 8;
	default:
		return 0;
	}
}

/* An address, and where it ends. */
static bool read_address(const struct bytes *bytes, size_t *at, uint8_t form,
			 uint64_t *ret)
{
	size_t size = form_size(form);
	uint64_t value = 0;

	if (!size || !read_at(bytes, *at, &value, size))
		return false;
	if ((form & FORM) == FORM_SDATA4)
		value = (uint64_t)(int64_t)(int32_t)value;
	if ((form & RELATIVE) == RELATIVE_PLACE)
		value += bytes->address + *at;
	else if ((form & RELATIVE) != RELATIVE_NOT)
		return false;
	*at += size;
	*ret = value;
	return true;
}

/*
 * In what form do the entries that refer to this one have their addresses?
 * Of a common entry: at is behind its id.
 */
static uint8_t common_form(const struct bytes *bytes, size_t at)
{
	const char *letters;
	size_t length;
	uint64_t ignored;

	if (at >= bytes->size)
		return NOT_UNDERSTOOD;
	letters = (const char *)bytes->data + ++at;
	length = strnlen(letters, bytes->size - at);
	at += length + 1;
	if (!length)
		return FORM_ADDRESS;
	/* Alignments, the register of the return address, the size of what
	   follows. */
	if (letters[0] != 'z' || !skip_leb128(bytes, &at) ||
	    !skip_leb128(bytes, &at) || !skip_leb128(bytes, &at) ||
	    !skip_leb128(bytes, &at))
		return NOT_UNDERSTOOD;
	while (*++letters && at < bytes->size) {
		uint8_t form = bytes->data[at++];

		if (*letters == 'R')
			return form;
		/* The personality routine. */
		if (*letters == 'P' &&
		    !read_address(bytes, &at, form & FORM, &ignored))
			return NOT_UNDERSTOOD;
		if (*letters == 'S' || *letters == 'B')
			at--;	/* has no data */
		else if (*letters != 'P' && *letters != 'L')
			return NOT_UNDERSTOOD;
	}
	return FORM_ADDRESS;
}

/* ---- the index ---- */

static int add(struct ss_eh_index *index, uint64_t start, uint64_t size,
	       uint64_t entry)
{
	struct ss_eh_entry *made;

	if (index->count == index->room) {
		size_t wider = index->room ? 2 * index->room : 1024;

		made = reallocarray(index->entries, wider, sizeof(*made));
		if (!made)
			return -ENOMEM;
		index->entries = made;
		index->room = wider;
	}
	if (!index->count || start < index->first)
		index->first = start;
	if (start + size > index->end)
		index->end = start + size;
	made = &index->entries[index->count++];
	made->start = (int32_t)(start - index->base);
	made->entry = (int32_t)(entry - index->base);
	return 0;
}

/* One entry: at is behind its size, where its id is. */
static int add_entry(struct ss_eh_index *index, const struct bytes *bytes,
		     size_t entry, size_t at)
{
	uint64_t start, size;
	uint8_t form;
	uint32_t id;

	/* A common entry; or a distance back to one. */
	if (!read_at(bytes, at, &id, sizeof(id)) || !id || id > at)
		return 0;
	form = common_form(bytes, at - id + 4 + sizeof(id));
	at += sizeof(id);
	if (form == NOT_UNDERSTOOD ||
	    !read_address(bytes, &at, form, &start) ||
	    !read_address(bytes, &at, form & FORM, &size) || !size ||
	    start + size < start)
		return 0;
	/* What does not fit the index is not ours: it is of a program that
	   is not relocatable, and below 2 GiB. */
	if (start + size > INT32_MAX)
		return 0;
	return add(index, start, size, bytes->address + entry);
}

static int compare(const void *a, const void *b)
{
	const struct ss_eh_entry *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

int ss_eh_index_make(struct ss_eh_index *ret, const uint8_t *section,
		     size_t size, uint64_t address)
{
	const struct bytes bytes = { section, size, address };
	struct ss_eh_index index = { .base = address };
	size_t at = 0;
	int r = 0;

	while (!r) {
		size_t entry = at;
		uint32_t length;

		/* The end; or 64 bits of length, which nobody needs. */
		if (!read_at(&bytes, at, &length, sizeof(length)) || !length ||
		    length == UINT32_MAX || length > size - at - 4)
			break;
		at += sizeof(length);
		r = add_entry(&index, &bytes, entry, at);
		at += length;
	}
	if (r) {
		ss_eh_index_release(&index);
		return r;
	}
	if (index.count)
		qsort(index.entries, index.count, sizeof(*index.entries),
		      compare);
	*ret = index;
	return 0;
}

void ss_eh_index_release(struct ss_eh_index *index)
{
	free(index->entries);
	*index = (struct ss_eh_index){ 0 };
}

/* ---- the file ---- */

/* Part of a file, or NULL and errno. */
static void *read_part(int fd, uint64_t at, uint64_t size, uint64_t max)
{
	void *part;

	if (!size || size > max) {
		errno = EINVAL;
		return NULL;
	}
	part = malloc(size);
	if (part && pread(fd, part, size, (off_t)at) != (ssize_t)size) {
		free(part);
		errno = EINVAL;
		return NULL;
	}
	return part;
}

static int find_section(int fd, const Elf64_Ehdr *header,
			Elf64_Shdr *ret)
{
	ss_cleanup_free Elf64_Shdr *sections = NULL;
	ss_cleanup_free char *names = NULL;
	const Elf64_Shdr *strings;
	unsigned int i;

	if (!header->e_shnum)
		return -ENOENT;
	if (header->e_shentsize != sizeof(*sections) ||
	    header->e_shstrndx >= header->e_shnum)
		return -EINVAL;
	sections = read_part(fd, header->e_shoff,
			     header->e_shnum * sizeof(*sections),
			     SECTIONS_MAX * sizeof(*sections));
	if (!sections)
		return -errno;
	strings = &sections[header->e_shstrndx];
	names = read_part(fd, strings->sh_offset, strings->sh_size, NAMES_MAX);
	if (!names)
		return -errno;
	names[strings->sh_size - 1] = '\0';
	for (i = 0; i < header->e_shnum; i++) {
		if (sections[i].sh_name < strings->sh_size &&
		    sections[i].sh_flags & SHF_ALLOC &&
		    !strcmp(names + sections[i].sh_name, ".eh_frame")) {
			*ret = sections[i];
			return 0;
		}
	}
	return -ENOENT;
}

int ss_eh_index_read(struct ss_eh_index *ret, pid_t tid)
{
	ss_cleanup_free uint8_t *content = NULL;
	ss_cleanup_fd int fd = -1;
	Elf64_Shdr section = { 0 };
	Elf64_Ehdr header;
	char path[32];
	int r;

	/* Whatever the program has done to its path, this is the file. */
	(void)snprintf(path, sizeof(path), "/proc/%d/exe", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64)
		return -EINVAL;
	if (header.e_type != ET_EXEC)
		return -ENOENT;
	r = find_section(fd, &header, &section);
	if (r)
		return r;
	content = read_part(fd, section.sh_offset, section.sh_size,
			    SECTION_MAX);
	if (!content)
		return -errno;
	return ss_eh_index_make(ret, content, section.sh_size,
				section.sh_addr);
}
