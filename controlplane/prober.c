/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/prober.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "controlplane/probe_search.h"
#include "controlplane/purse.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rand.h"

enum { TICK_MS = 100, IDLE_MS = 1000, SEARCH_S = 600, JITTER = 10 /* a tenth, either way */ };

enum phase {
	WAITING,   /* for the next round; left by time */
	SEARCHING, /* for addresses; left when the search is over */
	ASKING,    /* a round is under way; left when every address is through */
};

struct zone {
	struct cp_prober *p;
	struct cp_nta nta; /* that it belongs to: name and time added */
	enum phase phase;
	uint64_t due_ns, search_ns; /* of the next round; of the next search */
	struct cp_probe_search *search;
	struct cp_probe_found found;
	unsigned begun; /* addresses of this round that have, or had, a lane */
	bool has_last;
	struct cp_probe_round round[2], *now, *last;
	struct cp_recovery recovery;
};

/* One address of one round. */
struct lane {
	struct cp_prober *p;
	struct zone *zone; /* NULL: free */
	unsigned addr;
	bool asking;
	struct cp_recursor *recursor;
};

struct cp_prober {
	struct cp_prober_config cfg;
	struct event *turn;
	struct hf_rand rand;
	struct cp_purse purse;
	uint64_t sync_ns;
	size_t cnt;
	struct zone *zone[CP_PROBER_ZONES_MAX];
	struct lane lane[CP_PROBER_LANES];
};

static const struct cp_author author = {.uid = 0, .name = "recovery"};

/* Go on, outside of whatever call this is. */
static void
soon(struct cp_prober *p)
{
	event_active(p->turn, EV_TIMEOUT, 1);
}

static void
pay(struct cp_prober *p, uint32_t sends)
{
	cp_purse_pay(&p->purse, sends);
	cp_counters_count_by(p->cfg.counters, CP_COUNTER_probe_packets, sends);
}

/* --- resolvers ----------------------------------------------------------------------------- */

/* No NTA, and the anchors of now. NULL without memory. */
static struct cp_policy *
probe_policy(const struct cp_prober *p)
{
	const struct cp_policy *now = cp_ntas_policy(p->cfg.ntas);

	return cp_policy_create_with(1, NULL, NULL, 0, cp_policy_trust(now));
}

static void
probe_resolver(const struct cp_prober *p, struct cp_resolver_config *out)
{
	p->cfg.resolver(p->cfg.arg, out);
	out->caches = NULL;
	out->reader = 0;
	out->shared = false;
	out->limits.cache_octets = CP_PROBE_CACHE_OCTETS;
	out->limits.sends = CP_PROBE_SENDS;
}

/* zones and the one zone that is at this address alone, in its place if it is there. */
static size_t
with_stub(const struct cp_zone *zones, size_t cnt, const struct cp_zone *stub, struct cp_zone *out)
{
	size_t n = 0;

	out[n++] = *stub;
	for (size_t i = 0; i < cnt; i++)
		if (!hf_name_equal(&zones[i].name, &stub->name))
			out[n++] = zones[i];
	return n;
}

static void
on_answered(void *arg, uint64_t token, const struct cp_answer *a)
{
	struct lane *l = arg;
	struct cp_probe_result res;

	(void)token;
	cp_probe_read(a, &res);
	cp_count(l->p->cfg.counters, probe_checks);
	if (res.said != CP_PROBE_GOOD)
		cp_count(l->p->cfg.counters, probe_checks_bad);
	cp_probe_take(l->zone->now, l->addr, &res);
	pay(l->p, a->sends);
	l->asking = false;
	soon(l->p);
}

/* A resolver core that knows one address of the zone. NULL without memory. */
static struct cp_recursor *
lane_recursor(struct lane *l)
{
	struct cp_prober *p = l->p;
	const struct cp_zone stub = {.name = l->zone->found.zone,
	    .kind = CP_ZONE_STUB,
	    .addrs = &l->zone->now->addr[l->addr].addr,
	    .addr_cnt = 1};
	struct cp_resolver_config resolver;
	struct cp_recursor_config cfg = {.base = p->cfg.base,
	    .resolver = &resolver,
	    .policy = probe_policy(p),
	    .counters = p->cfg.counters,
	    .arg = l,
	    .answered = on_answered};
	struct cp_recursor *made = NULL;

	probe_resolver(p, &resolver);
	struct cp_zone *zones = calloc(resolver.zones_cnt + 1, sizeof(*zones));

	if (zones != NULL && cfg.policy != NULL) {
		resolver.zones_cnt = with_stub(resolver.zones, resolver.zones_cnt, &stub, zones);
		resolver.zones = zones;
		resolver.aggressive_nsec = false; /* every name is asked for */
		resolver.qname_minimisation = false;
		made = cp_recursor_create(&cfg);
	}
	free(zones);
	cp_policy_put(cfg.policy);
	return made;
}

/* --- lanes --------------------------------------------------------------------------------- */

static void
lane_free(struct lane *l)
{
	cp_recursor_destroy(l->recursor);
	l->recursor = NULL;
	l->zone = NULL;
	l->asking = false;
}

/* Ask what is next; free when there is nothing. False: it has to wait. */
static bool
lane_step(struct lane *l)
{
	const struct cp_probe_ask *ask = cp_probe_next(l->zone->now, l->addr);
	struct cp_recursor_question q = {.variant = HF_VARIANT_DO | HF_VARIANT_CD};

	if (ask == NULL) {
		lane_free(l);
		return true;
	}
	if (!cp_purse_is_open(&l->p->purse))
		return false;
	q.question = ask->question;
	l->asking = true;
	if (cp_recursor_ask(l->recursor, &q) == 0)
		return true;
	l->asking = false; /* its only question: there is no memory */
	return false;
}

static void
lanes_step(struct cp_prober *p)
{
	for (unsigned i = 0; i < CP_PROBER_LANES; i++) {
		struct lane *l = &p->lane[i];

		while (l->zone != NULL && !l->asking)
			if (!lane_step(l))
				break;
	}
}

static void
lanes_leave(struct cp_prober *p, const struct zone *z)
{
	for (unsigned i = 0; i < CP_PROBER_LANES; i++)
		if (p->lane[i].zone == z)
			lane_free(&p->lane[i]);
}

static struct lane *
idle_lane(struct cp_prober *p)
{
	for (unsigned i = 0; i < CP_PROBER_LANES; i++)
		if (p->lane[i].zone == NULL)
			return &p->lane[i];
	return NULL;
}

/* A lane for the next address of the round, if one is free. One a turn: a resolver core takes some
 * 2 ms to make, and the event loop has clients to serve. */
static void
lane_give(struct zone *z)
{
	struct cp_prober *p = z->p;
	struct lane *l = z->begun < z->now->addr_cnt ? idle_lane(p) : NULL;

	if (l == NULL)
		return;
	*l = (struct lane){.p = p, .zone = z, .addr = z->begun};
	l->recursor = lane_recursor(l);
	if (l->recursor == NULL) { /* no memory: the next turn tries again */
		l->zone = NULL;
		return;
	}
	z->begun++;
	soon(p);
}

/* --- rounds -------------------------------------------------------------------------------- */

static uint64_t
jittered(struct cp_prober *p, uint64_t interval_ns)
{
	uint64_t least_ns = interval_ns - interval_ns / JITTER;
	uint32_t spread_ms = (uint32_t)(interval_ns / JITTER * 2 / HF_NS_PER_MS);

	return least_ns + hf_rand_below(&p->rand, spread_ms + 1) * HF_NS_PER_MS;
}

static void
begin_round(struct zone *z, uint64_t now_ns)
{
	struct cp_prober *p = z->p;
	struct cp_shadow *shadow = cp_ntas_shadow(p->cfg.ntas, &z->nta.name);
	uint8_t lots[CP_PROBE_ABSENT][CP_PROBE_LOT];

	hf_rand_bytes(&p->rand, lots, sizeof(lots));
	cp_probe_plan(&z->now->plan, &z->found.zone, &z->nta.name, shadow, lots);
	cp_probe_begin(z->now, z->found.addr, z->found.cnt);
	z->begun = 0;
	z->phase = ASKING;
	z->due_ns = now_ns + jittered(p, p->cfg.interval_ns);
}

/* --- whom to ask --------------------------------------------------------------------------- */

static void
on_searched(void *arg, uint32_t sends)
{
	struct zone *z = arg;

	pay(z->p, sends);
	soon(z->p);
}

static void
begin_search(struct zone *z)
{
	struct cp_prober *p = z->p;
	struct cp_resolver_config resolver;
	struct cp_recursor_config recursor = {.base = p->cfg.base,
	    .resolver = &resolver,
	    .policy = probe_policy(p),
	    .counters = p->cfg.counters};
	struct cp_probe_search_config cfg = {
	    .recursor = &recursor, .arg = z, .stepped = on_searched};

	probe_resolver(p, &resolver);
	cfg.ip4 = resolver.do_ip4 || resolver.nat64.len > 0;
	cfg.ip6 = resolver.do_ip6;
	if (recursor.policy != NULL)
		z->search = cp_probe_search_create(&cfg, &z->nta.name);
	cp_policy_put(recursor.policy);
	if (z->search != NULL)
		z->phase = SEARCHING;
}

/* True: the search is over. Addresses that were known are kept if it brought none. */
static bool
search_step(struct zone *z, uint64_t now_ns)
{
	struct cp_probe_found found;

	if (!cp_purse_is_open(&z->p->purse) || !cp_probe_search_step(z->search, &found))
		return false;
	cp_probe_search_destroy(z->search);
	z->search = NULL;
	if (found.cnt > 0) {
		z->found = found;
		z->search_ns = now_ns + SEARCH_S * HF_NS_PER_S;
	}
	return true;
}

/* --- what rounds add up to ----------------------------------------------------------------- */

/* Of a round that ended this way after one that ended that way. */
static void
tell(const struct zone *z, enum cp_recovery_want before)
{
	const struct cp_recovery *r = &z->recovery;
	char text[HF_NAME_TEXT_LEN];

	hf_name_to_text(&z->nta.name, text);
	if (r->want == CP_WANT_NOTHING && before != CP_WANT_NOTHING) {
		cp_count(z->p->cfg.counters, nta_recovery_proposed);
		hf_log(HF_LOG_INFO, "nta",
		    "%s has recovered: %u clean rounds in a row, at every address that answers; "
		    "the "
		    "removal of its NTA is proposed",
		    text, r->clean);
	} else if (r->want != CP_WANT_NOTHING && before == CP_WANT_NOTHING) {
		hf_log(HF_LOG_WARN, "nta", "%s is not good any more, removal is not proposed: %s",
		    text, cp_recovery_want_text(r->want));
	}
}

bool
cp_prober_removes(const struct cp_prober *p, const struct cp_nta *nta)
{
	return p->cfg.auto_remove && !nta->forced;
}

static void
lift(struct zone *z)
{
	char text[HF_NAME_TEXT_LEN];

	const struct cp_nta *nta = cp_ntas_find(z->p->cfg.ntas, &z->nta.name);

	/* Ours is a copy: it may have been replaced by a forced one in this second. */
	if (nta == NULL || nta->added != z->nta.added || !cp_prober_removes(z->p, nta))
		return;
	if (cp_ntas_remove(z->p->cfg.ntas, &z->nta.name, &author) != CP_NTA_OK)
		return; /* logged there; the next round tries again */
	cp_count(z->p->cfg.counters, nta_recovered);
	hf_log(HF_LOG_INFO, "nta", "removed %s: it has recovered (policy: auto-remove)",
	    hf_name_to_text(&z->nta.name, text));
}

static void
end_round(struct zone *z, uint64_t now_ns)
{
	enum cp_recovery_want before = z->recovery.want;
	struct cp_probe_round *was = z->last;

	lanes_leave(z->p, z);
	z->phase = WAITING;
	z->last = z->now;
	z->now = was;
	z->has_last = true;
	(void)cp_recovery_round(&z->recovery, z->last, now_ns, hf_clock_wall_s());
	cp_count(z->p->cfg.counters, probe_rounds);
	if (z->recovery.clean > 0)
		cp_count(z->p->cfg.counters, probe_rounds_clean);
	tell(z, before);
	if (z->recovery.want == CP_WANT_NOTHING)
		lift(z);
}

/* --- NTAs come and go ---------------------------------------------------------------------- */

static void
zone_free(struct zone *z)
{
	lanes_leave(z->p, z);
	cp_probe_search_destroy(z->search);
	free(z);
}

static struct zone *
zone_create(struct cp_prober *p, const struct cp_nta *nta, uint64_t now_ns)
{
	struct zone *z = calloc(1, sizeof(*z));

	if (z == NULL)
		return NULL;
	z->p = p;
	z->nta = *nta;
	z->now = &z->round[0];
	z->last = &z->round[1];
	z->due_ns = now_ns;
	cp_recovery_init(&z->recovery, &p->cfg.recovery);
	return z;
}

static struct zone *
zone_of(const struct cp_prober *p, const struct hf_name *name)
{
	for (size_t i = 0; i < p->cnt; i++)
		if (hf_name_equal(&p->zone[i]->nta.name, name))
			return p->zone[i];
	return NULL;
}

/* Those whose NTA is gone, or is another one of the same name, go. */
static void
drop_gone(struct cp_prober *p)
{
	for (size_t i = p->cnt; i-- > 0;) {
		struct zone *z = p->zone[i];
		const struct cp_nta *nta = cp_ntas_find(p->cfg.ntas, &z->nta.name);

		if (nta != NULL && nta->added == z->nta.added) {
			z->nta = *nta; /* it may have been changed */
			continue;
		}
		zone_free(z);
		p->zone[i] = p->zone[--p->cnt];
	}
}

static void
take_new(struct cp_prober *p, uint64_t now_ns)
{
	const struct cp_nta *nta;

	for (size_t i = 0;
	     p->cnt < CP_PROBER_ZONES_MAX && (nta = cp_ntas_at(p->cfg.ntas, i)) != NULL; i++) {
		struct zone *z =
		    zone_of(p, &nta->name) == NULL ? zone_create(p, nta, now_ns) : NULL;

		if (z != NULL)
			p->zone[p->cnt++] = z;
	}
}

/* --- the turn ------------------------------------------------------------------------------ */

static void
zone_step(struct zone *z, uint64_t now_ns)
{
	if (z->phase == WAITING && now_ns >= z->due_ns) {
		if (now_ns >= z->search_ns)
			begin_search(z);
		else
			begin_round(z, now_ns);
	}
	if (z->phase == SEARCHING && search_step(z, now_ns))
		begin_round(z, now_ns);
	if (z->phase != ASKING)
		return;
	lane_give(z);
	if (cp_probe_is_over(z->now))
		end_round(z, now_ns);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct cp_prober *p = arg;
	uint64_t now_ns = hf_clock_mono_ns();

	(void)fd;
	(void)what;
	cp_purse_fill(&p->purse, now_ns);
	if (now_ns >= p->sync_ns) {
		p->sync_ns = now_ns + HF_NS_PER_S;
		drop_gone(p);
		take_new(p, now_ns);
	}
	lanes_step(p);
	for (size_t i = 0; i < p->cnt; i++)
		zone_step(p->zone[i], now_ns);
	lanes_step(p);
	unsigned wait_ms = p->cnt > 0 ? TICK_MS : IDLE_MS;
	struct timeval tv = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};

	evtimer_add(p->turn, &tv);
}

/* --- all ----------------------------------------------------------------------------------- */

struct cp_prober *
cp_prober_create(const struct cp_prober_config *cfg)
{
	struct cp_prober *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->cfg = *cfg;
	hf_rand_init(&p->rand);
	cp_purse_init(&p->purse, cfg->rate, hf_clock_mono_ns());
	p->turn = evtimer_new(cfg->base, on_turn, p);
	if (p->turn == NULL) {
		cp_prober_destroy(p);
		return NULL;
	}
	soon(p);
	return p;
}

void
cp_prober_destroy(struct cp_prober *p)
{
	if (p == NULL)
		return;
	while (p->cnt > 0)
		zone_free(p->zone[--p->cnt]);
	if (p->turn != NULL)
		event_free(p->turn);
	free(p);
}

void
cp_prober_look(struct cp_prober *p)
{
	if (p == NULL)
		return;
	p->sync_ns = 0;
	soon(p);
}

bool
cp_prober_view(const struct cp_prober *p, const struct hf_name *name, struct cp_prober_view *out)
{
	const struct zone *z = p != NULL ? zone_of(p, name) : NULL;
	uint64_t now_ns = hf_clock_mono_ns();

	if (z == NULL)
		return false;
	*out = (struct cp_prober_view){
	    .recovery = &z->recovery,
	    .last = z->has_last ? z->last : NULL,
	    .zone = z->found.cnt > 0 ? &z->found.zone : NULL,
	    .left_off = z->found.left_off,
	    .under_way = z->phase != WAITING,
	    .due_in_s = z->due_ns > now_ns ? (int64_t)((z->due_ns - now_ns) / HF_NS_PER_S) : 0,
	};
	return true;
}
