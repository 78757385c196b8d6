/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit tests of supervise/kcmp: what is answered where facts are lacking. */
#include "supervise/kcmp.h"

#include <check.h>
#include <errno.h>

#include "world.h"

static int unanswered(int type, enum ss_need_kind kind, int fd, int r)
{
	const struct ss_need need = { .kind = kind, .fd = fd };

	return ss_kcmp_unanswered(type, &need, r);
}

/* Is it about a descriptor, whatever is lacking? */
static bool is_about_files(enum ss_need_kind kind, int fd)
{
	return kind == SS_NEED_SLOT || kind == SS_NEED_ORDER ||
		kind == SS_NEED_ITEMS || kind == SS_NEED_ITEM ||
		(kind == SS_NEED_FLIGHT && fd >= 0);
}

/* Each has the errors only that the kernel has for it. */
START_TEST(no_error_of_another_type)
{
	static const int fds[] = { -1, 0, 3 };
	enum ss_need_kind kind;
	unsigned int i;
	int type, fd;

	for (type = -1; type <= SS_TYPE_COUNT; type++) {
		for (kind = 0; kind < SS_NEED_COUNT; kind++) {
			for (i = 0; i < SS_ARRAY_SIZE(fds); i++) {
				bool files = is_about_files(kind, fds[i]);
				bool epoll = files &&
					type == SS_TYPE_EPOLL_TFD;

				fd = fds[i];
				ck_assert_int_eq(unanswered(type, kind, fd,
							    -EBADF),
						 epoll || (files &&
							   type ==
							   SS_TYPE_FILE) ?
						 EBADF : EPERM);
				ck_assert_int_eq(unanswered(type, kind, fd,
							    -ENOENT),
						 epoll ? ENOENT : EPERM);
			}
		}
	}
}
END_TEST

/* What befell us is not told as if the kernel had said it. */
START_TEST(nothing_of_ours)
{
	static const int ours[] = {
		0, -EACCES, -EMFILE, -ENOMEM, -EINVAL, -ETIMEDOUT,
		-EOPNOTSUPP, -ESTALE, -EAGAIN, -EBUSY, -EFAULT,
	};
	enum ss_need_kind kind;
	unsigned int i;
	int type;

	for (type = 0; type < SS_TYPE_COUNT; type++) {
		for (kind = 0; kind < SS_NEED_COUNT; kind++) {
			for (i = 0; i < SS_ARRAY_SIZE(ours); i++)
				ck_assert_int_eq(unanswered(type, kind, 3,
							    ours[i]), EPERM);
			ck_assert_int_eq(unanswered(type, kind, 3, -ESRCH),
					 ESRCH);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		no_error_of_another_type, nothing_of_ours, NULL,
	};

	return run_tests("supervise/kcmp", tests);
}
