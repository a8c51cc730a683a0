/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net: what the resolver has sent to servers and nobody has answered yet.
 *
 * Purpose   The fake network. Queries wait here until an entry of a range, a step of the
 *           scenario, or a time-out ends them. Says what fits; delivers nothing itself.
 * Roles     The player.
 * Memory    Each query is allocated when sent and freed when taken.
 * Blocking  Never.
 * Errors    NULL where nothing fits. Out of memory aborts: this is a test.
 * Trust     The resolver's packets are read like any other's.
 */
#ifndef HF_REPLAY_NET_H
#define HF_REPLAY_NET_H

#include "controlplane/resolver/resolver.h"
#include "tests/replay/packet.h"

struct net_query {
	struct net_query *next; /* sent later */
	uint64_t exchange;
	struct hf_addr server;
	uint64_t deadline_ns;
	bool silent;  /* an entry says that nobody answers: only time helps */
	bool checked; /* by a CHECK_OUT_QUERY */
	struct view v;
	uint8_t *msg;
};

struct net {
	struct net_query *oldest;
	unsigned sent; /* ever */
};

void net_fini(struct net *n);
void net_send(struct net *n, const struct cp_send *s, uint64_t now_ns);
/* Out of the list; q is the caller's, for net_free. NULL when it is not there. */
struct net_query *net_take(struct net *n, uint64_t exchange);
void net_free(struct net_query *q);

/* The oldest query that a range answers during step; *entry says with what. One that the
 * scenario leaves without an answer is marked silent on the way. */
struct net_query *
net_answerable(struct net *n, const struct rpl *s, long step, struct rpl_entry **entry);

/* The newest query that fits e (sent to addr, if that has a family). why: of the last misfit. */
struct net_query *
net_fitting(struct net *n, const struct rpl_entry *e, const struct hf_addr *addr, char *why);

/* The one whose time is up first, or NULL. */
struct net_query *net_earliest(struct net *n);
struct net_query *net_newest(struct net *n);

#endif
