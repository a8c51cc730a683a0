/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/ranges.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/pack.h"
#include "controlplane/resolver/share.h"
#include "lib/base/ns.h"
#include "validator/nsec.h"

enum {
	BUCKETS = 256,    /* of zones, in each shard */
	ORDER_FIRST = 16, /* places a zone starts with */
	CONTRADICTED_MAX = 64,
	SIBLINGS_MAX = 16,            /* zones looked at for one of the same domain */
	NARROW_BITS = 16,             /* of 64: a zone with such gaps would have 2^48 names */
	MALLOC_HEAD = 8,              /* what the allocator keeps in front of a block */
	LOOK_OCTETS_MAX = 256 * 1024, /* of one unpacked set, while its next name is read */
};

struct range {
	struct range *newer, *older; /* of the zone, in order of last use */
	uint64_t put_ns;
	uint32_t ttl_s;
	uint32_t len;     /* of the set, packed */
	uint8_t key_len;  /* of what it is ordered by; none for the SOA */
	uint8_t octets[]; /* NSEC: the owner; NSEC3: the hash and the next; then the set */
};

struct zone {
	struct zone *chain;         /* same bucket */
	struct zone *newer, *older; /* of the shard, in order of last use */
	struct cp_ranges_zone how;
	struct range *soa;
	struct range **order; /* by owner, as the chain goes */
	unsigned cnt, cap;
	struct range *newest, *oldest;
	size_t octets; /* of its proofs */
	uint32_t hits;
	uint32_t domain; /* cp_suffixes_domain */
	bool is_public;  /* has no share */
};

struct shard {
	_Alignas(64) pthread_mutex_t lock; /* over all below */
	struct cp_share *share;            /* of all shards */
	size_t octets;
	uint64_t entries;
	struct zone *newest, *oldest;
	struct zone *buckets[BUCKETS];
};

struct cp_ranges {
	struct hf_siphash_key key;
	const struct cp_suffixes *suffixes;
	struct cp_share *share;
	size_t shard_max; /* octets of one shard */
	struct shard shards[CP_RANGES_SHARDS];
};

/* What a record says of its place. */
struct place {
	enum cp_chain chain;
	struct hf_name next;
	struct va_nsec3_range hashed;
};

/* --- ranges of one zone, its shard locked */

static void
use_unlink(struct zone *z, struct range *g)
{
	*(g->newer != NULL ? &g->newer->older : &z->newest) = g->older;
	*(g->older != NULL ? &g->older->newer : &z->oldest) = g->newer;
}

static void
use_link(struct zone *z, struct range *g)
{
	g->newer = NULL;
	g->older = z->newest;
	*(z->newest != NULL ? &z->newest->newer : &z->oldest) = g;
	z->newest = g;
}

static size_t
cost_of(struct range *g)
{
	return malloc_usable_size(g) + MALLOC_HEAD;
}

static const uint8_t *
next_hash(const struct range *g)
{
	return g->octets + VA_SHA1_LEN;
}

/* The owner of an NSEC record; of an NSEC3 record nothing of use, which is ordered by hash. */
static struct hf_name
owner_of(const struct range *g)
{
	struct hf_name n = hf_name_root;

	(void)hf_name_from_octets(g->octets, g->key_len, &n);
	return n;
}

/* A copy in the arena, or NULL without room. */
static struct hf_rrset *
set_of(const struct zone *z, const struct range *g, struct hf_arena *arena)
{
	bool by_owner = g != z->soa && z->how.chain == CP_CHAIN_NSEC;
	const struct hf_name name = by_owner ? owner_of(g) : z->how.name;

	return cp_unpack_rrset(arena, &name, g->octets + g->key_len, g->len);
}

static int
order_cmp(const struct zone *z, const struct range *g, const struct cp_ranges_at *at)
{
	if (z->how.chain == CP_CHAIN_NSEC3)
		return memcmp(g->octets, at->hash, VA_SHA1_LEN);
	const struct hf_name owner = owner_of(g);

	return hf_name_cmp(&owner, at->name);
}

/* How many ranges begin at or before at: 12 steps for CP_RANGES_ZONE_MAX. */
static unsigned
order_upto(const struct zone *z, const struct cp_ranges_at *at)
{
	unsigned low = 0, high = z->cnt;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (order_cmp(z, z->order[mid], at) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Where g stands: at its owner or its hash. */
static unsigned
order_of(const struct zone *z, const struct range *g)
{
	const struct hf_name owner = owner_of(g);
	const struct cp_ranges_at at = {.name = &owner, .hash = g->octets};

	return order_upto(z, &at);
}

static bool
share_add(struct shard *s, const struct zone *z, size_t octets)
{
	return z->is_public || cp_share_add(s->share, z->domain, octets);
}

static void
share_take(struct shard *s, const struct zone *z, size_t octets)
{
	if (!z->is_public)
		cp_share_take(s->share, z->domain, octets);
}

static void
range_free(struct shard *s, const struct zone *z, struct range *g)
{
	share_take(s, z, cost_of(g));
	s->octets -= cost_of(g);
	s->entries--;
	free(g);
}

static void
range_remove(struct shard *s, struct zone *z, unsigned idx)
{
	struct range *g = z->order[idx];

	z->cnt--;
	memmove(&z->order[idx], &z->order[idx + 1], (z->cnt - idx) * sizeof(z->order[0]));
	use_unlink(z, g);
	z->octets -= cost_of(g);
	range_free(s, z, g);
}

static void
range_remove_oldest(struct shard *s, struct zone *z)
{
	range_remove(s, z, order_of(z, z->oldest) - 1);
}

static void
zone_empty(struct shard *s, struct zone *z)
{
	while (z->cnt > 0) {
		struct range *g = z->order[--z->cnt];

		range_free(s, z, g);
	}
	z->newest = z->oldest = NULL;
	z->octets = 0;
}

/* --- zones of one shard, locked */

static uint64_t
hash_of(const struct cp_ranges *r, const struct hf_name *name)
{
	struct hf_name lower = *name;

	hf_name_lower(&lower);
	return hf_siphash(&r->key, lower.octets, lower.len);
}

static struct shard *
shard_lock(struct cp_ranges *r, const struct hf_name *zone, uint64_t *hash)
{
	*hash = hash_of(r, zone);
	struct shard *s = &r->shards[*hash % CP_RANGES_SHARDS];

	pthread_mutex_lock(&s->lock);
	return s;
}

static struct zone **
zone_at(struct shard *s, uint64_t hash, const struct hf_name *name)
{
	struct zone **at = &s->buckets[hash / CP_RANGES_SHARDS % BUCKETS];

	while (*at != NULL && !hf_name_equal(&(*at)->how.name, name))
		at = &(*at)->chain;
	return at;
}

static void
zone_unlink(struct shard *s, struct zone *z)
{
	*(z->newer != NULL ? &z->newer->older : &s->newest) = z->older;
	*(z->older != NULL ? &z->older->newer : &s->oldest) = z->newer;
}

static void
zone_link(struct shard *s, struct zone *z)
{
	z->newer = NULL;
	z->older = s->newest;
	*(s->newest != NULL ? &s->newest->newer : &s->oldest) = z;
	s->newest = z;
}

static struct zone *
zone_find(struct shard *s, uint64_t hash, const struct hf_name *name)
{
	struct zone *z = *zone_at(s, hash, name);

	if (z == NULL)
		return NULL;
	zone_unlink(s, z);
	zone_link(s, z);
	return z;
}

static void
zone_free(const struct cp_ranges *r, struct shard *s, struct zone *z)
{
	struct zone **at = zone_at(s, hash_of(r, &z->how.name), &z->how.name);

	*at = z->chain;
	zone_unlink(s, z);
	zone_empty(s, z);
	if (z->soa != NULL)
		range_free(s, z, z->soa);
	share_take(s, z, sizeof(*z));
	s->octets -= sizeof(*z) + z->cap * sizeof(z->order[0]);
	free(z->order);
	free(z);
}

/* Room in the share of z's domain: proofs of z go for it, then zones of the same domain that
 * were not used for long. */
static bool
make_share(const struct cp_ranges *r, struct shard *s, struct zone *z, size_t octets)
{
	unsigned turns = 0;

	while (!share_add(s, z, octets)) {
		struct zone *old = s->oldest;

		for (; z->cnt == 0 && old != NULL && turns < SIBLINGS_MAX;
		     turns++, old = old->newer)
			if (old != z && !old->is_public && old->domain == z->domain)
				break;
		if (z->cnt > 0)
			range_remove_oldest(s, z);
		else if (old != NULL && turns < SIBLINGS_MAX)
			zone_free(r, s, old);
		else
			return false;
	}
	return true;
}

static struct zone *
zone_make(const struct cp_ranges *r, struct shard *s, uint64_t hash, const struct hf_name *name)
{
	struct zone *z = zone_find(s, hash, name);
	struct hf_name lower = *name;

	if (z != NULL)
		return z;
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return NULL;
	hf_name_lower(&lower);
	z->how.name = *name;
	z->domain = cp_suffixes_domain(r->suffixes, &r->key, &lower);
	z->is_public = cp_suffixes_is_public(r->suffixes, name);
	if (!make_share(r, s, z, sizeof(*z))) {
		free(z);
		return NULL;
	}
	*zone_at(s, hash, name) = z;
	zone_link(s, z);
	s->octets += sizeof(*z);
	return z;
}

/* No zone has more than half of its shard; then the least used proof of the least used zone
 * goes first. Each turn frees something. */
static void
make_room(const struct cp_ranges *r, struct shard *s, struct zone *keep)
{
	while (keep != NULL && keep->octets > r->shard_max / 2)
		range_remove_oldest(s, keep);
	while (s->octets > r->shard_max && s->oldest != NULL) {
		struct zone *z = s->oldest;

		if (z->cnt > (z == keep ? 1u : 0u))
			range_remove_oldest(s, z);
		else if (z != keep)
			zone_free(r, s, z);
		else
			return; /* the only one left, with one proof */
	}
}

/* --- putting */

static uint64_t
top_bits(const uint8_t hash[VA_SHA1_LEN])
{
	uint64_t v = 0;

	for (unsigned i = 0; i < sizeof(v); i++)
		v = v << 8 | hash[i];
	return v;
}

/* A gap that holds next to nothing: made for one question, of no use for another. */
static bool
is_narrow(const struct hf_rrset *set, const struct place *p)
{
	struct hf_name up;

	if (p->chain == CP_CHAIN_NSEC3)
		return top_bits(p->hashed.next) - top_bits(p->hashed.owner) < UINT64_C(1)
			<< NARROW_BITS &&
		    memcmp(p->hashed.next, p->hashed.owner, VA_SHA1_LEN) != 0;
	if (p->next.octets[0] != 1 || p->next.octets[1] != 0)
		return false;
	hf_name_strip(&p->next, 1, &up); /* "\000." before the owner (RFC 4470 3) */
	return hf_name_equal(&up, &set->owner);
}

static bool
place_read(const struct hf_rrset *set, const struct hf_name *zone, struct place *p)
{
	p->chain = CP_CHAIN_NONE;
	if (set->type == HF_TYPE_SOA)
		return hf_name_equal(&set->owner, zone);
	if (va_nsec_range(set, zone, &p->next))
		p->chain = CP_CHAIN_NSEC;
	else if (va_nsec3_range(set, zone, &p->hashed) && !p->hashed.optout)
		p->chain = CP_CHAIN_NSEC3;
	else
		return false;
	return !is_narrow(set, p);
}

static struct range *
range_make(
    const struct hf_name *zone, const struct hf_rrset *set, const struct place *p, uint64_t now_ns)
{
	const struct hf_name *name = p->chain == CP_CHAIN_NSEC ? &set->owner : zone;
	uint8_t key[HF_NAME_MAX];
	unsigned key_len = 0;

	if (p->chain == CP_CHAIN_NSEC) {
		key_len = set->owner.len;
		memcpy(key, set->owner.octets, key_len);
	} else if (p->chain == CP_CHAIN_NSEC3) {
		key_len = 2 * VA_SHA1_LEN;
		memcpy(key, p->hashed.owner, VA_SHA1_LEN);
		memcpy(key + VA_SHA1_LEN, p->hashed.next, VA_SHA1_LEN);
	}
	size_t len = cp_pack_rrset(set, name, NULL);
	size_t octets = offsetof(struct range, octets) + key_len + len;
	struct range *g = malloc(octets > sizeof(*g) ? octets : sizeof(*g));

	if (g == NULL)
		return NULL;
	*g = (struct range){.put_ns = now_ns, .ttl_s = set->ttl};
	g->len = (uint32_t)len;
	g->key_len = (uint8_t)key_len;
	memcpy(g->octets, key, key_len);
	(void)cp_pack_rrset(set, name, g->octets + key_len);
	return g;
}

static bool
is_same_chain(const struct zone *z, const struct place *p)
{
	const struct va_salt *salt = &p->hashed.salt;

	return z->how.chain == p->chain &&
	    (p->chain == CP_CHAIN_NSEC ||
		(z->how.iterations == salt->iterations && z->how.salt_len == salt->len &&
		    memcmp(z->how.salt, salt->octets, salt->len) == 0));
}

/* The zone denies in another way than it did: nothing of before is of use any more. */
static void
chain_begin(struct shard *s, struct zone *z, const struct place *p)
{
	zone_empty(s, z);
	z->how.chain = p->chain;
	if (p->chain != CP_CHAIN_NSEC3)
		return;
	z->how.iterations = p->hashed.salt.iterations;
	z->how.salt_len = p->hashed.salt.len;
	memcpy(z->how.salt, p->hashed.salt.octets, p->hashed.salt.len);
}

static bool
order_grow(struct shard *s, struct zone *z)
{
	unsigned cap = z->cap == 0 ? ORDER_FIRST : z->cap * 2;
	struct range **order;

	if (z->cnt < z->cap)
		return true;
	order = realloc(z->order, cap * sizeof(order[0]));
	if (order == NULL)
		return false;
	s->octets += (cap - z->cap) * sizeof(order[0]);
	z->order = order;
	z->cap = cap;
	return true;
}

static bool
nsec_reaches(const struct zone *z, const struct range *g, const struct range *other)
{
	const struct hf_name owner = owner_of(other);
	struct hf_arena arena;
	struct hf_name next;

	hf_arena_init(&arena, LOOK_OCTETS_MAX);
	const struct hf_rrset *set = set_of(z, g, &arena);
	bool known = set != NULL && va_nsec_range(set, &z->how.name, &next);

	hf_arena_fini(&arena);
	return known && (hf_name_equal(&next, &z->how.name) || hf_name_cmp(&owner, &next) < 0);
}

/* Does the gap of g reach beyond the owner of other, which stands after it? */
static bool
reaches(const struct zone *z, const struct range *g, const struct range *other)
{
	if (z->how.chain == CP_CHAIN_NSEC3)
		return memcmp(next_hash(g), g->octets, VA_SHA1_LEN) <= 0 ||
		    memcmp(other->octets, next_hash(g), VA_SHA1_LEN) < 0;
	return nsec_reaches(z, g, other);
}

/* The zone has changed: what stands inside the new gap is gone, and a gap that holds the new
 * owner is none. */
static unsigned
contradicted_remove(struct shard *s, struct zone *z, const struct range *g, unsigned idx)
{
	for (unsigned i = 0; i < CONTRADICTED_MAX; i++) {
		if (idx == z->cnt || !reaches(z, g, z->order[idx]))
			break;
		range_remove(s, z, idx);
	}
	if (idx > 0 && reaches(z, z->order[idx - 1], g))
		range_remove(s, z, --idx);
	return idx;
}

static unsigned
zone_allowed(const struct zone *z)
{
	uint64_t most = CP_RANGES_ZONE_FIRST + (uint64_t)z->hits * CP_RANGES_ZONE_PER_HIT;

	return most < CP_RANGES_ZONE_MAX ? (unsigned)most : CP_RANGES_ZONE_MAX;
}

/* g is the zone's from now on, or freed. */
static void
range_insert(struct shard *s, struct zone *z, struct range *g)
{
	const struct hf_name owner = owner_of(g);
	const struct cp_ranges_at at = {.name = &owner, .hash = g->octets};
	unsigned idx = order_upto(z, &at);

	if (idx > 0 && order_cmp(z, z->order[idx - 1], &at) == 0)
		range_remove(s, z, --idx);
	contradicted_remove(s, z, g, idx);
	if (z->cnt >= zone_allowed(z))
		range_remove_oldest(s, z);
	s->octets += cost_of(g);
	s->entries++;
	if (!order_grow(s, z)) {
		range_free(s, z, g);
		return;
	}
	idx = order_upto(z, &at);
	memmove(&z->order[idx + 1], &z->order[idx], (z->cnt - idx) * sizeof(z->order[0]));
	z->order[idx] = g;
	z->cnt++;
	z->octets += cost_of(g);
	use_link(z, g);
}

static void
soa_put(struct shard *s, struct zone *z, struct range *g)
{
	if (z->soa != NULL)
		range_free(s, z, z->soa);
	z->soa = g;
	s->octets += cost_of(g);
	s->entries++;
}

void
cp_ranges_put(
    struct cp_ranges *r, const struct hf_name *zone, const struct hf_rrset *set, uint64_t now_ns)
{
	struct place p;
	struct range *g;
	uint64_t hash;

	if (set->ttl == 0 || !place_read(set, zone, &p))
		return;
	g = range_make(zone, set, &p, now_ns);
	if (g == NULL)
		return;
	struct shard *s = shard_lock(r, zone, &hash);
	struct zone *z = zone_make(r, s, hash, zone);

	if (z == NULL || !make_share(r, s, z, cost_of(g))) {
		free(g);
	} else if (set->type == HF_TYPE_SOA) {
		soa_put(s, z, g);
	} else {
		if (!is_same_chain(z, &p))
			chain_begin(s, z, &p);
		range_insert(s, z, g);
	}
	make_room(r, s, z);
	pthread_mutex_unlock(&s->lock);
}

void
cp_ranges_wildcard(struct cp_ranges *r, const struct hf_name *zone)
{
	uint64_t hash;
	struct shard *s = shard_lock(r, zone, &hash);
	struct zone *z = zone_make(r, s, hash, zone);

	if (z != NULL)
		z->how.has_wildcard = true;
	make_room(r, s, z);
	pthread_mutex_unlock(&s->lock);
}

/* --- finding */

static bool
is_over(const struct range *g, uint64_t now_ns)
{
	return now_ns >= g->put_ns + g->ttl_s * HF_NS_PER_S;
}

static const struct hf_rrset *
range_out(const struct zone *z, const struct range *g, uint64_t now_ns, struct hf_arena *arena)
{
	struct hf_rrset *set = is_over(g, now_ns) ? NULL : set_of(z, g, arena);

	if (set == NULL)
		return NULL;
	uint64_t age_s = (now_ns - g->put_ns) / HF_NS_PER_S;

	set->ttl = set->ttl > age_s ? set->ttl - (uint32_t)age_s : 0;
	return set;
}

bool
cp_ranges_zone(struct cp_ranges *r, const struct hf_name *name, unsigned least, uint64_t now_ns,
    struct cp_ranges_zone *out)
{
	struct hf_name at = *name;
	bool found = false;

	for (unsigned i = 0; i + least <= name->label_cnt && !found; i++) {
		uint64_t hash;
		struct shard *s = shard_lock(r, &at, &hash);
		const struct zone *z = *zone_at(s, hash, &at);

		found = z != NULL && z->cnt > 0;
		if (found) {
			*out = z->how;
			out->has_soa = z->soa != NULL && !is_over(z->soa, now_ns);
		}
		pthread_mutex_unlock(&s->lock);
		hf_name_strip(&at, 1, &at);
	}
	return found;
}

const struct hf_rrset *
cp_ranges_soa(
    struct cp_ranges *r, const struct hf_name *zone, uint64_t now_ns, struct hf_arena *arena)
{
	const struct hf_rrset *set = NULL;
	uint64_t hash;
	struct shard *s = shard_lock(r, zone, &hash);
	struct zone *z = zone_find(s, hash, zone);

	if (z != NULL && z->soa != NULL)
		set = range_out(z, z->soa, now_ns, arena);
	pthread_mutex_unlock(&s->lock);
	return set;
}

/* The range at or next before at; of hashes the last one comes before the first. */
static const struct hf_rrset *
zone_search(struct shard *s, struct zone *z, const struct cp_ranges_at *at, struct hf_arena *arena)
{
	unsigned upto = order_upto(z, at);

	if (upto == 0 && z->how.chain == CP_CHAIN_NSEC3)
		upto = z->cnt;
	if (upto == 0)
		return NULL;
	struct range *g = z->order[upto - 1];

	if (is_over(g, at->now_ns)) {
		range_remove(s, z, upto - 1);
		return NULL;
	}
	use_unlink(z, g);
	use_link(z, g);
	return range_out(z, g, at->now_ns, arena);
}

const struct hf_rrset *
cp_ranges_find(struct cp_ranges *r, const struct cp_ranges_at *at, struct hf_arena *arena)
{
	enum cp_chain chain = at->hash != NULL ? CP_CHAIN_NSEC3 : CP_CHAIN_NSEC;
	const struct hf_rrset *set = NULL;
	uint64_t hash;
	struct shard *s = shard_lock(r, at->zone, &hash);
	struct zone *z = zone_find(s, hash, at->zone);

	if (z != NULL && z->how.chain == chain)
		set = zone_search(s, z, at, arena);
	pthread_mutex_unlock(&s->lock);
	return set;
}

void
cp_ranges_hit(struct cp_ranges *r, const struct hf_name *zone)
{
	uint64_t hash;
	struct shard *s = shard_lock(r, zone, &hash);
	struct zone *z = zone_find(s, hash, zone);

	if (z != NULL && z->hits < CP_RANGES_ZONE_MAX)
		z->hits++;
	pthread_mutex_unlock(&s->lock);
}

void
cp_ranges_size(struct cp_ranges *r, uint64_t *entries, uint64_t *octets)
{
	*entries = *octets = 0;
	for (unsigned i = 0; i < CP_RANGES_SHARDS; i++) {
		pthread_mutex_lock(&r->shards[i].lock);
		*entries += r->shards[i].entries;
		*octets += r->shards[i].octets;
		pthread_mutex_unlock(&r->shards[i].lock);
	}
}

/* --- all of it */

struct cp_ranges *
cp_ranges_create(
    const struct hf_siphash_key *key, const struct cp_suffixes *suffixes, size_t octets_max)
{
	struct cp_ranges *r = aligned_alloc(64, sizeof(*r));

	if (r == NULL)
		return NULL;
	memset(r, 0, sizeof(*r));
	r->key = *key;
	r->suffixes = suffixes;
	r->share = cp_share_create(octets_max, octets_max / 100 * CP_RANGES_SHARE_PERCENT);
	if (r->share == NULL) {
		free(r);
		return NULL;
	}
	r->shard_max = octets_max / CP_RANGES_SHARDS;
	for (unsigned i = 0; i < CP_RANGES_SHARDS; i++) {
		r->shards[i].share = r->share;
		pthread_mutex_init(&r->shards[i].lock, NULL);
	}
	return r;
}

void
cp_ranges_destroy(struct cp_ranges *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < CP_RANGES_SHARDS; i++) {
		struct shard *s = &r->shards[i];

		while (s->oldest != NULL)
			zone_free(r, s, s->oldest);
		pthread_mutex_destroy(&s->lock);
	}
	cp_share_destroy(r->share);
	free(r);
}
