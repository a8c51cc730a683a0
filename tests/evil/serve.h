/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * serve: from a query to what is put on the wire for it.
 *
 * Purpose   Asks reply.h what to say, then lets the words and the weather decide how it
 *           travels: late, lost, twice, overtaken, behind forged and malformed ones.
 * Roles     The authority's thread.
 * Memory    struct evil_serve is the caller's.
 * Blocking  Never.
 * Loss      Every reply that is not sent is counted (counters.h).
 * Trust     Queries may be anything.
 */
#ifndef EVIL_SERVE_H
#define EVIL_SERVE_H

#include "tests/evil/malformed.h"
#include "tests/evil/net.h"

/* What befalls every reply over UDP; the words add to it. */
struct evil_weather {
	uint32_t delay_ms, drop_pct, dup_pct, reorder_pct;
};

struct evil_serve {
	struct evil_world world;
	struct evil_weather weather;
	struct evil_counters counters;
	struct evil_tags *tags;
	struct evil_net *net;
	uint64_t random; /* state of the dice, seeded */
	uint8_t reply[HF_MSG_MAX + EVIL_MALFORMED_GROW];
	uint8_t other[HF_MSG_MAX];
};

/* An evil_net_fn; arg is the struct evil_serve. */
void evil_serve_datagram(void *arg, const uint8_t *msg, size_t len, const struct hf_addr *from,
    const struct hf_addr *to);
/* A query over TCP: the reply in s->reply, its length, 0 for none; *ask as understood. */
size_t evil_serve_stream(struct evil_serve *s, const uint8_t *msg, size_t len,
    const struct hf_addr *from, const struct hf_addr *to, struct evil_ask *ask);

#endif
