/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/decode-sem.h"

#include <errno.h>
#include <sys/sem.h>

/* struct sembuf of every architecture. */
struct sem_operation {
	uint16_t number;
	int16_t op;
	int16_t flags;
};

#define CHUNK	512		/* operations read at a time */
/* So many are sooner read than it is found out whether they are too many. */
#define FEW	64
#define IPC_SEMTIMEDOP	4

struct sem_call {
	int semid;
	uint64_t operations;
	uint32_t count;
	uint64_t timeout;	/* 0: none */
	bool time32;
	bool padded;		/* of the nanoseconds half is padding */
};

static struct sem_call sem_arguments(const struct ss_call *call,
				     enum ss_arch arch,
				     const uint64_t args[6])
{
	struct sem_call sem = {
		.semid = (int)args[0],
		.operations = args[1],
		.count = (uint32_t)args[2],
	};

	switch ((enum ss_call_sem)call->which) {
	case SS_CALL_SEMOP:
		break;
	case SS_CALL_SEMTIMEDOP:
		sem.time32 = arch == SS_ARCH_I386;
		sem.timeout = args[3];
		break;
	case SS_CALL_SEMTIMEDOP_TIME64:
		sem.timeout = args[3];
		sem.padded = arch == SS_ARCH_I386;
		break;
	case SS_CALL_IPC:
		/* ipc(call, first, second, third, ptr, fifth) */
		sem.semid = (int)args[1];
		sem.count = (uint32_t)args[2];
		sem.operations = args[4];
		if ((args[0] & 0xffff) == IPC_SEMTIMEDOP)
			sem.timeout = args[5];
		sem.time32 = true;
		break;
	}
	return sem;
}

/* The timeout is looked at first: EFAULT, EINVAL. */
static int timeout_is_good(const struct ss_reader *reader, pid_t tid,
			   const struct sem_call *sem)
{
	int32_t narrow[2];
	int64_t wide[2];
	int r;

	if (!sem->timeout)
		return 1;
	if (sem->time32)
		r = reader->read(reader, tid, sem->timeout, narrow,
				 sizeof(narrow));
	else
		r = reader->read(reader, tid, sem->timeout, wide,
				 sizeof(wide));
	if (r)
		return r == -EFAULT ? 0 : r;
	if (sem->time32) {
		wide[0] = narrow[0];
		wide[1] = narrow[1];
	}
	/* get_timespec64() */
	if (sem->padded)
		wide[1] &= UINT32_MAX;
	return wide[0] >= 0 && wide[1] >= 0 && wide[1] < 1000000000;
}

int ss_decode_sem(const struct ss_reader *reader, const struct ss_call *call,
		  enum ss_arch arch, pid_t tid, const uint64_t args[6],
		  bool *ret_undo)
{
	struct sem_call sem = sem_arguments(call, arch, args);
	struct sem_operation operations[CHUNK];
	uint32_t i, n, done;
	bool undo = false;
	int r;

	*ret_undo = false;
	if (sem.count < 1 || sem.semid < 0 ||
	    (sem.count > FEW && !reader->fits(reader, tid, sem.count)))
		return 0;
	r = timeout_is_good(reader, tid, &sem);
	if (r <= 0)
		return r;
	if (sem.count > SS_SEM_OPERATIONS_MAX)
		return -E2BIG;
	/* All of them are copied before the first is looked at. */
	for (done = 0; done < sem.count; done += n) {
		n = sem.count - done < CHUNK ? sem.count - done : CHUNK;
		r = reader->read(reader, tid, sem.operations + done *
				 sizeof(operations[0]), operations,
				 n * sizeof(operations[0]));
		if (r)
			return r == -EFAULT ? 0 : r;
		for (i = 0; i < n; i++)
			undo = undo || (operations[i].flags & SEM_UNDO);
	}
	*ret_undo = undo && (sem.count > FEW ||
			     reader->fits(reader, tid, sem.count));
	return 0;
}
