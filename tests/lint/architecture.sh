#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# doc/ARCHITECTURE.md has one line for each file below src, bench, tests and
# scripts, and no other:
#
#	- `path`: what it is responsible for

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/lib/files.sh"

document=$srcdir/doc/ARCHITECTURE.md

project_files src bench tests scripts >"$tmp/tree"
sed -n 's/^- `\([^`]*\)`.*/\1/p' "$document" |
	grep -E '^(src|bench|tests|scripts)/' | sort >"$tmp/listed"

ok "files were found" grep -q '^src/base/' "$tmp/tree"
is "every file is listed" "$(comm -23 "$tmp/tree" "$tmp/listed")" ""
is "everything listed exists" "$(comm -13 "$tmp/tree" "$tmp/listed")" ""
is "nothing is listed twice" "$(uniq -d "$tmp/listed")" ""
is "every line says what the file is for" \
	"$(grep '^- `' "$document" | grep -Ev '^- `[^`]+`: [^ ]')" ""
done_testing
