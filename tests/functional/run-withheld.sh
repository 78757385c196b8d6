#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Calls whose arguments the kernel reads, and we cannot: they are refused, so
# that nothing happens unseen.  What the kernel cannot read, either, fails as
# natively.

. "${srcdir:?}/tests/lib/tap.sh"

unset SELFSAME_WITHOUT
withheld=${builddir:?}/tests/helpers/withheld

# natively MODE [ARG]: is it possible here?  Its lines are in $tmp/bare.
natively() {
	"$withheld" "$@" >"$tmp/bare" 2>&1
}

# refused DESC LINES MODE: inside it prints that, natively something else.
refused() {
	desc=$1
	lines=$2
	shift 2
	if ! natively "$@"; then
		skip "$desc" "no such memory or namespace here"
		return
	fi
	isnt "$desc: natively the kernel does it" "$(cat "$tmp/bare")" "$lines"
	run_ok "$desc: inside" "${SELFSAME:?}" run --stats -- "$withheld" "$@"
	is "$desc: refused" "$(cat "$out")" "$lines"
	ok "$desc: counted" test \
		"$(sed -n 's/^slots.unfetchable //p' "$err")" -ge 1
}

# as_natively DESC MODE [ARG]
as_natively() {
	desc=$1
	shift
	if ! natively "$@"; then
		skip "$desc" "no such memory or namespace here"
		return
	fi
	run_ok "$desc: inside" "$SELFSAME" run --stats -- "$withheld" "$@"
	same "$desc: as natively" "$tmp/bare" "$out"
	is "$desc: nothing is lacking" \
		"$(sed -n 's/^slots.unfetchable //p' "$err")" 0
}

refused "operations of semop" "semop: ENOMEM, undo list equal" semop
refused "the timeout of semtimedop" "timeout: ENOMEM, undo list equal" timeout
refused "arguments of clone3" "clone3: ENOSYS" clone3
refused "numbers for clone3" "numbers: ENOSYS" numbers
refused "an epoll's item" "question: EPERM" question
as_natively "faults" faults

# As many as are read at once, and more.
as_natively "many operations" operations 4096
refused "too many operations" "operations: E2BIG, undo list equal" \
	operations 4097

done_testing
