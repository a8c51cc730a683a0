/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/hints.h"

#include "controlplane/resolver/cache.h"
#include "lib/base/ns.h"

enum { HINTS_TTL_S = 60, AGEING_SHARE = 8 }; /* the last part of its life, one in so many */

struct cp_delegation *
cp_hints_make(const struct cp_resolver_config *cfg, struct hf_arena *a)
{
	struct cp_delegation *d = hf_arena_alloc(a, cp_delegation_size(CP_NS_MAX));
	struct hf_name name;

	if (d == NULL || cfg->root_hints_cnt == 0 || cfg->root_hints[0].type != HF_TYPE_NS)
		return NULL;
	d->zone = hf_name_root;
	d->parent = hf_name_root;
	d->ttl_s = HINTS_TTL_S;
	for (unsigned i = 0; i < cfg->root_hints[0].rr_cnt; i++) {
		const struct hf_rdata *rd = &cfg->root_hints[0].rr[i];

		if (hf_name_from_octets(rd->data, rd->len, &name) == 0)
			cp_delegation_add_ns(d, &name);
	}
	for (size_t i = 1; i < cfg->root_hints_cnt; i++) {
		const struct hf_rrset *set = &cfg->root_hints[i];
		struct cp_ns *ns = cp_delegation_find(d, &set->owner);

		if (ns != NULL && (set->type == HF_TYPE_A || set->type == HF_TYPE_AAAA))
			(void)cp_ns_add_addrs(ns, set,
			    cfg->server_port != 0 ? cfg->server_port : 53, CP_NS_ADDR_MAX, true);
	}
	return cp_delegation_addr_cnt(d) > 0 ? d : NULL;
}

struct cp_delegation *
cp_hints_copy(const struct cp_delegation *hints, struct hf_arena *a)
{
	return hf_arena_copy(a, hints, cp_delegation_size(hints->ns_cnt));
}

void
cp_hints_primed(struct cp_task *t, struct cp_delegation *d)
{
	struct cp_delegation *hints = t->job->r->hints;

	if (d == NULL) {
		cp_hints_keep(t);
		return;
	}
	/* A server named in the reply without its address keeps the one of the hints. */
	for (unsigned i = 0; i < d->ns_cnt; i++) {
		const struct cp_ns *known = cp_delegation_find(hints, &d->ns[i].name);

		if (d->ns[i].addr_cnt == 0 && known != NULL)
			d->ns[i] = *known;
	}
	if (cp_delegation_addr_cnt(d) == 0) {
		cp_hints_keep(t);
		return;
	}
	struct cp_resolver *r = t->job->r;
	uint64_t ttl_s = d->ttl_s < r->limits.ttl_max_s ? d->ttl_s : r->limits.ttl_max_s;

	cp_cache_put_cut(t, d);
	r->prime_ns = r->now.mono_ns + (ttl_s - ttl_s / AGEING_SHARE) * HF_NS_PER_S;
}

void
cp_hints_keep(struct cp_task *t)
{
	cp_cache_put_cut(t, t->job->r->hints);
}
