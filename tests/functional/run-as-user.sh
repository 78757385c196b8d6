#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every scenario again, as an ordinary user and as root of a user namespace.
# What such a user may not do is left out by the fixture, here and on the bare
# kernel alike.

. "${srcdir:?}/tests/lib/tap.sh"

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

mkdir "$tmp/bin" "$tmp/user"
cp "${SELFSAME:?}" "$tmp/bin/selfsame"
cp "${FIXTURE:?}" "$tmp/bin/mkworld"
cp -R "$srcdir/tests/lib" "$tmp/bin/lib"
chmod -R a+rX "$tmp"
chmod 1777 "$tmp/user"
mkdir "$tmp/bin/tests"
mv "$tmp/bin/lib" "$tmp/bin/tests/lib"
cp "$srcdir/tests/functional/sharing.sh" "$tmp/bin/tests/sharing.sh"

# again DESC UNFIT PREFIX...: without the scenarios that match UNFIT.
again() {
	name=$1
	unfit=$2
	shift 2
	"$@" env srcdir="$tmp/bin" TMPDIR="$tmp/user" \
		SELFSAME="$tmp/bin/selfsame" FIXTURE="$tmp/bin/mkworld" \
		FIXTURE32= SHARING_ONLY="$("$FIXTURE" -l | grep -Evx "$unfit" |
			tr '\n' ' ')" \
		sh "$tmp/bin/tests/sharing.sh" >"$tmp/tap" 2>"$err" || :
	nested "$tmp/tap" "$name: "
}

if [ "$(id -u)" -eq 0 ]; then
	again "uid 1000" none setpriv --reuid 1000 --regid 1000 --clear-groups
else
	skip "uid 1000" "only root can become another user"
fi
if unshare --user --map-root-user true 2>/dev/null; then
	# There is only one user, so nobody can become another.
	single='users|user-entered|dumpable-zombie|identities|round-trip'
	single="$single|setns-newborn|setns-copying|setns-unshared"
	again "user namespace" "$single|capabilities|cred-threads" \
		unshare --user --map-root-user
else
	skip "user namespace" "none can be made here"
fi

done_testing
