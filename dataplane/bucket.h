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

/* Take one. False: there is none; nothing changes. */
bool
dp_bucket_take(struct dp_buckets *b, struct dp_spot spot, const struct dp_rate *rate, uint64_t now);

#endif
