/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that were answered wrongly once, at their shortest.
 */
#include "chaos.h"

#include <stddef.h>

/* One thread after the other execs, and everybody asks about it. */
#define TAKES_OVER(leader, thread) \
	leader " clone " thread " 0x10f00\n" \
	"20 churn 1 60 &\n" \
	"21 churn 1 60 &\n" \
	"1 ask " thread " " leader " 1 &\n" \
	thread " exec &\n" \
	"1 ask " thread " " leader " 1 &\n" \
	"3 ask " thread " " leader " 1 &\n" \
	"1 ask " thread " " leader " 1 &\n" \
	"3 ask " thread " " leader " 1 &\n" \
	"1 ask " thread " " leader " 1 &\n" \
	"3 ask " thread " " leader " 1 &\n" \
	"0 sync\n"

/* A priority without a class for a group that grows: who has a context? */
#define GROWS(one, two) \
	"1 clone " one " 0x10900 &\n" \
	"3 ioprio 2 -9 &\n" \
	"4 clone " two " 0x10900 &\n" \
	"0 sync\n" \
	"1 ask " one " " two " 5\n"

/* The caller is killed, maybe before its call has begun. */
#define KILLED(target) \
	"1 clone " target " 0 2 17\n" \
	"1 clone 16 0 2 17\n" \
	"1 clone 17 0 2 17\n" \
	"16 ioprio 1 " target " 16388 &\n" \
	"2 kill 16 &\n" \
	"17 ioprio 1 " target " 16388 &\n" \
	"3 kill 17 &\n" \
	"0 sync\n" \
	"1 ask 1 " target " 5\n"
/* Everybody asks for the child of a leader that a thread's exec ends. */
#define ASK_THREE(child) \
	"1 ask 1 " child " 3 &\n" \
	"2 ask " child " 2 3 &\n" \
	"3 ask 3 " child " 3 &\n"
#define ENDS_CREATOR(leader, thread, child) \
	"1 clone " leader " 0 2 17\n" \
	leader " clone " thread " 0x10f00\n" \
	"60 churn 1 60 &\n" \
	leader " clone " child " 0x500 0 17 &\n" \
	thread " exec &\n" \
	ASK_THREE(child) ASK_THREE(child) ASK_THREE(child) ASK_THREE(child) \
	ASK_THREE(child) ASK_THREE(child) ASK_THREE(child) ASK_THREE(child) \
	"0 sync\n" \
	"1 ask 1 " child " 3\n"

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

/* A table changes while it is copied for a namespace, which takes long. */
#define SPLITS_SLOWLY \
	"1 eventfd\n" \
	"1 ask 1 1 0 3 910\n" \
	"1 clone 4 0x400 0 17\n" \
	"1 unshare 0x40000400 &\n" \
	"4 ask 2 2 0 910 911 &\n" \
	"4 ask 2 2 0 911 912 &\n" \
	"4 close 3 &\n" \
	"4 eventfd &\n" \
	"4 ask 4 4 0 3 910 &\n" \
	"0 sync\n" \
	"1 ask 1 4 0 3 3\n" \
	"4 exit-group\n" \
	"1 wait 4\n" \
	"1 close 3\n"

/* Two creators are killed together; the pid namespace takes longer. */
#define ENDS_BOTH \
	"1 clone 4 0 2 17\n" \
	"4 clone 5 0x10f00\n" \
	"60 churn 1 20 &\n" \
	"5 clone 6 0x20000400 0 17 &\n" \
	"4 clone 7 0x400 0 17 &\n" \
	"4 kill 5 &\n" \
	"0 sync\n" \
	"7 ask 7 7 0 910 911\n" \
	"6 ask 6 6 0 910 911\n" \
	"6 exit-group\n" \
	"7 exit-group\n" \
	"1 wait 4\n"

#define THREADS_OF_4 \
	"1 clone 4 0 2 17\n" \
	"4 capset 2\n" \
	"2 capset 2\n" \
	"4 clone 5 0x10f00\n" \
	"4 clone 6 0x10f00\n"

/* A thread of such a first process is killed while it execs. */
#define NEVER_EXECS(creator, leader, thread, dead) \
	"1 clone " creator " 0 2 17\n" \
	creator " unshare 536870912\n" \
	creator " clone " leader " 0 2 17\n" \
	creator " clone " dead " 0 2 17\n" \
	leader " clone " thread " 0x10f00\n" \
	dead " exit\n" \
	thread " exec &\n" \
	"3 kill " thread " &\n" \
	"0 sync\n" \
	"2 ask " leader " 2 4\n"

/* The same of who has execed before, and shares its handlers. */
#define NEVER_EXECS_AGAIN(leader, thread, sharer) \
	"1 clone " leader " 0 2 17\n" \
	leader " exec\n" \
	leader " clone " sharer " 0x900 0 17\n" \
	leader " clone " thread " 0x10f00\n" \
	thread " exec &\n" \
	"3 kill " thread " &\n" \
	"0 sync\n" \
	"2 ask " leader " " sharer " 4\n"

const struct ch_scenario ch_scenarios[] = {
	{ "failed-exec-of-thread",
	  "a failed exec does not delay that of another thread",
	  "1 clone 4 0x50f00\n"
	  "1 exec-fail\n"
	  "4 exec-fail\n"
	  "4 ask 1 4 0 3 3\n" },
	{ "exec-of-half-root",
	  "memory is not dumpable if the ids differed before the exec",
	  "1 setid 1 12345\n"
	  "1 clone 11 0 2 17\n"
	  "11 clone 12 0 2 17\n"
	  "11 capset 2\n"
	  "11 exec 1\n"
	  "12 ask 12 11 3\n" },
	{ "item-of-no-epoll",
	  "an item that was never added does not make a file unlike itself",
	  "1 open 1 ~\n"
	  "1 clone 4 0x50f00 1\n"
	  "1 socketpair\n"
	  "4 close 10\n"
	  "2 open 1\n"
	  "4 memfd\n"
	  "1 open 524290\n"
	  "4 send 5 ~\n"
	  "2 eventfd\n"
	  "1 epoll-add 3 11 ~\n"
	  "4 open 2097152\n"
	  "2 recv\n"
	  "4 pipe\n"
	  "1 clone 6 0x40000 4 17 ~\n"
	  "2 open 2 ~\n"
	  "4 clone 7 0x10b00\n"
	  "4 eventfd\n"
	  "4 epoll-add 3 11\n"
	  "7 clone 9 0x50f00 1\n"
	  "9 clone 10 0x10900 1 ~\n"
	  "6 clone 11 0x80010900 1\n"
	  "2 eventfd\n"
	  "11 kill 10\n"
	  "6 clone 7 0x180000300 1 17\n"
	  "7 clone 4 0x4100 3 17\n"
	  "2 eventfd\n"
	  "4 socketpair\n"
	  "2 clone 9 0 2 ~\n"
	  "2 send 5\n"
	  "9 recv 1073741824 ~\n"
	  "9 open 524290\n"
	  "2 clone 5 0x40000 1 17\n"
	  "9 eventfd\n"
	  "9 clone 10 0 2 17\n"
	  "4 clone 13 0x80010d00\n"
	  "11 triple 13 5 10 0 11 5 12\n" },
	{ "no-undo-list-of-refused-namespace",
	  "a clone refused for its user namespace makes no undo list",
	  "1 unshare 268435456\n"
	  "1 clone 4 0x4100 3 17\n"
	  "4 clone 6 0x50b00 1\n"
	  "6 clone 7 0x80010b00 ~\n"
	  "7 clone 9 0x10d00\n"
	  "9 clone 5 0x80000200 0 17\n"
	  "6 clone 18 0x10900 1\n"
	  "5 clone 16 0x10040400 4 17\n"
	  "18 ask 18 5 6 7 7\n" },
	{ "no-undo-list-of-refused-thread",
	  "a thread refused after unshare of pids makes no undo list",
	  "1 clone 4 0x10b00 ~\n"
	  "3 clone 5 0x10b00\n"
	  "5 clone 10 0x300 1 17 ~\n"
	  "10 unshare 536870912\n"
	  "10 clone 6 0x50f00 1\n"
	  "10 ask 10 4 6 7 7\n" },
	{ "failed-clone-is-not-passed-on",
	  "a failed clone is not taken for that of another thread",
	  "2 clone 13 0x10d00\n"
	  "13 clone 14 0x80010f00\n"
	  "14 clone 5 0x50900 ~\n"
	  "14 clone 8 0x50b00 1\n"
	  "5 unshare 536870912 ~\n"
	  "8 clone 15 0x10900\n"
	  "5 clone 17 0x50f00 1\n"
	  "15 clone 17 0x10900 1\n"
	  "5 ask 8 17 6 6 6\n" },
	{ "path-of-epoll",
	  "an O_PATH descriptor of an epoll is no epoll",
	  "1 epoll 3\n"
	  "1 eventfd\n"
	  "1 reopen 3 2097152\n"
	  "1 epoll-add 3 4\n"
	  "1 ask 1 1 7 4 262147\n"
	  "1 ask 1 1 7 4 262148\n"
	  "1 ask 1 1 7 4 262149\n"
	  "1 ask 1 1 7 4 262150\n" },
	{ "unshare-with-ring",
	  "a thread of io_uring makes unshare fail",
	  "1 semop\n"
	  "1 ring 2\n"
	  "1 unshare 264192\n"
	  "1 ask 1 3 6\n" },
	{ "sibling-of-dying-parent",
	  "a CLONE_PARENT child is found when both parents have gone",
	  "2 clone 9 0x80000000 4 17 &\n"
	  "2 exit-group &\n"
	  "9 clone 11 0x10d00 1 &\n"
	  "0 sync\n"
	  "11 clone 4 0x80008000 4 17 &\n"
	  "11 exit &\n"
	  "1 clone 5 0x80010900 &\n"
	  "0 sync\n"
	  "4 ask 4 4 0 10 10\n" },
	{ "leader-dies-for-exec",
	  "a leader that dies for a thread's exec is not the end of its group",
	  "1 clone 4 0x10d00\n"
	  "4 exec &\n"
	  "2 ask 1 2 0 3 3 &\n"
	  "3 ask 1 3 2 &\n"
	  "2 ask 1 2 0 3 3 &\n"
	  "3 ask 1 3 2 &\n"
	  "2 ask 1 2 0 3 3 &\n"
	  "3 ask 1 3 2 &\n"
	  "2 ask 1 2 0 3 3 &\n"
	  "3 ask 1 3 2 &\n"
	  "0 sync\n"
	  "4 ask 4 2 0 910 910\n"
	  "2 ask 4 2 2\n" },
	{ "clone-beside-dead-leader",
	  "a clone that failed ends also where the leader has ended",
	  "1 clone 4 0x10b00 ~\n"
	  "3 clone 5 0x10b00\n"
	  "4 clone 6 0x4010d00 1\n"
	  "6 clone 7 0x50900 1\n"
	  "7 clone 9 0 2\n"
	  "9 clone 10 0x300 1 17 ~\n"
	  "10 clone 11 0x50900 1 ~\n"
	  "11 unshare 536870912\n"
	  "6 exit-group\n"
	  "10 exit\n"
	  "11 clone 12 0x50f00 1\n"
	  "11 clone 6 0x4100 3 17\n"
	  "5 ask 5 6 1 6 18\n" },
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
	{ "no-undo-list-of-refused-sibling",
	  "a namespace's first process is refused a sibling before all else",
	  "1 clone 11 0xa0000600 4 17\n"
	  "11 clone 4 0x800900 1\n"
	  "11 clone 14 0x10900 1\n"
	  "14 clone 17 0x58f00\n"
	  "11 ask 4 14 6\n" },
	{ "exec-takes-leadership",
	  "a thread whose number went to its exec is not gone",
	  "2 clone 4 0 2 17\n"
	  "1 clone 20 0 2 17\n"
	  "1 clone 21 0 2 17\n"
	  TAKES_OVER("4", "5")
	  TAKES_OVER("5", "6")
	  TAKES_OVER("6", "7")
	  TAKES_OVER("7", "8")
	  TAKES_OVER("8", "9")
	  TAKES_OVER("9", "10")
	  "10 ask 10 2 0 910 910\n" },
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
	{ "orphan-beside-a-child",
	  "a child of a thread that an exec ended, then one of the new program",
	  "1 clone 5 0x10900\n"
	  "1 clone 4 0x10900\n"
	  "4 clone 6 0x40400 1 17\n"
	  "5 exec\n"
	  "5 clone 7 0 2 17\n"
	  "6 ask 6 3 6\n"
	  "7 ask 6 7 2\n" },
	{ "io-context-of-dying-init",
	  "a namespace's first process keeps it until all others are reaped",
	  "1 unshare 536870912\n"
	  "1 ioprio 1 -9 16388\n"
	  "1 clone 6 0 2 17\n"
	  "1 clone 9 0 2 17\n"
	  "6 exit\n"
	  "2 ask 6 2 5\n" },
	{ "group-of-the-unlike",
	  "ioprio_set of a group begins with the newest, and ends at a refusal",
	  "1 clone 4 0 2 17\n"
	  "1 clone 5 0 2 17\n"
	  "5 setid 0 12345\n"
	  "1 clone 6 0 2 17\n"
	  "1 clone 7 0 2 17\n"
	  "7 setid 0 12345\n"
	  "7 ioprio 2 -9 16388\n"
	  "1 ask 7 6 5\n"
	  "1 ask 7 5 5\n"
	  "1 ask 7 4 5\n"
	  "1 ask 4 5 5\n" },
	{ "sibling-beside-an-orphan",
	  "a clone that failed before its creator was killed has no sibling",
	  "1 clone 4 0 2 17\n"
	  "4 clone 5 0x401000 0 17\n"
	  "1 kill 4\n"
	  "2 clone 6 0x8400 4 17\n"
	  "6 ask 6 2 2\n" },
	{ "context-of-a-racing-set",
	  "whether ioprio_set or clone came first shows in the child",
	  "1 clone 4 0x80010d00\n"
	  "1 ioprio 1 -9 16388\n"
	  "4 clone 5 0 2 17 &\n"
	  "2 ioprio 1 4 &\n"
	  "4 clone 6 0 2 17 &\n"
	  "2 ioprio 1 4 16388 &\n"
	  "4 clone 7 0 2 17 &\n"
	  "2 ioprio 1 4 &\n"
	  "4 clone 8 0 2 17 &\n"
	  "2 ioprio 1 4 16388 &\n"
	  "4 clone 9 0 2 17 &\n"
	  "0 sync\n"
	  "1 ask 3 5 5\n"
	  "1 ask 3 6 5\n"
	  "1 ask 3 7 5\n"
	  "1 ask 3 8 5\n"
	  "1 ask 3 9 5\n" },
	{ "file-of-a-failed-clone",
	  "what nobody has but a clone that failed makes no doubt about others",
	  "1 open 2\n"
	  "1 open 2\n"
	  "1 open 2\n"
	  "1 ask 1 1 0 3 4\n"
	  "1 ask 1 1 0 4 5\n"
	  "2 open 2\n"
	  "2 dup2 3 14\n"
	  "2 close 3\n"
	  "2 open 2\n"
	  "2 dup2 3 11\n"
	  "2 close 3\n"
	  "2 ask 2 2 0 11 14\n"
	  "2 send 14\n"
	  "2 send 11\n"
	  "1 recv\n"
	  "1 recv\n"
	  "1 dup2 7 12\n"
	  "1 close 7\n"
	  "1 open 2\n"
	  "1 ask 1 1 0 6 12\n"
	  "1 clone 9 0x401000 0 17\n"
	  "1 range 3 5\n"
	  "1 triple 1 1 1 0 6 7 12\n" },
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
	{ "priority-of-process-group",
	  "ioprio_set of a process group ends at who may not be changed",
	  "1 clone 4 0x4100 3 17\n"
	  "2 clone 6 0x80010900\n"
	  "4 clone 7 0x40b00 1 17\n"
	  "7 clone 9 0x80000000 4 17 ~\n"
	  "7 setid 4 12346\n"
	  "9 kill 4\n"
	  "6 setid 0 12345\n"
	  "7 ioprio 2 -9 ~\n"
	  "1 ask 9 6 5 14 14\n" },
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
	{ "first-of-a-namespace-waits",
	  "who waits for the end of its pid namespace has its io context",
	  "1 unshare 536870912\n"
	  "1 clone 4 0 2 17\n"
	  "1 clone 5 0 2 17\n"
	  "4 ioprio 1 -9\n"
	  "5 exit\n"
	  "4 exit-group &\n"
	  "0 sync\n"
	  "2 ask 4 2 5\n"
	  "2 ask 4 2 2\n"
	  "2 ask 4 4 0 910 910\n" },
	{ "first-of-a-namespace-gets-nothing",
	  "and if it has none, ioprio_set makes none",
	  "1 unshare 536870912\n"
	  "1 clone 4 0 2 17\n"
	  "1 clone 5 0 2 17\n"
	  "5 exit\n"
	  "4 exit-group &\n"
	  "0 sync\n"
	  "2 ask 4 2 2\n"
	  "3 ioprio 1 4\n"
	  "2 ask 4 2 5\n" },
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
	{ "unshare-beside-a-new-thread",
	  "a thread that has called nobody yet makes unshare fail",
	  "1 clone 4 0x80010f00 &\n"
	  "1 unshare 66560 &\n"
	  "0 sync\n"
	  "1 ask 1 4 2\n" },
	{ "undo-list-of-refused-namespace",
	  "two pid namespaces at once are refused after the list was made",
	  "3 unshare 0x20000000\n"
	  "3 clone 5 0x30040400 4 17\n"
	  "1 ask 1 3 6\n" },
	{ "compared-with-what-a-ring-changed",
	  "a label given by comparing with a slot that holds something else",
	  "1 ring 0 17\n"
	  "1 dup2 913 3\n"
	  "1 dup2 913 11\n"
	  "1 ask 1 1 0 3 11\n"
	  "1 ring-do 17 1 3\n"
	  "1 ring-do 17 0\n"
	  "1 dup2 11 12\n"
	  "1 ask 1 1 0 11 12\n" },
	{ "ordered-by-what-a-ring-changed",
	  "an item has the order of the file that a ring has put into a slot",
	  "1 eventfd\n"
	  "1 eventfd\n"
	  "1 eventfd\n"
	  "1 ring 0 17\n"
	  "1 epoll 10\n"
	  "1 dup2 3 11\n"
	  "1 ask 1 1 0 5 11\n"
	  "1 ask 1 1 0 5 3\n"
	  "1 ring-do 17 2 4\n"
	  "1 ring-do 17 1 3\n"
	  "1 ring-do 17 4 1\n"
	  "1 epoll-add 10 3\n"
	  "1 ask 1 1 7 5 196618\n" },
	{ "ioprio-or-clone-first",
	  "whether ioprio_set without a class comes before clones is known",
	  "1 clone 4 0x10900\n"
	  GROWS("5", "6") GROWS("7", "8") GROWS("9", "10")
	  GROWS("11", "12") GROWS("13", "14") GROWS("15", "16")
	  GROWS("17", "18") },
	{ "ioprio-of-the-killed",
	  "who is killed before its ioprio_set begins sets nothing",
	  KILLED("4") KILLED("5") KILLED("6") KILLED("7") KILLED("8")
	  KILLED("9") KILLED("10") KILLED("11") KILLED("12") KILLED("13") },
	{ "child-of-leader-ended-by-exec",
	  "a child is found with the thread whose exec ends its maker",
	  ENDS_CREATOR("4", "5", "6") ENDS_CREATOR("7", "8", "9")
	  ENDS_CREATOR("10", "11", "12") ENDS_CREATOR("13", "14", "15")
	  ENDS_CREATOR("16", "17", "18") ENDS_CREATOR("19", "20", "21")
	  ENDS_CREATOR("22", "23", "24") ENDS_CREATOR("25", "26", "27")
	  ENDS_CREATOR("28", "29", "30") ENDS_CREATOR("31", "32", "33") },
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
	{ "no-namespace-no-undo-list",
	  "where a user namespace is refused, no undo list was made",
	  "1 clone 4 0x600 0 17\n"
	  "4 unshare 0x10000000\n"
	  "4 clone 5 0x98040d00 1\n"
	  "1 clone 6 0 0 17\n"
	  "1 ask 4 6 6\n" },
	{ "namespace-and-undo-list",
	  "where one can be made, the undo list was made, too",
	  "1 clone 4 0x600 0 17\n"
	  "4 clone 5 0x98040d00 1\n"
	  "1 clone 6 0 0 17\n"
	  "1 ask 4 6 6\n" },
	{ "ruleset-closed-by-another",
	  "whether there was a ruleset when it was to be used",
	  "1 capset 2\n"
	  "2 capset 2\n"
	  RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS
	  RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS RESTRICTS },
	{ "known-by-an-item-after-a-failed-add",
	  "an epoll_ctl that fails casts doubt on one number, and not for ever",
	  "1 clone 4 0 2 17\n"
	  "4 eventfd\n"
	  "4 eventfd\n"
	  "4 epoll 10\n"
	  "4 epoll-add 10 3\n"
	  "4 ask 4 4 7 4 196618\n"
	  "4 epoll-add 10 60\n"
	  "4 clone 5 0x400 0 17\n"
	  "4 exec\n"
	  "5 close 3\n"
	  "4 ask 4 4 7 4 196618\n" },
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
	{ "forgotten-epoll-with-items",
	  "one doubtful file takes others with it",
	  "1 epoll 10\n"
	  "1 epoll 11\n"
	  "1 eventfd\n"
	  "1 dup2 3 12\n"
	  "1 close 3\n"
	  "1 epoll-add 10 12\n"
	  "1 epoll-add 11 10\n"
	  "1 ask 1 1 0 10 12\n"
	  "1 close 10\n"
	  "1 close 12\n"
	  "1 eventfd\n"
	  "1 ask 1 1 0 3 11\n" },
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
	{ "first-process-never-execs",
	  "who died in a thread's exec stays until its namespace is empty",
	  NEVER_EXECS("4", "5", "6", "7") NEVER_EXECS("8", "9", "10", "11")
	  NEVER_EXECS("12", "13", "14", "15")
	  NEVER_EXECS("16", "17", "18", "19")
	  NEVER_EXECS("20", "21", "22", "23")
	  NEVER_EXECS("24", "25", "26", "27") },
	{ "table-copied-for-a-namespace",
	  "a slot of the original changes after it was copied",
	  SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY
	  SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY
	  SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY },
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
	{ "orphans-inside-and-outside",
	  "which of two killed creators made a pid namespace",
	  ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH
	  ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH },
	{ "killed-before-its-exec",
	  "a thread is killed before its exec, of a group that execed once",
	  NEVER_EXECS_AGAIN("4", "5", "6") NEVER_EXECS_AGAIN("7", "8", "9")
	  NEVER_EXECS_AGAIN("10", "11", "12")
	  NEVER_EXECS_AGAIN("13", "14", "15")
	  NEVER_EXECS_AGAIN("16", "17", "18")
	  NEVER_EXECS_AGAIN("19", "20", "21") },
	{ NULL, NULL, NULL },
};
