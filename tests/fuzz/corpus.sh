#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Puts the corpus of each fuzzed program to it, and the policies that come with
# selfsame.

set -e
program=${builddir:?}/tests/fuzz/replay_policy
[ -x "$program" ] || { echo "Bail out! $program was not built"; exit 99; }
exec "$program" "${srcdir:?}"/tests/data/fuzz/policy/* "$srcdir"/policies/*
