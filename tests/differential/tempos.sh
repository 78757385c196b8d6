#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Random operations from fixed seeds, in the three tempos; every answer is
# compared with the kernel's.

. "${srcdir:?}/tests/lib/tap.sh"

# With the sanitizers, or without a feature, fewer do.
enough=300000
if [ -n "${SELFSAME_WITHOUT-}" ] || grep -q __asan_init "$SELFSAME"; then
	enough=30000
fi

run_ok "no answer differs" "$srcdir/scripts/exactness" --first-seed 1 "$enough"
[ "$status" -eq 0 ] || diag "$(cat "$out" "$err")"

count_of() {
	sed -n "s/^$1: *//p" "$out"
}

ok "there were $enough comparisons" \
	test "$(count_of 'answers compared')" -ge "$enough"
is "none differed" "$(count_of 'answers that differ')" 0
for tempo in 1 2 3; do
	ok "tempo $tempo was among them" \
		test "$(count_of "answers compared in tempo $tempo")" -ge \
		$((enough / 10))
done
ok "half of a storm's answers could be judged" \
	test "$(count_of 'per cent of the storms judged')" -ge 50
diag "$(cat "$out")"
done_testing
