/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evict: which entries go when the cache is full, a few at each insert.
 *
 * Purpose   S3-FIFO over segments (ADR 14). New entries pass through probation, a tenth of the
 *           memory: what was hit there moves on to main, the rest goes, so that names asked for
 *           once never push out popular ones. In main what was hit since the last look stays for
 *           another round. Before anything alive goes, what is dead by its times goes, and the
 *           room of what was replaced is won back.
 * Roles     WRITER.
 * Memory    Part of the table.
 * Blocking  Never: a call looks at 128 lines, at most, for each that is to be inserted.
 * Errors    None; when nothing can be freed, nothing happens.
 * Trust     Nothing here reads input.
 */
#ifndef DP_EVICT_H
#define DP_EVICT_H

#include "dataplane/segments.h"

struct dp_table;

enum dp_sweep_mode {
	DP_SWEEP_EXPIRE,  /* drop what is dead, leave the rest where it is */
	DP_SWEEP_COMPACT, /* drop what is dead, move the rest */
	DP_SWEEP_EVICT,   /* move what was hit, drop the rest */
};

/* A segment being swept, from line at of it on. */
struct dp_sweep {
	int32_t segment; /* DP_SEGMENT_NIL: none */
	uint8_t mode;    /* enum dp_sweep_mode */
	bool expired;    /* the last one looked for what had expired: the next one frees */
	uint32_t at;
	uint32_t moved;  /* lines */
	uint64_t due_ms; /* EXPIRE: of what stays */
};

/* Fingerprints of what left probation unasked for: who comes back soon was pushed out too early,
 * and goes to main. One slot for each hash, the last one wins; 0: none. */
struct dp_ghosts {
	uint16_t *slot;
	uint64_t cnt;
};

static inline uint16_t *
dp_ghosts_slot(const struct dp_ghosts *g, uint64_t hash)
{
	return &g->slot[(hash >> 32) * g->cnt >> 32];
}

static inline void
dp_ghosts_prefetch(const struct dp_ghosts *g, uint64_t hash)
{
	__builtin_prefetch(dp_ghosts_slot(g, hash));
}

/* WRITER. It left probation. */
static inline void
dp_ghosts_put(struct dp_ghosts *g, uint64_t hash)
{
	*dp_ghosts_slot(g, hash) = (uint16_t)(hash | 1);
}

/* WRITER. It did, not long ago. */
static inline bool
dp_ghosts_take(struct dp_ghosts *g, uint64_t hash)
{
	uint16_t *slot = dp_ghosts_slot(g, hash);
	bool there = *slot == (uint16_t)(hash | 1);

	if (there)
		*slot = 0;
	return there;
}

/* Before so many lines are inserted: sweep on until enough is free, or for a bounded while. */
void dp_evict_step(struct dp_table *t, unsigned lines, uint64_t now_ms);

#endif
