/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/facts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION, KEY, WRITTEN = KEY + 3, WORDS, WORD_OCTETS = 8 };

struct shard {
	_Alignas(64) pthread_mutex_t lock; /* a cache line each */
};

struct cp_facts {
	struct hf_siphash_key key;
	size_t sets;     /* a power of two */
	size_t words;    /* of a record */
	size_t slot_len; /* words of a slot */
	struct shard shard[CP_FACTS_SHARDS];
	_Atomic uint64_t *slots;
};

struct cp_facts *
cp_facts_create(const struct hf_siphash_key *key, size_t slots, size_t octets)
{
	struct cp_facts *f = aligned_alloc(64, sizeof(*f));

	if (f == NULL)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->key = *key;
	f->sets = slots / CP_FACTS_WAYS;
	f->words = octets / WORD_OCTETS;
	f->slot_len = WORDS + f->words;
	f->slots = calloc(slots * f->slot_len, sizeof(*f->slots));
	for (size_t i = 0; i < CP_FACTS_SHARDS; i++)
		pthread_mutex_init(&f->shard[i].lock, NULL);
	if (f->slots == NULL) {
		cp_facts_destroy(f);
		return NULL;
	}
	return f;
}

void
cp_facts_destroy(struct cp_facts *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < CP_FACTS_SHARDS; i++)
		pthread_mutex_destroy(&f->shard[i].lock);
	free(f->slots);
	free(f);
}

static size_t
set_of(const struct cp_facts *f, const struct cp_facts_key *key)
{
	return hf_siphash(&f->key, key, sizeof(*key)) & (f->sets - 1);
}

static _Atomic uint64_t *
slot_at(const struct cp_facts *f, size_t slot)
{
	return f->slots + slot * f->slot_len;
}

/* All slots of a set have one lock. */
static pthread_mutex_t *
lock_of(const struct cp_facts *f, size_t slot)
{
	size_t set = slot / CP_FACTS_WAYS;

	return (pthread_mutex_t *)(uintptr_t)&f->shard[set % CP_FACTS_SHARDS].lock;
}

static bool
slot_is(_Atomic uint64_t *s, const struct cp_facts_key *key)
{
	/* Acquire on each: the version that is read after them is not older than they are. */
	for (size_t i = 0; i < 3; i++)
		if (atomic_load_explicit(&s[KEY + i], memory_order_acquire) != key->k[i])
			return false;
	return atomic_load_explicit(&s[WRITTEN], memory_order_acquire) != 0;
}

static void
words_copy(_Atomic uint64_t *s, size_t words, void *out)
{
	uint64_t w[CP_FACTS_OCTETS_MAX / WORD_OCTETS];

	for (size_t i = 0; i < words; i++) /* acquire: as in slot_is */
		w[i] = atomic_load_explicit(&s[WORDS + i], memory_order_acquire);
	memcpy(out, w, words * WORD_OCTETS);
}

enum look { LOOK_NONE, LOOK_FOUND, LOOK_TORN };

static enum look
look(_Atomic uint64_t *s, const struct cp_facts_key *key, size_t words, void *out)
{
	/* Acquire: the words read below are at least as new as this version. */
	uint64_t before = atomic_load_explicit(&s[VERSION], memory_order_acquire);
	bool found = slot_is(s, key);

	if (found)
		words_copy(s, words, out);
	uint64_t after = atomic_load_explicit(&s[VERSION], memory_order_relaxed);

	if (before != after || (before & 1) != 0)
		return LOOK_TORN;
	return found ? LOOK_FOUND : LOOK_NONE;
}

static enum look
look_set(const struct cp_facts *f, size_t first, const struct cp_facts_key *key, void *out)
{
	bool torn = false;

	for (size_t i = 0; i < CP_FACTS_WAYS; i++) {
		enum look l = look(slot_at(f, first + i), key, f->words, out);

		if (l == LOOK_FOUND)
			return l;
		torn |= l == LOOK_TORN;
	}
	return torn ? LOOK_TORN : LOOK_NONE;
}

bool
cp_facts_read(const struct cp_facts *f, const struct cp_facts_key *key, void *out)
{
	size_t first = set_of(f, key) * CP_FACTS_WAYS;
	enum look l = LOOK_TORN;

	for (int i = 0; i < CP_FACTS_READS && l == LOOK_TORN; i++)
		l = look_set(f, first, key, out);
	if (l == LOOK_TORN) {
		pthread_mutex_lock(lock_of(f, first));
		l = look_set(f, first, key, out);
		pthread_mutex_unlock(lock_of(f, first));
	}
	if (l != LOOK_FOUND)
		memset(out, 0, f->words * WORD_OCTETS);
	return l == LOOK_FOUND;
}

/* The slot of key, or the one to give up for it. Under the lock. */
static size_t
slot_for(const struct cp_facts *f, const struct cp_facts_key *key, bool *known)
{
	size_t first = set_of(f, key) * CP_FACTS_WAYS, oldest = first;
	uint64_t oldest_ns = UINT64_MAX;

	*known = true;
	for (size_t i = first; i < first + CP_FACTS_WAYS; i++) {
		_Atomic uint64_t *s = slot_at(f, i);
		uint64_t written_ns = atomic_load_explicit(&s[WRITTEN], memory_order_relaxed);

		if (slot_is(s, key))
			return i;
		if (written_ns < oldest_ns) {
			oldest_ns = written_ns;
			oldest = i;
		}
	}
	*known = false;
	return oldest;
}

static void
store(_Atomic uint64_t *to, uint64_t v)
{
	/* Release: who sees it sees the odd version stored before it. */
	atomic_store_explicit(to, v, memory_order_release);
}

static void
version_step(_Atomic uint64_t *s)
{
	/* Release: who sees the even version sees every word before it. */
	store(&s[VERSION], atomic_load_explicit(&s[VERSION], memory_order_relaxed) + 1);
}

void
cp_facts_open(struct cp_facts *f, const struct cp_facts_key *key, uint64_t now_ns, void *rec,
    struct cp_facts_edit *e)
{
	size_t first = set_of(f, key) * CP_FACTS_WAYS;

	pthread_mutex_lock(lock_of(f, first));
	*e = (struct cp_facts_edit){.facts = f, .now_ns = now_ns};
	e->slot = slot_for(f, key, &e->known);
	_Atomic uint64_t *s = slot_at(f, e->slot);

	if (e->known) {
		words_copy(s, f->words, rec);
		return;
	}
	memset(rec, 0, f->words * WORD_OCTETS);
	version_step(s);
	for (size_t i = 0; i < 3; i++)
		store(&s[KEY + i], key->k[i]);
	store(&s[WRITTEN], now_ns);
	for (size_t i = 0; i < f->words; i++)
		store(&s[WORDS + i], 0);
	version_step(s);
}

bool
cp_facts_open_known(struct cp_facts *f, const struct cp_facts_key *key, uint64_t now_ns, void *rec,
    struct cp_facts_edit *e)
{
	size_t first = set_of(f, key) * CP_FACTS_WAYS;

	pthread_mutex_lock(lock_of(f, first));
	*e = (struct cp_facts_edit){.facts = f, .now_ns = now_ns};
	e->slot = slot_for(f, key, &e->known);
	if (!e->known) {
		pthread_mutex_unlock(lock_of(f, first));
		return false;
	}
	words_copy(slot_at(f, e->slot), f->words, rec);
	return true;
}

void
cp_facts_close(const struct cp_facts_edit *e, const void *rec)
{
	struct cp_facts *f = e->facts;
	_Atomic uint64_t *s = slot_at(f, e->slot);
	uint64_t w[CP_FACTS_OCTETS_MAX / WORD_OCTETS];

	memcpy(w, rec, f->words * WORD_OCTETS);
	version_step(s);
	store(&s[WRITTEN], e->now_ns);
	for (size_t i = 0; i < f->words; i++)
		store(&s[WORDS + i], w[i]);
	version_step(s);
	pthread_mutex_unlock(lock_of(f, e->slot));
}
