/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * holder: how many replies each client of one core waits for.
 *
 * Purpose   One client must not take all the waiting room (DESIGN 5): an IPv4 address or an
 *           IPv6 /56 waits for so many replies at once, and no more.
 * Roles     One per worker; only that worker touches it.
 * Memory    All of it at start: as many places as there are waiters, so that a place is
 *           never missing.
 * Blocking  Never.
 * Loss      DP_NIL: the client is at its limit; the caller answers at once instead.
 * Trust     Addresses are what packets say, forged ones included. The hash is keyed.
 */
#ifndef DP_HOLDER_H
#define DP_HOLDER_H

#include <stdint.h>

#include "lib/base/siphash.h"

enum { DP_HOLDER_LIMIT_DEFAULT = 256 };
#define DP_NIL UINT32_MAX

struct dp_holder {
	uint64_t client; /* dp_packet_client */
	uint32_t cnt;    /* replies waited for; 0: free */
	uint32_t next;   /* chain of the same slot, or the free list */
};

struct dp_holders {
	struct dp_holder *holders;
	uint32_t *slots;
	uint32_t slot_mask, max, limit, free;
	struct hf_siphash_key key;
};

/* At start. max: waiters; seed: 16 random octets. 0, -EINVAL, -ENOMEM. */
int dp_holders_init(struct dp_holders *h, uint32_t max, const uint8_t seed[16]);
void dp_holders_fini(struct dp_holders *h);

/* One reply more for this client: its place, for dp_holder_put; or DP_NIL. */
uint32_t dp_holder_get(struct dp_holders *h, uint64_t client);
/* One reply less. place is one that dp_holder_get gave. */
void dp_holder_put(struct dp_holders *h, uint32_t place);

#endif
