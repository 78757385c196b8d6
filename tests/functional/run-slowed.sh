#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each look of ours into /proc is late, by more or less, so that what ends does
# so between any two of them.

. "${srcdir:?}/tests/lib/tap.sh"

command -v strace >/dev/null || skip_all "strace is not installed"

# Without -f strace sees us and not our children.
cat >"$tmp/wrapper" <<'END'
#!/bin/sh
ASAN_OPTIONS=detect_leaks=0 exec strace -qq -o /dev/null -e trace=openat \
	-e inject=openat:delay_enter="$DELAY" "$REAL_SELFSAME" "$@"
END
chmod +x "$tmp/wrapper"
REAL_SELFSAME=${SELFSAME:?}
export REAL_SELFSAME

# Microseconds.
for DELAY in 20 50 100 200 400; do
	export DELAY
	for scenario in killed-thread thread-exec; do
		run_ok "$scenario, $DELAY us late" "$tmp/wrapper" run \
			"${FIXTURE:?}" "$scenario"
		like "no answer is wrong" "$(cat "$out")" '^wrong: 0$'
	done
done

done_testing
