# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# For tests with large programs; to be sourced after tap.sh.
#
#	audited DESC COMMAND...		COMMAND does the same under audit as it
#					does natively: its status, its output,
#					and no answer differs from the kernel's
#	audited_only DESC COMMAND...	the same, for output that is never the
#					same twice: only its status
#	needs DESC PROGRAM...		false, and a skip, if one is missing
#
# While COMMAND runs, a process beside it asks about all its tasks, so that
# something is compared.  APPS_ROUNDS says how often each is run, APPS_SECONDS
# how long what has no end of its own.

rounds=${APPS_ROUNDS:-2}
# For those who source this.
# shellcheck disable=SC2034
seconds=${APPS_SECONDS:-5}
asker=${builddir:?}/tests/helpers/asker

case ,${SELFSAME_WITHOUT:-}, in
*,kcmp,*) skip_all "no audit without the host's kcmp" ;;
esac

needs() {
	needs_name=$1
	shift
	for program do
		command -v "$program" >/dev/null && continue
		skip "$needs_name" "$program is not installed"
		return 1
	done
}

# What the audit says goes to a descriptor that the command does not write to:
# its standard error is another file.
app_round() {
	app_status=0
	timeout -k 5 300 "${SELFSAME:?}" run --audit -- "$asker" among \
		sh -c 'exec "$@" 2>"$0"' "$tmp/app.err" "$@" \
		>"$tmp/app.out" 2>"$tmp/app.audit" || app_status=$?
	app_line=$(grep 'answers compared with the kernel' "$tmp/app.audit")
	case $app_line in
	"selfsame: audit: 0 answers"*) return 1 ;;
	"selfsame: audit: "*", 0 differ") ;;
	*) return 1 ;;
	esac
	[ "$app_status" -eq "$native_status" ] || return
	[ "$compare_output" = no ] || {
		cmp -s "$tmp/native.out" "$tmp/app.out" &&
		cmp -s "$tmp/native.err" "$tmp/app.err"
	}
}

app_rounds() {
	app_name=$1
	shift
	native_status=0
	timeout -k 5 300 "$@" >"$tmp/native.out" 2>"$tmp/native.err" ||
		native_status=$?
	round=0
	while [ "$round" -lt "$rounds" ]; do
		round=$((round + 1))
		app_round "$@" && continue
		fail "$app_name"
		diag "round $round: status $app_status," \
			"natively $native_status"
		diag_file "what the audit said" "$tmp/app.audit"
		diff "$tmp/native.out" "$tmp/app.out" >"$tmp/app.diff"
		diag_file "standard output, native and inside" "$tmp/app.diff"
		diff "$tmp/native.err" "$tmp/app.err" >"$tmp/app.diff"
		diag_file "standard error, native and inside" "$tmp/app.diff"
		return
	done
	pass "$app_name"
	diag "${app_line#selfsame: }"
}

audited() {
	compare_output=yes
	app_rounds "$@"
}

audited_only() {
	compare_output=no
	app_rounds "$@"
}
