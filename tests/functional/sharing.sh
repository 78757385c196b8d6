# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# Every scenario of the fixture, on the bare kernel and under supervision: the
# transcripts must be the same.  The kernel is the oracle, so nothing is
# expected here that it did not say a moment before.
#
# SHARING_ONLY, a list of scenarios, leaves the others out.

. "${srcdir:?}/tests/lib/tap.sh"

# So long a scenario may take; it is there for those that hang.
limit=120

# Prints the reason for which a transcript was cut short.
skip_reason() {
	sed -n 's/^SKIP //p' "$1" | head -n 1
}

# Without thread pidfds nobody can look into a thread's own table.  Then the
# answers may differ, but only where --stats counts, in the same run, what could
# not be fetched.
case ,${SELFSAME_WITHOUT:-}, in
*,thread-pidfd,*) stats=--stats ;;
*) stats= ;;
esac

says_inexact() {
	[ -n "$stats" ] || return 1
	mv "$tmp/inside.err" "$tmp/stats"
	grep -Ev '^[A-Za-z0-9_.-]+ [0-9]+$' "$tmp/stats" >"$tmp/inside.err"
	cmp -s "$tmp/native" "$tmp/inside" && return 1
	grep -q '^slots\.unfetchable [1-9]' "$tmp/stats"
}

# compare DESC PROGRAM ARG...: one test.
compare() {
	name=$1
	shift
	native=0
	inside=0
	timeout "$limit" "$@" >"$tmp/native" 2>"$tmp/native.err" || native=$?
	if [ "$native" -ne 0 ] ||
	   [ "$(tail -n 1 "$tmp/native")" != DONE ]; then
		fail "$name"
		diag "the fixture failed on the bare kernel: status $native"
		diag_file "transcript" "$tmp/native"
		diag_file "standard error" "$tmp/native.err"
		return
	fi
	timeout "$limit" "${SELFSAME:?}" run $stats -- "$@" \
		>"$tmp/inside" 2>"$tmp/inside.err" || inside=$?
	if says_inexact; then
		pass "$name (not exact without thread pidfds, and says so)"
		return
	fi
	if ! diff "$tmp/native" "$tmp/inside" >"$tmp/diff" 2>&1 ||
	   [ "$inside" -ne 0 ] || [ -s "$tmp/inside.err" ]; then
		fail "$name"
		diag "status $inside; < is the kernel, > is the supervisor"
		diag_file "difference" "$tmp/diff"
		diag_file "standard error" "$tmp/inside.err"
		return
	fi
	reason=$(skip_reason "$tmp/native")
	if [ -n "$reason" ]; then
		skip "$name" "$reason"
	else
		pass "$name"
	fi
}

# Of a scenario that every width and privilege can play.
in_first_process="self errors fork threads vfork-third clone-flags exec-leader
exec-thread dup epoll zombie daemon storm-mixed"

# Without kcmp an item whose file is ready cannot be looked for: it is refused,
# and counted (slots.unfetchable).
beyond='^$'
case ,${SELFSAME_WITHOUT:-}, in
*,kcmp,*)
	beyond='^epoll-held$'
	;;
esac

compare_all() {
	width=$1
	program=$2
	for scenario in ${SHARING_ONLY:-$("$program" -l | grep -v "$beyond")}; do
		compare "$width: $scenario" "$program" "$scenario"
	done
	[ -z "${SHARING_ONLY:-}" ] || return 0
	for scenario in $in_first_process; do
		compare "$width: $scenario, first process" \
			"$program" -1 "$scenario"
		compare "$width: $scenario, after three execs" \
			"$program" -x 3 "$scenario"
	done
}

# The two widths in one sandbox, and several scenarios beside each other.
compare_mixed() {
	cat >"$tmp/mixed" <<-'END'
		dir=$1
		shift
		count=0
		for program do
			for scenario in fork-chain exec-many epoll-order \
				storm-files storm-fork; do
				count=$((count + 1))
				"$program" "$scenario" >"$dir/$count" &
			done
		done
		wait
		number=0
		while [ "$number" -lt "$count" ]; do
			number=$((number + 1))
			cat "$dir/$number"
		done
		echo DONE
	END
	mkdir "$tmp/mixed.d"
	compare "scenarios beside each other" sh "$tmp/mixed" "$tmp/mixed.d" \
		"$@"
}

compare_all native "${FIXTURE:?}"
if [ -n "${FIXTURE32:-}" ]; then
	compare_all i386 "$FIXTURE32"
else
	skip "i386" "no 32-bit build of the fixture"
fi
if [ -z "${SHARING_ONLY:-}" ]; then
	compare_mixed "$FIXTURE" ${FIXTURE32:+"$FIXTURE32"}
fi

done_testing
