/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What helpers ask that stop themselves, and maybe us. */
#ifndef STOPS_H
#define STOPS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Is our parent a selfsame? */
static inline bool is_supervised(void)
{
	char path[32], name[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)getppid());
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
	return !strcmp(name, "selfsame");
}

/* Until its state is one of these letters, or it has gone.  No call here is
   watched: it would wake the supervisor. */
static inline void await_state(pid_t pid, const char *states)
{
	char path[32], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY);
	do {
		n = pread(fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		end = strrchr(text, ')');
	} while (end && !strchr(states, end[2]));
}

#endif
