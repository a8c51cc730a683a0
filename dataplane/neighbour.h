/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neighbour: ARP, neighbour solicitation and echo for service addresses.
 *
 * Purpose   A bare port is reachable without a kernel behind it. Nothing is learnt: replies
 *           to clients go back to the MAC address that the query came from.
 * Roles     A worker, with its own rate limit.
 * Memory    Answers in place of the question. Nothing is allocated.
 * Blocking  Never.
 * Errors    enum dp_neighbour; every value is a counter.
 * Trust     Every octet is hostile. At most DP_NEIGHBOUR_PER_S answers a second and core.
 */
#ifndef DP_NEIGHBOUR_H
#define DP_NEIGHBOUR_H

#include "dataplane/limit.h"
#include "dataplane/packet.h"

enum { DP_NEIGHBOUR_PER_S = 1000, DP_NEIGHBOUR_BURST = 200 };

enum dp_neighbour {
	DP_NEIGHBOUR_ARP,      /* answered: counter arp_answered */
	DP_NEIGHBOUR_ND,       /* answered: nd_answered */
	DP_NEIGHBOUR_ECHO,     /* answered: echo_answered */
	DP_NEIGHBOUR_NOT_OURS, /* not_ours: another message or another address */
	DP_NEIGHBOUR_BAD,      /* bad_packet */
	DP_NEIGHBOUR_LIMITED,  /* neighbour_limited */
};

/* Answer f (classified NEIGHBOUR) in place. For the first three outcomes f->len is the length
 * of the reply, at most f->cap; else the frame is spent. */
enum dp_neighbour dp_neighbour_answer(
    const struct dp_host *host, uint64_t now_ms, struct dp_limit *l, struct dp_packet *f);

#endif
