/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/verify.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/core.h"
#include "controlplane/resolver/note.h"
#include "controlplane/resolver/synth.h"

enum {
	LEARN_CUT_MAX = 4,    /* names looked at, from an alias's target upward */
	LEARN_SHA1_SHARE = 4, /* of the blocks that are left, one in so many for it */
	BLOCKS_PER_US = 2,    /* of SHA-1 */
};

struct bench { /* what a judgement works with */
	struct cp_task *t;
	struct cp_outcome *o;
	struct hf_name zone;                               /* that should have signed */
	const struct hf_rrset *keys;                       /* its validated DNSKEY RRset */
	const struct hf_rrset *good[CP_OUTCOME_PROOF_MAX]; /* NSEC and NSEC3 that validate */
	uint16_t good_cnt;
	const struct hf_rrset *soa; /* that validates */
	bool has_bad;
	struct va_result bad; /* the first proof that does not */
};

static bool
is_denial(const struct cp_outcome *o)
{
	return o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN;
}

static bool
settle(struct cp_outcome *o, enum hf_verdict verdict, const struct va_result *why)
{
	o->verdict = verdict;
	o->why = *why;
	o->why.verdict = verdict;
	if (verdict == HF_VERDICT_BOGUS && o->own_fault)
		o->blame = o->server;
	/* Proofs beside records that nobody signed prove nothing to anyone. */
	if (verdict == HF_VERDICT_INSECURE && !is_denial(o) && o->answer[0]->sig_cnt == 0)
		o->proof_cnt = 0;
	return true;
}

static struct va_result
reason_of(const struct cp_task *t, enum va_reason reason)
{
	return (struct va_result){
	    .reason = reason, .owner = t->name, .type = t->type, .signer = hf_name_root};
}

static bool
settle_reason(struct cp_task *t, enum hf_verdict verdict, enum va_reason reason)
{
	struct va_result why = reason_of(t, reason);

	return settle(t->lookup.got, verdict, &why);
}

void
cp_verify_abandon(struct cp_task *t)
{
	settle_reason(t, HF_VERDICT_BOGUS, VA_KEYS_MISSING);
}

/* The RRset whose signatures say which zone the records are from. */
static const struct hf_rrset *
spokesman(const struct cp_outcome *o)
{
	const struct hf_rrset *soa = cp_outcome_soa(o);

	if (!is_denial(o))
		return o->answer[0];
	for (unsigned i = 0; i < o->proof_cnt; i++)
		if (o->proof[i]->type != HF_TYPE_SOA && o->proof[i]->sig_cnt > 0)
			return o->proof[i];
	return soa;
}

bool
cp_verify_has_room(struct cp_task *t, const struct hf_name *zone)
{
	struct cp_resolver *r = t->job->r;

	if (cp_table_is_public(r->table, zone) ||
	    cp_toil_has_room(&r->toil, cp_table_domain(r->table, zone), r->now.mono_ns))
		return true;
	CP_COUNT(r, zone_costly);
	t->job->cause = CP_CAUSE_ZONE_COSTLY;
	return false;
}

void
cp_verify_charge(struct cp_task *t, const struct hf_name *zone, const struct va_budget *before)
{
	struct cp_resolver *r = t->job->r;
	const struct va_budget *after = &t->job->budget.va;
	uint32_t us = before->sig_us - after->sig_us;

	us -= after->spared_us - before->spared_us;
	us += (before->sha1_blocks - after->sha1_blocks) / BLOCKS_PER_US;
	CP_COUNT_BY(r, sig_checks, before->sig_checks - after->sig_checks);
	if (us > 0 && !cp_table_is_public(r->table, zone))
		cp_toil_add(&r->toil, cp_table_domain(r->table, zone), us, r->now.mono_ns);
}

static void
verify_set(struct bench *b, const struct hf_rrset *set, struct va_result *res)
{
	struct cp_job *job = b->t->job;

	va_rrset_verify(set, &b->zone, b->keys, job->r->now.wall_s, &job->budget.va, res);
	if (cp_trace_is_on(b->t))
		cp_note_check(b->t, set, res);
	/* Never kept longer than the signature lasts (RFC 4035 5.3.3). */
	struct hf_rrset *own = (struct hf_rrset *)(uintptr_t)set;

	if (res->verdict == HF_VERDICT_SECURE && own->ttl > res->ttl)
		own->ttl = res->ttl;
}

/* Sort the proofs into good and bad. False when the SOA is among the bad. */
static bool
verify_proofs(struct bench *b)
{
	struct cp_outcome *o = b->o;

	for (unsigned i = 0; i < o->proof_cnt; i++) {
		const struct hf_rrset *set = o->proof[i];
		struct va_result res;

		verify_set(b, set, &res);
		if (res.verdict == HF_VERDICT_SECURE && set->type != HF_TYPE_SOA)
			b->good[b->good_cnt++] = set;
		else if (res.verdict == HF_VERDICT_SECURE)
			b->soa = set;
		if (res.verdict == HF_VERDICT_SECURE || b->has_bad)
			continue;
		b->has_bad = true;
		b->bad = res;
		if (set->type == HF_TYPE_SOA && is_denial(o))
			return false;
	}
	return true;
}

/* Proofs live no longer than the denial they came with, whatever else they may be used for (RFC
 * 8198 5.4, 9077 3): the SOA's TTL is no more than its MINIMUM by now. */
static void
proofs_lower(struct bench *b)
{
	for (unsigned i = 0; b->soa != NULL && i < b->good_cnt; i++) {
		struct hf_rrset *set = (struct hf_rrset *)(uintptr_t)b->good[i];

		if (set->ttl > b->soa->ttl)
			set->ttl = b->soa->ttl;
	}
}

static bool
settle_own(struct bench *b, const struct va_result *why)
{
	b->o->own_fault = true;
	return settle(b->o, HF_VERDICT_BOGUS, why);
}

/* Only what validated goes along with the outcome and into the caches (RFC 4035 3.2.3, 4.5): the
 * SOA of a denial, NSEC and NSEC3. */
static void
keep_good_proofs(struct bench *b)
{
	struct cp_outcome *o = b->o;

	o->proof_cnt = 0;
	if (is_denial(o) && b->soa != NULL)
		o->proof[o->proof_cnt++] = b->soa;
	for (unsigned i = 0; i < b->good_cnt; i++)
		o->proof[o->proof_cnt++] = b->good[i];
}

/* A denial was looked at: res. When it fails and a proof was bad, that is why. */
static bool
settle_denial(struct bench *b, const struct va_result *res)
{
	if (res->verdict != HF_VERDICT_BOGUS) {
		keep_good_proofs(b);
		return settle(b->o, res->verdict, res);
	}
	if (b->has_bad)
		return settle_own(b, &b->bad);
	if (b->good_cnt == 0) {
		struct va_result why = reason_of(b->t, VA_DENIAL_MISSING);

		return settle_own(b, &why);
	}
	return settle_own(b, res);
}

/* Some servers say NXDOMAIN for a name that has others below it and nothing else. What they
 * signed shows that it exists (RFC 4592 2.2.2): believe that. res: why it is no NXDOMAIN. */
static bool
is_there_after_all(struct bench *b, const struct va_proofs *p, const struct va_result *res)
{
	struct va_result type;

	if (b->o->kind != CP_KIND_NXDOMAIN || res->reason != VA_DENIAL_WRONG)
		return false;
	va_deny_type(p, &b->t->name, b->t->type, &b->t->job->budget.va, &type);
	return type.verdict == HF_VERDICT_SECURE;
}

static bool
judge_denial(struct bench *b)
{
	struct va_budget *budget = &b->t->job->budget.va;
	const struct hf_name *qname = &b->t->name;
	struct va_proofs p = {b->good, 0, &b->zone};
	struct va_result res;

	if (!verify_proofs(b))
		return settle_own(b, &b->bad);
	proofs_lower(b);
	p.cnt = b->good_cnt;
	if (b->t->type == HF_TYPE_DS && qname->len > 1) { /* the root is nobody's child */
		enum va_cut cut = va_deny_ds(&p, qname, budget, &res);

		if (cut == VA_CUT_UNPROVEN)
			return settle_denial(b, &res);
		b->o->ds = cut == VA_CUT_UNSIGNED ? CP_DS_UNSIGNED : CP_DS_NO_CUT;
	}
	if (b->o->kind == CP_KIND_NXDOMAIN)
		va_deny_name(&p, qname, budget, &res);
	if (is_there_after_all(b, &p, &res))
		b->o->kind = CP_KIND_NODATA;
	if (b->o->kind != CP_KIND_NXDOMAIN)
		va_deny_type(&p, qname, b->t->type, budget, &res);
	/* An opt-out span shows that the delegation is insecure, and no more than that. */
	if (res.verdict == HF_VERDICT_BOGUS && b->o->ds == CP_DS_UNSIGNED)
		res.verdict = HF_VERDICT_INSECURE;
	return settle_denial(b, &res);
}

static void
put_unsigned(struct bench *b, const struct hf_name *name)
{
	struct cp_outcome o = *b->o;

	o.kind = CP_KIND_NODATA;
	o.answer_cnt = o.extra_cnt = 0;
	o.verdict = HF_VERDICT_INSECURE; /* until it is judged itself */
	o.proof_cnt =
	    b->good_cnt < CP_OUTCOME_PROOF_MAX ? (uint8_t)b->good_cnt : CP_OUTCOME_PROOF_MAX;
	for (unsigned k = 0; k < o.proof_cnt; k++)
		o.proof[k] = b->good[k];
	cp_cache_put_raw(b->t, name, HF_TYPE_DS, &o);
}

/* The target of an alias may lie behind an unsigned delegation that the proofs beside it show:
 * keep what they say of its DS, as if a referral had. */
static void
learn_cut(struct bench *b)
{
	const struct va_proofs p = {b->good, b->good_cnt, &b->zone};
	struct va_budget *all = &b->t->job->budget.va, own = *all;
	uint32_t most = all->sha1_blocks / LEARN_SHA1_SHARE;
	struct hf_name name = b->o->target;
	enum va_cut cut = VA_CUT_UNPROVEN;
	struct va_result res;

	own.sha1_blocks = most;
	hf_name_lower(&name);
	if (!hf_name_in(&name, &b->zone))
		return;
	for (unsigned i = 0; i < LEARN_CUT_MAX && name.label_cnt > b->zone.label_cnt; i++) {
		cut = va_deny_ds(&p, &name, &own, &res);
		if (cut == VA_CUT_UNSIGNED)
			break;
		hf_name_strip(&name, 1, &name);
	}
	all->sha1_blocks -= most - own.sha1_blocks;
	if (cut == VA_CUT_UNSIGNED)
		put_unsigned(b, &name);
}

static bool
has_half(const struct bench *b)
{
	return cp_budget_has_half(&b->t->job->budget, &b->t->job->r->limits);
}

/* What is said beside an alias is about its target, more often than not: it may spare a
 * question (RFC 8198). Not worth the last signature checks. */
static void
learn_beside_alias(struct bench *b)
{
	bool alias = b->o->kind == CP_KIND_CNAME || b->o->kind == CP_KIND_DNAME;

	if (!alias || !b->t->job->r->aggressive || !has_half(b))
		return;
	(void)verify_proofs(b);
	if (b->good_cnt > 0)
		learn_cut(b);
}

/* Of an answer to ANY every RRset counts: the first that is bad, else the wildcard highest up,
 * whose proof holds for the others too. */
static void
verify_answer(struct bench *b, struct va_result *res)
{
	const struct cp_outcome *o = b->o;
	struct va_result one;

	verify_set(b, o->answer[0], res);
	for (unsigned i = 1; o->kind == CP_KIND_ANSWER && i < o->answer_cnt; i++) {
		if (res->verdict != HF_VERDICT_SECURE)
			return;
		verify_set(b, o->answer[i], &one);
		if (one.verdict != HF_VERDICT_SECURE ||
		    (one.wildcard && (!res->wildcard || one.labels < res->labels)))
			*res = one;
	}
}

/* A DNAME that was made from a wildcard stands at no place from where it could redirect what is
 * below (RFC 4592 4.4): to be shown, but not to be followed. */
static bool
is_loose_dname(const struct cp_outcome *o, const struct va_result *res)
{
	return res->wildcard && (o->kind == CP_KIND_DNAME || o->kind == CP_KIND_YXDOMAIN);
}

static bool
judge_positive(struct bench *b)
{
	struct cp_outcome *o = b->o;
	struct va_proofs p = {b->good, 0, &b->zone};
	struct va_result res, closer;

	verify_answer(b, &res);
	if (res.verdict != HF_VERDICT_SECURE)
		return settle_own(b, &res);
	if (is_loose_dname(o, &res)) {
		res.reason = VA_SIG_LABELS;
		return settle_own(b, &res);
	}
	if (o->kind == CP_KIND_DNAME && o->answer_cnt > 1)
		((struct hf_rrset *)(uintptr_t)o->answer[1])->ttl = o->answer[0]->ttl;
	if (!res.wildcard) {
		learn_beside_alias(b);
		keep_good_proofs(b);
		return settle(o, HF_VERDICT_SECURE, &res);
	}
	verify_proofs(b);
	p.cnt = b->good_cnt;
	va_deny_closer(&p, &o->answer[0]->owner, res.labels, &b->t->job->budget.va, &closer);
	if (closer.verdict == HF_VERDICT_SECURE)
		cp_synth_learn_wildcard(b->t, o, res.labels);
	return settle_denial(b, closer.verdict == HF_VERDICT_SECURE ? &res : &closer);
}

/* What came along stays only if it is secure too, and no expansion: nothing proves that those have
 * no closer match. It is not worth the last signature checks. */
static void
keep_good_extras(struct bench *b)
{
	struct cp_outcome *o = b->o;
	unsigned cnt = 0;

	for (unsigned i = 0; i < o->extra_cnt; i++) {
		struct va_result res = {.verdict = HF_VERDICT_BOGUS};

		if (has_half(b))
			verify_set(b, o->extra[i], &res);
		if (res.verdict == HF_VERDICT_SECURE && !res.wildcard)
			o->extra[cnt++] = o->extra[i];
	}
	o->extra_cnt = (uint8_t)cnt;
}

/* A denial without any proof may be of a name below an unsigned delegation, by a server that
 * speaks for the parent only (RFC 4035 5.2). False: wait and judge again. */
static bool
is_below_cut(struct bench *b, bool *done)
{
	struct cp_want want = {CP_TASK_STATE, &b->t->name, 0, CP_RAW_NOT, false};
	const struct cp_outcome *state;

	if (b->t->type == HF_TYPE_DS)
		return true;
	state = cp_task_need(b->t, &want);
	*done = state != NULL;
	if (state == NULL)
		return false;
	if (state->kind != CP_KIND_FAIL && state->verdict == HF_VERDICT_INSECURE)
		settle(b->o, HF_VERDICT_INSECURE, &state->why);
	return true;
}

static bool
judge_signed(struct cp_task *t, const struct cp_outcome *state)
{
	struct bench b = {.t = t, .o = t->lookup.got, .zone = state->cut, .keys = state->answer[0]};
	struct va_budget before = t->job->budget.va;
	bool done = true;

	b.o->cut = state->cut;
	if (!cp_verify_has_room(t, &b.zone))
		return settle_reason(t, HF_VERDICT_BOGUS, VA_BUDGET_SIGS);
	if (is_denial(b.o))
		judge_denial(&b);
	else
		judge_positive(&b);
	if (b.o->verdict == HF_VERDICT_SECURE)
		keep_good_extras(&b);
	cp_verify_charge(t, &b.zone, &before);
	if (b.o->why.reason == VA_DENIAL_MISSING && !is_below_cut(&b, &done))
		return done;
	cp_synth_learn(t, &b.zone, b.good, b.good_cnt);
	cp_synth_learn(t, &b.zone, &b.soa, b.soa != NULL);
	return true;
}

/* Why an unsigned answer of a secure zone is bogus: nobody signed, or somebody who may not. */
static enum va_reason
unsigned_reason(const struct cp_outcome *o)
{
	const struct hf_rrset *set = spokesman(o);

	if (set == NULL)
		return o->proof_cnt == 0 ? VA_DENIAL_MISSING : VA_SIG_MISSING;
	return set->sig_cnt > 0 ? VA_SIG_SIGNER : VA_SIG_MISSING;
}

/* Nobody who could have signed did: right only if the owner is in an insecure zone. */
static bool
judge_unsigned(struct cp_task *t, const struct hf_name *owner, const struct hf_name *anchor)
{
	struct cp_outcome *o = t->lookup.got;
	const struct hf_rrset *soa = is_denial(o) ? cp_outcome_soa(o) : NULL;
	/* A denial says which zone it is from: if that one is insecure, the owner is, unless
	 * there is an anchor between them. */
	bool named =
	    soa != NULL && hf_name_in(owner, &soa->owner) && hf_name_in(&soa->owner, anchor);
	struct cp_want want = {CP_TASK_STATE, named ? &soa->owner : owner, 0, CP_RAW_NOT, false};
	const struct cp_outcome *state = cp_task_need(t, &want);

	if (state == NULL)
		return false;
	if (state->kind == CP_KIND_FAIL)
		return settle_reason(t, HF_VERDICT_BOGUS, VA_KEYS_MISSING);
	if (state->verdict != HF_VERDICT_SECURE) {
		o->blame = state->blame;
		return settle(o, state->verdict, &state->why);
	}
	o->own_fault = true;
	return settle_reason(t, HF_VERDICT_BOGUS, unsigned_reason(o));
}

/* A zone cannot speak of its own DS (RFC 4035 2.4); only the root has no parent. */
static bool
is_childs_own(const struct cp_task *t, const struct hf_name *signer)
{
	return t->type == HF_TYPE_DS && t->name.len > 1 && hf_name_equal(&t->name, signer);
}

/* Zones from the closest anchor down; and a zone above it that is anchored too, to deny the name:
 * what proves that there is none proves that there is no cut at the anchor's name either. */
static bool
may_sign(const struct cp_task *t, const struct hf_name *zone, const struct hf_name *anchor)
{
	struct hf_name higher;

	return hf_name_in(zone, anchor) ||
	    (t->lookup.got->kind == CP_KIND_NXDOMAIN &&
		cp_core_anchor_above(t->job->r, zone, &higher));
}

/* The zone that should have signed: the signer the records name, if it can be one; else
 * the zone whose server was asked. False when there was no signer. */
static bool
signer_of(const struct cp_task *t, const struct hf_name *anchor, struct hf_name *zone)
{
	const struct cp_outcome *o = t->lookup.got;
	const struct hf_rrset *set = spokesman(o);

	if (set != NULL && cp_rrset_signer(set, zone) && hf_name_in(zone, &o->cut) &&
	    may_sign(t, zone, anchor) && !is_childs_own(t, zone)) {
		hf_name_lower(zone);
		return true;
	}
	*zone = hf_name_in(&o->cut, anchor) ? o->cut : *anchor;
	return false;
}

bool
cp_verify(struct cp_task *t)
{
	struct cp_resolver *r = t->job->r;
	struct cp_outcome *o = t->lookup.got;
	struct hf_name owner = t->name, anchor, zone;

	if (t->type == HF_TYPE_DS)
		hf_name_strip(&owner, 1, &owner);
	if (t->type == HF_TYPE_RRSIG) /* signatures are not signed (RFC 4035 2.2) */
		return settle_reason(t, HF_VERDICT_INSECURE, VA_OK);
	if (!r->validate || !cp_core_anchor_above(r, &owner, &anchor))
		return settle_reason(t, HF_VERDICT_INSECURE, VA_OK);
	bool has_signer = signer_of(t, &anchor, &zone);
	struct cp_want want = {CP_TASK_STATE, &zone, 0, false, false};
	const struct cp_outcome *state = cp_task_need(t, &want);

	if (state == NULL)
		return false;
	if (state->kind == CP_KIND_FAIL)
		return settle_reason(t, HF_VERDICT_BOGUS, VA_KEYS_MISSING);
	if (state->verdict != HF_VERDICT_SECURE) {
		o->blame = state->blame;
		return settle(o, state->verdict, &state->why);
	}
	if (has_signer && hf_name_equal(&state->cut, &zone))
		return judge_signed(t, state);
	return judge_unsigned(t, &owner, &anchor);
}
