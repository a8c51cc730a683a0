/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/budget.h"

#include "controlplane/resolver/delegation.h"
#include "lib/base/ns.h"

enum { STEPS = 4096 }; /* an honest question takes under a hundred */

static void
default_u32(uint32_t *v, uint32_t is)
{
	if (*v == 0)
		*v = is;
}

void
cp_limits_default(struct cp_resolver_limits *l)
{
	default_u32(&l->sends, 64);
	default_u32(&l->bytes, 128 * 1024);
	default_u32(&l->ns_names, CP_NS_MAX);
	default_u32(&l->ns_addrs, CP_NS_ADDR_MAX);
	default_u32(&l->ns_lookup_fails, 5);
	default_u32(&l->ns_lookups, 10);
	default_u32(&l->referrals, 30);
	default_u32(&l->depth, 7);
	default_u32(&l->chain, 11);
	default_u32(&l->sends_per_server, 3);
	default_u32(&l->sig_checks, VA_SIG_CHECKS);
	default_u32(&l->sha1_blocks, VA_SHA1_BLOCKS);
	default_u32(&l->tasks, 4096);
	default_u32(&l->zone_fetches, 512);
	default_u32(&l->zone_waste, 1000);
	default_u32(&l->server_fetches, 1024);
	default_u32(&l->server_rate, UINT32_MAX);
	default_u32(&l->zone_check_ms, 200);
	default_u32(&l->body_cap, HF_BODY_MAX);
	default_u32(&l->ttl_max_s, 86400);
	default_u32(&l->ttl_neg_max_s, 3600);
	default_u32(&l->ttl_fail_min_s, 1);
	default_u32(&l->ttl_fail_max_s, 60);
	if (l->wall_ns == 0)
		l->wall_ns = 5 * HF_NS_PER_S;
	if (l->arena_octets == 0)
		l->arena_octets = 1024 * 1024;
	if (l->cache_octets == 0)
		l->cache_octets = 64 * 1024 * 1024;
	if (l->ns_names > CP_NS_MAX)
		l->ns_names = CP_NS_MAX;
	if (l->ns_addrs > CP_NS_ADDR_MAX)
		l->ns_addrs = CP_NS_ADDR_MAX;
	if (l->chain > HF_CHAIN_MAX)
		l->chain = HF_CHAIN_MAX;
}

void
cp_budget_init(struct cp_budget *b, const struct cp_resolver_limits *l, const struct va_budget *va,
    uint64_t now_ns)
{
	*b = (struct cp_budget){
	    .sends = l->sends,
	    .bytes = l->bytes,
	    .referrals = l->referrals,
	    .ns_lookups = l->ns_lookups,
	    .ns_lookup_fails = l->ns_lookup_fails,
	    .steps = STEPS,
	    .va = *va,
	    .deadline_ns = now_ns + l->wall_ns,
	};
	b->va.sig_checks = l->sig_checks;
	b->va.sha1_blocks = l->sha1_blocks;
}
