/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/serve.c: what the cache answers by itself. Who waits: dp_wait_test.c. */
#include "tests/unit/dp_serve_fixture.h"

static void
a_hit_is_answered_with_ttls_counted_down(void **state)
{
	(void)state;
	static const struct {
		uint64_t after_ms;
		uint32_t ttl;
	} steps[] = {
	    {0, 60},
	    {999, 60},
	    {1000, 59},
	    {59999, 1},
	};

	publish(&secure);
	for (unsigned i = 0; i < 4; i++) {
		core.now_ms = 1000 + steps[i].after_ms;
		assert_int_equal(serve(&plain), DP_REPLY);
		struct reply r = reply();
		assert_int_equal(r.rr_cnt, 2);
		assert_int_equal(r.ttl, steps[i].ttl);
		assert_false(r.opt);
	}
	assert_int_equal(counted(HF_COUNTER_hit), 4);
	core.now_ms = 1000 + 60000;
	assert_int_equal(serve(&plain), DP_MISS);
	assert_int_equal(counted(HF_COUNTER_queries), 5);
}

static void
a_ttl_below_the_age_reads_zero_not_a_wrap(void **state)
{
	(void)state;
	publish(&secure);
	core.now_ms += 30000;
	assert_int_equal(serve(&plain), DP_REPLY);
	dq.entry->fresh_s += 600; /* as if kept beyond its records */
	core.now_ms += 60000;
	assert_int_equal(serve(&plain), DP_REPLY);
	assert_int_equal(reply().rr_cnt, 2);
	/* octet for octet: a reader takes a wrapped TTL for 0 as well (RFC 2181 8) */
	assert_memory_equal(dq.msg + dq.q.question_end + 6, "\0\0\0\0", 4);
}

static void
the_clients_spelling_of_the_name_comes_back(void **state)
{
	(void)state;
	const struct fx_query q = {.name = "wWw.ExAmPlE.", .flags = RD};

	publish(&secure);
	assert_int_equal(serve(&q), DP_REPLY);
	assert_memory_equal(reply().qname, "\3wWw\7ExAmPlE", 13);
}

/* RFC 6840 5.7, 5.8; RFC 3225 3; RFC 1035 4.1.1: what the client says and what it gets. */
static void
header_bits_and_opt_follow_the_query(void **state)
{
	(void)state;
	static const uint8_t variants[] = {
	    0, HF_VARIANT_DO, HF_VARIANT_CD, HF_VARIANT_DO | HF_VARIANT_CD};

	for (unsigned i = 0; i < 4; i++) {
		struct fx_answer a = secure;
		a.variant = variants[i];
		publish(&a);
	}
	for (unsigned bits = 0; bits < 32; bits++) {
		const struct fx_query q = {.name = "www.example.",
		    .edns = (bits & 3) != 0,
		    .dnssec_ok = (bits & 3) == 3,
		    .udp_len = 4096,
		    .flags = (uint16_t)(((bits & 4) ? RD : 0) | ((bits & 8) ? HF_FLAG_AD : 0) |
			((bits & 16) ? HF_FLAG_CD : 0))};
		assert_int_equal(serve(&q), DP_REPLY);
		struct reply r = reply();
		bool want_ad = ((bits & 8) != 0 || (bits & 3) == 3) && (bits & 16) == 0;
		assert_int_equal((r.h.flags & HF_FLAG_AD) != 0, want_ad);
		assert_int_equal(r.h.flags & (RD | HF_FLAG_CD), q.flags & (RD | HF_FLAG_CD));
		assert_true((r.h.flags & HF_FLAG_RA) != 0);
		assert_int_equal(r.opt, q.edns);
		assert_int_equal(r.dnssec_ok, q.dnssec_ok);
		assert_int_equal(r.rr_cnt, 2);
		assert_int_equal(dq.entry->variant,
		    ((bits & 3) == 3) * HF_VARIANT_DO + ((bits & 16) != 0) * HF_VARIANT_CD);
	}
}

static void
what_does_not_fit_is_cut_between_two_records(void **state)
{
	(void)state;
	static const struct {
		uint16_t udp_len;
		unsigned rr_cnt, kept;
		bool edns, tc;
	} cases[] = {
	    {0, 30, 30, false, false},
	    {0, 31, 30, false, true},
	    {512, 29, 29, true, false},
	    {512, 30, 29, true, true},
	    {100, 29, 29, true, false},
	    {1232, 74, 74, true, false},
	    {1232, 76, 74, true, true},
	    {4096, 76, 74, true, true},
	    {700, 41, 41, true, false},
	    {700, 42, 41, true, true},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fx_answer a = secure;
		struct fx_query q = plain;
		a.rr_cnt = cases[i].rr_cnt;
		q.edns = cases[i].edns;
		q.udp_len = cases[i].udp_len;
		q.dnssec_ok = cases[i].edns; /* OPT has bits to lose where a TTL would be */
		a.variant = cases[i].edns ? HF_VARIANT_DO : 0;
		publish(&a);
		core.now_ms += 3000;
		assert_int_equal(serve(&q), DP_REPLY);
		struct reply r = reply();
		assert_int_equal((r.h.flags & HF_FLAG_TC) != 0, cases[i].tc);
		assert_int_equal(r.rr_cnt, cases[i].kept);
		assert_int_equal(r.ttl, 57); /* of each record that is left */
		assert_int_equal(r.dnssec_ok, cases[i].edns);
		assert_int_equal(counted(HF_COUNTER_truncated), cases[i].tc);
	}
}

static void
an_answer_too_large_for_any_datagram_sends_the_client_to_tcp(void **state)
{
	(void)state;
	struct fx_answer a = {.name = "www.example.",
	    .ttl_s = 60,
	    .flags = HF_ANSWER_TRUNCATED,
	    .verdict = HF_VERDICT_SECURE};

	publish(&a);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	assert_true((reply().h.flags & HF_FLAG_TC) != 0);
}

static void
every_judgement_has_its_reply_and_its_counter(void **state)
{
	(void)state;
	static const struct {
		struct fx_query q;
		unsigned rcode;
		enum hf_counter c;
	} cases[] = {
	    {{.name = "a.", .flags = RD, .klass = HF_CLASS_CH}, HF_RCODE_REFUSED,
		HF_COUNTER_refused},
	    {{.name = "a.", .flags = RD, .type = HF_TYPE_AXFR}, HF_RCODE_REFUSED,
		HF_COUNTER_refused},
	    {{.name = "a.", .flags = RD | 0x2000}, HF_RCODE_NOTIMP, HF_COUNTER_notimp},
	    {{.name = "a.", .flags = RD, .type = HF_TYPE_TKEY}, HF_RCODE_NOTIMP, HF_COUNTER_notimp},
	    {{.name = "a.", .flags = RD, .edns = true, .version = 1, .udp_len = 1232},
		HF_RCODE_BADVERS, HF_COUNTER_badvers},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(serve(&cases[i].q), DP_REPLY);
		assert_int_equal(reply().rcode, cases[i].rcode);
		assert_int_equal(counted(cases[i].c), 1);
	}
}

static enum dp_outcome
serve_octets(const uint8_t *octets, uint16_t len)
{
	dq.msg = frame + DNS_OFF;
	dq.cap = FRAME_LEN - DNS_OFF;
	dq.len = len;
	memcpy(dq.msg, octets, len);
	dp_query_parse(&core, &dq);
	dp_query_find(&core, &dq);
	return dp_query_answer(&core, policy, &dq);
}

static void
malformed_queries_get_formerr_or_nothing(void **state)
{
	(void)state;
	uint8_t q[512];
	uint16_t len = fx_query(&plain, q);

	publish(&secure);
	for (uint16_t cut = 0; cut < len; cut++) {
		enum dp_outcome r = serve_octets(q, cut);
		assert_int_equal(r, cut < HF_HEADER_LEN ? DP_DROP : DP_REPLY);
		if (r == DP_REPLY)
			assert_int_equal(reply().rcode, HF_RCODE_FORMERR);
	}
	assert_int_equal(counted(HF_COUNTER_drop_short), HF_HEADER_LEN);
	assert_int_equal(counted(HF_COUNTER_formerr), len - HF_HEADER_LEN);
	q[2] |= 0x80;
	assert_int_equal(serve_octets(q, len), DP_DROP);
	assert_int_equal(counted(HF_COUNTER_drop_response), 1);
	assert_int_equal(counted(HF_COUNTER_hit), 0);
}

static void
without_rd_only_the_cache_answers(void **state)
{
	(void)state;
	struct fx_query q = with_edns;

	q.flags = 0;
	assert_int_equal(serve(&q), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.rcode, HF_RCODE_REFUSED);
	assert_int_equal(r.ede[0], HF_EDE_NOT_AUTHORITATIVE);
	assert_int_equal(counted(HF_COUNTER_rd_clear), 1);
	publish(&secure);
	assert_int_equal(serve(&q), DP_REPLY);
	assert_int_equal(reply().rcode, HF_RCODE_NOERROR);
}

static void
a_bogus_answer_is_servfail_with_its_cause(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.example.",
	    .ttl_s = 5,
	    .ede = HF_EDE_SIG_EXPIRED,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL,
	    .text = "expired in May"};

	publish(&a);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede_cnt, 1);
	assert_int_equal(r.ede[0], HF_EDE_SIG_EXPIRED);
	assert_string_equal(r.text, "expired in May");
}

static void
a_push_acts_on_the_next_packet(void **state)
{
	(void)state;
	const struct fx_answer bogus = {.name = "bad.example.",
	    .ttl_s = 5,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL};
	struct fx_answer passed = {.name = "bad.example.",
	    .ttl_s = 60,
	    .rr_cnt = 1,
	    .verdict = HF_VERDICT_UNVALIDATED,
	    .flags = HF_ANSWER_UNDER_NTA | HF_ANSWER_STALE,
	    .policy_gen = 7,
	    .hidden_ede = HF_EDE_BOGUS};
	struct fx_query q = {.name = "bad.example.", .flags = RD | HF_FLAG_AD, .edns = true};
	struct fx_query s = {.name = "www.example.", .flags = RD | HF_FLAG_AD};

	publish(&bogus);
	publish(&secure);
	assert_int_equal(serve(&q), DP_REPLY);
	push_policy(7, "example.");
	assert_int_equal(serve(&q), DP_MISS);
	assert_int_equal(counted(HF_COUNTER_policy_miss), 1);
	assert_int_equal(serve(&s), DP_REPLY);
	assert_true((reply().h.flags & HF_FLAG_AD) == 0);
	publish(&passed);
	assert_int_equal(serve(&q), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.ede[0], HF_EDE_NTA);
	assert_int_equal(r.ede[1], HF_EDE_BOGUS);
	assert_int_equal(r.rr_cnt, 1);
	push_policy(8, NULL);
	assert_int_equal(serve(&q), DP_MISS);
	assert_int_equal(serve(&s), DP_REPLY);
	assert_true((reply().h.flags & HF_FLAG_AD) != 0);
	core.control_alive = false; /* and never stale, not even now */
	const struct dp_frame f = {.octets = frame, .dns_off = DNS_OFF};
	core.now_ms += 61000;
	assert_int_equal(serve(&q), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().rcode, HF_RCODE_SERVFAIL);
}

static void
a_tag_that_belongs_to_another_name_is_looked_through(void **state)
{
	(void)state;
	publish(&secure);
	assert_int_equal(serve(&plain), DP_REPLY);
	struct dp_entry *e = dq.entry;
	uint64_t hash = dq.key.hash;
	/* the other's tag and bucket, another name */
	dq.msg = frame + DNS_OFF;
	dq.cap = FRAME_LEN - DNS_OFF;
	const struct fx_query q = {.name = "other.example.", .flags = RD};
	dq.len = fx_query(&q, dq.msg);
	dp_query_parse(&core, &dq);
	dq.key.hash = hash;
	dp_query_find(&core, &dq);
	assert_ptr_equal(dq.entry, e);
	assert_int_equal(dp_query_answer(&core, policy, &dq), DP_MISS);
	assert_null(dq.entry);
}

/* Served at, and whether the reply came with the wish for a refresh. */
static bool
wishes_at(uint64_t ms)
{
	core.now_ms = ms;
	assert_int_equal(serve(&plain), DP_REPLY);
	return dq.refresh == HF_MISS_REFRESH;
}

static void
a_popular_entry_is_refreshed_once_in_the_last_tenth_of_its_life(void **state)
{
	(void)state;
	publish(&secure); /* at 1000, for a minute */
	assert_false(wishes_at(1000));
	assert_false(wishes_at(2000));
	assert_false(wishes_at(55000));
	assert_true(wishes_at(55001));
	assert_false(wishes_at(55002));
	assert_false(wishes_at(60999));
	core.now_ms = 58000;
	publish(&secure); /* it came: a new life */
	assert_false(wishes_at(58001));
	assert_false(wishes_at(60000));
	assert_true(wishes_at(117000));
}

static void
what_is_asked_for_once_lives_short_failed_or_cannot_be_asked_is_not_refreshed(void **state)
{
	struct fx_answer a = secure;

	(void)state;
	publish(&a);
	assert_false(wishes_at(60000)); /* the first hit */
	assert_true(wishes_at(60001));
	a.ttl_s = 9;
	publish(&a); /* at 60001 */
	assert_false(wishes_at(60002));
	assert_false(wishes_at(60003));
	assert_false(wishes_at(69000));
	a.ttl_s = 60;
	core.now_ms = 70000;
	a.verdict = HF_VERDICT_INSECURE;
	publish(&a);
	assert_false(wishes_at(70001));
	assert_false(wishes_at(70002));
	core.control_alive = false;
	assert_false(wishes_at(129000));
	core.control_alive = true;
	assert_true(wishes_at(129001));
}

static void
clocks_sweep_takes_the_mark_and_not_what_was_counted(void **state)
{
	(void)state;
	publish(&secure);
	assert_false(wishes_at(1001));
	assert_false(wishes_at(1002));
	struct dp_entry *e = dp_table_find(table, &dq.key);

	assert_int_equal(atomic_load(&e->marks), DP_USED | DP_USED_AGAIN);
	atomic_fetch_and(&e->marks, (uint8_t)~DP_USED); /* as the hand does */
	assert_true(wishes_at(60000));
	assert_int_equal(atomic_load(&e->marks), DP_USED | DP_USED_AGAIN | DP_USED_REFRESHED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_hit_is_answered_with_ttls_counted_down),
	    T(a_popular_entry_is_refreshed_once_in_the_last_tenth_of_its_life),
	    T(what_is_asked_for_once_lives_short_failed_or_cannot_be_asked_is_not_refreshed),
	    T(clocks_sweep_takes_the_mark_and_not_what_was_counted),
	    T(a_ttl_below_the_age_reads_zero_not_a_wrap),
	    T(the_clients_spelling_of_the_name_comes_back),
	    T(header_bits_and_opt_follow_the_query),
	    T(what_does_not_fit_is_cut_between_two_records),
	    T(an_answer_too_large_for_any_datagram_sends_the_client_to_tcp),
	    T(every_judgement_has_its_reply_and_its_counter),
	    T(malformed_queries_get_formerr_or_nothing),
	    T(without_rd_only_the_cache_answers),
	    T(a_bogus_answer_is_servfail_with_its_cause),
	    T(a_push_acts_on_the_next_packet),
	    T(a_tag_that_belongs_to_another_name_is_looked_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
