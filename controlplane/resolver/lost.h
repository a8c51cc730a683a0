/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lost: look-ups within questions that failed a moment ago.
 *
 * Purpose   What one question found out in vain (a name server's address, a zone's DS or keys,
 *           where an alias leads) is not tried again by the next one at once: each failure is
 *           believed for 1 s, twice as long each time in a row, 60 s at most, and tells the
 *           same EDE and text (RFC 9520 2, 3.2). The failures of whole questions are cache.h's.
 * Roles     The resolver's thread; the table behind may be shared by several.
 * Memory    Entries of the table; what is found is copied into the job's arena.
 * Blocking  Never.
 * Errors    What finds no memory is forgotten.
 * Trust     Only what was seen of servers is kept: no shortage of our own, no budget that was
 *           out, no circle of zones, which depends on where one comes from.
 */
#ifndef CP_RESOLVER_LOST_H
#define CP_RESOLVER_LOST_H

#include "controlplane/resolver/core.h"

/* How the LOOKUP t failed for a question before, if that is still to be believed; or NULL. */
struct cp_outcome *cp_lost_find(struct cp_task *t);
/* The LOOKUP t ends with o: remember it if it is a failure of servers. */
void cp_lost_keep(struct cp_task *t, const struct cp_outcome *o);

#endif
