/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/resource.h"

#include <stdio.h>
#include <string.h>

#include "model/descriptors.h"

static size_t kind_size(enum ss_kind kind)
{
	switch (kind) {
	case SS_KIND_MM:
		return sizeof(struct ss_mm);
	case SS_KIND_FILES:
		return sizeof(struct ss_files);
	case SS_KIND_IO:
		return sizeof(struct ss_ioc);
	case SS_KIND_SIGHAND:
		return sizeof(struct ss_handlers);
	case SS_KIND_FS:
	case SS_KIND_UNDO:
	case SS_KIND_COUNT:
		break;
	}
	return sizeof(struct ss_resource);
}

struct ss_resource *ss_resource_new(enum ss_kind kind, struct ss_path *path,
				    unsigned int serial)
{
	struct ss_resource *resource = calloc(1, kind_size(kind));

	if (!resource)
		return NULL;
	resource->kind = kind;
	resource->refs = 1;
	resource->path = ss_path_get(path);
	resource->serial = serial;
	return resource;
}

struct ss_resource *ss_resource_get(struct ss_resource *resource)
{
	if (resource)
		resource->refs++;
	return resource;
}

void ss_resource_put(struct ss_resource *resource)
{
	if (!resource || --resource->refs)
		return;
	if (resource->kind == SS_KIND_FILES)
		ss_files_release((struct ss_files *)resource);
	ss_path_put(resource->path);
	free(resource);
}

int ss_resource_compare(const struct ss_resource *a,
			const struct ss_resource *b)
{
	int order;

	if (a == b)
		return 0;
	if (!a || !b)
		return a ? 1 : -1;
	order = ss_path_compare(a->path, b->path);
	return order ? order : SS_ORDER(a->serial, b->serial);
}

char *ss_resource_print(const struct ss_resource *resource, char *buffer,
			size_t size)
{
	size_t length;

	if (!resource) {
		snprintf(buffer, size, "-");
		return buffer;
	}
	ss_path_print(resource->path, buffer, size);
	length = strlen(buffer);
	if (resource->serial > 1)
		snprintf(buffer + length, size - length, "~%u",
			 resource->serial);
	return buffer;
}
