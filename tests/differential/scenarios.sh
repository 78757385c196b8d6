#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sequences of steps that were answered wrongly once.

. "${srcdir:?}/tests/lib/tap.sh"

chaos=${builddir:?}/tests/differential/chaos

run_ok "there are scenarios" "$chaos" -l
cp "$out" "$tmp/names"
while read -r name; do
	run_ok "$name" "$chaos" -n -s "$SELFSAME" "$name"
	[ "$status" -eq 0 ] || diag "$(grep -v '^\(seen\|done\) ' "$out")"
done <"$tmp/names"

# A process that has execed before, and shares its handlers, execs again and is
# killed at once.
for round in 4 6 8 10 12 14 16 18 20 22 24 26; do
	cat <<-STEPS
	1 clone $round 0 2 17
	$round exec
	$round clone $((round + 1)) 0x900 0 17
	$round exec &
	3 kill $round &
	0 sync
	2 ask $round $((round + 1)) 4
	STEPS
done >"$tmp/steps"
cat >"$tmp/with-stats" <<END
#!/bin/sh
shift
exec "$SELFSAME" run --stats "\$@" 2>"$tmp/stats"
END
chmod +x "$tmp/with-stats"
# When the kill comes is chance: again until it came in the middle of an exec.
for try in 1 2 3 4 5 6 7 8; do
	run_ok "killed in its second exec, $try" "$chaos" -n \
		-s "$tmp/with-stats" -r "$tmp/steps"
	[ "$status" -eq 0 ] || diag "$(cat "$out")"
	! grep -q '^execs\.guessed [1-9]' "$tmp/stats" || break
done
like "selfsame says that it guessed" "$(cat "$tmp/stats")" \
	'^execs\.guessed [1-9]'

# Two processes clone, and are killed together: whose child is left, nothing
# tells.
for leader in 4 8 12 16 20 24 28 32 36 40 44 48 52 56 60; do
	other=$((leader + 1))
	cat <<-STEPS
	1 clone $leader 0 2 17
	1 clone $other 0 2 17
	$leader landlock
	$other clone $((leader + 2)) 0x80000000 4 &
	$leader clone $((leader + 3)) 0x200 1 17 &
	3 churn 1 $((leader / 2)) &
	2 churn 1 $((leader / 2)) &
	3 kill $leader &
	2 kill $other &
	0 sync
	$((leader + 2)) ask 2 3 0 910 910
	$((leader + 3)) ask 2 3 0 910 910
	STEPS
done >"$tmp/steps"
run_ok "killed in their clones" "$chaos" -n -s "$SELFSAME" -r "$tmp/steps"
[ "$status" -eq 0 ] || diag "$(cat "$out")"
done_testing
