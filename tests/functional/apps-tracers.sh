#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs that trace others or build containers.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/functional/apps.sh"

if needs "strace -f" strace; then
	cat >"$tmp/traced" <<'END'
strace -f -qq -e trace=execve,exit_group -o "$1" \
	sh -c '/bin/true; (exit 3); echo "$(echo inner)"; sh -c "exit 4"'
echo "status $?"
sed -E 's/^[0-9]+ +//' "$1" | grep -c '^execve('
grep -c 'exit_group(4)' "$1"
END
	audited "strace -f" sh "$tmp/traced" "$tmp/trace"
	like "it has seen the end" "$(cat "$tmp/app.out")" '^status 4$'
	mkfifo "$tmp/ready"
	cat >"$tmp/attached" <<'END'
"$2" signals >"$1" &
asker=$!
exec 3<"$1"
read -r line <&3
strace -f -qq -e trace=none -e signal=none -p "$asker" &
tracer=$!
until grep -q "^TracerPid:.[1-9]" "/proc/$asker/status"; do
	:
done
kill -s TERM "$asker"
wait "$asker"
echo "traced: $?"
wait "$tracer"
echo "tracer: $?"
END
	audited "strace -p" sh "$tmp/attached" "$tmp/ready" "$asker"
	is "both have ended well" "$(tr '\n' ' ' <"$tmp/app.out")" \
		"traced: 9 tracer: 0 "
fi

# Everything that gdb is asked for is printed without addresses.
compiler=${CC:-cc}
compiler=${compiler%% *}
if needs "gdb" gdb "$compiler"; then
	cat >"$tmp/program.c" <<'END'
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int add(int a, int b)
{
	return a + b;
}

static void *thread(void *unused)
{
	return unused;
}

int main(void)
{
	pthread_t id;
	int sum = 0;

	pthread_create(&id, 0, thread, 0);
	pthread_join(id, 0);
	for (int i = 0; i < 3; i++)
		sum = add(sum, i);
	if (fork() == 0)
		_exit(0);
	wait(0);
	return sum;
}
END
	"$compiler" -g -O0 -pthread -o "$tmp/program" "$tmp/program.c" ||
		bail "the program does not compile"
	printf '%s\n' 'set confirm off' 'set print thread-events off' \
		'break add' 'run' 'print b' 'continue' 'print b' 'finish' \
		'delete' 'continue' >"$tmp/commands"
	# To switch off randomisation is what a container may forbid.
	cat >"$tmp/debugged" <<'END'
gdb -nx -batch -iex 'set disable-randomization off' -x "$1" "$2" 2>&1 |
	grep -E '^\$|^Value returned|exited|^Breakpoint [0-9]+,|hit' |
	sed -E 's/process [0-9]+/process N/; s/\(LWP [0-9]+\)//; s/0x[0-9a-f]+/X/g'
END
	audited "gdb with a breakpoint" sh "$tmp/debugged" "$tmp/commands" \
		"$tmp/program"
	like "the breakpoint was hit" "$(cat "$tmp/app.out")" '^\$2 = 1$'
	like "and the program went on to its end" "$(cat "$tmp/app.out")" \
		'exited with code 03'
fi

if needs "bwrap --unshare-all" bwrap; then
	set -- --unshare-all --ro-bind / / --proc /proc
	if ! bwrap "$@" true 2>"$err"; then
		# Some containers do not let their /proc be mounted anew.
		diag "without a /proc of its own: $(cat "$err")"
		set -- --unshare-all --ro-bind / / --dev-bind /proc /proc
	fi
	if bwrap "$@" true 2>"$err"; then
		audited "bwrap --unshare-all" bwrap "$@" --die-with-parent \
			sh -c '(exit 3); id -u; head -c 5 /dev/zero | wc -c
				sh -c "exit 5"'
		is "its status is its own" "$app_status" 5
		audited "questions inside of it" bwrap "$@" "$asker" family
		is "and their answers" "$(tr '\n' ' ' <"$tmp/app.out")" \
			"VM differ FILE equal "
	else
		skip "bwrap --unshare-all" "no namespaces can be made here"
		diag_file "what it said" "$err"
	fi
fi

done_testing
