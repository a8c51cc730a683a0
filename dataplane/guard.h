/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard: whose queries of a burst are answered, and which replies leave.
 *
 * Purpose   Access lists and the limits of gate.h, applied: what is turned away is answered
 *           REFUSED or with TC, or dropped, and counted.
 * Roles     One per worker; only that worker touches it.
 * Memory    gate.h's tables, made at start.
 * Blocking  Never.
 * Loss      DP_DROP, always with a counter.
 * Trust     Queries are hostile, senders may be forged.
 *
 * The worker's loop: dp_gate_aim behind the parse of a burst; listed[i] from the access table, if
 * there is one. For the short way of hits dp_guard_listed, and the gate (hit_limit.h): what they
 * leave out goes the long way, where for each packet dp_guard_query before it is answered and
 * dp_guard_reply behind.
 */
#ifndef DP_GUARD_H
#define DP_GUARD_H

#include "dataplane/gate.h"
#include "dataplane/serve.h"
#include "lib/base/access.h"

struct dp_guard {
	bool on;                       /* there is anything to ask before a query is answered */
	bool listed_on;                /* listed[] is filled in for each burst */
	uint8_t listed[DP_GATE_BURST]; /* enum hf_access_verdict */
	uint32_t paid;                 /* bit i: query i was charged to its client already */
	bool proven[DP_GATE_BURST];    /* it came with a good cookie: its reply is not limited */
	uint8_t cookie[DP_GATE_BURST]
		      [HF_COOKIE_OPTION_MAX]; /* as it came: a reply is written over it */
	struct dp_gate gate;
};

/* At start. listed_on: whether there are access lists. 0, -EINVAL, -ENOMEM. */
int dp_guard_init(
    struct dp_guard *g, const struct dp_gate_options *o, bool listed_on, const uint8_t seed[128]);
void dp_guard_fini(struct dp_guard *g);

/* Of a set of queries, bit i for query i: those whose senders may ask. */
uint32_t dp_guard_listed(const struct dp_guard *g, uint32_t set);

/* With g->on: DP_NOTHING: query i may be answered; DP_REPLY: it is; DP_DROP. */
enum dp_outcome
dp_guard_query(struct dp_guard *g, struct dp_core *core, struct dp_query *dq, unsigned i);

/* Behind dp_guard_query and whatever wrote a reply: DP_REPLY, perhaps a shorter one, or DP_DROP. */
enum dp_outcome
dp_guard_reply(struct dp_guard *g, struct dp_core *core, struct dp_query *dq, unsigned i);

/* The same for one who waited; proven: he came with a good cookie. */
enum dp_outcome
dp_guard_late(struct dp_guard *g, struct dp_core *core, struct dp_query *dq, bool proven);

#endif
