/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mapped where: both ways to ask say the same. */
#include "kernel/mapping.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "child.h"

#define PAGE	4096

static int maps;

static void same_both(const void *address, int result,
		      struct ss_mapping *ret)
{
	uint64_t at = (uint64_t)(uintptr_t)address;
	struct ss_mapping fast = { 0 }, slow = { 0 };

	ck_assert_int_eq(ss_mapping_at(maps, at, &fast), result);
	ck_assert_int_eq(ss_mapping_at_slowly(maps, at, &slow), result);
	ck_assert_uint_eq(fast.start, slow.start);
	ck_assert_uint_eq(fast.end, slow.end);
	ck_assert_int_eq(fast.read, slow.read);
	ck_assert_int_eq(fast.write, slow.write);
	ck_assert_int_eq(fast.execute, slow.execute);
	ck_assert_int_eq(fast.opaque, slow.opaque);
	if (!result) {
		ck_assert_uint_le(slow.start, at);
		ck_assert_uint_gt(slow.end, at);
	}
	*ret = slow;
}

static unsigned char *map(int protection, int fd)
{
	void *pages = mmap(NULL, 3 * PAGE, protection, fd < 0 ?
			   MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	ck_assert_ptr_ne(pages, MAP_FAILED);
	return pages;
}

START_TEST(protections)
{
	static const int all[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_EXEC,
		PROT_READ | PROT_WRITE
	};
	unsigned char *pages = map(PROT_NONE, -1);
	struct ss_mapping mapping;
	size_t i;

	for (i = 0; i < SS_ARRAY_SIZE(all); i++) {
		ck_assert_int_eq(mprotect(pages + PAGE, PAGE, all[i]), 0);
		same_both(pages + PAGE + i, 0, &mapping);
		ck_assert_int_eq(mapping.read, !!(all[i] & PROT_READ));
		ck_assert_int_eq(mapping.write, !!(all[i] & PROT_WRITE));
		ck_assert_int_eq(mapping.execute, !!(all[i] & PROT_EXEC));
		ck_assert(!mapping.opaque);
	}
	ck_assert_uint_eq(mapping.start, (uintptr_t)pages + PAGE);
	ck_assert_uint_eq(mapping.end, (uintptr_t)pages + 2 * PAGE);
	ck_assert_int_eq(munmap(pages + PAGE, PAGE), 0);
	same_both(pages + PAGE, -ENOENT, &mapping);
	same_both(NULL, -ENOENT, &mapping);
	same_both((void *)(UINTPTR_MAX / 2), -ENOENT, &mapping);
}
END_TEST

START_TEST(names)
{
	char name[200];
	struct ss_mapping mapping;
	int fd;

	/* Of the name alone nothing follows; and it may be long. */
	fd = memfd_create("secretmem", 0);
	ck_assert_int_ge(fd, 0);
	same_both(map(PROT_READ, fd), 0, &mapping);
	ck_assert(!mapping.opaque);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fd = memfd_create(name, 0);
	ck_assert_int_ge(fd, 0);
	same_both(map(PROT_READ, fd), 0, &mapping);
	ck_assert(!mapping.opaque && mapping.read);
	fd = (int)syscall(SYS_memfd_secret, 0);
	if (fd < 0) {
		puts("# memfd_secret is not there");
		return;
	}
	ck_assert_int_eq(ftruncate(fd, (off_t)3 * PAGE), 0);
	same_both(map(PROT_READ | PROT_WRITE, fd), 0, &mapping);
	ck_assert(mapping.opaque && mapping.write);
}
END_TEST

/* The kernel may read it where we may not. */
START_TEST(data_of_the_vdso)
{
	ss_cleanup_free char *line = NULL;
	FILE *file = fopen("/proc/self/maps", "re");
	struct ss_mapping mapping;
	size_t size = 0;

	ck_assert_ptr_nonnull(file);
	while (getline(&line, &size, file) > 0) {
		if (!strstr(line, "[vvar") && !strstr(line, "[vdso"))
			continue;
		same_both((void *)(uintptr_t)strtoull(line, NULL, 16), 0,
			  &mapping);
		ck_assert_int_eq(mapping.opaque, !!strstr(line, "[vvar"));
	}
	ck_assert_int_eq(fclose(file), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel/mapping");
	TCase *tcase = tcase_create("tests");
	SRunner *runner = srunner_create(suite);
	int failed;

	maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	tcase_add_test(tcase, protections);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, data_of_the_vdso);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
