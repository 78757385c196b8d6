/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit tests of kernel/features. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "kernel/features.h"

START_TEST(each_can_be_taken_away)
{
	const char *name = ss_feature_infos[_i].name;
	struct ss_features all, without;
	const char *bad = NULL;
	int i;

	ck_assert_int_eq(ss_features_probe(NULL, &all, &bad), 0);
	ck_assert_int_eq(ss_features_probe(name, &without, &bad), 0);
	ck_assert_ptr_null(bad);
	for (i = 0; i < SS_FEATURE_COUNT; i++)
		ck_assert_int_eq(without.has[i], i != _i && all.has[i]);
}
END_TEST

START_TEST(several_can_be_taken_away)
{
	struct ss_features features;
	const char *bad = NULL;

	ck_assert_int_eq(ss_features_probe("kcmp,user-notification,kcmp,",
					   &features, &bad), 0);
	ck_assert(!features.has[SS_FEATURE_KCMP]);
	ck_assert(!features.has[SS_FEATURE_USER_NOTIF]);
	ck_assert_int_eq(ss_features_probe("", &features, &bad), 0);
}
END_TEST

struct bad_name {
	const char *list;
	size_t at;
};

static const struct bad_name bad_names[] = {
	{ "nonsense", 0 },
	{ "kcmp,nonsense", 5 },
	{ "kcm", 0 },
	{ "kcmpx", 0 },
	{ "KCMP", 0 },
	{ " kcmp", 0 },
	{ ",kcmp", 0 },
	{ "kcmp,,kcmp", 5 },
};

START_TEST(unknown_names_are_errors)
{
	struct ss_features features = { 0 };
	const char *list = bad_names[_i].list;
	const char *bad = NULL;

	ck_assert_int_eq(ss_features_probe(list, &features, &bad), -EINVAL);
	ck_assert_ptr_eq(bad, list + bad_names[_i].at);
	/* Written only on success. */
	ck_assert(!features.has[SS_FEATURE_PIDFD_GETFD]);
}
END_TEST

START_TEST(names_are_distinct)
{
	int i, j;

	for (i = 0; i < SS_FEATURE_COUNT; i++) {
		ck_assert_ptr_null(strchr(ss_feature_infos[i].name, ','));
		for (j = 0; j < i; j++)
			ck_assert_str_ne(ss_feature_infos[i].name,
					 ss_feature_infos[j].name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel/features");
	TCase *tests = tcase_create("features");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, each_can_be_taken_away, 0,
			    SS_FEATURE_COUNT);
	tcase_add_test(tests, several_can_be_taken_away);
	tcase_add_loop_test(tests, unknown_names_are_errors, 0,
			    SS_ARRAY_SIZE(bad_names));
	tcase_add_test(tests, names_are_distinct);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
