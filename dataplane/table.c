/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <urcu-qsbr.h>

enum {
	ENTRY_OCTETS_TYPICAL = 192, /* small entries: slots must not run out before octets do */
	BUCKET_CNT_MIN = 64,
	TAG_SHIFT = 48,
	HUGE_PAGE_LEN = 2 << 20,
};
#define POINTER_MASK ((UINT64_C(1) << TAG_SHIFT) - 1)

struct place {
	struct dp_bucket *bucket;
	unsigned slot;
};

static inline struct dp_entry *
word_entry(uint64_t word)
{
	return (struct dp_entry *)(uintptr_t)(word & POINTER_MASK);
}

static inline struct dp_bucket *
bucket_of(const struct dp_table *t, uint64_t hash, unsigned which)
{
	return &t->buckets[(which == 0 ? hash : hash >> 24) & t->bucket_mask];
}

static void
wait_for_readers(void)
{
	synchronize_rcu();
}

/* Every look-up lands in another page: large ones spare it the walk. A hint, no more. */
static struct dp_bucket *
buckets_alloc(uint64_t bucket_cnt)
{
	size_t len = bucket_cnt * sizeof(struct dp_bucket);
	bool huge = len >= HUGE_PAGE_LEN;
	struct dp_bucket *b = aligned_alloc(huge ? HUGE_PAGE_LEN : alignof(struct dp_bucket), len);

	if (b == NULL)
		return NULL;
	if (huge)
		(void)madvise(b, len, MADV_HUGEPAGE);
	memset(b, 0, len);
	return b;
}

struct dp_table *
dp_table_create(uint64_t octets_max, const uint8_t seed[64], uint64_t *counters)
{
	uint64_t bucket_cnt = BUCKET_CNT_MIN;

	if (octets_max > POINTER_MASK)
		return NULL;
	while (bucket_cnt * DP_BUCKET_SLOTS * ENTRY_OCTETS_TYPICAL < octets_max)
		bucket_cnt *= 2;
	struct dp_table *t = aligned_alloc(alignof(struct dp_table), sizeof(*t));
	if (t == NULL)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->buckets = buckets_alloc(bucket_cnt);
	if (t->buckets == NULL) {
		free(t);
		return NULL;
	}
	t->bucket_mask = bucket_cnt - 1;
	dp_hash_init(&t->hash, seed);
	t->counters = counters;
	t->octets_max = octets_max;
	t->grace = wait_for_readers;
	return t;
}

static void
free_retired(struct dp_table *t)
{
	for (uint32_t i = 0; i < t->retired_cnt; i++)
		free(t->retired[i]);
	t->retired_cnt = 0;
	t->retired_octets = 0;
}

void
dp_table_destroy(struct dp_table *t)
{
	if (t == NULL)
		return;
	free_retired(t);
	for (uint64_t i = 0; i <= t->bucket_mask; i++) {
		for (unsigned s = 0; s < DP_BUCKET_SLOTS; s++)
			free(word_entry(atomic_load(&t->buckets[i].word[s])));
	}
	free(t->buckets);
	free(t);
}

void
dp_table_reclaim(struct dp_table *t)
{
	if (t->retired_cnt == 0)
		return;
	t->grace();
	free_retired(t);
}

/* Acquire: what the writer stored into an entry before it published the word is seen. */
static inline struct dp_entry *
bucket_find(struct dp_bucket *b, const struct dp_key *key)
{
	for (unsigned s = 0; s < DP_BUCKET_SLOTS; s++) {
		uint64_t word = atomic_load_explicit(&b->word[s], memory_order_acquire);
		struct dp_entry *e = word_entry(word);

		if ((word ^ key->hash) >> TAG_SHIFT != 0 || e == NULL)
			continue;
		if (dp_entry_has_key(e, &key->o))
			return e;
	}
	return NULL;
}

struct dp_entry *
dp_table_find(const struct dp_table *t, const struct dp_key *key)
{
	struct dp_entry *e = bucket_find(bucket_of(t, key->hash, 0), key);

	return e != NULL ? e : bucket_find(bucket_of(t, key->hash, 1), key);
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

struct dp_entry *
dp_table_peek(const struct dp_table *t, uint64_t hash)
{
	for (unsigned which = 0; which < 2; which++) {
		struct dp_bucket *b = bucket_of(t, hash, which);

		for (unsigned s = 0; s < DP_BUCKET_SLOTS; s++) {
			uint64_t word = atomic_load_explicit(&b->word[s], memory_order_acquire);

			if ((word ^ hash) >> TAG_SHIFT == 0 && word_entry(word) != NULL)
				return word_entry(word);
		}
	}
	return NULL;
}

/* --- WRITER ---------------------------------------------------------------------- */

static inline struct dp_entry *
place_entry(const struct place *at)
{
	return word_entry(atomic_load_explicit(&at->bucket->word[at->slot], memory_order_relaxed));
}

static void
retire(struct dp_table *t, struct dp_entry *e)
{
	if (t->retired_cnt == DP_RETIRE_MAX || t->retired_octets > t->octets_max / 8)
		dp_table_reclaim(t);
	t->retired[t->retired_cnt++] = e;
	t->retired_octets += dp_entry_octets(e);
}

static void
account(struct dp_table *t, const struct dp_entry *in, const struct dp_entry *out)
{
	uint64_t octets = atomic_load_explicit(&t->octets, memory_order_relaxed);
	uint64_t entries = atomic_load_explicit(&t->entries, memory_order_relaxed);

	octets += in != NULL ? dp_entry_octets(in) : 0;
	octets -= out != NULL ? dp_entry_octets(out) : 0;
	entries += (in != NULL) - (uint64_t)(out != NULL);
	atomic_store_explicit(&t->octets, octets, memory_order_relaxed);
	atomic_store_explicit(&t->entries, entries, memory_order_relaxed);
}

/* Put e (NULL: nothing) of this hash where at says. Release: readers see a whole entry. */
static void
publish(struct dp_table *t, const struct place *at, struct dp_entry *e, uint64_t hash)
{
	struct dp_entry *old = place_entry(at);
	uint64_t word = 0;

	if (e != NULL)
		word = (uint64_t)(uintptr_t)e | (hash & ~POINTER_MASK);
	atomic_store_explicit(&at->bucket->word[at->slot], word, memory_order_release);
	account(t, e, old);
	if (old != NULL)
		retire(t, old);
}

/* What is lost least when it goes: 0 at once, 4 last. */
static unsigned
worth(const struct dp_entry *e, uint64_t now_ms)
{
	bool used = (atomic_load_explicit(&e->marks, memory_order_relaxed) & DP_USED) != 0;
	bool fresh = now_ms < dp_entry_fresh_until_ms(e);

	if (dp_entry_dead(e, now_ms))
		return 0;
	return 1 + (unsigned)used * 2 + (unsigned)fresh;
}

/* Take CLOCK's mark away. True when there was one. */
static bool
unmark(struct dp_entry *e)
{
	uint8_t used = atomic_load_explicit(&e->marks, memory_order_relaxed);

	if ((used & DP_USED) == 0)
		return false;
	atomic_store_explicit(&e->marks, (uint8_t)(used & ~DP_USED), memory_order_relaxed);
	return true;
}

static bool
find_same(const struct dp_table *t, const struct dp_entry *e, uint64_t hash, struct place *at)
{
	for (unsigned i = 0; i < 2 * DP_BUCKET_SLOTS; i++) {
		at->bucket = bucket_of(t, hash, i / DP_BUCKET_SLOTS);
		at->slot = i % DP_BUCKET_SLOTS;
		const struct dp_entry *o = place_entry(at);
		if (o != NULL && dp_entry_has_key(o, dp_entry_key(e)))
			return true;
	}
	return false;
}

/* A free slot of either bucket, else that of the entry that is lost least. When all have been
 * used lately they lose their marks: CLOCK in the small. */
static void
find_room(const struct dp_table *t, uint64_t hash, uint64_t now_ms, struct place *at)
{
	unsigned best = UINT32_MAX;

	for (unsigned i = 0; i < 2 * DP_BUCKET_SLOTS && best != 0; i++) {
		struct place here = {bucket_of(t, hash, i / DP_BUCKET_SLOTS), i % DP_BUCKET_SLOTS};
		const struct dp_entry *e = place_entry(&here);
		unsigned w = e == NULL ? 0 : 1 + worth(e, now_ms);

		if (w < best) {
			best = w;
			*at = here;
		}
	}
	if (best < 1 + 3)
		return;
	for (unsigned i = 0; i < 2 * DP_BUCKET_SLOTS; i++) {
		struct place here = {bucket_of(t, hash, i / DP_BUCKET_SLOTS), i % DP_BUCKET_SLOTS};

		unmark(place_entry(&here));
	}
}

/* Move the hand until octets fit: dead entries go, used ones lose their mark, others go. In a
 * second round all go: cores may set marks as fast as the hand takes them away. */
static void
make_room(struct dp_table *t, uint64_t octets, uint64_t now_ms)
{
	uint64_t slots = (t->bucket_mask + 1) * DP_BUCKET_SLOTS;

	for (uint64_t step = 0; step < 2 * slots; step++) {
		uint64_t now_used = atomic_load_explicit(&t->octets, memory_order_relaxed);
		if (now_used + octets <= t->octets_max)
			return;
		struct place at = {
		    .bucket = &t->buckets[t->hand / DP_BUCKET_SLOTS],
		    .slot = t->hand % DP_BUCKET_SLOTS,
		};
		struct dp_entry *e = place_entry(&at);
		t->hand = (t->hand + 1) & (slots - 1);
		if (e == NULL)
			continue;
		if (step < slots && !dp_entry_dead(e, now_ms) && unmark(e))
			continue;
		publish(t, &at, NULL, 0);
		dp_count(t->counters, HF_COUNTER_evicted);
	}
}

static struct dp_entry *
entry_copy(const struct dp_entry *e)
{
	uint64_t octets = dp_entry_octets(e);
	struct dp_entry *copy = aligned_alloc(DP_LINE_LEN, octets + DP_LINE_LEN);

	if (copy != NULL)
		memcpy(copy, e, octets);
	return copy;
}

enum dp_insert
dp_table_insert(struct dp_table *t, const struct dp_entry *from, uint64_t hash, uint64_t now_ms)
{
	struct dp_entry *e = entry_copy(from);
	struct place at;

	if (e != NULL)
		make_room(t, dp_entry_octets(e), now_ms);
	if (e == NULL || atomic_load(&t->octets) + dp_entry_octets(e) > t->octets_max) {
		free(e);
		dp_count(t->counters, HF_COUNTER_no_memory);
		return DP_INSERT_NO_MEMORY;
	}
	dp_count(t->counters, HF_COUNTER_inserted);
	if (find_same(t, e, hash, &at)) {
		publish(t, &at, e, hash);
		dp_count(t->counters, HF_COUNTER_replaced);
		return DP_INSERT_REPLACED;
	}
	find_room(t, hash, now_ms, &at);
	if (place_entry(&at) != NULL)
		dp_count(t->counters, HF_COUNTER_evicted);
	publish(t, &at, e, hash);
	return DP_INSERT_NEW;
}

/* What may be served stale now that m, the answer to key, is a failure; or NULL. */
static const struct dp_entry *
find_stale(
    const struct dp_table *t, const struct dp_policy *p, const struct dp_key *key, uint64_t now_ms)
{
	const struct dp_entry *e = dp_table_find(t, key);

	if (e != NULL && dp_policy_stale_ok(p, e, now_ms))
		return e;
	e = dp_table_find_plain(t, key);
	return e != NULL && dp_policy_stale_ok(p, e, now_ms) ? e : NULL;
}

/* A refresh failed: what is there stays, for stale answers, with a note when to try again. False:
 * nothing is. */
static bool
keep_stale(struct dp_table *t, const struct dp_policy *p, const struct hf_msg_answer *m,
    const struct dp_key *key, uint64_t now_ms)
{
	const struct dp_entry *old = find_stale(t, p, key, now_ms);
	const struct dp_retry retry = {
	    .at_ms = now_ms + p->stale_retry_ms, .gen = m->policy_gen, .ede = m->ede};

	if (old == NULL)
		return false;
	dp_entry_make_retry(dp_table_scratch(t), old, &key->o, &retry);
	return true;
}

enum dp_insert
dp_table_answer(struct dp_table *t, const struct dp_policy *p, const struct hf_msg_answer *m,
    const struct hf_answer_view *view, uint64_t now_ms)
{
	bool failed = m->verdict == HF_VERDICT_BOGUS || m->verdict == HF_VERDICT_FAILURE;
	struct dp_entry *e = dp_table_scratch(t);
	struct dp_key key;

	dp_key_from_msg(&key, &t->hash, &m->key);
	bool kept = failed && keep_stale(t, p, m, &key, now_ms);
	if (!kept) {
		dp_entry_make(e, m, view, now_ms);
		dp_entry_set_nta_mask(e, dp_policy_mask_at_birth(p, e));
	}
	enum dp_insert done = dp_table_insert(t, e, key.hash, now_ms);
	if (!kept || done == DP_INSERT_NO_MEMORY)
		return done;
	dp_count(t->counters, HF_COUNTER_kept_stale);
	return DP_INSERT_KEPT_STALE;
}
