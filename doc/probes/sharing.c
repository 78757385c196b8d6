/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the six shared objects come about, part and end. */
#include <linux/close_range.h>
#include <linux/ioprio.h>
#include <pthread.h>
#include <sys/sem.h>

#include "probe.h"

static struct actor *none;	/* has neither io context nor undo list */

static int exec_self(void)
{
	char out[16];

	(void)snprintf(out, sizeof(out), "%d", actor_out);
	(void)fcntl(actor_out, F_SETFD, 0);
	execl("/proc/self/exe", "sharing", out, (char *)NULL);
	return -errno;
}

/* The image that exec_self() starts. */
static _Noreturn void execed(const char *out)
{
	int r = 7;

	must(write((int)strtol(out, NULL, 10), &r, sizeof(r)), "write");
	for (;;)
		(void)pause();
}

static int do_unshare_fs(void) { return (int)ret(unshare(CLONE_FS)); }
static int do_unshare_files(void) { return (int)ret(unshare(CLONE_FILES)); }
static int do_unshare_vm(void) { return (int)ret(unshare(CLONE_VM)); }
static int do_unshare_sig(void) { return (int)ret(unshare(CLONE_SIGHAND)); }
static int do_unshare_io(void) { return (int)ret(unshare(CLONE_IO)); }
static int do_unshare_sem(void) { return (int)ret(unshare(CLONE_SYSVSEM)); }
static int do_unshare_ipc(void) { return (int)ret(unshare(CLONE_NEWIPC)); }
static int do_unshare_ns(void) { return (int)ret(unshare(CLONE_NEWNS)); }

static int ioprio(pid_t pid, int class, int level)
{
	return (int)ret(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid,
				IOPRIO_PRIO_VALUE(class, level)));
}

static int do_ioprio_be(void) { return ioprio(0, IOPRIO_CLASS_BE, 4); }

static int undo_op(int id, int op, int flags)
{
	struct sembuf b = { 0, (short)op, (short)(flags | SEM_UNDO) };

	return (int)ret(semop(id, &b, 1));
}

static int do_sem_undo(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600), r;

	r = undo_op(id, 1, 0);
	(void)semctl(id, 0, IPC_RMID);
	return r;
}

static int do_sem_bad_id(void) { return undo_op(0x7ffffff0, 1, 0); }
static int do_sem_minus(void) { return undo_op(-1, 1, 0); }

static int do_sem_again(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600), r;

	r = undo_op(id, -1, IPC_NOWAIT);
	(void)semctl(id, 0, IPC_RMID);
	return r;
}

static int do_sem_plain(void)
{
	struct sembuf b = { 0, 1, 0 };
	int id = semget(IPC_PRIVATE, 1, 0600), r;

	r = (int)ret(semop(id, &b, 1));
	(void)semctl(id, 0, IPC_RMID);
	return r;
}

static int do_setns_ipc(void)
{
	int fd = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	int r = (int)ret(setns(fd, CLONE_NEWIPC));

	(void)close(fd);
	return r;
}

/* One claim for each type; the string has one of = # or . (not claimed). */
static void six(const char *what, pid_t a, pid_t b, const char *expected)
{
	static const int types[] = { KCMP_VM, KCMP_FILES, KCMP_FS,
				     KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM };
	static const char *const names[] = { "VM", "FILES", "FS", "SIGHAND",
					     "IO", "SYSVSEM" };
	char text[128];
	int i;

	for (i = 0; i < 6; i++) {
		if (expected[i] == '.')
			continue;
		(void)snprintf(text, sizeof(text), "%s: %s", what, names[i]);
		claim(text, same(a, b, types[i]),
		      expected[i] == '=' ? 0 : DIFFERENT);
	}
}

static void clones(void)
{
	struct actor *a;
	pid_t me = getpid();

	a = actor_new(0);
	six("fork, none of both", none->pid, a->pid, "####==");
	actor_end(a);
	a = actor_new(CLONE_VM);
	six("CLONE_VM", me, a->pid, "=###..");
	actor_end(a);
	a = actor_new(CLONE_FILES);
	six("CLONE_FILES", me, a->pid, "#=##..");
	claim("unshare(FILES)", tell(a, do_unshare_files), 0);
	six("after it", me, a->pid, "####..");
	actor_end(a);
	a = actor_new(CLONE_FS);
	six("CLONE_FS", me, a->pid, "##=#..");
	claim("unshare(FS)", tell(a, do_unshare_fs), 0);
	six("after it", me, a->pid, "####..");
	actor_end(a);
	a = actor_new(CLONE_VM | CLONE_SIGHAND);
	six("CLONE_VM|SIGHAND", me, a->pid, "=##=..");
	claim("unshare(VM), shared", tell(a, do_unshare_vm), -EINVAL);
	claim("unshare(SIGHAND), shared", tell(a, do_unshare_sig), -EINVAL);
	claim("unshare(IO)", tell(a, do_unshare_io), -EINVAL);
	six("after these", me, a->pid, "=##=..");
	claim("exec", tell(a, exec_self), 7);
	six("after it", me, a->pid, "####..");
	actor_end(a);
	a = actor_new(CLONE_FILES | CLONE_FS);
	claim("exec of a CLONE_FILES|FS child", tell(a, exec_self), 7);
	six("after it", me, a->pid, "##=#..");
	actor_end(a);
	claim("clone(SIGHAND) without VM",
	      ret(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0)),
	      -EINVAL);
}

static void mounts(void)
{
	struct actor *a = actor_new(CLONE_FS);

	claim("unshare(NEWNS), fs shared", tell(a, do_unshare_ns), 0);
	six("after it", getpid(), a->pid, "####..");
	actor_end(a);
	claim("clone(NEWNS|FS)", ret(syscall(SYS_clone, CLONE_NEWNS |
	      CLONE_FS | SIGCHLD, 0, 0, 0, 0)), -EINVAL);
}

static void io_contexts(void)
{
	struct actor *a = actor_new(0), *b;

	claim("none/none: IO", same(a->pid, none->pid, KCMP_IO), 0);
	b = actor_new(CLONE_IO);
	claim("CLONE_IO of none: IO", same(getpid(), b->pid, KCMP_IO), 0);
	claim("ioprio_set in it", tell(b, do_ioprio_be), 0);
	claim("then not shared with its parent: IO",
	      same(getpid(), b->pid, KCMP_IO), DIFFERENT);
	claim("ioprio_set(class NONE) from outside",
	      ioprio(a->pid, IOPRIO_CLASS_NONE, 0), 0);
	claim("makes one: IO", same(a->pid, none->pid, KCMP_IO), DIFFERENT);
	actor_end(b);
	b = actor_new(0);
	claim("refused ioprio_set", ioprio(b->pid, 5, 0), -EINVAL);
	claim("makes none: IO", same(b->pid, none->pid, KCMP_IO), 0);
	actor_end(a);
	actor_end(b);
	a = actor_new(0);
	actor_kill(a);
	claim("ioprio_set of a zombie", ioprio(a->pid, IOPRIO_CLASS_BE, 4), 0);
	claim("makes none: IO", same(a->pid, none->pid, KCMP_IO), 0);
	actor_end(a);
}

/* Last, because from then on we have a context ourselves. */
static void io_inherited(void)
{
	pid_t me = getpid();
	struct actor *a;

	must(ioprio(0, IOPRIO_CLASS_NONE, 0), "ioprio_set");
	a = actor_new(0);
	claim("fork, class NONE: child has none",
	      same(a->pid, none->pid, KCMP_IO), 0);
	actor_end(a);
	a = actor_new(CLONE_IO);
	claim("CLONE_IO, class NONE: shared", same(me, a->pid, KCMP_IO), 0);
	actor_end(a);
	must(do_ioprio_be(), "ioprio_set");
	a = actor_new(0);
	claim("fork, class BE: child has one",
	      same(a->pid, none->pid, KCMP_IO), DIFFERENT);
	claim("of its own", same(me, a->pid, KCMP_IO), DIFFERENT);
	actor_end(a);
	a = actor_new(CLONE_IO);
	claim("CLONE_IO: shared", same(me, a->pid, KCMP_IO), 0);
	claim("exec keeps it", tell(a, exec_self), 7);
	claim("still shared: IO", same(me, a->pid, KCMP_IO), 0);
	actor_end(a);
}

static void undo_after(const char *what, actor_fn *fn, int returns, int has)
{
	struct actor *a = actor_new(0);
	char text[96];

	claim(what, tell(a, fn), returns);
	(void)snprintf(text, sizeof(text), "%s: has an undo list", what);
	claim(text, same(a->pid, none->pid, KCMP_SYSVSEM),
	      has ? DIFFERENT : 0);
	actor_end(a);
}

static void undo_lists(void)
{
	pid_t me = getpid();
	struct actor *a;

	undo_after("semop without SEM_UNDO", do_sem_plain, 0, 0);
	undo_after("semop SEM_UNDO", do_sem_undo, 0, 1);
	undo_after("semop SEM_UNDO, no such set", do_sem_bad_id, -EINVAL, 1);
	undo_after("semop SEM_UNDO, EAGAIN", do_sem_again, -EAGAIN, 1);
	undo_after("semop SEM_UNDO, id -1", do_sem_minus, -EINVAL, 0);
	claim("we have none: SYSVSEM", same(me, none->pid, KCMP_SYSVSEM), 0);
	claim("clone(NEWIPC|SYSVSEM)", ret(syscall(SYS_clone, CLONE_NEWIPC |
	      CLONE_SYSVSEM | SIGCHLD, 0, 0, 0, 0)), -EINVAL);
	claim("refused, yet we have one now: SYSVSEM",
	      same(me, none->pid, KCMP_SYSVSEM), DIFFERENT);
	a = actor_new(0);
	claim("fork: child has none", same(a->pid, none->pid, KCMP_SYSVSEM),
	      0);
	actor_end(a);
	a = actor_new(CLONE_SYSVSEM);
	claim("CLONE_SYSVSEM: shared", same(me, a->pid, KCMP_SYSVSEM), 0);
	claim("exec keeps it", tell(a, exec_self), 7);
	claim("still shared", same(me, a->pid, KCMP_SYSVSEM), 0);
	actor_end(a);
	a = actor_new(CLONE_SYSVSEM);
	claim("unshare(SYSVSEM)", tell(a, do_unshare_sem), 0);
	claim("drops it", same(a->pid, none->pid, KCMP_SYSVSEM), 0);
	actor_end(a);
	a = actor_new(CLONE_SYSVSEM);
	claim("unshare(NEWIPC)", tell(a, do_unshare_ipc), 0);
	claim("drops it", same(a->pid, none->pid, KCMP_SYSVSEM), 0);
	actor_end(a);
	a = actor_new(CLONE_SYSVSEM);
	claim("setns(own ipc namespace)", tell(a, do_setns_ipc), 0);
	claim("drops it", same(a->pid, none->pid, KCMP_SYSVSEM), 0);
	actor_end(a);
}

static void zombies(void)
{
	struct actor *a = actor_new(0), *b = actor_new(0), *c;
	pid_t gone;

	(void)tell(a, do_ioprio_be);
	(void)tell(a, do_sem_undo);
	c = actor_new(CLONE_VM | CLONE_SIGHAND);
	actor_kill(a);
	actor_kill(b);
	actor_kill(c);
	six("two zombies", a->pid, b->pid, "===#==");
	six("zombie and itself", a->pid, a->pid, "======");
	six("zombie and living", a->pid, getpid(), "####..");
	claim("zombie that shared SIGHAND with us",
	      same(c->pid, getpid(), KCMP_SIGHAND), 0);
	claim("zombie: FILE", kcmp(a->pid, getpid(), KCMP_FILE, 0, 0),
	      -EBADF);
	claim("zombie: bad type", same(a->pid, a->pid, 8), -EINVAL);
	gone = b->pid;
	actor_end(a);
	actor_end(b);
	actor_end(c);
	claim("reaped", same(gone, getpid(), KCMP_VM), -ESRCH);
}

static struct {
	int go[2], up[2];
	pid_t tid;
} crew;

static void *crew_thread(void *arg)
{
	char c;

	crew.tid = gettid();
	must(write(crew.up[1], "x", 1), "write");
	must(read(crew.go[0], &c, 1), "read");
	return arg;
}

static void threads(void)
{
	pthread_t t;
	char c;

	must(pipe(crew.go), "pipe");
	must(pipe(crew.up), "pipe");
	if (pthread_create(&t, NULL, crew_thread, NULL))
		exit(2);
	must(read(crew.up[0], &c, 1), "read");
	six("leader and pthread", getpid(), crew.tid, "====.=");
	claim("pthread_create gave us an undo list",
	      same(getpid(), none->pid, KCMP_SYSVSEM), DIFFERENT);
	must(write(crew.go[1], "x", 1), "write");
	(void)pthread_join(t, NULL);
}

static int range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)ret(syscall(SYS_close_range, first, last, flags));
}

static int cr_unshare(void) { return range(400, 700, CLOSE_RANGE_UNSHARE); }
static int cr_above(void) { return range(5000, ~0u, CLOSE_RANGE_UNSHARE); }
static int cr_back(void) { return range(700, 400, CLOSE_RANGE_UNSHARE); }
static int cr_flag(void) { return range(400, 700, 0x80); }
static int cr_plain(void) { return range(400, 700, 0); }

static int cr_keep(void)
{
	return range(400, 700, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC);
}

static void close_range_case(const char *what, actor_fn *fn, int returns,
			     int files, int slot)
{
	struct actor *a, *b;
	char text[96];

	must(dup2(0, 500), "dup2");
	a = actor_new(CLONE_FILES);
	b = actor_new(CLONE_FILES);
	claim(what, tell(a, fn), returns);
	(void)snprintf(text, sizeof(text), "%s: FILES", what);
	claim(text, same(getpid(), a->pid, KCMP_FILES), files);
	(void)snprintf(text, sizeof(text), "%s: slot in the range", what);
	claim(text, kcmp(getpid(), a->pid, KCMP_FILE, 0, 500), slot);
	claim("a third sharer: FILES", same(getpid(), b->pid, KCMP_FILES), 0);
	actor_end(a);
	actor_end(b);
}

static void close_ranges(void)
{
	close_range_case("close_range", cr_plain, 0, 0, -EBADF);
	close_range_case("UNSHARE", cr_unshare, 0, DIFFERENT, -EBADF);
	close_range_case("UNSHARE|CLOEXEC", cr_keep, 0, DIFFERENT, 0);
	close_range_case("UNSHARE, range above all", cr_above, 0, DIFFERENT,
			 0);
	close_range_case("UNSHARE, backwards", cr_back, -EINVAL, 0, 0);
	close_range_case("UNSHARE, unknown flag", cr_flag, -EINVAL, 0, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		execed(argv[1]);
	none = actor_new(0);
	clones();
	mounts();
	close_ranges();
	io_contexts();
	undo_lists();
	zombies();
	threads();
	io_inherited();
	actor_end(none);
	return probe_end();
}
