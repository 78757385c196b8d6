#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions and habits that this project does without.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/lib/files.sh"

cd "$srcdir" || bail "cannot enter the source tree"

project_files src bench tests | grep '\.[ch]$' >"$tmp/sources"
ok "sources were found" grep -q '^src/' "$tmp/sources"

# DESC ERE [FILTER]: no source line matches.
never() {
	is "$1" "$(xargs grep -En -e "$2" <"$tmp/sources")" ""
}

never "no unbounded copies" \
	'\<(strcpy|strcat|stpcpy|sprintf|vsprintf|gets)\('
never "no numbers read loosely" '\<(atoi|atol|atoll|atof)\('
never "no stack of unknown size" '\<alloca\('
never "no comments to the end of the line" '^[[:space:]]*//'
never "no trailing blanks" '[[:space:]]$'
never "no structure types behind other names" '^typedef (struct|union|enum)\>'
never "no sleeping instead of waiting" '\<(sleep|usleep|nanosleep)\('
done_testing
