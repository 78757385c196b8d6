/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions about a scene: the model answers, with what scene_serve() gives
 * it, and every answer must be what the twin says.
 */
#ifndef SS_TESTS_MODEL_JUDGE_H
#define SS_TESTS_MODEL_JUDGE_H

#include "scene.h"

struct judge {
	unsigned long answers;
	unsigned int wrong;
	bool damaged;		/* wrong answers are counted, and no failure */
	/* what is printed of a wrong answer, beside its kind */
	const char *(*story)(void);
	/* before each question; may be NULL */
	void (*before)(void);
	/* a came out less (1) or greater (2) than b; both are numbers of the
	   twin, and have labels */
	void (*order)(const struct ss_question *q, int a, int b, int result);
};

extern struct judge judge;

void judge_must(bool right, const char *what);

void judge_file(struct twin_task *caller, struct twin_task *a, int fd1,
		struct twin_task *b, int fd2);
/* Any type but FILE and EPOLL_TFD. */
void judge_type(struct twin_task *caller, int type, struct twin_task *a,
		struct twin_task *b);
/* A file of a, and an item of an epoll of b. */
void judge_item(struct twin_task *caller, struct twin_task *a, int fd,
		struct twin_task *b, struct ss_epoll_slot slot);
/* Numbers that mean nobody, and memory that is not there. */
void judge_errors(struct twin_task *caller, struct twin_task *a);
/* Every descriptor, so that labels are everywhere and stale ones are seen. */
void judge_slots(struct twin_task *caller);
/* Every pair of everything; items with the files of all tasks, or only with
   those of the epoll's own and the caller. */
void judge_everything(struct twin_task *caller, bool all);

#endif
