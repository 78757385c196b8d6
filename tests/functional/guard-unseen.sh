#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What parents, tracers and the freezer see of supervised processes, and which
# signals interrupt which calls, is what they see natively, whether the signal
# guard traces the processes or not.

. "${srcdir:?}/tests/lib/tap.sh"

helpers=${builddir:?}/tests/helpers

limited() {
	timeout -k 5 120 "$@"
}

# as_native PROGRAM BITS: the whole table, with and without handlers in the
# parent and in its children.
as_native() {
	for parent in plain handler; do
		for child in plain handler; do
			run_ok "natively: $parent, $child ($2)" \
				limited "$1" "$parent" "$child"
			cp "$out" "$tmp/native"
			run_ok "supervised: $parent, $child ($2)" \
				limited "${SELFSAME:?}" run -- \
				"$1" "$parent" "$child"
			same "the same: $parent, $child ($2)" \
				"$tmp/native" "$out"
		done
	done
}

as_native "$helpers/statuses" 64
if [ -n "${FIXTURE32:-}" ]; then
	as_native "$helpers/statuses32" 32
else
	skip "the table of an i386 program" "no 32-bit build of it"
fi

# set_state: freeze or thaw the group; is_frozen: has it happened?
case $(stat -f -c %T /sys/fs/cgroup 2>/dev/null) in
cgroup2fs) root=/sys/fs/cgroup version=2 ;;
*)
	root=/sys/fs/cgroup/freezer version=1
	[ -f "$root/cgroup.procs" ] || root=/sys/fs/cgroup/unified version=2
	;;
esac
group=$root/selfsame-test.$$

remove_group() {
	[ ! -d "$group" ] || rmdir "$group"
}

set_state() {
	case $version$1 in
	1freeze) echo FROZEN >"$group/freezer.state" ;;
	1thaw) echo THAWED >"$group/freezer.state" ;;
	2freeze) echo 1 >"$group/cgroup.freeze" ;;
	2thaw) echo 0 >"$group/cgroup.freeze" ;;
	esac
}

# The first version's freezer tries again when it is told so.
is_frozen() {
	if [ "$version" = 1 ]; then
		set_state freeze
		[ "$(cat "$group/freezer.state")" = FROZEN ]
	else
		grep -q '^frozen 1$' "$group/cgroup.events"
	fi
}

# Frozen and thawed while it makes calls under a flood of signals.
freeze_often() {
	frozen=0
	while [ "$frozen" -lt 20 ] && kill -0 "$1" 2>/dev/null; do
		[ -n "$(cat "$group/cgroup.procs")" ] || continue
		set_state freeze
		tries=0
		until is_frozen; do
			[ -n "$(cat "$group/cgroup.procs")" ] || break
			tries=$((tries + 1))
			[ "$tries" -lt 100000 ] || return 1
		done
		frozen=$((frozen + 1))
		set_state thaw
	done
	[ "$frozen" -gt 2 ]
}

# shellcheck disable=SC2016
if mkdir "$group" 2>/dev/null; then
	at_exit remove_group
	limited "$SELFSAME" run -- sh -c 'echo $$ >"$0/cgroup.procs" &&
		exec "$1" calls kcmp 100000 timer' "$group" "$helpers/flood" \
		>"$tmp/frozen" 2>&1 &
	pid=$!
	ok "its freezer freezes and thaws it" freeze_often "$pid"
	set_state thaw
	wait "$pid"
	is "and it works on" "$?" 0
	like "without being interrupted" "$(cat "$tmp/frozen")" \
		' 0 interrupted, 0 wrong, 0 left open, nothing else, '
else
	skip "the freezer" "no cgroup can be made here"
fi

done_testing
