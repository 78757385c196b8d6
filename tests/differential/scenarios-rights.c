/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that were answered wrongly once, at their shortest: who may ask about
 * whom.
 */
#include "chaos.h"

#include <stddef.h>

/* One thread sets whether memory is dumpable, another one's ids change. */
#define SETS_BOTH(id) \
	"60 churn 1 20 &\n" \
	"61 churn 1 20 &\n" \
	"6 dumpable 1 &\n" \
	"5 setid 5 " id " &\n" \
	"0 sync\n" \
	"2 ask 4 2 1\n" \
	"6 dumpable 1\n"

#define SETS_TWICE SETS_BOTH("12345") SETS_BOTH("0")

/* One copies it. */
#define COPIES(child, id) \
	"6 clone " child " 0 2 17 &\n" \
	"5 setid 5 " id " &\n" \
	"0 sync\n" \
	"2 ask " child " 2 1\n" \
	"2 ask 4 2 1\n" \
	"6 dumpable 1\n" \
	"2 ask 4 2 1\n"

/* A ruleset is closed by who shares the table, before it is used or after. */
#define RESTRICTS \
	"1 clone 4 0x400 0 17\n" \
	"60 churn 1 30 &\n" \
	"4 range 3 20 0 &\n" \
	"1 landlock &\n" \
	"4 range 3 20 0 &\n" \
	"0 sync\n" \
	"1 ask 2 2 1\n" \
	"4 exit-group\n" \
	"1 wait 4\n"

/* The first of a pid namespace is killed, and does not come to its end. */
#define DIES_SLOWLY(change) \
	"1 clone 7 0x100 1 17\n" \
	"7 capset 2\n" \
	"1 unshare 536870912\n" \
	"1 clone 4 0x100 1 17\n" \
	"1 clone 5 0 2 17\n" \
	"4 capset 2\n" \
	"2 capset 2\n" \
	"2 ask 4 2 1\n" \
	"5 exit\n" \
	"3 kill 4 &\n" \
	"0 sync\n" \
	change \
	"2 ask 7 2 1\n" \
	"2 ask 4 2 1\n"

/* Its exec takes ids from it, because 1 has its fs, too. */
#define LOSES_ROOT \
	"1 capset 2\n" \
	"1 setid 2 12345\n" \
	"1 clone 4 0x200 0 17\n" \
	"4 exec\n" \
	"4 clone 5 0x10d00 1\n"

#define THREADS_OF_4 \
	"1 clone 4 0 2 17\n" \
	"4 capset 2\n" \
	"2 capset 2\n" \
	"4 clone 5 0x10f00\n" \
	"4 clone 6 0x10f00\n"

const struct ch_scenario ch_scenarios_of_rights[] = {
	{ "exec-of-half-root",
	  "memory is not dumpable if the ids differed before the exec",
	  "1 setid 1 12345\n"
	  "1 clone 11 0 2 17\n"
	  "11 clone 12 0 2 17\n"
	  "11 capset 2\n"
	  "11 exec 1\n"
	  "12 ask 12 11 3\n" },
	{ "ids-of-another-thread",
	  "a thread's set*id call makes the memory of all not dumpable",
	  "2 clone 6 0x80040000 4 17\n"
	  "6 clone 7 0x80050900\n"
	  "1 setid 4 12345\n"
	  "6 setid 1 12345 ~\n"
	  "1 ask 1 7 0 915 8\n" },
	{ "ids-of-another-process",
	  "and that of who shares the memory without being a thread",
	  "1 clone 4 0x4100 3 17 ~\n"
	  "3 clone 5 0x4100 3 17\n"
	  "5 clone 7 0x100 1 17\n"
	  "7 clone 8 0x10d00 1\n"
	  "5 setid 0 12345\n"
	  "4 clone 6 0x80050f00 1\n"
	  "6 setid 4 12345\n"
	  "6 ask 7 8 7 10 655364\n" },
	{ "ids-of-who-has-died",
	  "or has died since",
	  "3 clone 4 0x80010d00 1\n"
	  "1 clone 9 0x80000500 0 17\n"
	  "4 capset\n"
	  "9 clone 5 0x50d00\n"
	  "1 setid 6 12345\n"
	  "1 exit\n"
	  "4 ask 4 5 0 17 10\n" },
	{ "ids-before-fork",
	  "nor is a copy that was made before anybody asked",
	  "1 clone 4 0 2 17\n"
	  "1 clone 8 0 2 17\n"
	  "8 setid 4 12345\n"
	  "4 clone 5 0x50900\n"
	  "5 clone 6 0x4100 3 17\n"
	  "4 setid 5 12345\n"
	  "6 clone 7 0 0 17\n"
	  "8 ask 8 7 1\n" },
	{ "unreadable-image-of-root",
	  "root without capabilities execs what it may not read",
	  "1 capset 4\n"
	  "1 clone 4 0 2 17\n"
	  "1 clone 5 0 2 17\n"
	  "4 exec 5\n"
	  "5 ask 5 4 1\n"
	  "5 exec 0\n"
	  "4 ask 4 5 1\n" },
	{ "unreadable-image-of-the-dead",
	  "and dies before anybody asks",
	  "1 capset 4\n"
	  "1 clone 4 0 2 17\n"
	  "1 clone 5 0 2 17\n"
	  "4 exec 5\n"
	  "4 exit-group\n"
	  "5 ask 5 4 1\n" },
	{ "unreadable-image-in-user-namespace",
	  "memory of an image that is foreign there belongs to an outer one",
	  "1 clone 4 0x10000000 0 17\n"
	  "4 clone 5 0 0 17\n"
	  "5 exec 4\n"
	  "4 ask 4 5 1\n"
	  "5 dumpable 1\n"
	  "4 ask 4 5 1\n"
	  "5 dumpable 0\n"
	  "4 ask 4 5 1\n" },
	{ "overruled-in-user-namespace",
	  "and does so also if it is made dumpable before anybody asks",
	  "1 clone 4 0x10000000 0 17\n"
	  "4 clone 5 0 0 17\n"
	  "5 exec 4\n"
	  "5 dumpable 1\n"
	  "5 dumpable 0\n"
	  "4 ask 4 5 1\n" },
	{ "unreadable-image-after-setreuid",
	  "nor is it the inner one's if the ids differed before the exec",
	  "2 setid 4 12346\n"
	  "2 unshare 0x10000000\n"
	  "2 spawn 6 2 1 10\n"
	  "2 clone 4 0 2 17\n"
	  "4 ask 4 6 1\n" },
	{ "unreadable-image-after-setfsuid",
	  "nor if the exec itself changed them",
	  "2 setid 5 12345\n"
	  "2 unshare 0x10000000\n"
	  "2 clone 7 0x10900\n"
	  "7 clone 9 0 2 17\n"
	  "7 exec 4\n"
	  "9 ask 9 7 1\n" },
	{ "shared-with-user-namespace",
	  "memory shared with a user namespace keeps that of its exec",
	  "3 clone 10 0 2 17\n"
	  "10 clone 16 0x10000100 1 17\n"
	  "16 capset 4\n"
	  "10 setid 4 12345\n"
	  "1 ask 1 10 1\n" },
	{ "dead-before-not-dumpable",
	  "memory was dumpable for who died before that changed",
	  "2 clone 4 0x4050d00 1\n"
	  "2 clone 8 0x200 1 17\n"
	  "3 ask 3 3 4 14 14\n"
	  "8 capset\n"
	  "8 clone 11 0x80040b00 0 17\n"
	  "11 clone 13 0x80840400 0 17\n"
	  "13 ask 2 13 1 14 14\n"
	  "4 clone 14 0x4100 3 17\n"
	  "14 exit\n"
	  "2 dumpable\n"
	  "13 ask 14 14 0 17 17\n" },
	{ "dead-leader-before-dumpable",
	  "and was not for a leader who died before its threads went on",
	  "1 clone 8 0x80050900\n"
	  "8 capset 4\n"
	  "8 setid 3 12345\n"
	  "8 clone 12 0x80004000 0 17\n"
	  "12 clone 18 0x80010f00\n"
	  "18 clone 5 0x58900 1\n"
	  "5 clone 22 0x80010d00 1\n"
	  "12 exit\n"
	  "22 dumpable 1\n"
	  "8 ask 12 12 4 9 4\n" },
	{ "dead-in-user-namespace",
	  "whose owner may look at the dead if their memory was dumpable",
	  "1 clone 5 0 2 17\n"
	  "1 clone 8 0 2 17\n"
	  "5 setid 2 12345\n"
	  "8 capset 4\n"
	  "5 clone 4 0x10000000 0 17\n"
	  "8 ask 4 4 4\n"
	  "4 exit-group\n"
	  "8 ask 4 4 4\n" },
	{ "ids-after-the-leader",
	  "a dead leader keeps what its memory was before its thread's set*id",
	  "1 clone 4 0 2 17\n"
	  "4 clone 5 0x10d00\n"
	  "4 exit &\n"
	  "0 sync\n"
	  "5 setid 0 12345\n"
	  "2 capset\n"
	  "2 ask 5 2 1\n"
	  "2 ask 4 2 1\n" },
	{ "ids-of-who-left",
	  "a thread changes its ids and ends; the memory stays",
	  "1 clone 4 0 2 17\n"
	  "2 capset 2\n"
	  "4 capset 2\n"
	  "4 clone 5 0x10f00\n"
	  "5 setid 0 12345\n"
	  "5 exit\n"
	  "2 ask 4 2 1\n" },
	{ "whose-memory-while-ids-differ",
	  "memory of an outer user namespace, seen while the ids differ",
	  "1 clone 4 0 2 17\n"
	  "4 setid 4 12346\n"
	  "4 dumpable 1\n"
	  "4 clone 9 0x10900\n"
	  "9 setid 4 12346\n"
	  "9 clone 5 0 2 17\n"
	  "5 clone 6 0x10000000 0 17\n"
	  "6 dumpable\n"
	  "6 clone 7 0 2 17\n"
	  "6 ask 7 7 1\n" },
	{ "ruleset-closed-by-another",
	  "whether there was a ruleset when it was to be used",
	  "1 capset 2\n"
	  "2 capset 2\n"
	  RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS
	  RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS },
	{ "ids-beside-dumpable",
	  "ids change before memory is set dumpable, or after that",
	  THREADS_OF_4
	  SETS_TWICE SETS_TWICE SETS_TWICE SETS_TWICE SETS_TWICE SETS_TWICE
	  SETS_TWICE SETS_TWICE SETS_TWICE SETS_TWICE SETS_TWICE SETS_TWICE },
	{ "ids-beside-fork",
	  "ids change before memory is copied, or after that",
	  THREADS_OF_4
	  COPIES("10", "12345") COPIES("11", "0") COPIES("12", "12345")
	  COPIES("13", "0") COPIES("14", "12345") COPIES("15", "0")
	  COPIES("16", "12345") COPIES("17", "0") COPIES("18", "12345")
	  COPIES("19", "0") COPIES("20", "12345") COPIES("21", "0") },
	{ "dumpable-after-a-kill",
	  "who has been killed keeps what its memory was before it is dead",
	  DIES_SLOWLY("1 dumpable 0\n") },
	{ "ids-after-a-kill",
	  "also where the ids of another change after that",
	  DIES_SLOWLY("1 setid 1 12345\n") },
	{ "dumpable-after-an-exec",
	  "memory that was set dumpable stays so whatever its exec took",
	  LOSES_ROOT
	  "4 dumpable 1\n"
	  "1 ask 1 5 1\n" },
	{ "dumpable-by-another-thread",
	  "also where another thread has set it",
	  LOSES_ROOT
	  "5 dumpable 1\n"
	  "1 ask 1 4 1\n" },
	{ "dead-in-a-user-namespace",
	  "who is killed right after it has entered a user namespace is in it",
	  "1 clone 4 0 2 17\n"
	  "1 clone 5 0 2 17\n"
	  "5 setid 1 12346\n"
	  "4 unshare 0x10000000 &\n"
	  "4 kill 4 &\n"
	  "0 sync\n"
	  "1 clone 6 0 2 17\n"
	  "5 ask 5 4 1\n" },
	{ "memory-below-its-user",
	  "who looked from a nested namespace says nothing of those outside",
	  "1 setid 2 12345\n"
	  "1 clone 4 0 2 17\n"
	  "4 clone 5 0x10000900 1 17\n"
	  "5 clone 6 0 0 17\n"
	  "6 ask 6 5 1\n"
	  "1 ask 1 4 1\n" },
	{ "setns-from-landlock",
	  "by the pidfd of who is not in the domain",
	  "2 semop 0\n"
	  "2 landlock\n"
	  "2 setns 11 1\n"
	  "1 ask 1 2 6\n" },
	{ NULL, NULL, NULL },
};
