/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/table.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/buckets.h"
#include "controlplane/resolver/grace.h"
#include "controlplane/resolver/ghost.h"
#include "controlplane/resolver/pages.h"
#include "controlplane/resolver/share.h"
#include "lib/base/ns.h"

enum {
	OCTETS_PER_BUCKET = 128, /* hardly an entry is smaller: more buckets would stay empty */
	OCTETS_PER_GHOST = 256,
	LINE_TYPES = 16,            /* types of one name in one line: more would be long chains */
	SHARD_OCTETS = 1024 * 1024, /* a shard for each MiB */
	SHARDS_MAX = 64,
	SHARE_PERCENT = 5,
	PROBATION_PERCENT = 10,
	EVICT_TURNS = 256, /* entries kept in one search for room: then the next goes anyhow */
	SHARE_TURNS = 64,  /* entries looked at for one of the same domain */
	FREE_BURST = 16,
	MALLOC_HEAD = 8, /* what the allocator keeps in front of a block */
	LEN_MAX = (1 << CP_ENTRY_LEN_BITS) - 1,
};

#define HIT_AFTER_NS HF_NS_PER_S /* what a question reads again of its own is not popular */

enum where { PROBATION, MAIN };

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
	/* Away from what writers change all the time: readers come here first. */
	_Alignas(CP_GRACE_LINE) struct cp_buckets buckets;
};

struct cp_table {
	struct cp_grace grace;
	struct hf_siphash_key key;
	const struct cp_suffixes *suffixes;
	struct cp_share *share;
	size_t share_max, shard_octets_max;
	unsigned shard_cnt; /* a power of two */
	struct shard *shards;
	struct cp_line *lines; /* of all shards in turn, lines_len octets */
	size_t lines_len;
};

/* --- keys */

struct found_key {
	struct hf_name lower;
	struct cp_place place; /* its name is lower */
	unsigned shard;
};

/* One hash for all types that share a line of buckets, and for all classes. */
static void
key_find(const struct cp_table *t, const struct cp_key *key, struct found_key *k)
{
	uint8_t text[HF_NAME_MAX + 4];
	uint16_t types = key->type / LINE_TYPES;

	k->lower = *key->name;
	hf_name_lower(&k->lower);
	memcpy(text, k->lower.octets, k->lower.len);
	text[k->lower.len] = (uint8_t)(types >> 8);
	text[k->lower.len + 1] = (uint8_t)types;
	text[k->lower.len + 2] = (uint8_t)(key->view >> 8);
	text[k->lower.len + 3] = (uint8_t)key->view;
	uint64_t hash = hf_siphash(&t->key, text, k->lower.len + 4u);

	k->shard = (unsigned)hash & (t->shard_cnt - 1);
	k->place = (struct cp_place){
	    .order = (uint32_t)(hash >> 32),
	    .type = key->type,
	    .view = key->view,
	    .class = (uint8_t)key->class,
	    .name_len = k->lower.len,
	    .name = k->lower.octets,
	};
}

/* For ghost.h, which takes it apart: each part of it depends on all of the place. */
static uint64_t
ghost_of(const struct cp_entry *e)
{
	uint64_t kind = (uint64_t)e->type << 8 | e->class;

	return (kind << 32 | e->order) * UINT64_C(0x9e3779b97f4a7c15);
}

/* --- making and freeing */

/* What is not fixed from the start: entries, and the lines of buckets that they make use of. */
static size_t
entries_octets(size_t octets_max)
{
	size_t fixed =
	    cp_share_footprint(octets_max) + cp_ghost_footprint(octets_max / OCTETS_PER_GHOST);

	return fixed < octets_max / 2 ? octets_max - fixed : octets_max / 2;
}

static bool
shards_make(struct cp_table *t, size_t octets_max)
{
	size_t cnt = 1;

	while (cnt < SHARDS_MAX && cnt < octets_max / SHARD_OCTETS)
		cnt *= 2;
	size_t lines = octets_max / cnt / (OCTETS_PER_BUCKET * CP_LINE_BUCKETS) + 1;

	lines = lines < UINT32_MAX ? lines : UINT32_MAX;
	t->lines_len = lines * cnt * sizeof(struct cp_line);
	t->lines = cp_pages_reserve(t->lines_len);
	t->shards = aligned_alloc(CP_GRACE_LINE, cnt * sizeof(*t->shards));
	if (t->shards == NULL || t->lines == NULL)
		return false;
	memset(t->shards, 0, cnt * sizeof(*t->shards));
	t->shard_octets_max = entries_octets(octets_max) / cnt;
	for (; t->shard_cnt < cnt; t->shard_cnt++) {
		struct shard *s = &t->shards[t->shard_cnt];

		s->ghost = cp_ghost_create(octets_max / OCTETS_PER_GHOST / cnt);
		if (s->ghost == NULL)
			return false;
		cp_buckets_init(
		    &s->buckets, t->lines + t->shard_cnt, (uint32_t)cnt, (uint32_t)lines);
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
	t->share_max = entries_octets(cfg->octets_max) / 100 * SHARE_PERCENT;
	t->share = cp_share_create(cfg->octets_max, t->share_max);
	if (t->share == NULL || !shards_make(t, cfg->octets_max)) {
		cp_table_destroy(t);
		return NULL;
	}
	return t;
}

static void
queue_free(struct cp_entry *e)
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
	for (unsigned i = 0; i < t->shard_cnt; i++) {
		struct shard *s = &t->shards[i];

		queue_free(s->queue[PROBATION].oldest);
		queue_free(s->queue[MAIN].oldest);
		queue_free(s->waiting_first);
		cp_ghost_destroy(s->ghost);
		pthread_mutex_destroy(&s->lock);
	}
	free(t->shards);
	cp_pages_release(t->lines, t->lines_len);
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
	const uint8_t *at = e->octets + e->name_len + (e->viewed ? sizeof(uint16_t) : 0);

	*b = (struct cp_block){
	    .put_ns = (uint64_t)e->put * CP_ENTRY_TICK_NS,
	    .expires_ns = (uint64_t)e->put * CP_ENTRY_TICK_NS + e->ttl_s * HF_NS_PER_S,
	    .ttl_s = (uint32_t)e->ttl_s,
	    .len = e->len,
	    .data = at,
	};
	if (e->tagged) {
		memcpy(&b->policy_gen, at, sizeof(b->policy_gen));
		b->data += sizeof(b->policy_gen);
	}
}

static void
hit(struct cp_entry *e, const struct cp_block *b, uint64_t now_ns)
{
	uint8_t state = cp_entry_state(e);

	/* Relaxed: a mark lost between two readers is no loss. */
	if ((state & CP_ENTRY_HITS) < CP_ENTRY_HITS && now_ns >= b->put_ns + HIT_AFTER_NS &&
	    now_ns < b->expires_ns)
		(void)atomic_compare_exchange_strong_explicit(&e->state, &state,
		    (uint8_t)(state + 1), memory_order_relaxed, memory_order_relaxed);
}

bool
cp_table_find(struct cp_table *t, const struct cp_key *key, uint64_t now_ns, struct cp_block *b)
{
	struct found_key k;

	key_find(t, key, &k);
	struct cp_entry *e = cp_buckets_find(&t->shards[k.shard].buckets, &k.place);

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

static enum where
where_is(const struct cp_entry *e)
{
	return cp_entry_state(e) & CP_ENTRY_MAIN ? MAIN : PROBATION;
}

static void
enqueue(struct shard *s, struct cp_entry *e, enum where where)
{
	struct queue *q = &s->queue[where];

	if (where == MAIN)
		atomic_fetch_or_explicit(&e->state, CP_ENTRY_MAIN, memory_order_relaxed);
	e->newer = NULL;
	e->older = q->newest;
	*(q->newest != NULL ? &q->newest->newer : &q->oldest) = e;
	q->newest = e;
	q->octets += cost_of(e);
}

static void
dequeue(struct shard *s, struct cp_entry *e)
{
	struct queue *q = &s->queue[where_is(e)];

	*(e->newer != NULL ? &e->newer->older : &q->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &q->oldest) = e->newer;
	q->octets -= cost_of(e);
}

/* The whole hash, made anew: most entries go without that anybody asks for it. */
static uint32_t
domain_at(const struct cp_table *t, const struct cp_entry *e)
{
	struct hf_name name = hf_name_root;

	(void)hf_name_from_octets(e->octets, e->name_len, &name);
	return cp_suffixes_domain(t->suffixes, &t->key, &name);
}

static bool
is_in_domain(const struct cp_table *t, const struct cp_entry *e, uint32_t domain)
{
	return e->domain == domain % (1 << CP_ENTRY_DOMAIN_BITS) && domain_at(t, e) == domain;
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
	cp_share_take(t->share, domain_at(t, e), cost);
	add_relaxed(&s->octets, -cost);
	add_relaxed(&s->entries, -(uint64_t)1);
}

/* Out of reach for new readers; freed when those that may see it are gone. */
static void
retire(struct cp_table *t, struct shard *s, struct cp_entry *e)
{
	cp_buckets_remove(&s->buckets, e); /* before the mark is read: see grace.h */
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
	if ((cp_entry_state(e) & CP_ENTRY_HITS) == 0)
		return false;
	/* Readers only add, so it is still there. */
	atomic_fetch_sub_explicit(&e->state, 1, memory_order_relaxed);
	return true;
}

static void
evict(struct cp_table *t, struct shard *s, struct cp_entry *e)
{
	if (where_is(e) == PROBATION)
		cp_ghost_add(s->ghost, ghost_of(e));
	withdraw(t, s, e);
	retire(t, s, e);
	add_relaxed(&s->evicted, 1);
}

/* What counts against the shard's bound: a line more may be needed for one entry more. */
static size_t
held(const struct shard *s)
{
	return s->octets +
	    (atomic_load_explicit(&s->buckets.line_cnt, memory_order_relaxed) + 1) * CP_LINE_LEN;
}

/* The hand: from probation while that is over its part, else from main. */
static void
make_room(struct cp_table *t, struct shard *s, size_t cost)
{
	size_t probation_max = t->shard_octets_max / 100 * PROBATION_PERCENT;

	for (unsigned turns = 0; held(s) + cost > t->shard_octets_max; turns++) {
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
sibling(const struct cp_table *t, const struct shard *s, uint32_t domain, enum where newcomer)
{
	unsigned turns = 0;

	for (enum where w = PROBATION; w <= newcomer; w++) {
		struct cp_entry *e = s->queue[w].oldest;

		for (; e != NULL && turns < SHARE_TURNS; e = e->newer, turns++)
			if ((cp_entry_state(e) & CP_ENTRY_HITS) == 0 && is_in_domain(t, e, domain))
				return e;
	}
	return NULL;
}

static bool
make_share(struct cp_table *t, struct shard *s, uint32_t domain, size_t cost, enum where newcomer)
{
	while (!cp_share_add(t->share, domain, cost)) { /* bounded: each turn evicts one */
		struct cp_entry *old = sibling(t, s, domain, newcomer);

		if (old == NULL)
			return false;
		evict(t, s, old);
	}
	return true;
}

static enum cp_put
admit(struct cp_table *t, struct shard *s, struct cp_entry *e, enum where where)
{
	size_t cost = cost_of(e);
	uint32_t domain = domain_at(t, e);

	if (s->waiting > t->shard_octets_max / 8)
		return CP_PUT_BUSY;
	if (!make_share(t, s, domain, cost, where)) {
		cp_ghost_add(s->ghost, ghost_of(e));
		return CP_PUT_SHARE;
	}
	make_room(t, s, cost);
	e->domain = domain % (1 << CP_ENTRY_DOMAIN_BITS);
	enqueue(s, e, where);
	add_relaxed(&s->octets, cost);
	add_relaxed(&s->entries, 1);
	return CP_PUT_KEPT;
}

/* --- writing */

static uint8_t *
put_octets(uint8_t *to, const void *p, size_t len)
{
	memcpy(to, p, len);
	return to + len;
}

struct cp_entry *
cp_table_prepare(const struct cp_table *t, const struct cp_item *item, uint8_t **data)
{
	struct found_key k;

	key_find(t, &item->key, &k);
	bool viewed = k.place.view != 0, tagged = item->policy_gen != 0;
	size_t len = offsetof(struct cp_entry, octets) + k.lower.len +
	    (viewed ? sizeof(k.place.view) : 0) + (tagged ? sizeof(item->policy_gen) : 0) +
	    item->len;
	bool fits = item->len <= LEN_MAX && len <= t->share_max && len <= t->shard_octets_max / 2;
	struct cp_entry *e = fits ? malloc(len > sizeof(*e) ? len : sizeof(*e)) : NULL;

	if (e == NULL)
		return NULL;
	*e = (struct cp_entry){
	    .put = item->now_ns / CP_ENTRY_TICK_NS,
	    .ttl_s = item->ttl_s < CP_TABLE_TTL_MAX ? item->ttl_s : CP_TABLE_TTL_MAX,
	    .order = k.place.order,
	    .len = item->len,
	    .class = k.place.class & 15,
	    .shard = k.shard & (SHARDS_MAX - 1),
	    .viewed = viewed,
	    .tagged = tagged,
	    .type = k.place.type,
	    .name_len = k.lower.len,
	};
	*data = put_octets(e->octets, k.lower.octets, k.lower.len);
	if (viewed)
		*data = put_octets(*data, &k.place.view, sizeof(k.place.view));
	if (tagged)
		*data = put_octets(*data, &item->policy_gen, sizeof(item->policy_gen));
	return e;
}

void
cp_entry_discard(struct cp_entry *e)
{
	free(e);
}

enum cp_put
cp_table_publish(struct cp_table *t, struct cp_entry *e)
{
	struct shard *s = &t->shards[e->shard];
	const struct cp_place place = cp_entry_place(e);

	pthread_mutex_lock(&s->lock);
	struct cp_entry *old = cp_buckets_find(&s->buckets, &place);

	enum where where = PROBATION;

	if (old != NULL) {
		uint8_t state = cp_entry_state(old);

		where = state != 0 ? MAIN : PROBATION; /* it is there already, or was read */
		atomic_init(&e->state, state & CP_ENTRY_HITS);
		withdraw(t, s, old);
	} else if (cp_ghost_take(s->ghost, ghost_of(e))) {
		where = MAIN;
	}
	enum cp_put put = admit(t, s, e, where);

	if (put == CP_PUT_KEPT)
		cp_buckets_insert(&s->buckets, e);
	else
		free(e); /* nobody has seen it */
	if (old != NULL) /* only now: readers find one of the two at any time */
		retire(t, s, old);
	cp_buckets_grow(&s->buckets, s->entries);
	free_waiting(t, s);
	pthread_mutex_unlock(&s->lock);
	return put;
}

void
cp_table_remove(struct cp_table *t, const struct cp_key *key)
{
	struct found_key k;

	key_find(t, key, &k);
	struct shard *s = &t->shards[k.shard];

	pthread_mutex_lock(&s->lock);
	struct cp_entry *e = cp_buckets_find(&s->buckets, &k.place);

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
	struct cp_key key = {&name, e->type, (enum cp_class)e->class, cp_entry_view(e)};
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

uint32_t
cp_table_domain(const struct cp_table *t, const struct hf_name *name)
{
	struct hf_name lower = *name;

	hf_name_lower(&lower);
	return cp_suffixes_domain(t->suffixes, &t->key, &lower);
}

size_t
cp_table_share(const struct cp_table *t, const struct hf_name *name)
{
	return cp_share_of(t->share, cp_table_domain(t, name));
}

size_t
cp_table_share_max(const struct cp_table *t)
{
	return t->share_max;
}
