/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/policy-load.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/file.h"

static bool is_path(const char *name)
{
	static const char ending[] = ".yaml";
	size_t length = strlen(name);

	return strchr(name, '/') ||
		(length >= strlen(ending) &&
		 strcmp(name + length - strlen(ending), ending) == 0);
}

static void make_path(const char *name, struct ss_text *path)
{
	const char *directory = getenv("SELFSAME_POLICIES");

	if (is_path(name))
		ss_text_add_string(path, name);
	else
		ss_text_printf(path, "%s/%s.yaml", directory && *directory ?
			       directory : SS_POLICIES, name);
}

/* One byte more than is allowed tells that there are more.  0 or an errno. */
static int read_all(const char *path, struct ss_text *ret)
{
	FILE *file = fopen(path, "re");
	int error = 0;

	if (!file)
		return errno;
	errno = 0;
	while (!error && !feof(file) && ret->length <= SS_POLICY_BYTES) {
		char buffer[4096];
		size_t n = fread(buffer, 1, sizeof(buffer), file);

		if (ferror(file))
			error = errno ? errno : EIO;
		ss_text_add(ret, buffer, n);
		if (ret->error)
			error = -ret->error;
	}
	(void)fclose(file);
	return error;
}

void ss_policy_load(struct ss_policy *policy, const char *name,
		    struct ss_problems *problems)
{
	ss_cleanup_text struct ss_text path = { 0 }, text = { 0 };
	const char *source = NULL;
	int error;

	make_path(name, &path);
	if (!path.error)
		source = ss_policy_source(policy, ss_text_string(&path));
	if (!source) {
		problems->error = -ENOMEM;
		return;
	}
	error = read_all(source, &text);
	if (error == ENOENT && !is_path(name))
		ss_problem_add(problems, (struct ss_where){ .file = source },
			       "no policy of that name is installed; a path "
			       "has a slash in it, or ends in .yaml");
	else if (error)
		ss_problem_add(problems, (struct ss_where){ .file = source },
			       "cannot be read: %s", strerror(error));
	else
		ss_policy_read(policy, source, ss_text_string(&text),
			       text.length, problems);
}
