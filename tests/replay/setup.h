/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setup: from the head of a scenario to a resolver's configuration and policy.
 *
 * Purpose   Every setting is honoured or is a reason to skip the scenario.
 * Roles     The player, once per scenario.
 * Memory    Owns what the configuration points to, until setup_fini.
 * Blocking  Never.
 * Errors    False, with the setting by name in why.
 * Trust     As rpl.h.
 */
#ifndef HF_REPLAY_SETUP_H
#define HF_REPLAY_SETUP_H

#include "controlplane/resolver/resolver.h"
#include "tests/replay/rpl.h"

enum {
	SETUP_ANCHOR_MAX = 16,
	SETUP_RULE_MAX = 32,
	SETUP_ROOT_MAX = 8,
	SETUP_ZONE_MAX = 8,
	SETUP_ZONE_ADDR_MAX = 8,
};

struct setup {
	struct cp_resolver_config cfg;
	struct cp_policy *policy;
	int64_t wall_s; /* when the scenario begins */
	char why[RPL_WHY_LEN];

	struct va_rules validation;
	struct hf_arena arena;
	struct hf_rrset hints[1 + 2];
	struct hf_rrset anchors[SETUP_ANCHOR_MAX];
	struct cp_rule rules[SETUP_RULE_MAX];
	size_t rule_cnt;
	struct cp_zone zones[SETUP_ZONE_MAX];
	struct hf_addr zone_addrs[SETUP_ZONE_MAX][SETUP_ZONE_ADDR_MAX];
	bool forward_first, no_cache, any_date, nat64, serve_stale, prefetch;
	struct cp_stale stale;
	unsigned root_cnt;
	struct hf_addr root[SETUP_ROOT_MAX];
	struct hf_name root_name; /* of the root's server in the hints */
};

bool setup_read(struct setup *u, const struct rpl *s);
void setup_fini(struct setup *u);

#endif
