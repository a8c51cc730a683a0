/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chain: the chain of trust, one zone at a time.
 *
 * Purpose   What is known of the zone that holds a name: SECURE with its DNSKEY RRset,
 *           INSECURE, or BOGUS, and why (RFC 4035 5). The outcome's cut is that zone;
 *           asked for a name that is no zone cut, it is the zone above. States: task.h.
 * Roles     The resolver's thread.
 * Memory    In the job's arena; kept in the cache (cache.h).
 * Blocking  Never.
 * Errors    Keys or DS that cannot be had make it BOGUS with VA_KEYS_MISSING.
 * Trust     Records come from look-ups; only what the validator calls SECURE is built on.
 */
#ifndef CP_RESOLVER_CHAIN_H
#define CP_RESOLVER_CHAIN_H

#include "controlplane/resolver/task.h"

void cp_chain_step(struct cp_task *t);

#endif
