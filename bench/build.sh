#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds a small C project: many short processes.
#
#	build.sh FILES [PREFIX...]	prints "ns TIME"
#
# The project is made once, in $BENCH_TMP; PREFIX is what supervises.  $BENCH_WORK
# is the timed program.

set -eu

files=$1
shift
project=${BENCH_TMP:?}/project-$files

make_project() {
	mkdir -p "$project"
	i=0
	while [ "$i" -lt "$files" ]; do
		cat >"$project/part$i.c" <<-END
			#include <stdio.h>
			#include <stdlib.h>
			#include <string.h>
			#include <unistd.h>

			struct part$i {
				char name[32];
				int values[16];
			};

			int part$i(const char *text);

			int part$i(const char *text)
			{
				struct part$i part = { .values = { $i } };
				size_t n = strlen(text);

				(void)snprintf(part.name, sizeof(part.name),
					       "%s-%d", text, $i);
				for (size_t j = 0; j < n && j < 16; j++)
					part.values[j] += text[j] * $i;
				return part.values[n % 16] +
					(int)strlen(part.name);
			}
		END
		i=$((i + 1))
	done
	cat >"$project/Makefile" <<-'END'
		objects = $(patsubst %.c,%.o,$(wildcard part*.c))

		project.a: $(objects) ; ar rc $@ $(objects)
		%.o: %.c ; cc -O1 -c -o $@ $<
		clean: ; rm -f *.o project.a
	END
}

# make is not to hear of a make around us.
unset MAKEFLAGS MFLAGS MAKELEVEL
[ -e "$project/Makefile" ] || make_project
make -s -C "$project" clean
"$@" "${BENCH_WORK:?}" once make -s -j2 -C "$project"
