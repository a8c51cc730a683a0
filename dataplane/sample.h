/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sample: which questions are asked, one out of many.
 *
 * Purpose   What an operator wants to know before a change: how many questions a second it
 *           touches, and how many of them the cache could answer. A worker notes at most one
 *           question in DP_SAMPLE_EVERY_MS, with the number of queries since the last, for which
 *           it stands; the writer keeps the latest of them all.
 * Roles     The worker puts, the writer thread takes (struct dp_samples). The writer alone: struct
 *           dp_recent.
 * Memory    The caller's, fixed; dp_recent's are touched as they come.
 * Blocking  Never.
 * Loss      A full ring drops the question and keeps its weight for the next.
 * Trust     Names are clients': valid, lower case, and no more than that.
 *
 *   field       who stores it
 *   head, slot  the worker, slot before head passes it
 *   tail        the writer thread
 *   due_ms, queries  the worker's own
 */
#ifndef DP_SAMPLE_H
#define DP_SAMPLE_H

#include <stdatomic.h>

#include "dataplane/hash.h"

enum {
	DP_SAMPLE_EVERY_MS = 16,
	DP_SAMPLES_CNT = 64, /* the writer comes by at least every 50 ms */
	DP_RECENT_CNT = 16384,
};

struct dp_sample {
	uint64_t at_ms; /* since boot */
	uint64_t queries;
	uint32_t meta; /* dp_key_meta */
	uint8_t name[HF_NAME_MAX];
};

struct dp_samples {
	alignas(64) _Atomic uint32_t head;
	uint64_t due_ms;  /* no question is noted before */
	uint64_t queries; /* of this worker, by the last one noted */
	alignas(64) _Atomic uint32_t tail;
	alignas(64) struct dp_sample slot[DP_SAMPLES_CNT];
};

/* Worker. A question of this key came at now_ms, the queries'th of this worker. Call it when due_ms
 * has passed. */
void dp_samples_put(
    struct dp_samples *s, uint64_t now_ms, uint64_t queries, uint32_t meta, const uint8_t *name);

/* The latest questions of all workers, in a ring. */
struct dp_recent {
	struct dp_sample *slot; /* DP_RECENT_CNT */
	uint64_t cnt;           /* ever put */
};

/* 0 or -ENOMEM. */
int dp_recent_init(struct dp_recent *r);
void dp_recent_fini(struct dp_recent *r);

/* Writer. Move to r what a worker has noted. */
void dp_recent_take(struct dp_recent *r, struct dp_samples *from);

/* Sample i of dp_recent_cnt, in no order. */
static inline unsigned
dp_recent_cnt(const struct dp_recent *r)
{
	return r->cnt < DP_RECENT_CNT ? (unsigned)r->cnt : DP_RECENT_CNT;
}

#endif
