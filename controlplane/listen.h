/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * listen: kernel sockets for clients, UDP; opens the TCP ones (tcp.h) with them.
 *
 * Purpose   The front end for management and tests: the addresses under `listen:`.
 *           Replies leave from the address that was asked.
 * Roles     The main thread.
 * Memory    One small record per query under way, bounded by the engine's table.
 * Blocking  Never.
 * Errors    -errno with a logged line when an address cannot be had. Later: counted.
 * Trust     Queries are hostile.
 */
#ifndef CP_LISTEN_H
#define CP_LISTEN_H

#include <stddef.h>
#include <stdint.h>

#include "controlplane/counters.h"
#include "controlplane/engine.h"
#include "lib/base/access.h"
#include "lib/base/addr.h"

struct event_base;
struct cp_listen;

struct cp_listen_config {
	struct event_base *base;
	struct cp_engine *engine;
	struct cp_counters *counters;
	const struct hf_addr *addrs; /* port 0: 53 */
	size_t addr_cnt;
	const struct hf_identity *identity;      /* NULL: hidden */
	const struct hf_cookie_secrets *cookies; /* they may change between events; NULL: none */
	const struct hf_access *access;          /* NULL: everybody may ask */
	size_t udp_max;                          /* octets of the largest datagram that is sent */
};

int cp_listen_open(const struct cp_listen_config *cfg, struct cp_listen **out);
void cp_listen_close(struct cp_listen *l);

#endif
