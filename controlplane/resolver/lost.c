/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/lost.h"

#include "controlplane/resolver/pack.h"
#include "lib/base/ns.h"

/* What the question itself asks for: its failure is kept as the question's. */
static bool
is_own(const struct cp_task *t)
{
	const struct cp_job *job = t->job;

	return !t->lookup.raw && t->type == job->type && hf_name_equal(&t->name, &job->name);
}

static struct cp_key
key_of(const struct cp_task *t)
{
	enum cp_class class = t->lookup.raw ? CP_CLASS_LOST_RAW : CP_CLASS_LOST;

	return (struct cp_key){&t->name, t->type, class, t->view};
}

/* A look into the table: the entry under key, of this policy, expired or not. */
static bool
entry_find(struct cp_resolver *r, const struct cp_key *key, struct cp_block *b)
{
	return cp_table_find(r->table, key, r->now.mono_ns, b) &&
	    b->policy_gen == cp_policy_generation(r->policy);
}

/* Bad records pass under CD or an NTA, but for nobody else. */
static bool
may_use(const struct cp_task *t, const struct cp_outcome *o)
{
	bool excused = t->job->cd || cp_policy_covers(t->job->r->policy, &t->name, NULL);

	return o->verdict != HF_VERDICT_BOGUS || !excused;
}

struct cp_outcome *
cp_lost_find(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_key key = key_of(t);
	const struct cp_pack_as as = {.name = key.name};
	struct cp_outcome *o = NULL;
	struct cp_block b;

	/* A probe is there to find out anew. */
	if (is_own(t) || t->job->cached || t->job->probing)
		return NULL;
	cp_table_enter(r->table, r->reader);
	if (entry_find(r, &key, &b) && r->now.mono_ns < b.expires_ns)
		o = cp_unpack_outcome(&t->job->arena, &as, b.data, b.len);
	cp_table_leave(r->table, r->reader);
	if (o == NULL || !may_use(t, o))
		return NULL;
	CP_COUNT(r, lost);
	return o;
}

static bool
is_failure(const struct cp_outcome *o)
{
	if (o->kind != CP_KIND_FAIL)
		return o->verdict == HF_VERDICT_BOGUS && o->own_fault &&
		    o->why.reason != VA_INTERNAL;
	return o->cause == CP_CAUSE_TIMEOUT || o->cause == CP_CAUSE_LAME ||
	    o->cause == CP_CAUSE_NETWORK;
}

/* For how long: 0 when the last failure is still believed, which this one was under way with. */
static uint32_t
backoff_s(struct cp_resolver *r, const struct cp_key *key)
{
	const struct cp_resolver_limits *l = &r->limits;
	uint64_t backoff = l->ttl_fail_min_s;
	struct cp_block b;

	cp_table_enter(r->table, r->reader);
	if (entry_find(r, key, &b) &&
	    r->now.mono_ns < b.expires_ns + l->ttl_fail_max_s * HF_NS_PER_S)
		backoff =
		    r->now.mono_ns < b.expires_ns ? 0 : (b.expires_ns - b.put_ns) / HF_NS_PER_S * 2;
	cp_table_leave(r->table, r->reader);
	return backoff < l->ttl_fail_max_s ? (uint32_t)backoff : l->ttl_fail_max_s;
}

void
cp_lost_keep(struct cp_task *t, const struct cp_outcome *o)
{
	struct cp_resolver *r = t->job->r;
	const struct cp_pack_as as = {.name = &t->name};
	struct cp_outcome bare = *o; /* the records say no more than the verdict does */
	struct cp_item item = {
	    .key = key_of(t),
	    .now_ns = r->now.mono_ns,
	    .policy_gen = cp_policy_generation(r->policy),
	};
	uint8_t *data;

	if (!is_failure(o) || is_own(t) || !may_use(t, o) || t->job->cause != CP_CAUSE_NONE ||
	    t->job->looped)
		return;
	if (bare.kind != CP_KIND_FAIL)
		bare.kind = CP_KIND_NODATA;
	bare.answer_cnt = bare.proof_cnt = bare.extra_cnt = 0;
	item.ttl_s = backoff_s(r, &item.key);
	item.len = (uint32_t)cp_pack_outcome(&bare, &as, false, NULL);
	struct cp_entry *e = item.ttl_s > 0 ? cp_table_prepare(r->table, &item, &data) : NULL;

	if (e == NULL)
		return;
	(void)cp_pack_outcome(&bare, &as, false, data);
	if (cp_table_publish(r->table, e) == CP_PUT_SHARE)
		CP_COUNT(r, cache_share);
}
