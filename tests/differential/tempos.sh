#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Random operations from fixed seeds, one at a time; every answer is compared
# with the kernel's.  Bursts and storms are for scripts/exactness, which is yet
# to run for long without a difference.

. "${srcdir:?}/tests/lib/tap.sh"

# With the sanitizers, or without a feature, fewer do.
enough=300000
if [ -n "${SELFSAME_WITHOUT-}" ] || grep -q __asan_init "$SELFSAME"; then
	enough=30000
fi

run_ok "no answer differs" \
	"$srcdir/scripts/exactness" --first-seed 1 --tempos 1 "$enough"
[ "$status" -eq 0 ] || diag "$(cat "$out" "$err")"

count_of() {
	sed -n "s/^$1: *//p" "$out"
}

ok "there were $enough comparisons" \
	test "$(count_of 'answers compared')" -ge "$enough"
is "none differed" "$(count_of 'answers that differ')" 0
diag "$(cat "$out")"
done_testing
