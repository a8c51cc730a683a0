/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe_search: which zone holds a name, and every address of its servers.
 *
 * Purpose   Whom the probes of an NTA ask: the servers that the parent names and those that the
 *           zone itself names, at all their addresses. Found by a resolver of its own with empty
 *           caches (ADR 13), which takes bogus records for what they say: that is what the NTA is
 *           there for, and whoever is found is only asked, not believed.
 * Roles     The main thread.
 * Memory    One recursor, until destroy.
 * Blocking  Never.
 * Errors    A search that finds nothing ends with no addresses.
 * Trust     Names and addresses are servers' words; their number is bounded.
 */
#ifndef CP_PROBE_SEARCH_H
#define CP_PROBE_SEARCH_H

#include "controlplane/probe.h"
#include "controlplane/recursor.h"

struct cp_probe_search;

enum {
	CP_PROBE_NAMES_MAX = 26, /* servers: 13 of the parent, as many of the zone */
	CP_PROBE_CLIMB_MAX = 8,  /* labels from the name up to its zone */
};

struct cp_probe_found {
	struct hf_name zone;
	unsigned cnt;
	struct hf_addr addr[CP_PROBE_ADDRS_MAX];
	unsigned left_off; /* addresses there was no room for */
};

struct cp_probe_search_config {
	const struct cp_recursor_config *recursor; /* its arg and calls are the search's to set */
	bool ip4, ip6;                             /* which addresses can be asked */
	void *arg;
	/* A question is over: it cost so many packets. The search may be stepped. */
	void (*stepped)(void *arg, uint32_t sends);
};

/* Begins. NULL without memory. */
struct cp_probe_search *
cp_probe_search_create(const struct cp_probe_search_config *cfg, const struct hf_name *name);
void cp_probe_search_destroy(struct cp_probe_search *s); /* not from within stepped */

/* Ask the next question, if none is under way. True: the search is over, *found says what it
 * brought. */
bool cp_probe_search_step(struct cp_probe_search *s, struct cp_probe_found *found);

#endif
