/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/caches.h"

#include <stdlib.h>

#include "controlplane/resolver/flight.h"
#include "controlplane/resolver/pack.h"
#include "lib/base/ns.h"

enum {
	SHOW_OCTETS_MAX = 1024 * 1024, /* of unpacked records, one entry at a time */
	RANGES_SHARE = 8,              /* of octets_max, one in so many, on top */
	SERVERS_SHARE = 8,             /* the same */
	RANGES_MIN = 512 * 1024,
};

/* The proofs of others' questions (ranges.h) get a part of what the cache gets. */
static size_t
ranges_octets(size_t octets_max)
{
	size_t octets = octets_max / RANGES_SHARE;

	return octets > RANGES_MIN ? octets : RANGES_MIN;
}

struct cp_caches *
cp_caches_create(const struct cp_table_config *cfg)
{
	struct cp_caches *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	pthread_mutex_init(&c->root_lock, NULL);
	c->table = cp_table_create(cfg);
	c->ranges = cp_ranges_create(&cfg->key, cfg->suffixes, ranges_octets(cfg->octets_max));
	c->troubles = cp_troubles_create(&cfg->key);
	c->servers = cp_servers_create(&cfg->key, cfg->octets_max / SERVERS_SHARE);
	c->claims = cp_flight_claims();
	if (c->table == NULL || c->ranges == NULL || c->troubles == NULL || c->servers == NULL ||
	    c->claims == NULL) {
		cp_caches_destroy(c);
		return NULL;
	}
	return c;
}

void
cp_caches_destroy(struct cp_caches *c)
{
	if (c == NULL)
		return;
	cp_table_destroy(c->table);
	cp_ranges_destroy(c->ranges);
	cp_troubles_destroy(c->troubles);
	cp_servers_destroy(c->servers);
	cp_facts_destroy(c->claims);
	cp_rootcopy_put(c->root);
	pthread_mutex_destroy(&c->root_lock);
	free(c);
}

void
cp_caches_set_root(struct cp_caches *c, struct cp_rootcopy *root, uint64_t now_ns)
{
	struct cp_root_soa soa = {0};
	struct cp_rootcopy *old;

	if (root != NULL) {
		cp_rootcopy_get(root);
		cp_rootcopy_soa(root, &soa);
	}
	pthread_mutex_lock(&c->root_lock);
	old = c->root;
	c->root = root;
	c->root_until_ns = now_ns + soa.expire_s * HF_NS_PER_S;
	pthread_mutex_unlock(&c->root_lock);
	cp_rootcopy_put(old);
}

struct cp_rootcopy *
cp_caches_root(struct cp_caches *c, uint64_t now_ns)
{
	struct cp_rootcopy *root;

	/* Held for a count: questions come here only when no TLD is known. */
	pthread_mutex_lock(&c->root_lock);
	root = now_ns < c->root_until_ns ? c->root : NULL;
	if (root != NULL)
		cp_rootcopy_get(root);
	pthread_mutex_unlock(&c->root_lock);
	return root;
}

/* --- looking inside */

struct show {
	uint64_t now_ns;
	const struct hf_name *name;
	uint16_t type;
	cp_cache_fn fn;
	void *arg;
};

static void
show_outcome(const struct show *s, const struct cp_outcome *o, uint32_t left_s)
{
	for (unsigned i = 0; i < o->answer_cnt; i++)
		s->fn(s->arg, o->answer[i], o->verdict, left_s, false);
	for (unsigned i = 0; i < o->proof_cnt; i++)
		s->fn(s->arg, o->proof[i], o->verdict, left_s, o->answer_cnt == 0);
}

static void
show_one(void *arg, const struct cp_key *key, const struct cp_block *b)
{
	const struct show *s = arg;
	bool any = s->type == HF_TYPE_ANY || key->type == 0; /* 0: of every type */
	struct hf_arena arena;

	if (key->class != CP_CLASS_ANSWER || b->expires_ns <= s->now_ns ||
	    !(any || key->type == s->type) || !hf_name_equal(key->name, s->name))
		return;
	hf_arena_init(&arena, SHOW_OCTETS_MAX);
	const struct cp_pack_as as = {key->name, key->type, b->ttl_s};
	const struct cp_outcome *o = cp_unpack_outcome(&arena, &as, b->data, b->len);

	if (o != NULL)
		show_outcome(s, o, (uint32_t)((b->expires_ns - s->now_ns) / HF_NS_PER_S));
	hf_arena_fini(&arena);
}

void
cp_caches_show(struct cp_caches *c, const struct cp_time *now, const struct hf_name *name,
    uint16_t type, cp_cache_fn fn, void *arg)
{
	struct show s = {now->mono_ns, name, type, fn, arg};

	cp_table_each(c->table, show_one, &s);
}

struct survey {
	uint64_t now_ns;
	const struct cp_policy *policy;
	const struct hf_name *zone;
	struct cp_caches_survey *out;
};

/* Judged as cache.c does at each use. */
static void
survey_one(void *arg, const struct cp_key *key, const struct cp_block *b)
{
	const struct survey *s = arg;

	if (b->expires_ns <= s->now_ns || b->policy_gen != cp_policy_generation(s->policy) ||
	    !hf_name_in(key->name, s->zone))
		return;
	switch (key->class) {
	case CP_CLASS_FAIL:
	case CP_CLASS_LOST:
	case CP_CLASS_LOST_RAW:
		s->out->failures++;
		break;
	case CP_CLASS_ANSWER:
		s->out->open += cp_policy_covers(s->policy, key->name, NULL);
		break;
	default:
		break;
	}
}

void
cp_caches_survey(struct cp_caches *c, const struct cp_time *now, const struct cp_policy *p,
    const struct hf_name *zone, struct cp_caches_survey *out)
{
	struct survey s = {now->mono_ns, p, zone, out};

	*out = (struct cp_caches_survey){0};
	cp_table_each(c->table, survey_one, &s);
}
