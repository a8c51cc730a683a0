/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/guard.h"

int
dp_guard_init(
    struct dp_guard *g, const struct dp_gate_options *o, bool listed_on, const uint8_t seed[128])
{
	memset(g, 0, sizeof(*g));
	int rc = dp_gate_init(&g->gate, o, seed);
	g->listed_on = listed_on;
	g->on = listed_on || g->gate.clients_on || g->gate.replies_on;
	return rc;
}

void
dp_guard_fini(struct dp_guard *g)
{
	dp_gate_fini(&g->gate);
}

static enum dp_outcome
shut_out(struct dp_core *core, struct dp_query *dq, enum hf_access_verdict v)
{
	if (v == HF_ACCESS_REFUSE)
		return dp_query_prohibited(core, dq);
	dp_count(core->counters, HF_COUNTER_access_drop);
	return DP_DROP;
}

/* A reply with TC instead of nothing, if the gate says so and one can be made. */
static enum dp_outcome
slip(struct dp_core *core, struct dp_query *dq, enum dp_gate_verdict v, const uint8_t *cookie,
    enum hf_counter dropped, enum hf_counter slipped)
{
	enum dp_outcome o = v == DP_GATE_SLIP ? dp_query_slip(core, dq, cookie) : DP_DROP;

	dp_count(core->counters, o == DP_REPLY ? slipped : dropped);
	return o;
}

uint32_t
dp_guard_listed(const struct dp_guard *g, uint32_t set)
{
	if (!g->listed_on)
		return set;
	for (uint32_t left = set; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);

		set &= ~((uint32_t)(g->listed[i] != HF_ACCESS_ALLOW) << i);
	}
	return set;
}

/* What dp_guard_reply must know of the query, over which a reply is written meanwhile. */
static void
remember(struct dp_guard *g, const struct dp_core *core, const struct dp_query *dq, unsigned i)
{
	g->proven[i] = dq->judge == HF_JUDGE_LOOKUP && dp_query_cookie_good(core, dq);
	if (dq->judge == HF_JUDGE_LOOKUP && dq->q.edns.cookie_len != 0)
		memcpy(g->cookie[i], dq->msg + dq->q.edns.cookie_off, dq->q.edns.cookie_len);
}

enum dp_outcome
dp_guard_query(struct dp_guard *g, struct dp_core *core, struct dp_query *dq, unsigned i)
{
	if (g->gate.replies_on)
		remember(g, core, dq, i);
	if (g->listed_on && g->listed[i] != HF_ACCESS_ALLOW)
		return shut_out(core, dq, g->listed[i]);

	if ((g->paid >> i & 1) != 0)
		return DP_NOTHING;
	enum dp_gate_verdict v = dp_gate_query(&g->gate, i);
	if (v == DP_GATE_PASS || (dq->judge == HF_JUDGE_LOOKUP && dp_query_cookie_good(core, dq)))
		return DP_NOTHING;
	return slip(core, dq, v, NULL, HF_COUNTER_client_limited, HF_COUNTER_client_slipped);
}

static enum dp_reply_kind
kind_of(const struct dp_query *dq)
{
	unsigned rcode = dq->msg[3] & HF_FLAG_RCODE;

	if (dq->judge != HF_JUDGE_LOOKUP && rcode == HF_RCODE_NOERROR)
		return DP_REPLY_ERROR; /* who we are, or an RCODE whose upper bits are in OPT */
	return dp_reply_kind(rcode);
}

enum dp_outcome
dp_guard_reply(struct dp_guard *g, struct dp_core *core, struct dp_query *dq, unsigned i)
{
	if (!g->gate.replies_on || g->proven[i])
		return DP_REPLY;

	enum dp_gate_verdict v = dp_gate_reply(&g->gate, i, kind_of(dq));
	if (v == DP_GATE_PASS)
		return DP_REPLY;
	return slip(core, dq, v, g->cookie[i], HF_COUNTER_reply_limited, HF_COUNTER_reply_slipped);
}

enum dp_outcome
dp_guard_late(struct dp_guard *g, struct dp_core *core, struct dp_query *dq, bool proven)
{
	const uint8_t *ip = dq->ip;

	if (!g->gate.replies_on || proven)
		return DP_REPLY;
	dp_gate_aim(&g->gate, &ip, 1);
	enum dp_gate_verdict v = dp_gate_reply(&g->gate, 0, kind_of(dq));
	if (v == DP_GATE_PASS)
		return DP_REPLY;
	if (dq->q.edns.cookie_len != 0)
		v = DP_GATE_DROP; /* the reply stands where its cookie was; it is cached now */
	return slip(core, dq, v, NULL, HF_COUNTER_reply_limited, HF_COUNTER_reply_slipped);
}
