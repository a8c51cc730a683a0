/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream: TCP connections to servers, each carrying many queries.
 *
 * Purpose   Connections are kept and shared: queries are written one behind the other, replies
 *           may come in any order and find their query by ID (RFC 7766 6.2.1, 7). No two queries
 *           under way on one connection have the same ID. When a server closes a connection
 *           that has worked, its unanswered queries go once more over a fresh one
 *           (RFC 7766 6.2.4), if their owners can afford it.
 * Roles     The main thread. Callbacks come from the event loop, never from inside
 *           cp_stream_ask.
 * Memory    A ride is one query on a connection; it lives until cp_stream_leave or failed.
 * Blocking  Never.
 * Errors    -errno when no connection can be begun; later by failed, after which the ride is
 *           gone.
 * Trust     Whatever arrives under the ID is handed on: the resolver looks at the question. A frame
 *           for nobody is counted; who sends many loses his connection.
 */
#ifndef CP_STREAM_H
#define CP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controlplane/counters.h"
#include "controlplane/resolver/resolver.h"

struct event_base;
struct cp_streams;
struct cp_ride;

enum {
	CP_STREAMS_MAX = 512,      /* connections; beyond, the one idle longest goes */
	CP_STREAM_SERVER_MAX = 4,  /* to one server */
	CP_STREAM_RIDES_MAX = 64,  /* queries under way on one */
	CP_STREAM_RIDES_NICE = 4,  /* from here on another connection is rather opened */
	CP_STREAM_STRAYS_MAX = 64, /* frames for nobody */
	CP_STREAM_IDLE_S = 5,
};

struct cp_streams_ops {
	void (*reply)(void *owner, const uint8_t *msg, size_t len);
	void (*failed)(void *owner, enum cp_fail why);
	bool (*again)(void *owner); /* may the query be sent once more? */
};

/* NULL without memory. */
struct cp_streams *cp_streams_create(
    struct event_base *base, const struct cp_streams_ops *ops, struct cp_counters *counters);
void cp_streams_destroy(struct cp_streams *s); /* no callback is made; no ride is left */

/* Send msg, a DNS message of at most 65535 octets, to a server; owner comes back in the
 * callbacks. 0 and *ride, or -errno. */
int cp_stream_ask(struct cp_streams *s, const struct hf_addr *server, const uint8_t *msg,
    size_t len, void *owner, struct cp_ride **ride);
/* The ride is over. late: it was waited for in vain, so no other query is put on its connection.
 * Allowed within a callback. */
void cp_stream_leave(struct cp_ride *ride, bool late);
size_t cp_streams_cnt(const struct cp_streams *s);

#endif
