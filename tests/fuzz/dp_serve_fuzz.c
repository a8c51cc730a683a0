/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz: hostile queries, hostile answers, hostile handles and time against one core.
 * Input: commands of {op, len, octets}; see step(). Beyond what the sanitizers see, every reply
 * must be one that our own parser reads to its last octet, and no larger than allowed. */
#include <stdlib.h>

#include "dataplane/serve.h"

enum { DNS_OFF = 42, FRAME_LEN = 2048, QUERY_MAX = 1232 };

static struct dp_table *table;
static struct dp_policy *policy;
static struct dp_core core;
static uint64_t writer_counters[HF_COUNTER_CNT];
static struct dp_query dq;
static uint8_t frame[FRAME_LEN], reply_frame[FRAME_LEN];
static uint64_t last_handle;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
require(bool what)
{
	if (!what)
		abort();
}

static void
check_reply(const uint8_t *msg, size_t len)
{
	struct hf_cursor c;
	struct hf_header h;
	struct hf_question q;
	struct hf_walk w;
	struct hf_rr rr;

	require(len >= HF_HEADER_LEN && len <= core.udp_max);
	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	require((h.flags & HF_FLAG_QR) != 0 && h.qd_cnt <= 1);
	if (h.qd_cnt == 1)
		hf_question_read(&c, &q);
	hf_walk_init(&w, &c, &h);
	while (hf_walk_next(&w, &rr))
		;
	require(hf_cursor_ok(&c) && hf_cursor_left(&c) == 0);
}

static void
fuzz_query(const uint8_t *data, size_t len)
{
	const struct dp_frame f = {.octets = frame, .dns_off = DNS_OFF};
	struct dp_ask_out out;

	if (len > QUERY_MAX)
		len = QUERY_MAX;
	dq.msg = frame + DNS_OFF;
	dq.cap = FRAME_LEN - DNS_OFF;
	dq.len = (uint16_t)len;
	memcpy(dq.msg, data, len);
	dp_query_parse(&core, &dq);
	dp_query_find(&core, &dq);
	enum dp_outcome r = dp_query_answer(&core, policy, &dq);
	if (r == DP_MISS)
		r = dp_query_miss(&core, policy, &dq, &f, &out);
	if (r == DP_ASK)
		last_handle = out.handle;
	if (r == DP_REPLY)
		check_reply(dq.msg, dq.len);
}

/* The octets as an answer's, with lengths made to add up, so that the deeper checks are met. */
static void
fuzz_answer(const uint8_t *data, size_t len)
{
	static union {
		struct hf_msg_answer m;
		uint8_t octets[HF_UPDATE_SLOT_LEN];
	} u;
	struct hf_answer_view view;

	memset(&u, 0, sizeof(u));
	memcpy(u.octets, data, len < sizeof(u) ? len : sizeof(u));
	u.m.head.type = HF_MSG_ANSWER;
	u.m.head.epoch = 0;
	u.m.head.len = (uint16_t)(sizeof(u.m) + u.m.chain_len + u.m.ede_text_len + u.m.body_len);
	if (hf_msg_check_head(&u, sizeof(u), 0) != HF_MSG_OK ||
	    hf_msg_check_answer(&u.m, &view) != HF_MSG_OK)
		return;
	dp_table_answer(table, policy, &u.m, &view, core.now_ms);
	require(table->octets <= table->octets_max);
}

/* An answer for the question asked last: what a query needs to hit. */
static void
fuzz_answer_last(const uint8_t *data, size_t len)
{
	static union {
		struct hf_msg_answer m;
		uint8_t octets[HF_UPDATE_SLOT_LEN];
	} u;
	struct dp_question *q = dp_pending_by_handle(&core.pending, last_handle);

	if (q == NULL || len < 8)
		return;
	memset(&u, 0, sizeof(u));
	dp_key_to_msg(&q->key, &u.m.key);
	u.m.verdict = data[0] % HF_VERDICT_CNT;
	u.m.flags = data[1] % 8;
	u.m.rcode = data[2] % 4;
	u.m.ede = u.m.hidden_ede = data[3];
	u.m.an_cnt = data[4] % 8;
	u.m.ttl_s = data[5];
	u.m.valid_s = data[6];
	u.m.policy_gen = data[7] % 4;
	u.m.body_len = (uint16_t)(len - 8 < HF_BODY_MAX ? len - 8 : HF_BODY_MAX);
	memcpy(u.m.payload, data + 8, u.m.body_len);
	fuzz_answer(u.octets, sizeof(u));
	dp_core_done(&core, last_handle);
}

static void
fuzz_policy(const uint8_t *data, size_t len)
{
	const struct hf_msg_policy_begin begin = {.generation = policy->generation + 1,
	    .rule_cnt = 1,
	    .stale_client_ms = 1800,
	    .stale_ttl_s = 30,
	    .stale_max_s = 100,
	    .stale_retry_s = 1,
	    .stale_triggers = len > 1 ? data[1] % 8 : HF_STALE_ALL};
	struct hf_msg_policy_rule rule = {
	    .head.type = HF_MSG_POLICY_RULE, .generation = begin.generation};
	struct dp_policy *p = dp_policy_create(&table->hash, &begin);

	require(p != NULL);
	if (len > 0) {
		rule.kind = data[0] % 4;
		rule.name_len = (uint8_t)(len - 1 < HF_NAME_MAX ? len - 1 : HF_NAME_MAX);
		memcpy(rule.name, data + 1, rule.name_len);
		if (hf_msg_check_policy_rule(&rule) == HF_MSG_OK)
			dp_policy_add(p, &rule);
	}
	dp_policy_free(policy);
	policy = p;
}

static void
fuzz_next(void)
{
	struct dp_job job = {.frame = reply_frame, .cap = FRAME_LEN};
	struct dp_ask_out out;

	dp_core_tick(&core);
	for (unsigned i = 0; i < 64; i++) {
		enum dp_outcome r = dp_core_next(&core, policy, &dq, &job, &out);
		if (r == DP_NOTHING)
			return;
		if (r == DP_REPLY)
			check_reply(job.frame + job.dns_off, job.dns_len);
	}
}

static void
step(unsigned op, const uint8_t *data, size_t len)
{
	uint64_t handle = 0;

	switch (op % 8) {
	case 0:
	case 1:
		fuzz_query(data, len);
		break;
	case 2:
		fuzz_answer(data, len);
		break;
	case 3:
		fuzz_answer_last(data, len);
		break;
	case 4:
		fuzz_policy(data, len);
		break;
	case 5:
		memcpy(&handle, data, len < sizeof(handle) ? len : sizeof(handle));
		dp_core_done(&core, handle);
		break;
	case 6:
		core.now_ms += 100 * (op / 8 + 1) * (len + 1);
		break;
	default:
		core.control_alive = len % 4 != 0;
		break;
	}
	fuzz_next();
}

static void
start(void)
{
	static const uint8_t seed[64] = {1};

	table = dp_table_create(DP_TABLE_OCTETS_MIN, seed, writer_counters);
	require(table != NULL);
	policy = dp_policy_create_default(&table->hash);
	require(policy != NULL && dp_core_init(&core, 0, 16, 32, seed) == 0);
	core.table = table;
	core.control_alive = true;
	last_handle = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t off = 0;

	start();
	while (len - off >= 3) {
		size_t part = (size_t)data[off + 1] << 8 | data[off + 2];

		if (part > len - off - 3)
			part = len - off - 3;
		step(data[off], data + off + 3, part);
		off += 3 + part;
	}
	dp_core_fini(&core);
	dp_policy_free(policy);
	dp_table_destroy(table);
	return 0;
}
