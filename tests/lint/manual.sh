#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What --help says, the manual pages, the completion and the README agree on
# the options; and the pages are well-formed.

. "${srcdir:?}/tests/lib/tap.sh"

# Long options in a text, one a line.
long_options() {
	grep -Eo -e '(^|[^-[:alnum:]])--[a-z][a-z0-9-]*' |
		sed 's/^[^-]//' | sort -u
}

# The long options that a page describes under OPTIONS.
page_options() {
	sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' "$1" | sed 's/\\-/-/g' |
		long_options
}

# SUBCOMMAND or nothing, PAGE
compare() {
	# No subcommand is no argument.
	# shellcheck disable=SC2086
	run_ok "selfsame $1 --help succeeds" "${SELFSAME:?}" $1 --help
	empty "selfsame $1 --help is quiet on standard error" "$err"
	long_options <"$out" >"$tmp/help"
	page_options "$2" >"$tmp/page"
	ok "selfsame $1 --help shows options" grep -qx -e --help "$tmp/help"
	same "selfsame $1 --help and ${2##*/} agree" "$tmp/help" "$tmp/page"
	cat "$tmp/help" >>"$tmp/all"
}

: >"$tmp/all"
compare "" "$srcdir/doc/selfsame.1"
for page in "$srcdir"/doc/selfsame-*.1; do
	[ -f "$page" ] || continue
	subcommand=${page##*/selfsame-}
	compare "${subcommand%.1}" "$page"
done

# The options in the README's uses of the program: up to the command that is
# run, which has options of its own.
sed -n 's/^.*selfsame \(run\|doctor\)\( .*\)$/\2/p' "$srcdir/README.md" |
	sed 's/ -- .*//' | long_options >"$tmp/readme"
sort -u "$tmp/all" >"$tmp/known"
is "the README uses options that exist" \
	"$(comm -23 "$tmp/readme" "$tmp/known")" ""

completion=$srcdir/completions/selfsame.bash
is "the completion offers every option" \
	"$(long_options <"$completion" | comm -13 - "$tmp/known")" ""
is "the completion offers nothing else" \
	"$(long_options <"$completion" | comm -23 - "$tmp/known")" ""

# The calls that set ids are told as such, and two are other calls' ways in:
# of 32 bits (semtimedop_time64), and of i386 (ipc).
sed -n 's/^SS_WATCH("\([^"]*\)".*/\1/p' "$srcdir/src/watch/syscalls.def" |
	grep -v -e '^set.*id\(32\)\?$' -e '^semtimedop_time64$' -e '^ipc$' |
	sort >"$tmp/watched"
sed -n '/^Watched are/,/^As soon as/p;/^A signal handler/,/^Debuggers/p' \
	"$srcdir/doc/selfsame-run.1" |
	sed -n 's/^\.BR \([a-z0-9_]*\) (2).*/\1/p' | sort -u >"$tmp/told"
ok "calls are watched" test -s "$tmp/watched"
is "the manual names every watched call" \
	"$(comm -23 "$tmp/watched" "$tmp/told")" ""

for page in "$srcdir"/doc/*.[1-8]; do
	[ -f "$page" ] || continue
	if command -v groff >/dev/null; then
		run_ok "groff formats ${page##*/}" \
			groff -man -Tutf8 -ww -z "$page"
		empty "groff has nothing to say about ${page##*/}" "$err"
	else
		skip "groff formats ${page##*/}" "groff is not installed"
	fi
	if command -v man >/dev/null; then
		run_ok "man shows ${page##*/}" \
			env LC_ALL=C.UTF-8 MANWIDTH=80 \
			man --warnings -E UTF-8 -l -Tutf8 -Z "$page"
		empty "man has nothing to say about ${page##*/}" "$err"
	else
		skip "man shows ${page##*/}" "man is not installed"
	fi
done
done_testing
