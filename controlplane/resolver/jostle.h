/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jostle: who gives way when too many questions are under way.
 *
 * Purpose   Half of limits.tasks is for questions that run to their end. The rest are there as long
 *           as nobody else wants in: then the oldest of them that has had CP_JOSTLE_NS ends with
 *           SERVFAIL. So a crowd of questions to silent servers cannot keep quick ones out (as
 *           Unbound's jostle-timeout).
 * Roles     The resolver's thread.
 * Memory    A list through the jobs.
 * Blocking  Never.
 * Errors    None.
 * Trust     Nothing here reads hostile octets.
 */
#ifndef CP_RESOLVER_JOSTLE_H
#define CP_RESOLVER_JOSTLE_H

#include "controlplane/resolver/core.h"

#define CP_JOSTLE_NS (200 * HF_NS_PER_MS) /* a round trip around the world, or two near ones */

void cp_jostle_enter(struct cp_job *job);
void cp_jostle_leave(struct cp_job *job);
/* Make room for a question. False: all that may give way are too young. */
bool cp_jostle(struct cp_resolver *r);

#endif
