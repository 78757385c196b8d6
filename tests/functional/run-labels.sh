#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Labels count a task's clones, and are the same in every run: also of those
# that a signal makes fail, so that the kernel makes them again.

. "${srcdir:?}/tests/lib/tap.sh"

helpers=${builddir:?}/tests/helpers

without() {
	case ,${SELFSAME_WITHOUT:-}, in
	*,"$1",*) return 0 ;;
	*) return 1 ;;
	esac
}

# A key of --stats.
statistic() {
	sed -n "s/^$1 //p" "$err"
}

# The indices of the command's children, in the order of their questions.
indices() {
	sed -n 's/^\[1\.\([0-9]*\) pid .*/\1/p' "$tmp/log"
}

ascending() {
	indices | awk '$1 <= last { exit 1 } { last = $1 }'
}

# counted PROGRAM WAY COUNT FIRST BITS: the labels of COUNT children that ask
# leave out only what is counted as unsure.
counted() {
	name="$2 ($5)"
	run_ok "$name: the children live" timeout -k 5 120 \
		"${SELFSAME:?}" run --stats --log="$tmp/log" -- "$1" "$2" "$3"
	is "$name: all have a label" "$(indices | wc -l)" "$3"
	ok "$name: of their own, in turn" ascending
	unsure=$(statistic clones.again-unsure)
	diag "$(statistic clones.again) clones made again, $unsure unsure"
	is "$name: without gaps" "$(indices | tail -n 1)" \
		$(($4 - 1 + $3 + unsure))
	is "$name: nothing else was unsure" \
		"$(statistic clones.ambiguous)" 0
}

for program in "$helpers/forker" ${FIXTURE32:+"$helpers/forker32"}; do
	bits=64
	[ "$program" = "$helpers/forker" ] || bits=32
	counted "$program" restart 1000 1 "$bits"
	# A call that waits for us is not interrupted; without, hardly any
	# signal comes after it has gone on.
	without wait-killable ||
		isnt "restart: some were made again" \
			"$(statistic clones.again)" 0
	# The first one stops us.
	counted "$program" default 1000 2 "$bits"
	# Without the guard their calls fail.
	without signal-guard && continue
	for way in interrupt handler; do
		counted "$program" "$way" 1000 1 "$bits"
		is "$way: the guard is sure" \
			"$(statistic clones.again-unsure)" 0
		without wait-killable ||
			isnt "$way: some were made again" \
				"$(statistic clones.again)" 0
	done
done

# Children that nobody has seen have had a label, too.
run_ok "unseen children" timeout -k 5 120 "$SELFSAME" run \
	--log="$tmp/log" -- "$helpers/forker" unseen 200
is "count" "$(indices)" 200

# A shell whose children end while it forks.
# shellcheck disable=SC2016
loop='i=0
while [ "$i" -lt 40 ]; do
	(exit 3) &
	[ $((i % 8)) -ne 0 ] || "$0" same 1
	i=$((i + 1))
done
wait'
if ! without signal-guard; then
	for round in 1 2 3 4 5 6 7 8 9 10; do
		run_ok "a shell, round $round" "$SELFSAME" run \
			--log="$tmp/log" -- sh -c "$loop" "$helpers/asker"
		indices >"$tmp/$round"
		same "its labels" "$tmp/1" "$tmp/$round"
	done
fi

done_testing
