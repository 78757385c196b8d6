#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The signal guard: under a flood of signals whose handlers lack SA_RESTART no
# watched call fails with EINTR, every other call still does, and what parents
# and tracers see of a guarded process is what they see natively.

. "${srcdir:?}/tests/lib/tap.sh"

helpers=${builddir:?}/tests/helpers
flood=$helpers/flood
flood32=$flood'32'
[ -n "${FIXTURE32:-}" ] || flood32=

limited() {
	timeout -k 5 120 "$@"
}

inside() {
	limited "${SELFSAME:?}" run -- "$@"
}

# same_as_native DESC COMMAND...: the same output and status.
same_as_native() {
	name=$1
	shift
	native=0
	limited "$@" >"$tmp/native" 2>&1 || native=$?
	supervised=0
	inside "$@" >"$tmp/inside" 2>&1 || supervised=$?
	is "$name: the status" "$supervised" "$native"
	same "$name: the output" "$tmp/native" "$tmp/inside"
}

# A key of --stats.
statistic() {
	sed -n "s/^$1 //p" "$err"
}

case ,${SELFSAME_WITHOUT:-}, in
*,signal-guard,*) guarded=no ;;
*) guarded=yes ;;
esac

# However fast its threads stop, others have their turn.
run_ok "kcmp beside a crowd of stopping threads" inside "$flood" beside 500

# What a parent sees, and what signals do interrupt, is never changed.
for program in "$flood" $flood32; do
	bits=64
	[ "$program" = "$flood" ] || bits=32
	same_as_native "calls that signals interrupt ($bits)" "$program" waits
	same_as_native "stops and ends ($bits)" "$program" stops
done

# The flood has force: without the guard it does harm.
run env SELFSAME_WITHOUT=signal-guard timeout 120 "$SELFSAME" run -- \
	"$flood" calls kcmp 20000
like "without the guard, kcmp is interrupted" "$(cat "$out")" \
	'^kcmp [0-9]+: Interrupted system call, '
run env SELFSAME_WITHOUT=signal-guard timeout 120 "$SELFSAME" run -- \
	"$flood" execs 20000
like "and so is exec" "$(cat "$out")" '^execs [0-9]+: Interrupted system call$'

# One kcmp is one answer; there is one before the flood.
answered_once() {
	run_ok "kcmp in a flood ($2)" limited "$SELFSAME" run --stats -- \
		"$1" calls kcmp 20000 timer
	is "each is answered once ($2)" "$(statistic answers)" \
		$(($(sed -n 's/.*: \([0-9]*\) calls.*/\1/p' "$out") + 1))
	isnt "signals came in between ($2)" "$(statistic guard.mended)" 0
}

# flooded PROGRAM BITS: a bounded part of what scripts/signals does.
flooded() {
	answered_once "$1" "$2"
	"$1" list >"$tmp/list"
	while read -r call weight; do
		[ "$weight" = light ] && count=1000 || count=100
		run_ok "$call in a flood ($2)" inside "$1" calls "$call" \
			"$count" timer
	done <"$tmp/list"
	for by in kill stop; do
		for call in kcmp close epoll_ctl semop; do
			run_ok "$call, by $by ($2)" inside "$1" calls "$call" \
				5000 "$by"
		done
		for call in clone after-vfork exec; do
			run_ok "$call, by $by ($2)" inside "$1" calls "$call" \
				200 "$by"
		done
	done
	run_ok "after a vfork in a flood ($2)" inside "$1" calls after-vfork \
		2000 timer
	run_ok "threads in a flood ($2)" inside "$1" threads 5000
	run_ok "a forked child in a flood ($2)" inside "$1" child 20000
	run_ok "after an exec ($2)" inside "$1" exec kcmp 20000
	run_ok "execs in a flood ($2)" inside "$1" execs 1000
}

# covered PROGRAM BITS: who has a handler is traced before its first call, or,
# where it was made for a tracer inside or in spite of us, from then on.
covered() {
	for way in fork vfork clone-memory clone-handlers clone-silent thread \
		older-thread older-sharer freed lent grandchild; do
		run_ok "covered: $way ($2)" inside "$1" "$way" 20
	done
	for way in race-thread race-sharer race-fork; do
		run_ok "covered: $way ($2)" inside "$1" "$way" 200
	done
}

if [ "$guarded" = yes ]; then
	flooded "$flood" 64
	covered "$helpers/covered" 64
	if [ -n "$flood32" ]; then
		flooded "$flood32" 32
		covered "$helpers/covered32" 32
	fi

	# Who installs no such handler is left alone; an exec ends it.
	run_ok "nothing to guard" limited "$SELFSAME" run --stats -- true
	is "nobody is traced" "$(statistic guard.tasks)" 0
	# shellcheck disable=SC2016
	run_ok "a guarded shell" limited "$SELFSAME" run --stats -- \
		sh -c 'trap : USR1; cat "/proc/$$/status" >&2
			exec cat /proc/self/status'
	isnt "is traced" "$(sed -n 's/^TracerPid:[^0-9]*//p' "$err")" 0
	is "its exec is not" "$(sed -n 's/^TracerPid:[^0-9]*//p' "$out")" 0
	is "it was counted" "$(statistic guard.processes)" 1
fi

# Job control of the command itself: it stops, we stop, both go on.
# shellcheck disable=SC2016
run_ok "a guarded command that stops" limited sh -c '
	"$0" run -- sh -c "
		trap : USR1
		kill -TSTP \$\$
		echo went on" & pid=$!
	until grep -q "^State:.T" "/proc/$pid/status"; do :; done
	kill -CONT "$pid"
	wait "$pid"' "$SELFSAME"
is "goes on" "$(cat "$out")" "went on"

# Tracers inside.  Their children and their targets are guarded before.
# shellcheck disable=SC2016
if command -v strace >/dev/null; then
	run_ok "strace in a guarded shell" inside sh -c 'trap : USR1
		strace -f -qq -e trace=none -e signal=none -e status=none \
			sh -c "trap : USR2; (exit 3); echo \$?"'
	is "works" "$(cat "$out" "$err")" 3
	run_ok "strace of a guarded process" inside sh -c '
		mkfifo "$0/in" "$0/ready"
		sh -c "trap : USR1; echo ready >\"\$0/ready\"
			while read -r line; do (exit 4); echo \$?; done" \
			"$0" <"$0/in" &
		exec 5>"$0/in"
		read -r line <"$0/ready"
		strace -f -o "$0/trace" -p "$!" 2>"$0/messages" 5>&- &
		until grep -q attached "$0/messages"; do :; done
		echo go >&5
		exec 5>&-
		wait' "$tmp"
	is "lets it work" "$(cat "$out")" 4
	like "and sees its children" "$(cat "$tmp/trace")" 'exited with 4'
else
	skip "strace in a guarded shell" "strace is not installed"
fi
# shellcheck disable=SC2016
if command -v gdb >/dev/null; then
	run_ok "gdb in a guarded shell" inside sh -c 'trap : USR1
		gdb -q -nx -batch -ex "break main" -ex run -ex kill \
			--args "$0" waits' "$flood"
	like "stops at a breakpoint" "$(cat "$out")" '^Breakpoint 1, '
else
	skip "gdb in a guarded shell" "gdb is not installed"
fi

done_testing
