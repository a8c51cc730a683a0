/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hit: queries answered straight out of the cache, a burst at a time, by the short way.
 *
 * Purpose   Most packets are plain: a UDP query with one question and perhaps an OPT, whose answer
 *           is in the cache, fresh, and says nothing unusual. They go through four stages, each
 *           over the whole burst, so that the waits for memory overlap. What a stage does not
 *           take goes the long way (packet.h, serve.h), as it was received: nothing is written
 *           to a frame before its reply is certain. Both ways give the same octets.
 * Roles     A worker, on its own burst and core.
 * Memory    The caller's: one struct dp_hits per worker, buffers with room. Entries are used
 *           between two quiescent lines, within one burst.
 * Blocking  Never; no lock, no allocation, no system call, no log.
 * Loss      None: a stage answers or leaves alone.
 * Trust     Every octet of a frame is hostile. It is read within its buffer (cap), beyond its
 *           length only into registers, where what is behind it is cut off.
 *
 * The code is hit_way.h, compiled once for each kind of CPU; which one is used is chosen once.
 */
#ifndef DP_HIT_H
#define DP_HIT_H

#include "dataplane/guard.h"
#include "dataplane/packet.h"
#include "dataplane/serve.h"

enum {
	DP_BURST = 32,
	DP_HIT_LINES = 2,     /* of a key: names up to DP_HIT_NAME_MAX octets */
	DP_HIT_CAP_MIN = 512, /* octets a buffer must have to be read in lines */
	DP_HIT_TAIL = 64,     /* octets behind a frame that a line may reach over */
	DP_HIT_NAME_MAX = DP_HIT_LINES * DP_LINE_LEN - DP_KEY_NAME_OFF,
};

/* One packet's scratch. */
struct dp_hit {
	alignas(DP_LINE_LEN) uint8_t *octets; /* in: the frame */
	uint16_t len;                         /* in: of the frame; out: of the reply's */
	uint16_t cap;                         /* in: octets that may be read and written */
	bool ip_summed, udp_summed;           /* in: the port found the checksum right */
	/* headers */
	bool v6;
	bool usual; /* no VLAN tag */
	uint16_t dns_len;
	uint8_t *ip;
	uint8_t *dns;
	/* questions */
	uint64_t hash;
	uint64_t bits; /* of the key's first line: which octets say something */
	uint32_t meta;
	uint32_t went;     /* sum of the octets that are replaced up to the question */
	uint16_t limit;    /* the largest datagram for this client */
	uint16_t body_off; /* where the question ends */
	bool opt, dnssec_ok;
	uint8_t cookie_len; /* of an OPT with options, whose limit is 0; 0: no cookie to answer */
	uint16_t cookie_off, options_limit;
	/* find */
	struct dp_entry *entry;
	/* the key in lines: compared with the entry's */
	alignas(DP_LINE_LEN) uint8_t line[DP_HIT_LINES][DP_LINE_LEN];
};

struct dp_hits {
	uint64_t word[DP_BURST]; /* find: of the bucket */
	struct dp_hit hit[DP_BURST];
};

/* The stages. Each takes a set of packets, bit i for hit[i], and returns those of them that go on
 * to the next; the last returns those whose frame now is the whole reply. */
struct dp_hit_way {
	const char *name;
	/* Ethernet, at most one VLAN tag, IPv4 or IPv6, UDP to port 53, all checksums right. */
	uint32_t (*headers)(const struct dp_host *host, struct dp_hits *b, uint32_t set);
	/* Header, one question of class IN, at most an OPT; folded, hashed, buckets prefetched. */
	uint32_t (*questions)(const struct dp_core *core, struct dp_hits *b, uint32_t set);
	/* An entry with the right tag, prefetched. */
	uint32_t (*find)(const struct dp_core *core, struct dp_hits *b, uint32_t set);
	/* Key compared, judged, answered. Counts queries and hits. */
	uint32_t (*answers)(
	    struct dp_core *core, const struct dp_policy *p, struct dp_hits *b, uint32_t set);
	/* Where clients or replies have a rate: the buckets of senders, prefetched. */
	void (*senders)(struct dp_gate *g, const struct dp_hits *b, uint32_t set);
	/* answers for that case: what is answered is charged. What is over a rate is left, and
	 * guard->paid says whose query was charged all the same. */
	uint32_t (*answers_limited)(struct dp_core *core, const struct dp_policy *p,
	    struct dp_guard *guard, struct dp_hits *b, uint32_t set);
};

/* The ways this program was compiled with, best first; the last works on every CPU. NULL: no
 * more. */
const struct dp_hit_way *dp_hit_way(unsigned i);
/* Whether this CPU can go way w. */
bool dp_hit_way_runs(const struct dp_hit_way *w);
/* The first that runs here. */
const struct dp_hit_way *dp_hit_way_best(void);

#endif
