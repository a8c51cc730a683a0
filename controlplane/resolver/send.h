/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send: one query of a look-up to one server, and what its failure means for the next.
 *
 * Purpose   Charges the budget, opens the exchange, writes the query, hands it to the I/O
 *           layer; remembers how a server wants to be asked.
 * Roles     The resolver's thread.
 * Memory    In the job's arena; the exchange until it is closed.
 * Blocking  Never.
 * Errors    The budget or memory that is exhausted.
 * Trust     Nothing here reads hostile octets.
 */
#ifndef CP_RESOLVER_SEND_H
#define CP_RESOLVER_SEND_H

#include "controlplane/resolver/exchange.h"
#include "controlplane/resolver/task.h"

/* Ask a. CP_CAUSE_NONE: the look-up waits; else nothing was sent for that cause. */
enum cp_cause cp_send_to(struct cp_task *t, const struct hf_addr *a);
/* The server of x is to be asked once more, in another way, if it may be. */
void cp_send_again(struct cp_task *t, const struct cp_exchange *x, bool tcp);
/* The server of x said something of no use: this look-up is done with it. */
void cp_send_over(struct cp_task *t, const struct cp_exchange *x, enum cp_cause cause);

#endif
