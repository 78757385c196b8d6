/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static void say(const char *prefix, const char *format, va_list arguments)
	__attribute__((__format__(__printf__, 2, 0)));

static void say(const char *prefix, const char *format, va_list arguments)
{
	static const char cut[] = "...\n";
	char line[SS_MESSAGE_MAX + sizeof(cut)];
	size_t used = strlen(prefix);
	int saved_errno = errno;
	int length;

	memcpy(line, prefix, used);
	length = vsnprintf(line + used, sizeof(line) - used, format, arguments);
	if (length > 0)
		used += (size_t)length;
	if (used < SS_MESSAGE_MAX) {
		line[used++] = '\n';
	} else {
		used = SS_MESSAGE_MAX - strlen(cut);
		memcpy(line + used, cut, strlen(cut));
		used += strlen(cut);
	}
	/* Nobody can be told that telling failed. */
	(void)!ss_file_write(STDERR_FILENO, line, used);
	errno = saved_errno;
}

void ss_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("selfsame: ", format, arguments);
	va_end(arguments);
}

void ss_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("selfsame: warning: ", format, arguments);
	va_end(arguments);
}
