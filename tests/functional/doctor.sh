#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What doctor says, and that it knows when `run` will not work.

. "${srcdir:?}/tests/lib/tap.sh"

# What the first word of a finding's line says of it.
state() {
	sed -n "s/^$1  *\([a-z]*\) .*/\1/p" "$out"
}

run_ok "run will work here" "${SELFSAME:?}" doctor
empty "nothing on standard error" "$err"
is "the last line says so" "$(tail -n 1 "$out" | cut -d, -f1 | tr -d .)" \
	"'selfsame run' will work here"
is "the trial passed" "$(state trial)" passed
for name in user-notification wait-killable sync-wake-up pidfd-getfd \
	process-vm-readv dupfd-query kcmp thread-pidfd proc-children \
	signal-guard; do
	like "$name is reported" "$(state "$name")" '^(present|absent)$'
	like "$name is in the manual" \
		"$(sed 's/\\-/-/g' "$srcdir/doc/selfsame.1")" \
		"^\\.BR? $name( [,.])?\$"
done
is "nothing else is reported as a feature" \
	"$(grep -cE ' (present|absent) ' "$out")" \
	"$((10 + $(grep -c '^yama  *absent ' "$out")))"

for name in wait-killable sync-wake-up dupfd-query kcmp thread-pidfd \
	proc-children signal-guard; do
	run_ok "run will work without $name" \
		env SELFSAME_WITHOUT="$name" "$SELFSAME" doctor
	is "$name is absent then" "$(state "$name")" absent
	like "without $name, the cost is told" \
		"$(grep -A 1 "^$name " "$out" | sed -n 2p)" '^ {31}[^ ]'
done
for name in user-notification pidfd-getfd process-vm-readv; do
	run_is "run will not work without $name" 1 \
		env SELFSAME_WITHOUT="$name" "$SELFSAME" doctor
	is "$name is absent then" "$(state "$name")" absent
	is "without $name, the last line says so" "$(tail -n 1 "$out")" \
		"'selfsame run' will not work here."
done
run_ok "several can be absent" \
	env SELFSAME_WITHOUT=kcmp,dupfd-query "$SELFSAME" doctor
is "both are" "$(state kcmp) $(state dupfd-query)" "absent absent"

run_is "an unknown feature is an error" 125 \
	env SELFSAME_WITHOUT=kcmp,walk,kcmp "$SELFSAME" doctor
like "it is named" "$(cat "$err")" \
	"^selfsame: unknown feature in SELFSAME_WITHOUT: 'walk';"
empty "and nothing is reported" "$out"

run_is "inside another listener, run will not work" 1 \
	"$SELFSAME" run "$SELFSAME" doctor
is "the trial failed" "$(state trial)" failed
like "the cause is named" "$(cat "$out")" "another supervisor's filter"
is "the filter is seen" "$(sed -n 's/^seccomp filter *//p' "$out" |
	cut -d' ' -f1)" outside

# A tracer that answers kcmp outranks us as a container's filter does.
if command -v strace >/dev/null; then
	# The leak checker of a sanitized build cannot work under a tracer.
	set -- env ASAN_OPTIONS=detect_leaks=0
	run_is "below a refusal of kcmp, run will not work" 1 \
		"$@" strace -f -qq -o /dev/null -e trace=kcmp \
		-e inject=kcmp:error=EPERM "$SELFSAME" doctor
	is "there the trial failed" "$(state trial)" failed
	like "the profile is blamed" "$(cat "$out")" \
		'profile or a tracer around'
	is "kcmp is absent" "$(state kcmp)" absent

	run_ok "if only our own kcmp is refused, run will work" \
		"$@" strace -qq -o /dev/null -e trace=kcmp \
		-e inject=kcmp:error=ENOSYS "$SELFSAME" doctor
	is "without --audit" "$(tail -n 1 "$out")" \
		"'selfsame run' will work here, without --audit."
else
	skip "outer refusals" "strace is not installed"
fi

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	# The build tree may be out of that user's reach.
	cp "$SELFSAME" "$tmp/copy"
	chmod 755 "$tmp" "$tmp/copy"
	run_ok "no privileges are needed" setpriv --reuid 65534 \
		--regid 65534 --clear-groups --bounding-set -all \
		"$tmp/copy" doctor
	like "the user is named" "$(cat "$out")" '^user  *uid 65534 '
fi
if unshare -Ur true 2>/dev/null; then
	run_ok "a user namespace is enough" unshare -Ur "$SELFSAME" doctor
	like "it is noticed" "$(cat "$out")" \
		'^user  *uid 0  *in a user namespace of its own$'
else
	skip "a user namespace is enough" "none can be made here"
fi

done_testing
