/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Closing a file of somebody else without waiting for a peer.
 *
 * A socket with SO_LINGER waits, when it is closed for the last time, until its
 * peer has taken everything, for as long as its owner likes.  The kernel spares
 * those who exit, and so the owner that is killed; but not us, if we hold a
 * copy at that moment.  A local socket closes what has been passed to it and
 * not been taken.
 */
#ifndef SS_KERNEL_LINGER_H
#define SS_KERNEL_LINGER_H

/*
 * As close(2).  The socket is not told: its option stays, and it is not shut
 * down, for others may have it.  To be called while ss_signals_start() is in
 * force, by any thread.
 */
void ss_linger_close(int fd);

#endif
