/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * upstream: the resolver core's exchanges with servers, over kernel sockets.
 *
 * Purpose   Each UDP exchange has a socket of its own, connected to its server, from a random
 *           port in [CP_UPSTREAM_PORT_MIN, 65535] (RFC 5452 9.2); no fragments are sent and no
 *           path MTU that a stranger reports is believed (IP_PMTUDISC_OMIT). A reply that came
 *           in fragments is not used. TCP exchanges share connections (stream.h).
 * Roles     The main thread. Callbacks come from the event loop, never from inside
 *           cp_upstream_send: the resolver core is not entered twice.
 * Memory    An exchange lives until cancel, time-out or failure, at most max of them; up to
 *           CP_UPSTREAM_SPARES stay for the next.
 * Blocking  Never.
 * Errors    By ops->failed, once per exchange, after which it is gone.
 * Trust     Whatever arrives is handed on: the resolver matches ID and question, and an
 *           exchange stays open when they do not match (RFC 5452 9.1).
 */
#ifndef CP_UPSTREAM_H
#define CP_UPSTREAM_H

#include <stddef.h>
#include <stdint.h>

#include "controlplane/counters.h"
#include "controlplane/resolver/resolver.h"

struct event_base;
struct cp_upstream;

enum {
	CP_UPSTREAM_MAX = 4096,
	CP_UPSTREAM_SPARES = 256,
	CP_UPSTREAM_PORT_MIN = 1024,
	CP_UPSTREAM_PORT_TRIES = 16,
};

struct cp_upstream_ops {
	void *arg;
	void (*reply)(void *arg, uint64_t exchange, const uint8_t *msg, size_t len);
	void (*failed)(void *arg, uint64_t exchange, enum cp_fail why);
	/* May the query be sent once more, over a fresh connection (stream.h)? */
	bool (*again)(void *arg, uint64_t exchange);
};

/* NULL without memory. max: sockets open at once, at most CP_UPSTREAM_MAX. */
struct cp_upstream *cp_upstream_create(struct event_base *base, size_t max,
    const struct cp_upstream_ops *ops, struct cp_counters *counters);
void cp_upstream_destroy(struct cp_upstream *u); /* no callback is made */

void cp_upstream_send(struct cp_upstream *u, const struct cp_send *s);
/* Unknown exchanges are ignored. Allowed within a callback. */
void cp_upstream_cancel(struct cp_upstream *u, uint64_t exchange);
size_t cp_upstream_cnt(const struct cp_upstream *u);

#endif
