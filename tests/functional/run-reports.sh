#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reports of a run: none unless asked for, and each as the manual says.

. "${srcdir:?}/tests/lib/tap.sh"

helpers=${builddir:?}/tests/helpers
asker=$helpers/asker
manual=$srcdir/doc/selfsame-run.1

# Does this run go without the host's kcmp?
case ,${SELFSAME_WITHOUT:-}, in
*,kcmp,*) has_kcmp=no ;;
*) has_kcmp=yes ;;
esac

# Nothing of our own.
run_ok "a run that asks for nothing" "${SELFSAME:?}" run -- \
	"$helpers/kcmp-example"
cp "$out" "$tmp/inside"
cp "$err" "$tmp/inside.err"
"$helpers/kcmp-example" >"$out"
same "standard output is the command's" "$out" "$tmp/inside"
empty "standard error, too" "$tmp/inside.err"
run_is "also when it fails" 9 "$SELFSAME" run sh -c 'echo no >&2; exit 9'
is "standard error is the command's" "$(cat "$err")" no

# The log: to standard error, to a file by both options, all the same.
# Numbers of processes apart.
normal() {
	sed -E 's/pid [0-9]+/pid N/; s/kcmp\([0-9]+, [0-9]+/kcmp(N, N/' "$1"
}

run_ok "--log" "$SELFSAME" run --log -- "$helpers/kcmp-example"
cp "$err" "$tmp/log.raw"
same "standard output is as it was" "$out" "$tmp/inside"
normal "$err" >"$tmp/log"
for option in "--log=$tmp/file" "-o $tmp/file" "-o$tmp/file"; do
	rm -f "$tmp/file"
	# An option and its argument may be two words.
	# shellcheck disable=SC2086
	run_ok "$option" "$SELFSAME" run $option -- "$helpers/kcmp-example"
	empty "nothing on standard error" "$err"
	normal "$tmp/file" >"$tmp/file.normal"
	same "the same lines" "$tmp/log" "$tmp/file.normal"
done
echo "what was there" >"$tmp/file"
run_ok "a file that is there" "$SELFSAME" run -o "$tmp/file" true
empty "is made empty" "$tmp/file"
"$SELFSAME" run -o /dev/stdout -- "$asker" find 0 | cat >"$out"
like "a log may be a pipe" "$(cat "$out")" '^\[1 pid [0-9]+\] kcmp\('

# Every line of it, as the manual describes it.
is "one line for each question" "$(wc -l <"$tmp/log")" 8
is "each is well formed" "$(grep -Evc \
	'^\[[0-9.]+ pid [0-9]+\] kcmp\(-?[0-9]+, -?[0-9]+, KCMP_FILE, [0-9]+, [0-9]+\) = (0 \([0-9.]+/[0-9]+#[0-9]+\)|[12] \([0-9.]+/[0-9]+#[0-9]+, [0-9.]+/[0-9]+#[0-9]+\)|-1 [A-Z]+ \(.*\))$' \
	"$tmp/log.raw")" 0
like "a file and itself" "$(sed -n 1p "$tmp/log")" \
	'^\[1 pid N\] kcmp\(N, N, KCMP_FILE, 3, 3\) = 0 \(1/3#1\)$'
like "its duplicate" "$(sed -n 2p "$tmp/log")" \
	'KCMP_FILE, 3, 4\) = 0 \(1/3#1\)$'
like "another file" "$(sed -n 3p "$tmp/log")" \
	'KCMP_FILE, 3, 5\) = 1 \(1/3#1, 1/5#1\)$'
like "the child asks" "$(sed -n 6p "$tmp/log")" \
	'^\[1\.1 pid N\] kcmp\(N, N, KCMP_FILE, 5, 3\) = 2 \(1/5#1, 1/3#1\)$'
like "an error" "$(sed -n 7p "$tmp/log")" \
	'KCMP_FILE, 4, 3\) = -1 EBADF \(Bad file descriptor\)$'
run_ok "other types" "$SELFSAME" run --log -- "$asker" family
like "a type without slots" "$(normal "$err")" \
	'^\[1 pid N\] kcmp\(N, N, KCMP_VM\) = 1 \(1~[0-9]+, 1\.1\)$'
run_ok "an unknown type" "$SELFSAME" run --log -- \
	"${FIXTURE:?}" ask 1 1 99 0 0
like "is shown as a number" "$(cat "$err")" ', 99, 0(x0)?, 0(x0)?\) = -1 '

# Statistics: keys and numbers.
run_ok "--stats" "$SELFSAME" run --stats -- "$helpers/kcmp-example"
same "standard output is as it was" "$out" "$tmp/inside"
cp "$err" "$tmp/stats"
is "each line is a key and a number" \
	"$(grep -Evc '^[A-Za-z0-9_.-]+ [0-9]+$' "$tmp/stats")" 0
is "no key comes twice" "$(cut -d' ' -f1 "$tmp/stats" | sort | uniq -d)" ""

value() {
	sed -n "s/^$1 //p" "$tmp/stats"
}

# Each key that the program has is in the manual, and printed.
sed -n '/define SS_STATS_COUNTERS/,/^$/s/.*X([a-z0-9_]*, "\([^"]*\)".*/\1/p' \
	"$srcdir/src/report/stats.h" >"$tmp/keys"
ok "there are keys" test "$(wc -l <"$tmp/keys")" -ge 10
missing=
undocumented=
for key in $(cat "$tmp/keys") notifications notifications.kcmp answers \
	answers.median-ns answers.p99-ns; do
	[ -n "$(value "$key")" ] || missing="$missing $key"
	case $key in
	notifications.kcmp) continue ;;
	esac
	sed 's/\\-/-/g; s/\\&//g' "$manual" | grep -qF "$key" ||
		undocumented="$undocumented $key"
done
is "every key is printed" "$missing" ""
is "every key is in the manual" "$undocumented" ""
is "as many answers as questions" "$(value answers)" 8
is "notifications of kcmp" "$(value notifications.kcmp)" 8
is "answers by type and result" \
	"$(value answers.FILE.0) $(value answers.FILE.EBADF)" "5 1"
is "the sum of notifications" \
	"$(awk '/^notifications\.(held|lost) /{ next }
		/^notifications\./{ sum += $2 } END { print sum }' \
		"$tmp/stats")" "$(value notifications)"
is "the sum of answers" \
	"$(awk '/^answers\.[A-Z]/{ sum += $2 } END { print sum }' \
		"$tmp/stats")" 8
is "two files were found" "$(value files.peak)" 2
is "two tasks were seen" "$(value tasks.peak)" 2
ok "the median is not above the 99th percentile" \
	test "$(value answers.median-ns)" -le "$(value answers.p99-ns)"
ok "answers take time" test "$(value answers.median-ns)" -gt 0
ok "memory was used" test "$(value memory.max-kib)" -gt 100
is "the child was found" \
	"$(($(value clones.at-once) + $(value clones.late) +
	   $(value clones.on-demand)))" 1

# Audit.
if [ "$has_kcmp" = no ]; then
	run_is "no audit without the host's kcmp" 125 "$SELFSAME" run --audit \
		-- "$helpers/kcmp-example"
	like "as it says" "$(cat "$err")" '^selfsame: .*kcmp'
	done_testing
fi
run_ok "--audit" "$SELFSAME" run --audit -- "$helpers/kcmp-example"
same "standard output is as it was" "$out" "$tmp/inside"
is "what it says at the end" "$(cat "$err")" \
	"selfsame: audit: 8 answers compared with the kernel, 0 differ"
run_is "the command's status, if all agree" 6 "$SELFSAME" run --audit \
	sh -c '"$0"; exit 6' "$helpers/kcmp-example"
run_is "nothing was compared" 123 "$SELFSAME" run --audit true
is "and it says so" "$(cat "$err")" \
	"selfsame: audit: 0 answers compared with the kernel, 0 differ"
run_is "nothing that could be compared" 123 "$SELFSAME" run --audit -- \
	"$asker" find 1
like "it is counted apart" "$(sed -n 2p "$err")" \
	'^selfsame: audit: not compared: 1 about tasks outside$'

# A process that takes long to die has for a while what it had.
run_ok "--audit of long deaths" "$SELFSAME" run --audit -- "$asker" dying 5
like "no answer differs" "$(cat "$err")" ' compared with the kernel, 0 differ$'

# All reports at once.
run_ok "all of them" "$SELFSAME" run --audit --stats --log -- \
	"$helpers/kcmp-example"
is "lines of the log" "$(grep -c '] kcmp(' "$err")" 8
is "statistics" "$(grep -c '^answers 8$' "$err")" 1
is "and the audit's" "$(grep -c '^selfsame: audit: 8 answers' "$err")" 1

# A kernel that lies to us, and to us alone, differs.
if command -v strace >/dev/null; then
	export ASAN_OPTIONS=detect_leaks=0
	run_is "a difference" 123 strace -qq -o /dev/null -e trace=kcmp \
		-e inject=kcmp:retval=0:when=2+ "$SELFSAME" run --audit -- \
		"$asker" family
	is "does not change the answers" "$(tr '\n' ' ' <"$out")" \
		"VM differ FILE equal "
	like "is told, with both answers" "$(cat "$err")" \
		'^selfsame: audit: \[1 pid .*KCMP_VM\) = 1 .*but the kernel says 0;'
	like "and with what is known of both sides" "$(cat "$err")" \
		'; side 1: .* of task 1 .*; side 2: .* of task 1\.1 '
	like "and is counted" "$(tail -n 1 "$err")" \
		'^selfsame: audit: 2 answers compared with the kernel, 1 differ'
	run_is "a difference outranks the command's status" 123 strace -qq \
		-o /dev/null -e trace=kcmp -e inject=kcmp:retval=0:when=2+ \
		"$SELFSAME" run --audit sh -c '"$0" family; exit 6' "$asker"
	run_is "no kcmp to compare with" 125 strace -qq -o /dev/null \
		-e trace=kcmp -e inject=kcmp:error=ENOSYS \
		"$SELFSAME" run --audit -- "$asker" family
	# Without the other comparator nothing runs at all.
	like "is an error that is explained" "$(cat "$err")" \
		'^selfsame: .*kcmp'
	is "of one line" "$(wc -l <"$err")" 1
	empty "and the command has not run" "$out"
else
	skip "a difference" "strace is not installed"
fi

done_testing
