/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entry: one answer in the cache, ready to be copied behind a question.
 *
 * Purpose   Verdict, times, EDE, owner names of the chain and the rendered records of an
 *           answer, in one piece of memory whose first lines hold all that a hit reads.
 * Roles     WRITER makes and frees. Any core reads between two of its quiescent lines.
 * Memory    64-byte aligned, from aligned_alloc: jemalloc in the program, which links it as
 *           its malloc; the sanitizer's in tests. Immutable once published, but for the
 *           two relaxed marks.
 * Blocking  Never.
 * Errors    NULL when there is no memory.
 * Trust     Made only from messages that passed hf_msg_check_answer.
 *
 * Times are milliseconds since the dataplane's boot in 64 bits: they do not wrap.
 *
 *   field               who stores it
 *   covered, used       any core, relaxed: each is a hint that is recomputed when lost
 *   all the rest        WRITER, before publication
 */
#ifndef DP_ENTRY_H
#define DP_ENTRY_H

#include <stdatomic.h>

#include "dataplane/hash.h"

#define DP_COVERED_UNKNOWN UINT64_MAX

/* What hits leave behind. A lost store is made again, or costs one refresh too many. */
enum {
	DP_USED = 1,          /* since the hand came by (CLOCK) */
	DP_USED_AGAIN = 2,    /* more than once in its life */
	DP_USED_REFRESHED = 4 /* a refresh was asked for: once in its life */
};

struct dp_entry {
	/* line 0 */
	alignas(64) uint64_t hash;
	uint64_t inserted_ms;
	uint64_t fresh_until_ms;
	uint64_t stale_until_ms;
	_Atomic uint64_t covered; /* policy generation << 16 | names an NTA covers */
	uint16_t rcode;
	uint16_t ede; /* HF_EDE_NONE: none */
	uint16_t hidden_ede;
	uint8_t verdict; /* enum hf_verdict */
	uint8_t flags;   /* HF_ANSWER_* */
	uint16_t an_cnt, ns_cnt, ar_cnt;
	uint16_t body_len;
	uint16_t ttl_cnt;
	uint16_t ede_text_len;
	_Atomic uint8_t used; /* DP_USED_* */
	uint8_t chain_cnt;
	uint16_t chain_len;
	/* line 1 */
	uint64_t retry_at_ms; /* a refresh failed: the next try is not before; 0: none failed */
	uint64_t retry_gen;   /* ... under this policy */
	uint64_t policy_gen;  /* the policy it was resolved under */
	uint16_t retry_ede;   /* ... and what it failed of, HF_EDE_NONE */
	uint16_t size_lines;  /* 64-byte lines of this piece of memory */
	uint16_t nta_mask;    /* names an NTA covered when it was resolved */
	uint16_t tail_off;    /* from the entry's start: ttl_off[], chain, EDE text */
	uint8_t key[];        /* struct dp_key_octets to a block's end; then body */
};

_Static_assert(offsetof(struct dp_entry, retry_at_ms) == 64, "line 0 is what judging reads");
_Static_assert(offsetof(struct dp_entry, key) == 96, "key on line 1");

static inline const struct dp_key_octets *
dp_entry_key(const struct dp_entry *e)
{
	return (const struct dp_key_octets *)(const void *)e->key;
}

/* Whole blocks, as bodies are copied in. */
static inline size_t
dp_entry_key_len(const struct dp_key_octets *o)
{
	return (dp_key_octets_len(o) + DP_BLOCK_LEN - 1u) & ~(size_t)(DP_BLOCK_LEN - 1);
}

static inline const uint8_t *
dp_entry_body(const struct dp_entry *e)
{
	return e->key + dp_entry_key_len(dp_entry_key(e));
}

/* Offsets of the TTL fields within the body. */
static inline const uint16_t *
dp_entry_ttl_off(const struct dp_entry *e)
{
	return (const uint16_t *)(const void *)((const uint8_t *)e + e->tail_off);
}

/* chain_cnt uncompressed lower-case names, one after another. */
static inline const uint8_t *
dp_entry_chain(const struct dp_entry *e)
{
	return (const uint8_t *)e + e->tail_off + 2u * e->ttl_cnt;
}

static inline const char *
dp_entry_ede_text(const struct dp_entry *e)
{
	return (const char *)dp_entry_chain(e) + e->chain_len;
}

/* Octets charged against the cache's budget. */
static inline uint64_t
dp_entry_octets(const struct dp_entry *e)
{
	return (uint64_t)e->size_lines * 64;
}

/* WRITER. From a checked answer; m->key hashes with h. Fresh for the lower of ttl_s, the
 * lowest TTL among the records (RFC 2181 5.2) and HF_TTL_MAX_S. NULL: no memory. */
struct dp_entry *dp_entry_create(const struct hf_msg_answer *m, const struct hf_answer_view *view,
    const struct dp_hash *h, uint64_t now_ms);

/* WRITER. A copy of old under key, its own or that of its twin (dp_table_find_plain), that
 * remembers a failed refresh. NULL: no memory. */
struct dp_entry *dp_entry_create_retry(const struct dp_entry *old, const struct dp_key *key,
    uint64_t retry_at_ms, uint64_t retry_gen, uint16_t retry_ede);

void dp_entry_free(struct dp_entry *e);

/* The answer message that would make this entry, TTLs as at insertion (cache show). head
 * carries type and length, epoch 0. Returns its octets, 0 when cap is too small. */
size_t dp_entry_to_msg(const struct dp_entry *e, struct hf_msg_answer *m, size_t cap);

/* In the last tenth of its life. A fresh entry is: the caller has looked. */
static inline bool
dp_entry_ageing(const struct dp_entry *e, uint64_t now_ms)
{
	return (e->fresh_until_ms - now_ms) * 10 < e->fresh_until_ms - e->inserted_ms;
}

/* Neither fresh nor usable as stale, whatever the policy: may go first. */
static inline bool
dp_entry_dead(const struct dp_entry *e, uint64_t now_ms)
{
	return now_ms >= e->fresh_until_ms && now_ms >= e->stale_until_ms;
}

#endif
