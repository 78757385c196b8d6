/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	soak SEED TASKS DESCRIPTORS
 *
 * Prints lines "KEY VALUE": what was made and asked, and of our parent, which
 * is the supervisor unless this runs natively, memory in KiB and descriptors:
 * after a fiftieth of the work, at the most, and at the end.  Exits with 0 if
 * all answers were right.
 *
 * In a pid namespace where it may write ns_last_pid it makes numbers come back
 * at once.
 */
#include "soak.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NUMBERS		(1u << 22)	/* PID_MAX_LIMIT */
#define SHOWN		20		/* wrong answers that are printed */

/* linux/ioprio.h, which older headers lack. */
#define IO_BEST_EFFORT	(2 << 13 | 4)
#define IO_WHO_PROCESS	1

struct figures {
	long memory;		/* KiB */
	long descriptors;
};

struct soak_tally *soak_tally;

static uint64_t random_state;
static unsigned char *had;	/* one bit for each number */
static int last_pid = -1;	/* of /proc, or -1: not ours to write */

void soak_die(const char *what)
{
	fprintf(stderr, "soak: %s: %s\n", what, strerror(errno));
	_exit(2);
}

/* xorshift64* */
unsigned int soak_draw(unsigned int n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned int)((random_state * 0x2545f4914f6cdd1du) >> 32) % n;
}

/* Where the namespace has other tasks, too, they would be in our way. */
static void open_last_pid(void)
{
	if (getppid() < 100)
		last_pid = open("/proc/sys/kernel/ns_last_pid",
				O_WRONLY | O_CLOEXEC);
}

void soak_rewind(void)
{
	char text[16];
	int n;

	if (last_pid < 0)
		return;
	n = snprintf(text, sizeof(text), "%d", (int)getpid());
	if (pwrite(last_pid, text, (size_t)n, 0) != n)
		soak_die("ns_last_pid");
}

void soak_born(pid_t tid)
{
	unsigned char bit = (unsigned char)(1u << tid % 8);

	if (tid <= 0 || (unsigned int)tid >= NUMBERS)
		return;
	if (had[tid / 8] & bit)
		atomic_fetch_add(&soak_tally->reused, 1);
	had[tid / 8] |= bit;
}

/* Children that share our memory ask, too, but never at the same time. */
long soak_ask(pid_t a, pid_t b, int type, unsigned long i, unsigned long j)
{
	long ret = syscall(SYS_kcmp, a, b, type, i, j);

	atomic_fetch_add(&soak_tally->questions, 1);
	return ret < 0 ? -errno : ret;
}

void soak_wrong(const char *format, ...)
{
	va_list args;

	if (atomic_fetch_add(&soak_tally->wrong, 1) >= SHOWN)
		return;
	va_start(args, format);
	vdprintf(2, format, args);
	va_end(args);
}

static void show_wrong(pid_t a, pid_t b, int type, int i, int j, long got,
		       const char *wanted)
{
	soak_wrong("soak: kcmp(%d, %d, %d, %d, %d) is %ld, wanted %s; "
		   "asked by %d\n", (int)a, (int)b, type, i, j, got, wanted,
		   (int)syscall(SYS_gettid));
}

void soak_expect_same(pid_t a, pid_t b, int type, int i, int j)
{
	long got = soak_ask(a, b, type, (unsigned long)i, (unsigned long)j);

	if (got != 0)
		show_wrong(a, b, type, i, j, got, "0");
}

void soak_expect_other(pid_t a, pid_t b, int type, int i, int j)
{
	long there = soak_ask(a, b, type, (unsigned long)i, (unsigned long)j);
	long back = soak_ask(b, a, type, (unsigned long)j, (unsigned long)i);

	if (there != 1 && there != 2)
		show_wrong(a, b, type, i, j, there, "1 or 2");
	else if (there + back != 3)
		show_wrong(b, a, type, j, i, back, "the opposite");
}

void soak_expect_error(pid_t a, pid_t b, int type, int i, int j, int error)
{
	long got = soak_ask(a, b, type, (unsigned long)i, (unsigned long)j);

	if (got != -error)
		show_wrong(a, b, type, i, j, got, strerrorname_np(error));
}

void soak_await(atomic_int *word, int value)
{
	int now;

	while ((now = atomic_load(word)) < value)
		syscall(SYS_futex, word, FUTEX_WAIT, now, NULL, NULL, 0);
}

void soak_add(atomic_int *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

int soak_gate(void)
{
	return atomic_load(&soak_tally->gate) + 1;
}

void soak_wait_at(int gate)
{
	soak_add(&soak_tally->ready);
	soak_await(&soak_tally->gate, gate);
}

void soak_await_ready(int n)
{
	soak_await(&soak_tally->ready, n);
}

void soak_open_gate(void)
{
	atomic_store(&soak_tally->ready, 0);
	soak_add(&soak_tally->gate);
}

static long resident(pid_t pid)
{
	char path[64], line[128];
	long memory = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		soak_die(path);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "VmRSS: %ld kB", &memory) == 1)
			break;
	}
	fclose(file);
	return memory;
}

static long descriptors(pid_t pid)
{
	const struct dirent *entry;
	char path[64];
	long n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		soak_die(path);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void measure(struct figures *ret)
{
	ret->memory = resident(getppid());
	ret->descriptors = descriptors(getppid());
}

static void print(const char *key, unsigned long value)
{
	printf("%s %lu\n", key, value);
}

static void print_figures(const char *when, const struct figures *figures)
{
	printf("memory.%s %ld\n", when, figures->memory);
	printf("descriptors.%s %ld\n", when, figures->descriptors);
}

static void keep(int fd, int number, int flags)
{
	if (fd < 0 || fd == number || dup3(fd, number, flags) != number)
		soak_die("a descriptor");
	close(fd);
}

/* What every round asks about: files, and something of each type of kcmp
   that tasks have only if they want. */
static void set_up(uint64_t seed)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	int sem = semget(IPC_PRIVATE, 1, 0600), ends[2];

	random_state = seed * 0x9e3779b97f4a7c15u + 1;
	soak_tally = mmap(NULL, sizeof(*soak_tally), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	had = calloc(NUMBERS / 8, 1);
	if (soak_tally == MAP_FAILED || !had)
		soak_die("memory");
	if (sem < 0 || semop(sem, &up, 1) < 0 ||
	    semctl(sem, 0, IPC_RMID) < 0)
		soak_die("a semaphore");
	if (syscall(SYS_ioprio_set, IO_WHO_PROCESS, 0, IO_BEST_EFFORT) < 0)
		soak_die("ioprio_set");
	open_last_pid();
	keep(open("/dev/null", O_RDWR), SOAK_FILE, 0);
	keep(dup(SOAK_FILE), SOAK_COPY, 0);
	keep(open("/dev/null", O_RDWR), SOAK_OTHER, 0);
	keep(dup(SOAK_FILE), SOAK_PRIVATE, O_CLOEXEC);
	if (pipe(ends) < 0)
		soak_die("pipe");
	keep(ends[0], SOAK_READ, 0);
	keep(ends[1], SOAK_WRITE, O_CLOEXEC);
	keep(epoll_create1(0), SOAK_EPOLL, O_CLOEXEC);
}

static unsigned long tasks_made(void)
{
	return atomic_load(&soak_tally->processes) +
		atomic_load(&soak_tally->threads);
}

/* Evenly: whichever is behind goes on. */
static void work(double part, unsigned long tasks, unsigned long files)
{
	double want_tasks = part * (double)tasks;
	double want_files = part * (double)files;

	for (;;) {
		double t = (double)tasks_made();
		double f = (double)atomic_load(&soak_tally->descriptors);

		if (t >= want_tasks && f >= want_files)
			return;
		if (t < want_tasks &&
		    (f >= want_files || t * want_files <= f * want_tasks))
			soak_tasks_round();
		else
			soak_files_round();
	}
}

int main(int argc, char **argv)
{
	struct figures before, now = { 0, 0 }, most;
	unsigned long tasks, files;
	int step;

	if (argc == 3 && strcmp(argv[1], "image") == 0)
		return soak_image((pid_t)strtol(argv[2], NULL, 10));
	if (argc != 4) {
		fputs("usage: soak SEED TASKS DESCRIPTORS\n", stderr);
		return 2;
	}
	tasks = strtoul(argv[2], NULL, 10);
	files = strtoul(argv[3], NULL, 10);
	set_up(strtoul(argv[1], NULL, 10));
	work(0.02, tasks, files);
	measure(&before);
	most = before;
	for (step = 1; step <= 50; step++) {
		work(step / 50.0, tasks, files);
		measure(&now);
		if (now.memory > most.memory)
			most.memory = now.memory;
		if (now.descriptors > most.descriptors)
			most.descriptors = now.descriptors;
	}
	soak_files_end();
	/* Each clone has the supervisor look after some that have gone. */
	for (step = 0; step < 10 * SOAK_BATCH; step++)
		soak_tasks_round();
	measure(&now);
	print("processes", atomic_load(&soak_tally->processes));
	print("threads", atomic_load(&soak_tally->threads));
	print("programs", atomic_load(&soak_tally->programs));
	print("descriptors", atomic_load(&soak_tally->descriptors));
	print("numbers.reused", atomic_load(&soak_tally->reused));
	print("questions", atomic_load(&soak_tally->questions));
	print("wrong", atomic_load(&soak_tally->wrong));
	print_figures("before", &before);
	print_figures("most", &most);
	print_figures("after", &now);
	return atomic_load(&soak_tally->wrong) != 0 || fflush(stdout) != 0;
}
