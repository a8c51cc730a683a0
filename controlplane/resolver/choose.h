/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * choose: which address of a delegation is asked next.
 *
 * Purpose   The best server that a look-up has not used up, from what is known of servers
 *           (server.h) and what this question has seen of them.
 * Roles     The resolver's thread.
 * Memory    In the job's arena.
 * Blocking  Never.
 * Errors    False: none is left.
 * Trust     Addresses are a parent's word; a wrong one costs a packet.
 */
#ifndef CP_RESOLVER_CHOOSE_H
#define CP_RESOLVER_CHOOSE_H

#include "controlplane/resolver/task.h"

/* What this look-up has tried at address a, made if need be; NULL when there is no room. */
struct cp_tried *cp_choose_tried(struct cp_task *t, const struct hf_addr *a);
/* Which may be chosen. */
enum cp_pass {
	CP_PASS_FIRST, /* one that this look-up did not ask, and none that is down or lame */
	CP_PASS_AGAIN, /* ... or asked once */
	CP_PASS_LAST,  /* any that was not asked too often */
};

/* An address of the look-up's cut: mostly the cheapest; now and then another, to know it, or one
 * that is avoided, to see whether it still must be. False: there is none; the look-up's last_cause
 * tells when they are only busy. */
bool cp_choose_server(struct cp_task *t, enum cp_pass pass, struct hf_addr *to);

#endif
