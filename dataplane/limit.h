/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * limit: so many a second, and no more.
 *
 * Purpose   A token bucket for what a stranger can make a core do beyond DNS.
 * Roles     A worker, each with buckets of its own.
 * Memory    The caller's.
 * Blocking  Never.
 * Errors    False: over the limit; the caller counts it.
 * Trust     Nothing here reads input.
 */
#ifndef DP_LIMIT_H
#define DP_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct dp_limit {
	uint32_t per_s;   /* a multiple of 1000: so many whole tokens a millisecond */
	uint32_t burst;   /* most tokens there can be */
	uint64_t last_ms; /* time up to which tokens were given */
	uint64_t tokens;
};

/* Full at now_ms. */
static inline void
dp_limit_init(struct dp_limit *l, uint32_t per_s, uint32_t burst, uint64_t now_ms)
{
	*l = (struct dp_limit){.per_s = per_s, .burst = burst, .last_ms = now_ms, .tokens = burst};
}

static inline bool
dp_limit_take(struct dp_limit *l, uint64_t now_ms)
{
	l->tokens += (now_ms - l->last_ms) * (l->per_s / 1000);
	l->last_ms = now_ms;
	if (l->tokens > l->burst)
		l->tokens = l->burst;
	if (l->tokens == 0)
		return false;
	l->tokens--;
	return true;
}

/* Back again: what it was taken for did not happen. */
static inline void
dp_limit_return(struct dp_limit *l)
{
	if (l->tokens < l->burst)
		l->tokens++;
}

#endif
