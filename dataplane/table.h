/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: the cache: a fixed hash table read without locks under liburcu QSBR.
 *
 * Purpose   Buckets of one cache line: eight words of {16-bit tag, 48-bit pointer}. A key
 *           has two buckets; entries never move between them, so that a reader never
 *           misses what is there. An octet budget is kept by a CLOCK hand.
 * Roles     WRITER (one thread): everything but prefetch and find. Any core: prefetch, find.
 * Memory    Buckets at start; entries by the WRITER. Replaced and evicted entries wait in a
 *           bounded retire list for a grace period.
 * Blocking  find never. WRITER: reclaim waits for a grace period (microseconds to one
 *           millisecond: cores pass their quiescent line each poll).
 * Errors    enum dp_insert. What does not fit evicts something else.
 * Trust     Keys are hostile: hash.h.
 *
 *   field                       who stores it
 *   buckets' words              WRITER, one release store each
 *   all the rest                WRITER
 */
#ifndef DP_TABLE_H
#define DP_TABLE_H

#include "dataplane/entry.h"
#include "dataplane/policy.h"
#include "lib/link/counters.h"

enum { DP_BUCKET_SLOTS = 8, DP_RETIRE_MAX = 1024 };

struct dp_bucket {
	alignas(64) _Atomic uint64_t word[DP_BUCKET_SLOTS];
};

struct dp_table {
	/* read by cores, constant after create */
	struct dp_bucket *buckets;
	uint64_t bucket_mask;
	struct dp_hash hash;
	/* WRITER's own */
	alignas(64) uint64_t *counters; /* the writer's row, HF_COUNTER_* */
	_Atomic uint64_t entries;       /* anyone may read */
	_Atomic uint64_t octets;        /* of live entries; never above octets_max */
	uint64_t octets_max;
	void (*grace)(void); /* waits for a grace period: synchronize_rcu */
	uint64_t hand;       /* CLOCK: the next slot to look at */
	uint64_t retired_octets;
	uint32_t retired_cnt;
	struct dp_entry *retired[DP_RETIRE_MAX];
	alignas(DP_LINE_LEN) uint8_t scratch[DP_ENTRY_OCTETS_MAX];
};

enum dp_insert {
	DP_INSERT_NEW,
	DP_INSERT_REPLACED,
	DP_INSERT_KEPT_STALE, /* the refresh failed: the good old entry stays, marked */
	DP_INSERT_NO_MEMORY,  /* nothing changed */
	DP_INSERT_CNT,
};

/* Add n, or 1, to a counter of this thread's own row; others read it with a relaxed load. */
static inline void
dp_count_add(uint64_t *counters, enum hf_counter c, uint64_t n)
{
	__atomic_store_n(&counters[c], counters[c] + n, __ATOMIC_RELAXED);
}

static inline void
dp_count(uint64_t *counters, enum hf_counter c)
{
	dp_count_add(counters, c, 1);
}

/* At start. octets_max of entries; slots for that many octets of small entries. seed: 64
 * random octets. counters: the writer's row. NULL: no memory. */
struct dp_table *dp_table_create(uint64_t octets_max, const uint8_t seed[64], uint64_t *counters);

/* At exit, when no core reads any more. */
void dp_table_destroy(struct dp_table *t);

/* Any core. Bring both buckets of a hash closer. */
static inline void
dp_table_prefetch(const struct dp_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->buckets[hash & t->bucket_mask]);
	__builtin_prefetch(&t->buckets[(hash >> 24) & t->bucket_mask]);
}

/* Any core, and the WRITER. The entry of this key or NULL. Valid until this thread's next
 * quiescent line. Sets no mark (dp_entry marks are the caller's to set on a hit). */
struct dp_entry *dp_table_find(const struct dp_table *t, const struct dp_key *key);

/* Any core. For a key with DO: the entry of the same question without, if it was insecure, so that
 * there are no signatures for who sets DO to miss. It stands in when the other is not to be had:
 * then stale, it says no less. Else NULL. Valid as above. */
struct dp_entry *dp_table_find_plain(const struct dp_table *t, const struct dp_key *key);

/* Any core. The first entry whose tag matches, itself not looked at: for bringing it closer.
 * NULL: no entry of this hash is there. */
struct dp_entry *dp_table_peek(const struct dp_table *t, uint64_t hash);

/* WRITER. Room to make an entry in, before it is inserted. */
static inline struct dp_entry *
dp_table_scratch(struct dp_table *t)
{
	return (struct dp_entry *)(void *)t->scratch;
}

/* WRITER. Publish a copy of e, whose key hashes to hash, replacing an entry of the same key,
 * evicting what must go. Counts inserted, replaced, evicted, no_memory. */
enum dp_insert
dp_table_insert(struct dp_table *t, const struct dp_entry *e, uint64_t hash, uint64_t now_ms);

/* WRITER. What a checked ANSWER does to the cache: builds and inserts; or, when it is BOGUS or
 * FAILURE and the present entry is good and may still be served stale under p, or its twin
 * (dp_table_find_plain) may, keeps that one with a note when to try again. Counts, too,
 * kept_stale. */
enum dp_insert dp_table_answer(struct dp_table *t, const struct dp_policy *p,
    const struct hf_msg_answer *m, const struct hf_answer_view *view, uint64_t now_ms);

/* WRITER. Free what was retired, after a grace period; does nothing (and waits for nothing)
 * when the list is empty. Called by insert when the list is full. */
void dp_table_reclaim(struct dp_table *t);

#endif
