#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The differential harness finds a supervisor that answers one question in a
# thousand wrongly, and one whose order is none, but nothing wrong with the
# kernel.

. "${srcdir:?}/tests/lib/tap.sh"

chaos=${builddir:?}/tests/differential/chaos
liar=$builddir/tests/differential/liar

count_of() {
	sed -n "s/^$1 //p" "$out"
}

for tempo in 1 2 3; do
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

# What is wrong with an order shows in four ways.
for lie in order cycle epoll; do
	for seed in $(seq 10); do
		status=0
		LIE=$lie "$chaos" -n -p 16 -s "$liar" "$seed" 200 1 ||
			status=$?
		[ "$status" -le 1 ] || echo "status $status"
	done
done >"$tmp/lies" 2>&1 </dev/null
is "no run ends in another way" "$(grep -c '^status' "$tmp/lies")" 0
for fault in "reverse answer differs" "not transitive" \
	"the order has changed" "KCMP_FILE orders differently"; do
	like "an order that is none: $fault" "$(cat "$tmp/lies")" \
		"^wrong: $fault: [1-9]"
done

# Once as a person would use it: the steps become fewer.
run_is "what fails is made shorter" 1 "$chaos" -t 10 \
	-s "$liar" 7 100 1
like "and what is left is shown" "$(cat "$out")" '^[0-9]+ steps left after'
done_testing
