/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/serve.c: queries in, replies out, and those who wait between. */
#include <stdio.h>

#include "dataplane/serve.h"
#include "tests/unit/dp_fixture.h"

enum { DNS_OFF = 42, FRAME_LEN = 2048 };

static struct dp_table *table;
static struct dp_policy *policy;
static struct dp_core core;
static struct fx_msg msg;
static uint64_t writer_counters[HF_COUNTER_CNT];
static struct dp_query dq;
static uint8_t frame[FRAME_LEN], reply_frame[FRAME_LEN];
static struct dp_ask_out ask_out;

static void
no_readers(void)
{
}

static int
setup(void **state)
{
	(void)state;
	table = dp_table_create(1 << 20, fx_seed, writer_counters);
	assert_non_null(table);
	table->grace = no_readers;
	policy = dp_policy_create_default(&table->hash);
	assert_int_equal(dp_core_init(&core, 0, 4, 8, fx_seed), 0);
	core.table = table;
	core.control_alive = true;
	core.now_ms = 1000;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dp_core_fini(&core);
	dp_policy_free(policy);
	dp_table_destroy(table);
	return 0;
}

static void
publish(const struct fx_answer *a)
{
	fx_make(a, &msg);
	dp_table_answer(table, policy, &msg.m, &msg.view, core.now_ms);
}

static void
push_policy(uint64_t generation, const char *nta)
{
	const struct hf_msg_policy_begin m = {.generation = generation,
	    .rule_cnt = 1,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = 86400,
	    .stale_retry_s = 30};
	struct hf_msg_policy_rule r = {.generation = generation, .kind = HF_RULE_NTA};

	dp_policy_free(policy);
	policy = dp_policy_create(&table->hash, &m);
	if (nta == NULL)
		return;
	struct hf_name n = fx_name(nta);
	r.name_len = n.len;
	memcpy(r.name, n.octets, n.len);
	assert_int_equal(dp_policy_add(policy, &r), HF_MSG_OK);
}

static enum dp_outcome
serve(const struct fx_query *q)
{
	memset(frame, 0x5a, sizeof(frame));
	dq.msg = frame + DNS_OFF;
	dq.cap = FRAME_LEN - DNS_OFF;
	dq.len = fx_query(q, dq.msg);
	dp_query_parse(&core, &dq);
	dp_query_find(&core, &dq);
	return dp_query_answer(&core, policy, &dq);
}

static enum dp_outcome
serve_miss(const struct fx_query *q, uint16_t port)
{
	const struct dp_frame f = {frame, DNS_OFF, port, 0};

	assert_int_equal(serve(q), DP_MISS);
	return dp_query_miss(&core, policy, &dq, &f, &ask_out);
}

struct reply {
	struct hf_header h;
	unsigned rcode;
	bool opt, dnssec_ok;
	uint16_t ede[4];
	unsigned ede_cnt;
	char text[HF_EDE_TEXT_MAX + 1]; /* of the last EDE */
	unsigned rr_cnt;
	uint32_t ttl; /* of the first record */
	uint8_t qname[HF_NAME_MAX];
};

/* Read a reply as a client does: every octet of it must make sense. */
static struct reply
read_reply(const uint8_t *m, size_t len)
{
	struct reply r = {0};
	struct hf_cursor c;
	struct hf_question q;
	struct hf_walk w;
	struct hf_rr rr;
	struct hf_edns edns = {0};
	struct hf_option o;

	hf_cursor_init(&c, m, len);
	hf_header_read(&c, &r.h);
	if (r.h.qd_cnt == 1)
		hf_question_read(&c, &q);
	assert_true(hf_cursor_ok(&c));
	if (r.h.qd_cnt == 1)
		memcpy(r.qname, q.name.octets, q.name.len);
	hf_walk_init(&w, &c, &r.h);
	while (hf_walk_next(&w, &rr)) {
		if (rr.type == HF_TYPE_OPT) {
			assert_true(hf_edns_from_rr(m, &rr, &edns));
			continue;
		}
		if (r.rr_cnt++ == 0)
			r.ttl = rr.ttl;
	}
	assert_true(hf_cursor_ok(&c) && hf_cursor_left(&c) == 0);
	r.opt = edns.present;
	r.dnssec_ok = edns.dnssec_ok;
	r.rcode = (r.h.flags & HF_FLAG_RCODE) | (unsigned)edns.ext_rcode << 4;
	uint32_t off = edns.options_off;
	while (edns.present && hf_option_next(m, &edns, &off, &o)) {
		assert_int_equal(o.code, HF_OPTION_EDE);
		r.ede[r.ede_cnt++] = (uint16_t)(o.data[0] << 8 | o.data[1]);
		memcpy(r.text, o.data + 2, o.len - 2u);
		r.text[o.len - 2] = 0;
	}
	assert_true((r.h.flags & HF_FLAG_QR) != 0 && (r.h.flags & HF_FLAG_AA) == 0);
	assert_int_equal(r.h.id, 0xabcd);
	return r;
}

static struct reply
reply(void)
{
	return read_reply(dq.msg, dq.len);
}

static uint64_t
counted(enum hf_counter c)
{
	uint64_t v = core.counters[c];

	core.counters[c] = 0;
	return v;
}

/* The next thing for a waiter, which must be a reply. */
static struct reply
next_reply(uint16_t port)
{
	struct dp_job job = {.frame = reply_frame, .cap = FRAME_LEN};

	assert_int_equal(dp_core_next(&core, policy, &dq, &job, &ask_out), DP_REPLY);
	assert_int_equal(job.port, port);
	assert_int_equal(job.dns_off, DNS_OFF);
	for (unsigned i = 0; i < DNS_OFF; i++)
		assert_int_equal(reply_frame[i], 0x5a);
	return read_reply(reply_frame + job.dns_off, job.dns_len);
}

static enum dp_outcome
next(void)
{
	struct dp_job job = {.frame = reply_frame, .cap = FRAME_LEN};

	return dp_core_next(&core, policy, &dq, &job, &ask_out);
}

#define RD HF_FLAG_RD
static const struct fx_query plain = {.name = "www.example.", .flags = RD};
static const struct fx_query with_edns = {
    .name = "www.example.", .flags = RD, .edns = true, .udp_len = 1232};
static const struct fx_answer secure = {.name = "www.example.",
    .rr_cnt = 2,
    .ttl_s = 60,
    .stale_s = 86400,
    .verdict = HF_VERDICT_SECURE};

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
	dq.entry->fresh_until_ms += 600000; /* as if kept beyond its records */
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
		bool want_ad = (bits & 8) != 0 || (bits & 3) == 3;
		assert_int_equal((r.h.flags & HF_FLAG_AD) != 0, want_ad);
		assert_int_equal(r.h.flags & (RD | HF_FLAG_CD), q.flags & (RD | HF_FLAG_CD));
		assert_true((r.h.flags & HF_FLAG_RA) != 0);
		assert_int_equal(r.opt, q.edns);
		assert_int_equal(r.dnssec_ok, q.dnssec_ok);
		assert_int_equal(r.rr_cnt, 2);
		assert_int_equal(dq.entry->key[4],
		    ((bits & 3) == 3) * HF_VARIANT_DO + ((bits & 16) != 0) * HF_VARIANT_CD);
	}
}

static void
what_does_not_fit_is_truncated(void **state)
{
	(void)state;
	static const struct {
		uint16_t udp_len;
		unsigned rr_cnt;
		bool edns, tc;
	} cases[] = {
	    {0, 30, false, false},
	    {0, 31, false, true},
	    {512, 29, true, false},
	    {512, 30, true, true},
	    {100, 29, true, false},
	    {1232, 74, true, false},
	    {1232, 76, true, true},
	    {4096, 76, true, true},
	    {700, 41, true, false},
	    {700, 42, true, true},
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
		assert_int_equal(r.rr_cnt, cases[i].tc ? 0 : cases[i].rr_cnt);
		assert_int_equal(r.ttl, cases[i].tc ? 0 : 57);
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
	    .flags = HF_ANSWER_UNDER_NTA,
	    .policy_gen = 7,
	    .hidden_ede = HF_EDE_BOGUS,
	    .stale_s = 600};
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
	const struct dp_frame f = {frame, DNS_OFF, 0, 0};
	core.now_ms += 61000;
	assert_int_equal(serve(&q), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().rcode, HF_RCODE_SERVFAIL);
}

static void
equal_questions_wait_on_one_miss_and_all_are_answered(void **state)
{
	(void)state;
	struct fx_query other = plain;

	other.name = "WWW.example.";
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	assert_true(handle != 0);
	assert_int_equal(serve_miss(&other, 2), DP_WAIT);
	assert_int_equal(serve_miss(&with_edns, 3), DP_WAIT);
	assert_int_equal(counted(HF_COUNTER_miss), 1);
	assert_int_equal(counted(HF_COUNTER_coalesced), 2);
	assert_int_equal(next(), DP_NOTHING);
	core.now_ms += 20;
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(1).rr_cnt, 2);
	assert_memory_equal(next_reply(2).qname, "\3WWW", 4);
	assert_true(next_reply(3).opt);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(counted(HF_COUNTER_late), 3);
	assert_int_equal(core.pending.question_cnt, 0);
	assert_int_equal(core.pending.waiter_cnt, 0);
}

static void
an_answer_with_ttl_zero_serves_those_who_waited_and_nobody_else(void **state)
{
	(void)state;
	struct fx_answer a = secure;

	a.ttl_s = 0;
	a.stale_s = 0;
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	core.now_ms += 20;
	publish(&a);
	core.now_ms += 5;
	dp_core_done(&core, ask_out.handle);
	struct reply r = next_reply(1);
	assert_int_equal(r.rr_cnt, 2);
	assert_int_equal(r.ttl, 0);
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
}

static void
a_handle_made_up_by_the_other_side_is_counted_and_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	const uint64_t wrong[] = {0, 1, UINT64_MAX, handle ^ 1, handle ^ (UINT64_C(1) << 63),
	    handle & 0xfffff, handle + (1 << 20)};

	for (unsigned i = 0; i < 7; i++)
		dp_core_done(&core, wrong[i]);
	assert_int_equal(counted(HF_COUNTER_done_unknown), 7);
	assert_int_equal(next(), DP_NOTHING);
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(1).rr_cnt, 2);
	dp_core_done(&core, handle); /* said twice */
	assert_int_equal(next(), DP_NOTHING);
	dp_core_done(&core, handle);
	assert_int_equal(counted(HF_COUNTER_done_unknown), 1);
}

static void
the_stale_timer_answers_stale_and_the_task_goes_on(void **state)
{
	(void)state;
	publish(&secure);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	assert_true(dp_core_idle_ms(&core, policy) == 1800);
	core.now_ms += 1799;
	dp_core_tick(&core, policy);
	assert_int_equal(next(), DP_NOTHING);
	core.now_ms += 1;
	dp_core_tick(&core, policy);
	struct reply r = next_reply(1);
	assert_int_equal(r.ttl, 30);
	assert_int_equal(r.rr_cnt, 2);
	assert_int_equal(r.ede[0], HF_EDE_STALE);
	assert_true((r.h.flags & HF_FLAG_AD) == 0);
	assert_int_equal(next(), DP_NOTHING);
	/* who asks now need not wait again, and nothing is sent twice */
	const struct dp_frame f = {frame, DNS_OFF, 2, 0};
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().ttl, 30);
	assert_int_equal(counted(HF_COUNTER_stale), 2);
	assert_int_equal(counted(HF_COUNTER_miss), 1);
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(core.pending.question_cnt, 0);
	assert_int_equal(serve(&with_edns), DP_REPLY);
	assert_int_equal(reply().ttl, 60);
}

static void
an_answer_that_comes_while_stale_ones_are_sent_serves_the_rest(void **state)
{
	(void)state;
	publish(&secure);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&plain, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	assert_int_equal(serve_miss(&plain, 2), DP_WAIT);
	core.now_ms += 1800;
	dp_core_tick(&core, policy);
	assert_int_equal(next_reply(1).ttl, 30);
	publish(&secure);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(2).ttl, 60);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(core.pending.question_cnt, 0);
}

static void
without_a_stale_answer_the_waiter_waits_until_the_time_out(void **state)
{
	(void)state;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	core.now_ms += 1800;
	dp_core_tick(&core, policy);
	assert_int_equal(next(), DP_NOTHING);
	assert_true(dp_core_idle_ms(&core, policy) == 4200);
	core.now_ms += 4199;
	dp_core_tick(&core, policy);
	assert_int_equal(next(), DP_NOTHING);
	core.now_ms += 1;
	dp_core_tick(&core, policy);
	struct reply r = next_reply(1);
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_int_equal(counted(HF_COUNTER_timed_out), 1);
	assert_int_equal(next(), DP_NOTHING);
	assert_true(dp_core_idle_ms(&core, policy) == UINT64_MAX);
	assert_int_equal(core.pending.question_cnt, 0);
}

static void
a_time_out_names_the_known_cause_rather_than_22(void **state)
{
	(void)state;
	const struct fx_answer a = {.name = "www.example.",
	    .ttl_s = 5,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL};

	publish(&a);
	core.now_ms += 6000;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	core.now_ms += 6000;
	dp_core_tick(&core, policy);
	assert_int_equal(next_reply(1).ede[0], HF_EDE_BOGUS);
}

static void
without_a_control_plane_misses_and_waiters_hear_so_at_once(void **state)
{
	(void)state;
	const struct dp_frame f = {frame, DNS_OFF, 2, 0};

	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	core.control_alive = false;
	assert_true(dp_core_idle_ms(&core, policy) == 0);
	dp_core_tick(&core, policy);
	struct reply r = next_reply(1);
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().ede[0], HF_EDE_NO_REACHABLE_AUTHORITY);
	assert_int_equal(counted(HF_COUNTER_no_control), 2);
	assert_int_equal(next(), DP_NOTHING);
	dp_core_done(&core, handle);
	assert_int_equal(counted(HF_COUNTER_done_unknown), 1);
	publish(&secure);
	assert_int_equal(serve(&with_edns), DP_REPLY); /* hits go on */
	core.now_ms += 70000;
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	assert_int_equal(reply().ede[0], HF_EDE_STALE);
}

static void
a_failed_refresh_serves_stale_with_its_cause_and_rests(void **state)
{
	(void)state;
	const struct fx_answer bad = {.name = "www.example.",
	    .ttl_s = 1,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL};

	publish(&secure);
	core.now_ms += 70000;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	core.now_ms += 50;
	publish(&bad);
	dp_core_done(&core, ask_out.handle);
	struct reply r = next_reply(1);
	assert_int_equal(r.rr_cnt, 2);
	assert_int_equal(r.ede[0], HF_EDE_STALE);
	assert_int_equal(r.ede[1], HF_EDE_BOGUS);
	core.now_ms += 29999;
	assert_int_equal(serve(&with_edns), DP_REPLY); /* at once, nobody is asked */
	assert_int_equal(reply().ttl, 30);
	core.now_ms += 1;
	assert_int_equal(serve(&with_edns), DP_MISS); /* thirty seconds later it is tried again */
}

static void
an_answer_forbidden_by_newer_policy_is_asked_for_again_but_not_for_ever(void **state)
{
	(void)state;
	const struct fx_answer bad = {.name = "www.example.",
	    .ttl_s = 5,
	    .ede = HF_EDE_BOGUS,
	    .verdict = HF_VERDICT_BOGUS,
	    .rcode = HF_RCODE_SERVFAIL,
	    .policy_gen = 6};

	push_policy(7, "example.");
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	uint64_t handle = ask_out.handle;
	for (unsigned i = 0; i < DP_SEND_MAX - 1; i++) {
		publish(&bad);
		dp_core_done(&core, handle);
		assert_int_equal(next(), DP_ASK);
		assert_true(ask_out.handle == handle);
		assert_int_equal(ask_out.key->o.name_len, 13);
		assert_int_equal(next(), DP_NOTHING);
	}
	publish(&bad);
	dp_core_done(&core, handle);
	assert_int_equal(next_reply(1).rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(counted(HF_COUNTER_gave_up), 1);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(core.pending.question_cnt, 0);
}

static void
a_full_table_of_questions_refuses_at_once(void **state)
{
	(void)state;
	const struct dp_frame f = {frame, DNS_OFF, 2, 0};
	char text[16];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "n%u.", i);
		const struct fx_query q = {.name = text, .flags = RD};
		assert_int_equal(serve_miss(&q, 1), DP_ASK);
	}
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &f, &ask_out), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_RATE_LIMITED);
	assert_int_equal(counted(HF_COUNTER_pending_full), 1);
}

static void
a_client_that_waits_for_enough_replies_is_refused_at_once(void **state)
{
	(void)state;
	const struct dp_frame same = {frame, DNS_OFF, 2, 0}, other = {frame, DNS_OFF, 2, 1};

	core.pending.holders.limit = 1;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &same, &ask_out), DP_REPLY);
	struct reply r = reply();
	assert_int_equal(r.rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(r.ede[0], HF_EDE_RATE_LIMITED);
	assert_int_equal(counted(HF_COUNTER_client_full), 1);
	assert_int_equal(serve(&with_edns), DP_MISS);
	assert_int_equal(dp_query_miss(&core, policy, &dq, &other, &ask_out), DP_WAIT);
}

static void
a_question_that_could_not_be_sent_is_refused_in_the_same_poll(void **state)
{
	(void)state;
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK);
	dp_core_ring_full(&core, ask_out.handle);
	assert_int_equal(next_reply(1).rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(counted(HF_COUNTER_ring_full), 1);
	assert_int_equal(next(), DP_NOTHING);
	assert_int_equal(serve_miss(&with_edns, 1), DP_ASK); /* and may be asked again */
}

static void
a_tag_that_belongs_to_another_name_is_looked_through(void **state)
{
	(void)state;
	publish(&secure);
	assert_int_equal(serve(&plain), DP_REPLY);
	struct dp_entry *e = dq.entry;
	/* the other's tag and bucket, another name */
	dq.msg = frame + DNS_OFF;
	dq.cap = FRAME_LEN - DNS_OFF;
	const struct fx_query q = {.name = "other.example.", .flags = RD};
	dq.len = fx_query(&q, dq.msg);
	dp_query_parse(&core, &dq);
	dq.key.hash = e->hash;
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
	return dq.refresh;
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

	assert_int_equal(atomic_load(&e->used), DP_USED | DP_USED_AGAIN);
	atomic_fetch_and(&e->used, (uint8_t)~DP_USED); /* as the hand does */
	assert_true(wishes_at(60000));
	assert_int_equal(atomic_load(&e->used), DP_USED | DP_USED_AGAIN | DP_USED_REFRESHED);
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
	    T(what_does_not_fit_is_truncated),
	    T(an_answer_too_large_for_any_datagram_sends_the_client_to_tcp),
	    T(every_judgement_has_its_reply_and_its_counter),
	    T(malformed_queries_get_formerr_or_nothing),
	    T(without_rd_only_the_cache_answers),
	    T(a_bogus_answer_is_servfail_with_its_cause),
	    T(a_push_acts_on_the_next_packet),
	    T(equal_questions_wait_on_one_miss_and_all_are_answered),
	    T(an_answer_with_ttl_zero_serves_those_who_waited_and_nobody_else),
	    T(a_handle_made_up_by_the_other_side_is_counted_and_does_nothing),
	    T(the_stale_timer_answers_stale_and_the_task_goes_on),
	    T(an_answer_that_comes_while_stale_ones_are_sent_serves_the_rest),
	    T(without_a_stale_answer_the_waiter_waits_until_the_time_out),
	    T(a_time_out_names_the_known_cause_rather_than_22),
	    T(without_a_control_plane_misses_and_waiters_hear_so_at_once),
	    T(a_failed_refresh_serves_stale_with_its_cause_and_rests),
	    T(an_answer_forbidden_by_newer_policy_is_asked_for_again_but_not_for_ever),
	    T(a_full_table_of_questions_refuses_at_once),
	    T(a_client_that_waits_for_enough_replies_is_refused_at_once),
	    T(a_question_that_could_not_be_sent_is_refused_in_the_same_poll),
	    T(a_tag_that_belongs_to_another_name_is_looked_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
