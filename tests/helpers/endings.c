/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ends that are told to nobody, or to others than one would think.
 *
 *	endings exec		a guarded thread is killed in the middle of its
 *				exec
 *	endings leader		a guarded leader loses its number to the exec of
 *				a thread that is not guarded
 *	endings itself		the same, of the first process
 *	endings orphan N	an orphan is killed, beside N other processes;
 *				until its number is free
 *	endings namespace N	the same of the first process of a pid namespace
 *				and of another one in it; status 77: it cannot
 *				make one
 *	endings unseen		leaves a child, and a child of that which has
 *				made no watched call
 */
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SKIPPED = 77,
	STACK = 65536,
	PAGE = 4096,
	LARGE = 64 << 20,	/* it takes a while to give up */
};

static void nothing(int number)
{
	(void)number;
}

/* Calls can be interrupted by it: the guard traces whoever has it. */
static void handle(void)
{
	const struct sigaction action = { .sa_handler = nothing };

	(void)sigaction(SIGUSR1, &action, NULL);
}

static void rest(void)
{
	for (;;)
		pause();
}

/* An image whose only segment is where the kernel is: that shows only when the
   old image has gone. */
static int impossible_image(void)
{
	static const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = 0x400078,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	static const Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = 0xffff800000000000,
		.p_filesz = PAGE,
		.p_memsz = PAGE,
		.p_align = PAGE,
	};
	int fd = memfd_create("impossible", MFD_CLOEXEC);

	if (fd < 0 || write(fd, &header, sizeof(header)) < 0 ||
	    write(fd, &segment, sizeof(segment)) < 0 || ftruncate(fd, PAGE))
		return -1;
	return fd;
}

static void *exec_impossible(void *image)
{
	char *const none[] = { NULL };

	fexecve((int)(long)image, none, none);
	return NULL;
}

static int end_in_exec(void)
{
	int status = 0, image = impossible_image();
	pthread_t thread;
	pid_t child = fork();

	if (child == 0) {
		handle();
		pthread_create(&thread, NULL, exec_impossible,
			       (void *)(long)image);
		pthread_join(thread, NULL);
		_exit(1);
	}
	waitpid(child, &status, 0);
	return !WIFSIGNALED(status);
}

static int take_over(void *unused)
{
	(void)unused;
	execl("/proc/self/exe", "endings", "nothing", NULL);
	_exit(1);
}

static void lose_number(void)
{
	char *stack = malloc(STACK);

	handle();
	if (!stack || clone(take_over, stack + STACK, CLONE_VM | CLONE_FS |
			    CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			    CLONE_SYSVSEM | CLONE_UNTRACED, NULL) < 0)
		_exit(2);
	rest();
}

static int end_leader(void)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		lose_number();
	waitpid(child, &status, 0);
	return status;
}

static pid_t start_resting(void)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Has it gone before? */
		if (getppid() == parent)
			rest();
		_exit(0);
	}
	return child;
}

/* COUNT grandchildren: the first is the first of its pid namespace if FLAGS say
   so.  Their numbers. */
static int make_orphans(int flags, pid_t *ret, int count)
{
	int ends[2], status, i;
	pid_t child;

	if (pipe(ends))
		return 1;
	child = fork();
	if (child == 0) {
		if (flags && unshare(flags))
			_exit(SKIPPED);
		for (i = 0; i < count; i++) {
			ret[i] = fork();
			if (ret[i] == 0) {
				/* A watched call: it is known. */
				close(ends[0]);
				rest();
			}
		}
		_exit(write(ends[1], ret, count * sizeof(*ret)) < 0);
	}
	if (waitpid(child, &status, 0) != child || status)
		return WEXITSTATUS(status);
	return read(ends[0], ret, count * sizeof(*ret)) < 0;
}

static int end_orphans(int flags, int others)
{
	pid_t orphan[2];
	int r;

	while (others-- > 0)
		start_resting();
	r = make_orphans(flags, orphan, 2);
	if (r)
		return r;
	kill(orphan[0], SIGKILL);
	while (!kill(orphan[0], 0))
		sched_yield();
	kill(orphan[1], SIGKILL);
	return 0;
}

static int leave_unseen(void)
{
	int ends[2];
	char byte;

	if (pipe(ends))
		return 1;
	if (fork() == 0) {
		char *much = mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
				  -1, 0);

		if (much != MAP_FAILED && fork() == 0) {
			if (write(ends[1], "", 1) == 1)
				rest();
			_exit(1);
		}
		rest();
	}
	return read(ends[0], &byte, 1) != 1;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int number = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;

	if (!strcmp(mode, "exec"))
		return end_in_exec();
	if (!strcmp(mode, "leader"))
		return end_leader();
	if (!strcmp(mode, "itself"))
		lose_number();
	if (!strcmp(mode, "orphan"))
		return end_orphans(0, number);
	if (!strcmp(mode, "namespace"))
		return end_orphans(CLONE_NEWPID, number);
	if (!strcmp(mode, "unseen"))
		return leave_unseen();
	return strcmp(mode, "nothing") ? 2 : 0;
}
