/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/cache.h"

#include <string.h>

#include "lib/base/ns.h"

enum {
	TYPE_NXDOMAIN = 0, /* a name that does not exist has no type (RFC 2308 5) */
	TYPE_CUT = HF_TYPE_NS,
	TYPE_STATE = HF_TYPE_DNSKEY,
};

static struct cp_block *
fresh(struct cp_resolver *r, const struct cp_key *key)
{
	struct cp_block *b = cp_table_find(r->table, key);

	return b != NULL && r->now.mono_ns < b->expires_ns ? b : NULL;
}

static struct cp_block *
put(struct cp_resolver *r, const struct cp_key *key, size_t len, uint32_t ttl_s)
{
	struct cp_block *b = cp_table_put(r->table, key, len);

	if (b == NULL)
		return NULL;
	b->put_ns = r->now.mono_ns;
	b->expires_ns = r->now.mono_ns + ttl_s * HF_NS_PER_S;
	b->policy_gen = cp_policy_generation(r->policy);
	return b;
}

/* A copy of the block's outcome, its TTLs counted down. */
static struct cp_outcome *
outcome_out(struct cp_task *t, const struct cp_block *b)
{
	const struct cp_outcome *o = b->data;
	uint64_t age_ns = t->job->r->now.mono_ns - b->put_ns;
	void *mem = hf_arena_alloc(&t->job->arena, b->len);

	if (mem == NULL)
		return NULL;
	struct cp_outcome *copy = cp_outcome_copy(mem, o);

	cp_outcome_age(copy, (uint32_t)(age_ns / HF_NS_PER_S), UINT32_MAX);
	return copy;
}

static void
outcome_in(struct cp_task *t, const struct cp_key *key, const struct cp_outcome *o, uint32_t ttl_s)
{
	size_t len = cp_outcome_size(o);
	struct cp_block *b;

	if (ttl_s == 0 || len > UINT32_MAX)
		return;
	b = put(t->job->r, key, len, ttl_s);
	if (b != NULL)
		cp_outcome_copy(b->data, o);
}

/* BOGUS data was let pass by an NTA: only under the same policy, and still covered. */
static bool
may_use(const struct cp_task *t, const struct cp_block *b)
{
	const struct cp_outcome *o = b->data;
	const struct cp_policy *p = t->job->r->policy;

	if (o->verdict != HF_VERDICT_BOGUS)
		return true;
	return b->policy_gen == cp_policy_generation(p) && cp_policy_covers(p, &t->name, NULL);
}

static struct cp_outcome *
answer_at(struct cp_task *t, const struct hf_name *name)
{
	struct cp_resolver *r = t->job->r;
	const uint16_t types[] = {t->type, HF_TYPE_CNAME, TYPE_NXDOMAIN};

	for (unsigned i = 0; i < 3; i++) {
		struct cp_key key = {name, types[i], CP_CLASS_ANSWER, t->view};
		struct cp_block *b = fresh(r, &key);

		if (b == NULL || !may_use(t, b))
			continue;
		const struct cp_outcome *o = b->data;

		/* "No CNAME here" says nothing of other types. */
		if (i == 1 && o->kind != CP_KIND_ANSWER && o->kind != CP_KIND_CNAME)
			continue;
		struct cp_outcome *copy = outcome_out(t, b);

		if (copy != NULL && i == 1 && t->type != HF_TYPE_CNAME) {
			copy->kind = CP_KIND_CNAME;
			if (hf_name_from_octets(copy->answer[0]->rr[0].data,
				copy->answer[0]->rr[0].len, &copy->target) != 0)
				continue;
		}
		return copy;
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
	bool positive = o != NULL && (o->kind == CP_KIND_ANSWER || o->kind == CP_KIND_CNAME);

	return positive && o->verdict == HF_VERDICT_SECURE ? o : NULL;
}

struct cp_outcome *
cp_cache_nxdomain(struct cp_task *t, const struct hf_name *name)
{
	struct cp_key key = {name, TYPE_NXDOMAIN, CP_CLASS_ANSWER, t->view};
	struct cp_block *b = fresh(t->job->r, &key);
	const struct cp_outcome *o = b != NULL ? b->data : NULL;

	return o != NULL && o->verdict == HF_VERDICT_SECURE ? outcome_out(t, b) : NULL;
}

static void
answer_in(struct cp_task *t, const struct hf_name *name, const struct cp_outcome *o)
{
	const struct cp_resolver_limits *l = &t->job->r->limits;
	bool negative = o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN;
	uint32_t cap = negative ? l->ttl_neg_max_s : l->ttl_max_s;
	uint32_t ttl = cp_outcome_ttl(o);
	struct cp_key key = {name, t->type, CP_CLASS_ANSWER, t->view};

	if (o->kind == CP_KIND_NXDOMAIN)
		key.type = TYPE_NXDOMAIN;
	if (o->kind == CP_KIND_CNAME)
		key.type = HF_TYPE_CNAME;
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
	struct cp_block *b = fresh(t->job->r, &key);

	return b == NULL ? NULL : outcome_out(t, b);
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

struct cp_delegation *
cp_cache_cut(struct cp_task *t, const struct hf_name *name, uint16_t view)
{
	struct hf_name at = *name;

	for (unsigned i = 0; i <= name->label_cnt; i++) {
		struct cp_key key = {&at, TYPE_CUT, CP_CLASS_CUT, view};
		struct cp_block *b = fresh(t->job->r, &key);

		if (b != NULL)
			return hf_arena_copy(&t->job->arena, b->data, b->len);
		hf_name_strip(&at, 1, &at);
	}
	return NULL;
}

void
cp_cache_put_cut(struct cp_task *t, const struct cp_delegation *d)
{
	struct cp_resolver *r = t->job->r;
	struct cp_key key = {&d->zone, TYPE_CUT, CP_CLASS_CUT, t->lookup.view};
	size_t len = cp_delegation_size(d->ns_cnt);
	uint32_t ttl = d->ttl_s < r->limits.ttl_max_s ? d->ttl_s : r->limits.ttl_max_s;
	struct cp_block *b = put(r, &key, len, ttl == 0 ? 1 : ttl);

	if (b != NULL)
		memcpy(b->data, d, len);
}

struct cp_outcome *
cp_cache_state(struct cp_task *t)
{
	struct cp_key key = {&t->name, TYPE_STATE, CP_CLASS_STATE, t->view};
	struct cp_block *b = fresh(t->job->r, &key);

	if (b == NULL)
		return NULL;
	const struct cp_outcome *o = b->data;

	if (o->verdict == HF_VERDICT_BOGUS &&
	    b->policy_gen != cp_policy_generation(t->job->r->policy))
		return NULL;
	return outcome_out(t, b);
}

void
cp_cache_put_state(struct cp_task *t, const struct cp_outcome *o, uint32_t ttl_s)
{
	struct cp_key key = {&t->name, TYPE_STATE, CP_CLASS_STATE, t->view};
	uint32_t cap = t->job->r->limits.ttl_max_s;

	outcome_in(t, &key, o, ttl_s < cap ? ttl_s : cap);
}

static struct cp_key
failure_key(const struct cp_job *job)
{
	return (struct cp_key){
	    &job->name, job->type, job->cd ? CP_CLASS_FAIL_CD : CP_CLASS_FAIL, CP_VIEW_PUBLIC};
}

const struct cp_failure *
cp_cache_failure(struct cp_resolver *r, const struct cp_job *job, uint32_t *left_s)
{
	struct cp_key key = failure_key(job);
	struct cp_block *b = fresh(r, &key);

	if (b == NULL || b->policy_gen != cp_policy_generation(r->policy))
		return NULL;
	*left_s = (uint32_t)((b->expires_ns - r->now.mono_ns + HF_NS_PER_S - 1) / HF_NS_PER_S);
	return b->data;
}

uint32_t
cp_cache_put_failure(struct cp_resolver *r, const struct cp_job *job, const struct cp_failure *f)
{
	const struct cp_resolver_limits *l = &r->limits;
	struct cp_key key = failure_key(job);
	const struct cp_block *old = cp_table_find(r->table, &key);
	size_t len = sizeof(*f) + f->chain_cnt * sizeof(f->chain[0]);
	uint32_t backoff = l->ttl_fail_min_s;

	if (old != NULL && old->policy_gen == cp_policy_generation(r->policy) &&
	    r->now.mono_ns < old->expires_ns + l->ttl_fail_max_s * HF_NS_PER_S) {
		const struct cp_failure *before = old->data;

		backoff = before->backoff_s * 2;
	}
	if (backoff > l->ttl_fail_max_s)
		backoff = l->ttl_fail_max_s;
	struct cp_block *b = put(r, &key, len, backoff);

	if (b != NULL) {
		memcpy(b->data, f, len);
		((struct cp_failure *)b->data)->backoff_s = backoff;
	}
	return backoff;
}

void
cp_cache_drop_failure(struct cp_resolver *r, const struct cp_job *job)
{
	struct cp_key key = failure_key(job);

	cp_table_remove(r->table, &key);
}
