/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * latency: histograms of how long replies take, kept by each core.
 *
 * Purpose   The kinds of replies that are timed, the buckets, and what can be read from them.
 *           Buckets are log-linear: four to an octave from 64 ns to 17 s, so that a time read
 *           back is at most a quarter above the true one; one below and one above these.
 * Roles     A worker adds to its own (dataplane/latency.h); anyone reads a copy.
 * Memory    The caller's.
 * Blocking  Never.
 * Errors    None.
 * Trust     A row may come from another process: any numbers are read without harm.
 */
#ifndef HF_LINK_LATENCY_H
#define HF_LINK_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, unit, sentence): from the moment its burst was received until the reply was handed to the
 * port. */
#define HF_LATENCIES(X)                                                                  \
	X(hit, ns, "answered at once from a fresh entry")                                \
	X(stale, ns, "answered from an expired entry, at once or after the stale timer") \
	X(miss, ns, "waited for the control plane, whatever came of it")

enum hf_latency {
#define X(name, unit, sentence) HF_LATENCY_##name,
	HF_LATENCIES(X)
#undef X
	    HF_LATENCY_CNT,
};

enum {
	HF_LATENCY_LOWEST_LOG2 = 6,   /* bucket 0 is [0, 64 ns) */
	HF_LATENCY_HIGHEST_LOG2 = 34, /* the last bucket is [2^34 ns, infinity) */
	HF_LATENCY_SUB_LOG2 = 2,      /* four buckets to an octave */
	HF_LATENCY_BUCKET_CNT =
	    ((HF_LATENCY_HIGHEST_LOG2 - HF_LATENCY_LOWEST_LOG2) << HF_LATENCY_SUB_LOG2) + 2,
};

/* One kind on one core. */
struct hf_latency_row {
	uint64_t sum_ns;
	uint64_t max_ns;
	uint64_t cnt[HF_LATENCY_BUCKET_CNT];
};

static inline unsigned
hf_latency_bucket(uint64_t ns)
{
	if (ns < UINT64_C(1) << HF_LATENCY_LOWEST_LOG2)
		return 0;
	if (ns >= UINT64_C(1) << HF_LATENCY_HIGHEST_LOG2)
		return HF_LATENCY_BUCKET_CNT - 1;

	unsigned octave = 63u - (unsigned)__builtin_clzll(ns);
	unsigned sub =
	    (unsigned)(ns >> (octave - HF_LATENCY_SUB_LOG2)) & ((1u << HF_LATENCY_SUB_LOG2) - 1);

	return 1 + ((octave - HF_LATENCY_LOWEST_LOG2) << HF_LATENCY_SUB_LOG2) + sub;
}

/* The lowest time that is above bucket's; UINT64_MAX for the last bucket. */
uint64_t hf_latency_above_ns(unsigned bucket);

/* How many replies a row has. */
uint64_t hf_latency_total(const struct hf_latency_row *row);

/* A time that permille of 1000 replies did not exceed: the end of the bucket that has the last of
 * them, max_ns if that is lower. 0 for an empty row. */
uint64_t hf_latency_quantile_ns(const struct hf_latency_row *row, unsigned permille);

/* Add what another core saw. */
void hf_latency_merge(struct hf_latency_row *into, const struct hf_latency_row *row);

#endif
