/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that were answered wrongly once, at their shortest: births, ends and
 * execs, and what is shared.
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

/* A process that has execed before, and shares its handlers. */
#define EXECS_AND_EXITS(leader, thread, partner) \
	"1 clone " leader " 0 2 17\n" \
	leader " exec\n" \
	leader " clone " thread " 0x10f00 1\n" \
	leader " clone " partner " 0x900 0 17\n" \
	thread " exec &\n" \
	leader " exit-group &\n" \
	"0 sync\n" \
	"2 ask " leader " " partner " 4\n"

/* A priority without a class for a group that grows: who has a context? */
#define GROWS(one, two) \
	"1 clone " one " 0x10900 &\n" \
	"3 ioprio 2 -9 &\n" \
	"4 clone " two " 0x10900 &\n" \
	"0 sync\n" \
	"1 ask " one " " two " 5\n"

/* The caller is killed, maybe before its call has begun. */
#define EXITS_BESIDE(maker, init, other) \
	"1 clone " maker " 0 2 17\n" \
	maker " unshare 536870912\n" \
	maker " clone " init " 0 2 17\n" \
	maker " clone " other " 0 2 17\n" \
	init " exit-group &\n" \
	"2 ioprio 2 -9 16388 &\n" \
	"0 sync\n" \
	"2 ask " init " " other " 5\n"

/* What its target may do by then decides whether a priority may be set.  A new
   user namespace gives it more than who sets has ... */
#define GAINS(setter, target) \
	"1 clone " setter " 0 2 17\n" \
	setter " capset 4\n" \
	setter " clone " target " 0 2 17\n" \
	setter " setid 1 12345\n"

/* ... and an exec less: nothing. */
#define LOSES(setter, target) \
	"1 clone " setter " 0 2 17\n" \
	setter " setid 2 12345\n" \
	setter " clone " target " 0 2 17\n" \
	target " setid 1 12345\n" \
	setter " capset 4\n" \
	setter " setid 1 12345\n"

#define ASK_WHETHER_SET(target) \
	"0 sync\n" \
	"1 ask 1 " target " 5\n"

#define SETS_AFTER(change, what, setter, target) \
	change(setter, target) \
	target " " what "\n" \
	setter " ioprio 1 " target " 16388\n" \
	ASK_WHETHER_SET(target)

#define SETS_BESIDE(change, what, setter, target) \
	change(setter, target) \
	target " " what " &\n" \
	setter " ioprio 1 " target " 16388 &\n" \
	ASK_WHETHER_SET(target)

#define CHANGES_BESIDE(change, what, setter, target) \
	change(setter, target) \
	setter " ioprio 1 " target " 16388 &\n" \
	target " " what " &\n" \
	ASK_WHETHER_SET(target)

/* One after the other; and, in either order, at once. */
#define CHANGES(change, what) \
	SETS_AFTER(change, what, "4", "5") \
	SETS_BESIDE(change, what, "6", "7") \
	CHANGES_BESIDE(change, what, "8", "9") \
	SETS_BESIDE(change, what, "10", "11") \
	CHANGES_BESIDE(change, what, "12", "13") \
	SETS_BESIDE(change, what, "14", "15") \
	CHANGES_BESIDE(change, what, "16", "17") \
	SETS_BESIDE(change, what, "18", "19") \
	CHANGES_BESIDE(change, what, "20", "21") \
	SETS_BESIDE(change, what, "22", "23") \
	CHANGES_BESIDE(change, what, "24", "25")

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

/* Two threads clone, and their process is killed: who has made what is left? */
#define ENDS_THREADS(leader, thread, child, other, long) \
	"1 clone " leader " 0 2 17\n" \
	leader " clone " thread " 0x80010f00\n" \
	leader " landlock\n" \
	thread " clone " child " 0x80000000 4 &\n" \
	leader " clone " other " 0x200 1 17 &\n" \
	"3 churn 1 " long " &\n" \
	"3 kill " leader " &\n" \
	"0 sync\n" \
	child " ask 2 3 0 910 910\n" \
	other " ask 2 3 0 910 910\n"

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

/* Two creators clone at the same time, unlike each other, and are killed. */
#define KILLS_BOTH(one, other, of_one, of_other) \
	"1 clone " one " 0x400 0 17\n" \
	"2 clone " other " 0x200 0 17\n" \
	one " clone " of_one " 0x400 0 17 &\n" \
	other " clone " of_other " 0x200 0 17 &\n" \
	"1 kill " one " &\n" \
	"2 kill " other " &\n" \
	"0 sync\n" \
	"1 ask 1 " of_one " 2\n" \
	"1 ask 1 " of_other " 2\n" \
	of_one " ask 1 " of_one " 2\n" \
	of_other " ask 2 " of_other " 3\n" \
	of_one " exit-group\n" \
	of_other " exit-group\n"

/* A child for its creator's parent, beside a creator that is killed. */
#define KILLS_BESIDE(killed, other, child, sibling) \
	"1 clone " killed " 0x200 0 17\n" \
	"2 clone " other " 0x200 0 17\n" \
	killed " clone " child " 0x600 0 17 &\n" \
	other " clone " sibling " 0x8400 0 17 &\n" \
	"1 kill " killed " &\n" \
	"0 sync\n" \
	"3 ask 2 " sibling " 3\n" \
	"3 ask 1 " child " 3\n" \
	sibling " exit-group\n" \
	child " exit-group\n" \
	other " exit-group\n"

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

/* A thread execs while the driver looks, again and again, who lives. */
#define LOOKS \
	"3 kill 63\n" "3 kill 63\n" "3 kill 63\n" "3 kill 63\n" \
	"3 kill 63\n" "3 kill 63\n" "3 kill 63\n" "3 kill 63\n"

#define MOVES(leader, thread) \
	leader " clone " thread " 0x10f00\n" \
	thread " exec &\n" \
	LOOKS LOOKS LOOKS LOOKS LOOKS LOOKS LOOKS LOOKS \
	"0 sync\n" \
	leader " eventfd\n"

/* It dies slowly, after those in its namespace: asked about by who may not
   look at it. */
#define ASK_SLOW \
	"3 ask 4 2 0 5 5\n" "3 ask 4 2 0 5 5\n" "3 ask 4 2 0 5 5\n"

#define DIES_SLOWLY \
	"1 clone 4 0x20000000 0 17\n" \
	"4 clone 5 0 2 17\n" \
	"4 clone 6 0 2 17\n" \
	"4 clone 7 0 2 17\n" \
	"4 clone 8 0 2 17\n" \
	"2 kill 4 &\n" \
	"0 sync\n" \
	ASK_SLOW ASK_SLOW ASK_SLOW \
	"0 sync\n"

/* Nobody reaps it: it goes when the last of its threads has gone. */
#define THREAD_OF_4(thread) \
	"4 clone " thread " 0x10f00\n"

#define GOES_WITH_ITS_THREADS \
	"1 clone 4 0 2 17\n" \
	THREAD_OF_4("5") THREAD_OF_4("6") THREAD_OF_4("7") THREAD_OF_4("8") \
	THREAD_OF_4("9") THREAD_OF_4("10") THREAD_OF_4("11") \
	THREAD_OF_4("12") \
	"4 exit-group &\n" \
	"0 sync\n" \
	ASK_SLOW ASK_SLOW

const struct ch_scenario ch_scenarios_of_lives[] = {
	{ "failed-exec-of-thread",
	  "a failed exec does not delay that of another thread",
	  "1 clone 4 0x50f00\n"
	  "1 exec-fail\n"
	  "4 exec-fail\n"
	  "4 ask 1 4 0 3 3\n" },
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
	{ "undo-list-of-namespace-and-nobody",
	  "where the first process has gone a clone fails after the list",
	  "3 unshare 0x20000000\n"
	  "3 clone 4 0 4 17\n"
	  "4 exit-group\n"
	  "3 wait 4\n"
	  "3 clone 5 0x90041000 0 17\n"
	  "1 ask 1 3 6\n" },
	{ "undo-list-of-namespace-that-ends",
	  "so it does where the first process waits for the others to end",
	  "3 unshare 0x20000000\n"
	  "3 clone 4 0 4 17\n"
	  "3 clone 5 0 4 17\n"
	  "4 exit-group\n"
	  "3 clone 6 0x90041000 0 17\n"
	  "1 ask 1 3 6\n" },
	{ "undo-list-of-the-unseen",
	  "a clone whose child nobody saw before it was reaped made the list",
	  "1 clone 4 0 4 17\n"
	  "4 clone 5 0x10040000 4 17\n"
	  "1 kill 5\n"
	  "4 wait 5\n"
	  "1 clone 6 0 4 17\n"
	  "1 ask 4 6 6\n" },
	{ "no-undo-list-of-two-namespaces",
	  "a user namespace is refused before a pid namespace is",
	  "1 clone 4 0x600 0 17\n"
	  "4 unshare 0x20000000\n"
	  "4 unshare 0x10000000\n"
	  "4 clone 5 0x30040400 4 17\n"
	  "1 clone 6 0 0 17\n"
	  "1 ask 4 6 6\n" },
	{ "ioprio-or-clone-first",
	  "whether ioprio_set without a class comes before clones is known",
	  "1 clone 4 0x10900\n"
	  GROWS("5", "6") GROWS("7", "8") GROWS("9", "10")
	  GROWS("11", "12") GROWS("13", "14") GROWS("15", "16")
	  GROWS("17", "18") },
	{ "ioprio-of-the-dying",
	  "who has begun to exit gets no io context, although it waits",
	  "1 unshare 536870912\n"
	  "1 clone 4 0 2 17\n"
	  "1 clone 5 0 2 17\n"
	  "4 exit-group\n"
	  "2 ioprio 2 -9 16388\n"
	  "2 ask 4 5 5\n"
	  "2 ask 4 2 5\n" },
	{ "ioprio-beside-exit",
	  "whether an exit begins before an ioprio_set is known",
	  EXITS_BESIDE("4", "5", "6") EXITS_BESIDE("7", "8", "9")
	  EXITS_BESIDE("10", "11", "12") EXITS_BESIDE("13", "14", "15")
	  EXITS_BESIDE("16", "17", "18") EXITS_BESIDE("19", "20", "21")
	  EXITS_BESIDE("22", "23", "24") EXITS_BESIDE("25", "26", "27")
	  EXITS_BESIDE("28", "29", "30") EXITS_BESIDE("31", "32", "33")
	  EXITS_BESIDE("34", "35", "36") EXITS_BESIDE("37", "38", "39")
	  EXITS_BESIDE("40", "41", "42") EXITS_BESIDE("43", "44", "45")
	  EXITS_BESIDE("46", "47", "48") EXITS_BESIDE("49", "50", "51") },
	{ "ioprio-beside-user-namespace",
	  "who has another user namespace has other rights in an ioprio_set",
	  CHANGES(GAINS, "unshare 0x10000000") },
	{ "ioprio-beside-exec",
	  "and so has a program whose exec has taken them",
	  CHANGES(LOSES, "exec") },
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
	{ "first-process-never-execs",
	  "who died in a thread's exec stays until its namespace is empty",
	  NEVER_EXECS("4", "5", "6", "7") NEVER_EXECS("8", "9", "10", "11")
	  NEVER_EXECS("12", "13", "14", "15")
	  NEVER_EXECS("16", "17", "18", "19")
	  NEVER_EXECS("20", "21", "22", "23")
	  NEVER_EXECS("24", "25", "26", "27") },
	{ "orphans-inside-and-outside",
	  "which of two killed creators made a pid namespace",
	  ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH
	  ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH ENDS_BOTH },
	{ "orphans-of-the-same-moment",
	  "which of two killed creators made whom",
	  KILLS_BOTH("4", "5", "6", "7") KILLS_BOTH("8", "9", "10", "11")
	  KILLS_BOTH("12", "13", "14", "15")
	  KILLS_BOTH("16", "17", "18", "19")
	  KILLS_BOTH("20", "21", "22", "23")
	  KILLS_BOTH("24", "25", "26", "27")
	  KILLS_BOTH("28", "29", "30", "31")
	  KILLS_BOTH("32", "33", "34", "35")
	  KILLS_BOTH("36", "37", "38", "39")
	  KILLS_BOTH("40", "41", "42", "43")
	  KILLS_BOTH("44", "45", "46", "47") },
	{ "sibling-among-orphans",
	  "a CLONE_PARENT child is not that of a killed creator",
	  KILLS_BESIDE("4", "5", "6", "7") KILLS_BESIDE("8", "9", "10", "11")
	  KILLS_BESIDE("12", "13", "14", "15")
	  KILLS_BESIDE("16", "17", "18", "19")
	  KILLS_BESIDE("20", "21", "22", "23")
	  KILLS_BESIDE("24", "25", "26", "27")
	  KILLS_BESIDE("28", "29", "30", "31")
	  KILLS_BESIDE("32", "33", "34", "35")
	  KILLS_BESIDE("36", "37", "38", "39") },
	{ "killed-before-its-exec",
	  "a thread is killed before its exec, of a group that execed once",
	  NEVER_EXECS_AGAIN("4", "5", "6") NEVER_EXECS_AGAIN("7", "8", "9")
	  NEVER_EXECS_AGAIN("10", "11", "12")
	  NEVER_EXECS_AGAIN("13", "14", "15")
	  NEVER_EXECS_AGAIN("16", "17", "18")
	  NEVER_EXECS_AGAIN("19", "20", "21") },
	{ "exec-failed-long-ago",
	  "a thread's exec that has failed is not what ended its process",
	  "1 clone 4 0 2 17\n"
	  "4 exec\n"
	  "4 clone 5 0x10f00 1\n"
	  "4 clone 6 0x900 0 17\n"
	  "5 exec-fail 3\n"
	  "4 exit-group\n"
	  "2 ask 4 6 4\n" },
	{ "exec-beside-exit",
	  "who ended the process, a thread's exec or another's exit_group",
	  EXECS_AND_EXITS("4", "5", "6")
	  EXECS_AND_EXITS("8", "9", "10")
	  EXECS_AND_EXITS("12", "13", "14")
	  EXECS_AND_EXITS("16", "17", "18")
	  EXECS_AND_EXITS("20", "21", "22")
	  EXECS_AND_EXITS("24", "25", "26")
	  EXECS_AND_EXITS("28", "29", "30")
	  EXECS_AND_EXITS("32", "33", "34")
	  EXECS_AND_EXITS("36", "37", "38")
	  EXECS_AND_EXITS("40", "41", "42")
	  EXECS_AND_EXITS("44", "45", "46")
	  EXECS_AND_EXITS("48", "49", "50") },
	{ "slot-of-a-slow-exec",
	  "a slot is not free while its worker comes up in a new program",
	  "1 clone 4 0x80010f00\n"
	  "4 exec 0 90 &\n"
	  "4 exit &\n"
	  "0 sync\n"
	  "2 clone 4 0 2 17\n"
	  "3 exec 0 99\n"
	  "2 ask 4 4 1\n"
	  "4 eventfd\n" },
	{ "threads-killed-in-clone",
	  "which thread of a killed process has made a child",
	  ENDS_THREADS("4", "5", "6", "7", "1")
	  ENDS_THREADS("8", "9", "10", "11", "3")
	  ENDS_THREADS("12", "13", "14", "15", "5")
	  ENDS_THREADS("16", "17", "18", "19", "7")
	  ENDS_THREADS("20", "21", "22", "23", "9")
	  ENDS_THREADS("24", "25", "26", "27", "11")
	  ENDS_THREADS("28", "29", "30", "31", "13")
	  ENDS_THREADS("32", "33", "34", "35", "15")
	  ENDS_THREADS("36", "37", "38", "39", "17")
	  ENDS_THREADS("40", "41", "42", "43", "19")
	  ENDS_THREADS("44", "45", "46", "47", "21")
	  ENDS_THREADS("48", "49", "50", "51", "23")
	  ENDS_THREADS("52", "53", "54", "55", "25")
	  ENDS_THREADS("56", "57", "58", "59", "27") },
	{ "thread-moves-by-exec",
	  "whose number becomes another by its exec is not dead",
	  "1 clone 4 0 2 17\n"
	  MOVES("4", "5") MOVES("5", "6") MOVES("6", "7") MOVES("7", "8")
	  MOVES("8", "9") MOVES("9", "10") MOVES("10", "11")
	  MOVES("11", "12") MOVES("12", "13") MOVES("13", "14")
	  MOVES("14", "15") MOVES("15", "16") MOVES("16", "17")
	  MOVES("17", "18") MOVES("18", "19") MOVES("19", "20") },
	{ "killed-before-a-question",
	  "who was killed is dead before anybody asks about it",
	  "1 sigchld 1\n"
	  "3 setid 7 12345\n"
	  DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY
	  DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY
	  DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY
	  DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY DIES_SLOWLY },
	{ "gone-before-a-question",
	  "whom the kernel reaps has gone before anybody asks about it",
	  "1 sigchld 1\n"
	  "3 setid 7 12345\n"
	  GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS
	  GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS
	  GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS
	  GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS
	  GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS
	  GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS GOES_WITH_ITS_THREADS },
	{ NULL, NULL, NULL },
};
