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
done_testing
