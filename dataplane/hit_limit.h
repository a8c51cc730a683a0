/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hit_limit: the last stage of hit_way.h where replies to a network have a rate.
 *
 * Purpose   Included by hit_way.h alone. Each reply is charged when nothing else can keep it from
 *           being made, so that what goes the long way instead is charged there, and once.
 * Roles     As hit.h. Memory, blocking, loss and trust too.
 */
#ifndef DP_HIT_WAY
#error "included by hit_way.h"
#endif

static uint32_t
way_answers_limited(struct dp_core *core, const struct dp_policy *p, struct dp_gate *g,
    struct dp_hits *b, uint32_t set)
{
	uint32_t done = 0;

	WAY_FOR(i, left, set)
	{
		struct dp_hit *h = &b->hit[i];
		struct way_answer a;

		if (!way_same(h, h->entry) || !way_judge(core, p, h, h->entry, &a) ||
		    !way_fits(h, &a) || !way_mark(core, h->entry, &a) ||
		    !dp_gate_reply_within(g, i, dp_reply_kind(h->entry->rcode)))
			continue;
		way_reply(h, &a);
		done |= (uint32_t)1 << i;
	}
	dp_count_add(core->counters, HF_COUNTER_queries, (uint64_t)__builtin_popcount(done));
	dp_count_add(core->counters, HF_COUNTER_hit, (uint64_t)__builtin_popcount(done));
	return done;
}
