/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A family of tasks, one of which asks: for tests of what policies make of it.
 *
 *	kin [-aceoprsuU] [-n TIMES] [-f FD1,FD2] TYPE TARGET TARGET
 *
 * prints the last of TIMES answers, or all with -a: 0 to 3, or the name of an
 * error.  TYPE is kcmp's number.  The tasks, by their labels, and how they
 * stand to the one that asks:
 *
 *	1		ancestor	(the command)
 *	1.1		parent
 *	1.1.1		self		who asks
 *	1.1.1.1		thread
 *	1.1.1.2		child
 *	1.1.1.2.1	descendant
 *	1.1.2		sibling
 *	1.2		other
 *
 * and "unknown" (a number of nobody), "host" (a process outside).
 *
 *	-c	the command itself asks, and has no kin
 *	-e	who asks has executed itself before
 *	-o	its parent has died before: it is an orphan
 *	-p	who asks is the first process of a pid namespace
 *	-r	the command adopts orphans
 *	-s	the second descriptor is a copy of the first
 *	-u	who asks has become user 4711 (all its ids), with its thread
 *	-U	the sibling has
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum kin {
	SELF, THREAD, PARENT, CHILD, ANCESTOR, DESCENDANT, SIBLING, OTHER,
	UNKNOWN, HOST, KINDS
};

static const char *const names[KINDS] = {
	"self", "thread", "parent", "child", "ancestor", "descendant",
	"sibling", "other", "unknown", "host",
};

#define OTHER_USER	4711

#define FD_FAMILY	900	/* kept over exec */

/* What all of them see. */
struct family {
	pid_t number[KINDS];	/* as who asks calls them */
	uint32_t ready[KINDS];	/* futex */
	uint32_t left;		/* the same: the sibling is another user */
};

static struct family *family;

static struct {
	int adopts, all, alone, executes, orphan, namespace, same;
	int leaves, sibling_leaves;
	int times, fd[2], type;
	enum kin target[2];
} plan = { .times = 1, .fd = { 10, 11 } };

static void fail(const char *what)
{
	fprintf(stderr, "kin: %s: %s\n", what, strerror(errno));
	kill(0, SIGKILL);
}

static void set(uint32_t *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, flag, 1 /* FUTEX_WAKE */, 1 << 30, NULL, NULL, 0);
}

static void await_flag(uint32_t *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, flag, 0 /* FUTEX_WAIT */, 0, NULL, NULL,
			0);
}

static void announce(enum kin kin)
{
	set(&family->ready[kin]);
}

static void await(enum kin kin)
{
	await_flag(&family->ready[kin]);
}

static void sleep_on(void)
{
	for (;;)
		pause();
}

static pid_t start(void)
{
	pid_t maker = getpid();
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid != 0 || plan.orphan)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died before.  (Who is outside has no number.) */
	if (getppid() != maker && !plan.namespace)
		_exit(1);
	return 0;
}

/* 0 in the new one.  Its own view of its number is another one. */
static pid_t start_kin(enum kin kin)
{
	pid_t pid = start();

	if (pid > 0)
		family->number[kin] = pid;
	return pid;
}

static void *live_as_thread(void *data)
{
	(void)data;
	family->number[THREAD] = (pid_t)syscall(SYS_gettid);
	announce(THREAD);
	sleep_on();
	return NULL;
}

static void make_descendants(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, live_as_thread, NULL))
		fail("pthread_create");
	await(THREAD);
	if (start_kin(CHILD) > 0) {
		await(DESCENDANT);
		return;
	}
	if (start_kin(DESCENDANT) > 0)
		announce(DESCENDANT);
	/* Another user may not kill them, with no kind of signal. */
	await(SELF);
	_exit(0);
}

static void print_answer(long answer)
{
	if (answer < 0)
		printf("%s\n", strerrorname_np(errno));
	else
		printf("%ld\n", answer);
	fflush(stdout);
}

static void ask(void)
{
	struct kcmp_epoll_slot slot = { .efd = (uint32_t)plan.fd[1] };
	long second = plan.type == KCMP_EPOLL_TFD ? (long)&slot : plan.fd[1];
	long answer = -1;
	int i;

	for (i = 1; i <= plan.times; i++) {
		answer = syscall(SYS_kcmp, family->number[plan.target[0]],
				 family->number[plan.target[1]], plan.type,
				 plan.fd[0], second);
		if (plan.all || i == plan.times)
			print_answer(answer);
	}
}

static void leave(void)
{
	if (setresuid(OTHER_USER, OTHER_USER, OTHER_USER))
		fail("setresuid");
	/* That was forgotten. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Who asks; afterwards there is nothing to live for. */
static void live_as_self(void)
{
	family->number[SELF] = getpid();
	if (plan.orphan) {
		while (getppid() == family->number[PARENT])
			sched_yield();
	} else {
		await(SIBLING);
	}
	await(OTHER);
	make_descendants();
	if (plan.leaves)
		leave();
	ask();
	announce(SELF);
	_exit(0);
}

static void execute(char **argv)
{
	char last[] = "-E";
	char *again[16];
	int i;

	again[0] = argv[0];
	again[1] = last;
	for (i = 1; argv[i] && i < 14; i++)
		again[i + 1] = argv[i];
	again[i + 1] = NULL;
	execv("/proc/self/exe", again);
	fail("execv");
}

static void live_as_parent(char **argv)
{
	pid_t pid;

	family->number[PARENT] = plan.namespace ? 0 : getpid();
	if (plan.namespace && unshare(CLONE_NEWPID))
		fail("unshare");
	pid = start();
	if (pid == 0) {
		if (plan.executes)
			execute(argv);
		live_as_self();
	}
	if (plan.orphan)
		_exit(0);
	if (start_kin(SIBLING) == 0) {
		if (plan.sibling_leaves)
			leave();
		set(&family->left);
		sleep_on();
	}
	await_flag(&family->left);
	/* In a namespace the first number is that of who asks. */
	if (plan.namespace)
		family->number[SIBLING] = 2;
	announce(SIBLING);
	sleep_on();
}

static void open_files(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		int fd = open("/dev/null", O_RDWR);

		if (plan.same && i)
			dup2(plan.fd[0], plan.fd[1]);
		else
			dup2(fd, plan.fd[i]);
		close(fd);
	}
}

static enum kin parse_kin(const char *name)
{
	int i;

	for (i = 0; i < KINDS; i++) {
		if (!strcmp(names[i], name))
			return (enum kin)i;
	}
	fprintf(stderr, "kin: '%s' is nobody's name\n", name);
	exit(2);
}

static int number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text)
		exit(2);
	return (int)value;
}

static int parse(int argc, char **argv)
{
	int executed = 0;
	int option;

	while ((option = getopt(argc, argv, "EaceoprsuUn:f:")) != -1) {
		switch (option) {
		case 'E':
			executed = 1;
			break;
		case 'a':
			plan.all = 1;
			break;
		case 'c':
			plan.alone = 1;
			break;
		case 'e':
			plan.executes = 1;
			break;
		case 'o':
			plan.orphan = 1;
			break;
		case 'p':
			plan.namespace = 1;
			break;
		case 'r':
			plan.adopts = 1;
			break;
		case 's':
			plan.same = 1;
			break;
		case 'u':
			plan.leaves = 1;
			break;
		case 'U':
			plan.sibling_leaves = 1;
			break;
		case 'n':
			plan.times = number(optarg);
			break;
		case 'f':
			if (sscanf(optarg, "%d,%d", &plan.fd[0],
				   &plan.fd[1]) == 2)
				break;
			/* fall through */
		default:
			exit(2);
		}
	}
	if (argc - optind != 3)
		exit(2);
	plan.type = number(argv[optind]);
	plan.target[0] = parse_kin(argv[optind + 1]);
	plan.target[1] = parse_kin(argv[optind + 2]);
	return executed;
}

static void map_family(int fd)
{
	family = mmap(NULL, sizeof(*family), PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, 0);
	if (family == MAP_FAILED)
		fail("mmap");
}

static void make_family(void)
{
	int fd = memfd_create("family", 0);

	if (fd < 0 || ftruncate(fd, sizeof(*family)) ||
	    dup2(fd, FD_FAMILY) != FD_FAMILY)
		fail("memfd");
	close(fd);
	map_family(FD_FAMILY);
	family->number[ANCESTOR] = plan.namespace ? 0 : getpid();
	family->number[UNKNOWN] = 0x3fffffff;
	family->number[HOST] = getppid();
}

int main(int argc, char **argv)
{
	pid_t parent, other;

	if (parse(argc, argv)) {
		map_family(FD_FAMILY);
		live_as_self();
	}
	if (plan.adopts)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	make_family();
	open_files();
	if (plan.alone) {
		family->number[SELF] = getpid();
		ask();
		return 0;
	}
	parent = start();
	if (parent == 0)
		live_as_parent(argv);
	other = start();
	if (other == 0)
		sleep_on();
	/* Nobody outside of a namespace has a number in there. */
	family->number[OTHER] = plan.namespace ? 0 : other;
	announce(OTHER);
	await(SELF);
	kill(parent, SIGKILL);
	kill(other, SIGKILL);
	while (wait(NULL) > 0)
		continue;
	return 0;
}
