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
/* What t would ask next, and with which flags. */
void cp_send_question(const struct cp_task *t, struct hf_question *out);
uint16_t cp_send_flags(const struct cp_task *t);
/* From now on t waits for x, its own or one it joined. */
void cp_send_note(struct cp_task *t, struct cp_exchange *x);
/* The exchange is over: server and zone are told how, and it is freed. */
void cp_send_end(struct cp_resolver *r, struct cp_exchange *x, enum cp_end how);
/* The server of x is to be asked once more, in another way, if it may be. */
void cp_send_again(struct cp_task *t, const struct cp_exchange *x, bool tcp);
/* The server of x refuses what the query carries, in a reply with an OPT or without. */
void cp_send_formerr(struct cp_task *t, const struct cp_exchange *x, bool has_opt);
/* The server of x wants the cookie it just gave (RFC 7873 5.3): once more, then over TCP. */
void cp_send_badcookie(struct cp_task *t, const struct cp_exchange *x);
/* The server of x has no word on the zone it was asked as, or refuses to say it. */
void cp_send_lame(struct cp_task *t, const struct cp_exchange *x, uint16_t rcode);
/* There is no reply to x. */
void cp_send_failed(struct cp_task *t, const struct cp_exchange *x, enum cp_fail why);
/* The server of x said something of no use: this look-up is done with it. */
void cp_send_over(struct cp_task *t, const struct cp_exchange *x, enum cp_cause cause);

#endif
