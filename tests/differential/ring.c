/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that come and go through an io_uring, without its library.  One
 * request at a time, and its end is waited for.
 *
 * A ring that was inherited or received is used by who did not make it: what
 * it does is done to the descriptors of who makes the request, and with
 * SQPOLL to those of who made the ring.
 */
#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	ENTRIES = 2,
	LATE = 500,			/* milliseconds */
	OP_FIXED_FD_INSTALL = 54,	/* since Linux 6.8 */
	NO_CLOEXEC = 1,			/* IORING_FIXED_FD_NO_CLOEXEC */
};

_Static_assert(sizeof(struct io_uring_params) ==
	       sizeof(ch_arena->ring_params), "struct io_uring_params");

struct ring {
	long fd;
	uint32_t *rings;		/* both queues */
	struct io_uring_sqe *sqes;
};

long ch_do_ring(struct ch_slot *me, const int64_t *arg)
{
	struct io_uring_params params = {
		.flags = (uint32_t)arg[0],
		.sq_thread_idle = 10,
	};
	long fd;
	long ret;

	(void)me;
	__atomic_store_n(&ch_arena->ring_tried, 1, __ATOMIC_SEQ_CST);
	fd = ch_sys(SYS_io_uring_setup, ENTRIES, CH_P(&params));
	if (fd < 0)
		return fd;
	__atomic_store_n(&ch_arena->ring_made, 1, __ATOMIC_SEQ_CST);
	memcpy(ch_arena->ring_params, &params, sizeof(params));
	if (arg[1] <= 0 || fd == arg[1])
		return fd;
	ret = ch_sys(SYS_dup2, fd, arg[1]);
	ch_sys(SYS_close, fd);
	return ret;
}

static void *map(long fd, long offset)
{
#if defined(SYS_mmap2)
	long at = ch_sys(SYS_mmap2, 0, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, offset / PAGE);
#else
	long at = ch_sys(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, offset);
#endif
	return at < 0 && at > -PAGE ? NULL : (void *)at;
}

static void ring_close(struct ring *ring)
{
	if (ring->rings)
		ch_sys(SYS_munmap, CH_P(ring->rings), PAGE);
	if (ring->sqes)
		ch_sys(SYS_munmap, CH_P(ring->sqes), PAGE);
	ch_sys(SYS_close, ring->fd);
}

/* Under a number of its own: somebody may change NUMBER meanwhile. */
static long ring_open(struct ring *ring, int64_t number)
{
	long ret;

	ring->fd = ch_sys(SYS_fcntl, number, F_DUPFD_CLOEXEC, CH_FD_BUSY);
	if (ring->fd < 0)
		return ring->fd;
	/* Of other files it says EOPNOTSUPP. */
	ret = ch_sys(SYS_io_uring_enter, ring->fd, 0, 0, 0, 0, 0);
	if (ret < 0) {
		ch_sys(SYS_close, ring->fd);
		return ret;
	}
	ring->rings = map(ring->fd, IORING_OFF_SQ_RING);
	ring->sqes = map(ring->fd, IORING_OFF_SQES);
	if (ring->rings && ring->sqes)
		return 0;
	ring_close(ring);
	return -ENOMEM;
}

/* Waits for the end of one request; what it returned. */
static long ring_wait(struct ring *ring, const struct io_uring_params *params)
{
	struct __kernel_timespec limit = { .tv_nsec = LATE * 1000000LL };
	struct io_uring_getevents_arg extra = { .ts = (uintptr_t)&limit };
	uint32_t *head = ring->rings + params->cq_off.head / 4;
	uint32_t *tail = ring->rings + params->cq_off.tail / 4;
	uint32_t mask = ring->rings[params->cq_off.ring_mask / 4];
	struct io_uring_cqe *cqes =
		(void *)(ring->rings + params->cq_off.cqes / 4);
	long ret;

	ret = ch_sys(SYS_io_uring_enter, ring->fd, 1, 1,
		     IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP |
		     IORING_ENTER_EXT_ARG, CH_P(&extra), sizeof(extra));
	if (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE))
		return ret < 0 ? ret : -ETIME;
	ret = cqes[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return ret;
}

static long ring_call(struct ring *ring, const struct io_uring_sqe *sqe)
{
	struct io_uring_params params;
	uint32_t *tail;
	uint32_t *array;
	uint32_t at;

	memcpy(&params, ch_arena->ring_params, sizeof(params));
	tail = ring->rings + params.sq_off.tail / 4;
	array = ring->rings + params.sq_off.array / 4;
	at = *tail & ring->rings[params.sq_off.ring_mask / 4];
	ring->sqes[at] = *sqe;
	array[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	return ring_wait(ring, &params);
}

/* The ring holds one file at most. */
static long hold(struct ring *ring, int number)
{
	int32_t file = number;

	ch_sys(SYS_io_uring_register, ring->fd, IORING_UNREGISTER_FILES, 0, 0);
	return ch_sys(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES,
		      CH_P(&file), 1);
}

static long do_open(struct ring *ring, int fixed)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)"/dev/null",
		.open_flags = 2,	/* O_RDWR */
		.file_index = (uint32_t)fixed,
	};
	long ret = fixed ? hold(ring, -1) : 0;

	return ret < 0 ? ret : ring_call(ring, &sqe);
}

static long do_epoll_add(struct ring *ring, int epoll, int number)
{
	struct epoll_event event = { .events = EPOLLIN };
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_EPOLL_CTL,
		.fd = epoll,
		.off = (uint64_t)number,
		.len = EPOLL_CTL_ADD,
		.addr = (uintptr_t)&event,
	};

	return ring_call(ring, &sqe);
}

static long carry_out(struct ring *ring, const int64_t *arg)
{
	const struct io_uring_sqe close_it = {
		.opcode = IORING_OP_CLOSE,
		.fd = (int)arg[2],
	};
	const struct io_uring_sqe install = {
		.opcode = OP_FIXED_FD_INSTALL,
		.flags = IOSQE_FIXED_FILE,
		.rw_flags = arg[2] % 2 ? NO_CLOEXEC : 0,
	};

	switch (arg[1]) {
	case CH_RING_OPEN:
		return do_open(ring, 0);
	case CH_RING_CLOSE:
		return ring_call(ring, &close_it);
	case CH_RING_REGISTER:
		return hold(ring, (int)arg[2]);
	case CH_RING_UNREGISTER:
		return ch_sys(SYS_io_uring_register, ring->fd,
			      IORING_UNREGISTER_FILES, 0, 0);
	case CH_RING_INSTALL:
		return ring_call(ring, &install);
	case CH_RING_OPEN_FIXED:
		return do_open(ring, 1);
	case CH_RING_EPOLL_ADD:
		return do_epoll_add(ring, (int)arg[2], (int)arg[3]);
	default:
		return -EINVAL;
	}
}

long ch_do_ring_call(struct ch_slot *me, const int64_t *arg)
{
	struct ring ring = { .fd = -1 };
	uint32_t nobody = 0;
	long ret;

	(void)me;
	/* Two who fill one queue at once would fill it with nonsense. */
	if (!__atomic_compare_exchange_n(&ch_arena->ring_busy, &nobody, 1, 0,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return -EBUSY;
	ret = ring_open(&ring, arg[0]);
	if (!ret) {
		ret = carry_out(&ring, arg);
		ring_close(&ring);
	}
	ch_release_ring();
	return ret;
}

void ch_release_ring(void)
{
	__atomic_store_n(&ch_arena->ring_busy, 0, __ATOMIC_SEQ_CST);
}
