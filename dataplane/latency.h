/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * latency: what one core knows of how long its replies took.
 *
 * Purpose   Histograms (lib/link/latency.h) to which a burst is added at once: all its hits came
 *           with it and leave with it. Time is in ticks of the CPU's counter, read by the caller.
 * Roles     One struct per worker: that worker adds, by relaxed stores; anyone loads relaxed.
 * Memory    In the worker's piece, on cache lines of its own.
 * Blocking  Never.
 * Loss      None.
 * Trust     Nothing here reads input.
 */
#ifndef DP_LATENCY_H
#define DP_LATENCY_H

#include <stdalign.h>

#include "lib/base/ns.h"
#include "lib/link/latency.h"

struct dp_latency {
	alignas(64) uint64_t ns_per_tick_q32; /* constant: nanoseconds by 2^32 */
	alignas(64) struct hf_latency_row kind[HF_LATENCY_CNT];
};

/* At start. */
static inline void
dp_latency_init(struct dp_latency *l, uint64_t ticks_per_s)
{
	l->ns_per_tick_q32 = (HF_NS_PER_S << 32) / ticks_per_s;
}

static inline void
dp_latency_store(uint64_t *at, uint64_t v)
{
	__atomic_store_n(at, v, __ATOMIC_RELAXED);
}

/* cnt replies of a kind took so many ticks, each of them. */
static inline void
dp_latency_add(struct dp_latency *l, enum hf_latency kind, uint64_t ticks, uint64_t cnt)
{
	uint64_t ns = (uint64_t)((unsigned __int128)ticks * l->ns_per_tick_q32 >> 32);
	struct hf_latency_row *row = &l->kind[kind];
	uint64_t *bucket = &row->cnt[hf_latency_bucket(ns)];

	dp_latency_store(bucket, *bucket + cnt);
	dp_latency_store(&row->sum_ns, row->sum_ns + cnt * ns);
	if (ns > row->max_ns)
		dp_latency_store(&row->max_ns, ns);
}

/* Another thread's look at it. */
static inline void
dp_latency_read(const struct dp_latency *l, struct hf_latency_row out[HF_LATENCY_CNT])
{
	for (unsigned k = 0; k < HF_LATENCY_CNT; k++) {
		const struct hf_latency_row *row = &l->kind[k];

		out[k].sum_ns = __atomic_load_n(&row->sum_ns, __ATOMIC_RELAXED);
		out[k].max_ns = __atomic_load_n(&row->max_ns, __ATOMIC_RELAXED);
		for (unsigned i = 0; i < HF_LATENCY_BUCKET_CNT; i++)
			out[k].cnt[i] = __atomic_load_n(&row->cnt[i], __ATOMIC_RELAXED);
	}
}

#endif
