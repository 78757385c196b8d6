#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where callers are in their code: rules with `at`, and -k.

. "${srcdir:?}/tests/lib/tap.sh"

helpers=${builddir:?}/tests/helpers
places=$helpers/places

if ! "${SELFSAME:?}" doctor 2>/dev/null | grep -q '^signal-guard *present'; then
	skip_all "nothing can be traced here"
fi

# answer SPEC WAY [TIMES]: what places says of its answers under one rule; what
# selfsame says is in $err, with the log of all calls.
answer() {
	spec=$1
	shift
	timeout -k 5 100 "$SELFSAME" run --log --stats "--inject=$spec" -- \
		"$program" "$@" 2>"$err"
}

# refused DESC SPEC WAY TIMES CALLS: the rule matches each call.
refused() {
	is "$1" "$(answer "$2" "$3" "$4")" "0 $5 0"
}

# spared DESC SPEC WAY TIMES CALLS: it matches none.
spared() {
	is "$1" "$(answer "$2" "$3" "$4")" "$5 0 0"
}

# ---- which frames match ----

for program in "$places" "$helpers/places-static"; do
	kind=$(basename "$program")
	deny=kcmp:at=place_outer:error=EPERM
	refused "$kind: who calls" "$deny" plain 1 1
	refused "$kind: again and again" "$deny" plain 100 100
	refused "$kind: the innermost one" \
		kcmp:at=place_inner:error=EPERM plain 1 1
	refused "$kind: the outermost one" kcmp:at=main:error=EPERM plain 1 1
	refused "$kind: in an object" \
		"kcmp:at=$kind!place_outer:error=EPERM" plain 1 1
	refused "$kind: in an object by its path" \
		"kcmp:at=*/helpers/$kind!place_*:error=EPERM" plain 1 1
	spared "$kind: in another object" \
		"kcmp:at=libc.so.6!place_outer:error=EPERM" plain 1 1
	spared "$kind: nowhere" kcmp:at=no_such_place:error=EPERM plain 1 1
	refused "$kind: in a thread" kcmp:at=in_thread:error=EPERM thread 2 2
	spared "$kind: in a thread, not in main" kcmp:at=main:error=EPERM \
		thread 2 2
	refused "$kind: in threads at once" "$deny" threads 30 240
	refused "$kind: in processes at once" "$deny" processes 30 240
	refused "$kind: and in the command itself" $deny together 30 270
	refused "$kind: in a handler" kcmp:at=in_handler:error=EPERM handler \
		1 1
	refused "$kind: what the signal interrupted" kcmp:at=main:error=EPERM \
		handler 1 1
	refused "$kind: on an alternate stack" kcmp:at=main:error=EPERM \
		alternate 1 1
	refused "$kind: after an exec" "$deny" exec 3 3
done
program=$places

is "in the C library" "$(answer 'kcmp:at=libc.so.6!syscall:error=EPERM' \
	plain)" "0 1 0"

# ---- with other keys ----

is "every third call that is there" \
	"$(answer kcmp:at=place_outer:error=EPERM:when=3+3 plain 10)" "7 3 0"
like "each was counted once" "$(cat "$err")" '^answers 10$'
like "and looked at once" "$(cat "$err")" '^stacks.read 10$'
is "what other keys exclude is not looked at" \
	"$(answer kcmp:type=FILE:at=main:error=EPERM plain 5)" "5 0 0"
like "nothing was" "$(cat "$err")" '^stacks.read 0$'

# ---- signals, stops, tracers ----

refused "under a flood of signals" "$deny" alarms 300 300
refused "also where their handler calls" \
	kcmp:at=place_outer:error=EPERM loops 300 300
spared "and calls the same from elsewhere" kcmp:at=elsewhere:error=EPERM \
	alarms 100 100
refused "stopped and continued" "$deny" stopped 200 200
is "a parent sees no stop of it" "$(answer "$deny" watched 20)" \
	"stops 0
0 20 0"
is "killed on the way" "$(answer kcmp:at=elsewhere:error=EPERM killed 300)" \
	"1 0 0"
is "replaced by another thread's program" \
	"$(answer kcmp:at=elsewhere:error=EPERM replaced 50)" "1 0 0"
like "which is not traced any more" "$(cat "$err")" '^guard.tasks 0$'
is "tracers inside have their way" \
	"$(answer kcmp:at=elsewhere:error=EPERM seized 200)" "failed 0
1 0 0"
spared "traced from inside" "$deny" traced 3 3
like "the log says why" "$(cat "$err")" \
	'= 0 (.*) \[no stack: it is traced already, or must not be traced\]$'
like "and it is counted" "$(cat "$err")" '^stacks.none 3$'

if [ -x "$helpers/places32" ]; then
	program=$helpers/places32
	spared "an i386 program" "$deny" plain 2 2
	like "the log says so" "$(cat "$err")" \
		'\[no stack: it is an i386 program\]$'
	program=$places
else
	skip "an i386 program" "there is no compiler for it"
fi

# ---- files that make the reader wait ----

cp "$places" "$tmp/places"
program=$tmp/places
spared "a FIFO in place of the file" "$deny" fifo 2 2
like "the log tells of it" "$(cat "$err")" \
	'\[no stack: it took too long\]$'
cp "$places" "$tmp/places"
rm -f "$tmp/places (deleted)"
# shellcheck disable=SC2016
is "others are not kept by it, nor those who come after" "$(timeout 60 \
	"$SELFSAME" run "--inject=$deny" -- sh -c '
		"$1" fifo >/dev/null & "$2" plain 1; wait; "$2" plain 2
	' - "$tmp/places" "$places" 2>"$err")" "0 1 0
0 2 0"

# What a program may not open, the reader does not open for it.
if [ "$(id -u)" = 0 ]; then
	cp "$places" "$tmp/sealed"
	program=$tmp/sealed
	spared "a file that its user may not open" "$deny" sealed 2 2
	like "is looked at all the same" "$(cat "$err")" '^stacks.read 2$'
	refused "the same, as root" "$deny" plain 2 2
	# Who has it open, and digested, does not look at it again.
	refused "what is known of its code is kept" "$deny" kept 1 2
else
	for what in "a file that its user may not open" \
		"what is known of its code is kept"; do
		skip "$what" "only root can become another user"
	done
fi

# Sets $keeper and $reader, in a command under supervision.
cat >"$tmp/processes" <<'END'
child() {
	ps -eo ppid=,pid=,comm= | awk -v ppid="$1" \
		'$1 == ppid && $3 == "selfsame-stack" { print $2 }'
}
keeper=$(child $PPID)
reader=$(child "$keeper")
END

# What it digests may be made to grow.  (Sanitizers need more.)
limit=268435456
case $("$SELFSAME" --version) in
*sanitizers*) limit=unlimited ;;
esac
# shellcheck disable=SC2016
run_ok "its process" "$SELFSAME" run --log=/dev/null -k -- sh -c \
	'. "$0"; cat "/proc/$reader/limits"' "$tmp/processes"
is "has so much memory and no more" \
	"$(sed -n 's/^Max data size  *\([^ ]*\).*/\1/p' "$out")" "$limit"

# Each keeps it busy for a second, and its call waits no longer than two or three.
mkdir "$tmp/queue"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	cp "$places" "$tmp/queue/$i"
done
# shellcheck disable=SC2016
run_ok "who comes when many wait" timeout -k 5 100 "$SELFSAME" run \
	--kill-on-exit --log="$tmp/log" -k -- sh -c '
	for i in "$1"/*; do "$i" fifo 1 >/dev/null & done
	tail -n +1 -f "$0" | grep -q -m 1 "too much to do"' \
	"$tmp/log" "$tmp/queue"
like "has no stack" "$(cat "$tmp/log")" \
	'\[no stack: the reader of stacks has too much to do\]$'

# As root it has had the ids of another user, and has to die all the same.
# shellcheck disable=SC2016
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	run_ok "a reader that is stopped, and has lost its parent" \
		timeout -k 1 30 "$SELFSAME" run --log=/dev/null -k -- sh -c '
		setpriv --reuid=65534 --regid=65534 --clear-groups "$1" plain 1
		. "$0"
		kill -STOP "$reader" && kill -KILL "$keeper"' \
		"$tmp/processes" "$program"
else
	skip "a reader that is stopped, and has lost its parent" \
		"only root has programs of other users"
fi

# ---- -k ----

program=$places
run timeout 60 "$SELFSAME" run --log="$tmp/log" -k -- "$program" plain 2
is "the program does not notice" "$(cat "$out")" "2 0 0"
is "its frames follow each call" "$(sed -n '
	s/^\[1 pid.*(1~2)$/CALL/p
	s/^ > .*libc.so.6!syscall+0x[0-9a-f]*$/syscall/p
	s/^ > .*places!\(.*\)+0x[0-9a-f]*$/\1/p' "$tmp/log" | tr '\n' ' ')" \
	"CALL syscall place_inner place_outer call main _start CALL syscall \
place_inner place_outer call main _start "
run timeout 60 "$SELFSAME" run --log="$tmp/log" --stack-trace -- \
	"$program" threads 20
is "threads have theirs" "$(grep -c '!in_thread+0x[0-9a-f]*$' "$tmp/log")" 160
run timeout 60 "$SELFSAME" run -k --log="$tmp/log" -- "$program" traced 1
is "no frames, but why" "$(grep -c '^ >' "$tmp/log")" 0
like "it says why" "$(cat "$tmp/log")" '\[no stack: it is traced already'
run timeout 60 "$SELFSAME" run -k "--log=$tmp/log" \
	--inject=kcmp:error=EPERM -- "$program" plain 1
is "of calls that rules decide" "$(cat "$out")" "0 1 0"
like "too" "$(cat "$tmp/log")" '^ > .*places!place_outer\+0x'
cat >"$tmp/one.yaml" <<'END'
selfsame: 1
rules:
  - match: {type: [VM]}
    when: 2
    then: model
    log: true
END
run timeout 60 "$SELFSAME" run -k "--policy=$tmp/one.yaml" -- "$program" \
	plain 3
is "only of what is logged" "$(grep -c 'places!main' "$err")" 1
# What a rule has asked the model, and no answer came of it.
# shellcheck disable=SC2016
run_ok "the audit compares each answer with its own question" timeout 60 \
	"$SELFSAME" run --audit --inject=kcmp:type=VM:same=yes:error=EPERM \
	-- sh -c '"$1" plain 1; exec "$2"' - "$program" "$helpers/kcmp-example"
run_is "-k needs a log" 125 "$SELFSAME" run -k -- true
like "and says so" "$(cat "$err")" 'needs --log'

# ---- who is left ----

# The processes that read stacks end with the supervisor: its child, and the
# child of that.
# shellcheck disable=SC2016
run timeout 60 "$SELFSAME" run --log="$tmp/log" -k -- sh -c \
	'"$1" plain 1 >&2; echo $PPID; ps -eo ppid=,pid=,comm=' - "$program"
supervisor=$(sed -n 1p "$out")
# child PPID: the child of that name.
child() {
	awk -v ppid="$1" '$1 == ppid && $3 == "selfsame-stack" { print $2 }' \
		"$out"
}
keeper=$(child "$supervisor")
reader=$(child "$keeper")
isnt "there is a reader" "$reader" ""
# Its number may be another's by now.
isnt "which has gone" "$(sed -n "s/^PPid:	//p" "/proc/$reader/status" \
	2>/dev/null)" "$keeper"

done_testing
