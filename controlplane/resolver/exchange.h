/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exchange: a query that is out at a server, and what its reply must look like.
 *
 * Purpose   Finds the look-up a packet is for, and refuses packets that do not match
 *           (RFC 5452 4).
 * Roles     The resolver's thread.
 * Memory    Each exchange is allocated on open and freed on close.
 * Blocking  Never.
 * Errors    NULL when out of memory.
 * Trust     Replies are hostile until they match; the I/O layer has checked the address.
 */
#ifndef CP_RESOLVER_EXCHANGE_H
#define CP_RESOLVER_EXCHANGE_H

#include "controlplane/resolver/cookie.h"
#include "controlplane/resolver/resolver.h"

struct cp_task;
struct cp_route;

enum { CP_EXCHANGE_BUCKETS = 1024 };

struct cp_exchange {
	struct cp_exchange *chain;
	uint64_t id;
	struct cp_task *task;
	struct cp_task *followers; /* look-ups that wait for the same reply (flight.h) */
	uint64_t like;             /* equal for exchanges that may stand for one another */
	struct cp_exchange *like_chain, **like_at; /* NULL: nobody may join */
	const struct cp_route *route;
	struct hf_addr server;
	enum cp_transport transport;
	uint16_t msg_id;
	uint16_t flags; /* of the query */
	bool edns;
	bool mixed;    /* the reply must have the case of `sent` */
	bool verified; /* the reply had our cookie */
	uint8_t odd;   /* packets that were not the reply */
	struct cp_cookie cookie;
	struct cp_fetch fetch;       /* what zone and server count */
	struct hf_question question; /* lower case */
	struct hf_name sent;         /* its name as sent */
};

struct cp_exchanges {
	uint64_t next_id;
	struct cp_exchange *bucket[CP_EXCHANGE_BUCKETS]; /* IDs are ours and count up: no hash */
	struct cp_exchange *alike[CP_EXCHANGE_BUCKETS];  /* those that may be joined */
};

struct cp_exchange *cp_exchange_open(struct cp_exchanges *all);
struct cp_exchange *cp_exchange_find(struct cp_exchanges *all, uint64_t id);
void cp_exchange_close(struct cp_exchanges *all, struct cp_exchange *x);

#endif
