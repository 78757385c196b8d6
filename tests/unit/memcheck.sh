#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The unit tests of what needs no kernel, under valgrind: nothing is read that
# was not written, and nothing leaks.  (The whole program cannot run there:
# valgrind does not know the calls of a supervisor.)

. "${srcdir:?}/tests/lib/tap.sh"

unit=${builddir:?}/tests/unit

command -v valgrind >/dev/null || skip_all "valgrind is not installed"
[ -x "$unit/check_event" ] || skip_all "the Check library was not found"
if "${SELFSAME:?}" --version | grep -q '+sanitizers'; then
	skip_all "the sanitizers look themselves"
fi

# What allocates, and is quick enough there.
export CK_FORK=no
for name in compare credentials decode descriptors epoll event resource \
	stats text verify; do
	run_ok "$name" timeout 200 valgrind -q --error-exitcode=99 \
		--leak-check=full "$unit/check_$name"
	empty "$name: valgrind is silent" "$err"
done
done_testing
