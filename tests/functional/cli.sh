#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line: help, version, misuse; and what `run` owes to a command
# that asks no kcmp at all: arguments, exit status, descriptors, signals.

. "${srcdir:?}/tests/lib/tap.sh"

# DESC WORD...: exit 125, one line that names WORD's problem and one that
# tells where to look, nothing on standard output.
misuse() {
	misuse_name=$1
	misuse_message=$2
	shift 2
	run_is "$misuse_name is misuse" 125 "${SELFSAME:?}" "$@"
	empty "$misuse_name: nothing on standard output" "$out"
	like "$misuse_name: the message" "$(sed -n 1p "$err")" \
		"^selfsame: $misuse_message\$"
	like "$misuse_name: the hint" "$(sed -n 2p "$err")" \
		"^Try 'selfsame( run| doctor| policy)? --help'\$"
	is "$misuse_name: no more than that" "$(sed -n '3,$p' "$err")" ""
}

for words in --help -h "run --help" "run -h" "doctor --help" \
	"policy --help" "policy check --help"; do
	# Several words are several arguments.
	# shellcheck disable=SC2086
	run_ok "selfsame $words" "$SELFSAME" $words
	empty "selfsame $words says nothing on standard error" "$err"
	like "selfsame $words shows how to use it" "$(sed -n 1p "$out")" \
		'^Usage: selfsame '
	is "selfsame $words fits into 80 columns" \
		"$(awk 'length($0) > 80' "$out")" ""
done

run_ok "selfsame --version" "$SELFSAME" --version
like "the version" "$(sed -n 1p "$out")" '^selfsame [0-9]+\.[0-9]'
like "the features built in" "$(sed -n 2p "$out")" \
	'^\+seccomp( [+-][a-z]+)+$'
# What is linked is used: libseccomp.so.2, libunwind-ptrace.so.0, and so on.
features="$(sed -n 2p "$out") "
linked=$(ldd "$SELFSAME")
while read -r feature library; do
	case $linked in
	*$library*) sign=+ ;;
	*) sign=- ;;
	esac
	like "truly $sign$feature" "$features" "[$sign]$feature "
done <<'END'
seccomp libseccomp.so
unwind libunwind-ptrace.so
json libjansson.so
yaml libyaml
END

misuse "no subcommand" "no subcommand"
misuse "an unknown subcommand" "unknown subcommand 'walk'" walk
misuse "an unknown option" "unknown option '--walk'" --walk
misuse "no command" "no command to run" run
misuse "no command after --" "no command to run" run --stats --
misuse "an unknown long option of run" "unknown option '--walk'" \
	run --walk true
misuse "an unknown short option of run" "unknown option '-x'" run -x true
misuse "an option without its argument" "option '-o' needs an argument" \
	run -o
misuse "an argument that is not wanted" \
	"no argument allowed in '--stats=3'" run --stats=3 true
misuse "a log file without a name" "the log file has no name" run --log= true
misuse "an operand of doctor" "unexpected argument 'now'" doctor now
misuse "an option of run before it" "unknown option '--audit'" --audit run true

run sh -c '"$0" --help >/dev/full' "$SELFSAME"
is "a full disk is a failure" "$status" 125
like "a full disk is named" "$(cat "$err")" \
	'^selfsame: cannot write to standard output: '

# Exit status.
for n in 0 1 7 123 125 126 127 255; do
	run_is "exit status $n comes through" "$n" \
		"$SELFSAME" run sh -c "exit $n"
	empty "exit status $n: nothing is said" "$err"
done
for signal in HUP INT TERM KILL SEGV USR1; do
	# The command's own process is asked about, not ours.
	# shellcheck disable=SC2016
	run_is "death by SIG$signal" \
		$((128 + $(kill -l "$signal" 2>/dev/null ||
		   bash -c "kill -l $signal"))) \
		"$SELFSAME" run sh -c "kill -$signal \$\$"
done
run_is "a command that is not there" 127 "$SELFSAME" run no-such-command-here
like "it is named" "$(cat "$err")" "^selfsame: .*no-such-command-here"
is "in one line" "$(wc -l <"$err")" 1
: >"$tmp/plain"
run_is "a command that is no program" 126 "$SELFSAME" run "$tmp/plain"
like "it is named, too" "$(cat "$err")" "^selfsame: .*$tmp/plain"
run_is "a directory" 126 "$SELFSAME" run /

# Arguments.
run_ok "arguments are the command's" \
	"$SELFSAME" run printf '[%s]' --stats -o "" 'a b' --
is "each as it was" "$(cat "$out")" '[--stats][-o][][a b][--]'
run_ok "-- ends the options" "$SELFSAME" run -- printf '[%s]' x
is "and is not the command's" "$(cat "$out")" '[x]'

# Descriptors: what a command sees with and without us.
# shellcheck disable=SC2016
list='for fd in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	if [ -e /proc/$$/fd/$fd ]; then
		echo "$fd $(readlink /proc/$$/fd/$fd)"
	fi; done'
exec 7<"$srcdir/tests/functional/cli.sh" 9>"$tmp/nine"
sh -c "$list" >"$tmp/bare" 2>"$err"
"$SELFSAME" run sh -c "$list" >"$tmp/inside" 2>"$err"
sed -i 's,/bare$,/list,' "$tmp/bare"
sed -i 's,/inside$,/list,' "$tmp/inside"
same "descriptors are those of the caller" "$tmp/bare" "$tmp/inside"
like "the extra ones are among them" "$(cat "$tmp/inside")" '^9 .*/nine$'
sh -c "$list" >"$tmp/bare" 2>"$err" <&-
"$SELFSAME" run sh -c "$list" >"$tmp/inside" 2>"$err" <&-
sed -i 's,/bare$,/list,' "$tmp/bare"
sed -i 's,/inside$,/list,' "$tmp/inside"
same "a closed standard input stays closed" "$tmp/bare" "$tmp/inside"
exec 7<&- 9>&-

# A reader of a pipe sees its end although we still run: the command has
# closed standard output and waits until the reader has seen that.  We hold
# the other pipe open at both ends, so that nobody blocks on opening it.
mkfifo "$tmp/go"
exec 5<>"$tmp/go"
# shellcheck disable=SC2016
"$SELFSAME" run sh -c 'echo text; exec >&- 5>&-; read -r line <"$0"' \
	"$tmp/go" | {
	timeout 20 cat >"$tmp/read"
	echo "$?" >"$tmp/read-status"
	echo go >&5
}
is "a pipe ends when the command closes it" \
	"$(cat "$tmp/read") $(cat "$tmp/read-status")" "text 0"

# Environment, directory, limits, attributes.
# shellcheck disable=SC2016
facts='env | sort | grep -v "^_="; pwd; umask; ulimit -n; ulimit -c
	ps -o pgid=,sid= -p $$ 2>/dev/null || cut -d" " -f5,6 /proc/$$/stat'
(
	cd "$tmp" || exit 1
	umask 027
	# shellcheck disable=SC3045
	ulimit -n 200
	FACT="a b" sh -c "$facts" >"$tmp/bare"
	FACT="a b" "$SELFSAME" run sh -c "$facts" >"$tmp/inside"
)
same "environment, directory, umask, limits, process group are the caller's" \
	"$tmp/bare" "$tmp/inside"
run_ok "no_new_privs is set" "$SELFSAME" run grep NoNewPrivs /proc/self/status
like "as its status says" "$(cat "$out")" '^NoNewPrivs:[[:space:]]+1$'
grep '^Sig\(Blk\|Ign\)' /proc/self/status >"$tmp/bare"
"$SELFSAME" run grep '^Sig\(Blk\|Ign\)' /proc/self/status >"$tmp/inside"
same "signal mask and dispositions are the caller's" \
	"$tmp/bare" "$tmp/inside"
(
	trap '' HUP USR2 CHLD
	grep '^Sig\(Blk\|Ign\)' /proc/self/status >"$tmp/bare"
	"$SELFSAME" run grep '^Sig\(Blk\|Ign\)' /proc/self/status \
		>"$tmp/inside"
)
same "also when signals are ignored" "$tmp/bare" "$tmp/inside"

# Signals that are sent to us are the command's.  The command tells by one
# pipe that its trap is set; if it cannot, the pipe ends.  It reads from
# another to which nobody writes.
mkfifo "$tmp/ready" "$tmp/never"
for signal in HUP INT QUIT TERM USR1 WINCH; do
	# An ignored SIGINT or SIGQUIT, as in a background job, would stay so.
	# shellcheck disable=SC2016
	env --default-signal "$SELFSAME" run sh -c '
		trap "exit 9" "$1"
		echo ready >&8
		exec 3<>"$2"
		read -r line <&3' sh "$signal" "$tmp/never" 2>"$err" \
		8>"$tmp/ready" &
	pid=$!
	line=
	read -r line <"$tmp/ready"
	is "the command is ready for SIG$signal" "$line" ready
	kill -s "$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	is "SIG$signal is passed on" "$status" 9
done

# A signal of the command to its whole group, us included, comes once.
# shellcheck disable=SC2016
setsid -w "$SELFSAME" run sh -c '
	trap "echo got it" TERM
	kill -s TERM 0
	(exit 0)
	echo end' >"$out" 2>"$err"
is "a signal to the command's own group comes once" \
	"$(cat "$out")" "got it
end"

# We end when the last descendant has ended.
# shellcheck disable=SC2016
"$SELFSAME" run sh -c '(read -r line <"$0/go"; echo late >"$0/late") & exit 3' \
	"$tmp" &
pid=$!
echo go >&5
status=0
wait "$pid" || status=$?
is "a descendant that is left is waited for" "$(cat "$tmp/late")" late
is "the status is the command's" "$status" 3

# A command that nobody waits for any more is not left behind.
run_is "descendants can be killed" 3 \
	"$SELFSAME" run --kill-on-exit sh -c "sleep 1000 & exit 3"

# Children that we already had are none of our business.
# shellcheck disable=SC2016
run_ok "earlier children are not waited for" \
	timeout 20 sh -c 'sleep 1000 & echo $! >"$1"; exec "$0" run true' \
	"$SELFSAME" "$tmp/earlier"
ok "and they live" kill "$(cat "$tmp/earlier")"

done_testing
