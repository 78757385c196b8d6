#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a command inherits: the same with and without us.

. "${srcdir:?}/tests/lib/tap.sh"

mkworld=${FIXTURE:?}

# Both ways write to the same two files, so that their names are the same.
# natively MODE and inside MODE: print what mkworld says.
natively() {
	"$mkworld" "$1" >"$tmp/list" 2>"$tmp/list.err"
	cat "$tmp/list"
}

inside() {
	"${SELFSAME:?}" run -- "$mkworld" "$1" >"$tmp/list" 2>"$tmp/list.err"
	cat "$tmp/list"
}

# same_both DESC MODE: in the surroundings of the caller.
same_both() {
	natively "$2" >"$tmp/bare" 9>&-
	inside "$2" >"$tmp/inside" 9>&-
	same "$1" "$tmp/bare" "$tmp/inside"
}

same_both "descriptors: standard ones only" fds
is "and these three are there" "$(cut -d' ' -f1 "$tmp/inside" | head -n 3 |
	tr '\n' ' ')" "0 1 2 "

mkfifo "$tmp/fifo"
exec 3<"$mkworld" 4>"$tmp/four" 5<>"$tmp/fifo" 7</dev/null 8>/dev/full
same_both "descriptors: five more" fds
like "they are there" "$(cat "$tmp/inside")" '^7 /dev/null$'
like "a pipe as well" "$(cat "$tmp/inside")" '^5 .*/fifo$'

# What a ring from before closes nobody tells; it is asked about all the same.
"$mkworld" with-ring "$mkworld" ring-inherited >"$tmp/bare" 2>&1
"$mkworld" with-ring "$SELFSAME" run -- "$mkworld" ring-inherited \
	>"$tmp/inside" 2>&1
same "a ring" "$tmp/bare" "$tmp/inside"

# Of the layers of Landlock that there may be some are taken.
confine=${builddir:?}/tests/helpers/confine
for taken in 1 15 16; do
	if ! "$confine" landlock "$taken" "$mkworld" landlock-deep \
		>"$tmp/bare" 2>&1; then
		skip "in $taken layers of Landlock" "there is none here"
		continue
	fi
	"$confine" landlock "$taken" "$SELFSAME" run -- "$mkworld" \
		landlock-deep >"$tmp/inside" 2>&1
	same "in $taken layers of Landlock" "$tmp/bare" "$tmp/inside"
	like "so many are left" "$(cat "$tmp/inside")" \
		"$((16 - taken)) layers, then"
done

# Numbers above those that a shell can name.
# shellcheck disable=SC2016
if command -v bash >/dev/null; then
	bash -c 'exec 77</dev/null 200>"$1" 1023<"$1"
		"$2" fds' sh "$tmp/four" "$mkworld" >"$tmp/list"
	sed 's,/list$,,' "$tmp/list" >"$tmp/bare"
	bash -c 'exec 77</dev/null 200>"$1" 1023<"$1"
		"$3" run -- "$2" fds' sh "$tmp/four" "$mkworld" "$SELFSAME" \
		>"$tmp/list"
	sed 's,/list$,,' "$tmp/list" >"$tmp/inside"
	same "descriptors: high numbers" "$tmp/bare" "$tmp/inside"
	like "the highest is there" "$(cat "$tmp/inside")" '^1023 '
fi
exec 3<&- 4>&- 5>&- 7<&- 8>&-

# Each of the standard descriptors may be closed.  What mkworld says goes
# where it still can.
for closed in 0 2 "0 2"; do
	redirect=
	for fd in $closed; do
		redirect="$redirect $fd>&-"
	done
	eval '"$mkworld" fds >"$tmp/list"' "$redirect"
	cp "$tmp/list" "$tmp/bare"
	eval '"$SELFSAME" run -- "$mkworld" fds >"$tmp/list"' "$redirect"
	cp "$tmp/list" "$tmp/inside"
	same "descriptors: closed $closed" "$tmp/bare" "$tmp/inside"
	for fd in $closed; do
		unlike "$fd is closed" "$(cat "$tmp/inside")" "^$fd "
	done
done
# Without standard output, by numbers.
for closed in 1 "0 1" "0 1 2"; do
	redirect=
	for fd in $closed; do
		redirect="$redirect $fd>&-"
	done
	# shellcheck disable=SC2016,SC2034
	look='for fd in 0 1 2 3 4 5 6; do
		[ ! -e /proc/$$/fd/$fd ] || echo "$fd"
	done >"$1"'
	eval 'sh -c "$look" sh "$tmp/bare"' "$redirect"
	eval '"$SELFSAME" run sh -c "$look" sh "$tmp/inside"' "$redirect"
	# The list itself is open while it is written, here and there.
	same "numbers: closed $closed" "$tmp/bare" "$tmp/inside"
done

env -i A=b "C=d e" F= PATH="$PATH" "$mkworld" env >"$tmp/bare"
env -i A=b "C=d e" F= PATH="$PATH" "$SELFSAME" run "$mkworld" env \
	>"$tmp/inside"
same "environment" "$tmp/bare" "$tmp/inside"
is "nothing was added" "$(wc -l <"$tmp/inside")" 4
env -i "$mkworld" env >"$tmp/bare"
env -i "$SELFSAME" run "$mkworld" env >"$tmp/inside"
same "an empty environment" "$tmp/bare" "$tmp/inside"

# State: as it is, but that no_new_privs is set.
# state_both DESC PREFIX...: below a program that changes the state.
state_both() {
	name=$1
	shift
	"$@" "$mkworld" state >"$tmp/list"
	sed 's/^no_new_privs: 0$/no_new_privs: 1/' "$tmp/list" >"$tmp/bare"
	"$@" "$SELFSAME" run -- "$mkworld" state >"$tmp/inside"
	same "state: $name" "$tmp/bare" "$tmp/inside"
}

state_both "ordinary" env
like "no_new_privs is set" "$(cat "$tmp/inside")" '^no_new_privs: 1$'
like "a state was shown" "$(cat "$tmp/inside")" '^limit nofile: [0-9]+ [0-9]+$'

# shellcheck disable=SC2016
state_both "directory, mask, group, priority" sh -c '
	cd "$0" && umask 037 && exec nice -n 3 "$@"' "$tmp"
like "the directory" "$(cat "$tmp/inside")" "^directory: $tmp\$"
like "the priority" "$(cat "$tmp/inside")" '^nice: [1-9]'
# shellcheck disable=SC2016,SC3045
state_both "a low limit of open files" sh -c '
	ulimit -S -n 100 && exec "$@"' sh
like "the limit is the command's own" "$(cat "$tmp/inside")" \
	'^limit nofile: 100 '
# shellcheck disable=SC2016,SC3045
state_both "low limits that are hard" sh -c '
	ulimit -n 64 && ulimit -c 0 && exec "$@"' sh
like "the hard limit, too" "$(cat "$tmp/inside")" '^limit nofile: 64 64$'
state_both "signals ignored and blocked" env --ignore-signal=HUP \
	--ignore-signal=CHLD --ignore-signal=PIPE --ignore-signal=ALRM \
	--block-signal=USR1 --block-signal=TERM --block-signal=CHLD
like "some are ignored" "$(cat "$tmp/inside")" '^ignored: 1 13 14 17'
like "some are blocked" "$(cat "$tmp/inside")" '^blocked: 10 15 17'
state_both "all signals by default" env --default-signal
like "none is ignored" "$(cat "$tmp/inside")" '^ignored:$'
# setsid makes the group and the session new, so their numbers are not those of
# the other run; the command is no leader, because we are.
setsid -w "$SELFSAME" run sh -c 'ps -o pid=,pgid=,sid=,ppid= -p $$' >"$out"
ok "in a session of our own we lead, and the command is in our group" \
	awk '{ exit !($1 != $2 && $2 == $3 && $3 == $4) }' "$out"

# By name, as a shell would find it.
mkdir "$tmp/bin"
printf '#!/bin/sh\necho "named $0 $*"\n' >"$tmp/bin/selfsame-test-command"
chmod +x "$tmp/bin/selfsame-test-command"
run_ok "the command is looked for in PATH" env PATH="$tmp/bin:$PATH" \
	"$SELFSAME" run selfsame-test-command a
is "and found" "$(cat "$out")" \
	"named $tmp/bin/selfsame-test-command a"
# What is lacking is not tried: that would be a watched call for each.
run_ok "the entries before it cost nothing" env \
	PATH="$tmp/none:$tmp/inside:$tmp/bin:/usr/bin:/bin" "$SELFSAME" run \
	--stats selfsame-test-command a
is "one call of the command itself, and nothing that it calls" \
	"$(sed -n 's/^notifications.execve //p' "$err")" 1
# But what is there, and cannot be executed, is left to execvp.
mkdir "$tmp/locked" "$tmp/locked/selfsame-test-command"
run_ok "an entry that has a directory of that name" env \
	PATH="$tmp/locked:$tmp/bin:/usr/bin:/bin" "$SELFSAME" run \
	selfsame-test-command b
is "is passed by" "$(cat "$out")" \
	"named $tmp/bin/selfsame-test-command b"
printf 'echo "by the shell: $0"\n' >"$tmp/bin/selfsame-test-plain"
chmod +x "$tmp/bin/selfsame-test-plain"
run_ok "a file of unknown format" env PATH="$tmp/locked:$tmp/bin:/bin" \
	"$SELFSAME" run selfsame-test-plain
is "is the shell's" "$(cat "$out")" \
	"by the shell: $tmp/bin/selfsame-test-plain"
is "an empty entry is the working directory" "$(cd "$tmp/bin" &&
	env PATH="$tmp/none::/bin" "$SELFSAME" run selfsame-test-command c)" \
	"named selfsame-test-command c"
run_is "found, but not to be executed, and nowhere else" 126 env \
	PATH="$tmp/locked" "$SELFSAME" run selfsame-test-command
run_is "nowhere" 127 env PATH="$tmp/none:$tmp/none/bin" "$SELFSAME" run \
	selfsame-test-command

done_testing
