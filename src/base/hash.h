/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * uthash as this project uses it: include this, never <uthash.h>.
 *
 * By default uthash exits when it has no memory.  Here a failed add leaves
 * the table as it was and the element outside of it, and the caller must
 * look:
 *
 *	HASH_ADD(hh, table, key, sizeof(element->key), element);
 *	if (ss_hash_failed(element)) {
 *		free(element);
 *		return -ENOMEM;
 *	}
 *
 * HASH_REPLACE and HASH_SELECT are not used: they lose or change elements
 * before they can fail.  A key with padding must be zeroed as a whole first.
 */
#ifndef SS_BASE_HASH_H
#define SS_BASE_HASH_H

#define HASH_NONFATAL_OOM	1

#include <uthash.h>

/* Right after an add to a table whose handle is named hh. */
#define ss_hash_failed(element)	((element)->hh.tbl == NULL)

#endif
