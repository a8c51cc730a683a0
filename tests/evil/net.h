/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net: datagrams from and to any address of the namespace, now or later.
 *
 * Purpose   One socket for each family and source port on the wildcard address: the kernel
 *           says to which address a query came, and a reply leaves from any that is local.
 * Roles     The authority's thread.
 * Memory    Delayed replies are held in memory, at most EVIL_NET_LATE_MAX.
 * Blocking  Never.
 * Loss      What the kernel does not take and what is too much to hold is counted and lost.
 * Trust     Datagrams are hostile; they are handed on as they are.
 */
#ifndef EVIL_NET_H
#define EVIL_NET_H

#include "lib/base/addr.h"
#include "tests/evil/counters.h"
#include "tests/evil/forge.h"

enum { EVIL_NET_LATE_MAX = 1 << 17, EVIL_NET_OTHER_PORT = 5300 };

struct event_base;
struct evil_net;

typedef void (*evil_net_fn)(void *arg, const uint8_t *msg, size_t len, const struct hf_addr *from,
    const struct hf_addr *to);

/* NULL: errno says why. */
struct evil_net *
evil_net_open(struct event_base *base, struct evil_counters *counters, evil_net_fn fn, void *arg);
void evil_net_close(struct evil_net *n);
/* Sends it delay_us from now (0: at once). */
void evil_net_send(struct evil_net *n, const struct evil_way *way, const uint8_t *msg, size_t len,
    uint64_t delay_us);

#endif
