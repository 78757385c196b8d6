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
#include <sys/wait.h>
#include <unistd.h>

enum {
	PATIENCE = 60,
	WORDS = 24,
};

static int usage(void)
{
	fputs("Usage: chaos [-n | -t SECONDS] [-S] [-s SELFSAME] "
	      "[-w FILE] [-p PROFILE] [-x PROFILE]\n"
	      "             SEED STEPS [TEMPO]\n"
	      "       chaos [-s SELFSAME] [-c] -r FILE\n"
	      "       chaos [-s SELFSAME] [-c] NAME\n"
	      "       chaos -s SELFSAME -c [-p PROFILE] SEED STEPS\n"
	      "       chaos -l\n"
	      "Does random things, asks random questions of kcmp(2), and "
	      "compares the\n"
	      "answers with the kernel's.\n"
	      "TEMPO: 1 one after the other, 2 in bursts, 3 all at once.\n"
	      "-t seconds to look for fewer steps that fail, -n none.\n"
	      "-s runs it below SELFSAME, else the kernel answers itself.\n"
	      "-c does the same without SELFSAME first, and compares what "
	      "everybody saw.\n"
	      "-w writes the steps down, -r plays them, -l lists scenarios.\n"
	      "-p: kinds of operations, not those of the seed; -x: none of "
	      "these (bits, chaos.h).\n"
	      "-S: SELFSAME prints its statistics, too.\n",
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

/* The second life of a worker: this program took the old one's place, or
   posix_spawn(3) has begun it.  PAUSE: how long nobody hears of it. */
static int resume(const char *text, const char *pause, int spawned)
{
	unsigned long long index;
	unsigned long long hundredths = 0;
	int err = parse(text, &index);

	if (!err && pause)
		err = parse(pause, &hundredths);
	if (!err && index >= CH_SLOTS)
		err = -EINVAL;
	if (!err)
		err = ch_arena_find();
	if (!err && hundredths)
		ch_futex_wait(&ch_arena->pulse, 0, (int)hundredths * 10);
	if (!err && spawned)
		ch_begin_spawned((int)index);
	if (!err)
		ch_resume((int)index);
	fprintf(stderr, "chaos: cannot go on after exec: %s\n",
		strerror(-err));
	return 1;
}

static int play_file(const struct ch_run *run, const char *path)
{
	static char text[1 << 24];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len < 0) {
		fprintf(stderr, "chaos: cannot read %s: %s\n", path,
			strerror(errno));
		return 1;
	}
	close(fd);
	text[len] = '\0';
	return ch_drive_script(run, text);
}

static const struct ch_scenario *const scenarios[] = {
	ch_scenarios_of_lives, ch_scenarios_of_rights, ch_scenarios_of_files,
	NULL
};

static int play_scenario(const struct ch_run *run, const char *name)
{
	const struct ch_scenario *const *subject;
	const struct ch_scenario *scenario;
	char *text;

	for (subject = scenarios; *subject; subject++) {
		for (scenario = *subject; scenario->name; scenario++) {
			if (strcmp(scenario->name, name) != 0)
				continue;
			text = strdup(scenario->text);
			return text ? ch_drive_script(run, text) : 1;
		}
	}
	return usage();
}

static int list(void)
{
	const struct ch_scenario *const *subject;
	const struct ch_scenario *scenario;

	for (subject = scenarios; *subject; subject++) {
		for (scenario = *subject; scenario->name; scenario++)
			printf("%s\n", scenario->name);
	}
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

/* What the command line says. */
struct request {
	struct ch_run run;
	const char *selfsame;
	int stats;		/* it prints its statistics */
	const char *script;
	int driver;		/* the judge is there already */
	int shrink;		/* for so many seconds */
	int one_by_one;		/* tempo 1: fails always, or never */
	int list;
	int compare;		/* with what the same does without SELFSAME */
};

static int parse_options(int argc, char **argv, struct request *ret)
{
	unsigned long long number;
	int option;

	while ((option = getopt(argc, argv, "+cdnk:t:s:Sw:p:x:r:l")) != -1) {
		switch (option) {
		case 'c':
			ret->compare = 1;
			break;
		case 'k':	/* of the driver: a transcript */
			ret->run.transcript = optarg;
			break;
		case 'd':
			ret->driver = 1;
			break;
		case 'n':
			ret->shrink = 0;
			break;
		case 't':
			if (parse(optarg, &number))
				return -EINVAL;
			ret->shrink = (int)number;
			break;
		case 's':
			ret->selfsame = optarg;
			break;
		case 'S':
			ret->stats = 1;
			break;
		case 'w':
			ret->run.write = optarg;
			break;
		case 'p':
			if (parse(optarg, &number))
				return -EINVAL;
			ret->run.profile = (int)number;
			break;
		case 'x':
			if (parse(optarg, &number))
				return -EINVAL;
			ret->run.without = (uint32_t)number;
			break;
		case 'r':
			ret->script = optarg;
			break;
		case 'l':
			ret->list = 1;
			break;
		default:
			return -EINVAL;
		}
	}
	ret->one_by_one = ret->compare ? argc - optind <= 2 :
		!ret->script && argc - optind >= 2 &&
		(argc - optind == 2 || strcmp(argv[optind + 2], "1") == 0);
	return 0;
}

/* Runs the driver in a process of its own: the arena lasts as long. */
static int run_judged(const struct ch_judged *judged)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(ch_judge(judged));
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The same command line again, for the driver. */
static int begin(int argc, char **argv, const struct request *request)
{
	const char *wrapper[] = {
		request->selfsame, "run", request->stats ? "--stats" : "--",
		request->stats ? "--" : NULL, NULL
	};
	char script[] = "/tmp/chaos.XXXXXX";
	const char *driver[WORDS] = { ch_program(), "-d", "-w", script };
	const struct ch_judged judged = {
		.wrapper = request->selfsame ? wrapper : wrapper + 4,
		.driver = driver,
		.patience = PATIENCE,
	};
	int fd = mkstemp(script);
	int ret;
	int i;

	if (argc > WORDS - 5 || fd < 0)
		return usage();
	close(fd);
	for (i = 1; i < argc; i++)
		driver[3 + i] = argv[i];
	ret = run_judged(&judged);
	if (ret == 1 && request->shrink)
		ch_shrink(request->script ? request->script : script,
			  judged.wrapper,
			  request->one_by_one ? 1 : 4, request->shrink);
	unlink(script);
	return ret;
}

/* One of the two runs, and its transcript. */
static int run_one(int argc, char **argv, const char *const *wrapper,
		   const char *transcript)
{
	const char *driver[WORDS] = { ch_program(), "-d", "-k", transcript };
	const struct ch_judged judged = {
		.wrapper = wrapper,
		.driver = driver,
		.quiet = !*wrapper,
		.patience = PATIENCE,
	};
	int i;

	for (i = 1; i < argc; i++)
		driver[3 + i] = argv[i];
	return run_judged(&judged);
}

/*
 * What an answer owes to who asks, nobody outside can judge: so the same is
 * done twice, once with the kernel's answers.
 */
static int begin_both(int argc, char **argv, const struct request *request)
{
	const char *wrapper[] = { request->selfsame, "run", "--", NULL };
	char native[] = "/tmp/chaos.native.XXXXXX";
	char inside[] = "/tmp/chaos.inside.XXXXXX";
	int fd[2] = { mkstemp(native), mkstemp(inside) };
	int ret = 0;

	if (argc > WORDS - 5 || fd[0] < 0 || fd[1] < 0 || !request->selfsame ||
	    !request->one_by_one)
		return usage();
	close(fd[0]);
	close(fd[1]);
	if (run_one(argc, argv, wrapper + 3, native)) {
		printf("the run without supervisor failed\n");
		ret = 2;
	}
	fflush(stdout);
	if (!ret)
		ret = run_one(argc, argv, wrapper, inside);
	if (ret != 2)
		ret |= ch_transcripts_compare(native, inside);
	unlink(native);
	unlink(inside);
	return ret;
}

int main(int argc, char **argv)
{
	struct request request = { .run = { .profile = -1 }, .shrink = 120 };

	if ((argc == 3 || argc == 4) && strcmp(argv[1], "--worker") == 0)
		return resume(argv[2], argv[3], 0);
	if (argc == 3 && strcmp(argv[1], "--spawned") == 0)
		return resume(argv[2], NULL, 1);
	if (parse_options(argc, argv, &request))
		return usage();
	if (request.list)
		return list();
	if (!request.driver && request.compare)
		return begin_both(argc, argv, &request);
	if (!request.driver)
		return begin(argc, argv, &request);
	if (request.script)
		return play_file(&request.run, request.script);
	if (argc - optind == 1)
		return play_scenario(&request.run, argv[optind]);
	return play_random(argv + optind, argc - optind, &request.run);
}
