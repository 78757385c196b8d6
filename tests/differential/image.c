/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This program in files of other modes, and posix_spawn(3).
 *
 * With no_new_privs a set-user-ID image gives no rights; that it may not be
 * read makes the memory not dumpable, whoever executes it.
 */
#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	mode_t mode;
	uid_t owner;
} images[CH_IMAGES] = {
	{ 06755, 12345 },
	{ 04711, 12346 },
	{ 0111, 12345 },
};

enum { UNREADABLE = 2 };	/* for root, too, once it has no capabilities */

/* Only one that nobody can write may be executed; "/proc/self/fd/N" opens it
   anew. */
static int open_again(int fd, int number)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_PATH);
	if (again < 0)
		return -errno;
	if (dup2(again, number) < 0) {
		close(again);
		return -errno;
	}
	close(again);
	return 0;
}

static int open_image(int from, int i)
{
	struct stat stat;
	off_t at = 0;
	int fd;
	int ret;

	if (fstat(from, &stat))
		return -errno;
	fd = memfd_create("chaos", 0);
	if (fd < 0)
		return -errno;
	while (at < stat.st_size) {
		if (sendfile(fd, from, &at, (size_t)(stat.st_size - at)) <= 0)
			break;
	}
	/* Only root can give files away; then they are the user's own. */
	ret = at < stat.st_size ? -EIO : 0;
	if (!ret && fchown(fd, images[i].owner, (gid_t)-1) && errno != EPERM)
		ret = -errno;
	if (!ret && fchmod(fd, images[i].mode))
		ret = -errno;
	if (!ret)
		ret = open_again(fd, CH_FD_IMAGE + i);
	close(fd);
	return ret;
}

int ch_open_images(void)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int ret = from < 0 ? -errno : 0;
	int i;

	for (i = 0; i < CH_IMAGES && !ret; i++)
		ret = open_image(from, i);
	if (from >= 0)
		close(from);
	return ret;
}

static const char *path_of(int64_t image, char path[32])
{
	switch (image) {
	case CH_IMAGE_SELF:
		return "/proc/self/exe";
	case CH_IMAGE_OTHER:
		ch_number_path(path, "/proc/self/fd/", CH_FD_OTHER);
		return path;
	case CH_IMAGE_UNREADABLE:
		ch_number_path(path, "/proc/self/fd/",
			       CH_FD_IMAGE + UNREADABLE);
		return path;
	case CH_IMAGE_NONE:
		return "/nonexistent";
	default:
		return "/dev/null";
	}
}

/* What is done between the clone and the exec: made in time, for workers
   that share memory may not allocate any. */
static posix_spawn_file_actions_t actions[CH_SPAWN_HOWS][CH_SPAWN_NUMBERS];

int ch_prepare_spawns(void)
{
	int how;
	int fd;
	int ret = 0;

	for (how = 0; how < CH_SPAWN_HOWS; how++) {
		for (fd = 0; fd < CH_SPAWN_NUMBERS && !ret; fd++) {
			posix_spawn_file_actions_t *at = &actions[how][fd];

			ret = posix_spawn_file_actions_init(at);
			if (!ret && how == CH_SPAWN_CLOSE)
				ret = posix_spawn_file_actions_addclose(at,
									fd);
			else if (!ret && how == CH_SPAWN_DUP2)
				ret = posix_spawn_file_actions_adddup2(at, fd,
					fd / 2 + 2);
			else if (!ret && how == CH_SPAWN_OPEN)
				ret = posix_spawn_file_actions_addopen(at, fd,
					"/dev/null", O_RDWR, 0);
		}
	}
	return -ret;
}

/*
 * The C library's own: a child that runs in our memory until its exec.  What
 * the library keeps for a thread is not ours alone, but it needs nothing of it
 * here.
 */
long ch_do_spawn(struct ch_slot *me, const int64_t *arg)
{
	char index[4];
	char path[32];
	char *const argv[] = { (char[]){ "chaos" }, (char[]){ "--spawned" },
		index, NULL };
	char *const env[] = { NULL };
	posix_spawnattr_t attributes;
	pid_t pid = 0;
	int ret;

	(void)me;
	ch_print_number(index, (int)arg[0]);
	posix_spawnattr_init(&attributes);
	if (arg[4])
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_RESETIDS);
	ret = posix_spawn(&pid, path_of(arg[1], path),
			  &actions[arg[2] % CH_SPAWN_HOWS]
				  [arg[3] % CH_SPAWN_NUMBERS],
			  &attributes, argv, env);
	if (ret)
		__atomic_store_n(&ch_arena->slot[arg[0]].failed, 1,
				 __ATOMIC_SEQ_CST);
	return ret ? -ret : pid;
}
