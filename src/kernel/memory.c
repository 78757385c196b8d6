/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two ways to read, one result: a process_vm_readv(2), or the same call by a
 * helper, page for page (caution.h).
 *
 * That call asks for PROT_READ.  The processor does not: what may be written,
 * or only executed, can be read, too, and so the kernel reads it.  Through
 * /proc/TID/mem so do we, once a look at the mapping has shown that it is of
 * this kind; that file lets us also read what the task itself cannot.
 */
#include "kernel/memory.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/caution.h"
#include "kernel/mapping.h"
#include "kernel/proc-read.h"

#define CHUNK			4096
#define PAGE_SIZE		4096u	/* of x86 */

/* No task can have anything there; see ss_memory_is_alive(). */
#define NEVER_MAPPED		0x7fffffffffff0000

/* How to read, and how long to wait for it. */
struct way {
	int (*read)(pid_t tid, uint64_t address, void *buffer, size_t length);
	long patience_ms;
};

/* A chunk to be read. */
struct reading {
	struct ss_careful careful;
	const struct way *way;
	size_t length;
	int result;
	char data[CHUNK];
};

/* With protection keys, what may only be executed gets one that is closed. */
static bool executable_is_readable(void)
{
	unsigned int a, b, c, d;

	return !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(c & bit_OSPKE);
}

/* May the processor read there, for the task? */
static bool can_be_read(int maps, uint64_t address, struct ss_mapping *ret)
{
	if (ss_mapping_at(maps, address, ret))
		return false;
	return ret->read || ret->write ||
		(ret->execute && executable_is_readable());
}

/*
 * Neither way has read it all, and it is mapped.  Is there a page that nobody
 * has, such as one beyond the end of its file, or are there only such that are
 * kept from everybody else?
 */
static int why_unread(int maps, int mem, uint64_t address, uint64_t end)
{
	struct ss_mapping mapping = { 0 };
	uint64_t at;
	char byte;
	int r = 0;

	for (at = address; at < end; at = at / PAGE_SIZE * PAGE_SIZE +
	     PAGE_SIZE) {
		if (at >= mapping.end && !can_be_read(maps, at, &mapping))
			return -EFAULT;
		if (pread(mem, &byte, 1, (off_t)at) == 1)
			continue;
		if (!mapping.opaque)
			return -EFAULT;
		r = -EACCES;
	}
	/* Nothing?  Then somebody has changed it meanwhile. */
	return r ? r : -EFAULT;
}

/* What process_vm_readv(2) did not read. */
static int read_by_force(pid_t tid, uint64_t address, void *buffer,
			 size_t length)
{
	ss_cleanup_fd int maps = ss_proc_open_at_once(tid, "maps");
	ss_cleanup_fd int mem = ss_proc_open_at_once(tid, "mem");
	struct ss_mapping mapping = { .end = address };

	if (maps < 0 || mem < 0 || address + length < address ||
	    address + length > INT64_MAX)
		return -EFAULT;
	while (mapping.end < address + length) {
		if (!can_be_read(maps, mapping.end, &mapping))
			return -EFAULT;
	}
	if (pread(mem, buffer, length, (off_t)address) == (ssize_t)length)
		return 0;
	return why_unread(maps, mem, address, address + length);
}

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

static int read_argument_directly(pid_t tid, uint64_t address, void *buffer,
				  size_t length)
{
	int r = read_directly(tid, address, buffer, length);

	return r == -EFAULT ? read_by_force(tid, address, buffer, length) : r;
}

static void reading_run(struct ss_careful *careful)
{
	struct reading *reading = (struct reading *)careful;

	reading->result = reading->way->read(careful->task, careful->which,
					     reading->data, reading->length);
}

static int read_chunk(const struct way *way, pid_t tid, uint64_t address,
		      void *buffer, size_t length)
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
		.patience_ms = way->patience_ms,
	};
	reading->way = way;
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

static int read_carefully(const struct way *way, pid_t tid, uint64_t address,
			  char *buffer, size_t length)
{
	size_t chunk;
	int error = 0;

	while (!error && length > 0) {
		chunk = length < CHUNK ? length : CHUNK;
		error = read_chunk(way, tid, address, buffer, chunk);
		address += chunk;
		buffer += chunk;
		length -= chunk;
	}
	return error;
}

static int read_in_this_way(const struct way *way, pid_t tid, uint64_t address,
			    void *buffer, size_t length)
{
	if (ss_caution_has_begun())
		return read_carefully(way, tid, address, buffer, length);
	return way->read(tid, address, buffer, length);
}

int ss_memory_read(pid_t tid, uint64_t address, void *buffer, size_t length)
{
	static const struct way way = { .read = read_directly };

	return read_in_this_way(&way, tid, address, buffer, length);
}

int ss_memory_read_argument(pid_t tid, uint64_t address, void *buffer,
			    size_t length)
{
	static const struct way way = {
		.read = read_argument_directly,
		.patience_ms = SS_MEMORY_PATIENCE_MS,
	};

	return read_in_this_way(&way, tid, address, buffer, length);
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
