/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flight: one packet for all look-ups that would ask the same now.
 *
 * Purpose   Questions under way together need the same delegations, keys and addresses. A
 *           look-up whose next query is already out for another one, to a server of the same
 *           zone, waits for that reply instead (RFC 5452 5: equal queries that are out together
 *           also help whoever guesses). The reply is read for each of them, within its own
 *           budget, as if each had sent. It waits for a packet and for no other look-up, so
 *           no circle can come of it: the exchange ends by itself.
 * Roles     The resolver's thread.
 * Memory    Links in the exchange and in the look-ups.
 * Blocking  Never.
 * Errors    None.
 * Trust     Nothing here reads hostile octets.
 *
 * x->task is the look-up that is served at the moment, the others are in x->followers. When the
 * first gives up another takes its place, and only the last one cancels.
 */
#ifndef CP_RESOLVER_FLIGHT_H
#define CP_RESOLVER_FLIGHT_H

#include "controlplane/resolver/core.h"

/* Wait for an exchange that asks what t would ask, charged to t's budget. False: none is out, or
 * t has its reasons to ask by itself. */
bool cp_flight_join(struct cp_task *t);
/* x, which is about to be sent, may be joined. */
void cp_flight_offer(struct cp_resolver *r, struct cp_exchange *x);
/* Serve the next look-up that waits for x; false when there is no other. */
bool cp_flight_pass(struct cp_exchange *x);
/* t gives up; its exchange is cancelled if nobody else waits for it. */
void cp_flight_leave(struct cp_task *t);

#endif
