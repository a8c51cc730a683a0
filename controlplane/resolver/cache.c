/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/cache.h"

#include "controlplane/resolver/pack.h"
#include "lib/base/ns.h"

enum {
	/* What holds of a name whatever the type: it does not exist (RFC 2308 5), or is an alias
	 * (RFC 2181 10.1). In one place, since a look-up that finds nothing has to look there too.
	 */
	TYPE_NAME = 0,
	TYPE_CUT = HF_TYPE_NS,
	TYPE_STATE = HF_TYPE_DNSKEY,
	TYPE_STATE_BOGUS = 0, /* beside what was good before */
	AGEING_SHARE = 8,     /* a core asks in the last tenth of the life of what it was given */
};
#define AGEING_NS (2 * HF_NS_PER_S) /* and life is rounded to seconds on the way there */

/* Each look into the table stands between look and looked: what is found is copied out. */
static void
look(struct cp_resolver *r)
{
	cp_table_enter(r->table, r->reader);
}

static void
looked(struct cp_resolver *r)
{
	cp_table_leave(r->table, r->reader);
}

static bool
fresh(struct cp_resolver *r, const struct cp_key *key, struct cp_block *b)
{
	return cp_table_find(r->table, key, r->now.mono_ns, b) && r->now.mono_ns < b->expires_ns;
}

/* Of no policy: it stays true whatever operators change. */
static struct cp_item
item_of(const struct cp_resolver *r, const struct cp_key *key, size_t len, uint32_t ttl_s)
{
	return (struct cp_item){
	    .key = *key,
	    .now_ns = r->now.mono_ns,
	    .ttl_s = ttl_s,
	    .len = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX, /* too large in any case */
	};
}

static void
publish(struct cp_resolver *r, struct cp_entry *e)
{
	switch (cp_table_publish(r->table, e)) {
	case CP_PUT_KEPT:
		break;
	case CP_PUT_SHARE:
		CP_COUNT(r, cache_share);
		break;
	case CP_PUT_BUSY:
		CP_COUNT(r, cache_busy);
		break;
	}
}

/* A copy of the block's outcome, its TTLs counted down. */
static struct cp_outcome *
outcome_out(struct cp_task *t, const struct cp_key *key, const struct cp_block *b)
{
	const struct cp_pack_as as = {key->name, key->type, b->ttl_s};
	uint64_t age_ns = t->job->r->now.mono_ns - b->put_ns;
	struct cp_outcome *o = cp_unpack_outcome(&t->job->arena, &as, b->data, b->len);

	if (o == NULL)
		return NULL;
	o->got_ns = b->put_ns;
	o->until_ns = b->expires_ns;
	/* Another thread's clock may be a little ahead of this question's. */
	if ((int64_t)age_ns > 0)
		cp_outcome_age(o, (uint32_t)(age_ns / HF_NS_PER_S), UINT32_MAX);
	return o;
}

/* Records that are there and still good come from a better source (RFC 2181 5.4.1). */
static bool
is_outranked(struct cp_resolver *r, const struct cp_key *key, const struct cp_outcome *o)
{
	bool ranked = key->class == CP_CLASS_RAW || key->class == CP_CLASS_ANSWER;
	struct cp_block b;

	look(r);
	bool better = ranked && fresh(r, key, &b) && cp_packed_credit(b.data, b.len) > o->credit;

	looked(r);
	return better;
}

/* The state of a zone that was judged by a trust anchor, not by a DS. */
static bool
is_anchored(const struct cp_resolver *r, const struct cp_key *key)
{
	return key->class == CP_CLASS_STATE && cp_core_anchor(r, key->name, 0) != NULL;
}

static void
outcome_in(struct cp_task *t, const struct cp_key *key, const struct cp_outcome *o, uint32_t ttl_s)
{
	struct cp_resolver *r = t->job->r;
	bool bogus = o->verdict == HF_VERDICT_BOGUS;
	bool judged = key->class == CP_CLASS_ANSWER && !bogus;
	uint8_t *data;

	ttl_s = ttl_s < CP_TABLE_TTL_MAX ? ttl_s : CP_TABLE_TTL_MAX;
	/* The keys of a zone are kept whoever told of them: they were proven. */
	if (ttl_s == 0 || is_outranked(r, key, o) ||
	    (key->class != CP_CLASS_STATE && !cp_route_keeps(r->routes, key->view)))
		return;
	const struct cp_pack_as as = {key->name, key->type, ttl_s};
	struct cp_item item = item_of(r, key, cp_pack_outcome(o, &as, judged, NULL), ttl_s);

	if (bogus || is_anchored(r, key))
		item.policy_gen = cp_policy_generation(r->policy);
	struct cp_entry *e = cp_table_prepare(r->table, &item, &data);

	if (e == NULL)
		return;
	(void)cp_pack_outcome(o, &as, judged, data);
	publish(r, e);
}

/* For a job that refreshes: what expires soon is what it is to fetch. */
static bool
lasts(const struct cp_task *t, const struct cp_key *key, const struct cp_block *b)
{
	uint64_t life_ns = b->expires_ns - b->put_ns;
	uint64_t left_ns = b->expires_ns - t->job->r->now.mono_ns;

	if (t->job->fresh && hf_name_equal(key->name, &t->job->name))
		return false;
	return !t->job->refresh || key->class != CP_CLASS_ANSWER ||
	    left_ns > life_ns / AGEING_SHARE + AGEING_NS;
}

/* A fresh outcome under key, or NULL. */
static struct cp_outcome *
outcome_find(struct cp_task *t, const struct cp_key *key, uint64_t *policy_gen)
{
	struct cp_resolver *r = t->job->r;
	struct cp_outcome *o = NULL;
	struct cp_block b;

	look(r);
	if (fresh(r, key, &b) && lasts(t, key, &b)) {
		o = outcome_out(t, key, &b);
		*policy_gen = b.policy_gen;
	}
	looked(r);
	return o;
}

/* BOGUS data was let pass by an NTA: only under the same policy, and still covered. */
static bool
may_use(const struct cp_task *t, const struct cp_outcome *o, uint64_t policy_gen)
{
	const struct cp_policy *p = t->job->r->policy;

	if (o->verdict != HF_VERDICT_BOGUS)
		return true;
	return policy_gen == cp_policy_generation(p) && cp_policy_covers(p, &t->name, NULL);
}

static struct cp_outcome *
answer_at(struct cp_task *t, const struct hf_name *name)
{
	const uint16_t types[] = {t->type, TYPE_NAME};

	for (unsigned i = 0; i < 2; i++) {
		struct cp_key key = {name, types[i], CP_CLASS_ANSWER, t->view};
		uint64_t policy_gen;
		struct cp_outcome *o = outcome_find(t, &key, &policy_gen);

		if (o == NULL || !may_use(t, o, policy_gen))
			continue;
		/* A DS is the parent's, an alias at the name is not (RFC 4035 2.4). */
		if (i == 1 && t->type == HF_TYPE_DS && o->kind != CP_KIND_NXDOMAIN)
			continue;
		/* An alias is part of what ANY asks for, and does not lead on. */
		if (i == 1 && t->type == HF_TYPE_ANY && o->kind != CP_KIND_NXDOMAIN)
			continue;
		/* The CNAME itself was asked for then, and is an alias on the way now. */
		if (i == 1 && o->kind == CP_KIND_ANSWER && t->type != HF_TYPE_CNAME) {
			o->kind = CP_KIND_CNAME;
			if (hf_name_from_octets(
				o->answer[0]->rr[0].data, o->answer[0]->rr[0].len, &o->target) != 0)
				continue;
		}
		return o;
	}
	return NULL;
}

struct cp_outcome *
cp_cache_answer(struct cp_task *t)
{
	return answer_at(t, &t->name);
}

struct cp_outcome *
cp_cache_wildcard(struct cp_task *t, const struct hf_name *wildcard)
{
	struct cp_outcome *o = answer_at(t, wildcard);
	/* A name spelled like a wildcard may itself have been made from one further up. */
	bool positive = o != NULL && !o->why.wildcard &&
	    (o->kind == CP_KIND_ANSWER || o->kind == CP_KIND_CNAME);

	return positive && o->verdict == HF_VERDICT_SECURE ? o : NULL;
}

struct cp_outcome *
cp_cache_nxdomain(struct cp_task *t, const struct hf_name *name)
{
	struct cp_key key = {name, TYPE_NAME, CP_CLASS_ANSWER, t->view};
	uint64_t policy_gen;
	struct cp_outcome *o = outcome_find(t, &key, &policy_gen);
	bool gone = o != NULL && o->kind == CP_KIND_NXDOMAIN;

	return gone && o->verdict == HF_VERDICT_SECURE ? o : NULL;
}

static void
answer_in(struct cp_task *t, const struct hf_name *name, const struct cp_outcome *o)
{
	const struct cp_resolver_limits *l = &t->job->r->limits;
	bool negative = o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN;
	uint32_t cap = negative ? l->ttl_neg_max_s : l->ttl_max_s;
	uint32_t ttl = cp_outcome_ttl(o);
	struct cp_key key = {name, t->type, CP_CLASS_ANSWER, t->view};

	/* What was proven says itself how long; the rest may be kept longer than it says. */
	if (o->verdict == HF_VERDICT_INSECURE && ttl < l->ttl_min_s)
		ttl = l->ttl_min_s;
	if (o->kind == CP_KIND_NXDOMAIN || o->kind == CP_KIND_CNAME ||
	    (o->kind == CP_KIND_ANSWER && t->type == HF_TYPE_CNAME))
		key.type = TYPE_NAME;
	outcome_in(t, &key, o, ttl < cap ? ttl : cap);
}

void
cp_cache_put_answer(struct cp_task *t, const struct cp_outcome *o)
{
	answer_in(t, &t->name, o);
}

void
cp_cache_put_wildcard(struct cp_task *t, const struct cp_outcome *o)
{
	answer_in(t, &o->answer[0]->owner, o);
}

static struct cp_key
raw_key(const struct cp_task *t, const struct hf_name *name, uint16_t type)
{
	uint16_t view = cp_route_view(t->job->r->routes, name, type);

	return (struct cp_key){name, type, CP_CLASS_RAW, view};
}

struct cp_outcome *
cp_cache_raw(struct cp_task *t, const struct hf_name *name, uint16_t type)
{
	struct cp_key key = raw_key(t, name, type);
	uint64_t policy_gen;

	return outcome_find(t, &key, &policy_gen);
}

void
cp_cache_put_raw(
    struct cp_task *t, const struct hf_name *name, uint16_t type, const struct cp_outcome *o)
{
	struct cp_key key = raw_key(t, name, type);
	uint32_t cap = t->job->r->limits.ttl_neg_max_s;
	uint32_t ttl = UINT32_MAX;

	/* A referral's proof has no SOA: its own TTL is what counts. */
	for (unsigned i = 0; i < o->answer_cnt; i++)
		ttl = o->answer[i]->ttl < ttl ? o->answer[i]->ttl : ttl;
	for (unsigned i = 0; i < o->proof_cnt; i++)
		ttl = o->proof[i]->ttl < ttl ? o->proof[i]->ttl : ttl;
	if (o->answer_cnt + o->proof_cnt > 0)
		outcome_in(t, &key, o, ttl < cap ? ttl : cap);
}

void
cp_cache_drop_raw(struct cp_task *t, const struct hf_name *name, uint16_t type)
{
	struct cp_key key = raw_key(t, name, type);

	cp_table_remove(t->job->r->table, &key);
}

/* Delegated by an operator's zone, which is always there. */
static bool
is_routed(const struct cp_resolver *r, const struct hf_name *parent, uint16_t view)
{
	const struct cp_route *route = cp_route_find(r->routes, parent);

	return view != CP_VIEW_PUBLIC && route != NULL && hf_name_equal(&route->zone, parent);
}

/* The closest delegation at or above name: its zone and octets. */
static bool
cut_above(struct cp_resolver *r, const struct hf_name *name, uint16_t view, struct hf_name *zone,
    struct cp_block *b)
{
	*zone = *name;
	for (unsigned i = 0; i <= name->label_cnt; i++) {
		struct cp_key key = {zone, TYPE_CUT, CP_CLASS_CUT, view};

		if (fresh(r, &key, b))
			return true;
		hf_name_strip(zone, 1, zone);
	}
	return false;
}

/* The closest at or above name that the delegations lead to unbroken from the top: no deeper
 * one may be used while one above it has run out, for that is the one that may have been
 * taken away (ghost domains: Jiang et al. 2012, Li et al. 2023). */
static bool
cut_unbroken(struct cp_resolver *r, const struct hf_name *name, uint16_t view, struct hf_name *zone,
    struct cp_block *b)
{
	bool found = cut_above(r, name, view, zone, b);
	struct hf_name at = *zone, parent;
	struct cp_block up = *b;

	for (unsigned i = 0; found && i < HF_LABEL_CNT_MAX && at.label_cnt > 0; i++) {
		if (!cp_packed_parent(&at, up.data, up.len, &parent) || is_routed(r, &parent, view))
			break;
		struct cp_key key = {&parent, TYPE_CUT, CP_CLASS_CUT, view};

		if (parent.label_cnt ==
		    0) /* nobody takes the root away: it is primed, not delegated */
			break;
		at = parent;
		if (fresh(r, &key, &up))
			continue;
		found = cut_above(r, &parent, view, zone, b);
		at = *zone;
		up = *b;
	}
	return found;
}

struct cp_delegation *
cp_cache_cut(struct cp_task *t, const struct hf_name *name, uint16_t view)
{
	struct cp_resolver *r = t->job->r;
	struct cp_delegation *d = NULL;
	struct cp_block b = {0};
	struct hf_name zone;

	look(r);
	if (cut_unbroken(r, name, view, &zone, &b))
		d = cp_unpack_delegation(&t->job->arena, &zone, b.data, b.len);
	looked(r);
	return d;
}

struct cp_delegation *
cp_resolver_delegation(struct cp_resolver *r, const struct hf_name *zone, struct hf_arena *arena)
{
	uint16_t view = cp_route_view(r->routes, zone, 0);
	struct cp_delegation *d = NULL;
	struct cp_block b = {0};
	struct hf_name found;

	look(r);
	if (cut_unbroken(r, zone, view, &found, &b) && hf_name_equal(&found, zone))
		d = cp_unpack_delegation(arena, &found, b.data, b.len);
	looked(r);
	return d;
}

bool
cp_cache_has(struct cp_task *t, const struct hf_name *name, uint16_t type)
{
	struct cp_resolver *r = t->job->r;
	struct cp_key raw = raw_key(t, name, type);
	struct cp_key judged = {name, type, CP_CLASS_ANSWER, raw.view};
	struct cp_block b;

	look(r);
	bool has = fresh(r, &raw, &b) || fresh(r, &judged, &b);

	looked(r);
	return has;
}

void
cp_cache_put_cut(struct cp_task *t, const struct cp_delegation *d)
{
	struct cp_resolver *r = t->job->r;
	struct cp_key key = {&d->zone, TYPE_CUT, CP_CLASS_CUT, t->lookup.view};
	uint32_t ttl = d->ttl_s < r->limits.ttl_max_s ? d->ttl_s : r->limits.ttl_max_s;
	uint8_t *data;
	struct cp_item item = item_of(r, &key, cp_pack_delegation(d, NULL), ttl == 0 ? 1 : ttl);
	struct cp_entry *e = cp_table_prepare(r->table, &item, &data);

	if (e == NULL)
		return;
	(void)cp_pack_delegation(d, data);
	publish(r, e);
}

static struct cp_outcome *
bogus_state(struct cp_task *t)
{
	struct cp_key key = {&t->name, TYPE_STATE_BOGUS, CP_CLASS_STATE, t->view};
	uint64_t policy_gen;
	struct cp_outcome *o = outcome_find(t, &key, &policy_gen);

	return o != NULL && policy_gen == cp_policy_generation(t->job->r->policy) ? o : NULL;
}

void
cp_cache_put_referral(struct cp_task *t, const struct cp_delegation *d, const struct cp_outcome *ds)
{
	if (t->job->past || t->lookup.past)
		return;
	cp_cache_put_cut(t, d);
	if (ds != NULL)
		cp_cache_put_raw(t, &d->zone, HF_TYPE_DS, ds);
}

struct cp_outcome *
cp_cache_state(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_key key = {&t->name, TYPE_STATE, CP_CLASS_STATE, t->view};
	uint64_t policy_gen;
	struct cp_outcome *o = outcome_find(t, &key, &policy_gen);

	if (o == NULL)
		return bogus_state(t);
	/* Judged by anchors that may since have come or gone. */
	if (is_anchored(r, &key) && policy_gen < cp_trust_since(r->trust))
		return NULL;
	return o;
}

void
cp_cache_put_state(struct cp_task *t, const struct cp_outcome *o, uint32_t ttl_s)
{
	bool bogus = o->verdict == HF_VERDICT_BOGUS;
	struct cp_key key = {
	    &t->name, bogus ? TYPE_STATE_BOGUS : TYPE_STATE, CP_CLASS_STATE, t->view};
	uint32_t cap = t->job->r->limits.ttl_max_s;

	outcome_in(t, &key, o, ttl_s < cap ? ttl_s : cap);
}

/* Fresh, or expired no longer ago than that. */
static bool
past(struct cp_resolver *r, const struct cp_key *key, uint32_t max_s, struct cp_block *b)
{
	return cp_table_find(r->table, key, r->now.mono_ns, b) &&
	    r->now.mono_ns < b->expires_ns + max_s * HF_NS_PER_S;
}

static struct cp_outcome *
past_outcome(struct cp_task *t, const struct cp_key *key, uint32_t max_s)
{
	struct cp_resolver *r = t->job->r;
	struct cp_outcome *o = NULL;
	struct cp_block b;

	look(r);
	if (past(r, key, max_s, &b))
		o = outcome_out(t, key, &b);
	looked(r);
	return o;
}

struct cp_outcome *
cp_cache_past_state(struct cp_task *t, uint32_t max_s)
{
	struct cp_key key = {&t->name, TYPE_STATE, CP_CLASS_STATE, t->view};

	return is_anchored(t->job->r, &key) ? NULL : past_outcome(t, &key, max_s);
}

struct cp_outcome *
cp_cache_past_ds(struct cp_task *t, uint32_t max_s)
{
	struct cp_key key = {&t->name, HF_TYPE_DS, CP_CLASS_ANSWER, t->view};
	struct cp_outcome *o = past_outcome(t, &key, max_s);

	return o != NULL && o->kind == CP_KIND_ANSWER && o->verdict == HF_VERDICT_SECURE ? o : NULL;
}

struct cp_delegation *
cp_cache_past_cut(struct cp_task *t, const struct hf_name *from, unsigned above, uint32_t max_s)
{
	struct cp_resolver *r = t->job->r;
	struct cp_delegation *d = NULL;
	struct hf_name zone = *from;
	struct cp_block b;

	look(r);
	for (; d == NULL && zone.label_cnt > above; hf_name_strip(&zone, 1, &zone)) {
		struct cp_key key = {&zone, TYPE_CUT, CP_CLASS_CUT, t->lookup.view};

		if (past(r, &key, max_s, &b))
			d = cp_unpack_delegation(&t->job->arena, &zone, b.data, b.len);
	}
	looked(r);
	return d;
}

static struct cp_key
failure_key(const struct cp_job *job)
{
	return (struct cp_key){
	    &job->name, job->type, job->cd ? CP_CLASS_FAIL_CD : CP_CLASS_FAIL, CP_VIEW_PUBLIC};
}

const struct cp_failure *
cp_cache_failure(struct cp_resolver *r, struct cp_job *job, uint32_t *left_s)
{
	struct cp_key key = failure_key(job);
	struct cp_failure *f = NULL;
	struct cp_block b;

	look(r);
	if (fresh(r, &key, &b) && b.policy_gen == cp_policy_generation(r->policy)) {
		*left_s =
		    (uint32_t)((b.expires_ns - r->now.mono_ns + HF_NS_PER_S - 1) / HF_NS_PER_S);
		f = cp_unpack_failure(&job->arena, key.name, b.data, b.len);
	}
	looked(r);
	return f;
}

/* How long the next failure is kept: twice as long as the last (RFC 9520 3.2). */
static uint32_t
backoff_next(struct cp_resolver *r, struct cp_job *job, const struct cp_key *key)
{
	const struct cp_resolver_limits *l = &r->limits;
	uint32_t backoff = l->ttl_fail_min_s;
	const struct cp_failure *before;
	struct cp_block b;

	look(r);
	if (cp_table_find(r->table, key, r->now.mono_ns, &b) &&
	    b.policy_gen == cp_policy_generation(r->policy) &&
	    r->now.mono_ns < b.expires_ns + l->ttl_fail_max_s * HF_NS_PER_S) {
		before = cp_unpack_failure(&job->arena, key->name, b.data, b.len);
		if (before != NULL)
			backoff = before->backoff_s * 2;
	}
	looked(r);
	return backoff < l->ttl_fail_max_s ? backoff : l->ttl_fail_max_s;
}

uint32_t
cp_cache_put_failure(struct cp_resolver *r, struct cp_job *job, struct cp_failure *f)
{
	struct cp_key key = failure_key(job);
	uint8_t *data;

	f->backoff_s = backoff_next(r, job, &key);
	struct cp_item item = item_of(r, &key, cp_pack_failure(f, key.name, NULL), f->backoff_s);

	item.policy_gen = cp_policy_generation(r->policy);
	struct cp_entry *e = cp_table_prepare(r->table, &item, &data);

	if (e != NULL) {
		(void)cp_pack_failure(f, key.name, data);
		publish(r, e);
	}
	return f->backoff_s;
}

void
cp_cache_drop_failure(struct cp_resolver *r, const struct cp_job *job)
{
	struct cp_key key = failure_key(job);

	cp_table_remove(r->table, &key);
}
