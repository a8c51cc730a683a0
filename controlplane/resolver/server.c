/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/server.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/facts.h"

enum {
	FAILS_MAX = 16,
	FAMILY_BROKEN = 8, /* failures in a row, over all servers of a family */
	ROOM_DOWN = 8,     /* fetches under way at a server that is down */
};

#define COST_NEW_NS      (30 * HF_NS_PER_MS)  /* new ones are tried before slow ones */
#define COST_FAIL_NS     (400 * HF_NS_PER_MS) /* for each failure in the row */
#define COST_FAMILY_NS   (1 * HF_NS_PER_S)
#define FORGIVE_NS       (30 * HF_NS_PER_S) /* an interrupted row is forgotten after */
#define PROBE_FIRST_NS   (1 * HF_NS_PER_S)
#define PROBE_MAX_NS     (60 * HF_NS_PER_S)
#define BOGUS_FIRST_NS   (30 * HF_NS_PER_S)
#define BOGUS_MAX_NS     (600 * HF_NS_PER_S)
#define CANNOT_NS        (3600 * HF_NS_PER_S) /* what TCP proved is believed */
#define NO_TCP_NS        (60 * HF_NS_PER_S)
#define OUT_FORGOTTEN_NS (30 * HF_NS_PER_S) /* longer than any fetch lives */

struct zone_load {
	uint64_t out;      /* fetches under way */
	uint64_t began_ns; /* the last */
	uint64_t waste_ns; /* token bucket of wasted fetches: when it will be full */
};

static_assert(sizeof(struct cp_server) % 8 == 0 && sizeof(struct cp_server) <= CP_FACTS_OCTETS_MAX,
    "a record of facts");
static_assert(sizeof(struct cp_note) % 8 == 0 && sizeof(struct zone_load) % 8 == 0, "records");

struct cp_servers {
	struct hf_siphash_key key, secret;
	struct cp_facts *servers, *notes, *zones;
	/* Failures in a row over all servers of IPv4, IPv6. Any thread, relaxed: a hint. */
	_Atomic uint32_t family_fails[2];
};

struct cp_servers *
cp_servers_create(const struct hf_siphash_key *key, size_t octets)
{
	struct cp_servers *s = calloc(1, sizeof(*s));
	size_t slots = CP_SERVER_SLOTS_MIN;

	if (s == NULL)
		return NULL;
	s->key = *key;
	s->secret.k[0] = hf_siphash(key, "cookie 0", 8); /* so that none tells the other */
	s->secret.k[1] = hf_siphash(key, "cookie 1", 8);
	while (slots < CP_SERVER_SLOTS_MAX && slots * 2 * CP_SERVER_SLOT_OCTETS <= octets)
		slots *= 2;
	s->servers = cp_facts_create(key, slots, sizeof(struct cp_server));
	s->notes = cp_facts_create(key, slots / 2, sizeof(struct cp_note));
	s->zones = cp_facts_create(key, slots / 2, sizeof(struct zone_load));
	if (s->servers == NULL || s->notes == NULL || s->zones == NULL) {
		cp_servers_destroy(s);
		return NULL;
	}
	return s;
}

void
cp_servers_destroy(struct cp_servers *s)
{
	if (s == NULL)
		return;
	cp_facts_destroy(s->servers);
	cp_facts_destroy(s->notes);
	cp_facts_destroy(s->zones);
	free(s);
}

const struct hf_siphash_key *
cp_servers_secret(const struct cp_servers *s)
{
	return &s->secret;
}

/* --- keys ----------------------------------------------------------------------------------- */

/* The port counts: servers of a test or of a forwarder may share an address. */
static struct cp_facts_key
key_of(uint64_t zone, const struct hf_addr *a)
{
	struct cp_facts_key key;

	memcpy(key.k, a->octets, sizeof(a->octets));
	key.k[2] = zone ^ ((uint64_t)a->family << 16 | a->port);
	return key;
}

static struct cp_facts_key
key_of_zone(uint64_t zone)
{
	return (struct cp_facts_key){{zone, 0, 0}};
}

uint64_t
cp_servers_zone(const struct cp_servers *s, const struct hf_name *zone)
{
	struct hf_name lower = *zone;

	hf_name_lower(&lower);
	/* The low 24 bits are left to family and port. */
	return hf_siphash(&s->key, lower.octets, lower.len) << 24;
}

void
cp_servers_read(const struct cp_servers *s, const struct hf_addr *a, struct cp_server *out)
{
	struct cp_facts_key key = key_of(0, a);

	cp_facts_read(s->servers, &key, out);
}

void
cp_servers_note(const struct cp_servers *s, uint64_t zone, const struct cp_server *known,
    const struct hf_addr *a, uint64_t now_ns, struct cp_note *out)
{
	struct cp_facts_key key = key_of(zone, a);

	*out = (struct cp_note){0};
	if (now_ns < known->noted_ns)
		cp_facts_read(s->notes, &key, out);
}

/* --- time ----------------------------------------------------------------------------------- */

/* How much of what was known is still worth something, in 1/1024: less the longer ago. */
static uint64_t
freshness(const struct cp_server *k, uint64_t now_ns)
{
	uint64_t idle_ns = now_ns > k->heard_ns ? now_ns - k->heard_ns : 0;

	if (k->srtt_ns == 0 || idle_ns >= CP_SERVER_FADE_NS)
		return 0;
	return 1024 - idle_ns / (CP_SERVER_FADE_NS / 1024 + 1);
}

/* RFC 6298 2.2, 2.3 with its alpha of 1/8, beta of 1/4. */
static void
sample(struct cp_server *k, uint64_t rtt_ns, uint64_t now_ns)
{
	if (rtt_ns == 0)
		rtt_ns = 1;
	if (freshness(k, now_ns) == 0) {
		k->srtt_ns = rtt_ns;
		k->rttvar_ns = rtt_ns / 2;
		return;
	}
	uint64_t off_ns = rtt_ns > k->srtt_ns ? rtt_ns - k->srtt_ns : k->srtt_ns - rtt_ns;

	k->rttvar_ns = (k->rttvar_ns * 3 + off_ns) / 4;
	k->srtt_ns = (k->srtt_ns * 7 + rtt_ns) / 8;
}

uint64_t
cp_server_timeout_ns(const struct cp_server *k, unsigned tries, uint64_t now_ns)
{
	uint64_t ns = k->srtt_ns + 4 * k->rttvar_ns;

	if (freshness(k, now_ns) == 0)
		ns = CP_TIMEOUT_NEW_NS;
	if (ns < CP_TIMEOUT_MIN_NS)
		ns = CP_TIMEOUT_MIN_NS;
	ns <<= tries < 4 ? tries : 4;
	return ns < CP_TIMEOUT_MAX_NS ? ns : CP_TIMEOUT_MAX_NS;
}

static unsigned
family_idx(const struct hf_addr *a)
{
	return a->family == AF_INET6;
}

uint64_t
cp_servers_cost_ns(
    const struct cp_servers *s, const struct hf_addr *a, const struct cp_server *k, uint64_t now_ns)
{
	uint64_t fresh = freshness(k, now_ns);
	/* What was known turns slowly into what is thought of a new one, so that a server once
	 * slow is found when it is fast again. */
	uint64_t cost = (k->srtt_ns / 1024) * fresh + COST_NEW_NS / 1024 * (1024 - fresh);
	uint32_t family_fails =
	    atomic_load_explicit(&s->family_fails[family_idx(a)], memory_order_relaxed);

	if (k->fails > 0 && (cp_server_is_down(k) || now_ns < k->failed_ns + FORGIVE_NS))
		cost += k->fails * COST_FAIL_NS;
	if (family_fails >= FAMILY_BROKEN)
		cost += COST_FAMILY_NS;
	return cost;
}

/* --- fetches -------------------------------------------------------------------------------- */

/* Under way at most: a quarter of it for each failure in the row, until it is down. */
static uint32_t
room(const struct cp_server *k, uint32_t limit)
{
	uint32_t down = limit < ROOM_DOWN ? limit : ROOM_DOWN;
	uint32_t left = cp_server_is_down(k) ? down : limit >> (2 * k->fails);

	return left > down ? left : down;
}

bool
cp_server_has_room(const struct cp_server *k, const struct cp_fetch_limits *l)
{
	return l->server_out == 0 || k->out < room(k, l->server_out);
}

/* A token bucket as the time at which it will be full again (GCRA); it holds a second's worth. */
static bool
bucket_has(uint64_t full_ns, uint64_t now_ns)
{
	return full_ns <= now_ns + HF_NS_PER_S;
}

static void
bucket_take(uint64_t *full_ns, uint32_t rate, uint64_t now_ns)
{
	*full_ns = (*full_ns > now_ns ? *full_ns : now_ns) + HF_NS_PER_S / rate;
}

static enum cp_admit
zone_begin(struct cp_servers *s, const struct cp_fetch *f, const struct cp_fetch_limits *l)
{
	struct cp_facts_key key = key_of_zone(f->zone);
	struct cp_facts_edit e;
	struct zone_load z;
	enum cp_admit admit = CP_ADMIT_OK;

	cp_facts_open(s->zones, &key, f->sent_ns, &z, &e);
	if (f->sent_ns > z.began_ns + OUT_FORGOTTEN_NS)
		z.out = 0;
	if (l->zone_out != 0 && z.out >= l->zone_out)
		admit = CP_ADMIT_ZONE;
	else if (l->zone_waste != 0 && !bucket_has(z.waste_ns, f->sent_ns))
		admit = CP_ADMIT_ZONE_WASTE;
	if (admit == CP_ADMIT_OK) {
		z.out++;
		z.began_ns = f->sent_ns;
	}
	cp_facts_close(&e, &z);
	return admit;
}

static void
zone_end(struct cp_servers *s, const struct cp_fetch *f, uint32_t waste_rate, uint64_t now_ns)
{
	struct cp_facts_key key = key_of_zone(f->zone);
	struct cp_facts_edit e;
	struct zone_load z;

	if (!f->counted || !cp_facts_open_known(s->zones, &key, now_ns, &z, &e))
		return;
	if (z.out > 0)
		z.out--;
	if (waste_rate != 0)
		bucket_take(&z.waste_ns, waste_rate, now_ns);
	cp_facts_close(&e, &z);
}

static bool
server_begin(struct cp_servers *s, const struct cp_fetch *f, const struct cp_fetch_limits *l)
{
	struct cp_facts_key key = key_of(0, &f->server);
	struct cp_facts_edit e;
	struct cp_server k;
	bool ok;

	cp_facts_open(s->servers, &key, f->sent_ns, &k, &e);
	if (f->sent_ns > k.began_ns + OUT_FORGOTTEN_NS)
		k.out = 0;
	ok =
	    cp_server_has_room(&k, l) && (l->server_rate == 0 || bucket_has(k.rate_ns, f->sent_ns));
	if (ok) {
		k.out++;
		k.began_ns = f->sent_ns;
		if (l->server_rate != 0)
			bucket_take(&k.rate_ns, l->server_rate, f->sent_ns);
	}
	cp_facts_close(&e, &k);
	return ok;
}

enum cp_admit
cp_servers_begin(struct cp_servers *s, const struct cp_fetch *f, const struct cp_fetch_limits *l)
{
	enum cp_admit admit = f->counted ? zone_begin(s, f, l) : CP_ADMIT_OK;

	if (admit != CP_ADMIT_OK)
		return admit;
	if (server_begin(s, f, l))
		return CP_ADMIT_OK;
	zone_end(s, f, 0, f->sent_ns);
	return CP_ADMIT_SERVER;
}

static void
answered(struct cp_server *k, const struct cp_fetch *f, uint64_t now_ns)
{
	uint64_t took_ns = now_ns - f->sent_ns;

	/* Over TCP there was a handshake, or not: only better than nothing. */
	if (!f->tcp)
		sample(k, took_ns, now_ns);
	else if (freshness(k, now_ns) == 0)
		sample(k, took_ns / 2, now_ns);
	k->heard_ns = now_ns;
	k->fails = 0;
	k->probe_ns = 0;
}

static uint64_t
doubled(uint64_t first_ns, uint64_t max_ns, uint64_t times)
{
	return times < 16 && first_ns << times < max_ns ? first_ns << times : max_ns;
}

static uint64_t
probe_interval_ns(const struct cp_server *k)
{
	return doubled(PROBE_FIRST_NS, PROBE_MAX_NS, k->fails - CP_SERVER_DOWN);
}

/* Fetches that were under way together fail together: one round, one failure. */
static void
failed(struct cp_server *k, const struct cp_fetch *f, uint64_t now_ns)
{
	if (k->fails > 0 && f->sent_ns < k->failed_ns)
		return;
	if (k->fails > 0 && !cp_server_is_down(k) && now_ns > k->failed_ns + FORGIVE_NS)
		k->fails = 0;
	k->failed_ns = now_ns;
	if (k->fails < FAILS_MAX)
		k->fails++;
	if (cp_server_is_down(k))
		k->probe_ns = now_ns + probe_interval_ns(k);
}

static void
family_told(struct cp_servers *s, const struct hf_addr *a, bool answers)
{
	_Atomic uint32_t *fails = &s->family_fails[family_idx(a)];
	uint32_t was = atomic_load_explicit(fails, memory_order_relaxed);

	/* Written only when it changes: in the usual case the line stays shared. */
	if (answers && was != 0)
		atomic_store_explicit(fails, 0, memory_order_relaxed);
	else if (!answers && was < FAMILY_BROKEN)
		atomic_store_explicit(fails, was + 1, memory_order_relaxed);
}

void
cp_servers_end(struct cp_servers *s, const struct cp_fetch *f, enum cp_end how,
    const struct cp_fetch_limits *l, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(0, &f->server);
	struct cp_facts_edit e;
	struct cp_server k;
	bool wasted = how == CP_END_WASTED || how == CP_END_FAILED;

	zone_end(s, f, wasted ? l->zone_waste : 0, now_ns);
	if (how != CP_END_NOTHING)
		family_told(s, &f->server, how != CP_END_FAILED);
	if (!cp_facts_open_known(s->servers, &key, now_ns, &k, &e))
		return;
	if (k.out > 0)
		k.out--;
	if (how == CP_END_FAILED && f->tcp)
		k.no_tcp_ns = now_ns + NO_TCP_NS;
	else if (how == CP_END_FAILED)
		failed(&k, f, now_ns);
	else if (how != CP_END_NOTHING)
		answered(&k, f, now_ns);
	cp_facts_close(&e, &k);
}

bool
cp_servers_probe(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(0, a);
	struct cp_facts_edit e;
	struct cp_server k;
	bool may = false;

	if (!cp_facts_open_known(s->servers, &key, now_ns, &k, &e))
		return false;
	if (cp_server_is_down(&k) && now_ns >= k.probe_ns) {
		k.probe_ns = now_ns + probe_interval_ns(&k);
		may = true;
	}
	cp_facts_close(&e, &k);
	return may;
}

/* --- what a server bears -------------------------------------------------------------------- */

enum bears { EDNS_WORKS, NO_EDNS, NO_COOKIE, NO_CASE, DOUBT };

static void
bear(struct cp_servers *s, const struct hf_addr *a, enum bears what, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(0, a);
	struct cp_facts_edit e;
	struct cp_server k;

	cp_facts_open(s->servers, &key, now_ns, &k, &e);
	switch (what) {
	case EDNS_WORKS:
		k.edns_works = true;
		k.no_edns_ns = 0;
		k.doubt_ns = 0;
		break;
	case NO_EDNS:
		k.edns_works = false;
		k.no_edns_ns = now_ns + CANNOT_NS;
		break;
	case NO_COOKIE:
		k.has_cookies = false;
		k.cookie_len = 0;
		k.no_cookie_ns = now_ns + CANNOT_NS;
		break;
	case DOUBT:
		k.doubt_ns = now_ns + CP_SERVER_FADE_NS;
		break;
	case NO_CASE:
		k.no_case_ns = now_ns + CANNOT_NS;
		break;
	}
	cp_facts_close(&e, &k);
}

void
cp_servers_edns_works(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns)
{
	bear(s, a, EDNS_WORKS, now_ns);
}

void
cp_servers_no_edns(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns)
{
	bear(s, a, NO_EDNS, now_ns);
}

void
cp_servers_no_cookie(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns)
{
	bear(s, a, NO_COOKIE, now_ns);
}

void
cp_servers_doubt(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns)
{
	bear(s, a, DOUBT, now_ns);
}

void
cp_servers_no_case(struct cp_servers *s, const struct hf_addr *a, uint64_t now_ns)
{
	bear(s, a, NO_CASE, now_ns);
}

void
cp_servers_cookie(struct cp_servers *s, const struct hf_addr *a, uint32_t epoch,
    const uint8_t *cookie, size_t len, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(0, a);
	struct cp_facts_edit e;
	struct cp_server k;

	if (len > CP_SERVER_COOKIE_MAX)
		return;
	cp_facts_open(s->servers, &key, now_ns, &k, &e);
	k.has_cookies = true;
	k.edns_works = true;
	k.no_cookie_ns = 0;
	k.no_edns_ns = 0;
	k.cookie_epoch = epoch;
	k.cookie_len = (uint8_t)len;
	memcpy(k.cookie, cookie, len);
	cp_facts_close(&e, &k);
}

/* --- a zone's notes ------------------------------------------------------------------------- */

/* The address is told until when to look for notes at all. */
static void
noted(struct cp_servers *s, const struct hf_addr *a, uint64_t until_ns, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(0, a);
	struct cp_facts_edit e;
	struct cp_server k;

	cp_facts_open(s->servers, &key, now_ns, &k, &e);
	if (k.noted_ns < until_ns)
		k.noted_ns = until_ns;
	cp_facts_close(&e, &k);
}

void
cp_servers_lame(
    struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t for_ns, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(zone, a);
	struct cp_facts_edit e;
	struct cp_note n;

	cp_facts_open(s->notes, &key, now_ns, &n, &e);
	if (n.lame_ns < now_ns + for_ns)
		n.lame_ns = now_ns + for_ns;
	cp_facts_close(&e, &n);
	noted(s, a, now_ns + for_ns, now_ns);
}

/* After its time a bad note is remembered for as long again, so that the next is longer. */
static uint64_t
bogus_forgotten_ns(const struct cp_note *n)
{
	return n->bogus_ns + BOGUS_MAX_NS;
}

void
cp_servers_bogus(struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(zone, a);
	struct cp_facts_edit e;
	struct cp_note n;
	uint64_t until_ns;

	cp_facts_open(s->notes, &key, now_ns, &n, &e);
	if (now_ns >= bogus_forgotten_ns(&n))
		n.bogus_cnt = 0;
	/* What was under way together is one finding. */
	if (n.bogus_cnt == 0 || now_ns >= n.bogus_ns)
		n.bogus_ns = now_ns + doubled(BOGUS_FIRST_NS, BOGUS_MAX_NS, n.bogus_cnt++);
	until_ns = bogus_forgotten_ns(&n);
	cp_facts_close(&e, &n);
	noted(s, a, until_ns, now_ns);
}

void
cp_servers_valid(struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(zone, a);
	struct cp_facts_edit e;
	struct cp_server k;
	struct cp_note n;

	cp_servers_read(s, a, &k);
	if (now_ns >= k.noted_ns || !cp_facts_open_known(s->notes, &key, now_ns, &n, &e))
		return;
	n = (struct cp_note){0};
	cp_facts_close(&e, &n);
}

bool
cp_servers_probe_note(struct cp_servers *s, uint64_t zone, const struct hf_addr *a, uint64_t now_ns)
{
	struct cp_facts_key key = key_of(zone, a);
	struct cp_facts_edit e;
	struct cp_note n;
	bool may = false;

	if (!cp_facts_open_known(s->notes, &key, now_ns, &n, &e))
		return false;
	if (n.bogus_cnt > 0 && now_ns >= n.bogus_ns) {
		n.bogus_ns = now_ns + doubled(BOGUS_FIRST_NS, BOGUS_MAX_NS, n.bogus_cnt);
		may = true;
	}
	cp_facts_close(&e, &n);
	return may;
}
