/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * semop, semtimedop and i386's ipc: does the call give its caller an undo
 * list?  It does if any operation has SEM_UNDO, also when the call then fails;
 * but not if it fails before that (ipc/sem.c, do_semtimedop()).
 */
#ifndef SS_WATCH_DECODE_SEM_H
#define SS_WATCH_DECODE_SEM_H

#include "watch/decode.h"

/*
 * So many operations are read, however many kernel.sem allows (500 unless it is
 * raised, and semop(2) advises against more than 1000): others wait meanwhile,
 * and each page may take as long to come as we are patient.  All of them have
 * to be read, for a fault in the last comes before the undo list.
 */
#define SS_SEM_OPERATIONS_MAX	4096

/* As ss_decode(); -E2BIG if there are more. */
int ss_decode_sem(const struct ss_reader *reader, const struct ss_call *call,
		  enum ss_arch arch, pid_t tid, const uint64_t args[6],
		  bool *ret_undo) ss_must_check;

#endif
