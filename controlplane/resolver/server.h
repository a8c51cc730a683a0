/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * server: what is known about the servers of the world, by address.
 *
 * Purpose   Smoothed round-trip time, failures in a row and bad signatures, so that the
 *           next choice is a good one.
 * Roles     The resolver's thread.
 * Memory    A fixed number of slots; a new address takes the slot of an old one.
 * Blocking  Never.
 * Errors    None: an address that was forgotten is an address never seen.
 * Trust     A server can only make itself look bad.
 */
#ifndef CP_RESOLVER_SERVER_H
#define CP_RESOLVER_SERVER_H

#include "lib/base/addr.h"
#include "lib/base/siphash.h"

enum { CP_SERVER_SLOTS = 8192 }; /* a power of two */

struct cp_server {
	struct hf_addr addr;
	uint64_t srtt_ns;        /* 0: not known */
	uint64_t bogus_until_ns; /* gave data that did not validate: others are better */
	uint64_t failed_ns;      /* when it last failed */
	uint32_t fails;          /* in a row */
};

struct cp_servers;

struct cp_servers *cp_servers_create(const struct hf_siphash_key *key);
void cp_servers_destroy(struct cp_servers *s);

/* The slot of this address, made if need be. Valid until the next call. */
struct cp_server *cp_servers_get(struct cp_servers *s, const struct hf_addr *a);

void cp_server_answered(struct cp_server *s, uint64_t rtt_ns);
void cp_server_failed(struct cp_server *s, uint64_t now_ns);
/* How long to wait for it. tries: how often it was asked before for this look-up. */
uint64_t cp_server_timeout_ns(const struct cp_server *s, unsigned tries);
/* Lower is better, in nanoseconds. */
uint64_t cp_server_cost_ns(const struct cp_server *s, uint64_t now_ns);

#endif
