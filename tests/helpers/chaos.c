/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of chaos.
 */
#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int usage(void)
{
	fputs("Usage: chaos [-w FILE] [-p PROFILE] SEED STEPS [TEMPO]\n"
	      "       chaos -r FILE\n"
	      "       chaos -l\n"
	      "       chaos NAME\n"
	      "Does random things and asks random questions of kcmp(2).\n"
	      "TEMPO: 1 one after the other, 2 in bursts, 3 all at once.\n"
	      "-w writes the steps down, -r plays them, -l lists scenarios.\n",
	      stderr);
	return 2;
}

static int parse(const char *text, unsigned long long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 0);
	return errno || *end || end == text ? -EINVAL : 0;
}

/* The second life of a worker: this program took the old one's place. */
static int resume(const char *text)
{
	unsigned long long index;
	int err = parse(text, &index);

	if (!err && index >= CH_SLOTS)
		err = -EINVAL;
	if (!err)
		err = ch_arena_find();
	if (!err)
		ch_resume((int)index);
	fprintf(stderr, "chaos: cannot go on after exec: %s\n",
		strerror(-err));
	return 1;
}

static int play_file(const char *path)
{
	static char text[1 << 22];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len < 0) {
		fprintf(stderr, "chaos: cannot read %s: %s\n", path,
			strerror(errno));
		return 1;
	}
	close(fd);
	text[len] = '\0';
	return ch_drive_script(text);
}

static int play_scenario(const char *name)
{
	const struct ch_scenario *scenario;
	char *text;

	for (scenario = ch_scenarios; scenario->name; scenario++) {
		if (strcmp(scenario->name, name) != 0)
			continue;
		text = strdup(scenario->text);
		return text ? ch_drive_script(text) : 1;
	}
	return usage();
}

static int list(void)
{
	const struct ch_scenario *scenario;

	for (scenario = ch_scenarios; scenario->name; scenario++)
		printf("%s\n", scenario->name);
	return 0;
}

static int play_random(char **word, int words, struct ch_run *run)
{
	unsigned long long value[3] = { 0, 0, 1 };
	int i;

	if (words < 2 || words > 3)
		return usage();
	for (i = 0; i < words; i++) {
		if (parse(word[i], &value[i]))
			return usage();
	}
	if (value[2] < 1 || value[2] > 3)
		return usage();
	run->seed = value[0];
	run->steps = (unsigned long)value[1];
	run->tempo = (int)value[2];
	return ch_drive_random(run);
}

int main(int argc, char **argv)
{
	struct ch_run run = { .profile = -1 };
	unsigned long long profile;
	int option;

	if (argc == 3 && strcmp(argv[1], "--worker") == 0)
		return resume(argv[2]);
	while ((option = getopt(argc, argv, "+w:p:r:l")) != -1) {
		switch (option) {
		case 'w':
			run.write = optarg;
			break;
		case 'p':
			if (parse(optarg, &profile))
				return usage();
			run.profile = (int)profile;
			break;
		case 'r':
			return play_file(optarg);
		case 'l':
			return list();
		default:
			return usage();
		}
	}
	if (argc - optind == 1)
		return play_scenario(argv[optind]);
	return play_random(argv + optind, argc - optind, &run);
}
