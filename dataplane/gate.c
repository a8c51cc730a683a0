/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/gate.h"

#include <errno.h>

static int
clients_init(struct dp_gate *g, const struct dp_gate_options *o, const uint8_t seed[64])
{
	uint32_t burst = o->client_burst != 0 ? o->client_burst : o->client_per_s;
	int rc;

	if (o->client_per_s == 0)
		return 0;
	rc = dp_buckets_init(&g->clients, DP_GATE_BUCKETS, o->client_per_s, seed);
	if (rc == 0) {
		g->client = dp_buckets_rate(&g->clients, o->client_per_s, burst);
		g->clients_on = true;
	}
	return rc;
}

static int
replies_init(struct dp_gate *g, const struct dp_gate_options *o, const uint8_t seed[64])
{
	uint32_t fastest = 0;
	int rc;

	for (unsigned i = 0; i < DP_REPLY_KIND_CNT; i++)
		if (o->reply_per_s[i] > fastest)
			fastest = o->reply_per_s[i];
	if (fastest == 0)
		return 0;
	rc = dp_buckets_init(&g->nets, DP_GATE_BUCKETS, fastest, seed);
	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < DP_REPLY_KIND_CNT; i++)
		g->reply[i] = dp_buckets_rate(
		    &g->nets, o->reply_per_s[i], (uint64_t)o->reply_per_s[i] * o->reply_window_s);
	g->replies_on = true;
	return 0;
}

int
dp_gate_init(struct dp_gate *g, const struct dp_gate_options *o, const uint8_t seed[128])
{
	int rc;

	memset(g, 0, sizeof(*g));
	if (o->net_v4_len == 0 || o->net_v4_len > 32 || o->net_v6_len == 0 || o->net_v6_len > 56)
		return -EINVAL;
	g->net_v4_len = o->net_v4_len;
	g->net_v6_len = o->net_v6_len;
	g->slip = o->slip;
	memcpy(&g->random, seed, sizeof(g->random));
	rc = clients_init(g, o, seed);
	if (rc == 0)
		rc = replies_init(g, o, seed + 64);
	if (rc != 0)
		dp_gate_fini(g);
	return rc;
}

void
dp_gate_fini(struct dp_gate *g)
{
	dp_buckets_fini(&g->clients);
	dp_buckets_fini(&g->nets);
	memset(g, 0, sizeof(*g));
}

void
dp_gate_time(struct dp_gate *g, uint64_t now_ns)
{
	if (g->clients_on)
		g->client_now = dp_buckets_now(&g->clients, now_ns);
	if (g->replies_on)
		g->reply_now = dp_buckets_now(&g->nets, now_ns);
}

void
dp_gate_aim(struct dp_gate *g, const uint8_t *const ip[], unsigned cnt)
{
	uint64_t id[DP_GATE_BURST];

	if (g->clients_on) {
		for (unsigned i = 0; i < cnt; i++)
			id[i] = dp_net(ip[i], DP_CLIENT_V4_LEN, DP_CLIENT_V6_LEN);
		dp_buckets_aim(&g->clients, id, cnt, g->client_spot);
	}
	if (g->replies_on) {
		for (unsigned i = 0; i < cnt; i++)
			id[i] = dp_net(ip[i], g->net_v4_len, g->net_v6_len);
		dp_buckets_aim(&g->nets, id, cnt, g->net_spot);
	}
}

/* One in g->slip, by chance: in turn, a sender could time the victim's own queries to be those
 * that are dropped. */
static __attribute__((noinline, cold)) enum dp_gate_verdict
over(struct dp_gate *g)
{
	if (g->slip == 0)
		return DP_GATE_DROP;
	g->random = g->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (g->random >> 32) * g->slip >> 32 == 0 ? DP_GATE_SLIP : DP_GATE_DROP;
}

enum dp_gate_verdict
dp_gate_query(struct dp_gate *g, unsigned i)
{
	if (!g->clients_on || dp_gate_query_within(g, i))
		return DP_GATE_PASS;
	return over(g);
}

enum dp_gate_verdict
dp_gate_reply(struct dp_gate *g, unsigned i, enum dp_reply_kind kind)
{
	if (!g->replies_on || dp_gate_reply_within(g, i, kind))
		return DP_GATE_PASS;
	return over(g);
}
