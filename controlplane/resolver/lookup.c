/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/lookup.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/choose.h"
#include "controlplane/resolver/fastfail.h"
#include "controlplane/resolver/flight.h"
#include "controlplane/resolver/hints.h"
#include "controlplane/resolver/local.h"
#include "controlplane/resolver/lost.h"
#include "controlplane/resolver/minimise.h"
#include "controlplane/resolver/nap.h"
#include "controlplane/resolver/note.h"
#include "controlplane/resolver/nsaddr.h"
#include "controlplane/resolver/past.h"
#include "controlplane/resolver/question.h"
#include "controlplane/resolver/receive.h"
#include "controlplane/resolver/send.h"
#include "controlplane/resolver/synth.h"
#include "controlplane/resolver/verify.h"
#include "lib/base/ns.h"

enum {
	BOGUS_TRIES = 5, /* further servers asked when records do not validate */
	BLANK_TRIES = 2, /* servers passed over that say nothing of use and claim authority */
};

/* An NTA or CD lets bad records pass: nothing is gained by asking others (RFC 7646 2). But for
 * keys that are to be seen as they are, good ones are better. */
static bool
is_excused(const struct cp_task *t)
{
	return (t->job->cd && !t->job->fresh) ||
	    cp_policy_covers(t->job->r->policy, &t->name, NULL);
}

static bool
is_priming(const struct cp_task *t)
{
	return t->lookup.raw && t->type == HF_TYPE_NS && t->name.len == 1;
}

void
cp_lookup_init(struct cp_task *t, enum cp_raw raw)
{
	struct cp_lookup *l = &t->lookup;

	l->raw = raw != CP_RAW_NOT;
	l->firm = raw == CP_RAW_FIRM;
	l->shown.off = !t->job->r->minimise;
	if (is_priming(t)) /* of the public tree, whatever else "." is */
		return;
	l->route = cp_route_of(t->job->r->routes, &t->name, t->type);
	l->view = t->view;
}

static bool
is_addr(const struct cp_task *t)
{
	return t->type == HF_TYPE_A || t->type == HF_TYPE_AAAA;
}

/* What another thread learned while t waited for it: the keys of the zone, by now judged, or the
 * root's servers, of which only that they are known counts. */
static struct cp_outcome *
by_others(struct cp_task *t)
{
	struct cp_outcome *o = NULL;

	if (t->lookup.nap_end_ns == 0)
		return NULL;
	if (is_priming(t) && cp_cache_cut(t, &hf_name_root, CP_VIEW_PUBLIC) != NULL)
		return cp_task_fail(t, CP_CAUSE_NONE);
	if (t->type == HF_TYPE_DNSKEY)
		o = cp_cache_state(t);
	return o != NULL && o->verdict == HF_VERDICT_SECURE && hf_name_equal(&o->cut, &t->name)
	    ? o
	    : NULL;
}

/* What follows from proofs that are not older news than the closest delegation. */
static struct cp_outcome *
from_proofs(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct hf_name from = t->name;

	if (t->type == HF_TYPE_DS) /* as in find */
		hf_name_strip(&from, 1, &from);
	if (!cp_route_is_forward(l->route))
		l->near = cp_cache_cut(t, &from, l->view);
	return cp_synth_answer(t, l->near != NULL ? l->near->zone.label_cnt : 0);
}

static bool
begin_raw(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *o = is_addr(t) ? cp_cache_answer(t) : NULL;

	if (is_addr(t) && o == NULL)
		o = from_proofs(t);
	if (is_addr(t) && o == NULL)
		o = cp_cache_raw(t, &t->name, t->type);
	if (is_addr(t) && o == NULL && !l->firm && l->near != NULL)
		o = cp_nsaddr_glue(t, l->near);
	if (o == NULL)
		o = by_others(t);
	if (o == NULL)
		o = cp_lost_find(t);
	if (o != NULL)
		cp_task_done(t, o);
	t->lookup.phase = CP_LOOKUP_FIND;
	return true;
}

/* What came along with the alias that leads here. */
static struct cp_outcome *
offered(const struct cp_task *t)
{
	for (const struct cp_offer *o = t->job->offers; o != NULL; o = o->next)
		if (o->type == t->type && hf_name_equal(&o->name, &t->name))
			return o->outcome;
	return NULL;
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
		o = from_proofs(t);
	if (o != NULL) {
		cp_task_done(t, o);
		return true;
	}
	if (t->type == HF_TYPE_DNSKEY && t->job->r->validate)
		return begin_keys(t);
	o = cp_lost_find(t);
	if (o != NULL) {
		cp_task_done(t, o);
		return true;
	}
	l->phase = CP_LOOKUP_FIND;
	l->got = offered(t);
	if (l->got != NULL) {
		l->tentative = true;
		l->phase = CP_LOOKUP_JUDGE;
		return true;
	}
	if (t->type == HF_TYPE_DS)
		l->got = cp_cache_raw(t, &t->name, t->type);
	/* A referral's denial has no SOA: enough to judge a zone by, not to answer a client. */
	if (l->got != NULL && t->job->type == HF_TYPE_DS) {
		l->tentative = true;
		if (l->got->kind != CP_KIND_ANSWER)
			l->got = NULL;
	}
	if (l->got != NULL) {
		l->shared = true;
		l->phase = CP_LOOKUP_JUDGE;
	}
	return true;
}

static void
enter_cut(struct cp_task *t, struct cp_delegation *d, bool cached)
{
	struct cp_lookup *l = &t->lookup;

	l->cut = d;
	l->cut_cached = cached;
	l->own_seen = false;
	l->zone = cp_servers_zone(t->job->r->servers, &d->zone);
	l->counted = !cp_table_is_public(t->job->r->table, &d->zone);
	l->asked_cut = false;
	l->last_resorts = 0;
	if (!l->refreshed) { /* then old servers may be met again: what was seen of them counts */
		l->tried_cnt = l->silences = 0;
		l->tried = NULL;
	}
	l->ask_again = false;
	l->shown.labels = d->zone.label_cnt;
	l->phase = CP_LOOKUP_ASK;
}

/* The closest delegation known at or above from. */
static struct cp_delegation *
closest(struct cp_task *t, const struct hf_name *from)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_delegation *d = l->near != NULL ? l->near : cp_cache_cut(t, from, l->view);
	struct hf_name up;

	l->near = NULL;
	if (d == NULL || d->zone.len == 1 || !l->raw || !is_addr(t) || !cp_nsaddr_is_dead_end(t, d))
		return d;
	hf_name_strip(&d->zone, 1, &up);
	return cp_cache_cut(t, &up, l->view);
}

/* The servers of an operator's zone; below a stub, those its servers referred us to. */
static struct cp_delegation *
find_routed(struct cp_task *t, const struct hf_name *from)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_delegation *d = NULL;

	if (!cp_route_is_forward(l->route))
		d = closest(t, from);
	return d != NULL ? d : cp_route_cut(l->route, &t->job->arena);
}

/* The servers of the closest zone known in the public tree. NULL: waiting for priming, or no
 * memory: *waits says which. */
static struct cp_delegation *
find_public(struct cp_task *t, const struct hf_name *from, bool *waits)
{
	struct cp_want prime = {CP_TASK_LOOKUP, &hf_name_root, HF_TYPE_NS, CP_RAW, true};
	struct cp_delegation *d = NULL;

	if (!is_priming(t))
		d = closest(t, from);
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

	if (t->job->cached) {
		t->job->cause = CP_CAUSE_NOT_CACHED;
		cp_task_done(t, cp_task_fail(t, CP_CAUSE_NOT_CACHED));
		return true;
	}
	if (t->type == HF_TYPE_DS) /* the parent's data (RFC 4035 3.1.4.1) */
		hf_name_strip(&from, 1, &from);
	if (t->lookup.refreshed)
		hf_name_strip(&t->lookup.cut->zone, 1, &from);
	if (t->lookup.route != NULL)
		d = find_routed(t, &from);
	else
		d = find_public(t, &from, &waits);
	if (waits)
		return false;
	if (d == NULL)
		cp_task_done(t, cp_task_fail(t, CP_CAUSE_MEMORY));
	else
		enter_cut(t, d, true);
	return true;
}

/* The root's servers in the public tree, for a client. */
static bool
is_root_servers(const struct cp_task *t)
{
	return t->type == HF_TYPE_NS && t->name.len == 1 && t->lookup.route == NULL;
}

/* These are the records: judge them, or take the server's word. */
static void
settle(struct cp_task *t, struct cp_outcome *o, struct cp_delegation *root)
{
	struct cp_lookup *l = &t->lookup;

	l->got = o;
	o->got_ns = t->job->r->now.mono_ns;
	if (!l->raw && o->kind != CP_KIND_FAIL) {
		if (is_root_servers(t) && root != NULL)
			cp_hints_primed(t, root);
		l->phase = CP_LOOKUP_JUDGE;
		return;
	}
	if (o->kind != CP_KIND_FAIL && is_priming(t))
		cp_hints_primed(t, root);
	if (o->kind != CP_KIND_FAIL && is_addr(t))
		cp_cache_put_raw(t, &t->name, t->type, o);
	cp_task_done(t, o);
}

/* The zone that a server which gave these records was asked as, as server.h names it. */
static uint64_t
zone_of(const struct cp_task *t, const struct cp_outcome *o)
{
	const struct cp_lookup *l = &t->lookup;

	return l->cut != NULL ? l->zone : cp_servers_zone(t->job->r->servers, &o->cut);
}

/* The look-up ends with o, judged. */
static void
finish(struct cp_task *t, struct cp_outcome *o)
{
	if (t->lookup.good != NULL)
		o = t->lookup.good;
	cp_fastfail_judged(t, o);
	if (o->verdict == HF_VERDICT_SECURE && o->server.family != 0)
		cp_servers_valid(
		    t->job->r->servers, zone_of(t, o), &o->server, t->job->r->now.mono_ns);
	bool keep =
	    o->verdict != HF_VERDICT_BOGUS || cp_policy_covers(t->job->r->policy, &t->name, NULL);

	if (keep && !t->job->past &&
	    t->type != HF_TYPE_RRSIG) /* nothing about signatures can be validated */
		cp_cache_put_answer(t, o);
	cp_lost_keep(t, o);
	cp_task_done(t, o);
}

/* The end without a proper answer: bad records if there were any, else poor ones, else why
 * there are none. */
static void
give_up(struct cp_task *t, enum cp_cause cause)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *poor = l->poor;

	l->spent = true;
	if (l->good != NULL) {
		finish(t, l->good);
		return;
	}
	l->poor = NULL;
	if (l->bogus == NULL && poor != NULL) {
		settle(t, poor, NULL);
		return;
	}
	if (is_priming(t)) /* the hints have to do for a while (RFC 9609 3) */
		cp_hints_keep(t);
	if (l->bogus != NULL)
		cp_fastfail_judged(t, l->bogus);
	struct cp_outcome *o = l->bogus != NULL ? l->bogus : cp_task_fail(t, cause);

	cp_lost_keep(t, o);
	cp_task_done(t, o);
}

static void
out_of_budget(struct cp_task *t, enum cp_cause cause)
{
	if (t->job->cause == CP_CAUSE_NONE && t->lookup.good == NULL)
		t->job->cause = cause;
	give_up(t, cause);
}

static bool
send_to(struct cp_task *t, const struct hf_addr *a)
{
	enum cp_cause cause = cp_send_to(t, a);

	if (cause == CP_CAUSE_SERVER_BUSY) /* perhaps another has room */
		return true;
	if (cause == CP_CAUSE_ZONE_BUSY) {
		if (cp_nap(t))
			return false;
		CP_COUNT(t->job->r, zone_busy);
	}
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

/* Nobody answers at the addresses we know: the parent may have new ones by now. */
static bool
refresh(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;

	if (l->refreshed || !l->cut_cached)
		return false;
	l->refreshed = true;
	l->phase = CP_LOOKUP_FIND;
	return true;
}

/* Every known address failed limit times: find others. */
static enum cp_nsaddr
find_others(struct cp_task *t)
{
	const struct cp_lookup *l = &t->lookup;
	bool given = l->cut->zone.len == 1 ||
	    (l->route != NULL && hf_name_equal(&l->route->zone, &l->cut->zone));
	bool copy = l->poor != NULL && l->poor->credit < CP_CREDIT_ANSWER;
	enum cp_nsaddr more = copy ? CP_NSADDR_NONE : cp_nsaddr_missing(t);

	/* Nobody knows better where the servers are that we were told of; and for an address
	 * not every effort is made. */
	if (more != CP_NSADDR_NONE || l->poor != NULL || given || (l->raw && is_addr(t)))
		return more;
	if (refresh(t))
		return CP_NSADDR_SOME;
	more = cp_nsaddr_firm(t);
	return more != CP_NSADDR_NONE ? more : cp_nsaddr_own(t);
}

/* It is known how this look-up ends: others are only asked for a trace. */
static bool
is_curious(const struct cp_task *t)
{
	const struct cp_lookup *l = &t->lookup;

	return l->good != NULL || (cp_trace_is_on(t) && l->bogus != NULL && is_excused(t));
}

/* The zone fails so: on by a delegation from before, if there was one. */
static bool
enter_past(struct cp_task *t, unsigned trigger)
{
	struct cp_delegation *d = cp_past_cut(t, trigger);

	if (d != NULL)
		enter_cut(t, d, true);
	return d != NULL;
}

static bool
ask(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *fast = cp_fastfail_outcome(t);
	struct hf_addr to;

	if (fast != NULL && !enter_past(t, HF_STALE_BOGUS))
		cp_task_done(t, fast);
	if (fast != NULL)
		return true;
	/* Where a server is may be looked for in a zone in trouble, but need not. */
	if (l->raw && is_addr(t) && cp_fastfail_in_trouble(t) && enter_past(t, HF_STALE_BOGUS))
		return true;
	if (cp_receive_copy(t))
		return true;
	if (l->ask_again)
		return !cp_flight_join(t) && send_to(t, &l->again);
	cp_minimise_skip(t);
	if (cp_flight_join(t))
		return false;
	if (cp_choose_server(t, CP_PASS_FIRST, &to))
		return send_to(t, &to);
	if (is_curious(t)) {
		finish(t, l->bogus);
		return true;
	}
	/* One packet lost is not a zone lost. */
	if (cp_delegation_addr_cnt(l->cut) <= 2 && cp_choose_server(t, CP_PASS_AGAIN, &to))
		return send_to(t, &to);
	if (fall_back(t) || enter_past(t, HF_STALE_TIMEOUT))
		return true;
	enum cp_nsaddr more = find_others(t);

	if (more != CP_NSADDR_NONE)
		return more == CP_NSADDR_SOME;
	if (cp_choose_server(t, CP_PASS_LAST, &to))
		return send_to(t, &to);
	if (l->last_cause == CP_CAUSE_SERVER_BUSY && cp_nap(t)) {
		l->last_cause = CP_CAUSE_NONE;
		return false;
	}
	give_up(t, l->last_cause != CP_CAUSE_NONE ? l->last_cause : CP_CAUSE_NO_ADDRESS);
	return true;
}

/* Records did not validate: go and ask others, if that may help. */
static bool
ask_others(struct cp_task *t, struct cp_outcome *bad)
{
	struct cp_lookup *l = &t->lookup;

	if ((is_excused(t) && !cp_trace_asks_on(t)) || l->spent ||
	    l->bogus_tries >= cp_fastfail_tries(t, bad, BOGUS_TRIES))
		return false;
	l->bogus_tries++;
	cp_job_mark_bad(t->job, zone_of(t, bad), &bad->server);
	if (l->bogus == NULL)
		l->bogus = bad;
	l->got = NULL;
	l->phase = l->cut != NULL ? CP_LOOKUP_ASK : CP_LOOKUP_FIND;
	return true;
}

/* After bad records good ones came, and somebody traces the question: which servers give which? */
static bool
survey(struct cp_task *t, struct cp_outcome *good)
{
	struct cp_lookup *l = &t->lookup;

	if (l->bogus == NULL || l->cut == NULL || !cp_trace_asks_on(t))
		return false;
	if (l->good == NULL && !is_excused(t))
		l->good = good;
	l->got = NULL;
	l->phase = CP_LOOKUP_ASK;
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

/* What would have saved a question does not: ask it. */
static void
ask_on(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;

	l->tentative = l->shared = false;
	l->got = NULL;
	cp_minimise_stop(t);
	l->phase = l->cut != NULL ? CP_LOOKUP_ASK : CP_LOOKUP_FIND;
}

static bool
judge(struct cp_task *t)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *o = l->got;

	if (o->got_ns == 0) /* no cache had it */
		o->got_ns = t->job->r->now.mono_ns;
	if (!cp_verify(t))
		return false;
	if (cp_trace_is_on(t))
		cp_note_judged(t, o, &o->why);
	if (l->tentative && o->verdict != HF_VERDICT_SECURE) {
		ask_on(t);
		return true;
	}
	if (o->verdict == HF_VERDICT_BOGUS && !cp_job_is_spent(t->job, o->why.reason)) {
		if (l->shared)
			cp_cache_drop_raw(t, &t->name, t->type);
		l->shared = false;
		if (o->own_fault && cp_job_may_search(t->job, o->why.reason) && ask_others(t, o))
			return true;
		if (l->bogus != NULL)
			o = l->bogus;
	} else if (survey(t, o)) {
		return true;
	}
	if (l->bogus != NULL && is_curious(t))
		o = l->bogus; /* or l->good */
	finish(t, o);
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
			if (!more || t->lookup.phase != CP_LOOKUP_FIND)
				t->lookup.near = NULL; /* another may be known by then */
			break;
		case CP_LOOKUP_FIND:
			more = find(t);
			break;
		case CP_LOOKUP_ASK:
			more = ask(t);
			break;
		case CP_LOOKUP_WAIT:
		case CP_LOOKUP_NAP:
			more = false;
			break;
		case CP_LOOKUP_JUDGE:
			more = judge(t);
			break;
		}
	}
}

static void
offer(struct cp_task *t, const struct cp_response *resp)
{
	const struct cp_outcome *from = resp->outcome;

	for (unsigned i = 0; i < resp->more_cnt; i++) {
		struct cp_offer one = {t->job->offers, t->type, from->target, resp->more[i]};
		struct cp_offer *kept = hf_arena_copy(&t->job->arena, &one, sizeof(one));

		if (kept == NULL)
			return;
		t->job->offers = kept;
		from = resp->more[i];
	}
}

/* Not good enough while there may be better: keep it for the end. What is signed proves
 * itself, whoever hands it over. */
static bool
is_poor(struct cp_task *t, const struct cp_response *resp)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_outcome *o = resp->outcome;
	bool blank =
	    resp->blank && !l->raw && !cp_route_is_forward(l->route) && l->poor_cnt < BLANK_TRIES;
	bool copy = o->credit < CP_CREDIT_ANSWER && !cp_outcome_is_signed(o);

	if (o->kind == CP_KIND_FAIL || (!copy && !blank))
		return false;
	if (l->poor == NULL || l->poor->credit < o->credit)
		l->poor = o;
	l->poor_cnt++;
	return true;
}

static void
take_outcome(struct cp_task *t, const struct cp_exchange *x, struct cp_response *resp)
{
	struct cp_outcome *o = resp->outcome;
	const struct cp_resolver_limits *lim = &t->job->r->limits;
	bool negative = o->kind == CP_KIND_NODATA || o->kind == CP_KIND_NXDOMAIN;

	cp_outcome_age(o, 0, negative ? lim->ttl_neg_max_s : lim->ttl_max_s);
	cp_outcome_raise(o, lim->ttl_min_s);
	if (resp->own != NULL && !cp_cache_has(t, &t->lookup.cut->zone, HF_TYPE_NS))
		cp_cache_put_raw(t, &t->lookup.cut->zone, HF_TYPE_NS, resp->own);
	if (cp_minimise_is_hidden(x)) {
		cp_minimise_outcome(t, x, o);
	} else if (is_poor(t, resp)) {
		cp_send_over(t, x, CP_CAUSE_LAME);
	} else {
		offer(t, resp);
		settle(t, o, resp->cut);
	}
}

/* Of the delegations that lead on from d, the deepest that is known. */
static struct cp_delegation *
deepest(struct cp_task *t, struct cp_delegation *d)
{
	struct hf_name from = t->name;
	struct cp_delegation *known;

	if (t->type == HF_TYPE_DS)
		hf_name_strip(&from, 1, &from);
	if (t->lookup.refreshed || from.label_cnt <= d->zone.label_cnt + 1u)
		return d;
	known = cp_cache_cut(t, &from, t->lookup.view);
	return known != NULL && known->zone.label_cnt > d->zone.label_cnt ? known : d;
}

/* An address look-up that a referral ends: it has the address, or leads nowhere. Then whoever
 * referred may know the address itself, if it was not asked for that yet. */
static bool
is_found(struct cp_task *t, const struct cp_exchange *x, struct cp_delegation *d)
{
	struct cp_outcome *o;

	if (!t->lookup.raw || !is_addr(t))
		return false;
	o = t->lookup.firm ? NULL : cp_nsaddr_glue(t, d);
	if (o != NULL)
		cp_task_done(t, o);
	else if (!cp_nsaddr_is_dead_end(t, d))
		return false;
	else if (cp_minimise_is_hidden(x))
		cp_minimise_refused(t, x);
	else
		give_up(t, CP_CAUSE_NO_ADDRESS);
	return true;
}

static void
take_referral(struct cp_task *t, const struct cp_exchange *x, struct cp_response *resp)
{
	struct cp_delegation *d = resp->cut;

	if (!cp_budget_take(&t->job->budget.referrals, 1)) {
		out_of_budget(t, CP_CAUSE_REFERRALS);
		return;
	}
	cp_cache_put_referral(t, d, resp->ds);
	if (is_found(t, x, d))
		return;
	struct cp_delegation *to = deepest(t, d);

	enter_cut(t, to, to != d);
}

static void
take_lame(struct cp_task *t, const struct cp_exchange *x, uint16_t rcode)
{
	if (cp_minimise_is_hidden(x))
		cp_minimise_refused(t, x);
	else
		cp_send_lame(t, x, rcode);
}

void
cp_lookup_reply(struct cp_task *t, const struct cp_exchange *x, struct cp_response *resp)
{
	t->lookup.exchange = NULL;
	t->lookup.phase = CP_LOOKUP_ASK;
	if (cp_trace_is_on(t))
		cp_note_reply(t, x, resp);
	cp_task_wake(t);
	switch (resp->says) {
	case CP_SAYS_OUTCOME:
		take_outcome(t, x, resp);
		break;
	case CP_SAYS_REFERRAL:
		take_referral(t, x, resp);
		break;
	case CP_SAYS_TRUNCATED:
		cp_send_again(t, x, true);
		break;
	case CP_SAYS_FORMERR:
		cp_send_formerr(t, x, resp->edns.present);
		break;
	case CP_SAYS_BADCOOKIE:
		cp_send_badcookie(t, x);
		break;
	case CP_SAYS_LAME:
		take_lame(t, x, resp->rcode);
		break;
	case CP_SAYS_MALFORMED:
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
	    CP_CAUSE_TIMEOUT, CP_CAUSE_NETWORK, CP_CAUSE_NETWORK, CP_CAUSE_NETWORK, CP_CAUSE_LOCAL};
	static const enum cp_trace_gave gave[CP_FAIL_CNT] = {
	    CP_GAVE_TIMEOUT, CP_GAVE_UNREACHABLE, CP_GAVE_RESET, CP_GAVE_FRAGMENTED, CP_GAVE_LOCAL};

	t->lookup.exchange = NULL;
	t->lookup.phase = CP_LOOKUP_ASK;
	t->lookup.last_cause = causes[why];
	if (cp_trace_is_on(t))
		cp_note_failed(t, x, gave[why]);
	/* Some drop what they do not know. */
	if (why == CP_FAIL_TIMEOUT && cp_minimise_is_hidden(x))
		cp_minimise_stop(t);
	cp_send_failed(t, x, why);
	cp_task_wake(t);
}
