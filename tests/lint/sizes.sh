#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# No source file over 800 lines, no function over 60 lines, no line over 80
# columns (100 in the tables of macros).  The ten largest are shown, so that one sees them
# grow.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/lib/files.sh"

cd "$srcdir" || bail "cannot enter the source tree"

project_files src bench tests | grep '\.[ch]$' >"$tmp/files"
[ -s "$tmp/files" ] || bail "no sources found"

xargs wc -l <"$tmp/files" | awk '$2 != "total" { print $1, $2 }' |
	sort -k1,1nr -k2 >"$tmp/file-sizes"

# A function's body lies between a brace alone in the first column and the
# next that closes there; its name is the last word before the parenthesis of
# the nearest line above that begins in the first column.
xargs awk '
	FNR == 1 { inside = 0; name = "?" }
	inside && /^}/ {
		print FNR - start - 1, FILENAME ":" start, name
		inside = 0
	}
	!inside && /^[A-Za-z_].*\(/ {
		name = $0
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
	}
	!inside && /^{/ { inside = 1; start = FNR }
' <"$tmp/files" | sort -k1,1nr -k2 >"$tmp/function-sizes"

xargs awk '
	{
		columns = 0
		for (i = 1; i <= length($0); i++)
			if (substr($0, i, 1) == "\t")
				columns += 8 - columns % 8
			else
				columns++
		limit = /\\$/ ? 100 : 80
		if (columns > limit)
			print FILENAME ":" FNR ": " columns " columns"
	}
' <"$tmp/files" >"$tmp/wide"

diag "largest files:"
head -n 10 "$tmp/file-sizes" | sed 's/^/#   /'
diag "largest functions:"
head -n 10 "$tmp/function-sizes" | sed 's/^/#   /'

ok "functions were found" test -s "$tmp/function-sizes"
is "no file is over 800 lines" \
	"$(awk '$1 > 800' "$tmp/file-sizes")" ""
is "no function is over 60 lines" \
	"$(awk '$1 > 60' "$tmp/function-sizes")" ""
is "no line is over 80 columns" "$(cat "$tmp/wide")" ""
done_testing
