/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/table.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/grace.h"
#include "controlplane/resolver/ghost.h"
#include "controlplane/resolver/pages.h"
#include "controlplane/resolver/share.h"
#include "lib/base/ns.h"

enum {
	OCTETS_PER_BUCKET = 256, /* an entry is rarely smaller: chains stay short */
	BUCKETS_MIN = 64,
	LINE_BUCKETS = 8,           /* a cache line of them */
	LINE_TYPES = 16,            /* types of one name in one line: more would be long chains */
	SHARD_OCTETS = 1024 * 1024, /* a shard for each MiB */
	SHARDS_MAX = 64,
	SHARE_PERCENT = 5,
	PROBATION_PERCENT = 10,
	HITS_MAX = 3,      /* times the hand passes before what nobody reads goes */
	EVICT_TURNS = 256, /* entries kept in one search for room: then the next goes anyhow */
	SHARE_TURNS = 64,  /* entries looked at for one of the same domain */
	FREE_BURST = 16,
	MALLOC_HEAD = 8, /* what the allocator keeps in front of a block */
};

#define HIT_AFTER_NS HF_NS_PER_S /* what a question reads again of its own is not popular */

enum where { NOWHERE, PROBATION, MAIN };

struct cp_entry {
	_Atomic(struct cp_entry *) chain; /* same bucket; stored by writers of the shard */
	struct cp_entry *newer;           /* in its queue; of those that wait: the next */
	union {                           /* writers of the shard */
		struct cp_entry *older;
		uint64_t mark; /* waiting: the age in which it was unlinked */
	};
	uint64_t hash;
	uint64_t put_ns;
	uint64_t policy_gen;
	uint32_t ttl_s;
	uint32_t domain; /* keyed hash of its registrable domain */
	uint32_t len;
	uint16_t type, view;
	uint8_t class;
	uint8_t name_len;
	_Atomic uint8_t hits; /* readers, relaxed */
	uint8_t where;        /* enum where; writers of the shard */
	uint8_t octets[];     /* the name, lower case, then the data */
};

struct queue {
	struct cp_entry *newest, *oldest;
	size_t octets;
};

struct shard {
	_Alignas(CP_GRACE_LINE) pthread_mutex_t lock;
	struct queue queue[MAIN + 1];
	struct cp_ghost *ghost;
	struct cp_entry *waiting_first, *waiting_last; /* unlinked, in order of their marks */
	/* Relaxed, stored under the lock: numbers for operators. */
	_Atomic uint64_t entries, octets, waiting, evicted;
};

struct cp_table {
	struct cp_grace grace;
	struct hf_siphash_key key;
	const struct cp_suffixes *suffixes;
	struct cp_share *share;
	size_t share_max, shard_octets_max;
	unsigned shard_cnt; /* a power of two, at most one for each line of buckets */
	size_t bucket_cnt;  /* a power of two */
	struct shard *shards;
	_Atomic(struct cp_entry *) *buckets;
};

/* --- keys */

struct found_key {
	uint64_t hash;
	struct hf_name lower;
	uint16_t type, view;
	uint8_t class;
};

/* A look-up asks for several types and classes of one name, mostly in vain: their buckets are in
 * one cache line, chosen by view, name and type / LINE_TYPES. The upper half of the hash tells
 * them apart. */
static void
key_find(const struct cp_table *t, const struct cp_key *key, struct found_key *k)
{
	uint8_t text[HF_NAME_MAX + 4];
	uint32_t differs = key->type * 0x9e3779b1u + (uint32_t)key->class * 0x85ebca6bu;
	uint64_t in_line = (key->type ^ (unsigned)key->class * 3) % LINE_BUCKETS;

	k->lower = *key->name;
	hf_name_lower(&k->lower);
	k->type = key->type;
	k->view = key->view;
	k->class = (uint8_t)key->class;
	memcpy(text, k->lower.octets, k->lower.len);
	text[k->lower.len] = (uint8_t)(k->type / LINE_TYPES >> 8);
	text[k->lower.len + 1] = (uint8_t)(k->type / LINE_TYPES);
	text[k->lower.len + 2] = (uint8_t)(k->view >> 8);
	text[k->lower.len + 3] = (uint8_t)k->view;
	k->hash = hf_siphash(&t->key, text, k->lower.len + 4u);
	k->hash = (k->hash / LINE_BUCKETS * LINE_BUCKETS + in_line) ^ (uint64_t)differs << 32;
}

static uint32_t
domain_of(const struct cp_table *t, const struct hf_name *lower)
{
	unsigned labels = cp_suffixes_registrable(t->suffixes, lower);
	unsigned off = hf_name_label_off(lower, lower->label_cnt - labels);

	return (uint32_t)hf_siphash(&t->key, lower->octets + off, lower->len - off);
}

static bool
is_of(const struct cp_entry *e, const struct found_key *k)
{
	return e->hash == k->hash && e->type == k->type && e->view == k->view &&
	    e->class == k->class && e->name_len == k->lower.len &&
	    memcmp(e->octets, k->lower.octets, e->name_len) == 0;
}

static _Atomic(struct cp_entry *) *
bucket_of(const struct cp_table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->bucket_cnt - 1)];
}

static struct shard *
shard_of(const struct cp_table *t, uint64_t hash)
{
	return &t->shards[hash / LINE_BUCKETS & (t->shard_cnt - 1)];
}

/* Sequentially consistent, as grace.h asks: a reader that is inside sees no entry that was
 * unlinked before the age it began in. On the usual machines it is a plain load. */
static struct cp_entry *
follow(const _Atomic(struct cp_entry *) *at)
{
	return atomic_load_explicit(at, memory_order_seq_cst);
}

/* --- making and freeing */

static size_t
entries_octets(size_t octets_max)
{
	size_t buckets = BUCKETS_MIN, fixed;

	while (buckets < octets_max / OCTETS_PER_BUCKET)
		buckets *= 2;
	fixed = buckets * sizeof(struct cp_entry *) + cp_share_footprint(octets_max) +
	    cp_ghost_footprint(octets_max / OCTETS_PER_BUCKET);
	return fixed < octets_max / 2 ? octets_max - fixed : octets_max / 2;
}

static bool
shards_make(struct cp_table *t, size_t octets_max)
{
	size_t cnt = 1;

	while (cnt < SHARDS_MAX && cnt < octets_max / SHARD_OCTETS)
		cnt *= 2;
	t->shards = aligned_alloc(CP_GRACE_LINE, cnt * sizeof(*t->shards));
	if (t->shards == NULL)
		return false;
	memset(t->shards, 0, cnt * sizeof(*t->shards));
	t->shard_octets_max = entries_octets(octets_max) / cnt;
	for (; t->shard_cnt < cnt; t->shard_cnt++) {
		struct shard *s = &t->shards[t->shard_cnt];

		s->ghost = cp_ghost_create(octets_max / OCTETS_PER_BUCKET / cnt);
		if (s->ghost == NULL)
			return false;
		pthread_mutex_init(&s->lock, NULL);
	}
	return true;
}

struct cp_table *
cp_table_create(const struct cp_table_config *cfg)
{
	struct cp_table *t = aligned_alloc(CP_GRACE_LINE, sizeof(*t));

	if (t == NULL)
		return NULL;
	memset(t, 0, sizeof(*t));
	cp_grace_init(&t->grace);
	t->key = cfg->key;
	t->suffixes = cfg->suffixes;
	t->bucket_cnt = BUCKETS_MIN;
	while (t->bucket_cnt < cfg->octets_max / OCTETS_PER_BUCKET)
		t->bucket_cnt *= 2;
	t->share_max = entries_octets(cfg->octets_max) / 100 * SHARE_PERCENT;
	t->share = cp_share_create(cfg->octets_max, t->share_max);
	t->buckets = cp_pages_alloc(t->bucket_cnt * sizeof(*t->buckets));
	if (t->share == NULL || t->buckets == NULL || !shards_make(t, cfg->octets_max)) {
		cp_table_destroy(t);
		return NULL;
	}
	return t;
}

static void
chain_free(struct cp_entry *e)
{
	while (e != NULL) {
		struct cp_entry *next = e->newer;

		free(e);
		e = next;
	}
}

bool
cp_table_is_public(const struct cp_table *t, const struct hf_name *zone)
{
	return cp_suffixes_is_public(t->suffixes, zone);
}

void
cp_table_destroy(struct cp_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; t->buckets != NULL && i < t->bucket_cnt; i++) {
		struct cp_entry *e = follow(&t->buckets[i]);

		while (e != NULL) {
			struct cp_entry *next = follow(&e->chain);

			free(e);
			e = next;
		}
	}
	for (unsigned i = 0; i < t->shard_cnt; i++) {
		chain_free(t->shards[i].waiting_first);
		cp_ghost_destroy(t->shards[i].ghost);
		pthread_mutex_destroy(&t->shards[i].lock);
	}
	free(t->shards);
	free(t->buckets);
	cp_share_destroy(t->share);
	free(t);
}

/* --- reading */

void
cp_table_enter(struct cp_table *t, unsigned reader)
{
	cp_grace_enter(&t->grace, reader);
}

void
cp_table_leave(struct cp_table *t, unsigned reader)
{
	cp_grace_leave(&t->grace, reader);
}

static void
block_of(const struct cp_entry *e, struct cp_block *b)
{
	*b = (struct cp_block){
	    .put_ns = e->put_ns,
	    .expires_ns = e->put_ns + e->ttl_s * HF_NS_PER_S,
	    .policy_gen = e->policy_gen,
	    .len = e->len,
	    .data = e->octets + e->name_len,
	};
}

static void
hit(struct cp_entry *e, const struct cp_block *b, uint64_t now_ns)
{
	uint8_t hits = atomic_load_explicit(&e->hits, memory_order_relaxed);

	/* Relaxed: a mark lost between two readers is no loss. */
	if (hits < HITS_MAX && now_ns >= b->put_ns + HIT_AFTER_NS && now_ns < b->expires_ns)
		atomic_store_explicit(&e->hits, (uint8_t)(hits + 1), memory_order_relaxed);
}

bool
cp_table_find(struct cp_table *t, const struct cp_key *key, uint64_t now_ns, struct cp_block *b)
{
	struct found_key k;

	key_find(t, key, &k);
	struct cp_entry *e = follow(bucket_of(t, k.hash));

	while (e != NULL && !is_of(e, &k))
		e = follow(&e->chain);
	if (e == NULL)
		return false;
	block_of(e, b);
	hit(e, b, now_ns);
	return true;
}

/* --- queues; all from here on under the shard's lock */

static size_t
cost_of(struct cp_entry *e)
{
	return malloc_usable_size(e) + MALLOC_HEAD;
}

static void
enqueue(struct shard *s, struct cp_entry *e, enum where where)
{
	struct queue *q = &s->queue[where];

	e->where = (uint8_t)where;
	e->newer = NULL;
	e->older = q->newest;
	*(q->newest != NULL ? &q->newest->newer : &q->oldest) = e;
	q->newest = e;
	q->octets += cost_of(e);
}

static void
dequeue(struct shard *s, struct cp_entry *e)
{
	struct queue *q = &s->queue[e->where];

	*(e->newer != NULL ? &e->newer->older : &q->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &q->oldest) = e->newer;
	q->octets -= cost_of(e);
	e->where = NOWHERE;
}

static void
add_relaxed(_Atomic uint64_t *v, uint64_t n)
{
	atomic_store_explicit(
	    v, atomic_load_explicit(v, memory_order_relaxed) + n, memory_order_relaxed);
}

/* Out of its queue and of every account, still found by readers. */
static void
withdraw(struct cp_table *t, struct shard *s, struct cp_entry *e)
{
	size_t cost = cost_of(e);

	dequeue(s, e);
	cp_share_take(t->share, e->domain, cost);
	add_relaxed(&s->octets, -cost);
	add_relaxed(&s->entries, -(uint64_t)1);
}

/* Out of reach for new readers; freed when those that may see it are gone. */
static void
retire(struct cp_table *t, struct shard *s, struct cp_entry *e)
{
	_Atomic(struct cp_entry *) *at = bucket_of(t, e->hash);

	while (follow(at) != e)
		at = &follow(at)->chain;
	/* Sequentially consistent, before the mark is read: see grace.h. */
	atomic_store_explicit(at, follow(&e->chain), memory_order_seq_cst);
	e->mark = cp_grace_mark(&t->grace);
	e->newer = NULL;
	*(s->waiting_last != NULL ? &s->waiting_last->newer : &s->waiting_first) = e;
	s->waiting_last = e;
	add_relaxed(&s->waiting, cost_of(e));
}

static void
free_waiting(struct cp_table *t, struct shard *s)
{
	if (s->waiting_first != NULL && !cp_grace_over(&t->grace, s->waiting_first->mark))
		cp_grace_advance(&t->grace);
	for (int i = 0; i < FREE_BURST; i++) {
		struct cp_entry *e = s->waiting_first;

		if (e == NULL || !cp_grace_over(&t->grace, e->mark))
			return;
		s->waiting_first = e->newer;
		if (s->waiting_first == NULL)
			s->waiting_last = NULL;
		add_relaxed(&s->waiting, -(uint64_t)cost_of(e));
		free(e);
	}
}

/* --- who stays */

static bool
take_hit(struct cp_entry *e)
{
	uint8_t hits = atomic_load_explicit(&e->hits, memory_order_relaxed);

	if (hits == 0)
		return false;
	atomic_store_explicit(&e->hits, (uint8_t)(hits - 1), memory_order_relaxed);
	return true;
}

static void
evict(struct cp_table *t, struct shard *s, struct cp_entry *e)
{
	if (e->where == PROBATION)
		cp_ghost_add(s->ghost, e->hash);
	withdraw(t, s, e);
	retire(t, s, e);
	add_relaxed(&s->evicted, 1);
}

/* The hand: from probation while that is over its part, else from main. */
static void
make_room(struct cp_table *t, struct shard *s, size_t cost)
{
	size_t probation_max = t->shard_octets_max / 100 * PROBATION_PERCENT;

	for (unsigned turns = 0; s->octets + cost > t->shard_octets_max; turns++) {
		struct queue *q = &s->queue[PROBATION];

		if (q->oldest == NULL ||
		    (q->octets + cost <= probation_max && s->queue[MAIN].oldest != NULL))
			q = &s->queue[MAIN];
		struct cp_entry *e = q->oldest;

		if (turns < EVICT_TURNS && take_hit(e)) {
			dequeue(s, e);
			enqueue(s, e, MAIN);
		} else {
			evict(t, s, e);
		}
	}
}

/* One of the same domain that nobody reads, from the old end of a queue; NULL when none is
 * near. One on probation never displaces one of main. */
static struct cp_entry *
sibling(const struct shard *s, uint32_t domain, enum where newcomer)
{
	unsigned turns = 0;

	for (enum where w = PROBATION; w <= newcomer; w++) {
		struct cp_entry *e = s->queue[w].oldest;

		for (; e != NULL && turns < SHARE_TURNS; e = e->newer, turns++)
			if (e->domain == domain &&
			    atomic_load_explicit(&e->hits, memory_order_relaxed) == 0)
				return e;
	}
	return NULL;
}

static bool
make_share(struct cp_table *t, struct shard *s, const struct cp_entry *e, size_t cost)
{
	while (!cp_share_add(t->share, e->domain, cost)) { /* bounded: each turn evicts one */
		struct cp_entry *old = sibling(s, e->domain, (enum where)e->where);

		if (old == NULL)
			return false;
		evict(t, s, old);
	}
	return true;
}

static enum cp_put
admit(struct cp_table *t, struct shard *s, struct cp_entry *e)
{
	size_t cost = cost_of(e);

	if (s->waiting > t->shard_octets_max / 8)
		return CP_PUT_BUSY;
	if (!make_share(t, s, e, cost)) {
		cp_ghost_add(s->ghost, e->hash);
		return CP_PUT_SHARE;
	}
	make_room(t, s, cost);
	enqueue(s, e, (enum where)e->where);
	add_relaxed(&s->octets, cost);
	add_relaxed(&s->entries, 1);
	return CP_PUT_KEPT;
}

/* --- writing */

struct cp_entry *
cp_table_prepare(const struct cp_table *t, const struct cp_item *item, uint8_t **data)
{
	struct found_key k;

	key_find(t, &item->key, &k);
	size_t len = sizeof(struct cp_entry) + k.lower.len + item->len;
	struct cp_entry *e =
	    len <= t->share_max && len <= t->shard_octets_max / 2 ? malloc(len) : NULL;

	if (e == NULL)
		return NULL;
	*e = (struct cp_entry){
	    .hash = k.hash,
	    .put_ns = item->now_ns,
	    .policy_gen = item->policy_gen,
	    .ttl_s = item->ttl_s,
	    .domain = domain_of(t, &k.lower),
	    .len = item->len,
	    .type = k.type,
	    .view = k.view,
	    .class = k.class,
	    .name_len = k.lower.len,
	};
	memcpy(e->octets, k.lower.octets, k.lower.len);
	*data = e->octets + e->name_len;
	return e;
}

void
cp_entry_discard(struct cp_entry *e)
{
	free(e);
}

/* The entry that e replaces, or NULL. */
static struct cp_entry *
twin_of(const struct cp_table *t, const struct cp_entry *e)
{
	struct cp_entry *old = follow(bucket_of(t, e->hash));

	while (old != NULL &&
	    (old->hash != e->hash || old->type != e->type || old->view != e->view ||
		old->class != e->class || old->name_len != e->name_len ||
		memcmp(old->octets, e->octets, e->name_len) != 0))
		old = follow(&old->chain);
	return old;
}

enum cp_put
cp_table_publish(struct cp_table *t, struct cp_entry *e)
{
	struct shard *s = shard_of(t, e->hash);
	_Atomic(struct cp_entry *) *bucket = bucket_of(t, e->hash);

	pthread_mutex_lock(&s->lock);
	struct cp_entry *old = twin_of(t, e);

	e->where = PROBATION;
	if (old != NULL) {
		uint8_t hits = atomic_load_explicit(&old->hits, memory_order_relaxed);

		e->where = old->where == MAIN || hits > 0 ? MAIN : PROBATION;
		atomic_init(&e->hits, hits);
		withdraw(t, s, old);
	} else if (cp_ghost_take(s->ghost, e->hash)) {
		e->where = MAIN;
	}
	enum cp_put put = admit(t, s, e);

	if (put == CP_PUT_KEPT) {
		atomic_init(&e->chain, follow(bucket));
		/* Release, within seq_cst: the whole entry is there for whoever finds it. */
		atomic_store_explicit(bucket, e, memory_order_seq_cst);
	} else {
		free(e); /* nobody has seen it */
	}
	if (old != NULL) /* only now: readers find one of the two at any time */
		retire(t, s, old);
	free_waiting(t, s);
	pthread_mutex_unlock(&s->lock);
	return put;
}

void
cp_table_remove(struct cp_table *t, const struct cp_key *key)
{
	struct found_key k;

	key_find(t, key, &k);
	struct shard *s = shard_of(t, k.hash);

	pthread_mutex_lock(&s->lock);
	struct cp_entry *e = follow(bucket_of(t, k.hash));

	while (e != NULL && !is_of(e, &k))
		e = follow(&e->chain);
	if (e != NULL) {
		withdraw(t, s, e);
		retire(t, s, e);
	}
	free_waiting(t, s);
	pthread_mutex_unlock(&s->lock);
}

/* --- looking inside */

static void
show(const struct cp_entry *e, cp_table_fn fn, void *arg)
{
	struct hf_name name;
	struct cp_key key = {&name, e->type, (enum cp_class)e->class, e->view};
	struct cp_block b;

	if (hf_name_from_octets(e->octets, e->name_len, &name) != 0)
		return;
	block_of(e, &b);
	fn(arg, &key, &b);
}

void
cp_table_each(struct cp_table *t, cp_table_fn fn, void *arg)
{
	for (unsigned i = 0; i < t->shard_cnt; i++) {
		struct shard *s = &t->shards[i];

		pthread_mutex_lock(&s->lock);
		for (enum where w = PROBATION; w <= MAIN; w++)
			for (struct cp_entry *e = s->queue[w].newest; e != NULL; e = e->older)
				show(e, fn, arg);
		pthread_mutex_unlock(&s->lock);
	}
}

void
cp_table_use(const struct cp_table *t, struct cp_table_use *use)
{
	*use = (struct cp_table_use){0};
	for (unsigned i = 0; i < t->shard_cnt; i++) {
		const struct shard *s = &t->shards[i];

		use->entries += atomic_load_explicit(&s->entries, memory_order_relaxed);
		use->octets += atomic_load_explicit(&s->octets, memory_order_relaxed);
		use->waiting += atomic_load_explicit(&s->waiting, memory_order_relaxed);
		use->evicted += atomic_load_explicit(&s->evicted, memory_order_relaxed);
	}
}

size_t
cp_table_share(const struct cp_table *t, const struct hf_name *name)
{
	struct hf_name lower = *name;

	hf_name_lower(&lower);
	return cp_share_of(t->share, domain_of(t, &lower));
}

size_t
cp_table_share_max(const struct cp_table *t)
{
	return t->share_max;
}
