/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route: whom to ask about names that are not the public tree's to answer.
 *
 * Purpose   The operator's zones, found by the longest match of a name: forwarders, stub
 *           servers where iteration begins, or nobody (local.h). Each zone has a view: a
 *           number under which the caches keep what was learned there, so that a forwarder is
 *           believed about its own names and nothing else.
 * Roles     Made once; then read by any thread.
 * Memory    Owns copies of all that the configuration says.
 * Blocking  Never.
 * Errors    NULL when out of memory, or a zone is given twice or has nobody to ask.
 * Trust     The configuration is the operator's; what the servers say is judged like the
 *           word of any other.
 */
#ifndef CP_RESOLVER_ROUTE_H
#define CP_RESOLVER_ROUTE_H

#include "controlplane/resolver/delegation.h"
#include "controlplane/resolver/resolver.h"
#include "lib/base/arena.h"

enum { CP_VIEW_PUBLIC = 0 }; /* the tree below the root's servers */

struct cp_route {
	struct hf_name zone; /* lower case */
	enum cp_zone_kind kind;
	bool insecure;            /* anchors above the zone are not for it */
	bool no_cache;            /* answers are for one question only */
	uint16_t view;            /* never CP_VIEW_PUBLIC */
	struct cp_delegation *to; /* NULL: a local zone */
};

struct cp_routes;

struct cp_routes *cp_routes_create(const struct cp_resolver_config *cfg);
void cp_routes_destroy(struct cp_routes *all);

/* The route of name: that of the longest zone at or above it; NULL: the public tree. */
const struct cp_route *cp_route_find(const struct cp_routes *all, const struct hf_name *name);
/* The same for a question: a DS is its parent's (RFC 4035 3.1.4.1). */
const struct cp_route *
cp_route_of(const struct cp_routes *all, const struct hf_name *name, uint16_t type);
uint16_t cp_route_view(const struct cp_routes *all, const struct hf_name *name, uint16_t type);

/* Whether what was learned under this view may be kept. */
bool cp_route_keeps(const struct cp_routes *all, uint16_t view);

/* NULL is not a forwarder. */
static inline bool
cp_route_is_forward(const struct cp_route *route)
{
	return route != NULL &&
	    (route->kind == CP_ZONE_FORWARD || route->kind == CP_ZONE_FORWARD_FIRST);
}

/* A copy of whom to ask; NULL when there is no memory. */
struct cp_delegation *cp_route_cut(const struct cp_route *route, struct hf_arena *a);

#endif
