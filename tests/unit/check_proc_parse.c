/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parsers of /proc: texts that are right, wrong, cut and damaged.  What
 * is cut or damaged may parse or not, but nothing outside the text may be
 * read (built with a sanitizer this shows) and nothing written on failure.
 */
#include "kernel/proc.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STATUS_TEXT \
	"Name:\t) State: Z\\n(\nUmask:\t0022\nState:\tS (sleeping)\n" \
	"Tgid:\t4711\nNgid:\t0\nPid:\t4712\nPPid:\t17\nTracerPid:\t0\n" \
	"Uid:\t1\t2\t3\t4294967294\nGid:\t5\t6\t7\t8\nFDSize:\t64\n" \
	"Groups:\t0 5 \nNStgid:\t4711\t2\nNSpid:\t4712\t3\nNSpgid:\t1\t1\n" \
	"VmPeak:\t    5888 kB\nThreads:\t2\nSigQ:\t1/15539\n" \
	"SigBlk:\t0000000000010000\nSigIgn:\t0000000000001000\n" \
	"SigCgt:\t8000000180014a07\n" \
	"CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\n" \
	"CapEff:\t00000000a80425fb\nCapBnd:\t000001ffffffffff\n"

#define STAT_TEXT \
	"4711 (a) b (c) S 17 4710 4700 34816 -1 4194368 94 0 1 0 2 3 0 0 20 " \
	"0 1 0 1234567890123 2457600 320 18446744073709551615 1 1 0 0 0 0 0 " \
	"4096 0 1 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

#define CALL_TEXT \
	"312 0x1267 0x1268 0x0 0x5 0x7 0x0 0x7ffc3b1ff0a8 0x7f3d0c0f2a1d\n"

#define TIDS_TEXT	"4711 4712 32768 4194304 "

#define EPOLL_TEXT \
	"pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1057\n" \
	"tfd:       70 events:       19 data:               46  pos:0 " \
	"ino:158b6 sdev:e\n" \
	"tfd:        9 events: 4000001d data: ffffffffffffffff  pos:-5 " \
	"ino:3 sdev:800001\n"

static struct ss_proc_status parsed_status(const char *text, int expected)
{
	struct ss_proc_status status;

	memset(&status, 0x5a, sizeof(status));
	ck_assert_int_eq(ss_proc_parse_status(text, strlen(text), &status),
			 expected);
	return status;
}

START_TEST(status_is_read)
{
	struct ss_proc_status status = parsed_status(STATUS_TEXT, 0);

	ck_assert_int_eq(status.tgid, 4711);
	ck_assert_int_eq(status.ppid, 17);
	ck_assert_int_eq(status.state, 'S');
	ck_assert_uint_eq(status.uid[0], 1);
	ck_assert_uint_eq(status.uid[3], 4294967294u);
	ck_assert_uint_eq(status.gid[0], 5);
	ck_assert_uint_eq(status.gid[3], 8);
	ck_assert_uint_eq(status.cap_permitted, 0x1ffffffffff);
	ck_assert_uint_eq(status.cap_effective, 0xa80425fb);
	ck_assert_uint_eq(status.levels, 2);
	ck_assert_int_eq(status.nspid[0], 4712);
	ck_assert_int_eq(status.nspid[1], 3);
}
END_TEST

START_TEST(status_tells_what_is_left)
{
	static const char rest[] =
		"State:\tR\nTgid:\t1\nPid:\t9\nPPid:\t0\nUid:\t1\t1\t1\t1\n"
		"Gid:\t1\t1\t1\t1\nNSpid:\t9\nCapPrm:\t0\nCapEff:\t0\n";
	static const struct {
		const char *text;
		bool has_mm, has_files, has_fs;
	} left[] = {
		{ "", false, false, false },
		{ "FDSize:\t0\n", false, false, false },
		{ "Umask:\t0022\nFDSize:\t0\n", false, false, true },
		{ "Umask:\t0022\nFDSize:\t64\n", false, true, true },
		{ "Umask:\t0022\nFDSize:\t64\nVmSize:\t 9 kB\n",
			true, true, true },
	};
	struct ss_proc_status status;
	char text[256];

	snprintf(text, sizeof(text), "%s%s", rest, left[_i].text);
	ck_assert_int_eq(ss_proc_parse_status(text, strlen(text), &status),
			 0);
	ck_assert_int_eq(status.has_mm, left[_i].has_mm);
	ck_assert_int_eq(status.has_files, left[_i].has_files);
	ck_assert_int_eq(status.has_fs, left[_i].has_fs);
}
END_TEST

START_TEST(status_tells_of_filters)
{
	static const struct {
		const char *text;
		uint32_t filters;
	} told[] = {
		{ "", UINT32_MAX },
		{ "Seccomp:\t0\n", 0 },
		{ "Seccomp:\t2\n", UINT32_MAX },
		{ "Seccomp:\t0\nSeccomp_filters:\t0\n", 0 },
		{ "Seccomp:\t2\nSeccomp_filters:\t3\n", 3 },
	};
	struct ss_proc_status status;
	char text[256];

	snprintf(text, sizeof(text), "State:\tR\nTgid:\t1\nPid:\t9\n"
		 "PPid:\t0\nUid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n"
		 "NSpid:\t9\nCapPrm:\t0\nCapEff:\t0\n%s", told[_i].text);
	ck_assert_int_eq(ss_proc_parse_status(text, strlen(text), &status),
			 0);
	ck_assert_uint_eq(status.filters, told[_i].filters);
}
END_TEST

#define STATUS_WITH(nspid) \
	"State:\tR\nTgid:\t1\nPid:\t9\nPPid:\t0\nUid:\t1\t1\t1\t1\n" \
	"Gid:\t1\t1\t1\t1\n" nspid "CapPrm:\t0\nCapEff:\t0\n"
#define EIGHT_LEVELS	"1\t1\t1\t1\t1\t1\t1\t1\t"

START_TEST(status_is_complete_or_refused)
{
	struct ss_proc_status status;

	status = parsed_status(STATUS_WITH(""), 0);
	ck_assert_uint_eq(status.levels, 1);
	ck_assert_int_eq(status.nspid[0], 9);
	status = parsed_status(STATUS_WITH("NSpid:\t" EIGHT_LEVELS EIGHT_LEVELS
					   EIGHT_LEVELS EIGHT_LEVELS "7\n"),
			       0);
	ck_assert_uint_eq(status.levels, SS_PROC_LEVELS_MAX);
	ck_assert_int_eq(status.nspid[SS_PROC_LEVELS_MAX - 1], 7);
	(void)parsed_status(STATUS_WITH("NSpid:\t" EIGHT_LEVELS EIGHT_LEVELS
					EIGHT_LEVELS EIGHT_LEVELS "7\t8\n"),
			    -EBADMSG);
	(void)parsed_status(STATUS_WITH("NSpid:\n"), -EBADMSG);
	(void)parsed_status(STATUS_WITH("NSpid:\tx\n"), -EBADMSG);
	(void)parsed_status(STATUS_WITH("Tgid:\t2147483648\n"), -EBADMSG);
	(void)parsed_status(STATUS_WITH("Uid:\t1\t2\t3\n"), -EBADMSG);
	(void)parsed_status("", -EBADMSG);
	status = parsed_status("Name:\tx\n", -EBADMSG);
	ck_assert_int_eq(status.state, 0x5a);
}
END_TEST

START_TEST(stat_is_read)
{
	struct ss_proc_stat stat;

	ck_assert_int_eq(ss_proc_parse_stat(STAT_TEXT, strlen(STAT_TEXT),
					    &stat), 0);
	ck_assert_int_eq(stat.state, 'S');
	ck_assert_int_eq(stat.ppid, 17);
	ck_assert_int_eq(stat.pgrp, 4710);
	ck_assert_uint_eq(stat.flags, 4194368);
	ck_assert_uint_eq(stat.flags & SS_PROC_FORKNOEXEC, SS_PROC_FORKNOEXEC);
	ck_assert_uint_eq(stat.start_time, 1234567890123);
	ck_assert_int_eq(ss_proc_parse_stat("1 (x S 1 1", 10, &stat),
			 -EBADMSG);
	ck_assert_int_eq(ss_proc_parse_stat("1 (x)", 5, &stat), -EBADMSG);
	ck_assert_int_eq(ss_proc_parse_stat(")", 1, &stat), -EBADMSG);
	ck_assert_int_eq(ss_proc_parse_stat("", 0, &stat), -EBADMSG);
}
END_TEST

START_TEST(call_is_read)
{
	static const struct {
		const char *text;
		int result;
		enum ss_proc_where where;
		long nr;
	} cases[] = {
		{ CALL_TEXT, 0, SS_PROC_IN_CALL, 312 },
		{ "0 0x0\n", 0, SS_PROC_IN_CALL, 0 },
		{ "running\n", 0, SS_PROC_RUNNING, -1 },
		{ "-1 0x7ffc3b1ff0a8 0x7f3d0c0f2a1d\n", 0, SS_PROC_NO_CALL,
		  -1 },
		{ "-1 0x0 0x0\n", 0, SS_PROC_NO_CALL, -1 },
		{ "-2 0x0 0x0\n", -EBADMSG, SS_PROC_RUNNING, 0 },
		{ "312", -EBADMSG, SS_PROC_RUNNING, 0 },
		{ "99999999999 0x0\n", -EBADMSG, SS_PROC_RUNNING, 0 },
		{ "x\n", -EBADMSG, SS_PROC_RUNNING, 0 },
		{ "", -EBADMSG, SS_PROC_RUNNING, 0 },
	};
	struct ss_proc_call call;

	for (size_t i = 0; i < SS_ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(ss_proc_parse_call(cases[i].text,
						    strlen(cases[i].text),
						    &call), cases[i].result);
		if (cases[i].result)
			continue;
		ck_assert_int_eq(call.where, cases[i].where);
		ck_assert_int_eq(call.nr, cases[i].nr);
	}
}
END_TEST

START_TEST(tids_are_read)
{
	static const char *const wrong[] = {
		"1 x ", "0 ", "-1 ", "2147483648 ", "1,2",
	};
	struct ss_tids list;

	ck_assert_int_eq(ss_proc_parse_tids(TIDS_TEXT, strlen(TIDS_TEXT),
					    &list), 0);
	ck_assert_uint_eq(list.count, 4);
	ck_assert_int_eq(list.tids[0], 4711);
	ck_assert_int_eq(list.tids[3], 4194304);
	ss_tids_release(&list);
	ck_assert_int_eq(ss_proc_parse_tids("", 0, &list), 0);
	ck_assert_uint_eq(list.count, 0);
	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(ss_proc_parse_tids(wrong[i], strlen(wrong[i]),
						    &list), -EBADMSG);
}
END_TEST

START_TEST(id_map_is_read)
{
	static const char *const wrong[] = {
		"0 0\n", "0 x 1\n", "0 0 4294967296\n", "0 -1 1\n",
	};
	static const char map[] =
		"         0     100000      65536\n"
		"     70000       1000          1\n"
		"4294967290 4294967295          3\n";
	static const struct {
		enum ss_id_way way;
		uint32_t from;
		int error;
		uint32_t to;
	} ids[] = {
		{ SS_ID_OUTWARD, 0, 0, 100000 },
		{ SS_ID_OUTWARD, 65535, 0, 165535 },
		{ SS_ID_OUTWARD, 65536, -ENOENT, 0 },
		{ SS_ID_OUTWARD, 70000, 0, 1000 },
		{ SS_ID_OUTWARD, 70001, -ENOENT, 0 },
		{ SS_ID_OUTWARD, 4294967291u, 0, UINT32_MAX },
		{ SS_ID_OUTWARD, 4294967293u, -ENOENT, 0 },
		{ SS_ID_INWARD, 99999, -ENOENT, 0 },
		{ SS_ID_INWARD, 100000, 0, 0 },
		{ SS_ID_INWARD, 165535, 0, 65535 },
		{ SS_ID_INWARD, 165536, -ENOENT, 0 },
		{ SS_ID_INWARD, 1000, 0, 70000 },
		{ SS_ID_INWARD, 0, -ENOENT, 0 },
		{ SS_ID_INWARD, UINT32_MAX, -ENOENT, 0 },
	};
	uint32_t id;

	for (size_t i = 0; i < SS_ARRAY_SIZE(ids); i++) {
		id = 0;
		ck_assert_int_eq(ss_proc_parse_id_map(map, strlen(map),
						      ids[i].way, ids[i].from,
						      &id), ids[i].error);
		ck_assert_uint_eq(id, ids[i].to);
	}
	/* Not written yet. */
	ck_assert_int_eq(ss_proc_parse_id_map("", 0, SS_ID_INWARD, 5, &id),
			 -ENOENT);
	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++) {
		ck_assert_int_eq(ss_proc_parse_id_map(wrong[i],
						      strlen(wrong[i]),
						      SS_ID_OUTWARD, 0, &id),
				 -EBADMSG);
	}
}
END_TEST

START_TEST(epoll_is_read)
{
	static const char *const wrong[] = {
		"tfd:\n", "tfd: x events: 1 data: 1  pos:0 ino:1 sdev:1\n",
		"tfd: 1 events: 1 data: 1  pos:0 ino:1\n",
		"tfd: 1 events: 1 data: 11112222333344445  pos:0 ino:1 sdev:1",
	};
	struct ss_proc_epoll list;

	ck_assert_int_eq(ss_proc_parse_epoll(EPOLL_TEXT, strlen(EPOLL_TEXT),
					     &list), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_int_eq(list.items[0].tfd, 70);
	ck_assert_uint_eq(list.items[0].ino, 0x158b6);
	ck_assert_uint_eq(list.items[0].sdev, 0xe);
	ck_assert_uint_eq(list.items[0].pos, 0);
	ck_assert_int_eq(list.items[1].tfd, 9);
	ck_assert_uint_eq(list.items[1].ino, 3);
	ck_assert_uint_eq(list.items[1].sdev, 0x800001);
	ck_assert_uint_eq(list.items[1].pos, (uint64_t)-5);
	ss_proc_epoll_release(&list);
	ck_assert_int_eq(ss_proc_parse_epoll("pos:\t0\n", 7, &list), 0);
	ck_assert_uint_eq(list.count, 0);
	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(ss_proc_parse_epoll(wrong[i],
						     strlen(wrong[i]), &list),
				 -EBADMSG);
}
END_TEST

START_TEST(fd_flags_are_read)
{
	static const char text[] = "pos:\t0\nflags:\t02100002\nmnt_id:\t1";
	static const char *const wrong[] = {
		"", "pos:\t0\n", "flags:\t\n", "flags:\t8\n",
		"flags:\t01 \n",
	};
	uint64_t flags;

	ck_assert_int_eq(ss_proc_parse_fd_flags(text, sizeof(text) - 1,
						&flags), 0);
	ck_assert_uint_eq(flags, 02100002);
	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(ss_proc_parse_fd_flags(wrong[i],
							strlen(wrong[i]),
							&flags), -EBADMSG);
}
END_TEST

START_TEST(pidfds_are_read)
{
	static const char text[] =
		"pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1045\n"
		"Pid:\t4711\nNSpid:\t4711\t2\n";
	static const char *const wrong[] = {
		"", "pos:\t0\n", "Pid:\t\n", "Pid:\tx\n", "NSpid:\t7\n",
	};
	pid_t pid;

	ck_assert_int_eq(ss_proc_parse_pidfd(text, sizeof(text) - 1, &pid), 0);
	ck_assert_int_eq(pid, 4711);
	ck_assert_int_eq(ss_proc_parse_pidfd("Pid:\t-1\n", 8, &pid), 0);
	ck_assert_int_eq(pid, -1);
	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(ss_proc_parse_pidfd(wrong[i],
						     strlen(wrong[i]), &pid),
				 -EBADMSG);
}
END_TEST

static const uint64_t auxv_64[] = {
	AT_SYSINFO_EHDR, 0x7ffd8a9f3000, AT_HWCAP, 0xbfebfbff, AT_SECURE, 0,
	AT_PAGESZ, 4096, AT_RANDOM, 0x7ffd8a9a1239, AT_NULL, 0,
};

static const uint32_t auxv_32[] = {
	AT_SYSINFO, 0xf7f21570, AT_SYSINFO_EHDR, 0xf7f21000, AT_SECURE, 0,
	AT_PAGESZ, 4096, AT_RANDOM, 0xffb5b2bb, AT_NULL, 0,
	/* What the kernel pads with. */
	0, 0, 0, 0,
};

START_TEST(auxv_is_read)
{
	static const uint32_t without[] = { AT_SECURE, 0, AT_PAGESZ, 4096 };
	uint64_t address;

	ck_assert(!ss_proc_auxv_is_32bit(auxv_64, sizeof(auxv_64)));
	ck_assert(ss_proc_auxv_is_32bit(auxv_32, sizeof(auxv_32)));
	ck_assert(!ss_proc_auxv_is_32bit(NULL, 0));
	ck_assert_int_eq(ss_proc_parse_auxv(auxv_64, sizeof(auxv_64), false,
					    &address), 0);
	ck_assert_uint_eq(address, 0x7ffd8a9a1239);
	ck_assert_int_eq(ss_proc_parse_auxv(auxv_32, sizeof(auxv_32), true,
					    &address), 0);
	ck_assert_uint_eq(address, 0xffb5b2bb);
	ck_assert_int_eq(ss_proc_parse_auxv(without, sizeof(without), true,
					    &address), -ENODATA);
	ck_assert_int_eq(ss_proc_parse_auxv(NULL, 0, false, &address),
			 -ENODATA);
	/* The entry counts, not half of it. */
	ck_assert_int_eq(ss_proc_parse_auxv(auxv_64 + 8, 8, false, &address),
			 -ENODATA);
}
END_TEST

START_TEST(signals_are_read)
{
	static const char *const wrong[] = {
		"", "SigIgn:\t1\n", "SigCgt:\t1\n", "SigIgn:\tx\nSigCgt:\t1\n",
	};
	struct ss_proc_signals signals = { 0 };

	ck_assert_int_eq(ss_proc_parse_signals(STATUS_TEXT,
					       strlen(STATUS_TEXT),
					       &signals), 0);
	ck_assert_uint_eq(signals.ignored, 0x1000);
	ck_assert_uint_eq(signals.caught, 0x8000000180014a07);
	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(ss_proc_parse_signals(wrong[i],
						       strlen(wrong[i]),
						       &signals), -EBADMSG);
}
END_TEST

START_TEST(groups_are_read)
{
	static const char text[] =
		"Pid:\t47\nNSpid:\t47\t3\nNSpgid:\t40\t2\t0\nNSsid:\t1\n";
	static const char *const wrong[] = {
		"", "NSpid:\t1\n", "NSpgid:\t\n", "NSpgid:\t1\tx\n",
	};
	struct ss_proc_numbers group = { 0 };

	ck_assert_int_eq(ss_proc_parse_group(text, sizeof(text) - 1, &group),
			 0);
	ck_assert_uint_eq(group.levels, 3);
	ck_assert_int_eq(group.nr[0], 40);
	ck_assert_int_eq(group.nr[1], 2);
	ck_assert_int_eq(group.nr[2], 0);
	for (size_t i = 0; i < SS_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(ss_proc_parse_group(wrong[i],
						     strlen(wrong[i]), &group),
				 -EBADMSG);
}
END_TEST

/* All parsers on one text of exactly this length. */
static void parse_everything(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);
	struct ss_proc_status status;
	struct ss_proc_epoll epoll;
	struct ss_proc_stat stat;
	struct ss_proc_signals signals;
	struct ss_proc_numbers group;
	struct ss_proc_call call;
	struct ss_tids tids;
	uint64_t address;
	uint32_t id;
	pid_t pid;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, length);
	if (ss_proc_parse_status(copy, length, &status) == 0) {
		ck_assert_uint_ge(status.levels, 1);
		ck_assert_uint_le(status.levels, SS_PROC_LEVELS_MAX);
	}
	if (ss_proc_parse_stat(copy, length, &stat) == 0)
		ck_assert_int_ne(stat.state, ' ');
	if (ss_proc_parse_call(copy, length, &call) == 0)
		ck_assert_int_ge(call.nr, -1);
	if (ss_proc_parse_tids(copy, length, &tids) == 0) {
		for (size_t i = 0; i < tids.count; i++)
			ck_assert_int_gt(tids.tids[i], 0);
		ss_tids_release(&tids);
	}
	if (ss_proc_parse_epoll(copy, length, &epoll) == 0) {
		ck_assert_uint_le(epoll.count, length);
		ss_proc_epoll_release(&epoll);
	}
	(void)!ss_proc_parse_signals(copy, length, &signals);
	(void)!ss_proc_parse_group(copy, length, &group);
	(void)!ss_proc_parse_fd_flags(copy, length, &address);
	(void)!ss_proc_parse_pidfd(copy, length, &pid);
	(void)!ss_proc_parse_id_map(copy, length, SS_ID_INWARD, 0, &id);
	(void)!ss_proc_parse_auxv(copy, length, true, &address);
	(void)!ss_proc_parse_auxv(copy, length, false, &address);
	(void)ss_proc_auxv_is_32bit(copy, length);
	free(copy);
}

static const struct {
	const void *data;
	size_t length;
} samples[] = {
	{ STATUS_TEXT, sizeof(STATUS_TEXT) - 1 },
	{ STAT_TEXT, sizeof(STAT_TEXT) - 1 },
	{ CALL_TEXT, sizeof(CALL_TEXT) - 1 },
	{ TIDS_TEXT, sizeof(TIDS_TEXT) - 1 },
	{ EPOLL_TEXT, sizeof(EPOLL_TEXT) - 1 },
	{ auxv_64, sizeof(auxv_64) },
	{ auxv_32, sizeof(auxv_32) },
};

START_TEST(cut_texts)
{
	const char *text = samples[_i].data;

	for (size_t length = 0; length <= samples[_i].length; length++)
		parse_everything(text, length);
}
END_TEST

/* xorshift64: the same numbers everywhere for one seed. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t choose_seed(void)
{
	const char *given = getenv("SELFSAME_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) :
				(uint64_t)time(NULL);

	printf("# SELFSAME_TEST_SEED=%" PRIu64 "\n", seed);
	(void)fflush(stdout);
	return seed;
}

#define ROUNDS	20000

START_TEST(damaged_texts)
{
	uint64_t state = choose_seed() * 2 + 1;
	size_t length = samples[_i].length;
	char *text = malloc(length);
	uint64_t flips;
	size_t cut;

	ck_assert_ptr_nonnull(text);
	for (int round = 0; round < ROUNDS; round++) {
		memcpy(text, samples[_i].data, length);
		flips = 1 + next_random(&state) % 8;
		for (uint64_t i = 0; i < flips; i++)
			text[next_random(&state) % length] ^=
				(char)(1 << next_random(&state) % 8);
		cut = next_random(&state) % (2 * length);
		parse_everything(text, cut < length ? cut : length);
	}
	free(text);
}
END_TEST

START_TEST(workers)
{
	static const struct {
		const char *text;
		int error;
		pid_t tid;
	} names[] = {
		{ "iou-sqp-4194304\n", 0, 4194304 },
		{ "iou-wrk-17\n", 0, 17 },
		{ "iou-wrk-\n", -ENODATA, 0 },
		{ "iou-sqp\n", -ENODATA, 0 },
		{ "selfsame\n", -ENODATA, 0 },
		{ "", -ENODATA, 0 },
	};
	pid_t tid;

	for (size_t i = 0; i < SS_ARRAY_SIZE(names); i++) {
		tid = 0;
		ck_assert_int_eq(ss_proc_parse_worker(names[i].text,
						      strlen(names[i].text),
						      &tid), names[i].error);
		ck_assert_int_eq(tid, names[i].tid);
	}
}
END_TEST

static Suite *parse_suite(void)
{
	Suite *suite = suite_create("proc-parse");
	TCase *right = tcase_create("texts");
	TCase *wrong = tcase_create("damage");

	tcase_add_test(right, status_is_read);
	tcase_add_test(right, workers);
	tcase_add_loop_test(right, status_tells_what_is_left, 0, 5);
	tcase_add_loop_test(right, status_tells_of_filters, 0, 5);
	tcase_add_test(right, status_is_complete_or_refused);
	tcase_add_test(right, signals_are_read);
	tcase_add_test(right, groups_are_read);
	tcase_add_test(right, stat_is_read);
	tcase_add_test(right, call_is_read);
	tcase_add_test(right, tids_are_read);
	tcase_add_test(right, id_map_is_read);
	tcase_add_test(right, epoll_is_read);
	tcase_add_test(right, fd_flags_are_read);
	tcase_add_test(right, pidfds_are_read);
	tcase_add_test(right, auxv_is_read);
	suite_add_tcase(suite, right);
	tcase_set_timeout(wrong, 60);
	tcase_add_loop_test(wrong, cut_texts, 0, SS_ARRAY_SIZE(samples));
	tcase_add_loop_test(wrong, damaged_texts, 0, SS_ARRAY_SIZE(samples));
	suite_add_tcase(suite, wrong);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(parse_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
