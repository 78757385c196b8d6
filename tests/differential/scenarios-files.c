/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that were answered wrongly once, at their shortest: descriptors, epolls
 * and rings.
 */
#include "chaos.h"

#include <stddef.h>

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

const struct ch_scenario ch_scenarios_of_files[] = {
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
	{ "item-whose-number-still-holds-it",
	  "of several items with one number, one gets the name of its slot",
	  "1 epoll 10\n"
	  "1 eventfd\n"
	  "1 dup2 3 12\n"
	  "1 close 3\n"
	  "1 ask 1 1 0 10 12\n"
	  "1 clone 4 0 2 17\n"
	  "4 epoll-pile 10 6 2\n"
	  "4 clone 5 0 2 17\n"
	  "4 dup2 19 6\n"
	  "5 dup2 20 6\n"
	  "4 ask 4 4 7 12 393226 1\n"
	  "5 ask 5 5 7 12 393226 1\n" },
	{ "table-copied-for-a-namespace",
	  "a slot of the original changes after it was copied",
	  SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY
	  SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY
	  SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY SPLITS_SLOWLY },
	{ NULL, NULL, NULL },
};
