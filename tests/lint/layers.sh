#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each room uses only the rooms below it, and the model touches nothing.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/lib/files.sh"

# The table of doc/ARCHITECTURE.md: what may be included from where.
may_include() {
	case $1 in
	base)		echo "base" ;;
	model)		echo "model base" ;;
	watch)		echo "watch model base" ;;
	kernel)		echo "kernel watch model base" ;;
	report)		echo "report model base" ;;
	supervise)	echo "supervise report kernel watch model base" ;;
	cmd)		echo "cmd supervise report base" ;;
	main)		echo "cmd supervise report base" ;;
	*)		bail "no rule for src/$1" ;;
	esac
}

# Prints "FILE: HEADER" for each header that a room may not include.
wrong_includes() {
	allowed=" $(may_include "$1") "
	shift
	for file in "$@"; do
		sed -n 's/^[ 	]*#[ 	]*include[ 	]*"\([^"]*\)".*/\1/p' \
			"$srcdir/$file" |
		while IFS= read -r header; do
			case $header in
			*/*) ;;
			*)
				echo "$file: \"$header\" does not name its room"
				continue
				;;
			esac
			case $allowed in
			*" ${header%%/*} "*) ;;
			*) echo "$file: \"$header\"" ;;
			esac
		done
	done
}

for room in base model watch kernel report supervise cmd; do
	files=$(project_files "src/$room" | grep '\.[ch]$')
	# shellcheck disable=SC2086
	is "src/$room includes only what it may" \
		"$(wrong_includes "$room" $files)" ""
done
is "src/main.c includes only what it may" \
	"$(wrong_includes main src/main.c)" ""

# Who reports is decided above the rooms that find out.
quiet=$(project_files src/model src/watch | grep '\.[ch]$')
# shellcheck disable=SC2086
is "the model and the decoders report nothing themselves" \
	"$(cd "$srcdir" && grep -l 'base/message\.h' $quiet)" ""

# One place knows how uthash is configured, one room knows libseccomp.
is "only base/hash.h includes uthash.h" \
	"$(project_files src | grep '\.[ch]$' |
	   (cd "$srcdir" && xargs grep -l '<uthash\.h>'))" "src/base/hash.h"
is "only kernel includes seccomp.h" \
	"$(project_files src | grep '\.[ch]$' | grep -v '^src/kernel/' |
	   (cd "$srcdir" && xargs grep -l '<seccomp\.h>'))" ""

# No answer is made by putting a child's question to the kernel: all others
# ask about ourselves.
sources=$(project_files src | grep '\.[ch]$')
# shellcheck disable=SC2086
is "only the audit asks the kernel's kcmp about tasks" \
	"$(cd "$srcdir" && grep -l '"kernel/kcmp\.h"' $sources)" \
	"src/kernel/kcmp.c
src/supervise/audit.c"
# shellcheck disable=SC2086
is "all others ask it about ourselves" \
	"$(cd "$srcdir" && grep -n 'syscall([^,]*kcmp' $sources |
	   grep -v 'kcmp, self, self, ' | sed 's/:.*//')" "src/kernel/kcmp.c"

# Purity, as the linker sees it: what the model needs from outside of itself
# and of base is memory and strings (and utlist.h has assertions).  Names of compilers' instrumentation are
# let through.
archive=${builddir:?}/src/model/libmodel.a
"${NM:-nm}" -u "$archive" 2>/dev/null |
	sed -n 's/^ *[Uw] //p' | sed 's/@.*//' | sort -u >"$tmp/undefined"
"${NM:-nm}" --defined-only "$archive" "$builddir/src/base/libbase.a" \
	2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$tmp/defined"
comm -23 "$tmp/undefined" "$tmp/defined" | grep -Evx -e \
	'(mem|str|stp)[a-z]+|malloc|calloc|realloc|reallocarray|free|qsort|bsearch' \
	-e 'v?snprintf|__assert_fail' \
	-e '_?_?_?(asan|ubsan|sanitizer|gcov|sancov|llvm|tsan|msan)_.*' \
	-e '__stack_chk_fail|__[a-z]+_chk|_GLOBAL_OFFSET_TABLE_' \
	>"$tmp/impure"
is "the model's archive needs only memory and strings" \
	"$(cat "$tmp/impure")" ""
is "the model's archive asks for no messages" \
	"$(grep -Ex 'ss_error|ss_warning' "$tmp/undefined")" ""
ok "the model's archive has been looked at" \
	grep -qx 'malloc\|calloc\|realloc' "$tmp/undefined"

done_testing
