/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * budget: what one client question may still cost (DESIGN 5).
 *
 * Purpose   One object per question, shared by all its sub-queries, charged before the work
 *           and never reset.
 * Roles     The resolver's thread.
 * Memory    A value inside the question.
 * Blocking  Never.
 * Errors    cp_budget_take says false when there is nothing left.
 * Trust     What is left bounds whatever servers can make us do.
 */
#ifndef CP_RESOLVER_BUDGET_H
#define CP_RESOLVER_BUDGET_H

#include "controlplane/resolver/resolver.h"

struct cp_budget {
	uint32_t sends, bytes, referrals;
	uint32_t ns_lookups, ns_lookup_fails;
	uint32_t steps; /* state machine steps: a bound on every loop at once */
	struct va_budget va;
	uint64_t deadline_ns;
};

/* Put the default where a limit is 0. */
void cp_limits_default(struct cp_resolver_limits *l);
/* va: a fresh one; its counts are those of l. */
void cp_budget_init(struct cp_budget *b, const struct cp_resolver_limits *l,
    const struct va_budget *va, uint64_t now_ns);

/* More than half of what signature checks may cost is left: enough for what could be done without,
 * or for finding out what others wait for. */
static inline bool
cp_budget_has_half(const struct cp_budget *b, const struct cp_resolver_limits *l)
{
	return b->va.sig_checks > l->sig_checks / 2 && b->va.sig_us > VA_SIG_US / 2;
}

/* Take n; false, and nothing taken, when fewer are left. */
static inline bool
cp_budget_take(uint32_t *left, uint32_t n)
{
	if (*left < n)
		return false;
	*left -= n;
	return true;
}

#endif
