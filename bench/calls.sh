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
options=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/selfsame-calls.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# SIGN TIMES WORKLOAD...: all calls, each in a line with the sign
traced() {
	sign=$1
	times=$2
	shift 2
	# No option, or several.
	# shellcheck disable=SC2086
	BENCH_TIMES=$times strace -qq -o "$tmp/trace" -e signal=none \
		"$selfsame" run $options -- "${BENCH_WORK:?}" "$@" \
		>"$tmp/out" 2>&1 || {
		cat "$tmp/out" >&2
		exit 1
	}
	sed -n -e "s/^ioctl(.*SECCOMP_IOCTL_NOTIF_\([A-Z_]*\).*/\1 $sign/p;t" \
		-e "s/^\([A-Za-z0-9_]*\).*/\1 $sign/p" "$tmp/trace"
}

# NAME OPERATIONS FEW MANY: so many operations are between the two, each "TIMES
# WORKLOAD".
count() {
	# Each is several words.
	# shellcheck disable=SC2086
	traced -1 $3 >"$tmp/calls"
	# shellcheck disable=SC2086
	traced 1 $4 >>"$tmp/calls"
	awk -v name="$1" -v operations="$2" '
		{ count[$1] += $2 }
		END {
			for (call in count) {
				number = count[call] / operations
				if (number >= 0.05)
					printf "%s %s %.2f\n", name, call, number
			}
		}' "$tmp/calls"
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
