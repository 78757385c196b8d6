#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every shell script passes shellcheck.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/lib/files.sh"

command -v shellcheck >/dev/null ||
	skip_all "shellcheck is not installed"

# Inside a build tree configure and its like would be found as well.
scripts() {
	for file in bootstrap .ci/run $(project_files scripts bench tests completions \
					2>/dev/null); do
		[ -f "$srcdir/$file" ] || continue
		case $file in
		*.sh | *.bash) echo "$file" ;;
		*)
			head -n 1 "$srcdir/$file" |
				grep -Eq '^#!.*[/ ](ba|da)?sh( |$)' &&
				echo "$file"
			;;
		esac
	done
}

# 1091: the library is found through srcdir.  2016: awk and sed have dollars of
# their own.  2154: the library sets variables.  2317: it calls by name.
for file in $(scripts); do
	run_ok "$file" shellcheck --exclude=SC1091,SC2016,SC2154,SC2317 \
		"$srcdir/$file"
done
done_testing
