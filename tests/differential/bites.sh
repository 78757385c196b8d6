#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The differential harness finds a supervisor that answers one question in a
# thousand wrongly, and nothing wrong with the kernel itself.  (Storms find it,
# too, but do not always come to their end yet.)

. "${srcdir:?}/tests/lib/tap.sh"

chaos=${builddir:?}/tests/differential/chaos
liar=$builddir/tests/differential/liar

count_of() {
	sed -n "s/^$1 //p" "$out"
}

for tempo in 1 2; do
	run_ok "tempo $tempo: the kernel agrees with itself" \
		"$chaos" -n 7 60 "$tempo"
	[ "$status" -eq 0 ] || diag "$(grep -v '^\(seen\|done\) ' "$out")"
	ok "tempo $tempo: there were comparisons" \
		test "$(count_of compared)" -gt 500
	run_is "tempo $tempo: one lie in a thousand is found" 1 \
		"$chaos" -n -s "$liar" 7 400 "$tempo"
	like "tempo $tempo: the question is shown" "$(cat "$out")" \
		'[0-9]+ ask .*: answer '
done

# Once as a person would use it: the steps become fewer.
run_is "what fails is made shorter" 1 "$chaos" -t 10 \
	-s "$liar" 7 100 1
like "and what is left is shown" "$(cat "$out")" '^[0-9]+ steps left after'
done_testing
