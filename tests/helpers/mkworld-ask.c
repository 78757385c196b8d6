/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions and how their answers are printed: never the raw 1 or 2, which
 * are the answerer's to choose, but what must hold of them.
 */
#include "mkworld.h"

#include <errno.h>
#include <linux/capability.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	int type;
	const char *name;
} types[MW_TYPES] = {
	{ KCMP_VM, "VM" },
	{ KCMP_FILES, "FILES" },
	{ KCMP_FS, "FS" },
	{ KCMP_SIGHAND, "SIGHAND" },
	{ KCMP_IO, "IO" },
	{ KCMP_SYSVSEM, "SYSVSEM" },
};

/* How contradicting answers are packed; errnos are below MIDDLE. */
enum { PACK = 400, MIDDLE = 200 };

const char *mw_errno_name(long error)
{
	const char *name = strerrorname_np((int)(error < 0 ? -error : error));

	return name != NULL ? name : "an unknown error";
}

const char *mw_result(long result)
{
	static char odd[64];

	if (result == 0)
		return "equal";
	if (result == 1)
		return "differ";
	if (result < 0 && result > -1000)
		return mw_errno_name(result);
	result = -1000 - result;
	snprintf(odd, sizeof(odd), "CONTRADICTION %ld, reversed %ld, again %ld",
		 result / PACK / PACK - MIDDLE, result / PACK % PACK - MIDDLE,
		 result % PACK - MIDDLE);
	return odd;
}

/* Three answers that do not fit together, in one number. */
static long pack(long there, long here, long again)
{
	return -1000 - (((there + MIDDLE) * PACK + here + MIDDLE) * PACK +
			again + MIDDLE);
}

long mw_kcmp(struct mw_peer *asker, const long arg[5])
{
	return mw_call5(asker, SYS_kcmp, arg);
}

long mw_compare(struct mw_peer *asker, const long arg[5])
{
	const long back[5] = { arg[1], arg[0], arg[2], arg[4], arg[3] };
	long there = mw_kcmp(asker, arg);
	long here = mw_kcmp(asker, back);
	long again = mw_kcmp(asker, arg);

	if (there < 0 && there == here && there == again)
		return there;
	if (there == 0 && here == 0 && again == 0)
		return 0;
	if (there == again && ((there == 1 && here == 2) ||
			       (there == 2 && here == 1)))
		return 1;
	return pack(there, here, again);
}

void mw_ask(struct mw_peer *asker, const char *what, pid_t a, pid_t b)
{
	char line[512];
	int used = 0;
	int i;

	for (i = 0; i < MW_TYPES; i++) {
		const long arg[5] = { a, b, types[i].type, 0, 0 };
		long result = mw_compare(asker, arg);

		used += snprintf(line + used, sizeof(line) - (size_t)used,
				 "%s%s %s", i != 0 ? ", " : "", types[i].name,
				 mw_result(result));
		if (used >= (int)sizeof(line))
			break;
	}
	mw_say("%s: %s", what, line);
}

void mw_ask_peers(struct mw_peer *asker, const char *what,
		  const struct mw_peer *a, const struct mw_peer *b)
{
	mw_ask(asker, what, mw_pid(a), mw_pid(b));
}

void mw_file(struct mw_peer *asker, const char *what,
	     struct mw_slot a, struct mw_slot b)
{
	const long arg[5] = { a.pid, b.pid, KCMP_FILE, a.fd, b.fd };

	mw_say("%s: %s", what, mw_result(mw_compare(asker, arg)));
}

void mw_own(const char *what, int a, int b)
{
	mw_file(NULL, what, MW_SLOT(NULL, a), MW_SLOT(NULL, b));
}

void mw_did(const char *what, long ret)
{
	mw_say("%s: %s", what, ret < 0 ? mw_errno_name(ret) : "ok");
}

/* ---- order ---- */

static const char *order_pair(int count, const signed char *answer,
			      const signed char *again)
{
	int i;
	int j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++) {
			int there = answer[i * count + j];
			int here = answer[j * count + i];

			if (there < 0 || there > 2)
				return "NOT TOTAL";
			if (i == j && there != 0)
				return "NOT REFLEXIVE";
			if (there != again[i * count + j])
				return "NOT STABLE";
			if ((there == 0) != (here == 0) ||
			    (there != 0 && there + here != 3))
				return "NOT ANTISYMMETRIC";
		}
	}
	return NULL;
}

static const char *order_triple(int count, const signed char *answer)
{
	int i;
	int j;
	int k;

	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++) {
			int there = answer[i * count + j];

			if (there == 2)
				continue;
			for (k = 0; k < count; k++) {
				int on = answer[j * count + k];

				if (on == 2)
					continue;
				if (answer[i * count + k] !=
				    ((there | on) != 0))
					return "NOT TRANSITIVE";
			}
		}
	}
	return NULL;
}

void mw_order(const char *what, int count, const signed char *answer,
	      const signed char *again)
{
	const char *fault = order_pair(count, answer, again);

	if (fault == NULL)
		fault = order_triple(count, answer);
	if (fault == NULL)
		fault = "antisymmetric transitive total stable";
	mw_say("%s: order: %s", what, fault);
}

static void ask_matrix(struct mw_peer *asker, const struct mw_slot *slot,
		       int count, signed char *answer)
{
	int i;
	int j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++) {
			const long arg[5] = { slot[i].pid, slot[j].pid,
					      KCMP_FILE, slot[i].fd,
					      slot[j].fd };
			long ret = mw_kcmp(asker, arg);

			answer[i * count + j] =
				(signed char)(ret < -100 ? -100 : ret);
		}
	}
}

/* Prints the classes and leaves only what is open in OPEN. */
static int print_classes(const char *what, int count,
			 const signed char *answer, int *open)
{
	char line[900] = "";
	size_t used = 0;
	int living = 0;
	int i;
	int j;

	for (i = 0; i < count && used + 16 < sizeof(line); i++) {
		if (answer[i * count + i] == -EBADF) {
			used += (size_t)snprintf(line + used, 16, " x");
			continue;
		}
		open[living++] = i;
		for (j = 0; j < i && answer[i * count + j] != 0; j++)
			;
		used += (size_t)snprintf(line + used, 16, " %d", j);
	}
	mw_say("%s: classes%s", what, line);
	return living;
}

void mw_classes(struct mw_peer *asker, const char *what,
		const struct mw_slot *slot, int count)
{
	size_t size = (size_t)count * (size_t)count;
	struct mw_slot *live = calloc((size_t)count, sizeof(*live));
	int *open = calloc((size_t)count, sizeof(*open));
	signed char *answer = calloc(2, size);
	int living;
	int i;

	if (live == NULL || open == NULL || answer == NULL)
		mw_die("calloc", -ENOMEM);
	ask_matrix(asker, slot, count, answer);
	living = print_classes(what, count, answer, open);
	for (i = 0; i < living; i++)
		live[i] = slot[open[i]];
	ask_matrix(asker, live, living, answer);
	ask_matrix(asker, live, living, answer + size);
	mw_order(what, living, answer, answer + size);
	free(answer);
	free(open);
	free(live);
}

/* ---- what many scenarios need ---- */

int mw_null(struct mw_peer *peer)
{
	static const char path[] = "/dev/null";
	char *shared = mw_alloc(sizeof(path));

	memcpy(shared, path, sizeof(path));
	return (int)mw_must("open /dev/null",
			    mw_call(peer, SYS_openat, AT_FDCWD, MW_P(shared),
				    O_RDWR));
}

int mw_root(void)
{
	return geteuid() == 0;
}

void mw_need_root(void)
{
	if (!mw_root())
		mw_skip("needs root", 0);
}

long mw_ioprio(struct mw_peer *peer, int which, int who, int value)
{
	return mw_call(peer, SYS_ioprio_set, which, who, value);
}

long mw_semop(struct mw_peer *peer, int id, void *ops, unsigned int count)
{
#ifdef SYS_semop
	return mw_call(peer, SYS_semop, id, MW_P(ops), count);
#else
	return mw_call(peer, SYS_ipc, 1, id, count, 0, MW_P(ops));
#endif
}

static long run_capset(struct mw_peer *peer, long arg)
{
	const unsigned int *keep = (const unsigned int *)arg;
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	long ret;

	(void)peer;
	ret = mw_sys(SYS_capget, MW_P(&header), MW_P(data));
	if (ret < 0)
		return ret;
	data[0].effective &= keep[0];
	data[0].permitted &= keep[1];
	data[0].inheritable = 0;
	if (keep[1] == 0)
		data[1].effective = data[1].permitted = 0;
	data[1].inheritable = 0;
	return mw_sys(SYS_capset, MW_P(&header), MW_P(data));
}

long mw_keep_caps(struct mw_peer *peer, unsigned int effective,
		  unsigned int permitted)
{
	unsigned int *keep = mw_alloc(2 * sizeof(*keep));

	keep[0] = effective;
	keep[1] = permitted;
	return mw_run(peer, run_capset, MW_P(keep));
}
