#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every source file names its licence in one of its first two lines.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/lib/files.sh"

# Documents are covered by COPYING; data of tests has no place for comments.
without_licence() {
	project_files . | sed 's|^\./||' |
	grep -Ev '(^|/)(COPYING|NEWS)$|\.md$|^tests/data/' |
	grep -Ev '^(aclocal\.m4|configure~?|config\..*|Makefile(\.in)?|stamp-h1)$' |
	grep -Ev '^(build-aux|autom4te\.cache)/|^selfsame' |
	while IFS= read -r file; do
		head -n 2 "$srcdir/$file" | grep -q "SPDX-License-Identifier: $1" ||
			echo "$file"
	done
}

ok "files were found" test "$(project_files src | wc -l)" -gt 10
is "every source names its licence" "$(without_licence '[A-Z]')" ""
is "ours is LGPL-2.1-or-later" \
	"$(without_licence 'LGPL-2\.1-or-later' | grep -v '^m4/ax_')" ""
done_testing
