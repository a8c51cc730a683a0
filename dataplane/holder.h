/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * holder: how many replies each client of one core waits for, or each network.
 *
 * Purpose   One client must not take all the waiting room (DESIGN 5): an IPv4 address or an
 *           IPv6 /56 waits for so many replies at once, and no more; nor must one network.
 * Roles     One per worker; only that worker touches it.
 * Memory    All of it at start: as many places as there are waiters, so that a place is
 *           never missing.
 * Blocking  Never.
 * Loss      DP_NIL: the holder is at its limit; the caller answers at once instead.
 * Trust     Addresses are what packets say, forged ones included. The hash is keyed.
 */
#ifndef DP_HOLDER_H
#define DP_HOLDER_H

#include <stdint.h>

#include "lib/base/siphash.h"

#define DP_NIL UINT32_MAX

struct dp_holder {
	uint64_t id;   /* dp_packet_client, dp_packet_net */
	uint32_t cnt;  /* replies waited for; 0: free */
	uint32_t next; /* chain of the same slot, or the free list */
};

struct dp_holders {
	struct dp_holder *holders;
	uint32_t *slots;
	uint32_t slot_mask, max, free;
	struct hf_siphash_key key;
};

/* At start. max: waiters; seed: 16 random octets. 0, -EINVAL, -ENOMEM. */
int dp_holders_init(struct dp_holders *h, uint32_t max, const uint8_t seed[16]);
void dp_holders_fini(struct dp_holders *h);

/* One reply more for id, which may hold limit of them: its place, for dp_holder_put; or DP_NIL. */
uint32_t dp_holder_get(struct dp_holders *h, uint64_t id, uint32_t limit);
/* One reply less. place is one that dp_holder_get gave. */
void dp_holder_put(struct dp_holders *h, uint32_t place);

#endif
