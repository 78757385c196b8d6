# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# Which files belong to the project, for the lint tests.

# Prints the project's files below the given directories, relative to srcdir,
# sorted.  In a clone git knows; elsewhere what a build leaves is left out.
project_files() {
	(
		cd "${srcdir:?}" || exit 1
		if [ -e .git ] && git rev-parse --git-dir >/dev/null 2>&1; then
			git ls-files --cached --others --exclude-standard -- "$@"
		else
			find "$@" -type f ! -name '*.o' ! -name '*.a' \
				! -name '*.log' ! -name '*.trs' \
				! -name '*.gcno' ! -name '*.gcda' \
				! -name .dirstamp ! -path '*/.deps/*' \
				! -path './_*'
		fi | sort -u | while IFS= read -r file; do
			[ -f "$file" ] || continue
			# A program that was built beside its source.
			[ -f "$file.c" ] && continue
			case $file in
			*/mkworld32 | */flood32) continue ;;
			esac
			printf '%s\n' "$file"
		done
	)
}
