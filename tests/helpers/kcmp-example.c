/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the manual page of kcmp(2) shows, told anew: of three descriptors of a
 * file two are one open file, and a child with a table of its own still has
 * the same open files in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *what, pid_t a, pid_t b, const int fd[2])
{
	long answer = syscall(SYS_kcmp, a, b, KCMP_FILE, fd[0], fd[1]);

	printf("%-42s %s\n", what, answer == 0 ? "the same open file" :
	       answer > 0 ? "another open file" : strerror(errno));
}

int main(void)
{
	pid_t parent = getpid();
	int first = open("/dev/null", O_RDWR);
	int copy = dup(first);
	int again = open("/dev/null", O_RDWR);
	int status = 0;
	pid_t child;

	show("a descriptor and itself:", parent, parent,
	     (int[]){ first, first });
	show("and its duplicate:", parent, parent, (int[]){ first, copy });
	show("and the file opened again:", parent, parent,
	     (int[]){ first, again });
	fflush(stdout);
	child = fork();
	if (child == 0) {
		show("in a child, the same number:", parent, getpid(),
		     (int[]){ first, first });
		show("in a child, the duplicate:", parent, getpid(),
		     (int[]){ copy, first });
		show("in a child, opened again:", getpid(), parent,
		     (int[]){ again, first });
		close(first);
		show("after the child closed it:", parent, getpid(),
		     (int[]){ copy, first });
		fflush(stdout);
		_exit(7);
	}
	if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7)
		return 1;
	show("the parent still has it:", parent, parent,
	     (int[]){ first, copy });
	return 0;
}
