/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/question.h"

#include <stdio.h>
#include <string.h>

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/note.h"
#include "controlplane/resolver/render.h"
#include "controlplane/resolver/sentinel.h"
#include "controlplane/resolver/verify.h"
#include "lib/wire/rdata.h"

enum { ODD_TTL_S = 3600 };

static struct cp_links *
links_of(struct cp_job *job)
{
	return &job->root->links;
}

static bool
covered(const struct cp_job *job, const struct hf_name *name)
{
	return cp_policy_covers(job->r->policy, name, NULL);
}

/* Bad records of this owner name may be passed on. */
static bool
excused(const struct cp_job *job, const struct hf_name *name)
{
	return job->cd || covered(job, name);
}

static bool
is_alias(const struct cp_outcome *o)
{
	return o->kind == CP_KIND_CNAME || o->kind == CP_KIND_DNAME;
}

/* --- from links to the parts of an answer that are the same for everyone who waits */

static void
text_of_bogus(const struct cp_outcome *o, char out[HF_EDE_TEXT_MAX + 1])
{
	char addr[HF_ADDR_TEXT_LEN];
	struct hf_addr blame = o->blame;

	blame.port = 0;
	va_result_to_text(&o->why, blame.family != 0 ? hf_addr_to_text(&blame, addr) : NULL, out,
	    HF_EDE_TEXT_MAX + 1);
}

/* Why the last link failed: the budget that is out, or its own cause. */
static enum cp_cause
failure_cause(struct cp_job *job)
{
	const struct cp_links *l = links_of(job);

	if (job->cause != CP_CAUSE_NONE || l->cnt == 0)
		return job->cause;
	return l->link[l->cnt - 1]->cause;
}

static void
say_failure(const struct cp_job *job, const struct cp_outcome *o, struct cp_answer *a)
{
	enum cp_cause cause = job->cause != CP_CAUSE_NONE ? job->cause : o->cause;

	a->rcode = HF_RCODE_SERVFAIL;
	a->verdict = HF_VERDICT_FAILURE;
	a->ede = cp_cause_ede(cause);
	a->refused = cause == CP_CAUSE_LAME;
	snprintf(a->ede_text, sizeof(a->ede_text), "%s", cp_cause_text(cause));
}

/* We gave up, or could not: nothing is shown to be bogus. */
static bool
is_ours_to_blame(enum va_reason reason)
{
	return reason == VA_BUDGET_SIGS || reason == VA_BUDGET_SHA1 || reason == VA_INTERNAL;
}

static void
say_bogus(const struct cp_outcome *o, struct cp_answer *a)
{
	a->rcode = HF_RCODE_SERVFAIL;
	a->verdict = is_ours_to_blame(o->why.reason) ? HF_VERDICT_FAILURE : HF_VERDICT_BOGUS;
	a->ede = va_reason_ede(o->why.reason);
	text_of_bogus(o, a->ede_text);
}

static void
say_passed(const struct cp_outcome *o, struct cp_answer *a)
{
	a->verdict = HF_VERDICT_UNVALIDATED;
	a->hidden_ede = va_reason_ede(o->why.reason);
	if (a->under_nta)
		a->ede = HF_EDE_NTA;
	text_of_bogus(o, a->ede_text);
}

/* Why data of a signed zone is insecure is worth saying (RFC 8914 4.2, 4.3, RFC 9276 3.2). */
static void
say_insecure(const struct cp_outcome *o, struct cp_answer *a)
{
	if (a->verdict == HF_VERDICT_SECURE)
		a->verdict = HF_VERDICT_INSECURE;
	switch (o->why.reason) {
	case VA_DS_ALGORITHM:
	case VA_DS_DIGEST:
	case VA_NSEC3_ITERATIONS:
		if (a->verdict != HF_VERDICT_INSECURE)
			break;
		a->ede = va_reason_ede(o->why.reason);
		va_result_to_text(&o->why, NULL, a->ede_text, sizeof(a->ede_text));
		break;
	default:
		break;
	}
}

static void
add_nta(const struct cp_job *job, const struct hf_name *name, struct cp_answer *a)
{
	const struct cp_rule *nta = cp_policy_nta(job->r->policy, name);

	a->under_nta |= nta != NULL;
	a->strict |= nta != NULL && nta->mode == HF_NTA_STRICT;
}

static void
say_chain(struct cp_job *job, struct cp_answer *a)
{
	const struct cp_links *l = links_of(job);

	add_nta(job, &job->name, a);
	for (unsigned i = 1; i < l->name_cnt && a->chain_cnt < HF_CHAIN_MAX; i++) {
		a->chain[a->chain_cnt++] = *l->name[i];
		add_nta(job, l->name[i], a);
	}
}

/* The worst link decides. */
static void
say(struct cp_job *job, struct cp_answer *a)
{
	const struct cp_links *l = links_of(job);

	say_chain(job, a);
	a->verdict = HF_VERDICT_SECURE;
	for (unsigned i = 0; i < l->cnt; i++) {
		const struct cp_outcome *o = l->link[i];

		if (o->kind == CP_KIND_FAIL) {
			say_failure(job, o, a);
			return;
		}
		if (o->verdict == HF_VERDICT_BOGUS && !excused(job, l->name[i])) {
			if (job->cause == CP_CAUSE_ZONE_COSTLY)
				say_failure(job, o, a);
			else
				say_bogus(o, a);
			return;
		}
		if (o->verdict == HF_VERDICT_BOGUS && a->verdict != HF_VERDICT_UNVALIDATED)
			say_passed(o, a);
		if (o->verdict == HF_VERDICT_INSECURE)
			say_insecure(o, a);
		if (o->kind == CP_KIND_NXDOMAIN)
			a->rcode = HF_RCODE_NXDOMAIN;
		if (o->kind == CP_KIND_YXDOMAIN)
			a->rcode = HF_RCODE_YXDOMAIN;
	}
}

/* What each link would be without the NTA that covers it, whatever is done with it. */
static void
tell_shadows(const struct cp_job *job)
{
	const struct cp_links *l = &job->root->links;

	for (unsigned i = 0; i < l->cnt; i++) {
		const struct cp_rule *nta = cp_policy_nta(job->r->policy, l->name[i]);
		const struct cp_outcome *o = l->link[i];

		if (nta == NULL || o->kind == CP_KIND_FAIL)
			continue;
		if (o->verdict == HF_VERDICT_BOGUS)
			CP_COUNT(job->r, nta_would_fail);
		else
			CP_COUNT(job->r, nta_would_validate);
		if (nta->shadow != NULL)
			cp_shadow_judged(nta->shadow, o->verdict, o->why.reason);
	}
}

/* --- failures */

static uint32_t
failure_keep(struct cp_job *job, const struct cp_answer *a)
{
	size_t len = sizeof(struct cp_failure) + a->chain_cnt * sizeof(a->chain[0]);
	struct cp_failure *f = hf_arena_alloc(&job->arena, len);

	if (f == NULL) /* out of arena: nothing is remembered, it is told for a second */
		return job->r->limits.ttl_fail_min_s;
	f->verdict = a->verdict;
	f->refused = a->refused;
	f->ede = a->ede;
	memcpy(f->text, a->ede_text, sizeof(f->text));
	f->chain_cnt = a->chain_cnt;
	memcpy(f->chain, a->chain, a->chain_cnt * sizeof(a->chain[0]));
	return cp_cache_put_failure(job->r, job, f);
}

/* --- the end */

static void
count_end(struct cp_job *job, const struct cp_answer *a)
{
	struct cp_resolver *r = job->r;
	static const enum cp_resolver_counter by_cause[CP_CAUSE_CNT] = {
	    [CP_CAUSE_SENDS] = CP_RESOLVER_budget_sends,
	    [CP_CAUSE_BYTES] = CP_RESOLVER_budget_bytes,
	    [CP_CAUSE_REFERRALS] = CP_RESOLVER_budget_referrals,
	    [CP_CAUSE_CHAIN] = CP_RESOLVER_budget_chain,
	    [CP_CAUSE_NS] = CP_RESOLVER_budget_ns,
	    [CP_CAUSE_SIGS] = CP_RESOLVER_budget_sigs,
	    [CP_CAUSE_SHA1] = CP_RESOLVER_budget_sha1,
	    [CP_CAUSE_WALL] = CP_RESOLVER_budget_wall,
	    [CP_CAUSE_MEMORY] = CP_RESOLVER_budget_memory,
	};

	if (a->rcode == HF_RCODE_SERVFAIL) {
		CP_COUNT(r, servfail);
		if (by_cause[job->cause] != 0)
			cp_core_count(r, by_cause[job->cause], 1);
	} else if (a->rcode == HF_RCODE_NXDOMAIN) {
		CP_COUNT(r, nxdomain);
	} else if (a->rcode == HF_RCODE_NOERROR) {
		CP_COUNT(r, noerror);
	}
	if (a->verdict == HF_VERDICT_SECURE)
		CP_COUNT(r, secure);
	else if (a->verdict == HF_VERDICT_INSECURE)
		CP_COUNT(r, insecure);
	else if (a->verdict == HF_VERDICT_BOGUS)
		CP_COUNT(r, bogus);
	else if (a->verdict == HF_VERDICT_UNVALIDATED)
		CP_COUNT(r, unvalidated);
	if (job->sends == 0)
		CP_COUNT(r, cache_hit);
}

/* Aliases that lead back to themselves are an error (RFC 1034 3.6.2), and are shown. */
static bool
is_loop(struct cp_job *job)
{
	const struct cp_links *l = links_of(job);

	return l->cnt > 0 && l->link[l->cnt - 1]->kind == CP_KIND_FAIL &&
	    l->link[l->cnt - 1]->cause == CP_CAUSE_ALIAS_LOOP;
}

/* A forwarder had a part in it whose word is not to be kept. */
static bool
is_passing(struct cp_job *job)
{
	const struct cp_links *l = links_of(job);
	bool keeps = true;

	for (unsigned i = 0; i < l->name_cnt && keeps; i++)
		keeps = cp_route_keeps(
		    job->r->routes, cp_route_view(job->r->routes, l->name[i], job->type));
	return !keeps;
}

/* A copy of a for everyone who waits, with the records each asked for. */
static void
tell(struct cp_job *job, const struct cp_answer *a)
{
	static const struct cp_links nothing;
	struct cp_resolver *r = job->r;
	bool records = a->rcode != HF_RCODE_SERVFAIL || is_loop(job);
	bool passing = is_passing(job);
	struct cp_answer own;

	for (struct cp_waiter *w = job->waiters; w != NULL; w = w->next) {
		struct cp_page page = {
		    .buf = r->render,
		    .body_cap = w->large ? HF_MSG_MAX : r->limits.body_cap,
		    .rr_max = w->large ? UINT16_MAX : HF_ANSWER_RR_MAX,
		    .dnssec_ok = (w->variant & HF_VARIANT_DO) != 0,
		    .now_s = (uint32_t)r->now.wall_s,
		    .ttl_max =
			job->past ? cp_policy_stale_of(r->policy, &job->name)->ttl_s : UINT32_MAX,
		};

		own = *a;
		own.question = w->question;
		own.variant = w->variant;
		cp_render(records ? links_of(job) : &nothing, &page, &own);
		if (a->rcode == HF_RCODE_SERVFAIL)
			own.ttl_s = a->ttl_s;
		else if (passing)
			own.ttl_s = 0;
		count_end(job, &own);
		if (job->trace != NULL)
			cp_trace_end(job, w->token, &own);
		r->ops.answer(r->ops.arg, w->token, &own);
	}
}

static void
answer_init(const struct cp_job *job, struct cp_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->ede = HF_EDE_NONE;
	a->hidden_ede = HF_EDE_NONE;
	a->policy_gen = cp_policy_generation(job->r->policy);
	a->sends = job->sends;
}

/* Part of the answer is not there. Nothing is known to have failed. */
static void
say_not_cached(struct cp_job *job, struct cp_answer *a)
{
	links_of(job)->cnt = 0;
	a->rcode = HF_RCODE_REFUSED;
	a->verdict = HF_VERDICT_FAILURE;
	a->ede = cp_cause_ede(CP_CAUSE_NOT_CACHED);
	snprintf(a->ede_text, sizeof(a->ede_text), "%s", cp_cause_text(CP_CAUSE_NOT_CACHED));
}

/* What was led by something that has run out is stale (RFC 8767 4), if its signatures are not. */
static void
say_past(const struct cp_job *job, struct cp_answer *a)
{
	if (!job->past || a->rcode == HF_RCODE_SERVFAIL)
		return;
	if (job->past_unsigned && a->verdict == HF_VERDICT_SECURE)
		a->verdict = HF_VERDICT_INSECURE;
	if (a->ede != HF_EDE_NONE)
		return;
	a->ede = a->rcode == HF_RCODE_NXDOMAIN ? HF_EDE_STALE_NXDOMAIN : HF_EDE_STALE;
	snprintf(a->ede_text, sizeof(a->ede_text), "a zone above fails: by what was known before");
}

static void
finish(struct cp_job *job)
{
	struct cp_answer a;

	if (job->over)
		return;
	answer_init(job, &a);
	say(job, &a);
	say_past(job, &a);
	if (a.under_nta)
		tell_shadows(job);
	if (job->cause == CP_CAUSE_NOT_CACHED)
		say_not_cached(job, &a);
	else if (cp_sentinel_fails(job, &a))
		CP_COUNT(job->r, sentinel);
	else if (a.rcode == HF_RCODE_SERVFAIL &&
	    (job->refresh || cp_cause_is_ours(failure_cause(job))))
		a.ttl_s = job->r->limits.ttl_fail_min_s;
	else if (a.rcode == HF_RCODE_SERVFAIL)
		a.ttl_s = failure_keep(job, &a);
	else
		cp_cache_drop_failure(job->r, job);
	job->over = true;
	cp_core_retire(job); /* a question asked from within ops->answer makes a new job */
	tell(job, &a);
}

static void
link_add(struct cp_job *job, const struct cp_outcome *o)
{
	struct cp_links *l = links_of(job);

	l->link[l->cnt++] = o;
}

void
cp_question_abort(struct cp_job *job, enum cp_cause cause)
{
	struct cp_links *l = links_of(job);
	struct cp_want want = {CP_TASK_LOOKUP, l->name[l->cnt], job->type, false, false};
	struct cp_task *t;

	if (job->over)
		return;
	t = l->cnt < l->name_cnt ? cp_task_find(job, &want) : NULL;
	/* The records are there and only the keys are not: that is a validation failure. */
	if (t != NULL && !t->done && t->lookup.phase == CP_LOOKUP_JUDGE &&
	    !cp_cause_is_ours(cause) && (job->type == HF_TYPE_CNAME || !is_alias(t->lookup.got))) {
		cp_verify_abandon(t);
		link_add(job, t->lookup.got);
	} else {
		job->cause = cause;
		link_add(job, cp_task_fail(job->root, cause));
	}
	finish(job);
}

/* The next name of the chain, or the end of it (RFC 1034 3.6.2). */
static bool
follow(struct cp_job *job, const struct cp_outcome *o)
{
	struct cp_links *l = links_of(job);
	struct hf_name next = o->target;

	hf_name_lower(&next);
	for (unsigned i = 0; i < l->name_cnt; i++) {
		if (hf_name_equal(l->name[i], &next)) {
			link_add(job, cp_task_fail(job->root, CP_CAUSE_ALIAS_LOOP));
			return false;
		}
	}
	if (l->name_cnt > job->r->limits.chain) {
		job->cause = CP_CAUSE_CHAIN;
		l->link[l->cnt - 1] = cp_task_fail(job->root, CP_CAUSE_CHAIN);
		return false;
	}
	l->name[l->name_cnt] = hf_arena_copy(&job->arena, &next, sizeof(next));
	if (l->name[l->name_cnt] == NULL) {
		job->cause = CP_CAUSE_MEMORY;
		l->link[l->cnt - 1] = cp_task_fail(job->root, CP_CAUSE_MEMORY);
		return false;
	}
	l->name_cnt++;
	return true;
}

void
cp_question_step(struct cp_task *t)
{
	struct cp_job *job = t->job;
	struct cp_links *l = &t->links;
	bool more = true;

	if (l->name_cnt == 0)
		l->name[l->name_cnt++] = &job->name;
	while (more) {
		struct cp_want want = {CP_TASK_LOOKUP, l->name[l->cnt], job->type, false, false};
		const struct cp_outcome *o = cp_task_need(t, &want);

		if (o == NULL)
			return;
		bool lost = o->kind == CP_KIND_FAIL ||
		    (o->verdict == HF_VERDICT_BOGUS && !excused(job, l->name[l->cnt]));

		link_add(job, o);
		more = !lost && is_alias(o) && job->type != HF_TYPE_CNAME && follow(job, o);
	}
	t->done = true;
	finish(job);
}

bool
cp_question_from_failures(struct cp_job *job)
{
	uint32_t left_s = 0;
	const struct cp_failure *f = cp_cache_failure(job->r, job, &left_s);
	struct cp_answer a;

	if (f == NULL)
		return false;
	answer_init(job, &a);
	a.rcode = HF_RCODE_SERVFAIL;
	a.verdict = f->verdict;
	a.refused = f->refused;
	a.ede = f->ede;
	memcpy(a.ede_text, f->text, sizeof(a.ede_text));
	a.ttl_s = left_s;
	a.under_nta = covered(job, &job->name);
	for (unsigned i = 0; i < f->chain_cnt; i++) {
		a.chain[a.chain_cnt++] = f->chain[i];
		a.under_nta |= covered(job, &f->chain[i]);
	}
	job->over = true;
	cp_core_retire(job);
	tell(job, &a);
	return true;
}

/* "RFC8482": what ANY gets (RFC 8482 4.2). */
static const struct cp_outcome *
any_outcome(struct cp_job *job)
{
	static const uint8_t rdata[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
	static const struct hf_rdata rr = {rdata, sizeof(rdata)};
	struct cp_outcome *o = cp_task_fail(job->root, CP_CAUSE_NONE);
	struct hf_rrset set = {.owner = job->name,
	    .type = HF_TYPE_HINFO,
	    .klass = HF_CLASS_IN,
	    .ttl = ODD_TTL_S,
	    .rr_cnt = 1,
	    .rr = &rr,
	    .sig = &rr};
	const struct hf_rrset *kept = hf_arena_copy(&job->arena, &set, sizeof(set));

	o->verdict = HF_VERDICT_INSECURE;
	if (kept == NULL)
		return o;
	o->kind = CP_KIND_ANSWER;
	o->answer[o->answer_cnt++] = kept;
	return o;
}

bool
cp_question_odd(struct cp_job *job)
{
	struct cp_links *l = links_of(job);
	struct cp_answer a;

	if (!hf_type_is_meta(job->type)) /* ANY is one of them */
		return false;
	if (job->type == HF_TYPE_ANY && job->r->any_full)
		return false;
	l->name[l->name_cnt++] = &job->name;
	if (job->type == HF_TYPE_ANY)
		link_add(job, any_outcome(job));
	answer_init(job, &a);
	a.verdict = HF_VERDICT_INSECURE;
	a.rcode = job->type == HF_TYPE_ANY ? HF_RCODE_NOERROR : HF_RCODE_NOTIMP;
	job->over = true;
	cp_core_retire(job);
	tell(job, &a);
	return true;
}
