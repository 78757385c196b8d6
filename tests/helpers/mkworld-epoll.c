/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * KCMP_EPOLL_TFD.  Which of several items on one number comes first depends
 * on addresses inside the kernel, so those are printed as a set.
 */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EP = 80, T = 70, U = 71, V = 72, PLAIN = 73, FILES = 20 };

/* Leaves no other number for the file: its last close must be seen. */
static void move(int from, int to)
{
	if (dup2(from, to) != to)
		mw_die("dup2", -errno);
	close(from);
}

/* EP is an epoll; T, U, V are pipes' ends; PLAIN is the null device. */
static void epoll_world(void)
{
	int fd[2];
	int i;

	move(epoll_create1(0), EP);
	for (i = T; i <= V; i++) {
		if (pipe(fd) != 0)
			mw_die("pipe", -errno);
		move(fd[0], i);
	}
	move(mw_null(NULL), PLAIN);
}

static long control(struct mw_peer *peer, int ep, int op, int fd)
{
	struct epoll_event *event = mw_alloc(sizeof(*event));

	event->events = EPOLLIN;
	event->data.u32 = (uint32_t)fd;
	return mw_call(peer, SYS_epoll_ctl, ep, op, fd, MW_P(event));
}

struct item {
	int ep;
	int tfd;
	int toff;
};

static long epoll_ask(struct mw_peer *asker, struct mw_slot file, pid_t holder,
		      struct item item)
{
	struct kcmp_epoll_slot *slot = mw_alloc(sizeof(*slot));
	const long arg[5] = { file.pid, holder, KCMP_EPOLL_TFD, file.fd,
			      MW_P(slot) };

	slot->efd = (uint32_t)item.ep;
	slot->tfd = (uint32_t)item.tfd;
	slot->toff = (uint32_t)item.toff;
	return mw_kcmp(asker, arg);
}

static const char *epoll_word(long result)
{
	if (result == 1 || result == 2)
		result = 1;
	return result < 3 ? mw_result(result) : "NO ANSWER";
}

static void item_line(const char *what, int fd, struct item item)
{
	mw_say("%s: %s", what, epoll_word(epoll_ask(NULL, MW_SLOT(NULL, fd),
						    mw_pid(NULL), item)));
}

#define ITEM(what, fd, ...) item_line(what, fd, (struct item){ __VA_ARGS__ })

/* All items on one number, as the set of those of COUNT files they equal. */
static void item_set(const char *what, struct mw_peer *asker,
		     const struct mw_slot *file, int count, struct item item)
{
	char found[64] = "";
	pid_t holder = mw_pid(NULL);
	int items = 0;
	int i;

	for (item.toff = 0; items < 8; item.toff++, items++)
		if (epoll_ask(asker, file[0], holder, item) == -ENOENT)
			break;
	for (i = 0; i < count; i++) {
		for (item.toff = 0; item.toff < items; item.toff++) {
			size_t used = strlen(found);

			if (epoll_ask(asker, file[i], holder, item) == 0)
				snprintf(found + used, sizeof(found) - used,
					 " %d", i);
		}
	}
	mw_say("%s: %d items, equal to files {%s }", what, items, found);
}

static void epoll_plain(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	epoll_world();
	ITEM("nothing added", T, EP, T, 0);
	mw_did("add", control(NULL, EP, EPOLL_CTL_ADD, T));
	ITEM("added", T, EP, T, 0);
	ITEM("another file", U, EP, T, 0);
	ITEM("another number", T, EP, U, 0);
	ITEM("too far", T, EP, T, 1);
	mw_did("add again", control(NULL, EP, EPOLL_CTL_ADD, T));
	ITEM("still one", T, EP, T, 1);
	mw_did("modify", control(NULL, EP, EPOLL_CTL_MOD, T));
	ITEM("modified", T, EP, T, 0);
	mw_did("modify what is not there",
	       control(NULL, EP, EPOLL_CTL_MOD, U));
	mw_did("delete what is not there",
	       control(NULL, EP, EPOLL_CTL_DEL, U));
	mw_did("add a file that cannot be polled",
	       control(NULL, EP, EPOLL_CTL_ADD, open("/", O_RDONLY)));
	mw_did("add a closed number", control(NULL, EP, EPOLL_CTL_ADD, 500));
	mw_did("add the epoll itself", control(NULL, EP, EPOLL_CTL_ADD, EP));
	mw_did("add to what is no epoll",
	       control(NULL, T, EPOLL_CTL_ADD, U));
	mw_did("an unknown operation", control(NULL, EP, 9, T));
	ITEM("still there", T, EP, T, 0);
	mw_did("delete", control(NULL, EP, EPOLL_CTL_DEL, T));
	ITEM("deleted", T, EP, T, 0);
	mw_did("add with wide numbers",
	       mw_sys(SYS_epoll_ctl, MW_WIDE(EP), MW_WIDE(EPOLL_CTL_ADD),
		      MW_WIDE(U), MW_P(&event)));
	ITEM("added", U, EP, U, 0);
}

static void pointer_line(const char *what, long fd, const void *slot)
{
	long me = mw_pid(NULL);
	const long arg[5] = { me, me, KCMP_EPOLL_TFD, fd, MW_P(slot) };

	mw_say("%s: %s", what, epoll_word(mw_kcmp(NULL, arg)));
}

static void epoll_errors(void)
{
	long page = sysconf(_SC_PAGESIZE);
	struct kcmp_epoll_slot slot = { EP, T, 0 };
	char *edge = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = edge + page;

	if (edge == MAP_FAILED || munmap(end, (size_t)page) != 0)
		mw_die("mmap", -errno);
	memcpy(end - 12, &slot, 12);
	epoll_world();
	mw_did("add", control(NULL, EP, EPOLL_CTL_ADD, T));
	pointer_line("twelve bytes at the end of memory", T, end - 12);
	pointer_line("eight bytes at the end of memory", T, end - 8);
	mprotect(edge, (size_t)page, PROT_WRITE);
	pointer_line("memory to be written only", T, end - 12);
	mprotect(edge, (size_t)page, PROT_NONE);
	pointer_line("memory that is closed", T, end - 12);
	mprotect(edge, (size_t)page, PROT_READ | PROT_WRITE);
	pointer_line("no memory", T, NULL);
	pointer_line("no memory and a bad file", 500, end);
	pointer_line("a wide file number", MW_WIDE(T), end - 12);
	pointer_line("a closed file", 500, end - 12);
	ITEM("a closed epoll", T, 500, T, 0);
	ITEM("a closed epoll and file", 500, 500, T, 0);
	ITEM("no epoll", T, PLAIN, T, 0);
	ITEM("no epoll and no item", T, U, 500, 9);
	ITEM("a closed file and no item", 500, EP, 500, 0);
	ITEM("the number -1", T, EP, -1, 0);
	ITEM("the last offset", T, EP, T, -1);
}

static void epoll_same_number(void)
{
	struct mw_slot file[3];
	int i;

	epoll_world();
	for (i = 0; i < 3; i++) {
		int old = T + i;
		int kept = fcntl(old, F_DUPFD, 100);

		file[i] = MW_SLOT(NULL, kept);
		dup2(old, 90);
		mw_did("add", control(NULL, EP, EPOLL_CTL_ADD, 90));
		item_set("items", NULL, file, i + 1,
			 (struct item){ EP, 90, 0 });
	}
	mw_did("delete the last", control(NULL, EP, EPOLL_CTL_DEL, 90));
	item_set("items", NULL, file, 3, (struct item){ EP, 90, 0 });
	dup2(T, 90);
	mw_did("delete the first", control(NULL, EP, EPOLL_CTL_DEL, 90));
	item_set("items", NULL, file, 3, (struct item){ EP, 90, 0 });
	mw_did("add it again", control(NULL, EP, EPOLL_CTL_ADD, 90));
	item_set("items", NULL, file, 3, (struct item){ EP, 90, 0 });
	close(90);
	item_set("without the number", NULL, file, 3,
		 (struct item){ EP, 90, 0 });
	for (i = 0; i < 3; i++) {
		close(T + i);
		close(file[i].fd);
	}
	file[0].fd = PLAIN;
	item_set("without the files", NULL, file, 1,
		 (struct item){ EP, 90, 0 });
}

static void epoll_reuse(void)
{
	int copy;

	epoll_world();
	copy = dup(T);
	mw_did("add", control(NULL, EP, EPOLL_CTL_ADD, T));
	close(T);
	ITEM("number closed, copy open", copy, EP, T, 0);
	mw_did("delete by the closed number",
	       control(NULL, EP, EPOLL_CTL_DEL, T));
	mw_did("delete by the copy", control(NULL, EP, EPOLL_CTL_DEL, copy));
	ITEM("still there", copy, EP, T, 0);
	mw_did("add by the copy", control(NULL, EP, EPOLL_CTL_ADD, copy));
	ITEM("a second item", copy, EP, copy, 0);
	dup2(U, T);
	ITEM("the number used again", copy, EP, T, 0);
	ITEM("and not the new file", T, EP, T, 0);
	mw_did("delete the old by a new file",
	       control(NULL, EP, EPOLL_CTL_DEL, T));
	close(copy);
	ITEM("the last copy closed", T, EP, T, 0);
	mw_did("add the new file", control(NULL, EP, EPOLL_CTL_ADD, T));
	ITEM("the new file", U, EP, T, 0);
	dup2(V, T);
	ITEM("replaced by dup2, another copy is left", U, EP, T, 0);
	close(U);
	ITEM("no copy is left", V, EP, T, 0);
}

static void epoll_nested(void)
{
	int inner = epoll_create1(0);
	int copy;

	epoll_world();
	copy = dup(EP);
	mw_did("an epoll in an epoll",
	       control(NULL, EP, EPOLL_CTL_ADD, inner));
	mw_did("a file in the inner", control(NULL, inner, EPOLL_CTL_ADD, T));
	ITEM("the inner epoll", inner, EP, inner, 0);
	ITEM("the inner file", T, inner, T, 0);
	ITEM("not in the outer", T, EP, T, 0);
	ITEM("through a copy of the outer", inner, copy, inner, 0);
	mw_did("a loop", control(NULL, inner, EPOLL_CTL_ADD, EP));
	ITEM("it was refused", EP, inner, EP, 0);
	mw_did("add through the copy",
	       control(NULL, copy, EPOLL_CTL_ADD, U));
	ITEM("seen in the outer", U, EP, U, 0);
	close(EP);
	ITEM("the outer closed", U, EP, U, 0);
	ITEM("the copy is open", U, copy, U, 0);
	close(copy);
	move(epoll_create1(0), EP);
	ITEM("a new epoll of that number", U, EP, U, 0);
}

static void shared_line(const char *what, struct mw_peer *asker,
			struct mw_slot file, struct mw_peer *holder)
{
	struct item item = { EP, T, 0 };

	mw_say("%s: %s", what, epoll_word(epoll_ask(asker, file,
						    mw_pid(holder), item)));
}

static void epoll_shared(void)
{
	struct mw_peer *child;
	struct mw_peer *partner;

	epoll_world();
	mw_did("add", control(NULL, EP, EPOLL_CTL_ADD, T));
	child = mw_fork(NULL);
	partner = mw_spawn(child, CLONE_FILES | SIGCHLD);
	shared_line("the child's epoll", NULL, MW_SLOT(NULL, T), child);
	shared_line("the child's file", NULL, MW_SLOT(child, T), NULL);
	shared_line("asked by the child", child, MW_SLOT(NULL, T), child);
	close(T);
	shared_line("closed here", NULL, MW_SLOT(child, T), NULL);
	shared_line("asked about the closed", NULL, MW_SLOT(NULL, T), child);
	mw_did("delete in the child",
	       control(child, EP, EPOLL_CTL_DEL, T));
	shared_line("gone for both", NULL, MW_SLOT(child, T), NULL);
	mw_did("add in the partner",
	       control(partner, EP, EPOLL_CTL_ADD, T));
	shared_line("back for both", NULL, MW_SLOT(child, T), NULL);
	mw_did("exec in the child", mw_exec(child));
	shared_line("after exec", child, MW_SLOT(child, T), child);
	shared_line("and in the partner", child, MW_SLOT(partner, T),
		    partner);
	mw_call(child, SYS_close, T);
	mw_call(partner, SYS_close, T);
	shared_line("closed by all", NULL, MW_SLOT(NULL, PLAIN), partner);
	mw_quit(child);
	mw_zombie(NULL, child);
	shared_line("in a zombie", NULL, MW_SLOT(NULL, PLAIN), child);
	mw_reap(NULL, child);
	shared_line("in nobody", NULL, MW_SLOT(NULL, PLAIN), child);
}

/* The order of files and that of epoll targets must be one order. */
static void epoll_order(void)
{
	signed char file[FILES * FILES];
	signed char again[FILES * FILES];
	signed char target[FILES * FILES];
	long me = mw_pid(NULL);
	int fd[FILES];
	int i;
	int j;

	epoll_world();
	for (i = 0; i < FILES; i++) {
		fd[i] = i % 2 == 0 ? epoll_create1(0) : dup(T + i % 3);
		mw_must("epoll_ctl", control(NULL, EP, EPOLL_CTL_ADD, fd[i]));
	}
	for (i = 0; i < FILES; i++) {
		for (j = 0; j < FILES; j++) {
			const long arg[5] = { me, me, KCMP_FILE, fd[i],
					      fd[j] };
			struct item item = { EP, fd[j], 0 };
			int at = i * FILES + j;

			target[at] = (signed char)epoll_ask(
				NULL, MW_SLOT(NULL, fd[i]), (pid_t)me, item);
			file[at] = (signed char)mw_kcmp(NULL, arg);
			again[at] = (signed char)mw_kcmp(NULL, arg);
		}
	}
	mw_order("files", FILES, file, again);
	mw_order("epoll targets", FILES, target, target);
	mw_say("one order for both: %s",
	       memcmp(file, target, sizeof(file)) == 0 ? "yes" : "NO");
}

/* A descriptor's number comes back for another file of the same inode, while
   an item still watches the first one. */
static void epoll_likes(void)
{
	int me = (int)mw_pid(NULL), equal = 0, i;

	for (i = 0; i < FILES; i++) {
		const long arg[5] = { me, me, KCMP_FILE, T, V };

		move(epoll_create1(0), EP);
		move(eventfd(0, 0), T);
		(void)control(NULL, EP, EPOLL_CTL_ADD, T);
		dup2(T, U);
		move(eventfd(0, 0), T);
		(void)control(NULL, EP, EPOLL_CTL_ADD, T);
		dup2(T, V);
		equal += mw_kcmp(NULL, arg) == 0;
	}
	mw_say("a file and its duplicate, equal: %d of %d", equal, FILES);
}

/* Numbers of files that are all alike; of the others only the copies stay. */
enum { LIKE = 100, COPY = 200, OTHER = 300, OTHER_COPY = 400, ALIKE = 90,
	ROUNDS = 4 };

static int own_equal(int one, int other)
{
	int me = (int)mw_pid(NULL);
	const long arg[5] = { me, me, KCMP_FILE, one, other };

	return mw_kcmp(NULL, arg) == 0;
}

/* T is an item, and then another file's, with which the call fails; of both
   there are copies that nobody has asked about. */
static void add_and_fail(void)
{
	int i;

	move(epoll_create1(0), EP);
	move(eventfd(0, 0), T);
	mw_must("add", control(NULL, EP, EPOLL_CTL_ADD, T));
	dup2(T, U);
	for (i = 0; i < ALIKE; i++)
		move(eventfd(0, 0), LIKE + i);
	move(eventfd(0, 0), T);
	if (mw_sys(SYS_epoll_ctl, EP, EPOLL_CTL_ADD, T, 0) != -EFAULT)
		mw_die("epoll_ctl", 0);
	dup2(T, V);
}

/* So many items that it is looked at which of them there are. */
static void add_others(void)
{
	int i;

	move(epoll_create1(0), PLAIN);
	for (i = 0; i < ALIKE; i++) {
		move(eventfd(0, 0), OTHER + i);
		mw_must("add", control(NULL, PLAIN, EPOLL_CTL_ADD, OTHER + i));
		dup2(OTHER + i, OTHER_COPY + i);
		close(OTHER + i);
	}
}

static void epoll_failed(void)
{
	int equal = 0, i, round;

	for (round = 0; round < ROUNDS; round++) {
		add_and_fail();
		for (i = 0; i < ALIKE; i++)
			(void)own_equal(LIKE + i, LIKE + i);
		add_others();
		close(T);
		for (i = 0; i < ALIKE; i++) {
			dup2(LIKE + i, COPY + i);
			equal += own_equal(LIKE + i, COPY + i);
		}
	}
	mw_say("a file and its copy, equal: %d of %d", equal, ROUNDS * ALIKE);
}

static atomic_int has_closed;
static atomic_int leave;

/* No other call tells that this one is over. */
static void *close_and_go_on(void *data)
{
	close(T);
	atomic_store(&has_closed, 1);
	while (!atomic_load(&leave))
		;
	return data;
}

/* Nobody has the file any more but an item, and a slot in which another
   thread may still be closing something. */
static void epoll_closing(void)
{
	struct item item = { EP, T, 0 };
	pthread_t thread;
	int copy;
	int i;

	epoll_world();
	move(eventfd(0, 0), T);
	copy = fcntl(T, F_DUPFD, EP + 1);
	mw_did("add", control(NULL, EP, EPOLL_CTL_ADD, T));
	item_line("before", T, item);
	if (pthread_create(&thread, NULL, close_and_go_on, NULL))
		mw_die("thread", -errno);
	while (!atomic_load(&has_closed))
		sched_yield();
	if (fcntl(copy, F_DUPFD, T) != T)
		mw_die("fcntl", -errno);
	for (i = 0; i < 3; i++)
		item_line("opened again", T, item);
	item_line("another", U, item);
	atomic_store(&leave, 1);
	pthread_join(thread, NULL);
	item_line("afterwards", T, item);
}

const struct mw_scenario mw_epoll[] = {
	{ "epoll", epoll_plain, "add, modify, delete, and failures" },
	{ "epoll-errors", epoll_errors, "errors and which one wins" },
	{ "epoll-same-number", epoll_same_number, "items on one number" },
	{ "epoll-reuse", epoll_reuse, "numbers closed and used again" },
	{ "epoll-nested", epoll_nested, "epolls in epolls, and copies" },
	{ "epoll-shared", epoll_shared, "over fork, exec and death" },
	{ "epoll-likes", epoll_likes, "two files of one inode on a number" },
	{ "epoll-failed", epoll_failed, "what was not added" },
	{ "epoll-closing", epoll_closing, "a slot that a thread may close" },
	{ "epoll-order", epoll_order, "twenty files, one order" },
	{ NULL, NULL, NULL },
};
