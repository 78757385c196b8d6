#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# On a terminal, below an interactive shell: each dialogue is the same with us
# as with env(1).

. "${srcdir:?}/tests/lib/tap.sh"

command -v python3 >/dev/null || skip_all "python3 is not installed"
command -v bash >/dev/null || skip_all "bash is not installed"

asker=${builddir:?}/tests/helpers/asker
export asker tmp

# dialogue DESC COMMAND... <DIALOGUE: {} stands for env, then for us.
dialogue() {
	name=$1
	shift
	cat >"$tmp/dialogue"
	for RUNNER in env "${SELFSAME:?} run"; do
		export RUNNER
		case $RUNNER in
		env) with="with env" ;;
		*) with="with us" ;;
		esac
		# shellcheck disable=SC2046
		run_ok "$name, $with" python3 \
			"$srcdir/tests/helpers/ptytalk.py" \
			$(printf '%s\n' "$@" | sed "s,^{}\$,$RUNNER,") \
			<"$tmp/dialogue"
	done
}

# The prompt is the end of a command.  What is typed is shown as well, so no
# expected text is typed as it will be printed.  A key that makes a signal is
# shown after that was sent, so what comes of the signal may come before it.
echo "PS1='PROMPT> '" >"$tmp/rc"
shell="bash --noprofile --noediting --rcfile $tmp/rc -i"

# shellcheck disable=SC2086
dialogue "Ctrl-C and Ctrl-\\ come once" $shell <<'END'
expect PROMPT> $
send {} $asker signals
expect \nready\r\n
key c
expect got INT\r\n
key \
expect ^(\^C)?(\^\\)?got QUIT\r\n
key c
expect ^(\^\\)?(\^C)?got INT\r\n
resize
expect ^(\^C)?got WINCH\r\n
key \
expect ^(\^\\)?got QUIT\r\n
key z
expect \[1\]\+ +Stopped
expect PROMPT> (\^Z)?$
send kill %1; fg; echo st''=$?
expect got TERM\r\n
expect st=9\r\n
expect PROMPT> $
send exit
status 0
END

# shellcheck disable=SC2086
dialogue "Ctrl-C ends a command that does not mind" $shell <<'END'
expect PROMPT> $
send {} sh -c 'echo rea''dy; exec sleep 1000'
expect \nready\r\n
key c
expect PROMPT> $
send echo st''=$?
expect st=130\r\n
expect PROMPT> $
send exit
status 0
END

# Everybody in the job is stopped, and continued.
# shellcheck disable=SC2086
dialogue "Ctrl-Z, fg, Ctrl-Z, bg, kill" $shell <<'END'
expect PROMPT> $
send {} $asker signals
expect \nready\r\n
key z
expect \[1\]\+ +Stopped
expect PROMPT> (\^Z)?$
send ps -e -o pgid= -o stat= | awk -v job=$(jobs -p) '$1 == job { print "state=" substr($2, 1, 1) }' | sort -u
expect \nstate=T\r\n
expect ^PROMPT> $
send fg
expect (got CONT\r\n)+
key c
expect got INT\r\n
key z
expect \[1\]\+ +Stopped
expect PROMPT> (\^Z)?$
send bg
expect got CONT\r\n
send kill %1; wait %1; echo st''=$?
expect got TERM\r\n
expect st=9\r\n
send exit
status 0
END

# We are stopped with the command, but not for longer than it is.
# shellcheck disable=SC2086
dialogue "stopped, and continued from inside" $shell <<END
expect PROMPT> \$
send rm -f $tmp/go
expect PROMPT> \$
send {} $asker stops continue $tmp/go
expect \[1\]\+ +Stopped
expect PROMPT> \$
send touch $tmp/go
expect went on\r\n
send exit 0
status 0
END

# Somebody who is not stopped needs us meanwhile; for the shell the job is as
# stopped as before.  It may say so once more, as "[1]+  Stopped ...": only the
# line of fg begins with the command.
if command -v setsid >/dev/null; then
	cat >"$tmp/busy" <<'END'
echo ready
until [ -e "$1/go" ]; do :; done
(exit 3)
echo "$$" >"$1/did"
END
	# Its own end is the last thing for which it needs us.
	cat >"$tmp/settled" <<'END'
until read -r pid 2>/dev/null <"$1/did"; do :; done
until ps -o stat= -p "$pid" | grep -q ^Z; do :; done
until ps -o stat= -p "$2" | grep -q ^T; do :; done
END
	# shellcheck disable=SC2086
	dialogue "needed while it is stopped" $shell <<END
expect PROMPT> \$
send rm -f $tmp/go $tmp/did
expect PROMPT> \$
send {} sh -c 'setsid sh $tmp/busy $tmp & exec cat'
expect \nready\r\n
key z
expect \[1\]\+ +Stopped
expect PROMPT> (\^Z)?\$
send touch $tmp/go; sh $tmp/settled $tmp \$(jobs -p); fg; echo st''=\$?
expect \n[^[][^\n]*exec cat'\r\n
send hello
expect hello\r\nhello\r\n
key d
expect st=0\r\n
send exit
status 0
END
fi

# shellcheck disable=SC2086
dialogue "killed while it is stopped" $shell <<END
expect PROMPT> \$
send rm -f $tmp/go
expect PROMPT> \$
send {} $asker stops kill $tmp/go
expect \[1\]\+ +Stopped
expect PROMPT> \$
send touch $tmp/go; while kill -0 %1; do :; done 2>/dev/null; echo en''ded
expect \nended\r\n
expect PROMPT> \$
send exit
status 0
END

# shellcheck disable=SC2086
dialogue "a command reads the terminal to its end" $shell <<'END'
expect PROMPT> $
send {} sh -c 'echo rea''dy; exec cat'
expect \nready\r\n
send hello
expect hello\r\nhello\r\n
key d
expect PROMPT> $
send echo st''=$?
expect st=0\r\n
expect PROMPT> $
send exit
status 0
END

# shellcheck disable=SC2086
dialogue "reading in the background stops the job, fg lets it go on" $shell <<'END'
expect PROMPT> $
send {} cat & wait %1; echo st''=$?
expect st=149\r\n
expect PROMPT> $
send jobs
expect \[1\]\+ +Stopped
expect PROMPT> $
send fg
expect cat\r\n
send hello
expect hello\r\nhello\r\n
key d
expect PROMPT> $
send exit
status 0
END

# shellcheck disable=SC2086
dialogue "in the middle of a pipeline" $shell <<'END'
expect PROMPT> $
send echo one | {} sed s/one/two/ | tr w W
expect tWo\r\n
expect PROMPT> $
send exit
status 0
END

# A closed terminal: the kernel tells the leader of the session, which may be
# we; a shell tells its jobs.
# Both may be heard of; once is enough.
# It waits in wait: a signal just before read would be seen only after it.
mkfifo "$tmp/proof"
# shellcheck disable=SC2016
printf '%s\n' \
	'trap "trap \"\" HUP; kill \$! 2>/dev/null; echo told >\"$tmp/proof\"; exit 0" HUP' \
	'sleep 1000 & echo ready; wait' >"$tmp/last"

dialogue "a closed terminal, of the command's own session" \
	{} sh "$tmp/last" <<'END'
expect ready\r\n
hangup
hear $tmp/proof told
status 0
END

# shellcheck disable=SC2086
dialogue "a closed terminal, of a shell's session" $shell <<'END'
expect PROMPT> $
send {} sh $tmp/last
expect \nready\r\n
hangup
hear $tmp/proof told
END

done_testing
