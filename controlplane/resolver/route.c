/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/route.h"

#include <stdlib.h>

enum { OCTETS_MAX = 16 * 1024 * 1024, TTL_S = 86400, TOPS = 256 };

struct cp_routes {
	struct hf_arena arena;
	size_t cnt;
	struct cp_route *route; /* in canonical order of zones */
	/* Marks of the top labels of all zones: most names are in none, and are seen to be. */
	bool top[TOPS];
	bool has_root; /* every name is in a zone */
};

/* Where the top label of name is marked; others may be there too. Never of the root. */
static unsigned
top_of(const struct hf_name *name)
{
	const uint8_t *label = name->octets + hf_name_label_off(name, name->label_cnt - 1u);
	unsigned len = label[0], first = label[1] | 0x20, last = label[len] | 0x20;

	return (len * 67 + first * 29 + last) % TOPS;
}

static bool
may_be_in_one(const struct cp_routes *all, const struct hf_name *name)
{
	return all->has_root || (name->label_cnt > 0 && all->top[top_of(name)]);
}

/* A forwarder is an address; the servers of a stub may be names too. */
static struct cp_delegation *
cut_make(const struct cp_zone *z, struct hf_arena *a)
{
	unsigned cnt = (unsigned)(z->addr_cnt + z->server_cnt);
	struct cp_delegation *d;

	if (cnt == 0 || z->addr_cnt > CP_NS_MAX || z->server_cnt > CP_NS_MAX - z->addr_cnt ||
	    (z->kind != CP_ZONE_STUB && z->server_cnt > 0))
		return NULL;
	d = hf_arena_alloc(a, cp_delegation_size(cnt));
	if (d == NULL)
		return NULL;
	d->zone = d->parent = z->name;
	d->ttl_s = TTL_S;
	for (size_t i = 0; i < z->addr_cnt; i++) {
		struct cp_ns *ns = &d->ns[d->ns_cnt++];

		ns->name = hf_name_root;
		ns->asked = true; /* there is no name to look up */
		ns->addr[ns->addr_cnt++] = z->addrs[i];
		if (z->addrs[i].port == 0)
			ns->addr[0].port = 53;
	}
	for (size_t i = 0; i < z->server_cnt; i++)
		cp_delegation_add_ns(d, &z->servers[i]);
	return d;
}

static int
by_zone(const void *a, const void *b)
{
	return hf_name_cmp(
	    &((const struct cp_route *)a)->zone, &((const struct cp_route *)b)->zone);
}

static bool
routes_fill(struct cp_routes *all, const struct cp_resolver_config *cfg)
{
	all->route = hf_arena_alloc(&all->arena, cfg->zones_cnt * sizeof(*all->route));
	if (all->route == NULL || cfg->zones_cnt >= UINT16_MAX)
		return false;
	for (size_t i = 0; i < cfg->zones_cnt; i++) {
		const struct cp_zone *z = &cfg->zones[i];
		struct cp_route *to = &all->route[all->cnt++];

		to->zone = z->name;
		hf_name_lower(&to->zone);
		to->kind = z->kind;
		to->insecure = z->insecure;
		to->no_cache = z->no_cache;
		if (z->kind != CP_ZONE_LOCAL)
			to->to = cut_make(z, &all->arena);
		if (to->to == NULL && z->kind != CP_ZONE_LOCAL)
			return false;
	}
	qsort(all->route, all->cnt, sizeof(all->route[0]), by_zone);
	for (size_t i = 0; i < all->cnt; i++) {
		if (all->route[i].zone.label_cnt == 0)
			all->has_root = true;
		else
			all->top[top_of(&all->route[i].zone)] = true;
		all->route[i].view = (uint16_t)(i + 1);
		if (i > 0 && hf_name_equal(&all->route[i].zone, &all->route[i - 1].zone))
			return false;
	}
	return true;
}

struct cp_routes *
cp_routes_create(const struct cp_resolver_config *cfg)
{
	struct cp_routes *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	hf_arena_init(&all->arena, OCTETS_MAX);
	if (!routes_fill(all, cfg)) {
		cp_routes_destroy(all);
		return NULL;
	}
	return all;
}

void
cp_routes_destroy(struct cp_routes *all)
{
	if (all == NULL)
		return;
	hf_arena_fini(&all->arena);
	free(all);
}

static const struct cp_route *
exactly(const struct cp_routes *all, const struct hf_name *zone)
{
	size_t low = 0, high = all->cnt;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = hf_name_cmp(zone, &all->route[mid].zone);

		if (cmp == 0)
			return &all->route[mid];
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const struct cp_route *
cp_route_find(const struct cp_routes *all, const struct hf_name *name)
{
	const struct cp_route *found = NULL;
	struct hf_name at;

	if (!may_be_in_one(all, name))
		return NULL;
	at = *name;
	for (unsigned i = 0; found == NULL && i <= name->label_cnt; i++) {
		found = exactly(all, &at);
		hf_name_strip(&at, 1, &at);
	}
	return found;
}

const struct cp_route *
cp_route_of(const struct cp_routes *all, const struct hf_name *name, uint16_t type)
{
	struct hf_name up;

	if (type != HF_TYPE_DS || all->cnt == 0)
		return cp_route_find(all, name);
	hf_name_strip(name, 1, &up);
	return cp_route_find(all, &up);
}

uint16_t
cp_route_view(const struct cp_routes *all, const struct hf_name *name, uint16_t type)
{
	const struct cp_route *route = cp_route_of(all, name, type);

	return route != NULL ? route->view : CP_VIEW_PUBLIC;
}

bool
cp_route_keeps(const struct cp_routes *all, uint16_t view)
{
	return view == CP_VIEW_PUBLIC || !all->route[view - 1].no_cache;
}

struct cp_delegation *
cp_route_cut(const struct cp_route *route, struct hf_arena *a)
{
	return hf_arena_copy(a, route->to, cp_delegation_size(route->to->ns_cnt));
}
