/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that make no call of which anybody is told: that they run at all
 * has to be found out.  Their first file takes a number that the program before
 * them had, and that was close-on-exec.
 */
#include "mkworld.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	READY = MW_FD + 1,	/* where the program says that it is there */
	WATCHED = 24,		/* files that only an epoll holds */
	MIDDLE = 150,		/* a number above theirs, and below ... */
	HIDDEN = 200,		/* ... those that nobody has asked about */
	WRITERS = 300,		/* the other ends of watched pipes */
};

/* ---- the program ---- */

#if defined(__x86_64__)
#define MACHINE	EM_X86_64
static const unsigned char code[] = {
	0x31, 0xff,				/* xor %edi, %edi */
	0x31, 0xf6,				/* xor %esi, %esi */
	0xb8, SYS_eventfd2 & 0xff, SYS_eventfd2 >> 8, 0, 0,
	0x0f, 0x05,				/* eventfd2(0, 0) */
	0xbf, READY & 0xff, READY >> 8, 0, 0,	/* mov $READY, %edi */
	0x48, 0x89, 0xe6,			/* mov %rsp, %rsi */
	0xba, 1, 0, 0, 0,			/* mov $1, %edx */
	0xb8, SYS_write, 0, 0, 0,
	0x0f, 0x05,				/* write(READY, %rsp, 1) */
	0xb8, SYS_pause, 0, 0, 0,
	0x0f, 0x05,				/* pause() */
	0xeb, 0xf7,				/* and again */
};
#else
#define MACHINE	EM_386
static const unsigned char code[] = {
	0x31, 0xdb,				/* xor %ebx, %ebx */
	0x31, 0xc9,				/* xor %ecx, %ecx */
	0xb8, SYS_eventfd2 & 0xff, SYS_eventfd2 >> 8, 0, 0,
	0xcd, 0x80,				/* eventfd2(0, 0) */
	0xbb, READY & 0xff, READY >> 8, 0, 0,	/* mov $READY, %ebx */
	0x89, 0xe1,				/* mov %esp, %ecx */
	0xba, 1, 0, 0, 0,			/* mov $1, %edx */
	0xb8, SYS_write, 0, 0, 0,
	0xcd, 0x80,				/* write(READY, %esp, 1) */
	0xb8, SYS_pause, 0, 0, 0,
	0xcd, 0x80,				/* pause() */
	0xeb, 0xf7,				/* and again */
};
#endif

struct image {
	ElfW(Ehdr) file;
	ElfW(Phdr) segment;
	unsigned char code[sizeof(code)];
};

/* Its file: a descriptor. */
static int program_new(void)
{
	static const unsigned long base = 0x10000000;
	struct image image = {
		.file = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				     sizeof(long) == 8 ? ELFCLASS64 :
				     ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = MACHINE,
			.e_version = EV_CURRENT,
			.e_entry = base + offsetof(struct image, code),
			.e_phoff = offsetof(struct image, segment),
			.e_ehsize = sizeof(image.file),
			.e_phentsize = sizeof(image.segment),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = base,
			.p_filesz = sizeof(image),
			.p_memsz = sizeof(image),
			.p_align = 4096,
		},
	};
	int fd = memfd_create("program", 0);

	memcpy(image.code, code, sizeof(code));
	if (fd < 0 || write(fd, &image, sizeof(image)) != sizeof(image))
		mw_die("a program", -errno);
	return fd;
}

static long program_exec(struct mw_peer *peer, long fd)
{
	char *argv[] = { (char *)"program", NULL };

	(void)peer;
	return mw_sys(SYS_execveat, fd, MW_P(""), MW_P(argv), MW_P(environ),
		      AT_EMPTY_PATH);
}

/* What it takes, made before everything that the program is to lose. */
struct stage {
	int program;
	int ready;
};

static struct stage stage_new(void)
{
	struct stage stage = { .program = program_new() };
	int pipes[2];

	if (pipe(pipes) || dup2(pipes[1], READY) < 0)
		mw_die("a pipe", -errno);
	close(pipes[1]);
	stage.ready = pipes[0];
	return stage;
}

/* The peer's group becomes the program, and that has opened its file. */
static void become(const struct stage *stage, struct mw_peer *peer)
{
	char byte;

	mw_start(peer, program_exec, stage->program);
	if (read(stage->ready, &byte, 1) != 1)
		mw_die("read", -errno);
}

static void finish(struct mw_peer *process)
{
	mw_must("kill", mw_sys(SYS_kill, process->pid, SIGKILL));
	mw_reap(NULL, process);
}

/* ---- scenarios ---- */

/* The process execs, or (flags for clone) a thread with a table of its own. */
static void lose_file(const struct stage *stage, unsigned long thread)
{
	int lost = eventfd(0, EFD_CLOEXEC);
	int copy = fcntl(lost, F_DUPFD, MIDDLE);
	struct mw_peer *process;
	struct mw_peer *other;

	mw_own("a file", lost, lost);
	process = mw_fork(NULL);
	other = mw_fork(NULL);
	close(lost);
	become(stage, thread ? mw_spawn(process, thread) : process);
	mw_file(NULL, "what another process still has", MW_SLOT(NULL, copy),
		MW_SLOT(other, lost));
	mw_file(NULL, "what is there now", MW_SLOT(NULL, copy),
		MW_SLOT(process, lost));
	mw_file(NULL, "and itself", MW_SLOT(process, lost),
		MW_SLOT(process, lost));
	mw_file(other, "as before", MW_SLOT(NULL, copy), MW_SLOT(other, lost));
	finish(process);
	close(copy);
}

static void exec_unseen(void)
{
	struct stage stage = stage_new();

	lose_file(&stage, 0);
	lose_file(&stage, CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD |
		  CLONE_SYSVSEM);
}

static long order(int a, int b)
{
	const long arg[5] = { mw_pid(NULL), mw_pid(NULL), KCMP_FILE, a, b };

	return mw_kcmp(NULL, arg);
}

static void add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	mw_must("epoll_ctl", mw_sys(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd,
				    MW_P(&event)));
}

/* With an inode of its own, so that no other file is looked at before it; and
   not ready, or only kcmp could tell which item is its own. */
static int pipe_end(void)
{
	int pipes[2];

	if (pipe(pipes) || fcntl(pipes[1], F_DUPFD, WRITERS) < 0)
		mw_die("a pipe", -errno);
	close(pipes[1]);
	return pipes[0];
}

/* A file is watched and asked about; then only the epoll is known to have it.
   How it compares with the one in the middle. */
static long watch(int epoll, int hidden)
{
	int fd = pipe_end();
	struct kcmp_epoll_slot slot = {
		.efd = (unsigned int)epoll,
		.tfd = (unsigned int)fd,
	};
	const long arg[5] = { mw_pid(NULL), mw_pid(NULL), KCMP_EPOLL_TFD, fd,
			      MW_P(&slot) };
	long ret = order(fd, MIDDLE);

	add(epoll, fd);
	if (mw_kcmp(NULL, arg) != 0)
		mw_say("UNEQUAL");
	if (dup2(fd, hidden) < 0)
		mw_die("dup2", -errno);
	return ret;
}

/*
 * Files to which only an epoll leads, and the epoll was lost: they have their
 * places all the same.  With many of them an epoll_ctl makes selfsame look
 * which items there still are.
 */
static void lose_epoll(const struct stage *stage, int count)
{
	int second = epoll_create1(0);
	int lost = epoll_create1(EPOLL_CLOEXEC);
	long before[WATCHED];
	struct mw_peer *process;
	struct mw_peer *other;
	int changed = 0;
	int i;

	mw_own("an epoll", lost, lost);
	process = mw_fork(NULL);
	other = mw_fork(NULL);
	for (i = 0; i < count; i++)
		before[i] = watch(lost, HIDDEN + i);
	mw_sys(SYS_close_range, lost, lost + count, 0);
	become(stage, process);
	if (count > 1)
		add(second, MIDDLE);
	for (i = 0; i < count; i++)
		changed += order(HIDDEN + i, MIDDLE) != before[i];
	mw_say("%d watched files, %d in another place", count, changed);
	mw_file(NULL, "the epoll", MW_SLOT(other, lost),
		MW_SLOT(process, lost));
	finish(process);
	mw_quit(other);
	mw_reap(NULL, other);
	mw_sys(SYS_close_range, HIDDEN, WRITERS + count, 0);
	close(second);
}

static void exec_unseen_epoll(void)
{
	struct stage stage = stage_new();
	int fd = eventfd(0, 0);

	if (dup2(fd, MIDDLE) < 0)
		mw_die("dup2", -errno);
	close(fd);
	mw_own("the middle", MIDDLE, MIDDLE);
	lose_epoll(&stage, 1);
	lose_epoll(&stage, WATCHED);
}

const struct mw_scenario mw_unseen[] = {
	{ "exec-unseen", exec_unseen, "files of programs that nobody saw" },
	{ "exec-unseen-epoll", exec_unseen_epoll, "and epolls" },
	{ NULL, NULL, NULL },
};
