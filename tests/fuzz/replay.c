/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands for libFuzzer: puts each FILE to the fuzzed program, once, and says so
 * in TAP.  What is wrong aborts.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static void replay(const char *name, int number)
{
	FILE *file = fopen(name, "re");
	struct ss_text text = { 0 };
	char buffer[4096];
	uint8_t *data;
	size_t n;

	if (!file) {
		(void)printf("Bail out! cannot open %s\n", name);
		exit(EXIT_FAILURE);
	}
	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
		ss_text_add(&text, buffer, n);
	(void)fclose(file);
	/* Exactly as long as it is: a sanitizer sees who reads on. */
	data = malloc(text.length ? text.length : 1);
	if (!data || text.error)
		abort();
	for (n = 0; n < text.length; n++)
		data[n] = (uint8_t)text.data[n];
	(void)LLVMFuzzerTestOneInput(data, text.length);
	free(data);
	ss_text_release(&text);
	(void)printf("ok %d - %s\n", number, name);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i], i);
	(void)printf("1..%d\n", argc - 1);
	return EXIT_SUCCESS;
}
