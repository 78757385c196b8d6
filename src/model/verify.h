/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks every invariant of a model: references recounted, lists and hashes
 * that mirror each other, trees in order, no label twice, nothing dangling.
 *
 * For tests: it looks at everything, so it costs as much as the model is
 * large.
 */
#ifndef SS_MODEL_VERIFY_H
#define SS_MODEL_VERIFY_H

#include <stddef.h>

#include "base/attributes.h"
#include "model/model.h"

/*
 * 0; -EINVAL with a sentence about the first thing that is wrong in why (size
 * bytes, cut if it does not fit); -ENOMEM.
 */
int ss_model_verify(const struct ss_model *model, char *why, size_t size)
	ss_must_check;

#endif
