#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs that use kcmp themselves.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/functional/apps.sh"

# all_agree DESC: of the last run: status 0, and the audit is content.
all_agree() {
	is "$1: exit status" "$status" 0
	like "$1: no answer differs" "$(cat "$err")" \
		'^selfsame: audit: [1-9][0-9]* answers compared.* 0 differ$'
	[ "$status" -eq 0 ] || tap_show_run
	diag "$(grep compared "$err")"
}

if needs "stress-ng" stress-ng; then
	run timeout $((seconds + 120)) "${SELFSAME:?}" run --audit -- \
		stress-ng --kcmp 4 -t "$seconds" --verify
	all_agree "stress-ng --kcmp"
	is "stress-ng itself is content" \
		"$(grep -E ' (fail|error): ' "$out" "$err")" ""
	like "and has done something" "$(cat "$out" "$err")" \
		'successful run completed'
fi

"$builddir/tests/helpers/kcmp-example" >"$tmp/bare"
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	run "$SELFSAME" run --audit -- "$builddir/tests/helpers/kcmp-example"
	all_agree "the example of kcmp(2), round $round"
	same "the same as on the bare kernel" "$tmp/bare" "$out"
done

# The whole fixture.  Some of its scenarios ask about tasks outside or fail on
# purpose; all that the kernel can be asked is compared.
run timeout 300 "$SELFSAME" run --audit -- "${FIXTURE:?}" all
all_agree "the fixture"
if [ -n "${FIXTURE32:-}" ]; then
	run timeout 300 "$SELFSAME" run --audit -- "$FIXTURE32" all
	all_agree "the i386 fixture"
else
	skip "the i386 fixture" "no 32-bit build of it"
fi

# lsfd lists threads, and asks kcmp which of them share a table.  Numbers of
# processes and inodes differ from run to run.
if needs "lsfd" lsfd; then
	cat >"$tmp/list" <<-'END'
		lsfd -l -n -p "$ASKER" -o COMMAND,ASSOC,TYPE,MODE,FLAGS |
			tr -s ' '
		echo "eventfds: $(lsfd -l -n -p "$ASKER" -o NAME |
			grep -c eventfd)"
	END
	audited "lsfd -l beside threads" "$asker" hold sh "$tmp/list"
	is "it has looked into the tables of two threads" \
		"$(tail -n 1 "$tmp/app.out")" "eventfds: 2"
	run "$SELFSAME" run --audit -- "$asker" hold sh "$tmp/list"
	all_agree "lsfd's own questions"
fi

done_testing
