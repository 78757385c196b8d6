/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two ways to read, one result: a process_vm_readv(2), or the same call by a
 * helper, page for page (caution.h).
 */
#include "kernel/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/caution.h"
#include "kernel/proc-read.h"

#define CHUNK			4096

/* No task can have anything there; see ss_memory_is_alive(). */
#define NEVER_MAPPED		0x7fffffffffff0000

/* A chunk to be read. */
struct reading {
	struct ss_careful careful;
	size_t length;
	int result;
	char data[CHUNK];
};

static int read_directly(pid_t tid, uint64_t address, void *buffer,
			 size_t length)
{
	struct iovec local = { .iov_base = buffer, .iov_len = length };
	struct iovec remote = {
		.iov_base = (void *)(uintptr_t)address,
		.iov_len = length,
	};
	ssize_t n = process_vm_readv(tid, &local, 1, &remote, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EFAULT;
}

static void reading_run(struct ss_careful *careful)
{
	struct reading *reading = (struct reading *)careful;

	reading->result = read_directly(careful->task, careful->which,
					reading->data, reading->length);
}

static int read_chunk(pid_t tid, uint64_t address, void *buffer, size_t length)
{
	struct reading *reading = malloc(sizeof(*reading));
	int error;

	if (!reading)
		return -ENOMEM;
	reading->careful = (struct ss_careful){
		.run = reading_run,
		.lock = SS_CAREFUL_PAGE,
		.task = tid,
		.which = address,
	};
	reading->length = length;
	error = ss_careful_do(&reading->careful);
	if (error)
		return error;
	error = reading->result;
	if (!error)
		memcpy(buffer, reading->data, length);
	free(reading);
	return error;
}

static int read_carefully(pid_t tid, uint64_t address, char *buffer,
			  size_t length)
{
	size_t chunk;
	int error = 0;

	while (!error && length > 0) {
		chunk = length < CHUNK ? length : CHUNK;
		error = read_chunk(tid, address, buffer, chunk);
		address += chunk;
		buffer += chunk;
		length -= chunk;
	}
	return error;
}

int ss_memory_read(pid_t tid, uint64_t address, void *buffer, size_t length)
{
	if (ss_caution_has_begun())
		return read_carefully(tid, address, buffer, length);
	return read_directly(tid, address, buffer, length);
}

int ss_memory_open(pid_t tid)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	fd = ss_proc_open(tid, path);
	if (fd == -ENOENT)
		return -ESRCH;
	return fd == -EACCES ? -EPERM : fd;
}

int ss_memory_is_alive(int fd)
{
	char byte;
	ssize_t n;

	/*
	 * The kernel looks for users of the memory before it looks at the
	 * address, and an address that cannot be mapped keeps it from waiting
	 * for a page.
	 */
	n = pread(fd, &byte, sizeof(byte), NEVER_MAPPED);
	if (n == 0)
		return 0;
	return n > 0 || errno == EIO ? 1 : -errno;
}
