/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/choose.h"

#include <netinet/in.h>

#include "controlplane/resolver/core.h"
#include "lib/base/ns.h"

enum { BOGUS_TRIES_KNOWN = 2 }; /* further servers asked that others found bad a moment ago */

#define COST_BAD_NS    (10 * HF_NS_PER_S) /* this job saw bad signatures from it */
#define COST_BAD_NS_NS (5 * HF_NS_PER_S)  /* ... from another address of the same server */
#define JITTER_NS      (8 * HF_NS_PER_MS)

struct cp_tried *
cp_choose_tried(struct cp_lookup *l, const struct hf_addr *a)
{
	for (unsigned i = 0; i < l->tried_cnt; i++)
		if (hf_addr_equal(&l->tried[i].addr, a))
			return &l->tried[i];
	if (l->tried_cnt == CP_TRIED_MAX)
		return NULL;
	l->tried[l->tried_cnt] = (struct cp_tried){.addr = *a};
	return &l->tried[l->tried_cnt++];
}

static bool
ns_is_bad(const struct cp_job *job, const struct cp_ns *ns)
{
	for (unsigned i = 0; i < ns->addr_cnt; i++)
		if (cp_job_is_bad(job, &ns->addr[i]))
			return true;
	return false;
}

static bool
family_ok(const struct cp_resolver *r, const struct hf_addr *a)
{
	return a->family == AF_INET ? r->do_ip4 : a->family == AF_INET6 && r->do_ip6;
}

static uint64_t
cost_of(const struct cp_task *t, const struct cp_ns *ns, const struct hf_addr *a)
{
	struct cp_resolver *r = t->job->r;
	uint64_t cost = cp_server_cost_ns(cp_servers_get(r->servers, a), r->now.mono_ns);

	if (cp_job_is_bad(t->job, a))
		cost += COST_BAD_NS;
	else if (ns_is_bad(t->job, ns))
		cost += COST_BAD_NS_NS;
	return cost + cp_core_random(r) % JITTER_NS;
}

/* Not to be asked for better records: it gave bad ones to this job, or to others lately. */
static bool
is_hopeless(const struct cp_task *t, const struct hf_addr *a)
{
	const struct cp_lookup *l = &t->lookup;
	struct cp_resolver *r = t->job->r;

	if (l->bogus == NULL)
		return false;
	return cp_job_is_bad(t->job, a) ||
	    (l->bogus_tries > BOGUS_TRIES_KNOWN &&
		r->now.mono_ns < cp_servers_get(r->servers, a)->bogus_until_ns);
}

/* The cheapest address asked fewer than limit times. */
bool
cp_choose_server(struct cp_task *t, unsigned limit, struct hf_addr *best)
{
	struct cp_lookup *l = &t->lookup;
	uint64_t best_cost = UINT64_MAX;

	for (unsigned i = 0; i < l->cut->ns_cnt; i++) {
		const struct cp_ns *ns = &l->cut->ns[i];

		for (unsigned k = 0; k < ns->addr_cnt; k++) {
			const struct hf_addr *a = &ns->addr[k];
			const struct cp_tried *tried = cp_choose_tried(l, a);

			if (tried == NULL || tried->over || tried->sends >= limit ||
			    !family_ok(t->job->r, a) || is_hopeless(t, a))
				continue;
			/* Those asked least often come first. */
			uint64_t cost = cost_of(t, ns, a) + tried->sends * (HF_NS_PER_S * 60);

			if (cost < best_cost) {
				best_cost = cost;
				*best = *a;
			}
		}
	}
	return best_cost != UINT64_MAX;
}
