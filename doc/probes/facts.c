/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be learned of rights, dumpability, io priorities and the end of a
 * seccomp listener.
 */
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "probe.h"

static pid_t target;
static int up[2], go[2];

static int restrict_self(unsigned int flags)
{
	struct landlock_ruleset_attr a = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_CHAR };
	int fd = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0);
	int r;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	r = (int)ret(syscall(SYS_landlock_restrict_self, fd, flags));
	(void)close(fd);
	return r;
}

static int ask(void) { return same(getpid(), target, KCMP_VM); }
static int ask_parent(void) { return same(getpid(), getppid(), KCMP_VM); }
static int do_restrict(void) { return restrict_self(0); }
static int do_flag_1(void) { return restrict_self(1); }
static int do_flag_4(void) { return restrict_self(4); }
static int do_flag_8(void) { return restrict_self(8); }

static int do_no_ruleset(void)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)ret(syscall(SYS_landlock_restrict_self, -1, 4));
}

/* In a domain: may we look at our child; may a deeper one look at us? */
static int do_nested(void)
{
	struct actor *a = actor_new(0);
	int below = same(getpid(), a->pid, KCMP_VM), above;

	must(tell(a, do_restrict), "restrict");
	above = tell(a, ask_parent);
	actor_end(a);
	return (below == 1 || below == 2) && above == -EPERM ? 42 : 0;
}

static void *sibling(void *arg)
{
	char c;
	int r;

	must(read(go[0], &c, 1), "read");
	r = same(getpid(), target, KCMP_VM);
	must(write(up[1], &r, sizeof(r)), "write");
	return arg;
}

static int do_sibling(void)
{
	pthread_t t;
	int r;

	if (pthread_create(&t, NULL, sibling, NULL))
		return -EAGAIN;
	r = restrict_self(0);
	if (r < 0 || ask() != -EPERM)
		return r < 0 ? r : -EBADMSG;
	must(write(go[1], "x", 1), "write");
	must(read(up[0], &r, sizeof(r)), "read");
	(void)pthread_join(t, NULL);
	return r;
}

static void landlock_case(const char *what, actor_fn *fn, int returns,
			  int then)
{
	struct actor *a = actor_new(0);

	claim(what, tell(a, fn), returns);
	claim("then, outside task", tell(a, ask), then);
	actor_end(a);
}

static void landlock(void)
{
	struct actor *outside = actor_new(0), *a;

	target = outside->pid;
	landlock_case("restrict_self(0)", do_restrict, 0, -EPERM);
	landlock_case("restrict_self(1)", do_flag_1, 0, -EPERM);
	landlock_case("restrict_self(4)", do_flag_4, 0, -EPERM);
	landlock_case("restrict_self(8), unknown up to ABI 7", do_flag_8,
		      -EINVAL, DIFFERENT);
	landlock_case("restrict_self(4) without a ruleset", do_no_ruleset, 0,
		      DIFFERENT);
	a = actor_new(0);
	claim("a sibling thread stays outside the domain", tell(a, do_sibling),
	      DIFFERENT);
	actor_end(a);
	a = actor_new(0);
	must(tell(a, do_restrict), "restrict");
	claim("down the domains yes, up EPERM", tell(a, do_nested), 42);
	actor_end(a);
	actor_end(outside);
}

static int owner(pid_t pid, const char *file)
{
	char path[64];
	struct stat s;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return stat(path, &s) ? -errno : (int)s.st_uid;
}

static int do_drop(void)
{
	return (int)ret(setgroups(0, NULL) || setresgid(1000, 1000, 1000) ||
			setresuid(1000, 1000, 1000));
}

static int do_show(void) { return prctl(PR_SET_DUMPABLE, 1); }
static int do_hide(void) { return prctl(PR_SET_DUMPABLE, 0); }

static void owners(void)
{
	struct actor *a = actor_new(0);

	claim("uid 0, dumpable: owner of status", owner(a->pid, "status"), 0);
	must(tell(a, do_hide), "prctl");
	claim("uid 0, not dumpable", owner(a->pid, "status"), 0);
	must(tell(a, do_drop), "uid 1000");
	claim("uid 1000, not dumpable", owner(a->pid, "status"), 0);
	claim("... the directory itself", owner(a->pid, ""), 1000);
	must(tell(a, do_show), "prctl");
	claim("uid 1000, dumpable", owner(a->pid, "status"), 1000);
	actor_kill(a);
	claim("uid 1000, was dumpable, zombie", owner(a->pid, "status"), 0);
	actor_end(a);
}

static int caps(int what)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3,
					      0 };
	struct __user_cap_data_struct d[2];

	must(syscall(SYS_capget, &h, d), "capget");
	if (what == 1)
		memset(d, 0, sizeof(d));
	return (int)ret(syscall(SYS_capset, &h, d));
}

static int set_uid(void) { return setuid(geteuid()); }
static int set_gid(void) { return setgid(getegid()); }
static int set_none(void) { return setresuid((uid_t)-1, (uid_t)-1,
					     (uid_t)-1); }
static int set_fs(void) { return setfsuid(geteuid()) < 0; }
static int set_groups(void) { return setgroups(0, NULL); }
static int set_same_caps(void) { return caps(0); }
static int set_no_caps(void) { return caps(1); }
static int set_bset(void) { return prctl(PR_CAPBSET_DROP, CAP_NET_RAW); }
static int set_userns(void) { return unshare(CLONE_NEWUSER); }
static int set_real(void) { return setresuid(1000, (uid_t)-1, (uid_t)-1); }
static int set_saved(void) { return setresuid((uid_t)-1, (uid_t)-1, 1000); }
static int set_eff(void) { return setresuid((uid_t)-1, 1000, (uid_t)-1); }
static int set_all(void) { return setuid(1000); }
static int set_fsuid(void) { return setfsuid(1000) < 0; }
static int set_fsgid(void) { return setfsgid(1000) < 0; }
static int set_egid(void) { return setresgid((gid_t)-1, 1000, (gid_t)-1); }
static int dumpable(void) { return prctl(PR_GET_DUMPABLE); }

static const struct {
	const char *what;
	actor_fn *fn;
	int dumpable;
} cases[] = {
	{ "setuid(geteuid())", set_uid, 1 },
	{ "setgid(getegid())", set_gid, 1 },
	{ "setresuid(-1, -1, -1)", set_none, 1 },
	{ "setfsuid(geteuid())", set_fs, 1 },
	{ "setgroups", set_groups, 1 },
	{ "capset, the same", set_same_caps, 1 },
	{ "capset, none", set_no_caps, 1 },
	{ "PR_CAPBSET_DROP", set_bset, 1 },
	{ "unshare(NEWUSER)", set_userns, 1 },
	{ "real uid changes", set_real, 1 },
	{ "saved uid changes", set_saved, 1 },
	{ "effective uid changes", set_eff, 0 },
	{ "setuid(1000)", set_all, 0 },
	{ "fs uid changes", set_fsuid, 0 },
	{ "fs gid changes", set_fsgid, 0 },
	{ "effective gid changes", set_egid, 0 },
};

static void dumpability(void)
{
	char text[96];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct actor *a = actor_new(0);

		must(tell(a, do_show), "prctl");
		must(tell(a, cases[i].fn), cases[i].what);
		(void)snprintf(text, sizeof(text), "uid 0, %s: dumpable",
			       cases[i].what);
		claim(text, tell(a, dumpable), cases[i].dumpable);
		actor_end(a);
	}
}

static long priority(pid_t pid)
{
	return ret(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid));
}

static void priorities(void)
{
	struct actor *none = actor_new(0), *a = actor_new(0);

	claim("ioprio_get, no io context", priority(none->pid), 0);
	must(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, a->pid, 0), "set");
	claim("ioprio_get, one of class NONE", priority(a->pid), 0);
	claim("though they differ: IO", same(none->pid, a->pid, KCMP_IO),
	      DIFFERENT);
	must(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, a->pid,
		     IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)), "set");
	claim("ioprio_get, class BE level 4", priority(a->pid),
	      IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4));
	actor_end(a);
	actor_end(none);
}

static int install(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)ret(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER, &p));
}

static int receive(int listener)
{
	struct seccomp_notif n;

	memset(&n, 0, sizeof(n));
	return (int)ret(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n));
}

/* A child in a filter; it may leave a grandchild in it.  Its listener. */
static int filtered(bool grandchild, pid_t *child)
{
	int fd, pidfd;
	char c;

	*child = fork();
	must(*child, "fork");
	if (*child == 0) {
		fd = install();
		must(write(up[1], &fd, sizeof(fd)), "write");
		must(read(go[0], &c, 1), "read");
		if (grandchild && fork() == 0)
			must(read(go[0], &c, 1), "read");
		_exit(0);
	}
	must(read(up[0], &fd, sizeof(fd)), "read");
	must(fd, "seccomp");
	pidfd = (int)syscall(SYS_pidfd_open, *child, 0);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	must(fd, "pidfd_getfd");
	return fd;
}

static void listener_end(void)
{
	enum { ROUNDS = 200 };
	struct pollfd p = { .events = POLLIN };
	int i, early = 0, enoent = 0;
	siginfo_t info;
	pid_t child;

	for (i = 0; i < ROUNDS; i++) {
		p.fd = filtered(false, &child);
		must(write(go[1], "x", 1), "write");
		enoent += receive(p.fd) == -ENOENT;
		info.si_pid = 0;
		early += waitid(P_PID, (id_t)child, &info,
				WEXITED | WNOWAIT | WNOHANG) == 0 &&
			 info.si_pid == 0;
		must(waitpid(child, NULL, 0), "waitpid");
		enoent += receive(p.fd) == -ENOENT;
		(void)poll(&p, 1, 0);
		enoent += p.revents == POLLHUP;
		(void)close(p.fd);
	}
	claim("last task gone: RECV ENOENT, ENOENT again, POLLHUP", enoent,
	      3 * ROUNDS);
	printf("         (before the zombie can be waited for: %d of %d)\n",
	       early, ROUNDS);
	p.fd = filtered(true, &child);
	must(write(go[1], "x", 1), "write");
	must(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), "waitid");
	(void)poll(&p, 1, 0);
	claim("zombie, its child lives: not hung up", p.revents, 0);
	must(write(go[1], "x", 1), "write");
	claim("then the child ends", receive(p.fd), -ENOENT);
	must(waitpid(child, NULL, 0), "waitpid");
}

int main(void)
{
	must(pipe(up), "pipe");
	must(pipe(go), "pipe");
	landlock();
	owners();
	dumpability();
	priorities();
	listener_end();
	return probe_end();
}
