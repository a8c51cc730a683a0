/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/lookup.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/choose.h"
#include "controlplane/resolver/hints.h"
#include "controlplane/resolver/local.h"
#include "controlplane/resolver/question.h"
#include "controlplane/resolver/send.h"
#include "controlplane/resolver/synth.h"
#include "controlplane/resolver/verify.h"
#include "lib/base/ns.h"

enum { BOGUS_TRIES = 5 }; /* further servers asked when records do not validate */

/* An NTA or CD lets bad records pass: nothing is gained by asking others (RFC 7646 2). */
static bool
is_excused(const struct cp_task *t)
{
	return t->job->cd || cp_policy_covers(t->job->r->policy, &t->name, NULL);
}

static bool
is_priming(const struct cp_task *t)
{
	return t->lookup.raw && t->type == HF_TYPE_NS && t->name.len == 1;
}

void
cp_lookup_init(struct cp_task *t, bool raw)
{
	struct cp_lookup *l = &t->lookup;

	l->raw = raw;
	if (is_priming(t)) /* of the public tree, whatever else "." is */
		return;
	l->route = cp_route_of(t->job->r->routes, &t->name, t->type);
	l->view = t->view;
}

static bool
begin_raw(struct cp_task *t)
{
	bool addr = t->type == HF_TYPE_A || t->type == HF_TYPE_AAAA;
	struct cp_outcome *o = addr ? cp_cache_answer(t) : NULL;

	if (addr && o == NULL)
		o = cp_synth_answer(t);
	if (addr && o == NULL)
		o = cp_cache_raw(t, &t->name, t->type);
	if (o != NULL)
		cp_task_done(t, o);
	t->lookup.phase = CP_LOOKUP_FIND;
	return true;
}

/* The keys of a zone are judged against its DS: that is STATE's work, take it from there. */
static bool
begin_keys(struct cp_task *t)
{
	struct cp_want want = {CP_TASK_STATE, &t->name, 0, false, false};
	const struct cp_outcome *state = cp_task_need(t, &want);

	if (state == NULL)
		return false;
	t->lookup.phase = CP_LOOKUP_FIND;
	if (state->verdict == HF_VERDICT_SECURE && hf_name_equal(&state->cut, &t->name))
		cp_task_done(t, (struct cp_outcome *)(uintptr_t)state);
	return true;
}

static bool
begin(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *o;

	if (!is_priming(t) && cp_local_answers(t, &o)) {
		cp_task_done(t, o);
		return true;
	}
	if (l->raw)
		return begin_raw(t);
	o = cp_cache_answer(t);
	if (o == NULL)
		o = cp_synth_answer(t);
	if (o != NULL) {
		cp_task_done(t, o);
		return true;
	}
	if (t->type == HF_TYPE_DNSKEY && t->job->r->validate)
		return begin_keys(t);
	l->phase = CP_LOOKUP_FIND;
	/* A referral's denial has no SOA: enough to judge a zone by, not to answer a client. */
	if (t->type == HF_TYPE_DS && t->job->type != HF_TYPE_DS)
		l->got = cp_cache_raw(t, &t->name, t->type);
	if (l->got != NULL) {
		l->shared = true;
		l->phase = CP_LOOKUP_JUDGE;
	}
	return true;
}

static void
enter_cut(struct cp_task *t, struct cp_delegation *d)
{
	struct cp_lookup *l = &t->lookup;

	l->cut = d;
	l->tried_cnt = 0;
	l->ask_again = false;
	l->phase = CP_LOOKUP_ASK;
}

/* The servers of an operator's zone; below a stub, those its servers referred us to. */
static struct cp_delegation *
find_routed(struct cp_task *t, const struct hf_name *from)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_delegation *d = NULL;

	if (!cp_route_is_forward(l->route))
		d = cp_cache_cut(t, from, l->view);
	return d != NULL ? d : cp_route_cut(l->route, &t->job->arena);
}

/* The servers of the closest zone known in the public tree. NULL: waiting for priming, or no
 * memory: *waits says which. */
static struct cp_delegation *
find_public(struct cp_task *t, const struct hf_name *from, bool *waits)
{
	struct cp_want prime = {CP_TASK_LOOKUP, &hf_name_root, HF_TYPE_NS, true, true};
	struct cp_delegation *d = NULL;

	if (!is_priming(t))
		d = cp_cache_cut(t, from, CP_VIEW_PUBLIC);
	if (d == NULL && !is_priming(t)) {
		*waits = cp_task_need(t, &prime) == NULL;
		if (*waits)
			return NULL;
		d = cp_cache_cut(t, &hf_name_root, CP_VIEW_PUBLIC);
	}
	return d != NULL ? d : cp_hints_copy(t->job->r->hints, &t->job->arena);
}

static bool
find(struct cp_task *t)
{
	struct hf_name from = t->name;
	struct cp_delegation *d;
	bool waits = false;

	if (t->type == HF_TYPE_DS) /* the parent's data (RFC 4035 3.1.4.1) */
		hf_name_strip(&from, 1, &from);
	if (t->lookup.route != NULL)
		d = find_routed(t, &from);
	else
		d = find_public(t, &from, &waits);
	if (waits)
		return false;
	if (d == NULL)
		cp_task_done(t, cp_task_fail(t, CP_CAUSE_MEMORY));
	else
		enter_cut(t, d);
	return true;
}

/* The end without a usable answer: bad records if there were any, else why there are none. */
static void
give_up(struct cp_task *t, enum cp_cause cause)
{
	struct cp_lookup *l = &t->lookup;

	l->spent = true;
	if (is_priming(t)) /* the hints have to do for a while (RFC 9609 3) */
		cp_hints_keep(t);
	cp_task_done(t, l->bogus != NULL ? l->bogus : cp_task_fail(t, cause));
}

static void
out_of_budget(struct cp_task *t, enum cp_cause cause)
{
	if (t->job->cause == CP_CAUSE_NONE)
		t->job->cause = cause;
	give_up(t, cause);
}

/* Addresses of ns: true when they are known or known not to be had; false: waiting. */
static bool
ns_resolve(struct cp_task *t, struct cp_ns *ns)
{
	static const uint16_t types[2] = {HF_TYPE_A, HF_TYPE_AAAA};
	struct cp_resolver *r = t->job->r;
	struct cp_budget *b = &t->job->budget;

	for (unsigned i = 0; i < 2 && ns->addr_cnt == 0; i++) {
		struct cp_want want = {CP_TASK_LOOKUP, &ns->name, types[i], true, true};

		if (!(i == 0 ? r->do_ip4 : r->do_ip6))
			continue;
		if (cp_task_find(t->job, &want) == NULL && !cp_budget_take(&b->ns_lookups, 1)) {
			t->job->cause = CP_CAUSE_NS;
			break;
		}
		const struct cp_outcome *o = cp_task_need(t, &want);

		if (o == NULL)
			return false;
		if (o->kind == CP_KIND_ANSWER)
			cp_ns_add_addrs(ns, o->answer[0], r->server_port, r->limits.ns_addrs);
	}
	ns->asked = true;
	if (ns->addr_cnt == 0 && !cp_budget_take(&b->ns_lookup_fails, 1))
		t->job->cause = CP_CAUSE_NS;
	return true;
}

static struct cp_ns *
ns_unasked(struct cp_task *t)
{
	struct cp_delegation *d = t->lookup.cut;
	const struct cp_budget *b = &t->job->budget;

	for (unsigned i = 0; i < d->ns_cnt; i++) {
		if (d->ns[i].addr_cnt > 0 || d->ns[i].asked)
			continue;
		if (b->ns_lookup_fails > 0 && b->ns_lookups > 0)
			return &d->ns[i];
		if (t->job->cause == CP_CAUSE_NONE)
			t->job->cause = CP_CAUSE_NS;
	}
	return NULL;
}

static bool
send_to(struct cp_task *t, const struct hf_addr *a)
{
	enum cp_cause cause = cp_send_to(t, a);

	if (cause != CP_CAUSE_NONE)
		out_of_budget(t, cause);
	return false;
}

/* Every forwarder was asked and none was of use: the public tree, if the operator says so. */
static bool
fall_back(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;

	if (l->route == NULL || l->route->kind != CP_ZONE_FORWARD_FIRST)
		return false;
	CP_COUNT(t->job->r, fell_back);
	l->route = NULL;
	l->view = CP_VIEW_PUBLIC;
	l->phase = CP_LOOKUP_FIND;
	return true;
}

static bool
ask(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct hf_addr to;

	if (l->ask_again)
		return send_to(t, &l->again);
	if (cp_choose_server(t, 1, &to))
		return send_to(t, &to);
	if (fall_back(t))
		return true;
	struct cp_ns *ns = ns_unasked(t);

	if (ns != NULL)
		return ns_resolve(t, ns);
	if (cp_choose_server(t, t->job->r->limits.sends_per_server, &to))
		return send_to(t, &to);
	give_up(t, l->last_cause != CP_CAUSE_NONE ? l->last_cause : CP_CAUSE_NO_ADDRESS);
	return true;
}

/* Records did not validate: go and ask others, if that may help. */
static bool
ask_others(struct cp_task *t, struct cp_outcome *bad)
{
	struct cp_lookup *l = &t->lookup;

	if (is_excused(t) || l->spent || l->bogus_tries >= BOGUS_TRIES)
		return false;
	l->bogus_tries++;
	cp_job_mark_bad(t->job, &bad->server);
	if (l->bogus == NULL)
		l->bogus = bad;
	l->got = NULL;
	l->phase = l->cut != NULL ? CP_LOOKUP_ASK : CP_LOOKUP_FIND;
	return true;
}

bool
cp_lookup_again(struct cp_task *t)
{
	if (!t->done || t->result->kind == CP_KIND_FAIL || !ask_others(t, t->result))
		return false;
	cp_task_redo(t);
	return true;
}

static bool
judge(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *o = l->got;

	if (!cp_verify(t))
		return false;
	if (o->verdict == HF_VERDICT_BOGUS) {
		if (l->shared)
			cp_cache_drop_raw(t, &t->name, t->type);
		l->shared = false;
		if (o->own_fault && ask_others(t, o))
			return true;
		if (l->bogus != NULL)
			o = l->bogus;
	}
	if (o->verdict != HF_VERDICT_BOGUS || cp_policy_covers(t->job->r->policy, &t->name, NULL))
		cp_cache_put_answer(t, o);
	cp_task_done(t, o);
	return true;
}

void
cp_lookup_step(struct cp_task *t)
{
	bool more = true;

	while (more && !t->done) {
		switch (t->lookup.phase) {
		case CP_LOOKUP_BEGIN:
			more = begin(t);
			break;
		case CP_LOOKUP_FIND:
			more = find(t);
			break;
		case CP_LOOKUP_ASK:
			more = ask(t);
			break;
		case CP_LOOKUP_WAIT:
			more = false;
			break;
		case CP_LOOKUP_JUDGE:
			more = judge(t);
			break;
		}
	}
}

static void
take_outcome(struct cp_task *t, struct cp_response *resp)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *o = resp->outcome;

	const struct cp_resolver_limits *lim = &t->job->r->limits;
	bool negative = o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN;

	cp_outcome_age(o, 0, negative ? lim->ttl_neg_max_s : lim->ttl_max_s);
	l->got = o;
	if (!l->raw && o->kind != CP_KIND_FAIL) {
		l->phase = CP_LOOKUP_JUDGE;
		return;
	}
	if (o->kind == CP_KIND_FAIL) {
		cp_task_done(t, o);
		return;
	}
	if (is_priming(t))
		cp_hints_primed(t, resp->cut);
	if (t->type == HF_TYPE_A || t->type == HF_TYPE_AAAA)
		cp_cache_put_raw(t, &t->name, t->type, o);
	cp_task_done(t, o);
}

static void
take_referral(struct cp_task *t, struct cp_response *resp)
{
	struct cp_delegation *d = resp->cut;

	if (!cp_budget_take(&t->job->budget.referrals, 1)) {
		out_of_budget(t, CP_CAUSE_REFERRALS);
		return;
	}
	cp_cache_put_cut(t, d);
	if (resp->ds != NULL)
		cp_cache_put_raw(t, &d->zone, HF_TYPE_DS, resp->ds);
	enter_cut(t, d);
}

void
cp_lookup_reply(struct cp_task *t, const struct cp_exchange *x, struct cp_response *resp)
{
	struct cp_resolver *r = t->job->r;
	struct cp_tried *tried = cp_choose_tried(&t->lookup, &x->server);

	t->lookup.exchange = NULL;
	t->lookup.phase = CP_LOOKUP_ASK;
	cp_task_wake(t);
	switch (resp->says) {
	case CP_SAYS_OUTCOME:
		take_outcome(t, resp);
		break;
	case CP_SAYS_REFERRAL:
		take_referral(t, resp);
		break;
	case CP_SAYS_TRUNCATED:
		cp_send_again(t, x, true);
		break;
	case CP_SAYS_FORMERR:
		if (tried != NULL)
			tried->no_edns = true;
		cp_send_again(t, x, x->transport == CP_TCP);
		break;
	case CP_SAYS_LAME:
		CP_COUNT(r, lame);
		cp_send_over(t, x, CP_CAUSE_LAME);
		break;
	case CP_SAYS_MALFORMED:
		CP_COUNT(r, malformed);
		cp_send_over(t, x, CP_CAUSE_LAME);
		break;
	case CP_SAYS_NO_MEMORY:
		cp_question_abort(t->job, CP_CAUSE_MEMORY);
		break;
	}
}

void
cp_lookup_failed(struct cp_task *t, const struct cp_exchange *x, enum cp_fail why)
{
	static const enum cp_cause causes[CP_FAIL_CNT] = {
	    CP_CAUSE_TIMEOUT, CP_CAUSE_NETWORK, CP_CAUSE_NETWORK, CP_CAUSE_LOCAL};
	struct cp_resolver *r = t->job->r;

	t->lookup.exchange = NULL;
	t->lookup.phase = CP_LOOKUP_ASK;
	t->lookup.last_cause = causes[why];
	cp_core_count(
	    r, why == CP_FAIL_TIMEOUT ? CP_RESOLVER_timeouts : CP_RESOLVER_unreachable, 1);
	if (why != CP_FAIL_TIMEOUT)
		cp_send_over(t, x, causes[why]);
	if (why != CP_FAIL_LOCAL)
		cp_server_failed(cp_servers_get(r->servers, &x->server), r->now.mono_ns);
	cp_task_wake(t);
}
