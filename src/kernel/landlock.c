/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/landlock.h"

#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"
#include "kernel/self.h"

#define LAYERS_DEFAULT	16	/* LANDLOCK_MAX_NUM_LAYERS */
#define LAYERS_TRIED	100	/* an exit status */
#define ABI_WITH_FLAGS	7	/* Linux 6.15 */
/* What the audit log gets (linux/landlock.h since then). */
#define FLAGS_OF_LOG	7u

/* How many layers does it bear?  Any right will do: it ends at once. */
static int add_layers(ss_unused void *argument)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr,
			      sizeof(attr.handled_access_fs), 0);
	int layers = 0;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	while (layers < LAYERS_TRIED &&
	       syscall(SYS_landlock_restrict_self, fd, 0) == 0)
		layers++;
	return layers;
}

void ss_landlock_probe(struct ss_landlock *ret)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);
	int layers = ss_run_apart(0, add_layers, NULL);

	ret->known = true;
	ret->layers = layers < 0 ? LAYERS_DEFAULT : (unsigned int)layers;
	ret->flags = abi >= ABI_WITH_FLAGS ? FLAGS_OF_LOG : 0;
}
