#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every example of the manual pages and every session of the README: it runs,
# with status 0, and prints what the page shows.  Numbers of processes are left
# out of the comparison.

. "${srcdir:?}/tests/lib/tap.sh"

# An example is about the program, not about a kernel that lacks something.
unset SELFSAME_WITHOUT
# What would be installed.
SELFSAME_POLICIES=${srcdir:?}/policies
export SELFSAME_POLICIES
# So that lines of the log and of the script come in the order of a terminal.
PYTHONUNBUFFERED=1
export PYTHONUNBUFFERED

mkdir "$tmp/bin" "$tmp/run"
ln -s "${SELFSAME:?}" "$tmp/bin/selfsame"
PATH=$tmp/bin:/usr/bin:/bin:$PATH
export PATH

# What the examples call ./program and ./script; the second one leaves somebody
# behind who would never end by himself.
printf '#!/bin/sh\nexec true\n' >"$tmp/run/program"
printf '#!/bin/sh\ntail -f /dev/null &\n' >"$tmp/run/script"
chmod +x "$tmp/run/program" "$tmp/run/script"

# The examples of a manual page as "$ COMMAND" lines and output.
page_examples() {
	sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/p' "$1" |
	sed -n '/^\.EX/,/^\.EE/{/^\.E[XE]/d;p;}' |
	sed -e 's/\\f[BPIR]//g' -e 's/\\-/-/g' -e 's/\\e/\\/g' \
		-e "s/\\\\(aq/'/g"
}

# The indented sessions of the README, which its marks announce.
readme_examples() {
	awk '/^<!-- run by /{ on = 1; next }
		on && /^    /{ print substr($0, 5); next }
		on && !/^$/{ on = 0 }' "$1"
}

# Some shells find a command complete whose here-document is not.
is_complete() {
	sh -n "$1" 2>"$tmp/incomplete" &&
		{ ! grep -q "<<'END'" "$1" || grep -qx END "$1"; }
}

# Splits examples on standard input into $tmp/N.command and $tmp/N.output; a
# command goes on until the shell finds it complete.
split_examples() {
	rm -f "$tmp"/*.command "$tmp"/*.output
	number=0
	open=no
	while IFS= read -r line; do
		case $open$line in
		no'$ '*)
			number=$((number + 1))
			: >"$tmp/$number.output"
			printf '%s\n' "${line#??}" >"$tmp/$number.command"
			open=yes
			;;
		yes*) printf '%s\n' "$line" >>"$tmp/$number.command" ;;
		*) printf '%s\n' "$line" >>"$tmp/$number.output" ;;
		esac
		if [ "$open" = yes ] &&
		   is_complete "$tmp/$number.command"; then
			open=no
		fi
	done
}

sanitise() {
	sed -e 's/pid [0-9]*\]/pid N]/' -e 's/kcmp([0-9]*, [0-9]*,/kcmp(N, N,/'
}

missing_program() {
	for program in stress-ng python3; do
		if grep -q "$program" "$1" &&
		   ! command -v "$program" >/dev/null; then
			echo "$program"
			return
		fi
	done
}

# NAME: everything that split_examples made.
run_examples() {
	ok "$1 has examples" test -e "$tmp/1.command"
	for command in "$tmp"/*.command; do
		name="$1: $(head -n 1 "$command")"
		missing=$(missing_program "$command")
		if [ -n "$missing" ]; then
			skip "$name" "$missing is not installed"
			continue
		fi
		result=0
		(cd "$tmp/run" && timeout 60 sh "$command") >"$tmp/got" 2>&1 ||
			result=$?
		is "$name: status" "$result" 0
		[ "$result" -eq 0 ] || diag_file "output" "$tmp/got"
		unlike "$name: no failure is reported" "$(cat "$tmp/got")" \
			'(^| )(fail|error):|[1-9][0-9]* differ'
		[ -s "${command%.command}.output" ] || continue
		sanitise <"$tmp/got" >"$tmp/got.stable"
		sanitise <"${command%.command}.output" >"$tmp/shown.stable"
		same "$name: the output shown" "$tmp/shown.stable" \
			"$tmp/got.stable"
	done
}

# What a page names without a directory.
cp "$srcdir"/policies/*.yaml "$tmp/run"

for page in "$srcdir"/doc/*.[15]; do
	page_examples "$page" | split_examples
	run_examples "${page##*/}"
done
readme_examples "$srcdir/README.md" | split_examples
run_examples README.md
like "the session of the README shows its output" \
	"$(cat "$tmp/1.output")" '0 differ$'

like "--kill-on-exit: the log of the example is there" \
	"$(ls "$tmp/run")" '^kcmp\.log$'
done_testing
