/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flight: one packet for all look-ups that would ask the same now.
 *
 * Purpose   Questions under way together need the same delegations, keys and addresses. A
 *           look-up whose next query is already out for another one, to a server of the same
 *           zone, waits for that reply instead (RFC 5452 5: equal queries that are out together
 *           also help whoever guesses), but not for one that only tries a server out
 *           (choose.h) while a better one is known. The reply is read for each of them,
 *           within its own budget, as if each had sent. It waits for a packet and for no
 *           other look-up, so no circle can come of it: the exchange ends by itself.
 *           Threads that share caches see of one another's queries that they are out, by a
 *           claim with a time: then a look-up naps (nap.h) and finds the outcome in the caches.
 *           A claim that runs out, or is forgotten, costs a packet more.
 * Roles     The resolver's thread; the claims are of all threads.
 * Memory    Links in the exchange and in the look-ups; claims in a store of fixed size.
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

/* The claims of caches that are about to be made; NULL without memory. */
struct cp_facts *cp_flight_claims(void);

/* Wait for an exchange that asks what t would ask, charged to t's budget, or for a thread that
 * has one out. False: there is none, or t has its reasons to ask by itself. */
bool cp_flight_join(struct cp_task *t);
/* x, which is about to be sent, may be joined. */
void cp_flight_offer(struct cp_resolver *r, struct cp_exchange *x);
/* Tell the other threads, for as long as x is waited for; and that it is over. */
void cp_flight_claim(struct cp_resolver *r, const struct cp_exchange *x, uint64_t for_ns);
void cp_flight_unclaim(struct cp_resolver *r, const struct cp_exchange *x);
/* Serve the next look-up that waits for x; false when there is no other. */
bool cp_flight_pass(struct cp_exchange *x);
/* t gives up; its exchange is cancelled if nobody else waits for it. */
void cp_flight_leave(struct cp_task *t);

#endif
