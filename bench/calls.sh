#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which system calls selfsame makes for one operation, counted by strace.
#
#	calls.sh SELFSAME	prints lines of "WORKLOAD CALL NUMBER"
#
# Each is done some times, and some times more; the difference is what one needs,
# without what begins and ends a run.  $BENCH_WORK is the timed program.

set -eu

selfsame=$1
trace=$(mktemp "${TMPDIR:-/tmp}/selfsame-calls.XXXXXX")
trap 'rm -f "$trace"' EXIT

options=

# TIMES WORKLOAD...: the names of all calls, one in a line
traced() {
	times=$1
	shift
	# None, or several.
	# shellcheck disable=SC2086
	BENCH_TIMES=$times strace -qq -o "$trace" -e signal=none \
		"$selfsame" run $options -- "${BENCH_WORK:?}" "$@" \
		>/dev/null 2>&1
	sed -n -e 's/^ioctl(.*SECCOMP_IOCTL_NOTIF_\([A-Z_]*\).*/\1/' \
		-e 's/^\([A-Za-z0-9_]*\).*/\1/p' "$trace"
}

# NAME OPERATIONS FEW MANY: so many operations are between the two, each "TIMES
# WORKLOAD".
count() {
	# Each is several words.
	# shellcheck disable=SC2086
	{
		traced $3 | sed 's/$/ -1/'
		traced $4 | sed 's/$/ 1/'
	} | awk -v name="$1" -v operations="$2" '
		{ count[$1] += $2 }
		END {
			for (call in count) {
				number = count[call] / operations
				if (number >= 0.05)
					printf "%s %s %.2f\n", name, call, number
			}
		}'
}

count own 40 "20 own" "60 own"
count others 40 "20 others" "60 others"
# In batches of 256.
count new-one 512 "2 new one" "4 new one"
count new-two 512 "2 new two" "4 new two"
count new-dup 512 "2 new dup" "4 new dup"
count born-parent 40 "20 born parent" "60 born parent"
count born-child 40 "20 born child" "60 born child"
count open-close 40 "20 open-close" "60 open-close"
count thread 40 "20 thread" "60 thread"
count spawn 40 "20 spawn" "60 spawn"
count shell 40 "1 shell 20" "1 shell 60"
options="--stats --inject=kcmp:error=EPERM"
count told 40 "20 refused" "60 refused"
