/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/domain.h"

#include <string.h>

enum { LABELS = 2 };

_Static_assert(DP_DOMAIN_SLOTS < DP_DOMAIN_FULL, "a slot is not the sign for none");

void
dp_domains_init(struct dp_domains *d, uint32_t max, const uint8_t seed[16])
{
	memset(d, 0, sizeof(*d));
	memcpy(&d->key, seed, sizeof(d->key));
	d->max = max;
}

/* Where the last LABELS labels begin. Bounded by len: each label is at least two octets. */
static unsigned
domain_off(const uint8_t *name, unsigned len)
{
	unsigned last[LABELS] = {0};
	unsigned cnt = 0;

	for (unsigned at = 0; at < len && name[at] != 0; at += name[at] + 1u)
		last[cnt++ % LABELS] = at;
	return cnt < LABELS ? 0 : last[cnt % LABELS];
}

uint16_t
dp_domain_get(struct dp_domains *d, const uint8_t *name, unsigned len)
{
	unsigned off = domain_off(name, len);
	uint64_t hash = hf_siphash(&d->key, name + off, len - off);
	uint16_t slot = (uint16_t)(hash % DP_DOMAIN_SLOTS);

	if (d->cnt[slot] >= d->max)
		return DP_DOMAIN_FULL;
	d->cnt[slot]++;
	return slot;
}

void
dp_domain_put(struct dp_domains *d, uint16_t slot)
{
	d->cnt[slot]--;
}
