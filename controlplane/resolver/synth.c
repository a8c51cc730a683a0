/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/synth.h"

#include <string.h>

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/sentinel.h"
#include "lib/wire/rdata.h"
#include "validator/nsec.h"

enum {
	SHA1_SHARE = 4, /* of a question's blocks, one in so many; the rest is for real answers */
	SETS_MAX = 3,   /* closest encloser, next closer name, wildcard (RFC 5155 8.4) */
};

struct work {
	struct cp_task *t;
	struct cp_ranges_zone zone;
	struct va_salt salt;
	struct va_budget budget; /* what this may cost */
	const struct hf_rrset *sets[SETS_MAX];
	uint16_t cnt;
};

/* May proofs of zone speak of t? Not under an NTA. In a stub zone of the operator's (route.h)
 * only those from within it: its word comes before the public tree's; never of what goes to
 * forwarders. */
static bool
is_ours(const struct cp_task *t, const struct hf_name *zone)
{
	const struct cp_resolver *r = t->job->r;
	const struct cp_route *route = cp_route_of(r->routes, &t->name, t->type);

	if (route != NULL && (route->kind != CP_ZONE_STUB || !hf_name_in(zone, &route->zone)))
		return false;
	return !cp_policy_covers(r->policy, &t->name, NULL);
}

/* --- looking for proofs */

static bool
add(struct work *w, const struct hf_rrset *set)
{
	if (set == NULL)
		return false;
	for (unsigned i = 0; i < w->cnt; i++)
		if (hf_name_equal(&w->sets[i]->owner, &set->owner))
			return true;
	w->sets[w->cnt++] = set;
	return true;
}

static const struct hf_rrset *
by_name(const struct work *w, const struct hf_name *name)
{
	struct cp_resolver *r = w->t->job->r;
	const struct cp_ranges_at at = {
	    .zone = &w->zone.name, .name = name, .now_ns = r->now.mono_ns};

	return cp_ranges_find(r->ranges, &at, &w->t->job->arena);
}

/* The proof at or before the hash of name; *matches: it stands at that hash. */
static const struct hf_rrset *
by_hash(struct work *w, const struct hf_name *name, bool *matches)
{
	struct cp_resolver *r = w->t->job->r;
	uint8_t hash[VA_SHA1_LEN];
	const struct cp_ranges_at at = {
	    .zone = &w->zone.name, .hash = hash, .now_ns = r->now.mono_ns};
	struct va_nsec3_range range;

	*matches = false;
	if (!va_nsec3_hash(name, &w->salt, &w->budget, hash))
		return NULL;
	const struct hf_rrset *set = cp_ranges_find(r->ranges, &at, &w->t->job->arena);

	*matches = set != NULL && va_nsec3_range(set, &w->zone.name, &range) &&
	    memcmp(range.owner, hash, VA_SHA1_LEN) == 0;
	return set;
}

/* What denies qname by NSEC: the record at it, or the gap it falls into and the one for the
 * wildcard that could stand for it. */
static bool
gather_nsec(struct work *w, const struct hf_name *qname)
{
	const struct hf_rrset *set = by_name(w, qname);
	struct hf_name next, up, wildcard;

	if (!add(w, set) || !va_nsec_range(set, &w->zone.name, &next))
		return false;
	if (hf_name_equal(&set->owner, qname))
		return true;
	unsigned by_owner = hf_name_common(qname, &set->owner);
	unsigned by_next = hf_name_common(qname, &next);
	unsigned labels = by_owner > by_next ? by_owner : by_next;

	hf_name_strip(qname, qname->label_cnt - labels, &up);
	return hf_name_wildcard(&up, &wildcard) == 0 && add(w, by_name(w, &wildcard));
}

/* The same by NSEC3: qname's own, or those of RFC 5155 8.4. */
static bool
gather_nsec3(struct work *w, const struct hf_name *qname)
{
	struct hf_name at = *qname, wildcard;
	unsigned depth = qname->label_cnt - w->zone.name.label_cnt;
	bool matches;
	const struct hf_rrset *set = by_hash(w, qname, &matches);
	const struct hf_rrset *closer = set;

	if (matches)
		return add(w, set);
	for (unsigned i = 0; i < depth && i < CP_SYNTH_LABELS; i++) {
		hf_name_strip(&at, 1, &at);
		set = by_hash(w, &at, &matches);
		if (matches)
			return add(w, set) && add(w, closer) &&
			    hf_name_wildcard(&at, &wildcard) == 0 &&
			    add(w, by_hash(w, &wildcard, &matches));
		closer = set;
	}
	return false;
}

static bool
gather(struct work *w, const struct hf_name *qname)
{
	w->cnt = 0;
	return w->zone.chain == CP_CHAIN_NSEC ? gather_nsec(w, qname) : gather_nsec3(w, qname);
}

/* --- judging them */

static struct cp_outcome *
outcome_make(struct work *w, enum cp_kind kind, const struct va_result *res)
{
	struct cp_outcome *o = cp_task_fail(w->t, CP_CAUSE_NONE);

	if (o->cause != CP_CAUSE_NONE) /* no memory: not ours to write to */
		return NULL;
	o->kind = kind;
	o->verdict = HF_VERDICT_SECURE;
	o->cut = w->zone.name;
	o->why = *res;
	for (unsigned i = 0; i < w->cnt; i++)
		o->proof[o->proof_cnt++] = w->sets[i];
	return o;
}

static bool
soa_add(struct work *w, struct cp_outcome *o)
{
	struct cp_resolver *r = w->t->job->r;
	const struct hf_rrset *soa =
	    cp_ranges_soa(r->ranges, &w->zone.name, r->now.mono_ns, &w->t->job->arena);

	if (soa == NULL)
		return false;
	o->proof[o->proof_cnt++] = soa;
	return true;
}

/* What the proofs say of a delegation at the name of a DS question (RFC 6840 4.4). */
static enum cp_ds
judge_ds(struct work *w, const struct va_proofs *p)
{
	struct va_result res;

	switch (va_deny_ds(p, &w->t->name, &w->budget, &res)) {
	case VA_CUT_UNSIGNED:
		return CP_DS_UNSIGNED;
	case VA_CUT_NONE:
		return CP_DS_NO_CUT;
	default:
		return CP_DS_UNKNOWN;
	}
}

/* The outcome that the proofs at hand prove, or NULL. Opt-out proves nothing (RFC 8198 7). */
static struct cp_outcome *
judge_denial(struct work *w)
{
	const struct va_proofs p = {w->sets, w->cnt, &w->zone.name};
	const struct cp_task *t = w->t;
	enum cp_kind kind = CP_KIND_NXDOMAIN;
	enum cp_ds ds = CP_DS_UNKNOWN;
	struct va_result res;

	if (t->type == HF_TYPE_DS) {
		ds = judge_ds(w, &p);
		if (ds == CP_DS_UNKNOWN)
			return NULL;
	}
	va_deny_name(&p, &t->name, &w->budget, &res);
	if (res.verdict != HF_VERDICT_SECURE) {
		kind = CP_KIND_NODATA;
		va_deny_type(&p, &t->name, t->type, &w->budget, &res);
	}
	if (res.verdict != HF_VERDICT_SECURE)
		return NULL;
	struct cp_outcome *o = outcome_make(w, kind, &res);

	if (o == NULL || !soa_add(w, o))
		return NULL;
	o->ds = ds;
	return o;
}

/* --- wildcards (RFC 8198 5.3) */

static bool
shows_nothing_closer(struct work *w, const struct hf_name *up, struct va_result *res)
{
	const struct hf_name *qname = &w->t->name;
	struct hf_name closer;
	bool matches;

	hf_name_strip(qname, qname->label_cnt - up->label_cnt - 1u, &closer);
	w->cnt = 0;
	if (!add(w,
		w->zone.chain == CP_CHAIN_NSEC ? by_name(w, qname) : by_hash(w, &closer, &matches)))
		return false;
	const struct va_proofs p = {w->sets, w->cnt, &w->zone.name};

	va_deny_closer(&p, qname, up->label_cnt, &w->budget, res);
	return res->verdict == HF_VERDICT_SECURE;
}

/* The answer kept for the wildcard, with the name that was asked for. */
static struct cp_outcome *
expand(struct work *w, struct cp_outcome *o, const struct va_result *res)
{
	struct hf_rrset *set = (struct hf_rrset *)(uintptr_t)o->answer[0];
	const struct hf_rrset *proof = w->sets[0];

	set->owner = w->t->name;
	if (set->ttl > proof->ttl)
		set->ttl = proof->ttl;
	o->proof[0] = proof;
	o->proof_cnt = 1;
	o->cut = w->zone.name;
	o->why = *res;
	return o;
}

static struct cp_outcome *
from_wildcard(struct work *w)
{
	struct cp_task *t = w->t;
	struct hf_name up = t->name, wildcard;
	unsigned depth = t->name.label_cnt - w->zone.name.label_cnt;
	struct va_result res;

	for (unsigned i = 0; i < depth && i < CP_SYNTH_LABELS; i++) {
		hf_name_strip(&up, 1, &up);
		if (hf_name_wildcard(&up, &wildcard) != 0)
			continue;
		struct cp_outcome *o = cp_cache_wildcard(t, &wildcard);

		if (o == NULL)
			continue;
		/* The gap is of w's zone: nothing it says holds for a wildcard of another. */
		if (!hf_name_equal(&o->cut, &w->zone.name))
			return NULL;
		/* Further up none can apply: this one is closer. */
		return shows_nothing_closer(w, &up, &res) ? expand(w, o, &res) : NULL;
	}
	return NULL;
}

/* --- all of it */

static bool
work_begin(struct work *w, struct cp_task *t, unsigned least)
{
	struct cp_resolver *r = t->job->r;
	uint32_t most = r->limits.sha1_blocks / SHA1_SHARE;
	struct hf_name from = t->name, anchor;

	if (t->type == HF_TYPE_DS) /* the parent's data (RFC 4035 3.1.4.1) */
		hf_name_strip(&from, 1, &from);
	if ((t->type == HF_TYPE_DS && t->name.len == 1) ||
	    !cp_ranges_zone(r->ranges, &from, least, r->now.mono_ns, &w->zone) ||
	    !is_ours(t, &w->zone.name) || !cp_core_anchor_above(r, &from, &anchor) ||
	    !hf_name_in(&w->zone.name, &anchor))
		return false;
	w->t = t;
	w->salt = (struct va_salt){
	    .iterations = w->zone.iterations, .len = w->zone.salt_len, .octets = w->zone.salt};
	w->budget = t->job->budget.va;
	w->budget.sig_checks = 0;
	if (w->budget.sha1_blocks > most)
		w->budget.sha1_blocks = most;
	return true;
}

static struct cp_outcome *
aggressive(struct cp_task *t, unsigned least)
{
	struct cp_resolver *r = t->job->r;
	struct cp_outcome *o = NULL;
	struct work w;

	if (!r->aggressive || !work_begin(&w, t, least))
		return NULL;
	uint32_t before = w.budget.sha1_blocks;

	if (t->type != HF_TYPE_DS && w.zone.has_wildcard)
		o = from_wildcard(&w);
	if (o == NULL && w.zone.has_soa && gather(&w, &t->name))
		o = judge_denial(&w);
	t->job->budget.va.sha1_blocks -= before - w.budget.sha1_blocks;
	if (o == NULL)
		return NULL;
	cp_ranges_hit(r->ranges, &w.zone.name);
	if (o->kind == CP_KIND_NXDOMAIN)
		CP_COUNT(r, aggressive_nxdomain);
	else if (o->kind == CP_KIND_NODATA)
		CP_COUNT(r, aggressive_nodata);
	else
		CP_COUNT(r, aggressive_wildcard);
	return o;
}

/* Nothing exists below a name that does not (RFC 8020 2). Only where that was proven: servers
 * of unsigned zones deny empty non-terminals, and a forged denial would take all below it.
 * The proof must hold for this name too, for those who check it themselves; compact denial
 * (RFC 9824) speaks of one name only. */
static struct cp_outcome *
below_nxdomain(struct cp_task *t, unsigned least)
{
	struct va_budget *budget = &t->job->budget.va;
	struct hf_name up = t->name;
	struct va_result res;

	for (unsigned i = 0; i < CP_SYNTH_LABELS && up.label_cnt > least + 1; i++) {
		hf_name_strip(&up, 1, &up);
		struct cp_outcome *o = cp_cache_nxdomain(t, &up);

		if (o == NULL)
			continue;
		const struct va_proofs p = {o->proof, o->proof_cnt, &o->cut};

		va_deny_name(&p, &t->name, budget, &res);
		if (res.verdict != HF_VERDICT_SECURE || !is_ours(t, &o->cut) ||
		    o->cut.label_cnt < least)
			return NULL;
		if (t->type == HF_TYPE_DS)
			o->ds = CP_DS_NO_CUT;
		CP_COUNT(t->job->r, nxdomain_cut);
		return o;
	}
	return NULL;
}

struct cp_outcome *
cp_synth_answer(struct cp_task *t, unsigned least)
{
	struct cp_outcome *o;

	/* A key tag signal is sent to be seen (RFC 8145 5.1). */
	if (t->job->refresh || !t->job->r->validate || cp_sentinel_is_signal(&t->name, t->type))
		return NULL;
	o = below_nxdomain(t, least);
	return o != NULL ? o : aggressive(t, least);
}

void
cp_synth_learn(
    struct cp_task *t, const struct hf_name *zone, const struct hf_rrset *const *sets, unsigned cnt)
{
	struct cp_resolver *r = t->job->r;

	if (!r->aggressive || !is_ours(t, zone) || t->job->past)
		return;
	for (unsigned i = 0; i < cnt; i++)
		cp_ranges_put(r->ranges, zone, sets[i], r->now.mono_ns);
}

void
cp_synth_learn_wildcard(struct cp_task *t, const struct cp_outcome *o, uint8_t labels)
{
	struct cp_outcome own = *o;
	struct hf_rrset set = *o->answer[0];
	struct hf_name up;

	if (!t->job->r->aggressive || t->job->past || !is_ours(t, &o->cut) || o->answer_cnt != 1 ||
	    labels >= t->name.label_cnt)
		return;
	hf_name_strip(&t->name, t->name.label_cnt - labels, &up);
	if (hf_name_wildcard(&up, &set.owner) != 0)
		return;
	own.answer[0] = &set;
	own.verdict = own.why.verdict = HF_VERDICT_SECURE;
	own.proof_cnt = 0; /* at its own name a wildcard needs none */
	cp_cache_put_wildcard(t, &own);
	cp_ranges_wildcard(t->job->r->ranges, &o->cut);
}
