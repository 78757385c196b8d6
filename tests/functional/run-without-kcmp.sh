#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# With kcmp refused to us alone, every scenario has the same answers: none is
# made by putting the question to the kernel.

. "${srcdir:?}/tests/lib/tap.sh"

command -v strace >/dev/null || skip_all "strace is not installed"
unset SELFSAME_WITHOUT

# Takes over the points of another script's TAP, FILE, with PREFIX before each.
# One that was left out there was compared all the same, so it counts.
nested() {
	[ "$(tail -n 1 "$1" | cut -c 1-3)" = "1.." ] ||
		fail "${2:-}the script came to its end"
	while read -r verdict word rest; do
		case "$verdict $word" in
		"not ok")
			fail "${2:-}${rest#* - }"
			;;
		"ok "*)
			rest=${rest#- }
			pass "${2:-}${rest%%#*}"
			;;
		"#"*)
			diag "$word $rest"
			;;
		esac
	done <"$1"
}

# Without -f strace sees us and not our children.
cat >"$tmp/wrapper" <<'END'
#!/bin/sh
ASAN_OPTIONS=detect_leaks=0 exec strace -qq -o /dev/null -e trace=kcmp \
	-e inject=kcmp:error=ENOSYS "$REAL_SELFSAME" "$@"
END
chmod +x "$tmp/wrapper"
REAL_SELFSAME=${SELFSAME:?}
export REAL_SELFSAME

# The wrapper does what it should.
run_ok "doctor finds no kcmp" "$tmp/wrapper" doctor
like "and says so" "$(cat "$out")" '^kcmp  *absent'

# Every system call of ours stops us, so what makes most of them is left out:
# storms, and two with hundreds of files: one differs from another in number, in
# the other all are alike, so that each is compared with all (735,000 calls of
# ours, which mkworld's watchdog does not wait for on a busy machine).  `make
# check-degraded` has them, without kcmp and without strace.
# An item whose file is ready cannot be looked for without kcmp (that is refused
# with EPERM, and counted): so it is in epoll-held, by its nature.
left_out='^(storm-|many-files|epoll-failed|epoll-held$)'

# again PREFIX FIXTURE FILTER: the scenarios that the filter leaves.
again() {
	SELFSAME=$tmp/wrapper FIXTURE=$2 FIXTURE32='' \
		SHARING_ONLY="$("$2" -l | grep -Ev "$left_out" |
			grep -E "$3" | tr '\n' ' ')" \
		sh "$srcdir/tests/functional/sharing.sh" >"$tmp/tap" \
		2>"$err" || :
	nested "$tmp/tap" "$1"
}

again "" "${FIXTURE:?}" .
if [ -n "${FIXTURE32:-}" ]; then
	again "i386 " "$FIXTURE32" '^(errors|fork|threads|dup|epoll|exec-leader)$'
fi

done_testing
