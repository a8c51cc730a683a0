/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/flight.h"
#include "controlplane/resolver/hints.h"
#include "controlplane/resolver/jostle.h"
#include "controlplane/resolver/local.h"
#include "controlplane/resolver/lookup.h"
#include "controlplane/resolver/nap.h"
#include "controlplane/resolver/note.h"
#include "controlplane/resolver/question.h"
#include "controlplane/resolver/receive.h"
#include "controlplane/resolver/send.h"
#include "lib/base/ns.h"
#include "validator/crypto.h"

enum {
	FIXED_MAX = 1024 * 1024, /* hints */
	REFRESH_SHARE = 4,       /* of a question's budget, one in so many for a refresh */
};

/* --- what the parts ask of the core */

uint64_t
cp_core_random(struct cp_resolver *r)
{
	uint64_t v;

	r->ops.random(r->ops.arg, &v, sizeof(v));
	return v;
}

void
cp_core_ready(struct cp_resolver *r, struct cp_job *job)
{
	if (job->ready)
		return;
	job->ready = true;
	job->ready_next = NULL;
	if (r->ready_last != NULL)
		r->ready_last->ready_next = job;
	else
		r->ready_first = job;
	r->ready_last = job;
}

const struct hf_rrset *
cp_core_anchor(const struct cp_resolver *r, const struct hf_name *name, size_t idx)
{
	return cp_trust_at(r->trust, name, idx);
}

bool
cp_core_anchor_above(const struct cp_resolver *r, const struct hf_name *name, struct hf_name *zone)
{
	const struct cp_route *route = cp_route_find(r->routes, name);
	bool found = false;
	size_t cnt;
	const struct hf_rrset *sets = cp_trust_sets(r->trust, &cnt);

	for (size_t i = 0; i < cnt; i++) {
		const struct hf_name *at = &sets[i].owner;

		if (hf_name_in(name, at) && (!found || at->label_cnt > zone->label_cnt)) {
			*zone = *at;
			hf_name_lower(zone);
			found = true;
		}
	}
	if (found && route != NULL && route->insecure)
		found = hf_name_in(zone, &route->zone);
	return found;
}

/* --- jobs */

static struct cp_job **
bucket_of(struct cp_resolver *r, const struct hf_name *lower, uint16_t type)
{
	uint8_t text[HF_NAME_MAX + 2];

	memcpy(text, lower->octets, lower->len);
	text[lower->len] = (uint8_t)(type >> 8);
	text[lower->len + 1] = (uint8_t)type;
	return &r->bucket[hf_siphash(&r->key, text, lower->len + 2u) % CP_JOB_BUCKETS];
}

/* The job that asks type of the lower-case name as w does. */
static struct cp_job *
job_find(
    struct cp_resolver *r, const struct hf_name *lower, uint16_t type, const struct cp_waiter *w)
{
	struct cp_job *job = *bucket_of(r, lower, type);
	bool cd = (w->variant & HF_VARIANT_CD) != 0;

	while (job != NULL &&
	    (job->type != type || job->cd != cd || job->cached != w->cached ||
		job->refresh != w->refresh || job->fresh != w->fresh || job->trace != NULL ||
		!hf_name_equal(&job->name, lower)))
		job = job->chain;
	return job;
}

static void
job_link(struct cp_resolver *r, struct cp_job *job)
{
	struct cp_job **at = bucket_of(r, &job->name, job->type);

	job->chain = *at;
	*at = job;
	job->older = r->newest;
	*(r->newest != NULL ? &r->newest->newer : &r->oldest) = job;
	r->newest = job;
	cp_jostle_enter(job);
}

static void
job_unlink(struct cp_resolver *r, struct cp_job *job)
{
	struct cp_job **at = bucket_of(r, &job->name, job->type);

	cp_jostle_leave(job);
	while (*at != job)
		at = &(*at)->chain;
	*at = job->chain;
	*(job->older != NULL ? &job->older->newer : &r->oldest) = job->newer;
	*(job->newer != NULL ? &job->newer->older : &r->newest) = job->older;
}

static void
exchanges_cancel(struct cp_job *job)
{
	for (struct cp_task *t = job->tasks; t != NULL; t = t->next) {
		if (t->kind != CP_TASK_LOOKUP)
			continue;
		if (t->lookup.exchange != NULL)
			cp_flight_leave(t);
		if (t->lookup.phase == CP_LOOKUP_NAP)
			cp_nap_leave(t);
	}
}

void
cp_core_retire(struct cp_job *job)
{
	exchanges_cancel(job);
	job_unlink(job->r, job);
	cp_core_ready(job->r, job); /* freed by the run loop */
}

static void
job_free(struct cp_job *job)
{
	while (job->waiters != NULL) {
		struct cp_waiter *w = job->waiters;

		job->waiters = w->next;
		job->r->waiting--;
		free(w);
	}
	job->r->refresh_cnt -= job->refresh;
	hf_arena_fini(&job->arena);
	free(job);
}

static void
refresh_init(struct cp_job *job)
{
	struct cp_budget *b = &job->budget;

	job->refresh = true;
	job->r->refresh_cnt++;
	b->sends = (b->sends + REFRESH_SHARE - 1) / REFRESH_SHARE;
	b->bytes /= REFRESH_SHARE;
	b->ns_lookups /= REFRESH_SHARE;
	b->ns_lookup_fails /= REFRESH_SHARE;
}

static struct cp_job *
job_create(
    struct cp_resolver *r, const struct hf_name *lower, uint16_t type, const struct cp_waiter *w)
{
	struct cp_job *job = calloc(1, sizeof(*job));
	struct cp_want want = {CP_TASK_QUESTION, lower, type, false, false};
	struct va_budget va;

	if (job == NULL)
		return NULL;
	job->r = r;
	job->name = *lower;
	job->type = type;
	job->cd = (w->variant & HF_VARIANT_CD) != 0;
	job->cached = w->cached;
	hf_arena_init(&job->arena, r->limits.arena_octets);
	va_budget_init(&va, &r->rules, r->crypto);
	cp_budget_init(&job->budget, &r->limits, &va, r->now.mono_ns);
	job_link(r, job);
	job->root = cp_task_create(job, &want);
	if (job->root == NULL) {
		job_unlink(r, job);
		hf_arena_fini(&job->arena);
		free(job);
		return NULL;
	}
	job->fresh = w->fresh;
	if (w->refresh)
		refresh_init(job);
	if (w->trace)
		cp_trace_begin(job, w->cached);
	return job;
}

/* Everything that is ready, until nothing is. Not nested: what becomes ready inside an
 * ops call is done by the loop that is running. */
static void
run(struct cp_resolver *r)
{
	while (r->ready_first != NULL) {
		struct cp_job *job = r->ready_first;

		r->ready_first = job->ready_next;
		if (r->ready_first == NULL)
			r->ready_last = NULL;
		job->ready = false;
		if (!job->over)
			cp_job_run(job);
		if (job->over && !job->ready)
			job_free(job);
	}
}

/* Every public call works between these two: inside, ops calls may come back to us. */
static bool
enter(struct cp_resolver *r, const struct cp_time *now)
{
	if (r->running)
		return false;
	r->running = true;
	r->now = *now;
	return true;
}

static void
leave(struct cp_resolver *r, bool outermost)
{
	if (!outermost)
		return;
	run(r);
	r->running = false;
}

/* The root's servers before they expire: a question of our own, for which nobody waits. */
static void
prime_soon(struct cp_resolver *r)
{
	const struct cp_waiter how = {.refresh = true};

	if (r->prime_ns == 0 || r->now.mono_ns < r->prime_ns || r->refresh_cnt >= CP_REFRESH_MAX)
		return;
	r->prime_ns = 0; /* until there are new ones */
	(void)job_create(r, &hf_name_root, HF_TYPE_NS, &how);
}

/* --- the public calls */

static int
ask(struct cp_resolver *r, const struct hf_question *q, struct cp_waiter *w)
{
	struct hf_name lower = q->name;

	hf_name_lower(&lower);
	struct cp_job *job = w->trace ? NULL : job_find(r, &lower, q->type, w);
	bool joins = job != NULL;

	if (!joins)
		job = job_create(r, &lower, q->type, w);
	if (job == NULL)
		return -EAGAIN;
	CP_COUNT(r, asked);
	if (!w->cached)
		prime_soon(r);
	r->waiting++;
	w->next = job->waiters;
	job->waiters = w;
	if (joins)
		CP_COUNT(r, joined);
	else if (!cp_question_odd(job) && !job->fresh)
		cp_question_from_failures(job);
	return 0;
}

/* Room for one question more? A client's may take the place of one that has waited long. */
static bool
has_room(struct cp_resolver *r, const struct cp_waiter *how)
{
	if (how->refresh) {
		if (r->refresh_cnt < CP_REFRESH_MAX && r->waiting < r->limits.tasks) {
			CP_COUNT(r, refreshed);
			return true;
		}
		CP_COUNT(r, refreshed_full);
		return false;
	}
	if (r->waiting < r->limits.tasks || cp_jostle(r))
		return true;
	CP_COUNT(r, tasks_full);
	return false;
}

static int
ask_how(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    const struct cp_waiter *how)
{
	struct cp_waiter *w = malloc(sizeof(*w));
	bool outermost = enter(r, now);
	int rc = -EAGAIN;

	if (w != NULL) {
		*w = *how;
		w->question = *q;
		if (has_room(r, how))
			rc = ask(r, q, w);
	}
	if (rc != 0)
		free(w);
	leave(r, outermost);
	return rc;
}

int
cp_resolver_ask(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    uint8_t variant, uint64_t token)
{
	struct cp_waiter how = {.token = token, .variant = variant};

	return ask_how(r, now, q, &how);
}

int
cp_resolver_ask_large(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    uint8_t variant, uint64_t token)
{
	struct cp_waiter how = {.token = token, .variant = variant, .large = true};

	return ask_how(r, now, q, &how);
}

int
cp_resolver_ask_cached(struct cp_resolver *r, const struct cp_time *now,
    const struct hf_question *q, uint8_t variant, uint64_t token, bool large)
{
	struct cp_waiter how = {.token = token, .variant = variant, .large = large, .cached = true};

	return ask_how(r, now, q, &how);
}

int
cp_resolver_trace(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    uint64_t token, bool cached)
{
	struct cp_waiter how = {.token = token,
	    .variant = HF_VARIANT_DO,
	    .large = true,
	    .cached = cached,
	    .trace = true};

	return ask_how(r, now, q, &how);
}

int
cp_resolver_refresh(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    uint8_t variant, uint64_t token)
{
	struct cp_waiter how = {.token = token, .variant = variant, .refresh = true};

	return ask_how(r, now, q, &how);
}

int
cp_resolver_ask_fresh(struct cp_resolver *r, const struct cp_time *now, const struct hf_question *q,
    uint8_t variant, uint64_t token)
{
	struct cp_waiter how = {
	    .token = token, .variant = variant, .large = true, .refresh = true, .fresh = true};

	return ask_how(r, now, q, &how);
}

bool
cp_resolver_reply(struct cp_resolver *r, const struct cp_time *now, uint64_t exchange,
    const uint8_t *msg, size_t len)
{
	struct cp_exchange *x = cp_exchange_find(&r->exchanges, exchange);

	if (x == NULL)
		return true;
	bool outermost = enter(r, now);

	CP_COUNT(r, received);
	bool over = cp_receive(r, x, msg, len);

	leave(r, outermost);
	return over;
}

void
cp_resolver_failed(
    struct cp_resolver *r, const struct cp_time *now, uint64_t exchange, enum cp_fail why)
{
	struct cp_exchange *x = cp_exchange_find(&r->exchanges, exchange);

	if (x == NULL || (unsigned)why >= CP_FAIL_CNT)
		return;
	bool outermost = enter(r, now);

	if (why == CP_FAIL_TIMEOUT)
		CP_COUNT(r, timeouts);
	else
		CP_COUNT(r, unreachable);
	do
		cp_lookup_failed(x->task, x, why);
	while (cp_flight_pass(x));
	bool servers_fault = why != CP_FAIL_LOCAL && why != CP_FAIL_FRAGMENTED;

	cp_send_end(r, x, servers_fault ? CP_END_FAILED : CP_END_NOTHING);
	leave(r, outermost);
}

bool
cp_resolver_again(struct cp_resolver *r, uint64_t exchange)
{
	struct cp_exchange *x = cp_exchange_find(&r->exchanges, exchange);

	if (x == NULL || !cp_budget_take(&x->task->job->budget.sends, 1))
		return false;
	x->task->job->sends++;
	CP_COUNT(r, sent_tcp);
	return true;
}

void
cp_resolver_tick(struct cp_resolver *r, const struct cp_time *now, uint64_t *next_ns)
{
	bool outermost = enter(r, now);

	/* Bounded by the number of jobs: each turn ends one. */
	while (r->oldest != NULL && r->oldest->budget.deadline_ns <= now->mono_ns)
		cp_question_abort(r->oldest, CP_CAUSE_WALL);
	cp_nap_tick(r);
	leave(r, outermost);
	uint64_t nap_ns = cp_nap_due_ns(r);

	*next_ns = r->oldest != NULL ? r->oldest->budget.deadline_ns : UINT64_MAX;
	if (nap_ns < *next_ns)
		*next_ns = nap_ns;
}

static void
trust_take(struct cp_resolver *r, struct cp_trust *trust)
{
	if (trust == NULL)
		return;
	cp_trust_get(trust);
	cp_trust_put(r->trust);
	r->trust = trust;
}

void
cp_resolver_set_policy(struct cp_resolver *r, struct cp_policy *policy)
{
	cp_policy_get(policy);
	cp_policy_put(r->policy);
	r->policy = policy;
	trust_take(r, cp_policy_trust(policy));
}

/* --- creation */

/* The caches it was given, or some of its own. */
static bool
caches_take(struct cp_resolver *r, const struct cp_resolver_config *cfg)
{
	struct cp_table_config own = {.key = r->key, .octets_max = r->limits.cache_octets};

	if (cfg->caches == NULL)
		r->own_caches = cp_caches_create(&own);
	r->caches = cfg->caches != NULL ? cfg->caches : r->own_caches;
	if (r->caches == NULL)
		return false;
	r->table = r->caches->table;
	r->ranges = r->caches->ranges;
	r->troubles = r->caches->troubles;
	r->servers = r->caches->servers;
	r->claims = cfg->shared ? r->caches->claims : NULL;
	r->reader = cfg->reader;
	return true;
}

static bool
parts_make(struct cp_resolver *r, const struct cp_resolver_config *cfg)
{
	hf_arena_init(&r->fixed, FIXED_MAX);
	r->ops.random(r->ops.arg, &r->key, sizeof(r->key));
	if (!caches_take(r, cfg))
		return false;
	r->crypto = va_crypto_create();
	r->scratch = malloc(sizeof(*r->scratch));
	r->render = malloc(CP_RENDER_MAX);
	r->packet = malloc(HF_MSG_MAX);
	r->hints = cp_hints_make(cfg, &r->fixed);
	r->routes = cp_routes_create(cfg);
	r->local = cp_local_create(cfg);
	r->trust = cp_trust_create(cfg->anchors, cfg->anchors_cnt, 0);
	trust_take(r, cp_policy_trust(r->policy));
	return r->crypto != NULL && r->scratch != NULL && r->render != NULL && r->packet != NULL &&
	    r->hints != NULL && r->routes != NULL && r->local != NULL && r->trust != NULL;
}

struct cp_resolver *
cp_resolver_create(const struct cp_resolver_config *cfg, const struct cp_resolver_ops *ops,
    struct cp_policy *policy)
{
	struct cp_resolver *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->ops = *ops;
	r->limits = cfg->limits;
	cp_limits_default(&r->limits);
	r->nat64 = cfg->nat64;
	r->do_ip4 = cfg->do_ip4 || cfg->nat64.len > 0;
	r->do_ip6 = cfg->do_ip6;
	r->ask_loopback = cfg->ask_loopback;
	r->validate = cfg->validate;
	r->aggressive = cfg->aggressive_nsec;
	r->rules = cfg->rules != NULL ? *cfg->rules : va_rules_default;
	r->minimise = cfg->qname_minimisation;
	r->mix_case = cfg->mix_case;
	r->cookies = cfg->cookies;
	r->any_full = cfg->any_full;
	r->any_glue = cfg->any_glue;
	r->fetch_limits = (struct cp_fetch_limits){r->limits.zone_fetches, r->limits.zone_waste,
	    r->limits.server_fetches, r->limits.server_rate};
	r->extras = cfg->extras;
	r->server_port = cfg->server_port != 0 ? cfg->server_port : 53;
	r->toil.ms_per_s = r->limits.zone_check_ms;
	cp_policy_get(policy);
	r->policy = policy;
	if (!parts_make(r, cfg)) {
		cp_resolver_destroy(r);
		return NULL;
	}
	return r;
}

void
cp_resolver_destroy(struct cp_resolver *r)
{
	if (r == NULL)
		return;
	while (r->oldest != NULL) {
		struct cp_job *job = r->oldest;

		exchanges_cancel(job);
		job_unlink(r, job);
		job_free(job);
	}
	cp_caches_destroy(r->own_caches);
	cp_routes_destroy(r->routes);
	cp_local_destroy(r->local);
	va_crypto_destroy(r->crypto);
	free(r->scratch);
	free(r->render);
	free(r->packet);
	hf_arena_fini(&r->fixed);
	cp_trust_put(r->trust);
	cp_policy_put(r->policy);
	free(r);
}

/* --- looking inside */

uint64_t
cp_resolver_counter(const struct cp_resolver *r, enum cp_resolver_counter c)
{
	return atomic_load_explicit(&r->counters[c], memory_order_relaxed);
}

void
cp_resolver_counters(const struct cp_resolver *r, uint64_t sum[CP_RESOLVER_COUNTER_CNT])
{
	for (unsigned i = 0; i < CP_RESOLVER_COUNTER_CNT; i++)
		sum[i] += cp_resolver_counter(r, (enum cp_resolver_counter)i);
}

struct cp_caches *
cp_resolver_caches(struct cp_resolver *r)
{
	return r->caches;
}
