#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Exit statuses, and where options end.

. "${srcdir:?}/tests/lib/tap.sh"

# Every status there is, in one point.
wrong=
n=0
while [ "$n" -le 255 ]; do
	status=0
	"${SELFSAME:?}" run -- sh -c "exit $n" >"$out" 2>&1 || status=$?
	{ [ "$status" -eq "$n" ] && [ ! -s "$out" ]; } ||
		wrong="$wrong $n:$status"
	n=$((n + 1))
done
is "each of the 256 exit statuses comes through" "$wrong" ""

# Every signal that ends a process.  No core dumps.
# shellcheck disable=SC3045
ulimit -c 0
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 24 25 26 27 29 30 31 34 50 64
do
	# shellcheck disable=SC2016
	run_is "death by signal $n" $((128 + n)) env --default-signal \
		"$SELFSAME" run -- sh -c 'kill -"$0" $$' "$n"
	[ ! -s "$err" ] || diag_file "standard error" "$err"
done
empty "nothing is said about it" "$err"
run_is "a status is not taken for a signal" 137 "$SELFSAME" run \
	sh -c 'exit 137'

# What the command's children do is not its status.
run_is "a child's death is not the command's" 4 "$SELFSAME" run \
	sh -c 'sh -c "kill -9 \$\$" 2>/dev/null; exit 4'
run_is "nor is that of a child that is left" 5 "$SELFSAME" run \
	sh -c 'sh -c "read -r line; exit 9" </dev/null & exit 5'
# shellcheck disable=SC2016
run_is "a command that execs has the status of what it became" 6 \
	"$SELFSAME" run sh -c 'exec sh -c "exec sh -c \"exit 6\""'

# 126 and 127: one line that names the command.
# failure DESC STATUS TEXT COMMAND...
failure() {
	failure_name=$1
	failure_text=$3
	failure_status=$2
	shift 3
	run_is "$failure_name" "$failure_status" "$@"
	like "$failure_name: what failed, and why" "$(cat "$err")" \
		"^selfsame: .*$failure_text"
	is "$failure_name: one line" "$(wc -l <"$err")" 1
	empty "$failure_name: nothing on standard output" "$out"
}

failure "no such command" 127 "'no-such-command': No such file" \
	"$SELFSAME" run no-such-command
failure "no such path" 127 "'/no/such/path': No such file" \
	"$SELFSAME" run /no/such/path
failure "an empty name" 127 "'': No such file" "$SELFSAME" run ''
failure "a directory" 126 "'/': Permission denied" "$SELFSAME" run /
: >"$tmp/plain"
failure "no permission to execute" 126 "plain': Permission denied" \
	"$SELFSAME" run "$tmp/plain"
# execvp(3) gives a file of unknown format to the shell, env's as well as ours.
printf 'exit 8' >"$tmp/script"
printf '\177ELF nonsense nonsense nonsense nonsense' >"$tmp/garbage"
chmod +x "$tmp/script" "$tmp/garbage"
for file in script garbage; do
	status=0
	env "$tmp/$file" >"$out" 2>&1 || status=$?
	run_is "a file of unknown format ($file) is the shell's" "$status" \
		"$SELFSAME" run "$tmp/$file"
done
printf '#!/no/such/interpreter\n' >"$tmp/orphan"
chmod +x "$tmp/orphan"
failure "no such interpreter" 127 "orphan': No such file" \
	"$SELFSAME" run "$tmp/orphan"

# 125: ours.
failure "a log that cannot be opened" 125 \
	"cannot open log file '$tmp/no/log': No such file" \
	"$SELFSAME" run --log="$tmp/no/log" true

run_is "a log that cannot be written" 125 \
	"$SELFSAME" run --log=/dev/full "${FIXTURE:?}" ask 1 1 1 0 0
like "it says so" "$(cat "$err")" \
	'^selfsame: cannot write the log: No space left'

# Options end at the first word that is none.
run_is "options end at the command" 3 "$SELFSAME" run sh -c 'exit 3' \
	--audit --no-such-option
run_ok "the command's options are its own" "$SELFSAME" run printf '%s,' \
	--audit -o x --
is "all of them" "$(cat "$out")" "--audit,-o,x,--,"
run_ok "-- may precede the command" "$SELFSAME" run -- printf '%s,' a
is "and is taken away" "$(cat "$out")" "a,"
run_is "a command that is named like an option" 127 "$SELFSAME" run -- --audit
run_ok "a second -- is the command's" "$SELFSAME" run -- printf '%s,' -- b
is "as an argument" "$(cat "$out")" "--,b,"
run_is "-- is no command" 125 "$SELFSAME" run --
run_is "options may be repeated and mixed" 3 "$SELFSAME" run --stats --log \
	--stats --kill-on-exit -o "$tmp/log" -- sh -c 'exit 3'

done_testing
