/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/hit.h and guard.h together: whoever is limited fares by the short way as
 * by the long way alone. Two cores and two guards see the same bursts; one has the short way. */
#include "dataplane/guard.h"
#include "dataplane/hit.h"
#include "lib/base/clock.h"
#include "tests/unit/dp_frames.h"
#include "tests/unit/dp_serve_fixture.h"

enum { CAP = 1600, ROUNDS = 2000, NOW_S = 1559731985, PER_NET = 6 };

static const uint8_t guard_seed[128] = "both guards hash alike and roll the same dice: what one "
				       "lets through the other does too.";
static const struct fx_answer answers[] = {
    {.name = "www.example.", .rr_cnt = 1, .ttl_s = 3000, .verdict = HF_VERDICT_SECURE},
    {.name = "many.example.", .rr_cnt = 30, .ttl_s = 3000, .verdict = HF_VERDICT_INSECURE},
    {.name = "missing.example.", .ttl_s = 3000, .rcode = HF_RCODE_NXDOMAIN},
    {.name = "refused.example.", .ttl_s = 3000, .rcode = HF_RCODE_REFUSED},
    {.name = "soon.example.", .rr_cnt = 1, .ttl_s = 30, .flags = HF_ANSWER_STALE},
    {.name = "bogus.example.", .ttl_s = 3000, .verdict = HF_VERDICT_BOGUS, .ede = HF_EDE_BOGUS},
    {.name = "unknown.example."}, /* not published */
};
enum { ANSWER_CNT = sizeof(answers) / sizeof(answers[0]) };

/* One of the two: a core, its guard, and a burst of frames. */
struct side {
	struct dp_core core;
	struct dp_guard guard;
	struct dp_packet packet[DP_BURST];
	uint8_t octets[DP_BURST][CAP];
	size_t len[DP_BURST]; /* of the reply, 0: none */
};

static struct side mixed, longer; /* the short way before the long one; the long way alone */
static struct dp_service service;
static struct dp_host host;
static struct dp_hits hits;
static struct hf_cookie_secrets secrets = {.cnt = 1, .key = {{{1, 2}}}};
static uint64_t state_of = 7;

static unsigned
below(unsigned n)
{
	return (unsigned)(fx_random(&state_of) >> 33) % n;
}

/* A COOKIE option behind an OPT: good, bad or the client's alone. */
static size_t
put_cookie(uint8_t *p, const uint8_t *from, uint8_t from_len)
{
	const struct hf_cookie_asker a = {.cookie = p + 4,
	    .cookie_len = HF_COOKIE_CLIENT_LEN,
	    .addr = from,
	    .addr_len = from_len,
	    .now_s = NOW_S};
	uint8_t made[HF_COOKIE_LEN];

	memset(p + 4, (int)below(256), HF_COOKIE_CLIENT_LEN);
	(void)hf_cookie_answer(&secrets, &a, made);
	memcpy(p + 4, made, sizeof(made));
	p[4 + HF_COOKIE_LEN - 1] ^= below(3) == 0;
	size_t len = below(3) == 0 ? HF_COOKIE_CLIENT_LEN : HF_COOKIE_LEN;
	fx_u16(fx_u16(p, HF_OPTION_COOKIE), (unsigned)len);
	fx_u16(p - 2, (unsigned)len + 4);
	return len + 4;
}

/* A client of network i, and what he asks. */
static size_t
make_frame(uint8_t *f, unsigned i)
{
	uint8_t v4[4] = {198, 18, (uint8_t)i, (uint8_t)(1 + below(PER_NET))};
	uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, 0, 0, (uint8_t)i, 7, [15] = (uint8_t)below(PER_NET)};
	struct frame_plan p = {.v6 = below(2), .from = NULL};
	struct fx_query q = {
	    .name = answers[below(ANSWER_CNT)].name, .flags = HF_FLAG_RD, .edns = below(2)};
	uint8_t query[600];

	p.from = p.v6 ? v6 : v4;
	if (below(30) == 0)
		q.klass = HF_CLASS_CH;
	size_t len = fx_query(&q, query);
	if (q.edns && below(2))
		len += put_cookie(query + len, p.from, p.v6 ? 16 : 4);
	size_t whole = frame_udp(f, &p, len), at = whole - len;
	memcpy(f + at, query, len);
	memset(f + at - 2, 0, 2);
	dp_put_u16(f + at - 2, transport_checksum(f, &p, at - 8));
	return whole;
}

/* Whoever is in the set goes the long way, as in the worker. */
static void
long_way(struct side *s, uint32_t set, const uint8_t *listed)
{
	static struct dp_query queries[DP_BURST];
	uint32_t paid = s->guard.paid;

	for (; set != 0; set &= set - 1) {
		unsigned i = (unsigned)__builtin_ctz(set);
		struct dp_packet *p = &s->packet[i];
		struct dp_query *q = &queries[i];

		assert_int_equal(dp_packet_classify(&host, p), DP_PACKET_DNS);
		*q = (struct dp_query){.msg = p->octets + p->dns_off,
		    .len = p->dns_len,
		    .cap = (uint16_t)(CAP - p->dns_off),
		    .ip = p->octets + p->l3_off};
		dp_query_parse(&s->core, q);
		dp_gate_aim(&s->guard.gate, &q->ip, 1);
		s->guard.listed[0] = listed[i];
		s->guard.paid = paid >> i & 1;
		dp_query_find(&s->core, q);

		enum dp_outcome o = dp_guard_query(&s->guard, &s->core, q, 0);
		if (o == DP_NOTHING)
			o = dp_query_answer(&s->core, policy, q);
		if (o == DP_MISS)
			o = dp_query_miss(&s->core, policy, q,
			    &(struct dp_frame){.octets = p->octets, .dns_off = p->dns_off},
			    &ask_out);
		if (o == DP_REPLY)
			o = dp_guard_reply(&s->guard, &s->core, q, 0);
		s->len[i] = o == DP_REPLY ? dp_packet_reply(p, q->len) : 0;
	}
}

/* Returns those of the set that are answered. */
static uint32_t
short_way(struct side *s, const struct dp_hit_way *w, uint32_t set, const uint8_t *listed)
{
	set = w->headers(&host, &hits, set);
	w->senders(&s->guard.gate, &hits, set);
	memcpy(s->guard.listed, listed, DP_BURST);
	set = w->questions(&s->core, &hits, dp_guard_listed(&s->guard, set));
	set = w->find(&s->core, &hits, set);
	return w->answers_limited(&s->core, policy, &s->guard, &hits, set);
}

static void
start(struct side *s, const struct dp_gate_options *o, bool aes)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(dp_core_init(&s->core, 0, 4, 8, fx_seed), 0);
	s->core.table = table;
	s->core.cookies = &secrets;
	s->core.wall_s = NOW_S;
	assert_int_equal(dp_guard_init(&s->guard, o, true, guard_seed), 0);
	s->guard.gate.clients.hash.aes &= aes; /* what a CPU without AES does must work too */
	s->guard.gate.nets.hash.aes &= aes;
}

static void
stop(struct side *s)
{
	dp_guard_fini(&s->guard);
	dp_core_fini(&s->core);
}

/* A burst of cnt, one from each network: who comes first is then no matter. Returns how many the
 * short way answered. */
static unsigned
check_burst(const struct dp_hit_way *w, unsigned cnt, uint64_t now_ms)
{
	uint32_t all = (uint32_t)(((uint64_t)1 << cnt) - 1);
	uint8_t listed[DP_BURST];

	for (unsigned i = 0; i < cnt; i++) {
		static uint8_t f[FRAME_CAP];
		size_t len = make_frame(f, i);

		listed[i] = below(20) == 0 ? (uint8_t)below(3) : HF_ACCESS_ALLOW;
		memcpy(mixed.octets[i], f, CAP);
		memcpy(longer.octets[i], f, CAP);
		mixed.packet[i] = longer.packet[i] =
		    (struct dp_packet){.len = (uint16_t)len, .cap = CAP};
		mixed.packet[i].octets = mixed.octets[i];
		longer.packet[i].octets = longer.octets[i];
		hits.hit[i] =
		    (struct dp_hit){.octets = mixed.octets[i], .len = (uint16_t)len, .cap = CAP};
	}
	for (unsigned i = cnt; i < DP_BURST; i++)
		listed[i] = HF_ACCESS_ALLOW;
	mixed.core.now_ms = longer.core.now_ms = now_ms;
	dp_gate_time(&mixed.guard.gate, now_ms * HF_NS_PER_MS);
	dp_gate_time(&longer.guard.gate, now_ms * HF_NS_PER_MS);
	mixed.guard.paid = longer.guard.paid = 0;
	uint32_t done = short_way(&mixed, w, all, listed);
	assert_int_equal(done & ~all, 0);
	for (unsigned i = 0; i < cnt; i++)
		mixed.len[i] = hits.hit[i].len;
	long_way(&mixed, all & ~done, listed);
	long_way(&longer, all, listed);
	for (unsigned i = 0; i < cnt; i++) {
		assert_int_equal(mixed.len[i], longer.len[i]);
		assert_memory_equal(mixed.octets[i], longer.octets[i], mixed.len[i]);
	}
	return (unsigned)__builtin_popcount(done);
}

static void
check_way(const struct dp_hit_way *w, const struct dp_gate_options *o, bool aes)
{
	unsigned answered = 0, asked = 0;
	uint64_t now_ms = 1000;

	start(&mixed, o, aes);
	start(&longer, o, aes);
	for (unsigned n = 0; n < ROUNDS; n++) {
		unsigned cnt = 1 + below(DP_BURST);

		now_ms += below(20);
		asked += cnt;
		answered += check_burst(w, cnt, now_ms);
		assert_memory_equal(
		    mixed.core.counters, longer.core.counters, sizeof(longer.core.counters));
	}
	assert_in_range(answered, asked / 10, asked);
	if (o->client_per_s != 0) {
		assert_true(longer.core.counters[HF_COUNTER_client_limited] > 0);
		assert_true(longer.core.counters[HF_COUNTER_client_slipped] > 0);
	}
	if (o->reply_per_s[DP_REPLY_ANSWER] != 0) {
		assert_true(longer.core.counters[HF_COUNTER_reply_limited] > 0);
		assert_true(longer.core.counters[HF_COUNTER_reply_slipped] > 0);
	}
	stop(&mixed);
	stop(&longer);
}

static void
limits_bite_on_the_short_way_as_on_the_long_way(void **state)
{
	(void)state;
	static const uint32_t rates[][4] = {/* of a client; of answers, denials, errors */
	    {0, 40, 5, 3}, {8, 0, 0, 0}, {8, 30, 0, 10}, {7, 25, 4, 0}};

	for (unsigned i = 0; i + 1 < ANSWER_CNT; i++)
		publish(&answers[i]);
	for (unsigned k = 0; k < sizeof(rates) / sizeof(rates[0]); k++) {
		const struct dp_gate_options o = {.client_per_s = rates[k][0],
		    .reply_per_s = {rates[k][1], rates[k][2], rates[k][3]},
		    .reply_window_s = 1,
		    .slip = 2,
		    .net_v4_len = 24,
		    .net_v6_len = 56};

		for (unsigned i = 0; dp_hit_way(i) != NULL; i++)
			if (dp_hit_way_runs(dp_hit_way(i)))
				check_way(dp_hit_way(i), &o, k % 2 == 0);
	}
}

static int
setup_all(void **state)
{
	test_service(&service, &host);
	return setup(state);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup_all, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(limits_bite_on_the_short_way_as_on_the_long_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
