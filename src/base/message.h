/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What selfsame says about itself, on stderr.
 *
 * One line, one write(2), so that lines of several programs on one terminal
 * do not mix; "selfsame: " comes first.  A message begins in lower case, says
 * what failed first ("cannot open '%s': %s") and has no full stop; text that
 * came from a child is escaped by the caller (base/text.h).  A line over
 * SS_MESSAGE_MAX bytes is cut and ends in "...".  Both keep errno.
 *
 * Only the layer that knows what the user asked for reports: main, cmd and
 * supervise.
 */
#ifndef SS_BASE_MESSAGE_H
#define SS_BASE_MESSAGE_H

#include "base/attributes.h"

#define SS_MESSAGE_MAX	1024

/* "selfsame: MESSAGE": something that was asked for was not done. */
void ss_error(const char *format, ...) ss_printf(1, 2);

/* "selfsame: warning: MESSAGE": it goes on; ends in what is not done. */
void ss_warning(const char *format, ...) ss_printf(1, 2);

#endif
