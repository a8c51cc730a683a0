/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: one complete, immutable snapshot of what the operator decided.
 *
 * Purpose   Negative Trust Anchors and positive trust anchors, and the serve-stale settings,
 *           under one generation. The resolver judges by it; the same snapshot is
 *           what the link carries to the cores.
 * Roles     Made by the main thread; read by every resolver. Never changed once made.
 * Memory    cp_policy_create copies everything; freed by cp_policy_destroy when no query
 *           that started under it is left (the resolver counts references).
 * Blocking  Never.
 * Errors    NULL or -errno; -EEXIST for a name given twice (once as NTA or ANCHOR and once as
 *           STALE is not), -E2BIG over HF_POLICY_RULE_MAX.
 * Trust     Names come from configuration and the store, checked by then.
 */
#ifndef CP_POLICY_H
#define CP_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/shadow.h"
#include "controlplane/trust.h"
#include "lib/link/msg.h"

struct cp_stale {
	uint32_t client_ms, ttl_s, max_s, retry_s; /* as in hf_msg_policy_begin */
	uint32_t triggers;                         /* HF_STALE_* */
};

struct cp_rule {
	enum hf_rule_kind kind;
	enum hf_nta_mode mode;    /* of an NTA */
	struct hf_name name;      /* lower case */
	struct cp_shadow *shadow; /* of an NTA; NULL: none. The snapshot has a reference */
	struct cp_stale stale;    /* of STALE; its retry_s is that of all zones */
};

struct cp_policy;

struct cp_policy *cp_policy_create(uint64_t generation, const struct cp_stale *stale,
    const struct cp_rule *rules, size_t rule_cnt);
/* The same with the anchors behind the ANCHOR rules; it takes a reference of its own. Without
 * them a resolver keeps the anchors it has. */
struct cp_policy *cp_policy_create_with(uint64_t generation, const struct cp_stale *stale,
    const struct cp_rule *rules, size_t rule_cnt, struct cp_trust *trust);
void cp_policy_get(struct cp_policy *p); /* one more reference */
void cp_policy_put(struct cp_policy *p); /* frees with the last */

uint64_t cp_policy_generation(const struct cp_policy *p);
const struct cp_stale *cp_policy_stale(const struct cp_policy *p); /* of all zones */
/* What holds for name: of the closest STALE rule above or at it, else of all zones. */
const struct cp_stale *cp_policy_stale_of(const struct cp_policy *p, const struct hf_name *name);
struct cp_trust *cp_policy_trust(const struct cp_policy *p); /* NULL: none */
const struct cp_rule *cp_policy_rules(const struct cp_policy *p, size_t *cnt);

/* The NTA that covers name, or NULL (cp_policy_covers). */
const struct cp_rule *cp_policy_nta(const struct cp_policy *p, const struct hf_name *name);

/* True when the rule closest above or at name is an NTA (RFC 7646 2: a positive trust anchor
 * below the NTA wins). *by, if not NULL, becomes the rule's name. */
bool
cp_policy_covers(const struct cp_policy *p, const struct hf_name *name, const struct hf_name **by);

#endif
