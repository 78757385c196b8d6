/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that have nothing to do with kcmp.
 */
#include "bench/bench.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fd;

static void getppid_often(unsigned long times)
{
	while (times--)
		(void)syscall(SYS_getppid);
}

static void read_often(unsigned long times)
{
	char byte;

	while (times--) {
		if (read(fd, &byte, 1) != 1)
			bench_fail("read");
	}
}

static void write_often(unsigned long times)
{
	while (times--) {
		if (write(fd, "", 1) != 1)
			bench_fail("write");
	}
}

static void open_and_close(unsigned long times)
{
	while (times--) {
		if (close(bench_open()) < 0)
			bench_fail("close");
	}
}

void bench_getppid(int argc, char **argv)
{
	(void)argc, (void)argv;
	bench_tell("ns", bench_measure(getppid_often, bench_budget()));
}

void bench_read(int argc, char **argv)
{
	(void)argc, (void)argv;
	fd = open("/dev/zero", O_RDONLY);
	bench_tell("ns", bench_measure(read_often, bench_budget()));
}

void bench_write(int argc, char **argv)
{
	(void)argc, (void)argv;
	fd = bench_open();
	bench_tell("ns", bench_measure(write_often, bench_budget()));
}

void bench_open_close(int argc, char **argv)
{
	(void)argc, (void)argv;
	bench_tell("ns", bench_measure(open_and_close, bench_budget()));
}
