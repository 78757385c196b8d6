/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kcmp answers: errors and their order, widths, files, epolls, rights. */
#include <grp.h>
#include <limits.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <linux/capability.h>
#include <linux/landlock.h>

#include "probe.h"

#define FILES	20

static pid_t me;

static int file(int a, int b)
{
	return kcmp(me, me, KCMP_FILE, (unsigned long)a, (unsigned long)b);
}

static int open_null(int flags)
{
	int fd = open("/dev/null", flags | O_CLOEXEC);

	must(fd, "/dev/null");
	return fd;
}

static long raw(unsigned long a, unsigned long b, unsigned long type,
		unsigned long x, unsigned long y)
{
	return ret(syscall(SYS_kcmp, a, b, type, x, y));
}

static void errors(void)
{
	claim("pid 0", same(0, me, KCMP_VM), -ESRCH);
	claim("pid 0, bad type", same(0, me, 99), -ESRCH);
	claim("pid -1", same(-1, me, KCMP_VM), -ESRCH);
	claim("second pid 0", same(me, 0, KCMP_VM), -ESRCH);
	claim("type 8", same(me, me, 8), -EINVAL);
	claim("type -1", same(me, me, -1), -EINVAL);
	claim("type INT_MIN", same(me, me, INT_MIN), -EINVAL);
	claim("first slot closed", file(9999, 0), -EBADF);
	claim("second slot closed", file(0, 9999), -EBADF);
	claim("slot -1", file(-1, -1), -EBADF);
	claim("same closed slot twice", file(9999, 9999), -EBADF);
	claim("VM looks at no index", raw((unsigned long)me,
	      (unsigned long)me, KCMP_VM, ~0ul, ~0ul), 0);
}

static void widths(void)
{
	unsigned long high = 0xdead00000000, p = high | (unsigned int)me;

	claim("pids with high halves", raw(p, p, KCMP_VM, 0, 0), 0);
	claim("type with a high half", raw(p, p, high | KCMP_VM, 0, 0), 0);
	claim("slots with high halves", raw(p, p, KCMP_FILE, high, high), 0);
	claim("0x80000000 as pid", raw(0x80000000, p, KCMP_VM, 0, 0),
	      -ESRCH);
	claim("type 1 << 32 is KCMP_FILE", raw(p, p, 1ul << 32, 0, 0), 0);
}

static int pass(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int s[2], got;

	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), "socketpair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	must(sendmsg(s[0], &m, 0), "sendmsg");
	must(recvmsg(s[1], &m, 0), "recvmsg");
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(got));
	(void)close(s[0]);
	(void)close(s[1]);
	return got;
}

static void files(void)
{
	int a = open_null(O_RDONLY), b = open_null(O_RDONLY), c, p[2];
	int pidfd = (int)syscall(SYS_pidfd_open, me, 0);
	struct actor *child;
	char path[32];

	claim("dup", file(a, dup(a)), 0);
	claim("dup3", file(a, dup3(a, 300, O_CLOEXEC)), 0);
	claim("F_DUPFD", file(a, fcntl(a, F_DUPFD, 400)), 0);
	claim("SCM_RIGHTS", file(a, pass(a)), 0);
	claim("pidfd_getfd", file(a, (int)syscall(SYS_pidfd_getfd, pidfd, a,
						  0)), 0);
	child = actor_new(0);
	claim("fork", kcmp(me, child->pid, KCMP_FILE, (unsigned long)a,
			   (unsigned long)a), 0);
	actor_end(child);
	claim("another open of the same path", file(a, b), DIFFERENT);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", a);
	claim("open of /proc/self/fd/N", file(a, open(path, O_RDONLY)),
	      DIFFERENT);
	c = open_null(O_PATH);
	claim("O_PATH with itself", file(c, c), 0);
	claim("O_PATH, dup", file(c, dup(c)), 0);
	claim("O_PATH and another", file(c, a), DIFFERENT);
	must(pipe(p), "pipe");
	claim("two ends of a pipe", file(p[0], p[1]), DIFFERENT);
}

/* Antisymmetry, transitivity, stability; and EPOLL_TFD orders alike. */
static void order(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int n[FILES], r[FILES][FILES], i, j, k, bad = 0, apart = 0;
	int ep = epoll_create1(EPOLL_CLOEXEC), s[2];

	for (i = 0; i < FILES; i += 2) {
		must(pipe(s), "pipe");
		n[i] = s[0];
		n[i + 1] = s[1];
	}
	for (i = 0; i < FILES; i++)
		must(epoll_ctl(ep, EPOLL_CTL_ADD, n[i], &ev), "epoll_ctl");
	for (i = 0; i < FILES; i++)
		for (j = 0; j < FILES; j++) {
			struct kcmp_epoll_slot slot = {
				(__u32)ep, (__u32)n[j], 0 };

			r[i][j] = file(n[i], n[j]);
			apart += kcmp(me, me, KCMP_EPOLL_TFD,
				      (unsigned long)n[i],
				      (uintptr_t)&slot) != r[i][j];
		}
	for (i = 0; i < FILES; i++)
		for (j = 0; j < FILES; j++) {
			bad += r[i][j] != (i == j ? 0 : 3 - r[j][i]);
			bad += r[i][j] != file(n[i], n[j]);
			for (k = 0; k < FILES; k++)
				bad += r[i][j] == 1 && r[j][k] == 1 &&
				       r[i][k] != 1;
		}
	claim("order of 20 files: violations", bad, 0);
	claim("EPOLL_TFD orders like FILE: exceptions", apart, 0);
}

static int epoll_ask(int fd, unsigned int efd, unsigned int tfd,
		     unsigned int toff)
{
	struct kcmp_epoll_slot slot = { efd, tfd, toff };

	return kcmp(me, me, KCMP_EPOLL_TFD, (unsigned long)fd,
		    (uintptr_t)&slot);
}

static void epoll_errors(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct kcmp_epoll_slot slot;
	int ep = epoll_create1(EPOLL_CLOEXEC), p[2];
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(pipe(p), "pipe");
	must(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), "epoll_ctl");
	must(munmap(page + 4096, 4096), "munmap");
	slot = (struct kcmp_epoll_slot){ (__u32)ep, (__u32)p[0], 0 };
	memcpy(page + 4096 - 12, &slot, 12);
	claim("EPOLL: registered", epoll_ask(p[0], ep, p[0], 0), 0);
	claim("EPOLL: another file", epoll_ask(p[1], ep, p[0], 0), DIFFERENT);
	claim("EPOLL: slot NULL, idx1 closed",
	      kcmp(me, me, KCMP_EPOLL_TFD, 9999, 0), -EFAULT);
	claim("EPOLL: slot of 12 bytes at the end of a page",
	      kcmp(me, me, KCMP_EPOLL_TFD, (unsigned long)p[0],
		   (uintptr_t)(page + 4096 - 12)), 0);
	claim("EPOLL: 8 bytes there", kcmp(me, me, KCMP_EPOLL_TFD,
	      (unsigned long)p[0], (uintptr_t)(page + 4096 - 8)), -EFAULT);
	claim("EPOLL: idx1 closed, efd no epoll", epoll_ask(9999, 0, 5, 0),
	      -EBADF);
	claim("EPOLL: efd closed", epoll_ask(p[0], 9999, p[0], 0), -EBADF);
	claim("EPOLL: efd no epoll", epoll_ask(p[0], p[0], p[0], 0),
	      -EINVAL);
	claim("EPOLL: number not there", epoll_ask(p[0], ep, p[1], 0),
	      -ENOENT);
	claim("EPOLL: toff past the end", epoll_ask(p[0], ep, p[0], 1),
	      -ENOENT);
	claim("EPOLL: idx1 with a high half", kcmp(me, me, KCMP_EPOLL_TFD,
	      0xdead00000000 | (unsigned int)p[0],
	      (uintptr_t)(page + 4096 - 12)), 0);
}

/* The inodes of fdinfo's lines of one number, in order. */
static int fdinfo(int ep, int tfd, unsigned long *ino, int room)
{
	char path[32], line[256];
	unsigned long i;
	int n = 0, t;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ep);
	f = fopen(path, "re");
	while (f && n < room && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "ino:");

		if (sscanf(line, "tfd: %d", &t) == 1 && t == tfd && at &&
		    sscanf(at, "ino:%lx", &i) == 1)
			ino[n++] = i;
	}
	if (f)
		(void)fclose(f);
	return n;
}

/* Several items on one number, made by moving pipes through it. */
static void epoll_items(void)
{
	enum { ITEMS = 8, NUMBER = 500 };
	struct epoll_event ev = { .events = EPOLLIN };
	unsigned long ino[ITEMS], real;
	int ep = epoll_create1(EPOLL_CLOEXEC), s[ITEMS][2], i, j;
	int found = 0, agree = 0, in_order = 0;

	for (i = 0; i < ITEMS; i++) {
		must(pipe(s[i]), "pipe");
		must(dup2(s[i][0], NUMBER), "dup2");
		must(epoll_ctl(ep, EPOLL_CTL_ADD, NUMBER, &ev), "ADD");
	}
	(void)close(NUMBER);
	claim("items of one number, closed, in fdinfo",
	      fdinfo(ep, NUMBER, ino, ITEMS), ITEMS);
	for (i = 0; i < ITEMS; i++)
		for (j = 0; j < ITEMS; j++) {
			char link[64] = "", path[32];

			if (epoll_ask(s[i][0], ep, NUMBER, j) != 0)
				continue;
			(void)snprintf(path, sizeof(path),
				       "/proc/self/fd/%d", s[i][0]);
			(void)!readlink(path, link, sizeof(link) - 1);
			real = strtoul(link + strcspn(link, "0123456789"),
				       NULL, 10);
			found++;
			agree += real == ino[j];
			in_order += i == j;
		}
	claim("each found under one toff", found, ITEMS);
	claim("toff counts fdinfo's lines", agree, ITEMS);
	printf("         (in registration order: %d of %d)\n", in_order,
	       ITEMS);
	(void)close(s[0][0]);
	(void)close(s[0][1]);
	claim("last reference closed: items", fdinfo(ep, NUMBER, ino, ITEMS),
	      ITEMS - 1);
}

static void epoll_life(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC), in, p[2], d;

	must(pipe(p), "pipe");
	must(d = dup(p[0]), "dup");
	must(epoll_ctl(ep, EPOLL_CTL_ADD, d, &ev), "ADD");
	claim("MOD", ret(epoll_ctl(ep, EPOLL_CTL_MOD, d, &ev)), 0);
	(void)close(d);
	claim("number closed, file open elsewhere",
	      epoll_ask(p[0], ep, d, 0), 0);
	claim("DEL of the closed number", ret(epoll_ctl(ep, EPOLL_CTL_DEL, d,
	      NULL)), -EBADF);
	must(dup2(p[0], d), "dup2");
	claim("DEL after opening it again", ret(epoll_ctl(ep, EPOLL_CTL_DEL,
	      d, NULL)), 0);
	claim("then", epoll_ask(p[0], ep, d, 0), -ENOENT);
	must(in = epoll_create1(EPOLL_CLOEXEC), "epoll");
	must(epoll_ctl(ep, EPOLL_CTL_ADD, in, &ev), "ADD epoll");
	claim("an epoll as target", epoll_ask(in, ep, in, 0), 0);
	claim("epoll by a duplicate", epoll_ask(in, dup(ep), in, 0), 0);
}

static int do_hide(void) { return prctl(PR_SET_DUMPABLE, 0); }
static int do_show(void) { return prctl(PR_SET_DUMPABLE, 1); }

static int do_drop(void)
{
	return (int)ret(setgroups(0, NULL) || setresgid(1000, 1000, 1000) ||
			setresuid(1000, 1000, 1000) || do_show());
}

static int do_real_only(void)
{
	return (int)ret(setresgid(1000, 1000, 1000) ||
			setresuid(1000, 1000, 2000) || do_show());
}

static pid_t target;

static int ask_vm(void) { return same(getpid(), target, KCMP_VM); }
static int ask_bad(void) { return same(getpid(), target, 99); }
static int ask_fd(void) { return kcmp(getpid(), target, KCMP_FILE, 0, 9999); }
static int ask_none(void) { return same(0, target, 99); }
static int ask_self(void) { return same(getpid(), getpid(), KCMP_VM); }

static void rights(void)
{
	struct actor *root = actor_new(0), *peer = actor_new(0), *user;

	must(tell(peer, do_drop), "uid 1000");
	target = root->pid;	/* an actor asks for what it was forked with */
	user = actor_new(0);
	must(tell(user, do_drop), "uid 1000");
	claim("uid 1000 on root's", tell(user, ask_vm), -EPERM);
	claim("... bad type", tell(user, ask_bad), -EPERM);
	claim("... closed slot", tell(user, ask_fd), -EPERM);
	claim("... no such pid, bad type", tell(user, ask_none), -ESRCH);
	actor_end(user);
	target = peer->pid;
	user = actor_new(0);
	must(tell(user, do_drop), "uid 1000");
	claim("uid 1000 on uid 1000's", tell(user, ask_vm), DIFFERENT);
	must(tell(peer, do_hide), "prctl");
	claim("... not dumpable", tell(user, ask_vm), -EPERM);
	must(tell(user, do_hide), "prctl");
	claim("not dumpable, itself", tell(user, ask_self), 0);
	must(tell(peer, do_show), "prctl");
	actor_kill(peer);
	claim("zombie that was dumpable", tell(user, ask_vm), DIFFERENT);
	actor_end(peer);
	actor_end(user);
	actor_end(root);
	peer = actor_new(0);
	must(tell(peer, do_real_only), "saved uid");
	target = peer->pid;
	user = actor_new(0);
	must(tell(user, do_drop), "uid 1000");
	claim("target's saved uid another", tell(user, ask_vm), -EPERM);
	actor_end(user);
	actor_end(peer);
}

static void zombie_rights(void)
{
	struct actor *peer = actor_new(0), *user;

	must(tell(peer, do_drop), "uid 1000");
	must(tell(peer, do_hide), "prctl");
	target = peer->pid;
	user = actor_new(0);
	must(tell(user, do_drop), "uid 1000");
	actor_kill(peer);
	claim("zombie that was not dumpable", tell(user, ask_vm), -EPERM);
	actor_end(user);
	actor_end(peer);
}

static int do_no_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3,
					      0 };
	struct __user_cap_data_struct d[2];

	memset(d, 0, sizeof(d));
	return (int)ret(syscall(SYS_capset, &h, d));
}

static int do_landlock(void)
{
	struct landlock_ruleset_attr a = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_CHAR };
	int fd = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0);

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)ret(syscall(SYS_landlock_restrict_self, fd, 0));
}

static void lsms(void)
{
	struct actor *root = actor_new(0), *weak;

	target = root->pid;
	weak = actor_new(0);
	claim("uid 0 drops all capabilities", tell(weak, do_no_caps), 0);
	claim("on uid 0 that has some", tell(weak, ask_vm), -EPERM);
	actor_end(weak);
	weak = actor_new(0);
	claim("landlock_restrict_self", tell(weak, do_landlock), 0);
	claim("on a task outside its domain", tell(weak, ask_vm), -EPERM);
	claim("on itself", tell(weak, ask_self), 0);
	actor_end(weak);
	actor_end(root);
}

static int do_inner(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(getpid() == 1 && same(1, 1, KCMP_VM) == 0 &&
		      same(target, 1, KCMP_VM) == -ESRCH ? 42 : 0);
	must(waitpid(child, &status, 0), "waitpid");
	return WEXITSTATUS(status);
}

static int do_pidns(void) { return (int)ret(unshare(CLONE_NEWPID)); }

static void namespaces(void)
{
	struct actor *a;

	target = me;
	a = actor_new(0);
	claim("unshare(NEWPID)", tell(a, do_pidns), 0);
	claim("its own numbers still hold", tell(a, ask_self), 0);
	claim("its child counts from 1, we do not exist for it",
	      tell(a, do_inner), 42);
	actor_end(a);
}

int main(void)
{
	me = getpid();
	errors();
	widths();
	files();
	order();
	epoll_errors();
	epoll_items();
	epoll_life();
	rights();
	zombie_rights();
	lsms();
	namespaces();
	return probe_end();
}
