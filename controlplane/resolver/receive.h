/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * receive: a packet for an open exchange: is it the reply?
 *
 * Purpose   Tells the true reply from what only looks like one, and says what becomes of the
 *           exchange when it was not.
 * Roles     The resolver's thread.
 * Memory    In the job's arena; a copy of the packet in the resolver.
 * Blocking  Never.
 * Errors    Every kind of packet that is not the reply has a counter.
 * Trust     The I/O layer has checked the address, nothing else.
 *
 * A datagram that is not the reply ends nothing: the true one may still come (RFC 5452 9.1 has
 * it for ID and question; case, cookie and form are held to the same rule here). For one that
 * is malformed behind the right ID and question the reason is this: whoever guessed those may
 * not win anything by it, and if it ended the exchange he would have kept the true answer away
 * with one packet and no knowledge of a zone. The price is a time-out with a server that does
 * send garbage, and then TCP says whose it was. After CP_ODD_MAX packets, or at the time-out
 * when there was one, the same server is asked over TCP, where a stranger has no say.
 *
 * At once over TCP goes what a forger cannot profit from and an honest oddity is likely: a reply
 * with the name in another case (draft-vixie-dnsext-dns0x20), and one without the cookie from a
 * server that has always sent it (RFC 7873 5.3). What TCP shows is remembered of the server.
 */
#ifndef CP_RESOLVER_RECEIVE_H
#define CP_RESOLVER_RECEIVE_H

#include "controlplane/resolver/core.h"

enum { CP_ODD_MAX = 8 };

/* True when x is over, and freed. */
bool cp_receive(struct cp_resolver *r, struct cp_exchange *x, const uint8_t *msg, size_t len);

/* The look-up t, which is at the root's servers, is answered from the copy of the root zone
 * instead, as if one of them had sent it. False: there is none, or it was of no use. */
bool cp_receive_copy(struct cp_task *t);

#endif
