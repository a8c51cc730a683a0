/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * core: what a resolver holds, for the files of this folder only.
 *
 * Purpose   The one struct behind resolver.h, and the few things its parts ask of it.
 * Roles     The resolver's thread.
 * Memory    Lives from cp_resolver_create to cp_resolver_destroy.
 * Blocking  Never.
 * Errors    None of its own.
 * Trust     Nothing here reads hostile octets.
 */
#ifndef CP_RESOLVER_CORE_H
#define CP_RESOLVER_CORE_H

#include <stdatomic.h>

#include "controlplane/resolver/caches.h"
#include "controlplane/resolver/exchange.h"
#include "controlplane/resolver/ranges.h"
#include "controlplane/resolver/response.h"
#include "controlplane/resolver/route.h"
#include "controlplane/resolver/task.h"
#include "controlplane/resolver/toil.h"
#include "controlplane/resolver/trouble.h"

enum { CP_JOB_BUCKETS = 1024, CP_RENDER_MAX = HF_MSG_MAX, CP_NAP_ZONES = 256 };

struct cp_local;

struct cp_resolver {
	struct cp_resolver_ops ops;
	struct cp_resolver_limits limits;
	struct cp_policy *policy;
	bool do_ip4, do_ip6, /* servers of which families can be asked; NAT64 makes both */
	    ask_loopback, validate, aggressive, minimise, extras;
	bool mix_case, cookies, any_full, any_glue;
	struct hf_nat64 nat64;
	uint16_t server_port;
	struct hf_siphash_key key;

	struct va_rules rules;
	struct va_crypto *crypto;

	struct hf_arena fixed; /* hints */
	struct cp_delegation *hints;
	struct cp_trust *trust; /* of the policy, if it brings one */
	struct cp_routes *routes;
	struct cp_local *local;

	struct cp_caches *caches, *own_caches; /* own: NULL when they are shared */
	struct cp_table *table;                /* of caches, as the next four */
	struct cp_ranges *ranges;
	struct cp_troubles *troubles;
	struct cp_servers *servers;
	struct cp_facts *claims; /* NULL: no other thread has these caches */
	struct cp_fetch_limits fetch_limits;
	struct cp_toil toil;
	unsigned reader; /* its index in the table's grace periods */
	struct cp_exchanges exchanges;
	struct cp_scratch *scratch;
	uint8_t *render; /* CP_RENDER_MAX octets */
	uint8_t *packet; /* HF_MSG_MAX octets: a reply with our letters taken out */

	struct cp_time now;
	bool running;
	uint64_t prime_ns;    /* from then on the root's servers are fetched anew; 0: never */
	uint32_t refresh_cnt; /* jobs that refresh */
	uint32_t waiting;     /* questions under way, joined ones included */
	struct cp_job *oldest, *newest; /* all jobs; deadlines in order */
	struct cp_job *yield_oldest, *yield_newest;
	uint32_t stay_cnt;                    /* jobs that do not give way */
	struct cp_task *nap_first, *nap_last; /* look-ups that nap, in order (nap.h) */
	uint32_t nap_cnt;
	uint16_t nap_zone[CP_NAP_ZONES]; /* of them, by zone */
	struct cp_job *ready_first, *ready_last;
	struct cp_job *bucket[CP_JOB_BUCKETS];
	_Atomic uint64_t counters[CP_RESOLVER_COUNTER_CNT]; /* stored by its thread, relaxed */
};

static inline void
cp_core_count(struct cp_resolver *r, enum cp_resolver_counter c, uint64_t n)
{
	uint64_t v = atomic_load_explicit(&r->counters[c], memory_order_relaxed);

	atomic_store_explicit(&r->counters[c], v + n, memory_order_relaxed);
}

#define CP_COUNT(r, name)       cp_core_count(r, CP_RESOLVER_##name, 1)
#define CP_COUNT_BY(r, name, n) cp_core_count(r, CP_RESOLVER_##name, n)

/* The job has a task to step. */
void cp_core_ready(struct cp_resolver *r, struct cp_job *job);
/* The job is over: nobody joins it any more, its exchanges are cancelled. */
void cp_core_retire(struct cp_job *job);
uint64_t cp_core_random(struct cp_resolver *r);
/* Trust anchors exactly at name: the idx-th, or NULL. */
const struct hf_rrset *
cp_core_anchor(const struct cp_resolver *r, const struct hf_name *name, size_t idx);
/* The closest name with a trust anchor at or above name; false when there is none, or name is
 * in a zone that the operator took out of the signed tree. */
bool
cp_core_anchor_above(const struct cp_resolver *r, const struct hf_name *name, struct hf_name *zone);

#endif
