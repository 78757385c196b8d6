#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every header can be included alone, and twice.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/lib/files.sh"

compiles() {
	printf '#include "%s"\n#include "%s"\n' "$1" "$1" >"$tmp/alone.c"
	# CC may be more than one word.
	# shellcheck disable=SC2086
	${CC:-cc} -std=gnu11 -include "${builddir:?}/config.h" \
		-I "$srcdir/src" -I "$srcdir" -D_GNU_SOURCE -Wall -Wextra \
		-Wundef -Werror -fsyntax-only "$tmp/alone.c"
}

for header in $(project_files src bench tests | grep '\.h$'); do
	ok "$header" compiles "${header#src/}"
done
done_testing
