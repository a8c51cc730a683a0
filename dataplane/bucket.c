/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/bucket.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/siphash.h"

enum { UNITS_PER_TOKEN = 64 }; /* of the fastest rate: no rounding is over 0.8 % */

_Static_assert((uint64_t)DP_BUCKET_WINDOW_MAX_S *DP_BUCKET_PER_S_MAX *UNITS_PER_TOKEN <=
	DP_BUCKET_TIME_MASK / 256,
    "a bucket of long ago seldom looks as if it were owed");

int
dp_buckets_init(struct dp_buckets *b, uint32_t cnt, uint32_t fastest_per_s, const uint8_t seed[64])
{
	size_t len;

	memset(b, 0, sizeof(*b));
	if (cnt == 0 || cnt > UINT32_MAX / 2 || fastest_per_s == 0 ||
	    fastest_per_s > DP_BUCKET_PER_S_MAX)
		return -EINVAL;
	b->set_cnt = (cnt + DP_BUCKET_WAYS - 1) / DP_BUCKET_WAYS;
	len = b->set_cnt * sizeof(b->sets[0]);
	b->sets = aligned_alloc(alignof(struct dp_bucket_set), len);
	if (b->sets == NULL)
		return -ENOMEM;
	memset(b->sets, 0, len);
	b->units_per_s = fastest_per_s * UNITS_PER_TOKEN;
	/* Rounded up: a second must not be a unit short of what flows in it. */
	b->scale =
	    (uint64_t)(((unsigned __int128)b->units_per_s << DP_BUCKET_TAG_SHIFT) / HF_NS_PER_S) +
	    1;
	dp_hash_init(&b->hash, seed);
	return 0;
}

void
dp_buckets_fini(struct dp_buckets *b)
{
	free(b->sets);
	memset(b, 0, sizeof(*b));
}

struct dp_rate
dp_buckets_rate(struct dp_buckets *b, uint32_t per_s, uint64_t burst)
{
	uint64_t burst_max = (uint64_t)DP_BUCKET_WINDOW_MAX_S * per_s;
	struct dp_rate r = {0};

	if (per_s == 0)
		return r;
	if (burst > burst_max)
		burst = burst_max;
	r.cost = (b->units_per_s + per_s / 2) / per_s;
	r.depth = (burst == 0 ? 1 : burst) * r.cost;
	if (r.depth > b->depth_max)
		b->depth_max = r.depth;
	return r;
}

#if defined(__x86_64__)
__attribute__((target("aes,sse4.1"))) static void
aim_aes(const struct dp_buckets *b, const uint64_t *id, unsigned cnt, struct dp_spot *spot)
{
	for (unsigned i = 0; i < cnt; i++)
		spot[i] = dp_buckets_spot(b, dp_buckets_hash_aes(b, id[i]));
}
#endif

void
dp_buckets_aim(const struct dp_buckets *b, const uint64_t *id, unsigned cnt, struct dp_spot *spot)
{
	struct hf_siphash_key key;

#if defined(__x86_64__)
	if (b->hash.aes) {
		aim_aes(b, id, cnt, spot);
		return;
	}
#endif
	memcpy(&key, b->hash.k, sizeof(key));
	for (unsigned i = 0; i < cnt; i++)
		spot[i] = dp_buckets_spot(b, hf_siphash(&key, &id[i], sizeof(id[i])));
}

unsigned
dp_buckets_fullest(const struct dp_buckets *b, const struct dp_bucket_set *s, uint64_t now)
{
	uint64_t least = UINT64_MAX;
	unsigned best = 0;

	for (unsigned i = 0; i < DP_BUCKET_WAYS; i++) {
		/* What is owed comes last; before it, how lately a bucket became full. */
		uint64_t rank = (s->word[i] - now - b->depth_max - 1) & DP_BUCKET_TIME_MASK;

		if (rank < least) {
			least = rank;
			best = i;
		}
	}
	return best;
}
