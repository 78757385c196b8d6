/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A model as text, for people: one line for each task, pending clone, table
 * and open file.  What is equal prints equal, whatever the addresses are and
 * in whichever order it was built, so two dumps can be compared.
 */
#ifndef SS_MODEL_DUMP_H
#define SS_MODEL_DUMP_H

#include "base/attributes.h"
#include "base/text.h"
#include "model/model.h"

/* All of it.  A failure is in text->error. */
void ss_model_dump(const struct ss_model *model, struct ss_text *text);

/*
 * One task and the labels of what it has, without a newline:
 * "task 1.2 tid 5 tgid 5 mm 1.2 files 1 fs 1 sighand 1.2 io - undo -".
 */
void ss_task_dump(const struct ss_task *task, struct ss_text *text);

#endif
