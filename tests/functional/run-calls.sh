#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What an answer costs: system calls of ours, counted, and probes.

. "${srcdir:?}/tests/lib/tap.sh"

unset SELFSAME_WITHOUT
asker=${builddir:?}/tests/helpers/asker

value() {
	sed -n "s/^$1 //p" "$err"
}

# Between labelled slots: from memory.
run_ok "a thousand questions about one pair" "${SELFSAME:?}" run --stats -- \
	"$asker" same 1000
is "all were answered" "$(value answers.FILE.0)" 1000
ok "all but the first from memory" test "$(value answers.from-memory)" -ge 999
is "two slots were looked at, once" "$(value slots.discovered)" 2

# Our system calls from one answer in the middle of many questions to another:
# what begins and ends a run is none of their business.
if command -v strace >/dev/null; then
	ok "strace of us, 2000 questions" eval 'ASAN_OPTIONS=detect_leaks=0 \
		strace -qq -o "$tmp/trace" -e signal=none "$SELFSAME" run -- \
		"$asker" same 2000 >"$out" 2>"$err"'
	answers=$(grep -c NOTIF_SEND "$tmp/trace")
	awk -v from=$((answers - 1500)) -v to=$((answers - 500)) '
		from <= sent && sent < to
		/NOTIF_SEND/ { sent++ }' "$tmp/trace" >"$tmp/window"
	is "a question is two ioctls: reception and answer, and nothing else" \
		"$(sed 's/(.*//' "$tmp/window" | sort | uniq -c | tr -s ' ')" \
		" 2000 ioctl"
	like "in turn" "$(head -n 20 "$tmp/window" |
		sed -E 's/.*SECCOMP_IOCTL_NOTIF_([A-Z]*).*/\1/' | tr '\n' ' ')" \
		'^(RECV SEND ){10}$'
else
	skip "two ioctls a question" "strace is not installed"
fi

# Finding files among many of one inode.  Checking the whole model after each
# event makes that impossible in a build that does so.
count=100000
if grep -q '^#define SS_VERIFY 1' "$builddir/config.h"; then
	count=500
fi
start=$(date +%s)
run_ok "$count open files of one inode" timeout 400 "$SELFSAME" run --stats \
	-- "$asker" many "$count"
diag "it took $(($(date +%s) - start)) s"
is "each was found to be another" "$(value files.peak)" \
	"$(($(value slots.discovered)))"
ok "all of them" test "$(value files.peak)" -ge "$count"
is "none of them by trying each" "$(value slots.searched-linearly)" 0
probes=$(value slots.probes)
diag "$probes probes, $((probes / count)) for each file"
ok "with less than 40 probes for each" test "$probes" -lt $((count * 40))
is "no limit was hit" "$(value limits.hit)" 0
diag "$(value memory.max-kib) KiB"

done_testing
