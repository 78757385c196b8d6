/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that have entered the kernel and do not come on, because of a page that
 * a userfaultfd(2) holds back: clone3 reads the numbers there that it is to
 * give out, semop its operations, and epoll_wait writes there what has
 * happened.
 */
#include "mkworld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As long as nobody answers, an answer may only be late. */
#define PATIENCE_MS	200
#define LONG_MS		300	/* ten times as long as we try ourselves */
#define MANY		8	/* as many as we wait for at the same time */

static char *page;		/* nothing is in it until page_fill() */
static size_t page_size;
static int faults;		/* userfaultfd */

static atomic_long creator;
static atomic_int held;
static atomic_int ended;	/* the creator's clone */
static atomic_int leave;
static long partner;		/* somebody without an undo list */
static int answers[2];		/* a pipe */

static void pages_hold_back(size_t count)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range;
	long fd = mw_sys(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		mw_skip("no userfaultfd", fd);
	faults = (int)fd;
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	page = mmap(NULL, count * page_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range = (struct uffdio_register){
		.range = { .start = (uintptr_t)page, .len = count * page_size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	if (page == MAP_FAILED || ioctl(faults, UFFDIO_API, &api) ||
	    ioctl(faults, UFFDIO_REGISTER, &range))
		mw_die("userfaultfd", -errno);
}

static void page_hold_back(void)
{
	pages_hold_back(1);
}

/* Until somebody sleeps because of the page. */
static void page_await(void)
{
	struct pollfd poll_fd = { .fd = faults, .events = POLLIN };
	struct uffd_msg message;

	if (poll(&poll_fd, 1, -1) != 1 ||
	    read(faults, &message, sizeof(message)) != sizeof(message))
		mw_die("userfaultfd", -errno);
}

static void page_fill(void)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)page, .len = page_size },
	};

	if (ioctl(faults, UFFDIO_ZEROPAGE, &zero))
		mw_die("userfaultfd", -errno);
}

/* Its clone makes an undo list, and then finds that 0 is no number for a
   thread. */
static void *create(void *data)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			CLONE_THREAD | CLONE_SYSVSEM,
		.set_tid = (uintptr_t)page,
		.set_tid_size = 1,
	};
	long *ret = data;

	/* It shares the list of whoever made it. */
	if (unshare(CLONE_SYSVSEM))
		mw_die("unshare", -errno);
	atomic_store(&creator, mw_sys(SYS_gettid, 0));
	*ret = mw_sys(SYS_clone3, MW_P(&args), sizeof(args));
	atomic_store(&ended, 1);
	/* No other call that is watched tells that this one is over; that it
	   sleeps elsewhere shows.  Of who runs nothing does. */
	while (!atomic_load(&leave))
		(void)mw_sys(SYS_futex, MW_P(&leave), FUTEX_WAIT, 0, 0);
	return NULL;
}

static long ask(void)
{
	return mw_sys(SYS_kcmp, atomic_load(&creator), partner, KCMP_SYSVSEM);
}

static void *ask_when_held(void *data)
{
	long answer;

	while (!atomic_load(&held))
		sched_yield();
	answer = ask();

	if (write(answers[1], &answer, sizeof(answer)) != sizeof(answer))
		mw_die("write", -errno);
	return data;
}

/* Who does not answer right now waits until the clone has run; then any answer
   is right. */
static int answered_wrongly(void)
{
	struct pollfd poll_fd = { .fd = answers[0], .events = POLLIN };
	long answer = 0;

	return poll(&poll_fd, 1, PATIENCE_MS) == 1 &&
		read(answers[0], &answer, sizeof(answer)) == sizeof(answer) &&
		answer != 0;
}

static void clone_held(void)
{
	pthread_t asker, thread;
	int too_soon;
	long ret = 0;

	partner = mw_pid(mw_fork(NULL));
	page_hold_back();
	if (pipe(answers))
		mw_die("pipe", -errno);
	/* Nobody makes a thread while another is being made. */
	if (pthread_create(&asker, NULL, ask_when_held, NULL) ||
	    pthread_create(&thread, NULL, create, &ret))
		mw_die("thread", -errno);
	page_await();
	atomic_store(&held, 1);
	too_soon = answered_wrongly();
	page_fill();
	pthread_join(asker, NULL);
	while (!atomic_load(&ended))
		sched_yield();
	mw_did("clone3", ret);
	mw_say("a list before it was made: %s", too_soon ? "YES" : "no");
	mw_say("a list afterwards: %s", mw_result(ask() > 0 ? 1 : 0));
	atomic_store(&leave, 1);
	(void)mw_sys(SYS_futex, MW_P(&leave), FUTEX_WAKE, 1);
	pthread_join(thread, NULL);
}

static struct kcmp_epoll_slot item;

static void *wait_for_events(void *data)
{
	if (mw_sys(SYS_epoll_wait, item.efd, MW_P(page), 1, -1) != 1)
		mw_die("epoll_wait", -errno);
	return data;
}

static long ask_about_item(struct mw_peer *peer, long parent)
{
	long answer = mw_sys(SYS_kcmp, parent, parent, KCMP_EPOLL_TFD,
			     item.tfd, MW_P(&item));

	(void)peer;
	if (write(answers[1], &answer, sizeof(answer)) != sizeof(answer))
		mw_die("write", -errno);
	return 0;
}

/* Who holds an epoll keeps those waiting who ask about it, and nobody else. */
static void epoll_held(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct mw_peer *asker;
	pthread_t thread;
	long answer = 0;
	int ends[2];

	page_hold_back();
	if (pipe(answers) || pipe(ends) || write(ends[1], "", 1) != 1)
		mw_die("pipe", -errno);
	item.efd = (unsigned int)mw_must("epoll_create1",
					 mw_sys(SYS_epoll_create1, 0));
	item.tfd = (unsigned int)ends[0];
	mw_must("epoll_ctl", mw_sys(SYS_epoll_ctl, item.efd, EPOLL_CTL_ADD,
				    item.tfd, MW_P(&event)));
	asker = mw_fork(NULL);
	if (pthread_create(&thread, NULL, wait_for_events, NULL))
		mw_die("thread", -errno);
	page_await();
	mw_start(asker, ask_about_item, getpid());
	/* It may not have asked yet: then this shows nothing. */
	mw_say("too soon: %s", poll(&(struct pollfd){
			.fd = answers[0], .events = POLLIN,
		}, 1, PATIENCE_MS) ? "YES" : "no");
	mw_did("close", mw_sys(SYS_close, ends[1]));
	page_fill();
	pthread_join(thread, NULL);
	if (read(answers[0], &answer, sizeof(answer)) != sizeof(answer))
		mw_die("read", -errno);
	mw_say("the item: %s", mw_result(answer > 0 ? 1 : answer));
}

static int semaphore;

struct operating {
	pthread_t thread;
	char *page;
	long ret;
	long list;		/* has it one? */
};

/* The operations are in the page. */
static void *operate(void *data)
{
	struct operating *operating = data;

	/* It shares the list of whoever made it. */
	if (unshare(CLONE_SYSVSEM))
		mw_die("unshare", -errno);
	operating->ret = semop(semaphore, (struct sembuf *)operating->page, 1) ?
		-errno : 0;
	operating->list = mw_sys(SYS_kcmp, mw_sys(SYS_gettid, 0), partner,
				 KCMP_SYSVSEM);
	return NULL;
}

static void operations_start(struct operating *all, int count)
{
	int i;

	semaphore = semget(IPC_PRIVATE, 1, 0600);
	pages_hold_back((size_t)count);
	for (i = 0; i < count; i++) {
		all[i].page = page + (size_t)i * page_size;
		if (pthread_create(&all[i].thread, NULL, operate, &all[i]))
			mw_die("thread", -errno);
		page_await();
	}
}

/* Every page has what asks for an undo list. */
static void operations_go_on(struct operating *all, int count)
{
	struct sembuf *ops = mw_alloc(page_size);
	struct uffdio_copy copy = {
		.src = (uintptr_t)ops, .len = page_size,
	};
	int i;

	ops[0] = (struct sembuf){ 0, 1, SEM_UNDO };
	for (i = 0; i < count; i++) {
		copy.dst = (uintptr_t)all[i].page;
		if (ioctl(faults, UFFDIO_COPY, &copy))
			mw_die("userfaultfd", -errno);
	}
	for (i = 0; i < count; i++)
		pthread_join(all[i].thread, NULL);
}

/* The kernel looks into the page once we have; and that the operations ask for
   a list nobody must miss. */
static void semop_held(void)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct operating one;

	partner = mw_pid(mw_fork(NULL));
	operations_start(&one, 1);
	poll_fd.fd = faults;
	mw_say("let on: %s", poll(&poll_fd, 1, LONG_MS) ? "YES" : "no");
	operations_go_on(&one, 1);
	mw_did("semop", one.ret);
	mw_say("a list: %s", mw_result(one.list > 0));
	(void)semctl(semaphore, 0, IPC_RMID);
}

static long operate_alone(struct mw_peer *peer, long id)
{
	struct sembuf op = { 0, 1, SEM_UNDO };
	long r = semop((int)id, &op, 1) ? -errno : 0;

	(void)peer;
	if (write(answers[1], &r, sizeof(r)) != sizeof(r))
		mw_die("write", -errno);
	return 0;
}

/* Whose own memory is there is not to suffer either. */
static void semops_held(void)
{
	struct operating all[MANY];
	struct pollfd poll_fd = { .events = POLLIN };
	struct mw_peer *one;
	long r = -1;

	if (pipe(answers))
		mw_die("pipe", -errno);
	partner = mw_pid(mw_fork(NULL));
	one = mw_fork(NULL);
	operations_start(all, MANY);
	mw_start(one, operate_alone, semaphore);
	/* It may be held as long as nothing can be read. */
	poll_fd.fd = answers[0];
	(void)poll(&poll_fd, 1, PATIENCE_MS);
	operations_go_on(all, MANY);
	if (read(answers[0], &r, sizeof(r)) != sizeof(r))
		mw_die("read", -errno);
	mw_did("semop", r);
	mw_say("a list: %s", mw_result(mw_sys(SYS_kcmp, one->pid, partner,
					      KCMP_SYSVSEM) > 0));
	(void)semctl(semaphore, 0, IPC_RMID);
}

const struct mw_scenario mw_flight[] = {
	{ "epoll-held", epoll_held, "an epoll that a thread keeps locked" },
	{ "semop-held", semop_held, "operations that do not come" },
	{ "semops-held", semops_held, "and a call beside many of these" },
	{ "clone-held", clone_held, "a clone that has not made its undo list" },
	{ NULL, NULL, NULL },
};
