# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Completion of selfsame(1) for bash.

_selfsame() {
	local current=${COMP_WORDS[COMP_CWORD]}
	local subcommand=${COMP_WORDS[1]-}
	local words=

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="run doctor policy --help --version"
	elif [ "$subcommand" = doctor ]; then
		words="--help"
	elif [ "$subcommand" = policy ]; then
		_selfsame_policy
		return
	elif [ "$subcommand" = run ]; then
		_selfsame_run
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

# What to do, then options and files.
_selfsame_policy() {
	if [ "$COMP_CWORD" -eq 2 ]; then
		mapfile -t COMPREPLY < <(compgen -W "check show test --help" \
			-- "$current")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "--inject= --help" \
			-- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -f -W "chromium-gpu docker \
			flaky observe self-only" -- "$current")
	fi
}

# Options up to the command; then what the command itself completes.
_selfsame_run() {
	local i word

	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--)
			i=$((i + 1))
			break
			;;
		-e | -o) i=$((i + 1)) ;;
		=) i=$((i + 1)) ;;
		-*) ;;
		*) break ;;
		esac
	done
	if [ "$i" -gt "$COMP_CWORD" ] || [ "${COMP_WORDS[COMP_CWORD - 1]}" = = ]
	then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	elif [ "$i" -lt "$COMP_CWORD" ]; then
		if declare -F _command_offset >/dev/null; then
			_command_offset "$i"
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		fi
	elif [[ $current == -* && ${COMP_WORDS[i - 1]} != -- ]]; then
		mapfile -t COMPREPLY < <(compgen -W "--audit --inject= \
			--kill-on-exit --learn= --log --log= --policy= \
			--stack-trace --stats --would-deny --help -e -k -o" \
			-- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -c -- "$current")
	fi
}

complete -o default -F _selfsame selfsame
