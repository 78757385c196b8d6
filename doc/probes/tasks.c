/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /proc, pidfds and kcmp show of tasks that come, exec and go.
 * Options: -r N, rounds of the measurements (1000).
 */
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "probe.h"

#define CHILDREN	100

static int rounds = 1000;

/* The ids in a children file; how many. */
static int children(pid_t tgid, pid_t tid, pid_t *list, int room)
{
	char path[64];
	int n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", tgid,
		       tid);
	f = fopen(path, "re");
	while (f && n < room && fscanf(f, "%d", &list[n]) == 1)
		n++;
	if (f)
		(void)fclose(f);
	return n;
}

static struct {
	int up[2], go[2];
	pid_t tid, child;
} shared;

static void *parent_thread(void *arg)
{
	struct actor *a = actor_new(0);
	char c;

	shared.child = a->pid;
	shared.tid = gettid();
	must(write(shared.up[1], "x", 1), "write");
	must(read(shared.go[0], &c, 1), "read");
	return arg;
}

static void children_of_threads(void)
{
	struct actor *a = actor_new(0), *b;
	pid_t me = getpid(), list[8];
	pthread_t t;
	int n;
	char c;

	if (pthread_create(&t, NULL, parent_thread, NULL))
		exit(2);
	must(read(shared.up[0], &c, 1), "read");
	b = actor_new(0);
	n = children(me, shared.tid, list, 8);
	claim("a thread's list has its own child only",
	      n == 1 && list[0] == shared.child, true);
	n = children(me, me, list, 8);
	claim("the leader's list has not", n == 2 && list[1] == b->pid, true);
	must(write(shared.go[1], "x", 1), "write");
	(void)pthread_join(t, NULL);
	do {	/* the thread is released some time after the join */
		n = children(me, me, list, 8);
	} while (n < 3);
	claim("when the thread has ended the child is at the leader's tail",
	      list[2] == shared.child, true);
	actor_end(a);
	actor_end(b);
	(void)kill(shared.child, SIGKILL);
	must(waitpid(shared.child, NULL, __WALL), "waitpid");
}

static void children_order(void)
{
	pid_t me = getpid(), list[CHILDREN + 1];
	struct actor *a[CHILDREN];
	int i, n, right = 0;

	for (i = 0; i < CHILDREN; i++)
		a[i] = actor_new(0);
	for (i = 0; i < CHILDREN; i += 3)
		actor_kill(a[i]);
	n = children(me, me, list, CHILDREN + 1);
	for (i = 0; i < n && i < CHILDREN; i++)
		right += list[i] == a[i]->pid;
	claim("100 children, 34 of them zombies, all listed", n, CHILDREN);
	claim("in the order of their creation", right, CHILDREN);
	for (i = 0; i < CHILDREN; i++)
		actor_end(a[i]);
	claim("none after reaping", children(me, me, list, 1), 0);
}

static void *apart_thread(void *arg)
{
	char c;

	must(unshare(CLONE_FILES), "unshare");
	must(dup2(0, 77), "dup2");
	shared.tid = gettid();
	must(write(shared.up[1], &shared.tid, sizeof(shared.tid)), "write");
	must(read(shared.go[0], &c, 1), "read");
	return arg;
}

static int pidfd(pid_t tid, unsigned int flags)
{
	return (int)ret(syscall(SYS_pidfd_open, tid, flags));
}

static int getfd(int fd, int number)
{
	return (int)ret(syscall(SYS_pidfd_getfd, fd, number, 0));
}

static int readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)poll(&p, 1, 0);
	return p.revents;
}

static void table_of_a_thread(void)
{
	struct pollfd p = { .events = POLLIN };
	pthread_t t;
	pid_t tid;
	int group;

	if (pthread_create(&t, NULL, apart_thread, NULL))
		exit(2);
	must(read(shared.up[0], &tid, sizeof(tid)), "read");
	group = pidfd(getpid(), 0);
	p.fd = pidfd(tid, PIDFD_THREAD);
	claim("pidfd_open of a thread, no flag", pidfd(tid, 0), -ENOENT);
	claim("PIDFD_THREAD", p.fd, SUCCESS);
	claim("its own slot by group pidfd", getfd(group, 77), -EBADF);
	claim("its own slot by thread pidfd", getfd(p.fd, 77), SUCCESS);
	claim("living: number 0x7fffffff", getfd(p.fd, 0x7fffffff), -EBADF);
	must(write(shared.go[1], "x", 1), "write");
	(void)pthread_join(t, NULL);
	(void)poll(&p, 1, -1);
	claim("ended: its pidfd is readable and hung up", p.revents,
	      POLLIN | POLLHUP);
	claim("ended: getfd", getfd(p.fd, 77), -ESRCH);
}

static void map_much(void)
{
	int fd = memfd_create("much", MFD_CLOEXEC);
	int i;

	must(fd, "memfd_create");
	must(ftruncate(fd, 1 << 20), "ftruncate");
	for (i = 0; i < 8000; i++) {
		if (mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED | MAP_POPULATE,
			 fd, 0) == MAP_FAILED)
			exit(2);
	}
}

/* While it gives up its memory, which takes long, it has the rest. */
static void table_of_the_dying(void)
{
	char path[32], text[4096] = "", c;
	pid_t child = fork();
	int fd, status;

	if (!child) {
		map_much();
		must(write(shared.up[1], "x", 1), "write");
		pause();
	}
	must(read(shared.up[0], &c, 1), "read");
	fd = pidfd(child, 0);
	must(kill(child, SIGKILL), "kill");
	while (getfd(fd, 0x7fffffff) != -ESRCH)
		continue;
	claim("dying: getfd of an open number", getfd(fd, 0), -ESRCH);
	claim("dying: kcmp of it",
	      ret(syscall(SYS_kcmp, getpid(), child, KCMP_FILE, 0, 0)), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/status", child);
	status = open(path, O_RDONLY | O_CLOEXEC);
	must(read(status, text, sizeof(text) - 1), "read");
	claim("dying: FDSize is 0", strstr(text, "FDSize:\t0\n") != NULL, 0);
	claim("dying: there is an Umask", strstr(text, "Umask:") != NULL, 1);
	must(waitpid(child, NULL, 0), "waitpid");
	(void)close(status);
	(void)close(fd);
}

static void await_zombie(pid_t pid)
{
	char path[32], text[256];
	const char *at;
	long n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		must(fd, path);
		n = read(fd, text, sizeof(text) - 1);
		(void)close(fd);
		text[n > 0 ? n : 0] = '\0';
		at = strrchr(text, ')');
	} while (!at || at[2] != 'Z');
}

static void dead_leader(void)
{
	pid_t child = fork(), tid;
	int group, thread;
	pthread_t t;

	must(child, "fork");
	if (child == 0) {
		(void)pthread_create(&t, NULL, apart_thread, NULL);
		(void)syscall(SYS_exit, 0);
	}
	must(read(shared.up[0], &tid, sizeof(tid)), "read");
	await_zombie(child);
	group = pidfd(child, 0);
	thread = pidfd(tid, PIDFD_THREAD);
	claim("dead leader: group pidfd", group, SUCCESS);
	claim("it is not readable", readable(group), 0);
	claim("PIDFD_THREAD of the dead leader is not readable either",
	      readable(pidfd(child, PIDFD_THREAD)), 0);
	claim("getfd by the group pidfd", getfd(group, 0), -ESRCH);
	claim("getfd by the live thread's pidfd", getfd(thread, 77),
	      SUCCESS);
	claim("kcmp leader/thread: VM", same(child, tid, KCMP_VM),
	      DIFFERENT);
	claim("kcmp leader/thread: SIGHAND", same(child, tid, KCMP_SIGHAND),
	      0);
	claim("kcmp leader/thread: FILE", kcmp(child, tid, KCMP_FILE, 0, 0),
	      -EBADF);
	(void)kill(child, SIGKILL);
	must(waitpid(child, NULL, 0), "waitpid");
}

static volatile int leave;

static void *leaving_thread(void *arg)
{
	shared.tid = gettid();
	must(write(shared.up[1], &shared.tid, sizeof(shared.tid)), "write");
	while (!leave)
		;
	return arg;
}

static void *short_thread(void *arg)
{
	shared.tid = gettid();
	return arg;
}

static void joined_threads(void)
{
	int i, r, gone = 0, equal = 0, badf = 0;
	pid_t me = getpid();
	pthread_t t;

	for (i = 0; i < rounds; i++) {
		if (pthread_create(&t, NULL, short_thread, NULL))
			exit(2);
		(void)pthread_join(t, NULL);
		r = kcmp(me, shared.tid, KCMP_FILE, 0, 0);
		gone += r == -ESRCH;
		equal += r == 0;
		badf += r == -EBADF;
	}
	claim("FILE after pthread_join: 0, EBADF or ESRCH",
	      gone + equal + badf, rounds);
	printf("         (ESRCH %d, 0 %d, EBADF %d)\n", gone, equal, badf);
}

static void traced_thread(void)
{
	pid_t child = fork(), tid;
	siginfo_t info;
	pthread_t t;

	must(child, "fork");
	if (child == 0) {
		(void)pthread_create(&t, NULL, leaving_thread, NULL);
		(void)pause();
		leave = 1;
		for (;;)
			(void)pause();
	}
	must(read(shared.up[0], &tid, sizeof(tid)), "read");
	must(ptrace(PTRACE_SEIZE, tid, 0, 0), "seize");
	/* ends one thread: the other one's loop reads this */
	must(ptrace(PTRACE_INTERRUPT, tid, 0, 0), "interrupt");
	must(waitpid(tid, NULL, __WALL), "waitpid");
	must(ptrace(PTRACE_POKEDATA, tid, &leave, 1L), "poke");
	must(ptrace(PTRACE_CONT, tid, 0, 0), "cont");
	must(waitid(P_PID, (id_t)tid, &info, WEXITED | WNOWAIT | __WALL),
	     "waitid");
	claim("traced and ended: VM", same(child, tid, KCMP_VM), DIFFERENT);
	claim("traced and ended: SIGHAND", same(child, tid, KCMP_SIGHAND), 0);
	claim("traced and ended: FILE", kcmp(child, tid, KCMP_FILE, 0, 0),
	      -EBADF);
	must(waitpid(tid, NULL, __WALL), "waitpid");
	claim("its tracer has waited", same(child, tid, KCMP_VM), -ESRCH);
	(void)kill(child, SIGKILL);
	must(waitpid(child, NULL, 0), "waitpid");
}

static int do_exec(void)
{
	char out[16];

	(void)snprintf(out, sizeof(out), "%d", actor_out);
	execl("/proc/self/exe", "tasks", "-x", out, (char *)NULL);
	return -errno;
}

static _Noreturn void execed(const char *out)
{
	int r = 7;

	must(write((int)strtol(out, NULL, 10), &r, sizeof(r)), "write");
	for (;;)
		(void)pause();
}

static long peek(pid_t pid, unsigned long address, void *buffer)
{
	struct iovec to = { buffer, 16 }, from = { (void *)address, 16 };

	return ret(process_vm_readv(pid, &to, 1, &from, 1, 0));
}

static void exec_evidence(void)
{
	unsigned long address = getauxval(AT_RANDOM);
	unsigned char mine[16], now[16];
	int i, same_before = 0, fault = 0, other = 0, equal = 0;
	long r;

	memcpy(mine, (void *)address, 16);
	for (i = 0; i < rounds / 10; i++) {
		struct actor *a = actor_new(CLONE_VM);

		same_before += peek(a->pid, address, now) == 16 &&
			       !memcmp(mine, now, 16);
		(void)tell(a, do_exec);
		r = peek(a->pid, address, now);
		fault += r == -EFAULT;
		equal += r == 16 && !memcmp(mine, now, 16);
		other += r == 16 && memcmp(mine, now, 16);
		actor_end(a);
	}
	claim("CLONE_VM child before exec: our AT_RANDOM bytes", same_before,
	      rounds / 10);
	claim("after exec: never our bytes at the old address", equal, 0);
	printf("         (EFAULT %d, other bytes %d)\n", fault, other);
}

/* The task beside us in /proc/self/task, or 0. */
static pid_t worker(unsigned int *flags)
{
	char path[64], text[512] = "";
	pid_t tid = 0, me = getpid();
	FILE *f = popen("ls /proc/$PPID/task", "re");
	int t;

	while (f && fscanf(f, "%d", &t) == 1)
		if (t != me)
			tid = t;
	if (f)
		(void)pclose(f);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	f = tid ? fopen(path, "re") : NULL;
	if (f) {
		(void)!fgets(text, sizeof(text), f);
		(void)fclose(f);
	}
	if (!strrchr(text, ')') ||
	    sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %u",
		   flags) != 1)
		*flags = 0;
	return tid;
}

static void ring_threads(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQPOLL,
				     .sq_thread_idle = 1000 };
	int fd = (int)ret(syscall(SYS_io_uring_setup, 4, &p));
	pid_t me = getpid(), tid, list[1];
	unsigned int flags;

	claim("io_uring_setup(SQPOLL)", fd, SUCCESS);
	if (fd < 0)
		return;
	tid = worker(&flags);
	claim("its thread is in our task directory", tid > 0, true);
	claim("it is flagged as a user worker (0x4000)", flags & 0x4000,
	      0x4000);
	claim("VM", same(me, tid, KCMP_VM), 0);
	claim("FILES", same(me, tid, KCMP_FILES), 0);
	claim("FS", same(me, tid, KCMP_FS), 0);
	claim("SIGHAND", same(me, tid, KCMP_SIGHAND), 0);
	claim("IO", same(me, tid, KCMP_IO), 0);
	claim("FILE", kcmp(me, tid, KCMP_FILE, 0, 0), 0);
	claim("getfd by its pidfd", getfd(pidfd(tid, PIDFD_THREAD), 0),
	      SUCCESS);
	claim("it is nobody's child", children(me, me, list, 1), 0);
	(void)close(fd);
}

/* The number that was given out last. */
static int last_number(void)
{
	FILE *f = fopen("/proc/sys/kernel/ns_last_pid", "re");
	int number = -1;

	if (f) {
		if (fscanf(f, "%d", &number) != 1)
			number = -1;
		(void)fclose(f);
	}
	return number;
}

static void on_signal(int number)
{
	(void)number;
}

static pid_t forking_child(void)
{
	const struct sigaction action = { .sa_handler = on_signal,
					  .sa_flags = SA_RESTART };
	pid_t child = fork();

	must(child, "fork");
	if (child)
		return child;
	(void)sigaction(SIGUSR1, &action, NULL);
	(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
	(void)raise(SIGSTOP);
	for (;;) {
		if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0)
			_exit(0);
		(void)waitpid(-1, NULL, 0);
	}
}

/* On to the next stop; at it, the registers. */
static int next_stop(pid_t child, int number, struct user_regs_struct *regs)
{
	int status;

	must(ptrace(PTRACE_SYSCALL, child, 0, number), "syscall");
	must(waitpid(child, &status, __WALL), "waitpid");
	must(ptrace(PTRACE_GETREGS, child, 0, regs), "getregs");
	return WSTOPSIG(status);
}

/* To the entry of the next clone. */
static void to_clone(pid_t child, int number, struct user_regs_struct *regs)
{
	while (next_stop(child, number, regs) != (SIGTRAP | 0x80) ||
	       regs->orig_rax != SYS_clone || (int)regs->rax != -ENOSYS)
		number = 0;
}

/* A signal that is pending when clone begins. */
static void interrupted_clone(void)
{
	struct user_regs_struct entry, regs = { 0 };
	pid_t child = forking_child(), list[1];
	bool same_number = false, none = true, same_call = true;
	int i, number, signal = 0;

	must(waitpid(child, NULL, 0), "waitpid");
	must(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD |
		    PTRACE_O_EXITKILL), "options");
	/* Others, too, are given numbers. */
	for (i = 0; i < 100 && !same_number; i++) {
		to_clone(child, 0, &entry);
		number = last_number();
		must(kill(child, SIGUSR1), "kill");
		(void)next_stop(child, 0, &regs);
		same_number = number > 0 && last_number() == number;
		none &= (long)regs.rax == -513 &&
			!children(child, child, list, 1);
		signal = next_stop(child, 0, &regs);
		none &= signal == SIGUSR1 && (long)regs.rax == -513;
		to_clone(child, SIGUSR1, &regs);
		same_call &= regs.rip == entry.rip && regs.rdi == entry.rdi &&
			regs.rsp == entry.rsp;
	}
	claim("a signal pending before clone: ERESTARTNOINTR, no child", none,
	      true);
	claim("no number was given out", same_number, true);
	claim("it is made again from the same place", same_call, true);
	(void)next_stop(child, 0, &regs);
	claim("and makes a child then", (long)regs.rax, SUCCESS);
	(void)kill(child, SIGKILL);
	must(waitpid(child, NULL, 0), "waitpid");
}

int main(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "r:x:")) != -1) {
		if (o == 'x')
			execed(optarg);
		if (o != 'r')
			return 2;
		rounds = (int)strtol(optarg, NULL, 10);
	}
	must(pipe(shared.up), "pipe");
	must(pipe(shared.go), "pipe");
	children_order();
	children_of_threads();
	table_of_a_thread();
	table_of_the_dying();
	dead_leader();
	joined_threads();
	traced_thread();
	exec_evidence();
	ring_threads();
	interrupted_clone();
	return probe_end();
}
