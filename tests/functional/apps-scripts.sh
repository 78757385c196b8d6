#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shells, make and daemons inside.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/functional/apps.sh"

# What shells do: pipes, substitutions, subshells, background jobs, traps,
# redirections of many numbers.
cat >"$tmp/script" <<'END'
set -u
trap 'echo trapped' USR1
count=0
for word in a b c d e f g h; do
	count=$((count + $(echo "$word" | wc -c)))
	(echo "$word" | tr a-z A-Z | sed "s/^/$count /")
done
for number in 1 2 3 4 5 6; do
	(exit "$number") &
	wait $!
	echo "job $number: $?"
done
exec 3>&1 4>&2
{ echo one >&3; echo two; } 3>&1 >/dev/null | sed 's/^/3: /'
exec 3>&- 4>&-
kill -s USR1 $$
seq 200 | while read -r n; do echo "$((n * n))"; done | tail -n 3
seq 40 | xargs -n 1 -P 4 sh -c 'exit 0' && echo "xargs: $?"
find / -maxdepth 1 -name proc -exec echo found {} \;
echo "killed: $(exec 2>/dev/null; sh -c 'kill -9 $$'; echo $?)"
(echo left behind) &
wait
cat <<-HERE
	a here-document of $(basename "$0")
HERE
exit 9
END
for shell in bash dash; do
	needs "a $shell script" "$shell" && {
		audited "a $shell script" "$shell" "$tmp/script"
		is "its status is its own" "$native_status $app_status" "9 9"
	}
done
if needs "bash: coprocesses and process substitution" bash; then
	cat >"$tmp/bashisms" <<-'END'
		coproc cat
		echo through >&"${COPROC[1]}"
		read -r line <&"${COPROC[0]}"
		eval "exec ${COPROC[1]}>&-"
		echo "$line"
		diff <(seq 5) <(seq 6)
		seq 3 > >(cat >&2)
		wait
		for i in {1..20}; do : & done; wait
		printf '%s\n' "${PIPESTATUS[@]}"
	END
	audited "bash: coprocesses and process substitution" bash \
		"$tmp/bashisms"
fi

# A project of some files, compiled in parallel.
compiler=${CC:-cc}
compiler=${compiler%% *}
make_project() {
	mkdir "$tmp/project"
	echo 'int main(void) { return 0' >"$tmp/project/main.c"
	for n in 1 2 3 4 5 6 7 8; do
		printf '#include <stdio.h>\nint f%d(void);\n' "$n"
		printf 'int f%d(void) { return printf("%d\\n") - 2; }\n' \
			"$n" "$n"
	done >"$tmp/all"
	for n in 1 2 3 4 5 6 7 8; do
		sed -n "$((3 * n - 2)),$((3 * n))p" "$tmp/all" \
			>"$tmp/project/f$n.c"
		echo "+ f$n()" >>"$tmp/project/main.c"
		sed -i "1iint f$n(void);" "$tmp/project/main.c"
	done
	echo '; }' >>"$tmp/project/main.c"
	{
		printf 'all: program\n\t@./program; echo status $$?\n'
		printf 'program: main.o'
		printf ' f%d.o' 1 2 3 4 5 6 7 8
		printf '\n\t@%s -o $@ $^ && cksum <$@\n' "$compiler"
		printf '%%.o: %%.c\n\t@%s -O2 -c -o $@ $<\n' "$compiler"
		printf 'clean:\n\t@rm -f *.o program\n'
	} >"$tmp/project/Makefile"
}
if needs "make -j2" make "$compiler"; then
	make_project
	cat >"$tmp/build" <<-'END'
		unset MAKEFLAGS MFLAGS MAKELEVEL
		cd "$1" && make -s clean && make -s -j2 && make -s -j2
	END
	audited "make -j2 of a C project" sh "$tmp/build" "$tmp/project"
	like "it was built and ran" "$(cat "$tmp/app.out")" '^status 0$'
fi

# Daemons.  What they write comes when the command has ended, so it goes to a
# file, and a reader that waits for it.
mkfifo "$tmp/fifo"
cat >"$tmp/daemons" <<'END'
rm -f "$2"
"$1" daemon "$2" </dev/null
sh -c '(setsid sh -c "echo grandchild >\"\$0\"" "$0" &)' "$3" </dev/null &
cat "$3"
wait
until [ -s "$2" ]; do :; done
cat "$2"
END
audited "daemons that fork twice" sh "$tmp/daemons" "$asker" "$tmp/late" \
	"$tmp/fifo"
is "they have done their work" "$(tr '\n' ' ' <"$tmp/app.out")" \
	"grandchild late "

done_testing
