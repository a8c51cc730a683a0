/* SPDX-License-Identifier: BSD-3-Clause */
/* A core, its table and its policy, for the tests of dataplane/serve.c: what they ask, and how a
 * client reads the reply. Everything is made anew for each test. */
#ifndef DP_SERVE_FIXTURE_H
#define DP_SERVE_FIXTURE_H

#include "dataplane/serve.h"
#include "tests/unit/dp_fixture.h"

enum { DNS_OFF = 42, FRAME_LEN = 2048 };

static struct dp_table *table;
static struct dp_policy *policy;
static struct dp_core core;
static struct fx_msg msg;
static uint64_t writer_counters[HF_COUNTER_CNT];
static struct dp_query dq;
static uint8_t frame[FRAME_LEN];
static __attribute__((unused)) struct dp_ask_out ask_out;

static int
setup(void **state)
{
	(void)state;
	table = dp_table_create(1 << 20, fx_seed, writer_counters);
	assert_non_null(table);
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

static inline void
push_policy(uint64_t generation, const char *nta)
{
	const struct hf_msg_policy_begin m = {.generation = generation,
	    .rule_cnt = 1,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = 86400,
	    .stale_retry_s = 30,
	    .stale_triggers = HF_STALE_ALL};
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

static inline enum dp_outcome
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

static inline struct reply
reply(void)
{
	return read_reply(dq.msg, dq.len);
}

static inline uint64_t
counted(enum hf_counter c)
{
	uint64_t v = core.counters[c];

	core.counters[c] = 0;
	return v;
}

#define RD HF_FLAG_RD
static const struct fx_query plain = {.name = "www.example.", .flags = RD};
static const struct fx_query with_edns = {
    .name = "www.example.", .flags = RD, .edns = true, .udp_len = 1232};
static const struct fx_answer secure = {.name = "www.example.",
    .rr_cnt = 2,
    .ttl_s = 60,
    .flags = HF_ANSWER_STALE,
    .verdict = HF_VERDICT_SECURE};

#endif
