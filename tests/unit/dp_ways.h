/* SPDX-License-Identifier: BSD-3-Clause */
/* One frame by the long way (packet.h, serve.h), and a burst by a short one (hit.h): the two are
 * held against one another by a unit test and by a fuzz target. */
#ifndef DP_WAYS_H
#define DP_WAYS_H

#include "dataplane/hit.h"

struct ways {
	const struct dp_host *host;
	struct dp_core *core;
	const struct dp_policy *policy;
	uint16_t cap; /* of each frame */
};

/* What the long way makes of the frame: its new length, 0: no reply. */
static size_t
long_way(const struct ways *w, uint8_t *f, size_t len)
{
	static struct dp_query query;
	struct dp_packet p = {.octets = f, .len = (uint16_t)len, .cap = w->cap};

	if (dp_packet_classify(w->host, &p) != DP_PACKET_DNS)
		return 0;
	query.msg = f + p.dns_off;
	query.len = p.dns_len;
	query.cap = (uint16_t)(w->cap - p.dns_off);
	query.ip = f + p.l3_off;
	dp_query_parse(w->core, &query);
	dp_query_find(w->core, &query);
	if (dp_query_answer(w->core, w->policy, &query) != DP_REPLY)
		return 0;
	return dp_packet_reply(&p, query.len);
}

/* Those of a set that this way has answered. */
static uint32_t
short_way(const struct ways *w, const struct dp_hit_way *way, struct dp_hits *hits, uint32_t set)
{
	set = way->headers(w->host, hits, set);
	set = way->questions(w->core, hits, set);
	set = way->find(w->core, hits, set);
	return way->answers(w->core, w->policy, hits, set);
}

#endif
