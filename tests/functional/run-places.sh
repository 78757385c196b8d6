#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who may run us and where: as another user, in namespaces, below filters of
# others, and on kernels that lack something.

. "${srcdir:?}/tests/lib/tap.sh"

unset SELFSAME_WITHOUT
helpers=${builddir:?}/tests/helpers

# Another user may not reach the build tree.
mkdir "$tmp/bin"
cp "${SELFSAME:?}" "$tmp/bin/selfsame"
cp "$helpers/asker" "$helpers/confine" "$helpers/kcmp-example" "$tmp/bin"
chmod -R a+rX "$tmp"
selfsame=$tmp/bin/selfsame
asker=$tmp/bin/asker
confine=$tmp/bin/confine

# works DESC PREFIX...: below PREFIX, a program gets the right answers.
works() {
	name=$1
	shift
	run_is "$name: a run" 7 "$@" "$selfsame" run -- sh -c '
		"$0" family && exit 7' "$asker"
	is "$name: the answers" "$(tr '\n' ' ' <"$out")" "VM differ FILE equal "
	empty "$name: nothing is said" "$err"
	run_ok "$name: the example of kcmp(2)" "$@" "$selfsame" run -- \
		"$tmp/bin/kcmp-example"
	cp "$out" "$tmp/example"
	"$tmp/bin/kcmp-example" >"$out"
	same "$name: as on the bare kernel" "$out" "$tmp/example"
}

works "as we are" env
if [ "$(id -u)" -eq 0 ]; then
	works "as root without capabilities" setpriv --bounding-set -all \
		--inh-caps -all
	works "as uid 1000" setpriv --reuid 1000 --regid 1000 --clear-groups
	works "as uid 1000 with no_new_privs" setpriv --reuid 1000 \
		--regid 1000 --clear-groups --no-new-privs
else
	skip "as another user" "only root can become one"
fi

# in_namespace DESC OPTION...: of unshare(1).
in_namespace() {
	name=$1
	shift
	if unshare "$@" true 2>/dev/null; then
		works "$name" unshare "$@"
	else
		skip "$name" "such a namespace cannot be made here"
	fi
}

in_namespace "as root of a user namespace" --user --map-root-user
in_namespace "as nobody of a user namespace" --user
in_namespace "in a pid namespace" --user --map-root-user --pid --fork \
	--mount-proc
# A namespace that the command makes.
if unshare --user --map-root-user --pid --fork true 2>/dev/null; then
	run_ok "namespaces inside" "$selfsame" run -- unshare --user \
		--map-root-user --pid --fork --mount-proc "$asker" family
	is "the answers inside" "$(tr '\n' ' ' <"$out")" \
		"VM differ FILE equal "
fi

# refused DESC ERE COMMAND...: 125, and one line that says why and what to do.
refused() {
	name=$1
	ere=$2
	shift 2
	run_is "$name is refused" 125 "$@"
	like "$name: why" "$(cat "$err")" "$ere"
	is "$name: one line" "$(wc -l <"$err")" 1
	empty "$name: the command has not run" "$out"
}

# Numbers in /proc are not those of the namespace then, but somebody else's.
if unshare --user --map-root-user --pid --fork true 2>/dev/null; then
	refused "a pid namespace without its own /proc" \
		'^selfsame: /proc is that of another pid namespace.*mount' \
		unshare --user --map-root-user --pid --fork \
		"$selfsame" run -- echo ran
	# The shell is 2 outside; what it starts next is 3 in both.
	# shellcheck disable=SC2016
	refused "the same, with the same number" \
		'^selfsame: /proc is that of another pid namespace' \
		unshare --user --map-root-user --pid --fork --mount-proc \
		unshare --pid --fork sh -c '
		echo 2 >/proc/sys/kernel/ns_last_pid
		"$0" run -- echo ran
		exit $?' "$selfsame"
else
	skip "a pid namespace without its own /proc" \
		"such a namespace cannot be made here"
fi

refused "a second listener of ours" \
	'^selfsame: .*another supervisor listens.*start selfsame outside' \
	"$selfsame" run -- "$selfsame" run echo ran
refused "a listener of somebody else" \
	'^selfsame: .*another supervisor listens.*start selfsame outside' \
	"$confine" listen - "$selfsame" run echo ran
run_ok "a command that wants a listener of its own" "$selfsame" run -- \
	"$confine" inside - echo ran
is "finds ours" "$(tr '\n' ' ' <"$out")" "EBUSY ran "
refused "an outer filter that refuses kcmp (EPERM)" \
	'^selfsame: kcmp is refused .*only the profile of the container' \
	"$confine" kcmp 1 "$selfsame" run echo ran
refused "an outer filter that refuses kcmp (ENOSYS)" \
	'^selfsame: kcmp is refused .*only the profile of the container' \
	"$confine" kcmp 38 "$selfsame" run echo ran
refused "an outer filter that answers kcmp with 0" \
	'^selfsame: kcmp is refused .*only the profile of the container' \
	"$confine" kcmp 0 "$selfsame" run echo ran
refused "an outer filter that refuses seccomp" \
	'^selfsame: .*seccomp' \
	"$confine" load 1 "$selfsame" run echo ran
run_is "a filter inside that refuses kcmp is the command's own" 7 \
	"$selfsame" run -- "$confine" kcmp 13 sh -c '"$0" family; exit 7' \
	"$asker"
is "and outranks us" "$(tr '\n' ' ' <"$out")" "VM EACCES FILE EACCES "

# Kernels that lack something.
for feature in user-notification pidfd-getfd process-vm-readv; do
	refused "a kernel without $feature" "^selfsame: .*$feature" \
		env SELFSAME_WITHOUT=$feature "$selfsame" run echo ran
done
for feature in wait-killable sync-wake-up dupfd-query kcmp thread-pidfd \
	proc-children; do
	works "without $feature" env SELFSAME_WITHOUT=$feature
done
works "without any of them" env \
	SELFSAME_WITHOUT=wait-killable,sync-wake-up,thread-pidfd,proc-children
refused "a feature that does not exist" \
	"^selfsame: unknown feature in SELFSAME_WITHOUT: 'walk'" \
	env SELFSAME_WITHOUT=walk "$selfsame" run echo ran

# Without /proc nothing can be learned.  (Nor can the sanitizers, which say so
# at length and first.)
if "$SELFSAME" --version | grep -q '+sanitizers'; then
	skip "a system without /proc" "the sanitizers need /proc themselves"
elif unshare --user --map-root-user --mount true 2>/dev/null; then
	# shellcheck disable=SC2016
	refused "a system without /proc" '^selfsame: .*/proc' unshare --user \
		--map-root-user --mount sh -c '
		mount -t tmpfs none /proc && exec "$0" run echo ran' \
		"$selfsame"
else
	skip "a system without /proc" "no mount namespace can be made here"
fi

done_testing
