/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many layers are left: one less for each that there is. */
#include "kernel/landlock.h"

#include <check.h>
#include <errno.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int restrict_self(unsigned int flags)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr,
			      sizeof(attr.handled_access_fs), 0);
	int r;

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	r = syscall(SYS_landlock_restrict_self, fd, flags) < 0 ? -errno : 0;
	if (fd >= 0)
		ck_assert_int_eq(close(fd), 0);
	return r;
}

START_TEST(layers)
{
	struct ss_landlock before = { 0 }, now = { 0 };
	unsigned int taken;

	ss_landlock_probe(&before);
	ck_assert(before.known);
	for (taken = 0; taken < before.layers; taken++) {
		ck_assert_int_eq(restrict_self(0), 0);
		ss_landlock_probe(&now);
		ck_assert_uint_eq(now.layers, before.layers - taken - 1);
		ck_assert_uint_eq(now.flags, before.flags);
	}
	ck_assert_int_ne(restrict_self(0), 0);
	printf("# %u layers, flags %u\n", before.layers, before.flags);
}
END_TEST

/* What is said to be no flag is refused, and the others are not. */
START_TEST(flags)
{
	struct ss_landlock landlock = { 0 };
	unsigned int flag;

	ss_landlock_probe(&landlock);
	for (flag = 1; flag < 8 && landlock.layers > 8; flag *= 2)
		ck_assert_int_eq(restrict_self(flag),
				 landlock.flags & flag ? 0 : -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel/landlock");
	TCase *tcase = tcase_create("tests");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, layers);
	tcase_add_test(tcase, flags);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
