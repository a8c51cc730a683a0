/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/send.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/choose.h"
#include "controlplane/resolver/core.h"
#include "controlplane/resolver/flight.h"
#include "controlplane/resolver/minimise.h"
#include "controlplane/resolver/note.h"
#include "controlplane/resolver/query.h"

enum { EDNS_SILENCES = 2 }; /* before a query without is tried */

#define LAME_NS (300 * HF_NS_PER_S)

/* CD is set for a forwarder whenever we validate ourselves (RFC 6840 5.9), but not when its
 * data did not: then its own validation may find better. AD is never looked at. */
uint16_t
cp_send_flags(const struct cp_task *t)
{
	const struct cp_resolver *r = t->job->r;
	struct hf_name anchor;

	if (!cp_route_is_forward(t->lookup.route))
		return 0;
	if (t->job->cd || cp_policy_covers(r->policy, &t->name, NULL))
		return HF_FLAG_RD | HF_FLAG_CD;
	if (r->validate && t->lookup.bogus == NULL && cp_core_anchor_above(r, &t->name, &anchor))
		return HF_FLAG_RD | HF_FLAG_CD;
	return HF_FLAG_RD;
}

/* Servers of a signed zone bear EDNS, and without it there is nothing to validate: silence is
 * slowness then. */
static bool
may_go_without_edns(struct cp_task *t)
{
	const struct cp_lookup *l = &t->lookup;
	const struct cp_outcome *ds;

	if (l->bogus != NULL || l->cut->zone.label_cnt == 0)
		return false;
	ds = cp_cache_raw(t, &l->cut->zone, HF_TYPE_DS);
	return ds == NULL || ds->kind != CP_KIND_ANSWER;
}

/* Its queries with EDNS are dropped on the way, as it seems: over TCP it says what it bears. */
static bool
wants_tcp(const struct cp_resolver *r, const struct cp_server *known)
{
	return r->now.mono_ns < known->doubt_ns && r->now.mono_ns >= known->no_edns_ns &&
	    r->now.mono_ns >= known->no_tcp_ns;
}

/* Queries with EDNS to servers of the cut were dropped, or those to this one were lately and TCP,
 * which would tell, is not to be had. */
static bool
edns_is_dropped(struct cp_task *t, const struct cp_exchange *x, const struct cp_server *known)
{
	uint64_t now_ns = t->job->r->now.mono_ns;
	bool doubt = now_ns < known->doubt_ns && now_ns < known->no_tcp_ns;

	return x->transport == CP_UDP && !known->edns_works &&
	    (doubt || t->lookup.silences >= EDNS_SILENCES) && may_go_without_edns(t);
}

/* How the server is asked this time. */
static void
manner_set(struct cp_task *t, struct cp_exchange *x, const struct cp_tried *tried,
    const struct cp_server *known)
{
	struct cp_resolver *r = t->job->r;
	uint64_t now_ns = r->now.mono_ns;
	uint8_t bits[(HF_NAME_MAX + 7) / 8];
	/* What drops a query may be what is in it: first the cookie goes, then EDNS, unless the
	 * server is known to have borne them. Servers of one zone are often alike, so silence of
	 * its others counts. Nothing is learnt from a datagram that comes then. */
	bool dropped = edns_is_dropped(t, x, known);
	bool no_cookie = tried->no_cookie || now_ns < known->no_cookie_ns ||
	    (tried->timeouts >= 1 && !known->has_cookies);
	bool no_edns = tried->no_edns || now_ns < known->no_edns_ns || dropped;

	x->edns = !no_edns;
	if (r->cookies && x->edns && !no_cookie)
		cp_cookie_make(
		    cp_servers_secret(r->servers), &x->server, known, now_ns, &x->cookie);
	x->sent = x->question.name;
	x->mixed = r->mix_case && now_ns >= known->no_case_ns;
	if (x->mixed) {
		r->ops.random(r->ops.arg, bits, (x->sent.len + 7u) / 8);
		cp_query_mix_case(&x->sent, bits);
	}
}

static void
fetch_set(struct cp_task *t, struct cp_exchange *x)
{
	x->fetch = (struct cp_fetch){
	    .server = x->server,
	    .zone = t->lookup.zone,
	    .counted = t->lookup.counted,
	    .tcp = x->transport == CP_TCP,
	    .sent_ns = t->job->r->now.mono_ns,
	};
}

/* Zone and server are asked for room. */
static enum cp_cause
admit(struct cp_resolver *r, const struct cp_fetch *f)
{
	switch (cp_servers_begin(r->servers, f, &r->fetch_limits)) {
	case CP_ADMIT_ZONE:
		return CP_CAUSE_ZONE_BUSY;
	case CP_ADMIT_ZONE_WASTE:
		CP_COUNT(r, zone_flooded);
		return CP_CAUSE_ZONE_FLOODED;
	case CP_ADMIT_SERVER:
		CP_COUNT(r, server_busy);
		return CP_CAUSE_SERVER_BUSY;
	case CP_ADMIT_OK:
		break;
	}
	return CP_CAUSE_NONE;
}

static uint64_t
wait_of(const struct cp_exchange *x, const struct cp_tried *tried, const struct cp_server *known)
{
	uint64_t ns = cp_server_timeout_ns(known, tried->sends - 1u, x->fetch.sent_ns);

	if (x->transport == CP_TCP && ns < CP_TIMEOUT_TCP_NS)
		return CP_TIMEOUT_TCP_NS;
	return ns;
}

static void
query_send(struct cp_task *t, struct cp_exchange *x, uint64_t wait_ns)
{
	struct cp_resolver *r = t->job->r;
	struct cp_query_head head = {x->msg_id, x->flags, x->edns, x->cookie};
	struct hf_question q = x->question;
	uint8_t msg[CP_QUERY_MAX];

	q.name = x->sent;
	size_t len = cp_query_write(msg, &head, &q);
	struct cp_send s = {
	    x->id, hf_nat64_map(&r->nat64, &x->server), x->transport, msg, len, wait_ns};

	r->ops.send(r->ops.arg, &s);
}

void
cp_send_question(const struct cp_task *t, struct hf_question *out)
{
	struct hf_question q = {.name = t->name, .type = t->type, .klass = HF_CLASS_IN};

	if (cp_route_is_forward(t->lookup.route))
		*out = q; /* whole: who recurses for us knows no cuts */
	else
		cp_query_choose(&q, &t->lookup.shown, out);
}

static struct cp_exchange *
exchange_make(struct cp_task *t, const struct hf_addr *a, const struct cp_server *known)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_resolver *r = t->job->r;
	struct cp_exchange *x = cp_exchange_open(&r->exchanges);

	if (x == NULL)
		return NULL;
	x->task = t;
	x->server = *a;
	x->transport = (l->ask_again && l->use_tcp) || (!l->ask_again && wants_tcp(r, known))
	    ? CP_TCP
	    : CP_UDP;
	x->msg_id = (uint16_t)cp_core_random(r);
	x->route = l->route;
	x->flags = cp_send_flags(t);
	cp_send_question(t, &x->question);
	fetch_set(t, x);
	return x;
}

void
cp_send_note(struct cp_task *t, struct cp_exchange *x)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_tried *tried = cp_choose_tried(t, &x->server);

	l->shown.steps += x->question.name.label_cnt < t->name.label_cnt;
	tried->sends++;
	t->job->sends++;
	l->asked_cut = true;
	l->exchange = x;
	l->phase = CP_LOOKUP_WAIT;
	if (cp_trace_is_on(t))
		cp_note_sent(t, x);
}

enum cp_cause
cp_send_to(struct cp_task *t, const struct hf_addr *a)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_resolver *r = t->job->r;
	struct cp_tried *tried = cp_choose_tried(t, a);
	struct cp_server known;

	if (!cp_budget_take(&t->job->budget.sends, 1))
		return CP_CAUSE_SENDS;
	cp_servers_read(r->servers, a, &known);
	struct cp_exchange *x = tried != NULL ? exchange_make(t, a, &known) : NULL;

	if (x == NULL)
		return CP_CAUSE_MEMORY;
	enum cp_cause cause = admit(r, &x->fetch);
	bool trial = l->trial && !l->ask_again; /* who answers and is asked again is up */

	l->ask_again = false;
	if (cause != CP_CAUSE_NONE) {
		cp_exchange_close(&r->exchanges, x);
		t->job->budget.sends += cause == CP_CAUSE_ZONE_BUSY; /* it may be tried again */
		return cause;
	}
	manner_set(t, x, tried, &known);
	/* Without EDNS it has not all that another may need; nor need others wait for a server
	 * that may be down. */
	if (x->edns && !trial)
		cp_flight_offer(r, x);
	cp_send_note(t, x);
	if (x->transport == CP_TCP)
		CP_COUNT(r, sent_tcp);
	else
		CP_COUNT(r, sent_udp);
	uint64_t wait_ns = wait_of(x, tried, &known);

	cp_flight_claim(r, x, wait_ns);
	query_send(t, x, wait_ns);
	return CP_CAUSE_NONE;
}

void
cp_send_end(struct cp_resolver *r, struct cp_exchange *x, enum cp_end how)
{
	cp_flight_unclaim(r, x);
	cp_servers_end(r->servers, &x->fetch, how, &r->fetch_limits, r->now.mono_ns);
	cp_exchange_close(&r->exchanges, x);
}

void
cp_send_again(struct cp_task *t, const struct cp_exchange *x, bool tcp)
{
	struct cp_lookup *l = &t->lookup;
	struct cp_tried *tried = cp_choose_tried(t, &x->server);

	if (tried == NULL || tried->sends >= t->job->r->limits.sends_per_server) {
		if (tried != NULL)
			tried->over = true;
		return;
	}
	l->ask_again = true;
	l->use_tcp = tcp;
	l->again = x->server;
}

/* A datagram that says FORMERR to EDNS may be anybody's: TCP shows what the server means, without
 * the cookie, which old servers choke on. Where there is no TCP the word is taken for this
 * look-up, and only for it. */
static void
refused_plainly(struct cp_task *t, const struct cp_exchange *x, struct cp_tried *tried)
{
	struct cp_resolver *r = t->job->r;
	struct cp_server known;

	cp_servers_read(r->servers, &x->server, &known);
	if (r->now.mono_ns < known.no_tcp_ns || tried->plainly_refused) {
		tried->no_edns = true;
		cp_send_again(t, x, false);
		return;
	}
	tried->plainly_refused = true;
	tried->no_cookie = true;
	cp_send_again(t, x, true);
}

void
cp_send_formerr(struct cp_task *t, const struct cp_exchange *x, bool has_opt)
{
	struct cp_resolver *r = t->job->r;
	struct cp_tried *tried = cp_choose_tried(t, &x->server);

	if (tried == NULL)
		return;
	if (x->transport == CP_UDP && !x->verified) {
		refused_plainly(t, x, tried);
		return;
	}
	if (x->cookie.sent) {
		tried->no_cookie = true;
		if (has_opt) /* it knows EDNS, so it is the option */
			cp_servers_no_cookie(r->servers, &x->server, r->now.mono_ns);
	} else {
		tried->no_edns = true;
		CP_COUNT(r, edns_off);
		cp_servers_no_edns(r->servers, &x->server, r->now.mono_ns);
	}
	cp_send_again(t, x, x->transport == CP_TCP);
}

void
cp_send_badcookie(struct cp_task *t, const struct cp_exchange *x)
{
	struct cp_tried *tried = cp_choose_tried(t, &x->server);
	bool tcp = tried == NULL || tried->bad_cookie || x->transport == CP_TCP;

	CP_COUNT(t->job->r, cookie_bad);
	if (x->transport == CP_TCP && tried != NULL) /* it will not have it anywhere */
		tried->no_cookie = true;
	if (tried != NULL)
		tried->bad_cookie = true;
	cp_send_again(t, x, tcp);
}

void
cp_send_lame(struct cp_task *t, const struct cp_exchange *x, uint16_t rcode)
{
	struct cp_resolver *r = t->job->r;
	bool lame = rcode == HF_RCODE_NOERROR || rcode == HF_RCODE_REFUSED;
	/* A refusal of a part of the name, or of the parent's DS, says little of the zone. */
	bool whole = t->type != HF_TYPE_DS && !cp_minimise_is_hidden(x);

	CP_COUNT(r, lame);
	if (lame && whole && !cp_route_is_forward(t->lookup.route))
		cp_servers_lame(r->servers, t->lookup.zone, &x->server, LAME_NS, r->now.mono_ns);
	cp_send_over(t, x, CP_CAUSE_LAME);
}

void
cp_send_failed(struct cp_task *t, const struct cp_exchange *x, enum cp_fail why)
{
	struct cp_tried *tried = cp_choose_tried(t, &x->server);

	if (tried == NULL)
		return;
	if (x->transport == CP_TCP && tried->plainly_refused) { /* no TCP to prove it by */
		tried->no_edns = true;
		cp_send_again(t, x, false);
	} else if (why == CP_FAIL_TIMEOUT && x->transport == CP_UDP) {
		tried->timeouts++;
		t->lookup.silences += t->lookup.silences < UINT8_MAX;
		if (x->odd > 0) { /* somebody forges, or the path garbles */
			CP_COUNT(t->job->r, tcp_for_doubt);
			cp_send_again(t, x, true);
		}
	} else if (why == CP_FAIL_FRAGMENTED) {
		CP_COUNT(t->job->r, tcp_for_doubt);
		cp_send_again(t, x, true);
	} else if (why != CP_FAIL_TIMEOUT) {
		tried->over = true;
	}
}

void
cp_send_over(struct cp_task *t, const struct cp_exchange *x, enum cp_cause cause)
{
	struct cp_tried *tried = cp_choose_tried(t, &x->server);

	if (tried != NULL)
		tried->over = true;
	t->lookup.last_cause = cause;
}
