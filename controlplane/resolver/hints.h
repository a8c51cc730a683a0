/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hints: where the root's servers are before any of them was asked.
 *
 * Purpose   The starting point, and priming (RFC 9609): the root's own NS RRset replaces the
 *           hints at first use, and is fetched anew in the last eighth of its life by the first
 *           question then, which does not wait for it. Questions that find neither wait for one
 *           packet together (flight.h).
 * Roles     The resolver's thread.
 * Memory    The hints live as long as the resolver.
 * Blocking  Never.
 * Errors    NULL when no name server with an address is in them.
 * Trust     The file is the operator's; the priming reply is a server's word, like any referral.
 */
#ifndef CP_RESOLVER_HINTS_H
#define CP_RESOLVER_HINTS_H

#include "controlplane/resolver/resolver.h"
#include "controlplane/resolver/task.h"

struct cp_delegation *cp_hints_make(const struct cp_resolver_config *cfg, struct hf_arena *a);
struct cp_delegation *cp_hints_copy(const struct cp_delegation *hints, struct hf_arena *a);

/* The priming reply said d (NULL: nothing of use). */
void cp_hints_primed(struct cp_task *t, struct cp_delegation *d);
/* Priming failed: use the hints for a minute before it is tried again. */
void cp_hints_keep(struct cp_task *t);

#endif
