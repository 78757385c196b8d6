# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# TAP for shell tests.  Source it first:
#
#	. "${srcdir:?}/tests/lib/tap.sh"
#
# then test, and end with done_testing.  There is no plan to keep up to date:
# done_testing prints it, and a script that ends before it is an error.
#
# Set by the harness, all absolute: srcdir and builddir (the tops of the two
# trees), SELFSAME (the program), FIXTURE and FIXTURE32 (tests/helpers/mkworld;
# the i386 build, or empty).
#
#	run CMD...		runs CMD; sets $status; its output is in the
#				files $out and $err
#	run_ok DESC CMD...	run, and a test: its exit status is 0
#	run_is DESC N CMD...	run, and a test: its exit status is N
#	ok DESC CMD...		a test: CMD (a command or function) succeeds
#	is DESC GOT WANT	a test: two strings are the same
#	isnt DESC GOT OTHER	a test: two strings differ
#	like DESC GOT ERE	a test: some line of the string matches
#	unlike DESC GOT ERE	a test: no line of the string matches
#	same DESC FILE FILE	a test: two files are the same
#	empty DESC FILE		a test: the file is empty
#	pass DESC, fail DESC	a test that was decided elsewhere
#	skip DESC REASON	a test that cannot be done here
#	skip_all REASON		none can: ends the script
#	diag TEXT...		a line for the log
#	bail REASON		the test itself is broken: ends everything
#
# Standard input is /dev/null unless a test redirects it, descriptors 3 to 9 are
# closed.  $tmp is a private directory, removed at the end; at_exit NAME calls a
# function before that.

tap_count=0
tap_failed=0
tap_done=no
status=0

tmp=$(mktemp -d "${TMPDIR:-/tmp}/selfsame-test.XXXXXX") || {
	echo "Bail out! cannot make a temporary directory"
	exit 99
}
out=$tmp/out
err=$tmp/err
: >"$out"
: >"$err"

# What the harness left open is not what a test means by its descriptors.
exec </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-

tap_cleanup=

at_exit() {
	tap_cleanup="$* $tap_cleanup"
}

tap_exit() {
	tap_status=$?
	trap - EXIT HUP INT TERM
	for tap_function in $tap_cleanup; do
		"$tap_function"
	done
	rm -rf "$tmp"
	if [ "$tap_done" = no ]; then
		echo "Bail out! the script ended early (status $tap_status)"
		exit 99
	fi
	exit "$tap_status"
}
trap tap_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# The first lines of a file, as comments.
diag_file() {
	[ -s "$2" ] || return 0
	diag "$1:"
	head -n 40 "$2" | cut -c 1-300 | sed 's/^/#   /'
}

# A number sign would begin a directive.
tap_describe() {
	printf '%s' "$*" | tr '\n#' '  '
}

pass() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$(tap_describe "$1")"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$(tap_describe "$1")"
	return 0
}

skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" \
		"$(tap_describe "$1")" "$(tap_describe "$2")"
}

skip_all() {
	[ "$tap_count" -eq 0 ] || bail "skip_all after the first test"
	tap_done=yes
	printf '1..0 # SKIP %s\n' "$(tap_describe "$1")"
	exit 0
}

bail() {
	tap_done=yes
	echo "Bail out! $*"
	exit 99
}

done_testing() {
	tap_done=yes
	echo "1..$tap_count"
	[ "$tap_count" -gt 0 ] || exit 1
	[ "$tap_failed" -eq 0 ] || exit 1
	exit 0
}

run() {
	tap_command="$*"
	status=0
	"$@" >"$out" 2>"$err" || status=$?
}

tap_show_run() {
	diag "command: $tap_command"
	diag "status: $status"
	diag_file "standard output" "$out"
	diag_file "standard error" "$err"
}

run_is() {
	tap_name=$1
	tap_want=$2
	shift 2
	run "$@"
	if [ "$status" -eq "$tap_want" ]; then
		pass "$tap_name"
	else
		fail "$tap_name"
		diag "wanted status: $tap_want"
		tap_show_run
	fi
}

run_ok() {
	tap_name=$1
	shift
	run_is "$tap_name" 0 "$@"
}

ok() {
	tap_name=$1
	shift
	tap_result=0
	"$@" >&2 || tap_result=$?
	if [ "$tap_result" -eq 0 ]; then
		pass "$tap_name"
	else
		fail "$tap_name"
		diag "status $tap_result: $*"
	fi
}

is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got:    $2"
		diag "wanted: $3"
	fi
}

isnt() {
	if [ "$2" != "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got what was not wanted: $2"
	fi
}

like() {
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		pass "$1"
	else
		fail "$1"
		diag "got:             $2"
		diag "wanted to match: $3"
	fi
}

unlike() {
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		fail "$1"
		diag "got:                 $2"
		diag "wanted not to match: $3"
	else
		pass "$1"
	fi
}

same() {
	if diff -u "$2" "$3" >"$tmp/diff" 2>&1; then
		pass "$1"
	else
		fail "$1"
		diag_file "difference" "$tmp/diff"
	fi
}

empty() {
	if [ -f "$2" ] && [ ! -s "$2" ]; then
		pass "$1"
	else
		fail "$1"
		diag_file "not empty, or not a file: $2" "$2"
	fi
}
