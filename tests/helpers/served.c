/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A FUSE server, an exec that waits for it, and a third process that makes a
 * watched call before the server goes on.
 *
 *	served closing DIR	the exec closes a file of the server, and
 *				somebody asks kcmp about the task
 *	served reading DIR	the program is a file of the server, and another
 *				thread installs a signal handler
 *
 * Mounts on DIR, in a mount namespace of its own.  Says what happens; status 77
 * if there is no FUSE here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_SIZE	4096
#define REQUEST_SIZE	(FUSE_MIN_READ_BUFFER + 65536)
/* As long as nobody answers, an answer may only be late. */
#define PATIENCE_MS	300

static char path[256];		/* the only file */
static int device;
static uint32_t stalled;	/* the request that waits for a word */
static int asked[2], go[2], handler[2];	/* pipes */

static void say(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(1);
}

static void hear(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		_exit(1);
}

static void answer(uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size),
		.error = -error,
		.unique = unique,
	};
	const struct iovec parts[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = size },
	};

	(void)!writev(device, parts, size ? 2 : 1);
}

static struct fuse_attr attributes_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0755,
		.nlink = 1,
		.size = node == FUSE_ROOT_ID ? 0 : FILE_SIZE,
	};
}

static void serve(const struct fuse_in_header *in)
{
	static const char page[FILE_SIZE] = "no program";
	struct fuse_init_out init = { .major = 7, .minor = 31 };
	struct fuse_attr_out attr = { .attr = attributes_of(in->nodeid) };
	struct fuse_entry_out entry = {
		.nodeid = 2,
		.entry_valid = 1000,
		.attr_valid = 1000,
		.attr = attributes_of(2),
	};
	struct fuse_open_out opened = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		answer(in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		answer(in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer(in->unique, 0, page, sizeof(page));
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		answer(in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(in->unique, ENOSYS, NULL, 0);
	}
}

static void run_server(void)
{
	static _Alignas(8) char request[REQUEST_SIZE];
	const struct fuse_in_header *in = (const void *)request;
	ssize_t n;

	for (;;) {
		n = read(device, request, sizeof(request));
		if (n < 0 && errno != EINTR && errno != ENOENT)
			_exit(0);
		if (n > 0 && in->opcode == stalled) {
			stalled = 0;
			say(asked[1]);
			hear(go[0]);
		}
		if (n > 0)
			serve(in);
	}
}

static void close_by_exec(void)
{
	if (open(path, O_RDONLY | O_CLOEXEC) < 0)
		_exit(1);
	(void)execlp("sleep", "sleep", "60", NULL);
	_exit(1);
}

static void *exec_served(void *data)
{
	(void)execl(path, path, NULL);
	(void)pause();
	return data;
}

static void handle(int number)
{
	(void)number;
}

static void read_by_exec(void)
{
	struct sigaction action = { .sa_handler = handle };
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_served, NULL))
		_exit(1);
	hear(handler[0]);
	(void)sigaction(SIGUSR1, &action, NULL);
	say(asked[1]);
	(void)pause();
	_exit(0);
}

static void ask_about(pid_t pid)
{
	long result = syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, 0, 0);

	printf("kcmp: %s\n", result < 0 ? strerror(errno) :
	       result ? "differ" : "equal");
	say(asked[1]);
	exit(0);
}

static void start_server(const char *directory)
{
	char options[64];

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		exit(77);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (device < 0 ||
	    mount("served", directory, "fuse", MS_NOSUID, options))
		exit(77);
	if (fork() == 0)
		run_server();
	(void)close(device);
}

int main(int argc, char **argv)
{
	bool closing = argc == 3 && !strcmp(argv[1], "closing");
	pid_t execing, asker = 0;
	struct pollfd done = { .events = POLLIN };

	if (argc != 3 || pipe(asked) || pipe(go) || pipe(handler))
		return 2;
	(void)signal(SIGCHLD, SIG_DFL);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)snprintf(path, sizeof(path), "%s/f", argv[2]);
	stalled = closing ? FUSE_FLUSH : FUSE_READ;
	start_server(argv[2]);
	execing = fork();
	if (execing == 0 && closing)
		close_by_exec();
	else if (execing == 0)
		read_by_exec();
	hear(asked[0]);
	done.fd = asked[0];
	if (closing) {
		asker = fork();
		if (asker == 0)
			ask_about(execing);
	} else {
		say(handler[1]);
	}
	(void)poll(&done, 1, PATIENCE_MS);
	printf("close: %s\n", close(dup(0)) ? strerror(errno) : "ok");
	say(go[1]);
	if (closing)
		(void)waitpid(asker, NULL, 0);
	else
		hear(asked[0]);
	(void)kill(execing, SIGKILL);
	(void)waitpid(execing, NULL, 0);
	(void)umount2(argv[2], MNT_DETACH);
	return 0;
}
