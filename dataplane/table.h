/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: the cache: a fixed hash table read without locks.
 *
 * Purpose   Buckets of one cache line: eight words that say all a look-up needs before it touches
 *           the entry. A key has two buckets; entries never move between them and a copy is
 *           published before its original goes, so that a reader never misses what is there.
 * Roles     WRITER (one thread): everything but prefetch, match, peek and find. Any core: these,
 *           between enter and leave of its slot in readers.
 * Memory    One mapping of octets_max: a sixth are buckets, a 64th ghosts (evict.h), the rest
 *           segments of entries (segments.h). Touched as it is used. What is no longer published
 *           is used again when its readers' ticket is over (readers.h); how much may wait is
 *           bounded.
 * Blocking  Never.
 * Errors    enum dp_insert. What does not fit evicts something else (evict.h).
 * Trust     Keys are hostile: hash.h.
 *
 *   a word   63..49 tag: of the hash    48..7 first line    6..0 lines; 0: free
 *
 *   field                       who stores it
 *   buckets' words              WRITER, one release store each
 *   readers                     readers.h
 *   all the rest                WRITER
 */
#ifndef DP_TABLE_H
#define DP_TABLE_H

#include "dataplane/evict.h"
#include "dataplane/policy.h"
#include "lib/link/counters.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#include <immintrin.h>
#endif

enum {
	DP_BUCKET_SLOTS = 8,
	DP_WORD_TAG_SHIFT = 49,
	DP_WORD_LINE_SHIFT = 7,
	DP_WORD_LINES_MASK = 127,
	DP_TABLE_BUCKET_SHARE = 6, /* of the octets */
	DP_TABLE_GHOST_SHARE = 64,
};
#define DP_WORD_LINE_MASK   ((UINT64_C(1) << (DP_WORD_TAG_SHIFT - DP_WORD_LINE_SHIFT)) - 1)
#define DP_TABLE_OCTETS_MIN (UINT64_C(256) << 10)
#define DP_TABLE_OCTETS_MAX (UINT64_C(1) << 40) /* no more than 2^32 buckets */

_Static_assert((int)DP_WORD_LINES_MASK == (int)DP_ENTRY_LINE_MAX, "any entry has its word");

struct dp_bucket {
	alignas(DP_LINE_LEN) _Atomic uint64_t word[DP_BUCKET_SLOTS];
};

struct dp_table {
	/* read by cores, constant after create */
	struct dp_bucket *buckets;
	uint8_t *lines; /* of the entries; line 0 is the first */
	uint64_t bucket_cnt;
	struct dp_readers *readers;
	struct dp_hash hash;
	/* WRITER's own */
	alignas(DP_LINE_LEN) uint64_t *counters; /* the writer's row, HF_COUNTER_* */
	_Atomic uint64_t entries;                /* anyone may read */
	_Atomic uint64_t octets; /* lines of live entries; with the buckets below octets_max */
	uint64_t octets_max;     /* of the mapping */
	struct dp_segments segments;
	struct dp_sweep sweep;
	struct dp_ghosts ghosts;
	alignas(DP_LINE_LEN) uint8_t scratch[DP_ENTRY_OCTETS_MAX];
};

enum dp_insert {
	DP_INSERT_NEW,
	DP_INSERT_REPLACED,
	DP_INSERT_KEPT_STALE, /* the refresh failed: the good old entry stays, marked */
	DP_INSERT_NO_MEMORY,  /* nothing changed: all free memory may still be read by some core */
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

/* At start. octets_max, at least DP_TABLE_OCTETS_MIN: of all that the cache takes. seed: 64
 * random octets. counters: the writer's row. NULL: no memory. */
struct dp_table *dp_table_create(uint64_t octets_max, const uint8_t seed[64], uint64_t *counters);

/* WRITER. The longest time past its TTL for which an entry may be served, whatever its zone. */
void dp_table_set_window(struct dp_table *t, uint64_t stale_max_ms);

/* At exit, when no core reads any more. */
void dp_table_destroy(struct dp_table *t);

/* --- any core ---------------------------------------------------------------------- */

/* A key's first bucket, where it is unless that was full. Any number of buckets: the product's
 * upper half. */
static inline struct dp_bucket *
dp_table_first(const struct dp_table *t, uint64_t hash)
{
	return &t->buckets[(hash & UINT32_MAX) * t->bucket_cnt >> 32];
}

static inline struct dp_bucket *
dp_table_second(const struct dp_table *t, uint64_t hash)
{
	return &t->buckets[(hash >> 17 & UINT32_MAX) * t->bucket_cnt >> 32];
}

static inline uint64_t
dp_word_line(uint64_t word)
{
	return word >> DP_WORD_LINE_SHIFT & DP_WORD_LINE_MASK;
}

static inline unsigned
dp_word_lines(uint64_t word)
{
	return word & DP_WORD_LINES_MASK;
}

static inline struct dp_entry *
dp_word_entry(const struct dp_table *t, uint64_t word)
{
	return (struct dp_entry *)(void *)(t->lines + dp_word_line(word) * DP_LINE_LEN);
}

/* Acquire: what the writer stored into an entry before it published the word is seen. */
static inline uint64_t
dp_bucket_word(const struct dp_bucket *b, unsigned slot)
{
	return atomic_load_explicit(&b->word[slot], memory_order_acquire);
}

/* Which slots have the hash's tag, bit by slot; a free one among them is possible. No branch: all
 * eight at once. On x86 each word's load is whole and an acquire. */
static inline unsigned
dp_bucket_match(const struct dp_bucket *b, uint64_t hash)
{
#if defined(__AVX512F__) && !defined(__SANITIZE_THREAD__)
	const __m512i diff =
	    _mm512_xor_si512(_mm512_load_si512(b->word), _mm512_set1_epi64((long long)hash));
	const __m512i tag = _mm512_srli_epi64(diff, DP_WORD_TAG_SHIFT);

	return _mm512_testn_epi64_mask(tag, tag);
#elif defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	const __m128i *p = (const __m128i *)(const void *)b->word;
	const __m128i want = _mm_set1_epi64x((long long)hash);
	__m128 v[4];

	for (unsigned i = 0; i < 4; i++)
		v[i] = _mm_castsi128_ps(
		    _mm_srli_epi64(_mm_xor_si128(_mm_load_si128(&p[i]), want), DP_WORD_TAG_SHIFT));
	__m128i low = _mm_castps_si128(_mm_shuffle_ps(v[0], v[1], _MM_SHUFFLE(2, 0, 2, 0)));
	__m128i high = _mm_castps_si128(_mm_shuffle_ps(v[2], v[3], _MM_SHUFFLE(2, 0, 2, 0)));
	__m128i same = _mm_cmpeq_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128());
	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(same, same)) & 0xff;
#else
	unsigned match = 0;

	for (unsigned s = 0; s < DP_BUCKET_SLOTS; s++)
		match |= (unsigned)((dp_bucket_word(b, s) ^ hash) >> DP_WORD_TAG_SHIFT == 0) << s;
	return match;
#endif
}

/* The first word with the hash's tag, 0: none. */
static inline uint64_t
dp_bucket_peek(const struct dp_bucket *b, uint64_t hash)
{
	for (unsigned m = dp_bucket_match(b, hash); m != 0; m &= m - 1) {
		uint64_t word = dp_bucket_word(b, (unsigned)__builtin_ctz(m));

		if (word != 0)
			return word;
	}
	return 0;
}

/* Bring the first bucket of a hash closer; few keys are in their second. */
static inline void
dp_table_prefetch(const struct dp_table *t, uint64_t hash)
{
	__builtin_prefetch(dp_table_first(t, hash));
}

/* The first word whose tag matches, its entry not looked at: for bringing it closer. 0: no entry
 * of this hash is there. */
static inline uint64_t
dp_table_peek_word(const struct dp_table *t, uint64_t hash)
{
	uint64_t word = dp_bucket_peek(dp_table_first(t, hash), hash);

	return word != 0 ? word : dp_bucket_peek(dp_table_second(t, hash), hash);
}

/* The same as an entry, NULL: none. */
static inline struct dp_entry *
dp_table_peek(const struct dp_table *t, uint64_t hash)
{
	uint64_t word = dp_table_peek_word(t, hash);

	return word != 0 ? dp_word_entry(t, word) : NULL;
}

/* Any core, and the WRITER. The entry of this key or NULL. Valid until this thread's next
 * quiescent line. Sets no mark (dp_entry marks are the caller's to set on a hit). */
struct dp_entry *dp_table_find(const struct dp_table *t, const struct dp_key *key);

/* Any core. For a key with DO: the entry of the same question without, if it was insecure, so that
 * there are no signatures for who sets DO to miss. It stands in when the other is not to be had:
 * then stale, it says no less. Else NULL. Valid as above. */
struct dp_entry *dp_table_find_plain(const struct dp_table *t, const struct dp_key *key);

/* --- WRITER ------------------------------------------------------------------------ */

/* Room to make an entry in, before it is inserted. */
static inline struct dp_entry *
dp_table_scratch(struct dp_table *t)
{
	return (struct dp_entry *)(void *)t->scratch;
}

/* Publish a copy of e, whose key hashes to hash, replacing an entry of the same key, evicting
 * what must go. Counts inserted, replaced, evicted, reader_stalled. */
enum dp_insert
dp_table_insert(struct dp_table *t, const struct dp_entry *e, uint64_t hash, uint64_t now_ms);

/* A checked ANSWER on its way in. */
struct dp_answer {
	const struct hf_msg_answer *m;
	struct hf_answer_view view;
	struct dp_key key;
};

/* Set its key, and bring closer what an insert looks at first: once for some answers before the
 * first goes in. */
void dp_answer_key(struct dp_answer *a, const struct dp_table *t);

/* What an answer whose key is set does to the cache: builds and inserts; or, when it is BOGUS or
 * FAILURE and the present entry is good and may still be served stale under p, or its twin
 * (dp_table_find_plain) may, keeps that one with a note when to try again. Counts, too,
 * kept_stale. */
enum dp_insert dp_table_take(
    struct dp_table *t, const struct dp_policy *p, const struct dp_answer *a, uint64_t now_ms);

/* The same for one alone. */
enum dp_insert dp_table_answer(struct dp_table *t, const struct dp_policy *p,
    const struct hf_msg_answer *m, const struct hf_answer_view *view, uint64_t now_ms);

/* Make what was retired free again, as far as its readers have moved on. Waits for nothing. Insert
 * does so, too. */
void dp_table_reclaim(struct dp_table *t);

/* Where a word stands. */
struct dp_place {
	struct dp_bucket *bucket;
	unsigned slot;
};

/* Where the entry that begins at line is published, if it is. Its key hashes to hash. */
bool dp_table_place(
    const struct dp_table *t, uint64_t hash, uint64_t line, unsigned lines, struct dp_place *at);

/* Put lines lines from line on (DP_LINE_NONE: nothing) where at says, in place of what is there,
 * which is buried. Release: readers see a whole entry. */
void dp_table_publish(
    struct dp_table *t, const struct dp_place *at, uint64_t hash, uint64_t line, unsigned lines);

#endif
