#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Signals that reach us from outside, and what becomes of the command when we
# are killed.

. "${srcdir:?}/tests/lib/tap.sh"

asker=${builddir:?}/tests/helpers/asker
mkfifo "$tmp/said"

# The asker prints each signal that it gets, once for each time, and asks us
# something in between.  An ignored SIGINT, as in the background of a shell,
# would stay ignored.
env --default-signal "${SELFSAME:?}" run "$asker" signals >"$tmp/said" \
	2>"$err" &
pid=$!
exec 3<"$tmp/said"

# The next line, or "nothing" after a minute.
next() {
	timeout 60 head -n 1 <&3 || echo nothing
}

# head(1) may take more than a line from a pipe, but each line is written only
# after the signal before it has been sent.
is "the command is ready" "$(next)" ready
for signal in HUP INT QUIT USR1 USR2 ALRM WINCH PIPE URG IO PROF VTALRM PWR; do
	case $signal in
	PIPE)
		# Ours to deal with: the one signal that is not passed on.
		continue
		;;
	esac
	kill -s "$signal" "$pid"
	case $signal in
	IO) signal=POLL ;;
	esac
	is "SIG$signal is passed on" "$(next)" "got $signal"
done
if [ -x /bin/kill ]; then
	/bin/kill -s RTMIN+3 -q 42 "$pid"
	is "a queued signal keeps its value" "$(next)" "got RTMIN+3 with 42"
fi
# If one had come twice, it would show here.
kill -s USR1 "$pid"
is "none came twice" "$(next)" "got USR1"
kill -s TERM "$pid"
is "SIGTERM is passed on" "$(next)" "got TERM"
exec 3<&-
status=0
wait "$pid" || status=$?
is "the status is the command's" "$status" 9
empty "nothing was said" "$err"

# By default such a signal ends the command, and so us.
for signal in HUP INT TERM USR1; do
	env --default-signal "$SELFSAME" run sh -c 'echo ready; exec sleep 1000' \
		>"$tmp/said" &
	pid=$!
	is "SIG$signal: ready" "$(timeout 60 head -n 1 "$tmp/said")" ready
	kill -s "$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	is "SIG$signal ends the command" "$status" \
		$((128 + $(env kill -l "$signal")))
done

# timeout(1) sends its signal to its child, which we are, and then SIGCONT; that
# one would undo the stop with which the leak checker begins, at our very end.
run_is "a time limit ends the command" 124 env ASAN_OPTIONS=detect_leaks=0 \
	timeout 0.2 "$SELFSAME" run sleep 1000

# Ignored by our caller, ignored by us and by the command.
# shellcheck disable=SC2016
run_is "ignored signals stay ignored" 5 env --ignore-signal=TERM "$SELFSAME" \
	run sh -c 'kill -s TERM "$PPID" && kill -s TERM $$ && exit 5'

# A command that signals its parent, as daemons do, means the process that
# started it.  It is not passed back.
# shellcheck disable=SC2016
run_is "a signal of the command to us does not come back" 6 \
	env --default-signal "$SELFSAME" run sh -c '
		kill -s TERM "$PPID"; kill -s USR1 "$PPID"; exit 6'

# What our caller had started in the background before it became us is outside
# as well, although it is our child.
mkfifo "$tmp/go"
# shellcheck disable=SC2016
env --default-signal sh -c '
	{ read -r _; kill -s USR1 "$$"; read -r _; kill -s TERM "$$"; } <"$1" &
	exec "$2" run "$3" signals' sh "$tmp/go" "$SELFSAME" "$asker" \
	>"$tmp/said" &
pid=$!
exec 3<"$tmp/said" 4>"$tmp/go"
is "started by one who has children" "$(next)" ready
echo >&4
is "a signal of an earlier child is passed on" "$(next)" "got USR1"
echo >&4
is "and the next" "$(next)" "got TERM"
exec 3<&- 4>&-
status=0
wait "$pid" || status=$?
is "the command has ended by it" "$status" 9

# Stopped by SIGSTOP, which nobody can pass on; the command goes on until it
# asks us, and we go on when we are continued.
"$SELFSAME" run "$asker" signals >"$tmp/said" &
pid=$!
exec 3<"$tmp/said"
is "ready to be stopped" "$(next)" ready
kill -s STOP "$pid"
kill -s CONT "$pid"
kill -s USR2 "$pid"
is "after SIGSTOP and SIGCONT all is as before" "$(next)" "got USR2"
kill -s TERM "$pid"
exec 3<&-
status=0
wait "$pid" || status=$?
is "up to the end" "$status" 9

# The command has stopped itself, and we with it.  Whatever the one waits for who
# is to continue it, we are there, and then stop again.
# stop_and_go DESC HOW [OPTION...]
stop_and_go() {
	name=$1
	how=$2
	shift 2
	run_ok "stopped: $name" timeout -k 5 60 "$SELFSAME" run "$@" -- \
		"${builddir:?}/tests/helpers/stopped" "$how"
	is "stopped: $name: it went on" "$(cat "$out")" "went on"
}

stop_and_go "nothing but the signal" signal
stop_and_go "a signal for one who is guarded" handler
stop_and_go "the end of one who is guarded" end
stop_and_go "the end of an orphan" orphan
stop_and_go "an answer that is delayed" late \
	-e 'inject=kcmp:model:delay=500ms'
stop_and_go "a call that is held" held
stop_and_go "until we have stopped again" again

# The command kills us: from then on every watched call fails, and all others
# work.  (It ends by a signal, because exit_group is a watched call, too.)
{
	"$SELFSAME" run "$asker" orphan
	echo "$?" >"$tmp/status"
} 2>/dev/null | timeout 60 cat >"$tmp/read"
is "we were killed" "$(cat "$tmp/status")" 137
cat >"$tmp/want" <<'END'
kcmp before: ok
kcmp: ENOSYS
close: ENOSYS
dup2: ENOSYS
fork: ENOSYS
execve: ENOSYS
getpid: ok
open: ok
END
same "watched calls fail with ENOSYS, others work" "$tmp/want" "$tmp/read"

# After the command has ended, a signal means us: we wait for what it left.
# shellcheck disable=SC2016
run_is "a signal after the command has ended" 143 sh -c '
	"$0" run sh -c "sleep 1000 & echo \$! >\"\$0\"" "$1" &
	run=$!
	until [ -s "$1" ] && ! pgrep -P "$run" -x sh >/dev/null; do :; done
	kill -TERM "$run"
	wait "$run"' "$SELFSAME" "$tmp/left"
kill "$(cat "$tmp/left")"

done_testing
