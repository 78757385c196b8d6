/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the driver share: whom it knows to live (life.c), how a
 * step is given and what is asked after it (steps.c), what came of it
 * (transcript.c), and a run as a whole (drive.c).
 */
#ifndef CHAOS_DRIVE_H
#define CHAOS_DRIVE_H

#include "chaos.h"

enum ch_state {
	CH_FREE,
	CH_EMBRYO,	/* somebody is to give birth to it */
	CH_ALIVE,
	CH_DYING,	/* it will be dead */
	CH_DEAD,
};

struct ch_life {
	enum ch_state state;
	int creator;
	int missed;	/* how often everybody was waited for in vain */
	uint32_t exec_seen;
	int rests;	/* it is dead, and the kernel has finished with it */
	unsigned long gone;	/* since this line nobody has its number */
};

extern struct ch_life ch_lives[CH_SLOTS];
extern int ch_stuck;		/* workers that had to be killed */
extern unsigned long ch_line;	/* steps given */

static inline uint32_t ch_load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline struct ch_slot *ch_slot_of(int index)
{
	return &ch_arena->slot[index];
}

/* ---- life.c ---- */

/* Looks what can be told without a system call. */
void ch_refresh(void);
/* Makes the slot ready for a child of CREATOR; 0 or -errno. */
int ch_begin_birth(int index, int creator);
/* Waits until it is there, or for PATIENCE milliseconds. */
void ch_await_birth(int index, int patience);
/* Waits until the worker has fewer than LEFT steps before it. */
void ch_await(int index, uint32_t left);
/* Waits in clone for a child that goes on for us? */
int ch_is_suspended(int index);
/* Until all who are dying are dead. */
void ch_settle(void);
/* Until nothing goes on by itself any more: the same in every run. */
void ch_come_to_rest(void);
/* Until nobody has anything to do. */
void ch_sync_all(void);
void ch_doom_group(int index);
int ch_has_dying(void);
/* A slot for a child, or -1. */
int ch_find_free(void);
/* Of the process's number: a letter, or 0 if nobody has it. */
char ch_task_state(pid_t tgid, pid_t tid);

/* ---- steps.c ---- */

/* Gives one step, and judges what it asked. */
void ch_play(int worker, struct ch_step *step);
/* Whom a random step may be given to. */
void ch_look(struct ch_view *view);
/* Prints what was noted since. */
void ch_print_notes(void);
/* Was anything wrong?  What comes after it often follows from it. */
int ch_is_wrong(void);
extern int ch_writing;		/* where the steps are written down, or -1 */

enum {
	CH_BIRTH = 2000,	/* milliseconds */
	CH_LONG_BIRTH = 20000,	/* for a transcript */
};

/* ---- transcript.c ---- */

/*
 * Where what came of each step is written, or -1.  Then everybody is waited
 * for: two runs of one seed must do the same.
 */
extern int ch_transcript;
int ch_transcript_open(const char *path);	/* 0 or -errno */
/* Of the batch's first QUESTIONS questions, too. */
void ch_transcribe(int worker, const struct ch_step *step, int questions);

#endif /* CHAOS_DRIVE_H */
