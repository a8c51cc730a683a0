/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table.h"

#include <stdlib.h>
#include <sys/mman.h>

/* --- memory ------------------------------------------------------------------------ */

/* Every look-up lands in another page: large ones spare it the walk. A hint, no more. */
static uint8_t *
map(uint64_t octets)
{
	void *p = mmap(NULL, octets, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, octets, MADV_HUGEPAGE);
	return p;
}

static uint64_t
share(const struct dp_table *t, unsigned of)
{
	return t->octets_max / of & ~(uint64_t)(DP_LINE_LEN - 1);
}

/* Buckets first, then ghosts, then segments; what is left over is less than one of them. */
static int
lay_out(struct dp_table *t)
{
	uint64_t buckets_len = share(t, DP_TABLE_BUCKET_SHARE);
	uint64_t ghosts_len = share(t, DP_TABLE_GHOST_SHARE);
	uint32_t line_cnt = dp_segments_line_cnt(t->octets_max);
	uint64_t left = t->octets_max - buckets_len - ghosts_len;

	t->buckets = (struct dp_bucket *)(void *)map(t->octets_max);
	if (t->buckets == NULL)
		return -1;
	t->bucket_cnt = buckets_len / sizeof(struct dp_bucket);
	t->ghosts.slot = (uint16_t *)(void *)((uint8_t *)t->buckets + buckets_len);
	t->ghosts.cnt = ghosts_len / sizeof(uint16_t);
	t->lines = (uint8_t *)t->buckets + buckets_len + ghosts_len;
	return dp_segments_init(&t->segments, t->lines,
	    (uint32_t)(left / ((uint64_t)line_cnt * DP_LINE_LEN)), line_cnt);
}

struct dp_table *
dp_table_create(uint64_t octets_max, const uint8_t seed[64], uint64_t *counters)
{
	if (octets_max < DP_TABLE_OCTETS_MIN || octets_max > DP_TABLE_OCTETS_MAX)
		return NULL;
	struct dp_table *t = aligned_alloc(alignof(struct dp_table), sizeof(*t));
	if (t == NULL)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->octets_max = octets_max;
	t->counters = counters;
	t->sweep.segment = DP_SEGMENT_NIL;
	t->segments.stale_max_ms = HF_TTL_MAX_S * UINT64_C(1000);
	dp_hash_init(&t->hash, seed);
	t->readers = aligned_alloc(alignof(struct dp_readers), sizeof(*t->readers));
	if (t->readers == NULL || lay_out(t) != 0) {
		dp_table_destroy(t);
		return NULL;
	}
	dp_readers_init(t->readers);
	return t;
}

void
dp_table_destroy(struct dp_table *t)
{
	if (t == NULL)
		return;
	dp_segments_fini(&t->segments);
	if (t->buckets != NULL)
		(void)munmap(t->buckets, t->octets_max);
	free(t->readers);
	free(t);
}

/* --- look-up ----------------------------------------------------------------------- */

static inline struct dp_entry *
bucket_find(const struct dp_table *t, struct dp_bucket *b, uint64_t hash,
    const struct dp_key_octets *key, unsigned *slot)
{
	for (unsigned m = dp_bucket_match(b, hash); m != 0; m &= m - 1) {
		*slot = (unsigned)__builtin_ctz(m);
		uint64_t word = dp_bucket_word(b, *slot);

		/* it may be another word by now, but never half of one */
		if (word == 0)
			continue;
		struct dp_entry *e = dp_word_entry(t, word);
		if (dp_entry_has_key(e, key))
			return e;
	}
	return NULL;
}

static struct dp_entry *
find(const struct dp_table *t, uint64_t hash, const struct dp_key_octets *key, struct dp_place *at)
{
	at->bucket = dp_table_first(t, hash);
	struct dp_entry *e = bucket_find(t, at->bucket, hash, key, &at->slot);
	if (e != NULL)
		return e;
	at->bucket = dp_table_second(t, hash);
	return bucket_find(t, at->bucket, hash, key, &at->slot);
}

struct dp_entry *
dp_table_find(const struct dp_table *t, const struct dp_key *key)
{
	struct dp_place at;

	return find(t, key->hash, &key->o, &at);
}

struct dp_entry *
dp_table_find_plain(const struct dp_table *t, const struct dp_key *key)
{
	struct hf_msg_key k;
	struct dp_key plain;

	if ((key->o.variant & HF_VARIANT_DO) == 0)
		return NULL;
	dp_key_to_msg(key, &k);
	k.variant &= (uint8_t)~HF_VARIANT_DO;
	dp_key_from_msg(&plain, &t->hash, &k);
	struct dp_entry *e = dp_table_find(t, &plain);

	return e != NULL && e->verdict == HF_VERDICT_INSECURE ? e : NULL;
}

/* --- WRITER ------------------------------------------------------------------------ */

static inline uint64_t
place_word(const struct dp_place *at)
{
	/* relaxed: only this thread stores it */
	return atomic_load_explicit(&at->bucket->word[at->slot], memory_order_relaxed);
}

bool
dp_table_place(
    const struct dp_table *t, uint64_t hash, uint64_t line, unsigned lines, struct dp_place *at)
{
	const uint64_t want =
	    hash >> DP_WORD_TAG_SHIFT << DP_WORD_TAG_SHIFT | line << DP_WORD_LINE_SHIFT | lines;
	struct dp_bucket *const both[2] = {dp_table_first(t, hash), dp_table_second(t, hash)};

	for (unsigned i = 0; i < 2; i++) {
		at->bucket = both[i];
		for (unsigned m = dp_bucket_match(both[i], hash); m != 0; m &= m - 1) {
			at->slot = (unsigned)__builtin_ctz(m);
			if (place_word(at) == want)
				return true;
		}
	}
	return false;
}

static void
account(struct dp_table *t, unsigned lines_in, unsigned lines_out)
{
	uint64_t octets = atomic_load_explicit(&t->octets, memory_order_relaxed);
	uint64_t entries = atomic_load_explicit(&t->entries, memory_order_relaxed);

	octets += (uint64_t)lines_in * DP_LINE_LEN - (uint64_t)lines_out * DP_LINE_LEN;
	entries += (uint64_t)(lines_in != 0) - (uint64_t)(lines_out != 0);
	atomic_store_explicit(&t->octets, octets, memory_order_relaxed);
	atomic_store_explicit(&t->entries, entries, memory_order_relaxed);
}

void
dp_table_publish(
    struct dp_table *t, const struct dp_place *at, uint64_t hash, uint64_t line, unsigned lines)
{
	uint64_t old = place_word(at);
	uint64_t word = 0;

	if (lines != 0)
		word = hash >> DP_WORD_TAG_SHIFT << DP_WORD_TAG_SHIFT | line << DP_WORD_LINE_SHIFT |
		    lines;
	atomic_store_explicit(&at->bucket->word[at->slot], word, memory_order_release);
	account(t, lines, dp_word_lines(old));
	if (old != 0)
		dp_segments_bury(&t->segments, dp_word_line(old), dp_word_lines(old));
}

void
dp_table_reclaim(struct dp_table *t)
{
	dp_segments_reclaim(&t->segments, t->readers);
}

void
dp_table_set_window(struct dp_table *t, uint64_t stale_max_ms)
{
	t->segments.stale_max_ms = stale_max_ms;
}

/* What is lost least when it goes: 0 at once, 4 last. */
static unsigned
worth(const struct dp_table *t, const struct dp_entry *e, uint64_t now_ms)
{
	bool used = (atomic_load_explicit(&e->marks, memory_order_relaxed) & DP_USED) != 0;
	bool fresh = now_ms < dp_entry_fresh_until_ms(e);

	if (now_ms >= dp_entry_dead_ms(e, t->segments.stale_max_ms))
		return 0;
	return 1 + (unsigned)used * 2 + (unsigned)fresh;
}

static bool
free_slot(struct dp_bucket *b, struct dp_place *at)
{
	at->bucket = b;
	for (at->slot = 0; at->slot < DP_BUCKET_SLOTS; at->slot++) {
		if (place_word(at) == 0)
			return true;
	}
	return false;
}

/* A free slot of the first bucket, else of the second, else that of the entry that is lost least.
 * When all have been used lately they lose their marks: CLOCK in the small. */
static void
find_room(const struct dp_table *t, uint64_t hash, uint64_t now_ms, struct dp_place *at)
{
	struct dp_bucket *both[2] = {dp_table_first(t, hash), dp_table_second(t, hash)};
	unsigned best = UINT32_MAX;

	if (free_slot(both[0], at) || free_slot(both[1], at))
		return;
	for (unsigned i = 0; i < 2 * DP_BUCKET_SLOTS; i++) {
		const struct dp_place here = {both[i / DP_BUCKET_SLOTS], i % DP_BUCKET_SLOTS};
		unsigned w = worth(t, dp_word_entry(t, place_word(&here)), now_ms);

		if (w < best) {
			best = w;
			*at = here;
		}
	}
	if (best < 3)
		return;
	for (unsigned i = 0; i < 2 * DP_BUCKET_SLOTS; i++) {
		const struct dp_place here = {both[i / DP_BUCKET_SLOTS], i % DP_BUCKET_SLOTS};

		atomic_fetch_and_explicit(&dp_word_entry(t, place_word(&here))->marks,
		    (uint8_t)~DP_USED, memory_order_relaxed);
	}
}

/* What takes the place of an entry goes where that one was, or where it would have gone; what comes
 * back goes to main. */
static enum dp_queue
queue_for(struct dp_table *t, const struct dp_entry *old, const struct dp_place *at, uint64_t hash)
{
	if (old == NULL)
		return dp_ghosts_take(&t->ghosts, hash) ? DP_QUEUE_MAIN : DP_QUEUE_PROBATION;
	if ((atomic_load_explicit(&old->marks, memory_order_relaxed) & DP_USED) != 0)
		return DP_QUEUE_MAIN;
	return dp_segments_of(&t->segments, dp_word_line(place_word(at)))->queue;
}

enum dp_insert
dp_table_insert(struct dp_table *t, const struct dp_entry *e, uint64_t hash, uint64_t now_ms)
{
	unsigned lines = dp_entry_lines(e);
	struct dp_place at;

	dp_table_reclaim(t);
	dp_evict_step(t, lines, now_ms);
	const struct dp_entry *old = find(t, hash, dp_entry_key(e), &at);
	uint64_t line = dp_segments_append(&t->segments, queue_for(t, old, &at, hash), e, lines);
	if (line == DP_LINE_NONE) {
		dp_count(t->counters, HF_COUNTER_reader_stalled);
		return DP_INSERT_NO_MEMORY;
	}
	dp_count(t->counters, HF_COUNTER_inserted);
	if (old == NULL) {
		find_room(t, hash, now_ms, &at);
		if (place_word(&at) != 0)
			dp_count(t->counters, HF_COUNTER_evicted);
	}
	dp_table_publish(t, &at, hash, line, lines);
	if (old == NULL)
		return DP_INSERT_NEW;
	dp_count(t->counters, HF_COUNTER_replaced);
	return DP_INSERT_REPLACED;
}

/* What an answer to key that is a failure does not replace; or NULL. */
static const struct dp_entry *
find_stale(
    const struct dp_table *t, const struct dp_policy *p, const struct dp_key *key, uint64_t now_ms)
{
	const struct dp_entry *e = dp_table_find(t, key);

	if (e != NULL && dp_policy_keeps(p, e, now_ms))
		return e;
	e = dp_table_find_plain(t, key);
	return e != NULL && dp_policy_keeps(p, e, now_ms) ? e : NULL;
}

enum { JITTER_SHARE = 4 }; /* a pause is longer by up to a quarter */

/* Names that failed together are not tried again together. */
static uint64_t
with_jitter(uint64_t pause_ms, uint64_t hash)
{
	return pause_ms + (hash >> 32) % (pause_ms / JITTER_SHARE + 1);
}

/* A refresh failed: what is there stays, with a note when to try again: for stale answers, or, if
 * failures of this kind are to be heard of, for better times. False: nothing is there. */
static bool
keep_stale(struct dp_table *t, const struct dp_policy *p, const struct hf_msg_answer *m,
    const struct dp_key *key, uint64_t now_ms)
{
	const struct dp_entry *old = find_stale(t, p, key, now_ms);
	struct dp_retry retry = {.at_ms = now_ms + (m->ttl_s == 0 ? 1 : m->ttl_s) * UINT64_C(1000),
	    .gen = m->policy_gen,
	    .ede = m->ede,
	    .trigger = (uint8_t)hf_stale_trigger(m)};

	if (old == NULL)
		return false;
	if (dp_policy_triggers(p, old, retry.trigger))
		retry.at_ms = now_ms + with_jitter(p->stale_retry_ms, key->hash);
	dp_entry_make_retry(dp_table_scratch(t), old, &key->o, &retry);
	return true;
}

void
dp_answer_key(struct dp_answer *a, const struct dp_table *t)
{
	dp_key_from_msg(&a->key, &t->hash, &a->m->key);
	__builtin_prefetch(dp_table_first(t, a->key.hash), 1);
	__builtin_prefetch(dp_table_second(t, a->key.hash));
	dp_ghosts_prefetch(&t->ghosts, a->key.hash);
}

enum dp_insert
dp_table_take(
    struct dp_table *t, const struct dp_policy *p, const struct dp_answer *a, uint64_t now_ms)
{
	bool failed = a->m->verdict == HF_VERDICT_BOGUS || a->m->verdict == HF_VERDICT_FAILURE;
	struct dp_entry *e = dp_table_scratch(t);

	bool kept = failed && keep_stale(t, p, a->m, &a->key, now_ms);
	if (!kept) {
		dp_entry_make(e, a->m, &a->view, now_ms);
		dp_entry_set_nta_mask(e, dp_policy_mask_at_birth(p, e));
	}
	enum dp_insert done = dp_table_insert(t, e, a->key.hash, now_ms);
	if (!kept || done == DP_INSERT_NO_MEMORY)
		return done;
	dp_count(t->counters, HF_COUNTER_kept_stale);
	return DP_INSERT_KEPT_STALE;
}

enum dp_insert
dp_table_answer(struct dp_table *t, const struct dp_policy *p, const struct hf_msg_answer *m,
    const struct hf_answer_view *view, uint64_t now_ms)
{
	struct dp_answer a = {.m = m, .view = *view};

	dp_answer_key(&a, t);
	return dp_table_take(t, p, &a, now_ms);
}
