/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hit_limit: what hit_way.h does where clients or replies have a rate.
 *
 * Purpose   Included by hit_way.h alone. A query and its reply are charged when nothing else can
 *           keep the reply from being made, so that what goes the long way instead is charged
 *           there, and once.
 * Roles     As hit.h. Memory, blocking, loss and trust too.
 */
#ifndef DP_HIT_WAY
#error "included by hit_way.h"
#endif

/* dp_net of a frame's sender. */
static inline uint64_t
way_net(const struct dp_hit *h, unsigned v4_len, unsigned v6_len)
{
	return h->v6 ? dp_net_v6(h->ip, v6_len) : dp_net_v4(h->ip, v4_len);
}

/* The buckets of senders, on their way to the core. */
static void
way_senders(struct dp_gate *g, const struct dp_hits *b, uint32_t set)
{
#if defined(DP_WIDE_AVX512) || defined(DP_WIDE_AVX2)
	const struct dp_buckets *clients = &g->clients, *nets = &g->nets;

	if (g->clients_on && clients->hash.aes)
		WAY_FOR(i, left, set)
	g->client_spot[i] = dp_buckets_spot(clients,
	    dp_buckets_hash_aes(clients, way_net(&b->hit[i], DP_CLIENT_V4_LEN, DP_CLIENT_V6_LEN)));
	if (g->replies_on && nets->hash.aes)
		WAY_FOR(i, left, set)
	g->net_spot[i] = dp_buckets_spot(
	    nets, dp_buckets_hash_aes(nets, way_net(&b->hit[i], g->net_v4_len, g->net_v6_len)));
	if ((!g->clients_on || clients->hash.aes) && (!g->replies_on || nets->hash.aes))
		return;
#endif
	const uint8_t *ip[DP_BURST];

	if (set == 0)
		return;
	for (unsigned i = 0; i < DP_BURST; i++)
		ip[i] = b->hit[(set >> i & 1) != 0 ? i : (unsigned)__builtin_ctz(set)].ip;
	dp_gate_aim(g, ip, DP_BURST);
}

/* Whether the client may ask, and his network be sent this (who has proven himself by a cookie,
 * may: RFC 7873 5.2.4; over his own rate the long way looks at it). Who has paid for a query need
 * not do so again when its reply goes the long way. */
static inline bool
way_within(struct dp_guard *guard, unsigned i, const struct dp_entry *e, bool proven)
{
	struct dp_gate *g = &guard->gate;

	if (g->clients_on && !dp_gate_query_within(g, i))
		return false;
	if (!g->replies_on || proven || dp_gate_reply_within(g, i, dp_reply_kind(e->rcode)))
		return true;
	guard->paid |= (uint32_t)g->clients_on << i;
	return false;
}

static uint32_t
way_answers_limited(struct dp_core *core, const struct dp_policy *p, struct dp_guard *guard,
    struct dp_hits *b, uint32_t set)
{
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	{
		struct dp_hit *h = &b->hit[i];
		struct way_answer a;

		if (!way_same(h, h->entry) || !way_judge(core, p, h, h->entry, &a) ||
		    !way_fits(h, &a) || !way_mark(core, h->entry, &a) ||
		    !way_within(guard, i, h->entry, false))
			continue;
		way_reply(h, &a);
		done |= (uint32_t)1 << i;
	}
	if (__builtin_expect(done != set, 0))
		done |= way_answers_options(core, p, guard, b, set & ~done);
	dp_count_add(core->counters, HF_COUNTER_queries, (uint64_t)__builtin_popcount(done));
	dp_count_add(core->counters, HF_COUNTER_hit, (uint64_t)__builtin_popcount(done));
	return done;
}
