/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/bucket.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/siphash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { UNITS_PER_TOKEN = 64 }; /* of the fastest rate: no rounding is over 0.8 % */

#define TIME_MASK ((UINT64_C(1) << DP_BUCKET_TAG_SHIFT) - 1)

_Static_assert(
    (uint64_t)DP_BUCKET_WINDOW_MAX_S *DP_BUCKET_PER_S_MAX *UNITS_PER_TOKEN <= TIME_MASK / 256,
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

static inline void
spot_set(const struct dp_buckets *b, uint64_t hash, struct dp_spot *spot)
{
	spot->set = (uint32_t)((hash >> 32) * b->set_cnt >> 32);
	spot->tag = (uint32_t)hash & (UINT32_MAX >> (DP_BUCKET_TAG_SHIFT - 32));
	__builtin_prefetch(&b->sets[spot->set], 1);
}

#if defined(__x86_64__)
/* Two rounds spread each octet over all sixteen; the third makes it hard to undo. */
__attribute__((target("aes,sse4.1"))) static void
aim_aes(const struct dp_buckets *b, const uint64_t *id, unsigned cnt, struct dp_spot *spot)
{
	const __m128i *k = (const __m128i *)(const void *)b->hash.k;
	const __m128i k0 = _mm_load_si128(&k[0]), k1 = _mm_load_si128(&k[1]);
	const __m128i k2 = _mm_load_si128(&k[2]), k3 = _mm_load_si128(&k[3]);

	for (unsigned i = 0; i < cnt; i++) {
		__m128i s = _mm_xor_si128(_mm_cvtsi64_si128((long long)id[i]), k0);

		s = _mm_aesenc_si128(_mm_aesenc_si128(_mm_aesenc_si128(s, k1), k2), k3);
		spot_set(b, (uint64_t)_mm_cvtsi128_si64(s), &spot[i]);
	}
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
		spot_set(b, hf_siphash(&key, &id[i], sizeof(id[i])), &spot[i]);
}

/* Bit i: bucket i has this tag. */
#if defined(__x86_64__)
static inline unsigned
tag_match(const struct dp_bucket_set *s, uint32_t tag)
{
	const float *w =
	    (const float *)(const void *)s->word; /* to be shuffled, not counted with */
	const __m128i want = _mm_set1_epi32((int)tag);
	__m128 low = _mm_shuffle_ps(_mm_load_ps(w), _mm_load_ps(w + 4), 0xdd); /* high halves */
	__m128 high = _mm_shuffle_ps(_mm_load_ps(w + 8), _mm_load_ps(w + 12), 0xdd);
	__m128i a = _mm_srli_epi32(_mm_castps_si128(low), DP_BUCKET_TAG_SHIFT - 32);
	__m128i b = _mm_srli_epi32(_mm_castps_si128(high), DP_BUCKET_TAG_SHIFT - 32);

	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(a, want))) |
	    (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(b, want))) << 4;
}
#else
static inline unsigned
tag_match(const struct dp_bucket_set *s, uint32_t tag)
{
	unsigned match = 0;

	for (unsigned i = 0; i < DP_BUCKET_WAYS; i++)
		match |= (unsigned)(s->word[i] >> DP_BUCKET_TAG_SHIFT == tag) << i;
	return match;
}
#endif

/* Units until the bucket is full. More than any can owe: it was full long ago. */
static inline uint64_t
owed(const struct dp_buckets *b, uint64_t word, uint64_t now)
{
	uint64_t debt = (word - now) & TIME_MASK;

	return debt > b->depth_max ? 0 : debt;
}

static __attribute__((noinline)) unsigned
fullest(const struct dp_buckets *b, const struct dp_bucket_set *s, uint64_t now)
{
	uint64_t least = UINT64_MAX;
	unsigned best = 0;

	for (unsigned i = 0; i < DP_BUCKET_WAYS; i++) {
		uint64_t debt = owed(b, s->word[i], now);

		if (debt < least) {
			least = debt;
			best = i;
		}
	}
	return best;
}

bool
dp_bucket_take(struct dp_buckets *b, struct dp_spot spot, const struct dp_rate *rate, uint64_t now)
{
	struct dp_bucket_set *s = &b->sets[spot.set];
	unsigned match = tag_match(s, spot.tag);
	unsigned way = match != 0 ? (unsigned)__builtin_ctz(match) : fullest(b, s, now);
	uint64_t debt = match != 0 ? owed(b, s->word[way], now) : 0;

	if (debt + rate->cost > rate->depth)
		return false;
	s->word[way] =
	    (uint64_t)spot.tag << DP_BUCKET_TAG_SHIFT | ((now + debt + rate->cost) & TIME_MASK);
	return true;
}
