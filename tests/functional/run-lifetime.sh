#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# When a run ends, what it leaves open meanwhile, and what is none of its
# business.

. "${srcdir:?}/tests/lib/tap.sh"

asker=${builddir:?}/tests/helpers/asker
mkfifo "$tmp/go" "$tmp/ready"

# A run that does not end would hang the suite.
limited() {
	timeout -k 5 120 "$@"
}

# How many processes have this in their environment?
left_over() (
	# Not those who look.
	unset SELFSAME_TEST
	cat /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' |
		grep -cx "SELFSAME_TEST=$1"
)

# We end only when all descendants have ended.  What the command leaves behind
# waits for the end of a fifo that we hold open, then writes a file.
# lasting DESC STATUS COMMAND...: "$late" is the file.
late=$tmp/late
lasting() {
	name=$1
	want=$2
	shift 2
	rm -f "$late"
	exec 5<>"$tmp/go" 6<>"$tmp/ready"
	# A function that is redirected keeps a copy, so a shell of its own.
	(
		exec 5>&-
		# shellcheck disable=SC2016
		limited "${SELFSAME:?}" run -- sh -c '"$@" 6>&-; code=$?
			echo done >&6; exit $code' sh "$@" \
			<"$tmp/go" >"$out" 2>"$err"
	) &
	pid=$!
	is "$name: the command has ended" "$(limited head -n 1 <&6)" "done"
	ok "$name: the run has not" kill -0 "$pid"
	ok "$name: nor has what it left" test ! -e "$late"
	exec 5>&- 6>&-
	status=0
	wait "$pid" || status=$?
	is "$name: the status is the command's" "$status" "$want"
	is "$name: the rest was waited for" "$(cat "$late")" late
	empty "$name: nothing was said" "$err"
}

# What a shell starts in the background would read from /dev/null.
# shellcheck disable=SC2016
lasting "a child in the background" 3 sh -c '
	exec 3<&0
	sh -c "while read -r line; do :; done; echo late >\"\$0\"" "$0" <&3 &
	exit 3' "$late"
lasting "a daemon that forked twice" 0 "$asker" daemon "$late"
lasting "a daemon that a script started" 0 sh -c '"$0" daemon "$1"' \
	"$asker" "$late"
if command -v setsid >/dev/null; then
	lasting "a session of its own" 0 setsid -f sh -c '
		while read -r line; do :; done; echo late >"$0"' "$late"
fi

# A reader of a pipe sees its end when those who write have closed it, although
# we still run: we hold no copy.  (Nor may timeout, so it limits the reader.)
# reader DESC NUMBER: the command closes NUMBER and goes on until the reader
# has seen the end.
reader() {
	exec 5<>"$tmp/go"
	# shellcheck disable=SC2016
	command='echo text >&N; exec N>&- 5>&-; read -r line <"$0"'
	command=$(echo "$command" | sed "s/N/$2/g")
	eval '"$SELFSAME" run sh -c "$command" "$tmp/go"' "$2>\$tmp/ready &"
	pid=$!
	run_ok "$1" limited cat "$tmp/ready"
	is "$1: what was written arrived before" "$(cat "$out")" text
	ok "$1: the command still runs" kill -0 "$pid"
	echo go >&5
	exec 5>&-
	status=0
	wait "$pid" || status=$?
	is "$1: and ends well" "$status" 0
}

reader "the end of standard output" 1
reader "the end of another descriptor" 8

# Nor do we wait with our copies of sockets for a peer, when those who had them
# were killed, nor with a pipe for such a socket.
for mode in held passed careful; do
	run_ok "$mode: sockets that would linger" timeout -s KILL 60 \
		"$SELFSAME" run "${builddir:?}/tests/helpers/linger" "$mode" 150
	is "$mode: everybody was answered" "$(cat "$out")" "150 rounds"
done

# With a daemon that has closed its copies: the pipe ends with the command.
exec 5<>"$tmp/go"
rm -f "$late"
(
	exec 5>&-
	exec "$SELFSAME" run "$asker" daemon "$late" <"$tmp/go" 2>"$err" \
		>"$tmp/ready"
) &
pid=$!
run_ok "a daemon that closed standard output" limited cat "$tmp/ready"
ok "the daemon's closing ended the pipe, not its death" test ! -e "$late"
ok "the run goes on" kill -0 "$pid"
exec 5>&-
wait "$pid"
is "until the daemon has ended" "$(cat "$late")" late

# --kill-on-exit.
SELFSAME_TEST=kill.$$
export SELFSAME_TEST
# shellcheck disable=SC2016
run_is "descendants are killed" 3 limited "$SELFSAME" run --kill-on-exit \
	sh -c 'sleep 1000 & (sleep 1000 &) ; exit 3'
is "none is left" "$(left_over "$SELFSAME_TEST")" "$(left_over none)"
exec 5<>"$tmp/go"
run_is "a daemon is killed" 0 limited "$SELFSAME" run --kill-on-exit \
	"$asker" daemon "$late.never" <"$tmp/go"
exec 5>&-
is "it is not left" "$(left_over "$SELFSAME_TEST")" "$(left_over none)"
ok "and has not ended by itself" test ! -e "$late.never"
# The daemon may be in the making when the command ends, so often.
hung=0
round=0
while [ "$round" -lt 30 ] && [ "$hung" -eq 0 ]; do
	round=$((round + 1))
	exec 5<>"$tmp/go"
	timeout -s KILL 20 "$SELFSAME" run --kill-on-exit "$asker" daemon \
		"$late.never" <"$tmp/go" 2>"$err" || hung=1
	exec 5>&-
done
is "whenever it was made" "round $round, hung $hung" "round 30, hung 0"
# So may they, at whatever moment of a fork.
status=3
round=0
while [ "$round" -lt 10 ] && [ "$status" -eq 3 ]; do
	round=$((round + 1))
	run limited "$SELFSAME" run --kill-on-exit "$asker" forks 8
done
is "descendants that fork for ever are killed" "round $round, $status" \
	"round 10, 3"
is "none of them is left" "$(left_over "$SELFSAME_TEST")" \
	"$(left_over none)"
# shellcheck disable=SC2016
run_is "a command that is killed is one that ends" 137 \
	limited "$SELFSAME" run --kill-on-exit sh -c 'sleep 1000 & kill -9 $$'
is "nothing of it is left" "$(left_over "$SELFSAME_TEST")" \
	"$(left_over none)"
unset SELFSAME_TEST

# Children that we had before we were started: not waited for, not reaped, not
# known.
# shellcheck disable=SC2016
run_ok "earlier children are not waited for" limited sh -c '
	sleep 1000 & echo "$!" >"$1/earlier"
	exec "$0" run "$2" find "$!"' "$SELFSAME" "$tmp" "$asker"
is "nor do they exist" "$(cat "$out")" ESRCH
ok "but they live" kill "$(cat "$tmp/earlier")"
# Not by a shell, which might reap it before it execs us.
cat >"$tmp/zombie.py" <<'END'
import os, sys
pid = os.fork()
if pid == 0:
    os._exit(7)
script = """
until grep -q ^State:.Z /proc/$1/status; do :; done
"$0" find "$1"
grep ^State: /proc/$1/status"""
os.execv(sys.argv[1], [sys.argv[1], 'run', 'sh', '-c', script, sys.argv[2],
                       str(pid)])
END
run_ok "an earlier zombie" limited python3 "$tmp/zombie.py" "$SELFSAME" "$asker"
is "does not exist either, and is not reaped" \
	"$(tr -s '\t\n' ' ' <"$out")" "ESRCH State: Z (zombie) "
exec 5<>"$tmp/go"
# It ends while the command runs: the command is not disturbed.
# shellcheck disable=SC2016
run_is "an earlier child that ends meanwhile" 4 limited sh -c '
	sh -c "read -r line; exit 9" <"$1/go" & echo "$!" >"$1/earlier"
	exec "$0" run sh -c "
		echo go >\"\$0/go\"
		until grep -q ^State:.Z \"/proc/$!/status\"; do :; done
		\"\$1\" find $!; exit 4" "$1" "$2"' "$SELFSAME" "$tmp" "$asker"
is "is nobody, too" "$(cat "$out")" ESRCH
exec 5>&-
# What such a child leaves behind comes to us while the command runs.  It waits
# for the end of a fifo that we hold open.
cat >"$tmp/leave.sh" <<'END'
read -r line <"$1/leave"
sh -c 'read -r line; exit 0' <"$1/stay" &
echo "$!" >"$1/orphan"
END
# The command waits until it has come to us, and asks about it.
cat >"$tmp/await.sh" <<'END'
echo go >"$1/leave"
until read -r orphan 2>/dev/null <"$1/orphan" &&
	grep -q "^PPid:.$PPID\$" "/proc/$orphan/status"; do :; done
"$2" find "$orphan"
[ "$3" = live ] || kill "$orphan"
while [ "$3" = end ] && [ -e "/proc/$orphan" ]; do :; done
exit 5
END
mkfifo "$tmp/leave" "$tmp/stay"
# foreign_orphan DESC live|end [OPTION...]
foreign_orphan() {
	name=$1
	what=$2
	shift 2
	rm -f "$tmp/orphan"
	exec 5<>"$tmp/stay"
	# shellcheck disable=SC2016
	run_is "$name" 5 timeout -k 5 20 sh -c '
		exec 5>&-
		dir=$1 asker=$2 what=$3
		shift 3
		sh "$dir/leave.sh" "$dir" &
		exec "$0" run "$@" -- sh "$dir/await.sh" "$dir" "$asker" "$what"
		' "$SELFSAME" "$tmp" "$asker" "$what" "$@"
	is "$name: it does not exist" "$(cat "$out")" ESRCH
	[ "$what" = end ] ||
		ok "$name: it lives" kill -0 "$(cat "$tmp/orphan")"
	exec 5>&-
}
foreign_orphan "orphans of earlier children are not waited for" live
foreign_orphan "nor are they killed" live --kill-on-exit
foreign_orphan "but reaped" end

# What our caller or its ancestors are is nobody's business, either.
for pid in 1 $$; do
	run_ok "a task outside" "$SELFSAME" run "$asker" find "$pid"
	is "does not exist" "$(cat "$out")" ESRCH
done
run_ok "and we do not" "$SELFSAME" run sh -c '"$0" find "$PPID"' "$asker"
is "either" "$(cat "$out")" ESRCH

# The first process of a pid namespace, which the guard traces, waits for one
# that has come to us, and nobody has the filter any more.
run limited "$asker" namespace
if [ "$status" -eq 77 ]; then
	skip "a namespace that ends last" "no pid namespaces here"
else
	run_ok "a namespace that ends last" \
		timeout -k 5 20 "$SELFSAME" run "$asker" namespace
fi

# Ends that are told to nobody, or not to the guard: the run ends nevertheless.
endings=$builddir/tests/helpers/endings
for mode in exec leader itself; do
	run_ok "an end in an exec ($mode)" timeout -k 5 20 "$SELFSAME" run \
		"$endings" "$mode"
done
# Not for all of them there is a pidfd.
for mode in orphan namespace; do
	run timeout -k 5 20 "$endings" "$mode" 0
	if [ "$status" -eq 77 ]; then
		skip "more orphans than descriptors" "no pid namespaces here"
		continue
	fi
	# shellcheck disable=SC2016
	run_ok "more orphans than descriptors ($mode)" timeout -k 5 20 sh -c '
		ulimit -n 128; exec "$0" run "$@"' "$SELFSAME" "$endings" \
		"$mode" 200
done
# Whose parent we kill when the command has ended.
SELFSAME_TEST=unseen.$$
export SELFSAME_TEST
run_ok "a grandchild that nobody has seen" timeout -k 5 20 "$SELFSAME" run \
	--kill-on-exit "$endings" unseen
is "is not left" "$(left_over "$SELFSAME_TEST")" "$(left_over none)"
unset SELFSAME_TEST

# A file server inside that answers only after a watched call of somebody else,
# while an exec waits for it: nobody waits for ever.
mkdir "$tmp/served"
for what in closing reading; do
	run timeout -k 5 60 "${builddir:?}/tests/helpers/served" "$what" \
		"$tmp/served"
	if [ "$status" -eq 77 ]; then
		skip "an exec that waits for $what" "no FUSE here"
		continue
	fi
	cp "$out" "$tmp/natively"
	run_ok "an exec that waits for $what" timeout -k 5 60 "$SELFSAME" run \
		"${builddir:?}/tests/helpers/served" "$what" "$tmp/served"
	same "$what: as natively" "$tmp/natively" "$out"
done

done_testing
