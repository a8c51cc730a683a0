/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bucket: token buckets for very many clients in little memory.
 *
 * Purpose   So many a second for each of whoever asks, and so many at once. A bucket is one
 *           number: when it is full again (GCRA, ITU-T I.371 A), so that time fills it and
 *           nobody has to.
 * Roles     One per worker; only that worker touches it.
 * Memory    A fixed number of sets, each a cache line of eight buckets, all at start. In a set
 *           without room a newcomer takes the place of the fullest bucket, the one that loses
 *           least: whoever is over a limit stays known until eight others of his set are.
 * Blocking  Never.
 * Errors    False: over the limit; the caller counts it.
 * Trust     Ids are made of forged addresses too. The hash is keyed: nobody can aim at a set,
 *           or at the bucket of somebody else. Two ids share one by chance only, 8 in 2^24.
 *
 * A bucket in one word:
 *   bits    field
 *   0..39   when it is full again, in units of the table; wraps
 *   40..63  tag of the id
 */
#ifndef DP_BUCKET_H
#define DP_BUCKET_H

#include "dataplane/hash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define DP_BUCKET_TIME_MASK ((UINT64_C(1) << DP_BUCKET_TAG_SHIFT) - 1)

enum {
	DP_BUCKET_WAYS = 8,
	DP_BUCKET_PER_S_MAX = 1000000,
	DP_BUCKET_WINDOW_MAX_S = 60, /* a burst is at most what flows in so many seconds */
	DP_BUCKET_TAG_SHIFT = 40,
};

struct dp_bucket_set {
	alignas(64) uint64_t word[DP_BUCKET_WAYS];
};

struct dp_buckets {
	struct dp_bucket_set *sets;
	uint32_t set_cnt;
	uint32_t units_per_s; /* fine enough for the fastest rate to be right to a hundredth */
	uint64_t scale;       /* nanoseconds to units, 40 bits of fraction */
	uint64_t depth_max;   /* of all rates in use, in units */
	struct dp_hash hash;
};

/* What one costs and how much there can be at once, in units of a table. */
struct dp_rate {
	uint64_t cost; /* 0: no limit */
	uint64_t depth;
};

/* Where the bucket of an id is. */
struct dp_spot {
	uint32_t set;
	uint32_t tag;
};

/* At start: room for cnt buckets, rounded up to whole sets; fastest_per_s in
 * [1, DP_BUCKET_PER_S_MAX]: of the rates that will be used. seed: 64 random octets. 0, -EINVAL,
 * -ENOMEM. */
int
dp_buckets_init(struct dp_buckets *b, uint32_t cnt, uint32_t fastest_per_s, const uint8_t seed[64]);
void dp_buckets_fini(struct dp_buckets *b);

/* At start: per_s in [0, fastest_per_s], burst in [1, DP_BUCKET_WINDOW_MAX_S * per_s]; what is
 * beyond is cut. */
struct dp_rate dp_buckets_rate(struct dp_buckets *b, uint32_t per_s, uint64_t burst);

/* The time for dp_bucket_take. */
static inline uint64_t
dp_buckets_now(const struct dp_buckets *b, uint64_t now_ns)
{
	return (uint64_t)((unsigned __int128)now_ns * b->scale >> DP_BUCKET_TAG_SHIFT);
}

/* Spots of cnt ids; their lines are on the way to the core afterwards. */
void
dp_buckets_aim(const struct dp_buckets *b, const uint64_t *id, unsigned cnt, struct dp_spot *spot);

/* The fullest bucket of a set; of full ones the one that has been so for longest, so that clients
 * who ask now and then keep their places too. */
unsigned
dp_buckets_fullest(const struct dp_buckets *b, const struct dp_bucket_set *s, uint64_t now);

/* Where the bucket is whose id has this hash; its line is on the way to the core. */
static inline struct dp_spot
dp_buckets_spot(const struct dp_buckets *b, uint64_t hash)
{
	struct dp_spot spot = {
	    .set = (uint32_t)((hash >> 32) * b->set_cnt >> 32),
	    .tag = (uint32_t)hash & (UINT32_MAX >> (DP_BUCKET_TAG_SHIFT - 32)),
	};

	__builtin_prefetch(&b->sets[spot.set], 1);
	return spot;
}

#if defined(__x86_64__)
/* With b->hash.aes. Two rounds spread each octet over all sixteen; the third makes it hard to undo.
 */
__attribute__((target("aes,sse4.1"))) static inline uint64_t
dp_buckets_hash_aes(const struct dp_buckets *b, uint64_t id)
{
	const __m128i *k = (const __m128i *)(const void *)b->hash.k;
	__m128i s = _mm_xor_si128(_mm_cvtsi64_si128((long long)id), k[0]);

	s = _mm_aesenc_si128(_mm_aesenc_si128(_mm_aesenc_si128(s, k[1]), k[2]), k[3]);
	return (uint64_t)_mm_cvtsi128_si64(s);
}
#endif

/* Bit i: bucket i of the set has this tag. */
static inline unsigned
dp_buckets_match(const struct dp_bucket_set *s, uint32_t tag)
{
#if defined(__AVX512F__)
	__m512i w = _mm512_srli_epi64(_mm512_load_si512(s), DP_BUCKET_TAG_SHIFT);

	return _mm512_cmpeq_epi64_mask(w, _mm512_set1_epi64((long long)tag));
#elif defined(__x86_64__)
	const float *w =
	    (const float *)(const void *)s->word; /* to be shuffled, not counted with */
	const __m128i want = _mm_set1_epi32((int)tag);
	__m128 low = _mm_shuffle_ps(_mm_load_ps(w), _mm_load_ps(w + 4), 0xdd); /* high halves */
	__m128 high = _mm_shuffle_ps(_mm_load_ps(w + 8), _mm_load_ps(w + 12), 0xdd);
	__m128i a = _mm_srli_epi32(_mm_castps_si128(low), DP_BUCKET_TAG_SHIFT - 32);
	__m128i b = _mm_srli_epi32(_mm_castps_si128(high), DP_BUCKET_TAG_SHIFT - 32);

	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(a, want))) |
	    (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(b, want))) << 4;
#else
	unsigned match = 0;

	for (unsigned i = 0; i < DP_BUCKET_WAYS; i++)
		match |= (unsigned)(s->word[i] >> DP_BUCKET_TAG_SHIFT == tag) << i;
	return match;
#endif
}

/* Units until the bucket is full. More than any can owe: it was full long ago. */
static inline uint64_t
dp_buckets_owed(const struct dp_buckets *b, uint64_t word, uint64_t now)
{
	uint64_t debt = (word - now) & DP_BUCKET_TIME_MASK;

	return debt > b->depth_max ? 0 : debt;
}

/* Take one. False: there is none; nothing changes. */
static inline bool
dp_bucket_take(struct dp_buckets *b, struct dp_spot spot, const struct dp_rate *rate, uint64_t now)
{
	struct dp_bucket_set *s = &b->sets[spot.set];
	unsigned match = dp_buckets_match(s, spot.tag), way;
	uint64_t debt = 0;

	if (__builtin_expect(match != 0, 1)) {
		way = (unsigned)__builtin_ctz(match);
		debt = dp_buckets_owed(b, s->word[way], now);
	} else {
		way = dp_buckets_fullest(b, s, now);
	}
	if (debt + rate->cost > rate->depth)
		return false;
	s->word[way] = (uint64_t)spot.tag << DP_BUCKET_TAG_SHIFT |
	    ((now + debt + rate->cost) & DP_BUCKET_TIME_MASK);
	return true;
}

#endif
