/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two ways to read, one result.
 *
 * The plain way is one process_vm_readv(2).  The careful way gives the same
 * call to a helper thread and waits for it with a limit (caution.h): a thread
 * and no process, because where Yama restricts ptrace only ancestors of a task
 * may read it.
 *
 *	      give               answer in time
 *	idle ------> busy ---------------------> idle
 *	               |  too late
 *	               +---------> abandoned --> freed by its own thread
 *
 * An abandoned reader sleeps in the kernel until the child's page comes or
 * the program that should send it ends; it owns everything that it touches.
 */
#include "kernel/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/caution.h"

#define READER_CHUNK		4096

/* No task can have anything there; see ss_memory_is_alive(). */
#define NEVER_MAPPED		0x7fffffffffff0000

enum reader_state {
	READER_IDLE,
	READER_BUSY,
	READER_ABANDONED,
};

struct reader {
	enum reader_state state;
	pthread_cond_t given;
	pthread_cond_t done;
	pid_t tid;
	uint64_t address;
	size_t length;		/* at most READER_CHUNK */
	int result;
	char data[READER_CHUNK];
};

/* All of it under the lock. */
static struct {
	pthread_mutex_t lock;
	struct reader *reader;	/* owned, or NULL: made when needed */
	unsigned int abandoned;
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

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

static void reader_free(struct reader *reader)
{
	(void)pthread_cond_destroy(&reader->given);
	(void)pthread_cond_destroy(&reader->done);
	free(reader);
}

static void *reader_run(void *data)
{
	struct reader *reader = data;
	int result;

	(void)pthread_mutex_lock(&memory.lock);
	for (;;) {
		while (reader->state == READER_IDLE)
			(void)pthread_cond_wait(&reader->given, &memory.lock);
		(void)pthread_mutex_unlock(&memory.lock);
		result = read_directly(reader->tid, reader->address,
				       reader->data, reader->length);
		(void)pthread_mutex_lock(&memory.lock);
		if (reader->state == READER_ABANDONED)
			break;
		reader->result = result;
		reader->state = READER_IDLE;
		(void)pthread_cond_signal(&reader->done);
	}
	memory.abandoned--;
	(void)pthread_mutex_unlock(&memory.lock);
	reader_free(reader);
	return NULL;
}

static int reader_new(struct reader **ret)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	pthread_condattr_t attributes;
	int error;

	if (!reader)
		return -ENOMEM;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&reader->given, NULL);
	(void)pthread_cond_init(&reader->done, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	error = ss_caution_thread(reader_run, reader);
	if (error) {
		reader_free(reader);
		return error;
	}
	*ret = reader;
	return 0;
}

/* Lock held: waits for what the reader was given. */
static int reader_wait(struct reader *reader)
{
	struct timespec deadline = ss_caution_deadline(SS_MEMORY_PATIENCE_MS);
	int error = 0;

	while (reader->state == READER_BUSY && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&reader->done, &memory.lock,
					       &deadline);
	if (reader->state == READER_IDLE)
		return reader->result;
	reader->state = READER_ABANDONED;
	memory.reader = NULL;
	memory.abandoned++;
	return -ETIMEDOUT;
}

/* Lock held. */
static int read_chunk(pid_t tid, uint64_t address, void *buffer, size_t length)
{
	struct reader *reader;
	int error;

	if (!memory.reader) {
		if (memory.abandoned >= SS_MEMORY_ABANDONED_MAX)
			return -ETIMEDOUT;
		error = reader_new(&memory.reader);
		if (error)
			return error;
	}
	reader = memory.reader;
	reader->tid = tid;
	reader->address = address;
	reader->length = length;
	reader->state = READER_BUSY;
	(void)pthread_cond_signal(&reader->given);
	error = reader_wait(reader);
	if (!error)
		memcpy(buffer, reader->data, length);
	return error;
}

static int read_carefully(pid_t tid, uint64_t address, char *buffer,
			  size_t length)
{
	size_t chunk;
	int error = 0;

	(void)pthread_mutex_lock(&memory.lock);
	while (!error && length > 0) {
		chunk = length < READER_CHUNK ? length : READER_CHUNK;
		error = read_chunk(tid, address, buffer, chunk);
		address += chunk;
		buffer += chunk;
		length -= chunk;
	}
	(void)pthread_mutex_unlock(&memory.lock);
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
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return -ESRCH;
	return errno == EACCES ? -EPERM : -errno;
}

int ss_memory_is_alive(int fd, uint64_t some_mapped_address)
{
	char byte;
	ssize_t n;

	/*
	 * The kernel looks for users of the memory before it looks at the
	 * address, and an address that cannot be mapped keeps it from waiting
	 * for a page.
	 */
	(void)some_mapped_address;
	n = pread(fd, &byte, sizeof(byte), NEVER_MAPPED);
	if (n == 0)
		return 0;
	return n > 0 || errno == EIO ? 1 : -errno;
}
