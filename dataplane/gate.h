/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gate: what one client may ask in a second, and what one network may be sent.
 *
 * Purpose   Two limits over token buckets (bucket.h): queries of each client, an IPv4 address
 *           or an IPv6 /56; and replies of each kind to each network, so that forged queries
 *           do not make a flood of them (response-rate limiting). Of what is over a limit one
 *           in so many slips through, answered with TC and no records: an honest client asks
 *           again over TCP, and to a forged one it is no more than was sent.
 * Roles     One per worker; only that worker touches it.
 * Memory    Two tables of DP_GATE_BUCKETS buckets, each only if its limit is set.
 * Blocking  Never.
 * Loss      DP_GATE_DROP; the caller counts it.
 * Trust     Addresses may be forged.
 *
 * The worker's loop: dp_gate_aim for a burst, early, so that the lines are there when
 * dp_gate_query and dp_gate_reply ask for packet i of it. Whoever has a good cookie is not
 * asked about (RFC 7873 5.2.4): the caller knows.
 */
#ifndef DP_GATE_H
#define DP_GATE_H

#include "dataplane/bucket.h"
#include "dataplane/packet.h"

enum {
	DP_GATE_BURST = 32,
	DP_GATE_BUCKETS = 1 << 16, /* in each table: 512 KiB */
	DP_GATE_SLIP_MAX = 100,
	DP_GATE_SLIP_DEFAULT = 2,
	DP_GATE_WINDOW_DEFAULT_S = 15,
	DP_RRL_V4_LEN_DEFAULT = 24,
	DP_RRL_V6_LEN_DEFAULT = 56,
};

enum dp_reply_kind {
	DP_REPLY_ANSWER, /* NOERROR, denials of a type included */
	DP_REPLY_NXDOMAIN,
	DP_REPLY_ERROR,
	DP_REPLY_KIND_CNT,
};

/* Of a reply to a query that was looked up. */
static inline enum dp_reply_kind
dp_reply_kind(unsigned rcode)
{
	return rcode == HF_RCODE_NOERROR ? DP_REPLY_ANSWER
	    : rcode == HF_RCODE_NXDOMAIN ? DP_REPLY_NXDOMAIN
					 : DP_REPLY_ERROR;
}

enum dp_gate_verdict { DP_GATE_PASS, DP_GATE_SLIP, DP_GATE_DROP };

struct dp_gate_options {
	uint32_t client_per_s;                   /* 0: no limit */
	uint32_t client_burst;                   /* 0: what flows in a second */
	uint32_t reply_per_s[DP_REPLY_KIND_CNT]; /* 0: no limit */
	uint32_t reply_window_s;                 /* so many seconds' worth may go at once */
	uint32_t slip;                           /* one in so many; 0: none */
	uint8_t net_v4_len, net_v6_len;          /* in [1, 32] and [1, 56] */
};

struct dp_gate {
	bool clients_on, replies_on;
	uint8_t net_v4_len, net_v6_len;
	uint32_t slip;
	uint64_t random;                /* who slips is not for the sender to choose */
	uint64_t client_now, reply_now; /* in the tables' units */
	struct dp_rate client;
	struct dp_rate reply[DP_REPLY_KIND_CNT];
	struct dp_buckets clients, nets;
	struct dp_spot client_spot[DP_GATE_BURST], net_spot[DP_GATE_BURST];
};

/* At start. seed: 128 random octets. 0, -EINVAL, -ENOMEM. */
int dp_gate_init(struct dp_gate *g, const struct dp_gate_options *o, const uint8_t seed[128]);
void dp_gate_fini(struct dp_gate *g);

/* Once per poll. */
void dp_gate_time(struct dp_gate *g, uint64_t now_ns);

/* The clients of a burst of cnt packets, at most DP_GATE_BURST, by their IP headers. */
void dp_gate_aim(struct dp_gate *g, const uint8_t *const ip[], unsigned cnt);

/* What becomes of query i of the burst. Counts against its client. */
enum dp_gate_verdict dp_gate_query(struct dp_gate *g, unsigned i);

/* What becomes of a reply of this kind to packet i of the burst. Counts against its network. */
enum dp_gate_verdict dp_gate_reply(struct dp_gate *g, unsigned i, enum dp_reply_kind kind);

/* With g->clients_on: whether query i is within its client's rate; counts against it if so. False:
 * nothing has changed, dp_gate_query says what becomes of it. */
static inline bool
dp_gate_query_within(struct dp_gate *g, unsigned i)
{
	return dp_bucket_take(&g->clients, g->client_spot[i], &g->client, g->client_now);
}

/* The same with g->replies_on of a reply of this kind to packet i. */
static inline bool
dp_gate_reply_within(struct dp_gate *g, unsigned i, enum dp_reply_kind kind)
{
	struct dp_spot spot = g->net_spot[i];

	spot.tag ^= (uint32_t)kind; /* in one line: nothing else is waited for */
	return g->reply[kind].cost == 0 ||
	    dp_bucket_take(&g->nets, spot, &g->reply[kind], g->reply_now);
}

#endif
