/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * caches: what all recursion threads share.
 *
 * Purpose   One RRset, delegation, key, negative and failure cache and one memory of servers,
 *           however many resolvers there are.
 * Roles     Any thread, within what table.h and server.h say.
 * Memory    Made before the first resolver that uses it, destroyed after the last.
 * Blocking  As table.h.
 * Errors    cp_caches_create: NULL without memory.
 * Trust     As its parts.
 */
#ifndef CP_RESOLVER_CACHES_H
#define CP_RESOLVER_CACHES_H

#include <pthread.h>

#include "controlplane/resolver/facts.h"
#include "controlplane/resolver/ranges.h"
#include "controlplane/resolver/resolver.h"
#include "controlplane/resolver/rootcopy.h"
#include "controlplane/resolver/server.h"
#include "controlplane/resolver/table.h"
#include "controlplane/resolver/trouble.h"

struct cp_caches {
	struct cp_table *table;
	struct cp_ranges *ranges;
	struct cp_troubles *troubles;
	struct cp_servers *servers;
	struct cp_facts *claims; /* queries that a thread has out (flight.h) */
	pthread_mutex_t root_lock;
	struct cp_rootcopy *root; /* NULL: the root's servers are asked */
	uint64_t root_until_ns;   /* when its SOA has it expire */
};

struct cp_caches *cp_caches_create(const struct cp_table_config *cfg);
void cp_caches_destroy(struct cp_caches *c);

/* Use this copy of the root zone from now on, which somebody vouched for at now_ns, until it
 * expires by its SOA (RFC 8806 3); NULL: none. Takes a reference. */
void cp_caches_set_root(struct cp_caches *c, struct cp_rootcopy *root, uint64_t now_ns);
/* A reference to the copy in use, or NULL. */
struct cp_rootcopy *cp_caches_root(struct cp_caches *c, uint64_t now_ns);

/* For `cache show`: call fn for each cached RRset of name (and type, or HF_TYPE_ANY). */
typedef void (*cp_cache_fn)(void *arg, const struct hf_rrset *set, enum hf_verdict verdict,
    uint32_t ttl_left_s, bool negative);
void cp_caches_show(struct cp_caches *c, const struct cp_time *now, const struct hf_name *name,
    uint16_t type, cp_cache_fn fn, void *arg);

/* What is kept at and below a zone that depends on policy, and can be used under it now. */
struct cp_caches_survey {
	uint64_t failures; /* questions and look-ups that failed, and are not tried again yet */
	uint64_t open;     /* bogus data, of use since an NTA covers it */
};
void cp_caches_survey(struct cp_caches *c, const struct cp_time *now, const struct cp_policy *p,
    const struct hf_name *zone, struct cp_caches_survey *out);

#endif
