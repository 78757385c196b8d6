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

# Our system calls, by name, with twice as many questions: what more there is
# belongs to the questions.
# calls N: the calls of a run with N questions.
calls() {
	ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$tmp/trace" \
		-e signal=none "$SELFSAME" run -- "$asker" same "$1" \
		>"$out" 2>"$err" || return
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$tmp/trace" | sort | uniq -c |
		awk '{ print $2, $1 }'
}

if command -v strace >/dev/null; then
	ok "strace of us, 1000 questions" eval 'calls 1000 >"$tmp/calls.1"'
	ok "strace of us, 2000 questions" eval 'calls 2000 >"$tmp/calls.2"'
	join -a 1 -a 2 -e 0 -o 0,1.2,2.2 "$tmp/calls.1" "$tmp/calls.2" |
		awk '$3 != $2 { print $1, $3 - $2 }' >"$tmp/more"
	is "a question is two ioctls: reception and answer, and nothing else" \
		"$(cat "$tmp/more")" "ioctl 2000"
	# The last of the questions, one after the other.
	grep -E 'NOTIF_(RECV|SEND)' "$tmp/trace" | tail -n 40 | head -n 20 |
		sed -E 's/.*SECCOMP_IOCTL_NOTIF_([A-Z]*).*/\1/' | tr '\n' ' ' \
		>"$tmp/order"
	like "in turn" "$(cat "$tmp/order")" \
		'^((RECV SEND ){10}|(SEND RECV ){10})$'
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
