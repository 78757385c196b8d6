#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A great many tasks and descriptors, in a pid namespace where numbers come
# back at once: the answers stay right, and nothing of what has gone stays in
# the supervisor.
#
# SOAK_TASKS, SOAK_DESCRIPTORS and SOAK_SEED say how many and which; the
# defaults are for every day.

. "${srcdir:?}/tests/lib/tap.sh"

soak=${builddir:?}/tests/helpers/soak
tasks=${SOAK_TASKS:-2000}
descriptors=${SOAK_DESCRIPTORS:-20000}
seed=${SOAK_SEED:-1}

# How many tasks it has at the same time, and may leave to the next clones.
batch=12
# Descriptors that it asks about, and what it and its tasks keep open.
numbers=260
open_files=150
# Epoll items whose file has gone are looked for when there are some more.
orphans=100
# KiB that memory may grow, whatever was done.
growth=512

if unshare --user --map-root-user --pid --fork --mount-proc --ipc true \
	2>/dev/null; then
	namespace=yes
else
	namespace=no
fi

# A shell in between, because the first process of a namespace is its init.
in_place() {
	if [ "$namespace" = no ]; then
		"$@"
		return
	fi
	# shellcheck disable=SC2016
	unshare --user --map-root-user --pid --fork --mount-proc --ipc \
		sh -c '"$@"; exit $?' sh "$@"
}

# KEY: of what the soak printed, or the statistics.
value() {
	cat "$out" "$err" | sed -n "s/^$1 //p"
}

at_most() {
	ok "$1: $(value "$2") of $3 allowed" test "$(value "$2")" -le "$3"
}

run_ok "every answer is right" in_place "${SELFSAME:?}" run --stats -- \
	"$soak" "$seed" "$tasks" "$descriptors"
sed 's/^/# /' "$out"
grep -E '^(answers|clones\.|notifications) |peak|^end' "$err" | sed 's/^/# /'
ok "tasks were made" test \
	"$(($(value processes) + $(value threads)))" -ge "$tasks"
ok "descriptors were made" test "$(value descriptors)" -ge "$descriptors"
ok "there were questions" test "$(value questions)" -gt "$descriptors"
is "nobody was lost" "$(value notifications.lost)" 0
is "all clones were told apart" "$(value clones.ambiguous)" 0
if [ "$namespace" = yes ]; then
	ok "numbers came back" test "$(value numbers.reused)" -gt \
		"$((tasks / 4))"
else
	skip "numbers came back" "no such namespace can be made here"
fi

is "tasks at the end" "$(value end.tasks)" 1
is "tables at the end" "$(value end.tables)" 1
is "clones at the end" "$(value end.clones)" 0
is "guarded tasks at the end" "$(value end.guarded)" 0
at_most "open files at the end" end.files "$((3 + orphans))"
at_most "epoll items at the end" end.epoll-items "$orphans"
at_most "processes at the end" end.processes "$((1 + batch))"
at_most "records of descriptors" end.slots "$numbers"
at_most "tasks at the peak" tasks.peak "$((1 + 4 * batch))"
at_most "open files at the peak" files.peak \
	"$((open_files + orphans))"
at_most "our descriptors at the peak" descriptors.most \
	"$(($(value descriptors.before) + 4 * batch))"
at_most "our descriptors at the end" descriptors.after \
	"$(($(value descriptors.before) + batch))"
if "$SELFSAME" --version | grep -q '+sanitizers'; then
	skip "our memory" "the sanitizers keep what was freed"
else
	at_most "our memory at the peak" memory.most \
		"$(($(value memory.before) + growth))"
fi

# The kernel is asked as well.
case ,${SELFSAME_WITHOUT:-}, in
*,kcmp,*) ;;
*)
	run_ok "every answer is the kernel's" in_place "$SELFSAME" run \
		--audit -- "$soak" "$((seed + 1))" 300 3000
	like "as it says" "$(cat "$err")" ' [0-9]{4,} answers .*, 0 differ'
	;;
esac
done_testing
