/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a fuzzed program consists of: this function, which aborts if something
 * is wrong.  libFuzzer calls it with whatever it makes up; replay.c with the
 * files of a corpus.
 */
#ifndef SS_TESTS_FUZZ_FUZZ_H
#define SS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
