/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * domain: how many questions of one core are under way for names of each domain.
 *
 * Purpose   A flood of random names below one domain (water torture) must not take all the room
 *           for questions: a domain has a share of it. A domain is a name's last two labels;
 *           where these are a public suffix, many share one share, which is larger than what
 *           honest names of all of them need at once.
 * Roles     One per worker; only that worker touches it.
 * Memory    A fixed array of counters; domains that hash alike share one.
 * Blocking  Never.
 * Loss      DP_DOMAIN_FULL: the caller answers at once instead.
 * Trust     Names are a stranger's. The hash is keyed.
 */
#ifndef DP_DOMAIN_H
#define DP_DOMAIN_H

#include <stdint.h>

#include "lib/base/siphash.h"

enum { DP_DOMAIN_SLOTS = 4096, DP_DOMAIN_FULL = UINT16_MAX };

struct dp_domains {
	struct hf_siphash_key key;
	uint32_t max; /* questions of one domain */
	uint32_t cnt[DP_DOMAIN_SLOTS];
};

/* seed: 16 random octets. */
void dp_domains_init(struct dp_domains *d, uint32_t max, const uint8_t seed[16]);

/* One question more for a valid lower-case name: the slot for dp_domain_put, or DP_DOMAIN_FULL. */
uint16_t dp_domain_get(struct dp_domains *d, const uint8_t *name, unsigned len);
void dp_domain_put(struct dp_domains *d, uint16_t slot);

#endif
