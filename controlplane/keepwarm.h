/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keepwarm: names that are always in the cache.
 *
 * Purpose   The operator's list of names and types: resolved at start, given to the dataplane,
 *           and fetched anew before they expire, asked for or not.
 * Roles     The main thread.
 * Memory    Two questions (with and without DNSSEC records) for each of at most
 *           HF_CONFIG_KEEPWARM_MAX items.
 * Blocking  Never.
 * Errors    What cannot be resolved is tried again after 5 s, doubling to 5 minutes; counted.
 * Trust     The list is the operator's; the answers are judged like any other.
 */
#ifndef CP_KEEPWARM_H
#define CP_KEEPWARM_H

#include "controlplane/engine.h"
#include "controlplane/link_client.h"

struct cp_keepwarm;

struct cp_keepwarm_config {
	struct event_base *base;
	struct cp_engine *engine;
	struct cp_link_client *link;
	struct cp_counters *counters;
	char *const *items; /* "www.example.com. AAAA", checked with the configuration */
	size_t cnt;
};

/* NULL when out of memory, or for an item that is none. */
struct cp_keepwarm *cp_keepwarm_create(const struct cp_keepwarm_config *cfg);
/* After the engine, or no sooner than all its answers have come. */
void cp_keepwarm_destroy(struct cp_keepwarm *k);

/* A dataplane has come that has nothing yet, or the policy has changed: all of it anew, soon. */
void cp_keepwarm_again(struct cp_keepwarm *k);

#endif
