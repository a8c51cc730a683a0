/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/chain.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/fastfail.h"
#include "controlplane/resolver/lookup.h"
#include "controlplane/resolver/note.h"
#include "controlplane/resolver/past.h"
#include "controlplane/resolver/verify.h"
#include "lib/base/ns.h"

enum { BOGUS_TTL_S = 1 }; /* a bogus state is looked at again soon: trouble.h */

/* End with verdict for want of keys; why may be NULL. */
static bool
end(struct cp_task *t, enum hf_verdict verdict, const struct va_result *why,
    const struct hf_addr *blame)
{
	struct cp_outcome *o = cp_task_fail(t, CP_CAUSE_NONE);
	uint32_t ttl = verdict == HF_VERDICT_BOGUS ? BOGUS_TTL_S : t->state.ttl_s;

	o->kind = CP_KIND_NODATA;
	o->verdict = verdict;
	o->cut = t->name;
	if (why != NULL)
		o->why = *why;
	else
		o->why.reason = verdict == HF_VERDICT_BOGUS ? VA_KEYS_MISSING : VA_OK;
	if (o->why.type == 0)
		o->why.type = t->state.phase == CP_STATE_KEYS ? HF_TYPE_DNSKEY : HF_TYPE_DS;
	o->why.verdict = verdict;
	if (blame != NULL)
		o->blame = *blame;
	o->until_ns = t->job->r->now.mono_ns + ttl * HF_NS_PER_S;
	/* When a budget ended the search that says nothing about the zone. Nor do keys that were
	 * asked for before their time put an end to those that are known. */
	if (!t->job->past &&
	    (verdict != HF_VERDICT_BOGUS || (t->job->cause == CP_CAUSE_NONE && !t->job->fresh)))
		cp_cache_put_state(t, o, ttl);
	if (verdict == HF_VERDICT_INSECURE && !t->job->past)
		cp_fastfail_insecure(t);
	cp_task_done(t, o);
	return true;
}

/* What follows from another zone's state lasts no longer than that. */
static void
lasts_as(struct cp_task *t, const struct cp_outcome *state)
{
	uint64_t now_ns = t->job->r->now.mono_ns;
	uint64_t left_ns = state->until_ns > now_ns ? state->until_ns - now_ns : 0;

	if (left_ns / HF_NS_PER_S < t->state.ttl_s)
		t->state.ttl_s = (uint32_t)(left_ns / HF_NS_PER_S);
}

static bool
begin(struct cp_task *t)
{
	struct cp_state *s = &t->state;
	struct cp_resolver *r = t->job->r;
	struct cp_outcome *o = cp_cache_state(t);
	struct hf_name anchor;

	s->ttl_s = r->limits.ttl_neg_max_s;
	if (o != NULL) {
		/* Another thread may have begun the trouble while this was found out. */
		if (o->verdict == HF_VERDICT_INSECURE)
			cp_fastfail_insecure(t);
		cp_task_done(t, o);
		return true;
	}
	if (!cp_core_anchor_above(r, &t->name, &anchor))
		return end(t, HF_VERDICT_INSECURE, NULL, NULL);
	s->phase = hf_name_equal(&anchor, &t->name) ? CP_STATE_KEYS : CP_STATE_PARENT;
	return true;
}

/* The parent is bogus, or nobody there answers: what was proven of this zone before. */
static bool
by_past(struct cp_task *t, unsigned trigger)
{
	const struct hf_rrset *ds;

	if (!cp_past_state(t, trigger, &ds))
		return false;
	t->state.ds = ds;
	t->state.phase = CP_STATE_KEYS;
	return ds != NULL || end(t, HF_VERDICT_INSECURE, NULL, NULL);
}

/* If the zone that delegated this one is not secure, neither is this one, and the DS need
 * not be asked for. Who delegated is a server's word, but that any ancestor is insecure is
 * proven. */
static bool
parent(struct cp_task *t)
{
	struct cp_state *s = &t->state;
	struct cp_delegation *d;
	struct hf_name anchor, up;

	hf_name_strip(&t->name, 1, &up);
	s->phase = CP_STATE_DS;
	d = cp_cache_cut(t, &up, cp_route_view(t->job->r->routes, &up, 0));
	if (d == NULL || !cp_core_anchor_above(t->job->r, &t->name, &anchor) ||
	    !hf_name_in(&d->zone, &anchor))
		return true;
	struct cp_want want = {CP_TASK_STATE, &d->zone, 0, false, false};
	const struct cp_outcome *o = cp_task_need(t, &want);

	if (o == NULL) {
		s->phase = CP_STATE_PARENT;
		return false;
	}
	if (o->kind == CP_KIND_FAIL || o->verdict == HF_VERDICT_SECURE)
		return true;
	if (o->verdict == HF_VERDICT_BOGUS && by_past(t, HF_STALE_BOGUS))
		return true;
	lasts_as(t, o);
	return end(t, o->verdict, &o->why, &o->blame);
}

static bool
ds_denied(struct cp_task *t, const struct cp_outcome *o)
{
	bool alias = o->kind == CP_KIND_CNAME || o->kind == CP_KIND_DNAME;
	uint32_t ttl = cp_outcome_proof_ttl(o);

	if (ttl < t->state.ttl_s)
		t->state.ttl_s = ttl;
	if (o->verdict == HF_VERDICT_INSECURE && o->ds == CP_DS_UNKNOWN)
		return end(t, HF_VERDICT_INSECURE, &o->why, NULL);
	if (o->ds == CP_DS_UNSIGNED)
		return end(t, HF_VERDICT_INSECURE, NULL, NULL);
	if (!alias && o->ds != CP_DS_NO_CUT)
		return end(t, HF_VERDICT_BOGUS, &o->why, &o->server);
	/* A name with an alias is no zone (RFC 1034 3.6.2). */
	t->state.above = o->cut;
	t->state.phase = CP_STATE_ABOVE;
	return true;
}

/* A delegation from a zone that an NTA holds: probes will want to know it (shadow.h). */
static void
meet(struct cp_task *t, const struct cp_outcome *o)
{
	struct hf_name above;
	struct cp_delegation *d;

	hf_name_strip(&t->name, 1, &above);
	const struct cp_rule *nta = cp_policy_nta(t->job->r->policy, &above);

	if (nta == NULL || nta->shadow == NULL || !hf_name_in(&nta->name, &o->cut))
		return;
	if (o->kind == CP_KIND_ANSWER) {
		cp_shadow_met(nta->shadow, &t->name, true);
	} else if (o->kind == CP_KIND_NODATA) { /* a zone, or just a name? */
		d = cp_cache_cut(t, &t->name, cp_route_view(t->job->r->routes, &t->name, 0));
		if (d != NULL && hf_name_equal(&d->zone, &t->name))
			cp_shadow_met(nta->shadow, &t->name, false);
	}
}

static bool
ds(struct cp_task *t)
{
	struct cp_want want = {CP_TASK_LOOKUP, &t->name, HF_TYPE_DS, false, false};
	const struct cp_outcome *o = cp_task_need(t, &want);

	if (o == NULL)
		return false;
	meet(t, o);
	if (o->kind == CP_KIND_FAIL || o->verdict == HF_VERDICT_BOGUS) {
		if (by_past(t, o->kind == CP_KIND_FAIL ? HF_STALE_TIMEOUT : HF_STALE_BOGUS))
			return true;
		t->state.ds_lost = o;
		t->state.phase = CP_STATE_UP;
		return true;
	}
	if (o->kind != CP_KIND_ANSWER)
		return ds_denied(t, o);
	if (o->verdict != HF_VERDICT_SECURE)
		return end(t, o->verdict, &o->why, &o->blame);
	t->state.ds = o->answer[0];
	if (o->answer[0]->ttl < t->state.ttl_s)
		t->state.ttl_s = o->answer[0]->ttl;
	t->state.phase = CP_STATE_KEYS;
	return true;
}

/* Nobody gives a DS of this name that validates. Then it takes a zone above that is proven
 * insecure, one label after the other, for this name to be no failure: whoever serves such
 * zones need not know what a DS is. */
static bool
up(struct cp_task *t)
{
	const struct cp_outcome *lost = t->state.ds_lost, *o;
	struct hf_name above, anchor;
	struct cp_want want = {CP_TASK_STATE, &above, 0, false, false};

	hf_name_strip(&t->name, 1, &above);
	if (cp_core_anchor_above(t->job->r, &t->name, &anchor) && hf_name_in(&above, &anchor)) {
		o = cp_task_need(t, &want);
		if (o == NULL)
			return false;
		if (o->kind != CP_KIND_FAIL && o->verdict == HF_VERDICT_INSECURE) {
			lasts_as(t, o);
			return end(t, HF_VERDICT_INSECURE, &o->why, NULL);
		}
	}
	if (lost->kind == CP_KIND_FAIL) {
		struct va_result why = {
		    .reason = VA_DS_UNREACHABLE, .owner = t->name, .signer = hf_name_root};

		return end(t, HF_VERDICT_BOGUS, &why, NULL);
	}
	return end(t, HF_VERDICT_BOGUS, &lost->why, &lost->blame);
}

/* Against each trust anchor of this name until one fits. That none can be used makes the zone
 * insecure; that one can and does not fit is not mended by others that cannot be used. */
static void
anchors_verify(struct cp_task *t, const struct hf_rrset *keys, struct va_result *res)
{
	const struct cp_resolver *r = t->job->r;
	const struct hf_rrset *anchor;
	struct va_result one;

	for (size_t i = 0; (anchor = cp_core_anchor(r, &t->name, i)) != NULL; i++) {
		va_keys_verify(keys, anchor, r->now.wall_s, &t->job->budget.va, &one);
		if (i == 0 || one.verdict != HF_VERDICT_INSECURE)
			*res = one;
		if (res->verdict == HF_VERDICT_SECURE)
			break;
	}
}

/* Against the DS RRset, or the trust anchors of this name. */
static void
keys_judge(struct cp_task *t, const struct hf_rrset *keys, struct va_result *res)
{
	struct cp_resolver *r = t->job->r;
	struct va_budget *budget = &t->job->budget.va;

	if (t->state.ds != NULL)
		va_keys_verify(keys, t->state.ds, r->now.wall_s, budget, res);
	else
		anchors_verify(t, keys, res);
}

static void
keys_verify(struct cp_task *t, const struct hf_rrset *keys, struct va_result *res)
{
	const struct va_budget before = t->job->budget.va;

	if (!cp_verify_has_room(t, &t->name)) {
		res->reason = VA_BUDGET_SIGS;
		return;
	}
	keys_judge(t, keys, res);
	cp_verify_charge(t, &t->name, &before);
}

/* Other questions may have waited for the same packet, and one was first to judge it. */
static bool
keys_known(struct cp_task *t)
{
	struct cp_outcome *o = cp_cache_state(t);

	if (o == NULL || o->verdict != HF_VERDICT_SECURE)
		return false;
	cp_task_done(t, o);
	return true;
}

static bool
keys_good(struct cp_task *t, const struct cp_outcome *from, const struct va_result *res)
{
	struct cp_outcome *o = hf_arena_copy(&t->job->arena, from, sizeof(*from));

	if (o == NULL) {
		cp_task_done(t, NULL);
		return true;
	}
	struct hf_rrset *set = (struct hf_rrset *)(uintptr_t)o->answer[0];

	if (set->ttl > res->ttl)
		set->ttl = res->ttl;
	if (set->ttl < t->state.ttl_s)
		t->state.ttl_s = set->ttl;
	o->verdict = HF_VERDICT_SECURE;
	o->cut = t->name;
	o->why = *res;
	o->proof_cnt = 0;
	o->until_ns = t->job->r->now.mono_ns + t->state.ttl_s * HF_NS_PER_S;
	if (!t->job->past)
		cp_cache_put_state(t, o, t->state.ttl_s);
	cp_fastfail_keys_good(t, o);
	cp_task_done(t, o);
	return true;
}

static bool
keys(struct cp_task *t)
{
	struct cp_want want = {CP_TASK_LOOKUP, &t->name, HF_TYPE_DNSKEY, true, false};
	const struct hf_rrset none = {
	    .owner = t->name, .type = HF_TYPE_DNSKEY, .klass = HF_CLASS_IN};
	struct va_result res = {.verdict = HF_VERDICT_BOGUS,
	    .reason = VA_KEYS_MISSING,
	    .owner = t->name,
	    .type = HF_TYPE_DNSKEY,
	    .signer = hf_name_root};

	keys_judge(t, &none, &res);
	/* Nothing that vouches for keys is relied on: whether there are any makes no difference
	 * (RFC 4035 5.2), and zones that have stopped signing have none. */
	if (res.verdict == HF_VERDICT_INSECURE)
		return end(t, HF_VERDICT_INSECURE, &res, NULL);
	const struct cp_outcome *o = cp_task_need(t, &want);

	if (o == NULL)
		return false;
	if (o->kind == CP_KIND_FAIL) {
		cp_fastfail_keys_failed(t, &res, NULL);
		return end(t, HF_VERDICT_BOGUS, &res, NULL);
	}
	if (keys_known(t))
		return true;
	if (o->kind == CP_KIND_ANSWER)
		keys_verify(t, o->answer[0], &res);
	struct cp_task *sub = cp_task_find(t->job, &want);

	if (sub != NULL && cp_trace_is_on(t))
		cp_note_judged(sub, o, &res);
	if (res.verdict == HF_VERDICT_SECURE)
		return keys_good(t, o, &res);
	if (res.verdict == HF_VERDICT_INSECURE)
		return end(t, HF_VERDICT_INSECURE, &res, NULL);
	if (cp_job_is_spent(t->job, res.reason))
		return end(t, HF_VERDICT_BOGUS, &res, &o->server);
	if (sub != NULL && cp_job_may_search(t->job, res.reason) && cp_lookup_again(sub))
		return true; /* the loop comes back here and waits for it */
	cp_fastfail_keys_failed(t, &res, &o->server);
	return end(t, HF_VERDICT_BOGUS, &res, &o->server);
}

/* No zone cut at this name: the zone that goes on here. */
static bool
above(struct cp_task *t)
{
	struct cp_want want = {CP_TASK_STATE, &t->state.above, 0, false, false};
	const struct cp_outcome *o = cp_task_need(t, &want);

	if (o == NULL)
		return false;
	cp_task_done(t, (struct cp_outcome *)(uintptr_t)o);
	return true;
}

void
cp_chain_step(struct cp_task *t)
{
	bool more = true;

	while (more && !t->done) {
		switch (t->state.phase) {
		case CP_STATE_BEGIN:
			more = begin(t);
			break;
		case CP_STATE_PARENT:
			more = parent(t);
			break;
		case CP_STATE_DS:
			more = ds(t);
			break;
		case CP_STATE_KEYS:
			more = keys(t);
			break;
		case CP_STATE_UP:
			more = up(t);
			break;
		case CP_STATE_ABOVE:
			more = above(t);
			break;
		}
	}
}
