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
	policy)		echo "policy model base" ;;
	report)		echo "report policy model base" ;;
	stack)		echo "stack kernel base" ;;
	supervise)
		echo "supervise report policy stack kernel watch model base"
		;;
	cmd)		echo "cmd supervise report policy base" ;;
	main)		echo "cmd supervise report policy base" ;;
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

for room in base model watch kernel policy stack report supervise cmd; do
	files=$(project_files "src/$room" | grep '\.[ch]$')
	# shellcheck disable=SC2086
	is "src/$room includes only what it may" \
		"$(wrong_includes "$room" $files)" ""
done
is "src/main.c includes only what it may" \
	"$(wrong_includes main src/main.c)" ""

# Who reports is decided above the rooms that find out.
quiet=$(project_files src/model src/watch src/policy | grep '\.[ch]$')
# shellcheck disable=SC2086
is "the model, the decoders and the policy report nothing themselves" \
	"$(cd "$srcdir" && grep -l 'base/message\.h' $quiet)" ""

# One place knows how uthash is configured, one room knows libseccomp.
is "only base/hash.h includes uthash.h" \
	"$(project_files src | grep '\.[ch]$' |
	   (cd "$srcdir" && xargs grep -l '<uthash\.h>'))" "src/base/hash.h"
is "only kernel includes seccomp.h" \
	"$(project_files src | grep '\.[ch]$' | grep -v '^src/kernel/' |
	   (cd "$srcdir" && xargs grep -l '<seccomp\.h>'))" ""
is "only stack includes libunwind" \
	"$(project_files src | grep '\.[ch]$' | grep -v '^src/stack/' |
	   (cd "$srcdir" && xargs grep -l '<libunwind'))" ""
is "only policy includes yaml.h" \
	"$(project_files src | grep '\.[ch]$' | grep -v '^src/policy/' |
	   (cd "$srcdir" && xargs grep -l '<yaml\.h>'))" ""

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
src=${builddir:?}/src
# ARCHIVE [ARCHIVE]: what the first needs is in $tmp/undefined, and what of that
# neither the others have nor everybody may use, in $tmp/impure.
look_at() {
	"${NM:-nm}" -u "$1" 2>/dev/null |
		sed -n 's/^ *[Uw] //p' | sed 's/@.*//' | sort -u \
		>"$tmp/undefined"
	"${NM:-nm}" --defined-only "$@" "$src/base/libbase.a" 2>/dev/null |
		awk 'NF == 3 { print $3 }' | sort -u >"$tmp/defined"
	comm -23 "$tmp/undefined" "$tmp/defined" | grep -Evx -e \
		'(mem|str|stp)[a-z]+|bcmp|malloc|calloc|realloc|reallocarray|free' \
		-e 'qsort|bsearch|v?snprintf|__assert_fail' \
		-e '_?_?_?(asan|ubsan|sanitizer|gcov|sancov|llvm|tsan|msan)_.*' \
		-e '__stack_chk_fail|__[a-z]+_chk|_GLOBAL_OFFSET_TABLE_' \
		>"$tmp/impure"
}
# The policy knows names of errors and of signals, and YAML, too.
look_at "$src/policy/libpolicy.a" "$src/model/libmodel.a"
is "the policy's archive needs only memory, strings and libyaml" \
	"$(grep -Evx 'strerrorname_np|sigabbrev_np|yaml_.*' "$tmp/impure")" ""
ok "the policy's archive has been looked at" \
	grep -qx 'yaml_parser_load' "$tmp/undefined"
look_at "$src/model/libmodel.a"
is "the model's archive needs only memory and strings" \
	"$(cat "$tmp/impure")" ""
is "the model's archive asks for no messages" \
	"$(grep -Ex 'ss_error|ss_warning' "$tmp/undefined")" ""
ok "the model's archive has been looked at" \
	grep -qx 'malloc\|calloc\|realloc' "$tmp/undefined"

done_testing
