/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nsaddr: where the servers of a delegation are, when it does not say or says it wrong.
 *
 * Purpose   Addresses of name servers: from glue where a parent gave it for that very server,
 *           else by a look-up, and past the glue when nothing answers there. Each look-up is
 *           charged to the question's budget of them (NXNSAttack).
 * Roles     The resolver's thread.
 * Memory    In the job's arena.
 * Blocking  Never.
 * Errors    A server whose address cannot be had is passed over.
 * Trust     Addresses are somebody's word; a wrong one costs a packet.
 */
#ifndef CP_RESOLVER_NSADDR_H
#define CP_RESOLVER_NSADDR_H

#include "controlplane/resolver/task.h"

enum cp_nsaddr {
	CP_NSADDR_NONE, /* there is nothing more to be had */
	CP_NSADDR_SOME, /* choose again */
	CP_NSADDR_WAIT, /* a look-up is under way; t is stepped again when it is done */
};

/* A server of t's cut without an address we can use is looked up. */
enum cp_nsaddr cp_nsaddr_missing(struct cp_task *t);
/* A server outside of the zone itself, known by glue only, is looked up at its own zone. */
enum cp_nsaddr cp_nsaddr_firm(struct cp_task *t);

/* The servers that the zone of t's cut names itself, and its parent does not, are added. */
enum cp_nsaddr cp_nsaddr_own(struct cp_task *t);

/* What d says of the address that t, a raw look-up, is after; NULL when nothing. */
struct cp_outcome *cp_nsaddr_glue(struct cp_task *t, struct cp_delegation *d);
/* Asking the servers of d for t's address is no use: none of them can be reached before the
 * address of one is known, and that is what t is after, or they are all in the zone. The
 * parent may know it. */
bool cp_nsaddr_is_dead_end(const struct cp_task *t, struct cp_delegation *d);

#endif
