#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The table of calls that check_match.c puts to the matcher, put to real tasks:
# each row is a family of them (kin.c), of which one asks.  Left out are those
# that need what such a family has not: other users, other programs, labels of
# others, stacks.

. "${srcdir:?}/tests/lib/tap.sh"

kin=${builddir:?}/tests/helpers/kin
cd "$tmp" || bail "cannot enter $tmp"

# Types by their numbers.
number_of() {
	case $1 in
	FILE) echo 0 ;;
	VM) echo 1 ;;
	FILES) echo 2 ;;
	FS) echo 3 ;;
	SIGHAND) echo 4 ;;
	IO) echo 5 ;;
	SYSVSEM) echo 6 ;;
	EPOLL_TFD) echo 7 ;;
	invalid) echo 4711 ;;
	esac
}

# What of kin's options makes the call?  Sets $options, or fails.
stage() {
	type='' first=self second=self options=-c
	for word in $1; do
		case $word in
		type=*) type=$(number_of "${word#*=}") ;;
		relation=*,*)
			first=${word#*=} second=${first#*,} first=${first%%,*}
			options=
			;;
		relation=*) first=${word#*=} second=$first options= ;;
		fd=*,*) fds="-f ${word#*=}" ;;
		fd=*) fds="-f ${word#*=},${word#*=}" ;;
		nth=*) nth="-n ${word#*=}" ;;
		same=yes) ;;
		same=no) second=child options= ;;
		same=error) second=unknown ;;
		task=1) ;;
		*) return 1 ;;
		esac
	done
	case $first,$second in
	*+*) return 1 ;;
	esac
	options="$options $fds $nth $type $first $second"
}

# CALL RULES ACTION DECIDER: empty, or what is wrong.
live() {
	fds='' nth=''
	echo "selfsame: 1" >settings.yaml
	stage "$1" || return 0
	echo . >>lived
	action=$3 decider=$4 call=$1
	# Several words are several rules.
	# shellcheck disable=SC2086
	set -- $2
	for word; do
		shift
		case $word in
		kcmp*same-user*) return 0 ;;
		kcmp*) set -- "$@" "--inject=$word" ;;
		*=E*) echo "${word%%=*}: {error: ${word#*=}}" >>settings.yaml ;;
		*=*) echo "${word%%=*}: ${word#*=}" >>settings.yaml ;;
		esac
	done
	# shellcheck disable=SC2086
	timeout 60 "${SELFSAME:?}" run --log=log "$@" --policy=./settings.yaml \
		-- "$kin" $options >answer 2>said
	case $action,$decider in
	model,default) wanted="[^]]" ;;
	*,*)
		case $action in
		*,*) wanted="\[$decider: $action\]" ;;
		"error "*) wanted=" = -1 ${action#* } .*\[$decider\]" ;;
		"retval "*) wanted=" = ${action#* } \[$decider\]" ;;
		model) wanted="\[$decider\]" ;;
		*) wanted="\[$decider: $action\]" ;;
		esac
		;;
	esac
	tail -n 1 log | grep -q "$wanted\$" ||
		echo "$call $*: $(tail -n 1 log), not $wanted; $(cat said)"
}

: >lived
while IFS='|' read -r call rules action decider; do
	case $call in
	'#'* | '') continue ;;
	esac
	decider=${decider# }
	case $decider in
	[0-9]*) decider="rule $decider" ;;
	esac
	action=${action# }
	(set -f; live "${call% }" "$rules" "${action% }" "$decider")
done <"$srcdir/tests/data/policy/decisions" >wrong
is "every row is decided as the table says" "$(cat wrong)" ""
ok "there are at least 150" test "$(wc -l <lived)" -ge 150
diag "$(wc -l <lived) rows of the table were lived"
done_testing
